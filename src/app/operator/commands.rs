//! Commands, carried out. See [`Operator::obey`].

use super::face_picker::FacePicker;
use super::{Operator, WindowCommand};
use millions_base::Range;
use millions_control::{Command, CueTransition, Refused};
use millions_library::ManualCrop;
use millions_show::{Adjustments, SceneId, Transition};
use millions_wall::tone::LookParameter;

/// Seconds within which another GO is none: a button that bounces, a hand that trembles.
const GO_GUARD_SECS: f64 = 0.3;
/// Limits of the show's rate; 1 is real time.
const SPEED_RANGE: Range = Range::new(1.0 / 32.0, 32.0, "");
/// Limits of a fade to black, in seconds.
const FADE_RANGE: Range = Range::new(0.0, 120.0, "seconds");
/// Limits of the dimmer.
const DIMMER_RANGE: Range = Range::new(0.0, 1.0, "");
/// Cues that may wait for their times.
const MOST_SCHEDULED: usize = 64;

/// A cue that waits for its time.
pub(super) struct ScheduledCue {
    /// When, in seconds since 1970.
    unix_secs: f64,
    scene: SceneId,
    transition: Option<CueTransition>,
}

impl Operator {
    /// Carries out a command at a real time; returns the part of it that only the window can do.
    ///
    /// # Errors
    /// Why nothing has changed.
    pub fn obey(&mut self, command: &Command, real_secs: f64) -> Result<Option<WindowCommand>, Refused> {
        match command {
            Command::Cue { scene, transition, at } => self.cue_at(scene, *transition, *at, real_secs)?,
            Command::Go => self.go(real_secs)?,
            Command::Previous => self.step_playlist(-1, real_secs)?,
            Command::Entry { entry } => {
                let at = self.at(real_secs);
                let is_there = self.player.cue_entry(*entry, at).map_err(refused)?;
                is_there.then_some(()).ok_or_else(|| no_playlist_entry(*entry))?;
            }
            Command::Resume => {
                if self.player.playlist_began_secs().is_none() {
                    self.step_playlist(0, real_secs)?;
                }
            }
            Command::Back => {
                let at = self.at(real_secs);
                self.player.cue_back(self.show.transition, at).map_err(refused)?;
            }
            Command::Hold { on } => self.clock.hold(real_secs, *on),
            Command::Blackout { on, secs } => {
                FADE_RANGE.check("secs", *secs as f32).map_err(refused)?;
                self.black_out(*on, *secs, real_secs);
            }
            Command::Dimmer { level } => {
                DIMMER_RANGE.check("level", *level).map_err(refused)?;
                self.player.set_dimmer(*level);
            }
            Command::Speed { rate } => {
                if !rate.is_finite() {
                    return Err(Refused("a speed is a number".to_owned()));
                }
                self.clock.set_rate(real_secs, rate.clamp(SPEED_RANGE.low, SPEED_RANGE.high));
            }
            Command::Rows { rows } => self.set_rows(*rows, real_secs)?,
            Command::Look { look } => self.choose_look(look.as_ref(), real_secs)?,
            Command::Adjust { parameter, value, fade } => self.adjust_look(parameter, *value, *fade, real_secs)?,
            Command::Reset => {
                let at = self.at(real_secs);
                self.choose_look(None, real_secs)?;
                self.player.set_adjustments(Adjustments::default(), at).map_err(refused)?;
                self.clock.set_rate(real_secs, 1.0);
            }
            Command::TestPicture { on } => {
                self.calibrating = on.then(|| self.calibrating.unwrap_or_default());
            }
            Command::Calibrate { output, parameter, value } => {
                self.venue.calibrate(*output, *parameter, *value).map_err(Refused)?;
            }
            Command::EditStage { on } => {
                // The caption of edit mode replaces the help and that of the test picture.
                (self.calibrating, self.picker, self.help) = (None, None, false);
                self.venue.set_editing(*on);
            }
            Command::Edit { edit } => {
                let reply = self.venue.act(*edit);
                return Ok(reply.changed.then_some(WindowCommand::StageEdited));
            }
            Command::StageValue { name, text } => {
                let reply = self.venue.set_value(name, text).map_err(Refused)?;
                return Ok(reply.changed.then_some(WindowCommand::StageEdited));
            }
            Command::Test { test, output } => self.venue.test(*test, *output),
            Command::Solo { output } => self.venue.set_solo(*output),
            Command::Identify { on } => self.venue.set_identify(*on),
            Command::Help { on } if self.venue.is_editing() => self.venue.set_help(*on),
            Command::Help { on } => self.help = *on,
            Command::Faces { on } => {
                self.picker = on.then(FacePicker::default);
                self.help = false;
            }
            Command::Hide { person } => return Ok(Some(WindowCommand::Hide(*person))),
            Command::AcceptCrop { person } => {
                return Ok(Some(WindowCommand::Crop(*person, Some(ManualCrop::Accepted))));
            }
            Command::Crop { person, area, degrees } => {
                let crop = ManualCrop::cropped(*area, *degrees).map_err(Refused)?;
                return Ok(Some(WindowCommand::Crop(*person, Some(crop))));
            }
            Command::Turn { person, degrees } => {
                let crop = ManualCrop::turned(*degrees).map_err(Refused)?;
                return Ok(Some(WindowCommand::Crop(*person, Some(crop))));
            }
            Command::ResetCrop { person } => return Ok(Some(WindowCommand::Crop(*person, None))),
            Command::Introduce { person } => {
                let at = self.at(real_secs);
                if !self.player.introduce(*person, at) {
                    return Err(Refused(format!("portrait {person} is not on this wall, or comes forward already")));
                }
            }
            Command::Admit { arrival } => return Ok(Some(WindowCommand::Admit(arrival.clone()))),
            Command::Refuse { arrival } => return Ok(Some(WindowCommand::Refuse(arrival.clone()))),
            Command::Preset { preset } => return Ok(Some(WindowCommand::Preset(preset.clone()))),
            Command::Still { output } => return Ok(Some(WindowCommand::Still(*output))),
            Command::Fullscreen { on } => return Ok(Some(WindowCommand::Fullscreen(*on))),
            Command::Desk { on } => return Ok(Some(WindowCommand::Desk(*on))),
            // Photographs in the clear, and a library of them, are what a machine with a field copy is not to have.
            Command::ChooseFolder if self.is_field_copy => {
                return Err(Refused("a field copy plays: quit before you play photographs".to_owned()));
            }
            Command::ChooseFolder => return Ok(Some(WindowCommand::ChooseFolder)),
            Command::Wipe if self.is_field_copy => return Ok(Some(WindowCommand::Wipe)),
            Command::Wipe => return Err(Refused("what plays is no field copy: nothing is wiped".to_owned())),
            Command::Quit => return Ok(Some(WindowCommand::Quit)),
        }
        Ok(None)
    }

