//! The allocator of the tile atlas: which portrait lies where in which layer. See [`Atlas`].

use std::collections::HashMap;

/// Width and height of every layer, in texels of luma.
pub const LAYER_SIDE: u32 = 2048;
/// Shelves are about this high, so that scenes of many sizes share few layers.
const SHELF_HEIGHT: u32 = 512;
/// Frames by which the least recently used shelf has to be older than an entry of the wanted size to be evicted first.
const STALE_FRAMES: u64 = 600;

/// An entry's width and height in texels of luma; both even, as chroma is subsampled by 2 each way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntrySize {
    /// Texels, even, at least 2.
    pub width: u32,
    /// Texels, even, at least 2.
    pub height: u32,
    /// One of many similar sizes of a tile whose scale varies: it shares shelves with the others.
    pub stepped: bool,
}

impl EntrySize {
    /// A size with shelves of its own.
    #[must_use]
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height, stepped: false }
    }

    /// The size of the shelf cell that holds it: its own, or for a stepped size the next of two to an octave.
    fn cell(self) -> Self {
        if !self.stepped {
            return self;
        }
        let up = |side: u32| {
            let step = ((f64::from(side).log2() * 2.0 - 1e-9).ceil() / 2.0).exp2();
            (step.ceil() as u32).next_multiple_of(2).min(LAYER_SIDE)
        };
        Self { width: up(self.width), height: up(self.height), stepped: true }
    }
}

/// Where one tile lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtlasEntry {
    /// Of the texture array.
    pub layer: u32,
    /// Left edge in texels.
    pub x: u32,
    /// Upper edge in texels.
    pub y: u32,
    /// Width and height.
    pub size: EntrySize,
}

#[derive(Clone, Copy, Debug)]
struct Occupant {
    portrait: u32,
    size: EntrySize,
    last_used: u64,
}

/// A strip as wide as a layer, divided into cells of one size, each for one entry.
#[derive(Clone, Debug)]
struct Shelf {
    layer: usize,
    y: u32,
    height: u32,
    /// An entry may be smaller than its cell.
    cell: EntrySize,
    occupants: Vec<Option<Occupant>>,
    free: Vec<usize>,
}

/// The index of a shelf, and of a cell in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct CellIndex {
    shelf: usize,
    cell: usize,
}

/// Empty texels above, between or below the shelves of a layer.
#[derive(Clone, Copy)]
struct Gap {
    layer: usize,
    y: u32,
    height: u32,
}

/// A shelf allocator over a fixed number of layers. Each shelf has cells of one size for as long as it exists:
///
/// ```text
/// layer 0                layer 1
/// ┌──┬──┬──┬──┬──┐       ┌─────┬─────┬──┐
/// ├──┼──┼──┼──┼──┤ 72×90 │     │     │  │ 400×500
/// ├──┼──┼──┼──┼──┤       ├┬┬┬┬┬┴┬┬┬┬┬┴┬┬┤
/// ├──┴──┴──┴──┴──┤       ├┼┼┼┼┼┼┼┼┼┼┼┼┼┼┤ 16×16
/// └── unused ────┘       └┴┴┴┴┴┴┴┴┴┴┴┴┴┴┘
/// ```
///
/// Entries are evicted by least recent use; what was [touched](Self::touch) in the current frame never is. A portrait can
/// have entries of several sizes.
#[derive(Clone, Debug)]
pub struct Atlas {
    layers: usize,
    /// Indices of evicted shelves are used again.
    shelves: Vec<Option<Shelf>>,
    entries: HashMap<(u32, EntrySize), CellIndex>,
    frame: u64,
}

impl Atlas {
    /// An empty atlas.
    #[must_use]
    pub fn new(layers: usize) -> Self {
        Self { layers, shelves: Vec::new(), entries: HashMap::new(), frame: 0 }
    }

    /// Begins a frame: whatever is not touched from here on may be evicted.
    pub const fn begin_frame(&mut self) {
        self.frame += 1;
    }

    /// Returns the entry of a portrait at this size, and marks it as used in this frame.
    pub fn touch(&mut self, portrait: u32, size: EntrySize) -> Option<AtlasEntry> {
        let index = *self.entries.get(&(portrait, size))?;
        let shelf = self.shelves[index.shelf].as_mut()?;
        if let Some(occupant) = &mut shelf.occupants[index.cell] {
            occupant.last_used = self.frame;
        }
        Some(shelf.entry(index.cell))
    }

