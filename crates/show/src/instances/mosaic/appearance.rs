//! What people look like, as a mosaic arranges them. See [`AppearanceTable`].

use super::super::super::{Arrangements, Mosaic, Portraits};
use super::kept::Kept;
use millions_wall::mosaic::{Assignment, Features, MosaicOptions, ShownLight, assign};
use millions_wall::tile::{PortraitNumber, TileLayout};

/// The most by which a tile's exposure follows the picture, in stops.
const MOST_STOPS: f32 = 2.5;
/// Floors read at once.
const CHUNK: u32 = 2048;

/// What people look like under a look; both in the order of their numbers.
#[derive(Clone, Debug, Default)]
pub struct AppearanceTable {
    pub people: Vec<u32>,
    pub features: Vec<Features>,
}

impl AppearanceTable {
    /// Reads the floors of people. Who cannot be read looks black.
    pub fn new(people: Vec<u32>, portraits: Option<&Portraits>, light: &ShownLight) -> Self {
        let dark = Features::new(&[0; 16]);
        let Some(portraits) = portraits else {
            return Self { features: vec![dark; people.len()], people };
        };
        let tiles = portraits.tiles();
        let tones = tiles.tones(&people);
        let stride = TileLayout::floor().stride();
        let mut features = Vec::with_capacity(people.len());
        let mut floors = Vec::new();
        let mut rest = &people[..];
        while let Some(first) = rest.first() {
            let count = rest.partition_point(|person| person - first < CHUNK);
            let (chunk, after) = rest.split_at(count);
            let length = chunk.last().map_or(0, |last| (last - first + 1) as usize);
            floors.clear();
            floors.resize(length * stride, 0);
            let is_read = tiles.read_floors(*first, &mut floors).is_ok();
            for person in chunk {
                let at = (person - first) as usize * stride;
                let tone = tones.get(features.len()).copied().unwrap_or_default();
                let greys = light.greys(&floors[at..at + stride], &tone);
                features.push(if is_read { Features::new(&greys) } else { dark });
            }
            rest = after;
        }
        Self { people, features }
    }

    pub fn of(&self, person: u32) -> Option<&Features> {
        self.people.binary_search(&person).ok().map(|index| &self.features[index])
    }

    /// Returns it with those of another, who count where somebody is in both.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let pairs = |table: &Self| -> Vec<(u32, Features)> {
            table.people.iter().copied().zip(table.features.iter().copied()).collect()
        };
        let mut all = [pairs(other), pairs(self)].concat();
        all.sort_by_key(|(person, _)| *person);
        all.dedup_by_key(|(person, _)| *person);
        let (people, features) = all.into_iter().unzip();
        Self { people, features }
    }

    /// Returns it without some.
    #[must_use]
    pub fn without(&self, removed: &[u32]) -> Self {
        let rest = self.people.iter().zip(&self.features).filter(|(person, _)| !removed.contains(person));
        let (people, features) = rest.map(|(person, features)| (*person, *features)).unzip();
        Self { people, features }
    }

    /// Finds the cell where somebody new fits best, compared with who is there (`people`, of all cells), `but` one.
    pub fn place_for(
        &self,
        new: &Features,
        people: impl Iterator<Item = u32>,
        cells: &[Features],
        but: Option<usize>,
    ) -> Option<usize> {
        let places = people.zip(cells).enumerate().filter(|(cell, _)| Some(*cell) != but);
        let gain = |(_, (other, cell)): &(usize, (u32, &Features))| {
            let theirs = self.of(*other).map_or(u32::MAX, |of| of.distance(cell));
            i64::from(theirs) - i64::from(new.distance(cell))
        };
        places.max_by_key(gain).map(|(place, _)| place)
    }

    /// Finds who fits a cell best without being near another of theirs, or, of people too few for that, who fits best. `people` are
    /// those of all cells, row by row.
    pub fn best_apart(
        &self,
        people: &[u32],
        cell: usize,
        wanted: &Features,
        columns: usize,
        spacing: u32,
    ) -> Option<u32> {
        let at = |cell: usize| [(cell % columns) as i64, (cell / columns) as i64];
        let is_near = |person: u32| {
            let [x, y] = at(cell);
            let reach = i64::from(spacing) - 1;
            let rows = (people.len() / columns) as i64;
            let near = |u: i64, v: i64| (u - x).pow(2) + (v - y).pow(2) < i64::from(spacing).pow(2) && (u, v) != (x, y);
            ((y - reach).max(0)..=(y + reach).min(rows - 1)).any(|v| {
                ((x - reach).max(0)..=(x + reach).min(columns as i64 - 1))
                    .any(|u| near(u, v) && people[v as usize * columns + u as usize] == person)
            })
        };
        let mut best = [None; 2];
        for (person, features) in self.people.iter().zip(&self.features) {
            let found = (features.distance(wanted), *person);
            if best[0].is_none_or(|best| found < best) {
                best[0] = Some(found);
            }
            if best[1].is_none_or(|best| found < best) && !is_near(*person) {
                best[1] = Some(found);
            }
        }
        best[1].or(best[0]).map(|(_, person)| person)
    }

    /// Arranges people to cells, row by row, as they were arranged before where that is kept; returns their indices in this table, none
    /// where nobody is.
    pub fn arrange(
        &self,
        mosaic: &Mosaic,
        cells: &[Features],
        columns: usize,
        number: u64,
        arrangements: Option<&dyn Arrangements>,
    ) -> Assignment {
        // As long as nobody's looks are known there is nothing to look for: everybody in turn.
        if self.features.windows(2).all(|pair| pair[0] == pair[1]) {
            let people = (0..self.people.len() as u32).cycle().take(cells.len());
            return Assignment { people: people.collect(), spacing: 1 };
        }
        let kept = arrangements.map(|arrangements| Kept::new(arrangements, mosaic, cells, columns, number));
        if let Some(found) = kept.as_ref().and_then(|kept| kept.read(self, cells, columns)) {
            return found;
        }
        let least = cells.len().div_ceil(self.people.len().max(1)) as u32;
        let repeats = match mosaic.repeats {
            0 if least <= 1 => 1,
            0 => least + least.div_ceil(2),
            repeats => repeats,
        };
        let seed = mosaic.seed.wrapping_add(number);
        let options = MosaicOptions { columns, repeats: Some(repeats), spacing: mosaic.spacing, seed };
        let found = assign(&self.features, cells, &options);
        if let Some(kept) = kept {
            kept.keep(self, &found);
        }
        found
    }
}

/// Reads a portrait as it is shown, of at least `side` texels if the tile has them, and returns its greys and their side.
pub fn read_portrait(
    portraits: &Portraits,
    light: &ShownLight,
    person: PortraitNumber,
    side: u32,
) -> Option<(Vec<u8>, usize)> {
    let tiles = portraits.tiles();
    let layout = tiles.layout();
    let side = side.next_power_of_two().clamp(16, layout.side());
    let mut prefix = vec![0; layout.prefix_bytes(side)];
    tiles.read_tile(person, &mut prefix).ok()?;
    let tone = tiles.tones(&[person]).first().copied().unwrap_or_default();
    Some((light.level(&prefix, layout, side, &tone)?, side as usize))
}

/// The stops by which a tile would have to be brighter to have a cell's mean.
pub fn stops(cell: &Features, person: &Features) -> f32 {
    // A factor of light is one of the signal, by a gamma of 2.2; black is not brightened without end.
    let ratio = (cell.grey() + 6.0) / (person.grey() + 6.0);
    (ratio.log2() * 2.2).clamp(-MOST_STOPS, MOST_STOPS)
}
