//! What is wrong with a file that a person wrote, said so that they can mend it.

use std::fmt;
use std::path::{Path, PathBuf};

/// A mistake in a file: where, what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problem {
    /// What is wrong, in a sentence.
    pub message: String,
    /// What to do about it, where that is known.
    pub advice: Option<String>,
    /// The file.
    pub path: PathBuf,
    /// Line and column, from 1, and the line's text; none when the file as a whole is meant.
    pub place: Option<Place>,
}

/// A place in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// The whole line.
    pub text: String,
}

impl Place {
    /// The place of a byte offset in a text; past the end means the end.
    #[must_use]
    pub fn at(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[start..].chars().count() + 1,
            text: text[start..].lines().next().unwrap_or_default().to_owned(),
        }
    }
}

impl Place {
    /// Where `key` is set in a TOML text, by its line; a problem of value needs no more exact a place.
    #[must_use]
    pub fn of_key(text: &str, key: &str) -> Option<Self> {
        let mut offset = 0;
        for line in text.split_inclusive('\n') {
            let rest = line.trim_start();
            if rest.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('=')) {
                return Some(Self::at(text, offset + line.len() - rest.len()));
            }
            offset += line.len();
        }
        None
    }
}

impl Problem {
    /// A problem with a file as a whole.
    #[must_use]
    pub fn whole(path: &Path, message: impl Into<String>) -> Self {
        Self { message: message.into(), advice: None, path: path.to_owned(), place: None }
    }

    /// A problem that `toml` found, with the nearest key suggested where one is misspelt.
    #[must_use]
    pub fn toml(path: &Path, text: &str, error: &toml::de::Error) -> Self {
        Self {
            message: error.message().to_owned(),
            advice: nearest_key(error.message()),
            path: path.to_owned(),
            place: error.span().map(|span| Place::at(text, span.start)),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { message, advice, path, place } = self;
        match place {
            Some(Place { line, column, text }) => {
                let gutter = line.to_string();
                let blank = " ".repeat(gutter.len());
                writeln!(f, "{}:{line}:{column}: {message}", path.display())?;
                writeln!(f, "{blank} |")?;
                writeln!(f, "{gutter} | {text}")?;
                write!(f, "{blank} | {}^", " ".repeat(column - 1))?;
            }
            None => write!(f, "{}: {message}", path.display())?,
        }
        advice.as_ref().map_or(Ok(()), |advice| write!(f, "\n  {advice}"))
    }
}

/// "unknown field `rwos`, expected one of `rows`, `speed`" → "did you mean `rows`?"
fn nearest_key(message: &str) -> Option<String> {
    let mut names = message.split('`').skip(1).step_by(2);
    let wrong = names.next().filter(|_| message.starts_with("unknown"))?;
    let (near, likeness) =
        names.map(|name| (name, strsim::jaro_winkler(wrong, name))).max_by(|a, b| a.1.total_cmp(&b.1))?;
    (likeness > 0.7).then(|| format!("did you mean `{near}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters() {
        let place = Place::at("a\nbé = 1\n", 5);
        assert_eq!((place.line, place.column, place.text.as_str()), (2, 3, "bé = 1"));
        assert_eq!(Place::at("a\n", 99).line, 2);
    }

    #[test]
    fn a_misspelt_key_gets_its_neighbour() {
        assert_eq!(nearest_key("unknown field `rwos`, expected one of `gap`, `rows`").unwrap(), "did you mean `rows`?");
        assert_eq!(nearest_key("unknown field `zzz`, expected one of `gap`, `rows`"), None);
        assert_eq!(nearest_key("invalid type: string `rows`"), None);
    }
}
