//! Commands of an operator. See [`Command`].

use std::fmt;

use serde::{Deserialize, Serialize};

use millions_show::{Easing, LookId, SceneId, Transition, TransitionKind};
use millions_stage::{EditCommand, OutputId};

/// A command to the running show: absolute, complete and by id. It means the same whenever it arrives and whoever sends it.
///
/// As JSON it is a table with the key `command`: `{"command": "cue", "scene": "title"}`. Real seconds are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case")]
pub enum Command {
    /// Cues a scene of the show; the playlist pauses.
    Cue {
        /// The scene.
        scene: SceneId,
        /// In place of the cue's own transition.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        transition: Option<CueTransition>,
        /// When, in seconds since 1970; at once, if none or if it has passed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<f64>,
    },
    /// GO: cues the next entry of the playlist. Another within 300 ms is none.
    Go,
    /// Cues the entry of the playlist before the present one.
    Previous,
    /// Cues an entry of the playlist.
    Entry {
        /// Its place, from 0.
        entry: usize,
    },
    /// Goes on with the playlist, from the entry that was left.
    Resume,
    /// Cues the scene before the last cue.
    Back,
    /// Holds the show, or lets it go on.
    Hold {
        /// Whether it is held.
        on: bool,
    },
    /// Blackout, or its end. With seconds, a fade to black.
    Blackout {
        /// Whether the wall is black.
        on: bool,
        /// Seconds that the fade takes.
        #[serde(default)]
        secs: f64,
    },
    /// Dims the whole wall, with all its outputs.
    Dimmer {
        /// 1 is full, 0 is black.
        level: f32,
    },
    /// Sets the rate of the show.
    Speed {
        /// 1 is real time.
        rate: f64,
    },
    /// Sets the rows of the active scene.
    Rows {
        /// How many, at least 1.
        rows: u32,
    },
    /// Shows a look in place of the scenes' own.
    Look {
        /// The look; none for the scenes' own.
        look: Option<LookId>,
    },
    /// Sets a value of the look, until the next cue.
    Adjust {
        /// The name of a [`LookParameter`](millions_wall::tone::LookParameter).
        parameter: String,
        /// The value.
        value: f32,
        /// Whether it fades there.
        #[serde(default)]
        fade: bool,
    },
    /// Drops all adjustments: the scene's own rows and look, and real time.
    Reset,
    /// Hides a person, at once and for good.
    Hide {
        /// The number of the portrait.
        person: u32,
    },
    /// Accepts the crop of a portrait as it is: nobody has to look at it again.
    AcceptCrop {
        /// The number of the portrait.
        person: u32,
    },
    /// Crops a photograph by hand. The portrait becomes another, with another number, in the same place.
    Crop {
        /// The number of the portrait.
        person: u32,
        /// Left, top, width and height, in parts of the photograph as it is turned.
        area: [f64; 4],
        /// By how much the photograph is turned clockwise: 0, 90, 180 or 270.
        #[serde(default)]
        degrees: u16,
    },
    /// Turns a photograph, whose crop is then found by the program. The portrait becomes another.
    Turn {
        /// The number of the portrait.
        person: u32,
        /// Clockwise from how its file is upright: 0, 90, 180 or 270.
        degrees: u16,
    },
    /// Leaves the crop of a portrait to the spreadsheet and the program again.
    ResetCrop {
        /// The number of the portrait.
        person: u32,
    },
    /// Has a person who is on the wall come forward: large, in colour, and back to their place.
    Introduce {
        /// The number of the portrait.
        person: u32,
    },
    /// Admits a portrait that waits for the operator.
    Admit {
        /// Its id in the status.
        arrival: String,
    },
    /// Turns down a portrait that waits for the operator: it is deleted.
    Refuse {
        /// Its id in the status.
        arrival: String,
    },
    /// Shows the test picture on the selected output, or ends it.
    TestPicture {
        /// Whether it is shown.
        on: bool,
    },
    /// Sets a value of the calibration of an output.
    Calibrate {
        /// The output.
        output: OutputId,
        /// Which value.
        parameter: CalibrationParameter,
        /// The value; for a wall colour, its place among the named ones.
        value: f32,
    },
    /// Begins to edit the stage, or ends it.
    EditStage {
        /// Whether it is edited.
        on: bool,
    },
    /// A command to the stage's editor.
    Edit {
        /// What it does.
        edit: EditCommand,
    },
    /// Sets a value of what is selected on the stage, as it is typed.
    StageValue {
        /// Its name, as the editor's list has it.
        name: String,
        /// The value.
        text: String,
    },
    /// Shows a test pattern on an output.
    Test {
        /// The pattern.
        test: TestMode,
        /// The output; all of them, if none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<OutputId>,
    },
    /// Lights one output alone.
    Solo {
        /// The output; none lights all of them.
        output: Option<OutputId>,
    },
    /// Shows the number and name of each output on it, or ends that.
    Identify {
        /// Whether they are shown.
        on: bool,
    },
    /// Switches to the stage of a preset.
    Preset {
        /// The key of the preset in the stage's file.
        preset: String,
    },
    /// Saves what an output shows as a picture.
    Still {
        /// The output; the selected one, if none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<OutputId>,
    },
    /// Shows the windows full screen, or not.
    Fullscreen {
        /// Whether they are.
        on: bool,
    },
    /// Opens the desk, or closes it.
    Desk {
        /// Whether it is open.
        on: bool,
    },
    /// Shows the help over the wall, or ends it.
    Help {
        /// Whether it is shown.
        on: bool,
    },
    /// Numbers the faces on the wall, or ends that.
    Faces {
        /// Whether they are numbered.
        on: bool,
    },
    /// Asks for a folder of photographs in a chooser on the wall's machine, to play that. The folder is no argument: nobody elsewhere names paths here.
    ChooseFolder,
    /// Wipes the field copy that plays, from the disk and from memory, and ends the program in black.
    Wipe,
    /// Quits the program.
    Quit,
}

