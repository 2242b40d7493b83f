//! The operator: what keys do to the show, without a window. See [`Operator`].

mod adjustments;
mod caption;
mod cueing;
mod hours;
mod looks;
#[cfg(test)]
mod tests;

use std::path::Path;

use super::calibration::CalibrationControl;
use super::keys::{Action, Keys};
use super::own_scenes::OwnScenes;
use super::venue::Venue;
use hours::OpeningHours;
use looks::LookChoice;
use millions_frame::FramePlan;
use millions_show::{Clock, NamedLook, Player, Show, TimePoint};
use millions_stage::{OutputId, ResolvedOutput, SurfaceId};
use millions_wall::DealError;

/// Seconds within which a second press confirms the first.
const CONFIRM_SECS: f64 = 3.0;
/// The wall's light behind the help, of 1.
const BEHIND_HELP: f32 = 0.25;

/// The part of a key's action that only the window can do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WindowCommand {
    /// Go full screen, or back.
    ToggleFullscreen,
    /// Leave full screen.
    LeaveFullscreen,
    /// Save a still.
    Still,
    /// Quit.
    Quit,
}

/// The running show and its state: what plays, when, where, and what the operator has changed of it.
pub struct Operator {
    /// What plays.
    pub player: Player,
    /// When.
    pub clock: Clock,
    /// Where.
    pub venue: Venue,
    /// Scenes that surfaces have for themselves.
    own: OwnScenes,
    show: Show,
    keys: Keys,
    hours: OpeningHours,
    looks: LookChoice,
    /// The value that keys change in the test picture, while that is shown.
    calibrating: Option<CalibrationControl>,
    help: bool,
    /// The real time of the first of two presses that quit.
    quit_pressed_secs: Option<f64>,
}

impl Operator {
    /// An operator of a show, whose scenes are the player's, at `unix_secs` of the world's time.
    #[must_use]
    pub fn new(player: Player, clock: Clock, show: Show, looks: Vec<NamedLook>, venue: Venue, unix_secs: f64) -> Self {
        let mut operator = Self {
            player,
            clock,
            venue,
            own: OwnScenes::beside(Path::new("")),
            keys: Keys::moved(&show.keymap),
            show,
            hours: OpeningHours::new(unix_secs),
            looks: LookChoice::new(looks),
            calibrating: None,
            help: false,
            quit_pressed_secs: None,
        };
        operator.apply_show_look();
        operator
    }

    /// Reads surfaces' own scenes beside that stage's file from now on.
    pub fn follow_stage_at(&mut self, stage: &Path) {
        self.own = OwnScenes::beside(stage);
    }

    /// Plays another show in the place of this one, from where this one is: the same scenes go on where they are, and what is
    /// seen stays until a key or the playlist has it otherwise.
    ///
    /// # Errors
    /// When the scene that plays makes no wall any more: then nothing has changed.
    pub fn set_show(&mut self, show: Show, real_secs: f64) -> Result<(), DealError> {
        let show_secs = self.clock.show_secs(real_secs);
        self.player.set_scenes(show.scenes.clone(), show_secs)?;
        self.player.change_playlist(show.playlist.clone(), show_secs);
        self.keys = Keys::moved(&show.keymap);
        let look_changed = show.look != self.show.look;
        self.show = show;
        self.hours.forget();
        if look_changed {
            self.player.fade_look(real_secs, |_| {});
            self.looks.choose(None);
            self.player.set_look(None);
            self.apply_show_look();
        }
        Ok(())
    }

    /// The key bindings.
    #[must_use]
    pub const fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The show.
    #[must_use]
    pub const fn show(&self) -> &Show {
        &self.show
    }

