//! Which row is meant for which photograph, round after round.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization as _;

use super::super::edit::Edit;
use super::super::scan::{Folder, Listing, look};
use super::super::source::{Source, Stamp};
use super::sheet::{self, MAX_BYTES, Row, Sheet};
use super::{Note, Person};

/// Notes of one spreadsheet about rows whose photograph is not found.
const FILE_NOTES: usize = 50;

/// What the spreadsheets say, at one time, of the photographs that are there.
#[derive(Debug, Default)]
pub struct Roster {
    rows: HashMap<PathBuf, RosterRow>,
    /// Folders with a spreadsheet that cannot be read now, and has not been: nothing is known below them.
    unread: Vec<PathBuf>,
    listing: Arc<Listing>,
}

/// What is kept of a row.
#[derive(Debug)]
struct RosterRow {
    /// None where the row says nothing but the photograph's name.
    person: Option<Box<Person>>,
    edit: Option<Edit>,
}

impl Roster {
    /// Who a portrait with these files (by path) shows: the first that has a row says it. `before` stays while that cannot
    /// be known.
    pub fn person(&self, sources: &[Source], before: Option<&Person>) -> Option<Box<Person>> {
        if self.rows.is_empty() && before.is_none() {
            return None;
        }
        for Source { path, .. } in sources {
            match self.rows.get(path) {
                Some(row) => return row.person.clone(),
                None if self.is_unknown(path) => return before.map(|person| Box::new(person.clone())),
                None => {}
            }
        }
        None
    }

    /// The edit that the file's own row asks for.
    pub fn edit(&self, path: &Path) -> Option<Edit> {
        self.rows.get(path).and_then(|row| row.edit)
    }

    /// The edit that a portrait's file should have: its own, or that of the first of the portrait's files (by path) that
    /// has one. `before` stays while that cannot be known.
    pub fn edit_among(&self, path: &Path, sources: &[Source], before: Edit) -> Edit {
        if self.rows.is_empty() && before.is_none() {
            return before;
        }
        if let Some(own) = self.edit(path) {
            return own;
        }
        if !self.rows.contains_key(path) && self.is_unknown(path) {
            return before;
        }
        for Source { path, .. } in sources {
            match self.edit(path) {
                Some(edit) => return edit,
                // Of one that is gone nothing is to be waited for.
                None if self.rows.contains_key(path) => {}
                None if self.is_unread(path) || !self.listing.covers(path) => return before,
                None => {}
            }
        }
        Edit::default()
    }

    /// Whether the spreadsheets have nothing to say of a file that has no row: it is not there (gone, renamed, in a folder
    /// that was not looked into), or its spreadsheet cannot be read.
    fn is_unknown(&self, path: &Path) -> bool {
        !self.listing.contains(path) || self.is_unread(path)
    }

    fn is_unread(&self, path: &Path) -> bool {
        self.unread.iter().any(|folder| path.starts_with(folder))
    }
}

/// What a look at the spreadsheets gave.
pub struct Round {
    pub roster: Roster,
    /// In lines, each with its file.
    pub notes: Vec<String>,
    /// Whether to look again soon: one of them is being written.
    pub unsettled: bool,
}

/// The spreadsheets, as they were when they could last be read.
#[derive(Debug, Default)]
pub struct Sheets {
    known: BTreeMap<PathBuf, Known>,
}

#[derive(Debug, Default)]
struct Known {
    stamp: Stamp,
    /// None when it could never be read.
    good: Option<Sheet>,
    fault: Option<String>,
    is_missing: bool,
}

impl Sheets {
    /// Reads what has changed and finds the photograph of every row. A spreadsheet that cannot be read leaves what it said
    /// before. `is_fresh` says of which files it is too early to read them.
    pub fn round(&mut self, listing: &Arc<Listing>, mut is_fresh: impl FnMut(&Source) -> bool) -> Round {
        let mut unsettled = false;
        let there: HashSet<_> = listing.sheets.iter().collect();
        self.known.retain(|path, known| {
            if there.contains(path) || listing.is_in_bad_folder(path) {
                return true;
            }
            // Programs that replace a file may take it away for a moment.
            let stays = known.good.is_some() && !known.is_missing;
            known.is_missing = true;
            unsettled |= stays;
            stays
        });
        for path in &listing.sheets {
            let known = self.known.entry(path.clone()).or_default();
            known.is_missing = false;
            match look(path.clone()) {
                Ok(Some(source)) if source.stamp == known.stamp => {}
                Ok(Some(source)) if is_fresh(&source) => unsettled = true,
                Ok(Some(source)) => known.read(&source),
                Ok(None) => {}
                Err((_, fault)) => known.fault = Some(fault),
            }
        }
        let (roster, notes) = self.match_rows(listing);
        Round { roster, notes, unsettled }
    }

