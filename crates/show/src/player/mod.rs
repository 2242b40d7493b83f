//! The player: scenes, what the operator has changed of them, and the crowd; a time goes in, a frame comes out.

mod people;
mod program;

use millions_base::smoothstep;
use std::collections::HashSet;
use std::sync::Arc;

use glam::DVec2;
use program::Program;

use super::crowd::Crowd;
use super::instances::{SceneInstance, SceneTime, Shape};
use super::{Easing, Scene, Transition, TransitionKind};
use millions_frame::TileFlip;
use millions_frame::{FramePlan, Outgoing, Prefetch, ScenePlan, TransitionProgress, WantedTile};
use millions_wall::DealError;
use millions_wall::tone::Look;

/// An instant, by both of the clocks that a show has: its own, which can be held and hurried, and the real one, by which
/// what the operator does goes on all the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimePoint {
    /// Seconds of the show.
    pub show_secs: f64,
    /// Real seconds, from any beginning.
    pub real_secs: f64,
}

/// A time at which both clocks run alike: that of a film.
impl From<f64> for TimePoint {
    fn from(secs: f64) -> Self {
        Self { show_secs: secs, real_secs: secs }
    }
}

/// What the operator has changed by key since the scene was cued.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Adjustments {
    /// Rows more or fewer than the scene has.
    pub rows: i32,
    /// Switches between the scene's colour and the other end.
    pub toggle_color: bool,
    /// Added to the scene's contrast.
    pub contrast: f32,
    /// Stops added to the scene's exposure.
    pub exposure: f32,
}

impl Adjustments {
    fn of(&self, look: &Look) -> Look {
        Look {
            color: if self.toggle_color { if look.color > 0.5 { 0.0 } else { 1.0 } } else { look.color },
            contrast: (look.contrast + self.contrast).clamp(-1.0, 1.0),
            exposure: (look.exposure + self.exposure).clamp(-5.0, 5.0),
            ..*look
        }
    }
}

/// A step to a scene.
#[derive(Clone, Debug, PartialEq)]
pub struct ActiveCue {
    /// The scene, by its place in the player's.
    pub scene: usize,
    /// When, in seconds of the show: the scene's own time begins here.
    pub show_secs: f64,
    /// What the transition's time is counted from, by the clock that it runs by.
    pub since_secs: f64,
    /// How.
    pub transition: Transition,
    /// From what.
    from: Before,
}

/// What was there before a cue.
#[derive(Clone, Debug, PartialEq)]
enum Before {
    Nothing,
    Scene {
        scene: usize,
        cued_secs: f64,
        /// As it was seen; what the operator does to the look from then on is not for who goes.
        look: Look,
    },
    /// What was seen when a transition was cut short.
    Snapshot(Arc<FramePlan>),
}

/// Seconds in which one look becomes another.
const LOOK_FADE_SECS: f64 = 1.2;
/// How a wall of another number of rows comes.
const ROWS_FADE: Transition =
    Transition { kind: TransitionKind::Fade, secs: 0.5, easing: Easing::Smooth, ..Transition::CUT };

/// The wall as it plays: people, scenes, and who stands where in each.
#[derive(Clone, Debug)]
pub struct Player {
    crowd: Crowd,
    shape: Shape,
    scenes: Vec<Scene>,
    /// The scenes with the crowd dealt to them, as far as that is done.
    instances: Vec<Option<SceneInstance>>,
    cue: ActiveCue,
    adjust: Adjustments,
    /// A look that is shown in the place of the scenes' own.
    own_look: Option<Look>,
    /// The look that fades away, and since which real time.
    fading: Option<(Look, f64)>,
    blackout: bool,
    program: Option<Program>,
    /// The scenes that were cued before, the last at the end.
    before: Vec<usize>,
    /// Scenes that make no wall of this aspect.
    undealt: Vec<usize>,
}

