//! A plain full-screen blit: the yardstick of `millions bench`. See `shaders/blit.wgsl`.

use super::{Canvas, Gpu, GpuError, shaders};

/// One RGBA8 texture of the output's size, drawn over the whole target with one linear sample a pixel.
pub struct BlitPass {
    pipeline: wgpu::RenderPipeline,
    bind_group: wgpu::BindGroup,
}

impl BlitPass {
    /// A blit of a picture of `width` × `height` pixels with something in it.
    #[must_use]
    pub fn new(gpu: &Gpu, width: u32, height: u32) -> Self {
        let device = &gpu.device;
        let size = wgpu::Extent3d { width, height, depth_or_array_layers: 1 };
        let picture = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("blit"),
            size,
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: super::CANVAS_FORMAT,
            usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
            view_formats: &[],
        });
        // Something that no driver can know to be one colour.
        let bytes: Vec<u8> =
            (0..width * height).flat_map(|i| i.wrapping_mul(2_654_435_761).rotate_left(7).to_le_bytes()).collect();
        let layout =
            wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(width * 4), rows_per_image: Some(height) };
        gpu.queue.write_texture(picture.as_image_copy(), &bytes, layout, size);
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(shaders::BLIT.name),
            source: wgpu::ShaderSource::Wgsl(shaders::BLIT.source().into()),
        });
        let stage_options = wgpu::PipelineCompilationOptions::default();
        let pipeline = device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: Some("blit"),
            layout: None,
            vertex: wgpu::VertexState {
                module: &module,
                entry_point: Some("vertex"),
                compilation_options: stage_options.clone(),
                buffers: &[],
            },
            primitive: wgpu::PrimitiveState::default(),
            depth_stencil: None,
            multisample: wgpu::MultisampleState::default(),
            fragment: Some(wgpu::FragmentState {
                module: &module,
                entry_point: Some("fragment"),
                compilation_options: stage_options,
                targets: &[Some(super::CANVAS_FORMAT.into())],
            }),
            multiview_mask: None,
            cache: None,
        });
        let sampler = device.create_sampler(&wgpu::SamplerDescriptor {
            mag_filter: wgpu::FilterMode::Linear,
            min_filter: wgpu::FilterMode::Linear,
            ..Default::default()
        });
        let bind_group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("blit"),
            layout: &pipeline.get_bind_group_layout(0),
            entries: &[
                wgpu::BindGroupEntry {
                    binding: 0,
                    resource: wgpu::BindingResource::TextureView(&picture.create_view(&Default::default())),
                },
                wgpu::BindGroupEntry { binding: 1, resource: wgpu::BindingResource::Sampler(&sampler) },
            ],
        });
        Self { pipeline, bind_group }
    }

    /// Draws to the canvas and waits until it is there.
    ///
    /// # Errors
    /// When the device is lost.
    pub fn draw(&self, gpu: &Gpu, canvas: &Canvas) -> Result<(), GpuError> {
        let view = canvas.view();
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let mut pass = super::renderer::begin_black(&mut encoder, &view);
            pass.set_pipeline(&self.pipeline);
            pass.set_bind_group(0, &self.bind_group, &[]);
            pass.draw(0..3, 0..1);
        }
        gpu.queue.submit([encoder.finish()]);
        gpu.wait()
    }
}
