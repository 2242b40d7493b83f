//! Files that people write, as readers and as editors have them: both by the same declarations, and neither ever falls over.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use millions_base::Diagnostics;
use millions_base::{Files, Loaded};
use millions_show::{
    AnyFile, EMBEDDED_LOOKS, EMBEDDED_SCENES, EMBEDDED_SHOW, NamedLook, Scene, Show, look_schema, scene_schema,
    show_schema,
};
use millions_stage::{Stage, stage_schema, stage_text};
use proptest::prelude::*;
use toml::{Table, Value};

/// A show with every key.
const VIGIL: &str = include_str!("../fixtures/show.toml");

/// Stages: one with every key, and one with the fewest.
const STAGES: [&str; 2] =
    [include_str!("../fixtures/stage/full.toml"), "[[outputs]]\nname = \"all\"\n[[surfaces]]\nname = \"all\"\n"];

/// Scenes of each kind that say all that there is to say.
const SCENES: [&str; 5] = [
    r#"
name = "Wall"
kind = "millions"
rows = 9
everybody = true
flow = "columns"
speed = 0.2
variation = 0.5
direction = "mixed"
gap = 0.02
depth = 2
drift = -0.1
stagger = 0.5
seed = 7
over = "tag"
[look]
base = "silver"
mix = [0.3, 0.6, 0.1]
tint = [1.0, 0.97, 0.92]
contrast = 0.3
dots = 56
[reveal]
contributed = 6.0
turn = 8
together = 30.0
by = "wall"
[view]
from = 1.15
to = 0
travel = 40
rest = 6.0
ease = 5
then = "on"
breathe = 0.05
breath = 12
"#,
    "name = \"One\"\nkind = \"one\"\ntravel = 2\nstay = 9\ndim = 0.2\nside = \"left\"\ncaption = false\n\
     rows = 5\nspeed = 1\n",
    "name = \"Chain\"\nkind = \"chain\"\nheight = 0.5\nground = 0.1\nspeed = 1\ndirection = \"right\"\n\
     overlap = 0.1\nsway = 0.01\ncount = false\nseed = 3\n",
    "name = \"Words\"\nkind = \"words\"\ntexts = [\"a\", \"{people}\"]\nfill = \"solid\"\n\
     motion = \"crawl\"\ntop = 0.1\nheight = 0.5\npace = 1\nfont = \"Noto Sans\"\nrows = 20\n",
    "name = \"Still\"\nkind = \"still\"\nfile = \"picture.png\"\nfit = \"contain\"\nfps = 12.5\n",
];

/// A folder in memory.
struct Memory(BTreeMap<PathBuf, String>);

impl Memory {
    /// `text` as `name`, and what the show and the scenes name.
    fn with(name: &str, text: &str) -> Self {
        let files = [
            ("looks/ours.toml", "name = \"Ours\"\n[look]\ngrain = 0.5\n"),
            ("scenes/ours.toml", "name = \"Our wall\"\nrows = 3\n"),
            ("wall.toml", "name = \"Our wall\"\nrows = 3\n"),
            ("glow.wgsl", ""),
            ("picture.png", ""),
            ("windows.png", ""),
            ("rain.toml", ""),
            ("doors.svg", include_str!("../fixtures/stage/doors.svg")),
            (name, text),
        ];
        Self(files.map(|(path, text)| (PathBuf::from(path), text.to_owned())).into())
    }
}

impl Files for Memory {
    fn read(&self, path: &Path) -> io::Result<String> {
        self.0.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn is_there(&self, path: &Path) -> bool {
        self.0.contains_key(path)
    }
}

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Scene,
    Look,
    Show,
    Stage,
}

const NAME: &str = "file.toml";

impl Kind {
    fn read(self, text: &str) -> Result<(), Diagnostics> {
        let (path, files) = (Path::new(NAME), Memory::with(NAME, text));
        match self {
            Self::Scene => Scene::read(path, &files).result.map(drop),
            Self::Look => NamedLook::read(path, &files).result.map(drop),
            Self::Show => Show::read(path, &files).result.map(drop),
            Self::Stage => Stage::read(path, &files).result.map(drop),
        }
    }

    fn validator(self) -> Validator {
        let schema = match self {
            Self::Scene => scene_schema(),
            Self::Look => look_schema(),
            Self::Show => show_schema(),
            Self::Stage => stage_schema(),
        };
        jsonschema::options().should_validate_formats(true).build(schema.as_value()).unwrap()
    }
}