    /// Cues a scene now, or at a time.
    fn cue_at(
        &mut self,
        scene: &SceneId,
        transition: Option<CueTransition>,
        at: Option<f64>,
        real_secs: f64,
    ) -> Result<(), Refused> {
        if !self.player.scenes().any(|known| known.id == *scene) {
            return Err(Refused(format!("the show has no scene {scene}")));
        }
        let Some(unix_secs) = at.filter(|at| *at > self.hours.unix_secs(real_secs)) else {
            return self.cue(scene, transition, real_secs);
        };
        if self.scheduled.len() >= MOST_SCHEDULED {
            return Err(Refused(format!("{MOST_SCHEDULED} cues wait for their times already")));
        }
        let scene = scene.clone();
        self.scheduled.push(ScheduledCue { unix_secs, scene, transition });
        Ok(())
    }

    /// Cues a scene, with the transition of its cue unless another is given.
    fn cue(&mut self, scene: &SceneId, other: Option<CueTransition>, real_secs: f64) -> Result<(), Refused> {
        let at = self.at(real_secs);
        let own = self.show.cue_of(scene).map_or(self.show.transition, |cue| cue.transition);
        let transition: Transition = other.map_or(own, |other| other.of(own));
        self.player
            .cue_scene(scene, transition, at)
            .map_err(|error| Refused(format!("{scene} cannot be shown: {error}")))
    }

