//! `millions doctor`: what works on this machine, what does not, and what to do about it.

use std::path::{Path, PathBuf};

use clap::Args;
use glam::UVec2;

use super::terminal::print_line;
use super::{open_library, words};
use crate::{app, export};
use millions_base::{Disk, printable_path};
use millions_lettering::fonts;
use millions_library::{HeifSupport, Library, LibraryError, Sandbox};
use millions_stage::{Legibility, Stage};

/// Layers of the tile cache that a 4K wall takes.
const LAYERS_FOR_4K: u32 = 10;

#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// A library to look at.
    #[arg(long, value_name = "DIR")]
    library: Option<PathBuf>,
    /// A stage to look at.
    #[arg(long, value_name = "FILE")]
    stage: Option<PathBuf>,
}

pub fn run(args: &DoctorArgs) -> anyhow::Result<()> {
    let can_draw = adapters();
    displays();
    match export::find_ffmpeg() {
        Some(version) => good(format!("films: {version}")),
        None => bad("films: ffmpeg is not installed", "`apt install ffmpeg`, or render frames to a FOLDER/"),
    }
    photographs();
    decoding();
    good(format!("fonts: {} is built in", fonts::SANS_FAMILY));
    let can_read = library(args);
    let can_light = args.stage.as_deref().is_none_or(stage);
    anyhow::ensure!(can_draw, "the wall cannot be drawn on this machine as it is");
    anyhow::ensure!(can_read, "the library is not what was written");
    anyhow::ensure!(can_light, "the stage is not lit as it is written");
    Ok(())
}

fn good(line: impl AsRef<str>) {
    print_line!("good  {}", line.as_ref());
}

fn bad(line: impl AsRef<str>, help: &str) {
    print_line!("BAD   {}\n      → {help}", line.as_ref());
}

/// Reports the graphics adapters; returns whether one can draw.
fn adapters() -> bool {
    let adapters = millions_gpu::adapters();
    let help = "install a graphics driver; on Debian and Ubuntu `apt install mesa-vulkan-drivers` gives a software one";
    if adapters.is_empty() {
        bad("graphics: no adapter was found", help);
        return false;
    }
    for (index, adapter) in adapters.iter().enumerate() {
        let millions_gpu::AdapterReport { name, kind, is_software, max_side, max_layers, formats } = adapter;
        let formats: Vec<_> =
            formats.iter().map(|(name, there)| format!("{name} {}", if *there { "yes" } else { "no" })).collect();
        let taken = if index == 0 { " (taken unless --adapter says otherwise)" } else { "" };
        good(format!("graphics: {name}{taken}: {kind}"));
        good(format!("          textures to {max_side} px, {max_layers} layers; {}", formats.join(", ")));
        if *is_software && index == 0 {
            bad(
                "graphics: this adapter draws on the processor, a few frames a second at full size",
                "for a show, install the driver of the machine's graphics card",
            );
            good("          faces are sampled once a pixel there, four times on a graphics card (--samples)");
        }
        if *max_layers < LAYERS_FOR_4K {
            bad(format!("graphics: {name} has too few texture layers for a 4K wall"), "take a smaller output");
        }
    }
    match millions_gpu::Gpu::headless(None) {
        Ok(_) => good("graphics: a device could be opened"),
        Err(error) => {
            bad(format!("graphics: {error}"), help);
            return false;
        }
    }
    true
}

fn displays() {
    match app::displays() {
        Ok(displays) if displays.is_empty() => {
            bad("displays: none is connected", "connect the projector, then look again");
        }
        Ok(displays) => displays.iter().for_each(|display| good(format!("display {display}"))),
        Err(error) => bad(
            format!("displays: no window can be opened here ({error})"),
            "start from a desktop session, or draw without a window with `millions render`",
        ),
    }
}

fn photographs() {
    good("photographs: JPEG, JPEG XL, PNG, WebP, GIF, BMP and TIFF are built in");
    match HeifSupport::of_this_machine() {
        Ok(HeifSupport { version, hevc, av1 }) => {
            let decoders = [
                (hevc, "HEIC (HEVC)", HeifSupport::how_to_install_hevc()),
                (av1, "AVIF (AV1)", HeifSupport::how_to_install_av1()),
            ];
            for (there, kind, install) in decoders {
                if there {
                    good(format!("photographs: {kind} through libheif {version}"));
                } else {
                    bad(format!("photographs: libheif {version} has no decoder for {kind}"), install);
                }
            }
        }
        Err(error) => bad(
            format!("photographs: HEIC and AVIF cannot be read, for there is no libheif ({error})"),
            HeifSupport::how_to_install(),
        ),
    }
}

