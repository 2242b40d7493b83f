//! Who stands in which cell of a mosaic. See [`assign`].

use std::ops::Range;
use std::thread;

use super::Features;
use millions_base::SplitMix;

/// What a mosaic may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MosaicOptions {
    /// Cells of a row.
    pub columns: usize,
    /// How often one person may be in it at the most; raised where there are not people enough. `None`: as often as they fit.
    pub repeats: Option<u32>,
    /// Cells of one person are at least so many cells apart, from middle to middle, where people are many enough.
    pub spacing: u32,
    /// Another number, another of the equally good ones.
    pub seed: u64,
}

/// A mosaic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// For each cell, row by row, the index of the person in it.
    pub people: Vec<u32>,
    /// The spacing that it keeps: what was asked for, or less where the people are too few for that.
    pub spacing: u32,
}

/// Candidates of a cell: those most like it.
const CANDIDATES: usize = 40;
/// People, by their mean next to a cell's, of whom its candidates are.
const WINDOW: usize = 4096;
/// Cells, beside those of its candidates, that a cell is compared with in a sweep: next to it by their mean, and any.
const NEXT_BY_MEAN: usize = 12;
const ANY: usize = 6;
/// Sweeps at the most, and the part of the error by which the last has to have improved it.
const SWEEPS: usize = 60;
const LEAST_GAIN: f64 = 0.001;
/// What a cell costs for each other of the same person that is too near: more than any picture is worth.
const TOO_NEAR: i64 = 1 << 30;
/// A cell that is in nobody's list.
const NONE: u32 = u32::MAX;

/// Finds who stands where, so that the sum of the distances of cells and people is small: by an assignment that is best for the
/// means alone (order-preserving, with room for each person as often as they may be there), then by exchanges that improve the whole, each
/// of a cell with somebody who fits it better, or of two cells with each other, until few are left. Nobody is first served.
///
/// `people` and `cells` are features, of whom the latter stand row by row; the same on every machine. Empty where nobody is.
/// Its time grows with the cells, times at most [`WINDOW`] people.
#[must_use]
pub fn assign(people: &[Features], cells: &[Features], options: &MosaicOptions) -> Assignment {
    if people.is_empty() || cells.is_empty() || options.columns == 0 {
        return Assignment { people: Vec::new(), spacing: options.spacing };
    }
    let least = cells.len().div_ceil(people.len());
    let capacity = options.repeats.map_or(cells.len(), |repeats| least.max(repeats as usize)) as u32;
    let spacing = options.spacing.min(most_spacing(people.len(), cells.len(), options.columns));
    let mut search = Search::new(people, cells, options, capacity, spacing);
    search.improve();
    Assignment { people: search.person_of, spacing }
}

/// The spacing that some people allow: so many cells must be free of a person about each of theirs that three times as many
/// people stand for them.
fn most_spacing(people: usize, cells: usize, columns: usize) -> u32 {
    let rows = cells.div_ceil(columns);
    let fits = |spacing: u32| {
        let reach = spacing as usize * 2 - 1;
        reach.min(columns) * reach.min(rows) * 3 <= people.max(1) * 2
    };
    (1..64).take_while(|spacing| fits(*spacing)).last().unwrap_or(1)
}

struct Search<'a> {
    people: &'a [Features],
    cells: &'a [Features],
    columns: usize,
    capacity: u32,
    spacing: u32,
    /// The squares of two cells of one person that are too near, as steps to the right and down.
    near: Vec<(isize, isize)>,
    /// Of each cell, [`CANDIDATES`] people, or all.
    candidates: Vec<u32>,
    candidates_each: usize,
    /// Cells by their mean, and each cell's place there.
    by_mean: Vec<u32>,
    rank: Vec<u32>,
    person_of: Vec<u32>,
    /// What each cell costs by its distance.
    costs: Vec<u32>,
    /// Of each person: how many cells, and the first; of each cell, those before and after it.
    used: Vec<u32>,
    first: Vec<u32>,
    links: Vec<[u32; 2]>,
    random: SplitMix,
}

