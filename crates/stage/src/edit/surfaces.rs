//! Surfaces: begun, mirrored, turned, bent, given what others have.

use glam::DVec2;

use super::ground::Ground;
use super::mesh::leave_points;
use super::{Copied, Edited, Mirror, Place, Space, Stage, neat, neat_own, surfaces_of};
use crate::ranges as may;
use crate::rounded::{PIXELS, round};
use crate::{Bend, Mask, MaskShape, Outline, Surface};
use millions_base::Range;

/// What a bend that is begun takes of the cylinder, in degrees.
pub(super) const BENT: f64 = 60.0;

/// Mirrors the picture of surfaces, and leaves them where they are.
pub(super) fn flip(stage: &mut Stage, selection: &mut [Place], mirror: Mirror) -> Edited {
    let mut still = false;
    for index in surfaces_of(selection)? {
        let surface = &mut stage.surfaces[index];
        let [a, b, c, d] = surface.corners;
        surface.corners = if mirror == Mirror::Across { [b, a, d, c] } else { [d, c, b, a] };
        if let Some(mesh) = &mut surface.mesh {
            let along = mesh.columns as usize + 1;
            match mirror {
                Mirror::Across => mesh.moved.chunks_mut(along).for_each(<[_]>::reverse),
                Mirror::Down => mesh.moved = mesh.moved.chunks(along).rev().flatten().copied().collect(),
            }
        }
        if let (Some(bend), Mirror::Down) = (&mut surface.bend, mirror) {
            std::mem::swap(&mut bend.top, &mut bend.bottom);
        }
        still |= stay(surface, |p| match mirror {
            Mirror::Across => DVec2::new(1.0 - p.x, p.y),
            Mirror::Down => DVec2::new(p.x, 1.0 - p.y),
        });
    }
    leave_parts(selection);
    Ok(Some(told("mirrored", still)))
}

/// Turns the picture of surfaces clockwise by quarters, and leaves them where they are.
pub(super) fn quarter(stage: &mut Stage, selection: &mut [Place], by: i32) -> Edited {
    let mut still = false;
    let surfaces = surfaces_of(selection)?;
    for index in surfaces {
        let surface = &mut stage.surfaces[index];
        if surface.bend.is_some() {
            return Err(format!("{} is bent: a column lies on its side only without its bend", surface.name));
        }
        for _ in 0..by.rem_euclid(4) {
            surface.corners.rotate_left(1);
            if let Some(mesh) = &mut surface.mesh {
                let (along, down) = (mesh.columns as usize + 1, mesh.rows as usize + 1);
                // What was the right side is the upper one now.
                let turned = (0..along).flat_map(|j| (0..down).map(move |i| i * along + along - 1 - j));
                mesh.moved = turned.map(|point| mesh.moved.get(point).copied().unwrap_or_default()).collect();
                (mesh.columns, mesh.rows) = (mesh.rows, mesh.columns);
            }
            still |= stay(surface, |p| DVec2::new(p.y, 1.0 - p.x));
        }
    }
    leave_parts(selection);
    Ok(Some(told("turned by a quarter", still)))
}

fn told(what: &str, still: bool) -> String {
    if still { format!("{what}; masks that are pictures stay as they are") } else { what.to_owned() }
}

/// Takes what lies in a surface's space to where it is in the new one, so that on the building it stays. Whether a mask
/// cannot: a picture.
fn stay(surface: &mut Surface, to: impl Fn(DVec2) -> DVec2) -> bool {
    let to = |p| neat_own(to(p));
    if let Outline::Polygon(points) = &mut surface.outline {
        points.iter_mut().for_each(|p| *p = to(*p));
    }
    let mut pictures = false;
    for Mask { shape, .. } in &mut surface.masks {
        match shape {
            MaskShape::Path(points) => points.iter_mut().for_each(|point| {
                point.at = to(point.at);
                point.before = point.before.map(&to);
                point.after = point.after.map(&to);
            }),
            MaskShape::Picture(_) => pictures = true,
        }
    }
    pictures
}

/// What has changed its number gives way to its surface; points of masks and outlines have kept theirs.
fn leave_parts(selection: &mut [Place]) {
    leave_points(selection);
    for place in selection {
        if let Place::Corner { surface, .. } | Place::Bend { surface, .. } = *place {
            *place = Place::Surface(surface);
        }
    }
}

/// A bend, or none. One that is begun has the middles of its edges where they are on the flat surface: the picture is
/// bent once they are moved.
pub(super) fn bend(stage: &mut Stage, output: usize, selection: &mut [Place], space: &dyn Space) -> Edited {
    let surfaces = surfaces_of(selection)?;
    let begins = surfaces.iter().any(|surface| stage.surfaces[*surface].bend.is_none());
    for index in surfaces {
        let begun = match (begins, stage.surfaces[index].bend) {
            (false, _) => None,
            (true, Some(bend)) => Some(bend),
            (true, None) => Some(begin_bend(stage, output, index, space, BENT)?),
        };
        stage.surfaces[index].bend = begun;
    }
    for place in selection {
        if let (Place::Bend { surface, .. }, false) = (*place, begins) {
            *place = Place::Surface(surface);
        }
    }
    Ok(Some(if begins { format!("bent by {BENT}°") } else { "no bend".to_owned() }))
}

