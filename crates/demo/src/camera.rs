//! Simulation of a bad camera in bad light.

use std::sync::LazyLock;

use super::draw::Truth;
use super::rng::Rng;
use millions_wall::tile::planes::{decode_srgb, encode_srgb};

/// Steps of the encoding table in linear light; finer than 8 bits of sRGB but in the deepest black.
const STEPS: usize = 4096;

static LINEAR: LazyLock<[f32; 256]> = LazyLock::new(|| std::array::from_fn(|value| decode_srgb(value as f32 / 255.0)));
static ENCODED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    (0..STEPS).map(|step| (encode_srgb(step as f32 / (STEPS - 1) as f32) * 255.0).round() as u8).collect()
});

/// Light besides the key light of the drawing.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Lamp {
    /// None to speak of.
    Even,
    /// A flash: a hot centre, dark corners.
    Flash(f32),
    /// A bright background: the middle dark, a veil over all.
    Behind(f32),
    /// Bright from one side: −1 left, 1 right.
    Side(f32),
}

/// Blur.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Blur {
    None,
    /// A radius, in thousandths of the picture's height.
    Defocus(f32),
    /// A length along the picture's rows, in thousandths of its height.
    Shake(f32),
}

/// The faults of one photograph.
#[derive(Clone, Debug)]
pub(super) struct Camera {
    exposure_stops: f32,
    cast: [f32; 3],
    lamp: Lamp,
    blur: Blur,
    noise: f32,
    rng: Rng,
}

impl Camera {
    /// Draws the faults at random.
    pub(super) fn new(mut rng: Rng) -> Self {
        let exposure_stops = rng.around(2.0);
        let warmth = rng.range(0.4, 1.0);
        let cast = match rng.below(10) {
            // Tungsten light on a daylight setting.
            0..3 => [1.0 + 0.35 * warmth, 1.0 - 0.02 * warmth, 1.0 - 0.48 * warmth],
            // Fluorescent tubes.
            3 => [1.0 - 0.14 * warmth, 1.0 + 0.12 * warmth, 1.0 - 0.08 * warmth],
            // Open shade.
            4 => [1.0 - 0.18 * warmth, 1.0, 1.0 + 0.25 * warmth],
            // Neon.
            5 => {
                if rng.chance(0.5) {
                    [1.0 + 0.25 * warmth, 1.0 - 0.3 * warmth, 1.0 + 0.2 * warmth]
                } else {
                    [1.0 - 0.4 * warmth, 1.0 + 0.05 * warmth, 1.0 + 0.3 * warmth]
                }
            }
            _ => [1.0; 3],
        };
        let lamp = match rng.below(9) {
            0 => Lamp::Flash(rng.range(0.4, 1.0)),
            1 => Lamp::Behind(rng.range(0.35, 0.9)),
            2 => Lamp::Side(if rng.chance(0.5) { 1.0 } else { -1.0 } * rng.range(0.3, 0.7)),
            _ => Lamp::Even,
        };
        let blur = match rng.below(9) {
            0 => Blur::Defocus(rng.range(2.0, 6.0)),
            1 => Blur::Shake(rng.range(4.0, 14.0)),
            _ => Blur::None,
        };
        // A dark picture was taken at a high sensitivity.
        let noise = rng.range(0.002, 0.016) + (-exposure_stops).max(0.0) * 0.006;
        Self { exposure_stops, cast, lamp, blur, noise, rng }
    }

    /// Adds the faults to the ground truth.
    pub(super) const fn annotate(&self, truth: &mut Truth) {
        truth.exposure_stops = self.exposure_stops;
        truth.cast = self.cast;
    }

