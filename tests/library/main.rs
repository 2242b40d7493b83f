//! Tier 1, photographs: kinds of file, orientation, profiles, crops, spreadsheets, faults of the disk.

#[path = "../support/photographs.rs"]
mod photographs;

#[path = "../support/program.rs"]
mod program;

mod copies;
mod crops;
mod decoding;
mod follow;
mod formats;
mod ingest;
mod ingest_faults;
mod look;
mod merge;
mod mosaic;
mod people;
mod profiles;
mod takedown;