/// A bend of so many degrees whose ends lie on the flat surface.
pub(super) fn begin_bend(
    stage: &Stage,
    output: usize,
    index: usize,
    space: &dyn Space,
    degrees: f64,
) -> Result<Bend, String> {
    let mut flat = stage.clone();
    flat.surfaces[index].mesh = None;
    let ground = Ground::new(&flat, output, space);
    let middle = |v: f64| ground.land(Some(index), DVec2::new(0.5, v)).map(neat);
    let (top, bottom) = middle(0.0).zip(middle(1.0)).ok_or("the surface is nowhere to be seen")?;
    Ok(Bend { degrees, top, bottom })
}

/// Degrees more towards the projector; from the least one way to the least the other.
pub(super) fn bend_by(stage: &mut Stage, selection: &[Place], by: f64) -> Edited {
    let mut said = Err("there is no bend".to_owned());
    for index in surfaces_of(selection)? {
        let Some(bend) = &mut stage.surfaces[index].bend else { continue };
        if !by.is_finite() {
            continue;
        }
        bend.degrees = round(over_the_gap(bend.degrees, by, may::BEND), PIXELS);
        said = Ok(Some(format!("bent by {}°", bend.degrees)));
    }
    said
}

/// A number whose amount is of a range, moved: it stops at the least before it goes on below 0, or above.
pub(super) fn over_the_gap(before: f64, by: f64, amount: Range) -> f64 {
    let after = (before + by).clamp(-amount.high, amount.high);
    if after.abs() >= amount.low {
        return after;
    }
    let is_there = (before.abs() - amount.low).abs() < 1e-9;
    amount.low * if is_there { by.signum() } else { before.signum() }
}

/// Gives surfaces something of another.
pub(super) fn paste(stage: &mut Stage, selection: &mut [Place], what: Copied, from: Option<&Surface>) -> Edited {
    let from = from.ok_or("nothing is remembered: select a surface and copy it first")?;
    for index in surfaces_of(selection)? {
        let surface = &mut stage.surfaces[index];
        match what {
            Copied::Corners => {
                surface.corners = from.corners;
                // Bent as that one is, or the ends would lie elsewhere.
                surface.bend = from.bend;
            }
            Copied::Mesh => surface.mesh.clone_from(&from.mesh),
            Copied::Masks => surface.masks.clone_from(&from.masks),
        }
    }
    leave_parts(selection);
    for place in selection.iter_mut() {
        if let (Place::Mask(mask) | Place::MaskPoint { mask, .. }, Some(surface)) = (*place, place.surface()) {
            debug_assert_eq!(mask.surface, Some(surface));
            *place = Place::Surface(surface);
        }
    }
    Ok(Some(format!("{} of {}", what.name(), from.name)))
}

/// Another surface over the others: half as large as the output, about its middle or the pointer.
pub(super) fn new_surface(
    stage: &mut Stage,
    output: usize,
    selection: &mut Vec<Place>,
    pointer: Option<DVec2>,
) -> Edited {
    let output = stage.outputs.get(output).ok_or("there is no output")?;
    let names = stage.surfaces.iter().map(|surface| surface.name.as_str());
    let name = new_name("surface", &names.collect::<Vec<_>>());
    let mut surface = Surface::filling(output, name.clone(), [DVec2::ZERO, DVec2::ONE]);
    let size = output.size.as_dvec2();
    let middle = pointer.unwrap_or(size / 2.0).clamp(size / 4.0, size * 0.75);
    surface.corners = surface.corners.map(|p| neat(middle + (p - size / 2.0) / 2.0));
    stage.surfaces.push(surface);
    *selection = vec![Place::Surface(stage.surfaces.len() - 1)];
    Ok(Some(format!("{name}: the whole wall")))
}

/// A name that is not there yet.
pub(super) fn new_name(word: &str, names: &[&str]) -> String {
    (1..).map(|number| format!("{word} {number}")).find(|name| !names.contains(&name.as_str())).unwrap_or_default()
}

/// Surfaces that fill the output again.
pub(super) fn reset(stage: &mut Stage, output: usize, selection: &mut [Place]) -> Edited {
    let output = stage.outputs.get(output).ok_or("there is no output")?.clone();
    for index in surfaces_of(selection)? {
        let surface = &mut stage.surfaces[index];
        surface.corners = Surface::filling(&output, "", surface.part).corners;
        (surface.mesh, surface.bend) = (None, None);
    }
    leave_parts(selection);
    Ok(Some("fills the output".to_owned()))
}
