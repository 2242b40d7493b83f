//! Tier 4: a show in a real window: cues, the playlist, saving files while it plays, a restart.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::desk::{Desk, Play, SCREEN, WINDOW, is_grey_wall};
use crate::program::{Picture, done};

/// A show of three scenes and a playlist.
const SHOW: &str = r#"
name = "Vigil"
[transition]
kind = "fade"
secs = 1
[keys]
1 = "rows.toml"
2 = { scene = "words.toml", transition = { kind = "tile", secs = 1 } }
3 = "black"
[playlist]
autoplay = false
dwell = 5
entries = ["words.toml", "rows.toml"]
[[commands]]
key = "f6"
send = "cut words"
"#;
const ROWS: &str = "name = \"Rows\"\nrows = 5\nspeed = 0.4\n";
const WORDS: &str = "name = \"Words\"\nkind = \"words\"\ntexts = [\"WE ARE MILLIONS\"]\nfill = \"solid\"\nfade = 0.1\n";

fn write(desk: &Desk, name: &str, text: &str) {
    fs::write(desk.home.path().join(name), text).unwrap();
}

fn begin<'d>(desk: &'d Desk, arguments: &str) -> Play<'d> {
    for (name, text) in [("show.toml", SHOW), ("rows.toml", ROWS), ("words.toml", WORDS)] {
        write(desk, name, text);
    }
    desk.play(&format!("--show show.toml {arguments}"))
}

/// Pixels that are white, as those of letters are.
fn white(picture: &Picture) -> usize {
    picture.pixels.iter().filter(|pixel| **pixel == [255; 3]).count()
}

fn are_words(picture: &Picture) -> bool {
    white(picture) > 40_000 && picture.pixels.iter().filter(|pixel| **pixel == [0; 3]).count() > 200_000
}

#[test]
fn keys_cue_scenes_and_every_frame_is_the_films() {
    let desk = Desk::open();
    let play = begin(&desk, "--from 100s --stills stills");
    desk.key("2");
    play.sees("2 brings the words", are_words);
    desk.key("BackSpace");
    play.sees("Backspace brings the rows again", |now| is_grey_wall(now) && !are_words(now));
    desk.key("shift+2");
    play.sees("Shift+2 cuts to the words", are_words);
    desk.key("3");
    play.sees("3 goes to black", Picture::is_black);
    desk.key("F6");
    play.sees("F6 sends the command of the show: the words at once", are_words);
    desk.key("3");
    play.sees("3 goes to black again", Picture::is_black);
    desk.key("Right");
    play.sees("Right begins the playlist", are_words);
    play.sees("which goes on by itself", |now| is_grey_wall(now) && !are_words(now));
    play.quits();

    // A playlist that plays by itself is in the window what it is in a film, in the middle of a transition too.
    write(&desk, "show.toml", &SHOW.replace("autoplay = false", "autoplay = true"));
    let play = desk.start("--library library --show show.toml --from 8s --stills stills");
    play.moves("it plays");
    // The words come in the second after ten.
    let in_the_middle = |(_, at): &(String, f64)| *at > 10.0 && (0.1..0.9).contains(&at.rem_euclid(10.0));
    play.until("stills of a transition are saved", || {
        desk.key("s");
        // A still is named by hundredths of a second.
        std::thread::sleep(Duration::from_millis(120));
        play.stills().iter().any(in_the_middle).then_some(())
    });
    for (path, at) in play.stills() {
        let (width, height) = WINDOW;
        let command =
            format!("render --library library --show show.toml --at {at}s --size {width}x{height} --out render.png");
        done(desk.home.path(), &command);
        let [still, render] =
            [Path::new(&path), Path::new("render.png")].map(|path| Picture::read(&desk.home.path().join(path)));
        // By two clocks a transition's part is the same number but for its last bit.
        let most = still.pixels.iter().flatten().zip(render.pixels.iter().flatten()).map(|(a, b)| a.abs_diff(*b)).max();
        if most > Some(1) {
            // For whoever looks why.
            let kept = Path::new(env!("CARGO_TARGET_TMPDIR"));
            for (from, to) in [(path.as_str(), "still.png"), ("render.png", "still-render.png")] {
                fs::copy(desk.home.path().join(from), kept.join(to)).unwrap();
            }
        }
        assert!(most <= Some(1), "at {at}: {most:?}; both are in {}\n{}", env!("CARGO_TARGET_TMPDIR"), play.log());
    }
    play.quits();
}

