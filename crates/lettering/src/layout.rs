//! Layout of lines: alignment, leading and bounds. See [`TextLayout`].

use std::ops::Range;

use glam::Vec2;

use super::faces::{Fonts, GlyphKey};
use super::itemize::{ItemizedText, itemize};
use super::line_breaking::LineRange;
use super::shaping::shape;

/// A rectangle, y downward.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// The smallest x.
    pub left: f32,
    /// The smallest y.
    pub top: f32,
    /// The largest x.
    pub right: f32,
    /// The largest y.
    pub bottom: f32,
}

impl Bounds {
    /// Returns the bounding box of both.
    pub fn union(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    /// Returns the rectangle translated by `by`.
    pub fn moved(self, by: Vec2) -> Self {
        Self { left: self.left + by.x, top: self.top + by.y, right: self.right + by.x, bottom: self.bottom + by.y }
    }

    /// Returns width and height.
    pub fn size(self) -> Vec2 {
        Vec2::new(self.right - self.left, self.bottom - self.top)
    }

    /// Returns the centre.
    pub fn centre(self) -> Vec2 {
        Vec2::new(self.left + self.right, self.top + self.bottom) / 2.0
    }
}

/// The alignment of the lines of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Justify {
    /// At the start of their script's direction: left, or for Arabic and Hebrew right. Aligns the ink, not the advances.
    Start,
    /// Centred.
    #[default]
    Centre,
    /// At the end of their script's direction.
    End,
}

/// A positioned glyph.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayoutGlyph {
    /// The glyph.
    pub key: GlyphKey,
    /// Position of its origin.
    pub at: Vec2,
    /// Advance, in ems.
    pub advance: f32,
    /// Whether it is part of a right-to-left run.
    pub is_rtl: bool,
}

/// A line of a [`TextLayout`].
#[derive(Clone, Debug, PartialEq)]
pub struct LayoutLine {
    /// Range of the layout's glyphs.
    pub glyphs: Range<usize>,
    /// x of its start.
    pub left: f32,
    /// Sum of all advances.
    pub width: f32,
    /// y of the baseline.
    pub baseline: f32,
    /// Ascent of its fonts.
    pub ascent: f32,
    /// Descent of its fonts.
    pub descent: f32,
    /// Bounds of the ink; none in an empty line.
    pub ink: Option<Bounds>,
}

/// A text as positioned glyphs, in ems, y downward. x is 0 at the left end of the widest line, y on the first line's
/// baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct TextLayout {
    /// All glyphs that have ink, line by line, in visual order.
    pub glyphs: Vec<LayoutGlyph>,
    /// The lines, from the top.
    pub lines: Vec<LayoutLine>,
    /// Cap height of the primary font.
    pub cap_height: f32,
    /// Whether the text's base direction is right to left.
    pub rtl: bool,
    /// Bounds of the ink; none without ink.
    pub ink: Option<Bounds>,
    /// Optical bounds: from the cap height (or the ink above it) to the baseline (or the ink below it). Unlike the bounds of
    /// the ink they stay the same when one digit becomes another.
    pub bounds: Bounds,
    /// A note for the operator, such as on missing characters. [`Fonts::take_notes`] returns it too, once.
    pub note: Option<String>,
}

/// Ink that exceeds the cap height or the baseline by less (ems) is overshoot of round letters.
const OVERSHOOT: f32 = 0.035;
/// Least leading (distance between baselines), in ems.
const MIN_LEADING: f32 = 0.96;
/// Least gap between the ink of consecutive lines, in ems.
const MIN_LINE_GAP: f32 = 0.1;

impl TextLayout {
    /// Lays out a text with the line breaks that it has, and no others.
    ///
    /// `font` is a family name or a path of a font file. Without one, and for characters that it lacks, the bundled fonts are
    /// used.
    pub fn of(fonts: &mut Fonts, text: &str, font: Option<&str>, align: Justify) -> Self {
        fonts.guarded(font, |fonts| Self::set(fonts, text, font, align))
    }

    fn set(fonts: &mut Fonts, text: &str, font: Option<&str>, align: Justify) -> Self {
        let text = itemize(fonts, text, font);
        let paragraphs = text.paragraphs.iter().enumerate();
        let lines: Vec<_> = paragraphs
            .map(|(index, paragraph)| LineRange { paragraph: index, range: 0..paragraph.text.len() })
            .collect();
        Self::of_lines(fonts, &text, &lines, align)
    }

