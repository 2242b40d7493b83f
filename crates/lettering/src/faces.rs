//! The loaded fonts and their glyphs. See [`Fonts`].

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cosmic_text::fontdb::{self, Database, FaceInfo, Language, Source};
use cosmic_text::{
    Attrs, CacheKey, CacheKeyFlags, Family, FeatureTag, Font, FontFeatures, FontSystem, SwashCache, Weight,
};
use swash::text::{Codepoint as _, Script};

use super::installed::{HanForms, Installed, boldness, faces_in, has_outlines, matching, same_name};
use super::itemize::itemize;
use super::layout::Bounds;
use super::missing::MissingLetters;
use super::outline::{PathCommand, bounds, flatten};
use super::overlap::JoinEdges;
use crate::fonts;
use millions_base::catch_panic;

/// The most bytes of a font file: the largest in use have 110 MB.
const MOST_BYTES: u64 = 256 << 20;

/// The number of a font in one [`Fonts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FaceId(pub(super) u16);

/// A glyph of a font; valid in one [`Fonts`] only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GlyphKey {
    /// The font.
    pub face: FaceId,
    /// The glyph's number in the font.
    pub glyph: u16,
    /// Which of its join edges, such as the headline of Devanagari, are extended into a connected glyph, so that no seam
    /// shows. A bit each; 0 for the glyph as the font has it.
    pub extended_edges: u8,
}

/// Cached properties of a glyph.
#[derive(Clone, Debug, Default)]
pub(super) struct GlyphInfo {
    /// Bounds of the ink, in ems from the origin, y downward; none for a space.
    pub(super) ink: Option<Bounds>,
    /// The edges at which it may be connected to others.
    pub(super) join_edges: Arc<JoinEdges>,
}

/// A loaded font.
pub(super) struct FontFace {
    id: fontdb::ID,
    /// The unique name that it is registered with in the shaper.
    name: String,
    weight: Weight,
    /// The family name.
    pub(super) family: String,
    pub(super) font: Arc<Font>,
    /// Cap height, in ems.
    pub(super) cap_height: f32,
    units_per_em: f32,
    /// Cached common advances of decimal digit sets, in ems, by the set's zero.
    pub(super) digits: Vec<(u32, f32)>,
}

impl FontFace {
    pub(super) fn has(&self, letter: char) -> bool {
        self.font.as_swash().charmap().map(letter) != 0
    }

    /// Returns a glyph's advance, in ems.
    fn advance(&self, glyph: u16) -> f32 {
        let font = self.font.as_swash();
        let weight = (swash::tag_from_bytes(b"wght"), f32::from(self.weight.0));
        let coordinates: Vec<_> = font.variations().normalized_coords([weight]).collect();
        font.glyph_metrics(&coordinates).advance_width(glyph) / self.units_per_em
    }

    /// Returns the shaper's attributes for this font.
    pub(super) fn attrs(&self) -> Attrs<'_> {
        let mut features = FontFeatures::new();
        // Tabular digits, so that a counter does not jitter; fonts without them ignore the feature.
        features.enable(FeatureTag::new(b"tnum"));
        Attrs::new().family(Family::Name(&self.name)).weight(self.weight).font_features(features)
    }
}

/// The fonts for typesetting: named ones, bundled ones, and installed ones as the fallback.
///
/// The installed fonts are scanned (which can take a second) when a text has a character that the others lack, or names a
/// family that is not bundled; not before.
///
/// A bad font is never an error, for text in another font is better than none: see [`Fonts::take_notes`].
pub struct Fonts {
    pub(super) shaper: FontSystem,
    faces: Vec<FontFace>,
    /// Number of bundled faces, which are the first.
    bundled: usize,
    installed: Installed,
    files: HashMap<PathBuf, Result<FaceId, String>>,
    families: HashMap<String, Result<FaceId, String>>,
    /// Those that a parser panicked at: another takes their place.
    damaged: HashSet<FaceId>,
    /// Installed fonts for the characters that the others lack.
    fallbacks: HashMap<char, Option<FaceId>>,
    outlines: SwashCache,
    glyphs: HashMap<GlyphKey, GlyphInfo>,
    notes: Vec<String>,
    noted: BTreeSet<String>,
}

impl Default for Fonts {
    fn default() -> Self {
        Self::new()
    }
}

impl Fonts {
    /// Loads the bundled fonts; the system's are scanned when they are needed.
    pub fn new() -> Self {
        Self::with(Installed::System)
    }

    /// Loads the bundled fonts, for use without installed ones: the same on every machine.
    pub fn bundled() -> Self {
        Self::with(Installed::None)
    }

    /// Loads the bundled fonts, with those in a folder and its subfolders in place of the system's.
    pub fn with_folder(folder: &Path) -> Self {
        Self::with(Installed::Folder(folder.to_owned()))
    }

