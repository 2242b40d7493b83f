//! The textures of the tile atlas. See [`AtlasTextures`].

use super::atlas::{AtlasEntry, LAYER_SIDE};
use super::entry_texels::EntryTexels;
use super::{Gpu, resources};

/// Two texture arrays, tiles and their chroma, with the layers of an [`Atlas`](super::atlas::Atlas).
pub struct AtlasTextures {
    tiles: wgpu::Texture,
    chroma: wgpu::Texture,
}

impl AtlasTextures {
    /// Allocates all layers up front.
    pub fn new(gpu: &Gpu, layers: u32) -> Self {
        let texture = |label, side, format| {
            let usage = wgpu::TextureUsages::COPY_DST;
            resources::texture_array(&gpu.device, label, [side, side, layers], format, usage)
        };
        Self {
            tiles: texture("tile atlas", LAYER_SIDE, wgpu::TextureFormat::Rgba8Unorm),
            chroma: texture("chroma atlas", LAYER_SIDE / 2, wgpu::TextureFormat::Rg8Unorm),
        }
    }

    /// Uploads an entry's texels.
    pub fn write(&self, gpu: &Gpu, entry: AtlasEntry, texels: &EntryTexels) {
        let AtlasEntry { layer, x, y, size } = entry;
        for (texture, texels, subsampling) in [(&self.tiles, &texels.tile, 1), (&self.chroma, &texels.chroma, 2)] {
            let origin = wgpu::Origin3d { x: x / subsampling, y: y / subsampling, z: layer };
            let to = wgpu::TexelCopyTextureInfo { origin, ..texture.as_image_copy() };
            resources::write_texels(gpu, to, [size.width / subsampling, size.height / subsampling], texels);
        }
    }

    /// The views that the wall pass binds: tiles, chroma.
    pub fn views(&self) -> [wgpu::TextureView; 2] {
        [&self.tiles, &self.chroma].map(resources::array_view)
    }
}
