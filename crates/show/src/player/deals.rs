//! Deals that take longer than a frame: jobs for another thread, whose results are swapped in. See [`DealJob`].

use std::sync::Arc;

use super::super::instances::{Entering, with_rows};
use super::super::{Millions, Scene, SceneId, SceneKind};
use super::scenes::PlayerScene;
use super::{ActiveCue, Crowd, OutgoingCue, PendingCue, Player, SceneInstance, TimePoint, WallShape};
use millions_frame::Fill;
use millions_wall::DealError;

/// What an instance of a scene is dealt for, besides the crowd.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct DealSpec {
    /// Added to the scene's rows.
    pub extra_rows: i32,
    pub shape: WallShape,
    /// How large the crowd is, in steps, for a scene that has as many rows as everybody fits into; 0 for others.
    pub crowd_step: u32,
}

/// Work that takes longer than a frame, with all that it needs: it can be run on any thread.
#[derive(Clone, Debug)]
pub struct DealJob {
    crowd: Arc<Crowd>,
    work: Work,
}

#[derive(Clone, Debug)]
enum Work {
    Deal { scene: Box<Scene>, spec: DealSpec },
    Change { instances: Vec<VersionedInstance>, changes: Vec<VersionedChange> },
}

/// The result of a [`DealJob`], for [`Player::adopt`].
#[derive(Debug)]
pub struct Dealt {
    crowd_revision: u64,
    done: Done,
}

#[derive(Debug)]
enum Done {
    Dealt {
        scene: Box<Scene>,
        spec: DealSpec,
        instance: Box<Result<SceneInstance, DealError>>,
    },
    /// Pairs of an instance before and after the changes.
    Changed(Vec<(VersionedInstance, SceneInstance)>),
}

/// An instance with all changes of the crowd up to a revision.
#[derive(Clone, Debug)]
struct VersionedInstance {
    id: SceneId,
    instance: Arc<SceneInstance>,
    revision: u64,
}

/// A change of the crowd, and the revision of the crowd with it.
#[derive(Clone, Debug)]
pub(super) struct VersionedChange {
    pub change: CrowdChange,
    pub revision: u64,
}

/// A change of the crowd, as instances follow it.
#[derive(Clone, Debug)]
pub(super) enum CrowdChange {
    /// People who are in the crowd, at a time of the show.
    Added(Vec<u32>, f64),
    /// People who are not in it any more, at a time of the show.
    Removed(Vec<u32>, f64),
    /// A person in the place of another.
    Replaced { old: u32, new: u32 },
    /// As `Added`, and some of them enter before everybody's eyes.
    Entered(Vec<u32>, Entering, f64),
    /// People who are in the crowd and enter once more.
    Seated(Entering, f64),
    /// No more people are expected.
    Completed,
}

impl CrowdChange {
    pub fn apply(&self, instance: &mut SceneInstance, crowd: &Crowd) {
        match self {
            Self::Added(people, show_secs) => instance.add_people(people, crowd, *show_secs),
            Self::Removed(people, show_secs) => instance.remove_people(people, crowd, *show_secs),
            Self::Replaced { old, new } => instance.replace_person(*old, *new),
            Self::Entered(people, entering, show_secs) => {
                instance.add_entering(people, crowd, *show_secs, entering);
            }
            Self::Seated(entering, show_secs) => instance.seat(entering, *show_secs),
            Self::Completed => instance.fill(),
        }
    }
}

impl DealJob {
    /// Deals a scene, or has dealt ones follow the crowd, which takes up to some 100 ms each for a million people.
    #[must_use]
    pub fn run(self) -> Dealt {
        let Self { crowd, work } = self;
        let done = match work {
            Work::Deal { scene, spec } => {
                let instance = SceneInstance::new(&scene, spec.extra_rows, &crowd, spec.shape);
                Done::Dealt { scene, spec, instance: Box::new(instance) }
            }
            Work::Change { instances, changes } => {
                let changed = |before: VersionedInstance| {
                    let mut after = (*before.instance).clone();
                    for VersionedChange { change, revision } in &changes {
                        if *revision > before.revision {
                            change.apply(&mut after, &crowd);
                        }
                    }
                    (before, after)
                };
                Done::Changed(instances.into_iter().map(changed).collect())
            }
        };
        Dealt { crowd_revision: crowd.changes(), done }
    }
}

