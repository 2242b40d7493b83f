//! `people.csv`, from the export of a spreadsheet program to the library: who they are, what is done to their photographs,
//! and what becomes of it when somebody changes it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::photographs::*;
use image::DynamicImage;
use millions_library::{Edit, Ingest, IngestEvent, IngestOptions, Library, Person};
use millions_wall::tile::PortraitNumber;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/people").join(name)
}

/// Who a photograph shows.
fn person(library: &Library, path: &Path) -> Option<Person> {
    library.person(of(library, path))
}

#[test]
fn the_exports_of_a_spreadsheet_program_say_who_they_are() {
    let files = folder_of(6, 60);
    let file = |n: u32| files.path().join(format!("{n:04}.jpg"));
    for export in ["comma-utf-8.csv", "tab-utf-16.csv"] {
        fs::copy(fixture(export), files.path().join("people.csv")).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let told = ingest(files.path(), dir.path());
        assert_eq!((told.summary.portraits, told.summary.hidden, told.summary.found), (5, 1, 6), "{:?}", told.summary);
        assert_eq!(told.summary.rejected, []);
        assert_eq!(told.summary.notes.len(), 1, "{:?}", told.summary.notes);
        assert!(told.summary.notes[0].contains("people.csv:1: ") && told.summary.notes[0].contains("`Phone`"));
        assert_eq!(told.remarks, told.summary.notes);

        let library = Library::open(dir.path()).unwrap();
        let laila = person(&library, &file(0)).unwrap();
        assert_eq!((laila.name.as_str(), laila.place.as_str()), ("ليلى العلي", "عمّان"));
        assert_eq!(laila.quote, "نريد السلام، والعدالة؛ \"الآن\"");
        assert!(laila.featured && !laila.hidden && (laila.tone_stops - 0.5).abs() < 1e-6);
        let xiaoming = person(&library, &file(1)).unwrap();
        assert_eq!((xiaoming.name.as_str(), xiaoming.quote.as_str()), ("王小明", "“我们”,都在这里"));
        let anita = person(&library, &file(2)).unwrap();
        assert_eq!((anita.place.as_str(), anita.quote.as_str()), ("दिल्ली", "पहली पंक्ति\nदूसरी पंक्ति"));
        assert!(anita.featured && (anita.tone_stops + 0.25).abs() < 1e-6);
        assert_eq!(person(&library, &file(4)).unwrap().quote, "Мы здесь; мы вместе");
        let jose = person(&library, &file(5)).unwrap();
        assert_eq!(
            (jose.name.as_str(), jose.quote.as_str()),
            ("José Müller-Núñez", "Ça va, « bien » ?\nOui; \"très\" bien")
        );

        // Whoever is hidden is in the library, and not among those who are shown.
        let shown = library.portraits();
        let hidden = (0..6).find(|number| !shown.contains(number)).unwrap();
        assert_eq!(library.person(hidden).unwrap().name, "שרה כהן");
        assert_eq!(library.featured(), [of(&library, &file(0)), of(&library, &file(2))]);
        let edit = |n| library.portrait(of(&library, &file(n))).unwrap().edit;
        assert_eq!((edit(0), edit(2).quarter_turns, edit(5).quarter_turns), (Edit::default(), 1, 3));
        let crop = edit(1).crop.unwrap();
        assert!(crop.x.is_percent && crop.width.thousandths == 50_000, "{crop:?}");
        assert!(!edit(5).crop.unwrap().y.is_percent);
    }

    fs::copy(fixture("semicolon-windows-1252.csv"), files.path().join("people.csv")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let told = ingest(files.path(), dir.path());
    assert!(told.summary.notes[0].contains("Windows-1252"), "{:?}", told.summary.notes);
    let library = Library::open(dir.path()).unwrap();
    let zoe = person(&library, &file(0)).unwrap();
    assert_eq!((zoe.name.as_str(), zoe.quote.as_str()), ("Zoë Krüger", "„Ja“ – jetzt; hier, €5"));
    assert!(zoe.featured && (zoe.tone_stops + 0.5).abs() < 1e-6);
    assert!((person(&library, &file(5)).unwrap().tone_stops - 1.75).abs() < 1e-6);
    assert_eq!(person(&library, &file(1)), None, "who has no row is anonymous");
}

#[test]
fn crops_and_turns_are_done_to_the_upright_photograph() {
    let files = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(files.path().join(name), bytes).unwrap();
    let stored = DynamicImage::from(picture(300, 240, 3));
    for (name, exif_value) in [("plain.png", 1), ("on its side.png", 6)] {
        write(name, &png(&stored, Some(exif(exif_value))));
    }
    write("large.jpg", &jpeg(&picture(1600, 1280, 3), None));
    let upright = stored.rotate90();
    // What is expected: cut and turned by another hand, at the tile's aspect.
    write("crop", &png(&stored.crop_imm(60, 40, 120, 150), None));
    write("turned", &png(&stored.rotate270(), None));
    write("unturned", &png(&stored, None));
    write("turned crop", &png(&stored.rotate180().crop_imm(30, 20, 80, 100), None));
    write("upright crop", &png(&upright.crop_imm(24, 30, 192, 240), None));
    let shrunk = picture(1600, 1280, 3);
    write("large crop", &png(&DynamicImage::from(shrunk).crop_imm(400, 320, 640, 800), None));
    let sheet = |plain: &str, side: &str, large: &str| {
        let text = format!("file;crop;rotate\nplain.png;{plain}\non its side.png;{side}\nlarge.jpg;{large}\n");
        write("people.csv", text.as_bytes());
    };
    let dir = tempfile::tempdir().unwrap();
    let mut before = Vec::new();
    let mut shows = |plain: (&str, &str), side: (&str, &str), large: (&str, &str)| {
        sheet(plain.0, side.0, large.0);
        let told = ingest(files.path(), dir.path());
        assert_eq!((told.summary.rejected.len(), &told.summary.notes), (0, &Vec::new()));
        let library = Library::open(dir.path()).unwrap();
        let number = |name: &str| of(&library, &files.path().join(name));
        for (name, expected) in [("plain.png", plain.1), ("on its side.png", side.1), ("large.jpg", large.1)] {
            let mean = mean_difference(&planes(&library, number(name)), &planes(&library, number(expected)));
            assert!(mean < 1.5, "{name} is not {expected}: {mean}");
        }
        let numbers = ["plain.png", "on its side.png", "large.jpg"].map(number);
        assert!(numbers.iter().all(|number| !before.contains(number)), "what looks different has another number");
        assert_eq!(told.summary.removed, before.len());
        before = numbers.to_vec();
    };
    shows(("60 40 120 150;", "crop"), ("10% 10% 80% 80%;", "upright crop"), ("25% 25% 40% 62,5%;", "large crop"));
    shows((";-90", "turned"), (";270", "unturned"), (";0", "large.jpg"));
    let library = Library::open(dir.path()).unwrap();
    assert_eq!(library.all_portraits().len(), 9, "and what is not wanted any more is gone");
    // A crop counts on the photograph as it is turned.
    sheet("30 20 80 100;180", "999 999 10 10;", ";");
    let told = ingest(files.path(), dir.path());
    assert!(told.remarks.iter().any(|remark| remark.contains("outside of the photograph")), "{:?}", told.remarks);
    let library = Library::open(dir.path()).unwrap();
    let number = |name: &str| of(&library, &files.path().join(name));
    let mean = mean_difference(&planes(&library, number("plain.png")), &planes(&library, number("turned crop")));
    assert!(mean < 1.5, "{mean}");
}

#[test]
fn a_changed_spreadsheet_changes_the_library_and_nothing_else() {
    let files = folder_of(5, 40);
    let file = |n: u32| files.path().join(format!("{n:04}.jpg"));
    let dir = tempfile::tempdir().unwrap();
    let write = |text: &str| fs::write(files.path().join("people.csv"), text).unwrap();
    write("file,name,hidden,featured\n0000,Ada,,\n0001,Bo,yes,\n0002,Cleo,,x\n");
    let told = ingest(files.path(), dir.path());
    assert_eq!((told.summary.added, told.added.len(), told.summary.portraits), (5, 4, 4));
    let numbers: Vec<_> = {
        let library = Library::open(dir.path()).unwrap();
        assert_eq!(library.featured().len(), 1);
        [0, 2, 3, 4].map(|n| of(&library, &file(n))).to_vec()
    };

    write("file,name,hidden,featured\n0000,Ada Lovelace,,x\n0001,Bo,no,\n0003,Dan,x,\n");
    let told = ingest(files.path(), dir.path());
    assert_eq!((told.summary.unchanged, told.summary.added, told.summary.removed), (5, 0, 0), "{:?}", told.summary);
    assert_eq!((told.added.len(), told.removed.clone()), (1, vec![numbers[2]]), "one is hidden, one is shown");
    let library = Library::open(dir.path()).unwrap();
    assert_eq!(person(&library, &file(0)).unwrap().name, "Ada Lovelace");
    assert_eq!(person(&library, &file(2)), None);
    assert_eq!(library.featured(), [numbers[0]]);

    // Nobody loses a caption to a spreadsheet that cannot be read; to one that is not there, everybody does. Who is hidden
    // stays hidden.
    for (broken, words) in [("", "empty"), ("name\nAda\n", "no column is named `file`")] {
        write(broken);
        let told = ingest(files.path(), dir.path());
        assert!(told.summary.notes[0].contains(words), "{:?}", told.summary.notes);
        assert_eq!((told.added.len(), told.removed.len(), told.summary.hidden), (0, 0, 1));
        assert_eq!(person(&Library::open(dir.path()).unwrap(), &file(0)).unwrap().name, "Ada Lovelace");
    }
    fs::remove_file(files.path().join("people.csv")).unwrap();
    let told = ingest(files.path(), dir.path());
    assert_eq!((told.added, told.summary.hidden), (vec![], 1));
    assert!(told.summary.notes[0].contains("1 photograph") && told.summary.notes[0].contains("restore"));
    assert_eq!(person(&Library::open(dir.path()).unwrap(), &file(0)), None);
}

#[test]
fn a_caption_goes_from_the_disk_with_its_portrait() {
    let files = folder_of(3, 40);
    let dir = tempfile::tempdir().unwrap();
    let write = |text: &str| fs::write(files.path().join("people.csv"), text).unwrap();
    let on_disk = |words: &str| {
        let log = fs::read(dir.path().join("index.log")).unwrap();
        log.windows(words.len()).any(|bytes| bytes == words.as_bytes())
    };
    write("file,name,quote\n0000.jpg,Ada,first words\n0001.jpg,Bo,second words\n0002.jpg,Cleo,third words\n");
    ingest(files.path(), dir.path());
    assert!(on_disk("first words") && on_disk("second words") && on_disk("third words"));
    fs::remove_file(files.path().join("0000.jpg")).unwrap();
    write("file,name,quote\n0001.jpg,Bo,other words\n0002.jpg,Cleo,third words\n");
    ingest(files.path(), dir.path());
    assert!(!on_disk("first words") && !on_disk("Ada") && !on_disk("0000.jpg"), "who is gone is forgotten");
    assert!(!on_disk("second words") && on_disk("other words"), "and so is what is not said any more");
    assert!(on_disk("third words"));
    assert!(fs::read(dir.path().join("tiles.bin")).unwrap()[..4000].iter().all(|byte| *byte == 0), "and the face");
    let told = ingest(files.path(), dir.path());
    assert_eq!((told.summary.unchanged, told.summary.portraits), (2, 2));
}

#[test]
fn copies_are_one_person_unless_they_are_to_be_cut_differently() {
    let files = folder_of(2, 60);
    fs::create_dir(files.path().join("copies")).unwrap();
    for copy in ["copies/a.jpg", "copies/b.jpg"] {
        fs::copy(files.path().join("0000.jpg"), files.path().join(copy)).unwrap();
    }
    let dir = tempfile::tempdir().unwrap();
    let write = |text: &str| fs::write(files.path().join("people.csv"), text).unwrap();
    let look = || {
        let told = ingest(files.path(), dir.path());
        let again = ingest(files.path(), dir.path());
        assert_eq!((again.summary.unchanged, again.added, again.removed), (4, vec![], vec![]), "it is settled at once");
        (told.summary.portraits, told.summary.hidden, Library::open(dir.path()).unwrap())
    };
    assert_eq!((look().0, look().1), (2, 0));
    // Who asks not to be shown is not shown by a copy either.
    write("file,name,hidden,crop\ncopies/b.jpg,Bo,yes,5 5 40 50\n");
    let (portraits, hidden, _) = look();
    assert_eq!((portraits, hidden), (1, 1));
    // A family, and two of it alone.
    write("file,name,crop,hidden\ncopies/a.jpg,Ann,5 5 20 25,\ncopies/b.jpg,Bo,30 30 20 25,no\n");
    let (portraits, _, library) = look();
    assert_eq!(portraits, 3);
    assert_eq!(person(&library, &files.path().join("copies/a.jpg")).unwrap().name, "Ann");
    assert_eq!(person(&library, &files.path().join("copies/b.jpg")).unwrap().name, "Bo");
    write("file,name\ncopies/b.jpg,Bo\n");
    let (portraits, _, library) = look();
    assert_eq!(portraits, 2);
    assert_eq!(person(&library, &files.path().join("0000.jpg")).unwrap().name, "Bo");
}

/// An ingest that watches, and everything that it has told.
struct Watched {
    ingest: Ingest,
    added: Vec<PortraitNumber>,
    removed: Vec<PortraitNumber>,
    replaced: Vec<(PortraitNumber, PortraitNumber)>,
    changed: Vec<PortraitNumber>,
    remarks: Vec<String>,
    rejected: Vec<String>,
}

impl Watched {
    fn start(folder: &Path, dir: &Path) -> Self {
        let options = IngestOptions { watch: true, ..SMALL };
        let ingest = Ingest::start(&[folder.to_owned()], dir, options).unwrap();
        let mut watched = Self {
            ingest,
            added: Vec::new(),
            removed: Vec::new(),
            replaced: Vec::new(),
            changed: Vec::new(),
            remarks: Vec::new(),
            rejected: Vec::new(),
        };
        loop {
            if let IngestEvent::Finished(result) = watched.ingest.events.recv_timeout(HANG).unwrap() {
                result.unwrap();
                watched.added = watched.ingest.library.portraits();
                return watched;
            }
        }
    }

    fn take(&mut self, wait: Duration) -> bool {
        let Ok(event) = self.ingest.events.recv_timeout(wait) else { return false };
        match event {
            IngestEvent::Added(numbers) => self.added.extend(numbers),
            IngestEvent::Removed(numbers) => self.removed.extend(numbers),
            IngestEvent::Replaced(pairs) => self.replaced.extend(pairs),
            IngestEvent::Changed(numbers) => self.changed.extend(numbers),
            IngestEvent::Remark(remark) => self.remarks.push(remark),
            IngestEvent::Rejected { path, .. } => {
                self.rejected.push(path.file_name().unwrap().to_string_lossy().into_owned());
            }
            other => panic!("not in a later round: {other:?}"),
        }
        true
    }

    /// Waits until it is so; says how long it took.
    fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) -> Duration {
        let asked = Instant::now();
        while !is_so(self) {
            assert!(asked.elapsed() < HANG, "in vain: {what}");
            self.take(Duration::from_millis(50));
        }
        asked.elapsed()
    }

    /// Waits until nothing more is told.
    fn settle(&mut self) {
        while self.take(Duration::from_millis(1500)) {}
    }
}

