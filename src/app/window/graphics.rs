//! The graphics device, its renderer and its recovery after a loss. See [`Graphics`].

use std::time::{Duration, Instant};

use winit::dpi::PhysicalSize;
use winit::event_loop::OwnedDisplayHandle;

pub(super) use super::super::device::{Device, RenderLoad, RenderSources};
use super::super::output_window::OutputWindow;
use super::PlayOptions;
use millions_gpu::{DrawMode, GpuOptions, NewSurface, TEN_BITS, TargetFormat, WindowSurface, draw_format};

/// The interval between attempts to recover the device.
const RECOVER: Duration = Duration::from_millis(500);

/// The device and its renderer, with what both are created from again after a loss. The windows stay.
pub(super) struct Graphics {
    pub sources: RenderSources,
    pub device: Option<Device>,
    /// A part of the adapter's name.
    adapter: Option<String>,
    options: GpuOptions,
    display: OwnedDisplayHandle,
    /// The time of the next attempt to recover, after a loss.
    recover_at: Option<Instant>,
    /// Whether no frame has been presented since the last loss.
    is_returning: bool,
    /// Losses of the device on purpose.
    rehearsal: Option<LossRehearsal>,
    /// The format that is drawn in whatever the windows have, as a rehearsal.
    rehearsed_format: Option<TargetFormat>,
}

/// Losses of the device on purpose, at intervals: in turn between drawing and presenting, and between two frames.
struct LossRehearsal {
    interval_secs: f64,
    /// Of real time.
    next_secs: f64,
    /// The count of losses to come.
    left: u32,
}

/// The moment of a [`Graphics::rehearse_loss`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LossMoment {
    /// Frames are acquired and drawn to.
    BeforePresent,
    BetweenFrames,
}

impl Graphics {
    pub fn new(sources: RenderSources, display: OwnedDisplayHandle, options: &PlayOptions) -> Self {
        let rehearsal =
            |interval_secs| LossRehearsal { interval_secs, next_secs: interval_secs, left: options.lose_device_times };
        Self {
            sources,
            device: None,
            adapter: options.adapter.clone(),
            options: options.gpu,
            display,
            recover_at: None,
            is_returning: false,
            rehearsal: options.lose_device_after_secs.map(rehearsal),
            rehearsed_format: options.ten_bits.then_some(TEN_BITS),
        }
    }

    /// Creates the device, if there is none, and the missing surfaces of windows.
    ///
    /// # Errors
    /// When no adapter can draw to any of the windows.
    pub fn start(&mut self, windows: &mut [OutputWindow], load: RenderLoad) -> anyhow::Result<()> {
        // The device that a window opens where there is none.
        let mut opened = None;
        let mut surfaces = Vec::new();
        let mut failed = Vec::new();
        for window in windows.iter_mut().filter(|window| window.surface.is_none()) {
            let surface = match self.device.as_ref().map(|device| &device.gpu).or(opened.as_ref()) {
                Some(gpu) => NewSurface::another(gpu, &window.window),
                None => {
                    let opening =
                        NewSurface::open(&window.window, self.display.clone(), self.adapter.as_deref(), self.options);
                    opening.map(|(gpu, surface)| {
                        opened = Some(gpu);
                        surface
                    })
                }
            };
            match surface {
                Ok(surface) => surfaces.push((window, surface)),
                Err(error) => failed.push(error),
            }
        }
        let is_first = opened.is_some();
        if let Some(gpu) = opened {
            tracing::info!("drawing with {} ({})", gpu.report().name, gpu.report().kind);
            let formats: Vec<_> = surfaces.iter().map(|(_, surface)| surface.formats()).collect();
            let format = self.rehearsed_format.unwrap_or_else(|| draw_format(&formats));
            let renderer = self.sources.renderer(&gpu, format, load);
            self.device = Some(Device { gpu, renderer });
        }
        let Some(Device { gpu, renderer }) = &self.device else {
            return failed.pop().map_or(Ok(()), |error| Err(error.into()));
        };
        for (index, (window, surface)) in surfaces.into_iter().enumerate() {
            let PhysicalSize { width, height } = window.window.inner_size();
            match surface.configure(gpu, renderer.format(), (width, height), is_first && index == 0) {
                Ok(surface) => window.surface = Some(surface),
                Err(error) => failed.push(error),
            }
        }
        for error in failed {
            tracing::error!("an output stays dark: {error}");
        }
        Ok(())
    }

