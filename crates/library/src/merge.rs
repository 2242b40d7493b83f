//! Merging libraries: tiles and index are copied, no photograph is read.
//!
//! A library that was made in parts, by as many machines, becomes one. What is the same photograph in two of them is one
//! portrait; what looks the same is one person; who is hidden or removed in any is in all. Each portrait is copied once: a merge
//! that was cut short goes on where it was, and one of parts that have grown adds what is new.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use millions_wall::tile::{PortraitNumber, TileLayout, TileSource as _};
use serde::Serialize;

use super::committer::lists;
use super::copies::{MOST_TOGETHER, Member, SmallTile, assign};
use super::edit::Edit;
use super::error::LibraryError;
use super::files::Header;
use super::index::{Entry, Record, Row};
use super::ingest::Rejection;
use super::library::Library;
use super::look_alikes::LookAlikes;
use super::manual_crops::ManualCrops;
use super::people::Person;
use super::removals::{Decision, Removals};
use super::source::Source;
use super::spill::Backing;
use super::writer::LibraryWriter;

/// Portraits between two commits.
const PORTRAITS_A_COMMIT: usize = 4096;

/// The result of a merge.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MergeSummary {
    /// Portraits that were copied.
    pub added: usize,
    /// Portraits that were there: the same photograph.
    pub known: usize,
    /// Portraits of people who were removed: not copied.
    pub removed: usize,
    /// Portraits whose pixels are not what was written: not copied, until their photographs are ingested again.
    pub damaged: usize,
    /// Portraits in the library that are shown.
    pub portraits: usize,
    /// Hidden portraits.
    pub hidden: usize,
    /// Portraits that are not shown because a better copy of them is.
    pub copies: usize,
    /// What is damaged in the libraries that were merged.
    pub remarks: Vec<String>,
}

/// What a merge is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergeStep {
    /// It copies portraits.
    Copying,
    /// It looks for copies of photographs among them.
    Comparing,
}

/// How far a merge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MergeProgress {
    /// What it is doing.
    pub step: MergeStep,
    /// How much of that is done: portraits, or passes over all of them.
    pub done: usize,
    /// And of how much.
    pub all: usize,
}

/// Copies the portraits of libraries into another, which is made where there is none. What grows with the portraits is kept in
/// unnamed files beside it, some 400 bytes for each, and not in memory.
///
/// # Errors
/// [`LibraryError::Shape`] where tiles differ; [`LibraryError::Missing`]; [`LibraryError::SameLibrary`]; those of
/// [`LibraryWriter::create_or_open`]. What was copied before stays.
pub fn merge(
    from: &[PathBuf],
    into: &Path,
    mut progress: impl FnMut(MergeProgress),
) -> Result<MergeSummary, LibraryError> {
    let mut shape: Option<Header> = None;
    let (mut decided, mut crops) = (Removals::default(), ManualCrops::default());
    let backing = backing_for(into);
    let mut all = 0;
    for dir in from {
        let is_same = fs::canonicalize(dir).ok().zip(fs::canonicalize(into).ok()).is_some_and(|(a, b)| a == b);
        if is_same {
            return Err(LibraryError::SameLibrary { dir: dir.clone() });
        }
        let header = Header::read(dir)?;
        let Header { tile_side, aspect, .. } = *shape.get_or_insert(header);
        if (header.tile_side, header.aspect.to_bits()) != (tile_side, aspect.to_bits()) {
            return Err(LibraryError::Shape {
                dir: dir.clone(),
                side: header.tile_side,
                aspect: header.aspect,
                wanted_side: tile_side,
                wanted_aspect: aspect,
            });
        }
        decided.merge(&Removals::load(dir)?);
        crops.merge(&ManualCrops::load(dir)?);
        all += Library::open_in(dir, &backing)?.index().counts().all;
    }
    let Some(Header { tile_side, aspect, .. }) = shape else { return Ok(MergeSummary::default()) };
    let mut merge = Merge {
        writer: LibraryWriter::create_or_open_in(into, tile_side, aspect, &backing)?,
        // Before anybody is copied.
        removals: Removals::update(into, |known| {
            known.merge(&decided);
        })?,
        summary: MergeSummary::default(),
    };
    ManualCrops::update(into, |known| known.merge(&crops))?;
    merge.writer.apply_removals(&merge.removals)?;
    let mut done = 0;
    for dir in from {
        let library = Library::open_in(dir, &backing)?;
        merge.summary.remarks.extend(library.remarks());
        let index = library.index();
        // First those that are shown, so that of a merge that is cut short no copy stands beside them.
        for is_copy in [false, true] {
            for (number, entry) in index.entries_where(|row| row.copy_of().is_some() == is_copy) {
                let shown = entry.copy_of.and_then(|shown| index.get(shown)).map(Row::digest);
                merge.copy(&library, number, entry, |writer| shown.and_then(|shown| writer.find_digest(&shown)))?;
                done += 1;
                if merge.writer.staged() >= PORTRAITS_A_COMMIT {
                    merge.writer.commit()?;
                }
                progress(MergeProgress { step: MergeStep::Copying, done, all });
            }
        }
        for (path, file) in &index.rejected {
            let (source, reason) = (Source { path: path.clone(), stamp: file.stamp }, file.reason.clone());
            merge.writer.stage(Record::Rejected { source, reason, decoder_version: file.decoder_version });
        }
        merge.writer.commit()?;
    }
    merge.join_edited()?;
    merge.group(|done| progress(MergeProgress { step: MergeStep::Comparing, done, all: LookAlikes::STEPS }))?;
    merge.finish()
}

