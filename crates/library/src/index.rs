//! The index: the portraits and the rejected files of a library, in memory as rows of fixed size by number.
//!
//! A wall needs of a portrait whose pixels it shows, its tone and whether it is shown: the row. What is read of one portrait at
//! a time (file names, words, detections: the particulars) stays in the log, where the row says. So a million take about 110 MB,
//! and opening copies rows. The log is all there is on the disk: see [`log`].

pub mod format4;
pub mod log;
pub mod replay;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::detections::Detections;
use super::edit::Edit;
use super::people::Person;
use super::perceptual::PerceptualHash;
use super::source::{Source, Stamp, path_bytes};
use super::spill::{Backing, SpillVec};
use super::tile_files::Identity;
use log::{LogBytes, Place};
use millions_wall::tile::PortraitNumber;
use millions_wall::tone::ToneFigures;

/// The identity of a portrait: BLAKE3 of the photograph's bytes, and its edit.
pub type Key = ([u8; 32], Edit);

/// A key in 16 bytes, for sets of millions: 96 bits of the photograph's hash, and the checksum of both.
pub type KeyDigest = [u8; 16];

/// Shortens a key.
pub fn digest(hash: &[u8; 32], identity: Identity) -> KeyDigest {
    let mut digest = [0; 16];
    digest[..12].copy_from_slice(&hash[..12]);
    digest[12..].copy_from_slice(&identity.to_bytes());
    digest
}

/// Shortens a key of which the checksum is not known.
pub fn key_digest(key: &Key) -> KeyDigest {
    digest(&key.0, Identity::of(key))
}

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

    /// Its key in 16 bytes.
    pub fn digest(&self) -> KeyDigest {
        key_digest(&self.key())
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

/// What the log has of a portrait beside its row.
#[derive(Debug, Serialize, Deserialize)]
struct Particulars {
    edit: Edit,
    detections: Detections,
    sources: Vec<Source>,
    person: Option<Box<Person>>,
}

/// What is true of a portrait, as a bit mask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traits(u16);

impl Traits {
    /// There is a portrait.
    pub const PRESENT: Self = Self(1);
    /// Its person is not to be shown. Counts more than what the particulars say.
    pub const HIDDEN: Self = Self(1 << 1);
    /// Its row of a spreadsheet says that it is a copy.
    pub const SAID_COPY: Self = Self(1 << 2);
    pub const FEATURED: Self = Self(1 << 3);
    /// Its row says expressly that it is to be shown.
    pub const SAID_SHOWN: Self = Self(1 << 4);
    /// A person should review its crop.
    pub const REVIEW: Self = Self(1 << 5);
    pub const UPSCALED: Self = Self(1 << 6);
    /// It has an edit.
    pub const EDITED: Self = Self(1 << 7);
    pub const HAS_LOOKS: Self = Self(1 << 8);
    /// It has a person, of whom more is known than that they are hidden.
    pub const HAS_PERSON: Self = Self(1 << 9);
    /// It is made of files.
    pub const HAS_SOURCES: Self = Self(1 << 10);
    /// Somebody has accepted its crop.
    pub const ACCEPTED: Self = Self(1 << 11);

    /// Whether all of `other` is true.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    fn set(&mut self, other: Self, is_set: bool) {
        if is_set {
            self.0 |= other.0;
        } else {
            self.0 &= !other.0;
        }
    }

    pub(super) const fn bits(self) -> u16 {
        self.0
    }

    pub(super) const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }
}

/// No portrait has this number.
pub const NOBODY: PortraitNumber = PortraitNumber::MAX;

/// A portrait's row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// BLAKE3 of the photograph's bytes.
    pub hash: [u8; 32],
    looks: PerceptualHash,
    /// Its tone figures.
    pub tone: ToneFigures,
    /// What the checksums of its pixels begin with.
    pub identity: Identity,
    pub traits: Traits,
    /// Manual exposure compensation, in stops.
    stops: f32,
    copy_of: PortraitNumber,
    place: Place,
}

impl Row {
    fn absent() -> Self {
        Self {
            hash: [0; 32],
            looks: PerceptualHash::ZERO,
            tone: ToneFigures::default(),
            identity: Identity::NONE,
            traits: Traits(0),
            stops: 0.0,
            copy_of: NOBODY,
            place: Place::NONE,
        }
    }

