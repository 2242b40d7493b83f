//! Which tile lies where in the pages: a pure allocator. See [`Atlas`].

use std::collections::HashMap;

/// Width and height of every page, in texels of luma.
pub const PAGE_SIDE: u32 = 2048;

/// A slot's width and height in texels of luma; both even, for the chroma has half of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntrySize {
    /// Texels, even, at least 2.
    pub width: u32,
    /// Texels, even, at least 2.
    pub height: u32,
    /// One of many sizes that a tile has by and by: it lies in bands together with similar ones.
    pub stepped: bool,
}

impl EntrySize {
    /// A size of its own.
    #[must_use]
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height, stepped: false }
    }

    /// The size of the part of a band that it takes: its own, or the next of two to a doubling.
    fn room(self) -> Self {
        if !self.stepped {
            return self;
        }
        let up = |side: u32| {
            let step = ((f64::from(side).log2() * 2.0 - 1e-9).ceil() / 2.0).exp2();
            (step.ceil() as u32).next_multiple_of(2).min(PAGE_SIDE)
        };
        Self { width: up(self.width), height: up(self.height), stepped: true }
    }
}

/// Where one tile lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtlasEntry {
    /// The page, which is the layer of the texture.
    pub page: u32,
    /// Left edge in texels.
    pub x: u32,
    /// Upper edge in texels.
    pub y: u32,
    /// Width and height.
    pub size: EntrySize,
}

#[derive(Clone, Copy, Debug)]
struct Tenant {
    portrait: u32,
    size: EntrySize,
    last_used: u64,
}

/// A part of a page as wide as the page, cut into slots of one size.
#[derive(Clone, Debug)]
struct Band {
    page: usize,
    y: u32,
    height: u32,
    /// Of each of its slots; a tenant may take less of it.
    room: EntrySize,
    tenants: Vec<Option<Tenant>>,
    free: Vec<usize>,
}

/// Bands are about this high, so that scenes of many sizes share few pages.
const BAND_HEIGHT: u32 = 512;

/// Fixed pages, cut into bands, each of which has slots of one size while it is in use:
///
/// ```text
/// page 0                 page 1
/// ┌──┬──┬──┬──┬──┐       ┌─────┬─────┬──┐
/// ├──┼──┼──┼──┼──┤ 72×90 │     │     │  │ 400×500
/// ├──┼──┼──┼──┼──┤       ├┬┬┬┬┬┴┬┬┬┬┬┴┬┬┤
/// ├──┴──┴──┴──┴──┤       ├┼┼┼┼┼┼┼┼┼┼┼┼┼┼┤ 16×16
/// └── unused ────┘       └┴┴┴┴┴┴┴┴┴┴┴┴┴┴┘
/// ```
///
/// Nothing that was [touched](Self::touch) in the current frame is ever evicted. A portrait can have slots of several
/// sizes.
#[derive(Clone, Debug)]
pub struct Atlas {
    pages: usize,
    /// By their numbers; a number is taken again once its band is gone.
    bands: Vec<Option<Band>>,
    entries: HashMap<(u32, EntrySize), (usize, usize)>,
    frame: u64,
}

impl Atlas {
    /// `pages` empty pages.
    #[must_use]
    pub fn new(pages: usize) -> Self {
        Self { pages, bands: Vec::new(), entries: HashMap::new(), frame: 0 }
    }

    /// Begins a frame: whatever is not touched from here on may be evicted.
    pub const fn begin_frame(&mut self) {
        self.frame += 1;
    }

    /// Where a portrait lies in this size, marking it as in use in this frame.
    pub fn touch(&mut self, portrait: u32, size: EntrySize) -> Option<AtlasEntry> {
        let (number, index) = *self.entries.get(&(portrait, size))?;
        let band = self.bands[number].as_mut()?;
        if let Some(tenant) = &mut band.tenants[index] {
            tenant.last_used = self.frame;
        }
        Some(band.entry(index))
    }

