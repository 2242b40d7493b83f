//! The windows of the stage's outputs: one for each, on its own monitor. See [`Outputs`].

use std::sync::Arc;
use std::time::{Duration, Instant};

use winit::dpi::{PhysicalPosition, PhysicalSize};
use winit::event_loop::ActiveEventLoop;
use winit::window::{Fullscreen, Window, WindowId};

use super::monitors::{self, Monitors, Seen, identity};
use crate::gpu::Screen;
use crate::stage::{Output, match_outputs};

/// How long a window manager may take to answer a wish for full screen.
const FULLSCREEN_ANSWER: Duration = Duration::from_millis(700);
/// How often it is asked which monitors there are.
const ASK: Duration = Duration::from_millis(100);
/// How often it is looked what the monitors say of themselves, while none comes or goes.
const LOOK: Duration = Duration::from_secs(2);
/// Seconds after which an idle cursor is hidden.
const CURSOR: Duration = Duration::from_secs(2);

/// An output's window, and what draws to it.
pub struct OutputWindow {
    /// Its place in the stage.
    pub output: usize,
    /// The window.
    pub window: Arc<Window>,
    /// None until there is a device.
    pub screen: Option<Screen>,
    /// The name of the monitor that it was opened on, where the stage says which.
    monitor: Option<Seen>,
    /// It has been where its monitor is.
    was_home: bool,
    /// It was taken from there, and is not shown.
    is_away: bool,
    /// Nothing of it is seen.
    pub hidden: bool,
    fullscreen_since: Option<Instant>,
    /// Full screen was taken without a window manager, once: whoever resizes the window after that means it.
    insisted: bool,
    cursor_moved: Instant,
    cursor_hidden: bool,
}

/// The windows that are open.
pub struct Outputs {
    /// In the order in which they were opened.
    pub windows: Vec<OutputWindow>,
    looked: Instant,
    /// The monitors at the last look.
    there: Vec<Seen>,
    asked: Instant,
    monitors: Monitors,
    /// Outputs whose monitor is not there, that were told of.
    missing: Vec<String>,
}

impl Outputs {
    #[must_use]
    pub fn new() -> Self {
        Self {
            windows: Vec::new(),
            looked: Instant::now(),
            asked: Instant::now() - ASK,
            there: Vec::new(),
            monitors: Monitors::default(),
            missing: Vec::new(),
        }
    }

    /// The window of an event.
    pub fn of(&mut self, id: WindowId) -> Option<&mut OutputWindow> {
        self.windows.iter_mut().find(|window| window.window.id() == id)
    }

    /// Opens the window of an output that names no monitor.
    ///
    /// # Errors
    /// When there is no such monitor, or no window can be opened.
    pub fn open_window(
        &mut self,
        event_loop: &ActiveEventLoop,
        output: usize,
        number: Option<usize>,
        fullscreen: bool,
    ) -> anyhow::Result<()> {
        let monitor = number.map(|number| monitors::monitor(event_loop, number)).transpose()?;
        let wish = fullscreen.then(|| Fullscreen::Borderless(monitor.clone()));
        // Not shown before there is something black in it.
        let mut attributes = Window::default_attributes()
            .with_title("millions")
            .with_inner_size(PhysicalSize::new(1280, 720))
            .with_visible(false)
            .with_fullscreen(wish);
        if let (Some(monitor), false) = (&monitor, fullscreen) {
            attributes = attributes.with_position(monitor.position());
        }
        let window = Arc::new(event_loop.create_window(attributes)?);
        self.windows.push(OutputWindow::new(output, window, None));
        Ok(())
    }

