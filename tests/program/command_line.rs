//! The command line: what each command answers with, on the standard output and as an exit code.

use std::fs;
use std::process::{Command, Stdio};

use crate::program::{Picture, Run, done, run, run_args};

const COMMANDS: [&str; 9] = ["play", "ingest", "render", "demo", "check", "doctor", "bench", "completions", "man"];

fn home() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// The keys of a JSON object, sorted.
fn keys(value: &serde_json::Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn every_command_explains_itself() {
    let home = home();
    let Run { out, .. } = done(home.path(), "--help");
    for command in COMMANDS {
        assert!(out.contains(command), "{command} in {out}");
        let Run { out, .. } = done(home.path(), &format!("{command} --help"));
        assert!(out.contains("Usage: millions") && out.contains("Example") && out.contains("-h, --help"), "{out}");
    }
    assert!(done(home.path(), "--version").out.starts_with("millions "));
    assert!(done(home.path(), "completions bash").out.contains("millions"));
    assert!(done(home.path(), "man").out.contains(".TH millions"));
    done(home.path(), "man --out pages");
    for command in COMMANDS {
        assert!(home.path().join(format!("pages/millions-{command}.1")).exists(), "{command} has no page");
    }
    let page = fs::read_to_string(home.path().join("pages/millions-play.1")).unwrap();
    assert!(page.contains("fullscreen") && !page.contains("rehearse"), "what is hidden is in no page");
    assert!(!home.path().join("pages/millions-worker.1").exists());
}

#[test]
fn wrong_usage_is_2_and_says_what_is_right() {
    let home = home();
    for arguments in [
        "",
        "plai",
        "play --fulscreen",
        "play --from soon",
        "ingest",
        "ingest . --tile many",
        "render --library l",
        "render --library l --out a.gif",
        "render --library l --out a.png --size 1920",
        "render --library l --out a.png --duration 3s",
        "render --library l --out a.mp4",
        "render --library l --out a/",
        "render --library l --out a.mp4 --duration 3s --fps 0",
        "demo",
        "demo --count 3",
        "demo --count 0 --library l",
        "demo --count 3 --out a --tile 64",
        "bench --size huge",
        "completions cobol",
    ] {
        let run = run(home.path(), arguments);
        assert_eq!(run.code, Some(2), "millions {arguments}: {run:#?}");
        assert!(run.out.is_empty(), "{run:#?}");
        assert!(run.err.contains("Usage:") || run.err.contains("--help"), "{run:#?}");
    }
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "wrong usage leaves nothing behind");
}

#[test]
fn what_cannot_be_done_is_1_and_names_what_is_wrong() {
    let home = home();
    fs::create_dir(home.path().join("empty")).unwrap();
    fs::write(home.path().join("file"), "no folder").unwrap();
    for (arguments, names) in [
        ("ingest nowhere --library l", "nowhere"),
        ("ingest empty --library l --tile 100", "100"),
        ("render empty --out a.png", "empty"),
        ("render nowhere --out a.png", "nowhere"),
        ("render --library nowhere --out a.png", "nowhere"),
        ("render --library nowhere --scene fast --out a.png", "slow, multitude"),
        ("bench --library nowhere", "nowhere"),
        ("demo --count 3 --out file", "file"),
        ("demo --count 3 --library file", "file"),
        ("check nowhere.toml", "nowhere.toml"),
        ("check file", "file"),
    ] {
        let run = run(home.path(), arguments);
        assert_eq!(run.code, Some(1), "millions {arguments}: {run:#?}");
        assert!(run.err.contains(names) && !run.err.contains("panicked"), "millions {arguments}: {run:#?}");
    }
    assert!(!home.path().join("a.png").exists());

    done(home.path(), "demo --count 2 --library library --tile 32");
    let run = run(home.path(), "play --library library");
    assert_eq!(run.code, Some(1), "there is no display: {run:#?}");
    assert!(run.err.contains("no window can be opened here") && run.err.contains("millions render"), "{run:#?}");
}

