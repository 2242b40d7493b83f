//! The closed lines of masks: made of straight pieces, found on, cut.

use glam::DVec2;

use super::super::MaskPoint;

/// Straight pieces that a curve is drawn in.
const PIECES: u32 = 16;

/// A place on a mask's line.
#[derive(Clone, Copy, Debug)]
pub(super) struct PathPoint {
    /// The edge, by the point that it begins at.
    pub edge: usize,
    /// How far along it, 0 to 1.
    pub t: f64,
    /// The place, in the mask's space.
    pub at: DVec2,
}

/// The four points of the Bézier from a point to the next, and whether it is straight.
fn edge(points: &[MaskPoint], index: usize) -> ([DVec2; 4], bool) {
    let (from, to) = (&points[index], &points[(index + 1) % points.len()]);
    let straight = from.after.is_none() && to.before.is_none();
    ([from.at, from.after.unwrap_or(from.at), to.before.unwrap_or(to.at), to.at], straight)
}

/// The place on an edge; of a straight one, in even time.
fn place([a, b, c, d]: [DVec2; 4], straight: bool, t: f64) -> DVec2 {
    if straight {
        return a.lerp(d, t);
    }
    let (ab, bc, cd) = (a.lerp(b, t), b.lerp(c, t), c.lerp(d, t));
    ab.lerp(bc, t).lerp(bc.lerp(cd, t), t)
}

/// A mask's line in straight pieces. `bent`: straight edges too, for they will not stay straight.
pub(super) fn flat(points: &[MaskPoint], bent: bool) -> Vec<PathPoint> {
    let edges = (0..points.len()).flat_map(|index| {
        let (bezier, straight) = edge(points, index);
        let pieces = if straight && !bent { 1 } else { PIECES };
        (0..pieces).map(move |piece| {
            let t = f64::from(piece) / f64::from(pieces);
            PathPoint { edge: index, t, at: place(bezier, straight, t) }
        })
    });
    edges.collect()
}

/// The place on a closed line that is nearest to `p`: the piece, and how far along it.
pub(super) fn nearest(line: &[DVec2], p: DVec2) -> Option<(usize, f64)> {
    let pieces = line.iter().zip(line.iter().cycle().skip(1)).enumerate().map(|(index, (a, b))| {
        let along = *b - *a;
        let t = ((p - *a).dot(along) / along.length_squared().max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
        (index, t, a.lerp(*b, t).distance_squared(p))
    });
    pieces.min_by(|a, b| a.2.total_cmp(&b.2)).map(|(index, t, _)| (index, t))
}

/// Cuts an edge in two at `t`, 0 to 1; the line stays. The new point's place among the points.
pub(super) fn cut(points: &mut Vec<MaskPoint>, index: usize, t: f64) -> usize {
    let ([a, b, c, d], straight) = edge(points, index);
    let next = (index + 1) % points.len();
    let new = if straight {
        MaskPoint { at: a.lerp(d, t), before: None, after: None }
    } else {
        let (ab, bc, cd) = (a.lerp(b, t), b.lerp(c, t), c.lerp(d, t));
        let (before, after) = (ab.lerp(bc, t), bc.lerp(cd, t));
        points[index].after = Some(ab);
        points[next].before = Some(cd);
        MaskPoint { at: before.lerp(after, t), before: Some(before), after: Some(after) }
    };
    points.insert(index + 1, new);
    index + 1
}

/// The area in a closed line, in the square of its unit.
pub(super) fn path_area(line: &[DVec2]) -> f64 {
    let twice: f64 = line.iter().zip(line.iter().cycle().skip(1)).map(|(a, b)| a.perp_dot(*b)).sum();
    twice.abs() / 2.0
}
