//! Scenes of kind `one`. See [`OneInstance`].

use glam::DVec2;

use super::super::{Crowd, Easing, One, TextSide};
use super::{SceneTime, WallShape, wall};
use millions_frame::{Align, Fill, Layer, Sprite, SpriteLayer, TextPlacement, WallLayer, WordsLayer, unit_hash};
use millions_wall::tone::Look;
use millions_wall::{CellPortrait, Deal};

/// Seconds in which a person without a cell of their own on the wall fades in over another's, and fades out again.
const LEAD_SECS: f64 = 1.5;
/// How much a portrait grows while it is in the foreground.
const PUSH_IN: f64 = 0.035;
/// The height of the portrait in the foreground, where the wall is wide enough.
const HEIGHT: f64 = 0.94;
/// The part of the wall's width that it may take.
const WIDTH: f64 = 0.9;
/// The caption's width beside the portrait, in portrait heights.
const CAPTION_WIDTH: f64 = 0.95;
/// Font size of a name, in wall heights: on a wall of ten metres its capitals are 90 cm high, and those of a quote 55 cm,
/// legible from far more than 50 m.
const NAME_SIZE: f64 = 0.13;
/// The same at most in widths of its area, so that few words have to be broken.
const NAME_IN_WIDTH: f64 = 0.19;
/// The height of the portrait where the wall is too narrow for a caption beside it, which is then below.
const HEIGHT_ABOVE: f64 = 0.6;
/// The wall's least aspect for a caption beside the portrait.
const BESIDE_ASPECT: f64 = 1.2;
/// The place in the order at which new people are inserted.
const INSERT_AT: usize = 5;

/// One portrait after another comes to the foreground of the moving wall, stays, and goes back to its cell while the next one
/// comes.
///
/// ```text
///          t0        t1                  t2        t3
/// turn k   │ forward │ stays             │ back    │
/// k + 1                                  │ forward │ stays …
/// ```
///
/// Featured people and others alternate, each in a cyclic order of their own. A person who is not on the wall during their
/// turn starts from another's cell: they first fade in there, as dim as the crowd, and then come forward.
#[derive(Clone, Debug)]
pub struct OneInstance {
    one: One,
    pub(super) deal: Deal,
    shape: WallShape,
    featured: Rota,
    others: Rota,
}

/// A cyclic order of people.
#[derive(Clone, Debug, PartialEq)]
struct Rota {
    order: Vec<u32>,
    /// The turn of the first of them.
    first: i64,
}

impl Rota {
    /// Returns the person of a turn.
    fn at(&self, turn: i64) -> Option<u32> {
        let length = i64::try_from(self.order.len()).ok().filter(|length| *length > 0)?;
        self.order.get(usize::try_from((turn - self.first).rem_euclid(length)).ok()?).copied()
    }

    /// Rotates the order so that its first person is that of `turn`; this changes no person's turn.
    fn rotate_to(&mut self, turn: i64) {
        let Ok(length) = i64::try_from(self.order.len()) else { return };
        if length > 0 {
            self.order.rotate_left(usize::try_from((turn - self.first).rem_euclid(length)).unwrap_or(0));
        }
        self.first = turn;
    }

    /// Replaces those of `people` whose turns are next by others from further back, so that removing them moves no other of
    /// the next turns.
    fn close_gaps(&mut self, people: &[u32]) {
        let near = self.order.len().min(INSERT_AT);
        for place in 0..near {
            if !people.contains(&self.order[place]) {
                continue;
            }
            let spare = (near..self.order.len()).rev().find(|spare| !people.contains(&self.order[*spare]));
            if let Some(spare) = spare {
                self.order[place] = self.order.remove(spare);
            }
        }
    }

    /// Inserts people after the next turns; `turn` is that which may be on.
    fn insert(&mut self, people: impl IntoIterator<Item = u32>, turn: i64) {
        self.rotate_to(turn);
        let place = self.order.len().min(INSERT_AT);
        self.order.splice(place..place, people);
    }
}

/// The cell that a portrait comes from and goes back to.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Home {
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

/// Where a portrait is in the foreground, in wall coordinates.
#[derive(Clone, Copy, Debug)]
struct Foreground {
    middle: DVec2,
    height: f64,
}

impl OneInstance {
    pub fn new(one: One, deal: Deal, crowd: &Crowd, shape: WallShape) -> Self {
        let seed = one.crowd.seed as u32;
        let rota = |featured: bool| {
            let people = crowd.people.iter().copied().filter(|person| crowd.featured.contains(person) == featured);
            let mut order: Vec<_> = people.collect();
            order.sort_by_key(|person| (unit_hash(*person, seed) * 1e7) as u32);
            Rota { order, first: 0 }
        };
        Self { one, deal, shape, featured: rota(true), others: rota(false) }
    }

    pub fn add_people(&mut self, people: &[u32], crowd: &Crowd, show_secs: f64) {
        let turns = self.active_turns(show_secs);
        for ((rota, is_featured), turn) in
            [(&mut self.featured, true), (&mut self.others, false)].into_iter().zip(turns)
        {
            let is_new = |person: &u32| crowd.featured.contains(person) == is_featured && !rota.order.contains(person);
            let new: Vec<_> = people.iter().copied().filter(is_new).collect();
            rota.insert(new, turn);
        }
    }