    /// The row of an entry.
    pub fn of(entry: &Entry) -> Self {
        let mut traits = Traits::PRESENT;
        let person = entry.person.as_deref();
        let says = |says: fn(&Person) -> bool| person.is_some_and(says);
        let only_hidden = Person { hidden: true, ..Person::default() };
        for (is_set, bit) in [
            (entry.is_hidden(), Traits::HIDDEN),
            (says(|person| person.copy == Some(true)), Traits::SAID_COPY),
            (says(|person| person.featured), Traits::FEATURED),
            (says(|person| person.said_shown), Traits::SAID_SHOWN),
            (!entry.detections.review_reasons.is_empty(), Traits::REVIEW),
            (entry.detections.upscaled().is_some(), Traits::UPSCALED),
            (!entry.edit.is_none(), Traits::EDITED),
            (entry.looks.is_some(), Traits::HAS_LOOKS),
            (person.is_some_and(|person| *person != only_hidden), Traits::HAS_PERSON),
            (!entry.sources.is_empty(), Traits::HAS_SOURCES),
            (entry.detections.review_reasons.is_accepted(), Traits::ACCEPTED),
        ] {
            traits.set(bit, is_set);
        }
        Self {
            hash: entry.hash,
            looks: entry.looks.unwrap_or(PerceptualHash::ZERO),
            tone: entry.tone,
            identity: Identity::of(&entry.key()),
            traits,
            stops: person.map_or(0.0, |person| person.tone_stops),
            copy_of: entry.copy_of.unwrap_or(NOBODY),
            place: Place::NONE,
        }
    }

    const fn is_present(&self) -> bool {
        self.traits.has(Traits::PRESENT)
    }

    /// Whether its person is not to be shown.
    pub const fn is_hidden(&self) -> bool {
        self.traits.has(Traits::HIDDEN)
    }

    /// Whether another portrait of the person is shown in its place.
    pub const fn is_copy(&self) -> bool {
        self.copy_of != NOBODY || self.traits.has(Traits::SAID_COPY)
    }

    /// Whether the wall shows it.
    pub const fn is_shown(&self) -> bool {
        !self.is_hidden() && !self.is_copy()
    }

    /// The perceptual hash, where there is one.
    pub fn looks(&self) -> Option<&PerceptualHash> {
        self.traits.has(Traits::HAS_LOOKS).then_some(&self.looks)
    }

    /// The portrait that is shown in its place.
    pub fn copy_of(&self) -> Option<PortraitNumber> {
        (self.copy_of != NOBODY).then_some(self.copy_of)
    }

    /// Manual exposure compensation, in stops.
    pub const fn stops(&self) -> f32 {
        self.stops
    }

    /// Its key in 16 bytes.
    pub fn digest(&self) -> KeyDigest {
        digest(&self.hash, self.identity)
    }

