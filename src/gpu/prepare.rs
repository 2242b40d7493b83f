//! From an encoded tile to the texels of a slot, exactly as large as the tile stands on the output.
//!
//! The one place where a tile is resampled on its way to the wall: on the CPU, with a good filter, once for as long as
//! the tile keeps its size. The shader then reads about one texel a pixel, which is as crisp as a still can be, does not
//! shimmer in a slow scroll, and needs neither mips nor a second sample.

use std::io;

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::slots::SlotSize;
use crate::tile::{Mip, TileSource, bc};

/// The texels of one slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotTexels {
    /// Width × height values.
    pub luma: Vec<u8>,
    /// Half the width × half the height × (Cb, Cr).
    pub chroma: Vec<u8>,
}

/// Reads and resamples tiles; keeps its buffers from one to the next.
#[derive(Default)]
pub struct Preparer {
    encoded: Vec<u8>,
    plane: Vec<u8>,
    resizer: Resizer,
}

impl Preparer {
    /// Prepares one tile for a slot.
    ///
    /// # Errors
    /// When the tile cannot be read, or was never written.
    pub fn prepare(&mut self, source: &dyn TileSource, portrait: u32, size: SlotSize) -> io::Result<SlotTexels> {
        let layout = source.layout();
        // The coarsest level that has all the detail that the slot can show.
        let wanted = size.width.max(size.height);
        let levels = layout.levels();
        let level = levels.iter().find(|level| level.luma.side >= wanted).or(levels.last());
        let level = level.ok_or_else(|| io::Error::other("a tile without levels"))?;
        self.encoded.resize(layout.prefix_bytes(level.luma.side), 0);
        source.read_tile(portrait, &mut self.encoded)?;
        let luma = self.resampled::<1>(level.luma, size.width, size.height)?;
        let chroma = match level.chroma {
            Some(chroma) => self.resampled::<2>(chroma, size.width / 2, size.height / 2)?,
            None => vec![128; (size.width * size.height / 2) as usize],
        };
        Ok(SlotTexels { luma, chroma })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tile::TileLayout;
    use crate::tile::planes::{LinearTile, encode_tile};

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
            let size = SlotSize { width, height };
            let texels = Preparer::default().prepare(&source, 0, size).unwrap();
            assert_eq!(texels.luma.len(), (width * height) as usize);
            assert_eq!(texels.chroma.len(), (width * height / 2) as usize);
            for x in width / 8..width - width / 8 {
                let want = (f64::from(x) + 0.5) / f64::from(width) * 254.0;
                let got = f64::from(texels.luma[(height / 2 * width + x) as usize]);
                assert!((want - got).abs() < 6.0, "{width}x{height} at {x}: {got} for {want}");
            }
            assert!(texels.chroma.iter().all(|value| *value == 128));
        }
        let missing = Preparer::default().prepare(&source, 1, SlotSize { width: 16, height: 16 });
        assert_eq!(missing.unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
