//! Applies the outcome of each file to the staged library: new portraits, duplicates, rejections, renames, removals.

use std::path::Path;

use millions_base::printable_path;
use millions_wall::tile::PortraitNumber;

use super::super::edit::Edit;
use super::super::error::LibraryError;
use super::super::index::{Entry, Key, Record, Row, Traits, key_digest};
use super::super::ingest::IngestEvent;
use super::super::prepare::Prepared;
use super::super::source::Source;
use super::super::worker::{Job, MissingFile, Outcome};
use super::super::writer::NewPortrait;
use super::{Committer, Finished, Replacement, takedown};

impl Committer {
    /// Stages every portrait whose person in the spreadsheets and removals differs from that in the library.
    pub(super) fn stage_changed_persons(&mut self) {
        let changed: Vec<_> = {
            let library = self.writer.library();
            let index = library.index();
            let change = |(number, entry): (PortraitNumber, Entry)| {
                let sources = self.all_sources(number, &entry);
                let person = takedown::person(&self.roster, self.removals.get(), &entry, &sources);
                (person != entry.person).then_some((number, Entry { person, ..entry }))
            };
            // Of whom nothing is known, and nothing said, nothing changes.
            let is_concerned = |row: &Row| {
                row.is_hidden()
                    || row.traits.has(Traits::HAS_PERSON)
                    || !self.roster.is_silent()
                    || self.removals.get().hides_now(&row.hash, row.looks())
            };
            index.entries_where(is_concerned).filter_map(change).collect()
        };
        changed.into_iter().for_each(|(number, entry)| self.writer.put(number, entry));
    }

    /// Applies the outcome of a file.
    pub(super) fn apply(&mut self, Finished { job, hash, outcome }: Finished) -> Result<(), LibraryError> {
        let key = hash.map(|hash| (hash, job.edit));
        match (outcome, key) {
            (Outcome::Prepared(prepared), Some(key)) => self.add(job, key, *prepared)?,
            (Outcome::Duplicate, Some(key)) => match (self.writer.find(key.0, key.1), self.round.rejected.get(&key)) {
                (Some(number), _) => self.add_duplicate(number, job),
                (None, Some(reason)) => {
                    let reason = reason.clone();
                    self.reject(job, reason);
                }
                (None, None) => match self.round.removed.remove(&key) {
                    Some((number, entry)) => self.restore(number, entry, job),
                    None => self.round.duplicates.entry(key).or_default().push(job),
                },
            },
            (Outcome::Removed, _) => self.keep_out(job),
            (Outcome::Rejected(reason), key) => {
                if let Some(key) = key {
                    for duplicate in self.round.duplicates.remove(&key).unwrap_or_default() {
                        self.reject(duplicate, reason.clone());
                    }
                    self.round.rejected.insert(key, reason.clone());
                }
                self.reject(job, reason);
            }
            // A portrait made of the file earlier stays: the file is there.
            (Outcome::Unreadable(reason), _) => self.report_rejected(job.source.path, reason),
            (Outcome::Prepared(_) | Outcome::Duplicate, None) => {}
        }
        Ok(())
    }

    /// Adds a portrait, and the files that wait as its duplicates.
    fn add(&mut self, job: Job, key: Key, prepared: Prepared) -> Result<(), LibraryError> {
        let Prepared { tile, floor, tone, mut detections, looks, remark } = prepared;
        if self.removals.get().removes(&key.0, looks.as_ref(), job.is_wanted) {
            self.shared.release(std::iter::once(key_digest(&key)));
            for duplicate in self.round.duplicates.remove(&key).unwrap_or_default() {
                self.keep_out(duplicate);
            }
            self.keep_out(job);
            return Ok(());
        }
        self.decide_new(&job.source, &key.0, looks)?;
        if let Some(remark) = remark {
            self.send(IngestEvent::Remark(format!("{remark}: {}", printable_path(&job.source.path))));
        }
        let old = self.detach_previous(&job);
        let (hash, edit) = key;
        detections.review_reasons.accept(self.crops.get().accepts(&hash));
        let portrait = NewPortrait { hash, edit, source: Some(job.source), tone, detections, tile, floor };
        let new = self.writer.add_hashed(portrait, looks)?;
        self.round.replaced.extend(old.map(|old| Replacement { new, old }));
        self.round.added.insert(new);
        self.round.summary.added += 1;
        for duplicate in self.round.duplicates.remove(&key).unwrap_or_default() {
            self.add_duplicate(new, duplicate);
        }
        Ok(())
    }