    /// Whether both are of one portrait that is described in the same words.
    pub fn is_same_as(&self, other: &Self) -> bool {
        let Self { hash, looks, tone, identity, traits, stops, copy_of, place } = other;
        (&self.hash, &self.looks, &self.tone, self.identity) == (hash, looks, tone, *identity)
            && (self.traits, self.stops.to_bits(), self.copy_of) == (*traits, stops.to_bits(), *copy_of)
            && self.place.checksum == place.checksum
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
    /// Its number in the log.
    id: u32,
    place: Place,
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

/// How many portraits there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub all: usize,
    pub shown: usize,
    pub hidden: usize,
    /// Copies that are not hidden.
    pub copies: usize,
    /// With a crop to review.
    pub review: usize,
    pub upscaled: usize,
    /// With an exposure set by hand.
    pub corrected: usize,
    /// With an edit.
    pub edited: usize,
    /// With a person of whom more is known than that they are hidden, or who are hidden.
    pub persons: usize,
}

impl Counts {
    fn count(&mut self, row: &Row, change: impl Fn(&mut usize)) {
        if !row.is_present() {
            return;
        }
        change(&mut self.all);
        for (counts, count) in [
            (row.is_shown(), &mut self.shown),
            (row.is_hidden(), &mut self.hidden),
            (row.is_copy() && !row.is_hidden(), &mut self.copies),
            (row.traits.has(Traits::REVIEW), &mut self.review),
            (row.traits.has(Traits::UPSCALED), &mut self.upscaled),
            (row.stops != 0.0, &mut self.corrected),
            (row.traits.has(Traits::EDITED), &mut self.edited),
            (row.traits.has(Traits::HAS_PERSON) || row.is_hidden(), &mut self.persons),
        ] {
            if counts {
                change(count);
            }
        }
    }
}

/// What a record is about: its kind and number.
type Subject = (log::Kind, u32);

/// The state after replaying the log.
#[derive(Debug, Default)]
pub struct Index {
    rows: SpillVec<Row>,
    counts: Counts,
    /// The rejected files, by path.
    pub rejected: HashMap<PathBuf, RejectedFile>,
    rejected_by_id: HashMap<u32, PathBuf>,
    /// Records in the log, superseded ones included.
    pub records: usize,
    /// Superseded records whose bytes are still in the log.
    superseded: Vec<Place>,
    /// Records that are not what was written, unless a later one takes their place.
    unread: BTreeMap<Subject, usize>,
    /// Those of them that are not all zeros.
    torn: BTreeMap<Subject, Place>,
    /// Portraits from this number on have no pixels; those that were passed over for it.
    limit: usize,
    beyond: BTreeSet<PortraitNumber>,
    log: Arc<LogBytes>,
}

impl Index {
    /// An empty index of a log, for so many portraits.
    fn new(log: Arc<LogBytes>, portraits: usize, backing: &Backing) -> Self {
        Self { rows: SpillVec::with_capacity(portraits, backing), limit: portraits, log, ..Self::default() }
    }

    /// Where its rows are kept.
    pub const fn backing(&self) -> &Backing {
        self.rows.backing()
    }

    /// How many portraits there are, of each kind.
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// The number after the last portrait's.
    pub fn end(&self) -> PortraitNumber {
        self.rows.iter().rposition(Row::is_present).map_or(0, |last| last as u32 + 1)
    }

    /// A portrait's row.
    pub fn get(&self, number: PortraitNumber) -> Option<&Row> {
        self.rows.get(number as usize).filter(|row| row.is_present())
    }

    /// Whether there is a portrait of this number.
    pub fn contains(&self, number: PortraitNumber) -> bool {
        self.get(number).is_some()
    }

    /// All rows, by number.
    pub fn rows(&self) -> impl Iterator<Item = (PortraitNumber, &Row)> {
        (0..).zip(&self.rows[..]).filter(|(_, row)| row.is_present())
    }

    /// The rows of a range of numbers.
    pub fn range(&self, numbers: Range<PortraitNumber>) -> impl Iterator<Item = (PortraitNumber, &Row)> {
        let end = (numbers.end as usize).min(self.rows.len());
        let start = (numbers.start as usize).min(end);
        (numbers.start..).zip(&self.rows[start..end]).filter(|(_, row)| row.is_present())
    }

    /// The rows of the portraits that are shown, by number.
    pub fn shown(&self) -> impl Iterator<Item = (PortraitNumber, &Row)> {
        self.rows().filter(|(_, row)| row.is_shown())
    }

    /// A portrait with all that is known of it, which is read from the log; `None` where there is none, or it cannot be read.
    pub fn entry(&self, number: PortraitNumber) -> Option<Entry> {
        self.entry_by(number, &mut log::Window::default())
    }

    fn entry_by(&self, number: PortraitNumber, window: &mut log::Window) -> Option<Entry> {
        self.entry_of(self.get(number)?, window)
    }

    /// What a row is of.
    pub fn entry_of(&self, row: &Row, window: &mut log::Window) -> Option<Entry> {
        let particulars = log::particulars(window.read(&self.log, row.place)?);
        let Particulars { edit, detections, sources, mut person } = postcard::from_bytes(particulars).ok()?;
        if row.is_hidden() {
            person.get_or_insert_default().hidden = true;
        }
        let (hash, tone, looks, copy_of) = (row.hash, row.tone, row.looks().copied(), row.copy_of());
        Some(Entry { hash, edit, tone, detections, sources, person, looks, copy_of })
    }

