//! Adapter, device and queue. See [`Gpu`].

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::adapter_choice::{Candidate, DriverChoice};
use super::background::Background;
use super::gpu_timer;
use millions_base::RepeatedErrors;

/// A device with its instance, adapter and queue.
pub struct Gpu {
    /// The first field: its threads are joined before anything else is dropped.
    background: Background,
    pub(crate) instance: wgpu::Instance,
    pub(crate) adapter: wgpu::Adapter,
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    is_software: bool,
    supersamples: bool,
    memory_budget: Option<u64>,
    lost: Arc<AtomicBool>,
    errors: Arc<Mutex<Vec<String>>>,
}

/// What a device takes and how it draws, as chosen at the start; what is not chosen is as it suits the adapter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GpuOptions {
    /// The most bytes of graphics memory for tiles; none: as many as the outputs need.
    pub memory_budget: Option<u64>,
    /// Whether faces are sampled four times a pixel, or once. See [`Gpu::supersamples`].
    pub supersamples: Option<bool>,
    /// Which driver draws.
    pub driver: DriverChoice,
}

/// Why a device cannot be had or used.
#[derive(Debug, thiserror::Error)]
pub enum GpuError {
    /// No adapter at all.
    #[error(
        "no graphics adapter was found: install a driver (on Debian and Ubuntu `apt install mesa-vulkan-drivers` gives a \
         software one), then try `millions doctor`"
    )]
    NoAdapter,
    /// No adapter of that name.
    #[error("no graphics adapter is called {wanted:?}: there are {there}")]
    NoSuchAdapter {
        /// The name.
        wanted: String,
        /// The names of all adapters.
        there: String,
    },
    /// The adapter refused a device.
    #[error("the graphics adapter {adapter} gave no device: {reason}")]
    NoDevice {
        /// Its name.
        adapter: String,
        /// What the driver says.
        reason: String,
    },
    /// The window's surface cannot be used.
    #[error("the window cannot be drawn to: {0}")]
    Surface(String),
    /// The device was lost.
    #[error("the graphics device was lost: {0}")]
    Lost(String),
    /// The picture is larger than the adapter's limit.
    #[error("a picture of {width}x{height} is more than this adapter draws ({limit} px a side): take a smaller --size")]
    TooLarge {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// Pixels.
        limit: u32,
    },
}

/// Identity and capabilities of an adapter, for `millions doctor`.
#[derive(Clone, Debug)]
pub struct AdapterReport {
    /// Its name.
    pub name: String,
    /// Device type, backend and driver.
    pub kind: String,
    /// A rasteriser on the CPU.
    pub is_software: bool,
    /// The largest texture side in pixels.
    pub max_side: u32,
    /// The most layers of a texture array, and so of the tile cache.
    pub max_layers: u32,
    /// Texture formats of interest, and whether the adapter filters them.
    pub formats: Vec<(&'static str, bool)>,
}

fn instance(display: Option<Box<dyn wgpu::wgt::WgpuHasDisplayHandle>>) -> wgpu::Instance {
    wgpu::Instance::new(match display {
        Some(display) => wgpu::InstanceDescriptor::new_with_display_handle_from_env(display),
        None => wgpu::InstanceDescriptor::new_without_display_handle_from_env(),
    })
}

/// All adapters of the primary backends; OpenGL's only where there is none, or where they may be chosen, as their enumeration
/// takes a second.
fn enumerate(instance: &wgpu::Instance, choice: DriverChoice) -> Vec<wgpu::Adapter> {
    let mut adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY));
    if adapters.is_empty() || choice.takes_every_backend() {
        adapters.extend(pollster::block_on(instance.enumerate_adapters(wgpu::Backends::SECONDARY)));
    }
    adapters
}

/// Reports all adapters, the default one first.
#[must_use]
pub fn adapters() -> Vec<AdapterReport> {
    let adapters = enumerate(&instance(None), DriverChoice::Usual);
    ordered(adapters, DriverChoice::Usual, None).iter().map(report).collect()
}

fn report(adapter: &wgpu::Adapter) -> AdapterReport {
    let (info, limits) = (adapter.get_info(), adapter.limits());
    let filters = |format| {
        let features = adapter.get_texture_format_features(format);
        features.flags.contains(wgpu::TextureFormatFeatureFlags::FILTERABLE)
    };
    let bc = adapter.features().contains(wgpu::Features::TEXTURE_COMPRESSION_BC);
    AdapterReport {
        name: info.name,
        kind: format!("{:?}, {:?}, {} {}", info.device_type, info.backend, info.driver, info.driver_info),
        is_software: info.device_type == wgpu::DeviceType::Cpu,
        max_side: limits.max_texture_dimension_2d,
        max_layers: limits.max_texture_array_layers,
        formats: vec![
            ("R8Unorm", filters(wgpu::TextureFormat::R8Unorm)),
            ("Rg8Unorm", filters(wgpu::TextureFormat::Rg8Unorm)),
            ("Rgba16Float", filters(wgpu::TextureFormat::Rgba16Float)),
            ("BC4/BC5", bc),
        ],
    }
}

