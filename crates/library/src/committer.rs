//! The keeper: the one thread that writes. It takes outcomes in the order of the scan, turns them into portraits and
//! counts, and commits: the first portraits at once, the others in batches.

use millions_base::replace_file;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use super::edit::Edit;
use super::error::{LibraryError, io_error};
use super::index::{Entry, Key, Record};
use super::ingest::{IngestEvent, IngestSummary, Rejection};
use super::people::Roster;
use super::prepare::Prepared;
use super::source::Source;
use super::store;
use super::worker::{Gone, Job, Message, Outcome, Shared};
use super::writer::{Changes, LibraryWriter, NewPortrait};
use millions_wall::tile::PortraitNumber;

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
pub struct Committer {
    writer: LibraryWriter,
    shared: Arc<Shared>,
    events: Sender<IngestEvent>,
    /// Who the people are, in this round.
    roster: Arc<Roster>,
    /// Outcomes that came before their turn; never more than the window is wide.
    early: BTreeMap<u64, Done>,
    head: u64,
    /// What has been said already, and is not said again in a later round while it stays true.
    said: HashSet<String>,
    round: Round,
}

/// What belongs to one round.
struct Round {
    is_first: bool,
    started: Instant,
    summary: IngestSummary,
    /// Files with the bytes of one whose outcome is not known yet.
    same: HashMap<Key, Vec<Job>>,
    bad: HashMap<Key, String>,
    /// Portraits removed: their bytes may turn up elsewhere, and their tiles still stand.
    removed: HashMap<Key, (PortraitNumber, Entry)>,
    /// Portraits that take the place of another, since the last commit: new and old.
    replaced: Vec<(PortraitNumber, PortraitNumber)>,
    added: BTreeSet<PortraitNumber>,
    said: HashSet<String>,
    next_commit: Instant,
    next_progress: Instant,
}

impl Round {
    fn new(is_first: bool, started: Instant) -> Self {
        Self {
            is_first,
            started,
            summary: IngestSummary::default(),
            same: HashMap::new(),
            bad: HashMap::new(),
            removed: HashMap::new(),
            replaced: Vec::new(),
            added: BTreeSet::new(),
            said: HashSet::new(),
            next_commit: started + FIRST_COMMIT_AFTER,
            next_progress: started,
        }
    }
}

impl Committer {
    pub fn new(writer: LibraryWriter, shared: Arc<Shared>, events: Sender<IngestEvent>, started: Instant) -> Self {
        Self {
            writer,
            shared,
            events,
            roster: Arc::default(),
            early: BTreeMap::new(),
            head: 0,
            said: HashSet::new(),
            round: Round::new(true, started),
        }
    }

    /// Keeps one round until it is done, stopped or impossible, and says so; where the folders are watched, all that
    /// follow. `next_round` tells the scanner that a round is committed.
    pub fn run(mut self, messages: &Receiver<Message>, next_round: Option<&Sender<()>>) {
        let result = self.keep(messages, None);
        let Some(next_round) = next_round.filter(|_| result.is_ok()) else {
            self.shared.stop();
            let finished = result.map(|()| self.summary());
            let Self { writer, events, .. } = self;
            // The lock goes before the last word, so that whoever waits for that can open the library for writing.
            drop(writer);
            let _ = events.send(IngestEvent::Finished(finished));
            return;
        };
        let summary = self.summary();
        self.tell(IngestEvent::Finished(Ok(summary)));
        while next_round.send(()).is_ok() {
            // A round may be long in coming.
            let Ok(first) = messages.recv() else { return };
            self.round = Round::new(false, Instant::now());
            let kept = self.take(first).and_then(|jobs| self.keep(messages, jobs));
            match kept {
                Ok(()) => {}
                Err(LibraryError::Stopped) => return,
                Err(error) => {
                    self.tell(IngestEvent::Remark(format!(
                        "changes in the folders are not followed any more: {error}"
                    )));
                    return self.shared.stop();
                }
            }
        }
    }

    fn summary(&mut self) -> IngestSummary {
        let library = self.writer.library();
        let mut summary = std::mem::take(&mut self.round.summary);
        (summary.portraits, summary.hidden) = (library.len(), library.hidden());
        (summary.doubtful, summary.upscaled) = library.count_doubtful();
        summary.seconds = self.round.started.elapsed().as_secs_f64();
        summary.rejected.sort_by(|a, b| a.path.cmp(&b.path));
        summary
    }

