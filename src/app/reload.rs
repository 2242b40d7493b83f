//! Saving a file changes the running wall. See [`Reload`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use notify::event::{AccessKind, AccessMode};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::shows::{self, FoundShow};
use millions_base::Disk;
use millions_gpu::ShaderSet;
use millions_show::Show;

/// An editor saves in several steps; a change is looked at when nothing has happened for so long,
const QUIET: Duration = Duration::from_millis(40);
/// or after this, however much goes on.
const MOST_DELAY: Duration = Duration::from_millis(150);
/// What is wrong may be a file that is half saved: it is told when it is still wrong after so long.
const PATIENCE: Duration = Duration::from_millis(350);

/// How often it is looked whether a folder has come.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// What has changed, whole and good.
#[derive(Debug)]
pub enum Change {
    /// The show or a file that it names.
    Show(Box<Show>),
    /// The show's own shaders.
    Shaders(ShaderSet),
    /// A picture or a font.
    File(PathBuf),
}

/// Watches the files of a show, reads what is saved, and hands on what is good. What is wrong is told on the terminal, once, and
/// again when it is good; until then the last good one stays.
///
/// Reading and checking is done by a thread of its own, so that no frame waits for it.
pub struct Reload {
    changes: Receiver<Change>,
    /// The thread ends when this is dropped.
    _stop: Sender<()>,
}

impl Reload {
    /// Watches what belongs to the show that `shows::find` finds for these.
    #[must_use]
    pub fn new(show: Option<PathBuf>, scene: Option<String>, found: &FoundShow) -> Self {
        let (tell, changes) = unbounded();
        let (stop, stopped) = bounded(0);
        let seen =
            Seen { show: found.show.clone(), shaders: found.shaders().unwrap_or_default(), watched: found.watched() };
        std::thread::spawn(move || Reader { show, scene, seen, tell, told: BTreeMap::new() }.run(&stopped));
        Self { changes, _stop: stop }
    }

    /// What has changed since the last call, the oldest first.
    pub fn changes(&self) -> impl Iterator<Item = Change> + '_ {
        self.changes.try_iter()
    }
}

/// What was good the last time.
struct Seen {
    show: Show,
    shaders: ShaderSet,
    watched: Vec<PathBuf>,
}

struct Reader {
    show: Option<PathBuf>,
    scene: Option<String>,
    seen: Seen,
    tell: Sender<Change>,
    /// What was told of what is wrong, by what it is wrong with.
    told: BTreeMap<&'static str, String>,
}

/// What two parts can be wrong apart from each other.
const SHOW: &str = "the show";
const SHADERS: &str = "the shaders";

impl Reader {
    fn run(mut self, stopped: &Receiver<()>) {
        let (wake, woken) = unbounded::<PathBuf>();
        let handler = move |event: notify::Result<notify::Event>| {
            // A watcher that has lost events says so: then anything may have changed.
            let Ok(event) = event else {
                let _ = wake.send(PathBuf::new());
                return;
            };
            if event.need_rescan() {
                let _ = wake.send(PathBuf::new());
            }
            // That somebody reads a file is no change.
            let is_change = match event.kind {
                EventKind::Access(kind) => kind == AccessKind::Close(AccessMode::Write),
                _ => true,
            };
            if is_change {
                for path in event.paths {
                    // The other end is gone only when everything ends.
                    let _ = wake.send(path);
                }
            }
        };
        let mut watcher = match notify::recommended_watcher(handler) {
            Ok(watcher) => watcher,
            Err(error) => {
                tracing::warn!("saved files will not change the running wall, for they cannot be watched: {error}");
                return;
            }
        };
        let mut folders = Vec::new();
        watch(&mut watcher, &mut folders, &self.seen.watched);
        loop {
            let mut changed = Vec::new();
            crossbeam_channel::select! {
                // Nobody sends: this is the other end being dropped.
                recv(stopped) -> _ => return,
                recv(woken) -> path => match path {
                    Ok(path) => changed.push(path),
                    Err(_) => return,
                },
                // A folder that was not there, or was put in the place of another.
                default(LOOK_AGAIN) => {
                    forget_lost(&mut watcher, &mut folders);
                    if !watch(&mut watcher, &mut folders, &self.seen.watched) {
                        continue;
                    }
                }
            }
            self.gather(&woken, &mut changed, QUIET, MOST_DELAY);
            let began = Instant::now();
            while !self.read(&changed, began.elapsed() >= PATIENCE) {
                // Perhaps half saved: wait for the rest of it.
                self.gather(&woken, &mut changed, QUIET, QUIET * 2);
                if stopped.try_recv().is_err_and(|error| error.is_disconnected()) {
                    return;
                }
            }
            watch(&mut watcher, &mut folders, &self.seen.watched);
        }
    }

