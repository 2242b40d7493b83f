//! A device and its renderer, in a window or without one. See [`Device`].

use std::path::Path;
use std::sync::Arc;

use super::folder_files::FolderFiles;
use millions_gpu::{Gpu, Renderer, ShaderSet, TargetFormat};
use millions_wall::tile::TileSource;

/// A device and its renderer.
pub struct Device {
    pub gpu: Gpu,
    pub renderer: Renderer,
}

/// What a renderer has to have room for.
#[derive(Clone, Copy, Debug)]
pub struct RenderLoad {
    /// The pixels of all outputs together.
    pub px: u64,
    pub scenes: usize,
}

/// What renderers are created from.
pub struct RenderSources {
    pub tiles: Arc<dyn TileSource>,
    pub pictures: Arc<FolderFiles>,
    /// The last valid shaders of the show.
    pub shaders: ShaderSet,
}

impl RenderSources {
    /// Creates a renderer with the show's shaders, or with the built-in ones if those fail.
    pub fn renderer(&self, gpu: &Gpu, format: TargetFormat, RenderLoad { px, scenes }: RenderLoad) -> Renderer {
        let side = (px as f64).sqrt().ceil() as u32;
        tracing::debug!("a renderer for {px} pixels and {scenes} scenes");
        let plain = || {
            Renderer::for_scenes(gpu, self.tiles.clone(), format, (side, side), scenes)
                .with_stills(self.pictures.clone())
        };
        plain().with_shaders(gpu, &self.shaders).unwrap_or_else(|error| {
            tracing::error!("{error}");
            plain()
        })
    }

    /// Drops a picture or a font that has changed from the caches.
    pub fn forget_file(&self, device: Option<&mut Device>, path: &Path) {
        self.pictures.forget(path);
        if let Some(device) = device {
            device.renderer.forget_file(path);
        }
    }
}
