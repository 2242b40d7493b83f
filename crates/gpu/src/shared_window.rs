//! Several outputs in one window. See [`SharedWindow`].

use std::collections::HashMap;

use super::{Gpu, resources};
use millions_stage::{OutputId, ShownOutput};

/// The render targets of outputs that share one window, kept from frame to frame.
#[derive(Default)]
pub struct SharedWindow {
    /// By output.
    pictures: HashMap<OutputId, wgpu::Texture>,
}

impl SharedWindow {
    /// Returns the target that an output is drawn to before it is copied to the window.
    pub fn picture(&mut self, gpu: &Gpu, shown: &ShownOutput, format: wgpu::TextureFormat) -> wgpu::TextureView {
        let fits =
            |texture: &wgpu::Texture| resources::size_of_texture(texture) == shown.size && texture.format() == format;
        if !self.pictures.get(&shown.output).is_some_and(fits) {
            let usage = wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC;
            let texture =
                resources::texture_array(&gpu.device, "output", [shown.size.x, shown.size.y, 1], format, usage);
            self.pictures.insert(shown.output, texture);
        }
        resources::view(&self.pictures[&shown.output])
    }

    /// Copies the outputs' pictures, pixel for pixel and clipped, to a window's frame that is black elsewhere.
    pub fn compose(&self, gpu: &Gpu, shown: &[ShownOutput], frame: &wgpu::Texture) {
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        drop(resources::begin_black(&mut encoder, "shared window", &resources::view(frame)));
        for ShownOutput { output, origin, size } in shown {
            let Some(picture) = self.pictures.get(output) else { continue };
            let clipped = |at: u32, size: u32, whole: u32| size.min(whole.saturating_sub(at));
            let width = clipped(origin.x, size.x, frame.width());
            let height = clipped(origin.y, size.y, frame.height());
            if width == 0 || height == 0 {
                continue;
            }
            let at = wgpu::Origin3d { x: origin.x, y: origin.y, z: 0 };
            encoder.copy_texture_to_texture(
                picture.as_image_copy(),
                wgpu::TexelCopyTextureInfo { origin: at, ..frame.as_image_copy() },
                wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
            );
        }
        gpu.queue.submit([encoder.finish()]);
    }

    /// Frees the targets of outputs that are not shown here any more.
    pub fn keep_only(&mut self, shown: &[ShownOutput]) {
        self.pictures.retain(|output, _| shown.iter().any(|shown| shown.output == *output));
    }
}
