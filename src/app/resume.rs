//! Resuming the show after a restart. See [`Resume`].

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::file_writer::FileWriter;
use super::operator::{Operator, ShowPosition};
use millions_base::printable_path;
use millions_show::{Player, SceneId, Show};

/// By how much a clock may have been set back, in seconds; one that is further behind what was saved does not know the time.
const MOST_SET_BACK_SECS: f64 = 86_400.0;

/// The file with the active cue and the start of the playlist, by which the show resumes after a restart or a power cut
/// as if it had played on.
///
/// A playlist's frames follow from its start, a scene's from its cue: no other state is saved. Quitting removes the
/// file, and the show starts anew.
#[derive(Clone, Debug)]
pub struct Resume {
    path: Option<PathBuf>,
    /// The show's file; empty for the embedded one.
    show: String,
    /// Whether the saved cue is ignored, for the command line names a scene.
    ignores_saved: bool,
    saved: Option<ResumeState>,
    /// What was saved at a time that has not come yet by the machine's clock: that does not know the time.
    ahead: Option<ResumeState>,
}

/// The state in the file; times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct ResumeState {
    show: String,
    /// When it was saved.
    #[serde(default)]
    saved_secs: f64,
    scene: SceneId,
    cued_secs: f64,
    playlist_began_secs: Option<f64>,
    blackout: bool,
    #[serde(default = "undimmed")]
    dimmer: f32,
}

/// The dimmer of a file from before there was one.
const fn undimmed() -> f32 {
    1.0
}

impl Resume {
    /// Returns the state of a show's file on a stage's, saved in the platform's folder for local data. Each show on each stage has a
    /// file of its own: two walls of one account know nothing of each other.
    #[must_use]
    pub fn new(show: Option<&Path>, stage: Option<&Path>, ignores_saved: bool) -> Self {
        let dirs = directories::ProjectDirs::from("", "", "millions");
        Self::in_folder(dirs.map(|dirs| dirs.data_local_dir().to_owned()).as_deref(), show, stage, ignores_saved)
    }

    /// As [`Self::new`], in another folder.
    pub(crate) fn in_folder(
        folder: Option<&Path>,
        show: Option<&Path>,
        stage: Option<&Path>,
        ignores_saved: bool,
    ) -> Self {
        let (show, stage) = (show.map(canonical), stage.map(canonical));
        if let Some(old) = folder.map(|folder| folder.join("resume.json"))
            && old.exists()
        {
            tracing::info!(
                "{} is not read: it does not say which stage it is of, and may be another wall's. Each wall now has a file of its own",
                printable_path(&old)
            );
            // Told once, if it can be.
            let _ = fs::remove_file(old);
        }
        let path = folder.map(|folder| folder.join(file_name(show.as_deref(), stage.as_deref())));
        let show = show.map_or_else(String::new, |show| show.display().to_string());
        Self { path, show, ignores_saved, saved: None, ahead: None }
    }

    /// Resumes the show in a player at `unix_secs`; without a saved state of this show, starts it.
    pub fn begin(&mut self, player: &mut Player, show: &Show, unix_secs: f64) {
        let opened = show.schedule.as_ref().and_then(|schedule| schedule.opened_at(unix_secs));
        let saved = self.read().filter(|saved| saved.show == self.show && !self.ignores_saved);
        self.ahead = saved.clone().filter(|saved| saved.saved_secs > unix_secs + MOST_SET_BACK_SECS);
        if self.ahead.is_some() {
            tracing::warn!(
                "the machine's clock does not know the time: the show goes to where it would be once it does"
            );
        }
        // A show at a rate above 1 is ahead of the clock: it resumes from now. A state from before this opening is
        // void.
        let usable =
            |secs: f64| Some(secs.min(unix_secs)).filter(|secs| opened.is_none_or(|opened| opened <= *secs + 1.0));
        if saved.as_ref().is_some_and(|saved| saved.blackout) {
            tracing::info!("the wall was black, and stays black until B is pressed");
            player.set_blackout(true);
        }
        if let Some(dimmer) = saved.as_ref().map(|saved| saved.dimmer).filter(|dimmer| *dimmer < 1.0) {
            tracing::info!("the wall was dimmed to {dimmer}, and stays so");
            player.set_dimmer(dimmer);
        }
        let plays = show.autoplays();
        let began = saved.as_ref().and_then(|saved| saved.playlist_began_secs).and_then(usable);
        let cued = saved.filter(|saved| saved.playlist_began_secs.is_none());
        let scene = cued.and_then(|saved| {
            let is_known = player.scenes().any(|scene| scene.id == saved.scene);
            Some((saved.scene, usable(saved.cued_secs)?)).filter(|_| is_known)
        });
        let waits = scene.is_some() || !(plays || began.is_some());
        player.set_playlist(show.playlist.clone(), began.or(opened).unwrap_or(unix_secs), waits);
        let resumes_scene = scene.is_some();
        let (scene, cued_secs) = scene.unwrap_or_else(|| (show.start.scene.clone(), unix_secs));
        match player.resume_scene(&scene, cued_secs, unix_secs) {
            Ok(()) if resumes_scene => tracing::info!("going on with {}", player.scene().name),
            Ok(()) => {}
            Err(error) => tracing::warn!("what was cued last cannot be shown: {error}"),
        }
    }

