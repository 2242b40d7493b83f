//! Two programs and one library: who reads it follows what the other does, at once, and never shows one person in the place
//! of another; a library whose folder is deleted under a running wall.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::photographs::*;
use millions_library::{Follow, Ingest, IngestEvent, IngestOptions, Library};
use millions_wall::tile::{PortraitNumber, TileSource as _};

/// Waits until a condition holds.
fn wait_for(what: &str, within: Duration, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < within, "{what} takes longer than {within:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

const SOON: Duration = Duration::from_secs(20);

fn tile(library: &Library, number: PortraitNumber) -> Option<Vec<u8>> {
    let mut tile = vec![0; library.layout().stride()];
    library.read_tile(number, &mut tile).ok().map(|()| tile)
}

/// The tiles of a library by the hashes of the photographs.
fn tiles(dir: &Path) -> HashMap<[u8; 32], Vec<u8>> {
    let library = Library::open(dir).unwrap();
    let tile = |number| (library.portrait(number).unwrap().hash, tile(&library, number).unwrap());
    library.portraits().into_iter().map(tile).collect()
}

fn library_command(args: &[&str], dir: &Path) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_millions"));
    let output = command.arg("library").args(args).arg("--library").arg(dir).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Applies events to a set of numbers, as a wall does.
fn apply(shown: &mut Vec<PortraitNumber>, event: IngestEvent) {
    let add = |shown: &mut Vec<PortraitNumber>, number| {
        assert!(!shown.contains(&number), "{number} is added twice");
        shown.push(number);
    };
    match event {
        IngestEvent::Removed(numbers) => shown.retain(|number| !numbers.contains(number)),
        IngestEvent::Added(numbers) => numbers.into_iter().for_each(|number| add(shown, number)),
        IngestEvent::Replaced(pairs) => {
            for (old, new) in pairs {
                shown.retain(|number| *number != old);
                add(shown, new);
            }
        }
        IngestEvent::Rejected { path, reason } => panic!("{}: {reason}", path.display()),
        _ => {}
    }
}

#[test]
fn a_reader_follows_and_shows_nobody_as_another() {
    let (files, dir) = (folder_of(6, 60), tempfile::tempdir().unwrap());
    let spare = folder_of(30, 60);
    ingest(files.path(), dir.path());
    let follow = Follow::start(dir.path()).unwrap();
    assert!(matches!(follow.events.recv().unwrap(), IngestEvent::Finished(Ok(summary)) if summary.portraits == 6));
    let mut shown = follow.library.portraits();
    let mut expected = tiles(dir.path());
    // In each round one leaves and one comes, who gets the number of an earlier one.
    for round in 6..16 {
        let leaver = files.path().join(format!("{:04}.jpg", round - 6));
        fs::remove_file(&leaver).unwrap();
        fs::copy(spare.path().join(format!("{round:04}.jpg")), files.path().join(format!("{round:04}.jpg"))).unwrap();
        if round % 3 == 0 {
            // Before the ingest: the number is free at its start.
            fs::rename(files.path().join(format!("{round:04}.jpg")), files.path().join("later")).unwrap();
            ingest(files.path(), dir.path());
            fs::rename(files.path().join("later"), files.path().join(format!("{round:04}.jpg"))).unwrap();
        }
        ingest(files.path(), dir.path());
        let now = tiles(dir.path());
        expected.extend(now.clone());
        let is_current = || {
            let library = &follow.library;
            for number in library.portraits() {
                let Some(before) = library.portrait(number) else { continue };
                let tile = tile(library, number);
                let is_same = library.portrait(number).is_some_and(|after| after.hash == before.hash);
                assert!(!is_same || tile.is_none_or(|tile| tile == expected[&before.hash]), "another's face");
            }
            let known = library.portraits().into_iter().filter_map(|number| Some(library.portrait(number)?.hash));
            let known: Vec<_> = known.collect();
            known.len() == now.len() && known.iter().all(|hash| now.contains_key(hash))
        };
        let started = Instant::now();
        while !is_current() {
            assert!(started.elapsed() < SOON);
            follow.events.try_iter().for_each(|event| apply(&mut shown, event));
        }
        std::thread::sleep(Duration::from_millis(50));
        follow.events.try_iter().for_each(|event| apply(&mut shown, event));
        shown.sort_unstable();
        assert_eq!(shown, follow.library.portraits());
    }
    let last = follow.library.portraits().last().copied().unwrap();
    assert!(last < 10, "numbers are given out again: {last}");
}

#[test]
fn a_takedown_reaches_all_who_read_the_library() {
    let (files, dir) = (folder_of(5, 60), tempfile::tempdir().unwrap());
    ingest(files.path(), dir.path());
    let follow = Follow::start(dir.path()).unwrap();
    let library = &follow.library;
    library_command(&["remove", "0002.jpg"], dir.path());
    wait_for("a removal", Duration::from_secs(1), || library.len() == 4);
    library_command(&["restore", files.path().join("0002.jpg").to_str().unwrap()], dir.path());
    ingest(files.path(), dir.path());
    wait_for("a restoration", SOON, || library.len() == 5);
    // Hidden here, and for all others.
    let second = Follow::start(dir.path()).unwrap();
    library.hide(3).unwrap();
    assert_eq!(library.len(), 4);
    wait_for("a hiding", Duration::from_secs(1), || second.library.len() == 4);
    ingest(files.path(), dir.path());
    assert_eq!(Library::open(dir.path()).unwrap().portraits(), library.portraits());
    // A list from another laptop.
    let list = files.path().join("list.txt");
    let hash = library.portrait(0).unwrap().hash;
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    fs::write(&list, format!("removed 2026-01-01T00:00:00Z {hash} -\n")).unwrap();
    library_command(&["removals", "import", list.to_str().unwrap()], dir.path());
    wait_for("a list", Duration::from_secs(1), || library.len() == 3 && second.library.len() == 3);
}

#[test]
fn a_library_that_is_made_again_is_followed() {
    let (files, dir) = (folder_of(5, 60), tempfile::tempdir().unwrap());
    let place = dir.path().join("library");
    ingest(files.path(), &place);
    let follow = Follow::start(&place).unwrap();
    let tiles_then = tiles(&place);
    fs::remove_dir_all(&place).unwrap();
    // What is gone from the disk plays on.
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(follow.library.len(), 5);
    assert!(follow.library.portraits().into_iter().all(|number| tile(&follow.library, number).is_some()));
    fs::remove_file(files.path().join("0001.jpg")).unwrap();
    ingest(files.path(), &place);
    wait_for("a library made again", SOON, || follow.library.len() == 4);
    for number in follow.library.portraits() {
        let hash = follow.library.portrait(number).unwrap().hash;
        assert_eq!(tile(&follow.library, number).as_ref(), tiles_then.get(&hash));
    }
}

#[test]
fn a_library_deleted_under_a_running_ingest_is_made_again() {
    let (files, dir) = (folder_of(5, 60), tempfile::tempdir().unwrap());
    let place = dir.path().join("library");
    let running = Ingest::start(&[files.path().into()], &place, IngestOptions { watch: true, ..SMALL }).unwrap();
    let library = &running.library;
    wait_for("the first round", SOON, || library.len() == 5);
    library.hide(4).unwrap();
    // Until it has been brought in; where the machine is slow, the ingest may still be writing a
    // file into the folder that is deleted, and the folder is then not empty.
    std::thread::sleep(Duration::from_millis(500));
    wait_for("the deletion", SOON, || fs::remove_dir_all(&place).is_ok());
    // Who leaves leaves at once, and a newcomer comes.
    let started = Instant::now();
    fs::remove_file(files.path().join("0002.jpg")).unwrap();
    fs::copy(folder_of(9, 60).path().join("0008.jpg"), files.path().join("0008.jpg")).unwrap();
    let hash_of = |name: &str| *blake3::hash(&fs::read(files.path().join(name)).unwrap()).as_bytes();
    let has = |library: &Library, hash| {
        library.portraits().into_iter().any(|number| library.portrait(number).is_some_and(|p| p.hash == hash))
    };
    let newcomer = hash_of("0008.jpg");
    wait_for("the newcomer", SOON, || has(library, newcomer));
    assert_eq!(library.len(), 4, "after {:?}", started.elapsed());
    wait_for("the library on the disk", SOON, || Library::open(&place).is_ok_and(|on_disk| on_disk.len() == 4));
    let on_disk = Library::open(&place).unwrap();
    assert!(on_disk.verify().unwrap().is_empty());
    for number in library.portraits() {
        assert!(tile(library, number).is_some() && tile(&on_disk, number) == tile(library, number));
    }
    assert!(place.join("removals.txt").exists(), "who was hidden stays hidden");
}