    /// Opens windows on monitors that have come, and closes those whose monitor has gone: an output is shown on its own
    /// monitor or nowhere, and the others never notice. Whether there are other windows now.
    pub fn follow_monitors(&mut self, event_loop: &ActiveEventLoop, outputs: &[Output]) -> bool {
        let mut changed = false;
        if outputs.iter().all(|output| output.monitor.is_none()) {
            return changed;
        }
        if self.asked.elapsed() < ASK {
            return changed;
        }
        self.asked = Instant::now();
        let there = self.monitors.seen(event_loop);
        if self.looked.elapsed() < LOOK && self.there == there {
            return changed;
        }
        self.looked = Instant::now();
        self.there.clone_from(&there);
        let seen: Vec<_> = there.iter().map(|monitor| identity(monitor.port.clone())).collect();
        let found = match_outputs(outputs, &seen);
        self.windows.retain(|window| {
            let Some(monitor) = &window.monitor else { return true };
            let is_there = found.get(window.output).copied().flatten().is_some_and(|index| {
                let now = &there[index];
                (&now.port, now.position, now.size) == (&monitor.port, monitor.position, monitor.size)
            });
            if !is_there {
                // At once: others may still hold it, and the window manager carries it to another monitor.
                window.window.set_visible(false);
                changed = true;
            }
            is_there
        });
        for (output, found) in found.iter().enumerate() {
            let wanted = &outputs[output];
            if wanted.monitor.is_none() || self.windows.iter().any(|window| window.output == output) {
                continue;
            }
            let Some(index) = *found else {
                if !self.missing.contains(&wanted.name) {
                    tracing::warn!(
                        "the monitor of output {} is not there: it is lit as soon as it comes; the others play",
                        wanted.name
                    );
                    self.missing.push(wanted.name.clone());
                }
                continue;
            };
            let monitor = there[index].clone();
            let attributes = Window::default_attributes()
                .with_title(format!("millions: {}", wanted.name))
                .with_inner_size(monitor.size)
                .with_position(monitor.position)
                .with_decorations(false)
                .with_visible(false)
                .with_fullscreen(monitor.handle.clone().map(|handle| Fullscreen::Borderless(Some(handle))));
            match event_loop.create_window(attributes) {
                Ok(window) => {
                    if let Some(place) = self.missing.iter().position(|name| *name == wanted.name) {
                        self.missing.remove(place);
                        tracing::info!("the monitor of output {} is there", wanted.name);
                    }
                    self.windows.push(OutputWindow::new(output, Arc::new(window), Some(monitor)));
                    changed = true;
                }
                Err(error) => tracing::warn!("output {} cannot be opened: {error}", wanted.name),
            }
        }
        changed
    }

    /// Hides cursors that rest, and insists on full screen.
    pub fn tend(&mut self) {
        for window in &mut self.windows {
            window.tend();
        }
    }
}

impl OutputWindow {
    fn new(output: usize, window: Arc<Window>, monitor: Option<Seen>) -> Self {
        Self {
            output,
            window,
            screen: None,
            monitor,
            was_home: false,
            is_away: false,
            hidden: false,
            fullscreen_since: None,
            insisted: false,
            cursor_moved: Instant::now(),
            cursor_hidden: false,
        }
    }

    /// Whether it stands on a monitor that the stage names, full screen for as long as that is there.
    pub const fn is_bound(&self) -> bool {
        self.monitor.is_some()
    }

    /// The system has moved it to a place: away from its own monitor it is not seen, for that has gone, and nothing of it is to
    /// be on another.
    pub fn moved(&mut self, to: PhysicalPosition<i32>) {
        let Some(monitor) = &self.monitor else { return };
        let is_home = monitor.position == to;
        if self.was_home && !is_home {
            self.window.set_visible(false);
            self.is_away = true;
        }
        if is_home && std::mem::take(&mut self.is_away) {
            self.window.set_visible(true);
        }
        // Before it has come home for the first time it is on its way there.
        self.was_home |= is_home;
    }

    /// The pointer has moved over it.
    pub fn cursor_moved(&mut self) {
        self.cursor_moved = Instant::now();
    }

    fn tend(&mut self) {
        let hide = self.cursor_moved.elapsed() > CURSOR;
        if hide != self.cursor_hidden {
            self.window.set_cursor_visible(!hide);
            self.cursor_hidden = hide;
        }
        self.insist_on_fullscreen();
    }

    /// Where no window manager answers a wish for full screen (a bare X server that starts nothing but the wall), takes
    /// the monitor's size and place itself.
    fn insist_on_fullscreen(&mut self) {
        let wished = match (self.window.fullscreen(), &self.monitor) {
            // Its own, whatever the window manager makes of it.
            (_, Some(monitor)) => Some((monitor.position, monitor.size)),
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
