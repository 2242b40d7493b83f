//! The removals: who was hidden or removed, by hashes of the photograph, in a file of its own.
//!
//! ```text
//! removed 2026-11-27T14:50:03Z BLAKE3-of-the-file perceptual-hash-of-the-picture
//! ```
//!
//! A decision belongs to a person and not to a file name: it holds for the same bytes under any name, and for a picture that
//! looks the same, whatever became of its name, its format, the spreadsheet or the index. There are no names in the file, and
//! neither photograph nor face can be made from it. Two such files are merged by their lines: of two decisions on the same
//! bytes the later counts, of two at the same second the one that hides.

use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use super::decision_file::{self, DecisionFile};
use super::error::LibraryError;
use super::files::{REMOVALS, REMOVALS_COPY, REMOVALS_LOCK};
use super::perceptual::PerceptualHash;
use super::source::Stamp;

const REMARK: &str = "# People who asked not to be shown. Keep this file: it works without the photographs and without their\n\
     # names. `millions library removals export` and `import` hand it on. Do not edit a line; `millions library\n\
     # restore` takes one back.\n";

/// What the last line begins with, by which a file that was cut or damaged is known: a checksum of the lines above it, as they are written.
const WHOLE: &str = "# all of it, checksum ";

/// What was decided about a photograph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Shown again, expressly. The least, so that in doubt the others count.
    Shown,
    /// Hidden by a row of `people.csv`.
    Hidden,
    /// Removed by a command: nothing of it is kept.
    Removed,
    /// Removed for good: a `hidden = no` stood in the spreadsheet already, or may have, so that only
    /// `millions library restore` takes it back.
    RemovedForGood,
}

impl Kind {
    const WORDS: [(&str, Self); 4] = [
        ("shown", Self::Shown),
        ("hidden", Self::Hidden),
        ("removed", Self::Removed),
        ("removed-for-good", Self::RemovedForGood),
    ];

    /// Whether it keeps a photograph off the wall.
    #[must_use]
    pub const fn hides(self) -> bool {
        !matches!(self, Self::Shown)
    }

    /// Whether nothing of the photograph may be kept.
    #[must_use]
    pub const fn removes(self) -> bool {
        matches!(self, Self::Removed | Self::RemovedForGood)
    }
}

impl Kind {
    /// Whether nothing may be kept of a photograph whose row says, where `wanted`, that it is to be shown.
    const fn removes_for(self, wanted: bool) -> bool {
        match self {
            Self::RemovedForGood => true,
            Self::Removed => !wanted,
            Self::Hidden | Self::Shown => false,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = Self::WORDS.iter().find(|(_, kind)| kind == self).map_or("", |(word, _)| word);
        formatter.write_str(word)
    }
}

/// A decision about a photograph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What was decided.
    pub kind: Kind,
    /// When, in seconds since 1970.
    pub when: u64,
    /// The perceptual hash; `None` where the picture could not be decoded or is flat.
    pub looks: Option<PerceptualHash>,
}

/// The decisions by the BLAKE3 of the photographs' bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Removals {
    decisions: BTreeMap<[u8; 32], Decision>,
    /// The perceptual hashes of those that hide, in all orientations.
    hiding: Vec<([u8; 32], PerceptualHash)>,
    /// Lines that could not be read; they are kept.
    unread: Vec<String>,
    /// Of the file that it was read from.
    source: ReadSource,
    memo: Memo,
}

/// Photographs that were compared with all decisions, by their looks, with the decision that each looks like: a round of the
/// ingest asks for all of them several times. Valid until the next decision.
#[derive(Debug, Default)]
struct Memo(Mutex<HashMap<PerceptualHash, Option<[u8; 32]>>>);

/// What is known of the file that a list was read from, which makes no list another.
#[derive(Clone, Copy, Debug, Default)]
struct ReadSource {
    /// Whether its last line says that this is all of it.
    is_whole: bool,
    /// How many decisions it had lost, and its copy had.
    recovered: usize,
}

