//! A window of the stage. See [`OutputWindow`].

use std::sync::Arc;
use std::time::{Duration, Instant};

use glam::{DVec2, UVec2};
use winit::dpi::{PhysicalPosition, PhysicalSize};
use winit::window::{Fullscreen, Window};

use super::pace::{Rate, Turns};
use millions_gpu::WindowSurface;
use millions_stage::{DeskRect, Output, ShownOutput, WindowPlan};

/// How long a window manager may take to answer a wish for full screen.
const FULLSCREEN_ANSWER: Duration = Duration::from_millis(700);
/// How often a window that was taken away is asked to come home while its monitors are there.
const CALL_HOME: Duration = Duration::from_millis(400);
/// Seconds after which an idle cursor is hidden.
const CURSOR: Duration = Duration::from_secs(2);

/// What a window is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// An output on whatever monitor there is, as large as the window.
    Anywhere(usize),
    /// Outputs on their own monitors.
    AtHome(WindowPlan),
}

/// A window, and what draws to it.
pub struct OutputWindow {
    /// What it is for.
    pub held: Held,
    /// The window.
    pub window: Arc<Window>,
    /// None until there is a device.
    pub screen: Option<WindowSurface>,
    /// When it is drawn where its monitor is slower than that of others.
    pub turns: Turns,
    /// Nothing of it is seen.
    pub hidden: bool,
    /// It cannot be shared, which was told.
    pub is_unable: bool,
    /// It has been where its monitors are.
    was_home: bool,
    /// It was taken from there, and is not shown.
    is_away: bool,
    called_home: Instant,
    /// It has shown a picture, and is to be seen.
    is_lit: bool,
    fullscreen_since: Option<Instant>,
    /// Full screen was taken without a window manager, once: whoever resizes the window after that means it.
    insisted: bool,
    cursor_moved: Instant,
    cursor_hidden: bool,
}

impl Held {
    /// The outputs in it.
    pub fn outputs(&self) -> impl Iterator<Item = usize> + '_ {
        let (alone, plan) = match self {
            Self::Anywhere(output) => (Some(*output), None),
            Self::AtHome(plan) => (None, Some(plan)),
        };
        alone.into_iter().chain(plan.into_iter().flat_map(|plan| plan.shown.iter().map(|shown| shown.output)))
    }

    /// Whether they are several, or one that does not fill the window.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::AtHome(plan) if !plan.is_filled())
    }

    /// Where they are in a window of that size.
    pub fn shown(&self, size: UVec2) -> Vec<ShownOutput> {
        match self {
            Self::AtHome(plan) if !plan.is_filled() => plan.shown.clone(),
            // Whatever size the window manager gives it.
            held => held.outputs().map(|output| ShownOutput { output, origin: UVec2::ZERO, size }).collect(),
        }
    }
}

impl OutputWindow {
    pub fn new(held: Held, window: Arc<Window>) -> Self {
        Self {
            held,
            window,
            screen: None,
            turns: Turns::default(),
            was_home: false,
            is_away: false,
            called_home: Instant::now(),
            is_lit: false,
            hidden: false,
            is_unable: false,
            fullscreen_since: None,
            insisted: false,
            cursor_moved: Instant::now(),
            cursor_hidden: false,
        }
    }

    /// Where its monitors are, which the stage names; it covers them for as long as they are there.
    pub const fn home(&self) -> Option<DeskRect> {
        match &self.held {
            Held::Anywhere(_) => None,
            Held::AtHome(plan) => Some(plan.rect),
        }
    }

    /// The output that lies at a place of the window, and where on it, 0 to 1 each way of what the projector is sent.
    pub fn output_at(&self, at: PhysicalPosition<f64>) -> Option<(usize, DVec2)> {
        let PhysicalSize { width, height } = self.window.inner_size();
        let at = DVec2::new(at.x, at.y);
        // Of several, the one that is drawn last.
        self.held.shown(UVec2::new(width, height)).into_iter().rev().find_map(|ShownOutput { output, origin, size }| {
            let part = (at - origin.as_dvec2()) / size.max(UVec2::ONE).as_dvec2();
            let is_within = part.cmpge(DVec2::ZERO).all() && part.cmple(DVec2::ONE).all();
            (is_within || !self.held.is_shared()).then_some((output, part))
        })
    }

