//! GPU data that are kept from frame to frame, found by what they depend on. See [`Pool`].

use std::ops::{Index, IndexMut};

/// Submissions without use after which a value is freed: two seconds of one output, and less with more of them, whose
/// submissions take turns.
const KEPT_SUBMISSIONS: u64 = 120;

/// Values that are created on first use, kept by a key such as a size, and freed after [`KEPT_SUBMISSIONS`] without use.
/// A position found by [`Pool::claim`] or [`Pool::share`] is valid until the next [`Pool::begin_submission`].
pub struct Pool<K, V> {
    entries: Vec<Entry<K, V>>,
    /// The count of submissions.
    submission: u64,
}

struct Entry<K, V> {
    key: K,
    value: V,
    used_in: u64,
}

impl<K, V> Default for Pool<K, V> {
    fn default() -> Self {
        Self { entries: Vec::new(), submission: 0 }
    }
}

impl<K: PartialEq, V> Pool<K, V> {
    /// Begins a submission: every value can be claimed again, and those without use for long are freed.
    pub fn begin_submission(&mut self) {
        self.submission += 1;
        let submission = self.submission;
        self.entries.retain(|entry| submission - entry.used_in <= KEPT_SUBMISSIONS);
    }

    /// Frees the values with other keys.
    pub fn retain(&mut self, is_kept: impl Fn(&K) -> bool) {
        self.entries.retain(|entry| is_kept(&entry.key));
    }

    /// Returns the position of a value that nothing else uses in this submission.
    pub fn claim(&mut self, key: K, create: impl FnOnce() -> V) -> usize {
        let submission = self.submission;
        let found = self.entries.iter().position(|entry| entry.key == key && entry.used_in != submission);
        self.use_or_create(found, key, create)
    }

    /// Returns the position of the value of a key that is used once a submission, or in turns.
    pub fn share(&mut self, key: K, create: impl FnOnce() -> V) -> usize {
        let found = self.entries.iter().position(|entry| entry.key == key);
        self.use_or_create(found, key, create)
    }

    fn use_or_create(&mut self, found: Option<usize>, key: K, create: impl FnOnce() -> V) -> usize {
        let used_in = self.submission;
        let at = found.unwrap_or_else(|| {
            self.entries.push(Entry { key, value: create(), used_in });
            self.entries.len() - 1
        });
        self.entries[at].used_in = used_in;
        at
    }
}

impl<K, V> Index<usize> for Pool<K, V> {
    type Output = V;

    fn index(&self, at: usize) -> &V {
        &self.entries[at].value
    }
}

impl<K, V> IndexMut<usize> for Pool<K, V> {
    fn index_mut(&mut self, at: usize) -> &mut V {
        &mut self.entries[at].value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Claims a value; a new one gets the number of those before it.
    fn claim(pool: &mut Pool<char, usize>, key: char) -> usize {
        let number = pool.entries.len();
        let at = pool.claim(key, || number);
        pool[at]
    }

    #[test]
    fn values_are_found_by_key_whatever_the_order_and_none_twice_in_a_submission() {
        let mut pool = Pool::default();
        pool.begin_submission();
        assert_eq!(['a', 'b', 'a'].map(|key| claim(&mut pool, key)), [0, 1, 2]);
        pool.begin_submission();
        assert_eq!(['b', 'a', 'a', 'b'].map(|key| claim(&mut pool, key)), [1, 0, 2, 3]);
        pool.begin_submission();
        assert_eq!([0, 1].map(|_| pool.share('b', || 9)), [1, 1]);
        pool.retain(|key| *key == 'b');
        assert_eq!(claim(&mut pool, 'b'), 3, "the other one is in use");
    }

    #[test]
    fn what_is_not_used_for_long_is_freed() {
        let mut pool = Pool::default();
        pool.begin_submission();
        let values = ['a', 'b'].map(|key| claim(&mut pool, key));
        assert_eq!(values, [0, 1]);
        for _ in 0..KEPT_SUBMISSIONS {
            pool.begin_submission();
            claim(&mut pool, 'b');
        }
        assert_eq!(pool.entries.len(), 2);
        pool.begin_submission();
        assert_eq!(pool.entries.iter().map(|entry| entry.key).collect::<Vec<_>>(), ['b']);
    }
}
