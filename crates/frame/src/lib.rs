//! The plan of a frame: everything that drawing needs, as a value.
//!
//! The show crate evaluates a show at an instant into a [`FramePlan`], and the gpu crate draws it; neither depends on the
//! other. A plan holds the scene that is on or incoming, the outgoing scene or [snapshot](Outgoing), and the
//! [transition's progress](TransitionProgress). A scene is its [layers](Layer), the lowest first.
//! [`FramePlan::draw_list`] flattens the plan to the [items](DrawItem) to draw, back to front. A [`Prefetch`] lists the
//! tiles, words and pictures of the frames to come, so that a live wall has them loaded in time.

#![deny(clippy::disallowed_methods, reason = "what is computed depends on its arguments alone")]

mod fit;
mod plan;
mod tile_flip;

pub use fit::{Fill, Fit};
pub use plan::{
    Align, CrawlText, DrawItem, FramePlan, Layer, Outgoing, Prefetch, ScenePlan, Sprite, SpriteLayer, StillLayer,
    TextPlacement, TransitionProgress, WallLayer, WordsLayer,
};
pub use tile_flip::{TileFlip, TileOrder, unit_hash};
