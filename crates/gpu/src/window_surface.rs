//! A window's surface: configuration, frames, loss and re-creation. See [`WindowSurface`].

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use glam::UVec2;

use super::shared_window::SharedWindow;
use super::surface_format::{SurfaceCopy, surface_format};
use super::{Gpu, GpuError, GpuOptions, resources};
use millions_stage::ShownOutput;

/// The surface of a window.
pub struct WindowSurface {
    surface: wgpu::Surface<'static>,
    config: wgpu::SurfaceConfiguration,
    /// What its outputs are drawn in.
    format: wgpu::TextureFormat,
    /// Where its own format is another.
    copy: Option<SurfaceCopy>,
    is_sync_master: bool,
    /// Reconfigured since the last frame: the next acquire is left to the next redraw, as some drivers block otherwise.
    fresh: bool,
    /// Successive frames that the driver called suboptimal.
    suboptimal: u32,
    shared_window: SharedWindow,
}

/// A suboptimal surface is reconfigured at the first such frame and then every so many: on some displays all frames are
/// suboptimal, and have to be shown all the same.
const SUBOPTIMAL_FRAMES: u32 = 120;

/// The result of [`WindowSurface::acquire`].
pub enum Acquired {
    /// A frame and the view to draw to, then [`WindowSurface::present`] it.
    Frame(wgpu::SurfaceTexture, wgpu::TextureView),
    /// No frame now; try again at the next redraw.
    Later,
    /// The window system gives no image: nobody sees the window, or the driver hangs.
    Withheld,
    /// The window is hidden: nothing needs to be drawn.
    Hidden,
    /// The surface is lost and has to be created again with [`WindowSurface::replace`].
    Lost,
}

/// The surface of a window that is not configured yet: the format of all windows has to be chosen first.
pub struct NewSurface {
    surface: wgpu::Surface<'static>,
    capabilities: wgpu::SurfaceCapabilities,
}

impl NewSurface {
    /// Opens a device for a window, and the window's surface. The device keeps `display` and no window: it outlives those
    /// whose monitors go.
    ///
    /// # Errors
    /// When no adapter can draw to it.
    pub fn open<W, D>(
        window: &Arc<W>,
        display: D,
        adapter: Option<&str>,
        options: GpuOptions,
    ) -> Result<(Gpu, Self), GpuError>
    where
        W: wgpu::rwh::HasWindowHandle + wgpu::rwh::HasDisplayHandle + std::fmt::Debug + Send + Sync + 'static,
        D: wgpu::rwh::HasDisplayHandle + std::fmt::Debug + Send + Sync + 'static,
    {
        let (gpu, surface) = Gpu::for_window(window, display, adapter, options)?;
        let capabilities = surface.get_capabilities(&gpu.adapter);
        Ok((gpu, Self { surface, capabilities }))
    }

    /// Opens the surface of another window on the same device.
    ///
    /// # Errors
    /// When the adapter cannot draw to the window.
    pub fn another<W>(gpu: &Gpu, window: &Arc<W>) -> Result<Self, GpuError>
    where
        W: wgpu::rwh::HasWindowHandle + wgpu::rwh::HasDisplayHandle + std::fmt::Debug + Send + Sync + 'static,
    {
        let surface =
            gpu.instance.create_surface(window.clone()).map_err(|error| GpuError::Surface(error.to_string()))?;
        if !gpu.adapter.is_surface_supported(&surface) {
            return Err(GpuError::Surface("another graphics card drives it".to_owned()));
        }
        let capabilities = surface.get_capabilities(&gpu.adapter);
        Ok(Self { surface, capabilities })
    }

    /// The formats that it can have.
    #[must_use]
    pub fn formats(&self) -> &[wgpu::TextureFormat] {
        &self.capabilities.formats
    }

