//! Stills of an output, drawn and saved while the wall plays. See [`Stills`].

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use super::device::Device;
use super::frame_stats::FrameSample;
use super::operator::Operator;
use crate::export;
use crossbeam_channel::{Receiver, Sender, bounded};
use millions_base::printable_path;
use millions_control::{Refused, Reply};
use millions_frame::{FramePlan, Prefetch};
use millions_gpu::{Canvas, DrawMode, GpuError, OutputFrame, Overlay, Plans};
use millions_stage::{ResolvedOutput, ShownOutput, SurfaceId};

/// How long a still waits for a wall without missing tiles, in seconds.
const PATIENCE_SECS: f64 = 5.0;
/// The most stills that wait to be drawn.
const MOST: usize = 8;

/// Stills that are being made. Each is drawn after a frame of the wall that has all of its tiles; then it is read back and encoded on
/// threads. So nothing waits for it.
#[derive(Default)]
pub struct Stills {
    waiting: Vec<Still>,
    /// The threads that encode and write.
    saving: Vec<JoinHandle<()>>,
}

/// A still that waits to be drawn completely.
struct Still {
    plan: FramePlan,
    /// Of surfaces with a scene of their own.
    own: Vec<(SurfaceId, FramePlan)>,
    resolved: Arc<ResolvedOutput>,
    canvas: Canvas,
    pixels: Sender<Result<Vec<u8>, GpuError>>,
    /// When it is drawn in any case, in real seconds.
    until_secs: f64,
}

/// Where stills are saved.
pub struct StillFolder<'a> {
    /// The folder.
    pub path: &'a Path,
    /// The file of the stage that plays, if it is kept.
    pub stage: Option<&'a Path>,
}

impl Stills {
    /// Begins to save the frame of an output at a real time, without the operator's overlay, as a PNG. Nothing happens where too many
    /// wait already.
    pub fn begin(
        &mut self,
        operator: &mut Operator,
        Device { gpu, renderer }: &Device,
        &ShownOutput { output, size, .. }: &ShownOutput,
        folder: &StillFolder,
        real_secs: f64,
        reply: Reply,
    ) {
        if self.waiting.len() >= MOST {
            return reply.send(Err(Refused(format!("{MOST} stills wait to be drawn"))));
        }
        // The key may come between two frames, after the playlist's next scene has begun.
        operator.follow(real_secs);
        let plan = operator.wall(real_secs);
        let time_secs = plan.time_secs;
        let cued_secs = operator.player.cue().show_secs;
        let path = folder.path.join(format!("millions-{}-{time_secs:.2}.png", operator.player.scene().id));
        let resolved = operator.venue.resolve(output, size);
        let own = operator.own_scenes(&resolved, &plan, real_secs);
        let canvas = match Canvas::with_format(gpu, size.x, size.y, renderer.format()) {
            Ok(canvas) => canvas,
            Err(error) => return tell(Err(format!("the still cannot be drawn: {error}")), reply),
        };
        // The arguments that render the same picture; the time with all of its digits, as the picture depends on each.
        let stage = folder.stage.filter(|_| !operator.venue.stage().is_unmapped());
        let stage = stage.map_or_else(String::new, |file| {
            format!(" --stage {} --output \"{}\"", printable_path(file), resolved.output.name)
        });
        let (width, height) = size.into();
        let again = format!("--at {time_secs}s --cued {cued_secs}s --size {width}x{height}{stage}");
        let (pixels, drawn) = bounded::<Result<Vec<u8>, GpuError>>(1);
        self.saving.push(std::thread::spawn(move || tell(save_drawn(&drawn, &path, [width, height], &again), reply)));
        let until_secs = real_secs + PATIENCE_SECS;
        self.waiting.push(Still { plan, own, resolved, canvas, pixels, until_secs });
    }

    /// Draws the stills that wait, after a frame that took `frame`.
    pub fn draw(&mut self, Device { gpu, renderer }: &mut Device, frame: &FrameSample, real_secs: f64) {
        self.saving.retain(|thread| !thread.is_finished());
        // What the wall shows the stills show: once its tiles are there, theirs are not waited for.
        let is_complete = frame.below_wanted + frame.missing == 0;
        let is_due = |still: &mut Still| is_complete || real_secs >= still.until_secs;
        for Still { plan, own, resolved, canvas, pixels, .. } in self.waiting.extract_if(.., is_due) {
            let frame = OutputFrame {
                plans: Plans { wall: &plan, own: &own },
                prefetch: &Prefetch::default(),
                resolved: &resolved,
                overlay: &Overlay::default(),
            };
            renderer.draw(gpu, &frame, &canvas.view(), DrawMode::Complete);
            // The receiver is there until it has them.
            canvas.read_in_background(gpu, move |read| drop(pixels.send(read)));
        }
    }

    /// Drops the stills that are not drawn yet, for their device is lost; their threads say so.
    pub fn device_lost(&mut self) {
        self.waiting.clear();
    }

    /// Waits until all that are drawn are saved. The device has to be gone: the pixels come from it.
    pub fn finish(&mut self) {
        self.waiting.clear();
        for thread in self.saving.drain(..) {
            // Its panic has been reported by the panic hook.
            let _ = thread.join();
        }
    }
}

/// Says in the log, and to whoever waits, what became of a still.
fn tell(saved: Result<String, String>, reply: Reply) {
    match &saved {
        Ok(text) => tracing::info!("{text}"),
        Err(error) => tracing::error!("{error}"),
    }
    reply.send(saved.map(drop).map_err(Refused));
}

/// Saves a still once it is drawn; returns what it was and how it is drawn again.
///
/// # Errors
/// Why there is none.
fn save_drawn(
    drawn: &Receiver<Result<Vec<u8>, GpuError>>,
    path: &Path,
    [width, height]: [u32; 2],
    again: &str,
) -> Result<String, String> {
    let picture = match drawn.recv() {
        Ok(Ok(picture)) => picture,
        Ok(Err(error)) => return Err(format!("the still cannot be drawn: {error}")),
        Err(_) => return Err(format!("the still was not drawn: {}", printable_path(path))),
    };
    match export::write_png(path, &picture, width, height) {
        Ok(()) => Ok(format!("still saved: {} (drawn again with {again})", printable_path(path))),
        Err(error) => Err(format!("the still cannot be saved: {error}")),
    }
}
