//! The worker threads: from jobs to outcomes, which the committer applies. They read and hash; what decodes is [`super::decoding`].

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_channel::{Receiver, Sender};
use millions_wall::tile::{PortraitNumber, TileLayout};
use rustc_hash::FxHashSet;

use super::budget::{MemoryBudget, ReorderWindow};
use super::decode::{Limits, SNIFF_BYTES, sniff};
use super::decoding::{DECODER_FAILED, Decoder, Fault, Product, Task};
use super::edit::Edit;
use super::error::{too_costly, unreadable};
use super::index::{Key, KeyDigest, key_digest};
use super::manual_crops::ManualCrops;
use super::people::Roster;
use super::prepare::Prepared;
use super::removals::Removals;
use super::source::{Source, Stamp};
use super::storage::Places;
use super::storage::fetch::Fetched;

/// The niceness of threads and processes that give way: a tenth of the others' share where all want the processor, and all of it otherwise.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// Lowers the priority of this thread, which on Linux is its own; elsewhere it is the process's, and stays.
pub fn give_way() {
    #[cfg(target_os = "linux")]
    // Where it is not permitted the wall may stutter while photographs come.
    let _ = rustix::process::setpriority_process(None, NICENESS);
}

/// The state that the threads of an ingest share.
#[derive(Debug)]
pub struct Shared {
    pub stop: Arc<AtomicBool>,
    pub window: ReorderWindow,
    pub budget: MemoryBudget,
    pub limits: Limits,
    /// Whether a wall plays beside it, before whose threads those that prepare photographs stand back.
    pub gives_way: bool,
    pub layout: TileLayout,
    pub aspect: f32,
    /// The photographs, each with an edit, that have a portrait or are being prepared: one worker makes each tile.
    pub reservations: Mutex<FxHashSet<KeyDigest>>,
    /// Who is not to be shown.
    pub removals: Mutex<Arc<Removals>>,
    /// Crops that were decided by hand.
    pub crops: Mutex<Arc<ManualCrops>>,
    /// Files of people who were removed, which are not read again while they stay the same. Kept in memory alone: on the disk
    /// there is nothing of them.
    pub removed_files: Mutex<HashMap<PathBuf, Stamp>>,
    /// The servers that hold photographs,
    pub places: Places,
    /// and the memory for what is fetched from them.
    pub fetched: Arc<MemoryBudget>,
    /// Wakes the scanner where it waits for changes.
    pub wake: Sender<()>,
    /// Whether the next round looks at all files, whatever has changed in the folders.
    pub is_all_due: AtomicBool,
}

