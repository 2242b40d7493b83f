//! The pass that draws the wall. See `shaders/wall.wgsl`.

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use bytemuck::{Pod, Zeroable};

use glam::UVec2;

use super::atlas_textures::AtlasTextures;
use super::parts::{self, PAGES, Pipeline, SAMPLING, STORAGE, TEXELS, UNIFORM, buffer, on, write};
use super::tone_terms::ToneTermsMode;
use super::{Gpu, shaders};
use millions_stage::{Area, UniformRegions};
use millions_wall::strips::StripVertex;
use millions_wall::tone::{BLUE_NOISE_SIDE, ToneUniform, blue_noise};

/// `struct Frame` of `shaders/wall.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct FrameUniform {
    pub entry_size: [f32; 2],
    pub cell_in_tiles: [f32; 2],
    pub light: f32,
    pub step: f32,
    pub grain_seed: u32,
    pub columns: u32,
    pub map_origin: [i32; 2],
    pub weight: f32,
    pub lift: f32,
    pub cover: f32,
    pub padding: u32,
}

/// What one draw of the wall is made of.
pub struct WallDraw<'a> {
    pub frame: FrameUniform,
    pub tone: ToneUniform,
    pub vertices: &'a [StripVertex],
    /// A word a cell; see `shaders/wall.wgsl`.
    pub cells: &'a [u32],
    /// A word a cell, or none where every cell has the frame's slot size and is fully there. What lies over something has two.
    pub details: Option<&'a [u32]>,
    /// Whether it lies over something.
    pub over: bool,
    /// The surface's light; none where it is neither warped nor dimmed.
    pub map: Option<&'a wgpu::TextureView>,
    /// Where that is the same for all pixels, with what the uniform says; there is one where there is a map.
    pub even: Option<&'a UniformRegions>,
    /// The target's width and height in pixels.
    pub size: UVec2,
    /// See [`super::tone_terms::ToneTerms::words`].
    pub lights: Option<&'a [u32]>,
    pub light_mode: ToneTermsMode,
    /// Whether some cell shows colour.
    pub shows_color: bool,
}

/// What a pixel costs: each part that is not needed is compiled away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Variant {
    chroma: bool,
    details: bool,
    light: ToneTermsMode,
    finish: Finish,
    over: bool,
    lit: Lit,
}

/// How a surface's light comes to its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lit {
    /// All of it, on a surface that is not warped.
    Straight,
    /// By a map.
    ByMap,
    /// The same everywhere.
    Evenly,
}

/// What is done to the tones at the end; each has all that those before it have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Finish {
    Plain,
    /// Grain, or a white that is not white.
    Grain,
    /// A gamma, of the look or of the wall.
    Gamma,
    /// A screen or a stencil.
    WindowSurface,
}

const LIGHT_MODES: [ToneTermsMode; 3] = [ToneTermsMode::AsShot, ToneTermsMode::Undone, ToneTermsMode::Live];
const FINISHES: [Finish; 4] = [Finish::Plain, Finish::Grain, Finish::Gamma, Finish::WindowSurface];

/// Of these there may be.
const VARIANTS: usize = 288;
const LITS: [Lit; 3] = [Lit::Straight, Lit::ByMap, Lit::Evenly];

impl Variant {
    fn of(draw: &WallDraw) -> Self {
        let tone = &draw.tone;
        // Exactly 1 and exactly 0 are what an untouched look gives.
        let finish = if tone.halftone > 0.0 || tone.stencil > 0.0 {
            Finish::WindowSurface
        } else if tone.power != 1.0 || tone.wall_power != 1.0 {
            Finish::Gamma
        } else if tone.grain > 0.0 || tone.tint != [1.0; 3] {
            Finish::Grain
        } else {
            Finish::Plain
        };
        Self {
            chroma: draw.shows_color || !tone.is_neutral(),
            details: draw.details.is_some(),
            light: draw.light_mode,
            finish,
            over: draw.over,
            lit: if draw.map.is_some() { Lit::ByMap } else { Lit::Straight },
        }
    }

    fn all() -> impl Iterator<Item = Self> {
        (0..VARIANTS)
            .map(|index| Self {
                chroma: index & 1 != 0,
                details: index & 2 != 0,
                finish: FINISHES[index >> 2 & 3],
                light: LIGHT_MODES[(index >> 4) % 3],
                over: index / 48 % 2 != 0,
                lit: LITS[index / 96],
            })
            .filter(|variant| variant.is_asked_for())
    }

    fn index(self) -> usize {
        let Self { chroma, details, light, finish, over, lit } = self;
        let index = usize::from(chroma) | usize::from(details) << 1 | (finish as usize) << 2 | (light as usize) << 4;
        index + if over { 48 } else { 0 } + lit as usize * 96
    }

