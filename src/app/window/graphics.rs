//! The graphics device: made for the windows, lost, and made again. See [`Graphics`].

use std::sync::Arc;
use std::time::{Duration, Instant};

use winit::dpi::PhysicalSize;

use super::super::folder_files::FolderFiles;
use super::super::output_window::OutputWindow;
use millions_gpu::{Gpu, Renderer, ShaderSet, TargetFormat, WindowSurface};
use millions_wall::tile::TileSource;

/// The wait between tries to get a graphics device back.
const RECOVER: Duration = Duration::from_millis(500);

/// The device and its renderer, and what both are made anew from after a loss; the windows stay.
pub(super) struct Graphics {
    pub sources: RenderSources,
    pub device: Option<Device>,
    /// A part of the adapter's name.
    adapter: Option<String>,
    /// When to try again, after a loss.
    recover_at: Option<Instant>,
    /// The real time at which to lose the device on purpose, as a rehearsal.
    lose_at_secs: Option<f64>,
}

/// A device, and what draws on it.
pub(super) struct Device {
    pub gpu: Gpu,
    pub renderer: Renderer,
}

/// What renderers are made from.
pub(super) struct RenderSources {
    pub tiles: Arc<dyn TileSource>,
    pub pictures: Arc<FolderFiles>,
    /// The last valid ones.
    pub shaders: ShaderSet,
}

impl RenderSources {
    /// A renderer with the show's shaders; with the program's own, which are better than no wall, where those cannot be drawn
    /// with.
    fn renderer(&self, gpu: &Gpu, format: TargetFormat, size: (u32, u32), scenes: usize) -> Renderer {
        let plain =
            || Renderer::for_scenes(gpu, self.tiles.clone(), format, size, scenes).with_stills(self.pictures.clone());
        let renderer = plain().with_shaders(gpu, &self.shaders).unwrap_or_else(|error| {
            tracing::error!("{error}");
            plain()
        });
        renderer.warm(gpu);
        renderer
    }
}

impl Graphics {
    pub fn new(sources: RenderSources, adapter: Option<String>, lose_at_secs: Option<f64>) -> Self {
        Self { sources, device: None, adapter, recover_at: None, lose_at_secs }
    }

    /// Makes a device, where there is none, and surfaces for the windows that have none.
    ///
    /// # Errors
    /// When no adapter can draw to the first of the windows.
    pub fn start(&mut self, windows: &mut [OutputWindow], scenes: usize) -> anyhow::Result<()> {
        for window in windows.iter_mut().filter(|window| window.surface.is_none()) {
            let PhysicalSize { width, height } = window.window.inner_size();
            let surface = match &self.device {
                Some(device) => match WindowSurface::another(&device.gpu, &window.window, width, height) {
                    Ok(surface) => surface,
                    Err(error) => {
                        tracing::error!("an output stays dark: {error}");
                        continue;
                    }
                },
                None => {
                    let (gpu, surface) = WindowSurface::open(&window.window, self.adapter.as_deref(), width, height)?;
                    tracing::info!("drawing with {} ({})", gpu.report().name, gpu.report().kind);
                    let renderer = self.sources.renderer(&gpu, surface.format(), surface.size(), scenes);
                    self.device = Some(Device { gpu, renderer });
                    surface
                }
            };
            window.surface = Some(surface);
        }
        Ok(())
    }

    pub fn is_lost(&self) -> bool {
        self.device.as_ref().is_some_and(|device| device.gpu.is_lost())
    }

    /// Makes a larger renderer, where the windows have outgrown theirs; `px` is all of their pixels.
    pub fn fit(&mut self, px: u64, scenes: usize) {
        let Some(Device { gpu, renderer }) = &mut self.device else { return };
        if renderer.is_outgrown(px) {
            let side = (px as f64).sqrt().ceil() as u32;
            let format = renderer.format();
            *renderer = self.sources.renderer(gpu, format, (side, side), scenes);
        }
    }

    /// Reads a picture or a font again, which has changed.
    pub fn forget_file(&mut self, path: &std::path::Path) {
        self.sources.pictures.forget(path);
        if let Some(device) = &mut self.device {
            device.renderer.forget_file(path);
        }
    }

    /// Drops everything on the GPU, which is lost; it is made again from the plan and the tiles.
    pub fn drop_lost(&mut self, windows: &mut [OutputWindow]) {
        let Some(Device { gpu, renderer }) = self.device.take() else { return };
        drop(renderer);
        windows.iter_mut().filter_map(|window| window.surface.take()).for_each(WindowSurface::abandon);
        drop(gpu);
        self.recover_at = Some(Instant::now());
    }

    /// Tries, every now and then, to get a device again after a loss; returns whether it is back.
    pub fn recover(&mut self, windows: &mut [OutputWindow], scenes: usize) -> bool {
        if self.recover_at.is_none_or(|at| Instant::now() < at) {
            return false;
        }
        match self.start(windows, scenes) {
            Ok(()) => {
                tracing::info!("the wall is back");
                self.recover_at = None;
                true
            }
            Err(error) => {
                tracing::warn!("no graphics device yet: {error}");
                self.recover_at = Some(Instant::now() + RECOVER);
                false
            }
        }
    }

    /// Loses the device on purpose, once, when it is time.
    pub fn rehearse_loss(&mut self, real_secs: f64) {
        if let Some(device) = &self.device
            && self.lose_at_secs.take_if(|at| real_secs > *at).is_some()
        {
            device.gpu.destroy();
        }
    }

    /// Drops everything that draws, before the windows go.
    pub fn close(&mut self, windows: &mut [OutputWindow]) {
        let Some(Device { gpu, renderer }) = self.device.take() else { return };
        drop(renderer);
        for surface in windows.iter_mut().filter_map(|window| window.surface.take()) {
            if gpu.is_lost() {
                surface.abandon();
            }
        }
    }
}
