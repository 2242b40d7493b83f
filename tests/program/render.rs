//! What `render` makes, and that it goes on where it stopped.

use std::fs;
use std::path::Path;

use crate::program::{Picture, Run, done, run, run_args};

fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    done(home.path(), "demo --count 12 --library crowd");
    home
}

fn sidecar(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The pixels an inch that a PNG says.
fn dpi(png: &[u8]) -> f64 {
    let at = png.windows(4).position(|window| window == b"pHYs").unwrap() + 4;
    f64::from(u32::from_be_bytes(png[at..at + 4].try_into().unwrap())) * 0.0254
}

#[test]
fn a_poster_has_the_pixels_resolution_and_page_of_its_sheet_in_every_kind_of_file() {
    let home = home();
    for name in ["a.png", "a.tif", "a.pdf"] {
        done(home.path(), &format!("render --library crowd --for a4-landscape --dpi 40 --out {name}"));
    }
    let read = |name: &str| fs::read(home.path().join(name)).unwrap();
    let [png, tif] = ["a.png", "a.tif"].map(|name| image::load_from_memory(&read(name)).unwrap());
    assert_eq!((png.width(), png.height()), (468, 331));
    assert_eq!(png.color(), image::ColorType::L8, "a picture without colours has one channel");
    assert_eq!(png, tif);
    assert!((dpi(&read("a.png")) - 40.0).abs() < 0.02);
    let pdf = read("a.pdf");
    assert!(String::from_utf8_lossy(&pdf).contains("/MediaBox [0 0 841.8898 595.2756]"));

    // In colour there are three, also where the file was begun with one.
    fs::write(home.path().join("colour.toml"), "name = \"colour\"\n[look]\ncolor = 1.0\n").unwrap();
    done(home.path(), "render --library crowd --scene colour.toml --size 4200x70 --out c.png");
    let colour = image::load_from_memory(&read("c.png")).unwrap();
    assert_eq!((colour.width(), colour.height(), colour.color()), (4200, 70, image::ColorType::Rgb8));
    assert!(Picture::read(&home.path().join("c.png")).coloured() > 1000);
    done(home.path(), "render --library crowd --scene colour.toml --size 4200x70 --colour grey --out g.png");
    assert_eq!(image::load_from_memory(&read("g.png")).unwrap().color(), image::ColorType::L8);
}

#[test]
fn what_lies_beside_a_picture_names_no_folder_of_this_machine() {
    let home = home();
    let library = home.path().join("crowd");
    let arguments =
        ["render", "--library", library.to_str().unwrap(), "--scene", "journey", "--size", "64x36", "--out", "a.png"];
    let run = run_args(home.path(), &arguments);
    assert_eq!(run.code, Some(0), "{run:#?}");
    let beside = sidecar(&home.path().join("a.png.json"));
    assert_eq!((&beside["seed"], &beside["people"], &beside["size"][0]), (&5.into(), &12.into(), &64.into()));
    assert_eq!(beside["command"][3], "crowd");
    let text = fs::read_to_string(home.path().join("a.png.json")).unwrap();
    assert!(!text.contains(home.path().to_str().unwrap()), "{text}");
    done(home.path(), "render --library crowd --size 64x36 --no-sidecar --out b.png");
    assert!(!home.path().join("b.png.json").exists());
}

#[test]
fn frames_go_on_where_they_stopped_and_are_made_anew_for_another_film() {
    let home = home();
    let command = "render --library crowd --size 64x36 --duration 500ms --fps 20 --out film/";
    let names = || {
        let names = fs::read_dir(home.path().join("film")).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().ends_with(".png")).count()
    };
    done(home.path(), command);
    assert_eq!(names(), 10);
    let frame = |number: u32| home.path().join(format!("film/frame-{number:06}.png"));
    let before = fs::read(frame(3)).unwrap();
    fs::remove_file(frame(3)).unwrap();
    fs::write(frame(4), "left as it is").unwrap();
    let Run { err, .. } = done(home.path(), command);
    assert!(err.contains("9 frames were there already"), "{err}");
    assert_eq!(fs::read(frame(3)).unwrap(), before, "the same frame again");
    assert_eq!(fs::read(frame(4)).unwrap(), b"left as it is");
    let Run { err, .. } = done(home.path(), &format!("{command} --look street"));
    assert!(!err.contains("already"), "{err}");
    assert_ne!(fs::read(frame(4)).unwrap(), b"left as it is");
    let film: Vec<_> = (0..10).map(|number| fs::read(frame(number)).unwrap()).collect();
    assert!(film.windows(2).all(|pair| pair[0] != pair[1]), "none is left of the film before");
}

