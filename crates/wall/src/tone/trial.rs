//! Trials of the tone: the same person in other lights, other persons in the same light. `millions look` reports them and
//! the tests hold them.

use super::measure::is_in;
use super::shade::develop;
use super::{FaceEdges, LightMeasurement, NEUTRAL_MIX, ToneFigures, measure, surroundings};

/// A picture of 8-bit sRGB, `side` × `side` × 3 values, cropped like a tile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shot {
    /// R, G, B by row.
    pub srgb: Vec<u8>,
    /// Pixels of a side.
    pub side: usize,
}

/// A light to put a person into.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Relighting {
    /// What it is.
    pub name: &'static str,
    /// Factors of linear R, G and B, before they are made to leave the luma of greys alone.
    pub cast: [f32; 3],
    /// Light that falls on everything alike, as a share of white.
    pub flare: f32,
    /// What is left of each difference to the mean.
    pub contrast: f32,
}

/// The lights of the trial.
pub const LIGHTS: [Relighting; 5] = [
    Relighting { name: "as shot", cast: [1.0; 3], flare: 0.0, contrast: 1.0 },
    Relighting { name: "tungsten", cast: [1.3, 1.0, 0.5], flare: 0.0, contrast: 1.0 },
    Relighting { name: "neon", cast: [0.85, 1.08, 0.9], flare: 0.0, contrast: 1.0 },
    Relighting { name: "flare", cast: [1.0; 3], flare: 0.04, contrast: 1.0 },
    Relighting { name: "flat", cast: [1.0; 3], flare: 0.0, contrast: 0.7 },
];

/// The stops by which each is exposed anew.
pub const EXPOSURES: [f32; 8] = [-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5];

impl Shot {
    /// The same, lit and exposed otherwise: in linear light, and burnt out where the film ends.
    #[must_use]
    pub fn relit(&self, light: &Relighting, stops: f32) -> Self {
        let linear: Vec<[f32; 3]> = self.srgb.as_chunks::<3>().0.iter().map(|rgb| rgb.map(decode)).collect();
        let luma = |rgb: &[f32; 3]| rgb.iter().zip(NEUTRAL_MIX).map(|(value, weight)| value * weight).sum::<f32>();
        let mean = linear.iter().map(luma).sum::<f32>() / linear.len().max(1) as f32;
        let neutral = luma(&light.cast);
        let srgb = linear.iter().flat_map(|rgb| {
            [0, 1, 2].map(|channel| {
                let value = mean + (rgb[channel] - mean) * light.contrast;
                let lit = value * light.cast[channel] / neutral * (1.0 - light.flare) + light.flare;
                encode(lit * stops.exp2())
            })
        });
        Self { srgb: srgb.collect(), side: self.side }
    }

    /// Its tone figures.
    #[must_use]
    pub fn measured(&self, face: Option<FaceEdges>) -> ToneFigures {
        measure(&self.srgb, self.side, face)
    }

    /// Luma of each pixel with the light undone as far as `exposure_matching`, encoded, 0 to 1.
    #[must_use]
    pub fn developed(&self, light: &LightMeasurement, exposure_matching: f32) -> Vec<f32> {
        let print = light.print(exposure_matching, 0.0);
        let gains = light.gains().map(|gain| 1.0 + (gain - 1.0) * print.exposure_matching);
        let place = |at: usize| (at as f32 + 0.5) / self.side as f32 - 0.5;
        let pixels = self.srgb.as_chunks::<3>().0.iter().enumerate();
        pixels
            .map(|(index, rgb)| {
                let luma: f32 =
                    (0..3).map(|channel| f32::from(rgb[channel]) / 255.0 * gains[channel] * NEUTRAL_MIX[channel]).sum();
                develop(&print, luma, surroundings([place(index % self.side), place(index / self.side)]))
            })
            .collect()
    }

    /// The median of the values in the inner part of a face.
    #[must_use]
    pub fn face_median(&self, values: &[f32], face: FaceEdges) -> f32 {
        quantile(&self.in_face(values, face), 0.5)
    }

    /// Whether a tenth of the face is burnt out in some channel: then nobody can say what it was.
    #[must_use]
    pub fn face_is_burnt(&self, face: FaceEdges) -> bool {
        let brightest: Vec<f32> =
            self.srgb.as_chunks::<3>().0.iter().map(|rgb| f32::from(*rgb.iter().max().unwrap_or(&0))).collect();
        quantile(&self.in_face(&brightest, face), 0.9) > 250.0
    }

    /// The values in the inner part of a face.
    #[must_use]
    pub fn in_face(&self, values: &[f32], face: FaceEdges) -> Vec<f32> {
        let place = |at: usize| (at as f32 + 0.5) / self.side as f32 - 0.5;
        let inside = |index: &usize| is_in(face, [place(index % self.side), place(index / self.side)]);
        (0..values.len()).filter(inside).map(|index| values[index]).collect()
    }

