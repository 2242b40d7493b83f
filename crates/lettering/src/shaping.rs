//! One line of a paragraph as letterforms in their places.

use std::ops::Range;

use cosmic_text::{Align, AttrsList, Hinting, ShapeLine, Shaping, Wrap};
use glam::Vec2;
use swash::text::{BidiClass, Category, Codepoint as _};

use super::choice::{Paragraph, is_ignorable};
use super::faces::{FaceId, Fonts, GlyphKey};

/// A line's letterforms from the left; the pen of the first is at 0.
#[derive(Clone, Debug, Default)]
pub(super) struct Shaped {
    pub(super) glyphs: Vec<ShapedGlyph>,
    /// Of all advances, in ems.
    pub(super) width: f32,
    /// Largest of its fonts, in ems above the baseline.
    pub(super) ascent: f32,
    /// Largest of its fonts, in ems below the baseline.
    pub(super) descent: f32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct ShapedGlyph {
    pub(super) key: GlyphKey,
    /// The pen, y downward from the baseline.
    pub(super) at: Vec2,
    pub(super) advance: f32,
    /// Where its letter begins in the paragraph's text.
    pub(super) start: usize,
    pub(super) is_rtl: bool,
}

/// Shapes a part of a paragraph as a line of its own, in the paragraph's direction. Spaces at its end are left out.
pub(super) fn shape(fonts: &mut Fonts, paragraph: &Paragraph, range: Range<usize>) -> Shaped {
    let words = paragraph.text[range.clone()].trim_end();
    if words.is_empty() {
        return Shaped::default();
    }
    let Some(written) = Written::of(fonts, paragraph, range.start..range.start + words.len()) else {
        return Shaped::default();
    };
    let line = &written.line;
    let resolved = ShapeLine::new(&mut fonts.shaper, line, &written.attrs, Shaping::Advanced, 1);
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
            // What is never seen, in a font that does not know it, is no box either.
            if glyph.glyph_id == 0 && line[glyph.start..glyph.end].chars().any(is_ignorable) {
                continue;
            }
            let key = GlyphKey { face, glyph: glyph.glyph_id, runs_on: 0 };
            letters.push((glyph, key, letter, Blank::of(fonts, key, letter, glyph.w)));
        }
        let mut shift = -left;
        for (index, (glyph, key, letter, blank)) in letters.iter().enumerate() {
            if index == 0 && blank.is_before {
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
                Some((.., next)) => blank.is_mark && next.is_mark && (blank.is_after || next.is_before),
                None => blank.is_after,
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
                start: written.place(glyph.start),
                is_rtl: glyph.level.is_rtl(),
            });
        }
    }
    made
}

/// What a Chinese punctuation mark, which takes as much room as a character, leaves empty at its sides.
///
/// Where two of them meet, and at the ends of a line, half of an em is taken out: else there are holes in the line.
#[derive(Clone, Copy, Debug, Default)]
struct Blank {
    is_mark: bool,
    is_before: bool,
    is_after: bool,
}

/// What is taken out, in ems.
const HALF: f32 = 0.5;

impl Blank {
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
        let ink = if is_mark { fonts.form(key).ink } else { None };
        let Some(ink) = ink else { return Self::default() };
        Self { is_mark, is_before: ink.left > HALF - 0.06, is_after: advance - ink.right > HALF - 0.06 }
    }
}

/// A line as the shaper gets it, and which part of it is which part of the paragraph.
struct Written {
    line: String,
    attrs: AttrsList,
    /// Where stretches begin, in the line and in the paragraph.
    starts: Vec<(usize, usize)>,
}

impl Written {
    fn of(fonts: &Fonts, paragraph: &Paragraph, range: Range<usize>) -> Option<Self> {
        let stretches = paragraph.faces.iter().filter(|(at, _)| at.start < range.end && at.end > range.start);
        let mut line = String::new();
        // A line that begins with a word of the other direction would be taken for a paragraph of that direction.
        if reads_from_right(&paragraph.text[range.clone()]) != paragraph.rtl {
            line.push(if paragraph.rtl { '\u{200f}' } else { '\u{200e}' });
        }
        let mut made: Option<Self> = None;
        for (at, face) in stretches {
            let (start, end) = (at.start.max(range.start), at.end.min(range.end));
            let text = &paragraph.text[start..end];
            // The shaper mixes up the order of a word from right to left that is in two fonts: make it two words.
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

    /// Where in the paragraph a place of the line is.
    fn place(&self, at: usize) -> usize {
        let stretch = self.starts.iter().rev().find(|(line, _)| *line <= at).or(self.starts.first());
        stretch.map_or(0, |(line, paragraph)| paragraph + at.saturating_sub(*line))
    }
}

fn reads_from_right(text: &str) -> bool {
    text.chars()
        .find_map(|c| match c.bidi_class() {
            BidiClass::L => Some(false),
            BidiClass::R | BidiClass::AL => Some(true),
            _ => None,
        })
        .unwrap_or(false)
}

/// The advance that every digit gets that is of the same ten as `digit`: that of the widest.
fn digit_advance(fonts: &mut Fonts, face: FaceId, digit: char) -> f32 {
    let row = u32::from(digit) & !0xf;
    let is_digit = |code: u32| char::from_u32(code).is_some_and(|c| c.category() == Category::DecimalNumber);
    // Each ten begins at the beginning of a row of sixteen, or at its seventh.
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
