//! Lines, rings and discs for the operator. See `shaders/marks.wgsl`.

use bytemuck::{Pod, Zeroable};
use glam::DVec2;

use super::parts::{self, Pipeline, UNIFORM};
use super::{Gpu, shaders};
use millions_stage::{Mark, MarkKind};

/// A mark as the shader has it.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct MarkInstance {
    ends: [f32; 4],
    color: [f32; 4],
    shape: [f32; 2],
}

/// Draws marks.
pub struct MarksPass {
    pipeline: wgpu::RenderPipeline,
    uniform: wgpu::Buffer,
    instances: wgpu::Buffer,
    bind_group: wgpu::BindGroup,
    count: u32,
}

impl MarksPass {
    pub fn new(gpu: &Gpu, target: wgpu::TextureFormat) -> Self {
        let device = &gpu.device;
        let module = parts::module(device, "marks", &shaders::MARKS.source());
        let layout = parts::layout(device, "marks", &[(0, UNIFORM)]);
        let pipeline = Pipeline {
            label: "marks",
            module: &module,
            functions: ["vertex", "fragment"],
            constants: &[],
            layout: &layout,
            vertices: Some(wgpu::VertexBufferLayout {
                array_stride: size_of::<MarkInstance>() as u64,
                step_mode: wgpu::VertexStepMode::Instance,
                attributes: &wgpu::vertex_attr_array![0 => Float32x4, 1 => Float32x4, 2 => Float32x2],
            }),
            topology: wgpu::PrimitiveTopology::TriangleStrip,
            target,
            blend: Some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
        };
        let pipeline = pipeline.make(device);
        let uniform = parts::buffer(device, "marks", 16, wgpu::BufferUsages::UNIFORM);
        let instances = parts::buffer(device, "marks", 16 << 10, wgpu::BufferUsages::VERTEX);
        let bind_group = parts::bind_group(device, &layout, &[(0, uniform.as_entire_binding())]);
        Self { pipeline, uniform, instances, bind_group, count: 0 }
    }

    /// Sends marks to the GPU, for a picture of `size` pixels of an output that is `seen` pixels large to the marks.
    pub fn prepare(&mut self, gpu: &Gpu, marks: &[Mark], size: [u32; 2], seen: DVec2) {
        let size = size.map(|side| side as f32);
        let scale = DVec2::new(f64::from(size[0]), f64::from(size[1])) / seen;
        let instance = |mark: &Mark| {
            let (a, b) = ((mark.a * scale).as_vec2(), (mark.b * scale).as_vec2());
            let width = (mark.width_px * scale.y) as f32;
            let radius = (mark.b.x * scale.y) as f32;
            let (ends, shape) = match mark.kind {
                MarkKind::Line => ([a.x, a.y, b.x, b.y], [width / 2.0, 0.0]),
                MarkKind::Ring => ([a.x, a.y, a.x, a.y], [width / 2.0, radius]),
                MarkKind::Disc => ([a.x, a.y, a.x, a.y], [radius, 0.0]),
            };
            MarkInstance { ends, color: mark.colour, shape }
        };
        let instances: Vec<_> = marks.iter().map(instance).collect();
        self.count = instances.len() as u32;
        gpu.queue.write_buffer(&self.uniform, 0, bytemuck::cast_slice(&[size[0], size[1], 0.0, 0.0]));
        parts::write(gpu, &mut self.instances, "marks", &instances, wgpu::BufferUsages::VERTEX);
    }

    /// Records the marks that were prepared.
    pub fn draw(&self, pass: &mut wgpu::RenderPass) {
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.bind_group, &[]);
        pass.set_vertex_buffer(0, self.instances.slice(..));
        pass.draw(0..4, 0..self.count);
    }
}
