//! `millions render`: stills, posters, films and frames without a window.

mod closing;
mod film;
mod offscreen;
mod poster;
mod recipe;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use glam::UVec2;

use super::gpu_args::GpuArgs;
use super::open_library::LibraryArgs;
use super::player::player;
use super::terminal::{print_line, report_line};
use super::values::{FilmDuration, Millimetres, Seconds, Size};
use super::{PictureArgs, usage, values};
use crate::app::{self, FolderFiles, Operator, OwnScenes, Replay, Venue};
use crate::export::{
    Channels, Codec, FilmSpec, NamedPurpose, Page, PictureHeader, PictureKind, Purpose, Sidecar, exact_fps,
    public_command,
};
use closing::{Closing, FrameTimes, closing, fit_journey};
use millions_base::{Disk, printable_path};
use millions_control::Recording;
use millions_library::FORMAT;
use millions_show::{NamedLook, Player, SceneKind, find_look};
use millions_stage::{Output, ResolvedOutput, Stage};
use offscreen::{Offscreen, PlayedShow, Playing};

/// A longer loop is refused: it is hardly meant.
const MAX_LOOP_SECS: f64 = 3600.0;
/// The resolution at which a picture of so many pixels is put on a PDF's page.
const PAGE_DPI: f64 = 300.0;
/// The most pixels of a side of a picture.
const MOST_SIDE: u32 = 65_536;
/// Bytes of tiles that a processor that draws keeps for a poster, and of the floors of so many people.
const POSTER_TILES: u64 = 8 * FLOORS;
const FLOORS: u64 = 34_000_000;
const FLOORS_PEOPLE: u64 = 65_536;

/// The kind and path of what is rendered.
#[derive(Debug)]
enum Target {
    Still(PathBuf, PictureKind),
    Film(PathBuf, Codec),
    Frames(PathBuf),
}

/// The channels of a picture's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Colours {
    /// One channel where the picture has no colours
    Auto,
    /// One channel
    #[value(alias = "gray")]
    Grey,
    /// Three channels, in sRGB
    Rgb,
}

/// Whether a film goes round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum LoopChoice {
    /// Its end becomes its beginning
    Yes,
    /// It is a part of the scene
    No,
}

#[derive(Debug, Args)]
pub struct RenderArgs {
    #[command(flatten)]
    source: LibraryArgs,
    /// The show, as it would play by itself: its playlist with all transitions. `default` is the one that the program
    /// carries.
    #[arg(long, value_name = "FILE")]
    show: Option<PathBuf>,
    /// The scene: a name, or a file that ends in .toml [default: slow, or what the show plays]
    #[arg(long)]
    scene: Option<String>,
    /// Plays an evening again: the log of `millions play --command-log FILE`, with its --show and --stage. Times are then counted from
    /// that evening's start.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["scene", "cued", "goes_round"])]
    replay: Option<PathBuf>,
    /// When the scene was cued: what it does by itself is counted from then.
    #[arg(long, value_name = "TIME", default_value = "0s")]
    cued: Seconds,
    #[command(flatten)]
    picture: PictureArgs,
    /// The time of a still, or of a film's first frame, such as 3.5s.
    #[arg(long, value_name = "TIME", default_value = "0s")]
    at: Seconds,
    /// How long a film is, such as 10s; `loop` for exactly one period of the wall.
    #[arg(long, value_name = "TIME")]
    duration: Option<FilmDuration>,
    /// Whether the film goes round without a seam: `--loop` for any scene, `--loop=no` for a part of a journey, which goes round
    /// by itself where the film takes 10 s or more.
    #[arg(long = "loop", value_name = "yes|no", num_args = 0..=1, require_equals = true, default_missing_value = "yes")]
    goes_round: Option<LoopChoice>,
    /// Frames a second [default: 60; 30 for story, square, portrait and landscape; 25 for .gif and .webp]
    #[arg(long, value_parser = values::fps)]
    fps: Option<f64>,
    /// Width and height of the picture in pixels [default: those of the stage's output, or 1920x1080]
    #[arg(long, value_name = "WxH", conflicts_with = "purpose")]
    size: Option<Size>,
    /// What the picture is for, which says its size: paper (a0, a1, a2, a3, a4, with -landscape on its side) or a screen (story,
    /// square, portrait, landscape, 4k).
    #[arg(long = "for", value_name = "WHAT", value_parser = NamedPurpose::parse)]
    purpose: Option<NamedPurpose>,
    /// Lays the paper on its side.
    #[arg(long, requires = "purpose")]
    landscape: bool,
    /// Pixels an inch of the print [default: 200 for a0, 250 for a1, else 300]
    #[arg(long, value_name = "N", value_parser = values::dpi)]
    dpi: Option<f64>,
    /// How far the picture goes on beyond each edge of the paper, where it is cut, such as 3mm.
    #[arg(long, value_name = "LENGTH", requires = "purpose")]
    bleed: Option<Millimetres>,
    /// The channels of a still's file.
    #[arg(long, value_name = "WHICH", default_value = "auto", alias = "color")]
    colour: Colours,
    /// How a film is encoded [default: h264 in .mp4, prores in .mov]
    #[arg(long)]
    codec: Option<Codec>,
    /// The stage's output to draw, by its name; of a stage with one output, that one.
    #[arg(long, value_name = "NAME", requires = "stage")]
    output: Option<String>,
    /// FILE.png, .tif or .pdf for a still; with --duration FILE.mp4, .mov, .gif or .webp for a film, or a FOLDER/ for numbered
    /// frames.
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    /// Writes no FILE.json that says how to make it again.
    #[arg(long)]
    no_sidecar: bool,
    #[command(flatten)]
    gpu: GpuArgs,
}

