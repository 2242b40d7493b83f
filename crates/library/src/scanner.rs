//! The scanner thread: lists the folders round after round, and sends changed files to the workers and everything else to
//! the committer.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::hash::{BuildHasher as _, Hash as _, Hasher as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossbeam_channel::{Receiver, RecvTimeoutError, SendTimeoutError, Sender};
use millions_base::printable_path;
use rustc_hash::{FxBuildHasher, FxHasher};

use super::index::Traits;
use super::known_files::{File, KnownFiles};
use super::library::Library;
use super::people::{Roster, Sheets, WordsCheck};
use super::scan::newcomers::newcomers_of;
use super::scan::{Listing, Root, list_after};
use super::shard::Shard;
use super::source::{Source, Stamp};
use super::watch::{Told, Watch};
use super::worker::{Job, Message, MissingFile, Shared, send};

/// A file that changed less than this ago may still be being written; while the folders are watched it is deferred.
const FRESH: Duration = Duration::from_millis(250);
/// After so many rounds a file is read as it is: some files are written to for ever.
const MAX_DEFERRALS: u8 = 10;

/// Where nothing tells of changes, all files are looked at once in this time, a part of them with each look at the folders,
const LOOKED_AT_IN: Duration = Duration::from_secs(600);
/// and at least so many each time, which takes some milliseconds.
const LEAST_LOOKED_AT: usize = 2000;
/// Unchanged files that are told together.
const MOST_TOGETHER: usize = 1024;

/// How often a running round looks for what is urgent.
const URGENT_EVERY: Duration = Duration::from_millis(200);

/// What a running round needs to look for what is urgent.
struct Urgent<'a> {
    watch: &'a Watch,
    sheets: &'a mut Sheets,
    due: Instant,
    /// The last listing.
    listing: Arc<Listing>,
    /// Whether something has changed that only another round can bring in.
    is_round_due: &'a mut bool,
}

/// The state of the scanner thread.
pub struct Scanner {
    pub roots: Vec<Root>,
    pub library: Arc<Library>,
    pub shared: Arc<Shared>,
    pub jobs: Sender<Job>,
    pub messages: Sender<Message>,
    pub words_check: Option<WordsCheck>,
    /// The part of the photographs to take.
    pub shard: Option<Shard>,
}

/// What is kept from round to round.
#[derive(Default)]
struct Memory {
    sheets: Sheets,
    /// Jobs sent so far.
    position: u64,
    /// How often each file has been deferred.
    deferrals: HashMap<PathBuf, u8>,
    /// Whether something has changed while a round ran.
    is_round_due: bool,
    /// The last listing.
    listing: Arc<Listing>,
    /// Files that are in other parts of the ingest, as they were.
    elsewhere: HashMap<PathBuf, Stamp>,
    /// The files of the last listing as they were, in its order.
    seen: Vec<u64>,
    /// The file of them at which the next look begins.
    next_look: usize,
    /// Whether there were files that cannot be read.
    has_unreadable: bool,
}

/// The end of a round.
struct RoundEnd {
    /// How long listing the folders took.
    walked: Duration,
    /// Whether a file was deferred or has gone meanwhile, so that another round is due soon.
    unsettled: bool,
}

impl Scanner {
    /// Scans once; with `watch`, again whenever something changes, until the ingest is stopped. `round_over` receives when
    /// the committer has committed a round.
    pub fn run(self, watch: Option<impl FnOnce() -> Watch>, round_over: &Receiver<()>) {
        // Watching begins before the first listing, so that no change falls in between.
        let watch = watch.map(|watch| watch());
        let mut memory = Memory { sheets: Sheets::new(self.words_check), ..Memory::default() };
        let mut ended = self.round(&mut memory, watch.as_ref(), None);
        let Some(watch) = watch else { return };
        while let ControlFlow::Continue(RoundEnd { walked, unsettled }) = ended {
            let Memory { sheets, is_round_due, listing, .. } = &mut memory;
            let listing = Arc::clone(listing);
            let mut urgent = Urgent { watch: &watch, sheets, due: Instant::now(), listing, is_round_due };
            if self.wait_for_round(round_over, &mut urgent).is_break() {
                return;
            }
            if std::mem::take(&mut memory.is_round_due) {
                self.shared.start_round();
            }
            let mut looked = walked;
            let told = loop {
                let has_changed = watch.wait(looked, unsettled.then_some(FRESH), &self.shared);
                if self.shared.stopped() {
                    return;
                }
                // Before the folders are read: what changes then is told once more.
                let (started, told) = (Instant::now(), watch.take_told());
                let is_all_due = self.shared.is_all_due.swap(false, Ordering::Acquire);
                if is_all_due || unsettled {
                    break Told::Anything;
                }
                if has_changed || may_have_changed(&mut memory, watch.interval()) {
                    break told;
                }
                looked = started.elapsed();
            };
            let newcomers = self.newcomers(&memory, &told);
            ended = self.round(&mut memory, Some(&watch), Some(newcomers));
        }
    }

