//! From a frame plan to a picture. See [`Renderer`].

mod candidate;
mod people;

use std::sync::Arc;

pub use candidate::{Built, Candidate};

use super::chart_pass::ChartPass;
use super::effect_pass::{Effect, EffectPass};
use super::lights::Lights;
use super::picture_pass::{Draws, PicturePass, PictureUniform};
use super::shader_set::ShaderSet;
use super::shaders;
use super::stills::{NoPictures, Pictures, Stills};
use super::text_pass::{Caption, TextPass};
use super::tiles::{Ask, Tiles, TilesReport};
use super::wall_pass::{WallPass, noise_view};
use super::words_pass::{Shown, WordsPass};
use super::{Canvas, Gpu, GpuError, parts};
use crate::lettering::Fonts;
use crate::show::{FramePlan, Item, Layer, StillLayer, Upcoming, Wanted};
use crate::tile::TileSource;
use crate::tone::ToneUniform;
use crate::wall::strips::MeshQuad;

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
    text: TextPass,
    format: wgpu::TextureFormat,
    output_px: u64,
    /// The picture of an instant, and of which.
    frozen: Option<(Arc<FramePlan>, wgpu::Texture)>,
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

/// A step of painting a picture, prepared: the passes' batches by their numbers.
enum Step {
    Wall(usize),
    Words(usize),
    Picture(usize),
}

