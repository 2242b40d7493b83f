//! Appending to a library: tiles first, then the commit that names them.

use millions_base::replace_file;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::detections::Detections;
use super::edit::Edit;
use super::error::{LibraryError, io_error};
use super::index::{self, Entry, Key, LOG_START, Record};
use super::source::Source;
use super::store::{self, Header, Library};
use millions_wall::tile::{PortraitNumber, TileLayout, TileSource as _};
use millions_wall::tone::ToneFigures;

/// A portrait on its way into a library.
#[derive(Clone, Debug)]
pub struct NewPortrait {
    /// BLAKE3 of the photograph's bytes, or anything else that no other portrait has.
    pub hash: [u8; 32],
    /// What was done to the photograph: with another edit it is another portrait.
    pub edit: Edit,
    /// The photograph's file, if there is one.
    pub source: Option<Source>,
    /// Its light.
    pub tone: ToneFigures,
    /// What was seen in the photograph, and the part chosen.
    pub detections: Detections,
    /// [`TileLayout::stride`] bytes.
    pub tile: Vec<u8>,
    /// The floor's [`TileLayout::stride`] bytes.
    pub floor: Vec<u8>,
}

/// What a commit changes for those who look at the library; the hidden do not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    pub added: Vec<PortraitNumber>,
    pub removed: Vec<PortraitNumber>,
    /// There before and after, as somebody else.
    pub changed: Vec<PortraitNumber>,
}

/// The one that writes to a library. Changes are seen by nobody before [`Self::commit`]; dropped without it, they
/// never were.
#[derive(Debug)]
pub struct LibraryWriter {
    library: Arc<Library>,
    log: File,
    log_bytes: u64,
    /// What the next commit changes, by number; `None` removes.
    staged: BTreeMap<PortraitNumber, Option<Entry>>,
    staged_rejections: Vec<Record>,
    by_key: HashMap<Key, PortraitNumber>,
    /// Numbers below `next` that nobody has, and that the last run already knew to be free: a number that is freed
    /// now is given out by the next writer, so a wall that still shows its old portrait never shows another's.
    free: BTreeSet<PortraitNumber>,
    next: PortraitNumber,
    tiles_written: bool,
    /// A commit failed half-way: what the log holds is no longer known.
    broken: bool,
    /// Held while this lives; the system lets go of it when the process dies, however that happens.
    _lock: File,
}

impl LibraryWriter {
    /// Opens the library in `dir` for writing, and makes it first where there is none.
    ///
    /// # Errors
    /// [`LibraryError::Busy`] when another process, or this one, writes to it already; [`LibraryError::Shape`] when it
    /// has other tiles; those of [`Library::open`] but for `Missing`.
    pub fn create_or_open(dir: &Path, tile_side: u32, aspect: f32) -> Result<Self, LibraryError> {
        let wanted = check(tile_side, aspect)?;
        let lock = lock(dir)?;
        match Header::read(dir) {
            Err(LibraryError::Missing { .. }) => create(dir, wanted)?,
            Err(error) => return Err(error),
            Ok(_) => {}
        }
        Self::open_locked(dir, wanted, lock)
    }

    /// As [`Self::create_or_open`], but throws away a library that cannot be used as it is. The second value says why.
    pub(super) fn create_or_rebuild(
        dir: &Path,
        tile_side: u32,
        aspect: f32,
    ) -> Result<(Self, Option<LibraryError>), LibraryError> {
        match Self::create_or_open(dir, tile_side, aspect) {
            Err(error) if error.rebuild_helps() => {
                let wanted = check(tile_side, aspect)?;
                let lock = lock(dir)?;
                create(dir, wanted)?;
                Ok((Self::open_locked(dir, wanted, lock)?, Some(error)))
            }
            other => Ok((other?, None)),
        }
    }

