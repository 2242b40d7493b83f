//! The parser of a spreadsheet: from bytes to rows and notes.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization as _;

use super::super::edit::Edit;
use super::cells::{self, Hiding, caption, clean};
use super::legacy::{self, CellKind, Legacy};
use super::text::{Decoded, decode};
use super::{LINE_CHARS, Note, Person, QUOTE_CHARS};

/// The most bytes of a spreadsheet: room for the longest quotes of ten thousand people.
pub const MAX_BYTES: u64 = 64 << 20;
/// The first lines that are searched for the header: above it there may be titles.
const HEADER_WITHIN: usize = 10;
/// The most notes per spreadsheet; more are the same mistake many times.
const NOTES: usize = 100;
/// A text of so many lines lacks its closing quotation mark.
const QUOTE_LINES: usize = 40;
/// The most cells that tell an encoding.
const MOST_CELLS: usize = 20_000;
/// The most characters of a cell that are repeated in a note.
const COLUMN_CHARS: usize = 40;

/// A known column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    File,
    Name,
    Place,
    Quote,
    Featured,
    Hidden,
    Copy,
    Crop,
    Rotate,
    Tone,
}

const COLUMNS: [(&str, Column); 10] = [
    ("file", Column::File),
    ("name", Column::Name),
    ("place", Column::Place),
    ("quote", Column::Quote),
    ("featured", Column::Featured),
    ("hidden", Column::Hidden),
    ("copy", Column::Copy),
    ("crop", Column::Crop),
    ("rotate", Column::Rotate),
    ("tone", Column::Tone),
];

impl Column {
    fn name(self) -> &'static str {
        COLUMNS.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }
}

/// What people call the column that hides, without blanks and punctuation.
const HIDDEN_NAMES: &str = "hidden hide remove removed removal takedown takendown takeoff takenoff optout optedout withdraw \
     withdrawn delete deleted dontshow donotshow dontdisplay donotdisplay unpublish block blocked \
     verbergen verborgen verstecken versteckt ausblenden ausgeblendet entfernen entfernt löschen gelöscht \
     nichtzeigen masquer masqué cacher caché retirer retiré supprimer supprimé ocultar oculto oculta quitar retirar eliminar \
     nascondere nascondi nascosto rimuovere rimuovi rimosso esconder escondido remover removido verwijderen verwijderd \
     ukryj ukryty usuń usunąć dölj dold skjul skjult fjern gizle gizli kaldır скрыть скрыт скрыта удалить приховати сховати \
     видалити إخفاء مخفي حذف הסתר מוסתר 隐藏 隱藏 删除 非表示 숨김 숨기기";
/// What may follow such a name and changes nothing: "Hide from wall", "Remove me", "take down please".
const HIDDEN_RESTS: &str = "me from this them him her person people face photo photograph picture image portrait please yn yesno \
     yes x on onwall entry row now it request requested";

/// Whether a column can only be meant to hide people.
fn is_hidden_name(cell: &str) -> bool {
    let plain: String = cell.nfkc().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect();
    let names = || HIDDEN_NAMES.split_whitespace();
    let rests = || HIDDEN_RESTS.split_whitespace();
    let is_extended = |name: &str| {
        plain.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rests().any(|known| rest.starts_with(known)))
    };
    let is_question = plain
        .strip_prefix("is")
        .or_else(|| plain.strip_prefix("please"))
        .is_some_and(|rest| names().any(|name| rest == name));
    // A slip of the finger, too.
    let is_misspelt = || {
        plain.chars().count() >= 5
            && ["hidden", "remove", "removed"].iter().any(|name| strsim::osa_distance(&plain, name) == 1)
    };
    names().any(is_extended) || is_question || is_misspelt()
}

/// A row of a spreadsheet.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its first line, from 1.
    pub line: u64,
    /// The photograph's name relative to the spreadsheet's folder, with `/` between folders.
    pub file: String,
    /// What its name may be, where its letters are not known: those are U+FFFD in `file`.
    pub readings: Vec<String>,
    pub person: Person,
    /// `None` where there is neither a crop nor a rotation.
    pub edit: Option<Edit>,
}

/// A parsed spreadsheet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    pub rows: Vec<Row>,
    pub notes: Vec<Note>,
    /// Notes on rows that should hide somebody and do not.
    pub urgent: Vec<Note>,
    /// Whether it is not Unicode, so that its encoding was found by what it says.
    pub is_legacy: bool,
}

