//! Tier 1, photographs: kinds of file, orientation, profiles, crops, spreadsheets, faults of the disk.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "tests run under a harness that reads them")]

#[path = "../support/photographs.rs"]
mod photographs;

#[path = "../support/program.rs"]
mod program;

#[cfg(feature = "object-storage")]
#[path = "../support/server.rs"]
mod server;

mod copies;
mod crops;
mod decoding;
mod field_copy;
mod follow;
mod formats;
mod ingest;
mod ingest_faults;
mod look;
mod manual_crops;
mod merge;
mod mosaic;
#[cfg(feature = "object-storage")]
mod object_storage;
mod people;
mod profiles;
mod takedown;
mod workers;
