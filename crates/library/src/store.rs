//! The library's files, and the library open for reading.

use millions_base::replace_file;
use std::fs::{self, File};
use std::io::{self};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde::{Deserialize, Serialize};

use super::detections::{Detections, ReviewReasons};
use super::edit::Edit;
use super::error::{LibraryError, io_error};
use super::index::{self, Entry, Index};
use super::large::LargeTiles;
use super::people::Person;
use millions_wall::tile::{MAX_SIDE, PortraitNumber, TileLayout, TileSource};
use millions_wall::tone::{PortraitTone, ToneFigures};

pub const HEADER: &str = "millions-library.toml";
pub const TILES: &str = "tiles.bin";
pub const FLOORS: &str = "floors.bin";
pub const LOG: &str = "index.log";
pub const REJECTED: &str = "rejected.txt";
pub const DOUBTFUL: &str = "doubtful.txt";
pub const LOCK: &str = "library.lock";

/// The format that this program reads and writes.
pub const FORMAT: u32 = 2;
const HEADER_REMARK: &str =
    "# A library of `millions`: tiles made from photographs. It can be deleted and made again from them.\n";

/// The library's header file.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    pub format: u32,
    pub tile_side: u32,
    pub aspect: f32,
}

impl Header {
    /// Reads and checks the header of the library in `dir`.
    pub fn read(dir: &Path) -> Result<Self, LibraryError> {
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let path = dir.join(HEADER);
        let text = fs::read(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => LibraryError::Missing { dir: dir.to_owned() },
            _ => io_error("read the library's header", &path)(error),
        })?;
        let text = String::from_utf8_lossy(&text);
        let damaged = |error: toml::de::Error| LibraryError::Damaged {
            dir: dir.to_owned(),
            what: format!("{HEADER}: {}", error.message()),
        };
        // The version first: another version may have other keys.
        let Version { format } = toml::from_str(&text).map_err(damaged)?;
        if format != FORMAT {
            return Err(LibraryError::Format { dir: dir.to_owned(), found: format, expected: FORMAT });
        }
        let header: Self = toml::from_str(&text).map_err(damaged)?;
        check_aspect(header.aspect)
            .map_err(|error| LibraryError::Damaged { dir: dir.to_owned(), what: error.to_string() })?;
        Ok(header)
    }

    /// Writes the header of the library in `dir`; from then on there is one.
    pub fn write(&self, dir: &Path) -> Result<(), LibraryError> {
        let path = dir.join(HEADER);
        let text = toml::to_string(self).map_err(|error| {
            io_error("write the library's header", &path)(io::Error::new(io::ErrorKind::InvalidData, error))
        })?;
        replace_file(&path, format!("{HEADER_REMARK}{text}").as_bytes())
            .map_err(io_error("write the library's header", &path))
    }
}

/// Refuses aspects that no tile can have.
pub fn check_aspect(aspect: f32) -> Result<(), LibraryError> {
    if (0.1..=10.0).contains(&aspect) { Ok(()) } else { Err(LibraryError::Aspect { aspect }) }
}

/// One person's place in the library.
#[derive(Clone, Debug, PartialEq)]
pub struct Portrait {
    /// Its number.
    pub number: PortraitNumber,
    /// BLAKE3 of the photograph's bytes.
    pub hash: [u8; 32],
    /// The photograph's files, by path: several when the same bytes lie in several places, none for invented people.
    pub sources: Vec<PathBuf>,
    /// What was asked to be done to the photograph.
    pub edit: Edit,
    /// Its light.
    pub tone: ToneFigures,
    /// Who it shows; the default where nothing is known.
    pub person: Person,
    /// What was seen in the photograph, and the part of it that the tile shows.
    pub detections: Detections,
}

/// A library open for reading. It shows what was committed when it was opened, and what a [`super::LibraryWriter`] or
/// [`super::Ingest`] that shares it has committed since.
#[derive(Debug)]
pub struct Library {
    dir: PathBuf,
    aspect: f32,
    layout: TileLayout,
    pub(super) tiles: File,
    pub(super) floors: File,
    index: RwLock<Index>,
    remarks: Vec<String>,
    large: LargeTiles,
}

impl Library {
    /// Opens an existing library for reading; a process that writes to it is not in the way.
    ///
    /// # Errors
    /// [`LibraryError::Missing`] where there is none; [`LibraryError::Format`] and [`LibraryError::Damaged`] for one
    /// that an [`super::Ingest`] would make again; [`LibraryError::Io`].
    pub fn open(dir: &Path) -> Result<Arc<Self>, LibraryError> {
        Self::open_with(dir, File::options().read(true)).map(|(library, _)| Arc::new(library))
    }

