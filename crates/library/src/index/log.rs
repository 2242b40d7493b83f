//! The log on the disk: appended commits of records that say in whose place they stand, so that what counts no more is
//! overwritten where it lies.
//!
//! ```text
//! head    = "millidx3", tile side u32, aspect f32, bytes committed u64, CRC-32 u32
//! frame   = "MLF3", records u32, bytes u32, CRC-32 of all up to the stems' end u32, a stem for each record, the records
//! stem    = kind u32, number u32, bytes of the particulars u32, CRC-32 of the record u32
//! record  = a portrait's row, 104 bytes; then the particulars: postcard of what is read of one at a time
//! ```
//!
//! All records of a frame count, or none. Frames are synced one after the other, so only the last can be torn by a kill
//! or a power cut, and it is cut off. What the head says is committed was synced before that was written: a frame there, or
//! before a good one, whose stems are not what was written has been changed since. It is passed over, and reported rather than
//! losing portraits silently. A changed record costs itself.
//!
//! A record in whose place a later one stands is filled with zeros once that is committed, and nothing else is ever written twice:
//! a file name or a caption that counts no more is gone from the disk, at a cost that does not depend on the library. The stem
//! stays. A record of zeros that nothing stands for was lost with what stood for it.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize as _;

use super::super::files::{read_at, write_at};
use super::super::perceptual::PerceptualHash;
use super::super::source::{Source, Stamp, path_bytes};
use super::super::tile_files::Identity;
use super::{Entry, Index, Particulars, Record, RejectedFile, Row, Traits};
use millions_wall::tile::PortraitNumber;
use millions_wall::tone::{LightMeasurement, ToneFigures};

pub const LOG_START: &[u8; 8] = b"millidx3";
pub(super) const FRAME_START: &[u8; 4] = b"MLF3";
pub(super) const FRAME_HEAD: usize = 16;
pub(super) const STEM: usize = 16;
/// Bytes of a portrait's row.
const ROW: usize = 104;
/// A commit of more records is split into several frames, each synced before the next,
pub(super) const RECORDS_PER_FRAME: usize = 4096;
/// or where a frame becomes longer than this, which is what a reader holds of it at a time.
const FRAME_BYTES: usize = 4 << 20;
/// The longest record, and frame, that is read.
pub(super) const MAX_FRAME_BYTES: usize = 256 << 20;
/// Bytes that are searched at a time for the next good frame behind bad ones, and read at a time of particulars.
pub(super) const PIECE: usize = 1 << 20;

/// What a record does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub enum Kind {
    Portrait = 1,
    Removed = 2,
    Rejected = 3,
    Forgotten = 4,
}

impl Kind {
    pub(super) fn of(word: u32) -> Option<Self> {
        [Self::Portrait, Self::Removed, Self::Rejected, Self::Forgotten].into_iter().find(|kind| *kind as u32 == word)
    }

    /// Bytes of such a record before its particulars.
    pub(super) const fn fixed_bytes(self) -> usize {
        if matches!(self, Self::Portrait) { ROW } else { 0 }
    }

    /// What it sets or removes.
    pub(super) const fn subject(self) -> Self {
        match self {
            Self::Portrait | Self::Removed => Self::Portrait,
            Self::Rejected | Self::Forgotten => Self::Rejected,
        }
    }
}

/// Where a record lies in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub(super) at: u64,
    pub(super) length: u32,
    pub checksum: u32,
}

impl Place {
    pub const NONE: Self = Self { at: 0, length: 0, checksum: 0 };
}

/// The bytes of a log: a file's, or those that were made of an older format's.
#[derive(Debug)]
pub enum LogBytes {
    File(File),
    Memory(Vec<u8>),
}

impl Drop for LogBytes {
    /// Overwrites what is in memory: of a field copy it is on the disk in no other form that can be read.
    fn drop(&mut self) {
        if let Self::Memory(bytes) = self {
            bytes.zeroize();
        }
    }
}