/// The size of a picture, and of its print.
struct Form {
    size: UVec2,
    dpi: Option<f64>,
    page: Page,
    /// Whether it is for a social network.
    is_social: bool,
}

pub fn run(mut args: RenderArgs) -> anyhow::Result<()> {
    let target = target(args.out.clone(), args.duration.is_some(), args.codec)?;
    let replay = args.replay.as_deref().map(Recording::read).transpose()?;
    let plays_show = args.show.is_some() || replay.is_some();
    let scene = args.scene.clone().or_else(|| (!plays_show).then(|| "slow".to_owned()));
    let mut found = app::find(args.show.as_deref(), scene.as_deref())?;
    let shaders = found.shaders()?;
    let look = args.picture.look.as_deref().map(find_look).transpose()?;
    let stage_path = args.picture.stage.clone();
    let staged = stage_path.as_deref().map(|path| staged(path, args.output.as_deref())).transpose()?;
    let form = form(&args, &target, staged.as_ref())?;
    let size = form.size;
    let has_playlist = plays_show && scene.is_none();
    let goes_round = args.goes_round.map(|choice| choice == LoopChoice::Yes);
    if has_playlist && goes_round == Some(true) {
        return Err(usage("--loop is for one scene: say with --scene which"));
    }
    let fps = exact_fps(args.fps.unwrap_or(match &target {
        Target::Film(_, codec @ (Codec::Gif | Codec::WebP)) => codec.default_fps(),
        _ if form.is_social => 30.0,
        _ => 60.0,
    }));
    let spec = |codec| FilmSpec { codec, size, fps, is_social: form.is_social };
    if let Target::Film(_, codec) = target {
        // What cannot be made is said before photographs are read.
        let frames = if let Some(FilmDuration::Secs(secs)) = args.duration { (secs * fps) as u64 } else { 0 };
        spec(codec).check(frames)?;
    }
    let mut journey = None;
    if !has_playlist && args.at.0 == 0.0 && args.cued.0 == 0.0 {
        let secs = match args.duration {
            Some(FilmDuration::Secs(secs)) => Some(secs),
            Some(FilmDuration::Loop) => closing::journey_secs(&mut found.show),
            None => None,
        };
        let wanted = if args.duration == Some(FilmDuration::Loop) { Some(true) } else { goes_round };
        journey = secs.and_then(|secs| Some((secs, fit_journey(&mut found.show, secs, wanted)?)));
        if let (Some((secs, _)), Some(FilmDuration::Loop)) = (journey, args.duration) {
            args.duration = Some(FilmDuration::Secs(secs));
        }
    }
    let library = args.source.open_complete()?;
    let resolved = match (&staged, &stage_path) {
        (Some((stage, index)), Some(path)) => {
            let masks = FolderFiles::beside(path);
            let resolved = stage.resolve(stage.outputs[*index].id, size, &masks)?;
            let faults: Vec<_> = resolved.faults.iter().map(ToString::to_string).collect();
            anyhow::ensure!(faults.is_empty(), "{}: {}", printable_path(path), faults.join("; "));
            resolved
        }
        _ => ResolvedOutput::plain(size),
    };
    let aspect = resolved.wall_aspect;
    let mut player = player(&found.show, &library, aspect)?;
    player.set_wall(aspect, staged.as_ref().and_then(|(stage, _)| stage.wall_height_m()))?;
    if let Some(look) = &look {
        player.set_look(Some(look.look));
    }
    if let Some(Recording { start, .. }) = &replay {
        app::begin_replay(&mut player, &found.show, start)?;
    } else if has_playlist {
        // As in a window from time 0 on; without autoplay too, for no key begins the playlist here.
        player.set_playlist(found.show.playlist.clone(), 0.0, false);
    } else {
        player.resume_scene(&found.show.start.scene, args.cued.0, args.at.0)?;
    }
    let times = frame_times(&args, &mut player, (fps, journey, goes_round == Some(true)))?;

    let is_still = matches!(target, Target::Still(..));
    let limited = stage_path.is_some() || shaders.has_effects();
    let in_parts = is_still && poster::is_in_parts(size) && !limited;
    let mut gpu = args.gpu.headless()?;
    let adapter = gpu.report();
    if !in_parts && size.max_element() > adapter.max_side {
        let why = match (limited, is_still) {
            (true, true) if shaders.has_effects() => {
                "effects of a show may take any pixel from any other, so it is drawn in one piece"
            }
            (true, true) => "an output of a stage is drawn in one piece",
            _ => "a film's frame is drawn in one piece",
        };
        let (UVec2 { x: width, y: height }, most) = (size, adapter.max_side);
        anyhow::bail!(
            "a picture of {width}x{height} is more than this adapter draws at once ({most} px a side), and {why}: take a \
                       smaller --size"
        );
    }
    if in_parts && adapter.is_software && gpu.memory_budget().is_none() {
        // Its tiles are in the memory of the machine.
        let floors = library.len() as u64 / FLOORS_PEOPLE * FLOORS;
        gpu = gpu.with_memory_budget(Some(POSTER_TILES + floors));
    }
    let samples = if gpu.supersamples() { 4 } else { 1 };
    let people = library.len();
    let (stage, replayed) = (stage_path.as_deref(), args.replay.as_deref());
    let facts = recipe::Facts { found: &found, library: &library, stage, replay: replayed, times, size };
    let recipe = facts.recipe(args.picture.look.as_deref(), &player, (&adapter.name, samples));
    let (path, codec) = match &target {
        Target::Still(path, _) => (path.clone(), None),
        Target::Film(path, codec) => (path.clone(), Some(*codec)),
        Target::Frames(path) => (path.clone(), None),
    };
    if let Some(codec) = codec {
        spec(codec).check(times.frames)?;
    }
    let seconds = times.frames as f64 / fps;
    if let Some(words) = times.closing.words(seconds).filter(|_| !is_still) {
        report_line!("the film goes round: {words}");
    }
    let sidecar_path = Sidecar::path_of(&path);
    let sidecar = Sidecar {
        program: concat!("millions ", env!("CARGO_PKG_VERSION")),
        library_format: FORMAT,
        command: public_command(std::env::args_os()),
        scene: if has_playlist { found.show.name.clone() } else { player.scene().name.clone() },
        seed: if has_playlist { None } else { seed(&player.scene().kind) },
        people,
        size: size.to_array(),
        dpi: form.dpi.filter(|_| is_still),
        at_secs: args.at.0,
        fps: (!is_still).then_some(fps),
        frames: (!is_still).then_some(times.frames),
        closes: times.closing.words(seconds).filter(|_| !is_still),
        codec: codec.map(Codec::name),
        adapter: adapter.name,
        samples,
        date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
        recipe: recipe.clone(),
    };
    let canvas = if in_parts { poster::PART } else { size };
    let mut offscreen = Offscreen::new(gpu, library, canvas, &shaders)?;
    let stage_file = stage_path.as_deref().unwrap_or(Path::new(""));
    let show = match replay {
        Some(recording) => {
            let stage = staged.map_or_else(|| Stage::side_by_side(vec![Output::new("wall", size)]), |(stage, _)| stage);
            let venue = Venue::new(stage, Arc::new(FolderFiles::beside(stage_file)));
            let (clock, unix_secs) = (recording.start.clock(), recording.start.unix_secs);
            let mut operator = Operator::new(player, clock, found.show, NamedLook::embedded()?, venue, unix_secs);
            if let Some(look) = look {
                operator.show_look(look);
            }
            PlayedShow::Replay(Box::new(Replay::new(operator, recording, stage_file)))
        }
        None => PlayedShow::ByItself { player: Box::new(player), own: OwnScenes::beside(stage_file) },
    };
    let mut playing = Playing { show, resolved };
    match &target {
        Target::Still(path, kind) => {
            let wanted = match args.colour {
                Colours::Auto => None,
                Colours::Grey => Some(Channels::Grey),
                Colours::Rgb => Some(Channels::Rgb),
            };
            let header = PictureHeader { size, channels: Channels::Rgb, dpi: form.dpi, page: form.page };
            poster::write(&mut offscreen, &mut playing, args.at.0, path, (*kind, header, wanted), in_parts)?;
        }
        Target::Film(path, codec) => {
            film::write(&mut offscreen, &mut playing, &times, path, spec(*codec), &recipe)?;
        }
        Target::Frames(folder) => {
            // Beside the frames from the first on, so that what is cut short is known again.
            let goes_on = Sidecar::recipe_in(&sidecar_path).is_some_and(|kept| kept == recipe);
            std::fs::create_dir_all(folder).with_context(|| printable_path(folder).to_string())?;
            if !goes_on {
                film::remove_frames(folder, times.frames)?;
            }
            if !args.no_sidecar {
                write_sidecar(&sidecar, &sidecar_path)?;
            }
            let drawn = film::write_frames(&mut offscreen, &mut playing, &times, folder, size, goes_on)?;
            if drawn < times.frames {
                report_line!("{} frames were there already", times.frames - drawn);
            }
        }
    }
    offscreen.report();
    if !args.no_sidecar {
        write_sidecar(&sidecar, &sidecar_path)?;
    }
    match target {
        Target::Still(path, _) | Target::Film(path, _) => print_line!("{}", printable_path(&path)),
        Target::Frames(folder) => print_line!("{} frames in {}", times.frames, printable_path(&folder)),
    }
    Ok(())
}

