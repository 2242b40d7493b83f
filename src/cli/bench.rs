//! `millions bench`: a frame of the wall against a plain blit, in the same run.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use serde::Serialize;

use super::bench_stage::{self, MeasuredStage};
use super::open_library::LibraryArgs;
use super::values::Size;
use millions_gpu::{BlitPass, CANVAS_FORMAT, Canvas, FrameReport, FrameTimes, Gpu, GpuError, Renderer};
use millions_show::{Easing, Player, Scene, SceneId, Transition, TransitionKind, find_scene};

/// The results; times are medians.
#[derive(Serialize)]
struct Measured {
    adapter: String,
    portraits: usize,
    frame_ms: f64,
    blit_ms: f64,
    ratio: f64,
    /// The CPU's part of a frame: its plan, its preparation, and the recording of its commands.
    cpu_ms: f64,
    /// The GPU's part, where the adapter has timestamps.
    #[serde(skip_serializing_if = "Option::is_none")]
    gpu_ms: Option<f64>,
    /// Cells in all measured frames that were drawn coarser than they should be.
    below_wanted: usize,
    gpu_bytes: u64,
    first_frame_ms: f64,
    peak_rss_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    transition: Option<MeasuredTransition>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<MeasuredStage>,
}

/// A transition half-way, against the dearer of its two scenes.
#[derive(Serialize)]
struct MeasuredTransition {
    frame_ms: f64,
    dearer_scene_ms: f64,
    ratio: f64,
}

#[derive(Debug, Args)]
pub struct BenchArgs {
    /// The library to draw [default: the demo crowd]
    #[arg(long, value_name = "DIR")]
    library: Option<PathBuf>,
    /// Width and height in pixels.
    #[arg(long, value_name = "WxH", default_value = "1920x1080")]
    size: Size,
    /// The scene: a name, or a file that ends in .toml.
    #[arg(long, default_value = "slow")]
    scene: String,
    /// Another scene: the middle of a transition to it is measured too.
    #[arg(long, value_name = "SCENE")]
    to: Option<String>,
    /// How that transition goes.
    #[arg(long, value_enum, default_value = "fade")]
    by: TransitionArg,
    /// A stage: what its outputs cost is measured too, one of them against the wall alone, all against one.
    #[arg(long, value_name = "FILE")]
    stage: Option<PathBuf>,
    /// Frames to measure.
    #[arg(long, value_name = "N", default_value_t = 60)]
    frames: usize,
    /// The graphics adapter, by a part of its name in `millions doctor`.
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// Samples faces four times a pixel, as on a graphics card.
    #[arg(long)]
    supersample: bool,
    /// Prints one JSON object.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &BenchArgs) -> anyhow::Result<()> {
    let BenchArgs { library, size, scene, to, by, stage, frames, adapter, supersample, json } = args;
    let Size { width, height } = *size;
    let source = LibraryArgs { folders: Vec::new(), library: library.clone() };
    // The demo crowd is made before the clock starts; an existing library is opened inside of it.
    if library.is_none() {
        source.open_complete()?;
    }
    let scene = find_scene(scene)?;
    let to = to.as_deref().map(find_scene).transpose()?;
    let gpu = Gpu::headless(adapter.as_deref())?;
    let supersamples = *supersample || gpu.supersamples();
    let gpu = gpu.with_supersampling(supersamples);
    let canvas = Canvas::new(&gpu, width, height)?;

    // From the library on disk to the first complete picture; the driver has started.
    let started = Instant::now();
    let library = source.open_complete()?;
    let people = library.portraits();
    let portraits = people.len();
    let aspect = f64::from(width) / f64::from(height);
    // A scene against itself is a second scene of another id.
    let to = to.map(|to| Scene { id: format!("to-{}", to.id).into(), ..to });
    let (start, to_id) = (scene.id.clone(), to.as_ref().map(|to| to.id.clone()));
    let scenes = [scene].into_iter().chain(to).collect();
    let player = Player::of_scenes(people, f64::from(library.aspect()), aspect, scenes, &start)?;
    let player = player.featuring(library.featured())?;
    let mut renderer = Renderer::new(&gpu, library, CANVAS_FORMAT, width, height);
    renderer.draw_complete(&gpu, &player.frame(0.0), &canvas)?;
    let first_frame_ms = ms(started);

