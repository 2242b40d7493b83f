//! A text in its place: see [`TextLayout`].

use std::ops::Range;

use glam::Vec2;

use super::choice::{FontRun, choose};
use super::faces::{Fonts, GlyphKey};
use super::shaping::shape;

/// A box, y downward.
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
    /// The box round both.
    pub fn union(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    /// The box elsewhere.
    pub fn moved(self, by: Vec2) -> Self {
        Self { left: self.left + by.x, top: self.top + by.y, right: self.right + by.x, bottom: self.bottom + by.y }
    }

    /// Width and height.
    pub fn size(self) -> Vec2 {
        Vec2::new(self.right - self.left, self.bottom - self.top)
    }

    /// The middle.
    pub fn centre(self) -> Vec2 {
        Vec2::new(self.left + self.right, self.top + self.bottom) / 2.0
    }
}

/// How the lines of a text stand under each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Justify {
    /// Where their script begins: on the left, or for Arabic and Hebrew on the right. The ink is in line.
    Start,
    /// In the middle.
    #[default]
    Centre,
    /// Opposite of the start.
    End,
}

/// A letterform in its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayoutGlyph {
    /// Which.
    pub key: GlyphKey,
    /// Its pen: what its outline's and its field's origin are put on.
    pub at: Vec2,
    /// How far the pen goes on, in ems.
    pub advance: f32,
    /// Whether it is part of a word that is read from right to left.
    pub is_rtl: bool,
}

/// A line of a [`TextLayout`].
#[derive(Clone, Debug, PartialEq)]
pub struct LayoutLine {
    /// Which of the setting's letterforms.
    pub glyphs: Range<usize>,
    /// Where it begins.
    pub left: f32,
    /// Of all advances.
    pub width: f32,
    /// The y of what its letters stand on.
    pub baseline: f32,
    /// What its fonts keep free above the baseline.
    pub ascent: f32,
    /// What its fonts keep free below the baseline.
    pub descent: f32,
    /// Where it has ink; none in an empty line.
    pub ink: Option<Bounds>,
}

/// A text as letterforms in their places, in ems, y downward. x is 0 at the left end of the widest line, y on the first
/// line's baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct TextLayout {
    /// All letterforms that have ink, line by line, from the left.
    pub glyphs: Vec<LayoutGlyph>,
    /// The lines, from the top.
    pub lines: Vec<LayoutLine>,
    /// Height of the capital letters of the text's font.
    pub cap_height: f32,
    /// Whether the text is read from right to left.
    pub rtl: bool,
    /// The box round the ink; none without ink.
    pub ink: Option<Bounds>,
    /// The box that the text takes to the eye: from the capitals' height (or what rises above it) to the baseline (or
    /// what hangs below it). Unlike the ink's box it stays when a digit becomes another.
    pub bounds: Bounds,
    /// What the operator has to know, such as letters that no font has. [`Fonts::take_notes`] has it too, once.
    pub note: Option<String>,
}

/// Ink that passes the capitals' height or the baseline by less (ems) is a round letter's overshoot.
const OVERSHOOT: f32 = 0.035;
/// From a baseline to the next there is at least this, in ems.
const LEAST_LEADING: f32 = 0.96;
/// What stays free between a line's lowest and the next line's highest ink, in ems.
const BETWEEN_LINES: f32 = 0.1;

impl TextLayout {
    /// Sets a text in lines as it has them: each line break begins one, and nothing else.
    ///
    /// `font` is a family's name or a font file's path; none, and letters that it lacks, take the fonts in the binary.
    pub fn of(fonts: &mut Fonts, text: &str, font: Option<&str>, align: Justify) -> Self {
        let chosen = choose(fonts, text, font);
        let whole = chosen.paragraphs.iter().enumerate().map(|(index, paragraph)| (index, 0..paragraph.text.len()));
        let lines: Vec<_> = whole.collect();
        Self::of_lines(fonts, &chosen, &lines, align)
    }

    /// Sets parts of paragraphs, a line each.
    pub(super) fn of_lines(
        fonts: &mut Fonts,
        chosen: &FontRun,
        lines: &[(usize, Range<usize>)],
        align: Justify,
    ) -> Self {
        let cap_height = fonts.face(chosen.first).cap_height;
        let rtl = chosen.paragraphs.iter().find(|paragraph| !paragraph.text.is_empty()).is_some_and(|first| first.rtl);
        let mut made = Self {
            glyphs: Vec::new(),
            lines: Vec::new(),
            cap_height,
            rtl,
            ink: None,
            bounds: Bounds { left: 0.0, top: -cap_height, right: 0.0, bottom: 0.0 },
            note: chosen.note.clone(),
        };
        for (index, range) in lines {
            let shaped = shape(fonts, &chosen.paragraphs[*index], range.clone());
            let first = made.glyphs.len();
            let mut ink: Option<Bounds> = None;
            for glyph in &shaped.glyphs {
                let Some(bounds) = fonts.form(glyph.key).ink else { continue };
                let bounds = bounds.moved(glyph.at);
                ink = Some(ink.map_or(bounds, |ink| ink.union(bounds)));
                let (key, at, advance, is_rtl) = (glyph.key, glyph.at, glyph.advance, glyph.is_rtl);
                made.glyphs.push(LayoutGlyph { key, at, advance, is_rtl });
            }
            join(fonts, &mut made.glyphs[first..]);
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
        made.place(align);
        made
    }

    /// What a line takes above and below its baseline, to the eye.
    fn extent(&self, line: &LayoutLine) -> (f32, f32) {
        let Some(ink) = line.ink else { return (self.cap_height, 0.0) };
        let above = if -ink.top > self.cap_height + OVERSHOOT { -ink.top } else { self.cap_height };
        let below = if ink.bottom > OVERSHOOT { ink.bottom } else { 0.0 };
        (above, below)
    }

    /// Puts the lines, set at the origin, under each other.
    fn place(&mut self, align: Justify) {
        let extents: Vec<(f32, f32)> = self.lines.iter().map(|line| self.extent(line)).collect();
        let needed = extents.windows(2).map(|pair| pair[0].1 + pair[1].0 + BETWEEN_LINES);
        let leading = needed.fold(LEAST_LEADING, f32::max);
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
            // A line between may hang or rise further than the last and the first.
            bounds = bounds.union(Bounds { top: bounds.top, bottom: bounds.bottom, ..ink });
            for (line, (above, below)) in self.lines.iter().zip(&extents) {
                bounds.top = bounds.top.min(line.baseline - above);
                bounds.bottom = bounds.bottom.max(line.baseline + below);
            }
        }
        self.bounds = bounds;
    }
}

/// Marks the letters of a line that run into another.
fn join(fonts: &mut Fonts, line: &mut [LayoutGlyph]) {
    let ends: Vec<_> = line.iter().map(|glyph| (glyph.at, fonts.form(glyph.key).ends)).collect();
    for (index, glyph) in line.iter_mut().enumerate() {
        let (at, own) = &ends[index];
        // Marks above and below may stand between the two.
        let near = ends.iter().enumerate().skip(index.saturating_sub(6)).take(13).filter(|(other, _)| *other != index);
        glyph.key.runs_on = near.fold(0, |bits, (_, (other, next))| bits | own.run_into(next, *other - *at));
    }
}
