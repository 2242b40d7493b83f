//! What the operator's keys do to the show: pure, so that it is tested without a window.

use super::keys::Action;
use crate::show::{Adjust, Clock, FramePlan, Player, Scene};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    scenes: Vec<Scene>,
    help: bool,
    /// When quitting was asked for the first time.
    asked_to_quit_secs: Option<f64>,
}

impl Operator {
    /// An operator with `scenes` on the number keys, the first on 1.
    #[must_use]
    pub const fn new(player: Player, clock: Clock, scenes: Vec<Scene>) -> Self {
        Self { player, clock, scenes, help: false, asked_to_quit_secs: None }
    }

    /// Does what a key asks at a real time; gives what is left for the window.
    pub fn press(&mut self, action: Action, real_secs: f64, is_fullscreen: bool) -> Option<Task> {
        let asked = self.asked_to_quit_secs.take().is_some_and(|asked| real_secs - asked < CONFIRM_SECS);
        let adjust = *self.player.adjust();
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
            Action::Scene(number) => {
                if let Some(scene) = number.checked_sub(1).and_then(|index| self.scenes.get(index)) {
                    let scene = scene.clone();
                    if let Err(error) = self.player.cue(scene) {
                        tracing::warn!("scene {number} cannot be shown: {error}");
                    }
                }
            }
            Action::Speed(by) => {
                let rate = self.clock.rate() * SPEED_STEP.powi(by);
                self.clock.set_rate(real_secs, rate.clamp(SPEED_RANGE.0, SPEED_RANGE.1));
            }
            Action::Rows(by) => self.adjust(Adjust { rows: adjust.rows + self.allowed_rows(by), ..adjust }),
            Action::Color => self.adjust(Adjust { toggle_color: !adjust.toggle_color, ..adjust }),
            Action::Contrast(by) => {
                // From what is seen, so that a press at the end of the range is not saved up.
                let seen = self.player.look().contrast - self.player.scene().look.contrast;
                self.adjust(Adjust { contrast: seen + CONTRAST_STEP * by as f32, ..adjust });
            }
            Action::Exposure(by) => {
                let seen = self.player.look().exposure - self.player.scene().look.exposure;
                self.adjust(Adjust { exposure: seen + EXPOSURE_STEP * by as f32, ..adjust });
            }
            Action::Reset => {
                self.adjust(Adjust::default());
                self.clock.set_rate(real_secs, 1.0);
            }
            Action::Still => return Some(Task::Still),
            Action::Help => self.help = !self.help,
        }
        None
    }

    fn allowed_rows(&self, by: i32) -> i32 {
        if by < 0 && self.player.rows() <= 1 { 0 } else { by }
    }

    fn adjust(&mut self, adjust: Adjust) {
        if let Err(error) = self.player.set_adjust(adjust) {
            tracing::warn!("{error}");
        }
    }

    /// The frame at a real time: behind the help the wall is dimmed, so that it can be read.
    #[must_use]
    pub fn frame(&self, real_secs: f64) -> FramePlan {
        let mut plan = self.player.frame(self.clock.show_secs(real_secs));
        if self.help {
            plan.light *= BEHIND_HELP;
        }
        plan
    }

    /// What to write over the picture at a real time; nothing, nearly always.
    #[must_use]
    pub fn caption(&self, real_secs: f64) -> Option<Vec<[String; 2]>> {
        let line = |left: &str, right: &str| [left.to_owned(), right.to_owned()];
        if self.asked_to_quit_secs.is_some_and(|asked| real_secs - asked < CONFIRM_SECS) {
            return Some(vec![line("press again to quit", "")]);
        }
        if !self.help {
            return None;
        }
        let mut lines = super::keys::help();
        lines.push(line("", ""));
        for (index, scene) in self.scenes.iter().enumerate().take(9) {
            let mark = if scene.id == self.player.scene().id { " »" } else { "" };
            lines.push(line(&format!("{}{mark}", index + 1), &scene.name));
        }
        let look = self.player.look();
        lines.push(line("", ""));
        let state = format!(
            "{} people · {} rows · speed ×{:.2} · contrast {:+.2} · light {:+.2} stops",
            self.player.people(),
            self.player.rows(),
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

    fn operator() -> Operator {
        let scenes = Scene::embedded().unwrap();
        let player = Player::new((0..300).collect(), 0.8, 1.8, scenes[0].clone()).unwrap();
        Operator::new(player, Clock::new(0.0, 100.0), scenes)
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
        operator.press(Action::Scene(2), 1.0, false);
        assert_eq!(operator.player.scene().id, "multitude");
        operator.press(Action::Scene(9), 1.0, false);
        assert_eq!(operator.player.scene().id, "multitude", "a key without a scene does nothing");
    }

    #[test]
    fn the_help_can_be_set_in_the_font_that_the_program_carries() {
        use cosmic_text::{Attrs, Buffer, FontSystem, Metrics, Shaping, fontdb};
        let mut operator = operator();
        operator.press(Action::Help, 1.0, false);
        let text: Vec<_> = operator.caption(1.0).unwrap().into_iter().flatten().collect();
        let mut fonts = fontdb::Database::new();
        fonts.load_font_data(crate::fonts::SANS.to_vec());
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
        assert_eq!(operator.player.frame(5.0).light, 0.0);
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
