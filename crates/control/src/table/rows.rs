//! The rows of the table.

use super::{Call, CommandRow, Target, Value};
use crate::{Argument, CalibrationParameter, Command, CueTransition, OutputStatus, Status, TestMode};
use millions_base::Range;
use millions_show::{SceneId, TransitionKind};
use millions_stage::OutputId;
use millions_wall::tone::{LookParameter, WALL_COLOURS, calibration_ranges};

/// Seconds of a fade.
const FADE: Range = Range::new(0.0, 120.0, "seconds");
/// Seconds since 1970.
const UNIX: Range = Range::new(0.0, 1e11, "seconds since 1970");
/// The master dimmer.
const DIMMER: Range = Range::new(0.0, 1.0, "");
/// The rate of the show.
const SPEED: Range = Range::new(1.0 / 32.0, 32.0, "");
/// Rows of a scene.
const ROWS: Range = Range::new(1.0, 10_000.0, "");

/// What wiping is confirmed with.
const WIPE: [&str; 1] = ["yes"];
/// Turns of a photograph, in degrees.
const TURNS: [&str; 4] = ["0", "90", "180", "270"];
const TESTS: [&str; 6] = ["none", "muted", "white", "masked", "pattern", "faces"];

/// Every command, by the address that stands for it.
pub const COMMANDS: &[CommandRow] = &[
    row(
        "cue",
        Target::Scene,
        Value::Trigger,
        "Cues a scene, with its transition.",
        |call| cue(call, None, None),
        is_on,
    ),
    row(
        "cut",
        Target::Scene,
        Value::Trigger,
        "Cues a scene at once, without its transition.",
        |call| cue(call, Some(CueTransition::CUT), None),
        is_on,
    ),
    row(
        "fade",
        Target::Scene,
        Value::Number(FADE),
        "Cues a scene with a fade of so many seconds.",
        |call| {
            let fade = CueTransition { kind: Some(TransitionKind::Fade), secs: Some(call.number()) };
            cue(call, Some(fade), None)
        },
        nothing,
    ),
    row(
        "cue-at",
        Target::Scene,
        Value::Number(UNIX),
        "Cues a scene at a time: seconds since 1970.",
        |call| cue(call, None, Some(call.number())),
        nothing,
    ),
    row("go", Target::None, Value::Trigger, "GO: the next entry of the playlist.", |_| Ok(Command::Go), nothing),
    row(
        "previous",
        Target::None,
        Value::Trigger,
        "The entry of the playlist before.",
        |_| Ok(Command::Previous),
        nothing,
    ),
    row(
        "entry",
        Target::Entry,
        Value::Trigger,
        "An entry of the playlist, from 1.",
        |call| {
            let count = call.status.playlist.as_ref().map_or(0, |playlist| playlist.entries.len());
            let entry = call.target.parse::<usize>().ok().filter(|entry| (1..=count).contains(entry));
            let none = || format!("the playlist has {count} entries; {} is none of them", call.target);
            entry.map(|entry| Command::Entry { entry: entry - 1 }).ok_or_else(none)
        },
        |status, target| {
            let playing = status.playlist.as_ref().filter(|playlist| playlist.playing)?.entry?;
            Some((target.parse() == Ok(playing + 1)).into())
        },
    ),
    row(
        "resume",
        Target::None,
        Value::Trigger,
        "Goes on with the playlist, from the entry that was left.",
        |_| Ok(Command::Resume),
        |status, _| status.playlist.as_ref().map(|playlist| playlist.playing.into()),
    ),
    row("back", Target::None, Value::Trigger, "The cue before.", |_| Ok(Command::Back), nothing),
    row(
        "hold",
        Target::None,
        Value::Switch,
        "Holds the show, or lets it go on.",
        |call| Ok(Command::Hold { on: call.switch() }),
        |status, _| Some(status.held.into()),
    ),
    row(
        "blackout",
        Target::None,
        Value::Switch,
        "Everything black at once, or back.",
        |call| Ok(Command::Blackout { on: call.switch(), secs: 0.0 }),
        |status, _| Some(status.blackout.into()),
    ),
    row(
        "fade-out",
        Target::None,
        Value::Number(FADE),
        "Fades to black in so many seconds.",
        |call| Ok(Command::Blackout { on: true, secs: call.number() }),
        nothing,
    ),
    row(
        "fade-in",
        Target::None,
        Value::Number(FADE),
        "Fades back from black in so many seconds.",
        |call| Ok(Command::Blackout { on: false, secs: call.number() }),
        nothing,
    ),
    row(
        "dimmer",
        Target::None,
        Value::Number(DIMMER),
        "Dims the whole wall: 1 is full, 0 is black.",
        |call| Ok(Command::Dimmer { level: call.number() as f32 }),
        |status, _| Some(rounded(status.dimmer).into()),
    ),
    row(
        "speed",
        Target::None,
        Value::Number(SPEED),
        "The rate of the show; 1 is real time.",
        |call| Ok(Command::Speed { rate: call.number() }),
        |status, _| Some(status.speed.into()),
    ),
    row(
        "rows",
        Target::None,
        Value::Whole(ROWS),
        "The rows of the scene.",
        |call| Ok(Command::Rows { rows: call.number() as u32 }),
        |status, _| status.rows.map(|rows| i64::from(rows).into()),
    ),
    row(
        "look",
        Target::Look,
        Value::Trigger,
        "Shows a look in place of the scenes' own.",
        |call| {
            let look = call.status.look(call.target).ok_or_else(|| format!("there is no look {}", call.target))?;
            Ok(Command::Look { look: Some(look.look.clone()) })
        },
        |status, target| Some(status.look.shown.as_ref().is_some_and(|look| look.as_str() == target).into()),
    ),
    row(
        "own-look",
        Target::None,
        Value::Trigger,
        "Shows the scenes' own looks again.",
        |_| Ok(Command::Look { look: None }),
        |status, _| Some(status.look.shown.is_none().into()),
    ),
    row(
        "adjust",
        Target::Parameter,
        Value::OfTarget,
        "A value of the look, until the next cue.",
        |call| {
            let parameter =
                LookParameter::named(call.target).ok_or_else(|| format!("a look has no {}", call.target))?;
            Ok(Command::Adjust { parameter: parameter.name().to_owned(), value: call.number() as f32, fade: false })
        },
        |status, target| {
            let value = status.look.values.iter().find(|value| value.parameter == target)?.value;
            Some(rounded(value).into())
        },
    ),
    row(
        "reset",
        Target::None,
        Value::Trigger,
        "The scene's own look, rows and speed again.",
        |_| Ok(Command::Reset),
        nothing,
    ),
    row(
        "hide",
        Target::Person,
        Value::Trigger,
        "Hides a person, at once and for good: the number of the portrait.",
        |call| Ok(Command::Hide { person: person(call)? }),
        nothing,
    ),
    row(
        "accept-crop",
        Target::Person,
        Value::Trigger,
        "Accepts the crop of a portrait, which nobody has to look at again.",
        |call| Ok(Command::AcceptCrop { person: person(call)? }),
        nothing,
    ),
    row(
        "crop",
        Target::Person,
        Value::Text,
        "Crops a photograph by hand: left, top, width, height, 0 to 1, and degrees if it is turned: `0.1 0.05 0.5 0.6 90`.",
        |call| {
            let (area, degrees) = area(&call.text())?;
            Ok(Command::Crop { person: person(call)?, area, degrees })
        },
        nothing,
    ),
    row(
        "turn",
        Target::Person,
        Value::Choice(&TURNS),
        "Turns a photograph clockwise, from how its file is upright; the crop is found anew.",
        |call| Ok(Command::Turn { person: person(call)?, degrees: call.number() as u16 }),
        nothing,
    ),
    row(
        "reset-crop",
        Target::Person,
        Value::Trigger,
        "Takes back what was decided by hand about the crop of a portrait.",
        |call| Ok(Command::ResetCrop { person: person(call)? }),
        nothing,
    ),
    row(
        "introduce",
        Target::Person,
        Value::Trigger,
        "Has a person come forward, in colour: the number of the portrait.",
        |call| Ok(Command::Introduce { person: person(call)? }),
        nothing,
    ),
    row(
        "admit",
        Target::Arrival,
        Value::Trigger,
        "Admits a portrait that waits.",
        |call| Ok(Command::Admit { arrival: waiting(call)? }),
        nothing,
    ),
    row(
        "refuse",
        Target::Arrival,
        Value::Trigger,
        "Turns down a portrait that waits: it is deleted.",
        |call| Ok(Command::Refuse { arrival: waiting(call)? }),
        nothing,
    ),
    row(
        "test-picture",
        Target::None,
        Value::Switch,
        "The test picture on the selected output.",
        |call| Ok(Command::TestPicture { on: call.switch() }),
        |status, _| Some(status.stage.test_picture.into()),
    ),
    row(
        "calibrate",
        Target::Calibration,
        Value::OfTarget,
        "A value of the calibration of an output: gamma, black, white, wall-colour.",
        |call| {
            let (output, parameter) = call.target.rsplit_once('/').unwrap_or((call.target, ""));
            let output = output_named(call.status, output)?.output;
            let parameter = calibration_parameter(parameter)?;
            Ok(Command::Calibrate { output, parameter, value: call.number() as f32 })
        },
        |status, target| {
            let (output, parameter) = target.rsplit_once('/')?;
            let parameter = calibration_parameter(parameter).ok()?;
            let values = status.outputs.iter().find(|known| known.name == output)?.calibration;
            Some(rounded(values[parameter as usize]).into())
        },
    ),
    row(
        "edit",
        Target::None,
        Value::Switch,
        "Edits the stage, or ends it.",
        |call| Ok(Command::EditStage { on: call.switch() }),
        |status, _| Some(status.stage.editing.into()),
    ),
    row(
        "edit/command",
        Target::None,
        Value::Text,
        "A command to the stage's editor, as JSON.",
        |call| {
            let edit = serde_json::from_str(&call.text()).map_err(|error| format!("it is no command: {error}"))?;
            Ok(Command::Edit { edit })
        },
        nothing,
    ),
    row(
        "edit/value",
        Target::StageValue,
        Value::Text,
        "A value of what is selected on the stage, as it is typed.",
        |call| {
            let lower = call.target.to_lowercase();
            let known = call.status.stage.values.iter().find(|[name, _]| name.to_lowercase() == lower);
            let [name, _] = known.ok_or_else(|| format!("what is selected has no value {}", call.target))?;
            Ok(Command::StageValue { name: name.clone(), text: call.text() })
        },
        |status, target| {
            let [_, value] = status.stage.values.iter().find(|[name, _]| name == target)?;
            Some(value.as_str().into())
        },
    ),
    row(
        "test",
        Target::AnyOutput,
        Value::Choice(&TESTS),
        "A test pattern on an output, or on all.",
        |call| {
            let text = call.text();
            let known = TestMode::ALL.into_iter().find(|(name, _)| *name == text);
            let (_, test) = known.ok_or_else(|| format!("there is no test pattern {text}"))?;
            Ok(Command::Test { test, output: any_output(call)? })
        },
        |status, target| {
            let output = status.outputs.iter().find(|output| output.name == target)?;
            Some(output.test.name().into())
        },
    ),
    row(
        "solo",
        Target::Output,
        Value::Switch,
        "Lights an output alone, or all again.",
        |call| {
            let output = output_named(call.status, call.target)?.output;
            Ok(Command::Solo { output: call.switch().then_some(output) })
        },
        |status, target| {
            let output = status.outputs.iter().find(|output| output.name == target)?;
            Some((status.stage.solo == Some(output.output)).into())
        },
    ),
    row(
        "identify",
        Target::None,
        Value::Switch,
        "The number and name of each output on it.",
        |call| Ok(Command::Identify { on: call.switch() }),
        |status, _| Some(status.stage.identify.into()),
    ),
    row(
        "preset",
        Target::Preset,
        Value::Trigger,
        "Switches to the stage of a preset: its key.",
        |call| {
            let preset = call.status.stage.presets.iter().find(|key| key.to_lowercase() == call.target.to_lowercase());
            let preset = preset.ok_or_else(|| format!("the stage has no preset {}", call.target))?;
            Ok(Command::Preset { preset: preset.clone() })
        },
        nothing,
    ),
    row(
        "still",
        Target::AnyOutput,
        Value::Trigger,
        "Saves what an output shows as a picture.",
        |call| Ok(Command::Still { output: any_output(call)? }),
        nothing,
    ),
    row(
        "fullscreen",
        Target::None,
        Value::Switch,
        "Full screen, or a window.",
        |call| Ok(Command::Fullscreen { on: call.switch() }),
        |status, _| Some(status.fullscreen.into()),
    ),
    row(
        "desk",
        Target::None,
        Value::Switch,
        "The desk, a window of its own for the operator.",
        |call| Ok(Command::Desk { on: call.switch() }),
        |status, _| Some(status.desk.into()),
    ),
    row(
        "help",
        Target::None,
        Value::Switch,
        "The help over the wall.",
        |call| Ok(Command::Help { on: call.switch() }),
        |status, _| Some(status.help.into()),
    ),
    row(
        "faces",
        Target::None,
        Value::Switch,
        "Numbers on the faces, to hide somebody.",
        |call| Ok(Command::Faces { on: call.switch() }),
        |status, _| Some(status.stage.faces.into()),
    ),
    row(
        "choose-folder",
        Target::None,
        Value::Trigger,
        "Asks at the wall's machine for a folder of photographs to play; only in a window.",
        |_| Ok(Command::ChooseFolder),
        nothing,
    ),
    row(
        "wipe",
        Target::None,
        Value::Choice(&WIPE),
        "Wipes the field copy that plays, and ends in black; only with the word yes.",
        |_| Ok(Command::Wipe),
        nothing,
    ),
    row("quit", Target::None, Value::Trigger, "Fades to black and quits the program.", |_| Ok(Command::Quit), nothing),
    row(
        "command",
        Target::None,
        Value::Text,
        "Any command, as JSON.",
        |call| serde_json::from_str(&call.text()).map_err(|error| format!("it is no command: {error}")),
        nothing,
    ),
];

