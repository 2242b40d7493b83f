//! Deals copies of a photograph as one person: decides which of them is shown, before each commit.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use millions_wall::tile::{PortraitNumber, TileSource as _};

use super::super::copies::{CopyFinder, Member, SmallTile, assign, connected};
use super::super::edit::Edit;
use super::super::error::LibraryError;
use super::super::index::{Entry, Row};
use super::super::people::Person;
use super::super::perceptual::PerceptualHash;
use super::super::removals::Decision;
use super::super::source::Source;
use super::{Committer, Replacement, takedown};

/// What the grouping of a portrait depends on.
#[derive(Clone, Debug, PartialEq)]
struct Traits {
    looks: PerceptualHash,
    edit: Edit,
    name: String,
    said: Option<bool>,
    is_hidden: bool,
}

/// The portraits by their looks, and which of them are copies.
#[derive(Debug, Default)]
pub struct Grouping {
    finder: CopyFinder,
    /// Of those that have changed since it was loaded; what is in the index of the others.
    traits: HashMap<PortraitNumber, Option<Traits>>,
    /// The copies of each portrait that has any.
    copies: BTreeMap<PortraitNumber, BTreeSet<PortraitNumber>>,
    /// Copies of portraits that are gone, to be grouped with the next commit.
    dangling: BTreeSet<PortraitNumber>,
    is_loaded: bool,
}

impl Grouping {
    /// The copies of a portrait.
    fn copies(&self, number: PortraitNumber) -> impl Iterator<Item = PortraitNumber> {
        self.copies.get(&number).into_iter().flatten().copied()
    }

    fn set(&mut self, number: PortraitNumber, before: Option<PortraitNumber>, after: Option<PortraitNumber>) {
        if let Some(before) = before
            && let Some(copies) = self.copies.get_mut(&before)
        {
            copies.remove(&number);
            if copies.is_empty() {
                self.copies.remove(&before);
            }
        }
        if let Some(after) = after {
            self.copies.entry(after).or_default().insert(number);
        }
    }
}