    /// The listing with the files that have come since the last round, where nothing else has changed: neither a file of those that
    /// were there, nor a spreadsheet.
    fn newcomers(&self, memory: &Memory, told: &Told) -> Option<Listing> {
        let Told::Paths(paths) = told else { return None };
        let listing = &memory.listing;
        let listed = listing.with_newcomers(&self.roots, paths).filter(|_| !memory.has_unreadable)?;
        let starts =
            listing.folders.iter().scan(0, |next, folder| Some(std::mem::replace(next, *next + folder.files.len())));
        let starts: Vec<usize> = starts.collect();
        let is_as_it_was = |path: &PathBuf| match listing.position(path) {
            Some((folder, file)) => {
                memory.seen.get(starts[folder] + file) == Some(&digest(&listing.inspect(path.clone())))
            }
            None => true,
        };
        paths.iter().all(is_as_it_was).then_some(listed)
    }

    /// Scans the folders once. In a later round, files that are being written are left to the next, and where there are newcomers alone
    /// nothing else is looked at.
    fn round(
        &self,
        memory: &mut Memory,
        watch: Option<&Watch>,
        later: Option<Option<Listing>>,
    ) -> ControlFlow<(), RoundEnd> {
        let (started, may_defer) = (Instant::now(), later.is_some());
        let newcomers = later.flatten();
        let are_newcomers = newcomers.is_some();
        let listing = newcomers.or_else(|| list_after(&self.roots, &memory.listing, || self.shared.stopped()));
        let Some(listing) = listing else { return ControlFlow::Break(()) };
        let (walked, listing) = (started.elapsed(), Arc::new(listing));
        let (mut seen, files) = if are_newcomers {
            newcomers_of(&memory.listing, &listing, &memory.seen)
        } else {
            let files: Vec<_> = listing.files().enumerate().collect();
            (vec![0; files.len()], files)
        };
        let Memory { sheets, position, deferrals, is_round_due, listing: last_listing, elsewhere, .. } = memory;
        let known_elsewhere = if are_newcomers { HashMap::new() } else { std::mem::take(elsewhere) };
        last_listing.clone_from(&listing);
        let earlier_deferrals = std::mem::take(deferrals);
        let mut defer = |source: &Source| {
            let times = earlier_deferrals.get(&source.path).copied().unwrap_or(0);
            let deferred = may_defer && times < MAX_DEFERRALS && is_fresh(&source.stamp);
            if deferred {
                deferrals.insert(source.path.clone(), times + 1);
            }
            deferred
        };
        let people = sheets.round(&listing, &mut defer);
        let roster = Arc::new(people.roster);
        let mut notes = people.notes;
        notes.extend(listing.passed_over.iter().filter(|(_, files)| *files > 0).map(|(folder, files)| {
            format!(
                "{}: passed over, as a folder of trash, snapshots or thumbnails: {files} {}",
                printable_path(folder),
                if *files == 1 { "file" } else { "files" }
            )
        }));
        notes.extend(listing.pattern_notes.iter().cloned());
        notes.extend(passed_over(&listing));
        let excluded = listing.excluded;
        self.send(Message::RoundStarted { roster: Arc::clone(&roster), notes, excluded })?;

        let mut urgent = watch.map(|watch| Urgent {
            watch,
            sheets,
            due: Instant::now() + URGENT_EVERY,
            listing: Arc::clone(&listing),
            is_round_due,
        });
        let decoder_version = self.shared.limits.decoder_version();
        let mut known = if are_newcomers {
            self.tell_what_stays_out(&listing, decoder_version)?;
            KnownFiles::none(roster, decoder_version)
        } else {
            KnownFiles::of(&self.library.index(), roster, &self.shared.crops(), decoder_version)
        };
        let known_roster = Arc::clone(&known.roster);
        let mut found = listing.bad_folders.len() + listing.unusable.len();
        for (path, reason) in &listing.unusable {
            self.send(Message::Skipped { path: path.clone(), reason: (*reason).to_owned() })?;
        }
        for (path, reason) in &listing.bad_folders {
            self.send(Message::Skipped { path: path.clone(), reason: reason.clone() })?;
        }
        // Changed files that are in another part now.
        let mut gone = Vec::new();
        // Who is hidden comes first, so that no copy of the same photograph is shown before that is known.
        let is_hidden = |path: &PathBuf| known_roster.file_says_hidden(path) == Some(true);
        let (hidden, others): (Vec<_>, Vec<_>) = files.into_iter().partition(|(_, path)| is_hidden(path));
        let (mut unchanged, mut has_unreadable, mut has_vanished) = (0, false, false);
        for (at, path) in hidden.into_iter().chain(others) {
            if self.shared.stopped() {
                return ControlFlow::Break(());
            }
            let inspected = listing.inspect(path.clone());
            seen[at] = digest(&inspected);
            let file = match inspected {
                Ok(Some(source)) if self.is_removed(&source, &known_roster) => {
                    File::Known(Message::StillRemoved { path: source.path })
                }
                Ok(Some(source)) => known.classify(source, &mut defer),
                Ok(None) => {
                    // Gone since it was listed, or renamed, which only another listing tells; a link to nothing is gone.
                    if watch.is_some() && fs::symlink_metadata(&path).is_err() {
                        known.forget(&path);
                        has_vanished = true;
                    }
                    continue;
                }
                Err((path, reason)) => {
                    // Unreadable, but still there.
                    has_unreadable = true;
                    known.forget(&path);
                    File::Known(Message::Skipped { path, reason })
                }
            };
            match file {
                File::Deferred => continue,
                File::Unchanged => {
                    unchanged += 1;
                    if unchanged == MOST_TOGETHER {
                        self.send(Message::Unchanged(std::mem::take(&mut unchanged)))?;
                    }
                }
                File::Known(message) => self.send(message)?,
                File::Changed { source, previous, .. } if self.is_elsewhere(&source, &known_elsewhere) => {
                    elsewhere.insert(source.path.clone(), source.stamp);
                    gone.extend(previous.map(|number| MissingFile::OfPortrait { number, path: source.path }));
                    continue;
                }
                File::Changed { source, edit, previous } => {
                    let is_wanted = known.roster.file_says_hidden(&source.path) == Some(false);
                    let job = Job { position: *position, source, edit, previous, is_wanted, fetched: None };
                    self.send_job(job, urgent.as_mut())?;
                    *position += 1;
                }
            }
            found += 1;
        }
        self.send(Message::Unchanged(unchanged))?;
        (memory.seen, memory.has_unreadable) = (seen, has_unreadable);
        let mut missing = known.missing(&listing);
        missing.append(&mut gone);
        self.send(Message::Scanned { found, elsewhere: elsewhere.len(), jobs: *position, missing })?;
        ControlFlow::Continue(RoundEnd { walked, unsettled: people.unsettled || !deferrals.is_empty() || has_vanished })
    }

