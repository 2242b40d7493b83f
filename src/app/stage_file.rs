//! The stage's file while the wall plays: written after each edit, and reloaded when another program saves it. See
//! [`StageFile`].

use std::path::{Path, PathBuf};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};

use super::saved_stage::SavedStage;
use super::venue::Venue;
use millions_base::Disk;
use millions_base::watch::{Debounce, FileStamp};
use millions_base::{Diagnostics, printable_path};
use millions_stage::{Stage, stage_text};

/// The interval at which the file is polled: it may be on a file server, which reports no changes.
const POLL: Duration = Duration::from_millis(100);

/// Edits of a drag are saved as one.
const DEBOUNCE: Debounce = Debounce { quiet: Duration::from_millis(60), most_delay: Duration::from_millis(300) };

/// A change of the file by another program.
pub enum StageChange {
    /// A valid stage.
    Valid(Box<Stage>),
    /// A file with errors; the running stage stays.
    Invalid(Diagnostics),
}

/// Saves and polls on a thread, as a disk takes longer than a frame. Dropping it saves what is pending and waits.
pub struct StageFile {
    path: PathBuf,
    to_save: Option<Sender<String>>,
    changes: Receiver<StageChange>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl StageFile {
    /// Starts the thread; the file need not exist yet.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        let ((to_save, texts), (sender, changes)) = (unbounded(), unbounded());
        let file = path.to_owned();
        let thread = std::thread::spawn(move || Worker::new(&file, sender).run(&texts));
        Self { path: path.to_owned(), to_save: Some(to_save), changes, thread: Some(thread) }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Queues a stage to be saved; of several, the last ends up in the file, and the others may be skipped.
    pub fn save(&self, stage: &Stage) {
        if let Some(to_save) = &self.to_save {
            let _ = to_save.send(stage_text(stage));
        }
    }

    /// Has the thread save what is pending and end, without waiting for it.
    #[must_use]
    pub fn closing(mut self) -> Self {
        self.to_save = None;
        self
    }

    /// Whether all is saved and the thread has ended, so that dropping it does not wait.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.thread.as_ref().is_none_or(std::thread::JoinHandle::is_finished)
    }

    /// The changes by other programs since the last call.
    fn changes(&self) -> impl Iterator<Item = StageChange> + '_ {
        self.changes.try_iter()
    }

    /// Saves the stage after an edit, and takes over what another program has saved; returns whether it did.
    pub fn follow(&self, venue: &mut Venue) -> bool {
        let mut changes: Vec<_> = self.changes().collect();
        if venue.take_changed() {
            self.save(venue.stage());
            // What another program saved meanwhile is in the history; the operator's edit wins.
            changes.clear();
        }
        let any = !changes.is_empty();
        for change in changes {
            match change {
                StageChange::Valid(stage) => {
                    venue.replace(*stage);
                    let _ = venue.take_changed();
                    tracing::info!("the stage has changed");
                }
                StageChange::Invalid(errors) => tracing::error!("{errors}\n  the stage stays as it was"),
            }
        }
        any
    }
}

