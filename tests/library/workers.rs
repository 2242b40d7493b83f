//! Worker processes: what ends one costs one photograph, which is named; products are those of a program that decodes by itself; what a
//! photograph might take over can do nothing.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::photographs::{fixture, folder_of, ingest, jpeg, picture};
use crate::program::{millions, run};

/// The variable that has workers obey what stands at the end of a file; its value is the seconds that a photograph may take.
const REHEARSAL: &str = "MILLIONS_REHEARSE_WORKERS";

/// A photograph with something to rehearse at its end, where decoders do not look.
fn rehearsal(what: &str, seed: u32) -> Vec<u8> {
    [&jpeg(&picture(200, 250, seed), None)[..], format!("rehearse {what}").as_bytes()].concat()
}

/// Runs `millions ingest --json photographs` in `home`; returns the names of rejected files with their reasons, and the summary.
fn ingest_in_workers(home: &Path, rehearsed_secs: Option<&str>) -> (Vec<(String, String)>, serde_json::Value) {
    let mut command = millions(home);
    command.args(["ingest", "--json", "--tile", "64", "--jobs", "2", "--library", "library", "photographs"]);
    if let Some(secs) = rehearsed_secs {
        command.env(REHEARSAL, secs);
    }
    let output = command.current_dir(home).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let rejected = summary["rejected"].as_array().unwrap().iter().map(|rejection| {
        let name = Path::new(&text(&rejection["path"])).file_name().unwrap().to_string_lossy().into_owned();
        (name, text(&rejection["reason"]))
    });
    (rejected.collect(), summary)
}

#[test]
fn what_ends_a_worker_costs_one_photograph_and_is_not_tried_for_ever() {
    let home = tempfile::tempdir().unwrap();
    let photographs = home.path().join("photographs");
    let sound = folder_of(6, 200);
    fs::rename(sound.path(), &photographs).unwrap();
    fs::create_dir(sound.path()).unwrap();
    for (name, what) in [("0001-a", "abort"), ("0002-a", "hang"), ("0003-a", "allocate"), ("0004-a", "escape")] {
        fs::write(photographs.join(format!("{name}.jpg")), rehearsal(what, name.len() as u32 + 90)).unwrap();
    }
    let (rejected, summary) = ingest_in_workers(home.path(), Some("2"));
    let reason = |name: &str| &rejected.iter().find(|(rejected, _)| rejected == name).unwrap().1;
    assert_eq!(rejected.len(), 4, "{rejected:#?}");
    assert_eq!(summary["added"], 6, "all others are there: {summary}");
    assert!(reason("0001-a.jpg").contains("crashed"), "{rejected:#?}");
    assert!(reason("0002-a.jpg").contains("more than 2 s"), "{rejected:#?}");
    if cfg!(target_os = "linux") {
        assert!(reason("0003-a.jpg").contains("more than the limit of 384 MB"), "{rejected:#?}");
    }
    // Decoders start threads. Where the kernel can deny it, nothing else works.
    if run(home.path(), "doctor").out.contains("good  decoding: in processes of their own") {
        assert_eq!(reason("0004-a.jpg"), "what it may: start a thread");
    }

    // Without the rehearsal they are photographs like others: that they stay out shows that none of them is tried again.
    let (again, summary) = ingest_in_workers(home.path(), None);
    assert_eq!((again, summary["unchanged"].as_u64()), (rejected, Some(6)));
}

/// HEIC, AVIF and JPEG XL, upright and turned, and JPEGs of which one is decoded by threads.
#[test]
fn workers_make_what_the_program_makes_by_itself() {
    let home = tempfile::tempdir().unwrap();
    let photographs = home.path().join("photographs");
    fs::create_dir(&photographs).unwrap();
    for folder in ["heif", "jxl"] {
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(folder)).unwrap() {
            let name = entry.unwrap().file_name().to_string_lossy().into_owned();
            fs::write(photographs.join(&name), fixture(&format!("{folder}/{name}"))).unwrap();
        }
    }
    let large = picture(1600, 1200, 3);
    fs::write(photographs.join("large.jpg"), jpeg(&large, None)).unwrap();
    let mut progressive = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut progressive, 90);
    encoder.set_progressive(true);
    encoder.encode(picture(1600, 1200, 4).as_raw(), 1600, 1200, jpeg_encoder::ColorType::Rgb).unwrap();
    fs::write(photographs.join("progressive.jpg"), &progressive).unwrap();
    fs::write(photographs.join("broken.jpg"), &progressive[..200]).unwrap();

    let (mut rejected, summary) = ingest_in_workers(home.path(), None);
    let alone = tempfile::tempdir().unwrap();
    let told = ingest(&photographs, alone.path()).summary;
    let name = |path: &str| Path::new(path).file_name().unwrap().to_string_lossy().into_owned();
    let mut rejected_alone: Vec<_> = told.rejected.iter().map(|file| (name(&file.path), file.reason.clone())).collect();
    rejected.sort();
    rejected_alone.sort();
    assert_eq!((rejected, summary["added"].as_u64()), (rejected_alone, Some(told.added as u64)));
    assert!(told.added > 10, "{told:?}");
    for file in ["tiles.bin", "floors.bin", "review.txt"] {
        let bytes = |dir: &Path| fs::read(dir.join(file)).unwrap();
        assert!(bytes(&home.path().join("library")) == bytes(alone.path()), "{file} is the same");
    }
}

/// A worker that hangs ends with its parent, also where that is killed.
#[cfg(target_os = "linux")]
#[test]
fn no_worker_outlives_its_parent() {
    let home = tempfile::tempdir().unwrap();
    let photographs = home.path().join("photographs");
    fs::create_dir(&photographs).unwrap();
    fs::write(photographs.join("hangs.jpg"), rehearsal("hang", 1)).unwrap();
    let mut command = millions(home.path());
    command.args(["ingest", "--library", "library", "photographs"]).env(REHEARSAL, "600");
    let mut parent = command.current_dir(home.path()).stderr(Stdio::null()).spawn().unwrap();
    let is_of = |parent: u32, process: &Path| {
        let status = fs::read_to_string(process.join("status")).unwrap_or_default();
        status.lines().any(|line| line.split_whitespace().eq(["PPid:", parent.to_string().as_str()]))
    };
    let until = Instant::now() + Duration::from_secs(20);
    let worker = loop {
        let mut processes = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
        if let Some(worker) = processes.find(|process| is_of(parent.id(), process)) {
            break worker;
        }
        assert!(Instant::now() < until, "a worker is started");
        std::thread::sleep(Duration::from_millis(10));
    };
    // It has begun.
    std::thread::sleep(Duration::from_millis(500));
    assert!(worker.exists());
    parent.kill().unwrap();
    parent.wait().unwrap();
    // Gone, or a zombie that nobody has taken note of.
    let is_running = || {
        let status = fs::read_to_string(worker.join("status")).unwrap_or_default();
        status.lines().any(|line| line.starts_with("State:") && !line.contains('Z'))
    };
    let until = Instant::now() + Duration::from_secs(5);
    while is_running() {
        assert!(Instant::now() < until, "the worker ends with its parent");
        std::thread::sleep(Duration::from_millis(10));
    }
}
