//! Libraries made in parts and merged: the same as one made in one go, portrait by portrait.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::photographs::*;
use crate::takedown::{copies, jpeg_at, person};
use millions_library::removals::{Decision, Kind, Removals};
use millions_library::{IngestOptions, Library, LibraryError, Person, PhotographHash, merge};
use millions_wall::tile::{TileLayout, TileSource as _};

const PARTS: u32 = 8;

/// What is said of a portrait, with its pixels, and the hash of the one that is shown in its place.
type Said = (Vec<PathBuf>, String, Vec<u8>, Vec<u8>, Option<[u8; 32]>);

/// All that a library says, by the photographs' hashes: numbers are each library's own.
fn said(dir: &Path) -> BTreeMap<[u8; 32], Said> {
    let library = Library::open(dir).unwrap();
    assert!(library.remarks().is_empty() && library.verify().unwrap().is_empty());
    let portraits = library.all_portraits().into_iter().map(|number| {
        let portrait = library.portrait(number).unwrap();
        let (mut tile, mut floor) = (vec![0; library.layout().stride()], vec![0; TileLayout::floor().stride()]);
        library.read_tile(number, &mut tile).unwrap();
        library.read_floors(number, &mut floor).unwrap();
        let shown = portrait.copy_of.map(|shown| library.portrait(shown).unwrap().hash);
        let Person { name, place, quote, featured, hidden, copy, tone_stops, .. } = portrait.person;
        let person = (name, place, quote, featured, hidden, copy, tone_stops);
        let words = format!("{person:?} {:?} {:?} {:?}", portrait.tone, portrait.detections, portrait.looks);
        (portrait.hash, (portrait.sources, words, tile, floor, shown))
    });
    portraits.collect()
}

fn ingest_part(files: &Path, dir: &Path, index: u32) -> usize {
    let shard = Some(format!("{index}/{PARTS}").parse().unwrap());
    let told = ingest_with(&[files], dir, IngestOptions { shard, ..SMALL });
    told.summary.found
}

/// A folder with people, exact duplicates, copies in other formats, rows, a hidden person and what is no photograph.
fn folder() -> tempfile::TempDir {
    let files = folder_of(40, 60);
    for seed in 200..206 {
        let picture = person(seed);
        fs::write(files.path().join(format!("p{seed}.jpg")), jpeg_at(&picture, 92)).unwrap();
        fs::write(files.path().join(format!("again-{seed}.jpg")), jpeg_at(&picture, 92)).unwrap();
        for (name, bytes) in copies(&picture).into_iter().take(5) {
            fs::write(files.path().join(format!("copy-{seed}-{name}")), bytes).unwrap();
        }
    }
    fs::write(files.path().join("notes.txt"), "no photograph").unwrap();
    let rows = "file,name,quote,hidden,featured\n0001.jpg,Ada,hello,,yes\n0002.jpg,Bo,,x,\np200.jpg,Cy,words,,\np201.jpg,Di,,x,\n";
    fs::write(files.path().join("people.csv"), rows).unwrap();
    files
}

