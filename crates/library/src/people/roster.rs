//! The roster: the join of spreadsheet rows to photographs, round after round.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::edit::Edit;
use super::super::scan::{Listing, is_plain_sheet, list_after, resolve};
use super::super::source::{Source, Stamp};
use super::super::storage::{Fault, is_address};
use super::names::{self, Mistaken};
use super::sheet::{self, MAX_BYTES, Row, Sheet};
use super::{Note, Person, WordsCheck};
use millions_base::{printable, printable_path};

/// The most notes per spreadsheet about rows that join no photograph.
const JOIN_NOTES: usize = 50;
/// The most rows for which a similar name is looked for, and the most names among which.
const MOST_PROPOSALS: usize = 30;
const MOST_COMPARED: usize = 20_000;
/// The most notes on words with letters that no font has, and the characters of them that are repeated.
const MOST_UNSHOWN: usize = 20;
const MOST_WORD_CHARS: usize = 40;
/// The least likeness of a name that is proposed, from 0 to 1.
const LEAST_LIKENESS: f64 = 0.75;

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
    /// What any of its rows says of hiding.
    hidden: Option<bool>,
}

impl Roster {
    /// The person of a portrait with these files, by path: that of the first file with a row, hidden where any row says so.
    /// `current` stays where this is undetermined.
    pub fn person(&self, sources: &[Source], current: Option<&Person>) -> Option<Box<Person>> {
        if self.rows.is_empty() && current.is_none() {
            return None;
        }
        let mut person = self.first_person(sources, current);
        match self.says_hidden(sources) {
            Some(true) => {
                let person = person.get_or_insert_default();
                (person.hidden, person.said_shown) = (true, false);
            }
            Some(false) => person.get_or_insert_default().said_shown = true,
            None => {}
        }
        person
    }

    /// Whether there is no row: nothing is said of anybody but who has a person already.
    pub fn is_silent(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether any row of these files hides their person (`true`), or else one says expressly that it is to be shown.
    pub fn says_hidden(&self, sources: &[Source]) -> Option<bool> {
        let rows = || sources.iter().filter_map(|source| self.rows.get(&source.path));
        let said = |row: &RosterRow| row.hidden;
        rows().filter_map(said).max()
    }

    /// Whether the file's own rows hide its person, or say expressly that it is to be shown.
    pub fn file_says_hidden(&self, path: &Path) -> Option<bool> {
        self.rows.get(path).and_then(|row| row.hidden)
    }

    /// That of the first file with a row.
    fn first_person(&self, sources: &[Source], current: Option<&Person>) -> Option<Box<Person>> {
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
    words_check: Option<WordsCheck>,
    cached: BTreeMap<PathBuf, CachedSheet>,
    /// Whether one was being written when they were read the last time.
    pub is_unsettled: bool,
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
    /// Spreadsheets whose words are held against `words_check`.
    pub fn new(words_check: Option<WordsCheck>) -> Self {
        Self { words_check, ..Self::default() }
    }

    /// Whether one of the listed spreadsheets is another file than when it was read.
    pub fn have_changed(&self, listed: &[PathBuf]) -> bool {
        // Those of servers are looked at when those are listed again.
        listed.iter().filter(|path| !is_address(path)).any(|path| {
            let stamp = fs::metadata(path).map_or_else(|_| Stamp::default(), |metadata| Stamp::of(&metadata));
            self.cached.get(path).is_none_or(|cached| cached.stamp != stamp)
        })
    }

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
            match listing.inspect(path.clone()) {
                // Photographs that have come may tell the encoding of one that is not Unicode.
                Ok(Some(source)) if source.stamp == cached.stamp && !cached.is_legacy() => {}
                Ok(Some(source)) if is_fresh(&source) => unsettled = true,
                Ok(Some(source)) => cached.read(&source, listing, self.words_check),
                Ok(None) => {}
                Err((_, fault)) => cached.fault = Some(fault),
            }
        }
        self.is_unsettled = unsettled;
        let (roster, notes) = self.match_rows(listing);
        Round { roster, notes, unsettled }
    }

