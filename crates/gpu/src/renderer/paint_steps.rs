//! Uploads what plans show, item by item, as batches of the passes in the order of painting.

use crossbeam_channel::bounded;
use glam::DVec2;

use super::super::picture_pass::{FULL_TARGET, PictureDraw, PictureMode, PictureUniform, PictureVertex};
use super::super::words_pass::{WordsDraw, WordsParts, WordsPass, bounds};
use super::super::{Gpu, resources, shaders};
use super::{DrawMode, Plans, Renderer};
use millions_base::catch_panic;
use millions_frame::{DrawItem, FramePlan, Layer, Prefetch, StillLayer, TileFlip};
use millions_stage::{ResolvedOutput, ResolvedSurface};
use millions_wall::strips::{self, MeshQuad};

/// The texture rectangle of a whole picture: left, upper, right, lower edge.
const WHOLE: [f32; 4] = [0.0, 0.0, 1.0, 1.0];

/// A draw that is uploaded: the index of a batch in its pass.
pub(super) enum PaintStep {
    Wall(usize),
    Words(usize),
    Picture(usize),
    StepWedge,
}

/// What all steps on a surface share.
pub(super) struct PaintContext<'a> {
    pub resolved: &'a ResolvedOutput,
    pub surface: &'a ResolvedSurface,
    /// The surface's output mask, where it has one.
    pub mask: Option<&'a wgpu::TextureView>,
    /// Its upper left pixel.
    pub mask_origin: [i32; 2],
    /// The part of the target that the surface covers: left, upper, right, lower edge, 0 to 1.
    pub bounds: [f32; 4],
    pub time_secs: f64,
    /// Width over height of the wall that the surface shows a part of.
    pub wall_aspect: f64,
    pub mode: DrawMode,
}

/// How a layer is blended over what is below it.
pub(super) struct LayerBlend {
    /// Whether anything is.
    pub over: bool,
    pub opacity: f32,
    pub tile_flip: Option<TileFlip>,
    /// The layer's brightness, 0 to 1.
    pub intensity: f32,
}

impl Renderer {
    /// Uploads what plans show on the surfaces of an output.
    pub(super) fn prepare_plans(
        &mut self,
        gpu: &Gpu,
        plans: Plans,
        resolved: &ResolvedOutput,
        mode: DrawMode,
    ) -> Vec<PaintStep> {
        let stack = plans.wall.draw_list();
        let mut steps = Vec::new();
        let shows_wall = resolved.surfaces.iter().any(|surface| plans.own_of(surface).is_none());
        if let (true, Some(DrawItem::Snapshot(_)), Some(snapshot)) =
            (shows_wall, stack.first(), self.snapshots.get(&resolved.id))
        {
            // It is of all surfaces.
            let (view, uniform) = (resources::view(&snapshot.texture), &PictureUniform::plain(1.0));
            let (mode, texels, vertices) = (PictureMode::Copy, Some(&view), &FULL_TARGET);
            let draw = PictureDraw { mode, texels, mask: None, uniform, vertices };
            steps.push(PaintStep::Picture(self.pictures.prepare(gpu, &draw)));
        }
        let has_snapshot = !steps.is_empty();
        for surface in &resolved.surfaces {
            let mask = surface.mask.as_ref().map(|mask| self.masks.view(gpu, mask));
            let context = PaintContext {
                resolved,
                surface,
                mask: mask.as_ref(),
                mask_origin: mask_origin(surface),
                bounds: bounds(surface.quads.iter().flat_map(|quad| quad.p_in_clip).map(|corner| corner.to_array())),
                time_secs: plans.wall.time_secs,
                wall_aspect: surface.wall_aspect(resolved.wall_aspect),
                mode,
            };
            let own = plans.own_of(surface).map(FramePlan::draw_list);
            let covers_snapshot = has_snapshot && own.is_some();
            let items = own.as_ref().unwrap_or(&stack);
            // The first item is opaque, unless it is drawn over a snapshot or another surface.
            let mut is_first = (!has_snapshot || own.is_some()) && !surface.overlaps_earlier;
            let is_opaque = match items.first() {
                Some(DrawItem::Snapshot(_)) => true,
                Some(DrawItem::Layer { layer: Layer::Rows(rows), opacity, tile_flip: None, .. }) => {
                    opacity * rows.opacity >= 1.0 && !rows.wall.is_bounded
                }
                _ => false,
            };
            if (surface.has_black_offset || covers_snapshot) && !is_opaque && plans.wall.intensity > 0.0 {
                // Black-level compensation also beside pictures and words; and a scene of its own hides the snapshot.
                steps.push(self.prepare_black(gpu, 1.0, &context));
                is_first = false;
            }
            for item in items {
                let step = self.prepare_item(gpu, item, &context, is_first);
                is_first &= step.is_none();
                steps.extend(step);
            }
        }
        steps
    }

