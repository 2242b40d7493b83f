//! Itemization: paragraphs, and runs of one font, with font fallback.

use std::borrow::Cow;
use std::ops::Range;

use swash::text::{BidiClass, Category, Codepoint as _, Script};
use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};

use super::faces::{FaceId, Fonts};
use super::installed::HanForms;
use super::missing::{MissingLetters, is_no_letter};

/// A text without line breaks, divided into font runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Paragraph {
    /// The text, without the characters that no font has.
    pub(super) text: String,
    /// Runs of one font each, without gaps.
    pub(super) runs: Vec<FontRun>,
    /// Whether it is read from right to left.
    pub(super) rtl: bool,
    /// Starts of the grapheme clusters: the only places where a word may be broken.
    pub(super) clusters: Vec<usize>,
}

/// A range of a paragraph's text in one font.
#[derive(Clone, Debug)]
pub(super) struct FontRun {
    pub(super) range: Range<usize>,
    pub(super) face: FaceId,
}

/// A text of one or more paragraphs, itemized.
pub(super) struct ItemizedText {
    pub(super) paragraphs: Vec<Paragraph>,
    /// The primary font: the one that was named, or the first of the bundled ones.
    pub(super) first: FaceId,
    /// The letters that no font has; they are not in the paragraphs.
    pub(super) missing: MissingLetters,
}

/// A grapheme cluster: a base character with its marks.
struct Cluster {
    chars: Range<usize>,
    script: Script,
    face: Option<FaceId>,
}

/// Divides a text into paragraphs, at line breaks, and each into font runs. `font` is preferred, then the bundled fonts.
pub(super) fn itemize(fonts: &mut Fonts, text: &str, font: Option<&str>) -> ItemizedText {
    itemize_among(fonts, text, font, "")
}

/// Divides a text that stands with others, which tell the language of its Han characters where it does not itself.
pub(super) fn itemize_among(fonts: &mut Fonts, text: &str, font: Option<&str>, others: &str) -> ItemizedText {
    let named = match font.map(|font| fonts.named(font)) {
        Some(Err(note)) => {
            fonts.note(note);
            None
        }
        Some(Ok(face)) => Some(face),
        None => None,
    };
    let text = composed(text);
    let forms =
        HanForms::of(&text).or_else(|| HanForms::of(others)).unwrap_or_else(|| fonts.chinese_forms(&text, others));
    let order: Vec<FaceId> = named.into_iter().chain(fonts.bundled_in_order(forms)).collect();
    let mut missing = MissingLetters::default();
    let paragraphs = text.lines().map(|line| paragraph(fonts, line, &order, forms, &mut missing)).collect();
    ItemizedText { paragraphs, first: order[0], missing }
}

/// Composes letters and their marks (NFC), as fonts have them: jamo to syllables, accents to letters. Compatibility
/// characters of Han stay, for their forms are those of somebody's name.
fn composed(text: &str) -> Cow<'_, str> {
    if is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return Cow::Borrowed(text);
    }
    let is_kept = |c: char| matches!(c, '\u{f900}'..='\u{faff}' | '\u{2f800}'..='\u{2fa1f}');
    let mut made = String::with_capacity(text.len());
    for part in text.split_inclusive(is_kept) {
        let kept = part.chars().next_back().filter(|last| is_kept(*last));
        let rest = kept.map_or(part, |kept| &part[..part.len() - kept.len_utf8()]);
        made.extend(rest.nfc());
        made.extend(kept);
    }
    Cow::Owned(made)
}

fn paragraph(
    fonts: &mut Fonts,
    line: &str,
    order: &[FaceId],
    forms: HanForms,
    missing: &mut MissingLetters,
) -> Paragraph {
    let chars: Vec<char> = collapse_spaces(line);
    let mut clusters = clusters(&chars);
    resolve_common(&chars, &mut clusters);
    let mut start = 0;
    while start < clusters.len() {
        let is_space = |cluster: &Cluster| chars[cluster.chars.start].is_whitespace();
        let script = clusters[start].script;
        let length = clusters[start..].iter().take_while(|next| next.script == script && !is_space(next)).count();
        if length > 0 {
            assign_word(fonts, &chars, &mut clusters[start..start + length], order, forms);
        }
        start += length.max(1);
    }
    // A space takes the font of the word before it.
    let mut last = None;
    for cluster in &mut clusters {
        if chars[cluster.chars.start].is_whitespace() {
            cluster.face = last.or(order.first().copied());
        }
        last = cluster.face.or(last);
    }
    let mut made = Paragraph { rtl: is_rtl(chars.iter().copied()), ..Paragraph::default() };
    for cluster in clusters {
        let text = &chars[cluster.chars.clone()];
        let Some(face) = cluster.face else {
            missing.extend(text);
            continue;
        };
        let start = made.text.len();
        made.clusters.push(start);
        made.text.extend(text);
        match made.runs.last_mut() {
            Some(run) if run.face == face => run.range.end = made.text.len(),
            _ => made.runs.push(FontRun { range: start..made.text.len(), face }),
        }
    }
    made
}

