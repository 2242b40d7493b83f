//! Who somebody is, in type beside them. See [`caption`].

use glam::Vec2;

use super::breaks::Measured;
use super::choice::choose;
use super::faces::Fonts;
use super::layout::{Bounds, Justify, TextLayout};

/// What a caption says; what is empty is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaptionText<'a> {
    /// Large.
    pub name: &'a str,
    /// Smaller, under the name.
    pub place: &'a str,
    /// What they say, under both.
    pub quote: &'a str,
}

/// One text of a [`Block`].
#[derive(Clone, Debug, PartialEq)]
pub struct BlockPart {
    /// The text, in ems.
    pub layout: TextLayout,
    /// What an em is long, in the box's units.
    pub scale: f32,
    /// Where the setting's origin is, in the box's units from its left upper corner.
    pub offset: Vec2,
}

/// Texts of several sizes in one box.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    /// The texts, from the top.
    pub parts: Vec<BlockPart>,
    /// The box that they take, in the box's units; none for an empty block.
    pub bounds: Option<Bounds>,
}

/// How one of the texts is set, in sizes of the name.
struct Style {
    size: f32,
    /// The free space above it.
    above: f32,
    /// The least part of its size that it is taken down to for being in one line.
    in_a_line: f32,
    /// The least part of its size that it is taken down to for a long word before the word is torn.
    least: f32,
}

/// How far letters hang below the line in most scripts, in ems.
const DEPTH: f32 = 0.24;

const NAME: Style = Style { size: 1.0, above: 0.0, in_a_line: 0.72, least: 0.5 };
const PLACE: Style = Style { size: 0.52, above: 0.22, in_a_line: 0.8, least: 0.7 };
const QUOTE: Style = Style { size: 0.62, above: 0.48, in_a_line: 1.0, least: 0.7 };

/// Sets who somebody is into a box: the name large, the place smaller, the quote below, each in as many lines as it
/// needs. `em` is the size of the name, which becomes smaller where the box is too small for all; everything begins at
/// the box's upper edge, on the side where the name's script begins.
pub fn caption(fonts: &mut Fonts, text: CaptionText<'_>, font: Option<&str>, size: Vec2, em: f32) -> Block {
    let mut scale = em;
    let mut block = set(fonts, text, font, size.x, scale);
    for _ in 0..24 {
        let height = block.bounds.map_or(0.0, |bounds| bounds.bottom);
        if height <= size.y {
            break;
        }
        // Smaller type takes fewer lines too, so that the root is nearer than the quotient.
        scale *= (size.y / height).sqrt().clamp(0.6, 0.97);
        block = set(fonts, text, font, size.x, scale);
    }
    block
}

fn set(fonts: &mut Fonts, text: CaptionText<'_>, font: Option<&str>, width: f32, em: f32) -> Block {
    let mut block = Block::default();
    let mut rtl = None;
    let mut top = 0.0;
    for (words, style) in [(text.name, NAME), (text.place, PLACE), (text.quote, QUOTE)] {
        if words.trim().is_empty() {
            continue;
        }
        let chosen = choose(fonts, words.trim(), font);
        let mut measured = Measured::of(fonts, &chosen);
        let mut scale = em * style.size;
        let whole = measured.widest() * scale;
        if whole > width && whole * style.in_a_line <= width {
            scale *= width / whole;
        }
        let widest = measured.widest_piece() * scale;
        if widest > width {
            scale *= (width / widest).max(style.least);
            measured = measured.torn(fonts, &chosen, width / scale);
        }
        // As few lines as there can be, and no wider than those lines need.
        let limit = measured.narrowest(measured.count(width / scale));
        let mut layout = TextLayout::of_lines(fonts, &chosen, &measured.lines(limit), Justify::Start);
        if layout.glyphs.is_empty() {
            continue;
        }
        let from_right = *rtl.get_or_insert(layout.rtl);
        if layout.rtl != from_right {
            // One edge for all parts, though a quote may be in another script than the name.
            layout = TextLayout::of_lines(fonts, &chosen, &measured.lines(limit), Justify::End);
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
        // Whether or not a letter happens to hang below the line: the next text is as far away.
        let lowest = layout.lines.last().map_or(0.0, |line| line.baseline) + DEPTH;
        top = offset.y + lowest.max(layout.bounds.bottom) * scale;
        block.bounds = Some(block.bounds.map_or(bounds, |before| before.union(bounds)));
        block.parts.push(BlockPart { layout, scale, offset });
    }
    block
}
