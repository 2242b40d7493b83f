//! The monitors and projectors that there are.

use winit::application::ApplicationHandler;
use winit::dpi::PhysicalSize;
use winit::event::WindowEvent;
use winit::event_loop::{ActiveEventLoop, EventLoop};
use winit::monitor::MonitorHandle;
use winit::window::WindowId;

/// The monitor of a number, from 1.
///
/// # Errors
/// When there is none, with those that there are.
pub fn monitor(event_loop: &ActiveEventLoop, number: usize) -> anyhow::Result<MonitorHandle> {
    let monitors: Vec<_> = event_loop.available_monitors().collect();
    let found = number.checked_sub(1).and_then(|index| monitors.get(index)).cloned();
    found.ok_or_else(|| {
        let there: Vec<_> = monitors
            .iter()
            .enumerate()
            .map(|(index, monitor)| format!("{}: {}", index + 1, monitor.name().unwrap_or_default()))
            .collect();
        anyhow::anyhow!("there is no output {number}; there are {}", there.join(", "))
    })
}

/// The displays that a window can be opened on, in words; an error where there are none.
///
/// # Errors
/// When no window can be opened.
pub fn displays() -> anyhow::Result<Vec<String>> {
    struct Look(Vec<String>);
    impl ApplicationHandler for Look {
        fn resumed(&mut self, event_loop: &ActiveEventLoop) {
            self.0 = event_loop
                .available_monitors()
                .enumerate()
                .map(|(index, monitor)| {
                    let PhysicalSize { width, height } = monitor.size();
                    let rate = monitor
                        .refresh_rate_millihertz()
                        .map_or_else(String::new, |rate| format!(", {:.1} Hz", f64::from(rate) / 1000.0));
                    let name = monitor.name().unwrap_or_else(|| "unnamed".to_owned());
                    format!("{}: {name}, {width}x{height}{rate}", index + 1)
                })
                .collect();
            event_loop.exit();
        }
        fn window_event(&mut self, _: &ActiveEventLoop, _: WindowId, _: WindowEvent) {}
    }
    let mut look = Look(Vec::new());
    EventLoop::new()?.run_app(&mut look)?;
    Ok(look.0)
}
