//! `millions render`: stills, films and frames without a window.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use glam::UVec2;

use super::gpu_args::GpuArgs;
use super::open_library::LibraryArgs;
use super::player::player;
use super::values::{FilmDuration, Seconds, Size};
use super::{PictureArgs, progress, usage, values};
use crate::app::{self, FolderFiles, OwnScenes};
use crate::export::{self, Film};
use millions_base::{Disk, printable_path};
use millions_gpu::{CANVAS_FORMAT, Canvas, Gpu, Plans, Renderer, ShaderSet};
use millions_library::Library;
use millions_show::{Player, find_look};
use millions_stage::{ResolvedOutput, Stage};

/// A longer loop is refused: it is hardly meant.
const MAX_LOOP_SECS: f64 = 3600.0;

/// The kind and path of what is rendered.
enum Target {
    Still(PathBuf),
    Film(PathBuf),
    Frames(PathBuf),
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
    /// Frames a second.
    #[arg(long, default_value_t = 60.0, value_parser = values::fps)]
    fps: f64,
    /// Width and height of the picture in pixels [default: those of the stage's output, or 1920x1080]
    #[arg(long, value_name = "WxH")]
    size: Option<Size>,
    /// The stage's output to draw, by its name; of a stage with one output, that one.
    #[arg(long, value_name = "NAME", requires = "stage")]
    output: Option<String>,
    /// FILE.png for a still; FILE.mp4 or a FOLDER/ for numbered frames with --duration.
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    #[command(flatten)]
    gpu: GpuArgs,
}

