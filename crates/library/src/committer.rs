//! The committer: the one thread that writes. It applies the workers' outcomes in the order of the scan, and commits: the
//! first portraits at once, the others in batches.

mod crops;
mod grouping;
pub(super) mod lists;
mod outcome;
mod takedown;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use millions_base::printable;
use millions_wall::tile::PortraitNumber;

use grouping::Grouping;

use super::error::LibraryError;
use super::index::{Entry, Key, key_digest};
use super::ingest::{IngestEvent, IngestSummary, Rejection};
use super::manual_crops::ManualCropsFile;
use super::people::Roster;
use super::removals::{Removals, RemovalsFile};
use super::worker::{Job, Message, Outcome, Shared};
use super::writer::{Changes, LibraryWriter};

/// A wall that waits for its first portraits gets some after this.
const FIRST_COMMIT_AFTER: Duration = Duration::from_millis(100);
/// Later commits, which cost syncs, come this often,
const COMMIT_AFTER: Duration = Duration::from_millis(500);
/// or when this many portraits are staged.
const COMMIT_PORTRAITS: usize = 512;
const PROGRESS_AFTER: Duration = Duration::from_millis(50);
/// How often it is looked whether somebody, such as `millions library remove`, has removed a person or decided about a crop.
const DECISIONS_EVERY: Duration = Duration::from_millis(200);
/// After a fault the folders are brought in again so much later.
const RETRY_AFTER: Duration = Duration::from_secs(3);

/// A job with its photograph's BLAKE3, where it could be read, and its outcome.
struct Finished {
    job: Job,
    hash: Option<[u8; 32]>,
    outcome: Outcome,
}

/// The state of the committer thread.
pub struct Committer {
    writer: LibraryWriter,
    shared: Arc<Shared>,
    events: Sender<IngestEvent>,
    /// What the spreadsheets say in this round.
    roster: Arc<Roster>,
    /// Jobs that finished before one ahead of them; never more than the reorder window is wide.
    early: BTreeMap<u64, Finished>,
    /// The position of the next job to apply.
    head: u64,
    /// What was reported in the last round: not reported again while it stays true.
    reported: HashSet<String>,
    removals: RemovalsFile,
    crops: ManualCropsFile,
    grouping: Grouping,
    /// Those whom a row of a spreadsheet hides now: no `hidden = no` elsewhere counts against it.
    standing: Removals,
    /// The fault that was told last, until a round goes well.
    last_fault: Option<String>,
    /// Whether the folders are watched: rounds go on after a fault.
    is_watching: bool,
    round: Round,
}

/// The state of one round.
struct Round {
    is_first: bool,
    started: Instant,
    summary: IngestSummary,
    /// Duplicates of photographs whose outcome is not known yet.
    duplicates: HashMap<Key, Vec<Job>>,
    /// Photographs rejected in this round, with the reason.
    rejected: HashMap<Key, String>,
    /// Portraits removed in this round: their photograph may turn up at another path, and their tiles still stand.
    removed: HashMap<Key, (PortraitNumber, Entry)>,
    /// Portraits that replace another since the last commit.
    replaced: Vec<Replacement>,
    added: BTreeSet<PortraitNumber>,
    reported: HashSet<String>,
    /// What went wrong in this round, which is tried again.
    fault: Option<LibraryError>,
    /// Files of people who were removed.
    removed_files: usize,
    next_commit: Instant,
    next_progress: Instant,
}

/// A portrait made of the same file as an older one.
struct Replacement {
    new: PortraitNumber,
    old: PortraitNumber,
}

impl Round {
    fn new(is_first: bool, started: Instant) -> Self {
        Self {
            is_first,
            started,
            summary: IngestSummary::default(),
            duplicates: HashMap::new(),
            rejected: HashMap::new(),
            removed: HashMap::new(),
            replaced: Vec::new(),
            added: BTreeSet::new(),
            reported: HashSet::new(),
            fault: None,
            removed_files: 0,
            next_commit: started + FIRST_COMMIT_AFTER,
            next_progress: started,
        }
    }
}

