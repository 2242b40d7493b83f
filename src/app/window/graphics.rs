//! The graphics device, its renderer and its recovery after a loss. See [`Graphics`].

use std::sync::Arc;
use std::time::{Duration, Instant};

use winit::dpi::PhysicalSize;

use super::super::folder_files::FolderFiles;
use super::super::output_window::OutputWindow;
use millions_gpu::{Gpu, Renderer, ShaderSet, TargetFormat, WindowSurface};
use millions_wall::tile::TileSource;

/// The interval between attempts to recover the device.
const RECOVER: Duration = Duration::from_millis(500);

/// The device and its renderer, with what both are created from again after a loss. The windows stay.
pub(super) struct Graphics {
    pub sources: RenderSources,
    pub device: Option<Device>,
    /// A part of the adapter's name.
    adapter: Option<String>,
    /// The time of the next attempt to recover, after a loss.
    recover_at: Option<Instant>,
    /// The real time at which the device is lost on purpose, as a rehearsal.
    lose_at_secs: Option<f64>,
}

/// A device and its renderer.
pub(super) struct Device {
    pub gpu: Gpu,
    pub renderer: Renderer,
}

/// What a renderer has to have room for.
#[derive(Clone, Copy, Debug)]
pub(super) struct RenderLoad {
    /// The pixels of all outputs together.
    pub px: u64,
    pub scenes: usize,
}

/// What renderers are created from.
pub(super) struct RenderSources {
    pub tiles: Arc<dyn TileSource>,
    pub pictures: Arc<FolderFiles>,
    /// The last valid shaders of the show.
    pub shaders: ShaderSet,
}

impl RenderSources {
    /// Creates a renderer with the show's shaders, or with the built-in ones if those fail.
    fn renderer(&self, gpu: &Gpu, format: TargetFormat, RenderLoad { px, scenes }: RenderLoad) -> Renderer {
        let side = (px as f64).sqrt().ceil() as u32;
        tracing::debug!("a renderer for {px} pixels and {scenes} scenes");
        let plain = || {
            Renderer::for_scenes(gpu, self.tiles.clone(), format, (side, side), scenes)
                .with_stills(self.pictures.clone())
        };
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

    /// Creates the device, if there is none, and the missing surfaces of windows.
    ///
    /// # Errors
    /// When no adapter can draw to the first of the windows.
    pub fn start(&mut self, windows: &mut [OutputWindow], load: RenderLoad) -> anyhow::Result<()> {
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
                    let renderer = self.sources.renderer(&gpu, surface.format(), load);
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

    /// Creates a larger renderer if the windows have outgrown theirs.
    pub fn fit(&mut self, load: RenderLoad) {
        let Some(Device { gpu, renderer }) = &mut self.device else { return };
        if renderer.is_outgrown(load.px) {
            let format = renderer.format();
            *renderer = self.sources.renderer(gpu, format, load);
        }
    }

    /// Drops a picture or a font that has changed from the caches.
    pub fn forget_file(&mut self, path: &std::path::Path) {
        self.sources.pictures.forget(path);
        if let Some(device) = &mut self.device {
            device.renderer.forget_file(path);
        }
    }

    /// Drops everything on the lost device.
    pub fn drop_lost(&mut self, windows: &mut [OutputWindow]) {
        let Some(Device { gpu, renderer }) = self.device.take() else { return };
        drop(renderer);
        windows.iter_mut().filter_map(|window| window.surface.take()).for_each(WindowSurface::abandon);
        drop(gpu);
        self.recover_at = Some(Instant::now());
    }

    /// Attempts to recover the device after a loss, at intervals; returns whether it succeeded now.
    pub fn recover(&mut self, windows: &mut [OutputWindow], load: RenderLoad) -> bool {
        if self.recover_at.is_none_or(|at| Instant::now() < at) {
            return false;
        }
        match self.start(windows, load) {
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

    /// Loses the device on purpose, once, at its time.
    pub fn rehearse_loss(&mut self, real_secs: f64) {
        if let Some(device) = &self.device
            && self.lose_at_secs.take_if(|at| real_secs > *at).is_some()
        {
            device.gpu.destroy();
        }
    }

    /// Drops the renderer, the surfaces and the device, which must not outlive the windows.
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
