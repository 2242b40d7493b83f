//! Spreadsheets that are not Unicode: which encoding they are in, by what they say.
//!
//! The bytes beyond ASCII are kept as they are, one character each ([`RAW`]), while rows and cells are parsed, for no encoding of
//! spreadsheet programs has a delimiter or a quotation mark within a letter. Then all cells are read in each encoding, and each reading is
//! rated ([`plausible`](super::plausible)). A text that is another in two encodings that are about as likely has no reading: letters on a building
//! are not guessed.

use std::borrow::Cow;
use std::collections::HashSet;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::*;
use oem_cp::code_table::{DECODING_TABLE_CP850, DECODING_TABLE_CP852};

use super::plausible::{
    ARABIC, BALTIC, CENTRAL, CYRILLIC, IMPLAUSIBLE, Languages, NONE, VIETNAM, WESTERN, WITH_TURKISH, rate,
};

/// What stands for the byte 0: bytes from 0x80 are this and their value.
const RAW: u32 = 0x10_fe00;
/// The least difference of two ratings that decides: odds of twenty to one.
const DECISIVE: f32 = 3.0;
/// Letters in doubt from which on statistics of languages decide what words leave open, and their weight.
const ENOUGH_LETTERS: usize = 24;
const STATISTICS: f32 = 4.0;
/// What a photograph counts that is found by the name in a row, and a known word in a header or a column of yes and no.
const FOUND: f32 = 8.0;
/// The most cells that are rated.
const SAMPLES: usize = 5000;

/// An encoding that spreadsheet programs write.
struct Candidate {
    name: &'static str,
    table: Table,
    languages: Languages,
    /// How much less likely it is than those of today.
    prior: f32,
}

enum Table {
    Web(&'static Encoding),
    Oem(&'static [char; 128]),
}

impl Candidate {
    fn read<'a>(&self, bytes: &'a [u8]) -> Cow<'a, str> {
        match &self.table {
            Table::Web(encoding) => encoding.decode_without_bom_handling(bytes).0,
            Table::Oem(table) => {
                let letter =
                    |byte: &u8| table.get(usize::from(*byte).wrapping_sub(128)).copied().unwrap_or(char::from(*byte));
                bytes.iter().map(letter).collect::<String>().into()
            }
        }
    }

    fn is_east_asian(&self) -> bool {
        self.web().is_some_and(|web| [SHIFT_JIS, GB18030, BIG5, EUC_KR, EUC_JP].contains(&web))
    }

    const fn web(&self) -> Option<&'static Encoding> {
        match &self.table {
            Table::Web(encoding) => Some(encoding),
            Table::Oem(_) => None,
        }
    }
}

macro_rules! candidates {
    ($($name:literal, $table:expr, $languages:expr, $prior:literal;)*) => {
        &[$(Candidate { name: $name, table: $table, languages: $languages, prior: $prior }),*]
    };
}

static CANDIDATES: &[Candidate] = candidates! {
    "Windows-1252 (Western Europe)", Table::Web(WINDOWS_1252), WESTERN, 0.0;
    "Windows-1250 (Central Europe)", Table::Web(WINDOWS_1250), CENTRAL, 0.0;
    "Windows-1251 (Cyrillic)", Table::Web(WINDOWS_1251), CYRILLIC, 0.0;
    "Windows-1253 (Greek)", Table::Web(WINDOWS_1253), NONE, 0.0;
    "Windows-1254 (Turkish)", Table::Web(WINDOWS_1254), WITH_TURKISH, 0.0;
    "Windows-1255 (Hebrew)", Table::Web(WINDOWS_1255), NONE, 0.0;
    "Windows-1256 (Arabic)", Table::Web(WINDOWS_1256), ARABIC, 0.0;
    "Windows-1257 (Baltic)", Table::Web(WINDOWS_1257), BALTIC, 0.0;
    "Windows-1258 (Vietnamese)", Table::Web(WINDOWS_1258), VIETNAM, -1.0;
    "Windows-874 (Thai)", Table::Web(WINDOWS_874), NONE, 0.0;
    "Shift_JIS (Japanese)", Table::Web(SHIFT_JIS), NONE, 0.0;
    "GB 18030 (simplified Chinese)", Table::Web(GB18030), NONE, 0.0;
    "Big5 (traditional Chinese)", Table::Web(BIG5), NONE, 0.0;
    "EUC-KR (Korean)", Table::Web(EUC_KR), NONE, 0.0;
    "EUC-JP (Japanese)", Table::Web(EUC_JP), NONE, -4.0;
    "Mac OS Roman", Table::Web(MACINTOSH), WESTERN, -0.5;
    "Mac OS Cyrillic", Table::Web(X_MAC_CYRILLIC), CYRILLIC, -4.0;
    "code page 850 (DOS)", Table::Oem(&DECODING_TABLE_CP850), WESTERN, -1.0;
    "code page 852 (DOS)", Table::Oem(&DECODING_TABLE_CP852), CENTRAL, -1.5;
    "code page 866 (DOS)", Table::Web(IBM866), CYRILLIC, -3.0;
    "ISO 8859-2 (Central Europe)", Table::Web(ISO_8859_2), CENTRAL, -3.5;
    "KOI8-U (Cyrillic)", Table::Web(KOI8_U), CYRILLIC, -4.0;
};

/// What a cell is evidence of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CellKind {
    /// The name of a photograph.
    File,
    /// A name, place or quote.
    Words,
    /// The name of a column, or a yes or no: one of known words.
    Known,
}

/// Keeps bytes as characters, one each.
pub fn keep(bytes: &[u8]) -> String {
    let kept = |byte: &u8| {
        if *byte < 0x80 { char::from(*byte) } else { char::from_u32(RAW + u32::from(*byte)).unwrap_or('?') }
    };
    bytes.iter().map(kept).collect()
}

