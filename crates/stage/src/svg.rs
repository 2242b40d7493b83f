//! Masks from an SVG, drawn over a photograph of the facade: what a browser shows of it. See [`svg_masks`].

use std::path::Path as FilePath;
use std::sync::{Arc, Mutex, PoisonError};

use glam::DVec2;
use resvg::tiny_skia::{self, BlendMode, PathBuilder, Pixmap};
use resvg::usvg::roxmltree::{Document, ParsingOptions};
use resvg::usvg::tiny_skia_path::{PathSegment, Point, Transform};
use resvg::usvg::{self, FillRule, Group, ImageHrefResolver, ImageKind, Node, Options, Paint, Path, Tree};

use super::drawing::{Drawing, on_deep_stack};
use super::geometry::{MaskSegment, cubic_at, polygon_contains, rectangle_contains, signed_double_area, split_cubic};
use super::ranges::{MASK_POINTS, SVG_MASKS, SVG_POINTS};
use super::svg_source::{SVG_BYTES, svg_text};
use super::svg_support::{is_substitute, unsized_page, unsupported, with_substitutes};
use super::{Mask, MaskKind, MaskPoint, MaskShape};

/// An SVG that no masks can be made of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SvgError {
    /// It cannot be parsed.
    #[error("is no SVG that can be read: {0}")]
    Unread(String),
    /// It, or what is packed in it, is too large.
    #[error("is larger than {} MB: leave pictures out of it", SVG_BYTES >> 20)]
    TooLarge,
    /// Something in it is seen in a browser, and cannot be followed here.
    #[error("{0}")]
    Unsupported(String),
    /// Nothing of it is seen.
    #[error("shows nothing: all in it is invisible, or has no fill and no stroke")]
    Empty,
    /// It has more to draw than there is time for, or something too far from its page.
    #[error("is too much to draw, or reaches too far beyond its page: simplify it, or take it as `picture`")]
    TooMuch,
}

/// The pixels of the longer side at which outlines are compared with the drawing that they are of.
const COMPARED_PX: f64 = 1024.0;

/// The difference of opacities at which two pixels are not the same, of 255; less is a matter of smooth edges.
const DIFFERS: u8 = 96;

/// The most pixels of an embedded picture.
const PICTURE_PIXELS: u64 = 1 << 26;

/// The space of an SVG's masks.
#[derive(Clone, Copy, Debug)]
pub struct SvgSpace {
    /// The rectangle that the page is stretched over, by its upper left and lower right corner: (0, 0) to (1, 1) for a
    /// surface's masks, (0, 0) to the size for an output's.
    pub over: [DVec2; 2],
    /// The decimals of the coordinates.
    pub decimals: i32,
}

/// Converts an SVG to masks that hide what a browser shows of it, opaque as it is, of whatever colour.
///
/// A drawing of nothing but opaque areas becomes outlines, one for each closed path: its area hides, and each of its holes
/// shows. Any other, with strokes, clips, pictures or transparency, becomes one mask, a [`Drawing`]. Which it is, is decided
/// by drawing both: outlines that come to another picture are not used. Coordinates are clamped to five times the page's size
/// beyond its edges.
///
/// # Errors
/// When it is no SVG, when something that a browser shows cannot be followed, when nothing is seen, or when it is too much.
pub fn svg_masks(path: &FilePath, bytes: &[u8], space: SvgSpace) -> Result<Vec<Mask>, SvgError> {
    let text = svg_text(bytes)?;
    on_deep_stack(|| read(path, text, space)).unwrap_or_else(|| Err(SvgError::Unread("its drawing fails".to_owned())))
}

fn read(path: &FilePath, text: String, space: SvgSpace) -> Result<Vec<Mask>, SvgError> {
    let tree = tree(&text)?;
    let outlines = outlines(&tree, space);
    let unfilled = unfilled(tree.root());
    let drawing = Drawing::new(path, text, tree, unfilled).ok_or(SvgError::TooMuch)?;
    let size = drawing.page();
    let pixels = size * (COMPARED_PX / size.max_element());
    let seen = drawing.raster(pixels).ok_or(SvgError::TooMuch)?;
    if seen.values.iter().all(|value| *value == 0) {
        return Err(SvgError::Empty);
    }
    if let Some(masks) = outlines
        && is_drawn_by(&masks, space.over, &seen)
    {
        return Ok(masks);
    }
    let name = path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let shape = MaskShape::Drawing(drawing);
    Ok(vec![Mask { name, kind: MaskKind::Hide, shape, feather: Mask::DEFAULT_FEATHER }])
}

