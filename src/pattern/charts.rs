//! The test charts of a pattern: Siemens stars, colour bars, fine lines, grey wedge.

use std::f32::consts::TAU;

use glam::Vec2;
use tiny_skia::PathBuilder;

use super::layout::Layout;
use super::painter::{Area, BLACK, Painter, Rgb, WHITE};

/// The colours of the bars: primaries, secondaries, white.
pub(super) const BARS: [Rgb; 7] =
    [[255, 0, 0], [0, 255, 0], [0, 0, 255], [0, 255, 255], [255, 0, 255], [255, 255, 0], WHITE];

/// Steps of the grey wedge, from black to white.
pub(super) const WEDGE_STEPS: i32 = 11;

/// Levels near black, and distances from white of those near it.
pub(super) const NEAR_LEVELS: [u8; 5] = [2, 4, 6, 9, 12];

/// The spokes of a Siemens star.
const SPOKES: usize = 36;

/// Draws a Siemens star, for the focus, in the circle of a corner: spokes blur together where they are finer than the lens
/// resolves.
pub(super) fn siemens_star(painter: &mut Painter, layout: &Layout, centre: Vec2) {
    let radius = layout.cell as f32 * 0.86;
    painter.disc(centre, radius, BLACK);
    let at = |turn: f32| centre + Vec2::from_angle(turn * TAU) * radius;
    let mut builder = PathBuilder::new();
    for spoke in 0..SPOKES {
        let turn = |part: f32| at((spoke as f32 + part) / SPOKES as f32);
        builder.move_to(centre.x, centre.y);
        for eighth in 0..=4 {
            let point = turn(0.25 + eighth as f32 / 8.0);
            builder.line_to(point.x, point.y);
        }
        builder.close();
    }
    if let Some(path) = builder.finish() {
        painter.path(&path, WHITE);
    }
    // Black where a spoke and its gap would be finer than two pixels, and alias to grey.
    painter.disc(centre, (SPOKES as f32 * 2.0 / TAU).min(radius / 3.0), BLACK);
}

/// Draws the bars along the longer side of an area.
pub(super) fn colour_bars(painter: &mut Painter, layout: &Layout, area: Area) {
    painter.fill(area.inset(-2 * layout.line), BLACK);
    let is_tall = area.size().y > area.size().x;
    for (index, colour) in (0..).zip(BARS) {
        let count = BARS.len() as i32;
        let bar = if is_tall { area.row(index, count) } else { area.column(index, count) };
        painter.fill(bar, colour);
    }
}

/// The areas of the lines of 1, 2 and 3 pixels, each of vertical and of horizontal ones.
pub(super) fn line_areas(layout: &Layout, area: Area) -> [[Area; 2]; 3] {
    let is_tall = area.size().y > area.size().x;
    let gap = layout.line;
    std::array::from_fn(|thick| {
        std::array::from_fn(|way| {
            let (thick, way) = (thick as i32, way as i32);
            if is_tall { area.row(thick, 3).column(way, 2) } else { area.column(thick, 3).row(way, 2) }.inset(gap)
        })
    })
}

/// Draws lines of 1, 2 and 3 pixels, white and black, vertical and horizontal.
pub(super) fn fine_lines(painter: &mut Painter, layout: &Layout, area: Area) {
    painter.fill(area.inset(-2 * layout.line), BLACK);
    for (width, [vertical, horizontal]) in (1..).zip(line_areas(layout, area)) {
        for left in (vertical.left..vertical.right).step_by(2 * width as usize) {
            painter.fill(Area { left, right: (left + width).min(vertical.right), ..vertical }, WHITE);
        }
        for top in (horizontal.top..horizontal.bottom).step_by(2 * width as usize) {
            painter.fill(Area { top, bottom: (top + width).min(horizontal.bottom), ..horizontal }, WHITE);
        }
    }
}

/// The grey level of a step of the wedge.
pub(super) const fn step_level(step: i32) -> u8 {
    ((step * 255 + (WEDGE_STEPS - 1) / 2) / (WEDGE_STEPS - 1)) as u8
}

/// The area of the wedge, and below it that of the patches near black and near white.
pub(super) fn grey_areas(layout: &Layout) -> [Area; 2] {
    let place = layout.in_disc(2.4, 2.05, 3.05);
    let split = place.top + place.size().y * 6 / 10;
    [Area { bottom: split, ..place }, Area { top: split, ..place }]
}

/// The `index`-th patch of those that are near black (`end` 0) or near white (1).
pub(super) fn near_patch(layout: &Layout, end: i32, index: i32) -> Area {
    let [_, near] = grey_areas(layout);
    let margin = (near.size().y / 5).max(1);
    let half = near.column(end, 2);
    let Area { left, right, .. } = half.column(index, NEAR_LEVELS.len() as i32);
    Area { left: left + margin, top: near.top + margin, right: right - margin, bottom: near.bottom - margin }
}

/// Draws the grey wedge and the patches.
pub(super) fn grey_scale(painter: &mut Painter, layout: &Layout) {
    let [wedge, near] = grey_areas(layout);
    let frame = Area { bottom: near.bottom, ..wedge }.inset(-layout.line);
    painter.fill(frame, [128; 3]);
    for step in 0..WEDGE_STEPS {
        painter.fill(wedge.column(step, WEDGE_STEPS), [step_level(step); 3]);
    }
    painter.fill(near.column(0, 2), BLACK);
    painter.fill(near.column(1, 2), WHITE);
    for (index, level) in (0..).zip(NEAR_LEVELS) {
        painter.fill(near_patch(layout, 0, index), [level; 3]);
        painter.fill(near_patch(layout, 1, NEAR_LEVELS.len() as i32 - 1 - index), [255 - level; 3]);
    }
}
