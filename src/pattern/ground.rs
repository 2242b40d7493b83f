//! The grid, the rulers, the cross, the circles and the border of a test picture.

use glam::{IVec2, Vec2};

use super::layout::Layout;
use super::sheet::{Area, BLACK, Rgb, Sheet, WHITE};
use super::words::Words;

/// The two greys of the cells: dark enough to leave the building to be seen, light enough to show where the light ends.
const CELLS: [Rgb; 2] = [[20; 3], [30; 3]];
/// What is behind the words and the numbers.
pub(super) const DISC: Rgb = [10; 3];
/// Digits along the edges.
const DIGITS: Rgb = [225; 3];
/// How bright the grid's lines are, of the output's colour.
const GRID: f32 = 0.62;

/// Cells in two greys, with lines between them. The lines are at whole cells from the upper left corner.
pub(super) fn grid(sheet: &mut Sheet, layout: &Layout, accent: Rgb) {
    let Layout { size, cell, line, .. } = *layout;
    for (row, top) in (0..size.y).step_by(cell as usize).enumerate() {
        for (column, left) in (0..size.x).step_by(cell as usize).enumerate() {
            sheet.fill(Area::of(left, top, IVec2::splat(cell)), CELLS[(row + column) % 2]);
        }
    }
    let whole = Area::of(0, 0, size);
    let dim = accent.map(|channel| (f32::from(channel) * GRID).round() as u8);
    for x in (cell..size.x).step_by(cell as usize) {
        sheet.upright(x, line, whole, dim);
    }
    for y in (cell..size.y).step_by(cell as usize) {
        sheet.level(y, line, whole, dim);
    }
}

/// A line from side to side and one from top to bottom, exactly in the middle.
pub(super) fn cross(sheet: &mut Sheet, layout: &Layout, accent: Rgb) {
    let (size, middle) = (layout.size, layout.middle());
    let whole = Area::of(0, 0, size);
    sheet.upright(middle.x, layout.middle_line(size.x), whole, accent);
    sheet.level(middle.y, layout.middle_line(size.y), whole, accent);
}

/// The disc in the middle with what is left of the cross in it, and the circles in the corners.
pub(super) fn rings(sheet: &mut Sheet, layout: &Layout, accent: Rgb) {
    let (radius, width) = (layout.radius as f32, (2 * layout.line) as f32);
    let (size, middle, centre) = (layout.size, layout.middle(), layout.centre());
    sheet.disc(centre, radius, DISC);
    let disc = layout.in_disc(4.0, -4.0, 4.0);
    sheet.level(middle.y, layout.middle_line(size.y), disc, accent);
    for (top, bottom) in [(-4.0, -3.25), (-0.2, 0.2), (3.4, 4.0)] {
        sheet.upright(middle.x, layout.middle_line(size.x), layout.in_disc(4.0, top, bottom), accent);
    }
    sheet.ring(centre, radius, width, accent);
    for corner in layout.corners() {
        sheet.ring(corner, layout.cell as f32, width, accent);
    }
}

/// Ticks along the edges, ten a cell where there is room, and how far they are from the upper left corner in pixels.
pub(super) fn rulers(sheet: &mut Sheet, layout: &Layout, words: &mut Words) {
    let Layout { size, cell, line, .. } = *layout;
    let parts = [10, 5, 2].into_iter().find(|parts| cell % parts == 0 && cell / parts >= 4 * line).unwrap_or(1);
    let step = cell / parts;
    let length = |at: i32| {
        let eighths = if at % cell == 0 {
            3
        } else if 2 * at % cell == 0 {
            2
        } else {
            1
        };
        (cell * eighths / 20).max(2 * eighths)
    };
    let whole = Area::of(0, 0, size);
    for x in (step..size.x).step_by(step as usize) {
        let long = length(x);
        sheet.upright(x, line, Area { bottom: long, ..whole }, WHITE);
        sheet.upright(x, line, Area { top: size.y - long, ..whole }, WHITE);
    }
    for y in (step..size.y).step_by(step as usize) {
        let long = length(y);
        sheet.level(y, line, Area { right: long, ..whole }, WHITE);
        sheet.level(y, line, Area { left: size.x - long, ..whole }, WHITE);
    }
    numbers(sheet, layout, words, length(cell));
}

fn numbers(sheet: &mut Sheet, layout: &Layout, words: &mut Words, tick: i32) {
    let Layout { size, cell, .. } = *layout;
    let height = (cell * 3 / 20).max(7);
    let gap = tick + height / 2 + 1;
    let widest = words.width(&size.max_element().to_string(), height);
    // No two numbers touch, and none runs out at the corners.
    let fits = |apart: i32| apart >= widest + height;
    let every = (1..).find(|count| fits(cell * count)).unwrap_or(1) * cell;
    let colours = [BLACK, DIGITS];
    for x in (every..size.x - widest).step_by(every as usize) {
        words.label(sheet, &x.to_string(), IVec2::new(x, gap), Vec2::new(0.5, 0.0), height, colours);
        words.label(sheet, &x.to_string(), IVec2::new(x, size.y - gap), Vec2::new(0.5, 1.0), height, colours);
    }
    let every = (1..).find(|count| cell * count >= 3 * height).unwrap_or(1) * cell;
    for y in (every..size.y - 2 * height).step_by(every as usize) {
        words.label(sheet, &y.to_string(), IVec2::new(gap, y), Vec2::new(0.0, 0.5), height, colours);
        words.label(sheet, &y.to_string(), IVec2::new(size.x - gap, y), Vec2::new(1.0, 0.5), height, colours);
    }
}

/// The first and last row and column of pixels, in white: what of it is not seen on the building is cut off or scaled.
pub(super) fn border(sheet: &mut Sheet) {
    sheet.frame(Area::of(0, 0, sheet.size()), 1, WHITE);
}
