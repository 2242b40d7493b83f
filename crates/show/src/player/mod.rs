//! The player: evaluates a show to frames. A time goes in, a [`FramePlan`] comes out. See [`Player`].

mod adjustments;
mod arrivals;
mod crowd;
mod cueing;
mod deals;
mod playback;
mod scenes;

use std::sync::Arc;

use glam::DVec2;

pub use adjustments::Adjustments;
use arrivals::ArrivalQueue;
pub use cueing::ActiveCue;
use cueing::{OutgoingCue, PendingCue};
use deals::{CrowdChange, DealSpec, VersionedChange};
pub use deals::{DealJob, Dealt};
use playback::Playback;
pub use playback::PlaylistPosition;

use super::crowd::{Crowd, Portraits};
use super::instances::{SceneInstance, SceneTime, WallShape};
use super::{Scene, SceneId, Transition, TransitionKind};
use millions_frame::{FramePlan, Outgoing, Prefetch, ScenePlan, TileFlip, TransitionProgress};
use millions_wall::DealError;
use millions_wall::tone::Look;
use scenes::SceneList;

/// An instant by both clocks of a show: its own, which can be held and sped up, and the real one, by which transitions
/// and fades started by the operator run in any case.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimePoint {
    /// Seconds of the show.
    pub show_secs: f64,
    /// Real seconds, from any epoch.
    pub real_secs: f64,
}

/// An instant at which both clocks read the same, as in a rendered film.
impl From<f64> for TimePoint {
    fn from(secs: f64) -> Self {
        Self { show_secs: secs, real_secs: secs }
    }
}

/// A show as it plays: the crowd, the scenes with their instances, the active cue and the operator's changes.
///
/// A frame depends on this state and the time alone, not on the frames drawn before.
#[derive(Clone, Debug)]
pub struct Player {
    crowd: Arc<Crowd>,
    shape: WallShape,
    scenes: SceneList,
    cue: ActiveCue,
    /// The cue that waits for its scene to be dealt.
    pending: Option<PendingCue>,
    /// The scenes that the playlist waits for.
    awaited: Vec<SceneId>,
    /// Changes of the crowd that instances have not followed yet.
    changes: Vec<VersionedChange>,
    /// The most cells of a deal that does not have to wait.
    deal_at_once: usize,
    adjustments: Adjustments,
    /// The look of all scenes, in place of their own.
    look_override: Option<Look>,
    /// The look that fades out, and the real time at which the fade began.
    look_fade: Option<(Look, f64)>,
    blackout: bool,
    arrivals: ArrivalQueue,
    /// See [`Player::set_arrival_area`].
    arrival_area: Option<[DVec2; 2]>,
    /// The intensity that the operator gives the wall, 0 to 1.
    dimmer: f32,
    /// See [`Player::close_view`].
    closing_moves: Option<u32>,
    playback: Option<Playback>,
    /// The scenes that were cued before, the last at the end.
    history: Vec<SceneId>,
}

impl Player {
    /// Creates a player of one scene, which is on from the beginning, with a complete crowd of `people`.
    ///
    /// # Errors
    /// When the scene cannot be dealt to a wall of this aspect.
    pub fn new(people: Vec<u32>, tile_aspect: f64, wall_aspect: f64, scene: Scene) -> Result<Self, DealError> {
        let start = scene.id.clone();
        Self::of_scenes(people, tile_aspect, wall_aspect, vec![scene], &start)
    }

    /// Creates a player of `scenes`, whose ids are unique, of which `start` is on from the beginning, with a complete
    /// crowd of `people`.
    ///
    /// # Errors
    /// When that scene cannot be dealt to a wall of this aspect.
    ///
    /// # Panics
    /// When there is no scene of that id.
    pub fn of_scenes(
        people: Vec<u32>,
        tile_aspect: f64,
        wall_aspect: f64,
        scenes: Vec<Scene>,
        start: &SceneId,
    ) -> Result<Self, DealError> {
        let (crowd, shape) =
            (Arc::new(Crowd::new(people)), WallShape { wall_aspect, tile_aspect, wall_height_m: None });
        let transition = Transition::CUT;
        let scene = start.clone();
        let mut player = Self {
            crowd,
            shape,
            scenes: SceneList::new(scenes),
            cue: ActiveCue { scene, show_secs: 0.0, since_secs: 0.0, transition, outgoing: None },
            pending: None,
            awaited: Vec::new(),
            changes: Vec::new(),
            deal_at_once: usize::MAX,
            adjustments: Adjustments::default(),
            look_override: None,
            look_fade: None,
            blackout: false,
            arrivals: ArrivalQueue::default(),
            arrival_area: None,
            dimmer: 1.0,
            closing_moves: None,
            playback: None,
            history: Vec::new(),
        };
        player.redeal()?;
        Ok(player)
    }

