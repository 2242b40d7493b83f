//! Waiting until something changes in the folders.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::scan::Root;
use super::worker::Shared;

/// A change is looked at when nothing else has changed for so long,
const QUIET: Duration = Duration::from_millis(300);
/// or after this, however much goes on changing.
const MOST_DELAY: Duration = Duration::from_secs(2);
/// How often folders are looked at that the system does not watch.
const POLL: Duration = Duration::from_secs(3);
/// How often folders are looked at that it does: for file servers tell of nobody's changes but our own.
const SWEEP: Duration = Duration::from_secs(30);
/// Folders that took so long to read are left alone for ten times as long,
const RESTS: u32 = 10;
/// or for this.
const MOST_REST: Duration = Duration::from_secs(5);

/// Eyes on the folders.
pub struct Watch {
    changes: Receiver<()>,
    /// Whether the system cannot watch them, or not all of them.
    is_blind: Arc<AtomicBool>,
    /// Watches until it is dropped.
    _watcher: Option<RecommendedWatcher>,
}

impl Watch {
    /// Watches the folders and all below them, but for the library's own. `wake` and `changes` are the ends of a channel
    /// of one place; `remark` is told, at most once, why the system cannot watch.
    pub fn new(
        roots: &[Root],
        library: &Path,
        wake: Sender<()>,
        changes: Receiver<()>,
        remark: impl Fn(String) + Send + Sync + 'static,
    ) -> Self {
        let is_blind = Arc::new(AtomicBool::new(false));
        let library = fs::canonicalize(library).unwrap_or_else(|_| library.to_owned());
        let remark = Arc::new(remark);
        let fail = {
            let is_blind = Arc::clone(&is_blind);
            move |error: &notify::Error| {
                if !is_blind.swap(true, Ordering::Relaxed) {
                    let secs = POLL.as_secs();
                    remark(format!("the folders cannot be watched and are looked at every {secs} s instead: {error}"));
                }
            }
        };
        let fail_later = fail.clone();
        let handler = move |event: notify::Result<Event>| {
            match event {
                Ok(event) if !is_change(&event, &library) => return,
                Ok(_) => {}
                Err(error) => fail_later(&error),
            }
            // When it is full, somebody is on the way already.
            let _ = wake.try_send(());
        };
        let watcher = notify::recommended_watcher(handler).and_then(|mut watcher| {
            roots.iter().try_for_each(|root| watcher.watch(&root.path, RecursiveMode::Recursive))?;
            Ok(watcher)
        });
        let watcher = watcher.inspect_err(fail).ok();
        Self { changes, is_blind, _watcher: watcher }
    }

    /// Waits until something has changed and is quiet again, until it is time to look all the same, or until everything is
    /// stopped. `walked` is how long the folders took to read the last time; `soon` asks not to wait longer.
    pub fn wait(&self, walked: Duration, soon: Option<Duration>, shared: &Shared) {
        let asleep = Instant::now();
        let rest = (walked * RESTS).min(MOST_REST);
        let usual = if self.is_blind.load(Ordering::Relaxed) { POLL } else { SWEEP };
        if self.changes.recv_timeout(soon.unwrap_or(usual + rest)).is_ok() {
            let changed = Instant::now();
            while !shared.stopped() && changed.elapsed() < MOST_DELAY && self.changes.recv_timeout(QUIET).is_ok() {}
        }
        while !shared.stopped() && asleep.elapsed() < rest {
            let _ = self.changes.recv_timeout(rest.saturating_sub(asleep.elapsed()));
        }
    }
}

/// Whether an event can mean that the folders hold something else than before. That we read them is none.
fn is_change(event: &Event, library: &Path) -> bool {
    let is_ours = !event.paths.is_empty() && event.paths.iter().all(|path| path.starts_with(library));
    let is_reading = matches!(event.kind, EventKind::Access(kind) if kind != AccessKind::Close(AccessMode::Write))
        && !event.need_rescan();
    !is_ours && !is_reading
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::{CreateKind, Flag};

    #[test]
    fn reading_and_our_own_writing_are_no_changes() {
        let event = |kind, path: &str| Event::new(kind).add_path(path.into());
        let library = Path::new("/photographs/library");
        let created = EventKind::Create(CreateKind::File);
        assert!(is_change(&event(created, "/photographs/a.jpg"), library));
        assert!(!is_change(&event(created, "/photographs/library/index.new"), library));
        let opened = EventKind::Access(AccessKind::Open(AccessMode::Any));
        assert!(!is_change(&event(opened, "/photographs/a.jpg"), library));
        let written = EventKind::Access(AccessKind::Close(AccessMode::Write));
        assert!(is_change(&event(written, "/photographs/a.jpg"), library));
        assert!(is_change(&Event::new(EventKind::Other).set_flag(Flag::Rescan), library));
    }
}
