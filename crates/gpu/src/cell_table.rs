//! The table by which a pixel finds its tile: a word for each cell of each row. See [`CellTable`].

use std::ops::Range;
use std::sync::Arc;

use range_alloc::RangeAllocator;
use rustc_hash::FxHashMap;

use super::slots::{LAYER_SIDE, Level, Slot};
use super::{Gpu, resources};
use millions_wall::{EMPTY_CELL, RowLoop};

/// The word of a cell without a tile, which stays dark.
pub const NO_TILE: u32 = u32::MAX;
/// Submissions after which the words of a row that was not drawn are freed.
const UNUSED_SUBMISSIONS: u64 = 600;
/// Words that are uploaded at the least, for a write takes as long for one as for these.
const PAGE: usize = 256;
/// Steps of a fade by which a tile's level is refined.
pub const FADE_STEPS: f32 = 4.0;
const NONE: u32 = u32::MAX;

/// Packs where a tile lies into a word of `shaders/wall.wgsl`: x and y in 8 texels (8 bits each), the layer (8 bits), the level
/// (3 bits), and by how much coarser than the level it is drawn at the least, in quarters of a level (5 bits).
pub fn cell_word(Slot { layer, x, y, level }: Slot, fade: u32) -> u32 {
    let texels = Level::FLOOR.side();
    (x / texels) | (y / texels) << 8 | layer << 16 | (level.index() as u32) << 24 | fade.min(31) << 27
}

/// Unpacks the place, and the fade, from a word; none from [`NO_TILE`].
pub fn slot_of_word(word: u32) -> Option<(Slot, u32)> {
    let texels = Level::FLOOR.side();
    let (x, y, layer) = (word & 0xff, word >> 8 & 0xff, word >> 16 & 0xff);
    let slot = Slot { layer, x: x * texels, y: y * texels, level: Level::of_log2((word >> 24 & 7) + 3) };
    (word != NO_TILE).then_some((slot, word >> 27))
}

/// A word for each cell of each row that is drawn, on the GPU, where a pixel looks up its cell's tile. The words of a portrait
/// change when its finest tile does, and with nothing else: a wall that moves writes none.
///
/// ```text
/// rows of a deal            words                               portraits
/// ┌────────────┐            ┌───┬───┬───┬───┬───┬───┬───        ┌──────────────┐
/// │ loop of A ─┼───────────→│ 7 │ 3 │ 9 │   │ 3 │ 4 │ …    ┌────┤ 3: its word  │
/// │ loop of B ─┼─────────┐  └───┴─▲─┴───┴───┴─▲─┴───┴───   │    │ 4: its word  │
/// └────────────┘         └──────────│─────────└────────────┤    └──────────────┘
///                                   └──────────────────────┘  cells of a portrait: a list through the words
/// ```
#[derive(Debug)]
pub struct CellTable {
    words: Vec<u32>,
    /// The previous and the next cell of the same portrait.
    links: Vec<[u32; 2]>,
    free: RangeAllocator<u32>,
    rows: FxHashMap<usize, TableRow>,
    /// By portrait: its word, and its first cell.
    portraits: Vec<PortraitCells>,
    /// Pages of words to be uploaded, a bit each.
    changed: Vec<u64>,
    submission: u64,
}

/// The words of one row.
#[derive(Debug)]
struct TableRow {
    /// Kept, so that its address stays its own.
    cells: RowLoop,
    range: Range<u32>,
    last_used: u64,
}

#[derive(Clone, Copy, Debug)]
struct PortraitCells {
    word: u32,
    first: u32,
}

impl Default for CellTable {
    fn default() -> Self {
        Self {
            words: Vec::new(),
            links: Vec::new(),
            free: RangeAllocator::new(0..0),
            rows: FxHashMap::default(),
            portraits: Vec::new(),
            changed: Vec::new(),
            submission: 1,
        }
    }
}

impl CellTable {
    /// Begins a submission, and frees the words of rows that have long not been drawn.
    pub fn begin_submission(&mut self) {
        self.submission += 1;
        if self.submission.is_multiple_of(UNUSED_SUBMISSIONS) {
            let oldest = self.submission - UNUSED_SUBMISSIONS;
            let unused: Vec<_> =
                self.rows.iter().filter(|(_, row)| row.last_used <= oldest).map(|(key, _)| *key).collect();
            unused.into_iter().for_each(|key| self.remove(key));
        }
    }

