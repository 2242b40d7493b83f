//! One after another comes forward out of the moving wall. See [`OneInstance`].

use glam::DVec2;

use super::super::crowd::Crowd;
use super::super::{Easing, One, TextSide};
use super::{SceneTime, Shape, wall};
use millions_frame::Fill;
use millions_frame::unit_hash;
use millions_frame::{Align, Layer, Sprite, SpriteLayer, TextPlacement, WordsLayer};
use millions_wall::Deal;
use millions_wall::tone::Look;

/// Seconds in which somebody whose own place is not on the wall appears in another's, and goes from it again.
const LEAD_SECS: f64 = 1.5;
/// How much larger somebody becomes while they stand there.
const PUSH_IN: f64 = 0.035;
/// The height of somebody who has come forward, in wall heights, where the wall is wide enough.
const HEIGHT: f64 = 0.94;
/// The part of the wall's width that they may take.
const WIDTH: f64 = 0.9;
/// The words' width beside them, in their heights.
const WORDS_WIDTH: f64 = 0.95;
/// The size of a name, in wall heights: on a wall of ten metres its capitals are 90 cm high, and those of a quote 55 cm, which is
/// read from far more than 50 m.
const NAME_SIZE: f64 = 0.13;
/// And in the width that there is for it, so that few words have to be torn.
const NAME_IN_WIDTH: f64 = 0.19;
/// The height of somebody above their words, in wall heights, where the wall is too narrow for words beside them.
const HEIGHT_ABOVE: f64 = 0.6;
/// Newcomers come forward after so many others.
const BEFORE_NEWCOMERS: usize = 5;

/// Out of the moving wall one person comes forward, stays, and goes back into their own place, while the next one comes.
///
/// ```text
///          t0        t1                  t2        t3
/// person k │ forward │ stays             │ back    │
/// k + 1                                  │ forward │ stays …
/// ```
///
/// The featured and the others come by turns, each in a circle of their own. Whoever is not on the wall at that time takes
/// the place of somebody who is: first they appear there, dim as the crowd is, then they come forward.
#[derive(Clone, Debug)]
pub struct OneInstance {
    one: One,
    deal: Deal,
    shape: Shape,
    featured: Turns,
    others: Turns,
}

/// A circle of people.
#[derive(Clone, Debug, PartialEq)]
struct Turns {
    order: Vec<u32>,
    /// The turn that is the first's.
    first: i64,
}

impl Turns {
    fn of(&self, turn: i64) -> Option<u32> {
        let length = i64::try_from(self.order.len()).ok().filter(|length| *length > 0)?;
        self.order.get(usize::try_from((turn - self.first).rem_euclid(length)).ok()?).copied()
    }

    /// Turns the circle so that the turn that is on is the first's; nobody's turn changes by this.
    fn begin_at(&mut self, turn: i64) {
        let Ok(length) = i64::try_from(self.order.len()) else { return };
        if length > 0 {
            self.order.rotate_left(usize::try_from((turn - self.first).rem_euclid(length)).unwrap_or(0));
        }
        self.first = turn;
    }

    /// Puts others in the places of leavers whose turn is on or near, so that nobody else's turn moves by their going.
    fn close_gaps(&mut self, leavers: &[u32]) {
        let near = self.order.len().min(BEFORE_NEWCOMERS);
        for place in 0..near {
            if !leavers.contains(&self.order[place]) {
                continue;
            }
            let spare = (near..self.order.len()).rev().find(|spare| !leavers.contains(&self.order[*spare]));
            if let Some(spare) = spare {
                self.order[place] = self.order.remove(spare);
            }
        }
    }

    fn admit(&mut self, newcomers: impl Iterator<Item = u32>, turn: i64) {
        self.begin_at(turn);
        let place = self.order.len().min(BEFORE_NEWCOMERS);
        self.order.splice(place..place, newcomers);
    }
}

/// Where somebody comes from and goes back to.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Home {
    row: usize,
    cell: usize,
    is_own: bool,
}

/// A turn: whose, and when it begins, in seconds of the show.
#[derive(Clone, Copy, Debug)]
struct Turn {
    number: i64,
    begins_secs: f64,
}

