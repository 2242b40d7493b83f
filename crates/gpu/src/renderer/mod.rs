//! Draws frame plans to targets. See [`Renderer`].

mod candidate;
mod cells;
mod paint_steps;
mod pipelines_ahead;
mod snapshots;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;

pub use candidate::{BuiltShaders, ShaderCandidate};
use cells::CellData;
use paint_steps::PaintStep;
use pipelines_ahead::ShadedLayer;
use snapshots::Snapshots;

use super::effect_pass::{Effect, EffectPass};
use super::gpu_timer::GpuTimer;
use super::mask_textures::MaskTextures;
use super::overlay::{Overlay, OverlayPass};
use super::picture_pass::PicturePass;
use super::shader_set::ShaderSet;
use super::step_wedge_pass::StepWedgePass;
use super::stills::{NoStills, StillImages, Stills};
use super::tiles::{Tiles, TilesReport};
use super::wall_pass::{WallPass, blue_noise_view};
use super::wanted_tiles::WantedTiles;
use super::words_pass::{WordsParts, WordsPass};
use super::{Canvas, Gpu, GpuError, resources, shaders};
use millions_frame::{FramePlan, Layer, Outgoing, Prefetch, ScenePlan};
use millions_lettering::Fonts;
use millions_stage::{OutputId, ResolvedOutput, ResolvedSurface, SurfaceId};
use millions_wall::tile::TileSource;

/// Whether a frame may be drawn before all its tiles are loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DrawMode {
    /// A live frame: draws with what is loaded, and reports what is missing.
    Live,
    /// A still or a film: waits for every tile.
    Complete,
    /// A small picture for the operator: draws with what is loaded for the outputs, and asks for nothing.
    Glance,
}

/// What a frame needed, and what of it was missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameReport {
    /// See [`TilesReport`].
    pub tiles: TilesReport,
    /// See [`FrameTimes`].
    pub times: FrameTimes,
}

/// How long a frame took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameTimes {
    /// The CPU's part: looking up, loading and uploading what the frame shows. With [`DrawMode::Complete`] it includes waiting
    /// for tiles.
    pub prepare: Duration,
    /// The CPU's part: recording and submitting the commands.
    pub encode: Duration,
    /// The GPU's part, of a frame some frames ago; none where the adapter has no timestamps.
    pub gpu: Option<Duration>,
}

/// The plans of a frame.
#[derive(Clone, Copy)]
pub struct Plans<'a> {
    /// Of the wall.
    pub wall: &'a FramePlan,
    /// Of surfaces with a scene of their own.
    pub own: &'a [(SurfaceId, FramePlan)],
}

impl<'a> Plans<'a> {
    /// The wall on all surfaces.
    #[must_use]
    pub const fn of_wall(wall: &'a FramePlan) -> Self {
        Self { wall, own: &[] }
    }

    /// The plan of a surface's own scene, where it has one.
    fn own_of(&self, surface: &ResolvedSurface) -> Option<&'a FramePlan> {
        self.own.iter().find(|(id, _)| *id == surface.id).map(|(_, plan)| plan)
    }
}

/// A frame of one output.
pub struct OutputFrame<'a> {
    /// What is shown.
    pub plans: Plans<'a>,
    /// What a live wall will show soon.
    pub prefetch: &'a Prefetch,
    /// The output and its surfaces.
    pub resolved: &'a ResolvedOutput,
    /// What is drawn over it for the operator.
    pub overlay: &'a Overlay,
}

/// The passes and the tile cache, for outputs of one format.
pub struct Renderer {
    tiles: Tiles,
    wall: WallPass,
    pictures: PicturePass,
    stills: Stills,
    /// Created on first use, with `fonts`.
    words: Option<WordsPass>,
    /// What of it is made in the background.
    words_ahead: Option<Receiver<Option<WordsParts>>>,
    fonts: Option<Fonts>,
    /// Created on first use.
    step_wedge: Option<StepWedgePass>,
    shaders: ShaderSet,
    effects: Vec<Effect>,
    effect_pass: EffectPass,
    format: wgpu::TextureFormat,
    output_px: u64,
    snapshots: Snapshots,
    masks: MaskTextures,
    /// One texel.
    white: wgpu::TextureView,
    overlays: OverlayPass,
    /// The layers of tiles that each output has shown last.
    shaded: HashMap<OutputId, Vec<ShadedLayer>>,
    /// Reused from frame to frame.
    cell_data: CellData,
    timer: GpuTimer,
    /// One step of the output's depth, for the dither.
    step: f32,
}

impl Renderer {
    /// Creates a renderer of tiles from `source`, for targets of `format` and about `width` × `height` pixels together.
    #[must_use]
    pub fn new(gpu: &Gpu, source: Arc<dyn TileSource>, format: wgpu::TextureFormat, width: u32, height: u32) -> Self {
        Self::for_scenes(gpu, source, format, (width, height), 1)
    }

