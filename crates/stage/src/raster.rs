//! Signed distances of pixels from polygons. See [`Edges`].

use glam::{DVec2, UVec2};

use super::geometry::polygon_edges;

/// The limit of coordinates, in pixels.
pub(super) const FARTHEST_PX: f64 = 1e6;

/// A rectangle of pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// The upper left pixel.
    pub origin: UVec2,
    /// Width and height.
    pub size: UVec2,
}

impl Area {
    /// All pixels of an image.
    pub const fn whole(size: UVec2) -> Self {
        Self { origin: UVec2::ZERO, size }
    }

    /// The bounding box of points, within an image; may be empty.
    pub fn around(points: &[DVec2], image: UVec2) -> Self {
        let limit = image.as_dvec2();
        let least = points.iter().fold(limit, |least, p| least.min(p.floor())).clamp(DVec2::ZERO, limit);
        let most = points.iter().fold(DVec2::ZERO, |most, p| most.max(p.ceil())).clamp(least, limit);
        Self { origin: least.as_uvec2(), size: (most - least).as_uvec2() }
    }

    /// The count of pixels.
    pub const fn pixels(&self) -> usize {
        self.size.x as usize * self.size.y as usize
    }

    /// The centre of a pixel.
    pub fn centre(&self, column: usize, row: usize) -> DVec2 {
        self.origin.as_dvec2() + DVec2::new(column as f64 + 0.5, row as f64 + 0.5)
    }
}

/// The edges of polygons; inside by the even-odd rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Edges(Vec<Edge>);

#[derive(Clone, Copy, Debug, PartialEq)]
struct Edge {
    from: DVec2,
    to: DVec2,
    /// The factor of distances from it.
    weight: f64,
}

/// An edge in the scanline's active list.
struct ActiveEdge {
    edge: Edge,
    /// The distance up to which it counts, in pixels.
    far: f64,
    /// The first row within that distance, and the one after the last.
    top: usize,
    bottom: usize,
}

impl Edges {
    /// A polygon with distances in pixels.
    pub fn closed(points: &[DVec2]) -> Self {
        Self::weighted(points, |_| 1.0)
    }

    /// A polygon with distances in half the extent of a pixel across the edge: 1 where the edge just misses the pixel.
    pub fn by_pixel_extent(points: &[DVec2]) -> Self {
        Self::weighted(points, |across| 2.0 / (across.x.abs() + across.y.abs()))
    }

    fn weighted(points: &[DVec2], weight: impl Fn(DVec2) -> f64) -> Self {
        let edges = polygon_edges(points).filter_map(|(from, to)| {
            let weight = weight((to - from).perp().try_normalize()?);
            Some(Edge { from, to, weight })
        });
        Self(edges.collect())
    }

    /// Calls `each` with a row and its first column in the area, and the signed distances of the pixels from there on:
    /// positive inside, clamped to ±`limit`. Rows and pixels without a call are −`limit`.
    ///
    /// By scanlines: distances are computed only at pixels within the limit of an edge.
    pub fn rows(&self, area: Area, limit: f64, mut each: impl FnMut(usize, usize, &[f32])) {
        let [width, height] = [area.size.x as usize, area.size.y as usize];
        let origin = area.origin.as_dvec2() + 0.5;
        let index = |at: f64, of: usize| at.clamp(0.0, of as f64) as usize;
        // Edges in pixels from the area's first, with their rows.
        let mut edges: Vec<ActiveEdge> = Vec::with_capacity(self.0.len());
        let (mut left, mut right) = (f64::INFINITY, f64::NEG_INFINITY);
        for edge in &self.0 {
            let edge = Edge { from: edge.from - origin, to: edge.to - origin, weight: edge.weight };
            let far = limit / edge.weight;
            let (from, to) = (edge.from.min(edge.to) - far, edge.from.max(edge.to) + far);
            (left, right) = (left.min(from.x), right.max(to.x));
            let (top, bottom) = (index(from.y.ceil(), height), index(to.y.floor() + 1.0, height));
            edges.push(ActiveEdge { edge, far, top, bottom });
        }
        let (first, end) = (index(left.ceil(), width), index(right.floor() + 1.0, width));
        if first >= end {
            return;
        }
        edges.sort_by_key(|edge| edge.top);
        let mut squares = vec![0.0_f32; end - first];
        let mut crossings: Vec<f64> = Vec::new();
        let mut active: Vec<ActiveEdge> = Vec::new();
        let mut upcoming = edges.into_iter().peekable();
        for row in 0..height {
            active.retain(|edge| row < edge.bottom);
            while let Some(edge) = upcoming.next_if(|edge| edge.top <= row) {
                if row < edge.bottom {
                    active.push(edge);
                }
            }
            if active.is_empty() {
                continue;
            }
            let y = row as f64;
            squares.fill((limit * limit) as f32);
            crossings.clear();
            for ActiveEdge { edge, far, .. } in &active {
                edge.lower_squares(y, *far, first, &mut squares);
                if (edge.from.y <= y) != (edge.to.y <= y) {
                    let t = (y - edge.from.y) / (edge.to.y - edge.from.y);
                    crossings.push(edge.from.x + (edge.to.x - edge.from.x) * t);
                }
            }
            crossings.sort_by(f64::total_cmp);
            let column = |x: f64| index(x.ceil() - first as f64, end - first);
            for square in &mut squares {
                *square = -square.sqrt();
            }
            for pair in crossings.chunks_exact(2) {
                for outside in &mut squares[column(pair[0])..column(pair[1])] {
                    *outside = -*outside;
                }
            }
            each(row, first, &squares);
        }
    }
}

