//! `millions ingest`: photographs into a library.

use crossbeam_channel::Receiver;

use super::{IngestArgs, progress};
use millions_library::{Ingest, IngestEvent, IngestOptions, IngestSummary, LibraryError, Limits, default_dir};

/// Rejections that are listed on a terminal; all of them are in the library's rejected.txt.
const LISTED: usize = 20;

pub fn run(args: IngestArgs) -> anyhow::Result<()> {
    let IngestArgs { folders, library, tiles, jobs, max_megapixels, max_megabytes, json } = args;
    let dir = library.unwrap_or_else(|| default_dir(&folders));
    let fallback = Limits::default();
    let limits = Limits {
        max_pixels: max_megapixels.map_or(fallback.max_pixels, |n| n.saturating_mul(1_000_000)),
        max_alloc_bytes: max_megabytes.map_or(fallback.max_alloc_bytes, |n| n.saturating_mul(1 << 20)),
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
    let IngestSummary { hidden, doubtful, upscaled, seconds, .. } = &summary;
    let hidden = if *hidden > 0 { format!(", and {hidden} hidden") } else { String::new() };
    let notes = if notes.is_empty() { String::new() } else { format!("; {} notes on people.csv", notes.len()) };
    println!(
        "{portraits} people in the library {}{hidden}\n{found} photographs found: {added} added, {unchanged} unchanged, \
         {duplicates} duplicates, {} rejected; {removed} portraits removed{notes}; {seconds:.1} s",
        dir.display(),
        rejected.len(),
    );
    if *upscaled > 0 {
        println!("{upscaled} are shown larger than they were photographed");
    }
    if *doubtful > 0 {
        println!("{doubtful} crops are doubtful; look at them: millions crops --only doubtful --out crops.png");
    }
    Ok(())
}

/// Follows an ingest to its end, with a progress bar on a terminal.
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

/// Lists who is not in the library, and why, on the standard error.
pub fn print_rejected(summary: &IngestSummary) {
    for rejection in summary.rejected.iter().take(LISTED) {
        eprintln!("rejected: {}: {}", rejection.reason, rejection.path);
    }
    if summary.rejected.len() > LISTED {
        eprintln!("… and {} more, all listed in the library's rejected.txt", summary.rejected.len() - LISTED);
    }
}