thread_local! {
    static VALIDATORS: [Validator; 4] = [Kind::Scene, Kind::Look, Kind::Show, Kind::Stage].map(Kind::validator);
}

/// What the schema finds wrong; none where that is nothing, or the text is no TOML.
fn refused(kind: Kind, text: &str) -> Option<String> {
    let json = serde_json::to_value(toml::from_str::<Table>(text).ok()?).unwrap();
    VALIDATORS.with(|validators| {
        let all: Vec<_> = validators[kind as usize].iter_errors(&json).map(|error| error.to_string()).collect();
        (!all.is_empty()).then(|| all.join("\n"))
    })
}

/// All that is right: kind and text.
fn right() -> Vec<(Kind, &'static str)> {
    let scenes = EMBEDDED_SCENES.iter().map(|file| file.text).chain(SCENES).map(|text| (Kind::Scene, text));
    let looks = EMBEDDED_LOOKS.iter().map(|file| (Kind::Look, file.text));
    let stages = STAGES.map(|text| (Kind::Stage, text));
    scenes.chain(looks).chain([(Kind::Show, EMBEDDED_SHOW), (Kind::Show, VIGIL)]).chain(stages).collect()
}

#[test]
fn what_is_right_is_right_to_both() {
    for (kind, text) in right() {
        assert_eq!(kind.read(text), Ok(()), "{text}");
        assert_eq!(refused(kind, text), None, "{text}");
    }
}