/// Pictures of instants that are kept below one another, when keys are pressed faster than transitions end.
const MOST_FROZEN: usize = 4;
/// Cues that can be gone back to.
const HISTORY: usize = 64;

impl Player {
    /// A wall of `people`, complete, with one scene, which is there from the beginning.
    ///
    /// # Errors
    /// When the scene makes no wall of this aspect.
    pub fn new(people: Vec<u32>, tile_aspect: f64, wall_aspect: f64, scene: Scene) -> Result<Self, DealError> {
        Self::of_scenes(people, tile_aspect, wall_aspect, vec![scene], 0)
    }

    /// A wall of `people`, complete, with `scenes`, of which that of number `start` is there from the beginning.
    ///
    /// # Errors
    /// When that scene makes no wall of this aspect.
    ///
    /// # Panics
    /// When there is no scene of that number.
    pub fn of_scenes(
        people: Vec<u32>,
        tile_aspect: f64,
        wall_aspect: f64,
        scenes: Vec<Scene>,
        start: usize,
    ) -> Result<Self, DealError> {
        let (crowd, shape) = (Crowd::new(people), Shape { wall_aspect, tile_aspect, wall_height_m: None });
        let mut instances: Vec<_> = scenes.iter().map(|_| None).collect();
        instances[start] = Some(SceneInstance::new(&scenes[start], 0, &crowd, shape)?);
        let transition = Transition::CUT;
        Ok(Self {
            crowd,
            shape,
            scenes,
            instances,
            cue: ActiveCue { scene: start, show_secs: 0.0, since_secs: 0.0, transition, from: Before::Nothing },
            adjust: Adjustments::default(),
            own_look: None,
            fading: None,
            blackout: false,
            program: None,
            before: Vec::new(),
            undealt: Vec::new(),
        })
    }

    /// The same wall while its people are still coming: empty cells wait for them.
    ///
    /// # Errors
    /// As [`Player::new`].
    pub fn awaiting(mut self) -> Result<Self, DealError> {
        self.crowd.awaiting = true;
        self.deal_anew()?;
        Ok(self)
    }

    /// The same wall with these people dealt evenly among the others.
    ///
    /// # Errors
    /// As [`Player::new`].
    pub fn featuring(mut self, featured: impl IntoIterator<Item = u32>) -> Result<Self, DealError> {
        self.crowd.featured = featured.into_iter().collect();
        self.deal_anew()?;
        Ok(self)
    }

    /// What the wall shows at a time.
    #[must_use]
    pub fn frame(&self, at: impl Into<TimePoint>) -> FramePlan {
        let at = at.into();
        let ActiveCue { scene, show_secs: cued_secs, transition, .. } = self.cue;
        let there = || self.scene_plan(scene, at, cued_secs, &self.seen_look(at.real_secs));
        let come = self.come(at.real_secs);
        let (scene, below, coming) = match (transition.kind, &self.cue.from) {
            _ if come >= 1.0 => (there(), None, TransitionProgress::Complete),
            (_, Before::Nothing) => {
                (ScenePlan { intensity: come as f32, ..there() }, None, TransitionProgress::Complete)
            }
            (TransitionKind::Black, _) if come >= 0.5 => {
                (ScenePlan { intensity: (come * 2.0 - 1.0) as f32, ..there() }, None, TransitionProgress::Complete)
            }
            (TransitionKind::Black, Before::Snapshot(snapshot)) => {
                // A picture goes black under black.
                let dark = ScenePlan { layers: Vec::new(), intensity: 1.0 };
                (dark, Some(Outgoing::Snapshot(snapshot.clone())), TransitionProgress::Fade((come * 2.0) as f32))
            }
            (TransitionKind::Black, Before::Scene { scene, cued_secs, look }) => {
                let going = self.scene_plan(*scene, at, *cued_secs, look);
                (ScenePlan { intensity: (1.0 - come * 2.0) as f32, ..going }, None, TransitionProgress::Complete)
            }
            (kind, from) => {
                let below = match from {
                    Before::Snapshot(snapshot) => Some(Outgoing::Snapshot(snapshot.clone())),
                    Before::Scene { scene, cued_secs, look } => {
                        Some(Outgoing::Live(self.scene_plan(*scene, at, *cued_secs, look)))
                    }
                    Before::Nothing => None,
                };
                let coming = if kind == TransitionKind::Tile {
                    TransitionProgress::TileFlip(self.tile_flip(come))
                } else {
                    TransitionProgress::Fade(come as f32)
                };
                (there(), below, coming)
            }
        };
        FramePlan {
            time_secs: at.show_secs,
            outgoing: below,
            scene,
            progress: coming,
            step_wedge: false,
            intensity: if self.blackout { 0.0 } else { 1.0 },
        }
    }

