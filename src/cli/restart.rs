//! `millions play` again, in the place of this process. See [`with_folders`].

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context as _;

use super::terminal;

/// The option that names folders that were chosen while the wall played.
const CHOSEN: &str = "--chosen";

/// Starts this program again with the same arguments, but other folders of photographs; without any, with those that it was given at first. So
/// nothing of the wall before is left: not its library, not its threads, not what is on the graphics card.
///
/// It does not return where the system can put another program in the place of this process, whose number, supervisor and terminal
/// then stay.
///
/// # Errors
/// Where it cannot be started.
pub fn with_folders(folders: &[PathBuf]) -> anyhow::Result<()> {
    terminal::flush_log();
    // Also where the file has been replaced since, by an update.
    let program = if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { env::current_exe() };
    let mut given = env::args_os();
    let name = given.next().unwrap_or_else(|| "millions".into());
    let mut command = Command::new(program.context("this program's own file is not known")?);
    command.args(arguments(given, folders));
    replace(command, &name).context("the wall cannot be started again")
}

#[cfg(unix)]
fn replace(mut command: Command, name: &OsStr) -> std::io::Result<()> {
    use std::os::unix::process::CommandExt as _;
    Err(command.arg0(name).exec())
}

#[cfg(not(unix))]
fn replace(mut command: Command, _: &OsStr) -> std::io::Result<()> {
    let status = command.status()?;
    std::process::exit(status.code().unwrap_or(1));
}

/// The arguments with other chosen folders. They come first, for after `--` everything is a folder.
fn arguments(given: impl Iterator<Item = OsString>, folders: &[PathBuf]) -> Vec<OsString> {
    let mut given = given.peekable();
    let mut arguments = Vec::new();
    for argument in given.by_ref() {
        let is_command = argument == "play";
        arguments.push(argument);
        if is_command {
            break;
        }
    }
    while given.next_if(|argument| argument == CHOSEN).is_some() {
        given.next();
    }
    arguments.extend(folders.iter().flat_map(|folder| [CHOSEN.into(), folder.clone().into_os_string()]));
    arguments.extend(given);
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(line: &str, folders: &[&str]) -> String {
        let folders: Vec<_> = folders.iter().map(PathBuf::from).collect();
        let words = arguments(line.split(' ').map(OsString::from), &folders);
        words.into_iter().map(|word| word.into_string().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn chosen_folders_replace_those_chosen_before_and_all_else_stays() {
        assert_eq!(changed("-v play --graphical /a", &["/b"]), "-v play --chosen /b --graphical /a");
        assert_eq!(changed("play --chosen /b -- /a", &["/c", "/d"]), "play --chosen /c --chosen /d -- /a");
        assert_eq!(changed("play --chosen /c --chosen /d --show s -- --chosen", &[]), "play --show s -- --chosen");
    }
}