/// The function that reads a value of the status.
type Read = fn(&Status) -> Argument;

/// What addresses below `/millions/status` show: name, description, kind and value.
pub(super) const READINGS: &[(&str, &str, Value, Read)] = &[
    ("scene", "The id of the scene that plays.", Value::Text, |status| status.scene.scene.as_str().into()),
    ("name", "The name of the scene that plays.", Value::Text, |status| status.scene.name.as_str().into()),
    ("next", "The name of what comes next.", Value::Text, |status| {
        next(status).map_or("", |next| next.name.as_str()).into()
    }),
    ("next-in", "Seconds until that; -1 where it waits for GO.", Value::Text, |status| {
        next(status).and_then(|next| next.in_secs).map_or(-1.0, f64::ceil).into()
    }),
    ("transition", "Progress of the transition, 0 to 1.", Value::Text, |status| {
        status.scene.transition.as_ref().map_or(1.0, |transition| rounded(transition.progress)).into()
    }),
    ("intensity", "Intensity of the wall, 0 to 1.", Value::Text, |status| rounded(status.intensity).into()),
    ("people", "People on the wall.", Value::Text, |status| (status.people.count as i64).into()),
    ("arrived", "People who came since the start.", Value::Text, |status| (status.people.arrived as i64).into()),
    ("waiting", "Portraits that wait for the operator.", Value::Text, |status| {
        (status.people.waiting.len() as i64).into()
    }),
    ("late", "Late frames since the start.", Value::Text, |status| (status.frames.late.cast_signed()).into()),
    ("watchdog", "What the watchdog makes of the wall: `alive` as a rule.", Value::Text, |status| {
        status.watchdog.state.as_str().into()
    }),
    ("mode", "How the wall is drawn after recoveries: `usual` as a rule.", Value::Text, |status| {
        status.watchdog.mode.as_str().into()
    }),
    ("recoveries", "Recoveries since the machine was started.", Value::Text, |status| {
        (status.watchdog.recoveries.len() as i64).into()
    }),
    ("notice", "The last notice.", Value::Text, |status| {
        status.notices.last().map_or("", |notice| notice.text.as_str()).into()
    }),
];

