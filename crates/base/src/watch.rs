//! Watching files and folders for changes: one filter of events and one debounce for every part that follows the disk.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crossbeam_channel::Receiver;
use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

/// Why the system cannot watch a folder, or has stopped.
pub use notify::Error as WatchError;

/// Watches folders by the system's own notifications until it is dropped.
pub struct FileWatcher {
    watcher: RecommendedWatcher,
    folders: Vec<WatchedFolder>,
}

/// A watched folder, with what tells it from another of the same path.
#[derive(PartialEq)]
struct WatchedFolder {
    path: PathBuf,
    created: Option<SystemTime>,
    /// The inode, where there are any.
    number: u64,
}

impl WatchedFolder {
    fn new(path: &Path) -> Self {
        let metadata = std::fs::metadata(path).ok();
        #[cfg(unix)]
        let number = metadata.as_ref().map_or(0, std::os::unix::fs::MetadataExt::ino);
        #[cfg(not(unix))]
        let number = 0;
        Self { path: path.to_owned(), created: metadata.and_then(|metadata| metadata.created().ok()), number }
    }
}

impl FileWatcher {
    /// Calls `on_change`, on a thread of the system's, with the paths that may hold something else than before; with no path
    /// at all where events were lost and anything may have changed.
    ///
    /// # Errors
    /// When the system cannot watch at all.
    pub fn new(
        mut on_change: impl FnMut(Result<Vec<PathBuf>, WatchError>) + Send + 'static,
    ) -> Result<Self, WatchError> {
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| match event {
            Ok(event) => changed_paths(event).into_iter().for_each(|paths| on_change(Ok(paths))),
            Err(error) => on_change(Err(error)),
        })?;
        Ok(Self { watcher, folders: Vec::new() })
    }

    /// Watches a folder and everything below it.
    ///
    /// # Errors
    /// When the system cannot.
    pub fn watch_tree(&mut self, folder: &Path) -> Result<(), WatchError> {
        self.watcher.watch(folder, RecursiveMode::Recursive)
    }

    /// Watches the folders in which files are, as far as they exist: an editor that saves by renaming replaces the file itself.
    /// Returns whether one is new. `on_error` is called once for each folder that cannot be watched.
    pub fn watch_folders_of(&mut self, files: &[PathBuf], on_error: impl Fn(&Path, WatchError)) -> bool {
        let before = self.folders.len();
        for file in files {
            let folder = crate::folder_of(file);
            if self.folders.iter().any(|known| known.path == folder) || !folder.is_dir() {
                continue;
            }
            let watched = WatchedFolder::new(folder);
            if let Err(error) = self.watcher.watch(folder, RecursiveMode::NonRecursive) {
                on_error(folder, error);
            }
            self.folders.push(watched);
        }
        self.folders.len() > before
    }

    /// Forgets folders that were removed or replaced, so that [`watch_folders_of`](Self::watch_folders_of) watches them anew.
    pub fn forget_replaced(&mut self) {
        let watcher = &mut self.watcher;
        self.folders.retain(|folder| {
            let is_same = folder.path.is_dir() && WatchedFolder::new(&folder.path) == *folder;
            if !is_same {
                // The system may have stopped by itself.
                let _ = watcher.unwatch(&folder.path);
            }
            is_same
        });
    }
}

/// The paths of an event that can mean a change; none for reads. Without any path, anything may have changed.
fn changed_paths(event: Event) -> Option<Vec<PathBuf>> {
    let is_read = matches!(event.kind, EventKind::Access(kind) if kind != AccessKind::Close(AccessMode::Write));
    (!is_read || event.need_rescan()).then_some(event.paths)
}

/// Gathers a burst of changes into one.
#[derive(Clone, Copy, Debug)]
pub struct Debounce {
    /// A burst is over when nothing has changed for so long,
    pub quiet: Duration,
    /// or after this, however much goes on changing.
    pub most_delay: Duration,
}

impl Debounce {
    /// Waits for the end of a burst that has just begun, or until `is_stopped`; returns what has come since.
    pub fn gather<T>(self, changes: &Receiver<T>, is_stopped: impl Fn() -> bool) -> Vec<T> {
        let began = Instant::now();
        let mut gathered = Vec::new();
        while !is_stopped()
            && began.elapsed() < self.most_delay
            && let Ok(change) = changes.recv_timeout(self.quiet)
        {
            gathered.push(change);
        }
        gathered
    }
}

/// What differs after a file was saved: for files that are polled, as on file servers, which report no changes of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStamp {
    modified: SystemTime,
    bytes: u64,
}

impl FileStamp {
    /// The stamp of a file; none where there is no such file.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self { modified: metadata.modified().ok()?, bytes: metadata.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::{CreateKind, Flag};

    #[test]
    fn reading_is_no_change_and_lost_events_may_be_any() {
        let event = |kind| Event::new(kind).add_path("/photographs/a.jpg".into());
        let paths = Some(vec![PathBuf::from("/photographs/a.jpg")]);
        assert_eq!(changed_paths(event(EventKind::Create(CreateKind::File))), paths);
        let opened = EventKind::Access(AccessKind::Open(AccessMode::Any));
        assert_eq!(changed_paths(event(opened)), None);
        assert_eq!(changed_paths(event(EventKind::Access(AccessKind::Close(AccessMode::Write)))), paths);
        assert_eq!(changed_paths(Event::new(EventKind::Other).set_flag(Flag::Rescan)), Some(Vec::new()));
    }

    #[test]
    fn a_burst_is_gathered_and_a_storm_ends_in_time() {
        let (change, changes) = crossbeam_channel::unbounded();
        (0..3).for_each(|number| change.send(number).unwrap());
        let debounce = Debounce { quiet: Duration::from_millis(1), most_delay: Duration::from_secs(60) };
        assert_eq!(debounce.gather(&changes, || false), [0, 1, 2]);
        change.send(3).unwrap();
        assert!(debounce.gather(&changes, || true).is_empty());
        let at_once = Debounce { most_delay: Duration::ZERO, ..debounce };
        assert!(at_once.gather(&changes, || false).is_empty());
    }

    #[test]
    fn a_folder_that_was_replaced_is_watched_anew() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("show");
        std::fs::create_dir(&folder).unwrap();
        let (wake, woken) = crossbeam_channel::unbounded();
        let mut watcher = FileWatcher::new(move |paths| drop(wake.send(paths.unwrap()))).unwrap();
        let files = [folder.join("show.toml")];
        let watch = |watcher: &mut FileWatcher| watcher.watch_folders_of(&files, |_, error| panic!("{error}"));
        assert!(watch(&mut watcher) && !watch(&mut watcher));
        std::fs::rename(&folder, parent.path().join("old")).unwrap();
        std::fs::create_dir(&folder).unwrap();
        watcher.forget_replaced();
        assert!(watch(&mut watcher));
        std::fs::write(&files[0], "").unwrap();
        let reported = std::iter::from_fn(|| woken.recv_timeout(Duration::from_secs(60)).ok());
        assert!(reported.flatten().any(|path| path == files[0]));
    }
}
