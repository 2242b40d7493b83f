//! Draws the test picture's step wedge. See `shaders/step_wedge.wgsl`.

use bytemuck::{Pod, Zeroable};
use glam::UVec2;

use super::Gpu;
use super::resources::{self, PipelineDescriptor, UNIFORM, flag};
use millions_stage::ColourCorrection;
use millions_wall::tone::{Look, ToneUniform};

/// The part of the output's height that the wedge takes, at the lower edge: the wall stays visible above it.
const HEIGHT: f32 = 0.3;

/// `struct StepWedge` of the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct StepWedgeUniform {
    tone: ToneUniform,
    step: f32,
    padding: [f32; 3],
}

/// Draws the wedge over the lower part of a picture.
pub struct StepWedgePass {
    pipeline: wgpu::RenderPipeline,
    uniform: wgpu::Buffer,
    bind_group: wgpu::BindGroup,
    size: UVec2,
}

impl StepWedgePass {
    pub fn new(device: &wgpu::Device, target: wgpu::TextureFormat, source: &str) -> Self {
        let module = resources::module(device, "step wedge", source);
        let layout = resources::bind_group_layout(device, "step wedge", &[(0, UNIFORM)]);
        let pipeline = PipelineDescriptor {
            label: "step wedge",
            module: &module,
            entry_points: ["vertex", "fragment"],
            constants: &[("TARGET_ENCODES", flag(target.is_srgb()))],
            layout: &layout,
            vertices: None,
            topology: wgpu::PrimitiveTopology::TriangleList,
            target,
            blend: None,
        };
        let pipeline = pipeline.create(device);
        let uniform =
            resources::buffer(device, "step wedge", size_of::<StepWedgeUniform>(), wgpu::BufferUsages::UNIFORM);
        let bind_group = resources::bind_group(device, &layout, &[(0, uniform.as_entire_binding())]);
        Self { pipeline, uniform, bind_group, size: UVec2::ONE }
    }

    /// Uploads an output's colour correction, for a target of `size` pixels; `step` is one of the target's depth.
    pub fn prepare(&mut self, gpu: &Gpu, correction: &ColourCorrection, size: UVec2, step: f32) {
        self.size = size;
        let tone = correction.tone(&Look::default());
        let uniform = StepWedgeUniform { tone, step, padding: [0.0; 3] };
        gpu.queue.write_buffer(&self.uniform, 0, bytemuck::bytes_of(&uniform));
    }

    /// Records the wedge that was prepared.
    pub fn draw(&self, pass: &mut wgpu::RenderPass) {
        let [width, height] = self.size.as_vec2().to_array();
        pass.set_viewport(0.0, height * (1.0 - HEIGHT), width, height * HEIGHT, 0.0, 1.0);
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.bind_group, &[]);
        pass.draw(0..3, 0..1);
        pass.set_viewport(0.0, 0.0, width, height, 0.0, 1.0);
    }
}