/// A change of who stands where.
#[derive(Clone, Copy)]
enum Exchange {
    /// The cell takes a person who may be there once more.
    Take(u32),
    /// Two cells exchange their people.
    Swap(usize),
}

impl<'a> Search<'a> {
    fn new(
        people: &'a [Features],
        cells: &'a [Features],
        options: &MosaicOptions,
        capacity: u32,
        spacing: u32,
    ) -> Self {
        let by_mean = |of: &[Features]| {
            let mut sorted: Vec<u32> = (0..of.len() as u32).collect();
            sorted.sort_by_key(|index| (of[*index as usize].mean(), *index));
            sorted
        };
        let (sorted_people, sorted_cells) = (by_mean(people), by_mean(cells));
        let mut rank = vec![0; cells.len()];
        sorted_cells.iter().zip(0..).for_each(|(cell, place)| rank[*cell as usize] = place);
        let reach = spacing as isize - 1;
        let near = (-reach..=reach).flat_map(|y| (-reach..=reach).map(move |x| (x, y)));
        let near = near.filter(|(x, y)| (*x, *y) != (0, 0) && x * x + y * y < (reach + 1) * (reach + 1)).collect();
        let candidates_each = CANDIDATES.min(people.len());
        let mut search = Self {
            people,
            cells,
            columns: options.columns,
            capacity,
            spacing,
            near,
            candidates: candidates(people, &sorted_people, cells, candidates_each),
            candidates_each,
            by_mean: sorted_cells,
            rank,
            person_of: vec![NONE; cells.len()],
            costs: vec![0; cells.len()],
            used: vec![0; people.len()],
            first: vec![NONE; people.len()],
            links: vec![[NONE; 2]; cells.len()],
            random: SplitMix::new(options.seed, 31),
        };
        let order = transport(people, &sorted_people, cells, &search.by_mean, capacity);
        for (cell, person) in order {
            search.put(cell as usize, person);
        }
        search
    }

    fn cost(&self, cell: usize, person: u32) -> u32 {
        self.cells[cell].distance(&self.people[person as usize])
    }

    fn put(&mut self, cell: usize, person: u32) {
        self.person_of[cell] = person;
        self.costs[cell] = self.cost(cell, person);
        self.used[person as usize] += 1;
        let next = std::mem::replace(&mut self.first[person as usize], cell as u32);
        self.links[cell] = [NONE, next];
        if next != NONE {
            self.links[next as usize][0] = cell as u32;
        }
    }

    fn take_out(&mut self, cell: usize) {
        let person = self.person_of[cell];
        self.used[person as usize] -= 1;
        let [before, after] = self.links[cell];
        if before == NONE {
            self.first[person as usize] = after;
        } else {
            self.links[before as usize][1] = after;
        }
        if after != NONE {
            self.links[after as usize][0] = before;
        }
    }

    /// How many cells that are too near have this person, `but` one.
    fn too_near(&self, cell: usize, person: u32, but: usize) -> i64 {
        if self.spacing <= 1 || self.used[person as usize] == 0 {
            return 0;
        }
        let columns = self.columns as isize;
        let (x, y) = ((cell % self.columns) as isize, (cell / self.columns) as isize);
        // Of whom there are few, theirs are looked at; else those about.
        if (self.used[person as usize] as usize) < self.near.len() {
            let reach = self.spacing as isize;
            let mut count = 0;
            let mut other = self.first[person as usize];
            while other != NONE {
                let at = other as usize;
                let (across, down) = ((at % self.columns) as isize - x, (at / self.columns) as isize - y);
                count += i64::from(at != cell && at != but && across * across + down * down < reach * reach);
                other = self.links[at][1];
            }
            return count;
        }
        let has = |(across, down): &(isize, isize)| {
            let (x, y) = (x + across, y + down);
            let at = (y * columns + x) as usize;
            (0..columns).contains(&x)
                && y >= 0
                && at < self.person_of.len()
                && at != but
                && self.person_of[at] == person
        };
        self.near.iter().filter(|step| has(step)).count() as i64
    }

