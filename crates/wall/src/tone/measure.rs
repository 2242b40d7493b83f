//! Measurement of a portrait's exposure, colour cast and flare. See [`measure`].

use super::shade::develop;
use super::{GAMMA, LightMeasurement, ToneFigures, luma, surround_mask, tile_position};
use millions_base::smoothstep;

/// The bounds of a face in a tile, from the middle of the forehead to the chin and from cheek to cheek: left, top, right,
/// bottom, from 0 to 1 of the tile.
pub type FaceEdges = [f32; 4];

/// Share of the picture below the black point, and above the white point.
const TAIL: f32 = 0.02;
/// Encoded values above this are clipped.
const CLIPPED: f32 = 0.985;

/// Measures a picture of `side` × `side` pixels of 8-bit sRGB, upright and cropped like the tile: 64 × 64 is enough.
///
/// **Exposure, independent of skin tone.** A correction that made every face equally light would change people's skin. So
/// the face is no evidence of the exposure. The evidence is:
///
/// * the brightest parts of the picture, by the largest of their R, G and B (a red jacket is as good as a white shirt, and
///   dark skin in lamplight is bright in red);
/// * the clipped share of the picture, which grows with overexposure when the white point can grow no more.
///
/// Together they give the over- or underexposure in stops. The weights were fitted by re-exposing real portraits by known
/// amounts (see docs/look.md). Around zero lies a [dead zone](beyond_dead_zone) in which exposure and subject cannot be
/// told apart: there, little is corrected, and the order of the faces of one studio is kept.
///
/// **Cast**: shades of grey (Finlayson and Trezzi, "Shades of gray and colour constancy", 2004, p = 5) over the pixels that
/// are neither clipped nor strongly coloured, and only as far as red and blue deviate as under an incandescent lamp (a red
/// wall is no lamp) or a fluorescent tube.
///
/// **Veil, burn, highlights**: see [`develop`](super::develop). The veil is the level of the black point; the surroundings
/// are burned or dodged towards a common mean; the highlights are expanded to a common white, from the face's median up.
///
/// # Panics
/// When `srgb` has another length.
#[must_use]
pub fn measure(srgb: &[u8], side: usize, face: Option<FaceEdges>) -> ToneFigures {
    assert_eq!(srgb.len(), side * side * 3, "a square of RGB pixels");
    let pixels: Vec<[f32; 3]> =
        srgb.as_chunks::<3>().0.iter().map(|pixel| pixel.map(|value| f32::from(value) / 255.0)).collect();
    let in_face: Vec<usize> = face.map_or_else(Vec::new, |face| {
        (0..pixels.len()).filter(|index| is_inner_face(face, tile_position(*index, side))).collect()
    });

    let raw_luma: Vec<f32> = pixels.iter().map(luma).collect();
    let cast = measure_cast(&pixels);
    let gains = LightMeasurement { cast, ..LightMeasurement::default() }.white_balance();
    let balanced: Vec<[f32; 3]> =
        pixels.iter().map(|rgb| [0, 1, 2].map(|channel| rgb[channel] * gains[channel])).collect();
    let balanced_luma: Vec<f32> = balanced.iter().map(luma).collect();

    // Exposure.
    let brightest: Vec<f32> = balanced.iter().map(largest).collect();
    let clipped = pixels.iter().filter(|rgb| largest(rgb) > CLIPPED).count() as f32 / pixels.len() as f32;
    let mut stops = -beyond_dead_zone(overexposure(&Histogram::new(&brightest), clipped));
    // The correction must not clip the face.
    if let Some(bright) = quantile_at(&balanced_luma, &in_face, 0.95) {
        stops = stops.min((GAMMA * (FACE_LIMIT / bright.max(0.01)).log2()).max(0.0));
    }
    let mut light = LightMeasurement { exposure: (stops * 256.0).round() as i16, cast, ..LightMeasurement::default() };

    // Veil.
    let gain = light.correction(1.0, 0.0).gain;
    let dark = Histogram::new(&balanced_luma).quantile(TAIL) * gain;
    let veil = ((dark * dark - TRUE_BLACK * TRUE_BLACK) / (1.0 - TRUE_BLACK * TRUE_BLACK)).clamp(0.0, MAX_VEIL);
    light.veil = (veil.sqrt() * 255.0).round() as u8;
    let correction = light.correction(1.0, 0.0);
    let mut tones: Vec<f32> = balanced_luma.iter().map(|luma| develop(&correction, *luma, 0.0)).collect();

    // Surroundings.
    let mask: Vec<f32> = (0..tones.len()).map(|index| surround_mask(tile_position(index, side))).collect();
    let mean = |values: &mut dyn Iterator<Item = f32>| values.sum::<f32>() / pixels.len() as f32;
    let effect = mean(&mut tones.iter().zip(&mask).map(|(tone, mask)| tone * (1.0 - tone) * mask));
    let burn = ((mean(&mut tones.iter().copied()) - COMMON_MEAN) / effect.max(1e-3)).clamp(-MAX_DODGE, MAX_BURN);
    light.burn = (burn * 100.0).round() as i8;
    let face_median = quantile_at(&tones, &in_face, 0.5);
    for (tone, mask) in tones.iter_mut().zip(&mask) {
        *tone -= burn * mask * *tone * (1.0 - *tone);
    }

    // Highlights.
    let white = Histogram::new(&tones).quantile(1.0 - TAIL);
    let knee = face_median.unwrap_or(0.55).clamp(0.3, 0.85).min(white - MIN_SHOULDER).max(0.25);
    light.knee = (knee * 255.0).round() as u8;
    if white < COMMON_WHITE {
        let [from, to] = [white, COMMON_WHITE].map(|level| (level - knee) / (1.0 - knee));
        let lift = ((to - from) / (from * (1.0 - to)).max(1e-3)).clamp(0.0, MAX_LIFT);
        light.lift = (lift * 64.0).round() as u8;
    }

    let levels = Histogram::new(&raw_luma);
    let level = |value: f32| (value * 255.0).round().clamp(0.0, 255.0) as u8;
    ToneFigures {
        black: level(levels.quantile(TAIL)),
        mid: level(levels.quantile(0.5)),
        white: level(levels.quantile(1.0 - TAIL)),
        mean_rgb: [0, 1, 2].map(|channel| level(mean(&mut pixels.iter().map(|rgb| rgb[channel])))),
        face: quantile_at(&raw_luma, &in_face, 0.5).map(level),
        noise: 0,
        light,
    }
}

