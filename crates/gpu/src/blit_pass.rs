//! A plain full-screen blit: the yardstick of `millions bench`. See `shaders/blit.wgsl`.

use super::parts::{self, PICTURE, Pipeline, SAMPLING};
use super::{CANVAS_FORMAT, Canvas, Gpu, GpuError, shaders};

/// One RGBA8 texture of the output's size, drawn over the whole target with one linear sample a pixel.
pub struct BlitPass {
    pipeline: wgpu::RenderPipeline,
    bind_group: wgpu::BindGroup,
}

impl BlitPass {
    /// A blit of a picture of `width` × `height` pixels with something in it.
    #[must_use]
    pub fn new(gpu: &Gpu, width: u32, height: u32) -> Self {
        let device = &gpu.device;
        // Something that no driver can know to be one colour.
        let bytes: Vec<u8> =
            (0..width * height).flat_map(|i| i.wrapping_mul(2_654_435_761).rotate_left(7).to_le_bytes()).collect();
        let picture = parts::uploaded(gpu, "blit", [width, height], CANVAS_FORMAT, &bytes);
        let layout = parts::layout(device, "blit", &[(0, PICTURE), (1, SAMPLING)]);
        let pipeline = Pipeline {
            label: "blit",
            module: &parts::module(device, shaders::BLIT.name, &shaders::BLIT.source()),
            functions: ["vertex", "fragment"],
            constants: &[],
            layout: &layout,
            vertices: None,
            topology: wgpu::PrimitiveTopology::TriangleList,
            target: CANVAS_FORMAT,
            blend: None,
        };
        let pipeline = pipeline.make(device);
        let sampler = parts::linear_sampler(device, "blit");
        let view = wgpu::BindingResource::TextureView(&picture);
        let bind_group =
            parts::bind_group(device, &layout, &[(0, view), (1, wgpu::BindingResource::Sampler(&sampler))]);
        Self { pipeline, bind_group }
    }

    /// Draws to the canvas and waits until it is there.
    ///
    /// # Errors
    /// When the device is lost.
    pub fn draw(&self, gpu: &Gpu, canvas: &Canvas) -> Result<(), GpuError> {
        let view = canvas.view();
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let mut pass = super::renderer::begin_black(&mut encoder, &view);
            pass.set_pipeline(&self.pipeline);
            pass.set_bind_group(0, &self.bind_group, &[]);
            pass.draw(0..3, 0..1);
        }
        gpu.queue.submit([encoder.finish()]);
        gpu.wait()
    }
}
