//! The index: the portraits and the rejected files of a library, as a log of commits.
//!
//! ```text
//! head | frame | frame | …
//! head  = "millidx2", tile side u32, aspect f32, bytes committed u64, CRC-32 u32
//! frame = "MLFR", length u32, CRC-32 u32, postcard of Vec<Record>
//! ```
//!
//! All records of a frame count, or none. Frames are synced one after the other, so only the last can be torn by a kill
//! or a power cut, and it is cut off. What the head says is committed was synced before that was written: a bad frame there, or
//! before a good one, has been changed since. It is passed over, and reported rather than losing portraits silently.

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

const LOG_START: &[u8; 8] = b"millidx2";
const FRAME_START: &[u8; 4] = b"MLFR";
const FRAME_HEAD: usize = 12;
/// A commit of more records is split into several frames, each synced before the next: a frame stays below 64 MiB.
pub const RECORDS_PER_FRAME: usize = 4096;
const MAX_FRAME_BYTES: usize = 256 << 20;

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
    /// The portrait that is shown for this one, which is a copy of it.
    pub copy_of: Option<PortraitNumber>,
}

impl Entry {
    /// Its identity.
    pub const fn key(&self) -> Key {
        (self.hash, self.edit)
    }

    /// Whether its person is not to be shown.
    pub fn is_hidden(&self) -> bool {
        self.person.as_ref().is_some_and(|person| person.hidden)
    }

    /// Whether another portrait of the person is shown in its place.
    pub fn is_copy(&self) -> bool {
        self.copy_of.is_some() || self.person.as_ref().is_some_and(|person| person.copy == Some(true))
    }

    /// Whether the wall shows it.
    pub fn is_shown(&self) -> bool {
        !self.is_hidden() && !self.is_copy()
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

/// The head of the log.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogHead {
    /// As in the library's header file, which people may change.
    pub tile_side: u32,
    /// As in the library's header file.
    pub aspect: f32,
    /// Bytes of the log, head included, that were committed when it was written: at least so many were.
    pub committed_bytes: u64,
}

impl LogHead {
    /// Bytes of a head.
    pub const BYTES: usize = 28;

    /// Packs the head.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..8].copy_from_slice(LOG_START);
        bytes[8..12].copy_from_slice(&self.tile_side.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.aspect.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.committed_bytes.to_le_bytes());
        let crc = crc32fast::hash(&bytes[..24]);
        bytes[24..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Reads the head of a log; `None` where it is damaged.
    pub fn read(log: &[u8]) -> Option<Self> {
        let bytes: &[u8; Self::BYTES] = log.first_chunk()?;
        let word = |at: usize| [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
        let committed = [word(16), word(20)].concat();
        (bytes.starts_with(LOG_START) && crc32fast::hash(&bytes[..24]).to_le_bytes() == word(24)).then_some(Self {
            tile_side: u32::from_le_bytes(word(8)),
            aspect: f32::from_le_bytes(word(12)),
            committed_bytes: u64::from_le_bytes(*committed.first_chunk()?),
        })
    }
}

/// The result of replaying a log.
#[derive(Debug)]
pub struct Replay {
    /// The head; `None` where it is damaged.
    pub head: Option<LogHead>,
    /// The state after the last whole commit.
    pub index: Index,
    /// Bytes of the log up to there.
    pub committed_bytes: usize,
    /// Bytes that were committed and are not what was written.
    pub damaged_bytes: usize,
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
        self.portraits.iter().filter(|(_, entry)| entry.is_shown()).map(|(number, entry)| (*number, entry))
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

/// Reads the whole frames at the start of `bytes`; returns their records and their length.
#[must_use]
pub fn read_frames(bytes: &[u8]) -> (Vec<Record>, usize) {
    let (mut all, mut at) = (Vec::new(), 0);
    while let Some((records, length)) = read_frame(&bytes[at..]) {
        all.extend(records);
        at += length;
    }
    (all, at)
}

/// Replays a log. Damaged frames are passed over and counted.
#[must_use]
pub fn replay(log: &[u8]) -> Replay {
    let head = LogHead::read(log);
    let committed = head.map_or(0, |head| head.committed_bytes);
    let claimed = usize::try_from(committed).unwrap_or(usize::MAX).min(log.len().max(LogHead::BYTES));
    let mut replay = Replay {
        head,
        index: Index::default(),
        committed_bytes: LogHead::BYTES.min(log.len()),
        damaged_bytes: usize::from(head.is_none()) * LogHead::BYTES,
    };
    loop {
        // Frame by frame: the records of a million people take as much memory as the index.
        while let Some((records, length)) = read_frame(&log[replay.committed_bytes..]) {
            records.into_iter().for_each(|record| replay.index.apply(record));
            replay.committed_bytes += length;
        }
        let rest = &log[replay.committed_bytes..];
        // A good frame behind bad bytes was committed after them.
        let starts = rest.windows(FRAME_START.len()).enumerate().skip(1);
        let mut starts = starts.filter(|(_, start)| start == FRAME_START);
        let Some((offset, _)) = starts.find(|(offset, _)| read_frame(&rest[*offset..]).is_some()) else { break };
        replay.damaged_bytes += offset;
        replay.committed_bytes += offset;
    }
    // The last frames, or a log that was cut.
    let lost = usize::try_from(committed).unwrap_or(usize::MAX).saturating_sub(replay.committed_bytes);
    replay.damaged_bytes += lost;
    replay.committed_bytes = replay.committed_bytes.max(claimed);
    replay
}
