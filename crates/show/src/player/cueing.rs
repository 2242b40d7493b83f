//! Cues: steps from whatever is seen to a scene. See [`ActiveCue`].

use std::sync::Arc;

use super::super::{SceneId, Transition};
use super::{Adjustments, DealSpec, Player, SceneInstance, TimePoint};
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

/// A cue that takes effect as soon as its scene is dealt; until then what is seen plays on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PendingCue {
    pub scene: SceneId,
    pub transition: Transition,
    /// When the scene's own time begins, in seconds of the show; none as soon as the cue takes effect.
    pub show_secs: Option<f64>,
    pub adjustments: Adjustments,
}

impl PendingCue {
    /// A cue without the operator's adjustments.
    pub fn new(scene: &SceneId, transition: Transition, show_secs: Option<f64>) -> Self {
        Self { scene: scene.clone(), transition, show_secs, adjustments: Adjustments::default() }
    }
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
        let (before, waited) = (self.cue.scene.clone(), self.pending.is_some());
        self.start_cue(PendingCue::new(scene, transition, None), at)?;
        if let Some(playback) = &mut self.playback {
            playback.paused_secs.get_or_insert(at.show_secs);
        }
        if waited && self.history.last() == Some(&before) {
            // In place of a cue that has not taken effect.
            return Ok(());
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
        self.start_cue(PendingCue::new(scene, Transition::CUT, Some(cued_secs)), at.into())
    }

    /// Makes a cue active at `at`, or as soon as its scene is dealt, where that takes long.
    pub(super) fn start_cue(&mut self, cue: PendingCue, at: TimePoint) -> Result<(), DealError> {
        let Some(wanted) = self.scenes.get(&cue.scene) else { return Ok(()) };
        let spec = self.deal_spec(&cue.scene, cue.adjustments.rows);
        let mut instance = None;
        if !wanted.is_dealt(spec) {
            if self.defers(&wanted.scene, spec) {
                self.pending = Some(cue);
                return Ok(());
            }
            let dealt = SceneInstance::new(&wanted.scene, spec.extra_rows, &self.crowd, self.shape)?;
            instance = Some((dealt, spec));
        }
        self.take_cue(cue, instance, at);
        Ok(())
    }

    /// Makes a cue active at `at`, with an instance of its scene where that has none for it.
    pub(super) fn take_cue(&mut self, cue: PendingCue, instance: Option<(SceneInstance, DealSpec)>, at: TimePoint) {
        let PendingCue { scene, transition, show_secs, adjustments } = cue;
        let (is_same, had_rows) = (scene == self.cue.scene, self.adjustments.rows != 0);
        // The outgoing scene can play on only if its instance stays; otherwise a snapshot of it has to do.
        let plays_on = self.transition_progress(at.real_secs) >= 1.0 && !had_rows && (instance.is_none() || !is_same);
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
            entry.drop_instance();
        }
        let revision = self.crowd.changes();
        if let Some((entry, (instance, spec))) = self.scenes.get_mut(&scene).zip(instance) {
            entry.replace(instance, spec, revision, at.show_secs);
        }
        let show_secs = show_secs.unwrap_or(at.show_secs);
        self.cue = ActiveCue { scene, show_secs, since_secs: at.real_secs, transition, outgoing: Some(outgoing) };
        self.pending = None;
        self.adjustments = adjustments;
        self.look_fade = None;
    }

    /// Returns the active scene as the outgoing one of another cue.
    pub(super) fn outgoing_scene(&self, real_secs: f64) -> OutgoingCue {
        let ActiveCue { scene, show_secs, .. } = self.cue.clone();
        OutgoingCue::Scene { scene, cued_secs: show_secs, look: self.seen_look(real_secs) }
    }
}
