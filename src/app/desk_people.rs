//! The people of the library, for the desk. See [`LibraryDirectory`].

use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, unbounded};

use millions_desk::{Answer, Face, PeopleDirectory, PersonEntry, Question};
use millions_library::{Library, Portrait};
use millions_wall::tile::planes::decode_level;
use millions_wall::tile::{PortraitNumber, TileSource};

/// The most people of an answer.
const MOST: usize = 40;
/// Texels a side of a face, where the library's tiles have as many.
const SIDE: u32 = 64;

/// Answers on a thread of its own, which ends with this: a library of a hundred thousand is searched in a moment, and its tiles
/// are on a disk.
pub struct LibraryDirectory {
    questions: Sender<Question>,
    answers: Receiver<Answer>,
}

impl LibraryDirectory {
    /// Starts the thread.
    pub fn start(library: Arc<Library>) -> Self {
        let (questions, asked) = unbounded::<Question>();
        let (answer, answers) = unbounded();
        let work = move || {
            while let Ok(question) = asked.recv() {
                // The last one: who types a name asks with every letter.
                let question = asked.try_iter().last().unwrap_or(question);
                if answer.send(find(&library, question)).is_err() {
                    return;
                }
            }
        };
        if let Err(error) = thread::Builder::new().name("desk people".into()).spawn(work) {
            tracing::warn!("people are not found on the desk: {error}");
        }
        Self { questions, answers }
    }
}

impl PeopleDirectory for LibraryDirectory {
    fn ask(&mut self, question: Question) {
        // A thread that could not be started was reported.
        let _ = self.questions.send(question);
    }

    fn answer(&mut self) -> Option<Answer> {
        self.answers.try_recv().ok()
    }
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
