//! A scene: one thing that the wall can do, as a file. See [`Scene`].

use std::path::{Path, PathBuf};

use schemars::{Schema, json_schema};
use toml::de::DeTable;

use super::kinds::{KindWord, SceneKind};
use super::looks::LookTable;
use super::reveal::Reveal;
use millions_base::{Diagnostic, Diagnostics, nearest};
use millions_base::{Disk, Files, Loaded};
use millions_config::{
    EnumValue, Key, KeyVisitor, Optional, Parser, Section, SectionParser, SpannedValue, StringValue, Subsection,
    ValueType, read_file,
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
    /// The file's name without `.toml`: what `--scene` takes.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it does.
    pub kind: SceneKind,
    /// How it looks.
    pub look: Look,
    /// The turn from colour as contributed to the look, if it has one.
    pub reveal: Option<Reveal>,
    /// What lies over it: a scene of words, a chain or a still, with nothing over itself.
    pub over: Option<Box<Self>>,
}

impl Default for Scene {
    fn default() -> Self {
        let kind = SceneKind::Millions(super::Millions::default());
        Self { id: String::new(), name: String::new(), kind, look: Look::default(), reveal: None, over: None }
    }
}

/// The scenes that the program carries: name of the file, text. Which of them have keys, its own show says.
pub const EMBEDDED_SCENES: [(&str, &str); 18] = [
    ("slow", include_str!("../../../scenes/slow.toml")),
    ("multitude", include_str!("../../../scenes/multitude.toml")),
    ("faces", include_str!("../../../scenes/faces.toml")),
    ("march", include_str!("../../../scenes/march.toml")),
    ("reveal", include_str!("../../../scenes/reveal.toml")),
    ("counter", include_str!("../../../scenes/counter.toml")),
    ("columns", include_str!("../../../scenes/columns.toml")),
    ("drift", include_str!("../../../scenes/drift.toml")),
    ("river", include_str!("../../../scenes/river.toml")),
    ("one", include_str!("../../../scenes/one.toml")),
    ("chain", include_str!("../../../scenes/chain.toml")),
    ("title", include_str!("../../../scenes/title.toml")),
    ("band", include_str!("../../../scenes/band.toml")),
    ("tag", include_str!("../../../scenes/tag.toml")),
    ("hashtag", include_str!("../../../scenes/hashtag.toml")),
    ("counted", include_str!("../../../scenes/counted.toml")),
    ("quotes", include_str!("../../../scenes/quotes.toml")),
    ("black", include_str!("../../../scenes/black.toml")),
];

/// What stands in a scene's table, whatever its kind.
#[derive(Clone, Debug)]
pub(super) struct SceneTable {
    name: String,
    word: KindWord,
    kind: SceneKind,
    look: LookTable,
    reveal: Option<Reveal>,
    over: Option<Scene>,
    /// Whether it is read because it lies over another.
    lies_over: bool,
}

impl SceneTable {
    pub fn new(word: KindWord, lies_over: bool) -> Self {
        let (name, look) = (String::new(), LookTable::default());
        Self { name, word, kind: word.usual(), look, reveal: None, over: None, lies_over }
    }
}

impl Section for SceneTable {
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K) {
        keys.key(Key::required("name", "What people call the scene."), &mut self.name, &StringValue);
        keys.key(Key::new("kind", "What the scene does."), &mut self.word, &EnumValue);
        keys.key(
            Key::new("look", "How the wall looks in this scene."),
            &mut self.look,
            &Subsection(LookTable::default()),
        );
        let reveal = "The turn from colour as contributed to the look, and back.";
        keys.key(Key::new("reveal", reveal), &mut self.reveal, &Optional(Subsection(Reveal::default())));
        if !self.lies_over {
            let over = "Another scene that lies over this one, of kind words, chain or still: a name, or a file.";
            keys.key(Key::new("over", over), &mut self.over, &Optional(Over));
        }
        self.kind.keys(keys);
    }

    fn check(&self, file: &mut SectionParser<'_, '_, '_>) {
        self.kind.check(file);
    }
}

/// Collects the names of keys.
struct Names(Vec<&'static str>);

impl KeyVisitor for Names {
    fn key<T>(&mut self, key: Key, _: &mut T, _: &impl ValueType<T>) {
        self.0.push(key.name);
    }
}

fn names(word: KindWord) -> Vec<&'static str> {
    let mut names = Names(Vec::new());
    word.usual().keys(&mut names);
    names.0
}

/// What to say of a key that is unknown to `word`'s scenes, but not to others.
fn of_another_kind(key: &str, word: KindWord) -> Option<String> {
    let owners: Vec<_> =
        KindWord::ALL.into_iter().filter(|other| names(*other).contains(&key)).map(KindWord::name).collect();
    (!owners.is_empty())
        .then(|| format!("`{key}` belongs to {}; this is kind = \"{}\"", owners.join(", "), word.name()))
}

/// The name or file of a scene, as it is laid over another.
struct Over;

/// Whether all but its letters goes dark, so that nothing is seen of what it lies over.
fn is_window(scene: &Scene) -> bool {
    matches!(&scene.kind, SceneKind::Words(words) if words.fill == millions_frame::Fill::Faces)
}

impl ValueType<Scene> for Over {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<Scene> {
        let wanted = StringValue.read(key, spanned, parser)?;
        let scene = scene_named(&wanted, spanned, parser, true)?;
        if is_window(&scene) {
            let message = format!(
                "`{wanted}` is made of faces, with all else dark: what lies over another scene takes fill = \"solid\""
            );
            parser.error(&spanned.span(), message, None);
            return None;
        }
        if !scene.kind.word().may_lie_over() {
            let word = scene.kind.word().name();
            let message = format!("`{wanted}` is of kind {word}: only words, chain and still may lie over another");
            parser.error(&spanned.span(), message, None);
            return None;
        }
        Some(scene)
    }

