//! People who come to a wall that already runs, and people who leave it.
//!
//! Nobody on the wall may jump. A newcomer takes, in this order: an empty cell; a cell of somebody who is on the wall
//! more than once; a new cell in the row that is shortest, at the edge where the row is about to come in.

use std::collections::HashMap;

use super::random::SplitMix;
use super::{Deal, Motion, NOBODY};

impl Deal {
    /// An empty wall that people will come to.
    ///
    /// # Errors
    /// As [`Deal::new`].
    pub fn awaiting(grid: super::WallGrid, motion: Motion, seed: u64) -> Result<Self, super::DealError> {
        let mut deal = Self::new(&[], grid, motion, seed)?;
        let loops = motion.loops(deal.rows.len(), seed);
        for (row, loops) in deal.rows.iter_mut().zip(loops) {
            row.cells_per_sec = motion.nominal_cells_per_sec(loops);
        }
        Ok(deal)
    }

    /// Lets `newcomers` in at `time_secs`, in the order given. Those who are on the wall already are passed over.
    pub fn admit(&mut self, newcomers: &[u32], time_secs: f64) {
        let mut copies = self.copies();
        let mut newcomers: Vec<_> = newcomers.iter().copied().filter(|person| !copies.contains_key(person)).collect();
        if newcomers.is_empty() {
            return;
        }
        self.forget_period();
        // In random places, or the wall would fill row by row like a form.
        let mut open: Vec<_> = self.places(|person| person == NOBODY);
        SplitMix::new(self.seed, 4 ^ newcomers.len() as u64).shuffle(&mut open);
        let mut repeated = self.places(|person| copies.get(&person).is_some_and(|count| *count > 1));
        SplitMix::new(self.seed, 5 ^ newcomers.len() as u64).shuffle(&mut repeated);
        newcomers.reverse();
        while let Some((row, cell)) = open.pop() {
            let Some(person) = newcomers.pop() else { return };
            self.rows[row].cells[cell] = person;
        }
        while let Some((row, cell)) = repeated.pop() {
            let standing = self.rows[row].cells[cell];
            let Some(count) = copies.get_mut(&standing).filter(|count| **count > 1) else { continue };
            let Some(person) = newcomers.pop() else { return };
            *count -= 1;
            self.rows[row].cells[cell] = person;
        }
        for person in newcomers.into_iter().rev() {
            self.lengthen(person, time_secs);
        }
    }

    /// Takes `leavers` off the wall at once; their cells are dark until [`Deal::fill`].
    pub fn retire(&mut self, leavers: &[u32]) {
        for cell in self.rows.iter_mut().flat_map(|row| &mut row.cells) {
            if leavers.contains(cell) {
                *cell = NOBODY;
            }
        }
    }

    /// Fills the empty cells with people who are on the wall already, each with the one whose nearest other cell is
    /// farthest away. For when no more newcomers are to be expected.
    pub fn fill(&mut self) {
        let holes = self.places(|person| person == NOBODY);
        if holes.is_empty() {
            return;
        }
        let mut where_is: HashMap<u32, Vec<(usize, usize)>> = HashMap::new();
        for place in self.places(|person| person != NOBODY) {
            where_is.entry(self.rows[place.0].cells[place.1]).or_default().push(place);
        }
        // In order of number, for a HashMap has none. A few hundred candidates are plenty to stand apart.
        let mut people: Vec<_> = where_is.keys().copied().collect();
        people.sort_unstable();
        SplitMix::new(self.seed, 6).shuffle(&mut people);
        people.truncate(400);
        if people.is_empty() {
            return;
        }
        self.forget_period();
        for hole in holes {
            let lengths: Vec<_> = self.rows.iter().map(|row| row.cells.len()).collect();
            let distance = |place: &(usize, usize)| {
                let across = place.1.abs_diff(hole.1);
                let across = if place.0 == hole.0 { across.min(lengths[hole.0] - across) } else { 0 };
                // Rows pass one another, so only the distance between rows lasts.
                place.0.abs_diff(hole.0) * 4 + across
            };
            let nearest = |person: &u32| where_is[person].iter().map(distance).min().unwrap_or(usize::MAX);
            let Some(person) = people.iter().copied().max_by_key(nearest) else { return };
            self.rows[hole.0].cells[hole.1] = person;
            where_is.entry(person).or_default().push(hole);
        }
    }

