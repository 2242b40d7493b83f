//! People on their way from their place in one picture to their place in the next. See [`Moves`].

use std::cmp::Reverse;
use std::collections::HashMap;

use glam::DVec2;

use millions_frame::unit_hash;
use millions_wall::EMPTY_CELL;
use millions_wall::mosaic::MosaicPanel;

/// Times at which the rows are those who stand there by then; who has come or gone since is drawn for himself.
const STEPS: usize = 24;
/// Seconds of the shortest and of the longest way.
const WAY_SECS: [f64; 2] = [1.2, 2.6];
/// Seconds in which somebody appears in a place without having come from another.
const APPEARS_SECS: f64 = 1.0;

/// Somebody on the way to a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Move {
    pub person: u32,
    /// Where they come from; none for who appears in their place.
    pub from: Option<u32>,
    pub to: u32,
    pub begins_secs: f64,
    pub ends_secs: f64,
    /// The stops by which the tile is brighter, at both ends.
    pub stops: [f32; 2],
}

/// All who go from one picture to the next, of a grid of the same cells: each by the shortest way that is free, staggered from left to
/// right and by chance, with no more than a set number on their way at once. Whom that leaves no time for appears in their place.
#[derive(Clone, Debug)]
pub struct Moves {
    secs: f64,
    columns: usize,
    moves: Vec<Move>,
    /// Of each cell: when the one who is there goes, and when the next comes; endless where neither does.
    goes_secs: Vec<f64>,
    comes_secs: Vec<f64>,
    /// Who stands where at each of [`STEPS`] times.
    stands: Vec<MosaicPanel>,
}

/// A cell at an instant, other than the rows of the step have it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Changed {
    /// It is empty.
    Empty(usize),
    /// Somebody has come.
    Come(Move),
}

impl Moves {
    /// Finds how people go from one panel to another in a time; `stops` are those of each cell at the full pull.
    pub fn new(from: &MosaicPanel, to: &MosaicPanel, columns: usize, secs: f64, most: usize, seed: u32) -> Self {
        let (before, after): (Vec<u32>, Vec<u32>) = (from.cells().collect(), to.cells().collect());
        let at = |cell: u32| DVec2::new((cell as usize % columns) as f64, (cell as usize / columns) as f64);
        let mut places: HashMap<u32, Vec<u32>> = HashMap::new();
        for (cell, person) in (0..).zip(&before) {
            if after[cell as usize] != *person {
                places.entry(*person).or_default().push(cell);
            }
        }
        // Each takes the nearest place that they can have come from.
        let mut moves: Vec<Move> = Vec::new();
        let changed = (0..after.len() as u32).filter(|cell| after[*cell as usize] != before[*cell as usize]);
        for cell in changed.filter(|cell| after[*cell as usize] != EMPTY_CELL) {
            let person = after[cell as usize];
            let nearest = places.get_mut(&person).and_then(|places| {
                let (index, _) = places
                    .iter()
                    .enumerate()
                    .min_by(|(_, a), (_, b)| at(**a).distance(at(cell)).total_cmp(&at(**b).distance(at(cell))))?;
                Some(places.swap_remove(index))
            });
            let stops = [from.stops_of(nearest.unwrap_or(cell) as usize), to.stops_of(cell as usize)];
            moves.push(Move { person, from: nearest, to: cell, begins_secs: 0.0, ends_secs: 0.0, stops });
        }
        // From left to right, with chance in it.
        moves.sort_by_cached_key(|step| {
            let place = at(step.from.unwrap_or(step.to)).x / columns as f64;
            ((place * 0.5 + f64::from(unit_hash(step.to, seed))) * 1e6) as u64
        });
        let longest = WAY_SECS[1].min(secs / 2.0);
        let room = (most as f64 * (secs - longest) / longest) as usize;
        // Where all cannot go, those with a long way do, for whom it is seen.
        let mut by_length: Vec<usize> = (0..moves.len()).filter(|index| moves[*index].from.is_some()).collect();
        by_length.sort_by_key(|index| {
            let Move { from, to, .. } = moves[*index];
            Reverse((at(from.unwrap_or(to)).distance(at(to)) * 1e3) as u64)
        });
        by_length.iter().skip(room).for_each(|index| moves[*index].from = None);
        let extent = DVec2::new(columns as f64, (after.len() / columns.max(1)) as f64).length().max(1.0);
        // Those who go begin at even distances, and so do those who appear.
        let goers = moves.iter().filter(|step| step.from.is_some()).count();
        let counts = [moves.len() - goers, goers];
        let mut begun = [0; 2];
        for step in &mut moves {
            let kind = usize::from(step.from.is_some());
            let part = f64::from(begun[kind]) / counts[kind].max(1) as f64;
            begun[kind] += 1;
            let lasts = step.from.map_or(APPEARS_SECS.min(longest), |from| {
                let way = at(from).distance(at(step.to)) / extent;
                (WAY_SECS[0] + (WAY_SECS[1] - WAY_SECS[0]) * way.sqrt()).min(longest)
            });
            step.begins_secs = part * (secs - longest);
            step.ends_secs = (step.begins_secs + lasts).min(secs);
        }
        let (mut goes_secs, mut comes_secs) = (vec![f64::MAX; after.len()], vec![f64::MAX; after.len()]);
        for step in &moves {
            comes_secs[step.to as usize] = step.ends_secs;
            if let Some(from) = step.from {
                goes_secs[from as usize] = step.begins_secs;
            }
        }
        let mut found = Self { secs, columns, moves, goes_secs, comes_secs, stands: Vec::new() };
        let stands = (0..STEPS).map(|step| {
            let now_secs = found.step_secs(step);
            let mut panel = from.clone();
            for (cell, person) in after.iter().enumerate() {
                if now_secs >= found.comes_secs[cell] {
                    panel.put(cell, *person, to.stops_of(cell));
                } else if now_secs >= found.goes_secs[cell] {
                    panel.put(cell, EMPTY_CELL, 0.0);
                }
            }
            panel
        });
        found.stands = stands.collect();
        found
    }