    /// Gathers changes until it is quiet, or for the longest time.
    fn gather(&self, woken: &Receiver<PathBuf>, changed: &mut Vec<PathBuf>, quiet: Duration, most: Duration) {
        let began = Instant::now();
        while began.elapsed() < most {
            match woken.recv_timeout(quiet) {
                Ok(path) => changed.push(path),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Reads what has changed and hands it on; false when something is wrong and it is not yet the time to say so.
    fn read(&mut self, changed: &[PathBuf], is_late: bool) -> bool {
        let is = |path: &PathBuf, extension: &str| path.extension().is_some_and(|own| own == extension);
        let found = match shows::find(self.show.as_deref(), self.scene.as_deref()) {
            Ok(found) => found,
            Err(problems) => {
                if is_late {
                    self.complain(SHOW, problems.to_string());
                    // What it names now may be what is mended next.
                    if let Some(show) = &self.show {
                        self.seen.watched.extend(Show::read(show, &Disk).files);
                        self.seen.watched.sort();
                        self.seen.watched.dedup();
                    }
                }
                return is_late;
            }
        };
        self.settle(SHOW);
        let shaders = match found.shaders() {
            Ok(shaders) => {
                self.settle(SHADERS);
                Some(shaders)
            }
            Err(problem) => {
                if is_late {
                    self.complain(SHADERS, problem.to_string());
                }
                None
            }
        };
        let watched = found.watched();
        if found.show != self.seen.show {
            self.seen.show = found.show.clone();
            let _ = self.tell.send(Change::Show(Box::new(found.show)));
        }
        let is_good = shaders.is_some();
        if let Some(shaders) = shaders.filter(|shaders| *shaders != self.seen.shaders) {
            self.seen.shaders = shaders.clone();
            let _ = self.tell.send(Change::Shaders(shaders));
        }
        let others = changed.iter().filter(|path| !is(path, "toml") && !is(path, "wgsl"));
        let mut files: Vec<_> = others.filter(|path| belongs(path, &watched)).cloned().collect();
        files.sort();
        files.dedup();
        for file in files {
            let _ = self.tell.send(Change::File(file));
        }
        self.seen.watched = watched;
        is_good || is_late
    }

    fn complain(&mut self, what: &'static str, wrong: String) {
        if self.told.get(what) != Some(&wrong) {
            tracing::error!("{wrong}\n  the wall keeps {what} as it was before");
            self.told.insert(what, wrong);
        }
    }

    fn settle(&mut self, what: &'static str) {
        if self.told.remove(what).is_some() {
            tracing::info!("{what} can be read again");
        }
    }
}

/// Whether a path is one of those watched, or lies in one of them.
fn belongs(path: &Path, watched: &[PathBuf]) -> bool {
    let same = |other: &PathBuf| path.starts_with(other) || path.file_name() == other.file_name();
    watched.iter().any(same)
}

/// A folder that is watched, as the file it was then.
type Watched = (PathBuf, Option<std::time::SystemTime>, u64);

fn identity(folder: &Path) -> (Option<std::time::SystemTime>, u64) {
    let metadata = std::fs::metadata(folder).ok();
    #[cfg(unix)]
    let number = metadata.as_ref().map_or(0, std::os::unix::fs::MetadataExt::ino);
    #[cfg(not(unix))]
    let number = 0;
    (metadata.and_then(|metadata| metadata.created().ok()), number)
}

/// Forgets folders that are gone or others than they were.
fn forget_lost(watcher: &mut RecommendedWatcher, folders: &mut Vec<Watched>) {
    folders.retain(|(folder, created, number)| {
        let same = folder.is_dir() && identity(folder) == (*created, *number);
        if !same {
            // It may be gone from the watcher by itself.
            let _ = watcher.unwatch(folder);
        }
        same
    });
}

/// Watches the folders in which the files are: an editor that saves by renaming replaces the file itself. Whether one is new.
fn watch(watcher: &mut RecommendedWatcher, folders: &mut Vec<Watched>, files: &[PathBuf]) -> bool {
    let before = folders.len();
    for file in files {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if folders.iter().any(|(known, ..)| known == folder) || !folder.is_dir() {
            continue;
        }
        let (created, number) = identity(folder);
        match watcher.watch(folder, RecursiveMode::NonRecursive) {
            Ok(()) => folders.push((folder.to_owned(), created, number)),
            Err(error) => {
                tracing::warn!("what is saved there will not change the running wall ({error}): {}", folder.display());
                // Not again every two seconds.
                folders.push((folder.to_owned(), created, number));
            }
        }
    }
    folders.len() > before
}
