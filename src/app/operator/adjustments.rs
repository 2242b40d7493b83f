//! The operator's adjustments: speed, rows, colour, contrast, exposure.

use super::Operator;
use millions_show::Adjustments;

/// Contrast per key press.
const CONTRAST_STEP: f32 = 0.05;
/// Stops per key press.
const EXPOSURE_STEP: f32 = 0.25;
/// The factor of the show's rate per key press.
const SPEED_STEP: f64 = 1.25;
/// Limits of the show's rate; 1 is real time.
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

    /// Adds rows to the scene, where it has rows; at least one stays.
    pub(super) fn change_rows(&mut self, by: i32, real_secs: f64) {
        let Some(rows) = self.player.rows() else { return };
        let by = if by < 0 && rows <= 1 { 0 } else { by };
        self.adjust(real_secs, |adjust| adjust.rows += by);
    }

    pub(super) fn toggle_color(&mut self, real_secs: f64) {
        let at = self.at(real_secs);
        let mut adjust = *self.player.adjustments();
        adjust.toggle_color = !adjust.toggle_color;
        // Only other rows can fail to be dealt.
        self.player.fade_look(real_secs, |player| {
            let _ = player.set_adjustments(adjust, at);
        });
    }

    /// Changes the contrast as it is seen, clamped to its range, so that presses past its end do not accumulate.
    pub(super) fn change_contrast(&mut self, by: i32, real_secs: f64) {
        let seen = self.player.look().contrast - self.player.base_look().contrast;
        self.adjust(real_secs, |adjust| adjust.contrast = seen + CONTRAST_STEP * by as f32);
    }

    /// Changes the exposure, likewise.
    pub(super) fn change_exposure(&mut self, by: i32, real_secs: f64) {
        let seen = self.player.look().exposure - self.player.base_look().exposure;
        self.adjust(real_secs, |adjust| adjust.exposure = seen + EXPOSURE_STEP * by as f32);
    }

    /// Resets all adjustments.
    pub(super) fn reset(&mut self, real_secs: f64) {
        self.adjust(real_secs, |adjust| *adjust = Adjustments::default());
        self.clock.set_rate(real_secs, 1.0);
    }
}