impl OneInstance {
    pub fn new(one: One, deal: Deal, crowd: &Crowd, shape: Shape) -> Self {
        let seed = one.crowd.seed as u32;
        let circle = |featured: bool| {
            let people = crowd.people.iter().copied().filter(|person| crowd.featured.contains(person) == featured);
            let mut order: Vec<_> = people.collect();
            order.sort_by_key(|person| (unit_hash(*person, seed) * 1e7) as u32);
            Turns { order, first: 0 }
        };
        Self { one, deal, shape, featured: circle(true), others: circle(false) }
    }

    pub const fn deal_mut(&mut self) -> &mut Deal {
        &mut self.deal
    }

    pub const fn deal(&self) -> &Deal {
        &self.deal
    }

    pub fn admit(&mut self, newcomers: &[u32], crowd: &Crowd, show_secs: f64) {
        let [featured, others] = self.turns_on(show_secs);
        let is_there = |turns: &Turns, person: &u32| turns.order.contains(person);
        let known = |person: &u32| crowd.featured.contains(person) && !is_there(&self.featured, person);
        let unknown = |person: &u32| !crowd.featured.contains(person) && !is_there(&self.others, person);
        let known: Vec<_> = newcomers.iter().copied().filter(known).collect();
        let unknown: Vec<_> = newcomers.iter().copied().filter(unknown).collect();
        self.featured.admit(known.into_iter(), featured);
        self.others.admit(unknown.into_iter(), others);
    }

    pub fn retire(&mut self, leavers: &[u32], show_secs: f64) {
        let [featured, others] = self.turns_on(show_secs);
        for (turns, turn) in [(&mut self.featured, featured), (&mut self.others, others)] {
            turns.begin_at(turn);
            turns.close_gaps(leavers);
            turns.order.retain(|person| !leavers.contains(person));
        }
    }

    pub fn replace(&mut self, old: u32, new: u32) {
        for person in self.featured.order.iter_mut().chain(&mut self.others.order).filter(|person| **person == old) {
            *person = new;
        }
    }

    /// Seconds from one's coming to the next one's.
    fn step_secs(&self) -> f64 {
        self.one.travel + self.one.stay
    }

    /// The turns of the featured and of the others that may be on; whenever the scene was cued, it is these or later ones.
    fn turns_on(&self, show_secs: f64) -> [i64; 2] {
        let number = (show_secs / self.step_secs()).floor() as i64 - 2;
        if self.alternates() { [number.div_euclid(2); 2] } else { [number; 2] }
    }

    fn alternates(&self) -> bool {
        !self.featured.order.is_empty() && !self.others.order.is_empty()
    }

    fn who(&self, number: i64) -> Option<u32> {
        match (self.alternates(), number.rem_euclid(2)) {
            (true, 0) => self.featured.of(number.div_euclid(2)),
            (true, _) => self.others.of(number.div_euclid(2)),
            (false, _) => self.featured.of(number).or_else(|| self.others.of(number)),
        }
    }

