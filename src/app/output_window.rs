//! A window of the stage. See [`OutputWindow`].

use std::sync::Arc;
use std::time::{Duration, Instant};

use glam::{DVec2, IVec2, UVec2};
use winit::dpi::{PhysicalPosition, PhysicalSize};
use winit::monitor::MonitorHandle;
use winit::window::{Fullscreen, Window};

use super::pace::{FrameThrottle, Rate};
use millions_gpu::{Gpu, WindowSurface};
use millions_stage::{DeskRect, Output, OutputId, ShownOutput, WindowPlan};

/// The time for a window manager to answer a request for full screen.
const FULLSCREEN_ANSWER: Duration = Duration::from_millis(700);
/// The interval at which a window that the system has moved to another monitor is moved back.
const MOVE_BACK: Duration = Duration::from_millis(400);
/// The time after which an idle cursor is hidden.
const CURSOR: Duration = Duration::from_secs(2);
/// The positions after which a cursor has been moved by somebody: a window that appears under it, and is then placed by the window manager, is
/// told of up to two.
const CURSOR_MOVES: u32 = 3;

/// The outputs of a window, and the monitors on which it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WindowRole {
    /// An output on any monitor, as large as the window.
    AnyMonitor(OutputId),
    /// Outputs on their own monitors.
    OwnMonitors(WindowPlan),
}

/// A window and its surface.
pub struct OutputWindow {
    /// Its outputs.
    pub role: WindowRole,
    /// The window.
    pub window: Arc<Window>,
    /// None until there is a device.
    pub surface: Option<WindowSurface>,
    /// Skips frames where its monitor is slower than the sync master's.
    pub throttle: FrameThrottle,
    /// Whether it is covered or minimised.
    pub hidden: bool,
    /// Whether the window system gave no image for the last frame, though the graphics card has done its part.
    pub withheld: bool,
    /// Whether several outputs cannot be drawn to it, which was logged.
    pub cannot_share: bool,
    /// Whether it has been on its own monitors.
    has_been_placed: bool,
    /// Whether the system has moved it away from them, so that it is hidden.
    is_away: bool,
    moved_back_at: Instant,
    /// Whether it has presented a frame.
    has_presented: bool,
    fullscreen_since: Option<Instant>,
    /// Whether full screen was set without a window manager, which is done once: a later size is the operator's.
    forced_fullscreen: bool,
    /// When the cursor moved last, if it has since it entered.
    cursor_moved: Option<Instant>,
    cursor_hidden: bool,
    /// Where on the desktop the cursor was last, and how often it has moved since it entered.
    cursor_at: Option<PhysicalPosition<f64>>,
    cursor_moves: u32,
}

impl WindowRole {
    /// The outputs in it.
    pub fn outputs(&self) -> impl Iterator<Item = OutputId> + '_ {
        let (alone, plan) = match self {
            Self::AnyMonitor(output) => (Some(*output), None),
            Self::OwnMonitors(plan) => (None, Some(plan)),
        };
        alone.into_iter().chain(plan.into_iter().flat_map(|plan| plan.shown.iter().map(|shown| shown.output)))
    }

    /// Whether the outputs are several, or one that does not fill the window.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::OwnMonitors(plan) if !plan.is_filled())
    }

    /// The rectangles of the outputs in a window of that size.
    pub fn shown(&self, size: UVec2) -> Vec<ShownOutput> {
        match self {
            Self::OwnMonitors(plan) if !plan.is_filled() => plan.shown.clone(),
            // A single output is as large as the window manager makes it.
            role => role.outputs().map(|output| ShownOutput { output, origin: UVec2::ZERO, size }).collect(),
        }
    }
}

impl OutputWindow {
    pub fn new(role: WindowRole, window: Arc<Window>) -> Self {
        window.set_cursor_visible(false);
        Self {
            role,
            window,
            surface: None,
            throttle: FrameThrottle::default(),
            has_been_placed: false,
            is_away: false,
            moved_back_at: Instant::now(),
            has_presented: false,
            hidden: false,
            withheld: false,
            cannot_share: false,
            fullscreen_since: None,
            forced_fullscreen: false,
            cursor_moved: None,
            cursor_hidden: true,
            cursor_at: None,
            cursor_moves: 0,
        }
    }

