//! The test picture's grey wedge. See `shaders/chart.wgsl`.

use bytemuck::{Pod, Zeroable};

use super::Gpu;
use crate::tone::{Look, Projection, ToneUniform};

/// The part of the output's height that the wedge takes, at its lower edge; faces stand above it.
const HEIGHT: f32 = 0.3;

/// `struct Chart` of the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct ChartUniform {
    tone: ToneUniform,
    step: f32,
    padding: [f32; 3],
}

/// Draws the wedge over the lower part of a picture.
pub struct ChartPass {
    pipeline: wgpu::RenderPipeline,
    uniform: wgpu::Buffer,
    bind_group: wgpu::BindGroup,
}

impl ChartPass {
    pub fn new(device: &wgpu::Device, target: wgpu::TextureFormat, source: &str) -> Self {
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("chart"),
            source: wgpu::ShaderSource::Wgsl(source.into()),
        });
        let constants = [("TARGET_ENCODES", f64::from(u8::from(target.is_srgb())))];
        let options = wgpu::PipelineCompilationOptions { constants: &constants, ..Default::default() };
        let pipeline = device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: Some("chart"),
            layout: None,
            vertex: wgpu::VertexState {
                module: &module,
                entry_point: Some("vertex"),
                compilation_options: options.clone(),
                buffers: &[],
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
        });
        let uniform = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("chart"),
            size: size_of::<ChartUniform>() as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let bind_group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("chart"),
            layout: &pipeline.get_bind_group_layout(0),
            entries: &[wgpu::BindGroupEntry { binding: 0, resource: uniform.as_entire_binding() }],
        });
        Self { pipeline, uniform, bind_group }
    }

    /// Sends what the wall needs to the GPU; `step` is one of the output's.
    pub fn prepare(&self, gpu: &Gpu, projection: &Projection, step: f32) {
        let tone = ToneUniform::new(&Look::default(), projection);
        let uniform = ChartUniform { tone, step, padding: [0.0; 3] };
        gpu.queue.write_buffer(&self.uniform, 0, bytemuck::bytes_of(&uniform));
    }

    /// Records the wedge over the lower part of a target of that size.
    pub fn draw(&self, pass: &mut wgpu::RenderPass, width: u32, height: u32) {
        let [width, height] = [width as f32, height as f32];
        pass.set_viewport(0.0, height * (1.0 - HEIGHT), width, height * HEIGHT, 0.0, 1.0);
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.bind_group, &[]);
        pass.draw(0..3, 0..1);
        pass.set_viewport(0.0, 0.0, width, height, 0.0, 1.0);
    }
}
