//! Admission and retirement of portraits in a running [`Deal`].
//!
//! Visible portraits never change place. A new portrait takes, in this order: an empty cell; a cell of a portrait that
//! is on the wall more than once; a new cell in the shortest row, just outside the edge where that row enters. A
//! featured one takes, among such cells, the one farthest from other featured portraits.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::deal::DealRow;
use super::featured::Crowd;
use super::{Deal, EMPTY_CELL, Motion};
use millions_base::SplitMix;

/// Free cells that are compared for one featured portrait.
const CANDIDATES: usize = 24;
/// Cells searched to each side for the nearest featured portrait; farther counts as equally good.
const CLEARANCE_LIMIT: usize = 40;
/// How many cells longer than the shortest row a row may be that takes a featured portrait …
const EXTRA_LENGTH: usize = 3;
/// … and how many cells after the next one to enter it may go in.
const LOOKAHEAD: usize = 8;
/// Portraits that are considered for filling an empty cell: enough to keep repeats far apart.
const FILL_CANDIDATES: usize = 400;

/// A cell by its row and its place in the row's loop.
#[derive(Clone, Copy)]
pub(super) struct CellIndex {
    pub row: usize,
    pub cell: usize,
}

impl Deal {
    /// Creates a wall of empty cells, to be filled by [`admit`](Self::admit).
    ///
    /// # Errors
    /// As [`Deal::new`].
    pub fn empty(grid: super::WallGrid, motion: Motion, seed: u64) -> Result<Self, super::DealError> {
        let mut deal = Self::new(&[], grid, motion, seed)?;
        let loops = motion.loops(deal.rows.len(), seed);
        for (row, loops) in deal.rows.iter_mut().zip(loops) {
            row.cells_per_sec = motion.nominal_cells_per_sec(loops);
        }
        Ok(deal)
    }

    /// Admits `newcomers` at `time_secs`, in the order given, except for those in `featured`, which are interleaved
    /// evenly and placed apart from one another. Portraits that are on the wall already are skipped.
    pub fn admit(&mut self, newcomers: &[u32], featured: &BTreeSet<u32>, time_secs: f64) {
        let mut occurrences = self.occurrences();
        let newcomers: Vec<_> = newcomers.iter().copied().filter(|person| !occurrences.contains_key(person)).collect();
        let mut newcomers = Crowd::new(&newcomers, featured).interleaved(newcomers.len() / 2);
        if newcomers.is_empty() {
            return;
        }
        self.forget_period();
        // In random order, so that the wall does not fill row by row.
        let mut open: Vec<_> = self.cells_where(|person| person == EMPTY_CELL);
        SplitMix::new(self.seed, 4 ^ newcomers.len() as u64).shuffle(&mut open);
        let mut repeated = self.cells_where(|person| occurrences.get(&person).is_some_and(|count| *count > 1));
        SplitMix::new(self.seed, 5 ^ newcomers.len() as u64).shuffle(&mut repeated);
        newcomers.reverse();
        while !open.is_empty() {
            let Some(person) = newcomers.pop() else { return };
            let Some(at) = self.take_cell(&mut open, person, featured) else { break };
            self.set(at, person);
        }
        while !repeated.is_empty() {
            let Some(person) = newcomers.last().copied() else { return };
            let Some(at) = self.take_cell(&mut repeated, person, featured) else { break };
            let present = self.rows[at.row].cells[at.cell];
            let Some(count) = occurrences.get_mut(&present).filter(|count| **count > 1) else { continue };
            newcomers.pop();
            *count -= 1;
            self.set(at, person);
        }
        for person in newcomers.into_iter().rev() {
            self.insert_cell(person, featured, time_secs);
        }
    }

    /// Takes the last of `cells`; for a featured portrait, the one of the last [`CANDIDATES`] with the most clearance.
    fn take_cell(&self, cells: &mut Vec<CellIndex>, person: u32, featured: &BTreeSet<u32>) -> Option<CellIndex> {
        if !featured.contains(&person) {
            return cells.pop();
        }
        let candidates = cells.len().saturating_sub(CANDIDATES)..cells.len();
        let best = candidates.max_by_key(|index| {
            let CellIndex { row, cell } = cells[*index];
            let row = &self.rows[row].cells;
            let others = row.iter().take(4 * CLEARANCE_LIMIT).filter(|person| featured.contains(person)).count();
            (clearance(row, cell, 1, featured), Reverse(others))
        })?;
        Some(cells.swap_remove(best))
    }