    /// Adds a file to the portrait that was made of the same bytes.
    fn add_duplicate(&mut self, number: PortraitNumber, job: Job) {
        if job.previous == Some(number) {
            // Touched, but not changed.
            self.round.summary.unchanged += 1;
        } else {
            // Of a photograph in several files the last one that is made anew takes the place of the portrait before.
            let old = self.detach_previous(&job);
            self.round.replaced.extend(old.map(|old| Replacement { new: number, old }));
            self.round.summary.duplicates += 1;
        }
        self.writer.add_source(number, job.source);
    }

    /// Restores a portrait that was removed in this round, for another file of the same bytes: its tile still stands.
    fn restore(&mut self, number: PortraitNumber, entry: Entry, job: Job) {
        self.detach_previous(&job);
        self.writer.put(number, Entry { sources: vec![job.source], ..entry });
        self.round.summary.removed -= 1;
        self.round.summary.duplicates += 1;
    }

    /// Merges duplicates without an edit into the portrait of the duplicate that has one: they show the same person. Which
    /// there are is known only at the end of a round.
    pub(super) fn merge_unedited_duplicates(&mut self) {
        for (edited, (hash, _)) in self.writer.edited() {
            let Some(unedited) = self.writer.find(hash, Edit::default()) else { continue };
            let Some(entry) = self.writer.remove(unedited) else { continue };
            for source in &entry.sources {
                self.writer.add_source(edited, source.clone());
            }
            if self.round.added.remove(&unedited) {
                self.round.summary.added -= 1;
                self.round.summary.duplicates += 1;
            } else {
                self.round.summary.removed += 1;
            }
            self.round.removed.insert(entry.key(), (unedited, entry));
        }
    }

    pub(super) fn apply_rename(&mut self, number: PortraitNumber, from: &Path, to: Source) {
        if let Some(mut entry) = self.writer.entry(number) {
            entry.sources.retain(|source| source.path != from);
            self.writer.put(number, entry);
            self.writer.add_source(number, to);
        }
        self.round.summary.unchanged += 1;
    }

    pub(super) fn apply_missing(&mut self, missing: MissingFile) {
        match missing {
            MissingFile::OfPortrait { number, path } => drop(self.detach(number, &path)),
            MissingFile::Rejected { path } => self.writer.stage(Record::Forgotten { path }),
        }
    }

    /// Detaches a changed file from the portrait made of it earlier; returns that portrait if this removed it.
    fn detach_previous(&mut self, job: &Job) -> Option<PortraitNumber> {
        job.previous.filter(|number| self.detach(*number, &job.source.path))
    }

    /// Detaches a file from a portrait, and removes the portrait with its last file; returns whether it did.
    fn detach(&mut self, number: PortraitNumber, path: &Path) -> bool {
        let Some(mut entry) = self.writer.entry(number) else { return false };
        let count = entry.sources.len();
        entry.sources.retain(|source| source.path != path);
        if entry.sources.len() == count {
            return false;
        }
        if !entry.sources.is_empty() {
            self.writer.put(number, entry);
            return false;
        }
        if let Some(entry) = self.writer.remove(number) {
            self.round.removed.insert(entry.key(), (number, entry));
            self.round.summary.removed += 1;
        }
        true
    }

    /// Rejects a file whose content cannot be used: reported, and recorded so that it is not tried again.
    fn reject(&mut self, job: Job, reason: String) {
        self.detach_previous(&job);
        let decoder_version = self.shared.limits.decoder_version();
        self.writer.stage(Record::Rejected { source: job.source.clone(), reason: reason.clone(), decoder_version });
        self.report_rejected(job.source.path, reason);
    }
}
