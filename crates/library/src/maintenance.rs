//! What a person does to a library by hand: removes people, shows them again, verifies the tiles, compacts the files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use millions_base::catch_panic;
use millions_wall::tile::{PortraitNumber, TileLayout, TileSource as _};

use super::committer::lists;
use super::decode::{Limits, PhotoDecoder, Resolution};
use super::error::LibraryError;
use super::faces::MAX_ANALYSIS_SIDE;
use super::files::Header;
use super::index::Entry;
use super::library::Library;
use super::perceptual::PerceptualHash;
use super::removals::{Kind, Removals};
use super::resample::Resampler;
use super::writer::{LibraryWriter, checksum};

/// The hashes of a photograph's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhotographHash {
    /// BLAKE3 of its bytes.
    pub content: [u8; 32],
    /// The perceptual hash; `None` where it cannot be decoded or is flat.
    pub looks: Option<PerceptualHash>,
}

impl PhotographHash {
    /// Hashes a file.
    ///
    /// # Errors
    /// Those of reading it.
    pub fn of(path: &Path) -> io::Result<Self> {
        let bytes = fs::read(path)?;
        let looks = catch_panic(|| looks_of(&bytes)).ok().flatten();
        Ok(Self { content: *blake3::hash(&bytes).as_bytes(), looks })
    }
}

/// The perceptual hash of a photograph, as an ingest computes it.
fn looks_of(bytes: &[u8]) -> Option<PerceptualHash> {
    let limits = Limits::default();
    let decoded = PhotoDecoder::new(bytes, Resolution::Tile { side: 256, aspect: 0.8 }, limits).ok()?;
    let decoded = decoded.decode(limits).ok()?;
    let image = Resampler::default().analysis_image(&decoded.raster, decoded.orientation, None, MAX_ANALYSIS_SIDE);
    PerceptualHash::of(&image, 0)
}

impl Library {
    /// The numbers of all portraits, hidden ones included, ascending.
    #[must_use]
    pub fn all_portraits(&self) -> Vec<PortraitNumber> {
        self.index().portraits.keys().copied().collect()
    }

    /// Reads every tile and floor, and returns the portraits whose pixels are not what was written.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn verify(&self) -> io::Result<Vec<PortraitNumber>> {
        let checksums: Vec<_> =
            self.index().portraits.iter().map(|(number, entry)| (*number, entry.checksum)).collect();
        let mut tile = vec![0; self.layout().stride()];
        let mut floor = vec![0; TileLayout::floor().stride()];
        let mut damaged = Vec::new();
        for (number, expected) in checksums {
            self.read_tile(number, &mut tile)?;
            self.read_floors(number, &mut floor)?;
            if checksum(&tile, &floor) != expected {
                damaged.push(number);
            }
        }
        Ok(damaged)
    }
}

impl LibraryWriter {
    /// Opens an existing library for writing, whatever its tiles are.
    ///
    /// # Errors
    /// Those of [`Library::open`]; [`LibraryError::Busy`].
    pub fn open(dir: &Path) -> Result<Self, LibraryError> {
        let Header { tile_side, aspect, .. } = Header::read(dir)?;
        Self::create_or_open(dir, tile_side, aspect)
    }

    /// Brings the library up to date with the removals: nothing is kept of whom they remove, neither pixels nor words nor file
    /// names, and who is shown again is not hidden any more. Returns how many were removed.
    ///
    /// # Errors
    /// [`LibraryError::Io`].
    pub fn apply_removals(&mut self, removals: &Removals) -> Result<usize, LibraryError> {
        let entries: Vec<(PortraitNumber, Entry)> = {
            let library = self.library();
            let index = library.index();
            index.portraits.iter().map(|(number, entry)| (*number, entry.clone())).collect()
        };
        let (mut removed, mut files): (Vec<PortraitNumber>, Vec<PathBuf>) = Default::default();
        for (number, mut entry) in entries {
            let Some((_, decision)) = removals.find(&entry.hash, entry.looks.as_ref()) else { continue };
            let is_hidden = entry.is_hidden();
            if decision.kind.removes() {
                self.remove(number);
                removed.push(number);
                files.extend(entry.sources.into_iter().map(|source| source.path));
            } else if is_hidden != decision.kind.hides() {
                entry.person.get_or_insert_default().hidden = decision.kind == Kind::Hidden;
                self.put(number, entry);
            }
        }
        self.commit()?;
        self.erase(removed.iter().copied())?;
        self.compact_log()?;
        lists::forget(self.library().dir(), &files)?;
        Ok(removed.len())
    }

    /// Rewrites the index without superseded records, and erases the tiles of portraits that are gone.
    ///
    /// # Errors
    /// [`LibraryError::Io`].
    pub fn compact(&mut self) -> Result<(), LibraryError> {
        self.library().index_mut().retains_personal_data = true;
        self.compact_log()?;
        let numbers = self.library().all_portraits().last().map_or(0, |last| last + 1);
        self.erase(0..numbers)
    }
}