    /// Exchanges as long as it pays.
    fn improve(&mut self) {
        let mut order: Vec<u32> = (0..self.cells.len() as u32).collect();
        let total = |search: &Self| search.costs.iter().map(|cost| f64::from(*cost)).sum::<f64>();
        for _ in 0..SWEEPS {
            let before = total(self);
            self.random.shuffle(&mut order);
            let mut conflicts = 0;
            for cell in &order {
                conflicts += self.improve_cell(*cell as usize);
            }
            if conflicts == 0 && before - total(self) <= before * LEAST_GAIN {
                break;
            }
        }
    }

    /// Makes the best exchange of a cell that there is, if any is worth it; returns how many cells were too near before.
    fn improve_cell(&mut self, cell: usize) -> i64 {
        let person = self.person_of[cell];
        let near = self.too_near(cell, person, cell);
        let own = i64::from(self.costs[cell]) + near * TOO_NEAR;
        let mut best: (i64, Option<Exchange>) = (0, None);
        for index in 0..self.candidates_each {
            let candidate = self.candidates[cell * self.candidates_each + index];
            if candidate == person {
                continue;
            }
            let cost = i64::from(self.cost(cell, candidate));
            // The rest are less like it, and an exchange costs the other cell something, or nothing at best.
            if near == 0 && cost >= own - best.0.min(0) && self.used[candidate as usize] < self.capacity {
                continue;
            }
            if self.used[candidate as usize] < self.capacity {
                if cost - own < best.0 {
                    let gain = cost - own + self.too_near(cell, candidate, cell) * TOO_NEAR;
                    if gain < best.0 {
                        best = (gain, Some(Exchange::Take(candidate)));
                    }
                }
                continue;
            }
            let mut other = self.first[candidate as usize];
            while other != NONE {
                self.consider_swap(cell, own, cost, other as usize, &mut best);
                other = self.links[other as usize][1];
            }
        }
        for index in 0..NEXT_BY_MEAN + ANY {
            let other = if index < NEXT_BY_MEAN {
                let step = self.random.below(self.cells.len().min(256)) as i64 - self.cells.len().min(256) as i64 / 2;
                let place = (i64::from(self.rank[cell]) + step).clamp(0, self.cells.len() as i64 - 1);
                self.by_mean[place as usize] as usize
            } else {
                self.random.below(self.cells.len())
            };
            let theirs = self.person_of[other];
            if theirs != person {
                let cost = i64::from(self.cost(cell, theirs));
                self.consider_swap(cell, own, cost, other, &mut best);
            }
        }
        match best.1 {
            Some(Exchange::Take(candidate)) => {
                self.take_out(cell);
                self.put(cell, candidate);
            }
            Some(Exchange::Swap(other)) => {
                let theirs = self.person_of[other];
                self.take_out(cell);
                self.take_out(other);
                self.put(cell, theirs);
                self.put(other, person);
            }
            None => {}
        }
        near
    }

    /// Compares the exchange of two cells' people with the best so far. `own` is what the cell costs, `cost` what it would by distance.
    fn consider_swap(&self, cell: usize, own: i64, cost: i64, other: usize, best: &mut (i64, Option<Exchange>)) {
        let (person, theirs) = (self.person_of[cell], self.person_of[other]);
        let gain = cost + i64::from(self.cost(other, person)) - own - i64::from(self.costs[other]);
        if gain < best.0 {
            let after = self.too_near(cell, theirs, other) + self.too_near(other, person, cell);
            // What the other cell is too near to now counts for it too.
            let before = if own >= TOO_NEAR || after > 0 { self.too_near(other, theirs, other) } else { 0 };
            let gain = gain + (after - before) * TOO_NEAR;
            if gain < best.0 {
                *best = (gain, Some(Exchange::Swap(other)));
            }
        }
    }
}

