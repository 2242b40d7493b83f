//! The values of a surface.

use std::f64::consts::TAU;
use std::path::Path;

use glam::DVec2;

use super::super::ground::UNIT;
use super::super::surfaces::{BENT, begin_bend};
use super::super::{Place, Stage, mesh, neat_own};
use super::number::Number;
use super::{Value, Work, own_name};
use crate::ranges as may;
use crate::rounded::{PARTS, round};
use crate::{Outline, Surface};
use millions_base::Range;

/// A step of a part of the wall.
const PART_STEP: f64 = 0.01;
/// The least that can be told from nothing in a part of the wall.
const LEAST_STEP: f64 = 1e-6;
/// A step on the building, in metres, and what a width that becomes known begins with.
const METRES: (f64, f64) = (0.1, 10.0);
/// Points of a polygon that was a circle.
const ROUND: u32 = 16;

/// All values of a surface.
pub(super) fn values(stage: &Stage, index: usize) -> Vec<Value> {
    let Some(surface) = stage.surfaces.get(index) else { return Vec::new() };
    let outputs: Vec<_> = stage.outputs.iter().map(|output| output.name.clone()).collect();
    let output = outputs.iter().position(|name| *name == surface.output).unwrap_or(0);
    let width = Number::new(may::WIDTH_M, METRES.0, " m").or("unknown", METRES.1);
    let mut values = vec![
        Value::text("name", &surface.name, "", move |work, name| rename(work.stage, index, name)).always_said(),
        Value::words("output", outputs, output, move |work, output| {
            work.stage.surfaces[index].output.clone_from(&work.stage.outputs[output].name);
            // Nothing else that is selected comes along.
            *work.selection = vec![Place::Surface(index)];
            Ok(())
        })
        .always_said(),
    ];
    values.extend(part(surface, index));
    values.extend([
        Value::text("own scene", surface.scene.as_deref().unwrap_or_default(), "none: the wall", move |work, scene| {
            if scene.ends_with(".toml") && !work.space.is_there(Path::new(scene)) {
                return Err(format!("{scene} is not there; paths are from the stage's folder on"));
            }
            work.stage.surfaces[index].scene = Some(scene.to_owned()).filter(|scene| !scene.is_empty());
            Ok(())
        }),
        Value::maybe("width on the building", width, surface.width_m, move |work, set| {
            work.stage.surfaces[index].width_m = set;
            Ok(())
        }),
    ]);
    values.extend(shape(surface, index));
    values
}

/// Which part of the wall it shows.
fn part(surface: &Surface, index: usize) -> impl Iterator<Item = Value> {
    let [from, to] = surface.part;
    let labels = [["part left", "part width"], ["part top", "part height"]];
    let values = labels.into_iter().enumerate().flat_map(move |(axis, [begins, reaches])| {
        let (from, length) = (from[axis], round(to[axis] - from[axis], PARTS));
        let room = |used: f64, least| Range::new(least, round(may::PART.high - used, PARTS).max(least), may::PART.unit);
        let begins_in = Number::percent(room(length, may::PART.low), PART_STEP);
        // A hair more than the least: no difference of the file's numbers then is less.
        let reaches_in = Number::percent(room(from, may::LEAST_PART + LEAST_STEP), PART_STEP);
        let put = move |work: &mut Work, from: f64, length: f64| {
            put_part(&mut work.stage.surfaces[index].part, axis, from, length);
            Ok(())
        };
        [
            Value::number(begins, begins_in, from, 0.0, move |work, set| put(work, set, length)),
            Value::number(reaches, reaches_in, length, 1.0 - from, move |work, set| put(work, from, set)),
        ]
    });
    // Left and top before width and height.
    let mut values: Vec<_> = values.collect();
    values.swap(1, 2);
    values.into_iter()
}

/// Lets a part of the wall begin and reach so far along an axis.
fn put_part([from, to]: &mut [DVec2; 2], axis: usize, begins: f64, length: f64) {
    (from[axis], to[axis]) = (begins, round(begins + length, PARTS).min(may::PART.high));
    // As the file's reader reckons: by a hair it may be too little.
    if to[axis] - from[axis] < may::LEAST_PART {
        if to[axis] < may::PART.high {
            to[axis] = round(to[axis] + LEAST_STEP, PARTS);
        } else {
            from[axis] = round(from[axis] - LEAST_STEP, PARTS);
        }
    }
}