    /// Configures it for outputs that are drawn in `format`. At most one window is the sync master: waiting for several
    /// monitors in turn would divide the frame rate.
    ///
    /// # Errors
    /// When the adapter offers no format at all.
    pub fn configure(
        self,
        gpu: &Gpu,
        format: wgpu::TextureFormat,
        (width, height): (u32, u32),
        is_sync_master: bool,
    ) -> Result<WindowSurface, GpuError> {
        let Self { surface, capabilities } = self;
        let own_format = surface_format(format, &capabilities.formats)
            .ok_or_else(|| GpuError::Surface("the adapter offers no format for it".to_owned()))?;
        let config = wgpu::SurfaceConfiguration {
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT,
            format: own_format,
            color_space: wgpu::SurfaceColorSpace::Auto,
            width: width.max(1),
            height: height.max(1),
            present_mode: present_mode(&capabilities, is_sync_master),
            // A key press shows in the very next frame.
            desired_maximum_frame_latency: 1,
            alpha_mode: wgpu::CompositeAlphaMode::Auto,
            view_formats: vec![],
        };
        surface.configure(&gpu.device, &config);
        let size = UVec2::new(config.width, config.height);
        let copy = (own_format != format).then(|| {
            tracing::debug!("a window shows {own_format:?}, copied from {format:?}");
            SurfaceCopy::new(gpu, size, format, own_format)
        });
        let shared_window = SharedWindow::default();
        Ok(WindowSurface { surface, config, format, copy, is_sync_master, fresh: false, suboptimal: 0, shared_window })
    }
}

impl WindowSurface {
    /// Whether all windows are paced by this one's monitor.
    #[must_use]
    pub const fn is_sync_master(&self) -> bool {
        self.is_sync_master
    }

    /// Makes this window the sync master, or not. The caller keeps exactly one.
    pub fn set_sync_master(&mut self, gpu: &Gpu, is_sync_master: bool) {
        if self.is_sync_master != is_sync_master {
            self.is_sync_master = is_sync_master;
            self.config.present_mode = present_mode(&self.surface.get_capabilities(&gpu.adapter), is_sync_master);
            self.reconfigure(gpu);
        }
    }

    /// Whether it presents the newest frame without waiting (mailbox).
    #[must_use]
    pub fn shows_newest(&self) -> bool {
        self.config.present_mode == wgpu::PresentMode::Mailbox
    }

    /// Lets several outputs share the window, or one that does not fill it.
    ///
    /// # Errors
    /// When the driver cannot copy to the surface.
    pub fn share(&mut self, gpu: &Gpu) -> Result<(), GpuError> {
        let copies = wgpu::TextureUsages::COPY_DST;
        if self.copy.is_some() || self.config.usage.contains(copies) {
            return Ok(());
        }
        if !self.surface.get_capabilities(&gpu.adapter).usages.contains(copies) {
            return Err(GpuError::Surface("the driver cannot show several outputs in one window".to_owned()));
        }
        self.config.usage |= copies;
        self.reconfigure(gpu);
        Ok(())
    }

    /// Lets pictures of its frames be taken for the desk, where the driver can; returns whether it can.
    pub fn allow_pictures(&mut self, gpu: &Gpu) -> bool {
        if self.has_pictures() {
            return true;
        }
        let samples = wgpu::TextureUsages::TEXTURE_BINDING;
        let can = self.surface.get_capabilities(&gpu.adapter).usages.contains(samples);
        if can {
            self.config.usage |= samples;
            self.reconfigure(gpu);
        }
        can
    }

    /// Whether pictures of its frames can be taken.
    #[must_use]
    pub fn has_pictures(&self) -> bool {
        self.copy.is_some() || self.config.usage.contains(wgpu::TextureUsages::TEXTURE_BINDING)
    }

    /// Returns the target of an output that shares the window, for [`WindowSurface::compose`].
    pub fn picture(&mut self, gpu: &Gpu, shown: &ShownOutput) -> wgpu::TextureView {
        self.shared_window.picture(gpu, shown, self.format)
    }

    /// Copies the pictures of outputs that share the window to a frame.
    pub fn compose(&mut self, gpu: &Gpu, shown: &[ShownOutput], frame: &wgpu::SurfaceTexture) {
        self.shared_window.keep_only(shown);
        let target = self.copy.as_ref().map_or(&frame.texture, SurfaceCopy::picture);
        self.shared_window.compose(gpu, shown, target);
    }

    /// The format that a renderer for this window has to draw.
    #[must_use]
    pub const fn format(&self) -> wgpu::TextureFormat {
        self.format
    }

    /// Width and height in pixels.
    #[must_use]
    pub const fn size(&self) -> (u32, u32) {
        (self.config.width, self.config.height)
    }

