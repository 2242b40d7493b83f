//! The show: scenes, looks and their files, the clock, and the player that turns a time into a frame. Pure, but for reading
//! scene files.

mod clock;
mod looks;
mod player;
mod projection_file;
mod reveal;
mod scene;

pub use clock::Clock;
pub use looks::{EMBEDDED_LOOKS, NamedLook, find_look};
pub use player::{Adjust, FramePlan, Player};
pub use projection_file::{parse_projection, projection_text, read_projection};
pub use reveal::{Reveal, RevealBy};
pub use scene::{EMBEDDED_SCENES, Millions, Scene, SceneKind, find_scene};