    /// The slots have no colour with the light undone, and what lies over something always has details.
    fn is_asked_for(self) -> bool {
        !(self.chroma && self.light == ToneTermsMode::Undone) && (self.details || !self.over)
    }
}

/// The pipelines of the wall's shader, each made when it is first wanted, or ahead by [`Pipelines::warm`].
pub struct Pipelines {
    device: wgpu::Device,
    module: wgpu::ShaderModule,
    layout: wgpu::BindGroupLayout,
    target: wgpu::TextureFormat,
    /// One for each [`Variant`], by its index.
    made: Vec<OnceLock<wgpu::RenderPipeline>>,
}

impl Pipelines {
    fn new(device: &wgpu::Device, source: &str, layout: &wgpu::BindGroupLayout, target: wgpu::TextureFormat) -> Self {
        let module = parts::module(device, shaders::WALL.name, source);
        let (device, layout) = (device.clone(), layout.clone());
        let made = (0..VARIANTS).map(|_| OnceLock::new()).collect();
        Self { device, module, layout, target, made }
    }

    fn get(&self, variant: Variant) -> &wgpu::RenderPipeline {
        self.made[variant.index()].get_or_init(|| self.make(variant))
    }

    fn make(&self, Variant { chroma, details, light, finish, over, lit }: Variant) -> wgpu::RenderPipeline {
        let at_least = |least: Finish| on(finish as usize >= least as usize);
        let constants = [
            ("WITH_CHROMA", on(chroma)),
            ("WITH_DETAILS", on(details)),
            ("WITH_LIGHT", on(light == ToneTermsMode::Live)),
            ("LIGHT_UNDONE", on(light == ToneTermsMode::Undone)),
            ("WITH_GRAIN", at_least(Finish::Grain)),
            ("WITH_GAMMA", at_least(Finish::Gamma)),
            ("WITH_SCREEN", at_least(Finish::WindowSurface)),
            ("OVER", on(over)),
            ("STAGED", on(lit != Lit::Straight)),
            ("EVENLY", on(lit == Lit::Evenly)),
            ("TARGET_ENCODES", on(self.target.is_srgb())),
        ];
        let vertices = wgpu::VertexBufferLayout {
            array_stride: size_of::<StripVertex>() as u64,
            step_mode: wgpu::VertexStepMode::Vertex,
            attributes: &wgpu::vertex_attr_array![
                0 => Float32x4, 1 => Float32x2, 2 => Float32x2, 3 => Uint32, 4 => Float32x2, 5 => Float32x4
            ],
        };
        let pipeline = Pipeline {
            label: "wall",
            module: &self.module,
            functions: ["vertex", "fragment"],
            constants: &constants,
            layout: &self.layout,
            vertices: Some(vertices),
            topology: wgpu::PrimitiveTopology::TriangleList,
            target: self.target,
            blend: over.then_some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
        };
        pipeline.make(&self.device)
    }

    fn is_staged(&self) -> bool {
        Variant::all().any(|variant| variant.lit != Lit::Straight && self.made[variant.index()].get().is_some())
    }

    /// Makes all that are asked for, in the background, until they are made or nobody has them any more.
    fn warm(self: &Arc<Self>, gpu: &Gpu) {
        let pipelines = Arc::downgrade(self);
        gpu.background(move |stopped| {
            // As it is drawn now first: warped or not.
            let is_staged = pipelines.upgrade().is_some_and(|pipelines| pipelines.is_staged());
            let (now, other): (Vec<_>, Vec<_>) =
                Variant::all().partition(|variant| (variant.lit != Lit::Straight) == is_staged);
            for variant in now.into_iter().chain(other) {
                let Some(pipelines) = pipelines.upgrade().filter(|_| !stopped.load(Ordering::Relaxed)) else { return };
                pipelines.get(variant);
            }
        });
    }
}

/// Pipelines and buffers of the wall.
pub struct WallPass {
    pipelines: Arc<Pipelines>,
    layout: wgpu::BindGroupLayout,
    views: [wgpu::TextureView; 2],
    sampler: wgpu::Sampler,
    blue_noise: wgpu::TextureView,
    /// One for each draw of a frame.
    batches: Vec<Batch>,
}

/// What one draw reads, kept from frame to frame.
struct Batch {
    frame: wgpu::Buffer,
    tone: wgpu::Buffer,
    vertices: wgpu::Buffer,
    cells: wgpu::Buffer,
    details: wgpu::Buffer,
    lights: wgpu::Buffer,
    /// The surface's light, where it has one.
    map: Option<wgpu::TextureView>,
    bind_group: wgpu::BindGroup,
    variant: Variant,
    /// Where it is drawn, and how: the target's pixels that are lit by a map, and those that are lit evenly. None: all, as the
    /// variant says.
    areas: Option<UniformRegions>,
    size: UVec2,
    vertex_count: u32,
}

