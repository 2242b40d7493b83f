//! Decodes a tile to the texels of a slot: its own level and the coarser ones.
//!
//! The shader reads one level with one or four bilinear samples a pixel (see tests/pixels/sampling.rs for how sharp and how
//! still that is), so that a tile that changes its size needs nothing new until it has doubled.

use std::io;

use rustc_hash::FxHashMap;

use super::slots::Level;
use millions_resize::{Filter, PixelType, Resizer, Source};
use millions_wall::tile::{self, TileLayout, TileSource, bc};
use millions_wall::tone::{DevelopTable, NEUTRAL_MIX, PortraitTone, develop, surround_mask};

/// Texels to a side of the local mean: a face that fills a third of the tile has some five of them, so that brows, cheeks
/// and mouth stand out against it.
const MEAN_SIDE: u32 = 14;

/// The texels of one mip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MipTexels {
    /// Width and height.
    pub side: u32,
    /// side × side × (exposure-matched luma; half of the local contrast, around 128): all that a wall in one light reads.
    pub matched: Vec<u8>,
    /// side × side × (luma as shot; luma without the colour cast).
    pub shot: Vec<u8>,
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

/// What makes one light for all of a portrait's texels: a table, which all mips share, for it takes as long as many of their texels.
struct Matching {
    /// None where there is no cast.
    white_balance: Option<[f32; 3]>,
    clarity_tolerance: f32,
    table: DevelopTable,
}

