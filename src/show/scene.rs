//! A scene: one thing that the wall can do, as a file. See [`Scene`].

use std::path::{Path, PathBuf};

use schemars::{Schema, json_schema};
use toml::de::DeTable;

use super::kinds::{KindWord, SceneKind};
use super::looks::LookTable;
use super::reading::{
    Disk, Files, Given, Key, Keys, Maybe, OneOf, Read, Reading, Sub, Table, TableReader, Takes, Text, alternatives,
    describe, entitle, read_file,
};
use super::reveal::Reveal;
use crate::problem::{Problem, Problems, nearest};
use crate::tone::Look;

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
    ("slow", include_str!("../../scenes/slow.toml")),
    ("multitude", include_str!("../../scenes/multitude.toml")),
    ("faces", include_str!("../../scenes/faces.toml")),
    ("march", include_str!("../../scenes/march.toml")),
    ("reveal", include_str!("../../scenes/reveal.toml")),
    ("counter", include_str!("../../scenes/counter.toml")),
    ("columns", include_str!("../../scenes/columns.toml")),
    ("drift", include_str!("../../scenes/drift.toml")),
    ("river", include_str!("../../scenes/river.toml")),
    ("one", include_str!("../../scenes/one.toml")),
    ("chain", include_str!("../../scenes/chain.toml")),
    ("title", include_str!("../../scenes/title.toml")),
    ("band", include_str!("../../scenes/band.toml")),
    ("tag", include_str!("../../scenes/tag.toml")),
    ("hashtag", include_str!("../../scenes/hashtag.toml")),
    ("counted", include_str!("../../scenes/counted.toml")),
    ("quotes", include_str!("../../scenes/quotes.toml")),
    ("black", include_str!("../../scenes/black.toml")),
];

/// What stands in a scene's table, whatever its kind.
#[derive(Clone, Debug)]
struct SceneTable {
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
    fn new(word: KindWord, lies_over: bool) -> Self {
        let (name, look) = (String::new(), LookTable::default());
        Self { name, word, kind: word.usual(), look, reveal: None, over: None, lies_over }
    }
}

impl Table for SceneTable {
    fn keys<K: Keys>(&mut self, keys: &mut K) {
        keys.key(Key::required("name", "What people call the scene."), &mut self.name, &Text);
        keys.key(Key::new("kind", "What the scene does."), &mut self.word, &OneOf);
        keys.key(Key::new("look", "How the wall looks in this scene."), &mut self.look, &Sub(LookTable::default()));
        let reveal = "The turn from colour as contributed to the look, and back.";
        keys.key(Key::new("reveal", reveal), &mut self.reveal, &Maybe(Sub(Reveal::default())));
        if !self.lies_over {
            let over = "Another scene that lies over this one, of kind words, chain or still: a name, or a file.";
            keys.key(Key::new("over", over), &mut self.over, &Maybe(Over));
        }
        self.kind.keys(keys);
    }

    fn check(&self, file: &mut TableReader<'_, '_, '_>) {
        self.kind.check(file);
    }
}

