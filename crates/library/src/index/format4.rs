//! Logs of format 4, of which one of the present format is made in memory: postcard of records in frames.
//!
//! ```text
//! head  = "millidx2", tile side u32, aspect f32, bytes committed u64, CRC-32 u32
//! frame = "MLFR", length u32, CRC-32 u32, postcard of Vec<Record>
//! ```

use std::io;
use std::sync::Arc;

use super::log::{LogBytes, LogHead};
use super::{Index, Record};
use crate::spill::Backing;

pub const LOG_START: &[u8; 8] = b"millidx2";
const FRAME_START: &[u8; 4] = b"MLFR";
const FRAME_HEAD: usize = 12;
const MAX_FRAME_BYTES: usize = 256 << 20;

/// Whether a log is one of format 4, also where its head is damaged.
pub fn is_this(log: &[u8]) -> bool {
    log.starts_with(LOG_START) || log.get(LogHead::BYTES..).is_some_and(|frames| frames.starts_with(FRAME_START))
}

/// An index of format 4, in memory alone.
#[derive(Debug)]
pub struct Converted {
    pub index: Index,
    /// Bytes of the old log that count.
    pub committed_bytes: u64,
    /// Bytes that were committed and are not what was written.
    pub damaged_bytes: usize,
}

/// Reads the frame at the start of `bytes`: its records and its length, or `None` when it is torn or damaged.
fn read_frame(bytes: &[u8]) -> Option<(Vec<Record>, usize)> {
    let head: &[u8; FRAME_HEAD] = bytes.first_chunk()?;
    let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let length = word(4) as usize;
    if &head[..4] != FRAME_START || length == 0 || length > MAX_FRAME_BYTES {
        return None;
    }
    let payload = bytes.get(FRAME_HEAD..FRAME_HEAD + length)?;
    if crc32fast::hash(payload) != word(8) {
        return None;
    }
    Some((postcard::from_bytes(payload).ok()?, FRAME_HEAD + length))
}

/// Reads a log. Damaged frames are passed over and counted.
///
/// # Errors
/// None that these types cause.
pub fn convert(log: &[u8], portraits: usize) -> io::Result<Converted> {
    let head = LogHead::read(log, LOG_START);
    let committed = usize::try_from(head.map_or(0, |head| head.committed_bytes)).unwrap_or(usize::MAX);
    let claimed = committed.min(log.len().max(LogHead::BYTES));
    let mut index = Index::new(Arc::default(), portraits, &Backing::Memory);
    let mut bytes = vec![0; LogHead::BYTES];
    let (mut at, mut damaged_bytes) = (LogHead::BYTES.min(log.len()), usize::from(head.is_none()) * LogHead::BYTES);
    loop {
        while let Some((records, length)) = read_frame(&log[at..]) {
            for frame in index.frames(records)? {
                index.apply_frame(bytes.len() as u64, &frame);
                bytes.extend(frame);
            }
            at += length;
        }
        let rest = &log[at..];
        // A good frame behind bad bytes was committed after them.
        let starts = rest.windows(FRAME_START.len()).enumerate().skip(1);
        let mut starts = starts.filter(|(_, start)| start == FRAME_START);
        let Some((offset, _)) = starts.find(|(offset, _)| read_frame(&rest[*offset..]).is_some()) else { break };
        damaged_bytes += offset;
        at += offset;
    }
    // The last frames, or a log that was cut.
    damaged_bytes += committed.saturating_sub(at);
    index.log = Arc::new(LogBytes::Memory(bytes));
    Ok(Converted { index, committed_bytes: at.max(claimed) as u64, damaged_bytes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::Edit;
    use crate::index::Entry;
    use crate::people::Person;
    use crate::source::{Source, Stamp};

    fn frame(records: &[Record]) -> Vec<u8> {
        let payload = postcard::to_stdvec(records).unwrap();
        let mut frame = FRAME_START.to_vec();
        frame.extend((payload.len() as u32).to_le_bytes());
        frame.extend(crc32fast::hash(&payload).to_le_bytes());
        frame.extend(payload);
        frame
    }

    fn log(frames: &[Vec<u8>]) -> Vec<u8> {
        let mut log = LogHead { tile_side: 32, aspect: 0.8, committed_bytes: 0 }.to_bytes().to_vec();
        log.extend(frames.concat());
        let length = log.len() as u64;
        log[..8].copy_from_slice(LOG_START);
        log[16..24].copy_from_slice(&length.to_le_bytes());
        let crc = crc32fast::hash(&log[..24]);
        log[24..28].copy_from_slice(&crc.to_le_bytes());
        log
    }

    fn source(name: &str) -> Source {
        Source { path: name.into(), stamp: Stamp { size: 5, modified_ns: 6, inode: 7 } }
    }

    fn portrait(number: u32, name: &str, hidden: bool) -> Record {
        let person = Person { name: name.into(), hidden, tone_stops: 0.5, ..Person::default() };
        let entry = Entry {
            hash: [number as u8; 32],
            edit: Edit { quarter_turns: number as u8 % 4, crop: None },
            tone: Default::default(),
            detections: Default::default(),
            sources: vec![source(name)],
            person: Some(Box::new(person)),
            looks: None,
            copy_of: (number == 2).then_some(1),
        };
        Record::Portrait { number, entry }
    }

    #[test]
    fn a_library_of_the_older_format_is_the_same_in_this_one() {
        let rejected = |name: &str| Record::Rejected { source: source(name), reason: "no".into(), decoder_version: 1 };
        let frames = [
            frame(&[portrait(0, "Ada", false), portrait(1, "Max", true), rejected("x"), rejected("y"), rejected("z")]),
            frame(&[portrait(2, "Eva", false), portrait(3, "Ida", false), Record::Forgotten { path: "y".into() }]),
            // What is ingested after all is not rejected any more.
            frame(&[Record::Removed { number: 3 }, portrait(0, "Adele", false), portrait(4, "z", false)]),
        ];
        let bytes = log(&frames);
        assert!(is_this(&bytes));
        let Converted { index, committed_bytes, damaged_bytes } = convert(&bytes, 5).unwrap();
        assert_eq!((committed_bytes, damaged_bytes), (bytes.len() as u64, 0));
        let expected = [portrait(0, "Adele", false), portrait(1, "Max", true), portrait(2, "Eva", false)];
        let expected = expected.into_iter().chain([portrait(4, "z", false)]);
        let found = index.entries().map(|(number, entry)| Record::Portrait { number, entry });
        assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        assert_eq!(index.rejected.keys().collect::<Vec<_>>(), [std::path::Path::new("x")]);
        assert_eq!((index.counts().all, index.counts().shown, index.counts().hidden), (4, 2, 1));

        // A changed bit costs its frame, and is told.
        let mut damaged = bytes.clone();
        damaged[28 + frames[0].len() + 20] ^= 1;
        let converted = convert(&damaged, 5).unwrap();
        assert_eq!(converted.damaged_bytes, frames[1].len());
        assert_eq!(converted.index.counts().all, 3);
        // A torn end does not count.
        let converted = convert(&bytes[..bytes.len() - 1], 5).unwrap();
        assert_eq!(converted.index.counts().all, 4);
        assert_eq!(converted.damaged_bytes, frames[2].len());
    }
}