    /// Gives a portrait a slot of this size; none when every page is full of what this frame uses.
    pub fn allocate(&mut self, portrait: u32, size: EntrySize) -> Option<AtlasEntry> {
        debug_assert!(!self.entries.contains_key(&(portrait, size)), "touch before allocating");
        if size.width > PAGE_SIDE || size.height > PAGE_SIDE {
            return None;
        }
        let room = size.room();
        let number = self
            .band_with_room(room)
            .or_else(|| self.new_band(room, BAND_HEIGHT))
            .or_else(|| self.evict_one(room))
            .or_else(|| self.evict_bands(room))?;
        let band = self.bands[number].as_mut()?;
        let index = band.free.pop()?;
        band.tenants[index] = Some(Tenant { portrait, size, last_used: self.frame });
        self.entries.insert((portrait, size), (number, index));
        Some(band.entry(index))
    }

    fn band_with_room(&self, size: EntrySize) -> Option<usize> {
        self.bands.iter().position(|band| band.as_ref().is_some_and(|band| band.room == size && !band.free.is_empty()))
    }

    /// Lays a new band of whole slots where there is room, as high as `height` or one slot; less where less is free.
    fn new_band(&mut self, size: EntrySize, height: u32) -> Option<usize> {
        let wanted = (height / size.height).max(1) * size.height;
        let (page, y, room) =
            self.free_room().filter(|(.., room)| *room >= size.height).max_by_key(|(_, _, room)| {
                // The smallest that holds all, else the largest.
                if *room >= wanted { u32::MAX - *room } else { *room }
            })?;
        let height = room.min(wanted) / size.height * size.height;
        let capacity = ((PAGE_SIDE / size.width) * (height / size.height)) as usize;
        // Taken from the end: the first tenant lies upper left.
        let band =
            Band { page, y, height, room: size, tenants: vec![None; capacity], free: (0..capacity).rev().collect() };
        let number = self.bands.iter().position(Option::is_none).unwrap_or(self.bands.len());
        if number == self.bands.len() {
            self.bands.push(None);
        }
        self.bands[number] = Some(band);
        Some(number)
    }

    /// Parts of pages where no band is: page, upper edge, height.
    fn free_room(&self) -> impl Iterator<Item = (usize, u32, u32)> {
        let mut taken: Vec<_> = self.bands.iter().flatten().map(|band| (band.page, band.y, band.height)).collect();
        // The ends of the pages are bands of no height.
        taken.extend((0..self.pages).map(|page| (page, PAGE_SIDE, 0)));
        taken.sort_unstable();
        let (mut page, mut end) = (0, 0);
        taken.into_iter().filter_map(move |(next_page, y, height)| {
            if next_page != page {
                (page, end) = (next_page, 0);
            }
            let free = (page, end, y - end);
            end = y + height;
            (free.2 > 0).then_some(free)
        })
    }

    /// Frees the slot of this size that was used longest ago.
    fn evict_one(&mut self, size: EntrySize) -> Option<usize> {
        let of_size = self.bands.iter().enumerate().filter_map(|(number, band)| Some((number, band.as_ref()?)));
        let oldest = of_size
            .filter(|(_, band)| band.room == size)
            .flat_map(|(number, band)| band.tenants.iter().enumerate().map(move |(index, t)| (number, index, t)))
            .filter_map(|(number, index, tenant)| tenant.map(|tenant| (tenant, number, index)))
            .min_by_key(|(tenant, ..)| tenant.last_used)
            .filter(|(tenant, ..)| tenant.last_used < self.frame);
        let (tenant, number, index) = oldest?;
        // What lies in a band of another size may be older still, and of no use to anybody.
        if self.oldest_band().is_some_and(|(_, last_used)| last_used + STALE_FRAMES < tenant.last_used) {
            return None;
        }
        self.entries.remove(&(tenant.portrait, tenant.size));
        let band = self.bands[number].as_mut()?;
        band.tenants[index] = None;
        band.free.push(index);
        Some(number)
    }

    /// The band that was used longest ago, and when.
    fn oldest_band(&self) -> Option<(usize, u64)> {
        let used =
            self.bands.iter().enumerate().filter_map(|(number, band)| Some((number, band.as_ref()?.last_used())));
        used.min_by_key(|(_, last_used)| *last_used).filter(|(_, last_used)| *last_used < self.frame)
    }

    /// Clears bands, those first that were used longest ago, until there is room for one of this size.
    fn evict_bands(&mut self, size: EntrySize) -> Option<usize> {
        loop {
            let (number, _) = self.oldest_band()?;
            if let Some(band) = self.bands[number].take() {
                for tenant in band.tenants.iter().flatten() {
                    self.entries.remove(&(tenant.portrait, tenant.size));
                }
            }
            if let Some(number) = self.new_band(size, BAND_HEIGHT) {
                return Some(number);
            }
        }
    }