    /// Opens the library with the given file access, and says how many bytes of the log are committed.
    pub(super) fn open_with(dir: &Path, access: &fs::OpenOptions) -> Result<(Self, usize), LibraryError> {
        let header = Header::read(dir)?;
        let damaged = |what: String| LibraryError::Damaged { dir: dir.to_owned(), what };
        let layout = TileLayout::new(header.tile_side).map_err(|error| damaged(error.to_string()))?;
        let open = |name: &str| {
            let path = dir.join(name);
            access.open(&path).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => damaged(format!("{name} is missing")),
                _ => io_error("open a file of the library", &path)(error),
            })
        };
        let (tiles, floors) = (open(TILES)?, open(FLOORS)?);
        let log = dir.join(LOG);
        let bytes = fs::read(&log).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => damaged(format!("{LOG} is missing")),
            _ => io_error("read the library's index", &log)(error),
        })?;
        let replay = index::replay(&bytes).map_err(damaged)?;
        if let Some((last, _)) = replay.index.portraits.last_key_value() {
            let tiles_wanted = (u64::from(*last) + 1) * layout.stride() as u64;
            let floors_wanted = (u64::from(*last) + 1) * TileLayout::floor().stride() as u64;
            for (name, file, wanted) in [(TILES, &tiles, tiles_wanted), (FLOORS, &floors, floors_wanted)] {
                let found = file.metadata().map_err(io_error("measure a file of the library", &dir.join(name)))?.len();
                if found < wanted {
                    return Err(damaged(format!("{name} has {found} bytes of {wanted}")));
                }
            }
        }
        let torn = bytes.len() - replay.committed_bytes;
        let remarks = if torn > 0 {
            vec![format!("the last {torn} bytes of the library's index were never committed and do not count")]
        } else {
            Vec::new()
        };
        let library = Self {
            dir: dir.to_owned(),
            aspect: header.aspect,
            layout,
            tiles,
            floors,
            index: RwLock::new(replay.index),
            remarks,
            large: LargeTiles::default(),
        };
        Ok((library, replay.committed_bytes))
    }

    /// The library's folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Width / height of a tile as shown.
    #[must_use]
    pub const fn aspect(&self) -> f32 {
        self.aspect
    }

    /// The numbers of everybody who is to be shown, ascending: all but the hidden.
    #[must_use]
    pub fn portraits(&self) -> Vec<PortraitNumber> {
        self.index().shown().map(|(number, _)| number).collect()
    }

    /// How many people are to be shown.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index().shown().count()
    }

    /// Whether nobody is to be shown.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index().shown().next().is_none()
    }

    /// How many people are in it and not to be shown.
    #[must_use]
    pub fn hidden(&self) -> usize {
        let index = self.index();
        index.portraits.len() - index.shown().count()
    }

    /// The numbers of the featured who are to be shown, ascending.
    #[must_use]
    pub fn featured(&self) -> Vec<PortraitNumber> {
        let index = self.index();
        let featured = |entry: &Entry| entry.person.as_ref().is_some_and(|person| person.featured);
        index.shown().filter(|(_, entry)| featured(entry)).map(|(number, _)| number).collect()
    }

    /// Who a portrait shows, where anything is known.
    #[must_use]
    pub fn person(&self, number: PortraitNumber) -> Option<Person> {
        self.index().portraits.get(&number)?.person.as_deref().cloned()
    }

    /// What is known of one portrait.
    #[must_use]
    pub fn portrait(&self, number: PortraitNumber) -> Option<Portrait> {
        self.index().portraits.get(&number).map(|entry| Portrait {
            number,
            hash: entry.hash,
            sources: entry.sources.iter().map(|source| source.path.clone()).collect(),
            edit: entry.edit,
            tone: entry.tone,
            person: entry.person.as_deref().cloned().unwrap_or_default(),
            detections: entry.detections.clone(),
        })
    }

    /// The tone figures of everybody, ascending by number: one pass for a whole wall.
    #[must_use]
    pub fn tones(&self) -> Vec<(PortraitNumber, ToneFigures)> {
        self.index().portraits.iter().map(|(number, entry)| (*number, entry.tone)).collect()
    }

    /// The photographs whose crop a person should look at, and why; one file of each portrait.
    pub(super) fn doubtful(&self) -> Vec<(String, ReviewReasons)> {
        let index = self.index();
        let doubtful = index.portraits.values().filter(|entry| !entry.detections.review_reasons.is_empty());
        let first = |entry: &index::Entry| {
            Some((entry.sources.first()?.path.display().to_string(), entry.detections.review_reasons))
        };
        doubtful.filter_map(first).collect()
    }

    /// How many crops are doubtful, and how many tiles larger than what they were made of.
    pub(super) fn count_doubtful(&self) -> (usize, usize) {
        let index = self.index();
        let count = |counts: &dyn Fn(&Detections) -> bool| {
            index.portraits.values().filter(|entry| counts(&entry.detections)).count()
        };
        (
            count(&|detections| !detections.review_reasons.is_empty()),
            count(&|detections| detections.upscaled().is_some()),
        )
    }

    /// What opening it found, such as a commit that a kill had cut off.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        self.remarks.clone()
    }

    /// The index. A panic elsewhere cannot leave it half changed in a way that matters: each record stands alone.
    pub(super) fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn index_mut(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TileSource for Library {
    fn layout(&self) -> &TileLayout {
        &self.layout
    }

    fn read_tile(&self, number: PortraitNumber, prefix: &mut [u8]) -> io::Result<()> {
        if !self.index().portraits.contains_key(&number) {
            return Err(io::Error::new(io::ErrorKind::NotFound, format!("there is no portrait {number}")));
        }
        let stride = self.layout.stride();
        if prefix.len() > stride {
            let wanted = prefix.len();
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("a tile has {stride} bytes, not {wanted}"),
            ));
        }
        let read = read_at(&self.tiles, prefix, u64::from(number) * stride as u64)?;
        if read < prefix.len() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    fn read_floors(&self, first: PortraitNumber, floors: &mut [u8]) -> io::Result<()> {
        let read = read_at(&self.floors, floors, u64::from(first) * TileLayout::floor().stride() as u64)?;
        // Behind the last portrait there is nothing, which reads as black.
        floors[read..].fill(0);
        Ok(())
    }

    fn finest_side(&self) -> u32 {
        MAX_SIDE
    }

    fn read_large(&self, number: PortraitNumber, side: u32, tile: &mut Vec<u8>) -> io::Result<Option<TileLayout>> {
        let index = self.index();
        self.large.retain(|number| index.portraits.contains_key(&number));
        let Some(entry) = index.portraits.get(&number).cloned() else { return Ok(None) };
        drop(index);
        let large = self.large.get(number, &entry, side, self.layout.side(), self.aspect);
        Ok(large.map(|large| {
            tile.clone_from(&large.bytes);
            large.layout.clone()
        }))
    }

    fn tones(&self, numbers: &[PortraitNumber]) -> Vec<PortraitTone> {
        let index = self.index();
        let tone = |number| {
            index.portraits.get(number).map_or_else(PortraitTone::default, |entry| PortraitTone {
                light: entry.tone.light,
                noise: entry.tone.noise,
                stops: entry.person.as_ref().map_or(0.0, |person| person.tone_stops),
            })
        };
        numbers.iter().map(tone).collect()
    }
}