    /// Resizes the surface with its window. A size of 0 (minimised) is ignored.
    pub fn resize(&mut self, gpu: &Gpu, width: u32, height: u32) {
        let limit = gpu.device.limits().max_texture_dimension_2d;
        let (width, height) = (width.min(limit), height.min(limit));
        if width == 0 || height == 0 || (width, height) == self.size() {
            return;
        }
        (self.config.width, self.config.height) = (width, height);
        if let Some(copy) = &mut self.copy {
            copy.resize(gpu, UVec2::new(width, height));
        }
        self.reconfigure(gpu);
    }

    fn reconfigure(&mut self, gpu: &Gpu) {
        self.surface.configure(&gpu.device, &self.config);
        self.fresh = true;
    }

    /// Acquires the next frame.
    pub fn acquire(&mut self, gpu: &Gpu) -> Acquired {
        use wgpu::CurrentSurfaceTexture as Current;
        let Self { surface, copy, .. } = self;
        let acquired = |frame: wgpu::SurfaceTexture| {
            let view = resources::view(copy.as_ref().map_or(&frame.texture, SurfaceCopy::picture));
            Acquired::Frame(frame, view)
        };
        if std::mem::take(&mut self.fresh) {
            return Acquired::Later;
        }
        match surface.get_current_texture() {
            Current::Success(frame) => {
                self.suboptimal = 0;
                acquired(frame)
            }
            Current::Suboptimal(frame) => {
                self.suboptimal += 1;
                acquired(frame)
            }
            Current::Outdated => {
                self.reconfigure(gpu);
                Acquired::Later
            }
            Current::Timeout => Acquired::Withheld,
            Current::Occluded => Acquired::Hidden,
            // A lost device is reported as `Validation`, too; the caller checks `Gpu::is_lost` first.
            Current::Lost | Current::Validation => Acquired::Lost,
        }
    }

    /// Presents a frame; returns whether it did, as the device may be lost.
    pub fn present(&mut self, gpu: &Gpu, frame: wgpu::SurfaceTexture) -> bool {
        if let Some(copy) = &self.copy {
            copy.copy(gpu, &resources::view(&frame.texture));
        }
        if gpu.is_lost() {
            release(frame);
            return false;
        }
        gpu.queue.present(frame);
        // Not before: a surface must not be configured while a frame is acquired.
        if self.suboptimal % SUBOPTIMAL_FRAMES == 1 {
            self.reconfigure(gpu);
        }
        !gpu.is_lost()
    }

    /// Creates a lost surface again, on the same device.
    ///
    /// # Errors
    /// When the window cannot be drawn to any more.
    pub fn replace<W>(&mut self, gpu: &Gpu, window: &Arc<W>) -> Result<(), GpuError>
    where
        W: wgpu::rwh::HasWindowHandle + wgpu::rwh::HasDisplayHandle + std::fmt::Debug + Send + Sync + 'static,
    {
        let surface = NewSurface::another(gpu, window)?;
        *self = surface.configure(gpu, self.format, self.size(), self.is_sync_master)?;
        Ok(())
    }

    /// Drops the surface of a lost device. wgpu 30.0.1 panics ("SwapchainAcquireSemaphore still in use") if it has a frame that
    /// [`WindowSurface::present`] could not release, as the device was lost at that very moment.
    pub fn abandon(self) {
        if catch_unwind(AssertUnwindSafe(|| drop(self))).is_err() {
            tracing::warn!("a surface of the lost graphics device is not freed");
        }
    }
}

/// Releases a frame of a lost device, with which its surface could not be dropped: wgpu 30.0.1 discards frames only on a valid
/// device, and releases them only while the thread unwinds. This is no panic, and no panic hook hears of it.
pub(super) fn release(frame: wgpu::SurfaceTexture) {
    let unwinding = AssertUnwindSafe(move || {
        let _frame = frame;
        resume_unwind(Box::new("a frame is released"))
    });
    let _: Result<(), _> = catch_unwind(unwinding);
}

/// Vertical sync for the sync master; mailbox for the others where the surface has it.
fn present_mode(capabilities: &wgpu::SurfaceCapabilities, is_sync_master: bool) -> wgpu::PresentMode {
    let has_mailbox = capabilities.present_modes.contains(&wgpu::PresentMode::Mailbox);
    if !is_sync_master && has_mailbox { wgpu::PresentMode::Mailbox } else { wgpu::PresentMode::AutoVsync }
}
