//! The ingest: brings a library up to date with folders of photographs, in the background.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use crossbeam_channel::{Receiver, bounded, unbounded};
use millions_base::printable_path;
use millions_wall::tile::{PortraitNumber, TileSource as _};
use serde::Serialize;

use super::budget::{MemoryBudget, ReorderWindow};
use super::committer::Committer;
use super::decode::Limits;
use super::error::{LibraryError, io_error};
use super::library::Library;
use super::manual_crops::ManualCropsFile;
use super::people::WordsCheck;
use super::removals::{Removals, RemovalsFile};
use super::scan::{places_of, resolve};
use super::scanner::Scanner;
use super::shard::Shard;
use super::storage::fetch::{FETCHED_BYTES, FETCHERS, fetch};
use super::watch::Watch;
use super::worker::{Shared, work};
use super::writer::LibraryWriter;

/// Files that wait for a worker.
const QUEUED_JOBS: usize = 64;
/// Messages that wait for the committer, each with a tile of about 70 kB.
const QUEUED_MESSAGES: usize = 32;
/// How far finished photographs may run ahead of an unfinished one; each holds a tile of about 70 kB.
const WINDOW: u64 = 256;

/// Options of an ingest.
#[derive(Clone, Debug)]
pub struct IngestOptions {
    /// Texels of a tile's side: a power of two from 32 to 1024.
    pub tile_side: u32,
    /// Width / height of a portrait as shown.
    pub aspect: f32,
    /// Photographs decoded at a time; 0 = one per core.
    pub jobs: usize,
    /// What one photograph may cost.
    pub limits: Limits,
    /// Whether to go on after the first round and follow changes in the folders until the [`Ingest`] is dropped.
    pub watch: bool,
    /// Patterns, as in `.gitignore`, of files and folders to leave out; the folders may have files `.millionsignore` of their own.
    pub exclude: Vec<String>,
    /// The part of the photographs to take, where other machines take the others; all of them without.
    pub shard: Option<Shard>,
    /// Says of the words of people why they would not be shown, for the notes.
    pub words_check: Option<WordsCheck>,
}

impl Default for IngestOptions {
    fn default() -> Self {
        Self {
            tile_side: 256,
            aspect: 0.8,
            jobs: 0,
            limits: Limits::default(),
            watch: false,
            exclude: Vec::new(),
            shard: None,
            words_check: None,
        }
    }
}

impl IngestOptions {
    /// The same, with the tiles that the library in `dir` has, if there is one.
    #[must_use]
    pub fn with_tiles_of(self, dir: &Path) -> Self {
        match Library::shape(dir) {
            Ok((tile_side, aspect)) => Self { tile_side, aspect, ..self },
            Err(_) => self,
        }
    }
}

/// An event of an ingest. In each round there are at most as many events as files; sending never blocks.
#[derive(Debug)]
pub enum IngestEvent {
    /// Something worth knowing that is no error.
    Remark(String),
    /// The number of files is known. Only in the first round.
    Scanned {
        /// Their count.
        found: usize,
    },
    /// Files that are done so far, unchanged ones included. Only in the first round.
    Progress {
        /// Their count.
        done: usize,
    },
    /// Removed portraits, each with the one that was made of the same file in its place: the file or its edit has
    /// changed. Committed.
    Replaced(Vec<(PortraitNumber, PortraitNumber)>),
    /// Portraits that are removed or hidden now. Committed. A number is not reused while the ingest lives.
    Removed(Vec<PortraitNumber>),
    /// Portraits that are committed and shown: readable through [`Ingest::library`] from now on.
    Added(Vec<PortraitNumber>),
    /// Portraits whose person has changed ([`Library::person`]). Committed.
    Changed(Vec<PortraitNumber>),
    /// A photograph is not in the library. Not repeated in later rounds while it stays so.
    Rejected {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The first round is over. The last event, unless the folders are watched.
    Finished(Result<IngestSummary, LibraryError>),
}

/// A photograph that is not in the library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rejection {
    /// The file; bytes that are not UTF-8 are replaced.
    pub path: String,
    /// The reason.
    pub reason: String,
}