    fn match_rows(&self, listing: &Arc<Listing>) -> (Roster, Vec<String>) {
        let mut roster = Roster { listing: Arc::clone(listing), ..Roster::default() };
        // Who should be hidden and is not comes first, apart from all else.
        let mut urgent: Vec<String> = Vec::new();
        let mut notes: Vec<String> = listing
            .workbooks
            .iter()
            .map(|path| {
                format!("{}: a workbook is not read: save it as \"CSV UTF-8\", people.csv", printable_path(path))
            })
            .collect();
        // A folder's spreadsheet comes after that of the folder above, and overrides it.
        let mut cached: Vec<_> = self.cached.iter().filter(|(path, _)| !listing.is_in_bad_folder(path)).collect();
        cached.sort_by_key(|(path, _)| path.components().count());
        for (path, CachedSheet { sheet, fault, .. }) in cached {
            let told = |Note { line, text }: &Note| {
                let line = line.map_or_else(String::new, |line| format!("{line}:"));
                format!("{}:{line} {}", printable_path(path), printable(text))
            };
            let mut note = |note: &Note| notes.push(told(note));
            if let Some(fault) = fault {
                let kept = if sheet.is_some() { "; what it said before stays" } else { "" };
                note(&Note::whole(format!("{fault}{kept}")));
            }
            let folder = path.parent().unwrap_or(Path::new(""));
            let Some(sheet) = sheet else {
                roster.unread.push(folder.to_owned());
                continue;
            };
            if !is_plain_sheet(path) {
                note(&Note::whole(
                    "read like people.csv, of which it seems to be a copy: delete it if it is an old one",
                ));
            }
            sheet.notes.iter().for_each(&mut note);
            let joined = FileNames::below(folder, listing).join(&sheet.rows, &mut roster);
            joined.notes.iter().for_each(&mut note);
            urgent.extend(sheet.urgent.iter().chain(&joined.urgent).map(told));
        }
        urgent.append(&mut notes);
        (roster, urgent)
    }
}

/// Notes on the words of shown people that are not shown.
fn unshown_words(sheet: &Sheet, check: WordsCheck) -> Vec<Note> {
    let words = sheet.rows.iter().filter(|row| !row.person.hidden).flat_map(|row| {
        let Person { name, place, quote, .. } = &row.person;
        [("name", name), ("place", place), ("quote", quote)].map(|(kind, text)| (row.line, kind, text))
    });
    let mut found = words.filter(|(_, _, text)| !text.is_ascii()).filter_map(|(line, kind, text)| {
        let why = check(text)?;
        let shown: String = text.chars().take(MOST_WORD_CHARS).collect();
        let more = if shown.len() < text.len() { "…" } else { "" };
        Some(Note::at(line, format!("the {kind} `{shown}{more}` {why}")))
    });
    let mut notes: Vec<Note> = found.by_ref().take(MOST_UNSHOWN).collect();
    let more = found.count();
    if more > 0 {
        notes.push(Note::whole(format!("{more} more names, places and quotes have letters that no font here has")));
    }
    notes
}

/// What a spreadsheet says, read without a library.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SheetReport {
    /// The rows that name a photograph.
    pub rows: usize,
    /// Rows that do not do what they are for: those of who should be hidden first, then those without a photograph.
    pub wrong: Vec<String>,
    /// Values and columns that are not understood, and how it was read.
    pub notes: Vec<String>,
}

