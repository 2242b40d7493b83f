//! The deal: who stands in which cell. See [`Deal`].

use std::collections::BTreeSet;

use glam::DVec2;

use super::featured::{Crowd, Stagger};
use super::{Flow, Motion, NOBODY, RowPlan, WallGrid, WallPlan};
use millions_base::SplitMix;

/// One row's loop of cells and where it is when.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct DealRow {
    /// Portrait numbers, or [`NOBODY`].
    pub cells: Vec<u32>,
    /// The cell position at the wall's left edge at `since_secs`.
    pub origin_cells: f64,
    /// When `origin_cells` was true.
    pub since_secs: f64,
    /// Cells a second; positive moves the people to the right.
    pub cells_per_sec: f64,
}

impl DealRow {
    /// The cell position at the wall's left edge, from 0 up to the row's length.
    pub fn position(&self, time_secs: f64) -> f64 {
        let length = self.cells.len() as f64;
        let position = (self.origin_cells - self.cells_per_sec * (time_secs - self.since_secs)).rem_euclid(length);
        // `rem_euclid` of a tiny negative number is the length itself.
        if position < length { position } else { 0.0 }
    }

    /// Turns the loop so that its first cell is the first of the window at `time_secs`. Nothing moves by this.
    pub fn turn_to(&mut self, time_secs: f64) {
        let position = self.position(time_secs);
        let first = position.floor();
        let turn = first as usize % self.cells.len();
        self.cells.rotate_left(turn);
        self.origin_cells = position - first;
        self.since_secs = time_secs;
    }
}

/// Who stands in which cell of which row, and how the rows move.
///
/// **The order.** Portraits are shuffled by the seed and dealt to rows like cards. With enough people for the visible
/// cells, every portrait stands in exactly one cell of the whole wall, so nobody is ever seen twice at once. With fewer,
/// they are split into as many sets as can each fill a row's window without repeating; row r takes set r modulo the
/// number of sets, so that two cells of one person are always that many rows apart. With too few even for one row,
/// a row repeats its people in turn: they stand as many cells apart as there are people.
///
/// **The featured**, who are known to many, are dealt evenly among the others: over the sets, along each row, and staggered
/// from row to row (see `featured.rs`). So no part of the wall, and no moment, has more than its share of them.
///
/// **The loop.** Each row makes a whole number of rounds in one period, so the wall closes exactly.
#[derive(Clone, Debug, PartialEq)]
pub struct Deal {
    pub(super) grid: WallGrid,
    pub(super) rows: Vec<DealRow>,
    pub(super) seed: u64,
    period_secs: Option<f64>,
    /// Rows a second that the rows move up the wall.
    drift: f64,
}

/// A wall that cannot be dealt.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum DealError {
    /// No rows, no width, no gap left for tiles, or not a number.
    #[error("a wall of {} rows, aspect {}, tile aspect {}, gap {} cannot be dealt", .0.rows, .0.aspect, .0.tile_aspect, .0.gap)]
    Grid(WallGrid),
    /// More cells than a wall has pixels.
    #[error("{0} rows of {1} cells are more than a wall can show: fewer rows, or a less wide wall")]
    TooManyCells(u32, f64),
}

/// The most cells that a plan may hold; a 4K wall of 6-pixel cells has as many.
const MAX_CELLS: f64 = 400_000.0;

impl Deal {
    /// Deals `portraits` (in any order, each once) onto a wall.
    ///
    /// # Errors
    /// When the grid is not one that can be shown.
    pub fn new(portraits: &[u32], grid: WallGrid, motion: Motion, seed: u64) -> Result<Self, DealError> {
        Self::featuring(portraits, &BTreeSet::new(), grid, motion, seed)
    }