/// The tree of a text all of which can be followed.
fn tree(text: &str) -> Result<Tree, SvgError> {
    let document = document(text)?;
    if let Some(why) = unsupported(&document).or_else(|| unsized_page(&document)) {
        return Err(SvgError::Unsupported(why));
    }
    if let Some(substituted) = with_substitutes(&document) {
        // Where it is no document any more, so is not what was replaced.
        let Ok(Ok(tree)) = self::document(&substituted).map(|document| parsed(&document)) else {
            return Err(text_error());
        };
        if has_substitute(tree.root()) {
            return Err(text_error());
        }
    }
    parsed(&document)
}

fn document(text: &str) -> Result<Document<'_>, SvgError> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|error| SvgError::Unread(error.to_string()))
}

fn text_error() -> SvgError {
    SvgError::Unsupported("has text, whose fonts are not known here: convert it to paths".to_owned())
}

/// Parses a document; no file that it names is read.
fn parsed(document: &Document<'_>) -> Result<Tree, SvgError> {
    let refused: Arc<Mutex<Option<String>>> = Arc::default();
    let refuse = {
        let refused = refused.clone();
        move |why: &str| {
            refused.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| why.to_owned());
            None
        }
    };
    let unread = refuse.clone();
    let image_href_resolver = ImageHrefResolver {
        resolve_data: Box::new(move |_, data, _| match picture(data) {
            Ok(kind) => Some(kind),
            Err(why) => refuse(why),
        }),
        resolve_string: Box::new(move |_, _| unread("shows a picture of another file: embed it in the drawing")),
    };
    let options = Options { image_href_resolver, ..Options::default() };
    let tree = Tree::from_xmltree(document, &options).map_err(|error| SvgError::Unread(error.to_string()))?;
    let refused = refused.lock().unwrap_or_else(PoisonError::into_inner).take();
    refused.map_or(Ok(tree), |why| Err(SvgError::Unsupported(why)))
}

/// An embedded picture, which is decoded once, for the library leaves out what it cannot decode.
fn picture(data: Arc<Vec<u8>>) -> Result<ImageKind, &'static str> {
    const BROKEN: &str = "has an embedded picture that cannot be read: embed it again, as PNG";
    const KIND: &str = "has an embedded picture that is neither PNG nor JPEG: embed it as PNG";
    const LARGE: &str = "has an embedded picture of more than 67 million pixels: make it smaller";
    let is_large = |[width, height]: [u64; 2]| width.saturating_mul(height) > PICTURE_PIXELS;
    if data.starts_with(b"\x89PNG\r\n\x1a\n") {
        let side = |at: usize| {
            let bytes = data.get(at..at + 4).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok());
            bytes.map(|bytes| u64::from(u32::from_be_bytes(bytes)))
        };
        if is_large([side(16).ok_or(BROKEN)?, side(20).ok_or(BROKEN)?]) {
            return Err(LARGE);
        }
        Pixmap::decode_png(&data).map_err(|_| BROKEN)?;
        return Ok(ImageKind::PNG(data));
    }
    if data.starts_with(&[0xff, 0xd8]) {
        let mut decoder = zune_jpeg::JpegDecoder::new(zune_jpeg::zune_core::bytestream::ZCursor::new(data.as_slice()));
        decoder.decode_headers().map_err(|_| BROKEN)?;
        let (width, height) = decoder.dimensions().ok_or(BROKEN)?;
        if is_large([width as u64, height as u64]) {
            return Err(LARGE);
        }
        decoder.decode().map_err(|_| BROKEN)?;
        return Ok(ImageKind::JPEG(data));
    }
    Err(KIND)
}

/// Whether something that stands for a text is seen.
fn has_substitute(group: &Group) -> bool {
    let mut found = false;
    for node in group.children() {
        found |= match node {
            Node::Group(group) => group.opacity().get() > 0.0 && has_substitute(group),
            Node::Path(path) => {
                let is_painted = path.fill().is_some_and(|fill| fill.opacity().get() > 0.0)
                    || path.stroke().is_some_and(|stroke| stroke.opacity().get() > 0.0);
                let points = path.data().points().iter().map(|point| (point.x, point.y));
                path.is_visible() && is_painted && is_substitute(points)
            }
            _ => false,
        };
        node.subroots(|root| found |= has_substitute(root));
    }
    found
}

