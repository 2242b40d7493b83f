//! The desktop's chooser of folders. See [`FolderChooser`].

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Receiver, TryRecvError, bounded};

use millions_base::catch_panic;

/// The title of the chooser.
const TITLE: &str = "A folder of photographs for the wall";

/// What is said where there is none.
const NO_CHOOSER: &str = "this desktop has no chooser of folders (xdg-desktop-portal, zenity or kdialog): drop a folder onto the window, or start \
                          `millions play FOLDER`";

/// A chosen folder; none where nothing was chosen.
type Answer = Result<Option<PathBuf>, String>;

/// A chooser that is shown on a thread: the wall plays on.
#[derive(Default)]
pub(crate) struct FolderChooser {
    open: Option<OpenChooser>,
}

struct OpenChooser {
    answer: Receiver<Answer>,
    closer: Closer,
}

impl Drop for OpenChooser {
    fn drop(&mut self) {
        self.closer.close();
    }
}

/// How a chooser is closed.
pub(super) type Close = Box<dyn FnOnce() + Send>;

/// Closes what a thread shows.
#[derive(Clone, Default)]
pub(super) struct Closer(Arc<Mutex<Option<Close>>>);

impl Closer {
    /// Sets how it is closed; none once it is.
    pub(super) fn set(&self, close: Option<Close>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = close;
    }

    fn close(&self) {
        let close = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(close) = close {
            close();
        }
    }
}

impl FolderChooser {
    /// Shows the chooser. One that is shown already is closed: its service may be gone, or it may lie where nobody sees it.
    ///
    /// `wake` is called when there is an answer.
    pub(crate) fn show(&mut self, wake: impl FnOnce() + Send + 'static) {
        self.open = None;
        let (sender, answer) = bounded(1);
        let closer = Closer::default();
        let shown = closer.clone();
        std::thread::spawn(move || {
            let _ = sender.send(catch_panic(|| choose(&shown)).unwrap_or_else(Err));
            wake();
        });
        self.open = Some(OpenChooser { answer, closer });
    }

    /// Returns the folder once one was chosen.
    ///
    /// # Errors
    /// Why none could be asked for.
    pub(crate) fn take(&mut self) -> Answer {
        let Some(open) = &self.open else { return Ok(None) };
        match open.answer.try_recv() {
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => {
                self.open = None;
                Ok(None)
            }
            Ok(answer) => {
                self.open = None;
                answer
            }
        }
    }
}

/// Asks by the desktop's portal, or by one of the small programs that do the same.
#[cfg(target_os = "linux")]
fn choose(closer: &Closer) -> Answer {
    let answer = match super::portal::choose_folder(TITLE, closer) {
        Ok(answer) => Some(answer),
        Err(error) => {
            tracing::debug!("the portal does not show a chooser: {error}");
            super::dialog::choose_folder(TITLE, closer)
        }
    };
    answer.ok_or_else(|| NO_CHOOSER.to_owned())
}

#[cfg(not(target_os = "linux"))]
fn choose(_: &Closer) -> Answer {
    let _ = TITLE;
    Err(NO_CHOOSER.to_owned())
}
