//! The visible state of the wall at one instant. See [`WallPlan`].

use std::collections::BTreeSet;
use std::sync::Arc;

use glam::DVec2;

use super::{EMPTY_CELL, Flow, WallGrid};

/// The cells of a row, in the order in which they pass: portrait numbers or [`EMPTY_CELL`]. After the last comes the first.
pub type RowLoop = Arc<Vec<u32>>;

/// One row of the wall and its window of visible cells. For columns, `top` is the left edge and `height` the width.
///
/// Lengths are in wall coordinates as seen: in a [`View`](super::View) that is half as high as the wall, a row is twice as high.
#[derive(Clone, Debug, PartialEq)]
pub struct RowPlan {
    /// Which of the deal's rows it is.
    pub index: usize,
    /// Upper edge; a row may begin above the wall or end below it.
    pub top: f64,
    /// Height.
    pub height: f64,
    /// Part of the window's first cell that is outside the wall, 0 up to 1; negative where a bounded row begins within the wall, by as
    /// many cells.
    pub hidden: f32,
    /// All cells of the row.
    pub cells: RowLoop,
    /// The window's first cell in the loop.
    pub start: usize,
    /// Number of cells in the windows of the rows before it.
    pub first: usize,
    /// Number of cells in the window; at most as many as the loop has.
    pub columns: usize,
}

/// The visible cells of the wall at one instant: all that drawing needs of the deal. Its size grows with the rows, not with the
/// cells: the loops are shared with the deal.
#[derive(Clone, Debug, PartialEq)]
pub struct WallPlan {
    /// The grid.
    pub grid: WallGrid,
    /// The rows that are seen, top row first unless they drift.
    pub rows: Vec<RowPlan>,
    /// Whether the view changes with time, and so the tiles their size.
    pub zooms: bool,
    /// Whether the rows end with their windows: a picture of cells, which may be smaller than the wall.
    pub is_bounded: bool,
}

impl RowPlan {
    /// Returns the portrait in a column of the window, or [`EMPTY_CELL`].
    #[must_use]
    pub fn cell(&self, column: usize) -> u32 {
        let place = self.start + column;
        self.cells[if place < self.cells.len() { place } else { place - self.cells.len() }]
    }

    /// Returns the columns of the window in which a portrait stands.
    pub fn columns_of(&self, person: u32) -> impl Iterator<Item = usize> {
        self.window().enumerate().filter_map(move |(column, cell)| (cell == person).then_some(column))
    }

    /// Returns the column of the window that shows a cell of the loop, if it is in the window.
    #[must_use]
    pub fn column(&self, cell: usize) -> Option<usize> {
        let length = self.cells.len();
        (cell < length).then(|| (cell + length - self.start) % length).filter(|column| *column < self.columns)
    }

    /// Returns the window's portraits or [`EMPTY_CELL`]s, in order.
    pub fn window(&self) -> impl Iterator<Item = u32> {
        let end = (self.start + self.columns).min(self.cells.len());
        let wrapped = self.columns - (end - self.start);
        self.cells[self.start..end].iter().chain(&self.cells[..wrapped]).copied()
    }
}

impl WallPlan {
    /// Returns the windows of the rows, one after another: portrait numbers or [`EMPTY_CELL`].
    pub fn cells(&self) -> impl Iterator<Item = u32> {
        self.rows.iter().flat_map(RowPlan::window)
    }

    /// Returns the number of [`cells`](Self::cells).
    #[must_use]
    pub fn cell_count(&self) -> usize {
        self.rows.last().map_or(0, |row| row.first + row.columns)
    }

    /// Returns the visible portraits, once each, in ascending order.
    #[must_use]
    pub fn people(&self) -> Vec<u32> {
        let people: BTreeSet<_> = self.cells().filter(|cell| *cell != EMPTY_CELL).collect();
        people.into_iter().collect()
    }

    /// Returns the centre of a cell in wall coordinates; `column` counts from the window's first.
    #[must_use]
    pub fn middle(&self, row: &RowPlan, column: usize) -> DVec2 {
        let along = (column as f64 + 0.5 - f64::from(row.hidden)) * self.grid.pitch() * row.height;
        let across = row.top + row.height / 2.0;
        match self.grid.flow {
            Flow::Rows => DVec2::new(along, across),
            Flow::Columns => DVec2::new(across, along),
        }
    }

    /// Returns the upper left and lower right corner of the tile in a column of a row, in wall coordinates.
    #[must_use]
    pub fn tile(&self, row: &RowPlan, column: usize) -> [DVec2; 2] {
        let (middle, half) = (self.middle(row, column), DVec2::from(self.grid.tile(row.height)) / 2.0);
        [middle - half, middle + half]
    }

    /// Finds a portrait: its first row and column.
    #[must_use]
    pub fn find(&self, person: u32) -> Option<(usize, usize)> {
        let rows = self.rows.iter().enumerate();
        rows.filter_map(|(index, row)| Some((index, row.window().position(|cell| cell == person)?))).next()
    }
}
