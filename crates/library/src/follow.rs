//! Following a library that another process writes.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use millions_wall::tile::{PortraitNumber, TileSource as _};

use super::error::{LibraryError, io_error};
use super::files::{LOG, is_same_file, read_at};
use super::index::{Entry, Index, Record, read_frames};
use super::ingest::{IngestEvent, IngestSummary};
use super::library::{Library, Opened};
use super::removals::RemovalsFile;
use super::tile_files::TileFiles;
use super::writer::Changes;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long a number waits for the wall to have let go of its old portrait before it becomes another's.
const MOST_WAIT: Duration = Duration::from_secs(5);
const STEP: Duration = Duration::from_millis(10);

/// A library open for reading that is brought up to date in the background with what another process does to it: an ingest,
/// `millions library remove`, a list of removals. It writes nothing, so it works on media that cannot be written. Dropped,
/// it stops soon.
#[derive(Debug)]
pub struct Follow {
    /// The library.
    pub library: Arc<Library>,
    /// Its changes, after [`IngestEvent::Finished`] for the state in which it was opened.
    pub events: Receiver<IngestEvent>,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Follow {
    /// Opens the library in `dir` and follows it.
    ///
    /// # Errors
    /// Those of [`Library::open`].
    pub fn start(dir: &Path) -> Result<Self, LibraryError> {
        // First: what changes in between is read again.
        let removals = RemovalsFile::open(dir)?;
        let Opened { library, log, committed_bytes, .. } = Library::open_with(dir, File::options().read(true))?;
        let library = Arc::new(library);
        let (sender, events) = unbounded();
        for remark in library.remarks() {
            let _ = sender.send(IngestEvent::Remark(remark));
        }
        let (portraits, hidden) = (library.len(), library.hidden());
        let _ = sender.send(IngestEvent::Finished(Ok(IngestSummary { portraits, hidden, ..IngestSummary::default() })));
        let follower = Follower {
            library: Arc::clone(&library),
            log,
            log_bytes: committed_bytes as u64,
            removals,
            events: sender,
            path: dir.join(LOG),
            refused: None,
        };
        let (stop, stopped) = bounded(0);
        let thread = thread::Builder::new().name("follow".into()).spawn(move || follower.run(&stopped));
        let thread = thread.map_err(io_error("start a thread for the library", dir))?;
        Ok(Self { library, events, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Follow {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in the thread was printed when it happened.
            let _ = thread.join();
        }
    }
}

/// The state of the thread.
struct Follower {
    library: Arc<Library>,
    /// The log that was read, up to `log_bytes`.
    log: File,
    log_bytes: u64,
    removals: RemovalsFile,
    events: Sender<IngestEvent>,
    path: PathBuf,
    /// What was told last of a library that cannot be read.
    refused: Option<String>,
}

impl Follower {
    fn run(mut self, stopped: &Receiver<()>) {
        while stopped.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
            // Takedowns first.
            if self.removals.reload() {
                self.hide_removed(stopped);
                self.read_again(stopped);
            } else if is_same_file(&self.log, &self.path) {
                self.read_on(stopped);
            } else if self.path.exists() {
                self.read_again(stopped);
            }
        }
    }

    /// Hides whom the removals hide now.
    fn hide_removed(&self, stopped: &Receiver<()>) {
        let removals = self.removals.get();
        let hides = |entry: &Entry| !entry.is_hidden() && removals.hides(&entry.hash, entry.looks.as_ref());
        let found: BTreeMap<_, _> = {
            let index = self.library.index();
            let found = index.portraits.iter().filter(|(_, entry)| hides(entry));
            found.map(|(number, entry)| (*number, Some(entry.clone()))).collect()
        };
        self.publish(found, None, stopped);
    }

    /// Reads what was appended to the log.
    fn read_on(&mut self, stopped: &Receiver<()>) {
        let Ok(length) = self.log.metadata().map(|metadata| metadata.len()) else { return };
        if length < self.log_bytes {
            return self.read_again(stopped);
        }
        let mut bytes = vec![0; usize::try_from(length - self.log_bytes).unwrap_or(0)];
        let Ok(read) = read_at(&self.log, &mut bytes, self.log_bytes) else { return };
        let (records, length) = read_frames(&bytes[..read]);
        self.log_bytes += length as u64;
        let mut changes = BTreeMap::new();
        for record in records {
            match record {
                Record::Portrait { number, entry } => drop(changes.insert(number, Some(entry))),
                Record::Removed { number } => drop(changes.insert(number, None)),
                Record::Rejected { .. } | Record::Forgotten { .. } => {}
            }
        }
        self.publish(changes, None, stopped);
    }

    /// Reads a log that was put in the place of the old one, or all of it again.
    fn read_again(&mut self, stopped: &Receiver<()>) {
        let dir = self.library.dir();
        let opened = Library::open_with(dir, File::options().read(true)).and_then(|opened| {
            let (known, found) = (&self.library, &opened.library);
            if known.layout().side() == found.layout().side() && known.aspect().to_bits() == found.aspect().to_bits() {
                Ok(opened)
            } else {
                let error = "it was made again with other tiles: start the program again to show them";
                Err(io_error("follow the library", dir)(io::Error::other(error)))
            }
        });
        let Opened { library: found, log, committed_bytes, .. } = match opened {
            Ok(opened) => opened,
            // It may be in the making.
            Err(LibraryError::Missing { .. }) => return,
            Err(error) => {
                let error = error.to_string();
                if self.refused.as_ref() != Some(&error) {
                    let _ = self.events.send(IngestEvent::Rejected { path: self.path.clone(), reason: error.clone() });
                }
                self.refused = Some(error);
                return;
            }
        };
        self.refused = None;
        (self.log, self.log_bytes) = (log, committed_bytes as u64);
        let mut portraits = std::mem::take(&mut found.index_mut().portraits);
        let mut changes: BTreeMap<PortraitNumber, Option<Entry>> = BTreeMap::new();
        {
            let index = self.library.index();
            changes.extend(index.portraits.keys().filter(|n| !portraits.contains_key(n)).map(|n| (*n, None)));
            portraits.retain(|number, entry| index.portraits.get(number) != Some(entry));
        }
        changes.extend(portraits.into_iter().map(|(number, entry)| (number, Some(entry))));
        self.publish(changes, Some(found.files()), stopped);
    }

    /// Makes changes known: who goes first, so that a number is nobody's before it is another's.
    fn publish(
        &self,
        mut changes: BTreeMap<PortraitNumber, Option<Entry>>,
        files: Option<Arc<TileFiles>>,
        stopped: &Receiver<()>,
    ) {
        let removals = self.removals.get();
        for entry in changes.values_mut().flatten() {
            if removals.hides(&entry.hash, entry.looks.as_ref()) {
                entry.person.get_or_insert_default().hidden = true;
            }
        }
        let mut index = self.library.index_mut();
        let mut turnover = Changes::of(&index, changes.iter().map(|(number, entry)| (*number, entry.as_ref())));
        let replaced = take_replaced(&mut turnover, &index, &changes);
        let Changes { added, removed, changed } = turnover;
        for number in &removed {
            index.apply(Record::Removed { number: *number });
        }
        drop(index);
        let reuses = removed.iter().any(|number| added.binary_search(number).is_ok());
        self.send(removed, IngestEvent::Removed);
        let until = Instant::now() + MOST_WAIT;
        while reuses && !self.events.is_empty() && Instant::now() < until {
            if stopped.recv_timeout(STEP) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        }
        if let Some(files) = files.filter(|_| !self.library.files().are_in_place()) {
            self.library.set_files(files);
        }
        let mut index = self.library.index_mut();
        for (number, entry) in changes {
            index.apply(match entry {
                Some(entry) => Record::Portrait { number, entry },
                None => Record::Removed { number },
            });
        }
        drop(index);
        self.send(replaced, IngestEvent::Replaced);
        self.send(added, IngestEvent::Added);
        self.send(changed, IngestEvent::Changed);
    }

    /// Sends an event, if there is anything to tell; a receiver that is gone is no error.
    fn send<T>(&self, numbers: Vec<T>, event: impl FnOnce(Vec<T>) -> IngestEvent) {
        if !numbers.is_empty() {
            let _ = self.events.send(event(numbers));
        }
    }
}

/// Takes the portraits out that are new ones of a file whose old one is removed; returns both. A number that becomes another
/// portrait's replaces nobody: it has to be nobody's first.
fn take_replaced(
    Changes { added, removed, .. }: &mut Changes,
    index: &Index,
    entries: &BTreeMap<PortraitNumber, Option<Entry>>,
) -> Vec<(PortraitNumber, PortraitNumber)> {
    let files = |entry: &Entry| entry.sources.iter().map(|source| source.path.clone()).collect::<Vec<PathBuf>>();
    let old_files = |number: &PortraitNumber| index.portraits.get(number).map(files).unwrap_or_default();
    let old: HashMap<PathBuf, PortraitNumber> = removed
        .iter()
        .filter(|number| added.binary_search(number).is_err())
        .flat_map(|number| old_files(number).into_iter().map(|path| (path, *number)))
        .collect();
    let mut replaced = Vec::new();
    added.retain(|new| {
        let own = entries.get(new).and_then(Option::as_ref).map(files).unwrap_or_default();
        let old = own.iter().find_map(|path| old.get(path)).filter(|_| removed.binary_search(new).is_err());
        let Some(at) = old.and_then(|old| removed.binary_search(old).ok()) else { return true };
        replaced.push((removed.remove(at), *new));
        false
    });
    replaced
}
