//! Reads a file by the keys that it declares, and collects all that is wrong. See [`Parser`].

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::value_type::{SpannedValue, ValueType};
use super::{Key, KeyVisitor, Section};
use millions_base::{CycleGuard, Files, Loaded, TrackedFiles};
use millions_base::{Diagnostic, Diagnostics, SourceLocation, nearest};

/// A file that is being read.
pub struct Parser<'f> {
    path: &'f Path,
    text: &'f str,
    files: &'f dyn Files,
    /// What is wrong with this file.
    own: Vec<Diagnostic>,
    /// What is wrong with files that it names.
    others: Vec<Diagnostic>,
    /// Lines that are no TOML: what else seems wrong with them is only a consequence.
    broken_lines: BTreeSet<usize>,
}

/// Reads a file by `read`, which gets it and its outermost table.
pub fn read_file<T>(
    path: &Path,
    files: &dyn Files,
    read: impl FnOnce(&mut Parser<'_>, &DeTable<'_>) -> Option<T>,
) -> Loaded<T> {
    let files = TrackedFiles::new(files);
    let result = match files.read(path) {
        Ok(text) => Parser::read(path, &text, &files, read),
        Err(error) => Err(Diagnostic::unread(path, &error).into()),
    };
    Loaded { result, files: files.asked() }
}

impl<'f> Parser<'f> {
    /// Reads a text by `read`, which gets the outermost table.
    ///
    /// # Errors
    /// All that is wrong; also when `read` comes to nothing.
    pub fn read<T>(
        path: &'f Path,
        text: &'f str,
        files: &'f dyn Files,
        read: impl FnOnce(&mut Self, &DeTable<'_>) -> Option<T>,
    ) -> Result<T, Diagnostics> {
        let (own, others) = (Vec::new(), Vec::new());
        let mut parser = Self { path, text, files, own, others, broken_lines: BTreeSet::new() };
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let place = SourceLocation::at(text, error.span().map_or(0, |span| span.start));
            // The first error of a line: the rest follows from it.
            if parser.broken_lines.insert(place.line) {
                let message = error.message().trim_end_matches(", expected nothing").to_owned();
                parser.own.push(Diagnostic { place: Some(place), ..Diagnostic::whole(path, message) });
            }
        }
        let value = read(&mut parser, table.get_ref());
        let Self { mut own, others, .. } = parser;
        own.extend(others);
        if own.is_empty() && value.is_none() {
            own.push(Diagnostic::whole(path, "cannot be used"));
        }
        Diagnostics::check(own)?;
        value.ok_or_else(|| Diagnostic::whole(path, "cannot be used").into())
    }

    /// Something is wrong at a place of the text.
    pub fn error(&mut self, at: &Range<usize>, message: impl Into<String>, help: Option<String>) {
        let place = SourceLocation::at(self.text, at.start);
        // What is nowhere is what the parser put in the place of something that it did not understand.
        let is_made_up = at.is_empty() && !self.broken_lines.is_empty();
        if !is_made_up && !self.broken_lines.contains(&place.line) {
            self.own.push(Diagnostic { help, place: Some(place), ..Diagnostic::whole(self.path, message) });
        }
    }

    /// Reads a file that this one names. What is wrong with it is as wrong as if it stood here.
    pub fn named_file<T>(
        &mut self,
        spanned: &SpannedValue<'_>,
        name: &str,
        read: impl FnOnce(&Path, &dyn Files) -> Result<T, Diagnostics>,
    ) -> Option<T> {
        let path = self.beside(name);
        if !self.files.is_there(&path) {
            let help = Some("paths are from this file's folder on".to_owned());
            self.error(&spanned.span(), format!("`{}` is not there", escaped(name)), help);
            return None;
        }
        match read(&path, &CycleGuard { files: self.files, path: self.path }) {
            Ok(value) => Some(value),
            Err(problems) => {
                self.others.extend(problems);
                None
            }
        }
    }

    /// Where other files are read from.
    pub fn files(&self) -> &'f dyn Files {
        self.files
    }

    /// A path that stands in the file, from where the program runs: files name each other from their own folder on.
    pub fn beside(&self, path: &str) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(path)
    }

    /// What stands at a place of the text, shortened to a glance.
    pub fn text_at(&self, at: &Range<usize>) -> String {
        escaped(self.text.get(at.clone()).unwrap_or_default())
    }

    /// Reads a table by its keys; what no key of it is, is wrong. `elsewhere` may know better what an unknown key is.
    /// Nothing comes of a table with mistakes. Where the keys are not `all_known`, none is refused.
    pub fn table<T: Section>(
        &mut self,
        table: &DeTable<'_>,
        at: Range<usize>,
        mut value: T,
        all_known: bool,
        elsewhere: impl Fn(&str) -> Option<String>,
    ) -> Option<T> {
        let wrong_before = self.own.len() + self.others.len();
        let mut reader = SectionParser { parser: self, table, at, known: Vec::new() };
        value.keys(&mut reader);
        if all_known {
            reader.refuse_unknown(elsewhere);
        }
        // Of a file that is no TOML, what is there is not all that was meant.
        let is_good =
            |parser: &Self| parser.own.len() + parser.others.len() == wrong_before && parser.broken_lines.is_empty();
        if is_good(reader.parser) {
            value.check(&mut reader);
        }
        is_good(reader.parser).then_some(value)
    }
}

/// What was written, shortened to a glance.
pub fn escaped(written: &str) -> String {
    const MOST: usize = 40;
    let line = written.trim().lines().next().unwrap_or_default();
    if line.chars().count() > MOST { line.chars().take(MOST).chain(['…']).collect() } else { line.to_owned() }
}

/// A table that is being read: takes the keys one by one.
pub struct SectionParser<'r, 'f, 't> {
    parser: &'r mut Parser<'f>,
    table: &'r DeTable<'t>,
    /// Where the table stands: the place of what is missing.
    at: Range<usize>,
    known: Vec<&'static str>,
}

impl SectionParser<'_, '_, '_> {
    /// Whether the file has the key.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Something is wrong with the value of `key`; or, where it is not there, with the table.
    pub fn error(&mut self, key: &str, message: impl Into<String>) {
        let at = self.table.get(key).map_or_else(|| self.at.clone(), SpannedValue::span);
        self.parser.error(&at, message, None);
    }

    fn refuse_unknown(&mut self, elsewhere: impl Fn(&str) -> Option<String>) {
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            if self.known.contains(&name) {
                continue;
            }
            match elsewhere(name) {
                Some(message) => self.parser.error(&key.span(), message, None),
                None => {
                    let help = nearest(name, self.known.iter().copied())
                        .or_else(|| Some(format!("the keys here are {}", self.known.join(", "))));
                    self.parser.error(&key.span(), format!("unknown key `{}`", escaped(name)), help);
                }
            }
        }
    }
}

impl KeyVisitor for SectionParser<'_, '_, '_> {
    fn key<T>(&mut self, key: Key, value: &mut T, value_type: &impl ValueType<T>) {
        self.known.push(key.name);
        match self.table.get(key.name) {
            Some(spanned) => {
                if let Some(read) = value_type.read(key.name, spanned, self.parser) {
                    *value = read;
                }
            }
            // In a file that is no TOML, it may only not have been understood.
            None if key.required && self.parser.broken_lines.is_empty() => {
                let help = Some(key.about.trim().to_owned());
                self.parser.error(&self.at, format!("`{}` is missing", key.name), help);
            }
            None => {}
        }
    }
}
