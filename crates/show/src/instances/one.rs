//! Scenes of kind `one`. See [`OneInstance`].

use super::super::{Crowd, Easing, One};
use super::foreground::Foreground;
use super::turns::TurnOrder;
use super::{SceneTime, WallShape, wall_layer};
use millions_frame::{Layer, Sprite, SpriteLayer, WallLayer, unit_hash};
use millions_wall::tone::Look;
use millions_wall::{CellPortrait, Deal};

/// Seconds in which a person without a cell of their own on the wall fades in over another's, and fades out again.
const FADE_SECS: f64 = 1.5;

/// One portrait after another comes to the foreground of the moving wall, stays, and goes back to its cell while the
/// next one comes.
///
/// ```text
///          t0        t1                  t2        t3
/// turn k   │ forward │ stays             │ back    │
/// k + 1                                  │ forward │ stays …
/// ```
///
/// Featured people and others alternate, each in a cyclic order of their own. A person who is not on the wall during
/// their turn starts from another's cell: they first fade in there, as dim as the crowd, and then come forward.
#[derive(Clone, Debug)]
pub struct OneInstance {
    one: One,
    pub(super) deal: Deal,
    shape: WallShape,
    pub(super) turns: TurnOrder,
}

/// The cell that a portrait comes from and goes back to.
#[derive(Clone, Copy, Debug, PartialEq)]
struct HomeCell {
    row: usize,
    cell: usize,
    /// Whether it is the person's own cell.
    is_own: bool,
}

/// A turn, and when it begins, in seconds of the show.
#[derive(Clone, Copy, Debug)]
struct Turn {
    number: i64,
    begins_secs: f64,
}

impl OneInstance {
    pub fn new(one: One, deal: Deal, crowd: &Crowd, shape: WallShape) -> Self {
        Self { one, deal, shape, turns: TurnOrder::new(crowd, one.crowd.seed as u32) }
    }

    pub fn add_people(&mut self, people: &[u32], crowd: &Crowd, show_secs: f64) {
        self.turns.add_people(people, crowd, self.earliest_turn(show_secs));
    }

    pub fn remove_people(&mut self, people: &[u32], show_secs: f64) {
        self.turns.remove_people(people, self.earliest_turn(show_secs));
    }

    /// Returns the seconds from the beginning of a turn to that of the next.
    fn step_secs(&self) -> f64 {
        self.one.travel + self.one.stay
    }

    /// Returns the first turn that may be on, whenever the scene was cued.
    fn earliest_turn(&self, show_secs: f64) -> i64 {
        (show_secs / self.step_secs()).floor() as i64 - 2
    }

    /// Returns the cell that a turn's portrait comes from: the person's own where that is on the wall during the whole
    /// turn, else another that is.
    fn home(&self, turn: Turn) -> Option<HomeCell> {
        let person = self.turns.person(turn.number)?;
        let ends_secs = turn.begins_secs + self.step_secs() + self.one.travel;
        let mut seen = self.deal.visible_at_both([turn.begins_secs, ends_secs]);
        if seen.is_empty() {
            seen = self.deal.visible_at_both([turn.begins_secs; 2]);
        }
        if seen.is_empty() {
            seen = self.deal.visible_at(turn.begins_secs);
        }
        let own = seen.iter().find(|at| at.portrait == person);
        if let Some(at) = own {
            return Some(HomeCell { row: at.row, cell: at.cell, is_own: true });
        }
        // It must not be the cell of the turn before or after: these use their own or, as turns are odd or even, cells
        // in the other half of the wall.
        let [before, after] = [self.turns.person(turn.number - 1), self.turns.person(turn.number + 1)];
        let others = |at: &&CellPortrait| Some(at.portrait) != before && Some(at.portrait) != after;
        let free: Vec<_> = seen.iter().filter(others).copied().collect();
        let seen = if free.is_empty() { seen } else { free };
        let left = |at: &CellPortrait| {
            let tile = self.deal.tile_at(at.row, at.cell, turn.begins_secs);
            tile.is_some_and(|tile| (tile[0].x + tile[1].x) / 2.0 < self.shape.wall_aspect / 2.0)
        };
        let is_even = turn.number.rem_euclid(2) == 0;
        let half: Vec<_> = seen.iter().filter(|place| left(place) == is_even).collect();
        let half = if half.is_empty() { seen.iter().collect() } else { half };
        let chosen = (unit_hash(turn.number as u32, 5) * half.len() as f32) as usize;
        half.get(chosen).map(|at| HomeCell { row: at.row, cell: at.cell, is_own: false })
    }

