//! The test picture's grey wedge. See `shaders/step_wedge.wgsl`.

use bytemuck::{Pod, Zeroable};

use super::Gpu;
use super::parts::{self, Pipeline, UNIFORM, on};
use millions_stage::ColourCorrection;
use millions_wall::tone::{Look, ToneUniform};

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
pub struct StepWedgePass {
    pipeline: wgpu::RenderPipeline,
    uniform: wgpu::Buffer,
    bind_group: wgpu::BindGroup,
}

impl StepWedgePass {
    pub fn new(device: &wgpu::Device, target: wgpu::TextureFormat, source: &str) -> Self {
        let module = parts::module(device, "chart", source);
        let layout = parts::layout(device, "chart", &[(0, UNIFORM)]);
        let pipeline = Pipeline {
            label: "chart",
            module: &module,
            functions: ["vertex", "fragment"],
            constants: &[("TARGET_ENCODES", on(target.is_srgb()))],
            layout: &layout,
            vertices: None,
            topology: wgpu::PrimitiveTopology::TriangleList,
            target,
            blend: None,
        };
        let pipeline = pipeline.make(device);
        let uniform = parts::buffer(device, "chart", size_of::<ChartUniform>(), wgpu::BufferUsages::UNIFORM);
        let bind_group = parts::bind_group(device, &layout, &[(0, uniform.as_entire_binding())]);
        Self { pipeline, uniform, bind_group }
    }

    /// Sends what the output needs to the GPU; `step` is one of its own.
    pub fn prepare(&self, gpu: &Gpu, light: &ColourCorrection, step: f32) {
        let tone = light.tone(&Look::default());
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
