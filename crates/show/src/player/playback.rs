//! Playback of the playlist: which entry is on at a time, and the operator's steps. See [`Playback`].

use super::super::{Playlist, PlaylistEntry, SceneId};
use super::{ActiveCue, Adjustments, OutgoingCue, PendingCue, Player, TimePoint};
use millions_wall::DealError;

/// Show times that are nearer to each other than this are the same: 64 bits hold seconds since 1970 in steps of 0.2 µs.
const SAME_SECS: f64 = 1e-5;

/// A playlist and its position.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Playback {
    pub playlist: Playlist,
    /// When it began, in seconds of the show.
    pub began_secs: f64,
    /// When it was paused, in seconds of the show, because the operator cued something else.
    pub paused_secs: Option<f64>,
}

impl Player {
    /// Sets the playlist, which began at `began_secs` of the show; paused, it starts when the operator steps it.
    pub fn set_playlist(&mut self, playlist: Option<Playlist>, began_secs: f64, paused: bool) {
        self.playback =
            playlist.map(|playlist| Playback { playlist, began_secs, paused_secs: paused.then_some(began_secs) });
    }

    /// Replaces the playlist at `now_secs` of the show; the entry that is on continues if the new one has its scene.
    pub fn change_playlist(&mut self, playlist: Option<Playlist>, now_secs: f64) {
        let Some(before) = self.playback.take() else {
            return self.set_playlist(playlist, now_secs, true);
        };
        let Some(playlist) = playlist else { return };
        let mut began_secs = before.began_secs;
        if before.paused_secs.is_none() {
            // The same scene has to be on, if possible for as long as it has been.
            let elapsed = now_secs - self.cue.show_secs;
            let is_same = |began: &f64| {
                let playing = playlist.at(now_secs - began);
                playlist.entries[playing.entry].cue.scene == self.cue.scene
            };
            let entries = i64::try_from(playlist.entries.len()).unwrap_or(0);
            let steps = (0..entries).map(|by| playlist.step(began_secs, now_secs, by) - elapsed);
            if let Some(began) = [began_secs].into_iter().chain(steps).find(is_same) {
                began_secs = began;
            }
        }
        self.playback = Some(Playback { playlist, began_secs, paused_secs: before.paused_secs });
    }

    /// Returns when the playlist began, in seconds of the show; none while it is paused or there is none.
    #[must_use]
    pub fn playlist_began_secs(&self) -> Option<f64> {
        self.playback.as_ref().filter(|playback| playback.paused_secs.is_none()).map(|playback| playback.began_secs)
    }

    /// Makes active the entry of the playlist at a time; to be called before [`Player::frame`]. The frame depends on
    /// the time alone, not on how often this was called.
    ///
    /// # Errors
    /// When the next scene cannot be dealt to the wall: the old one plays on, and the playlist is paused. Where dealing takes
    /// long, the old one plays on until [`Player::adopt`].
    pub fn follow_playlist(&mut self, at: impl Into<TimePoint>) -> Result<(), DealError> {
        let at = at.into();
        self.awaited.clear();
        let Some(playback) = self.playback.as_ref().filter(|playback| playback.paused_secs.is_none()) else {
            return Ok(());
        };
        let (playlist, began) = (&playback.playlist, playback.began_secs);
        let playing = playlist.at(at.show_secs - began);
        let start_secs = began + playing.start_secs;
        let PlaylistEntry { cue, dwell_secs } = &playlist.entries[playing.entry];
        let (scene, transition) = (cue.scene.clone(), playlist.entries[playing.entry].transition());
        if self.is_cued(&scene, start_secs) || self.scenes.get(&scene).is_none() {
            return Ok(());
        }
        let previous = (playing.start_secs > 0.0).then(|| {
            let previous = playlist.at(playing.start_secs - dwell_secs.min(1e-3));
            (playlist.entries[previous.entry].cue.scene.clone(), began + previous.start_secs)
        });
        // The transition runs by the real clock, from where it would be had it begun in time.
        let since_secs = at.real_secs - (at.show_secs - start_secs);
        if self.adjustments.rows != 0 {
            // The outgoing scene has the operator's rows: no time alone gives its frame.
            let then = TimePoint { show_secs: start_secs, real_secs: since_secs };
            return self.start_cue(PendingCue::new(&scene, transition, Some(start_secs)), then);
        }
        let previous = previous.filter(|(scene, _)| self.scenes.get(scene).is_some());
        for scene in [Some(&scene), previous.as_ref().map(|(scene, _)| scene)].into_iter().flatten() {
            let spec = self.deal_spec(scene, 0);
            let Some(entry) = self.scenes.get(scene).filter(|entry| !entry.is_dealt(spec)) else { continue };
            // What could not be dealt is tried again for its error, which comes at once.
            if entry.spec != Some(spec) && self.defers(&entry.scene, spec) {
                self.awaited.push(scene.clone());
                continue;
            }
            let Some(entry) = self.scenes.get_mut(scene) else { continue };
            if let Err(error) = entry.deal(&self.crowd, spec) {
                if let Some(playback) = &mut self.playback {
                    playback.paused_secs = Some(at.show_secs);
                }
                return Err(error);
            }
        }
        if !self.awaited.is_empty() {
            // What plays plays on until they are dealt.
            return Ok(());
        }
        let outgoing = previous.map(|(scene, cued_secs)| {
            if self.is_cued(&scene, cued_secs) {
                self.outgoing_scene(since_secs)
            } else {
                let look = self.look_of(&scene);
                OutgoingCue::Scene { scene, cued_secs, look }
            }
        });
        self.cue = ActiveCue { scene, show_secs: start_secs, since_secs, transition, outgoing };
        self.pending = None;
        self.adjustments = Adjustments::default();
        self.look_fade = None;
        Ok(())
    }

