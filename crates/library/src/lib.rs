//! The library: photographs in, tiles on disk out.
//!
//! In flow folders of photographs, and beside them the spreadsheets `people.csv` with names, quotes and edits. Out flows
//! a folder of fixed-size tiles with an index, which the wall reads by portrait number, and a stream of [`IngestEvent`]s
//! that says which portraits were added, replaced, changed or removed.
//!
//! ```text
//! folders ── scan ── decode ── detect, crop ── colour transform ── resample ── orient ── measure ── encode ── commit
//!          (scanner)  └───────────────────── workers, one photograph each ─────────────────────┘  (committer)
//! ```
//!
//! One scanner thread lists the files and finds what is new or changed. A pool of workers makes one tile each, within a
//! shared memory budget. One committer thread writes the tiles and the index in the order of the scan, so that the same
//! folders give the same portrait numbers on every machine.
//!
//! [`Ingest`] runs this pipeline in the background, once, or again whenever the folders change. [`Library`] is the
//! result, open for reading. [`LibraryWriter`] appends to it, for the ingest and for the demo crowd. [`Person`] and
//! [`Edit`] are what the spreadsheets say of a photograph (see `people/`).
//!
//! On disk, a library is a folder:
//!
//! | file | contents |
//! |---|---|
//! | `millions-library.toml` | format version, tile side, aspect; written last, so that without it there is no library |
//! | `tiles.bin` | portrait n's tile at n × stride ([`millions_wall::tile::TileLayout`]) |
//! | `floors.bin` | portrait n's 16-texel floor at n × 256 bytes |
//! | `index.log` | the portraits: appended commits of records with checksums (see `index.rs`) |
//! | `rejected.txt` | the photographs that are not in the library, by reason |
//! | `removals.txt` | who is not to be shown, by hashes: outlives the rest (see [`removals`]) |
//! | `removals-copy.txt` | the same, for a file that is lost or damaged |
//! | `crops.txt` | crops that were decided by hand, by hashes: outlives the rest, too (see `manual_crops.rs`) |
//! | `review.txt` | the photographs whose crop a person should review, with reasons |
//! | `library.lock` | locked by the one process that writes |
//!
//! A [field copy](field_copy) has other files, all of them encrypted.
//!
//! Tiles reach the disk before the commit that names them, and the space of a removed portrait is not reused before its
//! removal is committed: a kill at any moment leaves the last commit whole.

mod analysis_image;
mod budget;
mod colour;
mod committer;
mod copies;
mod crop;
mod decision_file;
mod decode;
mod decoding;
mod detections;
mod detector;
mod edit;
mod error;
mod exclusion;
mod exif;
mod extension;
mod face_network;
mod faces;
pub mod field_copy;
mod files;
mod flood_fill;
mod follow;
mod hdr;
mod heif;
mod ifd;
mod index;
mod ingest;
mod jpeg;
mod jxl;
mod key_table;
mod known_files;
mod large;
mod libheif;
mod library;
mod look_alikes;
mod maintenance;
mod manual_crops;
mod merge;
mod orientation;
mod people;
mod perceptual;
mod prepare;
mod quad;
mod raw;
mod rejections;
pub mod removals;
mod resample;
mod saliency;
mod scaled_jpeg;
mod scan;
mod scanner;
mod shard;
mod sign;
mod source;
mod spill;
#[cfg_attr(not(feature = "object-storage"), allow(dead_code, reason = "what speaks to servers uses it"))]
mod storage;
mod thumbnail;
mod tiff;
mod tile_files;
mod turn;
mod watch;
mod worker;
mod worker_process;
mod writer;

pub use decode::Limits;
pub use detections::{
    DetectedFace, DetectedSign, Detections, FaceInTile, ReviewReason, ReviewReasons, TileArea, TileFromPhotograph,
};
pub use edit::{Crop, Edit, Length};
pub use error::LibraryError;
pub use files::{FORMAT, default_dir};
pub use follow::Follow;
pub use heif::HeifSupport;
pub use ingest::{Ingest, IngestEvent, IngestOptions, IngestSummary, Rejection};
pub use library::{Library, Portrait};
pub use maintenance::{AlikePair, CropTakesEffect, PhotographHash};
pub use manual_crops::{ManualCrop, ManualCrops};
pub use merge::{MergeProgress, MergeStep, MergeSummary, merge};
pub use people::{Person, SheetReport, WordsCheck, check_sheet};
pub use perceptual::PerceptualHash;
pub use rejections::{RejectionGroup, by_reason};
pub use shard::Shard;
pub use source::{Source, Stamp};
pub use thumbnail::Thumbnail;
pub use worker_process::{Sandbox, WorkerProgram, decode_in_processes, sandbox, serve};
pub use writer::{LibraryWriter, NewPortrait};
