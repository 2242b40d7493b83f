//! The windows of the stage's outputs, each on its own monitors. See [`Outputs`].

use std::sync::Arc;
use std::time::{Duration, Instant};

use winit::dpi::PhysicalSize;
use winit::event_loop::ActiveEventLoop;
use winit::monitor::MonitorHandle;
use winit::window::{Fullscreen, Window, WindowAttributes, WindowId, WindowLevel};

use super::monitors::{self, ConnectedMonitor, MonitorProbe};
use super::output_window::{OutputWindow, WindowRole, position, size};
use super::pace::sync_master;
use super::planned::{PlannedWindow, planned_px};
use millions_gpu::Gpu;
use millions_stage::{DeskRect, Output, OutputId, ShownOutput, Stage, WindowPlan, windows};

/// The interval at which connected monitors are listed.
const POLL: Duration = Duration::from_millis(100);
/// The interval at which their EDIDs are read while none is plugged or unplugged.
const IDENTIFY: Duration = Duration::from_secs(2);

/// The windows that are open.
pub struct Outputs {
    /// In the order in which they were opened.
    pub windows: Vec<OutputWindow>,
    identified_at: Instant,
    /// The monitors at the last poll.
    monitors: Vec<ConnectedMonitor>,
    /// The stage's outputs at the last poll.
    known: Vec<Output>,
    polled_at: Instant,
    probe: MonitorProbe,
    /// The names of outputs whose monitors are missing, which was logged.
    missing: Vec<String>,
}