fn write_sidecar(sidecar: &Sidecar, path: &Path) -> anyhow::Result<()> {
    sidecar.write(path).with_context(|| format!("cannot write {}", printable_path(path)))
}

/// What deals the people of a scene.
const fn seed(kind: &SceneKind) -> Option<u64> {
    match kind {
        SceneKind::Millions(millions) => Some(millions.seed),
        SceneKind::One(one) => Some(one.crowd.seed),
        SceneKind::Chain(chain) => Some(chain.seed),
        SceneKind::Mosaic(mosaic) => Some(mosaic.seed),
        _ => None,
    }
}

/// The size of the picture: what it is for, or the size that is given, or the output's.
fn form(args: &RenderArgs, target: &Target, staged: Option<&(Stage, usize)>) -> anyhow::Result<Form> {
    let bleed_mm = args.bleed.map_or(0.0, |Millimetres(mm)| mm);
    let of_pixels = |size: UVec2, is_social| Form {
        size,
        dpi: args.dpi,
        page: Page::of_pixels(size, args.dpi.unwrap_or(PAGE_DPI), 0.0),
        is_social,
    };
    let Some(named) = args.purpose else {
        // An output has its own size, and the wall the stage's shape.
        return Ok(of_pixels(
            match (staged, args.size) {
                (_, Some(Size { width, height })) => UVec2::new(width, height),
                (Some((stage, index)), None) => stage.outputs[*index].target_size(),
                (None, None) => UVec2::new(1920, 1080),
            },
            false,
        ));
    };
    match (named.purpose, NamedPurpose { is_turned: named.is_turned || args.landscape, ..named }.sheet_mm()) {
        (Purpose::Page { dpi, .. }, Some(sheet_mm)) => {
            if !matches!(target, Target::Still(..)) {
                return Err(usage(format!(
                    "{} is paper: a film takes story, square, portrait, landscape or 4k",
                    named.name
                )));
            }
            let (dpi, page) = (args.dpi.unwrap_or_else(|| f64::from(dpi)), Page::of_sheet(sheet_mm, bleed_mm));
            let size = page.pixels(dpi);
            if size.max_element() > MOST_SIDE {
                return Err(usage(format!(
                    "{} at {dpi} dpi is more than {MOST_SIDE} pixels a side: take fewer",
                    named.name
                )));
            }
            Ok(Form { size, dpi: Some(dpi), page, is_social: false })
        }
        (Purpose::Screen(size), _) if bleed_mm == 0.0 && !args.landscape => Ok(of_pixels(size, named.name != "4k")),
        _ => Err(usage(format!("{} is a screen: --landscape and --bleed are for paper", named.name))),
    }
}