/// Of each cell the people most like it, of those next to it by their mean; on all processors.
fn candidates(people: &[Features], sorted: &[u32], cells: &[Features], each: usize) -> Vec<u32> {
    let mut found = vec![0; cells.len() * each];
    let threads = thread::available_parallelism().map_or(1, usize::from).min(16);
    let share = cells.len().div_ceil(threads).max(1);
    // In their order, so that those of a window lie side by side.
    let ordered: Vec<Features> = sorted.iter().map(|person| people[*person as usize]).collect();
    thread::scope(|scope| {
        for (cells, found) in cells.chunks(share).zip(found.chunks_mut(share * each)) {
            let ordered = &ordered;
            scope.spawn(move || {
                let mut nearest: Vec<(u32, u32)> = Vec::new();
                for (cell, found) in cells.iter().zip(found.chunks_exact_mut(each)) {
                    let Range { start, end } = window(ordered, cell);
                    nearest.clear();
                    nearest.extend(
                        ordered[start..end]
                            .iter()
                            .zip(start as u32..)
                            .map(|(person, place)| (cell.distance(person), place)),
                    );
                    if each < nearest.len() {
                        nearest.select_nth_unstable(each);
                    }
                    nearest.truncate(each);
                    nearest.sort_unstable();
                    for (found, (_, place)) in found.iter_mut().zip(&nearest) {
                        *found = sorted[*place as usize];
                    }
                }
            });
        }
    });
    found
}

/// The [`WINDOW`] people, or all, next to a cell by their mean.
fn window(ordered: &[Features], cell: &Features) -> Range<usize> {
    let length = WINDOW.min(ordered.len());
    let middle = ordered.partition_point(|person| person.mean() < cell.mean());
    let start = middle.saturating_sub(length / 2).min(ordered.len() - length);
    start..start + length
}

/// Pairs cells with people so that the order of their means is kept, each person `capacity` times at most, and means differ little:
/// an isotonic regression of the places that the cells would like (Barlow and others, "Statistical Inference under Order
/// Restrictions", 1972).
fn transport(
    people: &[Features],
    sorted: &[u32],
    cells: &[Features],
    cells_sorted: &[u32],
    capacity: u32,
) -> Vec<(u32, u32)> {
    let places = people.len() as u64 * u64::from(capacity);
    let spare = places - cells.len() as u64;
    // Where each cell's like begin and end among the places, less its own number: has to rise, weakly.
    let wanted = cells_sorted.iter().enumerate().map(|(index, cell)| {
        let mean = cells[*cell as usize].mean();
        let low = sorted.partition_point(|person| people[*person as usize].mean() < mean);
        let high = sorted.partition_point(|person| people[*person as usize].mean() <= mean);
        let middle = (low + high) as f64 / 2.0 * f64::from(capacity);
        middle - index as f64
    });
    // Pools of cells that share a mean: its sum and their number.
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for wanted in wanted {
        let mut pool = (wanted, 1);
        while let Some((sum, count)) = pools.pop_if(|(sum, count)| *sum / *count as f64 >= pool.0 / pool.1 as f64) {
            pool = (pool.0 + sum, pool.1 + count);
        }
        pools.push(pool);
    }
    let offsets = pools.into_iter().flat_map(|(sum, count)| {
        let offset = (sum / count as f64).round().clamp(0.0, spare as f64) as u64;
        std::iter::repeat_n(offset, count)
    });
    let pairs = offsets.zip(cells_sorted.iter().enumerate()).map(|(offset, (index, cell))| {
        let place = offset + index as u64;
        (*cell, sorted[(place / u64::from(capacity)) as usize])
    });
    pairs.collect()
}
