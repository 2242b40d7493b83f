//! Export of stills, posters and films.

mod film;
mod icc;
mod page;
mod pdf;
mod png_rows;
mod rows;
mod segments;
mod sidecar;
mod tiff_rows;

pub use film::{Codec, Film, FilmError, FilmSpec, exact_fps, find_ffmpeg};
pub use page::{MM_PER_INCH, NamedPurpose, PURPOSES, Page, Purpose};
pub use rows::{Channels, ExportError, PictureHeader, PictureKind, is_grey, write_picture, write_png};
pub use segments::SegmentedFilm;
pub use sidecar::{Sidecar, public_command};