    /// Tells what people look like, for scenes that arrange them by it.
    ///
    /// # Errors
    /// As [`Player::new`].
    pub fn with_portraits(mut self, portraits: Portraits) -> Result<Self, DealError> {
        self.crowd_mut().portraits = Some(portraits);
        self.redeal()?;
        Ok(self)
    }

    /// Makes the crowd incomplete: empty cells wait for more people.
    ///
    /// # Errors
    /// As [`Player::new`].
    pub fn awaiting(mut self) -> Result<Self, DealError> {
        self.crowd_mut().awaiting = true;
        self.redeal()?;
        Ok(self)
    }

    /// Deals these people evenly among the others.
    ///
    /// # Errors
    /// As [`Player::new`].
    pub fn featuring(mut self, featured: impl IntoIterator<Item = u32>) -> Result<Self, DealError> {
        self.crowd_mut().featured = featured.into_iter().collect();
        self.redeal()?;
        Ok(self)
    }

    /// Creates a player of one scene on a wall of another aspect, with the same crowd and its biographies.
    ///
    /// # Errors
    /// When the scene cannot be dealt to a wall of this aspect.
    pub fn alone(&self, scene: Scene, wall_aspect: f64) -> Result<Self, DealError> {
        let mut player = Self::new(Vec::new(), self.shape.tile_aspect, wall_aspect, scene)?;
        player.crowd = self.crowd.clone();
        player.redeal()?;
        Ok(player)
    }

    /// Returns the frame of an instant.
    #[must_use]
    pub fn frame(&self, at: impl Into<TimePoint>) -> FramePlan {
        let at = at.into();
        let ActiveCue { scene, show_secs: cued_secs, transition, outgoing, .. } = &self.cue;
        let incoming = || self.scene_plan(scene, at, *cued_secs, &self.seen_look(at.real_secs));
        let progress = self.transition_progress(at.real_secs);
        let complete = |scene, intensity: f64| {
            (ScenePlan { intensity: intensity as f32, ..scene }, None, TransitionProgress::Complete)
        };
        let (scene, outgoing, progress) = match (transition.kind, outgoing) {
            _ if progress >= 1.0 => (incoming(), None, TransitionProgress::Complete),
            (_, None) => complete(incoming(), progress),
            (TransitionKind::Black, _) if progress >= 0.5 => complete(incoming(), progress * 2.0 - 1.0),
            (TransitionKind::Black, Some(OutgoingCue::Snapshot(snapshot))) => {
                // A snapshot has no intensity: an empty scene fades in over it.
                let black = ScenePlan { layers: Vec::new(), intensity: 1.0 };
                let fade = TransitionProgress::Fade((progress * 2.0) as f32);
                (black, Some(Outgoing::Snapshot(snapshot.clone())), fade)
            }
            (TransitionKind::Black, Some(OutgoingCue::Scene { scene, cued_secs, look })) => {
                complete(self.scene_plan(scene, at, *cued_secs, look), 1.0 - progress * 2.0)
            }
            (kind, Some(outgoing)) => {
                let outgoing = match outgoing {
                    OutgoingCue::Snapshot(snapshot) => Outgoing::Snapshot(snapshot.clone()),
                    OutgoingCue::Scene { scene, cued_secs, look } => {
                        Outgoing::Live(self.scene_plan(scene, at, *cued_secs, look))
                    }
                };
                let progress = if kind == TransitionKind::Tile {
                    TransitionProgress::TileFlip(self.tile_flip(progress))
                } else {
                    TransitionProgress::Fade(progress as f32)
                };
                (incoming(), Some(outgoing), progress)
            }
        };
        let intensity = if self.blackout { 0.0 } else { self.dimmer };
        FramePlan { time_secs: at.show_secs, outgoing, scene, progress, step_wedge: false, intensity }
    }

    /// Returns a scene that was cued and is being dealt.
    #[must_use]
    pub fn awaited_scene(&self) -> Option<&SceneId> {
        let pending = self.pending.as_ref().map(|pending| &pending.scene);
        pending.filter(|scene| **scene != self.cue.scene).or(self.awaited.first())
    }

    /// Returns the progress of the active cue's transition, 0 to 1, eased.
    #[must_use]
    pub fn transition_progress(&self, real_secs: f64) -> f64 {
        let Transition { kind, secs, easing, .. } = self.cue.transition;
        if kind == TransitionKind::Cut || secs <= 0.0 {
            return 1.0;
        }
        easing.at((real_secs - self.cue.since_secs) / secs)
    }

    fn tile_flip(&self, progress: f64) -> TileFlip {
        let Transition { order, point: [x, y], .. } = self.cue.transition;
        TileFlip {
            progress: progress as f32,
            order,
            point: DVec2::new(x * self.shape.wall_aspect, y),
            // Another order at each cue, but always the same for a cue.
            seed: (self.cue.show_secs * 1000.0).rem_euclid(4_294_967_296.0) as u32,
            is_outgoing: false,
        }
    }

