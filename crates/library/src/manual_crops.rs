//! The manual crops: what somebody decided about the crop of a photograph, by its hash, in a file of its own.
//!
//! ```text
//! accepted 2026-11-27T14:50:03Z BLAKE3-of-the-file [degrees [x y width height]]
//! edited 2026-11-27T14:50:03Z BLAKE3-of-the-file degrees [x y width height]
//! ```
//!
//! A decision belongs to the photograph and not to its name. It counts more than a row of `people.csv`, until it is taken back,
//! and never shows anybody: who is hidden is hidden in any crop. Lengths are thousandths of a percent of the photograph as it is
//! turned. Any process changes the file under a lock, and a running ingest follows it; a program that does not know it makes
//! the portraits as if there were none.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::decision_file::{self, DecisionFile};
use super::edit::{Crop, Edit, Length};
use super::error::LibraryError;
use super::files::{MANUAL_CROPS, MANUAL_CROPS_LOCK};
use super::index::{Row, Traits};
use super::removals::{hex, now, parse_hex, parse_timestamp, timestamp};
use super::source::Stamp;

const REMARK: &str = "# What was decided by hand about the crops of photographs. It works without their names; a library that is\n\
     # made again has the same crops. `millions crops reset` takes a line back.\n";
/// The words that a line begins with.
const ACCEPTED: &str = "accepted";
const EDITED: &str = "edited";
/// Thousandths of a percent in a whole photograph.
const WHOLE: u32 = 100_000;
/// The least width and height of a crop, as a part of the photograph.
const LEAST_SIDE: f64 = 0.01;

/// What was decided by hand about the crop of a photograph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManualCrop {
    /// The crop is right as it is, whatever made it.
    Accepted,
    /// The photograph is turned, and cropped to a part of it or as the program finds it then.
    Edited(Edit),
}

impl ManualCrop {
    /// A part of the photograph: left, upper edge, width and height, 0 to 1 of the photograph after it was turned clockwise by
    /// so many degrees.
    ///
    /// # Errors
    /// A text, for what is no part of a photograph of at least a hundredth a side, or no quarter turn.
    pub fn cropped(area: [f64; 4], degrees: u16) -> Result<Self, String> {
        let [x, y, width, height] = area;
        // A rectangle to the very edge is within it, however it was rounded.
        let is_within = |start: f64, length: f64| {
            (0.0..=1.0).contains(&start) && (LEAST_SIDE..=1.0).contains(&length) && start + length <= 1.0 + 1e-4
        };
        if !is_within(x, width) || !is_within(y, height) {
            return Err(format!(
                "a crop is left, top, width and height in parts of the photograph, such as 0.1 0.05 0.5 0.6, within it and at \
                 least {LEAST_SIDE} wide and high, not {x} {y} {width} {height}"
            ));
        }
        let length = |part: f64, most: u32| Length {
            thousandths: ((part * f64::from(WHOLE)).round() as u32).min(most),
            is_percent: true,
        };
        let (x, y) = (length(x, WHOLE), length(y, WHOLE));
        let (width, height) = (length(width, WHOLE - x.thousandths), length(height, WHOLE - y.thousandths));
        let crop = Some(Crop { x, y, width, height });
        Ok(Self::Edited(Edit { crop, quarter_turns: quarter_turns(degrees)? }))
    }

    /// A turn clockwise, from the photograph as its file says that it is upright; the crop is found by the program.
    ///
    /// # Errors
    /// A text, for what is no quarter turn.
    pub fn turned(degrees: u16) -> Result<Self, String> {
        Ok(Self::Edited(Edit { crop: None, quarter_turns: quarter_turns(degrees)? }))
    }
}

fn quarter_turns(degrees: u16) -> Result<u8, String> {
    match degrees {
        0 | 90 | 180 | 270 => Ok((degrees / 90) as u8),
        _ => Err(format!("a photograph is turned by 0, 90, 180 or 270 degrees, not {degrees}")),
    }
}