impl Matching {
    fn new(tone: &PortraitTone) -> Self {
        let correction = tone.light.correction(1.0, 0.0);
        Self {
            white_balance: (tone.light.cast != [0; 2]).then(|| tone.light.white_balance()),
            clarity_tolerance: tone.clarity_tolerance(correction.gain),
            table: DevelopTable::new(correction),
        }
    }
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
        let mut mips: Vec<MipTexels> = Vec::with_capacity(level.mips() as usize);
        let mut planes: Option<Planes> = None;
        let matching = Matching::new(&tone);
        for side in (0..level.mips()).map(|mip| side >> mip) {
            let next = match (&planes, layout.levels().iter().find(|level| level.luma.side == side)) {
                (Some(finer), Some(level)) if level.chroma.is_none() => {
                    Planes { luma: self.plane::<1>(level.luma), ..finer.halved() }
                }
                (_, Some(level)) => self.stored(level),
                (Some(finer), None) => finer.halved(),
                (None, None) => self.enlarged(layout, side)?,
            };
            mips.push(self.developed(&next, &matching)?);
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
        let luma = self.resized(&luma, [from; 2], [side; 2], PixelType::U8, Filter::CatmullRom)?;
        let chroma = self.resized(&chroma, [from / 2; 2], [side / 2; 2], PixelType::U8x2, Filter::CatmullRom)?;
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
    fn developed(&mut self, planes: &Planes, matching: &Matching) -> io::Result<MipTexels> {
        let Planes { side, luma, chroma } = planes;
        let Matching { white_balance, clarity_tolerance, table } = matching;
        let uncast = white_balance.map_or_else(|| luma.clone(), |gains| white_balanced(planes, gains));
        let mean = self.local_mean(&uncast, *side)?;
        let surrounds = self.surrounds.entry(*side).or_insert_with(|| surround_masks(*side));
        let mut matched = Vec::with_capacity(luma.len() * 2);
        for ((uncast, mean), surround) in uncast.iter().zip(&mean).zip(surrounds.iter()) {
            let contrast = (f32::from(*uncast) - f32::from(*mean)) * clarity_tolerance;
            matched.extend([texel(table.develop(*uncast, *surround)), encoded_contrast(contrast)]);
        }
        let shot = luma.iter().zip(&uncast).flat_map(|(luma, uncast)| [*luma, *uncast]).collect();
        Ok(MipTexels { side: *side, matched, shot, chroma: chroma.clone() })
    }

    /// A low-pass filter for local contrast: the tile scaled down to [`MEAN_SIDE`] texels and up again.
    fn local_mean(&mut self, luma: &[u8], side: u32) -> io::Result<Vec<u8>> {
        if side <= MEAN_SIDE {
            return Ok(luma.to_vec());
        }
        let (full, small) = ([side; 2], [MEAN_SIDE; 2]);
        let mean = self.resized(luma, full, small, PixelType::U8, Filter::Bilinear)?;
        // Mitchell's filter shows no blocks; a cubic B-spline would be smoother still.
        self.resized(&mean, small, full, PixelType::U8, Filter::Mitchell)
    }

    fn resized(
        &mut self,
        texels: &[u8],
        [width, height]: [u32; 2],
        to: [u32; 2],
        pixels: PixelType,
        filter: Filter,
    ) -> io::Result<Vec<u8>> {
        let source = Source { size: [width, height], bytes: texels, part: None };
        self.resizer.resize(source, to, pixels, filter).map_err(io::Error::other)
    }
}

/// Decodes floors, many at a time; keeps how much each texel counts as background.
pub struct FloorDecoder {
    layout: TileLayout,
    /// By mip of the floor, the finest first.
    surrounds: Vec<Vec<f32>>,
}

impl Default for FloorDecoder {
    fn default() -> Self {
        let surrounds = (0..Level::FLOOR.mips()).map(|mip| surround_masks(Level::FLOOR.side() >> mip)).collect();
        Self { layout: TileLayout::floor(), surrounds }
    }
}

impl FloorDecoder {
    /// Decodes floors as they are stored, with the tone of each, to the texels of a rectangle in which `across` lie side by
    /// side: of each mip from [`Level::FLOOR`] down, of which `side` is the rectangle's height.
    #[must_use]
    pub fn decode(&self, floors: &[u8], tones: &[PortraitTone], across: usize) -> Vec<MipTexels> {
        let floor = Level::FLOOR.side() as usize;
        let rows = tones.len().div_ceil(across);
        let mut mips: Vec<_> = (0..Level::FLOOR.mips())
            .map(|mip| {
                let side = floor >> mip;
                let (height, texels) = (rows * side, rows * side * across * side);
                let chroma = if side > 1 { texels / 2 } else { 0 };
                let plane = || vec![0; texels * 2];
                MipTexels { side: height as u32, matched: plane(), shot: plane(), chroma: vec![0; chroma] }
            })
            .collect();
        let stored = |side: usize| self.layout.levels().iter().find(|level| level.luma.side == side as u32);
        let (Some(fine), Some(coarse)) = (stored(floor), stored(floor / 2)) else { return mips };
        // Luma of 8², 4², 2², 1 texels, and chroma of half as many.
        let (mut luma, mut chroma) = ([[0_u8; 64]; 4], [[0_u8; 32]; 4]);
        for (index, (encoded, tone)) in floors.chunks_exact(self.layout.stride()).zip(tones).enumerate() {
            let blocks = |mip: &tile::Mip| &encoded[mip.offset..][..mip.bytes()];
            bc::decode_plane::<1>(blocks(&fine.luma), fine.luma.row_bytes, floor, &mut luma[0], floor);
            match &fine.chroma {
                Some(mip) => bc::decode_plane::<2>(blocks(mip), mip.row_bytes, floor / 2, &mut chroma[0], floor),
                None => chroma[0].fill(128),
            }
            bc::decode_plane::<1>(blocks(&coarse.luma), coarse.luma.row_bytes, floor / 2, &mut luma[1], floor / 2);
            for mip in 1..4 {
                let side = floor >> mip;
                if mip > 1 {
                    let (finer, coarser) = luma.split_at_mut(mip);
                    halve::<1>(&finer[mip - 1], side, &mut coarser[0]);
                }
                if side > 1 {
                    let (finer, coarser) = chroma.split_at_mut(mip);
                    halve::<2>(&finer[mip - 1], side / 2, &mut coarser[0]);
                }
            }
            let correction = tone.light.correction(1.0, 0.0);
            let cast = (tone.light.cast != [0; 2]).then(|| WhiteBalance::new(tone.light.white_balance()));
            for (mip, target) in mips.iter_mut().enumerate() {
                let side = floor >> mip;
                let (x, y) = (index % across * side, index / across * side);
                for (at, surround) in self.surrounds[mip].iter().enumerate() {
                    let (column, row) = (at % side, at / side);
                    let value = luma[mip][at];
                    let uncast = match &cast {
                        Some(balance) if side > 1 => {
                            let of_chroma = (row / 2 * (side / 2) + column / 2) * 2;
                            balance.luma(value, [chroma[mip][of_chroma], chroma[mip][of_chroma + 1]])
                        }
                        _ => value,
                    };
                    let developed = texel(develop(&correction, f32::from(uncast) / 255.0, *surround));
                    let place = ((y + row) * across * side + x + column) * 2;
                    // So small a tile is its own local mean.
                    target.matched[place..][..2].copy_from_slice(&[developed, encoded_contrast(0.0)]);
                    target.shot[place..][..2].copy_from_slice(&[value, uncast]);
                }
                let side = side / 2;
                for row in 0..side {
                    let to = ((y / 2 + row) * across * side + x / 2) * 2;
                    target.chroma[to..][..side * 2].copy_from_slice(&chroma[mip][row * side * 2..][..side * 2]);
                }
            }
        }
        mips
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

/// A value from 0 to 1 as a texel.
fn texel(value: f32) -> u8 {
    (value * 255.0).round() as u8
}

/// A difference of two values from 0 to 255 as a texel, in steps of two: what `local_contrast` of `shaders/wall.wgsl` reads.
fn encoded_contrast(difference: f32) -> u8 {
    (128.0 + difference * 0.5).round() as u8
}

/// The [`surround_mask`] at each texel of a tile.
fn surround_masks(side: u32) -> Vec<f32> {
    let place = |at: u32| (at as f32 + 0.5) / side as f32 - 0.5;
    (0..side * side).map(|index| surround_mask([place(index % side), place(index / side)])).collect()
}

/// Averages each four texels of a plane to one of `side` × `side`.
fn halved<const CHANNELS: usize>(plane: &[u8], side: usize) -> Vec<u8> {
    let mut halved = vec![0; side * side * CHANNELS];
    halve::<CHANNELS>(plane, side, &mut halved);
    halved
}

/// The same into a plane that is there.
fn halve<const CHANNELS: usize>(plane: &[u8], side: usize, halved: &mut [u8]) {
    let texel = |x: usize, y: usize, channel: usize| u32::from(plane[(y * side * 2 + x) * CHANNELS + channel]);
    for (index, texels) in halved.chunks_exact_mut(CHANNELS).take(side * side).enumerate() {
        let (x, y) = (index % side * 2, index / side * 2);
        for (channel, value) in texels.iter_mut().enumerate() {
            let sum = texel(x, y, channel)
                + texel(x + 1, y, channel)
                + texel(x, y + 1, channel)
                + texel(x + 1, y + 1, channel);
            *value = ((sum + 2) / 4) as u8;
        }
    }
}

/// The white balance of luma: with factors of encoded R, G and B that leave greys alone, what changes is a weighted sum of the
/// chroma (BT.709's matrix).
struct WhiteBalance {
    of_cb: f32,
    of_cr: f32,
}

impl WhiteBalance {
    fn new(gains: [f32; 3]) -> Self {
        let [red, green, blue] = [0, 1, 2].map(|channel| gains[channel] * NEUTRAL_MIX[channel]);
        Self { of_cb: 1.8556 * blue - 0.187_324 * green, of_cr: 1.5748 * red - 0.468_124 * green }
    }

    fn luma(&self, luma: u8, chroma: [u8; 2]) -> u8 {
        let [cb, cr] = chroma.map(|value| f32::from(value) - 128.0);
        (f32::from(luma) + cb * self.of_cb + cr * self.of_cr).round().clamp(0.0, 255.0) as u8
    }
}

/// White-balances a tile's luma: `gains` are the factors of encoded R, G and B.
fn white_balanced(Planes { side, luma, chroma }: &Planes, gains: [f32; 3]) -> Vec<u8> {
    if chroma.is_empty() {
        return luma.clone();
    }
    let (balance, side) = (WhiteBalance::new(gains), *side as usize);
    let rows = luma.chunks_exact(side).enumerate().flat_map(|(y, row)| {
        let chroma = &chroma[y / 2 * side..][..side];
        let balance = &balance;
        row.iter().enumerate().map(move |(x, luma)| balance.luma(*luma, [chroma[x / 2 * 2], chroma[x / 2 * 2 + 1]]))
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
    }

    #[test]
    fn a_ramp_stays_a_ramp_at_every_mip_of_every_level() {
        let layout = TileLayout::new(128).unwrap();
        let ramp: Vec<u8> = (0..128 * 128).flat_map(|i| [(i % 128) as u8 * 2; 3]).collect();
        let (tile, _) = encode_tile(&LinearTile::from_srgb(128, &ramp), &layout);
        let source = One(layout, tile);
        for log2 in 3..=8 {
            let level = Level::of_log2(log2);
            let mips = TileDecoder::default().decode(&source, 0, level).unwrap();
            assert!(mips.iter().map(|mip| mip.side).eq((0..=log2).map(|mip| level.side() >> mip)));
            for MipTexels { side, matched, shot, chroma } in mips {
                assert_eq!([matched.len(), shot.len()], [(side * side * 2) as usize; 2]);
                assert_eq!(chroma.len(), if side > 1 { (side * side / 2) as usize } else { 0 });
                assert!(chroma.iter().all(|value| *value == 128));
                for x in side / 8..side - side / 8 {
                    let want = (f64::from(x) + 0.5) / f64::from(side) * 254.0;
                    let got = f64::from(shot[(side / 2 * side + x) as usize * 2]);
                    // Of few texels each has the mean light of many, which is above that of their middle.
                    let allowed = if side < 8 { 24.0 } else { 6.0 };
                    assert!((want - got).abs() < allowed, "{side} at {x}: {got} for {want}");
                }
            }
        }
        let missing = TileDecoder::default().decode(&source, 1, Level::FLOOR);
        assert_eq!(missing.unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_floor_is_what_a_tile_of_that_level_is() {
        let layout = TileLayout::new(32).unwrap();
        let picture: Vec<u8> = (0..32 * 32).flat_map(|i| [(i % 32 * 7) as u8, (i / 32 * 8) as u8, 90]).collect();
        let (tile, floor) = encode_tile(&LinearTile::from_srgb(32, &picture), &layout);
        let tone = PortraitTone {
            light: millions_wall::tone::LightMeasurement { exposure: -120, cast: [30, -20], ..Default::default() },
            ..PortraitTone::default()
        };
        struct Toned(One, PortraitTone);
        impl TileSource for Toned {
            fn layout(&self) -> &TileLayout {
                self.0.layout()
            }
            fn read_tile(&self, portrait: u32, prefix: &mut [u8]) -> io::Result<()> {
                self.0.read_tile(portrait, prefix)
            }
            fn tones(&self, _: &[u32]) -> Vec<PortraitTone> {
                vec![self.1]
            }
        }

        let source = Toned(One(layout, tile), tone);
        let mut read = vec![0; 256 * 2];
        source.read_floors(0, &mut read).unwrap();
        assert_eq!((&read[..256], &read[256..]), (&floor[..], &[0; 256][..]), "there is only one");
        let mips = TileDecoder::default().decode(&source, 0, Level::FLOOR).unwrap();
        // Three floors, of which the last lies in a second row.
        let floors = FloorDecoder::default().decode(&floor.repeat(3), &[tone; 3], 2);
        for (mip, (want, got)) in mips.iter().zip(&floors).enumerate() {
            let side = want.side as usize;
            assert_eq!(got.side as usize, side * 2, "two rows");
            for (want, got) in [(&want.matched, &got.matched), (&want.shot, &got.shot)] {
                for (row, texels) in want.chunks(side * 2).enumerate() {
                    for (x, y) in [(0, 0), (1, 0), (0, 1)] {
                        let at = ((y * side + row) * side * 2 + x * side) * 2;
                        let found = &got[at..][..side * 2];
                        let close = found.iter().zip(texels).all(|(a, b)| a.abs_diff(*b) <= 1);
                        assert!(close, "mip {mip} row {row} of {x},{y}: {found:?} for {texels:?}");
                    }
                }
            }
            let half = side / 2;
            for (row, texels) in want.chroma.chunks(half.max(1) * 2).enumerate() {
                assert_eq!(&got.chroma[(row * half * 2 + half) * 2..][..half * 2], texels);
            }
        }
    }
}