/// The masks of a tree that is nothing but opaque areas; none of any other, or of one with more than an operator could edit.
fn outlines(tree: &Tree, SvgSpace { over, decimals }: SvgSpace) -> Option<Vec<Mask>> {
    let size = DVec2::new(f64::from(tree.size().width()), f64::from(tree.size().height()));
    let place = |p: Point| {
        let part = DVec2::new(f64::from(p.x), f64::from(p.y)) / size;
        over[0] + part.clamp(DVec2::splat(-5.0), DVec2::splat(6.0)) * (over[1] - over[0])
    };
    let mut paths = Vec::new();
    gather(tree.root(), &mut paths)?;
    let (mut with_holes, mut without, mut points) = (Vec::new(), Vec::new(), 0);
    for (index, path) in paths.into_iter().enumerate() {
        let loops = loops(path, &place);
        points += loops.iter().map(|line| line.points.len()).sum::<usize>();
        if points > SVG_POINTS || loops.iter().any(|line| line.points.len() > MASK_POINTS) {
            return None;
        }
        let name = if path.id().is_empty() { format!("shape {}", index + 1) } else { path.id().to_owned() };
        let rule = path.fill().map_or(FillRule::EvenOdd, |fill| fill.rule());
        let masks: Vec<Mask> = nested(loops, rule)
            .into_iter()
            .map(|(kind, points)| {
                let shape = MaskShape::Path(points);
                Mask { name: name.clone(), kind, shape, feather: Mask::DEFAULT_FEATHER }.rounded(decimals)
            })
            .collect();
        let has_holes = masks.iter().any(|mask| mask.kind == MaskKind::Show);
        if has_holes {
            with_holes.extend(masks)
        } else {
            without.extend(masks)
        }
        if with_holes.len() + without.len() > SVG_MASKS {
            return None;
        }
    }
    // Holes first: a later one would light what an area under it hides.
    with_holes.append(&mut without);
    (!with_holes.is_empty()).then_some(with_holes)
}

/// Collects all visible paths, in drawing order; none if one is more than an opaque area.
fn gather<'a>(group: &'a Group, paths: &mut Vec<&'a Path>) -> Option<()> {
    let is_plain = group.opacity().get() == 1.0
        && group.clip_path().is_none()
        && group.mask().is_none()
        && group.filters().is_empty()
        && group.blend_mode() == usvg::BlendMode::Normal;
    if !is_plain {
        return None;
    }
    for node in group.children() {
        match node {
            Node::Group(group) => gather(group, paths)?,
            Node::Path(path) if !path.is_visible() => {}
            Node::Path(path) => {
                let fill = path.fill()?;
                let is_opaque = fill.opacity().get() == 1.0 && matches!(fill.paint(), Paint::Color(_));
                if !is_opaque || path.stroke().is_some() {
                    return None;
                }
                paths.push(path);
            }
            Node::Image(_) | Node::Text(_) => return None,
        }
    }
    Some(())
}

/// The outlines with a line and no fill.
fn unfilled(group: &Group) -> usize {
    let place = |p: Point| DVec2::new(f64::from(p.x), f64::from(p.y));
    let is_seen = |opacity: usvg::Opacity| opacity.get() > 0.0;
    group
        .children()
        .iter()
        .map(|node| match node {
            Node::Group(group) => unfilled(group),
            Node::Path(path) => {
                let is_line = path.is_visible()
                    && path.fill().is_none_or(|fill| !is_seen(fill.opacity()))
                    && path.stroke().is_some_and(|stroke| is_seen(stroke.opacity()));
                usize::from(is_line && !loops(path, &place).is_empty())
            }
            Node::Image(_) | Node::Text(_) => 0,
        })
        .sum()
}

/// Whether outlines, one after the other, come to the same picture.
fn is_drawn_by(masks: &[Mask], over: [DVec2; 2], seen: &super::GreyImage) -> bool {
    let Some(mut pixels) = Pixmap::new(seen.width, seen.height) else { return false };
    let size = DVec2::new(f64::from(seen.width), f64::from(seen.height));
    let place = |p: DVec2| ((p - over[0]) / (over[1] - over[0]) * size).as_vec2();
    for mask in masks {
        let MaskShape::Path(points) = &mask.shape else { return false };
        let mut builder = PathBuilder::new();
        for (index, MaskSegment { cubic, .. }) in MaskSegment::all(points).enumerate() {
            let [from, a, b, to] = cubic.map(place);
            if index == 0 {
                builder.move_to(from.x, from.y);
            }
            builder.cubic_to(a.x, a.y, b.x, b.y, to.x, to.y);
        }
        builder.close();
        let Some(path) = builder.finish() else { continue };
        let blend_mode = if mask.kind == MaskKind::Hide { BlendMode::SourceOver } else { BlendMode::DestinationOut };
        let paint = tiny_skia::Paint { blend_mode, anti_alias: true, ..tiny_skia::Paint::default() };
        pixels.fill_path(&path, &paint, tiny_skia::FillRule::EvenOdd, tiny_skia::Transform::identity(), None);
    }
    pixels.pixels().iter().zip(seen.values.iter()).all(|(own, seen)| own.alpha().abs_diff(*seen) < DIFFERS)
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
