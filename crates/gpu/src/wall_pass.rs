//! Draws rows of tiles and sprites from the tile cache. See `shaders/wall.wgsl`.

use std::sync::Arc;

use bytemuck::{Pod, Zeroable};

use glam::UVec2;

use super::Gpu;
use super::resources::{self, SAMPLER, STORAGE, TEXELS, TEXTURE, TEXTURE_ARRAY, UNIFORM, buffer, write};
use super::tile_textures::{TileTextures, TileViews};
use super::tone_terms::ToneTerms;
use super::wall_pipelines::{Expected, Mask, Pipelines, Shading, Variant};
use millions_stage::{Area, UniformRegions};
use millions_wall::strips::StripVertex;
use millions_wall::tone::{BLUE_NOISE, BLUE_NOISE_SIDE, ToneUniform};

/// `struct Frame` of `shaders/wall.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct FrameUniform {
    pub cell_in_tiles: [f32; 2],
    pub light: f32,
    pub step: f32,
    pub grain_seed: u32,
    pub columns: u32,
    pub mask_origin: [i32; 2],
    pub gain: f32,
    pub black_offset: f32,
    pub coverage: f32,
    pub texels_a_pixel: f32,
    pub period: [f32; 2],
    pub target_origin: [i32; 2],
}

/// One draw: rows of tiles, or sprites, on a surface.
pub struct WallDraw<'a> {
    pub frame: FrameUniform,
    pub tone: ToneUniform,
    pub vertices: &'a [StripVertex],
    /// The words of the cells of all rows; see [`cell_word`](super::cell_table::cell_word).
    pub cells: &'a wgpu::Buffer,
    /// One word a visible cell; none where every cell is fully present, and nothing is blended.
    pub details: Option<&'a [u32]>,
    /// Whether it is blended over what is drawn already.
    pub over: bool,
    /// The surface's output mask, where it has one.
    pub mask: Option<&'a wgpu::TextureView>,
    /// Where the mask has the value of the uniform at all pixels, and where it has not.
    pub regions: Option<&'a UniformRegions>,
    /// The target's size in pixels.
    pub size: UVec2,
    pub tone_terms: &'a ToneTerms,
}

impl WallDraw<'_> {
    fn variant(&self) -> Variant {
        let Self { tone, tone_terms, .. } = self;
        Variant {
            shading: Shading::new(tone, tone_terms.mode(), tone_terms.needs_chroma()),
            details: self.details.is_some(),
            over: self.over,
            mask: if self.mask.is_some() { Mask::Texture } else { Mask::None },
        }
    }
}

/// Draws rows and sprites.
pub struct WallPass {
    pipelines: Arc<Pipelines>,
    expected: Expected,
    layout: wgpu::BindGroupLayout,
    views: TileViews,
    samplers: Samplers,
    blue_noise: wgpu::TextureView,
    batches: Vec<Batch>,
    /// Batches of the current submission.
    used: usize,
}

struct Samplers {
    tiles: wgpu::Sampler,
    blue_noise: wgpu::Sampler,
}

/// The GPU data of one draw, reused from frame to frame.
struct Batch {
    frame: wgpu::Buffer,
    tone: wgpu::Buffer,
    vertices: wgpu::Buffer,
    /// None before the first draw.
    cells: Option<wgpu::Buffer>,
    details: wgpu::Buffer,
    tone_terms: wgpu::Buffer,
    /// The surface's output mask, where it has one.
    mask: Option<wgpu::TextureView>,
    views: TileViews,
    bind_group: wgpu::BindGroup,
    /// None before the first draw.
    variant: Option<Variant>,
    /// The regions with [`Mask::Texture`] and [`Mask::Uniform`]; none: all as the variant says.
    regions: Option<UniformRegions>,
    size: UVec2,
    vertex_count: u32,
}