/// A transition in place of a cue's own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CueTransition {
    /// Its kind; that of the cue's own, if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<TransitionKind>,
    /// Its seconds; those of the cue's own, if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secs: Option<f64>,
}

impl CueTransition {
    /// Without a transition: at once.
    pub const CUT: Self = Self { kind: Some(TransitionKind::Cut), secs: None };

    /// Returns the transition of a cue with these changes.
    #[must_use]
    pub fn of(self, own: Transition) -> Transition {
        match self.kind {
            Some(TransitionKind::Cut) => Transition::CUT,
            kind => {
                let kind = kind.unwrap_or(own.kind);
                let secs = self.secs.unwrap_or(own.secs).clamp(0.0, 120.0);
                // A cut that is given seconds is a fade.
                let is_cut = kind == TransitionKind::Cut && secs > 0.0;
                let (kind, easing) = if is_cut { (TransitionKind::Fade, Easing::Smooth) } else { (kind, own.easing) };
                Transition { kind, secs, easing, ..own }
            }
        }
    }
}

/// What an output shows in place of the show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TestMode {
    /// The show itself.
    #[default]
    None,
    /// Black, as with the shutter closed.
    Muted,
    /// White on the whole raster.
    White,
    /// Its surfaces in white, with their masks and edge blends.
    Masked,
    /// The test pattern, unwarped.
    Pattern,
    /// A wall of faces that stands still, warped.
    Faces,
}

impl TestMode {
    /// All modes and their names, in the order of their key.
    pub const ALL: [(&'static str, Self); 6] = [
        ("none", Self::None),
        ("muted", Self::Muted),
        ("white", Self::White),
        ("masked", Self::Masked),
        ("pattern", Self::Pattern),
        ("faces", Self::Faces),
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].0
    }
}

/// A value of an output's calibration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CalibrationParameter {
    /// Gamma.
    Gamma,
    /// Black level.
    Black,
    /// White level.
    White,
    /// Colour of the wall.
    WallColour,
}

impl CalibrationParameter {
    /// All of them, and their names.
    pub const ALL: [(&'static str, Self); 4] =
        [("gamma", Self::Gamma), ("black", Self::Black), ("white", Self::White), ("wall-colour", Self::WallColour)];
}

/// Where a command comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The keyboard on the wall's window.
    Key,
    /// The mouse on the wall's window.
    Mouse,
    /// A gamepad.
    Gamepad,
    /// The desk.
    Desk,
    /// `millions ctl`.
    Ctl,
    /// OSC.
    Osc,
    /// MIDI.
    Midi,
    /// Art-Net or sACN.
    Dmx,
    /// HTTP: the phone's page, OSCQuery and scripts.
    Http,
    /// The replay of a command log.
    Replay,
    /// The program itself, as at a time that was set.
    Program,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key => "a key",
            Self::Mouse => "the mouse",
            Self::Gamepad => "a gamepad",
            Self::Desk => "the desk",
            Self::Ctl => "ctl",
            Self::Osc => "OSC",
            Self::Midi => "MIDI",
            Self::Dmx => "DMX",
            Self::Http => "HTTP",
            Self::Replay => "the replay",
            Self::Program => "the program",
        })
    }
}
