//! Letters that run into each other: along the headline of Devanagari, Bengali and Gurmukhi, and the signs that stand on
//! it or hang from a stroke.
//!
//! Their fonts let them overlap by a hundredth of an em. In small type that is less than a pixel, and where two letters
//! each cover a part of a pixel, the larger part is less than both together: a seam. So an end that lies in the ink of a
//! neighbour is drawn a little further into it.

use std::ops::Range;

use glam::Vec2;

use super::outline::{PathCommand, Segment, is_ink};

/// How much further, in ems: with the fonts' own overlap a pixel and a half at 24 pixels an em, and half of a headline.
const FURTHER: f32 = 0.05;
/// An end is no further than this inside of where the letter's advance begins or ends, and …
const INSIDE: f32 = 0.006;
/// … no further than this outside.
const OUTSIDE: f32 = 0.035;
/// Where the upper edges of headlines are, and the feet of what stands on them; upward, in ems.
const HEADLINE: Range<f32> = 0.56..0.75;
/// Where upright strokes end, and what hangs from them begins; upward, in ems.
const FOOT: Range<f32> = -0.06..0.06;
/// Shorter edges end no line, in ems.
const SHORTEST: f32 = 0.03;
/// As many ends as a [`GlyphKey`](super::GlyphKey) has bits for.
const MOST: usize = 8;

/// A straight edge at which a letter may run into another.
#[derive(Clone, Copy, Debug, PartialEq)]
struct End {
    low: Vec2,
    high: Vec2,
    /// Outward.
    towards: Vec2,
}

impl End {
    /// How far this end lies in the ink of the letter that `other`, `apart` from it, is the near edge of. None when they do
    /// not face each other.
    fn depth_in(&self, other: &Self, apart: Vec2) -> Option<f32> {
        let (low, high) = (other.low + apart, other.high + apart);
        let along = self.towards.perp().abs();
        let common = (self.high.min(high) - self.low.max(low)).dot(along);
        let least = (self.high - self.low).dot(along).min((high - low).dot(along));
        (other.towards == -self.towards && common > 0.8 * least).then(|| (self.low - low).dot(self.towards))
    }
}

/// The edges at which a letter may run into others.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Ends {
    /// To the right, and downward: those that are drawn further. At most [`MOST`].
    going: Vec<End>,
    /// To the left, and upward.
    coming: Vec<End>,
}

impl Ends {
    /// Of a letter, whose pieces are `segments`.
    pub(super) fn of(segments: &[Segment], advance: f32) -> Self {
        let mut ends = Self::default();
        for segment in segments {
            let (low, high) = (segment.from.min(segment.to), segment.from.max(segment.to));
            let size = high - low;
            let is_left = low.x > -OUTSIDE && low.x < INSIDE;
            let is_right = low.x > advance - INSIDE && low.x < advance + OUTSIDE;
            let axis = if size.x < 5e-4 && size.y > SHORTEST && (is_left || is_right) {
                Vec2::X
            } else if size.y < 2.5e-3
                && size.x > SHORTEST
                && [HEADLINE, FOOT].iter().any(|place| place.contains(&-low.y))
            {
                Vec2::Y
            } else {
                continue;
            };
            let middle = (low + high) / 2.0;
            let (before, after) = (is_ink(segments, middle - axis * 1e-3), is_ink(segments, middle + axis * 1e-3));
            let end = |towards: Vec2| End { low, high, towards };
            match (before, after) {
                (true, false) if (axis == Vec2::Y || is_right) && ends.going.len() < MOST => ends.going.push(end(axis)),
                (false, true) if axis == Vec2::Y || is_left => ends.coming.push(end(-axis)),
                _ => {}
            }
        }
        ends
    }

    /// Which of this letter's ends lie in the ink of another, which is `apart` from it: a bit each.
    pub(super) fn run_into(&self, other: &Self, apart: Vec2) -> u8 {
        let is_in = |end: &End| {
            let depths = other.coming.iter().filter_map(|edge| end.depth_in(edge, apart));
            depths.into_iter().any(|depth| (-0.001..2.0 * OUTSIDE).contains(&depth))
        };
        self.going.iter().enumerate().fold(0, |bits, (index, end)| bits | u8::from(is_in(end)) << index)
    }

    /// The outline of the letter with those ends drawn further.
    pub(super) fn drawn_further(&self, outline: Vec<PathCommand>, which: u8) -> Vec<PathCommand> {
        let ends = self.going.iter().enumerate().filter(|(index, _)| which >> index & 1 == 1);
        let moved: Vec<&End> = ends.map(|(_, end)| end).collect();
        let at = |point: Vec2| {
            let is_of = |end: &End| point.cmpgt(end.low - 1e-3).all() && point.cmplt(end.high + 1e-3).all();
            moved.iter().filter(|end| is_of(end)).fold(point, |point, end| point + end.towards * FURTHER)
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
