//! The schedule of frames. See [`FramePacing`].

use std::time::{Duration, Instant};

/// The frame time while nothing moves: held, black, hidden.
pub(super) const IDLE_FRAME: Duration = Duration::from_millis(100);

/// The clock of real time, the schedule of frames, and their count.
pub(super) struct FramePacing {
    started: Instant,
    /// Frames a second of the sync master's monitor.
    pub master_hz: f64,
    next_frame: Instant,
    /// A redraw was requested and has not been drawn yet.
    pub is_due: bool,
    /// The count of frames drawn.
    pub frames: u64,
    /// The count of outputs drawn in them with a tile coarser than wanted.
    pub late: u64,
}

impl FramePacing {
    pub fn new() -> Self {
        let now = Instant::now();
        Self { started: now, master_hz: 60.0, next_frame: now, is_due: true, frames: 0, late: 0 }
    }

    /// Seconds since the start of the program.
    pub fn real_secs(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// Has the next frame drawn at once.
    pub fn draw_soon(&mut self) {
        self.next_frame = Instant::now();
    }

    /// Whether it is time to request a redraw; the next one follows after `frame_time`.
    pub fn tick(&mut self, frame_time: Duration) -> bool {
        let now = Instant::now();
        let is_time = now >= self.next_frame;
        if is_time {
            self.next_frame = now + frame_time;
            self.is_due = true;
        }
        is_time
    }

    pub const fn next_frame(&self) -> Instant {
        self.next_frame
    }
}
