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
pub struct AtlasRegion {
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

impl AtlasRegion {
    /// Left, top, right, bottom as parts of the page, from 0 to 1.
    pub fn uv(&self) -> [f32; 4] {
        [self.x, self.y, self.x + self.w, self.y + self.h].map(|texels| texels as f32 / FIELD_PAGE_SIDE as f32)
    }
}

/// A place, and what to upload to it before it is sampled.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedGlyph {
    /// Where.
    pub place: AtlasRegion,
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
    place: AtlasRegion,
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
    ) -> Result<Option<PlacedGlyph>, AtlasFull> {
        if let Some(tenant) = self.tenants.get_mut(&key) {
            tenant.last_used = self.frame;
            return Ok(Some(PlacedGlyph { place: tenant.place, upload: None }));
        }
        let Some(field) = make() else { return Ok(None) };
        let place = self.room_for(key, field.width, field.height)?;
        Ok(Some(PlacedGlyph { place, upload: Some(field) }))
    }

    fn room_for(&mut self, key: GlyphKey, w: u32, h: u32) -> Result<AtlasRegion, AtlasFull> {
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

    fn allocate(&mut self, key: GlyphKey, w: u32, h: u32) -> Option<AtlasRegion> {
        let size = size2(i32::try_from(w).ok()?, i32::try_from(h).ok()?);
        let found = self.pages.iter_mut().enumerate().find_map(|(page, room)| Some((page, room.allocate(size)?)));
        let (page, allocation) = found?;
        let corner = allocation.rectangle.min;
        let place = AtlasRegion { page: page as u32, x: corner.x as u32, y: corner.y as u32, w, h };
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

#[cfg(test)]
mod tests {
    use glam::Vec2;
    use proptest::prelude::*;

    use super::super::faces::FaceId;
    use super::*;

    fn field(width: u32, height: u32) -> GlyphField {
        let texels = vec![0; (width * height) as usize];
        GlyphField { width, height, texels, origin: Vec2::ZERO, spread: 6.0, texels_per_em: 192.0 }
    }

    fn key(glyph: u16) -> GlyphKey {
        GlyphKey { face: FaceId(0), glyph, runs_on: 0 }
    }

    fn overlap(a: &AtlasRegion, b: &AtlasRegion) -> bool {
        a.page == b.page && a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
    }

    proptest! {
        /// Frames of letters of random sizes: in no frame do two share a texel, and there are never too many pages.
        #[test]
        fn no_two_letters_of_a_frame_share_a_texel(
            most in 1_u32..4,
            frames in prop::collection::vec(prop::collection::vec((0_u16..60, 1_u32..400), 1..12), 1..40),
        ) {
            let mut atlas = FieldAtlas::new(most);
            for frame in frames {
                atlas.begin();
                let mut places: Vec<(u16, AtlasRegion)> = Vec::new();
                for (glyph, seed) in frame {
                    // A letter's field is always of one size.
                    let (w, h) = (20 + u32::from(glyph) * 37 % 230, 20 + u32::from(glyph) * 91 % 210 + seed / 400);
                    let Ok(placed) = atlas.place(key(glyph), || Some(field(w, h))) else { continue };
                    let place = placed.unwrap().place;
                    prop_assert_eq!((place.w, place.h), (w, h));
                    prop_assert!(place.x + w <= FIELD_PAGE_SIDE && place.y + h <= FIELD_PAGE_SIDE && place.page < most);
                    for (other, taken) in &places {
                        prop_assert!(*other == glyph && *taken == place || *other != glyph && !overlap(taken, &place));
                    }
                    places.push((glyph, place));
                }
                prop_assert!(atlas.pages() <= most);
            }
        }
    }

    #[test]
    fn what_is_wanted_stays_and_what_is_not_goes() {
        let mut atlas = FieldAtlas::new(1);
        let place = |atlas: &mut FieldAtlas, glyph: u16| {
            atlas.place(key(glyph), || Some(field(500, 500))).map(|placed| placed.unwrap().upload.is_some())
        };
        atlas.begin();
        assert!((0..4).all(|glyph| place(&mut atlas, glyph) == Ok(true)), "four go into a page");
        atlas.begin();
        assert_eq!(place(&mut atlas, 0), Ok(false), "is there");
        assert_eq!(place(&mut atlas, 4), Ok(true), "in place of 1, 2 or 3");
        assert_eq!(place(&mut atlas, 0), Ok(false), "has stayed");
        for glyph in 5..7 {
            assert_eq!(place(&mut atlas, glyph), Ok(true));
        }
        let full = place(&mut atlas, 7).unwrap_err();
        assert_eq!(full, AtlasFull { wanted: 5 * 250_000, available: 1024 * 1024 });
        assert_eq!(
            full.to_string(),
            "the letters of one picture want 1250000 texels of distance fields, 1048576 are available"
        );
        assert_eq!(atlas.place(key(9), || None), Ok(None));
        atlas.clear();
        assert_eq!((atlas.pages(), place(&mut atlas, 0)), (0, Ok(true)));
    }
}
