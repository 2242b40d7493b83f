//! Cues and the playlist.

use super::Operator;
use millions_show::Transition;

impl Operator {
    /// Cues the scene of a number key, with its transition or by a cut.
    pub(super) fn cue(&mut self, key: usize, cut: bool, real_secs: f64) {
        let at = self.at(real_secs);
        let Some(cue) = self.show.keys.get(key).and_then(Option::as_ref) else { return };
        let transition = if cut { Transition::CUT } else { cue.transition };
        if let Err(error) = self.player.cue_scene(&cue.scene, transition, at) {
            tracing::warn!("{} cannot be shown: {error}", cue.name);
        }
    }

    /// Cues the scene before the last cue.
    pub(super) fn cue_back(&mut self, real_secs: f64) {
        if let Err(error) = self.player.cue_back(self.show.transition, self.at(real_secs)) {
            tracing::warn!("the scene before cannot be shown: {error}");
        }
    }

    /// Steps the playlist by entries.
    pub(super) fn step_playlist(&mut self, by: i64, real_secs: f64) {
        match self.player.step_playlist(by, self.at(real_secs)) {
            Ok(true) => {}
            Ok(false) => tracing::info!("the show has no playlist"),
            Err(error) => tracing::warn!("the playlist's next scene cannot be shown: {error}"),
        }
    }

    /// Resumes the playlist where it was paused, or at its first entry.
    pub(super) fn resume_playlist(&mut self, real_secs: f64) {
        if self.player.playlist_began_secs().is_none() {
            self.step_playlist(0, real_secs);
        }
    }

    /// Restarts the show at a time of the show: the playlist, or the first cue.
    pub(super) fn restart(&mut self, show_secs: f64, real_secs: f64) {
        let plays = self.show.autoplays();
        self.player.set_playlist(self.show.playlist.clone(), show_secs, !plays);
        if plays {
            return;
        }
        let at = self.at(real_secs);
        if let Err(error) = self.player.resume_scene(&self.show.start.scene, show_secs, at) {
            tracing::warn!("what the show begins with cannot be shown: {error}");
        }
    }
}