/// Where a merge into a library keeps what grows with the portraits: in its folder, or in that in which it will be.
fn backing_for(into: &Path) -> Backing {
    let absolute = std::path::absolute(into).ok();
    let folder = absolute.as_deref().and_then(|path| path.ancestors().find(|folder| folder.is_dir()));
    folder.map_or(Backing::Memory, Backing::files_in)
}

struct Merge {
    writer: LibraryWriter,
    removals: Removals,
    summary: MergeSummary,
}

impl Merge {
    /// Copies a portrait of a library. `copy_of` finds the portrait that is shown in its place.
    fn copy(
        &mut self,
        library: &Library,
        number: PortraitNumber,
        mut entry: Entry,
        copy_of: impl FnOnce(&LibraryWriter) -> Option<PortraitNumber>,
    ) -> Result<(), LibraryError> {
        let is_wanted = entry.person.as_ref().is_some_and(|person| person.said_shown);
        if self.removals.removes_now(&entry.hash, entry.looks.as_ref(), is_wanted) {
            self.summary.removed += 1;
            return Ok(());
        }
        if self.removals.hides_now(&entry.hash, entry.looks.as_ref()) {
            entry.person.get_or_insert_default().hidden = true;
        }
        if let Some(known) = self.writer.find(entry.hash, entry.edit) {
            self.summary.known += 1;
            if let Some(before) = self.writer.entry(known) {
                let after = united(&before, &entry);
                if after != before {
                    self.writer.put(known, after);
                }
            }
            return Ok(());
        }
        let (mut tile, mut floor) = (vec![0; library.layout().stride()], vec![0; TileLayout::floor().stride()]);
        if library.read_tile(number, &mut tile).is_err() || library.read_floors(number, &mut floor).is_err() {
            self.summary.damaged += 1;
            return Ok(());
        }
        entry.copy_of = copy_of(&self.writer);
        self.writer.add_entry(entry, &tile, &floor)?;
        self.summary.added += 1;
        Ok(())
    }

    /// Merges duplicates without an edit into the portrait of the duplicate that has one, as an ingest does.
    fn join_edited(&mut self) -> Result<(), LibraryError> {
        let mut gone = Vec::new();
        for (edited, (hash, _)) in self.writer.edited() {
            let Some(unedited) = self.writer.find(hash, Edit::default()) else { continue };
            let Some(entry) = self.writer.remove(unedited) else { continue };
            entry.sources.into_iter().for_each(|source| self.writer.add_source(edited, source));
            gone.push(unedited);
        }
        self.writer.commit()?;
        self.writer.erase(gone)
    }

    /// Divides portraits that look the same into people.
    fn group(&mut self, mut progress: impl FnMut(usize)) -> Result<(), LibraryError> {
        let library = self.writer.library();
        let (alike, end) = {
            let index = library.index();
            let hashes = index.rows().filter_map(|(number, row)| Some((number, *row.looks()?)));
            (LookAlikes::among(hashes, index.end(), index.backing(), &mut progress), index.end())
        };
        for number in 0..end {
            let together = alike.beginning_with(number);
            let is_copy = || library.index().get(number).is_some_and(|row| row.copy_of().is_some());
            // Alone, it is looked at only where it stood by for another that is gone.
            if together.is_empty() || together.len() == 1 && !is_copy() {
                continue;
            }
            for together in together.chunks(MOST_TOGETHER) {
                let entries = together.iter().filter_map(|number| Some((*number, self.writer.entry(*number)?)));
                let entries = entries.collect();
                self.group_one(entries)?;
            }
            if self.writer.staged() >= PORTRAITS_A_COMMIT {
                self.writer.commit()?;
                self.writer.compact_log()?;
            }
        }
        self.writer.commit()
    }

