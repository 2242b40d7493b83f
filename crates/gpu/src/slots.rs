//! The allocator of the tile cache: which portrait lies where, at which level. See [`Slots`].

use rustc_hash::FxHashMap;

/// Width and height of a layer's finest mip, in texels of luma.
pub const LAYER_SIDE: u32 = 2048;
/// Mips of a layer: a slot holds its tile at its own level and at all coarser sizes down to a single texel, so that it serves
/// a tile of any size below its own.
pub const MIPS: u32 = 11;
/// The most layers: what the eight bits of a cell's word count, but one value.
pub const MAX_LAYERS: u32 = 255;
/// Frames by which a layer of another level has to be older than the oldest slot of the wanted one to be evicted first: an octave of
/// a zoom takes some 300.
const STALE_FRAMES: u64 = 60;
/// Frames after which what was not used makes room before another layer comes into use, ten seconds: a cache that only ever grew would at
/// last be as large as it may be, for tiles that nobody sees.
pub const LEFT_FRAMES: u64 = 600;
/// Layers up to which that much is kept, 630 MB with all planes. Beyond them what was not used for a second makes room: a zoom from
/// one of a million people to everybody leaves tiles of each level behind.
pub const ROOMY_LAYERS: u32 = 25;
const LEFT_FRAMES_BEYOND: u64 = 60;
/// Frames for which a level takes nothing new once all of it was in use.
const FULL_FRAMES: u64 = 30;
/// The largest tiles that are evicted by rows: 32 of 64 texels, 128 of 16.
const LARGEST_IN_ROWS: Level = Level::of_log2(6);
/// The number of levels.
const LEVELS: usize = 8;
/// Bits of a [`SlotId`] that count the slots of a layer.
const INDEX_BITS: u32 = 14;

/// A level of the pyramid: tiles of 8, 16, 32 … 1024 texels a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Level(u8);

impl Level {
    /// 8 texels: the level of which every portrait has a tile. See [`Floors`](super::floors::Floors).
    pub const FLOOR: Self = Self(0);

    /// The level of tiles of 2 to the power of `log2` texels a side, or the nearest one that there is.
    #[must_use]
    pub const fn of_log2(log2: u32) -> Self {
        let log2 = if log2 > 10 { 10 } else { log2 };
        Self(log2.saturating_sub(3) as u8)
    }

    /// Width and height in texels.
    #[must_use]
    pub const fn side(self) -> u32 {
        8 << self.0
    }

    /// Its side as a power of two, 3 to 10.
    #[must_use]
    pub const fn log2(self) -> u32 {
        self.0 as u32 + 3
    }

    /// Mips of a slot: down to a single texel.
    #[must_use]
    pub const fn mips(self) -> u32 {
        self.log2() + 1
    }

    /// The number of the level, 0 to 7.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    const fn all() -> [Self; LEVELS] {
        [Self(0), Self(1), Self(2), Self(3), Self(4), Self(5), Self(6), Self(7)]
    }

    const fn slots_a_layer(self) -> u32 {
        let across = LAYER_SIDE / self.side();
        across * across
    }
}

/// Where a tile lies: a square of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slot {
    /// Of the texture array.
    pub layer: u32,
    /// Left edge in texels.
    pub x: u32,
    /// Upper edge in texels.
    pub y: u32,
    /// Its level, and so its side.
    pub level: Level,
}

/// A layer, and a slot in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SlotId(u32);

impl SlotId {
    const NONE: Self = Self(u32::MAX);

    const fn new(layer: usize, index: u32) -> Self {
        Self((layer as u32) << INDEX_BITS | index)
    }

    const fn layer(self) -> usize {
        (self.0 >> INDEX_BITS) as usize
    }

    const fn index(self) -> usize {
        (self.0 & ((1 << INDEX_BITS) - 1)) as usize
    }
}

#[derive(Clone, Copy, Debug)]
struct Occupant {
    portrait: u32,
    last_used: u64,
    /// The frame in which vertices last had its place in them.
    drawn: u64,
    /// The next less and the next more recently used slot of the level.
    older: SlotId,
    newer: SlotId,
}