impl Outputs {
    #[must_use]
    pub fn new() -> Self {
        Self {
            windows: Vec::new(),
            identified_at: Instant::now(),
            polled_at: Instant::now() - POLL,
            monitors: Vec::new(),
            known: Vec::new(),
            probe: MonitorProbe::default(),
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
        output: OutputId,
        number: Option<usize>,
        fullscreen: bool,
    ) -> anyhow::Result<()> {
        let monitor = number.map(|number| monitors::monitor(event_loop, number)).transpose()?;
        let wish = fullscreen.then(|| Fullscreen::Borderless(monitor.clone()));
        // Hidden until its first frame, which is black.
        let mut attributes = Window::default_attributes()
            .with_title("millions")
            .with_inner_size(PhysicalSize::new(1280, 720))
            .with_visible(false)
            .with_fullscreen(wish);
        if let (Some(monitor), false) = (&monitor, fullscreen) {
            attributes = attributes.with_position(monitor.position());
        }
        let window = new_window(event_loop, attributes)?;
        self.windows.push(OutputWindow::new(WindowRole::AnyMonitor(output), window));
        Ok(())
    }

    /// Opens windows for new outputs and monitors, and closes those of removed ones: an output is shown on its own monitor or
    /// nowhere, and the others play on. Returns whether the windows have changed.
    pub fn follow(&mut self, event_loop: &ActiveEventLoop, outputs: &[Output]) -> bool {
        let is_known = self.known == outputs;
        if is_known && self.polled_at.elapsed() < POLL {
            return false;
        }
        self.polled_at = Instant::now();
        if is_known && outputs.iter().all(|output| output.monitor.is_none()) {
            return false;
        }
        let connected = self.probe.connected(event_loop);
        if is_known && self.identified_at.elapsed() < IDENTIFY && self.monitors == connected {
            return false;
        }
        self.identified_at = Instant::now();
        self.known = outputs.to_vec();
        let identified: Vec<_> = connected.iter().map(ConnectedMonitor::identify).collect();
        self.monitors = connected;
        let mut plans = windows(outputs, &identified);
        self.report_missing(outputs, &plans);
        let mut changed = self.reuse_windows(outputs, &mut plans);
        for plan in plans {
            match self.open_on_own_monitors(event_loop, plan, outputs) {
                Ok(()) => changed = true,
                Err(error) => tracing::warn!("an output cannot be opened: {error}"),
            }
        }
        self.keep_above();
        let shown: Vec<_> = self.windows.iter().flat_map(|window| window.role.outputs()).collect();
        for output in outputs.iter().filter(|output| output.monitor.is_none() && !shown.contains(&output.id)) {
            match self.open_window(event_loop, output.id, None, false) {
                Ok(()) => changed = true,
                Err(error) => tracing::warn!("output {} cannot be opened: {error}", output.name),
            }
        }
        changed
    }

    /// Closes the windows without a plan, and removes the plans of the others from `plans`. Returns whether the windows, or the
    /// outputs in them, have changed.
    fn reuse_windows(&mut self, outputs: &[Output], plans: &mut Vec<WindowPlan>) -> bool {
        let mut changed = false;
        let Self { windows, monitors, .. } = self;
        windows.retain_mut(|window| {
            let is_kept = match &mut window.role {
                WindowRole::AnyMonitor(output) => {
                    Output::find(outputs, *output).is_some_and(|output| output.monitor.is_none())
                }
                WindowRole::OwnMonitors(own) => {
                    // A window that spans monitors stays as it is while one of them is unplugged, but not over monitors of
                    // others.
                    let spans = |plan: &WindowPlan| {
                        let is_named = |shown: &ShownOutput| {
                            Output::find(outputs, shown.output).is_some_and(|output| output.window.is_some())
                        };
                        let others =
                            monitors.iter().map(ConnectedMonitor::rect).filter(|monitor| !plan.rect.contains(*monitor));
                        let is_free = others.into_iter().all(|monitor| !own.rect.intersects(monitor));
                        plan.shown.iter().any(is_named)
                            && plan.shares_an_output_with(own)
                            && own.rect.contains(plan.rect)
                            && is_free
                    };
                    let fits = |plan: &WindowPlan| plan.rect == own.rect || spans(plan);
                    let found = plans.iter().position(fits).map(|place| plans.remove(place).in_window(own.rect));
                    if let Some(plan) = &found
                        && plan != own
                    {
                        (*own, changed) = (plan.clone(), true);
                    }
                    found.is_some()
                }
            };
            if !is_kept {
                // At once: the window manager may move it to another monitor before it is destroyed.
                window.window.set_visible(false);
                changed = true;
            }
            is_kept
        });
        changed
    }

    fn report_missing(&mut self, outputs: &[Output], plans: &[WindowPlan]) {
        for output in outputs.iter().filter(|output| output.monitor.is_some()) {
            let is_there = plans.iter().any(|plan| plan.shown.iter().any(|shown| shown.output == output.id));
            let reported = self.missing.iter().position(|name| *name == output.name);
            match (is_there, reported) {
                (true, Some(place)) => {
                    self.missing.remove(place);
                    tracing::info!("the monitor of output {} is there", output.name);
                }
                (false, None) => {
                    tracing::warn!(
                        "the monitor of output {} is not there, or another output has it: it is lit as soon as it can be; the others play",
                        output.name
                    );
                    self.missing.push(output.name.clone());
                }
                _ => {}
            }
        }
    }

    fn open_on_own_monitors(
        &mut self,
        event_loop: &ActiveEventLoop,
        plan: WindowPlan,
        outputs: &[Output],
    ) -> anyhow::Result<()> {
        let shown = plan.shown.iter().filter_map(|shown| Output::find(outputs, shown.output));
        let names: Vec<_> = shown.map(|output| output.name.as_str()).collect();
        let covered: Vec<_> = self.monitors.iter().filter(|monitor| plan.rect.contains(monitor.rect())).collect();
        // Full screen covers one monitor; no window manager fills several with one window.
        let alone: Option<MonitorHandle> = match covered[..] {
            [monitor] if monitor.rect() == plan.rect => monitor.handle.clone(),
            _ => None,
        };
        let attributes = Window::default_attributes()
            .with_title(format!("millions: {}", names.join(", ")))
            .with_inner_size(size(plan.rect))
            .with_position(position(plan.rect))
            .with_decorations(false)
            .with_visible(false)
            .with_fullscreen(alone.map(|handle| Fullscreen::Borderless(Some(handle))));
        let window = new_window(event_loop, attributes)?;
        self.windows.push(OutputWindow::new(WindowRole::OwnMonitors(plan), window));
        Ok(())
    }

    /// Keeps outputs above all other windows where a monitor is left for the operator.
    fn keep_above(&self) {
        let rects: Vec<_> = self.windows.iter().filter_map(OutputWindow::own_rect).collect();
        let is_left = self.monitors.iter().any(|monitor| !rects.iter().any(|rect| rect.intersects(monitor.rect())));
        let level = if is_left { WindowLevel::AlwaysOnTop } else { WindowLevel::Normal };
        for window in self.windows.iter().filter(|window| window.own_rect().is_some()) {
            window.window.set_window_level(level);
        }
    }

    /// The rectangles that outputs fill: their own monitors, and those on which a window is full screen.
    #[must_use]
    pub fn filled_rects(&self) -> Vec<DeskRect> {
        self.windows.iter().filter_map(OutputWindow::filled_rect).collect()
    }

    /// The monitors that no output fills, those first on which there is no output at all.
    pub fn free_monitors(&mut self, event_loop: &ActiveEventLoop) -> Vec<DeskRect> {
        let filled = self.filled_rects();
        let monitors = self.probe.connected(event_loop).into_iter().map(|monitor| monitor.rect());
        let mut free: Vec<_> =
            monitors.filter(|monitor| !filled.iter().any(|rect| rect.intersects(*monitor))).collect();
        let windows: Vec<_> = self.windows.iter().filter_map(OutputWindow::rect).collect();
        free.sort_by_key(|monitor| windows.iter().any(|window| window.intersects(*monitor)));
        free
    }

    /// Synchronises all windows to one of them, see [`sync_master`]. Returns its frame rate in Hz.
    pub fn choose_sync_master(&mut self, gpu: &Gpu) -> f64 {
        let rates: Vec<_> = self.windows.iter().map(|window| window.rate(&self.known)).collect();
        let Some(master) = sync_master(&rates) else { return 60.0 };
        for (index, window) in self.windows.iter_mut().enumerate() {
            if let Some(surface) = &mut window.surface {
                surface.set_sync_master(gpu, index == master);
            }
        }
        rates[master].hz
    }

    /// Returns the pixels of all outputs together, as [`planned_px`] counts them.
    #[must_use]
    pub fn planned_px(&self, outputs: &[Output]) -> u64 {
        let planned = self
            .windows
            .iter()
            .map(|window| PlannedWindow { size: window.planned_size(), outputs: window.role.outputs().collect() });
        planned_px(&planned.collect::<Vec<_>>(), outputs)
    }

    /// Returns the most seconds by which an output of a stage is delayed.
    #[must_use]
    pub fn most_delay_secs(&self, stage: &Stage) -> f64 {
        let frames = stage.outputs.iter().map(|output| output.delay).max().unwrap_or(0);
        if frames == 0 {
            return 0.0;
        }
        let least_hz = self.windows.iter().map(OutputWindow::refresh_hz).fold(60.0, f64::min);
        f64::from(frames) / least_hz
    }

    /// Hides idle cursors, and restores the positions of windows.
    pub fn maintain(&mut self) {
        for window in &mut self.windows {
            window.maintain();
        }
    }
}

/// Opens a window that is black wherever nothing is drawn.
fn new_window(event_loop: &ActiveEventLoop, attributes: WindowAttributes) -> anyhow::Result<Arc<Window>> {
    // The name of the desktop entry, by which desktops know whose window it is. It counts for Wayland and X alike.
    #[cfg(target_os = "linux")]
    let attributes =
        winit::platform::wayland::WindowAttributesExtWayland::with_name(attributes, "millions", "millions");
    let window = event_loop.create_window(attributes)?;
    #[cfg(target_os = "linux")]
    super::x_background::make_black(event_loop, &window);
    Ok(Arc::new(window))
}
