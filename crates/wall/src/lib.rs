//! The wall: rows of cells, who stands in them, and how they move. Pure: no GPU, no files, no clock.
//!
//! **Wall coordinates.** The wall is 1 high and `aspect` wide; x runs right, y runs down. It is cut into whole
//! [rows](WallGrid); a row is a loop of cells longer than the wall is wide, moving sideways, and the wall is a window
//! onto it. The [`Deal`] says which portrait stands in which cell; [`Deal::plan`] says what the window shows at a time.

mod arrivals;
mod deal;
mod featured;
mod grid;
mod motion;
mod plan;
pub mod strips;
pub mod tile;
pub mod tone;

pub use deal::{Deal, DealError};
pub use grid::{Flow, WallGrid};
pub use motion::{Direction, Motion};
pub use plan::{RowPlan, WallPlan};

/// What a cell holds when nobody stands in it.
pub const NOBODY: u32 = u32::MAX;