    fn scene_plan(&self, scene: &SceneId, at: TimePoint, cued_secs: f64, look: &Look) -> ScenePlan {
        let time = SceneTime { show_secs: at.show_secs, cued_secs, closing_moves: self.closing_moves };
        let instance = self.scenes.get(scene).and_then(|entry| entry.instance.as_ref());
        instance
            .map_or_else(ScenePlan::default, |instance| instance.plan(time, look, &self.crowd, &self.arrivals_seen()))
    }

    /// Returns what the frames of the next two seconds show, and what one other scene would show if it were cued now.
    /// `turn` counts the calls: the other scenes are taken in rotation, one a call.
    #[must_use]
    pub fn prefetch(&self, at: impl Into<TimePoint>, rate: f64, turn: u64) -> Prefetch {
        let at = at.into();
        let mut prefetch = Prefetch::default();
        for secs in [0.5, 2.0] {
            let then = TimePoint { show_secs: at.show_secs + secs * rate, real_secs: at.real_secs + secs };
            prefetch.add(self.frame(then).scene);
        }
        // A key may cue any scene at any time, which then begins at its own second 0.
        let others: Vec<_> = self.scenes().map(|scene| &scene.id).filter(|scene| **scene != self.cue.scene).collect();
        if let Some(scene) = others.get((turn % others.len().max(1) as u64) as usize) {
            for secs in [0.1, 1.0] {
                let then = TimePoint { show_secs: at.show_secs + secs, ..at };
                prefetch.add_cueable(self.scene_plan(scene, then, at.show_secs, &self.look_of(scene)), secs < 0.5);
            }
        }
        prefetch
    }

    /// Plans a scene as it would be some seconds after a cue at a time, for a small picture of it; empty until it is dealt.
    #[must_use]
    pub fn scene_preview(&self, scene: &SceneId, at: impl Into<TimePoint>, secs: f64) -> FramePlan {
        let at = at.into();
        let then = TimePoint { show_secs: at.show_secs + secs, ..at };
        FramePlan {
            time_secs: then.show_secs,
            outgoing: None,
            scene: self.scene_plan(scene, then, at.show_secs, &self.look()),
            progress: TransitionProgress::Complete,
            step_wedge: false,
            intensity: 1.0,
        }
    }

    /// Returns the scene that is on, or incoming.
    #[must_use]
    pub fn scene(&self) -> &Scene {
        &self.scenes[&self.cue.scene].scene
    }

    /// Returns all scenes, in the show's order.
    pub fn scenes(&self) -> impl ExactSizeIterator<Item = &Scene> {
        self.scenes.scenes()
    }

    /// Returns the active cue.
    #[must_use]
    pub const fn cue(&self) -> &ActiveCue {
        &self.cue
    }

    /// Returns the number of rows on the wall now, where the scene has rows.
    #[must_use]
    pub fn rows(&self) -> Option<u32> {
        Some(self.scenes.get(&self.cue.scene)?.instance.as_ref()?.deal()?.grid().rows)
    }

    /// Returns the tiles' width over their height.
    #[must_use]
    pub const fn tile_aspect(&self) -> f64 {
        self.shape.tile_aspect
    }

    /// Returns the crowd.
    #[must_use]
    pub fn crowd(&self) -> &Crowd {
        &self.crowd
    }

    /// Returns the crowd to be changed; it is copied if a deal or another player has it, too.
    fn crowd_mut(&mut self) -> &mut Crowd {
        Arc::make_mut(&mut self.crowd)
    }

    /// Returns the seconds after which the scene repeats exactly, where it does.
    #[must_use]
    pub fn period_secs(&self) -> Option<f64> {
        self.scenes.get(&self.cue.scene)?.instance.as_ref()?.period_secs()
    }

    /// Has a view that moves come back after so many moves to the person that it came from, for a film that goes round.
    pub const fn close_view(&mut self, moves: u32) {
        self.closing_moves = Some(moves);
    }

    /// Makes everything black, or ends that.
    pub const fn set_blackout(&mut self, blackout: bool) {
        self.blackout = blackout;
    }

    /// Returns whether everything is black.
    #[must_use]
    pub const fn is_blackout(&self) -> bool {
        self.blackout
    }

    /// Dims everything, from 1, as it is, to 0, black; anything but a number within leaves it.
    pub fn set_dimmer(&mut self, dimmer: f32) {
        if (0.0..=1.0).contains(&dimmer) {
            self.dimmer = dimmer;
        }
    }

    /// Returns how far everything is dimmed: 1 is not at all.
    #[must_use]
    pub const fn dimmer(&self) -> f32 {
        self.dimmer
    }
}

#[cfg(test)]
mod tests;
