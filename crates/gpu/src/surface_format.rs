//! The format that all outputs are drawn in, and the copy to a window's surface that has another. See [`draw_format`] and
//! [`SurfaceCopy`].

use glam::UVec2;

use super::resources::{self, PipelineDescriptor, TEXELS, flag};
use super::{Gpu, shaders};

/// What outputs are drawn in, the best first: 10 bits a channel, else 8. Not an sRGB format: the shaders encode themselves, to
/// dither in the steps that the projector shows.
const DRAWN: [wgpu::TextureFormat; 3] =
    [wgpu::TextureFormat::Rgb10a2Unorm, wgpu::TextureFormat::Bgra8Unorm, wgpu::TextureFormat::Rgba8Unorm];

/// Returns the one format that all outputs are drawn in, from the formats of each window's surface: the best that all of them
/// have, or most of them.
#[must_use]
pub fn draw_format(surfaces: &[&[wgpu::TextureFormat]]) -> wgpu::TextureFormat {
    let count = |format: &wgpu::TextureFormat| surfaces.iter().filter(|formats| formats.contains(format)).count();
    // Of equals the last is returned.
    DRAWN.into_iter().rev().max_by_key(count).unwrap_or(DRAWN[1])
}

/// Returns the format to configure a surface with: the one that is drawn in, or what comes nearest to it. None without any.
pub fn surface_format(drawn: wgpu::TextureFormat, formats: &[wgpu::TextureFormat]) -> Option<wgpu::TextureFormat> {
    let wanted = [drawn].into_iter().chain(DRAWN);
    wanted.into_iter().find(|format| formats.contains(format)).or_else(|| formats.first().copied())
}

/// One step of the depth of a format, for the dither.
fn step(format: wgpu::TextureFormat) -> f32 {
    match format {
        wgpu::TextureFormat::Rgb10a2Unorm => 1.0 / 1023.0,
        wgpu::TextureFormat::Rgba16Float => 0.0,
        _ => 1.0 / 255.0,
    }
}

/// A picture in the format that is drawn in, and its copy to a surface of another format.
pub struct SurfaceCopy {
    picture: wgpu::Texture,
    bind_group: wgpu::BindGroup,
    layout: wgpu::BindGroupLayout,
    pipeline: wgpu::RenderPipeline,
}

impl SurfaceCopy {
    pub fn new(gpu: &Gpu, size: UVec2, drawn: wgpu::TextureFormat, surface: wgpu::TextureFormat) -> Self {
        let device = &gpu.device;
        let layout = resources::bind_group_layout(device, "surface", &[(0, TEXELS)]);
        let step = if step(surface) > step(drawn) { step(surface) } else { 0.0 };
        // Surfaces of floats take linear light, too.
        let encodes = surface.is_srgb() || surface == wgpu::TextureFormat::Rgba16Float;
        let pipeline = PipelineDescriptor {
            label: "surface",
            module: &resources::module(device, shaders::SURFACE.name, &shaders::SURFACE.source()),
            entry_points: ["vertex", "fragment"],
            constants: &[("STEP", f64::from(step)), ("TARGET_ENCODES", flag(encodes))],
            layout: &layout,
            vertices: None,
            topology: wgpu::PrimitiveTopology::TriangleList,
            target: surface,
            blend: None,
        };
        let pipeline = pipeline.create(device);
        let (picture, bind_group) = Self::picture_of(gpu, &layout, size, drawn);
        Self { picture, bind_group, layout, pipeline }
    }

    fn picture_of(
        gpu: &Gpu,
        layout: &wgpu::BindGroupLayout,
        size: UVec2,
        format: wgpu::TextureFormat,
    ) -> (wgpu::Texture, wgpu::BindGroup) {
        let usage = wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_DST;
        let picture = resources::texture_array(&gpu.device, "surface", [size.x, size.y, 1], format, usage);
        let view = resources::view(&picture);
        let bind_group = resources::bind_group(&gpu.device, layout, &[(0, wgpu::BindingResource::TextureView(&view))]);
        (picture, bind_group)
    }

    /// What is drawn to.
    pub const fn picture(&self) -> &wgpu::Texture {
        &self.picture
    }

    pub fn resize(&mut self, gpu: &Gpu, size: UVec2) {
        if resources::size_of_texture(&self.picture) != size {
            (self.picture, self.bind_group) = Self::picture_of(gpu, &self.layout, size, self.picture.format());
        }
    }

