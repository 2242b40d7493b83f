//! Open Sound Control over UDP: addresses of the table in, and their values out.
//!
//! `/millions/cue/title`, `/millions/blackout 1`: see `docs/remote.md`. Two addresses are not commands to the show:
//!
//! * `/millions/listen [PORT]`: the sender is told what every address shows, and then each change, until a minute after its last message;
//!   `/millions/listen 0` ends that.
//! * `/millions/resend`: everything is sent again, to all listeners.
//!
//! UDP cannot tell whether anybody is there; so nothing here waits for anybody, and whoever was away asks again.

mod listeners;
pub(crate) mod packet;

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::ListenAddress;
use crate::changes::{Changes, INTERVAL, all};
use crate::throttled_warnings::ThrottledWarnings;
use listeners::Listeners;
use millions_control::{Argument, Control, Source, leaves, parse, split_address};
use packet::Message;

/// How long until what could not be opened is tried again: a network that comes up after the program.
const RETRY: Duration = Duration::from_secs(5);
/// The largest packet of UDP.
const PACKET_BYTES: usize = 1 << 16;

/// What [`start`] listens to, and whom it tells.
#[derive(Clone, Debug, Default)]
pub struct OscOptions {
    /// Where messages come in; none without.
    pub listen: Option<ListenAddress>,
    /// Who is told everything that changes: `HOST:PORT`.
    pub tell: Vec<String>,
}

/// Begins to listen and to tell, on threads of its own that end with the process. What cannot be opened is tried again.
///
/// # Errors
/// When there are no threads.
pub fn start(options: OscOptions, control: &Control) -> io::Result<()> {
    let shared = Arc::new(Shared::default());
    if let Some(address) = options.listen {
        let (shared, control) = (shared.clone(), control.clone());
        thread::Builder::new().name("osc in".into()).spawn(move || receive(address.0, &shared, &control))?;
    }
    if !options.tell.is_empty() {
        let shared = shared.clone();
        thread::Builder::new().name("osc names".into()).spawn(move || look_up(options.tell, &shared))?;
    }
    let control = control.clone();
    thread::Builder::new().name("osc out".into()).spawn(move || tell(&shared, &control)).map(drop)
}

/// What the threads share.
#[derive(Default)]
struct Shared {
    listeners: Mutex<Listeners>,
    changed: Condvar,
    /// The socket at which messages come in, once it is open: values come from the same port.
    socket: Mutex<Option<UdpSocket>>,
}

impl Shared {
    fn listeners(&self) -> MutexGuard<'_, Listeners> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks up the names of those who are told, until all have an address.
fn look_up(mut names: Vec<String>, shared: &Shared) {
    let mut is_first = true;
    loop {
        names.retain(|name| {
            // Without an address as yet: a network that is not up, a machine without a name.
            let Some(to) = name.to_socket_addrs().ok().and_then(|mut found| found.next()) else {
                if is_first {
                    tracing::warn!("OSC: {name} is not known (HOST:PORT is expected); it is looked up again");
                }
                return true;
            };
            shared.listeners().add_fixed(to);
            shared.changed.notify_all();
            false
        });
        if names.is_empty() {
            return;
        }
        is_first = false;
        thread::sleep(RETRY);
    }
}

/// Receives packets for ever.
fn receive(address: SocketAddr, shared: &Shared, control: &Control) {
    let mut bytes = vec![0; PACKET_BYTES];
    let mut receiver = Receiver::default();
    let mut has_failed = false;
    loop {
        let opened = UdpSocket::bind(address).and_then(|socket| Ok((socket.try_clone()?, socket)));
        let socket = match opened {
            Ok((clone, socket)) => {
                tracing::info!("OSC comes in at {address}");
                *shared.socket.lock().unwrap_or_else(PoisonError::into_inner) = Some(clone);
                socket
            }
            Err(error) => {
                if !has_failed {
                    tracing::error!("OSC cannot come in at {address} ({error}); it is tried again every 5 seconds");
                }
                has_failed = true;
                thread::sleep(RETRY);
                continue;
            }
        };
        has_failed = false;
        let mut failures = 0;
        // Of a few errors some go by themselves, as that somebody who was told is gone.
        while failures < 100 {
            match socket.recv_from(&mut bytes) {
                Ok((length, from)) => {
                    failures = 0;
                    receiver.receive(&bytes[..length], from, shared, control);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    failures += 1;
                    thread::sleep(Duration::from_millis(10));
                }
            }
        }
    }
}

/// Turns packets to commands.
struct Receiver {
    malformed: ThrottledWarnings,
    refused: ThrottledWarnings,
}

impl Default for Receiver {
    fn default() -> Self {
        Self {
            malformed: ThrottledWarnings::about("OSC, a malformed packet"),
            refused: ThrottledWarnings::about("OSC"),
        }
    }
}

impl Receiver {
    fn receive(&mut self, bytes: &[u8], from: SocketAddr, shared: &Shared, control: &Control) {
        match packet::decode(bytes) {
            Ok(messages) => {
                shared.listeners().heard(from, Instant::now());
                messages.iter().for_each(|message| self.obey(message, from, shared, control));
            }
            Err(error) => self.malformed.add(&format!("from {from}: {error}")),
        }
    }

