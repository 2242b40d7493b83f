//! Shaping of one line of a paragraph into positioned glyphs.

use std::ops::Range;

use cosmic_text::{Align, AttrsList, Hinting, ShapeLine, Shaping, Wrap};
use glam::Vec2;
use swash::text::{Category, Codepoint as _};

use super::faces::{FaceId, Fonts, GlyphKey};
use super::itemize::{FontRun, Paragraph, is_ignorable, is_rtl};

/// The glyphs of a line in visual order; the origin of the first is at x 0.
#[derive(Clone, Debug, Default)]
pub(super) struct Shaped {
    pub(super) glyphs: Vec<ShapedGlyph>,
    /// Sum of all advances, in ems.
    pub(super) width: f32,
    /// Greatest ascent of its fonts, in ems.
    pub(super) ascent: f32,
    /// Greatest descent of its fonts, in ems.
    pub(super) descent: f32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct ShapedGlyph {
    pub(super) key: GlyphKey,
    /// Origin, y downward from the baseline.
    pub(super) at: Vec2,
    pub(super) advance: f32,
    /// Start of its cluster in the paragraph's text.
    pub(super) start: usize,
    pub(super) is_rtl: bool,
}

/// Shapes a part of a paragraph as a line of its own, in the paragraph's direction. Trailing spaces are left out.
pub(super) fn shape(fonts: &mut Fonts, paragraph: &Paragraph, range: Range<usize>) -> Shaped {
    let words = paragraph.text[range.clone()].trim_end();
    if words.is_empty() {
        return Shaped::default();
    }
    let Some(input) = ShaperInput::new(fonts, paragraph, range.start..range.start + words.len()) else {
        return Shaped::default();
    };
    let line = &input.line;
    let resolved = ShapeLine::new(&mut fonts.shaper, line, &input.attrs, Shaping::Advanced, 1);
    let resolved = resolved.layout(1.0, None, Wrap::None, Some(Align::Left), None, Hinting::Disabled);

    let mut made = Shaped::default();
    for row in &resolved {
        made.ascent = made.ascent.max(row.max_ascent);
        made.descent = made.descent.max(row.max_descent);
        let left = row.glyphs.iter().map(|glyph| glyph.x).reduce(f32::min).unwrap_or(0.0);
        let mut order: Vec<_> = row.glyphs.iter().collect();
        order.sort_by(|a, b| a.x.total_cmp(&b.x));
        let mut letters = Vec::with_capacity(order.len());
        for glyph in order {
            let face = fonts.face_of(glyph.font_id);
            let letter = line[glyph.start..].chars().next();
            let Some((face, letter)) = face.zip(letter) else { continue };
            // An ignorable character that the font lacks must not show as a missing-glyph box.
            if glyph.glyph_id == 0 && line[glyph.start..glyph.end].chars().any(is_ignorable) {
                continue;
            }
            let key = GlyphKey { face, glyph: glyph.glyph_id, extended_edges: 0 };
            letters.push((glyph, key, letter, PunctuationSpace::of(fonts, key, letter, glyph.w)));
        }
        let mut shift = -left;
        for (index, (glyph, key, letter, space)) in letters.iter().enumerate() {
            if index == 0 && space.is_before {
                shift -= HALF;
            }
            let mut pen = glyph.x + shift;
            let mut advance = glyph.w;
            if letter.category() == Category::DecimalNumber && advance > 0.0 {
                let even = digit_advance(fonts, key.face, *letter);
                pen += (even - advance) / 2.0;
                advance = even;
            }
            let is_cut = match letters.get(index + 1) {
                Some((.., next)) => space.is_mark && next.is_mark && (space.is_after || next.is_before),
                None => space.is_after,
            };
            if is_cut {
                advance -= HALF;
            }
            made.width = made.width.max(glyph.x + shift + advance);
            shift += advance - glyph.w;
            made.glyphs.push(ShapedGlyph {
                key: *key,
                at: Vec2::new(pen + glyph.x_offset, glyph.y - glyph.y_offset),
                advance,
                start: input.paragraph_position(glyph.start),
                is_rtl: glyph.level.is_rtl(),
            });
        }
    }
    made
}

/// The empty halves of a full-width CJK punctuation mark.
///
/// Where two of them meet, and at the ends of a line, half of an em is removed (CJK punctuation squeezing).
#[derive(Clone, Copy, Debug, Default)]
struct PunctuationSpace {
    is_mark: bool,
    is_before: bool,
    is_after: bool,
}

/// The space that is removed, in ems.
const HALF: f32 = 0.5;

impl PunctuationSpace {
    fn of(fonts: &mut Fonts, key: GlyphKey, letter: char, advance: f32) -> Self {
        let is_mark = advance > 0.9
            && advance < 1.1
            && matches!(
                letter.category(),
                Category::OtherPunctuation
                    | Category::OpenPunctuation
                    | Category::ClosePunctuation
                    | Category::InitialPunctuation
                    | Category::FinalPunctuation
            );
        let ink = if is_mark { fonts.glyph_info(key).ink } else { None };
        let Some(ink) = ink else { return Self::default() };
        Self { is_mark, is_before: ink.left > HALF - 0.06, is_after: advance - ink.right > HALF - 0.06 }
    }
}

/// The text of a line as passed to the shaper, with a map back to the paragraph.
struct ShaperInput {
    line: String,
    attrs: AttrsList,
    /// Starts of the font runs, in the line and in the paragraph.
    starts: Vec<(usize, usize)>,
}

impl ShaperInput {
    fn new(fonts: &Fonts, paragraph: &Paragraph, range: Range<usize>) -> Option<Self> {
        let runs = paragraph.runs.iter().filter(|run| run.range.start < range.end && run.range.end > range.start);
        let mut line = String::new();
        // The shaper would take the direction of the first word for that of the paragraph: a direction mark overrides it.
        if is_rtl(paragraph.text[range.clone()].chars()) != paragraph.rtl {
            line.push(if paragraph.rtl { '\u{200f}' } else { '\u{200e}' });
        }
        let mut made: Option<Self> = None;
        for FontRun { range: run, face } in runs {
            let (start, end) = (run.start.max(range.start), run.end.min(range.end));
            let text = &paragraph.text[start..end];
            // The shaper misorders a right-to-left word that is in two fonts: a zero-width space makes it two words.
            if line.ends_with(|c: char| !c.is_whitespace()) && made.is_some() && !text.starts_with(char::is_whitespace)
            {
                line.push('\u{200b}');
            }
            let attrs = fonts.face(*face).attrs();
            let made = made.get_or_insert_with(|| Self {
                line: String::new(),
                attrs: AttrsList::new(&attrs),
                starts: Vec::new(),
            });
            made.starts.push((line.len(), start));
            made.attrs.add_span(line.len()..line.len() + text.len(), &attrs);
            line.push_str(text);
        }
        made.map(|made| Self { line, ..made })
    }

