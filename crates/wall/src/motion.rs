//! Motion of the rows: each at its own speed and in its own direction, and all of them back in place after one period.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use millions_base::SplitMix;

/// The directions of the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Each row opposite to its neighbours.
    #[default]
    Alternate,
    /// All to the left.
    Left,
    /// All to the right.
    Right,
    /// Each at random, by the seed.
    Mixed,
}

/// Speed and direction of the rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Motion {
    /// Mean speed, in cells a second; 0 stands still.
    pub speed: f64,
    /// Greatest deviation of a row's speed from the mean, as a part of it, 0 to 1.
    pub variation: f64,
    /// Direction.
    pub direction: Direction,
    /// Speed at which the rows themselves move up the wall, in rows a second; below 0, down.
    pub drift: f64,
    /// Phase offset of each row against the previous one, in cells; none for random phases, by the seed.
    pub stagger: Option<f64>,
}

impl Default for Motion {
    fn default() -> Self {
        Self { speed: 0.0, variation: 0.0, direction: Direction::default(), drift: 0.0, stagger: None }
    }
}

/// Loops of a row of mean speed in one period. Rows make whole loops only, so that the wall is periodic: with 4, a
/// variation of 0.5 gives 2 to 6 loops, which is five speeds, and a period of four mean loops.
const MEAN_LOOPS: f64 = 4.0;

impl Motion {
    /// Returns the loops of each of `rows` rows in one period; positive moves to the right.
    pub(super) fn loops(&self, rows: usize, seed: u64) -> Vec<i32> {
        let mut random = SplitMix::new(seed, 2);
        let spread = MEAN_LOOPS * self.variation.clamp(0.0, 1.0);
        let mut previous = 0;
        (0..rows)
            .map(|row| {
                let mut loops = (MEAN_LOOPS + (random.unit() * 2.0 - 1.0) * spread).round().max(1.0) as i32;
                // Two neighbours of the same speed look like one thick row.
                if loops == previous && spread >= 1.0 {
                    loops += if f64::from(loops) < MEAN_LOOPS + spread - 0.5 { 1 } else { -1 };
                }
                previous = loops;
                let to_right = match self.direction {
                    Direction::Alternate => row % 2 == 1,
                    Direction::Left => false,
                    Direction::Right => true,
                    Direction::Mixed => random.next() & 1 == 1,
                };
                if to_right { loops } else { -loops }
            })
            .collect()
    }

    /// Returns the period of `rows` rows of `mean_cells` cells on average, in seconds, none when they stand still; and the
    /// drift in rows a second, adjusted to a whole number of rounds in a period.
    pub(super) fn period_and_drift(&self, mean_cells: f64, rows: usize) -> (Option<f64>, f64) {
        let rows = rows as f64;
        if self.speed <= 0.0 {
            return ((self.drift != 0.0).then(|| rows / self.drift.abs()), self.drift);
        }
        let period = MEAN_LOOPS * mean_cells / self.speed;
        let rounds = (self.drift * period / rows).round();
        let rounds = if rounds == 0.0 && self.drift != 0.0 { self.drift.signum() } else { rounds };
        (Some(period), rounds * rows / period)
    }

    /// Returns the speed of a row of mean length that makes `loops` loops in a period, in cells a second.
    pub(super) fn nominal_cells_per_sec(&self, loops: i32) -> f64 {
        self.speed * f64::from(loops) / MEAN_LOOPS
    }
}
