//! Draws lines, rings and discs for the operator. See `shaders/marks.wgsl`.

use bytemuck::{Pod, Zeroable};
use glam::{DVec2, UVec2};

use super::resources::{self, PipelineDescriptor, UNIFORM};
use super::{Gpu, shaders};
use millions_stage::{Mark, MarkKind};

/// A mark's vertex attributes.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct MarkInstance {
    ends: [f32; 4],
    color: [f32; 4],
    shape: [f32; 2],
}

/// Draws marks, each an instance of a quad.
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
        let module = resources::module(device, "marks", &shaders::MARKS.source());
        let layout = resources::bind_group_layout(device, "marks", &[(0, UNIFORM)]);
        let pipeline = PipelineDescriptor {
            label: "marks",
            module: &module,
            entry_points: ["vertex", "fragment"],
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
        let pipeline = pipeline.create(device);
        let uniform = resources::buffer(device, "marks", 16, wgpu::BufferUsages::UNIFORM);
        let instances = resources::buffer(device, "marks", 16 << 10, wgpu::BufferUsages::VERTEX);
        let bind_group = resources::bind_group(device, &layout, &[(0, uniform.as_entire_binding())]);
        Self { pipeline, uniform, instances, bind_group, count: 0 }
    }

    /// Uploads marks in pixels of an output of `output_size`, for a picture of `size` pixels.
    pub fn prepare(&mut self, gpu: &Gpu, marks: &[Mark], size: UVec2, output_size: DVec2) {
        let scale = size.as_dvec2() / output_size;
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
        gpu.queue.write_buffer(&self.uniform, 0, bytemuck::cast_slice(&[size.x as f32, size.y as f32, 0.0, 0.0]));
        resources::write(gpu, &mut self.instances, "marks", &instances, wgpu::BufferUsages::VERTEX);
    }

    /// Records the marks that were prepared.
    pub fn draw(&self, pass: &mut wgpu::RenderPass) {
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.bind_group, &[]);
        pass.set_vertex_buffer(0, self.instances.slice(..));
        pass.draw(0..4, 0..self.count);
    }
}