impl PartialEq for ReadSource {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Clone for Memo {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Memo {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Removals {
    /// Reads the removals of the library in `dir`; none where there is no file. What it has lost is taken from its copy.
    ///
    /// # Errors
    /// [`LibraryError::Io`] where there is one that cannot be read: nobody may be shown without it.
    pub fn load(dir: &Path) -> Result<Self, LibraryError> {
        decision_file::load(dir)
    }

    /// As [`Self::load`], for whoever shows people.
    ///
    /// # Errors
    /// [`LibraryError::UnreadRemovals`] where lines cannot be read: whom they hide is not known.
    pub(super) fn load_whole(dir: &Path) -> Result<Self, LibraryError> {
        let removals = Self::load(dir)?;
        match removals.unread() {
            0 => Ok(removals),
            lines => Err(LibraryError::UnreadRemovals { path: dir.join(REMOVALS), lines }),
        }
    }

    /// Changes the removals of the library in `dir`, under a lock, so that nothing that another process decides meanwhile is
    /// lost; returns them as they are now, on the disk.
    ///
    /// # Errors
    /// [`LibraryError::Io`]; then the file is as it was.
    pub fn update(dir: &Path, change: impl FnOnce(&mut Self)) -> Result<Self, LibraryError> {
        decision_file::update(dir, change)
    }

    /// Parses a file of removals. What is no decision is kept, and counted by [`Self::unread`].
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut removals = Self::default();
        removals.unread =
            decision_file::parse_lines(text, parse_line, |(hash, decision)| removals.decide_later(hash, decision));
        removals.index();
        let checksum = text.lines().rev().find_map(|line| line.trim().strip_prefix(WHOLE));
        let is_this = |sum: &str| u32::from_str_radix(sum, 16) == Ok(crc32fast::hash(removals.lines().as_bytes()));
        removals.source.is_whole = checksum.is_some_and(is_this);
        removals
    }

    /// The lines of all decisions, and those that could not be read.
    fn lines(&self) -> String {
        let mut lines = String::new();
        for (hash, Decision { kind, when, looks }) in &self.decisions {
            let looks = looks.map_or_else(|| "-".to_owned(), |looks| looks.to_string());
            // A text takes all that is written.
            let _ = writeln!(lines, "{kind} {} {} {looks}", timestamp(*when), hex(hash));
        }
        self.unread.iter().for_each(|line| lines.extend([line, "\n"]));
        lines
    }

    /// Adds the decisions of another file; returns how many count now.
    pub fn merge(&mut self, other: &Self) -> usize {
        let before = self.decisions.clone();
        for (hash, decision) in &other.decisions {
            self.decide_later(*hash, *decision);
        }
        decision_file::merge_unread(&mut self.unread, &other.unread);
        self.index();
        self.decisions.iter().filter(|(hash, decision)| before.get(*hash) != Some(decision)).count()
    }

    /// Records a decision, in the place of an earlier one about the same bytes. One that hides also ends what was shown
    /// again and looks the same.
    pub fn decide(&mut self, hash: [u8; 32], decision: Decision) {
        self.memo = Memo::default();
        let any_shown = self.decisions.values().any(|known| !known.kind.hides());
        if let Some(looks) = decision.looks.filter(|_| decision.kind.hides() && any_shown) {
            let orientations = looks.orientations();
            self.decisions.retain(|other, known| {
                let is_like = known.looks.is_some_and(|known| orientations.iter().any(|looks| looks.is_like(&known)));
                known.kind.hides() || *other == hash || !is_like
            });
        }
        if self.decisions.insert(hash, decision).is_some_and(|known| known.kind.hides()) {
            self.hiding.retain(|(other, _)| *other != hash);
        }
        if let Some(looks) = decision.looks.filter(|_| decision.kind.hides()) {
            self.hiding.extend(looks.orientations().map(|looks| (hash, looks)));
        }
    }

