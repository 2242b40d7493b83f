//! The reveal: from colour as contributed to the scene's look, and back. See [`Reveal`].

use millions_base::{Range, smoothstep};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use millions_config::{EnumValue, SectionParser, parameters};
use millions_frame::unit_hash;
use millions_wall::EMPTY_CELL;

/// Whether the wall turns as one or each tile at its own time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RevealBy {
    /// Tile by tile, in an order that changes from round to round.
    #[default]
    Tile,
    /// All together.
    Wall,
}

/// Limits of a part of a round.
const PART: Range = Range::new(0.0, 86_400.0, "seconds");

parameters! {
    /// A round of the reveal: colour, the turn to the look, the look, the turn back; again and again.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct Reveal {
        /// Seconds in colour as contributed, each in its own light.
        contributed: f64 = 6.0, PART;
        /// Seconds that a turn takes.
        turn: f64 = 8.0, PART;
        /// Seconds in the scene's look.
        together: f64 = 30.0, PART;
        /// As one, or tile by tile.
        by: RevealBy = RevealBy::Tile, EnumValue;
    } check check_values
}

/// Duration of one tile's turn in seconds; at most that of the whole turn.
const TILE_SECS: f64 = 1.5;

impl Reveal {
    fn check_values(&self, file: &mut SectionParser<'_, '_, '_>) {
        if self.contributed + self.turn + self.together < 1.0 {
            file.error("together", "contributed, turn and together come to less than 1 second");
        }
    }

    /// Returns the duration of a round in seconds.
    #[must_use]
    pub fn round_secs(&self) -> f64 {
        self.contributed + self.together + 2.0 * self.turn
    }

    /// Returns for each of `cells` the blend from colour as contributed (0) to the look (1); empty when all are 1.
    #[must_use]
    pub fn at(&self, time_secs: f64, cells: impl IntoIterator<Item = u32>) -> Vec<f32> {
        let round = (time_secs / self.round_secs()).floor();
        let secs = time_secs - round * self.round_secs();
        let until_together = self.contributed + self.turn;
        if secs >= until_together && secs < until_together + self.together {
            return Vec::new();
        }
        // Seconds since the turn began, and whether it is that back to colour.
        let (into, is_back) = if secs < until_together {
            (secs - self.contributed, false)
        } else {
            (secs - until_together - self.together, true)
        };
        let progress = |person: u32| {
            let t = match self.by {
                RevealBy::Wall => into / self.turn.max(1e-6),
                RevealBy::Tile => {
                    let tile_secs = self.turn.min(TILE_SECS);
                    let start = f64::from(unit_hash(person, round.rem_euclid(65_536.0) as u32));
                    (into - start * (self.turn - tile_secs)) / tile_secs.max(1e-6)
                }
            };
            let eased = smoothstep(t.clamp(0.0, 1.0) as f32);
            if is_back { 1.0 - eased } else { eased }
        };
        cells.into_iter().map(|cell| if cell == EMPTY_CELL { 1.0 } else { progress(cell) }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REVEAL: Reveal = Reveal { contributed: 4.0, turn: 8.0, together: 10.0, by: RevealBy::Tile };

    #[test]
    fn it_begins_in_colour_and_comes_together() {
        let cells = 0..200;
        assert!(REVEAL.at(2.0, cells.clone()).iter().all(|part| *part == 0.0));
        let half = REVEAL.at(8.0, cells.clone());
        assert!(half.contains(&0.0) && half.contains(&1.0));
        assert!((half.iter().sum::<f32>() / 200.0 - 0.5).abs() < 0.1, "half-way, half have turned");
        assert!(REVEAL.at(15.0, cells.clone()).is_empty());
        assert_ne!(half, REVEAL.at(8.0 + REVEAL.round_secs(), cells.clone()), "another order in each round");
        let as_one = Reveal { by: RevealBy::Wall, ..REVEAL }.at(8.0, cells);
        assert!(as_one.iter().all(|part| (*part - 0.5).abs() < 1e-6));
    }

    proptest! {
        #[test]
        fn no_tile_ever_jumps(time in 0.0..200.0f64, person in any::<u32>(), by_wall in any::<bool>()) {
            let reveal = Reveal { by: if by_wall { RevealBy::Wall } else { RevealBy::Tile }, ..REVEAL };
            let at = |time: f64| reveal.at(time, [person]).first().copied().unwrap_or(1.0);
            // A smooth step of 1.5 s climbs by 1/s at the most.
            prop_assert!((at(time + 0.01) - at(time)).abs() < 0.0101);
        }
    }
}
