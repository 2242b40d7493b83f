//! Waiting until something changes in the folders of photographs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use millions_base::watch::{Debounce, FileWatcher, WatchError};

use super::scan::Root;
use super::worker::Shared;

/// A camera or a copy writes many files in a row.
const DEBOUNCE: Debounce = Debounce { quiet: Duration::from_millis(300), most_delay: Duration::from_secs(2) };
/// The polling interval of folders that the system does not watch.
const POLL: Duration = Duration::from_secs(3);
/// The polling interval of folders that it does: file servers report only this machine's changes.
const SWEEP: Duration = Duration::from_secs(30);
/// Folders that took so long to read are left alone for ten times as long,
const RESTS: u32 = 10;
/// or for this.
const MOST_REST: Duration = Duration::from_secs(5);

/// The most paths that are remembered.
const MOST_PATHS: usize = 10_000;

/// What the system has told to have changed.
#[derive(Debug, PartialEq, Eq)]
pub enum Told {
    /// These paths.
    Paths(BTreeSet<PathBuf>),
    /// Anything may have.
    Anything,
}

impl Told {
    /// Nothing.
    const fn nothing() -> Self {
        Self::Paths(BTreeSet::new())
    }

    fn add(&mut self, paths: Vec<PathBuf>) {
        match self {
            // Something has changed, and the system does not say what.
            _ if paths.is_empty() => *self = Self::Anything,
            Self::Paths(known) if known.len() + paths.len() <= MOST_PATHS => known.extend(paths),
            _ => *self = Self::Anything,
        }
    }
}

/// Watches the folders, by the system's notifications and by polling.
pub struct Watch {
    changes: Receiver<()>,
    /// What was told since it was taken.
    told: Arc<Mutex<Told>>,
    /// Whether the system cannot watch the folders, or not all of them.
    is_polling: Arc<AtomicBool>,
    /// Watches until it is dropped.
    _watcher: Option<FileWatcher>,
}

impl Watch {
    /// Watches the folders and all below them, but for the library's own. `wake` and `changes` are the ends of a channel
    /// of one place; `remark` gets, at most once, why the system cannot watch.
    pub fn new(
        roots: &[Root],
        library: &Path,
        wake: Sender<()>,
        changes: Receiver<()>,
        remark: impl Fn(String) + Send + Sync + 'static,
    ) -> Self {
        let is_polling = Arc::new(AtomicBool::new(false));
        let library = fs::canonicalize(library).unwrap_or_else(|_| library.to_owned());
        let remark = Arc::new(remark);
        let fail = {
            let is_polling = Arc::clone(&is_polling);
            move |error: &WatchError| {
                if !is_polling.swap(true, Ordering::Relaxed) {
                    let secs = POLL.as_secs();
                    remark(format!("the folders cannot be watched and are looked at every {secs} s instead: {error}"));
                }
            }
        };
        let fail_later = fail.clone();
        let told = Arc::new(Mutex::new(Told::nothing()));
        let tell = Arc::clone(&told);
        let on_change = move |paths: Result<Vec<PathBuf>, WatchError>| {
            match paths {
                Ok(paths) if are_own(&paths, &library) => return,
                Ok(mut paths) if !paths.is_empty() => {
                    paths.retain(|path| !path.starts_with(&library));
                    tell.lock().unwrap_or_else(PoisonError::into_inner).add(paths);
                }
                Ok(paths) => tell.lock().unwrap_or_else(PoisonError::into_inner).add(paths),
                Err(error) => {
                    *tell.lock().unwrap_or_else(PoisonError::into_inner) = Told::Anything;
                    fail_later(&error);
                }
            }
            // When it is full, a round is due already.
            let _ = wake.try_send(());
        };
        let watcher = FileWatcher::new(on_change).and_then(|mut watcher| {
            let folders = roots.iter().filter(|root| root.place.is_none());
            folders.into_iter().try_for_each(|root| watcher.watch_tree(&root.path))?;
            Ok(watcher)
        });
        let watcher = watcher.inspect_err(fail).ok();
        Self { changes, told, is_polling, _watcher: watcher }
    }

    /// Takes what was told since this was asked the last time.
    pub fn take_told(&self) -> Told {
        let told = std::mem::replace(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner), Told::nothing());
        if self.is_polling.load(Ordering::Relaxed) { Told::Anything } else { told }
    }

    /// Whether something has changed since this, or [`Self::wait`], was asked the last time.
    pub fn has_changed(&self) -> bool {
        self.changes.try_recv().is_ok()
    }

    /// Waits until something has changed and is quiet again, until the next poll is due, or until everything is stopped.
    /// `walked` is how long the folders took to read the last time; `soon` is the longest wait where files are unsettled.
    /// Returns whether something has been told to have changed.
    pub fn wait(&self, walked: Duration, soon: Option<Duration>, shared: &Shared) -> bool {
        let asleep = Instant::now();
        let rest = (walked * RESTS).min(MOST_REST);
        let mut has_changed = self.changes.recv_timeout(soon.unwrap_or(self.interval() + rest)).is_ok();
        if has_changed {
            DEBOUNCE.gather(&self.changes, || shared.stopped());
        }
        while !shared.stopped() && asleep.elapsed() < rest {
            has_changed |= self.changes.recv_timeout(rest.saturating_sub(asleep.elapsed())).is_ok();
        }
        has_changed
    }

    /// The time between two looks where nothing is told.
    pub fn interval(&self) -> Duration {
        if self.is_polling.load(Ordering::Relaxed) { POLL } else { SWEEP }
    }
}

/// Whether the library alone has changed, which the ingest does itself.
fn are_own(paths: &[PathBuf], library: &Path) -> bool {
    !paths.is_empty() && paths.iter().all(|path| path.starts_with(library))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_writing_is_no_change() {
        let are_own = |paths: &[&str]| {
            let paths: Vec<_> = paths.iter().map(PathBuf::from).collect();
            super::are_own(&paths, Path::new("/photographs/library"))
        };
        assert!(are_own(&["/photographs/library/index.new"]));
        assert!(
            !are_own(&["/photographs/a.jpg"]) && !are_own(&["/photographs/library/index.new", "/photographs/a.jpg"])
        );
        assert!(!are_own(&[]), "anything may have changed");
    }
}
