//! Tier 0, files: shows, scenes, looks and stages against their schemas, and every file that the documents quote.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "tests run under a harness that reads them")]

mod documents;
mod packaging;
mod show_files;
