//! Conversion of a layout into textured quads.

use super::faces::{Fonts, GlyphKey};
use super::layout::TextLayout;

/// The quad of a glyph, which covers its whole distance field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GlyphQuad {
    /// Left, top, right, bottom in ems from the layout's origin, y downward.
    pub p: [f32; 4],
    /// The glyph whose field fills it.
    pub key: GlyphKey,
}

/// Returns the quads of a layout, one a glyph. Where they overlap, the larger coverage is to be drawn.
pub fn quads(fonts: &mut Fonts, layout: &TextLayout) -> Vec<GlyphQuad> {
    let quad = |glyph: &super::layout::LayoutGlyph| {
        let area = fonts.field_bounds(glyph.key)?;
        let (low, high) = (glyph.at + area.origin, glyph.at + area.origin + area.size());
        Some(GlyphQuad { p: [low.x, low.y, high.x, high.y], key: glyph.key })
    };
    layout.glyphs.iter().filter_map(quad).collect()
}
