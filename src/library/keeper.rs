//! The keeper: the one thread that writes. It takes outcomes in the order of the scan, turns them into portraits and
//! counts, and commits: the first portraits at once, the others in batches.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use super::error::{LibraryError, io_error};
use super::index::{Entry, Record};
use super::ingest::{IngestEvent, IngestSummary, Rejection};
use super::prepare::Prepared;
use super::source::Source;
use super::store;
use super::worker::{Gone, Job, Message, Outcome, Shared};
use super::writer::{LibraryWriter, NewPortrait};
use crate::tile::PortraitNumber;

/// A wall that waits for its first people sees some after this.
const FIRST_COMMIT_AFTER: Duration = Duration::from_millis(100);
/// Then a commit, which costs syncs, comes this often,
const COMMIT_AFTER: Duration = Duration::from_millis(500);
/// or when this many portraits wait for it.
const COMMIT_PORTRAITS: usize = 512;
const PROGRESS_AFTER: Duration = Duration::from_millis(50);

type Hash = [u8; 32];
type Done = (Job, Option<Hash>, Outcome);

/// See the module's words.
pub struct Keeper {
    writer: LibraryWriter,
    shared: Arc<Shared>,
    events: Sender<IngestEvent>,
    started: Instant,
    summary: IngestSummary,
    /// Outcomes that came before their turn; never more than the window is wide.
    early: BTreeMap<u64, Done>,
    head: u64,
    /// Files with the bytes of one whose outcome is not known yet.
    same: HashMap<Hash, Vec<Job>>,
    bad: HashMap<Hash, String>,
    /// Portraits removed in this run: their bytes may turn up elsewhere, and their tiles still stand.
    removed: HashMap<Hash, (PortraitNumber, Entry)>,
    /// Staged since the last commit.
    to_announce: (BTreeSet<PortraitNumber>, BTreeSet<PortraitNumber>),
    next_commit: Instant,
    next_progress: Instant,
}

impl Keeper {
    pub fn new(writer: LibraryWriter, shared: Arc<Shared>, events: Sender<IngestEvent>, started: Instant) -> Self {
        Self {
            writer,
            shared,
            events,
            started,
            summary: IngestSummary::default(),
            early: BTreeMap::new(),
            head: 0,
            same: HashMap::new(),
            bad: HashMap::new(),
            removed: HashMap::new(),
            to_announce: Default::default(),
            next_commit: started + FIRST_COMMIT_AFTER,
            next_progress: started,
        }
    }

    /// Keeps until everything is done, stopped or impossible, and says so.
    pub fn run(mut self, messages: &Receiver<Message>) {
        let result = self.keep(messages);
        self.shared.stop();
        let Self { writer, events, mut summary, started, .. } = self;
        let library = writer.library();
        summary.portraits = library.len();
        (summary.doubtful, summary.upscaled) = library.count_doubtful();
        // The lock goes before the last word, so that whoever waits for that can open the library for writing.
        drop((writer, library));
        summary.seconds = started.elapsed().as_secs_f64();
        summary.rejected.sort_by(|a, b| a.path.cmp(&b.path));
        let _ = events.send(IngestEvent::Finished(result.map(|()| summary)));
    }