impl Committer {
    /// The files of a portrait, and then those of its copies: a row of any of them speaks of the person.
    pub(super) fn all_sources<'e>(&self, number: PortraitNumber, entry: &'e Entry) -> Cow<'e, [Source]> {
        let mut sources = Cow::Borrowed(&entry.sources[..]);
        for copy in self.grouping.copies(number) {
            sources.to_mut().extend(self.writer.entry(copy).into_iter().flat_map(|entry| entry.sources));
        }
        sources
    }

    /// Records the decision that hides or removes one of several copies for all of them of which none is recorded: those that
    /// look like a copy of a copy do not look like the first, and would take its place on the wall.
    pub(super) fn spread_decisions(&mut self) -> Result<(), LibraryError> {
        if self.removals.get().is_empty() {
            return Ok(());
        }
        self.load_grouping();
        let mut decisions = Vec::new();
        for (shown, copies) in &self.grouping.copies {
            let members = copies.iter().chain([shown]).filter_map(|number| self.writer.entry(*number));
            let members: Vec<_> = members
                .map(|entry| {
                    let found = self.removals.get().find(&entry.hash, entry.looks.as_ref());
                    (entry, found.map(|(_, decision)| decision))
                })
                .collect();
            let hiding = members.iter().filter_map(|(_, found)| found.filter(|decision| decision.kind.hides()));
            let Some(strictest) = hiding.max_by_key(|decision| decision.kind) else { continue };
            let undecided = members.iter().filter(|(_, found)| found.is_none());
            decisions.extend(undecided.map(|(entry, _)| (entry.hash, Decision { looks: entry.looks, ..strictest })));
        }
        self.record(&decisions)
    }

    /// The name in the rows of a portrait's own files; what is known already where those cannot be read.
    fn own_name(&self, entry: &Entry) -> String {
        self.roster.person(&entry.sources, entry.person.as_deref()).map(|person| person.name).unwrap_or_default()
    }

    fn traits(&self, entry: &Entry) -> Option<Traits> {
        let said = entry.person.as_ref().and_then(|person| person.copy);
        Some(Traits {
            looks: entry.looks?,
            edit: entry.edit,
            name: self.own_name(entry),
            said,
            is_hidden: entry.is_hidden(),
        })
    }

    /// What a portrait's grouping depended on when it was grouped.
    fn grouped(&self, number: PortraitNumber) -> Option<Traits> {
        if let Some(traits) = self.grouping.traits.get(&number) {
            return traits.clone();
        }
        // As it was grouped: what the spreadsheets say since is a change.
        let library = self.writer.library();
        let entry = library.index().entry(number)?;
        let Person { name, copy: said, hidden: is_hidden, .. } = entry.person.map(|person| *person).unwrap_or_default();
        Some(Traits { looks: entry.looks?, edit: entry.edit, name, said, is_hidden })
    }

    /// Reads which portraits of the library are copies, once: for a million that takes a moment, which no takedown waits for.
    pub(super) fn load_grouping(&mut self) {
        if std::mem::replace(&mut self.grouping.is_loaded, true) {
            return;
        }
        let library = self.writer.library();
        let index = library.index();
        self.grouping.finder = CopyFinder::of(index.rows().filter_map(|(number, row)| Some((number, *row.looks()?))));
        for (number, row) in index.rows() {
            self.grouping.set(number, None, row.copy_of());
            if row.copy_of().is_some_and(|shown| !index.contains(shown)) {
                self.grouping.dangling.insert(number);
            }
        }
    }

    /// Groups what the next commit changes: stages which portraits are copies of which.
    pub(super) fn group_copies(&mut self) {
        self.load_grouping();
        let mut open = std::mem::take(&mut self.grouping.dangling);
        let staged: Vec<(PortraitNumber, Option<Entry>)> = self.writer.staged_entries().collect();
        for (number, entry) in staged {
            let traits = entry.as_ref().and_then(|entry| self.traits(entry));
            if self.grouped(number) == traits {
                continue;
            }
            // Those that were one with it.
            let before = self.writer.library().index().get(number).and_then(Row::copy_of);
            let shown = before.unwrap_or(number);
            open.extend(self.grouping.copies(shown).chain([shown, number]));
            match traits {
                Some(traits) => {
                    self.grouping.finder.insert(number, traits.looks);
                    self.grouping.traits.insert(number, Some(traits));
                }
                None => {
                    self.grouping.finder.remove(number);
                    self.grouping.traits.insert(number, None);
                }
            }
            if entry.is_none() {
                self.grouping.set(number, before, None);
            }
        }
        while let Some(number) = open.first().copied() {
            let library = self.writer.library();
            let looks_of = |number| match self.grouping.traits.get(&number) {
                Some(traits) => traits.as_ref().map(|traits| traits.looks),
                None => library.index().get(number).and_then(|row| row.looks().copied()),
            };
            let together = connected(&self.grouping.finder, number, looks_of);
            open.retain(|number| !together.contains(number));
            self.group(&together);
        }
    }

    fn group(&mut self, together: &BTreeSet<PortraitNumber>) {
        let entries: BTreeMap<PortraitNumber, Entry> =
            together.iter().filter_map(|number| Some((*number, self.writer.entry(*number)?))).collect();
        let library = self.writer.library();
        let (files, shape) = (library.files(), (library.layout(), library.aspect()));
        let is_alone = entries.len() < 2;
        let member = |(number, entry): (&PortraitNumber, &Entry)| {
            Member::of(
                *number,
                entry,
                &self.own_name(entry),
                if is_alone { None } else { SmallTile::read(&files, shape, *number, entry) },
            )
        };
        let mut shown_for: BTreeMap<PortraitNumber, Option<PortraitNumber>> =
            assign(entries.iter().filter_map(member).collect()).into_iter().collect();
        for (number, entry) in entries {
            // What has no looks is no copy.
            let copy_of = shown_for.remove(&number).flatten();
            if entry.copy_of == copy_of {
                continue;
            }
            self.grouping.set(number, entry.copy_of, copy_of);
            // The better copy takes the place on the wall.
            match (entry.copy_of, copy_of) {
                (None, Some(new)) => self.round.replaced.push(Replacement { new, old: number }),
                (Some(old), None) if !together.contains(&old) => {
                    self.round.replaced.push(Replacement { new: number, old });
                }
                _ => {}
            }
            self.writer.put(number, Entry { copy_of, ..entry });
        }
        // Their rows speak of one person.
        for number in together {
            let Some(entry) = self.writer.entry(*number) else { continue };
            let person =
                takedown::person(&self.roster, self.removals.get(), &entry, &self.all_sources(*number, &entry));
            if person != entry.person {
                self.writer.put(*number, Entry { person, ..entry });
            }
        }
    }
}