impl WallPass {
    pub fn new(
        gpu: &Gpu,
        tiles: &TileTextures,
        target: wgpu::TextureFormat,
        source: &str,
        blue_noise: wgpu::TextureView,
    ) -> Self {
        let device = &gpu.device;
        let bindings = [
            UNIFORM,
            UNIFORM,
            TEXTURE_ARRAY,
            TEXTURE_ARRAY,
            SAMPLER,
            STORAGE,
            STORAGE,
            STORAGE,
            TEXTURE,
            TEXELS,
            SAMPLER,
            TEXTURE_ARRAY,
        ];
        let layout = resources::bind_group_layout(device, "wall", &(0..).zip(bindings).collect::<Vec<_>>());
        let pipelines = Arc::new(Pipelines::new(device, source, &layout, target, gpu.supersamples()));
        let samplers = Samplers {
            tiles: resources::trilinear_sampler(device, "tiles"),
            blue_noise: resources::repeating_sampler(device, "blue noise"),
        };
        Self {
            pipelines,
            expected: Expected::default(),
            layout,
            views: tiles.views().clone(),
            samplers,
            blue_noise,
            batches: Vec::new(),
            used: 0,
        }
    }

    /// Returns what compiles, on any thread, the pipelines of another source that are in use of this one.
    pub fn candidate(&self) -> impl FnOnce(&str) -> Arc<Pipelines> + Send + use<> {
        let before = self.pipelines.clone();
        move |source| Arc::new(before.with_source(source))
    }

    /// Replaces the pipelines.
    pub fn adopt(&mut self, pipelines: Arc<Pipelines>) {
        (self.pipelines, self.expected) = (pipelines, Expected::default());
    }

    /// What will be drawn, to be compiled in the background.
    pub const fn expected(&mut self) -> &mut Expected {
        &mut self.expected
    }

    /// Compiles in the background what is expected.
    pub fn compile_expected(&mut self, gpu: &Gpu) {
        self.expected.compile(gpu, &self.pipelines);
    }

    /// Whether what may be drawn soon in a shading is compiled, on surfaces with or without output masks.
    pub fn has_family(&self, shading: Shading, is_masked: bool) -> bool {
        self.pipelines.has_family(shading, is_masked)
    }

    /// The number of pipelines that are compiled.
    #[cfg(test)]
    pub fn compiled(&self) -> usize {
        self.pipelines.compiled()
    }

    /// The batches that keep earlier textures of the tile cache in memory.
    #[cfg(test)]
    pub fn outdated(&self) -> usize {
        self.batches.iter().filter(|batch| batch.views != self.views).count()
    }

    /// Takes over the textures of the tile cache, which are others once it has grown.
    pub fn bind_tiles(&mut self, tiles: &TileTextures) {
        if self.views != *tiles.views() {
            self.views.clone_from(tiles.views());
        }
    }

    /// Begins a submission: batches are used again from the first on. One that no draw has used since the tile cache grew would keep
    /// all of its old textures in memory.
    pub fn begin_submission(&mut self) {
        let Self { batches, views, used, .. } = self;
        batches.retain(|batch| batch.views == *views);
        *used = 0;
    }

    /// Uploads what a draw needs. Returns its index for [`Self::draw`].
    pub fn prepare(&mut self, gpu: &Gpu, draw: &WallDraw) -> usize {
        let index = self.used;
        self.used += 1;
        let Self { layout, views, samplers, blue_noise, batches, expected, .. } = self;
        let shared = Shared { layout, views, samplers, blue_noise };
        if batches.len() <= index {
            batches.push(Batch::new(gpu, &shared));
        }
        let batch = &mut batches[index];
        let usage = wgpu::BufferUsages::STORAGE;
        let mut has_changed = batch.cells.as_ref() != Some(draw.cells);
        if let Some(details) = draw.details {
            has_changed |= write(gpu, &mut batch.details, "details", details, usage);
        }
        if let Some(terms) = draw.tone_terms.words() {
            has_changed |= write(gpu, &mut batch.tone_terms, "tone terms", terms, usage);
        }
        if has_changed || batch.mask.as_ref() != draw.mask || batch.views != *views {
            batch.mask = draw.mask.cloned();
            batch.cells = Some(draw.cells.clone());
            batch.views = views.clone();
            let Batch { frame, tone, details, tone_terms, mask, .. } = &*batch;
            batch.bind_group = bind_group(gpu, &shared, [frame, tone, draw.cells, details, tone_terms], mask.as_ref());
        }
        write(gpu, &mut batch.vertices, "strips", draw.vertices, wgpu::BufferUsages::VERTEX);
        gpu.queue.write_buffer(&batch.frame, 0, bytemuck::bytes_of(&draw.frame));
        gpu.queue.write_buffer(&batch.tone, 0, bytemuck::bytes_of(&draw.tone));
        let variant = draw.variant();
        batch.variant = Some(variant);
        expected.expect(variant.shading, draw.mask.is_some());
        (batch.regions, batch.size) = (draw.regions.cloned(), draw.size);
        // At most a few hundred rows and sprites of six vertices on each quad of the mesh.
        batch.vertex_count = draw.vertices.len() as u32;
        index
    }