    /// Takes the cues whose time has come.
    pub(super) fn follow_scheduled(&mut self, real_secs: f64) {
        let now = self.hours.unix_secs(real_secs);
        let mut due: Vec<_> = self.scheduled.extract_if(.., |cue| cue.unix_secs <= now).collect();
        due.sort_by(|a, b| a.unix_secs.total_cmp(&b.unix_secs));
        for ScheduledCue { unix_secs, scene, transition } in due {
            let due_secs = self.hours.real_secs(unix_secs);
            if let Err(error) = self.cue(&scene, transition, due_secs) {
                tracing::warn!("{error}");
            }
        }
    }

    /// GO: the playlist's next entry.
    fn go(&mut self, real_secs: f64) -> Result<(), Refused> {
        if self.last_go_secs.is_some_and(|last| (real_secs - last).abs() < GO_GUARD_SECS) {
            return Ok(());
        }
        self.last_go_secs = Some(real_secs);
        self.step_playlist(1, real_secs)
    }

    /// Steps the playlist by entries.
    fn step_playlist(&mut self, by: i64, real_secs: f64) -> Result<(), Refused> {
        let at = self.at(real_secs);
        match self.player.step_playlist(by, at) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Refused("the show has no playlist".to_owned())),
            Err(error) => Err(Refused(format!("the playlist's scene cannot be shown: {error}"))),
        }
    }

    /// Restarts the show at a time of the show: the playlist, or the first cue.
    pub(super) fn restart(&mut self, show_secs: f64, real_secs: f64) {
        let plays = self.show.autoplays();
        self.player.set_playlist(self.show.playlist.clone(), show_secs, !plays);
        if plays {
            return;
        }
        let at = self.at(real_secs);
        if let Err(error) = self.player.resume_scene(&self.show.start.scene, show_secs, at) {
            tracing::warn!("what the show begins with cannot be shown: {error}");
        }
    }

    /// Sets the rows of the scene, where it has rows.
    fn set_rows(&mut self, rows: u32, real_secs: f64) -> Result<(), Refused> {
        let now = self.player.rows().ok_or_else(|| Refused("this scene has no rows".to_owned()))?;
        let by = i64::from(rows.max(1)) - i64::from(now);
        let mut adjustments = *self.player.adjustments();
        adjustments.rows = adjustments.rows.saturating_add(i32::try_from(by).unwrap_or(i32::MAX));
        let at = self.at(real_secs);
        self.player.set_adjustments(adjustments, at).map_err(refused)
    }

    /// Sets a value of the look, which has to fit the others.
    fn adjust_look(&mut self, parameter: &str, value: f32, fade: bool, real_secs: f64) -> Result<(), Refused> {
        let Some(parameter) = LookParameter::named(parameter) else {
            return Err(Refused(format!("a look has no {parameter}")));
        };
        let mut look = self.player.look();
        parameter.set(&mut look, value);
        look.validate().map_err(refused)?;
        let adjustments = self.player.adjustments().with(parameter, value, &self.player.base_look());
        let at = self.at(real_secs);
        if !fade {
            return self.player.set_adjustments(adjustments, at).map_err(refused);
        }
        let mut result = Ok(());
        self.player.fade_look(real_secs, |player| result = player.set_adjustments(adjustments, at));
        result.map_err(refused)
    }
}

fn refused(error: impl ToString) -> Refused {
    Refused(error.to_string())
}

fn no_playlist_entry(entry: usize) -> Refused {
    Refused(format!("the playlist has no entry {}", entry + 1))
}
