//! A small, upright copy of a photograph, for whoever looks for something in it.

use super::colour::{ColourModel, ColourTransform};
use super::resample::{Raster, Resampler};
use super::upright::Turn;

/// Samples averaged to one pixel, each way: enough against aliasing, and a bound on the cost for large pictures.
const SAMPLES: usize = 3;

/// A reduced photograph, upright, in gamma-encoded sRGB over black.
#[derive(Clone, Debug, Default)]
pub struct Reduced {
    pub width: usize,
    pub height: usize,
    /// R, G, B row by row.
    pub rgb: Vec<[u8; 3]>,
    /// Whether nothing is seen in the corners, as in portraits that were cut round.
    pub round: bool,
    /// Brightness row by row: BT.601's weights, as the face finder was trained with.
    pub luma: Vec<u8>,
}

impl Reduced {
    /// From upright pixels.
    ///
    /// # Panics
    /// When `rgb` has not `width` × `height` pixels.
    #[must_use]
    pub fn new(width: usize, height: usize, rgb: Vec<[u8; 3]>) -> Self {
        assert_eq!(rgb.len(), width * height, "a picture of {width} × {height} pixels");
        let weigh = |[r, g, b]: &[u8; 3]| (u32::from(*r) * 77 + u32::from(*g) * 150 + u32::from(*b) * 29) >> 8;
        let luma = rgb.iter().map(|pixel| weigh(pixel) as u8).collect();
        Self { width, height, rgb, luma, round: false }
    }

    /// The part from the first of these columns and rows to before the last, within the picture.
    #[must_use]
    pub fn part(&self, left: usize, top: usize, right: usize, bottom: usize) -> Self {
        let (right, bottom) = (right.min(self.width), bottom.min(self.height));
        let (left, top) = (left.min(right), top.min(bottom));
        let rows = (top..bottom).flat_map(|y| &self.rgb[y * self.width + left..y * self.width + right]);
        Self { round: self.round, ..Self::new(right - left, bottom - top, rows.copied().collect()) }
    }

    /// Half the size; an odd last row or column is left out.
    #[must_use]
    pub fn halved(&self) -> Self {
        let (width, height) = (self.width / 2, self.height / 2);
        let rgb = (0..width * height).map(|place| {
            let at = place / width * 2 * self.width + place % width * 2;
            let four = [at, at + 1, at + self.width, at + self.width + 1].map(|at| self.rgb[at]);
            [0, 1, 2].map(|value| ((four.iter().map(|rgb| u32::from(rgb[value])).sum::<u32>() + 2) / 4) as u8)
        });
        Self::new(width, height, rgb.collect())
    }
}

impl Resampler {
    /// Reduces a picture so that its longer side has at most `longest` pixels. Its profile is applied afterwards, and
    /// only one from RGB, which is quick and true enough to look at.
    pub fn reduced(&mut self, raster: &Raster, turn: Turn, way: Option<&ColourTransform>, longest: usize) -> Reduced {
        let (full_width, full_height) = (raster.width as usize, raster.height as usize);
        let longer = full_width.max(full_height);
        let size = |full: usize| if longer <= longest { full } else { (full * longest / longer).max(1) };
        let (width, height) = (size(full_width), size(full_height));
        let columns = samples(full_width, width);
        let row_bytes = raster.row_bytes();
        let mut stored = Vec::with_capacity(width * height);
        let mut sums = vec![[0u32; 3]; width];
        for rows in samples(full_height, height) {
            sums.fill([0; 3]);
            for row in &rows {
                self.row_over_black(raster, &raster.bytes[row * row_bytes..][..row_bytes]);
                let pixels = self.srgb.as_chunks::<3>().0;
                for (sums, columns) in sums.iter_mut().zip(&columns) {
                    for column in columns {
                        sums.iter_mut().zip(pixels[*column]).for_each(|(sum, value)| *sum += u32::from(value));
                    }
                }
            }
            let finished = sums.iter().zip(&columns).map(|(sums, columns)| {
                let count = (columns.len() * rows.len()) as u32;
                sums.map(|sum| ((sum + count / 2) / count) as u8)
            });
            stored.extend(finished);
        }
        if let Some(way) = way.filter(|way| way.takes == ColourModel::Rgb) {
            let unconverted = stored.clone();
            way.convert(unconverted.as_flattened(), stored.as_flattened_mut());
        }
        let (stored, width, height) = turn.upright(stored, width, height);
        Reduced { round: raster.alpha && self.corners_are_clear(raster), ..Reduced::new(width, height, stored) }
    }

    fn corners_are_clear(&mut self, raster: &Raster) -> bool {
        let row_bytes = raster.row_bytes();
        [0, raster.height as usize - 1].into_iter().all(|row| {
            self.row_over_black(raster, &raster.bytes[row * row_bytes..][..row_bytes]);
            [self.alpha.first(), self.alpha.last()].iter().all(|alpha| alpha.is_some_and(|alpha| *alpha == 0))
        })
    }
}

/// For each of `reduced` places the up to [`SAMPLES`] of `full` that are averaged there, evenly spread.
fn samples(full: usize, reduced: usize) -> Vec<Vec<usize>> {
    let samples_of = |place: usize| {
        let (start, end) = (place * full / reduced, (place + 1) * full / reduced);
        let count = (end - start).clamp(1, SAMPLES);
        (0..count).map(|sample| start + (end - start) * (2 * sample + 1) / (2 * count)).collect()
    };
    (0..reduced).map(samples_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::colour::ColourModel;
    use crate::resample::Depth;
    use image::metadata::Orientation;

    #[test]
    fn a_reduced_picture_is_upright_and_keeps_its_means() {
        // Left half red, right half transparent white: black.
        let pixel = |x: u32| if x < 300 { [200, 0, 0, 255] } else { [255, 255, 255, 0] };
        let bytes = (0..400).flat_map(|_| (0..600).flat_map(pixel)).collect();
        let raster = Raster { width: 600, height: 400, model: ColourModel::Rgb, alpha: true, depth: Depth::U8, bytes };
        let turn = Turn::from(Orientation::Rotate90);
        let reduced = Resampler::default().reduced(&raster, turn, None, 150);
        assert_eq!((reduced.width, reduced.height), (100, 150));
        assert_eq!((reduced.rgb[0], reduced.rgb[149 * 100]), ([200, 0, 0], [0, 0, 0]));
        assert!(!reduced.round);
        assert_eq!(Resampler::default().reduced(&raster, Turn::default(), None, 10_000).width, 600);
    }

    #[test]
    fn halves_are_means() {
        let grey = |value: u8| [value; 3];
        let picture = Reduced::new(3, 2, vec![grey(10), grey(20), grey(99), grey(30), grey(40), grey(99)]);
        let half = picture.halved();
        assert_eq!((half.width, half.height, &half.rgb[..], &half.luma[..]), (1, 1, &[grey(25)][..], &[25][..]));
    }

    #[test]
    fn samples_are_inside_and_bounded() {
        for (full, reduced) in [(1, 1), (7, 7), (65_000, 1), (1000, 320), (321, 320)] {
            let all = samples(full, reduced);
            assert_eq!(all.len(), reduced);
            assert!(all.iter().all(|places| (1..=SAMPLES).contains(&places.len())));
            assert!(all.iter().flatten().all(|place| *place < full));
        }
    }
}
