//! Buffers that grow with what is written to them.

use bytemuck::Pod;

use super::Gpu;

/// A buffer that can be written to.
pub fn buffer(gpu: &Gpu, label: &str, bytes: usize, usage: wgpu::BufferUsages) -> wgpu::Buffer {
    gpu.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        size: bytes as u64,
        usage: usage | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}

/// Writes to a buffer, which is made anew, larger, where it is too small; whether it was.
pub fn write<T: Pod>(gpu: &Gpu, to: &mut wgpu::Buffer, label: &str, values: &[T], usage: wgpu::BufferUsages) -> bool {
    let bytes = size_of_val(values);
    let is_small = to.size() < bytes as u64;
    if is_small {
        *to = buffer(gpu, label, bytes.next_power_of_two(), usage);
    }
    gpu.queue.write_buffer(to, 0, bytemuck::cast_slice(values));
    is_small
}