    pub fn remove_people(&mut self, people: &[u32], show_secs: f64) {
        let turns = self.active_turns(show_secs);
        for (rota, turn) in [&mut self.featured, &mut self.others].into_iter().zip(turns) {
            rota.rotate_to(turn);
            rota.close_gaps(people);
            rota.order.retain(|person| !people.contains(person));
        }
    }

    pub fn replace_person(&mut self, old: u32, new: u32) {
        for person in self.featured.order.iter_mut().chain(&mut self.others.order).filter(|person| **person == old) {
            *person = new;
        }
    }

    /// Returns the seconds from the beginning of a turn to that of the next.
    fn step_secs(&self) -> f64 {
        self.one.travel + self.one.stay
    }

    /// Returns the earliest turns of featured people and of others that may be on, whenever the scene was cued.
    fn active_turns(&self, show_secs: f64) -> [i64; 2] {
        let number = (show_secs / self.step_secs()).floor() as i64 - 2;
        if self.alternates() { [number.div_euclid(2); 2] } else { [number; 2] }
    }

    fn alternates(&self) -> bool {
        !self.featured.order.is_empty() && !self.others.order.is_empty()
    }

    /// Returns the person of a turn.
    fn person(&self, number: i64) -> Option<u32> {
        match (self.alternates(), number.rem_euclid(2)) {
            (true, 0) => self.featured.at(number.div_euclid(2)),
            (true, _) => self.others.at(number.div_euclid(2)),
            (false, _) => self.featured.at(number).or_else(|| self.others.at(number)),
        }
    }

