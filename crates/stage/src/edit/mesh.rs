//! Edits of warp meshes: added, resampled, smoothed.

use glam::DVec2;

use super::transform::mesh_positions;
use super::view::mesh_position;
use super::{EditContext, EditResult, Handle, SurfaceId, round_px};
use crate::Mesh;
use crate::ranges as may;

/// Cells each way of a new mesh.
pub(super) const NEW_CELLS: u32 = 4;

/// Adds meshes that displace nothing to the selected surfaces, or removes them if all have one.
pub(super) fn toggle(edit: &mut EditContext) -> EditResult {
    let surfaces = edit.surfaces()?;
    let adds = surfaces.iter().any(|surface| edit.stage[*surface].mesh.is_none());
    for surface in surfaces {
        let mesh = &mut edit.stage[surface].mesh;
        *mesh = adds.then(|| mesh.take().unwrap_or_else(|| flat(NEW_CELLS, NEW_CELLS)));
    }
    deselect_points(edit.selection);
    Ok(Some(if adds { "a mesh" } else { "no mesh" }.to_owned()))
}

/// Switches meshes between curves and straight lines.
pub(super) fn smooth(edit: &mut EditContext) -> EditResult {
    let surfaces = edit.surfaces()?;
    let first = surfaces.iter().find_map(|surface| edit.stage[*surface].mesh.as_ref());
    let smooth = !first.ok_or("there is no mesh")?.smooth;
    for surface in surfaces {
        if let Some(mesh) = &mut edit.stage[surface].mesh {
            mesh.smooth = smooth;
        }
    }
    Ok(Some(if smooth { "a smooth mesh" } else { "a straight mesh" }.to_owned()))
}

/// Adds so many columns and rows. Each new point keeps its place of the picture where it was: twice as many straight cells
/// show the same, any other number the nearest to it.
pub(super) fn resample(edit: &mut EditContext, columns: i32, rows: i32) -> EditResult {
    let mut message = None;
    for id in edit.surfaces()? {
        message = Some(resample_surface(edit, id, columns, rows)?);
    }
    deselect_points(edit.selection);
    Ok(message)
}

/// The same of one surface. Returns its message.
pub(super) fn resample_surface(
    edit: &mut EditContext,
    id: SurfaceId,
    columns: i32,
    rows: i32,
) -> Result<String, String> {
    let Some(before) = edit.stage[id].mesh.clone() else {
        // A mesh of one cell is none; the first key press should be seen.
        edit.stage[id].mesh = Some(flat(2, 2));
        return Ok("a mesh of 2 × 2".to_owned());
    };
    let add = |cells: u32, by: i32| u32::try_from(i64::from(cells) + i64::from(by)).ok();
    let (columns, rows) = add(before.columns, columns).zip(add(before.rows, rows)).ok_or("too few cells")?;
    if ![columns, rows].iter().all(|cells| may::CELLS.has(f64::from(*cells))) {
        return Err(format!("a mesh has {} to {} cells each way", may::CELLS.low, may::CELLS.high));
    }
    let project = |edit: &EditContext| -> Result<Vec<DVec2>, String> {
        let view = edit.view();
        let projected = mesh_positions(columns, rows).map(|p| view.project(Some(id), p));
        projected.collect::<Option<_>>().ok_or_else(|| "the mesh is nowhere to be seen".to_owned())
    };
    let displaced = project(edit)?;
    edit.stage[id].mesh = None;
    let bare = project(edit)?;
    let mut moved: Vec<_> = displaced.into_iter().zip(bare).map(|(to, from)| round_px(to - from)).collect();
    keep_points(&before, columns, rows, &mut moved);
    edit.stage[id].mesh = Some(Mesh { columns, rows, smooth: before.smooth, moved });
    Ok(format!("a mesh of {columns} × {rows}"))
}

/// Keeps the displacements of points that both meshes have, to the bit.
fn keep_points(before: &Mesh, columns: u32, rows: u32, moved: &mut [DVec2]) {
    let along = |columns: u32| columns as usize + 1;
    for (point, own) in moved.iter_mut().enumerate() {
        let (i, j) = (point % along(columns), point / along(columns));
        let (x, y) = (i * before.columns as usize, j * before.rows as usize);
        if x % columns as usize == 0 && y % rows as usize == 0 {
            let same = y / rows as usize * along(before.columns) + x / columns as usize;
            debug_assert!(
                mesh_position(before.columns, before.rows, same).distance(mesh_position(columns, rows, point)) < 1e-9
            );
            *own = before.moved.get(same).copied().unwrap_or_default();
        }
    }
}

/// A mesh that displaces nothing.
pub(super) fn flat(columns: u32, rows: u32) -> Mesh {
    Mesh { columns, rows, smooth: false, moved: vec![DVec2::ZERO; Mesh::points_of(columns, rows)] }
}

/// Selects the surfaces of selected mesh points, which may be gone.
pub(super) fn deselect_points(selection: &mut [Handle]) {
    for handle in selection {
        if let Handle::Mesh { surface, .. } = *handle {
            *handle = Handle::Surface(surface);
        }
    }
}
