//! Floors: the coarsest tile of every portrait, which is always there. See [`Floors`].

use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use rustc_hash::FxHashMap;

use super::slots::{LAYER_SIDE, Level, Slot};
use super::tile_texels::{FloorDecoder, MipTexels};
use millions_base::catch_panic;
use millions_wall::tile::{TileLayout, TileSource};

/// Floors side by side in a layer.
const ACROSS: u32 = LAYER_SIDE / Level::FLOOR.side();
/// Floors that are read, decoded and uploaded at once: eight rows of a layer.
pub const CHUNK: u32 = ACROSS * 8;
/// Texels of a chunk.
pub const CHUNK_TEXELS: usize = (CHUNK * Level::FLOOR.side() * Level::FLOOR.side()) as usize;
/// Chunks of a layer.
const CHUNKS_A_LAYER: u32 = ACROSS * ACROSS / CHUNK;
/// Words of a set of portraits of a chunk.
const CHUNK_WORDS: usize = CHUNK as usize / 64;

type ChunkSet = [u64; CHUNK_WORDS];

/// The floors of a chunk, as texels of its part of a layer: each mip is [`LAYER_SIDE`] texels wide and `side` high, halved with
/// each.
pub struct FloorChunk {
    pub index: u32,
    pub mips: std::io::Result<Vec<MipTexels>>,
}

/// Where a chunk lies in its layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkPlace {
    /// The texture's layer.
    pub layer: u32,
    /// The upper edge in texels.
    pub y: u32,
}

/// The floors of all portraits that are on a wall: which are loaded, which are on their way, and where they are. A portrait's
/// place follows from its number, in layers of 65,536 each, so that a million takes sixteen layers and no bookkeeping.
pub struct Floors {
    /// Texture layers, by that of the portraits.
    layers: Vec<Option<u32>>,
    /// By chunk: the portraits that are wanted, and those that are there.
    wanted: Vec<ChunkSet>,
    loaded: Vec<ChunkSet>,
    /// One more than the highest portrait that was wanted.
    highest: u32,
    queue: VecDeque<u32>,
    /// By chunk: whether it is in the queue.
    queued: Vec<bool>,
    /// The portraits that were wanted when a chunk was requested: later ones may not have existed when it was read.
    in_flight: FxHashMap<u32, ChunkSet>,
    requests: Sender<u32>,
    responses: Receiver<FloorChunk>,
}

impl Floors {
    /// Starts a worker for each core.
    pub fn new(source: &Arc<dyn TileSource>) -> Self {
        let workers = std::thread::available_parallelism().map_or(1, NonZero::get);
        let (requests, queue) = bounded::<u32>(workers * 2);
        let (done, responses) = bounded(workers * 4);
        for _ in 0..workers {
            let (source, queue, done) = (source.clone(), queue.clone(), done.clone());
            // A worker ends when `Floors` drops the other ends of its channels.
            std::thread::spawn(move || {
                for index in queue {
                    let mips = catch_panic(|| read_chunk(source.as_ref(), index))
                        .unwrap_or_else(|panic| Err(std::io::Error::other(format!("the decoder failed: {panic}"))));
                    if done.send(FloorChunk { index, mips }).is_err() {
                        return;
                    }
                }
            });
        }
        Self {
            layers: Vec::new(),
            wanted: Vec::new(),
            loaded: Vec::new(),
            highest: 0,
            queue: VecDeque::new(),
            queued: Vec::new(),
            in_flight: FxHashMap::default(),
            requests,
            responses,
        }
    }

    /// Requests a portrait's floor, unless it is there or on its way.
    pub fn want(&mut self, portrait: u32) {
        let (chunk, word, bit) = place_in_sets(portrait);
        if chunk >= self.wanted.len() {
            self.wanted.resize(chunk + 1, [0; CHUNK_WORDS]);
            self.loaded.resize(chunk + 1, [0; CHUNK_WORDS]);
            self.queued.resize(chunk + 1, false);
        }
        if self.wanted[chunk][word] & bit != 0 {
            return;
        }
        self.wanted[chunk][word] |= bit;
        if !std::mem::replace(&mut self.queued[chunk], true) {
            self.queue.push_back(chunk as u32);
        }
    }

