//! The playlist: scenes that play without an operator. See [`Playlist`].

use std::collections::BTreeSet;

use super::{Cue, SceneId, Transition};
use millions_base::SplitMix;

/// Scenes that play one after another, each for its dwell. What is on is a function of the seconds since the list
/// began.
#[derive(Clone, Debug, PartialEq)]
pub struct Playlist {
    /// The entries in the order of the file; never empty.
    pub entries: Vec<PlaylistEntry>,
    /// Whether the list begins again after the last entry; otherwise that stays.
    pub repeats: bool,
    /// The seed by which each round is shuffled; none keeps the file's order.
    pub shuffle: Option<u64>,
    /// Whether it plays from the start on, rather than when the operator steps it.
    pub autoplay: bool,
}

/// An entry of a playlist.
#[derive(Clone, Debug, PartialEq)]
pub struct PlaylistEntry {
    /// The scene and the transition into it.
    pub cue: Cue,
    /// Seconds from the beginning of its transition to the beginning of the next one's; above 0.
    pub dwell_secs: f64,
}

/// The position of a playlist at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Playing {
    /// Index of the entry that is on.
    pub entry: usize,
    /// Number of rounds played before.
    pub round: u64,
    /// When the entry began, in seconds since the list began.
    pub start_secs: f64,
    /// The entry that follows, and when, in seconds since the list began; none after the last of a list that does not
    /// repeat.
    pub next: Option<(usize, f64)>,
}

/// A position in a round: the place in its order of entries.
struct Position {
    round: u64,
    order: Vec<usize>,
    place: usize,
}

/// Number of shuffles tried for one in which no scene follows itself.
const TRIES: u64 = 16;

impl PlaylistEntry {
    /// Returns the transition into the entry, made no longer than its dwell: otherwise it would never end.
    pub(super) fn transition(&self) -> Transition {
        Transition { secs: self.cue.transition.secs.min(self.dwell_secs), ..self.cue.transition }
    }
}

impl Playlist {
    /// Returns the duration of a round in seconds, the same in every order.
    #[must_use]
    pub fn round_secs(&self) -> f64 {
        self.entries.iter().map(|entry| entry.dwell_secs).sum()
    }

    /// Returns the position `secs` after the list began; before that, its beginning.
    #[must_use]
    pub fn at(&self, secs: f64) -> Playing {
        let Position { round, order, place } = self.position(secs);
        let start_secs = self.start_secs(round, &order, place);
        let next = match order.get(place + 1) {
            Some(entry) => Some((*entry, self.start_secs(round, &order, place + 1))),
            None if self.repeats => Some((self.order(round + 1)[0], self.start_secs(round + 1, &[], 0))),
            None => None,
        };
        Playing { entry: order[place], round, start_secs, next }
    }

    /// Returns the beginning of the list, in place of `began_secs`, by which the entry that is `by` entries ahead of
    /// the present one (behind it, below 0) begins at `now_secs`. A list that does not repeat stops at its ends; one
    /// that does goes back from its very first entry to the last of that round.
    #[must_use]
    pub fn step(&self, began_secs: f64, now_secs: f64, by: i64) -> f64 {
        let Position { round, place, .. } = self.position(now_secs - began_secs);
        let length = self.entries.len() as i64;
        let count = round.cast_signed() * length + place as i64 + by;
        let count = match self.repeats {
            true if count < 0 => count.rem_euclid(length),
            true => count,
            false => count.clamp(0, length - 1),
        };
        let (round, place) = ((count / length).cast_unsigned(), (count % length) as usize);
        now_secs - self.start_secs(round, &self.order(round), place)
    }

    fn position(&self, secs: f64) -> Position {
        let secs = if secs.is_finite() { secs.max(0.0) } else { 0.0 };
        // A microsecond later, so that the start of an entry is within it whatever the rounding.
        let secs = secs + 1e-6;
        let round = if self.repeats { (secs / self.round_secs()).floor() as u64 } else { 0 };
        let mut left = secs - round as f64 * self.round_secs();
        let order = self.order(round);
        let mut is_over = |entry: &usize| {
            left -= self.entries[*entry].dwell_secs;
            left >= 0.0
        };
        let place = order.iter().copied().take_while(|entry| is_over(entry)).count().min(order.len() - 1);
        Position { round, order, place }
    }

    fn start_secs(&self, round: u64, order: &[usize], place: usize) -> f64 {
        let before: f64 = order[..place].iter().map(|entry| self.entries[*entry].dwell_secs).sum();
        round as f64 * self.round_secs() + before
    }