    /// As [`Renderer::new`], with a tile cache large enough for the tiles of that many scenes at once.
    #[must_use]
    pub fn for_scenes(
        gpu: &Gpu,
        source: Arc<dyn TileSource>,
        format: wgpu::TextureFormat,
        (width, height): (u32, u32),
        scenes: usize,
    ) -> Self {
        let output_px = u64::from(width) * u64::from(height);
        let tiles = Tiles::new(gpu, source, output_px, u32::try_from(scenes.clamp(1, 12)).unwrap_or(1));
        let blue_noise = blue_noise_view(gpu);
        let shaders = ShaderSet::default();
        let wall = WallPass::new(gpu, tiles.textures(), format, &shaders.source(&shaders::WALL), blue_noise.clone());
        Self {
            tiles,
            wall,
            pictures: PicturePass::new(gpu, format, &shaders.source(&shaders::PICTURE), blue_noise.clone()),
            stills: Stills::new(Arc::new(NoStills)),
            words: None,
            words_ahead: None,
            fonts: None,
            step_wedge: None,
            effects: Vec::new(),
            effect_pass: EffectPass::new(gpu, format, blue_noise),
            shaders,
            overlays: OverlayPass::new(gpu, format),
            masks: MaskTextures::default(),
            white: resources::upload(gpu, "white", [1; 2], wgpu::TextureFormat::Rgba8Unorm, &[[255; 4]]),
            format,
            output_px,
            snapshots: Snapshots::default(),
            shaded: HashMap::new(),
            cell_data: CellData::default(),
            timer: GpuTimer::new(gpu),
            step: if format == wgpu::TextureFormat::Rgb10a2Unorm { 1.0 / 1023.0 } else { 1.0 / 255.0 },
        }
    }

    /// Reads the files of stills from `pictures`.
    #[must_use]
    pub fn with_stills(mut self, pictures: Arc<dyn StillImages>) -> Self {
        self.stills = Stills::new(pictures);
        self
    }

    /// Sets words in `fonts`, in place of the program's and the system's.
    #[must_use]
    pub fn with_fonts(mut self, fonts: Fonts) -> Self {
        self.fonts = Some(fonts);
        self
    }

    /// Reads a picture or font file that has changed again.
    pub fn forget_file(&mut self, path: &Path) {
        self.stills.forget(path);
        if let Some(words) = &mut self.words {
            words.forget_file(path);
        }
    }

    /// Drops all that there is of portraits that are gone, here and on its way: they are dark from now on, whatever a plan says.
    pub fn retire_portraits(&mut self, portraits: &[u32]) {
        self.tiles.retire(portraits);
    }

    /// Reads portraits anew, whose numbers may have been others' before.
    pub fn renew_portraits(&mut self, portraits: &[u32]) {
        self.tiles.renew(portraits);
    }

    /// The pixels of the outputs together that it was created for.
    #[must_use]
    pub const fn output_px(&self) -> u64 {
        self.output_px
    }

    /// Whether the tile cache is too small for outputs of `px` pixels together, so that the renderer should be replaced.
    #[must_use]
    pub const fn is_outgrown(&self, px: u64) -> bool {
        px > self.output_px * 2
    }

    /// Whether pipelines are compiled in the background that are not needed yet.
    #[must_use]
    pub fn is_compiling(&mut self) -> bool {
        let is_made = |ahead: &Receiver<Option<WordsParts>>| !ahead.is_empty();
        self.wall.expected().is_compiling() || !self.words_ahead.as_ref().is_none_or(is_made)
    }

    /// The format of its targets.
    #[must_use]
    pub const fn format(&self) -> wgpu::TextureFormat {
        self.format
    }

    /// Frees what is kept for outputs that no longer exist, or whose size has changed.
    pub fn forget_outputs(&mut self) {
        self.snapshots.clear();
        self.shaded.clear();
    }

