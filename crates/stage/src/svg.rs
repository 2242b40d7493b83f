//! Masks from an SVG, as drawn over a photograph of the facade. See [`svg_masks`].

use glam::DVec2;
use usvg::tiny_skia_path::{PathSegment, Point, Transform};
use usvg::{FillRule, Group, ImageHrefResolver, Node, Options, Path, Tree};

use super::ranges::SVG_POINTS;
use super::{Mask, MaskKind, MaskPoint, MaskShape};

/// An SVG that no masks can be made of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SvgError {
    /// It is no SVG, or a broken one.
    #[error("is no SVG that can be read: {0}")]
    Unread(String),
    /// No shape is in it that has an inside.
    #[error("has no shapes: convert text to paths, and take pictures as `picture`")]
    Empty,
    /// More points than a person would move.
    #[error("has more than {SVG_POINTS} points: simplify its paths, or take it as `picture`")]
    TooManyPoints,
}

/// The shapes of an SVG as masks, a mask for each closed line, its document stretched over the rectangle from `over[0]`
/// to `over[1]`: (0, 0) to (1, 1) for a surface's masks, (0, 0) to the size for an output's.
///
/// What a shape fills (or outlines; lines are closed, their width does not count) becomes a mask that hides, and what is
/// a hole in it one that shows. Colours, clips, text and pictures do not count. What is more than five times the
/// document's size beyond its edge is brought nearer.
///
/// # Errors
/// When it is no SVG, has no shapes, or too many points.
pub fn svg_masks(text: &str, over: [DVec2; 2]) -> Result<Vec<Mask>, SvgError> {
    // Nothing else is read, whatever the SVG names.
    let image_href_resolver =
        ImageHrefResolver { resolve_data: Box::new(|_, _, _| None), resolve_string: Box::new(|_, _| None) };
    let options = Options { image_href_resolver, ..Options::default() };
    let tree = Tree::from_str(text, &options).map_err(|error| SvgError::Unread(error.to_string()))?;
    let size = DVec2::new(f64::from(tree.size().width()), f64::from(tree.size().height()));
    let place = |p: Point| {
        let part = DVec2::new(f64::from(p.x), f64::from(p.y)) / size;
        over[0] + part.clamp(DVec2::splat(-5.0), DVec2::splat(6.0)) * (over[1] - over[0])
    };
    let mut paths = Vec::new();
    gather(tree.root(), &mut paths);
    let (mut masks, mut points) = (Vec::new(), 0);
    for (index, path) in paths.into_iter().enumerate() {
        let loops = loops(path, &place);
        points += loops.iter().map(|line| line.points.len()).sum::<usize>();
        if points > SVG_POINTS {
            return Err(SvgError::TooManyPoints);
        }
        let name = if path.id().is_empty() { format!("shape {}", index + 1) } else { path.id().to_owned() };
        let rule = path.fill().map_or(FillRule::EvenOdd, |fill| fill.rule());
        for (kind, points) in nested(loops, rule) {
            masks.push(Mask { name: name.clone(), kind, shape: MaskShape::Path(points), feather: Mask::USUAL_FEATHER });
        }
    }
    if masks.is_empty() { Err(SvgError::Empty) } else { Ok(masks) }
}

/// All paths that are seen, in the order in which they are drawn.
fn gather<'a>(group: &'a Group, paths: &mut Vec<&'a Path>) {
    for node in group.children() {
        match node {
            Node::Group(group) => gather(group, paths),
            Node::Path(path) if path.is_visible() => paths.push(path),
            _ => {}
        }
    }
}

/// A closed line.
struct Loop {
    points: Vec<MaskPoint>,
    /// The same in straight pieces, to see what lies inside.
    flat: Vec<DVec2>,
    /// Its upper left and lower right corner.
    bounds: [DVec2; 2],
    /// 1 or -1: which way round it goes.
    sign: i32,
}

/// The closed lines of a path that have an inside.
fn loops(path: &Path, place: &impl Fn(Point) -> DVec2) -> Vec<Loop> {
    let transform: Transform = path.abs_transform();
    let place = |mut p: Point| {
        transform.map_point(&mut p);
        place(p)
    };
    let mut lines: Vec<Vec<MaskPoint>> = Vec::new();
    for segment in path.data().segments() {
        // Every line begins with a move.
        if let PathSegment::MoveTo(p) = segment {
            lines.push(vec![straight(place(p))]);
        }
        let Some(line) = lines.last_mut() else { continue };
        match segment {
            PathSegment::MoveTo(_) | PathSegment::Close => {}
            PathSegment::LineTo(p) => line.push(straight(place(p))),
            PathSegment::QuadTo(q, p) => {
                let (q, to) = (place(q), place(p));
                let from = line[line.len() - 1].at;
                curve(line, from.lerp(q, 2.0 / 3.0), to.lerp(q, 2.0 / 3.0), to);
            }
            PathSegment::CubicTo(a, b, p) => curve(line, place(a), place(b), place(p)),
        }
    }
    lines.into_iter().filter_map(Loop::of).collect()
}

const fn straight(at: DVec2) -> MaskPoint {
    MaskPoint { at, before: None, after: None }
}