    /// How far the scene that was cued last has come, 0 to 1, eased.
    fn come(&self, secs: f64) -> f64 {
        let Transition { kind, secs: value_type, easing, .. } = self.cue.transition;
        if kind == TransitionKind::Cut || value_type <= 0.0 {
            return 1.0;
        }
        easing.at((secs - self.cue.since_secs) / value_type)
    }

    fn tile_flip(&self, come: f64) -> TileFlip {
        let Transition { order, point: [x, y], .. } = self.cue.transition;
        TileFlip {
            progress: come as f32,
            order,
            point: DVec2::new(x * self.shape.wall_aspect, y),
            // Another order at each cue, and the same whenever this cue is drawn.
            seed: (self.cue.show_secs * 1000.0).rem_euclid(4_294_967_296.0) as u32,
            is_outgoing: false,
        }
    }

    fn scene_plan(&self, scene: usize, at: TimePoint, cued_secs: f64, look: &Look) -> ScenePlan {
        let moment = SceneTime { show_secs: at.show_secs, cued_secs };
        let act = self.instances.get(scene).and_then(Option::as_ref);
        act.map_or_else(ScenePlan::default, |act| act.plan(moment, look, &self.crowd))
    }

    /// What the wall will want within the next two seconds, and what a cue to another scene would want now. `turn` says which
    /// of the other scenes this time: they are looked at one after another, a scene a frame.
    #[must_use]
    pub fn prefetch(&self, at: impl Into<TimePoint>, rate: f64, turn: u64) -> Prefetch {
        let at = at.into();
        let mut prefetch = Prefetch::default();
        for secs in [0.5, 1.0, 1.5, 2.0] {
            let then = TimePoint { show_secs: at.show_secs + secs * rate, real_secs: at.real_secs + secs };
            // The pictures of a film that plays are looked after by whoever draws it.
            prefetch.add(&self.frame(then).scene, false);
        }
        // A key may cue any of them at any time, and then it begins there and then.
        let others: Vec<_> = (0..self.scenes.len()).filter(|scene| *scene != self.cue.scene).collect();
        if let Some(scene) = others.get((turn % others.len().max(1) as u64) as usize) {
            for secs in [0.1, 1.0] {
                let then = TimePoint { show_secs: at.show_secs + secs, ..at };
                prefetch.add(&self.scene_plan(*scene, then, at.show_secs, &Look::default()), secs < 0.5);
            }
        }
        let mut known = HashSet::new();
        prefetch.tiles.retain(|WantedTile { person, size, middle }| {
            // Who has moved a little wants the same.
            let [height, x, y] = [size.y * 1e6, middle.x * 64.0, middle.y * 64.0].map(|value| value as i64);
            known.insert((*person, height, x, y))
        });
        prefetch
    }