    /// Tells of the files that are not looked at, for newcomers alone are, and are not in the library.
    fn tell_what_stays_out(&self, listing: &Listing, decoder_version: u64) -> ControlFlow<()> {
        let rejected: Vec<_> = {
            let index = self.library.index();
            let rejected = index.rejected.iter().filter(|(path, _)| listing.contains(path));
            let rejected = rejected.filter(|(_, file)| file.decoder_version == decoder_version);
            rejected.map(|(path, file)| (path.clone(), file.reason.clone())).collect()
        };
        for (path, reason) in rejected {
            self.send(Message::Skipped { path, reason })?;
        }
        let removed: Vec<_> =
            self.shared.removed_files().keys().filter(|path| listing.contains(path)).cloned().collect();
        removed.into_iter().try_for_each(|path| self.send(Message::StillRemoved { path }))
    }

    /// Whether a file that is new, or has changed, is in another part of the ingest.
    fn is_elsewhere(&self, source: &Source, known: &HashMap<PathBuf, Stamp>) -> bool {
        self.shard.is_some_and(|shard| {
            known.get(&source.path).is_some_and(|stamp| stamp.same_content(&source.stamp))
                || !shard.has(source, &self.shared.places, &|| self.shared.stopped())
        })
    }

    /// Whether a file is of somebody who was removed, and as it was. One whose row says `hidden = no` is read again.
    fn is_removed(&self, source: &Source, roster: &Roster) -> bool {
        if roster.file_says_hidden(&source.path) == Some(false) {
            return false;
        }
        self.shared.removed_files().get(&source.path).is_some_and(|stamp| stamp.same_content(&source.stamp))
    }

