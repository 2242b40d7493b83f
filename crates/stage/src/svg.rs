//! Masks from the shapes of an SVG, drawn over a photograph of the facade. See [`svg_masks`].

use glam::DVec2;
use usvg::tiny_skia_path::{PathSegment, Point, Transform};
use usvg::{FillRule, Group, ImageHrefResolver, Node, Options, Path, Tree};

use super::geometry::{MaskSegment, cubic_at, polygon_contains, rectangle_contains, signed_double_area, split_cubic};
use super::ranges::SVG_POINTS;
use super::{Mask, MaskKind, MaskPoint, MaskShape};

/// An SVG that no masks can be made of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SvgError {
    /// It cannot be parsed.
    #[error("is no SVG that can be read: {0}")]
    Unread(String),
    /// It has no shape with an area.
    #[error("has no shapes: convert text to paths, and take pictures as `picture`")]
    Empty,
    /// It has more points than an operator could edit.
    #[error("has more than {SVG_POINTS} points: simplify its paths, or take it as `picture`")]
    TooManyPoints,
}

/// Converts the shapes of an SVG to masks, one for each closed path, with the document stretched over the rectangle from
/// `over[0]` to `over[1]`: (0, 0) to (1, 1) for a surface's masks, (0, 0) to the size for an output's.
///
/// The filled area of a shape becomes a mask that hides, and each of its holes one that shows; outlines are closed, and their
/// stroke is ignored, as are colours, clips, text and images. Coordinates are clamped to five times the document's size beyond
/// its edges.
///
/// # Errors
/// When it is no SVG, has no shapes, or too many points.
pub fn svg_masks(text: &str, over: [DVec2; 2]) -> Result<Vec<Mask>, SvgError> {
    // Images that the SVG names are not read.
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
            masks.push(Mask {
                name: name.clone(),
                kind,
                shape: MaskShape::Path(points),
                feather: Mask::DEFAULT_FEATHER,
            });
        }
    }
    if masks.is_empty() { Err(SvgError::Empty) } else { Ok(masks) }
}

/// Collects all visible paths, in drawing order.
fn gather<'a>(group: &'a Group, paths: &mut Vec<&'a Path>) {
    for node in group.children() {
        match node {
            Node::Group(group) => gather(group, paths),
            Node::Path(path) if path.is_visible() => paths.push(path),
            _ => {}
        }
    }
}

/// A closed subpath.
struct Loop {
    points: Vec<MaskPoint>,
    /// The same, flattened.
    flat: Vec<DVec2>,
    /// The bounding box of `flat`.
    bounds: [DVec2; 2],
    /// Its orientation, 1 or −1.
    sign: i32,
}

/// The closed subpaths of a path that have an area.
fn loops(path: &Path, place: &impl Fn(Point) -> DVec2) -> Vec<Loop> {
    let transform: Transform = path.abs_transform();
    let place = |mut p: Point| {
        transform.map_point(&mut p);
        place(p)
    };
    let mut lines: Vec<Vec<MaskPoint>> = Vec::new();
    for segment in path.data().segments() {
        // Every subpath begins with a move.
        if let PathSegment::MoveTo(p) = segment {
            lines.push(vec![MaskPoint::corner(place(p))]);
        }
        let Some(line) = lines.last_mut() else { continue };
        match segment {
            PathSegment::MoveTo(_) | PathSegment::Close => {}
            PathSegment::LineTo(p) => line.push(MaskPoint::corner(place(p))),
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

/// Appends a cubic Bézier.
fn curve(line: &mut Vec<MaskPoint>, after: DVec2, before: DVec2, to: DVec2) {
    if let Some(last) = line.last_mut() {
        last.after = Some(after);
    }
    line.push(MaskPoint { at: to, before: Some(before), after: None });
}

impl Loop {
    /// The loop of a subpath, closed at its end; none without an area.
    fn of(mut points: Vec<MaskPoint>) -> Option<Self> {
        // A last point on the first one is dropped.
        let (first, last) = (*points.first()?, *points.last()?);
        if points.len() > 1 && first.at.distance(last.at) < 1e-6 {
            points.pop();
            points[0].before = last.before;
        }
        // A mask has three points at least: curves with fewer are split.
        while points.len() < 3 && points.iter().any(|point| point.before.or(point.after).is_some()) {
            points = halved(&points);
        }
        let samples = |segment: MaskSegment| (0..8).map(move |step| cubic_at(segment.cubic, f64::from(step) / 8.0));
        let flat: Vec<_> = MaskSegment::all(&points).flat_map(samples).collect();
        let area = signed_double_area(&flat);
        let bounds = [flat.iter().copied().reduce(DVec2::min)?, flat.iter().copied().reduce(DVec2::max)?];
        let has_inside = points.len() >= 3 && area.abs() > 1e-12 && bounds.iter().all(|corner| corner.is_finite());
        has_inside.then_some(Self { points, flat, bounds, sign: if area > 0.0 { 1 } else { -1 } })
    }

    fn has(&self, p: DVec2) -> bool {
        rectangle_contains(self.bounds, p) && polygon_contains(&self.flat, p)
    }
}

/// Splits each segment in the middle, without changing the path.
fn halved(points: &[MaskPoint]) -> Vec<MaskPoint> {
    let mut halved = Vec::with_capacity(points.len() * 2);
    let mut before_next = Vec::with_capacity(points.len());
    for (point, segment) in points.iter().zip(MaskSegment::all(points)) {
        let cut = split_cubic(segment.cubic, 0.5);
        halved.push(MaskPoint { after: Some(cut.first), ..*point });
        halved.push(MaskPoint { at: cut.at, before: Some(cut.before), after: Some(cut.after) });
        before_next.push(cut.last);
    }
    let count = points.len();
    for (index, before) in before_next.into_iter().enumerate() {
        halved[(index + 1) % count * 2].before = Some(before);
    }
    halved
}

/// The loops of one shape by the fill rule, the outer ones first: a filled one hides, a hole shows, and a loop that changes
/// nothing is dropped.
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