    /// The decision that counts for a photograph: that about its bytes, or else one that hides a picture that looks the same.
    #[must_use]
    pub fn find(&self, hash: &[u8; 32], looks: Option<&PerceptualHash>) -> Option<([u8; 32], Decision)> {
        if let Some(decision) = self.decisions.get(hash) {
            return Some((*hash, *decision));
        }
        let looks = looks.filter(|_| !self.hiding.is_empty())?;
        let mut memo = self.memo.0.lock().unwrap_or_else(PoisonError::into_inner);
        let other = *memo.entry(*looks).or_insert_with(|| {
            let alike = self.hiding.iter().filter(|(_, hiding)| hiding.is_like(looks)).map(|(other, _)| *other);
            // The strictest counts.
            alike.max_by_key(|other| self.decisions.get(other).map(|known| known.kind))
        });
        other.and_then(|other| Some((other, *self.decisions.get(&other)?)))
    }

    /// Whether a photograph is not to be shown.
    #[must_use]
    pub fn hides(&self, hash: &[u8; 32], looks: Option<&PerceptualHash>) -> bool {
        self.find(hash, looks).is_some_and(|(_, decision)| decision.kind.hides())
    }

    /// As [`Self::hides`], for each of a whole library once: nothing is remembered.
    pub(super) fn hides_now(&self, hash: &[u8; 32], looks: Option<&PerceptualHash>) -> bool {
        match self.decisions.get(hash) {
            Some(decision) => decision.kind.hides(),
            None => looks.is_some_and(|looks| self.hiding.iter().any(|(_, hiding)| hiding.is_like(looks))),
        }
    }

    /// As [`Self::removes`], for each of a whole library once: nothing is remembered.
    pub(super) fn removes_now(&self, hash: &[u8; 32], looks: Option<&PerceptualHash>, wanted: bool) -> bool {
        let alike = |looks: &PerceptualHash| {
            let alike = self.hiding.iter().filter(|(_, hiding)| hiding.is_like(looks)).map(|(other, _)| other);
            alike.filter_map(|other| self.decisions.get(other)).map(|known| known.kind).max()
        };
        let kind = self.decisions.get(hash).map(|decision| decision.kind).or_else(|| looks.and_then(alike));
        kind.is_some_and(|kind| kind.removes_for(wanted))
    }

    /// Whether there is a decision about a photograph, by its bytes or its looks.
    pub(super) fn decides(&self, hash: &[u8; 32], looks: Option<&PerceptualHash>) -> bool {
        self.decisions.contains_key(hash) || self.hides_now(hash, looks)
    }

    /// How many perceptual hashes each photograph is held against.
    pub(super) fn looks(&self) -> usize {
        self.hiding.len()
    }

    /// Whether nothing of a photograph may be kept. `wanted` says that its row says `hidden = no`.
    #[must_use]
    pub fn removes(&self, hash: &[u8; 32], looks: Option<&PerceptualHash>, wanted: bool) -> bool {
        self.find(hash, looks).is_some_and(|(_, Decision { kind, .. })| kind.removes_for(wanted))
    }

    /// All decisions, by hash.
    pub fn decisions(&self) -> impl Iterator<Item = (&[u8; 32], &Decision)> {
        self.decisions.iter()
    }

    /// Whether there is no decision.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.decisions.is_empty()
    }

    /// Counts the lines that could not be read.
    #[must_use]
    pub fn unread(&self) -> usize {
        self.unread.len()
    }

    /// How many decisions the file had lost when it was read, and were taken from its copy.
    #[must_use]
    pub const fn recovered(&self) -> usize {
        self.source.recovered
    }

    /// Adds a decision where it is later than the known one, or as late and stricter.
    fn decide_later(&mut self, hash: [u8; 32], decision: Decision) {
        let known = self.decisions.entry(hash).or_insert(decision);
        let looks = decision.looks.or(known.looks);
        if (known.when, known.kind) < (decision.when, decision.kind) {
            *known = decision;
        }
        known.looks = looks;
    }

    fn index(&mut self) {
        self.memo = Memo::default();
        let hiding = self.decisions.iter().filter(|(_, decision)| decision.kind.hides());
        let looks = hiding.filter_map(|(hash, decision)| Some((*hash, decision.looks?)));
        self.hiding = looks.flat_map(|(hash, looks)| looks.orientations().map(|looks| (hash, looks))).collect();
    }
}

impl DecisionFile for Removals {
    const NAME: &'static str = REMOVALS;
    const LOCK: &'static str = REMOVALS_LOCK;
    const DEEDS: [&'static str; 3] = [
        "read the list of people who are not to be shown",
        "lock the list of people who are not to be shown",
        "write the list of people who are not to be shown",
    ];

