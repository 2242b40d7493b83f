//! A window's surface: configured, lost, and made again. See [`WindowSurface`].

use std::sync::Arc;

use super::shared_window::SharedWindow;
use super::{Gpu, GpuError};
use millions_stage::ShownOutput;

/// A window that can be drawn to.
pub struct WindowSurface {
    surface: wgpu::Surface<'static>,
    config: wgpu::SurfaceConfiguration,
    paces: bool,
    /// Reconfigured since the last frame: the next acquire waits for the next redraw, for some drivers block otherwise.
    fresh: bool,
    /// Frames that the driver called suboptimal, one after another.
    suboptimal: u32,
    /// What is laid together where several outputs share the window.
    shared_window: SharedWindow,
}

/// A suboptimal surface is configured again at the first such frame and then at each so many: on some displays every
/// frame is suboptimal, for ever, and the wall is to be lit all the same.
const SUBOPTIMAL_FRAMES: u32 = 120;

/// What asking for the next frame gave.
pub enum Acquired {
    /// A picture to draw to; hand it to [`WindowSurface::present`].
    Frame(wgpu::SurfaceTexture, wgpu::TextureView),
    /// Nothing this time; ask again at the next redraw.
    Later,
    /// The window is hidden: nothing needs to be drawn.
    Hidden,
    /// The surface is gone and has to be made anew, with [`WindowSurface::replace`].
    Lost,
}

impl WindowSurface {
    /// A device and a screen for a window.
    ///
    /// # Errors
    /// When no adapter can draw to it.
    pub fn open<W>(window: &Arc<W>, adapter: Option<&str>, width: u32, height: u32) -> Result<(Gpu, Self), GpuError>
    where
        W: wgpu::rwh::HasWindowHandle + wgpu::rwh::HasDisplayHandle + std::fmt::Debug + Send + Sync + 'static,
    {
        let (gpu, surface) = Gpu::for_window(window, adapter)?;
        let screen = Self::with_surface(&gpu, surface, width, height, true)?;
        Ok((gpu, screen))
    }

    /// Another screen on the same device. It does not wait for its monitor: one screen paces all, or several would divide the
    /// frame rate among them.
    ///
    /// # Errors
    /// When the adapter cannot draw to the window.
    pub fn another<W>(gpu: &Gpu, window: &Arc<W>, width: u32, height: u32) -> Result<Self, GpuError>
    where
        W: wgpu::rwh::HasWindowHandle + wgpu::rwh::HasDisplayHandle + std::fmt::Debug + Send + Sync + 'static,
    {
        let surface =
            gpu.instance.create_surface(window.clone()).map_err(|error| GpuError::Surface(error.to_string()))?;
        if !gpu.adapter.is_surface_supported(&surface) {
            return Err(GpuError::Surface("another graphics card drives it".to_owned()));
        }
        Self::with_surface(gpu, surface, width, height, false)
    }

    /// Whether all screens wait for this one's monitor.
    #[must_use]
    pub const fn paces(&self) -> bool {
        self.paces
    }

    /// Has all screens wait for this one's monitor, or not any more.
    pub fn set_paces(&mut self, gpu: &Gpu, paces: bool) {
        if self.paces != paces {
            self.paces = paces;
            self.config.present_mode = present_mode(&self.surface.get_capabilities(&gpu.adapter), paces);
            self.reconfigure(gpu);
        }
    }

    /// Whether it shows the newest picture and never keeps anybody waiting.
    #[must_use]
    pub fn shows_newest(&self) -> bool {
        self.config.present_mode == wgpu::PresentMode::Mailbox
    }

    /// Has several outputs share the window, or one that does not fill it.
    ///
    /// # Errors
    /// When the driver copies no pictures to it.
    pub fn share(&mut self, gpu: &Gpu) -> Result<(), GpuError> {
        let copies = wgpu::TextureUsages::COPY_DST;
        if self.config.usage.contains(copies) {
            return Ok(());
        }
        if !self.surface.get_capabilities(&gpu.adapter).usages.contains(copies) {
            return Err(GpuError::Surface("the driver cannot show several outputs in one window".to_owned()));
        }
        self.config.usage |= copies;
        self.reconfigure(gpu);
        Ok(())
    }

    /// What an output that shares the window is drawn to, before [`WindowSurface::resolve`].
    pub fn picture(&mut self, gpu: &Gpu, shown: &ShownOutput) -> wgpu::TextureView {
        self.shared_window.picture(gpu, shown, self.config.format)
    }

    /// Lays the pictures of outputs that share the window in a frame.
    pub fn resolve(&mut self, gpu: &Gpu, shown: &[ShownOutput], frame: &wgpu::SurfaceTexture) {
        self.shared_window.keep_only(shown);
        self.shared_window.resolve(gpu, shown, &frame.texture);
    }

