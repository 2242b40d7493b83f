//! The surface of the desk's window, on the device of the wall. See [`DeskSurface`].

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use egui::epaint::{ClippedPrimitive, textures::TexturesDelta};
use egui_wgpu::{Renderer, RendererOptions, ScreenDescriptor};
use glam::UVec2;

use super::gpu_timer::GpuTimer;
use super::resources::{self, PipelineDescriptor, SAMPLER, TEXTURE};
use super::{CANVAS_FORMAT, Gpu, GpuError, Target, TargetFormat, shaders};

/// The surface of the desk: its own swap chain, which never waits for a monitor where the driver can do without, the painter of
/// its shapes, and the pictures in it, which stay on the GPU.
pub struct DeskSurface {
    surface: wgpu::Surface<'static>,
    config: wgpu::SurfaceConfiguration,
    painter: Renderer,
    pictures: HashMap<u64, Picture>,
    reduction: Reduction,
    timer: GpuTimer,
    /// Reconfigured since the last frame, see [`super::WindowSurface`].
    fresh: bool,
}

/// A picture in the desk: the wall, an output, a scene.
struct Picture {
    texture: wgpu::Texture,
    id: egui::TextureId,
}

/// A picture, for the one who draws the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeskPicture {
    /// Its texture.
    pub id: egui::TextureId,
    /// Its size in pixels.
    pub size: [u32; 2],
}

/// What became of a frame of the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Painted {
    /// It is presented.
    Done,
    /// Not now: it has to be painted again.
    Later,
    /// The surface is lost, and has to be opened again.
    Lost,
}

impl DeskSurface {
    /// Opens the surface of a window on the wall's device.
    ///
    /// # Errors
    /// When the device cannot draw to the window.
    pub fn open<W>(gpu: &Gpu, window: &Arc<W>, (width, height): (u32, u32)) -> Result<Self, GpuError>
    where
        W: wgpu::rwh::HasWindowHandle + wgpu::rwh::HasDisplayHandle + std::fmt::Debug + Send + Sync + 'static,
    {
        let surface =
            gpu.instance.create_surface(window.clone()).map_err(|error| GpuError::Surface(error.to_string()))?;
        if !gpu.adapter.is_surface_supported(&surface) {
            return Err(GpuError::Surface("another graphics card drives it".to_owned()));
        }
        let capabilities = surface.get_capabilities(&gpu.adapter);
        // egui's colours are encoded.
        let encoded = [wgpu::TextureFormat::Bgra8Unorm, wgpu::TextureFormat::Rgba8Unorm];
        let format = encoded.into_iter().find(|format| capabilities.formats.contains(format));
        let format = format
            .or_else(|| capabilities.formats.first().copied())
            .ok_or_else(|| GpuError::Surface("the adapter offers no format for it".to_owned()))?;
        // Without waiting for its monitor, on which nothing of the wall depends.
        let modes = [wgpu::PresentMode::Mailbox, wgpu::PresentMode::Immediate];
        let mode = modes.into_iter().find(|mode| capabilities.present_modes.contains(mode));
        let config = wgpu::SurfaceConfiguration {
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT,
            format,
            color_space: wgpu::SurfaceColorSpace::Auto,
            width: width.max(1),
            height: height.max(1),
            present_mode: mode.unwrap_or(wgpu::PresentMode::Fifo),
            // Where it has to wait, it has images enough not to at its own rate.
            desired_maximum_frame_latency: 2,
            alpha_mode: wgpu::CompositeAlphaMode::Auto,
            view_formats: vec![],
        };
        surface.configure(&gpu.device, &config);
        let painter = Renderer::new(&gpu.device, format, RendererOptions { dithering: false, ..Default::default() });
        let (reduction, timer) = (Reduction::new(gpu), GpuTimer::new(gpu));
        Ok(Self { surface, config, painter, pictures: HashMap::new(), reduction, timer, fresh: false })
    }

    /// Width and height in pixels.
    #[must_use]
    pub const fn size(&self) -> (u32, u32) {
        (self.config.width, self.config.height)
    }

    /// The longest side of a texture.
    #[must_use]
    pub fn max_texture_side(gpu: &Gpu) -> usize {
        gpu.device.limits().max_texture_dimension_2d as usize
    }

    /// Follows the size of its window. A size of 0 (minimised) is ignored.
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

    /// Applies changes of textures: all of them, in their order, also those of frames that are not painted.
    pub fn update(&mut self, gpu: &Gpu, textures: &TexturesDelta) {
        for (id, deltas) in &textures.set {
            for delta in deltas {
                self.painter.update_texture(&gpu.device, &gpu.queue, *id, delta);
            }
        }
    }

    /// Frees textures, after the last frame that shows them was painted.
    pub fn free(&mut self, textures: &TexturesDelta) {
        for id in &textures.free {
            self.painter.free_texture(id);
        }
    }

