//! What is on the wall, item by item, as batches of the passes.

use glam::DVec2;

use super::super::picture_pass::{Draws, EVERYWHERE, PictureDraw, PictureUniform, PictureVertex};
use super::super::shader_set::ShaderSet;
use super::super::words_pass::{WordsDraw, WordsPass, bounds};
use super::super::{Gpu, parts, shaders};
use super::{DrawMode, Plans, Renderer, plan_of};
use millions_frame::{DrawItem, FramePlan, Layer, Prefetch, StillLayer};
use millions_lettering::Fonts;
use millions_stage::{ResolvedOutput, ResolvedSurface};
use millions_wall::strips::{self, MeshQuad};

/// A step of painting a picture, prepared: the passes' batches by their numbers.
pub(super) enum PaintStep {
    Wall(usize),
    Words(usize),
    OutputFrame(usize),
}

/// How many batches of each pass a submission has so far.
#[derive(Default)]
pub(super) struct Numbers {
    pub walls: usize,
    pub words: usize,
    pub pictures: usize,
}

pub(super) fn next(count: &mut usize) -> usize {
    *count += 1;
    *count - 1
}

/// What all steps of a surface share.
pub(super) struct PaintContext<'a> {
    pub resolved: &'a ResolvedOutput,
    pub surface: &'a ResolvedSurface,
    /// The surface's light and its upper left pixel; none where it is neither warped nor dimmed.
    pub map: Option<&'a wgpu::TextureView>,
    pub map_origin: [i32; 2],
    /// The part of the target that it takes: left, upper, right, lower edge, 0 to 1.
    pub bounds: [f32; 4],
    pub time_secs: f64,
    /// Width over height of the wall that the surface shows a part of.
    pub wall_aspect: f64,
}