impl Default for LogBytes {
    fn default() -> Self {
        Self::Memory(Vec::new())
    }
}

impl LogBytes {
    /// Reads at a position, up to the end; returns how many bytes there were.
    pub fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<usize> {
        match self {
            Self::File(file) => read_at(file, bytes, at),
            Self::Memory(all) => {
                let rest = usize::try_from(at).ok().and_then(|at| all.get(at..)).unwrap_or_default();
                let length = rest.len().min(bytes.len());
                bytes[..length].copy_from_slice(&rest[..length]);
                Ok(length)
            }
        }
    }

    /// How many bytes there are now.
    pub fn length(&self) -> io::Result<u64> {
        match self {
            Self::File(file) => file.metadata().map(|metadata| metadata.len()),
            Self::Memory(all) => Ok(all.len() as u64),
        }
    }
}

/// A piece of the log in memory, for records that lie beside each other.
#[derive(Debug, Default)]
pub struct Window {
    bytes: Vec<u8>,
    at: u64,
    /// Whether the last was found or read in order, so that more are read ahead.
    is_in_order: bool,
}

impl Window {
    /// Reads a record, held against its checksum.
    pub fn read(&mut self, log: &LogBytes, place: Place) -> Option<&[u8]> {
        let Place { at, length, checksum } = place;
        let length = length as usize;
        let offset = at.checked_sub(self.at).and_then(|offset| usize::try_from(offset).ok());
        let is_here = |offset: usize| offset.checked_add(length).is_some_and(|end| end <= self.bytes.len());
        let offset = match offset.filter(|offset| is_here(*offset)) {
            Some(offset) => offset,
            None => {
                let ahead = if std::mem::replace(&mut self.is_in_order, true) { PIECE } else { 0 };
                self.bytes.resize(length.max(ahead), 0);
                self.at = at;
                let read = log.read_at(&mut self.bytes, at).ok()?;
                self.bytes.truncate(read);
                0
            }
        };
        let record = self.bytes.get(offset..offset + length)?;
        (crc32fast::hash(record) == checksum).then_some(record)
    }
}

/// The row of a portrait's record at a place.
pub fn row_of(record: &[u8], place: Place) -> Option<Row> {
    record.first_chunk().map(|row| unpack_row(row, place)).filter(Row::is_present)
}

/// The particulars of a portrait's record.
pub fn particulars(record: &[u8]) -> &[u8] {
    record.get(ROW..).unwrap_or_default()
}

/// The particulars of a rejected file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Rejection {
    #[serde(with = "path_bytes")]
    pub path: PathBuf,
    pub stamp: Stamp,
    pub reason: String,
    pub decoder_version: u64,
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

    /// Reads the head of a log that begins so; `None` where it is damaged.
    pub fn read(log: &[u8], start: &[u8; 8]) -> Option<Self> {
        let bytes: &[u8; Self::BYTES] = log.first_chunk()?;
        (bytes.starts_with(start) && crc32fast::hash(&bytes[..24]) == word(bytes, 24)).then_some(Self {
            tile_side: word(bytes, 8),
            aspect: f32::from_bits(word(bytes, 12)),
            committed_bytes: u64::from(word(bytes, 16)) | u64::from(word(bytes, 20)) << 32,
        })
    }
}

/// The little-endian word at a place; 0 past the end.
pub(super) fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|word| word.first_chunk()).map_or(0, |word| u32::from_le_bytes(*word))
}

fn pack_row(row: &Row, bytes: &mut Vec<u8>) {
    let start = bytes.len();
    bytes.extend(row.hash);
    bytes.extend(row.looks.to_bytes());
    let ToneFigures { black, mid, white, mean_rgb: [r, g, b], face, noise, light } = row.tone;
    let LightMeasurement { exposure, cast, veil, burn, knee, lift } = light;
    bytes.extend([black, mid, white, r, g, b, u8::from(face.is_some()), face.unwrap_or(0), noise, veil, knee, lift]);
    bytes.extend([cast[0] as u8, cast[1] as u8, burn as u8, 0]);
    bytes.extend(exposure.to_le_bytes());
    bytes.extend(row.traits.bits().to_le_bytes());
    bytes.extend(row.stops.to_le_bytes());
    bytes.extend(row.copy_of.to_le_bytes());
    bytes.extend(row.identity.to_bytes());
    bytes.resize(start + ROW, 0);
}