#[test]
fn a_scene_of_many_faces_comes_once_it_is_dealt_and_what_plays_plays_on() {
    let desk = Desk::open();
    // More cells than are dealt on the thread that draws.
    const MANY: &str = "name = \"Many\"\nrows = 90\nspeed = 0.4\n";
    write(&desk, "many.toml", MANY);
    for (name, text) in [("rows.toml", ROWS), ("words.toml", WORDS)] {
        write(&desk, name, text);
    }
    write(&desk, "show.toml", &SHOW.replace("3 = \"black\"", "3 = \"black\"\n4 = \"many.toml\""));
    let play = desk.play("--show show.toml --from 100s");
    desk.key("space");
    let held = play.stands_still("Space holds the wall");
    let dark = |now: &Picture| !is_grey_wall(now);
    let lit = |what: &str, wanted: &dyn Fn(&Picture) -> bool| {
        play.sees(what, |now| {
            assert!(!dark(now), "never dark: {what}");
            wanted(now)
        });
        play.stands_still(what)
    };
    desk.key("4");
    let many = lit("4 brings many faces", &|now| now.difference(&held) > 0.3);
    desk.key("Up");
    lit("more rows", &|now| now.difference(&many) > 0.1);
    desk.key("Down");
    lit("and back", &|now| *now == many);
    write(&desk, "many.toml", &format!("{MANY}[look]\ncontrast = 0.9\n"));
    lit("its file is saved", &|now| now.difference(&many) > 0.1);
    write(&desk, "many.toml", MANY);
    lit("and saved again as it was", &|now| *now == many);
    desk.key("1");
    lit("1 brings the few again", &|now| *now == held);
    play.quits();
}

#[test]
fn what_is_saved_changes_the_running_wall_and_what_is_wrong_does_not() {
    let desk = Desk::open();
    let play = begin(&desk, "--from 100s");
    desk.key("space");
    let held = play.stands_still("Space holds the wall");
    let save = |name: &str, text: &str, what: &str, wanted: &dyn Fn(&Picture) -> bool| {
        write(&desk, name, text);
        let saved = Instant::now();
        let seen = play.sees(what, |now| wanted(now));
        println!("{what}: {:?}", saved.elapsed());
        seen
    };
    let differs = |now: &Picture| is_grey_wall(now) && now.difference(&held) > 0.3;
    save("rows.toml", &format!("{ROWS}[look]\ncontrast = 0.9\n"), "a scene's look", &differs);
    save("rows.toml", &format!("{ROWS}speed = 1.0\n"), "nothing changes by a file that is wrong", &|_| true);
    play.until("the mistake is told", || play.log().contains("rows.toml:").then_some(()));
    // Another speed does not move what stands.
    save("rows.toml", &ROWS.replace("0.4", "0.7"), "as before, and where it was", &|now| *now == held);
    play.until("it is good again", || play.log().contains("can be read again").then_some(()));

    fs::create_dir(desk.home.path().join("shaders")).unwrap();
    let negative = "fn effect(p: vec2f) -> vec3f {\n    return 1.0 - picture(p);\n}\n";
    write(&desk, "shaders/negative.wgsl", negative);
    let show = format!("effects = [\"shaders/negative.wgsl\"]\n{SHOW}");
    let light = held.light();
    save("show.toml", &show, "an effect lies over the wall", &|now| (now.light() - (255.0 - light)).abs() < 4.0);
    save("shaders/negative.wgsl", "fn effect(p: vec2f) -> vec3f { return nothing; }", "a broken shader", &|_| true);
    play.until("its mistake is told", || play.log().contains("negative.wgsl:1:").then_some(()));
    play.sees("the wall keeps the last good one", |now| (now.light() - (255.0 - light)).abs() < 4.0);
    let dark = "fn effect(p: vec2f) -> vec3f {\n    return picture(p) * 0.25;\n}\n";
    save("shaders/negative.wgsl", dark, "it is mended", &|now| (now.light() - light / 4.0).abs() < 3.0);
    save("show.toml", SHOW, "without it the wall is as it was", &|now| *now == held);

    let wall = include_str!("../../shaders/wall.wgsl");
    let half = wall.replace("return vec4f(dithered, color.a);", "return vec4f(dithered * 0.5, color.a);");
    assert!(half != wall);
    save("shaders/wall.wgsl", &half, "a pass is replaced", &|now| (now.light() - light / 2.0).abs() < 3.0);
    write(&desk, "shaders/wall.wgsl", &half.replace("fn fragment(", "fn fragmentary("));
    play.until("what has no entry point is told", || {
        play.log().contains("wall.wgsl: cannot be drawn with").then_some(())
    });
    fs::remove_file(desk.home.path().join("shaders/wall.wgsl")).unwrap();
    play.sees("and it is the program's again", |now| *now == held);
    play.quits();
}