    /// Removes `leavers` at once; their cells stay empty until [`Deal::close`] and [`Deal::fill`].
    pub fn retire(&mut self, leavers: &[u32]) {
        let leavers: BTreeSet<_> = leavers.iter().collect();
        self.replace_where(|person| leavers.contains(&person), EMPTY_CELL);
    }

    /// Puts portrait `new` into every cell of `old`.
    pub fn replace(&mut self, old: u32, new: u32) {
        self.replace_where(|person| person == old, new);
    }

    pub(super) fn set(&mut self, at: CellIndex, person: u32) {
        Arc::make_mut(&mut self.rows[at.row].cells)[at.cell] = person;
    }

    /// Puts a portrait into every cell whose portrait is to be replaced; rows without any stay shared.
    fn replace_where(&mut self, is_replaced: impl Fn(u32) -> bool, new: u32) {
        for row in self.rows.iter_mut().filter(|row| row.cells.iter().any(|person| is_replaced(*person))) {
            for cell in Arc::make_mut(&mut row.cells).iter_mut().filter(|cell| is_replaced(**cell)) {
                *cell = new;
            }
        }
    }

    /// Closes the empty cells at `time_secs` without repeating a portrait, as far as there are portraits enough: empty
    /// cells out of view are cut out of their rows, those in view take portraits that are out of view. Visible portraits
    /// do not move.
    pub fn close(&mut self, time_secs: f64) {
        if self.cells_where(|person| person == EMPTY_CELL).is_empty() {
            return;
        }
        self.forget_period();
        let grid = self.grid;
        for (index, row) in self.rows.iter_mut().enumerate() {
            let columns = grid.columns(index);
            row.rebase(time_secs);
            let mut spare = row.cells.len().saturating_sub(columns);
            let mut cell = 0;
            if !row.cells.contains(&EMPTY_CELL) {
                continue;
            }
            Arc::make_mut(&mut row.cells).retain(|person| {
                let cut = cell >= columns && *person == EMPTY_CELL && spare > 0;
                spare -= usize::from(cut);
                cell += 1;
                !cut
            });
        }
        let occurrences = self.occurrences();
        for hole in self.cells_where(|person| person == EMPTY_CELL) {
            let out_of_view =
                |(index, row): &(usize, &mut DealRow)| row.cells.len().saturating_sub(grid.columns(*index));
            let Some((index, longest)) = self.rows.iter_mut().enumerate().max_by_key(out_of_view) else { return };
            let columns = grid.columns(index);
            // From the middle of what is out of view: the longest time until the gap could be seen.
            let donor = columns + longest.cells.len().saturating_sub(columns) / 2;
            let Some(person) = longest.cells.get(donor).copied().filter(|person| occurrences.get(person) == Some(&1))
            else {
                return;
            };
            Arc::make_mut(&mut longest.cells).remove(donor);
            self.set(hole, person);
        }
    }

    /// Fills the empty cells with repeats, each with the portrait whose nearest other cell is farthest away. For when no
    /// more portraits are expected.
    pub fn fill(&mut self) {
        let holes = self.cells_where(|person| person == EMPTY_CELL);
        if holes.is_empty() {
            return;
        }
        let mut cells_of: HashMap<u32, Vec<CellIndex>> = HashMap::new();
        for at in self.cells_where(|person| person != EMPTY_CELL) {
            cells_of.entry(self.rows[at.row].cells[at.cell]).or_default().push(at);
        }
        // Sorted first: the order of a HashMap differs from run to run.
        let mut people: Vec<_> = cells_of.keys().copied().collect();
        people.sort_unstable();
        SplitMix::new(self.seed, 6).shuffle(&mut people);
        people.truncate(FILL_CANDIDATES);
        if people.is_empty() {
            return;
        }
        self.forget_period();
        let lengths: Vec<_> = self.rows.iter().map(|row| row.cells.len()).collect();
        for hole in holes {
            let distance = |at: &CellIndex| {
                let along = at.cell.abs_diff(hole.cell);
                // Rows pass one another, so only the distance between rows lasts.
                let along = if at.row == hole.row { along.min(lengths[hole.row] - along) } else { 0 };
                at.row.abs_diff(hole.row) * 4 + along
            };
            let nearest = |person: &u32| cells_of[person].iter().map(distance).min().unwrap_or(usize::MAX);
            let Some(person) = people.iter().copied().max_by_key(nearest) else { return };
            self.set(hole, person);
            cells_of.entry(person).or_default().push(hole);
        }
    }

