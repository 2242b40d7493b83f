//! One person once: copies of a photograph are dealt as one, the best of them shown; different people never are.

use std::fs;

use image::RgbImage;
use millions_library::{Library, Limits, Thumbnail};

use crate::photographs::photos;
use crate::takedown::{Wall, copies, jpeg_at, person};
use proptest::test_runner::{Config, TestRunner};
use proptest::{prop_assert, prop_assert_eq};

/// What messengers and programs make of a photograph, in a folder of its own; the photograph itself is `original.jpg`.
fn write_copies(wall: &Wall, folder: &str, seed: u32) {
    let picture = person(seed);
    wall.write(&format!("{folder}/original.jpg"), &jpeg_at(&picture, 92));
    for (name, bytes) in copies(&picture) {
        wall.write(&format!("{folder}/{name}"), &bytes);
    }
}

#[test]
fn a_photograph_and_its_copies_are_one_person() {
    let wall = Wall::of(30);
    (100..110).for_each(|seed| write_copies(&wall, &format!("s{seed}"), seed));
    let told = wall.ingest();
    assert_eq!(told.summary.portraits, 40, "{:?}", told.summary);
    assert_eq!(told.summary.copies, 80);
    // The largest.
    assert_eq!(wall.shown().iter().filter(|name| *name == "large.jpg").count(), 10);
    // Another run changes nothing.
    assert_eq!((wall.ingest().summary.portraits, wall.shown().len()), (40, 40));
    // The next best takes the place of one that is gone, until none is left.
    for left in (0..9).rev() {
        let files: Vec<_> = fs::read_dir(wall.path("s100")).unwrap().map(|entry| entry.unwrap().path()).collect();
        let library = Library::open(wall.dir.path()).unwrap();
        let shown = library.portraits().into_iter().find_map(|number| {
            let sources = library.portrait(number).unwrap().sources;
            files.iter().find(|file| sources.contains(&fs::canonicalize(file).unwrap()))
        });
        fs::remove_file(shown.expect("one of them is shown")).unwrap();
        assert_eq!(wall.ingest().summary.portraits, if left == 0 { 39 } else { 40 }, "{left} left");
    }
}

#[test]
fn what_people_write_counts_more_than_what_looks_the_same() {
    let wall = Wall::new();
    write_copies(&wall, "s", 7);
    // A row of any copy describes the person, and hides them.
    wall.sheet("file,name\ns/q60.jpeg,Ada\n");
    assert_eq!(wall.ingest().summary.portraits, 1);
    let (_, text) = wall.command(&["show", "large.jpg"]);
    assert!(text.contains("name: Ada"), "{text}");
    // Two people by their names, in pictures that look the same.
    wall.sheet("file,name\ns/q60.jpeg,Ada\ns/half.jpg,Bo\n");
    let told = wall.ingest();
    assert_eq!(told.summary.portraits, 2, "{:?}", told.summary);
    // One that is said to be no copy, and one that is said to be one.
    wall.write("other.jpg", &jpeg_at(&person(8), 80));
    wall.sheet("file,copy\ns/q30.jpg,no\nother.jpg,yes\n");
    let told = wall.ingest();
    let mut shown = wall.shown();
    shown.sort();
    assert_eq!((shown, told.summary.copies), (vec!["large.jpg".to_owned(), "q30.jpg".to_owned()], 8));
    wall.sheet("file,hidden\ns/mirrored.jpg,x\n");
    assert_eq!(wall.ingest().summary.portraits, 1, "only the other one is left");
    assert_eq!(wall.shown(), ["other.jpg"]);
}

/// A copy of a copy that does not look like the first: whoever is hidden or removed stays so, whichever of them is gone.
#[test]
fn a_decision_about_one_copy_is_one_about_all() {
    let wall = Wall::of(2);
    write_copies(&wall, "s", 9);
    wall.ingest();
    let library = Library::open(wall.dir.path()).unwrap();
    let members: Vec<_> = library.all_portraits().into_iter().filter_map(|number| library.portrait(number)).collect();
    let shown = members.iter().find(|member| members.iter().any(|copy| copy.copy_of == Some(member.number))).unwrap();
    let group = |library: &Library| {
        let all = library.all_portraits().into_iter().filter_map(|number| library.portrait(number));
        all.filter(|member| member.number == shown.number || member.copy_of == Some(shown.number)).count()
    };
    assert_eq!(group(&library), 9);
    // A decision that is known by the bytes of one alone, as an older list has it.
    let hash: String = shown.hash.iter().map(|byte| format!("{byte:02x}")).collect();
    fs::write(wall.dir.path().join("removals.txt"), format!("hidden 2026-01-01T00:00:00Z {hash} -\n")).unwrap();
    drop(library);
    assert_eq!(wall.ingest().summary.portraits, 2);
    fs::remove_file(&shown.sources[0]).unwrap();
    let told = wall.ingest();
    assert_eq!((told.summary.portraits, told.summary.hidden), (2, 8), "{:?}", told.summary);
}

