//! How far each pixel is from a shape's edge. See [`Edges`].

use glam::{DVec2, UVec2};

/// Beyond it, nothing is told apart: coordinates are kept within, in pixels.
pub(super) const FARTHEST_PX: f64 = 1e6;

/// A rectangle of pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// Its upper left pixel.
    pub origin: UVec2,
    /// Its width and height.
    pub size: UVec2,
}

impl Area {
    /// The whole of a picture.
    pub const fn whole(size: UVec2) -> Self {
        Self { origin: UVec2::ZERO, size }
    }

    /// The pixels of a picture that polygons touch; may be none.
    pub fn around(points: &[DVec2], picture: UVec2) -> Self {
        let limit = picture.as_dvec2();
        let least = points.iter().fold(limit, |least, p| least.min(p.floor())).clamp(DVec2::ZERO, limit);
        let most = points.iter().fold(DVec2::ZERO, |most, p| most.max(p.ceil())).clamp(least, limit);
        Self { origin: least.as_uvec2(), size: (most - least).as_uvec2() }
    }

    /// How many pixels it has.
    pub const fn pixels(&self) -> usize {
        self.size.x as usize * self.size.y as usize
    }

    /// The middle of its pixel of that column and row.
    pub fn middle(&self, column: usize, row: usize) -> DVec2 {
        self.origin.as_dvec2() + DVec2::new(column as f64 + 0.5, row as f64 + 0.5)
    }
}

/// Closed lines of straight pieces; inside is what an odd number of them goes round.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Edges(Vec<Edge>);

#[derive(Clone, Copy, Debug, PartialEq)]
struct Edge {
    from: DVec2,
    to: DVec2,
    /// What distances from it are multiplied by.
    weight: f64,
}

impl Edges {
    /// A closed line; distances are pixels.
    pub fn closed(points: &[DVec2]) -> Self {
        Self::weighted(points, |_| 1.0)
    }

    /// A closed line; a distance is 1 where a pixel's middle is so far from an edge that all of the pixel lies beyond.
    pub fn by_pixel_extent(points: &[DVec2]) -> Self {
        Self::weighted(points, |across| 2.0 / (across.x.abs() + across.y.abs()))
    }

    fn weighted(points: &[DVec2], weight: impl Fn(DVec2) -> f64) -> Self {
        let next = points.iter().cycle().skip(1);
        let edges = points.iter().zip(next).filter_map(|(from, to)| {
            let weight = weight((*to - *from).perp().try_normalize()?);
            Some(Edge { from: *from, to: *to, weight })
        });
        Self(edges.collect())
    }

    /// Calls `each` with the row and the first column in the area, and the distances of pixels from there on: positive
    /// inside, and never more than `raster_coverage` either way. Rows and pixels that it is not called for are `raster_coverage` outside.
    ///
    /// By scanlines: distances are only measured at pixels within reach of an edge.
    pub fn rows(&self, area: Area, raster_coverage: f64, mut each: impl FnMut(usize, usize, &[f32])) {
        let [width, height] = [area.size.x as usize, area.size.y as usize];
        let origin = area.origin.as_dvec2() + 0.5;
        let index = |at: f64, of: usize| at.clamp(0.0, of as f64) as usize;
        // In pixels from the area's first; the range of rows that an edge reaches.
        let mut edges: Vec<(Edge, f64, usize, usize)> = Vec::with_capacity(self.0.len());
        let (mut left, mut right) = (f64::INFINITY, f64::NEG_INFINITY);
        for edge in &self.0 {
            let edge = Edge { from: edge.from - origin, to: edge.to - origin, weight: edge.weight };
            let far = raster_coverage / edge.weight;
            let (from, to) = (edge.from.min(edge.to) - far, edge.from.max(edge.to) + far);
            (left, right) = (left.min(from.x), right.max(to.x));
            edges.push((edge, far, index(from.y.ceil(), height), index(to.y.floor() + 1.0, height)));
        }
        let (first, end) = (index(left.ceil(), width), index(right.floor() + 1.0, width));
        if first >= end {
            return;
        }
        edges.sort_by_key(|(_, _, top, _)| *top);
        let mut squares = vec![0.0_f32; end - first];
        let mut crossings: Vec<f64> = Vec::new();
        let mut active: Vec<(Edge, f64, usize)> = Vec::new();
        let mut coming = edges.into_iter().peekable();
        for row in 0..height {
            active.retain(|(_, _, bottom)| row < *bottom);
            while let Some((edge, far, _, bottom)) = coming.next_if(|(_, _, top, _)| *top <= row) {
                if row < bottom {
                    active.push((edge, far, bottom));
                }
            }
            if active.is_empty() {
                continue;
            }
            let y = row as f64;
            squares.fill((raster_coverage * raster_coverage) as f32);
            crossings.clear();
            for (edge, far, _) in &active {
                edge.nearest(y, *far, first, &mut squares);
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
    /// Lowers the squares of distances of a row's pixels, from column `first` on, to those from this edge.
    fn nearest(&self, y: f64, far: f64, first: usize, squares: &mut [f32]) {
        let Self { from, to, weight } = *self;
        let step = to - from;
        // The part of the edge that comes near the row.
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
            raster_coverage in 0.5..9.0_f64,
        ) {
            let points: Vec<DVec2> = points.into_iter().map(|(x, y)| DVec2::new(x, y)).collect();
            let area = Area { origin: UVec2::new(3, 2), size: UVec2::new(24, 22) };
            let mut seen = vec![-raster_coverage as f32; area.pixels()];
            Edges::closed(&points).rows(area, raster_coverage, |row, first, distances| {
                seen[row * 24 + first..][..distances.len()].copy_from_slice(distances);
            });
            for row in 0..22 {
                for column in 0..24 {
                    let p = area.middle(column, row);
                    let mut inside = false;
                    let mut least = raster_coverage;
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
