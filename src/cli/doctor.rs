//! `millions doctor`: what works on this machine, what does not, and what to do about it.

use std::path::Path;

use glam::UVec2;

use super::{DoctorArgs, crowd};
use crate::{app, export};
use millions_base::Disk;
use millions_lettering::fonts;
use millions_library::{HeifSupport, Library};
use millions_stage::{Legibility, Stage};

/// Pages that a 4K wall takes.
const PAGES_FOR_4K: u32 = 10;

pub fn run(args: &DoctorArgs) -> anyhow::Result<()> {
    let mut report = Report::default();
    adapters(&mut report);
    displays(&mut report);
    match export::find_ffmpeg() {
        Some(version) => report.good(format!("films: {version}")),
        None => report.bad("films: ffmpeg is not installed", "`apt install ffmpeg`, or render frames to a FOLDER/"),
    }
    photographs(&mut report);
    report.good(format!("fonts: {} and {} are built in", fonts::SANS_FAMILY, fonts::SYMBOLS_FAMILY));
    library(args, &mut report);
    if let Some(path) = &args.stage {
        stage(path, &mut report);
    }
    if report.fatal {
        anyhow::bail!("the wall cannot be drawn on this machine as it is");
    }
    Ok(())
}

#[derive(Default)]
struct Report {
    fatal: bool,
}

impl Report {
    #[allow(clippy::unused_self, reason = "a line of the report, like its siblings")]
    fn good(&self, line: impl AsRef<str>) {
        println!("good  {}", line.as_ref());
    }

    #[allow(clippy::unused_self, reason = "a line of the report, like its siblings")]
    fn bad(&self, line: impl AsRef<str>, help: &str) {
        println!("BAD   {}\n      → {help}", line.as_ref());
    }

    fn fatal(&mut self, line: impl AsRef<str>, help: &str) {
        self.fatal = true;
        self.bad(line, help);
    }
}

fn adapters(report: &mut Report) {
    let adapters = millions_gpu::adapters();
    let help = "install a graphics driver; on Debian and Ubuntu `apt install mesa-vulkan-drivers` gives a software one";
    if adapters.is_empty() {
        report.fatal("graphics: no adapter was found", help);
        return;
    }
    for (index, adapter) in adapters.iter().enumerate() {
        let millions_gpu::AdapterReport { name, kind, is_software, max_side, max_layers, formats } = adapter;
        let formats: Vec<_> =
            formats.iter().map(|(name, there)| format!("{name} {}", if *there { "yes" } else { "no" })).collect();
        let taken = if index == 0 { " (taken unless --adapter says otherwise)" } else { "" };
        report.good(format!("graphics: {name}{taken}: {kind}"));
        report.good(format!("          pictures to {max_side} px, {max_layers} pages; {}", formats.join(", ")));
        if *is_software && index == 0 {
            report.bad(
                "graphics: this adapter draws on the processor, a few frames a second at full size",
                "for a show, install the driver of the machine's graphics card",
            );
        }
        if *max_layers < PAGES_FOR_4K {
            report.bad(format!("graphics: {name} has too few pages for a 4K wall"), "take a smaller output");
        }
    }
    match millions_gpu::Gpu::headless(None) {
        Ok(_) => report.good("graphics: a device could be opened"),
        Err(error) => report.fatal(format!("graphics: {error}"), help),
    }
}

fn displays(report: &mut Report) {
    match app::displays() {
        Ok(displays) if displays.is_empty() => {
            report.bad("displays: none is connected", "connect the projector, then look again");
        }
        Ok(displays) => displays.iter().for_each(|display| report.good(format!("display {display}"))),
        Err(error) => report.bad(
            format!("displays: no window can be opened here ({error})"),
            "start from a desktop session, or draw without a window with `millions render`",
        ),
    }
}

fn photographs(report: &mut Report) {
    report.good("photographs: JPEG, JPEG XL, PNG, WebP, GIF, BMP and TIFF are built in");
    match HeifSupport::of_this_machine() {
        Ok(HeifSupport { version, hevc, av1 }) => {
            let decoders = [
                (hevc, "HEIC (HEVC)", HeifSupport::how_to_install_hevc()),
                (av1, "AVIF (AV1)", HeifSupport::how_to_install_av1()),
            ];
            for (there, kind, install) in decoders {
                if there {
                    report.good(format!("photographs: {kind} through libheif {version}"));
                } else {
                    report.bad(format!("photographs: libheif {version} has no decoder for {kind}"), install);
                }
            }
        }
        Err(error) => report.bad(
            format!("photographs: HEIC and AVIF cannot be read, for there is no libheif ({error})"),
            HeifSupport::how_to_install(),
        ),
    }
}

fn library(args: &DoctorArgs, report: &mut Report) {
    let (dir, asked_for) = match &args.library {
        Some(dir) => (dir.clone(), true),
        None => (crowd::demo_dir(), false),
    };
    match Library::open(&dir) {
        Ok(library) => {
            let (featured, hidden) = (library.featured().len(), library.hidden());
            let dir = dir.display();
            report.good(format!(
                "library: {} people ({featured} featured, {hidden} more hidden) in {dir}",
                library.len()
            ));
            library.remarks().iter().for_each(|remark| report.good(format!("library: {remark}")));
        }
        Err(error) if asked_for => report.bad(format!("library: {error}"), "see above"),
        Err(_) => report.good("library: the demo crowd will be made at the first `millions play`"),
    }
}

/// Rows of faces whose sizes are told.
const ROWS: [u32; 4] = [4, 7, 12, 20];

/// What a stage shows, and how large faces are on its building.
fn stage(path: &Path, report: &mut Report) {
    let stage = match Stage::read(path, &Disk).result {
        Ok(stage) => stage,
        Err(problems) => {
            return report.bad(format!("stage: {problems}"), "`millions check` says the same without the rest");
        }
    };
    let masks = app::FolderFiles::beside(path);
    for output in &stage.outputs {
        let surfaces = stage.surfaces_of(&output.name).count();
        let UVec2 { x: width, y: height } = output.target_size();
        match stage.resolve(output.id, output.target_size(), &masks) {
            Ok(resolved) if resolved.faults.is_empty() => {
                report.good(format!("stage: output {}, {width}x{height}, {surfaces} surfaces", output.name));
            }
            Ok(resolved) => {
                resolved
                    .faults
                    .iter()
                    .for_each(|fault| report.bad(format!("stage: {fault}"), "mend it in edit mode (E)"));
            }
            Err(fault) => report.bad(format!("stage: {fault}"), "mend it in the file"),
        }
    }
    if stage.wall_height_m().is_none() {
        report.good("stage: give a surface its `width_m`, and the sizes of faces on the building are known");
    }
    for rows in ROWS {
        // As portraits usually are.
        let Some(sizes) = stage.legibility(1.0 / f64::from(rows), 0.8) else { return };
        let Legibility { tile_m: [_, high], face_m, face_from_m, sign_from_m, .. } = sizes;
        report.good(format!(
            "stage: in {rows:>2} rows a tile is {high:.2} m high, its face {face_m:.2} m and known from {face_from_m:.0} m, its \
             sign read from {sign_from_m:.0} m"
        ));
    }
}
