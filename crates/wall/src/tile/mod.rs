//! The tile: one portrait's picture as bytes, on disk and on its way to the GPU.
//!
//! A tile is `side` × `side` texels (a power of two), anamorphic: the library says what aspect the texels are
//! shown at. It is stored as two planes, each with mips down to 4 texels:
//!
//! * **luma** Y′, BT.709, gamma-encoded sRGB, 8 bit, as BC4 (8 bytes a block of 4×4);
//! * **chroma** Cb and Cr at half the resolution, 8 bit around 128, as BC5 (16 bytes a block).
//!
//! In black and white the luma *is* the picture. [`TileLayout`] says where each mip lies; [`bc`] packs the blocks;
//! [`planes`] makes the planes and their mips out of a picture, in linear light.

pub mod bc;
mod figures;
mod layout;
pub mod planes;

pub use figures::tone_figures;
pub use layout::{FLOOR_SIDE, Level, MAX_SIDE, MIN_SIDE, Mip, TileLayout, TileSideError};

use crate::tone::PortraitTone;

/// A portrait's number in its library: its place in the tile file, stable while the portrait lives.
pub type PortraitNumber = u32;

/// Where the encoded tiles of a crowd can be read from. The library is one; tests make their own.
///
/// Reading is positioned and returns an error rather than faulting: a disk that goes away costs tiles, not the wall.
pub trait TileSource: Send + Sync {
    /// The layout that every tile of this source has.
    fn layout(&self) -> &TileLayout;

    /// Reads the coarse part of one tile: the levels up to `prefix.len()` bytes, coarsest first
    /// (see [`TileLayout::prefix_bytes`]).
    ///
    /// # Errors
    /// Any error of the disk, and `NotFound` for a number that the source does not hold.
    fn read_tile(&self, number: PortraitNumber, prefix: &mut [u8]) -> std::io::Result<()>;

    /// Reads the floors (16-texel tiles, [`TileLayout::floor`]) of `floors.len() / stride` consecutive numbers from
    /// `first` on. Numbers that hold nothing read as anything.
    ///
    /// # Errors
    /// Any error of the disk.
    fn read_floors(&self, first: PortraitNumber, floors: &mut [u8]) -> std::io::Result<()>;

    /// The side of the finest tile that [`Self::read_large`] may give; that of the layout, where it gives none.
    fn finest_side(&self) -> u32 {
        self.layout().side()
    }

    /// Makes a larger tile of somebody's photograph, of about `side` texels where it has as many, and gives its layout; none
    /// where the photograph is not at hand. May take as long as decoding does.
    ///
    /// # Errors
    /// None for a photograph that is gone or changed: that is no large tile. Only what [`Self::read_tile`] would also fail with.
    fn read_large(
        &self,
        _number: PortraitNumber,
        _side: u32,
        _tile: &mut Vec<u8>,
    ) -> std::io::Result<Option<TileLayout>> {
        Ok(None)
    }

    /// The tone of each of `numbers`, in their order; who is not there has none to undo.
    fn tones(&self, numbers: &[PortraitNumber]) -> Vec<PortraitTone> {
        vec![PortraitTone::default(); numbers.len()]
    }
}
