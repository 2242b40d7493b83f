//! The player's scenes and their instances: dealing them, and dealing them again for other scenes or another wall.

use std::ops::Index;

use super::super::{Scene, SceneId};
use super::{ActiveCue, Crowd, OutgoingCue, Player, SceneInstance, WallShape};
use millions_wall::DealError;

/// A scene of the player.
#[derive(Clone, Debug)]
pub(super) struct PlayerScene {
    pub scene: Scene,
    /// None until the scene is dealt.
    pub instance: Option<SceneInstance>,
    /// Whether the scene cannot be dealt to a wall of this shape.
    pub failed: bool,
}

impl PlayerScene {
    const fn new(scene: Scene, instance: Option<SceneInstance>) -> Self {
        Self { scene, instance, failed: false }
    }

    /// Deals the instance where there is none yet.
    pub fn deal(&mut self, crowd: &Crowd, shape: WallShape) -> Result<(), DealError> {
        if self.instance.is_none() {
            self.instance = Some(SceneInstance::new(&self.scene, 0, crowd, shape)?);
        }
        Ok(())
    }
}

/// Scenes in the show's order, found by their ids.
#[derive(Clone, Debug)]
pub(super) struct SceneList(Vec<PlayerScene>);

impl SceneList {
    pub fn new(scenes: Vec<Scene>) -> Self {
        Self(scenes.into_iter().map(|scene| PlayerScene::new(scene, None)).collect())
    }

    pub fn get(&self, id: &SceneId) -> Option<&PlayerScene> {
        self.0.iter().find(|entry| entry.scene.id == *id)
    }

    pub fn get_mut(&mut self, id: &SceneId) -> Option<&mut PlayerScene> {
        self.0.iter_mut().find(|entry| entry.scene.id == *id)
    }

    pub fn scenes(&self) -> impl ExactSizeIterator<Item = &Scene> {
        self.0.iter().map(|entry| &entry.scene)
    }

    /// Returns the instances of the scenes that have been dealt.
    pub fn instances_mut(&mut self) -> impl Iterator<Item = &mut SceneInstance> {
        self.0.iter_mut().filter_map(|entry| entry.instance.as_mut())
    }
}

/// # Panics
/// When no scene has the id.
impl Index<&SceneId> for SceneList {
    type Output = PlayerScene;

    fn index(&self, id: &SceneId) -> &PlayerScene {
        self.get(id).unwrap_or_else(|| panic!("no scene has the id {id}"))
    }
}

impl Player {
    /// Deals the instance of one scene that has none yet, ahead of its cue; returns whether there was one to deal.
    pub fn deal_next_instance(&mut self) -> bool {
        let missing = self.scenes.0.iter_mut().find(|entry| entry.instance.is_none() && !entry.failed);
        let Some(missing) = missing else { return false };
        // A cue to it returns the error.
        missing.failed = missing.deal(&self.crowd, self.shape).is_err();
        true
    }

    /// Deals the active scene and the outgoing one again; the others follow by [`Self::deal_next_instance`].
    pub(super) fn redeal(&mut self) -> Result<(), DealError> {
        let ActiveCue { scene: active, outgoing, .. } = &self.cue;
        // A scene with adjusted rows is a snapshot when it is outgoing.
        let outgoing = match outgoing {
            Some(OutgoingCue::Scene { scene, .. }) if scene != active => Some(scene),
            _ => None,
        };
        let seen = [(active, self.adjustments.rows)].into_iter().chain(outgoing.map(|id| (id, 0)));
        let deal = |(id, extra_rows)| {
            let instance = SceneInstance::new(&self.scenes[id].scene, extra_rows, &self.crowd, self.shape)?;
            Ok((id.clone(), instance))
        };
        let dealt = seen.map(deal).collect::<Result<Vec<_>, DealError>>()?;
        for entry in &mut self.scenes.0 {
            (entry.instance, entry.failed) = (None, false);
        }
        for (id, instance) in dealt {
            if let Some(entry) = self.scenes.get_mut(&id) {
                entry.instance = Some(instance);
            }
        }
        Ok(())
    }

    /// Sets the wall's aspect, and its height on the building in metres, where that is known.
    ///
    /// # Errors
    /// When the scene cannot be dealt to a wall of this aspect: nothing has changed then.
    pub fn set_wall(&mut self, wall_aspect: f64, wall_height_m: Option<f64>) -> Result<(), DealError> {
        let is_same = (wall_aspect - self.shape.wall_aspect).abs() < 1e-9;
        if is_same && wall_height_m == self.shape.wall_height_m {
            return Ok(());
        }
        let before = self.shape;
        self.shape = WallShape { wall_aspect, wall_height_m, ..before };
        self.redeal().inspect_err(|_| self.shape = before)
    }

    /// Replaces the scenes: each new one continues from where the one of its id is at `show_secs`. The active scene
    /// plays on, also if none of the new ones has its id.
    ///
    /// # Errors
    /// When the new version of the active scene cannot be dealt to the wall: nothing has changed then.
    pub fn set_scenes(&mut self, mut scenes: Vec<Scene>, show_secs: f64) -> Result<(), DealError> {
        let active = &self.cue.scene;
        if !scenes.iter().any(|scene| scene.id == *active) {
            scenes.push(self.scene().clone());
        }
        let mut entries = Vec::with_capacity(scenes.len());
        for scene in scenes {
            let is_active = scene.id == *active;
            let instance = match self.scenes.get(&scene.id).and_then(|entry| entry.instance.as_ref()) {
                Some(before) if *before.scene() == scene => Some(before.clone()),
                Some(before) => {
                    let extra_rows = if is_active { self.adjustments.rows } else { 0 };
                    match SceneInstance::new(&scene, extra_rows, &self.crowd, self.shape) {
                        Ok(mut instance) => {
                            instance.continue_from(before, show_secs);
                            Some(instance)
                        }
                        Err(error) if is_active => return Err(error),
                        Err(_) => None,
                    }
                }
                None => None,
            };
            entries.push(PlayerScene::new(scene, instance));
        }
        self.scenes = SceneList(entries);
        if let Some(OutgoingCue::Scene { scene, .. }) = &self.cue.outgoing
            && self.scenes.get(scene).is_none_or(|entry| entry.instance.is_none())
        {
            self.cue.outgoing = None;
        }
        self.history.clear();
        Ok(())
    }
}
