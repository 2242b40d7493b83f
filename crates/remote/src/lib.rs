//! Instruments that control a running show from elsewhere. Each translates to commands and shows the status, by the one table of
//! `millions_control`; none of them knows the show, and none is waited for.
//!
//! * [`ctl`]: a terminal or a script on this machine, over a local socket.
//! * [`osc`]: other programs and consoles, over UDP.
//! * [`midi`]: faders and pads.
//! * [`dmx`]: lighting consoles.
//! * [`http`]: the telephone's page, scripts, and programs that list the addresses by themselves (OSCQuery).
//!
//! [`Previews`] and [`WaitingPortraits`] are what the wall shares with them besides.

mod address;
mod changes;
#[cfg(unix)]
pub mod ctl;
pub mod dmx;
#[cfg(feature = "http")]
pub mod http;
pub mod midi;
pub mod osc;
mod preview;
#[cfg(test)]
mod test_wall;
mod throttled_warnings;
mod waiting;

pub use address::ListenAddress;
pub use preview::Previews;
pub use waiting::WaitingPortraits;