fn unpack_row(bytes: &[u8; ROW], place: Place) -> Row {
    let (mut hash, mut looks) = ([0; 32], [0; 32]);
    hash.copy_from_slice(&bytes[..32]);
    looks.copy_from_slice(&bytes[32..64]);
    let tone = &bytes[64..82];
    let light = LightMeasurement {
        exposure: i16::from_le_bytes([tone[16], tone[17]]),
        cast: [tone[12] as i8, tone[13] as i8],
        veil: tone[9],
        burn: tone[14] as i8,
        knee: tone[10],
        lift: tone[11],
    };
    Row {
        hash,
        looks: PerceptualHash::from_bytes(&looks),
        tone: ToneFigures {
            black: tone[0],
            mid: tone[1],
            white: tone[2],
            mean_rgb: [tone[3], tone[4], tone[5]],
            face: (tone[6] != 0).then_some(tone[7]),
            noise: tone[8],
            light,
        },
        traits: Traits::from_bits(u16::from_le_bytes([bytes[82], bytes[83]])),
        stops: f32::from_bits(word(bytes, 84)),
        copy_of: word(bytes, 88),
        identity: Identity::from_bytes([bytes[92], bytes[93], bytes[94], bytes[95]]),
        place,
    }
}

/// A commit that is being packed.
#[derive(Debug, Default)]
pub struct Packer {
    stems: Vec<u8>,
    records: Vec<u8>,
    frames: Vec<Vec<u8>>,
}

impl Packer {
    fn add(&mut self, kind: Kind, number: u32, start: usize) -> io::Result<()> {
        let record = &self.records[start..];
        let particulars = u32::try_from(record.len() - kind.fixed_bytes()).unwrap_or(u32::MAX);
        if record.len() > MAX_FRAME_BYTES / 2 {
            return Err(io::Error::other("a portrait has too many words"));
        }
        for word in [kind as u32, number, particulars, crc32fast::hash(record)] {
            self.stems.extend(word.to_le_bytes());
        }
        if self.stems.len() >= RECORDS_PER_FRAME * STEM || self.records.len() >= FRAME_BYTES {
            self.end_frame();
        }
        Ok(())
    }

    fn end_frame(&mut self) {
        if self.stems.is_empty() {
            return;
        }
        let mut frame = Vec::with_capacity(FRAME_HEAD + self.stems.len() + self.records.len());
        frame.extend(FRAME_START);
        frame.extend(((self.stems.len() / STEM) as u32).to_le_bytes());
        frame.extend((self.records.len() as u32).to_le_bytes());
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&frame);
        hasher.update(&self.stems);
        frame.extend(hasher.finalize().to_le_bytes());
        frame.append(&mut self.stems);
        frame.append(&mut self.records);
        self.frames.push(frame);
    }

    /// Adds a portrait.
    ///
    /// # Errors
    /// Words without bounds; none that postcard knows.
    pub fn portrait(&mut self, number: PortraitNumber, entry: Entry) -> io::Result<()> {
        let (row, start) = (Row::of(&entry), self.records.len());
        pack_row(&row, &mut self.records);
        let Entry { edit, detections, sources, person, .. } = entry;
        let packed = std::mem::take(&mut self.records);
        let packed = postcard::to_extend(&Particulars { edit, detections, sources, person }, packed);
        self.records = packed.map_err(io::Error::other)?;
        self.add(Kind::Portrait, number, start)
    }

    fn row(&mut self, number: PortraitNumber, row: &Row, particulars: &[u8]) -> io::Result<()> {
        let start = self.records.len();
        pack_row(row, &mut self.records);
        self.records.extend(particulars);
        self.add(Kind::Portrait, number, start)
    }

    fn rejected(&mut self, id: u32, rejection: &Rejection) -> io::Result<()> {
        let start = self.records.len();
        let packed = postcard::to_extend(rejection, std::mem::take(&mut self.records));
        self.records = packed.map_err(io::Error::other)?;
        self.add(Kind::Rejected, id, start)
    }

    /// Takes the frames that are full.
    pub fn take_frames(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.frames)
    }

    /// The last frames.
    pub fn finish(mut self) -> Vec<Vec<u8>> {
        self.end_frame();
        self.frames
    }
}