    /// Whether all windows are paced by its monitor.
    pub fn is_sync_master(&self) -> bool {
        self.surface.as_ref().is_some_and(WindowSurface::is_sync_master)
    }

    /// Begins a frame, at `master_hz` frames a second; returns whether the window is drawn in it.
    pub fn begin_frame(&mut self, gpu: &Gpu, master_hz: f64) -> bool {
        let (own_hz, is_shared) = (self.refresh_hz(), self.role.is_shared());
        let Some(surface) = &mut self.surface else { return false };
        // Presenting more often than a slower monitor refreshes would block all the others.
        if !surface.is_sync_master() && !surface.shows_newest() && !self.throttle.is_due(own_hz, master_hz) {
            return false;
        }
        if is_shared && let Err(error) = surface.share(gpu) {
            if !std::mem::replace(&mut self.cannot_share, true) {
                tracing::error!("{error}: give each output a window of its own");
            }
            return false;
        }
        self.hidden = false;
        true
    }

    /// The rectangle of its own monitors, which it covers while they are connected.
    pub const fn own_rect(&self) -> Option<DeskRect> {
        match &self.role {
            WindowRole::AnyMonitor(_) => None,
            WindowRole::OwnMonitors(plan) => Some(plan.rect),
        }
    }

    /// The rectangle of the monitors that it fills, or is about to.
    pub fn filled_rect(&self) -> Option<DeskRect> {
        let full = || {
            let monitor = self.fullscreen_monitor()?;
            let (PhysicalPosition { x, y }, PhysicalSize { width, height }) = (monitor.position(), monitor.size());
            Some(DeskRect { origin: IVec2::new(x, y), size: UVec2::new(width, height) })
        };
        self.own_rect().or_else(full)
    }

    /// Where it is on the desktop, where the system says so.
    pub fn rect(&self) -> Option<DeskRect> {
        let (at, size) = (self.window.outer_position().ok()?, self.window.inner_size());
        Some(DeskRect { origin: IVec2::new(at.x, at.y), size: UVec2::new(size.width, size.height) })
    }

    /// The monitor that it fills, where it names none of its own.
    fn fullscreen_monitor(&self) -> Option<MonitorHandle> {
        match self.window.fullscreen() {
            Some(Fullscreen::Borderless(wished)) => wished.or_else(|| self.window.current_monitor()),
            _ => None,
        }
    }

    /// Its size once the window manager has answered.
    pub fn planned_size(&self) -> UVec2 {
        let rect = self.own_rect().map(size);
        let full = || self.fullscreen_monitor().map(|monitor| monitor.size());
        let PhysicalSize { width, height } = rect.or_else(full).unwrap_or_else(|| self.window.inner_size());
        UVec2::new(width, height)
    }

    /// The output at a position of the window, and the position on its raster, 0 to 1 each way.
    pub fn output_at(&self, at: PhysicalPosition<f64>) -> Option<(OutputId, DVec2)> {
        let PhysicalSize { width, height } = self.window.inner_size();
        let at = DVec2::new(at.x, at.y);
        // Of several, the topmost.
        self.role.shown(UVec2::new(width, height)).into_iter().rev().find_map(|ShownOutput { output, origin, size }| {
            let part = (at - origin.as_dvec2()) / size.max(UVec2::ONE).as_dvec2();
            let is_within = part.cmpge(DVec2::ZERO).all() && part.cmple(DVec2::ONE).all();
            (is_within || !self.role.is_shared()).then_some((output, part))
        })
    }

    /// The refresh rate of its monitor, and whether it is the sync master.
    pub fn rate(&self, outputs: &[Output]) -> Rate {
        Rate {
            hz: self.refresh_hz(),
            is_named: self
                .role
                .outputs()
                .any(|output| Output::find(outputs, output).is_some_and(|output| output.sync_master)),
            is_sync_master: self.is_sync_master(),
        }
    }

