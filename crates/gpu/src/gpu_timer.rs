//! Times the GPU's part of a frame by timestamp queries. See [`GpuTimer`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use super::Gpu;

/// Timings that may be under way: a swapchain has at most three frames.
const IN_FLIGHT: usize = 4;
/// Two timestamps of 8 bytes.
const BYTES: u64 = 16;

/// States of a readback.
const FREE: u8 = 0;
const WAITING: u8 = 1;
const READY: u8 = 2;
const FAILED: u8 = 3;

/// The time from the first to the last command of a submission, known some frames later; nothing waits for it.
pub struct GpuTimer {
    /// None where the adapter has no timestamps.
    queries: Option<Queries>,
    last: Option<Duration>,
}

struct Queries {
    set: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    readbacks: [Readback; IN_FLIGHT],
    /// The readback of the submission that is being recorded.
    recording: Option<usize>,
    ns_per_tick: f32,
}

struct Readback {
    buffer: wgpu::Buffer,
    state: Arc<AtomicU8>,
}

/// The features that timing needs.
pub const FEATURES: wgpu::Features =
    wgpu::Features::TIMESTAMP_QUERY.union(wgpu::Features::TIMESTAMP_QUERY_INSIDE_ENCODERS);

impl GpuTimer {
    pub fn new(gpu: &Gpu) -> Self {
        let queries = gpu.device.features().contains(FEATURES).then(|| Queries::new(gpu));
        Self { queries, last: None }
    }

    /// Records the beginning of a submission, and takes over timings that have arrived.
    pub fn begin(&mut self, encoder: &mut wgpu::CommandEncoder) {
        self.poll();
        let Some(queries) = &mut self.queries else { return };
        queries.recording = queries.readbacks.iter().position(|readback| readback.state() == FREE);
        if queries.recording.is_some() {
            encoder.write_timestamp(&queries.set, 0);
        }
    }

    /// Records its end.
    pub fn end(&self, encoder: &mut wgpu::CommandEncoder) {
        let Some(queries) = &self.queries else { return };
        let Some(index) = queries.recording else { return };
        encoder.write_timestamp(&queries.set, 1);
        encoder.resolve_query_set(&queries.set, 0..2, &queries.resolved, 0);
        encoder.copy_buffer_to_buffer(&queries.resolved, 0, &queries.readbacks[index].buffer, 0, BYTES);
    }

    /// Requests the timing of what was submitted.
    pub fn submitted(&mut self) {
        let Some(queries) = &mut self.queries else { return };
        let Some(index) = queries.recording.take() else { return };
        let Readback { buffer, state } = &queries.readbacks[index];
        state.store(WAITING, Ordering::Release);
        let state = state.clone();
        buffer.map_async(wgpu::MapMode::Read, .., move |result| {
            state.store(if result.is_ok() { READY } else { FAILED }, Ordering::Release);
        });
    }

    /// Returns the last timing that has arrived; none yet, or none on this adapter.
    pub fn poll(&mut self) -> Option<Duration> {
        self.last = self.queries.as_ref().and_then(Queries::poll).or(self.last);
        self.last
    }
}

impl Queries {
    fn new(gpu: &Gpu) -> Self {
        let device = &gpu.device;
        let buffer = |usage| {
            let label = Some("timestamps");
            device.create_buffer(&wgpu::BufferDescriptor { label, size: BYTES, usage, mapped_at_creation: false })
        };
        let readback = || Readback {
            buffer: buffer(wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST),
            state: Arc::new(AtomicU8::new(FREE)),
        };
        Self {
            set: device.create_query_set(&wgpu::QuerySetDescriptor {
                label: Some("frame"),
                ty: wgpu::QueryType::Timestamp,
                count: 2,
            }),
            resolved: buffer(wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC),
            readbacks: std::array::from_fn(|_| readback()),
            recording: None,
            ns_per_tick: gpu.queue.get_timestamp_period(),
        }
    }

    /// Frees the readbacks that have arrived. Returns the timing of one of them.
    fn poll(&self) -> Option<Duration> {
        let mut time = None;
        for Readback { buffer, state } in &self.readbacks {
            match state.load(Ordering::Acquire) {
                READY => {
                    if let Ok(bytes) = buffer.get_mapped_range(..) {
                        let tick = |at: usize| bytes[at..at + 8].try_into().map(u64::from_le_bytes).unwrap_or(0);
                        let ticks = tick(8).saturating_sub(tick(0));
                        time = Some(Duration::from_nanos((ticks as f64 * f64::from(self.ns_per_tick)) as u64));
                    }
                    buffer.unmap();
                    state.store(FREE, Ordering::Release);
                }
                FAILED => state.store(FREE, Ordering::Release),
                _ => {}
            }
        }
        time
    }
}

impl Readback {
    fn state(&self) -> u8 {
        self.state.load(Ordering::Acquire)
    }
}
