//! The wall: which portrait is in which cell of which row, and how the rows move; the format of [tiles](tile); the
//! [tone](tone) of portraits.
//!
//! In: portrait numbers, a [`WallGrid`], a [`Motion`] and a seed. Out: a [`WallPlan`] for any time of the show, which is
//! a pure function of these, and the [strips](strips::cut) of a surface's mesh that draw it. Nothing here touches a GPU,
//! a file or a clock.
//!
//! **Wall coordinates.** The wall is 1 high and `aspect` wide; x runs right, y runs down. It is cut into whole
//! [rows](WallGrid); a row is a loop of cells longer than the wall is wide, moving sideways, and the wall is a window
//! onto it. The [`Deal`] holds the loops; [`Deal::plan`] returns what the window shows at a time.

#![deny(clippy::disallowed_methods, reason = "what is computed depends on its arguments alone")]

mod arrivals;
mod deal;
mod featured;
mod grid;
pub mod mosaic;
mod motion;
mod placement;
mod plan;
pub mod strips;
pub mod tile;
pub mod tone;
mod view;

pub use deal::{CellPortrait, Deal, DealError};
pub use grid::{Flow, WallGrid};
pub use motion::{Direction, Motion};
pub use plan::{RowLoop, RowPlan, WallPlan};
pub use view::{CellTrack, View, ViewPath};

/// The content of a cell without a portrait.
pub const EMPTY_CELL: u32 = u32::MAX;
