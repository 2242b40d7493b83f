//! Tier 4: a show in a real window, controlled by keys and from a terminal: each way gives the same commands, and the log of them
//! the same wall.

#![cfg(target_os = "linux")]

use std::cell::RefCell;
use std::fs;
use std::net::{TcpListener, UdpSocket};
use std::time::Duration;

use serde_json::Value;

use crate::browser::Browser;
use crate::desk::{Desk, Play, WINDOW, is_grey_wall};
use crate::program::{Picture, done, run};

/// The token of who operates by HTTP.
const TOKEN: &str = "operate5555555555555555555555555";

/// A port that nobody has now.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Whether a picture is what is waited for.
type IsSeen = fn(&Picture) -> bool;

/// Runs an evening: each step, and then until the wall shows that it was obeyed.
fn evening(play: &Play<'_>, step: &dyn Fn(usize)) {
    let steps: [(&str, IsSeen); 9] = [
        ("the scene without people", Picture::is_black),
        ("the wall again", is_grey_wall),
        ("a still of it", is_grey_wall),
        ("black", Picture::is_black),
        ("and light", is_grey_wall),
        ("held", is_grey_wall),
        ("with contrast", is_grey_wall),
        ("colour", |now| now.coloured() > 1000),
        ("a still of that", |now| now.coloured() > 1000),
    ];
    for (index, (what, is_seen)) in steps.into_iter().enumerate() {
        step(index);
        play.sees(what, is_seen);
        // Commands in the middle of a transition are another test's.
        std::thread::sleep(Duration::from_millis(300));
    }
    play.until("both stills are saved", || (play.stills().len() == 2).then_some(()));
}

/// A message of OSC 1.0 with an argument at the most: texts end with a zero and are filled up to four bytes.
fn osc(address: &str, argument: Option<&str>) -> Vec<u8> {
    let text = |text: &str| {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(bytes.len() / 4 * 4 + 4, 0);
        bytes
    };
    let address = text(&format!("/millions/{address}"));
    match argument.map(|argument| (argument, argument.parse::<i32>())) {
        None => [address, text(",")].concat(),
        Some((_, Ok(number))) => [address, text(",i"), number.to_be_bytes().to_vec()].concat(),
        Some((argument, Err(_))) => [address, text(",s"), text(argument)].concat(),
    }
}