/// The bound of every wait, which only a hang reaches: no test counts on an idle machine.
const HANG: Duration = Duration::from_secs(120);

#[test]
fn changes_are_followed_while_it_runs() {
    let files = folder_of(8, 40);
    let file = |n: u32| files.path().join(format!("{n:04}.jpg"));
    // In the folder itself: what is written there is no change.
    let dir = files.path().join("library");
    let mut watched = Watched::start(files.path(), &dir);
    assert_eq!(watched.added.len(), 8);
    let library = watched.ingest.library.clone();
    let number = |n: u32| of(&library, &file(n));
    let numbers: Vec<_> = (0..8).map(number).collect();
    let write = |text: &str| fs::write(files.path().join("people.csv"), text).unwrap();
    let mut slowest = Duration::ZERO;

    write("file,name\n0000.jpg,Ada\nnobody.jpg,?\n");
    slowest = slowest.max(watched.until("a caption comes", |watched| watched.changed == [numbers[0]]));
    assert_eq!(library.person(numbers[0]).unwrap().name, "Ada");
    watched.until("a note comes", |watched| watched.remarks.iter().any(|remark| remark.contains("people.csv:3:")));

    write("file,name,hidden\n0000.jpg,Ada,x\n0001.jpg,Bo,\n");
    slowest = slowest.max(watched.until("somebody is hidden", |watched| watched.removed == [numbers[0]]));
    write("file,name,hidden\n0000.jpg,Ada,no\n0001.jpg,Bo,\n");
    slowest = slowest.max(watched.until("and shown", |watched| watched.added.last() == Some(&numbers[0])));
    assert_eq!(watched.added.len(), 9);

    // Half saved, it takes nothing away, not even for a moment; nor does one that is taken away to be replaced.
    watched.settle();
    let (changed, removed) = (watched.changed.len(), watched.removed.len());
    write("");
    watched.until("it is remarked", |watched| watched.remarks.iter().any(|remark| remark.contains("stays")));
    fs::remove_file(files.path().join("people.csv")).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    write("file,name,rotate\n0000.jpg,Ada,\n0001.jpg,Bo,90\n");
    slowest = slowest.max(watched.until("a turn", |watched| watched.replaced.len() == 1));
    watched.settle();
    assert_eq!((watched.changed.len(), watched.removed.len()), (changed, removed));
    assert_eq!(library.person(numbers[0]).unwrap().name, "Ada");
    let (old, new) = watched.replaced[0];
    assert!(old == numbers[1] && !numbers.contains(&new));
    assert_eq!(library.person(new).unwrap().name, "Bo");

    fs::write(files.path().join("new.jpg"), jpeg(&picture(40, 50, 77), None)).unwrap();
    fs::write(files.path().join("junk.jpg"), "no picture").unwrap();
    slowest = slowest.max(watched.until("a newcomer", |watched| watched.added.len() == 10));
    fs::remove_file(file(2)).unwrap();
    fs::rename(file(3), files.path().join("renamed.jpg")).unwrap();
    slowest = slowest.max(watched.until("one goes", |watched| watched.removed.contains(&numbers[2])));

    // A photograph that comes slowly is there when it is whole, and as it is.
    let bytes = jpeg(&picture(400, 500, 55), None);
    fs::write(files.path().join("slow.jpg"), &bytes[..bytes.len() / 3]).unwrap();
    std::thread::sleep(Duration::from_millis(900));
    fs::write(files.path().join("slow.jpg"), &bytes).unwrap();
    fs::create_dir(files.path().join("sub")).unwrap();
    fs::write(files.path().join("sub/whole.jpg"), jpeg(&picture(400, 500, 56), None)).unwrap();
    watched.until("both are there", |_| {
        let there = |name: &str| {
            let path = fs::canonicalize(files.path().join(name)).unwrap();
            library.portraits().into_iter().find(|n| library.portrait(*n).is_some_and(|p| p.sources.contains(&path)))
        };
        let whole = |number| library.portrait(number).is_some_and(|p| p.hash == *blake3::hash(&bytes).as_bytes());
        there("slow.jpg").is_some_and(whole) && there("sub/whole.jpg").is_some()
    });
    let is_junk = |watched: &Watched| watched.rejected.iter().any(|name| name == "junk.jpg");
    watched.until("what is no picture is rejected", is_junk);
    let rejected = || fs::read_to_string(dir.join("rejected.txt")).unwrap_or_default();
    watched.until("the list has that alone", |_| rejected().lines().count() == 2 && rejected().contains("junk.jpg"));
    watched.settle();
    assert_eq!(watched.rejected.iter().filter(|name| *name == "junk.jpg").count(), 1, "told once");
    assert_eq!(of(&library, &files.path().join("renamed.jpg")), numbers[3], "a renamed one keeps its place");
    let mut given: Vec<_> = watched.added.iter().copied().chain(watched.replaced.iter().map(|(_, new)| *new)).collect();
    given.sort_unstable();
    // One of them was only hidden.
    assert_eq!(given.windows(2).filter(|pair| pair[0] == pair[1]).count(), 1, "no number is given twice: {given:?}");

    let dropped = Instant::now();
    drop(watched);
    assert!(dropped.elapsed() < HANG, "{:?}", dropped.elapsed());
    println!("the slowest change took {slowest:?}");
    assert_eq!(Library::open(&dir).unwrap().len(), library.len());
}