pub fn run(args: RenderArgs) -> anyhow::Result<()> {
    let RenderArgs {
        source,
        show,
        scene,
        picture: PictureArgs { look, stage },
        at: Seconds(at_secs),
        duration,
        fps,
        size,
        out,
        output,
        gpu,
        cued,
    } = args;
    let target = target(out, duration.is_some())?;
    let plays_show = show.is_some();
    let scene = scene.or_else(|| (!plays_show).then(|| "slow".to_owned()));
    let found = app::find(show.as_deref(), scene.as_deref())?;
    let shaders = found.shaders()?;
    let show = found.show;
    let look = look.as_deref().map(find_look).transpose()?;
    let staged = stage.as_deref().map(|path| staged(path, output.as_deref())).transpose()?;
    let stage_path = stage.as_deref().unwrap_or(Path::new(""));
    if matches!(target, Target::Film(_)) && export::find_ffmpeg().is_none() {
        return Err(export::FilmError::NoFfmpeg.into());
    }
    let library = source.open_complete()?;
    // An output has its own size, and the wall the stage's shape.
    let size = match (&staged, size) {
        (_, Some(Size { width, height })) => UVec2::new(width, height),
        (Some((stage, index)), None) => stage.outputs[*index].target_size(),
        (None, None) => UVec2::new(1920, 1080),
    };
    let resolved = match &staged {
        Some((stage, index)) => {
            let masks = FolderFiles::beside(stage_path);
            let resolved = stage.resolve(stage.outputs[*index].id, size, &masks)?;
            let faults: Vec<_> = resolved.faults.iter().map(ToString::to_string).collect();
            anyhow::ensure!(faults.is_empty(), "{}: {}", printable_path(stage_path), faults.join("; "));
            resolved
        }
        None => ResolvedOutput::plain(size),
    };
    let aspect = resolved.wall_aspect;
    let mut player = player(&show, &library, aspect)?;
    player.set_wall(aspect, staged.as_ref().and_then(|(stage, _)| stage.wall_height_m()))?;
    if let Some(look) = look {
        player.set_look(Some(look.look));
    }
    if plays_show && scene.is_none() {
        // As in a window from time 0 on; without autoplay too, for no key begins the playlist here.
        player.set_playlist(show.playlist.clone(), 0.0, false);
    } else {
        player.resume_scene(&show.start.scene, cued.0, at_secs)?;
    }
    let seconds = match duration {
        None => 0.0,
        Some(FilmDuration::Secs(secs)) => secs,
        Some(FilmDuration::Loop) => loop_secs(&player)?,
    };
    let frames = ((seconds * fps).round() as u64).max(1);
    let own = OwnScenes::beside(stage_path);
    let mut renderer = OffscreenRenderer::new(gpu.headless()?, library, resolved, own, &shaders)?;
    let mut draw_all = |write: &mut dyn FnMut(u64, &[u8]) -> anyhow::Result<()>| -> anyhow::Result<()> {
        let bar = progress::bar("frames", frames);
        for frame in 0..frames {
            write(frame, &renderer.frame(&mut player, at_secs + frame as f64 / fps)?)?;
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(())
    };
    match target {
        Target::Still(path) => {
            export::write_png(&path, &renderer.frame(&mut player, at_secs)?, size.x, size.y)?;
            println!("{}", printable_path(&path));
        }
        Target::Film(path) => {
            let mut film = Film::begin(&path, size.x, size.y, fps)?;
            draw_all(&mut |_, pixels| Ok(film.frame(pixels)?))?;
            film.finish()?;
            println!("{}", printable_path(&path));
        }
        Target::Frames(folder) => {
            draw_all(&mut |frame, pixels| {
                Ok(export::write_png(&folder.join(format!("frame-{frame:06}.png")), pixels, size.x, size.y)?)
            })?;
            println!("{frames} frames in {}", printable_path(&folder));
        }
    }
    Ok(())
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
fn target(out: PathBuf, moves: bool) -> anyhow::Result<Target> {
    let is_folder = out.as_os_str().to_string_lossy().ends_with(['/', std::path::MAIN_SEPARATOR]);
    let extension = out.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    match (is_folder, extension.as_deref(), moves) {
        (true, _, true) => Ok(Target::Frames(out)),
        (false, Some("mp4"), true) => Ok(Target::Film(out)),
        (false, Some("png"), false) => Ok(Target::Still(out)),
        (false, Some("png"), true) => {
            Err(usage("--out FILE.png is one still: leave --duration away, or take FILE.mp4 or FOLDER/"))
        }
        (true, _, false) | (false, Some("mp4"), false) => Err(usage("a film needs --duration, such as --duration 10s")),
        (false, ..) => Err(usage("--out takes FILE.png, FILE.mp4, or a FOLDER/ with a slash at its end")),
    }
}

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

/// A renderer without a window.
struct OffscreenRenderer {
    gpu: Gpu,
    canvas: Canvas,
    renderer: Renderer,
    resolved: ResolvedOutput,
    own: OwnScenes,
}

impl OffscreenRenderer {
    fn new(
        gpu: Gpu,
        library: Arc<Library>,
        resolved: ResolvedOutput,
        own: OwnScenes,
        shaders: &ShaderSet,
    ) -> anyhow::Result<Self> {
        let canvas = Canvas::new(&gpu, resolved.size.x, resolved.size.y)?;
        let renderer = Renderer::new(&gpu, library, CANVAS_FORMAT, resolved.size.x, resolved.size.y);
        let renderer = renderer.with_stills(Arc::new(FolderFiles::default())).with_shaders(&gpu, shaders)?;
        Ok(Self { gpu, canvas, renderer, resolved, own })
    }

    /// Draws the frame of a time; returns R, G, B, A by row.
    fn frame(&mut self, player: &mut Player, time_secs: f64) -> anyhow::Result<Vec<u8>> {
        player.follow_playlist(time_secs)?;
        let Self { gpu, canvas, renderer, resolved, own } = self;
        let plan = player.frame(time_secs);
        let own = own.plans(resolved, &plan, time_secs.into(), player);
        let report = renderer.draw_output(gpu, Plans { wall: &plan, own: &own }, resolved, canvas)?;
        if report.tiles.below_wanted > 0 || report.tiles.missing > 0 {
            tracing::warn!("{report:?}: some people are missing from the picture");
        }
        Ok(canvas.read(gpu)?)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_ending_says_what_is_made() {
        let of = |out: &str, moves| target(Path::new(out).to_owned(), moves);
        assert!(matches!(of("a.png", false), Ok(Target::Still(_))));
        assert!(matches!(of("a.MP4", true), Ok(Target::Film(_))));
        assert!(matches!(of("a/", true), Ok(Target::Frames(_))));
        for (out, moves) in [("a.png", true), ("a.mp4", false), ("a/", false), ("a", true), ("a.gif", false)] {
            assert!(of(out, moves).is_err_and(|error| error.is::<super::super::Usage>()), "{out}");
        }
    }
}
