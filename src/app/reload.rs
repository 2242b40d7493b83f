//! Live reload of the show's files. See [`Reload`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use super::kept_show::KeptShow;
use super::shows::{self, FoundShow};
use millions_base::watch::{Debounce, FileWatcher};
use millions_base::{Disk, printable_path};
use millions_gpu::ShaderSet;
use millions_show::Show;

/// Editors save in several steps.
const DEBOUNCE: Debounce = Debounce { quiet: Duration::from_millis(40), most_delay: Duration::from_millis(150) };
/// The wait for the rest of a file that may be half saved.
const RETRY: Debounce = Debounce { quiet: DEBOUNCE.quiet, most_delay: Duration::from_millis(80) };
/// The time after which an error is reported: a file that is still being saved has some, too.
const ERROR_DELAY: Duration = Duration::from_millis(350);
/// The interval at which missing folders are looked for.
const RETRY_FOLDERS: Duration = Duration::from_secs(2);

/// A valid change.
#[derive(Debug)]
pub enum Change {
    /// The show or a file that it names.
    Show(Box<Show>),
    /// The show's own shaders.
    Shaders(ShaderSet),
    /// The file of a picture or a font.
    File(PathBuf),
}

/// Watches the files of a show, and on a thread reads and checks those that are saved. Valid changes are returned; errors are
/// logged once, as is their end, and until then the last valid version stays.
pub struct Reload {
    changes: Receiver<Change>,
    /// The thread ends when this is dropped.
    _stop: Sender<()>,
}

impl Reload {
    /// Watches the files of a show. What is good is kept, where there is a place.
    #[must_use]
    pub fn new(found: &FoundShow, kept: Option<KeptShow>) -> Self {
        let (sender, changes) = unbounded();
        let (stop, stopped) = bounded(0);
        let last = LastValid {
            show: found.show.clone(),
            shaders: found.shaders().unwrap_or_default(),
            watched: found.watched(),
        };
        let (show, scene) = (found.path.clone(), found.scene.clone());
        std::thread::spawn(move || Reader { show, scene, last, kept, sender, reported: BTreeMap::new() }.run(&stopped));
        Self { changes, _stop: stop }
    }

    /// The changes since the last call, the oldest first.
    pub fn changes(&self) -> impl Iterator<Item = Change> + '_ {
        self.changes.try_iter()
    }
}

/// The last version without errors.
struct LastValid {
    show: Show,
    shaders: ShaderSet,
    watched: Vec<PathBuf>,
}

struct Reader {
    show: Option<PathBuf>,
    scene: Option<String>,
    last: LastValid,
    kept: Option<KeptShow>,
    sender: Sender<Change>,
    /// Errors that were logged, by the part that has them.
    reported: BTreeMap<&'static str, String>,
}

/// The parts whose errors are reported separately.
const SHOW: &str = "the show";
const SHADERS: &str = "the shaders";

impl Reader {
    fn run(mut self, stopped: &Receiver<()>) {
        let (wake, woken) = unbounded::<Vec<PathBuf>>();
        // No path: anything may have changed. The receiver is gone only at the end.
        let watcher = FileWatcher::new(move |paths| drop(wake.send(paths.unwrap_or_default())));
        let mut watcher = match watcher {
            Ok(watcher) => watcher,
            Err(error) => {
                tracing::warn!("saved files will not change the running wall, for they cannot be watched: {error}");
                return;
            }
        };
        watch(&mut watcher, &self.last.watched);
        loop {
            let mut changed = Vec::new();
            crossbeam_channel::select! {
                // Nothing is ever sent: the sender was dropped.
                recv(stopped) -> _ => return,
                recv(woken) -> paths => match paths {
                    Ok(paths) => changed.extend(paths),
                    Err(_) => return,
                },
                // For folders that did not exist, or have been replaced.
                default(RETRY_FOLDERS) => {
                    watcher.forget_replaced();
                    if !watch(&mut watcher, &self.last.watched) {
                        continue;
                    }
                }
            }
            changed.extend(DEBOUNCE.gather(&woken, || false).into_iter().flatten());
            let began = Instant::now();
            while !self.read(&changed, began.elapsed() >= ERROR_DELAY) {
                changed.extend(RETRY.gather(&woken, || false).into_iter().flatten());
                if stopped.try_recv().is_err_and(|error| error.is_disconnected()) {
                    return;
                }
            }
            watch(&mut watcher, &self.last.watched);
        }
    }

    /// Reads the show again and sends what has changed. Returns false if there are errors that it is too early to report.
    fn read(&mut self, changed: &[PathBuf], is_late: bool) -> bool {
        let found = match shows::find(self.show.as_deref(), self.scene.as_deref()) {
            Ok(found) => found,
            Err(errors) => {
                if is_late {
                    self.report(SHOW, errors.to_string());
                    // One of the files that it names now may be corrected next.
                    if let Some(show) = &self.show {
                        self.last.watched.extend(Show::read(show, &Disk).files);
                        self.last.watched.sort();
                        self.last.watched.dedup();
                    }
                }
                return is_late;
            }
        };
        self.clear(SHOW);
        let watched = found.watched();
        let shaders = found.shaders();
        if found.show != self.last.show {
            self.kept.iter().for_each(|kept| kept.save(&found));
            self.last.show = found.show.clone();
            self.send(Change::Show(Box::new(found.show)));
        }
        let is_valid = shaders.is_ok();
        match shaders {
            Ok(shaders) => {
                self.clear(SHADERS);
                if shaders != self.last.shaders {
                    self.last.shaders = shaders.clone();
                    self.send(Change::Shaders(shaders));
                }
            }
            Err(error) if is_late => self.report(SHADERS, error.to_string()),
            Err(_) => {}
        }
        let is_text =
            |path: &Path| path.extension().is_some_and(|extension| extension == "toml" || extension == "wgsl");
        let mut files: Vec<_> =
            changed.iter().filter(|path| !is_text(path) && belongs(path, &watched)).cloned().collect();
        files.sort();
        files.dedup();
        files.into_iter().for_each(|file| self.send(Change::File(file)));
        self.last.watched = watched;
        is_valid || is_late
    }

    fn send(&self, change: Change) {
        // The receiver is gone only at the end.
        let _ = self.sender.send(change);
    }

    fn report(&mut self, part: &'static str, error: String) {
        if self.reported.get(part) != Some(&error) {
            tracing::error!("{error}\n  the wall keeps {part} as it was before");
            self.reported.insert(part, error);
        }
    }

    fn clear(&mut self, part: &'static str) {
        if self.reported.remove(part).is_some() {
            tracing::info!("{part} can be read again");
        }
    }
}

/// Watches the folders of the files; returns whether one is new.
fn watch(watcher: &mut FileWatcher, files: &[PathBuf]) -> bool {
    watcher.watch_folders_of(files, |folder, error| {
        tracing::warn!("what is saved there will not change the running wall ({error}): {}", printable_path(folder));
    })
}

/// Whether a path is watched, or lies in a watched folder.
fn belongs(path: &Path, watched: &[PathBuf]) -> bool {
    watched.iter().any(|other| path.starts_with(other) || path.file_name() == other.file_name())
}
