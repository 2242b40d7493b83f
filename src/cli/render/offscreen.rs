//! A renderer without a window. See [`Offscreen`].

use std::collections::VecDeque;
use std::sync::Arc;

use glam::UVec2;

use crate::app::{FolderFiles, OwnScenes, Replay};
use millions_frame::{FramePlan, Prefetch};
use millions_gpu::{
    CANVAS_FORMAT, Canvas, DrawMode, FrameReport, Gpu, GpuError, OutputFrame, Overlay, PendingRead, Plans, Renderer,
    ShaderSet,
};
use millions_library::Library;
use millions_show::Player;
use millions_stage::ResolvedOutput;

/// Pictures that are on their way at once: one that is drawn, one that is read back, one that is prepared.
const IN_FLIGHT: usize = 3;

/// A renderer without a window, and a ring of canvases: while the GPU draws one picture, the next is prepared, and the one before
/// is encoded.
pub struct Offscreen {
    pub gpu: Gpu,
    renderer: Renderer,
    free: Vec<Canvas>,
    in_flight: VecDeque<(Canvas, PendingRead)>,
    /// Tiles that a picture lacked, or had coarser than it should, at the most.
    lacking: usize,
}

impl Offscreen {
    /// Creates a renderer for pictures of up to `size` pixels.
    pub fn new(gpu: Gpu, library: Arc<Library>, size: UVec2, shaders: &ShaderSet) -> anyhow::Result<Self> {
        let renderer = Renderer::new(&gpu, library, CANVAS_FORMAT, size.x, size.y);
        let renderer = renderer.with_stills(Arc::new(FolderFiles::default())).with_shaders(&gpu, shaders)?;
        Ok(Self { gpu, renderer, free: Vec::new(), in_flight: VecDeque::new(), lacking: 0 })
    }

    /// Begins to draw plans on an output.
    pub fn begin(&mut self, plans: Plans, resolved: &ResolvedOutput) -> Result<(), GpuError> {
        let UVec2 { x: width, y: height } = resolved.size;
        let canvas = match self.free.iter().position(|canvas| canvas.size() == (width, height)) {
            Some(index) => self.free.swap_remove(index),
            None => {
                // Those of another size are not kept longer than they may be wanted again.
                self.free.truncate(IN_FLIGHT);
                Canvas::new(&self.gpu, width, height)?
            }
        };
        let (prefetch, overlay) = (&Prefetch::default(), &Overlay::default());
        let frame = OutputFrame { plans, prefetch, resolved, overlay };
        let FrameReport { tiles, .. } = self.renderer.draw(&self.gpu, &frame, &canvas.view(), DrawMode::Complete);
        self.lacking = self.lacking.max(tiles.below_wanted + tiles.missing);
        let read = canvas.begin_read(&self.gpu);
        self.in_flight.push_back((canvas, read));
        Ok(())
    }

    /// Whether so many pictures are on their way that the first is to be finished.
    pub fn is_full(&self) -> bool {
        self.in_flight.len() >= IN_FLIGHT
    }

    /// Waits for the picture that was begun first: R, G, B, A by row. None if there is none.
    pub fn finish(&mut self) -> Result<Option<Vec<u8>>, GpuError> {
        let Some((canvas, read)) = self.in_flight.pop_front() else { return Ok(None) };
        let pixels = canvas.finish_read(&self.gpu, read)?;
        if self.gpu.is_lost() {
            return Err(GpuError::Lost("while it drew".to_owned()));
        }
        self.free.push(canvas);
        Ok(Some(pixels))
    }

    /// Draws plans, and waits for them.
    pub fn draw(&mut self, plans: Plans, resolved: &ResolvedOutput) -> anyhow::Result<Vec<u8>> {
        self.begin(plans, resolved)?;
        Ok(self.finish()?.unwrap_or_default())
    }

    /// Forgets what is kept of the output from picture to picture: the next is another part of it.
    pub fn forget_output(&mut self) {
        self.renderer.forget_outputs();
    }

    /// Says once what pictures lacked.
    pub fn report(&self) {
        if self.lacking > 0 {
            tracing::warn!(
                "up to {} people are missing from a picture, or are coarser than they should be: their tiles cannot be read, or \
                 do not fit into --gpu-memory",
                self.lacking
            );
        }
    }
}

/// What plays on an output.
pub struct Playing {
    pub show: PlayedShow,
    pub resolved: ResolvedOutput,
}

/// A show, as it plays by itself or as it was played.
pub enum PlayedShow {
    /// By itself, at times of the show.
    ByItself { player: Box<Player>, own: OwnScenes },
    /// As the commands of a log had it, at times since that evening's start.
    Replay(Box<Replay>),
}

impl Playing {
    /// Plans the wall at a time.
    pub fn plan(&mut self, time_secs: f64) -> anyhow::Result<FramePlan> {
        match &mut self.show {
            PlayedShow::ByItself { player, .. } => {
                player.follow_playlist(time_secs)?;
                Ok(player.frame(time_secs))
            }
            PlayedShow::Replay(replay) => Ok(replay.plan(time_secs)),
        }
    }

    /// Begins to draw the frame of a time.
    pub fn begin(&mut self, offscreen: &mut Offscreen, time_secs: f64) -> anyhow::Result<()> {
        let plan = self.plan(time_secs)?;
        let own = match &mut self.show {
            PlayedShow::ByItself { player, own } => own.plans(&self.resolved, &plan, time_secs.into(), player),
            PlayedShow::Replay(replay) => replay.own_plans(&self.resolved, &plan, time_secs),
        };
        Ok(offscreen.begin(Plans { wall: &plan, own: &own }, &self.resolved)?)
    }
}