    /// How many tiles lie in the pages.
    #[must_use]
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.entries.len()
    }
}

/// A band that was not used for so much longer than a slot of the wanted size goes before it.
const STALE_FRAMES: u64 = 600;

impl Band {
    fn entry(&self, index: usize) -> AtlasEntry {
        let Self { page, y, room, .. } = *self;
        let across = (PAGE_SIDE / room.width) as usize;
        // Pages are a few hundred at the most, and a page has no more slots than texels.
        let (column, row) = ((index % across) as u32, (index / across) as u32);
        let size = self.tenants[index].map_or(room, |tenant| tenant.size);
        AtlasEntry { page: page as u32, x: column * room.width, y: y + row * room.height, size }
    }

    fn last_used(&self) -> u64 {
        self.tenants.iter().flatten().map(|tenant| tenant.last_used).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn verify_invariants(entries: &Atlas) {
        let mut tenants = 0;
        let bands: Vec<_> =
            entries.bands.iter().enumerate().filter_map(|(n, band)| Some((n, band.as_ref()?))).collect();
        for (number, band) in &bands {
            assert!(band.y + band.height <= PAGE_SIDE && band.page < entries.pages);
            for (other, beside) in &bands {
                let apart =
                    beside.page != band.page || beside.y + beside.height <= band.y || band.y + band.height <= beside.y;
                assert!(number == other || apart, "{band:?} lies on {beside:?}");
            }
            let taken = band.tenants.iter().flatten().count();
            assert_eq!(taken + band.free.len(), band.tenants.len());
            tenants += taken;
            for (index, tenant) in band.tenants.iter().enumerate() {
                let Some(tenant) = tenant else { continue };
                assert_eq!(entries.entries[&(tenant.portrait, tenant.size)], (*number, index));
                let AtlasEntry { x, y, size, .. } = band.entry(index);
                assert!(x + size.width <= PAGE_SIDE && y >= band.y && y + size.height <= band.y + band.height);
            }
        }
        assert_eq!(tenants, entries.len());
    }

    proptest! {
        #[test]
        fn nobody_in_use_is_evicted_and_nobody_lies_on_another(
            pages in 1..4usize,
            frames in prop::collection::vec((prop::collection::vec(0..40u32, 0..30), 100..500u32, 100..500u32), 1..30),
        ) {
            let mut entries = Atlas::new(pages);
            for (portraits, width, height) in frames {
                let size = EntrySize { width: width * 2, height: height * 2, stepped: width % 2 == 0 };
                entries.begin_frame();
                let mut placed: HashMap<u32, AtlasEntry> = HashMap::new();
                let wanted = portraits.iter().collect::<std::collections::HashSet<_>>().len();
                for portrait in portraits {
                    let entry = entries.touch(portrait, size).or_else(|| entries.allocate(portrait, size));
                    if let Some(entry) = entry {
                        placed.insert(portrait, entry);
                    }
                    verify_invariants(&entries);
                }
                for (portrait, entry) in &placed {
                    prop_assert_eq!(entries.touch(*portrait, size), Some(*entry));
                }
                let places: std::collections::HashSet<_> = placed.values().map(|s| (s.page, s.x, s.y)).collect();
                prop_assert_eq!(places.len(), placed.len());
                // However the pages were cut before, half of them at least is of use.
                let room = size.room();
                prop_assert!(room.width >= size.width && room.height >= size.height);
                let fits = ((PAGE_SIDE / room.width) * (PAGE_SIDE / room.height)) as usize * pages;
                prop_assert!(placed.len() >= wanted.min(fits / 2), "{} of {wanted}, {fits} fit", placed.len());
            }
        }
    }

    #[test]
    fn a_full_frame_is_refused_and_the_next_one_starts_afresh() {
        let mut entries = Atlas::new(1);
        let (large, small) = (EntrySize::new(2048, 2048), EntrySize::new(16, 16));
        entries.begin_frame();
        assert!(entries.allocate(1, large).is_some());
        assert!(entries.allocate(2, large).is_none() && entries.allocate(2, small).is_none());
        entries.begin_frame();
        assert!(entries.allocate(2, small).is_some());
        assert!(entries.touch(1, large).is_none());
        assert!(entries.allocate(3, EntrySize::new(4096, 2)).is_none());
    }
}
