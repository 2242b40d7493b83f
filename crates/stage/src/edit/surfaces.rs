//! Edits of surfaces: mirrored, rotated, bent, pasted, new, reset.

use glam::DVec2;

use super::mesh::deselect_points;
use super::{ClipboardPart, EditContext, EditResult, Handle, MirrorAxis, SurfaceId, round_part, round_px};
use crate::geometry::rectangle_corners;
use crate::ranges as may;
use crate::rounded::{PIXELS, round};
use crate::{Bend, MaskShape, Outline, Surface};
use millions_base::Range;

/// The angle of a new bend, in degrees.
pub(super) const NEW_BEND: f64 = 60.0;

/// Mirrors the picture of surfaces; what they cover on the building stays.
pub(super) fn flip(edit: &mut EditContext, axis: MirrorAxis) -> EditResult {
    let mut images_stay = false;
    for id in edit.surfaces()? {
        let surface = &mut edit.stage[id];
        let [a, b, c, d] = surface.corners;
        surface.corners = if axis == MirrorAxis::Horizontal { [b, a, d, c] } else { [d, c, b, a] };
        if let Some(mesh) = &mut surface.mesh {
            let along = mesh.columns as usize + 1;
            match axis {
                MirrorAxis::Horizontal => mesh.moved.chunks_mut(along).for_each(<[_]>::reverse),
                MirrorAxis::Vertical => mesh.moved = mesh.moved.chunks(along).rev().flatten().copied().collect(),
            }
        }
        if let (Some(bend), MirrorAxis::Vertical) = (&mut surface.bend, axis) {
            std::mem::swap(&mut bend.top, &mut bend.bottom);
        }
        images_stay |= map_inner_points(surface, |p| match axis {
            MirrorAxis::Horizontal => DVec2::new(1.0 - p.x, p.y),
            MirrorAxis::Vertical => DVec2::new(p.x, 1.0 - p.y),
        });
    }
    deselect_parts(edit.selection);
    Ok(Some(with_images("mirrored", images_stay)))
}

/// Rotates the picture of surfaces clockwise by quarters; what they cover on the building stays.
pub(super) fn quarter(edit: &mut EditContext, by: i32) -> EditResult {
    let mut images_stay = false;
    for id in edit.surfaces()? {
        let surface = &mut edit.stage[id];
        if surface.bend.is_some() {
            return Err(format!("{} is bent: a column lies on its side only without its bend", surface.name));
        }
        for _ in 0..by.rem_euclid(4) {
            surface.corners.rotate_left(1);
            if let Some(mesh) = &mut surface.mesh {
                let (along, down) = (mesh.columns as usize + 1, mesh.rows as usize + 1);
                // The right side becomes the upper one.
                let rotated = (0..along).flat_map(|j| (0..down).map(move |i| i * along + along - 1 - j));
                mesh.moved = rotated.map(|point| mesh.moved.get(point).copied().unwrap_or_default()).collect();
                (mesh.columns, mesh.rows) = (mesh.rows, mesh.columns);
            }
            images_stay |= map_inner_points(surface, |p| DVec2::new(p.y, 1.0 - p.x));
        }
    }
    deselect_parts(edit.selection);
    Ok(Some(with_images("turned by a quarter", images_stay)))
}

fn with_images(message: &str, images_stay: bool) -> String {
    if images_stay { format!("{message}; masks that are pictures stay as they are") } else { message.to_owned() }
}

/// Maps the outline and the masks of a surface into its new space, so that they stay on the building. Returns whether it
/// has an image mask, which cannot be mapped.
fn map_inner_points(surface: &mut Surface, map: impl Fn(DVec2) -> DVec2) -> bool {
    let map = |p| round_part(map(p));
    if let Outline::Polygon(points) = &mut surface.outline {
        points.iter_mut().for_each(|p| *p = map(*p));
    }
    for point in surface.masks.iter_mut().filter_map(|mask| mask.shape.path_mut()).flatten() {
        (point.at, point.before, point.after) = (map(point.at), point.before.map(&map), point.after.map(&map));
    }
    surface.masks.iter().any(|mask| matches!(mask.shape, MaskShape::Picture(_) | MaskShape::Drawing(_)))
}

/// Selects the surfaces of parts whose indices have changed; points of masks and outlines have kept theirs.
fn deselect_parts(selection: &mut [Handle]) {
    deselect_points(selection);
    for handle in selection {
        if let Handle::Corner { surface, .. } | Handle::Bend { surface, .. } = *handle {
            *handle = Handle::Surface(surface);
        }
    }
}

/// Adds a bend, or removes it. The ends of a new one lie on the flat surface: the picture bends once they are moved.
pub(super) fn bend(edit: &mut EditContext) -> EditResult {
    let surfaces = edit.surfaces()?;
    let adds = surfaces.iter().any(|surface| edit.stage[*surface].bend.is_none());
    for id in surfaces {
        let bend = match (adds, edit.stage[id].bend) {
            (false, _) => None,
            (true, Some(bend)) => Some(bend),
            (true, None) => Some(new_bend(edit, id, NEW_BEND)?),
        };
        edit.stage[id].bend = bend;
    }
    for handle in edit.selection.iter_mut() {
        if let (Handle::Bend { surface, .. }, false) = (*handle, adds) {
            *handle = Handle::Surface(surface);
        }
    }
    Ok(Some(if adds { format!("bent by {NEW_BEND}°") } else { "no bend".to_owned() }))
}

