//! `millions ingest`: photographs into a library.

use std::path::PathBuf;

use clap::Args;
use crossbeam_channel::Receiver;

use super::open_library::PhotographArgs;
use super::terminal::{print_line, report_line};
use super::{progress, values};
use millions_base::{printable, printable_path};
use millions_library::{
    Ingest, IngestEvent, IngestOptions, IngestSummary, LibraryError, Shard, by_reason, default_dir,
};

/// The most reasons for rejections printed, and names for each; all of them are in the library's rejected.txt.
const MAX_GROUPS: usize = 12;
const MAX_NAMES: usize = 5;

#[derive(Debug, Args)]
pub struct IngestArgs {
    /// Folders of photographs, searched with all that is below them; also s3://BUCKET/PREFIX, and https://HOST/FOLDER/ where the server
    /// lists its folders or https://HOST/LIST.txt with an address a line, in builds with object storage.
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
    #[command(flatten)]
    photographs: PhotographArgs,
    /// Takes a part of the photographs alone, by their contents, where other machines take the others: 0/64 to 63/64. `millions
    /// library merge` makes one library of all.
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,
    /// Prints one JSON object on the standard output instead of a summary.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct TileArgs {
    /// Texels of a tile's side: a power of two from 32 to 1024. A library keeps what it was made with [default: 256].
    #[arg(long, value_name = "N")]
    tile: Option<u32>,
    /// Width and height of a portrait as shown, such as 4:5, 3:4 or 1:1. A library keeps what it was made with [default: 4:5].
    #[arg(long, value_name = "W:H", value_parser = values::aspect)]
    aspect: Option<f32>,
}

pub fn run(args: IngestArgs) -> anyhow::Result<()> {
    let IngestArgs { folders, library, tiles, jobs, photographs, shard, json } = args;
    let dir = library.unwrap_or_else(|| default_dir(&folders));
    let options = IngestOptions { jobs, shard, ..IngestOptions::default() }.with_tiles_of(&dir);
    let (tile_side, aspect) = (tiles.tile.unwrap_or(options.tile_side), tiles.aspect.unwrap_or(options.aspect));
    let options = photographs.options(IngestOptions { tile_side, aspect, ..options });
    let ingest = Ingest::start(&folders, &dir, options)?;
    let summary = follow(&ingest.events)?;
    if json {
        print_line!("{}", serde_json::to_string(&summary)?);
        return Ok(());
    }
    print_rejected(&summary);
    if !summary.rejected.is_empty() {
        report_line!("all of them by name: {}", printable_path(dir.join("rejected.txt")));
    }
    let IngestSummary { found, added, unchanged, duplicates, removed, rejected, notes, portraits, .. } = &summary;
    let IngestSummary { hidden, copies, review, upscaled, excluded, elsewhere, seconds, .. } = &summary;
    let elsewhere = if *elsewhere > 0 { format!(", {elsewhere} in other parts") } else { String::new() };
    let excluded = if *excluded > 0 { format!(", {excluded} excluded") } else { String::new() };
    let hidden = if *hidden > 0 { format!(", and {hidden} hidden") } else { String::new() };
    let copies = match copies {
        0 => String::new(),
        1 => "; 1 photograph is a copy of another, which is shown".to_owned(),
        _ => format!("; {copies} photographs are copies of others, which are shown"),
    };
    let notes = if notes.is_empty() { String::new() } else { format!("; {} notes", notes.len()) };
    print_line!(
        "{portraits} people in the library {}{hidden}{copies}\n{found} photographs found: {added} added, {unchanged} unchanged, \
         {duplicates} duplicates, {} rejected{excluded}{elsewhere}; {removed} portraits removed{notes}; {seconds:.1} s",
        printable_path(&dir),
        rejected.len(),
    );
    if *upscaled > 0 {
        print_line!("{upscaled} are shown larger than they were photographed");
    }
    if *review > 0 {
        print_line!("{review} crops should be reviewed: millions crops --only review --out crops.png");
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
            IngestEvent::Remark(remark) => bar.suspend(|| report_line!("{}", printable(&remark))),
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

/// Prints the rejected photographs on standard error, by reason.
pub fn print_rejected(summary: &IngestSummary) {
    let groups = by_reason(&summary.rejected);
    for group in groups.iter().take(MAX_GROUPS) {
        report_line!("not in the library: {}", group.headline());
        for file in group.files.iter().take(MAX_NAMES) {
            report_line!("    {}", printable(&file.path));
        }
        if group.files.len() > MAX_NAMES {
            report_line!("    … and {} more", group.files.len() - MAX_NAMES);
        }
    }
    if groups.len() > MAX_GROUPS {
        let files: usize = groups[MAX_GROUPS..].iter().map(|group| group.files.len()).sum();
        report_line!("… and {files} more for {} other reasons", groups.len() - MAX_GROUPS);
    }
}