#[test]
fn a_journey_closes_and_so_does_any_scene_that_is_asked_to() {
    let home = home();
    for (name, arguments) in [("journey", "--scene journey --duration 10s"), ("slow", "--duration 3s --loop")] {
        let command = format!("render --library crowd --size 96x54 --fps 8 {arguments} --out {name}/");
        let Run { err, .. } = done(home.path(), &command);
        assert!(err.contains("goes round"), "{err}");
        let frame = |number: usize| Picture::read(&home.path().join(format!("{name}/frame-{number:06}.png")));
        let last = fs::read_dir(home.path().join(name)).unwrap().count() - 1;
        // From the last to the first is a step as any other, and half the film away is another picture.
        let steps = (1..=last).map(|number| frame(number - 1).difference(&frame(number)));
        let largest = steps.fold(0.0, f64::max);
        let closing = frame(last).difference(&frame(0));
        assert!(closing <= largest * 1.1, "{name}: {closing} where {largest} is a large step");
        assert!(frame(last / 2).difference(&frame(0)) > closing * 2.0, "{name} moves");
    }
    let run = run(home.path(), "render --library crowd --show default --duration 3s --loop --out a/");
    assert_eq!(run.code, Some(2), "{run:#?}");
}

#[test]
fn what_does_not_go_together_is_said_with_what_would() {
    let home = home();
    for (arguments, said) in [
        ("--for a0 --duration 1s --out a.mp4", "story, square"),
        ("--for story --bleed 3mm --out a.png", "are for paper"),
        ("--for a5 --out a.png", "a0, a1, a2"),
        ("--for a0 --size 10x10 --out a.png", "cannot be used with"),
        ("--codec hap --duration 1s --out a.mp4", ".mov"),
        ("--out a.jpg", ".png, .tif, .pdf"),
    ] {
        let run = run(home.path(), &format!("render --library crowd {arguments}"));
        assert!(run.code == Some(2) && run.err.contains(said), "{arguments}: {run:#?}");
    }
}

#[cfg(unix)]
#[test]
fn an_ffmpeg_without_the_encoder_is_told_before_anything_is_drawn() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    let program = home.path().join("ffmpeg");
    fs::write(&program, "#!/bin/sh\necho ' V....D libx264   H.264 (codec h264)'\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    for (arguments, said) in [
        ("--codec hap --out a.mov", "HAP Q: it lacks the encoder hap. It has to be built with snappy"),
        ("--out a.webp", "WebP: it lacks the encoder libwebp_anim"),
        ("--codec hap --size 321x180 --out a.mov", "take --size 320x180"),
        ("--fps 24 --out a.gif", "take --fps 50, 25"),
    ] {
        let arguments = format!("render --library nowhere --duration 1s {arguments}");
        let run = crate::program::millions(home.path())
            .env("PATH", home.path())
            .args(arguments.split_whitespace())
            .output()
            .unwrap();
        let err = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.code() == Some(1) && err.contains(said), "{arguments}: {err}");
    }
}

#[test]
fn a_film_of_an_evening_shows_nobody_who_was_hidden_then() {
    let home = tempfile::tempdir().unwrap();
    // A copy of a library, in which nobody is hidden.
    done(home.path(), "demo --count 1 --library one --tile 64");
    let begins = r#"{"version":"0.1.0","real_secs":0.0,"show_secs":100.0,"unix_secs":100.0,"scene":"slow","cued_secs":100.0,
        "playlist_began_secs":null,"blackout":false,"dimmer":1.0,"held":false,"rate":1.0}"#;
    let hides = |person: u32| {
        format!(r#"{{"real_secs":2.0,"show_secs":102.0,"source":"desk","command":"hide","person":{person}}}"#)
    };
    let log = [begins.replace('\n', ""), hides(0), hides(1)].join("\n");
    fs::write(home.path().join("evening.jsonl"), log).unwrap();
    let light = |at: f64| {
        let out = format!("at{at}.png");
        done(home.path(), &format!("render --library one --replay evening.jsonl --at {at}s --size 160x90 --out {out}"));
        Picture::read(&home.path().join(out)).light()
    };
    assert!(light(1.0) > 5.0);
    assert!(light(3.0) < 0.5, "there was nobody else");
}
