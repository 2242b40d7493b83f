//! A perceptual hash: 256 bits that stay nearly the same when a picture is encoded anew, resized, turned or mirrored.
//!
//! The signs of the 16 × 16 lowest frequencies of the discrete cosine transform of 64 × 64 grey values: the DCT hash of
//! Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010), with zero in the place of the
//! median. The sign makes a turned picture's hash a permutation of the upright one's: mirroring negates the odd frequencies,
//! transposing swaps the axes. The picture cannot be made again from it.

use std::f32::consts::PI;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::analysis_image::AnalysisImage;

/// Side of the grey picture that is transformed.
const SIDE: usize = 64;
/// Frequencies on each axis.
const FREQUENCIES: usize = 16;
/// Hashes with at most so many different bits are of one photograph. Measured on 497 portraits, most of them from studios
/// where all sit alike: of 3,976 copies (JPEG at quality 30 to 95, PNG, half the size and larger, turned, mirrored) none differs by
/// more, and the two most similar different people differ by 45.
pub const MOST_DIFFERENT_BITS: u32 = 32;
/// The least standard deviation of the grey values: a flat area has no signs but those of its noise.
const LEAST_CONTRAST: f32 = 2.0;

/// The perceptual hash of a photograph, before any crop or turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PerceptualHash([u64; 4]);

impl PerceptualHash {
    /// In the place of one that there is not.
    pub(super) const ZERO: Self = Self([0; 4]);

    pub(super) fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes.as_chunks_mut().0.iter_mut().zip(self.0).for_each(|(bytes, word)| *bytes = word.to_le_bytes());
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8; 32]) -> Self {
        let words: &[[u8; 8]] = bytes.as_chunks().0;
        Self([words[0], words[1], words[2], words[3]].map(u64::from_le_bytes))
    }

    /// Hashes a picture that was turned by quarters clockwise after it was upright; `None` where it is nearly flat.
    pub fn of(image: &AnalysisImage, quarter_turns: u8) -> Option<Self> {
        let grey = reduced(image)?;
        let mean = grey.iter().sum::<f32>() / grey.len() as f32;
        let variance = grey.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / grey.len() as f32;
        if variance.sqrt() < LEAST_CONTRAST {
            return None;
        }
        // The basis: cos((2x + 1) u π / 2N); a common factor changes no sign.
        let basis = |u: usize, x: usize| ((2 * x + 1) as f32 * u as f32 * PI / (2 * SIDE) as f32).cos();
        let basis: Vec<f32> = (0..FREQUENCIES * SIDE).map(|index| basis(index / SIDE, index % SIDE)).collect();
        let project = |row: &[f32], u: usize| -> f32 {
            row.iter().zip(&basis[u * SIDE..(u + 1) * SIDE]).map(|(value, basis)| value * basis).sum()
        };
        // Columns of u, each with a value a row.
        let columns: Vec<Vec<f32>> =
            (0..FREQUENCIES).map(|u| grey.chunks_exact(SIDE).map(|row| project(row, u)).collect()).collect();
        let hash = Self::from_bits(|u, v| project(&columns[u], v) > 0.0);
        // The picture has been turned clockwise by so much: the rest of a whole turn brings it back.
        Some((0..(4 - quarter_turns % 4) % 4).fold(hash, |hash, _| hash.turned()))
    }

    /// The hashes of the picture as it is turned and mirrored.
    #[must_use]
    pub fn orientations(&self) -> [Self; 8] {
        let [[a, b, c, d], [e, f, g, h]] =
            [*self, self.transposed()].map(|hash| Self::mirrors().map(|mirror| hash.xor(&mirror)));
        [a, b, c, d, e, f, g, h]
    }

    /// Whether both are hashes of one photograph in the same orientation, as far as can be said.
    #[inline]
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        // Most are told apart by the first half.
        let half =
            |words: std::ops::Range<usize>| -> u32 { words.map(|w| (self.0[w] ^ other.0[w]).count_ones()).sum() };
        let first = half(0..2);
        first <= MOST_DIFFERENT_BITS && first + half(2..4) <= MOST_DIFFERENT_BITS
    }

    /// Divides the hash into 16 parts of 16 bits.
    pub(super) fn parts(&self) -> impl Iterator<Item = u16> {
        self.0.into_iter().flat_map(|word| [0, 16, 32, 48].map(|shift| (word >> shift) as u16))
    }

    /// One of the 16 parts.
    pub(super) const fn part(&self, at: usize) -> u16 {
        (self.0[at / 4] >> (at % 4 * 16)) as u16
    }

    /// The fewest bits in which this and another differ, turned and mirrored as they may be.
    #[must_use]
    pub fn distance(&self, other: &Self) -> u32 {
        self.orientations().iter().map(|hash| hash.different_bits(other)).min().unwrap_or(256)
    }

    pub(super) fn different_bits(&self, other: &Self) -> u32 {
        self.0.iter().zip(other.0).map(|(a, b)| (a ^ b).count_ones()).sum()
    }

    /// Sets the bit of each pair of frequencies but that of the mean, which is left out.
    fn from_bits(bit: impl Fn(usize, usize) -> bool) -> Self {
        let mut words = [0; 4];
        for index in 1..FREQUENCIES * FREQUENCIES {
            words[index / 64] |= u64::from(bit(index % FREQUENCIES, index / FREQUENCIES)) << (index % 64);
        }
        Self(words)
    }

    /// What mirroring changes in a hash: nothing, left to right, upside down, both.
    pub(super) const fn mirrors() -> [Self; 4] {
        // The odd frequencies: those of each row, and whole rows.
        let (across, down) = (0xaaaa_aaaa_aaaa_aaaa, 0xffff_0000_ffff_0000);
        [Self([0; 4]), Self([across; 4]), Self([down; 4]), Self([across ^ down; 4])]
    }

    /// Changes the bits that are set in another.
    pub(super) const fn xor(&self, other: &Self) -> Self {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        Self([a ^ e, b ^ f, c ^ g, d ^ h])
    }

    /// The hash of the picture with its axes swapped: a matrix of bits is transposed by exchanging ever smaller blocks (Warren, Hacker's Delight, 7-3).
    pub(super) fn transposed(&self) -> Self {
        let mut rows: [u16; FREQUENCIES] = std::array::from_fn(|at| self.part(at));
        let (mut width, mut mask) = (FREQUENCIES / 2, 0x00ff_u16);
        while width > 0 {
            for at in (0..FREQUENCIES).filter(|at| at & width == 0) {
                let change = (rows[at] >> width ^ rows[at + width]) & mask;
                rows[at] ^= change << width;
                rows[at + width] ^= change;
            }
            width /= 2;
            mask ^= mask << width;
        }
        let word = |at: usize| (0..4).map(|row| u64::from(rows[4 * at + row]) << (16 * row)).sum();
        Self(std::array::from_fn(word))
    }

    /// The hash of the picture turned by a quarter, clockwise: transposed, then mirrored.
    fn turned(&self) -> Self {
        let [_, across, ..] = Self::mirrors();
        self.transposed().xor(&across)
    }
}