/// A row.
const fn row(
    name: &'static str,
    target: Target,
    value: Value,
    description: &'static str,
    command: fn(&Call<'_>) -> Result<Command, String>,
    current: fn(&Status, &str) -> Option<Argument>,
) -> CommandRow {
    CommandRow { name, target, value, description, command, current }
}

impl Call<'_> {
    /// The number, of a row that takes one.
    fn number(&self) -> f64 {
        self.value.as_ref().and_then(Argument::number).unwrap_or_default()
    }

    fn switch(&self) -> bool {
        self.value.as_ref().and_then(Argument::switch).unwrap_or_default()
    }

    fn text(&self) -> String {
        self.value.as_ref().map(ToString::to_string).unwrap_or_default()
    }
}

/// No present value.
fn nothing(_: &Status, _: &str) -> Option<Argument> {
    None
}

/// Whether a scene is on.
fn is_on(status: &Status, target: &str) -> Option<Argument> {
    Some((status.scene.scene.as_str() == target).into())
}

fn cue(call: &Call<'_>, transition: Option<CueTransition>, at: Option<f64>) -> Result<Command, String> {
    let none = || format!("the show has no scene {}", call.target);
    let scene: SceneId = call.status.cue(call.target).ok_or_else(none)?.scene.clone();
    Ok(Command::Cue { scene, transition, at })
}

