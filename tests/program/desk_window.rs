//! Tier 4: the desk beside the wall.

#![cfg(target_os = "linux")]

use std::fs;

use crate::desk::{Desk, MONITOR, Play, is_grey_wall};
use crate::program::Picture;

const SHOW: &str = r#"
name = "Vigil"
[transition]
kind = "cut"
[keys]
1 = "rows.toml"
2 = "words.toml"
[playlist]
autoplay = false
dwell = 500
entries = ["words.toml", "rows.toml"]
"#;
const ROWS: &str = "name = \"Rows\"\nrows = 5\nspeed = 0.4\n";
const WORDS: &str = "name = \"Words\"\nkind = \"words\"\ntexts = [\"MANY\"]\nfill = \"solid\"\nfade = 0.1\n";

fn begin<'d>(desk: &'d Desk, arguments: &str) -> Play<'d> {
    for (name, text) in [("show.toml", SHOW), ("rows.toml", ROWS), ("words.toml", WORDS)] {
        fs::write(desk.home.path().join(name), text).unwrap();
    }
    crate::program::done(desk.home.path(), "demo --count 60 --library library --tile 128");
    desk.start(&format!("--library library --show show.toml --desk {arguments}"))
}

/// The middle of a picture, where nothing of a frame or a pointer is.
fn differs(a: &Picture, b: &Picture) -> bool {
    a.difference(b) > 0.5
}

/// Dim amber on black, and no light of a wall.
fn is_night_desk(picture: &Picture) -> bool {
    let amber = picture.pixels.iter().filter(|[r, g, b]| *r > 30 && r > g && g > b).count();
    let brightest = picture.pixels.iter().flatten().max().copied().unwrap_or(0);
    amber > 2_000 && brightest <= 130
}

#[test]
fn the_desk_opens_on_the_other_monitor_and_its_go_changes_the_wall() {
    let desk = Desk::with_monitors(2);
    let play = begin(&desk, "--fullscreen --output 1 --from 100s");
    play.until("people are on the wall", || is_grey_wall(&desk.monitor(0)).then_some(()));
    play.until("the desk is on the other monitor", || is_night_desk(&desk.monitor(1)).then_some(()));
    assert!(is_grey_wall(&desk.monitor(0)), "and not on the wall's");
    let white = |picture: &Picture| picture.pixels.iter().filter(|pixel| **pixel == [255; 3]).count();
    let left = MONITOR.0;
    desk.xdotool(&format!("mousemove {} 80", left + 100));
    desk.xdotool("click 1");
    play.until("a click on GO brings the words", || (white(&desk.monitor(0)) > 5_000).then_some(()));
    // With the focus on the desk, keys are those of the show.
    desk.key("1");
    play.until("1 brings the rows", || (white(&desk.monitor(0)) < 500 && is_grey_wall(&desk.monitor(0))).then_some(()));
    for key in ["Escape", "f"] {
        desk.key(key);
    }
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(is_grey_wall(&desk.monitor(0)), "Esc and F on the desk do nothing to the wall");
    desk.pull(1);
    play.until("without a free monitor it is not shown", || play.log().contains("the desk is not shown").then_some(()));
    assert!(is_grey_wall(&desk.monitor(0)), "and the wall is not covered");
    assert!(!play.log().contains("panicked"), "{}", play.log());
}

#[test]
fn a_wall_that_fills_the_only_monitor_has_no_desk() {
    let desk = Desk::open();
    let play = begin(&desk, "--fullscreen --from 100s");
    play.until("it is said", || play.log().contains("the desk is not shown").then_some(()));
    play.until("people are on the wall", || is_grey_wall(&desk.window()).then_some(()));
    desk.key("f");
    play.until("in a window there is a place for it", || play.log().contains("the desk is open").then_some(()));
}

#[test]
fn a_desk_that_hangs_or_panics_changes_nothing_on_the_wall() {
    for (rehearsal, said) in
        [("--rehearse-desk-hang 600s", "the desk does not answer"), ("--rehearse-desk-panic", "the desk has failed")]
    {
        let desk = Desk::with_monitors(2);
        let play = begin(&desk, &format!("--fullscreen --output 1 --from 100s {rehearsal}"));
        play.until("it is said", || play.log().contains(said).then_some(()));
        play.until("people are on the wall", || is_grey_wall(&desk.monitor(0)).then_some(()));
        for _ in 0..3 {
            let before = desk.monitor(0);
            play.until("the wall moves on", || {
                let now = desk.monitor(0);
                (is_grey_wall(&now) && differs(&now, &before)).then_some(())
            });
        }
        assert!(!play.log().contains("the graphics device reports"), "{}", play.log());
    }
}
