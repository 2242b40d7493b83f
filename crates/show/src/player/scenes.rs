//! The player's scenes and their instances: dealing them, and dealing them again for other scenes or another wall.

use std::ops::Index;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::{Scene, SceneId, SceneKind};
use super::{Crowd, DealSpec, OutgoingCue, Player, SceneInstance, WallShape};
use millions_wall::DealError;

/// A scene of the player.
#[derive(Clone, Debug)]
pub(super) struct PlayerScene {
    pub scene: Scene,
    /// None until the scene is dealt. It stays, also of an earlier version of the scene or for another wall, until the next is
    /// dealt.
    pub instance: Option<Arc<SceneInstance>>,
    /// What was dealt last, none after the scene was edited. Where the instance is not of it, it could not be dealt.
    pub spec: Option<DealSpec>,
    /// The revision of the crowd that the instance was dealt to, or follows since a deferred change.
    pub revision: u64,
}

impl PlayerScene {
    const fn new(scene: Scene) -> Self {
        Self { scene, instance: None, spec: None, revision: 0 }
    }

    /// Returns whether the instance, which there is, needs not be dealt again.
    pub fn is_dealt(&self, spec: DealSpec) -> bool {
        self.instance.is_some() && self.spec == Some(spec)
    }

    /// Takes another instance, which continues where one of another version of the scene is.
    pub fn replace(&mut self, mut instance: SceneInstance, spec: DealSpec, revision: u64, show_secs: f64) {
        let is_edited = |before: &&Arc<SceneInstance>| self.spec.is_none() || *before.scene() != self.scene;
        if let Some(before) = self.instance.as_ref().filter(is_edited) {
            instance.continue_from(before, show_secs);
        }
        self.set(instance, spec, revision);
    }

    /// Sets an instance that was dealt to a revision of the crowd.
    pub fn set(&mut self, instance: SceneInstance, spec: DealSpec, revision: u64) {
        (self.instance, self.spec, self.revision) = (Some(Arc::new(instance)), Some(spec), revision);
    }

    /// Drops the instance, so that it is dealt the next time.
    pub fn drop_instance(&mut self) {
        (self.instance, self.spec) = (None, None);
    }

    /// Deals the instance where it has to be.
    pub fn deal(&mut self, crowd: &Crowd, spec: DealSpec) -> Result<(), DealError> {
        if !self.is_dealt(spec) {
            self.set(SceneInstance::new(&self.scene, spec.extra_rows, crowd, spec.shape)?, spec, crowd.changes());
        }
        Ok(())
    }
}

/// Scenes in the show's order, found by their ids.
#[derive(Clone, Debug)]
pub(super) struct SceneList(Vec<PlayerScene>);

impl SceneList {
    pub fn new(scenes: Vec<Scene>) -> Self {
        Self(scenes.into_iter().map(PlayerScene::new).collect())
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

    pub fn entries(&self) -> impl Iterator<Item = &PlayerScene> {
        self.0.iter()
    }

    /// Returns the instances of the scenes that have been dealt.
    pub fn instances_mut(&mut self) -> impl Iterator<Item = &mut SceneInstance> {
        self.0.iter_mut().filter_map(|entry| entry.instance.as_mut().map(Arc::make_mut))
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
    /// Deals one scene that is not dealt yet, ahead of its cue; returns whether there was one to deal.
    pub fn deal_next_instance(&mut self) -> bool {
        let Some(job) = self.next_deal() else { return false };
        // A cue to it returns the error.
        let _ = self.adopt(job.run(), self.cue.show_secs);
        true
    }

    /// Deals the active scene and the outgoing one again, at once; the others follow by [`Self::next_deal`].
    pub(super) fn redeal(&mut self) -> Result<(), DealError> {
        let seen = std::iter::once(&self.cue.scene).chain(self.outgoing_id());
        let deal = |id: &SceneId| {
            let spec = self.wanted_spec(id);
            let instance = SceneInstance::new(&self.scenes[id].scene, spec.extra_rows, &self.crowd, spec.shape)?;
            Ok((id.clone(), instance, spec))
        };
        let dealt = seen.map(deal).collect::<Result<Vec<_>, DealError>>()?;
        self.scenes.0.iter_mut().for_each(PlayerScene::drop_instance);
        let revision = self.crowd.changes();
        for (id, instance, spec) in dealt {
            if let Some(entry) = self.scenes.get_mut(&id) {
                entry.set(instance, spec, revision);
            }
        }
        Ok(())
    }

    /// Sets the wall's aspect, and its height on the building in metres, where that is known. A large crowd is dealt to it by
    /// [`Self::next_deal`].
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
        let mut seen = std::iter::once(&self.cue.scene).chain(self.outgoing_id());
        if seen.any(|id| self.defers(&self.scenes[id].scene, self.wanted_spec(id))) {
            // What is seen stays until it is dealt again.
            return Ok(());
        }
        self.redeal().inspect_err(|_| self.shape = before)
    }

    /// Has people arranged anew who form the picture of a file, which has changed: by [`Self::next_deal`]; until then they form the one before.
    pub fn forget_picture(&mut self, file: &Path) {
        for entry in &mut self.scenes.0 {
            // A file may be known by another way to its folder.
            let is_of = |picture: &PathBuf| picture == file || picture.file_name() == file.file_name();
            if let SceneKind::Mosaic(mosaic) = &entry.scene.kind
                && mosaic.pictures.iter().any(is_of)
            {
                entry.spec = None;
            }
        }
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
            let mut entry = match self.scenes.get(&scene.id) {
                Some(before) if before.scene == scene => before.clone(),
                // Another version takes the place of the instance as soon as it is dealt.
                Some(before) => PlayerScene { scene, spec: None, ..before.clone() },
                None => PlayerScene::new(scene),
            };
            let spec = self.wanted_spec(&entry.scene.id);
            let is_edited = entry.instance.is_some() && entry.spec.is_none();
            if is_edited && !self.defers(&entry.scene, spec) {
                match SceneInstance::new(&entry.scene, spec.extra_rows, &self.crowd, spec.shape) {
                    Ok(instance) => entry.replace(instance, spec, self.crowd.changes(), show_secs),
                    Err(error) if is_active => return Err(error),
                    Err(_) => entry.drop_instance(),
                }
            }
            entries.push(entry);
        }
        self.scenes = SceneList(entries);
        if let Some(OutgoingCue::Scene { scene, .. }) = &self.cue.outgoing
            && self.scenes.get(scene).is_none_or(|entry| entry.instance.is_none())
        {
            self.cue.outgoing = None;
        }
        self.pending.take_if(|pending| self.scenes.get(&pending.scene).is_none());
        self.history.clear();
        Ok(())
    }
}
