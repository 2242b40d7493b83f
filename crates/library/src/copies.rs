//! Copies of a photograph: pictures that look the same, of which the best is shown.
//!
//! A shot comes from a camera, a messenger, an editor and a backup, in other sizes, formats and qualities. What looks the same
//! by its perceptual hash, turned or mirrored too, is one person; of those the finest is dealt, and the others stand by for it.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use glam::DVec2;
use millions_wall::tile::PortraitNumber;

use super::detections::{Detections, TileFromPhotograph};
use super::edit::Edit;
use super::index::Entry;
use super::perceptual::{MOST_DIFFERENT_BITS, PerceptualHash};
use super::tile_files::{Identity, TileFiles};
use millions_wall::tile::TileLayout;
use millions_wall::tile::planes::decode_level;

/// Bits of a part of a hash that is looked up.
pub const PART_BITS: usize = 16;
pub const PARTS: usize = 256 / PART_BITS;
/// Two hashes that differ in at most [`MOST_DIFFERENT_BITS`] agree in one of the parts but for so many bits; and where none of the
/// others has fewer different bits than that, the first has no more.
const MOST_IN_FIRST: u32 = MOST_DIFFERENT_BITS / PARTS as u32;
const MOST_IN_OTHER: u32 = MOST_IN_FIRST - 1;
/// Fewer hashes are compared one by one.
const FEW: usize = 20_000;
/// Samples along a side of what two tiles have in common.
const SAMPLES: u32 = 24;
/// The least part of the larger of two crops that both show, for them to be compared.
const LEAST_IN_COMMON: f64 = 0.3;
/// Side of the tiles that are compared, in texels.
const TILE_SIDE: u32 = 32;
/// The least correlation of the tiles of copies. Of 870 pairs of copies of held portraits none is below 0.8.
const LEAST_CORRELATION: f32 = 0.75;
/// The most portraits that are looked at together: more that look the same are a fault of somebody's export.
pub const MOST_TOGETHER: usize = 256;

/// Finds portraits that look the same, by multi-index hashing: Norouzi, Punjani and Fleet, "Fast Search in Hamming Space with
/// Multi-Index Hashing" (2012).
#[derive(Debug, Default)]
pub struct CopyFinder {
    /// By number: one is looked at among a million thousands of times.
    hashes: Vec<Option<PerceptualHash>>,
    count: usize,
    /// For each part of a hash the portraits by its values, as they were when this was made; empty while there are few.
    tables: Vec<PartTable>,
    /// As `tables`, for portraits that have come since.
    recent: Vec<HashMap<u16, Vec<PortraitNumber>>>,
}

/// Portraits by the value of one part of their hashes.
#[derive(Debug)]
struct PartTable {
    /// Where each value's portraits begin; one more than there are values.
    starts: Vec<u32>,
    numbers: Vec<PortraitNumber>,
}

impl PartTable {
    /// Sorts by counting.
    fn of(parts: impl Iterator<Item = (PortraitNumber, u16)> + Clone) -> Self {
        let mut starts = vec![0_u32; (1 << PART_BITS) + 1];
        parts.clone().for_each(|(_, part)| starts[usize::from(part) + 1] += 1);
        (1..starts.len()).for_each(|value| starts[value] += starts[value - 1]);
        let mut ends = starts.clone();
        let mut numbers = vec![0; starts.last().map_or(0, |all| *all as usize)];
        for (number, part) in parts {
            let end = &mut ends[usize::from(part)];
            numbers[*end as usize] = number;
            *end += 1;
        }
        Self { starts, numbers }
    }

    fn get(&self, part: u16) -> &[PortraitNumber] {
        let part = usize::from(part);
        &self.numbers[self.starts[part] as usize..self.starts[part + 1] as usize]
    }
}

impl CopyFinder {
    /// Of many at once.
    pub fn of(hashes: impl Iterator<Item = (PortraitNumber, PerceptualHash)>) -> Self {
        let mut finder = Self::default();
        hashes.for_each(|(number, hash)| finder.set(number, hash));
        if finder.count > FEW {
            finder.index();
        }
        finder
    }

    fn set(&mut self, number: PortraitNumber, hash: PerceptualHash) {
        let at = number as usize;
        if at >= self.hashes.len() {
            self.hashes.resize(at + 1, None);
        }
        self.count += usize::from(self.hashes[at].replace(hash).is_none());
    }

