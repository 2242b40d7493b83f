//! Several outputs in one window. See [`SharedWindow`].

use std::collections::HashMap;

use super::renderer::begin_black;
use super::{Gpu, parts};
use millions_stage::ShownOutput;

/// Pictures of outputs that are shown in one window, kept from frame to frame for their memory.
#[derive(Default)]
pub struct SharedWindow {
    /// By output.
    pictures: HashMap<usize, wgpu::Texture>,
}

impl SharedWindow {
    /// What an output is drawn to before it is laid in the window.
    pub fn picture(&mut self, gpu: &Gpu, shown: &ShownOutput, format: wgpu::TextureFormat) -> wgpu::TextureView {
        let (width, height) = (shown.size.x, shown.size.y);
        let fits =
            |texture: &wgpu::Texture| (texture.width(), texture.height(), texture.format()) == (width, height, format);
        if !self.pictures.get(&shown.output).is_some_and(fits) {
            let usage = wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC;
            let texture = parts::texture(&gpu.device, "output", [width, height, 1], format, usage);
            self.pictures.insert(shown.output, texture);
        }
        parts::view(&self.pictures[&shown.output])
    }

    /// Lays the pictures in a window's frame, as far as they are within it; beside them it is black. Pixel for pixel: a copy.
    pub fn resolve(&self, gpu: &Gpu, shown: &[ShownOutput], frame: &wgpu::Texture) {
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        drop(begin_black(&mut encoder, &parts::view(frame)));
        for ShownOutput { output, origin, size } in shown {
            let Some(picture) = self.pictures.get(output) else { continue };
            let within = |at: u32, size: u32, whole: u32| size.min(whole.saturating_sub(at));
            let width = within(origin.x, size.x, frame.width());
            let height = within(origin.y, size.y, frame.height());
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

    /// Forgets outputs that are not shown here any more.
    pub fn keep_only(&mut self, shown: &[ShownOutput]) {
        self.pictures.retain(|output, _| shown.iter().any(|shown| shown.output == *output));
    }
}