/// Averages a picture's luma over 64 × 64 equal areas, parts of pixels included, so that a copy at another size has the same
/// values; `None` where it has no pixels.
fn reduced(image: &AnalysisImage) -> Option<Vec<f32>> {
    if image.width == 0 || image.height == 0 {
        return None;
    }
    let rows = image.luma.chunks_exact(image.width);
    let narrow: Vec<Vec<f32>> =
        rows.map(|row| averages(&row.iter().map(|value| f32::from(*value)).collect::<Vec<_>>())).collect();
    let columns: Vec<Vec<f32>> =
        (0..SIDE).map(|x| averages(&narrow.iter().map(|row| row[x]).collect::<Vec<_>>())).collect();
    Some((0..SIDE * SIDE).map(|index| columns[index % SIDE][index / SIDE]).collect())
}

/// Averages a line of values over 64 equal lengths.
fn averages(line: &[f32]) -> Vec<f32> {
    let length = line.len() as f32 / SIDE as f32;
    let average = |index: usize| {
        let (start, end) = (index as f32 * length, (index + 1) as f32 * length);
        let covered = |at: usize| (end.min(at as f32 + 1.0) - start.max(at as f32)).max(0.0);
        let range = start as usize..(end.ceil() as usize).min(line.len());
        range.map(|at| line[at] * covered(at)).sum::<f32>() / length
    };
    (0..SIDE).map(average).collect()
}

impl fmt::Display for PerceptualHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|word| write!(formatter, "{word:016x}"))
    }
}