    fn read(&self) -> Option<ResumeState> {
        serde_json::from_slice(&fs::read(self.path.as_ref()?).ok()?).ok()
    }

    /// Has an operator's show go to where it would be, once the machine's clock knows the time. What its operator has done meanwhile
    /// goes before that.
    pub fn catch_up(&mut self, operator: &mut Operator, real_secs: f64) {
        let unix_secs = operator.unix_secs(real_secs);
        let Some(saved) = self.ahead.take_if(|saved| saved.saved_secs <= unix_secs) else { return };
        let show = operator.show();
        let opened = show.schedule.as_ref().and_then(|schedule| schedule.opened_at(unix_secs));
        let newest = saved.playlist_began_secs.unwrap_or(saved.cued_secs);
        let position = match opened.filter(|opened| *opened > newest + 1.0) {
            // A state from before this opening is void.
            Some(opened) => ShowPosition {
                scene: show.start.scene.clone(),
                cued_secs: opened,
                playlist_began_secs: show.autoplays().then_some(opened),
            },
            None => ShowPosition {
                scene: saved.scene,
                cued_secs: saved.cued_secs,
                playlist_began_secs: saved.playlist_began_secs,
            },
        };
        tracing::info!("the machine knows the time: the show goes to where it would be by the clock");
        operator.catch_up(position, real_secs);
    }

    /// Has the state of a player saved at a Unix time, where that has changed. While the machine's clock does not know the time what
    /// is saved stays, unless something is done by hand.
    pub fn keep(&mut self, player: &Player, unix_secs: f64, writer: &FileWriter) {
        let state = ResumeState {
            show: self.show.clone(),
            saved_secs: unix_secs,
            scene: player.scene().id.clone(),
            cued_secs: player.cue().show_secs,
            playlist_began_secs: player.playlist_began_secs(),
            blackout: player.is_blackout(),
            dimmer: player.dimmer(),
        };
        // While the playlist plays, all of it follows from its start.
        let same = |before: &ResumeState| {
            let same_playlist =
                before.playlist_began_secs.is_some() && before.playlist_began_secs == state.playlist_began_secs;
            let before = ResumeState { saved_secs: state.saved_secs, ..before.clone() };
            (same_playlist && before.blackout == state.blackout && before.dimmer == state.dimmer) || before == state
        };
        if self.saved.as_ref().is_some_and(same) {
            return;
        }
        if self.ahead.is_some() && self.saved.is_none() {
            // What it has begun with, for want of the time.
            self.saved = Some(state);
            return;
        }
        self.ahead = None;
        if let (Some(path), Ok(text)) = (&self.path, serde_json::to_vec(&state)) {
            writer.write(path, text);
        }
        self.saved = Some(state);
    }

    /// Has the saved state removed, when the operator quits.
    pub fn forget(&mut self, writer: &FileWriter) {
        // Nothing is kept of the fade to black.
        if let Some(path) = self.path.take() {
            writer.remove(&path);
        }
    }
}

/// The path by which a file is known, also before it exists.
fn canonical(path: &Path) -> PathBuf {
    fs::canonicalize(path).or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned())
}

/// The name of the file of a show on a stage.
fn file_name(show: Option<&Path>, stage: Option<&Path>) -> String {
    format!("resume-{}.json", hash(show, stage))
}

/// Returns what tells a wall from another: a hash of the canonical paths of show and stage.
#[must_use]
pub fn wall_hash(show: Option<&Path>, stage: Option<&Path>) -> String {
    hash(show.map(canonical).as_deref(), stage.map(canonical).as_deref())
}