    /// Returns the indices of the entries in the order of a round. Shuffled, no scene follows itself where that can be
    /// avoided, also from one round to the next, and no round has the order of the one before.
    #[must_use]
    pub fn order(&self, round: u64) -> Vec<usize> {
        let Some(seed) = self.shuffle else { return (0..self.entries.len()).collect() };
        let scenes: BTreeSet<_> = self.entries.iter().map(|entry| &entry.cue.scene).collect();
        if scenes.len() < 3 {
            // Two scenes can only alternate: every round is as the first.
            return self.arrange(seed, 0, &[], &[]);
        }
        // Even rounds are independent; odd ones depend on both neighbours. So no round depends on all before it.
        if round.is_multiple_of(2) {
            self.arrange(seed, round, &[], &[])
        } else {
            self.arrange(seed, round, &self.order(round - 1), &self.order(round + 1))
        }
    }

    /// Returns the shuffled order with the fewest repetitions, also at the rounds before and after, where those are
    /// known.
    fn arrange(&self, seed: u64, round: u64, before: &[usize], after: &[usize]) -> Vec<usize> {
        let scene = |entry: &usize| &self.entries[*entry].cue.scene;
        let faults = |order: &[usize]| {
            let ends = before.last().into_iter().chain(order).chain(after.first());
            let scenes: Vec<_> = ends.map(scene).collect();
            let repeated = scenes.windows(2).filter(|pair| pair[0] == pair[1]).count();
            // Without known neighbours, the same order may be the neighbour.
            let around = usize::from(before.is_empty() && order.first().map(scene) == order.last().map(scene));
            4 * repeated + usize::from(order == before || order == after) + around
        };
        let tries = (0..TRIES).map(|attempt| {
            let mut random = SplitMix::new(seed, round.wrapping_mul(TRIES).wrapping_add(attempt));
            let order = self.draw(&mut random, before.last().map(scene), after.first().map(scene));
            (faults(&order), order)
        });
        let mut best: Option<(usize, Vec<usize>)> = None;
        for (faults, order) in tries {
            if faults == 0 {
                return order;
            }
            if best.as_ref().is_none_or(|(least, _)| faults < *least) {
                best = Some((faults, order));
            }
        }
        best.map_or_else(Vec::new, |(_, order)| order)
    }

    /// Draws an order, in which no scene follows itself where that can be avoided: none of scene `before` first, none
    /// of scene `after` last. The last entry is drawn first; a scene that makes up half of what is left is drawn next.
    fn draw(&self, random: &mut SplitMix, before: Option<&SceneId>, after: Option<&SceneId>) -> Vec<usize> {
        let scene = |entry: &usize| &self.entries[*entry].cue.scene;
        let mut left: Vec<usize> = (0..self.entries.len()).collect();
        let mut order = Vec::with_capacity(left.len());
        let mut take =
            |left: &mut Vec<usize>, other_than: Option<&SceneId>, is_urgent: &dyn Fn(&[usize], &SceneId) -> bool| {
                let others: Vec<_> = (0..left.len()).filter(|at| Some(scene(&left[*at])) != other_than).collect();
                let urgent: Vec<_> = others.iter().copied().filter(|at| is_urgent(left, scene(&left[*at]))).collect();
                let from = [urgent, others, (0..left.len()).collect()].into_iter().find(|from| !from.is_empty());
                from.map(|from| left.remove(from[random.below(from.len())]))
            };
        let last = take(&mut left, after, &|_, _| false);
        let is_urgent = |left: &[usize], wanted: &SceneId| {
            let at_the_end = usize::from(last.as_ref().map(scene) == Some(wanted));
            let count = left.iter().filter(|entry| scene(entry) == wanted).count();
            2 * (count + at_the_end) > left.len() + at_the_end
        };
        while let Some(entry) = take(&mut left, order.last().map(scene).or(before), &is_urgent) {
            order.push(entry);
        }
        order.extend(last);
        order
    }
}

#[cfg(test)]
mod tests {
    use super::super::Transition;
    use super::*;
    use proptest::prelude::*;

    /// A list of these scenes, the first for 10 s, the next for 11 and so on.
    fn playlist(scenes: &[usize], repeats: bool, shuffle: Option<u64>) -> Playlist {
        let cue =
            |scene: usize| Cue { scene: scene.to_string().into(), name: String::new(), transition: Transition::CUT };
        let entry =
            |(index, scene): (usize, &usize)| PlaylistEntry { cue: cue(*scene), dwell_secs: 10.0 + index as f64 };
        Playlist { entries: scenes.iter().enumerate().map(entry).collect(), repeats, shuffle, autoplay: true }
    }

