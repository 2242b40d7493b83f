//! Tier 4: crops that are decided by hand while the wall plays.

#![cfg(target_os = "linux")]

use image::{Rgb, RgbImage};
use millions_library::{Library, Portrait};

use crate::desk::{Desk, is_grey_wall};
use crate::program::{done, run};

/// The portrait of a photograph, as another process finds it.
fn portrait(desk: &Desk, name: &str) -> Option<Portrait> {
    let library = Library::open(&desk.home.path().join("library")).ok()?;
    let path = desk.home.path().join("photographs").join(name).canonicalize().unwrap();
    let numbers = library.portraits().into_iter();
    numbers.filter_map(|number| library.portrait(number)).find(|portrait| portrait.sources.contains(&path))
}

#[test]
fn crops_by_hand_are_made_while_the_wall_plays() {
    let desk = Desk::open();
    let home = desk.home.path();
    done(home, "demo --count 6 --out photographs");
    let nobody =
        RgbImage::from_fn(300, 400, |x, y| Rgb([(x * 7 % 200) as u8, (y * 5 % 190) as u8, ((x * y) % 180) as u8]));
    nobody.save(home.join("photographs/nobody.png")).unwrap();
    let play = desk.start("photographs --library library --from 100s");
    play.until("people are on the wall", || {
        (play.log().contains("7 people are on the wall") && is_grey_wall(&desk.window())).then_some(())
    });
    let find = || portrait(&desk, "nobody.png");
    let before = find().unwrap();
    assert!(!before.detections.review_reasons.is_empty(), "there is nobody in it");
    done(home, &format!("ctl accept-crop {}", before.number));
    play.until("it is accepted", || find().filter(|now| now.detections.review_reasons.is_empty()));
    assert_eq!(find().unwrap().number, before.number);
    done(home, &format!("ctl crop {} 0.1 0.1 0.5 0.5", before.number));
    let cropped = play.until("it is cropped", || find().filter(|now| now.edit.crop.is_some()));
    assert_ne!(cropped.number, before.number);
    done(home, &format!("ctl turn {} 90", cropped.number));
    let turned = play.until("it is turned", || find().filter(|now| now.edit.quarter_turns == 1));
    for (wrong, why) in [
        (format!("ctl crop {} 0.1 0.1 0.5 0.5", before.number), "another number"),
        (format!("ctl crop {} 0.6 0 0.5 0.5", turned.number), "parts of the photograph"),
        (format!("ctl crop {} 1 2", turned.number), "left, top, width and height"),
        (format!("ctl turn {} 45", turned.number), "0, 90, 180, 270"),
        ("crops set nobody.png --rect 0,0,2,1 --library library".to_owned(), "parts of the photograph"),
        ("crops accept somebody.png --library library".to_owned(), "there is nobody"),
    ] {
        let run = run(home, &wrong);
        assert!(run.code != Some(0) && run.err.contains(why), "{wrong}: {run:?}");
    }
    // From another process, without a command to the wall.
    let run = done(home, "crops reset nobody.png --library library");
    assert!(run.out.contains("left to the spreadsheet and the program: "), "{run:?}");
    play.until("all is as it was", || find().filter(|now| now.edit.is_none()));
    assert!(!find().unwrap().detections.review_reasons.is_empty(), "and to be looked at again");
    assert!(is_grey_wall(&desk.window()));
    play.quits();
    // Without a wall, with the next ingest.
    let run = done(home, "crops set nobody.png --rect 0.2,0,0.5,0.5 --turn 180 --library library");
    assert!(run.out.contains("next ingest"), "{run:?}");
    done(home, "ingest photographs --library library");
    assert_eq!(find().unwrap().edit.quarter_turns, 2);
}
