//! Takes people down: who is hidden by the spreadsheets or removed by a command, and who is shown again.

use std::path::{Path, PathBuf};

use millions_wall::tile::PortraitNumber;

use super::super::error::LibraryError;
use super::super::index::{Entry, Row};
use super::super::ingest::{IngestEvent, Rejection};
use super::super::manual_crops::ManualCrops;
use super::super::people::{Person, Roster};
use super::super::perceptual::PerceptualHash;
use super::super::removals::{Decision, Kind, Removals, now};
use super::super::source::Source;
use super::super::worker::{Job, MissingFile};
use super::{Committer, lists};

/// The reason for which a removed person's photograph is not in the library.
const REMOVED: &str = "its person was taken down; delete it from the folder too, or see `millions library restore`";

/// The person of a portrait with these files, its copies' included: what the spreadsheets say, hidden where the removals say so.
pub(super) fn person(roster: &Roster, removals: &Removals, entry: &Entry, sources: &[Source]) -> Option<Box<Person>> {
    let mut person = roster.person(sources, entry.person.as_deref());
    if sources.len() > entry.sources.len() {
        // What a row says of the picture and not of the person is its own; so is an express no, which counts as new only where it
        // was not said before.
        let own = roster.person(&entry.sources, entry.person.as_deref()).unwrap_or_default();
        if let Some(person) = &mut person {
            (person.copy, person.tone_stops, person.said_shown) = (own.copy, own.tone_stops, own.said_shown);
        }
    }
    match removals.find(&entry.hash, entry.looks.as_ref()) {
        Some((_, decision)) if decision.kind.hides() => person.get_or_insert_default().hidden = true,
        Some(_) if roster.says_hidden(sources) != Some(true) => {
            // Shown again, also where the spreadsheet cannot be read.
            if let Some(person) = &mut person {
                person.hidden = false;
            }
        }
        _ => {}
    }
    person.filter(|person| **person != Person::default())
}

impl Committer {
    /// Brings the library up to date with the spreadsheets: records whom they hide now and whom they show again, removes
    /// whom the removals remove, and commits.
    pub(super) fn apply_roster(&mut self) -> Result<(), LibraryError> {
        let mut decisions = Vec::new();
        let library = self.writer.library();
        self.standing = Removals::default();
        {
            let index = library.index();
            let (mut hidden, mut shown) = (Vec::new(), Vec::new());
            for (_, entry) in index.entries_where(|_| !self.roster.is_silent()) {
                match self.roster.says_hidden(&entry.sources) {
                    Some(true) => hidden.push((entry.hash, entry.looks)),
                    Some(false) => {
                        let was_said = entry.person.as_ref().is_some_and(|person| person.said_shown);
                        shown.push((entry.hash, entry.looks, was_said));
                    }
                    None => {}
                }
            }
            for (hash, looks) in hidden {
                self.standing.decide(hash, Decision { kind: Kind::Hidden, when: now(), looks });
            }
            for (hash, looks, was_said) in shown {
                decisions.extend(self.shown_again(&hash, looks, was_said));
            }
        }
        // After the others, for these count against them.
        for (hash, decision) in self.standing.decisions() {
            if self.needs_recording(hash, decision) {
                decisions.push((*hash, *decision));
            }
        }
        let recorded = self.record(&decisions).and(self.spread_decisions());
        self.remove_the_removed()?;
        self.stage_changed_persons();
        self.commit()?;
        recorded
    }

    /// Applies what is told in the middle of a round.
    pub(super) fn apply_urgent(&mut self, missing: Vec<MissingFile>) -> Result<(), LibraryError> {
        self.apply_roster()?;
        let mut numbers = Vec::new();
        for file in missing {
            let MissingFile::OfPortrait { number, path } = file else { continue };
            let is_last = self.writer.entry(number).is_some_and(|entry| entry.sources.iter().all(|s| s.path == path));
            if is_last {
                numbers.push(number);
            } else {
                self.apply_missing(MissingFile::OfPortrait { number, path });
            }
        }
        self.round.summary.removed += numbers.len();
        self.remove_now(&numbers)?;
        self.commit()
    }