    #[test]
    fn a_list_plays_in_order_and_begins_anew_or_stays() {
        let list = playlist(&[4, 5, 6], true, None);
        let at = |secs: f64| list.at(secs);
        assert_eq!(at(0.0), Playing { entry: 0, round: 0, start_secs: 0.0, next: Some((1, 10.0)) });
        assert_eq!(at(-5.0), at(0.0));
        assert_eq!(at(20.9), Playing { entry: 1, round: 0, start_secs: 10.0, next: Some((2, 21.0)) });
        assert_eq!(at(40.0), Playing { entry: 0, round: 1, start_secs: 33.0, next: Some((1, 43.0)) });
        assert_eq!(at(33e6 + 1.0).entry, 0, "after weeks");
        let once = playlist(&[4, 5, 6], false, None);
        assert_eq!(once.at(1e6), Playing { entry: 2, round: 0, start_secs: 21.0, next: None });
        assert_eq!(playlist(&[9], true, Some(1)).at(15.0).next, Some((0, 20.0)));
    }

    #[test]
    fn steps_go_on_from_where_the_list_is() {
        let list = playlist(&[4, 5, 6], true, None);
        // 25 seconds after it began, in the third entry, at an hour of 1000.
        let stepped = |by| list.at(1000.0 - list.step(975.0, 1000.0, by));
        assert_eq!((stepped(1).entry, stepped(1).round), (0, 1));
        assert_eq!((stepped(-1).entry, stepped(-2).entry, stepped(-3).entry), (1, 0, 2));
        assert_eq!(stepped(0).start_secs, 21.0, "from its beginning");
        let once = playlist(&[4, 5, 6], false, None);
        let stepped = |by| once.at(1000.0 - once.step(975.0, 1000.0, by)).entry;
        assert_eq!((stepped(1), stepped(9), stepped(-1), stepped(-9)), (2, 2, 1, 0));
    }

    /// The scenes of so many rounds in a row.
    fn rounds(list: &Playlist, rounds: u64) -> Vec<SceneId> {
        (0..rounds).flat_map(|round| list.order(round)).map(|entry| list.entries[entry].cue.scene.clone()).collect()
    }

    #[test]
    fn two_scenes_take_turns_and_one_has_no_choice() {
        for seed in 0..20 {
            let two = rounds(&playlist(&[3, 8], true, Some(seed)), 50);
            assert!(two.windows(2).all(|pair| pair[0] != pair[1]), "{two:?}");
            assert_eq!(rounds(&playlist(&[3], true, Some(seed)), 3), ["3"; 3]);
            let uneven = rounds(&playlist(&[1, 1, 2], true, Some(seed)), 4);
            assert_eq!(uneven.windows(2).filter(|pair| pair[0] == pair[1]).count(), 3, "only where rounds meet");
        }
    }

    proptest! {
        #[test]
        fn a_shuffled_list_shows_everything_in_each_round_and_nothing_twice_in_a_row(
            scenes in prop::collection::vec(0..6usize, 3..12), seed: u64, from in 0..1_000_000u64,
        ) {
            let list = playlist(&scenes, true, Some(seed));
            let orders: Vec<_> = (from..from + 20).map(|round| list.order(round)).collect();
            for order in &orders {
                let mut sorted = order.clone();
                sorted.sort_unstable();
                prop_assert_eq!(sorted, (0..scenes.len()).collect::<Vec<_>>());
            }
            let most = (0..6).map(|scene| scenes.iter().filter(|one| **one == scene).count()).max().unwrap_or(0);
            // One that makes up half of the list stands at an end of it, and may meet itself in the next round.
            if 2 * most < scenes.len() {
                let shown: Vec<_> = orders.concat().into_iter().map(|entry| scenes[entry]).collect();
                prop_assert!(shown.windows(2).all(|pair| pair[0] != pair[1]), "{:?}", shown);
                prop_assert!(scenes.len() < 4 || orders.windows(2).all(|pair| pair[0] != pair[1]));
            }
        }

        #[test]
        fn every_time_is_in_one_entry_and_the_next_follows(
            scenes in prop::collection::vec(0..4usize, 1..7), shuffle: Option<u64>, secs in 0.0..1e5f64, by in -9i64..9,
        ) {
            let list = playlist(&scenes, true, shuffle);
            let now = list.at(secs);
            let (next, next_secs) = now.next.unwrap();
            prop_assert!(now.start_secs <= secs + 1e-6 && secs < next_secs);
            let then = list.at(next_secs);
            prop_assert_eq!((then.entry, then.start_secs), (next, next_secs));
            // A step begins its entry now.
            let began = list.step(1e9, 1e9 + secs, by);
            let stepped = list.at(1e9 + secs - began);
            prop_assert!((stepped.start_secs - (1e9 + secs - began)).abs() < 1e-5);
            if by == 1 {
                prop_assert_eq!(stepped.entry, next);
            }
        }
    }
}
