//! The look: what a scene file or the operator sets for the whole wall. See [`Look`].

use millions_base::{OutOfRange, Range};

/// BT.709's luma weights: the mix that a tile's luma plane already holds.
pub const NEUTRAL_MIX: [f32; 3] = [0.2126, 0.7152, 0.0722];

/// The look of the wall: what the operator sets, what a look file or a scene file holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// How far each portrait's own light is undone: as shot (0) to one light for all (1).
    pub exposure_matching: f32,
    /// Local contrast, so that a face reads from across the street: 0 to 2.
    pub clarity: f32,
    /// From black and white (0) to colour as contributed (1).
    pub color: f32,
    /// How much red, green and blue count in the grey; only their proportion matters.
    pub mix: [f32; 3],
    /// Stops of light, −5 to 5.
    pub exposure: f32,
    /// −1 (flat) to 1 (steep).
    pub contrast: f32,
    /// The value that becomes black, 0 to 0.9.
    pub black: f32,
    /// The value that becomes white, 0.1 to 2, above `black`.
    pub white: f32,
    /// Above 1 lifts the middle greys, below 1 lowers them; 0.2 to 5.
    pub gamma: f32,
    /// How much the wall's corners darken, 0 to 1.
    pub vignette: f32,
    /// Film grain, 0 to 1.
    pub grain: f32,
    /// What white looks like, R, G, B from 0 to 1: a warm or cold print.
    pub tint: [f32; 3],
    /// How far the tones are broken into the dots of a newspaper's screen, 0 to 1.
    pub halftone: f32,
    /// Dots over a tile's height, 8 to 200.
    pub dots: f32,
    /// How far the tones are cut into black and white, 0 to 1.
    pub stencil: f32,
    /// The level of that cut, 0.05 to 0.95.
    pub threshold: f32,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            exposure_matching: 1.0,
            clarity: 0.0,
            color: 0.0,
            mix: NEUTRAL_MIX,
            exposure: 0.0,
            contrast: 0.0,
            black: 0.0,
            white: 1.0,
            gamma: 1.0,
            vignette: 0.0,
            grain: 0.0,
            tint: [1.0; 3],
            halftone: 0.0,
            dots: 56.0,
            stencil: 0.0,
            threshold: 0.5,
        }
    }
}

/// What the values of a look may be.
pub mod look_ranges {
    use super::Range;

    /// See [`Look::exposure_matching`](super::Look::exposure_matching); the others likewise.
    pub const UNITY: Range = Range::new(0.0, 1.0, "(0: as shot, 1: one light for all)");
    /// Local contrast.
    pub const CLARITY: Range = Range::new(0.0, 2.0, "");
    /// Colour.
    pub const COLOR: Range = Range::new(0.0, 1.0, "(0: black and white, 1: colour)");
    /// Each of the three weights.
    pub const MIX: Range = Range::new(-2.0, 3.0, "for each weight");
    /// Light.
    pub const EXPOSURE: Range = Range::new(-5.0, 5.0, "stops");
    /// Contrast.
    pub const CONTRAST: Range = Range::new(-1.0, 1.0, "(-1: flat, 1: steep)");
    /// What becomes black.
    pub const BLACK: Range = Range::new(0.0, 0.9, "");
    /// What becomes white.
    pub const WHITE: Range = Range::new(0.1, 2.0, "");
    /// The middle greys.
    pub const GAMMA: Range = Range::new(0.2, 5.0, "");
    /// The corners.
    pub const VIGNETTE: Range = Range::new(0.0, 1.0, "");
    /// Film grain.
    pub const GRAIN: Range = Range::new(0.0, 1.0, "");
    /// Each of red, green and blue.
    pub const TINT: Range = Range::new(0.0, 1.0, "for each of red, green and blue");
    /// The screen.
    pub const HALFTONE: Range = Range::new(0.0, 1.0, "");
    /// Its dots.
    pub const DOTS: Range = Range::new(8.0, 200.0, "dots over a tile's height");
    /// Two tones.
    pub const STENCIL: Range = Range::new(0.0, 1.0, "");
    /// Where they part.
    pub const THRESHOLD: Range = Range::new(0.05, 0.95, "");
}