    /// *Same person, other light*: the spread of the face's median luma over all lights and exposures, as shot and
    /// with the light undone. Variants whose face is burnt out do not count; none where fewer than three are left.
    #[must_use]
    pub fn spread_in_other_lights(&self, face: FaceEdges) -> Option<[f32; 2]> {
        let (mut raw, mut united) = (Vec::new(), Vec::new());
        for light in &LIGHTS {
            for stops in EXPOSURES {
                let variant = self.relit(light, stops);
                if variant.face_is_burnt(face) {
                    continue;
                }
                let figures = variant.measured(Some(face));
                raw.push(variant.face_median(&variant.developed(&figures.light, 0.0), face));
                united.push(variant.face_median(&variant.developed(&figures.light, 1.0), face));
            }
        }
        (raw.len() >= 3).then(|| [spread(&raw), spread(&united)])
    }
}

/// The standard deviation; 0 of nothing.
#[must_use]
pub fn spread(values: &[f32]) -> f32 {
    let count = values.len().max(1) as f32;
    let mean = values.iter().sum::<f32>() / count;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / count).sqrt()
}

/// The value below which `share` of all lie; 0 of nothing.
#[must_use]
pub fn quantile(values: &[f32], share: f32) -> f32 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    let place = (sorted.len().saturating_sub(1)) as f32 * share;
    sorted.get(place.round() as usize).copied().unwrap_or(0.0)
}

/// Spearman's rank correlation of two lists of one length, −1 to 1; ties share their mean rank.
#[must_use]
pub fn rank_correlation(a: &[f32], b: &[f32]) -> f32 {
    let (a, b) = (ranks(a), ranks(b));
    let mean = (a.len() as f32 - 1.0) / 2.0;
    let both: f32 = a.iter().zip(&b).map(|(a, b)| (a - mean) * (b - mean)).sum();
    let own = |ranks: &[f32]| ranks.iter().map(|rank| (rank - mean).powi(2)).sum::<f32>();
    both / (own(&a) * own(&b)).sqrt().max(f32::MIN_POSITIVE)
}

fn ranks(values: &[f32]) -> Vec<f32> {
    let rank = |value: &f32| {
        let below = values.iter().filter(|other| *other < value).count() as f32;
        let same = values.iter().filter(|other| *other == value).count() as f32;
        below + (same - 1.0) / 2.0
    };
    values.iter().map(rank).collect()
}

/// sRGB's transfer functions (IEC 61966-2-1).
fn decode(encoded: u8) -> f32 {
    let value = f32::from(encoded) / 255.0;
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

fn encode(linear: f32) -> u8 {
    let linear = linear.clamp(0.0, 1.0);
    let value = if linear <= 0.003_130_8 { linear * 12.92 } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 };
    (value * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_and_spreads_are_those_of_the_books() {
        assert!((rank_correlation(&[1.0, 2.0, 3.0, 4.0], &[10.0, 20.0, 30.0, 40.0]) - 1.0).abs() < 1e-6);
        assert!((rank_correlation(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]) + 1.0).abs() < 1e-6);
        assert!((rank_correlation(&[1.0, 2.0, 3.0, 4.0], &[2.0, 1.0, 4.0, 3.0]) - 0.6).abs() < 1e-6);
        assert!((spread(&[1.0, 3.0]) - 1.0).abs() < 1e-6);
        assert_eq!(quantile(&[5.0, 1.0, 3.0], 0.5), 3.0);
    }

    #[test]
    fn a_stop_is_twice_the_light() {
        let shot = Shot { srgb: vec![100; 64 * 3], side: 8 };
        let brighter = shot.relit(&LIGHTS[0], 1.0);
        assert!((decode(brighter.srgb[0]) / decode(100) - 2.0).abs() < 0.03);
        assert_eq!(shot.relit(&LIGHTS[0], 0.0), shot);
        let warm = shot.relit(&LIGHTS[1], 0.0);
        assert!(warm.srgb[0] > 100 && warm.srgb[2] < 80);
    }

    /// A scene with a face, a white shirt, dark hair and a grey ground.
    fn scene(skin: [u8; 3]) -> (Shot, FaceEdges) {
        let side = 64;
        let face = [0.3, 0.2, 0.7, 0.6];
        let mut srgb = Vec::new();
        for y in 0..side {
            for x in 0..side {
                let place = [(x as f32 + 0.5) / 64.0 - 0.5, (y as f32 + 0.5) / 64.0 - 0.5];
                let shade = ((x * 7 + y * 13) % 9) as u8;
                srgb.extend(if is_in(face, place) {
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
        (Shot { srgb, side }, face)
    }

    #[test]
    fn one_person_in_many_lights_becomes_one_and_two_persons_stay_two() {
        let (pale, face) = scene([214, 170, 150]);
        let (dark, _) = scene([92, 60, 46]);
        for person in [&pale, &dark] {
            let [raw, united] = person.spread_in_other_lights(face).unwrap();
            // Not as well as with photographs: a scene of five flat tones has no shade between them.
            assert!(united < 0.35 * raw, "{united} of {raw}");
        }
        let median = |shot: &Shot, exposure_matching| {
            shot.face_median(&shot.developed(&shot.measured(Some(face)).light, exposure_matching), face)
        };
        let (before, after) = (median(&pale, 0.0) - median(&dark, 0.0), median(&pale, 1.0) - median(&dark, 1.0));
        assert!(after > 0.8 * before, "{after} of {before}");
    }
}
