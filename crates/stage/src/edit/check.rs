//! Checks that hold after every edit. See [`check`].

use glam::DVec2;

use super::super::ranges as may;
use super::super::{ColourCorrection, Mask, Outline, Output, Sides, Stage, Surface};

/// The least area of the triangle of a corner and its neighbours, in square pixels: less looks like a line.
const LEAST: f64 = 2.0;

/// All numbers of a surface.
pub(super) fn surface_numbers(surface: &Surface) -> Vec<f64> {
    let mut numbers = outer_numbers(surface);
    numbers.extend(inner_numbers(surface));
    numbers
}

/// The numbers of a surface but for those in surface space.
fn outer_numbers(surface: &Surface) -> Vec<f64> {
    let mut numbers: Vec<f64> = surface.part.iter().chain(&surface.corners).flat_map(|p| [p.x, p.y]).collect();
    numbers.extend(surface.width_m);
    if let Some(mesh) = &surface.mesh {
        numbers.extend(mesh.moved.iter().flat_map(|p| [p.x, p.y]));
    }
    if let Some(bend) = &surface.bend {
        numbers.extend([bend.degrees, bend.top.x, bend.top.y, bend.bottom.x, bend.bottom.y]);
    }
    numbers.extend(surface.masks.iter().map(|mask| mask.feather));
    numbers
}

/// The numbers in surface space.
fn inner_numbers(surface: &Surface) -> Vec<f64> {
    let mut numbers = mask_numbers(&surface.masks);
    if let Outline::Polygon(points) = &surface.outline {
        numbers.extend(points.iter().flat_map(|p| [p.x, p.y]));
    }
    numbers
}

/// All numbers of an output.
pub(super) fn output_numbers(output: &Output) -> Vec<f64> {
    let mut numbers = mask_numbers(&output.masks);
    numbers.extend(output.masks.iter().map(|mask| mask.feather));
    numbers.extend(output.blend.manual.into_iter().flat_map(Sides::to_array));
    numbers.extend([output.blend.curve, output.blend.gamma, output.black_level.light, output.black_level.feather]);
    let ColourCorrection { calibration, brightness, gain } = output.colour;
    let single = [calibration.gamma, calibration.black, calibration.white, brightness];
    numbers.extend(single.into_iter().chain(calibration.wall_colour).chain(gain).map(f64::from));
    numbers
}

/// The coordinates of masks.
fn mask_numbers(masks: &[Mask]) -> Vec<f64> {
    let mut numbers = Vec::new();
    for point in masks.iter().filter_map(|mask| mask.shape.path()).flatten() {
        let positions = [Some(point.at), point.before, point.after].into_iter().flatten();
        numbers.extend(positions.flat_map(|p| [p.x, p.y]));
    }
    numbers
}

/// Checks that an edit has left all it changed in range, and all corners convex. What it has not changed is not checked:
/// a faulty surface of a file must not block the work on another.
pub(super) fn check(before: &Stage, after: &Stage) -> Result<(), String> {
    for surface in &after.surfaces {
        if before.surfaces.contains(surface) {
            continue;
        }
        within(&outer_numbers(surface), may::PIXELS.high, &surface.name)?;
        within(&inner_numbers(surface), may::PLACE.high, &surface.name)?;
        if !is_convex(&surface.corners) {
            return Err(format!("{}: its corners would cross, or fall into a line", surface.name));
        }
    }
    for output in &after.outputs {
        if !before.outputs.contains(output) {
            within(&output_numbers(output), may::PIXELS.high, &output.name)?;
        }
    }
    Ok(())
}

fn within(numbers: &[f64], far: f64, name: &str) -> Result<(), String> {
    // NaN fails this, too.
    if numbers.iter().all(|number| number.abs() <= far) { Ok(()) } else { Err(format!("{name}: too far away")) }
}

/// Whether four corners are a convex quadrilateral, without a straight angle.
pub(super) fn is_convex(corners: &[DVec2; 4]) -> bool {
    let turns = [0, 1, 2, 3].map(|k| {
        let (a, b, c) = (corners[k], corners[(k + 1) % 4], corners[(k + 2) % 4]);
        (b - a).perp_dot(c - b) / 2.0
    });
    turns.iter().all(|turn| *turn > LEAST) || turns.iter().all(|turn| *turn < -LEAST)
}
