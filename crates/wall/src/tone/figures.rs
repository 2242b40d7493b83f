//! What is stored of a portrait's light, and what it means for a cell. See [`LightMeasurement`].

use serde::{Deserialize, Serialize};

use super::NEUTRAL_MIX;

/// What was measured of one portrait at ingest. Levels are gamma-encoded sRGB, 0–255.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToneFigures {
    /// Luma below which 2 % of the picture lies.
    pub black: u8,
    /// The median luma.
    pub mid: u8,
    /// Luma above which 2 % of the picture lies.
    pub white: u8,
    /// Mean R, G, B.
    pub mean_rgb: [u8; 3],
    /// The median luma of the face, where there is one.
    pub face: Option<u8>,
    /// The standard deviation of the noise, in quarters of a level.
    pub noise: u8,
    /// What the light did.
    pub light: LightMeasurement,
}

/// What the light did to a portrait, as what has to be done to undo it. Small whole numbers, so that a million of them
/// are small and compare exactly; the default does nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LightMeasurement {
    /// Stops to add, in 256ths.
    pub exposure: i16,
    /// Stops to add to red and to blue, against green, in 64ths: the cast.
    pub cast: [i8; 2],
    /// The level of the veil over the blacks (flare, haze) once it is exposed, in 255ths.
    pub veil: u8,
    /// How far what surrounds the person is printed down (or, below 0, held back), in 100ths.
    pub burn: i8,
    /// The level from which the highlights are lifted, in 255ths: the face's own middle, which stays where it is.
    pub knee: u8,
    /// How much steeper the tones become there, in 64ths.
    pub lift: u8,
}

/// What the wall has to know of a portrait's tone.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PortraitTone {
    /// What undoes its light.
    pub light: LightMeasurement,
    /// See [`ToneFigures::noise`].
    pub noise: u8,
    /// Stops of correction by hand.
    pub stops: f32,
}

impl PortraitTone {
    /// About how light it was photographed, 0 to 1: from four stops under to none.
    #[must_use]
    pub fn brightness(&self) -> f32 {
        (0.5 - f32::from(self.light.exposure) / 256.0 / 4.0).clamp(0.0, 1.0)
    }

    /// How much of a local contrast this portrait bears once it is exposed by `gain`, 1 to 0: noise grows with both.
    #[must_use]
    pub fn bears_clarity(&self, gain: f32) -> f32 {
        // From four levels of noise on, it is noise that would become clear.
        let noise = f32::from(self.noise) / 4.0 * gain / 4.0;
        1.0 / (1.0 + noise * noise)
    }
}

/// A portrait's light in the terms of `shaders/wall.wgsl`. See [`LightMeasurement::print`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Print {
    /// How much of the cast-free luma is taken, 0 to 1.
    pub exposure_matching: f32,
    /// The factor of the exposure.
    pub gain: f32,
    /// The square of the veil's level.
    pub veil: f32,
    /// See [`LightMeasurement::burn`], −1 to 1.
    pub burn: f32,
    /// See [`LightMeasurement::knee`], 0 to 1.
    pub knee: f32,
    /// See [`LightMeasurement::lift`].
    pub lift: f32,
}

impl Print {
    /// As it was shot.
    pub const AS_SHOT: Self = Self { exposure_matching: 0.0, gain: 1.0, veil: 0.0, burn: 0.0, knee: 0.0, lift: 0.0 };

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        Self { knee: 0.0, ..*self } == Self::AS_SHOT
    }
}

impl LightMeasurement {
    /// The terms for a cell: undone as far as `exposure_matching` (0 to 1), and `stops` of correction by hand on top, which count
    /// whatever the exposure_matching.
    #[must_use]
    pub fn print(&self, exposure_matching: f32, stops: f32) -> Print {
        let exposure = f32::from(self.exposure) / 256.0 * exposure_matching + stops;
        let veil = f32::from(self.veil) / 255.0 * exposure_matching;
        Print {
            exposure_matching: if self.cast == [0; 2] { 0.0 } else { exposure_matching },
            gain: factor(exposure),
            veil: veil * veil,
            burn: f32::from(self.burn) / 100.0 * exposure_matching,
            // At 1 there would be nothing above it, and a division by that.
            knee: (f32::from(self.knee) / 255.0).min(0.95),
            lift: f32::from(self.lift) / 64.0 * exposure_matching,
        }
    }

    /// The factors of encoded R, G and B that take the cast away and leave the luma of greys as it is.
    #[must_use]
    pub fn gains(&self) -> [f32; 3] {
        let [red, blue] = self.cast.map(|stops| factor(f32::from(stops) / 64.0));
        let neutral = NEUTRAL_MIX[0] * red + NEUTRAL_MIX[1] + NEUTRAL_MIX[2] * blue;
        [red / neutral, 1.0 / neutral, blue / neutral]
    }
}

/// What `stops` of light do to an encoded value.
fn factor(stops: f32) -> f32 {
    (stops / 2.2).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn without_unity_everybody_is_as_shot() {
        let light = LightMeasurement { exposure: -300, cast: [40, -60], veil: 50, burn: 60, knee: 140, lift: 90 };
        let print = light.print(0.0, 0.0);
        assert!(print.is_nothing(), "{print:?}");
        assert!((light.print(0.0, 2.2).gain - 2.0).abs() < 1e-6, "a correction by hand counts all the same");
    }

    proptest! {
        #[test]
        fn taking_a_cast_away_leaves_greys_as_light_as_they_were(red in any::<i8>(), blue in any::<i8>()) {
            let gains = LightMeasurement { cast: [red, blue], ..LightMeasurement::default() }.gains();
            let grey: f32 = gains.iter().zip(NEUTRAL_MIX).map(|(gain, weight)| gain * weight).sum();
            prop_assert!((grey - 1.0).abs() < 1e-5);
        }
    }
}
