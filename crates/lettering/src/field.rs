//! Signed distance fields: one small picture of a letter that is sharp at every size. See [`GlyphField`].

use glam::Vec2;

use super::faces::{Fonts, GlyphKey};
use super::layout::Bounds;
use super::outline::{Segment, edges, flattened};

/// Texels of a field an em of type; very wide letterforms have fewer, see [`MAX_FIELD_SIDE`].
pub const TEXELS_PER_EM: f32 = 192.0;
/// The distance in texels at which a field ends: texel 255 is that far inside the letter, 0 that far outside.
///
/// Sharp edges need half a pixel to either side, which this is down to an em of 16 pixels; more would only make the steps
/// of the distance coarser.
pub const SPREAD: f32 = 6.0;
/// The width and height that no field exceeds, in texels.
pub const MAX_FIELD_SIDE: u32 = 1020;

/// Texels round the letter: with them all texels of the field's edge are 0, and fields can lie edge to edge.
const MARGIN: f32 = SPREAD + 1.0;
/// How far a straight piece may be from its curve, in texels.
const TOLERANCE: f32 = 0.02;

/// How far each point round a letter is from its edge.
///
/// A texel says `127.5 + 127.5 × distance / spread`, the distance in texels, more inside. Sampled bilinearly,
/// `clamp(distance × pixels per texel + 0.5)` is the coverage of a pixel.
#[derive(Clone, Debug, PartialEq)]
pub struct GlyphField {
    /// In texels.
    pub width: u32,
    /// In texels.
    pub height: u32,
    /// Row by row from the top.
    pub texels: Vec<u8>,
    /// The left upper corner, in ems from the letter's pen, y downward.
    pub origin: Vec2,
    /// The distance that the outermost values stand for, in texels: always [`SPREAD`].
    pub spread: f32,
    /// [`TEXELS_PER_EM`], or less.
    pub texels_per_em: f32,
}

/// What a letter's field will cover, without the field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct FieldBox {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) origin: Vec2,
    pub(super) texels_per_em: f32,
}

impl FieldBox {
    fn round(ink: Bounds) -> Self {
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
    /// The box of a letter's field; none for a letter without ink.
    pub(super) fn field_box(&mut self, key: GlyphKey) -> Option<FieldBox> {
        self.form(key).ink.map(FieldBox::round)
    }

    /// The distance field of a letterform; none for one without ink, such as a space. The same for the same font,
    /// whenever it is made.
    pub fn glyph_field(&mut self, key: GlyphKey) -> Option<GlyphField> {
        let area = self.field_box(key)?;
        let outline = self.outline(key);
        let segments: Vec<Segment> = flattened(&outline, TOLERANCE / area.texels_per_em);
        Some(field(&segments, area))
    }
}

fn field(segments: &[Segment], area: FieldBox) -> GlyphField {
    let FieldBox { width, height, origin, texels_per_em } = area;
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
