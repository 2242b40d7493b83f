//! The connected monitors and projectors, and their EDIDs.

use std::path::Path;

use glam::{IVec2, UVec2};

use winit::application::ApplicationHandler;
use winit::dpi::{PhysicalPosition, PhysicalSize};
use winit::error::EventLoopError;
use winit::event::WindowEvent;
use winit::event_loop::{ActiveEventLoop, EventLoop};
use winit::monitor::MonitorHandle;
use winit::window::WindowId;

use millions_stage::{DeskRect, Edid, MonitorId, Output, SeenMonitor, Stage, same_port};

/// The folder of connectors in which Linux has the EDIDs of monitors.
const CONNECTORS: &str = "/sys/class/drm";

/// Returns the monitor of a number, from 1.
///
/// # Errors
/// When there is no such monitor, with a list of all.
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

/// A connected monitor.
#[derive(Clone, Debug, PartialEq)]
pub struct ConnectedMonitor {
    /// Its port.
    pub port: Option<String>,
    /// Its EDID, where the window system has it.
    pub edid: Option<Edid>,
    /// Its upper left corner on the desktop.
    pub position: PhysicalPosition<i32>,
    /// Pixels.
    pub size: PhysicalSize<u32>,
    /// winit's handle, where that has the monitor too.
    pub handle: Option<MonitorHandle>,
}

impl ConnectedMonitor {
    /// Its rectangle on the desktop.
    pub fn rect(&self) -> DeskRect {
        let (PhysicalPosition { x, y }, PhysicalSize { width, height }) = (self.position, self.size);
        DeskRect { origin: IVec2::new(x, y), size: UVec2::new(width, height) }
    }

    /// The monitor as the stage identifies it, by its EDID and port.
    pub fn identify(&self) -> SeenMonitor {
        SeenMonitor { id: identity(self.port.clone(), self.edid.clone()), rect: self.rect() }
    }
}

/// Lists connected monitors.
#[derive(Default)]
pub struct MonitorProbe {
    /// Connected once; none without an X server.
    #[cfg(target_os = "linux")]
    randr: Option<Option<super::randr::Randr>>,
}

impl MonitorProbe {
    /// The monitors that are connected now.
    pub fn connected(&mut self, event_loop: &ActiveEventLoop) -> Vec<ConnectedMonitor> {
        let handles: Vec<_> = event_loop.available_monitors().collect();
        #[cfg(target_os = "linux")]
        {
            use super::randr::RandrMonitor;
            use winit::platform::x11::ActiveEventLoopExtX11 as _;
            let open = || event_loop.is_x11().then(super::randr::Randr::open).flatten();
            let randr = self.randr.get_or_insert_with(open);
            if let Some(monitors) = randr.as_ref().and_then(super::randr::Randr::monitors) {
                let connected = monitors.into_iter().map(|RandrMonitor { port, edid, position, size }| {
                    let is_it = |handle: &&MonitorHandle| {
                        handle.name().as_deref() == Some(&*port)
                            && (handle.position(), handle.size()) == (position, size)
                    };
                    let handle = handles.iter().find(is_it).cloned();
                    ConnectedMonitor { port: Some(port), edid, position, size, handle }
                });
                return connected.collect();
            }
        }
        let connected = handles.into_iter().map(|handle| ConnectedMonitor {
            port: handle.name(),
            edid: None,
            position: handle.position(),
            size: handle.size(),
            handle: Some(handle),
        });
        connected.collect()
    }
}

/// Identifies the monitor at a port by its EDID: the window system's, whatever the driver calls its ports, or else the
/// kernel's at that port.
#[must_use]
fn identity(port: Option<String>, edid: Option<Edid>) -> MonitorId {
    let edid = edid.or_else(|| port.as_deref().and_then(|port| edid_at(Path::new(CONNECTORS), port)));
    let (name, serial) = edid.map_or((None, None), |edid| (edid.name, edid.serial));
    MonitorId { name, serial, port }
}