    /// Paints a frame and presents it.
    pub fn paint(&mut self, gpu: &Gpu, primitives: &[ClippedPrimitive], pixels_per_point: f32) -> Painted {
        use wgpu::CurrentSurfaceTexture as Current;
        if std::mem::take(&mut self.fresh) {
            return Painted::Later;
        }
        let frame = match self.surface.get_current_texture() {
            Current::Success(frame) | Current::Suboptimal(frame) => frame,
            Current::Outdated => {
                self.reconfigure(gpu);
                return Painted::Later;
            }
            Current::Timeout | Current::Occluded => return Painted::Later,
            Current::Lost | Current::Validation => return Painted::Lost,
        };
        let screen = ScreenDescriptor { size_in_pixels: self.size().into(), pixels_per_point };
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        self.timer.begin(&mut encoder);
        let buffers = self.painter.update_buffers(&gpu.device, &gpu.queue, &mut encoder, primitives, &screen);
        let mut pass = resources::begin_black(&mut encoder, "desk", &resources::view(&frame.texture)).forget_lifetime();
        self.painter.render(&mut pass, primitives, &screen);
        drop(pass);
        self.timer.end(&mut encoder);
        gpu.queue.submit(buffers.into_iter().chain([encoder.finish()]));
        self.timer.submitted();
        if gpu.is_lost() {
            super::window_surface::release(frame);
            return Painted::Lost;
        }
        gpu.queue.present(frame);
        Painted::Done
    }

    /// What a frame took on the GPU, of the last that is known; none where the adapter has no timestamps.
    pub fn gpu_time(&mut self) -> Option<Duration> {
        self.timer.poll()
    }

    /// Returns the target of a picture, for a renderer of that format.
    pub fn target(&mut self, gpu: &Gpu, key: u64, size: UVec2, format: TargetFormat) -> Target {
        let fits = |picture: &Picture| {
            resources::size_of_texture(&picture.texture) == size && picture.texture.format() == format
        };
        if !self.pictures.get(&key).is_some_and(fits) {
            let texture = resources::render_texture(&gpu.device, "desk", size, format);
            let (view, filter) = (resources::view(&texture), wgpu::FilterMode::Linear);
            // One of another size keeps its number: frames that are laid out have it.
            let id = match self.pictures.remove(&key) {
                Some(Picture { id, .. }) => {
                    self.painter.update_egui_texture_from_wgpu_texture(&gpu.device, &view, filter, id);
                    id
                }
                None => self.painter.register_native_texture(&gpu.device, &view, filter),
            };
            self.pictures.insert(key, Picture { texture, id });
        }
        resources::view(&self.pictures[&key].texture)
    }

    /// Reduces a frame of an output, as it is sent, to a picture.
    pub fn reduce(&mut self, gpu: &Gpu, frame: &Target, key: u64, size: UVec2) {
        let target = self.target(gpu, key, size, CANVAS_FORMAT);
        self.reduction.draw(gpu, frame, &target);
    }

    /// The picture of a key.
    #[must_use]
    pub fn picture(&self, key: u64) -> Option<DeskPicture> {
        let Picture { texture, id } = self.pictures.get(&key)?;
        Some(DeskPicture { id: *id, size: [texture.width(), texture.height()] })
    }

    /// The keys of all pictures.
    pub fn keys(&self) -> impl Iterator<Item = u64> {
        let mut keys: Vec<_> = self.pictures.keys().copied().collect();
        keys.sort_unstable();
        keys.into_iter()
    }

    /// Drops the surface of a lost device, or one of a window that goes; see [`super::WindowSurface::abandon`].
    pub fn abandon(self) {
        if catch_unwind(AssertUnwindSafe(|| drop(self))).is_err() {
            tracing::warn!("the desk's surface of the lost graphics device is not freed");
        }
    }
}

/// The pass that reduces a picture: the mean of several samples a pixel, for a 4K output in a picture a tenth as wide.
struct Reduction {
    pipeline: wgpu::RenderPipeline,
    layout: wgpu::BindGroupLayout,
    sampler: wgpu::Sampler,
}

impl Reduction {
    fn new(gpu: &Gpu) -> Self {
        let device = &gpu.device;
        let layout = resources::bind_group_layout(device, "preview", &[(0, TEXTURE), (1, SAMPLER)]);
        let pipeline = PipelineDescriptor {
            label: "preview",
            module: &resources::module(device, shaders::PREVIEW.name, &shaders::PREVIEW.source()),
            entry_points: ["vertex", "fragment"],
            constants: &[],
            layout: &layout,
            vertices: None,
            topology: wgpu::PrimitiveTopology::TriangleList,
            target: CANVAS_FORMAT,
            blend: None,
        };
        let pipeline = pipeline.create(device);
        Self { pipeline, layout, sampler: resources::linear_sampler(device, "preview") }
    }

    fn draw(&self, gpu: &Gpu, from: &Target, to: &Target) {
        let (picture, sampler) =
            (wgpu::BindingResource::TextureView(from), wgpu::BindingResource::Sampler(&self.sampler));
        let bind_group = resources::bind_group(&gpu.device, &self.layout, &[(0, picture), (1, sampler)]);
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let mut pass = resources::begin_black(&mut encoder, "preview", to);
            pass.set_pipeline(&self.pipeline);
            pass.set_bind_group(0, &bind_group, &[]);
            pass.draw(0..3, 0..1);
        }
        gpu.queue.submit([encoder.finish()]);
    }
}