    fn open_locked(dir: &Path, wanted: Header, lock: File) -> Result<Self, LibraryError> {
        let (library, committed) = Library::open_with(dir, File::options().read(true).write(true))?;
        if library.layout().side() != wanted.tile_side || library.aspect().to_bits() != wanted.aspect.to_bits() {
            return Err(LibraryError::Shape {
                dir: dir.to_owned(),
                side: library.layout().side(),
                aspect: library.aspect(),
                wanted_side: wanted.tile_side,
                wanted_aspect: wanted.aspect,
            });
        }
        let path = dir.join(store::LOG);
        let log = File::options().write(true).open(&path).map_err(io_error("open the library's index", &path))?;
        log.set_len(committed as u64).map_err(io_error("cut the torn end off the library's index", &path))?;
        let (by_key, free, next) = {
            let index = library.index();
            let next = index.portraits.last_key_value().map_or(0, |(last, _)| last + 1);
            let by_key = index.portraits.iter().map(|(number, entry)| (entry.key(), *number)).collect();
            (by_key, (0..next).filter(|number| !index.portraits.contains_key(number)).collect(), next)
        };
        let mut writer = Self {
            library: Arc::new(library),
            log,
            log_bytes: committed as u64,
            staged: BTreeMap::new(),
            staged_rejections: Vec::new(),
            by_key,
            free,
            next,
            tiles_written: false,
            broken: false,
            _lock: lock,
        };
        writer.tidy()?;
        // What cannot be overwritten now is overwritten at the next start, or by the next who gets the number.
        let _ = writer.forget_tiles();
        Ok(writer)
    }

    /// Overwrites the tiles of those who were removed: their faces would stay on the disk until others get their numbers.
    fn forget_tiles(&self) -> io::Result<()> {
        let (stride, floor_stride) = (self.library.layout().stride(), TileLayout::floor().stride());
        let (blank, blank_floor, mut floor) = (vec![0; stride], vec![0; floor_stride], vec![0; floor_stride]);
        for number in &self.free {
            self.library.read_floors(*number, &mut floor)?;
            if floor != blank_floor {
                store::write_at(&self.library.tiles, &blank, u64::from(*number) * stride as u64)?;
                store::write_at(&self.library.floors, &blank_floor, u64::from(*number) * floor_stride as u64)?;
            }
        }
        self.library.tiles.set_len(u64::from(self.next) * stride as u64)?;
        self.library.floors.set_len(u64::from(self.next) * floor_stride as u64)
    }

    /// The library, for reading: it shows each commit as soon as it is made.
    #[must_use]
    pub fn library(&self) -> Arc<Library> {
        Arc::clone(&self.library)
    }

    /// The portrait with this hash and edit, committed or not.
    #[must_use]
    pub fn find(&self, hash: [u8; 32], edit: Edit) -> Option<PortraitNumber> {
        self.by_key.get(&(hash, edit)).copied()
    }

    /// Writes a portrait's tile and stages the portrait. The same hash and edit again only add their source to the
    /// portrait.
    ///
    /// # Errors
    /// [`LibraryError::TileBytes`]; [`LibraryError::Io`] when the disk refuses.
    pub fn add(&mut self, portrait: NewPortrait) -> Result<PortraitNumber, LibraryError> {
        let NewPortrait { hash, edit, source, tone, detections, tile, floor } = portrait;
        if let Some(number) = self.find(hash, edit) {
            if let Some(source) = source {
                self.add_source(number, source);
            }
            return Ok(number);
        }
        let (stride, floor_stride) = (self.library.layout().stride(), TileLayout::floor().stride());
        if tile.len() != stride || floor.len() != floor_stride {
            return Err(LibraryError::TileBytes {
                tile: tile.len(),
                floor: floor.len(),
                wanted_tile: stride,
                wanted_floor: floor_stride,
            });
        }
        let number = self.free.first().copied().unwrap_or(self.next);
        let write = |name, file: &File, bytes: &[u8], stride: usize| {
            store::write_at(file, bytes, u64::from(number) * stride as u64)
                .map_err(io_error("write a tile", &self.library.dir().join(name)))
        };
        write(store::TILES, &self.library.tiles, &tile, stride)?;
        write(store::FLOORS, &self.library.floors, &floor, floor_stride)?;
        self.tiles_written = true;
        if !self.free.remove(&number) {
            self.next += 1;
        }
        self.by_key.insert((hash, edit), number);
        let sources = source.into_iter().collect();
        self.staged.insert(number, Some(Entry { hash, edit, tone, detections, sources, person: None }));
        Ok(number)
    }

