//! Crops that were decided by hand: made anew, kept in a library made again, against the spreadsheet, without the photograph.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::photographs::*;
use crate::takedown::{Wall, jpeg_at, person};
use image::DynamicImage;
use millions_library::{
    CropTakesEffect, Edit, Ingest, IngestEvent, IngestOptions, Library, LibraryError, ManualCrop, ManualCrops, merge,
};
use millions_wall::tile::PortraitNumber;

fn library(wall: &Wall) -> Arc<Library> {
    Library::open(wall.dir.path()).unwrap()
}

fn number(wall: &Wall, name: &str) -> PortraitNumber {
    of(&library(wall), &wall.path(name))
}

fn edit(wall: &Wall, name: &str) -> Edit {
    library(wall).portrait(number(wall, name)).unwrap().edit
}

fn decide(wall: &Wall, name: &str, crop: Option<ManualCrop>) -> CropTakesEffect {
    library(wall).decide_crop(number(wall, name), crop).unwrap()
}

fn is_doubtful(wall: &Wall, name: &str) -> bool {
    !library(wall).portrait(number(wall, name)).unwrap().detections.review_reasons.is_empty()
}

/// How much of the photograph's upper left quarter a tile shows: the mean difference from a tile of that alone.
fn difference_from(wall: &Wall, name: &str, expected: &str) -> f64 {
    let library = library(wall);
    let planes_of = |name: &str| planes(&library, of(&library, &wall.path(name)));
    mean_difference(&planes_of(name), &planes_of(expected))
}

#[test]
fn a_crop_by_hand_is_made_anew_counts_more_than_the_spreadsheet_and_is_taken_back() {
    let wall = Wall::of(2);
    let whole = DynamicImage::from(person(0));
    wall.write("cropped.png", &png(&whole.crop_imm(0, 0, 60, 75), None));
    wall.write("turned.png", &png(&whole.rotate90().crop_imm(15, 0, 96, 120), None));
    wall.sheet("file;crop;copy\np0.jpg;50% 50% 50% 50%;no\ncropped.png;;no\nturned.png;;no\n");
    wall.ingest();
    let by_sheet = edit(&wall, "p0.jpg");
    assert!(by_sheet.crop.is_some());
    let corner = ManualCrop::cropped([0.0, 0.0, 0.5, 0.5], 0).unwrap();
    assert_eq!(decide(&wall, "p0.jpg", Some(corner)), CropTakesEffect::WithNextIngest);
    let before = number(&wall, "p0.jpg");
    let told = wall.ingest();
    assert_eq!((told.removed, told.added.len()), (vec![before], 1), "one portrait takes the other's place");
    assert_ne!(edit(&wall, "p0.jpg"), by_sheet);
    let difference = difference_from(&wall, "p0.jpg", "cropped.png");
    assert!(difference < 3.0, "the corner that was asked for: {difference}");
    // A library that is made again, and the photograph under another name.
    for name in ["millions-library.toml", "index.log"] {
        fs::remove_file(wall.dir.path().join(name)).unwrap();
    }
    fs::rename(wall.path("p0.jpg"), wall.path("renamed.jpg")).unwrap();
    wall.ingest();
    assert!(difference_from(&wall, "renamed.jpg", "cropped.png") < 3.0);
    fs::rename(wall.path("renamed.jpg"), wall.path("p0.jpg")).unwrap();
    assert_eq!(wall.ingest().summary.unchanged, 4, "renamed, it is known and not read again");
    let turned = ManualCrop::cropped([0.1, 0.0, 0.64, 1.0], 90).unwrap();
    decide(&wall, "p0.jpg", Some(turned));
    wall.ingest();
    let difference = difference_from(&wall, "p0.jpg", "turned.png");
    assert!(difference < 3.0, "a crop is of the photograph as it is turned: {difference}");
    decide(&wall, "p0.jpg", None);
    wall.ingest();
    assert_eq!(edit(&wall, "p0.jpg"), by_sheet, "and the spreadsheet's counts again");
    assert!(ManualCrops::load(wall.dir.path()).unwrap().is_empty());
}

