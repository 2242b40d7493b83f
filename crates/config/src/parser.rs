//! Parses a file by its sections and collects diagnostics. See [`Parser`].

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::value_type::{SpannedValue, ValueType};
use super::{Key, KeyVisitor, Section};
use millions_base::{CycleGuard, Files, Loaded, TrackedFiles};
use millions_base::{Diagnostic, Diagnostics, MOST_DIAGNOSTICS, SourceLocation, nearest};

/// The parser of a file: its text, and the diagnostics so far.
pub struct Parser<'f> {
    path: &'f Path,
    text: &'f str,
    files: &'f dyn Files,
    /// Diagnostics of this file.
    own: Vec<Diagnostic>,
    /// Diagnostics of the files that it names.
    others: Vec<Diagnostic>,
    /// How many diagnostics there are beside these, which are enough.
    more: usize,
    /// Lines with syntax errors: any other error there is only a consequence.
    broken_lines: BTreeSet<usize>,
}

/// Parses a file by `read`, which gets the parser and the root table.
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
    Loaded { result, files: files.requested() }
}

impl<'f> Parser<'f> {
    /// Parses a text by `read`, which gets the parser and the root table.
    ///
    /// # Errors
    /// All diagnostics; also when `read` returns nothing.
    pub fn read<T>(
        path: &'f Path,
        text: &'f str,
        files: &'f dyn Files,
        read: impl FnOnce(&mut Self, &DeTable<'_>) -> Option<T>,
    ) -> Result<T, Diagnostics> {
        let (own, others) = (Vec::new(), Vec::new());
        let mut parser = Self { path, text, files, own, others, more: 0, broken_lines: BTreeSet::new() };
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            if parser.is_full() {
                parser.more += 1;
                continue;
            }
            let location = SourceLocation::at(text, error.span().map_or(0, |span| span.start));
            // Only the first error of a line: the others follow from it.
            if parser.broken_lines.insert(location.line) {
                let message = error.message().trim_end_matches(", expected nothing").to_owned();
                parser.own.push(Diagnostic { location: Some(location), ..Diagnostic::whole(path, message) });
            }
        }
        let value = read(&mut parser, table.get_ref());
        let Self { mut own, others, more, .. } = parser;
        own.extend(others);
        if own.is_empty() && value.is_none() {
            own.push(Diagnostic::whole(path, "cannot be used"));
        }
        Diagnostics::check_counted(own, more)?;
        value.ok_or_else(|| Diagnostic::whole(path, "cannot be used").into())
    }

    /// Whether there are diagnostics enough, so that any other is only counted.
    fn is_full(&self) -> bool {
        self.own.len() >= MOST_DIAGNOSTICS
    }

    /// The number of diagnostics.
    fn count(&self) -> usize {
        self.own.len() + self.others.len() + self.more
    }

    /// Adds a diagnostic at a span of the text, unless a syntax error is behind it.
    pub fn error(&mut self, span: &Range<usize>, message: impl Into<String>, help: Option<String>) {
        if self.is_full() {
            self.more += 1;
            return;
        }
        let location = SourceLocation::at(self.text, span.start);
        // A value of an empty span is the TOML parser's substitute for one with a syntax error.
        let is_substitute = span.is_empty() && !self.broken_lines.is_empty();
        if !is_substitute && !self.broken_lines.contains(&location.line) {
            self.own.push(Diagnostic { help, location: Some(location), ..Diagnostic::whole(self.path, message) });
        }
    }

    /// Adds a diagnostic of a value, and returns none of it.
    pub fn reject<T>(
        &mut self,
        spanned: &SpannedValue<'_>,
        message: impl Into<String>,
        help: Option<String>,
    ) -> Option<T> {
        self.error(&spanned.span(), message, help);
        None
    }

