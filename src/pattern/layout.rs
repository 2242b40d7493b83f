//! The layout of a test pattern. See [`Layout`].

use glam::{IVec2, Vec2};

use super::painter::Area;

/// The measures of a test pattern, in pixels. Positions in the large disc in the middle are in quarters of its radius, all
/// others in cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) size: IVec2,
    /// The side of a cell: a round number.
    pub(super) cell: i32,
    /// The width of the grid's lines.
    pub(super) line: i32,
    /// The radius of the disc in the middle.
    pub(super) radius: i32,
}

/// The possible sides of a cell.
const CELL_SIZES: [i32; 13] = [10, 20, 40, 50, 60, 80, 100, 120, 150, 160, 200, 240, 400];

impl Layout {
    pub(super) fn new(size: IVec2) -> Self {
        let (short, long) = (size.min_element(), size.max_element());
        // About 16 by 9 cells, preferably of a side that divides the output's.
        let wanted = (short as f32 / 9.0).min(long as f32 / 16.0);
        let cost = |cell: i32| {
            let off = (wanted / cell as f32).ln().abs();
            let rests = [short, long].iter().filter(|side| *side % cell != 0).count();
            off + 0.16 * rests as f32
        };
        let cell = CELL_SIZES.into_iter().min_by(|a, b| cost(*a).total_cmp(&cost(*b))).unwrap_or(100);
        let line = if short < 700 { 1 } else { 2 * ((short + 540) / 1080).max(1) };
        // Leaves room for the rulers, the circles in the corners, and the bars and lines on both sides.
        let beside = (long / 2 - cell * 13 / 4).max(short * 3 / 10);
        let half = (cell / 2).max(1);
        let radius = (short / 2 - cell).min(beside) / half * half;
        Self { size, cell, line, radius }
    }

    /// The middle, rounded down to a corner of pixels.
    pub(super) fn middle(&self) -> IVec2 {
        self.size / 2
    }

    /// The exact centre.
    pub(super) fn centre(&self) -> Vec2 {
        self.size.as_vec2() / 2.0
    }

    /// The width of a line through the middle of `side` pixels: of the same parity, so that it is centred to the pixel.
    pub(super) const fn middle_line(&self, side: i32) -> i32 {
        if side % 2 == 1 { self.line | 1 } else { (self.line + 1) / 2 * 2 }
    }

    /// The centres of the circles in the corners, clockwise from the upper left. Their radius is a cell.
    pub(super) fn corners(&self) -> [Vec2; 4] {
        let near = (2 * self.cell) as f32;
        let far = self.size.as_vec2() - near;
        [Vec2::splat(near), Vec2::new(far.x, near), far, Vec2::new(near, far.y)]
    }

    /// The areas to both sides of the disc, or above and below it.
    pub(super) fn side_panels(&self) -> [Area; 2] {
        let Self { size, cell, radius, .. } = *self;
        let middle = self.middle();
        let is_landscape = size.x >= size.y;
        let free = size.max_element() / 2 - radius;
        let (along, across) = ((2 * cell).min(free - cell / 2), 5 * cell / 2);
        // Halfway, on a line of the grid if possible.
        let near = ((free + cell) / (2 * cell) * cell).min(free - along / 2 - cell / 4);
        let far = size.max_element() - near;
        [near, far].map(|at| {
            if is_landscape {
                Area::around(IVec2::new(at, middle.y), IVec2::new(along, across))
            } else {
                Area::around(IVec2::new(middle.x, at), IVec2::new(across, along))
            }
        })
    }

    /// An area in the disc: `half` to either side of its middle, and from `top` to `bottom`, in quarters of its radius.
    pub(super) fn in_disc(&self, half: f32, top: f32, bottom: f32) -> Area {
        let quarter = self.radius as f32 / 4.0;
        let pixels = |quarters: f32| (quarters * quarter).round() as i32;
        let IVec2 { x, y } = self.middle();
        Area { left: x - pixels(half), top: y + pixels(top), right: x + pixels(half), bottom: y + pixels(bottom) }
    }
}