    /// Requests the floors of a portrait and of all with lower numbers: everybody may come into view.
    pub fn want_up_to(&mut self, portrait: u32) {
        (self.highest..=portrait).for_each(|portrait| self.want(portrait));
        self.highest = self.highest.max(portrait + 1);
    }

    /// Forgets a portrait's floor, which is another's from now on.
    pub fn forget(&mut self, portrait: u32) {
        let (chunk, word, bit) = place_in_sets(portrait);
        let in_flight = self.in_flight.get_mut(&(chunk as u32));
        let sets = [self.wanted.get_mut(chunk), self.loaded.get_mut(chunk), in_flight];
        sets.into_iter().flatten().for_each(|set| set[word] &= !bit);
    }

    /// Whether a portrait's floor is loaded.
    #[must_use]
    pub fn contains(&self, portrait: u32) -> bool {
        let (chunk, word, bit) = place_in_sets(portrait);
        self.loaded.get(chunk).is_some_and(|set| set[word] & bit != 0)
    }

    /// Whether a portrait's floor was requested, and is neither loaded nor known to be unreadable.
    #[must_use]
    pub fn is_awaited(&self, portrait: u32) -> bool {
        let (chunk, word, bit) = place_in_sets(portrait);
        let is_wanted = self.wanted.get(chunk).is_some_and(|set| set[word] & bit != 0);
        is_wanted && !self.contains(portrait) && !self.is_idle()
    }

    /// Whether nothing is on its way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.in_flight.is_empty()
    }

    /// The number of texture layers that the floors take which have been requested.
    #[must_use]
    pub fn layers(&self) -> u32 {
        (self.wanted.len() as u32).div_ceil(CHUNKS_A_LAYER)
    }

    /// Hands chunks to the workers, as many as they take.
    pub fn request(&mut self) {
        for _ in 0..self.queue.len() {
            let Some(chunk) = self.queue.pop_front() else { return };
            if self.in_flight.contains_key(&chunk) {
                // More of it was wanted since: once it is there, it is read again.
                self.queue.push_back(chunk);
                continue;
            }
            match self.requests.try_send(chunk) {
                Ok(()) => {
                    self.queued[chunk as usize] = false;
                    self.in_flight.insert(chunk, self.wanted[chunk as usize]);
                }
                Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                    self.queue.push_front(chunk);
                    return;
                }
            }
        }
    }

    /// Returns a chunk that is read; waits for it if `waits` and one is on its way.
    pub fn receive(&mut self, waits: bool) -> Option<FloorChunk> {
        self.request();
        if waits && !self.in_flight.is_empty() { self.responses.recv().ok() } else { self.responses.try_recv().ok() }
    }

    /// Accepts a chunk that was read. Returns where it is to be uploaded and the portraits that are there with it; none where no
    /// layer is free (`take_layer`), in which case these have no floor.
    pub fn accept(&mut self, index: u32, take_layer: impl FnOnce() -> Option<u32>) -> Option<(ChunkPlace, Vec<u32>)> {
        let wanted = self.in_flight.remove(&index)?;
        let of_layer = (index / CHUNKS_A_LAYER) as usize;
        if self.layers.len() <= of_layer {
            self.layers.resize(of_layer + 1, None);
        }
        let layer = match self.layers[of_layer] {
            Some(layer) => layer,
            None => *self.layers[of_layer].insert(take_layer()?),
        };
        let loaded = &mut self.loaded[index as usize];
        let mut new = Vec::new();
        for (word, (wanted, loaded)) in (0..).zip(wanted.iter().zip(loaded)) {
            let mut bits = wanted & !*loaded;
            *loaded |= wanted;
            while bits != 0 {
                new.push(index * CHUNK + word * 64 + bits.trailing_zeros());
                bits &= bits - 1;
            }
        }
        Some((ChunkPlace { layer, y: index % CHUNKS_A_LAYER * (CHUNK / ACROSS) * Level::FLOOR.side() }, new))
    }

    /// Gives up a chunk that could not be read: its portraits have no floor.
    pub fn reject(&mut self, index: u32) {
        self.in_flight.remove(&index);
    }

    /// Returns where a portrait's floor is, if it is loaded.
    #[must_use]
    pub fn slot(&self, portrait: u32) -> Option<Slot> {
        let layer = (*self.layers.get((portrait / (ACROSS * ACROSS)) as usize)?)?;
        let index = portrait % (ACROSS * ACROSS);
        let [x, y] = [index % ACROSS, index / ACROSS].map(|place| place * Level::FLOOR.side());
        self.contains(portrait).then_some(Slot { layer, x, y, level: Level::FLOOR })
    }
}

