//! The status of the running show. See [`Status`].

use serde::{Deserialize, Serialize};

use super::{Notice, Source, TestMode};
use millions_show::{LookId, SceneId};
use millions_stage::{OutputId, SurfaceId};

/// Everything that an operator has to know, as of one moment. Times are seconds since 1970, unless they say otherwise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {
    /// Counts up with each status that differs.
    pub revision: u64,
    /// The program's version.
    pub version: String,
    /// When it was taken.
    pub secs: f64,
    /// Seconds of the show.
    pub show_secs: f64,
    /// The show's name.
    pub show: String,
    /// What plays.
    pub scene: SceneStatus,
    /// All scenes of the show.
    pub cues: Vec<CueStatus>,
    /// The playlist, if the show has one.
    pub playlist: Option<PlaylistStatus>,
    /// Whether the show is held.
    pub held: bool,
    /// The rate of the show; 1 is real time.
    pub speed: f64,
    /// Whether the operator has made the wall black.
    pub blackout: bool,
    /// How far the operator has dimmed the wall: 1 is full, 0 is black.
    pub dimmer: f32,
    /// The intensity of the wall, 0 to 1: dimmer, fades, hours, and 0 once a blackout is black.
    pub intensity: f32,
    /// Whether the show's hours are open; none without hours.
    pub open: Option<bool>,
    /// When the hours turn next.
    pub hours_turn: Option<f64>,
    /// The rows of the active scene, where it has rows.
    pub rows: Option<u32>,
    /// How the wall is graded.
    pub look: LookStatus,
    /// Who is on the wall.
    pub people: PeopleStatus,
    /// The stage and its editor.
    pub stage: StageStatus,
    /// The outputs, in the order of the stage.
    pub outputs: Vec<OutputStatus>,
    /// Whether the windows are full screen.
    pub fullscreen: bool,
    /// Whether the desk is open.
    pub desk: bool,
    /// Whether the help is shown.
    pub help: bool,
    /// How the frames went.
    pub frames: FrameStatus,
    /// The machine.
    pub machine: MachineStatus,
    /// The watchdog.
    pub watchdog: WatchdogStatus,
    /// The last notices, oldest first.
    pub notices: Vec<Notice>,
    /// The last command that was obeyed.
    pub obeyed: Option<ObeyedCommand>,
}

/// A command that was obeyed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObeyedCommand {
    /// What it did, in a few words.
    pub text: String,
    /// Where it came from.
    pub source: Source,
    /// When, in seconds since 1970.
    pub secs: f64,
}

/// The active scene.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SceneStatus {
    /// Its id.
    pub scene: SceneId,
    /// Its name.
    pub name: String,
    /// When it was cued, in seconds of the show.
    pub since_show_secs: f64,
    /// Its transition, while that runs.
    pub transition: Option<TransitionStatus>,
    /// A scene that was cued and is being dealt.
    pub awaited: Option<SceneId>,
}

/// A running transition.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TransitionStatus {
    /// Its progress, 0 to 1.
    pub progress: f32,
    /// Seconds that it takes.
    pub secs: f64,
}

/// A scene that can be cued.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CueStatus {
    /// Its id.
    pub scene: SceneId,
    /// The name of its cue.
    pub name: String,
    /// Its number key, 1 to 9 and 0 for 10; none where it is on no key.
    pub key: Option<u8>,
    /// Seconds of its transition.
    pub transition_secs: f64,
}

/// The playlist.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PlaylistStatus {
    /// Whether it plays, rather than waits for GO.
    pub playing: bool,
    /// Its entries, in the order of the file.
    pub entries: Vec<EntryStatus>,
    /// The entry that plays, or that was left.
    pub entry: Option<usize>,
    /// What comes next.
    pub next: Option<NextCue>,
}

/// An entry of the playlist.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EntryStatus {
    /// Its scene.
    pub scene: SceneId,
    /// Its name.
    pub name: String,
    /// Seconds that it stays.
    pub dwell_secs: f64,
}

/// What comes next.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NextCue {
    /// The entry of the playlist.
    pub entry: usize,
    /// Its scene.
    pub scene: SceneId,
    /// Its name.
    pub name: String,
    /// In how many seconds; none where the playlist waits for GO.
    pub in_secs: Option<f64>,
}

/// How the wall is graded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LookStatus {
    /// The look that is shown in place of the scenes' own.
    pub shown: Option<LookId>,
    /// The looks that can be shown.
    pub looks: Vec<LookChoice>,
    /// Its values.
    pub values: Vec<LookValue>,
}

/// A look that can be shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LookChoice {
    /// Its id.
    pub look: LookId,
    /// Its name.
    pub name: String,
}

/// A value of the look.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LookValue {
    /// The name of the [`LookParameter`](millions_wall::tone::LookParameter).
    pub parameter: String,
    /// Its value.
    pub value: f32,
    /// Whether the operator has set it.
    pub adjusted: bool,
}

/// Who is on the wall.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PeopleStatus {
    /// How many.
    pub count: usize,
    /// How many came since the start of the program.
    pub arrived: usize,
    /// How many left since then.
    pub left: usize,
    /// Whether photographs are being brought in.
    pub ingesting: bool,
    /// Portraits that wait for the operator: their ids.
    pub waiting: Vec<String>,
    /// The last newcomers, by number, oldest first.
    pub newcomers: Vec<u32>,
}