impl Gpu {
    /// Returns the adapter's name.
    #[must_use]
    pub fn adapter_name(&self) -> String {
        self.adapter.get_info().name
    }

    /// Opens a device without a window: the fastest whose adapter's name contains `name`.
    ///
    /// # Errors
    /// When there is no such adapter, or it gives no device.
    pub fn headless(name: Option<&str>) -> Result<Self, GpuError> {
        let instance = instance(None);
        let adapters = pick(enumerate(&instance, DriverChoice::Usual), name, DriverChoice::Usual, |_| true)?;
        Self::first(&instance, adapters)
    }

    /// Opens a device that can draw to `window` on `display`, and the window's surface.
    pub(crate) fn for_window<W, D>(
        window: &Arc<W>,
        display: D,
        name: Option<&str>,
        options: GpuOptions,
    ) -> Result<(Self, wgpu::Surface<'static>), GpuError>
    where
        W: wgpu::rwh::HasWindowHandle + wgpu::rwh::HasDisplayHandle + std::fmt::Debug + Send + Sync + 'static,
        D: wgpu::rwh::HasDisplayHandle + std::fmt::Debug + Send + Sync + 'static,
    {
        let instance = instance(Some(Box::new(display)));
        let surface = instance.create_surface(window.clone()).map_err(|error| GpuError::Surface(error.to_string()))?;
        let adapters = enumerate(&instance, options.driver);
        let adapters = pick(adapters, name, options.driver, |adapter| adapter.is_surface_supported(&surface))?;
        Ok((Self::first(&instance, adapters)?.with_options(options), surface))
    }

    /// Opens the device of the first adapter that gives one.
    fn first(instance: &wgpu::Instance, adapters: Vec<wgpu::Adapter>) -> Result<Self, GpuError> {
        let mut refused = GpuError::NoAdapter;
        for adapter in adapters {
            match Self::from_adapter(instance.clone(), adapter) {
                Ok(gpu) => return Ok(gpu),
                Err(error) => {
                    tracing::warn!("{error}");
                    refused = error;
                }
            }
        }
        Err(refused)
    }

    fn from_adapter(instance: wgpu::Instance, adapter: wgpu::Adapter) -> Result<Self, GpuError> {
        let (device, queue) = pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor {
            label: Some("millions"),
            required_features: adapter.features() & gpu_timer::FEATURES,
            required_limits: adapter.limits(),
            memory_hints: wgpu::MemoryHints::MemoryUsage,
            ..Default::default()
        }))
        .map_err(|error| GpuError::NoDevice { adapter: adapter.get_info().name, reason: error.to_string() })?;
        let (lost, errors) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        device.set_device_lost_callback({
            let lost = lost.clone();
            move |reason, message| {
                tracing::warn!("the graphics device was lost ({reason:?}): {message}");
                lost.store(true, Ordering::SeqCst);
            }
        });
        // wgpu's default handler panics; a show has to go on.
        device.on_uncaptured_error(Arc::new({
            let (errors, lost) = (errors.clone(), lost.clone());
            let (repeated, began) = (Mutex::new(RepeatedErrors::default()), Instant::now());
            move |error: wgpu::Error| {
                // After a loss every call fails; that is no news.
                if lost.load(Ordering::SeqCst) {
                    return;
                }
                let secs = began.elapsed().as_secs_f64();
                // It may recur every frame.
                if let Ok(Some(report)) = repeated.lock().map(|mut repeated| repeated.record(error.to_string(), secs)) {
                    tracing::error!("the graphics device reports: {report}");
                }
                if let Ok(mut errors) = errors.lock() {
                    // Bounded: an error may recur every frame.
                    if errors.len() < 64 {
                        errors.push(error.to_string());
                    }
                }
            }
        }));
        let is_software = adapter.get_info().device_type == wgpu::DeviceType::Cpu;
        Ok(Self {
            background: Background::default(),
            instance,
            adapter,
            device,
            queue,
            is_software,
            supersamples: !is_software,
            memory_budget: None,
            lost,
            errors,
        })
    }

    /// Reports the adapter.
    #[must_use]
    pub fn report(&self) -> AdapterReport {
        report(&self.adapter)
    }

    /// Whether the processor draws.
    #[must_use]
    pub const fn is_software(&self) -> bool {
        self.is_software
    }

    /// Whether faces are sampled four times a pixel: on graphics cards, unless [`GpuOptions`] say otherwise. A
    /// rasteriser on the CPU takes one sample, for each costs it half a blit.
    #[must_use]
    pub const fn supersamples(&self) -> bool {
        self.supersamples
    }

    /// Samples faces four times a pixel, or once.
    #[must_use]
    pub const fn with_supersampling(mut self, supersamples: bool) -> Self {
        self.supersamples = supersamples;
        self
    }

    /// Draws as chosen.
    #[must_use]
    pub fn with_options(self, GpuOptions { memory_budget, supersamples, .. }: GpuOptions) -> Self {
        let supersamples = supersamples.unwrap_or(self.supersamples);
        self.with_memory_budget(memory_budget).with_supersampling(supersamples)
    }

    /// The most bytes of graphics memory for tiles; none where as many are taken as the outputs need.
    #[must_use]
    pub const fn memory_budget(&self) -> Option<u64> {
        self.memory_budget
    }

    /// Sets the most bytes of graphics memory for tiles.
    #[must_use]
    pub const fn with_memory_budget(mut self, bytes: Option<u64>) -> Self {
        self.memory_budget = bytes;
        self
    }

    /// Whether the device is lost, so that everything has to be created again on a new [`Gpu`].
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.lost.load(Ordering::SeqCst)
    }

    /// Takes the validation errors since the last call. There should be none: each is a bug of this program.
    #[must_use]
    pub fn take_errors(&self) -> Vec<String> {
        self.errors.lock().map(|mut errors| std::mem::take(&mut *errors)).unwrap_or_default()
    }

    /// Runs `work` on a thread that is joined before the device is dropped: it has to return soon once the flag is set.
    pub fn background(&self, work: impl FnOnce(&AtomicBool) + Send + 'static) {
        self.background.run(work);
    }

    /// Bytes of GPU memory in use, where the driver reports them.
    #[must_use]
    pub fn allocated_bytes(&self) -> Option<u64> {
        self.device.generate_allocator_report().map(|report| report.total_allocated_bytes)
    }

    /// Loses the device as a driver reset would.
    pub fn destroy(&self) {
        self.device.destroy();
        let _ = self.device.poll(wgpu::PollType::Poll);
        self.lost.store(true, Ordering::SeqCst);
    }

    /// Waits until the GPU has finished all submissions.
    pub(crate) fn wait(&self) -> Result<(), GpuError> {
        self.device.poll(wgpu::PollType::wait_indefinitely()).map_err(|error| GpuError::Lost(error.to_string()))?;
        if self.is_lost() { Err(GpuError::Lost("while it drew".to_owned())) } else { Ok(()) }
    }

    /// Returns whether the GPU has finished all that it was given.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.device.poll(wgpu::PollType::Poll).is_ok_and(|status| status.is_queue_empty())
    }

    /// Checks a size against the adapter's limit.
    pub(crate) fn check_size(&self, width: u32, height: u32) -> Result<(), GpuError> {
        let limit = self.device.limits().max_texture_dimension_2d;
        if width.max(height) > limit { Err(GpuError::TooLarge { width, height, limit }) } else { Ok(()) }
    }
}

