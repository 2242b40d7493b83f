//! Measuring what the light did to a portrait. See [`measure`].

use super::shade::develop;
use super::{LightMeasurement, NEUTRAL_MIX, ToneFigures, surroundings};
use millions_base::smoothstep;

/// Where a face lies in a tile, from the forehead's middle to the chin and from cheek to cheek: left, top, right, bottom,
/// from 0 to 1 of the tile.
pub type FaceEdges = [f32; 4];

/// Share of the picture that may be darker than the black point, and brighter than the white point.
const TAIL: f32 = 0.02;
/// Encoded values from here on are burnt out: what they were is lost.
const BURNT: f32 = 0.985;

/// Measures a picture of `side` × `side` pixels of 8-bit sRGB, upright and cropped like the tile: 64 × 64 is plenty.
///
/// **The light and not the person.** A correction that made every face as light as every other would change people's
/// skin. So the face never says how much light there was. What says it:
///
/// * the brightest things in the picture, by the largest of their R, G and B (a red jacket is as good a witness as a
///   white shirt, and dark skin in the light of a lamp is bright in red);
/// * how much of the picture is burnt out, which grows as a film is overexposed when its white can grow no more.
///
/// Both together give the stops by which a photograph is too light or too dark. The weights were found by re-exposing
/// real portraits by known amounts (see docs/look.md). Around zero lies a [zone](settled) in which light and person cannot
/// be told apart: there, little is changed, and the order of the faces of one studio stays what it is.
///
/// **Cast**: shades of grey (Finlayson and Trezzi, "Shades of gray and colour constancy", 2004, p = 5) over what is
/// neither burnt nor strongly coloured, and then only as far as red and blue disagree as they do under a lamp (a red
/// wall is no lamp), or agree as they do under a fluorescent tube.
///
/// **Veil, surroundings, highlights**: see [`develop`](super::develop). The veil is the level of the black point; the
/// surroundings go towards a common mean; the highlights are lifted to a common white, from the face's middle on.
///
/// # Panics
/// When `srgb` has not that size.
#[must_use]
pub fn measure(srgb: &[u8], side: usize, face: Option<FaceEdges>) -> ToneFigures {
    assert_eq!(srgb.len(), side * side * 3, "a square of RGB pixels");
    let pixels: Vec<[f32; 3]> =
        srgb.as_chunks::<3>().0.iter().map(|pixel| pixel.map(|value| f32::from(value) / 255.0)).collect();
    let place = |index: usize| {
        let middle = |at: usize| (at as f32 + 0.5) / side as f32 - 0.5;
        [middle(index % side), middle(index / side)]
    };
    let in_face: Vec<usize> =
        face.map_or_else(Vec::new, |face| (0..pixels.len()).filter(|i| is_in(face, place(*i))).collect());

    let luma = |rgb: &[f32; 3]| rgb.iter().zip(NEUTRAL_MIX).map(|(value, weight)| value * weight).sum::<f32>();
    let raw_luma: Vec<f32> = pixels.iter().map(luma).collect();
    let cast = cast_of(&pixels);
    let gains = LightMeasurement { cast, ..LightMeasurement::default() }.gains();
    let uncast: Vec<[f32; 3]> =
        pixels.iter().map(|rgb| [0, 1, 2].map(|channel| rgb[channel] * gains[channel])).collect();
    let clear_luma: Vec<f32> = uncast.iter().map(luma).collect();

    // Exposure.
    let brightest: Vec<f32> = uncast.iter().map(largest).collect();
    let burnt = pixels.iter().filter(|rgb| largest(rgb) > BURNT).count() as f32 / pixels.len() as f32;
    let over = overexposed_stops(&Levels::of(&brightest), burnt);
    let mut stops = -settled(over);
    // No face is burnt out by what is done to it.
    if let Some(bright) = quantile_of(&clear_luma, &in_face, 0.95) {
        stops = stops.min((2.2 * (FACE_LIMIT / bright.max(0.01)).log2()).max(0.0));
    }
    let mut light = LightMeasurement { exposure: (stops * 256.0).round() as i16, cast, ..LightMeasurement::default() };

    // Veil.
    let gain = light.print(1.0, 0.0).gain;
    let dark = Levels::of(&clear_luma).at(TAIL) * gain;
    let veil = ((dark * dark - CLEAR_BLACK * CLEAR_BLACK) / (1.0 - CLEAR_BLACK * CLEAR_BLACK)).clamp(0.0, MOST_VEIL);
    light.veil = (veil.sqrt() * 255.0).round() as u8;
    let print = light.print(1.0, 0.0);
    let mut tones: Vec<f32> = clear_luma.iter().map(|luma| develop(&print, *luma, 0.0)).collect();

    // Surroundings.
    let around: Vec<f32> = (0..tones.len()).map(|index| surroundings(place(index))).collect();
    let mean = |values: &mut dyn Iterator<Item = f32>| values.sum::<f32>() / pixels.len() as f32;
    let reach = mean(&mut tones.iter().zip(&around).map(|(tone, around)| tone * (1.0 - tone) * around));
    let burn = ((mean(&mut tones.iter().copied()) - COMMON_MEAN) / reach.max(1e-3)).clamp(-MOST_DODGE, MOST_BURN);
    light.burn = (burn * 100.0).round() as i8;
    let middle = quantile_of(&tones, &in_face, 0.5);
    for (tone, around) in tones.iter_mut().zip(&around) {
        *tone -= burn * around * *tone * (1.0 - *tone);
    }

    // Highlights.
    let white = Levels::of(&tones).at(1.0 - TAIL);
    let knee = middle.unwrap_or(0.55).clamp(0.3, 0.85).min(white - LEAST_SHOULDER).max(0.25);
    light.knee = (knee * 255.0).round() as u8;
    if white < COMMON_WHITE {
        let [from, to] = [white, COMMON_WHITE].map(|level| (level - knee) / (1.0 - knee));
        let lift = ((to - from) / (from * (1.0 - to)).max(1e-3)).clamp(0.0, MOST_LIFT);
        light.lift = (lift * 64.0).round() as u8;
    }

    let levels = Levels::of(&raw_luma);
    let level = |value: f32| (value * 255.0).round().clamp(0.0, 255.0) as u8;
    ToneFigures {
        black: level(levels.at(TAIL)),
        mid: level(levels.at(0.5)),
        white: level(levels.at(1.0 - TAIL)),
        mean_rgb: [0, 1, 2].map(|channel| level(mean(&mut pixels.iter().map(|rgb| rgb[channel])))),
        face: quantile_of(&raw_luma, &in_face, 0.5).map(level),
        noise: 0,
        light,
    }
}

