//! Plane geometry that several modules share: polygons, rectangles, cubic Béziers.

use glam::DVec2;

use super::MaskPoint;

/// The corners of the unit square, clockwise from the upper left.
pub(super) const UNIT_SQUARE: [DVec2; 4] = [DVec2::ZERO, DVec2::X, DVec2::ONE, DVec2::Y];

/// The edges of a polygon: each point with the next, the last with the first.
pub(super) fn polygon_edges(points: &[DVec2]) -> impl Iterator<Item = (DVec2, DVec2)> {
    points.iter().copied().zip(points.iter().copied().cycle().skip(1))
}

/// Twice the signed area of a polygon, by the shoelace formula; positive for clockwise points, as y points down.
pub(super) fn signed_double_area(points: &[DVec2]) -> f64 {
    polygon_edges(points).map(|(a, b)| a.perp_dot(b)).sum()
}

/// Whether a polygon contains a point, by the even-odd rule.
pub(super) fn polygon_contains(points: &[DVec2], p: DVec2) -> bool {
    let crosses =
        |(a, b): (DVec2, DVec2)| (a.y > p.y) != (b.y > p.y) && p.x < a.x + (p.y - a.y) / (b.y - a.y) * (b.x - a.x);
    polygon_edges(points).filter(|edge| crosses(*edge)).count() % 2 == 1
}

/// How far along the segment from `a` to `b` its point nearest to `p` lies, 0 to 1.
pub(super) fn nearest_on_segment(a: DVec2, b: DVec2, p: DVec2, least_length_squared: f64) -> f64 {
    let along = b - a;
    ((p - a).dot(along) / along.length_squared().max(least_length_squared)).clamp(0.0, 1.0)
}

/// Width and height of the intersection of two rectangles (minimum and maximum corner); negative along an axis on which
/// they are apart.
pub(super) fn overlap(a: [DVec2; 2], b: [DVec2; 2]) -> DVec2 {
    a[1].min(b[1]) - a[0].max(b[0])
}

/// Whether a rectangle contains a point; its edges do.
pub(super) fn rectangle_contains([min, max]: [DVec2; 2], p: DVec2) -> bool {
    p.cmpge(min).all() && p.cmple(max).all()
}

/// The corners of a rectangle, clockwise from its minimum.
pub(super) fn rectangle_corners([min, max]: [DVec2; 2]) -> [DVec2; 4] {
    [min, DVec2::new(max.x, min.y), max, DVec2::new(min.x, max.y)]
}

/// A cubic Bézier: end point, two control points, end point.
pub(super) type Cubic = [DVec2; 4];

/// The point of a cubic Bézier at `t`, by de Casteljau's construction.
pub(super) fn cubic_at(cubic: Cubic, t: f64) -> DVec2 {
    split_cubic(cubic, t).at
}

/// A cubic Bézier cut in two at a point.
pub(super) struct SplitCubic {
    /// The first control point of the first half.
    pub first: DVec2,
    /// The control points beside the cut.
    pub before: DVec2,
    pub at: DVec2,
    pub after: DVec2,
    /// The last control point of the second half.
    pub last: DVec2,
}

/// Cuts a cubic Bézier at `t`, by de Casteljau's construction.
pub(super) fn split_cubic([a, b, c, d]: Cubic, t: f64) -> SplitCubic {
    let [first, bc, last] = [a.lerp(b, t), b.lerp(c, t), c.lerp(d, t)];
    let (before, after) = (first.lerp(bc, t), bc.lerp(last, t));
    SplitCubic { first, before, at: before.lerp(after, t), after, last }
}

/// A segment of a closed mask path, between a point and the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct MaskSegment {
    pub cubic: Cubic,
    /// Whether neither end has a handle here: then the segment is parametrised evenly.
    pub is_straight: bool,
}

impl MaskSegment {
    /// The segments of a closed path, in the order of their first points.
    pub fn all(points: &[MaskPoint]) -> impl Iterator<Item = Self> {
        points.iter().zip(points.iter().cycle().skip(1)).map(|(from, to)| Self {
            cubic: [from.at, from.after.unwrap_or(from.at), to.before.unwrap_or(to.at), to.at],
            is_straight: from.after.is_none() && to.before.is_none(),
        })
    }

    /// The point at `t`, 0 to 1.
    pub fn at(&self, t: f64) -> DVec2 {
        if self.is_straight { self.cubic[0].lerp(self.cubic[3], t) } else { cubic_at(self.cubic, t) }
    }
}