impl WallPass {
    pub fn new(
        gpu: &Gpu,
        pages: &AtlasTextures,
        target: wgpu::TextureFormat,
        source: &str,
        blue_noise: wgpu::TextureView,
    ) -> Self {
        let device = &gpu.device;
        let bindings = [UNIFORM, UNIFORM, PAGES, PAGES, SAMPLING, STORAGE, STORAGE, STORAGE, TEXELS, TEXELS];
        let layout = parts::layout(device, "wall", &(0..).zip(bindings).collect::<Vec<_>>());
        let pipelines = Arc::new(Pipelines::new(device, source, &layout, target));
        let sampler = parts::linear_sampler(device, "pages");
        Self { pipelines, layout, views: pages.views(), sampler, blue_noise, batches: Vec::new() }
    }

    /// Pipelines of another source, those made that have been used of these.
    pub fn candidate(&self) -> impl FnOnce(&str) -> Arc<Pipelines> + Send + use<> {
        let (before, layout) = (self.pipelines.clone(), self.layout.clone());
        move |source| {
            let after = Pipelines::new(&before.device, source, &layout, before.target);
            for variant in Variant::all().filter(|variant| before.made[variant.index()].get().is_some()) {
                after.get(variant);
            }
            Arc::new(after)
        }
    }

    /// Draws with other pipelines from now on.
    pub fn adopt(&mut self, pipelines: Arc<Pipelines>) {
        self.pipelines = pipelines;
    }

    /// Makes what other looks and transitions will want, in the background.
    pub fn warm(&self, gpu: &Gpu) {
        self.pipelines.warm(gpu);
    }

    /// Writes what a draw needs to the GPU, as the frame's draw of that number.
    pub fn prepare(&mut self, gpu: &Gpu, number: usize, draw: &WallDraw) {
        let Self { layout, views, sampler, blue_noise, batches, .. } = self;
        let shared = Shared { layout, views, sampler, blue_noise };
        while batches.len() <= number {
            batches.push(Batch::new(gpu, &shared));
        }
        let batch = &mut batches[number];
        let usage = wgpu::BufferUsages::STORAGE;
        let mut has_grown = write(gpu, &mut batch.cells, "cells", draw.cells, usage);
        if let Some(details) = draw.details {
            has_grown |= write(gpu, &mut batch.details, "details", details, usage);
        }
        if let Some(lights) = draw.lights {
            has_grown |= write(gpu, &mut batch.lights, "lights", lights, usage);
        }
        if has_grown || batch.map.as_ref() != draw.map {
            batch.map = draw.map.cloned();
            let Batch { frame, tone, cells, details, lights, map, .. } = &*batch;
            batch.bind_group = bind_group(gpu, &shared, [frame, tone, cells, details, lights], map.as_ref());
        }
        write(gpu, &mut batch.vertices, "strips", draw.vertices, wgpu::BufferUsages::VERTEX);
        gpu.queue.write_buffer(&batch.frame, 0, bytemuck::bytes_of(&draw.frame));
        gpu.queue.write_buffer(&batch.tone, 0, bytemuck::bytes_of(&draw.tone));
        batch.variant = Variant::of(draw);
        (batch.areas, batch.size) = (draw.even.cloned(), draw.size);
        // Six vertices a row of 256 at the most, or a person.
        batch.vertex_count = draw.vertices.len() as u32;
    }

    /// Records a draw that was prepared.
    pub fn draw(&self, pass: &mut wgpu::RenderPass, number: usize) {
        let Some(batch) = self.batches.get(number) else { return };
        pass.set_pipeline(self.pipelines.get(batch.variant));
        pass.set_bind_group(0, &batch.bind_group, &[]);
        pass.set_vertex_buffer(0, batch.vertices.slice(..));
        let Some(UniformRegions { uniform, varying, .. }) = &batch.areas else {
            pass.draw(0..batch.vertex_count, 0..1);
            return;
        };
        for (lit, areas) in [(Lit::ByMap, varying), (Lit::Evenly, uniform)] {
            if areas.is_empty() {
                continue;
            }
            pass.set_pipeline(self.pipelines.get(Variant { lit, ..batch.variant }));
            for Area { origin, size } in areas {
                pass.set_scissor_rect(origin.x, origin.y, size.x, size.y);
                pass.draw(0..batch.vertex_count, 0..1);
            }
        }
        pass.set_scissor_rect(0, 0, batch.size.x, batch.size.y);
    }
}