/// The level that a clear black has.
const CLEAR_BLACK: f32 = 0.035;
/// The square of the densest veil that is taken away; what is behind a denser one is mostly noise.
const MOST_VEIL: f32 = 0.16;
/// The level that every print's white reaches, where the face leaves room.
const COMMON_WHITE: f32 = 0.9;
/// How much steeper the highlights become at the knee, at the most: more would cut faces out of card.
const MOST_LIFT: f32 = 3.0;
/// The highlights have at least this much room between the knee and the white point.
const LEAST_SHOULDER: f32 = 0.1;
/// The mean that the surroundings bring a print towards, and how far they go for it: at 1 they would lose their tones.
/// Less far up than down, for a bright rim around somebody is seen and a dark one is not.
const COMMON_MEAN: f32 = 0.43;
const MOST_BURN: f32 = 0.9;
const MOST_DODGE: f32 = 0.6;
/// The brightest twentieth of a face stays below this.
const FACE_LIMIT: f32 = 0.95;

/// How many stops lighter than usual a photograph is, by the levels of its brightest channels and the share that is burnt
/// out.
fn overexposed_stops(brightest: &Levels, burnt: f32) -> f32 {
    let stops = |share: f32| 2.2 * brightest.at(share).max(0.02).log2();
    let white = 0.68 * stops(0.995) + 0.225 * stops(0.98) + 0.05 * stops(0.9);
    white + 0.168 * (1.0 + burnt / 0.02).log2() + 0.22
}

/// The part of a deviation, in stops, that is taken for light: next to nothing of a small one, all of one past two
/// thirds of a stop.
fn settled(stops: f32) -> f32 {
    let part = ((stops.abs() - 0.04) / 0.64).clamp(0.0, 1.0);
    stops * part * part * (3.0 - 2.0 * part)
}

/// Stops to add to red and to blue, in 64ths.
fn cast_of(pixels: &[[f32; 3]]) -> [i8; 2] {
    const P: f32 = 5.0;
    // The pth power of light is the 2.2 pth of a value: the 11th.
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
    let rise = |value: f32, from: f32, to: f32| {
        let part = ((value - from) / (to - from)).clamp(0.0, 1.0);
        smoothstep(part)
    };
    // Light of a lamp of 2,900 K lacks a stop of blue and has 0.43 too much of red, against daylight.
    let lamp = (-red / 0.43).min(blue).clamp(0.0, 1.5);
    let lamp = lamp * rise(lamp, 0.15, 0.5);
    // Tubes have too much green.
    let tube = red.min(blue).clamp(0.0, 0.5);
    let tube = tube * rise(tube, 0.08, 0.25);
    [tube - 0.43 * lamp, tube + lamp].map(|stops| (stops * 64.0).round() as i8)
}

fn largest(rgb: &[f32; 3]) -> f32 {
    rgb.iter().copied().fold(0.0, f32::max)
}

/// Whether a place, −0.5 to 0.5 each way, lies in the inner part of a face: no hair, no ground beside it.
pub(super) fn is_in([left, top, right, bottom]: FaceEdges, [x, y]: [f32; 2]) -> bool {
    let (x, y) = ((x + 0.5 - left) / (right - left) - 0.5, (y + 0.5 - top) / (bottom - top) - 0.5);
    (x / 0.33).powi(2) + (y / 0.4).powi(2) < 1.0
}

/// The level below which `share` of the values at `indices` lie; none without any.
fn quantile_of(values: &[f32], indices: &[usize], share: f32) -> Option<f32> {
    let some: Vec<f32> = indices.iter().map(|index| values[*index]).collect();
    (!some.is_empty()).then(|| Levels::of(&some).at(share))
}

/// A histogram of values from 0 up to 2, in steps that 8 bits fit into.
struct Levels {
    counts: Vec<u32>,
    total: usize,
}

const BINS: f32 = 510.0;

impl Levels {
    fn of(values: &[f32]) -> Self {
        let mut counts = vec![0; BINS as usize * 2 + 1];
        for value in values {
            // A negative or undefined value becomes 0 by `as`.
            counts[((value * BINS).round() as usize).min(BINS as usize * 2)] += 1;
        }
        Self { counts, total: values.len() }
    }

    /// The value below which `share` of all lie.
    fn at(&self, share: f32) -> f32 {
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