/// Level of the black point without a veil.
const TRUE_BLACK: f32 = 0.035;
/// Square of the densest veil that is removed; what is behind a denser one is mostly noise.
const MAX_VEIL: f32 = 0.16;
/// White point that the highlights are expanded to, where the face leaves room.
const COMMON_WHITE: f32 = 0.9;
/// Largest increase of the slope at the knee: more would posterise faces.
const MAX_LIFT: f32 = 3.0;
/// Least distance between the knee and the white point.
const MIN_SHOULDER: f32 = 0.1;
/// Mean that the surroundings bring a portrait towards.
const COMMON_MEAN: f32 = 0.43;
/// Limits of that: at 1 the surroundings would lose their tones. Less up than down, for a bright halo is seen and a dark
/// one is not.
const MAX_BURN: f32 = 0.9;
const MAX_DODGE: f32 = 0.6;
/// The brightest twentieth of a face stays below this.
const FACE_LIMIT: f32 = 0.95;

/// Estimates the overexposure in stops from the levels of the brightest channels and the clipped share.
fn overexposure(brightest: &Histogram, clipped: f32) -> f32 {
    let stops = |share: f32| GAMMA * brightest.quantile(share).max(0.02).log2();
    let white = 0.68 * stops(0.995) + 0.225 * stops(0.98) + 0.05 * stops(0.9);
    white + 0.168 * (1.0 + clipped / 0.02).log2() + 0.22
}

