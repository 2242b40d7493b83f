//! Rows find their photographs, and what cannot be read takes nothing away.

use super::super::super::scan::{list, resolve};
use super::*;

struct Folder {
    dir: tempfile::TempDir,
    sheets: Sheets,
}

impl Folder {
    fn with(files: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        Self { dir, sheets: Sheets::default() }
    }

    fn path(&self, file: &str) -> PathBuf {
        fs::canonicalize(self.dir.path()).unwrap().join(file)
    }

    fn write(&self, sheet: &str, text: &str) {
        fs::write(self.path(sheet), text).unwrap();
    }

    fn round(&mut self) -> Round {
        self.round_when(|_| false)
    }

    fn round_when(&mut self, is_fresh: impl FnMut(&Source) -> bool) -> Round {
        let roots = resolve(&[self.dir.path().to_owned()], &[]).unwrap();
        let listing = list(&roots, || false).unwrap();
        self.sheets.round(&Arc::new(listing), is_fresh)
    }

    fn source(&self, file: &str) -> Source {
        Source { path: self.path(file), stamp: Stamp::default() }
    }

    fn name(&self, round: &Round, file: &str) -> Option<String> {
        round.roster.person(&[self.source(file)], None).map(|person| person.name)
    }
}

#[test]
fn a_row_finds_its_photograph_however_the_name_is_written() {
    let mut folder = Folder::with(&[
        "Anna.JPG",
        "b/José.jpg",
        "Mu\u{308}ller.jpg",
        "한.png",
        "two.jpg",
        "two.png",
        "a b.jpg",
        "e\u{301}.jpg",
        "É.jpg",
    ]);
    folder.write(
        "People.CSV",
        "file;name\nanna.jpg;Anna\nB\\jose\u{301}.JPG;José\nMÜLLER;Müller\n\u{1112}\u{1161}\u{11ab};Han\n./a\u{a0}b;AB\n\
         two;?\nnobody.jpg;?\n../out.jpg;?\nanna;Anna the second\nÉ.jpg;E\n",
    );
    let round = folder.round();
    let name = |file| folder.name(&round, file);
    assert_eq!(name("Anna.JPG").unwrap(), "Anna the second");
    assert_eq!(name("b/José.jpg").unwrap(), "José");
    assert_eq!(name("Mu\u{308}ller.jpg").unwrap(), "Müller");
    assert_eq!(name("한.png").unwrap(), "Han");
    assert_eq!(name("a b.jpg").unwrap(), "AB");
    assert_eq!((name("É.jpg").unwrap(), name("e\u{301}.jpg")), ("E".into(), None));
    assert_eq!((name("two.jpg"), name("two.png")), (None, None));
    let said = |words: &str| round.notes.iter().any(|note| note.contains(words));
    for words in [
        "People.CSV:7: `two` may mean `two.jpg` or `two.png`",
        "People.CSV:8: there is no photograph `nobody.jpg`",
        "People.CSV:9: there is no photograph `../out.jpg`",
        "People.CSV:10: `anna` has a row in line 2 already",
    ] {
        assert!(said(words), "{words} in {:?}", round.notes);
    }
    assert_eq!(round.notes.len(), 4, "{:?}", round.notes);
}

#[test]
fn the_spreadsheet_of_the_folder_itself_counts_most() {
    let mut folder = Folder::with(&["a/people.x", "a/1.jpg", "zz/1.jpg", "zz/2.jpg"]);
    folder.write("people.csv", "file,name\na/1.jpg,above\nzz/1.jpg,above\nzz/2.jpg,above\n");
    folder.write("a/people.csv", "file,name\n1.jpg,beside\n");
    folder.write("zz/people.tsv", "file\tname\n1.jpg\tbeside\n");
    folder.write("zz/people.xlsx", "PK");
    let round = folder.round();
    let names = ["a/1.jpg", "zz/1.jpg", "zz/2.jpg"].map(|file| folder.name(&round, file).unwrap());
    assert_eq!(names, ["beside", "beside", "above"]);
    assert!(round.notes.len() == 1 && round.notes[0].contains("workbook"), "{:?}", round.notes);
}