/// The times of the frames, and how the last meets the first.
fn frame_times(
    args: &RenderArgs,
    player: &mut Player,
    (fps, journey, goes_round): (f64, Option<(f64, Closing)>, bool),
) -> anyhow::Result<FrameTimes> {
    let at_secs = args.at.0;
    let (secs, closing) = match args.duration {
        None => (0.0, Closing::Open),
        Some(FilmDuration::Secs(secs)) => match journey {
            Some((secs, journey)) => (secs, journey),
            None if goes_round => (secs, closing(secs, player.period_secs())),
            None => (secs, Closing::Open),
        },
        Some(FilmDuration::Loop) => (loop_secs(player)?, Closing::Period),
    };
    if let Closing::Journey { moves, .. } = closing {
        player.close_view(moves);
    }
    let frames = ((secs * fps).round() as u64).max(1);
    // What goes round does so after a whole number of frames, each a trifle longer or shorter.
    let fps = if closing == Closing::Open { fps } else { frames as f64 / secs };
    Ok(FrameTimes { at_secs, fps, frames, closing })
}

/// Reads a stage; returns it and the index of the output of that name, or without one of its only output.
fn staged(path: &Path, output: Option<&str>) -> anyhow::Result<(Stage, usize)> {
    let stage = Stage::read(path, &Disk).result?;
    let names = || stage.outputs.iter().map(|output| output.name.as_str()).collect::<Vec<_>>().join(", ");
    let found = match output {
        Some(name) => stage.outputs.iter().position(|output| output.name == name),
        None => (stage.outputs.len() == 1).then_some(0),
    };
    match (found, output) {
        (Some(index), _) => Ok((stage, index)),
        (None, Some(name)) => Err(usage(format!("no output is called {name}: there are {}", names()))),
        (None, None) => Err(usage(format!("say with --output which of them is drawn: {}", names()))),
    }
}