    /// Records a draw that was prepared.
    pub fn draw(&self, pass: &mut wgpu::RenderPass, index: usize) {
        let Some((batch, variant)) = self.batches.get(index).and_then(|batch| Some((batch, batch.variant?))) else {
            return;
        };
        pass.set_pipeline(self.pipelines.get(variant));
        pass.set_bind_group(0, &batch.bind_group, &[]);
        pass.set_vertex_buffer(0, batch.vertices.slice(..));
        let Some(UniformRegions { uniform, varying, .. }) = &batch.regions else {
            pass.draw(0..batch.vertex_count, 0..1);
            return;
        };
        for (mask, areas) in [(Mask::Texture, varying), (Mask::Uniform, uniform)] {
            if areas.is_empty() {
                continue;
            }
            pass.set_pipeline(self.pipelines.get(Variant { mask, ..variant }));
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
        let [details, tone_terms] =
            ["details", "tone terms"].map(|label| buffer(&gpu.device, label, 16 << 10, wgpu::BufferUsages::STORAGE));
        let bind_group = bind_group(gpu, shared, [&frame, &tone, &details, &details, &tone_terms], None);
        Self {
            frame,
            tone,
            vertices,
            cells: None,
            details,
            tone_terms,
            mask: None,
            views: shared.views.clone(),
            bind_group,
            variant: None,
            regions: None,
            size: UVec2::ONE,
            vertex_count: 0,
        }
    }
}

/// The resources that all batches bind.
struct Shared<'a> {
    layout: &'a wgpu::BindGroupLayout,
    views: &'a TileViews,
    samplers: &'a Samplers,
    blue_noise: &'a wgpu::TextureView,
}

fn bind_group(
    gpu: &Gpu,
    shared: &Shared,
    [frame, tone, cells, details, tone_terms]: [&wgpu::Buffer; 5],
    mask: Option<&wgpu::TextureView>,
) -> wgpu::BindGroup {
    let Shared { layout, views: [matched, shot, chroma], samplers, blue_noise } = shared;
    let resources = [
        frame.as_entire_binding(),
        tone.as_entire_binding(),
        wgpu::BindingResource::TextureView(matched),
        wgpu::BindingResource::TextureView(shot),
        wgpu::BindingResource::Sampler(&samplers.tiles),
        cells.as_entire_binding(),
        details.as_entire_binding(),
        tone_terms.as_entire_binding(),
        wgpu::BindingResource::TextureView(blue_noise),
        // A binding that is not read needs a texture all the same.
        wgpu::BindingResource::TextureView(mask.unwrap_or(blue_noise)),
        wgpu::BindingResource::Sampler(&samplers.blue_noise),
        wgpu::BindingResource::TextureView(chroma),
    ];
    resources::bind_group(&gpu.device, layout, &(0..).zip(resources).collect::<Vec<_>>())
}

/// Uploads the dither's blue-noise threshold map.
pub fn blue_noise_view(gpu: &Gpu) -> wgpu::TextureView {
    let side = BLUE_NOISE_SIDE as u32;
    resources::upload(gpu, "blue noise", [side; 2], wgpu::TextureFormat::R8Unorm, &[BLUE_NOISE])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shaders;
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
    fn uniforms_have_the_layout_of_the_shader() {
        assert_same_layout!(
            "Frame",
            FrameUniform,
            cell_in_tiles,
            light,
            step,
            grain_seed,
            columns,
            mask_origin,
            gain,
            black_offset,
            coverage,
            texels_a_pixel,
            period,
            target_origin
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
    fn the_shader_knows_the_size_of_a_layer() {
        let log2 = crate::slots::LAYER_SIDE.ilog2();
        assert!(shaders::WALL.text.contains(&format!("const LAYER_SIDE_LOG2: u32 = {log2}u;")));
    }
}
