//! The windows of the stage's outputs, each on its own monitors. See [`Outputs`].

use std::sync::Arc;
use std::time::{Duration, Instant};

use winit::dpi::PhysicalSize;
use winit::event_loop::ActiveEventLoop;
use winit::monitor::MonitorHandle;
use winit::window::{Fullscreen, Window, WindowId, WindowLevel};

use super::monitors::{self, Monitors, Seen};
use super::output_window::{Held, OutputWindow, position, size};
use super::pace::leader;
use millions_gpu::Gpu;
use millions_stage::{Output, ShownOutput, WindowPlan, windows};

/// How often it is asked which monitors there are.
const ASK: Duration = Duration::from_millis(100);
/// How often it is looked what the monitors say of themselves, while none comes or goes.
const LOOK: Duration = Duration::from_secs(2);

/// The windows that are open.
pub struct Outputs {
    /// In the order in which they were opened.
    pub windows: Vec<OutputWindow>,
    looked: Instant,
    /// The monitors at the last look.
    there: Vec<Seen>,
    /// The outputs that were followed last.
    known: Vec<Output>,
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
            known: Vec::new(),
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
        self.windows.push(OutputWindow::new(Held::Anywhere(output), window));
        Ok(())
    }

    /// Opens windows for outputs and monitors that have come, and closes those of outputs and monitors that have gone: an
    /// output is shown on its own monitor or nowhere, and the others never notice. Whether the windows are others now.
    pub fn follow(&mut self, event_loop: &ActiveEventLoop, outputs: &[Output]) -> bool {
        let is_known = self.known == outputs;
        if is_known && self.asked.elapsed() < ASK {
            return false;
        }
        self.asked = Instant::now();
        if is_known && outputs.iter().all(|output| output.monitor.is_none()) {
            return false;
        }
        let there = self.monitors.seen(event_loop);
        if is_known && self.looked.elapsed() < LOOK && self.there == there {
            return false;
        }
        self.looked = Instant::now();
        self.known = outputs.to_vec();
        let seen: Vec<_> = there.iter().map(Seen::monitor).collect();
        self.there = there;
        let mut plans = windows(outputs, &seen);
        self.tell_missing(outputs, &plans);
        let mut changed = self.keep_those_of(outputs, &mut plans);
        for plan in plans {
            match self.open_at_home(event_loop, plan, outputs) {
                Ok(()) => changed = true,
                Err(error) => tracing::warn!("an output cannot be opened: {error}"),
            }
        }
        self.keep_above();
        let loose = (0..outputs.len()).filter(|output| outputs[*output].monitor.is_none());
        let shown: Vec<_> = self.windows.iter().flat_map(|window| window.held.outputs()).collect();
        for output in loose.filter(|output| !shown.contains(output)) {
            match self.open_window(event_loop, output, None, false) {
                Ok(()) => changed = true,
                Err(error) => tracing::warn!("output {} cannot be opened: {error}", outputs[output].name),
            }
        }
        changed
    }

    /// Closes the windows that are not as they should be, and takes those that are from the plans. Whether there are others
    /// now, or others in them.
    fn keep_those_of(&mut self, outputs: &[Output], plans: &mut Vec<WindowPlan>) -> bool {
        let mut changed = false;
        let Self { windows, there, .. } = self;
        windows.retain_mut(|window| {
            let is_kept = match &mut window.held {
                Held::Anywhere(output) => outputs.get(*output).is_some_and(|output| output.monitor.is_none()),
                Held::AtHome(held) => {
                    // One that spans monitors stays where one of them goes, and where it comes back, but not over another's.
                    let spans = |plan: &WindowPlan| {
                        let is_named = |shown: &ShownOutput| outputs[shown.output].window.is_some();
                        let others = there.iter().map(Seen::rect).filter(|monitor| !plan.rect.has(*monitor));
                        let is_free = others.into_iter().all(|monitor| !held.rect.meets(monitor));
                        plan.shown.iter().any(is_named) && plan.is_of(held) && held.rect.has(plan.rect) && is_free
                    };
                    let fits = |plan: &WindowPlan| plan.rect == held.rect || spans(plan);
                    let found = plans.iter().position(fits).map(|place| plans.remove(place).within(held.rect));
                    if let Some(plan) = &found
                        && plan != held
                    {
                        (*held, changed) = (plan.clone(), true);
                    }
                    found.is_some()
                }
            };
            if !is_kept {
                // At once: others may still hold it, and the window manager carries it to another monitor.
                window.window.set_visible(false);
                changed = true;
            }
            is_kept
        });
        changed
    }

    fn tell_missing(&mut self, outputs: &[Output], plans: &[WindowPlan]) {
        for (index, output) in outputs.iter().enumerate().filter(|(_, output)| output.monitor.is_some()) {
            let is_there = plans.iter().any(|plan| plan.shown.iter().any(|shown| shown.output == index));
            let told = self.missing.iter().position(|name| *name == output.name);
            match (is_there, told) {
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

    fn open_at_home(
        &mut self,
        event_loop: &ActiveEventLoop,
        plan: WindowPlan,
        outputs: &[Output],
    ) -> anyhow::Result<()> {
        let names: Vec<_> = plan.shown.iter().map(|shown| outputs[shown.output].name.as_str()).collect();
        let covered: Vec<_> = self.there.iter().filter(|monitor| plan.rect.has(monitor.rect())).collect();
        // The whole of one monitor is full screen; several no window manager knows how to fill.
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
        let window = event_loop.create_window(attributes)?;
        self.windows.push(OutputWindow::new(Held::AtHome(plan), Arc::new(window)));
        Ok(())
    }

    /// Has nothing of the desktop lie over outputs, but where they leave the operator no other monitor.
    fn keep_above(&self) {
        let homes: Vec<_> = self.windows.iter().filter_map(OutputWindow::home).collect();
        let is_left = self.there.iter().any(|monitor| !homes.iter().any(|home| home.meets(monitor.rect())));
        let level = if is_left { WindowLevel::AlwaysOnTop } else { WindowLevel::Normal };
        for window in self.windows.iter().filter(|window| window.home().is_some()) {
            window.window.set_window_level(level);
        }
    }

    /// Has all windows wait for one of them, see [`leader`]. Frames a second that are drawn.
    pub fn choose_pace(&mut self, gpu: &Gpu) -> f64 {
        let rates: Vec<_> = self.windows.iter().map(|window| window.rate(&self.known)).collect();
        let Some(leader) = leader(&rates) else { return 60.0 };
        for (index, window) in self.windows.iter_mut().enumerate() {
            if let Some(screen) = &mut window.screen {
                screen.set_sync_master(gpu, index == leader);
            }
        }
        rates[leader].hz
    }

    /// Hides cursors that rest, and insists on full screen.
    pub fn tend(&mut self) {
        for window in &mut self.windows {
            window.tend();
        }
    }
}
