//! Decodes a tile to the texels of a slot: its own level and the coarser ones.
//!
//! The shader reads one level with one or four bilinear samples a pixel (see tests/pixels/sampling.rs for how sharp and how
//! still that is), so that a tile that changes its size needs nothing new until it has doubled.

use std::io;

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use rustc_hash::FxHashMap;

use super::slots::{Level, MIPS};
use millions_wall::tile::{self, TileLayout, TileSource, bc};
use millions_wall::tone::{DevelopTable, NEUTRAL_MIX, PortraitTone, surround_mask};

/// Texels to a side of the local mean: a face that fills a third of the tile has some five of them, so that brows, cheeks
/// and mouth stand out against it.
const MEAN_SIDE: u32 = 14;

/// The texels of one mip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MipTexels {
    /// Width and height.
    pub side: u32,
    /// side × side × (luma as shot; luma without the colour cast; the local mean of that, nearer to it where noise would be
    /// amplified; exposure-matched luma).
    pub tile: Vec<u8>,
    /// Half the side each way × (Cb, Cr); none for a single texel.
    pub chroma: Vec<u8>,
}

/// Reads and decodes tiles; reuses its buffers.
#[derive(Default)]
pub struct TileDecoder {
    encoded: Vec<u8>,
    resizer: Resizer,
    /// How much each texel of a tile counts as background, by the tile's side.
    surrounds: FxHashMap<u32, Vec<f32>>,
}

/// Gamma-encoded luma, and chroma at half the side.
struct Planes {
    side: u32,
    luma: Vec<u8>,
    chroma: Vec<u8>,
}

impl TileDecoder {
    /// Reads a tile and decodes it to the mips of a slot of `level`, the finest first.
    ///
    /// # Errors
    /// When the tile cannot be read, or was never written.
    pub fn decode(&mut self, source: &dyn TileSource, portrait: u32, level: Level) -> io::Result<Vec<MipTexels>> {
        let side = level.side();
        // From the photograph, if the library has it, where the tile would be blurred.
        let large =
            if side > source.layout().side() { source.read_large(portrait, side, &mut self.encoded)? } else { None };
        if large.is_none() {
            self.encoded.resize(source.layout().prefix_bytes(side), 0);
            source.read_tile(portrait, &mut self.encoded)?;
        }
        let layout = large.as_ref().unwrap_or_else(|| source.layout());
        let tone = source.tones(&[portrait]).first().copied().unwrap_or_default();
        let mut mips: Vec<MipTexels> = Vec::with_capacity(MIPS as usize);
        let mut planes: Option<Planes> = None;
        for side in (0..MIPS).map(|mip| side >> mip).filter(|side| *side > 0) {
            let next = match (&planes, layout.levels().iter().find(|level| level.luma.side == side)) {
                (Some(finer), Some(level)) if level.chroma.is_none() => {
                    Planes { luma: self.plane::<1>(level.luma), ..finer.halved() }
                }
                (_, Some(level)) => self.stored(level),
                (Some(finer), None) => finer.halved(),
                (None, None) => self.enlarged(layout, side)?,
            };
            mips.push(self.developed(&next, &tone)?);
            planes = Some(next);
        }
        Ok(mips)
    }

    /// Decodes a level that is stored.
    fn stored(&self, level: &tile::Level) -> Planes {
        let side = level.luma.side;
        let neutral = || vec![128; (side * side / 2) as usize];
        let chroma = level.chroma.map_or_else(neutral, |chroma| self.plane::<2>(chroma));
        Planes { side, luma: self.plane::<1>(level.luma), chroma }
    }

    /// Scales the finest level that is stored up to a side.
    fn enlarged(&mut self, layout: &TileLayout, side: u32) -> io::Result<Planes> {
        let finest = layout.levels().last().ok_or_else(|| io::Error::other("a tile without levels"))?;
        let Planes { side: from, luma, chroma } = self.stored(finest);
        // Catmull–Rom is as sharp as Lanczos here without its second ring around a dark hair.
        let luma = self.resized(&luma, [from; 2], [side; 2], PixelType::U8, FilterType::CatmullRom)?;
        let chroma = self.resized(&chroma, [from / 2; 2], [side / 2; 2], PixelType::U8x2, FilterType::CatmullRom)?;
        Ok(Planes { side, luma, chroma })
    }

    fn plane<const CHANNELS: usize>(&self, mip: tile::Mip) -> Vec<u8> {
        let side = mip.side as usize;
        let mut plane = vec![0; side * side * CHANNELS];
        let rows = &self.encoded[mip.offset..][..mip.bytes()];
        bc::decode_plane::<CHANNELS>(rows, mip.row_bytes, side, &mut plane, side * CHANNELS);
        plane
    }

    /// Adds to a tile what the shader needs for one light for all.
    fn developed(&mut self, planes: &Planes, tone: &PortraitTone) -> io::Result<MipTexels> {
        let Planes { side, luma, chroma } = planes;
        let light = tone.light;
        let uncast = if light.cast == [0; 2] { luma.clone() } else { white_balanced(planes, light.white_balance()) };
        let mean = self.local_mean(&uncast, *side)?;
        let correction = light.correction(1.0, 0.0);
        let bears = tone.clarity_tolerance(correction.gain);
        let table = DevelopTable::new(correction);
        let surrounds = self.surrounds.entry(*side).or_insert_with(|| surround_masks(*side));
        let mut tile = Vec::with_capacity(luma.len() * 4);
        for (((luma, uncast), mean), surround) in luma.iter().zip(&uncast).zip(&mean).zip(surrounds.iter()) {
            let value = f32::from(*uncast);
            let mean = value + (f32::from(*mean) - value) * bears;
            let developed = table.develop(*uncast, *surround) * 255.0;
            tile.extend([*luma, *uncast, mean.round() as u8, developed.round() as u8]);
        }
        Ok(MipTexels { side: *side, tile, chroma: chroma.clone() })
    }

