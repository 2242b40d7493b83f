//! The parts of a test picture that are looked at closely: stars, colour bars, fine lines, greys.

use std::f32::consts::TAU;

use glam::Vec2;
use tiny_skia::PathBuilder;

use super::layout::Layout;
use super::sheet::{Area, BLACK, Rgb, Sheet, WHITE};

/// Colours of the bars: the three lights, what two of them make, and all.
pub(super) const BARS: [Rgb; 7] =
    [[255, 0, 0], [0, 255, 0], [0, 0, 255], [0, 255, 255], [255, 0, 255], [255, 255, 0], WHITE];

/// Steps of the grey wedge, from black to white.
pub(super) const STEPS: i32 = 11;

/// Levels that are hardly told from black, and how far others are from white.
pub(super) const NEAR: [u8; 5] = [2, 4, 6, 9, 12];

/// Spokes of a star.
const SPOKES: usize = 36;

/// A star in a circle of the corners, for the focus: the spokes run together where they become finer than the lens shows.
pub(super) fn star(sheet: &mut Sheet, layout: &Layout, centre: Vec2) {
    let radius = layout.cell as f32 * 0.86;
    sheet.disc(centre, radius, BLACK);
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
        sheet.path(&path, WHITE);
    }
    // Where a spoke and its gap would be less than two pixels together, there would be nothing but grey.
    sheet.disc(centre, (SPOKES as f32 * 2.0 / TAU).min(radius / 3.0), BLACK);
}

/// The bars, along the longer side of their place.
pub(super) fn colour_bars(sheet: &mut Sheet, layout: &Layout, area: Area) {
    sheet.fill(area.inset(-2 * layout.line), BLACK);
    let is_tall = area.size().y > area.size().x;
    for (index, colour) in (0..).zip(BARS) {
        let count = BARS.len() as i32;
        let bar = if is_tall { area.row(index, count) } else { area.column(index, count) };
        sheet.fill(bar, colour);
    }
}

/// Where the lines of 1, 2 and 3 pixels are: first upright ones, then level ones.
pub(super) fn line_places(layout: &Layout, area: Area) -> [[Area; 2]; 3] {
    let is_tall = area.size().y > area.size().x;
    let gap = layout.line;
    std::array::from_fn(|thick| {
        std::array::from_fn(|way| {
            let (thick, way) = (thick as i32, way as i32);
            if is_tall { area.row(thick, 3).column(way, 2) } else { area.column(thick, 3).row(way, 2) }.inset(gap)
        })
    })
}

/// Lines of 1, 2 and 3 pixels, white and black, upright and level.
pub(super) fn fine_lines(sheet: &mut Sheet, layout: &Layout, area: Area) {
    sheet.fill(area.inset(-2 * layout.line), BLACK);
    for (width, [upright, level]) in (1..).zip(line_places(layout, area)) {
        for left in (upright.left..upright.right).step_by(2 * width as usize) {
            sheet.fill(Area { left, right: (left + width).min(upright.right), ..upright }, WHITE);
        }
        for top in (level.top..level.bottom).step_by(2 * width as usize) {
            sheet.fill(Area { top, bottom: (top + width).min(level.bottom), ..level }, WHITE);
        }
    }
}

/// The level of a step of the wedge.
pub(super) const fn step_level(step: i32) -> u8 {
    ((step * 255 + (STEPS - 1) / 2) / (STEPS - 1)) as u8
}

/// Where the wedge is, and under it what is near black and near white.
pub(super) fn grey_places(layout: &Layout) -> [Area; 2] {
    let place = layout.in_disc(2.4, 2.05, 3.05);
    let split = place.top + place.size().y * 6 / 10;
    [Area { bottom: split, ..place }, Area { top: split, ..place }]
}

/// The `index`-th patch of those that are near black (`end` 0) or near white (1).
pub(super) fn near_patch(layout: &Layout, end: i32, index: i32) -> Area {
    let [_, near] = grey_places(layout);
    let margin = (near.size().y / 5).max(1);
    let half = near.column(end, 2);
    let Area { left, right, .. } = half.column(index, NEAR.len() as i32);
    Area { left: left + margin, top: near.top + margin, right: right - margin, bottom: near.bottom - margin }
}

/// The grey wedge, and the patches.
pub(super) fn greys(sheet: &mut Sheet, layout: &Layout) {
    let [wedge, near] = grey_places(layout);
    let frame = Area { bottom: near.bottom, ..wedge }.inset(-layout.line);
    sheet.fill(frame, [128; 3]);
    for step in 0..STEPS {
        sheet.fill(wedge.column(step, STEPS), [step_level(step); 3]);
    }
    sheet.fill(near.column(0, 2), BLACK);
    sheet.fill(near.column(1, 2), WHITE);
    for (index, level) in (0..).zip(NEAR) {
        sheet.fill(near_patch(layout, 0, index), [level; 3]);
        sheet.fill(near_patch(layout, 1, NEAR.len() as i32 - 1 - index), [255 - level; 3]);
    }
}
