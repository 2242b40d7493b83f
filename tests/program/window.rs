//! Tier 4: the program in a real window on a virtual display, driven by real keys; what it shows is read from the
//! display's own memory.

#![cfg(target_os = "linux")]

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::desk::{Desk, Play, SCREEN, WINDOW, is_grey_wall, until};
use crate::program::{Picture, done};

#[test]
fn keys_drive_the_wall() {
    let desk = Desk::open();
    let play = desk.play("--from 10s --stills stills");
    desk.window().assert_grey_wall();
    play.moves("the wall moves");

    desk.key("space");
    let held = play.stands_still("Space holds the wall");
    held.assert_grey_wall();
    std::thread::sleep(Duration::from_millis(600));
    assert_eq!(desk.window(), held, "a wall that is held stands still");

    desk.key("b");
    play.sees("B is black, every pixel", Picture::is_black);
    desk.key("b");
    play.sees("B again brings the wall back as it was", |now| *now == held);

    // Each pair of keys goes there and back.
    let pairs = [
        ("2", "1", "another scene"),
        ("Up", "Down", "more rows"),
        ("bracketright", "bracketleft", "more contrast"),
        ("braceright", "braceleft", "more light"),
        ("Down", "r", "fewer rows, reset"),
    ];
    for (key, back, what) in pairs {
        desk.key(key);
        play.sees(what, |now| is_grey_wall(now) && now.difference(&held) > 0.1);
        desk.key(back);
        play.sees(&format!("{what}, and back"), |now| *now == held);
    }
    desk.key("h");
    play.sees("H writes the help over the wall", |now| now.difference(&held) > 0.5);
    desk.key("h");
    play.sees("H again takes it away", |now| *now == held);

    still_equals_screen_and_render(&play, &held);

    desk.key("c");
    play.sees("C brings colour", |now| now.coloured() > 100_000);
    let colour = play.stands_still("the colour has come");
    desk.key("s");
    let still =
        play.until("S saves a still in colour", || stills(&desk).into_iter().find(|still| still.coloured() > 0));
    assert_eq!(still, colour, "red is red on the screen and in the still");
    desk.key("c");
    play.sees("C again is black and white", |now| *now == held);

    looks_and_the_test_picture(&play, &held);

    let mut x = 600;
    play.until("a cursor that moves is seen", || {
        // Moved again, for it is seen only for a moment.
        x += 1;
        desk.xdotool(&format!("mousemove {x} 300"));
        (desk.window() != held).then_some(())
    });
    play.sees("a cursor that rests is hidden", |now| *now == held);

    desk.key("space");
    play.sees("Space goes on", |now| now.difference(&held) > 0.5);
    play.moves("the wall moves again");
    desk.key("q");
    // Another key in between, and the first press is forgotten.
    desk.key("c");
    desk.key("q");
    desk.key("c");
    play.moves("two presses apart do not quit");
    play.quits();
}

/// Different greys along the wedge's upper row, which has eleven.
fn wedge_steps(picture: &Picture) -> usize {
    let y = picture.height * 3 / 4;
    let step = |number: u32| picture.at(picture.width * (2 * number + 1) / 22, y)[1];
    (1..11).filter(|number| step(*number) > step(number - 1) + 10).count() + 1
}

fn looks_and_the_test_picture(play: &Play<'_>, held: &Picture) {
    let desk = play.desk;
    // Round all looks, and back to the scene's own.
    let mut before = held.clone();
    for _ in 1..=4 {
        desk.key("l");
        play.sees("a look begins to fade in", |now| now.difference(&before) > 0.2);
        before = play.stands_still("a look has faded in");
    }
    desk.key("l");
    play.sees("after the last look the scene's own", |now| now == held);

    desk.key("t");
    play.sees("T shows the test picture", |now| wedge_steps(now) == 11);
    desk.key("Down");
    for _ in 0..10 {
        desk.key("Right");
    }
    let black = |now: &Picture| now.at(10, now.height * 3 / 4)[1];
    play.sees("black is lifted where Right says so", |now| (20..32).contains(&black(now)));
    desk.key("t");
    let kept = desk.home.path().join("data/millions/stage.toml");
    let is_kept = |text: &String| text.contains("black = 0.1\n");
    play.until("T again keeps all ten steps", || fs::read_to_string(&kept).ok().filter(is_kept));
    desk.key("t");
    desk.key("Down");
    desk.key("r");
    desk.key("t");
    play.sees("R takes it back", |now| now == held);
}

