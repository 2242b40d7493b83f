//! What a process and its workers say to each other: frames of a message (postcard) and bytes, each with its length before it.
//!
//! What comes from a worker is not trusted, for a photograph may have taken it over: lengths are bounded before anything is allocated,
//! and a product is held against its task ([`Made::product`]).

use std::io::{self, ErrorKind, Read, Write};

use millions_wall::tile::TileLayout;
use millions_wall::tone::ToneFigures;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::super::decode::Limits;
use super::super::decoding::{Product, Task};
use super::super::detections::Detections;
use super::super::heif::HeifSupport;
use super::super::perceptual::PerceptualHash;
use super::super::prepare::Prepared;
use super::super::thumbnail::Thumbnail;
use super::sandbox::Sandbox;

/// The most bytes of a message, without those that follow it.
const MOST_MESSAGE_BYTES: usize = 64 << 10;
/// The most faces in the detections of a photograph that a worker may say; the detector finds a few dozen at the most.
const MOST_FACES: usize = 4096;
/// The most letters of a reason or a remark.
const MOST_LETTERS: usize = 1000;

/// What is told to a worker.
#[derive(Debug, Serialize, Deserialize)]
pub enum Order {
    /// The first, once.
    Begin(Setup),
    /// To run a task. The photograph's bytes follow.
    Run { task: Task, limits: Limits },
    /// The memory that was asked for may be allocated.
    Granted,
}

/// What is the same for all tasks of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// Whether it gives way to a wall that plays.
    pub gives_way: bool,
    /// What decoding a photograph may allocate, in bytes.
    pub max_alloc_bytes: u64,
}

/// What a worker answers.
#[derive(Debug, Serialize, Deserialize)]
pub enum Answer {
    /// The first, once.
    Ready(Ready),
    /// It waits for so many bytes of memory, in the place of what was granted before.
    Takes(u64),
    /// Done. Bytes may follow.
    Made(Made),
    /// The photograph cannot be used, for this reason.
    Rejected(String),
}

/// A worker that has started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    pub sandbox: Sandbox,
    /// The linker's text where there is no libheif.
    pub heif: Result<HeifSupport, String>,
}

/// A product without its pixels, which follow as bytes.
#[derive(Debug, Serialize, Deserialize)]
pub enum Made {
    /// The tile follows, and the floor after it.
    Tile {
        tone: ToneFigures,
        detections: Detections,
        looks: Option<PerceptualHash>,
        remark: Option<String>,
    },
    LargeTile,
    Thumbnail {
        size: [u32; 2],
        full_size: [u32; 2],
    },
    Looks(Option<PerceptualHash>),
}

impl Made {
    /// Divides a product into what is said of it and its bytes.
    pub fn of(product: Product) -> (Self, Vec<u8>) {
        match product {
            Product::Tile(prepared) => {
                let Prepared { mut tile, floor, tone, detections, looks, remark } = *prepared;
                tile.extend_from_slice(&floor);
                (Self::Tile { tone, detections, looks, remark }, tile)
            }
            Product::LargeTile(tile) => (Self::LargeTile, tile),
            Product::Thumbnail(Thumbnail { size, rgb, full_size }) => {
                (Self::Thumbnail { size, full_size }, rgb.into_flattened())
            }
            Product::Looks(looks) => (Self::Looks(looks), Vec::new()),
        }
    }

    /// The product of a task; `None` where it is none that the task can have.
    pub fn product(self, task: &Task, mut bytes: Vec<u8>) -> Option<Product> {
        match (self, task) {
            (Self::Tile { tone, detections, looks, remark }, Task::Tile { side, .. }) => {
                let layout = TileLayout::new(*side).ok()?;
                let is_sound = bytes.len() == layout.stride() + TileLayout::floor().stride()
                    && detections.faces.len() <= MOST_FACES
                    && detections.is_sound();
                let floor = is_sound.then(|| bytes.split_off(layout.stride()))?;
                let remark = remark.map(shortened);
                Some(Product::Tile(Box::new(Prepared { tile: bytes, floor, tone, detections, looks, remark })))
            }
            (Self::LargeTile, Task::LargeTile { side, .. }) => {
                (bytes.len() == TileLayout::new(*side).ok()?.stride()).then_some(Product::LargeTile(bytes))
            }
            (Self::Thumbnail { size, full_size }, Task::Thumbnail { longest }) => {
                let length = u64::from(size[0]) * u64::from(size[1]) * 3;
                let is_sound = size.iter().all(|side| (1..=*longest).contains(side)) && length == bytes.len() as u64;
                let rgb = is_sound.then(|| bytes.as_chunks().0.to_vec())?;
                Some(Product::Thumbnail(Thumbnail { size, rgb, full_size }))
            }
            (Self::Looks(looks), Task::Looks) => bytes.is_empty().then_some(Product::Looks(looks)),
            _ => None,
        }
    }

