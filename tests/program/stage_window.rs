//! Tier 4 and 5: a stage in real windows: several monitors, pulled and plugged in again; mapping by key and mouse.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::desk::{Desk, MONITOR, Play, is_grey_wall};
use crate::program::{Picture, done, millions};
use glam::{DVec2, UVec2};
use millions_stage::{MonitorId, Output, Stage, stage_text};

/// Two projectors and a laptop.
fn two_projectors(desk: &Desk) -> PathBuf {
    let output = |name: &str, port: &str| Output {
        monitor: Some(MonitorId { port: Some(port.to_owned()), ..MonitorId::default() }),
        ..Output::new(name, UVec2::new(MONITOR.0, MONITOR.1))
    };
    let stage = Stage::side_by_side(vec![output("left", "DUMMY1"), output("right", "DUMMY2")]);
    let path = desk.home.path().join("stage.toml");
    fs::write(&path, stage_text(&stage)).unwrap();
    path
}

#[test]
fn monitors_are_known_by_the_edid_that_the_server_has() {
    // No connector of the kernel is called as these ports are.
    let desk = Desk::with_monitors(3);
    for (monitor, serial) in [(0, "LAPTOP"), (1, "WALL-B"), (2, "WALL-A")] {
        desk.name_monitor(monitor, "TWIN", serial);
    }
    let mut doctor = millions(desk.home.path());
    let output = desk.on_display(doctor.arg("doctor")).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("DUMMY2 (TWIN, serial WALL-A)"), "{text}");
    let output = |name: &str, serial: &str| Output {
        monitor: Some(MonitorId { name: Some("TWIN".into()), serial: Some(serial.into()), port: None }),
        ..Output::new(name, UVec2::new(MONITOR.0, MONITOR.1))
    };
    let stage = Stage::side_by_side(vec![output("left", "WALL-A"), output("right", "WALL-B")]);
    fs::write(desk.home.path().join("stage.toml"), stage_text(&stage)).unwrap();
    done(desk.home.path(), "demo --count 60 --library library --tile 128");
    let play = desk.start("--library library --stage stage.toml --scene march --from 10s");
    let lit = |monitor: usize| is_grey_wall(&desk.monitor(monitor));
    play.until("both projectors are lit", || (lit(1) && lit(2)).then_some(()));
    assert!(is_desktop(&desk.monitor(0)), "nothing of the wall is on the laptop");
    play.quits();
}

fn is_desktop(picture: &Picture) -> bool {
    picture.pixels.iter().all(|pixel| *pixel == [255; 3])
}

#[test]
fn a_pulled_projector_takes_nothing_with_it_and_is_lit_again() {
    let desk = Desk::with_monitors(3);
    two_projectors(&desk);
    done(desk.home.path(), "demo --count 60 --library library --tile 128");
    let play = desk.start("--library library --stage stage.toml --scene march");
    let lit = |monitor: usize| move |desk: &Desk| is_grey_wall(&desk.monitor(monitor));
    let sees = |what: &str, look: &dyn Fn(&Desk) -> bool| play.until(what, || look(&desk).then_some(()));
    sees("the left projector is lit", &lit(1));
    sees("the right projector is lit", &lit(2));
    assert!(is_desktop(&desk.monitor(0)), "nothing of the wall is on the laptop");
    // One wall: the two show different people.
    assert!(desk.monitor(1).difference(&desk.monitor(2)) > 5.0);

    desk.pull(1);
    // The window manager may carry the window along for a moment, before the program hears of it.
    let told = "the monitor of output left is not there";
    play.until("the program hears of it", || play.log().contains(told).then_some(()));
    play.until("the left one's picture goes nowhere else", || is_desktop(&desk.monitor(0)).then_some(()));
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(2) {
        assert!(is_grey_wall(&desk.monitor(2)), "the right one plays on");
        assert!(is_desktop(&desk.monitor(0)), "and stays away");
    }
    let before = desk.monitor(2);
    sees("and moves", &|desk| desk.monitor(2).difference(&before) > 0.5);

    desk.plug(1);
    let began = Instant::now();
    sees("the left projector is lit again", &lit(1));
    println!("lit again after {:?}", began.elapsed());
    assert!(is_grey_wall(&desk.monitor(2)) && is_desktop(&desk.monitor(0)));
    desk.xdotool("mousemove 900 200");
    play.quits();
}

