//! The index: who is in the library, as a log of commits.
//!
//! ```text
//! "millidx1" | frame | frame | …      frame = "MLFR", length u32, CRC-32 u32, postcard of Vec<Record>
//! ```
//!
//! A frame is one commit: all of its records count, or none. Frames are synced one after the other, so only the last
//! can be torn by a kill or a power cut, and it is cut off. A bad frame *before* a good one was committed once: the
//! disk or somebody changed it, and the library says that it is damaged rather than forget people silently.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::detections::Detections;
use super::edit::Edit;
use super::people::Person;
use super::source::{Source, Stamp, path_bytes};
use millions_wall::tile::PortraitNumber;
use millions_wall::tone::ToneFigures;

/// The first bytes of the log.
pub const LOG_START: &[u8; 8] = b"millidx1";
const FRAME_START: &[u8; 4] = b"MLFR";
const FRAME_HEAD: usize = 12;
/// A commit of more records is written as several frames, each synced before the next: a frame stays below 64 MiB.
pub const RECORDS_PER_FRAME: usize = 4096;
const MAX_FRAME_BYTES: usize = 256 << 20;
/// How far a good frame is looked for behind a bad one.
const RESYNC_BYTES: usize = 8 << 20;

/// What tells one portrait from another: BLAKE3 of the photograph's bytes, and what was done to it.
pub type Key = ([u8; 32], Edit);

/// What the index knows of a portrait.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// BLAKE3 of the photograph's bytes.
    pub hash: [u8; 32],
    /// What was asked to be done to the photograph.
    pub edit: Edit,
    /// Its light.
    pub tone: ToneFigures,
    /// What was seen in the photograph, and the part chosen.
    pub detections: Detections,
    /// The files that have these bytes, by path; empty for invented people.
    pub sources: Vec<Source>,
    /// Who it shows, where anything is known.
    pub person: Option<Box<Person>>,
}

impl Entry {
    /// What tells it from others.
    pub const fn key(&self) -> Key {
        (self.hash, self.edit)
    }

    /// Whether it is kept off the wall.
    pub fn is_hidden(&self) -> bool {
        self.person.as_ref().is_some_and(|person| person.hidden)
    }
}

/// A photograph that is not in the library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedFile {
    /// The file as it was then.
    pub stamp: Stamp,
    /// Why.
    pub reason: String,
    /// By which decoders and limits ([`super::decode::Limits::judge`]): under others it is tried again.
    pub judge: u64,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Record {
    /// The portrait is there, as the entry says.
    Portrait { number: PortraitNumber, entry: Entry },
    /// The portrait is gone.
    Removed { number: PortraitNumber },
    /// The photograph cannot be used.
    Rejected { source: Source, reason: String, judge: u64 },
    /// Nothing more is known of a photograph that was rejected.
    Forgotten {
        #[serde(with = "path_bytes")]
        path: PathBuf,
    },
}

/// The log, played back.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// The living, by number.
    pub portraits: BTreeMap<PortraitNumber, Entry>,
    /// The rejected, by path.
    pub rejected: HashMap<PathBuf, RejectedFile>,
    /// Records in the log, dead ones included.
    pub records: usize,
    /// Whether the log still says who somebody was who is gone, or what was said of somebody.
    pub recalls: bool,
}

/// What playing a log back gave.
#[derive(Debug)]
pub struct Replay {
    /// The state after the last whole commit.
    pub index: Index,
    /// Bytes of the log up to there.
    pub committed_bytes: usize,
}

impl Index {
    /// Applies one change.
    pub fn apply(&mut self, record: Record) {
        self.records += 1;
        match record {
            Record::Portrait { number, entry } => {
                for source in &entry.sources {
                    self.rejected.remove(&source.path);
                }
                let person = entry.person.clone();
                let before = self.portraits.insert(number, entry);
                let said = before.and_then(|before| before.person);
                self.recalls |= said.is_some() && said != person;
            }
            Record::Removed { number } => {
                // The name of a file may be that of a person.
                self.recalls |= self.portraits.remove(&number).is_some_and(|entry| !entry.sources.is_empty());
            }
            Record::Rejected { source, reason, judge } => {
                self.rejected.insert(source.path, RejectedFile { stamp: source.stamp, reason, judge });
            }
            Record::Forgotten { path } => {
                self.rejected.remove(&path);
            }
        }
    }

    /// Who is to be shown, by number.
    pub fn shown(&self) -> impl Iterator<Item = (PortraitNumber, &Entry)> {
        self.portraits.iter().filter(|(_, entry)| !entry.is_hidden()).map(|(number, entry)| (*number, entry))
    }

    /// The fewest records that say the same.
    #[must_use]
    pub fn to_records(&self) -> Vec<Record> {
        let mut rejected: Vec<_> = self.rejected.iter().collect();
        rejected.sort_by_key(|(path, _)| *path);
        let portraits =
            self.portraits.iter().map(|(number, entry)| Record::Portrait { number: *number, entry: entry.clone() });
        let rejected = rejected.into_iter().map(|(path, refused)| Record::Rejected {
            source: Source { path: path.clone(), stamp: refused.stamp },
            reason: refused.reason.clone(),
            judge: refused.judge,
        });
        portraits.chain(rejected).collect()
    }

    /// Whether the log is to be written anew: for it recalls people who are to be forgotten, or has grown so far past what
    /// it says that it is worth it.
    #[must_use]
    pub fn wants_compaction(&self) -> bool {
        let live = self.portraits.len() + self.rejected.len();
        self.recalls || (self.records > 1024 && self.records > live * 3)
    }
}

/// Packs one commit into frames.
///
/// # Errors
/// None that the types here can cause; postcard's own, in words, to be complete.
pub fn frames(records: &[Record]) -> Result<Vec<Vec<u8>>, postcard::Error> {
    let mut frames = Vec::new();
    for records in records.chunks(RECORDS_PER_FRAME) {
        let mut frame = vec![0; FRAME_HEAD];
        frame = postcard::to_extend(records, frame)?;
        let (head, payload) = frame.split_at_mut(FRAME_HEAD);
        let length = u32::try_from(payload.len()).map_err(|_| postcard::Error::SerializeBufferFull)?;
        head[..4].copy_from_slice(FRAME_START);
        head[4..8].copy_from_slice(&length.to_le_bytes());
        head[8..].copy_from_slice(&crc32fast::hash(payload).to_le_bytes());
        frames.push(frame);
    }
    Ok(frames)
}

/// Reads the frame at the start of `bytes`: its records and its length, or `None` when it is not whole and sound.
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

/// Plays a log back.
///
/// # Errors
/// In words, when committed frames are no longer what was written.
pub fn replay(log: &[u8]) -> Result<Replay, String> {
    if !log.starts_with(LOG_START) {
        return Err("index.log does not begin as one".into());
    }
    let mut index = Index::default();
    let mut at = LOG_START.len();
    while let Some((records, length)) = read_frame(&log[at..]) {
        records.into_iter().for_each(|record| index.apply(record));
        at += length;
    }
    let rest = &log[at..];
    let search = &rest[..rest.len().min(RESYNC_BYTES)];
    let good_behind_bad = search
        .windows(FRAME_START.len())
        .enumerate()
        .any(|(place, start)| place > 0 && start == FRAME_START && read_frame(&rest[place..]).is_some());
    if good_behind_bad {
        return Err(format!("index.log is not what was written from byte {at} on"));
    }
    Ok(Replay { index, committed_bytes: at })
}
