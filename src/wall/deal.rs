//! The deal: who stands in which cell. See [`Deal`].

use std::collections::BTreeSet;

use super::featured::{Crowd, Stagger};
use super::random::SplitMix;
use super::{Motion, NOBODY, RowPlan, WallGrid, WallPlan};

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
        let WallGrid { rows, aspect, tile_aspect, gap } = grid;
        let positive = |value: f64| value.is_finite() && value > 0.0;
        if rows == 0 || !positive(aspect) || !positive(tile_aspect) || !(0.0..1.0).contains(&gap) {
            return Err(DealError::Grid(grid));
        }
        if grid.visible_cells() * f64::from(rows) > MAX_CELLS {
            return Err(DealError::TooManyCells(rows, grid.visible_cells()));
        }
        let (row_count, columns) = (rows as usize, grid.columns());
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
                let phase = phases.unit();
                (row_cells(&sets, row, columns, seed, stagger.next(&sets[row % sets.len()], columns, phase)), phase)
            })
            .collect();
        let mean_cells = dealt.iter().map(|(cells, _)| cells.len()).sum::<usize>() as f64 / row_count as f64;
        let period_secs = motion.period_secs(mean_cells);
        let rows = dealt
            .into_iter()
            .zip(loops)
            .map(|((cells, phase), loops)| {
                let length = cells.len() as f64;
                DealRow {
                    origin_cells: phase * length,
                    since_secs: 0.0,
                    cells_per_sec: period_secs.map_or(0.0, |period| f64::from(loops) * length / period),
                    cells,
                }
            })
            .collect();
        Ok(Self { grid, rows, seed, period_secs })
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
        let columns = self.grid.columns();
        let mut cells = Vec::with_capacity(self.rows.len() * columns);
        let rows = self
            .rows
            .iter()
            .map(|row| {
                let position = row.position(time_secs);
                let first = position.floor();
                let mut index = first as usize % row.cells.len();
                for _ in 0..columns {
                    cells.push(row.cells[index]);
                    index = if index + 1 == row.cells.len() { 0 } else { index + 1 };
                }
                RowPlan { hidden: (position - first) as f32 }
            })
            .collect();
        WallPlan { grid: self.grid, rows, columns, cells }
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