#[test]
fn what_cannot_be_read_takes_nothing_away() {
    let before = Person { name: "from the library".into(), hidden: true, ..Person::default() };
    let mut folder = Folder::with(&["a.jpg", "b.jpg", "people.csv"]);
    let kept = |folder: &Folder, round: &Round, file| {
        round.roster.person(&[folder.source(file)], Some(&before)).map(|person| person.name)
    };
    let round = folder.round();
    assert!(round.notes[0].contains("people.csv: empty"), "{:?}", round.notes);
    assert_eq!(kept(&folder, &round, "a.jpg").unwrap(), "from the library");

    folder.write("people.csv", "file,name,rotate\na.jpg,A,90\n");
    let round = folder.round_when(|_| true);
    assert!(round.unsettled);
    assert_eq!(kept(&folder, &round, "a.jpg").unwrap(), "from the library");
    let round = folder.round();
    assert_eq!((kept(&folder, &round, "a.jpg").unwrap().as_str(), kept(&folder, &round, "b.jpg")), ("A", None));
    assert_eq!(round.notes, Vec::<String>::new());

    for half in ["", "fi", "file name\n"] {
        folder.write("people.csv", half);
        let round = folder.round();
        assert_eq!(folder.name(&round, "a.jpg").unwrap(), "A", "{half}");
        assert_eq!(round.roster.edit(&folder.path("a.jpg")).unwrap().quarter_turns, 1);
        assert!(round.notes[0].contains("stays"), "{:?}", round.notes);
    }
    // Gone for a moment is not gone; gone for good is.
    fs::remove_file(folder.path("people.csv")).unwrap();
    let round = folder.round();
    assert!(round.unsettled && folder.name(&round, "a.jpg").is_some());
    let round = folder.round();
    assert!(!round.unsettled && folder.name(&round, "a.jpg").is_none() && round.notes.is_empty());
}

#[test]
fn of_several_files_the_first_that_has_a_row_says_it() {
    let mut folder = Folder::with(&["a.jpg", "b.jpg", "c.jpg"]);
    folder.write("people.csv", "file,name,crop\nb.jpg,B,\nc.jpg,C,1 2 3 4\n");
    let round = folder.round();
    let sources = ["a.jpg", "b.jpg", "c.jpg"].map(|file| folder.source(file));
    assert_eq!(round.roster.person(&sources, None).unwrap().name, "B");
    let before = Edit { crop: None, quarter_turns: 3 };
    let wanted = round.roster.edit_for(&sources[0].path, &sources, before);
    assert!(wanted.crop.is_some() && wanted.quarter_turns == 0, "a copy without a crop takes that of its duplicate");
    assert_eq!(round.roster.edit_for(&sources[0].path, &sources[..2], before), Edit::default());
    // A file that is not there any more says nothing, and changes nothing.
    let gone = folder.source("gone.jpg");
    let hidden = Person { hidden: true, ..Person::default() };
    assert!(round.roster.person(std::slice::from_ref(&gone), Some(&hidden)).unwrap().hidden);
    assert_eq!(round.roster.edit_for(&gone.path, std::slice::from_ref(&gone), before), before);
}

/// Whose row each file has, by name.
fn rows(files: &[&str], sheet: &str) -> (Vec<Option<String>>, Vec<String>) {
    let mut folder = Folder::with(files);
    folder.write("people.csv", sheet);
    let round = folder.round();
    (files.iter().map(|file| folder.name(&round, file)).collect(), round.notes)
}

#[test]
fn names_that_programs_have_changed_are_found_where_one_can_be_meant() {
    let (names, notes) = rows(
        &["Anna\u{3000}Sato.jpg", "curly’s.jpg", "dash–1.jpg", "Straße.jpg", "İnci.jpg", "a_b c.jpg", "IMG_7.heic"],
        "file,name\nanna sato.jpg,1\ncurly's.jpg,2\ndash-1,3\nSTRASSE.JPG,4\ninci.jpg,5\nA B-C.jpg,6\nimg_7.JPG,7\n",
    );
    assert_eq!(names, ["1", "2", "3", "4", "5", "6", "7"].map(|name| Some(name.to_owned())), "{notes:?}");
    // A name as it is written counts more than one that may be meant, and of two nobody is taken.
    let (names, notes) =
        rows(&["a-b.jpg", "a–b.jpg", "c d.jpg"], "file,name\na-b.jpg,1\na–b.jpg,2\na—b.jpg,3\nc_d,4\nc d,5\n");
    assert_eq!(names, ["1", "2", "5"].map(|name| Some(name.to_owned())));
    assert!(notes.len() == 2 && notes[0].contains("may mean `a-b.jpg` or `a–b.jpg`"), "{notes:?}");
    let (names, notes) =
        rows(&["photo-of-anna.jpg"], "file,name\nphoto-of-anma.jpg,1\nhttps://example.org/x,2\nbo.jpg,3\n");
    assert!(
        names == [None] && notes[0].contains("is it `photo-of-anna.jpg`?") && notes[1].contains("download"),
        "{notes:?}"
    );
    assert!(!notes[2].contains("is it"), "{notes:?}");
}

