//! Applies a show's effects to the flat picture of the wall. See `shaders/effect.wgsl`.

use bytemuck::{Pod, Zeroable};
use glam::UVec2;

use super::Gpu;
use super::pool::Pool;
use super::resources::{self, PipelineDescriptor, SAMPLER, TEXELS, TEXTURE, UNIFORM};

/// `struct EffectFrame` of the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
struct EffectUniform {
    size: [f32; 2],
    time: f32,
    aspect: f32,
    step: f32,
    padding: f32,
}

/// Seconds after which an effect's time restarts from 0: a 32-bit float still resolves less than a millisecond there, and
/// a motion whose period divides an hour continues without a jump.
const TIME_PERIOD_SECS: f64 = 3600.0;

/// The compiled pipeline of an effect.
pub struct Effect {
    pipeline: wgpu::RenderPipeline,
}

impl Effect {
    /// Compiles an effect's whole source.
    pub fn new(device: &wgpu::Device, source: &str, target: wgpu::TextureFormat) -> Self {
        let pipeline = PipelineDescriptor {
            label: "effect",
            module: &resources::module(device, "effect", source),
            entry_points: ["effect_vertex", "effect_fragment"],
            constants: &[],
            layout: &layout(device),
            vertices: None,
            topology: wgpu::PrimitiveTopology::TriangleList,
            target,
            blend: None,
        };
        Self { pipeline: pipeline.create(device) }
    }
}

fn layout(device: &wgpu::Device) -> wgpu::BindGroupLayout {
    resources::bind_group_layout(device, "effect", &[(0, UNIFORM), (1, TEXTURE), (2, SAMPLER), (3, TEXELS)])
}

/// Applies effects.
pub struct EffectPass {
    layout: wgpu::BindGroupLayout,
    uniform: wgpu::Buffer,
    sampler: wgpu::Sampler,
    blue_noise: wgpu::TextureView,
    /// By size in pixels; kept from frame to frame, as outputs of several sizes take turns.
    targets: Pool<UVec2, TargetPair>,
    format: wgpu::TextureFormat,
}

/// Two targets that effects read and write in turn: the first effect reads the first.
struct TargetPair {
    views: [wgpu::TextureView; 2],
    /// Each reads the target of its index.
    bind_groups: [wgpu::BindGroup; 2],
}

impl EffectPass {
    pub fn new(gpu: &Gpu, format: wgpu::TextureFormat, blue_noise: wgpu::TextureView) -> Self {
        let device = &gpu.device;
        let uniform = resources::buffer(device, "effect", size_of::<EffectUniform>(), wgpu::BufferUsages::UNIFORM);
        let sampler = resources::linear_sampler(device, "effect");
        Self { layout: layout(device), uniform, sampler, blue_noise, targets: Pool::default(), format }
    }

    /// Begins a submission: targets of sizes that are no longer drawn are freed.
    pub fn begin_submission(&mut self) {
        self.targets.begin_submission();
    }

    /// Returns the target of `size` pixels that the picture without effects is drawn to.
    pub fn input(&mut self, gpu: &Gpu, size: UVec2) -> wgpu::TextureView {
        self.targets(gpu, size).views[0].clone()
    }

    fn targets(&mut self, gpu: &Gpu, size: UVec2) -> &TargetPair {
        let Self { layout, uniform, sampler, blue_noise, targets, format } = self;
        let at = targets.share(size, || {
            let target = |_| resources::view(&resources::render_texture(&gpu.device, "effect", size, *format));
            let views = [0, 1].map(target);
            let bind_groups = views.each_ref().map(|source| {
                let bindings = [
                    (0, uniform.as_entire_binding()),
                    (1, wgpu::BindingResource::TextureView(source)),
                    (2, wgpu::BindingResource::Sampler(sampler)),
                    (3, wgpu::BindingResource::TextureView(blue_noise)),
                ];
                resources::bind_group(&gpu.device, layout, &bindings)
            });
            TargetPair { views, bind_groups }
        });
        &targets[at]
    }

    /// Applies effects one after another to the [`input`](Self::input) of the same size; returns the last one's picture.
    /// `step` is one of the output's depth.
    pub fn draw(
        &mut self,
        gpu: &Gpu,
        encoder: &mut wgpu::CommandEncoder,
        effects: &[Effect],
        size: UVec2,
        time_secs: f64,
        step: f32,
    ) -> wgpu::TextureView {
        let [width, height] = size.as_vec2().to_array();
        let time = time_secs.rem_euclid(TIME_PERIOD_SECS) as f32;
        let uniform = EffectUniform { size: [width, height], time, aspect: width / height, step, padding: 0.0 };
        gpu.queue.write_buffer(&self.uniform, 0, bytemuck::bytes_of(&uniform));
        let TargetPair { views, bind_groups } = self.targets(gpu, size);
        for (index, effect) in effects.iter().enumerate() {
            let mut pass = resources::begin_black(encoder, "effect", &views[(index + 1) % 2]);
            pass.set_pipeline(&effect.pipeline);
            pass.set_bind_group(0, &bind_groups[index % 2], &[]);
            pass.draw(0..3, 0..1);
        }
        views[effects.len() % 2].clone()
    }
}
