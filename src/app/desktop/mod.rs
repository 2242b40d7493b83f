//! What the desktop around the wall does for it: asks for a folder, and says what nobody would read on a terminal.

mod chooser;
#[cfg(target_os = "linux")]
mod dialog;
mod notification;
#[cfg(target_os = "linux")]
mod portal;

pub(crate) use chooser::FolderChooser;
pub(crate) use notification::notify;