    /// Applies the faults to a picture: R, G, B in sRGB, `width` to a row.
    pub(super) fn apply(&self, rgb: &mut [u8], width: usize) {
        let height = rgb.len() / (width * 3);
        match self.blur {
            Blur::None => {}
            Blur::Defocus(radius) => {
                let radius = (radius * height as f32 / 1000.0).round() as usize;
                box_blur_rows(rgb, width, radius);
                box_blur_columns(rgb, width, radius);
            }
            Blur::Shake(length) => box_blur_rows(rgb, width, (length * height as f32 / 2000.0).round() as usize),
        }
        let (linear, encoded) = (&*LINEAR, &*ENCODED);
        let gain = self.exposure_stops.exp2();
        let last = (STEPS - 1) as f32;
        // The light of each value in each channel, in the table's steps.
        let lights = self.cast.map(|cast| linear.map(|light| light * cast * gain * last));
        let veils = self.cast.map(|cast| cast * gain * last);
        let mut rng = self.rng.clone();
        let (across, down) = (2.0 / width as f32, 2.0 / height as f32);
        // Noise of the sensor, and more of it in the light; a straight line serves for the root here.
        let noise = self.noise * last / 256.0;
        let (in_dark, in_light) = (noise * 0.35, noise / last);
        for (y, row) in rgb.chunks_exact_mut(width * 3).enumerate() {
            let v = y as f32 * down - 1.0;
            for (x, pixel) in row.chunks_exact_mut(3).enumerate() {
                let (local, veil) = self.lamp.at(x as f32 * across - 1.0, v);
                let bits = rng.bits();
                for channel in 0..3 {
                    // The sum of two bytes is triangular: near enough to a bell.
                    let bits = bits >> (channel * 16);
                    let grain = ((bits & 255) as i32 + (bits >> 8 & 255) as i32 - 255) as f32;
                    let light = lights[channel][usize::from(pixel[channel])] * local + veil * veils[channel];
                    let light = light + grain * (in_dark + light * in_light);
                    pixel[channel] = encoded[light.clamp(0.0, last) as usize];
                }
            }
        }
    }
}

impl Lamp {
    /// Returns the gain of the light at a point of the picture (−1 to 1 each way), and the veil of stray light.
    fn at(self, u: f32, v: f32) -> (f32, f32) {
        match self {
            Self::Even => (1.0, 0.0),
            Self::Flash(power) => {
                let near = (1.2 - u * u - (v + 0.2) * (v + 0.2)).max(0.0);
                (1.0 - 0.75 * power + 1.3 * power * near, 0.0)
            }
            Self::Behind(power) => {
                let far = (u * u * 1.3 + v * v * 0.5).min(1.0);
                (1.0 - power * 0.72 + 1.5 * power * far, 0.05 * power)
            }
            Self::Side(power) => (1.0 + u * power, 0.0),
        }
    }
}

/// Averages each pixel with `radius` neighbours on either side along its row.
fn box_blur_rows(rgb: &mut [u8], width: usize, radius: usize) {
    if radius == 0 || width <= radius {
        return;
    }
    let mut before = vec![0; width * 3];
    for row in rgb.chunks_exact_mut(width * 3) {
        before.copy_from_slice(row);
        box_blur(row, &before, 3, width, radius);
    }
}

/// The same along the columns.
fn box_blur_columns(rgb: &mut [u8], width: usize, radius: usize) {
    let height = rgb.len() / (width * 3);
    if radius == 0 || height <= radius {
        return;
    }
    let before = rgb.to_vec();
    for column in 0..width {
        box_blur(&mut rgb[column * 3..], &before[column * 3..], width * 3, height, radius);
    }
}

/// A sliding mean of three channels, `step` values apart, repeating the ends.
fn box_blur(out: &mut [u8], before: &[u8], step: usize, count: usize, radius: usize) {
    let size = (2 * radius + 1) as u32;
    for channel in 0..3 {
        let at = |index: usize| u32::from(before[index.min(count - 1) * step + channel]);
        let mut sum: u32 = (0..=radius).map(at).sum::<u32>() + at(0) * radius as u32;
        for index in 0..count {
            out[index * step + channel] = (sum / size) as u8;
            sum += at(index + radius + 1);
            sum -= at(index.saturating_sub(radius));
        }
    }
}
