//! Appending to a library: tiles first, then the commit that names them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use millions_base::AtomicFile;
use millions_wall::tile::{PortraitNumber, TileLayout, TileSource as _};
use millions_wall::tone::ToneFigures;

use super::detections::Detections;
use super::edit::Edit;
use super::error::{LibraryError, io_error};
use super::files::{self, Header, LOG, is_same_file, write_at};
use super::index::log::{LogBytes, LogHead, erase};
use super::index::{Entry, Index, Key, KeyDigest, Record, Row, Traits, digest};
use super::key_table::KeyTable;
use super::library::{Library, Opened};
use super::people::Person;
use super::perceptual::PerceptualHash;
use super::scan::Root;
use super::source::Source;
use super::spill::Backing;
use super::tile_files::{Identity, TileFiles};

/// A portrait to add to a library.
#[derive(Clone, Debug)]
pub struct NewPortrait {
    /// BLAKE3 of the photograph's bytes, or any other value that no other portrait has.
    pub hash: [u8; 32],
    /// The edit applied to the photograph: the same photograph with another edit is another portrait.
    pub edit: Edit,
    /// The photograph's file, if there is one.
    pub source: Option<Source>,
    /// Its tone figures.
    pub tone: ToneFigures,
    /// What was detected in the photograph, and the crop.
    pub detections: Detections,
    /// [`TileLayout::stride`] bytes.
    pub tile: Vec<u8>,
    /// The floor's [`TileLayout::stride`] bytes.
    pub floor: Vec<u8>,
}

/// What a commit changes for readers; hidden portraits do not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    pub added: Vec<PortraitNumber>,
    pub removed: Vec<PortraitNumber>,
    /// Shown before and after, with another person.
    pub changed: Vec<PortraitNumber>,
}

impl Changes {
    /// What new entries, by number, change for readers of an index; `None` removes. A number that becomes another portrait's is
    /// removed and added.
    pub fn of<'e>(index: &Index, entries: impl Iterator<Item = (PortraitNumber, Option<&'e Entry>)>) -> Self {
        let mut changes = Self::default();
        for (number, after) in entries {
            let before = index.get(number).filter(|row| row.is_shown());
            let after = after.filter(|entry| entry.is_shown());
            if let (Some(before), Some(after)) = (before, after)
                && before.digest() == after.digest()
            {
                let entry = before.traits.has(Traits::HAS_PERSON).then(|| index.entry(number)).flatten();
                if is_described_anew(entry.and_then(|entry| entry.person).as_deref(), after.person.as_deref()) {
                    changes.changed.push(number);
                }
                continue;
            }
            changes.removed.extend(before.map(|_| number));
            changes.added.extend(after.map(|_| number));
        }
        changes
    }
}

/// The one writer of a library. Changes are staged until [`Self::commit`] makes them visible; dropped without it, they
/// are lost.
#[derive(Debug)]
pub struct LibraryWriter {
    library: Arc<Library>,
    log: File,
    log_bytes: u64,
    /// The changes of the next commit, by number; `None` removes.
    staged: BTreeMap<PortraitNumber, Option<Entry>>,
    staged_rejections: Vec<Record>,
    by_key: KeyTable,
    /// Numbers below `next` that were free when the library was opened. A number freed later is reused by the next writer
    /// only, so that a wall that still shows its old portrait never shows another's.
    free: BTreeSet<PortraitNumber>,
    next: PortraitNumber,
    tiles_written: bool,
    /// Whether a commit failed half-way: the log's content is no longer known.
    broken: bool,
    /// Held as long as the writer lives; the system releases it when the process dies.
    lock: File,
}

impl LibraryWriter {
    /// Opens the library in `dir` for writing, or creates it.
    ///
    /// # Errors
    /// [`LibraryError::Busy`] when another process, or this one, writes to it already; [`LibraryError::Shape`] when it
    /// has other tiles; those of [`Library::open`] but for `Missing`.
    pub fn create_or_open(dir: &Path, tile_side: u32, aspect: f32) -> Result<Self, LibraryError> {
        Self::create_or_open_in(dir, tile_side, aspect, &Backing::Memory)
    }

