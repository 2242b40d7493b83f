//! Export of stills and films.

mod film;
mod still;

pub use film::{Film, FilmError, find_ffmpeg};
pub use still::{ExportError, write_png};
