//! How rows move: each at its own speed and direction, and all of them back in place after one period.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use millions_base::SplitMix;

/// Which way the rows go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Every row against its neighbours.
    #[default]
    Alternate,
    /// All to the left.
    Left,
    /// All to the right.
    Right,
    /// Each as the seed has it.
    Mixed,
}

/// How fast rows move, and how much they differ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Motion {
    /// Mean speed, in cells a second; 0 stands still.
    pub speed: f64,
    /// How far a row's speed may be from the mean, as a part of it, 0 to 1.
    pub variation: f64,
    /// Which way.
    pub direction: Direction,
    /// How fast the rows themselves move up the wall, in rows a second; below 0, down.
    pub drift: f64,
    /// How far each row begins after the one before it, in cells; none as the seed has it.
    pub stagger: Option<f64>,
}

impl Default for Motion {
    fn default() -> Self {
        Self { speed: 0.0, variation: 0.0, direction: Direction::default(), drift: 0.0, stagger: None }
    }
}

/// The loops that a row of mean speed makes in one period. Rows make whole loops only, so that the wall closes: with
/// 4, a variation of 0.5 gives rows of 2 to 6 loops, which is five speeds, and a period of four mean loops.
const MEAN_LOOPS: f64 = 4.0;

impl Motion {
    /// How often each of `rows` rows goes round in one period; positive moves to the right.
    pub(super) fn loops(&self, rows: usize, seed: u64) -> Vec<i32> {
        let mut random = SplitMix::new(seed, 2);
        let spread = MEAN_LOOPS * self.variation.clamp(0.0, 1.0);
        let mut before = 0;
        (0..rows)
            .map(|row| {
                let mut loops = (MEAN_LOOPS + (random.unit() * 2.0 - 1.0) * spread).round().max(1.0) as i32;
                // Two neighbours of one speed look like one thick row.
                if loops == before && spread >= 1.0 {
                    loops += if f64::from(loops) < MEAN_LOOPS + spread - 0.5 { 1 } else { -1 };
                }
                before = loops;
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

    /// The seconds after which `rows` rows of `mean_cells` cells on average are all back in place, none when they stand
    /// still; and the drift, which is made to go round a whole number of times in that time, in rows a second.
    pub(super) fn round(&self, mean_cells: f64, rows: usize) -> (Option<f64>, f64) {
        let rows = rows as f64;
        if self.speed <= 0.0 {
            return ((self.drift != 0.0).then(|| rows / self.drift.abs()), self.drift);
        }
        let period = MEAN_LOOPS * mean_cells / self.speed;
        let rounds = (self.drift * period / rows).round();
        let rounds = if rounds == 0.0 && self.drift != 0.0 { self.drift.signum() } else { rounds };
        (Some(period), rounds * rows / period)
    }

    /// Cells a second of a row with that many loops, before its length has a say.
    pub(super) fn nominal_cells_per_sec(&self, loops: i32) -> f64 {
        self.speed * f64::from(loops) / MEAN_LOOPS
    }
}
