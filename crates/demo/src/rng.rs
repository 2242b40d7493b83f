//! The demo's own random numbers, so that a seed means the same crowd in every build to come.
//!
//! Each subject (face, hair, sign …) draws from a stream of its own, so that a new hair style changes no sign.

use millions_base::SplitMix;

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub(super) struct Rng(SplitMix);

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// SplitMix's finaliser: the number that follows a state.
const fn mixed(state: u64) -> u64 {
    SplitMix::new(state.wrapping_sub(GOLDEN), 0).next()
}

impl Rng {
    /// Starts the stream of one subject of one person.
    pub(super) const fn new(seed: u64, index: u64, subject: u64) -> Self {
        let person = mixed(seed.wrapping_add(GOLDEN)) ^ mixed(index.wrapping_mul(GOLDEN).wrapping_add(1));
        let state = mixed(person).wrapping_add(subject.wrapping_mul(0xd1b5_4a32_d192_ed03));
        Self(SplitMix::new(state, 0))
    }

    /// 64 random bits.
    pub(super) const fn bits(&mut self) -> u64 {
        self.0.next()
    }

    /// 0 to 1, 1 excluded.
    pub(super) fn unit(&mut self) -> f32 {
        // 24 bits are what an f32 holds exactly.
        (self.bits() >> 40) as f32 / (1 << 24) as f32
    }

    /// Even between two bounds.
    pub(super) fn range(&mut self, from: f32, to: f32) -> f32 {
        from + (to - from) * self.unit()
    }

    /// Around zero, at most `spread` away, mostly near (the sum of three).
    pub(super) fn around(&mut self, spread: f32) -> f32 {
        (self.unit() + self.unit() + self.unit() - 1.5) / 1.5 * spread
    }

    /// True with a probability.
    pub(super) fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// A number below `end`; 0 when `end` is 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0.below(end)
    }

    /// One of a list.
    ///
    /// # Panics
    /// When the list is empty; the demo's lists are constants.
    pub(super) fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    /// One of a list of pairs of weight and value.
    ///
    /// # Panics
    /// When the list is empty.
    pub(super) fn weighted<T: Copy>(&mut self, list: &[(f32, T)]) -> T {
        let mut left = self.unit() * list.iter().map(|(weight, _)| weight).sum::<f32>();
        for (weight, value) in list {
            left -= weight;
            if left < 0.0 {
                return *value;
            }
        }
        list[list.len() - 1].1
    }
}
