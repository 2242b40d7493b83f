//! The fonts, by number, and what is asked of each: see [`Fonts`].

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cosmic_text::fontdb::{self, Database, FaceInfo, Language, Source};
use cosmic_text::{
    Attrs, CacheKey, CacheKeyFlags, Family, FeatureTag, Font, FontFeatures, FontSystem, SwashCache, Weight,
};
use swash::text::Script;

use super::joins::Ends;
use super::layout::Bounds;
use super::outline::{PathCommand, bounds, flattened};
use super::system::{FontRequest, Installed, boldness, faces_in, has_outlines, matching, same_name};
use crate::fonts;

/// A font, by its number in one [`Fonts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FaceId(pub(super) u16);

/// One letterform of one font. In another [`Fonts`] it can be another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GlyphKey {
    /// The font.
    pub face: FaceId,
    /// The letterform's number in the font.
    pub glyph: u16,
    /// Which of its lines, such as the headline of Devanagari, go on in the next letter: those are drawn a little further,
    /// so that no seam shows. A bit each; 0 for the letter as the font has it.
    pub runs_on: u8,
}

/// What is known of a letterform.
#[derive(Clone, Debug, Default)]
pub(super) struct Form {
    /// Where it has ink, in ems from its pen, y downward; none for a space.
    pub(super) ink: Option<Bounds>,
    /// The lines that end at its sides.
    pub(super) ends: Arc<Ends>,
}

/// What is kept of a font.
pub(super) struct FontFace {
    id: fontdb::ID,
    /// The name that the shaper knows it by: its own could be another font's too.
    name: String,
    weight: Weight,
    /// What people call it.
    pub(super) family: String,
    pub(super) font: Arc<Font>,
    /// Height of its capital letters, in ems.
    pub(super) cap_height: f32,
    units_per_em: f32,
    /// The advances that all digits of a ten are given, in ems, by the zero of the ten; those that somebody asked for.
    pub(super) digits: Vec<(u32, f32)>,
}

impl FontFace {
    pub(super) fn has(&self, letter: char) -> bool {
        self.font.as_swash().charmap().map(letter) != 0
    }

    /// How far the pen goes on after a letter, in ems.
    fn advance(&self, glyph: u16) -> f32 {
        let font = self.font.as_swash();
        let weight = (swash::tag_from_bytes(b"wght"), f32::from(self.weight.0));
        let coordinates: Vec<_> = font.variations().normalized_coords([weight]).collect();
        font.glyph_metrics(&coordinates).advance_width(glyph) / self.units_per_em
    }

    /// How the shaper is told to take this font.
    pub(super) fn attrs(&self) -> Attrs<'_> {
        let mut features = FontFeatures::new();
        // A counter must not jitter; a font without such digits does not know the feature.
        features.enable(FeatureTag::new(b"tnum"));
        Attrs::new().family(Family::Name(&self.name)).weight(self.weight).font_features(features)
    }
}

/// The fonts that words are set in: those in the binary, then those that somebody names, then the system's.
///
/// The system's are looked through (which can take a second) when a text has a letter that the others lack, or names a
/// family that is not in the binary; not before.
///
/// What is wrong with a font is never an error, for words in another font are better than none: [`Fonts::take_notes`]
/// tells.
pub struct Fonts {
    pub(super) shaper: FontSystem,
    faces: Vec<FontFace>,
    /// How many of the faces are in the binary: the first ones.
    bundled: usize,
    installed: Installed,
    files: HashMap<PathBuf, Result<FaceId, String>>,
    families: HashMap<String, Result<FaceId, String>>,
    /// Which of the system's fonts has the letters that the others lack.
    found: HashMap<char, Option<FaceId>>,
    outlines: SwashCache,
    forms: HashMap<GlyphKey, Form>,
    notes: Vec<String>,
    noted: BTreeSet<String>,
}

impl Default for Fonts {
    fn default() -> Self {
        Self::new()
    }
}

impl Fonts {
    /// The fonts in the binary, and the system's when they are needed.
    pub fn new() -> Self {
        Self::with(Installed::System)
    }

    /// Only the fonts in the binary and font files that are named: the same on every machine.
    pub fn bundled() -> Self {
        Self::with(Installed::None)
    }

    /// The fonts of a folder and of those in it, in place of the system's.
    pub fn with_folder(folder: &Path) -> Self {
        Self::with(Installed::Folder(folder.to_owned()))
    }