    fn match_rows(&self, listing: &Arc<Listing>) -> (Roster, Vec<String>) {
        let mut roster = Roster { listing: Arc::clone(listing), ..Roster::default() };
        let mut notes: Vec<String> = listing
            .workbooks
            .iter()
            .map(|path| format!("{}: a workbook is not read: save it as \"CSV UTF-8\", people.csv", path.display()))
            .collect();
        // A folder's spreadsheet comes after that of the folder above, and counts more.
        let mut known: Vec<_> = self.known.iter().filter(|(path, _)| !listing.is_in_bad_folder(path)).collect();
        known.sort_by_key(|(path, _)| path.components().count());
        for (path, Known { good, fault, .. }) in known {
            let mut note = |Note { line, text }: &Note| {
                let line = line.map_or_else(String::new, |line| format!("{line}:"));
                notes.push(format!("{}:{line} {text}", path.display()));
            };
            if let Some(fault) = fault {
                let still = if good.is_some() { "; what it said before stays" } else { "" };
                note(&Note::whole(format!("{fault}{still}")));
            }
            let folder = path.parent().unwrap_or(Path::new(""));
            let Some(sheet) = good else {
                roster.unread.push(folder.to_owned());
                continue;
            };
            sheet.notes.iter().for_each(&mut note);
            Files::below(folder, listing).give(&sheet.rows, &mut roster).iter().for_each(&mut note);
        }
        (roster, notes)
    }
}

impl Known {
    fn read(&mut self, source: &Source) {
        let bytes = || {
            let mut bytes = Vec::new();
            fs::File::open(&source.path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
            Ok::<_, io::Error>(bytes)
        };
        let sheet = match bytes() {
            Ok(bytes) => {
                self.stamp = source.stamp;
                sheet::read(&bytes)
            }
            Err(error) => Err(format!("cannot be read: {error}")),
        };
        match sheet {
            Ok(sheet) => (self.good, self.fault) = (Some(sheet), None),
            Err(fault) => self.fault = Some(fault),
        }
    }
}

/// The photographs that a spreadsheet can mean, by what people may write for their names.
struct Files {
    paths: Vec<PathBuf>,
    /// From the spreadsheet's folder on, with `/`.
    names: Vec<String>,
    by_name: HashMap<String, Vec<usize>>,
    by_stem: HashMap<String, Vec<usize>>,
}

impl Files {
    fn below(folder: &Path, listing: &Listing) -> Self {
        let mut files = Self { paths: Vec::new(), names: Vec::new(), by_name: HashMap::new(), by_stem: HashMap::new() };
        let below = listing.folders.iter().filter(|inner| inner.path.starts_with(folder));
        for path in below.flat_map(Folder::paths) {
            let Ok(relative) = path.strip_prefix(folder) else { continue };
            let parts: Vec<_> = relative.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            let (name, index) = (parts.join("/"), files.paths.len());
            let folded = folded(&name);
            if let Some(stem) = stem(&folded) {
                files.by_stem.entry(stem.to_owned()).or_default().push(index);
            }
            files.by_name.entry(folded).or_default().push(index);
            files.names.push(name);
            files.paths.push(path);
        }
        files
    }

    /// The photograph that is meant by a name: exactly; whatever the case and the way of writing accents; without its
    /// extension.
    ///
    /// # Errors
    /// In words, when there is none, or not only one.
    fn find(&self, written: &str) -> Result<usize, String> {
        let name = written.trim_start_matches("./");
        let key = folded(name);
        let same = self.by_name.get(&key).map_or(&[][..], Vec::as_slice);
        let found = match same.iter().find(|index| self.names[**index] == name) {
            Some(exact) => return Ok(*exact),
            None if same.is_empty() => self.by_stem.get(&key).map_or(&[][..], Vec::as_slice),
            None => same,
        };
        match found {
            [one] => Ok(*one),
            [] => Err(format!("there is no photograph `{written}`")),
            [one, other, ..] => Err(format!(
                "`{written}` may mean `{}` or `{}`: write one of them",
                self.names[*one], self.names[*other]
            )),
        }
    }

    /// Gives each row to its photograph; returns what is to be said about those that it cannot be given.
    fn give(&self, rows: &[Row], roster: &mut Roster) -> Vec<Note> {
        let mut given: HashMap<usize, u64> = HashMap::new();
        let mut notes = Vec::new();
        for row in rows {
            match self.find(&row.file) {
                Ok(index) => {
                    if let Some(line) = given.insert(index, row.line) {
                        let text = format!("`{}` has a row in line {line} already: this one counts", row.file);
                        notes.push(Note::at(row.line, text));
                    }
                    let person = Some(&row.person).filter(|person| **person != Person::default());
                    let row = RosterRow { person: person.cloned().map(Box::new), edit: row.edit };
                    roster.rows.insert(self.paths[index].clone(), row);
                }
                Err(fault) => notes.push(Note::at(row.line, fault)),
            }
        }
        if notes.len() > FILE_NOTES {
            let more = notes.len() - FILE_NOTES;
            notes.truncate(FILE_NOTES);
            notes.push(Note::whole(format!("{more} more rows like these")));
        }
        notes
    }
}

/// A name as it is compared: small letters, accents on their own, plain spaces.
fn folded(name: &str) -> String {
    // Macs keep accents apart from their letters in file names, spreadsheets do not.
    name.nfd().flat_map(char::to_lowercase).map(|c| if c == '\u{a0}' { ' ' } else { c }).collect()
}

/// A path without its last extension; none where it has none.
fn stem(name: &str) -> Option<&str> {
    let (stem, extension) = name.rsplit_once('.')?;
    (!stem.is_empty() && !stem.ends_with('/') && !extension.contains('/')).then_some(stem)
}

#[cfg(test)]
#[path = "roster_tests.rs"]
mod tests;
