//! What a change may not make of a stage, whatever else is asked of it.

use glam::DVec2;

use super::super::ranges as may;
use super::super::{Mask, MaskShape, Outline, Output, Stage, Surface};

/// The least area of the triangle of a corner and its neighbours, in square pixels: less is a line on the building.
const LEAST: f64 = 2.0;

/// All numbers of a surface.
pub(super) fn surface_numbers(surface: &Surface) -> Vec<f64> {
    let mut numbers = outer_numbers(surface);
    numbers.extend(inner_numbers(surface));
    numbers
}

/// Those in the output's pixels, and others.
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

/// Those in the surface's own space.
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
    numbers
        .extend(output.blend.manual.iter().flat_map(|manual| [manual.left, manual.top, manual.right, manual.bottom]));
    numbers.extend([output.blend.curve, output.blend.gamma, output.black_level.light, output.black_level.feather]);
    let calibration = output.light.calibration;
    let single = [calibration.gamma, calibration.black, calibration.white, output.light.brightness];
    numbers.extend(single.into_iter().chain(calibration.wall_colour).chain(output.light.gain).map(f64::from));
    numbers
}

/// Where masks are.
fn mask_numbers(masks: &[Mask]) -> Vec<f64> {
    let mut numbers = Vec::new();
    for mask in masks {
        if let MaskShape::Path(points) = &mask.shape {
            let places = points.iter().flat_map(|point| [Some(point.at), point.before, point.after]);
            numbers.extend(places.flatten().flat_map(|p| [p.x, p.y]));
        }
    }
    numbers
}

/// Whether a change has made something that cannot be shown. What it has not touched is not asked about: a stage that came
/// from a file as it is must not hold up the work on another surface.
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
    // What is not a number is not within, either.
    if numbers.iter().all(|number| number.abs() <= far) { Ok(()) } else { Err(format!("{name}: too far away")) }
}

/// Whether four corners go round one way, with a bend at each.
pub(super) fn is_convex(corners: &[DVec2; 4]) -> bool {
    let turns = [0, 1, 2, 3].map(|k| {
        let (a, b, c) = (corners[k], corners[(k + 1) % 4], corners[(k + 2) % 4]);
        (b - a).perp_dot(c - b) / 2.0
    });
    turns.iter().all(|turn| *turn > LEAST) || turns.iter().all(|turn| *turn < -LEAST)
}
