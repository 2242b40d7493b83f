//! The light maps of surfaces on the GPU. See [`Maps`].

use std::sync::Arc;

use super::{Gpu, parts};
use millions_stage::OutputMask;

/// Maps that are on the GPU, for as long as somebody else has them.
#[derive(Default)]
pub struct Maps {
    uploaded: Vec<(Arc<OutputMask>, wgpu::TextureView)>,
}

impl Maps {
    /// A map as a texture, uploaded if it is not there yet.
    pub fn view(&mut self, gpu: &Gpu, map: &Arc<OutputMask>) -> wgpu::TextureView {
        if let Some((_, view)) = self.uploaded.iter().find(|(uploaded, _)| Arc::ptr_eq(uploaded, map)) {
            return view.clone();
        }
        let format = wgpu::TextureFormat::Rgb10a2Unorm;
        let view = parts::uploaded(gpu, "light map", map.size.to_array(), format, bytemuck::cast_slice(&map.texels));
        self.uploaded.push((map.clone(), view.clone()));
        view
    }

    /// Lets go of maps that nobody else has any more.
    pub fn forget_unused(&mut self) {
        self.uploaded.retain(|(map, _)| Arc::strong_count(map) > 1);
    }
}
