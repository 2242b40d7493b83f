//! `millions render`: stills, films and frames without a window.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use glam::UVec2;

use super::shows;
use super::values::{At, Duration, Size};
use super::{RenderArgs, crowd, progress, usage};
use crate::app::{self, FolderFiles, OwnScenes};
use crate::export::{self, Film};
use millions_base::Disk;
use millions_gpu::{CANVAS_FORMAT, Canvas, Gpu, Plans, Renderer, ShaderSet};
use millions_library::Library;
use millions_show::{Player, find_look};
use millions_stage::{ResolvedOutput, Stage};

/// A loop longer than this is not what somebody meant.
const LONGEST_LOOP_SECS: f64 = 3600.0;

/// What becomes of the frames.
enum Out {
    Still(PathBuf),
    Film(PathBuf),
    Frames(PathBuf),
}

pub fn run(args: RenderArgs) -> anyhow::Result<()> {
    let RenderArgs {
        crowd: crowd_args,
        show,
        scene,
        looks,
        at: At(at_secs),
        duration,
        fps,
        size,
        out,
        output,
        adapter,
        cued,
    } = args;
    let out = where_to(out, duration.is_some())?;
    let plays_show = show.is_some();
    // Without either it is the slow wall, as ever.
    let scene = scene.or_else(|| (!plays_show).then(|| "slow".to_owned()));
    let found = app::find(show.as_deref(), scene.as_deref())?;
    let shaders = found.shaders()?;
    let show = found.show;
    let look = looks.look.as_deref().map(find_look).transpose()?;
    let staged = looks.stage.as_deref().map(|path| staged(path, output.as_deref())).transpose()?;
    if matches!(out, Out::Film(_)) && export::find_ffmpeg().is_none() {
        return Err(export::FilmError::NoFfmpeg.into());
    }
    let library = crowd::open_complete(&crowd_args)?;
    // An output has its own size, and the wall the stage's shape.
    let size = match (&staged, size) {
        (_, Some(size)) => size,
        (Some((stage, index)), None) => {
            let UVec2 { x: width, y: height } = stage.outputs[*index].target_size();
            Size { width, height }
        }
        (None, None) => Size { width: 1920, height: 1080 },
    };
    let resolved = match &staged {
        Some((stage, index)) => {
            let path = looks.stage.as_deref().unwrap_or(Path::new(""));
            let masks = FolderFiles::beside(path);
            let resolved = stage.resolve(stage.outputs[*index].id, UVec2::new(size.width, size.height), &masks)?;
            anyhow::ensure!(resolved.faults.is_empty(), "{}: {}", path.display(), joined(&resolved.faults));
            resolved
        }
        None => ResolvedOutput::plain(UVec2::new(size.width, size.height)),
    };
    let aspect = resolved.wall_aspect;
    let mut player = shows::player(&show, &library, aspect)?;
    player.set_wall(aspect, staged.as_ref().and_then(|(stage, _)| stage.wall_height_m()))?;
    if let Some(look) = look {
        player.set_look(Some(look.look));
    }
    if plays_show && scene.is_none() {
        // As it would run in a window, had it begun at time 0: with or without autoplay, for nobody presses a key here.
        player.set_playlist(show.playlist.clone(), 0.0, false);
    } else {
        player.resume_scene(show.start.scene, cued.0, at_secs)?;
    }
    let seconds = match duration {
        None => 0.0,
        Some(Duration::Secs(secs)) => secs,
        Some(Duration::Loop) => loop_secs(&player)?,
    };
    let frames = ((seconds * fps).round() as u64).max(1);
    let own = OwnScenes::beside(looks.stage.as_deref().unwrap_or(Path::new("")));
    let mut picture = Picture::new(adapter.as_deref(), library, resolved, own, &shaders)?;
    match out {
        Out::Still(path) => {
            export::write_png(&path, &picture.at(&mut player, at_secs)?, size.width, size.height)?;
            println!("{}", path.display());
        }
        Out::Film(path) => {
            let mut film = Film::begin(&path, size.width, size.height, fps)?;
            let bar = progress::bar("frames", frames);
            for frame in 0..frames {
                film.frame(&picture.at(&mut player, at_secs + frame as f64 / fps)?)?;
                bar.inc(1);
            }
            film.finish()?;
            bar.finish_and_clear();
            println!("{}", path.display());
        }
        Out::Frames(folder) => {
            let bar = progress::bar("frames", frames);
            for frame in 0..frames {
                let path = folder.join(format!("frame-{frame:06}.png"));
                let pixels = picture.at(&mut player, at_secs + frame as f64 / fps)?;
                export::write_png(&path, &pixels, size.width, size.height)?;
                bar.inc(1);
            }
            bar.finish_and_clear();
            println!("{frames} frames in {}", folder.display());
        }
    }
    Ok(())
}

/// A stage and which of its outputs is asked for; without a name the only one that there is.
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

fn joined(faults: &[millions_stage::StageFault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn where_to(out: PathBuf, moves: bool) -> anyhow::Result<Out> {
    let is_folder = out.as_os_str().to_string_lossy().ends_with(['/', std::path::MAIN_SEPARATOR]);
    let extension = out.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    match (is_folder, extension.as_deref(), moves) {
        (true, _, true) => Ok(Out::Frames(out)),
        (false, Some("mp4"), true) => Ok(Out::Film(out)),
        (false, Some("png"), false) => Ok(Out::Still(out)),
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
        secs <= LONGEST_LOOP_SECS,
        "with {} people this scene repeats after {:.0} minutes only: give --duration in seconds, or a faster scene",
        player.crowd().len(),
        secs / 60.0
    );
    Ok(secs)
}

/// A renderer without a window.
struct Picture {
    gpu: Gpu,
    canvas: Canvas,
    renderer: Renderer,
    resolved: ResolvedOutput,
    own: OwnScenes,
}

impl Picture {
    fn new(
        adapter: Option<&str>,
        library: Arc<Library>,
        resolved: ResolvedOutput,
        own: OwnScenes,
        shaders: &ShaderSet,
    ) -> anyhow::Result<Self> {
        let gpu = Gpu::headless(adapter)?;
        let canvas = Canvas::new(&gpu, resolved.size.x, resolved.size.y)?;
        let renderer = Renderer::new(&gpu, library, CANVAS_FORMAT, resolved.size.x, resolved.size.y);
        let renderer = renderer.with_pictures(Arc::new(FolderFiles::default())).with_shaders(&gpu, shaders)?;
        Ok(Self { gpu, canvas, renderer, resolved, own })
    }

    fn at(&mut self, player: &mut Player, time_secs: f64) -> anyhow::Result<Vec<u8>> {
        player.follow_playlist(time_secs)?;
        let Self { gpu, canvas, renderer, resolved, own } = self;
        let plan = player.frame(time_secs);
        let own = own.plans(resolved, &plan, time_secs.into(), player);
        let report = renderer.draw_output(gpu, Plans { wall: &plan, own: &own }, resolved, canvas)?;
        if report.tiles.below_wanted > 0 || report.tiles.unreadable > 0 {
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
        let to = |out: &str, moves| where_to(Path::new(out).to_owned(), moves);
        assert!(matches!(to("a.png", false), Ok(Out::Still(_))));
        assert!(matches!(to("a.MP4", true), Ok(Out::Film(_))));
        assert!(matches!(to("a/", true), Ok(Out::Frames(_))));
        for (out, moves) in [("a.png", true), ("a.mp4", false), ("a/", false), ("a", true), ("a.gif", false)] {
            assert!(to(out, moves).is_err_and(|error| error.is::<super::super::Usage>()), "{out}");
        }
    }
}