fn next(status: &Status) -> Option<&crate::NextCue> {
    status.playlist.as_ref()?.next.as_ref()
}

/// A value of 32 bits as it is written, rather than with the digits of 64 bits.
fn rounded(value: f32) -> f64 {
    (f64::from(value) * 1e4).round() / 1e4
}

fn output_named<'s>(status: &'s Status, name: &str) -> Result<&'s OutputStatus, String> {
    status.output(name).ok_or_else(|| format!("the stage has no output {name}"))
}

fn any_output(call: &Call<'_>) -> Result<Option<OutputId>, String> {
    if call.target.is_empty() {
        return Ok(None);
    }
    output_named(call.status, call.target).map(|output| Some(output.output))
}

fn person(call: &Call<'_>) -> Result<u32, String> {
    call.target.parse().map_err(|_| format!("{} is no number of a portrait", call.target))
}

/// Left, top, width, height and, where they are given, degrees.
fn area(text: &str) -> Result<([f64; 4], u16), String> {
    let wrong = || format!("a crop is left, top, width and height, such as 0.1 0.05 0.5 0.6, not {text}");
    let words = text.split([' ', ',', ';']).filter(|word| !word.is_empty());
    let numbers: Vec<f64> = words.map(|word| word.parse().ok()).collect::<Option<_>>().ok_or_else(wrong)?;
    match numbers[..] {
        [x, y, width, height] => Ok(([x, y, width, height], 0)),
        // What is no quarter turn is refused with the rest.
        [x, y, width, height, degrees] => Ok(([x, y, width, height], degrees.clamp(0.0, 999.0) as u16)),
        _ => Err(wrong()),
    }
}