/// Reads a spreadsheet of people, and looks for the photographs of its rows in its folder.
///
/// # Errors
/// A text, when it cannot be read.
pub fn check_sheet(path: &Path, words_check: WordsCheck) -> Result<SheetReport, String> {
    let mut bytes = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes));
    read.map_err(|error| format!("cannot be read: {error}"))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let roots = resolve(&[folder.to_owned()], &[]).map_err(|error| error.to_string())?;
    let listing = list_after(&roots, &Listing::default(), || false).unwrap_or_default();
    let folder = roots.first().map_or(folder, |root| &root.path);
    let sheet = FileNames::read_beside(&bytes, folder, &listing)?;
    let joined = FileNames::below(folder, &listing).join(&sheet.rows, &mut Roster::default());
    let told = |Note { line, text }: &Note| {
        let line = line.map_or_else(String::new, |line| format!("line {line}: "));
        printable(&format!("{line}{text}")).into_owned()
    };
    let unshown = unshown_words(&sheet, words_check);
    let wrong = sheet.urgent.iter().chain(&joined.urgent).chain(&joined.notes).chain(&unshown);
    Ok(SheetReport {
        rows: sheet.rows.len(),
        wrong: wrong.map(told).collect(),
        notes: sheet.notes.iter().map(told).collect(),
    })
}

impl CachedSheet {
    fn is_legacy(&self) -> bool {
        self.sheet.as_ref().is_some_and(|sheet| sheet.is_legacy)
    }

    fn read(&mut self, source: &Source, listing: &Listing, words_check: Option<WordsCheck>) {
        let bytes = || {
            let mut bytes = Vec::new();
            fs::File::open(&source.path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
            Ok::<_, io::Error>(bytes)
        };
        let bytes = match listing.places.of(&source.path) {
            Some(place) => place.read_sheet(source, &|| false).map_err(Fault::reason),
            None => bytes().map_err(|error| format!("cannot be read: {error}")),
        };
        let sheet = match bytes {
            Ok(bytes) => {
                self.stamp = source.stamp;
                let folder = source.path.parent().unwrap_or(Path::new(""));
                FileNames::read_beside(&bytes, folder, listing)
            }
            Err(fault) => Err(fault),
        };
        match sheet {
            Ok(mut sheet) => {
                let unshown = words_check.map(|check| unshown_words(&sheet, check)).unwrap_or_default();
                sheet.notes.extend(unshown);
                (self.sheet, self.fault) = (Some(sheet), None);
            }
            Err(fault) => self.fault = Some(fault),
        }
    }
}

/// The photographs that a spreadsheet's rows can join, by the names that people may write.
struct FileNames {
    paths: Vec<PathBuf>,
    /// Relative to the spreadsheet's folder, with `/`.
    names: Vec<String>,
    /// By each way of folding names, from the strictest.
    by_key: [HashMap<String, Vec<usize>>; 4],
    /// Whose names may have been taken for numbers or dates: without extension.
    numeric: Vec<(usize, String)>,
}

/// The ways in which names are compared, one after the other until there is a photograph: as they are but for case and
/// composition, without their extensions, without what programs change, by their letters alone.
const KEYS: [fn(&str) -> String; 4] = [
    names::folded,
    |name| names::stem(&names::folded(name)).unwrap_or_default().to_owned(),
    names::skeleton,
    |name| names::letters(names::photograph_stem(name).unwrap_or(name)),
];

/// The photographs that a row may mean.
struct Found {
    indices: Vec<usize>,
    /// Whether the name is written as the file's, but for its case and extension.
    is_plain: bool,
}

impl FileNames {
    /// Parses a spreadsheet of a folder, whose photographs tell its encoding where it is not Unicode.
    fn read_beside(bytes: &[u8], folder: &Path, listing: &Listing) -> Result<Sheet, String> {
        let names = OnceCell::new();
        sheet::read(bytes, &mut |name| {
            let names: &Self = names.get_or_init(|| Self::below(folder, listing));
            !names.find(name).indices.is_empty()
        })
    }

    fn below(folder: &Path, listing: &Listing) -> Self {
        let mut files = Self { paths: Vec::new(), names: Vec::new(), by_key: Default::default(), numeric: Vec::new() };
        let below = listing.folders.iter().filter(|inner| inner.path.starts_with(folder));
        for path in below.flat_map(|inner| inner.paths()) {
            let Ok(relative) = path.strip_prefix(folder) else { continue };
            let parts: Vec<_> = relative.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            let (name, index) = (parts.join("/"), files.paths.len());
            for (by_key, key) in files.by_key.iter_mut().zip(KEYS) {
                let key = key(&name);
                if !key.is_empty() {
                    by_key.entry(key).or_default().push(index);
                }
            }
            let stem = names::stem(&name).unwrap_or(&name);
            let last = stem.rsplit('/').next().unwrap_or(stem);
            if last.starts_with(|c: char| c.is_ascii_digit()) || last.chars().count() <= 14 {
                files.numeric.push((index, last.to_owned()));
            }
            files.names.push(name);
            files.paths.push(path);
        }
        files
    }

