//! What the wall shows at one instant. See [`WallPlan`].

use std::collections::BTreeSet;

use glam::DVec2;

use super::{Flow, NOBODY, WallGrid};

/// One row of the wall, and where its window begins. In columns, read left for upper and width for height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowPlan {
    /// The upper edge in wall coordinates; rows that drift may begin above the wall or end below it.
    pub top: f64,
    /// The height in wall coordinates.
    pub height: f64,
    /// The part of the window's first cell that lies before the wall, 0 up to 1.
    pub hidden: f32,
    /// The first of the window's cells in the plan's.
    pub first: usize,
    /// Cells of the window.
    pub columns: usize,
}

/// The visible cells of the wall at one instant: a value, and all that drawing needs to know of the deal.
#[derive(Clone, Debug, PartialEq)]
pub struct WallPlan {
    /// The grid that the plan was made for.
    pub grid: WallGrid,
    /// Top row first, unless the rows drift.
    pub rows: Vec<RowPlan>,
    /// The windows of the rows, one after another: portrait numbers, or [`NOBODY`].
    pub cells: Vec<u32>,
}

impl WallPlan {
    /// Everybody on the wall, once each, in the order of their numbers.
    #[must_use]
    pub fn people(&self) -> Vec<u32> {
        let people: BTreeSet<_> = self.cells.iter().copied().filter(|cell| *cell != NOBODY).collect();
        people.into_iter().collect()
    }

    /// The middle of a row's cell in wall coordinates; `column` counts from the window's first.
    #[must_use]
    pub fn middle(&self, row: &RowPlan, column: usize) -> DVec2 {
        let along = (column as f64 + 0.5 - f64::from(row.hidden)) * self.grid.pitch() * row.height;
        let across = row.top + row.height / 2.0;
        match self.grid.flow {
            Flow::Rows => DVec2::new(along, across),
            Flow::Columns => DVec2::new(across, along),
        }
    }

    /// Where somebody stands, as row and column; the first place where they stand twice.
    #[must_use]
    pub fn find(&self, person: u32) -> Option<(usize, usize)> {
        let place = self.cells.iter().position(|cell| *cell == person)?;
        let row = self.rows.iter().position(|row| (row.first..row.first + row.columns).contains(&place))?;
        Some((row, place - self.rows[row].first))
    }
}
