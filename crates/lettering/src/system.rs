//! The system's fonts: found by name, or by the letters that they have.

use std::path::PathBuf;

use cosmic_text::fontdb::{Database, FaceInfo, Source, Stretch, Style, Weight};
use swash::FontRef;
use swash::text::Script;

/// Where fonts besides those in the binary are, and what has been read of them.
pub(super) enum Installed {
    /// Nowhere.
    None,
    /// On the system, not looked for yet.
    System,
    /// In a folder, not looked for yet.
    Folder(PathBuf),
    /// Looked for.
    Scanned(Box<Database>),
}

/// Which forms a Chinese character is wanted in: Chinese, Japanese and Korean differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum FontRequest {
    #[default]
    Chinese,
    Japanese,
    Korean,
}

impl Installed {
    /// All fonts, looked for now if they have not been.
    pub(super) fn database(&mut self) -> &Database {
        let mut database = Database::new();
        match self {
            Self::None | Self::Scanned(_) => {}
            Self::System => database.load_system_fonts(),
            Self::Folder(folder) => database.load_fonts_dir(&*folder),
        }
        if !matches!(self, Self::Scanned(_)) {
            tracing::debug!(fonts = database.len(), "looked for fonts");
            *self = Self::Scanned(Box::new(database));
        }
        match self {
            Self::Scanned(database) => database,
            _ => unreachable!("was scanned just now"),
        }
    }

    /// The font that has the most of these letters; among equals the plainest bold one.
    pub(super) fn best_for(&mut self, letters: &[char], wanted: FontRequest, script: Script) -> Option<FaceInfo> {
        let database = self.database();
        let mut infos: Vec<&FaceInfo> = database.faces().collect();
        // The path last, so that the same fonts give the same choice in whatever order the disk lists them.
        infos.sort_by_cached_key(|info| (plainness(info, wanted, script), boldness(info), place(info)));
        let mut best: Option<(usize, &FaceInfo)> = None;
        for info in infos {
            let has = database.with_face_data(info.id, |data, index| letters_of(data, index, letters)).unwrap_or(0);
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

/// How many of these letters a font has outlines for.
fn letters_of(data: &[u8], index: u32, letters: &[char]) -> usize {
    let Some(font) = FontRef::from_index(data, index as usize).filter(has_outlines) else { return 0 };
    let map = font.charmap();
    letters.iter().filter(|letter| map.map(**letter) != 0).count()
}

/// Whether letters are drawn by outlines: there are fonts that have nothing but pictures of them.
pub(super) fn has_outlines(font: &FontRef<'_>) -> bool {
    [b"glyf", b"CFF ", b"CFF2"].iter().any(|tag| font.table(swash::tag_from_bytes(tag)).is_some())
}

/// The faces of a font file or collection; none when it is something else.
pub(super) fn faces_in(source: Source) -> Vec<FaceInfo> {
    let mut database = Database::new();
    database.load_font_source(source);
    database.faces().cloned().collect()
}

/// Less is better: upright before italic, then how far from bold, then how far from the usual width.
pub(super) fn boldness(info: &FaceInfo) -> (bool, u16, u16) {
    let stretch = info.stretch.to_number().abs_diff(Stretch::Normal.to_number());
    (info.style != Style::Normal, info.weight.0.abs_diff(Weight::BOLD.0), stretch)
}

/// Less is better: fonts that look like those in the binary first, those made for machines and for fun last.
fn plainness(info: &FaceInfo, wanted: FontRequest, script: Script) -> u8 {
    let family = info.families.first().map_or("", |(name, _)| name.as_str());
    let is_han =
        matches!(script, Script::Han | Script::Hiragana | Script::Katakana | Script::Hangul | Script::Bopomofo);
    let forms = match wanted {
        FontRequest::Chinese => [" SC", " TC"],
        FontRequest::Japanese => [" JP", " JP"],
        FontRequest::Korean => [" KR", " KR"],
    };
    let is_plain = !info.monospaced && !family.contains("Mono") && !family.contains("Serif");
    let is_noto = family.starts_with("Noto Sans") || family.starts_with("Source Han Sans");
    match (is_noto && is_plain, is_plain) {
        (true, _) if !is_han || family.ends_with(forms[0]) => 0,
        (true, _) if family.ends_with(forms[1]) => 1,
        (true, _) => 2,
        (_, true) => 3,
        _ => 4,
    }
}

fn place(info: &FaceInfo) -> (PathBuf, u32, String) {
    let path = match &info.source {
        Source::File(path) | Source::SharedFile(path, _) => path.clone(),
        Source::Binary(_) => PathBuf::new(),
    };
    (path, info.index, info.post_script_name.clone())
}

/// Whether two names of fonts are the same to whoever types them.
pub(super) fn same_name(a: &str, b: &str) -> bool {
    letters_only(a) == letters_only(b)
}

fn letters_only(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The bold upright face of a family, or the one face of that full name (“Inter Black”); and, when there is none, the
/// family whose name is nearest.
pub(super) fn matching(database: &Database, name: &str) -> (Option<FaceInfo>, Option<String>) {
    let of_family = |info: &&FaceInfo| info.families.iter().any(|(family, _)| same_name(family, name));
    let of_full_name = |info: &&FaceInfo| same_name(&info.post_script_name, name);
    let best = |found: &dyn Fn(&&FaceInfo) -> bool| {
        database.faces().filter(found).min_by_key(|info| (boldness(info), place(info))).cloned()
    };
    if let Some(info) = best(&of_family).or_else(|| best(&of_full_name)) {
        return (Some(info), None);
    }
    let wanted = letters_only(name);
    let near = database
        .faces()
        .filter_map(|info| info.families.first())
        .map(|(family, _)| (strsim::damerau_levenshtein(&letters_only(family), &wanted), family))
        .min()
        .filter(|(steps, _)| *steps <= 2.max(wanted.chars().count() / 4));
    (None, near.map(|(_, family)| family.clone()))
}