    const COPY: Option<&'static str> = Some(REMOVALS_COPY);

    fn read(text: &str) -> Self {
        Self::parse(text)
    }

    fn is_whole(&self) -> bool {
        self.source.is_whole || self.is_empty() && self.unread.is_empty()
    }

    fn recover(&mut self, copy: &Self) {
        let was_empty = self.decisions.is_empty();
        // Those that were made since the copy was written, if it is older.
        let newer = |(hash, known): &(&[u8; 32], &Decision)| known.kind.hides() && !copy.decisions.contains_key(*hash);
        let newer = self.decisions.iter().filter(newer).filter_map(|(_, known)| known.looks);
        let newer: Vec<_> = newer.flat_map(|looks| looks.orientations()).collect();
        let mut lost = 0;
        for (hash, decision) in &copy.decisions {
            match self.decisions.get(hash) {
                // What is in the file counts more than what may be older, where it hides.
                Some(known) if known.kind.hides() => {}
                Some(_) => self.decide_later(*hash, *decision),
                None => {
                    let is_undone = decision.looks.is_some_and(|looks| newer.iter().any(|newer| newer.is_like(&looks)));
                    if decision.kind.hides() || !is_undone {
                        self.decide_later(*hash, *decision);
                        lost += 1;
                    }
                }
            }
        }
        if was_empty || self.unread.len() <= lost {
            // What cannot be read is what is left of those, where the copy does not have it, too.
            self.unread.clone_from(&copy.unread);
        }
        self.source.recovered = lost;
        self.index();
    }
}

impl fmt::Display for Removals {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(REMARK)?;
        let lines = self.lines();
        formatter.write_str(&lines)?;
        writeln!(formatter, "{WHOLE}{:08x}", crc32fast::hash(lines.as_bytes()))
    }
}

fn parse_line(line: &str) -> Option<([u8; 32], Decision)> {
    let mut words = line.split_whitespace();
    let kind = words.next()?;
    let kind = Kind::WORDS.iter().find(|(word, _)| *word == kind)?.1;
    let when = parse_timestamp(words.next()?)?;
    let hash = parse_hex(words.next()?)?;
    let looks = match words.next()? {
        "-" => None,
        looks => Some(PerceptualHash::from_str(looks).ok()?),
    };
    words.next().is_none().then_some((hash, Decision { kind, when, looks }))
}

/// The removals of a library as a running ingest follows them.
#[derive(Debug)]
pub(super) struct RemovalsFile {
    dir: PathBuf,
    stamp: Option<Stamp>,
    /// As it was when it could not be read.
    unreadable: Option<Stamp>,
    /// What is still to be told of that.
    fault: Option<String>,
    removals: Removals,
    /// Whether decisions could not be written yet.
    is_unsaved: bool,
}

impl RemovalsFile {
    pub fn open(dir: &Path) -> Result<Self, LibraryError> {
        // The stamp first: a change in between is read again.
        let stamp = decision_file::stamp::<Removals>(dir);
        Ok(Self {
            dir: dir.to_owned(),
            stamp,
            unreadable: None,
            fault: None,
            removals: Removals::load_whole(dir)?,
            is_unsaved: false,
        })
    }

    pub const fn get(&self) -> &Removals {
        &self.removals
    }

    /// Reads the file again where it has changed; returns whether it has. One that is gone or cannot be read changes nothing:
    /// what was known stays.
    pub fn reload(&mut self) -> bool {
        let stamp = decision_file::stamp::<Removals>(&self.dir);
        if stamp.is_none() && !self.removals.is_empty() {
            // Somebody has deleted it: it is written again.
            self.is_unsaved = true;
        }
        if stamp == self.stamp || stamp.is_none() {
            return false;
        }
        let removals = match Removals::load(&self.dir) {
            Ok(removals) => removals,
            Err(error) => {
                if self.unreadable != stamp {
                    self.fault = Some(format!("{error}: who was hidden or removed since then is still shown"));
                    self.unreadable = stamp;
                }
                return false;
            }
        };
        (self.stamp, self.unreadable) = (stamp, None);
        let mut merged = removals;
        if merged.unread() > 0 {
            let error = LibraryError::UnreadRemovals { path: self.dir.join(REMOVALS), lines: merged.unread() };
            self.fault = Some(format!("{error}: from the next start on"));
        }
        if self.is_unsaved || merged.unread() > 0 {
            merged.merge(&self.removals);
        }
        let changed = merged != self.removals;
        self.removals = merged;
        changed
    }

