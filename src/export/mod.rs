//! Stills and films: the picture of the window at a time, without a window.

mod film;
mod still;

pub use film::{Film, FilmError, find_ffmpeg};
pub use still::{ExportError, write_png};
