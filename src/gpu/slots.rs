//! Which tile lies where in the pages: a pure allocator. See [`Slots`].

use std::collections::HashMap;

/// Width and height of every page, in texels of luma.
pub const PAGE_SIDE: u32 = 2048;

/// A slot's width and height in texels of luma; both even, for the chroma has half of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SlotSize {
    /// Texels, even, at least 2.
    pub width: u32,
    /// Texels, even, at least 2.
    pub height: u32,
}

/// Where one tile lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The page, which is the layer of the texture.
    pub page: u32,
    /// Left edge in texels.
    pub x: u32,
    /// Upper edge in texels.
    pub y: u32,
    /// Width and height.
    pub size: SlotSize,
}

#[derive(Clone, Copy, Debug)]
struct Tenant {
    portrait: u32,
    last_used: u64,
}

#[derive(Clone, Debug, Default)]
struct Page {
    size: Option<SlotSize>,
    tenants: Vec<Option<Tenant>>,
    free: Vec<usize>,
}

/// Fixed pages, each cut into slots of one size while it is in use:
///
/// ```text
/// page 0: 72×90        page 1: 72×90        page 2: 16×16        page 3: unused
/// ┌──┬──┬──┬──┐        ┌──┬──┬──┬──┐        ┌┬┬┬┬┬┬┬┐            ┌───────────┐
/// ├──┼──┼──┼──┤        ├──┼──┼──┼──┤        ├┼┼┼┼┼┼┼┤            │           │
/// └──┴──┴──┴──┘        └──┴──┴──┴──┘        └┴┴┴┴┴┴┴┘            └───────────┘
/// ```
///
/// Nothing that was [touched](Self::touch) in the current frame is ever evicted. A portrait can have slots of several
/// sizes.
#[derive(Clone, Debug)]
pub struct Slots {
    pages: Vec<Page>,
    slots: HashMap<(u32, SlotSize), (usize, usize)>,
    frame: u64,
}

impl Slots {
    /// `pages` empty pages.
    #[must_use]
    pub fn new(pages: usize) -> Self {
        Self { pages: vec![Page::default(); pages], slots: HashMap::new(), frame: 0 }
    }

    /// Begins a frame: whatever is not touched from here on may be evicted.
    pub const fn begin_frame(&mut self) {
        self.frame += 1;
    }

    /// Where a portrait lies in this size, marking it as in use in this frame.
    pub fn touch(&mut self, portrait: u32, size: SlotSize) -> Option<Slot> {
        let (page, index) = *self.slots.get(&(portrait, size))?;
        if let Some(tenant) = &mut self.pages[page].tenants[index] {
            tenant.last_used = self.frame;
        }
        Some(slot(page, index, size))
    }

    /// Gives a portrait a slot of this size; none when every page is full of what this frame uses.
    pub fn allocate(&mut self, portrait: u32, size: SlotSize) -> Option<Slot> {
        debug_assert!(!self.slots.contains_key(&(portrait, size)), "touch before allocating");
        if capacity(size) == 0 {
            return None;
        }
        let page = self
            .page_with_room(size)
            .or_else(|| self.unused_page(size))
            .or_else(|| self.evict_one(size))
            .or_else(|| self.evict_page(size))?;
        let index = self.pages[page].free.pop()?;
        self.pages[page].tenants[index] = Some(Tenant { portrait, last_used: self.frame });
        self.slots.insert((portrait, size), (page, index));
        Some(slot(page, index, size))
    }

    fn page_with_room(&self, size: SlotSize) -> Option<usize> {
        self.pages.iter().position(|page| page.size == Some(size) && !page.free.is_empty())
    }

    fn unused_page(&mut self, size: SlotSize) -> Option<usize> {
        let unused = self.pages.iter().position(|page| page.size.is_none())?;
        self.assign(unused, size);
        Some(unused)
    }

    /// Frees the slot of this size that was used longest ago.
    fn evict_one(&mut self, size: SlotSize) -> Option<usize> {
        let oldest = self
            .pages
            .iter()
            .enumerate()
            .filter(|(_, page)| page.size == Some(size))
            .flat_map(|(number, page)| page.tenants.iter().enumerate().map(move |(index, t)| (number, index, t)))
            .filter_map(|(page, index, tenant)| tenant.map(|tenant| (tenant, page, index)))
            .min_by_key(|(tenant, ..)| tenant.last_used)
            .filter(|(tenant, ..)| tenant.last_used < self.frame);
        let (tenant, page, index) = oldest?;
        self.slots.remove(&(tenant.portrait, size));
        self.pages[page].tenants[index] = None;
        self.pages[page].free.push(index);
        Some(page)
    }

