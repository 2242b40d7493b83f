//! An evening that is played again without a window. See [`Replay`].

use std::collections::VecDeque;
use std::path::Path;

use super::{Operator, OwnScenes, WindowCommand};
use millions_control::{LoggedCommand, Recording, RecordingStart};
use millions_frame::FramePlan;
use millions_show::{Player, Show};
use millions_stage::{ResolvedOutput, SurfaceId};

/// A show and the commands of a log: the wall at any time of that evening. Times are seconds since the program started, as in the log;
/// they do not go back.
pub struct Replay {
    operator: Operator,
    own: OwnScenes,
    commands: VecDeque<LoggedCommand>,
}

impl Replay {
    /// Begins an evening with its operator, which is as [`begin_replay`] has it; `stage` is the file beside which surfaces' own scenes are.
    #[must_use]
    pub fn new(operator: Operator, recording: Recording, stage: &Path) -> Self {
        Self { operator, own: OwnScenes::beside(stage), commands: recording.commands.into() }
    }

    /// Obeys all commands up to a time, and plans the wall of that time.
    pub fn plan(&mut self, real_secs: f64) -> FramePlan {
        while let Some(LoggedCommand { command, real_secs: at, .. }) =
            self.commands.pop_front_if(|logged| logged.real_secs <= real_secs)
        {
            self.operator.follow(at);
            match self.operator.obey(&command, at) {
                // Whom the library does not know as hidden, as in a copy of it, either.
                Ok(Some(WindowCommand::Hide(person))) => {
                    let show_secs = self.operator.at(at).show_secs;
                    self.operator.player.remove_people(&[person], show_secs);
                }
                Ok(_) => {}
                Err(error) => tracing::warn!("at {at:.2} s: {error}"),
            }
        }
        self.operator.follow(real_secs);
        self.operator.wall(real_secs)
    }

    /// Plans an output's surfaces with a scene of their own.
    pub fn own_plans(
        &mut self,
        resolved: &ResolvedOutput,
        wall: &FramePlan,
        real_secs: f64,
    ) -> Vec<(SurfaceId, FramePlan)> {
        let at = self.operator.at(real_secs);
        self.own.plans(resolved, wall, at, &self.operator.player)
    }
}

/// Lets a player begin as that of a recorded evening began.
///
/// # Errors
/// When the show does not have the scene that was on, or it cannot be dealt.
pub fn begin_replay(player: &mut Player, show: &Show, start: &RecordingStart) -> anyhow::Result<()> {
    let RecordingStart { show_secs, scene, cued_secs, playlist_began_secs, blackout, dimmer, .. } = start;
    if player.scenes().all(|known| known.id != *scene) {
        anyhow::bail!("the log begins with the scene {scene}, which this show does not have: name its --show");
    }
    let (began_secs, waits) = (playlist_began_secs.unwrap_or(*show_secs), playlist_began_secs.is_none());
    player.set_playlist(show.playlist.clone(), began_secs, waits);
    player.resume_scene(scene, *cued_secs, *show_secs)?;
    player.set_blackout(*blackout);
    player.set_dimmer(*dimmer);
    Ok(())
}
