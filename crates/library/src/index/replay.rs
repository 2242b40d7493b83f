//! Reading the log: at opening, and what is appended to it later.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use super::log::{
    FRAME_HEAD, FRAME_START, Kind, LogBytes, LogHead, MAX_FRAME_BYTES, PIECE, Place, RECORDS_PER_FRAME, Rejection,
    STEM, row_of, word,
};
use super::{Index, RejectedFile, Row};
use crate::spill::Backing;
use millions_wall::tile::PortraitNumber;

/// A frame's head and stems.
#[derive(Debug)]
struct FrameHead {
    stems: Vec<u8>,
    /// Bytes of all records.
    records: usize,
}

impl FrameHead {
    const fn bytes(&self) -> usize {
        FRAME_HEAD + self.stems.len()
    }

    /// Reads that at a place; `None` where it is torn or damaged.
    fn read(log: &LogBytes, at: u64) -> io::Result<Option<Self>> {
        let mut head = [0; FRAME_HEAD];
        if log.read_at(&mut head, at)? < FRAME_HEAD || &head[..4] != FRAME_START {
            return Ok(None);
        }
        let (count, records) = (word(&head, 4) as usize, word(&head, 8) as usize);
        if count == 0 || count > RECORDS_PER_FRAME || records > MAX_FRAME_BYTES {
            return Ok(None);
        }
        let mut stems = vec![0; count * STEM];
        if log.read_at(&mut stems, at + FRAME_HEAD as u64)? < stems.len() {
            return Ok(None);
        }
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&head[..12]);
        hasher.update(&stems);
        let frame = Self { stems, records };
        let length = frame.stems().try_fold(0, |sum: usize, stem| Some(sum + stem?.length()));
        Ok((hasher.finalize() == word(&head, 12) && length == Some(records)).then_some(frame))
    }

    /// The records, which begin at a place, each with its own.
    fn records<'r>(&self, start: u64, records: &'r [u8]) -> impl Iterator<Item = (Stem, u64, &'r [u8])> {
        let mut at = 0;
        self.stems().flatten().map(move |stem| {
            let record = records.get(at..at + stem.length()).unwrap_or_default();
            at += record.len();
            (stem, start + (at - record.len()) as u64, record)
        })
    }

    fn stems(&self) -> impl Iterator<Item = Option<Stem>> {
        self.stems.chunks_exact(STEM).map(|stem| {
            Some(Stem {
                kind: Kind::of(word(stem, 0))?,
                number: word(stem, 4),
                particulars: word(stem, 8),
                checksum: word(stem, 12),
            })
        })
    }
}

/// What a record is, and what it sets.
struct Stem {
    kind: Kind,
    number: u32,
    particulars: u32,
    checksum: u32,
}

impl Stem {
    const fn length(&self) -> usize {
        self.kind.fixed_bytes() + self.particulars as usize
    }
}

/// Portraits that were set, or removed, by number.
pub type Appended = BTreeMap<PortraitNumber, Option<Row>>;

/// The result of reading a log.
#[derive(Debug)]
pub struct Replay {
    /// Bytes of the log up to the last whole commit.
    pub committed_bytes: u64,
    /// Bytes that were committed and are not what was written.
    pub damaged_bytes: usize,
}

/// What is done with a frame that has records which are not what was written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unwritten {
    /// It counts, but for these: it was committed.
    Tolerated,
    /// It is torn.
    Refused,
}

impl Index {
    /// Reads a log. `head` is its head, where that is not damaged; `portraits` is for how many there are pixels. The rows are kept
    /// in `backing`.
    ///
    /// # Errors
    /// The disk's.
    pub fn replay(
        log: LogBytes,
        head: Option<LogHead>,
        portraits: usize,
        backing: &Backing,
    ) -> io::Result<(Self, Replay)> {
        let log = Arc::new(log);
        let committed = head.map_or(0, |head| head.committed_bytes);
        let mut index = Self::new(Arc::clone(&log), portraits, backing);
        let length = log.length()?;
        let head_bytes = LogHead::BYTES as u64;
        let mut replay = Replay {
            committed_bytes: head_bytes.min(length),
            damaged_bytes: usize::from(head.is_none()) * LogHead::BYTES,
        };
        loop {
            index.read_frames(&mut replay.committed_bytes, committed)?;
            // What lies before a good frame was committed before it. So a frame with records that are overwritten is known to have
            // been committed also where there is no head: what they are overwritten for lies behind it.
            let at = replay.committed_bytes;
            let frame = FrameHead::read(&log, at)?;
            let end = frame.as_ref().map_or(at, |frame| at + (frame.bytes() + frame.records) as u64 - 1);
            let Some(next) = next_frame(&log, end)? else { break };
            match frame.and_then(|frame| index.read_frame(at, &frame, Unwritten::Tolerated).transpose()) {
                Some(length) => replay.committed_bytes += length? as u64,
                None => {
                    replay.damaged_bytes += usize::try_from(next - at).unwrap_or(usize::MAX);
                    replay.committed_bytes = next;
                }
            }
        }
        // The last frames, or a log that was cut.
        let lost = committed.saturating_sub(replay.committed_bytes);
        replay.damaged_bytes += usize::try_from(lost).unwrap_or(usize::MAX) + index.unread_bytes();
        replay.committed_bytes = replay.committed_bytes.max(committed.min(length.max(head_bytes)));
        Ok((index, replay))
    }