/// What counts of the decisions about a photograph, and since when, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Dated {
    when: u64,
    edit: Option<Edit>,
    is_accepted: bool,
}

/// The manual crops of a library, by the BLAKE3 of the photographs' bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ManualCrops {
    crops: BTreeMap<[u8; 32], Dated>,
    /// Lines that could not be read; they are kept.
    unread: Vec<String>,
}

impl ManualCrops {
    /// Reads those of the library in `dir`; none where there is no file.
    ///
    /// # Errors
    /// [`LibraryError::Io`] where there is one that cannot be read.
    pub fn load(dir: &Path) -> Result<Self, LibraryError> {
        decision_file::load(dir)
    }

    /// Changes those of the library in `dir`, under a lock, so that nothing that another process decides meanwhile is lost;
    /// returns them as they are now, on the disk.
    ///
    /// # Errors
    /// [`LibraryError::Io`]; then the file is as it was.
    pub fn update(dir: &Path, change: impl FnOnce(&mut Self)) -> Result<Self, LibraryError> {
        decision_file::update(dir, change)
    }

    /// Forgets photographs of which nothing is to be kept.
    ///
    /// # Errors
    /// As [`Self::update`].
    pub(super) fn forget(dir: &Path, hashes: &[[u8; 32]]) -> Result<(), LibraryError> {
        let known = Self::load(dir)?;
        if hashes.iter().any(|hash| known.decides(hash)) {
            Self::update(dir, |crops| hashes.iter().for_each(|hash| crops.decide(*hash, None)))?;
        }
        Ok(())
    }

    /// Parses a file. What is no decision is kept.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut crops = Self::default();
        crops.unread = decision_file::parse_lines(text, parse_line, |(hash, dated)| crops.decide_later(hash, dated));
        crops
    }

    /// Adds the decisions of another library: of two about one photograph the later counts.
    pub fn merge(&mut self, other: &Self) {
        other.crops.iter().for_each(|(hash, dated)| self.decide_later(*hash, *dated));
        decision_file::merge_unread(&mut self.unread, &other.unread);
    }

    /// Records a decision. An edit takes the place of an earlier one, and has to be accepted for itself where it leaves the
    /// crop to the program; what is accepted keeps its edit. `None` takes all back.
    pub fn decide(&mut self, hash: [u8; 32], crop: Option<ManualCrop>) {
        let (edit, is_accepted) = match crop {
            None => {
                self.crops.remove(&hash);
                return;
            }
            Some(ManualCrop::Accepted) => (self.edit(&hash), true),
            Some(ManualCrop::Edited(edit)) => (Some(edit), false),
        };
        // Twice the same is no change.
        if self.crops.get(&hash).is_none_or(|known| (known.edit, known.is_accepted) != (edit, is_accepted)) {
            self.crops.insert(hash, Dated { when: now(), edit, is_accepted });
        }
    }

    /// The edit by hand of a photograph.
    #[must_use]
    pub fn edit(&self, hash: &[u8; 32]) -> Option<Edit> {
        self.crops.get(hash)?.edit
    }

    /// Whether the crop of a photograph was accepted as it is.
    #[must_use]
    pub fn accepts(&self, hash: &[u8; 32]) -> bool {
        self.crops.get(hash).is_some_and(|dated| dated.is_accepted)
    }

    /// Whether the portrait of a row is to be accepted, or not to be any more.
    pub(super) fn differs_from(&self, row: &Row) -> bool {
        let is_accepted = row.traits.has(Traits::ACCEPTED);
        (is_accepted || row.traits.has(Traits::REVIEW)) && is_accepted != self.accepts(&row.hash)
    }

    /// Whether anything was decided about a photograph.
    #[must_use]
    pub fn decides(&self, hash: &[u8; 32]) -> bool {
        self.crops.contains_key(hash)
    }

    /// Whether there is no decision.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.crops.is_empty()
    }

    fn decide_later(&mut self, hash: [u8; 32], dated: Dated) {
        let known = self.crops.entry(hash).or_insert(dated);
        if known.when < dated.when {
            *known = dated;
        }
    }
}

