//! What is wrong with a file that a person wrote, said so that they can mend it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A mistake in a file: where, what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Diagnostic {
    /// What is wrong, in a sentence.
    pub message: String,
    /// What to do about it, where that is known.
    pub help: Option<String>,
    /// The file.
    pub path: PathBuf,
    /// Line and column, from 1, and the line's text; none when the file as a whole is meant.
    pub place: Option<SourceLocation>,
}

/// A place in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLocation {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// The whole line.
    pub text: String,
}

impl SourceLocation {
    /// The place of a byte offset in a text; past the end means the end.
    #[must_use]
    pub fn at(text: &str, offset: usize) -> Self {
        // Within a character means at its beginning.
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
    /// A problem with a file as a whole.
    #[must_use]
    pub fn whole(path: &Path, message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, path: path.to_owned(), place: None }
    }

    /// A file that cannot be read.
    #[must_use]
    pub fn unread(path: &Path, error: &io::Error) -> Self {
        Self::whole(path, format!("cannot be read: {error}"))
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { message, help, path, place } = self;
        match place {
            Some(SourceLocation { line, column, text }) => {
                let gutter = line.to_string();
                let blank = " ".repeat(gutter.len());
                writeln!(f, "{}:{line}:{column}: {message}", path.display())?;
                writeln!(f, "{blank} |")?;
                writeln!(f, "{gutter} | {text}")?;
                write!(f, "{blank} | {}^", " ".repeat(column - 1))?;
            }
            None => write!(f, "{}: {message}", path.display())?,
        }
        help.as_ref().map_or(Ok(()), |help| write!(f, "\n  {help}"))
    }
}

/// All that is wrong with a file and with those that it names, in the order of their places; never none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Nothing wrong, or all that is: in order, and nothing said twice.
    ///
    /// # Errors
    /// When there are any.
    pub fn check(mut found: Vec<Diagnostic>) -> Result<(), Self> {
        let place = |problem: &Diagnostic| problem.place.as_ref().map(|place| (place.line, place.column));
        // Files stay in the order in which they were met.
        let mut files: Vec<PathBuf> = Vec::new();
        for problem in &found {
            if !files.contains(&problem.path) {
                files.push(problem.path.clone());
            }
        }
        found.sort_by_key(|problem| (files.iter().position(|path| *path == problem.path), place(problem)));
        let mut once: Vec<Diagnostic> = Vec::new();
        for problem in found {
            if !once.contains(&problem) {
                once.push(problem);
            }
        }
        if once.is_empty() { Ok(()) } else { Err(Self(once)) }
    }

    /// Each of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(problem: Diagnostic) -> Self {
        Self(vec![problem])
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
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
        for (index, problem) in self.0.iter().enumerate() {
            write!(f, "{}{problem}", if index == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

/// "did you mean `rows`?", where one of `names` is near enough to what was written.
#[must_use]
pub fn nearest<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let likeness = |name: &str| strsim::jaro_winkler(&written.to_lowercase(), &name.to_lowercase());
    let (near, likeness) = names.into_iter().map(|name| (name, likeness(name))).max_by(|a, b| a.1.total_cmp(&b.1))?;
    (likeness > 0.7).then(|| format!("did you mean `{near}`?"))
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
    fn problems_stand_in_the_order_of_their_places_and_none_twice() {
        let text = "a\nb\n";
        let problem = |offset| Diagnostic {
            place: Some(SourceLocation::at(text, offset)),
            ..Diagnostic::whole(Path::new("x.toml"), "is wrong")
        };
        let problems = Diagnostics::check(vec![problem(2), problem(0), problem(2)]).unwrap_err();
        assert_eq!(problems.to_string(), format!("{}\n{}", problem(0), problem(2)));
        assert_eq!(Diagnostics::check(Vec::new()), Ok(()));
    }
}
