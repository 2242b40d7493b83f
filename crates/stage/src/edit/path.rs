//! Closed mask paths: flattened, searched, split.

use glam::DVec2;

use super::super::MaskPoint;
use crate::geometry::{MaskSegment, nearest_on_segment, polygon_edges, split_cubic};

/// Straight pieces of a flattened curve.
const PIECES: u32 = 16;

/// A point on a mask's path.
#[derive(Clone, Copy, Debug)]
pub(super) struct PathPoint {
    /// The segment, by the index of its first point.
    pub edge: usize,
    /// The parameter on it, 0 to 1.
    pub t: f64,
    /// The position, in the mask's space.
    pub at: DVec2,
}

/// Flattens a path. `warped` divides straight segments, too: the warp will bend them.
pub(super) fn flatten(points: &[MaskPoint], warped: bool) -> Vec<PathPoint> {
    let line = MaskSegment::all(points).enumerate().flat_map(|(edge, segment)| {
        let pieces = if segment.is_straight && !warped { 1 } else { PIECES };
        (0..pieces).map(move |piece| {
            let t = f64::from(piece) / f64::from(pieces);
            PathPoint { edge, t, at: segment.at(t) }
        })
    });
    line.collect()
}

/// The point of a polygon's edge that is nearest to `p`: the index of the edge, and how far along it.
pub(super) fn nearest(line: &[DVec2], p: DVec2) -> Option<(usize, f64)> {
    let pieces = polygon_edges(line).enumerate().map(|(index, (a, b))| {
        let t = nearest_on_segment(a, b, p, f64::MIN_POSITIVE);
        (index, t, a.lerp(b, t).distance_squared(p))
    });
    pieces.min_by(|a, b| a.2.total_cmp(&b.2)).map(|(index, t, _)| (index, t))
}

/// Splits a segment at `t`, 0 to 1, without changing the path. Returns the index of the new point.
pub(super) fn split(points: &mut Vec<MaskPoint>, index: usize, t: f64) -> usize {
    let Some(segment) = MaskSegment::all(points).nth(index) else { return index };
    let next = (index + 1) % points.len();
    let point = if segment.is_straight {
        MaskPoint::corner(segment.at(t))
    } else {
        let cut = split_cubic(segment.cubic, t);
        points[index].after = Some(cut.first);
        points[next].before = Some(cut.last);
        MaskPoint { at: cut.at, before: Some(cut.before), after: Some(cut.after) }
    };
    points.insert(index + 1, point);
    index + 1
}
