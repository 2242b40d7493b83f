//! Where a light map says the same of all its pixels. See [`UniformRegions`].

use glam::UVec2;

use super::OutputMask;
use super::output_mask::MaskTexel;
use super::raster::Area;

/// Pixels of a block's side: what is even is found in blocks.
const BLOCK: u32 = 16;

/// An area is worth a draw of its own if it is at least this part of its map,
const WORTH: u32 = 32;

/// and the map has as many blocks.
const LEAST_BLOCKS: u32 = 256;

/// A light map parted into rectangles, so that most pixels need not look up what is the same all around them: reading it is
/// most of what a stage costs. What is in no rectangle is dark, and needs not be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct UniformRegions {
    /// What each pixel of `even` gives.
    pub texel: MaskTexel,
    /// Where all pixels give the same.
    pub even: Vec<Area>,
    /// Where each pixel's texel counts.
    pub uneven: Vec<Area>,
}

/// A block of pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    /// All of its pixels give what most do.
    Even,
    /// Nothing is lit.
    Dark,
    /// Anything else.
    Uneven,
}

/// Blocks from a column and a row on, so many along and down.
#[derive(Clone, Copy, Debug)]
struct Blocks {
    x: usize,
    y: usize,
    width: usize,
    height: usize,
}

impl UniformRegions {
    /// How a map is parted.
    #[must_use]
    pub fn of(map: &OutputMask) -> Self {
        let grid = Grid::of(map);
        let all = Blocks { x: 0, y: 0, width: grid.columns, height: grid.rows };
        let mut parted = Self { texel: MaskTexel::unpack(grid.most), even: Vec::new(), uneven: Vec::new() };
        if all.count() < LEAST_BLOCKS as usize {
            parted.uneven.push(Area { origin: map.origin, size: map.size });
        } else {
            parted.part(map, &grid, all, all.count() / WORTH as usize);
        }
        parted
    }

    /// Takes the largest even or dark rectangle of `blocks`, and goes on with what is above, below and beside it.
    fn part(&mut self, map: &OutputMask, grid: &Grid, blocks: Blocks, worth: usize) {
        let Blocks { x, y, width, height } = blocks;
        if blocks.count() == 0 {
            return;
        }
        let even = grid.largest(blocks, Block::Even);
        let dark = grid.largest(blocks, Block::Dark);
        let (kind, found) = if dark.count() > even.count() { (Block::Dark, dark) } else { (Block::Even, even) };
        if found.count() < worth.max(1) {
            self.uneven.push(blocks.pixels(map));
            return;
        }
        if kind == Block::Even {
            self.even.push(found.pixels(map));
        }
        let (right, bottom) = (found.x + found.width, found.y + found.height);
        let beside = [
            Blocks { x, y, width, height: found.y - y },
            Blocks { x, y: bottom, width, height: y + height - bottom },
            Blocks { x, y: found.y, width: found.x - x, height: found.height },
            Blocks { x: right, y: found.y, width: x + width - right, height: found.height },
        ];
        for blocks in beside {
            self.part(map, grid, blocks, worth);
        }
    }
}

impl Blocks {
    const fn count(self) -> usize {
        self.width * self.height
    }

    /// As pixels of the target; those at the map's right and lower end may be narrower.
    fn pixels(self, map: &OutputMask) -> Area {
        let at = |x: usize, y: usize| (UVec2::new(x as u32, y as u32) * BLOCK).min(map.size);
        let (low, high) = (at(self.x, self.y), at(self.x + self.width, self.y + self.height));
        Area { origin: map.origin + low, size: high - low }
    }
}

/// A map in blocks.
struct Grid {
    columns: usize,
    rows: usize,
    blocks: Vec<Block>,
    /// The texel that most even blocks have.
    most: u32,
}