    fn with_surface(
        gpu: &Gpu,
        surface: wgpu::Surface<'static>,
        width: u32,
        height: u32,
        paces: bool,
    ) -> Result<Self, GpuError> {
        let capabilities = surface.get_capabilities(&gpu.adapter);
        // The wall encodes its own gamma, so that it can dither in the steps that the projector shows: of 10 bit where
        // the way to it has them, else of 8.
        let plain =
            [wgpu::TextureFormat::Rgb10a2Unorm, wgpu::TextureFormat::Bgra8Unorm, wgpu::TextureFormat::Rgba8Unorm];
        let format = plain
            .into_iter()
            .find(|format| capabilities.formats.contains(format))
            .or_else(|| capabilities.formats.first().copied())
            .ok_or_else(|| GpuError::Surface("the adapter offers no format for it".to_owned()))?;
        let config = wgpu::SurfaceConfiguration {
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT,
            format,
            color_space: wgpu::SurfaceColorSpace::Auto,
            width: width.max(1),
            height: height.max(1),
            present_mode: present_mode(&capabilities, paces),
            // A key is answered by the very next frame.
            desired_maximum_frame_latency: 1,
            alpha_mode: wgpu::CompositeAlphaMode::Auto,
            view_formats: vec![],
        };
        surface.configure(&gpu.device, &config);
        Ok(Self { surface, config, paces, fresh: false, suboptimal: 0, shared_window: SharedWindow::default() })
    }

    /// The format that a renderer for this screen has to draw.
    #[must_use]
    pub const fn format(&self) -> wgpu::TextureFormat {
        self.config.format
    }

    /// Width and height in pixels.
    #[must_use]
    pub const fn size(&self) -> (u32, u32) {
        (self.config.width, self.config.height)
    }

    /// Follows the window to another size. No pixels means minimised, and changes nothing.
    pub fn resize(&mut self, gpu: &Gpu, width: u32, height: u32) {
        let limit = gpu.device.limits().max_texture_dimension_2d;
        let (width, height) = (width.min(limit), height.min(limit));
        if width == 0 || height == 0 || (width, height) == self.size() {
            return;
        }
        (self.config.width, self.config.height) = (width, height);
        self.reconfigure(gpu);
    }

    fn reconfigure(&mut self, gpu: &Gpu) {
        self.surface.configure(&gpu.device, &self.config);
        self.fresh = true;
    }

    /// Asks for the next frame.
    pub fn acquire(&mut self, gpu: &Gpu) -> Acquired {
        use wgpu::CurrentSurfaceTexture as Current;
        if std::mem::take(&mut self.fresh) {
            return Acquired::Later;
        }
        match self.surface.get_current_texture() {
            Current::Success(frame) => {
                self.suboptimal = 0;
                let view = frame.texture.create_view(&wgpu::TextureViewDescriptor::default());
                Acquired::Frame(frame, view)
            }
            Current::Suboptimal(frame) => {
                self.suboptimal += 1;
                let view = frame.texture.create_view(&wgpu::TextureViewDescriptor::default());
                Acquired::Frame(frame, view)
            }
            Current::Outdated => {
                self.reconfigure(gpu);
                Acquired::Later
            }
            Current::Timeout => Acquired::Later,
            Current::Occluded => Acquired::Hidden,
            Current::Lost => Acquired::Lost,
            // What a lost device answers too; the caller looks at `Gpu::is_lost` first.
            Current::Validation => Acquired::Lost,
        }
    }

    /// Shows a frame.
    pub fn present(&mut self, gpu: &Gpu, frame: wgpu::SurfaceTexture) {
        gpu.queue.present(frame);
        // Only now: a live frame must be gone before its surface is configured.
        if self.suboptimal % SUBOPTIMAL_FRAMES == 1 {
            self.reconfigure(gpu);
        }
    }

    /// Makes a lost surface anew, on the same device.
    ///
    /// # Errors
    /// When the window cannot be drawn to any more.
    pub fn replace<W>(&mut self, gpu: &Gpu, window: &Arc<W>) -> Result<(), GpuError>
    where
        W: wgpu::rwh::HasWindowHandle + wgpu::rwh::HasDisplayHandle + std::fmt::Debug + Send + Sync + 'static,
    {
        let surface =
            gpu.instance.create_surface(window.clone()).map_err(|error| GpuError::Surface(error.to_string()))?;
        let (width, height) = self.size();
        *self = Self::with_surface(gpu, surface, width, height, self.paces)?;
        Ok(())
    }

    /// Gives up a screen whose device was lost.
    ///
    /// In wgpu 30.0.1 dropping a surface whose frame was acquired when the device went panics ("SwapchainAcquireSemaphore
    /// still in use"), so it is left behind: a few hundred bytes for each lost device.
    pub fn abandon(self) {
        std::mem::forget(self.surface);
    }
}

/// A screen that paces waits for its monitor; the others show the newest picture without tearing where they can.
fn present_mode(capabilities: &wgpu::SurfaceCapabilities, paces: bool) -> wgpu::PresentMode {
    let newest = capabilities.present_modes.contains(&wgpu::PresentMode::Mailbox);
    if !paces && newest { wgpu::PresentMode::Mailbox } else { wgpu::PresentMode::AutoVsync }
}
