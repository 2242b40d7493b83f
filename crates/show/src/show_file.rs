//! Show files. See [`Show`].

use std::path::{Path, PathBuf};

use schemars::Schema;
use toml::de::DeTable;

use super::cue::{CueResolver, CueSection, CueValue, DWELL, free_id};
use super::keymap::{KeyCommand, Keymap};
use super::looks::LookName;
use super::playlist::{Playlist, PlaylistEntry};
use super::schedule::Schedule;
use super::schedule_file::ScheduleSection;
use super::{ArrivalSettings, Cue, NamedLook, SEED, Scene, SceneId, Transition};
use millions_base::{Diagnostics, Disk, Files, Loaded};
use millions_config::{
    Array, Boolean, Key, KeyVisitor, Optional, Parser, RelativePath, Section, SectionParser, StringValue, Subsection,
    UniqueArray, describe, entitle, read_file,
};

/// A show file, parsed and checked, with the files that it names: scenes on keys, a playlist, the hours.
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
    /// The name to display.
    pub name: String,
    /// Its scenes, each once, in the order of their first cues. Files of one name, as `left/wall.toml` and
    /// `right/wall.toml`, have the ids `left-wall` and `right-wall`.
    pub scenes: Vec<Scene>,
    /// The first cue; with a playlist that plays by itself, that of its first entry.
    pub start: Cue,
    /// The cues on the keys 1 to 9, and last 0.
    pub keys: [Option<Cue>; 10],
    /// The default transition.
    pub transition: Transition,
    /// The playlist, if it has one.
    pub playlist: Option<Playlist>,
    /// When the wall is lit; always, if none.
    pub schedule: Option<Schedule>,
    /// How newcomers enter; none, and they fade in at their places.
    pub arrivals: Option<ArrivalSettings>,
    /// Keys other than the default: names of [`ACTIONS`](super::ACTIONS), and keys.
    pub keymap: Vec<(&'static str, String)>,
    /// Keys that send commands.
    pub commands: Vec<KeyCommand>,
    /// The look of all scenes, in place of their own.
    pub look: Option<NamedLook>,
    /// Shaders applied to the picture, in their order.
    pub effects: Vec<PathBuf>,
}

/// The text of the embedded show.
pub const EMBEDDED_SHOW: &str = include_str!("../../../scenes/show.toml");

/// The most keys that send commands: more than a keyboard has.
const MOST_COMMANDS: usize = 200;

/// The number keys in the order of [`Show::keys`]: names and descriptions.
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

/// `[keys]`: the cues on the number keys.
#[derive(Clone, Debug, Default)]
struct KeySection {
    cues: [Option<CueSection>; 10],
    default_transition: Transition,
}

impl Section for KeySection {
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K) {
        let value_type = Optional(CueValue { default_transition: self.default_transition, in_playlist: false });
        for ((name, description), cue) in DIGITS.into_iter().zip(&mut self.cues) {
            keys.key(Key::new(name, description), cue, &value_type);
        }
    }
}

/// `[playlist]`.
#[derive(Clone, Debug)]
struct PlaylistSection {
    entries: Vec<CueSection>,
    dwell: f64,
    repeats: bool,
    shuffle: bool,
    seed: u64,
    autoplay: bool,
    default_transition: Transition,
}

impl PlaylistSection {
    fn new(default_transition: Transition) -> Self {
        let (entries, dwell, seed) = (Vec::new(), 60.0, 1);
        Self { entries, dwell, repeats: true, shuffle: false, seed, autoplay: true, default_transition }
    }
}

