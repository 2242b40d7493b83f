//! The deal: who stands in which cell. See [`Deal`].

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
}

/// Who stands in which cell of which row, and how the rows move.
///
/// **The order.** Portraits are shuffled by the seed and dealt to rows like cards. With enough people for the visible
/// cells, every portrait stands in exactly one cell of the whole wall, so nobody is ever seen twice at once. With fewer,
/// they are split into as many sets as can each fill a row's window without repeating; row r takes set r modulo the
/// number of sets, so that two cells of one person are always that many rows apart. With too few even for one row,
/// a row repeats its people in turn: they stand as many cells apart as there are people.
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
        let loops = motion.loops(row_count, seed);
        let row_cells: Vec<_> = (0..row_count).map(|row| row_cells(&sorted, sets, row, columns, seed)).collect();
        let mean_cells = row_cells.iter().map(Vec::len).sum::<usize>() as f64 / row_count as f64;
        let period_secs = motion.period_secs(mean_cells);
        let mut phases = SplitMix::new(seed, 3);
        let rows = row_cells
            .into_iter()
            .zip(loops)
            .map(|(cells, loops)| {
                let length = cells.len() as f64;
                DealRow {
                    origin_cells: phases.unit() * length,
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

/// The loop of one row: its set, turned or shuffled anew for each row that shares it, at least a window long.
fn row_cells(shuffled: &[u32], sets: usize, row: usize, columns: usize, seed: u64) -> Vec<u32> {
    if shuffled.is_empty() {
        return vec![NOBODY; columns];
    }
    let mut cells: Vec<_> = shuffled.iter().copied().skip(row % sets).step_by(sets).collect();
    let round = row / sets;
    if cells.len() >= columns {
        if round > 0 {
            SplitMix::new(seed, 16 + round as u64).shuffle(&mut cells);
        }
        return cells;
    }
    // Too few for one window. The loop is whole rounds of the set, so that the distance holds across its end too.
    // A third of the way round from row to row, so that neighbours do not begin alike.
    let turn = row * cells.len().div_ceil(3) % cells.len();
    cells.rotate_left(turn);
    let rounds = columns.div_ceil(cells.len());
    cells.repeat(rounds)
}

#[cfg(test)]
#[path = "deal_tests.rs"]
mod tests;
