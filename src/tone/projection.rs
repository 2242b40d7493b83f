//! What the building and the projector need of every picture. See [`Projection`].

use serde::{Deserialize, Serialize};

use super::LookError;

/// How the wall's picture is fitted to what it is thrown on: set by eye, on the spot, once for a venue.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Projection {
    /// Above 1 lifts the middle greys, below 1 lowers them; 0.4 to 3.
    pub gamma: f32,
    /// The level that black is lifted to inside tiles, 0 to 0.4: where street lamps swallow the shadows. The gaps and a
    /// blackout stay black.
    pub black: f32,
    /// The level that white is held to, 0.3 to 1: where the projector would blind.
    pub white: f32,
    /// The colour of the wall, R, G, B in sRGB from 0 to 1. What is thrown is coloured the other way, so that white
    /// comes out as white, as far as a paint that swallows a colour lets it.
    pub paint: [f32; 3],
}

/// Walls that there are, for the key that steps through them.
pub const PAINTS: [(&str, [f32; 3]); 6] = [
    ("white", [1.0, 1.0, 1.0]),
    ("concrete", [0.75, 0.74, 0.70]),
    ("ochre", [0.85, 0.68, 0.42]),
    ("sandstone", [0.86, 0.77, 0.62]),
    ("brick", [0.72, 0.47, 0.38]),
    ("cold grey", [0.66, 0.71, 0.76]),
];

/// The least that a channel of paint may give back: below it, nothing can be compensated.
const LEAST_PAINT: f32 = 0.2;

impl Default for Projection {
    fn default() -> Self {
        Self { gamma: 1.0, black: 0.0, white: 1.0, paint: [1.0; 3] }
    }
}

impl Projection {
    /// Checks that every parameter is in its range.
    ///
    /// # Errors
    /// The first that is not, with what it may be.
    pub fn validate(&self) -> Result<(), LookError> {
        let Self { gamma, black, white, paint } = *self;
        LookError::check("gamma", gamma, 0.4, 3.0, "take 0.4 to 3")?;
        LookError::check("black", black, 0.0, 0.4, "take 0 to 0.4")?;
        LookError::check("white", white, 0.3, 1.0, "take 0.3 to 1")?;
        LookError::check("white", white - black, 0.1, 1.0, "it must be at least 0.1 above `black`")?;
        for channel in paint {
            LookError::check("paint", channel, LEAST_PAINT, 1.0, "take three values from 0.2 to 1")?;
        }
        Ok(())
    }

    /// The factors of encoded R, G, B that make the paint's white neutral; the greatest is 1.
    #[must_use]
    pub fn compensation(&self) -> [f32; 3] {
        // Encoded values are near enough a power of light for their ratios to be those of the light.
        let least = self.paint.iter().copied().fold(f32::MAX, f32::min);
        self.paint.map(|channel| least / channel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_paint_comes_out_neutral_and_is_allowed() {
        for (name, paint) in PAINTS {
            let projection = Projection { paint, ..Projection::default() };
            projection.validate().unwrap();
            let seen: Vec<f32> =
                projection.compensation().iter().zip(paint).map(|(light, paint)| light * paint).collect();
            assert!(seen.iter().all(|channel| (channel - seen[0]).abs() < 1e-6), "{name}: {seen:?}");
            assert!(projection.compensation().iter().all(|factor| *factor <= 1.0));
        }
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let wrong = Projection { paint: [1.0, 0.1, 1.0], ..Projection::default() };
        assert!(wrong.validate().unwrap_err().to_string().contains("paint"));
        let wrong = Projection { black: 0.35, white: 0.4, ..Projection::default() };
        assert!(wrong.validate().unwrap_err().to_string().contains("above `black`"));
    }
}
