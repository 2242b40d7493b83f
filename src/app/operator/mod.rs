//! The operator's control of the show, without a window. See [`Operator`].

mod caption;
mod catch_up;
mod commands;
mod face_picker;
mod fade;
mod hours;
mod key_commands;
mod looks;
mod recent;
mod status;
#[cfg(test)]
mod tests;

use std::path::Path;

use super::calibration::CalibrationControl;
use super::keys::{KeyPress, Keys};
use super::own_scenes::OwnScenes;
use super::venue::Venue;
use catch_up::CatchUp;
pub use catch_up::ShowPosition;
use commands::ScheduledCue;
use face_picker::{FacePicker, Picked};
use fade::BlackoutFade;
use hours::OpeningHours;
use looks::LookList;
use millions_control::{Command, RecordingStart};
use millions_frame::FramePlan;
use millions_gpu::Label;
use millions_library::ManualCrop;
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

/// The part of a command that only the window can do.
#[derive(Clone, Debug, PartialEq)]
pub enum WindowCommand {
    /// Show full screen, or in a window.
    Fullscreen(bool),
    /// Save a still of an output; of the selected one, if none.
    Still(Option<OutputId>),
    /// Hide a person.
    Hide(PortraitNumber),
    /// Decide about the crop of a portrait; none leaves it to the program again.
    Crop(PortraitNumber, Option<ManualCrop>),
    /// Admit a portrait that waits.
    Admit(String),
    /// Turn down a portrait that waits.
    Refuse(String),
    /// Switch to the stage of a preset.
    Preset(String),
    /// The stage was edited: what follows within a moment is the same step of undo.
    StageEdited,
    /// Open the desk, or close it.
    Desk(bool),
    /// Ask for a folder of photographs, to play that.
    ChooseFolder,
    /// Wipe the field copy, and end in black.
    Wipe,
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
    /// A fade to black, or back.
    blackout_fade: Option<BlackoutFade>,
    /// The way to where the show would be by a clock that was not known.
    catch_up: Option<CatchUp>,
    /// Cues that wait for their times.
    scheduled: Vec<ScheduledCue>,
    /// The real time of the last GO.
    last_go_secs: Option<f64>,
    /// The real time of the first press of quit.
    quit_pressed_secs: Option<f64>,
    /// That of wipe.
    wipe_pressed_secs: Option<f64>,
    /// Whether a field copy plays, which can be wiped.
    is_field_copy: bool,
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
            keys: Keys::of_show(&show),
            show,
            hours: OpeningHours::new(unix_secs),
            looks: LookList::new(looks),
            calibrating: None,
            picker: None,
            help: false,
            blackout_fade: None,
            catch_up: None,
            scheduled: Vec::new(),
            last_go_secs: None,
            quit_pressed_secs: None,
            wipe_pressed_secs: None,
            is_field_copy: false,
        };
        operator.apply_show_look();
        operator
    }

    /// Sets the stage file beside which surfaces' own scenes are read.
    pub fn follow_stage_at(&mut self, stage: &Path) {
        self.own.move_beside(stage);
    }

    /// Sets whether a field copy plays, which can be wiped.
    pub const fn set_field_copy(&mut self, is_field_copy: bool) {
        self.is_field_copy = is_field_copy;
    }

    /// Whether a field copy plays.
    pub const fn is_field_copy(&self) -> bool {
        self.is_field_copy
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
        self.keys = Keys::of_show(&show);
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

    /// Applies a key to the numbers on the faces; returns whether it was one of theirs, and its command.
    pub fn pick(&mut self, pressed: KeyPress) -> Option<Option<Command>> {
        match self.picker.as_mut()?.press(pressed)? {
            Picked::Nothing => Some(None),
            Picked::Hide(person) => Some(Some(Command::Hide { person })),
            Picked::Introduce(person) => Some(Some(Command::Introduce { person })),
            Picked::End => Some(Some(Command::Faces { on: false })),
        }
    }

    /// Numbers the faces that an output shows, while one is chosen: on the selected output alone.
    pub fn label_faces(&mut self, plan: &FramePlan, output: OutputId) -> Vec<Label> {
        let Some(picker) = self.picker.as_mut().filter(|_| output == self.venue.selected()) else { return Vec::new() };
        picker.label(plan, self.venue.stage(), output)
    }

    /// Returns the time point of a real time.
    #[must_use]
    pub fn at(&self, real_secs: f64) -> TimePoint {
        TimePoint { show_secs: self.clock.show_secs(real_secs), real_secs }
    }

    /// Returns the Unix time of a real time, in seconds.
    #[must_use]
    pub const fn unix_secs(&self, real_secs: f64) -> f64 {
        self.hours.unix_secs(real_secs)
    }

    /// Returns the start of a command log at a real time: by it and the commands alone, the show is played again.
    #[must_use]
    pub fn recording_start(&self, real_secs: f64) -> RecordingStart {
        let cue = self.player.cue();
        RecordingStart {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            real_secs,
            show_secs: self.clock.show_secs(real_secs),
            unix_secs: self.unix_secs(0.0),
            scene: cue.scene.clone(),
            cued_secs: cue.show_secs,
            playlist_began_secs: self.player.playlist_began_secs(),
            blackout: self.player.is_blackout(),
            dimmer: self.player.dimmer(),
            held: self.clock.is_held(),
            rate: self.clock.rate(),
        }
    }

    /// Returns whether the wall is dark: in a blackout, or outside the opening hours.
    #[must_use]
    pub fn is_dark(&self, real_secs: f64) -> bool {
        self.player.is_blackout() || self.player.dimmer() <= 0.0 || self.wall_intensity(real_secs) <= 0.0
    }

    /// Plans the wall at a real time, without test picture and help.
    #[must_use]
    pub fn wall(&self, real_secs: f64) -> FramePlan {
        let plan = self.player.frame(self.at(real_secs));
        FramePlan { intensity: plan.intensity * self.wall_intensity(real_secs), ..plan }
    }

    /// Returns the intensity that hours and a fade give the wall, 0 to 1.
    fn wall_intensity(&self, real_secs: f64) -> f32 {
        self.hours_intensity(real_secs) * self.fade_intensity(real_secs) * self.catch_up_intensity(real_secs)
    }

    /// Plans the wall for the frame of a real time, and records it for outputs that are delayed, by `delay_secs` at the most.
    pub fn record(&mut self, real_secs: f64, delay_secs: f64) {
        let (plan, blackout) = (self.wall(real_secs), self.player.is_blackout());
        self.recent.record(RecentPlan { real_secs, plan, blackout }, delay_secs);
    }

    /// Returns whether frames differ even while the show is held.
    #[must_use]
    pub fn is_changing(&self, real_secs: f64) -> bool {
        self.player.is_changing(real_secs) || self.blackout_fade.is_some() || self.catch_up.is_some()
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