/// Returns the part of a deviation, in stops, that is attributed to the exposure: next to nothing of a small one, all of
/// one beyond two thirds of a stop.
fn beyond_dead_zone(stops: f32) -> f32 {
    let part = ((stops.abs() - 0.04) / 0.64).clamp(0.0, 1.0);
    // Smoothstep; the order of the products is part of the measurement.
    stops * part * part * (3.0 - 2.0 * part)
}

/// Estimates the colour cast as the compensation of red and of blue, in 64ths of a stop.
fn measure_cast(pixels: &[[f32; 3]]) -> [i8; 2] {
    const P: f32 = 5.0;
    // The 5th power of linear light is the 11th of an encoded value.
    let power = |value: f32| {
        let fourth = value * value * value * value;
        fourth * fourth * value * value * value
    };
    let mut sums = [0.0f32; 3];
    let mut counted = 0;
    for rgb in pixels {
        let (most, least) = (largest(rgb), rgb.iter().copied().fold(f32::MAX, f32::min));
        if most < 0.98 && most > 0.08 && least > 0.4 * most {
            for (sum, value) in sums.iter_mut().zip(rgb) {
                *sum += power(*value);
            }
            counted += 1;
        }
    }
    if counted * 20 < pixels.len() {
        return [0; 2];
    }
    let [red, green, blue] = sums.map(|sum| (sum / counted as f32).powf(1.0 / P).max(1e-5).log2());
    let (red, blue) = (green - red, green - blue);
    let ramp = |value: f32, from: f32, to: f32| smoothstep(((value - from) / (to - from)).clamp(0.0, 1.0));
    // A lamp of 2,900 K lacks a stop of blue and has 0.43 too much of red, against daylight.
    let lamp = (-red / 0.43).min(blue).clamp(0.0, 1.5);
    let lamp = lamp * ramp(lamp, 0.15, 0.5);
    // Fluorescent tubes have too much green.
    let tube = red.min(blue).clamp(0.0, 0.5);
    let tube = tube * ramp(tube, 0.08, 0.25);
    [tube - 0.43 * lamp, tube + lamp].map(|stops| (stops * 64.0).round() as i8)
}

fn largest(rgb: &[f32; 3]) -> f32 {
    rgb.iter().copied().fold(0.0, f32::max)
}

/// Whether a position of the tile, −0.5 to 0.5 each way, is in the inner part of a face, without hair or background.
pub(super) fn is_inner_face([left, top, right, bottom]: FaceEdges, [x, y]: [f32; 2]) -> bool {
    let (x, y) = ((x + 0.5 - left) / (right - left) - 0.5, (y + 0.5 - top) / (bottom - top) - 0.5);
    (x / 0.33).powi(2) + (y / 0.4).powi(2) < 1.0
}

/// Returns the quantile of the values at `indices`; none without any.
fn quantile_at(values: &[f32], indices: &[usize], share: f32) -> Option<f32> {
    let some: Vec<f32> = indices.iter().map(|index| values[*index]).collect();
    (!some.is_empty()).then(|| Histogram::new(&some).quantile(share))
}

/// A histogram of values from 0 up to 2, with two bins to an 8-bit level.
struct Histogram {
    counts: Vec<u32>,
    total: usize,
}

/// Bins from 0 to 1.
const BINS: f32 = 510.0;

impl Histogram {
    fn new(values: &[f32]) -> Self {
        let mut counts = vec![0; BINS as usize * 2 + 1];
        for value in values {
            // `as` saturates: negative values and NaN go into the first bin.
            counts[((value * BINS).round() as usize).min(BINS as usize * 2)] += 1;
        }
        Self { counts, total: values.len() }
    }

    /// Returns the value below which `share` of all lie.
    fn quantile(&self, share: f32) -> f32 {
        let wanted = self.total as f32 * share;
        let mut below = 0.0;
        for (bin, count) in self.counts.iter().enumerate() {
            below += *count as f32;
            if below > wanted {
                return bin as f32 / BINS;
            }
        }
        self.counts.iter().rposition(|count| *count > 0).unwrap_or(0) as f32 / BINS
    }
}
