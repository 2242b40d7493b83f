//! `millions demo`: invented people, as photographs or straight into a library.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::terminal::print_line;
use super::{progress, usage};
use millions_base::printable_path;
use millions_demo::DemoTile;
use millions_library::{Detections, Edit, Library, LibraryError, LibraryWriter, NewPortrait};
use millions_wall::tile::{PortraitNumber, TileLayout};

/// Tiles between two commits: each waits for the disk. The first commits are smaller, so that a wall starts soon.
const TILES_A_COMMIT: usize = 512;
const FIRST_COMMIT: usize = 24;
/// The default tile side of large crowds, which serve to measure.
const LARGE_CROWD_SIDE: u32 = 64;

/// The progress of a demo library.
pub enum Step {
    /// The library is open.
    Open(Arc<Library>),
    /// The number of tiles drawn so far.
    Drawn(usize),
    /// These people are committed.
    Added(Vec<PortraitNumber>),
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("where").required(true).args(["out", "library"])))]
pub struct DemoArgs {
    /// How many people.
    #[arg(long, value_name = "N")]
    count: usize,
    /// A folder for photographs of them.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// A library for tiles of them, without photographs.
    #[arg(long, value_name = "DIR")]
    library: Option<PathBuf>,
    /// Invents other people.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Texels of a tile's side, with --library: a power of two from 32 to 1024.
    #[arg(long, value_name = "N")]
    tile: Option<u32>,
}

pub fn run(args: &DemoArgs) -> anyhow::Result<()> {
    let DemoArgs { count, out, library, seed, tile } = args;
    if *count == 0 {
        return Err(usage("--count is 0: invent at least one"));
    }
    let bar = progress::bar("inventing", *count as u64);
    match (out, library) {
        (Some(out), _) => {
            if tile.is_some() {
                return Err(usage("--tile goes with --library: photographs have no tiles yet"));
            }
            millions_demo::write_photographs(out, *count, *seed, &mut |done| bar.set_position(done as u64))?;
            bar.finish_and_clear();
            print_line!("{count} photographs of invented people are in {}", printable_path(out));
        }
        (None, Some(dir)) => {
            let started = std::time::Instant::now();
            let portraits = write_library(dir, *count, *seed, *tile, &mut |step| {
                if let Step::Drawn(done) = step {
                    bar.set_position(done as u64);
                }
                true
            })?;
            bar.finish_and_clear();
            let rate = *count as f64 / started.elapsed().as_secs_f64();
            print_line!("{portraits} people are in the library {} ({rate:.0} tiles a second)", printable_path(dir));
        }
        (None, None) => return Err(usage("say where: --out FOLDER or --library DIR")),
    }
    Ok(())
}

/// Writes a demo crowd to a library; returns the number of people in it then. `step` receives the progress, and returns
/// whether to go on.
///
/// # Errors
/// Those of the library; [`LibraryError::Stopped`] when `step` returns false.
pub fn write_library(
    dir: &Path,
    count: usize,
    seed: u64,
    tile_side: Option<u32>,
    step: &mut dyn FnMut(Step) -> bool,
) -> Result<usize, LibraryError> {
    let fallback = if count as u64 > millions_demo::FULLY_DRAWN { LARGE_CROWD_SIDE } else { 256 };
    let side = tile_side.unwrap_or(fallback);
    let layout = TileLayout::new(side)?;
    let mut writer = LibraryWriter::create_or_open(dir, side, millions_demo::ASPECT)?;
    step(Step::Open(writer.library()));
    let (mut staged, mut drawn, mut commit_at) = (Vec::new(), 0, FIRST_COMMIT);
    millions_demo::tiles(count as u64, seed, &layout, &mut |made: DemoTile| {
        let DemoTile { index, tile, floor, tone } = made;
        drawn += 1;
        let hash = *blake3::hash(format!("demo {seed} {index} {side}").as_bytes()).as_bytes();
        if writer.find(hash, Edit::default()).is_none() {
            let (edit, detections) = (Edit::default(), Detections::default());
            staged.push(writer.add(NewPortrait { hash, edit, source: None, tone, detections, tile, floor })?);
        }
        if staged.len() >= commit_at {
            writer.commit()?;
            commit_at = TILES_A_COMMIT.min(commit_at * 2);
            step(Step::Added(std::mem::take(&mut staged)));
        }
        if step(Step::Drawn(drawn)) { Ok(()) } else { Err(LibraryError::Stopped) }
    })?;
    writer.commit()?;
    step(Step::Added(staged));
    Ok(writer.library().len())
}
