//! Resamples an encoded tile to the texels of an atlas entry, exactly as large as the tile stands on the output.
//!
//! The one place where a tile is resampled on its way to the wall: on the CPU, with a good filter, once for as long as
//! the tile keeps its size. The shader then reads about one texel a pixel, which is as sharp as a still can be, does not
//! shimmer in a slow scroll, and needs neither mips nor a second sample.

use std::io;

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::atlas::EntrySize;
use millions_wall::tile::{Mip, TileSource, bc};
use millions_wall::tone::{NEUTRAL_MIX, develop, surround_mask};

/// Texels to a side of the local mean: a face that fills a third of the tile has some five of them, so that brows, cheeks
/// and mouth stand out against it.
const MEAN_SIDE: u32 = 14;

/// The texels of one atlas entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryTexels {
    /// Width × height × (luma as shot; luma without the colour cast; the local mean of that, nearer to it where noise would
    /// be amplified; exposure-matched luma).
    pub tile: Vec<u8>,
    /// Half the width × half the height × (Cb, Cr).
    pub chroma: Vec<u8>,
}

/// Reads and resamples tiles; reuses its buffers.
#[derive(Default)]
pub struct Resampler {
    encoded: Vec<u8>,
    plane: Vec<u8>,
    resizer: Resizer,
}

impl Resampler {
    /// Reads a tile and resamples it to `size`.
    ///
    /// # Errors
    /// When the tile cannot be read, or was never written.
    pub fn entry_texels(&mut self, source: &dyn TileSource, portrait: u32, size: EntrySize) -> io::Result<EntryTexels> {
        let wanted = size.width.max(size.height);
        // From the photograph, if the library has it, where the tile would be blurred.
        let large = if wanted > source.layout().side() + source.layout().side() / 8 {
            source.read_large(portrait, wanted, &mut self.encoded)?
        } else {
            None
        };
        let is_large = large.is_some();
        let layout = large.as_ref().unwrap_or_else(|| source.layout());
        // The coarsest level with all the detail that the entry can show.
        let levels = layout.levels();
        let level = levels.iter().find(|level| level.luma.side >= wanted).or(levels.last());
        let level = *level.ok_or_else(|| io::Error::other("a tile without levels"))?;
        if !is_large {
            self.encoded.resize(layout.prefix_bytes(level.luma.side), 0);
            source.read_tile(portrait, &mut self.encoded)?;
        }
        let luma = self.resampled::<1>(level.luma, size.width, size.height)?;
        let chroma = match level.chroma {
            Some(chroma) => self.resampled::<2>(chroma, size.width / 2, size.height / 2)?,
            None => vec![128; (size.width * size.height / 2) as usize],
        };
        let tone = source.tones(&[portrait]).first().copied().unwrap_or_default();
        let light = tone.light;
        let uncast = if light.cast == [0; 2] {
            luma.clone()
        } else {
            white_balanced(&luma, &chroma, size, light.white_balance())
        };
        let mean = self.local_mean(&uncast, size)?;
        let correction = light.correction(1.0, 0.0);
        let bears = tone.clarity_tolerance(correction.gain);
        let place = |at: usize, length: u32| (at as f32 + 0.5) / length as f32 - 0.5;
        let width = size.width as usize;
        let mut tile = Vec::with_capacity(luma.len() * 4);
        for (index, ((luma, uncast), mean)) in luma.iter().zip(&uncast).zip(&mean).enumerate() {
            let around = surround_mask([place(index % width, size.width), place(index / width, size.height)]);
            let value = f32::from(*uncast);
            let mean = value + (f32::from(*mean) - value) * bears;
            let developed = develop(&correction, value / 255.0, around) * 255.0;
            tile.extend([*luma, *uncast, mean.round() as u8, developed.round() as u8]);
        }
        Ok(EntryTexels { tile, chroma })
    }