fn stills(desk: &Desk) -> Vec<Picture> {
    let folder = fs::read_dir(desk.home.path().join("stills"));
    let files = folder.into_iter().flatten().map(|entry| entry.unwrap().path());
    files
        .filter(|file| file.extension().is_some_and(|extension| extension == "png"))
        .map(|file| Picture::read(&file))
        .collect()
}

/// The still of a held wall, the screen, and `millions render` at the time that the log names are one picture.
fn still_equals_screen_and_render(play: &Play<'_>, held: &Picture) {
    let desk = play.desk;
    desk.key("s");
    let still = play.until("S saves a still", || stills(desk).pop());
    assert_eq!(still, *held, "the still is what the wall shows");
    let at = play.until("the log says how to draw the still again", || {
        let log = play.log();
        Some(log.split_once("--at ")?.1.split_once(' ')?.0.to_owned())
    });
    let (width, height) = WINDOW;
    done(
        desk.home.path(),
        &format!("render --library library --scene slow --at {at} --size {width}x{height} --out render.png"),
    );
    let render = Picture::read(&desk.home.path().join("render.png"));
    assert_eq!((render.width, render.height), WINDOW);
    assert_eq!(render, *held, "the export is the live picture, to the bit");
}

#[test]
fn the_window_changes_its_size_and_goes_and_comes() {
    let desk = Desk::open();
    let play = desk.play("--from 10s");
    let window = desk.xdotool("search --onlyvisible --name ^millions$");
    let window = window.trim();
    assert!(desk.desktop_is_seen_beside(WINDOW));

    for key in ["f", "F11"] {
        desk.key(key);
        play.until("full screen", || Some(desk.shot(SCREEN)).filter(is_grey_wall)).assert_grey_wall();
        desk.key("Escape");
        play.until("Esc leaves full screen", || desk.desktop_is_seen_beside(WINDOW).then_some(()));
        play.moves("the wall moves in the window");
    }

    for (width, height) in [(800, 600), (300, 700), (1400, 200), WINDOW] {
        desk.xdotool(&format!("windowsize {window} {width} {height}"));
        play.until("the wall fills the window's new size", || {
            (desk.desktop_is_seen_beside((width, height)) && is_grey_wall(&desk.shot((width, height)))).then_some(())
        });
        let before = desk.shot((width, height));
        play.until("it moves", || (desk.shot((width, height)).difference(&before) > 0.3).then_some(()));
    }

    desk.xdotool(&format!("windowminimize {window}"));
    play.until("it is minimised", || (desk.window().light() > 254.0).then_some(()));
    std::thread::sleep(Duration::from_millis(500));
    desk.xdotool(&format!("windowmap {window}"));
    play.sees("it is back", is_grey_wall);
    play.moves("it moves again");

    desk.key("Escape");
    play.moves("one Esc in a window does not quit");
    desk.xdotool(&format!("windowfocus {window}"));
    play.quits();
}

/// What was seen of the window's place, from before the window was there until after it was gone.
#[derive(Default)]
struct Seen {
    /// Different sights, in their order.
    sights: Vec<Sight>,
}

/// A few lines of the window's place.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Sight {
    /// Lines of nothing but the white desktop, of all.
    desktop: usize,
    lines: usize,
    /// Of the other lines: light, share of white pixels, pixels that are not grey.
    light: f64,
    white: f64,
    coloured: usize,
}

impl Sight {
    fn of(desk: &Desk) -> Self {
        let (mut pixels, mut desktop, mut lines) = (Vec::new(), 0, 0);
        let mut line = vec![0; WINDOW.0 as usize * 4];
        for y in (4..WINDOW.1).step_by(64) {
            desk.read_line(y, &mut line);
            lines += 1;
            if line.chunks_exact(4).all(|pixel| pixel[..3] == [255; 3]) {
                desktop += 1;
            } else {
                pixels.extend(line.chunks_exact(4).map(|pixel| [pixel[2], pixel[1], pixel[0]]));
            }
        }
        let count = pixels.len().max(1) as f64;
        let white = pixels.iter().filter(|pixel| **pixel == [255; 3]).count() as f64 / count;
        let picture = Picture { width: WINDOW.0, height: pixels.len() as u32 / WINDOW.0, pixels };
        let light = if picture.height == 0 { 0.0 } else { picture.light() };
        Self { desktop, lines, light, white, coloured: picture.coloured() }
    }
}

