//! The show: scenes, looks, the show's own file, the clock, and the player that turns a time into a frame. Pure, but
//! for reading files, which goes through [`Files`].

mod acts;
mod any_file;
mod clock;
mod crowd;
mod keymap;
mod kinds;
mod looks;
mod moment;
mod player;
mod playlist;
mod reveal;
mod scene;
mod scene_schema;
mod schedule;
mod schedule_file;
mod show_file;
mod sun;
mod transition;

pub use any_file::AnyFile;
pub use clock::Clock;
pub use crowd::{Crowd, Told};
pub use keymap::ACTIONS;
use kinds::SEED;
pub use kinds::{Chain, Heading, MAX_ROWS, Millions, One, SceneKind, Side, Still, TextSource, Words, WordsMotion};
pub use looks::{EMBEDDED_LOOKS, NamedLook, find_look, look_schema};
pub use moment::Moment;
pub use player::{Adjust, At, Cued, Player};
pub use playlist::{Entry, Playing, Playlist};
pub use reveal::{Reveal, RevealBy};
pub use scene::{EMBEDDED_SCENES, Scene, find_scene};
pub use scene_schema::scene_schema;
pub use schedule::{Day, Opening, Period, Schedule};
pub use show_file::{Cue, EMBEDDED_SHOW, Show, show_schema};
pub use sun::{Place, Polar, Sun};
pub use transition::{Easing, Transition, TransitionKind};
