//! Pictures over the whole target or a part of it: stills, the picture of an instant, black. See `shaders/picture.wgsl`.

use bytemuck::{Pod, Zeroable};

use super::Gpu;
use crate::tone::{Look, Projection, ToneUniform};

/// `struct Picture` of the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct PictureUniform {
    pub tone: ToneUniform,
    pub place: [f32; 4],
    pub part: [f32; 4],
    pub opacity: f32,
    pub light: f32,
    pub step: f32,
    pub padding: f32,
}

/// What a picture is drawn of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draws {
    /// A texture, in the look.
    InLook = 0,
    /// A texture of the target's size, as it is.
    AsItIs = 1,
    /// Black.
    Black = 2,
}

/// By [`Draws`].
pub type PicturePipelines = [wgpu::RenderPipeline; 3];

/// Draws pictures.
pub struct PicturePass {
    pipelines: PicturePipelines,
    layout: wgpu::BindGroupLayout,
    sampler: wgpu::Sampler,
    blue_noise: wgpu::TextureView,
    /// For what is black.
    nothing: wgpu::TextureView,
    batches: Vec<(wgpu::Buffer, Option<wgpu::BindGroup>, Draws)>,
}

impl PictureUniform {
    /// Black over everything.
    #[must_use]
    pub fn black(opacity: f32) -> Self {
        Self {
            tone: ToneUniform::new(&Look::default(), &Projection::default()),
            place: [0.0, 0.0, 1.0, 1.0],
            part: [0.0, 0.0, 1.0, 1.0],
            opacity,
            light: 1.0,
            step: 0.0,
            padding: 0.0,
        }
    }
}

impl PicturePass {
    pub fn new(gpu: &Gpu, target: wgpu::TextureFormat, source: &str, blue_noise: wgpu::TextureView) -> Self {
        let device = &gpu.device;
        let entry = |binding, visibility, ty| wgpu::BindGroupLayoutEntry { binding, visibility, ty, count: None };
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
        let sampling = wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering);
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("picture"),
            entries: &[
                entry(0, wgpu::ShaderStages::VERTEX_FRAGMENT, uniform),
                entry(1, wgpu::ShaderStages::FRAGMENT, texture(true)),
                entry(2, wgpu::ShaderStages::FRAGMENT, sampling),
                entry(3, wgpu::ShaderStages::FRAGMENT, texture(false)),
            ],
        });
        let sampler = device.create_sampler(&wgpu::SamplerDescriptor {
            label: Some("picture"),
            mag_filter: wgpu::FilterMode::Linear,
            min_filter: wgpu::FilterMode::Linear,
            ..Default::default()
        });
        let nothing = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("nothing"),
            size: wgpu::Extent3d { width: 1, height: 1, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: wgpu::TextureFormat::Rgba8Unorm,
            usage: wgpu::TextureUsages::TEXTURE_BINDING,
            view_formats: &[],
        });
        let nothing = nothing.create_view(&wgpu::TextureViewDescriptor::default());
        let pipelines = pipelines(device, source, &layout, target);
        Self { pipelines, layout, sampler, blue_noise, nothing, batches: Vec::new() }
    }

    /// Pipelines of another source.
    pub fn candidate(
        &self,
        gpu: &Gpu,
        target: wgpu::TextureFormat,
    ) -> impl FnOnce(&str) -> PicturePipelines + Send + use<> {
        let (device, layout) = (gpu.device.clone(), self.layout.clone());
        move |source| pipelines(&device, source, &layout, target)
    }

    /// Draws with other pipelines from now on.
    pub fn adopt(&mut self, pipelines: PicturePipelines) {
        self.pipelines = pipelines;
    }

    /// Writes what a draw needs to the GPU, as the frame's picture of that number.
    pub fn prepare(
        &mut self,
        gpu: &Gpu,
        number: usize,
        draws: Draws,
        texels: Option<&wgpu::TextureView>,
        uniform: &PictureUniform,
    ) {
        while self.batches.len() <= number {
            let buffer = gpu.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("picture"),
                size: size_of::<PictureUniform>() as u64,
                usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            });
            self.batches.push((buffer, None, draws));
        }
        let Self { layout, sampler, blue_noise, nothing, batches, .. } = self;
        let batch = &mut batches[number];
        gpu.queue.write_buffer(&batch.0, 0, bytemuck::bytes_of(uniform));
        batch.2 = draws;
        batch.1 = Some(gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("picture"),
            layout,
            entries: &[
                wgpu::BindGroupEntry { binding: 0, resource: batch.0.as_entire_binding() },
                wgpu::BindGroupEntry {
                    binding: 1,
                    resource: wgpu::BindingResource::TextureView(texels.unwrap_or(nothing)),
                },
                wgpu::BindGroupEntry { binding: 2, resource: wgpu::BindingResource::Sampler(sampler) },
                wgpu::BindGroupEntry { binding: 3, resource: wgpu::BindingResource::TextureView(blue_noise) },
            ],
        }));
    }

    /// Records a draw that was prepared.
    pub fn draw(&self, pass: &mut wgpu::RenderPass, number: usize) {
        let Some((_, Some(bind_group), draws)) = self.batches.get(number) else { return };
        pass.set_pipeline(&self.pipelines[*draws as usize]);
        pass.set_bind_group(0, bind_group, &[]);
        pass.draw(0..4, 0..1);
    }
}

fn pipelines(
    device: &wgpu::Device,
    source: &str,
    layout: &wgpu::BindGroupLayout,
    target: wgpu::TextureFormat,
) -> PicturePipelines {
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some("picture"),
        source: wgpu::ShaderSource::Wgsl(source.into()),
    });
    let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some("picture"),
        bind_group_layouts: &[Some(layout)],
        immediate_size: 0,
    });
    let pipeline = |draws: Draws| {
        let on = |is_on: bool| f64::from(u8::from(is_on));
        let constants = [
            ("IN_LOOK", on(draws == Draws::InLook)),
            ("AS_IT_IS", on(draws == Draws::AsItIs)),
            ("TARGET_ENCODES", on(target.is_srgb())),
        ];
        let options = wgpu::PipelineCompilationOptions { constants: &constants, ..Default::default() };
        let blend = (draws != Draws::AsItIs).then_some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING);
        device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: Some("picture"),
            layout: Some(&pipeline_layout),
            vertex: wgpu::VertexState {
                module: &module,
                entry_point: Some("vertex"),
                compilation_options: options.clone(),
                buffers: &[],
            },
            primitive: wgpu::PrimitiveState { topology: wgpu::PrimitiveTopology::TriangleStrip, ..Default::default() },
            depth_stencil: None,
            multisample: wgpu::MultisampleState::default(),
            fragment: Some(wgpu::FragmentState {
                module: &module,
                entry_point: Some("fragment"),
                compilation_options: options,
                targets: &[Some(wgpu::ColorTargetState { format: target, blend, write_mask: wgpu::ColorWrites::ALL })],
            }),
            multiview_mask: None,
            cache: None,
        })
    };
    [Draws::InLook, Draws::AsItIs, Draws::Black].map(pipeline)
}