    /// Keeps until all jobs of the round are done; `jobs` is their number, once it is known.
    fn keep(&mut self, messages: &Receiver<Message>, mut jobs: Option<u64>) -> Result<(), LibraryError> {
        while jobs.is_none_or(|jobs| self.head < jobs) {
            let wait = self.round.next_commit.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            match messages.recv_timeout(wait.min(PROGRESS_AFTER)) {
                Ok(message) => jobs = self.take(message)?.or(jobs),
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
            if now >= self.round.next_commit || self.writer.staged() >= COMMIT_PORTRAITS {
                self.commit()?;
                self.round.next_commit = Instant::now() + COMMIT_AFTER;
            }
            if now >= self.round.next_progress {
                self.tell_progress();
                self.round.next_progress = now + PROGRESS_AFTER;
            }
        }
        // Every claim has been answered by now, and with it those that waited; should one not have been, its file is
        // reported rather than lost.
        for job in std::mem::take(&mut self.round.same).into_values().flatten() {
            self.reject(job.source.path, "its twin was not prepared: ingest again".into());
        }
        self.join_copies();
        self.commit()?;
        self.writer.tidy()?;
        self.tell_progress();
        let Round { removed, bad, said, .. } = &mut self.round;
        self.shared.disclaim(removed.drain().map(|(key, _)| key).chain(bad.drain().map(|(key, _)| key)));
        self.said = std::mem::take(said);
        self.write_lists()
    }

    /// Takes a message; gives the number of jobs when it is known.
    fn take(&mut self, message: Message) -> Result<Option<u64>, LibraryError> {
        match message {
            Message::Listed { roster, notes } => {
                self.roster = roster;
                self.describe_all();
                // Whoever is to be hidden does not wait for photographs.
                self.commit()?;
                for note in &notes {
                    self.say(note.clone(), IngestEvent::Remark(note.clone()));
                }
                self.round.summary.notes = notes;
            }
            Message::Done { job, hash, outcome } => {
                self.early.insert(job.place, (job, hash, outcome));
                while let Some((job, hash, outcome)) = self.early.remove(&self.head) {
                    self.done(job, hash, outcome)?;
                    self.head += 1;
                    self.shared.window.advance(self.head);
                }
            }
            Message::Unchanged => self.round.summary.unchanged += 1,
            Message::Moved { number, from, to } => self.moved(number, &from, to),
            Message::NotRead { path, reason } => self.reject(path, reason),
            Message::Scanned { found, jobs, gone } => {
                self.round.summary.found = found;
                if self.round.is_first {
                    self.tell(IngestEvent::Scanned { found });
                }
                gone.into_iter().for_each(|gone| self.gone(gone));
                return Ok(Some(jobs));
            }
        }
        Ok(None)
    }

    /// Stages everybody of whom the spreadsheets say something else than the library.
    fn describe_all(&mut self) {
        let described: Vec<_> = {
            let library = self.writer.library();
            let index = library.index();
            let change = |(number, entry): (&PortraitNumber, &Entry)| {
                let person = self.roster.person(&entry.sources, entry.person.as_deref());
                (person != entry.person).then(|| (*number, Entry { person, ..entry.clone() }))
            };
            index.portraits.iter().filter_map(change).collect()
        };
        described.into_iter().for_each(|(number, entry)| self.writer.put(number, entry));
    }

    fn done(&mut self, job: Job, hash: Option<Hash>, outcome: Outcome) -> Result<(), LibraryError> {
        let key = hash.map(|hash| (hash, job.edit));
        match (outcome, key) {
            (Outcome::Prepared(prepared), Some(key)) => {
                let Prepared { tile, floor, tone, detections, remark } = *prepared;
                if let Some(remark) = remark {
                    self.tell(IngestEvent::Remark(format!("{remark}: {}", job.source.path.display())));
                }
                let before = self.detach_before(&job);
                let (hash, edit) = key;
                let portrait = NewPortrait { hash, edit, source: Some(job.source), tone, detections, tile, floor };
                let number = self.writer.add(portrait)?;
                self.round.replaced.extend(before.map(|before| (number, before)));
                self.round.added.insert(number);
                self.round.summary.added += 1;
                for twin in self.round.same.remove(&key).unwrap_or_default() {
                    self.twin(number, twin);
                }
            }
            (Outcome::Same, Some(key)) => match (self.writer.find(key.0, key.1), self.round.bad.get(&key)) {
                (Some(number), _) => self.twin(number, job),
                (None, Some(reason)) => {
                    let reason = reason.clone();
                    self.refuse(job, reason);
                }
                (None, None) => match self.round.removed.remove(&key) {
                    Some((number, entry)) => self.revive(number, entry, job),
                    None => self.round.same.entry(key).or_default().push(job),
                },
            },
            (Outcome::Rejected(reason), key) => {
                if let Some(key) = key {
                    for twin in self.round.same.remove(&key).unwrap_or_default() {
                        self.refuse(twin, reason.clone());
                    }
                    self.round.bad.insert(key, reason.clone());
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
            self.round.summary.unchanged += 1;
        } else {
            self.detach_before(&job);
            self.round.summary.duplicates += 1;
        }
        self.writer.add_source(number, job.source);
    }

    /// A file has the bytes of a portrait that was removed in this round, whose tile is still in its place.
    fn revive(&mut self, number: PortraitNumber, entry: Entry, job: Job) {
        self.detach_before(&job);
        self.writer.put(number, Entry { sources: vec![job.source], ..entry });
        self.round.summary.removed -= 1;
        self.round.summary.duplicates += 1;
    }

    /// Copies of a photograph of which nobody wants a crop or a turn are the same person as the copy of which somebody
    /// does. Only at a round's end is it known which there are.
    fn join_copies(&mut self) {
        for (edited, (hash, _)) in self.writer.edited() {
            let Some(plain) = self.writer.find(hash, Edit::default()) else { continue };
            let Some(entry) = self.writer.remove(plain) else { continue };
            for source in &entry.sources {
                self.writer.add_source(edited, source.clone());
            }
            if self.round.added.remove(&plain) {
                self.round.summary.added -= 1;
                self.round.summary.duplicates += 1;
            } else {
                self.round.summary.removed += 1;
            }
            self.round.removed.insert(entry.key(), (plain, entry));
        }
    }

    fn moved(&mut self, number: PortraitNumber, from: &Path, to: Source) {
        if let Some(mut entry) = self.writer.entry(number) {
            entry.sources.retain(|source| source.path != from);
            self.writer.put(number, entry);
            self.writer.add_source(number, to);
        }
        self.round.summary.unchanged += 1;
    }

    fn gone(&mut self, gone: Gone) {
        match gone {
            Gone::Source { number, path } => drop(self.detach(number, &path)),
            Gone::Rejected { path } => self.writer.stage(Record::Forgotten { path }),
        }
    }

    /// A changed file is no longer the one that its old portrait was made of; gives that portrait if it is gone by this.
    fn detach_before(&mut self, job: &Job) -> Option<PortraitNumber> {
        job.before.filter(|number| self.detach(*number, &job.source.path))
    }

    /// Takes a file from a portrait, and the portrait out with its last file; whether it did.
    fn detach(&mut self, number: PortraitNumber, path: &Path) -> bool {
        let Some(mut entry) = self.writer.entry(number) else { return false };
        let before = entry.sources.len();
        entry.sources.retain(|source| source.path != path);
        if entry.sources.len() == before {
            return false;
        }
        if !entry.sources.is_empty() {
            self.writer.put(number, entry);
            return false;
        }
        if let Some(entry) = self.writer.remove(number) {
            self.round.removed.insert(entry.key(), (number, entry));
            self.round.summary.removed += 1;
        }
        true
    }

    /// A file's content cannot be used: told, and remembered so that it is not tried again.
    fn refuse(&mut self, job: Job, reason: String) {
        self.detach_before(&job);
        let judge = self.shared.limits.judge();
        self.writer.stage(Record::Rejected { source: job.source.clone(), reason: reason.clone(), judge });
        self.reject(job.source.path, reason);
    }

    fn reject(&mut self, path: PathBuf, reason: String) {
        let rejection = Rejection { path: path.display().to_string(), reason: reason.clone() };
        self.say(format!("{}\t{reason}", rejection.path), IngestEvent::Rejected { path, reason });
        self.round.summary.rejected.push(rejection);
    }

    /// Tells an event, but in a later round not again.
    fn say(&mut self, what: String, event: IngestEvent) {
        if !self.said.contains(&what) {
            self.tell(event);
        }
        self.round.said.insert(what);
    }

    fn commit(&mut self) -> Result<(), LibraryError> {
        for entry in self.writer.staged_mut() {
            entry.person = self.roster.person(&entry.sources, entry.person.as_deref());
        }
        let Changes { mut added, mut removed, changed } = self.writer.changes();
        self.writer.commit()?;
        let mut replaced = Vec::new();
        for (new, old) in std::mem::take(&mut self.round.replaced) {
            // Sorted by number, both of them. Who is hidden is in neither.
            if let (Ok(new_at), Ok(old_at)) = (added.binary_search(&new), removed.binary_search(&old)) {
                added.remove(new_at);
                removed.remove(old_at);
                replaced.push((old, new));
            }
        }
        if !replaced.is_empty() {
            self.tell(IngestEvent::Replaced(replaced));
        }
        for (numbers, event) in [
            (removed, IngestEvent::Removed as fn(Vec<PortraitNumber>) -> IngestEvent),
            (added, IngestEvent::Added),
            (changed, IngestEvent::Changed),
        ] {
            if !numbers.is_empty() {
                self.tell(event(numbers));
            }
        }
        Ok(())
    }

    fn tell_progress(&self) {
        let IngestSummary { added, unchanged, duplicates, ref rejected, .. } = self.round.summary;
        if self.round.is_first {
            self.tell(IngestEvent::Progress { done: added + unchanged + duplicates + rejected.len() });
        }
    }

    /// Whoever does not listen any more is not told.
    fn tell(&self, event: IngestEvent) {
        let _ = self.events.send(event);
    }

    /// Writes the lists of the rejected and of the doubtful for people, where they have changed.
    fn write_lists(&self) -> Result<(), LibraryError> {
        let library = self.writer.library();
        let line = |path: &str, reason: &str| format!("{}\t{reason}\n", path.replace(['\n', '\r', '\t'], " "));
        let rejected =
            self.round.summary.rejected.iter().map(|Rejection { path, reason }| line(path, reason)).collect();
        let doubtful =
            library.doubtful().iter().map(|(path, review_reasons)| line(path, &review_reasons.to_string())).collect();
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
    replace_file(path, text.as_bytes()).map_err(io_error("write a list of photographs", path))
}