#[test]
fn what_is_wrong_is_wrong_to_both() {
    let scene = |rest: &str| (Kind::Scene, format!("name = \"x\"\n{rest}"));
    let show = |rest: &str| (Kind::Show, format!("name = \"x\"\n[keys]\n1 = \"slow\"\n{rest}"));
    let opening = |rest: &str| show(&format!("[schedule]\ntimezone = \"UTC\"\n[[schedule.open]]\n{rest}"));
    let output = |rest: &str| (Kind::Stage, format!("[[outputs]]\nname = \"x\"\n{rest}"));
    let surface = |rest: &str| output(&format!("[[surfaces]]\nname = \"s\"\n{rest}"));
    let mask = |rest: &str| surface(&format!("[[surfaces.masks]]\n{rest}"));
    let wrong = [
        (Kind::Stage, String::new()),
        (Kind::Stage, "outputs = []".to_owned()),
        (Kind::Stage, "[[outputs]]\nsize = [1, 1]".to_owned()),
        (Kind::Stage, "aspect = 0\n[[outputs]]\nname = \"x\"".to_owned()),
        output("size = [0, 1]"),
        output("size = [1920.5, 1080]"),
        output("rotation = 45"),
        output("flip = \"both\""),
        output("delay = 31"),
        output("gain = [0, 1, 1]"),
        output("blend = { curve = 0 }"),
        output("black_level = 0.1"),
        output("monitor = \"HDMI-1\""),
        output("[[presets]]\nkey = \"5\"\nfile = \"wall.toml\""),
        output("[[presets]]\nkey = \"f1\"\nfile = \"wall\""),
        surface("part = [0, 0, 1]"),
        surface("part = [0, 0, 1, 2]"),
        surface("corners = [[0, 0], [1, 0], [1, 1]]"),
        surface("bend = { degrees = 4 }"),
        surface("bend = { degrees = -176 }"),
        surface("mesh = { columns = 1 }"),
        surface("mesh = { columns = 1, rows = 65 }"),
        surface("shape = \"star\""),
        surface("polygon = [[0, 0], [1, 1]]"),
        mask(""),
        mask("points = [[0, 0], [1, 1]]"),
        mask("points = [[0, 0], [1, 1], [1, 0, 1, 0]]"),
        mask("points = [[0, 0], [1, 1], [11, 0]]"),
        mask("picture = \"picture.jpg\""),
        mask("picture = \"picture.png\"\nsvg = \"doors.svg\""),
        (Kind::Scene, String::new()),
        (Kind::Scene, "name = 7".to_owned()),
        (Kind::Scene, "name = \"\"".to_owned()),
        scene("rwos = 3"),
        scene("rows = 0"),
        scene("rows = 1025"),
        scene("rows = 2.5"),
        scene("rows = \"many\""),
        scene("seed = -1"),
        scene("speed = nan"),
        scene("kind = \"wrods\""),
        scene("kind = 3"),
        scene("direction = \"up\""),
        scene("kind = \"chain\"\nrows = 3"),
        scene("kind = \"black\"\nspeed = 3"),
        scene("texts = [\"a\"]"),
        scene("kind = \"words\""),
        scene("kind = \"words\"\ntexts = []"),
        scene("kind = \"words\"\ntexts = [\"\"]"),
        scene("kind = \"words\"\ntexts = [\"a\", 3]"),
        scene("kind = \"still\""),
        scene("kind = \"one\"\ncaption = \"yes\""),
        scene("over = \"titel\""),
        scene("over = \"slow\""),
        scene("[look]\nbase = \"sliver\""),
        scene("[look]\ngamma = 9"),
        scene("[look]\nmix = [1, 2]"),
        scene("[look]\ntint = [1, 2, 0]"),
        scene("[reveal]\nby = \"row\""),
        scene("[reveal]\nturn = -1"),
        scene("everybody = 1"),
        scene("[view]\nto = -1"),
        scene("[view]\nthen = \"back\""),
        scene("[view]\nbreathe = 0.6"),
        (Kind::Look, "[look]\ngrain = 0.1".to_owned()),
        (Kind::Look, "name = \"x\"\nrows = 3".to_owned()),
        (Kind::Look, "name = \"x\"\n[look]\ngrain = 2".to_owned()),
        show("10 = \"slow\""),
        show("2 = \"slwo\""),
        show("2 = { name = \"x\" }"),
        show("2 = { scene = \"slow\", dwell = 3 }"),
        show("[transition]\nkind = \"wipe\""),
        show("[transition]\nsecs = -1"),
        show("[playlist]"),
        show("[playlist]\nentries = []"),
        show("[playlist]\nentries = [3]"),
        show("[playlist]\nentries = [{ scene = \"slow\", dwell = 0 }]"),
        show("[schedule]\ntimezone = \"UTC\""),
        opening("from = \"18:00\""),
        opening("from = \"18:00\"\nto = \"25:00\""),
        opening("from = 18:00\nto = \"19:00\""),
        opening("from = \"sunset+13h\"\nto = \"19:00\""),
        opening("from = \"18:00\"\nto = \"19:00\"\ndays = [\"someday\"]"),
        opening("from = \"18:00\"\nto = \"19:00\"\ndays = []"),
        show(
            "[schedule]\ntimezone = \"UTC\"\nplace = { latitude = 91, longitude = 0 }\n\
             open = [{ from = \"01:00\", to = \"02:00\" }]",
        ),
        show("[keymap]\nblakout = \"x\""),
        show("[keymap]\nblackout = \"1\""),
        show("[keymap]\nblackout = \"xy\""),
        show("[[commands]]\nkey = \"f5\""),
        show("[[commands]]\nkey = \"5\"\nsend = \"go\""),
        show("[[commands]]\nkey = \"f5\"\nsend = 5"),
        (Kind::Show, "name = \"x\"\n[keys]\n1 = \"slow\"\n[[effects]]\n".to_owned()),
        (Kind::Show, "name = \"x\"\neffects = [\"a.glsl\"]\n[keys]\n1 = \"slow\"".to_owned()),
    ];
    for (kind, text) in wrong {
        assert!(kind.read(&text).is_err(), "the reader takes {kind:?} {text}");
        assert!(refused(kind, &text).is_some(), "the schema takes {kind:?} {text}");
    }
}

/// What only a reader can know: what the disk holds, what is wrong together, and the clocks and the sun of the world.
const ONLY_READ: [&str; 29] = [
    "is not there",
    "no scene has the name",
    "above `black`",
    "weights must add up",
    "do not fit into",
    "the band ends at",
    "come to less than",
    "belongs to kind = \"tile\"",
    "is never seen",
    "nothing to show",
    "there is no time zone",
    "need a place",
    "never opens",
    "it ends when it begins",
    "is the end of a day",
    "has the key of",
    "cannot lie over another",
    "may lie over another",
    "take `over` out",
    "it names itself",
    "cannot be read",
    "as of another of",
    "no output has the name",
    "there are several outputs",
    "are no corners of a surface",
    "`part` is empty",
    "a mesh of",
    "take one of them out",
    "`monitor` says nothing",
];