    /// Follows decisions that another process has written.
    pub(super) fn follow_removals(&mut self) -> Result<(), LibraryError> {
        let mut has_changed = self.removals.reload();
        // Whom somebody hid on a full disk is hidden here, too, before the next commit says otherwise.
        let unwritten = self.writer.library().unwritten().clone();
        let is_unknown = |(hash, _): &([u8; 32], Decision)| !self.removals.get().hides(hash, None);
        let unknown: Vec<_> = unwritten.into_iter().filter(is_unknown).collect();
        if !unknown.is_empty() {
            // They count at once; whoever decided tries again to write them.
            let _ = self.removals.decide(&unknown);
            has_changed = true;
        }
        if let Some(fault) = self.removals.take_fault() {
            self.report(fault.clone(), IngestEvent::Remark(fault));
        }
        if !has_changed {
            return Ok(());
        }
        self.shared.set_removals(self.removals.get());
        let recorded = self.spread_decisions();
        self.remove_the_removed()?;
        self.stage_changed_persons();
        self.commit()?;
        // A photograph that may be shown again is read again.
        self.shared.start_round();
        recorded
    }

    /// Decides about a photograph that is new to the library, by its row.
    pub(super) fn decide_new(
        &mut self,
        source: &Source,
        hash: &[u8; 32],
        looks: Option<PerceptualHash>,
    ) -> Result<(), LibraryError> {
        let decision = match self.roster.file_says_hidden(&source.path) {
            Some(true) => {
                let decision = Decision { kind: Kind::Hidden, when: now(), looks };
                self.standing.decide(*hash, decision);
                self.needs_recording(hash, &decision).then_some((*hash, decision))
            }
            Some(false) => self.shown_again(hash, looks, false),
            None => None,
        };
        let Some(decision) = decision else { return Ok(()) };
        self.record(&[decision])?;
        // Copies that are in the library already look the same.
        self.stage_changed_persons();
        Ok(())
    }

    /// Keeps a removed person's photograph out of the library, and nothing of it.
    pub(super) fn keep_out(&mut self, job: Job) {
        let Job { source, previous, .. } = job;
        if let Some(number) = previous {
            self.apply_missing(MissingFile::OfPortrait { number, path: source.path.clone() });
        }
        self.note_removed_file(&source.path);
        self.shared.removed_files().insert(source.path, source.stamp);
    }

    /// Counts a removed person's photograph, which is named to nobody but the caller of this round.
    pub(super) fn note_removed_file(&mut self, path: &Path) {
        self.round.removed_files += 1;
        self.round.summary.rejected.push(Rejection { path: path.display().to_string(), reason: REMOVED.into() });
    }

    /// Whether a path is that of a removed person's photograph.
    pub(super) fn is_removed_file(&self, path: &str) -> bool {
        self.shared.removed_files().keys().any(|file| file.display().to_string() == path)
    }

    /// Tells how many are kept off the wall by decisions that no row speaks of.
    pub(super) fn report_decisions(&mut self) {
        let library = self.writer.library();
        let remembered = {
            let index = library.index();
            let is_remembered = |(_, entry): &(PortraitNumber, Entry)| {
                self.removals.get().hides(&entry.hash, entry.looks.as_ref())
                    && self.roster.says_hidden(&entry.sources) != Some(true)
            };
            // Whom the removals hide is hidden in the index.
            index.entries_where(Row::is_hidden).filter(is_remembered).count()
        };
        let people = |count: usize, one: &str, many: &str| match count {
            1 => format!("1 photograph in the folders {one}"),
            count => format!("{count} photographs in the folders {many}"),
        };
        let mut notes = Vec::new();
        if remembered > 0 {
            notes.push(format!(
                "{} hidden because of an earlier decision, on this file or one that looks the same: \
                 `hidden` = no in its row, or `millions library restore`, shows it again",
                people(remembered, "stays", "stay")
            ));
        }
        if self.round.removed_files > 0 {
            notes.push(format!(
                "{} of people who were taken down: nobody is shown and nothing of them is kept; delete it there too",
                people(self.round.removed_files, "is", "are")
            ));
        }
        for note in notes {
            self.report(note.clone(), IngestEvent::Remark(note.clone()));
            self.round.summary.notes.push(note);
        }
    }

