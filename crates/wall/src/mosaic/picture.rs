//! The picture that a mosaic forms. See [`MosaicPicture`].

use super::Features;
use super::features::PARTS;
use crate::tile::planes::{decode_srgb, encode_srgb};

/// A picture in grey, cut into cells.
#[derive(Clone, Debug, PartialEq)]
pub struct MosaicPicture {
    columns: usize,
    /// Means of light of 4 × 4 parts of each cell, encoded: the whole picture's rows.
    greys: Vec<u8>,
}

/// A picture that cannot be cut into cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a picture of {0} × {1} pixels with {2} values cannot be a mosaic's")]
pub struct MosaicPictureError(usize, usize, usize);

impl MosaicPicture {
    /// Cuts a picture of encoded greys, row by row, into cells, each 4 × 4 means of light.
    ///
    /// # Errors
    /// When it has no pixels, or other than width × height.
    pub fn new(
        greys: &[u8],
        [width, height]: [usize; 2],
        [columns, rows]: [usize; 2],
    ) -> Result<Self, MosaicPictureError> {
        if width * height == 0 || greys.len() != width * height || columns * rows == 0 {
            return Err(MosaicPictureError(width, height, greys.len()));
        }
        let light: [f32; 256] = std::array::from_fn(|level| decode_srgb(level as f32 / 255.0));
        let (wide, tall) = (columns * PARTS, rows * PARTS);
        // A box filter, exact to a part of a pixel, one axis after the other.
        let across = box_filter(width, wide);
        let narrowed: Vec<f32> = greys
            .chunks_exact(width)
            .flat_map(|row| {
                across.iter().map(|taps| taps.iter().map(|(at, weight)| light[usize::from(row[*at])] * weight).sum())
            })
            .collect();
        let down = box_filter(height, tall);
        let greys = down.iter().flat_map(|taps| {
            let narrowed = &narrowed;
            (0..wide).map(move |x| {
                let light: f32 = taps.iter().map(|(at, weight)| narrowed[at * wide + x] * weight).sum();
                (encode_srgb(light.clamp(0.0, 1.0)) * 255.0).round() as u8
            })
        });
        Ok(Self { columns, greys: greys.collect() })
    }

    /// Returns the features of the cells, row by row.
    #[must_use]
    pub fn features(&self) -> Vec<Features> {
        (0..self.cell_count()).map(|cell| Features::new(&self.cell(cell))).collect()
    }

    /// Returns how many cells it has.
    #[must_use]
    pub fn cell_count(&self) -> usize {
        self.greys.len() / (PARTS * PARTS)
    }

    /// Returns the 4 × 4 greys of a cell.
    #[must_use]
    pub fn cell(&self, cell: usize) -> [u8; PARTS * PARTS] {
        let (column, row) = (cell % self.columns, cell / self.columns);
        std::array::from_fn(|part| {
            let (x, y) = (column * PARTS + part % PARTS, row * PARTS + part / PARTS);
            self.greys[y * self.columns * PARTS + x]
        })
    }
}

/// For each of `to` samples, which of `from` it is the mean of, and their weights.
fn box_filter(from: usize, to: usize) -> Vec<Vec<(usize, f32)>> {
    let scale = from as f64 / to as f64;
    (0..to)
        .map(|index| {
            let (low, high) = (index as f64 * scale, (index + 1) as f64 * scale);
            let taps = low.floor() as usize..(high.ceil() as usize).min(from).max(low.floor() as usize + 1);
            let covered = |at: usize| ((at + 1) as f64).min(high) - (at as f64).max(low);
            taps.map(|at| (at, (covered(at) / (high - low)) as f32)).collect()
        })
        .collect()
}
