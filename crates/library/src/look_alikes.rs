//! Which portraits of a whole library look the same: all pairs at once, for merges.
//!
//! A [`super::copies::CopyFinder`] answers for one portrait, out of memory. For each of millions it would look into sixteen tables at random
//! places. Here one part of the hashes is taken after the other: the portraits lie in the order of that part's value, and the
//! groups whose values are near each other are compared as they lie. The arrays may be spilled to files.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use fearless_simd::{Level, Simd, dispatch};
use millions_wall::tile::PortraitNumber;

use super::copies::{PART_BITS, PARTS, near};
use super::index::NOBODY;
use super::perceptual::PerceptualHash;
use super::spill::{Backing, SpillVec};

/// Values of a part that a thread takes at a time.
const VALUES_AT_A_TIME: u32 = 64;
/// Pairs that a thread finds before it joins them.
const PAIRS_AT_A_TIME: usize = 4096;

/// Portraits that look the same, divided into those that are connected: some look like one, others like those, and so on.
#[derive(Debug)]
pub struct LookAlikes {
    /// For each number a smaller one that it is connected with; the smallest has its own.
    parents: SpillVec<PortraitNumber>,
    /// The next larger number of the same.
    next: SpillVec<PortraitNumber>,
}

#[derive(Clone, Copy, Debug)]
struct Looks {
    hash: PerceptualHash,
    number: PortraitNumber,
}

impl LookAlikes {
    /// Of portraits with numbers below `end`. It works on all processors; `progress` gets the steps done, of [`Self::STEPS`].
    pub fn among(
        hashes: impl Iterator<Item = (PortraitNumber, PerceptualHash)>,
        end: PortraitNumber,
        backing: &Backing,
        mut progress: impl FnMut(usize),
    ) -> Self {
        let mut all = SpillVec::with_capacity(end as usize, backing);
        hashes.for_each(|(number, hash)| all.push(Looks { hash, number }));
        let mut parents = SpillVec::filled(end as usize, 0, backing);
        parents.iter_mut().zip(0..).for_each(|(parent, number)| *parent = number);
        let parents = Mutex::new(parents);
        let (mut table, mut transposed) = (Buckets::new(all.len(), backing), Buckets::new(all.len(), backing));
        for part in 0..PARTS {
            table.sort(&all, |looks| looks, part);
            transposed.sort(&all, |looks| Looks { hash: looks.hash.transposed(), ..looks }, part);
            let pass = Pass::new(part, &table, &parents);
            pass.run(&table, true);
            progress(2 * part + 1);
            pass.run(&transposed, false);
            progress(2 * part + 2);
        }
        let mut parents = parents.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut next = SpillVec::filled(end as usize, NOBODY, backing);
        // From the largest: what lies behind a number is known then, and its first holds the chain so far.
        let mut behind = SpillVec::filled(end as usize, NOBODY, backing);
        for number in (0..end).rev() {
            let first = root(&mut parents, number);
            next[number as usize] = std::mem::replace(&mut behind[first as usize], number);
        }
        Self { parents, next }
    }

    /// The steps that `progress` counts.
    pub const STEPS: usize = 2 * PARTS;

    /// The portraits of which this one has the smallest number, ascending: itself at least. Empty where another's is smaller.
    pub fn beginning_with(&self, number: PortraitNumber) -> Vec<PortraitNumber> {
        let first = (self.parents[number as usize] == number).then_some(number);
        let next = |number: &PortraitNumber| Some(self.next[*number as usize]).filter(|next| *next != NOBODY);
        std::iter::successors(first, next).collect()
    }
}

/// The smallest number that one is connected with. Halves the path to it: Tarjan and van Leeuwen, "Worst-Case Analysis of Set Union
/// Algorithms" (1984).
fn root(parents: &mut [PortraitNumber], mut number: PortraitNumber) -> PortraitNumber {
    while parents[number as usize] != number {
        let above = parents[parents[number as usize] as usize];
        parents[number as usize] = above;
        number = above;
    }
    number
}

/// Portraits in the order of one part of their hashes.
#[derive(Debug)]
struct Buckets {
    /// Where each value's begin; one more than there are values.
    starts: Vec<u32>,
    looks: SpillVec<Looks>,
}

impl Buckets {
    fn new(count: usize, backing: &Backing) -> Self {
        let nobody = Looks { hash: PerceptualHash::ZERO, number: NOBODY };
        Self { starts: vec![0; (1 << PART_BITS) + 1], looks: SpillVec::filled(count, nobody, backing) }
    }

    /// Sorts by counting.
    fn sort(&mut self, all: &[Looks], of: impl Fn(Looks) -> Looks, part: usize) {
        let value = |looks: &Looks| usize::from(looks.hash.part(part));
        self.starts.fill(0);
        all.iter().for_each(|looks| self.starts[value(&of(*looks)) + 1] += 1);
        (1..self.starts.len()).for_each(|at| self.starts[at] += self.starts[at - 1]);
        let mut ends = self.starts.clone();
        for looks in all.iter().map(|looks| of(*looks)) {
            let end = &mut ends[value(&looks)];
            self.looks[*end as usize] = looks;
            *end += 1;
        }
    }

    fn get(&self, value: u16) -> &[Looks] {
        let value = usize::from(value);
        &self.looks[self.starts[value] as usize..self.starts[value + 1] as usize]
    }
}

/// The comparison of those that have nearly the same value of one part.
struct Pass<'p> {
    part: usize,
    table: &'p Buckets,
    parents: &'p Mutex<SpillVec<PortraitNumber>>,
    /// Differences that a part may have.
    changes: Vec<u16>,
}

