//! The ingest: from folders to a library, in the background.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use crossbeam_channel::{Receiver, bounded, unbounded};
use serde::Serialize;

use super::budget::{Budget, Window};
use super::committer::Committer;
use super::decode::Limits;
use super::error::{LibraryError, io_error};
use super::index::Entry;
use super::scan::resolve;
use super::scanner::Scanner;
use super::store::Library;
use super::watch::Watch;
use super::worker::{Shared, work};
use super::writer::LibraryWriter;
use millions_wall::tile::{PortraitNumber, TileSource as _};

/// Files that wait for a worker.
const JOBS_AHEAD: usize = 64;
/// Outcomes that wait for the keeper: some tiles of 70 kB.
const OUTCOMES_AHEAD: usize = 32;
/// How far the quick photographs run ahead of a slow one; a tile of 70 kB each waits in memory.
const WINDOW: u64 = 256;

/// How an ingest goes about it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IngestOptions {
    /// Texels of a tile's side: a power of two from 32 to 1024.
    pub tile_side: u32,
    /// Width / height of a portrait as shown.
    pub aspect: f32,
    /// Photographs decoded at a time; 0 = one a core.
    pub jobs: usize,
    /// What one photograph may cost.
    pub limits: Limits,
    /// Whether to go on after the first round, and follow what changes in the folders until it is dropped.
    pub watch: bool,
}

impl Default for IngestOptions {
    fn default() -> Self {
        Self { tile_side: 256, aspect: 0.8, jobs: 0, limits: Limits::default(), watch: false }
    }
}

/// What an ingest tells while it goes. The number of events is that of the files at most, in each round; nothing waits
/// for a listener.
#[derive(Debug)]
pub enum IngestEvent {
    /// Something that somebody should know, and that is no fault.
    Remark(String),
    /// How many files there are is known. Only in the first round.
    Scanned {
        /// Their count.
        found: usize,
    },
    /// How many files have been dealt with so far, unchanged ones included. Only in the first round.
    Progress {
        /// Their count.
        done: usize,
    },
    /// Portraits that are gone, each with the one that was made of the same file in its place: the file has changed, or
    /// something else is wanted of it. Committed.
    Replaced(Vec<(PortraitNumber, PortraitNumber)>),
    /// These are gone or hidden, and it is committed. A number is not given out again while the ingest lives.
    Removed(Vec<PortraitNumber>),
    /// These are committed and to be shown: readable through [`Ingest::library`] from now on.
    Added(Vec<PortraitNumber>),
    /// Of these, something else is said than before ([`Library::person`]). Committed.
    Changed(Vec<PortraitNumber>),
    /// A photograph is not in the library. Not told again in later rounds while it stays so.
    Rejected {
        /// The file.
        path: PathBuf,
        /// Why, in words.
        reason: String,
    },
    /// The first round is over. The last event, but where the folders are watched.
    Finished(Result<IngestSummary, LibraryError>),
}

/// A photograph that is not in the library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rejection {
    /// The file; bytes that are not UTF-8 are replaced.
    pub path: String,
    /// Why, in words.
    pub reason: String,
}

/// What an ingest did. `found` = `added` + `unchanged` + `duplicates` + `rejected`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct IngestSummary {
    /// Files that were found.
    pub found: usize,
    /// Files that became portraits.
    pub added: usize,
    /// Files whose portraits were there; renamed ones too.
    pub unchanged: usize,
    /// Files with the bytes of another's portrait.
    pub duplicates: usize,
    /// Portraits whose files are gone or have changed.
    pub removed: usize,
    /// Files that are not in the library.
    pub rejected: Vec<Rejection>,
    /// What is to be said about the spreadsheets of people, with file and line.
    pub notes: Vec<String>,
    /// People in the library now who are to be shown.
    pub portraits: usize,
    /// People in it who are not.
    pub hidden: usize,
    /// Of these, those whose crop a person should look at; the library's doubtful.txt lists them with reasons.
    pub doubtful: usize,
    /// Of these, those whose photograph has fewer pixels than their tile has texels.
    pub upscaled: usize,
    /// How long it took.
    pub seconds: f64,
}

/// An ingest under way. Dropped, it stops soon and cleanly: what it has committed stays.
#[derive(Debug)]
pub struct Ingest {
    /// The library; shows each portrait as soon as it is committed.
    pub library: Arc<Library>,
    /// What happens.
    pub events: Receiver<IngestEvent>,
    stop: StopOnDrop,
}

