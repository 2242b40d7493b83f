//! The people of the library, for the desk. See [`LibraryDirectory`].

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};

use millions_base::printable_path;
use millions_desk::{Answer, Face, PeopleDirectory, PersonEntry, Photograph, Question};
use millions_library::{Library, Limits, ManualCrops, Portrait, Thumbnail};
use millions_wall::tile::planes::decode_level;
use millions_wall::tile::{PortraitNumber, TileSource};

/// The most people of an answer.
const MOST: usize = 40;
/// Texels a side of a face, where the library's tiles have as many.
const SIDE: u32 = 64;

/// The longer side of a photograph whose crop is decided by hand, in pixels.
const PHOTOGRAPH: u32 = 720;
/// How often it is looked whether the library has changed since an answer.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// A library that changes all the time is searched for at most this part of it.
const SEARCHING: u32 = 20;

/// Answers on a thread of its own, which ends with this: a library of a hundred thousand is searched in a moment, and its tiles
/// and photographs are on disks. An answer is given again when the library has changed.
pub struct LibraryDirectory {
    requests: Sender<Request>,
    answers: Receiver<Answer>,
    photographs: Receiver<Photograph>,
}

enum Request {
    People(Question),
    Photograph(PortraitNumber),
}

impl LibraryDirectory {
    /// Starts the thread.
    pub fn start(library: Arc<Library>) -> Self {
        let (requests, asked) = unbounded();
        let (answer, answers) = unbounded();
        let (photograph, photographs) = unbounded();
        let work = move || serve(&library, &asked, &answer, &photograph);
        if let Err(error) = thread::Builder::new().name("desk people".into()).spawn(work) {
            tracing::warn!("people are not found on the desk: {error}");
        }
        Self { requests, answers, photographs }
    }
}

impl PeopleDirectory for LibraryDirectory {
    fn ask(&mut self, question: Question) {
        // A thread that could not be started was reported.
        let _ = self.requests.send(Request::People(question));
    }

    fn answer(&mut self) -> Option<Answer> {
        self.answers.try_recv().ok()
    }

    fn ask_photograph(&mut self, number: PortraitNumber) {
        let _ = self.requests.send(Request::Photograph(number));
    }

    fn photograph(&mut self) -> Option<Photograph> {
        self.photographs.try_recv().ok()
    }
}

/// Answers until nobody asks any more.
fn serve(library: &Library, asked: &Receiver<Request>, answers: &Sender<Answer>, photographs: &Sender<Photograph>) {
    let (mut question, mut answered_at, mut not_before) = (Question::Nobody, library.tones_version(), Instant::now());
    loop {
        let (mut is_new, mut number) = (false, None);
        match asked.recv_timeout(LOOK_EVERY) {
            // The last of each: who types a name asks with every letter.
            Ok(first) => {
                for request in std::iter::once(first).chain(asked.try_iter()) {
                    match request {
                        Request::People(asked) => (question, is_new) = (asked, true),
                        Request::Photograph(asked) => number = Some(asked),
                    }
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        if let Some(photograph) = number.and_then(|number| photograph(library, number))
            && photographs.send(photograph).is_err()
        {
            return;
        }
        let version = library.tones_version();
        let has_changed = version != answered_at && question != Question::Nobody && Instant::now() >= not_before;
        if is_new || has_changed {
            let began = Instant::now();
            if answers.send(find(library, question.clone())).is_err() {
                return;
            }
            (answered_at, not_before) = (version, Instant::now() + began.elapsed() * SEARCHING);
        }
    }
}

/// The photograph of a portrait, with the crop of its tile; none where there is no such portrait.
fn photograph(library: &Library, number: PortraitNumber) -> Option<Photograph> {
    let portrait = library.portrait(number)?;
    let quarter_turns = portrait.edit.quarter_turns % 4;
    let [left, top, right, bottom] = portrait.detections.crop.edges().map(|edge| edge as f32);
    let known = Photograph {
        number,
        crop: [left, top, right - left, bottom - top],
        quarter_turns,
        tile_aspect: library.aspect(),
        // One that cannot be read was told when the library was opened.
        is_by_hand: ManualCrops::load(library.dir()).is_ok_and(|crops| crops.decides(&portrait.hash)),
        ..Photograph::default()
    };
    let mut fault = "it is made of no photograph that is kept here".to_owned();
    for path in &portrait.sources {
        match Thumbnail::read(path, PHOTOGRAPH, Limits::default()) {
            Ok(Thumbnail { size, rgb, .. }) => {
                let size = size.map(|length| length as usize);
                return Some(Photograph { size, rgb: rgb.into_flattened(), ..known });
            }
            Err(error) => fault = format!("{error}: {}", printable_path(path)),
        }
    }
    Some(Photograph { fault, ..known })
}

fn find(library: &Library, question: Question) -> Answer {
    let mut found: Vec<PersonEntry> = Vec::new();
    let mut total = 0;
    let mut add = |portrait: Portrait| {
        if portrait.person.hidden || portrait.copy_of.is_some() {
            return;
        }
        total += 1;
        if found.len() < MOST {
            found.push(entry(portrait));
        }
    };
    match &question {
        Question::Nobody => {}
        Question::Newcomers(numbers) => {
            numbers.iter().filter_map(|number| library.portrait(*number)).for_each(add);
        }
        Question::Doubtful => library.for_each_portrait(|portrait| {
            if !portrait.detections.review_reasons.is_empty() {
                add(portrait);
            }
        }),
        Question::Named(text) => {
            let has = |value: &str| value.to_lowercase().contains(text.as_str());
            library.for_each_portrait(|portrait| {
                if has(&portrait.person.name) || has(&portrait.person.place) || portrait.number.to_string() == *text {
                    add(portrait);
                }
            });
        }
    }
    for person in &mut found {
        person.face = face(library, person.number);
    }
    Answer { question, people: found, total }
}

fn entry(portrait: Portrait) -> PersonEntry {
    let reasons = portrait.detections.review_reasons;
    PersonEntry {
        number: portrait.number,
        name: portrait.person.name,
        place: portrait.person.place,
        doubts: if reasons.is_empty() { String::new() } else { reasons.to_string() },
        face: None,
    }
}

/// The portrait's tile, as it was contributed; none where it cannot be read.
fn face(library: &Library, number: PortraitNumber) -> Option<Face> {
    let layout = library.layout();
    let side = layout.side().min(SIDE);
    let mut prefix = vec![0; layout.prefix_bytes(side)];
    library.read_tile(number, &mut prefix).ok()?;
    let rgb = decode_level(&prefix, layout, side);
    Some(Face { side: side as usize, rgb, aspect_thousandths: (library.aspect() * 1000.0) as u32 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use millions_library::LibraryWriter;

    #[test]
    fn nobody_is_found_in_an_empty_library() {
        let dir = tempfile::tempdir().unwrap();
        let library = LibraryWriter::create_or_open(dir.path(), 32, 0.8).unwrap().library();
        let mut directory = LibraryDirectory::start(library);
        directory.ask(Question::Named("ada".into()));
        let answer = directory.answers.recv().unwrap();
        assert_eq!((answer.question, answer.total), (Question::Named("ada".into()), 0));
    }
}
