//! Photographs in object storage and on web servers: whatever a server does, nobody is lost, and nothing is fetched twice.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::photographs::{SMALL, ingest_with, jpeg};
use crate::program::{Run, millions};
use crate::server::{BUCKET, KEY_ID, Request, Server, Trouble};
use crate::takedown::person;
use millions_library::{Ingest, IngestEvent, IngestOptions, Library, LibraryError};

const SECRET: &str = "THE-SECRET-OF-THE-TESTS";
const NAMES: [&str; 7] = ["a.jpg", "b.jpg", "c & d.jpg", "e/f.jpg", "e/Zürich.jpg", "g/h/i.jpg", "100%.jpg"];

type NewTrouble = fn() -> Trouble;
type TroubleWith = fn(&Request) -> Option<Trouble>;

struct Wall {
    server: Server,
    home: tempfile::TempDir,
}

impl Wall {
    /// A server with photographs of seven people below a prefix of the bucket and a folder of the web.
    fn new() -> Self {
        let server = Server::start();
        for (seed, name) in NAMES.iter().enumerate() {
            for place in [BUCKET, "web"] {
                server.put(&format!("{place}/p/{name}"), jpeg(&person(seed as u32), None));
            }
        }
        Self { server, home: tempfile::tempdir().unwrap() }
    }

    fn dir(&self) -> PathBuf {
        self.home.path().join("library")
    }

