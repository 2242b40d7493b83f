//! A plain full-screen blit: the baseline of `millions bench`. See `shaders/blit.wgsl`.

use std::time::Duration;

use super::gpu_timer::GpuTimer;
use super::resources::{self, PipelineDescriptor, SAMPLER, TEXTURE};
use super::{CANVAS_FORMAT, Canvas, Gpu, GpuError, shaders};

/// One RGBA8 texture of the output's size, drawn over the whole target with one linear sample a pixel.
pub struct BlitPass {
    pipeline: wgpu::RenderPipeline,
    bind_group: wgpu::BindGroup,
    timer: GpuTimer,
}

impl BlitPass {
    /// Creates a blit of a noise picture of `width` × `height` pixels.
    #[must_use]
    pub fn new(gpu: &Gpu, width: u32, height: u32) -> Self {
        let device = &gpu.device;
        // Noise: a driver could compress a plain colour.
        let bytes: Vec<u8> =
            (0..width * height).flat_map(|i| i.wrapping_mul(2_654_435_761).rotate_left(7).to_le_bytes()).collect();
        let picture = resources::upload(gpu, "blit", [width, height], CANVAS_FORMAT, &[bytes]);
        let layout = resources::bind_group_layout(device, "blit", &[(0, TEXTURE), (1, SAMPLER)]);
        let pipeline = PipelineDescriptor {
            label: "blit",
            module: &resources::module(device, shaders::BLIT.name, &shaders::BLIT.source()),
            entry_points: ["vertex", "fragment"],
            constants: &[],
            layout: &layout,
            vertices: None,
            topology: wgpu::PrimitiveTopology::TriangleList,
            target: CANVAS_FORMAT,
            blend: None,
        };
        let pipeline = pipeline.create(device);
        let sampler = resources::linear_sampler(device, "blit");
        let view = wgpu::BindingResource::TextureView(&picture);
        let bind_group =
            resources::bind_group(device, &layout, &[(0, view), (1, wgpu::BindingResource::Sampler(&sampler))]);
        Self { pipeline, bind_group, timer: GpuTimer::new(gpu) }
    }

    /// Draws to a canvas and waits for the GPU. Returns how long that was at work, where the adapter has timestamps.
    ///
    /// # Errors
    /// When the device is lost.
    pub fn draw(&mut self, gpu: &Gpu, canvas: &Canvas) -> Result<Option<Duration>, GpuError> {
        let view = canvas.view();
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        self.timer.begin(&mut encoder);
        {
            let mut pass = resources::begin_black(&mut encoder, "blit", &view);
            pass.set_pipeline(&self.pipeline);
            pass.set_bind_group(0, &self.bind_group, &[]);
            pass.draw(0..3, 0..1);
        }
        self.timer.end(&mut encoder);
        gpu.queue.submit([encoder.finish()]);
        self.timer.submitted();
        gpu.wait()?;
        Ok(self.timer.poll())
    }
}
