//! The index: the portraits and the rejected files of a library, as a log of commits.
//!
//! ```text
//! "millidx1" | frame | frame | …      frame = "MLFR", length u32, CRC-32 u32, postcard of Vec<Record>
//! ```
//!
//! All records of a frame count, or none. Frames are synced one after the other, so only the last can be torn by a kill
//! or a power cut, and it is cut off. A bad frame *before* a good one was committed once and has been changed since: the
//! library is reported as damaged, rather than losing portraits silently.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::detections::Detections;
use super::edit::Edit;
use super::people::Person;
use super::perceptual::PerceptualHash;
use super::source::{Source, Stamp, path_bytes};
use millions_wall::tile::PortraitNumber;
use millions_wall::tone::ToneFigures;

/// The first bytes of the log.
pub const LOG_START: &[u8; 8] = b"millidx1";
const FRAME_START: &[u8; 4] = b"MLFR";
const FRAME_HEAD: usize = 12;
/// A commit of more records is split into several frames, each synced before the next: a frame stays below 64 MiB.
pub const RECORDS_PER_FRAME: usize = 4096;
const MAX_FRAME_BYTES: usize = 256 << 20;
/// How many bytes after a bad frame are searched for a good one.
const RESYNC_BYTES: usize = 8 << 20;

/// The identity of a portrait: BLAKE3 of the photograph's bytes, and its edit.
pub type Key = ([u8; 32], Edit);

/// A portrait in the index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// BLAKE3 of the photograph's bytes.
    pub hash: [u8; 32],
    /// The edit applied to the photograph.
    pub edit: Edit,
    /// Its tone figures.
    pub tone: ToneFigures,
    /// What was detected in the photograph, and the crop.
    pub detections: Detections,
    /// The files that have these bytes, by path; empty for the demo crowd.
    pub sources: Vec<Source>,
    /// The person it shows, where anything is known.
    pub person: Option<Box<Person>>,
    /// The perceptual hash of the upright photograph; `None` where it is flat, or was not decoded here.
    pub looks: Option<PerceptualHash>,
    /// CRC-32 of the tile and the floor.
    pub checksum: u32,
}

impl Entry {
    /// Its identity.
    pub const fn key(&self) -> Key {
        (self.hash, self.edit)
    }

    /// Whether the wall does not show it.
    pub fn is_hidden(&self) -> bool {
        self.person.as_ref().is_some_and(|person| person.hidden)
    }
}

/// A file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedFile {
    /// The file as it was when it was tried.
    pub stamp: Stamp,
    /// The reason.
    pub reason: String,
    /// The version of decoders and limits ([`super::decode::Limits::decoder_version`]) that rejected it: another tries again.
    pub decoder_version: u64,
}

/// One change of the index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Record {
    /// Sets a portrait's entry.
    Portrait { number: PortraitNumber, entry: Entry },
    /// Removes a portrait.
    Removed { number: PortraitNumber },
    /// Sets the reason for which a file cannot be used.
    Rejected { source: Source, reason: String, decoder_version: u64 },
    /// Removes a rejected file.
    Forgotten {
        #[serde(with = "path_bytes")]
        path: PathBuf,
    },
}

/// The state after replaying the log.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// The portraits, by number.
    pub portraits: BTreeMap<PortraitNumber, Entry>,
    /// The rejected files, by path.
    pub rejected: HashMap<PathBuf, RejectedFile>,
    /// Records in the log, superseded ones included.
    pub records: usize,
    /// Whether superseded records hold personal data: names of removed portraits' files, or earlier texts about a person.
    pub retains_personal_data: bool,
    /// Portraits whose exposure was set by hand.
    pub corrected: usize,
}

/// The result of replaying a log.
#[derive(Debug)]
pub struct Replay {
    /// The state after the last whole commit.
    pub index: Index,
    /// Bytes of the log up to there.
    pub committed_bytes: usize,
}

fn is_corrected(entry: &Entry) -> bool {
    entry.person.as_ref().is_some_and(|person| person.tone_stops != 0.0)
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
                self.corrected += usize::from(is_corrected(&entry));
                let sources: Vec<PathBuf> = entry.sources.iter().map(|source| source.path.clone()).collect();
                let previous = self.portraits.insert(number, entry);
                self.corrected -= usize::from(previous.as_ref().is_some_and(is_corrected));
                self.retains_personal_data |= previous
                    .as_ref()
                    .is_some_and(|previous| previous.sources.iter().any(|source| !sources.contains(&source.path)));
                let previous = previous.and_then(|entry| entry.person);
                self.retains_personal_data |= previous.is_some() && previous != person;
            }
            Record::Removed { number } => {
                // A file's name may be that of a person.
                let removed = self.portraits.remove(&number);
                self.corrected -= usize::from(removed.as_ref().is_some_and(is_corrected));
                self.retains_personal_data |= removed.is_some_and(|entry| !entry.sources.is_empty());
            }
            Record::Rejected { source, reason, decoder_version } => {
                self.rejected.insert(source.path, RejectedFile { stamp: source.stamp, reason, decoder_version });
            }
            Record::Forgotten { path } => {
                self.retains_personal_data |= self.rejected.remove(&path).is_some();
            }
        }
    }

    /// The portraits that are shown, by number.
    pub fn shown(&self) -> impl Iterator<Item = (PortraitNumber, &Entry)> {
        self.portraits.iter().filter(|(_, entry)| !entry.is_hidden()).map(|(number, entry)| (*number, entry))
    }

    /// The shortest list of records that gives this state.
    #[must_use]
    pub fn to_records(&self) -> Vec<Record> {
        let mut rejected: Vec<_> = self.rejected.iter().collect();
        rejected.sort_by_key(|(path, _)| *path);
        let portraits =
            self.portraits.iter().map(|(number, entry)| Record::Portrait { number: *number, entry: entry.clone() });
        let rejected = rejected.into_iter().map(|(path, file)| Record::Rejected {
            source: Source { path: path.clone(), stamp: file.stamp },
            reason: file.reason.clone(),
            decoder_version: file.decoder_version,
        });
        portraits.chain(rejected).collect()
    }

    /// Whether the log should be rewritten: it retains personal data, or has three times as many records as are live.
    #[must_use]
    pub fn wants_compaction(&self) -> bool {
        let live = self.portraits.len() + self.rejected.len();
        self.retains_personal_data || (self.records > 1024 && self.records > live * 3)
    }
}

/// Packs one commit into frames.
///
/// # Errors
/// postcard's, which these types do not cause, and a frame of 4 GiB or more.
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

/// Replays a log.
///
/// # Errors
/// A text, when committed frames are no longer what was written.
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
        .any(|(offset, start)| offset > 0 && start == FRAME_START && read_frame(&rest[offset..]).is_some());
    if good_behind_bad {
        return Err(format!("index.log is not what was written from byte {at} on"));
    }
    Ok(Replay { index, committed_bytes: at })
}
