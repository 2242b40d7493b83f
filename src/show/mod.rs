//! The show: scenes, looks, the show's own file, the clock, and the player that turns a time into a frame. Pure, but for
//! reading files, which goes through [`Files`].

mod clock;
mod kinds;
mod looks;
mod player;
mod projection_file;
mod reading;
mod reveal;
mod scene;
mod transition;

pub use clock::Clock;
pub use kinds::{
    Chain, Fill, Fit, Flow, Heading, MAX_ROWS, Millions, One, SceneKind, Side, Still, TextSource, Words, WordsMotion,
};
pub use looks::{EMBEDDED_LOOKS, NamedLook, find_look, look_schema};
pub use player::{Adjust, FramePlan, Player};
pub use projection_file::{parse_projection, projection_text, read_projection};
pub use reading::{Disk, Files, Read};
pub use reveal::{Reveal, RevealBy};
pub use scene::{EMBEDDED_SCENES, Scene, find_scene, scene_schema};
pub use transition::{Easing, TileOrder, Transition, TransitionKind};
