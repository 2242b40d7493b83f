//! An offscreen target and its readback. See [`Canvas`].

use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};

use super::{CANVAS_FORMAT, Gpu, GpuError};

/// A render target of fixed size that can be read back.
pub struct Canvas {
    texture: wgpu::Texture,
    readback: wgpu::Buffer,
    width: u32,
    height: u32,
}

/// Has the result of a mapping once the GPU is done and polled.
type Mapped = Receiver<Result<(), wgpu::BufferAsyncError>>;

/// A read of a canvas that is under way. See [`Canvas::begin_read`].
pub struct PendingRead {
    mapped: Mapped,
    submission: wgpu::SubmissionIndex,
}

/// The interval at which the GPU is asked whether it is done.
const POLL: Duration = Duration::from_millis(4);
/// Alignment in bytes of the rows of a readback buffer.
const ROW_ALIGN: u32 = wgpu::COPY_BYTES_PER_ROW_ALIGNMENT;

impl Canvas {
    /// Creates a target of `width` × `height` pixels in [`CANVAS_FORMAT`].
    ///
    /// # Errors
    /// When it is larger than the adapter's limit.
    pub fn new(gpu: &Gpu, width: u32, height: u32) -> Result<Self, GpuError> {
        Self::with_format(gpu, width, height, CANVAS_FORMAT)
    }

