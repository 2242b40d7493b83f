//! Letters that no font has. See [`MissingLetters`].

use std::collections::BTreeMap;

use swash::text::{Category, Codepoint as _};

use super::itemize::is_ignorable;

/// The most letters that are repeated in a note.
const SHOWN: usize = 12;

/// The letters of a text that no font has, by script.
///
/// Emoji count apart: they are drawn in one colour where a font has outlines of them, and are otherwise left out without
/// loss to the words around them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MissingLetters {
    by_script: BTreeMap<&'static str, String>,
    emoji: String,
}

impl MissingLetters {
    /// Adds a cluster that no font has.
    pub(super) fn extend(&mut self, cluster: &[char]) {
        let Some(first) = cluster.iter().find(|c| !is_ignorable(**c)) else { return };
        if first.is_control() {
            return;
        }
        if is_emoji(*first) {
            self.emoji.extend(cluster);
        } else {
            self.by_script.entry(script_of(*first)).or_default().extend(cluster);
        }
    }

    /// Whether there is no letter that no font has; emoji do not count.
    pub fn is_empty(&self) -> bool {
        self.by_script.is_empty()
    }

    /// Returns the first of the letters.
    pub fn letters(&self) -> String {
        self.by_script.values().flat_map(|letters| letters.chars()).take(SHOWN).collect()
    }

    /// Returns what to do about it.
    pub fn help(&self) -> &'static str {
        match self.by_script.keys().next().copied() {
            Some("Han" | "Hiragana" | "Katakana" | "Hangul" | "Bopomofo") => "install fonts-noto-cjk",
            Some("Common" | "Inherited") => "leave them out, or install fonts-noto-core",
            Some("Unknown") => "write them again, for these are no letters",
            _ => "install fonts-noto-core (or -extra)",
        }
    }

    /// Describes them by script, such as “the letters of Javanese “ꦗꦮ””.
    pub fn description(&self) -> String {
        let mut scripts = self.by_script.iter();
        let Some((script, letters)) = scripts.next() else { return String::new() };
        let shown: String = letters.chars().take(SHOWN).collect();
        let of = match *script {
            "Common" | "Inherited" | "Unknown" => "the signs".to_owned(),
            script => format!("the letters of {script}"),
        };
        let others = scripts.map(|(script, _)| *script).collect::<Vec<_>>().join(", ");
        let more = if others.is_empty() { String::new() } else { format!(", nor those of {others}") };
        format!("{of} “{shown}”{more}")
    }

    /// Returns a note for the operator; `rest` says what becomes of the text.
    pub(super) fn note(&self, rest: &str) -> Option<String> {
        if !self.is_empty() {
            return Some(format!(
                "no font has {}: {}, or name a font that has them; {rest}",
                self.description(),
                self.help()
            ));
        }
        let emoji: String = self.emoji.chars().take(SHOWN).collect();
        (!emoji.is_empty())
            .then(|| format!("emoji “{emoji}” are left out: no font here has them in one colour; the words are shown"))
    }
}

fn script_of(c: char) -> &'static str {
    if is_no_letter(c) { "Unknown" } else { c.script().name() }
}

/// Whether a character is a picture and no letter, such as a face or a heart, or a part of one.
pub(super) fn is_emoji(c: char) -> bool {
    matches!(c,
        '\u{1f000}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{2b05}'..='\u{2b07}' | '\u{2b1b}'..='\u{2b1c}' | '\u{2b50}'
        | '\u{2b55}' | '\u{231a}'..='\u{231b}' | '\u{23e9}'..='\u{23fa}' | '\u{20e3}')
}

/// Whether a character stands for no letter, whatever a font draws for it: the replacement character, private use, what is
/// not assigned.
pub(super) fn is_no_letter(c: char) -> bool {
    matches!(c, '\u{fff9}'..='\u{ffff}') || matches!(c.category(), Category::PrivateUse | Category::Surrogate)
}
