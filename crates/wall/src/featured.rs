//! Even distribution of the featured portraits among the others.
//!
//! Of n cells in a loop, k are for the featured, as even as whole cells allow: the i-th is at ⌊(i·n + c) / k⌋. So in any
//! stretch of the loop their number is within one of their share of it, and neighbours are ⌊n/k⌋ or ⌈n/k⌉ cells apart.
//! The offset c advances by a golden section of the distance from row to row, so that rows of one speed never line the
//! featured up in columns.

use std::collections::BTreeSet;

use millions_base::SplitMix;

/// The golden section of 1: its multiples stay as far apart as any.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// Portraits in the order in which they are dealt, the featured apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Crowd {
    pub featured: Vec<u32>,
    pub others: Vec<u32>,
}

impl Crowd {
    /// Splits `people` in their order into those in `featured` and the others.
    pub fn new(people: &[u32], featured: &BTreeSet<u32>) -> Self {
        let (featured, others) = people.iter().copied().partition(|person| featured.contains(person));
        Self { featured, others }
    }

    pub fn len(&self) -> usize {
        self.featured.len() + self.others.len()
    }

    /// Deals the portraits into `sets` sets, like cards. The sets differ by one portrait at most, and by one featured
    /// portrait at most; the sets that have one more are evenly spaced.
    pub fn deal(&self, sets: usize, seed: u64) -> Vec<Self> {
        let size = |set: usize| self.len() / sets + usize::from(set < self.len() % sets);
        let base = self.featured.len() / sets;
        let mut featured_shares = vec![base; sets];
        let with_room: Vec<usize> = (0..sets).filter(|set| size(*set) > base).collect();
        let offset = SplitMix::new(seed, 7).below(with_room.len().max(1));
        for chosen in evenly_spaced(self.featured.len() % sets, with_room.len(), offset) {
            featured_shares[with_room[chosen]] += 1;
        }
        let other_shares: Vec<usize> = (0..sets).map(|set| size(set) - featured_shares[set]).collect();
        let featured = deal_in_turn(&self.featured, &featured_shares);
        let others = deal_in_turn(&self.others, &other_shares);
        featured.into_iter().zip(others).map(|(featured, others)| Self { featured, others }).collect()
    }

    /// Merges both into one loop, the featured evenly spaced; `offset` is below [`len`](Self::len).
    pub fn interleaved(&self, offset: usize) -> Vec<u32> {
        let mut places = evenly_spaced(self.featured.len(), self.len(), offset).peekable();
        let (mut featured, mut others) = (self.featured.iter(), self.others.iter());
        (0..self.len())
            .filter_map(|cell| if places.next_if_eq(&cell).is_some() { featured.next() } else { others.next() })
            .copied()
            .collect()
    }
}

/// Deals people in turn, to each hand as many as its share.
fn deal_in_turn(people: &[u32], shares: &[usize]) -> Vec<Vec<u32>> {
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

/// Returns `count` of `places` places, ascending, evenly spaced in a loop; `offset` is below `places`, `count` not above.
fn evenly_spaced(count: usize, places: usize, offset: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |index| (index * places + offset) / count)
}

/// Staggers the featured from row to row.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stagger {
    rows_with_featured: u32,
}

impl Stagger {
    /// Returns the offset for the next row, which has this set and a window of `columns` cells. `phase` is the part of
    /// its loop that lies left of the wall at time 0.
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
