//! Turning a picture by a few degrees, in linear light.

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch, f32x4};

/// Where in a picture of `size` texels the upper left of a turned square lies, and how far apart its texels are, in texels of
/// the picture.
#[derive(Clone, Copy, Debug)]
pub struct Turned {
    pub size: [usize; 2],
    /// The middle of the square's first texel.
    pub origin: [f64; 2],
    /// From a texel to the next one at the right, and to the one below.
    pub right: [f64; 2],
    pub down: [f64; 2],
}

/// Samples `side` × `side` texels of R, G, B with a Catmull-Rom filter. Beyond its edges the picture is mirrored.
#[must_use]
pub fn turned_square(picture: &[[u16; 3]], turned: &Turned, side: usize) -> Vec<[u16; 3]> {
    let texels: Vec<[f32; 4]> =
        picture.iter().map(|[r, g, b]| [f32::from(*r), f32::from(*g), f32::from(*b), 0.0]).collect();
    let mut square = Vec::with_capacity(side * side);
    dispatch!(Level::new(), simd => sample(simd, &texels, turned, side, &mut square));
    square
}

#[inline(always)]
fn sample<S: Simd>(simd: S, texels: &[[f32; 4]], turned: &Turned, side: usize, square: &mut Vec<[u16; 3]>) {
    let [width, height] = turned.size;
    for row in 0..side {
        let [mut x, mut y] = [0, 1].map(|axis| turned.origin[axis] + turned.down[axis] * row as f64);
        for _ in 0..side {
            let (columns, across) = taps(x, width);
            let (rows, down) = taps(y, height);
            let mut sum = f32x4::splat(simd, 0.0);
            for tap in 0..4 {
                let row = &texels[rows[tap] * width..][..width];
                let at = |tap: usize| f32x4::from_slice(simd, &row[columns[tap]]);
                let along = at(0) * across[0] + at(1) * across[1] + at(2) * across[2] + at(3) * across[3];
                sum += along * down[tap];
            }
            let mut values = [0.0_f32; 4];
            sum.store_slice(&mut values);
            let [r, g, b, _] = values;
            // `as` clamps what the filter overshoots.
            square.push([r, g, b].map(|value| (value + 0.5) as u16));
            (x, y) = (x + turned.right[0], y + turned.right[1]);
        }
    }
}

/// The four texels about a position and their weights.
#[inline(always)]
fn taps(at: f64, length: usize) -> ([usize; 4], [f32; 4]) {
    let floor = at.floor();
    let (first, t) = (floor as isize - 1, (at - floor) as f32);
    let last = length as isize - 1;
    let mirrored = |index: isize| {
        let index = if index < 0 { -1 - index } else { index };
        (if index > last { 2 * last + 1 - index } else { index }).clamp(0, last) as usize
    };
    let (t2, t3) = (t * t, t * t * t);
    let weights = [
        (2.0 * t2 - t3 - t) * 0.5,
        (3.0 * t3 - 5.0 * t2 + 2.0) * 0.5,
        (4.0 * t2 - 3.0 * t3 + t) * 0.5,
        (t3 - t2) * 0.5,
    ];
    ([0, 1, 2, 3].map(|tap| mirrored(first + tap)), weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slope_stays_a_slope_and_edges_are_mirrored() {
        let picture: Vec<[u16; 3]> =
            (0..40 * 30).map(|at| [(at % 40 * 1000) as u16, (at / 40 * 1000) as u16, 65_535]).collect();
        let (sin, cos) = 10.0_f64.to_radians().sin_cos();
        let turned = Turned { size: [40, 30], origin: [15.0, 8.0], right: [cos, sin], down: [-sin, cos] };
        let square = turned_square(&picture, &turned, 12);
        for (index, texel) in square.iter().enumerate() {
            let (column, row) = ((index % 12) as f64, (index / 12) as f64);
            let expected = [15.0 + column * cos - row * sin, 8.0 + column * sin + row * cos];
            for axis in [0, 1] {
                assert!((f64::from(texel[axis]) - expected[axis] * 1000.0).abs() < 2.0, "{texel:?} {expected:?}");
            }
            assert_eq!(texel[2], 65_535);
        }
        let beyond = Turned { origin: [-2.0, -3.0], right: [1.0, 0.0], down: [0.0, 1.0], ..turned };
        assert_eq!(turned_square(&picture, &beyond, 1), [[1000, 2000, 65_535]]);
    }
}
