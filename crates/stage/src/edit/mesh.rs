//! Meshes: begun, made finer and coarser, made smooth.

use glam::DVec2;

use super::ground::{Ground, mesh_place};
use super::moving::unmoved;
use super::{Edited, Place, Space, Stage, neat, surfaces_of};
use crate::Mesh;
use crate::ranges as may;

/// Cells each way of a mesh that is begun.
pub(super) const BEGUN: u32 = 4;

/// A mesh that moves nothing, or none.
pub(super) fn toggle(stage: &mut Stage, selection: &mut [Place]) -> Edited {
    let surfaces = surfaces_of(selection)?;
    let begins = surfaces.iter().any(|surface| stage.surfaces[*surface].mesh.is_none());
    for surface in surfaces {
        let own = &mut stage.surfaces[surface].mesh;
        *own = begins.then(|| own.take().unwrap_or_else(|| flat(BEGUN, BEGUN)));
    }
    leave_points(selection);
    Ok(Some(if begins { "a mesh" } else { "no mesh" }.to_owned()))
}

/// Straight lines between the points, or curves.
pub(super) fn smooth(stage: &mut Stage, selection: &[Place]) -> Edited {
    let surfaces = surfaces_of(selection)?;
    let first = surfaces.iter().find_map(|surface| stage.surfaces[*surface].mesh.as_ref());
    let smooth = !first.ok_or("there is no mesh")?.smooth;
    for surface in surfaces {
        if let Some(mesh) = &mut stage.surfaces[surface].mesh {
            mesh.smooth = smooth;
        }
    }
    Ok(Some(if smooth { "a smooth mesh" } else { "a straight mesh" }.to_owned()))
}

/// So many columns and rows more. Each new point is put where its place of the picture was: twice as many straight cells
/// show the same; any other number, as nearly as it can be done.
pub(super) fn resample(
    stage: &mut Stage,
    output: usize,
    selection: &mut [Place],
    space: &dyn Space,
    columns: i32,
    rows: i32,
) -> Edited {
    let mut said = None;
    for index in surfaces_of(selection)? {
        let Some(before) = stage.surfaces[index].mesh.clone() else {
            // A mesh of one cell is none; the first key press should be seen.
            stage.surfaces[index].mesh = Some(flat(2, 2));
            said = Some("a mesh of 2 × 2".to_owned());
            continue;
        };
        let more = |cells: u32, by: i32| u32::try_from(i64::from(cells) + i64::from(by)).ok();
        let (columns, rows) = more(before.columns, columns).zip(more(before.rows, rows)).ok_or("too few cells")?;
        if ![columns, rows].iter().all(|cells| may::CELLS.has(f64::from(*cells))) {
            return Err(format!("a mesh has {} to {} cells each way", may::CELLS.low, may::CELLS.high));
        }
        let nowhere = || "the mesh is nowhere to be seen".to_owned();
        let places: Vec<_> = unmoved(columns, rows).collect();
        let land = |stage: &Stage| -> Option<Vec<DVec2>> {
            let ground = Ground::new(stage, output, space);
            places.iter().map(|p| ground.land(Some(index), *p)).collect()
        };
        let there = land(stage).ok_or_else(nowhere)?;
        stage.surfaces[index].mesh = None;
        let bare = land(stage).ok_or_else(nowhere)?;
        let sampled = there.into_iter().zip(bare).map(|(there, bare)| neat(there - bare));
        let mut moved: Vec<_> = sampled.collect();
        keep_points(&before, columns, rows, &mut moved);
        stage.surfaces[index].mesh = Some(Mesh { columns, rows, smooth: before.smooth, moved });
        said = Some(format!("a mesh of {columns} × {rows}"));
    }
    leave_points(selection);
    Ok(said)
}

/// Points that both meshes have stay as they are, to the bit.
fn keep_points(before: &Mesh, columns: u32, rows: u32, moved: &mut [DVec2]) {
    let along = |columns: u32| columns as usize + 1;
    for (point, own) in moved.iter_mut().enumerate() {
        let (i, j) = (point % along(columns), point / along(columns));
        let (x, y) = (i * before.columns as usize, j * before.rows as usize);
        if x % columns as usize == 0 && y % rows as usize == 0 {
            let same = y / rows as usize * along(before.columns) + x / columns as usize;
            debug_assert!(
                mesh_place(before.columns, before.rows, same).distance(mesh_place(columns, rows, point)) < 1e-9
            );
            *own = before.moved.get(same).copied().unwrap_or_default();
        }
    }
}

/// A mesh that moves nothing.
pub(super) fn flat(columns: u32, rows: u32) -> Mesh {
    Mesh { columns, rows, smooth: false, moved: vec![DVec2::ZERO; unmoved(columns, rows).count()] }
}

/// Points of meshes that may be gone give way to their surfaces.
pub(super) fn leave_points(selection: &mut [Place]) {
    for place in selection {
        if let Place::Mesh { surface, .. } = *place {
            *place = Place::Surface(surface);
        }
    }
}