/// Runs `test` while the window's place is watched; gives what was seen.
fn watched(desk: &Desk, test: impl FnOnce()) -> Seen {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut seen = Seen::default();
            while !stop.load(Ordering::Relaxed) {
                let sight = Sight::of(desk);
                if seen.sights.last() != Some(&sight) {
                    seen.sights.push(sight);
                }
                std::thread::sleep(Duration::from_millis(2));
            }
            seen
        });
        // The watch has to end before a failure goes on.
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(test));
        stop.store(true, Ordering::Relaxed);
        let seen = watch.join().unwrap();
        result.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        seen
    })
}

impl Seen {
    /// Asserts that nothing was seen but the desktop, then black and people, then the desktop; gives the sights between.
    fn between_desktops(&self) -> &[Sight] {
        let whole = |sight: &Sight| sight.desktop == 0;
        let first = self.sights.iter().position(whole).expect("a whole window");
        let last = self.sights.iter().rposition(whole).expect("a whole window");
        let ends = [self.sights[0], self.sights[self.sights.len() - 1]];
        assert!(ends.iter().all(|sight| sight.desktop == sight.lines), "the desktop before and after: {ends:?}");
        for sight in &self.sights {
            // Also of what a look caught half drawn.
            assert!(sight.white < 0.5 && sight.coloured == 0, "never white, never garbage: {sight:?}");
        }
        let between = &self.sights[first..=last];
        assert!(between.iter().all(whole), "the desktop never shines through");
        between
    }
}

#[test]
fn a_lost_device_leaves_the_last_picture_until_the_wall_goes_on() {
    let desk = Desk::open();
    done(desk.home.path(), "demo --count 60 --library library --tile 128");
    let seen = watched(&desk, || {
        let play = desk.start("--library library --from 10s --lose-device-after 3s");
        play.sees("people are on the wall", is_grey_wall);
        play.until("the device is lost", || play.log().contains("was lost").then_some(()));
        play.until("the wall is back", || play.log().contains("the wall is back").then_some(()));
        play.moves("it moves after the loss");
        desk.window().assert_grey_wall();
        play.quits();
        until("the desktop is back", || (desk.window().light() > 254.0).then_some(()));
        std::thread::sleep(Duration::from_millis(100));
    });
    // It goes to black before it goes.
    let sights = seen.between_desktops();
    let lit = sights.iter().rposition(|sight| sight.light >= 15.0).map_or(0, |last| last + 1);
    let dark: Vec<_> = sights[..lit].iter().enumerate().filter(|(_, sight)| sight.light < 15.0).collect();
    // Only the very first sight may be black, before its people.
    assert!(dark.iter().all(|(index, _)| *index == 0), "the wall never goes dark: {dark:?}");
}

#[test]
fn ten_losses_of_the_device_leave_nothing_behind() {
    let desk = Desk::open();
    done(desk.home.path(), "demo --count 60 --library library --tile 128");
    let play = desk.start("--library library --from 10s --lose-device-after 1s --lose-device-times 10");
    let held = [1, 4, 10].map(|losses| {
        play.until("the wall is back", || (play.log().matches("the wall is back").count() >= losses).then_some(()));
        play.moves("it moves after the loss");
        play.holds()
    });
    println!("after 1, 4 and 10 losses: {held:?}");
    let [_, before, last] = held;
    // A player that has lost nothing says how many threads there ought to be: it begins them bit by bit, as the other does, and on a
    // machine short of processors late.
    let other = Desk::open();
    done(other.home.path(), "demo --count 60 --library library --tile 128");
    let steady = other.start("--library library --from 10s");
    steady.moves("the other plays too");
    // Threads that build the last device's pipelines may be at work for a while; what is left behind stays.
    let after = play.until("the threads of lost devices are gone", || {
        let now = play.holds();
        (now.threads <= steady.holds().threads + 6).then_some(now)
    });
    steady.quits();
    // The threads count the devices exactly; what is resident right after the last loss depends on how far the pipelines are
    // compiled, some 400 MiB of them.
    assert!(after.files <= before.files + 4, "files of lost devices: {held:?}");
    assert!(last.resident_mib <= before.resident_mib + 400, "memory of lost devices: {held:?}");
    let log = play.log();
    assert_eq!(log.matches("drawing with").count(), 11, "{log}");
    assert!(!log.contains("is not freed"), "{log}");
    play.quits();
}

