//! Regions of an output mask in which all texels are equal. See [`UniformRegions`].

use glam::UVec2;

use super::OutputMask;
use super::output_mask::MaskTexel;
use super::raster::Area;

/// The side of a block, in pixels.
const BLOCK: u32 = 16;

/// The least part of a mask that is worth a draw of its own: a 32nd.
const LEAST_PART: u32 = 32;

/// The fewest blocks of a mask that is divided.
const LEAST_BLOCKS: u32 = 256;

/// An output mask divided into rectangles of equal and of varying texels: reading the mask is most of what a stage costs to
/// draw. What is in no rectangle is dark, and need not be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct UniformRegions {
    /// The texel of all `uniform` regions.
    pub texel: MaskTexel,
    /// Where every texel is `texel`.
    pub uniform: Vec<Area>,
    /// Where the mask has to be read.
    pub varying: Vec<Area>,
}

/// The kinds of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    /// All texels are the most frequent one.
    Uniform,
    /// All texels are 0.
    Dark,
    /// Anything else.
    Varying,
}

/// A rectangle of blocks.
#[derive(Clone, Copy, Debug)]
struct Blocks {
    x: usize,
    y: usize,
    width: usize,
    height: usize,
}

impl UniformRegions {
    /// Divides a mask.
    #[must_use]
    pub fn of(mask: &OutputMask) -> Self {
        let grid = Grid::of(mask);
        let all = Blocks { x: 0, y: 0, width: grid.columns, height: grid.rows };
        let mut regions =
            Self { texel: MaskTexel::unpack(grid.most_frequent), uniform: Vec::new(), varying: Vec::new() };
        if all.count() < LEAST_BLOCKS as usize {
            regions.varying.push(Area { origin: mask.origin, size: mask.size });
        } else {
            regions.divide(mask, &grid, all, all.count() / LEAST_PART as usize);
        }
        regions
    }

    /// Takes the largest uniform or dark rectangle of `blocks` with at least `least` blocks, and goes on with what is above,
    /// below and beside it.
    fn divide(&mut self, mask: &OutputMask, grid: &Grid, blocks: Blocks, least: usize) {
        let Blocks { x, y, width, height } = blocks;
        if blocks.count() == 0 {
            return;
        }
        let uniform = grid.largest(blocks, Block::Uniform);
        let dark = grid.largest(blocks, Block::Dark);
        let (kind, found) =
            if dark.count() > uniform.count() { (Block::Dark, dark) } else { (Block::Uniform, uniform) };
        if found.count() < least.max(1) {
            self.varying.push(blocks.pixels(mask));
            return;
        }
        if kind == Block::Uniform {
            self.uniform.push(found.pixels(mask));
        }
        let (right, bottom) = (found.x + found.width, found.y + found.height);
        let beside = [
            Blocks { x, y, width, height: found.y - y },
            Blocks { x, y: bottom, width, height: y + height - bottom },
            Blocks { x, y: found.y, width: found.x - x, height: found.height },
            Blocks { x: right, y: found.y, width: x + width - right, height: found.height },
        ];
        for blocks in beside {
            self.divide(mask, grid, blocks, least);
        }
    }
}

impl Blocks {
    const fn count(self) -> usize {
        self.width * self.height
    }

    /// Its pixels in the target; blocks at the right and lower end of the mask may be cut.
    fn pixels(self, mask: &OutputMask) -> Area {
        let at = |x: usize, y: usize| (UVec2::new(x as u32, y as u32) * BLOCK).min(mask.size);
        let (low, high) = (at(self.x, self.y), at(self.x + self.width, self.y + self.height));
        Area { origin: mask.origin + low, size: high - low }
    }
}

/// The blocks of a mask.
struct Grid {
    columns: usize,
    rows: usize,
    blocks: Vec<Block>,
    /// The most frequent lit texel among blocks of equal texels.
    most_frequent: u32,
}