    /// As [`Deal::new`], with those of `portraits` who are in `featured` dealt evenly among the others.
    ///
    /// # Errors
    /// As [`Deal::new`].
    pub fn featuring(
        portraits: &[u32],
        featured: &BTreeSet<u32>,
        grid: WallGrid,
        motion: Motion,
        seed: u64,
    ) -> Result<Self, DealError> {
        let WallGrid { rows, aspect, tile_aspect, gap, depth, .. } = grid;
        let positive = |value: f64| value.is_finite() && value > 0.0;
        if rows == 0 || ![aspect, tile_aspect, depth].into_iter().all(positive) || !(0.0..1.0).contains(&gap) {
            return Err(DealError::Grid(grid));
        }
        // As if all rows had as many as the one with the most.
        let most = grid.visible_cells(0).max(grid.visible_cells(rows as usize - 1));
        if most * f64::from(rows) > MAX_CELLS {
            return Err(DealError::TooManyCells(rows, most));
        }
        let (row_count, columns) = (grid.dealt_rows(), grid.most_columns());
        let mut sorted = portraits.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        SplitMix::new(seed, 1).shuffle(&mut sorted);
        let sets = (sorted.len() / columns).clamp(1, row_count);
        let sets = Crowd::new(&sorted, featured).deal(sets, seed);
        let loops = motion.loops(row_count, seed);
        let (mut phases, mut stagger) = (SplitMix::new(seed, 3), Stagger::default());
        let dealt: Vec<_> = (0..row_count)
            .map(|row| {
                let chance = phases.unit();
                let phase = motion.stagger.map_or(chance, |cells| cells * row as f64 / columns as f64);
                (row_cells(&sets, row, columns, seed, stagger.next(&sets[row % sets.len()], columns, phase)), phase)
            })
            .collect();
        let mean_cells = dealt.iter().map(|(cells, _)| cells.len()).sum::<usize>() as f64 / row_count as f64;
        let (period_secs, drift) = motion.round(mean_cells, row_count);
        let rows = dealt
            .into_iter()
            .zip(loops)
            .map(|((cells, phase), loops)| {
                let length = cells.len() as f64;
                // Half a cell is half a cell, however long the row is.
                let origin = if motion.stagger.is_some() { phase * columns as f64 } else { phase * length };
                DealRow {
                    origin_cells: origin,
                    since_secs: 0.0,
                    cells_per_sec: match period_secs {
                        Some(period) if motion.speed > 0.0 => f64::from(loops) * length / period,
                        _ => 0.0,
                    },
                    cells,
                }
            })
            .collect();
        Ok(Self { grid, rows, seed, period_secs, drift })
    }

    /// The seconds after which the wall is exactly as it was; none when it stands still or has grown since it was dealt.
    #[must_use]
    pub const fn period_secs(&self) -> Option<f64> {
        self.period_secs
    }

    /// The grid that this deal fills.
    #[must_use]
    pub const fn grid(&self) -> &WallGrid {
        &self.grid
    }

    /// What the wall shows at a time, in seconds of the show.
    #[must_use]
    pub fn plan(&self, time_secs: f64) -> WallPlan {
        let mut cells = Vec::with_capacity(self.rows.len() * self.grid.most_columns());
        let rows = self.rows.iter().enumerate().map(|(index, row)| {
            let position = row.position(time_secs);
            let hidden = position - position.floor();
            let mut cell = position.floor() as usize % row.cells.len();
            let (top, height) = self.row_at(index, time_secs);
            let (first, columns) = (cells.len(), self.grid.columns(index));
            for _ in 0..columns {
                cells.push(row.cells[cell]);
                cell = if cell + 1 == row.cells.len() { 0 } else { cell + 1 };
            }
            RowPlan { top, height, hidden: hidden as f32, first, columns }
        });
        let rows = rows.collect();
        WallPlan { grid: self.grid, rows, cells }
    }

    /// Upper edge and height of a row at a time, in wall coordinates. A row that has left the wall comes in again at its
    /// other side.
    pub(super) fn row_at(&self, index: usize, time_secs: f64) -> (f64, f64) {
        let (top, height) = self.grid.row(index);
        if !self.grid.drifts {
            return (top, height);
        }
        let rows = self.rows.len() as f64;
        let place = (index as f64 - self.drift * time_secs).rem_euclid(rows);
        (if place >= rows - 1.0 { place - rows } else { place } * height, height)
    }

    /// Cells that are wholly on the wall at both times, as row and place in the row's loop, with who stands there.
    #[must_use]
    pub fn seen_at_both(&self, [one, other]: [f64; 2]) -> Vec<(usize, usize, u32)> {
        let (along, across) = self.grid.extent();
        let mut seen = Vec::new();
        for (index, row) in self.rows.iter().enumerate() {
            let is_whole = |time_secs| {
                let (top, height) = self.row_at(index, time_secs);
                top >= -1e-9 && top + height <= across + 1e-9
            };
            if !is_whole(one) || !is_whole(other) {
                continue;
            }
            // Of the cells of the first time's window.
            let length = row.cells.len();
            let (first, last) = (row.position(one), row.position(other));
            let most = along / (self.grid.row(index).1 * self.grid.pitch()) - 1.0;
            let is_seen = |cell: usize, from: f64| (cell as f64 - from).rem_euclid(length as f64) <= most;
            let window = (0..self.grid.columns(index)).map(|column| (first as usize + column) % length);
            let there = window.filter(|cell| is_seen(*cell, first) && is_seen(*cell, last));
            let there = there.map(|cell| (index, cell, row.cells[cell]));
            seen.extend(there.filter(|(.., person)| *person != NOBODY));
        }
        seen
    }