    /// Why the file could not be read, once for each state of it.
    pub const fn take_fault(&mut self) -> Option<String> {
        self.fault.take()
    }

    /// Records decisions, on the disk before anything else is done with them. What cannot be written counts all the same.
    ///
    /// # Errors
    /// [`LibraryError::Io`].
    pub fn decide(&mut self, decisions: &[([u8; 32], Decision)]) -> Result<(), LibraryError> {
        if decisions.is_empty() && !self.is_unsaved {
            return Ok(());
        }
        self.is_unsaved = true;
        for (hash, decision) in decisions {
            self.removals.decide(*hash, *decision);
        }
        let known = &self.removals;
        let updated = Removals::update(&self.dir, |removals| {
            // Where the file was lost meanwhile, it is made again of what is known.
            removals.merge(known);
            for (hash, decision) in decisions {
                removals.decide(*hash, *decision);
            }
        })?;
        self.removals = updated;
        self.is_unsaved = false;
        self.stamp = decision_file::stamp::<Removals>(&self.dir);
        Ok(())
    }
}

/// The time now, in seconds since 1970.
#[must_use]
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Formats a hash as hexadecimal digits.
#[must_use]
pub fn hex(hash: &[u8; 32]) -> String {
    hash.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(super) fn parse_hex(text: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (index, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[index * 2..index * 2 + 2], 16).ok()?;
    }
    Some(hash)
}