impl Committer {
    pub fn new(
        writer: LibraryWriter,
        removals: RemovalsFile,
        crops: ManualCropsFile,
        shared: Arc<Shared>,
        events: Sender<IngestEvent>,
        started: Instant,
    ) -> Self {
        shared.set_removals(removals.get());
        Self {
            removals,
            crops,
            grouping: Grouping::default(),
            standing: Removals::default(),
            last_fault: None,
            is_watching: false,
            writer,
            shared,
            events,
            roster: Arc::default(),
            early: BTreeMap::new(),
            head: 0,
            reported: HashSet::new(),
            round: Round::new(true, started),
        }
    }

    /// Runs one round until it is done, stopped or failed, and sends its result; where the folders are watched
    /// (`next_round`), all later rounds too. `next_round` is signalled when a round is over. What goes wrong in a round of
    /// watched folders is told, and tried again.
    pub fn run(mut self, messages: &Receiver<Message>, next_round: Option<&Sender<()>>) {
        self.is_watching = next_round.is_some();
        self.load_grouping();
        self.stage_accepted();
        let result = self.run_round(messages, None);
        // A wall that has somebody goes on with them.
        let fault = self.round.fault.take();
        let shows_nobody = self.writer.library().is_empty();
        let (result, fault) = match (result, fault) {
            (Ok(()), Some(fault)) if shows_nobody => (Err(fault), None),
            other => other,
        };
        let Some(next_round) = next_round.filter(|_| result.is_ok()) else {
            self.shared.stop();
            let finished = result.map(|()| self.summary());
            let Self { writer, events, .. } = self;
            // The lock goes before the last event, so that its receiver can open the library for writing.
            drop(writer);
            let _ = events.send(IngestEvent::Finished(finished));
            return;
        };
        let summary = self.summary();
        self.send(IngestEvent::Finished(Ok(summary)));
        let mut retry = self.report_fault(fault);
        while next_round.send(()).is_ok() {
            // Waits until the folders change, and follows the removals meanwhile.
            let first = loop {
                match messages.recv_timeout(DECISIONS_EVERY) {
                    Ok(message) => break message,
                    Err(RecvTimeoutError::Disconnected) => return,
                    Err(RecvTimeoutError::Timeout) => {}
                }
                if retry.is_some_and(|retry| Instant::now() >= retry) {
                    self.shared.start_round();
                    retry = None;
                }
                let followed = self.follow_decisions();
                self.guard(followed);
                if let Some(fault) = self.round.fault.take() {
                    retry = self.report_fault(Some(fault));
                }
            };
            self.round = Round::new(false, Instant::now());
            let recovered = if self.writer.is_broken() { self.recover() } else { Ok(()) };
            self.guard(recovered);
            let handled = self.handle(first);
            let jobs = self.guard(handled).flatten();
            if self.run_round(messages, jobs).is_err() {
                return;
            }
            let fault = self.round.fault.take();
            retry = self.report_fault(fault);
        }
    }

    /// Keeps the first fault of a round of watched folders, which goes on without writing; returns the value of what went well.
    fn guard<T>(&mut self, result: Result<T, LibraryError>) -> Option<T> {
        result.map_err(|fault| self.round.fault.get_or_insert(fault)).ok()
    }

    /// Tells a fault, once while it stays the same, and returns when to try again.
    fn report_fault(&mut self, fault: Option<LibraryError>) -> Option<Instant> {
        let Some(fault) = fault else {
            self.last_fault = None;
            return None;
        };
        let reason = format!("changes in the folders could not be brought in, which is tried again: {fault}");
        let path = self.writer.library().dir().to_owned();
        if self.last_fault.as_ref() != Some(&reason) {
            self.send(IngestEvent::Rejected { path, reason: reason.clone() });
        }
        self.last_fault = Some(reason);
        // If this fails too, the next round tries it again.
        let _ = self.recover();
        Some(Instant::now() + RETRY_AFTER)
    }

    /// Makes the writer and the reservations what the library on the disk is.
    fn recover(&mut self) -> Result<(), LibraryError> {
        self.writer.recover()?;
        self.shared.reset_reservations(self.writer.library().index().rows().map(|(_, row)| row.digest()));
        self.grouping = Grouping::default();
        Ok(())
    }