    /// Divides those that are connected by their looks.
    fn group_one(&mut self, mut entries: BTreeMap<PortraitNumber, Entry>) -> Result<(), LibraryError> {
        self.spread_decisions(&mut entries)?;
        let library = self.writer.library();
        let (files, shape) = (library.files(), (library.layout(), library.aspect()));
        let is_alone = entries.len() < 2;
        let member = |(number, entry): (&PortraitNumber, &Entry)| {
            let tile = if is_alone { None } else { SmallTile::read(&files, shape, *number, entry) };
            Member::of(*number, entry, entry.person.as_ref().map_or("", |person| &person.name), tile)
        };
        let shown_for = assign(entries.iter().filter_map(member).collect());
        // Before their persons: those of copies are their own.
        let mut persons: BTreeMap<PortraitNumber, Person> = BTreeMap::new();
        for (number, shown) in &shown_for {
            let person = entries.get(number).and_then(|entry| entry.person.as_deref());
            if let (Some(shown), Some(person)) = (shown, person.filter(|person| is_described(person))) {
                persons.entry(*shown).or_insert_with(|| person.clone());
            }
        }
        for (number, copy_of) in shown_for {
            let Some(before) = entries.remove(&number) else { continue };
            let mut entry = Entry { copy_of, ..before.clone() };
            if let Some(of_copy) = persons.remove(&number) {
                let own = entry.person.get_or_insert_default();
                if !is_described(own) {
                    let Person { hidden, copy, tone_stops, said_shown, .. } = **own;
                    **own = Person { hidden, copy, tone_stops, said_shown, ..of_copy };
                }
            }
            entry.person = entry.person.filter(|person| **person != Person::default());
            if self.writer.entry(number).as_ref() != Some(&entry) {
                self.writer.put(number, entry);
            }
        }
        Ok(())
    }

