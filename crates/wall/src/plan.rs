//! The visible state of the wall at one instant. See [`WallPlan`].

use std::collections::BTreeSet;

use glam::DVec2;

use super::{EMPTY_CELL, Flow, WallGrid};

/// One row of the wall and its window of visible cells. For columns, `top` is the left edge and `height` the width.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowPlan {
    /// Upper edge in wall coordinates; drifting rows may begin above the wall or end below it.
    pub top: f64,
    /// Height in wall coordinates.
    pub height: f64,
    /// Part of the window's first cell that is outside the wall, 0 up to 1.
    pub hidden: f32,
    /// Index of the window's first cell in [`WallPlan::cells`].
    pub first: usize,
    /// Number of cells in the window.
    pub columns: usize,
}

/// The visible cells of the wall at one instant: all that drawing needs of the deal.
#[derive(Clone, Debug, PartialEq)]
pub struct WallPlan {
    /// The grid.
    pub grid: WallGrid,
    /// The rows, top row first unless they drift.
    pub rows: Vec<RowPlan>,
    /// The windows of the rows, one after another: portrait numbers or [`EMPTY_CELL`].
    pub cells: Vec<u32>,
}

impl WallPlan {
    /// Returns the visible portraits, once each, in ascending order.
    #[must_use]
    pub fn people(&self) -> Vec<u32> {
        let people: BTreeSet<_> = self.cells.iter().copied().filter(|cell| *cell != EMPTY_CELL).collect();
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

    /// Finds a portrait: its first row and column.
    #[must_use]
    pub fn find(&self, person: u32) -> Option<(usize, usize)> {
        let place = self.cells.iter().position(|cell| *cell == person)?;
        let row = self.rows.iter().position(|row| (row.first..row.first + row.columns).contains(&place))?;
        Some((row, place - self.rows[row].first))
    }
}
