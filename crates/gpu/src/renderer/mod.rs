//! From a frame plan to a picture. See [`Renderer`].

mod candidate;
mod people;
mod stack;

use std::collections::HashMap;
use std::sync::Arc;

pub use candidate::{Built, Candidate};
use stack::{Numbers, Step, next};

use super::chart_pass::ChartPass;
use super::effect_pass::{Effect, EffectPass};
use super::lights::Lights;
use super::maps::Maps;
use super::overlay::{Overlay, OverlayPass};
use super::picture_pass::{PictureDraw, PicturePass};
use super::shader_set::ShaderSet;
use super::shaders;
use super::stills::{NoPictures, Pictures, Stills};
use super::tiles::{Ask, Tiles, TilesReport};
use super::wall_pass::{WallPass, noise_view};
use super::words_pass::WordsPass;
use super::{Canvas, Gpu, GpuError, parts};
use millions_frame::{FramePlan, Item, Upcoming, Wanted};
use millions_lettering::Fonts;
use millions_stage::{LaidOutput, LaidSurface};
use millions_wall::tile::TileSource;

/// Whether a frame may be drawn before all its tiles are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
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
    chart: Option<ChartPass>,
    shaders: ShaderSet,
    effects: Vec<Effect>,
    effect_pass: EffectPass,
    format: wgpu::TextureFormat,
    output_px: u64,
    /// The picture of an instant, and of which, by the output's place in the stage.
    frozen: HashMap<usize, (Arc<FramePlan>, wgpu::Texture)>,
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
    lights: Lights,
}

/// The wall's plan, and those of surfaces that have a scene of their own, by their place in the stage.
pub type Plans<'a> = (&'a FramePlan, &'a [(usize, FramePlan)]);

/// The plan of a surface's own scene, where it has one.
fn plan_of<'a>(own: &'a [(usize, FramePlan)], surface: &LaidSurface) -> Option<&'a FramePlan> {
    own.iter().find(|(index, _)| *index == surface.index).map(|(_, plan)| plan)
}

