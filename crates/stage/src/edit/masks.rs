//! Edits of masks: new ones, their points, kind and feather, deletion.

use glam::DVec2;

use super::path::{flatten, nearest, split};
use super::selection::{Handle, MaskRef, PointPart, path};
use super::surfaces::new_name;
use super::transform::centre_and_radius;
use super::{EditContext, EditResult, SurfaceId, round_in, round_mask_point};
use crate::ranges as may;
use crate::rounded::{PIXELS, round};
use crate::{Mask, MaskKind, MaskPoint, MaskShape, Outline};

/// The size of a new mask, of its surface's or output's.
const NEW_SIZE: f64 = 0.2;
/// The fewest points of a mask or an outline.
const LEAST_POINTS: usize = 3;

/// Adds a rectangular mask in the middle of the selection: to its surface, or to the output.
pub(super) fn new_mask(edit: &mut EditContext) -> EditResult {
    let surface = edit.selection.last().and_then(|handle| handle.surface());
    let size = match surface {
        Some(_) => DVec2::ONE,
        None => edit.stage.output(edit.output).ok_or("there is no output")?.size.as_dvec2(),
    };
    let view = edit.view();
    let centre = match edit.selection.last() {
        // In perspective, a surface's own middle is not that of its corners.
        Some(Handle::Surface(_)) | None => None,
        Some(_) => centre_and_radius(&view, edit.selection).and_then(|(centre, _)| view.unproject(surface, centre)),
    };
    drop(view);
    let half = size * NEW_SIZE / 2.0;
    let centre = centre.unwrap_or(size / 2.0).clamp(half, size - half);
    let signs = [DVec2::NEG_ONE, DVec2::new(1.0, -1.0), DVec2::ONE, DVec2::new(-1.0, 1.0)];
    let points = signs.map(|sign| MaskPoint::corner(round_in(surface, centre + sign * half)));
    let masks = edit.masks_mut(surface).ok_or("nothing is there to be masked")?;
    let name = new_name("mask", &masks.iter().map(|mask| mask.name.as_str()).collect::<Vec<_>>());
    let shape = MaskShape::Path(points.to_vec());
    masks.push(Mask { name: name.clone(), kind: MaskKind::Hide, shape, feather: 0.0 });
    let mask = MaskRef { surface, mask: masks.len() - 1 };
    *edit.selection = vec![Handle::Mask(mask)];
    Ok(Some(name))
}

/// Adds a point to a mask or an outline: on the edge nearest to a position in output pixels, or in the middle of the edge
/// after the primary point.
pub(super) fn add_point(edit: &mut EditContext, at: Option<DVec2>) -> EditResult {
    let primary = *edit.selection.last().ok_or("select a mask first")?;
    let after = match primary {
        Handle::MaskPoint { point, .. } | Handle::Outline { point, .. } => point,
        _ => 0,
    };
    let mut points = match (primary.mask(), primary) {
        (Some(mask), _) => path(edit.stage, edit.output, mask).ok_or("a picture has no points")?.to_vec(),
        (None, Handle::Outline { surface, .. }) => match &edit.stage[surface].outline {
            Outline::Polygon(points) => points.iter().map(|at| MaskPoint::corner(*at)).collect(),
            Outline::Rectangle | Outline::Circle => Vec::new(),
        },
        _ => return Err("select a mask first".to_owned()),
    };
    if points.is_empty() {
        return Err("there is no edge to put it on".to_owned());
    }
    let (edge, t) = match at.filter(|p| p.is_finite()) {
        None => (after, 0.5),
        Some(p) => {
            let view = edit.view();
            let line = flatten(&points, true);
            let projected = line.iter().map(|point| view.project(primary.surface(), point.at));
            let projected = projected.collect::<Option<Vec<_>>>().ok_or("nowhere to be seen")?;
            let (piece, along) = nearest(&projected, p).ok_or("there is no edge to put it on")?;
            let end = line.get(piece + 1).filter(|next| next.edge == line[piece].edge).map_or(1.0, |next| next.t);
            (line[piece].edge, line[piece].t + (end - line[piece].t) * along)
        }
    };
    let point = split(&mut points, edge, t.clamp(0.01, 0.99));
    for point in &mut points {
        *point = round_mask_point(primary.surface(), *point);
    }
    let selected = match (primary.mask(), primary.surface()) {
        (Some(mask), _) => {
            *edit.path_mut(mask).ok_or("a picture has no points")? = points;
            Handle::MaskPoint { mask, point, part: PointPart::Anchor }
        }
        (None, surface) => {
            let surface = surface.ok_or("select a mask first")?;
            edit.stage[surface].outline = Outline::Polygon(points.iter().map(|point| point.at).collect());
            Handle::Outline { surface, point }
        }
    };
    *edit.selection = vec![selected];
    Ok(Some("a point more".to_owned()))
}

