//! Draws textures over the target or a part of it: stills, snapshots, effects' results, overlays, and black. See
//! `shaders/picture.wgsl`.

use bytemuck::{Pod, Zeroable};

use super::Gpu;
use super::resources::{self, PipelineDescriptor, SAMPLER, TEXELS, TEXTURE, UNIFORM, flag};
use millions_wall::tone::{Calibration, Look, ToneUniform};

/// `struct Picture` of the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct PictureUniform {
    pub tone: ToneUniform,
    pub mask_origin: [i32; 2],
    pub opacity: f32,
    pub light: f32,
    pub step: f32,
    pub padding: [f32; 3],
}

/// A vertex of a picture's triangles.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct PictureVertex {
    /// Clip space.
    pub position: [f32; 4],
    /// Texture coordinates, 0 to 1 from the upper left corner.
    pub uv: [f32; 2],
}

/// Two triangles over the whole target.
pub const FULL_TARGET: [PictureVertex; 6] = {
    const fn corner(x: f32, y: f32) -> PictureVertex {
        PictureVertex { position: [x * 2.0 - 1.0, 1.0 - y * 2.0, 0.0, 1.0], uv: [x, y] }
    }
    let (ul, ur, ll, lr) = (corner(0.0, 0.0), corner(1.0, 0.0), corner(0.0, 1.0), corner(1.0, 1.0));
    [ul, ll, ur, ur, ll, lr]
};

/// How a picture is drawn; the index of its pipelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureMode {
    /// A texture, with the look and the output's calibration.
    InLook = 0,
    /// A texture of the target's size, texel for pixel.
    Copy = 1,
    /// A premultiplied texture, interpolated.
    Stretched = 2,
    /// Black.
    Black = 3,
}

/// One picture to draw.
pub struct PictureDraw<'a> {
    pub mode: PictureMode,
    /// None for black.
    pub texels: Option<&'a wgpu::TextureView>,
    /// The surface's output mask, where it has one.
    pub mask: Option<&'a wgpu::TextureView>,
    pub uniform: &'a PictureUniform,
    /// A triangle list.
    pub vertices: &'a [PictureVertex],
}

/// By [`PictureMode`], then without and with an output mask.
pub type PicturePipelines = [[wgpu::RenderPipeline; 2]; 4];

/// Draws pictures.
pub struct PicturePass {
    pipelines: PicturePipelines,
    layout: wgpu::BindGroupLayout,
    sampler: wgpu::Sampler,
    blue_noise: wgpu::TextureView,
    /// Bound in place of a texture or mask that is not there.
    placeholder: wgpu::TextureView,
    batches: Vec<Batch>,
    /// Batches of the current submission.
    used: usize,
}

/// The GPU data of one draw, reused from frame to frame.
struct Batch {
    uniform: wgpu::Buffer,
    vertices: wgpu::Buffer,
    count: u32,
    bind_group: Option<wgpu::BindGroup>,
    mode: PictureMode,
    masked: bool,
}