    /// Runs the program with the keys of the bucket.
    fn run(&self, arguments: &[&str]) -> Run {
        let mut command = millions(self.home.path());
        for (name, _) in
            std::env::vars().filter(|(name, _)| name.starts_with("AWS_") || name.to_lowercase().ends_with("_proxy"))
        {
            command.env_remove(name);
        }
        command.env("AWS_ENDPOINT_URL", self.server.url("")).env("AWS_REGION", "elsewhere");
        command.env("AWS_ACCESS_KEY_ID", KEY_ID).env("AWS_SECRET_ACCESS_KEY", SECRET);
        // Whatever is asked for in the log.
        command.env("RUST_LOG", "trace").args(arguments);
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Ingests the bucket; the summary.
    fn ingest(&self, more: &[&str]) -> serde_json::Value {
        let address = format!("s3://{BUCKET}/p");
        let dir = self.dir();
        let arguments = ["ingest", &address, "--library", dir.to_str().unwrap(), "--tile", "32", "--json"];
        let run = self.run(&[&arguments[..], more].concat());
        assert_eq!(run.code, Some(0), "{run:#?}");
        serde_json::from_str(&run.out).unwrap()
    }

    fn people(&self) -> usize {
        Library::open(&self.dir()).unwrap().len()
    }

    /// Photographs that were fetched since this was asked last, each once.
    fn fetched(&self) -> BTreeSet<String> {
        self.server.asked().into_iter().filter(Request::is_photograph).map(|request| request.path).collect()
    }
}

#[test]
fn a_bucket_is_a_folder_and_nothing_is_fetched_twice() {
    let wall = Wall::new();
    let path = |name: &str| format!("{BUCKET}/p/{name}");
    for name in ["#recycle/gone.jpg", "film.mov", "e/", "z.json", "twice//a.jpg"] {
        wall.server.put(&path(name), jpeg(&person(99), None));
    }
    wall.server.put(&path("people.csv"), "file,name,hidden\na.jpg,Anna,\ne/f.jpg,,yes\n".into());
    let summary = wall.ingest(&[]);
    assert_eq!((summary["added"].as_u64(), summary["hidden"].as_u64()), (Some(7), Some(1)), "{summary}");
    assert_eq!(summary["portraits"], 6);
    assert_eq!(summary["rejected"].as_array().unwrap().len(), 1, "{summary}");
    assert!(summary["rejected"][0]["path"].as_str().unwrap().ends_with("twice//a.jpg"), "{summary}");
    assert_eq!(wall.fetched().len(), 7);
    let library = Library::open(&wall.dir()).unwrap();
    let anna = PathBuf::from(format!("s3://{BUCKET}/p/a.jpg"));
    assert!(library.portraits().iter().any(|number| {
        library.portrait(*number).unwrap().sources == [anna.clone()]
            && library.person(*number).is_some_and(|person| person.name == "Anna")
    }));
    drop(library);

    let summary = wall.ingest(&[]);
    assert_eq!((summary["unchanged"].as_u64(), summary["added"].as_u64()), (Some(7), Some(0)), "{summary}");
    assert_eq!(wall.fetched().len(), 0);

    wall.server.delete(&path("b.jpg"));
    wall.server.put(&path("g/h/i.jpg"), jpeg(&person(50), None));
    wall.server.put(&path("new.jpg"), jpeg(&person(51), None));
    let summary = wall.ingest(&[]);
    assert_eq!(
        (summary["added"].as_u64(), summary["removed"].as_u64(), summary["portraits"].as_u64()),
        (Some(2), Some(2), Some(6))
    );
    assert_eq!(wall.fetched(), BTreeSet::from([path("g/h/i.jpg"), path("new.jpg")]));
}

#[test]
fn keys_are_never_told() {
    let wall = Wall::new();
    wall.ingest(&[]);
    let address = format!("s3://{BUCKET}/p");
    let run = wall.run(&["ingest", &address, "--library", wall.dir().to_str().unwrap(), "--tile", "32", "-v"]);
    let mut told = format!("{}{}", run.out, run.err);
    // A server that repeats who asked.
    wall.server.troubles(|request| request.is_photograph().then_some(Trouble::Status(500)));
    wall.server.put(&format!("{BUCKET}/p/new.jpg"), jpeg(&person(60), None));
    wall.server.troubles(|_| Some(Trouble::Page("<Error><AWSAccessKeyId>KEY-OF-THE-TESTS</AWSAccessKeyId></Error>")));
    let run = wall.run(&["ingest", &address, "--library", wall.dir().to_str().unwrap(), "--tile", "32"]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    told += &format!("{}{}", run.out, run.err);
    for file in fs::read_dir(wall.dir()).unwrap() {
        told += &String::from_utf8_lossy(&fs::read(file.unwrap().path()).unwrap());
    }
    assert!(!told.contains(SECRET) && !told.contains(KEY_ID), "{told}");
}

#[test]
fn a_listing_that_fails_takes_nobody_away() {
    let wall = Wall::new();
    wall.ingest(&[]);
    let second = |request: &Request| request.query.contains_key("continuation-token");
    let ways: [(&str, NewTrouble); 6] = [
        ("refused", || Trouble::Status(403)),
        ("a page", || Trouble::Page("<html>Maintenance</html>")),
        ("half", || Trouble::Replaced("</ListBucketResult>", "")),
        ("no token", || Trouble::Replaced("<NextContinuationToken>", "<Nothing>")),
        ("twice", || Trouble::Replaced("<Key>p/c", "<Key>p/b.jpg</Key></Contents><Contents><Key>p/c")),
        ("unsound", || Trouble::Replaced("<Size>", "<Size>x")),
    ];
    for (what, trouble) in ways {
        wall.server.troubles(move |request| {
            (request.is_list() && second(request) && request.query["continuation-token"] == "p/b.jpg").then(trouble)
        });
        let summary = wall.ingest(&[]);
        assert_eq!(summary["removed"], 0, "{what}: {summary}");
        assert_eq!(wall.people(), 7, "{what}");
        let rejected = summary["rejected"].as_array().unwrap();
        assert!(rejected.iter().any(|rejected| rejected["path"] == format!("s3://{BUCKET}/p")), "{what}: {summary}");
    }
    // From its first page on: an error, and the library is as it was.
    wall.server.troubles(|request| request.is_list().then_some(Trouble::Status(403)));
    let run =
        wall.run(&["ingest", &format!("s3://{BUCKET}/p"), "--library", wall.dir().to_str().unwrap(), "--tile", "32"]);
    assert!(run.code == Some(1) && run.err.contains("refuses"), "{run:#?}");
    assert_eq!(wall.people(), 7);
}

#[test]
fn what_fails_for_a_while_is_asked_for_again() {
    let wall = Wall::new();
    // Photographs and listings: each fails in another way at first, and twice.
    wall.server.troubles(|request| {
        let ways =
            [Trouble::Status(503), Trouble::BreakOff, Trouble::Status(429), Trouble::BreakOff, Trouble::Status(500)];
        let at = request.path.len() + request.query.len() + request.times;
        (request.times < 2).then(|| ways[at % ways.len()].clone())
    });
    let summary = wall.ingest(&[]);
    assert_eq!((summary["added"].as_u64(), summary["rejected"].as_array().unwrap().len()), (Some(7), 0), "{summary}");
}

#[test]
fn a_silent_server_is_left_after_a_while() {
    let wall = Wall::new();
    wall.server.troubles(|request| (request.is_photograph() && request.times == 0).then_some(Trouble::Silence));
    let started = Instant::now();
    let summary = wall.ingest(&[]);
    assert_eq!(summary["added"], 7, "{summary}");
    assert!(started.elapsed() < Duration::from_secs(40), "all at a time");
}

#[test]
fn what_cannot_be_fetched_comes_with_the_next_ingest() {
    let wall = Wall::new();
    wall.server
        .troubles(|request| (request.is_photograph() && request.path.contains("e/")).then_some(Trouble::Status(403)));
    let summary = wall.ingest(&[]);
    assert_eq!((summary["added"].as_u64(), summary["rejected"].as_array().unwrap().len()), (Some(5), 2), "{summary}");
    assert!(summary["rejected"][0]["reason"].as_str().unwrap().contains("refuses"), "{summary}");
    wall.server.recover();
    wall.fetched();
    let summary = wall.ingest(&[]);
    assert_eq!((summary["added"].as_u64(), summary["unchanged"].as_u64()), (Some(2), Some(5)), "{summary}");
    assert_eq!(wall.fetched().len(), 2);
}

/// People in a spreadsheet that cannot be had may have asked to be hidden.
#[test]
fn nobody_is_shown_while_a_spreadsheet_cannot_be_had() {
    let wall = Wall::new();
    wall.server.put(&format!("{BUCKET}/p/e/people.csv"), "file,hidden\nf.jpg,yes\n".into());
    wall.server.troubles(|request| request.path.ends_with(".csv").then_some(Trouble::Status(403)));
    let summary = wall.ingest(&[]);
    assert_eq!((summary["portraits"].as_u64(), summary["hidden"].as_u64()), (Some(5), Some(0)), "{summary}");
    wall.server.recover();
    let summary = wall.ingest(&[]);
    assert_eq!((summary["portraits"].as_u64(), summary["hidden"].as_u64()), (Some(6), Some(1)), "{summary}");
    wall.server.troubles(|request| request.path.ends_with(".csv").then_some(Trouble::Status(403)));
    let summary = wall.ingest(&[]);
    assert_eq!((summary["portraits"].as_u64(), summary["hidden"].as_u64()), (Some(6), Some(1)), "{summary}");
}

#[test]
fn a_large_photograph_is_fetched_in_ranges_and_a_film_is_not() {
    let wall = Wall::new();
    let mut large = jpeg(&person(70), None);
    large.resize(21 << 20, 0);
    wall.server.put(&format!("{BUCKET}/p/large.jpg"), large);
    let mut film = b"\0\0\0\x18ftypmp42".to_vec();
    film.resize(21 << 20, 0);
    wall.server.put(&format!("{BUCKET}/p/film.jpg"), film);
    wall.server.troubles(|request| (request.path.contains("large") && request.times == 1).then_some(Trouble::BreakOff));
    let summary = wall.ingest(&[]);
    assert_eq!((summary["added"].as_u64(), summary["rejected"].as_array().unwrap().len()), (Some(8), 1), "{summary}");
    let asked = wall.server.asked();
    let ranges = |name: &str| {
        asked
            .iter()
            .filter(|request| request.path.contains(name))
            .map(|request| request.range.unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(ranges("film"), [(0, (4 << 20) - 1)]);
    assert!(ranges("large").len() >= 4 && ranges("large").iter().all(|(start, end)| end - start < 8 << 20));
}

#[test]
fn parts_of_a_bucket_are_all_of_it() {
    let wall = Wall::new();
    let added = |address: &str| -> Vec<u64> {
        let part = |part: u32| {
            let dir = wall.home.path().join(format!("{}-{part}", address.len()));
            let (dir, shard) = (dir.to_str().unwrap(), format!("{part}/3"));
            let run = wall.run(&["ingest", address, "--library", dir, "--tile", "32", "--json", "--shard", &shard]);
            let summary: serde_json::Value = serde_json::from_str(&run.out).unwrap();
            assert_eq!(summary["added"].as_u64().unwrap() + summary["elsewhere"].as_u64().unwrap(), 7, "{summary}");
            summary["added"].as_u64().unwrap()
        };
        (0..3).map(part).collect()
    };
    let counts = added(&format!("s3://{BUCKET}/p"));
    assert_eq!(counts.iter().sum::<u64>(), 7, "{counts:?}");
    let fetched = wall.server.asked().into_iter().filter(Request::is_photograph).count();
    assert_eq!(fetched, 7, "what is another part's is not read");
    // Where the server says nothing of its files, their first bytes do.
    wall.server.without_tags();
    let counts = added(&wall.server.url("web/p/"));
    assert_eq!(counts.iter().sum::<u64>(), 7, "{counts:?}");
    let starts = wall.server.asked().into_iter().filter(|request| request.range == Some((0, 4095))).count();
    assert_eq!(starts, 21);
}

fn web(wall: &Wall, path: &str) -> crate::photographs::Told {
    ingest_with(&[Path::new(&wall.server.url(path))], &wall.dir(), SMALL)
}

#[test]
fn a_listed_folder_of_the_web_is_a_folder() {
    let wall = Wall::new();
    wall.server.put("web/p/.trash/a.jpg", jpeg(&person(99), None));
    wall.server.put("web/p/people.csv", "file,name\n100%.jpg,Hundred\ne/Zürich.jpg,Zoe\n".into());
    let told = web(&wall, "web/p");
    assert_eq!((told.summary.added, told.summary.rejected.len()), (7, 0), "{:?}", told.summary);
    let library = Library::open(&wall.dir()).unwrap();
    let names: BTreeSet<_> =
        library.portraits().iter().filter_map(|number| Some(library.person(*number)?.name)).collect();
    assert!(names.contains("Hundred") && names.contains("Zoe"), "{names:?}");
    drop(library);
    wall.fetched();
    assert_eq!(web(&wall, "web/p/").summary.unchanged, 7);
    assert_eq!(wall.fetched().len(), 0);

    // A folder that cannot be listed, a page in its place, photographs that are not given: nobody leaves.
    let ways: [(&str, TroubleWith); 4] = [
        ("refused", |request| request.path.ends_with("e/").then_some(Trouble::Status(403))),
        ("back soon", |request| request.path.ends_with("e/").then_some(Trouble::Page("<html>Back soon</html>"))),
        ("a login", |request| request.path.ends_with("f.jpg").then_some(Trouble::Page("<html>Who are you?</html>"))),
        ("breaks off", |request| request.path.ends_with("e/").then_some(Trouble::Replaced("</html>", ""))),
    ];
    for (what, trouble) in ways {
        wall.server.troubles(trouble);
        let told = web(&wall, "web/p/");
        assert_eq!((told.summary.removed, told.summary.portraits), (0, 7), "{what}: {:?}", told.summary);
        assert!(!told.summary.rejected.is_empty(), "{what}");
    }
    wall.server.recover();
    wall.server.delete("web/p/e/f.jpg");
    assert_eq!(web(&wall, "web/p/").summary.removed, 1);
    wall.server.troubles(|_| Some(Trouble::Page("<html>Back soon</html>")));
    let started = Ingest::start(&[PathBuf::from(wall.server.url("web/p/"))], &wall.dir(), SMALL);
    assert!(matches!(started, Err(LibraryError::Address { .. })));
    assert_eq!(wall.people(), 6);
}

#[test]
fn a_list_of_addresses_is_read_and_its_keys_are_not_kept() {
    let wall = Wall::new();
    let list = |lines: &str| wall.server.put("web/p/list.txt", lines.into());
    list("# the festival\na.jpg\nb.jpg?X-Amz-Signature=VERY-SECRET\r\n\n/web/p/e/f.jpg\nftp://h/c.jpg\npeople.csv\n");
    wall.server.put("web/p/people.csv", "file,hidden\na.jpg,yes\n".into());
    let told = web(&wall, "web/p/list.txt");
    assert_eq!((told.summary.added, told.summary.hidden, told.summary.rejected.len()), (3, 1, 1), "{:?}", told.summary);
    for file in fs::read_dir(wall.dir()).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("SECRET"));
    }
    wall.fetched();
    // Signed anew.
    list("a.jpg\nb.jpg?X-Amz-Signature=ANOTHER-SECRET\npeople.csv\n");
    let told = web(&wall, "web/p/list.txt");
    assert_eq!((told.summary.unchanged, told.summary.removed), (2, 1), "{:?}", told.summary);
    assert_eq!(wall.fetched().len(), 0);
    list("");
    assert!(Ingest::start(&[PathBuf::from(wall.server.url("web/p/list.txt"))], &wall.dir(), SMALL).is_ok());
    assert_eq!(web(&wall, "web/p/list.txt").summary.removed, 0, "an empty list is a fault of its server");
}

#[test]
fn a_server_that_says_nothing_of_its_files_is_read() {
    let wall = Wall::new();
    wall.server.without_tags();
    assert_eq!(web(&wall, "web/p/").summary.added, 7);
    assert_eq!(web(&wall, "web/p/").summary.unchanged, 7);
}

/// Who is followed is looked at again every minute or so.
#[test]
#[ignore = "takes two minutes"]
fn a_followed_server_is_listed_again() {
    let wall = Wall::new();
    let options = IngestOptions { watch: true, ..SMALL };
    let ingest = Ingest::start(&[PathBuf::from(wall.server.url("web/p/"))], &wall.dir(), options).unwrap();
    let wait = |what: &str, is_it: &dyn Fn(&IngestEvent) -> bool| {
        let until = Instant::now() + Duration::from_secs(120);
        while !is_it(&ingest.events.recv_deadline(until).unwrap_or_else(|_| panic!("{what}"))) {}
    };
    wait("the first round", &|event| matches!(event, IngestEvent::Finished(Ok(_))));
    // While it cannot be listed, everybody stays.
    wall.server.delete("web/p/a.jpg");
    wall.server.put("web/p/people.csv", "file,hidden\nb.jpg,yes\n".into());
    wait("two are gone", &|event| matches!(event, IngestEvent::Removed(_)) && ingest.library.len() == 5);
    wall.server.put("web/p/new.jpg", jpeg(&person(80), None));
    wall.server.troubles(|request| request.path.ends_with('/').then_some(Trouble::Page("<html>Back soon</html>")));
    wait("it is told", &|event| matches!(event, IngestEvent::Rejected { .. }));
    assert_eq!(ingest.library.len(), 5);
    wall.server.recover();
    wait("one has come", &|event| matches!(event, IngestEvent::Added(_)));
    assert_eq!(ingest.library.len(), 6);
    let lists = wall.server.asked().iter().filter(|request| request.path.ends_with("p/")).count();
    assert!((4..15).contains(&lists), "{lists}");
}

/// A stopped ingest stops, whatever its server does.
#[test]
fn an_ingest_that_is_dropped_waits_for_no_server() {
    let wall = Wall::new();
    wall.server.troubles(|request| request.is_photograph().then_some(Trouble::Silence));
    let ingest =
        Ingest::start(&[PathBuf::from(wall.server.url("web/p/"))], &wall.dir(), IngestOptions { watch: true, ..SMALL })
            .unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while wall.server.asked().iter().all(|request| !request.is_photograph()) {
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(20));
    }
    let started = Instant::now();
    drop(ingest);
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}

/// Files of this machine and of a server in one ingest, in the order of the scan.
#[test]
fn a_folder_and_a_server_make_one_library() {
    let (wall, folder) = (Wall::new(), tempfile::tempdir().unwrap());
    for seed in 0..300 {
        fs::write(folder.path().join(format!("{seed}.jpg")), jpeg(&person(1000 + seed), None)).unwrap();
    }
    let url = wall.server.url("web/p/");
    // The first of all is slow: the others wait for it no further than they may.
    wall.server.troubles(|request| (request.is_photograph() && request.times == 0).then_some(Trouble::Status(503)));
    let told = ingest_with(&[Path::new(&url), folder.path()], &wall.dir(), SMALL);
    assert_eq!(told.summary.added, 307);
    let ingest = Ingest::start(&[PathBuf::from(url)], &wall.dir(), SMALL).unwrap();
    let mut events = ingest.events.iter();
    let summary =
        events.find_map(|event| if let IngestEvent::Finished(result) = event { Some(result.unwrap()) } else { None });
    assert_eq!(summary.unwrap().unchanged, 7);
}