    /// Lays out ranges of paragraphs, a line each.
    pub(super) fn of_lines(fonts: &mut Fonts, text: &ItemizedText, lines: &[LineRange], align: Justify) -> Self {
        let note = text.missing.note("the rest is shown");
        if let Some(note) = &note {
            fonts.note(note.clone());
        }
        let cap_height = fonts.face(text.first).cap_height;
        let rtl = text.paragraphs.iter().find(|paragraph| !paragraph.text.is_empty()).is_some_and(|first| first.rtl);
        let mut made = Self {
            glyphs: Vec::new(),
            lines: Vec::new(),
            cap_height,
            rtl,
            ink: None,
            bounds: Bounds { left: 0.0, top: -cap_height, right: 0.0, bottom: 0.0 },
            note,
        };
        for line in lines {
            let shaped = shape(fonts, &text.paragraphs[line.paragraph], line.range.clone());
            let first = made.glyphs.len();
            let mut ink: Option<Bounds> = None;
            for glyph in &shaped.glyphs {
                let Some(bounds) = fonts.glyph_info(glyph.key).ink else { continue };
                let bounds = bounds.moved(glyph.at);
                ink = Some(ink.map_or(bounds, |ink| ink.union(bounds)));
                let (key, at, advance, is_rtl) = (glyph.key, glyph.at, glyph.advance, glyph.is_rtl);
                made.glyphs.push(LayoutGlyph { key, at, advance, is_rtl });
            }
            mark_joins(fonts, &mut made.glyphs[first..]);
            made.lines.push(LayoutLine {
                glyphs: first..made.glyphs.len(),
                left: 0.0,
                width: shaped.width,
                baseline: 0.0,
                ascent: shaped.ascent,
                descent: shaped.descent,
                ink,
            });
        }
        made.align(align);
        made
    }

    /// Returns the optical extent of a line above and below its baseline.
    fn extent(&self, line: &LayoutLine) -> (f32, f32) {
        let Some(ink) = line.ink else { return (self.cap_height, 0.0) };
        let above = if -ink.top > self.cap_height + OVERSHOOT { -ink.top } else { self.cap_height };
        let below = if ink.bottom > OVERSHOOT { ink.bottom } else { 0.0 };
        (above, below)
    }

    /// Positions the lines, which are at the origin, and computes the bounds.
    fn align(&mut self, align: Justify) {
        let extents: Vec<(f32, f32)> = self.lines.iter().map(|line| self.extent(line)).collect();
        let needed = extents.windows(2).map(|pair| pair[0].1 + pair[1].0 + MIN_LINE_GAP);
        let leading = needed.fold(MIN_LEADING, f32::max);
        let is_left = (align == Justify::Start) != self.rtl;
        let widest = self.lines.iter().map(|line| line.width).fold(0.0, f32::max);
        for (index, line) in self.lines.iter_mut().enumerate() {
            let ink = line.ink.unwrap_or(Bounds { left: 0.0, top: 0.0, right: line.width, bottom: 0.0 });
            line.left = match align {
                Justify::Centre => (widest - line.width) / 2.0,
                _ if is_left => -ink.left,
                _ => widest - ink.right,
            };
            line.baseline = index as f32 * leading;
            let by = Vec2::new(line.left, line.baseline);
            line.ink = line.ink.map(|ink| ink.moved(by));
            for glyph in &mut self.glyphs[line.glyphs.clone()] {
                glyph.at += by;
            }
        }
        self.ink = self.lines.iter().filter_map(|line| line.ink).reduce(Bounds::union);
        let (above, below) =
            (extents.first().map_or(self.cap_height, |first| first.0), extents.last().map_or(0.0, |last| last.1));
        let lowest = self.lines.last().map_or(0.0, |line| line.baseline);
        let mut bounds = Bounds { left: 0.0, top: -above, right: widest, bottom: lowest + below };
        if let Some(ink) = self.ink {
            // A line between may exceed the first and the last.
            bounds = bounds.union(Bounds { top: bounds.top, bottom: bounds.bottom, ..ink });
            for (line, (above, below)) in self.lines.iter().zip(&extents) {
                bounds.top = bounds.top.min(line.baseline - above);
                bounds.bottom = bounds.bottom.max(line.baseline + below);
            }
        }
        self.bounds = bounds;
    }
}

/// Marks the edges of glyphs that are connected to others of the line.
fn mark_joins(fonts: &mut Fonts, line: &mut [LayoutGlyph]) {
    let edges: Vec<_> = line.iter().map(|glyph| (glyph.at, fonts.glyph_info(glyph.key).join_edges)).collect();
    for (index, glyph) in line.iter_mut().enumerate() {
        let (at, own) = &edges[index];
        // Marks above and below may come between the two.
        let near = edges.iter().enumerate().skip(index.saturating_sub(6)).take(13).filter(|(other, _)| *other != index);
        glyph.key.extended_edges = near.fold(0, |bits, (_, (other, next))| bits | own.joined_to(next, *other - *at));
    }
}