    /// Uploads an item of a stack.
    fn prepare_item(
        &mut self,
        gpu: &Gpu,
        item: &DrawItem,
        context: &PaintContext,
        is_first: bool,
    ) -> Option<PaintStep> {
        match *item {
            DrawItem::Snapshot(_) => None,
            DrawItem::Black(opacity) => Some(self.prepare_black(gpu, opacity, context)),
            DrawItem::Layer { layer, opacity, tile_flip, intensity } => {
                let opacity = if let Layer::Rows(rows) = layer { opacity * rows.opacity } else { opacity };
                let over = !is_first || opacity < 1.0 || tile_flip.is_some();
                let blend = LayerBlend { over, opacity, tile_flip, intensity };
                match layer {
                    Layer::Rows(rows) => Some(self.prepare_rows(gpu, rows, context, &blend)),
                    Layer::Sprites(layer) if layer.sprites.is_empty() => None,
                    Layer::Sprites(layer) => Some(self.prepare_sprites(gpu, layer, context, &blend)),
                    Layer::Words(words) => {
                        let PaintContext { resolved, surface, mask, mask_origin, bounds, wall_aspect, .. } = *context;
                        let draw = WordsDraw {
                            mesh: &surface.quads,
                            wall_aspect,
                            size: resolved.size,
                            mask,
                            mask_origin,
                            bounds,
                            opacity,
                            light: intensity,
                            correction: &resolved.output.colour,
                        };
                        Some(PaintStep::Words(self.words_pass(gpu).prepare(gpu, words, &draw)))
                    }
                    Layer::Still(still) => self.prepare_still(gpu, still, context, &blend),
                }
            }
        }
    }

    /// Uploads black over a whole surface.
    fn prepare_black(&mut self, gpu: &Gpu, opacity: f32, context: &PaintContext) -> PaintStep {
        let PaintContext { surface, mask, mask_origin, .. } = *context;
        let uniform = &PictureUniform { mask_origin, step: self.step, ..PictureUniform::plain(opacity) };
        let vertices = &on_mesh(&surface.quads, surface.part_in_wall, WHOLE);
        let draw = PictureDraw { mode: PictureMode::Black, texels: None, mask, uniform, vertices };
        PaintStep::Picture(self.pictures.prepare(gpu, &draw))
    }

    /// Uploads a still, if its picture is loaded.
    fn prepare_still(
        &mut self,
        gpu: &Gpu,
        layer: &StillLayer,
        context: &PaintContext,
        blend: &LayerBlend,
    ) -> Option<PaintStep> {
        self.stills.load(gpu, layer, context.mode == DrawMode::Complete);
        let PaintContext { resolved, surface, mask, mask_origin, wall_aspect, .. } = *context;
        let still = self.stills.place(layer, wall_aspect)?;
        let uniform = &PictureUniform {
            tone: resolved.output.colour.tone(&layer.look),
            mask_origin,
            light: blend.intensity,
            step: self.step,
            ..PictureUniform::plain(blend.opacity)
        };
        let [left, top, right, bottom] = still.place.map(f64::from);
        let wall = DVec2::new(wall_aspect, 1.0);
        let place = [DVec2::new(left, top) * wall, DVec2::new(right, bottom) * wall];
        let vertices = &on_mesh(&surface.quads, place, still.crop);
        let draw = PictureDraw { mode: PictureMode::InLook, texels: Some(still.view), mask, uniform, vertices };
        Some(PaintStep::Picture(self.pictures.prepare(gpu, &draw)))
    }