    /// A low-pass filter for local contrast: the tile scaled down to [`MEAN_SIDE`] texels and up again.
    fn local_mean(&mut self, luma: &[u8], size: EntrySize) -> io::Result<Vec<u8>> {
        let (width, height) = (size.width.min(MEAN_SIDE), size.height.min(MEAN_SIDE));
        let full = ImageRef::new(size.width, size.height, luma, PixelType::U8).map_err(io::Error::other)?;
        let mut small = Image::new(width, height, PixelType::U8);
        let mut mean = Image::new(size.width, size.height, PixelType::U8);
        let options = |filter| ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter)).use_alpha(false);
        self.resizer.resize(&full, &mut small, &options(FilterType::Bilinear)).map_err(io::Error::other)?;
        // Mitchell's filter shows no blocks; a cubic B-spline would be smoother still.
        self.resizer.resize(&small, &mut mean, &options(FilterType::Mitchell)).map_err(io::Error::other)?;
        Ok(mean.into_vec())
    }

    fn resampled<const CHANNELS: usize>(&mut self, mip: Mip, width: u32, height: u32) -> io::Result<Vec<u8>> {
        let side = mip.side as usize;
        self.plane.resize(side * side * CHANNELS, 0);
        let rows = &self.encoded[mip.offset..][..mip.bytes()];
        bc::decode_plane::<CHANNELS>(rows, mip.row_bytes, side, &mut self.plane, side * CHANNELS);
        if width == mip.side && height == mip.side {
            return Ok(self.plane.clone());
        }
        let pixels = if CHANNELS == 1 { PixelType::U8 } else { PixelType::U8x2 };
        let source = ImageRef::new(mip.side, mip.side, &self.plane, pixels).map_err(io::Error::other)?;
        let mut target = Image::new(width, height, pixels);
        // Mips keep the factor below 2 each way, so the gamma-encoded values may be averaged as they are. Catmull–Rom is
        // as sharp as Lanczos here without its second ring around a dark hair.
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom)).use_alpha(false);
        self.resizer.resize(&source, &mut target, &options).map_err(io::Error::other)?;
        Ok(target.into_vec())
    }
}

/// White-balances a tile's luma: `gains` are the factors of encoded R, G and B.
fn white_balanced(luma: &[u8], chroma: &[u8], size: EntrySize, gains: [f32; 3]) -> Vec<u8> {
    // With factors that leave greys alone, what changes is a weighted sum of the chroma (BT.709's matrix).
    let [red, green, blue] = [0, 1, 2].map(|channel| gains[channel] * NEUTRAL_MIX[channel]);
    let of_cb = 1.8556 * blue - 0.187_324 * green;
    let of_cr = 1.5748 * red - 0.468_124 * green;
    let (width, half_width) = (size.width as usize, size.width as usize / 2);
    let rows = luma.chunks_exact(width).enumerate().flat_map(|(y, row)| {
        let chroma = &chroma[(y / 2).min(size.height as usize / 2 - 1) * half_width * 2..][..half_width * 2];
        row.iter().enumerate().map(move |(x, luma)| {
            let at = (x / 2).min(half_width - 1) * 2;
            let [cb, cr] = [chroma[at], chroma[at + 1]].map(|value| f32::from(value) - 128.0);
            (f32::from(*luma) + cb * of_cb + cr * of_cr).round().clamp(0.0, 255.0) as u8
        })
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use millions_wall::tile::TileLayout;
    use millions_wall::tile::planes::{LinearTile, encode_tile};

    struct One(TileLayout, Vec<u8>);

    impl TileSource for One {
        fn layout(&self) -> &TileLayout {
            &self.0
        }
        fn read_tile(&self, portrait: u32, prefix: &mut [u8]) -> io::Result<()> {
            if portrait > 0 {
                return Err(io::ErrorKind::NotFound.into());
            }
            prefix.copy_from_slice(&self.1[..prefix.len()]);
            Ok(())
        }
        fn read_floors(&self, _: u32, _: &mut [u8]) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_ramp_stays_a_ramp_at_any_size() {
        let layout = TileLayout::new(128).unwrap();
        let ramp: Vec<u8> = (0..128 * 128).flat_map(|i| [(i % 128) as u8 * 2; 3]).collect();
        let (tile, _) = encode_tile(&LinearTile::from_srgb(128, &ramp), &layout);
        let source = One(layout, tile);
        for (width, height) in [(16, 16), (50, 62), (128, 128), (200, 250)] {
            let size = EntrySize::new(width, height);
            let texels = Resampler::default().entry_texels(&source, 0, size).unwrap();
            assert_eq!(texels.tile.len(), (width * height * 4) as usize);
            assert_eq!(texels.chroma.len(), (width * height / 2) as usize);
            for x in width / 8..width - width / 8 {
                let want = (f64::from(x) + 0.5) / f64::from(width) * 254.0;
                let got = f64::from(texels.tile[(height / 2 * width + x) as usize * 4]);
                assert!((want - got).abs() < 6.0, "{width}x{height} at {x}: {got} for {want}");
            }
            assert!(texels.chroma.iter().all(|value| *value == 128));
        }
        let missing = Resampler::default().entry_texels(&source, 1, EntrySize::new(16, 16));
        assert_eq!(missing.unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
