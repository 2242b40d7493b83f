//! Screens that stay on while the wall plays, and what is seen of its start and its end.

#![cfg(target_os = "linux")]

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use x11rb::connection::Connection as _;
use x11rb::protocol::screensaver::{ConnectionExt as _, State};
use x11rb::protocol::xfixes::ConnectionExt as _;
use x11rb::protocol::xproto::{ClientMessageEvent, ConnectionExt as _, EventMask};
use x11rb::rust_connection::RustConnection;

use crate::desk::{Desk, Play, is_grey_wall};

/// Whether the server has blanked the screen.
fn is_blanked(connection: &RustConnection) -> bool {
    let root = connection.setup().roots[0].root;
    let saver = connection.screensaver_query_info(root).unwrap().reply().unwrap();
    saver.state == u8::from(State::ON)
}

fn saver(desk: &Desk, arguments: &str) -> String {
    let mut command = Command::new("xset");
    let output = desk.on_display(command.args(arguments.split_whitespace())).output().expect("xset");
    assert!(output.status.success(), "xset {arguments}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_screen_is_not_blanked_while_the_wall_plays_and_is_afterwards() {
    let desk = Desk::open();
    let (connection, _) = RustConnection::connect(Some(&desk.display)).unwrap();
    desk.invent_people();
    saver(&desk, "s 2 2");
    let settings = saver(&desk, "q");
    assert!(settings.contains("timeout:  2"), "{settings}");
    let blanks = || {
        let asked = Instant::now();
        while !is_blanked(&connection) {
            assert!(asked.elapsed() < Duration::from_secs(30), "a screen that nobody holds on is blanked");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    // Also a screen that is blanked when the wall begins.
    for is_killed in [false, true] {
        blanks();
        let mut play = desk.start("--library library --from 10s");
        play.until("people are on the wall", || is_grey_wall(&desk.window()).then_some(()));
        play.until("the screen is on", || (!is_blanked(&connection)).then_some(()));
        for _ in 0..100 {
            std::thread::sleep(Duration::from_millis(50));
            assert!(!is_blanked(&connection), "the wall plays, and the screen is blanked\n{}", play.log());
        }
        assert_eq!(saver(&desk, "q"), settings, "the settings are nobody's but the operator's");
        assert!(!play.log().contains("the screens may go dark"), "{}", play.log());
        if is_killed {
            play.program.kill().unwrap();
            play.program.wait().unwrap();
        } else {
            play.quits();
        }
    }
    blanks();
    assert_eq!(saver(&desk, "q"), settings);
}

/// The mean light of the window's middle and the brightest and darkest of it, as often as they can be read.
fn watched(desk: &Desk, test: impl FnOnce()) -> Vec<[u8; 2]> {
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut seen: Vec<[u8; 2]> = Vec::new();
            let mut line = vec![0; 4 * 1000];
            while !is_over.load(Ordering::Relaxed) {
                desk.read_line(360, &mut line);
                let values = || line.chunks_exact(4).flat_map(|pixel| pixel[..3].iter().copied());
                seen.push([values().min().unwrap(), values().max().unwrap()]);
                std::thread::sleep(Duration::from_micros(500));
            }
            seen
        });
        // Also where the test fails.
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(test));
        is_over.store(true, Ordering::Relaxed);
        let seen = watcher.join().unwrap();
        done.unwrap_or_else(|failure| std::panic::resume_unwind(failure));
        seen
    })
}

const DESKTOP: [u8; 2] = [255, 255];