impl Section for PlaylistSection {
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K) {
        let autoplay = "Whether it plays from the start on; otherwise the arrow keys begin it.";
        keys.key(Key::new("autoplay", autoplay), &mut self.autoplay, &Boolean);
        keys.key(Key::new("loop", "Whether it begins anew after the last."), &mut self.repeats, &Boolean);
        keys.key(Key::new("shuffle", "Whether each round has another order."), &mut self.shuffle, &Boolean);
        keys.key(Key::new("seed", "Another number shuffles otherwise."), &mut self.seed, &SEED);
        keys.key(Key::new("dwell", "Seconds of an entry that has no dwell of its own."), &mut self.dwell, &DWELL);
        let entries = "The entries in their order: scenes, or tables with scene, dwell, transition and name.";
        let of = CueValue { default_transition: self.default_transition, in_playlist: true };
        keys.key(Key::required("entries", entries), &mut self.entries, &Array { least: 1, what: "scenes", of });
    }
}

/// The root table.
#[derive(Clone, Debug, Default)]
struct ShowSection {
    name: String,
    transition: Transition,
    look: Option<NamedLook>,
    effects: Vec<PathBuf>,
    start: Option<CueSection>,
    cues: KeySection,
    playlist: Option<PlaylistSection>,
    schedule: Option<ScheduleSection>,
    arrivals: Option<ArrivalSettings>,
    keymap: Keymap,
    commands: Vec<KeyCommand>,
}