    /// The portraits that were appended to the log from a place on, the last of each number, and up to where it is whole.
    /// The index stays as it is.
    ///
    /// # Errors
    /// The disk's.
    pub fn appended(&self, from: u64) -> io::Result<(Appended, u64)> {
        let (mut portraits, mut at) = (Appended::new(), from);
        while let Some(frame) = FrameHead::read(&self.log, at)? {
            let (start, end) = (at + frame.bytes() as u64, at + (frame.bytes() + frame.records) as u64);
            let mut records = vec![0; frame.records];
            if self.log.read_at(&mut records, start)? < records.len() {
                break;
            }
            let mut is_whole = true;
            let mut found = Vec::new();
            for (Stem { kind, number, checksum, .. }, at, record) in frame.records(start, &records) {
                let place = Place { at, length: record.len() as u32, checksum };
                let is_good = crc32fast::hash(record) == checksum;
                is_whole &= is_good;
                if kind.subject() == Kind::Portrait {
                    found.push((number, Some(record).filter(|_| is_good).and_then(|record| row_of(record, place))));
                }
            }
            // What a record is overwritten for lies behind it, and was there before it was.
            if !is_whole && FrameHead::read(&self.log, end)?.is_none() {
                break;
            }
            portraits.extend(found);
            at = end;
        }
        Ok((portraits, at))
    }

    /// Reads frames one after the other. Those that end at `committed` bytes or before were synced.
    fn read_frames(&mut self, at: &mut u64, committed: u64) -> io::Result<()> {
        let log = Arc::clone(&self.log);
        while let Some(frame) = FrameHead::read(&log, *at)? {
            let end = *at + (frame.bytes() + frame.records) as u64;
            let unwritten = if end <= committed { Unwritten::Tolerated } else { Unwritten::Refused };
            let Some(length) = self.read_frame(*at, &frame, unwritten)? else { return Ok(()) };
            *at += length as u64;
        }
        Ok(())
    }

    /// Reads the records of a frame; returns its length, or `None` where it does not count.
    fn read_frame(&mut self, at: u64, frame: &FrameHead, unwritten: Unwritten) -> io::Result<Option<usize>> {
        let start = at + frame.bytes() as u64;
        let mut records = vec![0; frame.records];
        if self.log.read_at(&mut records, start)? < records.len() {
            return Ok(None);
        }
        Ok(self.apply_records(start, frame, &records, unwritten).then(|| frame.bytes() + records.len()))
    }

    /// Applies a frame that was appended at a place.
    pub fn apply_frame(&mut self, at: u64, bytes: &[u8]) {
        let count = word(bytes, 4) as usize;
        let Some((head, records)) = bytes.split_at_checked(FRAME_HEAD + count * STEM) else { return };
        let frame = FrameHead { stems: head[FRAME_HEAD..].to_vec(), records: records.len() };
        self.apply_records(at + head.len() as u64, &frame, records, Unwritten::Tolerated);
    }

    /// Applies the records of a frame, which begin at a place; returns whether they count.
    fn apply_records(&mut self, start: u64, frame: &FrameHead, records: &[u8], unwritten: Unwritten) -> bool {
        let stems: Vec<_> = frame.records(start, records).collect();
        let is_written = |stem: &Stem, record: &[u8]| crc32fast::hash(record) == stem.checksum;
        if unwritten == Unwritten::Refused && !stems.iter().all(|(stem, _, record)| is_written(stem, record)) {
            return false;
        }
        for (stem, at, record) in stems {
            self.records += 1;
            let Stem { kind, number, checksum, .. } = stem;
            let place = Place { at, length: record.len() as u32, checksum };
            let is_good = unwritten == Unwritten::Refused || is_written(&stem, record);
            if self.unread.remove(&(kind.subject(), number)).is_some() {
                // Half overwritten, as a kill leaves it.
                self.superseded.extend(self.torn.remove(&(kind.subject(), number)));
            }
            match kind {
                Kind::Portrait => {
                    self.set(number, Some(record).filter(|_| is_good).and_then(|record| row_of(record, place)));
                }
                Kind::Removed => self.set(number, None),
                Kind::Rejected => {
                    let file: Option<Rejection> = is_good.then(|| postcard::from_bytes(record).ok()).flatten();
                    self.set_rejected(number, file, place);
                }
                Kind::Forgotten => self.set_rejected(number, None, Place::NONE),
            }
            if !is_good {
                self.unread.insert((kind, number), record.len());
                // Zeros need not be overwritten.
                if record.iter().any(|byte| *byte != 0) {
                    self.torn.insert((kind, number), place);
                }
            }
        }
        true
    }

    fn set_rejected(&mut self, id: u32, file: Option<Rejection>, place: Place) {
        let before = self.rejected_by_id.remove(&id).and_then(|path| self.rejected.remove(&path));
        self.superseded.extend(before.map(|file| file.place));
        if let Some(Rejection { path, stamp, reason, decoder_version }) = file {
            self.rejected_by_id.insert(id, path.clone());
            self.rejected.insert(path, RejectedFile { stamp, reason, decoder_version, id, place });
        }
    }
}

/// The place of the next good frame behind a place.
fn next_frame(log: &LogBytes, after: u64) -> io::Result<Option<u64>> {
    let (mut at, mut piece) = (after + 1, vec![0; PIECE]);
    loop {
        let read = log.read_at(&mut piece, at)?;
        let starts = piece[..read].windows(FRAME_START.len()).enumerate();
        for (offset, _) in starts.filter(|(_, start)| start == FRAME_START) {
            let place = at + offset as u64;
            if let Some(frame) = FrameHead::read(log, place)? {
                let end = place + (frame.bytes() + frame.records) as u64;
                if end <= log.length()? {
                    return Ok(Some(place));
                }
            }
        }
        if read < piece.len() {
            return Ok(None);
        }
        at += (read - FRAME_START.len() + 1) as u64;
    }
}
