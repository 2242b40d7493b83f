//! The library, open for reading.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use millions_wall::tile::{MAX_SIDE, PortraitNumber, TileLayout, TileSource};
use millions_wall::tone::{PortraitTone, ToneFigures};

use super::detections::{Detections, ReviewReasons};
use super::edit::Edit;
use super::error::{LibraryError, io_error};
use super::files::{self, FORMAT, Header, LOG, read_at};
use super::index::log::{LOG_START, LogBytes, LogHead};
use super::index::{Entry, Index, Row, Traits, format4};
use super::large::LargeTiles;
use super::people::Person;
use super::perceptual::PerceptualHash;
use super::removals::{self, Decision, Kind, Removals};
use super::spill::Backing;
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

impl Portrait {
    fn of(number: PortraitNumber, entry: Entry) -> Self {
        Self {
            number,
            hash: entry.hash,
            sources: entry.sources.into_iter().map(|source| source.path).collect(),
            edit: entry.edit,
            tone: entry.tone,
            person: entry.person.map(|person| *person).unwrap_or_default(),
            detections: entry.detections,
            looks: entry.looks,
            copy_of: entry.copy_of,
        }
    }
}

/// Comparisons of looks that one thread makes: a hundredth of a second.
const COMPARISONS_A_THREAD: usize = 10_000_000;

/// The portraits that are shown, or stand by, and that the removals hide, by number.
pub(super) fn newly_hidden(index: &Index, removals: &Removals) -> Vec<PortraitNumber> {
    if removals.is_empty() {
        return Vec::new();
    }
    let hides = |(_, row): &(PortraitNumber, &Row)| !row.is_hidden() && removals.hides_now(&row.hash, row.looks());
    let find = |numbers| index.range(numbers).filter(hides).map(|(number, _)| number).collect::<Vec<_>>();
    let end = index.end();
    let useful = index.counts().all.saturating_mul(removals.looks()) / COMPARISONS_A_THREAD + 1;
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(useful) as u32;
    let part = end.div_ceil(threads.max(1)).max(1);
    std::thread::scope(|scope| {
        let parts = (0..threads).map(|at| (at * part).min(end)..(at * part).saturating_add(part).min(end));
        let found: Vec<_> = parts.map(|numbers| scope.spawn(|| find(numbers))).collect();
        // A part that panicked is hidden whole.
        let parts = (0..threads).map(|at| (at * part).min(end)..(at * part).saturating_add(part).min(end));
        found.into_iter().zip(parts).flat_map(|(found, part)| found.join().unwrap_or_else(|_| part.collect())).collect()
    })
}

/// Hides whom the removals hide, whatever the index says.
pub(super) fn hide_removed(index: &mut Index, removals: &Removals) {
    newly_hidden(index, removals).into_iter().for_each(|number| index.hide(number));
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
    /// Decisions that are not written yet: they count all the same.
    unwritten: Mutex<Vec<([u8; 32], Decision)>>,
}

/// A library as it was opened.
pub(super) struct Opened {
    pub library: Library,
    /// Bytes of the log that count.
    pub committed_bytes: u64,
    /// Whether it has an older format.
    pub is_old: bool,
}

impl Library {
    /// Whether there is one, in whatever state.
    #[must_use]
    pub fn is_at(dir: &Path) -> bool {
        dir.join(files::HEADER).exists()
    }

    /// Opens an existing library for reading, also while another process writes to it. What is damaged is passed over, and
    /// told in [`Self::remarks`].
    ///
    /// # Errors
    /// [`LibraryError::Missing`] where there is none; [`LibraryError::Format`] and [`LibraryError::Damaged`] for one
    /// that an [`super::Ingest`] would make again; [`LibraryError::Io`].
    pub fn open(dir: &Path) -> Result<Arc<Self>, LibraryError> {
        Self::open_in(dir, &Backing::Memory)
    }

    /// As [`Self::open`], with its rows in `backing`.
    pub(super) fn open_in(dir: &Path, backing: &Backing) -> Result<Arc<Self>, LibraryError> {
        Self::open_with(dir, File::options().read(true), backing).map(|opened| Arc::new(opened.library))
    }

    /// The side of a library's tiles and their aspect, without opening it.
    ///
    /// # Errors
    /// Those of [`Self::open`].
    pub fn shape(dir: &Path) -> Result<(u32, f32), LibraryError> {
        let header = Header::read(dir);
        let mut start = [0; LogHead::BYTES];
        let read = File::open(dir.join(LOG)).and_then(|log| read_at(&log, &mut start, 0)).unwrap_or(0);
        let head = [LOG_START, format4::LOG_START].into_iter().find_map(|kind| LogHead::read(&start[..read], kind));
        match (head, header) {
            // What was written counts more than a header that people may change, but for its version.
            (Some(head), Ok(_) | Err(LibraryError::Damaged { .. })) => Ok((head.tile_side, head.aspect)),
            (_, header) => header.map(|header| (header.tile_side, header.aspect)),
        }
    }