#[test]
fn who_is_renamed_while_many_come_keeps_the_place() {
    let files = folder_of(4, 40);
    let file = |n: u32| files.path().join(format!("{n:04}.jpg"));
    let dir = tempfile::tempdir().unwrap();
    let mut watched = Watched::start(files.path(), dir.path());
    let numbers: Vec<_> = (0..4).map(|n| of(&watched.ingest.library, &file(n))).collect();
    // A round of some seconds: what is decoded each time, and shown once.
    let many = tempfile::tempdir_in(files.path().parent().unwrap()).unwrap();
    let large = jpeg(&picture(1500, 2000, 9), None);
    for n in 0..60_u8 {
        fs::write(many.path().join(format!("{n}.jpg")), [&large[..], &[n]].concat()).unwrap();
    }
    let moved = files.path().join("many");
    fs::rename(many.path(), &moved).unwrap();
    watched.until("they come", |watched| watched.added.len() > 4);
    fs::rename(file(1), files.path().join("zz renamed.jpg")).unwrap();
    fs::remove_file(file(2)).unwrap();
    watched.until("one goes", |watched| !watched.removed.is_empty());
    watched.until("all have come", |watched| {
        let library = &watched.ingest.library;
        let sources = |n: &PortraitNumber| library.portrait(*n).map_or(0, |portrait| portrait.sources.len());
        let count: usize = library.portraits().iter().map(sources).sum();
        count == 63 || library.portraits().len() + library.copies() == 63
    });
    watched.settle();
    assert!(!watched.removed.contains(&numbers[1]), "taken away to come again");
    assert!(watched.removed.contains(&numbers[2]));
    assert_eq!(of(&watched.ingest.library, &files.path().join("zz renamed.jpg")), numbers[1]);
}

#[test]
fn a_folder_that_goes_away_takes_nobody_with_it() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("disk");
    let photographs = folder_of(3, 40);
    fs::create_dir(&folder).unwrap();
    for entry in fs::read_dir(photographs.path()).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
    }
    let dir = tempfile::tempdir().unwrap();
    let mut watched = Watched::start(&folder, dir.path());
    fs::rename(&folder, parent.path().join("gone")).unwrap();
    watched.until("it is missed", |watched| !watched.rejected.is_empty());
    watched.settle();
    assert_eq!((watched.ingest.library.len(), watched.removed.len()), (3, 0));
}
