//! What the wall shows at one instant. See [`WallPlan`].

use std::collections::BTreeSet;

use super::{NOBODY, WallGrid};

/// Where one row of the plan's window begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowPlan {
    /// The part of the window's first cell that lies left of the wall, 0 up to 1.
    pub hidden: f32,
}

/// The visible cells of the wall at one instant: a value, and all that drawing needs to know of the deal.
#[derive(Clone, Debug, PartialEq)]
pub struct WallPlan {
    /// The grid that the plan was made for.
    pub grid: WallGrid,
    /// Top row first.
    pub rows: Vec<RowPlan>,
    /// Cells of each row's window.
    pub columns: usize,
    /// `rows.len()` × `columns` portrait numbers, or [`NOBODY`].
    pub cells: Vec<u32>,
}

impl WallPlan {
    /// Everybody on the wall, once each, in the order of their numbers.
    #[must_use]
    pub fn people(&self) -> Vec<u32> {
        let people: BTreeSet<_> = self.cells.iter().copied().filter(|cell| *cell != NOBODY).collect();
        people.into_iter().collect()
    }
}