impl Look {
    /// Checks that every parameter is in its range, and that they go together.
    ///
    /// # Errors
    /// The first that is not, with what it may be.
    pub fn validate(&self) -> Result<(), OutOfRange> {
        use look_ranges as may;
        let Self { exposure_matching, clarity, halftone, dots, stencil, threshold, .. } = *self;
        let Self { color, mix, exposure, contrast, black, white, gamma, vignette, grain, tint, .. } = *self;
        may::UNITY.check("exposure_matching", exposure_matching)?;
        may::CLARITY.check("clarity", clarity)?;
        may::COLOR.check("color", color)?;
        mix.iter().try_for_each(|weight| may::MIX.check("mix", *weight))?;
        let sum = mix.iter().sum();
        OutOfRange::unless(sum >= 0.01, "mix", sum, "the weights must add up to more than 0")?;
        may::EXPOSURE.check("exposure", exposure)?;
        may::CONTRAST.check("contrast", contrast)?;
        may::BLACK.check("black", black)?;
        may::WHITE.check("white", white)?;
        OutOfRange::unless(white - black >= 0.05, "white", white, "it must be at least 0.05 above `black`")?;
        may::GAMMA.check("gamma", gamma)?;
        may::VIGNETTE.check("vignette", vignette)?;
        may::GRAIN.check("grain", grain)?;
        tint.iter().try_for_each(|channel| may::TINT.check("tint", *channel))?;
        may::HALFTONE.check("halftone", halftone)?;
        may::DOTS.check("dots", dots)?;
        may::STENCIL.check("stencil", stencil)?;
        may::THRESHOLD.check("threshold", threshold)
    }

    /// The look that lies `part` (0 to 1) of the way to another: every value goes its own way evenly.
    #[must_use]
    pub fn toward(&self, other: &Self, part: f32) -> Self {
        if part <= 0.0 {
            return *self;
        }
        if part >= 1.0 {
            return *other;
        }
        let way = |from: f32, to: f32| from + (to - from) * part;
        let three = |from: [f32; 3], to: [f32; 3]| [0, 1, 2].map(|i| way(from[i], to[i]));
        // The mixes by their proportions, so that the way leads through what both of them mean.
        let proportions = |mix: [f32; 3]| mix.map(|weight| weight / mix.iter().sum::<f32>());
        Self {
            exposure_matching: way(self.exposure_matching, other.exposure_matching),
            clarity: way(self.clarity, other.clarity),
            color: way(self.color, other.color),
            mix: three(proportions(self.mix), proportions(other.mix)),
            exposure: way(self.exposure, other.exposure),
            contrast: way(self.contrast, other.contrast),
            black: way(self.black, other.black),
            white: way(self.white, other.white),
            gamma: way(self.gamma, other.gamma),
            vignette: way(self.vignette, other.vignette),
            grain: way(self.grain, other.grain),
            tint: three(self.tint, other.tint),
            halftone: way(self.halftone, other.halftone),
            // Dots do not grow on the way: a screen that is not there yet takes the other's.
            dots: if self.halftone <= other.halftone { other.dots } else { self.dots },
            stencil: way(self.stencil, other.stencil),
            threshold: way(self.threshold, other.threshold),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_range_is_named() {
        let wrong = |look: Look| look.validate().unwrap_err().to_string();
        assert!(wrong(Look { gamma: 0.0, ..Look::default() }).starts_with("`gamma` is 0"));
        assert!(wrong(Look { contrast: f32::NAN, ..Look::default() }).contains("contrast"));
        assert!(wrong(Look { black: 0.5, white: 0.5, ..Look::default() }).contains("above `black`"));
        assert!(wrong(Look { dots: 1000.0, ..Look::default() }).contains("dots"));
    }

    #[test]
    fn every_look_on_the_way_between_two_is_one() {
        let from = Look { mix: [2.0, 0.0, 0.0], halftone: 1.0, dots: 30.0, gamma: 0.5, ..Look::default() };
        let to = Look { white: 0.5, stencil: 1.0, dots: 90.0, color: 1.0, ..Look::default() };
        assert_eq!([from.toward(&to, 0.0), from.toward(&to, 1.0)], [from, to]);
        for part in [0.1, 0.5, 0.9] {
            let between = from.toward(&to, part);
            between.validate().unwrap();
            assert_eq!(between.dots, 30.0, "a screen that fades keeps its dots");
        }
    }
}