/// A portrait's chunk, and its word and bit in the set of the chunk's portraits.
const fn place_in_sets(portrait: u32) -> (usize, usize, u64) {
    let in_chunk = portrait % CHUNK;
    ((portrait / CHUNK) as usize, (in_chunk / 64) as usize, 1 << (in_chunk % 64))
}

fn read_chunk(source: &dyn TileSource, index: u32) -> std::io::Result<Vec<MipTexels>> {
    let first = index * CHUNK;
    let numbers: Vec<_> = (first..first + CHUNK).collect();
    let mut encoded = vec![0; TileLayout::floor().stride() * CHUNK as usize];
    source.read_floors(first, &mut encoded)?;
    Ok(FloorDecoder::default().decode(&encoded, &source.tones(&numbers), ACROSS as usize))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io;

    struct Blank(TileLayout);

    impl TileSource for Blank {
        fn layout(&self) -> &TileLayout {
            &self.0
        }
        fn read_tile(&self, _: u32, prefix: &mut [u8]) -> io::Result<()> {
            prefix.fill(0);
            Ok(())
        }
        fn read_floors(&self, first: u32, floors: &mut [u8]) -> io::Result<()> {
            floors.fill(0);
            if first == CHUNK * 3 { Err(io::Error::other("a bad sector")) } else { Ok(()) }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn all_that_is_wanted_comes_to_a_place_of_its_own(
            rounds in prop::collection::vec(prop::collection::vec(0..CHUNK * 5, 1..50), 1..5), mut unread in 0..4usize,
        ) {
            let source: Arc<dyn TileSource> = Arc::new(Blank(TileLayout::new(32).unwrap()));
            let mut floors = Floors::new(&source);
            let mut all = Vec::new();
            let mut layers = 0;
            for wanted in rounds {
                wanted.iter().for_each(|portrait| floors.want(*portrait));
                all.extend(wanted);
                // A round may begin while another is on its way.
                unread = unread.saturating_sub(1);
                while unread == 0 && !floors.is_idle() {
                    let FloorChunk { index, mips } = floors.receive(true).unwrap();
                    match mips {
                        Ok(mips) => {
                            prop_assert!(mips.iter().map(|mip| mip.side).eq([64, 32, 16, 8]));
                            layers += 1;
                            let (place, new) = floors.accept(index, || Some(layers)).unwrap();
                            for slot in new.iter().map(|portrait| floors.slot(*portrait).unwrap()) {
                                prop_assert!(slot.layer == place.layer && (place.y..place.y + 64).contains(&slot.y));
                            }
                        }
                        Err(_) => floors.reject(index),
                    }
                }
            }
            while !floors.is_idle() {
                let FloorChunk { index, mips } = floors.receive(true).unwrap();
                if mips.is_ok() { drop(floors.accept(index, || Some(99))); } else { floors.reject(index); }
            }
            let mut places = Vec::new();
            for portrait in &all {
                let is_bad = portrait / CHUNK == 3;
                prop_assert!(floors.contains(*portrait) != is_bad && !floors.is_awaited(*portrait));
                places.extend(floors.slot(*portrait).map(|slot| (slot.layer, slot.x, slot.y, *portrait)));
            }
            places.sort_unstable();
            places.dedup();
            prop_assert!(places.windows(2).all(|pair| (pair[0].0, pair[0].1, pair[0].2) != (pair[1].0, pair[1].1, pair[1].2)));
        }
    }
}
