//! The look: what a scene file or the operator sets for the whole wall. See [`Look`].

use serde::{Deserialize, Serialize};

/// BT.709's luma weights: the mix that a tile's luma plane already holds.
pub const NEUTRAL_MIX: [f32; 3] = [0.2126, 0.7152, 0.0722];

/// The look of the wall: what the operator sets, what a look file or a scene file holds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Look {
    /// How far each portrait's own light is undone: as shot (0) to one light for all (1).
    pub unity: f32,
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
            unity: 1.0,
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

/// A value that a look cannot have.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("`{name}` is {value}: {allowed}")]
pub struct LookError {
    /// The parameter, as it stands in a file.
    pub name: &'static str,
    value: f32,
    allowed: &'static str,
}

impl LookError {
    pub(super) fn check(
        name: &'static str,
        value: f32,
        low: f32,
        high: f32,
        allowed: &'static str,
    ) -> Result<(), Self> {
        // Written so that NaN fails.
        if value >= low && value <= high { Ok(()) } else { Err(Self { name, value, allowed }) }
    }
}

impl Look {
    /// Checks that every parameter is in its range.
    ///
    /// # Errors
    /// The first that is not, with what it may be.
    pub fn validate(&self) -> Result<(), LookError> {
        let Self { unity, clarity, halftone, dots, stencil, threshold, .. } = *self;
        let Self { color, mix, exposure, contrast, black, white, gamma, vignette, grain, tint, .. } = *self;
        let range = LookError::check;
        range("unity", unity, 0.0, 1.0, "take 0 (as shot) to 1 (one light for all)")?;
        range("clarity", clarity, 0.0, 2.0, "take 0 to 2")?;
        range("color", color, 0.0, 1.0, "take 0 (black and white) to 1 (colour)")?;
        for weight in mix {
            range("mix", weight, -2.0, 3.0, "take weights from -2 to 3")?;
        }
        range("mix", mix.iter().sum(), 0.01, 9.0, "the weights must add up to more than 0")?;
        range("exposure", exposure, -5.0, 5.0, "take -5 to 5 stops")?;
        range("contrast", contrast, -1.0, 1.0, "take -1 (flat) to 1 (steep)")?;
        range("black", black, 0.0, 0.9, "take 0 to 0.9")?;
        range("white", white, 0.1, 2.0, "take 0.1 to 2")?;
        range("white", white - black, 0.05, 2.0, "it must be at least 0.05 above `black`")?;
        range("gamma", gamma, 0.2, 5.0, "take 0.2 to 5")?;
        range("vignette", vignette, 0.0, 1.0, "take 0 to 1")?;
        range("grain", grain, 0.0, 1.0, "take 0 to 1")?;
        for channel in tint {
            range("tint", channel, 0.0, 1.0, "take three values from 0 to 1")?;
        }
        range("halftone", halftone, 0.0, 1.0, "take 0 to 1")?;
        range("dots", dots, 8.0, 200.0, "take 8 to 200 dots over a tile's height")?;
        range("stencil", stencil, 0.0, 1.0, "take 0 to 1")?;
        range("threshold", threshold, 0.05, 0.95, "take 0.05 to 0.95")
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
            unity: way(self.unity, other.unity),
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