/// Collapses white space: one space wherever there was any, and none at the ends.
fn collapse_spaces(line: &str) -> Vec<char> {
    let mut chars: Vec<char> = Vec::new();
    for c in line.trim().chars() {
        // Non-breaking spaces and those of special widths are kept.
        let c = if matches!(c, '\t' | '\u{b}' | '\u{c}' | '\u{85}') { ' ' } else { c };
        if c != ' ' || chars.last() != Some(&' ') {
            chars.push(c);
        }
    }
    chars
}

/// Returns the base direction: that of the first character with a strong direction.
pub(super) fn is_rtl(chars: impl IntoIterator<Item = char>) -> bool {
    chars
        .into_iter()
        .find_map(|c| match c.bidi_class() {
            BidiClass::L => Some(false),
            BidiClass::R | BidiClass::AL => Some(true),
            _ => None,
        })
        .unwrap_or(false)
}

fn clusters(chars: &[char]) -> Vec<Cluster> {
    let mut clusters: Vec<Cluster> = Vec::new();
    for (index, &c) in chars.iter().enumerate() {
        let is_mark =
            matches!(c.category(), Category::NonspacingMark | Category::SpacingMark | Category::EnclosingMark)
                || is_ignorable(c);
        let is_joined = index > 0 && chars[index - 1] == '\u{200d}';
        match clusters.last_mut() {
            Some(last) if (is_mark || is_joined) && !chars[last.chars.start].is_whitespace() => last.chars.end += 1,
            _ => clusters.push(Cluster { chars: index..index + 1, script: c.script(), face: None }),
        }
    }
    clusters
}

/// Resolves characters of no script (punctuation, digits) to the script before them; opening ones, to that after.
fn resolve_common(chars: &[char], clusters: &mut [Cluster]) {
    let is_common = |script: Script| matches!(script, Script::Common | Script::Inherited | Script::Unknown);
    let mut last = None;
    for index in 0..clusters.len() {
        let first = chars[clusters[index].chars.start];
        if !is_common(clusters[index].script) {
            last = Some(clusters[index].script);
            continue;
        }
        let after = clusters[index + 1..].iter().map(|next| next.script).find(|script| !is_common(*script));
        let is_opening = matches!(first.category(), Category::OpenPunctuation | Category::InitialPunctuation);
        let script = if is_opening { after.or(last) } else { last.or(after) };
        clusters[index].script = script.unwrap_or(Script::Common);
    }
}

/// Assigns fonts to a word: the first that has all of it, else to each cluster the first that has it.
fn assign_word(fonts: &mut Fonts, chars: &[char], word: &mut [Cluster], order: &[FaceId], forms: HanForms) {
    let covers = |fonts: &Fonts, face: FaceId, cluster: &Cluster| covers(fonts, face, &chars[cluster.chars.clone()]);
    let whole = order.iter().copied().find(|face| word.iter().all(|cluster| covers(fonts, *face, cluster)));
    for cluster in word.iter_mut() {
        cluster.face = whole.or_else(|| order.iter().copied().find(|face| covers(fonts, *face, cluster)));
    }
    let lacking: Vec<char> = word
        .iter()
        .filter(|cluster| cluster.face.is_none())
        .flat_map(|cluster| &chars[cluster.chars.clone()])
        .copied()
        .filter(|c| !is_ignorable(*c) && !c.is_control() && !is_no_letter(*c))
        .collect();
    if lacking.is_empty() {
        return;
    }
    let script = word[0].script;
    if let Some(face) = fonts.fallback_for(&lacking, forms, script) {
        let has_all = word.iter().all(|cluster| covers(fonts, face, cluster));
        for cluster in word.iter_mut() {
            if has_all || (cluster.face.is_none() && covers(fonts, face, cluster)) {
                cluster.face = Some(face);
            }
        }
    }
    // What one fallback font lacks another may have.
    for cluster in word.iter_mut().filter(|cluster| cluster.face.is_none()) {
        let letters: Vec<char> = chars[cluster.chars.clone()].iter().copied().filter(|c| !is_ignorable(*c)).collect();
        if letters.is_empty() || letters.iter().any(|c| c.is_control() || is_no_letter(*c)) {
            continue;
        }
        cluster.face = fonts.fallback_for(&letters, forms, script).filter(|face| covers(fonts, *face, cluster));
    }
}

/// Whether a font has all characters of a cluster, as they are, composed or decomposed.
fn covers(fonts: &Fonts, face: FaceId, letters: &[char]) -> bool {
    if letters.iter().any(|c| is_no_letter(*c)) {
        return false;
    }
    let face = fonts.face(face);
    let mut rest = letters;
    while let Some((&first, after)) = rest.split_first() {
        if let Some(&second) = after.first()
            && char::compose(first, second).is_some_and(|whole| face.has(whole))
        {
            rest = &after[1..];
            continue;
        }
        let apart = first.decompose();
        let has_parts = || apart.chars().len() > 1 && apart.chars().iter().all(|part| face.has(*part));
        if !(is_ignorable(first) || face.has(first) || has_parts()) {
            return false;
        }
        rest = after;
    }
    true
}

/// Whether a character is default-ignorable: direction marks, joiners, variation selectors.
pub(super) fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{3164}' | '\u{ffa0}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{e0000}'..='\u{e0fff}')
}
