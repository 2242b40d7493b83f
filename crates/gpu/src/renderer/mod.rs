//! From a frame plan to a picture. See [`Renderer`].

mod candidate;
mod people;
mod stack;

use std::collections::HashMap;
use std::sync::Arc;

pub use candidate::{BuiltShaders, ShaderCandidate};
use stack::{Numbers, PaintStep, next};

use super::effect_pass::{Effect, EffectPass};
use super::maps::Maps;
use super::overlay::{Overlay, OverlayPass};
use super::picture_pass::{PictureDraw, PicturePass};
use super::shader_set::ShaderSet;
use super::shaders;
use super::step_wedge_pass::StepWedgePass;
use super::stills::{NoStills, StillFiles, Stills};
use super::tiles::{TileRequest, Tiles, TilesReport};
use super::tone_terms::ToneTerms;
use super::wall_pass::{WallPass, noise_view};
use super::words_pass::WordsPass;
use super::{Canvas, Gpu, GpuError, parts};
use millions_frame::{DrawItem, FramePlan, Prefetch, WantedTile};
use millions_lettering::Fonts;
use millions_stage::{ResolvedOutput, ResolvedSurface};
use millions_wall::tile::TileSource;

/// Whether a frame may be drawn before all its tiles are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DrawMode {
    /// A live frame: draws with what it has, and says what was short.
    Live,
    /// A still or a film: waits for every tile.
    Complete,
}

/// What a frame failed to show, and what it did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameReport {
    /// Different people on the wall.
    pub people: usize,
    /// See [`TilesReport`].
    pub tiles: TilesReport,
}

/// Passes, pages and tiles for outputs of one size and format.
pub struct Renderer {
    tiles: Tiles,
    wall: WallPass,
    pictures: PicturePass,
    stills: Stills,
    /// Made when it is first wanted, with these fonts.
    words: Option<WordsPass>,
    fonts: Option<Fonts>,
    step_wedge: Option<StepWedgePass>,
    shaders: ShaderSet,
    effects: Vec<Effect>,
    effect_pass: EffectPass,
    format: wgpu::TextureFormat,
    output_px: u64,
    /// The picture of an instant, and of which, by the output's place in the stage.
    snapshot: HashMap<usize, (Arc<FramePlan>, wgpu::Texture)>,
    maps: Maps,
    /// One texel of it.
    white: wgpu::TextureView,
    overlays: OverlayPass,
    /// Kept from frame to frame for their memory alone.
    scratch: Scratch,
    step: f32,
}

/// Words of the cells, their details and lights.
#[derive(Default)]
struct Scratch {
    cells: Vec<u32>,
    details: Vec<u32>,
    lights: ToneTerms,
}

/// The wall's plan, and those of surfaces that have a scene of their own, by their place in the stage.
pub type Plans<'a> = (&'a FramePlan, &'a [(usize, FramePlan)]);

/// The plan of a surface's own scene, where it has one.
fn plan_of<'a>(own: &'a [(usize, FramePlan)], surface: &ResolvedSurface) -> Option<&'a FramePlan> {
    own.iter().find(|(index, _)| *index == surface.index).map(|(_, plan)| plan)
}

/// What is drawn, and where.
pub struct OutputFrame<'a> {
    /// What.
    pub plan: &'a FramePlan,
    /// What a live wall will show soon.
    pub prefetch: &'a Prefetch,
    /// What surfaces with a scene of their own show, by their place in the stage.
    pub own: &'a [(usize, FramePlan)],
    /// Where it lands on the output.
    pub resolved: &'a ResolvedOutput,
    /// What lies over it for the operator.
    pub overlay: &'a Overlay,
}

impl Renderer {
    /// A renderer of tiles from `source` to targets of `format`, of about `width` × `height` pixels.
    #[must_use]
    pub fn new(gpu: &Gpu, source: Arc<dyn TileSource>, format: wgpu::TextureFormat, width: u32, height: u32) -> Self {
        Self::for_scenes(gpu, source, format, (width, height), 1)
    }

