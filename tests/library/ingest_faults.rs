//! The library under attack: kills, cut and changed bytes, full disks, two writers.
#![cfg(unix)]

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::photographs::*;
use millions_library::{Edit, Ingest, Library, LibraryError, LibraryWriter, NewPortrait};
use millions_wall::tile::{TileLayout, TileSource};
use millions_wall::tone::ToneFigures;

fn command(folder: &Path, dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_millions"));
    command.arg("ingest").arg(folder).arg("--library").arg(dir).arg("--json");
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn tiles_by_hash(library: &Library) -> HashMap<[u8; 32], Vec<u8>> {
    library
        .all_portraits()
        .into_iter()
        .map(|number| {
            let mut tile = vec![0; library.layout().stride()];
            library.read_tile(number, &mut tile).unwrap();
            (library.portrait(number).unwrap().hash, tile)
        })
        .collect()
}

#[test]
fn a_kill_at_any_moment_loses_nothing_that_was_committed() {
    let files = folder_of(90, 360);
    let whole = tempfile::tempdir().unwrap();
    let started = std::time::Instant::now();
    assert!(command(files.path(), whole.path()).status().unwrap().success());
    let duration = started.elapsed();
    let expected = tiles_by_hash(&Library::open(whole.path()).unwrap());
    assert_eq!(expected.len(), 90);

    let (mut partial, mut random) = (0, 12_345u32);
    let mut dir = tempfile::tempdir().unwrap();
    let mut kept = 0;
    for _ in 0..20 {
        let mut child = command(files.path(), dir.path()).spawn().unwrap();
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        std::thread::sleep(duration.mul_f64(f64::from(random >> 16) / 65_536.0 * 0.9));
        child.kill().unwrap();
        child.wait().unwrap();
        match Library::open(dir.path()) {
            Ok(library) => {
                let now = tiles_by_hash(&library);
                assert!(now.len() >= kept, "{} portraits of {kept} are left", now.len());
                for (hash, tile) in &now {
                    assert!(expected[hash] == *tile, "a committed tile is not what was written");
                }
                kept = now.len();
                partial += usize::from(kept > 0 && kept < 90);
            }
            Err(LibraryError::Missing { .. }) => assert_eq!(kept, 0),
            Err(error) => panic!("{error}"),
        }
        if kept == 90 {
            dir = tempfile::tempdir().unwrap();
            kept = 0;
        }
    }
    assert!(partial > 0, "no kill came in the middle");
    let told = ingest_with(&[files.path()], dir.path(), millions_library::IngestOptions::default());
    assert_eq!((told.summary.portraits + told.summary.copies, told.summary.unchanged), (90, kept));
}

/// Adds portraits with the given names, in one commit.
fn commit(writer: &mut LibraryWriter, names: std::ops::Range<u8>) {
    let layout = writer.library().layout().clone();
    for name in names {
        let number = writer
            .add(NewPortrait {
                detections: Default::default(),
                hash: [name; 32],
                edit: Edit::default(),
                source: None,
                tone: ToneFigures { mid: name, ..ToneFigures::default() },
                tile: vec![name; layout.stride()],
                floor: vec![name; TileLayout::floor().stride()],
            })
            .unwrap();
        assert_eq!(number, u32::from(name));
    }
    writer.commit().unwrap();
}

/// A library of three commits of three portraits each; returns the log after each.
fn three_commits(dir: &Path) -> [Vec<u8>; 3] {
    let mut writer = LibraryWriter::create_or_open(dir, 32, 0.8).unwrap();
    [0u8, 3, 6].map(|first| {
        commit(&mut writer, first..first + 3);
        fs::read(dir.join("index.log")).unwrap()
    })
}

/// Checks that so many portraits are there, from the first on, and are what was written.
fn assert_whole(library: &Library, count: usize) {
    assert_eq!(library.portraits(), (0..count as u32).collect::<Vec<_>>());
    assert_sound(library);
}

fn assert_sound(library: &Library) {
    let used = [library.layout().prefix_bytes(32), TileLayout::floor().prefix_bytes(16)];
    for number in library.portraits() {
        let mut tile = vec![0; library.layout().stride()];
        library.read_tile(number, &mut tile).unwrap();
        assert!(tile[..used[0]].iter().all(|byte| u32::from(*byte) == number));
        assert_eq!(library.portrait(number).unwrap().tone.mid, number as u8);
        let mut floor = [0; 256];
        library.read_floors(number, &mut floor).unwrap();
        assert!(floor[..used[1]].iter().all(|byte| u32::from(*byte) == number));
    }
}

#[test]
fn a_commit_cut_at_any_byte_leaves_those_before() {
    let dir = tempfile::tempdir().unwrap();
    let [first, second, third] = three_commits(dir.path());
    let log = dir.path().join("index.log");
    for length in second.len()..=third.len() {
        // The head is written after the commit.
        fs::write(&log, [&second[..28], &third[28..length]].concat()).unwrap();
        let library = Library::open(dir.path()).unwrap();
        assert_whole(&library, if length == third.len() { 9 } else { 6 });
        assert!(!library.is_damaged());
        let is_torn = length != second.len() && length != third.len();
        assert_eq!(library.remarks().len(), usize::from(is_torn), "cut at {length}");
    }
    // What was torn is cut off, and the next commit stands where it stood.
    fs::write(&log, [&second[..28], &third[28..third.len() - 1]].concat()).unwrap();
    let mut writer = LibraryWriter::create_or_open(dir.path(), 32, 0.8).unwrap();
    commit(&mut writer, 6..9);
    drop(writer);
    assert_eq!(fs::read(&log).unwrap(), third);
    // Zeros and leavings behind the last commit, as file systems leave them after a power cut.
    for tail in [vec![0; 5000], b"MLF3".repeat(300), third[second.len()..third.len() - 2].to_vec()] {
        fs::write(&log, [&third[..], &tail].concat()).unwrap();
        assert_whole(&Library::open(dir.path()).unwrap(), 9);
    }
    // A log that is shorter than it was is no torn commit.
    for length in 0..third.len() {
        fs::write(&log, &third[..length]).unwrap();
        let library = Library::open(dir.path()).unwrap();
        assert!(library.is_damaged() && library.remarks().len() == 1, "cut at {length}");
        assert_whole(&library, 3 * [&first, &second].iter().filter(|log| log.len() <= length).count());
    }
}

#[test]
fn a_changed_bit_is_told_and_costs_at_most_its_commit() {
    let dir = tempfile::tempdir().unwrap();
    let [_, _, log] = three_commits(dir.path());
    for (name, bytes) in [("index.log", log), ("millions-library.toml", Vec::new())] {
        let path = dir.path().join(name);
        let bytes = if bytes.is_empty() { fs::read(&path).unwrap() } else { bytes };
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1 << (place % 8);
            fs::write(&path, &changed).unwrap();
            let library = match Library::open(dir.path()) {
                Ok(library) => library,
                Err(LibraryError::Format { .. }) if name != "index.log" => continue,
                Err(error) => panic!("{error}"),
            };
            if name == "index.log" {
                assert!(library.is_damaged() && !library.remarks().is_empty(), "{place}");
                // A portrait, or the commit that it is in.
                let left = if place < 28 { 9..10 } else { 6..9 };
                assert!(left.contains(&library.len()), "{place}: {}", library.len());
                assert_sound(&library);
            } else {
                assert_whole(&library, 9);
            }
        }
        fs::write(&path, &bytes).unwrap();
    }
    // Tiles of other people, by another header or another library's files, are not read.
    let other = tempfile::tempdir().unwrap();
    let mut writer = LibraryWriter::create_or_open(other.path(), 32, 0.8).unwrap();
    commit(&mut writer, 0..9);
    drop(writer);
    let tiles = fs::read(other.path().join("tiles.bin")).unwrap();
    let record = tiles.len() / 9;
    fs::write(dir.path().join("tiles.bin"), [&tiles[record..], &tiles[..record]].concat()).unwrap();
    let library = Library::open(dir.path()).unwrap();
    for number in library.portraits() {
        assert!(library.read_tile(number, &mut vec![0; library.layout().stride()]).is_err());
    }
    assert_eq!(library.verify().unwrap().len(), 9);
}

