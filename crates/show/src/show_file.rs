//! The show's own file: scenes on keys, the playlist, the hours. See [`Show`].

use millions_base::Range;
use std::path::{Path, PathBuf};

use schemars::Schema;
use toml::de::DeTable;

use super::keymap::Keymap;
use super::looks::LookName;
use super::playlist::{Playlist, PlaylistEntry};
use super::scene::{SceneName, scene_name_schema};
use super::schedule::Schedule;
use super::schedule_file::ScheduleTable;
use super::{NamedLook, SEED, Scene, Transition};
use millions_base::Diagnostics;
use millions_base::{Disk, Files, Loaded};
use millions_config::{
    Array, Boolean, Key, KeyVisitor, Optional, Parser, RelativePath, Section, SectionParser, SpannedValue, StringValue,
    Subsection, ValueType, alternatives, describe, entitle, read_file,
};

/// A show file, parsed and checked, with all that it names.
///
/// ```toml
/// name = "Vigil on the square"
/// start = "title"
///
/// [keys]
/// 1 = "slow"
/// 2 = { scene = "title", name = "Who we are", transition = { kind = "tile", secs = 4 } }
/// 0 = "black"
///
/// [transition]
/// kind = "fade"
/// secs = 2
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Show {
    /// What people call it.
    pub name: String,
    /// Its scenes, each once.
    pub scenes: Vec<Scene>,
    /// What shows first; with a playlist that plays by itself, what that begins with.
    pub start: Cue,
    /// What the keys 1 to 9, and last 0, cue.
    pub keys: [Option<Cue>; 10],
    /// How a scene comes where nothing else is said.
    pub transition: Transition,
    /// What plays when nobody presses a key.
    pub playlist: Option<Playlist>,
    /// When the wall is lit; none, always.
    pub schedule: Option<Schedule>,
    /// Other keys than the usual for what they do: the names of [`ACTIONS`](super::ACTIONS), and keys.
    pub keymap: Vec<(&'static str, String)>,
    /// The look of all scenes, in the place of their own.
    pub look: Option<NamedLook>,
    /// Shaders that lie over the picture, in their order.
    pub effects: Vec<PathBuf>,
}

/// A scene as a show cues it.
#[derive(Clone, Debug, PartialEq)]
pub struct Cue {
    /// Which of [`Show::scenes`].
    pub scene: usize,
    /// What the operator sees.
    pub name: String,
    /// How it comes.
    pub transition: Transition,
}

/// The show that the program carries.
pub const EMBEDDED_SHOW: &str = include_str!("../../../scenes/show.toml");

/// The names of the number keys, in the order of [`Show::keys`].
const DIGITS: [(&str, &str); 10] = [
    ("1", "The scene on key 1."),
    ("2", "The scene on key 2."),
    ("3", "The scene on key 3."),
    ("4", "The scene on key 4."),
    ("5", "The scene on key 5."),
    ("6", "The scene on key 6."),
    ("7", "The scene on key 7."),
    ("8", "The scene on key 8."),
    ("9", "The scene on key 9."),
    ("0", "The scene on key 0."),
];

/// Seconds that an entry of a playlist may take.
const DWELL: Range = Range::new(0.5, 86_400.0, "seconds");

/// A cue as it stands in a file.
#[derive(Clone, Debug, Default)]
struct CueTable {
    scene: Option<Scene>,
    name: Option<String>,
    transition: Option<Transition>,
    /// In a playlist only.
    dwell: Option<f64>,
    in_playlist: bool,
    /// What a transition is that says only some of its values.
    usual: Transition,
}

impl Section for CueTable {
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K) {
        let scene = "The scene: the name of one that the program carries, or a file that ends in .toml.";
        keys.key(Key::required("scene", scene), &mut self.scene, &Optional(SceneName));
        keys.key(
            Key::new("name", "What the operator sees; left out, the scene's name."),
            &mut self.name,
            &Optional(StringValue),
        );
        let transition =
            "How the scene comes, as far as not as in the show's [transition]; in a playlist, else as on its key.";
        keys.key(Key::new("transition", transition), &mut self.transition, &Optional(Subsection(self.usual)));
        if self.in_playlist {
            let dwell = "Seconds from the beginning of its transition to the beginning of the next one's.";
            keys.key(Key::new("dwell", dwell), &mut self.dwell, &Optional(DWELL));
        }
    }
}

/// A scene, alone or in a table with what else there is to say.
struct CueOf {
    usual: Transition,
    in_playlist: bool,
}

