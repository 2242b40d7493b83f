//! The show: what the wall shows, and when.
//!
//! Show, scene and look files go in, through [`Files`](millions_base::Files), and become a [`Show`] of [`Scene`]s,
//! [`Cue`]s, a [`Playlist`] and a [`Schedule`], or [diagnostics](millions_base::Diagnostics). A [`Player`] takes the
//! scenes, the portrait numbers of the [`Crowd`] and the operator's cues and [`Adjustments`]; for any [`TimePoint`],
//! which comes from the caller by way of a [`Clock`], it returns a [`FramePlan`](millions_frame::FramePlan) to draw and
//! a [`Prefetch`](millions_frame::Prefetch) of what comes next. Nothing here reads a clock, and nothing but those
//! files; scenes that arrange people by their looks get them from [`Portraits`].

#![deny(clippy::disallowed_methods, reason = "what is computed depends on its arguments alone")]

mod any_file;
mod arrival;
mod clock;
mod crowd;
mod cue;
mod embedded;
mod id;
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
mod view_move;

pub use any_file::AnyFile;
pub use arrival::ArrivalSettings;
pub use clock::Clock;
pub use crowd::{Arrangements, Biography, Crowd, GreyPicture, Pictures, Portraits};
pub use cue::Cue;
pub use embedded::EmbeddedFile;
pub use id::{LookId, SceneId};
pub use keymap::{ACTIONS, KeyCommand};
pub use kinds::{
    Chain, Heading, Millions, Mosaic, One, SceneKind, Still, TextSide, TextSource, Words, WordsMotion, Zoom,
};
use kinds::{MAX_ROWS, SEED};
pub use looks::{EMBEDDED_LOOKS, NamedLook, find_look, look_schema};
pub use player::{ActiveCue, Adjustments, DealJob, Dealt, Player, PlaylistPosition, TimePoint};
pub use playlist::{Playing, Playlist, PlaylistEntry};
pub use reveal::{Reveal, RevealBy};
pub use scene::{EMBEDDED_SCENES, Scene, find_scene};
pub use scene_schema::scene_schema;
pub use schedule::{Day, Opening, Period, Schedule};
pub use show_file::{EMBEDDED_SHOW, Show, show_schema};
pub use sun::GeoPosition;
pub use time_spec::TimeSpec;
pub use transition::{Easing, Transition, TransitionKind};
pub use view_move::{ViewMove, ViewThen};