    /// Creates a target in the format of a window (four bytes a pixel), so that the window's renderer can draw to it.
    ///
    /// # Errors
    /// When it is larger than the adapter's limit.
    pub fn with_format(gpu: &Gpu, width: u32, height: u32, format: wgpu::TextureFormat) -> Result<Self, GpuError> {
        gpu.check_size(width, height)?;
        let texture = gpu.device.create_texture(&wgpu::TextureDescriptor {
            label: Some("canvas"),
            size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format,
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        let readback = gpu.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("readback"),
            size: u64::from((width * 4).next_multiple_of(ROW_ALIGN)) * u64::from(height),
            usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        Ok(Self { texture, readback, width, height })
    }

    /// Width and height in pixels.
    #[must_use]
    pub const fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// The target to draw to.
    #[must_use]
    pub fn view(&self) -> wgpu::TextureView {
        self.texture.create_view(&wgpu::TextureViewDescriptor::default())
    }

    /// Reads the pixels back: width × height × (R, G, B, A), upper row first. Waits for the GPU.
    ///
    /// # Errors
    /// When the device is lost.
    pub fn read(&self, gpu: &Gpu) -> Result<Vec<u8>, GpuError> {
        let (mapped, _) = self.map(gpu);
        gpu.wait()?;
        mapped.recv().map_err(lost)?.map_err(lost)?;
        self.pixels()
    }

    /// Begins to read the pixels back: the copy is submitted, and nobody waits. [`Self::finish_read`] has them, before the next
    /// read of this canvas; what is drawn to it meanwhile comes after the copy.
    pub fn begin_read(&self, gpu: &Gpu) -> PendingRead {
        let (mapped, submission) = self.map(gpu);
        PendingRead { mapped, submission }
    }

    /// Waits for a read that was begun, and for what was submitted before it, and for nothing after.
    ///
    /// # Errors
    /// When the device is lost.
    pub fn finish_read(&self, gpu: &Gpu, PendingRead { mapped, submission }: PendingRead) -> Result<Vec<u8>, GpuError> {
        let wait = wgpu::PollType::Wait { submission_index: Some(submission), timeout: None };
        gpu.device.poll(wait).map_err(lost)?;
        mapped.recv().map_err(lost)?.map_err(lost)?;
        self.pixels()
    }

    /// Reads the pixels back as [`Self::read`] does, on a thread, which hands them to `done`: nobody else waits for the GPU.
    pub fn read_in_background(self, gpu: &Gpu, done: impl FnOnce(Result<Vec<u8>, GpuError>) + Send + 'static) {
        let ((mapped, _), device) = (self.map(gpu), gpu.device.clone());
        gpu.background(move |stopped| {
            let pixels = loop {
                // Without waiting, which would hold up submissions on other threads.
                let polled = device.poll(wgpu::PollType::Poll);
                match mapped.recv_timeout(POLL) {
                    Ok(mapped) => break mapped.map_err(lost).and_then(|()| self.pixels()),
                    Err(RecvTimeoutError::Timeout) if polled.is_ok() && !stopped.load(Ordering::Relaxed) => {}
                    Err(error) => break Err(lost(error)),
                }
            };
            done(pixels);
        });
    }

    /// Submits a copy to the readback buffer and maps that; the receiver has the result once the GPU is done and polled.
    fn map(&self, gpu: &Gpu) -> (Mapped, wgpu::SubmissionIndex) {
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.copy_texture_to_buffer(
            self.texture.as_image_copy(),
            wgpu::TexelCopyBufferInfo {
                buffer: &self.readback,
                layout: wgpu::TexelCopyBufferLayout {
                    offset: 0,
                    bytes_per_row: Some(self.row_bytes()),
                    rows_per_image: Some(self.height),
                },
            },
            self.texture.size(),
        );
        let submission = gpu.queue.submit([encoder.finish()]);
        let (sender, receiver) = bounded(1);
        self.readback.map_async(wgpu::MapMode::Read, .., move |result| drop(sender.send(result)));
        (receiver, submission)
    }

    /// The bytes of a row in the readback buffer.
    const fn row_bytes(&self) -> u32 {
        (self.width * 4).next_multiple_of(ROW_ALIGN)
    }

    /// Copies the pixels out of the mapped buffer, and unmaps it.
    fn pixels(&self) -> Result<Vec<u8>, GpuError> {
        let mapped = self.readback.get_mapped_range(..).map_err(lost)?;
        let mut picture = Vec::with_capacity(self.width as usize * self.height as usize * 4);
        for line in mapped.chunks_exact(self.row_bytes() as usize) {
            picture.extend_from_slice(&line[..self.width as usize * 4]);
        }
        drop(mapped);
        self.readback.unmap();
        match self.texture.format() {
            wgpu::TextureFormat::Bgra8Unorm | wgpu::TextureFormat::Bgra8UnormSrgb => {
                picture.chunks_exact_mut(4).for_each(|pixel| pixel.swap(0, 2));
            }
            wgpu::TextureFormat::Rgb10a2Unorm => {
                picture.as_chunks_mut::<4>().0.iter_mut().for_each(|pixel| *pixel = eight_bit(*pixel));
            }
            _ => {}
        }
        Ok(picture)
    }
}

fn lost(error: impl std::fmt::Display) -> GpuError {
    GpuError::Lost(error.to_string())
}

/// Rounds a pixel of 10 bits a channel to opaque 8-bit R, G, B, A.
fn eight_bit(pixel: [u8; 4]) -> [u8; 4] {
    let bits = u32::from_le_bytes(pixel);
    let channel = |shift: u32| (((bits >> shift & 0x3ff) * 255 + 511) / 1023) as u8;
    [channel(0), channel(10), channel(20), 255]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_bits_become_eight() {
        let pixel = |r: u32, g: u32, b: u32| eight_bit((r | g << 10 | b << 20 | 3 << 30).to_le_bytes());
        assert_eq!(pixel(0, 1023, 512), [0, 255, 128, 255]);
        assert_eq!(pixel(2, 4, 1021), [0, 1, 255, 255]);
    }

    #[test]
    fn pixels_are_read_on_a_thread_as_they_are_by_waiting() {
        let gpu = Gpu::headless(None).expect("scripts/test installs a software driver");
        let canvas = Canvas::with_format(&gpu, 70, 3, wgpu::TextureFormat::Bgra8Unorm).unwrap();
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let color = wgpu::Color { r: 1.0, g: 0.6, b: 0.2, a: 1.0 };
        drop(encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: &canvas.view(),
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations { load: wgpu::LoadOp::Clear(color), store: wgpu::StoreOp::Store },
            })],
            ..wgpu::RenderPassDescriptor::default()
        }));
        gpu.queue.submit([encoder.finish()]);
        let waited = canvas.read(&gpu).unwrap();
        assert_eq!((waited.len(), &waited[..4]), (70 * 3 * 4, &[255, 153, 51, 255][..]));
        let (sender, receiver) = bounded(1);
        canvas.read_in_background(&gpu, move |pixels| sender.send(pixels).unwrap());
        assert_eq!(receiver.recv().unwrap().unwrap(), waited);
    }
}