    /// Where the one whose turn it is comes from: their own place, where it is on the wall all the time; else that of
    /// somebody who is.
    fn home(&self, turn: Turn) -> Option<Home> {
        let person = self.who(turn.number)?;
        let ends_secs = turn.begins_secs + self.step_secs() + self.one.travel;
        let mut seen = self.deal.seen_at_both([turn.begins_secs, ends_secs]);
        if seen.is_empty() {
            seen = self.deal.seen_at_both([turn.begins_secs; 2]);
        }
        if seen.is_empty() {
            seen = self.deal.seen_at(turn.begins_secs);
        }
        let own = seen.iter().find(|(_, _, there)| *there == person);
        if let Some((row, cell, _)) = own {
            return Some(Home { row: *row, cell: *cell, is_own: true });
        }
        // Not from where somebody else comes forward: those before and after come from their own places or, as the turns
        // are odd or even, from other halves of the wall.
        let [before, after] = [self.who(turn.number - 1), self.who(turn.number + 1)];
        let others = |(_, _, there): &&(usize, usize, u32)| Some(*there) != before && Some(*there) != after;
        let free: Vec<_> = seen.iter().filter(others).copied().collect();
        let seen = if free.is_empty() { seen } else { free };
        let left = |(row, cell, _): &(usize, usize, u32)| {
            let tile = self.deal.tile_at(*row, *cell, turn.begins_secs);
            tile.is_some_and(|tile| (tile[0].x + tile[1].x) / 2.0 < self.shape.wall_aspect / 2.0)
        };
        let is_even = turn.number.rem_euclid(2) == 0;
        let half: Vec<_> = seen.iter().filter(|place| left(place) == is_even).collect();
        let half = if half.is_empty() { seen.iter().collect() } else { half };
        let chosen = (unit_hash(turn.number as u32, 5) * half.len() as f32) as usize;
        half.get(chosen).map(|(row, cell, _)| Home { row: *row, cell: *cell, is_own: false })
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
        // The next appears in somebody's place, the one before goes back, and in front of both stands this one.
        for number in [number + 1, number - 2, number - 1, number].into_iter().filter(|number| *number >= 0) {
            let turn = Turn { number: turns_before + number, begins_secs: at.cued_secs + number as f64 * step };
            let Some((person, home)) = self.who(turn.number).zip(self.home(turn)) else { continue };
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
            let corners = self.place(rest, self.stage(turn.number), forward, secs / (step + one.travel));
            let intensity = dim + (1.0 - dim) * forward as f32;
            let height = self.stage(turn.number).1 * (1.0 + PUSH_IN);
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

    /// The cell of somebody who is away stays dark.
    fn leave_empty(&self, behind: &mut super::WallLayer, home: Home, show_secs: f64) {
        let Some(column) = self.deal.column(home.row, home.cell, show_secs) else { return };
        let row = behind.wall.rows[home.row];
        if column < row.columns {
            if behind.presence.is_empty() {
                behind.presence = vec![1.0; behind.wall.cells.len()];
            }
            behind.presence[row.first + column] = 0.0;
        }
    }

    /// The middle and the height of somebody who has come forward, in wall coordinates.
    fn stage(&self, number: i64) -> (DVec2, f64) {
        let Shape { wall_aspect, tile_aspect, .. } = self.shape;
        let words_beside = self.one.caption && wall_aspect > 1.2;
        let height = HEIGHT.min(wall_aspect * WIDTH / tile_aspect);
        if !words_beside {
            // They stand above, and the words below.
            let height = if self.one.caption { height.min(HEIGHT_ABOVE) } else { height };
            let y = if self.one.caption { 0.04 + height / 2.0 } else { 0.5 };
            return (DVec2::new(wall_aspect / 2.0, y), height);
        }
        let width = height * tile_aspect;
        let words = (height * WORDS_WIDTH).min(wall_aspect - width - 0.2);
        let group = width + 0.08 + words;
        let left = (wall_aspect - group) / 2.0;
        let stands_left = match self.one.side {
            TextSide::Left => true,
            TextSide::Right => false,
            TextSide::Centre => return (DVec2::new(wall_aspect / 2.0, 0.5), height),
            TextSide::Alternate => number.rem_euclid(2) == 0,
        };
        let x = if stands_left { left + width / 2.0 } else { wall_aspect - left - width / 2.0 };
        (DVec2::new(x, 0.5), height)
    }

    /// Where somebody is between their place on the wall and their stage: nearer by equal steps, as a walker comes nearer.
    fn place(&self, rest: [DVec2; 2], (middle, height): (DVec2, f64), forward: f64, part: f64) -> [DVec2; 2] {
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
        let Shape { wall_aspect, tile_aspect, .. } = self.shape;
        let (middle, height) = self.stage(number);
        let width = height * tile_aspect;
        let (left, right) = (middle.x - width / 2.0, middle.x + width / 2.0);
        let (area, align) = if wall_aspect < 1.2 {
            let top = middle.y + height / 2.0 + 0.03;
            ([DVec2::new(wall_aspect * 0.06, top), DVec2::new(wall_aspect * 0.94, 0.97)], Align::Centre)
        } else if left > wall_aspect - right {
            let words = (height * WORDS_WIDTH).min(left - 0.14);
            ([DVec2::new(left - 0.08 - words, 0.08), DVec2::new(left - 0.08, 0.92)], Align::Right)
        } else {
            let words = (height * WORDS_WIDTH).min(wall_aspect - right - 0.14);
            ([DVec2::new(right + 0.08, 0.08), DVec2::new(right + 0.08 + words, 0.92)], Align::Left)
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
    use super::super::{Kind, SceneInstance};
    use super::*;
    use crate::Scene;
    use proptest::prelude::*;

    fn act(people: u32, featured: u32, wall_aspect: f64) -> (OneInstance, Crowd) {
        let mut crowd = Crowd::new(0..people);
        crowd.featured = (0..featured).collect();
        crowd.tell(3, Biography { name: "Anna".into(), ..Biography::default() });
        let one = One { crowd: Millions { rows: 5, ..Millions::default() }, ..One::default() };
        let scene = Scene { kind: SceneKind::One(one), ..Scene::default() };
        let act = SceneInstance::new(&scene, 0, &crowd, Shape { wall_aspect, tile_aspect: 0.8, wall_height_m: None })
            .unwrap();
        let Kind::One(act) = act.kind else { unreachable!() };
        (act, crowd)
    }

    fn sprites(act: &OneInstance, crowd: &Crowd, show_secs: f64) -> Vec<Sprite> {
        let layers = act.layers(SceneTime { show_secs, cued_secs: 1000.0 }, &Look::default(), crowd);
        let people =
            layers.into_iter().find_map(|layer| if let Layer::Sprites(p) = layer { Some(p.sprites) } else { None });
        people.unwrap_or_default()
    }

    #[test]
    fn featured_and_others_come_by_turns_and_everybody_once_before_anybody_twice() {
        let (act, _) = act(40, 4, 1.8);
        let mut times: HashMap<u32, usize> = HashMap::new();
        for number in 0..72 {
            let person = act.who(number).unwrap();
            assert_eq!(person < 4, number % 2 == 0);
            *times.entry(person).or_default() += 1;
        }
        assert!((0..40).all(|person| times[&person] == if person < 4 { 9 } else { 1 }));
    }

    #[test]
    fn who_is_forward_stays_when_others_come_and_go() {
        let (mut act, mut crowd) = act(40, 4, 1.8);
        let time = 1000.0 + 10.0 * act.step_secs() + 5.0;
        let before: Vec<_> = sprites(&act, &crowd, time).iter().map(|sprite| sprite.person).collect();
        crowd.people.extend(100..120);
        act.admit(&(100..120).collect::<Vec<_>>(), &crowd, time);
        act.deal.admit(&(100..120).collect::<Vec<_>>(), &crowd.featured, time);
        let gone: Vec<u32> = (20..30).filter(|person| !before.contains(person)).collect();
        act.retire(&gone, time);
        let after: Vec<_> = sprites(&act, &crowd, time).iter().map(|sprite| sprite.person).collect();
        assert_eq!(before, after);
        let soon: Vec<_> = (0..30).filter_map(|more| act.who((time / act.step_secs()) as i64 + more)).collect();
        assert!(soon.iter().any(|person| *person >= 100), "newcomers come forward soon");
        assert!(soon.iter().all(|person| !gone.contains(person)));
    }

    proptest! {
        #[test]
        fn nobody_jumps(people in 2..400u32, featured in 0..3u32, aspect in 0.25..9.0f64, time in 1000.0..1400.0f64) {
            let (act, crowd) = act(people, featured, aspect);
            let (now, next) = (sprites(&act, &crowd, time), sprites(&act, &crowd, time + 0.01));
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
        fn whoever_stands_there_is_wholly_on_the_wall(people in 2..400u32, aspect in 0.25..9.0f64, turn in 0..30u32) {
            let (act, crowd) = act(people, 0, aspect);
            let time = 1000.0 + f64::from(turn) * act.step_secs() + act.one.travel + 1.0;
            let sprites = sprites(&act, &crowd, time);
            let [upper_left, lower_right] = sprites.last().unwrap().corners;
            prop_assert!(upper_left.min_element() >= -0.01 && lower_right.x <= aspect + 0.01 && lower_right.y <= 1.01);
            prop_assert!((sprites.last().unwrap().intensity - 1.0).abs() < 1e-6);
        }
    }
}
