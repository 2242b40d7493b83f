//! Tier 0, files: shows, scenes, looks and stages against their schemas, and every file that the documents quote.

mod documents;
mod show_files;
