//! Shaders of a show's own that lie over the picture. See `shaders/effect.wgsl`.

use bytemuck::{Pod, Zeroable};

use super::Gpu;

/// `struct EffectFrame` of the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct EffectUniform {
    pub size: [f32; 2],
    pub time: f32,
    pub aspect: f32,
    pub step: f32,
    pub padding: f32,
}

/// Seconds after which an effect's time begins anew: it still has steps of less than a millisecond then, and whatever goes
/// round in a whole part of an hour goes on without a jump.
const ROUND_SECS: f64 = 3600.0;

/// One effect.
pub struct Effect {
    pipeline: wgpu::RenderPipeline,
}

impl Effect {
    /// Compiles an effect's whole source.
    pub fn new(device: &wgpu::Device, source: &str, target: wgpu::TextureFormat) -> Self {
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("effect"),
            source: wgpu::ShaderSource::Wgsl(source.into()),
        });
        let layout = layout(device);
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("effect"),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let options = wgpu::PipelineCompilationOptions::default();
        let pipeline = device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: Some("effect"),
            layout: Some(&pipeline_layout),
            vertex: wgpu::VertexState {
                module: &module,
                entry_point: Some("effect_vertex"),
                compilation_options: options.clone(),
                buffers: &[],
            },
            primitive: wgpu::PrimitiveState::default(),
            depth_stencil: None,
            multisample: wgpu::MultisampleState::default(),
            fragment: Some(wgpu::FragmentState {
                module: &module,
                entry_point: Some("effect_fragment"),
                compilation_options: options,
                targets: &[Some(target.into())],
            }),
            multiview_mask: None,
            cache: None,
        });
        Self { pipeline }
    }
}

fn layout(device: &wgpu::Device) -> wgpu::BindGroupLayout {
    let entry =
        |binding, ty| wgpu::BindGroupLayoutEntry { binding, visibility: wgpu::ShaderStages::FRAGMENT, ty, count: None };
    let texture = |filterable| wgpu::BindingType::Texture {
        sample_type: wgpu::TextureSampleType::Float { filterable },
        view_dimension: wgpu::TextureViewDimension::D2,
        multisampled: false,
    };
    let uniform = wgpu::BindingType::Buffer {
        ty: wgpu::BufferBindingType::Uniform,
        has_dynamic_offset: false,
        min_binding_size: None,
    };
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some("effect"),
        entries: &[
            entry(0, uniform),
            entry(1, texture(true)),
            entry(2, wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering)),
            entry(3, texture(false)),
        ],
    })
}

/// The pictures that effects read and write in turn, of one size.
pub struct EffectPass {
    layout: wgpu::BindGroupLayout,
    uniform: wgpu::Buffer,
    sampler: wgpu::Sampler,
    blue_noise: wgpu::TextureView,
    pictures: Option<[wgpu::Texture; 2]>,
    format: wgpu::TextureFormat,
}

impl EffectPass {
    pub fn new(gpu: &Gpu, format: wgpu::TextureFormat, blue_noise: wgpu::TextureView) -> Self {
        let device = &gpu.device;
        let uniform = super::buffers::buffer(gpu, "effect", size_of::<EffectUniform>(), wgpu::BufferUsages::UNIFORM);
        let sampler = device.create_sampler(&wgpu::SamplerDescriptor {
            label: Some("effect"),
            mag_filter: wgpu::FilterMode::Linear,
            min_filter: wgpu::FilterMode::Linear,
            ..Default::default()
        });
        Self { layout: layout(device), uniform, sampler, blue_noise, pictures: None, format }
    }

    /// What the picture without effects is to be drawn to.
    pub fn begin(&mut self, gpu: &Gpu, (width, height): (u32, u32)) -> wgpu::TextureView {
        let fits = |texture: &wgpu::Texture| (texture.width(), texture.height()) == (width, height);
        if !self.pictures.as_ref().is_some_and(|[first, _]| fits(first)) {
            self.pictures = Some([0, 1].map(|_| {
                gpu.device.create_texture(&wgpu::TextureDescriptor {
                    label: Some("effect"),
                    size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
                    mip_level_count: 1,
                    sample_count: 1,
                    dimension: wgpu::TextureDimension::D2,
                    format: self.format,
                    usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::RENDER_ATTACHMENT,
                    view_formats: &[],
                })
            }));
        }
        self.view(0)
    }

    fn view(&self, number: usize) -> wgpu::TextureView {
        let texture = self.pictures.as_ref().map(|pictures| &pictures[number % 2]);
        // `begin` has made them.
        texture.map_or_else(|| self.blue_noise.clone(), |texture| texture.create_view(&Default::default()))
    }

    /// Draws all effects one after another, the last to `target`; `more` lays something over it.
    pub fn draw(
        &self,
        gpu: &Gpu,
        encoder: &mut wgpu::CommandEncoder,
        effects: &[Effect],
        target: &wgpu::TextureView,
        (time_secs, step): (f64, f32),
        more: impl FnOnce(&mut wgpu::RenderPass),
    ) {
        let size = self.pictures.as_ref().map_or([1.0; 2], |[first, _]| [first.width() as f32, first.height() as f32]);
        let time = time_secs.rem_euclid(ROUND_SECS) as f32;
        let uniform = EffectUniform { size, time, aspect: size[0] / size[1], step, padding: 0.0 };
        gpu.queue.write_buffer(&self.uniform, 0, bytemuck::bytes_of(&uniform));
        let mut more = Some(more);
        for (number, effect) in effects.iter().enumerate() {
            let bind_group = gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some("effect"),
                layout: &self.layout,
                entries: &[
                    wgpu::BindGroupEntry { binding: 0, resource: self.uniform.as_entire_binding() },
                    wgpu::BindGroupEntry {
                        binding: 1,
                        resource: wgpu::BindingResource::TextureView(&self.view(number)),
                    },
                    wgpu::BindGroupEntry { binding: 2, resource: wgpu::BindingResource::Sampler(&self.sampler) },
                    wgpu::BindGroupEntry { binding: 3, resource: wgpu::BindingResource::TextureView(&self.blue_noise) },
                ],
            });
            let is_last = number + 1 == effects.len();
            let own = self.view(number + 1);
            let mut pass = super::renderer::begin_black(encoder, if is_last { target } else { &own });
            pass.set_pipeline(&effect.pipeline);
            pass.set_bind_group(0, &bind_group, &[]);
            pass.draw(0..3, 0..1);
            if let (true, Some(more)) = (is_last, more.take_if(|_| is_last)) {
                more(&mut pass);
            }
        }
    }
}
