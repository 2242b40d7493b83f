//! The roster: the join of spreadsheet rows to photographs, round after round.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization as _;

use super::super::edit::Edit;
use super::super::scan::{Folder, Listing, inspect};
use super::super::source::{Source, Stamp};
use super::sheet::{self, MAX_BYTES, Row, Sheet};
use super::{Note, Person};

/// The most notes per spreadsheet about rows that join no photograph.
const JOIN_NOTES: usize = 50;

/// What the spreadsheets say in one round, by photograph.
#[derive(Debug, Default)]
pub struct Roster {
    rows: HashMap<PathBuf, RosterRow>,
    /// Folders with a spreadsheet that could never be read: the photographs below them are undetermined.
    unread: Vec<PathBuf>,
    listing: Arc<Listing>,
}

/// A row joined to a photograph.
#[derive(Debug)]
struct RosterRow {
    /// `None` where the row has nothing but the photograph's name.
    person: Option<Box<Person>>,
    edit: Option<Edit>,
}

impl Roster {
    /// The person of a portrait with these files, by path: that of the first file with a row. `current` stays where this is
    /// undetermined.
    pub fn person(&self, sources: &[Source], current: Option<&Person>) -> Option<Box<Person>> {
        if self.rows.is_empty() && current.is_none() {
            return None;
        }
        for Source { path, .. } in sources {
            match self.rows.get(path) {
                Some(row) => return row.person.clone(),
                None if self.is_undetermined(path) => return current.map(|person| Box::new(person.clone())),
                None => {}
            }
        }
        None
    }

    /// The edit in the file's own row.
    pub fn edit(&self, path: &Path) -> Option<Edit> {
        self.rows.get(path).and_then(|row| row.edit)
    }

    /// The edit of a portrait's file: its own, or that of the first of the portrait's files, by path, that has one.
    /// `current` stays where this is undetermined.
    pub fn edit_for(&self, path: &Path, sources: &[Source], current: Edit) -> Edit {
        if self.rows.is_empty() && current.is_none() {
            return current;
        }
        if let Some(own) = self.edit(path) {
            return own;
        }
        if !self.rows.contains_key(path) && self.is_undetermined(path) {
            return current;
        }
        for Source { path, .. } in sources {
            match self.edit(path) {
                Some(edit) => return edit,
                None if self.rows.contains_key(path) => {}
                // A file that is gone, where the folders were read, does not count.
                None if self.is_unread(path) || !self.listing.covers(path) => return current,
                None => {}
            }
        }
        Edit::default()
    }

    /// Whether the absence of a row says nothing: the file is not listed (gone, renamed, in a folder that was not read), or
    /// its spreadsheet could never be read.
    fn is_undetermined(&self, path: &Path) -> bool {
        !self.listing.contains(path) || self.is_unread(path)
    }

    fn is_unread(&self, path: &Path) -> bool {
        self.unread.iter().any(|folder| path.starts_with(folder))
    }
}

/// The result of reading the spreadsheets once.
pub struct Round {
    pub roster: Roster,
    /// Lines, each with its file.
    pub notes: Vec<String>,
    /// Whether another round is due soon: a spreadsheet is being written.
    pub unsettled: bool,
}

/// The spreadsheets, each as it was when it could last be read.
#[derive(Debug, Default)]
pub struct Sheets {
    cached: BTreeMap<PathBuf, CachedSheet>,
}

#[derive(Debug, Default)]
struct CachedSheet {
    stamp: Stamp,
    /// The last content that could be parsed.
    sheet: Option<Sheet>,
    /// The error of the last read, if it failed.
    fault: Option<String>,
    is_missing: bool,
}