    let blit = BlitPass::new(&gpu, width, height);
    let mut below_wanted = 0;
    let [frame_ms, blit_ms, cpu_ms, gpu_ms] = medians(*frames, |secs, times: &mut [f64; 4]| {
        let (mut report, mut plan_ms) = (FrameReport::default(), 0.0);
        times[0] = second_ms(|| {
            let started = Instant::now();
            let plan = player.frame(1.0 + secs);
            plan_ms = ms(started);
            report = renderer.draw_complete(&gpu, &plan, &canvas)?;
            Ok::<_, GpuError>(())
        })?;
        let FrameTimes { prepare, encode, gpu: gpu_time } = report.times;
        times[1] = second_ms(|| blit.draw(&gpu, &canvas))?;
        times[2] = plan_ms + (prepare + encode).as_secs_f64() * 1e3;
        times[3] = gpu_time.map_or(f64::NAN, |time| time.as_secs_f64() * 1e3);
        below_wanted += report.tiles.below_wanted;
        Ok(())
    })?;
    let measure = |to: SceneId| transition(&gpu, &canvas, &mut renderer, &player, &to, *by, *frames);
    let transition = to_id.map(measure).transpose()?;
    let stage =
        stage.as_deref().map(|path| bench_stage::run(path, &gpu, &mut renderer, &player, *frames)).transpose()?;
    let measured = Measured {
        adapter: gpu.report().name,
        portraits,
        frame_ms,
        blit_ms,
        ratio: frame_ms / blit_ms,
        cpu_ms,
        gpu_ms: Some(gpu_ms).filter(|ms| ms.is_finite()),
        below_wanted,
        gpu_bytes: gpu.allocated_bytes().unwrap_or(0),
        first_frame_ms,
        peak_rss_bytes: peak_rss_bytes(),
        transition,
        stage,
    };
    if *json {
        println!("{}", serde_json::to_string(&measured)?);
    } else {
        let Measured { adapter, gpu_bytes, ratio, peak_rss_bytes, .. } = measured;
        println!(
            "{adapter}, {width}x{height}, {portraits} portraits\nframe        {frame_ms:8.2} ms (median of {frames})\n\
             plain blit   {blit_ms:8.2} ms, in turn with it\nratio        {ratio:8.2}\n\
             CPU, GPU     {cpu_ms:8.2} ms, {gpu_ms:.2} ms of the frame; {below_wanted} tiles coarser than they should be\n\
             first frame  {first_frame_ms:8.0} ms from the library on disk\n\
             memory       {:8.0} MB on the GPU, {:.0} MB resident at the most",
            gpu_bytes as f64 / 1e6,
            peak_rss_bytes as f64 / 1e6,
        );
        if let Some(MeasuredTransition { frame_ms, dearer_scene_ms, ratio }) = measured.transition {
            println!("transition   {frame_ms:8.2} ms, {ratio:.2} × the dearer scene alone ({dearer_scene_ms:.2} ms)");
        }
        if let Some(measured) = measured.stage {
            println!("{measured}");
        }
    }
    Ok(())
}

/// Measures the middle of a transition from the player's active scene to another, in turn with each of them alone.
fn transition(
    gpu: &Gpu,
    canvas: &Canvas,
    renderer: &mut Renderer,
    player: &Player,
    to: &SceneId,
    by: TransitionArg,
    frames: usize,
) -> anyhow::Result<MeasuredTransition> {
    // So slow that every measured frame is half-way.
    let kind = by.kind();
    let transition = Transition { kind, secs: 1000.0, easing: Easing::Linear, ..Transition::default() };
    let (mut both, mut second) = (player.clone(), player.clone());
    both.cue_scene(to, transition, 0.0)?;
    second.cue_scene(to, Transition::CUT, 0.0)?;
    let [first, second, frame_ms] = medians(frames, |secs, times: &mut [f64; 3]| {
        for (time, player) in times.iter_mut().zip([player, &second, &both]) {
            *time = second_ms(|| renderer.draw_complete(gpu, &player.frame(500.0 + secs), canvas))?;
        }
        Ok(())
    })?;
    let dearer_scene_ms = first.max(second);
    Ok(MeasuredTransition { frame_ms, dearer_scene_ms, ratio: frame_ms / dearer_scene_ms })
}

/// The kind of transition to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum TransitionArg {
    /// One fades over the other.
    Fade,
    /// Through black.
    Black,
    /// Tile by tile.
    Tile,
}

impl TransitionArg {
    const fn kind(self) -> TransitionKind {
        match self {
            Self::Fade => TransitionKind::Fade,
            Self::Black => TransitionKind::Black,
            Self::Tile => TransitionKind::Tile,
        }
    }
}

/// Frames before the measured ones, which find cold caches and pipelines that are still being compiled.
const WARM_UP_FRAMES: usize = 3;

/// Measures `frames` frames, 1/60 s apart from second 0 on, and returns the median of each of `N` times that `measure`
/// takes of a frame. The `N` alternate frame by frame, so that other load on the machine falls on all of them.
pub(super) fn medians<const N: usize>(
    frames: usize,
    mut measure: impl FnMut(f64, &mut [f64; N]) -> anyhow::Result<()>,
) -> anyhow::Result<[f64; N]> {
    let mut samples = [const { Vec::new() }; N];
    for frame in 0..frames + WARM_UP_FRAMES {
        let mut times = [0.0; N];
        measure(frame as f64 / 60.0, &mut times)?;
        if frame >= WARM_UP_FRAMES {
            samples.iter_mut().zip(times).for_each(|(samples, ms)| samples.push(ms));
        }
    }
    Ok(samples.map(|mut samples: Vec<f64>| {
        samples.sort_by(f64::total_cmp);
        samples.get(samples.len() / 2).copied().unwrap_or(f64::NAN)
    }))
}

/// Draws twice and returns the milliseconds of the second run: loading new tiles is the first frame's cost.
pub(super) fn second_ms<T, E: Into<anyhow::Error>>(mut draw: impl FnMut() -> Result<T, E>) -> anyhow::Result<f64> {
    draw().map_err(Into::into)?;
    let started = Instant::now();
    draw().map_err(Into::into)?;
    Ok(ms(started))
}

fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

/// Returns the peak resident memory of this process on Linux; 0 elsewhere.
fn peak_rss_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
