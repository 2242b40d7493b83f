//! People who come to a wall that already runs, and people who leave it.
//!
//! Nobody on the wall may jump. A newcomer takes, in this order: an empty cell; a cell of somebody who is on the wall
//! more than once; a new cell in the row that is shortest, at the edge where the row is about to come in. One of the
//! featured takes whichever of such cells is farthest from others of them.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use super::deal::DealRow;
use super::featured::Crowd;
use super::{Deal, Motion, NOBODY};
use millions_base::SplitMix;

/// How many of the free cells one of the featured chooses from.
const CHOICE: usize = 24;
/// How far they look around, in cells; farther is as good.
const SIGHT: usize = 40;
/// How many cells longer than the shortest a row may be that one of the featured comes in with,
const LONGER: usize = 3;
/// and how many cells after the next.
const LATER: usize = 8;

/// A row, and a cell of it.
type Place = (usize, usize);

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

    /// Lets `newcomers` in at `time_secs`, in the order given, but for those who are in `featured`: they come evenly among
    /// the others, and stand apart from one another. Those who are on the wall already are passed over.
    pub fn admit(&mut self, newcomers: &[u32], featured: &BTreeSet<u32>, time_secs: f64) {
        let mut copies = self.copies();
        let newcomers: Vec<_> = newcomers.iter().copied().filter(|person| !copies.contains_key(person)).collect();
        let mut newcomers = Crowd::new(&newcomers, featured).mixed(newcomers.len() / 2);
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
        while !open.is_empty() {
            let Some(person) = newcomers.pop() else { return };
            let Some((row, cell)) = self.take_place(&mut open, person, featured) else { break };
            self.rows[row].cells[cell] = person;
        }
        while !repeated.is_empty() {
            let Some(person) = newcomers.last().copied() else { return };
            let Some((row, cell)) = self.take_place(&mut repeated, person, featured) else { break };
            let standing = self.rows[row].cells[cell];
            let Some(count) = copies.get_mut(&standing).filter(|count| **count > 1) else { continue };
            newcomers.pop();
            *count -= 1;
            self.rows[row].cells[cell] = person;
        }
        for person in newcomers.into_iter().rev() {
            self.lengthen(person, featured, time_secs);
        }
    }

    /// The last of `places`, or for one of the featured that of the last which is farthest from others of them.
    fn take_place(&self, places: &mut Vec<Place>, person: u32, featured: &BTreeSet<u32>) -> Option<Place> {
        if !featured.contains(&person) {
            return places.pop();
        }
        let choice = places.len().saturating_sub(CHOICE)..places.len();
        let best = choice.max_by_key(|index| {
            let (row, cell) = places[*index];
            let cells = &self.rows[row].cells;
            let others = cells.iter().take(4 * SIGHT).filter(|person| featured.contains(person)).count();
            (room(cells, cell, 1, featured), Reverse(others))
        })?;
        Some(places.swap_remove(best))
    }

    /// Takes `leavers` off the wall at once; their cells are dark until [`Deal::close`] and [`Deal::fill`].
    pub fn retire(&mut self, leavers: &[u32]) {
        let leavers: BTreeSet<_> = leavers.iter().collect();
        for cell in self.rows.iter_mut().flat_map(|row| &mut row.cells) {
            if leavers.contains(cell) {
                *cell = NOBODY;
            }
        }
    }

    /// Puts `new` where `old` stands.
    pub fn replace(&mut self, old: u32, new: u32) {
        for cell in self.rows.iter_mut().flat_map(|row| &mut row.cells).filter(|cell| **cell == old) {
            *cell = new;
        }
    }

    /// Closes the empty cells at `time_secs`, while there are people enough, so that still nobody stands twice: those out of
    /// view are cut out of their rows, those in view are taken by people who are out of view. Nobody who is seen moves.
    pub fn close(&mut self, time_secs: f64) {
        if self.places(|person| person == NOBODY).is_empty() {
            return;
        }
        self.forget_period();
        let grid = self.grid;
        for (index, row) in self.rows.iter_mut().enumerate() {
            let columns = grid.columns(index);
            row.turn_to(time_secs);
            let mut spare = row.cells.len().saturating_sub(columns);
            let mut cell = 0;
            row.cells.retain(|person| {
                let cut = cell >= columns && *person == NOBODY && spare > 0;
                spare -= usize::from(cut);
                cell += 1;
                !cut
            });
        }
        let copies = self.copies();
        for (row, cell) in self.places(|person| person == NOBODY) {
            // The row with the most people out of view.
            let out_of_view =
                |(index, row): &(usize, &mut DealRow)| row.cells.len().saturating_sub(grid.columns(*index));
            let Some((index, longest)) = self.rows.iter_mut().enumerate().max_by_key(out_of_view) else { return };
            let columns = grid.columns(index);
            let out_of_view = longest.cells.len().saturating_sub(columns);
            // From the middle of what is out of view, where it is least missed.
            let donor = columns + out_of_view / 2;
            let Some(person) = longest.cells.get(donor).copied().filter(|person| copies.get(person) == Some(&1)) else {
                return;
            };
            longest.cells.remove(donor);
            self.rows[row].cells[cell] = person;
        }
    }

    /// Fills the empty cells with people who are on the wall already, each with the one whose nearest other cell is
    /// farthest away. For when no more newcomers are to be expected.
    pub fn fill(&mut self) {
        let holes = self.places(|person| person == NOBODY);
        if holes.is_empty() {
            return;
        }
        let mut where_is: HashMap<u32, Vec<Place>> = HashMap::new();
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
            let distance = |place: &Place| {
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

    /// Adds a cell to the shortest row, just outside the wall on the side where it comes in; for one of the featured, to that
    /// of the shorter rows, and there soon after, where others of them are farthest.
    fn lengthen(&mut self, person: u32, featured: &BTreeSet<u32>, time_secs: f64) {
        let grid = self.grid;
        let is_featured = featured.contains(&person);
        let (longer, later) = if is_featured { (LONGER, LATER) } else { (0, 0) };
        let longest = self.rows.iter().map(|row| row.cells.len()).min().unwrap_or(0) + longer;
        let mut best = None;
        for (index, row) in self.rows.iter_mut().enumerate().filter(|(_, row)| row.cells.len() <= longest) {
            row.turn_to(time_secs);
            let columns = grid.columns(index);
            // The window is cells 0 to columns − 1, whatever part of a cell is hidden.
            let length = row.cells.len();
            for later in 0..=later.min(length.saturating_sub(columns)) {
                let enters_at_left = row.cells_per_sec > 0.0;
                let place = if enters_at_left { length - later } else { columns.min(length) + later };
                // The first that is as good as any.
                let room = if is_featured { room(&row.cells, place, 0, featured) } else { 0 };
                let worth = (room, Reverse(later), Reverse(length), Reverse(index));
                best = best.max(Some((worth, place)));
            }
        }
        if let Some(((.., Reverse(index)), place)) = best {
            self.rows[index].cells.insert(place, person);
        }
    }

    fn places(&self, wanted: impl Fn(u32) -> bool) -> Vec<Place> {
        let of_row = |(index, row): (usize, &DealRow)| {
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

/// How many cells of a loop the nearest of the featured is away from somebody who is to stand at a place, at most
/// [`SIGHT`]: instead of those in the next `taken` cells, the others staying where they are.
fn room(cells: &[u32], place: usize, taken: usize, featured: &BTreeSet<u32>) -> usize {
    let is_featured = |cell: usize| featured.contains(&cells[cell % cells.len()]);
    let sight = SIGHT.min(cells.len());
    (1..sight)
        .find(|step| is_featured(place + taken + step - 1) || is_featured(place + cells.len() - step))
        .unwrap_or(SIGHT)
}

#[cfg(test)]
mod tests {
    use super::super::{Direction, WallGrid};
    use super::*;
    use proptest::prelude::*;

    const MOTION: Motion =
        Motion { speed: 0.4, variation: 0.5, direction: Direction::Alternate, drift: 0.0, stagger: None };

    proptest! {
        #[test]
        fn nobody_on_the_wall_jumps_when_others_come(
            rows in 1..8u32, aspect in 0.5..4.0f64, batches in prop::collection::vec(1..80usize, 1..12), seed: u64,
        ) {
            let grid = WallGrid { rows, aspect, tile_aspect: 0.8, gap: 0.02, ..WallGrid::default() };
            let mut deal = Deal::awaiting(grid, MOTION, seed).unwrap();
            let (mut next, mut time) = (0, 1000.0);
            for batch in batches {
                let newcomers: Vec<u32> = (next..next + batch as u32).collect();
                next += batch as u32;
                let before = deal.plan(time);
                deal.admit(&newcomers, &BTreeSet::new(), time);
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
            let grid = WallGrid { rows: 5, aspect: 1.8, tile_aspect: 0.8, gap: 0.02, ..WallGrid::default() };
            let mut deal = Deal::awaiting(grid, MOTION, seed).unwrap();
            deal.admit(&(0..people).collect::<Vec<_>>(), &BTreeSet::new(), 0.0);
            deal.fill();
            prop_assert!(deal.places(|person| person == NOBODY).is_empty());
            prop_assert_eq!(deal.copies().len(), people as usize);
            // Later newcomers take the places of repeats before they lengthen a row.
            let cells: usize = deal.rows.iter().map(|row| row.cells.len()).sum();
            if cells > people as usize {
                deal.admit(&[1_000_000], &BTreeSet::new(), 0.0);
                prop_assert_eq!(deal.rows.iter().map(|row| row.cells.len()).sum::<usize>(), cells);
                prop_assert_eq!(deal.copies().len(), people as usize + 1);
            }
        }
    }

    #[test]
    fn who_leaves_is_gone_at_once() {
        let grid = WallGrid { rows: 3, aspect: 1.8, tile_aspect: 0.8, gap: 0.02, ..WallGrid::default() };
        let mut deal = Deal::new(&(0..40).collect::<Vec<_>>(), grid, MOTION, 1).unwrap();
        deal.retire(&[3, 5]);
        assert!(deal.places(|person| person == 3 || person == 5).is_empty());
        deal.fill();
        assert!(deal.places(|person| person == NOBODY).is_empty());
    }

    proptest! {
        #[test]
        fn who_leaves_a_full_wall_disturbs_nobody(
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
            prop_assert_eq!(&before.rows, &after.rows);
            prop_assert_eq!(after.people().len(), after.cells.len(), "nobody twice, and no hole");
            for (was, is) in before.cells.iter().zip(&after.cells) {
                prop_assert!(was == is || leavers.contains(was), "{was} became {is}");
            }
            let mut left: Vec<_> = deal.rows.iter().flat_map(|row| row.cells.clone()).collect();
            left.sort_unstable();
            prop_assert_eq!(left, everybody.iter().copied().filter(|n| !leavers.contains(n)).collect::<Vec<_>>());
        }

        #[test]
        fn the_featured_come_in_apart_from_one_another(rows in 2..8u32, aspect in 1.0..4.0f64, batch in 1..120usize, seed: u64) {
            let grid = WallGrid { rows, aspect, tile_aspect: 0.8, gap: 0.02, ..WallGrid::default() };
            let mut deal = Deal::awaiting(grid, MOTION, seed).unwrap();
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
