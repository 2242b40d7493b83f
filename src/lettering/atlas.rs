//! Where distance fields lie in the pages of a texture: see [`FieldAtlas`].

use std::collections::HashMap;

use etagere::{AllocId, AtlasAllocator, size2};

use super::faces::GlyphKey;
use super::field::{GlyphField, MAX_FIELD_SIDE};

/// Width and height of a page, in texels.
pub const FIELD_PAGE_SIDE: u32 = 1024;

const _: () = assert!(MAX_FIELD_SIDE <= FIELD_PAGE_SIDE);

/// Where a field lies, in texels of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The page, which is the layer of the texture.
    pub page: u32,
    /// Left edge.
    pub x: u32,
    /// Upper edge.
    pub y: u32,
    /// Width.
    pub w: u32,
    /// Height.
    pub h: u32,
}

impl Place {
    /// Left, top, right, bottom as parts of the page, from 0 to 1.
    pub fn uv(&self) -> [f32; 4] {
        [self.x, self.y, self.x + self.w, self.y + self.h].map(|texels| texels as f32 / FIELD_PAGE_SIDE as f32)
    }
}

/// A place, and what to upload to it before it is sampled.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// Where.
    pub place: Place,
    /// The field, if it is not there yet.
    pub upload: Option<GlyphField>,
}

/// The fields of one frame do not all have room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the letters of one picture want {wanted} texels of distance fields, {available} are available")]
pub struct AtlasFull {
    /// Texels of the fields placed since [`FieldAtlas::begin`], with the one that has no room.
    pub wanted: u64,
    /// Texels of all pages together; some are always lost between fields.
    pub available: u64,
}

#[derive(Clone, Copy, Debug)]
struct Tenant {
    place: Place,
    id: AllocId,
    last_used: u64,
}

/// Distance fields in pages of one texture, of which there are never more than was said.
///
/// Whatever was placed since the last [`begin`](Self::begin) stays where it is; of the rest those go first whom nobody
/// has wanted for longest.
pub struct FieldAtlas {
    pages: Vec<AtlasAllocator>,
    most_pages: usize,
    tenants: HashMap<GlyphKey, Tenant>,
    frame: u64,
}

impl FieldAtlas {
    /// An empty atlas of at most so many pages (at least one), a megabyte each.
    pub fn new(most_pages: u32) -> Self {
        Self { pages: Vec::new(), most_pages: most_pages.max(1) as usize, tenants: HashMap::new(), frame: 0 }
    }

    /// A new frame begins: what it does not ask for may go.
    pub fn begin(&mut self) {
        self.frame += 1;
    }

    /// Pages in use: the texture needs no more layers.
    pub fn pages(&self) -> u32 {
        self.pages.len() as u32
    }

    /// Forgets everything, as after the texture was lost.
    pub fn clear(&mut self) {
        self.pages.clear();
        self.tenants.clear();
    }

    /// Where a letter's field lies, from now until the next frame. `make` makes the field if it is not there yet; none,
    /// as for a space, has no place.
    ///
    /// # Errors
    ///
    /// When the fields of this frame alone fill all pages.
    pub fn place(
        &mut self,
        key: GlyphKey,
        make: impl FnOnce() -> Option<GlyphField>,
    ) -> Result<Option<Placed>, AtlasFull> {
        if let Some(tenant) = self.tenants.get_mut(&key) {
            tenant.last_used = self.frame;
            return Ok(Some(Placed { place: tenant.place, upload: None }));
        }
        let Some(field) = make() else { return Ok(None) };
        let place = self.room_for(key, field.width, field.height)?;
        Ok(Some(Placed { place, upload: Some(field) }))
    }

    fn room_for(&mut self, key: GlyphKey, w: u32, h: u32) -> Result<Place, AtlasFull> {
        loop {
            if let Some(place) = self.allocate(key, w, h) {
                return Ok(place);
            }
            if self.pages.len() < self.most_pages && w.max(h) <= FIELD_PAGE_SIDE {
                let side = FIELD_PAGE_SIDE as i32;
                self.pages.push(AtlasAllocator::new(size2(side, side)));
                continue;
            }
            // The longest unwanted, and all that were last wanted with it: they come back together, if at all.
            let old = self.tenants.values().map(|tenant| tenant.last_used).filter(|used| *used < self.frame).min();
            let Some(old) = old else { return Err(self.full(w, h)) };
            let pages = &mut self.pages;
            self.tenants.retain(|_, tenant| {
                let stays = tenant.last_used != old;
                if !stays {
                    pages[tenant.place.page as usize].deallocate(tenant.id);
                }
                stays
            });
        }
    }

    fn allocate(&mut self, key: GlyphKey, w: u32, h: u32) -> Option<Place> {
        let size = size2(i32::try_from(w).ok()?, i32::try_from(h).ok()?);
        let found = self.pages.iter_mut().enumerate().find_map(|(page, room)| Some((page, room.allocate(size)?)));
        let (page, allocation) = found?;
        let corner = allocation.rectangle.min;
        let place = Place { page: page as u32, x: corner.x as u32, y: corner.y as u32, w, h };
        self.tenants.insert(key, Tenant { place, id: allocation.id, last_used: self.frame });
        Some(place)
    }

    fn full(&self, w: u32, h: u32) -> AtlasFull {
        let texels = |w: u32, h: u32| u64::from(w) * u64::from(h);
        let used: u64 = self.tenants.values().map(|tenant| texels(tenant.place.w, tenant.place.h)).sum();
        let available = self.most_pages as u64 * texels(FIELD_PAGE_SIDE, FIELD_PAGE_SIDE);
        AtlasFull { wanted: used + texels(w, h), available }
    }
}
