//! Glyph outlines: as curves, flattened, and without inner edges.

use cosmic_text::Command;
use glam::Vec2;

use super::layout::Bounds;

/// A command of an outline, in ems, y downward.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PathCommand {
    /// Begins a contour.
    Move(Vec2),
    /// A straight line.
    Line(Vec2),
    /// A quadratic curve: its control point, its end.
    Quad(Vec2, Vec2),
    /// A cubic curve: its control points, its end.
    Cubic(Vec2, Vec2, Vec2),
    /// A straight line to the contour's beginning.
    Close,
}

impl PathCommand {
    /// Converts from the font's units, y upward.
    pub(super) fn new(command: &Command, scale: f32) -> Self {
        macro_rules! at {
            ($point:expr) => {
                Vec2::new($point.x * scale, -$point.y * scale)
            };
        }
        match command {
            Command::MoveTo(to) => Self::Move(at!(to)),
            Command::LineTo(to) => Self::Line(at!(to)),
            Command::QuadTo(a, to) => Self::Quad(at!(a), at!(to)),
            Command::CurveTo(a, b, to) => Self::Cubic(at!(a), at!(b), at!(to)),
            Command::Close => Self::Close,
        }
    }
}

/// Returns the bounding box of a flattened outline; none without segments.
pub(super) fn bounds(segments: &[Segment]) -> Option<Bounds> {
    let low = segments.iter().map(Segment::low).reduce(Vec2::min)?;
    let high = segments.iter().map(Segment::high).reduce(Vec2::max)?;
    Some(Bounds { left: low.x, top: low.y, right: high.x, bottom: high.y })
}

/// A line segment of a flattened outline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Segment {
    pub(super) from: Vec2,
    pub(super) to: Vec2,
}

impl Segment {
    fn low(&self) -> Vec2 {
        self.from.min(self.to)
    }

    fn high(&self) -> Vec2 {
        self.from.max(self.to)
    }

    /// Returns the x and the winding direction of its crossing of the horizontal at `y`, if any. The upper end counts, the
    /// lower does not.
    pub(super) fn crosses(&self, y: f32) -> Option<(f32, i32)> {
        let is_down = self.from.y <= y && self.to.y > y;
        let is_up = self.to.y <= y && self.from.y > y;
        if !is_down && !is_up {
            return None;
        }
        let x = self.from.x + (y - self.from.y) / (self.to.y - self.from.y) * (self.to.x - self.from.x);
        Some((x, if is_down { 1 } else { -1 }))
    }
}

/// Flattens an outline to closed contours of line segments within `tolerance` (ems) of the curves.
pub(super) fn flatten(outline: &[PathCommand], tolerance: f32) -> Vec<Segment> {
    let mut segments = Vec::new();
    let (mut start, mut at) = (Vec2::ZERO, Vec2::ZERO);
    let mut line_to = |at: &mut Vec2, to: Vec2| {
        if *at != to {
            segments.push(Segment { from: *at, to });
        }
        *at = to;
    };
    for command in outline {
        let from = at;
        match *command {
            PathCommand::Move(to) => {
                line_to(&mut at, start);
                (start, at) = (to, to);
            }
            PathCommand::Line(to) => line_to(&mut at, to),
            PathCommand::Quad(a, to) => {
                let bend = (from - 2.0 * a + to).length();
                for (t, u) in parameters((bend / (4.0 * tolerance)).sqrt()) {
                    line_to(&mut at, u * u * from + 2.0 * u * t * a + t * t * to);
                }
                line_to(&mut at, to);
            }
            PathCommand::Cubic(a, b, to) => {
                let bend = (from - 2.0 * a + b).length().max((a - 2.0 * b + to).length());
                for (t, u) in parameters((0.75 * bend / tolerance).sqrt()) {
                    line_to(&mut at, u * u * u * from + 3.0 * u * u * t * a + 3.0 * u * t * t * b + t * t * t * to);
                }
                line_to(&mut at, to);
            }
            PathCommand::Close => line_to(&mut at, start),
        }
    }
    line_to(&mut at, start);
    segments
}

/// The parameters t and 1 − t at which a curve is divided into at least `pieces` line segments, 64 at most.
fn parameters(pieces: f32) -> impl Iterator<Item = (f32, f32)> {
    let pieces = (pieces.ceil() as usize).clamp(1, 64);
    (1..pieces).map(move |index| (index as f32 / pieces as f32, 1.0 - index as f32 / pieces as f32))
}

