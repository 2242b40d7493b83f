//! The properties of a surface.

use std::f64::consts::TAU;
use std::path::Path;

use glam::DVec2;

use super::super::surfaces::{NEW_BEND, new_bend};
use super::super::{EditContext, Handle, Stage, SurfaceId, mesh, round_part};
use super::number::Number;
use super::{Property, unique_name};
use crate::geometry::UNIT_SQUARE;
use crate::ranges as may;
use crate::rounded::{PARTS, round};
use crate::{Bend, Outline, Surface};
use millions_base::Range;

/// A step of a part of the wall.
const PART_STEP: f64 = 0.01;
/// The resolution of a part of the wall.
const PART_RESOLUTION: f64 = 1e-6;
/// A step of a width on the building, and the value that an unknown one begins with, in metres.
const WIDTH_STEP_M: f64 = 0.1;
const FIRST_WIDTH_M: f64 = 10.0;
/// Points of a polygon made of a circle.
const CIRCLE_POINTS: u32 = 16;

/// All properties of a surface.
pub(super) fn properties(stage: &Stage, id: SurfaceId) -> Vec<Property> {
    let Some(surface) = stage.surface(id) else { return Vec::new() };
    let names: Vec<_> = stage.outputs.iter().map(|output| output.name.clone()).collect();
    let output = stage.outputs.iter().position(|output| output.name == surface.output).unwrap_or(0);
    let width = Number::new(may::WIDTH_M, WIDTH_STEP_M, " m").or("unknown", FIRST_WIDTH_M);
    let scene = surface.scene.as_deref().unwrap_or_default();
    let mut properties = vec![
        Property::text("name", &surface.name, "", move |edit, name| {
            let others = edit.stage.surfaces.iter().filter(|other| other.id != id);
            edit.stage[id].name = unique_name(name, others.map(|other| &other.name))?;
            Ok::<_, String>(())
        })
        .required(),
        Property::words("output", names.clone(), output, move |edit, output| {
            edit.stage[id].output.clone_from(&names[output]);
            // The rest of the selection stays on its output.
            *edit.selection = vec![Handle::Surface(id)];
        })
        .required(),
    ];
    properties.extend(part(surface, id));
    properties.extend([
        Property::text("own scene", scene, "none: the wall", move |edit, scene| {
            if scene.ends_with(".toml") && !edit.host.is_there(Path::new(scene)) {
                return Err(format!("{scene} is not there; paths are from the stage's folder on"));
            }
            edit.stage[id].scene = Some(scene.to_owned()).filter(|scene| !scene.is_empty());
            Ok(())
        }),
        Property::optional("width on the building", width, surface.width_m, move |edit, width_m| {
            edit.stage[id].width_m = width_m;
        }),
    ]);
    properties.extend(shape(surface, id));
    properties
}

/// The part of the wall that it shows: left, top, width, height.
fn part(surface: &Surface, id: SurfaceId) -> [Property; 4] {
    let [from, to] = surface.part;
    let labels = [["part left", "part width"], ["part top", "part height"]];
    let [[left, width], [top, height]] = [0, 1].map(|axis| {
        let (start, length) = (from[axis], round(to[axis] - from[axis], PARTS));
        let up_to = |used: f64, least| {
            let most = round(may::PART.high - used, PARTS).max(least);
            Number::percent(Range::new(least, most, may::PART.unit), PART_STEP)
        };
        let starts = up_to(length, may::PART.low);
        // Above the least by the resolution: no difference of the file's decimals then is below it.
        let lengths = up_to(start, may::LEAST_PART + PART_RESOLUTION);
        let set = move |edit: &mut EditContext, start: f64, length: f64| {
            set_part(&mut edit.stage[id].part, axis, start, length);
        };
        [
            Property::number(labels[axis][0], starts, start, 0.0, move |edit, start| set(edit, start, length)),
            Property::number(labels[axis][1], lengths, length, 1.0 - start, move |edit, length| {
                set(edit, start, length)
            }),
        ]
    });
    [left, top, width, height]
}