#[test]
fn ingest_says_as_json_what_became_of_each_file() {
    let home = home();
    let photographs = home.path().join("photographs");
    done(home.path(), "demo --count 5 --out photographs");
    let mut files: Vec<_> = fs::read_dir(&photographs).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 5);
    fs::copy(&files[0], photographs.join("again.jpg")).unwrap();
    fs::write(photographs.join("nothing.jpg"), "").unwrap();
    fs::write(photographs.join("page.jpg"), "<!DOCTYPE html><title>404</title>").unwrap();
    fs::write(photographs.join(".hidden.jpg"), "").unwrap();

    let json = |run: &Run| -> serde_json::Value {
        assert_eq!(run.out.lines().count(), 1, "one object and nothing else: {run:#?}");
        serde_json::from_str(&run.out).unwrap()
    };
    let numbers = |value: &serde_json::Value| {
        ["found", "added", "unchanged", "duplicates", "removed", "portraits"].map(|key| value[key].as_u64().unwrap())
    };
    let first = json(&done(home.path(), "ingest photographs --library library --json"));
    assert_eq!(
        keys(&first),
        [
            "added",
            "copies",
            "duplicates",
            "elsewhere",
            "excluded",
            "found",
            "hidden",
            "notes",
            "portraits",
            "rejected",
            "removed",
            "review",
            "seconds",
            "unchanged",
            "upscaled"
        ]
    );
    assert_eq!(numbers(&first), [9, 5, 0, 1, 0, 5], "{first}");
    assert!(first["seconds"].as_f64().is_some_and(|seconds| seconds > 0.0), "{first}");
    let rejected = first["rejected"].as_array().unwrap();
    assert_eq!(rejected.len(), 3, "{first}");
    for rejection in rejected {
        assert_eq!(keys(rejection), ["path", "reason"]);
        let path = rejection["path"].as_str().unwrap();
        assert!(["nothing.jpg", "page.jpg", ".hidden.jpg"].iter().any(|name| path.ends_with(name)), "{path}");
        assert!(rejection["reason"].as_str().is_some_and(|reason| reason.len() > 5), "{rejection}");
    }

    let second = json(&done(home.path(), "ingest photographs --library library --json"));
    let [seen, added, .., portraits] = numbers(&second);
    assert_eq!((seen, added, portraits), (9, 0, 5), "{second}");

    fs::remove_file(&files[4]).unwrap();
    let third = json(&done(home.path(), "ingest photographs --library library --json"));
    assert_eq!((third["removed"].as_u64(), third["portraits"].as_u64()), (Some(1), Some(4)), "{third}");
    let plain = done(home.path(), "ingest photographs --library library");
    assert!(plain.out.contains("4 people in the library library"), "{plain:#?}");
}

#[test]
fn render_draws_stills_frames_and_films() {
    let home = home();
    let path = |name: &str| home.path().join(name);
    let library = done(home.path(), "demo --count 40 --library library --seed 3 --tile 64");
    assert!(library.out.contains("40 people"), "{library:#?}");

    let render = "render --library library --scene slow --size 320x180";
    done(home.path(), &format!("{render} --at 3.5s --out a.png"));
    done(home.path(), &format!("{render} --at 3500ms --out new/folder/b.png"));
    done(home.path(), &format!("{render} --at 5s --out c.png"));
    let still = Picture::read(&path("a.png"));
    assert_eq!((still.width, still.height), (320, 180));
    still.assert_grey_wall();
    assert_eq!(fs::read(path("a.png")).unwrap(), fs::read(path("new/folder/b.png")).unwrap(), "byte for byte the same");
    assert_ne!(still, Picture::read(&path("c.png")));

    done(home.path(), &format!("{render} --at 3s --duration 1s --fps 4 --out frames/"));
    let frames: Vec<_> = (0..4).map(|frame| path(&format!("frames/frame-{frame:06}.png"))).collect();
    assert_eq!(fs::read_dir(path("frames")).unwrap().count(), 4);
    assert_eq!(Picture::read(&frames[2]), still, "frame 2 at 4 a second from 3 s is the still at 3.5 s");

    done(home.path(), &format!("{render} --at 3s --duration 1s --fps 4 --out film.mp4"));
    let ffmpeg = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(path("film.mp4"))
        .args(["-f", "rawvideo", "-pix_fmt", "gray", "-"])
        .stdin(Stdio::null())
        .output()
        .expect("films need ffmpeg; scripts/test installs it");
    assert!(ffmpeg.status.success(), "{}", String::from_utf8_lossy(&ffmpeg.stderr));
    assert_eq!(ffmpeg.stdout.len(), 320 * 180 * 4, "four frames come out again");
    let third = &ffmpeg.stdout[320 * 180 * 2..320 * 180 * 3];
    let off: f64 = third.iter().zip(&still.pixels).map(|(film, [grey, ..])| f64::from(film.abs_diff(*grey))).sum();
    assert!(off / third.len() as f64 <= 3.0, "the film's frame is the still, but for its compression: {off}");
    let leftovers: Vec<_> = fs::read_dir(home.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("part") || name.contains("tmp"))
        .collect();
    assert_eq!(leftovers, Vec::<String>::new());
}

#[test]
fn a_film_without_ffmpeg_says_so_at_once() {
    let home = home();
    let run = crate::program::millions(home.path())
        .env("PATH", home.path())
        .args(["render", "--library", "nowhere", "--duration", "1s", "--out", "film.mp4"])
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&run.stderr).contains("apt install ffmpeg"));
}

