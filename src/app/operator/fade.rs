//! The fade to black and back, by the real clock. See [`BlackoutFade`].

use super::Operator;
use millions_base::smoothstep;

/// A fade of the wall's intensity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct BlackoutFade {
    from: f32,
    to: f32,
    since_secs: f64,
    secs: f64,
}

impl BlackoutFade {
    /// Returns the intensity at a real time.
    fn at(&self, real_secs: f64) -> f32 {
        let t = ((real_secs - self.since_secs) / self.secs).clamp(0.0, 1.0) as f32;
        self.from + (self.to - self.from) * smoothstep(t)
    }

    fn is_over(&self, real_secs: f64) -> bool {
        real_secs - self.since_secs >= self.secs
    }
}

impl Operator {
    /// Makes the wall black, or ends that: at once, or within so many seconds, from what is seen now.
    pub(super) fn black_out(&mut self, on: bool, secs: f64, real_secs: f64) {
        let from = if self.player.is_blackout() { 0.0 } else { self.fade_intensity(real_secs) };
        self.blackout_fade = None;
        let to = if on { 0.0 } else { 1.0 };
        if secs > 0.0 && from != to {
            self.blackout_fade = Some(BlackoutFade { from, to, since_secs: real_secs, secs });
        }
        self.player.set_blackout(on && self.blackout_fade.is_none());
    }

    /// Returns the intensity that a fade gives the wall, 0 to 1.
    pub(super) fn fade_intensity(&self, real_secs: f64) -> f32 {
        self.blackout_fade.map_or(1.0, |fade| fade.at(real_secs))
    }

    /// Ends a fade that is over: what it led to is a blackout, or none.
    pub(super) fn follow_fade(&mut self, real_secs: f64) {
        let Some(fade) = self.blackout_fade.filter(|fade| fade.is_over(real_secs)) else { return };
        self.blackout_fade = None;
        self.player.set_blackout(fade.to == 0.0);
    }

    /// Returns whether the operator has made the wall black, or it fades there.
    #[must_use]
    pub fn is_blacked_out(&self) -> bool {
        self.player.is_blackout() || self.blackout_fade.is_some_and(|fade| fade.to == 0.0)
    }
}
