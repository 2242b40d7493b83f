//! Where an instrument listens. See [`ListenAddress`].

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

/// An address to listen at: `PORT` alone is this machine only; `ADDR:PORT` is what it says, as `0.0.0.0:PORT` for everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListenAddress(pub SocketAddr);

impl ListenAddress {
    /// Whether only this machine reaches it.
    #[must_use]
    pub const fn is_loopback(self) -> bool {
        self.0.ip().is_loopback()
    }
}

impl FromStr for ListenAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let port = |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0);
        let local = port(text).map(|port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
        let whole = || text.parse::<SocketAddr>().ok().filter(|address| address.port() > 0);
        local.or_else(whole).map(Self).ok_or_else(|| {
            format!("{text:?} is neither a port, such as 7400, nor an address with one, such as 0.0.0.0:7400")
        })
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_this_machine_only() {
        let listen = |text: &str| text.parse::<ListenAddress>();
        assert!(listen("7400").unwrap().is_loopback());
        assert_eq!(listen("7400").unwrap().to_string(), "127.0.0.1:7400");
        assert!(!listen("0.0.0.0:7400").unwrap().is_loopback());
        assert_eq!(listen("[::]:7400").unwrap().0.port(), 7400);
        for wrong in ["", "0", "70000", "host:7400", "1.2.3.4", "1.2.3.4:0", "-1"] {
            assert!(listen(wrong).unwrap_err().contains("7400"), "{wrong}");
        }
    }
}