    /// How fast its monitor is, and whether all wait for it.
    pub fn rate(&self, outputs: &[Output]) -> Rate {
        Rate {
            hz: self.refresh_hz(),
            sync_master: self.held.outputs().any(|output| outputs.get(output).is_some_and(|output| output.sync_master)),
            paces: self.screen.as_ref().is_some_and(WindowSurface::is_sync_master),
        }
    }

    /// The system has moved it to a place: away from its own monitor it is not seen, for that has gone, and nothing of it is to
    /// be on another.
    pub fn moved(&mut self, to: PhysicalPosition<i32>) {
        let Some(home) = self.home() else { return };
        let is_home = position(home) == to;
        if self.was_home && !is_home {
            self.window.set_visible(false);
            (self.is_away, self.called_home) = (true, Instant::now());
        }
        if is_home && std::mem::take(&mut self.is_away) {
            self.window.set_visible(true);
        }
        // Before it has come home for the first time it is on its way there.
        self.was_home |= is_home;
    }

    /// Has it seen, unless it is where it should not be. Before its first picture it would show whatever lies in the memory.
    pub fn light(&mut self) {
        self.is_lit = true;
        if !self.is_away {
            self.window.set_visible(true);
        }
    }

    /// Whether it is to be seen.
    pub const fn is_lit(&self) -> bool {
        self.is_lit
    }

    /// The pointer has moved over it.
    pub fn cursor_moved(&mut self) {
        self.cursor_moved = Instant::now();
    }

    /// Hides a cursor that rests, and insists on its place and on full screen.
    pub fn tend(&mut self) {
        let hide = self.cursor_moved.elapsed() > CURSOR;
        if hide != self.cursor_hidden {
            self.window.set_cursor_visible(!hide);
            self.cursor_hidden = hide;
        }
        if let (true, Some(home)) = (self.is_away && self.called_home.elapsed() > CALL_HOME, self.home()) {
            // Had its monitors gone, it would have been closed by now.
            self.called_home = Instant::now();
            self.window.set_outer_position(position(home));
        }
        self.insist_on_fullscreen();
    }

    /// Where no window manager answers a wish for full screen (a bare X server that starts nothing but the wall), takes
    /// the monitor's size and place itself.
    fn insist_on_fullscreen(&mut self) {
        let wished = match (self.window.fullscreen(), self.home()) {
            // Its own, whatever the window manager makes of it.
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
        if self.insisted || since.elapsed() < FULLSCREEN_ANSWER {
            return;
        }
        self.insisted = true;
        let Some((position, size)) = wished else { return };
        let is_there = self.window.outer_position().is_ok_and(|at| at == position);
        if self.window.inner_size() != size || !is_there {
            self.window.set_outer_position(position);
            // The answer comes as a resize, if it comes.
            let _ = self.window.request_inner_size(size);
        }
    }

    /// Frames a second that its monitor shows.
    pub fn refresh_hz(&self) -> f64 {
        let rate = self.window.current_monitor().and_then(|monitor| monitor.refresh_rate_millihertz());
        rate.map_or(60.0, |millihertz| f64::from(millihertz) / 1000.0).clamp(20.0, 480.0)
    }
}

/// Where a rectangle of the desktop begins, as the system says it,
pub const fn position(rect: DeskRect) -> PhysicalPosition<i32> {
    PhysicalPosition::new(rect.origin.x, rect.origin.y)
}

/// and how large it is.
pub const fn size(rect: DeskRect) -> PhysicalSize<u32> {
    PhysicalSize::new(rect.size.x, rect.size.y)
}