#[test]
fn keys_a_terminal_osc_and_a_telephone_give_the_same_commands_and_the_log_plays_the_evening_again() {
    let desk = Desk::open();
    let keys = ["shift+0", "shift+1", "s", "b", "b", "space", "bracketright", "c", "s"];
    let play = desk.play("--from 100s --stills stills --command-log keys.jsonl");
    evening(&play, &|index| desk.key(keys[index]));
    let saved = play.stills();
    play.quits();

    let sent = ["cut black", "cut slow", "still", "blackout 1", "blackout 0", "hold 1", "", "", "still"];
    let play = desk.start("--library library --from 100s --stills other --command-log ctl.jsonl");
    play.until("people are on the wall", || is_grey_wall(&desk.window()).then_some(()));
    let keyed = desk.command_log("keys.jsonl");
    evening(&play, &|index| {
        let command = match index {
            6 | 7 => keyed[index].0.to_string(),
            _ => return drop(done(desk.home.path(), &format!("ctl {}", sent[index]))),
        };
        // As JSON, which has no spaces.
        assert!(!command.contains(' '), "{command}");
        done(desk.home.path(), &format!("ctl json {command}"));
    });
    for (wrong, reason) in [
        ("ctl cue nobody", "the show has no scene nobody"),
        ("ctl speed 99", "from 0.03125 to 32, not 99"),
        ("ctl hide 99999", "there is no portrait 99999"),
        ("ctl frobnicate", "there is no address"),
        ("ctl json {}", "that is no command"),
        ("ctl --wall 1 go", "no wall of this account"),
    ] {
        let run = run(desk.home.path(), wrong);
        assert!(run.code != Some(0) && run.err.contains(reason), "{wrong}: {run:?}");
    }
    let status: Value = serde_json::from_str(&done(desk.home.path(), "ctl status --json").out).unwrap();
    assert_eq!((&status["scene"]["scene"], &status["held"]), (&"slow".into(), &true.into()), "{status}");
    play.quits();

    // The same from elsewhere, by OSC.
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = free_port();
    let mut play = desk
        .start(&format!("--library library --from 100s --stills third --command-log osc.jsonl --osc 127.0.0.1:{port}"));
    play.until("people are on the wall", || is_grey_wall(&desk.window()).then_some(()));
    let by_osc = |address: &str, value: Option<&str>| {
        socket.send_to(&osc(address, value), ("127.0.0.1", port)).unwrap();
    };
    let step_by_osc = |index: usize| match (index, sent[index].split_once(' ')) {
        (6 | 7, _) => by_osc("command", Some(&keyed[index].0.to_string())),
        (_, None) => by_osc(sent[index], None),
        (_, Some(("cut", scene))) => by_osc(&format!("cut/{scene}"), Some("1")),
        (_, Some((address, value))) => by_osc(address, Some(value)),
    };
    evening(&play, &step_by_osc);
    by_osc("quit", Some("1"));
    assert_eq!(play.ends(), Some(0), "{}", play.log());

    // And with what the telephone's page has from there, in a browser.
    let mut evenings = vec!["ctl.jsonl", "osc.jsonl"];
    if let Some(phone) = Browser::open() {
        let http = free_port();
        fs::write(desk.home.path().join("tokens"), format!("view {TOKEN}v\noperate {TOKEN}\n")).unwrap();
        let ways = format!("--osc 127.0.0.1:{port} --http 127.0.0.1:{http} --http-operate --http-token-file tokens");
        let mut play =
            desk.start(&format!("--library library --from 100s --stills fourth --command-log phone.jsonl {ways}"));
        play.until("people are on the wall", || is_grey_wall(&desk.window()).then_some(()));
        let phone = RefCell::new(phone);
        phone.borrow_mut().go_to(&format!("http://127.0.0.1:{http}/#{TOKEN}"));
        phone.borrow_mut().until("it operates", "document.querySelector('#link').textContent === 'Operating'");
        evening(&play, &|index| match index {
            // A button that darkens a building has to be held.
            3 | 4 => phone.borrow_mut().touch("#blackout", 0.9),
            5 => phone.borrow_mut().touch("#hold", 0.05),
            _ => step_by_osc(index),
        });
        by_osc("quit", Some("1"));
        assert_eq!(play.ends(), Some(0), "{}", play.log());
        evenings.push("phone.jsonl");
    } else {
        println!("no browser that can be driven (chromium): the evening by telephone was not tried");
    }

    let commands = |name: &str| desk.command_log(name).into_iter().map(|(command, _)| command).collect::<Vec<_>>();
    let by_keys = commands("keys.jsonl");
    assert_eq!(by_keys.last(), Some(&serde_json::json!({"command": "quit"})));
    for name in evenings {
        assert_eq!(by_keys, commands(name), "{name}");
    }

    // The log alone makes the pictures of that evening: before the hold, and while it was held, when only the real time goes on.
    let held = keyed.iter().find(|(command, _)| command["command"] == "hold").unwrap().1;
    let last = keyed.iter().rfind(|(command, _)| command["command"] == "still").unwrap().1;
    let moving = saved[0].1 - 100.0;
    assert!(moving < held && held < last);
    for ((path, _), at) in saved.iter().zip([moving, last]) {
        let (width, height) = WINDOW;
        let command =
            format!("render --library library --replay keys.jsonl --at {at}s --size {width}x{height} --out again.png");
        done(desk.home.path(), &command);
        let [still, again] = [path, "again.png"].map(|path| Picture::read(&desk.home.path().join(path)));
        let most = still.pixels.iter().flatten().zip(again.pixels.iter().flatten()).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(most <= Some(1), "at {at}: {most:?}");
    }
}

/// Defends whoever asked to be taken down on a night on which the disk is full: the operator is told, and it is kept as soon as it can be.
#[test]
fn what_cannot_be_kept_is_told_and_tried_again() {
    let desk = Desk::open();
    desk.invent_people();
    let play = desk.start("--library library --stills stills");
    play.until("people are on the wall", || is_grey_wall(&desk.window()).then_some(()));
    let home = desk.home.path();
    // A folder in the place of a file: as root, too, that cannot be written.
    let [list, stills] = ["library/removals.txt", "stills"].map(|name| home.join(name));
    fs::create_dir(&list).unwrap();
    fs::write(&stills, "").unwrap();
    for (command, reason) in [("ctl hide 3", "hidden only until the program ends"), ("ctl still", "cannot be saved")] {
        let told = run(home, command);
        assert!(told.code == Some(1) && told.err.contains(reason), "{command}: {told:?}");
    }
    fs::remove_dir(&list).unwrap();
    fs::remove_file(&stills).unwrap();
    let written = || fs::read_to_string(&list).is_ok_and(|text| text.contains("\nhidden ")).then_some(());
    play.until("it is kept", written);
    play.until("and told", || play.log().contains("1 portraits that were hidden only").then_some(()));
    done(home, "ctl hide 4");
    done(home, "ctl still");
    assert_eq!(fs::read_to_string(&list).unwrap().lines().filter(|line| line.starts_with("hidden ")).count(), 2);
    assert_eq!(play.stills().len(), 1);
    play.quits();
}