#[derive(Clone, Debug)]
struct Layer {
    level: Level,
    last_used: u64,
    /// The frame in which a slot of it was last in vertices.
    drawn: u64,
    occupants: Vec<Option<Occupant>>,
}

/// The slots of one level.
#[derive(Clone, Debug)]
struct Pool {
    free: Vec<SlotId>,
    oldest: SlotId,
    newest: SlotId,
}

/// An allocator of slots in a bounded number of layers. A layer has slots of one level for as long as nothing else needs it:
///
/// ```text
/// layer 0                layer 1
/// ┌┬┬┬┬┬┬┬┬┬┬┬┬┬┬┬┐      ┌───────┬───────┐
/// ├┼┼┼┼┼┼┼┼┼┼┼┼┼┼┼┤ 16   │       │       │ 1024
/// ├┼┼┼┼┼┼┼┼┼┼┼┼┼┼┼┤      ├───────┼───────┤
/// └┴┴┴┴┴┴┴┴┴┴┴┴┴┴┴┘      └───────┴───────┘
/// ```
///
/// A tile is evicted by least recent use within its level, in constant time; what is in use never is: what was used in the
/// current frame or, of a wall of so many cells that they are examined in turn, in the frames that a turn takes; and what the current
/// frame draws, be it finer than anything needs. A layer that
/// has long been unused goes to the level that needs one, and so do slots, before another layer comes into use. Layers of the floor have no slots: [`Floors`] divides them, and they
/// are never evicted.
///
/// [`Floors`]: super::floors::Floors
#[derive(Clone, Debug)]
pub struct Slots {
    max_layers: usize,
    /// Whether there is no memory for more.
    is_full: bool,
    layers: Vec<Layer>,
    pools: [Pool; LEVELS],
    resident: FxHashMap<u32, [SlotId; LEVELS]>,
    evicted: Vec<u32>,
    frame: u64,
    /// Frames in which all that is shown is used once.
    turn: u64,
    /// By level: the frame in which all of it was in use.
    full: [u64; LEVELS],
}

impl Slots {
    /// An empty allocator of at most that many layers.
    #[must_use]
    pub fn new(max_layers: u32) -> Self {
        let pool = || Pool { free: Vec::new(), oldest: SlotId::NONE, newest: SlotId::NONE };
        Self {
            max_layers: max_layers.clamp(1, MAX_LAYERS) as usize,
            is_full: false,
            layers: Vec::new(),
            pools: Level::all().map(|_| pool()),
            resident: FxHashMap::default(),
            evicted: Vec::new(),
            frame: FULL_FRAMES,
            turn: 1,
            full: [0; LEVELS],
        }
    }

    /// Begins a frame: what is not used from here on, nor was in the `turn` - 1 frames before, may be evicted.
    pub const fn begin_frame(&mut self, turn: u64) {
        self.frame += 1;
        self.turn = turn;
    }

    const fn is_in_use(&self, last_used: u64) -> bool {
        last_used + self.turn > self.frame
    }

    /// Whether there may be room for a tile of a level that is ahead. After all of a level was in use, that is not asked for again at
    /// once: reading a tile for nothing takes the time of what is shown.
    #[must_use]
    pub const fn may_take(&self, level: Level) -> bool {
        self.full[level.index()] + FULL_FRAMES <= self.frame
    }

    /// The number of layers in use.
    #[must_use]
    pub const fn layers(&self) -> u32 {
        self.layers.len() as u32
    }

    /// Returns whether a portrait has a slot of exactly this level.
    #[must_use]
    pub fn contains(&self, portrait: u32, level: Level) -> bool {
        self.resident.get(&portrait).is_some_and(|resident| resident[level.index()] != SlotId::NONE)
    }

    /// The most layers that may come into use.
    #[must_use]
    pub const fn max_layers(&self) -> u32 {
        self.max_layers as u32
    }

    /// Returns a portrait's finest slot.
    #[must_use]
    pub fn finest(&self, portrait: u32) -> Option<Slot> {
        let id = *self.resident.get(&portrait)?.iter().rfind(|id| **id != SlotId::NONE)?;
        Some(self.slot(id))
    }

