//! Limits of numbers. See [`Range`].

use std::fmt;

/// The limits of a number, both included, and its unit: one declaration for checks, messages and JSON Schemas.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The minimum.
    pub low: f64,
    /// The maximum.
    pub high: f64,
    /// The unit, or what the number is a part of; may be empty.
    pub unit: &'static str,
}

impl Range {
    /// Creates a range from `low` to `high`, in `unit`.
    #[must_use]
    pub const fn new(low: f64, high: f64, unit: &'static str) -> Self {
        Self { low, high, unit }
    }

    /// Returns whether a value is within the limits; NaN never is.
    #[must_use]
    pub fn has(&self, value: f64) -> bool {
        value >= self.low && value <= self.high
    }

    /// Checks the value of the parameter `name`.
    ///
    /// # Errors
    /// When it is not within the limits.
    pub fn check(&self, name: &'static str, value: f32) -> Result<(), OutOfRange> {
        // The limits rounded to 32 bits: otherwise 0.4 as 32 bits would be above 0.4 as 64 bits.
        if value >= self.low as f32 && value <= self.high as f32 {
            Ok(())
        } else {
            Err(OutOfRange { name, value, allowed: self.to_string() })
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "take {} to {}", self.low, self.high)?;
        if self.unit.is_empty() { Ok(()) } else { write!(f, " {}", self.unit) }
    }
}

/// A value out of its limits.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("`{name}` is {value}: {allowed}")]
pub struct OutOfRange {
    /// The parameter, as it stands in a file.
    pub name: &'static str,
    value: f32,
    allowed: String,
}

impl OutOfRange {
    /// Checks a condition on `value`, the parameter `name`; `allowed` is the help.
    ///
    /// # Errors
    /// When not `is_right`.
    pub fn unless(is_right: bool, name: &'static str, value: f32, allowed: &str) -> Result<(), Self> {
        if is_right { Ok(()) } else { Err(Self { name, value, allowed: allowed.to_owned() }) }
    }
}
