//! Allocation of distance fields in the layers of a texture. See [`FieldAtlas`].

use std::collections::HashMap;

use etagere::{AllocId, AtlasAllocator, size2};

use super::faces::GlyphKey;
use super::field::{GlyphField, MAX_FIELD_SIDE};

/// Width and height of a layer, in texels.
pub const FIELD_PAGE_SIDE: u32 = 1024;

const _: () = assert!(MAX_FIELD_SIDE <= FIELD_PAGE_SIDE);

/// The region of a field, in texels of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtlasRegion {
    /// Layer of the texture.
    pub layer: u32,
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
    /// Returns left, top, right, bottom as texture coordinates, from 0 to 1.
    pub fn uv(&self) -> [f32; 4] {
        [self.x, self.y, self.x + self.w, self.y + self.h].map(|texels| texels as f32 / FIELD_PAGE_SIDE as f32)
    }
}

/// A region, and the field to upload to it before it is sampled.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedGlyph {
    /// The region.
    pub region: AtlasRegion,
    /// The field, if it is not in the texture yet.
    pub upload: Option<GlyphField>,
}

/// The error when the fields of one frame do not fit into the atlas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the letters of one picture want {wanted} texels of distance fields, {available} are available")]
pub struct AtlasFull {
    /// Texels of the fields placed since [`FieldAtlas::begin`], including the one that does not fit.
    pub wanted: u64,
    /// Texels of all layers together; some are always lost between fields.
    pub available: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    region: AtlasRegion,
    id: AllocId,
    last_used: u64,
}

/// An atlas of distance fields in a bounded number of layers of one texture, with least-recently-used eviction.
///
/// Fields placed since the last [`begin`](Self::begin) are never evicted or moved.
pub struct FieldAtlas {
    layers: Vec<AtlasAllocator>,
    max_layers: usize,
    entries: HashMap<GlyphKey, Entry>,
    frame: u64,
}

impl FieldAtlas {
    /// Creates an empty atlas of at most `max_layers` layers (at least one), a megabyte each.
    pub fn new(max_layers: u32) -> Self {
        Self { layers: Vec::new(), max_layers: max_layers.max(1) as usize, entries: HashMap::new(), frame: 0 }
    }

    /// Begins a frame: fields that it does not request may be evicted.
    pub fn begin(&mut self) {
        self.frame += 1;
    }

    /// Returns the number of layers in use.
    pub fn layers(&self) -> u32 {
        self.layers.len() as u32
    }

    /// Removes all entries, as after the texture was lost.
    pub fn clear(&mut self) {
        self.layers.clear();
        self.entries.clear();
    }

    /// Returns the region of a glyph's field, valid for this frame. `make` generates the field if it is not in the atlas; a
    /// glyph without a field, such as a space, has no region.
    ///
    /// # Errors
    ///
    /// When the fields of this frame alone exceed all layers.
    pub fn place(
        &mut self,
        key: GlyphKey,
        make: impl FnOnce() -> Option<GlyphField>,
    ) -> Result<Option<PlacedGlyph>, AtlasFull> {
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.last_used = self.frame;
            return Ok(Some(PlacedGlyph { region: entry.region, upload: None }));
        }
        let Some(field) = make() else { return Ok(None) };
        let region = self.allocate_or_evict(key, field.width, field.height)?;
        Ok(Some(PlacedGlyph { region, upload: Some(field) }))
    }

    fn allocate_or_evict(&mut self, key: GlyphKey, w: u32, h: u32) -> Result<AtlasRegion, AtlasFull> {
        loop {
            if let Some(region) = self.allocate(key, w, h) {
                return Ok(region);
            }
            if self.layers.len() < self.max_layers && w.max(h) <= FIELD_PAGE_SIDE {
                let side = FIELD_PAGE_SIDE as i32;
                self.layers.push(AtlasAllocator::new(size2(side, side)));
                continue;
            }
            // Evicts all fields that were last used in the oldest frame: they are likely to return together, if at all.
            let old = self.entries.values().map(|entry| entry.last_used).filter(|used| *used < self.frame).min();
            let Some(old) = old else { return Err(self.full(w, h)) };
            let layers = &mut self.layers;
            self.entries.retain(|_, entry| {
                let stays = entry.last_used != old;
                if !stays {
                    layers[entry.region.layer as usize].deallocate(entry.id);
                }
                stays
            });
        }
    }

    fn allocate(&mut self, key: GlyphKey, w: u32, h: u32) -> Option<AtlasRegion> {
        let size = size2(i32::try_from(w).ok()?, i32::try_from(h).ok()?);
        let found =
            self.layers.iter_mut().enumerate().find_map(|(layer, shelves)| Some((layer, shelves.allocate(size)?)));
        let (layer, allocation) = found?;
        let corner = allocation.rectangle.min;
        let region = AtlasRegion { layer: layer as u32, x: corner.x as u32, y: corner.y as u32, w, h };
        self.entries.insert(key, Entry { region, id: allocation.id, last_used: self.frame });
        Some(region)
    }

    fn full(&self, w: u32, h: u32) -> AtlasFull {
        let texels = |w: u32, h: u32| u64::from(w) * u64::from(h);
        let used: u64 = self.entries.values().map(|entry| texels(entry.region.w, entry.region.h)).sum();
        let available = self.max_layers as u64 * texels(FIELD_PAGE_SIDE, FIELD_PAGE_SIDE);
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
        GlyphKey { face: FaceId(0), glyph, extended_edges: 0 }
    }

    fn overlap(a: &AtlasRegion, b: &AtlasRegion) -> bool {
        a.layer == b.layer && a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
    }

    proptest! {
        /// Frames of glyphs of random sizes: in no frame do two share a texel, and there are never too many layers.
        #[test]
        fn regions_of_a_frame_never_overlap(
            most in 1_u32..4,
            frames in prop::collection::vec(prop::collection::vec((0_u16..60, 1_u32..400), 1..12), 1..40),
        ) {
            let mut atlas = FieldAtlas::new(most);
            for frame in frames {
                atlas.begin();
                let mut places: Vec<(u16, AtlasRegion)> = Vec::new();
                for (glyph, seed) in frame {
                    // A glyph's field is always of one size.
                    let (w, h) = (20 + u32::from(glyph) * 37 % 230, 20 + u32::from(glyph) * 91 % 210 + seed / 400);
                    let Ok(placed) = atlas.place(key(glyph), || Some(field(w, h))) else { continue };
                    let place = placed.unwrap().region;
                    prop_assert_eq!((place.w, place.h), (w, h));
                    prop_assert!(place.x + w <= FIELD_PAGE_SIDE && place.y + h <= FIELD_PAGE_SIDE && place.layer < most);
                    for (other, taken) in &places {
                        prop_assert!(*other == glyph && *taken == place || *other != glyph && !overlap(taken, &place));
                    }
                    places.push((glyph, place));
                }
                prop_assert!(atlas.layers() <= most);
            }
        }
    }

    #[test]
    fn fields_of_the_frame_stay_and_the_least_recently_used_are_evicted() {
        let mut atlas = FieldAtlas::new(1);
        let place = |atlas: &mut FieldAtlas, glyph: u16| {
            atlas.place(key(glyph), || Some(field(500, 500))).map(|placed| placed.unwrap().upload.is_some())
        };
        atlas.begin();
        assert!((0..4).all(|glyph| place(&mut atlas, glyph) == Ok(true)), "four fit into a layer");
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
        assert_eq!((atlas.layers(), place(&mut atlas, 0)), (0, Ok(true)));
    }
}