/// Returns what a path is for: by a slash at its end or its extension.
fn target(out: PathBuf, moves: bool, codec: Option<Codec>) -> anyhow::Result<Target> {
    let is_folder = out.as_os_str().to_string_lossy().ends_with(['/', std::path::MAIN_SEPARATOR]);
    if is_folder {
        return match (moves, codec) {
            (false, _) => Err(usage("a film needs --duration, such as --duration 10s")),
            (true, Some(_)) => Err(usage("--codec is for .mp4 and .mov; frames are PNG")),
            (true, None) => Ok(Target::Frames(out)),
        };
    }
    if let Some(kind) = PictureKind::of(&out) {
        return match (moves, codec) {
            (true, _) => Err(usage(
                "--out FILE.png, .tif or .pdf is one still: leave --duration away, or take FILE.mp4 or FOLDER/",
            )),
            (false, Some(_)) => Err(usage("--codec is for films: .mp4 and .mov")),
            (false, None) => Ok(Target::Still(out, kind)),
        };
    }
    match Codec::of(&out, codec).map_err(usage)? {
        Some(_) if !moves => Err(usage("a film needs --duration, such as --duration 10s")),
        Some(codec) => Ok(Target::Film(out, codec)),
        None => Err(usage(
            "--out takes FILE.png, .tif, .pdf, .mp4, .mov, .gif, .webp, or a FOLDER/ with a slash at its end",
        )),
    }
}

/// The seconds after which the scene repeats.
fn loop_secs(player: &Player) -> anyhow::Result<f64> {
    let secs = player.period_secs().context("a wall that stands still has no loop: give --duration in seconds")?;
    anyhow::ensure!(
        secs <= MAX_LOOP_SECS,
        "with {} people this scene repeats after {:.0} minutes only: give --duration in seconds, or a faster scene",
        player.crowd().len(),
        secs / 60.0
    );
    Ok(secs)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_ending_says_what_is_made() {
        let of = |out: &str, moves| target(Path::new(out).to_owned(), moves, None);
        assert!(matches!(of("a.png", false), Ok(Target::Still(_, PictureKind::Png))));
        assert!(matches!(of("a.TIFF", false), Ok(Target::Still(_, PictureKind::Tiff))));
        assert!(matches!(of("a.MP4", true), Ok(Target::Film(_, Codec::H264))));
        assert!(matches!(of("a.gif", true), Ok(Target::Film(_, Codec::Gif))));
        assert!(matches!(of("a/", true), Ok(Target::Frames(_))));
        for (out, moves) in [
            ("a.png", true),
            ("a.pdf", true),
            ("a.mp4", false),
            ("a.webp", false),
            ("a/", false),
            ("a", true),
            ("a.jpg", false),
        ] {
            assert!(of(out, moves).is_err_and(|error| error.is::<super::super::Usage>()), "{out}");
        }
    }
}