fn waiting(call: &Call<'_>) -> Result<String, String> {
    let found = call.status.people.waiting.iter().find(|arrival| *arrival == call.target);
    found.cloned().ok_or_else(|| format!("no portrait {} waits", call.target))
}

fn calibration_parameter(name: &str) -> Result<CalibrationParameter, String> {
    let known = CalibrationParameter::ALL.into_iter().find(|(known, _)| *known == name);
    known.map(|(_, parameter)| parameter).ok_or_else(|| format!("a calibration has no {name:?}"))
}

/// The limits of a value of the look, or of a calibration, by the target.
pub(super) fn target_range(target: &str) -> Option<Range> {
    let Some((_, parameter)) = target.rsplit_once('/') else {
        return LookParameter::named(target).map(LookParameter::range);
    };
    Some(match calibration_parameter(parameter).ok()? {
        CalibrationParameter::Gamma => calibration_ranges::GAMMA,
        CalibrationParameter::Black => calibration_ranges::BLACK,
        CalibrationParameter::White => calibration_ranges::WHITE,
        CalibrationParameter::WallColour => Range::new(0.0, (WALL_COLOURS.len() - 1) as f64, "of the named colours"),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{ParseError, leaves, parse};
    use super::*;
    use crate::{CueStatus, LookChoice, PlaylistStatus};
    use proptest::prelude::*;

    fn status() -> Status {
        let cue =
            |id: &str, name: &str, key| CueStatus { scene: id.into(), name: name.into(), key, ..CueStatus::default() };
        let output =
            |id, name: &str| OutputStatus { output: OutputId(id), name: name.into(), ..OutputStatus::default() };
        Status {
            cues: vec![cue("slow", "Slow", Some(1)), cue("title", "We are millions", Some(2))],
            playlist: Some(PlaylistStatus { entries: vec![Default::default(); 3], ..PlaylistStatus::default() }),
            outputs: vec![output(4, "left wall"), output(9, "right")],
            look: crate::LookStatus {
                looks: vec![LookChoice { look: "silver".into(), name: "Silver".into() }],
                ..crate::LookStatus::default()
            },
            people: crate::PeopleStatus { waiting: vec!["a1".into()], ..crate::PeopleStatus::default() },
            stage: crate::StageStatus {
                presets: vec!["f1".into()],
                values: vec![["gamma".into(), "1".into()]],
                ..crate::StageStatus::default()
            },
            ..Status::default()
        }
    }

    fn sent(address: &str, arguments: &[Argument]) -> Result<Option<Command>, ParseError> {
        parse(address, arguments, &status())
    }

    fn cued(scene: &str) -> Result<Option<Command>, ParseError> {
        Ok(Some(Command::Cue { scene: scene.into(), transition: None, at: None }))
    }

    #[test]
    fn a_scene_is_cued_by_id_name_or_place_in_the_address_or_as_an_argument() {
        for address in
            ["/millions/cue/title", "/cue/title", "cue/2", "/Millions/CUE/We are millions", "millions/cue/TITLE/"]
        {
            assert_eq!(sent(address, &[]), cued("title"), "{address}");
        }
        assert_eq!(sent("/millions/cue", &["title".into()]), cued("title"));
        assert_eq!(sent("/millions/cue", &[1.into()]), cued("slow"));
        assert_eq!(sent("/millions/cue/title", &[0.0.into()]), Ok(None), "the release of a button");
        assert_eq!(sent("/millions/cue/title", &[127.into()]), cued("title"));
        for (address, message) in [
            ("/millions/cue/nobody", "/millions/cue/nobody: the show has no scene nobody"),
            ("/millions/cue", "/millions/cue: name a scene behind it"),
            ("/millions/cues", "there is no address /millions/cues"),
            ("/millions/go/on", "there is no address /millions/go/on"),
            ("/millions/speed", "/millions/speed: it takes a number from 0.03125 to 32"),
        ] {
            assert_eq!(sent(address, &[]).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn values_are_held_against_their_limits() {
        let adjusted = |value| Ok(Some(Command::Adjust { parameter: "contrast".into(), value, fade: false }));
        assert_eq!(sent("/millions/adjust/contrast", &[0.5.into()]), adjusted(0.5));
        assert!(sent("/millions/adjust/contrast", &[1.5.into()]).is_err());
        assert!(sent("/millions/adjust/contrast", &[f64::NAN.into()]).is_err());
        assert_eq!(sent("/millions/blackout", &["off".into()]), Ok(Some(Command::Blackout { on: false, secs: 0.0 })));
        assert!(sent("/millions/rows", &[2.5.into()]).is_err());
        let gamma = CalibrationParameter::Gamma;
        let calibrated = Command::Calibrate { output: OutputId(4), parameter: gamma, value: 1.25 };
        assert_eq!(sent("/millions/calibrate/left wall/gamma", &[1.25.into()]), Ok(Some(calibrated)));
        let test = Command::Test { test: TestMode::Pattern, output: None };
        assert_eq!(sent("/millions/test", &["pattern".into()]), Ok(Some(test.clone())));
        assert_eq!(sent("/millions/command", &[serde_json::to_string(&test).unwrap().as_str().into()]), Ok(Some(test)));
    }

    #[test]
    fn a_crop_is_a_text_or_as_many_numbers() {
        let cropped = |degrees| Ok(Some(Command::Crop { person: 7, area: [0.1, 0.0, 0.5, 0.75], degrees }));
        assert_eq!(sent("/millions/crop/7", &["0.1 0 0.5 0.75".into()]), cropped(0));
        assert_eq!(sent("/millions/crop/7", &["0.1,0,0.5,0.75,90".into()]), cropped(90));
        let numbers: Vec<Argument> = [0.1, 0.0, 0.5, 0.75, 270.0].map(Argument::from).into();
        assert_eq!(sent("/millions/crop/7", &numbers), cropped(270));
        let turned = |degrees| Ok(Some(Command::Turn { person: 7, degrees }));
        assert_eq!(sent("/millions/turn/7", &[90.into()]), turned(90));
        assert_eq!(sent("/millions/turn", &[7.into(), "270".into()]), turned(270));
        for (address, argument) in [("crop/7", "0.1 0"), ("crop/7", "a b c d"), ("turn/7", "45"), ("crop/x", "0 0 1 1")]
        {
            assert!(sent(address, &[argument.into()]).is_err(), "{address} {argument}");
        }
    }

    /// A number for each kind of command; a new kind does not compile until it has one, and the test below wants an address for it.
    const fn kind(command: &Command) -> usize {
        match command {
            Command::Cue { .. } => 0,
            Command::Go => 1,
            Command::Previous => 2,
            Command::Entry { .. } => 3,
            Command::Resume => 4,
            Command::Back => 5,
            Command::Hold { .. } => 6,
            Command::Blackout { .. } => 7,
            Command::Speed { .. } => 8,
            Command::Rows { .. } => 9,
            Command::Look { .. } => 10,
            Command::Adjust { .. } => 11,
            Command::Reset => 12,
            Command::Hide { .. } => 13,
            Command::Admit { .. } => 14,
            Command::Refuse { .. } => 15,
            Command::TestPicture { .. } => 16,
            Command::Calibrate { .. } => 17,
            Command::EditStage { .. } => 18,
            Command::Edit { .. } => 19,
            Command::Test { .. } => 20,
            Command::Solo { .. } => 21,
            Command::Identify { .. } => 22,
            Command::Preset { .. } => 23,
            Command::Still { .. } => 24,
            Command::Fullscreen { .. } => 25,
            Command::Help { .. } => 26,
            Command::Faces { .. } => 27,
            Command::Introduce { .. } => 28,
            Command::Desk { .. } => 29,
            Command::StageValue { .. } => 30,
            Command::Dimmer { .. } => 31,
            Command::Wipe => 32,
            Command::ChooseFolder => 33,
            Command::AcceptCrop { .. } => 34,
            Command::Crop { .. } => 35,
            Command::Turn { .. } => 36,
            Command::ResetCrop { .. } => 37,
            Command::Quit => KINDS - 1,
        }
    }

    const KINDS: usize = 39;

    /// An argument that a row takes.
    fn some_argument(value: Value, range: Option<Range>, name: &str) -> Argument {
        match value {
            Value::Trigger | Value::Switch => true.into(),
            Value::Choice(words) => words[0].into(),
            Value::Text if name == "edit/command" => "\"undo\"".into(),
            Value::Text => r#"{"command":"go"}"#.into(),
            Value::Number(_) | Value::Whole(_) | Value::OfTarget => range.unwrap().low.into(),
        }
    }

    #[test]
    fn every_command_has_an_address_and_every_address_a_command() {
        let mut reached = [false; KINDS];
        for leaf in leaves(&status()).iter().filter(|leaf| leaf.commands) {
            let name = leaf.address.trim_start_matches("/millions/");
            let argument = some_argument(leaf.value, leaf.range, name);
            let command = sent(&leaf.address, &[argument]).unwrap_or_else(|error| panic!("{}: {error}", leaf.address));
            reached[kind(&command.unwrap_or_else(|| panic!("{} does nothing", leaf.address)))] = true;
        }
        // People are too many to be listed.
        for row in COMMANDS.iter().filter(|row| row.target == Target::Person) {
            let argument = if row.name == "crop" { "0 0 1 1".into() } else { some_argument(row.value, None, row.name) };
            let command = sent(&format!("/millions/{}/17", row.name), &[argument]).unwrap();
            reached[kind(&command.unwrap())] = true;
        }
        let missing: Vec<_> = (0..KINDS).filter(|kind| !reached[*kind]).collect();
        assert!(missing.is_empty(), "no address makes the commands {missing:?}");
    }

    #[test]
    fn tables_of_words_are_those_of_their_types() {
        assert_eq!(TESTS, TestMode::ALL.map(|(name, _)| name));
        for (name, mode) in TestMode::ALL {
            assert_eq!((mode.name(), serde_json::to_value(mode).unwrap()), (name, name.into()));
        }
        for (name, parameter) in CalibrationParameter::ALL {
            assert_eq!(serde_json::to_value(parameter).unwrap(), name);
        }
        let names: std::collections::BTreeSet<_> = COMMANDS.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), COMMANDS.len());
    }

    proptest! {
        #[test]
        fn no_message_panics(address in "(/?millions)?/?[a-z-]{0,12}(/.{0,12}){0,3}", text in ".{0,40}", number in any::<f64>()) {
            for arguments in [&[][..], &[text.as_str().into()], &[number.into()], &[text.as_str().into(), number.into()]] {
                let _ = sent(&address, arguments);
                for row in COMMANDS {
                    let _ = sent(&format!("{}/{text}", row.name), arguments);
                    let _ = sent(row.name, arguments);
                }
            }
        }
    }
}