    fn with(installed: Installed) -> Self {
        let mut database = Database::new();
        let mut infos = Vec::new();
        for bytes in fonts::DISPLAY {
            infos.extend(faces_in(Source::Binary(Arc::new(bytes))));
        }
        // The shaper wants a default font even for an empty text.
        database.set_sans_serif_family("face 0");
        let mut made = Self {
            shaper: FontSystem::new_with_locale_and_db("en".to_owned(), database),
            faces: Vec::new(),
            bundled: 0,
            installed,
            files: HashMap::new(),
            families: HashMap::new(),
            found: HashMap::new(),
            outlines: SwashCache::new(),
            forms: HashMap::new(),
            notes: Vec::new(),
            noted: BTreeSet::new(),
        };
        for info in infos {
            made.add(info);
        }
        made.bundled = made.faces.len();
        made
    }

    /// Notes for the operator that came since the last call: fonts that are not there or cannot be read, letters that no
    /// font has. Each comes once, a text's letters once a text.
    pub fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    /// What is wrong with the name of a font, or a font file's path, if anything: for a check without setting words.
    pub fn problem(&mut self, font: &str) -> Option<String> {
        self.named(font).err()
    }

    /// Reads a font file anew the next time that it is named. What was set before keeps the old font.
    pub fn forget_file(&mut self, path: &Path) {
        self.files.remove(path);
    }

    /// The family name of a font, as people write it.
    pub fn family(&self, face: FaceId) -> &str {
        &self.face(face).family
    }

    #[cfg(test)]
    pub(super) fn has_looked(&self) -> bool {
        matches!(self.installed, Installed::Scanned(_))
    }

    /// A note, unless it has been one before.
    pub(super) fn note(&mut self, note: String) {
        // A show with more wrong texts than this has said enough.
        if self.noted.len() < 10_000 && self.noted.insert(note.clone()) {
            tracing::warn!("{note}");
            self.notes.push(note);
        }
    }

    pub(super) fn face(&self, id: FaceId) -> &FontFace {
        &self.faces[usize::from(id.0)]
    }

    pub(super) fn face_mut(&mut self, id: FaceId) -> &mut FontFace {
        &mut self.faces[usize::from(id.0)]
    }

    pub(super) fn bundled_faces(&self) -> impl Iterator<Item = FaceId> + use<> {
        (0..self.bundled as u16).map(FaceId)
    }

    /// The face that the shaper calls by this number.
    pub(super) fn face_of(&self, id: fontdb::ID) -> Option<FaceId> {
        self.faces.iter().position(|face| face.id == id).map(|index| FaceId(index as u16))
    }

    /// Gives a font a number. None for what has no outlines (pictures of letters) or cannot be parsed.
    fn add(&mut self, mut info: FaceInfo) -> Option<FaceId> {
        let number = u16::try_from(self.faces.len()).ok()?;
        let same = |face: &FontFace| {
            self.shaper.db().face(face.id).is_some_and(|known| {
                known.index == info.index
                    && match (&known.source, &info.source) {
                        (Source::File(a) | Source::SharedFile(a, _), Source::File(b) | Source::SharedFile(b, _)) => {
                            a == b
                        }
                        _ => false,
                    }
            })
        };
        if let Some(known) = self.faces.iter().position(same) {
            return Some(FaceId(known as u16));
        }
        let family = info.families.first().map_or_else(|| info.post_script_name.clone(), |(name, _)| name.clone());
        let name = format!("face {number}");
        info.families = vec![(name.clone(), Language::English_UnitedStates)];
        let own_weight = info.weight;
        let id = self.shaper.db_mut().push_face_info(info);
        let Some(font) = self.shaper.get_font(id, own_weight).filter(|font| has_outlines(&font.as_swash())) else {
            // Its name is for the next.
            self.shaper.db_mut().remove_face(id);
            return None;
        };
        let reference = font.as_swash();
        let axis = reference.variations().find_by_tag(swash::tag_from_bytes(b"wght"));
        let weight = axis.map_or(own_weight, |axis| {
            Weight(f32::from(Weight::BOLD.0).clamp(axis.min_value(), axis.max_value()) as u16)
        });
        let font = self.shaper.get_font(id, weight)?;
        let metrics = font.as_swash().metrics(&[]);
        let units_per_em = f32::from(metrics.units_per_em.max(1));
        let cap_height = metrics.cap_height / units_per_em;
        let cap_height = if (0.3..1.2).contains(&cap_height) { cap_height } else { 0.7 };
        self.faces.push(FontFace { id, name, weight, family, font, cap_height, units_per_em, digits: Vec::new() });
        Some(FaceId(number))
    }