impl Shared {
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Asks all threads to stop soon.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        self.window.advance(u64::MAX);
        // A full channel has woken the scanner already.
        let _ = self.wake.try_send(());
    }

    /// Starts a round that looks at all files.
    pub fn start_round(&self) {
        self.is_all_due.store(true, Ordering::Release);
        // A full channel has woken the scanner already.
        let _ = self.wake.try_send(());
    }

    /// The removals as they are now.
    pub fn removals(&self) -> Arc<Removals> {
        Arc::clone(&self.removals.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sets the removals; all removed files are read again, for one may be wanted back.
    pub fn set_removals(&self, removals: &Removals) {
        *self.removals.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(removals.clone());
        self.removed_files().clear();
    }

    /// The crops by hand as they are now.
    pub fn crops(&self) -> Arc<ManualCrops> {
        Arc::clone(&self.crops.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sets the crops by hand.
    pub fn set_crops(&self, crops: &ManualCrops) {
        *self.crops.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(crops.clone());
    }

    pub fn removed_files(&self) -> MutexGuard<'_, HashMap<PathBuf, Stamp>> {
        self.removed_files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reserves again what has a portrait, and nothing else.
    pub fn reset_reservations(&self, keys: impl Iterator<Item = KeyDigest>) {
        *self.reservations.lock().unwrap_or_else(PoisonError::into_inner) = keys.collect();
    }

    /// Reserves a photograph with an edit; false when it is reserved already.
    fn reserve(&self, key: Key) -> bool {
        self.reservations.lock().unwrap_or_else(PoisonError::into_inner).insert(key_digest(&key))
    }

    /// Releases reservations that have no portrait, or no longer.
    pub fn release(&self, keys: impl Iterator<Item = KeyDigest>) {
        let mut reservations = self.reservations.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            reservations.remove(&key);
        }
    }
}

/// A file to read.
pub struct Job {
    /// Its position among all jobs since the first round, in the order of the scan.
    pub position: u64,
    pub source: Source,
    /// The edit to apply to the photograph.
    pub edit: Edit,
    /// The portrait that was made of this file before the file or its edit changed.
    pub previous: Option<PortraitNumber>,
    /// Whether its row says expressly that it is to be shown.
    pub is_wanted: bool,
    /// What a server gave; `None` for a file of this machine.
    pub fetched: Option<Result<Fetched, Outcome>>,
}

/// What the scanner and the workers send to the committer.
pub enum Message {
    /// A round begins, with what the spreadsheets say, the notes on them and on the folders, and how many files are excluded.
    RoundStarted { roster: Arc<Roster>, notes: Vec<String>, excluded: usize },
    /// Changes that do not wait for the end of the round: what the spreadsheets say now, and files that are gone.
    Urgent { roster: Arc<Roster>, missing: Vec<MissingFile> },
    /// A photograph of somebody who was removed is still there, and has not changed.
    StillRemoved { path: PathBuf },
    /// So many photographs have not changed.
    Unchanged(usize),
    /// A photograph has another path.
    Renamed { number: PortraitNumber, from: PathBuf, to: Source },
    /// A file was not given to a worker: it was rejected before and has not changed, or its metadata cannot be read.
    Skipped { path: PathBuf, reason: String },
    /// The scan is over, with the number of jobs since the first round, and of files that are in other parts of the ingest.
    Scanned { found: usize, elsewhere: usize, jobs: u64, missing: Vec<MissingFile> },
    /// A job is done.
    Done { job: Job, hash: Option<[u8; 32]>, outcome: Outcome },
}

/// A file that the index knows and the scan did not find.
pub enum MissingFile {
    OfPortrait { number: PortraitNumber, path: PathBuf },
    Rejected { path: PathBuf },
}

/// The outcome of a job.
pub enum Outcome {
    Prepared(Box<Prepared>),
    /// Another file with the same bytes and edit has the reservation.
    Duplicate,
    /// A photograph of somebody who was removed.
    Removed,
    /// The content is no picture that can be used.
    Rejected(String),
    /// The file could not be read this time; this says nothing about its content.
    Unreadable(String),
}

/// Sends a message; breaks when the receiver is gone, which means that the ingest is over.
pub fn send<T>(channel: &Sender<T>, message: T) -> ControlFlow<()> {
    if channel.send(message).is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}

/// Runs a worker until there are no more jobs.
pub fn work(shared: &Arc<Shared>, jobs: &Receiver<Job>, messages: &Sender<Message>) {
    if shared.gives_way {
        give_way();
    }
    let mut decoder = Decoder::new(shared.gives_way).stopped_by(&shared.stop);
    let mut bytes = Vec::new();
    for mut job in jobs {
        shared.window.wait_for(job.position);
        if shared.stopped() {
            return;
        }
        let mut hash = None;
        let fetched = job.fetched.take().transpose();
        let read = fetched.and_then(|fetched| match fetched {
            None => read(&mut job.source, &mut bytes, shared).map(|()| None),
            fetched => Ok(fetched),
        });
        let outcome = match read {
            Err(outcome) => outcome,
            Ok(fetched) => {
                let bytes = fetched.as_ref().map_or(&bytes, |fetched| &fetched.bytes);
                let photograph = *blake3::hash(bytes).as_bytes();
                hash = Some(photograph);
                // A decision by hand belongs to the bytes, which are known only now.
                job.edit = shared.crops().edit(&photograph).unwrap_or(job.edit);
                if shared.removals().removes(&photograph, None, job.is_wanted) {
                    Outcome::Removed
                } else if shared.reserve((photograph, job.edit)) {
                    let task = Task::Tile { side: shared.layout.side(), aspect: shared.aspect, edit: job.edit };
                    match decoder.run(&task, bytes, shared.limits, &shared.budget) {
                        Ok(Product::Tile(prepared)) => Outcome::Prepared(prepared),
                        Ok(_) => Outcome::Rejected(DECODER_FAILED.into()),
                        Err(Fault::Rejected(reason)) => Outcome::Rejected(reason),
                        Err(Fault::Passing(reason)) => {
                            shared.release(std::iter::once(key_digest(&(photograph, job.edit))));
                            Outcome::Unreadable(reason)
                        }
                    }
                } else {
                    Outcome::Duplicate
                }
            }
        };
        // The buffer of one large file is not kept for the rest of the run.
        if bytes.capacity() > 32 << 20 {
            bytes = Vec::new();
        }
        if send(messages, Message::Done { job, hash, outcome }).is_break() {
            return;
        }
    }
}

/// Reads a file that begins like a picture; renews its stamp from the open file.
fn read(source: &mut Source, bytes: &mut Vec<u8>, shared: &Shared) -> Result<(), Outcome> {
    let fault = |error: io::Error| Outcome::Unreadable(unreadable(&error));
    let mut file = File::open(&source.path).map_err(fault)?;
    let metadata = file.metadata().map_err(fault)?;
    if !metadata.is_file() {
        return Err(Outcome::Unreadable("no longer a file".into()));
    }
    source.stamp = Stamp::of(&metadata);
    bytes.clear();
    file.by_ref().take(SNIFF_BYTES as u64).read_to_end(bytes).map_err(fault)?;
    sniff(bytes).map_err(Outcome::Rejected)?;
    // A film named .jpg is rejected above, so what is read whole is a picture; its length is bounded here.
    let limit = shared.limits.max_alloc_bytes;
    if metadata.len() > limit {
        return Err(Outcome::Rejected(too_costly(Some(metadata.len()), limit)));
    }
    file.seek(io::SeekFrom::Start(bytes.len() as u64)).map_err(fault)?;
    file.take(limit).read_to_end(bytes).map_err(fault)?;
    Ok(())
}
