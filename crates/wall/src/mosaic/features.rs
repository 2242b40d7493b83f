//! What a tile looks like from afar. See [`Features`].

use millions_base::SplitMix;

use crate::tile::planes::{decode_srgb, encode_srgb};
use crate::tile::{FLOOR_SIDE, TileLayout, bc};
use crate::tone::{Calibration, CellTone, Look, PortraitTone, ShadeInput, ToneUniform};

/// Parts of a tile each way.
pub(super) const PARTS: usize = 4;
/// Weights of the mean, of the light between halves and quarters, and of that within quarters: sums of squares of the picture
/// count equally with 4 each, and a mean that is off is seen from further away than a detail is.
const WEIGHTS: [i32; 3] = [6, 5, 4];

/// The squared distance of two even greys that differ by one of 255 levels.
pub const LEVEL: u32 = 144;

/// A tile, or the part of a picture that a cell shows, as seen from afar: the coefficients of a Haar wavelet transform of 4 × 4
/// means of light, encoded, and weighted by scale.
///
/// The squared distance of two is, up to the weights, the squared error of the picture at 4 × 4 pixels a cell, and its parts are
/// those at 2 × 2 and at one (Jacobs, Finkelstein, Salesin: "Fast Multiresolution Image Querying", 1995).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features(pub(super) [i16; PARTS * PARTS]);

impl Features {
    /// Transforms 4 × 4 encoded greys, row by row.
    #[must_use]
    pub fn new(greys: &[u8; PARTS * PARTS]) -> Self {
        let grey = |x: usize, y: usize| i32::from(greys[y * PARTS + x]);
        let mut quarters = [0; 4];
        let mut values = [0; PARTS * PARTS];
        for (index, quarter) in quarters.iter_mut().enumerate() {
            let (x, y) = (index % 2 * 2, index / 2 * 2);
            let four = [grey(x, y), grey(x + 1, y), grey(x, y + 1), grey(x + 1, y + 1)];
            let [sum, details @ ..] = haar(four);
            *quarter = sum;
            // A Haar step of four doubles its sum of squares, as it stands: so details here have twice their size.
            for (place, detail) in values[4 + index * 3..].iter_mut().zip(details) {
                *place = detail * 2 * WEIGHTS[2];
            }
        }
        let [sum, details @ ..] = haar(quarters);
        values[0] = sum * WEIGHTS[0];
        for (place, detail) in values[1..].iter_mut().zip(details) {
            *place = detail * WEIGHTS[1];
        }
        // At most 16 · 255 · 6 / 8; a level of the mean is 12.
        Self(values.map(|value| (value / 8) as i16))
    }

    /// Returns the weighted mean: the coefficient that counts most, by which features can be sorted.
    pub(super) const fn mean(&self) -> i16 {
        self.0[0]
    }

    /// Returns the coefficients.
    #[must_use]
    pub const fn coefficients(&self) -> [i16; PARTS * PARTS] {
        self.0
    }

    /// Returns a hash, by which somebody is known again who looks the same.
    #[must_use]
    pub fn mark(&self) -> u64 {
        // Each is made part of the seed of the next.
        let mix = |hash: u64, value: &i16| SplitMix::new(hash, u64::from(value.cast_unsigned())).next();
        self.0.iter().fold(PARTS as u64, mix)
    }

    /// Returns the mean grey, 0 to 255.
    #[must_use]
    pub fn grey(&self) -> f32 {
        f32::from(self.0[0]) / (LEVEL as f32).sqrt()
    }

    /// Returns the squared distance; a level of the mean counts [`LEVEL`].
    #[must_use]
    pub fn distance(&self, other: &Self) -> u32 {
        let mut sum = 0;
        for (a, b) in self.0.iter().zip(other.0) {
            let difference = i32::from(*a) - i32::from(b);
            sum += difference * difference;
        }
        // Of two pictures at most 150 million.
        sum.unsigned_abs()
    }
}

/// The sum of four, and the differences from side to side, from top to bottom and across.
fn haar([a, b, c, d]: [i32; 4]) -> [i32; 4] {
    [a + b + c + d, a + c - b - d, a + b - c - d, a + d - b - c]
}

