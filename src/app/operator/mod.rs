//! The operator's control of the show, without a window. See [`Operator`].

mod adjustments;
mod caption;
mod cueing;
mod face_picker;
mod hours;
mod looks;
mod recent;
#[cfg(test)]
mod tests;

use std::path::Path;

use super::calibration::CalibrationControl;
use super::keys::{Action, KeyPress, Keys};
use super::own_scenes::OwnScenes;
use super::venue::Venue;
use face_picker::{FacePicker, Picked};
use hours::OpeningHours;
use looks::LookList;
use millions_frame::FramePlan;
use millions_gpu::Label;
use millions_show::{Clock, NamedLook, Player, Show, TimePoint};
use millions_stage::{OutputId, ResolvedOutput, SurfaceId};
use millions_wall::DealError;
use millions_wall::tile::PortraitNumber;
pub use recent::RecentPlan;
use recent::RecentPlans;

/// Seconds within which a second press confirms the first.
const CONFIRM_SECS: f64 = 3.0;
/// The wall's intensity behind the help.
const HELP_INTENSITY: f32 = 0.25;

/// The part of a key's action that only the window can do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WindowCommand {
    /// Go full screen, or back.
    ToggleFullscreen,
    /// Leave full screen.
    LeaveFullscreen,
    /// Save a still.
    Still,
    /// Hide a person.
    Hide(PortraitNumber),
    /// Quit.
    Quit,
}

/// The running show: player, clock, venue, and the state that keys change.
pub struct Operator {
    /// Evaluates the show to frames.
    pub player: Player,
    /// Show time from real time.
    pub clock: Clock,
    /// The stage, and its editor.
    pub venue: Venue,
    /// The players of surfaces that have a scene of their own.
    own: OwnScenes,
    recent: RecentPlans,
    show: Show,
    keys: Keys,
    hours: OpeningHours,
    looks: LookList,
    /// The value that keys change, while the test picture is shown.
    calibrating: Option<CalibrationControl>,
    /// The numbers on the faces, while one is chosen.
    picker: Option<FacePicker>,
    help: bool,
    /// The real time of the first press of quit.
    quit_pressed_secs: Option<f64>,
}

impl Operator {
    /// Creates the operator of a show, whose scenes are the player's; `unix_secs` is the Unix time at real time 0.
    #[must_use]
    pub fn new(player: Player, clock: Clock, show: Show, looks: Vec<NamedLook>, venue: Venue, unix_secs: f64) -> Self {
        let mut operator = Self {
            player,
            clock,
            venue,
            own: OwnScenes::beside(Path::new("")).in_background(),
            recent: RecentPlans::default(),
            keys: Keys::moved(&show.keymap),
            show,
            hours: OpeningHours::new(unix_secs),
            looks: LookList::new(looks),
            calibrating: None,
            picker: None,
            help: false,
            quit_pressed_secs: None,
        };
        operator.apply_show_look();
        operator
    }

    /// Sets the stage file beside which surfaces' own scenes are read.
    pub fn follow_stage_at(&mut self, stage: &Path) {
        self.own.move_beside(stage);
    }

    /// Replaces the show while it plays: scenes of the same ids continue where they are, and the active scene stays on
    /// until the next cue.
    ///
    /// # Errors
    /// When the new version of the active scene cannot be dealt: nothing has changed then.
    pub fn set_show(&mut self, show: Show, real_secs: f64) -> Result<(), DealError> {
        let show_secs = self.clock.show_secs(real_secs);
        self.player.set_scenes(show.scenes.clone(), show_secs)?;
        self.player.change_playlist(show.playlist.clone(), show_secs);
        self.player.set_arrivals(show.arrivals);
        self.keys = Keys::moved(&show.keymap);
        let look_changed = show.look != self.show.look;
        self.show = show;
        self.hours.invalidate();
        if look_changed {
            self.player.fade_look(real_secs, |_| {});
            self.apply_show_look();
        }
        Ok(())
    }

    /// Returns the key bindings.
    #[must_use]
    pub const fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Returns the show.
    #[must_use]
    pub const fn show(&self) -> &Show {
        &self.show
    }