    /// Returns the last of the steps that is not after a time.
    fn step(&self, secs: f64) -> usize {
        let step = ((secs / self.secs * STEPS as f64) as usize).min(STEPS - 1);
        // Rounded up, it may be a trifle after.
        if self.step_secs(step) > secs { step.saturating_sub(1) } else { step }
    }

    fn step_secs(&self, step: usize) -> f64 {
        self.secs * step as f64 / STEPS as f64
    }

    /// Who stands where, as far as that is not in [`Self::changed`].
    pub fn stands(&self, secs: f64) -> &MosaicPanel {
        &self.stands[self.step(secs)]
    }

    /// What is otherwise since.
    pub fn changed(&self, secs: f64) -> impl Iterator<Item = Changed> {
        let since = self.step_secs(self.step(secs));
        let has_gone =
            move |cell: &usize| (since..=secs).contains(&self.goes_secs[*cell]) && self.comes_secs[*cell] > secs;
        let gone = (0..self.goes_secs.len()).filter(has_gone).map(Changed::Empty);
        let come = self.moves.iter().filter(move |step| step.ends_secs > since && step.ends_secs <= secs);
        gone.chain(come.copied().map(Changed::Come))
    }

    /// Those who are on their way, or appear.
    pub fn under_way(&self, secs: f64) -> impl Iterator<Item = &Move> {
        self.moves.iter().filter(move |step| step.begins_secs <= secs && secs < step.ends_secs)
    }

    /// The cells of a row.
    pub const fn columns(&self) -> usize {
        self.columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use millions_base::SplitMix;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn from_one_picture_everybody_goes_to_the_next(
            columns in 1..12usize, rows in 1..12usize, people in 1..60u32, secs in 1.0..20.0f64, most in 1..80usize, seed: u64,
        ) {
            let mut random = SplitMix::new(seed, 1);
            let mut cells = || -> Vec<u32> { (0..columns * rows).map(|_| random.below(people as usize) as u32).collect() };
            let (before, after) = (cells(), cells());
            let panel = |cells: &[u32]| MosaicPanel::new(cells, &vec![0.0; cells.len()], columns, 0.8);
            let moves = Moves::new(&panel(&before), &panel(&after), columns, secs, most, 5);
            // What is seen at each time: who stands in each cell.
            let seen = |secs: f64| {
                let mut cells: Vec<u32> = moves.stands(secs).cells().collect();
                for changed in moves.changed(secs) {
                    match changed {
                        Changed::Empty(cell) => cells[cell] = EMPTY_CELL,
                        Changed::Come(step) => cells[step.to as usize] = step.person,
                    }
                }
                cells
            };
            prop_assert_eq!(&seen(secs), &after);
            for part in 0..=40 {
                let now_secs = secs * f64::from(part) / 40.0;
                for (cell, person) in seen(now_secs).into_iter().enumerate() {
                    let want = if now_secs >= moves.comes_secs[cell] {
                        after[cell]
                    } else if now_secs >= moves.goes_secs[cell] {
                        EMPTY_CELL
                    } else {
                        before[cell]
                    };
                    prop_assert_eq!(person, want, "cell {} at {}", cell, now_secs);
                }
                let walking = moves.under_way(now_secs).filter(|step| step.from.is_some()).count();
                prop_assert!(walking <= most + 1, "{walking} of {most}");
            }
        }
    }
}
