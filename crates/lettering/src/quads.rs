//! A setting as rectangles with distance fields in them.

use super::faces::{Fonts, GlyphKey};
use super::layout::TextLayout;

/// A letter's rectangle, which is that of its whole distance field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GlyphQuad {
    /// Left, top, right, bottom in ems from the setting's origin, y downward.
    pub p: [f32; 4],
    /// Whose field is in it, from corner to corner.
    pub key: GlyphKey,
}

/// The rectangles of a setting, one a letter. Where they overlap, the larger coverage is the right one.
pub fn quads(fonts: &mut Fonts, layout: &TextLayout) -> Vec<GlyphQuad> {
    let quad = |glyph: &super::layout::LayoutGlyph| {
        let area = fonts.field_box(glyph.key)?;
        let (low, high) = (glyph.at + area.origin, glyph.at + area.origin + area.size());
        Some(GlyphQuad { p: [low.x, low.y, high.x, high.y], key: glyph.key })
    };
    layout.glyphs.iter().filter_map(quad).collect()
}