    /// Returns the index of a row's first word; of a new row, with its words as its portraits have them, after it has called
    /// `added` for each of these.
    pub fn row(&mut self, cells: &RowLoop, added: impl FnMut(u32)) -> u32 {
        let key = Arc::as_ptr(cells) as usize;
        if let Some(row) = self.rows.get_mut(&key) {
            row.last_used = self.submission;
            return row.range.start;
        }
        self.add(key, cells, added)
    }

    fn add(&mut self, key: usize, cells: &RowLoop, mut added: impl FnMut(u32)) -> u32 {
        let length = cells.len() as u32;
        let range = self.free.allocate_range(length).unwrap_or_else(|_| self.grow(length));
        for (index, portrait) in range.clone().zip(cells.iter().copied()) {
            if portrait == EMPTY_CELL {
                self.words[index as usize] = NO_TILE;
                continue;
            }
            let of = self.portrait_mut(portrait);
            let (word, next) = (of.word, std::mem::replace(&mut of.first, index));
            if next != NONE {
                self.links[next as usize][0] = index;
            }
            self.links[index as usize] = [NONE, next];
            self.words[index as usize] = word;
            added(portrait);
        }
        self.mark_changed(range.start as usize..range.end as usize);
        let start = range.start;
        self.rows.insert(key, TableRow { cells: cells.clone(), range, last_used: self.submission });
        start
    }

    /// Makes room for a row.
    fn grow(&mut self, length: u32) -> Range<u32> {
        let size = (self.words.len() + length as usize).next_power_of_two().max(1024);
        self.words.resize(size, NO_TILE);
        self.links.resize(size, [NONE; 2]);
        self.changed.resize(size.div_ceil(PAGE * 64), 0);
        self.free.grow_to(size as u32);
        let found = self.free.allocate_range(length);
        debug_assert!(found.is_ok(), "it has grown by the length");
        found.unwrap_or(0..0)
    }

    fn remove(&mut self, key: usize) {
        let Some(TableRow { cells, range, .. }) = self.rows.remove(&key) else { return };
        for (index, portrait) in range.clone().zip(cells.iter().copied()).filter(|(_, cell)| *cell != EMPTY_CELL) {
            let [previous, next] = self.links[index as usize];
            if previous == NONE {
                self.portrait_mut(portrait).first = next;
            } else {
                self.links[previous as usize][1] = next;
            }
            if next != NONE {
                self.links[next as usize][0] = previous;
            }
        }
        if !range.is_empty() {
            self.free.free_range(range);
        }
    }

    fn portrait_mut(&mut self, portrait: u32) -> &mut PortraitCells {
        let index = portrait as usize;
        if index >= self.portraits.len() {
            self.portraits.resize(index + 1, PortraitCells { word: NO_TILE, first: NONE });
        }
        &mut self.portraits[index]
    }

    /// Returns whether a portrait is in a row that is held.
    #[must_use]
    pub fn is_held(&self, portrait: u32) -> bool {
        self.portraits.get(portrait as usize).is_some_and(|of| of.first != NONE)
    }

    /// Returns a portrait's word.
    #[must_use]
    pub fn word(&self, portrait: u32) -> u32 {
        self.portraits.get(portrait as usize).map_or(NO_TILE, |of| of.word)
    }

    /// Sets a portrait's word in all its cells.
    pub fn set(&mut self, portrait: u32, word: u32) {
        let of = self.portrait_mut(portrait);
        let mut index = of.first;
        if std::mem::replace(&mut of.word, word) == word {
            return;
        }
        while index != NONE {
            self.words[index as usize] = word;
            let page = index as usize / PAGE;
            self.changed[page / 64] |= 1 << (page % 64);
            index = self.links[index as usize][1];
        }
    }

    fn mark_changed(&mut self, words: Range<usize>) {
        if !words.is_empty() {
            for page in words.start / PAGE..=(words.end - 1) / PAGE {
                self.changed[page / 64] |= 1 << (page % 64);
            }
        }
    }

    /// Returns the ranges of words that have changed since this was last called, the lowest first.
    fn take_changed(&mut self) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for (word, bits) in self.changed.iter_mut().enumerate() {
            let mut bits = std::mem::take(bits);
            while bits != 0 {
                let page = word * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                let (start, end) = (page * PAGE, ((page + 1) * PAGE).min(self.words.len()));
                match ranges.last_mut() {
                    Some(last) if last.end == start => last.end = end,
                    _ => ranges.push(start..end),
                }
            }
        }
        ranges
    }
}

