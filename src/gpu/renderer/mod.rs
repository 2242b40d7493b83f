//! From a frame plan to a picture. See [`Renderer`].

mod candidate;
mod people;

use std::collections::HashMap;
use std::sync::Arc;

use glam::DVec2;

pub use candidate::{Built, Candidate};

use super::chart_pass::ChartPass;
use super::effect_pass::{Effect, EffectPass};
use super::lights::Lights;
use super::maps::Maps;
use super::overlay::{Overlay, OverlayPass};
use super::picture_pass::{Draws, EVERYWHERE, PictureDraw, PicturePass, PictureUniform, PictureVertex};
use super::shader_set::ShaderSet;
use super::shaders;
use super::stills::{NoPictures, Pictures, Stills};
use super::tiles::{Ask, Tiles, TilesReport};
use super::wall_pass::{WallPass, noise_view};
use super::words_pass::{Shown, WordsPass, bounds};
use super::{Canvas, Gpu, GpuError, parts};
use crate::lettering::Fonts;
use crate::show::{FramePlan, Item, Layer, StillLayer, Upcoming, Wanted};
use crate::stage::{LaidOutput, LaidSurface};
use crate::tile::TileSource;
use crate::wall::strips::{self, MeshQuad};

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

/// A step of painting a picture, prepared: the passes' batches by their numbers.
enum Step {
    Wall(usize),
    Words(usize),
    Picture(usize),
}

/// How many batches of each pass a submission has so far.
#[derive(Default)]
struct Numbers {
    walls: usize,
    words: usize,
    pictures: usize,
}

fn next(count: &mut usize) -> usize {
    *count += 1;
    *count - 1
}