#[test]
fn photographs_come_in_from_black() {
    let desk = Desk::open();
    done(desk.home.path(), "demo --count 60 --out photographs");
    let seen = watched(&desk, || {
        let play = desk.start("photographs --from 10s");
        play.until("everybody is there", || play.log().contains("60 people are on the wall").then_some(()));
        play.sees("people are on the wall", is_grey_wall);
        play.moves("the wall moves");
        play.quits();
        until("the desktop is back", || (desk.window().light() > 254.0).then_some(()));
        std::thread::sleep(Duration::from_millis(100));
    });
    let first = seen.between_desktops()[0];
    assert!(first.light < 1.0, "the window's first sight is black: {first:?}");
}

#[test]
fn what_changes_in_the_folder_changes_the_running_wall() {
    let desk = Desk::open();
    done(desk.home.path(), "demo --count 60 --out photographs");
    let photographs = desk.home.path().join("photographs");
    let play = desk.start("photographs --from 10s");
    play.until("everybody is there", || play.log().contains("60 people are on the wall").then_some(()));
    play.sees("people are on the wall", is_grey_wall);
    // Whoever came last has faded in: a wall that is held keeps them dim.
    std::thread::sleep(Duration::from_secs(4));
    desk.key("space");
    play.stands_still("Space holds the wall");
    // Half white and half black: nobody else is so plain, whatever the wall does to its light.
    let newcomer = image::RgbImage::from_fn(400, 500, |_, y| image::Rgb([if y < 250 { 255 } else { 0 }; 3]));
    let is_there = |now: &Picture| {
        // White for a while, and black half a tile below that, over most of a tile's width: no sign is as wide, and before a bright
        // sky there is a head.
        let (half_a_tile, while_px) = (now.height / 14, now.height / 36);
        let is_plain = |x: u32, y: u32| {
            let all = |from: u32, wanted: fn(u8) -> bool| {
                (0..=4).all(|step| wanted(now.at(x, from + while_px * step / 4)[0]))
            };
            all(y, |grey| grey > 165) && all(y + half_a_tile, |grey| grey < 16)
        };
        let widest = (0..now.height - half_a_tile - while_px).map(|y| {
            let runs = (0..now.width).scan(0, |run, x| {
                *run = if is_plain(x, y) { *run + 1 } else { 0 };
                Some(*run)
            });
            runs.max().unwrap_or(0)
        });
        is_grey_wall(now) && widest.max().unwrap_or(0) > half_a_tile
    };
    let soon = |what: &str, wanted: &dyn Fn(&Picture) -> bool| {
        let changed = Instant::now();
        play.sees(what, wanted);
        println!("{what}: {:?}", changed.elapsed());
    };
    // Whoever comes may stand in the part of a row that lies beyond the edge: the wall goes on until they are seen.
    let comes = |what: &str| {
        desk.key("space");
        soon(what, &is_there);
        desk.key("space");
        soon("also on the wall that is held again", &is_there);
    };
    newcomer.save(photographs.join("new.png")).unwrap();
    play.until("a newcomer has come", || play.log().contains("1 come").then_some(()));
    comes("a newcomer is on the wall");
    let sheet = |text: &str| fs::write(photographs.join("people.csv"), text).unwrap();
    sheet("file;hidden\nnew.png;x\nnobody.jpg;\n");
    soon("who is hidden is off it", &|now| is_grey_wall(now) && !is_there(now));
    play.until("a mistake is in the log", || play.log().contains("people.csv:3: ").then_some(()));
    // A row without the mark takes nothing back: only a clear no does.
    sheet("file;name;hidden\nnew.png;New;no\n");
    comes("who is expressly shown again is back");
    fs::remove_file(photographs.join("new.png")).unwrap();
    soon("who is removed is off it", &|now| is_grey_wall(now) && !is_there(now));
    desk.key("space");
    play.moves("the wall goes on");
    play.quits();
}

