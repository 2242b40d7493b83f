//! The order in which portraits take their turns in the foreground. See [`TurnOrder`].

use super::super::Crowd;
use millions_frame::unit_hash;

/// The place in a rota at which new people are inserted: after the turns that are on or next.
const INSERT_AT: usize = 5;

/// The people of the turns of a scene of kind `one`: featured people and others alternate, each in a rota of their own.
/// Turns are numbered from show time 0 on, and may be negative.
#[derive(Clone, Debug)]
pub struct TurnOrder {
    featured: Rota,
    others: Rota,
}

impl TurnOrder {
    pub fn new(crowd: &Crowd, seed: u32) -> Self {
        let rota = |featured: bool| {
            let people = crowd.people.iter().copied().filter(|person| crowd.featured.contains(person) == featured);
            let mut order: Vec<_> = people.collect();
            order.sort_by_key(|person| (unit_hash(*person, seed) * 1e7) as u32);
            Rota { order, first: 0 }
        };
        Self { featured: rota(true), others: rota(false) }
    }

    /// Returns the person of a turn; none where there are no people.
    pub fn person(&self, turn: i64) -> Option<u32> {
        match (self.alternates(), turn.rem_euclid(2)) {
            (true, 0) => self.featured.at(turn.div_euclid(2)),
            (true, _) => self.others.at(turn.div_euclid(2)),
            (false, _) => self.featured.at(turn).or_else(|| self.others.at(turn)),
        }
    }

    /// Inserts people after the next turns; `earliest` is the first turn that may be on.
    pub fn add_people(&mut self, people: &[u32], crowd: &Crowd, earliest: i64) {
        let turn = self.rota_turn(earliest);
        for (rota, is_featured) in [(&mut self.featured, true), (&mut self.others, false)] {
            let is_new = |person: &u32| crowd.featured.contains(person) == is_featured && !rota.order.contains(person);
            let new: Vec<_> = people.iter().copied().filter(is_new).collect();
            rota.insert(new, turn);
        }
    }

    /// Removes people, without a change to the others' next turns.
    pub fn remove_people(&mut self, people: &[u32], earliest: i64) {
        let turn = self.rota_turn(earliest);
        for rota in [&mut self.featured, &mut self.others] {
            rota.rotate_to(turn);
            rota.close_gaps(people);
            rota.order.retain(|person| !people.contains(person));
        }
    }

    /// Gives the turns of a person to another.
    pub fn replace_person(&mut self, old: u32, new: u32) {
        for person in self.featured.order.iter_mut().chain(&mut self.others.order).filter(|person| **person == old) {
            *person = new;
        }
    }

    fn alternates(&self) -> bool {
        !self.featured.order.is_empty() && !self.others.order.is_empty()
    }

    /// Converts a turn to that of each rota.
    fn rota_turn(&self, turn: i64) -> i64 {
        if self.alternates() { turn.div_euclid(2) } else { turn }
    }
}

/// A cyclic order of people.
#[derive(Clone, Debug, PartialEq)]
struct Rota {
    order: Vec<u32>,
    /// The turn of the first of them.
    first: i64,
}

impl Rota {
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

    /// Replaces those of `people` whose turns are next by others from further back, so that removing them moves no
    /// other of the next turns.
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