    /// Commits everything staged: after this it survives a kill and a power cut.
    ///
    /// # Errors
    /// [`LibraryError::Io`]; then nothing of it is committed, and this writer takes no more.
    pub fn commit(&mut self) -> Result<(), LibraryError> {
        let mut records: Vec<Record> = std::mem::take(&mut self.staged)
            .into_iter()
            .map(|(number, entry)| match entry {
                Some(entry) => Record::Portrait { number, entry },
                None => Record::Removed { number },
            })
            .collect();
        records.append(&mut self.staged_rejections);
        if records.is_empty() {
            return Ok(());
        }
        let path = self.library.dir().join(store::LOG);
        let broken = || io::Error::other("an earlier commit failed");
        if std::mem::replace(&mut self.broken, true) {
            return Err(io_error("commit", &path)(broken()));
        }
        if std::mem::take(&mut self.tiles_written) {
            for (name, file) in [(store::TILES, &self.library.tiles), (store::FLOORS, &self.library.floors)] {
                file.sync_data().map_err(io_error("bring the tiles to disk", &self.library.dir().join(name)))?;
            }
        }
        let frames =
            index::frames(&records).map_err(|error| io_error("pack a commit", &path)(io::Error::other(error)))?;
        let committed = self.log_bytes;
        for frame in &frames {
            let appended = store::write_at(&self.log, frame, self.log_bytes).and_then(|()| self.log.sync_data());
            if let Err(error) = appended {
                // If this fails too, the next start finds a torn end and cuts it.
                let _ = self.log.set_len(committed);
                return Err(io_error("commit", &path)(error));
            }
            self.log_bytes += frame.len() as u64;
        }
        let mut index = self.library.index_mut();
        records.into_iter().for_each(|record| index.apply(record));
        drop(index);
        self.broken = false;
        Ok(())
    }

    /// What is known of a portrait, staged changes included.
    pub(super) fn entry(&self, number: PortraitNumber) -> Option<Entry> {
        match self.staged.get(&number) {
            Some(staged) => staged.clone(),
            None => self.library.index().portraits.get(&number).cloned(),
        }
    }

    /// The portraits to be staged so far, as they shall be.
    pub(super) fn staged_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.staged.values_mut().flatten()
    }

    /// How many portraits the next commit changes.
    pub(super) fn staged(&self) -> usize {
        self.staged.len()
    }

    /// What the next commit will change for those who look at the library.
    pub(super) fn changes(&self) -> Changes {
        let mut changes = Changes::default();
        let index = self.library.index();
        for (number, after) in &self.staged {
            let shown = |entry: &&Entry| !entry.is_hidden();
            let before = index.portraits.get(number).filter(shown);
            match (before, after.as_ref().filter(shown)) {
                (None, Some(_)) => changes.added.push(*number),
                (Some(_), None) => changes.removed.push(*number),
                (Some(before), Some(after)) if before.person != after.person => changes.changed.push(*number),
                (Some(_), Some(_)) | (None, None) => {}
            }
        }
        changes
    }

    /// The portraits of edited photographs, staged changes included.
    pub(super) fn edited(&self) -> Vec<(PortraitNumber, Key)> {
        let edited = self.by_key.iter().filter(|((_, edit), _)| !edit.is_none());
        let mut edited: Vec<_> = edited.map(|(key, number)| (*number, *key)).collect();
        edited.sort_unstable_by_key(|(number, _)| *number);
        edited
    }

    /// Writes the log anew where that is called for. Nothing may be staged.
    ///
    /// # Errors
    /// [`LibraryError::Io`] when the log can be neither written anew nor used as it was.
    pub(super) fn tidy(&mut self) -> Result<(), LibraryError> {
        if !self.library.index().wants_compaction() {
            return Ok(());
        }
        let path = self.library.dir().join(store::LOG);
        // A disk without room for a second log keeps the first; the next start tries again.
        let Ok(length) = compact(&self.library, &path) else { return Ok(()) };
        self.broken = true;
        self.log = File::options().write(true).open(&path).map_err(io_error("open the library's index", &path))?;
        self.log_bytes = length;
        self.broken = false;
        let mut index = self.library.index_mut();
        index.records = index.portraits.len() + index.rejected.len();
        index.recalls = false;
        Ok(())
    }

    /// Stages a portrait's entry as it shall be. Its tile must be there.
    pub(super) fn put(&mut self, number: PortraitNumber, entry: Entry) {
        self.by_key.insert(entry.key(), number);
        self.staged.insert(number, Some(entry));
    }

    pub(super) fn add_source(&mut self, number: PortraitNumber, source: Source) {
        if let Some(mut entry) = self.entry(number) {
            entry.sources.retain(|known| known.path != source.path);
            entry.sources.push(source);
            entry.sources.sort_by(|a, b| a.path.cmp(&b.path));
            self.put(number, entry);
        }
    }

    /// Stages a portrait's removal and returns what it was.
    pub(super) fn remove(&mut self, number: PortraitNumber) -> Option<Entry> {
        let entry = self.entry(number)?;
        self.by_key.remove(&entry.key());
        self.staged.insert(number, None);
        Some(entry)
    }

    /// Stages what is known of a photograph that cannot be used, or that nothing is known of it any more.
    pub(super) fn stage(&mut self, record: Record) {
        self.staged_rejections.push(record);
    }
}

