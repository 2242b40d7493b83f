//! Everybody whom the show can show. See [`Crowd`].

use millions_base::smoothstep;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// What somebody told of themselves; empty where they did not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Biography {
    /// Their name.
    pub name: Arc<str>,
    /// Where they are.
    pub place: Arc<str>,
    /// What they say.
    pub quote: Arc<str>,
}

impl Biography {
    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.name.is_empty() && self.place.is_empty() && self.quote.is_empty()
    }
}

/// Seconds that a newcomer takes to appear: long enough not to pop, short enough to count as at once.
pub(super) const APPEAR_SECS: f64 = 0.6;

/// Everybody whom the show can show, and what is known of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Crowd {
    /// Their numbers.
    pub(super) people: BTreeSet<u32>,
    /// Those who are dealt evenly among the others; some of them may not be there.
    pub(super) featured: BTreeSet<u32>,
    /// What they told, where they told anything.
    biography: BTreeMap<u32, Biography>,
    /// Whether more people are expected, so that empty cells stay free for them.
    pub(super) awaiting: bool,
    /// How often somebody has come or gone.
    changes: u64,
    appeared_secs: HashMap<u32, f64>,
}

impl Crowd {
    pub(super) fn new(people: impl IntoIterator<Item = u32>) -> Self {
        Self { people: people.into_iter().collect(), ..Self::default() }
    }

    pub(super) fn appear(&mut self, newcomers: &[u32], time_secs: f64, gently: bool) {
        self.appeared_secs.retain(|_, appeared| (time_secs - *appeared).abs() < APPEAR_SECS);
        if gently {
            self.appeared_secs.extend(newcomers.iter().map(|person| (*person, time_secs)));
        }
    }

    /// How much of the light of each of `cells` is there yet; empty when all is.
    pub(super) fn presence(&self, cells: &[u32], time_secs: f64) -> Vec<f32> {
        if self.appeared_secs.values().all(|appeared| time_secs - appeared >= APPEAR_SECS) {
            return Vec::new();
        }
        let of = |person: &u32| {
            let Some(appeared) = self.appeared_secs.get(person) else { return 1.0 };
            let part = ((time_secs - appeared) / APPEAR_SECS).clamp(0.0, 1.0) as f32;
            smoothstep(part)
        };
        cells.iter().map(of).collect()
    }

    /// Somebody comes; whether they were not there.
    pub(super) fn add(&mut self, person: u32) -> bool {
        self.changes += 1;
        self.people.insert(person)
    }

    /// How often somebody has come or gone: another number, another crowd.
    #[must_use]
    pub const fn changes(&self) -> u64 {
        self.changes
    }

    pub(super) fn remove(&mut self, person: u32) {
        self.changes += 1;
        self.people.remove(&person);
        self.featured.remove(&person);
        self.biography.remove(&person);
    }

    pub(super) fn tell(&mut self, person: u32, biography: Biography) {
        if biography.is_empty() {
            self.biography.remove(&person);
        } else {
            self.biography.insert(person, biography);
        }
    }

    /// What somebody told.
    #[must_use]
    pub fn biography(&self, person: u32) -> Option<&Biography> {
        self.biography.get(&person)
    }

    /// People who said something, in the order of their numbers, with what they said.
    pub(super) fn quoted(&self) -> impl Iterator<Item = (u32, &Biography)> {
        let there = self
            .biography
            .iter()
            .filter(|(person, biography)| !biography.quote.is_empty() && self.people.contains(person));
        there.map(|(person, biography)| (*person, biography))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.people.len()
    }

    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    /// From how many places they come, as far as they told.
    #[must_use]
    pub fn places(&self) -> usize {
        let places = self.biography.iter().filter(|(person, _)| self.people.contains(person));
        let named: BTreeSet<_> =
            places.map(|(_, biography)| &biography.place).filter(|place| !place.is_empty()).collect();
        named.len()
    }
}
