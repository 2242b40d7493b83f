//! MIDI messages of controls. See [`Move`].

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A control of a device: what kind of message it sends, on which channel and with which number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Knob {
    /// Its kind.
    pub kind: Kind,
    /// The channel, from 1.
    pub channel: u8,
    /// The number of the controller or the note; 0 for a pitch wheel.
    pub number: u8,
}

/// What a control sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A control change: faders, knobs, buttons.
    Cc,
    /// A note: pads, keys.
    Note,
    /// A pitch wheel: the faders of large consoles, with 14 bits.
    Bend,
}

/// A control that was moved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Move {
    /// Which.
    pub knob: Knob,
    /// Where it is now, from 0 to 1.
    pub position: f64,
    /// The 7 bits that were sent; of a pitch wheel the upper ones.
    pub raw: u8,
}

impl Move {
    /// Reads a message; none where it is of no control.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let [status, data @ ..] = bytes else { return None };
        let ([first, second], true) = (data.first_chunk::<2>()?, data.iter().all(|byte| *byte < 0x80)) else {
            return None;
        };
        let (kind, number, position, raw) = match status & 0xf0 {
            0x80 => (Kind::Note, *first, 0.0, 0),
            0x90 => (Kind::Note, *first, f64::from(*second) / 127.0, *second),
            0xb0 => (Kind::Cc, *first, f64::from(*second) / 127.0, *second),
            0xe0 => (Kind::Bend, 0, f64::from(u16::from(*second) << 7 | u16::from(*first)) / 16383.0, *second),
            _ => return None,
        };
        Some(Self { knob: Knob { kind, channel: (status & 0x0f) + 1, number }, position, raw })
    }
}

impl Knob {
    /// Returns the message that puts the control, or its light, where its value is.
    pub fn message(self, position: f64) -> [u8; 3] {
        let position = position.clamp(0.0, 1.0);
        let channel = (self.channel - 1) & 0x0f;
        let seven = (position * 127.0).round() as u8;
        match self.kind {
            Kind::Cc => [0xb0 | channel, self.number, seven],
            Kind::Note => [0x90 | channel, self.number, seven],
            Kind::Bend => {
                let fourteen = (position * 16383.0).round() as u16;
                [0xe0 | channel, (fourteen & 0x7f) as u8, (fourteen >> 7) as u8]
            }
        }
    }
}

impl fmt::Display for Knob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Cc => write!(f, "cc {} {}", self.channel, self.number),
            Kind::Note => write!(f, "note {} {}", self.channel, self.number),
            Kind::Bend => write!(f, "bend {}", self.channel),
        }
    }
}

impl FromStr for Knob {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("{text:?} is no control: \"cc CHANNEL NUMBER\", \"note CHANNEL NUMBER\" or \"bend CHANNEL\"");
        let lower = text.to_lowercase();
        let mut words = lower.split_whitespace();
        let kind = match words.next() {
            Some("cc") => Kind::Cc,
            Some("note") => Kind::Note,
            Some("bend") => Kind::Bend,
            _ => return Err(wrong()),
        };
        let mut number = |range: std::ops::RangeInclusive<u8>| {
            words.next().and_then(|word| word.parse().ok()).filter(|number| range.contains(number)).ok_or_else(wrong)
        };
        let channel = number(1..=16)?;
        let number = if kind == Kind::Bend { 0 } else { number(0..=127)? };
        if words.next().is_some() { Err(wrong()) } else { Ok(Self { kind, channel, number }) }
    }
}

impl TryFrom<String> for Knob {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Knob> for String {
    fn from(knob: Knob) -> Self {
        knob.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn controls_are_read_and_written_alike() {
        for text in ["cc 1 7", "note 16 127", "bend 3"] {
            let knob: Knob = text.parse().unwrap();
            assert_eq!(knob.to_string(), text);
            for position in [0.0, 0.5, 1.0] {
                let moved = Move::read(&knob.message(position)).unwrap();
                assert!(moved.knob == knob && (moved.position - position).abs() < 0.005);
            }
        }
        assert_eq!(Move::read(&[0x82, 60, 64]).unwrap().position, 0.0, "a note's end, however fast");
        for wrong in ["", "cc", "cc 0 1", "cc 17 1", "cc 1 128", "cc 1 1 1", "bend 1 1", "program 1 1"] {
            assert!(wrong.parse::<Knob>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_message_panics(bytes in prop::collection::vec(any::<u8>(), 0..8)) {
            if let Some(moved) = Move::read(&bytes) {
                prop_assert!((0.0..=1.0).contains(&moved.position) && (1..=16).contains(&moved.knob.channel));
            }
        }
    }
}
