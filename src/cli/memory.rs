//! How the C library of Linux gives memory back, which is chosen by variables when a program starts. See [`begin_with_settings`].

use std::env;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// The variables: two arenas rather than one for each thread that loads tiles or compiles, and large blocks on their own, whatever
/// was freed before. In weeks the holes of both come to hundreds of megabytes (docs/reliability.md).
const SETTINGS: [(&str, &str); 3] =
    [("MALLOC_ARENA_MAX", "2"), ("MALLOC_MMAP_THRESHOLD_", "262144"), ("MALLOC_TRIM_THRESHOLD_", "16777216")];

/// Adds the variables that are not set to those of a process that is to be started.
pub fn settings() -> impl Iterator<Item = (&'static str, &'static str)> {
    SETTINGS.into_iter().filter(|(name, _)| env::var_os(name).is_none())
}

/// Begins this program again in the same process with the variables, where none of them is set. Returns where they are, or where
/// that cannot be done: then all is as before.
pub fn begin_with_settings() {
    if !cfg!(target_env = "gnu") || settings().count() < SETTINGS.len() {
        return;
    }
    let mut arguments = env::args_os();
    let (Some(name), Ok(program)) = (arguments.next(), env::current_exe()) else { return };
    let error = Command::new(program).arg0(name).args(arguments).envs(settings()).exec();
    tracing::debug!("memory is given back as the system has it: {error}");
}
