//! The workers' threads: from jobs to outcomes, which the keeper writes down.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Receiver, Sender};

use super::budget::{Budget, Window};
use super::decode::{Limits, SNIFF_BYTES, sniff};
use super::edit::Edit;
use super::guard::guarded;
use super::index::Key;
use super::people::Roster;
use super::prepare::{Prepared, Preparer};
use super::source::{Source, Stamp};
use millions_wall::tile::{PortraitNumber, TileLayout};

/// What the scanner and the workers share.
#[derive(Debug)]
pub struct Shared {
    pub stop: AtomicBool,
    pub window: Window,
    pub budget: Budget,
    pub limits: Limits,
    pub layout: TileLayout,
    pub aspect: f32,
    /// The photographs, each with an edit, that have a portrait, or a worker who is making one.
    pub claims: Mutex<HashSet<Key>>,
    /// Wakes the scanner where it waits for something to change.
    pub wake: Sender<()>,
}

impl Shared {
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Asks everybody to stop soon.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        self.window.advance(u64::MAX);
        // When it is full, the scanner is on its way already.
        let _ = self.wake.try_send(());
    }

    /// Claims a photograph with an edit; false when somebody has it.
    fn claim(&self, key: Key) -> bool {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner).insert(key)
    }

    /// Lets go of claims whose portraits are not there, or not any more.
    pub fn disclaim(&self, keys: impl Iterator<Item = Key>) {
        let mut claims = self.claims.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            claims.remove(&key);
        }
    }
}

/// A file to be read.
pub struct Job {
    /// Its place among all jobs, in the order of the scan.
    pub place: u64,
    pub source: Source,
    /// What is to be done to the photograph.
    pub edit: Edit,
    /// The portrait that was made of this file before it changed, or before something else was asked for.
    pub before: Option<PortraitNumber>,
}

/// What the keeper is told.
pub enum Message {
    /// A round begins; this is what the spreadsheets say in it, and what is to be said about them.
    Listed { roster: Arc<Roster>, notes: Vec<String> },
    /// A photograph looks as it did.
    Unchanged,
    /// A photograph lies elsewhere than it did.
    Moved { number: PortraitNumber, from: PathBuf, to: Source },
    /// A photograph was rejected before and looks as it did; or something cannot be looked at.
    NotRead { path: PathBuf, reason: String },
    /// The scan is over; so many jobs have been given since the first round.
    Scanned { found: usize, jobs: u64, gone: Vec<Gone> },
    /// A job is done.
    Done { job: Job, hash: Option<[u8; 32]>, outcome: Outcome },
}

/// A photograph that is no longer there.
pub enum Gone {
    Source { number: PortraitNumber, path: PathBuf },
    Rejected { path: PathBuf },
}

/// What became of a job.
pub enum Outcome {
    Prepared(Box<Prepared>),
    /// Somebody else has these bytes.
    Same,
    /// The content is no picture that can be used.
    Rejected(String),
    /// The file could not be read this time; it says nothing about what it holds.
    Unreadable(String),
}

/// A channel whose other end is gone means that the work is over.
pub fn send<T>(channel: &Sender<T>, message: T) -> ControlFlow<()> {
    if channel.send(message).is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}

/// Works on jobs until there are no more.
pub fn work(shared: &Arc<Shared>, jobs: &Receiver<Job>, messages: &Sender<Message>) {
    let preparer = || Preparer::new(shared.layout.clone(), shared.aspect, shared.limits);
    let mut current = preparer();
    let mut bytes = Vec::new();
    for mut job in jobs {
        shared.window.wait_for(job.place);
        if shared.stopped() {
            return;
        }
        let mut hash = None;
        let outcome = match read(&mut job.source, &mut bytes, shared) {
            Err(outcome) => outcome,
            Ok(()) => {
                let found = *blake3::hash(&bytes).as_bytes();
                hash = Some(found);
                if shared.claim((found, job.edit)) {
                    match guarded(|| current.prepare(&bytes, job.edit, &shared.budget)) {
                        Ok(Ok(prepared)) => Outcome::Prepared(Box::new(prepared)),
                        Ok(Err(reason)) => Outcome::Rejected(reason),
                        Err(panic) => {
                            current = preparer();
                            Outcome::Rejected(format!("the decoder failed on it: {panic}"))
                        }
                    }
                } else {
                    Outcome::Same
                }
            }
        };
        // One large file does not keep its memory for the rest of the run.
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
    let unreadable = |error: io::Error| Outcome::Unreadable(format!("cannot be read: {error}"));
    let mut file = File::open(&source.path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(Outcome::Unreadable("no longer a file".into()));
    }
    source.stamp = Stamp::of(&metadata);
    bytes.clear();
    file.by_ref().take(SNIFF_BYTES as u64).read_to_end(bytes).map_err(unreadable)?;
    sniff(bytes).map_err(Outcome::Rejected)?;
    // A film named .jpg never gets here, so what is read whole is a picture; but not of any length.
    let limit = shared.limits.max_alloc_bytes;
    if metadata.len() > limit {
        let megabytes = limit / 1_000_000;
        return Err(Outcome::Rejected(format!("the file has more than {megabytes} MB, the limit for decoding")));
    }
    file.seek(io::SeekFrom::Start(bytes.len() as u64)).map_err(unreadable)?;
    file.take(limit).read_to_end(bytes).map_err(unreadable)?;
    Ok(())
}