/// The result of an ingest. `found` = `added` + `unchanged` + `duplicates` + `rejected`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct IngestSummary {
    /// Files that were found.
    pub found: usize,
    /// Files that became portraits.
    pub added: usize,
    /// Files whose portraits were there, renamed ones included.
    pub unchanged: usize,
    /// Files with the bytes of another file's portrait.
    pub duplicates: usize,
    /// Portraits whose files are gone or have changed.
    pub removed: usize,
    /// Files that are not in the library.
    pub rejected: Vec<Rejection>,
    /// Files that were not looked at, for a pattern excludes them.
    pub excluded: usize,
    /// Files that are in other parts of the ingest.
    pub elsewhere: usize,
    /// Notes on the spreadsheets of people, with file and line, and on what was passed over.
    pub notes: Vec<String>,
    /// Portraits in the library that are shown.
    pub portraits: usize,
    /// Portraits in the library that are hidden.
    pub hidden: usize,
    /// Portraits that are not shown because a better copy of them is.
    pub copies: usize,
    /// Portraits whose crop a person should review; the library's review.txt lists them with reasons.
    pub review: usize,
    /// Portraits whose photograph has fewer pixels than their tile has texels.
    pub upscaled: usize,
    /// Duration in seconds.
    pub seconds: f64,
}

/// An ingest that runs in the background. Dropped, it stops soon and cleanly: what it has committed stays.
#[derive(Debug)]
pub struct Ingest {
    /// The library; each portrait is readable as soon as it is committed.
    pub library: Arc<Library>,
    /// The ingest's events.
    pub events: Receiver<IngestEvent>,
    threads: Threads,
}

