//! Encoding of a picture into a tile: mips averaged in linear light, then gamma-encoded luma and chroma planes of each.

use std::sync::LazyLock;

use super::{TileLayout, bc};

/// A square picture in linear light: `side` × `side` texels of R, G, B (BT.709 primaries), 16 bits each, 65535 = white.
#[derive(Clone, Debug)]
pub struct LinearTile {
    side: u32,
    rgb: Vec<u16>,
}

/// sRGB-encoded 8-bit value of each 16-bit linear one (IEC 61966-2-1).
static ENCODED_FROM_LINEAR: LazyLock<Vec<u8>> = LazyLock::new(|| {
    (0..=u16::MAX).map(|linear| (encode_srgb(f32::from(linear) / 65535.0) * 255.0).round() as u8).collect()
});

/// 16-bit linear value of each 8-bit sRGB-encoded one.
pub static LINEAR_FROM_ENCODED: LazyLock<[u16; 256]> =
    LazyLock::new(|| std::array::from_fn(|encoded| (decode_srgb(encoded as f32 / 255.0) * 65535.0).round() as u16));

/// The sRGB transfer function: linear 0–1 to encoded 0–1.
#[must_use]
pub fn encode_srgb(linear: f32) -> f32 {
    if linear <= 0.003_130_8 { linear * 12.92 } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 }
}

/// The inverse of [`encode_srgb`].
#[must_use]
pub fn decode_srgb(encoded: f32) -> f32 {
    if encoded <= 0.040_45 { encoded / 12.92 } else { ((encoded + 0.055) / 1.055).powf(2.4) }
}

/// BT.709 weights of R, G, B in 1/65536; rows of Y', Cb, Cr. The first adds up to one, the others to nothing, so that
/// greys have luma of their own value and no chroma.
const LUMA: [i32; 3] = [13_933, 46_871, 4_732];
const BLUE_DIFFERENCE: [i32; 3] = [-7_509, -25_259, 32_768];
const RED_DIFFERENCE: [i32; 3] = [32_768, -29_763, -3_005];

/// Returns a weighted sum of an sRGB-encoded colour plus `zero`. In fixed point: rounding floats costs a function call
/// each on baseline x86-64, a third of an ingest in all.
#[inline]
fn weighted(rgb: [u8; 3], weights: [i32; 3], zero: i32) -> u8 {
    let [r, g, b] = rgb.map(i32::from);
    let sum = (r * weights[0] + g * weights[1] + b * weights[2] + (zero << 16) + (1 << 15)) >> 16;
    // Pure blue and red reach 256.
    sum.min(255) as u8
}

/// Returns gamma-encoded BT.709 luma and chroma (128 = none) of an sRGB-encoded colour.
#[must_use]
pub fn luma_chroma_from_srgb(rgb: [u8; 3]) -> (u8, [u8; 2]) {
    (weighted(rgb, LUMA, 0), [weighted(rgb, BLUE_DIFFERENCE, 128), weighted(rgb, RED_DIFFERENCE, 128)])
}

/// Converts luma and chroma (0 = none), all of one scale, to encoded R, G, B by the BT.709 matrix.
pub(crate) fn rgb_from_luma_chroma(luma: f32, [cb, cr]: [f32; 2]) -> [f32; 3] {
    [luma + 1.5748 * cr, luma - 0.187_324 * cb - 0.468_124 * cr, luma + 1.8556 * cb]
}

impl LinearTile {
    /// Wraps `side` × `side` texels of three values.
    ///
    /// # Panics
    /// When `rgb` has another length.
    #[must_use]
    pub fn new(side: u32, rgb: Vec<u16>) -> Self {
        assert_eq!(rgb.len(), side as usize * side as usize * 3, "a square of RGB texels");
        Self { side, rgb }
    }

    /// Decodes a picture of 8-bit sRGB.
    ///
    /// # Panics
    /// When `srgb` has not `side` × `side` × 3 values.
    #[must_use]
    pub fn from_srgb(side: u32, srgb: &[u8]) -> Self {
        let table = &*LINEAR_FROM_ENCODED;
        Self::new(side, srgb.iter().map(|value| table[usize::from(*value)]).collect())
    }

