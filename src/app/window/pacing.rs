//! The schedule of frames. See [`FramePacing`].

use std::time::{Duration, Instant};

use super::super::frame_stats::FrameStats;
use super::super::presentation::{Presentation, PresentationClock};
use millions_base::RepeatedErrors;

/// The frame time while nothing moves: held, black, hidden.
pub(super) const IDLE_FRAME: Duration = Duration::from_millis(100);

/// The share of the monitor's interval after which the next frame is begun: the rest is waited for with the monitor, which must
/// not be missed because a timer was late.
pub(super) const INTERVAL_SHARE: f64 = 0.95;

/// The clock of real time, the schedule of frames, and how they went.
pub(super) struct FramePacing {
    started: Instant,
    presentation: PresentationClock,
    /// Whether the next frame is to be followed by another at once, so that an interval without one is missed.
    is_steady: bool,
    /// The same of the frame before.
    was_steady: bool,
    /// Frames a second of the sync master's monitor.
    pub master_hz: f64,
    next_frame: Instant,
    /// A redraw was requested and has not been drawn yet.
    pub is_due: bool,
    pub stats: FrameStats,
    pub errors: RepeatedErrors,
}

impl FramePacing {
    pub fn new() -> Self {
        let now = Instant::now();
        Self {
            started: now,
            presentation: PresentationClock::default(),
            is_steady: false,
            was_steady: false,
            master_hz: 60.0,
            next_frame: now,
            is_due: true,
            stats: FrameStats::default(),
            errors: RepeatedErrors::default(),
        }
    }

    /// Seconds since the start of the program; not before what is seen, so that a key acts on that.
    pub fn real_secs(&self) -> f64 {
        self.presentation.seen_secs(self.elapsed_secs())
    }

    /// Seconds since the start of the program.
    pub fn elapsed_secs(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// Predicts when a frame is seen whose image was just acquired.
    pub fn predict(&mut self) -> Presentation {
        let mut presentation = self.presentation.next(self.elapsed_secs(), 1.0 / self.master_hz);
        if !std::mem::replace(&mut self.was_steady, self.is_steady) {
            presentation.missed = 0;
        }
        presentation
    }

    /// Has the next frame drawn at once.
    pub fn draw_soon(&mut self) {
        self.next_frame = Instant::now();
    }

    /// Logs an error, once for each minute in which it repeats.
    pub fn warn(&mut self, error: &dyn std::fmt::Display) {
        let secs = self.elapsed_secs();
        if let Some(report) = self.errors.record(error.to_string(), secs) {
            tracing::warn!("{report}");
        }
    }

    /// Whether it is time to request a redraw; the next one follows after `frame_time`.
    pub fn tick(&mut self, frame_time: Duration) -> bool {
        let now = Instant::now();
        let is_time = now >= self.next_frame;
        if is_time {
            self.next_frame = now + frame_time;
            self.is_due = true;
            self.is_steady = frame_time < IDLE_FRAME;
        }
        is_time
    }

    pub const fn next_frame(&self) -> Instant {
        self.next_frame
    }
}
