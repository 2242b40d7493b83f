//! Extending a picture that was cut out round, as pictures of profiles are, over its transparent corners.
//!
//! What is transparent is otherwise black: a person who was cut out of the background stands before the night. But four black
//! corners around a face are the mark of another program's frame.

use super::resample::Raster;

/// Rows that are looked at.
const ROWS: usize = 64;
/// The least share of its bounding box that the shape fills; a circle fills 0.785.
const MIN_FILLED: f64 = 0.7;
/// How far an edge may go back where the shape is convex, as a share of the width.
const TOLERANCE: f64 = 0.02;
/// The linear coverage from which a texel is the picture's alone: the outermost ones are dark with what is beyond.
const MIN_COVERAGE: u16 = 64_000;

/// Whether a picture is cut out along a convex outline, with four transparent corners: a circle, an ellipse, a rectangle with
/// round corners.
#[must_use]
pub fn is_cut_out_round(raster: &Raster) -> bool {
    let (width, height) = (raster.width as usize, raster.height as usize);
    let is_clear = |x: usize, y: usize| raster.opacity(x, y) == 0;
    if !raster.alpha
        || ![(0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)].iter().all(|at| is_clear(at.0, at.1))
    {
        return false;
    }
    let rows = ROWS.min(height);
    let mut spans = Vec::new();
    for index in 0..rows {
        let y = (2 * index + 1) * height / (2 * rows);
        let is_opaque = |x: &usize| raster.opacity(*x, y) >= 128;
        let Some(first) = (0..width).find(is_opaque) else { continue };
        let last = (0..width).rev().find(is_opaque).unwrap_or(first);
        let opaque = (first..=last).filter(is_opaque).count();
        if opaque * 50 < (last + 1 - first) * 49 {
            return false;
        }
        spans.push((index, first as f64, last as f64 + 1.0));
    }
    let (Some((top, ..)), Some((bottom, ..))) = (spans.first(), spans.last()) else { return false };
    let (left, right) = spans.iter().fold((f64::MAX, 0.0), |(left, right), span| (span.1.min(left), span.2.max(right)));
    let area: f64 = spans.iter().map(|(_, first, last)| last - first).sum();
    let tolerance = (right - left) * TOLERANCE;
    // From its top and from its bottom, each edge goes outward to where the shape is widest.
    let is_convex = |insets: Vec<f64>| {
        let widest = (0..insets.len()).min_by(|a, b| insets[*a].total_cmp(&insets[*b])).unwrap_or(0);
        let (above, below) = insets.split_at(widest);
        goes_outward(above.iter().chain(below.first()), tolerance) && goes_outward(below.iter().rev(), tolerance)
    };
    area / ((right - left) * (bottom + 1 - top) as f64) >= MIN_FILLED
        && is_convex(spans.iter().map(|span| span.1 - left).collect())
        && is_convex(spans.iter().map(|span| right - span.2).collect())
}

fn goes_outward<'a>(mut insets: impl Iterator<Item = &'a f64>, tolerance: f64) -> bool {
    let mut least = f64::MAX;
    insets.all(|inset| {
        let fits = *inset <= least + tolerance;
        least = least.min(*inset);
        fits
    })
}

/// Fills the texels of a square that its coverage, in linear values, does not show whole, from those that it does: each by the
/// average of the nearest ones (pull-push: Gortler et al., *The Lumigraph*, 1996).
pub fn extend(square: &mut [[u16; 3]], coverage: &[[u16; 3]], side: usize) {
    // R, G, B and weight by level, from the finest.
    let finest = square.iter().zip(coverage).map(|(texel, coverage)| {
        let weight = if coverage[0] >= MIN_COVERAGE { 1.0 } else { 0.0 };
        let [r, g, b] = texel.map(|value| f32::from(value) * weight);
        [r, g, b, weight]
    });
    let mut levels: Vec<(usize, Vec<[f32; 4]>)> = vec![(side, finest.collect())];
    while let Some((side, level)) = levels.last().filter(|(side, _)| *side > 1) {
        let half = side / 2;
        let pulled = (0..half * half).map(|index| {
            let at = index / half * 2 * side + index % half * 2;
            let mut sum = [0.0; 4];
            for texel in [at, at + 1, at + side, at + side + 1].map(|at| level[at]) {
                sum.iter_mut().zip(texel).for_each(|(sum, value)| *sum += value);
            }
            let scale = if sum[3] > 0.0 { sum[3].min(1.0) / sum[3] } else { 0.0 };
            sum.map(|value| value * scale)
        });
        let pulled = pulled.collect();
        levels.push((half, pulled));
    }
    for index in (1..levels.len()).rev() {
        let (finer, coarser) = levels.split_at_mut(index);
        let (Some((side, finer)), Some((half, coarser))) = (finer.last_mut(), coarser.first()) else { return };
        for (at, texel) in finer.iter_mut().enumerate().filter(|(_, texel)| texel[3] < 1.0) {
            let below = smooth(coarser, *half, at % *side, at / *side);
            let missing = (1.0 - texel[3]) / below[3].max(1e-6);
            texel.iter_mut().zip(below).for_each(|(value, below)| *value += below * missing);
        }
    }
    for (texel, extended) in square.iter_mut().zip(&levels[0].1) {
        *texel = [0, 1, 2].map(|value| extended[value].round() as u16);
    }
}

