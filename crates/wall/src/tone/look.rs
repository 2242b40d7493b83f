//! The look: tone settings of the whole wall. See [`Look`].

use super::LookParameter;
use millions_base::{OutOfRange, Range};

/// BT.709 luma weights of R, G, B: the mix that a tile's luma plane holds.
pub const NEUTRAL_MIX: [f32; 3] = [0.2126, 0.7152, 0.0722];

/// The look of the wall, set by the operator, a look file or a scene file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Exposure and white-balance matching of the portraits: as shot (0) to one light for all (1).
    pub exposure_matching: f32,
    /// Local contrast, 0 to 2: makes faces legible from across the street.
    pub clarity: f32,
    /// Saturation: black and white (0) to colour as contributed (1).
    pub color: f32,
    /// Channel mixer: weights of red, green and blue in the grey; only their proportion matters.
    pub mix: [f32; 3],
    /// Exposure in stops, −5 to 5.
    pub exposure: f32,
    /// Contrast of the tone curve, −1 (flat) to 1 (steep).
    pub contrast: f32,
    /// Black point: the input value that becomes black, 0 to 0.9.
    pub black: f32,
    /// White point: the input value that becomes white, 0.1 to 2, above `black`.
    pub white: f32,
    /// Above 1 lifts the middle greys, below 1 lowers them; 0.2 to 5.
    pub gamma: f32,
    /// Darkening of the wall's corners, 0 to 1.
    pub vignette: f32,
    /// Film grain, 0 to 1.
    pub grain: f32,
    /// Tint of white, R, G, B from 0 to 1: warm or cold tone.
    pub tint: [f32; 3],
    /// Strength of the halftone screen, 0 to 1.
    pub halftone: f32,
    /// Halftone dots over a tile's height, 8 to 200.
    pub dots: f32,
    /// Strength of the two-tone threshold, 0 to 1.
    pub stencil: f32,
    /// Level of the two-tone threshold, 0.05 to 0.95.
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

/// The allowed range of each value of a [`Look`](super::Look).
pub mod look_ranges {
    use super::Range;

    /// See [`Look::exposure_matching`](super::Look::exposure_matching); the others likewise.
    pub const EXPOSURE_MATCHING: Range = Range::new(0.0, 1.0, "(0: as shot, 1: one light for all)");
    /// Local contrast.
    pub const CLARITY: Range = Range::new(0.0, 2.0, "");
    /// Saturation.
    pub const COLOR: Range = Range::new(0.0, 1.0, "(0: black and white, 1: colour)");
    /// Each of the three weights.
    pub const MIX: Range = Range::new(-2.0, 3.0, "for each weight");
    /// Exposure.
    pub const EXPOSURE: Range = Range::new(-5.0, 5.0, "stops");
    /// Contrast.
    pub const CONTRAST: Range = Range::new(-1.0, 1.0, "(-1: flat, 1: steep)");
    /// Black point.
    pub const BLACK: Range = Range::new(0.0, 0.9, "");
    /// White point.
    pub const WHITE: Range = Range::new(0.1, 2.0, "");
    /// Gamma.
    pub const GAMMA: Range = Range::new(0.2, 5.0, "");
    /// Vignette.
    pub const VIGNETTE: Range = Range::new(0.0, 1.0, "");
    /// Film grain.
    pub const GRAIN: Range = Range::new(0.0, 1.0, "");
    /// Each of red, green and blue.
    pub const TINT: Range = Range::new(0.0, 1.0, "for each of red, green and blue");
    /// Halftone screen.
    pub const HALFTONE: Range = Range::new(0.0, 1.0, "");
    /// Halftone dots.
    pub const DOTS: Range = Range::new(8.0, 200.0, "dots over a tile's height");
    /// Two-tone threshold.
    pub const STENCIL: Range = Range::new(0.0, 1.0, "");
    /// Its level.
    pub const THRESHOLD: Range = Range::new(0.05, 0.95, "");
}

impl Look {
    /// Checks that every value is in its range, and that they fit together.
    ///
    /// # Errors
    /// The first that is not, with its range.
    pub fn validate(&self) -> Result<(), OutOfRange> {
        for parameter in LookParameter::ALL {
            parameter.range().check(parameter.name(), parameter.get(self))?;
        }
        let Self { mix, black, white, .. } = *self;
        let sum = mix.iter().sum();
        OutOfRange::unless(sum >= 0.01, "mix", sum, "the weights must add up to more than 0")?;
        OutOfRange::unless(white - black >= 0.05, "white", white, "it must be at least 0.05 above `black`")
    }

    /// Interpolates linearly to another look; `part` is 0 to 1.
    #[must_use]
    pub fn toward(&self, other: &Self, part: f32) -> Self {
        if part <= 0.0 {
            return *self;
        }
        if part >= 1.0 {
            return *other;
        }
        let lerp = |from: f32, to: f32| from + (to - from) * part;
        let lerp_rgb = |from: [f32; 3], to: [f32; 3]| [0, 1, 2].map(|i| lerp(from[i], to[i]));
        // Mixes by their proportions: their absolute size has no meaning.
        let proportions = |mix: [f32; 3]| mix.map(|weight| weight / mix.iter().sum::<f32>());
        Self {
            exposure_matching: lerp(self.exposure_matching, other.exposure_matching),
            clarity: lerp(self.clarity, other.clarity),
            color: lerp(self.color, other.color),
            mix: lerp_rgb(proportions(self.mix), proportions(other.mix)),
            exposure: lerp(self.exposure, other.exposure),
            contrast: lerp(self.contrast, other.contrast),
            black: lerp(self.black, other.black),
            white: lerp(self.white, other.white),
            gamma: lerp(self.gamma, other.gamma),
            vignette: lerp(self.vignette, other.vignette),
            grain: lerp(self.grain, other.grain),
            tint: lerp_rgb(self.tint, other.tint),
            halftone: lerp(self.halftone, other.halftone),
            // The dots' size is not interpolated: the stronger screen's is taken.
            dots: if self.halftone <= other.halftone { other.dots } else { self.dots },
            stencil: lerp(self.stencil, other.stencil),
            threshold: lerp(self.threshold, other.threshold),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validation_names_the_value_that_is_out_of_range() {
        let wrong = |look: Look| look.validate().unwrap_err().to_string();
        assert!(wrong(Look { gamma: 0.0, ..Look::default() }).starts_with("`gamma` is 0"));
        assert!(wrong(Look { contrast: f32::NAN, ..Look::default() }).contains("contrast"));
        assert!(wrong(Look { black: 0.5, white: 0.5, ..Look::default() }).contains("above `black`"));
        assert!(wrong(Look { dots: 1000.0, ..Look::default() }).contains("dots"));
    }

    #[test]
    fn interpolated_looks_are_valid() {
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