    /// Draws an output's frame to the whole of a target of its size, and submits it.
    pub fn draw(&mut self, gpu: &Gpu, frame: &OutputFrame, target: &wgpu::TextureView, mode: DrawMode) -> FrameReport {
        let began = Instant::now();
        let OutputFrame { plans, prefetch, resolved, overlay } = *frame;
        if let Some(words) = &mut self.words {
            words.begin_frame();
        }
        self.masks.free_unused();
        self.begin_submission();
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        // What a glance takes is no part of a frame.
        let is_timed = mode != DrawMode::Glance;
        if is_timed {
            self.timer.begin(&mut encoder);
        }

        let Scene { mut steps, mut report } = self.prepare_scene(gpu, &mut encoder, frame, mode);
        if plans.wall.step_wedge {
            steps.push(self.prepare_step_wedge(gpu, resolved));
        }
        if mode == DrawMode::Live {
            self.prepare_ahead(gpu, prefetch, resolved.wall_aspect);
            self.expect_pipelines(gpu, plans, prefetch, resolved);
        }
        let overlay = self.overlays.prepare(gpu, overlay, resolved, self.format, &mut self.pictures);

        let prepare = began.elapsed();
        self.paint(&mut encoder, &steps, overlay.base.as_ref().unwrap_or(target));
        self.overlays.draw(&mut encoder, &self.pictures, &overlay, target);
        if is_timed {
            self.timer.end(&mut encoder);
        }
        gpu.queue.submit([encoder.finish()]);
        if is_timed {
            self.timer.submitted();
            report.times = FrameTimes { prepare, encode: began.elapsed() - prepare, gpu: self.timer.poll() };
        }
        report
    }

    /// Draws a complete frame of the whole wall to a canvas, and waits for the GPU.
    ///
    /// # Errors
    /// When the device is lost.
    pub fn draw_complete(&mut self, gpu: &Gpu, plan: &FramePlan, canvas: &Canvas) -> Result<FrameReport, GpuError> {
        let resolved = ResolvedOutput::plain(canvas.size().into());
        self.draw_output(gpu, Plans::of_wall(plan), &resolved, canvas)
    }

    /// Draws a live frame of the whole wall to a canvas, and waits for the GPU.
    ///
    /// # Errors
    /// When the device is lost.
    pub fn draw_live(
        &mut self,
        gpu: &Gpu,
        plan: &FramePlan,
        prefetch: &Prefetch,
        canvas: &Canvas,
    ) -> Result<FrameReport, GpuError> {
        let (resolved, overlay) = (&ResolvedOutput::plain(canvas.size().into()), &Overlay::default());
        let frame = OutputFrame { plans: Plans::of_wall(plan), prefetch, resolved, overlay };
        let report = self.draw(gpu, &frame, &canvas.view(), DrawMode::Live);
        gpu.wait()?;
        Ok(report)
    }

    /// Draws a complete frame of an output to a canvas of its size, and waits for the GPU.
    ///
    /// # Errors
    /// When the device is lost.
    pub fn draw_output(
        &mut self,
        gpu: &Gpu,
        plans: Plans,
        resolved: &ResolvedOutput,
        canvas: &Canvas,
    ) -> Result<FrameReport, GpuError> {
        let (prefetch, overlay) = (&Prefetch::default(), &Overlay::default());
        let frame = OutputFrame { plans, prefetch, resolved, overlay };
        let report = self.draw(gpu, &frame, &canvas.view(), DrawMode::Complete);
        gpu.wait()?;
        Ok(report)
    }

    /// Begins a submission: the passes' batches are used again from the first on.
    fn begin_submission(&mut self) {
        self.tiles.begin_submission();
        self.wall.begin_submission();
        self.pictures.begin_submission();
        self.effect_pass.begin_submission();
        self.overlays.begin_submission();
        if let Some(words) = &mut self.words {
            words.begin_submission(&self.masks);
        }
    }

    /// Loads and uploads what an output shows of its scenes.
    fn prepare_scene(
        &mut self,
        gpu: &Gpu,
        encoder: &mut wgpu::CommandEncoder,
        frame: &OutputFrame,
        mode: DrawMode,
    ) -> Scene {
        let OutputFrame { plans, prefetch, resolved, overlay } = *frame;
        if overlay.covers() || (plans.wall.intensity <= 0.0 && !overlay.white) {
            // A blackout has no black-level compensation either.
            return Scene::default();
        }
        if overlay.white {
            let white = self.white.clone();
            return Scene { steps: self.prepare_flat(gpu, &white, resolved, true), report: FrameReport::default() };
        }
        if !self.effects.is_empty() {
            return self.prepare_scene_with_effects(gpu, encoder, frame, mode);
        }
        self.update_snapshot(gpu, plans.wall, resolved, mode);
        let report = self.load_tiles(gpu, plans, prefetch, resolved, mode);
        Scene { steps: self.prepare_plans(gpu, plans, resolved, mode), report }
    }

