//! What a number may be. See [`Range`].

use std::fmt;

/// The values that a number may have, both ends included, and what it counts: the one place where they stand, for those
/// who check and for those who describe.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The least.
    pub low: f64,
    /// The greatest.
    pub high: f64,
    /// The unit, or what the ends mean; may be empty.
    pub unit: &'static str,
}

impl Range {
    /// From `low` to `high`, in `unit`.
    #[must_use]
    pub const fn new(low: f64, high: f64, unit: &'static str) -> Self {
        Self { low, high, unit }
    }

    /// Whether a value is among them; NaN never is.
    #[must_use]
    pub fn has(&self, value: f64) -> bool {
        value >= self.low && value <= self.high
    }

    /// Checks a value of what `name` names.
    ///
    /// # Errors
    /// When it is not among them.
    pub fn check(&self, name: &'static str, value: f32) -> Result<(), OutOfRange> {
        // The ends as 32 bits have them: 0.4 is itself, and not a little more than 0.4.
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

/// A value that a look or a projection cannot have.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("`{name}` is {value}: {allowed}")]
pub struct OutOfRange {
    /// The parameter, as it stands in a file.
    pub name: &'static str,
    value: f32,
    allowed: String,
}

impl OutOfRange {
    /// Refuses `value` unless `is_right`; `allowed` says what may be.
    ///
    /// # Errors
    /// When it is not right.
    pub fn unless(is_right: bool, name: &'static str, value: f32, allowed: &str) -> Result<(), Self> {
        if is_right { Ok(()) } else { Err(Self { name, value, allowed: allowed.to_owned() }) }
    }
}
