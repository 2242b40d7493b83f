//! Shaders of a show's own that lie over the picture. See `shaders/effect.wgsl`.

use bytemuck::{Pod, Zeroable};

use super::Gpu;
use super::parts::{self, PICTURE, Pipeline, SAMPLING, TEXELS, UNIFORM};

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
        let module = parts::module(device, "effect", source);
        let pipeline = Pipeline {
            label: "effect",
            module: &module,
            functions: ["effect_vertex", "effect_fragment"],
            constants: &[],
            layout: &layout(device),
            vertices: None,
            topology: wgpu::PrimitiveTopology::TriangleList,
            target,
            blend: None,
        };
        let pipeline = pipeline.make(device);
        Self { pipeline }
    }
}

fn layout(device: &wgpu::Device) -> wgpu::BindGroupLayout {
    parts::layout(device, "effect", &[(0, UNIFORM), (1, PICTURE), (2, SAMPLING), (3, TEXELS)])
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
        let uniform = parts::buffer(device, "effect", size_of::<EffectUniform>(), wgpu::BufferUsages::UNIFORM);
        let sampler = parts::linear_sampler(device, "effect");
        Self { layout: layout(device), uniform, sampler, blue_noise, pictures: None, format }
    }

    /// What the picture without effects is to be drawn to.
    pub fn begin(&mut self, gpu: &Gpu, (width, height): (u32, u32)) -> wgpu::TextureView {
        let fits = |texture: &wgpu::Texture| (texture.width(), texture.height()) == (width, height);
        if !self.pictures.as_ref().is_some_and(|[first, _]| fits(first)) {
            let usage = wgpu::TextureUsages::RENDER_ATTACHMENT;
            let make = |_| parts::texture(&gpu.device, "effect", [width, height, 1], self.format, usage);
            self.pictures = Some([0, 1].map(make));
        }
        self.view(0)
    }

    fn view(&self, number: usize) -> wgpu::TextureView {
        let texture = self.pictures.as_ref().map(|pictures| &pictures[number % 2]);
        // `begin` has made them.
        texture.map_or_else(|| self.blue_noise.clone(), parts::view)
    }

    /// Draws all effects one after another; gives the last one's picture.
    pub fn draw(
        &self,
        gpu: &Gpu,
        encoder: &mut wgpu::CommandEncoder,
        effects: &[Effect],
        (time_secs, step): (f64, f32),
    ) -> wgpu::TextureView {
        let size = self.pictures.as_ref().map_or([1.0; 2], |[first, _]| [first.width() as f32, first.height() as f32]);
        let time = time_secs.rem_euclid(ROUND_SECS) as f32;
        let uniform = EffectUniform { size, time, aspect: size[0] / size[1], step, padding: 0.0 };
        gpu.queue.write_buffer(&self.uniform, 0, bytemuck::bytes_of(&uniform));
        for (number, effect) in effects.iter().enumerate() {
            let (before, after) = (self.view(number), self.view(number + 1));
            let resources = [
                (0, self.uniform.as_entire_binding()),
                (1, wgpu::BindingResource::TextureView(&before)),
                (2, wgpu::BindingResource::Sampler(&self.sampler)),
                (3, wgpu::BindingResource::TextureView(&self.blue_noise)),
            ];
            let bind_group = parts::bind_group(&gpu.device, &self.layout, &resources);
            let mut pass = super::renderer::begin_black(encoder, &after);
            pass.set_pipeline(&effect.pipeline);
            pass.set_bind_group(0, &bind_group, &[]);
            pass.draw(0..3, 0..1);
        }
        self.view(effects.len())
    }
}
