//! What tiles a frame shows, and at which size. See [`WantedTiles`].

use glam::DVec2;

use super::slots::Level;
use super::tiles::TileRequest;
use millions_frame::{Layer, ScenePlan};
use millions_stage::{ResolvedSurface, Scale};
use millions_wall::{EMPTY_CELL, RowPlan, WallPlan};

/// The octaves over which a tile that changes its size goes from one mip to the next.
const BLENDED_OCTAVES: f64 = 0.25;
/// The side of small tiles, of which a texel too many is seen as glitter, as a power of two.
const GLITTERING_LOG2: f64 = 2.0;

/// The sides that tiles want, in texels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// The least texels that a pixel of a tile wants, by the longer of its sides.
    pub texels_a_pixel: f64,
    /// The side beyond which a filter gains nothing, as a power of two.
    pub most_log2: u32,
}

impl Sampling {
    /// The side that a tile of `px` pixels wants, as a power of two; seldom a whole number, and below 0 for less than a texel.
    fn side_log2(&self, px: DVec2) -> f64 {
        (px.max_element() * self.texels_a_pixel).max(1e-9).log2().min(f64::from(self.most_log2))
    }

    /// The level that a tile of `px` pixels wants: of at least the side at which it is read.
    pub fn level(&self, px: DVec2, changes: bool) -> Level {
        Level::of_log2(self.read_log2(px, changes).ceil() as u32)
    }

    /// The side that a tile of `px` pixels is read at, as a power of two: the next mip that is fine enough, and where the tile
    /// changes its size for a while a blend with the one after it, so that none pops: before the size passes it, and of small
    /// tiles, which would glitter, after.
    pub fn read_log2(&self, px: DVec2, changes: bool) -> f32 {
        let side = self.side_log2(px);
        if !changes {
            return side.ceil().max(0.0) as f32;
        }
        let mip = side.round();
        let begins = if mip > GLITTERING_LOG2 { mip - BLENDED_OCTAVES } else { mip };
        let blend = ((side - begins) / BLENDED_OCTAVES).clamp(0.0, 1.0);
        (mip + blend).clamp(0.0, f64::from(self.most_log2)) as f32
    }
}

/// The tiles that a frame shows on the surfaces of an output. Rows are kept as rows: what it takes does not grow with the cells.
pub struct WantedTiles<'a> {
    sampling: Sampling,
    rows: Vec<WantedRow<'a>>,
    cells: usize,
    /// Outside the rows.
    pub sprites: Vec<TileRequest>,
}

struct WantedRow<'a> {
    row: &'a RowPlan,
    plan: &'a WallPlan,
    surface: &'a ResolvedSurface,
    /// The level of all cells; none where it varies.
    level: Option<Level>,
    /// Cells of the rows before.
    first: usize,
}

impl<'a> WantedTiles<'a> {
    pub const fn new(sampling: Sampling) -> Self {
        Self { sampling, rows: Vec::new(), cells: 0, sprites: Vec::new() }
    }

    /// Adds what a scene shows on a surface.
    pub fn add(&mut self, scene: &'a ScenePlan, surface: &'a ResolvedSurface) {
        for layer in &scene.layers {
            match layer {
                Layer::Rows(layer) => layer.wall.rows.iter().for_each(|row| self.add_row(&layer.wall, row, surface)),
                Layer::Sprites(layer) => {
                    for sprite in &layer.sprites {
                        let (size, middle) = (sprite.wanted_size(), (sprite.corners[0] + sprite.corners[1]) / 2.0);
                        if is_on(surface, size, middle) {
                            let level = self.sampling.level(size * largest_scale(surface, middle, size), true);
                            self.sprites.push(TileRequest { person: sprite.person, level });
                        }
                    }
                }
                Layer::Words(_) | Layer::Still(_) => {}
            }
        }
    }