    /// A row as it is in the log.
    pub fn stored(&self, row: &Row, window: &mut log::Window) -> Option<Row> {
        log::row_of(window.read(&self.log, row.place)?, row.place)
    }

    /// The portraits whose row satisfies a condition, by number, each with all that is known of it: the log is read in large
    /// pieces.
    pub fn entries_where(&self, is_wanted: impl Fn(&Row) -> bool) -> impl Iterator<Item = (PortraitNumber, Entry)> {
        let mut window = log::Window::default();
        let wanted = self.rows().filter(move |(_, row)| is_wanted(row));
        wanted.filter_map(move |(number, _)| Some((number, self.entry_by(number, &mut window)?)))
    }

    /// All portraits.
    pub fn entries(&self) -> impl Iterator<Item = (PortraitNumber, Entry)> {
        self.entries_where(|_| true)
    }

    /// Hides a portrait, in memory alone.
    pub fn hide(&mut self, number: PortraitNumber) {
        self.change(number, |row| row.traits.set(Traits::HIDDEN, true));
    }

    /// Shows copies whose original is not there.
    pub fn show_orphans(&mut self) {
        let is_orphan = |row: &Row| row.copy_of().is_some_and(|shown| !self.contains(shown));
        let orphans: Vec<_> = self.rows().filter(|(_, row)| is_orphan(row)).map(|(number, _)| number).collect();
        orphans.into_iter().for_each(|number| self.change(number, |row| row.copy_of = NOBODY));
    }

    /// How many portraits were passed over for they have no pixels. From now on any number may come.
    pub fn take_beyond(&mut self) -> usize {
        self.limit = usize::MAX;
        std::mem::take(&mut self.beyond).len()
    }

    /// Hides a portrait's row that is not in the index.
    pub fn with_hidden(mut row: Row) -> Row {
        row.traits.set(Traits::HIDDEN, true);
        row
    }

    /// The log that it is of.
    pub fn log(&self) -> Arc<LogBytes> {
        Arc::clone(&self.log)
    }

    fn change(&mut self, number: PortraitNumber, change: impl FnOnce(&mut Row)) {
        if let Some(row) = self.rows.get_mut(number as usize).filter(|row| row.is_present()) {
            self.counts.count(row, |count| *count -= 1);
            change(row);
            self.counts.count(row, |count| *count += 1);
        }
    }

    /// Sets or removes a row; what the log had of it before is superseded.
    pub fn set(&mut self, number: PortraitNumber, row: Option<Row>) {
        let at = number as usize;
        if at >= self.rows.len() {
            if row.is_none() {
                self.beyond.remove(&number);
                return;
            }
            if at >= self.limit {
                self.beyond.insert(number);
                return;
            }
            self.rows.resize(at + 1, Row::absent());
        }
        let before = std::mem::replace(&mut self.rows[at], row.unwrap_or(Row::absent()));
        self.counts.count(&before, |count| *count -= 1);
        self.counts.count(&self.rows[at], |count| *count += 1);
        if before.is_present() {
            self.superseded.push(before.place);
        }
    }

    /// Whether the log should be written anew: it has three times as many records as are live.
    #[must_use]
    pub fn wants_compaction(&self) -> bool {
        let live = self.counts.all + self.rejected.len();
        self.records > 1024 && self.records > live * 3
    }

    /// The bytes of the log that count no more, and may be personal data. They are given out once.
    pub fn take_superseded(&mut self) -> Vec<Place> {
        std::mem::take(&mut self.superseded)
    }

    /// Whether there are any.
    pub const fn has_superseded(&self) -> bool {
        !self.superseded.is_empty()
    }

    /// Puts back what could not be erased.
    pub fn supersede(&mut self, places: Vec<Place>) {
        self.superseded.extend(places);
    }

    /// Bytes of records that are not what was written, and in whose place there is nothing.
    fn unread_bytes(&self) -> usize {
        self.unread.values().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Memory for a million: see the head of this file.
    #[test]
    fn a_row_is_small() {
        assert!(size_of::<Row>() <= 120, "{}", size_of::<Row>());
    }
}