    /// Opens the library with the given file access, its rows in `backing`.
    pub(super) fn open_with(dir: &Path, access: &OpenOptions, backing: &Backing) -> Result<Opened, LibraryError> {
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
        let reading = || io_error("read the library's index", &path);
        let mut start = vec![0; LogHead::BYTES + size_of::<u32>()];
        let read = read_at(&log, &mut start, 0).map_err(reading())?;
        let is_old = format4::is_this(&start[..read]);
        let head = LogHead::read(&start[..read], if is_old { format4::LOG_START } else { LOG_START });
        let mut remarks = Vec::new();
        let header = match (head, header) {
            // The version is the log's: where it was brought up to date, the header was written first.
            (Some(head), Ok(header)) if (head.tile_side, head.aspect) == (header.tile_side, header.aspect) => header,
            (Some(LogHead { tile_side, aspect, .. }), _) => {
                remarks.push(format!("{} is not what was written, and does not count", files::HEADER));
                Header { format: FORMAT, tile_side, aspect }
            }
            (None, header) => header.map_err(damaged)?,
        };
        let layout = TileLayout::new(header.tile_side).map_err(|error| damaged(error.to_string()))?;
        let files = TileFiles::open(dir, layout.clone(), access)?;
        let count = files.count().map_err(io_error("measure the library's tiles", dir))?;
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let length = log.metadata().map_err(reading())?.len();
        let (mut index, committed_bytes, damaged_bytes) = if is_old {
            let mut bytes = Vec::new();
            (&log).read_to_end(&mut bytes).map_err(reading())?;
            let converted = format4::convert(&bytes, count).map_err(reading())?;
            (converted.index, converted.committed_bytes, converted.damaged_bytes)
        } else {
            let (index, replay) = Index::replay(LogBytes::File(log), head, count, backing).map_err(reading())?;
            (index, replay.committed_bytes, replay.damaged_bytes)
        };
        let mut is_damaged = damaged_bytes > 0 || !remarks.is_empty();
        if damaged_bytes > 0 {
            remarks.push(format!(
                "{damaged_bytes} bytes of the library's index are not what was written: people may be missing until their \
                 photographs are ingested again; nobody who was hidden or removed is shown"
            ));
        }
        if let Some(torn) = length.checked_sub(committed_bytes).filter(|torn| *torn > 0) {
            remarks.push(format!("the last {torn} bytes of the library's index were never committed and do not count"));
        }
        let lost = index.take_beyond();
        if lost > 0 {
            remarks.push(format!("the tiles of {lost} people are missing, until their photographs are ingested again"));
            is_damaged = true;
        }
        // A copy whose original was lost is shown itself.
        if is_damaged {
            index.show_orphans();
        }
        let removals = Removals::load_whole(dir)?;
        hide_removed(&mut index, &removals);
        if removals.recovered() > 0 {
            remarks.push(format!(
                "removals.txt had lost {} decisions about people, which were taken from its copy",
                removals.recovered()
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
            unwritten: Mutex::default(),
        };
        Ok(Opened { library, committed_bytes, is_old })
    }

    /// A field copy, of its index and files.
    ///
    /// # Errors
    /// Those of [`Removals::load_whole`].
    pub(super) fn of_field_copy(
        dir: &Path,
        aspect: f32,
        layout: TileLayout,
        files: TileFiles,
        mut index: Index,
    ) -> Result<Self, LibraryError> {
        // Whom somebody hid while it played.
        hide_removed(&mut index, &Removals::load_whole(dir)?);
        Ok(Self {
            dir: dir.to_owned(),
            aspect,
            layout,
            files: RwLock::new(Arc::new(files)),
            index: RwLock::new(index),
            changes: AtomicU64::new(0),
            is_damaged: false,
            remarks: Vec::new(),
            large: LargeTiles::default(),
            unwritten: Mutex::default(),
        })
    }

    /// Its index alone.
    pub(super) fn into_index(self) -> Index {
        self.index.into_inner().unwrap_or_else(PoisonError::into_inner)
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
        self.index().counts().shown
    }

    /// Whether no portrait is shown.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Counts the hidden portraits.
    #[must_use]
    pub fn hidden(&self) -> usize {
        self.index().counts().hidden
    }

    /// Counts the portraits that are not shown because a better copy of them is.
    #[must_use]
    pub fn copies(&self) -> usize {
        self.index().counts().copies
    }

    /// The numbers of the featured portraits that are shown, ascending.
    #[must_use]
    pub fn featured(&self) -> Vec<PortraitNumber> {
        let index = self.index();
        index.shown().filter(|(_, row)| row.traits.has(Traits::FEATURED)).map(|(number, _)| number).collect()
    }

    /// The person of a portrait, where anything is known.
    #[must_use]
    pub fn person(&self, number: PortraitNumber) -> Option<Person> {
        let index = self.index();
        let row = index.get(number).filter(|row| row.is_hidden() || row.traits.has(Traits::HAS_PERSON));
        row.and_then(|_| index.entry(number))?.person.map(|person| *person)
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
            let shown = index.get(number).and_then(Row::copy_of).unwrap_or(number);
            // All copies, of which some may look like one another and not like this one.
            let is_one = |(other, row): &(PortraitNumber, &Row)| *other == shown || row.copy_of() == Some(shown);
            let when = removals::now();
            let one = index.rows().filter(is_one).map(|(number, row)| {
                (number, row.hash, Decision { kind: Kind::Hidden, when, looks: row.looks().copied() })
            });
            for (number, hash, decision) in one.collect::<Vec<_>>() {
                index.hide(number);
                hidden.push((hash, decision));
            }
        }
        self.unwritten().extend(hidden);
        self.write_decisions().map(drop)
    }

    /// Writes decisions that could not be written before; returns how many.
    ///
    /// # Errors
    /// As of [`Self::hide`].
    pub fn write_decisions(&self) -> Result<usize, LibraryError> {
        let mut unwritten = self.unwritten();
        if unwritten.is_empty() {
            return Ok(0);
        }
        Removals::update(&self.dir, |removals| {
            unwritten.iter().for_each(|(hash, decision)| removals.decide(*hash, *decision));
        })?;
        Ok(unwritten.drain(..).count())
    }

    /// The decisions that are not written yet.
    pub(super) fn unwritten(&self) -> MutexGuard<'_, Vec<([u8; 32], Decision)>> {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that is known of one portrait.
    #[must_use]
    pub fn portrait(&self, number: PortraitNumber) -> Option<Portrait> {
        self.index().entry(number).map(|entry| Portrait::of(number, entry))
    }

    /// All that is known of all portraits, hidden ones included, one after the other by number: `visit` gets each.
    pub fn for_each_portrait(&self, mut visit: impl FnMut(Portrait)) {
        self.index().entries().for_each(|(number, entry)| visit(Portrait::of(number, entry)));
    }

    /// The numbers of a person's portraits, by that of the one that is shown: its own and those of its copies, ascending.
    #[must_use]
    pub fn portraits_of(&self, shown: PortraitNumber) -> Vec<PortraitNumber> {
        let index = self.index();
        let is_of = |(number, row): &(PortraitNumber, &Row)| *number == shown || row.copy_of() == Some(shown);
        index.rows().filter(is_of).map(|(number, _)| number).collect()
    }

    /// Whether a row of a spreadsheet says of anybody expressly that they are to be shown.
    #[must_use]
    pub fn says_shown(&self) -> bool {
        self.index().rows().any(|(_, row)| row.traits.has(Traits::SAID_SHOWN))
    }

    /// The tone figures of all portraits, ascending by number.
    #[must_use]
    pub fn tones(&self) -> Vec<(PortraitNumber, ToneFigures)> {
        self.index().rows().map(|(number, row)| (number, row.tone)).collect()
    }

    /// The photographs whose crop a person should review, with the reasons: the first file of each portrait.
    pub(super) fn review_list(&self) -> Vec<(String, ReviewReasons)> {
        let index = self.index();
        let review = index.entries_where(|row| row.traits.has(Traits::REVIEW));
        let first_file = |(_, entry): (_, Entry)| {
            Some((entry.sources.first()?.path.display().to_string(), entry.detections.review_reasons))
        };
        review.filter_map(first_file).collect()
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
        self.index().get(number).map(|row| row.identity)
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
            for (number, row) in index.range(first..end) {
                identities[(number - first) as usize] = Some(row.identity);
            }
        }
        self.files().read_floors(first, &identities, floors)
    }

    fn finest_side(&self) -> u32 {
        MAX_SIDE
    }

    fn read_large(&self, number: PortraitNumber, side: u32, tile: &mut Vec<u8>) -> io::Result<Option<TileLayout>> {
        let index = self.index();
        self.large.retain(|number, digest| index.get(number).is_some_and(|row| row.digest() == *digest));
        let Some(entry) = index.entry(number) else { return Ok(None) };
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
        self.index().counts().corrected > 0
    }

    fn tones(&self, numbers: &[PortraitNumber]) -> Vec<PortraitTone> {
        let index = self.index();
        let tone = |number: &PortraitNumber| {
            index.get(*number).map_or_else(PortraitTone::default, |row| PortraitTone {
                light: row.tone.light,
                noise: row.tone.noise,
                stops: row.stops(),
            })
        };
        numbers.iter().map(tone).collect()
    }
}