/// Whatever comes and goes in whatever order: of each person with a photograph in the folder one is shown, of nobody two.
#[test]
fn of_each_person_one_portrait_is_shown() {
    let mut runner = TestRunner::new(Config { cases: 12, failure_persistence: None, ..Config::default() });
    let pictures: Vec<Vec<(&str, Vec<u8>)>> = (0..4).map(|seed| copies(&person(seed + 40))).collect();
    let steps = proptest::collection::vec((0..4_usize, 0..8_usize, proptest::bool::weighted(0.6)), 1..30);
    runner
        .run(&steps, |steps| {
            let wall = Wall::new();
            wall.write("nobody.txt", b"");
            for steps in steps.chunks(4) {
                for (who, copy, comes) in steps {
                    let (name, bytes) = &pictures[*who][*copy];
                    let name = format!("p{who}-{name}");
                    if *comes {
                        wall.write(&name, bytes);
                    } else {
                        let _ = fs::remove_file(wall.path(&name));
                    }
                }
                let files: Vec<String> = fs::read_dir(wall.path(""))
                    .unwrap()
                    .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
                    .collect();
                let who_is_there = (0..4).filter(|who| files.iter().any(|name| name.starts_with(&format!("p{who}-"))));
                let expected: Vec<String> = who_is_there.map(|who| format!("p{who}")).collect();
                if expected.is_empty() {
                    continue;
                }
                wall.ingest();
                let shown: Vec<String> = wall.shown().iter().map(|name| name[..2].to_owned()).collect();
                prop_assert_eq!(&shown, &expected);
                prop_assert!(shown.len() <= 4);
            }
            Ok(())
        })
        .unwrap();
}

/// The held portraits and copies of some of them: prints and checks how many are joined.
#[test]
fn copies_of_portraits_are_dealt_as_one_and_strangers_are_not() {
    let Some(photos) = photos() else { return };
    let wall = Wall::new();
    let mut files = Vec::new();
    for folder in fs::read_dir(photos.join("portraits")).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
        files.extend(fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()));
    }
    files.sort();
    for (index, file) in files.iter().enumerate() {
        let extension = file.extension().unwrap_or_default().to_string_lossy().into_owned();
        fs::copy(file, wall.path(&format!("{index:03}-original.{extension}"))).unwrap();
        if index % 8 != 0 {
            continue;
        }
        let Ok(picture) = Thumbnail::read(file, 1200, Limits::default()) else { continue };
        let [width, height] = picture.size;
        let picture = RgbImage::from_raw(width, height, picture.rgb.into_flattened()).unwrap();
        for (name, bytes) in copies(&picture) {
            wall.write(&format!("{index:03}-{name}"), &bytes);
        }
    }
    let told = wall.ingest();
    let library = Library::open(wall.dir.path()).unwrap();
    let file = |number| {
        let path = library.portrait(number).unwrap().sources[0].clone();
        path.file_name().unwrap().to_string_lossy().into_owned()
    };
    let mut missed: Vec<String> = library.portraits().into_iter().map(file).collect();
    missed.sort();
    let mut people: Vec<&str> = missed.iter().map(|name| &name[..3]).collect();
    people.dedup();
    let twice = missed.len() - people.len();
    let joined: Vec<[String; 2]> = library
        .all_portraits()
        .into_iter()
        .filter_map(|number| Some([number, library.portrait(number)?.copy_of?].map(file)))
        .filter(|[one, other]| one[..3] != other[..3])
        .collect();
    let made = told.summary.found - files.len();
    println!("{twice} of {made} copies of portraits are shown beside their original; strangers joined: {joined:?}");
    assert!(twice * 100 <= made, "{twice} of {made}");
    // In three of the collections the same photograph is there more than once.
    let set = |name: &String| files[name[..3].parse::<usize>().unwrap()].display().to_string();
    let is_known = |pair: &&[String; 2]| {
        ["/18f/", "/pif/", "/digitalcorps/"].iter().any(|folder| pair.iter().all(|name| set(name).contains(folder)))
    };
    let strangers: Vec<_> = joined.iter().filter(|pair| !is_known(pair)).collect();
    assert!(strangers.is_empty(), "{strangers:?}");
}
