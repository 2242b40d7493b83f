//! A show that goes to where it would be by the clock, once the clock is known. See [`Operator::catch_up`].

use super::Operator;
use millions_base::smoothstep;
use millions_show::{Clock, SceneId};

/// Seconds in which the wall goes dark, and again in which it comes back.
const HALF_SECS: f64 = 2.0;

/// Where a show is: by its clock alone, it can be said at any time. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq)]
pub struct ShowPosition {
    /// The scene that was cued.
    pub scene: SceneId,
    /// When.
    pub cued_secs: f64,
    /// When the playlist began; none where it waits.
    pub playlist_began_secs: Option<f64>,
}

/// A dip to black, in the middle of which the show changes its place.
#[derive(Clone, Debug)]
pub(super) struct CatchUp {
    since_secs: f64,
    /// Until it has been done.
    to: Option<ShowPosition>,
}

impl Operator {
    /// Has the show go to where it would be by the world's clock, which was not known before: in a dip to black, for the wall is another then.
    pub fn catch_up(&mut self, to: ShowPosition, real_secs: f64) {
        self.catch_up = Some(CatchUp { since_secs: real_secs, to: Some(to) });
    }

    /// Whether the show is on the way to where it would be.
    #[must_use]
    pub const fn is_catching_up(&self) -> bool {
        self.catch_up.is_some()
    }

    /// Changes the show's place while the wall is dark.
    pub(super) fn follow_catch_up(&mut self, real_secs: f64) {
        let Some(CatchUp { since_secs, to }) = &mut self.catch_up else { return };
        let passed = real_secs - *since_secs;
        let to = to.take_if(|_| passed >= HALF_SECS);
        if passed >= 2.0 * HALF_SECS {
            self.catch_up = None;
        }
        let Some(ShowPosition { scene, cued_secs, playlist_began_secs }) = to else { return };
        if !self.clock.is_held() && self.clock.rate() == 1.0 {
            self.clock = Clock::new(real_secs, self.unix_secs(real_secs));
        }
        if let Some(began_secs) = playlist_began_secs {
            self.player.set_playlist(self.show.playlist.clone(), began_secs, false);
            return;
        }
        let at = self.at(real_secs);
        if let Err(error) = self.player.resume_scene(&scene, cued_secs, at) {
            tracing::warn!("what was cued last cannot be shown: {error}");
        }
    }

    /// Returns the intensity that the dip gives the wall, 0 to 1.
    pub(super) fn catch_up_intensity(&self, real_secs: f64) -> f32 {
        let Some(CatchUp { since_secs, .. }) = &self.catch_up else { return 1.0 };
        let from_middle = ((real_secs - since_secs) / HALF_SECS - 1.0).abs();
        smoothstep(from_middle.clamp(0.0, 1.0) as f32)
    }
}