/// Collects the names of keys.
struct Names(Vec<&'static str>);

impl Keys for Names {
    fn key<T>(&mut self, key: Key, _: &mut T, _: &impl Takes<T>) {
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

impl Takes<Scene> for Over {
    fn read(&self, key: &str, given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Scene> {
        let wanted = Text.read(key, given, reading)?;
        let scene = scene_named(&wanted, given, reading, true)?;
        if !scene.kind.word().may_lie_over() {
            let word = scene.kind.word().name();
            let message = format!("`{wanted}` is of kind {word}: only words, chain and still may lie over another");
            reading.wrong(&given.span(), message, None);
            return None;
        }
        Some(scene)
    }

    fn describe(&self, _: Option<&Scene>) -> Schema {
        let may = |(id, text): &(&'static str, &str)| {
            let scene = Scene::parse(Path::new(id), text).ok()?;
            (scene.kind.word().may_lie_over() && scene.over.is_none()).then_some(*id)
        };
        name_schema(EMBEDDED_SCENES.iter().filter_map(may).collect())
    }
}

/// Any scene's name, or its file.
pub(super) struct SceneName;

impl Takes<Scene> for SceneName {
    fn read(&self, key: &str, given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Scene> {
        let wanted = Text.read(key, given, reading)?;
        scene_named(&wanted, given, reading, false)
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
fn scene_named(wanted: &str, given: &Given<'_>, reading: &mut Reading<'_>, lies_over: bool) -> Option<Scene> {
    if wanted.ends_with(".toml") {
        return reading.named_file(given, wanted, |path, files| {
            read_file(path, files, |reading, table| Scene::of(path, lies_over, reading, table)).result
        });
    }
    let Some((id, text)) = EMBEDDED_SCENES.iter().find(|(id, _)| *id == wanted) else {
        let (message, advice) = no_such(wanted);
        reading.wrong(&given.span(), message, Some(advice));
        return None;
    };
    let path = PathBuf::from(format!("{id}.toml"));
    match Reading::read(&path, text, &Disk, |reading, table| Scene::of(&path, lies_over, reading, table)) {
        Ok(scene) => Some(scene),
        // A test reads them all: what is wrong is that they are to lie over another.
        Err(problems) => {
            let why = problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("; ");
            reading.wrong(&given.span(), format!("`{wanted}` cannot lie over another: {why}"), None);
            None
        }
    }
}

fn no_such(wanted: &str) -> (String, String) {
    let names: Vec<_> = EMBEDDED_SCENES.iter().map(|(id, _)| *id).collect();
    let near = nearest(wanted, names.iter().copied()).map_or_else(String::new, |near| near + " ");
    let advice = format!("{near}take one of {}, or the path of a scene file that ends in .toml", names.join(", "));
    (format!("no scene has the name `{wanted}`"), advice)
}

impl Scene {
    /// Parses and checks the text of a scene file; what it names is read from the disk.
    ///
    /// # Errors
    /// All that is wrong, and where; an unknown key with the nearest known one.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Problems> {
        Reading::read(path, text, &Disk, |reading, table| Self::of(path, false, reading, table))
    }

    /// Reads a scene file, and those that it names.
    pub fn read(path: &Path, files: &dyn Files) -> Read<Self> {
        read_file(path, files, |reading, table| Self::of(path, false, reading, table))
    }

    pub(super) fn of(path: &Path, lies_over: bool, reading: &mut Reading<'_>, table: &DeTable<'_>) -> Option<Self> {
        // The kind says which keys there are, so it is read first; one that is misspelt says nothing of the others.
        let word = match table.get("kind").map(Given::get_ref) {
            None => Some(KindWord::default()),
            Some(kind) => KindWord::ALL.into_iter().find(|word| kind.as_str() == Some(word.name())),
        };
        let is_known = word.is_some();
        let word = word.unwrap_or_default();
        let scene = reading.table(table, 0..0, SceneTable::new(word, lies_over), is_known, |key| match key {
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
    pub fn embedded() -> Result<Vec<Self>, Problems> {
        EMBEDDED_SCENES.iter().map(|(id, text)| Self::parse(&PathBuf::from(format!("{id}.toml")), text)).collect()
    }
}

/// Finds a scene by what a person wrote: the path of a file, or the name of one that the program carries.
///
/// # Errors
/// When the file is wrong, or nothing has that name; then the names that there are.
pub fn find_scene(wanted: &str) -> Result<Scene, Problems> {
    let path = Path::new(wanted);
    if wanted.ends_with(".toml") {
        return Scene::read(path, &Disk).result;
    }
    match EMBEDDED_SCENES.iter().find(|(id, _)| *id == wanted) {
        Some((id, text)) => Scene::parse(&PathBuf::from(format!("{id}.toml")), text),
        None => {
            let (message, advice) = no_such(wanted);
            Err(Problem { advice: Some(advice), ..Problem::whole(path, message) }.into())
        }
    }
}

/// The JSON Schema of scene files.
#[must_use]
pub fn scene_schema() -> Schema {
    let of_kind = |word: KindWord| {
        let mut schema = describe(SceneTable::new(word, false));
        // Each kind has its own word, and all but the usual one must say it.
        let kind = json_schema!({ "const": word.name(), "description": "What the scene does." });
        if let Some(place) = schema.pointer_mut("/properties/kind") {
            *place = kind.to_value();
        }
        if word != KindWord::default() {
            schema.insert("required".to_owned(), vec!["name", "kind"].into());
        }
        match word {
            KindWord::Still => drop(schema.insert("required".to_owned(), vec!["name", "kind", "file"].into())),
            KindWord::Words => {
                let quotes = json_schema!({
                    "properties": { "source": { "const": "quotes" }, "texts": false }, "required": ["source"],
                });
                let texts = json_schema!({
                    "properties": { "source": { "const": "texts" } }, "required": ["texts"],
                });
                schema.insert("anyOf".to_owned(), alternatives([quotes, texts]).remove("anyOf").unwrap_or_default());
            }
            _ => {}
        }
        schema.insert("title".to_owned(), format!("kind = \"{}\"", word.name()).into());
        schema
    };
    let mut schema = alternatives(KindWord::ALL.map(of_kind));
    entitle(&mut schema, "A scene of the wall", "One thing that the wall can do, of one of six kinds.");
    schema
}

#[cfg(test)]
mod tests {
    use super::super::reading::Memory;
    use super::super::{Words, WordsMotion};
    use super::*;

    fn parse(text: &str) -> Result<Scene, Problems> {
        Scene::parse(Path::new("night.toml"), text)
    }

    /// What is wrong with a text, whole.
    fn wrong(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn every_embedded_scene_parses_and_they_differ() {
        let scenes = Scene::embedded().unwrap();
        for (index, scene) in scenes.iter().enumerate() {
            let is_same =
                |other: &Scene| other.id == scene.id || (&other.kind, &other.over) == (&scene.kind, &scene.over);
            assert!(!scenes[..index].iter().any(is_same), "{}", scene.id);
        }
        assert_eq!(find_scene("slow").unwrap(), scenes[0]);
        let hashtag = find_scene("hashtag").unwrap();
        assert_eq!(hashtag.over.as_deref(), Some(&find_scene("tag").unwrap()));
    }

    #[test]
    fn the_scene_in_the_readme_is_one() {
        let readme = include_str!("../../README.md");
        let example = readme.split("```toml").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let scene = parse(example).unwrap();
        assert_eq!(scene.name, "My wall");
    }

    #[test]
    fn everything_wrong_is_said_at_once_and_at_its_place() {
        let text = wrong(
            "kind = \"millions\"\nrwos = 3\nrows = 0\n  speed = \"fast\"\nvariation = nan\ndirection = \"lft\"\n\
             seed = 1.5\n[look]\ncontrats = 1\n  gamma = -1\ntint = [1, 1]\n[reveal]\nby = 3\n",
        );
        let all = [
            "night.toml:1:1: `name` is missing",
            "night.toml:2:1: unknown key `rwos`\n  |\n2 | rwos = 3\n  | ^\n  did you mean `rows`?",
            "night.toml:3:8: `rows` is 0: take 1 to 256 rows",
            "night.toml:4:11: `speed` is a text: write a number, 0 to 20 cells a second",
            "night.toml:5:13: `variation` is nan: take 0 to 1 of the speed",
            "night.toml:6:13: `direction` is \"lft\": take one of \"alternate\", \"left\", \"right\", \"mixed\"",
            "did you mean `left`?",
            "night.toml:7:8: `seed` is 1.5: take a whole number",
            "night.toml:9:1: unknown key `contrats`",
            "night.toml:10:11: `gamma` is -1: take 0.2 to 5",
            "night.toml:11:8: `tint` has 2 values: write 3 values",
            "night.toml:13:6: `by` is a number: write one of \"tile\", \"wall\"",
        ];
        let mut rest = text.as_str();
        for each in all {
            let at = rest.find(each).unwrap_or_else(|| panic!("{each}\nis not, or not in its place, in\n{text}"));
            rest = &rest[at + each.len()..];
        }
    }

    #[test]
    fn what_is_no_toml_is_said_with_the_rest() {
        let text = wrong("name = \"x\"\nrows = = 3\nspeed = 99\ngap = 0.1.2\n");
        for each in ["night.toml:2:", "night.toml:3:9: `speed` is 99", "night.toml:4:"] {
            assert!(text.contains(each), "{text}");
        }
        assert_eq!(text.matches("night.toml:").count(), 3, "{text}");
    }

    #[test]
    fn a_key_of_another_kind_is_told_from_one_that_there_is_not() {
        let text = wrong("name = \"x\"\nkind = \"chain\"\ntexts = [\"a\"]\nrows = 3\nfoo = 1\n");
        assert!(text.contains("night.toml:3:1: `texts` belongs to words; this is kind = \"chain\""), "{text}");
        assert!(text.contains("`rows` belongs to millions, one, words;"), "{text}");
        assert!(text.contains("unknown key `foo`"), "{text}");
        // Who misspelt the kind need not hear of every key.
        let text = wrong("name = \"x\"\nkind = \"wrods\"\ntexts = [\"a\"]\n");
        assert!(text.contains("did you mean `words`?") && !text.contains("texts"), "{text}");
    }

    #[test]
    fn words_have_the_crowds_keys_beside_their_own() {
        let text =
            "name = \"x\"\nkind = \"words\"\ntexts = [\"a\"]\nmotion = \"crawl\"\npace = 0.5\nspeed = 2\nrows = 3\n";
        let SceneKind::Words(words) = parse(text).unwrap().kind else { panic!() };
        let Words { motion, speed, crowd, .. } = words;
        assert_eq!((motion, speed, crowd.speed, crowd.rows), (WordsMotion::Crawl, 0.5, 2.0, 3));
        assert!(wrong("name = \"x\"\nkind = \"words\"\n").contains("night.toml:1:1: words need `texts`"));
        assert!(parse("name = \"x\"\nkind = \"words\"\nsource = \"quotes\"\n").is_ok());
        let text = wrong("name = \"x\"\nkind = \"words\"\ntexts = [\"a\"]\ntop = 0.5\nheight = 0.6\ndwell = 1\n");
        assert!(text.contains(":5:10: the band ends at 1.10") && text.contains("do not fit into 1 s"), "{text}");
    }

    #[test]
    fn one_scene_lies_over_another_and_none_over_that() {
        let files = Memory::new([
            ("show/a.toml", "name = \"A\"\nover = \"b/words.toml\"\n"),
            ("show/b/words.toml", "name = \"W\"\nkind = \"words\"\ntexts = [\"w\"]\n[look]\nbase = \"../l.toml\"\n"),
            ("show/l.toml", "name = \"L\"\n[look]\ngrain = 0.5\n"),
            ("show/wall.toml", "name = \"X\"\nover = \"slow\"\n"),
            ("show/tower.toml", "name = \"X\"\nover = \"a.toml\"\n"),
            ("show/embedded.toml", "name = \"X\"\nover = \"hashtag\"\n"),
            ("show/none.toml", "name = \"X\"\nover = \"gone.toml\"\n"),
            ("show/self.toml", "name = \"X\"\nover = \"self.toml\"\n"),
            ("show/broken.toml", "name = \"X\"\nrows = 0\nover = \"wrong.toml\"\n"),
            ("show/wrong.toml", "kind = \"chain\"\nheight = 7\n"),
        ]);
        let read = |path: &str| Scene::read(Path::new(path), &files);
        let good = read("show/a.toml");
        let over = good.result.unwrap().over.unwrap();
        assert_eq!((over.name.as_str(), over.look.grain), ("W", 0.5));
        assert_eq!(good.files.len(), 3);
        let wrong = |path: &str| read(path).result.unwrap_err().to_string();
        assert!(wrong("show/wall.toml").contains("wall.toml:2:8: `slow` is of kind millions"));
        assert!(wrong("show/tower.toml").contains("take `over` out"));
        assert!(wrong("show/embedded.toml").contains("`hashtag` cannot lie over another"));
        assert!(wrong("show/none.toml").contains("none.toml:2:8: `gone.toml` is not there"));
        assert_eq!(read("show/none.toml").files.len(), 2, "what is not there may come");
        assert!(wrong("show/self.toml").contains("itself"));
        let text = wrong("show/broken.toml");
        assert!(text.starts_with("show/broken.toml:2:8") && text.contains("show/wrong.toml:2:10"), "{text}");
    }

    #[test]
    fn a_still_needs_its_file_beside_it() {
        let files = Memory::new([
            ("show/still.toml", "name = \"S\"\nkind = \"still\"\nfile = \"frames/a.png\"\n"),
            ("show/frames/a.png", ""),
            ("show/none.toml", "name = \"S\"\nkind = \"still\"\nfile = \"a.png\"\n"),
        ]);
        let still = Scene::read(Path::new("show/still.toml"), &files);
        let SceneKind::Still(scene) = still.result.unwrap().kind else { panic!() };
        assert_eq!(scene.file, Path::new("show/frames/a.png"));
        assert_eq!(still.files[1], scene.file, "a picture that changes is a reason to read again");
        assert!(Scene::read(Path::new("show/none.toml"), &files).result.is_err());
        assert!(wrong("name = \"S\"\nkind = \"still\"\n").contains("`file` is missing"));
    }

    #[test]
    fn a_scene_that_is_not_there_names_those_that_are() {
        assert!(find_scene("fast").unwrap_err().to_string().contains("slow, multitude"));
        assert!(find_scene("nowhere/at-all.toml").unwrap_err().to_string().contains("cannot be read"));
    }
}
