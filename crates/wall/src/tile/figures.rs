//! Tone measurement of a tile. See [`tone_figures`].

use super::planes::LinearTile;
use crate::tone::{FaceEdges, ToneFigures, measure};

/// Side at which a tile is measured: leaves at least twenty pixels beyond each quantile.
const MEASURED_SIDE: u32 = 64;

/// Measures the tone of a tile's picture, at [`MEASURED_SIDE`], and its noise, at full size.
#[must_use]
pub fn tone_figures(picture: &LinearTile, face: Option<FaceEdges>) -> ToneFigures {
    let mut small = std::borrow::Cow::Borrowed(picture);
    while small.side() > MEASURED_SIDE {
        small = std::borrow::Cow::Owned(small.halved());
    }
    let figures = measure(&small.srgb(), small.side() as usize, face);
    ToneFigures { noise: noise(picture), ..figures }
}

/// Estimates the standard deviation of a picture's noise, in quarters of a level, from every fourth row: the median
/// magnitude of a Laplacian of second differences, robust against edges (after Immerkær, "Fast noise variance
/// estimation", 1996, with a median in place of his mean).
fn noise(picture: &LinearTile) -> u8 {
    let side = picture.side() as usize;
    let green = |x: usize, y: usize| f32::from(picture.encoded_green(x, y));
    let mut sizes = Vec::new();
    for y in (1..side - 1).step_by(4) {
        for x in (1..side - 1).step_by(2) {
            let corners = green(x - 1, y - 1) + green(x + 1, y - 1) + green(x - 1, y + 1) + green(x + 1, y + 1);
            let sides = green(x, y - 1) + green(x, y + 1) + green(x - 1, y) + green(x + 1, y);
            sizes.push((corners - 2.0 * sides + 4.0 * green(x, y)).abs());
        }
    }
    let middle = sizes.len() / 2;
    let (_, median, _) = sizes.select_nth_unstable_by(middle, f32::total_cmp);
    // The kernel has a norm of 6, and the median magnitude of a Gaussian is 0.6745 σ.
    (*median / 6.0 / 0.6745 * 4.0).round().min(255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_separated_from_structure() {
        let side = 128u32;
        let mut seed = 1u32;
        let mut random = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(seed >> 8) / f64::from(1 << 24)
        };
        for sigma in [0.0, 2.0, 8.0] {
            let pixels: Vec<u8> = (0..side * side)
                .flat_map(|i| {
                    let structure =
                        90.0 + 60.0 * (f64::from(i % side) / 9.0).sin() + f64::from(i / side / 16 % 2) * 40.0;
                    // Twelve uniform numbers make a Gaussian.
                    let gaussian = (0..12).map(|_| random()).sum::<f64>() - 6.0;
                    [(structure + sigma * gaussian).round() as u8; 3]
                })
                .collect();
            let found = f64::from(noise(&LinearTile::from_srgb(side, &pixels))) / 4.0;
            assert!((found - sigma).abs() < 0.8 + sigma * 0.15, "{found} for {sigma}");
        }
    }
}
