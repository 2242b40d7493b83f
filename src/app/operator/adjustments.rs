//! Adjustments of what plays: speed, rows, colour, contrast, light.

use super::Operator;
use millions_show::Adjustments;

/// The change of a key press.
const CONTRAST_STEP: f32 = 0.05;
/// In stops.
const EXPOSURE_STEP: f32 = 0.25;
/// A factor.
const SPEED_STEP: f64 = 1.25;
/// The slowest and the fastest, of the show's own speed.
const SPEED_RANGE: (f64, f64) = (1.0 / 32.0, 32.0);

impl Operator {
    fn adjust(&mut self, real_secs: f64, change: impl FnOnce(&mut Adjustments)) {
        let mut adjust = *self.player.adjustments();
        change(&mut adjust);
        if let Err(error) = self.player.set_adjustments(adjust, self.at(real_secs)) {
            tracing::warn!("{error}");
        }
    }

    pub(super) fn change_speed(&mut self, by: i32, real_secs: f64) {
        let rate = self.clock.rate() * SPEED_STEP.powi(by);
        self.clock.set_rate(real_secs, rate.clamp(SPEED_RANGE.0, SPEED_RANGE.1));
    }

    /// Gives the wall more or fewer rows, where it has rows, and never less than one.
    pub(super) fn change_rows(&mut self, by: i32, real_secs: f64) {
        let Some(rows) = self.player.rows() else { return };
        let by = if by < 0 && rows <= 1 { 0 } else { by };
        self.adjust(real_secs, |adjust| adjust.rows += by);
    }

    pub(super) fn toggle_color(&mut self, real_secs: f64) {
        let at = self.at(real_secs);
        let mut adjust = *self.player.adjustments();
        adjust.toggle_color = !adjust.toggle_color;
        // The number of rows is the same, so it makes a wall.
        self.player.fade_look(real_secs, |player| {
            let _ = player.set_adjustments(adjust, at);
        });
    }

    /// Changes the contrast that is seen, so that presses at the end of its range are not saved up.
    pub(super) fn change_contrast(&mut self, by: i32, real_secs: f64) {
        let seen = self.player.look().contrast - self.player.base_look().contrast;
        self.adjust(real_secs, |adjust| adjust.contrast = seen + CONTRAST_STEP * by as f32);
    }

    /// Changes the exposure that is seen, likewise.
    pub(super) fn change_exposure(&mut self, by: i32, real_secs: f64) {
        let seen = self.player.look().exposure - self.player.base_look().exposure;
        self.adjust(real_secs, |adjust| adjust.exposure = seen + EXPOSURE_STEP * by as f32);
    }

    /// Takes all adjustments back.
    pub(super) fn reset(&mut self, real_secs: f64) {
        self.adjust(real_secs, |adjust| *adjust = Adjustments::default());
        self.clock.set_rate(real_secs, 1.0);
    }
}