/// What all steps of a surface share.
struct Spot<'a> {
    laid: &'a LaidOutput,
    surface: &'a LaidSurface,
    /// The surface's light and its upper left pixel; none where it is neither warped nor dimmed.
    map: Option<&'a wgpu::TextureView>,
    map_origin: [i32; 2],
    /// The part of the target that it takes: left, upper, right, lower edge, 0 to 1.
    bounds: [f32; 4],
    time_secs: f64,
    /// Width over height of the wall that the surface shows a part of.
    wall_aspect: f64,
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
        let steps = if overlay.covers() {
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

    /// Writes to the GPU what a plan is drawn with.
    fn prepare(
        &mut self,
        gpu: &Gpu,
        (plan, own): Plans,
        laid: &LaidOutput,
        numbers: &mut Numbers,
        patience: Patience,
    ) -> Vec<Step> {
        let stack = plan.stack();
        let mut steps = Vec::new();
        if let (Some(Item::Frozen(_)), Some((_, texture))) = (stack.first(), self.frozen.get(&laid.index)) {
            // All surfaces are in it.
            let (number, view) = (next(&mut numbers.pictures), parts::view(texture));
            let uniform = &PictureUniform::plain(1.0);
            let draw =
                PictureDraw { draws: Draws::AsItIs, texels: Some(&view), map: None, uniform, vertices: &EVERYWHERE };
            self.pictures.prepare(gpu, number, &draw);
            steps.push(Step::Picture(number));
        }
        let is_frozen = !steps.is_empty();
        for surface in &laid.surfaces {
            let map = surface.map.as_ref().map(|map| self.maps.view(gpu, map));
            let spot = Spot {
                laid,
                surface,
                map: map.as_ref(),
                map_origin: surface.map.as_ref().map_or([0; 2], |map| map.origin.as_ivec2().to_array()),
                bounds: bounds(surface.quads.iter().flat_map(|quad| quad.p_in_clip).map(|corner| corner.to_array())),
                time_secs: plan.time_secs,
                wall_aspect: surface.wall_aspect(laid.wall_aspect),
            };
            let own = plan_of(own, surface).map(FramePlan::stack);
            // Whatever is the first covers all and has nothing below it.
            let mut is_first = (!is_frozen || own.is_some()) && !surface.over;
            for item in own.as_ref().unwrap_or(&stack) {
                let step = self.prepare_item(gpu, item, &spot, numbers, is_first, patience);
                is_first &= step.is_none();
                steps.extend(step);
            }
        }
        steps
    }

    /// Writes to the GPU what an item of the stack is drawn with on a surface.
    fn prepare_item(
        &mut self,
        gpu: &Gpu,
        item: &Item,
        spot: &Spot,
        numbers: &mut Numbers,
        is_first: bool,
        patience: Patience,
    ) -> Option<Step> {
        match *item {
            Item::Frozen(_) => None,
            Item::Dark(opacity) => {
                let number = next(&mut numbers.pictures);
                let uniform = PictureUniform { map_origin: spot.map_origin, ..PictureUniform::plain(opacity) };
                let vertices = &on_mesh(&spot.surface.quads, spot.surface.part_in_wall, [0.0, 0.0, 1.0, 1.0]);
                let draw =
                    PictureDraw { draws: Draws::Black, texels: None, map: spot.map, uniform: &uniform, vertices };
                self.pictures.prepare(gpu, number, &draw);
                Some(Step::Picture(number))
            }
            Item::Layer { layer, opacity, turning, light } => match layer {
                Layer::Wall(wall) => {
                    let number = next(&mut numbers.walls);
                    let over = !is_first || opacity < 1.0 || turning.is_some();
                    self.prepare_wall(gpu, number, wall, spot, (over, opacity, turning, light));
                    Some(Step::Wall(number))
                }
                Layer::People(people) if !people.figures.is_empty() => {
                    let number = next(&mut numbers.walls);
                    self.prepare_people(gpu, number, people, spot, (opacity, light));
                    Some(Step::Wall(number))
                }
                Layer::People(_) => None,
                Layer::Words(layer) => {
                    let number = next(&mut numbers.words);
                    let pass = Self::words_pass(&mut self.words, &mut self.fonts, gpu, self.format, &self.shaders);
                    let Spot { laid, surface, map, map_origin, bounds, wall_aspect, .. } = *spot;
                    let shown = Shown {
                        mesh: &surface.quads,
                        wall_aspect,
                        size: (laid.size.x, laid.size.y),
                        map,
                        map_origin,
                        bounds,
                        opacity,
                        light,
                        output: &laid.output.light,
                    };
                    pass.prepare(gpu, number, layer, &shown);
                    Some(Step::Words(number))
                }
                Layer::Still(still) => {
                    let number = next(&mut numbers.pictures);
                    let is_there = self.prepare_still(gpu, number, still, spot, (opacity, light), patience);
                    is_there.then_some(Step::Picture(number))
                }
            },
        }
    }

    /// Writes to the GPU what the wall's flat picture is drawn with on an output's surfaces: a picture of the wall, or one
    /// texel for all of it.
    fn prepare_flat(
        &mut self,
        gpu: &Gpu,
        flat: &wgpu::TextureView,
        laid: &LaidOutput,
        is_texel: bool,
        numbers: &mut Numbers,
    ) -> Vec<Step> {
        let wall = DVec2::new(laid.wall_aspect, 1.0);
        let on = |surface: &LaidSurface| {
            let map = surface.map.as_ref().map(|map| self.maps.view(gpu, map));
            let map_origin = surface.map.as_ref().map_or([0; 2], |map| map.origin.as_ivec2().to_array());
            let shown = if is_texel { surface.part_in_wall } else { [DVec2::ZERO, wall] };
            let vertices = on_mesh(&surface.quads, shown, [0.0, 0.0, 1.0, 1.0]);
            let uniform = PictureUniform { map_origin, step: self.step, ..PictureUniform::plain(1.0) };
            let number = next(&mut numbers.pictures);
            let draw = PictureDraw {
                draws: if laid.is_plain() && !is_texel { Draws::AsItIs } else { Draws::Stretched },
                texels: Some(flat),
                map: map.as_ref(),
                uniform: &uniform,
                vertices: &vertices,
            };
            self.pictures.prepare(gpu, number, &draw);
            Step::Picture(number)
        };
        laid.surfaces.iter().filter(|surface| is_texel || surface.scene.is_none()).map(on).collect()
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
        spot: &Spot,
        (opacity, light): (f32, f32),
        patience: Patience,
    ) -> bool {
        self.stills.bring(gpu, layer, patience == Patience::Complete);
        let Spot { laid, surface, map, map_origin, wall_aspect, .. } = *spot;
        let Some(placed) = self.stills.place(layer, wall_aspect) else { return false };
        let uniform = PictureUniform {
            tone: laid.output.light.tone(&layer.look),
            map_origin,
            light,
            step: self.step,
            ..PictureUniform::plain(opacity)
        };
        let [left, top, right, bottom] = placed.place.map(f64::from);
        let wall = DVec2::new(wall_aspect, 1.0);
        let place = [DVec2::new(left, top) * wall, DVec2::new(right, bottom) * wall];
        let vertices = &on_mesh(&surface.quads, place, placed.part);
        let draw = PictureDraw { draws: Draws::InLook, texels: Some(placed.view), map, uniform: &uniform, vertices };
        self.pictures.prepare(gpu, number, &draw);
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

/// A part of a picture (left, upper, right, lower edge, 0 to 1) in a rectangle of the wall, as far as it is on a mesh.
fn on_mesh(mesh: &[MeshQuad], place: [DVec2; 2], [left, top, right, bottom]: [f32; 4]) -> Vec<PictureVertex> {
    let size = place[1] - place[0];
    let on = |(quad, [low, high]): (&MeshQuad, [DVec2; 2])| {
        let corner = |x: f64, y: f64| {
            let p = DVec2::new(x, y);
            let part = ((p - place[0]) / size).as_vec2();
            let place = [left + (right - left) * part.x, top + (bottom - top) * part.y];
            PictureVertex { position: quad.clip_from_wall(p).to_array(), place }
        };
        strips::triangles([corner(low.x, low.y), corner(high.x, low.y), corner(low.x, high.y), corner(high.x, high.y)])
    };
    strips::parts(mesh, place).flat_map(on).collect()
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
