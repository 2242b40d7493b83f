//! Transforms of the selection: shift, scale, rotation, alignment, snapping.
//!
//! Every selected point gets a target in output pixels. Corners are set first, then mesh points, which lie relative to what
//! the corners span, and last the points in surface space, whose warp is another by then.

use std::collections::{BTreeMap, HashSet};

use glam::{DMat2, DVec2};

use super::selection::{BendEnd, Handle, PointPart, children, mesh_point_of_corner, path, surfaces_of, visible};
use super::view::{OutputView, mesh_position, scale};
use super::{EditContext, EditResult, OutputId, Stage, SurfaceId, round_in, round_px};
use crate::Outline;
use crate::geometry::UNIT_SQUARE;

/// How near a point snaps to a neighbour, in output pixels at 1080.
const SNAP_PX: f64 = 20.0;

/// A similarity transform of output pixels: rotation and uniform scale about a centre, then a shift.
pub(super) struct SimilarityTransform {
    centre: DVec2,
    /// None keeps all lengths and directions, to the bit.
    linear: Option<DMat2>,
    shift: DVec2,
}

impl SimilarityTransform {
    pub const fn shift(by: DVec2) -> Self {
        Self { centre: DVec2::ZERO, linear: None, shift: by }
    }

    const fn about(centre: DVec2, linear: DMat2) -> Self {
        Self { centre, linear: Some(linear), shift: DVec2::ZERO }
    }

    fn point(&self, p: DVec2) -> DVec2 {
        let p = self.linear.map_or(p, |linear| self.centre + linear * (p - self.centre));
        round_px(p + self.shift)
    }

    /// Transforms a difference of positions.
    fn vector(&self, v: DVec2) -> DVec2 {
        self.linear.map_or(v, |linear| round_px(linear * v))
    }
}

/// What a selection moves, each thing once: whole surfaces, and points that belong to none of them.
struct MovedHandles {
    surfaces: Vec<SurfaceId>,
    points: Vec<Handle>,
}

impl MovedHandles {
    fn new(stage: &Stage, output: OutputId, selection: &[Handle]) -> Self {
        let all = if selection.is_empty() { children(stage, output, None) } else { selection.to_vec() };
        let mut surfaces: Vec<_> =
            all.iter().filter_map(|handle| if let Handle::Surface(id) = handle { Some(*id) } else { None }).collect();
        surfaces.sort_unstable();
        surfaces.dedup();
        let mut points = Vec::new();
        let mut seen = HashSet::new();
        for handle in all {
            // Parts of a surface move with it.
            if handle.surface().is_some_and(|surface| surfaces.contains(&surface)) {
                continue;
            }
            let own = if let Handle::Mask(_) = handle { children(stage, output, Some(handle)) } else { vec![handle] };
            points.extend(own.into_iter().filter(|handle| seen.insert(*handle)));
        }
        Self { surfaces, points }
    }

    fn positions(&self, view: &OutputView) -> Vec<DVec2> {
        let corners = self.surfaces.iter().flat_map(|surface| view.stage[*surface].corners);
        corners.chain(self.points.iter().filter_map(|handle| view.position(*handle))).collect()
    }
}

/// The centre of a selection and its radius, the distance of the farthest point. Of the whole output: its middle, about
/// which a projector turns on its tripod.
pub(super) fn centre_and_radius(view: &OutputView, selection: &[Handle]) -> Option<(DVec2, f64)> {
    if selection.is_empty() {
        let half = view.stage.output(view.output)?.size.as_dvec2() / 2.0;
        return Some((half, half.length()));
    }
    let positions = MovedHandles::new(view.stage, view.output, selection).positions(view);
    let centre = positions.iter().sum::<DVec2>() / positions.len().max(1) as f64;
    let radius = positions.iter().map(|p| p.distance(centre)).fold(0.0, f64::max);
    (!positions.is_empty()).then_some((centre, radius))
}

/// The same, of a selection that is larger than a step.
fn wide_centre(view: &OutputView, selection: &[Handle], step_px: f64) -> Result<(DVec2, f64), String> {
    let (centre, radius) = centre_and_radius(view, selection).ok_or("nothing of this can be moved")?;
    if radius > step_px.max(1.0) { Ok((centre, radius)) } else { Err("too small for this: select more".to_owned()) }
}