/// Reports how photographs are decoded.
fn decoding() {
    let help = "photographs are decoded all the same, each fault costs one; a newer Linux kernel has what is missing";
    match millions_library::sandbox() {
        Ok(Some(sandbox)) if sandbox.is_whole() => {
            good(
                "decoding: in processes of their own, which have limited memory and no files, network or other programs",
            );
        }
        Ok(Some(Sandbox { limits_memory, denies_files, filters_calls })) => {
            let parts = [
                (limits_memory, "no limit of memory"),
                (denies_files, "no landlock"),
                (filters_calls, "no filter of system calls"),
            ];
            let missing: Vec<_> = parts.iter().filter(|(there, _)| !there).map(|(_, what)| *what).collect();
            bad(format!("decoding: in processes of their own, but the system has {}", missing.join(", ")), help);
        }
        Ok(None) => {
            bad("decoding: in this process, for the system does not say where the program is", "start it by its path")
        }
        Err(error) => bad(format!("decoding: {error}"), "no photograph can be read until that works"),
    }
}

/// Reports the library; returns whether a given one is what was written.
fn library(args: &DoctorArgs) -> bool {
    let (dir, is_given) = match &args.library {
        Some(dir) => (dir.clone(), true),
        None => (open_library::demo_dir(), false),
    };
    match Library::open(&dir) {
        Ok(library) => {
            let (featured, hidden) = (library.featured().len(), library.hidden());
            let dir = printable_path(&dir);
            good(format!("library: {} people ({featured} featured, {hidden} more hidden) in {dir}", library.len()));
            for remark in library.remarks() {
                if library.is_damaged() {
                    bad(format!("library: {remark}"), "ingest its photographs again, with `millions ingest` or `play`");
                } else {
                    good(format!("library: {remark}"));
                }
            }
            words(&library);
            !library.is_damaged()
        }
        Err(error) if is_given => {
            bad(format!("library: {error}"), "see above");
            false
        }
        Err(error) if !matches!(error, LibraryError::Missing { .. }) => {
            bad(
                format!("library: {error}"),
                "remove the folder: the demo crowd is made again at the next `millions play`",
            );
            false
        }
        Err(_) => {
            good("library: the demo crowd will be made at the first `millions play`");
            true
        }
    }
}

/// The most texts with letters that no font has that are printed.
const MAX_WORDS: usize = 20;

/// Reports the words of people that are not shown.
fn words(library: &Library) {
    let unshown = words::unshown(library, usize::MAX);
    for line in unshown.iter().take(MAX_WORDS) {
        bad(format!("words: {line}"), "a name, place or quote is shown whole or not at all");
    }
    if unshown.len() > MAX_WORDS {
        bad(
            format!("words: {} more like these", unshown.len() - MAX_WORDS),
            "`millions check people.csv` has their lines",
        );
    }
    if unshown.is_empty() {
        good("words: all names, places and quotes have their letters");
    }
}

/// The numbers of rows whose face sizes are reported.
const ROWS: [u32; 4] = [4, 7, 12, 20];

/// Reports the outputs of a stage, and the sizes of faces on its building; returns whether all of it is lit.
fn stage(path: &Path) -> bool {
    let stage = match Stage::read(path, &Disk).result {
        Ok(stage) => stage,
        Err(diagnostics) => {
            bad(format!("stage: {diagnostics}"), "`millions check` reports the same without the rest");
            return false;
        }
    };
    let mut is_lit = true;
    let masks = app::FolderFiles::beside(path);
    for output in &stage.outputs {
        let surfaces = stage.surfaces_of(&output.name).count();
        let UVec2 { x: width, y: height } = output.target_size();
        match stage.resolve(output.id, output.target_size(), &masks) {
            Ok(resolved) if resolved.faults.is_empty() => {
                good(format!("stage: output {}, {width}x{height}, {surfaces} surfaces", output.name));
            }
            Ok(resolved) => {
                is_lit = false;
                resolved.faults.iter().for_each(|fault| bad(format!("stage: {fault}"), "mend it in edit mode (E)"));
            }
            Err(fault) => {
                is_lit = false;
                bad(format!("stage: {fault}"), "mend it in the file");
            }
        }
    }
    if stage.wall_height_m().is_none() {
        good("stage: give a surface its `width_m`, and the sizes of faces on the building are known");
    }
    for rows in ROWS {
        // As portraits usually are.
        let Some(sizes) = stage.legibility(1.0 / f64::from(rows), 0.8) else { return is_lit };
        let Legibility { tile_m: [_, high], face_m, face_from_m, sign_from_m, .. } = sizes;
        good(format!(
            "stage: in {rows:>2} rows a tile is {high:.2} m high, its face {face_m:.2} m and known from {face_from_m:.0} m, its \
             sign read from {sign_from_m:.0} m"
        ));
    }
    is_lit
}
