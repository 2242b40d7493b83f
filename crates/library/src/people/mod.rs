//! The people: what the spreadsheets beside the photographs say of them.
//!
//! ```text
//! people.csv ── text ── sheet ── cells ── rows ── roster ── per photograph: a person, an edit
//!            (encoding) (columns) (values)    (join of rows to files)
//! ```
//!
//! A mistake in a spreadsheet becomes a note with its line; it costs the value or the row, and nothing else.

mod cells;
mod legacy;
mod names;
mod plausible;
mod roster;
mod sheet;
mod text;

use serde::{Deserialize, Serialize};

pub use roster::{Roster, SheetReport, Sheets, check_sheet};

/// Says why a text is not shown, such as `has letters that no font here has`; `None` for one that is.
///
/// The fonts are not this crate's: whoever draws gives what knows them.
pub type WordsCheck = fn(&str) -> Option<String>;

/// A person. The default is anonymous.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// The name, on one line; empty where unknown.
    pub name: String,
    /// The place, on one line.
    pub place: String,
    /// The quote; may have line breaks.
    pub quote: String,
    /// Whether the portrait is dealt evenly among the others, as for a person known to many.
    pub featured: bool,
    /// Whether the portrait is in the library but not on the wall.
    pub hidden: bool,
    /// Whether the spreadsheet says expressly that it is to be shown: `hidden = no`.
    pub said_shown: bool,
    /// Whether the spreadsheet says that the photograph is a copy of one that is shown, or that it is none, whatever it looks like.
    pub copy: Option<bool>,
    /// Exposure added to the tile in stops, −3 to 3.
    pub tone_stops: f32,
}

/// The longest name and the longest place, in characters.
const LINE_CHARS: usize = 200;
/// The longest quote, in characters.
const QUOTE_CHARS: usize = 1000;

/// A note on a mistake in a spreadsheet.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Note {
    /// From 1; `None` for the file as a whole.
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