    /// Returns the cell that a turn's portrait comes from: the person's own where that is on the wall during the whole turn,
    /// else another that is.
    fn home(&self, turn: Turn) -> Option<Home> {
        let person = self.person(turn.number)?;
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
            return Some(Home { row: at.row, cell: at.cell, is_own: true });
        }
        // It must not be the cell of the turn before or after: these use their own or, as turns are odd or even, cells in
        // the other half of the wall.
        let [before, after] = [self.person(turn.number - 1), self.person(turn.number + 1)];
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
        half.get(chosen).map(|at| Home { row: at.row, cell: at.cell, is_own: false })
    }

    pub fn layers(&self, at: SceneTime, look: &Look, crowd: &Crowd) -> Vec<Layer> {
        let Self { one, .. } = self;
        let step = self.step_secs();
        let local = at.local_secs();
        let turns_before = (at.cued_secs / step).floor() as i64;
        let number = (local / step).floor() as i64;
        let dimmed = Easing::Smooth.at(local / one.travel.max(1e-3)) as f32;
        let dim = 1.0 + (one.dim as f32 - 1.0) * dimmed;
        let mut behind = wall(&self.deal, at, look, crowd, dim);
        let (mut sprites, mut words) = (Vec::new(), None);
        // Back to front: the next turn's, which fades in at its cell, those that go back, and this turn's.
        for number in [number + 1, number - 2, number - 1, number].into_iter().filter(|number| *number >= 0) {
            let turn = Turn { number: turns_before + number, begins_secs: at.cued_secs + number as f64 * step };
            let Some((person, home)) = self.person(turn.number).zip(self.home(turn)) else { continue };
            let secs = at.show_secs - turn.begins_secs;
            let returned = secs - step - one.travel;
            let opacity = if secs < 0.0 {
                1.0 + secs / LEAD_SECS
            } else if returned > 0.0 {
                1.0 - returned / LEAD_SECS
            } else {
                1.0
            };
            if opacity <= 0.0 || (home.is_own && opacity < 1.0) {
                continue;
            }
            if (0.0..=step + one.travel).contains(&secs) {
                self.leave_empty(&mut behind, home, at.show_secs);
            }
            let Some(rest) = self.deal.tile_at(home.row, home.cell, at.show_secs) else { continue };
            let forward = if secs < step {
                Easing::Smooth.at(secs / one.travel.max(1e-3))
            } else {
                1.0 - Easing::Smooth.at((secs - step) / one.travel.max(1e-3))
            };
            let corners = self.corners(rest, self.foreground(turn.number), forward, secs / (step + one.travel));
            let intensity = dim + (1.0 - dim) * forward as f32;
            let height = self.foreground(turn.number).height * (1.0 + PUSH_IN);
            let largest = DVec2::new(height * self.shape.tile_aspect, height);
            let opacity = Easing::Smooth.at(opacity) as f32;
            sprites.push(Sprite { person, corners, largest, intensity, opacity, feather: [0.0; 4] });
            let shown = Easing::Smooth.at((secs - one.travel + 0.6).min(step - secs) / 0.8);
            if one.caption && shown > 0.0 {
                words = self.caption(person, turn.number, shown as f32, look, crowd).or(words);
            }
        }
        let people = Layer::Sprites(SpriteLayer { sprites, look: *look });
        [Layer::Rows(behind), people].into_iter().chain(words).collect()
    }

    /// Makes a cell dark while its portrait is in the foreground.
    fn leave_empty(&self, behind: &mut WallLayer, home: Home, show_secs: f64) {
        let Some(column) = self.deal.column(home.row, home.cell, show_secs) else { return };
        let row = behind.wall.rows[home.row];
        if column < row.columns {
            if behind.presence.is_empty() {
                behind.presence = vec![1.0; behind.wall.cells.len()];
            }
            behind.presence[row.first + column] = 0.0;
        }
    }

    /// Returns the place of a turn's portrait in the foreground.
    fn foreground(&self, number: i64) -> Foreground {
        let WallShape { wall_aspect, tile_aspect, .. } = self.shape;
        let caption_beside = self.one.caption && wall_aspect > BESIDE_ASPECT;
        let height = HEIGHT.min(wall_aspect * WIDTH / tile_aspect);
        if !caption_beside {
            let height = if self.one.caption { height.min(HEIGHT_ABOVE) } else { height };
            let y = if self.one.caption { 0.04 + height / 2.0 } else { 0.5 };
            return Foreground { middle: DVec2::new(wall_aspect / 2.0, y), height };
        }
        let width = height * tile_aspect;
        let caption = (height * CAPTION_WIDTH).min(wall_aspect - width - 0.2);
        let group = width + 0.08 + caption;
        let left = (wall_aspect - group) / 2.0;
        let is_left = match self.one.side {
            TextSide::Left => true,
            TextSide::Right => false,
            TextSide::Centre => return Foreground { middle: DVec2::new(wall_aspect / 2.0, 0.5), height },
            TextSide::Alternate => number.rem_euclid(2) == 0,
        };
        let x = if is_left { left + width / 2.0 } else { wall_aspect - left - width / 2.0 };
        Foreground { middle: DVec2::new(x, 0.5), height }
    }

    /// Returns the corners of a portrait between its cell, `rest`, and the foreground: `forward` of the way, 0 to 1, in equal
    /// ratios of size, as something approaching is seen; `part` of the turn is over.
    fn corners(&self, rest: [DVec2; 2], foreground: Foreground, forward: f64, part: f64) -> [DVec2; 2] {
        let Foreground { middle, height } = foreground;
        let own = rest[1].y - rest[0].y;
        let now = own * (height / own).powf(forward);
        let nearness = if (height - own).abs() < 1e-9 { forward } else { (now - own) / (height - own) };
        let at = (rest[0] + rest[1]) / 2.0 + (middle - (rest[0] + rest[1]) / 2.0) * nearness;
        let size = now * (1.0 + PUSH_IN * part.clamp(0.0, 1.0) * forward);
        let half = DVec2::new(size * self.shape.tile_aspect, size) / 2.0;
        [at - half, at + half]
    }

    fn caption(&self, person: u32, number: i64, opacity: f32, look: &Look, crowd: &Crowd) -> Option<Layer> {
        let biography = crowd.biography(person)?;
        let WallShape { wall_aspect, tile_aspect, .. } = self.shape;
        let Foreground { middle, height } = self.foreground(number);
        let width = height * tile_aspect;
        let (left, right) = (middle.x - width / 2.0, middle.x + width / 2.0);
        let (area, align) = if wall_aspect < BESIDE_ASPECT {
            let top = middle.y + height / 2.0 + 0.03;
            ([DVec2::new(wall_aspect * 0.06, top), DVec2::new(wall_aspect * 0.94, 0.97)], Align::Centre)
        } else if left > wall_aspect - right {
            let caption = (height * CAPTION_WIDTH).min(left - 0.14);
            ([DVec2::new(left - 0.08 - caption, 0.08), DVec2::new(left - 0.08, 0.92)], Align::Right)
        } else {
            let caption = (height * CAPTION_WIDTH).min(wall_aspect - right - 0.14);
            ([DVec2::new(right + 0.08, 0.08), DVec2::new(right + 0.08 + caption, 0.92)], Align::Left)
        };
        if area[1].x - area[0].x < 0.1 {
            return None;
        }
        let [name, place, quote] = [&biography.name, &biography.place, &biography.quote].map(Clone::clone);
        let size = NAME_SIZE.min((area[1].x - area[0].x) * NAME_IN_WIDTH);
        let text = TextPlacement::Caption { name, place, quote, area, align, size };
        Some(Layer::Words(WordsLayer { text, fill: Fill::Solid, look: *look, font: None, opacity, intensity: 1.0 }))
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
        let layers = instance.layers(SceneTime { show_secs, cued_secs: 1000.0 }, &Look::default(), crowd);
        let people =
            layers.into_iter().find_map(|layer| if let Layer::Sprites(p) = layer { Some(p.sprites) } else { None });
        people.unwrap_or_default()
    }

    #[test]
    fn featured_and_others_alternate_and_everybody_comes_once_before_anybody_twice() {
        let (instance, _) = instance(40, 4, 1.8);
        let mut times: HashMap<u32, usize> = HashMap::new();
        for number in 0..72 {
            let person = instance.person(number).unwrap();
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
            (0..30).filter_map(|more| instance.person((time / instance.step_secs()) as i64 + more)).collect();
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