fn check(tile_side: u32, aspect: f32) -> Result<Header, LibraryError> {
    TileLayout::new(tile_side)?;
    store::check_aspect(aspect)?;
    Ok(Header { format: store::FORMAT, tile_side, aspect })
}

/// How long a lock that is held is tried for. A writer that has just ended may still be held open by a process that its
/// program is starting: between fork and exec a child has all files of its parent.
const LOCK_TRIES: u32 = 10;
const LOCK_WAIT: std::time::Duration = std::time::Duration::from_millis(25);

/// Takes the lock of the library in `dir`, and makes the folder if need be.
fn lock(dir: &Path) -> Result<File, LibraryError> {
    fs::create_dir_all(dir).map_err(io_error("make the library's folder", dir))?;
    let path = dir.join(store::LOCK);
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(io_error("open the library's lock", &path))?;
    for last_try in (0..LOCK_TRIES).map(|tries| tries + 1 == LOCK_TRIES) {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if last_try => break,
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_WAIT),
            Err(TryLockError::Error(error)) => return Err(io_error("lock the library", &path)(error)),
        }
    }
    Err(LibraryError::Busy { dir: dir.to_owned() })
}

/// Makes an empty library, in the place of another if there is one. The header goes first and comes last.
fn create(dir: &Path, header: Header) -> Result<(), LibraryError> {
    for name in [store::HEADER, store::LOG, store::TILES, store::FLOORS, store::REJECTED, store::DOUBTFUL] {
        let path = dir.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(io_error("remove a file of the old library", &path)(error));
            }
            _ => {}
        }
    }
    // New files rather than emptied ones: whoever still reads the old library keeps reading it.
    for (name, bytes) in [(store::TILES, &[][..]), (store::FLOORS, &[]), (store::LOG, LOG_START)] {
        let path = dir.join(name);
        replace_file(&path, bytes).map_err(io_error("make a file of the library", &path))?;
    }
    header.write(dir)
}

/// Writes the log anew with only what still counts; returns its length.
fn compact(library: &Library, path: &Path) -> Result<u64, LibraryError> {
    let fault = |error| io_error("write the library's index anew", path)(io::Error::other(error));
    let mut bytes = LOG_START.to_vec();
    for frame in index::frames(&library.index().to_records()).map_err(fault)? {
        bytes.extend(frame);
    }
    replace_file(path, &bytes).map_err(io_error("write the library's index anew", path))?;
    Ok(bytes.len() as u64)
}