    /// Inserts a cell into the shortest row, just outside the wall on the side where the row enters; for a featured
    /// portrait, into one of the shorter rows, at or soon after that place, where the clearance is largest.
    pub(super) fn insert_cell(&mut self, person: u32, featured: &BTreeSet<u32>, time_secs: f64) {
        let grid = self.grid;
        let is_featured = featured.contains(&person);
        let (extra_length, lookahead) = if is_featured { (EXTRA_LENGTH, LOOKAHEAD) } else { (0, 0) };
        let limit = self.rows.iter().map(|row| row.cells.len()).min().unwrap_or(0) + extra_length;
        let mut best = None;
        for (index, row) in self.rows.iter_mut().enumerate().filter(|(_, row)| row.cells.len() <= limit) {
            row.rebase(time_secs);
            let columns = grid.columns(index);
            // The window is cells 0 to columns − 1, whatever part of a cell is hidden.
            let length = row.cells.len();
            for later in 0..=lookahead.min(length.saturating_sub(columns)) {
                let enters_at_left = row.cells_per_sec > 0.0;
                let at = if enters_at_left { length - later } else { columns.min(length) + later };
                let clearance = if is_featured { clearance(&row.cells, at, 0, featured) } else { 0 };
                // Among equals the first.
                let rank = (clearance, Reverse(later), Reverse(length), Reverse(index));
                best = best.max(Some((rank, at)));
            }
        }
        if let Some(((.., Reverse(index)), at)) = best {
            Arc::make_mut(&mut self.rows[index].cells).insert(at, person);
        }
    }

    pub(super) fn cells_where(&self, wanted: impl Fn(u32) -> bool) -> Vec<CellIndex> {
        let mut found = Vec::new();
        for (row, cells) in self.rows.iter().map(|row| &row.cells).enumerate() {
            let cells = cells.iter().enumerate().filter(|(_, person)| wanted(**person));
            found.extend(cells.map(|(cell, _)| CellIndex { row, cell }));
        }
        found
    }

    /// Counts the cells of each portrait on the wall.
    pub(super) fn occurrences(&self) -> HashMap<u32, usize> {
        let mut occurrences = HashMap::new();
        for person in self.rows.iter().flat_map(|row| row.cells.iter()).filter(|person| **person != EMPTY_CELL) {
            *occurrences.entry(*person).or_insert(0) += 1;
        }
        occurrences
    }
}