impl Section for ShowSection {
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K) {
        keys.key(Key::required("name", "The show's name to display."), &mut self.name, &StringValue);
        let transition = "The transition of cues that have none of their own.";
        // Read first, for it is the default of the other transitions.
        keys.key(Key::new("transition", transition), &mut self.transition, &Subsection(Transition::default()));
        let default_transition = self.transition;
        let look = "A look for all scenes, in place of their own: a name, or a file.";
        keys.key(Key::new("look", look), &mut self.look, &Optional(LookName));
        let effects = "Shaders (.wgsl) applied to the picture, in their order; paths are from this file's folder on.";
        let shaders = Array { least: 0, what: "shaders", of: RelativePath { extensions: &["wgsl"] } };
        keys.key(Key::new("effects", effects), &mut self.effects, &shaders);
        let start = "The first cue; left out, that of the first key.";
        keys.key(
            Key::new("start", start),
            &mut self.start,
            &Optional(CueValue { default_transition, in_playlist: false }),
        );
        let cues = KeySection { default_transition, ..KeySection::default() };
        keys.key(Key::new("keys", "The scenes on the number keys."), &mut self.cues, &Subsection(cues));
        let playlist = "Scenes that play one after another without an operator.";
        keys.key(
            Key::new("playlist", playlist),
            &mut self.playlist,
            &Optional(Subsection(PlaylistSection::new(default_transition))),
        );
        let schedule = "When the wall is lit; outside these hours it is black.";
        keys.key(Key::new("schedule", schedule), &mut self.schedule, &Optional(Subsection(ScheduleSection::default())));
        let arrivals = "How newcomers enter: large, in colour, then to a place in the wall. Left out, they fade in.";
        let entered = Optional(Subsection(ArrivalSettings::default()));
        keys.key(Key::new("arrivals", arrivals), &mut self.arrivals, &entered);
        let keymap = "Other keys than the default, by action.";
        keys.key(Key::new("keymap", keymap), &mut self.keymap, &Subsection(Keymap::default()));
        let list = Array { least: 0, what: "commands, [[commands]]", of: Subsection(KeyCommand::default()) };
        let commands =
            UniqueArray { list, most: MOST_COMMANDS, by: "key", same: |a, b| a.to_lowercase() == b.to_lowercase() };
        let about = "Keys that send commands, [[commands]]: what `millions ctl` can do.";
        keys.key(Key::new("commands", about), &mut self.commands, &commands);
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

impl Show {
    /// Parses and checks the text of a show file; files that it names are read from the disk.
    ///
    /// # Errors
    /// All diagnostics of it and of those files.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Diagnostics> {
        Parser::read(path, text, &Disk, Self::of)
    }

    /// Reads a show file, and the files that it names.
    pub fn read(path: &Path, files: &dyn Files) -> Loaded<Self> {
        read_file(path, files, Self::of)
    }

    /// Returns the embedded show.
    ///
    /// # Errors
    /// Never in a released program: a test parses it.
    pub fn embedded() -> Result<Self, Diagnostics> {
        Self::parse(Path::new("show.toml"), EMBEDDED_SHOW)
    }

    /// Returns the first cue of a scene: on a key, in the playlist, or that of the start.
    #[must_use]
    pub fn cue_of(&self, scene: &SceneId) -> Option<&Cue> {
        let entries = self.playlist.iter().flat_map(|playlist| &playlist.entries).map(|entry| &entry.cue);
        self.keys.iter().flatten().chain(entries).chain([&self.start]).find(|cue| cue.scene == *scene)
    }

    /// Returns whether the show has a playlist that plays from the start on.
    #[must_use]
    pub fn autoplays(&self) -> bool {
        self.playlist.as_ref().is_some_and(|playlist| playlist.autoplay)
    }

    /// Makes the show begin with a scene, by a cut, and the playlist wait. The scene takes the first key, where no key
    /// has it.
    pub fn begin_with(&mut self, scene: Scene) {
        let name = scene.name.clone();
        let id = match self.scenes.iter().find(|known| **known == scene) {
            Some(known) => known.id.clone(),
            None => {
                let id = free_id(scene.id.as_str(), |id| self.scenes.iter().any(|known| known.id == *id));
                self.scenes.push(Scene { id: id.clone(), ..scene });
                id
            }
        };
        let cue = Cue { scene: id, name, transition: self.transition };
        if !self.keys.iter().flatten().any(|key| key.scene == cue.scene) {
            self.keys[0] = Some(cue.clone());
        }
        self.start = Cue { transition: Transition::CUT, ..cue };
        if let Some(playlist) = &mut self.playlist {
            playlist.autoplay = false;
        }
    }

    pub(super) fn of(parser: &mut Parser<'_>, table: &DeTable<'_>) -> Option<Self> {
        let table = parser.table(table, 0..0, ShowSection::default(), true, |_| None)?;
        let ShowSection {
            name,
            transition,
            look,
            effects,
            start,
            cues,
            playlist,
            schedule,
            arrivals,
            keymap,
            commands,
        } = table;
        let entries = playlist.iter().flat_map(|playlist| &playlist.entries);
        let mut cue_resolver = CueResolver::new(cues.cues.iter().flatten().chain(&start).chain(entries));
        let keys = cues.cues.map(|cue| cue_resolver.cue(cue?));
        let start = start.and_then(|start| cue_resolver.cue(start));
        let playlist = playlist.map(|table| Playlist {
            repeats: table.repeats,
            shuffle: table.shuffle.then_some(table.seed),
            autoplay: table.autoplay,
            entries: table
                .entries
                .into_iter()
                .filter_map(|entry| {
                    let dwell_secs = entry.dwell.unwrap_or(table.dwell);
                    Some(PlaylistEntry { cue: cue_resolver.cue(entry)?, dwell_secs })
                })
                .collect(),
        });
        let opening_entry = playlist.as_ref().map(|playlist| playlist.entries[playlist.at(0.0).entry].cue.clone());
        let plays = playlist.as_ref().is_some_and(|playlist| playlist.autoplay);
        let first_key = keys.iter().flatten().next().cloned();
        let start = if plays { opening_entry } else { start.or(first_key).or(opening_entry) }?;
        let schedule = schedule.and_then(ScheduleSection::schedule);
        let scenes = cue_resolver.scenes();
        let keymap = keymap.keys();
        Some(Self {
            name,
            scenes,
            start,
            keys,
            transition,
            playlist,
            schedule,
            arrivals,
            keymap,
            commands,
            look,
            effects,
        })
    }
}

/// Returns the JSON Schema of show files.
#[must_use]
pub fn show_schema() -> Schema {
    let mut schema = describe(ShowSection::default());
    entitle(&mut schema, "A show on the wall", "Cues on keys, transitions, a playlist, and opening hours.");
    schema
}

#[cfg(test)]
#[path = "show_file_tests.rs"]
mod tests;
