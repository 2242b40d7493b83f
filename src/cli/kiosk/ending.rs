//! Ending the wall in a compositor that would take the display away from it. See [`end_wall`].

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

/// How long the wall has to go black.
const PATIENCE: Duration = Duration::from_secs(10);
const INTERVAL: Duration = Duration::from_millis(20);

/// Asks the programs that a compositor has started to end, and waits until they have: a compositor that is asked first goes at once, and its
/// display with it, in the middle of a picture.
pub fn end_wall(compositor: u32) {
    let walls = children(compositor);
    for wall in &walls {
        // Who has gone already is what is wanted.
        let _ = kill_process(*wall, Signal::TERM);
    }
    let asked = Instant::now();
    while walls.iter().any(|wall| test_kill_process(*wall).is_ok()) && asked.elapsed() < PATIENCE {
        std::thread::sleep(INTERVAL);
    }
}

/// The processes that a process has started and that run this program.
fn children(parent: u32) -> Vec<Pid> {
    let own = std::env::current_exe().ok();
    let is_child = |id: &i32| {
        // "ID (NAME) STATE PARENT …", where the name may have anything in it.
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let after = stat.rsplit_once(") ").map_or("", |(_, after)| after);
        let is_of_parent = after.split(' ').nth(1).and_then(|id| id.parse().ok()) == Some(parent);
        let exe = || fs::read_link(format!("/proc/{id}/exe")).unwrap_or_default().to_string_lossy().into_owned();
        // After an upgrade the wall still runs the file that was replaced.
        is_of_parent && Some(Path::new(exe().trim_end_matches(" (deleted)"))) == own.as_deref()
    };
    let ids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = ids.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    ids.filter(is_child).filter_map(Pid::from_raw).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Defends that nobody else of the account is ended: neither another program of the compositor nor a wall elsewhere.
    #[test]
    fn only_this_program_below_the_compositor_is_ended() {
        let mut other = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        end_wall(std::process::id());
        assert!(other.try_wait().unwrap().is_none());
        other.kill().unwrap();
        other.wait().unwrap();
    }
}