    pub fn layers(&self, at: SceneTime, look: &Look, crowd: &Crowd) -> Vec<Layer> {
        let Self { one, .. } = self;
        let step = self.step_secs();
        let local = at.local_secs();
        let turns_before = (at.cued_secs / step).floor() as i64;
        let number = (local / step).floor() as i64;
        let dimmed = Easing::Smooth.at(local / one.travel.max(1e-3)) as f32;
        let dim = 1.0 + (one.dim as f32 - 1.0) * dimmed;
        let view = one.crowd.view.map(|view| view.at(&self.deal, at.show_secs, at.cued_secs, at.closing_moves));
        let mut behind = wall_layer(&self.deal, one.crowd.view.as_ref(), at, look, crowd, dim);
        let (mut sprites, mut words) = (Vec::new(), None);
        // Back to front: the next turn's, which fades in at its cell, those that go back, and this turn's.
        for number in [number + 1, number - 2, number - 1, number].into_iter().filter(|number| *number >= 0) {
            let turn = Turn { number: turns_before + number, begins_secs: at.cued_secs + number as f64 * step };
            let Some((person, home)) = self.turns.person(turn.number).zip(self.home(turn)) else { continue };
            let secs = at.show_secs - turn.begins_secs;
            let returned = secs - step - one.travel;
            let opacity = if secs < 0.0 {
                1.0 + secs / FADE_SECS
            } else if returned > 0.0 {
                1.0 - returned / FADE_SECS
            } else {
                1.0
            };
            if opacity <= 0.0 || (home.is_own && opacity < 1.0) {
                continue;
            }
            if (0.0..=step + one.travel).contains(&secs) {
                Self::leave_empty(&mut behind, home);
            }
            let Some(in_wall) = self.deal.tile_at(home.row, home.cell, at.show_secs) else { continue };
            let in_cell = view.map_or(in_wall, |view| in_wall.map(|corner| view.seen(corner, self.shape.wall_aspect)));
            let forward = if secs < step {
                Easing::Smooth.at(secs / one.travel.max(1e-3))
            } else {
                1.0 - Easing::Smooth.at((secs - step) / one.travel.max(1e-3))
            };
            let foreground = Foreground::new(one, self.shape, turn.number);
            let corners = foreground.corners(in_cell, forward, secs / (step + one.travel));
            let intensity = dim + (1.0 - dim) * forward as f32;
            let largest = foreground.largest();
            let opacity = Easing::Smooth.at(opacity) as f32;
            let (feather, stops, settled) = ([0.0; 4], 0.0, 0.0);
            sprites.push(Sprite { person, corners, largest, intensity, opacity, feather, stops, settled });
            let shown = Easing::Smooth.at((secs - one.travel + 0.6).min(step - secs) / 0.8);
            if one.caption && shown > 0.0 {
                let caption =
                    crowd.biography(person).and_then(|biography| foreground.caption(biography, shown as f32, look));
                words = caption.or(words);
            }
        }
        let people = Layer::Sprites(SpriteLayer { sprites, look: *look });
        [Layer::Rows(behind), people].into_iter().chain(words).collect()
    }