    /// Finds the photographs that a name may mean, by the first of the ways of [`KEYS`] by which there are any, and at last as
    /// a number or date that a spreadsheet program made of the name.
    fn find(&self, written: &str) -> Found {
        let name = written.trim_start_matches("./");
        let [folded, by_stem, by_skeleton, by_letters] = &self.by_key;
        let get = |by_key: &HashMap<String, Vec<usize>>, key: &str| by_key.get(key).cloned().unwrap_or_default();
        let key = names::folded(name);
        let same = get(folded, &key);
        if let Some(exact) = same.iter().find(|index| self.names[**index] == name) {
            return Found { indices: vec![*exact], is_plain: true };
        }
        // With another extension of photographs than the file has.
        let without = names::photograph_stem(&key).unwrap_or_default();
        let plain = [same, get(by_stem, &key), get(by_stem, without)];
        if let Some(indices) = plain.into_iter().find(|indices| !indices.is_empty()) {
            return Found { indices, is_plain: true };
        }
        let mistaken = || {
            let Some(mistaken) = Mistaken::parse(name) else { return Vec::new() };
            let meant = self.numeric.iter().filter(|(_, stem)| mistaken.may_be(stem));
            meant.map(|(index, _)| *index).collect()
        };
        let indices = [get(by_skeleton, &names::skeleton(name)), mistaken(), get(by_letters, &KEYS[3](name))];
        Found { indices: indices.into_iter().find(|indices| !indices.is_empty()).unwrap_or_default(), is_plain: false }
    }

    /// Finds the photographs that a row may mean. Where letters of its name are not known, these are all that have one of its
    /// readings, or else all that have the letters that are known.
    fn find_row(&self, row: &Row) -> Found {
        if !row.file.contains('\u{fffd}') {
            return self.find(&row.file);
        }
        let mut indices: Vec<usize> = row.readings.iter().flat_map(|name| self.find(name).indices).collect();
        if indices.is_empty() {
            let plain = |name: &str| names::skeleton(names::photograph_stem(name).unwrap_or(name));
            let written = plain(&row.file);
            let parts: Vec<&str> = written.split('\u{fffd}').collect();
            let has_parts = |name: &str| {
                let (first, last) = (parts[0], parts[parts.len() - 1]);
                let rest = name.strip_prefix(first).and_then(|rest| rest.strip_suffix(last));
                let between = &parts[1..parts.len() - 1];
                rest.is_some_and(|rest| !rest.is_empty() && between.iter().all(|part| rest.contains(part)))
            };
            indices = (0..self.names.len()).filter(|index| has_parts(&plain(&self.names[*index]))).collect();
        }
        indices.sort_unstable();
        indices.dedup();
        Found { indices, is_plain: false }
    }