    /// A decision that hides or removes one of several that look the same is one about all of which none is known.
    fn spread_decisions(&mut self, entries: &mut BTreeMap<PortraitNumber, Entry>) -> Result<(), LibraryError> {
        if self.removals.is_empty() {
            return Ok(());
        }
        let found = |entry: &Entry| self.removals.find(&entry.hash, entry.looks.as_ref()).map(|(_, decision)| decision);
        let hiding = entries.values().filter_map(found).filter(|decision| decision.kind.hides());
        let Some(strictest) = hiding.max_by_key(|decision| decision.kind) else { return Ok(()) };
        let undecided = entries.values().filter(|entry| entry.copy_of.is_some() || is_original(entries, entry));
        let undecided = undecided.filter(|entry| found(entry).is_none());
        let decisions: Vec<_> =
            undecided.map(|entry| (entry.hash, Decision { looks: entry.looks, ..strictest })).collect();
        if !decisions.is_empty() {
            self.removals = Removals::update(self.writer.library().dir(), |removals| {
                decisions.iter().for_each(|(hash, decision)| removals.decide(*hash, *decision));
            })?;
        }
        for (number, mut entry) in std::mem::take(entries) {
            if self.removals.removes(&entry.hash, entry.looks.as_ref(), false) && !decisions.is_empty() {
                self.writer.remove(number);
                self.summary.removed += 1;
                continue;
            }
            if self.removals.hides(&entry.hash, entry.looks.as_ref()) {
                entry.person.get_or_insert_default().hidden = true;
            }
            entries.insert(number, entry);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<MergeSummary, LibraryError> {
        self.writer.commit()?;
        self.writer.compact_log()?;
        let library = self.writer.library();
        let end = library.index().end();
        let gone: Vec<_> = (0..end).filter(|number| !library.index().contains(*number)).collect();
        self.writer.erase(gone)?;
        let counts = library.index().counts();
        let rejected: Vec<Rejection> = library
            .index()
            .rejected
            .iter()
            .map(|(path, file)| Rejection { path: path.display().to_string(), reason: file.reason.clone() })
            .collect();
        lists::write(&library, &rejected, |_| false)?;
        let summary = MergeSummary { portraits: counts.shown, hidden: counts.hidden, ..self.summary };
        Ok(MergeSummary { copies: counts.copies, ..summary })
    }
}

/// Whether an entry is shown in the place of another of these.
fn is_original(entries: &BTreeMap<PortraitNumber, Entry>, entry: &Entry) -> bool {
    let shown: Vec<_> = entries.values().filter_map(|entry| entry.copy_of).collect();
    entries.iter().any(|(number, other)| other.hash == entry.hash && shown.contains(number))
}

/// Whether more is known of a person than what keeps a portrait from being shown, or lets it.
fn is_described(person: &Person) -> bool {
    let Person { hidden, copy, tone_stops, said_shown, .. } = *person;
    *person != Person { hidden, copy, tone_stops, said_shown, ..Person::default() }
}

/// One portrait of what two libraries know of a photograph: the files of both, and the person of the first by path, hidden
/// where either is.
fn united(one: &Entry, other: &Entry) -> Entry {
    let mut united = one.clone();
    for source in &other.sources {
        united.sources.retain(|known| known.path != source.path);
        united.sources.push(source.clone());
    }
    united.sources.sort_by(|a, b| a.path.cmp(&b.path));
    let first = |entry: &Entry| entry.sources.iter().map(|source| source.path.clone()).min();
    let is_described = |entry: &Entry| entry.person.as_deref().is_some_and(is_described);
    if is_described(other) && (!is_described(one) || first(other) < first(one)) {
        united.person.clone_from(&other.person);
    }
    if one.is_hidden() || other.is_hidden() {
        united.person.get_or_insert_default().hidden = true;
    }
    united
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use millions_base::SplitMix;
    use millions_wall::tone::ToneFigures;

    use super::*;
    use crate::writer::NewPortrait;

    /// `cargo test --release -p millions-library --lib -- --ignored --nocapture a_million_in_parts`, with `PORTRAITS` and `PARTS`.
    /// The memory that is the process's own, without pages of files, which the system takes back.
    #[cfg(target_os = "linux")]
    #[test]
    #[ignore = "measures"]
    fn a_million_in_parts_are_merged() {
        let number = |name: &str, default: usize| std::env::var(name).map_or(default, |text| text.parse().unwrap());
        let (portraits, parts) = (number("PORTRAITS", 1_000_000), number("PARTS", 8));
        let folder = tempfile::tempdir_in(std::env::var_os("FOLDER").unwrap_or_else(|| ".".into())).unwrap();
        let mut random = SplitMix::new(1, 0);
        let mut hash = || -> [u8; 32] { bytemuck::cast([0; 4].map(|_: u64| random.next())) };
        let (tile, floor) = (vec![7; TileLayout::new(32).unwrap().stride()], vec![7; TileLayout::floor().stride()]);
        let dirs: Vec<PathBuf> = (0..parts).map(|part| folder.path().join(part.to_string())).collect();
        for dir in &dirs {
            let mut writer = LibraryWriter::create_or_open(dir, 32, 1.0).unwrap();
            for _ in 0..portraits / parts {
                let looks = crate::perceptual::PerceptualHash::from_bytes(&hash());
                let (tile, floor, detections) = (tile.clone(), floor.clone(), crate::detections::Detections::default());
                let (hash, edit, tone) = (hash(), Edit::default(), ToneFigures::default());
                let portrait = NewPortrait { hash, edit, source: None, tone, detections, tile, floor };
                writer.add_hashed(portrait, Some(looks)).unwrap();
                if writer.staged() >= PORTRAITS_A_COMMIT {
                    writer.commit().unwrap();
                }
            }
            writer.commit().unwrap();
        }
        let own = || {
            let status = fs::read_to_string("/proc/self/status").unwrap();
            let line = status.lines().find(|line| line.starts_with("RssAnon")).unwrap();
            line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() / 1024
        };
        let (before, started, mut most) = (own(), Instant::now(), [0; 2]);
        let mut at = [started; 2];
        let summary = merge(&dirs, &folder.path().join("merged"), |progress| {
            let step = usize::from(progress.step == MergeStep::Comparing);
            if step == 1 || progress.done % 1024 == 0 {
                most[step] = most[step].max(own());
                at[step] = Instant::now();
            }
        });
        assert_eq!(summary.unwrap().added, portraits / parts * parts);
        let seconds = [at[0] - started, at[1] - at[0], started.elapsed()].map(|taken| taken.as_secs_f64());
        eprintln!(
            "{portraits} in {parts} parts: copied, compared, in all {seconds:.1?} s; memory {before}, then at most {most:?} MB"
        );
    }
}
