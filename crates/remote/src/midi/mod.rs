//! MIDI: faders, knobs and pads of whatever is plugged in, by a file that is learned.
//!
//! Devices are known by a part of their name. They are looked for every second, so that one that is plugged in again goes on where it
//! was; one that goes changes nothing. Faders take a value over where it is, motor faders and lights follow it.
//!
//! What a control means (`surface`) is pure, and there in every build; the ports take the feature `midi`, for they link the
//! system's library.

// Without ports nobody asks for it but tests.
#![cfg_attr(not(feature = "midi"), allow(dead_code))]

mod mapping;
mod message;
#[cfg(feature = "midi")]
mod ports;
mod surface;

pub use mapping::{Mapping, MidiMap, Mode};
pub use message::{Kind, Knob, Move};
#[cfg(feature = "midi")]
pub use ports::{LearnError, devices, next_move, start};