impl<'p> Pass<'p> {
    fn new(part: usize, table: &'p Buckets, parents: &'p Mutex<SpillVec<PortraitNumber>>) -> Self {
        Self { part, table, parents, changes: near(part, 0).collect() }
    }

    /// Joins those of the table with those of others that look the same, as they are or mirrored. `is_same`: the others are those of the table.
    fn run(&self, others: &Buckets, is_same: bool) {
        let next = AtomicU32::new(0);
        thread::scope(|scope| {
            let threads = thread::available_parallelism().map_or(1, usize::from);
            (0..threads).for_each(|_| {
                scope.spawn(|| dispatch!(Level::new(), simd => self.work(simd, others, is_same, &next)));
            });
        });
    }

    /// Compares portraits by the value of their part, as long as there are any. Where a processor counts bits, it is compiled for that.
    #[inline(always)]
    fn work<S: Simd>(&self, _: S, others: &Buckets, is_same: bool, next: &AtomicU32) {
        let (mut mirrored, mut pairs) = (Vec::new(), Vec::new());
        loop {
            let start = next.fetch_add(VALUES_AT_A_TIME, Ordering::Relaxed);
            if start >= 1 << PART_BITS {
                break;
            }
            for value in (start..start + VALUES_AT_A_TIME).map(|value| value as u16) {
                let own = others.get(value);
                if own.is_empty() {
                    continue;
                }
                for mirror in PerceptualHash::mirrors() {
                    mirrored.clear();
                    mirrored.extend(own.iter().map(|looks| Looks { hash: looks.hash.xor(&mirror), ..*looks }));
                    for change in &self.changes {
                        let near = value ^ mirror.part(self.part) ^ change;
                        // Mirroring is its own inverse: from there the same pairs are found.
                        if is_same && near < value {
                            continue;
                        }
                        for one in self.table.get(near) {
                            for other in &mirrored {
                                if one.hash.is_like(&other.hash) && one.number != other.number {
                                    pairs.push([one.number, other.number]);
                                }
                            }
                            // Of a thousand frames of one film each looks like all the others.
                            if pairs.len() >= PAIRS_AT_A_TIME {
                                self.join(&mut pairs);
                            }
                        }
                    }
                }
            }
        }
        self.join(&mut pairs);
    }

    fn join(&self, pairs: &mut Vec<[PortraitNumber; 2]>) {
        let mut parents = self.parents.lock().unwrap_or_else(PoisonError::into_inner);
        for numbers in pairs.drain(..) {
            let [a, b] = numbers.map(|number| root(&mut parents, number));
            parents[a.max(b) as usize] = a.min(b);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::copies::{CopyFinder, connected};

    fn hash(words: [u64; 4]) -> PerceptualHash {
        words.map(|word| format!("{word:016x}")).concat().parse().unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Those that are connected are those that a finder connects, one by one, in whatever orientation.
        #[test]
        fn all_at_once_are_as_one_by_one(
            words in prop::collection::vec(any::<[u64; 4]>(), 1..4),
            others in prop::collection::vec(
                (any::<prop::sample::Index>(), 0..8_usize, prop::collection::btree_set(any::<u8>(), 0..30)),
                1..40,
            ),
            gap in 1..3_u32,
            is_spilled: bool,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let backing = if is_spilled { Backing::files_in(folder.path()) } else { Backing::Memory };
            let hashes: Vec<_> = (0..).zip(&others).map(|(at, (of, orientation, bits))| {
                let mut words = of.get(&words).to_owned();
                bits.iter().for_each(|bit| words[usize::from(bit / 64)] ^= 1 << (bit % 64));
                // No picture's hash has the first bit.
                words[0] &= !1;
                (at * gap, hash(words).orientations()[*orientation])
            }).collect();
            let end = hashes.len() as u32 * gap;
            let alike = LookAlikes::among(hashes.iter().copied(), end, &backing, |_| {});
            let finder = CopyFinder::of(hashes.iter().copied());
            let looks_of = |number: u32| hashes.iter().find(|(other, _)| *other == number).map(|(_, hash)| *hash);
            let found: BTreeSet<Vec<u32>> =
                (0..end).map(|number| alike.beginning_with(number)).filter(|alike| !alike.is_empty()).collect();
            let expected: BTreeSet<Vec<u32>> =
                (0..end).map(|number| connected(&finder, number, looks_of).into_iter().collect()).collect();
            prop_assert_eq!(found, expected);
        }
    }

    /// `cargo test -p millions-library --lib -- --ignored --nocapture all_of_a_million`, with `PORTRAITS`, and `FOLDER` for files.
    #[test]
    #[ignore = "measures"]
    fn all_of_a_million_are_compared() {
        let portraits = std::env::var("PORTRAITS").map_or(1_000_000, |text| text.parse().unwrap());
        let backing = std::env::var_os("FOLDER").map(|folder| Backing::files_in(folder.as_ref())).unwrap_or_default();
        let mut random = millions_base::SplitMix::new(1, 0);
        let hashes = (0..portraits).map(|number| (number, hash([0; 4].map(|_: u64| random.next()))));
        let started = std::time::Instant::now();
        let alike = LookAlikes::among(hashes, portraits, &backing, |step| {
            eprintln!("{portraits}: step {step} after {:?}", started.elapsed());
        });
        assert!((0..portraits).all(|number| alike.beginning_with(number).len() == 1));
    }
}