    /// Returns whether the active cue is one of a scene at a show time.
    fn is_cued(&self, scene: &SceneId, show_secs: f64) -> bool {
        self.cue.scene == *scene && (self.cue.show_secs - show_secs).abs() < SAME_SECS
    }

    /// Steps the playlist by entries, forward or back, from whatever is seen now, and ends a pause; returns whether
    /// there is a playlist.
    ///
    /// # Errors
    /// As [`Self::cue_scene`].
    pub fn step_playlist(&mut self, mut by: i64, at: impl Into<TimePoint>) -> Result<bool, DealError> {
        let at = at.into();
        let now = at.show_secs;
        let Some(playback) = &mut self.playback else { return Ok(false) };
        if playback.paused_secs.is_some() {
            // It continues from where it was paused; if it had not begun, the first step forward is to its first entry.
            (playback.began_secs, playback.paused_secs) = (playback.resumed_began_secs(now), None);
            by -= i64::from(playback.began_secs > now - 1e-9 && by > 0);
        }
        playback.began_secs = playback.playlist.step(playback.began_secs, now, by);
        let playing = playback.playlist.at(now - playback.began_secs);
        let entry = &playback.playlist.entries[playing.entry];
        let (scene, transition, start_secs) =
            (entry.cue.scene.clone(), entry.transition(), playback.began_secs + playing.start_secs);
        self.start_cue(PendingCue::new(&scene, transition, Some(start_secs)), at)?;
        Ok(true)
    }

    /// Cues an entry of the playlist by its place in the file, the nearest time that it comes, and ends a pause; returns whether there is
    /// such an entry.
    ///
    /// # Errors
    /// As [`Self::cue_scene`].
    pub fn cue_entry(&mut self, entry: usize, at: impl Into<TimePoint>) -> Result<bool, DealError> {
        let at = at.into();
        let Some(playback) = &mut self.playback else { return Ok(false) };
        let (playlist, now) = (&playback.playlist, at.show_secs);
        let began = playback.resumed_began_secs(now);
        let most = i64::try_from(playlist.entries.len()).unwrap_or(0);
        let mut steps = (0..=most).flat_map(|by| [by, -by]).map(|by| playlist.step(began, now, by));
        let Some(began) = steps.find(|began| playlist.at(now - began).entry == entry) else { return Ok(false) };
        (playback.began_secs, playback.paused_secs) = (began, None);
        self.step_playlist(0, at)
    }

    /// Returns where the playlist is at a time of the show; none without one.
    #[must_use]
    pub fn playlist_position(&self, show_secs: f64) -> Option<PlaylistPosition> {
        let playback = self.playback.as_ref()?;
        let playlist = &playback.playlist;
        let began = playback.resumed_began_secs(show_secs);
        let playing = playlist.at(show_secs - began);
        if playback.paused_secs.is_none() {
            let next = playing.next.map(|(entry, start_secs)| (entry, Some(began + start_secs)));
            return Some(PlaylistPosition { entry: Some(playing.entry), next });
        }
        // Before its beginning, GO leads to the first entry.
        let has_begun = began <= show_secs - 1e-9;
        let after = playlist.at(show_secs - playlist.step(began, show_secs, i64::from(has_begun))).entry;
        Some(PlaylistPosition { entry: has_begun.then_some(playing.entry), next: Some((after, None)) })
    }
}

/// Where a playlist is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlaylistPosition {
    /// The entry that plays, or that was left; none before the first.
    pub entry: Option<usize>,
    /// The entry that comes next, and when, in seconds of the show; without a time, at GO.
    pub next: Option<(usize, Option<f64>)>,
}

impl Playback {
    /// Returns the beginning of the list by which it goes on at `now` from where it was paused.
    fn resumed_began_secs(&self, now: f64) -> f64 {
        self.began_secs + self.paused_secs.map_or(0.0, |paused| now - paused)
    }
}