    fn get(&self, number: PortraitNumber) -> Option<&PerceptualHash> {
        self.hashes.get(number as usize)?.as_ref()
    }

    fn all(&self) -> impl Iterator<Item = (PortraitNumber, &PerceptualHash)> + Clone {
        (0..).zip(&self.hashes).filter_map(|(number, hash)| Some((number, hash.as_ref()?)))
    }

    /// Makes the tables of all.
    fn index(&mut self) {
        let table = |at| {
            let part = move |(number, hash): (PortraitNumber, &PerceptualHash)| (number, hash.part(at));
            PartTable::of(self.all().map(part))
        };
        self.tables = (0..PARTS).map(table).collect();
        self.recent = vec![HashMap::new(); PARTS];
    }

    /// Adds a portrait, or changes its hash.
    pub fn insert(&mut self, number: PortraitNumber, hash: PerceptualHash) {
        if self.get(number) == Some(&hash) {
            return;
        }
        self.remove(number);
        self.set(number, hash);
        if !self.tables.is_empty() {
            for (table, part) in self.recent.iter_mut().zip(hash.parts()) {
                table.entry(part).or_default().push(number);
            }
        } else if self.count > FEW {
            self.index();
        }
    }

    /// Removes a portrait. In `tables` it stays, where whoever is found is looked at.
    pub fn remove(&mut self, number: PortraitNumber) {
        let Some(hash) = self.hashes.get_mut(number as usize).and_then(Option::take) else { return };
        self.count -= 1;
        for (table, part) in self.recent.iter_mut().zip(hash.parts()) {
            if let Some(numbers) = table.get_mut(&part) {
                numbers.retain(|other| *other != number);
            }
        }
    }

    /// The portraits that look the same, turned or mirrored too, ascending.
    pub fn find(&self, hash: &PerceptualHash) -> Vec<PortraitNumber> {
        let mut found = BTreeSet::new();
        for hash in hash.orientations() {
            if self.tables.is_empty() {
                found.extend(self.all().filter(|(_, other)| other.is_like(&hash)).map(|(number, _)| number));
                continue;
            }
            for (at, part) in hash.parts().enumerate() {
                let (table, recent) = (&self.tables[at], &self.recent[at]);
                let of = |part| table.get(part).iter().chain(recent.get(&part).into_iter().flatten());
                let is_like = |number: &&PortraitNumber| self.get(**number).is_some_and(|other| other.is_like(&hash));
                found.extend(near(at, part).flat_map(of).filter(is_like));
            }
        }
        found.into_iter().collect()
    }
}

/// The values of a part that differ from one in as many bits as they may.
pub fn near(at: usize, part: u16) -> impl Iterator<Item = u16> {
    const { assert!(MOST_IN_FIRST == 2 && MOST_IN_OTHER == 1) };
    let one = |bit: usize| 1_u16 << bit;
    let singles = (0..PART_BITS).map(one);
    let pairs =
        (0..if at == 0 { PART_BITS } else { 0 }).flat_map(move |high| (0..high).map(move |low| one(high) | one(low)));
    std::iter::once(0).chain(singles).chain(pairs).map(move |change| part ^ change)
}

/// A small tile, and which part of the photograph it shows. Before one background of a studio, people who stand at one place
/// have hashes that are alike, and different faces in their tiles.
#[derive(Clone, Debug, PartialEq)]
pub struct SmallTile {
    /// By row.
    luma: Vec<f32>,
    /// Left, upper, right and lower edge in the upright photograph, 0 to 1, before it was turned.
    crop: [f64; 4],
    tile_from_photograph: TileFromPhotograph,
}

impl SmallTile {
    /// Reads that of a portrait of a library whose tiles have that layout and aspect; `None` where it cannot be read, or an edit turns and crops what the detections speak of.
    pub fn read(files: &TileFiles, shape: (&TileLayout, f32), number: PortraitNumber, entry: &Entry) -> Option<Self> {
        let (layout, aspect) = shape;
        let mut tile = vec![0; layout.prefix_bytes(TILE_SIDE)];
        entry.edit.is_none().then_some(())?;
        files.read_tile(number, Identity::of(&entry.key()), &mut tile).ok()?;
        Some(Self::of(&tile, layout, &entry.detections, aspect))
    }

