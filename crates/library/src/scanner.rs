//! The scanner thread: lists the folders round after round, and sends changed files to the workers and everything else to
//! the committer.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossbeam_channel::{Receiver, Sender};
use millions_wall::tile::PortraitNumber;

use super::edit::Edit;
use super::index::Index;
use super::library::Library;
use super::people::{Roster, Sheets};
use super::scan::{Listing, Root, inspect, list};
use super::source::{Source, Stamp};
use super::watch::Watch;
use super::worker::{Job, Message, MissingFile, Shared, send};

/// A file that changed less than this ago may still be being written; while the folders are watched it is deferred.
const FRESH: Duration = Duration::from_millis(250);
/// After so many rounds a file is read as it is: some files are written to for ever.
const MAX_DEFERRALS: u8 = 10;

/// The state of the scanner thread.
pub struct Scanner {
    pub roots: Vec<Root>,
    pub library: Arc<Library>,
    pub shared: Arc<Shared>,
    pub jobs: Sender<Job>,
    pub messages: Sender<Message>,
}

/// What is kept from round to round.
#[derive(Default)]
struct Memory {
    sheets: Sheets,
    /// Jobs sent so far.
    position: u64,
    /// How often each file has been deferred.
    deferrals: HashMap<PathBuf, u8>,
}

/// The end of a round.
struct RoundEnd {
    /// How long listing the folders took.
    walked: Duration,
    /// Whether a file was deferred, so that another round is due soon.
    unsettled: bool,
}

impl Scanner {
    /// Scans once; with `watch`, again whenever something changes, until the ingest is stopped. `round_over` receives when
    /// the committer has committed a round.
    pub fn run(self, watch: Option<impl FnOnce() -> Watch>, round_over: &Receiver<()>) {
        // Watching begins before the first listing, so that no change falls in between.
        let watch = watch.map(|watch| watch());
        let mut memory = Memory::default();
        let mut ended = self.round(&mut memory, false);
        let Some(watch) = watch else { return };
        while let ControlFlow::Continue(RoundEnd { walked, unsettled }) = ended {
            if round_over.recv().is_err() {
                return;
            }
            watch.wait(walked, unsettled.then_some(FRESH), &self.shared);
            if self.shared.stopped() {
                return;
            }
            ended = self.round(&mut memory, true);
        }
    }

    /// Scans the folders once. `may_defer` leaves files that are being written to the next round.
    fn round(&self, memory: &mut Memory, may_defer: bool) -> ControlFlow<(), RoundEnd> {
        let started = Instant::now();
        let Some(listing) = list(&self.roots, || self.shared.stopped()) else { return ControlFlow::Break(()) };
        let (walked, listing) = (started.elapsed(), Arc::new(listing));
        let Memory { sheets, position, deferrals } = memory;
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
        self.send(Message::RoundStarted { roster: Arc::clone(&roster), notes: people.notes })?;

        let mut known = KnownFiles::of(&self.library.index(), roster, self.shared.limits.decoder_version());
        let mut found = listing.bad_folders.len();
        for (path, reason) in &listing.bad_folders {
            self.send(Message::Skipped { path: path.clone(), reason: reason.clone() })?;
        }
        for path in listing.files() {
            if self.shared.stopped() {
                return ControlFlow::Break(());
            }
            let file = match inspect(path) {
                Ok(Some(source)) => known.classify(source, &mut defer),
                // Gone since it was listed: missing in the next round, if not in this one.
                Ok(None) => continue,
                Err((path, reason)) => {
                    // Unreadable, but still there.
                    known.by_path.remove(&path);
                    File::Known(Message::Skipped { path, reason })
                }
            };
            match file {
                File::Deferred => continue,
                File::Known(message) => self.send(message)?,
                File::Changed { source, edit, previous } => {
                    send(&self.jobs, Job { position: *position, source, edit, previous })?;
                    *position += 1;
                }
            }
            found += 1;
        }
        self.send(Message::Scanned { found, jobs: *position, missing: known.missing(&listing) })?;
        ControlFlow::Continue(RoundEnd { walked, unsettled: people.unsettled || !deferrals.is_empty() })
    }

    fn send(&self, message: Message) -> ControlFlow<()> {
        send(&self.messages, message)
    }
}

/// Whether a file changed a moment ago. Where the file server's clock differs from ours, no file is fresh.
fn is_fresh(stamp: &Stamp) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as i128);
    (0..FRESH.as_nanos() as i128).contains(&(now - stamp.modified_ns))
}