    /// As [`Self::create_or_open`], with its rows and keys in `backing`.
    pub(super) fn create_or_open_in(
        dir: &Path,
        tile_side: u32,
        aspect: f32,
        backing: &Backing,
    ) -> Result<Self, LibraryError> {
        Self::open_locked(dir, checked_header(tile_side, aspect)?, false, backing)
    }

    /// As [`Self::create_or_open`], but replaces a library that cannot be used as it is, and one of other tiles if the photographs of
    /// everybody in it are in these folders; returns the reason, too.
    pub(super) fn create_or_rebuild(
        dir: &Path,
        tile_side: u32,
        aspect: f32,
        roots: &[Root],
    ) -> Result<(Self, Option<LibraryError>), LibraryError> {
        let header = checked_header(tile_side, aspect)?;
        let loses_nobody = |error: &LibraryError| match error {
            LibraryError::Shape { .. } => Library::open(dir).is_ok_and(|library| {
                let is_there = |path: &PathBuf| roots.iter().any(|root| root.has(path));
                library.index().entries().all(|(_, entry)| entry.sources.iter().any(|source| is_there(&source.path)))
            }),
            _ => true,
        };
        match Self::open_locked(dir, header, false, &Backing::Memory) {
            Err(error) if error.rebuild_helps() && loses_nobody(&error) => {
                Ok((Self::open_locked(dir, header, true, &Backing::Memory)?, Some(error)))
            }
            other => Ok((other?, None)),
        }
    }

    /// Locks and opens a library, which is created where there is none, or where `anew` replaces it.
    fn open_locked(dir: &Path, header: Header, anew: bool, backing: &Backing) -> Result<Self, LibraryError> {
        let lock = files::lock(dir)?;
        if anew {
            files::create(dir, header)?;
        }
        let access = writable();
        let opened = match Library::open_with(dir, &access, backing) {
            Err(LibraryError::Missing { .. }) => {
                files::create(dir, header)?;
                Library::open_with(dir, &access, backing)?
            }
            other => other?,
        };
        let Opened { library, committed_bytes: committed, is_old } = opened;
        if library.layout().side() != header.tile_side || library.aspect().to_bits() != header.aspect.to_bits() {
            return Err(LibraryError::Shape {
                dir: dir.to_owned(),
                side: library.layout().side(),
                aspect: library.aspect(),
                wanted_side: header.tile_side,
                wanted_aspect: header.aspect,
            });
        }
        // Written anew as far as it is known; the header first, so that an older program refuses what it does not know.
        let is_anew = library.is_damaged() || is_old;
        if is_anew {
            header.write(dir)?;
        }
        let path = dir.join(LOG);
        let log = File::options().write(true).open(&path).map_err(io_error("open the library's index", &path))?;
        log.set_len(committed).map_err(io_error("cut the torn end off the library's index", &path))?;
        let (free, next) = {
            let index = library.index();
            let next = index.end();
            ((0..next).filter(|number| !index.contains(*number)).collect(), next)
        };
        let mut writer = Self {
            library: Arc::new(library),
            log,
            log_bytes: committed,
            staged: BTreeMap::new(),
            staged_rejections: Vec::new(),
            by_key: KeyTable::with_capacity(0, backing),
            free,
            next,
            tiles_written: false,
            broken: false,
            lock,
        };
        writer.by_key = writer.committed_keys();
        match writer.rewrite_log(is_anew) {
            // A disk without room for a second log keeps the first, where that serves; the next start tries again.
            Err(error) if is_old => return Err(error),
            _ => writer.erase_superseded()?,
        }
        // A tile that cannot be erased now is erased at the next start, or overwritten when its number is reused.
        let _ = writer.erase_free_tiles();
        Ok(writer)
    }

    /// The committed portraits by key.
    fn committed_keys(&self) -> KeyTable {
        let index = self.library.index();
        let mut by_key = KeyTable::with_capacity(index.counts().all, index.backing());
        index.rows().for_each(|(number, row)| by_key.insert(row.digest(), number));
        by_key
    }

    /// Erases the tiles of removed portraits: their faces would stay on the disk until their numbers are reused.
    fn erase_free_tiles(&self) -> Result<(), LibraryError> {
        let files = self.library.files();
        let failed = || io_error("erase a tile", self.library.dir());
        for number in &self.free {
            if !files.is_erased(*number).map_err(failed())? {
                files.erase(*number)?;
            }
        }
        files.set_count(self.next).map_err(failed())
    }