    /// Adds a cell to the shortest row, just outside the wall on the side where it comes in.
    fn lengthen(&mut self, person: u32, time_secs: f64) {
        let columns = self.grid.columns();
        let Some(row) = self.rows.iter_mut().min_by_key(|row| row.cells.len()) else { return };
        let position = row.position(time_secs);
        let first = position.floor();
        let turn = first as usize % row.cells.len();
        row.cells.rotate_left(turn);
        row.origin_cells = position - first;
        row.since_secs = time_secs;
        let enters_at_left = row.cells_per_sec > 0.0;
        // The window is cells 0 to columns − 1 now, whatever part of a cell is hidden.
        let place = if enters_at_left { row.cells.len() } else { columns.min(row.cells.len()) };
        row.cells.insert(place, person);
    }

    fn places(&self, wanted: impl Fn(u32) -> bool) -> Vec<(usize, usize)> {
        let of_row = |(index, row): (usize, &super::deal::DealRow)| {
            let cells = row.cells.iter().enumerate().filter(|(_, person)| wanted(**person));
            cells.map(move |(cell, _)| (index, cell)).collect::<Vec<_>>()
        };
        self.rows.iter().enumerate().flat_map(of_row).collect()
    }

    fn copies(&self) -> HashMap<u32, usize> {
        let mut copies = HashMap::new();
        for person in self.rows.iter().flat_map(|row| &row.cells).filter(|person| **person != NOBODY) {
            *copies.entry(*person).or_insert(0) += 1;
        }
        copies
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Direction, WallGrid};
    use super::*;
    use proptest::prelude::*;

    const MOTION: Motion = Motion { speed: 0.4, variation: 0.5, direction: Direction::Alternate };

    proptest! {
        #[test]
        fn nobody_on_the_wall_jumps_when_others_come(
            rows in 1..8u32, aspect in 0.5..4.0f64, batches in prop::collection::vec(1..80usize, 1..12), seed: u64,
        ) {
            let grid = WallGrid { rows, aspect, tile_aspect: 0.8, gap: 0.02 };
            let mut deal = Deal::awaiting(grid, MOTION, seed).unwrap();
            let (mut next, mut time) = (0, 1000.0);
            for batch in batches {
                let newcomers: Vec<u32> = (next..next + batch as u32).collect();
                next += batch as u32;
                let before = deal.plan(time);
                deal.admit(&newcomers, time);
                let after = deal.plan(time);
                prop_assert_eq!(&before.rows, &after.rows);
                for (was, is) in before.cells.iter().zip(&after.cells) {
                    prop_assert!(was == is || *was == NOBODY, "{was} became {is}");
                }
                time += 1.7;
            }
            let mut dealt: Vec<_> = deal.rows.iter().flat_map(|row| row.cells.clone()).filter(|c| *c != NOBODY).collect();
            dealt.sort_unstable();
            prop_assert_eq!(dealt, (0..next).collect::<Vec<_>>());
        }

        #[test]
        fn a_filled_wall_has_no_holes_and_still_everybody(people in 1..60u32, seed: u64) {
            let grid = WallGrid { rows: 5, aspect: 1.8, tile_aspect: 0.8, gap: 0.02 };
            let mut deal = Deal::awaiting(grid, MOTION, seed).unwrap();
            deal.admit(&(0..people).collect::<Vec<_>>(), 0.0);
            deal.fill();
            prop_assert!(deal.places(|person| person == NOBODY).is_empty());
            prop_assert_eq!(deal.copies().len(), people as usize);
            // Later newcomers take the places of repeats before they lengthen a row.
            let cells: usize = deal.rows.iter().map(|row| row.cells.len()).sum();
            if cells > people as usize {
                deal.admit(&[1_000_000], 0.0);
                prop_assert_eq!(deal.rows.iter().map(|row| row.cells.len()).sum::<usize>(), cells);
                prop_assert_eq!(deal.copies().len(), people as usize + 1);
            }
        }
    }

    #[test]
    fn who_leaves_is_gone_at_once() {
        let grid = WallGrid { rows: 3, aspect: 1.8, tile_aspect: 0.8, gap: 0.02 };
        let mut deal = Deal::new(&(0..40).collect::<Vec<_>>(), grid, MOTION, 1).unwrap();
        deal.retire(&[3, 5]);
        assert!(deal.places(|person| person == 3 || person == 5).is_empty());
        deal.fill();
        assert!(deal.places(|person| person == NOBODY).is_empty());
    }
}
