//! Relighting tests of the tone measurement: the same person in other lights, other persons in the same light.
//! `millions look` reports them, and tests hold their results.

use super::measure::is_inner_face;
use super::shade::develop;
use super::{FaceEdges, LightMeasurement, ToneFigures, luma, measure, surround_mask, tile_position};
use crate::tile::planes::{decode_srgb, encode_srgb};

/// A square picture of 8-bit sRGB, cropped like a tile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SrgbPicture {
    /// R, G, B by row: `side` × `side` × 3 values.
    pub srgb: Vec<u8>,
    /// Width and height in pixels.
    pub side: usize,
}

/// A simulated change of light.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Relighting {
    /// The name in reports.
    pub name: &'static str,
    /// Colour cast: factors of linear R, G and B, before they are normalised to keep the luma of greys.
    pub cast: [f32; 3],
    /// Flare: light added everywhere alike, as a share of white.
    pub flare: f32,
    /// Factor of each difference to the mean.
    pub contrast: f32,
}

/// The simulated lights.
pub const LIGHTS: [Relighting; 5] = [
    Relighting { name: "as shot", cast: [1.0; 3], flare: 0.0, contrast: 1.0 },
    Relighting { name: "tungsten", cast: [1.3, 1.0, 0.5], flare: 0.0, contrast: 1.0 },
    Relighting { name: "neon", cast: [0.85, 1.08, 0.9], flare: 0.0, contrast: 1.0 },
    Relighting { name: "flare", cast: [1.0; 3], flare: 0.04, contrast: 1.0 },
    Relighting { name: "flat", cast: [1.0; 3], flare: 0.0, contrast: 0.7 },
];

/// The simulated exposures of each light, in stops.
pub const EXPOSURES: [f32; 8] = [-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5];

impl SrgbPicture {
    fn pixels(&self) -> &[[u8; 3]] {
        self.srgb.as_chunks::<3>().0
    }

    /// Simulates another light and exposure, in linear light; values above white are clipped.
    #[must_use]
    pub fn relit(&self, light: &Relighting, stops: f32) -> Self {
        let linear: Vec<[f32; 3]> = self.pixels().iter().map(|rgb| rgb.map(decode_u8)).collect();
        let mean = linear.iter().map(luma).sum::<f32>() / linear.len().max(1) as f32;
        let neutral = luma(&light.cast);
        let srgb = linear.iter().flat_map(|rgb| {
            [0, 1, 2].map(|channel| {
                let value = mean + (rgb[channel] - mean) * light.contrast;
                let lit = value * light.cast[channel] / neutral * (1.0 - light.flare) + light.flare;
                encode_u8(lit * stops.exp2())
            })
        });
        Self { srgb: srgb.collect(), side: self.side }
    }

    /// Measures its tone.
    #[must_use]
    pub fn measure(&self, face: Option<FaceEdges>) -> ToneFigures {
        measure(&self.srgb, self.side, face)
    }

    /// Returns the luma of each pixel, corrected as far as `exposure_matching`: encoded, 0 to 1.
    #[must_use]
    pub fn corrected_luma(&self, light: &LightMeasurement, exposure_matching: f32) -> Vec<f32> {
        let correction = light.correction(exposure_matching, 0.0);
        let gains = light.white_balance().map(|gain| 1.0 + (gain - 1.0) * correction.exposure_matching);
        let corrected = |(index, rgb): (usize, &[u8; 3])| {
            let balanced = [0, 1, 2].map(|channel| f32::from(rgb[channel]) / 255.0 * gains[channel]);
            develop(&correction, luma(&balanced), surround_mask(tile_position(index, self.side)))
        };
        self.pixels().iter().enumerate().map(corrected).collect()
    }

    /// Returns the median of the values in the inner part of a face.
    #[must_use]
    pub fn face_median(&self, values: &[f32], face: FaceEdges) -> f32 {
        quantile(&self.in_face(values, face), 0.5)
    }

    /// Whether a tenth of the face is clipped in some channel, so that its tone is lost.
    #[must_use]
    pub fn face_is_clipped(&self, face: FaceEdges) -> bool {
        let brightest: Vec<f32> = self.pixels().iter().map(|[r, g, b]| f32::from(*r.max(g).max(b))).collect();
        quantile(&self.in_face(&brightest, face), 0.9) > 250.0
    }

    /// Returns the values in the inner part of a face.
    #[must_use]
    pub fn in_face(&self, values: &[f32], face: FaceEdges) -> Vec<f32> {
        let inside = |index: &usize| is_inner_face(face, tile_position(*index, self.side));
        (0..values.len()).filter(inside).map(|index| values[index]).collect()
    }

    /// *Same person, other light*: returns the standard deviation of the face's median luma over all lights and exposures,
    /// as shot and corrected. Variants whose face is clipped do not count; none where fewer than three are left.
    #[must_use]
    pub fn face_median_deviation(&self, face: FaceEdges) -> Option<[f32; 2]> {
        let (mut raw, mut corrected) = (Vec::new(), Vec::new());
        for light in &LIGHTS {
            for stops in EXPOSURES {
                let variant = self.relit(light, stops);
                if variant.face_is_clipped(face) {
                    continue;
                }
                let figures = variant.measure(Some(face));
                raw.push(variant.face_median(&variant.corrected_luma(&figures.light, 0.0), face));
                corrected.push(variant.face_median(&variant.corrected_luma(&figures.light, 1.0), face));
            }
        }
        (raw.len() >= 3).then(|| [standard_deviation(&raw), standard_deviation(&corrected)])
    }
}

