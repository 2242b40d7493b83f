//! The ports of devices. See [`start`].

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use midir::{Ignore, MidiInput, MidiInputConnection, MidiOutput, MidiOutputConnection};

use super::mapping::MidiMap;
use super::message::Move;
use super::surface::Surface;
use crate::changes::INTERVAL;
use crate::throttled_warnings::ThrottledWarnings;
use millions_control::{Control, Source, StatusWatch};

/// How often devices are looked for.
const SCAN: Duration = Duration::from_secs(1);
/// Messages that may wait: those of a hand on all faders at once. What is more is lost.
const WAITING: usize = 1024;
/// The name under which other programs see this one.
const CLIENT: &str = "millions";

/// Begins to follow devices by the file of a map, on a thread that ends with the process. The file is read again when it changes.
///
/// # Errors
/// When there is no thread.
pub fn start(map: PathBuf, control: &Control) -> io::Result<()> {
    let control = control.clone();
    thread::Builder::new().name("midi".into()).spawn(move || follow(&map, &control)).map(drop)
}

/// A message of a device: its name, and what was moved.
type Moved = (String, Move);

fn follow(path: &std::path::Path, control: &Control) {
    let (sender, moves) = sync_channel(WAITING);
    let mut desk =
        Desk { surface: Surface::default(), read_at: None, inputs: HashMap::new(), outputs: HashMap::new(), sender };
    let mut warnings = ThrottledWarnings::about("MIDI");
    let mut scanned: Option<Instant> = None;
    let mut shown: Option<Instant> = None;
    let mut watch: Option<StatusWatch> = None;
    loop {
        if scanned.is_none_or(|at| at.elapsed() >= SCAN) {
            scanned = Some(Instant::now());
            desk.read(path, &mut warnings);
            desk.scan(control, &mut warnings);
            // Taken more often only while there is something that shows it.
            watch = (!desk.outputs.is_empty()).then(|| watch.take().unwrap_or_else(|| control.watch()));
        }
        obey(&moves, &mut desk, control, &mut warnings);
        if shown.is_none_or(|at| at.elapsed() >= INTERVAL) {
            shown = Some(Instant::now());
            let status = watch.as_mut().and_then(|watch| watch.next(Duration::ZERO));
            if let Some(status) = status {
                desk.outputs.retain(|device, (_, output)| {
                    let messages = desk.surface.show(device, &status, false, Instant::now());
                    messages.iter().all(|message| output.send(message).is_ok())
                });
            }
        }
    }
}

/// Obeys what is moved, for a moment.
fn obey(moves: &Receiver<Moved>, desk: &mut Desk, control: &Control, warnings: &mut ThrottledWarnings) {
    let mut next = moves.recv_timeout(INTERVAL / 2);
    while let Ok((device, moved)) = next {
        for command in desk.surface.moved(&device, moved, &control.status(), Instant::now()) {
            let sent = command.and_then(|command| control.send(command, Source::Midi).map_err(|refused| refused.0));
            if let Err(error) = sent {
                warnings.add(&format!("{} of {device}: {error}", moved.knob));
            }
        }
        next = moves.try_recv().map_err(|_| RecvTimeoutError::Timeout);
    }
}

/// The devices that are there.
struct Desk {
    surface: Surface,
    /// The time of the file that was read.
    read_at: Option<SystemTime>,
    /// By their names: what identifies the port, and the connection.
    inputs: HashMap<String, (String, MidiInputConnection<()>)>,
    outputs: HashMap<String, (String, MidiOutputConnection)>,
    sender: SyncSender<Moved>,
}

impl Desk {
    /// Reads the file, if it is another than before; one with a mistake changes nothing.
    fn read(&mut self, path: &std::path::Path, warnings: &mut ThrottledWarnings) {
        let time = std::fs::metadata(path).and_then(|file| file.modified()).ok();
        if time == self.read_at {
            return;
        }
        self.read_at = time;
        match MidiMap::read(path) {
            Ok(map) => {
                tracing::info!("MIDI: {} controls are mapped", map.map.len());
                self.surface = Surface::new(map);
                self.inputs.clear();
                self.outputs.clear();
            }
            Err(error) => warnings.add(&error),
        }
    }

