//! Cues: steps from whatever is seen to a scene. See [`ActiveCue`].

use std::sync::Arc;

use super::super::{SceneId, Transition};
use super::{Adjustments, Player, SceneInstance, TimePoint};
use millions_frame::FramePlan;
use millions_wall::DealError;
use millions_wall::tone::Look;

/// The cue that was taken last.
#[derive(Clone, Debug, PartialEq)]
pub struct ActiveCue {
    /// One of [`Player::scenes`].
    pub scene: SceneId,
    /// When, in seconds of the show: the scene's own time begins here.
    pub show_secs: f64,
    /// Start of the transition, by the real clock.
    pub since_secs: f64,
    /// The transition.
    pub transition: Transition,
    /// What the transition leads away from.
    pub(super) outgoing: Option<OutgoingCue>,
}

/// What a cue's transition leads away from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum OutgoingCue {
    /// A scene that plays on.
    Scene {
        scene: SceneId,
        cued_secs: f64,
        /// The look as it was seen; the operator's later changes are for the incoming scene.
        look: Look,
    },
    /// The frame that was seen when another transition was interrupted.
    Snapshot(Arc<FramePlan>),
}

/// Nested snapshots that are kept, when keys are pressed faster than transitions end.
const MAX_SNAPSHOT_DEPTH: usize = 4;
/// Cues that can be gone back to.
const HISTORY: usize = 64;

impl Player {
    /// Cues a scene, from whatever is seen now; the operator's adjustments end with the old one. An id that no scene
    /// has is ignored.
    ///
    /// # Errors
    /// When the scene cannot be dealt to a wall of this shape: the old one plays on.
    pub fn cue_scene(
        &mut self,
        scene: &SceneId,
        transition: Transition,
        at: impl Into<TimePoint>,
    ) -> Result<(), DealError> {
        let at = at.into();
        let before = self.cue.scene.clone();
        self.start_cue(scene, transition, at, at.show_secs, Adjustments::default())?;
        if let Some(playback) = &mut self.playback {
            playback.paused_secs.get_or_insert(at.show_secs);
        }
        self.history.push(before);
        if self.history.len() > HISTORY {
            self.history.remove(0);
        }
        Ok(())
    }

    /// Cues the scene before the last cue, and so on back through the history; returns whether there was one.
    ///
    /// # Errors
    /// As [`Self::cue_scene`].
    pub fn cue_back(&mut self, transition: Transition, at: impl Into<TimePoint>) -> Result<bool, DealError> {
        let Some(scene) = self.history.pop() else { return Ok(false) };
        self.cue_scene(&scene, transition, at)?;
        self.history.pop();
        Ok(true)
    }

    /// Cuts to a scene as if it had been cued at `cued_secs` of the show.
    ///
    /// # Errors
    /// As [`Self::cue_scene`].
    pub fn resume_scene(&mut self, scene: &SceneId, cued_secs: f64, at: impl Into<TimePoint>) -> Result<(), DealError> {
        self.start_cue(scene, Transition::CUT, at.into(), cued_secs, Adjustments::default())
    }

    /// Makes a cue active at `at`, whose scene's own time begins at `show_secs`.
    pub(super) fn start_cue(
        &mut self,
        scene: &SceneId,
        transition: Transition,
        at: TimePoint,
        show_secs: f64,
        adjustments: Adjustments,
    ) -> Result<(), DealError> {
        let Some(wanted) = self.scenes.get(scene) else { return Ok(()) };
        let (is_same, had_rows) = (*scene == self.cue.scene, self.adjustments.rows != 0);
        let is_new = adjustments.rows != 0 || (is_same && had_rows) || wanted.instance.is_none();
        let deal = || SceneInstance::new(&wanted.scene, adjustments.rows, &self.crowd, self.shape);
        let instance = is_new.then(deal).transpose()?;
        // The outgoing scene can play on only if its instance stays; otherwise a snapshot of it has to do.
        let plays_on = self.progress(at.real_secs) >= 1.0 && !had_rows && (instance.is_none() || !is_same);
        let outgoing = if plays_on {
            self.outgoing_scene(at.real_secs)
        } else {
            let seen = FramePlan { intensity: 1.0, step_wedge: false, ..self.frame(at) };
            OutgoingCue::Snapshot(Arc::new(seen.with_snapshot_depth(MAX_SNAPSHOT_DEPTH)))
        };
        if had_rows
            && !is_same
            && let Some(entry) = self.scenes.get_mut(&self.cue.scene)
        {
            // To be dealt with its own rows the next time.
            entry.instance = None;
        }
        if let Some((entry, instance)) = self.scenes.get_mut(scene).zip(instance) {
            entry.instance = Some(instance);
        }
        let scene = scene.clone();
        self.cue = ActiveCue { scene, show_secs, since_secs: at.real_secs, transition, outgoing: Some(outgoing) };
        self.adjustments = adjustments;
        self.look_fade = None;
        Ok(())
    }

    /// Returns the active scene as the outgoing one of another cue.
    pub(super) fn outgoing_scene(&self, real_secs: f64) -> OutgoingCue {
        let ActiveCue { scene, show_secs, .. } = self.cue.clone();
        OutgoingCue::Scene { scene, cued_secs: show_secs, look: self.seen_look(real_secs) }
    }
}