impl Ingest {
    /// Opens or creates the library in `dir` and starts to bring it up to date with `folders`; returns at once.
    ///
    /// A library that is damaged, or has an older format, is made again from the photographs, with an
    /// [`IngestEvent::Remark`]; so is one of other tiles, where all its photographs are in `folders`. Portraits of photographs outside of
    /// `folders` stay.
    ///
    /// # Errors
    /// [`LibraryError::Shape`] when the library has other tiles, and people whose photographs are not in `folders`;
    /// [`LibraryError::Folder`] when a folder cannot be read, [`LibraryError::Address`] when an address cannot, and then the library is not touched;
    /// [`LibraryError::Pattern`]; [`LibraryError::Busy`]; [`LibraryError::Io`].
    pub fn start(folders: &[PathBuf], dir: &Path, options: IngestOptions) -> Result<Self, LibraryError> {
        let started = Instant::now();
        let IngestOptions { tile_side, aspect, jobs, limits, watch, exclude, shard, words_check } = options;
        let roots = resolve(folders, &exclude)?;
        let (writer, rebuilt) = LibraryWriter::create_or_rebuild(dir, tile_side, aspect, &roots)?;
        let library = writer.library();
        // What was lost of the file or its copy is written again; where that cannot be, it is told with the first decision.
        let _ = Removals::update(dir, |_| {});
        let removals = RemovalsFile::open(dir)?;
        let crops = ManualCropsFile::open(dir)?;
        let (event_sender, events) = unbounded();
        let remarks = rebuilt.map(|why| format!("making the library again from the photographs: {why}"));
        for remark in remarks.into_iter().chain(library.remarks()) {
            let _ = event_sender.send(IngestEvent::Remark(remark));
        }

        for place in places_of(&roots).0.iter().filter(|place| place.was_empty) {
            let remark = format!("there is nothing at this address; is it right? {}", printable_path(&place.path));
            let _ = event_sender.send(IngestEvent::Remark(remark));
        }

        let reservations = library.index().rows().map(|(_, row)| row.digest()).collect();
        let (wake, changes) = bounded(1);
        let shared = Arc::new(Shared {
            stop: Arc::default(),
            window: ReorderWindow::new(WINDOW),
            budget: MemoryBudget::new(limits.max_alloc_bytes),
            limits,
            gives_way: watch,
            layout: library.layout().clone(),
            aspect,
            reservations: Mutex::new(reservations),
            removals: Mutex::new(Arc::new(Removals::default())),
            // Before the scanner begins: its first round asks for them.
            crops: Mutex::new(Arc::new(crops.get().clone())),
            removed_files: Mutex::default(),
            places: places_of(&roots),
            fetched: Arc::new(MemoryBudget::new(FETCHED_BYTES)),
            wake: wake.clone(),
            is_all_due: AtomicBool::new(false),
        });
        let (job_sender, job_receiver) = bounded(QUEUED_JOBS);
        let (message_sender, messages) = bounded(QUEUED_MESSAGES);
        let (next_round, round_over) = bounded(1);
        // From here on a thread that cannot be started stops those already running, by dropping this.
        let mut threads = Threads { shared: Arc::clone(&shared), handles: Vec::new() };
        let workers = if jobs == 0 { thread::available_parallelism().map_or(1, usize::from) } else { jobs };
        for _ in 0..workers {
            let (shared, jobs, messages) = (Arc::clone(&shared), job_receiver.clone(), message_sender.clone());
            threads.spawn("prepare", dir, move || work(&shared, &jobs, &messages))?;
        }
        drop(job_receiver);
        let scanned = if shared.places.is_empty() {
            job_sender
        } else {
            let (scanned, waiting) = bounded(QUEUED_JOBS);
            for _ in 0..FETCHERS {
                let (shared, jobs, fetched) = (Arc::clone(&shared), waiting.clone(), job_sender.clone());
                threads.spawn("fetch", dir, move || fetch(&shared, &jobs, &fetched))?;
            }
            scanned
        };
        let watching = watch.then(|| {
            let (roots, dir, events) = (roots.clone(), dir.to_owned(), event_sender.clone());
            let remark = move |remark| drop(events.send(IngestEvent::Remark(remark)));
            move || Watch::new(&roots, &dir, wake, changes, remark)
        });
        let scanner = Scanner {
            roots,
            library: Arc::clone(&library),
            shared: Arc::clone(&shared),
            jobs: scanned,
            messages: message_sender,
            words_check,
            shard,
        };
        threads.spawn("scan", dir, move || scanner.run(watching, &round_over))?;
        let committer = Committer::new(writer, removals, crops, shared, event_sender, started);
        threads.spawn("commit", dir, move || committer.run(&messages, watch.then_some(&next_round)))?;
        Ok(Self { library, events, threads })
    }

    /// Asks the ingest to stop; the last event, [`LibraryError::Stopped`] where it was not finished, follows soon.
    pub fn stop(&self) {
        self.threads.shared.stop();
    }

    /// Waits for the end of the first round without following its events, and stops.
    ///
    /// # Errors
    /// Those of [`IngestEvent::Finished`].
    pub fn wait(self) -> Result<IngestSummary, LibraryError> {
        for event in &self.events {
            if let IngestEvent::Finished(result) = event {
                return result;
            }
        }
        Err(LibraryError::Stopped)
    }
}

/// The threads of an ingest: stopped and joined on drop.
#[derive(Debug)]
struct Threads {
    shared: Arc<Shared>,
    handles: Vec<JoinHandle<()>>,
}

impl Threads {
    fn spawn(&mut self, name: &str, dir: &Path, work: impl FnOnce() + Send + 'static) -> Result<(), LibraryError> {
        let thread = thread::Builder::new().name(name.to_owned()).spawn(work);
        self.handles.push(thread.map_err(io_error("start a thread for the ingest", dir))?);
        Ok(())
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.shared.stop();
        for thread in self.handles.drain(..) {
            // A panic in the thread was printed when it happened.
            let _ = thread.join();
        }
    }
}