    /// Joins each row to its photograph; returns notes on rows that join none, or one that has a row already. A row that
    /// hides somebody hides all whom it may mean.
    fn join(&self, rows: &[Row], roster: &mut Roster) -> Joined {
        let mut lines: HashMap<usize, u64> = HashMap::new();
        let Joined { mut notes, mut urgent } = Joined::default();
        let mut proposals = MOST_PROPOSALS;
        let mut found: Vec<(&Row, Found)> = rows.iter().map(|row| (row, self.find_row(row))).collect();
        // A name as it is written counts more than one that may be meant.
        found.sort_by_key(|(_, found)| !found.is_plain);
        for (row, Found { indices, is_plain }) in found {
            let hides = row.person.hidden;
            let hidden = (hides || row.person.said_shown).then_some(hides);
            if let [index] = indices[..]
                && (is_plain || !lines.contains_key(&index))
            {
                if let Some(line) = lines.insert(index, row.line) {
                    let text = format!("`{}` has a row in line {line} already: this one counts", row.file);
                    notes.push(Note::at(row.line, text));
                }
                let person = Some(&row.person).filter(|person| **person != Person::default());
                let path = self.paths[index].clone();
                let before = roster.rows.get(&path).and_then(|row| row.hidden);
                let hidden = hidden.max(before);
                let row = RosterRow { person: person.cloned().map(Box::new), edit: row.edit, hidden };
                roster.rows.insert(path, row);
                continue;
            }
            for index in indices.iter().filter(|_| hides) {
                let row = RosterRow { person: None, edit: None, hidden: Some(true) };
                roster.rows.entry(self.paths[*index].clone()).or_insert(row).hidden = Some(true);
            }
            let fault = match indices[..] {
                [one, other, ..] => {
                    let (one, other, more) = (&self.names[one], &self.names[other], indices.len() - 2);
                    let more = if more > 0 { format!(" or {more} others") } else { String::new() };
                    format!("`{}` may mean `{one}` or `{other}`{more}: write one of them", row.file)
                }
                [one] => format!("`{}` may mean `{}`, which has a row of its own", row.file, self.names[one]),
                [] => {
                    let is_link = row.file.contains("://");
                    let is_asked = proposals > 0 && self.names.len() <= MOST_COMPARED;
                    proposals -= usize::from(is_asked);
                    let near = || if is_link { self.uploaded_by(&row.person.name) } else { self.nearest(&row.file) };
                    let near = is_asked.then(near).flatten();
                    let near = near.map(|name| format!("; is it `{name}`?")).unwrap_or_default();
                    let link = if is_link {
                        ": a link is not followed; download the photographs and write the names of their files"
                    } else {
                        ""
                    };
                    format!("there is no photograph `{}`{link}{near}", row.file)
                }
            };
            match (hides, indices.is_empty()) {
                (true, true) => {
                    urgent
                        .push(Note::at(row.line, format!("this row hides somebody: {fault}: NOBODY IS HIDDEN BY IT")));
                }
                (true, false) => {
                    let text = format!("this row hides somebody: {fault}: whoever may be meant is hidden");
                    urgent.push(Note::at(row.line, text));
                }
                (false, _) => notes.push(Note::at(row.line, fault)),
            }
        }
        notes.sort_by_key(|note| note.line);
        if notes.len() > JOIN_NOTES {
            let more = notes.len() - JOIN_NOTES;
            notes.truncate(JOIN_NOTES);
            notes.push(Note::whole(format!("{more} more rows like these")));
        }
        Joined { notes, urgent }
    }

    /// The one name that has all words of a person's, as forms name what somebody uploaded: `IMG_2031 - Anna Example.jpg`.
    fn uploaded_by(&self, person: &str) -> Option<&str> {
        let words_of = |text: &str| -> HashSet<String> {
            let text = names::skeleton(text);
            text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
        };
        let words = words_of(person);
        let mut found = self.names.iter().filter(|name| !words.is_empty() && words.is_subset(&words_of(name)));
        found.next().filter(|_| found.next().is_none()).map(String::as_str)
    }

    /// The name that is most like one of which there is none, where it is much like it.
    fn nearest(&self, written: &str) -> Option<&str> {
        let written = names::skeleton(written);
        let likeness = |name: &String| strsim::normalized_damerau_levenshtein(&written, &names::skeleton(name));
        let rated = self.names.iter().map(|name| (likeness(name), name));
        let (likeness, name) = rated.max_by(|a, b| a.0.total_cmp(&b.0))?;
        (likeness >= LEAST_LIKENESS).then_some(name)
    }
}

/// Notes on the rows of a spreadsheet that did not join as written.
#[derive(Debug, Default)]
struct Joined {
    notes: Vec<Note>,
    /// On rows that hide somebody.
    urgent: Vec<Note>,
}

#[cfg(test)]
#[path = "roster_tests.rs"]
mod tests;