    /// Downsamples by two: each texel is the mean of four in linear light.
    #[must_use]
    pub fn halved(&self) -> Self {
        let (side, from) = (self.side as usize / 2, self.side as usize * 3);
        let mut rgb = vec![0; side * side * 3];
        for (rows, out) in self.rgb.chunks_exact(from * 2).zip(rgb.chunks_exact_mut(side * 3)) {
            let (upper, lower) = rows.split_at(from);
            let pairs = upper.as_chunks::<6>().0.iter().zip(lower.as_chunks::<6>().0);
            for ((upper, lower), out) in pairs.zip(out.as_chunks_mut::<3>().0) {
                *out = [0, 1, 2].map(|channel| {
                    let values = [upper[channel], upper[channel + 3], lower[channel], lower[channel + 3]];
                    ((values.map(u32::from).iter().sum::<u32>() + 2) / 4) as u16
                });
            }
        }
        Self { side: self.side / 2, rgb }
    }

    /// Width and height in texels.
    #[must_use]
    pub const fn side(&self) -> u32 {
        self.side
    }

    /// Returns the green of one texel in 8-bit sRGB.
    pub(super) fn encoded_green(&self, x: usize, y: usize) -> u8 {
        ENCODED_FROM_LINEAR[usize::from(self.rgb[(y * self.side as usize + x) * 3 + 1])]
    }

    /// Encodes the picture in 8-bit sRGB: `side` × `side` × 3 values.
    #[must_use]
    pub fn srgb(&self) -> Vec<u8> {
        let table = &*ENCODED_FROM_LINEAR;
        self.rgb.iter().map(|linear| table[usize::from(*linear)]).collect()
    }
}

/// Y' of each texel.
fn luma_plane(srgb: &[u8]) -> Vec<u8> {
    srgb.as_chunks::<3>().0.iter().map(|rgb| weighted(*rgb, LUMA, 0)).collect()
}

/// Cb and Cr of each texel.
fn chroma_plane(srgb: &[u8]) -> Vec<u8> {
    let difference = |rgb: &[u8; 3], weights| weighted(*rgb, weights, 128);
    let mut chroma = vec![0; srgb.len() / 3 * 2];
    for (chroma, rgb) in chroma.as_chunks_mut::<2>().0.iter_mut().zip(srgb.as_chunks::<3>().0) {
        *chroma = [difference(rgb, BLUE_DIFFERENCE), difference(rgb, RED_DIFFERENCE)];
    }
    chroma
}

/// Encodes a picture into a tile of `layout` and into its floor tile ([`TileLayout::floor`]), each of its layout's stride.
///
/// # Panics
/// When the picture is not `layout.side()` wide.
#[must_use]
pub fn encode_tile(picture: &LinearTile, layout: &TileLayout) -> (Vec<u8>, Vec<u8>) {
    assert_eq!(picture.side, layout.side(), "the picture has the tile's size");
    let floor_layout = TileLayout::floor();
    let mut tile = vec![0; layout.stride()];
    let mut floor = vec![0; floor_layout.stride()];
    let mut halved: Option<LinearTile> = None;
    loop {
        let mip = halved.as_ref().unwrap_or(picture);
        let srgb = mip.srgb();
        let luma = luma_plane(&srgb);
        // Chroma has half the luma's resolution: at full size there is none.
        let chroma = if mip.side < picture.side { chroma_plane(&srgb) } else { Vec::new() };
        for (layout, bytes) in [(layout, &mut tile), (&floor_layout, &mut floor)] {
            for level in layout.levels() {
                if level.luma.side == mip.side {
                    let rows = &mut bytes[level.luma.offset..][..level.luma.bytes()];
                    bc::encode_plane::<1>(&luma, mip.side as usize, rows, level.luma.row_bytes);
                }
                if let Some(plane) = level.chroma.filter(|plane| plane.side == mip.side) {
                    let rows = &mut bytes[plane.offset..][..plane.bytes()];
                    bc::encode_plane::<2>(&chroma, mip.side as usize, rows, plane.row_bytes);
                }
            }
        }
        if mip.side == 4 {
            return (tile, floor);
        }
        halved = Some(mip.halved());
    }
}