    /// Whether no frame has been presented since a device was lost.
    pub const fn is_returning(&self) -> bool {
        self.is_returning
    }

    pub fn is_lost(&self) -> bool {
        self.device.as_ref().is_some_and(|device| device.gpu.is_lost())
    }

    /// Whether the windows have outgrown their renderer.
    pub fn is_outgrown(&self, load: RenderLoad) -> bool {
        self.device.as_ref().is_some_and(|device| device.renderer.is_outgrown(load.px))
    }

    /// Creates a larger renderer.
    pub fn fit(&mut self, load: RenderLoad) {
        let Some(Device { gpu, renderer }) = &mut self.device else { return };
        let format = renderer.format();
        *renderer = self.sources.renderer(gpu, format, load);
    }

    /// Drops everything on the lost device.
    pub fn drop_lost(&mut self, windows: &mut [OutputWindow]) {
        let Some(Device { gpu, renderer }) = self.device.take() else { return };
        drop(renderer);
        // Before the surfaces: what was submitted refers to their frames until the queue is dropped.
        drop(gpu);
        windows.iter_mut().filter_map(|window| window.surface.take()).for_each(WindowSurface::abandon);
        // At once, but for a device that was lost before it showed anything.
        let pause = if self.is_returning { RECOVER } else { Duration::ZERO };
        self.recover_at = Some(Instant::now() + pause);
        self.is_returning = true;
    }

    /// How the next frame is drawn: the first after a loss with all of its tiles. Until then the last picture is seen, and it must
    /// not be followed by a wall of people who are not there yet.
    pub const fn draw_mode(&self) -> DrawMode {
        if self.is_returning { DrawMode::Complete } else { DrawMode::Live }
    }

    /// Takes note of frames that were presented.
    pub fn presented(&mut self) {
        if std::mem::take(&mut self.is_returning) {
            tracing::info!("the wall is back");
        }
    }

    /// Whether it is time for an attempt to recover the device after a loss.
    pub fn is_recovery_due(&self) -> bool {
        self.recover_at.is_some_and(|at| Instant::now() >= at)
    }

    /// Attempts to recover the device after a loss; returns whether it succeeded.
    pub fn recover(&mut self, windows: &mut [OutputWindow], load: RenderLoad) -> bool {
        match self.start(windows, load) {
            Ok(()) => {
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

    /// Loses the device on purpose, at its times.
    pub fn rehearse_loss(&mut self, real_secs: f64, moment: LossMoment) {
        let (Some(device), Some(LossRehearsal { interval_secs, next_secs, left })) =
            (&self.device, &mut self.rehearsal)
        else {
            return;
        };
        let turn = if left.is_multiple_of(2) { LossMoment::BeforePresent } else { LossMoment::BetweenFrames };
        if *left > 0 && !self.is_returning && real_secs > *next_secs && moment == turn {
            (*left, *next_secs) = (*left - 1, real_secs + *interval_secs);
            device.gpu.destroy();
        }
    }

    /// Drops the renderer, the surfaces and the device, which must not outlive the windows.
    pub fn close(&mut self, windows: &mut [OutputWindow]) {
        let Some(Device { gpu, renderer }) = self.device.take() else { return };
        drop(renderer);
        drop(gpu);
        windows.iter_mut().filter_map(|window| window.surface.take()).for_each(WindowSurface::abandon);
    }
}
