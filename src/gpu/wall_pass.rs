//! The pass that draws the wall. See `shaders/wall.wgsl`.

use bytemuck::{Pod, Zeroable};

use super::lights::LightMode;
use super::pages::Pages;
use super::{Gpu, shaders};
use crate::tone::{BLUE_NOISE_SIDE, ToneUniform, blue_noise};
use crate::wall::strips::StripVertex;

/// `struct Frame` of `shaders/wall.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct FrameUniform {
    pub slot_size: [f32; 2],
    pub cell_in_tiles: [f32; 2],
    pub tile_px: [f32; 2],
    pub light: f32,
    pub step: f32,
    pub grain_seed: u32,
    pub padding: u32,
}

/// What one draw of the wall is made of.
pub struct WallDraw<'a> {
    pub frame: FrameUniform,
    pub tone: ToneUniform,
    pub vertices: &'a [StripVertex],
    /// A word a cell; see `shaders/wall.wgsl`.
    pub cells: &'a [u32],
    /// A word a cell, or none where every cell has the frame's slot size and is fully there.
    pub details: Option<&'a [u32]>,
    /// See [`super::lights::Lights::words`].
    pub lights: Option<&'a [u32]>,
    pub light_mode: LightMode,
    /// Whether some cell shows colour.
    pub shows_color: bool,
}

/// What a pixel costs: each part that is not needed is compiled away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Variant {
    chroma: bool,
    details: bool,
    light: LightMode,
    finish: Finish,
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
    Screen,
}

const LIGHT_MODES: [LightMode; 3] = [LightMode::AsShot, LightMode::Undone, LightMode::Live];
const FINISHES: [Finish; 4] = [Finish::Plain, Finish::Grain, Finish::Gamma, Finish::Screen];

impl Variant {
    fn of(draw: &WallDraw) -> Self {
        let tone = &draw.tone;
        // Exactly 1 and exactly 0 are what an untouched look gives.
        let finish = if tone.halftone > 0.0 || tone.stencil > 0.0 {
            Finish::Screen
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
        }
    }

    fn all() -> impl Iterator<Item = Self> {
        (0..48).map(|index| Self {
            chroma: index & 1 != 0,
            details: index & 2 != 0,
            finish: FINISHES[index >> 2 & 3],
            light: LIGHT_MODES[index >> 4],
        })
    }

    fn index(self) -> usize {
        let Self { chroma, details, light, finish } = self;
        usize::from(chroma) | usize::from(details) << 1 | (finish as usize) << 2 | (light as usize) << 4
    }
}

/// Pipelines and buffers of the wall.
pub struct WallPass {
    /// One for each [`Variant`], by its index.
    pipelines: Vec<Option<wgpu::RenderPipeline>>,
    layout: wgpu::BindGroupLayout,
    views: [wgpu::TextureView; 2],
    sampler: wgpu::Sampler,
    frame: wgpu::Buffer,
    tone: wgpu::Buffer,
    vertices: wgpu::Buffer,
    cells: wgpu::Buffer,
    details: wgpu::Buffer,
    lights: wgpu::Buffer,
    blue_noise: wgpu::TextureView,
    bind_group: wgpu::BindGroup,
}

