//! Standard streams that cannot be written: readers that leave, full disks, terminals that take nothing.

#![cfg(target_os = "linux")]

use std::fs::OpenOptions;
use std::io::{self, PipeReader};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use crate::desk::{Desk, is_grey_wall};
use crate::program::{done, millions};

/// A pipe whose reader has left.
fn closed_pipe() -> Stdio {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    writer.into()
}

fn full_disk() -> Stdio {
    OpenOptions::new().write(true).open("/dev/full").unwrap().into()
}

/// Runs the program to its end with the given standard output and standard error.
fn ended(home: &Path, arguments: &str, out: Stdio, err: Stdio) -> ExitStatus {
    let mut command = millions(home);
    command.current_dir(home).args(arguments.split_whitespace()).stdout(out).stderr(err).status().unwrap()
}

#[test]
fn a_reader_that_leaves_has_read_enough_and_a_full_disk_is_told() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path();
    done(path, "demo --count 12 --out people --seed 5");
    std::fs::write(path.join("people/broken.jpg"), "no picture").unwrap();
    std::fs::write(path.join("wrong.toml"), "kind = \"nothing\"\n").unwrap();
    // Those that work go on with their work.
    for (out, err, library, code) in [
        (closed_pipe(), closed_pipe(), "left", 0),
        (full_disk(), full_disk(), "full", 1),
        (closed_pipe(), full_disk(), "both", 0),
    ] {
        let status = ended(path, &format!("-vv ingest people --library {library}"), out, err);
        assert_eq!(status.code(), Some(code), "{library}");
        let listed = done(path, &format!("library list --library {library}")).out;
        assert!(listed.contains("12 portraits"), "{library}: {listed}");
    }
    for arguments in [
        "library list --library left",
        "library verify --library left",
        "look --library left --report",
        "check",
        "schema show",
        "man",
        "completions bash",
        "doctor --library left",
        "demo --count 2 --out more",
        "--help",
    ] {
        let status = ended(path, arguments, closed_pipe(), closed_pipe());
        assert_eq!(status.code(), Some(0), "millions {arguments} | head -0");
    }
    assert_eq!(ended(path, "check wrong.toml", closed_pipe(), closed_pipe()).code(), Some(1), "wrong is wrong, unread");
    let output = millions(path).arg("schema").arg("show").stdout(full_disk()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("the standard output cannot be written"), "{said}");
}

#[test]
fn a_log_that_cannot_be_written_leaves_the_wall_lit() {
    // A pipe that nobody empties holds 64 KiB, which the most verbose log fills at once.
    let (reader, writer): (PipeReader, _) = io::pipe().unwrap();
    for (what, log) in [("closed", closed_pipe()), ("full", full_disk()), ("unread", writer.into())] {
        let desk = Desk::open();
        desk.invent_people();
        let mut play = desk.start_logging_to("-vv --library library --from 10s --stills stills", log);
        play.until("people are on the wall", || is_grey_wall(&desk.window()).then_some(()));
        desk.key("s");
        play.until("a line is logged about a still", || desk.home.path().join("stills").exists().then_some(()));
        std::thread::sleep(Duration::from_millis(500));
        play.moves("the wall moves on");
        assert!(play.program.try_wait().unwrap().is_none(), "{what}: the wall plays on");
        play.quits();
    }
    drop(reader);
}