    fn obey(&mut self, Message { address, arguments }: &Message, from: SocketAddr, shared: &Shared, control: &Control) {
        match split_address(address).trim_end_matches('/') {
            "listen" => {
                let port = arguments.first().and_then(Argument::whole);
                if port == Some(0) || arguments.first().and_then(Argument::switch) == Some(false) {
                    shared.listeners().unsubscribe(from);
                    return;
                }
                // 1 is a button's press, and no port that a program of an operator has.
                let port = port.and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 1);
                if !shared.listeners().subscribe(from, port, Instant::now()) {
                    self.refused.add(&format!("{from} cannot listen: 16 do already"));
                }
                shared.changed.notify_all();
            }
            "resend" => {
                shared.listeners().resend(from);
                shared.changed.notify_all();
            }
            _ => {
                let sent = match parse(address, arguments, &control.status()) {
                    Ok(Some(command)) => control.send(command, Source::Osc).map_err(|refused| refused.0),
                    Ok(None) => Ok(()),
                    Err(error) => Err(error.to_string()),
                };
                if let Err(error) = sent {
                    self.refused.add(&format!("{error} (from {from})"));
                }
            }
        }
    }
}

/// Tells the listeners what changes, for ever.
fn tell(shared: &Shared, control: &Control) {
    let mut sender = Sender::default();
    loop {
        {
            let mut listeners = shared.listeners();
            while listeners.is_empty() {
                listeners = shared.changed.wait(listeners).unwrap_or_else(PoisonError::into_inner);
            }
        }
        // The status is taken more often while it is watched, so only while somebody listens.
        let mut watch = control.watch();
        let mut changes = Changes::default();
        let mut status = control.status();
        loop {
            // Also without a new one, for somebody may have come, and a value may wait for its turn.
            status = watch.next(INTERVAL).unwrap_or(status);
            let now = Instant::now();
            let (behind, listeners) = {
                let mut listeners = shared.listeners();
                listeners.expire(now);
                if listeners.is_empty() {
                    break;
                }
                (listeners.take_behind(), listeners.all().collect::<Vec<_>>())
            };
            let leaves = leaves(&status);
            let changed = packet::bundles(&changes.next(&leaves, now));
            for to in listeners.iter().filter(|to| !behind.contains(to)) {
                sender.send(&changed, *to, shared);
            }
            if !behind.is_empty() {
                let everything = packet::bundles(&all(&leaves));
                behind.iter().for_each(|to| sender.send(&everything, *to, shared));
            }
        }
    }
}

/// Sends packets: from the port at which messages come in, or from any.
#[derive(Default)]
struct Sender {
    v4: Option<UdpSocket>,
    v6: Option<UdpSocket>,
}

impl Sender {
    fn send(&mut self, packets: &[Vec<u8>], to: SocketAddr, shared: &Shared) {
        if packets.is_empty() {
            return;
        }
        let incoming = shared.socket.lock().unwrap_or_else(PoisonError::into_inner);
        let reaches = |own: SocketAddr| {
            // A socket of this machine only reaches nobody else.
            let ip = own.ip();
            own.is_ipv4() == to.is_ipv4() && (ip.is_unspecified() || ip.is_loopback() == to.ip().is_loopback())
        };
        let own = incoming.as_ref().filter(|socket| socket.local_addr().is_ok_and(reaches));
        let other = if to.is_ipv4() { &mut self.v4 } else { &mut self.v6 };
        if own.is_none() && other.is_none() {
            let any = if to.is_ipv4() {
                SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))
            } else {
                SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0))
            };
            *other = UdpSocket::bind(any).ok();
        }
        let Some(socket) = own.or(other.as_ref()) else { return };
        for packet in packets {
            // Who is not there is not waited for.
            let _ = socket.send_to(packet, to);
        }
    }
}

#[cfg(test)]
mod tests;