    /// Uploads a flat picture on the surfaces of an output: of the whole wall, for those without a scene of their own, or
    /// a single texel, for all.
    pub(super) fn prepare_flat(
        &mut self,
        gpu: &Gpu,
        flat: &wgpu::TextureView,
        resolved: &ResolvedOutput,
        is_texel: bool,
    ) -> Vec<PaintStep> {
        let wall = [DVec2::ZERO, DVec2::new(resolved.wall_aspect, 1.0)];
        let on = |surface: &ResolvedSurface| {
            let mask = surface.mask.as_ref().map(|mask| self.masks.view(gpu, mask));
            let place = if is_texel { surface.part_in_wall } else { wall };
            let (step, mask_origin) = (self.step, mask_origin(surface));
            let draw = PictureDraw {
                mode: if resolved.is_plain() && !is_texel { PictureMode::Copy } else { PictureMode::Stretched },
                texels: Some(flat),
                mask: mask.as_ref(),
                uniform: &PictureUniform { mask_origin, step, ..PictureUniform::plain(1.0) },
                vertices: &on_mesh(&surface.quads, place, WHOLE),
            };
            PaintStep::Picture(self.pictures.prepare(gpu, &draw))
        };
        resolved.surfaces.iter().filter(|surface| is_texel || surface.scene.is_none()).map(on).collect()
    }

    /// Loads what is shown soon, a little a frame.
    pub(super) fn prepare_ahead(&mut self, gpu: &Gpu, prefetch: &Prefetch, wall_aspect: f64) {
        // Also where no words are near: a key, or a clock that is set, brings them at once.
        let has_words = !(prefetch.words.is_empty() && prefetch.cueable.is_empty()) && self.has_words_pass(gpu);
        for layer in prefetch.words.iter().filter(|_| has_words) {
            self.words_pass(gpu).prepare_ahead(gpu, layer, wall_aspect);
        }
        for layer in &prefetch.stills {
            self.stills.load(gpu, layer, false);
        }
    }

    /// The words pass, created on first use, of what was made ahead, where that is so.
    fn words_pass(&mut self, gpu: &Gpu) -> &mut WordsPass {
        let Self { words, words_ahead, fonts, shaders: set, format, .. } = self;
        words.get_or_insert_with(|| {
            let ahead = words_ahead.take().and_then(|ahead| ahead.recv().ok().flatten());
            let here = || WordsParts::new(&gpu.device, *format, &set.source(&shaders::WORDS), fonts.take());
            WordsPass::new(gpu, ahead.unwrap_or_else(here))
        })
    }

    /// Whether the words pass can be had without a wait. Where it cannot, what takes long of it is made in the background.
    fn has_words_pass(&mut self, gpu: &Gpu) -> bool {
        let is_made = self.words_ahead.as_ref().is_some_and(|ahead| !ahead.is_empty());
        if self.words.is_some() || is_made {
            return true;
        }
        if self.words_ahead.is_none() {
            let (made, ahead) = bounded(1);
            let (device, format, source) = (gpu.device.clone(), self.format, self.shaders.source(&shaders::WORDS));
            let fonts = self.fonts.take();
            // Nobody may wait for it any more.
            gpu.background(move |_| {
                let parts = catch_panic(|| WordsParts::new(&device, format, &source, fonts));
                drop(made.send(parts.ok()));
            });
            self.words_ahead = Some(ahead);
        }
        false
    }
}

fn mask_origin(surface: &ResolvedSurface) -> [i32; 2] {
    surface.mask.as_ref().map_or([0; 2], |mask| mask.origin.as_ivec2().to_array())
}

/// Triangles over a rectangle of the wall, as far as it is on a mesh, with a part of a picture (left, upper, right, lower
/// edge, 0 to 1) in it.
fn on_mesh(mesh: &[MeshQuad], place: [DVec2; 2], [left, top, right, bottom]: [f32; 4]) -> Vec<PictureVertex> {
    let size = place[1] - place[0];
    let on = |(quad, [low, high]): (&MeshQuad, [DVec2; 2])| {
        let corner = |x: f64, y: f64| {
            let p = DVec2::new(x, y);
            let part = ((p - place[0]) / size).as_vec2();
            let uv = [left + (right - left) * part.x, top + (bottom - top) * part.y];
            PictureVertex { position: quad.clip_from_wall(p).to_array(), uv }
        };
        strips::triangles([corner(low.x, low.y), corner(high.x, low.y), corner(low.x, high.y), corner(high.x, high.y)])
    };
    strips::parts(mesh, place).flat_map(on).collect()
}