/// Formats seconds since 1970 as `2026-11-27T14:50:03Z`, by Howard Hinnant's `civil_from_days`.
#[must_use]
pub fn timestamp(when: u64) -> String {
    let (days, secs) = (when / 86_400 + 719_468, when % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", secs / 3600, secs / 60 % 60, secs % 60)
}

/// Parses what [`timestamp`] writes.
pub(super) fn parse_timestamp(text: &str) -> Option<u64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let three = |text: &str, separator: char| {
        let numbers: Vec<u64> = text.split(separator).map(|part| part.parse().ok()).collect::<Option<_>>()?;
        <[u64; 3]>::try_from(numbers).ok()
    };
    let ([year, month, day], [hours, minutes, secs]) = (three(date, '-')?, three(time, ':')?);
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = year - u64::from(month <= 2);
    let month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_era = year % 400 * 365 + year % 400 / 4 - year % 400 / 100 + (153 * month + 2) / 5 + day - 1;
    let days = (year / 400 * 146_097 + day_of_era).checked_sub(719_468)?;
    Some(days * 86_400 + hours * 3600 + minutes * 60 + secs)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn looks(seed: u64) -> PerceptualHash {
        let words: String =
            (0..4).map(|k| format!("{:016x}", (seed + k).wrapping_mul(0x9E37_79B9_7F4A_7C15))).collect();
        words.parse().unwrap()
    }

    fn decision(kind: Kind, when: u64, seed: u64) -> Decision {
        Decision { kind, when, looks: Some(looks(seed)) }
    }

    #[test]
    fn times_are_read_as_they_are_written() {
        assert_eq!(timestamp(0), "1970-01-01T00:00:00Z");
        assert_eq!(timestamp(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(timestamp(1_795_791_003), "2026-11-27T14:50:03Z");
        for when in (0..9_000_000_000).step_by(98_765_432) {
            assert_eq!(parse_timestamp(&timestamp(when)), Some(when));
        }
        for wrong in ["", "2026-11-27", "2026-13-01T00:00:00Z", "1969-01-01T00:00:00Z", "x-1-1T1:1:1Z"] {
            assert_eq!(parse_timestamp(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_written_is_read_and_a_damaged_line_costs_itself_alone() {
        let mut removals = Removals::default();
        removals.decide([1; 32], decision(Kind::Removed, 5, 1));
        removals.decide([2; 32], decision(Kind::RemovedForGood, 6, 20));
        removals.decide([3; 32], Decision { kind: Kind::Hidden, when: 7, looks: None });
        let text = removals.to_string();
        assert_eq!(Removals::parse(&text), removals);
        let damaged = text.replacen("removed ", "rem?ved ", 1);
        let read = Removals::parse(&damaged);
        assert_eq!((read.unread(), read.hides(&[1; 32], None), read.hides(&[2; 32], None)), (1, false, true));
        assert!(read.to_string().contains("rem?ved"), "nothing is thrown away");
    }

    proptest! {
        /// Whatever is lost or damaged of the file, or of its copy, who was hidden stays hidden, or nobody is shown; the next change writes both again.
        #[test]
        fn a_damaged_list_shows_nobody_again(
            people in prop::collection::vec((any::<u8>(), 0..4_usize, 0..99_u64), 1..8),
            from in any::<prop::sample::Index>(),
            length in 0..300_usize,
            bytes in prop::collection::vec(any::<u8>(), 0..40),
            damages in 0..4_u8,
        ) {
            let dir = tempfile::tempdir().unwrap();
            let whole = Removals::update(dir.path(), |removals| {
                for (seed, kind, when) in &people {
                    removals.decide([*seed; 32], decision(Kind::WORDS[*kind].1, *when, u64::from(*seed) * 16));
                }
            }).unwrap();
            let damaged = dir.path().join(if damages == 3 { REMOVALS_COPY } else { REMOVALS });
            let text = std::fs::read(&damaged).unwrap();
            let from = from.index(text.len());
            let until = (from + length).min(text.len());
            match damages {
                0 => std::fs::remove_file(&damaged).unwrap(),
                1 => std::fs::write(&damaged, &text[..from]).unwrap(),
                _ => std::fs::write(&damaged, [&text[..from], &bytes, &text[until..]].concat()).unwrap(),
            }
            let hidden: Vec<_> = whole.decisions().filter(|(_, known)| known.kind.hides()).map(|(hash, _)| *hash).collect();
            if let Ok(read) = Removals::load_whole(dir.path()) {
                prop_assert!(hidden.iter().all(|hash| read.hides(hash, None)));
            }
            let after = Removals::update(dir.path(), |_| {}).unwrap();
            prop_assert!(hidden.iter().all(|hash| after.hides(hash, None)));
            for name in [REMOVALS, REMOVALS_COPY] {
                let written = Removals::parse(&String::from_utf8_lossy(&std::fs::read(dir.path().join(name)).unwrap_or_default()));
                prop_assert!(written == after);
            }
        }
    }

    /// What a crash between the two writes leaves, and then a damage.
    #[test]
    fn a_copy_that_is_older_shows_nobody_and_takes_nobody_back() {
        let dir = tempfile::tempdir().unwrap();
        let [file, copy] = [REMOVALS, REMOVALS_COPY].map(|name| dir.path().join(name));
        let decide = |hash: u8, kind, when, seed| {
            Removals::update(dir.path(), |removals| removals.decide([hash; 32], decision(kind, when, seed))).unwrap();
        };
        decide(1, Kind::Hidden, 5, 16);
        decide(2, Kind::Shown, 99, 32);
        let older = std::fs::read(&copy).unwrap();
        // Hidden by a clock that was set back meanwhile; hidden later; taken back later.
        decide(2, Kind::Hidden, 50, 32);
        decide(3, Kind::Hidden, 60, 48);
        decide(1, Kind::Shown, 61, 16);
        std::fs::write(&copy, &older).unwrap();
        let hidden = |removals: &Removals| [1, 2, 3].map(|hash| removals.hides(&[hash; 32], None));
        assert_eq!(hidden(&Removals::load_whole(dir.path()).unwrap()), [false, true, true], "the file is whole");
        let text = std::fs::read_to_string(&file).unwrap();
        // Its last line is cut, and so it is not known to be all.
        std::fs::write(&file, &text[..text.rfind(WHOLE).unwrap()]).unwrap();
        assert_eq!(hidden(&Removals::load_whole(dir.path()).unwrap()), [false, true, true]);
        // A line that the copy does not have is not explained by what it has.
        std::fs::write(&file, text.replacen("hidden 1970-01-01T00:01:00Z", "hidden 1970", 1)).unwrap();
        assert!(Removals::load_whole(dir.path()).is_err());
        // Whom the damaged file does not name at all the copy takes back, as it was.
        std::fs::write(&copy, &text).unwrap();
        std::fs::write(&file, text.lines().filter(|line| !line.starts_with("shown")).collect::<Vec<_>>().join("\r\n"))
            .unwrap();
        let read = Removals::load_whole(dir.path()).unwrap();
        assert_eq!((hidden(&read), read.recovered()), ([false, true, true], 1));
        // As an editor of Windows writes it.
        std::fs::write(&file, format!("\u{feff}{}", text.replace('\n', "\r\n"))).unwrap();
        assert_eq!(Removals::load_whole(dir.path()).unwrap().recovered(), 0);
    }

    #[test]
    fn lines_that_cannot_be_read_show_nobody() {
        let dir = tempfile::tempdir().unwrap();
        Removals::update(dir.path(), |removals| removals.decide([1; 32], decision(Kind::Hidden, 5, 1))).unwrap();
        let path = dir.path().join(REMOVALS);
        let text = std::fs::read_to_string(&path).unwrap();
        // Of a newer program, say: nothing is lost, so it is not what is left of a line that the copy has.
        std::fs::write(&path, text + "blurred 2026-11-27T14:50:03Z ff -\n").unwrap();
        let error = Removals::load_whole(dir.path()).unwrap_err().to_string();
        assert!(error.contains("1 lines") && error.contains(REMOVALS), "{error}");
        // Hiding goes on, and keeps the line.
        let after = Removals::update(dir.path(), |removals| removals.decide([2; 32], decision(Kind::Hidden, 5, 40)));
        assert!(after.unwrap().hides(&[2; 32], None) && Removals::load_whole(dir.path()).is_err());
    }

    #[test]
    fn the_bytes_decide_first_and_then_the_looks() {
        let mut removals = Removals::default();
        removals.decide([1; 32], decision(Kind::Hidden, 5, 1));
        assert!(removals.hides(&[9; 32], Some(&looks(1))) && !removals.hides(&[9; 32], Some(&looks(99))));
        assert!(removals.hides(&[9; 32], Some(&looks(1).orientations()[6])), "mirrored and turned");
        removals.decide([9; 32], decision(Kind::Shown, 6, 1));
        assert!(!removals.hides(&[9; 32], Some(&looks(1))) && removals.hides(&[1; 32], None));
        removals.decide([1; 32], decision(Kind::Removed, 7, 1));
        assert!(removals.hides(&[9; 32], Some(&looks(1))), "a later decision to hide ends it");
    }

    #[test]
    fn of_two_files_the_later_decision_counts_and_in_doubt_the_one_that_hides() {
        let file = |kind, when| {
            let mut removals = Removals::default();
            removals.decide([1; 32], decision(kind, when, 1));
            removals
        };
        for (ours, theirs, hides) in [
            (file(Kind::Removed, 5), file(Kind::Shown, 6), false),
            (file(Kind::Shown, 6), file(Kind::Removed, 5), false),
            (file(Kind::Shown, 5), file(Kind::Removed, 5), true),
            (file(Kind::Removed, 5), file(Kind::Shown, 5), true),
        ] {
            let mut merged = ours.clone();
            merged.merge(&theirs);
            assert_eq!(merged.hides(&[1; 32], None), hides, "{ours} {theirs}");
        }
    }

    #[test]
    fn two_processes_lose_nothing() {
        let dir = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for thread in 0..4u8 {
                let dir = dir.path();
                scope.spawn(move || {
                    for n in 0..10 {
                        Removals::update(dir, |removals| {
                            removals.decide([thread * 10 + n; 32], decision(Kind::Removed, 1, 1));
                        })
                        .unwrap();
                    }
                });
            }
        });
        assert_eq!(Removals::load(dir.path()).unwrap().decisions().count(), 40);
    }
}
