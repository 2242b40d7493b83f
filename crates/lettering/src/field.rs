//! Signed distance fields (SDF): one small texture of a glyph that is sharp at every size. See [`GlyphField`].

use glam::Vec2;

use super::faces::{Fonts, GlyphKey};
use super::layout::Bounds;
use super::outline::{Segment, edges, flatten};

/// Resolution of a field, in texels an em; very wide glyphs have less, see [`MAX_FIELD_SIDE`].
pub const TEXELS_PER_EM: f32 = 192.0;
/// Distance in texels at which a field saturates: 255 is that far inside the glyph, 0 that far outside.
///
/// Sharp edges need half a pixel to either side, which this is down to an em of 16 pixels; more would only make the steps
/// of the distance coarser.
pub const SPREAD: f32 = 6.0;
/// Greatest width and height of a field, in texels.
pub const MAX_FIELD_SIDE: u32 = 1020;

/// Margin in texels: makes all texels of the field's border 0, so that fields can be packed edge to edge.
const MARGIN: f32 = SPREAD + 1.0;
/// Flattening tolerance, in texels.
const TOLERANCE: f32 = 0.02;

/// The signed distance field of a glyph.
///
/// A texel is `127.5 + 127.5 × distance / spread`, the distance in texels, positive inside. Sampled bilinearly,
/// `clamp(distance × pixels per texel + 0.5)` is the coverage of a pixel.
#[derive(Clone, Debug, PartialEq)]
pub struct GlyphField {
    /// In texels.
    pub width: u32,
    /// In texels.
    pub height: u32,
    /// Row by row from the top.
    pub texels: Vec<u8>,
    /// Upper left corner, in ems from the glyph's origin, y downward.
    pub origin: Vec2,
    /// Distance at which the values saturate, in texels: always [`SPREAD`].
    pub spread: f32,
    /// [`TEXELS_PER_EM`] or less.
    pub texels_per_em: f32,
}

/// The extent of a glyph's field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct FieldBounds {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) origin: Vec2,
    pub(super) texels_per_em: f32,
}

impl FieldBounds {
    fn around(ink: Bounds) -> Self {
        let longest = (ink.right - ink.left).max(ink.bottom - ink.top).max(1e-6);
        let texels_per_em = TEXELS_PER_EM.min((MAX_FIELD_SIDE as f32 - 2.0 * MARGIN - 2.0) / longest);
        let low = (Vec2::new(ink.left, ink.top) * texels_per_em - MARGIN).floor();
        let high = (Vec2::new(ink.right, ink.bottom) * texels_per_em + MARGIN).ceil();
        let size = (high - low).as_uvec2();
        Self { width: size.x, height: size.y, origin: low / texels_per_em, texels_per_em }
    }

    pub(super) fn size(&self) -> Vec2 {
        Vec2::new(self.width as f32, self.height as f32) / self.texels_per_em
    }
}

impl Fonts {
    /// Returns the extent of a glyph's field; none for a glyph without an outline.
    pub(super) fn field_bounds(&mut self, key: GlyphKey) -> Option<FieldBounds> {
        let bounds = millions_base::catch_panic(|| self.glyph_info(key).ink.map(FieldBounds::around));
        bounds.unwrap_or_else(|_| {
            self.give_up(key.face, None);
            None
        })
    }

    /// Generates the distance field of a glyph; none for one without an outline, such as a space. Deterministic for a font.
    pub fn glyph_field(&mut self, key: GlyphKey) -> Option<GlyphField> {
        let made = millions_base::catch_panic(|| {
            let area = self.field_bounds(key)?;
            let outline = self.outline(key);
            let segments: Vec<Segment> = flatten(&outline, TOLERANCE / area.texels_per_em);
            Some(field(&segments, area))
        });
        made.unwrap_or_else(|_| {
            self.give_up(key.face, None);
            None
        })
    }
}

fn field(segments: &[Segment], area: FieldBounds) -> GlyphField {
    let FieldBounds { width, height, origin, texels_per_em } = area;
    let texel = |point: Vec2| (point - origin) * texels_per_em;
    let in_texels = |segment: &Segment| Segment { from: texel(segment.from), to: texel(segment.to) };
    let (columns, rows) = (width as usize, height as usize);

    let mut squared = vec![SPREAD * SPREAD; columns * rows];
    for edge in edges(segments).iter().map(in_texels) {
        let low = edge.from.min(edge.to) - SPREAD;
        let high = edge.from.max(edge.to) + SPREAD;
        let along = edge.to - edge.from;
        let length = along.length_squared();
        let of =
            |low: f32, high: f32, end: usize| (low.floor().max(0.0) as usize, (high.ceil().max(0.0) as usize).min(end));
        let (left, right) = of(low.x, high.x, columns);
        let (top, bottom) = of(low.y, high.y, rows);
        for y in top..bottom {
            let line = &mut squared[y * columns..][left..right];
            for (x, nearest) in (left..).zip(line) {
                let from = Vec2::new(x as f32 + 0.5, y as f32 + 0.5) - edge.from;
                let t = (from.dot(along) / length).clamp(0.0, 1.0);
                *nearest = nearest.min((from - along * t).length_squared());
            }
        }
    }

    let scaled: Vec<Segment> = segments.iter().map(in_texels).collect();
    let mut texels = vec![0; columns * rows];
    let mut crossings = Vec::new();
    for y in 0..rows {
        crossings.clear();
        crossings.extend(scaled.iter().filter_map(|segment| segment.crosses(y as f32 + 0.5)));
        crossings.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut next = crossings.iter().peekable();
        let mut winding = 0;
        for x in 0..columns {
            while let Some((_, direction)) = next.next_if(|(at, _)| *at <= x as f32 + 0.5) {
                winding += direction;
            }
            let distance = squared[y * columns + x].sqrt().min(SPREAD) / SPREAD;
            let signed = if winding != 0 { distance } else { -distance };
            texels[y * columns + x] = (127.5 + 127.5 * signed).round() as u8;
        }
    }
    GlyphField { width, height, texels, origin, spread: SPREAD, texels_per_em }
}
