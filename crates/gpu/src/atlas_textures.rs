//! The pages on the GPU: lumas and chroma of the tiles in use, as two texture arrays.

use super::Gpu;
use super::atlas::{AtlasEntry, PAGE_SIDE};
use super::parts;
use super::prepare::EntryTexels;

/// Two texture arrays of one layer a page.
pub struct AtlasTextures {
    tiles: wgpu::Texture,
    chroma: wgpu::Texture,
}

impl AtlasTextures {
    /// Allocates all pages up front.
    pub fn new(gpu: &Gpu, pages: u32) -> Self {
        let texture = |label, side, format| {
            parts::texture(&gpu.device, label, [side, side, pages], format, wgpu::TextureUsages::COPY_DST)
        };
        Self {
            tiles: texture("pages of tiles", PAGE_SIDE, wgpu::TextureFormat::Rgba8Unorm),
            chroma: texture("pages of chroma", PAGE_SIDE / 2, wgpu::TextureFormat::Rg8Unorm),
        }
    }

    /// Puts a tile's texels into its slot.
    pub fn write(&self, gpu: &Gpu, entry: AtlasEntry, texels: &EntryTexels) {
        let AtlasEntry { page, x, y, size } = entry;
        let write = |texture: &wgpu::Texture, bytes: &[u8], divide: u32, texel_bytes: u32| {
            let (width, height) = (size.width / divide, size.height / divide);
            gpu.queue.write_texture(
                wgpu::TexelCopyTextureInfo {
                    texture,
                    mip_level: 0,
                    origin: wgpu::Origin3d { x: x / divide, y: y / divide, z: page },
                    aspect: wgpu::TextureAspect::All,
                },
                bytes,
                wgpu::TexelCopyBufferLayout {
                    offset: 0,
                    bytes_per_row: Some(width * texel_bytes),
                    rows_per_image: Some(height),
                },
                wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
            );
        };
        write(&self.tiles, &texels.tile, 1, 4);
        write(&self.chroma, &texels.chroma, 2, 2);
    }

    /// The views that the wall's pass binds: tiles, chroma.
    pub fn views(&self) -> [wgpu::TextureView; 2] {
        [&self.tiles, &self.chroma].map(parts::layers)
    }
}
