//! The plan of a frame: all that drawing needs to know, as a value.
//!
//! The show makes a [`FramePlan`] of an instant, the GPU draws it, and neither knows the other. A plan has the scene that is
//! there or comes in, what it comes over, and how far it has come; a scene is its [layers](Layer), the lowest first; what is
//! to be painted, in order, is [`FramePlan::stack`].

mod fit;
mod plan;
mod tile_flip;

pub use fit::{Fill, Fit};
pub use plan::{
    Align, DrawItem, FramePlan, Layer, Outgoing, Prefetch, ScenePlan, Sprite, SpriteLayer, StillLayer, TextPlacement,
    TransitionProgress, WallLayer, WantedTile, WordsLayer,
};
pub use tile_flip::{TileFlip, TileOrder, random};