impl Batch {
    fn new(gpu: &Gpu, shared: &Shared) -> Self {
        let frame = buffer(&gpu.device, "frame", size_of::<FrameUniform>(), wgpu::BufferUsages::UNIFORM);
        let tone = buffer(&gpu.device, "tone", size_of::<ToneUniform>(), wgpu::BufferUsages::UNIFORM);
        let vertices = buffer(&gpu.device, "strips", 64 << 10, wgpu::BufferUsages::VERTEX);
        let [cells, details, lights] = ["cells", "details", "lights"]
            .map(|label| buffer(&gpu.device, label, 16 << 10, wgpu::BufferUsages::STORAGE));
        let bind_group = bind_group(gpu, shared, [&frame, &tone, &cells, &details, &lights], None);
        let variant = Variant {
            chroma: false,
            details: false,
            light: ToneTermsMode::AsShot,
            finish: Finish::Plain,
            over: false,
            lit: Lit::Straight,
        };
        Self {
            frame,
            tone,
            vertices,
            cells,
            details,
            lights,
            map: None,
            bind_group,
            variant,
            areas: None,
            size: UVec2::ONE,
            vertex_count: 0,
        }
    }
}

/// What all draws of the wall read.
struct Shared<'a> {
    layout: &'a wgpu::BindGroupLayout,
    views: &'a [wgpu::TextureView; 2],
    sampler: &'a wgpu::Sampler,
    blue_noise: &'a wgpu::TextureView,
}

fn bind_group(
    gpu: &Gpu,
    shared: &Shared,
    [frame, tone, cells, details, lights]: [&wgpu::Buffer; 5],
    map: Option<&wgpu::TextureView>,
) -> wgpu::BindGroup {
    let Shared { layout, views: [tiles, chroma], sampler, blue_noise } = shared;
    let resources = [
        frame.as_entire_binding(),
        tone.as_entire_binding(),
        wgpu::BindingResource::TextureView(tiles),
        wgpu::BindingResource::TextureView(chroma),
        wgpu::BindingResource::Sampler(sampler),
        cells.as_entire_binding(),
        details.as_entire_binding(),
        lights.as_entire_binding(),
        wgpu::BindingResource::TextureView(blue_noise),
        // What is not read has to be there all the same.
        wgpu::BindingResource::TextureView(map.unwrap_or(blue_noise)),
    ];
    parts::bind_group(&gpu.device, layout, &(0..).zip(resources).collect::<Vec<_>>())
}

/// The dither's pattern as a texture.
pub fn noise_view(gpu: &Gpu) -> wgpu::TextureView {
    let side = BLUE_NOISE_SIDE as u32;
    parts::uploaded(gpu, "blue noise", [side; 2], wgpu::TextureFormat::R8Unorm, blue_noise())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::offset_of;
    use std::path::Path;
    use wgpu::naga::TypeInner;

    /// The offsets of a WGSL struct's members, and its size.
    fn members(name: &str) -> (Vec<(String, u32)>, u32) {
        let module = shaders::check(Path::new("wall.wgsl"), shaders::WALL.text).unwrap();
        let (_, ty) = module.types.iter().find(|(_, ty)| ty.name.as_deref() == Some(name)).unwrap();
        let TypeInner::Struct { members, span } = &ty.inner else { panic!("{name} is no struct") };
        (members.iter().map(|member| (member.name.clone().unwrap(), member.offset)).collect(), *span)
    }

    macro_rules! assert_same_layout {
        ($wgsl:literal, $rust:ty, $($member:ident),+) => {
            let (members, span) = members($wgsl);
            let ours = vec![$((stringify!($member).to_owned(), offset_of!($rust, $member) as u32)),+];
            assert_eq!(members, ours);
            assert_eq!(span as usize, size_of::<$rust>());
        };
    }

    #[test]
    fn uniforms_lie_as_the_shader_reads_them() {
        assert_same_layout!(
            "Frame",
            FrameUniform,
            entry_size,
            cell_in_tiles,
            light,
            step,
            grain_seed,
            columns,
            map_origin,
            weight,
            lift,
            cover
        );
        assert_same_layout!(
            "Tone",
            ToneUniform,
            mix,
            color,
            scale,
            offset,
            power,
            contrast,
            tint,
            grain,
            halftone,
            dots,
            stencil,
            threshold,
            clarity,
            wall_power,
            wall_black,
            wall_range,
            vignette
        );
    }

    #[test]
    fn variants_stand_at_their_index() {
        let indices: Vec<_> = Variant::all().map(Variant::index).collect();
        assert!(indices.is_sorted_by(|a, b| a < b) && indices.last().is_some_and(|last| *last < VARIANTS));
        assert!(Variant::all().all(|variant| Variant::all().filter(|other| *other == variant).count() == 1));
    }

    #[test]
    fn the_shader_knows_the_size_of_a_page() {
        let side = crate::atlas::PAGE_SIDE;
        assert!(shaders::WALL.text.contains(&format!("const PAGE_SIDE: f32 = {side}.0;")));
    }
}