    /// Lets go of what is gone, and connects what has come.
    fn scan(&mut self, control: &Control, warnings: &mut ThrottledWarnings) {
        let Ok(found) = MidiInput::new(CLIENT) else {
            // A system without MIDI, or one that starts later.
            self.inputs.clear();
            self.outputs.clear();
            return;
        };
        let ports: Vec<_> =
            found.ports().into_iter().filter_map(|port| Some((found.port_name(&port).ok()?, port))).collect();
        self.inputs.retain(|name, (id, _)| ports.iter().any(|(known, port)| known == name && port.id() == *id));
        for (name, port) in ports {
            if self.inputs.contains_key(&name) || !self.surface.knows(&name) {
                continue;
            }
            match connect(&name, &port, self.sender.clone()) {
                Ok(connection) => {
                    tracing::info!("MIDI: {name} is there");
                    self.inputs.insert(name, (port.id(), connection));
                }
                Err(error) => warnings.add(&format!("{name} cannot be opened: {error}")),
            }
        }
        let Ok(found) = MidiOutput::new(CLIENT) else { return };
        let ports: Vec<_> =
            found.ports().into_iter().filter_map(|port| Some((found.port_name(&port).ok()?, port))).collect();
        self.outputs.retain(|name, (id, _)| ports.iter().any(|(known, port)| known == name && port.id() == *id));
        for (name, port) in ports {
            if self.outputs.contains_key(&name) || !self.surface.knows(&name) {
                continue;
            }
            let Ok(output) = MidiOutput::new(CLIENT) else { continue };
            if let Ok(mut connection) = output.connect(&port, CLIENT) {
                for message in self.surface.show(&name, &control.status(), true, Instant::now()) {
                    // One that has gone again is found by the next scan.
                    let _ = connection.send(&message);
                }
                self.outputs.insert(name, (port.id(), connection));
            }
        }
    }
}

fn connect(
    name: &str,
    port: &midir::MidiInputPort,
    sender: SyncSender<Moved>,
) -> Result<MidiInputConnection<()>, String> {
    let mut input = MidiInput::new(CLIENT).map_err(|error| error.to_string())?;
    input.ignore(Ignore::All);
    let device = name.to_owned();
    let receive = move |_: u64, bytes: &[u8], (): &mut ()| {
        if let Some(moved) = Move::read(bytes) {
            // What is more than may wait is lost; a fader's next message says where it is.
            let _ = sender.try_send((device.clone(), moved));
        }
    };
    input.connect(port, CLIENT, receive, ()).map_err(|error| error.to_string())
}

/// Why nothing is learned.
#[derive(Debug, thiserror::Error)]
pub enum LearnError {
    /// The system has no MIDI.
    #[error("this system has no MIDI: {0}")]
    NoMidi(String),
    /// No device is there.
    #[error("no MIDI device is there: plug one in")]
    NoDevice,
    /// Nothing was moved.
    #[error("nothing was moved")]
    Nothing,
}

/// Returns the names of the devices that are there.
///
/// # Errors
/// When the system has no MIDI.
pub fn devices() -> Result<Vec<String>, LearnError> {
    let input = MidiInput::new(CLIENT).map_err(|error| LearnError::NoMidi(error.to_string()))?;
    Ok(input.ports().iter().filter_map(|port| input.port_name(port).ok()).collect())
}

/// Waits until somebody moves a control of any device, and returns the device's name and the control.
///
/// # Errors
/// When there is no device, or nothing is moved.
pub fn next_move(patience: Duration) -> Result<(String, Move), LearnError> {
    let input = MidiInput::new(CLIENT).map_err(|error| LearnError::NoMidi(error.to_string()))?;
    let (sender, moves) = sync_channel(WAITING);
    let ports = input.ports();
    let open = |port| connect(&input.port_name(port).ok()?, port, sender.clone()).ok();
    let connections: Vec<_> = ports.iter().filter_map(open).collect();
    if connections.is_empty() {
        return Err(LearnError::NoDevice);
    }
    let until = Instant::now() + patience;
    loop {
        let left = until.checked_duration_since(Instant::now()).ok_or(LearnError::Nothing)?;
        match moves.recv_timeout(left) {
            // The end of a note is no second press.
            Ok((device, moved)) if moved.raw > 0 => return Ok((without_number(&device), moved)),
            Ok(_) => {}
            Err(_) => return Err(LearnError::Nothing),
        }
    }
}

/// A device's name without the number of its port, as `20:0`: it is another when it is plugged in again.
fn without_number(device: &str) -> String {
    match device.rsplit_once(' ') {
        Some((name, number)) if number.bytes().all(|byte| byte.is_ascii_digit() || byte == b':') => name.to_owned(),
        _ => device.to_owned(),
    }
}