/// The stage and its editor.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StageStatus {
    /// Its file; empty where it is not kept.
    pub file: String,
    /// Whether it is edited.
    pub editing: bool,
    /// The selected output.
    pub selected: OutputId,
    /// The editor's lines: the output, what is selected, and what was said last.
    pub caption: Vec<String>,
    /// While it is edited, the values of what is selected: their names, and what they are.
    pub values: Vec<[String; 2]>,
    /// The surfaces of the stage.
    pub surfaces: Vec<SurfaceStatus>,
    /// The output that is lit alone.
    pub solo: Option<OutputId>,
    /// Whether outputs show their numbers and names.
    pub identify: bool,
    /// Whether the test picture is shown.
    pub test_picture: bool,
    /// Whether the faces are numbered.
    pub faces: bool,
    /// The keys of the presets.
    pub presets: Vec<String>,
}

/// A surface.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SurfaceStatus {
    /// Its id.
    pub surface: SurfaceId,
    /// Its name.
    pub name: String,
    /// The name of its output.
    pub output: String,
    /// Whether it, or something of it, is selected.
    pub selected: bool,
}

/// An output.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OutputStatus {
    /// Its id.
    pub output: OutputId,
    /// Its name.
    pub name: String,
    /// Its monitor, as the stage names it; none where it is shown wherever its window is.
    pub monitor: Option<String>,
    /// Whether it has a window that is lit.
    pub lit: bool,
    /// Its size, in pixels.
    pub size: [u32; 2],
    /// The monitor's rate.
    pub hz: f64,
    /// What it shows in place of the show.
    pub test: TestMode,
    /// Its calibration: gamma, black, white, and the place of the wall's colour among the named ones.
    pub calibration: [f32; 4],
}

/// How the frames went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FrameStatus {
    /// Drawn since the start.
    pub frames: u64,
    /// Of them late: those that missed an interval of the monitor.
    pub late: u64,
    /// Of them with cells that were coarser than wanted, or dark.
    pub incomplete: u64,
    /// Frames a second, in the last half second.
    pub hz: f64,
    /// The CPU's part of a frame, in ms.
    pub cpu_ms: f64,
    /// The GPU's part, in ms, where it is measured.
    pub gpu_ms: Option<f64>,
    /// Tiles uploaded a second.
    pub uploads_a_sec: f64,
    /// Cells below their level in the last frame.
    pub below_wanted: usize,
    /// Cells that stayed dark in the last frame.
    pub missing: usize,
    /// The graphics adapter.
    pub adapter: String,
}

/// The machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MachineStatus {
    /// What the system tells of temperatures.
    pub temperatures: Vec<Temperature>,
    /// Bytes of memory that the program holds.
    pub memory_bytes: u64,
    /// Bytes that are free where the library is.
    pub disk_free_bytes: Option<u64>,
}

/// The watch over the drawing thread.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WatchdogStatus {
    /// Whether somebody starts the program again if it hangs.
    pub supervised: bool,
    /// What the watchdog makes of the wall.
    pub state: String,
    /// How the wall is drawn: as usual, by another driver, or by the processor.
    pub mode: String,
    /// What was recovered from since the machine was started, oldest first.
    pub recoveries: Vec<RecoveryStatus>,
}

/// A recovery.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RecoveryStatus {
    /// When.
    pub secs: f64,
    /// What from, and what was done.
    pub text: String,
}

/// A sensor.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Temperature {
    /// What it measures.
    pub name: String,
    /// Degrees Celsius.
    pub celsius: f32,
}

impl Status {
    /// Returns whether this is the same as another, but for the revision and what changes by itself: the times and the frames.
    #[must_use]
    pub fn is_same_state(&self, other: &Self) -> bool {
        let still = |status: &Self| Self {
            revision: 0,
            secs: 0.0,
            show_secs: 0.0,
            frames: FrameStatus::default(),
            machine: MachineStatus::default(),
            ..status.clone()
        };
        still(self) == still(other)
    }

    /// Returns the scene of an id, or of a place in the list from 1, or of a name.
    #[must_use]
    pub fn cue(&self, name: &str) -> Option<&CueStatus> {
        let lower = name.to_lowercase();
        let by_id = self.cues.iter().find(|cue| cue.scene.as_str() == name);
        let by_text = |cue: &&CueStatus| cue.scene.as_str().to_lowercase() == lower || cue.name.to_lowercase() == lower;
        by_id.or_else(|| self.cues.iter().find(by_text)).or_else(|| place(name, &self.cues))
    }

    /// Returns the look of an id, a name or a place from 1.
    #[must_use]
    pub fn look(&self, name: &str) -> Option<&LookChoice> {
        let lower = name.to_lowercase();
        let by_text =
            |look: &&LookChoice| look.look.as_str().to_lowercase() == lower || look.name.to_lowercase() == lower;
        self.look.looks.iter().find(by_text).or_else(|| place(name, &self.look.looks))
    }

    /// Returns the output of a name, or of a place from 1.
    #[must_use]
    pub fn output(&self, name: &str) -> Option<&OutputStatus> {
        let lower = name.to_lowercase();
        self.outputs.iter().find(|output| output.name.to_lowercase() == lower).or_else(|| place(name, &self.outputs))
    }
}

/// Returns the element at a place that is written from 1.
fn place<'a, T>(text: &str, list: &'a [T]) -> Option<&'a T> {
    text.parse::<usize>().ok().and_then(|place| list.get(place.checked_sub(1)?))
}
