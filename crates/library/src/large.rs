//! Larger tiles than the library keeps, made from the photographs when somebody is seen from near.

use std::collections::VecDeque;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::budget::Budget;
use super::decode::Limits;
use super::edit::{Crop, Edit, Length};
use super::guard::guarded;
use super::index::Entry;
use super::prepare::Preparer;
use super::source::Stamp;
use millions_wall::tile::{MAX_SIDE, PortraitNumber, TileLayout};

/// Large tiles that are kept: the same person is wanted in several sizes, one soon after the other.
const KEPT: usize = 12;

/// Makes large tiles, and keeps the last.
#[derive(Debug)]
pub struct LargeTiles {
    kept: Mutex<VecDeque<(PortraitNumber, Arc<LargeTile>)>>,
    /// One photograph at a time takes most of the memory.
    budget: Budget,
}

/// A tile with its layout.
#[derive(Debug)]
pub struct LargeTile {
    pub layout: TileLayout,
    pub bytes: Vec<u8>,
}

impl Default for LargeTiles {
    fn default() -> Self {
        Self { kept: Mutex::default(), budget: Budget::new(Limits::default().max_alloc_bytes) }
    }
}

impl LargeTiles {
    /// The large tile of a portrait, of about `side` texels; none where its photograph has no more than its tile of
    /// `tile_side`, is gone, or is another by now.
    pub fn get(
        &self,
        number: PortraitNumber,
        entry: &Entry,
        side: u32,
        tile_side: u32,
        aspect: f32,
    ) -> Option<Arc<LargeTile>> {
        let layout = TileLayout::new(large_side(entry, side, tile_side)?).ok()?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = kept.iter().position(|(other, tile)| *other == number && tile.layout == layout) {
            let found = kept.remove(place)?;
            kept.push_back(found.clone());
            return Some(found.1);
        }
        drop(kept);
        let bytes = entry.sources.iter().find_map(|source| unchanged(&source.path, &source.stamp))?;
        let mut preparer = Preparer::new(layout.clone(), aspect, Limits::default());
        let prepared = guarded(|| preparer.prepare(&bytes, as_chosen(entry), &self.budget)).ok()?.ok()?;
        let tile = Arc::new(LargeTile { layout, bytes: prepared.tile });
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back((number, tile.clone()));
        if kept.len() > KEPT {
            kept.pop_front();
        }
        Some(tile)
    }
}

impl LargeTiles {
    /// Forgets who is not there any more.
    pub fn retain(&self, is_there: impl Fn(PortraitNumber) -> bool) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).retain(|(number, _)| is_there(*number));
    }
}

/// The side of the large tile that a portrait can have, where that is more than its tile.
fn large_side(entry: &Entry, side: u32, tile_side: u32) -> Option<u32> {
    let pixels = f64::from(tile_side) / entry.detections.texels_a_pixel()?;
    // A tile of half as many texels again as there are pixels gains nothing more.
    let most = (pixels * 1.5) as u32;
    let wanted = side.next_power_of_two().min(MAX_SIDE);
    let side = if wanted > most { (most + 1).next_power_of_two() / 2 } else { wanted };
    (side > tile_side).then_some(side)
}

/// The edit that gives the very part that was chosen at ingest.
fn as_chosen(entry: &Entry) -> Edit {
    let [left, top, right, bottom] = entry.detections.crop.edges();
    let percent = |fraction: f64| Length { thousandths: (fraction * 100_000.0).round() as u32, is_percent: true };
    let crop = Crop { x: percent(left), y: percent(top), width: percent(right - left), height: percent(bottom - top) };
    Edit { crop: Some(crop), ..entry.edit }
}

fn unchanged(path: &Path, stamp: &Stamp) -> Option<Vec<u8>> {
    let metadata = fs::metadata(path).ok()?;
    if !Stamp::of(&metadata).same_content(stamp) {
        return None;
    }
    fs::read(path).ok()
}