/// Parses a spreadsheet. `has_photograph` says whether there is one of this name, which tells encodings from each other.
///
/// # Errors
/// A text, for a file that is empty, too large, no text, or without the column `file`.
pub fn read(bytes: &[u8], has_photograph: &mut dyn FnMut(&str) -> bool) -> Result<Sheet, String> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("larger than {} MB, the limit", MAX_BYTES >> 20));
    }
    let Decoded { text, note, is_legacy } = decode(bytes)?;
    if text.trim_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';')).is_empty() {
        return Err("empty".into());
    }
    // With one kind of line end, so that lines can be counted.
    let text = if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n").into() } else { text };
    let header = Header::find(&text)?;
    let records = || {
        csv::ReaderBuilder::new()
            .delimiter(header.delimiter)
            .flexible(true)
            .has_headers(false)
            .from_reader(text[header.end..].as_bytes())
            .into_records()
    };
    let legacy = is_legacy.then(|| header.legacy(records().filter_map(Result::ok), has_photograph));
    let encoding = legacy.as_ref().and_then(Legacy::name).map(|name| {
        Note::whole(format!("not UTF-8, and read as {name}: where letters are wrong, save it as \"CSV UTF-8\""))
    });
    let sheet = Sheet { is_legacy, ..Sheet::default() };
    let mut parser = RowParser { header: &header, legacy, sheet, omitted_notes: 0 };
    parser.sheet.notes.extend(note.or(encoding));
    parser.sheet.notes.extend(header.notes());
    for record in records() {
        match record {
            Ok(record) => {
                let line = record.position().map_or(1, csv::Position::line) + header.line;
                parser.row(line, &record);
            }
            // Not expected: text in memory has no I/O errors, and the reader accepts rows of any length.
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok(parser.finish())
}

/// The row that names the columns.
struct Header {
    delimiter: u8,
    /// From 1.
    line: u64,
    /// The byte after its line.
    end: usize,
    /// The known column at each index, or `None`.
    columns: Vec<Option<Column>>,
    unknown: Vec<String>,
    repeated: Vec<&'static str>,
    /// Cells that are not Unicode.
    kept: Vec<String>,
}

impl Header {
    /// Finds the first line with a cell `file`, split by the delimiter that gives the most cells.
    fn find(text: &str) -> Result<Self, String> {
        let (mut end, mut first) = (0, None);
        for (index, line) in text.split_inclusive('\n').take(HEADER_WITHIN).enumerate() {
            end += line.len();
            let split = |delimiter: u8| {
                let mut reader =
                    csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).from_reader(line.as_bytes());
                let cells = reader.records().next().and_then(Result::ok);
                let cells: Vec<String> = cells.iter().flatten().map(clean).collect();
                (delimiter, cells)
            };
            let is_file = |cell: &String| cell.to_lowercase() == "file";
            let splits = [b',', b';', b'\t'].map(split);
            let found =
                splits.iter().filter(|(_, cells)| cells.iter().any(is_file)).max_by_key(|(_, cells)| cells.len());
            if let Some((delimiter, cells)) = found {
                return Ok(Self::new(*delimiter, index as u64 + 1, end, cells));
            }
            // Excel's `sep=;` is no row of titles.
            let is_separator = line.trim_start_matches('"').to_ascii_lowercase().starts_with("sep=");
            let cells = splits.into_iter().map(|(_, cells)| cells).max_by_key(Vec::len).unwrap_or_default();
            if !is_separator && first.is_none() && cells.iter().any(|cell| !cell.is_empty()) {
                first = Some(cells);
            }
        }
        let first = first.unwrap_or_default();
        let form = if text.contains("://") {
            "; this seems to be the export of a form: call its columns `name`, `place` and `quote`, download what was uploaded \
             into this folder, and write the names of those files into a column `file`"
        } else {
            ""
        };
        let first: Vec<_> =
            first.iter().filter(|cell| !cell.is_empty()).take(COLUMNS.len()).map(|cell| quoted(cell)).collect();
        Err(format!(
            "no column is named `file`: the first row has to name the columns, `file` for the photographs' names and any \
             of `name`, `place`, `quote`, `featured`, `hidden`, `copy`, `crop`, `rotate`, `tone`; it has {}{form}",
            first.join(", ")
        ))
    }

    fn new(delimiter: u8, line: u64, end: usize, cells: &[String]) -> Self {
        let (mut columns, mut unknown, mut repeated) = (Vec::new(), Vec::new(), Vec::new());
        for cell in cells {
            let lower = cell.to_lowercase();
            let known = COLUMNS.iter().find(|(name, _)| *name == lower);
            let hides = || {
                is_hidden_name(cell)
                    || (legacy::is_kept(cell) && legacy::readings(cell).iter().any(|cell| is_hidden_name(cell)))
            };
            let known = known.or_else(|| COLUMNS.iter().find(|(_, column)| *column == Column::Hidden && hides()));
            let column = match known {
                // Whatever any of several such columns says counts.
                Some((_, Column::Hidden)) => Some(Column::Hidden),
                Some((name, column)) if columns.contains(&Some(*column)) => {
                    repeated.push(*name);
                    None
                }
                Some((_, column)) => Some(*column),
                None => {
                    if !cell.is_empty() {
                        unknown.push(cell.clone());
                    }
                    None
                }
            };
            columns.push(column);
        }
        Self {
            delimiter,
            line,
            end,
            columns,
            unknown,
            repeated,
            kept: cells.iter().filter(|cell| legacy::is_kept(cell)).cloned().collect(),
        }
    }

    /// Finds the encoding of rows by what they say.
    fn legacy(
        &self,
        records: impl Iterator<Item = csv::StringRecord>,
        has_photograph: &mut dyn FnMut(&str) -> bool,
    ) -> Legacy {
        let mut cells: HashSet<_> = self.kept.iter().map(|cell| (CellKind::Known, cell.clone())).collect();
        for record in records {
            for (cell, column) in record.iter().zip(&self.columns).filter(|(cell, _)| legacy::is_kept(cell)) {
                let kind = match column {
                    Some(Column::File) => CellKind::File,
                    Some(Column::Name | Column::Place | Column::Quote) => CellKind::Words,
                    Some(Column::Featured | Column::Hidden | Column::Copy) => CellKind::Known,
                    Some(Column::Crop | Column::Rotate | Column::Tone) | None => continue,
                };
                if cells.len() < MOST_CELLS {
                    cells.insert((kind, clean(cell)));
                }
            }
        }
        Legacy::of(&cells, |kind, text| match kind {
            CellKind::File => has_photograph(&text.replace('\\', "/")),
            CellKind::Known => is_hidden_name(text) || (!text.is_ascii() && cells::flag(text).is_ok()),
            CellKind::Words => false,
        })
    }

    fn notes(&self) -> impl Iterator<Item = Note> {
        let unknown: Vec<_> = self.unknown.iter().take(COLUMNS.len() * 2).map(|name| unknown_column(name)).collect();
        let unknown = (!unknown.is_empty())
            .then(|| Note::at(self.line, format!("columns that are not used: {}", unknown.join(", "))));
        let repeated = self
            .repeated
            .iter()
            .map(|name| Note::at(self.line, format!("the column `{name}` is there more than once: the first counts")));
        unknown.into_iter().chain(repeated)
    }
}

