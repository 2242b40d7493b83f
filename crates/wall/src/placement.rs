//! Cells that stay in view for a while, for portraits that arrive before everybody's eyes.

use std::collections::BTreeSet;

use glam::DVec2;

use super::arrivals::CellIndex;
use super::{Deal, EMPTY_CELL};
use millions_base::SplitMix;

impl Deal {
    /// Has a portrait stand in a cell that is wholly on the wall at all times (one at least), and whose corners are accepted by `fits` at each of
    /// them: in its own, or in that of another, who takes the portrait's; not in that of somebody `kept`. Those who are on the wall more
    /// than once give way first. A portrait that is not on the wall comes to it, and at the first of the times nobody else who is seen has
    /// moved: whoever gives way goes to a cell that is out of view. Returns whether it stands in such a cell now.
    pub fn place_in_view(
        &mut self,
        person: u32,
        times: &[f64],
        kept: &BTreeSet<u32>,
        fits: impl Fn([DVec2; 2], f64) -> bool,
    ) -> bool {
        let ([first, ..], [.., last]) = (times, times) else { return false };
        let seats = |deal: &Self| {
            let fits_at = |row, cell, time| deal.tile_at(row, cell, time).is_some_and(|tile| fits(tile, time));
            let mut seats = deal.visible_at_both([*first, *last]);
            seats.retain(|at| times.iter().all(|time| fits_at(at.row, at.cell, *time)));
            seats
        };
        let mut free = seats(self);
        if free.iter().any(|at| at.portrait == person) {
            return true;
        }
        free.retain(|at| !kept.contains(&at.portrait));
        if free.is_empty() {
            return false;
        }
        let occurrences = self.occurrences();
        let is_repeated = |portrait: u32| occurrences.get(&portrait).is_some_and(|count| *count > 1);
        let mut own = self.first_cell_of(person);
        if free.iter().any(|at| is_repeated(at.portrait)) {
            free.retain(|at| is_repeated(at.portrait));
        } else if own.is_none() {
            self.admit_out_of_view(person, *first, is_repeated);
            // Its row may have been turned in its loop.
            free = seats(self);
            free.retain(|at| !kept.contains(&at.portrait) && at.portrait != person);
            own = self.first_cell_of(person);
        }
        if free.is_empty() {
            return false;
        }
        let chosen = free[SplitMix::new(self.seed, 7 ^ u64::from(person) << 8).below(free.len())];
        self.set(CellIndex { row: chosen.row, cell: chosen.cell }, person);
        if let Some(own) = own {
            self.set(own, chosen.portrait);
        }
        true
    }

    /// Has a portrait that is not on the wall stand in a cell that is out of view at a time: that of somebody who is on the wall more than
    /// once, or one more.
    fn admit_out_of_view(&mut self, person: u32, time_secs: f64, is_repeated: impl Fn(u32) -> bool) {
        let seen = self.visible_at(time_secs);
        let is_seen = |at: &CellIndex| seen.iter().any(|seen| (seen.row, seen.cell) == (at.row, at.cell));
        match self.cells_where(is_repeated).into_iter().find(|at| !is_seen(at)) {
            Some(at) => self.set(at, person),
            None => {
                self.forget_period();
                self.insert_cell(person, &BTreeSet::new(), time_secs);
            }
        }
    }

    /// Returns who stood in a portrait's place on the wall in an earlier version of this deal, at a time; none where it is out of view, or
    /// was empty.
    #[must_use]
    pub fn predecessor(&self, person: u32, earlier: &Self, time_secs: f64) -> Option<u32> {
        for (index, (row, before)) in self.rows.iter().zip(&earlier.rows).enumerate() {
            let Some(cell) = row.cells.iter().position(|other| *other == person) else { continue };
            // Rows may have been turned in their loops since, but nothing that is seen has moved.
            let along = (cell as f64 - row.position(time_secs) + 1.0).rem_euclid(row.cells.len() as f64) - 1.0;
            if along > self.grid.visible_cells(index) || before.cells.is_empty() {
                return None;
            }
            let place = (along + before.position(time_secs)).round().rem_euclid(before.cells.len() as f64) as usize;
            let portrait = before.cells[place % before.cells.len()];
            return Some(portrait).filter(|portrait| *portrait != EMPTY_CELL && *portrait != person);
        }
        None
    }

    fn first_cell_of(&self, person: u32) -> Option<CellIndex> {
        let find = |(row, cells): (usize, &[u32])| {
            Some(CellIndex { row, cell: cells.iter().position(|cell| *cell == person)? })
        };
        self.rows.iter().map(|row| row.cells.as_slice()).enumerate().find_map(find)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Motion, WallGrid};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_seat_stays_in_view_and_nobody_is_lost(people in 1..600u32, rows in 1..9u32, seed in 0..40u64, time in 0.0..1e6f64) {
            let grid = WallGrid { rows, aspect: 1.8, gap: 0.02, ..WallGrid::default() };
            let motion = Motion { speed: 0.1, variation: 0.5, ..Motion::default() };
            let mut deal = Deal::new(&(0..people).collect::<Vec<_>>(), grid, motion, seed).unwrap();
            let before = deal.clone();
            let (times, kept) = ([time, time + 8.0], BTreeSet::from([0]));
            let mut seated = deal.place_in_view(people, &times, &kept, |_, _| true);
            if !seated {
                deal.admit(&[people], &BTreeSet::new(), time);
                seated = deal.place_in_view(people, &times, &kept, |_, _| true);
            }
            let all = |deal: &Deal| deal.rows.iter().flat_map(|row| row.cells.to_vec()).collect::<BTreeSet<u32>>();
            let with: BTreeSet<u32> = all(&before).into_iter().chain([people]).collect();
            prop_assert_eq!(all(&deal), with);
            let is_seen = |deal: &Deal| deal.visible_at_both(times).iter().any(|at| at.portrait == people);
            prop_assert!(is_seen(&deal) == seated);
            if people > 40 && rows > 1 {
                prop_assert!(seated);
            }
            if seated {
                // All others who are seen stay where they are, but the one in whose place the newcomer stands.
                let (was, is) = (before.plan(time), deal.plan(time));
                let changed: Vec<_> = was.cells().zip(is.cells()).filter(|(was, is)| was != is).collect();
                prop_assert_eq!(changed.len(), 1);
                prop_assert_eq!(changed[0].1, people);
                prop_assert_eq!(deal.predecessor(people, &before, time), Some(changed[0].0));
            }
        }
    }
}