impl CueOf {
    fn empty(&self) -> CueTable {
        CueTable { usual: self.usual, in_playlist: self.in_playlist, ..CueTable::default() }
    }
}

impl ValueType<CueTable> for CueOf {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<CueTable> {
        match spanned.get_ref().as_table() {
            Some(_) => Subsection(self.empty()).read(key, spanned, parser),
            None => SceneName.read(key, spanned, parser).map(|scene| CueTable { scene: Some(scene), ..self.empty() }),
        }
    }

    fn describe(&self, _: Option<&CueTable>) -> Schema {
        alternatives([scene_name_schema(), describe(self.empty())])
    }
}

/// `[keys]`.
#[derive(Clone, Debug, Default)]
struct KeyTable {
    cues: [Option<CueTable>; 10],
    usual: Transition,
}

impl Section for KeyTable {
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K) {
        for ((name, about), cue) in DIGITS.into_iter().zip(&mut self.cues) {
            keys.key(Key::new(name, about), cue, &Optional(CueOf { usual: self.usual, in_playlist: false }));
        }
    }
}

/// `[playlist]`.
#[derive(Clone, Debug)]
struct PlaylistTable {
    entries: Vec<CueTable>,
    dwell: f64,
    repeats: bool,
    shuffle: bool,
    seed: u64,
    autoplay: bool,
    usual: Transition,
}

impl PlaylistTable {
    fn new(usual: Transition) -> Self {
        Self { entries: Vec::new(), dwell: 60.0, repeats: true, shuffle: false, seed: 1, autoplay: true, usual }
    }
}

impl Section for PlaylistTable {
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K) {
        let autoplay = "Whether it plays from the start on; otherwise the arrow keys begin it.";
        keys.key(Key::new("autoplay", autoplay), &mut self.autoplay, &Boolean);
        keys.key(Key::new("loop", "Whether it begins anew after the last."), &mut self.repeats, &Boolean);
        keys.key(Key::new("shuffle", "Whether each round has another order."), &mut self.shuffle, &Boolean);
        keys.key(Key::new("seed", "Another number shuffles otherwise."), &mut self.seed, &SEED);
        keys.key(Key::new("dwell", "Seconds of an entry that does not say its own."), &mut self.dwell, &DWELL);
        let entries = "What plays, one after another: scenes, or tables with scene, dwell, transition and name.";
        let of = CueOf { usual: self.usual, in_playlist: true };
        keys.key(Key::required("entries", entries), &mut self.entries, &Array { least: 1, what: "scenes", of });
    }
}

/// The whole file.
#[derive(Clone, Debug, Default)]
struct ShowTable {
    name: String,
    transition: Transition,
    look: Option<NamedLook>,
    effects: Vec<PathBuf>,
    start: Option<CueTable>,
    cues: KeyTable,
    playlist: Option<PlaylistTable>,
    schedule: Option<ScheduleTable>,
    keymap: Keymap,
}

impl Section for ShowTable {
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K) {
        keys.key(Key::required("name", "What people call the show."), &mut self.name, &StringValue);
        let transition = "How a scene comes where nothing else is said.";
        // Before those who build on it.
        keys.key(Key::new("transition", transition), &mut self.transition, &Subsection(Transition::default()));
        let usual = self.transition;
        let look = "A look for all scenes, in the place of their own: a name, or a file.";
        keys.key(Key::new("look", look), &mut self.look, &Optional(LookName));
        let effects = "Shaders (.wgsl) over the picture, in their order; from this file's folder on.";
        let shaders = Array { least: 0, what: "shaders", of: RelativePath { extension: "wgsl" } };
        keys.key(Key::new("effects", effects), &mut self.effects, &shaders);
        let start = "What shows first; left out, what is on the first key.";
        keys.key(Key::new("start", start), &mut self.start, &Optional(CueOf { usual, in_playlist: false }));
        let cues = KeyTable { usual, ..KeyTable::default() };
        keys.key(Key::new("keys", "The scenes on the number keys."), &mut self.cues, &Subsection(cues));
        let playlist = "What plays when nobody presses a key.";
        keys.key(Key::new("playlist", playlist), &mut self.playlist, &Optional(Subsection(PlaylistTable::new(usual))));
        let schedule = "When the wall is lit; outside these hours it is black.";
        keys.key(Key::new("schedule", schedule), &mut self.schedule, &Optional(Subsection(ScheduleTable::default())));
        let keymap = "Other keys than the usual, by what they do.";
        keys.key(Key::new("keymap", keymap), &mut self.keymap, &Subsection(Keymap::default()));
    }

    fn check(&self, file: &mut SectionParser<'_, '_, '_>) {
        let plays = self.playlist.as_ref().is_some_and(|playlist| playlist.autoplay);
        if self.start.is_some() && plays {
            file.error(
                "start",
                "`start` is never seen, for the playlist begins at once: take it out, or write autoplay = false",
            );
        }
        if self.start.is_none() && self.playlist.is_none() && self.cues.cues.iter().all(Option::is_none) {
            file.error("keys", "nothing to show: put a scene on a key, as in [keys] 1 = \"slow\"");
        }
    }
}

