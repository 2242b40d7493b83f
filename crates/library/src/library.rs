//! The library, open for reading.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use millions_wall::tile::{MAX_SIDE, PortraitNumber, TileLayout, TileSource};
use millions_wall::tone::{PortraitTone, ToneFigures};

use super::detections::{Detections, ReviewReasons};
use super::edit::Edit;
use super::error::{LibraryError, io_error};
use super::files::{self, FORMAT, Header, LOG};
use super::index::{self, Entry, Index};
use super::large::LargeTiles;
use super::people::Person;
use super::perceptual::PerceptualHash;
use super::removals::{self, Decision, Kind, Removals};
use super::tile_files::{Identity, TileFiles};

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
    /// The portrait that is shown in its place, of which it is a copy.
    pub copy_of: Option<PortraitNumber>,
}

/// Hides whom the removals hide, whatever the index says.
pub(super) fn hide_removed(index: &mut Index, removals: &Removals) {
    if removals.is_empty() {
        return;
    }
    for entry in index.portraits.values_mut() {
        if removals.hides(&entry.hash, entry.looks.as_ref()) {
            entry.person.get_or_insert_default().hidden = true;
        }
    }
}

/// A library open for reading: what was committed when it was opened, and what has been since by a
/// [`super::LibraryWriter`] or [`super::Ingest`] that shares it, or, where it is followed ([`Self::follow`]), by another
/// process.
#[derive(Debug)]
pub struct Library {
    dir: PathBuf,
    aspect: f32,
    layout: TileLayout,
    files: RwLock<Arc<TileFiles>>,
    index: RwLock<Index>,
    /// How often the index was opened for writing.
    changes: AtomicU64,
    is_damaged: bool,
    remarks: Vec<String>,
    large: LargeTiles,
}

/// A library as it was opened.
pub(super) struct Opened {
    pub library: Library,
    /// The log, open for reading.
    pub log: File,
    /// Bytes of the log that count.
    pub committed_bytes: usize,
}

impl Library {
    /// Opens an existing library for reading, also while another process writes to it. What is damaged is passed over, and
    /// told in [`Self::remarks`].
    ///
    /// # Errors
    /// [`LibraryError::Missing`] where there is none; [`LibraryError::Format`] and [`LibraryError::Damaged`] for one
    /// that an [`super::Ingest`] would make again; [`LibraryError::Io`].
    pub fn open(dir: &Path) -> Result<Arc<Self>, LibraryError> {
        Self::open_with(dir, File::options().read(true)).map(|opened| Arc::new(opened.library))
    }