#[test]
fn an_effect_without_an_end_leaves_the_wall_in_hand() {
    let desk = Desk::open();
    let endless = [
        "loop { }",
        "for (var i = 0; i < 1000000000; i++) { sum += sin(f32(i)); }",
        "while sum < 1e30 { for (var i = 0u; i < 4000000000u; i++) { sum += 0.0; } }",
    ];
    let effect = |body: &str| {
        format!(
            "fn effect(p: vec2f) -> vec3f {{\n    var sum = 0.0;\n    {body}\n    return picture(p) + vec3f(sum * 0.0);\n}}\n"
        )
    };
    fs::create_dir(desk.home.path().join("shaders")).unwrap();
    write(&desk, "shaders/own.wgsl", &effect(""));
    write(&desk, "show.toml", "name = \"N\"\neffects = [\"shaders/own.wgsl\"]\n[keys]\n1 = \"slow\"\n");
    let play = desk.play("--show show.toml");
    for (count, body) in endless.into_iter().enumerate() {
        write(&desk, "shaders/own.wgsl", &effect(body));
        let refused = || play.log().matches("the wall keeps the shaders as they were before").count() > count;
        play.until("the effect is tried in a process of its own and refused", || refused().then_some(()));
        play.sees("the wall is as it was", is_grey_wall);
        desk.key("b");
        play.sees("B is black, whatever the effect does", Picture::is_black);
        desk.key("b");
        play.sees("and the wall", is_grey_wall);
    }
    write(&desk, "shaders/own.wgsl", &effect("sum = p.x;"));
    play.until("a good one is drawn with", || play.log().contains("the shaders have changed").then_some(()));
    play.sees("on the wall", is_grey_wall);
    play.quits();
}