/// A texel of a level between those of the next coarser one, bilinearly.
fn smooth(coarser: &[[f32; 4]], half: usize, x: usize, y: usize) -> [f32; 4] {
    let near = |at: usize| {
        let other = if at.is_multiple_of(2) { (at / 2).saturating_sub(1) } else { at / 2 + 1 };
        [at / 2, other.min(half - 1)]
    };
    let (columns, rows) = (near(x), near(y));
    let mut sum = [0.0; 4];
    for (row, down) in rows.into_iter().zip([0.75, 0.25]) {
        for (column, across) in columns.into_iter().zip([0.75, 0.25]) {
            sum.iter_mut().zip(coarser[row * half + column]).for_each(|(sum, value)| *sum += value * down * across);
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::colour::ColourModel;
    use crate::resample::Depth;

    fn raster(width: u32, height: u32, is_opaque: impl Fn(f64, f64) -> bool) -> Raster {
        let pixel = |at: u32| {
            let (x, y) = (f64::from(at % width) + 0.5, f64::from(at / width) + 0.5);
            [90, 120, 150, if is_opaque(x / f64::from(width), y / f64::from(height)) { 255 } else { 0 }]
        };
        let bytes = (0..width * height).flat_map(pixel).collect();
        Raster { width, height, model: ColourModel::Rgb, alpha: true, depth: Depth::U8, bytes }
    }

    #[test]
    fn circles_are_round_and_people_are_not() {
        let circle = |x: f64, y: f64| (x - 0.5).hypot(y - 0.5) < 0.5;
        let small = |x: f64, y: f64| (x - 0.4).hypot((y - 0.55) * 1.2) < 0.3;
        let rounded = |x: f64, y: f64| (x - 0.5).abs().powi(6) + (y - 0.5).abs().powi(6) < 0.5_f64.powi(6);
        assert!(is_cut_out_round(&raster(200, 200, circle)));
        assert!(is_cut_out_round(&raster(120, 90, circle)));
        assert!(is_cut_out_round(&raster(300, 300, small)));
        assert!(is_cut_out_round(&raster(150, 200, rounded)));
        // A head on shoulders that fade out below, a ring, the whole, and nothing.
        let bust = |x: f64, y: f64| {
            (x - 0.5).hypot(y - 0.3) < 0.2 || (0.55..0.95).contains(&y) && (x - 0.5).abs() < 0.1 + (y - 0.5)
        };
        assert!(!is_cut_out_round(&raster(200, 200, bust)));
        assert!(!is_cut_out_round(&raster(200, 200, |x, y| circle(x, y) && (x - 0.5).hypot(y - 0.5) > 0.3)));
        assert!(!is_cut_out_round(&raster(200, 200, |_, _| true)));
        assert!(!is_cut_out_round(&raster(200, 200, |_, _| false)));
    }

    #[test]
    fn corners_get_what_is_next_to_them() {
        let side = 64;
        let covered = |at: usize| {
            (at % side) as f64 - 31.5 < 10.0 && ((at % side) as f64 - 31.5).hypot((at / side) as f64 - 31.5) < 32.0
        };
        let value = |at: usize| if at % side < 32 { [8000, 9000, 10_000] } else { [30_000, 20_000, 10_000] };
        let mut square: Vec<[u16; 3]> =
            (0..side * side).map(|at| if covered(at) { value(at) } else { [0; 3] }).collect();
        let coverage: Vec<[u16; 3]> = (0..side * side).map(|at| [if covered(at) { 65_535 } else { 0 }; 3]).collect();
        let before = square.clone();
        extend(&mut square, &coverage, side);
        for at in 0..side * side {
            if covered(at) {
                assert_eq!(square[at], before[at]);
            }
        }
        assert_eq!(square[0], [8000, 9000, 10_000]);
        assert_eq!(square[side * 40 + side - 1], [30_000, 20_000, 10_000]);
    }
}