    fn keep(&mut self, messages: &Receiver<Message>) -> Result<(), LibraryError> {
        let mut jobs = None;
        while jobs.is_none_or(|jobs| self.head < jobs) {
            let wait = self.next_commit.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            match messages.recv_timeout(wait.min(PROGRESS_AFTER)) {
                Ok(Message::Done { job, hash, outcome }) => {
                    self.early.insert(job.place, (job, hash, outcome));
                    while let Some((job, hash, outcome)) = self.early.remove(&self.head) {
                        self.done(job, hash, outcome)?;
                        self.head += 1;
                        self.shared.window.advance(self.head);
                    }
                }
                Ok(Message::Unchanged) => self.summary.unchanged += 1,
                Ok(Message::Moved { number, from, to }) => self.moved(number, &from, to),
                Ok(Message::NotRead { path, reason }) => self.reject(path, reason),
                Ok(Message::Scanned { seen, jobs: total, gone }) => {
                    self.summary.seen = seen;
                    jobs = Some(total);
                    self.tell(IngestEvent::Scanned { seen });
                    gone.into_iter().for_each(|gone| self.gone(gone));
                }
                Err(RecvTimeoutError::Timeout) => {}
                // Nobody is left to tell us anything: they were stopped.
                Err(RecvTimeoutError::Disconnected) => self.shared.stop(),
            }
            if self.shared.stopped() {
                self.commit()?;
                self.write_lists()?;
                return Err(LibraryError::Stopped);
            }
            let now = Instant::now();
            if now >= self.next_commit || self.to_announce.0.len() >= COMMIT_PORTRAITS {
                self.commit()?;
                self.next_commit = Instant::now() + COMMIT_AFTER;
            }
            if now >= self.next_progress {
                self.tell_progress();
                self.next_progress = now + PROGRESS_AFTER;
            }
        }
        // Every claim has been answered by now, and with it those that waited; should one not have been, its file is
        // reported rather than lost.
        for job in std::mem::take(&mut self.same).into_values().flatten() {
            self.reject(job.source.path, "its twin was not prepared: ingest again".into());
        }
        self.commit()?;
        self.tell_progress();
        self.write_lists()
    }

    fn done(&mut self, job: Job, hash: Option<Hash>, outcome: Outcome) -> Result<(), LibraryError> {
        match (outcome, hash) {
            (Outcome::Prepared(prepared), Some(hash)) => {
                let Prepared { tile, floor, tone, seen, remark } = *prepared;
                if let Some(remark) = remark {
                    self.tell(IngestEvent::Remark(format!("{remark}: {}", job.source.path.display())));
                }
                self.detach_before(&job);
                let portrait = NewPortrait { hash, source: Some(job.source), tone, seen, tile, floor };
                let number = self.writer.add(portrait)?;
                self.to_announce.0.insert(number);
                self.summary.added += 1;
                for twin in self.same.remove(&hash).unwrap_or_default() {
                    self.twin(number, twin);
                }
            }
            (Outcome::Same, Some(hash)) => match (self.writer.find(&hash), self.bad.get(&hash)) {
                (Some(number), _) => self.twin(number, job),
                (None, Some(reason)) => {
                    let reason = reason.clone();
                    self.refuse(job, reason);
                }
                (None, None) => match self.removed.remove(&hash) {
                    Some((number, entry)) => self.revive(number, entry, job),
                    None => self.same.entry(hash).or_default().push(job),
                },
            },
            (Outcome::Rejected(reason), hash) => {
                if let Some(hash) = hash {
                    for twin in self.same.remove(&hash).unwrap_or_default() {
                        self.refuse(twin, reason.clone());
                    }
                    self.bad.insert(hash, reason.clone());
                }
                self.refuse(job, reason);
            }
            // The portrait made of it before, if any, stays: the file is there.
            (Outcome::Unreadable(reason), _) => self.reject(job.source.path, reason),
            (Outcome::Prepared(_) | Outcome::Same, None) => {}
        }
        Ok(())
    }

    /// A file has the bytes of a portrait.
    fn twin(&mut self, number: PortraitNumber, job: Job) {
        if job.before == Some(number) {
            // Touched, but not changed.
            self.summary.unchanged += 1;
        } else {
            self.detach_before(&job);
            self.summary.duplicates += 1;
        }
        self.writer.add_source(number, job.source);
    }

    /// A file has the bytes of a portrait that was removed in this run, whose tile is still in its place.
    fn revive(&mut self, number: PortraitNumber, entry: Entry, job: Job) {
        self.detach_before(&job);
        self.writer.put(number, Entry { sources: vec![job.source], ..entry });
        if !self.to_announce.1.remove(&number) {
            self.to_announce.0.insert(number);
        }
        self.summary.removed -= 1;
        self.summary.duplicates += 1;
    }

