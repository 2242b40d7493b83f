//! Arrangements that were found before. See [`Kept`].

use super::super::super::{Arrangements, Mosaic};
use super::appearance::AppearanceTable;
use millions_wall::mosaic::{Assignment, Features};

/// Increased when the same people would be arranged otherwise.
const VERSION: &[u8] = b"millions mosaic 1";
/// One in so many people may have come or gone since, and they are put in and taken out one by one; of more all is arranged anew.
const FEW: usize = 50;
/// … and so many in any case.
const FEW_AT_LEAST: usize = 8;

/// Who stands in which cell of a picture, and among whom they were chosen: by their numbers, and by what they looked like then.
///
/// It is kept under the picture and all that is asked of the mosaic, but not under the people: where a few of them are others, the rest stay.
pub struct Kept<'a> {
    arrangements: &'a dyn Arrangements,
    key: Vec<u8>,
}

impl<'a> Kept<'a> {
    pub fn new(
        arrangements: &'a dyn Arrangements,
        mosaic: &Mosaic,
        cells: &[Features],
        columns: usize,
        number: u64,
    ) -> Self {
        let mut key = VERSION.to_vec();
        let numbers = [columns as u64, u64::from(mosaic.repeats), u64::from(mosaic.spacing), mosaic.seed, number];
        key.extend(numbers.into_iter().flat_map(u64::to_le_bytes));
        key.extend(cells.iter().flat_map(|cell| cell.coefficients()).flat_map(i16::to_le_bytes));
        Self { arrangements, key }
    }

    /// Returns the arrangement, with those who have come and gone since.
    pub fn read(&self, table: &AppearanceTable, cells: &[Features], columns: usize) -> Option<Assignment> {
        let bytes = self.arrangements.read(&self.key)?;
        let Stored { spacing, people, cells: stored } = Stored::decode(&bytes)?;
        if stored.len() != cells.len() {
            return None;
        }
        // Both in the order of their numbers. A number with another look is somebody else.
        let index_of = |&(person, mark): &(u32, u64)| {
            let index = table.people.binary_search(&person).ok()?;
            (table.features[index].mark() == mark).then_some(index as u32)
        };
        let known: Vec<Option<u32>> = people.iter().map(index_of).collect();
        let mut is_known = vec![false; table.people.len()];
        known.iter().flatten().for_each(|index| is_known[*index as usize] = true);
        let newcomers: Vec<usize> = (0..is_known.len()).filter(|index| !is_known[*index]).collect();
        let gone = known.iter().filter(|index| index.is_none()).count();
        if newcomers.len().max(gone) > (table.people.len() / FEW).max(FEW_AT_LEAST) || gone == known.len() {
            return None;
        }
        let here: Vec<Option<u32>> = stored.iter().map(|index| known[*index as usize]).collect();
        let nobody = millions_wall::EMPTY_CELL;
        let mut numbers: Vec<u32> =
            here.iter().map(|index| index.map_or(nobody, |index| table.people[index as usize])).collect();
        for cell in (0..numbers.len()).filter(|cell| here[*cell].is_none()) {
            numbers[cell] = table.best_apart(&numbers, cell, &cells[cell], columns, spacing)?;
        }
        for index in newcomers {
            let (person, features) = (table.people[index], &table.features[index]);
            if let Some(place) = table.place_for(features, numbers.iter().copied(), cells, None) {
                numbers[place] = person;
            }
        }
        let indices = numbers.iter().map(|person| table.people.binary_search(person).ok().map(|index| index as u32));
        Some(Assignment { people: indices.collect::<Option<_>>()?, spacing })
    }

    /// Keeps an arrangement.
    pub fn keep(&self, table: &AppearanceTable, found: &Assignment) {
        let people = table.people.iter().zip(&table.features).map(|(person, of)| (*person, of.mark())).collect();
        let stored = Stored { spacing: found.spacing, people, cells: found.people.clone() };
        self.arrangements.keep(&self.key, stored.encode());
    }
}

/// As it is on disk, in little-endian numbers of 32 bits: spacing, people, cells; of each person the number, and two for their look; of
/// each cell the place of the person in it.
#[derive(Debug, PartialEq)]
struct Stored {
    spacing: u32,
    people: Vec<(u32, u64)>,
    cells: Vec<u32>,
}

impl Stored {
    fn encode(&self) -> Vec<u8> {
        let head = [self.spacing, self.people.len() as u32, self.cells.len() as u32];
        let people = self.people.iter().flat_map(|(person, mark)| [*person, *mark as u32, (*mark >> 32) as u32]);
        head.into_iter().chain(people).chain(self.cells.iter().copied()).flat_map(u32::to_le_bytes).collect()
    }