/// What to do with a file.
enum File {
    /// Left to the next round.
    Deferred,
    /// Known without reading it.
    Known(Message),
    /// To be read by a worker.
    Changed { source: Source, edit: Edit, previous: Option<PortraitNumber> },
}

struct KnownFile {
    stamp: Stamp,
    state: FileState,
}

enum FileState {
    Portrait {
        number: PortraitNumber,
        /// The edit that the file should have now.
        edit: Edit,
        /// Whether its portrait has that edit.
        is_current: bool,
    },
    Rejected {
        reason: String,
        decoder_version: u64,
    },
}

/// The files that the index knows.
struct KnownFiles {
    roster: Arc<Roster>,
    decoder_version: u64,
    by_path: HashMap<PathBuf, KnownFile>,
    by_stamp: HashMap<Stamp, PathBuf>,
}

impl KnownFiles {
    fn of(index: &Index, roster: Arc<Roster>, decoder_version: u64) -> Self {
        let mut by_path = HashMap::new();
        let mut by_stamp = HashMap::new();
        for (number, entry) in &index.portraits {
            for Source { path, stamp } in &entry.sources {
                let edit = roster.edit_for(path, &entry.sources, entry.edit);
                let state = FileState::Portrait { number: *number, edit, is_current: edit == entry.edit };
                by_path.insert(path.clone(), KnownFile { stamp: *stamp, state });
                if stamp.inode != 0 {
                    by_stamp.insert(*stamp, path.clone());
                }
            }
        }
        for (path, rejected) in &index.rejected {
            let (reason, decoder_version) = (rejected.reason.clone(), rejected.decoder_version);
            let state = FileState::Rejected { reason, decoder_version };
            by_path.insert(path.clone(), KnownFile { stamp: rejected.stamp, state });
        }
        Self { roster, decoder_version, by_path, by_stamp }
    }

    /// Classifies a file that was found, and removes it from the known ones.
    fn classify(&mut self, source: Source, defer: &mut impl FnMut(&Source) -> bool) -> File {
        let known = self.by_path.remove(&source.path);
        match known {
            Some(KnownFile { stamp, state: FileState::Portrait { is_current: true, .. } })
                if stamp.same_content(&source.stamp) =>
            {
                File::Known(Message::Unchanged)
            }
            Some(KnownFile { stamp, state: FileState::Rejected { reason, decoder_version } })
                if decoder_version == self.decoder_version && stamp.same_content(&source.stamp) =>
            {
                File::Known(Message::Skipped { path: source.path, reason })
            }
            // Until then the committer keeps what it knows of the file.
            _ if defer(&source) => File::Deferred,
            Some(KnownFile { state: FileState::Portrait { number, edit, .. }, .. }) => {
                File::Changed { source, edit, previous: Some(number) }
            }
            Some(KnownFile { state: FileState::Rejected { .. }, .. }) => self.unknown(source),
            None => match self.renamed(&source) {
                Some((number, from)) => {
                    self.by_path.remove(&from);
                    File::Known(Message::Renamed { number, from, to: source })
                }
                None => self.unknown(source),
            },
        }
    }

    fn unknown(&self, source: Source) -> File {
        File::Changed { edit: self.roster.edit(&source.path).unwrap_or_default(), source, previous: None }
    }

    /// The portrait and the old path of a file that was renamed to this one and keeps its edit.
    fn renamed(&self, source: &Source) -> Option<(PortraitNumber, PathBuf)> {
        let from = self.by_stamp.get(&source.stamp)?;
        let FileState::Portrait { number, edit, is_current } = self.by_path.get(from)?.state else { return None };
        let is_gone = fs::symlink_metadata(from).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        let keeps_edit = is_current && self.roster.edit(&source.path).unwrap_or_default() == edit;
        (is_gone && keeps_edit).then(|| (number, from.clone()))
    }

    /// The files that were not found again, by path, where the listing would have found them.
    fn missing(self, listing: &Listing) -> Vec<MissingFile> {
        let mut missing: Vec<_> = self.by_path.into_iter().filter(|(path, _)| listing.covers(path)).collect();
        missing.sort_by(|a, b| a.0.cmp(&b.0));
        missing
            .into_iter()
            .map(|(path, known)| match known.state {
                FileState::Portrait { number, .. } => MissingFile::OfPortrait { number, path },
                FileState::Rejected { .. } => MissingFile::Rejected { path },
            })
            .collect()
    }
}