    fn with(installed: Installed) -> Self {
        let mut database = Database::new();
        let mut infos = Vec::new();
        for bytes in fonts::DISPLAY {
            infos.extend(faces_in(Source::Binary(Arc::new(bytes))));
        }
        // The shaper requires a default font even for an empty text.
        database.set_sans_serif_family("face 0");
        let mut made = Self {
            shaper: FontSystem::new_with_locale_and_db("en".to_owned(), database),
            faces: Vec::new(),
            bundled: 0,
            installed,
            files: HashMap::new(),
            families: HashMap::new(),
            damaged: HashSet::new(),
            fallbacks: HashMap::new(),
            outlines: SwashCache::new(),
            glyphs: HashMap::new(),
            notes: Vec::new(),
            noted: BTreeSet::new(),
        };
        for info in infos {
            made.add(info);
        }
        made.bundled = made.faces.len();
        made
    }

    /// Returns the notes for the operator since the last call: fonts that are missing or unreadable, characters that no font
    /// has. Each is returned once.
    pub fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    /// Checks the name of a font or the path of a font file; returns what is wrong with it, if anything.
    pub fn check(&mut self, font: &str) -> Option<String> {
        self.named(font).err()
    }

    /// Runs what sets a text in a font. Parsers of fonts panic at some damaged ones: such a font is told, and the text is set without it.
    pub(super) fn guarded<T>(&mut self, font: Option<&str>, mut work: impl FnMut(&mut Self) -> T) -> T {
        loop {
            let panic = match catch_panic(|| work(self)) {
                Ok(done) => return done,
                Err(panic) => panic,
            };
            let named = font.and_then(|font| self.named(font).ok()).filter(|face| !self.is_bundled(*face));
            // The one that was asked for; else those that stood in for it.
            let suspects: Vec<FaceId> = match named {
                Some(named) => vec![named],
                None => (self.bundled..self.faces.len()).map(|face| FaceId(face as u16)).collect(),
            };
            if suspects.iter().all(|face| self.damaged.contains(face)) {
                panic!("{panic}");
            }
            for face in suspects {
                self.give_up(face, font);
            }
        }
    }

    const fn is_bundled(&self, face: FaceId) -> bool {
        (face.0 as usize) < self.bundled
    }

    /// Leaves a damaged font out from now on.
    pub(super) fn give_up(&mut self, face: FaceId, font: Option<&str>) {
        if !self.damaged.insert(face) {
            return;
        }
        self.fallbacks.clear();
        self.glyphs.retain(|key, _| key.face != face);
        let family = &self.face(face).family;
        self.note(font.map_or_else(|| damage(family), damage));
    }

    /// Drops a font file from the cache, so that its next use reads it again. Existing layouts keep the old font.
    pub fn forget_file(&mut self, path: &Path) {
        self.files.remove(path);
    }

    /// Returns the family name of a font.
    pub fn family(&self, face: FaceId) -> &str {
        &self.face(face).family
    }

    #[cfg(test)]
    pub(super) fn has_scanned(&self) -> bool {
        matches!(self.installed, Installed::Scanned(_))
    }

