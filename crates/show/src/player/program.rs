//! The playlist as it plays: which scene is on at a time, and what the operator's steps make of it.

use super::super::instances::SceneInstance;
use super::super::{Playlist, PlaylistEntry, Transition};
use super::{ActiveCue, Adjustments, Before, Player, TimePoint};
use millions_wall::DealError;

/// Two times of the show that are nearer than this are one: at seconds since 1970 a number of 64 bits has steps of 0.2 µs.
const SAME_SECS: f64 = 1e-5;

/// A playlist, and where it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Program {
    pub playlist: Playlist,
    /// When it began, in seconds of the show.
    pub began_secs: f64,
    /// Since when it waits, for the operator has cued something else.
    pub waits_since_secs: Option<f64>,
}

impl Player {
    /// Plays a playlist of these scenes that began at `began_secs` of the show; one that `waits` goes on when the operator
    /// steps it.
    pub fn set_playlist(&mut self, playlist: Option<Playlist>, began_secs: f64, waits: bool) {
        self.program =
            playlist.map(|playlist| Program { playlist, began_secs, waits_since_secs: waits.then_some(began_secs) });
    }

    /// Changes the playlist while it plays, at `now_secs` of the show: what plays goes on, as long as the new one has it.
    pub fn change_playlist(&mut self, playlist: Option<Playlist>, now_secs: f64) {
        let Some(before) = self.program.take() else {
            return self.set_playlist(playlist, now_secs, true);
        };
        let Some(playlist) = playlist else { return };
        let mut began_secs = before.began_secs;
        if before.waits_since_secs.is_none() {
            // The entry that plays is the same, and has played as long.
            let since = now_secs - self.cue.show_secs;
            let is_same = |began: &f64| {
                let playing = playlist.at(now_secs - began);
                playlist.entries[playing.entry].cue.scene == self.cue.scene
            };
            let entries = i64::try_from(playlist.entries.len()).unwrap_or(0);
            let steps = (0..entries).map(|by| playlist.step(began_secs, now_secs, by));
            let with_offset = steps.map(|began| began - since);
            if let Some(began) = [began_secs].into_iter().chain(with_offset).find(is_same) {
                began_secs = began;
            }
        }
        self.program = Some(Program { playlist, began_secs, waits_since_secs: before.waits_since_secs });
    }

    /// When the playlist that plays began, in seconds of the show; none while none plays.
    #[must_use]
    pub fn playlist_began_secs(&self) -> Option<f64> {
        self.program.as_ref().filter(|program| program.waits_since_secs.is_none()).map(|program| program.began_secs)
    }

    /// Follows the playlist to a time; to be called before the frame of that time is asked for. What the wall shows
    /// depends on the time alone, not on how often this was called.
    ///
    /// # Errors
    /// When the next scene makes no wall of this aspect: the old one plays on, and the playlist waits.
    pub fn follow(&mut self, at: impl Into<TimePoint>) -> Result<(), DealError> {
        let at = at.into();
        let Some(program) = self.program.as_ref().filter(|program| program.waits_since_secs.is_none()) else {
            return Ok(());
        };
        let began = program.began_secs;
        let playing = program.playlist.at(at.show_secs - began);
        let start_secs = began + playing.start_secs;
        let PlaylistEntry { cue, dwell_secs } = &program.playlist.entries[playing.entry];
        let (scene, mut transition) = (cue.scene, cue.transition);
        if self.cue.scene == scene && (self.cue.show_secs - start_secs).abs() < SAME_SECS {
            return Ok(());
        }
        // A transition that is longer than its scene would never end.
        transition.secs = transition.secs.min(*dwell_secs);
        let first = playing.start_secs <= 0.0;
        let last = (!first).then(|| program.playlist.at(playing.start_secs - dwell_secs.min(1e-3)));
        let came_from = last.map(|last| (program.playlist.entries[last.entry].cue.scene, began + last.start_secs));
        // Where the clocks differ in speed, the transition runs by the real one, from where it would be.
        let since_secs = at.real_secs - (at.show_secs - start_secs);
        if self.adjust.rows != 0 {
            // The wall as the operator has made it is none that a time alone would give.
            let then = TimePoint { show_secs: start_secs, real_secs: since_secs };
            return self.step(scene, transition, then, start_secs, Adjustments::default());
        }
        for scene in [Some(scene), came_from.map(|(scene, _)| scene)].into_iter().flatten() {
            if self.instances[scene].is_none() {
                match SceneInstance::new(&self.scenes[scene], 0, &self.crowd, self.shape) {
                    Ok(act) => self.instances[scene] = Some(act),
                    Err(error) => {
                        if let Some(program) = &mut self.program {
                            program.waits_since_secs = Some(at.show_secs);
                        }
                        return Err(error);
                    }
                }
            }
        }
        let is_now = |scene, secs: f64| self.cue.scene == scene && (self.cue.show_secs - secs).abs() < SAME_SECS;
        let from = match came_from {
            None => Before::Nothing,
            // As it was seen, if it was.
            Some((scene, secs)) if is_now(scene, secs) => self.as_seen(since_secs),
            Some((scene, cued_secs)) => Before::Scene { scene, cued_secs, look: self.look_of(scene) },
        };
        self.cue = ActiveCue { scene, show_secs: start_secs, since_secs, transition, from };
        self.adjust = Adjustments::default();
        self.fading = None;
        Ok(())
    }

    /// Steps the playlist by so many entries, forward or back, from whatever is seen now; one that waited goes on. Whether
    /// there is one.
    ///
    /// # Errors
    /// As [`Self::cue_scene`].
    pub fn step_playlist(&mut self, by: i64, at: impl Into<TimePoint>) -> Result<bool, DealError> {
        let at = at.into();
        let now = at.show_secs;
        let Some(program) = &mut self.program else { return Ok(false) };
        let mut by = by;
        if let Some(since) = program.waits_since_secs.take() {
            // It goes on from where it was left; what had not begun begins.
            program.began_secs += now - since;
            by -= i64::from(program.began_secs > now - 1e-9 && by > 0);
        }
        program.began_secs = program.playlist.step(program.began_secs, now, by);
        let playing = program.playlist.at(now - program.began_secs);
        let PlaylistEntry { cue, dwell_secs } = &program.playlist.entries[playing.entry];
        let transition = Transition { secs: cue.transition.secs.min(*dwell_secs), ..cue.transition };
        let (scene, start_secs) = (cue.scene, program.began_secs + playing.start_secs);
        self.step(scene, transition, at, start_secs, Adjustments::default())?;
        Ok(true)
    }
}