#[test]
fn what_is_damaged_is_made_again_and_nobody_comes_back() {
    let files = folder_of(12, 60);
    fs::write(files.path().join("people.csv"), "file,hidden\n0003.jpg,x\n").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let whole = ingest(files.path(), dir.path()).summary;
    assert_eq!((whole.portraits, whole.hidden), (11, 1));
    let hidden = blake3::hash(&fs::read(files.path().join("0003.jpg")).unwrap());
    let names = ["index.log", "tiles.bin", "floors.bin", "millions-library.toml"];
    let sound: Vec<Vec<u8>> = names.iter().map(|name| fs::read(dir.path().join(name)).unwrap()).collect();
    let mut random = 7u32;
    for round in 0..60 {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (name, bytes) = (names[round % 4], &sound[round % 4]);
        let place = (random >> 8) as usize % bytes.len();
        let mut changed = bytes.clone();
        if round % 3 == 0 {
            changed.truncate(place);
        } else {
            changed[place] ^= 1 << (random & 7);
        }
        fs::write(dir.path().join(name), changed).unwrap();
        if let Ok(library) = Library::open(dir.path()) {
            let shown = library.portraits().into_iter().map(|number| library.portrait(number).unwrap().hash);
            assert!(shown.into_iter().all(|hash| hash != *hidden.as_bytes()), "{name} at {place}");
            let damaged = library.verify().unwrap();
            drop(library);
            LibraryWriter::open(dir.path()).unwrap().remove_damaged(&damaged).unwrap();
        }
        let again = ingest(files.path(), dir.path()).summary;
        assert_eq!((again.portraits, again.hidden), (11, 1), "{name} at {place}");
        let library = Library::open(dir.path()).unwrap();
        assert!(library.verify().unwrap().is_empty() && library.remarks().is_empty(), "{:?}", library.remarks());
        names.iter().zip(&sound).for_each(|(name, bytes)| fs::write(dir.path().join(name), bytes).unwrap());
    }
}