#[test]
fn a_device_is_lost_again_and_again_while_a_monitor_goes_and_comes() {
    let desk = Desk::with_monitors(3);
    two_projectors(&desk);
    done(desk.home.path(), "demo --count 60 --library library --tile 128");
    let losses = "--lose-device-after 400ms --lose-device-times 1000";
    let play = desk.start(&format!("--library library --stage stage.toml --scene march {losses}"));
    let is_lit = |monitor: usize| is_grey_wall(&desk.monitor(monitor));
    let back = || play.log().matches("the wall is back").count();
    let windows = || desk.xdotool("search --name ^millions:").lines().count();
    let loses_some = || {
        let before = back();
        play.until("devices are lost", || (back() >= before + 4).then_some(()));
    };
    play.until("both are lit", || (is_lit(1) && is_lit(2)).then_some(()));
    let hears = |name: &str, times: usize| {
        let told = format!("the monitor of output {name} is not there");
        play.until("the program hears of it", || (play.log().matches(&told).count() >= times).then_some(()));
    };
    for times in [1, 2] {
        loses_some();
        // The window that the device was opened for.
        desk.pull(1);
        hears("left", times);
        play.until("its window is gone, and not only hidden", || (windows() == 1).then_some(()));
        loses_some();
        let before = desk.monitor(2);
        play.until("the right one plays on", || (is_lit(2) && desk.monitor(2).difference(&before) > 0.5).then_some(()));
        assert!(is_desktop(&desk.monitor(0)), "nothing of the wall is on the laptop");
        // While none is there, nothing can be back.
        desk.pull(2);
        hears("right", times);
        play.until("no window is left", || (windows() == 0).then_some(()));
        let shown = back();
        std::thread::sleep(Duration::from_millis(1200));
        assert_eq!(back(), shown, "no frame was shown: {}", play.log());
        desk.plug(2);
        desk.plug(1);
        play.until("both are lit again", || (is_lit(1) && is_lit(2)).then_some(()));
    }
    assert!(!play.log().contains("is not freed"), "{}", play.log());
    desk.xdotool("mousemove 900 200");
    play.quits();
}

#[test]
fn a_venue_of_three_projectors_plays_on_the_one_that_is_there() {
    let desk = Desk::with_monitors(2);
    let path = two_projectors(&desk);
    done(desk.home.path(), "demo --count 60 --library library --tile 128");
    let play = desk.start("--library library --stage stage.toml");
    play.until("the left projector is lit", || is_grey_wall(&desk.monitor(1)).then_some(()));
    assert!(is_desktop(&desk.monitor(0)), "nothing takes another's place");
    assert!(play.log().contains("the monitor of output right is not there"), "{}", play.log());
    let kept = fs::read_to_string(path).unwrap();
    assert!(kept.contains("DUMMY2"), "and the stage still knows the other");
    desk.xdotool("mousemove 900 200");
    play.quits();
}

#[test]
fn three_projectors_are_lit_by_the_renderer_of_the_start() {
    let desk = Desk::with_monitors(3);
    let output = |port: usize| Output {
        monitor: Some(MonitorId { port: Some(format!("DUMMY{port}")), ..MonitorId::default() }),
        ..Output::new(format!("projector {port}"), UVec2::new(MONITOR.0, MONITOR.1))
    };
    let stage = Stage::side_by_side([0, 1, 2].map(output).to_vec());
    fs::write(desk.home.path().join("stage.toml"), stage_text(&stage)).unwrap();
    done(desk.home.path(), "demo --count 60 --library library --tile 128");
    let play = desk.start("--library library --stage stage.toml --scene march --verbose");
    play.until("all three are lit", || (0..3).all(|monitor| is_grey_wall(&desk.monitor(monitor))).then_some(()));
    let before = desk.monitor(2);
    play.until("and move", || (desk.monitor(2).difference(&before) > 0.5).then_some(()));
    let renderers = play.log().matches("a renderer for").count();
    assert_eq!(renderers, 1, "nothing is built twice:\n{}", play.log());
    desk.xdotool("mousemove 900 200");
    play.quits();
}

#[test]
fn windows_of_another_format_show_the_wall() {
    let desk = Desk::with_monitors(3);
    let path = two_projectors(&desk);
    let mut stage = Stage::read(&path, &millions_base::Disk).result.unwrap();
    // A third output and a fourth share a monitor.
    let (width, height) = MONITOR;
    for place in [0, 1] {
        stage.outputs.push(Output {
            monitor: Some(MonitorId { port: Some("DUMMY0".to_owned()), ..MonitorId::default() }),
            at: Some(UVec2::new(place * width / 2, 0)),
            ..Output::new(format!("half {place}"), UVec2::new(width / 2, height))
        });
    }
    fs::write(&path, stage_text(&Stage::side_by_side(stage.outputs))).unwrap();
    done(desk.home.path(), "demo --count 60 --library library --tile 128");
    let play = desk.start("--library library --stage stage.toml --scene march --verbose --rehearse-ten-bits");
    play.until("all of them are lit", || (0..3).all(|monitor| is_grey_wall(&desk.monitor(monitor))).then_some(()));
    let before = [0, 1, 2].map(|monitor| desk.monitor(monitor));
    play.until("and move", || {
        let has_moved = |monitor: usize| desk.monitor(monitor).difference(&before[monitor]) > 0.5;
        (0..3).all(has_moved).then_some(())
    });
    // Three windows, of 8 bits on this display.
    let copies = play.log().matches("copied from Rgb10a2Unorm").count();
    assert_eq!(copies, 3, "{}", play.log());
    assert!(!play.log().contains("graphics device reports"), "{}", play.log());
    desk.xdotool("mousemove 900 200");
    play.quits();
}