    /// Sends a job to the workers, which may take long; meanwhile what is urgent is sent to the committer.
    fn send_job(&self, mut job: Job, mut urgent: Option<&mut Urgent<'_>>) -> ControlFlow<()> {
        loop {
            if let Some(urgent) = urgent.as_deref_mut() {
                self.send_urgent(urgent)?;
            }
            match self.jobs.send_timeout(job, URGENT_EVERY) {
                Ok(()) => return ControlFlow::Continue(()),
                Err(SendTimeoutError::Timeout(again)) if !self.shared.stopped() => job = again,
                Err(_) => return ControlFlow::Break(()),
            }
        }
    }

    /// Waits until the committer has committed the round; meanwhile what is urgent is sent to it.
    fn wait_for_round(&self, round_over: &Receiver<()>, urgent: &mut Urgent<'_>) -> ControlFlow<()> {
        loop {
            match round_over.recv_timeout(URGENT_EVERY) {
                Ok(()) => return ControlFlow::Continue(()),
                Err(RecvTimeoutError::Timeout) => self.send_urgent(urgent)?,
                Err(RecvTimeoutError::Disconnected) => return ControlFlow::Break(()),
            }
        }
    }

    /// While a round runs, which with thousands of new photographs takes minutes: sends what hides or removes somebody, where
    /// a spreadsheet has changed or the folders have. New photographs wait for the next round, which is due then.
    fn send_urgent(&self, urgent: &mut Urgent<'_>) -> ControlFlow<()> {
        let Urgent { watch, sheets, due, listing, is_round_due } = urgent;
        if Instant::now() < *due {
            return ControlFlow::Continue(());
        }
        *due = Instant::now() + URGENT_EVERY;
        let has_changed = watch.has_changed() | sheets.have_changed(&listing.sheets) | self.shared.places.are_due();
        if !has_changed && !sheets.is_unsettled {
            return ControlFlow::Continue(());
        }
        let started = Instant::now();
        let listed = list_after(&self.roots, listing, || self.shared.stopped());
        let Some(listed) = listed else { return ControlFlow::Break(()) };
        *listing = Arc::new(listed);
        let people = sheets.round(listing, |source: &Source| is_fresh(&source.stamp));
        **is_round_due = true;
        let missing = self.missing(listing);
        self.send(Message::Urgent { roster: Arc::new(people.roster), missing })?;
        // A folder that takes long to list does not slow the photographs down by more than a third.
        *due = Instant::now() + URGENT_EVERY.max(started.elapsed() * 2);
        ControlFlow::Continue(())
    }

    /// The files of portraits that are gone, but for those that have another name now: they are the next round's, in which they keep
    /// their portraits.
    fn missing(&self, listing: &Listing) -> Vec<MissingFile> {
        let index = self.library.index();
        let files = || {
            let entries = index.entries_where(|row| row.traits.has(Traits::HAS_SOURCES));
            entries.flat_map(|(number, entry)| entry.sources.into_iter().map(move |source| (number, source)))
        };
        let is_gone = |path: &Path| listing.covers(path) && !listing.contains(path);
        let mut gone: Vec<_> = files().filter(|(_, source)| is_gone(&source.path)).collect();
        if gone.iter().any(|(_, source)| source.stamp.inode != 0) {
            // Digests, for a million paths would be a hundred megabytes.
            let known: HashSet<u64> = files().map(|(_, source)| FxBuildHasher.hash_one(&source.path)).collect();
            let unknown = listing.files().filter(|path| !known.contains(&FxBuildHasher.hash_one(path)));
            let stamps: HashSet<Stamp> =
                unknown.filter_map(|path| listing.inspect(path).ok().flatten()).map(|source| source.stamp).collect();
            gone.retain(|(_, source)| source.stamp.inode == 0 || !stamps.contains(&source.stamp));
        }
        gone.into_iter().map(|(number, source)| MissingFile::OfPortrait { number, path: source.path }).collect()
    }

    fn send(&self, message: Message) -> ControlFlow<()> {
        send(&self.messages, message)
    }
}