/// An unknown column's name for a note, with the known one that is most similar.
fn unknown_column(name: &str) -> String {
    let lower = name.to_lowercase();
    let similar = COLUMNS.iter().map(|(known, _)| (*known, strsim::jaro_winkler(&lower, known)));
    match similar.max_by(|a, b| a.1.total_cmp(&b.1)) {
        Some((known, similarity)) if similarity > 0.85 => format!("{} (did you mean `{known}`?)", quoted(name)),
        _ => quoted(name),
    }
}

fn quoted(cell: &str) -> String {
    format!("`{}`", caption(&legacy::veiled(cell), COLUMN_CHARS, true).0)
}

/// The parser of rows.
struct RowParser<'a> {
    header: &'a Header,
    /// Where it is not Unicode.
    legacy: Option<Legacy>,
    sheet: Sheet,
    /// Notes beyond [`NOTES`].
    omitted_notes: usize,
}

impl RowParser<'_> {
    fn note(&mut self, line: u64, text: String) {
        if self.sheet.notes.len() < NOTES {
            self.sheet.notes.push(Note::at(line, text));
        } else {
            self.omitted_notes += 1;
        }
    }

    fn finish(mut self) -> Sheet {
        if self.omitted_notes > 0 {
            self.sheet.notes.push(Note::whole(format!("{} more notes like these", self.omitted_notes)));
        }
        self.sheet
    }

    fn row(&mut self, line: u64, record: &csv::StringRecord) {
        let (mut file, mut person, mut edit) = (String::new(), Person::default(), Edit::default());
        let (mut is_empty, mut too_many, mut hiding) = (true, false, Hiding::Unsaid);
        let (mut readings, mut unread) = (Vec::new(), Vec::new());
        for (index, cell) in record.iter().enumerate() {
            let cell = clean(cell);
            if cell.is_empty() {
                continue;
            }
            is_empty = false;
            let Some(column) = self.header.columns.get(index) else {
                too_many = true;
                continue;
            };
            let Some(column) = *column else { continue };
            let read = self.legacy.as_ref().filter(|_| legacy::is_kept(&cell)).map(|legacy| legacy.read(&cell));
            let (cell, kept) = match read {
                Some(Some(text)) => (text, None),
                Some(None) => (legacy::veiled(&cell), Some(cell)),
                None => (cell, None),
            };
            let parsed = match column {
                Column::File => {
                    let slashes = |name: &str| name.replace('\\', "/");
                    file = slashes(&cell);
                    readings = kept.iter().flat_map(|kept| legacy::readings(kept)).map(|name| slashes(&name)).collect();
                    Ok(())
                }
                // Nobody's name is shown with a letter that is guessed or lost.
                Column::Name | Column::Place | Column::Quote if cell.contains('\u{fffd}') => {
                    unread.push(format!("{} {}", column.name(), quoted(&cell)));
                    Ok(())
                }
                Column::Name => self.caption(line, column, &cell, &mut person.name),
                Column::Place => self.caption(line, column, &cell, &mut person.place),
                Column::Quote => self.caption(line, column, &cell, &mut person.quote),
                Column::Featured => cells::flag(&cell).map(|value| person.featured = value),
                Column::Hidden => {
                    let said = kept.iter().flat_map(|kept| legacy::readings(kept)).map(|cell| cells::hiding(&cell));
                    let said = said.chain([cells::hiding(&cell)]).find(|said| *said == Hiding::Yes);
                    match (said.unwrap_or_else(|| cells::hiding(&cell)), hiding) {
                        (Hiding::TakenAsYes, _) => {
                            let text = format!(
                                "{} in the column `hidden` is taken as yes: whoever may be meant is hidden",
                                quoted(&cell)
                            );
                            self.note(line, text);
                            hiding = Hiding::Yes;
                        }
                        (said, Hiding::Unsaid) | (said @ Hiding::Yes, _) => hiding = said,
                        _ => {}
                    }
                    Ok(())
                }
                Column::Copy => cells::flag(&cell).map(|value| person.copy = Some(value)),
                Column::Tone => cells::stops(&cell).map(|value| person.tone_stops = value),
                Column::Rotate => cells::quarter_turns(&cell).map(|value| edit.quarter_turns = value),
                Column::Crop => cells::crop(&cell).map(|value| edit.crop = Some(value)),
            };
            if let Err(fault) = parsed {
                let (cell, name) = (quoted(&cell), column.name());
                self.note(line, format!("{cell} in the column `{name}` is not used: {fault}"));
            }
        }
        if too_many {
            let why = "is there one in a text that has no quotation marks around it?";
            let delimiter = char::from(self.header.delimiter);
            self.note(line, format!("the row has more cells than columns (cut at `{delimiter}`): {why}"));
        }
        if !unread.is_empty() {
            let text = format!(
                "the letters of the {} are not known, and it is not shown: save the spreadsheet as \"CSV UTF-8\"",
                unread.join(" and the ")
            );
            self.note(line, text);
        }
        (person.hidden, person.said_shown) = (hiding == Hiding::Yes, hiding == Hiding::No);
        if !file.is_empty() {
            let edit = Some(edit).filter(|edit| !edit.is_none());
            self.sheet.rows.push(Row { line, file, readings, person, edit });
        } else if person.hidden {
            let text =
                "this row hides somebody, and names no photograph: NOBODY IS HIDDEN BY IT; write its name under `file`";
            self.sheet.urgent.push(Note::at(line, text));
        } else if !is_empty {
            self.note(line, "the row has no `file`, and is not used".into());
        }
    }

    /// Sets a caption, with a note where it is cut off. Never an error.
    fn caption(&mut self, line: u64, column: Column, cell: &str, value: &mut String) -> Result<(), String> {
        let is_quote = column == Column::Quote;
        let max_chars = if is_quote { QUOTE_CHARS } else { LINE_CHARS };
        let (text, is_cut) = caption(cell, max_chars, !is_quote);
        *value = text;
        if is_cut {
            let unclosed = if cell.matches('\n').count() >= QUOTE_LINES {
                "; is its quotation mark never closed? Then the rows below are lost in it"
            } else {
                ""
            };
            self.note(line, format!("the {} is cut off after {max_chars} characters{unclosed}", column.name()));
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "sheet_tests.rs"]
mod tests;
