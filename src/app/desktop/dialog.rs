//! Dialogs of the small programs that desktops without a portal have: zenity (GTK) and kdialog (KDE).

use std::ffi::OsString;
use std::io::Read as _;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::chooser::{Close, Closer};

/// Asks for a folder: none where neither program is there, and in it none where nothing was chosen.
pub(super) fn choose_folder(title: &str, closer: &Closer) -> Option<Option<PathBuf>> {
    let mut zenity = Command::new("zenity");
    zenity.args(["--file-selection", "--directory", "--title", title]);
    let mut kdialog = Command::new("kdialog");
    kdialog.args(["--title", title, "--getexistingdirectory"]);
    let mut child = start([zenity, kdialog])?;
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    closer.set(pid.map(|pid| -> Close {
        Box::new(move || {
            let _ = kill_process(pid, Signal::TERM);
        })
    }));
    let mut said = Vec::new();
    let is_read = child.stdout.take().is_some_and(|mut stdout| stdout.read_to_end(&mut said).is_ok());
    // Before it is waited for, as its number may then be another's.
    closer.set(None);
    let is_chosen = child.wait().is_ok_and(|status| status.success());
    let line = said.strip_suffix(b"\n").unwrap_or(&said).to_vec();
    let is_chosen = is_read && is_chosen && !line.is_empty();
    Some(is_chosen.then(|| PathBuf::from(OsString::from_vec(line))))
}

/// Shows a text until it is closed; returns whether it was shown.
pub(super) fn show_error(text: &str) -> bool {
    let mut zenity = Command::new("zenity");
    zenity.args(["--error", "--no-markup", "--width=480", "--title=millions", "--text", text]);
    let mut kdialog = Command::new("kdialog");
    kdialog.args(["--title", "millions", "--error", text]);
    start([zenity, kdialog]).is_some_and(|mut child| child.wait().is_ok())
}

/// Starts the first of the programs that is there.
fn start(programs: [Command; 2]) -> Option<Child> {
    programs
        .into_iter()
        .find_map(|mut program| program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok())
}