/// Sets the start and length of a part of the wall along an axis.
fn set_part([from, to]: &mut [DVec2; 2], axis: usize, start: f64, length: f64) {
    (from[axis], to[axis]) = (start, round(start + length, PARTS).min(may::PART.high));
    // The file's parser takes this difference, which may be below the least by rounding.
    if to[axis] - from[axis] < may::LEAST_PART {
        if to[axis] < may::PART.high {
            to[axis] = round(to[axis] + PART_RESOLUTION, PARTS);
        } else {
            from[axis] = round(from[axis] - PART_RESOLUTION, PARTS);
        }
    }
}

/// Its outline, bend and mesh.
fn shape(surface: &Surface, id: SurfaceId) -> Vec<Property> {
    let outline = match surface.outline {
        Outline::Rectangle => 0,
        Outline::Circle => 1,
        Outline::Polygon(_) => 2,
    };
    let bend = Number::new(may::BEND, 1.0, "°").either_sign().or("none", NEW_BEND);
    let cells = Number::whole(may::CELLS, "").or("none", f64::from(mesh::NEW_CELLS));
    let (columns, rows) = surface.mesh.as_ref().map(|mesh| (f64::from(mesh.columns), f64::from(mesh.rows))).unzip();
    let degrees = surface.bend.map(|bend| bend.degrees);
    let mut properties = vec![
        Property::words("shape", ["rectangle", "circle", "polygon"], outline, move |edit, shape| {
            let outline = &mut edit.stage[id].outline;
            *outline = match shape {
                0 => Outline::Rectangle,
                1 => Outline::Circle,
                _ => Outline::Polygon(polygon(outline)),
            };
        }),
        Property::optional("bend", bend, degrees, move |edit, degrees| set_bend(edit, id, degrees)),
        Property::optional("mesh columns", cells, columns, move |edit, cells| set_cells(edit, id, cells, true)),
        Property::optional("mesh rows", cells, rows, move |edit, cells| set_cells(edit, id, cells, false)),
    ];
    if let Some(mesh) = &surface.mesh {
        // Curves are the file's default.
        let straight = usize::from(!mesh.smooth);
        properties.push(Property::words("mesh lines", ["curved", "straight"], straight, move |edit, straight| {
            if let Some(mesh) = &mut edit.stage[id].mesh {
                mesh.smooth = straight == 0;
            }
        }));
    }
    properties
}

/// The points of an outline, as a polygon.
fn polygon(outline: &Outline) -> Vec<DVec2> {
    match outline {
        Outline::Rectangle => UNIT_SQUARE.to_vec(),
        Outline::Circle => {
            let angle = |k: u32| TAU * f64::from(k) / f64::from(CIRCLE_POINTS);
            (0..CIRCLE_POINTS).map(|k| round_part(DVec2::from_angle(angle(k)) / 2.0 + 0.5)).collect()
        }
        Outline::Polygon(points) => points.clone(),
    }
}

fn set_bend(edit: &mut EditContext, id: SurfaceId, degrees: Option<f64>) -> Result<(), String> {
    let bend = match (edit.stage[id].bend, degrees) {
        (_, None) => None,
        (Some(bend), Some(degrees)) => Some(Bend { degrees, ..bend }),
        (None, Some(degrees)) => Some(new_bend(edit, id, degrees)?),
    };
    edit.stage[id].bend = bend;
    Ok(())
}

/// Sets the count of mesh columns, or rows; the picture stays as it is.
fn set_cells(edit: &mut EditContext, id: SurfaceId, cells: Option<f64>, is_columns: bool) -> Result<(), String> {
    let own = &mut edit.stage[id].mesh;
    match (own.as_ref(), cells.map(|cells| cells as u32)) {
        (_, None) => *own = None,
        (None, Some(cells)) => {
            let (columns, rows) = if is_columns { (cells, mesh::NEW_CELLS) } else { (mesh::NEW_CELLS, cells) };
            *own = Some(mesh::flat(columns, rows));
        }
        (Some(before), Some(cells)) => {
            let added = |before: u32| i32::try_from(i64::from(cells) - i64::from(before)).unwrap_or(0);
            let (columns, rows) = if is_columns { (added(before.columns), 0) } else { (0, added(before.rows)) };
            mesh::resample_surface(edit, id, columns, rows)?;
        }
    }
    mesh::deselect_points(edit.selection);
    Ok(())
}
