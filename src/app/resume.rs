//! The state of the show that outlives a restart. See [`Resume`].

use millions_base::replace_file;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use millions_show::{Player, Show};

/// Stores the cue and the start of the playlist, so that after a restart or a power cut the show goes on where it would be by the
/// clock.
///
/// The frame of a playlist depends only on its start, and that of a scene only on the time of its cue; nothing else is stored.
/// Quitting removes the state: the next start begins as the show says.
#[derive(Clone, Debug)]
pub struct Resume {
    path: Option<PathBuf>,
    /// The show's file; empty for the embedded one.
    show: String,
    /// Whether a scene was named on the command line, which overrides the stored cue.
    begins_anew: bool,
    saved: Option<ResumeState>,
}

/// The state in the file; times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct ResumeState {
    show: String,
    scene: String,
    cued_secs: f64,
    playlist_began_secs: Option<f64>,
    blackout: bool,
}

impl Resume {
    /// Stores the state of a show in the platform's folder for local data.
    #[must_use]
    pub fn new(show: Option<&Path>, begins_anew: bool) -> Self {
        let dirs = directories::ProjectDirs::from("", "", "millions");
        Self::at(dirs.map(|dirs| dirs.data_local_dir().join("resume.json")), show, begins_anew)
    }

    fn at(path: Option<PathBuf>, show: Option<&Path>, begins_anew: bool) -> Self {
        let absolute = show.map(|show| fs::canonicalize(show).unwrap_or_else(|_| show.to_owned()));
        let show = absolute.map_or_else(String::new, |show| show.display().to_string());
        Self { path, show, begins_anew, saved: None }
    }

    /// Resumes the show from the stored state; without one it begins, at `unix_secs`.
    pub fn begin(&self, player: &mut Player, show: &Show, unix_secs: f64) {
        let opened = show.schedule.as_ref().and_then(|schedule| schedule.opened_at(unix_secs));
        let kept = self.read().filter(|kept| kept.show == self.show && !self.begins_anew);
        // A show that was sped up is ahead of the clock, and goes on from now. A state from before this opening is out of date.
        let usable =
            |secs: f64| Some(secs.min(unix_secs)).filter(|secs| opened.is_none_or(|opened| opened <= *secs + 1.0));
        if kept.as_ref().is_some_and(|kept| kept.blackout) {
            tracing::info!("the wall was black, and stays black until B is pressed");
            player.set_blackout(true);
        }
        let plays = show.playlist.as_ref().is_some_and(|playlist| playlist.autoplay);
        let began = kept.as_ref().and_then(|kept| kept.playlist_began_secs).and_then(usable);
        let manual = kept.filter(|kept| kept.playlist_began_secs.is_none());
        let scene = manual.and_then(|kept| {
            let place = player.scenes().iter().position(|scene| scene.id == kept.scene)?;
            Some((place, usable(kept.cued_secs)?))
        });
        let resumes = began.is_some() && scene.is_none();
        let waits = scene.is_some() || !(plays || resumes);
        player.set_playlist(show.playlist.clone(), began.or(opened).unwrap_or(unix_secs), waits);
        let (place, cued_secs) = scene.unwrap_or((show.start.scene, unix_secs));
        match player.resume_scene(place, cued_secs, unix_secs) {
            Ok(()) if scene.is_some() => tracing::info!("going on with {}", player.scene().name),
            Ok(()) => {}
            Err(error) => tracing::warn!("what was cued last cannot be shown: {error}"),
        }
    }

    fn read(&self) -> Option<ResumeState> {
        serde_json::from_slice(&fs::read(self.path.as_ref()?).ok()?).ok()
    }

    /// Stores the state of a player if it has changed.
    pub fn keep(&mut self, player: &Player) {
        let kept = ResumeState {
            show: self.show.clone(),
            scene: player.scene().id.clone(),
            cued_secs: player.cue().show_secs,
            playlist_began_secs: player.playlist_began_secs(),
            blackout: player.is_blackout(),
        };
        // While the playlist plays, its start determines everything.
        let same = |before: &ResumeState| {
            let by_itself =
                before.playlist_began_secs.is_some() && before.playlist_began_secs == kept.playlist_began_secs;
            (by_itself && before.blackout == kept.blackout) || *before == kept
        };
        if self.saved.as_ref().is_some_and(same) {
            return;
        }
        if let (Some(path), Ok(text)) = (&self.path, serde_json::to_vec(&kept)) {
            let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
            let written = folder.and_then(|()| replace_file(path, &text));
            if let Err(error) = written {
                tracing::warn!("where the show is cannot be kept for a restart ({error}): {}", path.display());
            }
        }
        self.saved = Some(kept);
    }

    /// Removes the state: the operator has ended the show.
    pub fn forget(&self) {
        if let Some(path) = &self.path {
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use millions_show::{Clock, Transition};

    fn player(show: &Show) -> Player {
        Player::of_scenes((0..50).collect(), 0.8, 1.8, show.scenes.clone(), show.start.scene).unwrap()
    }

    #[test]
    fn after_a_power_cut_the_show_goes_on_by_the_clock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data").join("resume.json");
        let mut show = Show::embedded().unwrap();
        let resume_at = || Resume::at(Some(path.clone()), None, false);
        for autoplay in [false, true] {
            show.playlist.as_mut().unwrap().autoplay = autoplay;
            let (mut first, mut resume) = (player(&show), resume_at());
            resume.begin(&mut first, &show, 5000.0);
            if !autoplay {
                first.cue_scene(3, Transition::default(), Clock::new(0.0, 5010.0).show_secs(0.0)).unwrap();
            }
            resume.keep(&first);
            let mut second = player(&show);
            resume_at().begin(&mut second, &show, 5077.0);
            for time in [5080.0, 5100.0, 5500.0] {
                first.follow_playlist(time).unwrap();
                second.follow_playlist(time).unwrap();
                assert!(first.frame(time) == second.frame(time), "at {time}, autoplay {autoplay}");
            }
            resume.forget();
            let mut third = player(&show);
            resume_at().begin(&mut third, &show, 6000.0);
            assert_eq!(third.cue().show_secs, 6000.0, "who quits begins anew");
        }
    }
}
