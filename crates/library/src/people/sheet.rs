//! From a spreadsheet's bytes to rows and notes.

use super::super::edit::Edit;
use super::cells::{self, caption, clean};
use super::text::decode;
use super::{LINE_CHARS, Note, Person, QUOTE_CHARS};

/// The most bytes of a spreadsheet: room for the longest quotes of ten thousand people.
pub const MAX_BYTES: u64 = 64 << 20;
/// How far down the header may stand: above it there may be titles.
const HEADER_WITHIN: usize = 10;
/// Notes about rows; whoever has more mistakes has made one of them many times.
const NOTES: usize = 100;
/// A text that goes on for so many lines lacks its closing quotation mark.
const QUOTE_LINES: usize = 40;
/// The longest name of a column that is repeated in a note, in characters.
const COLUMN_CHARS: usize = 40;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    File,
    Name,
    Place,
    Quote,
    Featured,
    Hidden,
    Crop,
    Rotate,
    Tone,
}

const COLUMNS: [(&str, Column); 9] = [
    ("file", Column::File),
    ("name", Column::Name),
    ("place", Column::Place),
    ("quote", Column::Quote),
    ("featured", Column::Featured),
    ("hidden", Column::Hidden),
    ("crop", Column::Crop),
    ("rotate", Column::Rotate),
    ("tone", Column::Tone),
];

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Where it begins, from 1.
    pub line: u64,
    /// The photograph's name, from the spreadsheet's folder on, with `/` between folders.
    pub file: String,
    pub person: Person,
    /// None where neither a crop nor a turn is asked for.
    pub edit: Option<Edit>,
}

/// A spreadsheet, read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    pub rows: Vec<Row>,
    pub notes: Vec<Note>,
}