impl WallPass {
    pub fn new(gpu: &Gpu, pages: &Pages, target: wgpu::TextureFormat) -> Self {
        let device = &gpu.device;
        let buffer_entry = |binding, ty| {
            entry(binding, wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None })
        };
        let texture = wgpu::BindingType::Texture {
            sample_type: wgpu::TextureSampleType::Float { filterable: true },
            view_dimension: wgpu::TextureViewDimension::D2Array,
            multisampled: false,
        };
        let storage = wgpu::BufferBindingType::Storage { read_only: true };
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("wall"),
            entries: &[
                buffer_entry(0, wgpu::BufferBindingType::Uniform),
                buffer_entry(1, wgpu::BufferBindingType::Uniform),
                entry(2, texture),
                entry(3, texture),
                entry(4, wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering)),
                buffer_entry(5, storage),
                buffer_entry(6, storage),
                buffer_entry(7, storage),
                entry(
                    8,
                    wgpu::BindingType::Texture {
                        sample_type: wgpu::TextureSampleType::Float { filterable: false },
                        view_dimension: wgpu::TextureViewDimension::D2,
                        multisampled: false,
                    },
                ),
            ],
        });
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(shaders::WALL.name),
            source: wgpu::ShaderSource::Wgsl(shaders::WALL.source().into()),
        });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("wall"),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let pipeline = |Variant { chroma, details, light, finish }| {
            let on = |constant: bool| f64::from(u8::from(constant));
            let at_least = |least: Finish| on(finish as usize >= least as usize);
            let constants = [
                ("WITH_CHROMA", on(chroma)),
                ("WITH_DETAILS", on(details)),
                ("WITH_LIGHT", on(light == LightMode::Live)),
                ("LIGHT_UNDONE", on(light == LightMode::Undone)),
                ("WITH_GRAIN", at_least(Finish::Grain)),
                ("WITH_GAMMA", at_least(Finish::Gamma)),
                ("WITH_SCREEN", at_least(Finish::Screen)),
                ("TARGET_ENCODES", on(target.is_srgb())),
            ];
            let options = wgpu::PipelineCompilationOptions { constants: &constants, ..Default::default() };
            device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
                label: Some("wall"),
                layout: Some(&pipeline_layout),
                vertex: wgpu::VertexState {
                    module: &module,
                    entry_point: Some("vertex"),
                    compilation_options: options.clone(),
                    buffers: &[Some(wgpu::VertexBufferLayout {
                        array_stride: size_of::<StripVertex>() as u64,
                        step_mode: wgpu::VertexStepMode::Vertex,
                        attributes: &wgpu::vertex_attr_array![
                            0 => Float32x4, 1 => Float32x2, 2 => Float32x2, 3 => Uint32
                        ],
                    })],
                },
                primitive: wgpu::PrimitiveState::default(),
                depth_stencil: None,
                multisample: wgpu::MultisampleState::default(),
                fragment: Some(wgpu::FragmentState {
                    module: &module,
                    entry_point: Some("fragment"),
                    compilation_options: options,
                    targets: &[Some(target.into())],
                }),
                multiview_mask: None,
                cache: None,
            })
        };
        // The slots have no colour with the light undone, so nobody asks for that.
        let is_asked_for = |variant: &Variant| !(variant.chroma && variant.light == LightMode::Undone);
        let pipelines = Variant::all().map(|variant| is_asked_for(&variant).then(|| pipeline(variant))).collect();
        let sampler = device.create_sampler(&wgpu::SamplerDescriptor {
            label: Some("pages"),
            mag_filter: wgpu::FilterMode::Linear,
            min_filter: wgpu::FilterMode::Linear,
            ..Default::default()
        });
        let frame = buffer(gpu, "frame", size_of::<FrameUniform>(), wgpu::BufferUsages::UNIFORM);
        let tone = buffer(gpu, "tone", size_of::<ToneUniform>(), wgpu::BufferUsages::UNIFORM);
        let vertices = buffer(gpu, "strips", 64 << 10, wgpu::BufferUsages::VERTEX);
        let [cells, details, lights] =
            ["cells", "details", "lights"].map(|label| buffer(gpu, label, 16 << 10, wgpu::BufferUsages::STORAGE));
        let views = pages.views();
        let blue_noise = noise_view(gpu);
        let buffers = [&frame, &tone, &cells, &details, &lights];
        let bind_group = bind_group(gpu, &layout, buffers, &views, &sampler, &blue_noise);
        Self {
            pipelines,
            layout,
            views,
            sampler,
            frame,
            tone,
            vertices,
            cells,
            details,
            lights,
            blue_noise,
            bind_group,
        }
    }

    /// Sends a draw's data to the GPU.
    pub fn prepare(&mut self, gpu: &Gpu, draw: &WallDraw) {
        let mut grown = false;
        let named = [
            ("cells", &mut self.cells, Some(draw.cells)),
            ("details", &mut self.details, draw.details),
            ("lights", &mut self.lights, draw.lights),
        ];
        for (label, own, words) in named {
            let Some(words) = words else { continue };
            if own.size() < size_of_val(words) as u64 {
                *own = buffer(gpu, label, size_of_val(words).next_power_of_two(), wgpu::BufferUsages::STORAGE);
                grown = true;
            }
            gpu.queue.write_buffer(own, 0, bytemuck::cast_slice(words));
        }
        if grown {
            let buffers = [&self.frame, &self.tone, &self.cells, &self.details, &self.lights];
            self.bind_group = bind_group(gpu, &self.layout, buffers, &self.views, &self.sampler, &self.blue_noise);
        }
        if self.vertices.size() < size_of_val(draw.vertices) as u64 {
            let bytes = size_of_val(draw.vertices).next_power_of_two();
            self.vertices = buffer(gpu, "strips", bytes, wgpu::BufferUsages::VERTEX);
        }
        gpu.queue.write_buffer(&self.frame, 0, bytemuck::bytes_of(&draw.frame));
        gpu.queue.write_buffer(&self.tone, 0, bytemuck::bytes_of(&draw.tone));
        gpu.queue.write_buffer(&self.vertices, 0, bytemuck::cast_slice(draw.vertices));
    }

    /// Records a draw that was prepared.
    pub fn draw(&self, pass: &mut wgpu::RenderPass, draw: &WallDraw) {
        let Some(pipeline) = &self.pipelines[Variant::of(draw).index()] else { return };
        pass.set_pipeline(pipeline);
        pass.set_bind_group(0, &self.bind_group, &[]);
        pass.set_vertex_buffer(0, self.vertices.slice(..));
        // Six vertices a row of 256 at the most.
        pass.draw(0..draw.vertices.len() as u32, 0..1);
    }
}

