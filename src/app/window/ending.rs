//! The end of the show: a fade to black, which is seen before the windows go. See [`Ending`].

use super::App;
use millions_base::smoothstep;
use winit::event_loop::ActiveEventLoop;

/// The seconds in which the wall fades to black.
const FADE_SECS: f64 = 0.5;
/// The seconds after that in which black is to be presented, before the program ends in any case: a device may be lost.
const PATIENCE_SECS: f64 = 1.0;
/// The black frames that are presented: the first is on the screen when the second is done.
const BLACK_FRAMES: u32 = 2;
/// The seconds after the fade for which black is presented at least: a driver and a window system may be some frames behind, and the windows
/// go with what is on the screen.
const BLACK_SECS: f64 = 0.2;

/// The end of the show, once it has begun.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ending {
    began_secs: f64,
    black_frames: u32,
}

impl Ending {
    /// The wall's intensity, 1 to 0.
    pub fn intensity(self, elapsed_secs: f64) -> f32 {
        1.0 - smoothstep(((elapsed_secs - self.began_secs) / FADE_SECS).clamp(0.0, 1.0)) as f32
    }

    /// Counts a frame that was presented at an intensity.
    pub const fn presented(&mut self, intensity: f32) {
        if intensity <= 0.0 {
            self.black_frames += 1;
        }
    }

    /// Whether black has been seen, or cannot be.
    fn is_done(self, elapsed_secs: f64) -> bool {
        let black_secs = elapsed_secs - self.began_secs - FADE_SECS;
        self.black_frames >= BLACK_FRAMES && black_secs >= BLACK_SECS || black_secs > PATIENCE_SECS
    }
}

impl App {
    /// Has the wall fade to black and the program end.
    pub(super) fn begin_end(&mut self) {
        let began_secs = self.pacing.elapsed_secs();
        self.ending.get_or_insert(Ending { began_secs, black_frames: 0 });
        self.pacing.draw_soon();
    }

    /// Has the wall be black at once and the program end.
    pub(super) fn begin_end_in_black(&mut self) {
        let began_secs = self.pacing.elapsed_secs() - FADE_SECS;
        self.ending = Some(Ending { began_secs, black_frames: 0 });
        self.pacing.draw_soon();
    }

    /// Ends the program once black is seen, at once where there is no window.
    pub(super) fn follow_end(&mut self, event_loop: &ActiveEventLoop) {
        if self.signals.is_asked() && self.ending.is_none() {
            tracing::info!("the show was asked to end by a signal");
            self.begin_end();
        }
        let is_seen = self.outputs.windows.iter().any(|window| window.has_presented() && !window.hidden);
        if self.ending.is_some_and(|ending| !is_seen || ending.is_done(self.pacing.elapsed_secs())) {
            event_loop.exit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wall_fades_and_is_black_before_it_ends() {
        let mut ending = Ending { began_secs: 10.0, black_frames: 0 };
        let fade: Vec<_> = (0..=50).map(|step| ending.intensity(10.0 + f64::from(step) * 0.01)).collect();
        assert!(fade.windows(2).all(|pair| pair[1] <= pair[0]) && fade[0] == 1.0 && fade[50] == 0.0);
        for intensity in [1.0, 0.01, 0.0] {
            ending.presented(intensity);
            assert!(!ending.is_done(10.8));
        }
        ending.presented(0.0);
        assert!(!ending.is_done(10.6) && ending.is_done(10.8));
        assert!(Ending { began_secs: 10.0, black_frames: 0 }.is_done(11.6), "where nothing can be presented");
    }
}
