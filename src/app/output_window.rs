//! A window of the stage. See [`OutputWindow`].

use std::sync::Arc;
use std::time::{Duration, Instant};

use glam::{DVec2, UVec2};
use winit::dpi::{PhysicalPosition, PhysicalSize};
use winit::window::{Fullscreen, Window};

use super::pace::{FrameThrottle, Rate};
use millions_gpu::{Gpu, WindowSurface};
use millions_stage::{DeskRect, Output, OutputId, ShownOutput, WindowPlan};

/// How long a window manager may take to answer a request for full screen.
const FULLSCREEN_ANSWER: Duration = Duration::from_millis(700);
/// How often a window that was carried to another monitor is moved back while its own are there.
const MOVE_HOME: Duration = Duration::from_millis(400);
/// The time after which an idle cursor is hidden.
const CURSOR: Duration = Duration::from_secs(2);

/// The outputs of a window, and the monitors on which it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WindowRole {
    /// An output on whatever monitor there is, as large as the window.
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
    /// How often it is drawn, where its monitor is slower than the sync master's.
    pub throttle: FrameThrottle,
    /// Whether it is covered or minimised.
    pub hidden: bool,
    /// Whether the system cannot draw several outputs to it, which was logged.
    pub cannot_share: bool,
    /// Whether it has been where its monitors are.
    was_home: bool,
    /// Whether the system has carried it away from there, and it is hidden.
    is_away: bool,
    moved_home: Instant,
    /// Whether it has shown a frame, and is not hidden.
    is_lit: bool,
    fullscreen_since: Option<Instant>,
    /// Whether full screen was set without a window manager, which is done once: a later size is the operator's.
    forced_fullscreen: bool,
    cursor_moved: Instant,
    cursor_hidden: bool,
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
        Self {
            role,
            window,
            surface: None,
            throttle: FrameThrottle::default(),
            was_home: false,
            is_away: false,
            moved_home: Instant::now(),
            is_lit: false,
            hidden: false,
            cannot_share: false,
            fullscreen_since: None,
            forced_fullscreen: false,
            cursor_moved: Instant::now(),
            cursor_hidden: false,
        }
    }

    /// Begins a frame, of which the sync master's monitor shows `master_hz` a second; returns whether the window is drawn in it.
    pub fn begin_frame(&mut self, gpu: &Gpu, master_hz: f64) -> bool {
        let (own_hz, is_shared) = (self.refresh_hz(), self.role.is_shared());
        let Some(surface) = &mut self.surface else { return false };
        // A surface that waits for a slower monitor is drawn as often as that refreshes, for else all would be as slow.
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

    /// The rectangle of its own monitors, which it covers for as long as they are there.
    pub const fn home(&self) -> Option<DeskRect> {
        match &self.role {
            WindowRole::AnyMonitor(_) => None,
            WindowRole::OwnMonitors(plan) => Some(plan.rect),
        }
    }

    /// The output at a place of the window, and the place on its raster, 0 to 1 each way.
    pub fn output_at(&self, at: PhysicalPosition<f64>) -> Option<(OutputId, DVec2)> {
        let PhysicalSize { width, height } = self.window.inner_size();
        let at = DVec2::new(at.x, at.y);
        // Of several, the one that is drawn last.
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
            sync_master: self
                .role
                .outputs()
                .any(|output| Output::find(outputs, output).is_some_and(|output| output.sync_master)),
            paces: self.surface.as_ref().is_some_and(WindowSurface::is_sync_master),
        }
    }

    /// Follows the system's moving it to a place: away from its own monitor, which was pulled, it is hidden, for nothing of it
    /// may be on another.
    pub fn moved(&mut self, to: PhysicalPosition<i32>) {
        let Some(home) = self.home() else { return };
        let is_home = position(home) == to;
        if self.was_home && !is_home {
            self.window.set_visible(false);
            (self.is_away, self.moved_home) = (true, Instant::now());
        }
        if is_home && std::mem::take(&mut self.is_away) {
            self.window.set_visible(true);
        }
        // Before its first time there it is on its way.
        self.was_home |= is_home;
    }

    /// Shows it, unless it is on another's monitor. Before its first frame it would show whatever lies in the memory.
    pub fn light(&mut self) {
        self.is_lit = true;
        if !self.is_away {
            self.window.set_visible(true);
        }
    }

    /// Whether it has shown a frame.
    pub const fn is_lit(&self) -> bool {
        self.is_lit
    }

    /// Follows the pointer, which has moved over it.
    pub fn cursor_moved(&mut self) {
        self.cursor_moved = Instant::now();
    }

    /// Hides an idle cursor, and takes its place and full screen back.
    pub fn tend(&mut self) {
        let hide = self.cursor_moved.elapsed() > CURSOR;
        if hide != self.cursor_hidden {
            self.window.set_cursor_visible(!hide);
            self.cursor_hidden = hide;
        }
        if let (true, Some(home)) = (self.is_away && self.moved_home.elapsed() > MOVE_HOME, self.home()) {
            // Its monitors are there, or it would have been closed by now.
            self.moved_home = Instant::now();
            self.window.set_outer_position(position(home));
        }
        self.force_fullscreen();
    }

    /// Takes the monitor's size and place where no window manager answers the request for full screen: on a bare X server that
    /// starts nothing but the wall.
    fn force_fullscreen(&mut self) {
        let wished = match (self.window.fullscreen(), self.home()) {
            // Its own monitors, whatever the window manager makes of it.
            (_, Some(home)) => Some((position(home), size(home))),
            (Some(Fullscreen::Borderless(wished)), None) => {
                let monitor = wished.or_else(|| self.window.current_monitor());
                monitor.map(|monitor| (monitor.position(), monitor.size()))
            }
            _ => {
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

/// The upper left corner of a rectangle of the desktop, as winit has it,
pub const fn position(rect: DeskRect) -> PhysicalPosition<i32> {
    PhysicalPosition::new(rect.origin.x, rect.origin.y)
}

/// and its size.
pub const fn size(rect: DeskRect) -> PhysicalSize<u32> {
    PhysicalSize::new(rect.size.x, rect.size.y)
}