#[test]
fn a_storm_of_saves_half_of_them_broken_leaves_the_wall_lit() {
    let desk = Desk::open();
    let play = begin(&desk, "--from 100s");
    let began = Instant::now();
    let mut seen = 0;
    for number in 0..100_u32 {
        let contrast = f64::from(number % 10) / 10.0;
        match number % 4 {
            0 => write(&desk, "rows.toml", &format!("{ROWS}[look]\ncontrast = {contrast}\n")),
            // Half of a file, as an editor leaves it for a moment, and nonsense.
            1 => write(&desk, "rows.toml", &ROWS[..ROWS.len() / 2]),
            2 => write(&desk, "show.toml", &SHOW.replace("secs = 1", &format!("secs = {}", contrast + 0.5))),
            _ => write(&desk, "show.toml", &SHOW.replace("[keys]", "[kyes]")),
        }
        let next = Duration::from_millis(u64::from(number + 1) * 100);
        std::thread::sleep(next.saturating_sub(began.elapsed()));
        let now = desk.window();
        assert!(is_grey_wall(&now), "after save {number}: {now:?}\n{}", play.log());
        assert!(desk.desktop_is_seen_beside(WINDOW) || SCREEN == WINDOW);
        seen += 1;
    }
    assert_eq!(seen, 100);
    write(&desk, "show.toml", SHOW);
    write(&desk, "rows.toml", &format!("{ROWS}[look]\nexposure = -5.0\n"));
    play.sees("the last save is what the wall shows", |now| now.coloured() == 0 && (1.0..40.0).contains(&now.light()));
    assert!(!play.log().contains("panicked"), "{}", play.log());
    play.quits();
}

#[test]
fn a_newcomer_enters_large_and_in_colour_and_walks_into_the_wall() {
    let desk = Desk::open();
    done(desk.home.path(), "demo --count 60 --out photographs");
    write(&desk, "show.toml", "name = \"Opening\"\n[keys]\n1 = \"rows.toml\"\n[arrivals]\nsize = 0.6\nstay = 1\n");
    write(&desk, "rows.toml", ROWS);
    let play = desk.start("photographs --show show.toml --from 10s");
    play.until("everybody is there", || play.log().contains("60 people are on the wall").then_some(()));
    play.sees("people are on the wall, without a colour", is_grey_wall);
    // Half red and half blue, as nobody of the demo crowd is.
    let newcomer =
        image::RgbImage::from_fn(400, 500, |_, y| image::Rgb(if y < 250 { [220, 30, 30] } else { [30, 30, 220] }));
    newcomer.save(desk.home.path().join("photographs/new.png")).unwrap();
    let is_red = |[red, green, _]: [u8; 3]| red > green.saturating_add(60);
    // Upright, 0.6 of the height, the upper half of it, once it has risen out of the dark.
    let large =
        |now: &Picture| now.pixels.iter().filter(|pixel| is_red(**pixel)).count() as u32 > now.height.pow(2) / 10;
    let entered = play.sees("a newcomer is large and in colour", large);
    let columns = (0..entered.width).filter(|x| (0..entered.height).any(|y| is_red(entered.at(*x, y))));
    let (left, right) = (columns.clone().min().unwrap(), columns.max().unwrap());
    assert!((left + right).abs_diff(entered.width) < entered.width / 50, "in the middle: {left} to {right}");
    assert!(right - left < entered.width / 2, "of everybody else there is no colour: {left} to {right}");
    play.sees("the colours go", is_grey_wall);
    // The way to the cell takes three seconds.
    std::thread::sleep(Duration::from_secs(4));
    assert!(is_grey_wall(&desk.window()), "nobody is in colour any more");
    play.quits();
}

#[test]
fn after_a_kill_the_show_goes_on_where_it_was() {
    let desk = Desk::open();
    let mut play = begin(&desk, "");
    desk.key("2");
    play.sees("2 brings the words", are_words);
    play.program.kill().unwrap();
    play.program.wait().unwrap();
    let play = desk.start("--library library --show show.toml");
    // What is seen at first may still be the window of the one that was killed.
    play.until("it goes on with what was cued", || play.log().contains("going on with Words").then_some(()));
    play.until("it draws", || play.log().contains("drawing with").then_some(()));
    play.sees("the words are there again", are_words);
    play.quits();
    let play = desk.start("--library library --show show.toml");
    play.sees("after quitting it begins anew", |now| is_grey_wall(now) && !are_words(now));
    play.quits();
}
