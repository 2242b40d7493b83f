//! Overlap of connected glyphs: along the headline of Devanagari, Bengali and Gurmukhi, and of the signs that stand on it or
//! hang from a stem.
//!
//! Their fonts overlap by a hundredth of an em. In small type that is less than a pixel, and where two glyphs each cover a
//! part of a pixel, the maximum is less than their union: a seam. So an edge that lies inside a neighbour is extended
//! further into it.

use std::ops::Range;

use glam::Vec2;

use super::outline::{PathCommand, Segment, is_inside};

/// The extension, in ems: with the fonts' own overlap 1.5 pixels at 24 pixels an em, and half of a headline.
const EXTENSION: f32 = 0.05;
/// A join edge is at most this far inside the ends of the advance, in ems, and …
const INSIDE: f32 = 0.006;
/// … at most this far outside.
const OUTSIDE: f32 = 0.035;
/// Heights of the upper edges of headlines, and of the feet of signs on them; upward, in ems.
const HEADLINE: Range<f32> = 0.56..0.75;
/// Heights where stems end, and where signs that hang from them begin; upward, in ems.
const FOOT: Range<f32> = -0.06..0.06;
/// Least length of a join edge, in ems.
const MIN_LENGTH: f32 = 0.03;
/// As many edges as a [`GlyphKey`](super::GlyphKey) has bits for.
const MAX_EDGES: usize = 8;

/// A straight edge at which a glyph may be connected to another.
#[derive(Clone, Copy, Debug, PartialEq)]
struct JoinEdge {
    low: Vec2,
    high: Vec2,
    /// Outward normal.
    normal: Vec2,
}

impl JoinEdge {
    /// Returns how far this edge lies inside the glyph whose near edge is `other`, at `offset` from this glyph. None when the
    /// edges do not face each other.
    fn depth_in(&self, other: &Self, offset: Vec2) -> Option<f32> {
        let (low, high) = (other.low + offset, other.high + offset);
        let along = self.normal.perp().abs();
        let common = (self.high.min(high) - self.low.max(low)).dot(along);
        let least = (self.high - self.low).dot(along).min((high - low).dot(along));
        (other.normal == -self.normal && common > 0.8 * least).then(|| (self.low - low).dot(self.normal))
    }
}

/// The edges at which a glyph may be connected to others.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct JoinEdges {
    /// Facing right and down: those that are extended. At most [`MAX_EDGES`].
    outgoing: Vec<JoinEdge>,
    /// Facing left and up.
    incoming: Vec<JoinEdge>,
}

impl JoinEdges {
    /// Finds the edges of a glyph with the outline `segments`.
    pub(super) fn find(segments: &[Segment], advance: f32) -> Self {
        let mut edges = Self::default();
        for segment in segments {
            let (low, high) = (segment.from.min(segment.to), segment.from.max(segment.to));
            let size = high - low;
            let is_left = low.x > -OUTSIDE && low.x < INSIDE;
            let is_right = low.x > advance - INSIDE && low.x < advance + OUTSIDE;
            let axis = if size.x < 5e-4 && size.y > MIN_LENGTH && (is_left || is_right) {
                Vec2::X
            } else if size.y < 2.5e-3
                && size.x > MIN_LENGTH
                && [HEADLINE, FOOT].iter().any(|place| place.contains(&-low.y))
            {
                Vec2::Y
            } else {
                continue;
            };
            let middle = (low + high) / 2.0;
            let (before, after) =
                (is_inside(segments, middle - axis * 1e-3), is_inside(segments, middle + axis * 1e-3));
            let edge = |normal: Vec2| JoinEdge { low, high, normal };
            match (before, after) {
                (true, false) if (axis == Vec2::Y || is_right) && edges.outgoing.len() < MAX_EDGES => {
                    edges.outgoing.push(edge(axis))
                }
                (false, true) if axis == Vec2::Y || is_left => edges.incoming.push(edge(-axis)),
                _ => {}
            }
        }
        edges
    }

    /// Returns which of this glyph's outgoing edges lie inside another, at `offset` from it: a bit each.
    pub(super) fn joined_to(&self, other: &Self, offset: Vec2) -> u8 {
        let is_in = |end: &JoinEdge| {
            let depths = other.incoming.iter().filter_map(|edge| end.depth_in(edge, offset));
            depths.into_iter().any(|depth| (-0.001..2.0 * OUTSIDE).contains(&depth))
        };
        self.outgoing.iter().enumerate().fold(0, |bits, (index, end)| bits | u8::from(is_in(end)) << index)
    }

    /// Returns the outline with those edges extended.
    pub(super) fn extend(&self, outline: Vec<PathCommand>, which: u8) -> Vec<PathCommand> {
        let edges = self.outgoing.iter().enumerate().filter(|(index, _)| which >> index & 1 == 1);
        let moved: Vec<&JoinEdge> = edges.map(|(_, end)| end).collect();
        let at = |point: Vec2| {
            let is_of = |end: &JoinEdge| point.cmpgt(end.low - 1e-3).all() && point.cmplt(end.high + 1e-3).all();
            moved.iter().filter(|end| is_of(end)).fold(point, |point, end| point + end.normal * EXTENSION)
        };
        let step = |step: PathCommand| match step {
            PathCommand::Move(to) => PathCommand::Move(at(to)),
            PathCommand::Line(to) => PathCommand::Line(at(to)),
            PathCommand::Quad(a, to) => PathCommand::Quad(at(a), at(to)),
            PathCommand::Cubic(a, b, to) => PathCommand::Cubic(at(a), at(b), at(to)),
            PathCommand::Close => PathCommand::Close,
        };
        outline.into_iter().map(step).collect()
    }
}