impl Player {
    /// Leaves deals of more than `cells` cells or people to [`Self::next_deal`] and [`Self::adopt`]. Until then what plays plays
    /// on, and a cue takes effect once its scene is dealt. Without this, everything is dealt at once.
    pub const fn defer_deals(&mut self, cells: usize) {
        self.deal_at_once = cells;
    }

    /// Returns whether some scene takes longer to deal, or to follow the crowd, than one of so many cells or people.
    #[must_use]
    pub fn deals_longer_than(&self, cells: usize) -> bool {
        self.scenes
            .entries()
            .any(|entry| deal_size(&entry.scene, self.wanted_spec(&entry.scene.id), &self.crowd) > cells)
    }

    /// Returns what has to be done next: what is dealt follows the crowd, then what a cue waits for is dealt, what is seen, what the
    /// playlist waits for, and all other scenes, ahead of their cues. None when nothing is left to do.
    #[must_use]
    pub fn next_deal(&self) -> Option<DealJob> {
        let crowd = self.crowd.clone();
        if let Some(last) = self.changes.last() {
            let behind = self.scenes.entries().filter(|entry| entry.revision < last.revision);
            let versioned = behind.filter_map(|PlayerScene { scene, instance, revision, .. }| {
                Some(VersionedInstance { id: scene.id.clone(), instance: instance.clone()?, revision: *revision })
            });
            let work = Work::Change { instances: versioned.collect(), changes: self.changes.clone() };
            return Some(DealJob { crowd, work });
        }
        let pending = self.pending.as_ref().map(|pending| (&pending.scene, pending.adjustments.rows));
        let first = pending.and_then(|(id, rows)| Some((self.scenes.get(id)?, self.deal_spec(id, rows))));
        let seen = std::iter::once(&self.cue.scene).chain(self.outgoing_id());
        let ids = seen.chain(&self.awaited).chain(self.scenes.scenes().map(|scene| &scene.id));
        let others = ids.filter_map(|id| Some((self.scenes.get(id)?, self.wanted_spec(id))));
        let (entry, spec) = first.or_else(|| others.into_iter().find(|(entry, spec)| entry.spec != Some(*spec)))?;
        Some(DealJob { crowd, work: Work::Deal { scene: Box::new(entry.scene.clone()), spec } })
    }

    /// Takes over what a job has done, and starts the cue that waits for it. What does not fit any more, as the crowd, the wall or the
    /// scene has changed since, is dropped: [`Self::next_deal`] asks for it again.
    ///
    /// # Errors
    /// When a scene that is seen or cued cannot be dealt: what plays plays on.
    pub fn adopt(&mut self, Dealt { crowd_revision, done }: Dealt, at: impl Into<TimePoint>) -> Result<(), DealError> {
        if crowd_revision != self.crowd.changes() {
            return Ok(());
        }
        match done {
            Done::Dealt { scene, spec, instance } => self.adopt_scene(&scene, spec, *instance, at.into()),
            Done::Changed(instances) => {
                self.adopt_changed(instances);
                Ok(())
            }
        }
    }