/// Switches the selected masks between hiding and showing.
pub(super) fn kind(edit: &mut EditContext) -> EditResult {
    let mut message = None;
    for mask in edit.masks()? {
        let Some(mask) = edit.mask_mut(mask) else { continue };
        mask.kind = mask.kind.other();
        message = Some(format!("{} {}", mask.name, if mask.kind == MaskKind::Hide { "hides" } else { "shows" }));
    }
    Ok(message)
}

/// Changes the feather of the selected masks by so many pixels.
pub(super) fn feather(edit: &mut EditContext, by: f64) -> EditResult {
    let mut message = None;
    for mask in edit.masks()? {
        let Some(mask) = edit.mask_mut(mask).filter(|_| by.is_finite()) else { continue };
        mask.feather = round(mask.feather + by, PIXELS).clamp(may::FEATHER.low, may::FEATHER.high);
        message = Some(format!("{}: a feather of {} px", mask.name, mask.feather));
    }
    Ok(message)
}

/// Deletes points of masks and outlines, masks, and surfaces. Corners and mesh points cannot be deleted.
pub(super) fn delete(edit: &mut EditContext) -> EditResult {
    let mut deleted: Vec<_> = edit.selection.iter().copied().filter_map(Deleted::of).collect();
    deleted.sort_unstable();
    deleted.dedup();
    let all = deleted.clone();
    deleted.retain(|deleted| !deleted.goes_with(&all));
    let first = *deleted.first().ok_or("this cannot be deleted: Escape goes to what it is of")?;
    // From the last: the indices of the others stay.
    for deleted in deleted.into_iter().rev() {
        match deleted {
            Deleted::Point(mask, point) => {
                let points = edit.path_mut(mask).ok_or("a picture has no points")?;
                if points.len() <= LEAST_POINTS {
                    return Err("a mask has at least three points: Escape and delete all of it".to_owned());
                }
                points.remove(point);
            }
            Deleted::Outline(surface, point) => {
                if let Outline::Polygon(points) = &mut edit.stage[surface].outline {
                    if points.len() <= LEAST_POINTS {
                        return Err("an outline has at least three points".to_owned());
                    }
                    points.remove(point);
                }
            }
            Deleted::Mask(mask) => {
                edit.masks_mut(mask.surface).ok_or("gone already")?.remove(mask.mask);
            }
            Deleted::Surface(surface) => {
                edit.stage.surfaces.retain(|other| other.id != surface);
            }
        }
    }
    let parent = match first {
        Deleted::Surface(_) => None,
        Deleted::Mask(mask) => mask.surface.map(Handle::Surface),
        Deleted::Outline(surface, _) => Some(Handle::Surface(surface)),
        Deleted::Point(mask, _) => Some(Handle::Mask(mask)),
    };
    *edit.selection = parent.into_iter().collect();
    Ok(Some("deleted".to_owned()))
}

/// Something that is deleted, ordered so that the last can go first: points after their mask, masks after their surface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Deleted {
    Surface(SurfaceId),
    Mask(MaskRef),
    Outline(SurfaceId, usize),
    Point(MaskRef, usize),
}

impl Deleted {
    fn of(handle: Handle) -> Option<Self> {
        match handle {
            Handle::Surface(surface) => Some(Self::Surface(surface)),
            Handle::Mask(mask) => Some(Self::Mask(mask)),
            Handle::Outline { surface, point } => Some(Self::Outline(surface, point)),
            Handle::MaskPoint { mask, point, part: PointPart::Anchor } => Some(Self::Point(mask, point)),
            Handle::MaskPoint { .. } | Handle::Corner { .. } | Handle::Bend { .. } | Handle::Mesh { .. } => None,
        }
    }

    /// Whether it is a part of something else that is deleted.
    fn goes_with(self, all: &[Self]) -> bool {
        let (mask, surface) = match self {
            Self::Surface(_) => (None, None),
            Self::Mask(mask) => (None, mask.surface),
            Self::Outline(surface, _) => (None, Some(surface)),
            Self::Point(mask, _) => (Some(mask), mask.surface),
        };
        mask.is_some_and(|mask| all.contains(&Self::Mask(mask)))
            || surface.is_some_and(|surface| all.contains(&Self::Surface(surface)))
    }
}
