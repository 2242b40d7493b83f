//! The deal: which portrait is in which cell. See [`Deal`].

use std::collections::BTreeSet;
use std::sync::Arc;

use glam::DVec2;

use super::featured::{Crowd, Stagger};
use super::{EMPTY_CELL, Flow, Motion, RowLoop, RowPlan, View, WallGrid, WallPlan};
use millions_base::SplitMix;

/// The loop of cells of one row, and its position over time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct DealRow {
    /// Shared with the plans, which are frequent; what changes it copies it first.
    pub cells: RowLoop,
    /// Position in the loop of the wall's left edge at `since_secs`, in cells.
    pub origin_cells: f64,
    /// The time that `origin_cells` refers to.
    pub since_secs: f64,
    /// Cells a second; positive moves the portraits to the right.
    pub cells_per_sec: f64,
}

impl DealRow {
    /// Returns the position in the loop of the wall's left edge, in cells, from 0 up to the row's length.
    pub fn position(&self, time_secs: f64) -> f64 {
        let length = self.cells.len() as f64;
        let position = (self.origin_cells - self.cells_per_sec * (time_secs - self.since_secs)).rem_euclid(length);
        // `rem_euclid` of a tiny negative number is the length itself.
        if position < length { position } else { 0.0 }
    }

    /// Rotates the loop so that its first cell is the first of the window at `time_secs`. Changes nothing that is seen.
    pub fn rebase(&mut self, time_secs: f64) {
        let position = self.position(time_secs);
        let first = position.floor();
        let length = self.cells.len();
        // A rotation by nothing leaves the loop shared as it is.
        if !(first as usize).is_multiple_of(length) {
            Arc::make_mut(&mut self.cells).rotate_left(first as usize % length);
        }
        self.origin_cells = position - first;
        self.since_secs = time_secs;
    }

    /// Pairs those of `cells` that are not empty with their portraits; `row` is this row's index.
    fn occupied(&self, row: usize, cells: impl Iterator<Item = usize>) -> impl Iterator<Item = CellPortrait> {
        let portraits = cells.map(move |cell| CellPortrait { row, cell, portrait: self.cells[cell] });
        portraits.filter(|at| at.portrait != EMPTY_CELL)
    }
}

/// A portrait in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellPortrait {
    /// The row.
    pub row: usize,
    /// The place in the row's loop.
    pub cell: usize,
    /// The portrait's number.
    pub portrait: u32,
}

/// Which portrait is in which cell of which row, and how the rows move.
///
/// **Order.** Portraits are shuffled by the seed and dealt to rows like cards. With enough portraits for the visible
/// cells, each is in exactly one cell of the whole wall, so none is seen twice at once. With fewer, they are split into as
/// many sets as can each fill a row's window without repeating; row r takes set r modulo the number of sets, so that two
/// cells of one portrait are always that many rows apart. With too few even for one row, a row repeats its portraits in
/// turn, as many cells apart as there are portraits.
///
/// **Featured** portraits are dealt evenly among the others: over the sets, along each row, and staggered from row to row
/// (see `featured.rs`). So no part of the wall, and no moment, has more than its share of them.
///
/// **Period.** Each row makes a whole number of rounds in one period, after which the wall is exactly as it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Deal {
    pub(super) grid: WallGrid,
    pub(super) rows: Vec<DealRow>,
    pub(super) seed: u64,
    period_secs: Option<f64>,
    /// Rows a second that the rows move up the wall.
    pub(super) drift: f64,
}

/// The reasons why a wall cannot be dealt.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum DealError {
    /// No rows, no width, no gap left for tiles, or not a number.
    #[error("a wall of {} rows, aspect {}, tile aspect {}, gap {} cannot be dealt", .0.rows, .0.aspect, .0.tile_aspect, .0.gap)]
    Grid(WallGrid),
    /// More cells than a wall can show.
    #[error("{0} rows of {1} cells are more than a wall can show: fewer rows, or a less wide wall")]
    TooManyCells(u32, f64),
}