/// Distance in cells from `at` to the nearest featured portrait of a loop, at most [`CLEARANCE_LIMIT`]. The new portrait
/// replaces the `replaced` cells from `at` on (0: it is inserted before them).
fn clearance(cells: &[u32], at: usize, replaced: usize, featured: &BTreeSet<u32>) -> usize {
    let is_featured = |cell: usize| featured.contains(&cells[cell % cells.len()]);
    (1..CLEARANCE_LIMIT.min(cells.len()))
        .find(|step| is_featured(at + replaced + step - 1) || is_featured(at + cells.len() - step))
        .unwrap_or(CLEARANCE_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::super::{Direction, WallGrid, WallPlan};
    use super::*;
    use proptest::prelude::*;

    /// Where the rows and their windows are, whoever is in them.
    fn places(plan: &WallPlan) -> Vec<(f64, f32, usize)> {
        plan.rows.iter().map(|row| (row.top, row.hidden, row.columns)).collect()
    }

    const MOTION: Motion =
        Motion { speed: 0.4, variation: 0.5, direction: Direction::Alternate, drift: 0.0, stagger: None };

    proptest! {
        #[test]
        fn admission_moves_no_visible_portrait(
            rows in 1..8u32, aspect in 0.5..4.0f64, batches in prop::collection::vec(1..80usize, 1..12), seed: u64,
        ) {
            let grid = WallGrid { rows, aspect, tile_aspect: 0.8, gap: 0.02, ..WallGrid::default() };
            let mut deal = Deal::empty(grid, MOTION, seed).unwrap();
            let (mut next, mut time) = (0, 1000.0);
            for batch in batches {
                let newcomers: Vec<u32> = (next..next + batch as u32).collect();
                next += batch as u32;
                let before = deal.plan(time);
                deal.admit(&newcomers, &BTreeSet::new(), time);
                let after = deal.plan(time);
                prop_assert_eq!(places(&before), places(&after));
                for (was, is) in before.cells().zip(after.cells()) {
                    prop_assert!(was == is || was == EMPTY_CELL, "{was} became {is}");
                }
                time += 1.7;
            }
            let mut dealt: Vec<_> = deal.rows.iter().flat_map(|row| row.cells.to_vec()).filter(|c| *c != EMPTY_CELL).collect();
            dealt.sort_unstable();
            prop_assert_eq!(dealt, (0..next).collect::<Vec<_>>());
        }

        #[test]
        fn fill_leaves_no_empty_cell_and_keeps_every_portrait(people in 1..60u32, seed: u64) {
            let grid = WallGrid { rows: 5, aspect: 1.8, tile_aspect: 0.8, gap: 0.02, ..WallGrid::default() };
            let mut deal = Deal::empty(grid, MOTION, seed).unwrap();
            deal.admit(&(0..people).collect::<Vec<_>>(), &BTreeSet::new(), 0.0);
            deal.fill();
            prop_assert!(deal.cells_where(|person| person == EMPTY_CELL).is_empty());
            prop_assert_eq!(deal.occurrences().len(), people as usize);
            // Later newcomers take the places of repeats before they lengthen a row.
            let cells: usize = deal.rows.iter().map(|row| row.cells.len()).sum();
            if cells > people as usize {
                deal.admit(&[1_000_000], &BTreeSet::new(), 0.0);
                prop_assert_eq!(deal.rows.iter().map(|row| row.cells.len()).sum::<usize>(), cells);
                prop_assert_eq!(deal.occurrences().len(), people as usize + 1);
            }
        }
    }

    #[test]
    fn retired_portraits_are_gone_at_once() {
        let grid = WallGrid { rows: 3, aspect: 1.8, tile_aspect: 0.8, gap: 0.02, ..WallGrid::default() };
        let mut deal = Deal::new(&(0..40).collect::<Vec<_>>(), grid, MOTION, 1).unwrap();
        deal.retire(&[3, 5]);
        assert!(deal.cells_where(|person| person == 3 || person == 5).is_empty());
        deal.fill();
        assert!(deal.cells_where(|person| person == EMPTY_CELL).is_empty());
    }

    proptest! {
        #[test]
        fn retirement_from_a_full_wall_moves_no_visible_portrait(
            rows in 1..8u32, aspect in 0.5..4.0f64, spare in 1..300usize, share in 0.0..1.0f64, time in 0.0..1e5f64, seed: u64,
        ) {
            let grid = WallGrid { rows, aspect, tile_aspect: 0.8, gap: 0.02, ..WallGrid::default() };
            let people = rows as usize * grid.most_columns() + spare;
            let everybody: Vec<u32> = (0..people as u32).collect();
            let mut deal = Deal::new(&everybody, grid, MOTION, seed).unwrap();
            let before = deal.plan(time);
            let mut leavers = everybody.clone();
            SplitMix::new(seed, 99).shuffle(&mut leavers);
            leavers.truncate((spare as f64 * share) as usize);
            deal.retire(&leavers);
            deal.close(time);
            let after = deal.plan(time);
            prop_assert_eq!(places(&before), places(&after));
            prop_assert_eq!(after.people().len(), after.cells().count(), "nobody twice, and no hole");
            for (was, is) in before.cells().zip(after.cells()) {
                prop_assert!(was == is || leavers.contains(&was), "{was} became {is}");
            }
            let mut left: Vec<_> = deal.rows.iter().flat_map(|row| row.cells.to_vec()).collect();
            left.sort_unstable();
            prop_assert_eq!(left, everybody.iter().copied().filter(|n| !leavers.contains(n)).collect::<Vec<_>>());
        }

        #[test]
        fn featured_newcomers_are_admitted_apart_from_one_another(rows in 2..8u32, aspect in 1.0..4.0f64, batch in 1..120usize, seed: u64) {
            let grid = WallGrid { rows, aspect, tile_aspect: 0.8, gap: 0.02, ..WallGrid::default() };
            let mut deal = Deal::empty(grid, MOTION, seed).unwrap();
            let mut everybody: Vec<u32> = (0..600).collect();
            SplitMix::new(seed, 98).shuffle(&mut everybody);
            // One of twelve: by chance, eight would stand next to another or but one.
            let featured = (0..600).filter(|person| person % 12 == 0).collect();
            for (index, batch) in everybody.chunks(batch).enumerate() {
                deal.admit(batch, &featured, index as f64);
            }
            let close_pairs: usize = deal.rows.iter().map(|row| {
                let cells: Vec<_> = (0..row.cells.len()).filter(|cell| featured.contains(&row.cells[*cell])).collect();
                cells.windows(2).filter(|pair| pair[1] - pair[0] <= 2).count()
            }).sum();
            prop_assert!(close_pairs <= 3, "{close_pairs} pairs");
        }
    }
}
