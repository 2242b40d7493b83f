//! What the operator's keys do to the show: pure, so that it is tested without a window.

use std::path::Path;

use super::calibration::CalibrationControl;
use super::keys::{Action, Keys};
use super::own_scenes::OwnScenes;
use super::venue::Venue;
use millions_frame::FramePlan;
use millions_show::{Adjustments, Clock, NamedLook, Period, Player, Show, TimePoint, Transition};
use millions_stage::{Legibility, ResolvedOutput};
use millions_wall::DealError;

/// How much a key press changes, and how far it goes.
const CONTRAST_STEP: f32 = 0.05;
const EXPOSURE_STEP: f32 = 0.25;
const SPEED_STEP: f64 = 1.25;
const SPEED_RANGE: (f64, f64) = (1.0 / 32.0, 32.0);
/// Seconds within which a second press confirms the first.
const CONFIRM_SECS: f64 = 3.0;
/// The wall's light behind the help.
const BEHIND_HELP: f32 = 0.25;

/// What is left for the window to do after a key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Task {
    /// Go full screen, or back.
    ToggleFullscreen,
    /// Leave full screen.
    LeaveFullscreen,
    /// Save a still.
    Still,
    /// Quit.
    Quit,
}

/// The show and its operator.
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
    /// The time in the world at real time 0, in seconds since 1970, for the hours of the show.
    unix_secs: f64,
    /// The stretch of those hours that was looked at last, for finding one takes a moment.
    period: Option<Period>,
    looks: Vec<NamedLook>,
    /// The look that is shown in the place of the scenes' own, by its place in `looks`.
    look: Option<usize>,
    /// The test picture, while it is shown.
    calibrating: Option<CalibrationControl>,
    help: bool,
    /// When quitting was asked for the first time.
    asked_to_quit_secs: Option<f64>,
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
            unix_secs,
            period: None,
            looks,
            look: None,
            calibrating: None,
            help: false,
            asked_to_quit_secs: None,
        };
        operator.show_own_look();
        operator
    }

    /// Surfaces' own scenes are beside that stage's file.
    pub fn follow_stage_at(&mut self, stage: &Path) {
        self.own = OwnScenes::beside(stage);
    }

    /// Shows a look in the place of the scenes' own, from the start.
    pub fn show_look(&mut self, id: &str) {
        self.look = self.looks.iter().position(|look| look.id == id);
        self.player.set_look(self.look.map(|look| self.looks[look].look));
    }

    /// Shows the look that the show has for all of its scenes, where it has one.
    fn show_own_look(&mut self) {
        if let Some(look) = self.show.look.clone() {
            let id = look.id.clone();
            self.looks.retain(|other| other.id != id);
            self.looks.insert(0, look);
            self.show_look(&id);
        }
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
        let look_was = self.show.look.take();
        let look_is = show.look.clone();
        self.show = show;
        self.period = None;
        if look_is != look_was {
            self.player.fade_look(real_secs, |_| {});
            self.look = None;
            self.player.set_look(None);
            self.show_own_look();
        }
        Ok(())
    }

    /// The keys.
    #[must_use]
    pub const fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The show.
    #[must_use]
    pub const fn show(&self) -> &Show {
        &self.show
    }

    /// Follows the world's clock, which may be set while the wall plays: `unix_secs` is its time at real time 0. The hours of the
    /// show go by it; the show itself does not jump.
    pub fn set_world_clock(&mut self, unix_secs: f64) {
        if (unix_secs - self.unix_secs).abs() < 1.0 {
            return;
        }
        if self.show.schedule.is_some() {
            tracing::info!(
                "the clock was set by {:+.0} s; the hours of the show follow it",
                unix_secs - self.unix_secs
            );
        }
        self.unix_secs = unix_secs;
        self.period = None;
    }

    /// Follows the playlist and the hours to a real time; to be called before the frame of that time is asked for.
    pub fn follow(&mut self, real_secs: f64) {
        if let Err(error) = self.player.follow_playlist(self.at(real_secs)) {
            tracing::warn!("the playlist waits, for its next scene cannot be shown: {error}");
        }
        let Some(schedule) = &self.show.schedule else { return };
        let now = self.unix_secs + real_secs;
        let holds = |period: &Period| {
            period.since.is_none_or(|since| since <= now) && period.until.is_none_or(|until| now < until)
        };
        if !self.period.as_ref().is_some_and(holds) {
            let period = schedule.at(now);
            if self.period.as_ref().is_some_and(|before| before.is_open != period.is_open) {
                tracing::info!(
                    "{}",
                    if period.is_open { "the hours of the show begin" } else { "the hours of the show end" }
                );
                if let (true, Some(since)) = (period.is_open, period.since) {
                    // Each opening begins as the show does.
                    self.begin_anew(self.clock.show_secs(since - self.unix_secs), real_secs);
                }
            }
            self.period = Some(period);
        }
    }

    fn begin_anew(&mut self, show_secs: f64, real_secs: f64) {
        let plays = self.show.playlist.as_ref().is_some_and(|playlist| playlist.autoplay);
        self.player.set_playlist(self.show.playlist.clone(), show_secs, !plays);
        if plays {
            return;
        }
        let at = self.at(real_secs);
        if let Err(error) = self.player.resume_scene(self.show.start.scene, show_secs, at) {
            tracing::warn!("what the show begins with cannot be shown: {error}");
        }
    }

    /// How much of the wall's light the hours of the show leave, 0 to 1.
    fn light_by_the_hour(&self, real_secs: f64) -> f32 {
        match (&self.show.schedule, &self.period) {
            (Some(schedule), Some(period)) => schedule.intensity_in(period, self.unix_secs + real_secs),
            _ => 1.0,
        }
    }

    /// Whether nothing is to be seen.
    #[must_use]
    pub fn is_dark(&self, real_secs: f64) -> bool {
        self.player.is_blackout() || self.light_by_the_hour(real_secs) <= 0.0
    }

    /// Does what a key asks at a real time; gives what is left for the window.
    pub fn press(&mut self, action: Action, real_secs: f64, is_fullscreen: bool) -> Option<Task> {
        let asked = self.asked_to_quit_secs.take().is_some_and(|asked| real_secs - asked < CONFIRM_SECS);
        let adjust = *self.player.adjustments();
        match action {
            Action::Hold => {
                let held = self.clock.is_held();
                self.clock.hold(real_secs, !held);
            }
            Action::Blackout => {
                let blackout = self.player.is_blackout();
                self.player.set_blackout(!blackout);
            }
            Action::Fullscreen => return Some(Task::ToggleFullscreen),
            Action::Leave if is_fullscreen => return Some(Task::LeaveFullscreen),
            Action::Leave | Action::Quit => {
                if asked {
                    return Some(Task::Quit);
                }
                self.asked_to_quit_secs = Some(real_secs);
            }
            Action::Cue { key, cut } => self.cue(key, cut, real_secs),
            Action::Back => {
                if let Err(error) = self.player.cue_back(self.show.transition, self.at(real_secs)) {
                    tracing::warn!("the scene before cannot be shown: {error}");
                }
            }
            Action::Playlist(by) if self.calibrating.is_some() => {
                if let Some(calibrating) = self.calibrating {
                    self.venue.fit(|calibration| calibrating.step(calibration, by));
                }
            }
            Action::Playlist(by) => self.step(i64::from(by), real_secs),
            // Where it was left, or its first entry.
            Action::Resume if self.player.playlist_began_secs().is_none() => self.step(0, real_secs),
            Action::Resume => {}
            Action::Speed(by) => {
                let rate = self.clock.rate() * SPEED_STEP.powi(by);
                self.clock.set_rate(real_secs, rate.clamp(SPEED_RANGE.0, SPEED_RANGE.1));
            }
            Action::Rows(by) if self.calibrating.is_some() => {
                self.calibrating = self.calibrating.map(|calibrating| calibrating.choose(-by));
            }
            Action::Reset if self.calibrating.is_some() => {
                if let Some(calibrating) = self.calibrating {
                    self.venue.fit(|calibration| calibrating.reset(calibration));
                }
            }
            Action::Test => {
                self.calibrating = if self.calibrating.is_some() { None } else { Some(CalibrationControl::default()) }
            }
            Action::Edit => {
                // Its text stands where theirs does.
                (self.calibrating, self.help) = (None, false);
                self.venue.toggle_edit();
            }
            Action::Look => {
                let next = self.look.map_or(0, |look| look + 1);
                let looks = self.looks.len();
                self.look = (next < looks).then_some(next);
                let look = self.look.map(|look| self.looks[look].look);
                self.player.fade_look(real_secs, |player| player.set_look(look));
            }
            Action::Rows(_) if self.player.rows().is_none() => {}
            Action::Rows(by) => {
                self.adjust(real_secs, Adjustments { rows: adjust.rows + self.allowed_rows(by), ..adjust })
            }
            Action::Color => {
                let at = self.at(real_secs);
                let adjust = Adjustments { toggle_color: !adjust.toggle_color, ..adjust };
                // It has as many rows as before, so it makes a wall.
                self.player.fade_look(real_secs, |player| {
                    let _ = player.set_adjustments(adjust, at);
                });
            }
            Action::Contrast(by) => {
                // From what is seen, so that a press at the end of the range is not saved up.
                let seen = self.player.look().contrast - self.player.base_look().contrast;
                self.adjust(real_secs, Adjustments { contrast: seen + CONTRAST_STEP * by as f32, ..adjust });
            }
            Action::Exposure(by) => {
                let seen = self.player.look().exposure - self.player.base_look().exposure;
                self.adjust(real_secs, Adjustments { exposure: seen + EXPOSURE_STEP * by as f32, ..adjust });
            }
            Action::Reset => {
                self.adjust(real_secs, Adjustments::default());
                self.clock.set_rate(real_secs, 1.0);
            }
            Action::Still => return Some(Task::Still),
            Action::Help => self.help = !self.help,
        }
        None
    }

    fn cue(&mut self, key: usize, cut: bool, real_secs: f64) {
        let at = self.at(real_secs);
        let Some(cue) = self.show.keys.get(key).and_then(Option::as_ref) else { return };
        let transition = if cut { Transition::CUT } else { cue.transition };
        if let Err(error) = self.player.cue_scene(cue.scene, transition, at) {
            tracing::warn!("{} cannot be shown: {error}", cue.name);
        }
    }

    fn step(&mut self, by: i64, real_secs: f64) {
        match self.player.step_playlist(by, self.at(real_secs)) {
            Ok(true) => {}
            Ok(false) => tracing::info!("the show has no playlist"),
            Err(error) => tracing::warn!("the playlist's next scene cannot be shown: {error}"),
        }
    }

    fn allowed_rows(&self, by: i32) -> i32 {
        if by < 0 && self.player.rows().is_none_or(|rows| rows <= 1) { 0 } else { by }
    }

    fn adjust(&mut self, real_secs: f64, adjust: Adjustments) {
        if let Err(error) = self.player.set_adjustments(adjust, self.at(real_secs)) {
            tracing::warn!("{error}");
        }
    }

    /// A real time, by both clocks.
    #[must_use]
    pub fn at(&self, real_secs: f64) -> TimePoint {
        TimePoint { show_secs: self.clock.show_secs(real_secs), real_secs }
    }

    /// The wall at a real time, without what is only for the operator.
    #[must_use]
    pub fn wall(&self, real_secs: f64) -> FramePlan {
        let plan = self.player.frame(self.at(real_secs));
        FramePlan { intensity: plan.intensity * self.light_by_the_hour(real_secs), ..plan }
    }

    /// Whether something changes from frame to frame even while the show is held.
    #[must_use]
    pub fn is_changing(&self, real_secs: f64) -> bool {
        self.player.is_changing(real_secs)
    }

    /// An output's frame at a real time: behind the help the wall is dimmed, so that it can be read.
    #[must_use]
    pub fn frame(&self, real_secs: f64, output: usize) -> FramePlan {
        let mut plan = self.wall(real_secs);
        if self.venue.stands_still(output) {
            // Whoever looks for the edges of faces wants them to wait.
            let at = TimePoint { show_secs: self.player.cue().show_secs, real_secs };
            plan.scene = self.player.frame(at).scene;
        }
        plan.step_wedge = self.calibrating.is_some() && output == self.venue.selected();
        if self.help {
            plan.intensity *= BEHIND_HELP;
        }
        plan
    }

    /// What surfaces of an output show that have a scene of their own, by their place in the stage: as dark as the wall's plan.
    pub fn own_scenes(
        &mut self,
        resolved: &ResolvedOutput,
        wall: &FramePlan,
        real_secs: f64,
    ) -> Vec<(usize, FramePlan)> {
        let at = self.at(real_secs);
        self.own.plans(resolved, wall, at, &self.player)
    }

    /// What the faces of the rows that play are on the building, in words, where its size is known.
    fn sizes(&self) -> Option<String> {
        let rows = self.player.rows()?;
        let sizes = self.venue.stage().legibility(1.0 / f64::from(rows), self.player.tile_aspect())?;
        let Legibility { tile_m: [wide, high], face_m, face_from_m, letter_m, sign_from_m } = sizes;
        Some(format!(
            "tiles {wide:.1} × {high:.1} m · a face is {face_m:.2} m, known from {face_from_m:.0} m · letters of signs {:.0} cm, \
             read from {sign_from_m:.0} m",
            letter_m * 100.0
        ))
    }

    /// What to write over the picture at a real time; nothing, nearly always.
    #[must_use]
    pub fn caption(&self, real_secs: f64) -> Option<Vec<[String; 2]>> {
        let line = |left: &str, right: &str| [left.to_owned(), right.to_owned()];
        if self.asked_to_quit_secs.is_some_and(|asked| real_secs - asked < CONFIRM_SECS) {
            return Some(vec![line("press again to quit", "")]);
        }
        if let (Some(calibrating), false) = (self.calibrating, self.help) {
            return Some(calibrating.caption(&self.venue.calibration()));
        }
        if self.venue.is_editing() && !self.player.is_blackout() {
            let mut lines = self.venue.edit_caption();
            lines.extend(self.sizes().map(|sizes| line(&sizes, "")));
            return Some(lines);
        }
        if !self.help {
            return None;
        }
        let mut lines = self.keys.help();
        lines.push(line("", ""));
        for (index, cue) in self.show.keys.iter().enumerate() {
            let Some(cue) = cue else { continue };
            let mark = if cue.scene == self.player.cue().scene { " »" } else { "" };
            lines.push(line(&format!("{}{mark}", (index + 1) % 10), &cue.name));
        }
        let look = self.player.look();
        lines.push(line("", ""));
        let named = self.look.map_or("the scene's own", |look| &self.looks[look].name);
        lines.push(line(&format!("look: {named}"), ""));
        let rows = self.player.rows().map_or_else(String::new, |rows| format!(" · {rows} rows"));
        let state = format!(
            "{} people{rows} · speed ×{:.2} · contrast {:+.2} · light {:+.2} stops",
            self.player.crowd().len(),
            self.clock.rate(),
            look.contrast,
            look.exposure,
        );
        lines.push(line(&state, ""));
        Some(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use glam::UVec2;
    use millions_stage::{NoMaskFiles, Output, Stage};
    use millions_wall::tone::Calibration;
    use std::sync::Arc;

    fn operator() -> Operator {
        let show = Show::embedded().unwrap();
        let player = Player::of_scenes((0..300).collect(), 0.8, 1.8, show.scenes.clone(), show.start.scene).unwrap();
        let stage = Stage::side_by_side(vec![Output::new("wall", UVec2::new(1800, 1000))]);
        let venue = Venue::new(stage, Arc::new(NoMaskFiles));
        Operator::new(player, Clock::new(0.0, 100.0), show, NamedLook::embedded().unwrap(), venue, 1.7e9)
    }

    #[test]
    fn looks_fade_and_come_round_to_the_scenes_own() {
        let mut operator = operator();
        let own = operator.wall(0.0).wall().unwrap().look;
        let mut at = 1.0;
        for _ in 0..NamedLook::embedded().unwrap().len() {
            operator.press(Action::Look, at, false);
            // Pressed again half-way, a fade goes on from what is seen.
            let half = operator.wall(at + 0.6).wall().unwrap().look;
            operator.press(Action::Color, at + 0.6, false);
            assert_eq!(operator.wall(at + 0.6).wall().unwrap().look, half);
            operator.press(Action::Color, at + 0.7, false);
            assert!(operator.is_changing(at + 1.0) && !operator.is_changing(at + 3.0));
            assert_ne!(operator.wall(at + 9.0).wall().unwrap().look, own);
            at += 10.0;
        }
        operator.press(Action::Look, at, false);
        assert_eq!(operator.wall(at + 9.0).wall().unwrap().look, own);
    }

    #[test]
    fn the_test_picture_fits_the_wall_and_is_kept() {
        let mut operator = operator();
        let rows = operator.player.rows();
        operator.press(Action::Playlist(1), 1.0, false);
        assert_eq!(operator.venue.calibration(), Calibration::default(), "outside the test picture nothing is set");
        operator.press(Action::Test, 1.0, false);
        assert!(operator.frame(1.0, 0).step_wedge && operator.caption(1.0).is_some());
        operator.press(Action::Rows(-1), 1.0, false);
        operator.press(Action::Playlist(1), 1.0, false);
        assert!(operator.venue.calibration().black > 0.0, "down from gamma is black");
        assert_eq!(operator.player.rows(), rows);
        assert!(operator.venue.take_changed(), "so it is saved");
        operator.press(Action::Test, 2.0, false);
        assert!(!operator.frame(2.0, 0).step_wedge && !operator.venue.take_changed());
    }

    #[test]
    fn quitting_takes_two_presses_in_time() {
        let mut operator = operator();
        assert_eq!(operator.press(Action::Quit, 1.0, true), None);
        assert!(operator.caption(2.0).unwrap()[0][0].contains("again"));
        assert_eq!(operator.press(Action::Quit, 9.0, true), None, "too late to confirm");
        assert_eq!(operator.press(Action::Help, 9.5, true), None);
        assert_eq!(operator.press(Action::Quit, 10.0, true), None, "another key came between");
        assert_eq!(operator.press(Action::Quit, 11.0, true), Some(Task::Quit));
    }

    #[test]
    fn escape_leaves_full_screen_first() {
        let mut operator = operator();
        assert_eq!(operator.press(Action::Leave, 1.0, true), Some(Task::LeaveFullscreen));
        assert_eq!(operator.press(Action::Leave, 1.5, false), None);
        assert_eq!(operator.press(Action::Leave, 2.0, false), Some(Task::Quit));
    }

    #[test]
    fn keys_change_the_frame_and_reset_takes_it_back() {
        let mut operator = operator();
        let before = operator.player.frame(5.0);
        for action in [Action::Rows(1), Action::Color, Action::Contrast(1), Action::Exposure(-1)] {
            let was = operator.player.frame(5.0);
            operator.press(action, 1.0, false);
            assert_ne!(operator.player.frame(5.0), was, "{action:?}");
        }
        operator.press(Action::Speed(1), 1.0, false);
        operator.press(Action::Reset, 1.0, false);
        assert_eq!(operator.player.frame(5.0), before);
        assert!((operator.clock.rate() - 1.0).abs() < 1e-9);
        operator.show.keys[8] = None;
        operator.press(Action::Cue { key: 4, cut: true }, 1.0, false);
        assert_eq!(operator.player.scene().id, "multitude");
        operator.press(Action::Cue { key: 8, cut: true }, 1.0, false);
        assert_eq!(operator.player.scene().id, "multitude", "a key without a scene does nothing");
        operator.press(Action::Back, 2.0, false);
        assert_eq!(operator.player.scene().id, "slow");
    }

    #[test]
    fn the_help_can_be_set_in_the_font_that_the_program_carries() {
        use cosmic_text::{Attrs, Buffer, FontSystem, Metrics, Shaping, fontdb};
        let mut operator = operator();
        operator.press(Action::Help, 1.0, false);
        let text: Vec<_> = operator.caption(1.0).unwrap().into_iter().flatten().collect();
        let mut fonts = fontdb::Database::new();
        fonts.load_font_data(millions_lettering::fonts::SANS.to_vec());
        let mut fonts = FontSystem::new_with_locale_and_db("en".to_owned(), fonts);
        let mut buffer = Buffer::new(&mut fonts, Metrics::new(10.0, 12.0));
        buffer.set_size(None, None);
        buffer.set_text(&text.join("\n"), &Attrs::new(), Shaping::Advanced, None);
        buffer.shape_until_scroll(&mut fonts, false);
        let mut glyphs = 0;
        for run in buffer.layout_runs() {
            for glyph in run.glyphs {
                glyphs += 1;
                assert_ne!(glyph.glyph_id, 0, "the font lacks {:?}", &run.text[glyph.start..glyph.end]);
            }
        }
        assert!(glyphs > 300);
    }

    #[test]
    fn a_blackout_and_a_hold_come_back() {
        let mut operator = operator();
        operator.press(Action::Blackout, 1.0, false);
        assert_eq!(operator.player.frame(5.0).intensity, 0.0);
        operator.press(Action::Blackout, 1.0, false);
        operator.press(Action::Hold, 2.0, false);
        assert!((operator.clock.show_secs(60.0) - 102.0).abs() < 1e-9);
        operator.press(Action::Contrast(-1), 3.0, false);
        for _ in 0..100 {
            operator.press(Action::Contrast(1), 3.0, false);
        }
        let full = operator.player.look().contrast;
        operator.press(Action::Contrast(-1), 3.0, false);
        assert!(operator.player.look().contrast < full, "presses past the end are not saved up");
    }
}
