//! The output masks of surfaces on the GPU. See [`MaskTextures`].

use std::sync::Arc;

use super::{Gpu, resources};
use millions_stage::OutputMask;

/// Output masks that are uploaded, for as long as the stage holds them.
#[derive(Default)]
pub struct MaskTextures {
    uploaded: Vec<(Arc<OutputMask>, wgpu::TextureView)>,
}

impl MaskTextures {
    /// Returns a mask's texture, uploaded the first time.
    pub fn view(&mut self, gpu: &Gpu, mask: &Arc<OutputMask>) -> wgpu::TextureView {
        if let Some((_, view)) = self.uploaded.iter().find(|(uploaded, _)| Arc::ptr_eq(uploaded, mask)) {
            return view.clone();
        }
        let (size, format) = (mask.size.to_array(), wgpu::TextureFormat::Rgb10a2Unorm);
        let texels: &[u8] = bytemuck::cast_slice(&mask.texels);
        let view = resources::upload(gpu, "output mask", size, format, &[texels]);
        self.uploaded.push((mask.clone(), view.clone()));
        view
    }

    /// Whether it is the texture of a mask that the stage holds.
    pub fn holds(&self, view: &wgpu::TextureView) -> bool {
        self.uploaded.iter().any(|(_, uploaded)| uploaded == view)
    }

    /// Frees masks that the stage no longer holds.
    pub fn free_unused(&mut self) {
        self.uploaded.retain(|(mask, _)| Arc::strong_count(mask) > 1);
    }
}