    /// Reduces a tile, which shows with that aspect (width / height) the crop of a photograph.
    pub fn of(tile: &[u8], layout: &TileLayout, detections: &Detections, aspect: f32) -> Self {
        let srgb = decode_level(tile, layout, TILE_SIDE);
        let weights = [0.2126, 0.7152, 0.0722];
        let luma = srgb.chunks_exact(3).map(|rgb| rgb.iter().zip(weights).map(|(c, w)| f32::from(*c) * w).sum());
        let tile_from_photograph = detections.tile_from_photograph(aspect.into());
        Self { luma: luma.collect(), crop: detections.crop.edges(), tile_from_photograph }
    }

    /// The luma at a point of the photograph, by the nearest texel.
    fn at(&self, p: DVec2) -> f32 {
        let [x, y] = self.tile_from_photograph.point(p.to_array()).map(|at| {
            let texel = at * f64::from(TILE_SIDE);
            (texel.max(0.0) as usize).min(TILE_SIDE as usize - 1)
        });
        self.luma[y * TILE_SIDE as usize + x]
    }

    /// The correlation with another where both show the same part of a photograph, which may have been turned or mirrored;
    /// that which fits best. `None` where they have little in common.
    fn correlation(&self, other: &Self) -> Option<f32> {
        // From the other's photograph, 0 to 1 each way, to this one's.
        let turns: [fn(DVec2) -> DVec2; 8] = [
            |p| p,
            |p| DVec2::new(1.0 - p.x, p.y),
            |p| DVec2::new(p.x, 1.0 - p.y),
            |p| DVec2::new(1.0 - p.x, 1.0 - p.y),
            |p| DVec2::new(p.y, p.x),
            |p| DVec2::new(1.0 - p.y, p.x),
            |p| DVec2::new(p.y, 1.0 - p.x),
            |p| DVec2::new(1.0 - p.y, 1.0 - p.x),
        ];
        turns.into_iter().filter_map(|turn| self.correlation_as(other, turn)).reduce(f32::max)
    }

    fn correlation_as(&self, other: &Self, turn: fn(DVec2) -> DVec2) -> Option<f32> {
        let [left, top, right, bottom] = other.crop;
        let (a, b) = (turn(DVec2::new(left, top)), turn(DVec2::new(right, bottom)));
        let [left, top, right, bottom] = self.crop;
        let (own_near, own_far) = (DVec2::new(left, top), DVec2::new(right, bottom));
        let (near, far) = (a.min(b).max(own_near), a.max(b).min(own_far));
        let area = |near: DVec2, far: DVec2| (far - near).max(DVec2::ZERO).element_product();
        if area(near, far) < LEAST_IN_COMMON * area(own_near, own_far).max(area(a.min(b), a.max(b))) {
            return None;
        }
        // Each turn is its own inverse, but for those by a quarter, which are each other's.
        let back = |p: DVec2| {
            let (u, v) =
                (turn(DVec2::new(1.0, 0.0)) - turn(DVec2::ZERO), turn(DVec2::new(0.0, 1.0)) - turn(DVec2::ZERO));
            let q = p - turn(DVec2::ZERO);
            DVec2::new(q.dot(u), q.dot(v))
        };
        let points = (0..SAMPLES * SAMPLES).map(|index| {
            let at = DVec2::new(f64::from(index % SAMPLES), f64::from(index / SAMPLES)) + 0.5;
            near + (far - near) * at / f64::from(SAMPLES)
        });
        let pairs: Vec<[f32; 2]> = points.map(|p| [self.at(p), other.at(back(p))]).collect();
        let mean = |index: usize| pairs.iter().map(|pair| pair[index]).sum::<f32>() / pairs.len() as f32;
        let (a, b) = (mean(0), mean(1));
        let sum = |of: &dyn Fn(&[f32; 2]) -> f32| pairs.iter().map(of).sum::<f32>();
        let spread = sum(&|pair| (pair[0] - a).powi(2)) * sum(&|pair| (pair[1] - b).powi(2));
        Some(sum(&|pair| (pair[0] - a) * (pair[1] - b)) / spread.sqrt().max(1e-3))
    }
}

