//! The tiles and floors on disk: records with checksums that say whose pixels they are.
//!
//! ```text
//! tiles.bin   record n at n × record bytes:  | CRC-32 of each level, 64 bytes | tile | pad to 4096 |
//! floors.bin  record n at n × 256:           | floor, 248 bytes | CRC-32 | pad |
//! ```
//!
//! Each CRC begins with that of the portrait's key, the hash of the photograph and its edit. So pixels of another portrait are
//! known for what they are, like pixels that have changed on the disk: a number that was given to somebody else while a reader
//! had the older index, files of two libraries in one folder, a torn write. Such tiles are errors, and dark on the wall.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use crc32fast::Hasher;
use millions_wall::tile::{FLOOR_SIDE, PortraitNumber, TileLayout};
use zeroize::Zeroizing;

use super::edit::Edit;
use super::error::{LibraryError, io_error};
use super::field_copy::{CopyKey, Part, SEAL_BYTES, SEALED_FLOORS, SEALED_TILES};
use super::files::{FLOORS, TILES, is_same_file, read_at, write_at};
use super::index::Key;

/// Bytes before each tile: room for the CRCs of the nine levels from 4 to 1024 texels.
const HEAD_BYTES: usize = 64;
const CRC_BYTES: usize = 4;

/// What a record's checksums begin with: the CRC of a portrait's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity(u32);

impl Identity {
    /// That of nobody.
    pub const NONE: Self = Self(0);

    pub const fn to_bytes(self) -> [u8; 4] {
        self.0.to_le_bytes()
    }

    pub const fn from_bytes(bytes: [u8; 4]) -> Self {
        Self(u32::from_le_bytes(bytes))
    }

    /// That of a portrait.
    pub fn of((hash, edit): &Key) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(hash);
        if !edit.is_none() {
            let Edit { crop, quarter_turns } = edit;
            hasher.update(&[*quarter_turns, u8::from(crop.is_some())]);
            for length in crop.iter().flat_map(|crop| [crop.x, crop.y, crop.width, crop.height]) {
                hasher.update(&length.thousandths.to_le_bytes());
                hasher.update(&[u8::from(length.is_percent)]);
            }
        }
        Self(hasher.finalize())
    }

    fn checksum(self, bytes: &[u8]) -> [u8; CRC_BYTES] {
        let mut hasher = Hasher::new_with_initial(self.0);
        hasher.update(bytes);
        hasher.finalize().to_le_bytes()
    }
}

/// The files of a library's tiles, open.
#[derive(Debug)]
pub struct TileFiles {
    dir: PathBuf,
    layout: TileLayout,
    floor_layout: TileLayout,
    tiles: File,
    floors: File,
    /// The key of a field copy; empty once it is wiped.
    seal: Option<RwLock<Option<CopyKey>>>,
}

fn mismatch(number: PortraitNumber) -> io::Error {
    let message = format!("the tile of portrait {number} is damaged, or has become another's");
    io::Error::new(io::ErrorKind::InvalidData, message)
}

