//! Tier 4: other photographs for a wall that plays, chosen in the desktop's chooser.

#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::desk::{Desk, Play};
use crate::program::{done, run};

/// A chooser in which somebody is quick: it notes how it was called, and chooses what a file says; nothing where there is none.
const CHOOSER: &str = "#!/bin/sh\necho \"$0 $*\" >>calls\ncat chosen\n";

/// Puts a program into the desk's own folder of programs, which is before all others.
fn put_program(desk: &Desk, name: &str, text: &str) {
    let folder = desk.home.path().join("bin");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(name), text).unwrap();
    fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755)).unwrap();
}

/// Starts the wall on a desktop without a session bus.
fn start<'d>(desk: &'d Desk, arguments: &str) -> Play<'d> {
    let path = format!("{}:{}", desk.home.path().join("bin").display(), std::env::var("PATH").unwrap());
    desk.start_with(arguments, |command| command.env("PATH", path).env("DBUS_SESSION_BUS_ADDRESS", "disabled:"))
}

fn calls(home: &Path) -> usize {
    fs::read_to_string(home.join("calls")).unwrap_or_default().lines().count()
}

/// Waits until the wall shows so many people.
fn has_people(play: &Play<'_>, count: u64) {
    play.until(&format!("{count} people"), || {
        let said = run(play.desk.home.path(), "ctl status --json");
        let status: Value = serde_json::from_str(&said.out).ok()?;
        let people = &status["people"];
        (people["count"] == count && people["ingesting"] != true).then_some(())
    });
}

#[test]
fn a_folder_that_is_chosen_is_played_and_one_without_people_is_not() {
    let desk = Desk::open();
    let home = desk.home.path();
    put_program(&desk, "zenity", CHOOSER);
    desk.invent_people();
    done(home, "demo --count 12 --out photographs");
    fs::create_dir(home.join("empty")).unwrap();
    let mut play = start(&desk, "--library library");
    has_people(&play, 60);

    // Nothing is chosen.
    done(home, "ctl choose-folder");
    play.until("the chooser", || (calls(home) == 1).then_some(()));
    assert!(fs::read_to_string(home.join("calls")).unwrap().contains("--directory"));
    has_people(&play, 60);

    fs::write(home.join("chosen"), home.join("photographs").display().to_string()).unwrap();
    play.until("other people", || {
        desk.key("o");
        std::thread::sleep(Duration::from_millis(500));
        play.log().contains("the wall starts again with").then_some(())
    });
    has_people(&play, 12);
    assert!(play.program.try_wait().unwrap().is_none(), "it is the same process, which a supervisor knows");

    // Nobody is in it: what was played at first plays.
    fs::write(home.join("chosen"), home.join("empty").display().to_string()).unwrap();
    done(home, "ctl choose-folder");
    has_people(&play, 60);
    assert!(play.log().contains("there are no photographs to show"), "{}", play.log());

    // On a wall that fills a projector there is no chooser.
    let before = calls(home);
    done(home, "ctl fullscreen 1");
    play.until("full screen", || {
        let refused = run(home, "ctl choose-folder");
        (refused.code == Some(1) && refused.err.contains("full screen")).then_some(())
    });
    assert!(calls(home) <= before + 1);
    play.quits();
}

#[test]
fn a_start_without_a_terminal_shows_why_it_failed() {
    let desk = Desk::open();
    let home = desk.home.path();
    put_program(&desk, "zenity", CHOOSER);
    let mut play = start(&desk, "--graphical nowhere");
    assert_eq!(play.ends(), Some(1));
    let shown = fs::read_to_string(home.join("calls")).unwrap();
    assert!(shown.contains("--error") && shown.contains("nowhere"), "{shown}");
}