#[test]
fn one_window_spans_two_projectors_and_outputs_share_a_monitor() {
    let desk = Desk::with_monitors(3);
    let path = two_projectors(&desk);
    let mut stage = Stage::read(&path, &millions_base::Disk).result.unwrap();
    for output in &mut stage.outputs {
        output.window = Some("wall".to_owned());
    }
    fs::write(&path, stage_text(&stage)).unwrap();
    done(desk.home.path(), "demo --count 60 --library library --tile 128");
    let play = desk.start("--library library --stage stage.toml --scene march");
    let sees = |what: &str, look: &dyn Fn(&Desk) -> bool| play.until(what, || look(&desk).then_some(()));
    let windows = || desk.xdotool("search --onlyvisible --name millions").lines().count();
    sees("both are lit", &|desk| is_grey_wall(&desk.monitor(1)) && is_grey_wall(&desk.monitor(2)));
    assert_eq!(windows(), 1);
    assert!(is_desktop(&desk.monitor(0)), "nothing of the wall is on the laptop");
    assert!(desk.monitor(1).difference(&desk.monitor(2)) > 5.0, "one wall: the two show different people");

    desk.pull(1);
    let told = "the monitor of output left is not there";
    play.until("the program hears of it", || play.log().contains(told).then_some(()));
    let before = desk.monitor(2);
    sees("the right one plays on", &|desk| {
        is_grey_wall(&desk.monitor(2)) && desk.monitor(2).difference(&before) > 0.5 && is_desktop(&desk.monitor(0))
    });
    desk.plug(1);
    sees("the left one is lit again", &|desk| is_grey_wall(&desk.monitor(1)) && is_grey_wall(&desk.monitor(2)));

    // The file is followed: now both are on the left one's monitor, side by side, and the other is left.
    let (width, height) = MONITOR;
    for (output, left) in stage.outputs.iter_mut().zip([0, width / 2]) {
        output.monitor = Some(MonitorId { port: Some("DUMMY1".to_owned()), ..MonitorId::default() });
        output.size = UVec2::new(width / 2, height);
        (output.at, output.window) = (Some(UVec2::new(left, 0)), None);
    }
    fs::write(&path, stage_text(&stage)).unwrap();
    sees("the right one is left", &|desk| is_desktop(&desk.monitor(2)));
    sees("the left one shows both", &|desk| is_grey_wall(&desk.monitor(1)));
    assert_eq!(windows(), 1);
    desk.xdotool("mousemove 900 200");
    play.quits();
}

#[test]
fn a_stage_kept_from_another_place_leaves_nobody_in_the_dark() {
    let desk = Desk::open();
    let asked = two_projectors(&desk);
    let kept = desk.home.path().join("data/millions/stage.toml");
    fs::create_dir_all(kept.parent().unwrap()).unwrap();
    fs::rename(asked, &kept).unwrap();
    let before = fs::read_to_string(&kept).unwrap();
    let play = desk.play("--scene slow");
    assert!(play.log().contains("none of the monitors of the stage that was kept is there"), "{}", play.log());
    desk.key("e");
    play.sees("E shows handles and text", |now| now.coloured() > 200);
    desk.key("Right");
    play.quits();
    assert_eq!(fs::read_to_string(&kept).unwrap(), before, "what was kept stays as it was");
}

/// The program mapping in a window, and the stage's file.
fn mapping(desk: &Desk) -> (Play<'_>, PathBuf) {
    done(desk.home.path(), "demo --count 60 --library library --tile 128");
    let play = desk.start("--library library --stage stage.toml --scene slow");
    play.until("people are on the wall", || is_grey_wall(&desk.window()).then_some(()));
    desk.key("e");
    play.sees("E shows handles and text", |now| now.coloured() > 200);
    (play, desk.home.path().join("stage.toml"))
}

fn stage(path: &std::path::Path) -> Option<Stage> {
    Stage::parse(path, &fs::read_to_string(path).ok()?).ok()
}

fn corner(path: &std::path::Path, index: usize) -> Option<DVec2> {
    stage(path).map(|stage| stage.surfaces[0].corners[index])
}

