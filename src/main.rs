//! The command line; for now only `millions ingest FOLDER… --library DIR [--jobs N] [--json]`.

use std::path::PathBuf;
use std::process::ExitCode;

use millions::library::{Ingest, IngestEvent, IngestOptions, default_dir};

fn main() -> ExitCode {
    let (mut folders, mut dir, mut options, mut json) = (Vec::new(), None, IngestOptions::default(), false);
    let mut words = std::env::args_os().skip(2);
    while let Some(word) = words.next() {
        match word.to_str() {
            Some("--library") => dir = words.next().map(PathBuf::from),
            Some("--jobs") => options.jobs = words.next().and_then(|n| n.to_str()?.parse().ok()).unwrap_or(0),
            Some("--json") => json = true,
            _ => folders.push(PathBuf::from(word)),
        }
    }
    let dir = dir.unwrap_or_else(|| default_dir(&folders));
    let result = Ingest::start(&folders, &dir, options).and_then(|ingest| {
        for event in &ingest.events {
            match event {
                IngestEvent::Finished(result) => return result,
                IngestEvent::Remark(remark) => eprintln!("{remark}"),
                _ => {}
            }
        }
        Err(millions::library::LibraryError::Stopped)
    });
    match result {
        Ok(summary) if json => println!("{}", serde_json::json!(summary)),
        Ok(summary) => println!("{summary:#?}"),
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