impl Grid {
    fn of(map: &OutputMask) -> Self {
        let [width, height] = [map.size.x as usize, map.size.y as usize];
        let block = BLOCK as usize;
        let (columns, rows) = (width.div_ceil(block), height.div_ceil(block));
        // The texel that all pixels of a block have; none where they differ.
        let mut alike: Vec<Option<u32>> = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            let lines = row * block..((row + 1) * block).min(height);
            for column in 0..columns {
                let across = column * block..((column + 1) * block).min(width);
                let first = map.texels[lines.start * width + across.start];
                let is_alike = lines.clone().all(|y| {
                    let line = &map.texels[y * width + across.start..y * width + across.end];
                    line.iter().all(|texel| *texel == first)
                });
                alike.push(is_alike.then_some(first));
            }
        }
        let is_dark = |texel: u32| MaskTexel::unpack(texel) == MaskTexel::default();
        let mut lit: Vec<u32> = alike.iter().flatten().copied().filter(|texel| !is_dark(*texel)).collect();
        lit.sort_unstable();
        let most = lit.chunk_by(|a, b| a == b).max_by_key(|same| same.len()).map_or(0, |same| same[0]);
        let kind = |texel: &Option<u32>| match texel {
            Some(texel) if is_dark(*texel) => Block::Dark,
            Some(texel) if *texel == most => Block::Even,
            _ => Block::Uneven,
        };
        Self { columns, rows, blocks: alike.iter().map(kind).collect(), most }
    }

    /// The largest rectangle of one kind within others, by the heights of its columns over each row: the largest rectangle
    /// under a histogram, with a stack.
    fn largest(&self, within: Blocks, kind: Block) -> Blocks {
        let mut best = Blocks { width: 0, height: 0, ..within };
        let mut heights = vec![0_usize; within.width + 1];
        for row in within.y..within.y + within.height {
            for (column, height) in heights[..within.width].iter_mut().enumerate() {
                let is_kind = self.blocks[row * self.columns + within.x + column] == kind;
                *height = if is_kind { *height + 1 } else { 0 };
            }
            // Columns that rise from the left; the last height of 0 ends them all.
            let mut rising: Vec<usize> = Vec::new();
            for column in 0..heights.len() {
                while let Some(top) = rising.pop_if(|top| heights[*top] >= heights[column]) {
                    let left = rising.last().map_or(0, |before| before + 1);
                    let (width, height) = (column - left, heights[top]);
                    if width * height > best.count() {
                        best = Blocks { x: within.x + left, y: row + 1 - height, width, height };
                    }
                }
                rising.push(column);
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIT: u32 = 1023 | 1023 << 20 | 3 << 30;
    const DARK: u32 = 3 << 30;

    /// Rectangles of other light painted over an even map.
    fn any_map() -> impl Strategy<Value = OutputMask> {
        let rect = (0..400_u32, 0..400_u32, 1..300_u32, 1..300_u32, prop::sample::select(vec![LIT, DARK, DARK | 512]));
        (1..400_u32, 1..400_u32, prop::collection::vec(rect, 0..5)).prop_map(|(width, height, rects)| {
            let mut texels = vec![LIT; (width * height) as usize];
            for (x, y, w, h, texel) in rects {
                for y in y.min(height)..(y + h).min(height) {
                    texels[(y * width + x.min(width)) as usize..(y * width + (x + w).min(width)) as usize].fill(texel);
                }
            }
            OutputMask { origin: UVec2::new(7, 3), size: UVec2::new(width, height), texels }
        })
    }

    proptest! {
        #[test]
        fn every_lit_pixel_is_in_one_rectangle_that_says_what_it_gives(map in any_map()) {
            let parted = UniformRegions::of(&map);
            let mut covered = vec![0_u8; map.texels.len()];
            let mut cover = |rect: &Area, by: u8| {
                for y in rect.origin.y..rect.origin.y + rect.size.y {
                    for x in rect.origin.x..rect.origin.x + rect.size.x {
                        covered[((y - map.origin.y) * map.size.x + x - map.origin.x) as usize] += by;
                    }
                }
            };
            parted.even.iter().for_each(|rect| cover(rect, 1));
            parted.uneven.iter().for_each(|rect| cover(rect, 16));
            for (covered, texel) in covered.iter().zip(&map.texels) {
                match covered {
                    1 => prop_assert_eq!(MaskTexel::unpack(*texel), parted.texel),
                    0 => prop_assert_eq!(*texel, DARK),
                    covered => prop_assert_eq!(*covered, 16),
                }
            }
            prop_assert!(parted.even.len() <= WORTH as usize);
        }
    }

    #[test]
    fn a_wall_with_faded_sides_and_two_windows_is_mostly_even() {
        let size = UVec2::new(1920, 1080);
        let mut texels = vec![LIT; 1920 * 1080];
        for (index, texel) in texels.iter_mut().enumerate() {
            let (x, y) = (index % 1920, index / 1920);
            let is_window = (300..640).contains(&y) && ((380..660).contains(&x) || (1150..1440).contains(&x));
            if is_window {
                *texel = DARK;
            } else if !(240..1680).contains(&x) {
                *texel = DARK | (x.min(1919 - x) as u32 * 4);
            }
        }
        let parted = UniformRegions::of(&OutputMask { origin: UVec2::ZERO, size, texels });
        let px = |rects: &[Area]| rects.iter().map(|rect| u64::from(rect.size.x * rect.size.y)).sum::<u64>();
        let (even, uneven) = (px(&parted.even), px(&parted.uneven));
        assert!(even * 2 > 1920 * 1080 && uneven * 5 < 1920 * 1080 * 2, "{even} {uneven}");
        assert!(parted.even.len() + parted.uneven.len() < 24);
    }
}