/// A [`CellTable`] and its buffer on the GPU.
pub struct CellBuffer {
    pub table: CellTable,
    buffer: wgpu::Buffer,
}

impl CellBuffer {
    pub fn new(gpu: &Gpu) -> Self {
        Self { table: CellTable::default(), buffer: Self::allocate(gpu, 1024) }
    }

    fn allocate(gpu: &Gpu, words: usize) -> wgpu::Buffer {
        resources::buffer(&gpu.device, "cells", words * size_of::<u32>(), wgpu::BufferUsages::STORAGE)
    }

    /// Uploads what has changed, to a larger buffer where the table has grown.
    pub fn flush(&mut self, gpu: &Gpu) {
        let bytes = (self.table.words.len() * size_of::<u32>()) as u64;
        if bytes > self.buffer.size() {
            self.buffer = Self::allocate(gpu, self.table.words.len());
            self.table.mark_changed(0..self.table.words.len());
        }
        for range in self.table.take_changed() {
            let offset = (range.start * size_of::<u32>()) as u64;
            gpu.queue.write_buffer(&self.buffer, offset, bytemuck::cast_slice(&self.table.words[range]));
        }
    }

    pub const fn buffer(&self) -> &wgpu::Buffer {
        &self.buffer
    }
}

const _: () = assert!(LAYER_SIDE / Level::FLOOR.side() <= 256, "x and y of a word have eight bits each");

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Step {
        Draw(usize),
        Set(u32, u32),
        Free,
        Upload,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            (0..6usize).prop_map(Step::Draw),
            (0..40u32, 0..1000u32).prop_map(|(portrait, word)| Step::Set(portrait, word)),
            Just(Step::Free),
            Just(Step::Upload),
        ];
        prop::collection::vec(step, 1..60)
    }

    proptest! {
        #[test]
        fn every_cell_of_a_row_has_its_portraits_word(
            loops in prop::collection::vec(prop::collection::vec(0..40u32, 1..700), 6), steps in steps(),
        ) {
            let loops: Vec<RowLoop> = loops.into_iter().map(|cells| {
                Arc::new(cells.into_iter().map(|cell| if cell == 0 { EMPTY_CELL } else { cell }).collect())
            }).collect();
            let mut table = CellTable::default();
            let mut uploaded: Vec<u32> = Vec::new();
            let mut words = [NO_TILE; 40];
            for step in steps {
                match step {
                    Step::Draw(index) => {
                        let mut added = 0;
                        table.row(&loops[index], |_| added += 1);
                        let occupied = loops[index].iter().filter(|cell| **cell != EMPTY_CELL).count();
                        prop_assert!(added == 0 || added == occupied);
                    }
                    Step::Set(portrait, word) => {
                        table.set(portrait, word);
                        words[portrait as usize] = word;
                    }
                    Step::Free => {
                        table.submission = table.submission.next_multiple_of(UNUSED_SUBMISSIONS) + UNUSED_SUBMISSIONS - 1;
                        table.begin_submission();
                        prop_assert!(table.rows.is_empty());
                    }
                    Step::Upload => {}
                }
                uploaded.resize(table.words.len(), 12345);
                for range in table.take_changed() {
                    uploaded[range.clone()].copy_from_slice(&table.words[range]);
                }
                let mut taken: Vec<_> = table.rows.values().map(|row| row.range.clone()).collect();
                taken.sort_unstable_by_key(|range| range.start);
                prop_assert!(taken.windows(2).all(|pair| pair[0].end <= pair[1].start), "rows do not overlap");
                for row in table.rows.values() {
                    let found = &uploaded[row.range.start as usize..row.range.end as usize];
                    let want = row.cells.iter().map(|cell| match *cell {
                        EMPTY_CELL => NO_TILE,
                        portrait => words[portrait as usize],
                    });
                    prop_assert!(found.iter().copied().eq(want));
                }
            }
        }

        #[test]
        fn a_word_keeps_its_place(layer in 0..255u32, x in 0..2048u32, y in 0..2048u32, log2 in 3..=10u32, fade in 0..32u32) {
            let level = Level::of_log2(log2);
            let slot = Slot { layer, x: x / level.side() * level.side(), y: y / level.side() * level.side(), level };
            prop_assert_eq!(slot_of_word(cell_word(slot, fade)), Some((slot, fade)));
        }
    }
}
