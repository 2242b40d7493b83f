//! DMX from a lighting console, by Art-Net or sACN: the wall is a fixture of four channels.
//!
//! | channel | 0 | up |
//! |---|---|---|
//! | 1, dimmer | black | full |
//! | 2, scene | nothing | 5 to 9 the first scene, 10 to 14 the second … |
//! | 3, speed | nothing | 1 slowest, 128 real time, 255 fastest |
//! | 4, blackout | shows | from 128 on black |
//!
//! Only changes are obeyed, so that other instruments can take over between them; a lost signal holds.

mod fixture;
mod packet;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant};

use crate::throttled_warnings::ThrottledWarnings;
use fixture::Fixture;
use millions_control::{Control, Source};

/// How long until what could not be opened is tried again.
const RETRY: Duration = Duration::from_secs(5);
/// More than a packet has.
const PACKET_BYTES: usize = 2048;

/// The first of four channels: `UNIVERSE` or `UNIVERSE:CHANNEL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patch {
    /// The universe.
    pub universe: u16,
    /// The channel, from 1.
    pub channel: u16,
}

impl FromStr for Patch {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (universe, channel) = text.split_once(':').unwrap_or((text, "1"));
        let universe = universe.parse::<u16>().ok().filter(|universe| *universe < 64_000);
        // The last that leaves room for four.
        let channel = channel.parse::<u16>().ok().filter(|channel| (1..=509).contains(channel));
        match (universe, channel) {
            (Some(universe), Some(channel)) => Ok(Self { universe, channel }),
            _ => Err(format!("{text:?} is no universe with its first channel (1 to 509), such as 0 or 3:101")),
        }
    }
}

/// By which protocol levels come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Art-Net, at port 6454.
    ArtNet,
    /// sACN, at port 5568, as multicast or not.
    Sacn,
}

impl Protocol {
    const fn port(self) -> u16 {
        match self {
            Self::ArtNet => 6454,
            Self::Sacn => 5568,
        }
    }

    fn read(self, bytes: &[u8]) -> Option<packet::Levels<'_>> {
        match self {
            Self::ArtNet => packet::art_net(bytes),
            Self::Sacn => packet::sacn(bytes),
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ArtNet => "Art-Net",
            Self::Sacn => "sACN",
        })
    }
}

/// Begins to follow a console, on a thread that ends with the process. A port that cannot be opened is tried again.
///
/// # Errors
/// When there is no thread.
pub fn start(protocol: Protocol, patch: Patch, control: &Control) -> io::Result<()> {
    let address = SocketAddr::from((Ipv4Addr::UNSPECIFIED, protocol.port()));
    start_at(address, protocol, patch, control)
}

fn start_at(address: SocketAddr, protocol: Protocol, patch: Patch, control: &Control) -> io::Result<()> {
    let control = control.clone();
    let follow = move || follow(address, protocol, patch, &control);
    thread::Builder::new().name(protocol.to_string()).spawn(follow).map(drop)
}

fn open(address: SocketAddr, protocol: Protocol, patch: Patch) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(address)?;
    if protocol == Protocol::Sacn {
        let [high, low] = patch.universe.to_be_bytes();
        let group = Ipv4Addr::new(239, 255, high, low);
        if let Err(error) = socket.join_multicast_v4(&group, &Ipv4Addr::UNSPECIFIED) {
            // What is sent to this machine alone comes all the same.
            tracing::warn!("sACN by multicast ({group}) is not received: {error}");
        }
    }
    Ok(socket)
}

fn follow(address: SocketAddr, protocol: Protocol, Patch { universe, channel }: Patch, control: &Control) {
    let mut fixture = Fixture::new(universe, channel);
    let mut warnings = ThrottledWarnings::about(if protocol == Protocol::Sacn { "sACN" } else { "Art-Net" });
    let mut bytes = [0; PACKET_BYTES];
    let mut has_failed = false;
    loop {
        match open(address, protocol, Patch { universe, channel }) {
            Ok(socket) => {
                tracing::info!("{protocol} is followed: universe {universe}, channels {channel} to {}", channel + 3);
                has_failed = false;
                let mut failures = 0;
                while failures < 100 {
                    let Ok((length, from)) = socket.recv_from(&mut bytes) else {
                        failures += 1;
                        thread::sleep(Duration::from_millis(10));
                        continue;
                    };
                    failures = 0;
                    let Some(levels) = protocol.read(&bytes[..length]) else { continue };
                    for command in fixture.follow(&levels, from, &control.status(), Instant::now()) {
                        if let Err(refused) = control.send(command, Source::Dmx) {
                            warnings.add(&refused.0);
                        }
                    }
                }
            }
            Err(error) if !has_failed => {
                tracing::error!(
                    "{protocol} cannot be received at {address} ({error}); it is tried again every 5 seconds"
                );
                has_failed = true;
            }
            Err(_) => {}
        }
        thread::sleep(RETRY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_wall::TestWall;
    use millions_control::Command;

    #[test]
    fn a_console_dims_the_wall_and_noise_does_not() {
        let wall = TestWall::start();
        let address = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        start_at(address, Protocol::ArtNet, "1:5".parse().unwrap(), &wall.control).unwrap();
        let console = UdpSocket::bind("127.0.0.1:0").unwrap();
        let mut random = crate::test_wall::Random(3);
        for _ in 0..10_000 {
            let noise: Vec<_> = (0..random.below(60)).map(|_| random.byte()).collect();
            let _ = console.send_to(&[&b"Art-Net\0"[..], &noise].concat()[..], address);
        }
        assert_eq!(wall.obeyed(), None);
        let levels = packet::tests::art_packet(1, &[0, 0, 0, 0, 51, 0, 0, 0]);
        let dimmed = (0..200).find_map(|_| {
            let _ = console.send_to(&levels, address);
            thread::sleep(Duration::from_millis(10));
            wall.obeyed()
        });
        assert_eq!(dimmed, Some(Command::Dimmer { level: 0.2 }));
    }

    #[test]
    fn a_patch_has_room_for_four_channels() {
        assert_eq!("3:101".parse(), Ok(Patch { universe: 3, channel: 101 }));
        assert_eq!("0".parse(), Ok(Patch { universe: 0, channel: 1 }));
        for wrong in ["", "a", "1:0", "1:510", "1:", ":1", "-1", "64000"] {
            assert!(wrong.parse::<Patch>().is_err(), "{wrong}");
        }
    }
}
