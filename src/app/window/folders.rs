//! Other photographs for the wall that plays: chosen, or dropped onto a window.

use std::path::PathBuf;

use winit::event_loop::EventLoopProxy;

use super::super::desktop::{FolderChooser, notify};
use super::{App, ExitReason, OutputWindow};
use millions_base::printable_path;
use millions_control::{Refused, Source};

impl App {
    /// Shows the chooser of folders, which the projector must not show.
    ///
    /// # Errors
    /// Where the wall is full screen.
    pub(super) fn choose_folder(&mut self, source: Source) -> Result<(), Refused> {
        // What was chosen on another evening is not to be chosen again.
        if source == Source::Replay {
            return Ok(());
        }
        if self.is_fullscreen() {
            return Err(Refused(
                "the chooser of folders would be seen on the wall: leave full screen first".to_owned(),
            ));
        }
        let wake = self.folders.wake.clone();
        self.folders.chooser.show(move || {
            // After the end of the event loop there is nothing to wake.
            let _ = wake.send_event(());
        });
        Ok(())
    }

    /// Whether any window fills a monitor.
    pub(super) fn is_fullscreen(&self) -> bool {
        let fills = |window: &OutputWindow| window.own_rect().is_some() || window.window.fullscreen().is_some();
        self.outputs.windows.iter().any(fills)
    }

    /// Plays the folders that were chosen or dropped: the wall fades to black, and the program starts again with them.
    pub(super) fn follow_folders(&mut self) {
        let mut folders = std::mem::take(&mut self.folders.dropped);
        match self.folders.chooser.take() {
            Ok(chosen) => folders.extend(chosen),
            Err(error) => self.tell(error),
        }
        if folders.is_empty() || self.ending.is_some() {
            return;
        }
        if self.operator.is_field_copy() {
            return self.tell("a field copy plays: quit before you play photographs".to_owned());
        }
        if let Some(other) = folders.iter().find(|folder| !folder.is_dir()) {
            return self
                .tell(format!("{} is no folder: choose or drop a folder of photographs", printable_path(other)));
        }
        let names: Vec<_> = folders.iter().map(|folder| printable_path(folder).to_string()).collect();
        tracing::info!("the wall starts again with {}", names.join(", "));
        self.ended = Some(Ok(ExitReason::Folders(folders)));
        self.begin_end();
    }

    /// Says something to whoever started the program, with or without a terminal.
    fn tell(&mut self, text: String) {
        self.pacing.warn(&text);
        if self.options.graphical {
            std::thread::spawn(move || notify(&text));
        }
    }
}

/// Folders that are to be played.
pub(super) struct Folders {
    chooser: FolderChooser,
    wake: EventLoopProxy<()>,
    /// Those of one drop come as an event each.
    pub dropped: Vec<PathBuf>,
}

impl Folders {
    /// None yet; `wake` is told of an answer.
    pub fn new(wake: EventLoopProxy<()>) -> Self {
        Self { chooser: FolderChooser::default(), wake, dropped: Vec::new() }
    }
}
