//! The main job, whole: photographs become a library, and the library a wall that moves.
//!
//! The photographs are those in the folder that MILLIONS_PHOTOGRAPHS names, or of invented people without one.

use std::path::PathBuf;

use crate::program::{Picture, done, run_args};

const INVENTED: usize = 80;

#[test]
fn photographs_become_a_moving_wall() {
    let temporary = tempfile::tempdir().unwrap();
    let home = temporary.path();
    let photographs = std::env::var_os("MILLIONS_PHOTOGRAPHS").map(PathBuf::from);
    let folder = photographs.unwrap_or_else(|| {
        done(home, &format!("demo --count {INVENTED} --out crowd"));
        home.join("crowd")
    });
    let ingest = run_args(home, &["ingest", folder.to_str().unwrap(), "--library", "library", "--json"]);
    assert_eq!(ingest.code, Some(0), "{ingest:#?}");
    let summary: serde_json::Value = serde_json::from_str(&ingest.out).unwrap();
    let count = |key: &str| summary[key].as_u64().unwrap();
    let rejected = summary["rejected"].as_array().unwrap();
    assert_eq!(
        count("found"),
        count("added") + count("duplicates") + rejected.len() as u64,
        "nobody is lost: {summary}"
    );
    assert_eq!(count("portraits") + count("copies"), count("added"), "{summary}");
    assert!(count("portraits") > 0 && rejected.len() * 10 <= count("found") as usize, "{summary}");
    println!("{}: {} found, {} on the wall", folder.display(), count("found"), count("portraits"));

    for scene in ["slow", "faces"] {
        let pictures = ["10s", "14s"].map(|at| {
            let path = format!("{scene}-{at}.png");
            done(home, &format!("render --library library --scene {scene} --at {at} --size 1280x720 --out {path}"));
            let picture = Picture::read(&home.join(path));
            assert_eq!((picture.width, picture.height), (1280, 720));
            picture.assert_grey_wall();
            picture
        });
        let moved = pictures[0].difference(&pictures[1]);
        assert!(moved > 2.0, "{scene}: four seconds change the picture by {moved} of 255");
    }
}