impl Index {
    /// Packs a commit into frames.
    ///
    /// # Errors
    /// See [`Packer::portrait`].
    pub fn frames(&self, records: Vec<Record>) -> io::Result<Vec<Vec<u8>>> {
        let mut packer = Packer::default();
        let mut ids: HashMap<PathBuf, Option<u32>> = HashMap::new();
        let mut next_id = self.rejected_by_id.keys().max().map_or(0, |last| last + 1);
        for record in records {
            match record {
                Record::Portrait { number, entry } => {
                    for Source { path, .. } in &entry.sources {
                        self.pack_forgotten(&mut packer, &mut ids, path)?;
                    }
                    packer.portrait(number, entry)?;
                }
                Record::Removed { number } => {
                    let start = packer.records.len();
                    packer.add(Kind::Removed, number, start)?;
                }
                Record::Rejected { source: Source { path, stamp }, reason, decoder_version } => {
                    let known = ids.get(&path).copied().unwrap_or_else(|| self.rejected.get(&path).map(|file| file.id));
                    let id = known.unwrap_or(next_id);
                    next_id = next_id.max(id + 1);
                    packer.rejected(id, &Rejection { path: path.clone(), stamp, reason, decoder_version })?;
                    ids.insert(path, Some(id));
                }
                Record::Forgotten { path } => self.pack_forgotten(&mut packer, &mut ids, &path)?,
            }
        }
        Ok(packer.finish())
    }

    fn pack_forgotten(
        &self,
        packer: &mut Packer,
        ids: &mut HashMap<PathBuf, Option<u32>>,
        path: &PathBuf,
    ) -> io::Result<()> {
        let known = ids.get(path).copied().unwrap_or_else(|| self.rejected.get(path).map(|file| file.id));
        let Some(id) = known else { return Ok(()) };
        ids.insert(path.clone(), None);
        let start = packer.records.len();
        packer.add(Kind::Forgotten, id, start)
    }

    /// The whole state in as few frames as possible, one after the other.
    ///
    /// # Errors
    /// The disk's, and those of `write`.
    pub fn write_compact(&self, mut write: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let (mut packer, mut window) = (Packer::default(), Window::default());
        for (number, row) in self.rows() {
            let unread = || io::Error::new(io::ErrorKind::InvalidData, "a portrait in the index cannot be read");
            packer.row(number, row, particulars(window.read(&self.log, row.place).ok_or_else(unread)?))?;
            packer.take_frames().iter().try_for_each(|frame| write(frame))?;
        }
        let mut rejected: Vec<_> = self.rejected.iter().collect();
        rejected.sort_by_key(|(path, _)| *path);
        for (path, RejectedFile { stamp, reason, decoder_version, id, .. }) in rejected {
            let (stamp, decoder_version) = (*stamp, *decoder_version);
            packer.rejected(*id, &Rejection { path: path.clone(), stamp, reason: reason.clone(), decoder_version })?;
        }
        packer.finish().iter().try_for_each(|frame| write(frame))
    }
}

/// Overwrites records with zeros, which count no more; returns when that is on the disk.
///
/// # Errors
/// The disk's.
pub fn erase(log: &File, places: &[Place]) -> io::Result<()> {
    for Place { at, length, .. } in places {
        write_at(log, &vec![0; *length as usize], *at)?;
    }
    if places.is_empty() { Ok(()) } else { log.sync_data() }
}
