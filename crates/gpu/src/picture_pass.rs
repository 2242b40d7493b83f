//! Pictures over the whole target or a part of it: stills, the picture of an instant, black. See `shaders/picture.wgsl`.

use bytemuck::{Pod, Zeroable};

use super::Gpu;
use super::parts::{self, PICTURE, Pipeline, SAMPLING, TEXELS, UNIFORM, on};
use millions_wall::tone::{Calibration, Look, ToneUniform};

/// `struct OutputFrame` of the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct PictureUniform {
    pub tone: ToneUniform,
    pub map_origin: [i32; 2],
    pub opacity: f32,
    pub light: f32,
    pub step: f32,
    pub padding: [f32; 3],
}

/// A corner of a picture.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct PictureVertex {
    /// Clip space.
    pub position: [f32; 4],
    /// In the picture, 0 to 1 from its upper left corner.
    pub place: [f32; 2],
}

/// A picture over the whole target.
pub const EVERYWHERE: [PictureVertex; 6] = {
    const fn corner(x: f32, y: f32) -> PictureVertex {
        PictureVertex { position: [x * 2.0 - 1.0, 1.0 - y * 2.0, 0.0, 1.0], place: [x, y] }
    }
    let (ul, ur, ll, lr) = (corner(0.0, 0.0), corner(1.0, 0.0), corner(0.0, 1.0), corner(1.0, 1.0));
    [ul, ll, ur, ur, ll, lr]
};

/// What a picture is drawn of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draws {
    /// A texture, in the look.
    InLook = 0,
    /// A texture of the target's size, as it is.
    AsItIs = 1,
    /// A texture, premultiplied, stretched.
    Stretched = 2,
    /// Black.
    Black = 3,
}

/// One picture to draw.
pub struct PictureDraw<'a> {
    pub draws: Draws,
    /// None for black.
    pub texels: Option<&'a wgpu::TextureView>,
    /// The surface's light; none where it is neither warped nor dimmed.
    pub map: Option<&'a wgpu::TextureView>,
    pub uniform: &'a PictureUniform,
    /// Three a triangle.
    pub vertices: &'a [PictureVertex],
}

/// By [`Draws`], then whether it is on a surface with a light of its own.
pub type PicturePipelines = [[wgpu::RenderPipeline; 2]; 4];

/// Draws pictures.
pub struct PicturePass {
    pipelines: PicturePipelines,
    layout: wgpu::BindGroupLayout,
    sampler: wgpu::Sampler,
    blue_noise: wgpu::TextureView,
    /// For what is black.
    nothing: wgpu::TextureView,
    batches: Vec<Batch>,
}

/// What one picture is drawn with.
struct Batch {
    uniform: wgpu::Buffer,
    vertices: wgpu::Buffer,
    count: u32,
    bind_group: Option<wgpu::BindGroup>,
    draws: Draws,
    staged: bool,
}

impl PictureUniform {
    /// Terms of a picture that has no look.
    #[must_use]
    pub fn plain(opacity: f32) -> Self {
        Self {
            tone: ToneUniform::new(&Look::default(), &Calibration::default()),
            map_origin: [0; 2],
            opacity,
            light: 1.0,
            step: 0.0,
            padding: [0.0; 3],
        }
    }
}

impl PicturePass {
    pub fn new(gpu: &Gpu, target: wgpu::TextureFormat, source: &str, blue_noise: wgpu::TextureView) -> Self {
        let device = &gpu.device;
        let layout =
            parts::layout(device, "picture", &[(0, UNIFORM), (1, PICTURE), (2, SAMPLING), (3, TEXELS), (9, TEXELS)]);
        let sampler = parts::fine_sampler(device, "picture");
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
    pub fn prepare(&mut self, gpu: &Gpu, number: usize, draw: &PictureDraw) {
        while self.batches.len() <= number {
            let buffer = |label, bytes, usage| parts::buffer(&gpu.device, label, bytes, usage);
            let uniform = buffer("picture", size_of::<PictureUniform>(), wgpu::BufferUsages::UNIFORM);
            let vertices = buffer("picture", size_of_val(&EVERYWHERE), wgpu::BufferUsages::VERTEX);
            let (bind_group, draws) = (None, draw.draws);
            self.batches.push(Batch { uniform, vertices, count: 0, bind_group, draws, staged: false });
        }
        let Self { layout, sampler, blue_noise, nothing, batches, .. } = self;
        let batch = &mut batches[number];
        gpu.queue.write_buffer(&batch.uniform, 0, bytemuck::bytes_of(draw.uniform));
        parts::write(gpu, &mut batch.vertices, "picture", draw.vertices, wgpu::BufferUsages::VERTEX);
        batch.count = draw.vertices.len() as u32;
        (batch.draws, batch.staged) = (draw.draws, draw.map.is_some());
        let resources = [
            (0, batch.uniform.as_entire_binding()),
            (1, wgpu::BindingResource::TextureView(draw.texels.unwrap_or(nothing))),
            (2, wgpu::BindingResource::Sampler(sampler)),
            (3, wgpu::BindingResource::TextureView(blue_noise)),
            (9, wgpu::BindingResource::TextureView(draw.map.unwrap_or(nothing))),
        ];
        batch.bind_group = Some(parts::bind_group(&gpu.device, layout, &resources));
    }

    /// Records a draw that was prepared.
    pub fn draw(&self, pass: &mut wgpu::RenderPass, number: usize) {
        let Some(Batch { bind_group: Some(bind_group), draws, staged, vertices, count, .. }) = self.batches.get(number)
        else {
            return;
        };
        pass.set_pipeline(&self.pipelines[*draws as usize][usize::from(*staged)]);
        pass.set_bind_group(0, bind_group, &[]);
        pass.set_vertex_buffer(0, vertices.slice(..));
        pass.draw(0..*count, 0..1);
    }
}

fn pipelines(
    device: &wgpu::Device,
    source: &str,
    layout: &wgpu::BindGroupLayout,
    target: wgpu::TextureFormat,
) -> PicturePipelines {
    let module = parts::module(device, "picture", source);
    let pipeline = |draws: Draws, staged: bool| {
        let constants = [
            ("IN_LOOK", on(draws == Draws::InLook)),
            ("AS_IT_IS", on(draws == Draws::AsItIs)),
            ("STRETCHED", on(draws == Draws::Stretched)),
            ("STAGED", on(staged)),
            ("TARGET_ENCODES", on(target.is_srgb())),
        ];
        let corners = wgpu::VertexBufferLayout {
            array_stride: size_of::<PictureVertex>() as u64,
            step_mode: wgpu::VertexStepMode::Vertex,
            attributes: &wgpu::vertex_attr_array![0 => Float32x4, 1 => Float32x2],
        };
        let pipeline = Pipeline {
            label: "picture",
            module: &module,
            functions: ["vertex", "fragment"],
            constants: &constants,
            layout,
            vertices: Some(corners),
            topology: wgpu::PrimitiveTopology::TriangleList,
            target,
            blend: (draws != Draws::AsItIs).then_some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
        };
        pipeline.make(device)
    };
    [Draws::InLook, Draws::AsItIs, Draws::Stretched, Draws::Black]
        .map(|draws| [false, true].map(|on| pipeline(draws, on)))
}
