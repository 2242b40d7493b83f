//! A dither pattern whose spectrum is blue: see [`blue_noise`].

use std::sync::LazyLock;

/// Width and height of the pattern.
pub const BLUE_NOISE_SIDE: usize = 64;
const CELLS: usize = BLUE_NOISE_SIDE * BLUE_NOISE_SIDE;
/// Points of the first pattern, which the others are ranked around.
const FIRST: usize = CELLS / 10;
/// How far a point is felt, in cells: beyond it a Gaussian of σ 1.9 is below 1 in 50,000.
const REACH: i32 = 8;

/// A 64×64 pattern of thresholds, 0 to 255, each as often as any other, row by row; its edges fit each other.
///
/// Neighbours differ as much as they can, so what it adds to a picture lies where eyes see least. Made by Ulichney's
/// void-and-cluster method ("The void-and-cluster method for dither array generation", 1993) in whole numbers, so that
/// it is the same on every machine.
#[must_use]
pub fn blue_noise() -> &'static [u8] {
    static PATTERN: LazyLock<Vec<u8>> = LazyLock::new(make);
    &PATTERN
}

fn make() -> Vec<u8> {
    let kernel = kernel();
    let mut first = Points::default();
    // Scattered points; any will do, for they are moved apart at once.
    let mut seed = 0x2545_f491_u32;
    while first.count < FIRST {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let at = (seed >> 8) as usize % CELLS;
        if !first.is_set[at] {
            first.set(at, true, &kernel);
        }
    }
    // The tightest cluster's point goes to the largest void until that is where it came from.
    loop {
        let cluster = first.tightest_cluster();
        first.set(cluster, false, &kernel);
        let void = first.largest_void();
        first.set(void, true, &kernel);
        if void == cluster {
            break;
        }
    }
    let mut ranks = vec![0u32; CELLS];
    let mut points = first.clone();
    for rank in (0..FIRST).rev() {
        let cluster = points.tightest_cluster();
        points.set(cluster, false, &kernel);
        ranks[cluster] = rank as u32;
    }
    for rank in FIRST..CELLS {
        let void = first.largest_void();
        first.set(void, true, &kernel);
        ranks[void] = rank as u32;
    }
    // 4,096 ranks to 256 levels, 16 each.
    ranks.into_iter().map(|rank| (rank / (CELLS as u32 / 256)) as u8).collect()
}

/// A Gaussian in 2²⁰ths.
fn kernel() -> Vec<(i32, i32, i64)> {
    let mut kernel = Vec::new();
    for y in -REACH..=REACH {
        for x in -REACH..=REACH {
            let weight = (-f64::from(x * x + y * y) / (2.0 * 1.9 * 1.9)).exp();
            // Rounded far above the last bit of any machine's exp.
            kernel.push((x, y, (weight * f64::from(1 << 20)).round() as i64));
        }
    }
    kernel
}

#[derive(Clone)]
struct Points {
    is_set: Vec<bool>,
    energy: Vec<i64>,
    count: usize,
}

impl Default for Points {
    fn default() -> Self {
        Self { is_set: vec![false; CELLS], energy: vec![0; CELLS], count: 0 }
    }
}

impl Points {
    fn set(&mut self, at: usize, is_set: bool, kernel: &[(i32, i32, i64)]) {
        let side = BLUE_NOISE_SIDE as i32;
        let (x, y) = ((at % BLUE_NOISE_SIDE) as i32, (at / BLUE_NOISE_SIDE) as i32);
        let sign = if is_set { 1 } else { -1 };
        for (dx, dy, weight) in kernel {
            let cell = (y + dy).rem_euclid(side) * side + (x + dx).rem_euclid(side);
            self.energy[cell as usize] += sign * weight;
        }
        self.is_set[at] = is_set;
        self.count = if is_set { self.count + 1 } else { self.count - 1 };
    }

    fn tightest_cluster(&self) -> usize {
        let points = (0..CELLS).filter(|at| self.is_set[*at]);
        points.max_by_key(|at| self.energy[*at]).unwrap_or(0)
    }

    fn largest_void(&self) -> usize {
        let voids = (0..CELLS).filter(|at| !self.is_set[*at]);
        voids.min_by_key(|at| self.energy[*at]).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_is_there_equally_often() {
        let mut counts = [0; 256];
        blue_noise().iter().for_each(|level| counts[usize::from(*level)] += 1);
        assert_eq!(counts, [16; 256]);
    }

    #[test]
    fn its_low_frequencies_are_all_but_empty() {
        let noise: Vec<f64> = blue_noise().iter().map(|level| f64::from(*level) / 255.0 - 0.5).collect();
        // Power at a frequency, by the definition of the discrete Fourier transform; white noise has about 340.
        let power = |u: f64, v: f64| {
            let (mut re, mut im) = (0.0, 0.0);
            for (at, value) in noise.iter().enumerate() {
                let (x, y) = ((at % BLUE_NOISE_SIDE) as f64, (at / BLUE_NOISE_SIDE) as f64);
                let (sin, cos) = (std::f64::consts::TAU * (u * x + v * y) / BLUE_NOISE_SIDE as f64).sin_cos();
                re += value * cos;
                im += value * sin;
            }
            re * re + im * im
        };
        let mean = |frequencies: &[(f64, f64)]| {
            frequencies.iter().map(|(u, v)| power(*u, *v)).sum::<f64>() / frequencies.len() as f64
        };
        let low = mean(&[(1.0, 0.0), (0.0, 2.0), (3.0, 3.0), (5.0, 1.0), (2.0, 6.0), (7.0, 0.0)]);
        let high = mean(&[(25.0, 3.0), (20.0, 20.0), (4.0, 28.0), (30.0, 12.0), (17.0, 24.0), (26.0, 26.0)]);
        assert!(low * 50.0 < high, "low {low:.2}, high {high:.1}");
    }
}