fn entry(binding: u32, ty: wgpu::BindingType) -> wgpu::BindGroupLayoutEntry {
    wgpu::BindGroupLayoutEntry { binding, visibility: wgpu::ShaderStages::FRAGMENT, ty, count: None }
}

fn buffer(gpu: &Gpu, label: &str, bytes: usize, usage: wgpu::BufferUsages) -> wgpu::Buffer {
    gpu.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        size: bytes as u64,
        usage: usage | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}

fn bind_group(
    gpu: &Gpu,
    layout: &wgpu::BindGroupLayout,
    [frame, tone, cells, details, lights]: [&wgpu::Buffer; 5],
    [tiles, chroma]: &[wgpu::TextureView; 2],
    sampler: &wgpu::Sampler,
    blue_noise: &wgpu::TextureView,
) -> wgpu::BindGroup {
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
    ];
    let entries: Vec<_> =
        (0..).zip(resources).map(|(binding, resource)| wgpu::BindGroupEntry { binding, resource }).collect();
    gpu.device.create_bind_group(&wgpu::BindGroupDescriptor { label: Some("wall"), layout, entries: &entries })
}

/// The dither's pattern as a texture.
fn noise_view(gpu: &Gpu) -> wgpu::TextureView {
    let side = BLUE_NOISE_SIDE as u32;
    let size = wgpu::Extent3d { width: side, height: side, depth_or_array_layers: 1 };
    let texture = gpu.device.create_texture(&wgpu::TextureDescriptor {
        label: Some("blue noise"),
        size,
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::R8Unorm,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    });
    let layout = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(side), rows_per_image: Some(side) };
    gpu.queue.write_texture(texture.as_image_copy(), blue_noise(), layout, size);
    texture.create_view(&wgpu::TextureViewDescriptor::default())
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
        assert_same_layout!("Frame", FrameUniform, slot_size, cell_in_tiles, tile_px, light, step, grain_seed, padding);
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
        for (index, variant) in Variant::all().enumerate() {
            assert_eq!(variant.index(), index);
        }
    }

    #[test]
    fn the_shader_knows_the_size_of_a_page() {
        let side = super::super::slots::PAGE_SIDE;
        assert!(shaders::WALL.text.contains(&format!("const PAGE_SIDE: f32 = {side}.0;")));
    }
}