/// What is drawn, and where.
pub struct Picture<'a> {
    /// What.
    pub plan: &'a FramePlan,
    /// What a live wall will show soon.
    pub upcoming: &'a Upcoming,
    /// What surfaces with a scene of their own show, by their place in the stage.
    pub own: &'a [(usize, FramePlan)],
    /// Where it lands on the output.
    pub laid: &'a LaidOutput,
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
            stills: Stills::new(Arc::new(NoPictures)),
            words: None,
            fonts: None,
            chart: None,
            effects: Vec::new(),
            effect_pass: EffectPass::new(gpu, format, blue_noise),
            shaders,
            overlays: OverlayPass::new(gpu, format),
            maps: Maps::default(),
            white: parts::uploaded(gpu, "white", [1; 2], wgpu::TextureFormat::Rgba8Unorm, &[255; 4]),
            format,
            output_px,
            frozen: HashMap::new(),
            scratch: Scratch::default(),
            step,
        }
    }

    /// Shows stills from there.
    #[must_use]
    pub fn with_pictures(mut self, pictures: Arc<dyn Pictures>) -> Self {
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
        picture: &Picture,
        target: &wgpu::TextureView,
        patience: Patience,
    ) -> FrameReport {
        let Picture { plan, upcoming, own, laid, overlay } = *picture;
        let mut numbers = Numbers::default();
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        if let Some(words) = &mut self.words {
            words.begin_frame();
        }
        self.maps.forget_unused();
        let prepared = self.overlays.prepare(gpu, overlay, laid, self.format);
        let first = prepared.first().unwrap_or(target);
        let mut report = FrameReport::default();
        let steps = if overlay.covers() || (plan.light <= 0.0 && !overlay.white) {
            // Black is black, without what evens out that of several projectors.
            Vec::new()
        } else if overlay.white {
            let white = self.white.clone();
            self.prepare_flat(gpu, &white, laid, true, &mut numbers)
        } else {
            // What lies over the wall is the show's own, and as straight as the wall: it is drawn before it is warped.
            let flat = (!self.effects.is_empty()).then(|| laid.flat(gpu.device.limits().max_texture_dimension_2d));
            let seen = flat.as_ref().unwrap_or(laid);
            self.freeze(gpu, plan, seen, patience);
            let own_here = if flat.is_some() { &[] } else { own };
            report = self.bring(gpu, (plan, own_here), upcoming, seen, patience);
            let steps = self.prepare(gpu, (plan, own_here), seen, &mut numbers, patience);
            match &flat {
                None => steps,
                Some(flat) => {
                    let picture = self.effect_pass.begin(gpu, (flat.size.x, flat.size.y));
                    self.paint(&mut encoder, &steps, &picture, |_| {});
                    let moment = (plan.time_secs, self.step);
                    let result = self.effect_pass.draw(gpu, &mut encoder, &self.effects, moment);
                    let mut steps = self.prepare_flat(gpu, &result, laid, false, &mut numbers);
                    // Scenes of surfaces' own are no part of the wall, and nothing lies over them.
                    let surfaces = laid.surfaces.iter().filter(|surface| surface.scene.is_some()).cloned().collect();
                    let alone = LaidOutput { surfaces, ..laid.clone() };
                    if !alone.surfaces.is_empty() {
                        self.bring(gpu, (plan, own), &Upcoming::default(), &alone, patience);
                        steps.extend(self.prepare(gpu, (plan, own), &alone, &mut numbers, patience));
                    }
                    steps
                }
            }
        };
        self.prepare_ahead(gpu, upcoming, laid.wall_aspect);
        if plan.chart {
            let source = || self.shaders.source(&shaders::CHART);
            let chart = self.chart.get_or_insert_with(|| ChartPass::new(&gpu.device, self.format, &source()));
            chart.prepare(gpu, &laid.output.light, self.step);
        }
        self.paint(&mut encoder, &steps, first, |pass| {
            if let (Some(chart), true) = (&self.chart, plan.chart) {
                chart.draw(pass, laid.size.x, laid.size.y);
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
        let laid = LaidOutput::plain(canvas.size().into());
        self.draw_laid(gpu, (plan, &[]), &laid, canvas)
    }

    /// Draws a complete frame of an output to a canvas of its size, and waits until it is there.
    ///
    /// # Errors
    /// When the device is lost.
    pub fn draw_laid(
        &mut self,
        gpu: &Gpu,
        (plan, own): Plans,
        laid: &LaidOutput,
        canvas: &Canvas,
    ) -> Result<FrameReport, GpuError> {
        let picture = Picture { plan, upcoming: &Upcoming::default(), own, laid, overlay: &Overlay::default() };
        let report = self.draw(gpu, &picture, &canvas.view(), Patience::Complete);
        gpu.wait()?;
        Ok(report)
    }

    /// Has the picture of the instant that a plan comes over, drawn once for as long as it is wanted.
    fn freeze(&mut self, gpu: &Gpu, plan: &FramePlan, laid: &LaidOutput, patience: Patience) {
        let wanted = plan.stack().into_iter().find_map(|item| match item {
            Item::Frozen(frozen) => Some(frozen.clone()),
            Item::Dark(_) | Item::Layer { .. } => None,
        });
        let Some(wanted) = wanted else {
            self.frozen.remove(&laid.index);
            return;
        };
        let size = (laid.size.x, laid.size.y);
        let is_it = |(plan, texture): &(Arc<FramePlan>, wgpu::Texture)| {
            (Arc::ptr_eq(plan, &wanted) || plan.is_same_instant(&wanted)) && (texture.width(), texture.height()) == size
        };
        if self.frozen.get(&laid.index).is_some_and(is_it) {
            return;
        }
        // What it came over itself first; that picture is nearly always the one that is kept.
        self.freeze(gpu, &wanted, laid, patience);
        let usage = wgpu::TextureUsages::RENDER_ATTACHMENT;
        let texture = parts::texture(&gpu.device, "frozen", [size.0, size.1, 1], self.format, usage);
        self.bring(gpu, (&wanted, &[]), &Upcoming::default(), laid, patience);
        let steps = self.prepare(gpu, (&wanted, &[]), laid, &mut Numbers::default(), patience);
        let view = parts::view(&texture);
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        self.paint(&mut encoder, &steps, &view, |_| {});
        gpu.queue.submit([encoder.finish()]);
        self.frozen.insert(laid.index, (wanted, texture));
    }

    /// Forgets what was kept for outputs that are no more, or are another size now.
    pub fn forget_outputs(&mut self) {
        self.frozen.clear();
    }

    /// Brings the tiles and pictures of a plan.
    fn bring(
        &mut self,
        gpu: &Gpu,
        (plan, own): Plans,
        upcoming: &Upcoming,
        laid: &LaidOutput,
        patience: Patience,
    ) -> FrameReport {
        let asks = |tiles: &Tiles, all: &[Wanted], with_own: bool| -> Vec<Ask> {
            let on = |surface: &LaidSurface| {
                let own = plan_of(own, surface).map(FramePlan::wanted);
                let wanted = match &own {
                    Some(own) if with_own => own,
                    Some(_) => return Vec::new(),
                    None => all,
                };
                let here = wanted.iter().filter(|wanted| people::shows(surface, wanted.size, wanted.middle));
                let ask = |wanted: &Wanted| people::slot_size(tiles, surface, wanted.size, wanted.middle);
                here.map(|wanted| (wanted.person, ask(wanted))).collect::<Vec<_>>()
            };
            laid.surfaces.iter().flat_map(on).collect()
        };
        let mut wanted = asks(&self.tiles, &plan.wanted(), true);
        wanted.sort_unstable();
        wanted.dedup();
        let tiles = match patience {
            Patience::Live => {
                let upcoming = asks(&self.tiles, &upcoming.tiles, false);
                self.tiles.bring_some(gpu, &wanted, &upcoming)
            }
            Patience::Complete => self.tiles.bring_all(gpu, &wanted),
        };
        let mut people = wanted.iter().map(|(person, _)| *person).collect::<Vec<_>>();
        people.dedup();
        FrameReport { people: people.len(), tiles }
    }

    /// Records a picture that was prepared, and what `more` lays over it.
    fn paint(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        steps: &[Step],
        target: &wgpu::TextureView,
        more: impl FnOnce(&mut wgpu::RenderPass),
    ) {
        for step in steps {
            if let (Step::Words(number), Some(words)) = (step, &self.words) {
                words.draw_letters(encoder, *number);
            }
        }
        let mut pass = begin_black(encoder, target);
        for step in steps {
            match step {
                Step::Wall(number) => self.wall.draw(&mut pass, *number),
                Step::Picture(number) => self.pictures.draw(&mut pass, *number),
                Step::Words(number) => {
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
