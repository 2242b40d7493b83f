//! `millions bench`: a frame of the wall against a plain blit, in the same run.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use serde::Serialize;

use super::bench_stage::{self, MeasuredStage};
use super::gpu_args::GpuArgs;
use super::open_library::{LibraryArgs, PhotographArgs};
use super::passphrase::PassphraseArgs;
use super::terminal::print_line;
use super::values::Size;
use crate::app::{ArrangementFolder, MosaicPictures};
use millions_gpu::{BlitPass, CANVAS_FORMAT, Canvas, FrameReport, FrameTimes, Gpu, GpuError, Renderer, ShaderSet};
use millions_show::{
    Easing, Millions, One, Player, Portraits, Scene, SceneId, SceneKind, Transition, TransitionKind, find_scene,
};

/// The results; times are medians.
#[derive(Serialize)]
struct Measured {
    adapter: String,
    portraits: usize,
    /// Rows of the scene, where it has rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<u32>,
    frame_ms: f64,
    blit_ms: f64,
    ratio: f64,
    /// The CPU's part of a frame: its plan, its preparation, and the recording of its commands.
    cpu_ms: f64,
    /// The GPU's part, where the adapter has timestamps.
    #[serde(skip_serializing_if = "Option::is_none")]
    gpu_ms: Option<f64>,
    /// The GPU's part of a blit.
    #[serde(skip_serializing_if = "Option::is_none")]
    blit_gpu_ms: Option<f64>,
    /// Cells in all measured frames that were drawn coarser than they should be.
    below_wanted: usize,
    gpu_bytes: u64,
    first_frame_ms: f64,
    peak_rss_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    played: Option<MeasuredPlay>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transition: Option<MeasuredTransition>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<MeasuredStage>,
}

/// The scene as it plays live, frame by frame.
#[derive(Serialize)]
struct MeasuredPlay {
    frames: usize,
    /// Frames in which some tile was coarser than it should be.
    frames_below_wanted: usize,
    /// The most cells of a frame of which that was so.
    most_below_wanted: usize,
    /// Frames that took longer than a sixtieth of a second.
    late: usize,
    /// The most texels that a frame uploaded.
    most_texels: usize,
    median_ms: f64,
    /// Of a hundred frames, one took longer.
    percentile_99_ms: f64,
    worst_ms: f64,
    /// The CPU's part: the median, and the worst.
    cpu_ms: f64,
    worst_cpu_ms: f64,
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
    /// Rows in the place of the scene's own; several, each is measured.
    #[arg(long, value_name = "N,N", value_delimiter = ',')]
    rows: Vec<u32>,
    /// The most people to draw.
    #[arg(long, value_name = "N")]
    people: Option<usize>,
    /// Seconds of the scene to be played too, as it plays live, no faster than 60 frames a second.
    #[arg(long, value_name = "SECS")]
    play: Option<f64>,
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
    #[command(flatten)]
    gpu: GpuArgs,
    /// A show's shaders: those in this folder take the place of the program's.
    #[arg(long, value_name = "DIR")]
    shaders: Option<PathBuf>,
    /// Prints one JSON object.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &BenchArgs) -> anyhow::Result<()> {
    let BenchArgs { library, scene, rows, gpu, .. } = args;
    let source = LibraryArgs {
        folders: Vec::new(),
        library: library.clone(),
        photographs: PhotographArgs::default(),
        passphrase: PassphraseArgs::default(),
    };
    // The demo crowd is made before the clock starts; an existing library is opened inside of it.
    if library.is_none() {
        source.open_complete()?;
    }
    let scene = find_scene(scene)?;
    let gpu = gpu.headless()?;
    if rows.is_empty() {
        return measure(args, &gpu, &source, scene);
    }
    for rows in rows {
        let mut scene = scene.clone();
        match &mut scene.kind {
            SceneKind::Millions(millions) => *millions = Millions { rows: *rows, everybody: false, ..*millions },
            SceneKind::One(One { crowd, .. }) => crowd.rows = *rows,
            _ => anyhow::bail!("the scene {} has no rows", scene.name),
        }
        measure(args, &gpu, &source, scene)?;
    }
    Ok(())
}