#[test]
fn parts_that_are_merged_equal_a_library_made_in_one_go() {
    let (files, whole) = (folder(), tempfile::tempdir().unwrap());
    let all = ingest(files.path(), whole.path()).summary;
    let parts: Vec<_> = (0..PARTS).map(|_| tempfile::tempdir().unwrap()).collect();
    let found: Vec<usize> = (0..).zip(&parts).map(|(k, dir)| ingest_part(files.path(), dir.path(), k)).collect();
    assert_eq!(found.iter().sum::<usize>(), all.found, "each photograph is in one part: {found:?}");
    assert!(found.iter().all(|found| *found < all.found / 3), "{found:?}");

    let dirs: Vec<PathBuf> = parts.iter().map(|dir| dir.path().to_owned()).collect();
    let merged = tempfile::tempdir().unwrap();
    // Half of them first: a merge goes on where another was.
    merge(&dirs[..4], merged.path(), |_| {}).unwrap();
    let summary = merge(&dirs, merged.path(), |_| {}).unwrap();
    assert_eq!((summary.portraits, summary.hidden, summary.copies), (all.portraits, all.hidden, all.copies));
    assert!(all.copies > 10 && all.hidden > 0, "{all:?}");
    let (expected, found) = (said(whole.path()), said(merged.path()));
    assert_eq!(expected.len(), found.len());
    for (hash, expected) in &expected {
        let found = &found[hash];
        assert_eq!((&found.0, &found.1), (&expected.0, &expected.1));
        assert!(found.2 == expected.2 && found.3 == expected.3, "its pixels: {:?}", expected.0);
        assert_eq!(found.4, expected.4, "who is shown for it: {:?}", expected.0);
    }
    // Nothing is left to do, for a merge and for an ingest of the photographs.
    let again = merge(&dirs, merged.path(), |_| {}).unwrap();
    assert_eq!((again.added, again.portraits), (0, all.portraits));
    let told = ingest(files.path(), merged.path()).summary;
    assert_eq!((told.added, told.unchanged, told.portraits), (0, all.found - all.rejected.len(), all.portraits));
    assert_eq!(said(merged.path()), expected);
}

#[test]
fn whom_one_part_removes_is_in_none() {
    let files = folder();
    let parts: Vec<_> = (0..PARTS).map(|_| tempfile::tempdir().unwrap()).collect();
    for (k, dir) in (0..).zip(&parts) {
        ingest_part(files.path(), dir.path(), k);
    }
    // Decided in a part that does not have them: by the bytes, and by the looks of the copies.
    let gone = PhotographHash::of(&files.path().join("p203.jpg")).unwrap();
    let decision = Decision { kind: Kind::Removed, when: 5, looks: gone.looks };
    let dirs: Vec<PathBuf> = parts.iter().map(|dir| dir.path().to_owned()).collect();
    let merged = tempfile::tempdir().unwrap();
    // Also where they had been copied before.
    merge(&dirs, merged.path(), |_| {}).unwrap();
    let has = |hash| said(merged.path()).contains_key(&hash);
    assert!(has(gone.content));
    Removals::update(&dirs[0], |removals| removals.decide(gone.content, decision)).unwrap();
    for into in [merged.path(), tempfile::tempdir().unwrap().path()] {
        merge(&dirs, into, |_| {}).unwrap();
        let said = said(into);
        assert!(said.values().flat_map(|said| &said.0).all(|path| !path.to_string_lossy().contains("203")));
        assert!(said.values().any(|said| said.0.iter().any(|path| path.to_string_lossy().contains("p202"))));
        assert!(Removals::load(into).unwrap().hides(&gone.content, None));
    }
}

#[test]
fn what_cannot_be_merged_is_told_before_anything_is_written() {
    let (files, dir) = (folder_of(3, 60), tempfile::tempdir().unwrap());
    let (one, other, into) = (dir.path().join("one"), dir.path().join("other"), dir.path().join("into"));
    ingest(files.path(), &one);
    ingest_with(&[files.path()], &other, IngestOptions { tile_side: 32, ..SMALL });
    let told = |from: &[PathBuf], into: &Path| merge(from, into, |_| {}).unwrap_err();
    assert!(matches!(told(&[one.clone(), other.clone()], &into), LibraryError::Shape { .. }));
    assert!(matches!(told(&[one.clone(), dir.path().join("none")], &into), LibraryError::Missing { .. }));
    assert!(matches!(told(std::slice::from_ref(&one), &one), LibraryError::SameLibrary { .. }));
    assert!(!into.exists());
    // Into another's tiles.
    assert!(matches!(told(std::slice::from_ref(&one), &other), LibraryError::Shape { .. }));
    // A tile that is not what was written is not copied, and told.
    let tiles = one.join("tiles.bin");
    let mut bytes = fs::read(&tiles).unwrap();
    bytes[100] ^= 1;
    fs::write(&tiles, bytes).unwrap();
    let summary = merge(&[one], &into, |_| {}).unwrap();
    assert_eq!((summary.added, summary.damaged, summary.portraits), (2, 1, 2));
}