    /// Returns a portrait's coarsest slot that is at least as fine as `level`.
    #[must_use]
    pub fn coarsest(&self, portrait: u32, level: Level) -> Option<Slot> {
        let id = *self.resident.get(&portrait)?[level.index()..].iter().find(|id| **id != SlotId::NONE)?;
        Some(self.slot(id))
    }

    #[cfg(test)]
    fn of_level(&self, portrait: u32, level: Level) -> Option<Slot> {
        let id = self.resident.get(&portrait)?[level.index()];
        (id != SlotId::NONE).then(|| self.slot(id))
    }

    /// Returns the portraits that have lost a slot since this was last called.
    pub fn take_evicted(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.evicted)
    }

    /// Frees all slots of a portrait.
    pub fn remove(&mut self, portrait: u32) {
        let resident = self.resident.get(&portrait).copied().unwrap_or([SlotId::NONE; LEVELS]);
        for id in resident.into_iter().filter(|id| *id != SlotId::NONE) {
            let level = self.layers[id.layer()].level;
            self.free(id);
            self.pools[level.index()].free.push(id);
        }
        self.evicted.clear();
    }

    /// Whether what was used last then has made room for long.
    fn is_left(&self, last_used: u64) -> bool {
        let left = if self.layers() < ROOMY_LAYERS { LEFT_FRAMES } else { LEFT_FRAMES_BEYOND };
        last_used + left.max(self.turn * 2) < self.frame
    }

    /// The layer that was left the longest ago, with when it was used last, of all but the floor's, those of a level, and those that
    /// this frame draws from.
    fn oldest_layer(&self, but: Level) -> Option<(u64, usize)> {
        let others = self.layers.iter().enumerate();
        let others =
            others.filter(|(_, layer)| ![but, Level::FLOOR].contains(&layer.level) && layer.drawn < self.frame);
        others.map(|(index, layer)| (layer.last_used, index)).min()
    }

    /// Takes a layer for the floor; none when all are in use in this frame, or when no other level would have any.
    pub fn take_floor_layer(&mut self) -> Option<u32> {
        let floors = self.layers.iter().filter(|layer| layer.level == Level::FLOOR).count();
        if floors > 0 && floors + 1 >= self.max_layers {
            return None;
        }
        let stale = self.oldest_layer(Level::FLOOR).filter(|(used, _)| !self.is_in_use(*used));
        let layer = if self.layers.len() < self.max_layers { None } else { Some(stale?.1) };
        let floor = Layer { level: Level::FLOOR, last_used: self.frame, drawn: 0, occupants: Vec::new() };
        let Some(layer) = layer else {
            self.layers.push(floor);
            return Some(self.layers() - 1);
        };
        self.clear(layer);
        self.layers[layer] = floor;
        Some(layer as u32)
    }

    /// Raises the most layers, unless there is no memory for more.
    pub fn allow(&mut self, layers: u32) {
        if !self.is_full {
            self.max_layers = self.max_layers.max(layers.clamp(1, MAX_LAYERS) as usize);
        }
    }

    /// Lowers the most layers to those that there are: there is no memory for more.
    pub fn stop_growing(&mut self, layers: u32) {
        self.is_full = true;
        self.max_layers = (layers as usize).max(self.layers.len()).max(1);
    }

    /// Allocates a slot of a level above the floor for a portrait that has none of it; none when all are in use in this frame.
    pub fn allocate(&mut self, portrait: u32, level: Level) -> Option<Slot> {
        debug_assert!(level > Level::FLOOR && !self.contains(portrait, level), "one slot of a level for each portrait");
        let is_free = !self.pools[level.index()].free.is_empty();
        if !is_free && !self.reuse_left(level) && !self.add_layer(level) && !self.evict(level) {
            self.full[level.index()] = self.frame;
            return None;
        }
        let id = self.pools[level.index()].free.pop()?;
        self.resident.entry(portrait).or_insert([SlotId::NONE; LEVELS])[level.index()] = id;
        let occupant = Occupant { portrait, last_used: self.frame, drawn: 0, older: SlotId::NONE, newer: SlotId::NONE };
        self.layers[id.layer()].occupants[id.index()] = Some(occupant);
        self.link_newest(id);
        self.layers[id.layer()].last_used = self.frame;
        Some(self.slot(id))
    }

    /// Returns whether the next slot of a level is in a layer that is not in use yet.
    #[must_use]
    pub fn needs_layer(&self, level: Level) -> bool {
        let has_left = || {
            let of_layer = self.oldest_layer(level).map(|(used, _)| used);
            self.oldest(level).map(|(_, used)| used).into_iter().chain(of_layer).any(|used| self.is_left(used))
        };
        self.pools[level.index()].free.is_empty() && self.layers.len() < self.max_layers && !has_left()
    }

    /// The least recently used slot of a level that this frame does not draw, and when it was used; none where it has none.
    fn oldest(&self, level: Level) -> Option<(SlotId, u64)> {
        let mut id = self.pools[level.index()].oldest;
        // What is drawn without being used is finer than it needs to be, and so seldom more than a few.
        while let Some(occupant) = self.occupant(id) {
            if occupant.drawn < self.frame {
                return Some((id, occupant.last_used));
            }
            id = occupant.newer;
        }
        None
    }

    /// Frees what was left for long: slots of the level, or a layer of another one.
    fn reuse_left(&mut self, level: Level) -> bool {
        if let Some((oldest, used)) = self.oldest(level).filter(|(_, used)| self.is_left(*used)) {
            self.evict_beside(oldest, used);
            return true;
        }
        let Some((_, layer)) = self.oldest_layer(level).filter(|(used, _)| self.is_left(*used)) else { return false };
        self.clear(layer);
        self.assign(layer, level);
        true
    }

    /// Adds a layer to a level, as long as there are any.
    fn add_layer(&mut self, level: Level) -> bool {
        if self.layers.len() == self.max_layers {
            return false;
        }
        self.layers.push(Layer { level, last_used: 0, drawn: 0, occupants: Vec::new() });
        self.assign(self.layers.len() - 1, level);
        true
    }

    /// Gives an empty layer to a level.
    fn assign(&mut self, layer: usize, level: Level) {
        let slots = level.slots_a_layer();
        self.layers[layer] = Layer { level, last_used: 0, drawn: 0, occupants: vec![None; slots as usize] };
        // Popped from the end: the first occupant lies upper left.
        self.pools[level.index()].free.extend((0..slots).rev().map(|index| SlotId::new(layer, index)));
    }

    /// Frees the least recently used slot of a level, or all of a layer of another level that is much older.
    fn evict(&mut self, level: Level) -> bool {
        let (oldest, last_used) = self.oldest(level).unwrap_or((SlotId::NONE, u64::MAX));
        let stale = self.oldest_layer(level).filter(|(used, _)| !self.is_in_use(*used));
        // None at all is in use, too.
        let is_full = last_used == u64::MAX || self.is_in_use(last_used);
        match stale {
            Some((used, layer)) if is_full || used + STALE_FRAMES < last_used => {
                self.clear(layer);
                self.assign(layer, level);
                true
            }
            _ if !is_full => {
                self.evict_beside(oldest, last_used);
                true
            }
            _ => false,
        }
    }

    /// Evicts the least recently used slot of a level and, of small tiles, those in its row that were left at about the same time: the
    /// next ones lie side by side, and go up in one write.
    fn evict_beside(&mut self, oldest: SlotId, last_used: u64) {
        let level = self.layers[oldest.layer()].level;
        let across = (LAYER_SIDE / level.side()) as usize;
        let first = oldest.index() / across * across;
        let row = if level > LARGEST_IN_ROWS { oldest.index()..oldest.index() + 1 } else { first..first + across };
        // The free ones are taken from the end: those of the row from its left.
        for id in row.rev().map(|index| SlotId::new(oldest.layer(), index as u32)) {
            let Some(Occupant { last_used: used, drawn, .. }) = self.occupant(id).copied() else { continue };
            if used <= last_used + STALE_FRAMES && !self.is_in_use(used) && drawn < self.frame {
                self.free(id);
                self.pools[level.index()].free.push(id);
            }
        }
    }

    /// Evicts all of a layer; its level loses the slots.
    fn clear(&mut self, layer: usize) {
        for index in 0..self.layers[layer].occupants.len() {
            if self.layers[layer].occupants[index].is_some() {
                self.free(SlotId::new(layer, index as u32));
            }
        }
        let level = self.layers[layer].level;
        self.pools[level.index()].free.retain(|id| id.layer() != layer);
    }

    fn free(&mut self, id: SlotId) {
        self.unlink(id);
        let Some(Occupant { portrait, .. }) = self.layers[id.layer()].occupants[id.index()].take() else { return };
        self.evicted.push(portrait);
        let level = self.layers[id.layer()].level.index();
        if let Some(resident) = self.resident.get_mut(&portrait) {
            resident[level] = SlotId::NONE;
            if resident.iter().all(|id| *id == SlotId::NONE) {
                self.resident.remove(&portrait);
            }
        }
    }

    /// Marks a slot as used in this frame; nothing for one of the floor.
    pub fn mark_used(&mut self, slot: Slot) {
        if slot.level > Level::FLOOR {
            self.mark(Self::id(slot));
        }
    }

    /// Keeps a slot until this frame is drawn, without any use of it; nothing for one of the floor.
    pub fn mark_drawn(&mut self, slot: Slot) {
        let (id, frame) = (Self::id(slot), self.frame);
        if slot.level > Level::FLOOR
            && let Some(occupant) = self.occupant_mut(id)
        {
            occupant.drawn = frame;
            self.layers[id.layer()].drawn = frame;
        }
    }

    const fn id(slot: Slot) -> SlotId {
        let (side, across) = (slot.level.side(), LAYER_SIDE / slot.level.side());
        SlotId::new(slot.layer as usize, slot.y / side * across + slot.x / side)
    }

    fn mark(&mut self, id: SlotId) {
        let frame = self.frame;
        let Some(occupant) = self.occupant_mut(id) else { return };
        if occupant.last_used == frame {
            return;
        }
        occupant.last_used = frame;
        self.layers[id.layer()].last_used = frame;
        self.unlink(id);
        self.link_newest(id);
    }

    fn unlink(&mut self, id: SlotId) {
        let Some(Occupant { older, newer, .. }) = self.occupant(id).copied() else { return };
        let level = self.layers[id.layer()].level.index();
        match self.occupant_mut(older) {
            Some(occupant) => occupant.newer = newer,
            None => self.pools[level].oldest = newer,
        }
        match self.occupant_mut(newer) {
            Some(occupant) => occupant.older = older,
            None => self.pools[level].newest = older,
        }
    }

    fn link_newest(&mut self, id: SlotId) {
        let level = self.layers[id.layer()].level.index();
        let before = std::mem::replace(&mut self.pools[level].newest, id);
        match self.occupant_mut(before) {
            Some(occupant) => occupant.newer = id,
            None => self.pools[level].oldest = id,
        }
        if let Some(occupant) = self.occupant_mut(id) {
            (occupant.older, occupant.newer) = (before, SlotId::NONE);
        }
    }

    fn occupant(&self, id: SlotId) -> Option<&Occupant> {
        self.layers.get(id.layer())?.occupants.get(id.index())?.as_ref()
    }

    fn occupant_mut(&mut self, id: SlotId) -> Option<&mut Occupant> {
        self.layers.get_mut(id.layer())?.occupants.get_mut(id.index())?.as_mut()
    }

    fn slot(&self, id: SlotId) -> Slot {
        let level = self.layers[id.layer()].level;
        let across = LAYER_SIDE / level.side();
        let index = id.index() as u32;
        let (x, y) = (index % across * level.side(), index / across * level.side());
        Slot { layer: id.layer() as u32, x, y, level }
    }
}

#[cfg(test)]
mod tests;