/// A hash of both paths, the show's with its length before it.
fn hash(show: Option<&Path>, stage: Option<&Path>) -> String {
    let bytes = |path: Option<&Path>| path.map(|path| path.as_os_str().as_encoded_bytes().to_vec()).unwrap_or_default();
    let (show, stage) = (bytes(show), bytes(stage));
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(show.len() as u64).to_le_bytes()).update(&show).update(&stage);
    hasher.finalize().to_hex()[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Venue;
    use glam::UVec2;
    use millions_show::{Clock, Transition};
    use millions_stage::{NoMaskImages, Output, Stage};
    use std::sync::Arc;

    fn player(show: &Show) -> Player {
        Player::of_scenes((0..50).collect(), 0.8, 1.8, show.scenes.clone(), &show.start.scene).unwrap()
    }

    #[test]
    fn after_a_power_cut_the_wall_is_as_if_nothing_had_been() {
        let folder = tempfile::tempdir().unwrap();
        let mut show = Show::embedded().unwrap();
        let resume_at = || Resume::in_folder(Some(&folder.path().join("data")), None, None, false);
        for autoplay in [false, true] {
            show.playlist.as_mut().unwrap().autoplay = autoplay;
            let (mut first, mut resume) = (player(&show), resume_at());
            resume.begin(&mut first, &show, 5000.0);
            if !autoplay {
                first
                    .cue_scene(&show.scenes[3].id, Transition::default(), Clock::new(0.0, 5010.0).show_secs(0.0))
                    .unwrap();
            }
            first.set_dimmer(0.5);
            let writer = FileWriter::start();
            resume.keep(&first, 5010.0, &writer);
            drop(writer);
            let mut second = player(&show);
            resume_at().begin(&mut second, &show, 5077.0);
            for time in [5080.0, 5100.0, 5500.0] {
                first.follow_playlist(time).unwrap();
                second.follow_playlist(time).unwrap();
                assert!(first.frame(time) == second.frame(time), "at {time}, autoplay {autoplay}");
            }
            resume.forget(&FileWriter::start());
            let mut third = player(&show);
            resume_at().begin(&mut third, &show, 6000.0);
            assert_eq!(third.cue().show_secs, 6000.0, "who quits begins anew");
        }
    }

    #[test]
    fn a_machine_that_boots_in_1970_goes_to_where_it_would_be_once_it_knows_the_time() {
        let now = 1.8e9;
        for autoplay in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            let resume = || Resume::in_folder(Some(folder.path()), None, None, false);
            let mut show = Show::embedded().unwrap();
            show.playlist.as_mut().unwrap().autoplay = autoplay;
            let (mut first, mut kept) = (player(&show), resume());
            kept.begin(&mut first, &show, now);
            if !autoplay {
                first.cue_scene(&show.scenes[3].id, Transition::default(), now + 5.0).unwrap();
            }
            let writer = FileWriter::start();
            kept.keep(&first, now + 10.0, &writer);
            drop(writer);
            let file = fs::read(kept.path.as_ref().unwrap()).unwrap();
            // After a power cut of two hours, on a machine that does not know it.
            let (mut second, mut kept) = (player(&show), resume());
            kept.begin(&mut second, &show, 12.0);
            let venue = Venue::new(
                Stage::side_by_side(vec![Output::new("wall", UVec2::new(1800, 1000))]),
                Arc::new(NoMaskImages),
            );
            let mut operator = Operator::new(second, Clock::new(0.0, 12.0), show.clone(), Vec::new(), venue, 12.0);
            let writer = FileWriter::start();
            let mut follow = |operator: &mut Operator, real_secs: f64| {
                operator.follow(real_secs);
                kept.catch_up(operator, real_secs);
                if !operator.is_catching_up() {
                    kept.keep(&operator.player, operator.unix_secs(real_secs), &writer);
                }
                operator.wall(real_secs).intensity
            };
            for frame in 0..240 {
                assert_eq!(follow(&mut operator, f64::from(frame) / 4.0), 1.0, "it plays");
            }
            assert_eq!(fs::read(resume().path.unwrap()).unwrap(), file, "what was saved is not lost for it");
            operator.set_world_clock(now + 7200.0 - 60.0);
            let seen: Vec<_> = (0..=40).map(|frame| follow(&mut operator, 60.0 + f64::from(frame) / 8.0)).collect();
            assert!(seen.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 0.15), "no jump is seen: {seen:?}");
            assert!(seen.contains(&0.0) && seen[40] == 1.0, "{seen:?}");
            follow(&mut operator, 90.0);
            first.follow_playlist(now + 7230.0).unwrap();
            assert_eq!(operator.player.cue().scene, first.cue().scene, "autoplay {autoplay}");
            assert!(operator.wall(90.0).scene == first.frame(now + 7230.0).scene, "autoplay {autoplay}");
        }
    }

    #[test]
    fn two_walls_of_one_account_know_nothing_of_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let show = Show::embedded().unwrap();
        fs::write(path("north.toml"), "").unwrap();
        let wall = |stage: &str| Resume::in_folder(Some(folder.path()), None, Some(&path(stage)), false);
        let (mut north, mut first) = (player(&show), wall("north.toml"));
        first.begin(&mut north, &show, 5000.0);
        north.set_blackout(true);
        let writer = FileWriter::start();
        first.keep(&north, 5000.0, &writer);
        drop(writer);
        // Another stage, which does not exist yet; the same by another path; and what an earlier version kept of any wall.
        fs::copy(first.path.as_ref().unwrap(), path("resume.json")).unwrap();
        for (stage, is_black) in [("south.toml", false), ("./north.toml", true), ("north.toml", true)] {
            let mut restarted = player(&show);
            wall(stage).begin(&mut restarted, &show, 5010.0);
            assert_eq!(restarted.is_blackout(), is_black, "{stage}");
        }
        assert!(!path("resume.json").exists());
        let names: std::collections::HashSet<_> =
            [(None, None), (Some("a"), Some("b")), (Some("ab"), None), (None, Some("ab"))]
                .map(|(show, stage)| file_name(show.map(Path::new), stage.map(Path::new)))
                .into();
        assert_eq!(names.len(), 4);
    }
}