    /// Deals the crowd to one of the scenes that it is not dealt to yet; false when there is none.
    pub fn prepare_one(&mut self) -> bool {
        let is_missing = |index: &usize| self.instances[*index].is_none() && !self.undealt.contains(index);
        let Some(missing) = (0..self.instances.len()).find(is_missing) else { return false };
        match SceneInstance::new(&self.scenes[missing], 0, &self.crowd, self.shape) {
            Ok(act) => self.instances[missing] = Some(act),
            // It says why when it is cued.
            Err(_) => self.undealt.push(missing),
        }
        true
    }

    /// The look of a scene before the operator's changes: its own, or the one that was set in its place.
    fn look_of(&self, scene: usize) -> Look {
        self.own_look.unwrap_or_else(|| self.scenes[scene].look)
    }

    /// The look before the operator's changes: the scene's, or the one that was set in its place.
    #[must_use]
    pub fn base_look(&self) -> Look {
        self.look_of(self.cue.scene)
    }

    /// The look: [`Self::base_look`], as the operator has changed it.
    #[must_use]
    pub fn look(&self) -> Look {
        self.adjust.of(&self.base_look())
    }

    /// The look that is seen: [`Self::look`], or on its way there.
    #[must_use]
    pub fn seen_look(&self, real_secs: f64) -> Look {
        let look = self.look();
        let Some((from, since)) = self.fading else { return look };
        let part = ((real_secs - since) / LOOK_FADE_SECS).clamp(0.0, 1.0) as f32;
        from.toward(&look, smoothstep(part))
    }

    /// Whether something changes from frame to frame even while the show is held.
    #[must_use]
    pub fn is_changing(&self, real_secs: f64) -> bool {
        self.come(real_secs) < 1.0 || self.fading.is_some_and(|(_, since)| real_secs - since < LOOK_FADE_SECS)
    }

    /// Shows every scene in this look, or each in its own again.
    pub const fn set_look(&mut self, look: Option<Look>) {
        self.own_look = look;
    }

    /// Changes the look so that it fades from what is seen now, however far an earlier fade has come.
    pub fn fade_look(&mut self, real_secs: f64, change: impl FnOnce(&mut Self)) {
        let seen = self.seen_look(real_secs);
        change(self);
        self.fading = Some((seen, real_secs));
    }

    /// The scene that plays, or comes.
    #[must_use]
    pub fn scene(&self) -> &Scene {
        &self.scenes[self.cue.scene]
    }

    /// All scenes, in the order in which a cue counts them.
    #[must_use]
    pub fn scenes(&self) -> &[Scene] {
        &self.scenes
    }

    /// The step that was taken last.
    #[must_use]
    pub const fn cue(&self) -> &ActiveCue {
        &self.cue
    }

    /// The operator's changes.
    #[must_use]
    pub const fn adjust(&self) -> &Adjustments {
        &self.adjust
    }

    /// Rows on the wall now, where the scene has some.
    #[must_use]
    pub fn rows(&self) -> Option<u32> {
        Some(self.instances[self.cue.scene].as_ref()?.deal()?.grid().rows)
    }

    /// A player of one scene on a wall of another aspect, of the same people.
    ///
    /// # Errors
    /// When the scene makes no wall of this aspect.
    pub fn alone(&self, scene: Scene, wall_aspect: f64) -> Result<Self, DealError> {
        let people = self.crowd.people.iter().copied().collect();
        Self::new(people, self.shape.tile_aspect, wall_aspect, scene)?.featuring(self.crowd.featured.clone())
    }

    /// A tile's width over its height.
    #[must_use]
    pub const fn tile_aspect(&self) -> f64 {
        self.shape.tile_aspect
    }

    /// Everybody.
    #[must_use]
    pub const fn crowd(&self) -> &Crowd {
        &self.crowd
    }

    /// The seconds after which the wall repeats exactly, where it does.
    #[must_use]
    pub fn period_secs(&self) -> Option<f64> {
        self.instances[self.cue.scene].as_ref()?.period_secs()
    }

