//! The installed fonts: lookup by name, or by the characters that they cover.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use cosmic_text::fontdb::{Database, FaceInfo, Source, Stretch, Style, Weight};
use swash::FontRef;
use swash::text::Script;

use millions_base::catch_panic;

/// The source of fonts besides the bundled ones, scanned on first use.
pub(super) enum Installed {
    /// No other fonts.
    None,
    /// The system's, not scanned yet.
    System,
    /// Those in a folder, not scanned yet.
    Folder(PathBuf),
    /// Scanned.
    Scanned(Box<Database>),
}

/// The regional forms of Han characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum HanForms {
    #[default]
    Simplified,
    Traditional,
    Japanese,
    Korean,
}

impl HanForms {
    /// Returns the forms of a text whose language its other letters tell: kana or hangul.
    pub(super) fn of(text: &str) -> Option<Self> {
        let has = |ranges: &[RangeInclusive<char>]| text.chars().any(|c| ranges.iter().any(|range| range.contains(&c)));
        if has(&['\u{3041}'..='\u{30ff}', '\u{ff66}'..='\u{ff9f}']) {
            Some(Self::Japanese)
        } else if has(&['\u{ac00}'..='\u{d7a3}', '\u{1100}'..='\u{11ff}', '\u{3131}'..='\u{318e}']) {
            Some(Self::Korean)
        } else {
            None
        }
    }

    /// Returns what the family names of fonts with these forms end in, the best first.
    pub(super) const fn suffixes(self) -> [&'static str; 4] {
        match self {
            Self::Simplified => [" SC", " TC", " JP", " KR"],
            Self::Traditional => [" TC", " HK", " JP", " SC"],
            Self::Japanese => [" JP", " TC", " SC", " KR"],
            Self::Korean => [" KR", " TC", " JP", " SC"],
        }
    }
}

impl Installed {
    /// Returns all fonts, scanned now if they have not been.
    pub(super) fn database(&mut self) -> &Database {
        let mut database = Database::new();
        match self {
            Self::None | Self::Scanned(_) => {}
            Self::System => database.load_system_fonts(),
            Self::Folder(folder) => database.load_fonts_dir(&*folder),
        }
        if !matches!(self, Self::Scanned(_)) {
            tracing::debug!(fonts = database.len(), "scanned the installed fonts");
            *self = Self::Scanned(Box::new(database));
        }
        match self {
            Self::Scanned(database) => database,
            _ => unreachable!("scanned above"),
        }
    }

    /// Returns the font that covers the most of these characters; among equals the plainest bold one.
    pub(super) fn best_for(&mut self, letters: &[char], forms: HanForms, script: Script) -> Option<FaceInfo> {
        let database = self.database();
        let mut infos: Vec<&FaceInfo> = database.faces().collect();
        // The path last, so that the choice does not depend on the order of a directory listing.
        infos.sort_by_cached_key(|info| (plainness(info, forms, script), boldness(info), source_order(info)));
        let mut best: Option<(usize, &FaceInfo)> = None;
        for info in infos {
            let has = database.with_face_data(info.id, |data, index| coverage_of(data, index, letters)).unwrap_or(0);
            if has > best.map_or(0, |(most, _)| most) {
                best = Some((has, info));
            }
            if has == letters.len() {
                break;
            }
        }
        best.map(|(_, info)| info.clone())
    }
}

/// Returns how many of these characters a font has outlines for.
fn coverage_of(data: &[u8], index: u32, letters: &[char]) -> usize {
    let count = || {
        let Some(font) = FontRef::from_index(data, index as usize).filter(has_outlines) else { return 0 };
        let map = font.charmap();
        letters.iter().filter(|letter| map.map(**letter) != 0).count()
    };
    // A font that is damaged has none.
    catch_panic(count).unwrap_or(0)
}

/// Whether a font has outlines: some have only bitmaps.
pub(super) fn has_outlines(font: &FontRef<'_>) -> bool {
    [b"glyf", b"CFF ", b"CFF2"].iter().any(|tag| font.table(swash::tag_from_bytes(tag)).is_some())
}

/// Returns the faces of a font file or collection; none for any other file.
pub(super) fn faces_in(source: Source) -> Vec<FaceInfo> {
    let read = || {
        let mut database = Database::new();
        database.load_font_source(source);
        database.faces().cloned().collect()
    };
    catch_panic(read).unwrap_or_default()
}

/// Ranks a face, least first: upright before italic, then distance from bold, then distance from the normal width.
pub(super) fn boldness(info: &FaceInfo) -> (bool, u16, u16) {
    let stretch = info.stretch.to_number().abs_diff(Stretch::Normal.to_number());
    (info.style != Style::Normal, info.weight.0.abs_diff(Weight::BOLD.0), stretch)
}

/// Ranks a face, least first: the families of the bundled fonts, then other sans-serifs, then monospaced and serif ones.
fn plainness(info: &FaceInfo, forms: HanForms, script: Script) -> u8 {
    let family = info.families.first().map_or("", |(name, _)| name.as_str());
    let is_han =
        matches!(script, Script::Han | Script::Hiragana | Script::Katakana | Script::Hangul | Script::Bopomofo);
    let suffixes = forms.suffixes();
    let is_plain = !info.monospaced && !family.contains("Mono") && !family.contains("Serif");
    let is_noto = family.starts_with("Noto Sans") || family.starts_with("Source Han Sans");
    match (is_noto && is_plain, is_plain) {
        (true, _) if !is_han || family.ends_with(suffixes[0]) => 0,
        (true, _) if family.ends_with(suffixes[1]) => 1,
        (true, _) => 2,
        (_, true) => 3,
        _ => 4,
    }
}

fn source_order(info: &FaceInfo) -> (PathBuf, u32, String) {
    let path = match &info.source {
        Source::File(path) | Source::SharedFile(path, _) => path.clone(),
        Source::Binary(_) => PathBuf::new(),
    };
    (path, info.index, info.post_script_name.clone())
}

/// Whether two font names are equal but for case, spaces and punctuation.
pub(super) fn same_name(a: &str, b: &str) -> bool {
    normalized(a) == normalized(b)
}

fn normalized(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Finds the bold upright face of a family, or the face of that full name (“Inter Black”); when there is none, returns the
/// family with the most similar name for a suggestion.
pub(super) fn matching(database: &Database, name: &str) -> (Option<FaceInfo>, Option<String>) {
    let of_family = |info: &&FaceInfo| info.families.iter().any(|(family, _)| same_name(family, name));
    let of_full_name = |info: &&FaceInfo| same_name(&info.post_script_name, name);
    let best = |found: &dyn Fn(&&FaceInfo) -> bool| {
        database.faces().filter(found).min_by_key(|info| (boldness(info), source_order(info))).cloned()
    };
    if let Some(info) = best(&of_family).or_else(|| best(&of_full_name)) {
        return (Some(info), None);
    }
    let wanted = normalized(name);
    let near = database
        .faces()
        .filter_map(|info| info.families.first())
        .map(|(family, _)| (strsim::damerau_levenshtein(&normalized(family), &wanted), family))
        .min()
        .filter(|(steps, _)| *steps <= 2.max(wanted.chars().count() / 4));
    (None, near.map(|(_, family)| family.clone()))
}