impl Renderer {
    /// Writes to the GPU what a plan is drawn with.
    pub(super) fn prepare(
        &mut self,
        gpu: &Gpu,
        (plan, own): Plans,
        resolved: &ResolvedOutput,
        numbers: &mut Numbers,
        mode: DrawMode,
    ) -> Vec<PaintStep> {
        let stack = plan.stack();
        let mut steps = Vec::new();
        let is_wall = resolved.surfaces.iter().any(|surface| plan_of(own, surface).is_none());
        if let (true, Some(DrawItem::Snapshot(_)), Some((_, texture))) =
            (is_wall, stack.first(), self.snapshot.get(&resolved.index))
        {
            // All surfaces are in it.
            let (number, view) = (next(&mut numbers.pictures), parts::view(texture));
            let uniform = &PictureUniform::plain(1.0);
            let draw =
                PictureDraw { draws: Draws::AsItIs, texels: Some(&view), map: None, uniform, vertices: &EVERYWHERE };
            self.pictures.prepare(gpu, number, &draw);
            steps.push(PaintStep::OutputFrame(number));
        }
        let is_frozen = !steps.is_empty();
        for surface in &resolved.surfaces {
            let map = surface.mask.as_ref().map(|map| self.maps.view(gpu, map));
            let spot = PaintContext {
                resolved,
                surface,
                map: map.as_ref(),
                map_origin: surface.mask.as_ref().map_or([0; 2], |map| map.origin.as_ivec2().to_array()),
                bounds: bounds(surface.quads.iter().flat_map(|quad| quad.p_in_clip).map(|corner| corner.to_array())),
                time_secs: plan.time_secs,
                wall_aspect: surface.wall_aspect(resolved.wall_aspect),
            };
            let own = plan_of(own, surface).map(FramePlan::stack);
            let lies_over = is_frozen && own.is_some();
            let items = own.as_ref().unwrap_or(&stack);
            // Whatever is the first covers all and has nothing below it.
            let mut is_first = (!is_frozen || own.is_some()) && !surface.overlaps_earlier;
            let covers = match items.first() {
                Some(DrawItem::Snapshot(_)) => true,
                Some(DrawItem::Layer { layer: Layer::Rows(_), opacity, tile_flip: None, .. }) => *opacity >= 1.0,
                _ => false,
            };
            if (surface.has_black_offset || lies_over) && !covers && plan.light > 0.0 {
                // Black is evened out beside pictures and words, too, and a scene of its own lies over no other.
                steps.extend(self.prepare_item(gpu, &DrawItem::Black(1.0), &spot, numbers, is_first, mode));
                is_first = false;
            }
            for item in items {
                let step = self.prepare_item(gpu, item, &spot, numbers, is_first, mode);
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
        item: &DrawItem,
        spot: &PaintContext,
        numbers: &mut Numbers,
        is_first: bool,
        mode: DrawMode,
    ) -> Option<PaintStep> {
        match *item {
            DrawItem::Snapshot(_) => None,
            DrawItem::Black(opacity) => {
                let number = next(&mut numbers.pictures);
                let uniform =
                    PictureUniform { map_origin: spot.map_origin, step: self.step, ..PictureUniform::plain(opacity) };
                let vertices = &on_mesh(&spot.surface.quads, spot.surface.part_in_wall, [0.0, 0.0, 1.0, 1.0]);
                let draw =
                    PictureDraw { draws: Draws::Black, texels: None, map: spot.map, uniform: &uniform, vertices };
                self.pictures.prepare(gpu, number, &draw);
                Some(PaintStep::OutputFrame(number))
            }
            DrawItem::Layer { layer, opacity, tile_flip, light } => match layer {
                Layer::Rows(wall) => {
                    let number = next(&mut numbers.walls);
                    let over = !is_first || opacity < 1.0 || tile_flip.is_some();
                    self.prepare_wall(gpu, number, wall, spot, (over, opacity, tile_flip, light));
                    Some(PaintStep::Wall(number))
                }
                Layer::Sprites(people) if !people.sprites.is_empty() => {
                    let number = next(&mut numbers.walls);
                    self.prepare_people(gpu, number, people, spot, (opacity, light));
                    Some(PaintStep::Wall(number))
                }
                Layer::Sprites(_) => None,
                Layer::Words(layer) => {
                    let number = next(&mut numbers.words);
                    let pass = Self::words_pass(&mut self.words, &mut self.fonts, gpu, self.format, &self.shaders);
                    let PaintContext { resolved, surface, map, map_origin, bounds, wall_aspect, .. } = *spot;
                    let shown = WordsDraw {
                        mesh: &surface.quads,
                        wall_aspect,
                        size: (resolved.size.x, resolved.size.y),
                        map,
                        map_origin,
                        bounds,
                        opacity,
                        light,
                        output: &resolved.output.colour,
                    };
                    pass.prepare(gpu, number, layer, &shown);
                    Some(PaintStep::Words(number))
                }
                Layer::Still(still) => {
                    let number = next(&mut numbers.pictures);
                    let is_there = self.prepare_still(gpu, number, still, spot, (opacity, light), mode);
                    is_there.then_some(PaintStep::OutputFrame(number))
                }
            },
        }
    }

    /// Writes to the GPU what the wall's flat picture is drawn with on an output's surfaces: a picture of the wall, or one
    /// texel for all of it.
    pub(super) fn prepare_flat(
        &mut self,
        gpu: &Gpu,
        flat: &wgpu::TextureView,
        resolved: &ResolvedOutput,
        is_texel: bool,
        numbers: &mut Numbers,
    ) -> Vec<PaintStep> {
        let wall = DVec2::new(resolved.wall_aspect, 1.0);
        let on = |surface: &ResolvedSurface| {
            let map = surface.mask.as_ref().map(|map| self.maps.view(gpu, map));
            let map_origin = surface.mask.as_ref().map_or([0; 2], |map| map.origin.as_ivec2().to_array());
            let shown = if is_texel { surface.part_in_wall } else { [DVec2::ZERO, wall] };
            let vertices = on_mesh(&surface.quads, shown, [0.0, 0.0, 1.0, 1.0]);
            let uniform = PictureUniform { map_origin, step: self.step, ..PictureUniform::plain(1.0) };
            let number = next(&mut numbers.pictures);
            let draw = PictureDraw {
                draws: if resolved.is_plain() && !is_texel { Draws::AsItIs } else { Draws::Stretched },
                texels: Some(flat),
                map: map.as_ref(),
                uniform: &uniform,
                vertices: &vertices,
            };
            self.pictures.prepare(gpu, number, &draw);
            PaintStep::OutputFrame(number)
        };
        resolved.surfaces.iter().filter(|surface| is_texel || surface.scene.is_none()).map(on).collect()
    }

    /// Makes ready what comes soon, a little a frame.
    pub(super) fn prepare_ahead(&mut self, gpu: &Gpu, prefetch: &Prefetch, wall_aspect: f64) {
        for layer in &prefetch.words {
            let words = Self::words_pass(&mut self.words, &mut self.fonts, gpu, self.format, &self.shaders);
            words.prepare_ahead(gpu, layer, wall_aspect);
        }
        for layer in &prefetch.stills {
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
        spot: &PaintContext,
        (opacity, light): (f32, f32),
        mode: DrawMode,
    ) -> bool {
        self.stills.bring(gpu, layer, mode == DrawMode::Complete);
        let PaintContext { resolved, surface, map, map_origin, wall_aspect, .. } = *spot;
        let Some(placed) = self.stills.place(layer, wall_aspect) else { return false };
        let uniform = PictureUniform {
            tone: resolved.output.colour.tone(&layer.look),
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