    /// Steps to a scene, from whatever is seen now; the operator's changes go with the old one.
    ///
    /// # Errors
    /// When the scene makes no wall of this aspect: the old one plays on. A scene that there is not is no step.
    pub fn cue_scene(
        &mut self,
        scene: usize,
        transition: Transition,
        at: impl Into<TimePoint>,
    ) -> Result<(), DealError> {
        let at = at.into();
        let before = self.cue.scene;
        self.step(scene, transition, at, at.show_secs, Adjustments::default())?;
        if let Some(program) = &mut self.program {
            program.waits_since_secs.get_or_insert(at.show_secs);
        }
        self.before.push(before);
        if self.before.len() > HISTORY {
            self.before.remove(0);
        }
        Ok(())
    }

    /// Goes back to the scene that was there before the last cue, and so on; whether there was one.
    ///
    /// # Errors
    /// As [`Self::cue_scene`].
    pub fn cue_back(&mut self, transition: Transition, at: impl Into<TimePoint>) -> Result<bool, DealError> {
        let Some(scene) = self.before.pop() else { return Ok(false) };
        self.cue_scene(scene, transition, at)?;
        self.before.pop();
        Ok(true)
    }

    /// As [`Self::cue_scene`], to a scene that is to be there as if it had been cued at `cued_secs` of the show.
    ///
    /// # Errors
    /// As [`Self::cue_scene`].
    pub fn resume_scene(&mut self, scene: usize, cued_secs: f64, at: impl Into<TimePoint>) -> Result<(), DealError> {
        self.step(scene, Transition::CUT, at.into(), cued_secs, Adjustments::default())
    }

    fn step(
        &mut self,
        scene: usize,
        transition: Transition,
        at: TimePoint,
        show_secs: f64,
        adjust: Adjustments,
    ) -> Result<(), DealError> {
        let Some(wanted) = self.scenes.get(scene) else { return Ok(()) };
        let was_adjusted = self.adjust.rows != 0;
        // As the scene says, or with as many rows as the operator wants now; what was there before stays as it is seen.
        let act = if adjust.rows != 0 || (scene == self.cue.scene && was_adjusted) || self.instances[scene].is_none() {
            Some(SceneInstance::new(wanted, adjust.rows, &self.crowd, self.shape)?)
        } else {
            None
        };
        let is_whole = self.come(at.real_secs) >= 1.0 && !was_adjusted && (act.is_none() || scene != self.cue.scene);
        let from = if is_whole {
            self.as_seen(at.real_secs)
        } else {
            let seen =
                FramePlan { intensity: 1.0, step_wedge: false, ..self.frame(at) }.with_snapshot_depth(MOST_FROZEN);
            Before::Snapshot(Arc::new(seen))
        };
        if was_adjusted && scene != self.cue.scene {
            // With its own rows the next time.
            self.instances[self.cue.scene] = None;
        }
        if let Some(act) = act {
            self.instances[scene] = Some(act);
        }
        self.cue = ActiveCue { scene, show_secs, since_secs: at.real_secs, transition, from };
        self.adjust = adjust;
        self.fading = None;
        Ok(())
    }

    /// The scene that plays, as what was there before another.
    fn as_seen(&self, real_secs: f64) -> Before {
        let ActiveCue { scene, show_secs, .. } = self.cue;
        Before::Scene { scene, cued_secs: show_secs, look: self.seen_look(real_secs) }
    }

    /// Changes what the operator has changed.
    ///
    /// # Errors
    /// When that makes no wall: everything stays as it was.
    pub fn set_adjust(&mut self, adjust: Adjustments, at: impl Into<TimePoint>) -> Result<(), DealError> {
        if adjust.rows == self.adjust.rows {
            self.adjust = adjust;
            return Ok(());
        }
        let ActiveCue { scene, show_secs, .. } = self.cue;
        self.step(scene, ROWS_FADE, at.into(), show_secs, adjust)
    }

