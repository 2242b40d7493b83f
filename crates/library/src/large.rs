//! Large tiles: finer than those on disk, made from the photographs for portraits that are shown large.

use std::collections::VecDeque;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::budget::MemoryBudget;
use super::decode::Limits;
use super::decoding::{Decoder, Product, Task};
use super::index::{Entry, KeyDigest};
use super::source::Stamp;
use super::storage::is_address;
use millions_wall::tile::{MAX_SIDE, PortraitNumber, TileLayout};

/// Large tiles in the cache: the same portrait is requested at several sizes, one soon after the other.
const CACHED: usize = 12;

/// Makes large tiles, and caches the last ones.
#[derive(Debug)]
pub struct LargeTiles {
    /// From the least to the most recently used.
    cache: Mutex<VecDeque<CachedTile>>,
    /// Bounds the memory of all requests together.
    budget: MemoryBudget,
}

/// A large tile, and whose it is: a number may become another portrait's.
#[derive(Debug)]
struct CachedTile {
    number: PortraitNumber,
    key: KeyDigest,
    tile: Arc<LargeTile>,
}

/// A tile with its layout.
#[derive(Debug)]
pub struct LargeTile {
    pub layout: TileLayout,
    pub bytes: Vec<u8>,
}

impl Default for LargeTiles {
    fn default() -> Self {
        Self { cache: Mutex::default(), budget: MemoryBudget::new(Limits::default().max_alloc_bytes) }
    }
}

impl LargeTiles {
    /// Returns the large tile of a portrait, of about `side` texels; `None` where its photograph is not finer than its tile
    /// of `tile_side`, is gone, or has changed.
    pub fn get(
        &self,
        number: PortraitNumber,
        entry: &Entry,
        side: u32,
        tile_side: u32,
        aspect: f32,
    ) -> Option<Arc<LargeTile>> {
        let layout = TileLayout::new(large_side(entry, side, tile_side)?).ok()?;
        let (mut cache, key) = (self.lock(), entry.digest());
        if let Some(index) = cache.iter().position(|cached| cached.key == key && cached.tile.layout == layout) {
            let found = cache.remove(index)?;
            let tile = found.tile.clone();
            cache.push_back(found);
            return Some(tile);
        }
        drop(cache);
        let bytes = entry.sources.iter().find_map(|source| read_unchanged(&source.path, &source.stamp))?;
        let detections = entry.detections.clone();
        let task = Task::LargeTile { side: layout.side(), aspect, edit: entry.edit, detections };
        let Ok(Product::LargeTile(bytes)) = Decoder::new(false).run(&task, &bytes, Limits::default(), &self.budget)
        else {
            return None;
        };
        let tile = Arc::new(LargeTile { layout, bytes });
        let mut cache = self.lock();
        cache.push_back(CachedTile { number, key, tile: tile.clone() });
        if cache.len() > CACHED {
            cache.pop_front();
        }
        Some(tile)
    }

    /// Drops the tiles of portraits that `keep` rejects.
    pub fn retain(&self, keep: impl Fn(PortraitNumber, &KeyDigest) -> bool) {
        self.lock().retain(|cached| keep(cached.number, &cached.key));
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<CachedTile>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The side of a portrait's large tile, where that is more than its tile's.
fn large_side(entry: &Entry, side: u32, tile_side: u32) -> Option<u32> {
    let pixels = f64::from(tile_side) / entry.detections.texels_per_pixel()?;
    // More than 1.5 texels per pixel show nothing more.
    let limit = (pixels * 1.5) as u32;
    let requested = side.next_power_of_two().min(MAX_SIDE);
    let side = if requested > limit { (limit + 1).next_power_of_two() / 2 } else { requested };
    (side > tile_side).then_some(side)
}

/// Reads a photograph. One that lies on a server is not fetched while a wall waits for it: its tile has to do.
fn read_unchanged(path: &Path, stamp: &Stamp) -> Option<Vec<u8>> {
    if is_address(path) {
        return None;
    }
    let metadata = fs::metadata(path).ok()?;
    if !Stamp::of(&metadata).same_content(stamp) {
        return None;
    }
    fs::read(path).ok()
}