#[test]
fn what_is_accepted_is_not_doubtful_any_more_until_that_is_taken_back() {
    let wall = Wall::of(2);
    wall.ingest();
    assert!(is_doubtful(&wall, "p0.jpg") && is_doubtful(&wall, "p1.jpg"), "there is no face in them");
    let before = number(&wall, "p0.jpg");
    assert_eq!(decide(&wall, "p0.jpg", Some(ManualCrop::Accepted)), CropTakesEffect::Soon);
    let review = || fs::read_to_string(wall.dir.path().join("review.txt")).unwrap();
    assert!(!is_doubtful(&wall, "p0.jpg") && is_doubtful(&wall, "p1.jpg"));
    assert!(!review().contains("p0.jpg") && review().contains("p1.jpg"), "{}", review());
    assert_eq!(wall.ingest().summary.review, 1);
    assert_eq!(number(&wall, "p0.jpg"), before, "nothing was made anew");
    // In a library that is made again, and in one that is merged.
    fs::remove_file(wall.dir.path().join("millions-library.toml")).unwrap();
    assert_eq!(wall.ingest().summary.review, 1);
    let merged = tempfile::tempdir().unwrap();
    merge(&[wall.dir.path().to_owned()], merged.path(), |_| ()).unwrap();
    assert_eq!(ingest(wall.files.path(), merged.path()).summary.review, 1);
    // What is turned is to be looked at again, and stays turned when it is accepted.
    decide(&wall, "p0.jpg", Some(ManualCrop::turned(90).unwrap()));
    wall.ingest();
    assert!(is_doubtful(&wall, "p0.jpg"));
    decide(&wall, "p0.jpg", Some(ManualCrop::Accepted));
    wall.ingest();
    assert!(!is_doubtful(&wall, "p0.jpg") && edit(&wall, "p0.jpg").quarter_turns == 1);
    decide(&wall, "p0.jpg", None);
    wall.ingest();
    assert!(is_doubtful(&wall, "p0.jpg") && edit(&wall, "p0.jpg").is_none());
}

#[test]
fn without_its_photograph_nothing_changes_and_who_is_hidden_stays_so() {
    let wall = Wall::of(3);
    wall.ingest();
    let corner = || Some(ManualCrop::cropped([0.0, 0.0, 0.5, 0.5], 0).unwrap());
    let (gone, other, hidden) = (number(&wall, "p0.jpg"), number(&wall, "p1.jpg"), number(&wall, "p2.jpg"));
    fs::remove_file(wall.path("p0.jpg")).unwrap();
    wall.write("p1.jpg", &jpeg_at(&person(9), 85));
    for (portrait, why) in [(gone, "its photograph is gone"), (other, "another now"), (99, "no such portrait")] {
        let error = library(&wall).decide_crop(portrait, corner()).unwrap_err();
        assert!(matches!(error, LibraryError::Crop { .. }) && error.to_string().contains(why), "{error}");
    }
    assert!(!wall.dir.path().join("crops.txt").exists());
    library(&wall).hide(hidden).unwrap();
    library(&wall).decide_crop(hidden, corner()).unwrap();
    wall.ingest();
    assert!(edit(&wall, "p2.jpg").crop.is_some());
    assert_eq!(wall.shown(), ["p1.jpg"], "in another crop, too");
    // Of whom a command removes nothing is kept.
    assert!(wall.command(&["remove", wall.path("p2.jpg").to_str().unwrap()]).0);
    assert!(ManualCrops::load(wall.dir.path()).unwrap().is_empty());
}

#[test]
fn a_running_ingest_follows_and_one_takes_the_place_of_the_other() {
    let wall = Wall::of(2);
    // The same photograph in two files is one portrait, before and after.
    wall.write("again.jpg", &fs::read(wall.path("p0.jpg")).unwrap());
    let options = IngestOptions { watch: true, ..SMALL };
    let ingest = Ingest::start(&[wall.files.path().to_owned()], wall.dir.path(), options).unwrap();
    let until = |what: &str, is_there: &dyn Fn(&IngestEvent) -> bool| {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(60) {
            match ingest.events.recv_timeout(Duration::from_millis(100)) {
                Ok(event) if is_there(&event) => return event,
                _ => {}
            }
        }
        panic!("{what} did not come");
    };
    until("the end of the first round", &|event| matches!(event, IngestEvent::Finished(_)));
    let before = of(&ingest.library, &wall.path("p0.jpg"));
    // As another process does it.
    let other = library(&wall);
    assert_eq!(other.decide_crop(before, Some(ManualCrop::turned(180).unwrap())).unwrap(), CropTakesEffect::Soon);
    let replaced = until("the new portrait", &|event| matches!(event, IngestEvent::Replaced(_)));
    let IngestEvent::Replaced(pairs) = replaced else { unreachable!() };
    let [(old, new)] = pairs[..] else { panic!("{pairs:?}") };
    assert_eq!((old, of(&ingest.library, &wall.path("again.jpg"))), (before, new));
    assert_eq!(ingest.library.portrait(new).unwrap().edit.quarter_turns, 2);
    // What is accepted is so at once, and nobody on the wall changes.
    other.decide_crop(of(&ingest.library, &wall.path("p1.jpg")), Some(ManualCrop::Accepted)).unwrap();
    let began = Instant::now();
    let is_accepted = || {
        let portrait = ingest.library.portrait(of(&ingest.library, &wall.path("p1.jpg"))).unwrap();
        portrait.detections.review_reasons.is_accepted()
    };
    while !is_accepted() {
        assert!(began.elapsed() < Duration::from_secs(60), "it is not accepted");
        std::thread::sleep(Duration::from_millis(20));
    }
}
