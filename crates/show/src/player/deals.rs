//! Deals that take longer than a frame: jobs for another thread, whose results are swapped in. See [`DealJob`].

use std::sync::Arc;

use super::super::instances::with_rows;
use super::super::{Millions, Scene, SceneId, SceneKind};
use super::{ActiveCue, Crowd, OutgoingCue, Player, SceneInstance, TimePoint, WallShape};
use millions_frame::Fill;
use millions_wall::DealError;

/// What an instance of a scene is dealt for, besides the crowd.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct DealSpec {
    /// Added to the scene's rows.
    pub extra_rows: i32,
    pub shape: WallShape,
}

/// A scene to deal, with all that this takes: it can be run on any thread.
#[derive(Clone, Debug)]
pub struct DealJob {
    scene: Scene,
    spec: DealSpec,
    crowd: Arc<Crowd>,
}

/// The result of a [`DealJob`], for [`Player::adopt`].
#[derive(Debug)]
pub struct DealtScene {
    scene: Scene,
    spec: DealSpec,
    crowd_revision: u64,
    instance: Result<SceneInstance, DealError>,
}

impl DealJob {
    /// Deals the scene, which takes up to some 100 ms for a million people.
    #[must_use]
    pub fn run(self) -> DealtScene {
        let Self { scene, spec, crowd } = self;
        let instance = SceneInstance::new(&scene, spec.extra_rows, &crowd, spec.shape);
        DealtScene { scene, spec, crowd_revision: crowd.changes(), instance }
    }
}

impl Player {
    /// Leaves deals of more than `cells` cells or people to [`Self::next_deal`] and [`Self::adopt`]. Until then what plays plays
    /// on, and a cue takes effect once its scene is dealt. Without this, everything is dealt at once.
    pub const fn defer_deals(&mut self, cells: usize) {
        self.deal_at_once = cells;
    }

    /// Returns what has to be dealt next: what a cue waits for, then what is seen, what the playlist waits for, and all other
    /// scenes, ahead of their cues. None when all are dealt.
    #[must_use]
    pub fn next_deal(&self) -> Option<DealJob> {
        let pending = self.pending.as_ref().map(|pending| (&pending.scene, pending.adjustments.rows));
        let first = pending.and_then(|(id, rows)| Some((self.scenes.get(id)?, self.deal_spec(rows))));
        let seen = std::iter::once(&self.cue.scene).chain(self.outgoing_id());
        let ids = seen.chain(&self.awaited).chain(self.scenes.scenes().map(|scene| &scene.id));
        let others = ids.filter_map(|id| Some((self.scenes.get(id)?, self.wanted_spec(id))));
        let (entry, spec) = first.or_else(|| others.into_iter().find(|(entry, spec)| entry.spec != Some(*spec)))?;
        Some(DealJob { scene: entry.scene.clone(), spec, crowd: self.crowd.clone() })
    }

    /// Takes over a scene that was dealt, and starts the cue that waits for it. What does not fit any more, as the crowd, the
    /// wall or the scene has changed since, is dropped: [`Self::next_deal`] asks for it again.
    ///
    /// # Errors
    /// When a scene that is seen or cued cannot be dealt: what plays plays on.
    pub fn adopt(&mut self, dealt: DealtScene, at: impl Into<TimePoint>) -> Result<(), DealError> {
        let (at, DealtScene { scene, spec, crowd_revision, instance }) = (at.into(), dealt);
        let id = &scene.id;
        let is_current = self.scenes.get(id).is_some_and(|entry| entry.scene == scene);
        if !is_current || crowd_revision != self.crowd.changes() || spec.shape != self.shape {
            return Ok(());
        }
        let is_pending = |pending: &mut super::cueing::PendingCue| {
            pending.scene == *id && pending.adjustments.rows == spec.extra_rows
        };
        if let Some(pending) = self.pending.take_if(is_pending) {
            self.take_cue(pending, Some((instance?, spec)), at);
            return Ok(());
        }
        if spec != self.wanted_spec(id) {
            return Ok(());
        }
        let is_seen = *id == self.cue.scene || self.outgoing_id() == Some(id);
        let Some(entry) = self.scenes.get_mut(id) else { return Ok(()) };
        match instance {
            Ok(instance) => entry.replace(instance, spec, at.show_secs),
            Err(error) => {
                // Not tried again for the same wall; a cue to it returns the error.
                entry.spec = Some(spec);
                if is_seen {
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Returns whether a scene takes too long to be dealt at once.
    pub(super) fn defers(&self, scene: &Scene, spec: DealSpec) -> bool {
        self.deal_at_once < usize::MAX && deal_size(scene, spec, &self.crowd) > self.deal_at_once
    }

    pub(super) const fn deal_spec(&self, extra_rows: i32) -> DealSpec {
        DealSpec { extra_rows, shape: self.shape }
    }

    /// Returns what the instance of a scene has to be dealt for: the operator's rows are those of the active one.
    pub(super) fn wanted_spec(&self, scene: &SceneId) -> DealSpec {
        self.deal_spec(if *scene == self.cue.scene { self.adjustments.rows } else { 0 })
    }

    /// Returns the outgoing scene, where one plays on and is not the active one.
    pub(super) fn outgoing_id(&self) -> Option<&SceneId> {
        let ActiveCue { scene: active, outgoing, .. } = &self.cue;
        match outgoing {
            // A scene with adjusted rows is a snapshot when it is outgoing.
            Some(OutgoingCue::Scene { scene, .. }) if scene != active => Some(scene),
            _ => None,
        }
    }
}

/// Returns the cells or the people that a deal of a scene has to go through, whichever are more.
fn deal_size(scene: &Scene, DealSpec { extra_rows, shape }: DealSpec, crowd: &Crowd) -> usize {
    let rows = |millions: &Millions| {
        let grid = with_rows(millions, extra_rows, crowd, shape).grid(shape.wall_aspect, shape.tile_aspect);
        (grid.dealt_rows() * grid.most_columns()).max(crowd.len())
    };
    let own = match &scene.kind {
        SceneKind::Millions(millions) => rows(millions),
        SceneKind::One(one) => rows(&one.crowd),
        SceneKind::Words(words) if words.fill == Fill::Faces => rows(&words.crowd),
        SceneKind::Words(_) | SceneKind::Chain(_) => crowd.len(),
        SceneKind::Still(_) | SceneKind::Black => 0,
    };
    let over = scene.over.as_ref().map_or(0, |over| deal_size(over, DealSpec { extra_rows: 0, shape }, crowd));
    own.max(over)
}