    /// None where it is not what [`Self::encode`] writes.
    fn decode(bytes: &[u8]) -> Option<Self> {
        let (words, rest) = bytes.as_chunks::<4>();
        let mut words = words.iter().map(|word| u32::from_le_bytes(*word));
        let [spacing, people, cells] = [words.next()?, words.next()?, words.next()?];
        if !rest.is_empty() || words.len() as u64 != u64::from(people) * 3 + u64::from(cells) {
            return None;
        }
        let mut person = || Some((words.next()?, u64::from(words.next()?) | u64::from(words.next()?) << 32));
        let people: Vec<(u32, u64)> = (0..people).map(|_| person()).collect::<Option<_>>()?;
        let cells: Vec<u32> = words.collect();
        let is_sound = people.is_sorted_by(|one, other| one.0 < other.0)
            && cells.iter().all(|index| (*index as usize) < people.len());
        is_sound.then_some(Self { spacing, people, cells })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use millions_base::SplitMix;
    use proptest::prelude::*;
    use std::collections::HashMap;
    use std::sync::Mutex;

    #[derive(Default)]
    struct Memory(Mutex<HashMap<Vec<u8>, Vec<u8>>>);

    impl Arrangements for Memory {
        fn read(&self, key: &[u8]) -> Option<Vec<u8>> {
            self.0.lock().unwrap().get(key).cloned()
        }

        fn keep(&self, key: &[u8], arrangement: Vec<u8>) {
            self.0.lock().unwrap().insert(key.to_vec(), arrangement);
        }
    }

    fn features(count: usize, seed: u64) -> Vec<Features> {
        let mut random = SplitMix::new(seed, 3);
        let mut grey = || [(); 16].map(|()| (random.unit() * 255.0) as u8);
        (0..count).map(|_| Features::new(&grey())).collect()
    }

    fn table(people: std::ops::Range<u32>, seed: u64) -> AppearanceTable {
        AppearanceTable { features: features(people.len(), seed), people: people.collect() }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn what_is_kept_is_found_again_with_those_who_came_and_without_those_who_went(
            people in 20..300u32, rows in 2..14usize, come in 0..4u32, gone in prop::collection::btree_set(0..300u32, 0..4), seed: u64,
        ) {
            let memory = Memory::default();
            let (columns, cells) = (rows, features(rows * rows, seed));
            let mosaic = Mosaic { spacing: 2, ..Mosaic::default() };
            let before = table(0..people, seed);
            let found = before.arrange(&mosaic, &cells, columns, 0, Some(&memory));
            prop_assert_eq!(&before.arrange(&mosaic, &cells, columns, 0, None), &found);
            let again = Kept::new(&memory, &mosaic, &cells, columns, 0).read(&before, &cells, columns);
            prop_assert_eq!(again.as_ref(), Some(&found));
            let other = Kept::new(&memory, &Mosaic { seed: 5, ..mosaic.clone() }, &cells, columns, 0);
            prop_assert!(other.read(&before, &cells, columns).is_none(), "of another mosaic");

            let gone: Vec<u32> = gone.into_iter().collect();
            let now = before.with(&table(1000..1000 + come, seed + 1)).without(&gone);
            let repaired = Kept::new(&memory, &mosaic, &cells, columns, 0).read(&now, &cells, columns).unwrap();
            let numbers = |table: &AppearanceTable, found: &Assignment| -> Vec<u32> {
                found.people.iter().map(|index| table.people[*index as usize]).collect()
            };
            let (was, is) = (numbers(&before, &found), numbers(&now, &repaired));
            let changed = was.iter().zip(&is).filter(|(was, is)| was != is && !gone.contains(was)).count();
            prop_assert!(changed <= come as usize, "nobody else moves");
            prop_assert!(is.iter().all(|person| !gone.contains(person)));
        }

        #[test]
        fn what_is_damaged_is_none(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0..400usize, value: u8) {
            let _ = Stored::decode(&bytes);
            let stored = Stored { spacing: 5, people: vec![(3, 7), (9, u64::MAX)], cells: vec![0, 1, 1, 0] };
            let mut encoded = stored.encode();
            prop_assert_eq!(Stored::decode(&encoded), Some(stored));
            let at = at % encoded.len();
            encoded[at] = value;
            if let Some(decoded) = Stored::decode(&encoded) {
                prop_assert!(decoded.cells.iter().all(|index| (*index as usize) < decoded.people.len()));
            }
            encoded.truncate(at);
            prop_assert!(Stored::decode(&encoded).is_none());
        }
    }

    #[test]
    fn of_a_crowd_that_has_changed_much_nothing_is_left() {
        let memory = Memory::default();
        let (cells, mosaic) = (features(100, 1), Mosaic::default());
        table(0..200, 1).arrange(&mosaic, &cells, 10, 0, Some(&memory));
        let read = |table: &AppearanceTable| Kept::new(&memory, &mosaic, &cells, 10, 0).read(table, &cells, 10);
        assert!(read(&table(0..200, 1)).is_some() && read(&table(0..150, 1)).is_none());
        assert!(read(&table(0..200, 2)).is_none(), "the same numbers, but other people");
    }
}