/// Reads a spreadsheet.
///
/// # Errors
/// In words, when it is none that says anything: empty, no text, without the column `file`.
pub fn read(bytes: &[u8]) -> Result<Sheet, String> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("larger than {} MB, the limit", MAX_BYTES >> 20));
    }
    let (text, note) = decode(bytes)?;
    if text.trim_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';')).is_empty() {
        return Err("empty".into());
    }
    // However the program ends its lines, they are to be counted.
    let text = if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n").into() } else { text };
    let header = Header::find(&text)?;
    let mut reading = Reading { header: &header, sheet: Sheet::default(), passed_over: 0 };
    reading.sheet.notes.extend(note);
    reading.sheet.notes.extend(header.notes());
    let records = csv::ReaderBuilder::new()
        .delimiter(header.delimiter)
        .flexible(true)
        .has_headers(false)
        .from_reader(text[header.end..].as_bytes())
        .into_records();
    for record in records {
        match record {
            Ok(record) => {
                let line = record.position().map_or(1, csv::Position::line) + header.line;
                reading.row(line, &record);
            }
            // Text from memory gives none that the reader knows.
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok(reading.end())
}

/// The row that names the columns.
struct Header {
    delimiter: u8,
    /// From 1.
    line: u64,
    /// The byte behind its line.
    end: usize,
    /// What each column holds; none for those that are not ours.
    columns: Vec<Option<Column>>,
    unknown: Vec<String>,
    repeated: Vec<&'static str>,
}

impl Header {
    /// The first line with a cell `file`, cut by whichever delimiter cuts it finest.
    fn find(text: &str) -> Result<Self, String> {
        let (mut end, mut first) = (0, None);
        for (index, line) in text.split_inclusive('\n').take(HEADER_WITHIN).enumerate() {
            end += line.len();
            let cut = |delimiter: u8| {
                let mut reader =
                    csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).from_reader(line.as_bytes());
                let cells = reader.records().next().and_then(Result::ok);
                let cells: Vec<String> = cells.iter().flatten().map(clean).collect();
                (delimiter, cells)
            };
            let is_file = |cell: &String| cell.to_lowercase() == "file";
            let cuts = [b',', b';', b'\t'].map(cut);
            let found = cuts.iter().filter(|(_, cells)| cells.iter().any(is_file)).max_by_key(|(_, cells)| cells.len());
            if let Some((delimiter, cells)) = found {
                return Ok(Self::new(*delimiter, index as u64 + 1, end, cells));
            }
            // Excel's own `sep=;` says nothing that is not seen, and is no row of titles.
            let is_separator = line.trim_start_matches('"').to_ascii_lowercase().starts_with("sep=");
            let finest = cuts.into_iter().map(|(_, cells)| cells).max_by_key(Vec::len).unwrap_or_default();
            if !is_separator && first.is_none() && finest.iter().any(|cell| !cell.is_empty()) {
                first = Some(finest);
            }
        }
        let there = first.unwrap_or_default();
        let there: Vec<_> =
            there.iter().filter(|cell| !cell.is_empty()).take(COLUMNS.len()).map(|c| quoted(c)).collect();
        Err(format!(
            "no column is named `file`: the first row has to name the columns, `file` for the photographs' names and any \
             of `name`, `place`, `quote`, `featured`, `hidden`, `crop`, `rotate`, `tone`; it has {}",
            there.join(", ")
        ))
    }

    fn new(delimiter: u8, line: u64, end: usize, cells: &[String]) -> Self {
        let (mut columns, mut unknown, mut repeated) = (Vec::new(), Vec::new(), Vec::new());
        for cell in cells {
            let known = COLUMNS.iter().find(|(name, _)| *name == cell.to_lowercase());
            let column = match known {
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
        Self { delimiter, line, end, columns, unknown, repeated }
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

/// A column's name for a note, with the one that may have been meant.
fn unknown_column(name: &str) -> String {
    let lower = name.to_lowercase();
    let near = COLUMNS.iter().map(|(known, _)| (*known, strsim::jaro_winkler(&lower, known)));
    match near.max_by(|a, b| a.1.total_cmp(&b.1)) {
        Some((known, likeness)) if likeness > 0.85 => format!("{} (did you mean `{known}`?)", quoted(name)),
        _ => quoted(name),
    }
}

fn quoted(cell: &str) -> String {
    format!("`{}`", caption(cell, COLUMN_CHARS, true).0)
}

/// A sheet while its rows are read.
struct Reading<'a> {
    header: &'a Header,
    sheet: Sheet,
    /// Notes beyond [`NOTES`].
    passed_over: usize,
}

impl Reading<'_> {
    fn note(&mut self, line: u64, text: String) {
        if self.sheet.notes.len() < NOTES {
            self.sheet.notes.push(Note::at(line, text));
        } else {
            self.passed_over += 1;
        }
    }

    fn end(mut self) -> Sheet {
        if self.passed_over > 0 {
            self.sheet.notes.push(Note::whole(format!("{} more notes like these", self.passed_over)));
        }
        self.sheet
    }

    fn row(&mut self, line: u64, record: &csv::StringRecord) {
        let (mut file, mut person, mut edit) = (String::new(), Person::default(), Edit::default());
        let (mut is_empty, mut too_many) = (true, false);
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
            let fault = match column {
                None => None,
                Some(Column::File) => {
                    file = cell.replace('\\', "/");
                    None
                }
                Some(Column::Name) => self.caption(line, "name", &cell, &mut person.name),
                Some(Column::Place) => self.caption(line, "place", &cell, &mut person.place),
                Some(Column::Quote) => self.caption(line, "quote", &cell, &mut person.quote),
                Some(Column::Featured) => set(&mut person.featured, cells::flag(&cell)),
                Some(Column::Hidden) => set(&mut person.hidden, cells::flag(&cell)),
                Some(Column::Tone) => set(&mut person.tone_stops, cells::stops(&cell)),
                Some(Column::Rotate) => set(&mut edit.quarter_turns, cells::quarter_turns(&cell)),
                Some(Column::Crop) => set(&mut edit.crop, cells::crop(&cell).map(Some)),
            };
            if let (Some(fault), Some(column)) = (fault, column) {
                let name = COLUMNS.iter().find(|(_, known)| known == column).map_or("", |(name, _)| name);
                self.note(line, format!("{} in the column `{name}` is not used: {fault}", quoted(&cell)));
            }
        }
        if too_many {
            let why = "is there one in a text that has no quotation marks around it?";
            let delimiter = char::from(self.header.delimiter);
            self.note(line, format!("the row has more cells than columns (cut at `{delimiter}`): {why}"));
        }
        if !file.is_empty() {
            let edit = Some(edit).filter(|edit| !edit.is_none());
            self.sheet.rows.push(Row { line, file, person, edit });
        } else if !is_empty {
            self.note(line, "the row has no `file`, and is not used".into());
        }
    }

    /// Takes a caption; notes where it is cut. Never a fault.
    fn caption(&mut self, line: u64, column: &str, cell: &str, into: &mut String) -> Option<String> {
        let is_quote = column == "quote";
        let most = if is_quote { QUOTE_CHARS } else { LINE_CHARS };
        let (text, is_cut) = caption(cell, most, !is_quote);
        *into = text;
        if is_cut {
            let open = if cell.matches('\n').count() >= QUOTE_LINES {
                "; is its quotation mark never closed? Then the rows below are lost in it"
            } else {
                ""
            };
            self.note(line, format!("the {column} is cut off after {most} characters{open}"));
        }
        None
    }
}

/// Takes a value, or gives its fault.
fn set<T>(into: &mut T, value: Result<T, String>) -> Option<String> {
    match value {
        Ok(value) => {
            *into = value;
            None
        }
        Err(fault) => Some(fault),
    }
}

#[cfg(test)]
#[path = "sheet_tests.rs"]
mod tests;