/// Goes on by a cubic Bézier.
fn curve(line: &mut Vec<MaskPoint>, after: DVec2, before: DVec2, to: DVec2) {
    if let Some(last) = line.last_mut() {
        last.after = Some(after);
    }
    line.push(MaskPoint { at: to, before: Some(before), after: None });
}

impl Loop {
    /// The loop of a line that is closed at its end; none of one without an inside.
    fn of(mut points: Vec<MaskPoint>) -> Option<Self> {
        // Where the end is the beginning, they are one point.
        let (first, last) = (*points.first()?, *points.last()?);
        if points.len() > 1 && first.at.distance(last.at) < 1e-6 {
            points.pop();
            points[0].before = last.before;
        }
        // A mask has three points: curves with fewer are cut in their middles.
        while points.len() < 3 && points.iter().any(|point| point.before.or(point.after).is_some()) {
            points = halved(&points);
        }
        let flat: Vec<_> =
            pieces(&points).flat_map(|piece| (0..8).map(move |step| at(&piece, f64::from(step) / 8.0))).collect();
        let area: f64 = neighbours(&flat).map(|(a, b)| a.perp_dot(b)).sum();
        let bounds = [flat.iter().copied().reduce(DVec2::min)?, flat.iter().copied().reduce(DVec2::max)?];
        let has_inside = points.len() >= 3 && area.abs() > 1e-12 && bounds.iter().all(|corner| corner.is_finite());
        has_inside.then_some(Self { points, flat, bounds, sign: if area > 0.0 { 1 } else { -1 } })
    }

    fn has(&self, p: DVec2) -> bool {
        let [low, high] = self.bounds;
        let is_near = p.cmpge(low).all() && p.cmple(high).all();
        let crosses =
            |(a, b): (DVec2, DVec2)| (a.y > p.y) != (b.y > p.y) && p.x < a.x + (p.y - a.y) / (b.y - a.y) * (b.x - a.x);
        is_near && neighbours(&self.flat).filter(|pair| crosses(*pair)).count() % 2 == 1
    }
}

/// Each point with the next, round and round.
fn neighbours(points: &[DVec2]) -> impl Iterator<Item = (DVec2, DVec2)> {
    points.iter().copied().zip(points.iter().copied().cycle().skip(1))
}

/// The cubic Béziers of a closed line.
fn pieces(points: &[MaskPoint]) -> impl Iterator<Item = [DVec2; 4]> {
    let piece = |(a, b): (&MaskPoint, &MaskPoint)| [a.at, a.after.unwrap_or(a.at), b.before.unwrap_or(b.at), b.at];
    points.iter().zip(points.iter().cycle().skip(1)).map(piece)
}

fn at([a, b, c, d]: &[DVec2; 4], t: f64) -> DVec2 {
    let (ab, bc, cd) = (a.lerp(*b, t), b.lerp(*c, t), c.lerp(*d, t));
    ab.lerp(bc, t).lerp(bc.lerp(cd, t), t)
}

/// The same line with a point more in the middle of each piece.
fn halved(points: &[MaskPoint]) -> Vec<MaskPoint> {
    let mut halved = Vec::with_capacity(points.len() * 2);
    let mut before_next = Vec::with_capacity(points.len());
    for (point, [a, b, c, d]) in points.iter().zip(pieces(points)) {
        let (ab, bc, cd) = (a.midpoint(b), b.midpoint(c), c.midpoint(d));
        let (before, after) = (ab.midpoint(bc), bc.midpoint(cd));
        halved.push(MaskPoint { after: Some(ab), ..*point });
        halved.push(MaskPoint { at: before.midpoint(after), before: Some(before), after: Some(after) });
        before_next.push(cd);
    }
    let count = points.len();
    for (index, before) in before_next.into_iter().enumerate() {
        halved[(index + 1) % count * 2].before = Some(before);
    }
    halved
}

/// The lines of one shape, those outside first: what is filled inside hides, a hole shows, and what makes no difference
/// is left out.
fn nested(loops: Vec<Loop>, rule: FillRule) -> Vec<(MaskKind, Vec<MaskPoint>)> {
    let is_filled = |winding: i32| match rule {
        FillRule::NonZero => winding != 0,
        FillRule::EvenOdd => winding % 2 != 0,
    };
    let around = |index: usize| {
        let others = loops.iter().enumerate().filter(move |(other, _)| *other != index).map(|(_, line)| line);
        others.filter(|line| line.has(loops[index].flat[0])).map(|line| line.sign).collect::<Vec<_>>()
    };
    let mut found: Vec<_> = (0..loops.len())
        .filter_map(|index| {
            let around = around(index);
            let outside: i32 = around.iter().sum();
            let (is_outside, is_inside) = (is_filled(outside), is_filled(outside + loops[index].sign));
            let kind = if is_inside { MaskKind::Hide } else { MaskKind::Show };
            (is_outside != is_inside).then_some((around.len(), kind, index))
        })
        .collect();
    found.sort_by_key(|(depth, ..)| *depth);
    let mut points: Vec<_> = loops.into_iter().map(|line| Some(line.points)).collect();
    found.into_iter().filter_map(|(_, kind, index)| Some((kind, points[index].take()?))).collect()
}

#[cfg(test)]
#[path = "svg_tests.rs"]
mod tests;