    /// Follows a move by the system. Away from its own monitors, one of which was unplugged, it is hidden: nothing of it may be
    /// on another.
    pub fn moved(&mut self, to: PhysicalPosition<i32>) {
        let Some(own_rect) = self.own_rect() else { return };
        let is_in_place = position(own_rect) == to;
        if self.has_been_placed && !is_in_place {
            self.window.set_visible(false);
            (self.is_away, self.moved_back_at) = (true, Instant::now());
        }
        if is_in_place && std::mem::take(&mut self.is_away) {
            self.window.set_visible(true);
        }
        // Before that it is still being placed.
        self.has_been_placed |= is_in_place;
    }

    /// Shows it after its first frame, before which its contents are undefined, unless it is on another's monitor.
    pub fn show(&mut self) {
        self.has_presented = true;
        if !self.is_away {
            self.window.set_visible(true);
        }
    }

    /// Whether it has presented a frame.
    pub const fn has_presented(&self) -> bool {
        self.has_presented
    }

    /// Follows the cursor to a position of the window, or out of it, and shows it once somebody moves it.
    pub fn cursor_moved(&mut self, position: Option<PhysicalPosition<f64>>) {
        let Some(position) = position else {
            (self.cursor_at, self.cursor_moves) = (None, 0);
            return;
        };
        if self.cursor_moves < CURSOR_MOVES {
            // On Wayland a window does not know where it is, and is not moved under the cursor.
            let corner = self.window.inner_position().unwrap_or_default().cast::<f64>();
            let at = PhysicalPosition::new(corner.x + position.x, corner.y + position.y);
            if self.cursor_at.replace(at) == Some(at) {
                return;
            }
            self.cursor_moves += 1;
        }
        if self.cursor_moves >= CURSOR_MOVES {
            self.show_cursor();
        }
    }

    /// Restarts the time after which the cursor is hidden.
    pub fn show_cursor(&mut self) {
        self.cursor_moved = Some(Instant::now());
    }

    /// Hides an idle cursor, and restores its position and full screen.
    pub fn maintain(&mut self) {
        let hide = self.cursor_moved.is_none_or(|moved| moved.elapsed() > CURSOR);
        if hide != self.cursor_hidden {
            self.window.set_cursor_visible(!hide);
            self.cursor_hidden = hide;
        }
        if let (true, Some(own_rect)) = (self.is_away && self.moved_back_at.elapsed() > MOVE_BACK, self.own_rect()) {
            // Its monitors are connected, or it would have been closed.
            self.moved_back_at = Instant::now();
            self.window.set_outer_position(position(own_rect));
        }
        self.force_fullscreen();
    }

    /// Sets the size and position of full screen where no window manager does: on a bare X server.
    fn force_fullscreen(&mut self) {
        let wished = match self.own_rect() {
            Some(own_rect) => Some((position(own_rect), size(own_rect))),
            None if self.window.fullscreen().is_some() => {
                self.fullscreen_monitor().map(|monitor| (monitor.position(), monitor.size()))
            }
            None => {
                self.fullscreen_since = None;
                return;
            }
        };
        let since = *self.fullscreen_since.get_or_insert_with(Instant::now);
        if self.forced_fullscreen || since.elapsed() < FULLSCREEN_ANSWER {
            return;
        }
        self.forced_fullscreen = true;
        let Some((position, size)) = wished else { return };
        let is_there = self.window.outer_position().is_ok_and(|at| at == position);
        if self.window.inner_size() != size || !is_there {
            self.window.set_outer_position(position);
            // The system answers with a resize event, if at all.
            let _ = self.window.request_inner_size(size);
        }
    }

    /// The refresh rate of its monitor; 60 where the system does not report it.
    pub fn refresh_hz(&self) -> f64 {
        let rate = self.window.current_monitor().and_then(|monitor| monitor.refresh_rate_millihertz());
        rate.map_or(60.0, |millihertz| f64::from(millihertz) / 1000.0).clamp(20.0, 480.0)
    }
}

/// The upper left corner of a rectangle of the desktop, for winit.
pub const fn position(rect: DeskRect) -> PhysicalPosition<i32> {
    PhysicalPosition::new(rect.origin.x, rect.origin.y)
}

/// The size of a rectangle of the desktop, for winit.
pub const fn size(rect: DeskRect) -> PhysicalSize<u32> {
    PhysicalSize::new(rect.size.x, rect.size.y)
}
