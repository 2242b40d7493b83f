//! The directories (IFDs) of TIFF files, of EXIF and of the RAW files that are built like them.
//!
//! Everything in them is an offset that a stranger wrote: each is held against the bytes that are there, and directories and
//! values are bounded in number.

/// The most directories that are looked at in one file: a page, its subdirectories, those of the RAW.
const MAX_DIRECTORIES: usize = 256;
/// The most entries of a directory.
const MAX_ENTRIES: usize = 4096;

/// Tags of TIFF 6.0, TIFF/EP and DNG.
pub mod tag {
    pub const NEW_SUBFILE_TYPE: u16 = 254;
    pub const WIDTH: u16 = 256;
    pub const HEIGHT: u16 = 257;
    pub const COMPRESSION: u16 = 259;
    pub const PHOTOMETRIC: u16 = 262;
    pub const STRIP_OFFSETS: u16 = 273;
    pub const ORIENTATION: u16 = 274;
    pub const STRIP_BYTES: u16 = 279;
    pub const EXTRA_SAMPLES: u16 = 338;
    pub const COLOUR_MAP: u16 = 320;
    pub const SUB_IFDS: u16 = 330;
    pub const JPEG_OFFSET: u16 = 513;
    pub const JPEG_LENGTH: u16 = 514;
    pub const ICC_PROFILE: u16 = 34675;
    pub const DNG_VERSION: u16 = 50706;
    /// Panasonic's JPEG, whole, as a value.
    pub const JPEG_FROM_RAW: u16 = 46;
}

/// A file of directories, by its header.
#[derive(Clone, Copy, Debug)]
pub struct Directories<'a> {
    bytes: &'a [u8],
    is_big_endian: bool,
    /// BigTIFF, whose offsets have 64 bits.
    is_big: bool,
    /// The offset of the first directory.
    pub first: u64,
}

/// An entry of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub tag: u16,
    kind: u16,
    count: u64,
    /// The offset of its first value.
    pub value_at: u64,
}

/// A directory, of a page or of a part of a RAW file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    /// Its offset.
    pub at: u64,
    pub entries: Vec<Entry>,
    next: u64,
}

impl Directory {
    /// Finds the first entry with a tag.
    pub fn get(&self, tag: u16) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.tag == tag)
    }
}

impl<'a> Directories<'a> {
    /// Reads the header of TIFF, BigTIFF, or a RAW file with a magic number of its own (Olympus, Panasonic).
    pub fn open(bytes: &'a [u8]) -> Option<Self> {
        let is_big_endian = match bytes.get(..2)? {
            b"II" => false,
            b"MM" => true,
            _ => return None,
        };
        let mut this = Self { bytes, is_big_endian, is_big: false, first: 0 };
        match this.number(2, 2)? {
            // 0x4F52 and 0x5352 are Olympus', 0x55 Panasonic's.
            0x2A | 0x4F52 | 0x5352 | 0x55 => this.first = this.number(4, 4)?,
            0x2B => {
                this.is_big = true;
                this.first = this.number(8, 8)?;
            }
            _ => return None,
        }
        Some(this)
    }