    /// Allocates an entry for a portrait at this size; none when all layers are full of entries of this frame.
    pub fn allocate(&mut self, portrait: u32, size: EntrySize) -> Option<AtlasEntry> {
        debug_assert!(!self.entries.contains_key(&(portrait, size)), "touch before allocating");
        if size.width > LAYER_SIDE || size.height > LAYER_SIDE {
            return None;
        }
        let wanted = size.cell();
        let index = self
            .shelf_with_free_cell(wanted)
            .or_else(|| self.new_shelf(wanted))
            .or_else(|| self.evict_entry(wanted))
            .or_else(|| self.evict_shelves(wanted))?;
        let shelf = self.shelves[index].as_mut()?;
        let cell = shelf.free.pop()?;
        shelf.occupants[cell] = Some(Occupant { portrait, size, last_used: self.frame });
        self.entries.insert((portrait, size), CellIndex { shelf: index, cell });
        Some(shelf.entry(cell))
    }

    fn shelves(&self) -> impl Iterator<Item = (usize, &Shelf)> {
        self.shelves.iter().enumerate().filter_map(|(index, shelf)| Some((index, shelf.as_ref()?)))
    }

    fn shelf_with_free_cell(&self, cell: EntrySize) -> Option<usize> {
        self.shelves().find(|(_, shelf)| shelf.cell == cell && !shelf.free.is_empty()).map(|(index, _)| index)
    }

    /// Adds a shelf of whole cells in a gap, [`SHELF_HEIGHT`] or one cell high; less where no gap has as much.
    fn new_shelf(&mut self, cell: EntrySize) -> Option<usize> {
        let wanted = (SHELF_HEIGHT / cell.height).max(1) * cell.height;
        // The smallest gap that holds all, else the largest.
        let fit = |gap: &Gap| if gap.height >= wanted { u32::MAX - gap.height } else { gap.height };
        let gap = self.gaps().filter(|gap| gap.height >= cell.height).max_by_key(fit)?;
        let height = gap.height.min(wanted) / cell.height * cell.height;
        let capacity = ((LAYER_SIDE / cell.width) * (height / cell.height)) as usize;
        // Popped from the end: the first occupant lies upper left.
        let free = (0..capacity).rev().collect();
        let shelf = Shelf { layer: gap.layer, y: gap.y, height, cell, occupants: vec![None; capacity], free };
        let index = self.shelves.iter().position(Option::is_none).unwrap_or(self.shelves.len());
        if index == self.shelves.len() {
            self.shelves.push(None);
        }
        self.shelves[index] = Some(shelf);
        Some(index)
    }

    fn gaps(&self) -> impl Iterator<Item = Gap> {
        let mut taken: Vec<_> = self.shelves().map(|(_, shelf)| (shelf.layer, shelf.y, shelf.height)).collect();
        // The ends of the layers are shelves of no height.
        taken.extend((0..self.layers).map(|layer| (layer, LAYER_SIDE, 0)));
        taken.sort_unstable();
        let (mut layer, mut end) = (0, 0);
        taken.into_iter().filter_map(move |(next_layer, y, height)| {
            if next_layer != layer {
                (layer, end) = (next_layer, 0);
            }
            let gap = Gap { layer, y: end, height: y - end };
            end = y + height;
            (gap.height > 0).then_some(gap)
        })
    }

    /// Frees the least recently used cell of this size; returns its shelf.
    fn evict_entry(&mut self, wanted: EntrySize) -> Option<usize> {
        let cells = self.shelves().filter(|(_, shelf)| shelf.cell == wanted).flat_map(|(index, shelf)| {
            let occupied = shelf.occupants.iter().enumerate();
            occupied.filter_map(move |(cell, occupant)| Some((CellIndex { shelf: index, cell }, (*occupant)?)))
        });
        let oldest = cells.min_by_key(|(_, occupant)| occupant.last_used);
        let (index, occupant) = oldest.filter(|(_, occupant)| occupant.last_used < self.frame)?;
        // A whole shelf of another size that is much older goes first.
        if self.oldest_shelf().is_some_and(|(_, last_used)| last_used + STALE_FRAMES < occupant.last_used) {
            return None;
        }
        self.entries.remove(&(occupant.portrait, occupant.size));
        let shelf = self.shelves[index.shelf].as_mut()?;
        shelf.occupants[index.cell] = None;
        shelf.free.push(index.cell);
        Some(index.shelf)
    }

    /// The least recently used shelf, and the frame of that use, unless it is the current one.
    fn oldest_shelf(&self) -> Option<(usize, u64)> {
        let used = self.shelves().map(|(index, shelf)| (index, shelf.last_used()));
        used.min_by_key(|(_, last_used)| *last_used).filter(|(_, last_used)| *last_used < self.frame)
    }