    /// Whether a row that hides says more than the removals do already.
    fn needs_recording(&self, hash: &[u8; 32], decision: &Decision) -> bool {
        let removals = self.removals.get();
        let looks_shown = || {
            let orientations = decision.looks.map(|looks| looks.orientations());
            removals.decisions().any(|(_, known)| {
                !known.kind.hides()
                    && known.looks.zip(orientations).is_some_and(|(known, all)| all.iter().any(|a| a.is_like(&known)))
            })
        };
        removals.decisions().all(|(known, _)| known != hash) || !removals.hides(hash, None) || looks_shown()
    }

    /// The decision that an express `hidden = no` makes of one that hides; `was_said` is whether it said so before, and the
    /// decision was made all the same. A row that hides now, of any copy, counts more.
    fn shown_again(
        &self,
        hash: &[u8; 32],
        looks: Option<PerceptualHash>,
        was_said: bool,
    ) -> Option<([u8; 32], Decision)> {
        let (_, known) = self.removals.get().find(hash, looks.as_ref())?;
        let stays = was_said || known.kind == Kind::RemovedForGood || self.standing.hides(hash, looks.as_ref());
        let decision = Decision { kind: Kind::Shown, when: now().max(known.when + 1), looks };
        (known.kind.hides() && !stays).then_some((*hash, decision))
    }

    /// Records decisions. They count at once, also where they cannot be written.
    pub(super) fn record(&mut self, decisions: &[([u8; 32], Decision)]) -> Result<(), LibraryError> {
        let recorded = self.removals.decide(decisions);
        if !decisions.is_empty() {
            self.shared.set_removals(self.removals.get());
        }
        recorded
    }

    /// Removes the portraits of which nothing may be kept.
    fn remove_the_removed(&mut self) -> Result<(), LibraryError> {
        let numbers: Vec<PortraitNumber> = {
            let library = self.writer.library();
            let (index, removals) = (library.index(), self.removals.get());
            let removed = |row: &Row| removals.removes_now(&row.hash, row.looks(), false);
            index.rows().filter(|(_, row)| removed(row)).map(|(number, _)| number).collect()
        };
        let hashes: Vec<_> =
            numbers.iter().filter_map(|number| self.writer.entry(*number).map(|entry| entry.hash)).collect();
        self.remove_now(&numbers)?;
        ManualCrops::forget(self.writer.library().dir(), &hashes)
    }

    /// Removes portraits, from the wall and from the disk.
    fn remove_now(&mut self, numbers: &[PortraitNumber]) -> Result<(), LibraryError> {
        if numbers.is_empty() {
            return Ok(());
        }
        let entries: Vec<Entry> = numbers.iter().filter_map(|number| self.writer.entry(*number)).collect();
        numbers.iter().for_each(|number| drop(self.writer.remove(*number)));
        self.commit()?;
        self.shared.release(entries.iter().map(Entry::digest));
        {
            let removals = self.removals.get();
            let mut files = self.shared.removed_files();
            let removed = entries.iter().filter(|e| removals.removes(&e.hash, e.looks.as_ref(), false));
            files.extend(removed.flat_map(|entry| &entry.sources).map(|source| (source.path.clone(), source.stamp)));
        }
        self.writer.erase(numbers.iter().copied())?;
        self.writer.compact_log()?;
        let paths: Vec<PathBuf> =
            entries.iter().flat_map(|entry| &entry.sources).map(|source| source.path.clone()).collect();
        lists::forget(self.writer.library().dir(), &paths)
    }
}