    fn add_row(&mut self, plan: &'a WallPlan, row: &'a RowPlan, surface: &'a ResolvedSurface) {
        let tile = DVec2::from(plan.grid.tile(row.height));
        let level = match &surface.scale {
            Scale::Uniform(scale) => Some(self.sampling.level(tile * *scale, plan.zooms)),
            Scale::Varying(_) => None,
        };
        self.rows.push(WantedRow { row, plan, surface, level, first: self.cells });
        self.cells += row.columns;
    }

    /// The number of cells of all rows.
    pub const fn cells(&self) -> usize {
        self.cells
    }

    /// Whether all cells are so small that the floor is enough for them.
    pub fn is_of_floors(&self) -> bool {
        self.rows.iter().all(|row| row.level == Some(Level::FLOOR))
    }

    /// Calls `examine` for each tile of `count` cells from the cell `from` on.
    pub fn for_each(&self, from: usize, count: usize, mut examine: impl FnMut(TileRequest)) {
        let end = from + count;
        let first_row = self.rows.partition_point(|row| row.first + row.row.columns <= from);
        for &WantedRow { row, plan, surface, level, first } in &self.rows[first_row..] {
            if first >= end {
                return;
            }
            let tile = DVec2::from(plan.grid.tile(row.height));
            for column in from.saturating_sub(first)..row.columns.min(end - first) {
                let person = row.cell(column);
                let middle = plan.middle(row, column);
                if person != EMPTY_CELL && is_on(surface, tile, middle) {
                    let level =
                        level.unwrap_or_else(|| self.sampling.level(tile * largest_scale(surface, middle, tile), true));
                    examine(TileRequest { person, level });
                }
            }
        }
    }
}

/// The most pixels a wall unit within a tile, as far as it is on a surface. In perspective that is at one of its corners; with less, what a
/// pixel there is read from would depend on which finer tile is in the cache.
fn largest_scale(surface: &ResolvedSurface, middle: DVec2, tile: DVec2) -> DVec2 {
    let [low, high] = surface.part_in_wall;
    let at = |p: DVec2| surface.scale.at(p.clamp(low, high));
    match surface.scale {
        Scale::Uniform(scale) => scale,
        Scale::Varying(_) => {
            let half = tile / 2.0;
            let corners = [half, -half, DVec2::new(half.x, -half.y), DVec2::new(-half.x, half.y)];
            corners.into_iter().map(|corner| at(middle + corner)).fold(at(middle), DVec2::max)
        }
    }
}

/// Whether a tile is on a surface, at least partly; `tile` and `middle` are its size and centre in wall coordinates.
fn is_on(surface: &ResolvedSurface, tile: DVec2, middle: DVec2) -> bool {
    let [low, high] = surface.part_in_wall;
    (middle + tile / 2.0).cmpgt(low).all() && (middle - tile / 2.0).cmplt(high).all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_tile_is_read_no_finer_than_its_level_and_never_pops(height in 0.5..2000.0f64, supersampled: bool) {
            let sampling = Sampling { texels_a_pixel: if supersampled { 1.3 } else { 0.87 }, most_log2: 11 };
            let at = |height: f64, changes| sampling.read_log2(DVec2::new(height * 0.8, height), changes);
            for changes in [false, true] {
                let level = sampling.level(DVec2::new(height * 0.8, height), changes);
                prop_assert!(at(height, changes) <= level.log2() as f32 || level == Level::of_log2(10));
            }
            prop_assert!(at(height, true) >= at(height, false) - 1.0 && at(height, true) <= at(height, false) + 1.0);
            // A thousandth larger is 0.0014 octaves, and so 0.006 of a mip.
            prop_assert!((at(height * 1.001, true) - at(height, true)).abs() < 0.007);
            let texels = f64::from(at(height, false)).exp2() / height;
            prop_assert!(at(height, false) >= 11.0 || texels >= sampling.texels_a_pixel * 0.999, "{texels}");
        }
    }
}