#[test]
fn a_corner_is_moved_by_key_and_by_mouse_saved_and_undone() {
    let desk = Desk::open();
    let (play, path) = mapping(&desk);
    // Into the surface, to its first corner.
    desk.key("Tab");
    desk.key("Return");
    desk.key("Right");
    desk.key("shift+Down");
    play.until("the corner is where the keys put it", || (corner(&path, 0)? == DVec2::new(1.0, 10.0)).then_some(()));
    desk.key("ctrl+Left");
    play.until("a tenth of a pixel too", || (corner(&path, 0)?.distance(DVec2::new(0.9, 10.0)) < 1e-9).then_some(()));

    // The lower right corner, by mouse.
    desk.xdotool("mousemove 1277 717 mousedown 1 mousemove 1250 700 mousemove 1200 680 mouseup 1");
    play.until("the mouse moves a corner", || {
        let at = corner(&path, 2)?;
        ((at - DVec2::new(1203.0, 683.0)).length() < 4.0).then_some(())
    });
    play.sees("beyond it is black", |now| now.at(1270, 710) == [0; 3] || now.at(1270, 400) == [0; 3]);

    for _ in 0..3 {
        desk.key("ctrl+z");
    }
    play.until("all of it is undone", || {
        let stage = stage(&path)?;
        (stage.surfaces[0].corners[0] == DVec2::ZERO && stage.surfaces[0].corners[2] == DVec2::new(1280.0, 720.0))
            .then_some(())
    });
    desk.key("ctrl+shift+z");
    play.until("and done again", || (corner(&path, 0)? != DVec2::ZERO).then_some(()));
    desk.key("ctrl+z");

    // Test pictures, and black is still one key away.
    desk.key("5");
    play.sees("5 is the pattern", |now| now.coloured() > 20_000);
    desk.key("3");
    play.sees("3 is white", |now| now.at(20, 600) == [255; 3]);
    desk.key("1");
    desk.key("b");
    play.sees("B is black, handles and all", |now| now.pixels.iter().all(|pixel| *pixel == [0; 3]));
    desk.key("b");
    desk.key("e");
    play.sees("E takes handles and text away", is_grey_wall);

    // What somebody writes into the file is on the wall.
    let mut own = stage(&path).unwrap();
    own.surfaces[0].corners[1] = DVec2::new(900.0, 100.0);
    fs::write(&path, stage_text(&own)).unwrap();
    play.sees("the file is followed", |now| now.at(1200, 20) == [0; 3] && now.at(400, 500) != [0; 3]);
    fs::write(&path, "aspect = 0\n").unwrap();
    play.until("what is wrong is said", || play.log().contains("stage.toml:1").then_some(()));
    play.sees("and the wall stays", |now| now.at(1200, 20) == [0; 3] && now.light() > 5.0);
    play.quits();
}

#[test]
fn values_are_set_and_typed_by_key() {
    let desk = Desk::open();
    let (play, path) = mapping(&desk);
    let press = |keys: &str, times: usize| (0..times).for_each(|_| desk.key(keys));
    desk.key("p");
    // The list begins with the output's name; the wall's aspect is its last.
    press("Down", 7);
    desk.key("Left");
    play.until("brightness goes down a step", || {
        ((stage(&path)?.outputs[0].colour.brightness - 0.99).abs() < 1e-6).then_some(())
    });
    press("Up", 8);
    desk.key("Return");
    desk.xdotool("type 1.4");
    desk.key("Return");
    play.until("the aspect is the one that was typed", || (stage(&path)?.aspect == 1.4).then_some(()));
    // Letters that are keys elsewhere: black, edit, quit.
    desk.key("Down");
    desk.key("Return");
    desk.key("Delete");
    desk.xdotool("type qbeq");
    desk.key("Return");
    play.until("the surface follows the output's new name", || {
        let stage = stage(&path)?;
        (stage.outputs[0].name == "qbeq" && stage.surfaces[0].output == "qbeq").then_some(())
    });
    press("ctrl+z", 3);
    play.until("all of it is undone", || {
        let stage = stage(&path)?;
        (stage.outputs[0].colour.brightness == 1.0 && stage.outputs[0].name == stage.surfaces[0].name).then_some(())
    });
    desk.key("Escape");
    desk.key("e");
    play.sees("E takes handles and text away", is_grey_wall);
    play.quits();
}

#[test]
fn a_kill_while_it_is_saved_leaves_a_stage() {
    let desk = Desk::open();
    let (mut play, path) = mapping(&desk);
    desk.key("Tab");
    desk.key("Return");
    for _ in 0..12 {
        desk.key("Right");
    }
    play.program.kill().unwrap();
    play.program.wait().unwrap();
    if path.exists() {
        let at = corner(&path, 0).expect("a whole file");
        assert!((0.0..=12.0).contains(&at.x) && at.y == 0.0, "{at}");
    }
    let play = desk.start("--library library --stage stage.toml --scene slow");
    play.sees("it begins from there", is_grey_wall);
    play.quits();
}