fn measure(args: &BenchArgs, gpu: &Gpu, source: &LibraryArgs, scene: Scene) -> anyhow::Result<()> {
    let BenchArgs { size, people: most, to, by, stage, frames, play, shaders, json, .. } = args;
    let Size { width, height } = *size;
    let to = to.as_deref().map(find_scene).transpose()?;
    let canvas = Canvas::new(gpu, width, height)?;

    // From the library on disk to the first complete picture; the driver has started.
    let started = Instant::now();
    let library = source.open_complete()?;
    let mut people = library.portraits();
    people.truncate(most.unwrap_or(usize::MAX));
    let portraits = people.len();
    let aspect = f64::from(width) / f64::from(height);
    // A scene against itself is a second scene of another id.
    let to = to.map(|to| Scene { id: format!("to-{}", to.id).into(), ..to });
    let (start, to_id) = (scene.id.clone(), to.as_ref().map(|to| to.id.clone()));
    let scenes = [scene].into_iter().chain(to).collect();
    let player = Player::of_scenes(people, f64::from(library.aspect()), aspect, scenes, &start)?;
    let looks = Portraits::new(library.clone(), Arc::new(MosaicPictures));
    let looks = looks.keeping(Arc::new(ArrangementFolder::beside(library.dir())));
    let player = player.featuring(library.featured())?.with_portraits(looks)?;
    let shaders = ShaderSet::read(shaders.as_deref(), &[])?;
    let mut renderer = Renderer::new(gpu, library, CANVAS_FORMAT, width, height).with_shaders(gpu, &shaders)?;
    renderer.draw_complete(gpu, &player.frame(0.0), &canvas)?;
    let first_frame_ms = ms(started);

    let mut blit = BlitPass::new(gpu, width, height);
    // All that a live wall has read by then: everybody's floor, too.
    renderer.draw_complete(gpu, &player.frame(1.0), &canvas)?;
    let mut idle_frames = 0;
    while idle_frames < 30 {
        let texels = LiveFrame::draw(gpu, &player, 1.0, &mut renderer, &canvas)?.report.tiles.texels;
        idle_frames = if texels == 0 { idle_frames + 1 } else { 0 };
    }
    let mut below_wanted = 0;
    let [frame_ms, blit_ms, cpu_ms, gpu_ms, blit_gpu_ms] = medians(*frames, |secs, times: &mut [f64; 5]| {
        let mut live = LiveFrame::default();
        times[0] = second_ms(|| {
            live = LiveFrame::draw(gpu, &player, 1.0 + secs, &mut renderer, &canvas)?;
            Ok::<_, GpuError>(())
        })?;
        let mut blit_gpu = None;
        times[1] = second_ms(|| {
            blit_gpu = blit.draw(gpu, &canvas)?;
            Ok::<_, GpuError>(())
        })?;
        times[2] = live.cpu_ms;
        times[3] = gpu_ms(live.report.times.gpu);
        times[4] = gpu_ms(blit_gpu);
        below_wanted += live.report.tiles.below_wanted;
        Ok(())
    })?;
    let played = play.map(|secs| played(gpu, &player, secs, &mut renderer, &canvas)).transpose()?;
    let measure = |to: SceneId| transition(gpu, &canvas, &mut renderer, &player, &to, *by, *frames);
    let transition = to_id.map(measure).transpose()?;
    let stage =
        stage.as_deref().map(|path| bench_stage::run(path, gpu, &mut renderer, &player, *frames)).transpose()?;
    let measured = Measured {
        adapter: gpu.report().name,
        portraits,
        rows: player.rows(),
        frame_ms,
        blit_ms,
        ratio: frame_ms / blit_ms,
        cpu_ms,
        gpu_ms: Some(gpu_ms).filter(|ms| ms.is_finite()),
        blit_gpu_ms: Some(blit_gpu_ms).filter(|ms| ms.is_finite()),
        below_wanted,
        gpu_bytes: gpu.allocated_bytes().unwrap_or(0),
        first_frame_ms,
        peak_rss_bytes: peak_rss_bytes(),
        played,
        transition,
        stage,
    };
    if *json {
        print_line!("{}", serde_json::to_string(&measured)?);
    } else {
        print_line!("{}", measured.to_string().trim_end());
    }
    Ok(())
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { adapter, portraits, rows, frame_ms, blit_ms, ratio, cpu_ms, below_wanted, .. } = self;
        let rows = rows.map_or(String::new(), |rows| format!(", {rows} rows"));
        let [gpu_ms, blit_gpu_ms] =
            [self.gpu_ms, self.blit_gpu_ms].map(|ms| ms.map_or("no figure".to_owned(), |ms| format!("{ms:.2} ms")));
        writeln!(
            f,
            "{adapter}, {portraits} portraits{rows}\nframe        {frame_ms:8.2} ms (median)\n\
             plain blit   {blit_ms:8.2} ms, in turn with it\nratio        {ratio:8.2}\n\
             CPU, GPU     {cpu_ms:8.2} ms, {gpu_ms} of the frame, {blit_gpu_ms} of the blit; {below_wanted} tiles coarser than they should be\n\
             first frame  {:8.0} ms from the library on disk\n\
             memory       {:8.0} MB on the GPU, {:.0} MB resident at the most",
            self.first_frame_ms,
            self.gpu_bytes as f64 / 1e6,
            self.peak_rss_bytes as f64 / 1e6,
        )?;
        if let Some(MeasuredPlay { frames, frames_below_wanted, most_below_wanted, median_ms, worst_ms, .. }) =
            self.played
        {
            writeln!(
                f,
                "played       {median_ms:8.2} ms a frame, {worst_ms:.2} ms at the most; in {frames_below_wanted} of {frames} \
                 frames tiles were coarser than they should be, {most_below_wanted} at the most"
            )?;
        }
        if let Some(MeasuredTransition { frame_ms, dearer_scene_ms, ratio }) = self.transition {
            writeln!(
                f,
                "transition   {frame_ms:8.2} ms, {ratio:.2} × the dearer scene alone ({dearer_scene_ms:.2} ms)"
            )?;
        }
        if let Some(measured) = &self.stage {
            writeln!(f, "{measured}")?;
        }
        Ok(())
    }
}

