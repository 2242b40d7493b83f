//! A show's own shaders tried on a small frame, before a wall is drawn with them. See [`try_shaders`].

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use glam::DVec2;

use super::{CANVAS_FORMAT, Canvas, Gpu, GpuError, Renderer, ShaderSet};
use millions_base::Diagnostic;
use millions_frame::{
    Align, Fill, FramePlan, Layer, ScenePlan, TextPlacement, TransitionProgress, WallLayer, WordsLayer,
};
use millions_wall::tile::{TileLayout, TileSource};
use millions_wall::tone::Look;
use millions_wall::{Deal, Motion, WallGrid};

/// Width and height of a trial's frames, in pixels.
pub const TRIAL_PX: [u32; 2] = [320, 180];
/// Frames of which the shortest counts, after a first: other programs make frames longer, and none shorter.
const FRAMES: usize = 5;
/// Rows of a trial's wall.
const ROWS: u32 = 4;
const PEOPLE: u32 = 40;

/// How long small frames take, of [`TRIAL_PX`], with the program's shaders and with those that were tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShaderTrial {
    /// With the program's.
    pub plain: Duration,
    /// With those that were tried.
    pub tried: Duration,
}

/// Why shaders cannot be tried.
#[derive(Debug, thiserror::Error)]
pub enum ShaderTrialError {
    /// The device refuses them.
    #[error("{0}")]
    Refused(Box<Diagnostic>),
    /// There is no picture.
    #[error(transparent)]
    Gpu(#[from] GpuError),
}

/// Draws small frames of rows and words with a show's shaders, and without them; `compiled` is called between their compilation and the
/// first frame with them. It may not return: call it in a process that may be ended.
///
/// # Errors
/// When the device refuses the shaders, or is lost.
pub fn try_shaders(gpu: &Gpu, set: &ShaderSet, compiled: impl FnOnce()) -> Result<ShaderTrial, ShaderTrialError> {
    let [width, height] = TRIAL_PX;
    let canvas = Canvas::new(gpu, width, height)?;
    let plan = rows_and_words(f64::from(width) / f64::from(height));
    let renderer = || -> Result<Renderer, GpuError> {
        let source = Arc::new(Grey(TileLayout::new(32).map_err(|error| GpuError::Lost(error.to_string()))?));
        Ok(Renderer::new(gpu, source, CANVAS_FORMAT, width, height))
    };
    let shortest = |mut renderer: Renderer| -> Result<Duration, GpuError> {
        // Drivers compile again for the first.
        renderer.draw_complete(gpu, &plan, &canvas)?;
        let mut shortest = Duration::MAX;
        for _ in 0..FRAMES {
            let began = Instant::now();
            renderer.draw_complete(gpu, &plan, &canvas)?;
            shortest = shortest.min(began.elapsed());
        }
        Ok(shortest)
    };
    let plain = shortest(renderer()?)?;
    let tried = renderer()?.with_shaders(gpu, set).map_err(|error| ShaderTrialError::Refused(Box::new(error)))?;
    compiled();
    Ok(ShaderTrial { plain, tried: shortest(tried)? })
}

/// A library of grey people.
pub(super) struct Grey(pub TileLayout);

impl TileSource for Grey {
    fn layout(&self) -> &TileLayout {
        &self.0
    }
    fn read_tile(&self, _: u32, prefix: &mut [u8]) -> io::Result<()> {
        prefix.fill(0x80);
        Ok(())
    }
    fn read_floors(&self, _: u32, floors: &mut [u8]) -> io::Result<()> {
        floors.fill(0x80);
        Ok(())
    }
}

fn rows_and_words(aspect: f64) -> FramePlan {
    let grid = WallGrid { rows: ROWS, aspect, ..WallGrid::default() };
    let people: Vec<u32> = (0..PEOPLE).collect();
    let rows = Deal::new(&people, grid, Motion::default(), 1).ok().map(|deal| {
        Layer::Rows(WallLayer {
            wall: deal.plan(0.0),
            presence: Vec::new(),
            reveal: Vec::new(),
            look: Look::default(),
            stops: Vec::new(),
            intensity: 1.0,
            opacity: 1.0,
        })
    });
    let words = Layer::Words(WordsLayer {
        text: TextPlacement::Stand {
            text: "millions".into(),
            area: [DVec2::splat(0.2), DVec2::splat(0.8)],
            align: Align::Centre,
            zoom: 1.0,
            is_said: false,
        },
        fill: Fill::Solid,
        look: Look::default(),
        font: None,
        opacity: 1.0,
        intensity: 1.0,
    });
    FramePlan {
        time_secs: 1.0,
        outgoing: None,
        scene: ScenePlan { layers: rows.into_iter().chain([words]).collect(), intensity: 1.0 },
        progress: TransitionProgress::Complete,
        step_wedge: false,
        intensity: 1.0,
    }
}