impl Sheets {
    /// Reads the changed spreadsheets and joins all rows to photographs. A spreadsheet that cannot be read keeps its last
    /// content. `is_fresh` says which files are deferred, as still being written.
    pub fn round(&mut self, listing: &Arc<Listing>, mut is_fresh: impl FnMut(&Source) -> bool) -> Round {
        let mut unsettled = false;
        let listed: HashSet<_> = listing.sheets.iter().collect();
        self.cached.retain(|path, cached| {
            if listed.contains(path) || listing.is_in_bad_folder(path) {
                return true;
            }
            // Programs that replace a file may remove it for a moment.
            let stays = cached.sheet.is_some() && !cached.is_missing;
            cached.is_missing = true;
            unsettled |= stays;
            stays
        });
        for path in &listing.sheets {
            let cached = self.cached.entry(path.clone()).or_default();
            cached.is_missing = false;
            match inspect(path.clone()) {
                Ok(Some(source)) if source.stamp == cached.stamp => {}
                Ok(Some(source)) if is_fresh(&source) => unsettled = true,
                Ok(Some(source)) => cached.read(&source),
                Ok(None) => {}
                Err((_, fault)) => cached.fault = Some(fault),
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
        // A folder's spreadsheet comes after that of the folder above, and overrides it.
        let mut cached: Vec<_> = self.cached.iter().filter(|(path, _)| !listing.is_in_bad_folder(path)).collect();
        cached.sort_by_key(|(path, _)| path.components().count());
        for (path, CachedSheet { sheet, fault, .. }) in cached {
            let mut note = |Note { line, text }: &Note| {
                let line = line.map_or_else(String::new, |line| format!("{line}:"));
                notes.push(format!("{}:{line} {text}", path.display()));
            };
            if let Some(fault) = fault {
                let kept = if sheet.is_some() { "; what it said before stays" } else { "" };
                note(&Note::whole(format!("{fault}{kept}")));
            }
            let folder = path.parent().unwrap_or(Path::new(""));
            let Some(sheet) = sheet else {
                roster.unread.push(folder.to_owned());
                continue;
            };
            sheet.notes.iter().for_each(&mut note);
            FileNames::below(folder, listing).join(&sheet.rows, &mut roster).iter().for_each(&mut note);
        }
        (roster, notes)
    }
}

impl CachedSheet {
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
            Ok(sheet) => (self.sheet, self.fault) = (Some(sheet), None),
            Err(fault) => self.fault = Some(fault),
        }
    }
}

/// The photographs that a spreadsheet's rows can join, by the names that people may write.
struct FileNames {
    paths: Vec<PathBuf>,
    /// Relative to the spreadsheet's folder, with `/`.
    names: Vec<String>,
    by_name: HashMap<String, Vec<usize>>,
    by_stem: HashMap<String, Vec<usize>>,
}

impl FileNames {
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

    /// Finds the photograph of a name: by exact match; regardless of case and Unicode form; without its extension.
    ///
    /// # Errors
    /// A text, when there is none, or more than one.
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

    /// Joins each row to its photograph; returns notes on rows that join none, or one that has a row already.
    fn join(&self, rows: &[Row], roster: &mut Roster) -> Vec<Note> {
        let mut lines: HashMap<usize, u64> = HashMap::new();
        let mut notes = Vec::new();
        for row in rows {
            match self.find(&row.file) {
                Ok(index) => {
                    if let Some(line) = lines.insert(index, row.line) {
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
        if notes.len() > JOIN_NOTES {
            let more = notes.len() - JOIN_NOTES;
            notes.truncate(JOIN_NOTES);
            notes.push(Note::whole(format!("{more} more rows like these")));
        }
        notes
    }
}

/// Folds a name for comparison: lower case, decomposed (NFD), with plain spaces.
fn folded(name: &str) -> String {
    // Macs keep accents channel_distance from their letters in file names, spreadsheets do not.
    name.nfd().flat_map(char::to_lowercase).map(|c| if c == '\u{a0}' { ' ' } else { c }).collect()
}

/// A path without its last extension; `None` where it has none.
fn stem(name: &str) -> Option<&str> {
    let (stem, extension) = name.rsplit_once('.')?;
    (!stem.is_empty() && !stem.ends_with('/') && !extension.contains('/')).then_some(stem)
}

#[cfg(test)]
#[path = "roster_tests.rs"]
mod tests;
