//! Who is known to many is dealt evenly among the others, never in clumps.
//!
//! Of n cells in a loop, k are for the featured, as even as whole cells can be: the i-th stands at (i·n + c) / k, rounded
//! down. So in any stretch of the loop their number is within one of their share of it, and neighbours are ⌊n/k⌋ or ⌈n/k⌉
//! cells apart. The offset c is another for each row, a golden section of the distance further, so that rows that go at
//! one pace never line them up in columns.

use std::collections::BTreeSet;

use millions_base::SplitMix;

/// The golden section of 1: its multiples stay as far apart as any.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// People in the order in which they are dealt, the featured apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Crowd {
    pub featured: Vec<u32>,
    pub others: Vec<u32>,
}

impl Crowd {
    /// `people` in their order; those who are in `featured` apart.
    pub fn new(people: &[u32], featured: &BTreeSet<u32>) -> Self {
        let (featured, others) = people.iter().copied().partition(|person| featured.contains(person));
        Self { featured, others }
    }

    pub fn len(&self) -> usize {
        self.featured.len() + self.others.len()
    }

    /// Deals them into sets, like cards. The sets differ by one person at most, and by one of the featured at most; the sets
    /// that have one more are evenly spread.
    pub fn deal(&self, sets: usize, seed: u64) -> Vec<Self> {
        let size = |set: usize| self.len() / sets + usize::from(set < self.len() % sets);
        let base = self.featured.len() / sets;
        let mut shares = vec![base; sets];
        let with_room: Vec<usize> = (0..sets).filter(|set| size(*set) > base).collect();
        let offset = SplitMix::new(seed, 7).below(with_room.len().max(1));
        for chosen in spread(self.featured.len() % sets, with_room.len(), offset) {
            shares[with_room[chosen]] += 1;
        }
        let rest: Vec<usize> = shares.iter().enumerate().map(|(set, share)| size(set) - share).collect();
        let hands = cards(&self.featured, &shares).into_iter().zip(cards(&self.others, &rest));
        hands.map(|(featured, others)| Self { featured, others }).collect()
    }

    /// One loop of them all; `offset` is below their number.
    pub fn mixed(&self, offset: usize) -> Vec<u32> {
        let mut places = spread(self.featured.len(), self.len(), offset).peekable();
        let (mut featured, mut others) = (self.featured.iter(), self.others.iter());
        (0..self.len())
            .filter_map(|cell| if places.next_if_eq(&cell).is_some() { featured.next() } else { others.next() })
            .copied()
            .collect()
    }
}

/// Deals people in turn, to each hand as many as its share.
fn cards(people: &[u32], shares: &[usize]) -> Vec<Vec<u32>> {
    let mut hands = vec![Vec::new(); shares.len()];
    let mut turn = (0..shares.len()).cycle();
    for person in people {
        let next = turn.by_ref().take(shares.len()).find(|hand| hands[*hand].len() < shares[*hand]);
        if let Some(hand) = next {
            hands[hand].push(*person);
        }
    }
    hands
}

/// `count` of `places` places, ascending, as even as can be in a loop; `offset` is below `places`, `count` not above.
fn spread(count: usize, places: usize, offset: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |index| (index * places + offset) / count)
}

/// Staggers rows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stagger {
    rows_with_featured: u32,
}

impl Stagger {
    /// The offset for the next row: it has this set and a window of `columns` cells, and `phase` of its loop lies left of
    /// the wall at the beginning.
    pub fn next(&mut self, set: &Crowd, columns: usize, phase: f64) -> usize {
        if set.featured.is_empty() {
            return 0;
        }
        let rounds = columns.div_ceil(set.len());
        let distances_left_of_the_wall = phase * (rounds * set.featured.len()) as f64;
        let part = (distances_left_of_the_wall + GOLDEN * f64::from(self.rows_with_featured)).fract();
        self.rows_with_featured += 1;
        ((part * set.len() as f64) as usize).min(set.len() - 1)
    }
}

#[cfg(test)]
#[path = "featured_tests.rs"]
mod tests;