    fn summary(&mut self) -> IngestSummary {
        let library = self.writer.library();
        let mut summary = std::mem::take(&mut self.round.summary);
        (summary.portraits, summary.hidden, summary.copies) = (library.len(), library.hidden(), library.copies());
        let counts = library.index().counts();
        (summary.review, summary.upscaled) = (counts.review, counts.upscaled);
        summary.seconds = self.round.started.elapsed().as_secs_f64();
        summary.rejected.sort_by(|a, b| a.path.cmp(&b.path));
        summary
    }

    /// Handles messages until all jobs of the round are applied; `jobs` is their number, once it is known. Where the folders
    /// are watched, a fault is kept in the round, whose rest is then passed over.
    fn run_round(&mut self, messages: &Receiver<Message>, mut jobs: Option<u64>) -> Result<(), LibraryError> {
        let mut next_look = Instant::now() + DECISIONS_EVERY;
        while jobs.is_none_or(|jobs| self.head < jobs) {
            let wait = self.round.next_commit.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            let handled = match messages.recv_timeout(wait.min(PROGRESS_AFTER)) {
                Ok(message) => self.handle(message),
                Err(RecvTimeoutError::Timeout) => Ok(None),
                // All senders are gone: the other threads have stopped.
                Err(RecvTimeoutError::Disconnected) => {
                    self.shared.stop();
                    Ok(None)
                }
            };
            jobs = self.tolerate(handled)?.flatten().or(jobs);
            if self.shared.stopped() {
                self.commit()?;
                self.write_lists()?;
                return Err(LibraryError::Stopped);
            }
            let now = Instant::now();
            if now >= next_look {
                let followed = self.follow_decisions();
                self.tolerate(followed)?;
                next_look = Instant::now() + DECISIONS_EVERY;
            }
            if now >= self.round.next_commit || self.writer.staged() >= COMMIT_PORTRAITS {
                let committed = self.commit();
                self.tolerate(committed)?;
                self.round.next_commit = Instant::now() + COMMIT_AFTER;
            }
            if now >= self.round.next_progress {
                self.send_progress();
                self.round.next_progress = now + PROGRESS_AFTER;
            }
        }
        if self.round.fault.is_some() {
            return Ok(());
        }
        let finished = self.finish_round();
        self.tolerate(finished).map(|_| ())
    }

    /// As [`Self::guard`] where the folders are watched; else a fault ends the ingest.
    fn tolerate<T>(&mut self, result: Result<T, LibraryError>) -> Result<Option<T>, LibraryError> {
        if self.is_watching { Ok(self.guard(result)) } else { result.map(Some) }
    }

    fn finish_round(&mut self) -> Result<(), LibraryError> {
        // Every reservation has been answered by now, and its duplicates with it; should one not have been, its file is
        // reported rather than lost.
        for job in std::mem::take(&mut self.round.duplicates).into_values().flatten() {
            self.report_rejected(job.source.path, "its duplicate was not prepared: ingest again".into());
        }
        self.merge_unedited_duplicates();
        self.commit()?;
        self.report_decisions();
        self.writer.erase(self.round.removed.values().map(|(number, _)| *number))?;
        self.writer.compact_log()?;
        self.send_progress();
        let Round { removed, rejected, reported, .. } = &mut self.round;
        let keys = removed.drain().map(|(key, _)| key).chain(rejected.drain().map(|(key, _)| key));
        self.shared.release(keys.map(|key| key_digest(&key)));
        self.reported = std::mem::take(reported);
        self.write_lists()
    }

