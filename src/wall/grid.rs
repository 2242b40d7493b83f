//! How the wall is cut into rows and cells. See [`WallGrid`].

/// Rows and cells in wall coordinates (the wall is 1 high).
///
/// A cell is as wide as its tile, and the gap is the same on all four sides, whatever the tile's aspect:
///
/// ```text
/// ┌──────────────┐  cell: 1 high (in cell heights), pitch() wide
/// │ ┌──────────┐ │  gap/2 on each side
/// │ │   tile   │ │  tile: 1 − gap high, tile_aspect × as wide
/// │ └──────────┘ │
/// └──────────────┘
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WallGrid {
    /// Whole rows over the wall's height; at least 1.
    pub rows: u32,
    /// The wall's width over its height.
    pub aspect: f64,
    /// A tile's width over its height as shown.
    pub tile_aspect: f64,
    /// The dark line between tiles, in cell heights, 0 to below 1.
    pub gap: f64,
}

impl WallGrid {
    /// A cell's width in cell heights.
    #[must_use]
    pub fn pitch(&self) -> f64 {
        self.tile_aspect * (1.0 - self.gap) + self.gap
    }

    /// How many cells a row shows at once; seldom whole.
    #[must_use]
    pub fn visible_cells(&self) -> f64 {
        self.aspect * f64::from(self.rows) / self.pitch()
    }

    /// The most cells of a row that can be seen at once, parts included: a window of 2.5 cells can touch 4.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.visible_cells().ceil() as usize + 1
    }

    /// The tile's part of its cell, as fractions of the cell's width and height.
    #[must_use]
    pub fn tile_in_cell(&self) -> [f64; 2] {
        [self.tile_aspect * (1.0 - self.gap) / self.pitch(), 1.0 - self.gap]
    }

    /// A tile's width and height on a wall that is `wall_height_px` high.
    #[must_use]
    pub fn tile_px(&self, wall_height_px: f64) -> [f64; 2] {
        let height = wall_height_px / f64::from(self.rows) * (1.0 - self.gap);
        [height * self.tile_aspect, height]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_keep_their_aspect_and_gaps_are_even() {
        let grid = WallGrid { rows: 9, aspect: 16.0 / 9.0, tile_aspect: 0.8, gap: 0.05 };
        let [width, height] = grid.tile_px(900.0);
        assert!((width / height - 0.8).abs() < 1e-12);
        assert!((grid.pitch() * 100.0 - width - 5.0).abs() < 1e-9, "a gap of 5 px beside a tile");
        assert!((100.0 - height - 5.0).abs() < 1e-9, "a gap of 5 px below it");
    }

    #[test]
    fn a_window_touches_no_more_than_its_columns() {
        let grid = WallGrid { rows: 1, aspect: 2.5, tile_aspect: 1.0, gap: 0.0 };
        assert_eq!(grid.columns(), 4);
    }
}