/// What all steps of a picture share.
struct Canvassed<'a> {
    mesh: &'a MeshQuad,
    size: (u32, u32),
    plan: &'a FramePlan,
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
            text: TextPass::new(gpu, format),
            format,
            output_px,
            frozen: None,
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

    /// Whether an output of that size has outgrown the pages, and the renderer should be made anew.
    #[must_use]
    pub fn is_outgrown(&self, width: u32, height: u32) -> bool {
        u64::from(width) * u64::from(height) > self.output_px * 2
    }

    /// Draws a plan over the whole of a target and submits it.
    ///
    /// `upcoming` is what a live wall will show soon. `caption` is written over the picture.
    pub fn draw(
        &mut self,
        gpu: &Gpu,
        plan: &FramePlan,
        upcoming: &Upcoming,
        caption: Option<&Caption>,
        (target, width, height): (&wgpu::TextureView, u32, u32),
        patience: Patience,
    ) -> FrameReport {
        self.freeze(gpu, plan, (width, height), patience);
        let report = self.bring(gpu, plan, upcoming, (width, height), patience);
        let steps = self.prepare(gpu, plan, (width, height), patience);
        self.prepare_ahead(gpu, upcoming, f64::from(width) / f64::from(height));
        if plan.chart {
            let source = || self.shaders.source(&shaders::CHART);
            let chart = self.chart.get_or_insert_with(|| ChartPass::new(&gpu.device, self.format, &source()));
            chart.prepare(gpu, &plan.projection, self.step);
        }
        let first = (!self.effects.is_empty()).then(|| self.effect_pass.begin(gpu, (width, height)));
        let captioned = caption.is_some_and(|caption| self.text.prepare(gpu, caption, width, height));
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let more = |pass: &mut wgpu::RenderPass| {
            if let (Some(chart), true) = (&self.chart, plan.chart) {
                chart.draw(pass, width, height);
            }
            if captioned {
                self.text.draw(pass);
            }
        };
        match &first {
            None => self.paint(&mut encoder, &steps, target, more),
            Some(first) => {
                self.paint(&mut encoder, &steps, first, |_| {});
                let moment = (plan.time_secs, self.step);
                self.effect_pass.draw(gpu, &mut encoder, &self.effects, target, moment, more);
            }
        }
        gpu.queue.submit([encoder.finish()]);
        report
    }

    /// Draws a complete frame to a canvas and waits until it is there.
    ///
    /// # Errors
    /// When the device is lost.
    pub fn draw_complete(&mut self, gpu: &Gpu, plan: &FramePlan, canvas: &Canvas) -> Result<FrameReport, GpuError> {
        let (width, height) = canvas.size();
        let target = (&canvas.view(), width, height);
        let report = self.draw(gpu, plan, &Upcoming::default(), None, target, Patience::Complete);
        gpu.wait()?;
        Ok(report)
    }

    /// Has the picture of the instant that a plan comes over, drawn once for as long as it is wanted.
    fn freeze(&mut self, gpu: &Gpu, plan: &FramePlan, size: (u32, u32), patience: Patience) {
        let wanted = plan.stack().into_iter().find_map(|item| match item {
            Item::Frozen(frozen) => Some(frozen.clone()),
            Item::Dark(_) | Item::Layer { .. } => None,
        });
        let Some(wanted) = wanted else {
            self.frozen = None;
            return;
        };
        let is_it = |(plan, texture): &(Arc<FramePlan>, wgpu::Texture)| {
            (Arc::ptr_eq(plan, &wanted) || plan.is_same_instant(&wanted)) && (texture.width(), texture.height()) == size
        };
        if self.frozen.as_ref().is_some_and(is_it) {
            return;
        }
        // What it came over itself first; that picture is nearly always the one that is kept.
        self.freeze(gpu, &wanted, size, patience);
        let usage = wgpu::TextureUsages::RENDER_ATTACHMENT;
        let texture = parts::texture(&gpu.device, "frozen", [size.0, size.1, 1], self.format, usage);
        self.bring(gpu, &wanted, &Upcoming::default(), size, patience);
        let steps = self.prepare(gpu, &wanted, size, patience);
        let view = parts::view(&texture);
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        self.paint(&mut encoder, &steps, &view, |_| {});
        gpu.queue.submit([encoder.finish()]);
        self.frozen = Some((wanted, texture));
    }

    /// Brings the tiles and pictures of a plan.
    fn bring(
        &mut self,
        gpu: &Gpu,
        plan: &FramePlan,
        upcoming: &Upcoming,
        (_, height): (u32, u32),
        patience: Patience,
    ) -> FrameReport {
        let asks = |tiles: &Tiles, wanted: &[Wanted]| -> Vec<Ask> {
            wanted.iter().map(|wanted| (wanted.person, tiles.size_of(wanted.size, height))).collect()
        };
        let mut wanted = asks(&self.tiles, &plan.wanted());
        wanted.sort_unstable();
        wanted.dedup();
        let tiles = match patience {
            Patience::Live => {
                let upcoming = asks(&self.tiles, &upcoming.tiles);
                self.tiles.bring_some(gpu, &wanted, &upcoming)
            }
            Patience::Complete => self.tiles.bring_all(gpu, &wanted),
        };
        let mut people = wanted.iter().map(|(person, _)| *person).collect::<Vec<_>>();
        people.dedup();
        FrameReport { people: people.len(), tiles }
    }

    /// Writes to the GPU what a plan is drawn with.
    fn prepare(&mut self, gpu: &Gpu, plan: &FramePlan, size: (u32, u32), patience: Patience) -> Vec<Step> {
        let wall_aspect = f64::from(size.0) / f64::from(size.1);
        let mesh = MeshQuad::whole(wall_aspect);
        let canvassed = Canvassed { mesh: &mesh, size, plan };
        if let Some(words) = &mut self.words {
            words.begin_frame();
        }
        let (mut walls, mut words, mut pictures) = (0, 0, 0);
        let next = |count: &mut usize| {
            *count += 1;
            *count - 1
        };
        let mut steps = Vec::new();
        for item in plan.stack() {
            match item {
                Item::Frozen(_) => {
                    let Some((_, texture)) = &self.frozen else { continue };
                    let view = parts::view(texture);
                    let number = next(&mut pictures);
                    self.pictures.prepare(gpu, number, Draws::AsItIs, Some(&view), &PictureUniform::black(1.0));
                    steps.push(Step::Picture(number));
                }
                Item::Dark(opacity) => {
                    let number = next(&mut pictures);
                    self.pictures.prepare(gpu, number, Draws::Black, None, &PictureUniform::black(opacity));
                    steps.push(Step::Picture(number));
                }
                Item::Layer { layer, opacity, turning, light } => match layer {
                    Layer::Wall(wall) => {
                        let number = next(&mut walls);
                        // Whatever is the first covers all and has nothing below it.
                        let over = !steps.is_empty() || opacity < 1.0 || turning.is_some();
                        self.prepare_wall(gpu, number, wall, &canvassed, (over, opacity, turning, light));
                        steps.push(Step::Wall(number));
                    }
                    Layer::People(people) if !people.figures.is_empty() => {
                        let number = next(&mut walls);
                        self.prepare_people(gpu, number, people, &canvassed, (opacity, light));
                        steps.push(Step::Wall(number));
                    }
                    Layer::People(_) => {}
                    Layer::Words(layer) => {
                        let number = next(&mut words);
                        let pass = Self::words_pass(&mut self.words, &mut self.fonts, gpu, self.format, &self.shaders);
                        let shown = Shown { mesh: &mesh, size, opacity, light, projection: &plan.projection };
                        pass.prepare(gpu, number, layer, &shown);
                        steps.push(Step::Words(number));
                    }
                    Layer::Still(still) => {
                        let number = next(&mut pictures);
                        if self.prepare_still(gpu, number, still, &canvassed, (opacity, light), patience) {
                            steps.push(Step::Picture(number));
                        }
                    }
                },
            }
        }
        steps
    }

    /// Makes ready what comes soon, a little a frame.
    fn prepare_ahead(&mut self, gpu: &Gpu, upcoming: &Upcoming, wall_aspect: f64) {
        for layer in &upcoming.words {
            let words = Self::words_pass(&mut self.words, &mut self.fonts, gpu, self.format, &self.shaders);
            words.prepare_ahead(gpu, layer, wall_aspect);
        }
        for layer in &upcoming.stills {
            self.stills.bring(gpu, layer, false);
        }
    }

    fn words_pass<'a>(
        words: &'a mut Option<WordsPass>,
        fonts: &mut Option<Fonts>,
        gpu: &Gpu,
        format: wgpu::TextureFormat,
        set: &ShaderSet,
    ) -> &'a mut WordsPass {
        words.get_or_insert_with(|| {
            let source = set.source(&shaders::WORDS);
            WordsPass::new(gpu, format, &source, fonts.take().unwrap_or_default())
        })
    }

    fn prepare_still(
        &mut self,
        gpu: &Gpu,
        number: usize,
        layer: &StillLayer,
        canvassed: &Canvassed,
        (opacity, light): (f32, f32),
        patience: Patience,
    ) -> bool {
        self.stills.bring(gpu, layer, patience == Patience::Complete);
        let wall_aspect = f64::from(canvassed.size.0) / f64::from(canvassed.size.1);
        let Some(placed) = self.stills.place(layer, wall_aspect) else { return false };
        let uniform = PictureUniform {
            tone: ToneUniform::new(&layer.look, &canvassed.plan.projection),
            place: placed.place,
            part: placed.part,
            opacity,
            light,
            step: self.step,
            padding: 0.0,
        };
        self.pictures.prepare(gpu, number, Draws::InLook, Some(placed.view), &uniform);
        true
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