#[test]
fn a_number_on_a_face_hides_it_for_good() {
    let desk = Desk::open();
    let play = desk.play("--from 10s");
    desk.key("space");
    let held = play.stands_still("Space holds the wall");
    desk.key("n");
    let numbered = play.sees("N numbers the faces", |now| now.difference(&held) > 0.3);
    // A number changes nothing before Enter, and cues no scene.
    desk.key("1");
    play.sees("the number is repeated", |now| *now != numbered && now.difference(&numbered) < 2.0);
    desk.key("Return");
    let listed = || done(desk.home.path(), "library list --library library").out;
    play.until("somebody is hidden", || listed().contains("1 of them hidden").then_some(()));
    desk.key("n");
    let without = play.stands_still("N again takes the numbers away");
    assert!(is_grey_wall(&without) && without.difference(&held) > 0.1, "somebody is gone");
    play.quits();
    let play = desk.start("--library library --from 10s");
    play.until("the wall is back", || play.log().contains("59 people are on the wall").then_some(()));
    // Another program's takedown reaches a wall that only reads.
    let number =
        listed().lines().find(|line| line.contains("shown")).unwrap().trim().split(' ').next().unwrap().to_owned();
    done(desk.home.path(), &format!("library remove {number} --library library"));
    play.until("a removal is followed", || play.log().contains("1 gone").then_some(()));
    play.quits();
}

#[test]
fn of_whom_is_removed_nothing_is_left_but_the_photograph() {
    let desk = Desk::open();
    let home = desk.home.path();
    done(home, "demo --count 30 --out photographs");
    let photographs = home.join("photographs");
    let planted = ["planted-file-name", "Planted Person", "Planted Place", "a planted quote"];
    let first = fs::read_dir(&photographs).unwrap().map(|entry| entry.unwrap().path()).min().unwrap();
    fs::rename(&first, photographs.join("planted-file-name.jpg")).unwrap();
    let row = format!("file,name,place,quote\nplanted-file-name.jpg,{}\nnobody.jpg,\n", planted[1..].join(","));
    fs::write(photographs.join("people.csv"), row).unwrap();
    let traces = || {
        let mut found = Vec::new();
        let mut open = vec![home.to_owned()];
        while let Some(path) = open.pop() {
            if path == photographs || path.ends_with("Xvfb_screen0") {
                continue;
            }
            if path.is_dir() {
                open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
                continue;
            }
            let bytes = fs::read(&path).unwrap_or_default();
            let has = |word: &&str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
            found.extend(planted.iter().filter(|word| has(word)).map(|word| (path.clone(), *word)));
        }
        found
    };
    let play = desk.start("photographs --from 10s --scene one");
    play.until("everybody is there", || play.log().contains("30 people are on the wall").then_some(()));
    play.sees("somebody is on the wall", |now| !now.is_black());
    assert!(traces().len() >= planted.len(), "{:?}", traces());
    done(home, "library remove planted-file-name.jpg --photographs photographs");
    play.until("the running wall has followed", || play.log().contains("1 gone").then_some(()));
    play.until("nothing is left", || traces().is_empty().then_some(()));
    play.quits();
    assert!(traces().is_empty(), "{:?}", traces());
    done(home, "ingest photographs");
    assert!(traces().is_empty(), "{:?}", traces());
}

#[test]
fn a_wall_of_nobody_says_why_and_ends() {
    let desk = Desk::open();
    let home = desk.home.path();
    fs::create_dir(home.join("empty")).unwrap();
    fs::create_dir(home.join("junk")).unwrap();
    fs::write(home.join("junk/notes.txt"), "no photograph").unwrap();
    fs::write(home.join("junk/page.jpg"), "<!DOCTYPE html>").unwrap();
    fs::write(home.join("junk/nothing.jpg"), "").unwrap();
    for folder in ["missing", "empty", "junk"] {
        let mut play = desk.start(folder);
        assert_eq!(play.ends(), Some(1), "{folder}: {}", play.log());
        let log = play.log();
        let last = log.lines().last().unwrap_or_default();
        assert!(last.starts_with("millions: ") && last.contains(folder), "{folder}: {log}");
        assert!(!log.contains("panicked"), "{log}");
    }
}