impl Drop for StageFile {
    fn drop(&mut self) {
        self.to_save = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The state of the thread.
struct Worker {
    path: PathBuf,
    saved: SavedStage,
    changes: Sender<StageChange>,
    /// The text that was read or written last.
    known: Option<String>,
    /// The text at the last poll, which may still be half saved.
    polled: Option<String>,
    stamp: Option<FileStamp>,
    /// Image masks and SVGs that the stage names.
    masks: Vec<(PathBuf, Option<FileStamp>)>,
    /// Whether an error of the disk was logged.
    is_reported: bool,
}

impl Worker {
    fn new(path: &Path, changes: Sender<StageChange>) -> Self {
        let known = std::fs::read_to_string(path).ok();
        Self {
            saved: SavedStage::new(path),
            changes,
            polled: known.clone(),
            known,
            stamp: FileStamp::of(path),
            masks: mask_stamps(path),
            is_reported: false,
            path: path.to_owned(),
        }
    }

    /// Saves and polls until no more texts can be sent.
    fn run(mut self, texts: &Receiver<String>) {
        loop {
            match texts.recv_timeout(POLL) {
                // A drag sends sixty texts a second, and the history is for steps.
                Ok(text) => self.save(DEBOUNCE.gather(texts, || false).pop().unwrap_or(text)),
                Err(RecvTimeoutError::Timeout) => self.poll(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn save(&mut self, text: String) {
        match self.saved.save(&text) {
            Ok(_) => {
                (self.known, self.polled) = (Some(text.clone()), Some(text));
                // Its stamp is not asked for: another program may have saved the file in the meantime. The next poll reads it.
                (self.stamp, self.is_reported) = (None, false);
            }
            Err(error) if !self.is_reported => {
                tracing::error!("the stage cannot be saved ({error}): {}", printable_path(&self.path));
                self.is_reported = true;
            }
            Err(_) => {}
        }
    }

    /// Reloads the stage where another program has saved its file, or a mask that it names.
    fn poll(&mut self) {
        let stamp = FileStamp::of(&self.path);
        let masks_changed = self.masks.iter().any(|(file, before)| FileStamp::of(file) != *before);
        if stamp == self.stamp && self.polled == self.known && !masks_changed {
            return;
        }
        self.stamp = stamp;
        let text = std::fs::read_to_string(&self.path).ok();
        // Equal at two polls: it is written completely.
        if text == self.polled && (text != self.known || masks_changed) {
            self.known.clone_from(&text);
            self.masks = mask_stamps(&self.path);
            if text.is_some() {
                // The receiver is gone only at the end.
                let _ = self.changes.send(match Stage::read(&self.path, &Disk).result {
                    Ok(stage) => StageChange::Valid(Box::new(stage)),
                    Err(errors) => StageChange::Invalid(errors),
                });
            }
        }
        self.polled = text;
    }
}

/// The masks that a stage names, with their stamps. The scenes of surfaces are reloaded by their players, and presets are read
/// when they are selected.
fn mask_stamps(stage: &Path) -> Vec<(PathBuf, Option<FileStamp>)> {
    let files = Stage::read(stage, &Disk).files.into_iter();
    let masks = files.filter(|file| file.extension().is_none_or(|extension| extension != "toml"));
    masks.map(|file| (file.clone(), FileStamp::of(&file))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    use glam::UVec2;
    use millions_stage::Output;

    #[test]
    fn what_is_changed_is_saved_and_what_others_save_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stage.toml");
        let of = |width| Stage::side_by_side(vec![Output::new("left", UVec2::new(width, 720))]);
        let file = StageFile::new(&path);
        for width in [1000, 1100, 1280] {
            file.save(&of(width));
        }
        let until = |mut done: Box<dyn FnMut() -> bool + '_>| {
            let asked = Instant::now();
            while !done() {
                assert!(asked.elapsed() < Duration::from_secs(120), "in vain");
                std::thread::sleep(Duration::from_millis(10));
            }
        };
        let text = || std::fs::read_to_string(&path).unwrap_or_default();
        until(Box::new(|| text() == stage_text(&of(1280))));
        std::fs::write(&path, stage_text(&of(1440))).unwrap();
        let mut read = None;
        until(Box::new(|| {
            read = read.take().or_else(|| file.changes().next());
            read.is_some()
        }));
        assert!(matches!(read, Some(StageChange::Valid(stage)) if stage.outputs[0].size.x == 1440));
        std::fs::write(&path, "aspect = \"wide\"\n").unwrap();
        let mut read = None;
        until(Box::new(|| {
            read = read.take().or_else(|| file.changes().next());
            read.is_some()
        }));
        assert!(matches!(read, Some(StageChange::Invalid(_))));
        file.save(&of(1920));
        let file = file.closing();
        until(Box::new(|| file.is_closed()));
        assert_eq!(text(), stage_text(&of(1920)), "what is asked for last is saved by a file that closes");
        let file = StageFile::new(&path);
        file.save(&of(2560));
        drop(file);
        assert_eq!(text(), stage_text(&of(2560)), "and before the end");
    }
}