    /// Overwrites the tiles and floors of removed portraits, and returns when that is on the disk. Those that are there, or
    /// staged, are left alone.
    pub(super) fn erase(&self, numbers: impl IntoIterator<Item = PortraitNumber>) -> Result<(), LibraryError> {
        let files = self.library.files();
        let mut any = false;
        for number in numbers.into_iter().filter(|number| self.entry(*number).is_none()) {
            any = true;
            files.erase(number)?;
        }
        if any { files.sync() } else { Ok(()) }
    }

    /// Whether a commit failed, so that [`Self::recover`] is due.
    pub(super) const fn is_broken(&self) -> bool {
        self.broken
    }

    /// Hides portraits from readers, without writing that down.
    pub(super) fn hide_in_memory(&self, numbers: &[PortraitNumber]) {
        let mut index = self.library.index_mut();
        for number in numbers {
            index.hide(*number);
        }
    }

    /// Forgets what is staged and makes the writer usable again after a commit that failed.
    ///
    /// # Errors
    /// [`LibraryError::Io`], while the disk still fails.
    pub(super) fn recover(&mut self) -> Result<(), LibraryError> {
        self.staged.clear();
        self.staged_rejections.clear();
        self.by_key = self.committed_keys();
        let dir = self.library.dir().to_owned();
        let path = dir.join(LOG);
        if !path.exists() && Header::read(&dir).is_err() {
            self.recreate()?;
        }
        // The same file, and not one that was put in its place.
        let log = File::options().write(true).open(&path).map_err(io_error("open the library's index", &path))?;
        if !is_same_file(&self.log, &path) {
            let error = "another library was put in its place while it was used: start the program again";
            return Err(io_error("open the library's index", &path)(io::Error::other(error)));
        }
        log.set_len(self.log_bytes).map_err(io_error("cut the torn end off the library's index", &path))?;
        log.sync_data().map_err(io_error("cut the torn end off the library's index", &path))?;
        self.log = log;
        self.broken = false;
        Ok(())
    }

    /// Makes the library's folder again after it was deleted while the library was open: the tiles are copied from the files,
    /// which exist as long as they are open, the index is what is known.
    fn recreate(&mut self) -> Result<(), LibraryError> {
        let (library, dir) = (self.library(), self.library.dir().to_owned());
        let lock = files::lock(&dir)?;
        let header = checked_header(library.layout().side(), library.aspect())?;
        files::create(&dir, header)?;
        let new = TileFiles::open(&dir, library.layout().clone(), &writable())?;
        library.files().copy_to(&new, self.next)?;
        let path = dir.join(LOG);
        self.write_log(&path)?;
        library.set_files(Arc::new(new));
        self.lock = lock;
        Ok(())
    }

    /// The library, for reading: each commit is visible as soon as it is made.
    #[must_use]
    pub fn library(&self) -> Arc<Library> {
        Arc::clone(&self.library)
    }

    /// Finds the portrait with this hash and edit, committed or staged.
    #[must_use]
    pub fn find(&self, hash: [u8; 32], edit: Edit) -> Option<PortraitNumber> {
        self.by_key.get(&digest(&hash, Identity::of(&(hash, edit))))
    }

    /// Writes a portrait's tile and stages the portrait. A duplicate, by hash and edit, only adds its source to the
    /// portrait that is there.
    ///
    /// # Errors
    /// [`LibraryError::TileBytes`]; [`LibraryError::Io`] when the disk fails.
    pub fn add(&mut self, portrait: NewPortrait) -> Result<PortraitNumber, LibraryError> {
        self.add_hashed(portrait, None)
    }

    /// As [`Self::add`], with the photograph's perceptual hash.
    pub(super) fn add_hashed(
        &mut self,
        portrait: NewPortrait,
        looks: Option<PerceptualHash>,
    ) -> Result<PortraitNumber, LibraryError> {
        let NewPortrait { hash, edit, source, tone, detections, tile, floor } = portrait;
        if let Some(number) = self.find(hash, edit) {
            if let Some(source) = source {
                self.add_source(number, source);
            }
            return Ok(number);
        }
        let sources = source.into_iter().collect();
        let entry = Entry { hash, edit, tone, detections, sources, person: None, looks, copy_of: None };
        self.add_entry(entry, &tile, &floor)
    }

