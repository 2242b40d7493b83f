//! The scanner's thread and the workers' threads: from the folders to outcomes, which the keeper writes down.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Receiver, Sender};

use super::budget::{Budget, Window};
use super::decode::{Limits, SNIFF_BYTES, sniff};
use super::guard::guarded;
use super::index::Index;
use super::prepare::{Prepared, Preparer};
use super::scan::{Found, walk};
use super::source::{Source, Stamp};
use crate::tile::{PortraitNumber, TileLayout};

/// What the scanner and the workers share.
#[derive(Debug)]
pub struct Shared {
    pub stop: AtomicBool,
    pub window: Window,
    pub budget: Budget,
    pub limits: Limits,
    pub layout: TileLayout,
    pub aspect: f32,
    /// The hashes that have a portrait, or a worker who is making one.
    pub claims: Mutex<HashSet<[u8; 32]>>,
}

impl Shared {
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Asks everybody to stop soon.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        self.window.advance(u64::MAX);
    }
}

/// A file to be read.
pub struct Job {
    /// Its place among all jobs, in the order of the scan.
    pub place: u64,
    pub source: Source,
    /// The portrait that was made of this file before it changed.
    pub before: Option<PortraitNumber>,
}

/// What the keeper is told.
pub enum Message {
    /// A photograph looks as it did.
    Unchanged,
    /// A photograph lies elsewhere than it did.
    Moved { number: PortraitNumber, from: PathBuf, to: Source },
    /// A photograph was rejected before and looks as it did; or something cannot be looked at.
    NotRead { path: PathBuf, reason: String },
    /// The scan is over.
    Scanned { seen: usize, jobs: u64, gone: Vec<Gone> },
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

enum Known {
    Portrait(PortraitNumber),
    Rejected { reason: String, judge: u64 },
}

/// What the library knows of files: by path, and by what else identifies one.
pub struct KnownFiles {
    by_path: HashMap<PathBuf, (Stamp, Known)>,
    by_stamp: HashMap<Stamp, PathBuf>,
}

impl KnownFiles {
    pub fn of(index: &Index) -> Self {
        let mut by_path = HashMap::new();
        let mut by_stamp = HashMap::new();
        for (number, entry) in &index.portraits {
            for Source { path, stamp } in &entry.sources {
                by_path.insert(path.clone(), (*stamp, Known::Portrait(*number)));
                if stamp.inode != 0 {
                    by_stamp.insert(*stamp, path.clone());
                }
            }
        }
        for (path, refused) in &index.rejected {
            let known = Known::Rejected { reason: refused.reason.clone(), judge: refused.judge };
            by_path.insert(path.clone(), (refused.stamp, known));
        }
        Self { by_path, by_stamp }
    }

    /// The portrait of a file that was renamed to this one.
    fn renamed(&self, source: &Source) -> Option<(PortraitNumber, PathBuf)> {
        let from = self.by_stamp.get(&source.stamp)?;
        let (_, Known::Portrait(number)) = self.by_path.get(from)? else { return None };
        let gone = fs::symlink_metadata(from).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        gone.then(|| (*number, from.clone()))
    }
}

/// Walks the folders: what is unchanged goes to the keeper, what is not to the workers.
pub fn scan(
    folders: &[PathBuf],
    mut known: KnownFiles,
    shared: &Shared,
    jobs: &Sender<Job>,
    messages: &Sender<Message>,
) {
    let mut seen = 0;
    let mut place = 0;
    let mut unread_folders = Vec::new();
    let judge = shared.limits.judge();
    let walked = walk(folders, |found| {
        if shared.stopped() {
            return ControlFlow::Break(());
        }
        seen += 1;
        let source = match found {
            Found::File(source) => source,
            Found::BadFile(path, reason) => {
                // Whatever it was, it is still there.
                known.by_path.remove(&path);
                return send(messages, Message::NotRead { path, reason });
            }
            Found::BadFolder(path, reason) => {
                unread_folders.push(path.clone());
                return send(messages, Message::NotRead { path, reason });
            }
        };
        let before = match known.by_path.remove(&source.path) {
            Some((stamp, Known::Portrait(_))) if stamp.same_content(&source.stamp) => {
                return send(messages, Message::Unchanged);
            }
            Some((stamp, Known::Rejected { reason, judge: then }))
                if then == judge && stamp.same_content(&source.stamp) =>
            {
                return send(messages, Message::NotRead { path: source.path, reason });
            }
            Some((_, Known::Portrait(number))) => Some(number),
            Some((_, Known::Rejected { .. })) => None,
            None => {
                if let Some((number, from)) = known.renamed(&source) {
                    known.by_path.remove(&from);
                    return send(messages, Message::Moved { number, from, to: source });
                }
                None
            }
        };
        place += 1;
        send(jobs, Job { place: place - 1, source, before })
    });
    if walked.is_break() {
        return;
    }
    // Only what lies in these folders, and not in one that could not be read, is known to be gone.
    let mut gone: Vec<(PathBuf, Known)> = known
        .by_path
        .into_iter()
        .filter(|(path, _)| folders.iter().any(|folder| path.starts_with(folder)))
        .filter(|(path, _)| !unread_folders.iter().any(|folder| path.starts_with(folder)))
        .map(|(path, (_, known))| (path, known))
        .collect();
    gone.sort_by(|a, b| a.0.cmp(&b.0));
    let gone = gone
        .into_iter()
        .map(|(path, known)| match known {
            Known::Portrait(number) => Gone::Source { number, path },
            Known::Rejected { .. } => Gone::Rejected { path },
        })
        .collect();
    let _ = send(messages, Message::Scanned { seen, jobs: place, gone });
}

/// A channel whose other end is gone means that the work is over.
fn send<T>(channel: &Sender<T>, message: T) -> ControlFlow<()> {
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
                if shared.claims.lock().unwrap_or_else(PoisonError::into_inner).insert(found) {
                    match guarded(|| current.prepare(&bytes, &shared.budget)) {
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
