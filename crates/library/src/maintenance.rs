//! What a person does to a library by hand: removes people, shows them again, verifies the tiles, compacts the files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use millions_base::printable_path;
use millions_wall::tile::PortraitNumber;

use super::committer::lists;
use super::decode::Limits;
use super::decoding::{Decoder, Product, Task};
use super::error::LibraryError;
use super::index::{Entry, Row};
use super::library::Library;
use super::manual_crops::{ManualCrop, ManualCrops};
use super::perceptual::PerceptualHash;
use super::removals::{Kind, Removals};
use super::source::{Source, Stamp};
use super::storage::is_address;
use super::writer::LibraryWriter;

/// Portraits of which a person should say whether they are one: see [`super::perceptual::MOST_DIFFERENT_BITS`].
const NEARLY_ALIKE_BITS: u32 = 56;
/// The most people of whom each pair is compared: some ten seconds.
const MOST_COMPARED: usize = 50_000;

/// The hashes of a photograph's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhotographHash {
    /// BLAKE3 of its bytes.
    pub content: [u8; 32],
    /// The perceptual hash; `None` where it cannot be decoded or is flat.
    pub looks: Option<PerceptualHash>,
}

impl PhotographHash {
    /// Hashes a file.
    ///
    /// # Errors
    /// Those of reading it.
    pub fn of(path: &Path) -> io::Result<Self> {
        let bytes = fs::read(path)?;
        let looks = match Decoder::run_alone(&Task::Looks, &bytes, Limits::default()) {
            Ok(Product::Looks(looks)) => looks,
            _ => None,
        };
        Ok(Self { content: *blake3::hash(&bytes).as_bytes(), looks })
    }
}

impl Library {
    /// The numbers of all portraits, hidden ones included, ascending.
    #[must_use]
    pub fn all_portraits(&self) -> Vec<PortraitNumber> {
        self.index().rows().map(|(number, _)| number).collect()
    }

    /// Reads every tile and floor, and returns the portraits whose pixels are not what was written.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn verify(&self) -> io::Result<Vec<PortraitNumber>> {
        let identities: Vec<_> = self.index().rows().map(|(number, row)| (number, row.identity)).collect();
        let files = self.files();
        let mut damaged = Vec::new();
        for (number, identity) in identities {
            if !files.is_sound(number, identity)? {
                damaged.push(number);
            }
        }
        Ok(damaged)
    }
}

/// Two portraits that look the same, or nearly so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlikePair {
    /// Their numbers; of one person, that of the portrait that is shown first.
    pub numbers: [PortraitNumber; 2],
    /// Whether they are dealt as one person.
    pub is_one: bool,
    /// In how many of the 256 bits of their perceptual hashes they differ.
    pub different_bits: u32,
}

impl Library {
    /// The pairs that are dealt as one person, and, in libraries of up to 50,000 people, those that are nearly alike and dealt as
    /// two. Hidden portraits are left out.
    #[must_use]
    pub fn alike(&self) -> Vec<AlikePair> {
        let index = self.index();
        let mut pairs = Vec::new();
        for (number, row) in index.rows().filter(|(_, row)| !row.is_hidden()) {
            let Some(shown) = row.copy_of() else { continue };
            let looks = index.get(shown).and_then(Row::looks).zip(row.looks());
            let different_bits = looks.map_or(0, |(shown, copy)| copy.distance(shown));
            pairs.push(AlikePair { numbers: [shown, number], is_one: true, different_bits });
        }
        let shown: Vec<_> = index.shown().filter_map(|(number, row)| Some((number, *row.looks()?))).collect();
        if shown.len() > MOST_COMPARED {
            return pairs;
        }
        for (at, (number, looks)) in shown.iter().enumerate() {
            let orientations = looks.orientations();
            for (other, known) in &shown[..at] {
                let bits = orientations.iter().map(|looks| looks.different_bits(known)).min().unwrap_or(256);
                if bits <= NEARLY_ALIKE_BITS {
                    pairs.push(AlikePair { numbers: [*other, *number], is_one: false, different_bits: bits });
                }
            }
        }
        pairs
    }
}

/// When a crop by hand is that of the portrait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CropTakesEffect {
    /// It is already, or the ingest that has the library open makes the portrait anew with its next round.
    Soon,
    /// With the next ingest of the photograph, for nobody brings photographs into the library now.
    WithNextIngest,
}

impl Library {
    /// Whether there is a portrait of this number, shown or not.
    #[must_use]
    pub fn contains(&self, number: PortraitNumber) -> bool {
        self.index().contains(number)
    }

