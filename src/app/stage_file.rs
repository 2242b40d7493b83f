//! The stage's file while the wall plays: saved after each change, and read again when somebody else has. See
//! [`StageFile`].

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};

use super::saved_stage::Saved;
use millions_base::Diagnostics;
use millions_base::Disk;
use millions_stage::{Stage, stage_text};

/// How often it is looked whether somebody else has saved the file.
const LOOK: Duration = Duration::from_millis(100);

/// What follows a change sooner than this is saved with it,
const PAUSE: Duration = Duration::from_millis(60);
/// but nothing waits longer.
const LONGEST: Duration = Duration::from_millis(300);

/// What has come of the file.
pub enum Saving {
    /// Somebody else has saved another stage.
    Read(Box<Stage>),
    /// What they saved is wrong; the stage stays.
    Wrong(Diagnostics),
}

/// Saves on a thread, for a disk takes longer than a frame. Ends, with what is still to be saved, when it is dropped.
pub struct StageFile {
    path: PathBuf,
    to_save: Option<Sender<String>>,
    news: Receiver<Saving>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl StageFile {
    /// Of the stage's file, which need not be there yet.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        let ((to_save, texts), (tell, news)) = (unbounded(), unbounded());
        let watched = path.to_owned();
        let thread = std::thread::spawn(move || keep(&watched, &texts, &tell));
        Self { path: path.to_owned(), to_save: Some(to_save), news, thread: Some(thread) }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Saves a stage, soon; of several, the last is in the file and the others may be in the history.
    pub fn save(&self, stage: &Stage) {
        if let Some(to_save) = &self.to_save {
            let _ = to_save.send(stage_text(stage));
        }
    }

    /// What has come of the file since this was asked last.
    pub fn news(&self) -> impl Iterator<Item = Saving> + '_ {
        self.news.try_iter()
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

fn keep(path: &Path, texts: &Receiver<String>, tell: &Sender<Saving>) {
    let saved = Saved::new(path);
    let read = || std::fs::read_to_string(path).ok();
    // What the program knows to be in the file.
    let mut known = read();
    // What was there at the last look, and may still be half saved.
    let mut seen = known.clone();
    let mut looked = stamp(path);
    let mut told_of_disk = false;
    // Painted masks and SVGs that it names.
    let mut beside = stamps(path);
    loop {
        match texts.recv_timeout(LOOK) {
            Ok(mut text) => {
                // A drag makes sixty of them a second, and the history is for steps.
                let begun = Instant::now();
                while begun.elapsed() < LONGEST
                    && let Ok(newer) = texts.recv_timeout(PAUSE)
                {
                    text = newer;
                }
                match saved.save(&text) {
                    Ok(_) => (known, seen, looked, told_of_disk) = (Some(text.clone()), Some(text), stamp(path), false),
                    Err(error) if !told_of_disk => {
                        tracing::error!("the stage cannot be saved ({error}): {}", path.display());
                        told_of_disk = true;
                    }
                    Err(_) => {}
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                let now = stamp(path);
                let others = stamps_of(&beside);
                let repainted = others != beside;
                if now == looked && seen == known && !repainted {
                    continue;
                }
                looked = now;
                let text = read();
                // The same twice: nobody is still writing it.
                if text == seen && (text != known || repainted) {
                    known.clone_from(&text);
                    beside = stamps(path);
                    if text.is_some() {
                        let news = match Stage::read(path, &Disk).result {
                            Ok(stage) => Saving::Read(Box::new(stage)),
                            Err(problems) => Saving::Wrong(problems),
                        };
                        if tell.send(news).is_err() {
                            return;
                        }
                    }
                }
                seen = text;
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// What changes with a file that is saved.
type Stamp = Option<(std::time::SystemTime, u64)>;

/// The files that a stage names, as they are now.
fn stamps(stage: &Path) -> Vec<(PathBuf, Stamp)> {
    let files = Stage::read(stage, &Disk).files;
    // Scenes of surfaces are followed by whoever plays them, presets when they are switched to.
    let is_drawn = |file: &PathBuf| file.extension().is_none_or(|extension| extension != "toml");
    files.into_iter().filter(is_drawn).map(|file| (file.clone(), stamp(&file))).collect()
}

/// The same files, as they are now.
fn stamps_of(files: &[(PathBuf, Stamp)]) -> Vec<(PathBuf, Stamp)> {
    files.iter().map(|(file, _)| (file.clone(), stamp(file))).collect()
}

fn stamp(path: &Path) -> Stamp {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
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
                assert!(asked.elapsed() < Duration::from_secs(10), "in vain");
                std::thread::sleep(Duration::from_millis(10));
            }
        };
        let text = || std::fs::read_to_string(&path).unwrap_or_default();
        until(Box::new(|| text() == stage_text(&of(1280))));
        std::fs::write(&path, stage_text(&of(1440))).unwrap();
        let mut read = None;
        until(Box::new(|| {
            read = read.take().or_else(|| file.news().next());
            read.is_some()
        }));
        assert!(matches!(read, Some(Saving::Read(stage)) if stage.outputs[0].size.x == 1440));
        std::fs::write(&path, "aspect = \"wide\"\n").unwrap();
        let mut read = None;
        until(Box::new(|| {
            read = read.take().or_else(|| file.news().next());
            read.is_some()
        }));
        assert!(matches!(read, Some(Saving::Wrong(_))));
        file.save(&of(1920));
        drop(file);
        assert_eq!(text(), stage_text(&of(1920)), "what is asked for last is saved before the end");
    }
}
