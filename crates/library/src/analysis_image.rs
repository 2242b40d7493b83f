//! The analysis image: a small, upright copy of a photograph in which faces and signs are detected.

use super::colour::{ColourModel, ColourTransform};
use super::extension::is_cut_out_round;
use super::orientation::OrientationTransform;
use super::resample::{Raster, Resampler};

/// Samples averaged to one pixel on each axis: enough against aliasing, and a bound on the cost for large pictures.
const SAMPLES: usize = 3;

/// 65,536 divided by each count of samples, rounded up: the product with a sum of them has the quotient in its upper half, exactly, as
/// sums are below 65,536 / `SAMPLES`².
const INVERSES: [u32; SAMPLES * SAMPLES + 1] = {
    let mut inverses = [0; SAMPLES * SAMPLES + 1];
    let mut count = 1;
    while count < inverses.len() {
        inverses[count] = (1_u32 << 16).div_ceil(count as u32);
        count += 1;
    }
    inverses
};

/// A reduced photograph, upright, in gamma-encoded sRGB over black.
#[derive(Clone, Debug, Default)]
pub struct AnalysisImage {
    pub width: usize,
    pub height: usize,
    /// R, G, B by row.
    pub rgb: Vec<[u8; 3]>,
    /// Whether the picture is cut out round, with transparent corners, which the tile does not show.
    pub is_round: bool,
    /// Luma by row, with BT.601's weights, as the face detector was trained with.
    pub luma: Vec<u8>,
}

impl AnalysisImage {
    /// Makes an image from upright pixels.
    ///
    /// # Panics
    /// When `rgb` has not `width` × `height` pixels.
    #[must_use]
    pub fn new(width: usize, height: usize, rgb: Vec<[u8; 3]>) -> Self {
        assert_eq!(rgb.len(), width * height, "a picture of {width} × {height} pixels");
        let luma_of = |[r, g, b]: &[u8; 3]| (u32::from(*r) * 77 + u32::from(*g) * 150 + u32::from(*b) * 29) >> 8;
        let luma = rgb.iter().map(|pixel| luma_of(pixel) as u8).collect();
        Self { width, height, rgb, luma, is_round: false }
    }

    /// Cuts out the columns `left..right` and the rows `top..bottom`, clamped to the image.
    #[must_use]
    pub fn part(&self, left: usize, top: usize, right: usize, bottom: usize) -> Self {
        let (right, bottom) = (right.min(self.width), bottom.min(self.height));
        let (left, top) = (left.min(right), top.min(bottom));
        let mut rgb = Vec::with_capacity((right - left) * (bottom - top));
        (top..bottom).for_each(|y| rgb.extend_from_slice(&self.rgb[y * self.width + left..y * self.width + right]));
        Self { is_round: self.is_round, ..Self::new(right - left, bottom - top, rgb) }
    }

    /// Reduces to half the size; an odd last row or column is left out.
    #[must_use]
    pub fn halved(&self) -> Self {
        let (width, height) = (self.width / 2, self.height / 2);
        let mut rgb = Vec::with_capacity(width * height);
        for rows in self.rgb.chunks_exact(self.width.max(1) * 2).take(height) {
            let (upper, lower) = rows.split_at(self.width);
            let pairs = upper.as_chunks::<2>().0.iter().zip(lower.as_chunks::<2>().0);
            rgb.extend(pairs.map(|([a, b], [c, d])| {
                let mean = |value: usize| [a, b, c, d].map(|rgb| u16::from(rgb[value])).iter().sum::<u16>() + 2;
                [0, 1, 2].map(|value| (mean(value) / 4) as u8)
            }));
        }
        Self::new(width, height, rgb)
    }
}

impl Resampler {
    /// Reduces a picture to a longer side of at most `longest` pixels. The colour transform is applied afterwards, and only
    /// one from RGB, which is fast and accurate enough for detection.
    pub fn analysis_image(
        &mut self,
        raster: &Raster,
        orientation: OrientationTransform,
        transform: Option<&ColourTransform>,
        longest: usize,
    ) -> AnalysisImage {
        let (full_width, full_height) = (raster.width as usize, raster.height as usize);
        let longer = full_width.max(full_height);
        let size = |full: usize| if longer <= longest { full } else { (full * longest / longer).max(1) };
        let (width, height) = (size(full_width), size(full_height));
        let columns = samples(full_width, width);
        let mut stored = Vec::with_capacity(width * height);
        let mut sums = vec![[0u32; 3]; width];
        for rows in samples(full_height, height) {
            sums.fill([0; 3]);
            for row in &rows {
                self.row_over_black(raster, *row);
                let pixels = self.srgb.as_chunks::<3>().0;
                for (sums, columns) in sums.iter_mut().zip(&columns) {
                    for column in columns {
                        sums.iter_mut().zip(pixels[*column]).for_each(|(sum, value)| *sum += u32::from(value));
                    }
                }
            }
            let means = sums.iter().zip(&columns).map(|(sums, columns)| {
                let count = columns.len() * rows.len();
                sums.map(|sum| (((sum + count as u32 / 2) * INVERSES[count]) >> 16) as u8)
            });
            stored.extend(means);
        }
        if let Some(transform) = transform.filter(|transform| transform.input == ColourModel::Rgb) {
            let unconverted = stored.clone();
            transform.convert(unconverted.as_flattened(), stored.as_flattened_mut());
        }
        let (upright, width, height) = orientation.upright(stored, width, height);
        let is_round = is_cut_out_round(raster);
        AnalysisImage { is_round, ..AnalysisImage::new(width, height, upright) }
    }
}

/// For each of `reduced` positions the indices, up to [`SAMPLES`] of `full`, that are averaged there, evenly spread.
fn samples(full: usize, reduced: usize) -> Vec<Vec<usize>> {
    let samples_of = |index: usize| {
        let (start, end) = (index * full / reduced, (index + 1) * full / reduced);
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
        let orientation = OrientationTransform::from(Orientation::Rotate90);
        let image = Resampler::default().analysis_image(&raster, orientation, None, 150);
        assert_eq!((image.width, image.height), (100, 150));
        assert_eq!((image.rgb[0], image.rgb[149 * 100]), ([200, 0, 0], [0, 0, 0]));
        assert!(!image.is_round);
        assert_eq!(
            Resampler::default().analysis_image(&raster, OrientationTransform::default(), None, 10_000).width,
            600
        );
    }

    #[test]
    fn halves_are_means() {
        let grey = |value: u8| [value; 3];
        let picture = AnalysisImage::new(3, 2, vec![grey(10), grey(20), grey(99), grey(30), grey(40), grey(99)]);
        let half = picture.halved();
        assert_eq!((half.width, half.height, &half.rgb[..], &half.luma[..]), (1, 1, &[grey(25)][..], &[25][..]));
    }

    #[test]
    fn products_with_inverses_are_quotients() {
        for count in 1..=(SAMPLES * SAMPLES) as u32 {
            assert!((0..=count * 255 + count / 2).all(|sum| (sum * INVERSES[count as usize]) >> 16 == sum / count));
        }
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
