//! Byte layout of an encoded tile. See [`TileLayout`].

use super::bc::{BC4_BLOCK_BYTES, BC5_BLOCK_BYTES};

/// Least side of a library's tiles, in texels.
pub const MIN_SIDE: u32 = 32;
/// Greatest side of a library's tiles, in texels.
pub const MAX_SIDE: u32 = 1024;
/// Side of the floor tile, the coarse tile of each portrait that stays in memory.
pub const FLOOR_SIDE: u32 = 16;

/// One plane of one mip, as blocks of 4×4 texels in rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mip {
    /// Width and height in texels; at least 4.
    pub side: u32,
    /// Offset from the start of the tile, in bytes.
    pub offset: usize,
    /// Bytes from one row of blocks to the next.
    pub row_bytes: usize,
    /// Bytes of a row that carry blocks; the rest is padding.
    pub used_row_bytes: usize,
}

impl Mip {
    /// Number of block rows, and of blocks in a row.
    #[must_use]
    pub const fn blocks(&self) -> u32 {
        self.side / 4
    }

    /// Size in bytes, including padding.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.row_bytes * self.blocks() as usize
    }
}

/// One mip level: luma, and chroma at half its resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// `side` × `side` texels of BC4.
    pub luma: Mip,
    /// Half as many texels each way of BC5; the 4-texel level has none, for a block cannot be halved.
    pub chroma: Option<Mip>,
}

/// The bytes of a tile: levels from the coarsest (4 texels) to the finest, so that a coarse tile is a prefix of a fine
/// one, and a read of 64 texels need not read more.
///
/// ```text
/// | L4 | L8 C4 | L16 C8 | L32 C16 | L64 C32 | L128 C64 | L256 C128 | pad to the stride
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileLayout {
    side: u32,
    levels: Vec<Level>,
    stride: usize,
}

/// The error for a tile side that is not supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a tile of {side} texels is not possible: take a power of two from {MIN_SIDE} to {MAX_SIDE}, such as 256")]
pub struct TileSideError {
    /// The requested side.
    pub side: u32,
}

impl TileLayout {
    /// Returns the layout of a library's tiles: rows of a multiple of 256 bytes, as a copy from a GPU buffer requires, and a
    /// stride of whole 4096-byte disk pages.
    ///
    /// # Errors
    /// When `side` is no power of two from [`MIN_SIDE`] to [`MAX_SIDE`].
    pub fn new(side: u32) -> Result<Self, TileSideError> {
        if side.is_power_of_two() && (MIN_SIDE..=MAX_SIDE).contains(&side) {
            Ok(Self::packed(side, 256, 4096))
        } else {
            Err(TileSideError { side })
        }
    }

    /// Returns the layout of a floor tile: tight rows, 256 bytes in all.
    #[must_use]
    pub fn floor() -> Self {
        Self::packed(FLOOR_SIDE, 1, 256)
    }

    fn packed(side: u32, row_align: usize, stride_align: usize) -> Self {
        let mut offset = 0;
        let mut place = |side: u32, block_bytes: usize| {
            let used_row_bytes = (side / 4) as usize * block_bytes;
            let mip = Mip { side, offset, row_bytes: used_row_bytes.next_multiple_of(row_align), used_row_bytes };
            offset += mip.bytes();
            mip
        };
        let levels = std::iter::successors(Some(4), |side| Some(side * 2))
            .take_while(|level_side| *level_side <= side)
            .map(|level_side| Level {
                luma: place(level_side, BC4_BLOCK_BYTES),
                chroma: (level_side >= 8).then(|| place(level_side / 2, BC5_BLOCK_BYTES)),
            })
            .collect();
        Self { side, levels, stride: offset.next_multiple_of(stride_align) }
    }

    /// Width and height of the finest level, in texels.
    #[must_use]
    pub const fn side(&self) -> u32 {
        self.side
    }

    /// The levels, coarsest (4 texels) first.
    #[must_use]
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// Bytes from one tile to the next in a file.
    #[must_use]
    pub const fn stride(&self) -> usize {
        self.stride
    }

    /// Copies the levels of a floor, which are laid out as in [`Self::floor`], out of a tile.
    ///
    /// # Panics
    /// When a slice is too short.
    pub fn copy_floor(&self, tile: &[u8], floor: &mut [u8]) {
        for (from, to) in self.levels.iter().zip(&Self::floor().levels) {
            let planes = [(Some(from.luma), Some(to.luma)), (from.chroma, to.chroma)];
            for (from, to) in planes.into_iter().filter_map(|(from, to)| from.zip(to)) {
                for row in 0..to.blocks() as usize {
                    let blocks = &tile[from.offset + row * from.row_bytes..][..from.used_row_bytes];
                    floor[to.offset + row * to.row_bytes..][..to.used_row_bytes].copy_from_slice(blocks);
                }
            }
        }
    }

    /// Returns the size of the prefix that holds all levels up to `side` texels, in bytes.
    #[must_use]
    pub fn prefix_bytes(&self, side: u32) -> usize {
        self.levels
            .iter()
            .take_while(|level| level.luma.side <= side)
            .last()
            .map_or(0, |level| level.chroma.map_or(level.luma.offset + level.luma.bytes(), |c| c.offset + c.bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mips_follow_one_another_without_overlap() {
        for layout in [TileLayout::floor(), TileLayout::new(32).unwrap(), TileLayout::new(1024).unwrap()] {
            let mut end = 0;
            for mip in layout.levels().iter().flat_map(|level| [Some(level.luma), level.chroma]).flatten() {
                assert_eq!(mip.offset, end);
                assert!(mip.used_row_bytes <= mip.row_bytes);
                end = mip.offset + mip.bytes();
            }
            assert_eq!(layout.prefix_bytes(layout.side()), end);
            assert!(end <= layout.stride());
        }
    }

    #[test]
    fn a_floor_is_256_bytes_and_a_tile_has_rows_that_a_gpu_copy_takes() {
        assert_eq!(TileLayout::floor().stride(), 256);
        let tile = TileLayout::new(256).unwrap();
        assert_eq!(tile.stride() % 4096, 0);
        assert!(tile.levels().iter().all(|level| level.luma.row_bytes % 256 == 0));
    }

    #[test]
    fn odd_sides_are_refused_with_advice() {
        for side in [0, 16, 100, 2048] {
            assert!(TileLayout::new(side).unwrap_err().to_string().contains("power of two"));
        }
    }
}