/// A file as it was, in eight bytes.
fn digest(inspected: &Result<Option<Source>, (PathBuf, String)>) -> u64 {
    let mut hasher = FxHasher::default();
    let stamp = inspected.as_ref().map(|source| source.as_ref().map(|source| source.stamp));
    stamp.map_err(|_| ()).map(|stamp| stamp.map(|stamp| (stamp.size, stamp.modified_ns))).hash(&mut hasher);
    hasher.finish()
}

/// Whether something may have changed since the last round of which nothing was told, as from file servers: looks at all folders
/// and spreadsheets, and at a part of the files.
fn may_have_changed(memory: &mut Memory, interval: Duration) -> bool {
    let listing = &memory.listing;
    if memory.sheets.is_unsettled
        || memory.sheets.have_changed(&listing.sheets)
        || listing.may_differ()
        || listing.places.are_due()
    {
        return true;
    }
    let all = memory.seen.len();
    let part = all as u64 * interval.as_millis() as u64 / LOOKED_AT_IN.as_millis() as u64;
    let part = usize::try_from(part).unwrap_or(all).max(LEAST_LOOKED_AT);
    let start = if memory.next_look < all { memory.next_look } else { 0 };
    let end = (start + part).min(all);
    memory.next_look = end;
    let mut first = 0;
    for folder in &listing.folders {
        let files = first..first + folder.files.len();
        first = files.end;
        if files.end <= start {
            continue;
        }
        if files.start >= end {
            return false;
        }
        for at in files.start.max(start)..files.end.min(end) {
            let path = folder.path.join(&folder.files[at - files.start]);
            if memory.seen[at] != digest(&listing.inspect(path)) {
                return true;
            }
        }
    }
    false
}

/// What was passed over in the folders, a line for each kind.
fn passed_over(listing: &Listing) -> impl Iterator<Item = String> {
    let kinds = [
        (listing.excluded, "excluded by --exclude or .millionsignore"),
        (listing.films, "passed over, as films: photographs alone are shown"),
        (listing.side_files, "passed over, as what phones and photo programs keep beside photographs"),
    ];
    kinds.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| {
        let files = if count == 1 { "file" } else { "files" };
        format!("{count} {files} {what}")
    })
}

/// Whether a file changed a moment ago. Where the file server's clock differs from ours, no file is fresh.
fn is_fresh(stamp: &Stamp) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as i128);
    (0..FRESH.as_nanos() as i128).contains(&(now - stamp.modified_ns))
}

#[cfg(test)]
mod tests {
    use super::super::scan::resolve;
    use super::*;
    use std::fs;

    /// What no notification tells of: a new file, a changed one, a spreadsheet; and of a folder that is as it was nothing is read.
    #[test]
    fn a_look_at_the_folders_finds_what_was_not_told() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, long_ago) = (dir.path().join("in"), SystemTime::now() - Duration::from_secs(60));
        fs::create_dir(&folder).unwrap();
        for name in ["a.jpg", "b.jpg", "people.csv"] {
            fs::write(folder.join(name), "1").unwrap();
        }
        let roots = resolve(&[dir.path().to_owned()], &[]).unwrap();
        let settle = || {
            for path in [dir.path(), &folder] {
                fs::File::open(path).unwrap().set_modified(long_ago).unwrap();
            }
        };
        let remember = || {
            let listing = Arc::new(list_after(&roots, &Listing::default(), || false).unwrap());
            let mut memory = Memory {
                seen: listing.files().map(|path| digest(&listing.inspect(path))).collect(),
                ..Memory::default()
            };
            memory.sheets.round(&listing, |_| false);
            Memory { listing, ..memory }
        };
        let looks = |memory: &mut Memory| may_have_changed(memory, Duration::from_secs(30));
        assert!(looks(&mut remember()), "a folder that has just changed may change again");
        settle();
        let mut memory = remember();
        assert!(!looks(&mut memory) && !looks(&mut memory));
        fs::write(folder.join("b.jpg"), "22").unwrap();
        assert!(looks(&mut memory));
        let mut memory = remember();
        assert!(!looks(&mut memory));
        fs::write(folder.join("people.csv"), "22").unwrap();
        assert!(looks(&mut memory));
        let mut memory = remember();
        fs::write(folder.join("c.jpg"), "1").unwrap();
        assert!(looks(&mut memory));
        settle();
        let mut memory = remember();
        fs::remove_file(folder.join("a.jpg")).unwrap();
        settle();
        assert!(looks(&mut memory), "gone, though the folder does not tell");
    }
}
