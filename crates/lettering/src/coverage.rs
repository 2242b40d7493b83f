//! Reference implementation of drawing a layout from its distance fields.

use std::collections::HashMap;

use glam::{UVec2, Vec2};

use super::faces::{Fonts, GlyphKey};
use super::field::GlyphField;
use super::layout::TextLayout;
use super::quads::quads;

/// Rasterises a layout from its distance fields as the shader does: one bilinear sample a pixel, `clamp(distance + 0.5)`
/// with the distance in pixels, the maximum where glyphs overlap.
///
/// `scale` is in pixels an em, `offset` the position of the layout's origin in pixels. Returns one byte a pixel, row by
/// row.
pub fn coverage(fonts: &mut Fonts, layout: &TextLayout, scale: f32, offset: Vec2, size: UVec2) -> Vec<u8> {
    let mut fields: HashMap<GlyphKey, Option<GlyphField>> = HashMap::new();
    let mut pixels = vec![0; (size.x * size.y) as usize];
    for quad in quads(fonts, layout) {
        let field = fields.entry(quad.key).or_insert_with(|| fonts.glyph_field(quad.key));
        let Some(field) = field else { continue };
        let low = offset + Vec2::new(quad.p[0], quad.p[1]) * scale;
        let high = offset + Vec2::new(quad.p[2], quad.p[3]) * scale;
        let texels = Vec2::new(field.width as f32, field.height as f32);
        let texels_per_pixel = field.texels_per_em / scale;
        let first = |low: f32, end: u32| (low.floor().max(0.0) as u32).min(end);
        let last = |high: f32, end: u32| (high.ceil().max(0.0) as u32).min(end);
        for y in first(low.y, size.y)..last(high.y, size.y) {
            for x in first(low.x, size.x)..last(high.x, size.x) {
                let middle = Vec2::new(x as f32 + 0.5, y as f32 + 0.5);
                let at = (middle - low) / (high - low);
                if at.min_element() < 0.0 || at.max_element() > 1.0 {
                    continue;
                }
                let distance = (sample(field, at * texels) / 255.0 - 0.5) * 2.0 * field.spread / texels_per_pixel;
                let covered = ((distance + 0.5).clamp(0.0, 1.0) * 255.0).round() as u8;
                let pixel = &mut pixels[(y * size.x + x) as usize];
                *pixel = covered.max(*pixel);
            }
        }
    }
    pixels
}

/// Samples a field bilinearly at a point, in texels from its corner.
fn sample(field: &GlyphField, at: Vec2) -> f32 {
    let from = at - 0.5;
    let texel = |x: f32, y: f32| {
        let column = (x.max(0.0) as usize).min(field.width as usize - 1);
        let row = (y.max(0.0) as usize).min(field.height as usize - 1);
        f32::from(field.texels[row * field.width as usize + column])
    };
    let (cell, part) = (from.floor(), from - from.floor());
    let upper = texel(cell.x, cell.y) * (1.0 - part.x) + texel(cell.x + 1.0, cell.y) * part.x;
    let lower = texel(cell.x, cell.y + 1.0) * (1.0 - part.x) + texel(cell.x + 1.0, cell.y + 1.0) * part.x;
    upper * (1.0 - part.y) + lower * part.y
}