/// Every place where a value stands.
fn places(value: &Value, at: &[String], all: &mut Vec<Vec<String>>) {
    let mut child = |key: String, value: &Value| {
        let at = [at, &[key]].concat();
        all.push(at.clone());
        places(value, &at, all);
    };
    match value {
        Value::Table(table) => table.iter().for_each(|(key, value)| child(key.clone(), value)),
        Value::Array(list) => list.iter().enumerate().for_each(|(index, value)| child(index.to_string(), value)),
        _ => {}
    }
}

fn parent<'a>(value: &'a mut Value, at: &[String]) -> &'a mut Value {
    at[..at.len() - 1].iter().fold(value, |value, key| match value {
        Value::Array(list) => &mut list[key.parse::<usize>().unwrap()],
        table => &mut table[key.as_str()],
    })
}

/// A change of one value.
#[derive(Clone, Debug)]
enum Change {
    Put(Value),
    Remove,
    Rename(String),
}

fn change() -> impl Strategy<Value = Change> {
    let words = [
        "",
        "x",
        "slow",
        "title",
        "hashtag",
        "alternate",
        "left",
        "tile",
        "point",
        "quotes",
        "crawl",
        "words",
        "chain",
        "millions",
        "black",
        "wall.toml",
        "gone.toml",
        "18:00",
        "24:00",
        "00:00",
        "sunset",
        "sunset-11h59m",
        "sunrise+12h",
        "sunset+720m",
        "sunset+721m",
        "sunrise+0h",
        "fri",
        "UTC",
        "f1",
        "F1",
        "ß",
        "silver",
        "picture.png",
        "doors.svg",
        "glow.wgsl",
        "right",
        "circle",
        "show",
    ];
    let numbers = [
        0.0, 0.05, 0.1, 0.4, 0.5, 0.9, 0.95, 1.0, 1.5, 2.0, 12.0, 200.0, 256.0, 1025.0, 1e6, 1e17, 1e300, -0.1, -1.0,
        -90.0,
    ];
    let value = prop_oneof![
        prop::sample::select(words.to_vec()).prop_map(Value::from),
        prop::sample::select(numbers.to_vec()).prop_map(Value::from),
        (-3.0..3.0f64).prop_map(Value::from),
        prop::sample::select(vec![0i64, 1, 2, 3, 7, 60, 100, 256, 1025, -1, i64::MAX, 1 << 53, (1 << 53) - 1])
            .prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Array(Vec::new())),
        prop::collection::vec(0.0..1.5f64, 0..4).prop_map(Value::from),
        Just(Value::Table(Table::new())),
    ];
    let keys = [
        "rows", "texts", "pace", "file", "name", "kind", "look", "over", "source", "dwell", "1", "zzz", "secs",
        "order", "points", "picture", "svg", "masks", "output", "corners", "moved",
    ];
    prop_oneof![
        8 => value.prop_map(Change::Put),
        1 => Just(Change::Remove),
        2 => prop::sample::select(keys.to_vec()).prop_map(|key| Change::Rename(key.to_owned())),
    ]
}

fn changed(text: &str, changes: &[(prop::sample::Index, Change)]) -> String {
    let mut file = Value::Table(toml::from_str(text).unwrap());
    for (index, change) in changes {
        let mut all = Vec::new();
        places(&file, &[], &mut all);
        if all.is_empty() {
            break;
        }
        let at = &all[index.index(all.len())];
        let key = at.last().unwrap();
        match (parent(&mut file, at), change) {
            (Value::Array(list), Change::Remove) => drop(list.remove(key.parse().unwrap())),
            (Value::Array(list), Change::Put(value)) => list[key.parse::<usize>().unwrap()] = value.clone(),
            (Value::Table(table), Change::Remove) => drop(table.remove(key)),
            (Value::Table(table), Change::Put(value)) => drop(table.insert(key.clone(), value.clone())),
            (Value::Table(table), Change::Rename(new)) => {
                let value = table.remove(key).unwrap();
                table.insert(new.clone(), value);
            }
            _ => {}
        }
    }
    toml::to_string(&file).unwrap()
}

/// What is done, where, and with which text.
type Edit = (u8, prop::sample::Index, prop::sample::Index, String);

fn edit() -> impl Strategy<Value = Edit> {
    (
        any::<u8>(),
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        "[=\\[\\]{}\"'#.,\\\\n0-9a-zé\u{0}\r\n ]{0,6}",
    )
}