    fn adopt_scene(
        &mut self,
        scene: &Scene,
        spec: DealSpec,
        instance: Result<SceneInstance, DealError>,
        at: TimePoint,
    ) -> Result<(), DealError> {
        let id = &scene.id;
        let is_current = self.scenes.get(id).is_some_and(|entry| entry.scene == *scene);
        if !is_current || spec.shape != self.shape {
            return Ok(());
        }
        let is_pending = |pending: &mut PendingCue| pending.scene == *id && pending.adjustments.rows == spec.extra_rows;
        if let Some(pending) = self.pending.take_if(is_pending) {
            self.take_cue(pending, Some((instance?, spec)), at);
            return Ok(());
        }
        if spec != self.wanted_spec(id) {
            return Ok(());
        }
        let is_seen = *id == self.cue.scene || self.outgoing_id() == Some(id);
        let revision = self.crowd.changes();
        let Some(entry) = self.scenes.get_mut(id) else { return Ok(()) };
        match instance {
            Ok(instance) => entry.replace(instance, spec, revision, at.show_secs),
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

    /// Takes over instances that follow the crowd, as far as they have not been replaced meanwhile.
    fn adopt_changed(&mut self, instances: Vec<(VersionedInstance, SceneInstance)>) {
        let revision = self.crowd.changes();
        for (before, after) in instances {
            if let Some(entry) = self.scenes.get_mut(&before.id)
                && entry.instance.as_ref().is_some_and(|instance| Arc::ptr_eq(instance, &before.instance))
            {
                (entry.instance, entry.revision) = (Some(Arc::new(after)), revision);
            }
        }
        let oldest = self.scenes.entries().filter(|entry| entry.instance.is_some()).map(|entry| entry.revision).min();
        self.changes.retain(|change| oldest.is_some_and(|oldest| oldest < change.revision));
    }

    /// Has all instances follow a change of the crowd: at once, or by [`Self::next_deal`] where that takes long.
    pub(super) fn change_instances(&mut self, change: CrowdChange) {
        let is_long = |entry: &PlayerScene| {
            entry.instance.is_some() && self.defers(&entry.scene, self.wanted_spec(&entry.scene.id))
        };
        if !self.changes.is_empty() || self.scenes.entries().any(is_long) {
            self.changes.push(VersionedChange { change, revision: self.crowd.changes() });
            return;
        }
        for instance in self.scenes.instances_mut() {
            change.apply(instance, &self.crowd);
        }
    }

    /// Returns whether a scene takes too long to be dealt at once.
    pub(super) fn defers(&self, scene: &Scene, spec: DealSpec) -> bool {
        self.deal_at_once < usize::MAX && deal_size(scene, spec, &self.crowd) > self.deal_at_once
    }

    /// Returns what the instance of a scene has to be dealt for, with extra rows.
    pub(super) fn deal_spec(&self, scene: &SceneId, extra_rows: i32) -> DealSpec {
        DealSpec { extra_rows, shape: self.shape, crowd_step: self.crowd_step(scene) }
    }

    /// Steps by which the crowd has grown, for a scene with rows for everybody: a wall is dealt anew when the crowd has doubled, or,
    /// once it is complete, has grown by a fifth. Who comes and goes between leaves everybody in their place.
    fn crowd_step(&self, scene: &SceneId) -> u32 {
        let Some(PlayerScene { scene, spec, .. }) = self.scenes.get(scene) else { return 0 };
        let grows = matches!(&scene.kind, SceneKind::Millions(Millions { everybody: true, .. }) | SceneKind::Mosaic(_));
        if !grows {
            return 0;
        }
        let octaves = (self.crowd.len().max(1) as f64).log2();
        let steps = if self.crowd.awaiting { octaves.floor() * 4.0 } else { (octaves * 4.0).floor() };
        let (step, before) = (steps as u32, spec.map_or(0, |spec| spec.crowd_step));
        if step < before && step + 2 >= before { before } else { step }
    }

    /// Returns what the instance of a scene has to be dealt for: the operator's rows are those of the active one.
    pub(super) fn wanted_spec(&self, scene: &SceneId) -> DealSpec {
        self.deal_spec(scene, if *scene == self.cue.scene { self.adjustments.rows } else { 0 })
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
fn deal_size(scene: &Scene, spec: DealSpec, crowd: &Crowd) -> usize {
    let DealSpec { extra_rows, shape, .. } = spec;
    let rows = |millions: &Millions| {
        let grid = with_rows(millions, extra_rows, crowd, shape).grid(shape.wall_aspect, shape.tile_aspect);
        (grid.dealt_rows() * grid.most_columns()).max(crowd.len())
    };
    let own = match &scene.kind {
        SceneKind::Millions(millions) => rows(millions),
        SceneKind::One(one) => rows(&one.crowd),
        SceneKind::Words(words) if words.fill == Fill::Faces => rows(&words.crowd),
        SceneKind::Words(_) | SceneKind::Chain(_) => crowd.len(),
        // Each cell is compared with thousands of people.
        SceneKind::Mosaic(_) => usize::MAX,
        SceneKind::Still(_) | SceneKind::Black => 0,
    };
    let over = scene.over.as_ref().map_or(0, |over| deal_size(over, DealSpec { extra_rows: 0, ..spec }, crowd));
    own.max(over)
}