impl DecisionFile for ManualCrops {
    const NAME: &'static str = MANUAL_CROPS;
    const LOCK: &'static str = MANUAL_CROPS_LOCK;
    const DEEDS: [&'static str; 3] = ["read the crops by hand", "lock the crops by hand", "write the crops by hand"];

    fn read(text: &str) -> Self {
        Self::parse(text)
    }
}

impl fmt::Display for ManualCrops {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(REMARK)?;
        for (hash, Dated { when, edit, is_accepted }) in &self.crops {
            let kind = if *is_accepted { ACCEPTED } else { EDITED };
            write!(formatter, "{kind} {} {}", timestamp(*when), hex(hash))?;
            if let Some(Edit { crop, quarter_turns }) = edit {
                write!(formatter, " {}", u16::from(*quarter_turns) * 90)?;
                for length in crop.iter().flat_map(|crop| [crop.x, crop.y, crop.width, crop.height]) {
                    write!(formatter, " {}", length.thousandths)?;
                }
            }
            writeln!(formatter)?;
        }
        self.unread.iter().try_for_each(|line| writeln!(formatter, "{line}"))
    }
}

fn parse_line(line: &str) -> Option<([u8; 32], Dated)> {
    let mut words = line.split_whitespace();
    let (kind, when, hash) = (words.next()?, parse_timestamp(words.next()?)?, parse_hex(words.next()?)?);
    let numbers: Vec<u32> = words.map(|word| word.parse().ok()).collect::<Option<_>>()?;
    let edit = |degrees: u32, crop: Option<[u32; 4]>| {
        let quarter_turns = quarter_turns(u16::try_from(degrees).ok()?).ok()?;
        let length = |thousandths| Length { thousandths, is_percent: true };
        let crop = crop.map(|lengths| lengths.map(length));
        let crop = crop.map(|[x, y, width, height]| Crop { x, y, width, height });
        Some(Edit { crop, quarter_turns })
    };
    let edit = match numbers[..] {
        [] => None,
        [degrees] => Some(edit(degrees, None)?),
        [degrees, x, y, width, height] if numbers[1..].iter().all(|length| *length <= WHOLE) => {
            Some(edit(degrees, Some([x, y, width, height]))?)
        }
        _ => return None,
    };
    let is_accepted = kind == ACCEPTED;
    (is_accepted || kind == EDITED && edit.is_some()).then_some((hash, Dated { when, edit, is_accepted }))
}

/// The manual crops of a library as a running ingest follows them.
#[derive(Debug)]
pub(super) struct ManualCropsFile {
    dir: PathBuf,
    stamp: Option<Stamp>,
    crops: ManualCrops,
}

impl ManualCropsFile {
    pub fn open(dir: &Path) -> Result<Self, LibraryError> {
        // The stamp first: a change in between is read again.
        let stamp = decision_file::stamp::<ManualCrops>(dir);
        Ok(Self { dir: dir.to_owned(), stamp, crops: ManualCrops::load(dir)? })
    }

    pub const fn get(&self) -> &ManualCrops {
        &self.crops
    }