impl Edge {
    /// Lowers the squared distances of a row's pixels, from column `first` on, to those from this edge.
    fn lower_squares(&self, y: f64, far: f64, first: usize, squares: &mut [f32]) {
        let Self { from, to, weight } = *self;
        let step = to - from;
        // The part of the edge within reach of the row.
        let near = |y: f64| ((y - from.y) / step.y).clamp(0.0, 1.0);
        let (a, b) = if step.y.abs() < 1e-9 { (0.0, 1.0) } else { (near(y - far), near(y + far)) };
        let (a, b) = (from.x + step.x * a, from.x + step.x * b);
        let offset = first as f64;
        let column = |x: f64| (x - offset).clamp(0.0, squares.len() as f64) as usize;
        let (start, end) = (column((a.min(b) - far).ceil()), column((a.max(b) + far).floor() + 1.0));
        if start >= end {
            return;
        }
        let length_squared = step.length_squared();
        let off = DVec2::new(start as f64 + offset, y) - from;
        let (along, per_pixel) = (off.dot(step) / length_squared, step.x / length_squared);
        let (x, y) = (off.x as f32, off.y as f32);
        let (along, per_pixel) = (along as f32, per_pixel as f32);
        let [step_x, step_y, weight] = [step.x as f32, step.y as f32, (weight * weight) as f32];
        for (i, square) in squares[start..end].iter_mut().enumerate() {
            let i = i as f32;
            let t = (along + per_pixel * i).clamp(0.0, 1.0);
            let (dx, dy) = (x + i - step_x * t, y - step_y * t);
            *square = square.min((dx * dx + dy * dy) * weight);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn distances_are_those_to_the_nearest_edge(
            points in prop::collection::vec((-10.0..40.0_f64, -10.0..40.0_f64), 3..8),
            reach in 0.5..9.0_f64,
        ) {
            let points: Vec<DVec2> = points.into_iter().map(|(x, y)| DVec2::new(x, y)).collect();
            let area = Area { origin: UVec2::new(3, 2), size: UVec2::new(24, 22) };
            let mut seen = vec![-reach as f32; area.pixels()];
            Edges::closed(&points).rows(area, reach, |row, first, distances| {
                seen[row * 24 + first..][..distances.len()].copy_from_slice(distances);
            });
            for row in 0..22 {
                for column in 0..24 {
                    let p = area.centre(column, row);
                    let mut inside = false;
                    let mut least = reach;
                    for (a, b) in points.iter().zip(points.iter().cycle().skip(1)) {
                        let t = ((p - *a).dot(*b - *a) / (*b - *a).length_squared()).clamp(0.0, 1.0);
                        least = least.min((a.lerp(*b, t) - p).length());
                        inside ^= (a.y <= p.y) != (b.y <= p.y) && a.x + (b.x - a.x) * (p.y - a.y) / (b.y - a.y) <= p.x;
                    }
                    let wanted = if inside { least } else { -least };
                    prop_assert!((f64::from(seen[row * 24 + column]) - wanted).abs() < 1e-3, "{wanted} at {p}");
                }
            }
        }
    }
}