#[test]
fn a_full_disk_is_an_error_and_what_was_committed_stays() {
    let files = folder_of(40, 200);
    let dir = tempfile::tempdir().unwrap();
    let few = tempfile::tempdir().unwrap();
    for name in ["0000.jpg", "0001.jpg", "0002.jpg"] {
        fs::copy(files.path().join(name), few.path().join(name)).unwrap();
    }
    assert!(command(few.path(), dir.path()).status().unwrap().success());
    let before = tiles_by_hash(&Library::open(dir.path()).unwrap());
    // Files may have 1 MB: 14 tiles. The signal that says so is ignored, so that the write fails instead.
    let output = Command::new("sh")
        .arg("-c")
        .arg("trap '' XFSZ; ulimit -f 1000; exec \"$0\" ingest \"$1\" --library \"$2\"")
        .arg(env!("CARGO_BIN_EXE_millions"))
        .args([files.path(), dir.path()])
        .output()
        .unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("make room") && message.contains("tiles.bin"), "{message}");
    let after = tiles_by_hash(&Library::open(dir.path()).unwrap());
    assert!(before.iter().all(|(hash, tile)| after.get(hash) == Some(tile)));
    let told = ingest_with(&[files.path()], dir.path(), millions_library::IngestOptions::default());
    assert_eq!((told.summary.rejected.len(), told.summary.portraits), (0, 40));
}

#[test]
fn a_second_writer_is_refused_and_readers_are_not() {
    let dir = tempfile::tempdir().unwrap();
    three_commits(dir.path());
    let mut writer = LibraryWriter::create_or_open(dir.path(), 32, 0.8).unwrap();
    assert!(matches!(LibraryWriter::create_or_open(dir.path(), 32, 0.8), Err(LibraryError::Busy { .. })));
    let files = folder_of(1, 30);
    let busy = Ingest::start(&[files.path().into()], dir.path(), SMALL);
    assert!(matches!(busy, Err(LibraryError::Busy { .. })), "even where it would be made again: {busy:?}");
    let reader = Library::open(dir.path()).unwrap();
    commit(&mut writer, 9..12);
    assert_whole(&reader, 9);
    assert_whole(&writer.library(), 12);
    assert_whole(&Library::open(dir.path()).unwrap(), 12);
    drop(writer);
    assert!(matches!(
        LibraryWriter::create_or_open(dir.path(), 64, 0.8),
        Err(LibraryError::Shape { side: 32, wanted_side: 64, .. })
    ));
}

#[test]
fn people_whose_photographs_are_elsewhere_stay_whatever_tiles_are_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    three_commits(dir.path());
    let before = Library::open(dir.path()).unwrap().len();
    let files = folder_of(2, 30);
    let refused = command(files.path(), dir.path()).args(["--tile", "64"]).stderr(Stdio::piped()).output().unwrap();
    let message = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{message}");
    assert!(message.contains("tiles of 32 texels") && message.contains("another folder"), "{message}");
    assert_eq!(Library::open(dir.path()).unwrap().len(), before);
    assert!(command(files.path(), dir.path()).status().unwrap().success(), "without a word about tiles");
    let after = Library::open(dir.path()).unwrap();
    assert_eq!((after.len(), after.layout().side()), (before + 2, 32));
}

#[test]
fn a_dropped_ingest_stops_soon_and_keeps_what_it_has() {
    let files = folder_of(60, 600);
    let dir = tempfile::tempdir().unwrap();
    let ingest = Ingest::start(&[files.path().into()], dir.path(), SMALL).unwrap();
    std::thread::sleep(Duration::from_millis(60));
    drop(ingest);
    let some = Library::open(dir.path()).unwrap().len();
    let told = crate::photographs::ingest(files.path(), dir.path());
    assert_eq!((told.summary.portraits, told.summary.unchanged), (60, some));
}

#[test]
fn a_log_that_has_grown_is_written_anew() {
    let dir = tempfile::tempdir().unwrap();
    let files = folder_of(2, 30);
    ingest(files.path(), dir.path());
    let length = || fs::metadata(dir.path().join("index.log")).unwrap().len();
    let small = length();
    for round in 0..40 {
        let junk: Vec<_> = (0..20).map(|n| files.path().join(format!("{round}-{n}.txt"))).collect();
        junk.iter().for_each(|path| fs::write(path, "junk").unwrap());
        ingest(files.path(), dir.path());
        junk.iter().for_each(|path| fs::remove_file(path).unwrap());
        ingest(files.path(), dir.path());
    }
    assert!(length() < small * 250, "{} after {small}", length());
    let told = ingest(files.path(), dir.path());
    assert_eq!((told.summary.unchanged, told.summary.portraits), (2, 2));
}