    /// Clears the page of another size that was used longest ago.
    fn evict_page(&mut self, size: SlotSize) -> Option<usize> {
        let last_used = |page: &Page| page.tenants.iter().flatten().map(|tenant| tenant.last_used).max().unwrap_or(0);
        let (number, _) = self
            .pages
            .iter()
            .enumerate()
            .map(|(number, page)| (number, last_used(page)))
            .filter(|(_, last_used)| *last_used < self.frame)
            .min_by_key(|(_, last_used)| *last_used)?;
        let page = &self.pages[number];
        if let Some(size) = page.size {
            for tenant in page.tenants.iter().flatten() {
                self.slots.remove(&(tenant.portrait, size));
            }
        }
        self.assign(number, size);
        Some(number)
    }

    fn assign(&mut self, page: usize, size: SlotSize) {
        let capacity = capacity(size);
        // Taken from the end: the first tenant lies upper left.
        self.pages[page] =
            Page { size: Some(size), tenants: vec![None; capacity], free: (0..capacity).rev().collect() };
    }

    /// How many tiles lie in the pages.
    #[must_use]
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.slots.len()
    }
}

fn capacity(size: SlotSize) -> usize {
    ((PAGE_SIDE / size.width) * (PAGE_SIDE / size.height)) as usize
}

fn slot(page: usize, index: usize, size: SlotSize) -> Slot {
    let across = (PAGE_SIDE / size.width) as usize;
    // Pages are a few hundred at the most, and a page has no more slots than texels.
    Slot { page: page as u32, x: (index % across) as u32 * size.width, y: (index / across) as u32 * size.height, size }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn verify_invariants(slots: &Slots) {
        let mut tenants = 0;
        for (number, page) in slots.pages.iter().enumerate() {
            let taken = page.tenants.iter().flatten().count();
            assert_eq!(taken + page.free.len(), page.tenants.len());
            tenants += taken;
            for (index, tenant) in page.tenants.iter().enumerate() {
                let Some(tenant) = tenant else { continue };
                let size = page.size.unwrap();
                assert_eq!(slots.slots[&(tenant.portrait, size)], (number, index));
                let Slot { x, y, .. } = slot(number, index, size);
                assert!(x + size.width <= PAGE_SIDE && y + size.height <= PAGE_SIDE);
            }
        }
        assert_eq!(tenants, slots.len());
    }

    proptest! {
        #[test]
        fn nobody_in_use_is_evicted_and_nobody_lies_on_another(
            pages in 1..4usize,
            frames in prop::collection::vec((prop::collection::vec(0..40u32, 0..30), 100..500u32, 100..500u32), 1..30),
        ) {
            let mut slots = Slots::new(pages);
            for (portraits, width, height) in frames {
                let size = SlotSize { width: width * 2, height: height * 2 };
                slots.begin_frame();
                let mut placed: HashMap<u32, Slot> = HashMap::new();
                for portrait in portraits {
                    let slot = slots.touch(portrait, size).or_else(|| slots.allocate(portrait, size));
                    if let Some(slot) = slot {
                        placed.insert(portrait, slot);
                    }
                    verify_invariants(&slots);
                }
                for (portrait, slot) in &placed {
                    prop_assert_eq!(slots.touch(*portrait, size), Some(*slot));
                }
                let places: std::collections::HashSet<_> = placed.values().map(|s| (s.page, s.x, s.y)).collect();
                prop_assert_eq!(places.len(), placed.len());
                // What fits in the pages at all is placed.
                prop_assert!(placed.len() >= (capacity(size) * pages).min(placed.len()));
            }
        }
    }

    #[test]
    fn a_full_frame_is_refused_and_the_next_one_starts_afresh() {
        let mut slots = Slots::new(1);
        let (large, small) = (SlotSize { width: 2048, height: 2048 }, SlotSize { width: 16, height: 16 });
        slots.begin_frame();
        assert!(slots.allocate(1, large).is_some());
        assert!(slots.allocate(2, large).is_none() && slots.allocate(2, small).is_none());
        slots.begin_frame();
        assert!(slots.allocate(2, small).is_some());
        assert!(slots.touch(1, large).is_none());
        assert!(slots.allocate(3, SlotSize { width: 4096, height: 2 }).is_none());
    }
}
