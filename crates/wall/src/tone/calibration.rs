//! What the building and the projector need of every picture. See [`Calibration`].

use millions_base::{OutOfRange, Range};

/// How the wall's picture is fitted to what it is thrown on: set by eye, on the spot, once for a venue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    /// Above 1 lifts the middle greys, below 1 lowers them; 0.4 to 3.
    pub gamma: f32,
    /// The level that black is lifted to inside tiles, 0 to 0.4: where street lamps swallow the shadows. The gaps and a
    /// blackout stay black.
    pub black: f32,
    /// The level that white is held to, 0.3 to 1: where the projector would blind.
    pub white: f32,
    /// The colour of the wall, R, G, B in sRGB from 0 to 1. What is thrown is coloured the other way, so that white
    /// comes out as white, as far as a paint that swallows a colour lets it.
    pub wall_colour: [f32; 3],
}

/// Walls that there are, for the key that steps through them.
pub const WALL_COLOURS: [(&str, [f32; 3]); 6] = [
    ("white", [1.0, 1.0, 1.0]),
    ("concrete", [0.75, 0.74, 0.70]),
    ("ochre", [0.85, 0.68, 0.42]),
    ("sandstone", [0.86, 0.77, 0.62]),
    ("brick", [0.72, 0.47, 0.38]),
    ("cold grey", [0.66, 0.71, 0.76]),
];

/// What the values of a projection may be.
pub mod calibration_ranges {
    use super::Range;

    /// The middle greys.
    pub const GAMMA: Range = Range::new(0.4, 3.0, "");
    /// What black is lifted to.
    pub const BLACK: Range = Range::new(0.0, 0.4, "");
    /// What white is held to.
    pub const WHITE: Range = Range::new(0.3, 1.0, "");
    /// Each of red, green and blue: what gives back less than the least cannot be compensated.
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
    /// The first that is not, with what it may be.
    pub fn validate(&self) -> Result<(), OutOfRange> {
        use calibration_ranges as may;
        let Self { gamma, black, white, wall_colour } = *self;
        may::GAMMA.check("gamma", gamma)?;
        may::BLACK.check("black", black)?;
        may::WHITE.check("white", white)?;
        // By a hair less, so that 0.5 is 0.1 above 0.4 in 32 bits, too.
        OutOfRange::unless(white - black >= 0.0999, "white", white, "it must be at least 0.1 above `black`")?;
        wall_colour.iter().try_for_each(|channel| may::WALL_COLOUR.check("wall_colour", *channel))
    }

    /// The factors of encoded R, G, B that make the paint's white neutral; the greatest is 1.
    #[must_use]
    pub fn compensation(&self) -> [f32; 3] {
        // Encoded values are near enough a power of light for their ratios to be those of the light.
        let least = self.wall_colour.iter().copied().fold(f32::MAX, f32::min);
        self.wall_colour.map(|channel| least / channel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_paint_comes_out_neutral_and_is_allowed() {
        for (name, wall_colour) in WALL_COLOURS {
            let calibration = Calibration { wall_colour, ..Calibration::default() };
            calibration.validate().unwrap();
            let seen: Vec<f32> = calibration
                .compensation()
                .iter()
                .zip(wall_colour)
                .map(|(light, wall_colour)| light * wall_colour)
                .collect();
            assert!(seen.iter().all(|channel| (channel - seen[0]).abs() < 1e-6), "{name}: {seen:?}");
            assert!(calibration.compensation().iter().all(|factor| *factor <= 1.0));
        }
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let wrong = Calibration { wall_colour: [1.0, 0.1, 1.0], ..Calibration::default() };
        assert!(wrong.validate().unwrap_err().to_string().contains("wall_colour"));
        let wrong = Calibration { black: 0.35, white: 0.4, ..Calibration::default() };
        assert!(wrong.validate().unwrap_err().to_string().contains("above `black`"));
        assert_eq!(Calibration { black: 0.4, white: 0.5, ..Calibration::default() }.validate(), Ok(()));
    }
}