    /// Copies the picture to the surface's frame.
    pub fn copy(&self, gpu: &Gpu, frame: &wgpu::TextureView) {
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let mut pass = resources::begin_black(&mut encoder, "surface", frame);
            pass.set_pipeline(&self.pipeline);
            pass.set_bind_group(0, &self.bind_group, &[]);
            pass.draw(0..3, 0..1);
        }
        gpu.queue.submit([encoder.finish()]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Canvas;
    use super::*;
    use wgpu::TextureFormat::{Bgra8Unorm, Bgra8UnormSrgb, Rgb10a2Unorm, Rgba8Unorm, Rgba16Float};

    #[test]
    fn outputs_are_drawn_in_the_best_format_that_all_windows_have() {
        let (deep, plain) = (&[Bgra8Unorm, Bgra8UnormSrgb, Rgb10a2Unorm][..], &[Bgra8UnormSrgb, Bgra8Unorm][..]);
        assert_eq!(draw_format(&[deep, deep]), Rgb10a2Unorm);
        assert_eq!(draw_format(&[deep, plain]), Bgra8Unorm, "one has only 8 bits");
        assert_eq!(draw_format(&[plain, deep, deep]), Bgra8Unorm);
        // Nothing in common: the most windows count.
        let odd = &[Rgba8Unorm][..];
        assert_eq!(draw_format(&[odd, plain, plain]), Bgra8Unorm);
        assert_eq!(draw_format(&[odd, deep, deep]), Rgb10a2Unorm);
    }

    #[test]
    fn a_surface_has_the_format_that_is_drawn_in_or_the_nearest() {
        assert_eq!(surface_format(Bgra8Unorm, &[Rgb10a2Unorm, Bgra8Unorm]), Some(Bgra8Unorm));
        assert_eq!(surface_format(Rgb10a2Unorm, &[Bgra8UnormSrgb, Bgra8Unorm]), Some(Bgra8Unorm));
        assert_eq!(surface_format(Bgra8Unorm, &[Rgba16Float, Bgra8UnormSrgb]), Some(Rgba16Float));
        assert_eq!(surface_format(Bgra8Unorm, &[]), None);
    }

    #[test]
    fn a_copy_to_another_format_has_the_same_light() {
        let gpu = Gpu::headless(None).expect("scripts/test installs a software driver");
        let size = UVec2::new(64, 48);
        for (drawn, surface) in [(Rgb10a2Unorm, Bgra8Unorm), (Rgb10a2Unorm, Bgra8UnormSrgb), (Bgra8Unorm, Rgb10a2Unorm)]
        {
            let mut copy = SurfaceCopy::new(&gpu, UVec2::ONE, drawn, surface);
            copy.resize(&gpu, size);
            let canvas = Canvas::with_format(&gpu, size.x, size.y, surface).unwrap();
            for [r, g, b] in [[0.0; 3], [1.0; 3], [100.4 / 255.0, 0.0, 200.0 / 255.0]] {
                let clear = wgpu::LoadOp::Clear(wgpu::Color { r, g, b, a: 1.0 });
                let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
                drop(resources::begin_pass(&mut encoder, "test", &resources::view(copy.picture()), clear));
                gpu.queue.submit([encoder.finish()]);
                copy.copy(&gpu, &canvas.view());
                let pixels = canvas.read(&gpu).unwrap();
                for (channel, value) in [r, g, b].into_iter().enumerate() {
                    let (wanted, count) = (value * 255.0, f64::from(size.x * size.y));
                    let values = || pixels.chunks_exact(4).map(|pixel| f64::from(pixel[channel]));
                    let mean = values().sum::<f64>() / count;
                    // The dither keeps what lies between two steps, as far as the picture has it.
                    let tolerance = if drawn == Rgb10a2Unorm { 0.2 } else { 0.6 };
                    assert!((mean - wanted).abs() < tolerance, "{drawn:?} to {surface:?}: {wanted} became {mean}");
                    assert!(values().all(|value| (value - wanted).abs() <= 1.0));
                    assert!(value != 0.0 || mean == 0.0, "black stays black");
                }
            }
        }
        assert_eq!(gpu.take_errors(), Vec::<String>::new());
    }
}
