//! Texts of strangers, made harmless for terminals, logs and lists.
//!
//! A file's name may hold anything but `/` and zero: escape sequences that a terminal obeys, line breaks that make another
//! line of a list, marks that turn the direction of what follows.

use std::borrow::Cow;
use std::path::Path;

/// Whether a character does something to the text around it in the place of being seen.
const fn acts(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}'
            // Marks, embeddings, overrides and isolates of direction; separators of lines; interlinear annotations; tags.
            | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0001}'
    )
}

fn escaped(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(|c| acts(c) && !stays(c)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if acts(c) && !stays(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// A text of a stranger in one line: what a terminal or a reader would obey is written out, as `\n` and `\u{1b}`.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false)
}

/// As [`printable`], for a text of several lines, such as a diagnostic.
#[must_use]
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| matches!(c, '\n' | '\t'))
}

/// A path as [`printable`] text; bytes that are no text are replaced.
#[must_use]
pub fn printable_path(path: impl AsRef<Path>) -> String {
    printable(&path.as_ref().to_string_lossy()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_acts_is_left_and_all_else_stays() {
        for (name, shown) in [
            ("esc\u{1b}[31mRED\u{1b}[2J.jpg", r"esc\u{1b}[31mRED\u{1b}[2J.jpg"),
            ("new\nline\tand bell\u{7}", r"new\nline\tand bell\u{7}"),
            ("csi\u{9b}2J", r"csi\u{9b}2J"),
            ("rtl\u{202e}gpj.exe", r"rtl\u{202e}gpj.exe"),
            ("isolate\u{2067}x\u{2069}", r"isolate\u{2067}x\u{2069}"),
            ("line\u{2028}end", r"line\u{2028}end"),
        ] {
            assert_eq!(printable(name), shown);
            assert_eq!(printable(&printable(name)), shown, "twice is as once");
        }
        for name in ["Zoë 👩‍👩‍👧‍👦 %s.jpg", "دلال حسن", "ना\u{200d}म", r"dir\back.jpg"] {
            assert!(matches!(printable(name), Cow::Borrowed(_)), "{name}");
        }
        assert_eq!(printable_lines("a\n\tb\u{1b}c"), "a\n\tb\\u{1b}c");
        assert_eq!(printable_path("a\r/b"), r"a\r/b");
    }
}