impl Ingest {
    /// Opens the library in `dir`, or makes it, and starts to bring it up to date with `folders`; returns at once.
    ///
    /// A library that is damaged, of another format or of other tiles is made again from the photographs, with a
    /// [`IngestEvent::Remark`]. Photographs outside of `folders` stay.
    ///
    /// # Errors
    /// [`LibraryError::Folder`] when a folder cannot be read, and then the library is not touched;
    /// [`LibraryError::Busy`]; [`LibraryError::Io`].
    pub fn start(folders: &[PathBuf], dir: &Path, options: IngestOptions) -> Result<Self, LibraryError> {
        let started = Instant::now();
        let IngestOptions { tile_side, aspect, jobs, limits, watch } = options;
        let roots = resolve(folders)?;
        let (writer, rebuilt) = LibraryWriter::create_or_rebuild(dir, tile_side, aspect)?;
        let library = writer.library();
        let (event_sender, events) = unbounded();
        let remarks = rebuilt.map(|why| format!("making the library again from the photographs: {why}"));
        for remark in remarks.into_iter().chain(library.remarks()) {
            let _ = event_sender.send(IngestEvent::Remark(remark));
        }

        let claims = library.index().portraits.values().map(Entry::key).collect();
        let (wake, changes) = bounded(1);
        let shared = Arc::new(Shared {
            stop: AtomicBool::new(false),
            window: Window::new(WINDOW),
            budget: Budget::new(limits.max_alloc_bytes),
            limits,
            layout: library.layout().clone(),
            aspect,
            claims: Mutex::new(claims),
            wake: wake.clone(),
        });
        let (job_sender, job_receiver) = bounded(JOBS_AHEAD);
        let (message_sender, messages) = bounded(OUTCOMES_AHEAD);
        let (next_round, round_over) = bounded(1);
        // From here on a failure to start a thread stops those already started.
        let mut stop = StopOnDrop { shared: Arc::clone(&shared), threads: Vec::new() };
        let workers = if jobs == 0 { thread::available_parallelism().map_or(1, usize::from) } else { jobs };
        for _ in 0..workers {
            let (shared, jobs, messages) = (Arc::clone(&shared), job_receiver.clone(), message_sender.clone());
            stop.spawn("prepare", dir, move || work(&shared, &jobs, &messages))?;
        }
        drop(job_receiver);
        let watching = watch.then(|| {
            let (roots, dir, events) = (roots.clone(), dir.to_owned(), event_sender.clone());
            let remark = move |remark| drop(events.send(IngestEvent::Remark(remark)));
            move || Watch::new(&roots, &dir, wake, changes, remark)
        });
        let scanner = Scanner {
            roots,
            library: Arc::clone(&library),
            shared: Arc::clone(&shared),
            jobs: job_sender,
            messages: message_sender,
        };
        stop.spawn("scan", dir, move || scanner.run(watching, &round_over))?;
        let committer = Committer::new(writer, shared, event_sender, started);
        stop.spawn("keep", dir, move || committer.run(&messages, watch.then_some(&next_round)))?;
        Ok(Self { library, events, stop })
    }

    /// Asks it to stop; the last event, with [`LibraryError::Stopped`] where it was not finished, comes soon.
    pub fn stop(&self) {
        self.stop.shared.stop();
    }

    /// Waits for the first round's end, for who does not care how it goes, and stops.
    ///
    /// # Errors
    /// As [`IngestEvent::Finished`] has it.
    pub fn wait(self) -> Result<IngestSummary, LibraryError> {
        for event in &self.events {
            if let IngestEvent::Finished(result) = event {
                return result;
            }
        }
        Err(LibraryError::Stopped)
    }
}

#[derive(Debug)]
struct StopOnDrop {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl StopOnDrop {
    fn spawn(&mut self, name: &str, dir: &Path, work: impl FnOnce() + Send + 'static) -> Result<(), LibraryError> {
        let thread = thread::Builder::new().name(name.to_owned()).spawn(work);
        self.threads.push(thread.map_err(io_error("start a thread for the ingest", dir))?);
        Ok(())
    }
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.shared.stop();
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so already.
            let _ = thread.join();
        }
    }
}