/// How much light a tile's luma gives on the wall, under a look: for the features of many tiles.
pub struct ShownLight {
    tone: ToneUniform,
    look: Look,
    as_shot: [f32; 256],
}

impl ShownLight {
    /// Computes it for a look, of which grain, dots and vignette do not count.
    #[must_use]
    pub fn new(look: &Look) -> Self {
        let look = Look { color: 0.0, ..*look };
        let tone = ToneUniform { tint: [1.0; 3], ..ToneUniform::new(&look, &Calibration::default()) };
        let as_shot = Self::table(&tone, &CellTone::AS_SHOT);
        Self { tone, look, as_shot }
    }

    fn table(tone: &ToneUniform, cell: &CellTone) -> [f32; 256] {
        std::array::from_fn(|level| {
            let shown = tone.shade(cell, &ShadeInput::flat(level as f32 / 255.0, [0.0; 2]), [0.0; 2]);
            decode_srgb(shown[1].clamp(0.0, 1.0))
        })
    }

    /// Returns the table of a portrait, where it is not shown as it was shot. That of the surroundings of a face, where matching may
    /// be another, counts as the face.
    fn own_table(&self, portrait: &PortraitTone) -> Option<[f32; 256]> {
        let correction = portrait.light.correction(self.look.exposure_matching, portrait.stops);
        (!correction.is_identity()).then(|| Self::table(&self.tone, &CellTone { correction, ..CellTone::AS_SHOT }))
    }

    /// Returns the encoded greys of a portrait's level of `side` texels as they are shown, row by row. `tile` is a prefix of the tile, of
    /// at least [`TileLayout::prefix_bytes`] of that side; none where the layout has no such level.
    #[must_use]
    pub fn level(&self, tile: &[u8], layout: &TileLayout, side: u32, portrait: &PortraitTone) -> Option<Vec<u8>> {
        let level = layout.levels().iter().find(|level| level.luma.side == side)?;
        let texels = side as usize;
        let mut lumas = vec![0; texels * texels];
        let rows = tile.get(level.luma.offset..level.luma.offset + level.luma.bytes())?;
        bc::decode_plane::<1>(rows, level.luma.row_bytes, texels, &mut lumas, texels);
        let own = self.own_table(portrait);
        let shown = own.as_ref().unwrap_or(&self.as_shot).map(|light| (encode_srgb(light) * 255.0).round() as u8);
        lumas.iter_mut().for_each(|luma| *luma = shown[usize::from(*luma)]);
        Some(lumas)
    }

    /// Returns what a portrait looks like, from its floor (16 × 16 texels, [`TileLayout::floor`]): means of 4 × 4 parts, in
    /// light, encoded.
    #[must_use]
    pub fn greys(&self, floor: &[u8], portrait: &PortraitTone) -> [u8; PARTS * PARTS] {
        let own = self.own_table(portrait);
        let table = own.as_ref().unwrap_or(&self.as_shot);
        let side = FLOOR_SIDE as usize;
        let lumas = floor_luma(floor);
        let mut light = [0.0; PARTS * PARTS];
        for (index, luma) in lumas.iter().enumerate() {
            let (x, y) = (index % side * PARTS / side, index / side * PARTS / side);
            light[y * PARTS + x] += table[usize::from(*luma)];
        }
        let texels = (side / PARTS * side / PARTS) as f32;
        light.map(|light| (encode_srgb(light / texels) * 255.0).round() as u8)
    }
}

/// Decodes the luma of a floor's finest level.
fn floor_luma(floor: &[u8]) -> [u8; (FLOOR_SIDE * FLOOR_SIDE) as usize] {
    let mut lumas = [0; (FLOOR_SIDE * FLOOR_SIDE) as usize];
    let (layout, side) = (TileLayout::floor(), FLOOR_SIDE as usize);
    if let Some(level) = layout.levels().last().filter(|_| floor.len() >= layout.stride()) {
        bc::decode_plane::<1>(&floor[level.luma.offset..], level.luma.row_bytes, side, &mut lumas, side);
    }
    lumas
}