    /// Reads the file again where it has changed; returns whether it says something else. One that is gone or cannot be read
    /// changes nothing: what was known stays.
    pub fn reload(&mut self) -> bool {
        let stamp = decision_file::stamp::<ManualCrops>(&self.dir);
        if stamp == self.stamp || stamp.is_none() {
            return false;
        }
        let Ok(crops) = ManualCrops::load(&self.dir) else { return false };
        self.stamp = stamp;
        let has_changed = crops != self.crops;
        self.crops = crops;
        has_changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever rectangle is accepted is read as it was written, and lies in the photograph.
        #[test]
        fn what_is_written_is_read(area in [0.0..1.0, 0.0..1.0, 0.0..1.0, 0.0..1.0_f64], turns in 0..4_u16) {
            let mut crops = ManualCrops::default();
            crops.decide([1; 32], Some(ManualCrop::Accepted));
            crops.decide([2; 32], Some(ManualCrop::turned(turns * 90).unwrap()));
            if let Ok(cropped) = ManualCrop::cropped(area, turns * 90) {
                crops.decide([3; 32], Some(cropped));
                let edit = crops.edit(&[3; 32]).unwrap();
                let rect = edit.crop_rect(1000, 500, 0.8).unwrap();
                prop_assert!(rect.x >= 0.0 && rect.y >= 0.0 && rect.x + rect.width <= 1000.0 + 1e-6);
                prop_assert!(rect.y + rect.height <= 500.0 + 1e-6 && edit.remark(1000, 500, 0.8).is_none());
            }
            prop_assert_eq!(&ManualCrops::parse(&crops.to_string()), &crops);
        }
    }

    #[test]
    fn what_is_no_crop_is_refused_in_words_and_a_damaged_line_costs_itself_alone() {
        for wrong in [[0.0, 0.0, 0.0, 1.0], [0.6, 0.0, 0.5, 0.5], [-0.1, 0.0, 0.5, 0.5], [f64::NAN, 0.0, 0.5, 0.5]] {
            assert!(ManualCrop::cropped(wrong, 0).unwrap_err().contains("parts of the photograph"), "{wrong:?}");
        }
        assert!(ManualCrop::turned(45).unwrap_err().contains("not 45"));
        let mut crops = ManualCrops::default();
        crops.decide([1; 32], Some(ManualCrop::Accepted));
        crops.decide([2; 32], Some(ManualCrop::turned(90).unwrap()));
        let damaged = crops.to_string().replacen("accepted", "ace", 1);
        let read = ManualCrops::parse(&damaged);
        assert!(!read.accepts(&[1; 32]) && read.edit(&[2; 32]).is_some_and(|edit| edit.quarter_turns == 1));
        assert!(read.to_string().contains("ace 2"), "nothing is thrown away");
        let line = |rest: &str| format!("edited 2026-11-27T14:50:03Z {} {rest}", "ab".repeat(32));
        assert!(!ManualCrops::parse(&line("90")).is_empty());
        for wrong in ["", "45", "90 1 2 3", "90 1 2 3 100001", "90 x", "70000"] {
            assert!(ManualCrops::parse(&line(wrong)).is_empty(), "{wrong}");
        }
        crops.decide([2; 32], Some(ManualCrop::Accepted));
        assert!(crops.accepts(&[2; 32]) && crops.edit(&[2; 32]).is_some(), "what is accepted keeps its turn");
        crops.decide([2; 32], Some(ManualCrop::turned(180).unwrap()));
        assert!(!crops.accepts(&[2; 32]), "another turn is to be looked at again");
        crops.decide([2; 32], None);
        assert!(!crops.decides(&[2; 32]));
    }

    #[test]
    fn of_two_libraries_the_later_decision_counts() {
        let of = |when, is_accepted| ManualCrops {
            crops: BTreeMap::from([([1; 32], Dated { when, edit: Some(Edit::default()), is_accepted })]),
            ..ManualCrops::default()
        };
        let (early, late) = (of(5, true), of(6, false));
        for (mut ours, theirs) in [(early.clone(), late.clone()), (late.clone(), early.clone())] {
            ours.merge(&theirs);
            assert_eq!(ours, late);
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
                        let decide =
                            |crops: &mut ManualCrops| crops.decide([thread * 10 + n; 32], Some(ManualCrop::Accepted));
                        ManualCrops::update(dir, decide).unwrap();
                    }
                });
            }
        });
        let crops = ManualCrops::load(dir.path()).unwrap();
        assert!((0..40).all(|n| crops.accepts(&[n; 32])));
    }
}
