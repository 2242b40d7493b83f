//! The transition that flips tile by tile. See [`TileFlip`].

use glam::DVec2;
use millions_base::smoothstep;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The order in which tiles turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TileOrder {
    /// Here and there.
    #[default]
    Random,
    /// From the left to the right.
    Wave,
    /// From a point outward.
    Point,
    /// The dark ones first.
    Tone,
}

/// A transition by tile at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TileFlip {
    /// Progress of the whole transition, 0 to 1.
    pub progress: f32,
    /// The order in which tiles turn.
    pub order: TileOrder,
    /// For [`TileOrder::Point`]: the point in wall coordinates.
    pub point: DVec2,
    /// Seed of the random order, another for each cue.
    pub seed: u32,
    /// Whether the tiles are the outgoing scene's and disappear, rather than the incoming scene's.
    pub is_outgoing: bool,
}

/// The part of the whole transition that one tile takes.
const TILE_PART: f32 = 0.3;

impl TileFlip {
    /// Returns the same flip for the outgoing scene's tiles.
    #[must_use]
    pub const fn outgoing(self) -> Self {
        Self { is_outgoing: true, ..self }
    }

    /// Returns the opacity of a tile, 0 to 1: of `person`, whose mean luma is `brightness` (0 to 1; only asked for where the order
    /// depends on it), with its middle at `middle` of a wall of width over height `aspect`.
    #[must_use]
    pub fn at(&self, person: u32, brightness: impl FnOnce() -> f32, middle: DVec2, aspect: f64) -> f32 {
        let start = match self.order {
            TileOrder::Random => unit_hash(person, self.seed),
            TileOrder::Wave => (middle.x / aspect).clamp(0.0, 1.0) as f32,
            TileOrder::Point => {
                let corners = [(0.0, 0.0), (aspect, 0.0), (0.0, 1.0), (aspect, 1.0)];
                let farthest =
                    corners.map(|(x, y)| self.point.distance(DVec2::new(x, y))).into_iter().fold(0.0, f64::max);
                (self.point.distance(middle) / farthest).clamp(0.0, 1.0) as f32
            }
            // Many tiles are equally bright; a random part keeps them from turning as one.
            TileOrder::Tone => brightness().clamp(0.0, 1.0) * 0.85 + unit_hash(person, self.seed) * 0.15,
        };
        let part = ((self.progress - start * (1.0 - TILE_PART)) / TILE_PART).clamp(0.0, 1.0);
        let opacity = smoothstep(part);
        if self.is_outgoing { 1.0 - opacity } else { opacity }
    }
}

/// Returns the hash of a value and a seed, as a number from 0 up to 1: a multiply-xorshift hash (after Wellons,
/// "Prospecting for Hash Functions").
pub fn unit_hash(value: u32, seed: u32) -> f32 {
    let mut hash = value ^ seed.wrapping_mul(0x9e37_79b1);
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x21f0_aaad);
    hash = (hash ^ (hash >> 15)).wrapping_mul(0x735a_2d97);
    ((hash ^ (hash >> 15)) >> 8) as f32 / (1 << 24) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn orders() -> impl Strategy<Value = TileOrder> {
        prop::sample::select(vec![TileOrder::Random, TileOrder::Wave, TileOrder::Point, TileOrder::Tone])
    }

    proptest! {
        #[test]
        fn every_tile_turns_once_and_none_jumps(
            order in orders(), person: u32, seed: u32, luma in 0.0..1.0f32, x in 0.0..3.0f64, y in 0.0..1.0f64,
        ) {
            let point = DVec2::new(1.0, 0.25);
            let at = |progress: f32, is_outgoing| {
                TileFlip { progress, order, point, seed, is_outgoing }.at(person, || luma, DVec2::new(x, y), 3.0)
            };
            prop_assert_eq!((at(0.0, false), at(1.0, false)), (0.0, 1.0));
            for step in 0..200 {
                let (before, after) = (at(step as f32 / 200.0, false), at((step + 1) as f32 / 200.0, false));
                // The smooth step's slope is 1.5 at the most.
                prop_assert!(after >= before && after - before <= 1.5 / 200.0 / TILE_PART + 1e-5);
                prop_assert!((at(step as f32 / 200.0, true) - (1.0 - before)).abs() < 1e-6);
            }
        }
    }
}