/// A portrait that may be a copy.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    number: PortraitNumber,
    looks: PerceptualHash,
    /// `None` where it cannot be read.
    tile: Option<SmallTile>,
    edit: Edit,
    /// The name in its own row, without case; empty without.
    name: String,
    /// Whether its row says that it is a copy, or that it is none.
    said: Option<bool>,
    rank: Rank,
}

/// The order in which copies are chosen, the best first: who is hidden last, then with an edit by hand, then the finest, the largest file, and so that
/// any machine chooses the same. Whose row says that they are copies come last.
type Rank = (bool, bool, Reverse<bool>, u32, Reverse<u64>, [u8; 32]);

impl Member {
    /// Describes a portrait; `None` where nothing is known of its looks.
    pub fn of(number: PortraitNumber, entry: &Entry, own_name: &str, tile: Option<SmallTile>) -> Option<Self> {
        let said = entry.person.as_ref().and_then(|person| person.copy);
        let texels_per_pixel = entry.detections.texels_per_pixel().map_or(u32::MAX, |texels| (texels * 16.0) as u32);
        let bytes = entry.sources.iter().map(|source| source.stamp.size).max().unwrap_or(0);
        let has_edit = Reverse(!entry.edit.is_none());
        Some(Self {
            number,
            looks: entry.looks?,
            tile,
            edit: entry.edit,
            name: own_name.to_lowercase(),
            said,
            rank: (entry.is_hidden(), said == Some(true), has_edit, texels_per_pixel, Reverse(bytes), entry.hash),
        })
    }

    fn looks_like(&self, other: &Self) -> bool {
        let tiles = self.tile.as_ref().zip(other.tile.as_ref());
        self.looks.orientations().iter().any(|looks| looks.is_like(&other.looks))
            && tiles.and_then(|(a, b)| a.correlation(b)).is_none_or(|correlation| correlation >= LEAST_CORRELATION)
    }

    /// Whether nothing that people wrote says that these are two.
    fn may_join(&self, other: &Self) -> bool {
        let agree = |differ: bool, known: bool| !(differ && known);
        self.said != Some(false)
            && other.said != Some(false)
            && agree(self.name != other.name, !self.name.is_empty() && !other.name.is_empty())
            && agree(self.edit != other.edit, !self.edit.is_none() && !other.edit.is_none())
    }
}

/// Divides portraits into people; returns each portrait with the one that is shown for it, `None` for that one itself. The
/// result does not depend on the order of the portraits.
#[must_use]
pub fn assign(mut members: Vec<Member>) -> Vec<(PortraitNumber, Option<PortraitNumber>)> {
    members.sort_by_key(|member| member.rank);
    // The first of each is the one that is shown.
    let mut people: Vec<Vec<&Member>> = Vec::new();
    for member in &members {
        let is_of = |person: &Vec<&Member>| {
            person.iter().all(|other| member.may_join(other)) && person.iter().any(|other| member.looks_like(other))
        };
        match people.iter_mut().find(|person| is_of(person)) {
            Some(person) => person.push(member),
            None => people.push(vec![member]),
        }
    }
    let shown_for = |person: &[&Member], member: &Member| {
        let best = person.first().map(|best| best.number);
        (member.number, best.filter(|best| *best != member.number))
    };
    people.iter().flat_map(|person| person.iter().map(|member| shown_for(person, member))).collect()
}