/// A text with some of its bytes or lines cut, doubled, swapped or overwritten.
fn mangled(text: &str, edits: &[Edit]) -> String {
    let mut text = text.to_owned();
    for (edit, a, b, other) in edits {
        let mut bytes = text.clone().into_bytes();
        let (a, b) = (a.index(bytes.len() + 1), b.index(bytes.len() + 1));
        let (from, to) = (a.min(b), a.max(b));
        let mut lines: Vec<&str> = text.split('\n').collect();
        let count = lines.len();
        text = match edit % 6 {
            0 => {
                bytes.drain(from..to.min(from + 9));
                String::from_utf8_lossy(&bytes).into_owned()
            }
            1 => {
                bytes.splice(from..from, other.bytes());
                String::from_utf8_lossy(&bytes).into_owned()
            }
            2 => {
                lines.swap(a % count, b % count);
                lines.join("\n")
            }
            3 => {
                lines.insert(a % count, lines[b % count]);
                lines.join("\n")
            }
            4 => String::from_utf8_lossy(&bytes[..to]).into_owned(),
            _ => {
                let end = (from + other.len()).min(bytes.len());
                bytes.splice(from..end, other.bytes());
                String::from_utf8_lossy(&bytes).into_owned()
            }
        };
    }
    text
}

/// Whatever comes of a text, it is a value or something wrong at a place of the text.
fn is_sound<T>(read: Loaded<T>, text: &str) -> Result<(), TestCaseError> {
    prop_assert_eq!(&read.files[0], Path::new(NAME));
    let Err(problems) = read.result else { return Ok(()) };
    prop_assert!(problems.iter().count() > 0);
    prop_assert!(!problems.to_string().is_empty());
    for problem in problems.iter().filter(|problem| problem.path == Path::new(NAME)) {
        let place = problem.location.as_ref().ok_or_else(|| TestCaseError::fail(format!("nowhere: {problem}")))?;
        let line = text.split('\n').nth(place.line - 1);
        let line = line.ok_or_else(|| TestCaseError::fail(format!("no such line: {problem}")))?;
        prop_assert!(place.column <= line.chars().count() + 1, "{}", problem);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn reader_and_schema_are_of_one_mind(
        file in prop::sample::select(right()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), change()), 1..4),
    ) {
        let (kind, text) = file;
        let text = changed(text, &changes);
        match (kind.read(&text), refused(kind, &text)) {
            (Ok(()), None) | (Err(_), Some(_)) => {}
            (Ok(()), Some(why)) => prop_assert!(false, "only the schema refuses {kind:?}\n{text}\n{why}"),
            (Err(problems), None) => {
                for problem in &problems {
                    let may = ONLY_READ.iter().any(|known| problem.message.contains(known));
                    let is_elsewhere = problem.path != Path::new(NAME);
                    prop_assert!(may || is_elsewhere, "only the reader refuses {kind:?}\n{text}\n{problem}");
                }
            }
        }
    }

    #[test]
    fn a_mangled_file_is_read_or_refused_at_a_place_in_it(
        file in prop::sample::select(right()),
        edits in prop::collection::vec(edit(), 1..6),
    ) {
        let (_, text) = file;
        let text = mangled(text, &edits);
        let (path, files) = (Path::new(NAME), Memory::with(NAME, &text));
        is_sound(Scene::read(path, &files), &text)?;
        is_sound(Show::read(path, &files), &text)?;
        is_sound(NamedLook::read(path, &files), &text)?;
        is_sound(Stage::read(path, &files), &text)?;
        is_sound(AnyFile::read(path, &files), &text)?;
    }

    #[test]
    fn a_stage_that_is_written_is_right_to_both(
        text in prop::sample::select(STAGES.to_vec()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), change()), 0..4),
    ) {
        let read = |text: &str| Stage::read(Path::new(NAME), &Memory::with(NAME, text)).result;
        let Ok(stage) = read(&changed(text, &changes)) else { return Ok(()) };
        let written = stage_text(&stage);
        prop_assert_eq!(refused(Kind::Stage, &written), None, "{}", written);
        let again = read(&written).map_err(|problems| TestCaseError::fail(format!("{problems}\n{written}")))?;
        prop_assert_eq!(&again, &stage.rounded(), "{}", written);
        prop_assert_eq!(stage_text(&again), written);
    }
}