    /// Fits the wall to another aspect.
    ///
    /// # Errors
    /// When the scene makes no wall of this aspect: everything stays as it was.
    pub fn set_wall_aspect(&mut self, wall_aspect: f64) -> Result<(), DealError> {
        self.set_wall(wall_aspect, self.shape.wall_height_m)
    }

    /// Follows a wall to another shape, or to another size on the building: its height in metres, where that is known.
    ///
    /// # Errors
    /// As [`Player::set_wall_aspect`].
    pub fn set_wall(&mut self, wall_aspect: f64, wall_height_m: Option<f64>) -> Result<(), DealError> {
        let is_same = (wall_aspect - self.shape.wall_aspect).abs() < 1e-9;
        if is_same && wall_height_m == self.shape.wall_height_m {
            return Ok(());
        }
        let before = self.shape;
        self.shape = Shape { wall_aspect, wall_height_m, ..before };
        self.deal_anew().inspect_err(|_| self.shape = before)
    }

    /// Everything black, or back.
    pub const fn set_blackout(&mut self, blackout: bool) {
        self.blackout = blackout;
    }

    /// Whether everything is black.
    #[must_use]
    pub const fn is_blackout(&self) -> bool {
        self.blackout
    }

    /// Deals the crowd to the scene that plays, and to that which goes; to the others when there is time.
    fn deal_anew(&mut self) -> Result<(), DealError> {
        let mut instances: Vec<_> = self.instances.iter().map(|_| None).collect();
        let ActiveCue { scene, from, .. } = &self.cue;
        instances[*scene] = Some(SceneInstance::new(&self.scenes[*scene], self.adjust.rows, &self.crowd, self.shape)?);
        match from {
            // With rows of the operator's own it would be a picture of an instant.
            Before::Scene { scene: going, .. } if going != scene => {
                instances[*going] = Some(SceneInstance::new(&self.scenes[*going], 0, &self.crowd, self.shape)?);
            }
            _ => {}
        }
        self.instances = instances;
        self.undealt.clear();
        Ok(())
    }

    /// Plays other scenes in the place of these: each of the new goes on from where the one of its name is at `show_secs`. The
    /// one that plays plays on, whether there is a new one of its name or not.
    ///
    /// # Errors
    /// When the new scene of the one that plays makes no wall of this aspect: everything stays as it was.
    pub fn set_scenes(&mut self, mut scenes: Vec<Scene>, show_secs: f64) -> Result<(), DealError> {
        // The same scene before one of the same name.
        let place = |scenes: &[Scene], wanted: &Scene| {
            let same = scenes.iter().position(|scene| scene == wanted);
            same.or_else(|| scenes.iter().position(|scene| scene.id == wanted.id))
        };
        let playing = self.scene().clone();
        let now = place(&scenes, &playing).unwrap_or_else(|| {
            scenes.push(playing);
            scenes.len() - 1
        });
        let mut instances = Vec::with_capacity(scenes.len());
        for (index, scene) in scenes.iter().enumerate() {
            let before = place(&self.scenes, scene).and_then(|place| self.instances[place].as_ref());
            instances.push(match before {
                Some(act) if act.scene() == scene => Some(act.clone()),
                Some(before) => {
                    let more_rows = if index == now { self.adjust.rows } else { 0 };
                    match SceneInstance::new(scene, more_rows, &self.crowd, self.shape) {
                        Ok(mut act) => {
                            act.go_on_from(before, show_secs);
                            Some(act)
                        }
                        Err(error) if index == now => return Err(error),
                        Err(_) => None,
                    }
                }
                None => None,
            });
        }
        self.cue.scene = now;
        if let Before::Scene { scene, .. } = &mut self.cue.from {
            match place(&scenes, &self.scenes[*scene]) {
                Some(place) if instances[place].is_some() => *scene = place,
                _ => self.cue.from = Before::Nothing,
            }
        }
        (self.scenes, self.instances) = (scenes, instances);
        self.before.clear();
        self.undealt.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
