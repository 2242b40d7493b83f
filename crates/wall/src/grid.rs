//! Division of the wall into rows and cells. See [`WallGrid`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Orientation of the wall's rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Flow {
    /// Rows that move sideways.
    #[default]
    Rows,
    /// Columns that move up and down. All that applies to rows applies to columns, rotated by a quarter turn.
    Columns,
}

/// Rows and cells in wall coordinates (the wall is 1 high).
///
/// A cell is as wide as its tile, and the gap is the same on all four sides, whatever the tile's aspect:
///
/// ```text
/// ┌──────────────┐  cell: 1 high (in cell heights), pitch() wide
/// │ ┌──────────┐ │  gap/2 on each side
/// │ │   tile   │ │  tile: 1 − gap high, tile_aspect × as wide
/// │ └──────────┘ │
/// └──────────────┘
/// ```
///
/// In columns the cell is 1 wide, and its height is the pitch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WallGrid {
    /// Number of rows; at least 1.
    pub rows: u32,
    /// Width of the wall over its height.
    pub aspect: f64,
    /// Width of a tile over its height as shown.
    pub tile_aspect: f64,
    /// Dark line between tiles, in row heights, 0 to below 1.
    pub gap: f64,
    /// Rows or columns.
    pub flow: Flow,
    /// Height of the last row over that of the first; the rows between form a geometric series.
    pub depth: f64,
    /// Whether the rows themselves move over the wall; then there is one more, for two are visible in part.
    pub drifts: bool,
}

impl Default for WallGrid {
    fn default() -> Self {
        Self { rows: 1, aspect: 1.0, tile_aspect: 0.8, gap: 0.0, flow: Flow::Rows, depth: 1.0, drifts: false }
    }
}

impl WallGrid {
    /// Returns the distance from cell to cell along a row, in row heights.
    #[must_use]
    pub fn pitch(&self) -> f64 {
        let along = match self.flow {
            Flow::Rows => self.tile_aspect,
            Flow::Columns => self.tile_aspect.recip(),
        };
        along * (1.0 - self.gap) + self.gap
    }

    /// Returns the wall's extent along and across the rows, in wall coordinates.
    #[must_use]
    pub const fn extent(&self) -> (f64, f64) {
        match self.flow {
            Flow::Rows => (self.aspect, 1.0),
            Flow::Columns => (1.0, self.aspect),
        }
    }

    /// Returns the number of rows to deal: one more than [`rows`](Self::rows) where they drift.
    #[must_use]
    pub const fn dealt_rows(&self) -> usize {
        self.rows as usize + self.drifts as usize
    }

    /// Returns the upper edge and the height of a row without drift, in wall coordinates.
    #[must_use]
    pub fn row(&self, index: usize) -> (f64, f64) {
        let (_, across) = self.extent();
        let rows = f64::from(self.rows);
        if self.drifts || self.depth == 1.0 || self.rows < 2 {
            return (index as f64 * across / rows, across / rows);
        }
        // A geometric series: row i is ratio^i as high as the first.
        let ratio = self.depth.powf(1.0 / (rows - 1.0));
        let first = across * (ratio - 1.0) / (ratio.powf(rows) - 1.0);
        let upto = |rows: usize| first * (ratio.powf(rows as f64) - 1.0) / (ratio - 1.0);
        (upto(index), first * ratio.powf(index as f64))
    }

    /// Returns how many cells a row shows at once; seldom a whole number.
    #[must_use]
    pub fn visible_cells(&self, row: usize) -> f64 {
        self.extent().0 / (self.row(row).1 * self.pitch())
    }

    /// Returns the greatest number of cells of a row that can be visible at once, at least in part: a window of 2.5 cells
    /// can touch 4.
    #[must_use]
    pub fn columns(&self, row: usize) -> usize {
        Self::columns_of(self.visible_cells(row))
    }

    /// Returns the same of a row that shows `visible_cells` at once.
    pub(super) fn columns_of(visible_cells: f64) -> usize {
        // Tolerates rounding of the row's height.
        (visible_cells - 1e-9).ceil() as usize + 1
    }

    /// Returns [`Self::columns`] of the row with the most, which is the first or the last.
    #[must_use]
    pub fn most_columns(&self) -> usize {
        if self.depth < 1.0 { self.columns(self.rows.saturating_sub(1) as usize) } else { self.columns(0) }
    }

    /// Returns the tile's part of its cell, as fractions of the cell's width and height.
    #[must_use]
    pub fn tile_in_cell(&self) -> [f64; 2] {
        let along = 1.0 - self.gap / self.pitch();
        match self.flow {
            Flow::Rows => [along, 1.0 - self.gap],
            Flow::Columns => [1.0 - self.gap, along],
        }
    }

    /// Returns a tile's width and height in a row of a height, in wall coordinates.
    #[must_use]
    pub fn tile(&self, row_height: f64) -> [f64; 2] {
        let tile = row_height * (1.0 - self.gap);
        match self.flow {
            Flow::Rows => [tile * self.tile_aspect, tile],
            Flow::Columns => [tile, tile / self.tile_aspect],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_keep_their_aspect_and_gaps_are_even() {
        for flow in [Flow::Rows, Flow::Columns] {
            let grid =
                WallGrid { rows: 9, aspect: 16.0 / 9.0, tile_aspect: 0.8, gap: 0.05, flow, ..WallGrid::default() };
            let [width, height] = grid.tile(100.0);
            assert!((width / height - 0.8).abs() < 1e-12);
            let (beside, below) = match flow {
                Flow::Rows => (grid.pitch() * 100.0 - width, 100.0 - height),
                Flow::Columns => (100.0 - width, grid.pitch() * 100.0 - height),
            };
            assert!(
                (beside - 5.0).abs() < 1e-9 && (below - 5.0).abs() < 1e-9,
                "{flow:?}: {beside} beside, {below} below"
            );
            let [x, y] = grid.tile_in_cell();
            let cell = match flow {
                Flow::Rows => [grid.pitch() * 100.0, 100.0],
                Flow::Columns => [100.0, grid.pitch() * 100.0],
            };
            assert!((x * cell[0] - width).abs() < 1e-9 && (y * cell[1] - height).abs() < 1e-9);
        }
    }

    #[test]
    fn a_window_touches_no_more_than_its_columns() {
        let grid = WallGrid { rows: 1, aspect: 2.5, tile_aspect: 1.0, ..WallGrid::default() };
        assert_eq!(grid.columns(0), 4);
    }

    #[test]
    fn rows_with_depth_fill_the_wall_and_grow_by_that_factor() {
        let grid = WallGrid { rows: 6, aspect: 2.0, depth: 4.0, ..WallGrid::default() };
        let rows: Vec<_> = (0..6).map(|row| grid.row(row)).collect();
        for pair in rows.windows(2) {
            assert!((pair[0].0 + pair[0].1 - pair[1].0).abs() < 1e-9 && pair[1].1 > pair[0].1);
        }
        assert!((rows[5].0 + rows[5].1 - 1.0).abs() < 1e-9);
        assert!((rows[5].1 / rows[0].1 - 4.0).abs() < 1e-9);
        assert_eq!(grid.most_columns(), (0..6).map(|row| grid.columns(row)).max().unwrap());
    }
}