/// The adapters in the order in which they are tried.
fn ordered(adapters: Vec<wgpu::Adapter>, choice: DriverChoice, name: Option<&str>) -> Vec<wgpu::Adapter> {
    let candidates: Vec<_> = adapters.iter().map(|adapter| Candidate::from(adapter.get_info())).collect();
    let mut adapters: Vec<_> = adapters.into_iter().map(Some).collect();
    choice.order(&candidates, name).into_iter().filter_map(|index| adapters[index].take()).collect()
}

/// The adapters that can be used, in the order in which they are tried; at least one.
fn pick(
    adapters: Vec<wgpu::Adapter>,
    name: Option<&str>,
    choice: DriverChoice,
    usable: impl Fn(&wgpu::Adapter) -> bool,
) -> Result<Vec<wgpu::Adapter>, GpuError> {
    let names: Vec<_> = adapters.iter().map(|adapter| adapter.get_info().name).collect();
    let usable: Vec<_> = ordered(adapters, choice, name).into_iter().filter(usable).collect();
    if !usable.is_empty() {
        return Ok(usable);
    }
    Err(match name {
        Some(name) if !names.is_empty() => GpuError::NoSuchAdapter { wanted: name.to_owned(), there: names.join(", ") },
        _ => GpuError::NoAdapter,
    })
}