    /// Evicts shelves, the least recently used first, until a new one of this cell size fits.
    fn evict_shelves(&mut self, wanted: EntrySize) -> Option<usize> {
        loop {
            let (index, _) = self.oldest_shelf()?;
            for occupant in self.shelves[index].take()?.occupants.into_iter().flatten() {
                self.entries.remove(&(occupant.portrait, occupant.size));
            }
            if let Some(index) = self.new_shelf(wanted) {
                return Some(index);
            }
        }
    }

    /// The number of entries.
    #[must_use]
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.entries.len()
    }
}

impl Shelf {
    fn entry(&self, index: usize) -> AtlasEntry {
        let Self { layer, y, cell, .. } = *self;
        let across = (LAYER_SIDE / cell.width) as usize;
        // At most a few hundred layers, and no more cells in one than texels.
        let (column, row) = ((index % across) as u32, (index / across) as u32);
        let size = self.occupants[index].map_or(cell, |occupant| occupant.size);
        AtlasEntry { layer: layer as u32, x: column * cell.width, y: y + row * cell.height, size }
    }

    fn last_used(&self) -> u64 {
        self.occupants.iter().flatten().map(|occupant| occupant.last_used).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn verify_invariants(atlas: &Atlas) {
        let mut occupied = 0;
        let shelves: Vec<_> = atlas.shelves().collect();
        for (number, shelf) in &shelves {
            assert!(shelf.y + shelf.height <= LAYER_SIDE && shelf.layer < atlas.layers);
            for (other, beside) in &shelves {
                let apart = beside.layer != shelf.layer
                    || beside.y + beside.height <= shelf.y
                    || shelf.y + shelf.height <= beside.y;
                assert!(number == other || apart, "{shelf:?} lies on {beside:?}");
            }
            let taken = shelf.occupants.iter().flatten().count();
            assert_eq!(taken + shelf.free.len(), shelf.occupants.len());
            occupied += taken;
            for (index, occupant) in shelf.occupants.iter().enumerate() {
                let Some(occupant) = occupant else { continue };
                assert_eq!(
                    atlas.entries[&(occupant.portrait, occupant.size)],
                    CellIndex { shelf: *number, cell: index }
                );
                let AtlasEntry { x, y, size, .. } = shelf.entry(index);
                assert!(x + size.width <= LAYER_SIDE && y >= shelf.y && y + size.height <= shelf.y + shelf.height);
            }
        }
        assert_eq!(occupied, atlas.len());
    }

    proptest! {
        #[test]
        fn no_entry_in_use_is_evicted_and_no_entries_overlap(
            layers in 1..4usize,
            frames in prop::collection::vec((prop::collection::vec(0..40u32, 0..30), 100..500u32, 100..500u32), 1..30),
        ) {
            let mut atlas = Atlas::new(layers);
            for (portraits, width, height) in frames {
                let size = EntrySize { width: width * 2, height: height * 2, stepped: width % 2 == 0 };
                atlas.begin_frame();
                let mut placed: HashMap<u32, AtlasEntry> = HashMap::new();
                let wanted = portraits.iter().collect::<std::collections::HashSet<_>>().len();
                for portrait in portraits {
                    let entry = atlas.touch(portrait, size).or_else(|| atlas.allocate(portrait, size));
                    if let Some(entry) = entry {
                        placed.insert(portrait, entry);
                    }
                    verify_invariants(&atlas);
                }
                for (portrait, entry) in &placed {
                    prop_assert_eq!(atlas.touch(*portrait, size), Some(*entry));
                }
                let places: std::collections::HashSet<_> = placed.values().map(|s| (s.layer, s.x, s.y)).collect();
                prop_assert_eq!(places.len(), placed.len());
                // However the layers were divided before, at least half of them can be used.
                let cell = size.cell();
                prop_assert!(cell.width >= size.width && cell.height >= size.height);
                let fits = ((LAYER_SIDE / cell.width) * (LAYER_SIDE / cell.height)) as usize * layers;
                prop_assert!(placed.len() >= wanted.min(fits / 2), "{} of {wanted}, {fits} fit", placed.len());
            }
        }
    }

    #[test]
    fn a_full_frame_is_refused_and_the_next_one_starts_afresh() {
        let mut atlas = Atlas::new(1);
        let (large, small) = (EntrySize::new(2048, 2048), EntrySize::new(16, 16));
        atlas.begin_frame();
        assert!(atlas.allocate(1, large).is_some());
        assert!(atlas.allocate(2, large).is_none() && atlas.allocate(2, small).is_none());
        atlas.begin_frame();
        assert!(atlas.allocate(2, small).is_some());
        assert!(atlas.touch(1, large).is_none());
        assert!(atlas.allocate(3, EntrySize::new(4096, 2)).is_none());
    }
}
