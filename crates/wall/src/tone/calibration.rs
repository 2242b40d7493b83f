//! Adaptation of the picture to the building and the projector. See [`Calibration`].

use millions_base::{OutOfRange, Range};

/// Levels, gamma and colour compensation of an output: set by eye, on site, once for a venue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    /// Above 1 lifts the middle greys, below 1 lowers them; 0.4 to 3.
    pub gamma: f32,
    /// Black level inside tiles, 0 to 0.4: raises shadows above stray light. The gaps and a blackout stay black.
    pub black: f32,
    /// White level, 0.3 to 1: limits glare.
    pub white: f32,
    /// Colour of the wall, R, G, B in sRGB from 0 to 1. The picture is multiplied by its [inverse](Self::compensation), so
    /// that white appears neutral.
    pub wall_colour: [f32; 3],
}

/// Wall colour presets, by name.
pub const WALL_COLOURS: [(&str, [f32; 3]); 6] = [
    ("white", [1.0, 1.0, 1.0]),
    ("concrete", [0.75, 0.74, 0.70]),
    ("ochre", [0.85, 0.68, 0.42]),
    ("sandstone", [0.86, 0.77, 0.62]),
    ("brick", [0.72, 0.47, 0.38]),
    ("cold grey", [0.66, 0.71, 0.76]),
];

/// The allowed range of each value of a [`Calibration`](super::Calibration).
pub mod calibration_ranges {
    use super::Range;

    /// See [`Calibration::gamma`](super::Calibration::gamma); the others likewise.
    pub const GAMMA: Range = Range::new(0.4, 3.0, "");
    /// Black level.
    pub const BLACK: Range = Range::new(0.0, 0.4, "");
    /// White level.
    pub const WHITE: Range = Range::new(0.3, 1.0, "");
    /// Each of red, green and blue: a channel that reflects less cannot be compensated.
    pub const WALL_COLOUR: Range = Range::new(0.2, 1.0, "for each of red, green and blue");
}

impl Default for Calibration {
    fn default() -> Self {
        Self { gamma: 1.0, black: 0.0, white: 1.0, wall_colour: [1.0; 3] }
    }
}

impl Calibration {
    /// Checks that every parameter is in its range.
    ///
    /// # Errors
    /// The first that is not, with its range.
    pub fn validate(&self) -> Result<(), OutOfRange> {
        use calibration_ranges as range;
        let Self { gamma, black, white, wall_colour } = *self;
        range::GAMMA.check("gamma", gamma)?;
        range::BLACK.check("black", black)?;
        range::WHITE.check("white", white)?;
        // With tolerance: 0.5 − 0.4 is less than 0.1 in 32 bits.
        OutOfRange::unless(white - black >= 0.0999, "white", white, "it must be at least 0.1 above `black`")?;
        wall_colour.iter().try_for_each(|channel| range::WALL_COLOUR.check("wall_colour", *channel))
    }

    /// Returns the factors of encoded R, G, B that make white neutral on the wall; the greatest is 1.
    #[must_use]
    pub fn compensation(&self) -> [f32; 3] {
        // sRGB is close enough to a power function for ratios of encoded values to stand for ratios of light.
        let least = self.wall_colour.iter().copied().fold(f32::MAX, f32::min);
        self.wall_colour.map(|channel| least / channel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_valid_and_compensated_to_neutral() {
        for (name, wall_colour) in WALL_COLOURS {
            let calibration = Calibration { wall_colour, ..Calibration::default() };
            calibration.validate().unwrap();
            let seen: Vec<f32> = calibration
                .compensation()
                .iter()
                .zip(wall_colour)
                .map(|(factor, wall_colour)| factor * wall_colour)
                .collect();
            assert!(seen.iter().all(|channel| (channel - seen[0]).abs() < 1e-6), "{name}: {seen:?}");
            assert!(calibration.compensation().iter().all(|factor| *factor <= 1.0));
        }
    }

    #[test]
    fn validation_names_the_value_that_is_out_of_range() {
        let wrong = Calibration { wall_colour: [1.0, 0.1, 1.0], ..Calibration::default() };
        assert!(wrong.validate().unwrap_err().to_string().contains("wall_colour"));
        let wrong = Calibration { black: 0.35, white: 0.4, ..Calibration::default() };
        assert!(wrong.validate().unwrap_err().to_string().contains("above `black`"));
        assert_eq!(Calibration { black: 0.4, white: 0.5, ..Calibration::default() }.validate(), Ok(()));
    }
}
