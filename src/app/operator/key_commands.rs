//! Keys as commands: what a key means depends on what is on; what it commands does not.

use super::super::calibration::CalibrationControl;
use super::super::keys::Action;
use super::{CONFIRM_SECS, Operator};
use millions_base::Range;
use millions_control::{Command, CueTransition};
use millions_wall::tone::LookParameter;

/// Contrast per key press.
const CONTRAST_STEP: f32 = 0.05;
/// Stops per key press.
const EXPOSURE_STEP: f32 = 0.25;
/// The factor of the show's rate per key press.
const SPEED_STEP: f64 = 1.25;

impl Operator {
    /// Returns the command of a key's action at a real time; none where it is for the keyboard's own state, as the first press of two.
    pub fn press(&mut self, action: Action, real_secs: f64, is_fullscreen: bool) -> Option<Command> {
        // Any other key between the two presses cancels the first.
        let quit_pressed_secs = self.quit_pressed_secs.take();
        let wipe_pressed_secs = self.wipe_pressed_secs.take();
        if let Some(control) = self.calibrating {
            match action {
                Action::Playlist(by) => {
                    return Some(self.calibrate(control, control.step(&self.venue.calibration(), by)));
                }
                Action::Reset => return Some(self.calibrate(control, control.default_value())),
                Action::Rows(by) => {
                    self.calibrating = Some(control.select(-by));
                    return None;
                }
                _ => {}
            }
        }
        Some(match action {
            Action::Hold => Command::Hold { on: !self.clock.is_held() },
            // While it fades, black comes first.
            Action::Blackout => Command::Blackout { on: !self.player.is_blackout(), secs: 0.0 },
            Action::Cue { key, cut } => {
                let scene = self.show.keys.get(key)?.as_ref()?.scene.clone();
                Command::Cue { scene, transition: cut.then_some(CueTransition::CUT), at: None }
            }
            Action::Back => Command::Back,
            Action::Playlist(1) => Command::Go,
            Action::Playlist(_) => Command::Previous,
            Action::Resume => Command::Resume,
            Action::Speed(by) => Command::Speed { rate: self.clock.rate() * SPEED_STEP.powi(by) },
            Action::Rows(by) => Command::Rows { rows: self.player.rows()?.saturating_add_signed(by).max(1) },
            Action::Color => {
                let value = if self.player.look().color > 0.5 { 0.0 } else { 1.0 };
                adjust(LookParameter::Color, value, true)
            }
            Action::Contrast(by) => self.step_look(LookParameter::Contrast, CONTRAST_STEP * by as f32),
            Action::Exposure(by) => self.step_look(LookParameter::Exposure, EXPOSURE_STEP * by as f32),
            Action::Look => Command::Look { look: self.looks.next() },
            Action::Reset => Command::Reset,
            Action::Test => Command::TestPicture { on: self.calibrating.is_none() },
            Action::Edit => Command::EditStage { on: !self.venue.is_editing() },
            Action::Help => Command::Help { on: !self.help },
            Action::Faces => Command::Faces { on: self.picker.is_none() },
            Action::Still => Command::Still { output: None },
            Action::ChooseFolder => Command::ChooseFolder,
            Action::Fullscreen => Command::Fullscreen { on: !is_fullscreen },
            // The window knows who waits, which a command may name.
            Action::Send(_) => return None,
            Action::Wipe => {
                if wipe_pressed_secs.is_some_and(|pressed| real_secs - pressed < CONFIRM_SECS) {
                    return Some(Command::Wipe);
                }
                self.wipe_pressed_secs = self.is_field_copy.then_some(real_secs);
                return None;
            }
            Action::Leave if is_fullscreen => Command::Fullscreen { on: false },
            Action::Leave | Action::Quit => {
                if quit_pressed_secs.is_some_and(|pressed| real_secs - pressed < CONFIRM_SECS) {
                    return Some(Command::Quit);
                }
                self.quit_pressed_secs = Some(real_secs);
                return None;
            }
        })
    }

    /// Sets the selected value of the selected output's calibration.
    fn calibrate(&self, control: CalibrationControl, value: f32) -> Command {
        Command::Calibrate { output: self.venue.selected(), parameter: control.parameter(), value }
    }

    /// Changes a value of the look as it is seen, within its range, so that presses past its end do not accumulate.
    fn step_look(&self, parameter: LookParameter, step: f32) -> Command {
        let Range { low, high, .. } = parameter.range();
        let value = parameter.get(&self.player.look()) + step;
        adjust(parameter, value.clamp(low as f32, high as f32), false)
    }
}

fn adjust(parameter: LookParameter, value: f32, fade: bool) -> Command {
    Command::Adjust { parameter: parameter.name().to_owned(), value, fade }
}
