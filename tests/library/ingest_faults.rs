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
        .portraits()
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
    let files = folder_of(150, 480);
    let whole = tempfile::tempdir().unwrap();
    let started = std::time::Instant::now();
    assert!(command(files.path(), whole.path()).status().unwrap().success());
    let duration = started.elapsed();
    let expected = tiles_by_hash(&Library::open(whole.path()).unwrap());
    assert_eq!(expected.len(), 150);

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
                partial += usize::from(kept > 0 && kept < 150);
            }
            Err(LibraryError::Missing { .. }) => assert_eq!(kept, 0),
            Err(error) => panic!("{error}"),
        }
        if kept == 150 {
            dir = tempfile::tempdir().unwrap();
            kept = 0;
        }
    }
    assert!(partial > 0, "no kill came in the middle");
    let told = ingest_with(&[files.path()], dir.path(), millions_library::IngestOptions::default());
    assert_eq!((told.summary.portraits, told.summary.unchanged), (150, kept));
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

/// A library of three commits of three portraits each, and the log's length after each.
fn three_commits(dir: &Path) -> [usize; 3] {
    let mut writer = LibraryWriter::create_or_open(dir, 32, 0.8).unwrap();
    [0u8, 3, 6].map(|first| {
        commit(&mut writer, first..first + 3);
        fs::metadata(dir.join("index.log")).unwrap().len() as usize
    })
}

fn assert_whole(library: &Library, count: usize) {
    assert_eq!(library.len(), count);
    for number in 0..count as u32 {
        let mut tile = vec![0; library.layout().stride()];
        library.read_tile(number, &mut tile).unwrap();
        assert!(tile.iter().all(|byte| u32::from(*byte) == number));
        assert_eq!(library.portrait(number).unwrap().tone.mid, number as u8);
        let mut floor = [0; 256];
        library.read_floors(number, &mut floor).unwrap();
        assert!(floor.iter().all(|byte| u32::from(*byte) == number));
    }
}

#[test]
fn a_log_cut_at_any_byte_keeps_its_whole_commits() {
    let dir = tempfile::tempdir().unwrap();
    let ends = three_commits(dir.path());
    let log = dir.path().join("index.log");
    let bytes = fs::read(&log).unwrap();
    for length in ends[0]..=ends[2] {
        fs::write(&log, &bytes[..length]).unwrap();
        let commits = ends.iter().filter(|end| **end <= length).count();
        let library = Library::open(dir.path()).unwrap();
        assert_whole(&library, commits * 3);
        assert_eq!(library.remarks().len(), usize::from(!ends.contains(&length)), "cut at {length}");
    }
    // What was torn is cut off, and the next commit stands where it stood.
    fs::write(&log, &bytes[..ends[2] - 1]).unwrap();
    let mut writer = LibraryWriter::create_or_open(dir.path(), 32, 0.8).unwrap();
    commit(&mut writer, 6..9);
    drop(writer);
    assert_eq!(fs::read(&log).unwrap(), bytes);
    // Zeros and leavings behind the last commit, as file systems leave them after a power cut.
    for tail in [vec![0; 5000], b"MLFR".repeat(300), bytes[ends[1]..ends[2] - 2].to_vec()] {
        fs::write(&log, [&bytes[..], &tail].concat()).unwrap();
        assert_whole(&Library::open(dir.path()).unwrap(), 9);
    }
}

#[test]
fn a_changed_bit_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let ends = three_commits(dir.path());
    let log = dir.path().join("index.log");
    let bytes = fs::read(&log).unwrap();
    for place in 0..ends[2] {
        let mut changed = bytes.clone();
        changed[place] ^= 1 << (place % 8);
        fs::write(&log, &changed).unwrap();
        match Library::open(dir.path()) {
            Err(LibraryError::Damaged { .. }) => assert!(place < ends[1]),
            // The last commit cannot be told from one that was never finished.
            Ok(library) => {
                assert!(place >= ends[1]);
                assert_whole(&library, 6);
            }
            Err(error) => panic!("{error}"),
        }
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