/// A frame as a live wall draws it.
#[derive(Default)]
struct LiveFrame {
    report: FrameReport,
    cpu_ms: f64,
}

impl LiveFrame {
    fn draw(gpu: &Gpu, player: &Player, secs: f64, renderer: &mut Renderer, canvas: &Canvas) -> Result<Self, GpuError> {
        let started = Instant::now();
        let (plan, prefetch) = (player.frame(secs), player.prefetch(secs, 1.0, 0));
        let plan_ms = ms(started);
        let report = renderer.draw_live(gpu, &plan, &prefetch, canvas)?;
        let FrameTimes { prepare, encode, .. } = report.times;
        Ok(Self { report, cpu_ms: plan_ms + (prepare + encode).as_secs_f64() * 1e3 })
    }
}

/// Plays a scene for some seconds from its beginning.
fn played(
    gpu: &Gpu,
    player: &Player,
    secs: f64,
    renderer: &mut Renderer,
    canvas: &Canvas,
) -> anyhow::Result<MeasuredPlay> {
    renderer.draw_complete(gpu, &player.frame(0.0), canvas)?;
    let frames = (secs * 60.0).ceil().max(1.0) as usize;
    let (mut times, mut cpu_times) = (Vec::with_capacity(frames), Vec::with_capacity(frames));
    let mut measured = MeasuredPlay {
        frames,
        frames_below_wanted: 0,
        most_below_wanted: 0,
        late: 0,
        most_texels: 0,
        median_ms: 0.0,
        percentile_99_ms: 0.0,
        worst_ms: 0.0,
        cpu_ms: 0.0,
        worst_cpu_ms: 0.0,
    };
    let began = Instant::now();
    for frame in 0..frames {
        // No faster than it plays: a card would be done before the workers have read.
        std::thread::sleep(Duration::from_secs_f64(frame as f64 / 60.0).saturating_sub(began.elapsed()));
        let started = Instant::now();
        let live = LiveFrame::draw(gpu, player, frame as f64 / 60.0, renderer, canvas)?;
        times.push(ms(started));
        cpu_times.push(live.cpu_ms);
        let tiles = live.report.tiles;
        measured.frames_below_wanted += usize::from(tiles.below_wanted + tiles.missing > 0);
        measured.most_below_wanted = measured.most_below_wanted.max(tiles.below_wanted + tiles.missing);
        measured.most_texels = measured.most_texels.max(tiles.texels);
    }
    for times in [&mut times, &mut cpu_times] {
        times.sort_by(f64::total_cmp);
    }
    let at = |times: &[f64], part: f64| times[((frames - 1) as f64 * part) as usize];
    measured.late = times.iter().filter(|ms| **ms > 1e3 / 60.0).count();
    measured.median_ms = at(&times, 0.5);
    measured.percentile_99_ms = at(&times, 0.99);
    measured.worst_ms = at(&times, 1.0);
    (measured.cpu_ms, measured.worst_cpu_ms) = (at(&cpu_times, 0.5), at(&cpu_times, 1.0));
    Ok(measured)
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

/// Milliseconds that the GPU was at work, where the adapter has timestamps; not a number where not.
fn gpu_ms(time: Option<Duration>) -> f64 {
    time.map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
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
