//! Measuring a portrait's light. To be applied live, so the tile keeps its tones.

use crate::tile::planes::luma_from_linear_rgb16;
use crate::tone::ToneFigures;

/// Share of the picture that may be darker than `black`, and brighter than `white`.
const TAIL: f64 = 0.02;

/// Measures a square picture of `side` × `side` texels of linear R, G, B. A grid of 64 × 64 texels is
/// looked at: 82 of them make 2 %.
///
/// # Panics
/// When `rgb` has not that size.
#[must_use]
pub fn measure(rgb: &[u16], side: u32) -> ToneFigures {
    let side = side as usize;
    assert_eq!(rgb.len(), side * side * 3, "a square of RGB texels");
    let step = (side / 64).max(1);
    let mut counts = [0u32; 256];
    let mut sums = [0u64; 3];
    let mut total = 0u32;
    for row in rgb.chunks_exact(side * 3).step_by(step) {
        for texel in row.chunks_exact(3).step_by(step) {
            let (luma, srgb) = luma_from_linear_rgb16([texel[0], texel[1], texel[2]]);
            counts[usize::from(luma)] += 1;
            for (sum, value) in sums.iter_mut().zip(srgb) {
                *sum += u64::from(value);
            }
            total += 1;
        }
    }
    // The least luma below or at which more than this share lies.
    let quantile = |share: f64| {
        let wanted = (f64::from(total) * share) as u32;
        let mut below = 0;
        let place = counts.iter().position(|count| {
            below += count;
            below > wanted
        });
        place.map_or(u8::MAX, |luma| luma as u8)
    };
    let mean = |sum: u64| ((sum + u64::from(total) / 2) / u64::from(total).max(1)) as u8;
    ToneFigures { black: quantile(TAIL), mid: quantile(0.5), white: quantile(1.0 - TAIL), mean_rgb: sums.map(mean) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tile::planes::decode_srgb;

    fn linear(encoded: u8) -> u16 {
        (decode_srgb(f32::from(encoded) / 255.0) * 65535.0).round() as u16
    }

    #[test]
    fn a_ramp_measures_its_own_quantiles() {
        let row: Vec<u16> = (0..256).flat_map(|grey| [linear(grey as u8); 3]).collect();
        let figures = measure(&row.repeat(256), 256);
        assert!(figures.black.abs_diff(5) <= 3, "{figures:?}");
        assert!(figures.mid.abs_diff(128) <= 3, "{figures:?}");
        assert!(figures.white.abs_diff(250) <= 3, "{figures:?}");
        assert!(figures.mean_rgb.iter().all(|mean| mean.abs_diff(127) <= 2), "{figures:?}");
    }

    #[test]
    fn a_flat_picture_is_all_one_value() {
        let reddish = [linear(200), linear(90), linear(60)].repeat(32 * 32);
        let figures = measure(&reddish, 32);
        assert_eq!(figures.mean_rgb, [200, 90, 60]);
        assert!(figures.black == figures.mid && figures.mid == figures.white);
    }
}