/// A bend of so many degrees whose ends lie on the flat surface.
pub(super) fn new_bend(edit: &EditContext, id: SurfaceId, degrees: f64) -> Result<Bend, String> {
    let mut flat = edit.stage.clone();
    flat[id].mesh = None;
    let view = super::OutputView::new(&flat, edit.output, edit.host);
    let middle = |v: f64| view.project(Some(id), DVec2::new(0.5, v)).map(round_px);
    let (top, bottom) = middle(0.0).zip(middle(1.0)).ok_or("the surface is nowhere to be seen")?;
    Ok(Bend { degrees, top, bottom })
}

/// Changes bends by degrees, positive towards the projector; across 0 from the least angle to the least on the other side.
pub(super) fn bend_by(edit: &mut EditContext, by: f64) -> EditResult {
    let mut message = Err("there is no bend".to_owned());
    for id in edit.surfaces()? {
        let Some(bend) = edit.stage[id].bend.as_mut().filter(|_| by.is_finite()) else { continue };
        bend.degrees = round(step_across_zero(bend.degrees, by, may::BEND), PIXELS);
        message = Ok(Some(format!("bent by {}°", bend.degrees)));
    }
    message
}

/// Adds to a number whose absolute value is of a range: it stops at the least before its sign changes.
pub(super) fn step_across_zero(before: f64, by: f64, amount: Range) -> f64 {
    let after = (before + by).clamp(-amount.high, amount.high);
    if after.abs() >= amount.low {
        return after;
    }
    let is_least = (before.abs() - amount.low).abs() < 1e-9;
    amount.low * if is_least { by.signum() } else { before.signum() }
}

/// Pastes a part of the copied surface to the selected ones.
pub(super) fn paste(edit: &mut EditContext, part: ClipboardPart, from: Option<&Surface>) -> EditResult {
    let from = from.ok_or("nothing is copied: select a surface and copy it first")?;
    for id in edit.surfaces()? {
        let surface = &mut edit.stage[id];
        match part {
            // With its bend, whose ends are positions on the output, too.
            ClipboardPart::Corners => (surface.corners, surface.bend) = (from.corners, from.bend),
            ClipboardPart::Mesh => surface.mesh.clone_from(&from.mesh),
            ClipboardPart::Masks => surface.masks.clone_from(&from.masks),
        }
    }
    deselect_parts(edit.selection);
    for handle in edit.selection.iter_mut() {
        if let (Some(_), Some(surface)) = (handle.mask(), handle.surface()) {
            *handle = Handle::Surface(surface);
        }
    }
    let what = match part {
        ClipboardPart::Corners => "the corners",
        ClipboardPart::Mesh => "the mesh",
        ClipboardPart::Masks => "the masks",
    };
    Ok(Some(format!("{what} of {}", from.name)))
}

/// Adds a surface over the others: half as large as the output, about its middle or the pointer.
pub(super) fn new_surface(edit: &mut EditContext, pointer: Option<DVec2>) -> EditResult {
    let EditContext { stage, ids, output, selection, .. } = edit;
    let output = stage.output(*output).ok_or("there is no output")?;
    let names = stage.surfaces.iter().map(|surface| surface.name.as_str());
    let name = new_name("surface", &names.collect::<Vec<_>>());
    let id = ids.surface();
    let mut surface = Surface { id, ..Surface::filling(output, name.clone(), [DVec2::ZERO, DVec2::ONE]) };
    let size = output.size.as_dvec2();
    let middle = pointer.unwrap_or(size / 2.0).clamp(size / 4.0, size * 0.75);
    surface.corners = surface.corners.map(|p| round_px(middle + (p - size / 2.0) / 2.0));
    stage.surfaces.push(surface);
    **selection = vec![Handle::Surface(id)];
    Ok(Some(format!("{name}: the whole wall")))
}

/// The first name of a numbered series that is not taken.
pub(super) fn new_name(word: &str, names: &[&str]) -> String {
    (1..).map(|number| format!("{word} {number}")).find(|name| !names.contains(&name.as_str())).unwrap_or_default()
}

/// Lets surfaces fill their output again, without mesh and bend.
pub(super) fn reset(edit: &mut EditContext) -> EditResult {
    let size = edit.stage.output(edit.output).ok_or("there is no output")?.size.as_dvec2();
    for id in edit.surfaces()? {
        let surface = &mut edit.stage[id];
        surface.corners = rectangle_corners([DVec2::ZERO, size]);
        (surface.mesh, surface.bend) = (None, None);
    }
    deselect_parts(edit.selection);
    Ok(Some("fills the output".to_owned()))
}