    /// The same by way of a flat picture of the wall, to which the effects are applied before it is warped.
    fn prepare_scene_with_effects(
        &mut self,
        gpu: &Gpu,
        encoder: &mut wgpu::CommandEncoder,
        frame: &OutputFrame,
        mode: DrawMode,
    ) -> Scene {
        let OutputFrame { plans, prefetch, resolved, .. } = *frame;
        let wall = Plans::of_wall(plans.wall);
        let flat = resolved.flat(gpu.device.limits().max_texture_dimension_2d);
        self.update_snapshot(gpu, plans.wall, &flat, mode);
        let report = self.load_tiles(gpu, wall, prefetch, &flat, mode);
        let steps = self.prepare_plans(gpu, wall, &flat, mode);
        let input = self.effect_pass.input(gpu, flat.size);
        self.paint(encoder, &steps, &input);
        let time_secs = plans.wall.time_secs;
        let result = self.effect_pass.draw(gpu, encoder, &self.effects, flat.size, time_secs, self.step);
        let mut steps = self.prepare_flat(gpu, &result, resolved, false);
        // Surfaces with a scene of their own are no part of the wall, and have no effects.
        let own = resolved.surfaces.iter().filter(|surface| surface.scene.is_some()).cloned().collect();
        let own = ResolvedOutput { surfaces: own, ..resolved.clone() };
        if !own.surfaces.is_empty() {
            self.load_tiles(gpu, plans, &Prefetch::default(), &own, mode);
            steps.extend(self.prepare_plans(gpu, plans, &own, mode));
        }
        Scene { steps, report }
    }

    fn prepare_step_wedge(&mut self, gpu: &Gpu, resolved: &ResolvedOutput) -> PaintStep {
        let Self { step_wedge, shaders: set, format, step, .. } = self;
        let create = || StepWedgePass::new(&gpu.device, *format, &set.source(&shaders::STEP_WEDGE));
        step_wedge.get_or_insert_with(create).prepare(gpu, &resolved.output.colour, resolved.size, *step);
        PaintStep::StepWedge
    }

    /// Loads the tiles of plans, all of them or what a live frame has time for.
    fn load_tiles(
        &mut self,
        gpu: &Gpu,
        plans: Plans,
        prefetch: &Prefetch,
        resolved: &ResolvedOutput,
        mode: DrawMode,
    ) -> FrameReport {
        let sampling = self.tiles.sampling();
        let mut wanted = WantedTiles::new(sampling);
        let coming = || prefetch.scenes.iter().chain(&prefetch.cueable);
        let mut ahead: Vec<_> = coming().map(|_| WantedTiles::new(sampling)).collect();
        for surface in &resolved.surfaces {
            let own = plans.own_of(surface);
            for scene in scenes_of(own.unwrap_or(plans.wall)) {
                wanted.add(scene, surface);
            }
            if own.is_none() && mode == DrawMode::Live {
                ahead.iter_mut().zip(coming()).for_each(|(ahead, scene)| ahead.add(scene, surface));
            }
        }
        let own = resolved.surfaces.iter().filter_map(|surface| plans.own_of(surface));
        for scene in own.chain([plans.wall]).flat_map(scenes_of).chain(&prefetch.scenes) {
            for layer in &scene.layers {
                if let Layer::Rows(rows) = layer {
                    self.tiles.hold_rows(&rows.wall);
                }
            }
        }
        let tiles = match mode {
            DrawMode::Live => self.tiles.stream(gpu, resolved.id, &wanted, &ahead),
            DrawMode::Complete => self.tiles.load_all(gpu, &wanted),
            DrawMode::Glance => self.tiles.take(gpu),
        };
        self.wall.bind_tiles(self.tiles.textures());
        FrameReport { tiles, times: FrameTimes::default() }
    }

    /// Records steps that were prepared, over black.
    fn paint(&self, encoder: &mut wgpu::CommandEncoder, steps: &[PaintStep], target: &wgpu::TextureView) {
        for step in steps {
            if let (PaintStep::Words(index), Some(words)) = (step, &self.words) {
                words.draw_letters(encoder, *index);
            }
        }
        let mut pass = resources::begin_black(encoder, "output", target);
        for step in steps {
            match (step, &self.words, &self.step_wedge) {
                (PaintStep::Wall(index), ..) => self.wall.draw(&mut pass, *index),
                (PaintStep::Picture(index), ..) => self.pictures.draw(&mut pass, *index),
                (PaintStep::Words(index), Some(words), _) => words.draw(&mut pass, *index),
                (PaintStep::StepWedge, _, Some(step_wedge)) => step_wedge.draw(&mut pass),
                (PaintStep::Words(_) | PaintStep::StepWedge, ..) => {}
            }
        }
    }
}

/// The scenes of a plan whose tiles it is drawn from; a snapshot is drawn from its own.
fn scenes_of(plan: &FramePlan) -> impl Iterator<Item = &ScenePlan> {
    let outgoing = plan.outgoing.iter().filter_map(|outgoing| match outgoing {
        Outgoing::Live(scene) => Some(scene),
        Outgoing::Snapshot(_) => None,
    });
    std::iter::once(&plan.scene).chain(outgoing)
}

/// What an output shows, uploaded and ready to be painted.
#[derive(Default)]
struct Scene {
    steps: Vec<PaintStep>,
    report: FrameReport,
}