/// The initial stage of a venue: on all monitors but the primary one, which is the operator's, unless it is the only one.
#[must_use]
pub fn first_stage(event_loop: &ActiveEventLoop) -> Stage {
    let own = event_loop.primary_monitor();
    let all = MonitorProbe::default().connected(event_loop);
    let others: Vec<_> = all.iter().filter(|monitor| own.is_none() || monitor.handle != own).cloned().collect();
    let mut projectors = if others.is_empty() { all } else { others };
    // In the order of the desktop, from the left.
    projectors.sort_by_key(|monitor| (monitor.position.x, monitor.position.y));
    let outputs = projectors.iter().enumerate().map(|(index, monitor)| {
        let PhysicalSize { width, height } = monitor.size;
        let monitor = monitor.identify().id;
        let name = monitor.port.clone().unwrap_or_else(|| format!("output {}", index + 1));
        Output { monitor: Some(monitor), ..Output::new(name, UVec2::new(width.max(1), height.max(1))) }
    });
    Stage::side_by_side(outputs.collect())
}

/// Reads the EDID of the monitor at a port, where the system has it.
fn edid_at(connectors: &Path, port: &str) -> Option<Edid> {
    let folders = std::fs::read_dir(connectors).ok()?.flatten();
    let own = folders.filter(|folder| same_port(&folder.file_name().to_string_lossy(), port));
    own.filter_map(|folder| std::fs::read(folder.path().join("edid")).ok()).find_map(|bytes| Edid::parse(&bytes))
}

/// Describes the monitors on which windows can be opened, a line each.
///
/// # Errors
/// Without a display server.
pub fn displays() -> anyhow::Result<Vec<String>> {
    struct MonitorList(Vec<String>);
    impl ApplicationHandler for MonitorList {
        fn resumed(&mut self, event_loop: &ActiveEventLoop) {
            // In winit's order: `--output` counts by it.
            let connected = MonitorProbe::default().connected(event_loop);
            self.0 = event_loop
                .available_monitors()
                .enumerate()
                .map(|(index, monitor)| {
                    let PhysicalSize { width, height } = monitor.size();
                    let rate = monitor
                        .refresh_rate_millihertz()
                        .map_or_else(String::new, |rate| format!(", {:.1} Hz", f64::from(rate) / 1000.0));
                    let known = connected.iter().find(|connected| connected.handle.as_ref() == Some(&monitor));
                    let edid = known.and_then(|connected| connected.edid.clone());
                    let MonitorId { name, serial, port } = identity(monitor.name(), edid);
                    let edid = [name, serial.map(|serial| format!("serial {serial}"))];
                    let edid: Vec<_> = edid.into_iter().flatten().collect();
                    let edid = if edid.is_empty() { String::new() } else { format!(" ({})", edid.join(", ")) };
                    let port = port.unwrap_or_else(|| "unnamed".to_owned());
                    format!("{}: {port}{edid}, {width}x{height}{rate}", index + 1)
                })
                .collect();
            event_loop.exit();
        }
        fn window_event(&mut self, _: &ActiveEventLoop, _: WindowId, _: WindowEvent) {}
    }
    let mut list = MonitorList(Vec::new());
    let run = |event_loop: EventLoop<()>| event_loop.run_app(&mut list);
    EventLoop::new().and_then(run).map_err(|error| anyhow::anyhow!("{}", window_error(&error)))?;
    Ok(list.0)
}

/// What the window system says, without the place in the source of a library at which it said so.
pub fn window_error(error: &EventLoopError) -> String {
    let text = error.to_string();
    let said = text.strip_prefix("os error at ").and_then(|text| Some(text.split_once(": ")?.1));
    said.unwrap_or(&text).trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connectors_edid_is_found_by_its_port() {
        let folder = tempfile::tempdir().unwrap();
        // A projector that says its name; the rest of the base block is empty.
        let mut edid = vec![0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x16, 0x6c, 1, 0, 7, 0, 0, 0];
        edid.resize(128, 0);
        edid[54..59].copy_from_slice(&[0, 0, 0, 0xfc, 0]);
        edid[59..72].copy_from_slice(b"WALL LIGHT\n  ");
        edid[127] = edid.iter().fold(0_u8, |sum, byte| sum.wrapping_sub(*byte));
        for (connector, bytes) in [("card0-HDMI-A-1", &edid[..]), ("card0-DP-1", &[])] {
            std::fs::create_dir(folder.path().join(connector)).unwrap();
            std::fs::write(folder.path().join(connector).join("edid"), bytes).unwrap();
        }
        let found = edid_at(folder.path(), "HDMI-1").expect("the projector's");
        assert_eq!(found.name.as_deref(), Some("WALL LIGHT"));
        assert!(edid_at(folder.path(), "DP-1").is_none() && edid_at(folder.path(), "VGA-1").is_none());
    }
}