    /// Writes a portrait's tile and stages it with all that is known of it. There must be none of its key.
    pub(super) fn add_entry(
        &mut self,
        entry: Entry,
        tile: &[u8],
        floor: &[u8],
    ) -> Result<PortraitNumber, LibraryError> {
        let number = self.free.first().copied().unwrap_or(self.next);
        self.library.files().write(number, Identity::of(&entry.key()), tile, floor)?;
        self.tiles_written = true;
        if !self.free.remove(&number) {
            self.next += 1;
        }
        self.put(number, entry);
        Ok(number)
    }

    /// Finds the portrait with this key, committed or staged.
    pub(super) fn find_digest(&self, digest: &KeyDigest) -> Option<PortraitNumber> {
        self.by_key.get(digest)
    }

    /// Commits everything staged: after this it survives a kill and a power cut.
    ///
    /// # Errors
    /// [`LibraryError::Io`]; then nothing of it is committed, and the writer refuses all later commits.
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
        let path = self.library.dir().join(LOG);
        if std::mem::replace(&mut self.broken, true) {
            return Err(io_error("commit", &path)(io::Error::other("an earlier commit failed")));
        }
        if !is_same_file(&self.log, &path) {
            let error = "the library's folder was deleted or replaced while it was used";
            return Err(io_error("commit", &path)(io::Error::other(error)));
        }
        if std::mem::take(&mut self.tiles_written) {
            self.library.files().sync()?;
        }
        let frames = self.library.index().frames(records).map_err(io_error("pack a commit", &path))?;
        let committed = self.log_bytes;
        for frame in &frames {
            let appended = write_at(&self.log, frame, self.log_bytes).and_then(|()| self.log.sync_data());
            if let Err(error) = appended {
                // If this fails too, the next start finds a torn end and cuts it off.
                let _ = self.log.set_len(committed);
                self.log_bytes = committed;
                return Err(io_error("commit", &path)(error));
            }
            self.log_bytes += frame.len() as u64;
        }
        // Only a claim about what is on the disk already: it need not be synced, and one that is older says less.
        let _ = write_at(&self.log, &log_head(&self.library, self.log_bytes), 0);
        let (mut index, mut at) = (self.library.index_mut(), committed);
        for frame in &frames {
            index.apply_frame(at, frame);
            at += frame.len() as u64;
        }
        drop(index);
        self.broken = false;
        Ok(())
    }

    /// The entry of a portrait, staged changes included.
    pub(super) fn entry(&self, number: PortraitNumber) -> Option<Entry> {
        match self.staged.get(&number) {
            Some(staged) => staged.clone(),
            None => self.library.index().entry(number),
        }
    }

    /// The staged entries, `None` for removals.
    pub(super) fn staged_entries(&self) -> impl Iterator<Item = (PortraitNumber, Option<Entry>)> {
        self.staged.iter().map(|(number, entry)| (*number, entry.clone()))
    }

    /// Counts the portraits that the next commit changes.
    pub(super) fn staged(&self) -> usize {
        self.staged.len()
    }

    /// What the next commit will change for readers.
    pub(super) fn changes(&self) -> Changes {
        Changes::of(&self.library.index(), self.staged.iter().map(|(number, after)| (*number, after.as_ref())))
    }

    /// The portraits that have an edit, by number, staged changes included.
    pub(super) fn edited(&self) -> Vec<(PortraitNumber, Key)> {
        let library = self.library();
        let is_edited = |row: &Row| row.traits.has(Traits::EDITED);
        let mut edited: BTreeMap<PortraitNumber, Key> = match library.index() {
            index if index.counts().edited == 0 => BTreeMap::new(),
            index => index.entries_where(is_edited).map(|(number, entry)| (number, entry.key())).collect(),
        };
        for (number, entry) in &self.staged {
            edited.remove(number);
            edited.extend(entry.iter().filter(|entry| !entry.edit.is_none()).map(|entry| (*number, entry.key())));
        }
        edited.into_iter().collect()
    }

    /// Overwrites what counts no more in the log, and writes it anew where that is due. Nothing may be staged.
    ///
    /// # Errors
    /// [`LibraryError::Io`].
    pub(super) fn compact_log(&mut self) -> Result<(), LibraryError> {
        let wants = self.library.index().wants_compaction();
        // A disk without room for a second log keeps the first; the next round tries again.
        if self.rewrite_log(wants).is_err() && self.broken {
            return self.recover();
        }
        self.erase_superseded()
    }

    /// Overwrites what counts no more in the log: file names, words.
    fn erase_superseded(&self) -> Result<(), LibraryError> {
        if !self.library.index().has_superseded() {
            return Ok(());
        }
        let places = self.library.index_mut().take_superseded();
        let erased = erase(&self.log, &places);
        if erased.is_err() {
            self.library.index_mut().supersede(places);
        }
        erased.map_err(io_error("overwrite what was removed in the library's index", &self.library.dir().join(LOG)))
    }

    /// Rewrites the log with live records only.
    pub(super) fn rewrite_log(&mut self, is_due: bool) -> Result<(), LibraryError> {
        if is_due { self.write_log(&self.library.dir().join(LOG)) } else { Ok(()) }
    }

    /// Puts a log with live records only at a path, and goes on in it.
    fn write_log(&mut self, path: &Path) -> Result<(), LibraryError> {
        let failed = || io_error("write the library's index", path);
        let file = AtomicFile::new(path);
        let (layout, aspect) = (self.library.layout(), self.library.aspect());
        let head = |committed_bytes| LogHead { tile_side: layout.side(), aspect, committed_bytes };
        let write = || {
            let mut log = File::create(file.temporary())?;
            let mut length = LogHead::BYTES as u64;
            log.write_all(&head(length).to_bytes())?;
            self.library.index().write_compact(|frame| {
                length += frame.len() as u64;
                log.write_all(frame)
            })?;
            write_at(&log, &head(length).to_bytes(), 0)?;
            Ok(length)
        };
        let length = write().map_err(failed())?;
        file.commit().map_err(failed())?;
        self.broken = true;
        self.log = File::options().write(true).open(path).map_err(failed())?;
        self.log_bytes = length;
        let log = File::open(path).map_err(failed())?;
        let portraits = self.library.index().end() as usize;
        let backing = self.library.index().backing().clone();
        let replayed = Index::replay(LogBytes::File(log), Some(head(length)), portraits, &backing);
        let (mut index, replay) = replayed.map_err(failed())?;
        if replay.damaged_bytes > 0 || index.take_beyond() > 0 {
            return Err(failed()(io::Error::other("it is not what was written")));
        }
        *self.library.index_mut() = index;
        self.broken = false;
        Ok(())
    }

    /// Stages a portrait's entry. Its tile must be written.
    pub(super) fn put(&mut self, number: PortraitNumber, entry: Entry) {
        self.by_key.insert(entry.digest(), number);
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

    /// Stages a portrait's removal; returns its entry.
    pub(super) fn remove(&mut self, number: PortraitNumber) -> Option<Entry> {
        let entry = self.entry(number)?;
        self.by_key.remove(&entry.digest());
        self.staged.insert(number, None);
        Some(entry)
    }

    /// Stages the record of a rejected file, or of one that is no longer there.
    pub(super) fn stage(&mut self, record: Record) {
        self.staged_rejections.push(record);
    }
}

/// Whether a reader has to know of the difference between two persons.
fn is_described_anew(before: Option<&Person>, after: Option<&Person>) -> bool {
    let said = |person: Option<&Person>| Person { said_shown: false, ..person.cloned().unwrap_or_default() };
    said(before) != said(after)
}

fn writable() -> OpenOptions {
    let mut access = File::options();
    access.read(true).write(true);
    access
}

/// The head of a library's log of so many bytes.
fn log_head(library: &Library, committed_bytes: u64) -> [u8; LogHead::BYTES] {
    LogHead { tile_side: library.layout().side(), aspect: library.aspect(), committed_bytes }.to_bytes()
}

fn checked_header(tile_side: u32, aspect: f32) -> Result<Header, LibraryError> {
    TileLayout::new(tile_side)?;
    files::check_aspect(aspect)?;
    Ok(Header { format: files::FORMAT, tile_side, aspect })
}