/// The scenes of a show while its cues are gathered.
struct Gathered {
    scenes: Vec<Scene>,
    /// The transitions that keys have for scenes, for a playlist that says none of its own.
    own: Vec<(usize, Transition)>,
}

impl Gathered {
    /// The cue of a table; none of one without a scene, which the reader has refused.
    fn cue(&mut self, table: CueTable) -> Option<Cue> {
        let CueTable { scene, name, transition, usual, .. } = table;
        let scene = scene?;
        let name = name.unwrap_or_else(|| scene.name.clone());
        let index = self.scenes.iter().position(|known| *known == scene).unwrap_or_else(|| {
            self.scenes.push(scene);
            self.scenes.len() - 1
        });
        let of_the_key = self.own.iter().find(|(scene, _)| *scene == index).map(|(_, transition)| *transition);
        if let Some(transition) = transition {
            self.own.push((index, transition));
        }
        Some(Cue { scene: index, name, transition: transition.or(of_the_key).unwrap_or(usual) })
    }
}

impl Show {
    /// Parses and checks the text of a show file; what it names is read from the disk.
    ///
    /// # Errors
    /// All that is wrong with it and with the files that it names, and where.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Diagnostics> {
        Parser::read(path, text, &Disk, Self::of)
    }

    /// Reads a show file, and those that it names.
    pub fn read(path: &Path, files: &dyn Files) -> Loaded<Self> {
        read_file(path, files, Self::of)
    }

    /// The show that the program carries.
    ///
    /// # Errors
    /// Never in a released program: a test parses it.
    pub fn embedded() -> Result<Self, Diagnostics> {
        Self::parse(Path::new("show.toml"), EMBEDDED_SHOW)
    }

    pub(super) fn of(parser: &mut Parser<'_>, table: &DeTable<'_>) -> Option<Self> {
        let table = parser.table(table, 0..0, ShowTable::default(), true, |_| None)?;
        let ShowTable { name, transition, look, effects, start, cues, playlist, schedule, keymap } = table;
        let mut gathered = Gathered { scenes: Vec::new(), own: Vec::new() };
        let keys = cues.cues.map(|cue| gathered.cue(cue?));
        let start = start.and_then(|start| gathered.cue(start));
        let playlist = playlist.map(|table| Playlist {
            repeats: table.repeats,
            shuffle: table.shuffle.then_some(table.seed),
            autoplay: table.autoplay,
            entries: table
                .entries
                .into_iter()
                .filter_map(|entry| {
                    let dwell_secs = entry.dwell.unwrap_or(table.dwell);
                    Some(PlaylistEntry { cue: gathered.cue(entry)?, dwell_secs })
                })
                .collect(),
        });
        let opening_entry = playlist.as_ref().map(|playlist| playlist.entries[playlist.at(0.0).entry].cue.clone());
        let plays = playlist.as_ref().is_some_and(|playlist| playlist.autoplay);
        let first_key = keys.iter().flatten().next().cloned();
        let start = if plays { opening_entry } else { start.or(first_key).or(opening_entry) }?;
        let schedule = schedule.and_then(ScheduleTable::schedule);
        let Gathered { scenes, .. } = gathered;
        Some(Self { name, scenes, start, keys, transition, playlist, schedule, keymap: keymap.keys(), look, effects })
    }
}

/// The JSON Schema of show files.
#[must_use]
pub fn show_schema() -> Schema {
    let mut schema = describe(ShowTable::default());
    entitle(
        &mut schema,
        "A show on the wall",
        "Scenes on keys, how one becomes another, what plays by itself, and when.",
    );
    schema
}

#[cfg(test)]
#[path = "show_file_tests.rs"]
mod tests;