    /// Handles a message; returns the number of jobs since the first round once the scan is over. After a fault only their
    /// order is followed.
    fn handle(&mut self, message: Message) -> Result<Option<u64>, LibraryError> {
        let has_failed = self.round.fault.is_some();
        match message {
            Message::RoundStarted { roster, notes, excluded } => {
                let notes: Vec<String> = notes.iter().map(|note| printable(note).into_owned()).collect();
                self.round.summary.excluded = excluded;
                // Told before anything is tried that may fail.
                for note in &notes {
                    self.report(note.clone(), IngestEvent::Remark(note.clone()));
                }
                self.round.summary.notes = notes;
                self.roster = roster;
                // Hiding a portrait does not wait for photographs.
                self.apply_roster()?;
            }
            Message::Urgent { roster, missing } => {
                self.roster = roster;
                self.apply_urgent(missing)?;
            }
            Message::Done { job, hash, outcome } => {
                self.early.insert(job.position, Finished { job, hash, outcome });
                while let Some(finished) = self.early.remove(&self.head) {
                    self.head += 1;
                    self.shared.window.advance(self.head);
                    if !has_failed {
                        self.apply(finished)?;
                    }
                }
            }
            Message::Unchanged(count) => self.round.summary.unchanged += count,
            Message::Renamed { number, from, to } => self.apply_rename(number, &from, to),
            Message::Skipped { path, reason } => self.report_rejected(path, reason),
            Message::StillRemoved { path } => self.note_removed_file(&path),
            Message::Scanned { found, elsewhere, jobs, missing } => {
                (self.round.summary.found, self.round.summary.elsewhere) = (found, elsewhere);
                if self.round.is_first {
                    self.send(IngestEvent::Scanned { found });
                }
                if !has_failed {
                    missing.into_iter().for_each(|missing| self.apply_missing(missing));
                }
                return Ok(Some(jobs));
            }
        }
        Ok(None)
    }

    /// Commits what is staged, and sends what that changes for readers. Who is hidden or removed by it goes from the wall even
    /// where it cannot be written.
    fn commit(&mut self) -> Result<(), LibraryError> {
        let staged: Vec<_> = self.writer.staged_entries().collect();
        for (number, entry) in staged {
            let Some(entry) = entry else { continue };
            let sources = self.all_sources(number, &entry);
            let person = takedown::person(&self.roster, self.removals.get(), &entry, &sources);
            if person != entry.person {
                self.writer.put(number, Entry { person, ..entry });
            }
        }
        self.group_copies();
        let Changes { mut added, mut removed, changed } = self.writer.changes();
        if let Err(error) = self.writer.commit() {
            self.writer.hide_in_memory(&removed);
            if !removed.is_empty() {
                self.send(IngestEvent::Removed(removed));
            }
            return Err(error);
        }
        let mut replaced = Vec::new();
        for Replacement { new, old } in std::mem::take(&mut self.round.replaced) {
            // Both are sorted by number. Hidden portraits are in neither.
            if let (Ok(new_at), Ok(old_at)) = (added.binary_search(&new), removed.binary_search(&old)) {
                added.remove(new_at);
                removed.remove(old_at);
                replaced.push((old, new));
            }
        }
        if !replaced.is_empty() {
            self.send(IngestEvent::Replaced(replaced));
        }
        for (numbers, event) in [
            (removed, IngestEvent::Removed as fn(Vec<PortraitNumber>) -> IngestEvent),
            (added, IngestEvent::Added),
            (changed, IngestEvent::Changed),
        ] {
            if !numbers.is_empty() {
                self.send(event(numbers));
            }
        }
        Ok(())
    }

    fn report_rejected(&mut self, path: PathBuf, reason: String) {
        let rejection = Rejection { path: path.display().to_string(), reason: reason.clone() };
        self.report(format!("{}\t{reason}", rejection.path), IngestEvent::Rejected { path, reason });
        self.round.summary.rejected.push(rejection);
    }

    /// Sends an event, unless the last round sent the same (by `text`).
    fn report(&mut self, text: String, event: IngestEvent) {
        if !self.reported.contains(&text) {
            self.send(event);
        }
        self.round.reported.insert(text);
    }

    fn send_progress(&self) {
        let IngestSummary { added, unchanged, duplicates, ref rejected, .. } = self.round.summary;
        if self.round.is_first {
            self.send(IngestEvent::Progress { done: added + unchanged + duplicates + rejected.len() });
        }
    }

    /// Sends an event; a receiver that is gone is no error.
    fn send(&self, event: IngestEvent) {
        let _ = self.events.send(event);
    }

    fn write_lists(&self) -> Result<(), LibraryError> {
        lists::write(&self.writer.library(), &self.round.summary.rejected, |path| self.is_removed_file(path))
    }
}