impl TileFiles {
    /// Opens the files in `dir`.
    ///
    /// # Errors
    /// [`LibraryError::Damaged`] where one is missing; [`LibraryError::Io`].
    pub fn open(dir: &Path, layout: TileLayout, access: &OpenOptions) -> Result<Self, LibraryError> {
        let open = |name: &str| {
            let path = dir.join(name);
            access.open(&path).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => {
                    LibraryError::Damaged { dir: dir.to_owned(), what: format!("{name} is missing") }
                }
                _ => io_error("open a file of the library", &path)(error),
            })
        };
        let floor_layout = TileLayout::floor();
        Ok(Self { tiles: open(TILES)?, floors: open(FLOORS)?, dir: dir.to_owned(), layout, floor_layout, seal: None })
    }

    /// Opens the files of a field copy in `dir`, whose records its key opens.
    ///
    /// # Errors
    /// [`LibraryError::Io`].
    pub fn open_sealed(dir: &Path, layout: TileLayout, key: CopyKey) -> Result<Self, LibraryError> {
        let open = |name: &str| {
            let path = dir.join(name);
            File::open(&path).map_err(io_error("open a file of the field copy", &path))
        };
        let (tiles, floors, seal) = (open(SEALED_TILES)?, open(SEALED_FLOORS)?, Some(RwLock::new(Some(key))));
        Ok(Self { tiles, floors, dir: dir.to_owned(), layout, floor_layout: TileLayout::floor(), seal })
    }

    /// Whether they are a field copy's.
    pub const fn is_sealed(&self) -> bool {
        self.seal.is_some()
    }

    /// Overwrites the key of a field copy in memory: nothing can be read any more.
    pub fn forget_key(&self) {
        if let Some(seal) = &self.seal {
            *seal.write().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    /// Reads a record of a field copy, `used` bytes that the seal holds against their place.
    fn read_sealed(
        &self,
        seal: &RwLock<Option<CopyKey>>,
        part: Part,
        number: PortraitNumber,
        used: usize,
    ) -> io::Result<Zeroizing<Vec<u8>>> {
        let mut record = Zeroizing::new(vec![0; used + SEAL_BYTES]);
        let file = if part == Part::Tiles { &self.tiles } else { &self.floors };
        let at = u64::from(number) * record.len() as u64;
        if read_at(file, &mut record, at)? < record.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let key = seal.read().unwrap_or_else(PoisonError::into_inner);
        let wiped = || io::Error::new(io::ErrorKind::NotFound, "the field copy was wiped");
        key.as_ref().ok_or_else(wiped)?.open(part, u64::from(number), &mut record)?;
        Ok(record)
    }

    /// Whether these are still the files in the folder.
    pub fn are_in_place(&self) -> bool {
        is_same_file(&self.tiles, &self.dir.join(TILES)) && is_same_file(&self.floors, &self.dir.join(FLOORS))
    }

    fn record_bytes(&self) -> usize {
        (HEAD_BYTES + self.layout.prefix_bytes(self.layout.side())).next_multiple_of(4096)
    }

    /// Bytes of a floor's record.
    fn floor_bytes(&self) -> usize {
        (self.floor_layout.prefix_bytes(FLOOR_SIDE) + CRC_BYTES).next_multiple_of(self.floor_layout.stride())
    }

    /// Counts the records for which both files are long enough.
    pub fn count(&self) -> io::Result<u64> {
        let tiles = self.tiles.metadata()?.len() / self.record_bytes() as u64;
        Ok(tiles.min(self.floors.metadata()?.len() / self.floor_bytes() as u64))
    }

    /// The ends of the levels that lie in the first `bytes` of a tile.
    fn level_ends(&self, bytes: usize) -> impl Iterator<Item = usize> {
        let ends = self.layout.levels().iter().map(|level| self.layout.prefix_bytes(level.luma.side));
        ends.take_while(move |end| *end <= bytes)
    }

    /// Reads the first bytes of a tile: whole levels, held against their checksums. What lies behind the last is zero.
    pub fn read_tile(&self, number: PortraitNumber, identity: Identity, prefix: &mut [u8]) -> io::Result<()> {
        let used = self.level_ends(prefix.len()).last().unwrap_or(0);
        if let Some(seal) = &self.seal {
            let tile = self.read_sealed(seal, Part::Tiles, number, self.layout.prefix_bytes(self.layout.side()))?;
            prefix[..used].copy_from_slice(&tile[..used]);
            prefix[used..].fill(0);
            return Ok(());
        }
        let at = u64::from(number) * self.record_bytes() as u64;
        let mut head = [0; HEAD_BYTES];
        let read = read_at(&self.tiles, &mut head, at)?;
        let read = read + read_at(&self.tiles, &mut prefix[..used], at + HEAD_BYTES as u64)?;
        if read < HEAD_BYTES + used {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut start = 0;
        for (end, crc) in self.level_ends(used).zip(head.as_chunks::<CRC_BYTES>().0) {
            if identity.checksum(&prefix[start..end]) != *crc {
                return Err(mismatch(number));
            }
            start = end;
        }
        prefix[used..].fill(0);
        Ok(())
    }

    /// Reads the floors from portrait `first` on, each held against its checksum: that of a portrait that is not there, or
    /// whose tile is damaged as well, is black. Those past the end of the file are, too.
    ///
    /// `identities` has one for each floor of [`TileLayout::stride`] bytes, `None` where there is no portrait.
    pub fn read_floors(
        &self,
        first: PortraitNumber,
        identities: &[Option<Identity>],
        floors: &mut [u8],
    ) -> io::Result<()> {
        let (record, stride) = (self.floor_bytes(), self.floor_layout.stride());
        let used = self.floor_layout.prefix_bytes(FLOOR_SIDE);
        if let Some(seal) = &self.seal {
            floors.fill(0);
            for ((number, identity), floor) in (first..).zip(identities).zip(floors.chunks_mut(stride)) {
                if identity.is_some()
                    && let Ok(record) = self.read_sealed(seal, Part::Floors, number, used)
                {
                    floor[..used].copy_from_slice(&record);
                }
            }
            return Ok(());
        }
        let mut records = vec![0; record * identities.len()];
        read_at(&self.floors, &mut records, u64::from(first) * record as u64)?;
        for ((number, identity), (floor, record)) in
            (first..).zip(identities).zip(floors.chunks_mut(stride).zip(records.chunks(record)))
        {
            floor.fill(0);
            let Some(identity) = identity else { continue };
            if identity.checksum(&record[..used]) == record[used..used + CRC_BYTES] {
                floor[..used].copy_from_slice(&record[..used]);
            } else {
                let mut tile = vec![0; self.layout.prefix_bytes(FLOOR_SIDE)];
                if self.read_tile(number, *identity, &mut tile).is_ok() {
                    self.layout.copy_floor(&tile, floor);
                }
            }
        }
        Ok(())
    }

    /// Whether a portrait's tile and floor are what was written.
    pub fn is_sound(&self, number: PortraitNumber, identity: Identity) -> io::Result<bool> {
        let mut tile = vec![0; self.layout.stride()];
        match self.read_tile(number, identity, &mut tile) {
            Ok(()) => {}
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) => {
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
        let used = self.floor_layout.prefix_bytes(FLOOR_SIDE);
        let mut record = vec![0; self.floor_bytes()];
        read_at(&self.floors, &mut record, u64::from(number) * self.floor_bytes() as u64)?;
        Ok(identity.checksum(&record[..used]) == record[used..used + CRC_BYTES])
    }

    /// Writes a portrait's tile and floor, of their layouts' strides.
    ///
    /// # Errors
    /// [`LibraryError::TileBytes`]; [`LibraryError::Io`].
    pub fn write(
        &self,
        number: PortraitNumber,
        identity: Identity,
        tile: &[u8],
        floor: &[u8],
    ) -> Result<(), LibraryError> {
        let (wanted_tile, wanted_floor) = (self.layout.stride(), self.floor_layout.stride());
        if tile.len() != wanted_tile || floor.len() != wanted_floor {
            return Err(LibraryError::TileBytes { tile: tile.len(), floor: floor.len(), wanted_tile, wanted_floor });
        }
        let used = self.layout.prefix_bytes(self.layout.side());
        let mut record = vec![0; self.record_bytes()];
        let mut start = 0;
        for (index, end) in self.level_ends(used).enumerate() {
            record[index * CRC_BYTES..][..CRC_BYTES].copy_from_slice(&identity.checksum(&tile[start..end]));
            start = end;
        }
        record[HEAD_BYTES..][..used].copy_from_slice(&tile[..used]);
        let used = self.floor_layout.prefix_bytes(FLOOR_SIDE);
        let mut floor_record = vec![0; self.floor_bytes()];
        floor_record[..used].copy_from_slice(&floor[..used]);
        floor_record[used..][..CRC_BYTES].copy_from_slice(&identity.checksum(&floor[..used]));
        self.write_records("write a tile", number, &record, &floor_record)
    }

    /// Overwrites a portrait's tile and floor with zeros.
    ///
    /// # Errors
    /// [`LibraryError::Io`].
    pub fn erase(&self, number: PortraitNumber) -> Result<(), LibraryError> {
        self.write_records("erase a tile", number, &vec![0; self.record_bytes()], &vec![0; self.floor_bytes()])
    }

    /// Whether a portrait's floor was erased, or never written.
    pub fn is_erased(&self, number: PortraitNumber) -> io::Result<bool> {
        let mut record = vec![0; self.floor_bytes()];
        read_at(&self.floors, &mut record, u64::from(number) * self.floor_bytes() as u64)?;
        Ok(record.iter().all(|byte| *byte == 0))
    }

    fn write_records(
        &self,
        what: &'static str,
        number: PortraitNumber,
        tile: &[u8],
        floor: &[u8],
    ) -> Result<(), LibraryError> {
        for (name, file, bytes) in [(TILES, &self.tiles, tile), (FLOORS, &self.floors, floor)] {
            write_at(file, bytes, u64::from(number) * bytes.len() as u64)
                .map_err(io_error(what, &self.dir.join(name)))?;
        }
        Ok(())
    }

    /// Cuts or extends the files to so many records.
    pub fn set_count(&self, count: u32) -> io::Result<()> {
        self.tiles.set_len(u64::from(count) * self.record_bytes() as u64)?;
        self.floors.set_len(u64::from(count) * self.floor_bytes() as u64)
    }

    /// Returns when what was written is on the disk.
    ///
    /// # Errors
    /// [`LibraryError::Io`].
    pub fn sync(&self) -> Result<(), LibraryError> {
        for (name, file) in [(TILES, &self.tiles), (FLOORS, &self.floors)] {
            file.sync_data().map_err(io_error("bring the tiles to disk", &self.dir.join(name)))?;
        }
        Ok(())
    }

    /// Copies the records, of which there are `count`, to the files in the same folder that `to` has open.
    ///
    /// # Errors
    /// [`LibraryError::Io`].
    pub fn copy_to(&self, to: &Self, count: u32) -> Result<(), LibraryError> {
        const PIECE: usize = 4 << 20;
        let mut bytes = vec![0; PIECE];
        for (name, from, to, record) in [
            (TILES, &self.tiles, &to.tiles, self.record_bytes()),
            (FLOORS, &self.floors, &to.floors, self.floor_bytes()),
        ] {
            let path = self.dir.join(name);
            let (mut at, end) = (0, u64::from(count) * record as u64);
            while at < end {
                let wanted = usize::try_from(end - at).unwrap_or(PIECE).min(PIECE);
                let read = read_at(from, &mut bytes[..wanted], at).map_err(io_error("read the tiles", &path))?;
                if read == 0 {
                    break;
                }
                write_at(to, &bytes[..read], at).map_err(io_error("write the tiles again", &path))?;
                at += read as u64;
            }
        }
        to.sync()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::{Crop, Length};
    use millions_wall::tile::MAX_SIDE;
    use proptest::prelude::*;

    fn files(dir: &Path, side: u32) -> TileFiles {
        for name in [TILES, FLOORS] {
            std::fs::write(dir.join(name), []).unwrap();
        }
        TileFiles::open(dir, TileLayout::new(side).unwrap(), OpenOptions::new().read(true).write(true)).unwrap()
    }

    fn bytes(length: usize, seed: u8) -> Vec<u8> {
        (0..length).map(|index| (index as u8).wrapping_mul(31).wrapping_add(seed) | 1).collect()
    }

    #[test]
    fn records_have_room_for_their_checksums() {
        let dir = tempfile::tempdir().unwrap();
        let largest = files(dir.path(), MAX_SIDE);
        assert!(largest.layout.levels().len() * CRC_BYTES <= HEAD_BYTES);
        assert_eq!(largest.floor_bytes(), 256);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Any prefix is what was written, or an error; any changed bit of a level or its checksum is an error for prefixes
        /// that have the level, and for no others; and so is another portrait's identity.
        #[test]
        fn what_is_read_is_what_was_written_and_whose_it_is(
            number in 0_u32..5, seed: u8, level in 0_usize..4, bit in 0_usize..8, place: prop::sample::Index,
        ) {
            let dir = tempfile::tempdir().unwrap();
            let files = files(dir.path(), 32);
            let (tile, floor) = (bytes(files.layout.stride(), seed), bytes(256, seed));
            let (identity, other) = (Identity(u32::from(seed)), Identity(u32::from(seed) + 1));
            files.write(number, identity, &tile, &floor).unwrap();
            prop_assert!(files.is_sound(number, identity).unwrap());
            prop_assert!(!files.is_sound(number, other).unwrap());
            let ends: Vec<usize> = files.level_ends(files.layout.stride()).collect();
            for end in &ends {
                let mut read = vec![0; *end];
                files.read_tile(number, identity, &mut read).unwrap();
                prop_assert_eq!(&read[..], &tile[..*end]);
                prop_assert!(files.read_tile(number, other, &mut read).is_err());
            }
            let mut floors = vec![9; 512];
            files.read_floors(number, &[Some(identity), Some(other)], &mut floors).unwrap();
            prop_assert_eq!(&floors[..248], &floor[..248]);
            prop_assert!(floors[248..].iter().all(|byte| *byte == 0));

            let start = if level == 0 { 0 } else { ends[level - 1] };
            let at = u64::from(number) * files.record_bytes() as u64
                + (HEAD_BYTES + start + place.index(ends[level] - start)) as u64;
            let mut byte = [0];
            read_at(&files.tiles, &mut byte, at).unwrap();
            write_at(&files.tiles, &[byte[0] ^ (1 << bit)], at).unwrap();
            for (index, end) in ends.iter().enumerate() {
                let read = files.read_tile(number, identity, &mut vec![0; *end]);
                prop_assert_eq!(read.is_err(), index >= level);
            }
            prop_assert!(!files.is_sound(number, identity).unwrap());
            files.erase(number).unwrap();
            prop_assert!(files.is_erased(number).unwrap());
            files.read_floors(number, &[Some(identity)], &mut floors[..256]).unwrap();
            prop_assert!(floors[..256].iter().all(|byte| *byte == 0));
        }
    }

    #[test]
    fn a_floor_that_is_damaged_is_taken_from_the_tile() {
        let dir = tempfile::tempdir().unwrap();
        let files = files(dir.path(), 64);
        let (tile, identity) = (bytes(files.layout.stride(), 3), Identity(7));
        let mut floor = vec![0; 256];
        files.layout.copy_floor(&tile, &mut floor);
        files.write(0, identity, &tile, &floor).unwrap();
        write_at(&files.floors, &[0x55], 100).unwrap();
        let mut read = vec![0; 256];
        files.read_floors(0, &[Some(identity)], &mut read).unwrap();
        assert_eq!(read[..248], floor[..248]);
        assert!(!files.is_sound(0, identity).unwrap());
    }

    #[test]
    fn every_part_of_a_key_counts() {
        let length = |thousandths, is_percent| Length { thousandths, is_percent };
        let crop = |x| Crop { x, y: length(2, true), width: length(3, true), height: length(4, true) };
        let edits = [
            Edit::default(),
            Edit { quarter_turns: 1, crop: None },
            Edit { quarter_turns: 0, crop: Some(crop(length(1, true))) },
            Edit { quarter_turns: 0, crop: Some(crop(length(1, false))) },
            Edit { quarter_turns: 0, crop: Some(crop(length(5, true))) },
        ];
        let keys = edits.iter().flat_map(|edit| [([1; 32], *edit), ([2; 32], *edit)]);
        let mut identities: Vec<u32> = keys.map(|key| Identity::of(&key).0).collect();
        identities.sort_unstable();
        identities.dedup();
        assert_eq!(identities.len(), 10);
    }
}
