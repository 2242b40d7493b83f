//! Captions: name, place and quote of a portrait. See [`caption`].

use glam::Vec2;

use super::faces::Fonts;
use super::fit::PlacedText;
use super::itemize::itemize_among;
use super::layout::{Bounds, Justify, TextLayout};
use super::line_breaking::LineBreaker;

/// The texts of a caption; empty ones are left out, and each that has a letter that no font has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaptionText<'a> {
    /// Set large.
    pub name: &'a str,
    /// Set smaller, under the name.
    pub place: &'a str,
    /// Set under both.
    pub quote: &'a str,
}

/// Texts of several sizes in one box.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    /// The texts, from the top.
    pub parts: Vec<PlacedText>,
    /// Their bounds, in the box's units; none for an empty block.
    pub bounds: Option<Bounds>,
}

/// The typographic style of one of the texts, in ems of the name.
struct Style {
    size: f32,
    /// Space above it.
    above: f32,
    /// Least factor of its size to which it is reduced to fit on one line.
    min_for_one_line: f32,
    /// Least factor of its size to which it is reduced for a long word before the word is broken.
    min_for_long_word: f32,
}

/// What becomes of a person's words with letters that no font has.
pub(super) const NOT_SHOWN: &str = "a name, place or quote with them is not shown";

/// Depth of descenders in most scripts, in ems.
const DESCENDER: f32 = 0.24;

const NAME: Style = Style { size: 1.0, above: 0.0, min_for_one_line: 0.72, min_for_long_word: 0.5 };
const PLACE: Style = Style { size: 0.52, above: 0.22, min_for_one_line: 0.8, min_for_long_word: 0.7 };
const QUOTE: Style = Style { size: 0.62, above: 0.48, min_for_one_line: 1.0, min_for_long_word: 0.7 };

/// Lays out a caption in a box: the name large, the place smaller, the quote below, each in as many lines as it needs.
/// `em` is the size of the name, which is reduced where the box is too small for all. The block is aligned to the box's
/// upper edge, and to the side where the name's script begins.
pub fn caption(fonts: &mut Fonts, text: CaptionText<'_>, font: Option<&str>, size: Vec2, em: f32) -> Block {
    fonts.guarded(font, |fonts| fitted(fonts, text, font, size, em))
}

fn fitted(fonts: &mut Fonts, text: CaptionText<'_>, font: Option<&str>, size: Vec2, em: f32) -> Block {
    let mut scale = em;
    let mut block = layout_block(fonts, text, font, size.x, scale);
    for _ in 0..24 {
        let height = block.bounds.map_or(0.0, |bounds| bounds.bottom);
        if height <= size.y {
            break;
        }
        // Smaller type takes fewer lines too, so that the square root is the better estimate.
        scale *= (size.y / height).sqrt().clamp(0.6, 0.97);
        block = layout_block(fonts, text, font, size.x, scale);
    }
    block
}

fn layout_block(fonts: &mut Fonts, text: CaptionText<'_>, font: Option<&str>, width: f32, em: f32) -> Block {
    let mut block = Block::default();
    let mut rtl = None;
    let mut top = 0.0;
    let all = [text.name, text.place, text.quote].join("\n");
    for (words, style) in [(text.name, NAME), (text.place, PLACE), (text.quote, QUOTE)] {
        if words.trim().is_empty() {
            continue;
        }
        let itemized = itemize_among(fonts, words.trim(), font, &all);
        // A name with letters missing is another name.
        if !itemized.missing.is_empty() {
            if let Some(note) = itemized.missing.note(NOT_SHOWN) {
                fonts.note(note);
            }
            continue;
        }
        let mut measured = LineBreaker::new(fonts, &itemized);
        let mut scale = em * style.size;
        let whole = measured.widest() * scale;
        if whole > width && whole * style.min_for_one_line <= width {
            scale *= width / whole;
        }
        let widest = measured.widest_word() * scale;
        if widest > width {
            scale *= (width / widest).max(style.min_for_long_word);
            measured = measured.break_words(fonts, &itemized, width / scale);
        }
        // As few lines as possible, and no wider than those lines need.
        let limit = measured.narrowest(measured.count(width / scale));
        let mut layout = TextLayout::of_lines(fonts, &itemized, &measured.lines(limit), Justify::Start);
        if layout.glyphs.is_empty() {
            continue;
        }
        let from_right = *rtl.get_or_insert(layout.rtl);
        if layout.rtl != from_right {
            // One edge for all parts, even for a quote in a script of the other direction.
            layout = TextLayout::of_lines(fonts, &itemized, &measured.lines(limit), Justify::End);
        }
        if !block.parts.is_empty() {
            top += style.above * em;
        }
        let ink = layout.ink.unwrap_or(layout.bounds);
        let x = if from_right { width - ink.right * scale } else { -ink.left * scale };
        let offset = Vec2::new(x, top - layout.bounds.top * scale);
        let bounds = Bounds {
            left: offset.x + ink.left * scale,
            top,
            right: offset.x + ink.right * scale,
            bottom: offset.y + layout.bounds.bottom * scale,
        };
        // The distance to the next text does not depend on whether there are descenders.
        let lowest = layout.lines.last().map_or(0.0, |line| line.baseline) + DESCENDER;
        top = offset.y + lowest.max(layout.bounds.bottom) * scale;
        block.bounds = Some(block.bounds.map_or(bounds, |before| before.union(bounds)));
        block.parts.push(PlacedText { layout, scale, offset });
    }
    block
}