/// Whether a cell has bytes that were kept.
pub fn is_kept(cell: &str) -> bool {
    cell.chars().any(|c| u32::from(c) > RAW)
}

fn bytes_of(cell: &str) -> Vec<u8> {
    let byte = |c: char| u32::from(c).checked_sub(RAW).map_or(u32::from(c), |byte| byte) as u8;
    cell.chars().map(byte).collect()
}

/// Replaces each run of bytes whose letters are not known by U+FFFD.
pub fn veiled(cell: &str) -> String {
    let mut made = String::with_capacity(cell.len());
    for c in cell.chars() {
        let c = if u32::from(c) > RAW { '\u{fffd}' } else { c };
        if c != '\u{fffd}' || !made.ends_with(c) {
            made.push(c);
        }
    }
    made
}

/// Returns the readings of a cell in all encodings in which it is a text, the likeliest encodings first.
pub fn readings(cell: &str) -> Vec<String> {
    let bytes = bytes_of(cell);
    let mut made: Vec<String> = Vec::new();
    for candidate in CANDIDATES {
        let text = candidate.read(&bytes);
        if !text.contains('\u{fffd}') && !made.iter().any(|known| *known == text) {
            made.push(text.into_owned());
        }
    }
    made
}

/// The encodings of a spreadsheet that is not Unicode, each with how likely it is.
#[derive(Debug, Default)]
pub struct Legacy {
    /// Indices of [`CANDIDATES`] and their ratings, the best first.
    rated: Vec<(usize, f32)>,
}

impl Legacy {
    /// Rates the encodings by the cells of a spreadsheet. `is_known` says whether there is such a word, or photograph.
    pub fn of(cells: &HashSet<(CellKind, String)>, mut is_known: impl FnMut(CellKind, &str) -> bool) -> Self {
        let mut samples: Vec<(CellKind, Vec<u8>)> = cells.iter().map(|(kind, cell)| (*kind, bytes_of(cell))).collect();
        // In an order that does not change from run to run.
        samples.sort_by(|a, b| a.1.cmp(&b.1));
        samples.truncate(SAMPLES);
        let mut rated: Vec<(usize, f32)> = Vec::new();
        for (index, candidate) in CANDIDATES.iter().enumerate() {
            let mut rating = candidate.prior;
            for (kind, bytes) in &samples {
                let text = candidate.read(bytes);
                // Nothing is said by the letters of a photograph's name but whether there is one.
                match rate(&text, candidate.web(), candidate.languages) {
                    _ if *kind != CellKind::Words && is_known(*kind, &text) => rating += FOUND,
                    Some(own) if *kind == CellKind::Words => rating += own,
                    Some(_) => {}
                    None => rating += 2.0 * IMPLAUSIBLE,
                }
            }
            rated.push((index, rating));
        }
        rated.sort_by(|a, b| b.1.total_cmp(&a.1));
        let mut legacy = Self { rated };
        legacy.ask_statistics(&samples);
        legacy
    }

    /// Lets statistics of languages decide between encodings that words leave open, where there are letters enough.
    fn ask_statistics(&mut self, samples: &[(CellKind, Vec<u8>)]) {
        let words = || samples.iter().filter(|(kind, _)| *kind == CellKind::Words).map(|(_, bytes)| bytes);
        let open = |bytes: &&Vec<u8>| self.best(bytes).is_some_and(|(_, is_sure)| !is_sure);
        let letters = words().filter(open).flatten().filter(|byte| **byte >= 0x80).count();
        if letters < ENOUGH_LETTERS {
            return;
        }
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        for bytes in words() {
            detector.feed(bytes, false);
            detector.feed(b"\n", false);
        }
        detector.feed(b"", true);
        let guess = detector.guess(None, Utf8Detection::Deny);
        let guess = if guess == GBK { GB18030 } else { guess };
        if let Some(guessed) = self.rated.iter_mut().find(|(index, _)| CANDIDATES[*index].web() == Some(guess)) {
            guessed.1 += STATISTICS;
            self.rated.sort_by(|a, b| b.1.total_cmp(&a.1));
        }
    }

    /// The reading in the likeliest encoding, and whether all that are about as likely have the same.
    fn best(&self, bytes: &[u8]) -> Option<(String, bool)> {
        let (first, rating) = *self.rated.first()?;
        let text = CANDIDATES[first].read(bytes);
        let near = self.rated.iter().take_while(|(_, other)| rating - other < DECISIVE);
        let is_sure = near.skip(1).all(|(index, _)| CANDIDATES[*index].read(bytes) == text);
        // Words that are none in this encoding came from another file, or another program.
        let candidate = &CANDIDATES[first];
        let own = rate(&text, candidate.web(), candidate.languages);
        // A text of East Asia may have rare letters among many; a word of an alphabet is one or is not.
        let rare = if candidate.is_east_asian() { text.chars().count() as f32 } else { 0.0 };
        let is_plausible = own.is_some_and(|own| own > IMPLAUSIBLE - rare);
        Some((text.into_owned(), is_sure && is_plausible))
    }

    /// Reads a cell; `None` where its letters are not known.
    pub fn read(&self, cell: &str) -> Option<String> {
        self.best(&bytes_of(cell)).and_then(|(text, is_sure)| is_sure.then_some(text))
    }

    /// The name of the likeliest encoding.
    pub fn name(&self) -> Option<&'static str> {
        self.rated.first().map(|(index, _)| CANDIDATES[*index].name)
    }
}

#[cfg(test)]
#[path = "legacy_tests.rs"]
mod tests;
