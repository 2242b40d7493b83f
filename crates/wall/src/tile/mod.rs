//! The tile: the encoded picture of one portrait, on disk and on its way to the GPU.
//!
//! A tile is `side` × `side` texels (a power of two), anamorphic: the library holds the aspect that the
//! texels are shown at. It is stored as two planes, each with mips down to 4 texels:
//!
//! * **luma** Y′, BT.709, gamma-encoded sRGB, 8 bit, as BC4 (8 bytes a block of 4×4);
//! * **chroma** Cb and Cr at half the resolution, 8 bit around 128, as BC5 (16 bytes a block).
//!
//! In black and white the luma *is* the picture. [`TileLayout`] is the byte layout of the mips; [`bc`] encodes the blocks;
//! [`planes`] converts a picture into planes and mips, averaged in linear light.

pub mod bc;
mod figures;
mod layout;
pub mod planes;

pub use figures::tone_figures;
pub use layout::{FLOOR_SIDE, Level, MAX_SIDE, MIN_SIDE, Mip, TileLayout, TileSideError};

use crate::tone::PortraitTone;

/// A portrait's number in its library: its index in the tile file, stable while the portrait is in the library.
pub type PortraitNumber = u32;

/// A source of encoded tiles: a library, or a substitute in tests.
///
/// Reads are positioned, and a failing disk is an error, which costs tiles but not the wall.
pub trait TileSource: Send + Sync {
    /// The layout of every tile of this source.
    fn layout(&self) -> &TileLayout;

    /// Reads the coarse part of one tile: the levels up to `prefix.len()` bytes, coarsest first
    /// (see [`TileLayout::prefix_bytes`]).
    ///
    /// # Errors
    /// Any I/O error, and `NotFound` for a number that is not in the source.
    fn read_tile(&self, number: PortraitNumber, prefix: &mut [u8]) -> std::io::Result<()>;

    /// Reads the floors (16-texel tiles, [`TileLayout::floor`]) of `floors.len() / stride` consecutive numbers from
    /// `first` on. The bytes of unused numbers are unspecified.
    ///
    /// # Errors
    /// Any I/O error.
    fn read_floors(&self, first: PortraitNumber, floors: &mut [u8]) -> std::io::Result<()> {
        let (layout, floor) = (self.layout(), TileLayout::floor());
        let mut prefix = vec![0; layout.prefix_bytes(floor.side())];
        for (number, floor) in (first..).zip(floors.chunks_exact_mut(floor.stride())) {
            match self.read_tile(number, &mut prefix) {
                Ok(()) => layout.copy_floor(&prefix, floor),
                Err(_) => floor.fill(0),
            }
        }
        Ok(())
    }

    /// The side of the finest tile that [`Self::read_large`] may return; that of the layout where it returns none.
    fn finest_side(&self) -> u32 {
        self.layout().side()
    }

    /// Encodes a larger tile from a portrait's photograph, of about `side` texels as far as it has as many, and returns its
    /// layout; none where the photograph is not available. Takes as long as decoding the photograph.
    ///
    /// # Errors
    /// As [`Self::read_tile`]. A photograph that is gone or changed is no error, but no large tile.
    fn read_large(
        &self,
        _number: PortraitNumber,
        _side: u32,
        _tile: &mut Vec<u8>,
    ) -> std::io::Result<Option<TileLayout>> {
        Ok(None)
    }

    /// Returns a number that changes whenever [`Self::tones`] may have.
    fn tones_version(&self) -> u64 {
        0
    }

    /// Returns whether some portrait may have an exposure that was set by hand: none is looked for where it says no.
    fn has_corrections(&self) -> bool {
        true
    }

    /// Returns the tone of each of `numbers`, in their order; the default for a number that is not in the source.
    fn tones(&self, numbers: &[PortraitNumber]) -> Vec<PortraitTone> {
        vec![PortraitTone::default(); numbers.len()]
    }
}
