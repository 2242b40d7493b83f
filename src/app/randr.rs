//! Monitors of an X server, by its RandR extension: winit's own list misses some changes. See [`Randr`].

use std::cell::RefCell;
use std::collections::HashMap;

use winit::dpi::{PhysicalPosition, PhysicalSize};
use x11rb::connection::Connection as _;
use x11rb::protocol::randr::ConnectionExt as _;
use x11rb::protocol::xproto::{Atom, ConnectionExt as _, Window};
use x11rb::rust_connection::RustConnection;

/// A connection to the X server for its monitors.
pub struct Randr {
    connection: RustConnection,
    root: Window,
    names: RefCell<HashMap<Atom, String>>,
}

/// A monitor of the server.
pub struct RandrMonitor {
    /// Its port.
    pub port: String,
    /// Its upper left corner on the desktop.
    pub position: PhysicalPosition<i32>,
    /// Pixels.
    pub size: PhysicalSize<u32>,
}

impl Randr {
    /// Connects to the server, where there is one with the extension.
    #[must_use]
    pub fn open() -> Option<Self> {
        let (connection, screen) = RustConnection::connect(None).ok()?;
        let root = connection.setup().roots.get(screen)?.root;
        let randr = Self { connection, root, names: RefCell::default() };
        randr.monitors().map(|_| randr)
    }

    /// The monitors that are on now; none where the server does not answer.
    #[must_use]
    pub fn monitors(&self) -> Option<Vec<RandrMonitor>> {
        let monitors = self.connection.randr_get_monitors(self.root, true).ok()?.reply().ok()?.monitors;
        let monitors = monitors.into_iter().map(|monitor| {
            let position = PhysicalPosition::new(i32::from(monitor.x), i32::from(monitor.y));
            let size = PhysicalSize::new(u32::from(monitor.width), u32::from(monitor.height));
            Some(RandrMonitor { port: self.name(monitor.name)?, position, size })
        });
        monitors.collect()
    }

    fn name(&self, atom: Atom) -> Option<String> {
        if let Some(name) = self.names.borrow().get(&atom) {
            return Some(name.clone());
        }
        let name = self.connection.get_atom_name(atom).ok()?.reply().ok()?.name;
        let name = String::from_utf8_lossy(&name).into_owned();
        self.names.borrow_mut().insert(atom, name.clone());
        Some(name)
    }
}
