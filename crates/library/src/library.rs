//! The library, open for reading.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use millions_wall::tile::{MAX_SIDE, PortraitNumber, TileLayout, TileSource};
use millions_wall::tone::{PortraitTone, ToneFigures};

use super::detections::{Detections, ReviewReasons};
use super::edit::Edit;
use super::error::{LibraryError, io_error};
use super::files::{FLOORS, Header, LOG, TILES, read_at};
use super::index::{self, Entry, Index};
use super::large::LargeTiles;
use super::people::Person;
use super::perceptual::PerceptualHash;
use super::removals::Removals;

/// A portrait as the library describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Portrait {
    /// Its number.
    pub number: PortraitNumber,
    /// BLAKE3 of the photograph's bytes.
    pub hash: [u8; 32],
    /// The photograph's files, by path: several for duplicates, none for the demo crowd.
    pub sources: Vec<PathBuf>,
    /// The edit applied to the photograph.
    pub edit: Edit,
    /// Its tone figures.
    pub tone: ToneFigures,
    /// The person it shows; the default where nothing is known.
    pub person: Person,
    /// What was detected in the photograph, and the crop that the tile shows.
    pub detections: Detections,
    /// The perceptual hash of the upright photograph, where there is one.
    pub looks: Option<PerceptualHash>,
}

/// Hides whom the removals hide, whatever the index says.
fn hide_removed(index: &mut Index, removals: &Removals) {
    if removals.is_empty() {
        return;
    }
    for entry in index.portraits.values_mut() {
        if removals.hides(&entry.hash, entry.looks.as_ref()) {
            entry.person.get_or_insert_default().hidden = true;
        }
    }
}

/// A library open for reading: what was committed when it was opened, and what a [`super::LibraryWriter`] or
/// [`super::Ingest`] that shares it has committed since.
#[derive(Debug)]
pub struct Library {
    dir: PathBuf,
    aspect: f32,
    layout: TileLayout,
    pub(super) tiles: File,
    pub(super) floors: File,
    index: RwLock<Index>,
    /// How often the index was opened for writing.
    changes: AtomicU64,
    remarks: Vec<String>,
    large: LargeTiles,
}

impl Library {
    /// Opens an existing library for reading, also while another process writes to it.
    ///
    /// # Errors
    /// [`LibraryError::Missing`] where there is none; [`LibraryError::Format`] and [`LibraryError::Damaged`] for one
    /// that an [`super::Ingest`] would make again; [`LibraryError::Io`].
    pub fn open(dir: &Path) -> Result<Arc<Self>, LibraryError> {
        Self::open_with(dir, File::options().read(true)).map(|(library, _)| Arc::new(library))
    }

    /// Opens the library with the given file access; returns it with the number of committed bytes in the log.
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
            let count = u64::from(*last) + 1;
            for (name, file, layout) in [(TILES, &tiles, &layout), (FLOORS, &floors, &TileLayout::floor())] {
                let expected = count * layout.stride() as u64;
                let found = file.metadata().map_err(io_error("measure a file of the library", &dir.join(name)))?.len();
                if found < expected {
                    return Err(damaged(format!("{name} has {found} bytes of {expected}")));
                }
            }
        }
        let torn = bytes.len() - replay.committed_bytes;
        let torn = (torn > 0)
            .then(|| format!("the last {torn} bytes of the library's index were never committed and do not count"));
        let removals = Removals::load(dir)?;
        let mut index = replay.index;
        hide_removed(&mut index, &removals);
        let unread = (removals.unread() > 0).then(|| {
            format!("{} lines of removals.txt cannot be read: whom they hide is not known", removals.unread())
        });
        let library = Self {
            dir: dir.to_owned(),
            aspect: header.aspect,
            layout,
            tiles,
            floors,
            index: RwLock::new(index),
            changes: AtomicU64::new(0),
            remarks: torn.into_iter().chain(unread).collect(),
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

    /// The numbers of all portraits that are shown, ascending: all but the hidden.
    #[must_use]
    pub fn portraits(&self) -> Vec<PortraitNumber> {
        self.index().shown().map(|(number, _)| number).collect()
    }

    /// Counts the portraits that are shown.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index().shown().count()
    }

    /// Whether no portrait is shown.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index().shown().next().is_none()
    }

    /// Counts the hidden portraits.
    #[must_use]
    pub fn hidden(&self) -> usize {
        let index = self.index();
        index.portraits.len() - index.shown().count()
    }

    /// The numbers of the featured portraits that are shown, ascending.
    #[must_use]
    pub fn featured(&self) -> Vec<PortraitNumber> {
        let index = self.index();
        let featured = |entry: &Entry| entry.person.as_ref().is_some_and(|person| person.featured);
        index.shown().filter(|(_, entry)| featured(entry)).map(|(number, _)| number).collect()
    }

    /// The person of a portrait, where anything is known.
    #[must_use]
    pub fn person(&self, number: PortraitNumber) -> Option<Person> {
        self.index().portraits.get(&number)?.person.as_deref().cloned()
    }

    /// All that is known of one portrait.
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
            looks: entry.looks,
        })
    }

    /// The tone figures of all portraits, ascending by number.
    #[must_use]
    pub fn tones(&self) -> Vec<(PortraitNumber, ToneFigures)> {
        self.index().portraits.iter().map(|(number, entry)| (*number, entry.tone)).collect()
    }

    /// The photographs whose crop a person should review, with the reasons: the first file of each portrait.
    pub(super) fn review_list(&self) -> Vec<(String, ReviewReasons)> {
        let index = self.index();
        let review = index.portraits.values().filter(|entry| !entry.detections.review_reasons.is_empty());
        let first_file =
            |entry: &Entry| Some((entry.sources.first()?.path.display().to_string(), entry.detections.review_reasons));
        review.filter_map(first_file).collect()
    }

    /// Counts the portraits, hidden ones included, whose detections satisfy a condition.
    pub(super) fn count_detections(&self, condition: impl Fn(&Detections) -> bool) -> usize {
        self.index().portraits.values().filter(|entry| condition(&entry.detections)).count()
    }

    /// Remarks from opening it, such as a commit cut off by a kill.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        self.remarks.clone()
    }

    /// The index. A poisoned lock is taken all the same: each record is applied by itself, so no panic leaves it torn.
    pub(super) fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn index_mut(&self) -> RwLockWriteGuard<'_, Index> {
        let index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        // Under the lock: whoever sees the new number waits for what is written.
        self.changes.fetch_add(1, Ordering::Release);
        index
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
        let (stride, wanted) = (self.layout.stride(), prefix.len());
        if wanted > stride {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("a tile has {stride} bytes, not {wanted}"),
            ));
        }
        let read = read_at(&self.tiles, prefix, u64::from(number) * stride as u64)?;
        if read < wanted { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    fn read_floors(&self, first: PortraitNumber, floors: &mut [u8]) -> io::Result<()> {
        let read = read_at(&self.floors, floors, u64::from(first) * TileLayout::floor().stride() as u64)?;
        // Past the last portrait the floors are black.
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

    fn tones_version(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    fn has_corrections(&self) -> bool {
        self.index().corrected > 0
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
