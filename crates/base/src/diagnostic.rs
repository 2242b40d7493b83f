//! Diagnostics of files that people write, as a compiler prints them.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::printable::{printable_lines, printable_path};

/// A mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Diagnostic {
    /// What is wrong.
    pub message: String,
    /// How to correct it, where that is known.
    pub help: Option<String>,
    /// The file.
    pub path: PathBuf,
    /// Where in the file; none for the file as a whole.
    pub location: Option<SourceLocation>,
}

/// A location in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLocation {
    /// Line number, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The whole line, without its end.
    pub text: String,
}

impl SourceLocation {
    /// Returns the location of a byte offset: the end of the text for one past it.
    #[must_use]
    pub fn at(text: &str, offset: usize) -> Self {
        // An offset within a character is moved to its beginning.
        let offset = (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let before = &text[..offset];
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[start..].chars().count() + 1,
            text: text[start..].lines().next().unwrap_or_default().to_owned(),
        }
    }
}

impl Diagnostic {
    /// Creates a diagnostic of a file as a whole.
    #[must_use]
    pub fn whole(path: &Path, message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, path: path.to_owned(), location: None }
    }

    /// Creates the diagnostic of a file that cannot be read.
    #[must_use]
    pub fn unread(path: &Path, error: &io::Error) -> Self {
        Self::whole(path, format!("cannot be read: {error}"))
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { message, help, path, location } = self;
        match location {
            Some(SourceLocation { line, column, text }) => {
                let gutter = line.to_string();
                let blank = " ".repeat(gutter.len());
                writeln!(f, "{}:{line}:{column}: {}", printable_path(path), printable_lines(message))?;
                writeln!(f, "{blank} |")?;
                writeln!(f, "{gutter} | {}", printable_lines(text))?;
                write!(f, "{blank} | {}^", " ".repeat(column - 1))?;
            }
            None => write!(f, "{}: {}", printable_path(path), printable_lines(message))?,
        }
        help.as_ref().map_or(Ok(()), |help| write!(f, "\n  {}", printable_lines(help)))
    }
}

/// The most diagnostics of a file, or of all files together: more are counted and not made, for each costs a search for its
/// line, and nobody reads them.
pub const MOST_DIAGNOSTICS: usize = 100;

/// The diagnostics of a file and of the files that it names, sorted by file and location; never empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Diagnostics {
    found: Vec<Diagnostic>,
    /// How many more there are.
    more: usize,
}

impl Diagnostics {
    /// Sorts diagnostics and removes repetitions.
    ///
    /// # Errors
    /// The diagnostics, when there are any.
    pub fn check(found: Vec<Diagnostic>) -> Result<(), Self> {
        Self::check_counted(found, 0)
    }

    /// [`Self::check`] of diagnostics beside which there are so many more.
    ///
    /// # Errors
    /// The diagnostics, when there are any.
    pub fn check_counted(mut found: Vec<Diagnostic>, mut more: usize) -> Result<(), Self> {
        let position = |diagnostic: &Diagnostic| diagnostic.location.as_ref().map(|at| (at.line, at.column));
        // Files stay in the order of their first diagnostic.
        let mut files: Vec<PathBuf> = Vec::new();
        for diagnostic in &found {
            if !files.contains(&diagnostic.path) {
                files.push(diagnostic.path.clone());
            }
        }
        found.sort_by_key(|diagnostic| (files.iter().position(|path| *path == diagnostic.path), position(diagnostic)));
        let mut once: Vec<Diagnostic> = Vec::new();
        for diagnostic in found {
            if once.contains(&diagnostic) {
                continue;
            }
            if once.len() < MOST_DIAGNOSTICS { once.push(diagnostic) } else { more += 1 }
        }
        if once.is_empty() { Ok(()) } else { Err(Self { found: once, more }) }
    }

    /// Iterates over the diagnostics.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.found.iter()
    }

    /// How many more there are than it has.
    #[must_use]
    pub const fn more(&self) -> usize {
        self.more
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self { found: vec![diagnostic], more: 0 }
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.found.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.found.iter().enumerate() {
            write!(f, "{}{diagnostic}", if index == 0 { "" } else { "\n" })?;
        }
        if self.more > 0 {
            write!(f, "\nand {} more mistakes, of which nothing is said here", self.more)?;
        }
        Ok(())
    }
}

/// Returns "did you mean `rows`?" for the most similar of `names` (Jaro-Winkler), if its similarity is above 0.7.
#[must_use]
pub fn nearest<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let similarity = |name: &str| strsim::jaro_winkler(&written.to_lowercase(), &name.to_lowercase());
    let (near, similarity) =
        names.into_iter().map(|name| (name, similarity(name))).max_by(|a, b| a.1.total_cmp(&b.1))?;
    (similarity > 0.7).then(|| format!("did you mean `{near}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters() {
        let place = SourceLocation::at("a\nbé = 1\n", 5);
        assert_eq!((place.line, place.column, place.text.as_str()), (2, 3, "bé = 1"));
        assert_eq!(SourceLocation::at("a\n", 99).line, 2);
        assert_eq!(SourceLocation::at("bé = 1", 2).column, 2);
    }

    #[test]
    fn what_is_misspelt_gets_its_neighbour() {
        assert_eq!(nearest("rwos", ["gap", "rows"]).unwrap(), "did you mean `rows`?");
        assert_eq!(nearest("zzz", ["gap", "rows"]), None);
    }

    #[test]
    fn diagnostics_stand_in_the_order_of_their_places_and_none_twice() {
        let text = "a\nb\n";
        let diagnostic = |offset| Diagnostic {
            location: Some(SourceLocation::at(text, offset)),
            ..Diagnostic::whole(Path::new("x.toml"), "is wrong")
        };
        let diagnostics = Diagnostics::check(vec![diagnostic(2), diagnostic(0), diagnostic(2)]).unwrap_err();
        assert_eq!(diagnostics.to_string(), format!("{}\n{}", diagnostic(0), diagnostic(2)));
        assert_eq!(Diagnostics::check(Vec::new()), Ok(()));
    }

    #[test]
    fn of_many_diagnostics_the_first_are_said_and_the_others_counted() {
        let text = "a\n".repeat(MOST_DIAGNOSTICS + 7);
        let at = |line: usize| Diagnostic {
            location: Some(SourceLocation::at(&text, 2 * line)),
            ..Diagnostic::whole(Path::new("x.toml"), "is wrong")
        };
        let all = (0..MOST_DIAGNOSTICS + 7).map(at).collect();
        let diagnostics = Diagnostics::check_counted(all, 3).unwrap_err();
        assert_eq!((diagnostics.iter().len(), diagnostics.more()), (MOST_DIAGNOSTICS, 10));
        assert!(diagnostics.to_string().ends_with("\nand 10 more mistakes, of which nothing is said here"));
    }
}