    /// Maps a byte position in the line to the paragraph.
    fn paragraph_position(&self, at: usize) -> usize {
        let run = self.starts.iter().rev().find(|(line, _)| *line <= at).or(self.starts.first());
        run.map_or(0, |(line, paragraph)| paragraph + at.saturating_sub(*line))
    }
}

/// Returns the common advance of all digits of the same decimal set as `digit`: that of the widest.
fn digit_advance(fonts: &mut Fonts, face: FaceId, digit: char) -> f32 {
    let row = u32::from(digit) & !0xf;
    let is_digit = |code: u32| char::from_u32(code).is_some_and(|c| c.category() == Category::DecimalNumber);
    // Decimal sets begin at the first or the seventh code point of a row of sixteen.
    let zero = if is_digit(row) { row } else { row + 6 };
    if let Some((_, known)) = fonts.face(face).digits.iter().find(|(known, _)| *known == zero) {
        return *known;
    }
    let mut widest = 0_f32;
    for digit in (zero..zero + 10).filter_map(char::from_u32) {
        if !fonts.face(face).has(digit) {
            continue;
        }
        let text = digit.to_string();
        let attrs = AttrsList::new(&fonts.face(face).attrs());
        let line = ShapeLine::new(&mut fonts.shaper, &text, &attrs, Shaping::Advanced, 1);
        let rows = line.layout(1.0, None, Wrap::None, Some(Align::Left), None, Hinting::Disabled);
        widest = rows.iter().map(|row| row.w).fold(widest, f32::max);
    }
    fonts.face_mut(face).digits.push((zero, widest));
    widest
}
