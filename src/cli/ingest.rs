//! `millions ingest`: photographs into a library.

use std::path::PathBuf;

use clap::Args;
use crossbeam_channel::Receiver;

use super::{progress, values};
use millions_library::{Ingest, IngestEvent, IngestOptions, IngestSummary, LibraryError, Limits, default_dir};

/// The most rejections printed; all of them are in the library's rejected.txt.
const MAX_PRINTED: usize = 20;

#[derive(Debug, Args)]
pub struct IngestArgs {
    /// Folders of photographs, searched with all that is below them.
    #[arg(required = true)]
    folders: Vec<PathBuf>,
    /// The library's folder [default: one for each set of folders, in the place where this platform keeps such data]
    #[arg(long, value_name = "DIR")]
    library: Option<PathBuf>,
    #[command(flatten)]
    tiles: TileArgs,
    /// Photographs decoded at a time [default: one a core]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    jobs: usize,
    /// Megapixels above which a photograph is rejected unread.
    #[arg(long, value_name = "N")]
    max_megapixels: Option<u64>,
    /// Megabytes that decoding one photograph may take.
    #[arg(long, value_name = "N")]
    max_megabytes: Option<u64>,
    /// Prints one JSON object on the standard output instead of a summary.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct TileArgs {
    /// Texels of a tile's side: a power of two from 32 to 1024.
    #[arg(long, value_name = "N", default_value_t = 256)]
    tile: u32,
    /// Width and height of a portrait as shown, such as 4:5, 3:4 or 1:1.
    #[arg(long, value_name = "W:H", default_value = "4:5", value_parser = values::aspect)]
    aspect: f32,
}

pub fn run(args: IngestArgs) -> anyhow::Result<()> {
    let IngestArgs { folders, library, tiles, jobs, max_megapixels, max_megabytes, json } = args;
    let dir = library.unwrap_or_else(|| default_dir(&folders));
    let default = Limits::default();
    let limits = Limits {
        max_pixels: max_megapixels.map_or(default.max_pixels, |n| n.saturating_mul(1_000_000)),
        max_alloc_bytes: max_megabytes.map_or(default.max_alloc_bytes, |n| n.saturating_mul(1 << 20)),
    };
    let options = IngestOptions { tile_side: tiles.tile, aspect: tiles.aspect, jobs, limits, watch: false };
    let ingest = Ingest::start(&folders, &dir, options)?;
    let summary = follow(&ingest.events)?;
    if json {
        println!("{}", serde_json::to_string(&summary)?);
        return Ok(());
    }
    print_rejected(&summary);
    let IngestSummary { found, added, unchanged, duplicates, removed, rejected, notes, portraits, .. } = &summary;
    let IngestSummary { hidden, copies, review, upscaled, seconds, .. } = &summary;
    let hidden = if *hidden > 0 { format!(", and {hidden} hidden") } else { String::new() };
    let copies = match copies {
        0 => String::new(),
        1 => "; 1 photograph is a copy of another, which is shown".to_owned(),
        _ => format!("; {copies} photographs are copies of others, which are shown"),
    };
    let notes = if notes.is_empty() { String::new() } else { format!("; {} notes on people.csv", notes.len()) };
    println!(
        "{portraits} people in the library {}{hidden}{copies}\n{found} photographs found: {added} added, {unchanged} unchanged, \
         {duplicates} duplicates, {} rejected; {removed} portraits removed{notes}; {seconds:.1} s",
        dir.display(),
        rejected.len(),
    );
    if *upscaled > 0 {
        println!("{upscaled} are shown larger than they were photographed");
    }
    if *review > 0 {
        println!("{review} crops should be reviewed: millions crops --only review --out crops.png");
    }
    Ok(())
}

/// Waits for the end of an ingest, with a progress bar on a terminal.
pub fn follow(events: &Receiver<IngestEvent>) -> Result<IngestSummary, LibraryError> {
    let bar = progress::bar("photographs", 0);
    for event in events {
        match event {
            IngestEvent::Scanned { found } => bar.set_length(found as u64),
            IngestEvent::Progress { done } => bar.set_position(done as u64),
            IngestEvent::Remark(remark) => bar.suspend(|| eprintln!("{remark}")),
            IngestEvent::Replaced(_)
            | IngestEvent::Removed(_)
            | IngestEvent::Added(_)
            | IngestEvent::Changed(_)
            | IngestEvent::Rejected { .. } => {}
            IngestEvent::Finished(result) => {
                bar.finish_and_clear();
                return result;
            }
        }
    }
    Err(LibraryError::Stopped)
}

/// Prints the rejected photographs with their reasons on standard error.
pub fn print_rejected(summary: &IngestSummary) {
    for rejection in summary.rejected.iter().take(MAX_PRINTED) {
        eprintln!("rejected: {}: {}", rejection.reason, rejection.path);
    }
    if summary.rejected.len() > MAX_PRINTED {
        eprintln!("… and {} more, all listed in the library's rejected.txt", summary.rejected.len() - MAX_PRINTED);
    }
}
