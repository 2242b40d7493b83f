//! Following a library that another process writes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use millions_wall::tile::{PortraitNumber, TileSource as _};

use super::error::{LibraryError, io_error};
use super::files::{LOG, is_same_file};
use super::index::log::{LogBytes, Window};
use super::index::replay::Appended;
use super::index::{Entry, Index, Row};
use super::ingest::{IngestEvent, IngestSummary};
use super::library::{Library, Opened, newly_hidden};
use super::removals::RemovalsFile;
use super::spill::Backing;
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
        let Opened { library, committed_bytes, .. } =
            Library::open_with(dir, File::options().read(true), &Backing::Memory)?;
        let (library, length) = (Arc::new(library), length_of(&dir.join(LOG)));
        let (sender, events) = unbounded();
        for remark in library.remarks() {
            let _ = sender.send(IngestEvent::Remark(remark));
        }
        let (portraits, hidden) = (library.len(), library.hidden());
        let _ = sender.send(IngestEvent::Finished(Ok(IngestSummary { portraits, hidden, ..IngestSummary::default() })));
        let follower = Follower {
            library: Arc::clone(&library),
            log_bytes: committed_bytes,
            length,
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
    /// Up to where the log was read.
    log_bytes: u64,
    /// How long it was then, for what was never committed may follow.
    length: u64,
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
                self.hide_removed();
                self.show_again(stopped);
            }
            if let Some(fault) = self.removals.take_fault() {
                // Nobody may listen.
                let _ = self.events.send(IngestEvent::Remark(fault));
            }
            let log = self.library.index().log();
            match &*log {
                LogBytes::File(log) if is_same_file(log, &self.path) => self.read_on(stopped),
                // An older format's is read whole, and not followed until it is written anew.
                LogBytes::Memory(_) if self.is_as_it_was() => {}
                _ if self.path.exists() => self.read_again(stopped),
                _ => {}
            }
        }
    }

    /// Whether a log of an older format has the length that it had.
    fn is_as_it_was(&self) -> bool {
        length_of(&self.path) == self.length
    }

    /// Hides whom the removals hide now.
    fn hide_removed(&self) {
        let hidden = newly_hidden(&self.library.index(), self.removals.get());
        if hidden.is_empty() {
            return;
        }
        let mut index = self.library.index_mut();
        let shown: Vec<_> = hidden.iter().copied().filter(|n| index.get(*n).is_some_and(Row::is_shown)).collect();
        hidden.into_iter().for_each(|number| index.hide(number));
        drop(index);
        self.send(shown, IngestEvent::Removed);
    }

    /// Shows whom the removals hid, and hide no more, where the log does not hide them either.
    fn show_again(&self, stopped: &Receiver<()>) {
        let removals = self.removals.get();
        // Whom somebody hid on a full disk stays hidden.
        let unwritten: HashSet<[u8; 32]> = self.library.unwritten().iter().map(|(hash, _)| *hash).collect();
        let mut window = Window::default();
        let (shown, entries) = {
            let index = self.library.index();
            let released =
                index.rows().filter(|(_, row)| row.is_hidden() && !removals.hides_now(&row.hash, row.looks()));
            let released = released.filter(|(_, row)| !unwritten.contains(&row.hash));
            let stored = released.filter_map(|(number, row)| Some((number, index.stored(row, &mut window)?)));
            let shown: Appended =
                stored.filter(|(_, row)| !row.is_hidden()).map(|(number, row)| (number, Some(row))).collect();
            let entries = entries_of(&index, &shown);
            (shown, entries)
        };
        self.publish(&entries, stopped, |index| {
            shown.into_iter().for_each(|(number, row)| index.set(number, row));
            index.take_superseded();
        });
    }

    /// Reads what was appended to the log.
    fn read_on(&mut self, stopped: &Receiver<()>) {
        let log = self.library.index().log();
        let Ok(length) = log.length() else { return };
        if length < self.log_bytes {
            return self.read_again(stopped);
        }
        if length == self.log_bytes {
            return;
        }
        let Ok((mut appended, length)) = self.library.index().appended(self.log_bytes) else { return };
        self.log_bytes = length;
        self.hide(&mut appended);
        let entries = entries_of(&self.library.index(), &appended);
        self.publish(&entries, stopped, |index| {
            for (number, row) in appended {
                // What cannot be read has been overwritten for what follows.
                index.set(number, row.filter(|_| entries.get(&number).is_some_and(Option::is_some)));
            }
            // Whoever writes overwrites it.
            index.take_superseded();
        });
    }

    fn hide(&self, rows: &mut Appended) {
        let (removals, unwritten) = (self.removals.get(), self.library.unwritten().clone());
        let is_unwritten = |row: &Row| unwritten.iter().any(|(hash, _)| *hash == row.hash);
        for row in rows.values_mut() {
            *row = row.take().map(|row| match removals.hides_now(&row.hash, row.looks()) || is_unwritten(&row) {
                true => Index::with_hidden(row),
                false => row,
            });
        }
    }

    /// Reads a log that was put in the place of the old one, or all of it again.
    fn read_again(&mut self, stopped: &Receiver<()>) {
        let dir = self.library.dir();
        let opened = Library::open_with(dir, File::options().read(true), &Backing::Memory).and_then(|opened| {
            let (known, found) = (&self.library, &opened.library);
            if known.layout().side() == found.layout().side() && known.aspect().to_bits() == found.aspect().to_bits() {
                Ok(opened)
            } else {
                let error = "it was made again with other tiles: start the program again to show them";
                Err(io_error("follow the library", dir)(io::Error::other(error)))
            }
        });
        let Opened { library: found, committed_bytes, .. } = match opened {
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
        (self.log_bytes, self.length) = (committed_bytes, length_of(&self.path));
        let files = found.files();
        let mut found = found.into_index();
        let entries = {
            let index = self.library.index();
            let mut changed: Appended =
                index.rows().filter(|(number, _)| !found.contains(*number)).map(|(number, _)| (number, None)).collect();
            let is_new =
                |(number, row): &(PortraitNumber, &Row)| !index.get(*number).is_some_and(|r| r.is_same_as(row));
            changed.extend(found.rows().filter(is_new).map(|(number, row)| (number, Some(*row))));
            entries_of(&found, &changed)
        };
        found.take_superseded();
        self.publish(&entries, stopped, |index| {
            if !self.library.files().are_in_place() {
                self.library.set_files(files);
            }
            *index = found;
        });
    }

    /// Makes changes known: who goes first, so that a number is nobody's before it is another's. `apply` makes the others.
    fn publish(&self, entries: &Entries, stopped: &Receiver<()>, apply: impl FnOnce(&mut Index)) {
        let mut index = self.library.index_mut();
        let mut turnover = Changes::of(&index, entries.iter().map(|(number, entry)| (*number, entry.as_ref())));
        let replaced = take_replaced(&mut turnover, &index, entries);
        let Changes { added, removed, changed } = turnover;
        for number in &removed {
            index.set(*number, None);
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
        apply(&mut self.library.index_mut());
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

fn length_of(path: &Path) -> u64 {
    path.metadata().map_or(0, |metadata| metadata.len())
}

/// Portraits with all that is known of them, by number; `None` for those that are gone.
type Entries = BTreeMap<PortraitNumber, Option<Entry>>;

/// Reads what rows of an index's log are of. What cannot be read is gone.
fn entries_of(index: &Index, rows: &Appended) -> Entries {
    let mut window = Window::default();
    let entry = |(number, row): (&PortraitNumber, &Option<Row>)| {
        (*number, row.as_ref().and_then(|row| index.entry_of(row, &mut window)))
    };
    rows.iter().map(entry).collect()
}

/// Takes the portraits out that are new ones of a file whose old one is removed; returns both. A number that becomes another
/// portrait's replaces nobody: it has to be nobody's first.
fn take_replaced(
    Changes { added, removed, .. }: &mut Changes,
    index: &Index,
    entries: &Entries,
) -> Vec<(PortraitNumber, PortraitNumber)> {
    let files = |entry: &Entry| entry.sources.iter().map(|source| source.path.clone()).collect::<Vec<PathBuf>>();
    let old_files = |number: &PortraitNumber| index.entry(*number).as_ref().map(files).unwrap_or_default();
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