/// Returns the standard deviation; 0 without values.
#[must_use]
pub fn standard_deviation(values: &[f32]) -> f32 {
    let count = values.len().max(1) as f32;
    let mean = values.iter().sum::<f32>() / count;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / count).sqrt()
}

/// Returns the value below which `share` of all lie; 0 without values.
#[must_use]
pub fn quantile(values: &[f32], share: f32) -> f32 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    let index = (sorted.len().saturating_sub(1)) as f32 * share;
    sorted.get(index.round() as usize).copied().unwrap_or(0.0)
}

/// Returns Spearman's rank correlation of two lists of one length, −1 to 1; ties share their mean rank.
#[must_use]
pub fn rank_correlation(a: &[f32], b: &[f32]) -> f32 {
    let (a, b) = (ranks(a), ranks(b));
    let mean = (a.len() as f32 - 1.0) / 2.0;
    let covariance: f32 = a.iter().zip(&b).map(|(a, b)| (a - mean) * (b - mean)).sum();
    let variance = |ranks: &[f32]| ranks.iter().map(|rank| (rank - mean).powi(2)).sum::<f32>();
    covariance / (variance(&a) * variance(&b)).sqrt().max(f32::MIN_POSITIVE)
}

fn ranks(values: &[f32]) -> Vec<f32> {
    let rank = |value: &f32| {
        let below = values.iter().filter(|other| *other < value).count() as f32;
        let same = values.iter().filter(|other| *other == value).count() as f32;
        below + (same - 1.0) / 2.0
    };
    values.iter().map(rank).collect()
}

fn decode_u8(encoded: u8) -> f32 {
    decode_srgb(f32::from(encoded) / 255.0)
}

fn encode_u8(linear: f32) -> u8 {
    (encode_srgb(linear.clamp(0.0, 1.0)) * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_agree_with_the_textbook() {
        assert!((rank_correlation(&[1.0, 2.0, 3.0, 4.0], &[10.0, 20.0, 30.0, 40.0]) - 1.0).abs() < 1e-6);
        assert!((rank_correlation(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]) + 1.0).abs() < 1e-6);
        assert!((rank_correlation(&[1.0, 2.0, 3.0, 4.0], &[2.0, 1.0, 4.0, 3.0]) - 0.6).abs() < 1e-6);
        assert!((standard_deviation(&[1.0, 3.0]) - 1.0).abs() < 1e-6);
        assert_eq!(quantile(&[5.0, 1.0, 3.0], 0.5), 3.0);
    }

    #[test]
    fn a_stop_is_twice_the_light() {
        let shot = SrgbPicture { srgb: vec![100; 64 * 3], side: 8 };
        let brighter = shot.relit(&LIGHTS[0], 1.0);
        assert!((decode_u8(brighter.srgb[0]) / decode_u8(100) - 2.0).abs() < 0.03);
        assert_eq!(shot.relit(&LIGHTS[0], 0.0), shot);
        let warm = shot.relit(&LIGHTS[1], 0.0);
        assert!(warm.srgb[0] > 100 && warm.srgb[2] < 80);
    }

    /// A scene with a face, a white shirt, dark hair and a grey background.
    fn scene(skin: [u8; 3]) -> (SrgbPicture, FaceEdges) {
        let side = 64;
        let face = [0.3, 0.2, 0.7, 0.6];
        let mut srgb = Vec::new();
        for y in 0..side {
            for x in 0..side {
                let place = [(x as f32 + 0.5) / 64.0 - 0.5, (y as f32 + 0.5) / 64.0 - 0.5];
                let shade = ((x * 7 + y * 13) % 9) as u8;
                srgb.extend(if is_inner_face(face, place) {
                    skin.map(|value| value.saturating_add(shade))
                } else if y > 48 && (24..40).contains(&x) {
                    [236 - shade; 3]
                } else if y > 44 {
                    [30 + shade; 3]
                } else if y < 14 && (18..46).contains(&x) {
                    [12 + shade; 3]
                } else {
                    [120 + shade; 3]
                });
            }
        }
        (SrgbPicture { srgb, side }, face)
    }

    #[test]
    fn correction_removes_the_light_and_keeps_skin_tones_apart() {
        let (pale, face) = scene([214, 170, 150]);
        let (dark, _) = scene([92, 60, 46]);
        for person in [&pale, &dark] {
            let [raw, corrected] = person.face_median_deviation(face).unwrap();
            // Not as well as with photographs: a scene of five flat tones has no shade between them.
            assert!(corrected < 0.35 * raw, "{corrected} of {raw}");
        }
        let median = |shot: &SrgbPicture, exposure_matching| {
            shot.face_median(&shot.corrected_luma(&shot.measure(Some(face)).light, exposure_matching), face)
        };
        let (before, after) = (median(&pale, 0.0) - median(&dark, 0.0), median(&pale, 1.0) - median(&dark, 1.0));
        assert!(after > 0.8 * before, "{after} of {before}");
    }
}
