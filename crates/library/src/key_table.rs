//! The portraits by their keys: a hash table with open addressing in one array, which can be spilled to a file.

use std::hash::Hasher as _;

use millions_wall::tile::PortraitNumber;
use rustc_hash::FxHasher;

use super::index::{KeyDigest, NOBODY};
use super::spill::{Backing, SpillVec};

/// Linear probing with backward-shift deletion: Knuth, The Art of Computer Programming, volume 3, 6.4, algorithms L and R.
#[derive(Debug)]
pub struct KeyTable {
    /// A power of two, of which at most three quarters are taken.
    slots: SpillVec<Slot>,
    count: usize,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    digest: KeyDigest,
    /// [`NOBODY`] where it is free.
    number: PortraitNumber,
}

const FREE: Slot = Slot { digest: [0; 16], number: NOBODY };

impl KeyTable {
    /// An empty table with room for so many.
    pub fn with_capacity(capacity: usize, backing: &Backing) -> Self {
        let slots = (capacity + capacity / 3 + 1).next_power_of_two().max(16);
        Self { slots: SpillVec::filled(slots, FREE, backing), count: 0 }
    }

    /// The portrait of a key.
    pub fn get(&self, digest: &KeyDigest) -> Option<PortraitNumber> {
        let slot = self.slots[self.find(digest)];
        (slot.number != NOBODY).then_some(slot.number)
    }

    /// Sets the portrait of a key.
    pub fn insert(&mut self, digest: KeyDigest, number: PortraitNumber) {
        if (self.count + 1) * 4 > self.slots.len() * 3 {
            self.grow();
        }
        let at = self.find(&digest);
        self.count += usize::from(self.slots[at].number == NOBODY);
        self.slots[at] = Slot { digest, number };
    }

    /// Removes a key.
    pub fn remove(&mut self, digest: &KeyDigest) {
        let mut hole = self.find(digest);
        if self.slots[hole].number == NOBODY {
            return;
        }
        self.count -= 1;
        // Those behind it that would not be found across the hole come forward.
        let mask = self.slots.len() - 1;
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            if self.slots[at].number == NOBODY {
                break;
            }
            let home = self.home(&self.slots[at].digest);
            if (at.wrapping_sub(home) & mask) >= (at.wrapping_sub(hole) & mask) {
                self.slots[hole] = self.slots[at];
                hole = at;
            }
        }
        self.slots[hole] = FREE;
    }

    fn grow(&mut self) {
        let mut larger =
            Self { slots: SpillVec::filled(self.slots.len() * 2, FREE, self.slots.backing()), count: self.count };
        for slot in self.slots.iter().filter(|slot| slot.number != NOBODY) {
            let at = larger.find(&slot.digest);
            larger.slots[at] = *slot;
        }
        *self = larger;
    }

    /// Where a key is, or would be.
    fn find(&self, digest: &KeyDigest) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = self.home(digest);
        while self.slots[at].number != NOBODY && self.slots[at].digest != *digest {
            at = (at + 1) & mask;
        }
        at
    }

    /// The slot in which a key is when no other is in its way.
    fn home(&self, digest: &KeyDigest) -> usize {
        let mut hasher = FxHasher::default();
        hasher.write(digest);
        hasher.finish() as usize & (self.slots.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// It holds what a map of the standard library does, also where keys lie close.
        #[test]
        fn a_key_table_is_a_map(steps in prop::collection::vec((0..60_u8, 0..1000_u32, prop::bool::weighted(0.6)), 1..400)) {
            let (mut table, mut map) = (KeyTable::with_capacity(0, &Backing::Memory), HashMap::new());
            for (key, number, is_inserted) in steps {
                let digest = [key; 16];
                if is_inserted {
                    table.insert(digest, number);
                    map.insert(digest, number);
                } else {
                    table.remove(&digest);
                    map.remove(&digest);
                }
                prop_assert_eq!(table.count, map.len());
            }
            for key in 0..60 {
                prop_assert_eq!(table.get(&[key; 16]), map.get(&[key; 16]).copied());
            }
        }
    }
}