/// Reads at a place, up to the file's end; returns how many bytes there were.
fn read_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<usize> {
    let mut total = 0;
    while !bytes.is_empty() {
        #[cfg(unix)]
        let read = std::os::unix::fs::FileExt::read_at(file, bytes, offset);
        #[cfg(windows)]
        let read = std::os::windows::fs::FileExt::seek_read(file, bytes, offset);
        match read {
            Ok(0) => break,
            Ok(read) => {
                bytes = &mut bytes[read..];
                offset += read as u64;
                total += read;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(total)
}

/// Writes all of `bytes` at a place.
pub fn write_at(file: &File, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        #[cfg(unix)]
        let written = std::os::unix::fs::FileExt::write_at(file, bytes, offset);
        #[cfg(windows)]
        let written = std::os::windows::fs::FileExt::seek_write(file, bytes, offset);
        match written {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                bytes = &bytes[written..];
                offset += written as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The library that belongs to a set of folders, by the platform's convention: always the same one for the same
/// folders, in whatever order and however they are written.
#[must_use]
pub fn default_dir(folders: &[PathBuf]) -> PathBuf {
    let mut folders: Vec<PathBuf> = folders
        .iter()
        .map(|folder| {
            fs::canonicalize(folder).or_else(|_| std::path::absolute(folder)).unwrap_or_else(|_| folder.clone())
        })
        .collect();
    folders.sort();
    folders.dedup();
    let mut hasher = blake3::Hasher::new();
    for folder in &folders {
        hasher.update(folder.as_os_str().as_encoded_bytes()).update(&[0]);
    }
    let name: String = folders
        .first()
        .and_then(|folder| folder.file_name())
        .map(|name| name.to_string_lossy())
        .unwrap_or_default()
        .chars()
        .filter(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_'))
        .take(40)
        .collect();
    let name = if name.is_empty() { "photographs".into() } else { name };
    let base = directories::ProjectDirs::from("", "", "millions")
        .map_or_else(|| std::env::temp_dir().join("millions"), |dirs| dirs.data_local_dir().to_owned());
    base.join("libraries").join(format!("{name}-{}", &hasher.finalize().to_hex()[..12]))
}
