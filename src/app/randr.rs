//! Monitors of an X server, by its RandR extension: winit's own list misses some changes. See [`Randr`].

use std::cell::RefCell;
use std::collections::HashMap;

use winit::dpi::{PhysicalPosition, PhysicalSize};
use x11rb::connection::Connection as _;
use x11rb::protocol::randr::{ConnectionExt as _, Output};
use x11rb::protocol::xproto::{Atom, AtomEnum, ConnectionExt as _, Window};
use x11rb::rust_connection::RustConnection;

use millions_stage::Edid;

/// A connection to the X server for its monitors.
pub struct Randr {
    connection: RustConnection,
    root: Window,
    names: RefCell<HashMap<Atom, String>>,
    /// The property of outputs that has the EDID: `EDID`, or the names that old drivers gave it.
    edid_atoms: Vec<Atom>,
}

/// The most words of an EDID: the base block and all of its extensions.
const MOST_EDID_WORDS: u32 = 256 * 128 / 4;

/// A monitor of the server.
pub struct RandrMonitor {
    /// Its port, as the driver calls it.
    pub port: String,
    /// Its EDID, where the server has it.
    pub edid: Option<Edid>,
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
        let edid_atoms = [&b"EDID"[..], b"EDID_DATA", b"XFree86_DDC_EDID1_RAWDATA"]
            .into_iter()
            .filter_map(|name| Some(connection.intern_atom(true, name).ok()?.reply().ok()?.atom))
            .filter(|atom| *atom != 0)
            .collect();
        let randr = Self { connection, root, names: RefCell::default(), edid_atoms };
        randr.monitors().map(|_| randr)
    }

    /// The monitors that are on now; none where the server does not answer.
    #[must_use]
    pub fn monitors(&self) -> Option<Vec<RandrMonitor>> {
        let monitors = self.connection.randr_get_monitors(self.root, true).ok()?.reply().ok()?.monitors;
        let monitors = monitors.into_iter().map(|monitor| {
            let position = PhysicalPosition::new(i32::from(monitor.x), i32::from(monitor.y));
            let size = PhysicalSize::new(u32::from(monitor.width), u32::from(monitor.height));
            let edid = monitor.outputs.iter().find_map(|output| self.edid(*output));
            Some(RandrMonitor { port: self.name(monitor.name)?, edid, position, size })
        });
        monitors.collect()
    }

    /// The EDID that the server has of an output's monitor.
    fn edid(&self, output: Output) -> Option<Edid> {
        let read = |atom: &Atom| {
            let property = self.connection.randr_get_output_property(
                output,
                *atom,
                AtomEnum::ANY,
                0,
                MOST_EDID_WORDS,
                false,
                false,
            );
            let reply = property.ok()?.reply().ok()?;
            Edid::parse(&reply.data)
        };
        self.edid_atoms.iter().find_map(read)
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