/// Whether a point is inside the outline, by the non-zero winding rule.
pub(super) fn is_inside(segments: &[Segment], at: Vec2) -> bool {
    let crossings = segments.iter().filter_map(|segment| segment.crosses(at.y));
    crossings.filter(|(x, _)| *x > at.x).map(|(_, direction)| direction).sum::<i32>() != 0
}

/// Returns the segments of the outer boundary: contours may overlap, and segments inside the outline are left out.
pub(super) fn edges(segments: &[Segment]) -> Vec<Segment> {
    let pieces = split_at_intersections(segments);
    let index = WindingIndex::new(segments);
    pieces
        .into_iter()
        .filter(|piece| {
            let along = (piece.to - piece.from).normalize_or_zero();
            let aside = along.perp() * PROBE_DISTANCE;
            let middle = (piece.from + piece.to) / 2.0;
            index.is_inside(middle + aside) != index.is_inside(middle - aside)
        })
        .collect()
}

/// Distance from a segment at which both sides are probed, in ems: far below any stroke, far above rounding.
const PROBE_DISTANCE: f32 = 1e-4;

fn split_at_intersections(segments: &[Segment]) -> Vec<Segment> {
    let mut order: Vec<usize> = (0..segments.len()).collect();
    order.sort_by(|a, b| segments[*a].low().y.total_cmp(&segments[*b].low().y));
    let mut cuts: Vec<Vec<f32>> = vec![Vec::new(); segments.len()];
    for (place, &first) in order.iter().enumerate() {
        let a = &segments[first];
        for &second in &order[place + 1..] {
            let b = &segments[second];
            if b.low().y > a.high().y {
                break;
            }
            if b.low().x > a.high().x || b.high().x < a.low().x {
                continue;
            }
            let (along_a, along_b) = (a.to - a.from, b.to - b.from);
            let across = along_a.perp_dot(along_b);
            if across.abs() < 1e-12 {
                continue;
            }
            let t = (b.from - a.from).perp_dot(along_b) / across;
            let u = (b.from - a.from).perp_dot(along_a) / across;
            if (0.0..=1.0).contains(&t) && (0.0..=1.0).contains(&u) {
                cuts[first].push(t);
                cuts[second].push(u);
            }
        }
    }
    let mut pieces = Vec::with_capacity(segments.len());
    for (segment, mut cuts) in segments.iter().zip(cuts) {
        cuts.retain(|t| *t > 1e-4 && *t < 1.0 - 1e-4);
        cuts.sort_by(f32::total_cmp);
        let mut from = segment.from;
        for t in cuts {
            let to = segment.from.lerp(segment.to, t);
            if to != from {
                pieces.push(Segment { from, to });
                from = to;
            }
        }
        pieces.push(Segment { from, to: segment.to });
    }
    pieces
}

/// Segments indexed by the horizontal bands that they touch.
struct WindingIndex<'a> {
    segments: &'a [Segment],
    top: f32,
    bands: Vec<Vec<usize>>,
}

/// Bands in an em.
const BANDS: f32 = 96.0;

impl<'a> WindingIndex<'a> {
    fn new(segments: &'a [Segment]) -> Self {
        let top = segments.iter().map(|segment| segment.low().y).fold(f32::MAX, f32::min);
        let mut bands: Vec<Vec<usize>> = Vec::new();
        for (index, segment) in segments.iter().enumerate() {
            let first = ((segment.low().y - top) * BANDS) as usize;
            let last = ((segment.high().y - top) * BANDS) as usize;
            if bands.len() <= last {
                bands.resize(last + 1, Vec::new());
            }
            for band in &mut bands[first..=last] {
                band.push(index);
            }
        }
        Self { segments, top, bands }
    }

    /// As [`is_inside`].
    fn is_inside(&self, at: Vec2) -> bool {
        if at.y < self.top {
            return false;
        }
        let band = ((at.y - self.top) * BANDS) as usize;
        let winding: i32 = self
            .bands
            .get(band)
            .into_iter()
            .flatten()
            .filter_map(|index| self.segments[*index].crosses(at.y))
            .map(|(x, direction)| if x > at.x { direction } else { 0 })
            .sum();
        winding != 0
    }
}