/// Decodes the level of `side` texels of a tile to 8-bit sRGB, `side` × `side` × 3 values. `bytes` is a prefix of the tile
/// of at least [`TileLayout::prefix_bytes`] of that side.
///
/// # Panics
/// When the layout has no such level, or `bytes` is too short.
#[must_use]
pub fn decode_level(bytes: &[u8], layout: &TileLayout, side: u32) -> Vec<u8> {
    let level = layout.levels().iter().find(|level| level.luma.side == side).expect("a level of the layout");
    let texels = side as usize;
    let mut luma = vec![0; texels * texels];
    bc::decode_plane::<1>(&bytes[level.luma.offset..], level.luma.row_bytes, texels, &mut luma, texels);
    let half = texels / 2;
    let mut chroma = vec![128; half * half * 2];
    if let Some(plane) = level.chroma {
        bc::decode_plane::<2>(&bytes[plane.offset..], plane.row_bytes, half, &mut chroma, half * 2);
    }
    let rgb = luma.iter().enumerate().flat_map(|(index, luma)| {
        let at = (index / texels / 2 * half + index % texels / 2) * 2;
        let [cb, cr] = [chroma[at], chroma[at + 1]].map(|value| f32::from(value) - 128.0);
        rgb_from_luma_chroma(f32::from(*luma), [cb, cr]).map(|value| value.round().clamp(0.0, 255.0) as u8)
    });
    rgb.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn srgb_comes_back_through_linear_light() {
        for value in 0..=255u8 {
            let linear = LINEAR_FROM_ENCODED[usize::from(value)];
            assert_eq!(ENCODED_FROM_LINEAR[usize::from(linear)], value);
        }
    }

    #[test]
    fn luma_and_chroma_are_those_of_bt709() {
        for r in (0..=255u8).step_by(5) {
            for g in (0..=255u8).step_by(5) {
                for b in (0..=255u8).step_by(5) {
                    let [red, green, blue] = [r, g, b].map(f64::from);
                    let luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
                    let chroma = [(blue - luma) / 1.8556, (red - luma) / 1.5748].map(|value| value + 128.0);
                    let (ours, [cb, cr]) = luma_chroma_from_srgb([r, g, b]);
                    for (ours, exact) in [(ours, luma), (cb, chroma[0]), (cr, chroma[1])] {
                        assert!((f64::from(ours) - exact.min(255.0)).abs() < 0.505, "{r} {g} {b}");
                    }
                }
            }
        }
    }

    #[test]
    fn mips_average_light_and_not_code_values() {
        let checkered: Vec<u8> = (0..32 * 32).flat_map(|i| [if (i + i / 32) % 2 == 0 { 255 } else { 0 }; 3]).collect();
        let srgb = LinearTile::from_srgb(32, &checkered).halved().srgb();
        let (luma, chroma) = (luma_plane(&srgb), chroma_plane(&srgb));
        // Half the light is 188 in sRGB, not 128.
        assert!(luma.iter().all(|value| *value == 188));
        assert!(chroma.iter().all(|value| *value == 128));
    }

    #[test]
    fn a_level_decodes_to_what_was_encoded() {
        let layout = TileLayout::new(64).unwrap();
        let picture: Vec<u8> = (0..64 * 64).flat_map(|i| [(i % 64 * 3) as u8, (i / 64 * 3) as u8, 90]).collect();
        let (tile, _) = encode_tile(&LinearTile::from_srgb(64, &picture), &layout);
        let back = decode_level(&tile, &layout, 64);
        let worst = picture.iter().zip(&back).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(worst <= 12, "off by {worst}: half the chroma, in blocks");
        assert_eq!(decode_level(&tile, &layout, 8).len(), 8 * 8 * 3);
    }

    #[test]
    fn every_level_of_a_tile_and_its_floor_show_the_picture() {
        let layout = TileLayout::new(64).unwrap();
        let reddish = [200, 90, 60].repeat(64 * 64);
        let (want_luma, want_chroma) = luma_chroma_from_srgb([200, 90, 60]);
        let (tile, floor) = encode_tile(&LinearTile::from_srgb(64, &reddish), &layout);
        for (bytes, layout) in [(tile, layout), (floor, TileLayout::floor())] {
            for level in layout.levels() {
                let side = level.luma.side as usize;
                let mut luma = vec![0; side * side];
                bc::decode_plane::<1>(&bytes[level.luma.offset..], level.luma.row_bytes, side, &mut luma, side);
                assert!(luma.iter().all(|value| *value == want_luma));
                let Some(plane) = level.chroma else { continue };
                let side = plane.side as usize;
                let mut chroma = vec![0; side * side * 2];
                bc::decode_plane::<2>(&bytes[plane.offset..], plane.row_bytes, side, &mut chroma, side * 2);
                assert!(chroma.chunks_exact(2).all(|value| value == want_chroma));
            }
        }
    }
}