/// The most cells of a deal that are on the wall at once: several millions of people, each in a cell.
const MAX_CELLS: f64 = 16e6;

impl Deal {
    /// Deals `portraits` (in any order, each once) onto a wall.
    ///
    /// # Errors
    /// When the grid cannot be shown.
    pub fn new(portraits: &[u32], grid: WallGrid, motion: Motion, seed: u64) -> Result<Self, DealError> {
        Self::featuring(portraits, &BTreeSet::new(), grid, motion, seed)
    }

    /// As [`Deal::new`], with those of `portraits` that are in `featured` dealt evenly among the others.
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
        // An upper bound: as if all rows had as many as the one with the most.
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
        let (period_secs, drift) = motion.period_and_drift(mean_cells, row_count);
        let rows = dealt
            .into_iter()
            .zip(loops)
            .map(|((cells, phase), loops)| {
                let length = cells.len() as f64;
                // A stagger is in cells, a random phase in loops.
                let origin = if motion.stagger.is_some() { phase * columns as f64 } else { phase * length };
                DealRow {
                    origin_cells: origin,
                    since_secs: 0.0,
                    cells_per_sec: match period_secs {
                        Some(period) if motion.speed > 0.0 => f64::from(loops) * length / period,
                        _ => 0.0,
                    },
                    cells: Arc::new(cells),
                }
            })
            .collect();
        Ok(Self { grid, rows, seed, period_secs, drift })
    }

    /// Seconds after which the wall is exactly as it was; none when it stands still or its portraits have changed since it
    /// was dealt.
    #[must_use]
    pub const fn period_secs(&self) -> Option<f64> {
        self.period_secs
    }

    /// The grid that this deal fills.
    #[must_use]
    pub const fn grid(&self) -> &WallGrid {
        &self.grid
    }

    /// Returns what the whole wall shows at a time, in seconds of the show.
    #[must_use]
    pub fn plan(&self, time_secs: f64) -> WallPlan {
        self.plan_in(&View::whole(self.grid.aspect), time_secs)
    }

    /// Returns what is seen in a view at a time: the rows that are in it, each with the window of its loop that is.
    #[must_use]
    pub fn plan_in(&self, view: &View, time_secs: f64) -> WallPlan {
        let (along, across) = self.grid.extent();
        let [left, top] = view.upper_left(self.grid.aspect).to_array();
        let (near, above) = match self.grid.flow {
            Flow::Rows => (left, top),
            Flow::Columns => (top, left),
        };
        let mut rows = Vec::with_capacity(self.rows.len());
        let mut first = 0;
        for (index, row) in self.rows.iter().enumerate() {
            let (top, height) = self.row_at(index, time_secs);
            let (top, height) = ((top - above) / view.height, height / view.height);
            if top >= across || top + height <= 0.0 {
                continue;
            }
            let pitch = height * self.grid.pitch();
            let position = row.position(time_secs) + near / view.height / pitch;
            let hidden = position - position.floor();
            let start = position.floor().rem_euclid(row.cells.len() as f64) as usize % row.cells.len();
            let columns = WallGrid::columns_of(along / pitch).min(row.cells.len());
            rows.push(RowPlan {
                index,
                top,
                height,
                hidden: hidden as f32,
                cells: row.cells.clone(),
                start,
                first,
                columns,
            });
            first += columns;
        }
        WallPlan { grid: self.grid, rows, zooms: false, is_bounded: false }
    }

    /// Returns the upper edge and the height of a row at a time, in wall coordinates. A row that has drifted off the wall
    /// enters again at the other side.
    pub(super) fn row_at(&self, index: usize, time_secs: f64) -> (f64, f64) {
        let (top, height) = self.grid.row(index);
        if !self.grid.drifts {
            return (top, height);
        }
        let rows = self.rows.len() as f64;
        let drifted = (index as f64 - self.drift * time_secs).rem_euclid(rows);
        (if drifted >= rows - 1.0 { drifted - rows } else { drifted } * height, height)
    }

    /// Returns the occupied cells that are wholly on the wall at both times.
    #[must_use]
    pub fn visible_at_both(&self, [one, other]: [f64; 2]) -> Vec<CellPortrait> {
        let (along, across) = self.grid.extent();
        let mut visible = Vec::new();
        for (index, row) in self.rows.iter().enumerate() {
            let is_whole = |time_secs| {
                let (top, height) = self.row_at(index, time_secs);
                top >= -1e-9 && top + height <= across + 1e-9
            };
            if !is_whole(one) || !is_whole(other) {
                continue;
            }
            // Only cells of the first time's window can be.
            let length = row.cells.len();
            let (first, last) = (row.position(one), row.position(other));
            let most = along / (self.grid.row(index).1 * self.grid.pitch()) - 1.0;
            let is_inside = |cell: usize, from: f64| (cell as f64 - from).rem_euclid(length as f64) <= most;
            let window = (0..self.grid.columns(index)).map(|column| (first as usize + column) % length);
            visible
                .extend(row.occupied(index, window.filter(|cell| is_inside(*cell, first) && is_inside(*cell, last))));
        }
        visible
    }

    /// Returns the occupied cells that are on the wall at a time, at least in part.
    #[must_use]
    pub fn visible_at(&self, time_secs: f64) -> Vec<CellPortrait> {
        let of_row = |(index, row): (usize, &DealRow)| {
            let first = row.position(time_secs).floor() as usize;
            let window = (0..self.grid.columns(index)).map(|column| (first + column) % row.cells.len());
            row.occupied(index, window).collect::<Vec<_>>()
        };
        self.rows.iter().enumerate().flat_map(of_row).collect()
    }

    /// Returns the upper left and lower right corner of a cell's tile at a time, in wall coordinates. Of the positions that
    /// the loop repeats it at, the one nearest to the wall's middle.
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

    /// Aligns the rows with those of another deal at a time, as far as the two have rows and portraits in common: for a wall
    /// that is dealt anew while it is on show.
    pub fn continue_from(&mut self, other: &Self, time_secs: f64) {
        for (row, before) in self.rows.iter_mut().zip(&other.rows) {
            let position = before.position(time_secs);
            let hidden = position - position.floor();
            let person = before.cells[position.floor() as usize % before.cells.len()];
            let Some(cell) = row.cells.iter().position(|cell| *cell == person) else { continue };
            row.origin_cells = cell as f64 + hidden;
            row.since_secs = time_secs;
            self.period_secs = None;
        }
    }

    /// Drops the period: once portraits change in a running row, its length no longer divides it.
    pub(super) const fn forget_period(&mut self) {
        self.period_secs = None;
    }
}

/// Returns the loop of one row: its set, rotated or reshuffled for each row that shares it, at least a window long.
/// `offset` positions the featured in it.
fn row_cells(sets: &[Crowd], row: usize, columns: usize, seed: u64, offset: usize) -> Vec<u32> {
    let (mut set, round) = (sets[row % sets.len()].clone(), row / sets.len());
    if set.len() == 0 {
        return vec![EMPTY_CELL; columns];
    }
    if set.len() >= columns {
        if round > 0 {
            let mut random = SplitMix::new(seed, 16 + round as u64);
            random.shuffle(&mut set.others);
            random.shuffle(&mut set.featured);
        }
        return set.interleaved(offset);
    }
    // Too few for one window: whole rounds of the set, so that the distance holds across the loop's end too, rotated by a
    // third from row to row, so that neighbours do not begin alike.
    for part in [&mut set.others, &mut set.featured] {
        let turn = (row * part.len().div_ceil(3)).checked_rem(part.len());
        part.rotate_left(turn.unwrap_or(0));
    }
    set.interleaved(offset).repeat(columns.div_ceil(set.len()))
}

#[cfg(test)]
#[path = "deal_tests.rs"]
mod tests;
