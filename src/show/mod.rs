//! The show: scenes and their files, the clock, and the player that turns a time into a frame. Pure, but for reading
//! scene files.

mod clock;
mod player;
mod scene;

pub use clock::Clock;
pub use player::{Adjust, FramePlan, Player};
pub use scene::{EMBEDDED_SCENES, Millions, Scene, SceneKind, find_scene};
