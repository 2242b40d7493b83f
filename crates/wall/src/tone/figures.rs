//! The stored tone measurement of a portrait, and the correction that follows from it. See [`LightMeasurement`].

use serde::{Deserialize, Serialize};

use super::{GAMMA, NEUTRAL_MIX};

/// Tone statistics of one portrait, measured at ingest. Levels are gamma-encoded sRGB, 0–255.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToneFigures {
    /// Black point: 2nd percentile of the luma.
    pub black: u8,
    /// Median luma.
    pub mid: u8,
    /// White point: 98th percentile of the luma.
    pub white: u8,
    /// Mean R, G, B.
    pub mean_rgb: [u8; 3],
    /// Median luma of the face, if there is one.
    pub face: Option<u8>,
    /// Standard deviation of the noise, in quarters of a level.
    pub noise: u8,
    /// The light that the portrait was taken in.
    pub light: LightMeasurement,
}

/// Exposure, colour cast, flare and tonal range of a portrait, each as the correction that it needs. Small integers, so
/// that a million of them are small and compare exactly; the default corrects nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LightMeasurement {
    /// Exposure compensation, in 256ths of a stop.
    pub exposure: i16,
    /// White balance: compensation of red and of blue against green, in 64ths of a stop.
    pub cast: [i8; 2],
    /// Level of the veil over the blacks (flare, haze) after exposure compensation, in 255ths.
    pub veil: u8,
    /// How far the surroundings of the face are burned (or, below 0, dodged), in 100ths.
    pub burn: i8,
    /// Level from which the highlights are expanded, in 255ths: the median of the face, which stays where it is.
    pub knee: u8,
    /// Increase of the tone curve's slope at the knee, in 64ths.
    pub lift: u8,
}

/// The tone data of a portrait that rendering needs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PortraitTone {
    /// The light that the portrait was taken in.
    pub light: LightMeasurement,
    /// See [`ToneFigures::noise`].
    pub noise: u8,
    /// Manual exposure compensation, in stops.
    pub stops: f32,
}

impl PortraitTone {
    /// Estimates how brightly the portrait was exposed, from 0 (two stops under) to 1 (two over).
    #[must_use]
    pub fn brightness(&self) -> f32 {
        (0.5 - f32::from(self.light.exposure) / 256.0 / 4.0).clamp(0.0, 1.0)
    }

    /// Returns the share of a local contrast that this portrait tolerates once it is exposed by `gain`, 1 to 0: noise is
    /// amplified by both.
    #[must_use]
    pub fn clarity_tolerance(&self, gain: f32) -> f32 {
        // Half at four levels of noise.
        let noise = f32::from(self.noise) / 4.0 * gain / 4.0;
        1.0 / (1.0 + noise * noise)
    }
}

/// The tone correction of a cell, in the terms of `shaders/tone.wgsl`. See [`develop`](super::develop).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ToneCorrection {
    /// How far the white balance is applied, 0 to 1.
    pub exposure_matching: f32,
    /// Exposure, as a factor of encoded values.
    pub gain: f32,
    /// Square of the veil's level.
    pub veil: f32,
    /// See [`LightMeasurement::burn`], −1 to 1.
    pub burn: f32,
    /// See [`LightMeasurement::knee`], 0 to 1.
    pub knee: f32,
    /// See [`LightMeasurement::lift`].
    pub lift: f32,
}

impl ToneCorrection {
    /// No correction: the portrait as shot.
    pub const AS_SHOT: Self = Self { exposure_matching: 0.0, gain: 1.0, veil: 0.0, burn: 0.0, knee: 0.0, lift: 0.0 };

    /// Whether it leaves every value as it is.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        Self { knee: 0.0, ..*self } == Self::AS_SHOT
    }
}

impl LightMeasurement {
    /// Returns the correction for a cell, applied as far as `exposure_matching` (0 to 1), plus manual compensation by
    /// `stops`, which is always applied in full.
    #[must_use]
    pub fn correction(&self, exposure_matching: f32, stops: f32) -> ToneCorrection {
        let exposure = f32::from(self.exposure) / 256.0 * exposure_matching + stops;
        let veil = f32::from(self.veil) / 255.0 * exposure_matching;
        ToneCorrection {
            exposure_matching: if self.cast == [0; 2] { 0.0 } else { exposure_matching },
            gain: encoded_gain(exposure),
            veil: veil * veil,
            burn: f32::from(self.burn) / 100.0 * exposure_matching,
            // `develop` divides by 1 − knee.
            knee: (f32::from(self.knee) / 255.0).min(0.95),
            lift: f32::from(self.lift) / 64.0 * exposure_matching,
        }
    }

    /// Returns the white balance as factors of encoded R, G and B, normalised to keep the luma of greys.
    #[must_use]
    pub fn white_balance(&self) -> [f32; 3] {
        let [red, blue] = self.cast.map(|stops| encoded_gain(f32::from(stops) / 64.0));
        let neutral = NEUTRAL_MIX[0] * red + NEUTRAL_MIX[1] + NEUTRAL_MIX[2] * blue;
        [red / neutral, 1.0 / neutral, blue / neutral]
    }
}

/// Converts stops of light into a factor of an encoded value.
fn encoded_gain(stops: f32) -> f32 {
    (stops / GAMMA).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn without_exposure_matching_nothing_is_corrected() {
        let light = LightMeasurement { exposure: -300, cast: [40, -60], veil: 50, burn: 60, knee: 140, lift: 90 };
        let correction = light.correction(0.0, 0.0);
        assert!(correction.is_identity(), "{correction:?}");
        assert!((light.correction(0.0, 2.2).gain - 2.0).abs() < 1e-6, "manual compensation counts all the same");
    }

    proptest! {
        #[test]
        fn white_balance_keeps_the_luma_of_greys(red in any::<i8>(), blue in any::<i8>()) {
            let gains = LightMeasurement { cast: [red, blue], ..LightMeasurement::default() }.white_balance();
            let grey: f32 = gains.iter().zip(NEUTRAL_MIX).map(|(gain, weight)| gain * weight).sum();
            prop_assert!((grey - 1.0).abs() < 1e-5);
        }
    }
}