    /// Makes a cell dark while its portrait is in the foreground.
    fn leave_empty(behind: &mut WallLayer, home: HomeCell) {
        let Some(row) = behind.wall.rows.iter().find(|row| row.index == home.row) else { return };
        let column = (home.cell + row.cells.len() - row.start) % row.cells.len();
        if column < row.columns {
            let place = row.first + column;
            if behind.presence.is_empty() {
                behind.presence = vec![1.0; behind.wall.cell_count()];
            }
            behind.presence[place] = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::super::{Biography, Millions, SceneKind};
    use super::super::{InstanceKind, SceneInstance};
    use super::*;
    use crate::Scene;
    use proptest::prelude::*;

    fn instance(people: u32, featured: u32, wall_aspect: f64) -> (OneInstance, Crowd) {
        let mut crowd = Crowd::new(0..people);
        crowd.featured = (0..featured).collect();
        crowd.set_biography(3, Biography { name: "Anna".into(), ..Biography::default() });
        let one = One { crowd: Millions { rows: 5, ..Millions::default() }, ..One::default() };
        let scene = Scene { kind: SceneKind::One(one), ..Scene::default() };
        let shape = WallShape { wall_aspect, tile_aspect: 0.8, wall_height_m: None };
        let InstanceKind::One(instance) = SceneInstance::new(&scene, 0, &crowd, shape).unwrap().kind else {
            unreachable!()
        };
        (instance, crowd)
    }

    fn sprites(instance: &OneInstance, crowd: &Crowd, show_secs: f64) -> Vec<Sprite> {
        let layers =
            instance.layers(SceneTime { show_secs, cued_secs: 1000.0, closing_moves: None }, &Look::default(), crowd);
        let people =
            layers.into_iter().find_map(|layer| if let Layer::Sprites(p) = layer { Some(p.sprites) } else { None });
        people.unwrap_or_default()
    }

    #[test]
    fn featured_and_others_alternate_and_everybody_comes_once_before_anybody_twice() {
        let (instance, _) = instance(40, 4, 1.8);
        let mut times: HashMap<u32, usize> = HashMap::new();
        for number in 0..72 {
            let person = instance.turns.person(number).unwrap();
            assert_eq!(person < 4, number % 2 == 0);
            *times.entry(person).or_default() += 1;
        }
        assert!((0..40).all(|person| times[&person] == if person < 4 { 9 } else { 1 }));
    }

    #[test]
    fn the_portrait_in_the_foreground_stays_when_people_are_added_and_removed() {
        let (mut instance, mut crowd) = instance(40, 4, 1.8);
        let time = 1000.0 + 10.0 * instance.step_secs() + 5.0;
        let before: Vec<_> = sprites(&instance, &crowd, time).iter().map(|sprite| sprite.person).collect();
        crowd.people.extend(100..120);
        instance.add_people(&(100..120).collect::<Vec<_>>(), &crowd, time);
        instance.deal.admit(&(100..120).collect::<Vec<_>>(), &crowd.featured, time);
        let gone: Vec<u32> = (20..30).filter(|person| !before.contains(person)).collect();
        instance.remove_people(&gone, time);
        let after: Vec<_> = sprites(&instance, &crowd, time).iter().map(|sprite| sprite.person).collect();
        assert_eq!(before, after);
        let soon: Vec<_> =
            (0..30).filter_map(|more| instance.turns.person((time / instance.step_secs()) as i64 + more)).collect();
        assert!(soon.iter().any(|person| *person >= 100), "newcomers come forward soon");
        assert!(soon.iter().all(|person| !gone.contains(person)));
    }

    proptest! {
        #[test]
        fn no_sprite_jumps(people in 2..400u32, featured in 0..3u32, aspect in 0.25..9.0f64, time in 1000.0..1400.0f64) {
            let (instance, crowd) = instance(people, featured, aspect);
            let (now, next) = (sprites(&instance, &crowd, time), sprites(&instance, &crowd, time + 0.01));
            for sprite in &now {
                let Some(later) = next.iter().find(|later| later.person == sprite.person) else { continue };
                // From a corner to the other side in three seconds, eased: twice the mean speed at the most.
                let moved = sprite.corners[0].distance(later.corners[0]);
                prop_assert!(moved < 0.01 * (aspect + 1.0), "{moved}: {sprite:?} {later:?}");
                prop_assert!((sprite.opacity - later.opacity).abs() < 0.02 && (sprite.intensity - later.intensity).abs() < 0.02);
            }
            for sprite in now {
                prop_assert!(sprite.corners.iter().all(|corner| corner.is_finite()));
            }
        }

        #[test]
        fn a_portrait_in_the_foreground_is_wholly_on_the_wall(people in 2..400u32, aspect in 0.25..9.0f64, turn in 0..30u32) {
            let (instance, crowd) = instance(people, 0, aspect);
            let time = 1000.0 + f64::from(turn) * instance.step_secs() + instance.one.travel + 1.0;
            let sprites = sprites(&instance, &crowd, time);
            let [upper_left, lower_right] = sprites.last().unwrap().corners;
            prop_assert!(upper_left.min_element() >= -0.01 && lower_right.x <= aspect + 0.01 && lower_right.y <= 1.01);
            prop_assert!((sprites.last().unwrap().intensity - 1.0).abs() < 1e-6);
        }
    }
}