    /// Opens the library with the given file access.
    pub(super) fn open_with(dir: &Path, access: &OpenOptions) -> Result<Opened, LibraryError> {
        let header = match Header::read(dir) {
            Err(LibraryError::Damaged { what, .. }) => Err(what),
            other => Ok(other?),
        };
        let damaged = |what: String| LibraryError::Damaged { dir: dir.to_owned(), what };
        let path = dir.join(LOG);
        // The file, and not its path a second time: another process may put a new one there.
        let log = File::open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => damaged(format!("{LOG} is missing")),
            _ => io_error("read the library's index", &path)(error),
        })?;
        let mut bytes = Vec::new();
        (&log).read_to_end(&mut bytes).map_err(io_error("read the library's index", &path))?;
        let index::Replay { head, mut index, committed_bytes, damaged_bytes } = index::replay(&bytes);
        let mut remarks = Vec::new();
        let written = head.map(|head| Header { format: FORMAT, tile_side: head.tile_side, aspect: head.aspect });
        let header = match (written, header) {
            (Some(written), Ok(header)) if written == header => written,
            (Some(written), _) => {
                remarks.push(format!("{} is not what was written, and does not count", files::HEADER));
                written
            }
            (None, header) => header.map_err(damaged)?,
        };
        let mut is_damaged = damaged_bytes > 0 || !remarks.is_empty();
        let layout = TileLayout::new(header.tile_side).map_err(|error| damaged(error.to_string()))?;
        let files = TileFiles::open(dir, layout.clone(), access)?;
        if damaged_bytes > 0 {
            remarks.push(format!(
                "{damaged_bytes} bytes of the library's index are not what was written: people may be missing until their \
                 photographs are ingested again; nobody who was hidden or removed is shown"
            ));
        }
        if let Some(torn) = bytes.len().checked_sub(committed_bytes).filter(|torn| *torn > 0) {
            remarks.push(format!("the last {torn} bytes of the library's index were never committed and do not count"));
        }
        let count = files.count().map_err(io_error("measure the library's tiles", dir))?;
        let lost = index.portraits.keys().filter(|number| u64::from(**number) >= count).count();
        if lost > 0 {
            remarks.push(format!("the tiles of {lost} people are missing, until their photographs are ingested again"));
            index.portraits.retain(|number, _| u64::from(*number) < count);
            is_damaged = true;
        }
        // A copy whose original was lost is shown itself.
        if is_damaged {
            let numbers: BTreeSet<PortraitNumber> = index.portraits.keys().copied().collect();
            for entry in index.portraits.values_mut() {
                entry.copy_of = entry.copy_of.filter(|shown| numbers.contains(shown));
            }
        }
        let removals = Removals::load(dir)?;
        hide_removed(&mut index, &removals);
        if removals.unread() > 0 {
            remarks.push(format!(
                "{} lines of removals.txt cannot be read: whom they hide is not known",
                removals.unread()
            ));
        }
        let library = Self {
            dir: dir.to_owned(),
            aspect: header.aspect,
            layout,
            files: RwLock::new(Arc::new(files)),
            index: RwLock::new(index),
            changes: AtomicU64::new(0),
            is_damaged,
            remarks,
            large: LargeTiles::default(),
        };
        Ok(Opened { library, log, committed_bytes })
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
        self.index().portraits.values().filter(|entry| entry.is_hidden()).count()
    }

    /// Counts the portraits that are not shown because a better copy of them is.
    #[must_use]
    pub fn copies(&self) -> usize {
        self.index().portraits.values().filter(|entry| entry.is_copy() && !entry.is_hidden()).count()
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

    /// Hides a portrait at once and for good: records the decision for whatever reads this library now or later, here or on
    /// another machine, and for copies that look the same.
    ///
    /// # Errors
    /// [`LibraryError::Io`] where that cannot be written; hidden from this reader it is all the same.
    pub fn hide(&self, number: PortraitNumber) -> Result<(), LibraryError> {
        let mut hidden = Vec::new();
        {
            let mut index = self.index_mut();
            let shown = index.portraits.get(&number).and_then(|entry| entry.copy_of).unwrap_or(number);
            // All copies, of which some may look like one another and not like this one.
            let is_one =
                |(other, entry): &(&PortraitNumber, &mut Entry)| **other == shown || entry.copy_of == Some(shown);
            for (_, entry) in index.portraits.iter_mut().filter(is_one) {
                entry.person.get_or_insert_default().hidden = true;
                let decision = Decision { kind: Kind::Hidden, when: removals::now(), looks: entry.looks };
                hidden.push((entry.hash, decision));
            }
        }
        let decide =
            |removals: &mut Removals| hidden.iter().for_each(|(hash, decision)| removals.decide(*hash, *decision));
        Removals::update(&self.dir, decide).map(drop)
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
            copy_of: entry.copy_of,
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

    /// Remarks from opening it: what is damaged, a commit cut off by a kill.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        self.remarks.clone()
    }

    /// Whether a part of it was not what was written when it was opened. That of tiles shows only when they are read.
    #[must_use]
    pub const fn is_damaged(&self) -> bool {
        self.is_damaged
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

impl Library {
    /// The files of the tiles.
    pub(super) fn files(&self) -> Arc<TileFiles> {
        Arc::clone(&self.files.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads from other files from now on.
    pub(super) fn set_files(&self, files: Arc<TileFiles>) {
        *self.files.write().unwrap_or_else(PoisonError::into_inner) = files;
    }

    fn identity(&self, number: PortraitNumber) -> Option<Identity> {
        self.index().portraits.get(&number).map(|entry| Identity::of(&entry.key()))
    }
}

impl TileSource for Library {
    fn layout(&self) -> &TileLayout {
        &self.layout
    }

    fn read_tile(&self, number: PortraitNumber, prefix: &mut [u8]) -> io::Result<()> {
        let Some(identity) = self.identity(number) else {
            return Err(io::Error::new(io::ErrorKind::NotFound, format!("there is no portrait {number}")));
        };
        let (stride, wanted) = (self.layout.stride(), prefix.len());
        if wanted > stride {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("a tile has {stride} bytes, not {wanted}"),
            ));
        }
        self.files().read_tile(number, identity, prefix)
    }

    fn read_floors(&self, first: PortraitNumber, floors: &mut [u8]) -> io::Result<()> {
        let count = floors.len() / TileLayout::floor().stride();
        let mut identities = vec![None; count];
        {
            let index = self.index();
            let end = first.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
            for (number, entry) in index.portraits.range(first..end) {
                identities[(number - first) as usize] = Some(Identity::of(&entry.key()));
            }
        }
        self.files().read_floors(first, &identities, floors)
    }

    fn finest_side(&self) -> u32 {
        MAX_SIDE
    }

    fn read_large(&self, number: PortraitNumber, side: u32, tile: &mut Vec<u8>) -> io::Result<Option<TileLayout>> {
        let index = self.index();
        self.large.retain(|number, key| index.portraits.get(&number).is_some_and(|entry| entry.key() == *key));
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
