//! Who the people are: what the spreadsheets beside the photographs say of them.
//!
//! ```text
//! people.csv ── text ── sheet ── cells ── rows ── roster ── of each photograph: a person, an edit
//!            (encoding) (columns) (values)      (which file is meant)
//! ```
//!
//! Whatever is wrong in a spreadsheet is a note, with its line; it costs the value, or the row, and nothing else.

mod cells;
mod roster;
mod sheet;
mod text;

use serde::{Deserialize, Serialize};

pub use roster::{Roster, Sheets};

/// What is known of a person. The default is anonymous.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// Their name, on one line; empty when it is not told.
    pub name: String,
    /// Where they are, on one line.
    pub place: String,
    /// What they say; may have line breaks.
    pub quote: String,
    /// Known to many: dealt evenly among the others.
    pub featured: bool,
    /// In the library, and not on the wall.
    pub hidden: bool,
    /// Stops of light added to their tile, −3 to 3.
    pub tone_stops: f32,
}

/// The longest name and the longest place, in characters.
const LINE_CHARS: usize = 200;
/// The longest quote, in characters.
const QUOTE_CHARS: usize = 1000;

/// Something to be said about a spreadsheet.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Note {
    /// From 1; none when the file as a whole is meant.
    line: Option<u64>,
    text: String,
}

impl Note {
    fn whole(text: impl Into<String>) -> Self {
        Self { line: None, text: text.into() }
    }

    fn at(line: u64, text: impl Into<String>) -> Self {
        Self { line: Some(line), text: text.into() }
    }
}