    /// Applies a key's action at a real time; returns the window's part of it.
    pub fn press(&mut self, action: Action, real_secs: f64, is_fullscreen: bool) -> Option<WindowCommand> {
        // Any other key between the two presses cancels the first.
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
            Action::Faces => {
                self.picker = if self.picker.is_some() { None } else { Some(FacePicker::default()) };
                self.help = false;
            }
            Action::Still => return Some(WindowCommand::Still),
            Action::Fullscreen => return Some(WindowCommand::ToggleFullscreen),
            Action::Leave if is_fullscreen => return Some(WindowCommand::LeaveFullscreen),
            Action::Leave | Action::Quit => return self.quit(quit_pressed_secs, real_secs),
        }
        None
    }

    /// Applies a key to the numbers on the faces; returns whether it was one of theirs, and the window's part of it.
    pub fn pick(&mut self, pressed: KeyPress, real_secs: f64) -> Option<Option<WindowCommand>> {
        match self.picker.as_mut()?.press(pressed)? {
            Picked::Nothing => Some(None),
            Picked::Hide(portrait) => Some(Some(WindowCommand::Hide(portrait))),
            Picked::Introduce(portrait) => {
                self.player.introduce(portrait, self.at(real_secs));
                Some(None)
            }
            Picked::End => {
                self.picker = None;
                Some(None)
            }
        }
    }

    /// Numbers the faces that an output shows, while one is chosen: on the selected output alone.
    pub fn label_faces(&mut self, plan: &FramePlan, output: OutputId) -> Vec<Label> {
        let Some(picker) = self.picker.as_mut().filter(|_| output == self.venue.selected()) else { return Vec::new() };
        picker.label(plan, self.venue.stage(), output)
    }

    /// Quits at the second press.
    fn quit(&mut self, pressed_secs: Option<f64>, real_secs: f64) -> Option<WindowCommand> {
        if pressed_secs.is_some_and(|pressed| real_secs - pressed < CONFIRM_SECS) {
            return Some(WindowCommand::Quit);
        }
        self.quit_pressed_secs = Some(real_secs);
        None
    }

    /// Applies an action to the calibration of the selected output, while the test picture is shown; returns whether
    /// the action is consumed.
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

    /// Enters or leaves edit mode, whose caption replaces the help and that of the test picture.
    fn toggle_edit(&mut self) {
        (self.calibrating, self.picker, self.help) = (None, None, false);
        self.venue.toggle_edit();
    }

    /// Returns the time point of a real time.
    #[must_use]
    pub fn at(&self, real_secs: f64) -> TimePoint {
        TimePoint { show_secs: self.clock.show_secs(real_secs), real_secs }
    }

    /// Returns whether the wall is dark: in a blackout, or outside the opening hours.
    #[must_use]
    pub fn is_dark(&self, real_secs: f64) -> bool {
        self.player.is_blackout() || self.hours_intensity(real_secs) <= 0.0
    }

    /// Plans the wall at a real time, without test picture and help.
    #[must_use]
    pub fn wall(&self, real_secs: f64) -> FramePlan {
        let plan = self.player.frame(self.at(real_secs));
        FramePlan { intensity: plan.intensity * self.hours_intensity(real_secs), ..plan }
    }

    /// Plans the wall for the frame of a real time, and records it for outputs that are delayed, by `delay_secs` at the most.
    pub fn record(&mut self, real_secs: f64, delay_secs: f64) {
        let (plan, blackout) = (self.wall(real_secs), self.player.is_blackout());
        self.recent.record(RecentPlan { real_secs, plan, blackout }, delay_secs);
    }

    /// Returns whether frames differ even while the show is held.
    #[must_use]
    pub fn is_changing(&self, real_secs: f64) -> bool {
        self.player.is_changing(real_secs)
    }

    /// Returns what an output shows of a frame that was recorded: that of `real_secs`, or the last one before. Its own
    /// test picture and help are those of now.
    #[must_use]
    pub fn recorded(&self, real_secs: f64, output: OutputId) -> RecentPlan {
        let recent = self.recent.at(real_secs).cloned();
        let RecentPlan { real_secs, plan, blackout } = recent.unwrap_or_else(|| RecentPlan {
            real_secs,
            plan: self.wall(real_secs),
            blackout: self.player.is_blackout(),
        });
        RecentPlan { real_secs, plan: self.on_output(plan, real_secs, output), blackout }
    }

    /// Plans an output's frame at a real time.
    #[must_use]
    pub fn frame(&self, real_secs: f64, output: OutputId) -> FramePlan {
        self.on_output(self.wall(real_secs), real_secs, output)
    }

    /// Returns a plan of the wall as an output shows it: dimmed behind the help, with the step wedge on the output that is
    /// calibrated.
    fn on_output(&self, mut plan: FramePlan, real_secs: f64, output: OutputId) -> FramePlan {
        if self.venue.stands_still(output) {
            // A wall that moves cannot be aligned with the building by eye.
            let at = TimePoint { show_secs: self.player.cue().show_secs, real_secs };
            plan.scene = self.player.frame(at).scene;
        }
        plan.step_wedge = self.calibrating.is_some() && output == self.venue.selected();
        if self.help {
            plan.intensity *= HELP_INTENSITY;
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
        let at = TimePoint { show_secs: wall.time_secs, real_secs };
        self.own.plans(resolved, wall, at, &self.player)
    }
}
