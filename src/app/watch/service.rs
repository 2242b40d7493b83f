//! What whoever supervises this process is told, in systemd's protocol. See [`Service`].

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// A socket that takes notifications, each a datagram of lines such as `READY=1`.
#[derive(Debug)]
pub struct NotifySocket {
    socket: UnixDatagram,
    address: SocketAddr,
}

impl NotifySocket {
    /// Opens the socket of `NOTIFY_SOCKET`; none where nobody is to be told.
    #[must_use]
    pub fn of_environment() -> Option<Self> {
        let name = env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty())?;
        let opened = Self::open(&name);
        opened.inspect_err(|error| tracing::warn!("the service manager is told nothing: {error}")).ok()
    }

    fn open(name: &OsStr) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        // A supervisor that does not read must not hold up the wall.
        socket.set_nonblocking(true)?;
        Ok(Self { socket, address: address(name)? })
    }

    /// Sends lines. What cannot be sent is lost: the next sign of life comes soon.
    pub fn tell(&self, lines: &str) {
        let _ = self.socket.send_to_addr(lines.as_bytes(), &self.address);
    }
}

/// The address of a name: a path, or an abstract name after `@`.
fn address(name: &OsStr) -> io::Result<SocketAddr> {
    #[cfg(target_os = "linux")]
    if let Some(name) = name.as_encoded_bytes().strip_prefix(b"@") {
        return <SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(name);
    }
    SocketAddr::from_pathname(name)
}

/// Whoever supervises this process, started it with a watchdog, and starts it again.
#[derive(Debug)]
pub struct Service {
    socket: NotifySocket,
    /// The interval of signs of life: half of what it waits for.
    pub interval: Duration,
}

impl Service {
    /// Returns the supervisor that the environment names; none without one that watches.
    ///
    /// `WATCHDOG_PID` is not looked at: between a service manager and this process there may be others, such as a compositor.
    #[must_use]
    pub fn of_environment() -> Option<Self> {
        let interval = watchdog_usec()? / 2;
        Some(Self { socket: NotifySocket::of_environment()?, interval: Duration::from_micros(interval) })
    }

    /// Sends lines.
    pub fn tell(&self, lines: &str) {
        self.socket.tell(lines);
    }
}

/// The microseconds within which the supervisor wants a sign of life.
pub fn watchdog_usec() -> Option<u64> {
    env::var("WATCHDOG_USEC").ok()?.parse().ok().filter(|usec| *usec > 0)
}
