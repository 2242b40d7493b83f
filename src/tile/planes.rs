//! From a picture to an encoded tile: mips by averaging light, then gamma-encoded luma and chroma of each.

use std::sync::LazyLock;

use super::{TileLayout, bc};

/// A square picture in linear light: `side` × `side` texels of R, G, B (BT.709 primaries), 16 bit each, 65535 = white.
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
pub(crate) static LINEAR_FROM_ENCODED: LazyLock<[u16; 256]> =
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

/// Gamma-encoded BT.709 luma and chroma (128 = none) of an sRGB-encoded colour.
#[must_use]
pub fn luma_chroma_from_srgb([r, g, b]: [u8; 3]) -> (u8, [u8; 2]) {
    let [r, g, b] = [f32::from(r), f32::from(g), f32::from(b)];
    let luma = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    // `as` saturates: pure blue and red reach 255.5.
    let chroma = |difference: f32| (difference + 128.0).round() as u8;
    (luma.round() as u8, [chroma((b - luma) / 1.8556), chroma((r - luma) / 1.5748)])
}

/// Gamma-encoded luma, and sRGB, of one texel of linear light, 65535 = white.
#[must_use]
pub fn luma_from_linear_rgb16(rgb: [u16; 3]) -> (u8, [u8; 3]) {
    let srgb = rgb.map(|linear| ENCODED_FROM_LINEAR[usize::from(linear)]);
    (luma_chroma_from_srgb(srgb).0, srgb)
}

impl LinearTile {
    /// Takes a picture of `side` × `side` texels, three values each.
    ///
    /// # Panics
    /// When `rgb` has another length.
    #[must_use]
    pub fn new(side: u32, rgb: Vec<u16>) -> Self {
        assert_eq!(rgb.len(), side as usize * side as usize * 3, "a square of RGB texels");
        Self { side, rgb }
    }

    /// Takes a picture in 8-bit sRGB.
    ///
    /// # Panics
    /// When `srgb` has not `side` × `side` × 3 values.
    #[must_use]
    pub fn from_srgb(side: u32, srgb: &[u8]) -> Self {
        let table = &*LINEAR_FROM_ENCODED;
        Self::new(side, srgb.iter().map(|value| table[usize::from(*value)]).collect())
    }

    /// Half the size, each texel the mean light of four.
    #[must_use]
    pub fn halved(&self) -> Self {
        let (side, from) = (self.side as usize / 2, self.side as usize * 3);
        let mut rgb = Vec::with_capacity(side * side * 3);
        for rows in self.rgb.chunks_exact(from * 2) {
            let (upper, lower) = rows.split_at(from);
            for (upper, lower) in upper.chunks_exact(6).zip(lower.chunks_exact(6)) {
                for channel in 0..3 {
                    let sum = u32::from(upper[channel])
                        + u32::from(upper[channel + 3])
                        + u32::from(lower[channel])
                        + u32::from(lower[channel + 3]);
                    rgb.push(((sum + 2) / 4) as u16);
                }
            }
        }
        Self { side: self.side / 2, rgb }
    }

    fn planes(&self) -> (Vec<u8>, Vec<u8>) {
        let table = &*ENCODED_FROM_LINEAR;
        let texels = self.rgb.len() / 3;
        let (mut luma, mut chroma) = (Vec::with_capacity(texels), Vec::with_capacity(texels * 2));
        for rgb in self.rgb.chunks_exact(3) {
            let (y, c) = luma_chroma_from_srgb([0, 1, 2].map(|channel| table[usize::from(rgb[channel])]));
            luma.push(y);
            chroma.extend(c);
        }
        (luma, chroma)
    }
}

/// Encodes a picture into a tile of `layout`, and its floor.
///
/// Returns `layout.stride()` and [`TileLayout::floor`]'s bytes.
///
/// # Panics
/// When the picture is not `layout.side()` wide.
#[must_use]
pub fn encode_tile(picture: &LinearTile, layout: &TileLayout) -> (Vec<u8>, Vec<u8>) {
    assert_eq!(picture.side, layout.side(), "the picture has the tile's size");
    let floor_layout = TileLayout::floor();
    let mut tile = vec![0; layout.stride()];
    let mut floor = vec![0; floor_layout.stride()];
    let mut mip = picture.clone();
    loop {
        let (luma, chroma) = mip.planes();
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
        mip = mip.halved();
    }
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
    fn mips_average_light_and_not_code_values() {
        let checkered: Vec<u8> = (0..32 * 32).flat_map(|i| [if (i + i / 32) % 2 == 0 { 255 } else { 0 }; 3]).collect();
        let (luma, chroma) = LinearTile::from_srgb(32, &checkered).halved().planes();
        // Half the light is 188 in sRGB, not 128.
        assert!(luma.iter().all(|value| *value == 188));
        assert!(chroma.iter().all(|value| *value == 128));
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