impl FromStr for PerceptualHash {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fault = || "a perceptual hash has 64 hexadecimal digits".to_owned();
        if text.len() != 64 || !text.is_ascii() {
            return Err(fault());
        }
        let mut words = [0; 4];
        for (index, word) in words.iter_mut().enumerate() {
            *word = u64::from_str_radix(&text[index * 16..(index + 1) * 16], 16).map_err(|_| fault())?;
        }
        Ok(Self(words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(width: usize, height: usize, pixel: impl Fn(f32, f32) -> f32) -> AnalysisImage {
        let rgb = (0..width * height).map(|index| {
            let (x, y) = ((index % width) as f32 / width as f32, (index / width) as f32 / height as f32);
            [pixel(x, y).clamp(0.0, 255.0) as u8; 3]
        });
        AnalysisImage::new(width, height, rgb.collect())
    }

    /// A picture with something at every frequency, by a seed.
    fn textured(seed: f32) -> impl Fn(f32, f32) -> f32 + Copy {
        move |x, y| {
            let wave = |k: f32| {
                ((x * k * 5.3 + y * k * 3.1 + seed * k * 1.7).sin() + (y * k * 4.7 - x * k * seed).cos()) / k.sqrt()
            };
            128.0 + 14.0 * (1..14).map(|k| wave(k as f32)).sum::<f32>()
        }
    }

    /// The bits in which two differ, at the orientation where these are fewest.
    fn difference(a: &PerceptualHash, b: &PerceptualHash) -> u32 {
        b.orientations().iter().map(|b| a.different_bits(b)).min().unwrap()
    }

    #[test]
    fn a_hash_survives_sizes_turns_and_mirrors_and_no_other_picture_has_it() {
        let original = PerceptualHash::of(&image(480, 600, textured(1.0)), 0).unwrap();
        let small = PerceptualHash::of(&image(96, 120, textured(1.0)), 0).unwrap();
        assert!(original.different_bits(&small) < 20, "{}", original.different_bits(&small));
        let upright = textured(1.0);
        // Clockwise by a quarter: the left edge becomes the upper one.
        let turned = PerceptualHash::of(&image(600, 480, |x, y| upright(y, 1.0 - x)), 0).unwrap();
        assert!(original.different_bits(&turned) > 60 && difference(&original, &turned) < 20);
        let turned_back = PerceptualHash::of(&image(600, 480, |x, y| upright(y, 1.0 - x)), 1).unwrap();
        assert!(original.different_bits(&turned_back) < 20, "{}", original.different_bits(&turned_back));
        let mirrored = PerceptualHash::of(&image(480, 600, |x, y| upright(1.0 - x, y)), 0).unwrap();
        assert!(difference(&original, &mirrored) < 20);
        for other in [2.0, 3.0, 4.5] {
            let other = PerceptualHash::of(&image(480, 600, textured(other)), 0).unwrap();
            assert!(difference(&original, &other) > 70, "{}", difference(&original, &other));
        }
        assert_eq!(original.to_string().parse(), Ok(original));
        assert!("xyz".parse::<PerceptualHash>().is_err());
    }

    #[test]
    fn frequencies_are_swapped_and_negated() {
        let mut random = millions_base::SplitMix::new(7, 0);
        let hash = PerceptualHash([0; 4].map(|_: u64| random.next()));
        let bit = |hash: &PerceptualHash, u: usize, v: usize| hash.part(v) >> u & 1 == 1;
        let (transposed, turned) = (hash.transposed(), hash.turned());
        for (u, v) in (0..256).map(|at| (at % 16, at / 16)) {
            assert_eq!(bit(&transposed, u, v), bit(&hash, v, u));
            assert_eq!(bit(&turned, u, v), bit(&hash, v, u) ^ (u % 2 == 1));
            let odd = [false, u % 2 == 1, v % 2 == 1, (u + v) % 2 == 1];
            let mirrored = PerceptualHash::mirrors().map(|mirror| bit(&hash.xor(&mirror), u, v));
            assert_eq!(mirrored, odd.map(|odd| bit(&hash, u, v) ^ odd));
        }
    }

    #[test]
    fn a_flat_area_has_none() {
        assert_eq!(PerceptualHash::of(&image(64, 64, |_, _| 90.0), 0), None);
        assert_eq!(PerceptualHash::of(&AnalysisImage::default(), 0), None);
        assert!(PerceptualHash::of(&image(1, 3, |_, y| y * 250.0), 0).is_some());
    }
}