    /// A low-pass filter for local contrast: the tile scaled down to [`MEAN_SIDE`] texels and up again.
    fn local_mean(&mut self, luma: &[u8], side: u32) -> io::Result<Vec<u8>> {
        if side <= MEAN_SIDE {
            return Ok(luma.to_vec());
        }
        let (full, small) = ([side; 2], [MEAN_SIDE; 2]);
        let mean = self.resized(luma, full, small, PixelType::U8, FilterType::Bilinear)?;
        // Mitchell's filter shows no blocks; a cubic B-spline would be smoother still.
        self.resized(&mean, small, full, PixelType::U8, FilterType::Mitchell)
    }

    fn resized(
        &mut self,
        texels: &[u8],
        [width, height]: [u32; 2],
        to: [u32; 2],
        pixels: PixelType,
        filter: FilterType,
    ) -> io::Result<Vec<u8>> {
        let source = ImageRef::new(width, height, texels, pixels).map_err(io::Error::other)?;
        let mut target = Image::new(to[0], to[1], pixels);
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter)).use_alpha(false);
        self.resizer.resize(&source, &mut target, &options).map_err(io::Error::other)?;
        Ok(target.into_vec())
    }
}

impl Planes {
    /// Half as many texels each way, for levels below those that are stored.
    fn halved(&self) -> Self {
        let side = self.side / 2;
        let chroma = if side > 1 { halved::<2>(&self.chroma, side as usize / 2) } else { Vec::new() };
        Self { side, luma: halved::<1>(&self.luma, side as usize), chroma }
    }
}

/// The [`surround_mask`] at each texel of a tile.
fn surround_masks(side: u32) -> Vec<f32> {
    let place = |at: u32| (at as f32 + 0.5) / side as f32 - 0.5;
    (0..side * side).map(|index| surround_mask([place(index % side), place(index / side)])).collect()
}

/// Averages each four texels of a plane to one of `side` × `side`.
fn halved<const CHANNELS: usize>(plane: &[u8], side: usize) -> Vec<u8> {
    let texel = |x: usize, y: usize, channel: usize| u32::from(plane[(y * side * 2 + x) * CHANNELS + channel]);
    let mut halved = Vec::with_capacity(side * side * CHANNELS);
    for (y, x) in (0..side).flat_map(|y| (0..side).map(move |x| (y * 2, x * 2))) {
        halved.extend((0..CHANNELS).map(|channel| {
            let sum = texel(x, y, channel)
                + texel(x + 1, y, channel)
                + texel(x, y + 1, channel)
                + texel(x + 1, y + 1, channel);
            ((sum + 2) / 4) as u8
        }));
    }
    halved
}

/// White-balances a tile's luma: `gains` are the factors of encoded R, G and B.
fn white_balanced(Planes { side, luma, chroma }: &Planes, gains: [f32; 3]) -> Vec<u8> {
    if chroma.is_empty() {
        return luma.clone();
    }
    // With factors that leave greys alone, what changes is a weighted sum of the chroma (BT.709's matrix).
    let [red, green, blue] = [0, 1, 2].map(|channel| gains[channel] * NEUTRAL_MIX[channel]);
    let of_cb = 1.8556 * blue - 0.187_324 * green;
    let of_cr = 1.5748 * red - 0.468_124 * green;
    let side = *side as usize;
    let rows = luma.chunks_exact(side).enumerate().flat_map(|(y, row)| {
        let chroma = &chroma[y / 2 * side..][..side];
        row.iter().enumerate().map(move |(x, luma)| {
            let [cb, cr] = [chroma[x / 2 * 2], chroma[x / 2 * 2 + 1]].map(|value| f32::from(value) - 128.0);
            (f32::from(*luma) + cb * of_cb + cr * of_cr).round().clamp(0.0, 255.0) as u8
        })
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
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
    fn a_ramp_stays_a_ramp_at_every_mip_of_every_level() {
        let layout = TileLayout::new(128).unwrap();
        let ramp: Vec<u8> = (0..128 * 128).flat_map(|i| [(i % 128) as u8 * 2; 3]).collect();
        let (tile, _) = encode_tile(&LinearTile::from_srgb(128, &ramp), &layout);
        let source = One(layout, tile);
        for log2 in 4..=8 {
            let level = Level::of_log2(log2);
            let mips = TileDecoder::default().decode(&source, 0, level).unwrap();
            assert!(mips.iter().map(|mip| mip.side).eq((0..MIPS).map(|mip| level.side() >> mip)));
            for MipTexels { side, tile, chroma } in mips {
                assert_eq!(tile.len(), (side * side * 4) as usize);
                assert_eq!(chroma.len(), if side > 1 { (side * side / 2) as usize } else { 0 });
                assert!(chroma.iter().all(|value| *value == 128));
                for x in side / 8..side - side / 8 {
                    let want = (f64::from(x) + 0.5) / f64::from(side) * 254.0;
                    let got = f64::from(tile[(side / 2 * side + x) as usize * 4]);
                    // Of few texels each has the mean light of many, which is above that of their middle.
                    let allowed = if side < 8 { 24.0 } else { 6.0 };
                    assert!((want - got).abs() < allowed, "{side} at {x}: {got} for {want}");
                }
            }
        }
        let missing = TileDecoder::default().decode(&source, 1, Level::FLOOR);
        assert_eq!(missing.unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
