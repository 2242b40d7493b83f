//! Scene files. See [`Scene`].

use std::path::{Path, PathBuf};

use schemars::Schema;
use toml::de::DeTable;

use super::SceneId;
use super::embedded::{self, EmbeddedFile, embedded_files};
use super::kinds::{KindName, SceneKind};
use super::looks::LookSection;
use super::reveal::Reveal;
use millions_base::{Diagnostic, Diagnostics, Disk, Files, Loaded};
use millions_config::{
    Boolean, EnumValue, Key, KeyVisitor, Optional, Parser, Section, SectionParser, SpannedValue, StringValue,
    Subsection, ValueType, read_file,
};
use millions_wall::tone::Look;

/// A scene file, parsed and checked.
///
/// ```toml
/// name = "The slow wall"
/// kind = "millions"
/// rows = 7
/// speed = 0.12
///
/// [look]
/// contrast = 0.3
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Unique within a show.
    pub id: SceneId,
    /// The name to display.
    pub name: String,
    /// What it shows.
    pub kind: SceneKind,
    /// The look.
    pub look: Look,
    /// The transition from colour as contributed to the look, if it has one.
    pub reveal: Option<Reveal>,
    /// Whether it shows newcomers as they enter, where the show has them.
    pub arrivals: bool,
    /// The overlay: a scene of words, a chain or a still, with no overlay of its own.
    pub over: Option<Box<Self>>,
}

impl Default for Scene {
    fn default() -> Self {
        let kind = SceneKind::Millions(super::Millions::default());
        let (id, name) = (SceneId::default(), String::new());
        Self { id, name, kind, look: Look::default(), reveal: None, arrivals: true, over: None }
    }
}

/// The embedded scenes. The embedded show assigns keys to some.
#[rustfmt::skip]
pub const EMBEDDED_SCENES: [EmbeddedFile; 20] = embedded_files!["scenes":
    "slow", "multitude", "faces", "march", "reveal", "counter", "columns", "drift", "river", "one",
    "chain", "title", "band", "tag", "hashtag", "counted", "quotes", "black", "journey", "millions-are-one"
];

/// The root table of a scene file of one kind.
#[derive(Clone, Debug)]
pub(super) struct SceneSection {
    name: String,
    kind_name: KindName,
    kind: SceneKind,
    look: LookSection,
    reveal: Option<Reveal>,
    arrivals: bool,
    over: Option<Scene>,
    /// Whether it is an overlay, which has none itself.
    is_overlay: bool,
}

impl SceneSection {
    pub fn new(kind_name: KindName, is_overlay: bool) -> Self {
        let (name, look) = (String::new(), LookSection::default());
        Self { name, kind: kind_name.defaults(), kind_name, look, reveal: None, arrivals: true, over: None, is_overlay }
    }
}

impl Section for SceneSection {
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K) {
        keys.key(Key::required("name", "The scene's name to display."), &mut self.name, &StringValue);
        keys.key(Key::new("kind", "The kind of scene."), &mut self.kind_name, &EnumValue);
        keys.key(
            Key::new("look", "The look of the wall in this scene."),
            &mut self.look,
            &Subsection(LookSection::default()),
        );
        let reveal = "The turn from colour as contributed to the look, and back.";
        keys.key(Key::new("reveal", reveal), &mut self.reveal, &Optional(Subsection(Reveal::default())));
        if !self.is_overlay {
            let arrivals = "Whether newcomers enter large in this scene, where the show has `[arrivals]`.";
            keys.key(Key::new("arrivals", arrivals), &mut self.arrivals, &Boolean);
            let over = "Another scene that lies over this one, of kind words, chain or still: a name, or a file.";
            keys.key(Key::new("over", over), &mut self.over, &Optional(Overlay));
        }
        self.kind.keys(keys);
    }

    fn check(&self, file: &mut SectionParser<'_, '_, '_>) {
        self.kind.check(file);
    }
}

/// A visitor that collects the names of keys.
struct KeyNames(Vec<&'static str>);

impl KeyVisitor for KeyNames {
    fn key<T>(&mut self, key: Key, _: &mut T, _: &impl ValueType<T>) {
        self.0.push(key.name);
    }
}

fn key_names(kind: KindName) -> Vec<&'static str> {
    let mut names = KeyNames(Vec::new());
    kind.defaults().keys(&mut names);
    names.0
}

/// Returns the message for a key that only scenes of other kinds have; none if no kind has it.
fn other_kind_error(key: &str, kind: KindName) -> Option<String> {
    let owners: Vec<_> =
        KindName::ALL.into_iter().filter(|other| key_names(*other).contains(&key)).map(KindName::name).collect();
    (!owners.is_empty())
        .then(|| format!("`{key}` belongs to {}; this is kind = \"{}\"", owners.join(", "), kind.name()))
}

/// The value type of an overlay: the id of an embedded scene, or a file.
struct Overlay;

/// Returns whether a scene is words filled with faces, which mask out everything outside the letters and so cannot be
/// an overlay.
fn is_filled_with_faces(scene: &Scene) -> bool {
    matches!(&scene.kind, SceneKind::Words(words) if words.fill == millions_frame::Fill::Faces)
}