#[test]
fn render_takes_folders_and_keeps_their_library() {
    let home = home();
    done(home.path(), "demo --count 4 --out 4people");
    fs::rename(home.path().join("4people"), home.path().join("four people")).unwrap();
    let arguments = ["render", "four people", "--size", "320x180", "--out", "the wall.png"];
    let run = run_args(home.path(), &arguments);
    assert_eq!(run.code, Some(0), "{run:#?}");
    Picture::read(&home.path().join("the wall.png")).assert_grey_wall();
    assert!(home.path().join("data").exists(), "the library is where this platform keeps such data");
}

#[test]
fn check_names_file_line_column_and_what_to_do() {
    let home = home();
    let good = done(home.path(), "check");
    assert!(good.out.contains("scenes/slow.toml: good") && good.out.contains("shaders/wall.wgsl: good"), "{good:#?}");

    fs::write(home.path().join("night.toml"), "name = \"Night\"\n\n  rwos = 3\n").unwrap();
    fs::write(home.path().join("good.toml"), "name = \"Good\"\nrows = 3\n").unwrap();
    fs::write(home.path().join("broken.wgsl"), "fn f() -> f32 {\n    let a = 1.0\n    return a;\n}\n").unwrap();
    let run = run(home.path(), "check night.toml good.toml broken.wgsl");
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert!(run.out.contains("good.toml: good"), "{run:#?}");
    for said in
        ["night.toml:3:3: ", "3 |   rwos = 3", "did you mean `rows`?", "broken.wgsl:3:5: ", "2 of 3 files are wrong"]
    {
        assert!(run.err.contains(said), "{said}: {}", run.err);
    }
}

#[test]
fn demo_makes_the_same_people_from_the_same_seed() {
    let home = home();
    for (folder, seed) in [("a", 7), ("b", 7), ("c", 8)] {
        done(home.path(), &format!("demo --count 3 --out {folder} --seed {seed}"));
    }
    let read = |folder: &str| -> Vec<Vec<u8>> {
        let mut files: Vec<_> =
            fs::read_dir(home.path().join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.iter().map(|file| fs::read(file).unwrap()).collect()
    };
    assert_eq!(read("a").len(), 3);
    assert_eq!(read("a"), read("b"));
    assert_ne!(read("a"), read("c"));
}

#[test]
fn bench_says_as_json_what_it_measured() {
    let home = home();
    done(home.path(), "demo --count 30 --library library --tile 32");
    let run = done(home.path(), "bench --library library --size 320x180 --frames 3 --json");
    assert_eq!(run.out.lines().count(), 1, "{run:#?}");
    let measured: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let mut said = keys(&measured);
    // Only where the adapter has timestamps.
    said.retain(|key| !["gpu_ms", "blit_gpu_ms"].contains(key));
    let wanted =
        "adapter below_wanted blit_ms cpu_ms first_frame_ms frame_ms gpu_bytes peak_rss_bytes portraits ratio rows";
    assert_eq!(said, wanted.split(' ').collect::<Vec<_>>());
    assert_eq!(measured["below_wanted"], 0);
    for key in ["gpu_ms", "blit_gpu_ms"] {
        assert!(measured[key].is_null() || measured[key].as_f64().is_some_and(|ms| ms > 0.0), "{measured}");
    }
    assert_eq!(measured["gpu_ms"].is_null(), measured["blit_gpu_ms"].is_null());
    let number = |key: &str| measured[key].as_f64().unwrap();
    assert_eq!(measured["portraits"], 30);
    assert!(measured["adapter"].as_str().is_some_and(|adapter| !adapter.is_empty()), "{measured}");
    for key in ["frame_ms", "cpu_ms", "blit_ms", "first_frame_ms"] {
        assert!(number(key) > 0.0, "{key}: {measured}");
    }
    assert!((number("ratio") - number("frame_ms") / number("blit_ms")).abs() < 1e-6, "{measured}");
    assert!(cfg!(not(target_os = "linux")) || number("peak_rss_bytes") > 1e6, "{measured}");
}

#[test]
fn doctor_looks_at_everything() {
    let home = home();
    let run = done(home.path(), "doctor");
    for subject in ["graphics:", "display", "films:", "fonts:", "library:"] {
        assert!(run.out.contains(subject), "{subject}: {run:#?}");
    }
    assert!(run.out.contains("BAD   displays: no window can be opened here"), "there is no display: {run:#?}");
    for kind in ["HEIC (HEVC)", "AVIF (AV1)"] {
        assert!(run.out.contains(&format!("good  photographs: {kind} through libheif ")), "{run:#?}");
    }
    // Another library than libheif, and none.
    for name in ["libc.so.6", "/nowhere/libheif.so"] {
        let output =
            crate::program::millions(home.path()).arg("doctor").env("MILLIONS_LIBHEIF", name).output().unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        assert!(out.contains("BAD   photographs: HEIC and AVIF cannot be read") && out.contains("install"), "{out}");
    }
}
