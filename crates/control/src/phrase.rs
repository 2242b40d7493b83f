//! Commands in words, for an operator who looks whether the right thing was done. See [`phrase`].

use super::{Command, CueTransition, Status, TestMode};
use millions_show::{SceneId, TransitionKind};
use millions_stage::OutputId;

/// Returns what a command did, in a few words, with the names that a status knows.
#[must_use]
pub fn phrase(command: &Command, status: &Status) -> String {
    let scene = |scene: &SceneId| {
        let cue = status.cues.iter().find(|cue| cue.scene == *scene);
        cue.map_or_else(|| scene.to_string(), |cue| cue.name.clone())
    };
    let output = |id: &OutputId| {
        let output = status.outputs.iter().find(|output| output.output == *id);
        output.map_or_else(|| "an output".to_owned(), |output| output.name.clone())
    };
    let some_output = |id: &Option<OutputId>, none: &str| id.as_ref().map_or_else(|| none.to_owned(), output);
    let switched = |what: &str, on: bool| format!("{what} {}", if on { "on" } else { "off" });
    match command {
        Command::Cue { scene: id, at: Some(_), .. } => format!("cue at a time: {}", scene(id)),
        Command::Cue { scene: id, transition: None, .. } => format!("cue: {}", scene(id)),
        Command::Cue { scene: id, transition: Some(CueTransition { kind: Some(TransitionKind::Cut), .. }), .. } => {
            format!("cut: {}", scene(id))
        }
        Command::Cue { scene: id, transition: Some(CueTransition { secs, .. }), .. } => match secs {
            Some(secs) => format!("cue in {secs} s: {}", scene(id)),
            None => format!("cue: {}", scene(id)),
        },
        Command::Go => "GO".to_owned(),
        Command::Previous => "the entry before".to_owned(),
        Command::Entry { entry } => format!("entry {}", entry + 1),
        Command::Resume => "the playlist goes on".to_owned(),
        Command::Back => "back".to_owned(),
        Command::Hold { on } => if *on { "hold" } else { "goes on" }.to_owned(),
        Command::Blackout { on: true, secs } if *secs > 0.0 => format!("fade out in {secs} s"),
        Command::Blackout { on: false, secs } if *secs > 0.0 => format!("fade in, {secs} s"),
        Command::Blackout { on, .. } => if *on { "blackout" } else { "lights again" }.to_owned(),
        Command::Dimmer { level } => format!("dimmer {:.0} %", level * 100.0),
        Command::Speed { rate } => format!("speed {rate:.2}"),
        Command::Rows { rows } => format!("rows {rows}"),
        Command::Look { look: None } => "the scenes' own look".to_owned(),
        Command::Look { look: Some(id) } => {
            let look = status.look.looks.iter().find(|look| look.look == *id);
            format!("look: {}", look.map_or_else(|| id.to_string(), |look| look.name.clone()))
        }
        Command::Adjust { parameter, value, .. } => format!("{} {value:.2}", parameter.replace('_', " ")),
        Command::Reset => "the scene's own look, rows and speed".to_owned(),
        Command::Hide { person } => format!("person {person} is hidden"),
        Command::AcceptCrop { person } => format!("the crop of person {person} is accepted"),
        Command::Crop { person, .. } => format!("person {person} is cropped by hand"),
        Command::Turn { person, degrees } => format!("person {person} is turned to {degrees}°"),
        Command::ResetCrop { person } => format!("the crop of person {person} is the program's"),
        Command::Introduce { person } => format!("person {person} comes forward"),
        Command::Admit { .. } => "a portrait is admitted".to_owned(),
        Command::Refuse { .. } => "a portrait is turned down".to_owned(),
        Command::TestPicture { on } => switched("test picture", *on),
        Command::Calibrate { output: id, parameter, value } => {
            let name = super::CalibrationParameter::ALL.into_iter().find(|(_, known)| known == parameter);
            format!("{}: {} {value:.2}", output(id), name.map_or("calibration", |(name, _)| name))
        }
        Command::EditStage { on } => {
            if *on { "the stage is edited" } else { "the stage's editor is closed" }.to_owned()
        }
        Command::Edit { .. } => "the stage is changed".to_owned(),
        Command::StageValue { name, text } => format!("{name} {text}"),
        Command::Test { test: TestMode::None, output: id } => {
            format!("the show again on {}", some_output(id, "all outputs"))
        }
        Command::Test { test, output: id } => format!("{} on {}", test.name(), some_output(id, "all outputs")),
        Command::Solo { output: None } => "all outputs are lit".to_owned(),
        Command::Solo { output: Some(id) } => format!("{} alone", output(id)),
        Command::Identify { on } => switched("names of the outputs", *on),
        Command::Preset { preset } => format!("preset {preset}"),
        Command::Still { output: id } => format!("a still of {}", some_output(id, "the wall")),
        Command::Fullscreen { on } => switched("full screen", *on),
        Command::Desk { on } => switched("desk", *on),
        Command::Help { on } => switched("help", *on),
        Command::Faces { on } => switched("numbers of the faces", *on),
        Command::ChooseFolder => "a folder is asked for".to_owned(),
        Command::Wipe => "wiped".to_owned(),
        Command::Quit => "quit".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CueStatus, LookChoice, OutputStatus};

    #[test]
    fn what_was_done_is_said_with_the_names_of_the_show() {
        let cue = CueStatus { scene: "title".into(), name: "Who we are".to_owned(), ..CueStatus::default() };
        let mut status = Status { cues: vec![cue], ..Status::default() };
        status.look.looks = vec![LookChoice { look: "silver".into(), name: "Silver".into() }];
        status.outputs =
            vec![OutputStatus { output: OutputId(2), name: "gable".to_owned(), ..OutputStatus::default() }];
        for (line, said) in [
            ("cue title", "cue: Who we are"),
            ("cut title", "cut: Who we are"),
            ("fade title 3", "cue in 3 s: Who we are"),
            ("cue-at title 2000000000", "cue at a time: Who we are"),
            ("go", "GO"),
            ("blackout 1", "blackout"),
            ("blackout 0", "lights again"),
            ("fade-out 5", "fade out in 5 s"),
            ("fade-in 5", "fade in, 5 s"),
            ("hold 1", "hold"),
            ("look silver", "look: Silver"),
            ("adjust contrast 0.25", "contrast 0.25"),
            ("test/gable white", "white on gable"),
            ("test none", "the show again on all outputs"),
            ("still", "a still of the wall"),
        ] {
            let command = crate::parse_line(line, &status).unwrap().unwrap();
            assert_eq!(phrase(&command, &status), said, "{line}");
        }
    }
}