    /// Adds a note, unless it has been added before.
    pub(super) fn note(&mut self, note: String) {
        // A bound on memory for shows with very many faulty texts.
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

    /// Returns the bundled faces in the order in which they are asked for letters: those of Han characters in these forms first.
    pub(super) fn bundled_in_order(&self, forms: HanForms) -> Vec<FaceId> {
        let suffixes = forms.suffixes();
        let rank = |face: &FaceId| {
            let family = self.family(*face);
            let place = suffixes.iter().position(|suffix| family.ends_with(suffix));
            place.map_or(0, |place| place + 1)
        };
        let mut faces: Vec<FaceId> = self.bundled_faces().collect();
        faces.sort_by_key(rank);
        faces
    }

    /// Returns the forms of Han characters without kana and hangul beside them: those whose bundled font has the most of
    /// them; simplified where that is no difference.
    pub(super) fn chinese_forms(&self, text: &str, others: &str) -> HanForms {
        let han: Vec<char> = text.chars().chain(others.chars()).filter(|c| c.script() == Script::Han).collect();
        let lacking = |forms: HanForms| {
            let face = self.bundled_faces().find(|face| self.family(*face).ends_with(forms.suffixes()[0]));
            face.map_or(usize::MAX, |face| han.iter().filter(|c| !self.face(face).has(**c)).count())
        };
        let all = [HanForms::Simplified, HanForms::Traditional, HanForms::Japanese];
        if han.is_empty() {
            HanForms::default()
        } else {
            all.into_iter().min_by_key(|forms| lacking(*forms)).unwrap_or_default()
        }
    }

    /// Returns the letters of a text that no font has: not the named one, nor the program's, nor the machine's.
    pub fn missing(&mut self, text: &str, font: Option<&str>) -> MissingLetters {
        self.guarded(font, |fonts| itemize(fonts, text, font).missing)
    }

    /// Finds the face with an id of the shaper.
    pub(super) fn face_of(&self, id: fontdb::ID) -> Option<FaceId> {
        self.faces.iter().position(|face| face.id == id).map(|index| FaceId(index as u16))
    }

    /// Loads a font, or finds it among those loaded. None for one without outlines or that cannot be parsed.
    fn add(&mut self, info: FaceInfo) -> Option<FaceId> {
        catch_panic(|| self.load(info)).ok()?.filter(|face| !self.damaged.contains(face))
    }

    fn load(&mut self, mut info: FaceInfo) -> Option<FaceId> {
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
            // Its name is free for the next.
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

    /// Returns the font of a family name or a file. The error is a note for the operator.
    pub(super) fn named(&mut self, font: &str) -> Result<FaceId, String> {
        let face = self.find(font)?;
        if self.damaged.contains(&face) { Err(damage(font)) } else { Ok(face) }
    }

    fn find(&mut self, font: &str) -> Result<FaceId, String> {
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

    /// Reads a font file's face that is nearest to bold and upright.
    fn read(&mut self, path: &Path) -> Result<FaceId, String> {
        let unread = |why: &dyn std::fmt::Display| format!("{}: the font cannot be read: {why}", path.display());
        let about = std::fs::metadata(path).map_err(|error| unread(&error))?;
        if !about.is_file() || about.len() > MOST_BYTES {
            return Err(unread(&"it is no file of at most 256 MB"));
        }
        let bytes = std::fs::read(path).map_err(|error| unread(&error))?;
        // Saved again without a change: keeps its number, so that layouts stay valid.
        if let Some(same) = self.faces.iter().position(|face| face.font.data() == bytes) {
            return Ok(FaceId(same as u16));
        }
        let infos = faces_in(Source::Binary(Arc::new(bytes)));
        let best = infos.into_iter().min_by_key(boldness);
        best.and_then(|info| self.add(info)).ok_or_else(|| format!("{}: this is no font with outlines", path.display()))
    }

    /// Finds an installed font for characters of a script that the others lack: one that has all of them, or else the most.
    pub(super) fn fallback_for(&mut self, letters: &[char], forms: HanForms, script: Script) -> Option<FaceId> {
        let known: Vec<_> = letters.iter().map(|letter| self.fallbacks.get(letter).copied()).collect();
        if let Some(Some(face)) = known.first()
            && known.iter().all(|each| *each == Some(*face))
        {
            return *face;
        }
        // Known to be in no font.
        if known.iter().all(|each| *each == Some(None)) {
            return None;
        }
        let info = self.installed.best_for(letters, forms, script);
        let face = info.and_then(|info| self.add(info));
        for letter in letters {
            let has = face.filter(|face| self.face(*face).has(*letter));
            let entry = self.fallbacks.entry(*letter).or_insert(has);
            *entry = entry.or(has);
        }
        face
    }

    /// Returns the outline of a glyph in ems, y downward, with the font's curves.
    pub fn outline(&mut self, key: GlyphKey) -> Vec<PathCommand> {
        let Some(face) = self.faces.get(usize::from(key.face.0)) else { return Vec::new() };
        // At one pixel a unit, so that the rounding to 64ths of a pixel on the way is exact.
        let (size, pen) = (face.units_per_em, (0.0, 0.0));
        let (cache_key, ..) = CacheKey::new(face.id, key.glyph, size, pen, face.weight, CacheKeyFlags::DISABLE_HINTING);
        let commands = self.outlines.get_outline_commands_uncached(&mut self.shaper, cache_key).unwrap_or_default();
        let outline = commands.iter().map(|command| PathCommand::new(command, 1.0 / size)).collect();
        if key.extended_edges == 0 {
            return outline;
        }
        self.glyph_info(GlyphKey { extended_edges: 0, ..key }).join_edges.extend(outline, key.extended_edges)
    }

    /// Returns the cached properties of a glyph.
    pub(super) fn glyph_info(&mut self, key: GlyphKey) -> GlyphInfo {
        if let Some(known) = self.glyphs.get(&key) {
            return known.clone();
        }
        let segments = flatten(&self.outline(key), 1e-4);
        let advance = self.face(key.face).advance(key.glyph);
        let info = GlyphInfo { ink: bounds(&segments), join_edges: Arc::new(JoinEdges::find(&segments, advance)) };
        self.glyphs.insert(key, info.clone());
        info
    }
}

/// The note about a font that a parser panicked at.
fn damage(font: &str) -> String {
    format!("{font}: the font is damaged, and another takes its place")
}