    fn describe(&self, _: Option<&Scene>) -> Schema {
        let may = |(id, text): &(&'static str, &str)| {
            let scene = Scene::parse(Path::new(id), text).ok()?;
            (scene.kind.word().may_lie_over() && scene.over.is_none() && !is_window(&scene)).then_some(*id)
        };
        name_schema(EMBEDDED_SCENES.iter().filter_map(may).collect())
    }
}

/// Any scene's name, or its file.
pub(super) struct SceneName;

impl ValueType<Scene> for SceneName {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<Scene> {
        let wanted = StringValue.read(key, spanned, parser)?;
        scene_named(&wanted, spanned, parser, false)
    }

    fn describe(&self, _: Option<&Scene>) -> Schema {
        scene_name_schema()
    }
}

/// Names that the program knows, or a file.
fn name_schema(names: Vec<&str>) -> Schema {
    json_schema!({ "anyOf": [{ "enum": names }, { "type": "string", "pattern": "\\.toml$" }] })
}

/// Any scene's name, or a file.
pub(super) fn scene_name_schema() -> Schema {
    name_schema(EMBEDDED_SCENES.iter().map(|(id, _)| *id).collect())
}

/// The scene that a file names: one that the program carries, or a file that ends in .toml. `lies_over`: as it is laid
/// over another.
fn scene_named(wanted: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>, lies_over: bool) -> Option<Scene> {
    if wanted.ends_with(".toml") {
        return parser.named_file(spanned, wanted, |path, files| {
            read_file(path, files, |parser, table| Scene::of(path, lies_over, parser, table)).result
        });
    }
    let Some((id, text)) = EMBEDDED_SCENES.iter().find(|(id, _)| *id == wanted) else {
        let (message, help) = no_such(wanted);
        parser.error(&spanned.span(), message, Some(help));
        return None;
    };
    let path = PathBuf::from(format!("{id}.toml"));
    match Parser::read(&path, text, &Disk, |parser, table| Scene::of(&path, lies_over, parser, table)) {
        Ok(scene) => Some(scene),
        // A test reads them all: what is wrong is that they are to lie over another.
        Err(problems) => {
            let why = problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("; ");
            parser.error(&spanned.span(), format!("`{wanted}` cannot lie over another: {why}"), None);
            None
        }
    }
}

fn no_such(wanted: &str) -> (String, String) {
    let names: Vec<_> = EMBEDDED_SCENES.iter().map(|(id, _)| *id).collect();
    let near = nearest(wanted, names.iter().copied()).map_or_else(String::new, |near| near + " ");
    let help = format!("{near}take one of {}, or the path of a scene file that ends in .toml", names.join(", "));
    (format!("no scene has the name `{wanted}`"), help)
}

impl Scene {
    /// Parses and checks the text of a scene file; what it names is read from the disk.
    ///
    /// # Errors
    /// All that is wrong, and where; an unknown key with the nearest known one.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Diagnostics> {
        Parser::read(path, text, &Disk, |parser, table| Self::of(path, false, parser, table))
    }

    /// Reads a scene file, and those that it names.
    pub fn read(path: &Path, files: &dyn Files) -> Loaded<Self> {
        read_file(path, files, |parser, table| Self::of(path, false, parser, table))
    }

    pub(super) fn of(path: &Path, lies_over: bool, parser: &mut Parser<'_>, table: &DeTable<'_>) -> Option<Self> {
        // The kind says which keys there are, so it is read first; one that is misspelt says nothing of the others.
        let word = match table.get("kind").map(SpannedValue::get_ref) {
            None => Some(KindWord::default()),
            Some(kind) => KindWord::ALL.into_iter().find(|word| kind.as_str() == Some(word.name())),
        };
        let is_known = word.is_some();
        let word = word.unwrap_or_default();
        let scene = parser.table(table, 0..0, SceneTable::new(word, lies_over), is_known, |key| match key {
            "over" => Some("what lies over another scene has nothing over itself: take `over` out".to_owned()),
            key => of_another_kind(key, word),
        })?;
        let SceneTable { name, kind, look, reveal, over, .. } = scene;
        let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Some(Self { id, name, kind, look: look.look, reveal, over: over.map(Box::new) })
    }

    /// The scenes that the program carries.
    ///
    /// # Errors
    /// Never in a released program: a test parses them all.
    pub fn embedded() -> Result<Vec<Self>, Diagnostics> {
        EMBEDDED_SCENES.iter().map(|(id, text)| Self::parse(&PathBuf::from(format!("{id}.toml")), text)).collect()
    }
}

/// Finds a scene by what a person wrote: the path of a file, or the name of one that the program carries.
///
/// # Errors
/// When the file is wrong, or nothing has that name; then the names that there are.
pub fn find_scene(wanted: &str) -> Result<Scene, Diagnostics> {
    let path = Path::new(wanted);
    if wanted.ends_with(".toml") {
        return Scene::read(path, &Disk).result;
    }
    match EMBEDDED_SCENES.iter().find(|(id, _)| *id == wanted) {
        Some((id, text)) => Scene::parse(&PathBuf::from(format!("{id}.toml")), text),
        None => {
            let (message, help) = no_such(wanted);
            Err(Diagnostic { help: Some(help), ..Diagnostic::whole(path, message) }.into())
        }
    }
}

#[cfg(test)]
#[path = "scene_tests.rs"]
mod tests;