    /// The cells that are on the wall at a time, parts of them at least, as [`Self::seen_at_both`] has them.
    #[must_use]
    pub fn seen_at(&self, time_secs: f64) -> Vec<(usize, usize, u32)> {
        let of_row = |(index, row): (usize, &DealRow)| {
            let first = row.position(time_secs).floor() as usize;
            let cells = (0..self.grid.columns(index)).map(move |column| (first + column) % row.cells.len());
            cells.map(move |cell| (index, cell, row.cells[cell])).collect::<Vec<_>>()
        };
        self.rows.iter().enumerate().flat_map(of_row).filter(|(.., person)| *person != NOBODY).collect()
    }

    /// The place in its row's loop of a cell of the window at a time: what a plan of that time calls `column`.
    #[must_use]
    pub fn column(&self, row: usize, cell: usize, time_secs: f64) -> Option<usize> {
        let row = self.rows.get(row)?;
        let first = row.position(time_secs).floor() as usize;
        Some((cell + row.cells.len() - first % row.cells.len()) % row.cells.len())
    }

    /// Upper left and lower right corner of a cell's tile at a time, in wall coordinates: of the nearest of the places that
    /// its row's loop has for it, on the wall or beside it.
    #[must_use]
    pub fn tile_at(&self, index: usize, cell: usize, time_secs: f64) -> Option<[DVec2; 2]> {
        let row = self.rows.get(index)?;
        let (top, height) = self.row_at(index, time_secs);
        let (pitch, length) = (self.grid.pitch() * height, row.cells.len() as f64);
        let middle = self.grid.extent().0 / pitch / 2.0;
        // In cells from the wall's beginning, at most half a loop from its middle.
        let from_middle = cell as f64 + 0.5 - row.position(time_secs) - middle;
        let along = (from_middle + length / 2.0).rem_euclid(length) - length / 2.0 + middle;
        let middle = match self.grid.flow {
            Flow::Rows => DVec2::new(along * pitch, top + height / 2.0),
            Flow::Columns => DVec2::new(top + height / 2.0, along * pitch),
        };
        let half = DVec2::from(self.grid.tile(height)) / 2.0;
        Some([middle - half, middle + half])
    }

    /// Goes on from where another deal is at a time, as far as the two have rows and people in common: for a wall that is
    /// dealt anew while it is looked at.
    pub fn go_on_from(&mut self, other: &Self, time_secs: f64) {
        for (row, before) in self.rows.iter_mut().zip(&other.rows) {
            let position = before.position(time_secs);
            let hidden = position - position.floor();
            let person = before.cells[position.floor() as usize % before.cells.len()];
            let Some(place) = row.cells.iter().position(|cell| *cell == person) else { continue };
            row.origin_cells = place as f64 + hidden;
            row.since_secs = time_secs;
            self.period_secs = None;
        }
    }

    /// Once the row's people change while it runs, its length no longer divides the period.
    pub(super) const fn forget_period(&mut self) {
        self.period_secs = None;
    }
}

/// The loop of one row: its set, turned or shuffled anew for each row that shares it, at least a window long. `offset`
/// says where the featured stand in it.
fn row_cells(sets: &[Crowd], row: usize, columns: usize, seed: u64, offset: usize) -> Vec<u32> {
    let (mut set, round) = (sets[row % sets.len()].clone(), row / sets.len());
    if set.len() == 0 {
        return vec![NOBODY; columns];
    }
    if set.len() >= columns {
        if round > 0 {
            let mut random = SplitMix::new(seed, 16 + round as u64);
            random.shuffle(&mut set.others);
            random.shuffle(&mut set.featured);
        }
        return set.mixed(offset);
    }
    // Too few for one window. The loop is whole rounds of the set, so that the distance holds across its end too.
    // A third of the way round from row to row, so that neighbours do not begin alike.
    for part in [&mut set.others, &mut set.featured] {
        let turn = (row * part.len().div_ceil(3)).checked_rem(part.len());
        part.rotate_left(turn.unwrap_or(0));
    }
    set.mixed(offset).repeat(columns.div_ceil(set.len()))
}

#[cfg(test)]
#[path = "deal_tests.rs"]
mod tests;