impl Grid {
    fn of(mask: &OutputMask) -> Self {
        let [width, height] = [mask.size.x as usize, mask.size.y as usize];
        let block = BLOCK as usize;
        let (columns, rows) = (width.div_ceil(block), height.div_ceil(block));
        // The texel of a block; none where texels differ.
        let mut uniform: Vec<Option<u32>> = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            let lines = row * block..((row + 1) * block).min(height);
            for column in 0..columns {
                let across = column * block..((column + 1) * block).min(width);
                let first = mask.texels[lines.start * width + across.start];
                let is_uniform = lines.clone().all(|y| {
                    let line = &mask.texels[y * width + across.start..y * width + across.end];
                    line.iter().all(|texel| *texel == first)
                });
                uniform.push(is_uniform.then_some(first));
            }
        }
        let is_dark = |texel: u32| MaskTexel::unpack(texel) == MaskTexel::default();
        let mut lit: Vec<u32> = uniform.iter().flatten().copied().filter(|texel| !is_dark(*texel)).collect();
        lit.sort_unstable();
        let most_frequent = lit.chunk_by(|a, b| a == b).max_by_key(|same| same.len()).map_or(0, |same| same[0]);
        let kind = |texel: &Option<u32>| match texel {
            Some(texel) if is_dark(*texel) => Block::Dark,
            Some(texel) if *texel == most_frequent => Block::Uniform,
            _ => Block::Varying,
        };
        Self { columns, rows, blocks: uniform.iter().map(kind).collect(), most_frequent }
    }

    /// The largest rectangle of one kind within another: for each row the largest rectangle under the histogram of column
    /// heights, by a stack.
    fn largest(&self, within: Blocks, kind: Block) -> Blocks {
        let mut best = Blocks { width: 0, height: 0, ..within };
        let mut heights = vec![0_usize; within.width + 1];
        for row in within.y..within.y + within.height {
            for (column, height) in heights[..within.width].iter_mut().enumerate() {
                let is_kind = self.blocks[row * self.columns + within.x + column] == kind;
                *height = if is_kind { *height + 1 } else { 0 };
            }
            // Columns of rising heights; the last height of 0 pops them all.
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

    /// Rectangles of other texels over a uniform mask.
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
        fn every_lit_pixel_is_in_one_region_with_its_texel(map in any_map()) {
            let regions = UniformRegions::of(&map);
            let mut covered = vec![0_u8; map.texels.len()];
            let mut cover = |rect: &Area, by: u8| {
                for y in rect.origin.y..rect.origin.y + rect.size.y {
                    for x in rect.origin.x..rect.origin.x + rect.size.x {
                        covered[((y - map.origin.y) * map.size.x + x - map.origin.x) as usize] += by;
                    }
                }
            };
            regions.uniform.iter().for_each(|rect| cover(rect, 1));
            regions.varying.iter().for_each(|rect| cover(rect, 16));
            for (covered, texel) in covered.iter().zip(&map.texels) {
                match covered {
                    1 => prop_assert_eq!(MaskTexel::unpack(*texel), regions.texel),
                    0 => prop_assert_eq!(*texel, DARK),
                    covered => prop_assert_eq!(*covered, 16),
                }
            }
            prop_assert!(regions.uniform.len() <= LEAST_PART as usize);
        }
    }

    #[test]
    fn a_wall_with_blended_sides_and_two_windows_is_mostly_uniform() {
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
        let regions = UniformRegions::of(&OutputMask { origin: UVec2::ZERO, size, texels });
        let px = |rects: &[Area]| rects.iter().map(|rect| u64::from(rect.size.x * rect.size.y)).sum::<u64>();
        let (even, uneven) = (px(&regions.uniform), px(&regions.varying));
        assert!(even * 2 > 1920 * 1080 && uneven * 5 < 1920 * 1080 * 2, "{even} {uneven}");
        assert!(regions.uniform.len() + regions.varying.len() < 24);
    }
}