impl ValueType<Scene> for Overlay {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<Scene> {
        let wanted = StringValue.read(key, spanned, parser)?;
        let SceneFile { scene, .. } = scene_named(&wanted, spanned, parser, true)?;
        if is_filled_with_faces(&scene) {
            let message = format!(
                "`{wanted}` is made of faces, with all else dark: what lies over another scene takes fill = \"solid\""
            );
            return parser.reject(spanned, message, None);
        }
        if !scene.kind.name().is_overlay() {
            let kind = scene.kind.name().name();
            let message = format!("`{wanted}` is of kind {kind}: only words, chain and still may lie over another");
            return parser.reject(spanned, message, None);
        }
        Some(scene)
    }

    fn describe(&self, _: Option<&Scene>) -> Schema {
        let overlay = |EmbeddedFile { id, text }: &EmbeddedFile| {
            let scene = Scene::parse(Path::new(id), text).ok()?;
            (scene.kind.name().is_overlay() && scene.over.is_none() && !is_filled_with_faces(&scene)).then_some(*id)
        };
        embedded::id_schema(EMBEDDED_SCENES.iter().filter_map(overlay).collect())
    }
}

/// A scene, and where it was read.
#[derive(Clone, Debug)]
pub(super) struct SceneFile {
    pub scene: Scene,
    /// None of an embedded scene.
    pub path: Option<PathBuf>,
}

/// The value type of a scene: the id of an embedded one, or a file.
pub(super) struct SceneName;

impl ValueType<SceneFile> for SceneName {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<SceneFile> {
        let wanted = StringValue.read(key, spanned, parser)?;
        scene_named(&wanted, spanned, parser, false)
    }

    fn describe(&self, _: Option<&SceneFile>) -> Schema {
        embedded::id_schema(EMBEDDED_SCENES.iter().map(|file| file.id).collect())
    }
}

/// Reads the scene that a file names: an embedded one by its id, or a file that ends in .toml; as an overlay or not.
fn scene_named(
    wanted: &str,
    spanned: &SpannedValue<'_>,
    parser: &mut Parser<'_>,
    is_overlay: bool,
) -> Option<SceneFile> {
    if wanted.ends_with(".toml") {
        return parser.named_file(spanned, wanted, |path, files| {
            let read = read_file(path, files, |parser, table| Scene::of(path, is_overlay, parser, table));
            read.result.map(|scene| SceneFile { scene, path: Some(path.to_owned()) })
        });
    }
    let (path, text) = match embedded::find("scene", wanted, &EMBEDDED_SCENES) {
        Ok(found) => found,
        Err(Diagnostic { message, help, .. }) => return parser.reject(spanned, message, help),
    };
    match Parser::read(&path, text, &Disk, |parser, table| Scene::of(&path, is_overlay, parser, table)) {
        Ok(scene) => Some(SceneFile { scene, path: None }),
        // Embedded scenes are valid, but not all of them as overlays.
        Err(diagnostics) => {
            let why = diagnostics.iter().map(|diagnostic| diagnostic.message.as_str()).collect::<Vec<_>>().join("; ");
            parser.reject(spanned, format!("`{wanted}` cannot lie over another: {why}"), None)
        }
    }
}

impl Scene {
    /// Parses and checks the text of a scene file; files that it names are read from the disk.
    ///
    /// # Errors
    /// All diagnostics of it and of those files.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Diagnostics> {
        Parser::read(path, text, &Disk, |parser, table| Self::of(path, false, parser, table))
    }

    /// Reads a scene file, and the files that it names.
    pub fn read(path: &Path, files: &dyn Files) -> Loaded<Self> {
        read_file(path, files, |parser, table| Self::of(path, false, parser, table))
    }

    pub(super) fn of(path: &Path, is_overlay: bool, parser: &mut Parser<'_>, table: &DeTable<'_>) -> Option<Self> {
        // The kind determines the keys, so it is parsed first; with an unknown kind, no key is refused.
        let kind_name = match table.get("kind").map(SpannedValue::get_ref) {
            None => Some(KindName::default()),
            Some(kind) => KindName::ALL.into_iter().find(|name| kind.as_str() == Some(name.name())),
        };
        let is_known = kind_name.is_some();
        let kind_name = kind_name.unwrap_or_default();
        let section = SceneSection::new(kind_name, is_overlay);
        let scene = parser.table(table, 0..0, section, is_known, |key| match key {
            "arrivals" => Some("what lies over another scene has no arrivals: take `arrivals` out".to_owned()),
            "over" => Some("what lies over another scene has nothing over itself: take `over` out".to_owned()),
            key => other_kind_error(key, kind_name),
        })?;
        let SceneSection { name, kind, look, reveal, arrivals, over, .. } = scene;
        let over = over.map(Box::new);
        Some(Self { id: embedded::id_of(path), name, kind, look: look.look, reveal, arrivals, over })
    }

    /// Returns the embedded scenes.
    ///
    /// # Errors
    /// Never in a released program: a test parses them all.
    pub fn embedded() -> Result<Vec<Self>, Diagnostics> {
        embedded::parse_all(&EMBEDDED_SCENES, Self::parse)
    }
}

/// Finds a scene by the path of a file or the id of an embedded one.
///
/// # Errors
/// The diagnostics of the file, or of an unknown id.
pub fn find_scene(wanted: &str) -> Result<Scene, Diagnostics> {
    if wanted.ends_with(".toml") {
        return Scene::read(Path::new(wanted), &Disk).result;
    }
    let (path, text) = embedded::find("scene", wanted, &EMBEDDED_SCENES)?;
    Scene::parse(&path, text)
}

#[cfg(test)]
#[path = "scene_tests.rs"]
mod tests;