#[test]
fn names_that_were_taken_for_numbers_are_found_and_hide_all_who_may_be_meant() {
    let files = ["0042.jpg", "007.jpg", "1699999999999.jpg", "4915112345678.jpg", "1-2.jpg", "3e5.jpg"];
    let sheet = "file,name\n42,a\n7,b\n1.7E+12,c\n4.91511E+12,d\n02-Jan,e\n300000,f\n";
    let (names, notes) = rows(&files, sheet);
    assert_eq!(names, ["a", "b", "c", "d", "e", "f"].map(|name| Some(name.to_owned())), "{notes:?}");
    let mut folder = Folder::with(&["042.jpg", "0042.jpg", "43.jpg"]);
    folder.write("people.csv", "file,hidden\n42,x\n");
    let round = folder.round();
    let hidden = |file| round.roster.file_says_hidden(&folder.path(file));
    assert_eq!(["042.jpg", "0042.jpg", "43.jpg"].map(hidden), [Some(true), Some(true), None]);
    assert!(round.notes[0].contains("whoever may be meant is hidden"), "{:?}", round.notes);
}

#[test]
fn photographs_tell_the_encoding_and_who_may_be_meant_is_hidden() {
    use encoding_rs::{WINDOWS_1250, WINDOWS_1252};
    // One letter that is a word in two encodings: its photograph is there in one of them.
    let (bytes, ..) = WINDOWS_1250.encode("file;name\nČapek.jpg;Čapek\n");
    let mut folder = Folder::with(&["Čapek.jpg", "other.jpg"]);
    fs::write(folder.path("people.csv"), &bytes).unwrap();
    let round = folder.round();
    assert_eq!(folder.name(&round, "Čapek.jpg").as_deref(), Some("Čapek"));
    // Without it the letters are not known, and nothing is guessed.
    let mut folder = Folder::with(&["a.jpg"]);
    let (bytes, ..) = WINDOWS_1250.encode("file;name;featured\na.jpg;Čapek;yes\n");
    fs::write(folder.path("people.csv"), &bytes).unwrap();
    let round = folder.round();
    let person = round.roster.person(&[folder.source("a.jpg")], None).unwrap();
    assert!(person.name.is_empty() && person.featured, "{person:?}");
    assert!(
        round.notes.iter().any(|note| note.contains("people.csv:2:") && note.contains("not shown")),
        "{:?}",
        round.notes
    );
    // A row that hides: whoever its name may mean, in any reading or by the letters that are known.
    let (bytes, ..) = WINDOWS_1252.encode("file;hidden\nM\u{fc}ll\u{e8}r.jpg;yes\n");
    for file in ["Müllèr.jpg", "Müllčr.jpg", "Muelleur.jpg"] {
        let mut folder = Folder::with(&[file, "Nobody.jpg"]);
        fs::write(folder.path("people.csv"), &bytes).unwrap();
        let round = folder.round();
        assert_eq!(round.roster.says_hidden(&[folder.source(file)]), Some(true), "{file}: {:?}", round.notes);
        assert_eq!(round.roster.says_hidden(&[folder.source("Nobody.jpg")]), None, "{file}");
    }
}

#[test]
fn words_that_are_not_shown_are_told_with_their_lines() {
    let mut folder = Folder::with(&["a.jpg", "b.jpg"]);
    folder.sheets = Sheets::new(Some(|text| text.contains('꧁').then(|| "has no letters".to_owned())));
    let rows: String = (0..30).map(|row| format!("{row}.jpg,꧁{row}\n")).collect();
    folder.write("people.csv", &format!("file,name,hidden\na.jpg,Ånna,\nb.jpg,꧁b,yes\n{rows}"));
    let round = folder.round();
    let told: Vec<_> = round.notes.iter().filter(|note| note.contains("has no letters")).collect();
    assert_eq!(told.len(), MOST_UNSHOWN, "{told:?}");
    assert!(told[0].contains("people.csv:4: the name `꧁0` has no letters"), "{told:?}");
    assert!(round.notes.iter().any(|note| note.contains("10 more names")));
}

#[test]
fn links_of_a_form_propose_what_was_uploaded() {
    let mut folder = Folder::with(&["IMG_1 - Anna Example.jpg", "x - Bo Example.jpg"]);
    folder.write("people.csv", "file,name\nhttps://drive.example/open?id=1,Anna\n");
    let round = folder.round();
    assert!(round.notes.iter().any(|note| note.contains("is it `IMG_1 - Anna Example.jpg`?")), "{:?}", round.notes);
}
