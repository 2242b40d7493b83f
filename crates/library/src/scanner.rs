//! The scanner's thread: round after round, from the folders to jobs for the workers and to what the keeper need only be
//! told.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossbeam_channel::{Receiver, Sender};

use super::edit::Edit;
use super::index::Index;
use super::people::{Roster, Sheets};
use super::scan::{Listing, Root, list, look};
use super::source::{Source, Stamp};
use super::store::Library;
use super::watch::Watch;
use super::worker::{Gone, Job, Message, Shared, send};
use millions_wall::tile::PortraitNumber;

/// A file that changed less than this ago may still be being written; while the folders are watched it is put off.
const FRESH: Duration = Duration::from_millis(250);
/// After so many times it is read as it is, for there are files that are written to for ever.
const PUT_OFFS: u8 = 10;

/// See the module's words.
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
    /// Jobs given so far.
    place: u64,
    /// How often a file has been put off.
    put_off: HashMap<PathBuf, u8>,
}

/// How a round ended.
struct Round {
    /// How long it took to read the folders.
    walked: Duration,
    /// Whether something was put off: to be looked at again soon.
    unsettled: bool,
}

impl Scanner {
    /// Goes round once; where the folders are to be watched, again whenever something changes, until everything is stopped.
    /// `round_over` tells when the keeper has committed a round.
    pub fn run(self, watch: Option<impl FnOnce() -> Watch>, round_over: &Receiver<()>) {
        // From before the first look, so that no change falls in between.
        let watch = watch.map(|watch| watch());
        let mut memory = Memory::default();
        let mut ended = self.round(&mut memory, false);
        let Some(watch) = watch else { return };
        while let ControlFlow::Continue(Round { walked, unsettled }) = ended {
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

    /// Walks the folders: what is unchanged goes to the keeper, what is not to the workers. `may_put_off` allows it to leave
    /// files that are being written to the next round.
    fn round(&self, memory: &mut Memory, may_put_off: bool) -> ControlFlow<(), Round> {
        let started = Instant::now();
        let Some(listing) = list(&self.roots, || self.shared.stopped()) else { return ControlFlow::Break(()) };
        let (walked, listing) = (started.elapsed(), Arc::new(listing));
        let Memory { sheets, place, put_off } = memory;
        let put_off_before = std::mem::take(put_off);
        let mut is_put_off = |source: &Source| {
            let times = put_off_before.get(&source.path).copied().unwrap_or(0);
            let wait = may_put_off && times < PUT_OFFS && is_fresh(&source.stamp);
            if wait {
                put_off.insert(source.path.clone(), times + 1);
            }
            wait
        };
        let people = sheets.round(&listing, &mut is_put_off);
        let roster = Arc::new(people.roster);
        self.tell(Message::Listed { roster: Arc::clone(&roster), notes: people.notes })?;

        let mut known = KnownFiles::of(&self.library.index(), &roster);
        let judge = self.shared.limits.judge();
        let mut found = 0;
        for (path, reason) in &listing.bad_folders {
            found += 1;
            self.tell(Message::NotRead { path: path.clone(), reason: reason.clone() })?;
        }
        for path in listing.files() {
            if self.shared.stopped() {
                return ControlFlow::Break(());
            }
            found += 1;
            let source = match look(path) {
                Ok(Some(source)) => source,
                // Gone since it was listed: so it is in the next round, if not in this one.
                Ok(None) => {
                    found -= 1;
                    continue;
                }
                Err((path, reason)) => {
                    // Whatever it was, it is still there.
                    known.by_path.remove(&path);
                    self.tell(Message::NotRead { path, reason })?;
                    continue;
                }
            };
            let known_file = known.by_path.remove(&source.path);
            let before = match known_file {
                Some(KnownFile { stamp, known: Known::Portrait { is_as_wanted: true, .. } })
                    if stamp.same_content(&source.stamp) =>
                {
                    self.tell(Message::Unchanged)?;
                    continue;
                }
                Some(KnownFile { stamp, known: Known::Rejected { reason, judge: then } })
                    if then == judge && stamp.same_content(&source.stamp) =>
                {
                    self.tell(Message::NotRead { path: source.path, reason })?;
                    continue;
                }
                // As the keeper knows it, for now.
                Some(_) | None if is_put_off(&source) => {
                    found -= 1;
                    continue;
                }
                Some(KnownFile { known: Known::Portrait { number, wanted, .. }, .. }) => Some((number, wanted)),
                Some(KnownFile { known: Known::Rejected { .. }, .. }) => None,
                None => {
                    if let Some((number, from)) = known.renamed(&source, &roster) {
                        known.by_path.remove(&from);
                        self.tell(Message::Moved { number, from, to: source })?;
                        continue;
                    }
                    None
                }
            };
            let edit = before.map_or_else(|| roster.edit(&source.path).unwrap_or_default(), |(_, wanted)| wanted);
            let job = Job { place: *place, source, edit, before: before.map(|(number, _)| number) };
            *place += 1;
            send(&self.jobs, job)?;
        }
        self.tell(Message::Scanned { found, jobs: *place, gone: known.gone(&listing) })?;
        ControlFlow::Continue(Round { walked, unsettled: people.unsettled || !put_off.is_empty() })
    }

    fn tell(&self, message: Message) -> ControlFlow<()> {
        send(&self.messages, message)
    }
}

/// Whether a file changed a moment ago. A clock that differs from the file server's finds nothing fresh.
fn is_fresh(stamp: &Stamp) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as i128);
    (0..FRESH.as_nanos() as i128).contains(&(now - stamp.modified_ns))
}

