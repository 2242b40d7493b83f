//! The show: scenes, looks, the show's own file, the clock, and the player that turns a time into a frame. Pure, but
//! for reading files, which goes through [`Files`].

mod any_file;
mod clock;
mod crowd;
mod instances;
mod keymap;
mod kinds;
mod looks;
mod player;
mod playlist;
mod reveal;
mod scene;
mod scene_schema;
mod schedule;
mod schedule_file;
mod show_file;
mod sun;
mod time_spec;
mod transition;

pub use any_file::AnyFile;
pub use clock::Clock;
pub use crowd::{Biography, Crowd};
pub use keymap::ACTIONS;
use kinds::SEED;
pub use kinds::{Chain, Heading, MAX_ROWS, Millions, One, SceneKind, Still, TextSide, TextSource, Words, WordsMotion};
pub use looks::{EMBEDDED_LOOKS, NamedLook, find_look, look_schema};
pub use player::{ActiveCue, Adjustments, Player, TimePoint};
pub use playlist::{Playing, Playlist, PlaylistEntry};
pub use reveal::{Reveal, RevealBy};
pub use scene::{EMBEDDED_SCENES, Scene, find_scene};
pub use scene_schema::scene_schema;
pub use schedule::{Day, Opening, Period, Schedule};
pub use show_file::{Cue, EMBEDDED_SHOW, Show, show_schema};
pub use sun::{GeoPosition, Polar, Sun};
pub use time_spec::TimeSpec;
pub use transition::{Easing, Transition, TransitionKind};