    /// The number of `length` bytes at an offset.
    fn number(&self, at: u64, length: usize) -> Option<u64> {
        let at = usize::try_from(at).ok()?;
        let bytes = self.bytes.get(at..at.checked_add(length)?)?;
        let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(if self.is_big_endian { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) })
    }

    /// Reads the directory at an offset, as far as the file goes.
    pub fn read(&self, at: u64) -> Option<Directory> {
        let (count_length, entry_length, inline) = if self.is_big { (8, 20, 8) } else { (2, 12, 4) };
        let count = self.number(at, count_length)?;
        let start = at.checked_add(count_length as u64)?;
        let mut entries = Vec::new();
        for index in 0..count.min(MAX_ENTRIES as u64) {
            let entry_at = start.checked_add(index * entry_length)?;
            let Some(entry) = self.entry(entry_at, inline) else { break };
            entries.push(entry);
        }
        let next_at = start.checked_add(count.min(MAX_ENTRIES as u64) * entry_length)?;
        Some(Directory { at, entries, next: self.number(next_at, inline).unwrap_or(0) })
    }

    fn entry(&self, at: u64, inline: usize) -> Option<Entry> {
        let [tag, kind] = [self.number(at, 2)?, self.number(at + 2, 2)?].map(|number| number as u16);
        let count = self.number(at + 4, inline)?;
        let field = at + 4 + inline as u64;
        let is_inline = count.checked_mul(size_of_kind(kind) as u64).is_some_and(|bytes| bytes <= inline as u64);
        let value_at = if is_inline { field } else { self.number(field, inline)? };
        Some(Entry { tag, kind, count, value_at })
    }

    /// The first `most` whole numbers of an entry, of whichever integer type; none for other types.
    pub fn numbers(&self, entry: &Entry, most: usize) -> Vec<u64> {
        let length = match entry.kind {
            // BYTE, SBYTE and UNDEFINED; SHORT; LONG and IFD; LONG8 and IFD8.
            1 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 13 => 4,
            16..=18 => 8,
            _ => return Vec::new(),
        };
        let count = entry.count.min(most as u64);
        (0..count).map_while(|index| self.number(entry.value_at.checked_add(index * length as u64)?, length)).collect()
    }

    /// The first whole number of a tag.
    pub fn value(&self, directory: &Directory, tag: u16) -> Option<u64> {
        directory.entries.iter().filter(|entry| entry.tag == tag).find_map(|entry| self.numbers(entry, 1).pop())
    }

    /// The bytes that make the first number of an entry another one, and where they go.
    pub fn patch(&self, entry: &Entry, value: u64) -> (u64, Vec<u8>) {
        (entry.value_at, self.written(value, size_of_kind(entry.kind)))
    }

    /// The bytes that make another directory the file's first, and where they go.
    pub fn patch_first(&self, directory: &Directory) -> (u64, Vec<u8>) {
        if self.is_big { (8, self.written(directory.at, 8)) } else { (4, self.written(directory.at, 4)) }
    }

    fn written(&self, value: u64, length: usize) -> Vec<u8> {
        let little = value.to_le_bytes().into_iter().take(length);
        if self.is_big_endian { little.rev().collect() } else { little.collect() }
    }

    /// The bytes of a value of bytes.
    pub fn bytes_of(&self, entry: &Entry) -> Option<&'a [u8]> {
        if !matches!(entry.kind, 1 | 2 | 6 | 7) {
            return None;
        }
        self.slice(entry.value_at, entry.count)
    }

    /// A part of the file, as far as the file goes; `None` for one that begins beyond it.
    pub fn slice(&self, at: u64, length: u64) -> Option<&'a [u8]> {
        let at = usize::try_from(at).ok().filter(|at| *at < self.bytes.len())?;
        let end = at.saturating_add(usize::try_from(length).unwrap_or(usize::MAX)).min(self.bytes.len());
        self.bytes.get(at..end)
    }

    /// All directories of the file: each page, and after it those below it; each once.
    pub fn all(&self) -> Vec<Directory> {
        let (mut found, mut seen) = (Vec::<Directory>::new(), std::collections::HashSet::new());
        // A stack: the last is read next.
        let mut pending = vec![self.first];
        while let Some(at) = pending.pop().filter(|_| found.len() < MAX_DIRECTORIES) {
            if at == 0 || !seen.insert(at) {
                continue;
            }
            let Some(directory) = self.read(at) else { continue };
            pending.push(directory.next);
            if let Some(entry) = directory.get(tag::SUB_IFDS) {
                pending.extend(self.numbers(entry, 32).into_iter().rev());
            }
            found.push(directory);
        }
        found
    }
}

const fn size_of_kind(kind: u16) -> usize {
    match kind {
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16 | 17 | 18 => 8,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A little-endian file of directories, each of tags with one LONG, in a chain.
    fn file(directories: &[&[(u16, u32)]]) -> Vec<u8> {
        let mut bytes = b"II*\0\x08\0\0\0".to_vec();
        for (index, tags) in directories.iter().enumerate() {
            bytes.extend((tags.len() as u16).to_le_bytes());
            for (tag, value) in *tags {
                bytes.extend([&tag.to_le_bytes()[..], &[4, 0, 1, 0, 0, 0], &value.to_le_bytes()].concat());
            }
            let next = if index + 1 < directories.len() { bytes.len() as u32 + 4 } else { 0 };
            bytes.extend(next.to_le_bytes());
        }
        bytes
    }

    #[test]
    fn every_directory_is_found_once() {
        let bytes = file(&[&[(tag::WIDTH, 3), (tag::SUB_IFDS, 50)], &[(tag::WIDTH, 5)], &[(tag::SUB_IFDS, 8)]]);
        let directories = Directories::open(&bytes).unwrap();
        let all = directories.all();
        let widths: Vec<_> = all.iter().map(|directory| directories.value(directory, tag::WIDTH)).collect();
        assert!(all.len() >= 3 && widths.iter().filter(|width| **width == Some(3)).count() == 1, "{all:?}");
    }

    proptest! {
        #[test]
        fn no_bytes_hang_or_panic(mut bytes in prop::collection::vec(any::<u8>(), 8..400), start in 0usize..4) {
            let starts: [&[u8]; 4] = [b"II*\0", b"MM\0*", b"II+\0", b"IIU\0"];
            bytes[..4].copy_from_slice(starts[start]);
            if start != 2 {
                bytes[4..8].copy_from_slice(&[8, 0, 0, 0]);
            }
            let Some(directories) = Directories::open(&bytes) else { return Ok(()) };
            for directory in directories.all() {
                for entry in &directory.entries {
                    let _ = (directories.numbers(entry, 100), directories.bytes_of(entry));
                }
            }
        }
    }
}