/// Its shape, its bend, its mesh.
fn shape(surface: &Surface, index: usize) -> Vec<Value> {
    let outline = match surface.outline {
        Outline::Rectangle => 0,
        Outline::Circle => 1,
        Outline::Polygon(_) => 2,
    };
    let bend = Number::new(may::BEND, 1.0, "°").either_sign().or("none", BENT);
    let cells = Number::whole(may::CELLS, "").or("none", f64::from(mesh::BEGUN));
    let (columns, rows) = surface.mesh.as_ref().map(|mesh| (f64::from(mesh.columns), f64::from(mesh.rows))).unzip();
    let mut values = vec![
        Value::words("shape", ["rectangle", "circle", "polygon"], outline, move |work, shape| {
            let outline = &mut work.stage.surfaces[index].outline;
            *outline = match shape {
                0 => Outline::Rectangle,
                1 => Outline::Circle,
                _ => Outline::Polygon(polygon(outline)),
            };
            Ok(())
        }),
        Value::maybe("bend", bend, surface.bend.map(|bend| bend.degrees), move |work, set| put_bend(work, index, set)),
        Value::maybe("mesh columns", cells, columns, move |work, set| put_cells(work, index, set, true)),
        Value::maybe("mesh rows", cells, rows, move |work, set| put_cells(work, index, set, false)),
    ];
    if let Some(mesh) = &surface.mesh {
        // In a file that does not say it, the lines are curves.
        let straight = usize::from(!mesh.smooth);
        values.push(Value::words("mesh lines", ["curved", "straight"], straight, move |work, straight| {
            if let Some(mesh) = &mut work.stage.surfaces[index].mesh {
                mesh.smooth = straight == 0;
            }
            Ok(())
        }));
    }
    values
}

fn rename(stage: &mut Stage, index: usize, name: &str) -> Result<(), String> {
    let others = stage.surfaces.iter().enumerate().filter(|(other, _)| *other != index);
    stage.surfaces[index].name = own_name(name, others.map(|(_, other)| &other.name))?;
    Ok(())
}

/// The points of a shape, to be moved.
fn polygon(outline: &Outline) -> Vec<DVec2> {
    match outline {
        Outline::Rectangle => UNIT.to_vec(),
        Outline::Circle => {
            let point = |k: u32| DVec2::from_angle(TAU * f64::from(k) / f64::from(ROUND)) / 2.0 + 0.5;
            (0..ROUND).map(|k| neat_own(point(k))).collect()
        }
        Outline::Polygon(points) => points.clone(),
    }
}

fn put_bend(work: &mut Work, index: usize, degrees: Option<f64>) -> Result<(), String> {
    let before = work.stage.surfaces[index].bend;
    work.stage.surfaces[index].bend = match (before, degrees) {
        (_, None) => None,
        (Some(bend), Some(degrees)) => Some(crate::Bend { degrees, ..bend }),
        (None, Some(degrees)) => Some(begin_bend(work.stage, work.output, index, work.space, degrees)?),
    };
    Ok(())
}

/// So many columns, or rows; the picture stays as it is.
fn put_cells(work: &mut Work, index: usize, cells: Option<f64>, along: bool) -> Result<(), String> {
    let own = &mut work.stage.surfaces[index].mesh;
    match (own.as_ref(), cells.map(|cells| cells as u32)) {
        (_, None) => *own = None,
        (None, Some(cells)) => {
            let (columns, rows) = if along { (cells, mesh::BEGUN) } else { (mesh::BEGUN, cells) };
            *own = Some(mesh::flat(columns, rows));
        }
        (Some(before), Some(cells)) => {
            let more = |before: u32| i32::try_from(i64::from(cells) - i64::from(before)).unwrap_or(0);
            let (columns, rows) = if along { (more(before.columns), 0) } else { (0, more(before.rows)) };
            mesh::resample(work.stage, work.output, &mut [Place::Surface(index)], work.space, columns, rows)?;
        }
    }
    mesh::leave_points(work.selection);
    Ok(())
}