    /// As [`Renderer::new`], with memory enough to keep the tiles of so many scenes ready.
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
        let blue_noise = noise_view(gpu);
        let shaders = ShaderSet::default();
        let wall = WallPass::new(gpu, tiles.pages(), format, &shaders.source(&shaders::WALL), blue_noise.clone());
        // Dithered in the steps of the output itself.
        let step = if format == wgpu::TextureFormat::Rgb10a2Unorm { 1.0 / 1023.0 } else { 1.0 / 255.0 };
        Self {
            tiles,
            wall,
            pictures: PicturePass::new(gpu, format, &shaders.source(&shaders::PICTURE), blue_noise.clone()),
            stills: Stills::new(Arc::new(NoStills)),
            words: None,
            fonts: None,
            step_wedge: None,
            effects: Vec::new(),
            effect_pass: EffectPass::new(gpu, format, blue_noise),
            shaders,
            overlays: OverlayPass::new(gpu, format),
            maps: Maps::default(),
            white: parts::uploaded(gpu, "white", [1; 2], wgpu::TextureFormat::Rgba8Unorm, &[255; 4]),
            format,
            output_px,
            snapshot: HashMap::new(),
            scratch: Scratch::default(),
            step,
        }
    }

    /// Shows stills from there.
    #[must_use]
    pub fn with_pictures(mut self, pictures: Arc<dyn StillFiles>) -> Self {
        self.stills = Stills::new(pictures);
        self
    }

    /// Sets words in these fonts, in place of those in the binary and the system's.
    #[must_use]
    pub fn with_fonts(mut self, fonts: Fonts) -> Self {
        self.fonts = Some(fonts);
        self
    }

    /// Makes ready, in the background, what other scenes will want of the GPU.
    pub fn warm(&self, gpu: &Gpu) {
        self.wall.warm(gpu);
    }

    /// Reads a picture or a font anew, for its file has changed.
    pub fn forget_file(&mut self, path: &std::path::Path) {
        self.stills.forget(path);
        if let Some(words) = &mut self.words {
            words.forget_file(path);
        }
    }

    /// Whether outputs of so many pixels together have outgrown the pages, and the renderer should be made anew.
    #[must_use]
    pub const fn is_outgrown(&self, px: u64) -> bool {
        px > self.output_px * 2
    }

    /// The format of the targets that it draws to.
    #[must_use]
    pub const fn format(&self) -> wgpu::TextureFormat {
        self.format
    }

    /// Draws an output's picture over the whole of a target of its size, and submits it.
    pub fn draw(
        &mut self,
        gpu: &Gpu,
        picture: &OutputFrame,
        target: &wgpu::TextureView,
        mode: DrawMode,
    ) -> FrameReport {
        let OutputFrame { plan, prefetch, own, resolved, overlay } = *picture;
        let mut numbers = Numbers::default();
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        if let Some(words) = &mut self.words {
            words.begin_frame();
        }
        self.maps.forget_unused();
        let prepared = self.overlays.prepare(gpu, overlay, resolved, self.format);
        let first = prepared.first().unwrap_or(target);
        let mut report = FrameReport::default();
        let steps = if overlay.covers() || (plan.light <= 0.0 && !overlay.white) {
            // Black is black, without what evens out that of several projectors.
            Vec::new()
        } else if overlay.white {
            let white = self.white.clone();
            self.prepare_flat(gpu, &white, resolved, true, &mut numbers)
        } else {
            // What lies over the wall is the show's own, and as straight as the wall: it is drawn before it is warped.
            let flat = (!self.effects.is_empty()).then(|| resolved.flat(gpu.device.limits().max_texture_dimension_2d));
            let seen = flat.as_ref().unwrap_or(resolved);
            self.freeze(gpu, plan, seen, mode);
            let own_here = if flat.is_some() { &[] } else { own };
            report = self.bring(gpu, (plan, own_here), prefetch, seen, mode);
            let steps = self.prepare(gpu, (plan, own_here), seen, &mut numbers, mode);
            match &flat {
                None => steps,
                Some(flat) => {
                    let picture = self.effect_pass.begin(gpu, (flat.size.x, flat.size.y));
                    self.paint(&mut encoder, &steps, &picture, |_| {});
                    let moment = (plan.time_secs, self.step);
                    let result = self.effect_pass.draw(gpu, &mut encoder, &self.effects, moment);
                    let mut steps = self.prepare_flat(gpu, &result, resolved, false, &mut numbers);
                    // Scenes of surfaces' own are no part of the wall, and nothing lies over them.
                    let surfaces =
                        resolved.surfaces.iter().filter(|surface| surface.scene.is_some()).cloned().collect();
                    let alone = ResolvedOutput { surfaces, ..resolved.clone() };
                    if !alone.surfaces.is_empty() {
                        self.bring(gpu, (plan, own), &Prefetch::default(), &alone, mode);
                        steps.extend(self.prepare(gpu, (plan, own), &alone, &mut numbers, mode));
                    }
                    steps
                }
            }
        };
        self.prepare_ahead(gpu, prefetch, resolved.wall_aspect);
        if plan.step_wedge {
            let source = || self.shaders.source(&shaders::STEP_WEDGE);
            let step_wedge =
                self.step_wedge.get_or_insert_with(|| StepWedgePass::new(&gpu.device, self.format, &source()));
            step_wedge.prepare(gpu, &resolved.output.colour, self.step);
        }
        self.paint(&mut encoder, &steps, first, |pass| {
            if let (Some(step_wedge), true) = (&self.step_wedge, plan.step_wedge) {
                step_wedge.draw(pass, resolved.size.x, resolved.size.y);
            }
        });
        let mut draw_pictures = |draws: &[PictureDraw]| -> Vec<usize> {
            let prepare = |draw| {
                let number = next(&mut numbers.pictures);
                self.pictures.prepare(gpu, number, draw);
                number
            };
            draws.iter().map(prepare).collect()
        };
        let over = prepared.draws(&mut draw_pictures);
        self.overlays.draw(&mut encoder, &self.pictures, &prepared, &over, target);
        gpu.queue.submit([encoder.finish()]);
        report
    }

    /// Draws a complete frame that fills a canvas with the whole wall, and waits until it is there.
    ///
    /// # Errors
    /// When the device is lost.
    pub fn draw_complete(&mut self, gpu: &Gpu, plan: &FramePlan, canvas: &Canvas) -> Result<FrameReport, GpuError> {
        let resolved = ResolvedOutput::plain(canvas.size().into());
        self.draw_laid(gpu, (plan, &[]), &resolved, canvas)
    }

    /// Draws a complete frame of an output to a canvas of its size, and waits until it is there.
    ///
    /// # Errors
    /// When the device is lost.
    pub fn draw_laid(
        &mut self,
        gpu: &Gpu,
        (plan, own): Plans,
        resolved: &ResolvedOutput,
        canvas: &Canvas,
    ) -> Result<FrameReport, GpuError> {
        let picture = OutputFrame { plan, prefetch: &Prefetch::default(), own, resolved, overlay: &Overlay::default() };
        let report = self.draw(gpu, &picture, &canvas.view(), DrawMode::Complete);
        gpu.wait()?;
        Ok(report)
    }

    /// Has the picture of the instant that a plan comes over, drawn once for as long as it is wanted.
    fn freeze(&mut self, gpu: &Gpu, plan: &FramePlan, resolved: &ResolvedOutput, mode: DrawMode) {
        let wanted = plan.stack().into_iter().find_map(|item| match item {
            DrawItem::Snapshot(snapshot) => Some(snapshot.clone()),
            DrawItem::Black(_) | DrawItem::Layer { .. } => None,
        });
        let Some(wanted) = wanted else {
            self.snapshot.remove(&resolved.index);
            return;
        };
        let size = (resolved.size.x, resolved.size.y);
        let is_it = |(plan, texture): &(Arc<FramePlan>, wgpu::Texture)| {
            (Arc::ptr_eq(plan, &wanted) || plan.is_same_instant(&wanted)) && (texture.width(), texture.height()) == size
        };
        if self.snapshot.get(&resolved.index).is_some_and(is_it) {
            return;
        }
        // What it came over itself first; that picture is nearly always the one that is kept.
        self.freeze(gpu, &wanted, resolved, mode);
        let usage = wgpu::TextureUsages::RENDER_ATTACHMENT;
        let texture = parts::texture(&gpu.device, "frozen", [size.0, size.1, 1], self.format, usage);
        self.bring(gpu, (&wanted, &[]), &Prefetch::default(), resolved, mode);
        let steps = self.prepare(gpu, (&wanted, &[]), resolved, &mut Numbers::default(), mode);
        let view = parts::view(&texture);
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        self.paint(&mut encoder, &steps, &view, |_| {});
        gpu.queue.submit([encoder.finish()]);
        self.snapshot.insert(resolved.index, (wanted, texture));
    }

    /// Forgets what was kept for outputs that are no more, or are another size now.
    pub fn forget_outputs(&mut self) {
        self.snapshot.clear();
    }

    /// Brings the tiles and pictures of a plan.
    fn bring(
        &mut self,
        gpu: &Gpu,
        (plan, own): Plans,
        prefetch: &Prefetch,
        resolved: &ResolvedOutput,
        mode: DrawMode,
    ) -> FrameReport {
        let asks = |tiles: &Tiles, all: &[WantedTile], with_own: bool| -> Vec<TileRequest> {
            let on = |surface: &ResolvedSurface| {
                let own = plan_of(own, surface).map(FramePlan::wanted);
                let wanted = match &own {
                    Some(own) if with_own => own,
                    Some(_) => return Vec::new(),
                    None => all,
                };
                let here = wanted.iter().filter(|wanted| people::shows(surface, wanted.size, wanted.middle));
                let ask = |wanted: &WantedTile| people::entry_size(tiles, surface, wanted.size, wanted.middle);
                here.map(|wanted| (wanted.person, ask(wanted))).collect::<Vec<_>>()
            };
            resolved.surfaces.iter().flat_map(on).collect()
        };
        let mut wanted = asks(&self.tiles, &plan.wanted(), true);
        wanted.sort_unstable();
        wanted.dedup();
        let tiles = match mode {
            DrawMode::Live => {
                let prefetch = asks(&self.tiles, &prefetch.tiles, false);
                self.tiles.bring_some(gpu, &wanted, &prefetch)
            }
            DrawMode::Complete => self.tiles.bring_all(gpu, &wanted),
        };
        let mut people = wanted.iter().map(|(person, _)| *person).collect::<Vec<_>>();
        people.dedup();
        FrameReport { people: people.len(), tiles }
    }

    /// Records a picture that was prepared, and what `more` lays over it.
    fn paint(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        steps: &[PaintStep],
        target: &wgpu::TextureView,
        more: impl FnOnce(&mut wgpu::RenderPass),
    ) {
        for step in steps {
            if let (PaintStep::Words(number), Some(words)) = (step, &self.words) {
                words.draw_letters(encoder, *number);
            }
        }
        let mut pass = begin_black(encoder, target);
        for step in steps {
            match step {
                PaintStep::Wall(number) => self.wall.draw(&mut pass, *number),
                PaintStep::OutputFrame(number) => self.pictures.draw(&mut pass, *number),
                PaintStep::Words(number) => {
                    if let Some(words) = &self.words {
                        words.draw(&mut pass, *number);
                    }
                }
            }
        }
        more(&mut pass);
    }
}

/// Begins a pass over a target that is black until something is drawn.
pub(super) fn begin_black<'e>(
    encoder: &'e mut wgpu::CommandEncoder,
    target: &wgpu::TextureView,
) -> wgpu::RenderPass<'e> {
    encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
        label: Some("wall"),
        color_attachments: &[Some(wgpu::RenderPassColorAttachment {
            view: target,
            depth_slice: None,
            resolve_target: None,
            ops: wgpu::Operations { load: wgpu::LoadOp::Clear(wgpu::Color::BLACK), store: wgpu::StoreOp::Store },
        })],
        depth_stencil_attachment: None,
        timestamp_writes: None,
        occlusion_query_set: None,
        multiview_mask: None,
    })
}
