//! The show: scenes, looks and their files, the clock, and the player that turns a time into a frame. Pure, but for reading
//! scene files.

mod acts;
mod clock;
mod crowd;
mod kinds;
mod looks;
mod plan;
mod player;
mod projection_file;
mod reveal;
mod scene;
mod transition;
mod turning;

pub use clock::Clock;
pub use crowd::{Crowd, Told};
pub use kinds::{
    Chain, Fill, Fit, Heading, MAX_ROWS, Millions, One, SceneKind, Side, Still, TextSource, Words, WordsMotion,
};
pub use looks::{EMBEDDED_LOOKS, NamedLook, find_look};
pub use plan::{
    Align, Below, Coming, Figure, FramePlan, Item, Layer, PeopleLayer, ScenePlan, StillLayer, Text, Upcoming,
    WallLayer, Wanted, WordsLayer,
};
pub use player::{Adjust, At, Cued, Player};
pub use projection_file::{parse_projection, projection_text, read_projection};
pub use reveal::{Reveal, RevealBy};
pub use scene::{EMBEDDED_SCENES, Scene, find_scene};
pub use transition::{Easing, TileOrder, Transition, TransitionKind};
pub use turning::Turning;
