//! Monitors of an X server, asked of the server itself: winit goes by its own list, which not every change of the monitors
//! reaches. See [`Randr`].

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

/// A monitor's port, place and size.
pub type Plugged = (String, PhysicalPosition<i32>, PhysicalSize<u32>);

impl Randr {
    /// A connection, where there is such a server.
    #[must_use]
    pub fn open() -> Option<Self> {
        let (connection, screen) = RustConnection::connect(None).ok()?;
        let root = connection.setup().roots.get(screen)?.root;
        let randr = Self { connection, root, names: RefCell::default() };
        randr.monitors().map(|_| randr)
    }

    /// The monitors that are on now; none where the server does not tell.
    #[must_use]
    pub fn monitors(&self) -> Option<Vec<Plugged>> {
        let monitors = self.connection.randr_get_monitors(self.root, true).ok()?.reply().ok()?.monitors;
        let plugged = monitors.into_iter().map(|monitor| {
            let place = PhysicalPosition::new(i32::from(monitor.x), i32::from(monitor.y));
            let size = PhysicalSize::new(u32::from(monitor.width), u32::from(monitor.height));
            Some((self.name(monitor.name)?, place, size))
        });
        plugged.collect()
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
