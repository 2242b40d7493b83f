//! Pictures over the whole target or a part of it: stills, the picture of an instant, black. See `shaders/picture.wgsl`.

use bytemuck::{Pod, Zeroable};

use super::Gpu;
use super::parts::{self, PICTURE, Pipeline, SAMPLING, TEXELS, UNIFORM, on};
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
        let layout = parts::layout(device, "picture", &[(0, UNIFORM), (1, PICTURE), (2, SAMPLING), (3, TEXELS)]);
        let sampler = parts::linear_sampler(device, "picture");
        let nothing = parts::uploaded(gpu, "nothing", [1; 2], wgpu::TextureFormat::Rgba8Unorm, &[0; 4]);
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
            let usage = wgpu::BufferUsages::UNIFORM;
            let buffer = parts::buffer(&gpu.device, "picture", size_of::<PictureUniform>(), usage);
            self.batches.push((buffer, None, draws));
        }
        let Self { layout, sampler, blue_noise, nothing, batches, .. } = self;
        let batch = &mut batches[number];
        gpu.queue.write_buffer(&batch.0, 0, bytemuck::bytes_of(uniform));
        batch.2 = draws;
        let resources = [
            (0, batch.0.as_entire_binding()),
            (1, wgpu::BindingResource::TextureView(texels.unwrap_or(nothing))),
            (2, wgpu::BindingResource::Sampler(sampler)),
            (3, wgpu::BindingResource::TextureView(blue_noise)),
        ];
        batch.1 = Some(parts::bind_group(&gpu.device, layout, &resources));
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
    let module = parts::module(device, "picture", source);
    let pipeline = |draws: Draws| {
        let constants = [
            ("IN_LOOK", on(draws == Draws::InLook)),
            ("AS_IT_IS", on(draws == Draws::AsItIs)),
            ("TARGET_ENCODES", on(target.is_srgb())),
        ];
        let pipeline = Pipeline {
            label: "picture",
            module: &module,
            functions: ["vertex", "fragment"],
            constants: &constants,
            layout,
            vertices: None,
            topology: wgpu::PrimitiveTopology::TriangleStrip,
            target,
            blend: (draws != Draws::AsItIs).then_some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
        };
        pipeline.make(device)
    };
    [Draws::InLook, Draws::AsItIs, Draws::Black].map(pipeline)
}