struct KnownFile {
    stamp: Stamp,
    known: Known,
}

enum Known {
    Portrait {
        number: PortraitNumber,
        /// The edit that the file should have now, and whether its portrait has it.
        wanted: Edit,
        is_as_wanted: bool,
    },
    Rejected {
        reason: String,
        judge: u64,
    },
}

/// What the library knows of files: by path, and by what else identifies one.
struct KnownFiles {
    by_path: HashMap<PathBuf, KnownFile>,
    by_stamp: HashMap<Stamp, PathBuf>,
}

impl KnownFiles {
    fn of(index: &Index, roster: &Roster) -> Self {
        let mut by_path = HashMap::new();
        let mut by_stamp = HashMap::new();
        for (number, entry) in &index.portraits {
            for Source { path, stamp } in &entry.sources {
                let wanted = roster.edit_among(path, &entry.sources, entry.edit);
                let known = Known::Portrait { number: *number, wanted, is_as_wanted: wanted == entry.edit };
                by_path.insert(path.clone(), KnownFile { stamp: *stamp, known });
                if stamp.inode != 0 {
                    by_stamp.insert(*stamp, path.clone());
                }
            }
        }
        for (path, refused) in &index.rejected {
            let known = Known::Rejected { reason: refused.reason.clone(), judge: refused.judge };
            by_path.insert(path.clone(), KnownFile { stamp: refused.stamp, known });
        }
        Self { by_path, by_stamp }
    }

    /// The portrait of a file that was renamed to this one, if under the new name it is to be as it was.
    fn renamed(&self, source: &Source, roster: &Roster) -> Option<(PortraitNumber, PathBuf)> {
        let from = self.by_stamp.get(&source.stamp)?;
        let Known::Portrait { number, wanted, is_as_wanted } = self.by_path.get(from)?.known else { return None };
        let gone = fs::symlink_metadata(from).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        let is_as_wanted = is_as_wanted && roster.edit(&source.path).unwrap_or_default() == wanted;
        (gone && is_as_wanted).then(|| (number, from.clone()))
    }

    /// Those that were not found again, by path: gone, where they would have been found.
    fn gone(self, listing: &Listing) -> Vec<Gone> {
        let mut gone: Vec<_> = self.by_path.into_iter().filter(|(path, _)| listing.covers(path)).collect();
        gone.sort_by(|a, b| a.0.cmp(&b.0));
        gone.into_iter()
            .map(|(path, known)| match known.known {
                Known::Portrait { number, .. } => Gone::Source { number, path },
                Known::Rejected { .. } => Gone::Rejected { path },
            })
            .collect()
    }
}
