//! The scenes' instances: dealing them, and dealing them again for other scenes or another wall.

use super::super::Scene;
use super::{ActiveCue, OutgoingCue, Player, SceneInstance, WallShape};
use millions_wall::DealError;

impl Player {
    /// Deals the instance of one scene that has none yet, ahead of its cue; returns whether there was one to deal.
    pub fn deal_next_instance(&mut self) -> bool {
        let is_missing = |index: &usize| self.instances[*index].is_none() && !self.failed.contains(index);
        let Some(missing) = (0..self.instances.len()).find(is_missing) else { return false };
        match SceneInstance::new(&self.scenes[missing], 0, &self.crowd, self.shape) {
            Ok(instance) => self.instances[missing] = Some(instance),
            // A cue to it returns the error.
            Err(_) => self.failed.push(missing),
        }
        true
    }

    /// Deals the active scene and the outgoing one again; the others follow by [`Self::deal_next_instance`].
    pub(super) fn redeal(&mut self) -> Result<(), DealError> {
        let mut instances: Vec<_> = self.instances.iter().map(|_| None).collect();
        let ActiveCue { scene, outgoing, .. } = &self.cue;
        let deal = |scene: usize, extra_rows| {
            SceneInstance::new(&self.scenes[scene], extra_rows, &self.crowd, self.shape).map(Some)
        };
        instances[*scene] = deal(*scene, self.adjustments.rows)?;
        match outgoing {
            // A scene with adjusted rows is a snapshot when it is outgoing.
            Some(OutgoingCue::Scene { scene: outgoing, .. }) if outgoing != scene => {
                instances[*outgoing] = deal(*outgoing, 0)?;
            }
            _ => {}
        }
        self.instances = instances;
        self.failed.clear();
        Ok(())
    }

    /// Sets the wall's aspect.
    ///
    /// # Errors
    /// When the scene cannot be dealt to a wall of this aspect: nothing has changed then.
    pub fn set_wall_aspect(&mut self, wall_aspect: f64) -> Result<(), DealError> {
        self.set_wall(wall_aspect, self.shape.wall_height_m)
    }

    /// Sets the wall's aspect, and its height on the building in metres, where that is known.
    ///
    /// # Errors
    /// As [`Player::set_wall_aspect`].
    pub fn set_wall(&mut self, wall_aspect: f64, wall_height_m: Option<f64>) -> Result<(), DealError> {
        let is_same = (wall_aspect - self.shape.wall_aspect).abs() < 1e-9;
        if is_same && wall_height_m == self.shape.wall_height_m {
            return Ok(());
        }
        let before = self.shape;
        self.shape = WallShape { wall_aspect, wall_height_m, ..before };
        self.redeal().inspect_err(|_| self.shape = before)
    }

    /// Replaces the scenes: each new one continues from where the one of its id is at `show_secs`. The active scene plays
    /// on, also if none of the new ones has its id.
    ///
    /// # Errors
    /// When the new version of the active scene cannot be dealt to the wall: nothing has changed then.
    pub fn set_scenes(&mut self, mut scenes: Vec<Scene>, show_secs: f64) -> Result<(), DealError> {
        // An equal scene is preferred to one of the same id.
        let find = |scenes: &[Scene], wanted: &Scene| {
            let same = scenes.iter().position(|scene| scene == wanted);
            same.or_else(|| scenes.iter().position(|scene| scene.id == wanted.id))
        };
        let active = self.scene().clone();
        let active = find(&scenes, &active).unwrap_or_else(|| {
            scenes.push(active);
            scenes.len() - 1
        });
        let mut instances = Vec::with_capacity(scenes.len());
        for (index, scene) in scenes.iter().enumerate() {
            let before = find(&self.scenes, scene).and_then(|index| self.instances[index].as_ref());
            instances.push(match before {
                Some(before) if before.scene() == scene => Some(before.clone()),
                Some(before) => {
                    let extra_rows = if index == active { self.adjustments.rows } else { 0 };
                    match SceneInstance::new(scene, extra_rows, &self.crowd, self.shape) {
                        Ok(mut instance) => {
                            instance.continue_from(before, show_secs);
                            Some(instance)
                        }
                        Err(error) if index == active => return Err(error),
                        Err(_) => None,
                    }
                }
                None => None,
            });
        }
        self.cue.scene = active;
        if let Some(OutgoingCue::Scene { scene, .. }) = &mut self.cue.outgoing {
            match find(&scenes, &self.scenes[*scene]) {
                Some(index) if instances[index].is_some() => *scene = index,
                _ => self.cue.outgoing = None,
            }
        }
        (self.scenes, self.instances) = (scenes, instances);
        self.history.clear();
        self.failed.clear();
        Ok(())
    }
}