    /// Decides about the crop of a portrait by hand, for whatever reads this library now or later; `None` leaves it to the
    /// spreadsheet and the program again. An edit is of this photograph alone; what is accepted is so for its copies, too.
    ///
    /// # Errors
    /// [`LibraryError::Crop`] where there is no such portrait, or an edit needs its photograph, which is not there;
    /// [`LibraryError::Io`]. Then nothing has changed.
    pub fn decide_crop(
        &self,
        number: PortraitNumber,
        crop: Option<ManualCrop>,
    ) -> Result<CropTakesEffect, LibraryError> {
        let refused = |why: String| LibraryError::Crop { number, why };
        let entry = self.index().entry(number).ok_or_else(|| refused("there is no such portrait".into()))?;
        let known = ManualCrops::load(self.dir())?;
        let is_made_anew = match crop {
            Some(ManualCrop::Accepted) => false,
            Some(ManualCrop::Edited(edit)) => edit != entry.edit,
            None => known.edit(&entry.hash).is_some(),
        };
        if entry.sources.is_empty() {
            return Err(refused("it is made of no photograph that is kept here".into()));
        }
        if is_made_anew {
            photograph(&entry.sources).map_err(refused)?;
        }
        let mut hashes = vec![entry.hash];
        if crop == Some(ManualCrop::Accepted) {
            let of_one = self.portraits_of(number);
            hashes.extend(of_one.into_iter().filter_map(|number| self.index().get(number).map(|row| row.hash)));
        }
        let crops = ManualCrops::update(self.dir(), |crops| hashes.iter().for_each(|hash| crops.decide(*hash, crop)))?;
        match LibraryWriter::open(self.dir()) {
            Ok(mut writer) => {
                writer.apply_accepted(&crops)?;
                Ok(if is_made_anew { CropTakesEffect::WithNextIngest } else { CropTakesEffect::Soon })
            }
            Err(LibraryError::Busy { .. }) => Ok(CropTakesEffect::Soon),
            Err(error) => Err(error),
        }
    }
}

/// Looks for a file of a photograph as it was when its portrait was made. A server's is looked for by whoever reads it.
fn photograph(sources: &[Source]) -> Result<(), String> {
    let is_there = |source: &Source| {
        let stamp = || fs::metadata(&source.path).map(|metadata| Stamp::of(&metadata));
        is_address(&source.path) || stamp().is_ok_and(|stamp| stamp.same_content(&source.stamp))
    };
    if sources.iter().any(is_there) {
        return Ok(());
    }
    let path = sources.first().map(|source| printable_path(&source.path).to_string()).unwrap_or_default();
    Err(format!("its photograph is gone, or another now: {path}"))
}

impl LibraryWriter {
    /// Brings the library up to date with what was accepted by hand.
    ///
    /// # Errors
    /// [`LibraryError::Io`].
    fn apply_accepted(&mut self, crops: &ManualCrops) -> Result<(), LibraryError> {
        let library = self.library();
        let changed: Vec<_> = library.index().entries_where(|row| crops.differs_from(row)).collect();
        for (number, mut entry) in changed {
            entry.detections.review_reasons.accept(crops.accepts(&entry.hash));
            self.put(number, entry);
        }
        self.commit()?;
        lists::write_review(&library)
    }

    /// Opens an existing library for writing, whatever its tiles are.
    ///
    /// # Errors
    /// Those of [`Library::open`]; [`LibraryError::Busy`].
    pub fn open(dir: &Path) -> Result<Self, LibraryError> {
        let (tile_side, aspect) = Library::shape(dir)?;
        Self::create_or_open(dir, tile_side, aspect)
    }

    /// Removes portraits whose tiles are damaged: the next ingest makes them again of their photographs.
    ///
    /// # Errors
    /// [`LibraryError::Io`].
    pub fn remove_damaged(&mut self, numbers: &[PortraitNumber]) -> Result<(), LibraryError> {
        numbers.iter().for_each(|number| drop(self.remove(*number)));
        self.commit()?;
        self.erase(numbers.iter().copied())
    }

    /// Brings the library up to date with the removals: nothing is kept of whom they remove, neither pixels nor words nor file
    /// names, and who is shown again is not hidden any more. Returns how many were removed.
    ///
    /// # Errors
    /// [`LibraryError::Io`].
    pub fn apply_removals(&mut self, removals: &Removals) -> Result<usize, LibraryError> {
        let entries: Vec<(PortraitNumber, Entry)> = {
            let library = self.library();
            let index = library.index();
            let is_decided = |row: &Row| removals.decides(&row.hash, row.looks());
            index.entries_where(is_decided).collect()
        };
        let (mut removed, mut files, mut hashes): (Vec<PortraitNumber>, Vec<PathBuf>, Vec<_>) = Default::default();
        for (number, mut entry) in entries {
            let Some((_, decision)) = removals.find(&entry.hash, entry.looks.as_ref()) else { continue };
            let is_hidden = entry.is_hidden();
            if decision.kind.removes() {
                self.remove(number);
                removed.push(number);
                hashes.push(entry.hash);
                files.extend(entry.sources.into_iter().map(|source| source.path));
            } else if is_hidden != decision.kind.hides() {
                entry.person.get_or_insert_default().hidden = decision.kind == Kind::Hidden;
                self.put(number, entry);
            }
        }
        self.commit()?;
        self.erase(removed.iter().copied())?;
        self.compact_log()?;
        lists::forget(self.library().dir(), &files)?;
        ManualCrops::forget(self.library().dir(), &hashes)?;
        Ok(removed.len())
    }

    /// Rewrites the index without superseded records, and erases the tiles of portraits that are gone.
    ///
    /// # Errors
    /// [`LibraryError::Io`].
    pub fn compact(&mut self) -> Result<(), LibraryError> {
        self.rewrite_log(true)?;
        let numbers = self.library().all_portraits().last().map_or(0, |last| last + 1);
        self.erase(0..numbers)
    }
}