fn runs(seen: &[[u8; 2]]) -> Vec<(&'static str, usize)> {
    let mut runs: Vec<(&'static str, usize)> = Vec::new();
    for sight in seen {
        let kind = match *sight {
            DESKTOP => "desktop",
            [0, 0] => "black",
            [_, 255] => "half a desktop",
            _ => "wall",
        };
        match runs.last_mut() {
            Some((last, count)) if *last == kind => *count += 1,
            _ => runs.push((kind, 1)),
        }
    }
    runs
}

/// Presses the button that closes the window.
fn close(desk: &Desk) {
    let (connection, _) = RustConnection::connect(Some(&desk.display)).unwrap();
    let window = desk.xdotool("search --onlyvisible --name millions");
    let window: u32 = window.lines().last().expect("a window").parse().unwrap();
    let atom = |name: &[u8]| connection.intern_atom(false, name).unwrap().reply().unwrap().atom;
    let message = [atom(b"WM_DELETE_WINDOW"), 0, 0, 0, 0];
    let event = ClientMessageEvent::new(32, window, atom(b"WM_PROTOCOLS"), message);
    connection.send_event(false, window, EventMask::NO_EVENT, event).unwrap().check().unwrap();
}

/// Asks until it ends: a second press confirms the first only if it comes soon enough, which a busy machine may prevent. Returns whether it has.
fn until_it_ends(play: &mut Play<'_>, ask: impl Fn(&Desk)) -> bool {
    let began = Instant::now();
    while play.program.try_wait().unwrap().is_none() && began.elapsed() < Duration::from_secs(60) {
        ask(play.desk);
        let asked = Instant::now();
        while play.program.try_wait().unwrap().is_none() && asked.elapsed() < Duration::from_secs(5) {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    let has_ended = play.program.try_wait().unwrap().is_some();
    if !has_ended {
        let seen = play.desk.xdotool("search --onlyvisible --name millions");
        eprintln!("not heard for a minute: windows {seen:?}, the focus on {:?}", play.desk.xdotool("getwindowfocus"));
    }
    has_ended
}

/// How the show is ended. Returns whether it was heard.
fn ended(play: &mut Play<'_>, how: &str) -> bool {
    match how {
        "Q" => until_it_ends(play, |desk| {
            // The window is given the keyboard after it is seen, and what is pressed before that goes elsewhere: there is no window
            // manager that would give it to it.
            desk.xdotool("search --onlyvisible --name millions windowfocus");
            desk.key("q");
            desk.key("q");
        }),
        "close" => {
            close(play.desk);
            // After the time for the second press, the first is forgotten.
            std::thread::sleep(Duration::from_secs(4));
            play.moves("the wall plays on: it asks first");
            until_it_ends(play, |desk| {
                close(desk);
                close(desk);
            })
        }
        signal => {
            let id = play.program.id().to_string();
            Command::new("kill").args([signal, &id]).status().unwrap().success()
        }
    }
}

#[test]
fn the_wall_comes_from_black_and_goes_to_black() {
    // Started by `nohup`, or by a script with `&`, these tests hand an ignored SIGHUP or SIGINT on to the wall, which then is right to ignore it.
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    let ignored = u64::from_str_radix(ignored.trim(), 16).unwrap();
    let is_ignored = |signal: u32| ignored >> (signal - 1) & 1 == 1;
    for (how, signal) in [("Q", None), ("close", None), ("-TERM", Some(15)), ("-INT", Some(2)), ("-HUP", Some(1))] {
        if signal.is_some_and(is_ignored) {
            println!("{how}: these tests were started with it ignored");
            continue;
        }
        // A machine that is busy for the half second of a fade shows and reads none of it, or what is pressed goes elsewhere.
        let mut ends = (0..3).map(|_| brightest_and_last_light(how));
        let fades = ends.any(|[wall, last]| wall > 150 && last < 120);
        assert!(fades, "{how}: a cut, and no fade, three times");
    }
}

/// Plays and ends the wall, which comes from black and goes to black; returns the most light of a sight of it, and that of the last one
/// before black: between the wall and black it is dim, however few frames a second there are.
fn brightest_and_last_light(how: &str) -> [u8; 2] {
    let desk = Desk::open();
    desk.invent_people();
    let mut is_heard = true;
    let seen = watched(&desk, || {
        let mut play = desk.start("--library library --from 10s");
        play.until("people are on the wall", || is_grey_wall(&desk.window()).then_some(()));
        is_heard = ended(&mut play, how);
        if !is_heard {
            return;
        }
        assert_eq!(play.ends(), Some(0), "{how}: {}", play.log());
        play.until("the desktop is there", || {
            desk.window().pixels.iter().all(|pixel| *pixel == [255; 3]).then_some(())
        });
    });
    if !is_heard {
        return [0, 255];
    }
    let runs = runs(&seen);
    // A line of the desktop that the server is just painting where black was, or the other way, is neither.
    let is_painted = |at: usize| {
        let around = [at.wrapping_sub(1), at, at + 1].map(|at| runs.get(at).map_or("", |(kind, _)| *kind));
        matches!(around, ["black", "half a desktop", "desktop"] | ["desktop", "half a desktop", "black"])
    };
    let kinds: Vec<_> = (0..runs.len()).filter(|at| !is_painted(*at)).map(|at| runs[at].0).collect();
    let mut last: Vec<_> = seen.iter().rev().skip_while(|sight| **sight == DESKTOP).take(400).collect();
    last.dedup();
    assert_eq!(kinds, ["desktop", "black", "wall", "black", "desktop"], "{how}: {runs:?}; the last lights {last:?}");
    let lights: Vec<_> = seen.iter().map(|[_, most]| *most).filter(|most| (1..255).contains(most)).collect();
    [*lights.iter().max().unwrap(), *lights.last().unwrap()]
}

#[test]
fn a_second_signal_ends_it_at_once_and_an_ignored_one_stays_ignored() {
    let desk = Desk::open();
    desk.invent_people();
    let mut play = desk.start("--library library --from 10s");
    play.until("people are on the wall", || is_grey_wall(&desk.window()).then_some(()));
    let id = play.program.id().to_string();
    assert!(
        Command::new("sh")
            .args(["-c", &format!("kill -TERM {id}; sleep 0.05; kill -TERM {id}")])
            .status()
            .unwrap()
            .success()
    );
    let status = play.program.wait().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(15), "{status:?}");

    // As `nohup` starts it.
    let mut command = Command::new("nohup");
    command.arg(env!("CARGO_BIN_EXE_millions")).args(["play", "--library", "library", "--from", "10s"]);
    command.env("XDG_DATA_HOME", desk.home.path().join("data")).env("XDG_RUNTIME_DIR", desk.home.path());
    let mut program =
        desk.on_display(command.current_dir(desk.home.path())).stdout(std::process::Stdio::null()).spawn().unwrap();
    crate::desk::until("people are on the wall", || is_grey_wall(&desk.window()).then_some(()));
    assert!(Command::new("kill").args(["-HUP", &program.id().to_string()]).status().unwrap().success());
    std::thread::sleep(Duration::from_secs(2));
    assert!(program.try_wait().unwrap().is_none(), "SIGHUP stays ignored");
    program.kill().unwrap();
    program.wait().unwrap();
}

#[test]
fn the_cursor_is_hidden_from_the_start() {
    let desk = Desk::open();
    let (connection, _) = RustConnection::connect(Some(&desk.display)).unwrap();
    connection.xfixes_query_version(4, 0).unwrap().reply().unwrap();
    desk.invent_people();
    // Where the window will be.
    desk.xdotool("mousemove 600 300");
    let visible = || {
        let cursor = connection.xfixes_get_cursor_image().unwrap().reply().unwrap();
        cursor.cursor_image.iter().any(|pixel| pixel >> 24 != 0)
    };
    assert!(visible(), "over the desktop");
    let play = desk.start("--library library --from 10s");
    play.until("the window is there", || (desk.window().at(100, 100) != [255; 3]).then_some(()));
    play.until("the cursor is over it", || (!visible()).then_some(()));
    for _ in 0..150 {
        assert!(!visible(), "nobody has moved it");
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut x = 600;
    play.until("a cursor that moves is seen", || {
        x += 1;
        desk.xdotool(&format!("mousemove {x} 300"));
        visible().then_some(())
    });
    play.until("and is hidden again", || (!visible()).then_some(()));
}