/// The scale about the centre that takes the farthest point a step out or in; the step in output pixels.
pub(super) fn scaling(
    view: &OutputView,
    selection: &[Handle],
    larger: bool,
    step_px: f64,
) -> Result<SimilarityTransform, String> {
    let (centre, radius) = wide_centre(view, selection, step_px)?;
    let factor = (if larger { radius + step_px } else { radius - step_px }) / radius;
    Ok(SimilarityTransform::about(centre, DMat2::from_diagonal(DVec2::splat(factor))))
}

/// The rotation about the centre that takes the farthest point a step along; the step in output pixels.
pub(super) fn rotation(
    view: &OutputView,
    selection: &[Handle],
    clockwise: bool,
    step_px: f64,
) -> Result<SimilarityTransform, String> {
    let (centre, radius) = wide_centre(view, selection, step_px)?;
    // y points down: a positive angle is clockwise.
    let angle = if clockwise { step_px / radius } else { -step_px / radius };
    Ok(SimilarityTransform::about(centre, DMat2::from_angle(angle)))
}

/// Transforms everything that is selected.
pub(super) fn transform(edit: &mut EditContext, by: &SimilarityTransform) -> Result<(), String> {
    let moved = MovedHandles::new(edit.stage, edit.output, edit.selection);
    if moved.surfaces.is_empty() && moved.points.is_empty() {
        return Err("there is nothing here to move".to_owned());
    }
    let view = edit.view();
    let target = |handle: &Handle| {
        let at = view.position(*handle);
        let at = at.ok_or_else(|| format!("{}: nowhere to be seen", handle.name(view.stage, view.output)))?;
        Ok::<_, String>((*handle, by.point(at)))
    };
    let targets = moved.points.iter().map(target).collect::<Result<Vec<_>, _>>()?;
    drop(view);
    for surface in moved.surfaces {
        let surface = &mut edit.stage[surface];
        surface.corners = surface.corners.map(|p| by.point(p));
        if let Some(mesh) = &mut surface.mesh {
            mesh.moved.iter_mut().for_each(|v| *v = by.vector(*v));
        }
        if let Some(bend) = &mut surface.bend {
            (bend.top, bend.bottom) = (by.point(bend.top), by.point(bend.bottom));
        }
    }
    move_to(edit, &targets, edit.keep_rectangle)
}

/// Moves points to their targets, in output pixels.
fn move_to(edit: &mut EditContext, targets: &[(Handle, DVec2)], keep_rectangle: bool) -> Result<(), String> {
    move_corners(edit.stage, targets, keep_rectangle);
    let view = edit.view();
    let mut moved = Vec::new();
    for (handle, target) in targets {
        if let Handle::Mesh { surface, point } = *handle {
            let at = view.position(*handle).ok_or("the mesh is nowhere to be seen")?;
            moved.push((surface, point, *target - at));
        }
    }
    drop(view);
    for (surface, point, by) in moved {
        let mesh = edit.stage[surface].mesh.as_mut();
        if let Some(own) = mesh.and_then(|mesh| mesh.moved.get_mut(point)) {
            *own = round_px(*own + by);
        }
    }
    move_inner_points(edit, targets)
}

/// Moves corners of surfaces and ends of bends, whose coordinates are output pixels.
fn move_corners(stage: &mut Stage, targets: &[(Handle, DVec2)], keep_rectangle: bool) {
    let mut corners: BTreeMap<SurfaceId, [Option<DVec2>; 4]> = BTreeMap::new();
    for (handle, target) in targets {
        match *handle {
            Handle::Corner { surface: id, corner } => {
                let surface = &stage[id];
                let moved = mesh_point_of_corner(surface, corner)
                    .and_then(|point| surface.mesh.as_ref()?.moved.get(point).copied())
                    .unwrap_or_default();
                corners.entry(id).or_default()[corner] = Some(round_px(*target - moved));
            }
            Handle::Bend { surface, end } => {
                let Some(bend) = &mut stage[surface].bend else { continue };
                *(if end == BendEnd::Top { &mut bend.top } else { &mut bend.bottom }) = round_px(*target);
            }
            Handle::Surface(_)
            | Handle::Mesh { .. }
            | Handle::Outline { .. }
            | Handle::Mask(_)
            | Handle::MaskPoint { .. } => {}
        }
    }
    for (id, corners) in corners {
        let own = &mut stage[id].corners;
        *own = match rectangle(own, &corners).filter(|_| keep_rectangle) {
            Some(rectangle) => rectangle.map(round_px),
            None => [0, 1, 2, 3].map(|k| corners[k].unwrap_or(own[k])),
        };
    }
}

