//! The library: from photographs to tiles on disk.
//!
//! ```text
//! folder ── scan ── decode ── look, crop ── sRGB ── resample ── upright ── measure ── encode ── write ── commit
//!          (1 thread)   └────────────────── workers, one photograph each ────────────────┘   (1 thread)
//! ```
//!
//! [`Ingest`] runs that pipeline in the background, once or whenever something changes in the folders, and tells about
//! it in [`IngestEvent`]s; [`Library`] is what it leaves on disk, open for reading; [`LibraryWriter`] appends to it, for
//! the ingest and for the demo crowd. Who the people are ([`Person`]) and what is to be done to their photographs
//! ([`Edit`]) is read from spreadsheets beside the photographs, `people.csv` (see `people/`).
//!
//! On disk, a library is a folder:
//!
//! | file | what |
//! |---|---|
//! | `millions-library.toml` | format version, tile side, aspect; written last, so that without it there is no library |
//! | `tiles.bin` | portrait n's tile at n × stride ([`millions_wall::tile::TileLayout`]) |
//! | `floors.bin` | portrait n's 16-texel floor at n × 256 |
//! | `index.log` | who is there: appended commits, each with its checksum (see `index.rs`) |
//! | `rejected.txt` | the photographs that are not in it, with reasons, for people |
//! | `doubtful.txt` | the photographs whose crop a person should look at, with reasons |
//! | `library.lock` | held by the one process that writes |
//!
//! Tiles reach the disk before the commit that names them, and a slot whose portrait was removed is not written again
//! before that removal is committed: a kill at any moment leaves the last commit whole.

mod budget;
mod colour;
mod committer;
mod crop;
mod decode;
mod detections;
mod edit;
mod error;
mod faces;
mod guard;
mod hdr;
mod heif;
mod index;
mod ingest;
mod interest;
mod jpeg;
mod jxl;
mod large;
mod libheif;
mod look;
mod people;
mod prepare;
mod quad;
mod reduced;
mod regions;
mod resample;
mod scan;
mod scanner;
mod sign;
mod source;
mod store;
mod thumbnail;
mod upright;
mod watch;
mod worker;
mod writer;

pub use decode::Limits;
pub use detections::{DetectedFace, DetectedSign, Detections, FaceInTile, ReviewReason, ReviewReasons, TileArea};
pub use edit::{Crop, Edit, Length};
pub use error::LibraryError;
pub use heif::HeifSupport;
pub use ingest::{Ingest, IngestEvent, IngestOptions, IngestSummary, Rejection};
pub use people::Person;
pub use source::{Source, Stamp};
pub use store::{Library, Portrait, default_dir};
pub use thumbnail::Thumbnail;
pub use writer::{LibraryWriter, NewPortrait};