    /// The most bytes that follow a product of a task.
    pub fn most_bytes(task: &Task) -> usize {
        match task {
            Task::Tile { side, .. } | Task::LargeTile { side, .. } => {
                TileLayout::new(*side).map_or(0, |layout| layout.stride() + TileLayout::floor().stride())
            }
            Task::Thumbnail { longest } => (*longest as usize).saturating_pow(2).saturating_mul(3),
            Task::Looks => 0,
        }
    }
}

/// A text of a worker, at most a thousand letters of it.
pub fn shortened(text: String) -> String {
    if text.chars().nth(MOST_LETTERS).is_none() { text } else { text.chars().take(MOST_LETTERS).collect() }
}

/// Writes a message, with bytes after it.
///
/// # Errors
/// Those of the pipe.
pub fn write(pipe: &mut impl Write, message: &impl Serialize, bytes: &[u8]) -> io::Result<()> {
    let message = postcard::to_stdvec(message).map_err(|_| nonsense())?;
    let lengths = [message.len() as u64, bytes.len() as u64].map(u64::to_le_bytes).concat();
    pipe.write_all(&[&lengths[..], &message].concat())?;
    pipe.write_all(bytes)?;
    pipe.flush()
}

/// Reads a message, and into `bytes` those after it, of which at most `most` are taken.
///
/// # Errors
/// [`ErrorKind::InvalidData`] for what is none or too long; [`ErrorKind::UnexpectedEof`] where the other end is closed; others of the pipe.
pub fn read<T: DeserializeOwned>(pipe: &mut impl Read, bytes: &mut Vec<u8>, most: usize) -> io::Result<T> {
    let mut lengths = [[0; 8]; 2];
    pipe.read_exact(lengths.as_flattened_mut())?;
    let [message_length, length] =
        lengths.map(|length| usize::try_from(u64::from_le_bytes(length)).unwrap_or(usize::MAX));
    if message_length > MOST_MESSAGE_BYTES || length > most {
        return Err(nonsense());
    }
    let mut message = vec![0; message_length];
    pipe.read_exact(&mut message)?;
    bytes.clear();
    bytes.reserve(length);
    if pipe.take(length as u64).read_to_end(bytes)? < length {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    postcard::from_bytes(&message).map_err(|_| nonsense())
}

/// The error of what cannot have been said.
pub fn nonsense() -> io::Error {
    ErrorKind::InvalidData.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whatever a worker writes, it is a message or an error, and no more is allocated than was allowed.
    #[test]
    fn any_bytes_are_a_message_or_an_error() {
        proptest!(|(written in proptest::collection::vec(any::<u8>(), 0..300), small in any::<bool>(), lengths in [0u64..80, 0u64..80])| {
            let mut written = written;
            if small && written.len() >= 16 {
                written[..16].copy_from_slice(&lengths.map(u64::to_le_bytes).concat());
            }
            let mut bytes = Vec::new();
            let answer = read::<Answer>(&mut &written[..], &mut bytes, 64);
            prop_assert!(bytes.capacity() <= 128);
            if let Ok(Answer::Made(made)) = answer {
                let task = Task::Thumbnail { longest: 4 };
                if let Some(Product::Thumbnail(picture)) = made.product(&task, bytes) {
                    prop_assert!(picture.size.iter().all(|side| *side <= 4));
                    prop_assert_eq!(picture.rgb.len() as u32, picture.size[0] * picture.size[1]);
                }
            }
        });
    }

    #[test]
    fn a_message_comes_as_it_was_sent_and_products_answer_their_task_alone() {
        let mut pipe = Vec::new();
        let looks = Answer::Made(Made::Looks(None));
        write(&mut pipe, &Answer::Takes(7), &[]).unwrap();
        write(&mut pipe, &looks, &[1, 2, 3]).unwrap();
        let (mut pipe, mut bytes) = (&pipe[..], Vec::new());
        assert!(matches!(read(&mut pipe, &mut bytes, 3).unwrap(), Answer::Takes(7)));
        let Answer::Made(made) = read(&mut pipe, &mut bytes, 3).unwrap() else { panic!("a product") };
        assert_eq!(bytes, [1, 2, 3]);
        assert!(made.product(&Task::Looks, bytes).is_none(), "a hash has no bytes");
        assert!(Made::Looks(None).product(&Task::Thumbnail { longest: 4 }, Vec::new()).is_none(), "another task");
        let flat = Made::Thumbnail { size: [0, 0], full_size: [1, 1] };
        assert!(flat.product(&Task::Thumbnail { longest: 4 }, Vec::new()).is_none(), "a picture has pixels");
        let end = read::<Answer>(&mut pipe, &mut Vec::new(), 3).unwrap_err();
        assert_eq!(end.kind(), ErrorKind::UnexpectedEof);
    }
}
