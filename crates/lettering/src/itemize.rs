//! Itemization: paragraphs, and runs of one font, with font fallback.

use std::collections::BTreeMap;
use std::ops::Range;

use swash::text::{BidiClass, Category, Codepoint as _, Script};

use super::faces::{FaceId, Fonts};
use super::installed::HanForms;

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
    /// A note for the operator, such as on missing characters.
    pub(super) note: Option<String>,
}

/// A grapheme cluster: a base character with its marks.
struct Cluster {
    chars: Range<usize>,
    script: Script,
    face: Option<FaceId>,
}

/// Divides a text into paragraphs, at line breaks, and each into font runs. `font` is preferred, then the bundled fonts.
pub(super) fn itemize(fonts: &mut Fonts, text: &str, font: Option<&str>) -> ItemizedText {
    let named = match font.map(|font| fonts.named(font)) {
        Some(Err(note)) => {
            fonts.note(note);
            None
        }
        Some(Ok(face)) => Some(face),
        None => None,
    };
    let order: Vec<FaceId> = named.into_iter().chain(fonts.bundled_faces()).collect();
    let has = |range: [char; 2]| text.chars().any(|c| (range[0]..=range[1]).contains(&c));
    let forms = if has(['\u{3041}', '\u{30ff}']) {
        HanForms::Japanese
    } else if has(['\u{ac00}', '\u{d7a3}']) {
        HanForms::Korean
    } else {
        HanForms::Chinese
    };
    let mut missing: BTreeMap<&'static str, String> = BTreeMap::new();
    let paragraphs = text.lines().map(|line| paragraph(fonts, line, &order, forms, &mut missing)).collect();
    let note = missing_characters_note(&missing);
    if let Some(note) = &note {
        fonts.note(note.clone());
    }
    ItemizedText { paragraphs, first: order[0], note }
}

/// Describes the characters that no font has, by script, and what to do about it.
fn missing_characters_note(missing: &BTreeMap<&'static str, String>) -> Option<String> {
    let (script, letters) = missing.iter().next()?;
    let shown: String = letters.chars().take(12).collect();
    let package = match *script {
        "Han" | "Hiragana" | "Katakana" | "Hangul" | "Bopomofo" => "install fonts-noto-cjk or",
        "Common" | "Inherited" | "Unknown" => "leave them out or",
        _ => "install fonts-noto-core (or -extra) or",
    };
    let of = match *script {
        "Common" | "Inherited" | "Unknown" => "the signs".to_owned(),
        script => format!("the letters of {script}"),
    };
    let others = missing.keys().skip(1).copied().collect::<Vec<_>>().join(", ");
    let more = if others.is_empty() { String::new() } else { format!(", nor those of {others}") };
    Some(format!("no font has {of} “{shown}”{more}: {package} name a font that has them; the rest is shown"))
}

fn paragraph(
    fonts: &mut Fonts,
    line: &str,
    order: &[FaceId],
    forms: HanForms,
    missing: &mut BTreeMap<&'static str, String>,
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
            if !text[0].is_control() {
                missing.entry(text[0].script().name()).or_default().extend(text);
            }
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
        .filter(|c| !is_ignorable(*c) && !c.is_control())
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
        if letters.is_empty() || letters.iter().any(|c| c.is_control()) {
            continue;
        }
        cluster.face = fonts.fallback_for(&letters, forms, script).filter(|face| covers(fonts, *face, cluster));
    }
}

/// Whether a font has all characters of a cluster, as they are, composed or decomposed.
fn covers(fonts: &Fonts, face: FaceId, letters: &[char]) -> bool {
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
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{e0000}'..='\u{e0fff}')
}