    /// Applies a key's action at a real time; returns what is left for the window.
    pub fn press(&mut self, action: Action, real_secs: f64, is_fullscreen: bool) -> Option<WindowCommand> {
        // Any other key between the two presses takes the first one back.
        let quit_pressed_secs = self.quit_pressed_secs.take();
        if self.calibrate(action) {
            return None;
        }
        match action {
            Action::Hold => self.clock.hold(real_secs, !self.clock.is_held()),
            Action::Blackout => self.player.set_blackout(!self.player.is_blackout()),
            Action::Cue { key, cut } => self.cue(key, cut, real_secs),
            Action::Back => self.cue_back(real_secs),
            Action::Playlist(by) => self.step_playlist(i64::from(by), real_secs),
            Action::Resume => self.resume_playlist(real_secs),
            Action::Speed(by) => self.change_speed(by, real_secs),
            Action::Rows(by) => self.change_rows(by, real_secs),
            Action::Color => self.toggle_color(real_secs),
            Action::Contrast(by) => self.change_contrast(by, real_secs),
            Action::Exposure(by) => self.change_exposure(by, real_secs),
            Action::Look => self.next_look(real_secs),
            Action::Reset => self.reset(real_secs),
            Action::Test => self.toggle_test_picture(),
            Action::Edit => self.toggle_edit(),
            Action::Help => self.help = !self.help,
            Action::Still => return Some(WindowCommand::Still),
            Action::Fullscreen => return Some(WindowCommand::ToggleFullscreen),
            Action::Leave if is_fullscreen => return Some(WindowCommand::LeaveFullscreen),
            Action::Leave | Action::Quit => return self.quit(quit_pressed_secs, real_secs),
        }
        None
    }

    /// Quits at the second press.
    fn quit(&mut self, pressed_secs: Option<f64>, real_secs: f64) -> Option<WindowCommand> {
        if pressed_secs.is_some_and(|pressed| real_secs - pressed < CONFIRM_SECS) {
            return Some(WindowCommand::Quit);
        }
        self.quit_pressed_secs = Some(real_secs);
        None
    }

    /// Applies an action to the calibration of the selected output, while the test picture is shown; returns whether it was for
    /// that.
    fn calibrate(&mut self, action: Action) -> bool {
        let Some(control) = self.calibrating else { return false };
        match action {
            Action::Playlist(by) => self.venue.calibrate(|calibration| control.step(calibration, by)),
            Action::Reset => self.venue.calibrate(|calibration| control.reset(calibration)),
            Action::Rows(by) => self.calibrating = Some(control.select(-by)),
            _ => return false,
        }
        true
    }

    fn toggle_test_picture(&mut self) {
        self.calibrating = if self.calibrating.is_some() { None } else { Some(CalibrationControl::default()) };
    }

    /// Begins to edit the stage, or ends it. Its text takes the place of the help and of the test picture's.
    fn toggle_edit(&mut self) {
        (self.calibrating, self.help) = (None, false);
        self.venue.toggle_edit();
    }

    /// A real time, by both clocks.
    #[must_use]
    pub fn at(&self, real_secs: f64) -> TimePoint {
        TimePoint { show_secs: self.clock.show_secs(real_secs), real_secs }
    }

    /// Whether nothing is to be seen: a blackout, or outside the show's hours.
    #[must_use]
    pub fn is_dark(&self, real_secs: f64) -> bool {
        self.player.is_blackout() || self.hours_light(real_secs) <= 0.0
    }

    /// The wall at a real time, without what is only for the operator.
    #[must_use]
    pub fn wall(&self, real_secs: f64) -> FramePlan {
        let plan = self.player.frame(self.at(real_secs));
        FramePlan { intensity: plan.intensity * self.hours_light(real_secs), ..plan }
    }

    /// Whether something changes from frame to frame even while the show is held.
    #[must_use]
    pub fn is_changing(&self, real_secs: f64) -> bool {
        self.player.is_changing(real_secs)
    }

    /// An output's frame at a real time: behind the help the wall is dimmed, so that it can be read.
    #[must_use]
    pub fn frame(&self, real_secs: f64, output: OutputId) -> FramePlan {
        let mut plan = self.wall(real_secs);
        if self.venue.stands_still(output) {
            // The edges of faces are aligned with the building by eye.
            let at = TimePoint { show_secs: self.player.cue().show_secs, real_secs };
            plan.scene = self.player.frame(at).scene;
        }
        plan.step_wedge = self.calibrating.is_some() && output == self.venue.selected();
        if self.help {
            plan.intensity *= BEHIND_HELP;
        }
        plan
    }

    /// Returns the plans of an output's surfaces with a scene of their own, at the intensity of the wall's plan.
    pub fn own_scenes(
        &mut self,
        resolved: &ResolvedOutput,
        wall: &FramePlan,
        real_secs: f64,
    ) -> Vec<(SurfaceId, FramePlan)> {
        let at = self.at(real_secs);
        self.own.plans(resolved, wall, at, &self.player)
    }
}