impl PictureUniform {
    /// The uniform of a picture without look, mask and dither.
    #[must_use]
    pub fn plain(opacity: f32) -> Self {
        Self {
            tone: ToneUniform::new(&Look::default(), &Calibration::default()),
            mask_origin: [0; 2],
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
        let layout = resources::bind_group_layout(
            device,
            "picture",
            &[(0, UNIFORM), (1, TEXTURE), (2, SAMPLER), (3, TEXELS), (9, TEXELS)],
        );
        let sampler = resources::anisotropic_sampler(device, "picture");
        let placeholder = resources::upload(gpu, "placeholder", [1; 2], wgpu::TextureFormat::Rgba8Unorm, &[[0; 4]]);
        let pipelines = pipelines(device, source, &layout, target);
        Self { pipelines, layout, sampler, blue_noise, placeholder, batches: Vec::new(), used: 0 }
    }

    /// Returns what compiles the pipelines of another source, on any thread.
    pub fn candidate(
        &self,
        gpu: &Gpu,
        target: wgpu::TextureFormat,
    ) -> impl FnOnce(&str) -> PicturePipelines + Send + use<> {
        let (device, layout) = (gpu.device.clone(), self.layout.clone());
        move |source| pipelines(&device, source, &layout, target)
    }

    /// Replaces the pipelines.
    pub fn adopt(&mut self, pipelines: PicturePipelines) {
        self.pipelines = pipelines;
    }

    /// Begins a submission: batches are used again from the first on.
    pub const fn begin_submission(&mut self) {
        self.used = 0;
    }

    /// Uploads what a draw needs. Returns its index for [`Self::draw`].
    pub fn prepare(&mut self, gpu: &Gpu, draw: &PictureDraw) -> usize {
        let index = self.used;
        self.used += 1;
        if self.batches.len() <= index {
            let buffer = |label, bytes, usage| resources::buffer(&gpu.device, label, bytes, usage);
            let uniform = buffer("picture", size_of::<PictureUniform>(), wgpu::BufferUsages::UNIFORM);
            let vertices = buffer("picture", size_of_val(&FULL_TARGET), wgpu::BufferUsages::VERTEX);
            let (bind_group, mode) = (None, draw.mode);
            self.batches.push(Batch { uniform, vertices, count: 0, bind_group, mode, masked: false });
        }
        let Self { layout, sampler, blue_noise, placeholder, batches, .. } = self;
        let batch = &mut batches[index];
        gpu.queue.write_buffer(&batch.uniform, 0, bytemuck::bytes_of(draw.uniform));
        resources::write(gpu, &mut batch.vertices, "picture", draw.vertices, wgpu::BufferUsages::VERTEX);
        batch.count = draw.vertices.len() as u32;
        (batch.mode, batch.masked) = (draw.mode, draw.mask.is_some());
        let resources = [
            (0, batch.uniform.as_entire_binding()),
            (1, wgpu::BindingResource::TextureView(draw.texels.unwrap_or(placeholder))),
            (2, wgpu::BindingResource::Sampler(sampler)),
            (3, wgpu::BindingResource::TextureView(blue_noise)),
            (9, wgpu::BindingResource::TextureView(draw.mask.unwrap_or(placeholder))),
        ];
        batch.bind_group = Some(resources::bind_group(&gpu.device, layout, &resources));
        index
    }

    /// Records a draw that was prepared.
    pub fn draw(&self, pass: &mut wgpu::RenderPass, index: usize) {
        let Some(Batch { bind_group: Some(bind_group), mode, masked, vertices, count, .. }) = self.batches.get(index)
        else {
            return;
        };
        pass.set_pipeline(&self.pipelines[*mode as usize][usize::from(*masked)]);
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
    let module = resources::module(device, "picture", source);
    let pipeline = |mode: PictureMode, masked: bool| {
        let constants = [
            ("IN_LOOK", flag(mode == PictureMode::InLook)),
            ("COPY", flag(mode == PictureMode::Copy)),
            ("STRETCHED", flag(mode == PictureMode::Stretched)),
            ("STAGED", flag(masked)),
            ("TARGET_ENCODES", flag(target.is_srgb())),
        ];
        let corners = wgpu::VertexBufferLayout {
            array_stride: size_of::<PictureVertex>() as u64,
            step_mode: wgpu::VertexStepMode::Vertex,
            attributes: &wgpu::vertex_attr_array![0 => Float32x4, 1 => Float32x2],
        };
        let pipeline = PipelineDescriptor {
            label: "picture",
            module: &module,
            entry_points: ["vertex", "fragment"],
            constants: &constants,
            layout,
            vertices: Some(corners),
            topology: wgpu::PrimitiveTopology::TriangleList,
            target,
            blend: (mode != PictureMode::Copy).then_some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
        };
        pipeline.create(device)
    };
    [PictureMode::InLook, PictureMode::Copy, PictureMode::Stretched, PictureMode::Black]
        .map(|mode| [false, true].map(|masked| pipeline(mode, masked)))
}