    /// Parses a file that this one names; its diagnostics are added to this one's.
    pub fn named_file<T>(
        &mut self,
        spanned: &SpannedValue<'_>,
        name: &str,
        read: impl FnOnce(&Path, &dyn Files) -> Result<T, Diagnostics>,
    ) -> Option<T> {
        let path = self.existing(spanned, name)?;
        match read(&path, &CycleGuard { files: self.files, path: self.path }) {
            Ok(value) => Some(value),
            Err(diagnostics) => {
                self.more += diagnostics.more();
                let room = MOST_DIAGNOSTICS.saturating_sub(self.others.len());
                self.more += diagnostics.iter().len().saturating_sub(room);
                self.others.extend(diagnostics.into_iter().take(room));
                None
            }
        }
    }

    /// Resolves the path of a file or folder that has to exist.
    pub(crate) fn existing(&mut self, spanned: &SpannedValue<'_>, name: &str) -> Option<PathBuf> {
        let path = self.beside(name);
        if !self.files.is_there(&path) && !self.files.tolerates_faults() {
            let help = Some("paths are from this file's folder on".to_owned());
            return self.reject(spanned, format!("`{}` is not there", escaped(name)), help);
        }
        Some(path)
    }

    /// Resolves a path, which is relative to this file's folder.
    pub fn beside(&self, path: &str) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(path)
    }

    /// Returns the source of a value, shortened for a message.
    pub fn source(&self, spanned: &SpannedValue<'_>) -> String {
        escaped(self.text.get(spanned.span()).unwrap_or_default())
    }

    /// Parses a table as a section, which `section` holds with its defaults; none if that adds any diagnostic.
    ///
    /// `span` is the table's, for what is missing. Unknown keys are errors if `all_known`; `explain` may have a better
    /// message for one than that it is unknown.
    pub fn table<T: Section>(
        &mut self,
        table: &DeTable<'_>,
        span: Range<usize>,
        mut section: T,
        all_known: bool,
        explain: impl Fn(&str) -> Option<String>,
    ) -> Option<T> {
        let errors_before = self.count();
        let mut reader = SectionParser { parser: self, table, span, known: Vec::new() };
        section.keys(&mut reader);
        if all_known {
            reader.refuse_unknown(explain);
        }
        // A file with syntax errors may lack more than it seems to.
        let is_valid = |parser: &Self| parser.count() == errors_before && parser.broken_lines.is_empty();
        if is_valid(reader.parser) {
            section.check(&mut reader);
        }
        is_valid(reader.parser).then_some(section)
    }
}

/// Shortens a text of the file for a message: its first line, up to 40 characters.
pub fn escaped(written: &str) -> String {
    const MOST: usize = 40;
    let line = written.trim().lines().next().unwrap_or_default();
    if line.chars().count() > MOST { line.chars().take(MOST).chain(['…']).collect() } else { line.to_owned() }
}

/// The visitor that parses a table, key by key.
pub struct SectionParser<'r, 'f, 't> {
    parser: &'r mut Parser<'f>,
    table: &'r DeTable<'t>,
    /// The table's span, for what is missing.
    span: Range<usize>,
    known: Vec<&'static str>,
}

impl SectionParser<'_, '_, '_> {
    /// Returns whether the file has the key.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Adds a diagnostic of the value of `key`; where that is missing, of the table.
    pub fn error(&mut self, key: &str, message: impl Into<String>) {
        let span = self.table.get(key).map_or_else(|| self.span.clone(), SpannedValue::span);
        self.parser.error(&span, message, None);
    }

    fn refuse_unknown(&mut self, explain: impl Fn(&str) -> Option<String>) {
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            if self.known.contains(&name) {
                continue;
            }
            if self.parser.is_full() {
                self.parser.more += 1;
                continue;
            }
            match explain(name) {
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
            // In a file with syntax errors, it may only not have been parsed.
            None if key.required && self.parser.broken_lines.is_empty() => {
                let help = Some(key.description.trim().to_owned());
                self.parser.error(&self.span, format!("`{}` is missing", key.name), help);
            }
            None => {}
        }
    }
}