/// Moves points of outlines and masks, whose coordinates are those of their surface, or of the output.
fn move_inner_points(edit: &mut EditContext, targets: &[(Handle, DVec2)]) -> Result<(), String> {
    let is_inner = |handle: &Handle| matches!(handle, Handle::Outline { .. } | Handle::MaskPoint { .. });
    let view = edit.view();
    let mut inner = Vec::new();
    for (handle, target) in targets.iter().filter(|(handle, _)| is_inner(handle)) {
        let surface = handle.surface();
        let p = view.unproject(surface, *target).ok_or("no place of the surface is there")?;
        inner.push((*handle, round_in(surface, p)));
    }
    drop(view);
    let chosen: HashSet<_> = inner.iter().map(|(handle, _)| *handle).collect();
    for (handle, target) in inner {
        match handle {
            Handle::Outline { surface, point } => {
                if let Outline::Polygon(points) = &mut edit.stage[surface].outline {
                    points[point] = target;
                }
            }
            Handle::MaskPoint { mask, point, part } => {
                let Some(points) = edit.path_mut(mask) else { continue };
                let own = &mut points[point];
                match part {
                    PointPart::HandleIn => own.before = Some(target),
                    PointPart::HandleOut => own.after = Some(target),
                    PointPart::Anchor => {
                        let by = target - own.at;
                        own.at = target;
                        // The handles move with their anchor, unless they have targets of their own.
                        let follows = |part| !chosen.contains(&Handle::MaskPoint { mask, point, part });
                        let carry = |handle: &mut DVec2| *handle = round_in(mask.surface, *handle + by);
                        own.before.iter_mut().filter(|_| follows(PointPart::HandleIn)).for_each(carry);
                        own.after.iter_mut().filter(|_| follows(PointPart::HandleOut)).for_each(carry);
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The axis-aligned rectangle that one moved corner, or the two of a side, span with those opposite; none for any other
/// corners.
fn rectangle(own: &[DVec2; 4], to: &[Option<DVec2>; 4]) -> Option<[DVec2; 4]> {
    let chosen: Vec<_> = (0..4).filter(|k| to[*k].is_some()).collect();
    let level = |k: usize| is_level(own[k] - own[(k + 1) % 4]);
    let mut corners = *own;
    match chosen[..] {
        [k] => {
            let (p, opposite) = (to[k]?, own[(k + 2) % 4]);
            let (level_end, upright_end) = if level(k) { (k + 1, k + 3) } else { (k + 3, k + 1) };
            corners[k] = p;
            corners[level_end % 4] = DVec2::new(opposite.x, p.y);
            corners[upright_end % 4] = DVec2::new(p.x, opposite.y);
        }
        [a, b] if b - a != 2 => {
            let (a, b) = if b - a == 1 { (a, b) } else { (b, a) };
            let (p, q) = (to[a]?, to[b]?);
            // The corner at the far end of the side from each.
            let (beyond_a, beyond_b) = ((a + 3) % 4, (b + 1) % 4);
            let (middle, beyond) = ((p + q) / 2.0, (own[beyond_a] + own[beyond_b]) / 2.0);
            let sides = if level(a) { (DVec2::X, DVec2::Y) } else { (DVec2::Y, DVec2::X) };
            let place = |along: DVec2, across: DVec2| along * sides.0 + across * sides.1;
            corners[a] = place(p, middle);
            corners[b] = place(q, middle);
            corners[beyond_a] = place(p, beyond);
            corners[beyond_b] = place(q, beyond);
        }
        _ => return None,
    }
    Some(corners)
}

/// Whether a direction is nearer to horizontal than to vertical.
fn is_level(v: DVec2) -> bool {
    v.x.abs() >= v.y.abs()
}

/// Aligns two points horizontally or vertically; of a surface, all its sides.
pub(super) fn straighten(edit: &mut EditContext) -> EditResult {
    let targets = match edit.selection[..] {
        [a, b] if a.is_point() && b.is_point() => {
            let view = edit.view();
            let (p, q) = view.position(a).zip(view.position(b)).ok_or("nowhere to be seen")?;
            let middle = (p + q) / 2.0;
            let onto = |p: DVec2| if is_level(q - middle) { p.with_y(middle.y) } else { p.with_x(middle.x) };
            [(a, onto(p)), (b, onto(q))]
        }
        [Handle::Surface(surface)] => {
            let corners = edit.stage[surface].corners;
            let side = |k: usize| (corners[k] + corners[(k + 1) % 4]) / 2.0;
            let level = is_level(corners[1] - corners[0] + corners[2] - corners[3]);
            let corner = |k: usize| {
                // The side from a corner and the side to it: one gives its y, the other its x.
                let (from, to) = (side(k), side((k + 3) % 4));
                if k.is_multiple_of(2) == level { DVec2::new(to.x, from.y) } else { DVec2::new(from.x, to.y) }
            };
            // The corners of a mesh stay displaced from the rectangle.
            edit.stage[surface].corners = [0, 1, 2, 3].map(|k| round_px(corner(k)));
            return Ok(None);
        }
        _ => return Err("select two points, or a surface".to_owned()),
    };
    move_to(edit, &targets, false)?;
    Ok(None)
}

/// What to add to a shift so that it snaps the primary point, or the corners of the primary surface, to the nearest point
/// of another surface, or corner of the output; none where none is near.
pub(super) fn snap_offset(view: &OutputView, selection: &[Handle], by: DVec2) -> Option<DVec2> {
    let primary = *selection.last()?;
    let snapping: Vec<_> = match primary {
        Handle::Surface(surface) => view.stage[surface].corners.to_vec(),
        Handle::Mask(mask) => path(view.stage, view.output, mask)?
            .iter()
            .filter_map(|point| view.project(mask.surface, point.at))
            .collect(),
        _ => vec![view.position(primary)?],
    };
    let own: HashSet<_> = selection.iter().filter_map(|handle| handle.surface()).collect();
    let size = view.stage.output(view.output)?.size.as_dvec2();
    let others = surfaces_of(view.stage, view.output).into_iter().filter(|surface| !own.contains(surface));
    let others = others.flat_map(|surface| {
        visible(view.stage, view.output, &[Handle::Surface(surface)])
            .into_iter()
            .filter(move |handle| handle.surface() == Some(surface) && handle.mask().is_none())
    });
    let neighbours: Vec<_> =
        others.filter_map(|handle| view.position(handle)).chain(UNIT_SQUARE.map(|p| p * size)).collect();
    let offsets = snapping.iter().flat_map(|own| neighbours.iter().map(move |other| *other - (*own + by)));
    let offset = offsets.min_by(|a, b| a.length_squared().total_cmp(&b.length_squared()))?;
    (offset.length() <= SNAP_PX * scale(view.stage, view.output)).then_some(offset)
}

/// Snaps the selection to the nearest neighbour.
pub(super) fn snap_now(edit: &mut EditContext) -> EditResult {
    let offset = snap_offset(&edit.view(), edit.selection, DVec2::ZERO).ok_or("no neighbour is near enough")?;
    transform(edit, &SimilarityTransform::shift(offset))?;
    Ok(None)
}

/// Where the points of a mesh lie in surface space, row by row.
pub(super) fn mesh_positions(columns: u32, rows: u32) -> impl Iterator<Item = DVec2> {
    (0..crate::Mesh::points_of(columns, rows)).map(move |point| mesh_position(columns, rows, point))
}