    fn moved(&mut self, number: PortraitNumber, from: &Path, to: Source) {
        if let Some(mut entry) = self.writer.entry(number) {
            entry.sources.retain(|source| source.path != from);
            self.writer.put(number, entry);
            self.writer.add_source(number, to);
        }
        self.summary.unchanged += 1;
    }

    fn gone(&mut self, gone: Gone) {
        match gone {
            Gone::Source { number, path } => self.detach(number, &path),
            Gone::Rejected { path } => self.writer.stage(Record::Forgotten { path }),
        }
    }

    /// A changed file is no longer the one that its old portrait was made of.
    fn detach_before(&mut self, job: &Job) {
        if let Some(number) = job.before {
            self.detach(number, &job.source.path);
        }
    }

    /// Takes a file from a portrait, and the portrait out with its last file.
    fn detach(&mut self, number: PortraitNumber, path: &Path) {
        let Some(mut entry) = self.writer.entry(number) else { return };
        let before = entry.sources.len();
        entry.sources.retain(|source| source.path != path);
        if entry.sources.len() == before {
            return;
        }
        if !entry.sources.is_empty() {
            self.writer.put(number, entry);
        } else if let Some(entry) = self.writer.remove(number) {
            self.removed.insert(entry.hash, (number, entry));
            if !self.to_announce.0.remove(&number) {
                self.to_announce.1.insert(number);
            }
            self.summary.removed += 1;
        }
    }

    /// A file's content cannot be used: told, and remembered so that it is not tried again.
    fn refuse(&mut self, job: Job, reason: String) {
        self.detach_before(&job);
        let judge = self.shared.limits.judge();
        self.writer.stage(Record::Rejected { source: job.source.clone(), reason: reason.clone(), judge });
        self.reject(job.source.path, reason);
    }

    fn reject(&mut self, path: PathBuf, reason: String) {
        self.summary.rejected.push(Rejection { path: path.display().to_string(), reason: reason.clone() });
        self.tell(IngestEvent::Rejected { path, reason });
    }

    fn commit(&mut self) -> Result<(), LibraryError> {
        self.writer.commit()?;
        let (added, removed) = std::mem::take(&mut self.to_announce);
        if !removed.is_empty() {
            self.tell(IngestEvent::Removed(removed.into_iter().collect()));
        }
        if !added.is_empty() {
            self.tell(IngestEvent::Added(added.into_iter().collect()));
        }
        Ok(())
    }

    fn tell_progress(&self) {
        let IngestSummary { added, unchanged, duplicates, ref rejected, .. } = self.summary;
        self.tell(IngestEvent::Progress { done: added + unchanged + duplicates + rejected.len() });
    }

    /// Whoever does not listen any more is not told.
    fn tell(&self, event: IngestEvent) {
        let _ = self.events.send(event);
    }

    /// Writes the lists of the rejected and of the doubtful for people, where they have changed.
    fn write_lists(&self) -> Result<(), LibraryError> {
        let library = self.writer.library();
        let line = |path: &str, reason: &str| format!("{}\t{reason}\n", path.replace(['\n', '\r', '\t'], " "));
        let rejected = self.summary.rejected.iter().map(|Rejection { path, reason }| line(path, reason)).collect();
        let doubtful = library.doubtful().iter().map(|(path, doubts)| line(path, &doubts.to_string())).collect();
        write_list(&library.dir().join(store::REJECTED), rejected)?;
        write_list(&library.dir().join(store::DOUBTFUL), doubtful)
    }
}

/// Writes a list for people, sorted, where it has changed.
fn write_list(path: &Path, mut lines: Vec<String>) -> Result<(), LibraryError> {
    lines.sort();
    let text = lines.concat();
    if fs::read(path).unwrap_or_default() == text.as_bytes() && (path.exists() || text.is_empty()) {
        return Ok(());
    }
    store::replace_file(path, text.as_bytes()).map_err(io_error("write a list of photographs", path))
}
