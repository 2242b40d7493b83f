//! The grid, the rulers, the cross, the circles and the border of a test pattern.

use glam::{IVec2, Vec2};

use super::layout::Layout;
use super::painter::{Area, BLACK, Painter, Rgb, WHITE};
use super::typesetter::Typesetter;

/// The greys of cells: dark enough for the building to stay visible, light enough to show the edge of the raster.
const CELL_GREYS: [Rgb; 2] = [[20; 3], [30; 3]];
/// The grey behind text.
pub(super) const DISC_GREY: Rgb = [10; 3];
/// The colour of the numbers of rulers.
const DIGITS: Rgb = [225; 3];
/// The brightness of the grid's lines, of the output's colour.
const GRID_BRIGHTNESS: f32 = 0.62;

/// Draws cells in two greys, and the lines between them, which count from the upper left corner.
pub(super) fn grid(painter: &mut Painter, layout: &Layout, accent: Rgb) {
    let Layout { size, cell, line, .. } = *layout;
    for (row, top) in (0..size.y).step_by(cell as usize).enumerate() {
        for (column, left) in (0..size.x).step_by(cell as usize).enumerate() {
            painter.fill(Area::of(left, top, IVec2::splat(cell)), CELL_GREYS[(row + column) % 2]);
        }
    }
    let whole = Area::of(0, 0, size);
    let dim = accent.map(|channel| (f32::from(channel) * GRID_BRIGHTNESS).round() as u8);
    for x in (cell..size.x).step_by(cell as usize) {
        painter.vertical_line(x, line, whole, dim);
    }
    for y in (cell..size.y).step_by(cell as usize) {
        painter.horizontal_line(y, line, whole, dim);
    }
}

/// Draws a horizontal and a vertical line exactly through the middle.
pub(super) fn cross(painter: &mut Painter, layout: &Layout, accent: Rgb) {
    let (size, middle) = (layout.size, layout.middle());
    let whole = Area::of(0, 0, size);
    painter.vertical_line(middle.x, layout.middle_line(size.x), whole, accent);
    painter.horizontal_line(middle.y, layout.middle_line(size.y), whole, accent);
}

/// Draws the disc in the middle with parts of the cross, and the circles in the corners.
pub(super) fn circles(painter: &mut Painter, layout: &Layout, accent: Rgb) {
    let (radius, width) = (layout.radius as f32, (2 * layout.line) as f32);
    let (size, middle, centre) = (layout.size, layout.middle(), layout.centre());
    painter.disc(centre, radius, DISC_GREY);
    let disc = layout.in_disc(4.0, -4.0, 4.0);
    painter.horizontal_line(middle.y, layout.middle_line(size.y), disc, accent);
    for (top, bottom) in [(-4.0, -3.25), (-0.2, 0.2), (3.4, 4.0)] {
        painter.vertical_line(middle.x, layout.middle_line(size.x), layout.in_disc(4.0, top, bottom), accent);
    }
    painter.ring(centre, radius, width, accent);
    for corner in layout.corners() {
        painter.ring(corner, layout.cell as f32, width, accent);
    }
}

/// Draws ticks along the edges, ten to a cell where there is room, with their distance from the upper left corner in pixels.
pub(super) fn rulers(painter: &mut Painter, layout: &Layout, typesetter: &mut Typesetter) {
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
        painter.vertical_line(x, line, Area { bottom: long, ..whole }, WHITE);
        painter.vertical_line(x, line, Area { top: size.y - long, ..whole }, WHITE);
    }
    for y in (step..size.y).step_by(step as usize) {
        let long = length(y);
        painter.horizontal_line(y, line, Area { right: long, ..whole }, WHITE);
        painter.horizontal_line(y, line, Area { left: size.x - long, ..whole }, WHITE);
    }
    numbers(painter, layout, typesetter, length(cell));
}

fn numbers(painter: &mut Painter, layout: &Layout, typesetter: &mut Typesetter, tick: i32) {
    let Layout { size, cell, .. } = *layout;
    let height = (cell * 3 / 20).max(7);
    let gap = tick + height / 2 + 1;
    let widest = typesetter.width(&size.max_element().to_string(), height);
    // No two numbers touch, and none runs out at the corners.
    let fits = |apart: i32| apart >= widest + height;
    let every = (1..).find(|count| fits(cell * count)).unwrap_or(1) * cell;
    let colours = [BLACK, DIGITS];
    for x in (every..size.x - widest).step_by(every as usize) {
        typesetter.label(painter, &x.to_string(), IVec2::new(x, gap), Vec2::new(0.5, 0.0), height, colours);
        typesetter.label(painter, &x.to_string(), IVec2::new(x, size.y - gap), Vec2::new(0.5, 1.0), height, colours);
    }
    let every = (1..).find(|count| cell * count >= 3 * height).unwrap_or(1) * cell;
    for y in (every..size.y - 2 * height).step_by(every as usize) {
        typesetter.label(painter, &y.to_string(), IVec2::new(gap, y), Vec2::new(0.0, 0.5), height, colours);
        typesetter.label(painter, &y.to_string(), IVec2::new(size.x - gap, y), Vec2::new(1.0, 0.5), height, colours);
    }
}

/// Draws the outermost pixels in white: where they are missing on the building, the image is cropped or scaled.
pub(super) fn border(painter: &mut Painter) {
    painter.frame(Area::of(0, 0, painter.size()), 1, WHITE);
}
