//! The field copy: who is in it and how, what its files do not say, and that nothing is left of it once it is wiped.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use millions_library::field_copy::{Passphrase, SealOptions, is_field_copy, seal};
use millions_library::{Ingest, Library, LibraryError, LibraryWriter};
use millions_wall::tile::{PortraitNumber, TileSource as _};

use crate::photographs::{SMALL, folder_of, ingest, planes};
use crate::program::millions;

const PASSPHRASE: &str = "eleven trams at night, one late";

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text.to_owned())
}

/// A library of five people, of whom one is hidden and one has a name.
fn library(dir: &Path) -> std::path::PathBuf {
    let photographs = folder_of(5, 200);
    let rows =
        "file,name,quote,hidden,featured\n0001.jpg,Ada Example,We are millions,,yes\n0002.jpg,Bob Hidden,,yes,\n";
    fs::write(photographs.path().join("people.csv"), rows).unwrap();
    let library = dir.join("library");
    ingest(photographs.path(), &library);
    library
}

/// All bytes of a folder's files.
fn bytes_in(dir: &Path) -> Vec<u8> {
    fs::read_dir(dir).unwrap().flat_map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn a_field_copy_has_coarse_grey_tiles_and_no_traces_and_is_wiped() {
    let dir = tempfile::tempdir().unwrap();
    let library_dir = library(dir.path());
    let library = Library::open(&library_dir).unwrap();
    let copy_dir = dir.path().join("copy");
    let options = SealOptions { tile_side: 32, with_names: false };
    let summary = seal(&library_dir, &copy_dir, options, &passphrase(PASSPHRASE), |_, _| {}).unwrap();
    assert_eq!((summary.people, summary.damaged, summary.tile_side), (4, 0, 32), "the hidden one stays out");

    // The files say nothing.
    let bytes = bytes_in(&copy_dir);
    for trace in ["Ada Example", "We are millions", "0001.jpg", "index.log"] {
        assert!(!contains(&bytes, trace.as_bytes()), "{trace} is in no file");
    }
    let shown = library.portraits();
    for number in &shown {
        let portrait = library.portrait(*number).unwrap();
        assert!(!contains(&bytes, &portrait.hash[..8]), "no hash of a photograph");
    }

    // Nobody opens it but with the passphrase, and nothing takes it for another library.
    let wrong = Library::open_field_copy(&copy_dir, &passphrase("eleven trams at night, two late"));
    assert!(matches!(wrong, Err(LibraryError::Passphrase { .. })), "{wrong:?}");
    assert!(matches!(Library::open(&copy_dir), Err(LibraryError::FieldCopy { .. })));
    assert!(matches!(LibraryWriter::create_or_open(&copy_dir, 64, 0.8), Err(LibraryError::FieldCopy { .. })));
    let started = Ingest::start(&[dir.path().to_owned()], &copy_dir, SMALL);
    assert!(matches!(started, Err(LibraryError::FieldCopy { .. })), "an ingest leaves it as it is");

    // As the original, coarser, without colour and without traces.
    let copy = Library::open_field_copy(&copy_dir, &passphrase(PASSPHRASE)).unwrap();
    assert_eq!((copy.len(), copy.layout().side(), copy.featured().len()), (4, 32, 1));
    let prefix = copy.layout().prefix_bytes(32);
    for (here, there) in (0_u32..).zip(&shown) {
        let (mut tile, mut original) = (vec![0; prefix], vec![0; prefix]);
        copy.read_tile(here, &mut tile).unwrap();
        library.read_tile(*there, &mut original).unwrap();
        for level in copy.layout().levels() {
            let luma = level.luma.offset..level.luma.offset + level.luma.bytes();
            assert_eq!(tile[luma.clone()], original[luma], "the luma is the original's");
        }
        assert!(planes(&copy, here).1.iter().all(|chroma| *chroma == 128), "there is no colour");
        let portrait = copy.portrait(here).unwrap();
        assert_eq!(portrait.person.name + &portrait.person.quote, "");
        assert!(portrait.sources.is_empty() && portrait.looks.is_none());
        assert_ne!(portrait.hash, library.portrait(*there).unwrap().hash);
    }
    let (mut floors, mut originals) = (vec![0; 4 * 256], vec![0; 5 * 256]);
    copy.read_floors(0, &mut floors).unwrap();
    library.read_floors(0, &mut originals).unwrap();
    let luma = |floors: &[u8], number: PortraitNumber| floors[number as usize * 256..][..8].to_vec();
    assert_eq!(luma(&floors, 1), luma(&originals, shown[1]), "floors are those of the tiles");

    // What was changed is dark, and not another's.
    let tiles = copy_dir.join("tiles.sealed");
    let mut sealed = fs::read(&tiles).unwrap();
    let record = sealed.len() / 4;
    sealed.copy_within(..record, record);
    fs::write(&tiles, &sealed).unwrap();
    assert!(copy.read_tile(1, &mut vec![0; prefix]).is_err(), "a record in another's place does not open");
    assert!(copy.read_tile(0, &mut vec![0; prefix]).is_ok());

    // Wiped while it is open: the folder is gone, and so is what was in memory.
    copy.wipe().unwrap();
    assert!(!copy_dir.exists());
    assert!(copy.is_empty() && copy.read_tile(0, &mut vec![0; prefix]).is_err() && copy.portrait(0).is_none());
    assert!(matches!(library.wipe(), Err(LibraryError::NoFieldCopy { .. })), "no other library is wiped");
    assert_eq!(library.len(), 4);
}

#[test]
fn the_program_seals_with_names_where_asked_and_wipes() {
    let dir = tempfile::tempdir().unwrap();
    library(dir.path());
    let run = |arguments: &str, typed: &str| {
        let mut command = millions(dir.path());
        command.args(arguments.split_whitespace()).current_dir(dir.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(format!("{typed}\nanother line\n").as_bytes());
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let copy = dir.path().join("copy");
    let (code, said) = run("library seal library --into copy --passphrase-fd 0", "short");
    assert!(code == Some(2) && said.contains("at least 12 letters") && !copy.exists(), "{said}");
    let (code, said) = run("library seal library --into copy", PASSPHRASE);
    assert!(code == Some(2) && said.contains("--passphrase-fd"), "nobody is asked where there is no terminal: {said}");
    let (code, said) = run("library seal library --into copy --names --tile 64 --passphrase-fd 0", PASSPHRASE);
    assert!(code == Some(0) && said.contains("4 people") && is_field_copy(&copy), "{said}");
    assert!(!contains(&bytes_in(&copy), b"Ada Example"), "names are sealed, too");
    let opened = Library::open_field_copy(&copy, &passphrase(PASSPHRASE)).unwrap();
    assert!(opened.portraits().iter().any(|number| opened.person(*number).is_some_and(|it| it.name == "Ada Example")));
    let (code, said) = run("library seal library --into copy --passphrase-fd 0", PASSPHRASE);
    assert!(code == Some(1) && said.contains("empty folder"), "a copy is not written over: {said}");

    let (code, said) = run("library list --library copy", "");
    assert!(code == Some(1) && said.contains("field copy"), "{said}");
    let (code, said) = run("library wipe library", "");
    assert!(code == Some(1) && said.contains("no field copy"), "{said}");
    let (code, said) = run("library wipe copy", "");
    assert!(code == Some(0) && !copy.exists(), "{said}");
    assert_eq!(Library::open(&dir.path().join("library")).unwrap().len(), 4, "the library is as it was");
}