    /// The font of this family name, or of this file. The error is a note for the operator.
    pub(super) fn named(&mut self, font: &str) -> Result<FaceId, String> {
        let path = Path::new(font);
        let is_file = path.components().count() > 1
            || path
                .extension()
                .is_some_and(|kind| ["ttf", "otf", "ttc", "otc"].iter().any(|known| kind.eq_ignore_ascii_case(known)));
        if is_file {
            if let Some(known) = self.files.get(path) {
                return known.clone();
            }
            let read = self.read(path);
            self.files.insert(path.to_owned(), read.clone());
            return read;
        }
        let name = font.trim();
        if let Some(bundled) = self.bundled_faces().find(|face| same_name(&self.face(*face).family, name)) {
            return Ok(bundled);
        }
        if let Some(known) = self.families.get(name) {
            return known.clone();
        }
        let (info, near) = matching(self.installed.database(), name);
        let near = near.map(|near| format!(", did you mean “{near}”?")).unwrap_or_default();
        let missing = || format!("there is no font “{name}” on this machine{near}");
        let face = info.and_then(|info| self.add(info)).ok_or_else(missing);
        self.families.insert(name.to_owned(), face.clone());
        face
    }

    /// A font file's boldest upright face.
    fn read(&mut self, path: &Path) -> Result<FaceId, String> {
        let bytes =
            std::fs::read(path).map_err(|error| format!("{}: the font cannot be read: {error}", path.display()))?;
        // Saved again as it was: whoever uses it already need not set anything anew.
        if let Some(same) = self.faces.iter().position(|face| face.font.data() == bytes) {
            return Ok(FaceId(same as u16));
        }
        let infos = faces_in(Source::Binary(Arc::new(bytes)));
        let best = infos.into_iter().min_by_key(boldness);
        best.and_then(|info| self.add(info)).ok_or_else(|| format!("{}: this is no font with outlines", path.display()))
    }

    /// The system's font for letters of a script that the others lack: one that has all of them, or else the most; with
    /// what it lacks cut away.
    pub(super) fn elsewhere(&mut self, letters: &[char], wanted: FontRequest, script: Script) -> Option<FaceId> {
        let known: Vec<_> = letters.iter().map(|letter| self.found.get(letter).copied()).collect();
        if let Some(Some(face)) = known.first()
            && known.iter().all(|each| *each == Some(*face))
        {
            return *face;
        }
        // No font that has one of them: nobody has to be asked again.
        if known.iter().all(|each| *each == Some(None)) {
            return None;
        }
        let info = self.installed.best_for(letters, wanted, script);
        let face = info.and_then(|info| self.add(info));
        for letter in letters {
            let has = face.filter(|face| self.face(*face).has(*letter));
            let entry = self.found.entry(*letter).or_insert(has);
            *entry = entry.or(has);
        }
        face
    }

    /// The outline of a letterform in ems, y downward, the pen at the origin; curves as the font has them.
    pub fn outline(&mut self, key: GlyphKey) -> Vec<PathCommand> {
        let Some(face) = self.faces.get(usize::from(key.face.0)) else { return Vec::new() };
        // At one pixel a unit: what is rounded to 64ths of a pixel on the way stays whole.
        let (size, pen) = (face.units_per_em, (0.0, 0.0));
        let (cache_key, ..) = CacheKey::new(face.id, key.glyph, size, pen, face.weight, CacheKeyFlags::DISABLE_HINTING);
        let commands = self.outlines.get_outline_commands_uncached(&mut self.shaper, cache_key).unwrap_or_default();
        let outline = commands.iter().map(|command| PathCommand::of(command, 1.0 / size)).collect();
        if key.runs_on == 0 {
            return outline;
        }
        self.form(GlyphKey { runs_on: 0, ..key }).ends.drawn_further(outline, key.runs_on)
    }

    /// What is known of a letterform, looked at once.
    pub(super) fn form(&mut self, key: GlyphKey) -> Form {
        if let Some(known) = self.forms.get(&key) {
            return known.clone();
        }
        let segments = flattened(&self.outline(key), 1e-4);
        let advance = self.face(key.face).advance(key.glyph);
        let form = Form { ink: bounds(&segments), ends: Arc::new(Ends::of(&segments, advance)) };
        self.forms.insert(key, form.clone());
        form
    }
}
