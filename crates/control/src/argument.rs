//! The argument of a message. See [`Argument`].

use std::fmt;

use serde::{Deserialize, Serialize};

/// A value as instruments send and show it: the types of OSC and JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Argument {
    /// True or false.
    Switch(bool),
    /// A whole number.
    Whole(i64),
    /// A number.
    Number(f64),
    /// Text.
    Text(String),
}

impl Argument {
    /// Returns it as a finite number; a switch is 1 or 0, and text is parsed.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        let number = match self {
            Self::Switch(on) => f64::from(u8::from(*on)),
            Self::Whole(whole) => *whole as f64,
            Self::Number(number) => *number,
            Self::Text(text) => text.trim().parse().ok()?,
        };
        number.is_finite().then_some(number)
    }

    /// Returns it as a whole number: another number only if it is one.
    #[must_use]
    pub fn whole(&self) -> Option<i64> {
        let number = self.number()?;
        // 2^53: from there on not every whole number is one of 64 bits with a fraction.
        (number.fract() == 0.0 && number.abs() < 9.0e15).then_some(number as i64)
    }

    /// Returns it as a switch: 0 is off and every other number on; text by `on`, `off`, `true`, `false`, `yes`, `no`.
    #[must_use]
    pub fn switch(&self) -> Option<bool> {
        if let Self::Text(text) = self {
            match text.trim().to_lowercase().as_str() {
                "on" | "true" | "yes" => return Some(true),
                "off" | "false" | "no" => return Some(false),
                _ => {}
            }
        }
        self.number().map(|number| number != 0.0)
    }
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Switch(on) => f.write_str(if *on { "1" } else { "0" }),
            Self::Whole(whole) => whole.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl From<bool> for Argument {
    fn from(on: bool) -> Self {
        Self::Switch(on)
    }
}

impl From<i64> for Argument {
    fn from(whole: i64) -> Self {
        Self::Whole(whole)
    }
}

impl From<f64> for Argument {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Argument {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