/// The portraits that look like one, like those, and so on, itself included.
#[must_use]
pub fn connected(
    finder: &CopyFinder,
    number: PortraitNumber,
    looks_of: impl Fn(PortraitNumber) -> Option<PerceptualHash>,
) -> BTreeSet<PortraitNumber> {
    let (mut all, mut open) = (BTreeSet::from([number]), vec![number]);
    while let Some(number) = open.pop() {
        let found = looks_of(number).map(|looks| finder.find(&looks)).unwrap_or_default();
        for other in found {
            if all.len() < MOST_TOGETHER && all.insert(other) {
                open.push(other);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hash(words: [u64; 4]) -> PerceptualHash {
        words.map(|word| format!("{word:016x}")).concat().parse().unwrap()
    }

    fn flipped(words: [u64; 4], bits: &[u8]) -> [u64; 4] {
        bits.iter().fold(words, |mut words, bit| {
            words[usize::from(bit / 64)] ^= 1 << (bit % 64);
            words
        })
    }

    fn member(number: PortraitNumber, looks: PerceptualHash, name: &str, said: Option<bool>) -> Member {
        let rank = (false, said == Some(true), Reverse(true), 16, Reverse(u64::from(number % 5)), [number as u8; 32]);
        Member { number, looks, tile: None, edit: Edit::default(), name: name.into(), said, rank }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// The tables find what a look at all finds.
        #[test]
        fn tables_find_all_that_look_the_same(
            words: [u64; 4],
            others in prop::collection::vec((0..1000_u32, prop::collection::btree_set(any::<u8>(), 0..45)), 1..40),
        ) {
            let (mut few, mut many) = (CopyFinder::default(), CopyFinder::default());
            many.index();
            for (number, bits) in &others {
                let hash = hash(flipped(words, &bits.iter().copied().collect::<Vec<_>>()));
                few.insert(*number, hash);
                many.insert(*number, hash);
            }
            prop_assert_eq!(few.find(&hash(words)), many.find(&hash(words)));
            let first = others[0].0;
            // Those that were there when the tables were made are found in them, and those that have come since.
            let (early, late) = others.split_at(others.len() / 2);
            let hash_of = |bits: &BTreeSet<u8>| hash(flipped(words, &bits.iter().copied().collect::<Vec<_>>()));
            let mut some = CopyFinder::of(early.iter().map(|(number, bits)| (*number, hash_of(bits))));
            some.index();
            late.iter().for_each(|(number, bits)| some.insert(*number, hash_of(bits)));
            prop_assert_eq!(few.find(&hash(words)), some.find(&hash(words)));
            for finder in [&mut many, &mut some] {
                finder.remove(first);
                prop_assert!(!finder.find(&hash(words)).contains(&first));
            }
        }

        /// Whatever the order, each portrait has one that is shown for it, which is shown itself; two that are shown do not look
        /// the same unless people wrote so; and whose row says that they are none is shown.
        #[test]
        fn portraits_are_divided_the_same_way_in_any_order(
            words: [u64; 4],
            members in prop::collection::vec(
                (prop::collection::btree_set(any::<u8>(), 0..40), 0..3_usize, prop::option::weighted(0.2, any::<bool>())),
                1..14,
            ),
            turn: prop::sample::Index,
        ) {
            let members: Vec<Member> = (0..).zip(&members).map(|(number, (bits, name, said))| {
                let bits: Vec<u8> = bits.iter().copied().collect();
                member(number, hash(flipped(words, &bits)), ["", "ada", "bo"][*name], *said)
            }).collect();
            let mut assigned = assign(members.clone());
            assigned.sort_unstable();
            let mut turned = members.clone();
            turned.rotate_left(turn.index(members.len()));
            turned.reverse();
            let mut again = assign(turned);
            again.sort_unstable();
            prop_assert_eq!(&assigned, &again);
            let of = |number: u32| assigned[number as usize].1;
            for (number, shown) in &assigned {
                prop_assert!(shown.is_none_or(|shown| of(shown).is_none()));
                if members[*number as usize].said == Some(false) {
                    prop_assert_eq!(*shown, None);
                }
            }
            let alone = |member: &Member| of(member.number).is_none();
            for a in members.iter().filter(|member| alone(member)) {
                for b in members.iter().filter(|member| alone(member) && member.number < a.number) {
                    let is_said = a.said.is_some() || b.said.is_some() || !a.name.is_empty() || !b.name.is_empty()
                        || members.iter().any(|member| !member.name.is_empty());
                    prop_assert!(is_said || !a.looks_like(b));
                }
            }
        }
    }

    /// `cargo test -p millions-library --lib -- --ignored --nocapture among_a_million`
    #[test]
    #[ignore = "measures"]
    fn a_portrait_is_looked_for_among_a_million() {
        let mut random = millions_base::SplitMix::new(1, 0);
        let hashes: Vec<_> = (0..1_000_000).map(|_| hash([0; 4].map(|_: u64| random.next()))).collect();
        let started = std::time::Instant::now();
        let finder = CopyFinder::of((0..).zip(hashes.iter().copied()));
        eprintln!("made in {:?}", started.elapsed());
        let started = std::time::Instant::now();
        assert!(hashes.iter().step_by(1000).enumerate().all(|(at, hash)| finder.find(hash) == [at as u32 * 1000]));
        eprintln!("{:?} each", started.elapsed() / 1000);
    }
}
