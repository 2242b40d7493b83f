//! The handles of an output, and their order. See [`Handle`].
//!
//! They have three levels. On the first are the surfaces of the output, the lowest first, then the output's masks. Below a
//! surface are its four corners, the ends of its bend, its mesh points row by row, the points of its outline, and its masks.
//! Below a mask are its points, each with its Bézier handles. Selecting the next goes round on one level; on the first, an
//! empty selection, which is the whole output, is one of the round.

use super::super::{Mask, MaskPoint, Outline, OutputId, Stage, Surface, SurfaceId};

/// Something that can be selected and moved on an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Handle {
    /// A whole surface.
    Surface(SurfaceId),
    /// A corner of the corner pin: 0 to 3, clockwise from the upper left.
    Corner {
        /// Its surface.
        surface: SurfaceId,
        /// 0 to 3.
        corner: usize,
    },
    /// An end of a bend's axis.
    Bend {
        /// Its surface.
        surface: SurfaceId,
        /// The upper or the lower one.
        end: BendEnd,
    },
    /// A mesh point; but the four corners of a mesh are those of the surface.
    Mesh {
        /// Its surface.
        surface: SurfaceId,
        /// Its index, row by row.
        point: usize,
    },
    /// A point of a polygonal outline.
    Outline {
        /// Its surface.
        surface: SurfaceId,
        /// Its index.
        point: usize,
    },
    /// A whole mask.
    Mask(MaskRef),
    /// A point of a mask's path, or one of its Bézier handles.
    MaskPoint {
        /// Its mask.
        mask: MaskRef,
        /// Its index.
        point: usize,
        /// The anchor or a handle.
        part: PointPart,
    },
}

/// A mask of a surface or of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MaskRef {
    /// The surface; none: the output.
    pub surface: Option<SurfaceId>,
    /// The index among its masks.
    pub mask: usize,
}

/// An end of a bend's axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BendEnd {
    /// At the upper edge.
    Top,
    /// At the lower edge.
    Bottom,
}

/// The parts of a point of a Bézier path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PointPart {
    /// The point itself.
    Anchor,
    /// The handle of the segment before it.
    HandleIn,
    /// The handle of the segment after it.
    HandleOut,
}

const CORNERS: [&str; 4] = ["upper left corner", "upper right corner", "lower right corner", "lower left corner"];

impl Handle {
    /// The surface that it is, or is part of.
    #[must_use]
    pub const fn surface(self) -> Option<SurfaceId> {
        match self {
            Self::Surface(surface)
            | Self::Corner { surface, .. }
            | Self::Bend { surface, .. }
            | Self::Mesh { surface, .. }
            | Self::Outline { surface, .. } => Some(surface),
            Self::Mask(mask) | Self::MaskPoint { mask, .. } => mask.surface,
        }
    }

    /// The mask that it is, or is part of.
    #[must_use]
    pub const fn mask(self) -> Option<MaskRef> {
        match self {
            Self::Mask(mask) | Self::MaskPoint { mask, .. } => Some(mask),
            _ => None,
        }
    }

    /// Whether it is a single point.
    #[must_use]
    pub const fn is_point(self) -> bool {
        !matches!(self, Self::Surface(_) | Self::Mask(_))
    }

    /// The handle a level up; none is the output.
    #[must_use]
    pub fn parent(self) -> Option<Self> {
        match self {
            Self::Surface(_) => None,
            Self::Mask(mask) => mask.surface.map(Self::Surface),
            Self::MaskPoint { mask, .. } => Some(Self::Mask(mask)),
            Self::Corner { surface, .. }
            | Self::Bend { surface, .. }
            | Self::Mesh { surface, .. }
            | Self::Outline { surface, .. } => Some(Self::Surface(surface)),
        }
    }

    /// Its name on the screen.
    pub(super) fn name(self, stage: &Stage, output: OutputId) -> String {
        let surface = |id: SurfaceId| stage.surface(id).map_or("?", |surface| surface.name.as_str());
        match self {
            Self::Surface(id) => format!("surface {}", surface(id)),
            Self::Corner { surface: id, corner } => format!("{} of {}", CORNERS[corner % 4], surface(id)),
            Self::Bend { surface: id, end } => {
                format!("{} of the bend of {}", if end == BendEnd::Top { "top" } else { "bottom" }, surface(id))
            }
            Self::Mesh { surface: id, point } => {
                let columns = stage.surface(id).and_then(|surface| surface.mesh.as_ref());
                let along = columns.map_or(1, |mesh| mesh.columns as usize + 1);
                format!("mesh point {} along, {} down of {}", point % along + 1, point / along + 1, surface(id))
            }
            Self::Outline { surface: id, point } => format!("outline point {} of {}", point + 1, surface(id)),
            Self::Mask(mask) => {
                let name = masks(stage, output, mask.surface).get(mask.mask).map_or("?", |mask| mask.name.as_str());
                match mask.surface {
                    Some(id) => format!("mask {name} of {}", surface(id)),
                    None => format!("mask {name} of the output"),
                }
            }
            Self::MaskPoint { mask, point, part } => {
                let part = match part {
                    PointPart::Anchor => "point",
                    PointPart::HandleIn => "handle before point",
                    PointPart::HandleOut => "handle after point",
                };
                format!("{part} {} of {}", point + 1, Self::Mask(mask).name(stage, output))
            }
        }
    }
}

/// The masks of a surface, or of an output.
pub(super) fn masks(stage: &Stage, output: OutputId, surface: Option<SurfaceId>) -> &[Mask] {
    match surface {
        Some(surface) => stage.surface(surface).map_or(&[], |surface| &surface.masks),
        None => stage.output(output).map_or(&[], |output| &output.masks),
    }
}

/// The same, mutable; none where there is no such surface or output.
pub(super) fn masks_mut(stage: &mut Stage, output: OutputId, surface: Option<SurfaceId>) -> Option<&mut Vec<Mask>> {
    match surface {
        Some(surface) => stage.surface_mut(surface).map(|surface| &mut surface.masks),
        None => stage.output_mut(output).map(|output| &mut output.masks),
    }
}

/// The points of a mask; none for an image mask.
pub(super) fn path(stage: &Stage, output: OutputId, mask: MaskRef) -> Option<&[MaskPoint]> {
    masks(stage, output, mask.surface).get(mask.mask)?.shape.path()
}

/// The surfaces of an output, the lowest first.
pub(super) fn surfaces_of(stage: &Stage, output: OutputId) -> Vec<SurfaceId> {
    let Some(output) = stage.output(output) else { return Vec::new() };
    stage.surfaces_of(&output.name).map(|surface| surface.id).collect()
}

/// The corner of a surface that coincides with a point of its mesh.
pub(super) fn corner_of_mesh_point(surface: &Surface, point: usize) -> Option<usize> {
    (0..4).find(|corner| mesh_point_of_corner(surface, *corner) == Some(point))
}

/// The mesh point that coincides with a surface's corner.
pub(super) fn mesh_point_of_corner(surface: &Surface, corner: usize) -> Option<usize> {
    let mesh = surface.mesh.as_ref()?;
    let (columns, rows) = (mesh.columns as usize, mesh.rows as usize);
    let along = columns + 1;
    Some([0, columns, rows * along + columns, rows * along][corner % 4])
}

/// The handles one level below another, in order; below none: the surfaces and masks of the output.
pub(super) fn children(stage: &Stage, output: OutputId, of: Option<Handle>) -> Vec<Handle> {
    let masks_of = |surface: Option<SurfaceId>| {
        (0..masks(stage, output, surface).len()).map(move |mask| Handle::Mask(MaskRef { surface, mask }))
    };
    match of {
        None => surfaces_of(stage, output).into_iter().map(Handle::Surface).chain(masks_of(None)).collect(),
        Some(Handle::Surface(id)) => {
            let Some(surface) = stage.surface(id) else { return Vec::new() };
            let mut handles: Vec<_> = (0..4).map(|corner| Handle::Corner { surface: id, corner }).collect();
            if surface.bend.is_some() {
                handles.extend([BendEnd::Top, BendEnd::Bottom].map(|end| Handle::Bend { surface: id, end }));
            }
            let points = surface.mesh.as_ref().map_or(0, |mesh| mesh.moved.len());
            let inner = (0..points).filter(|point| corner_of_mesh_point(surface, *point).is_none());
            handles.extend(inner.map(|point| Handle::Mesh { surface: id, point }));
            if let Outline::Polygon(points) = &surface.outline {
                handles.extend((0..points.len()).map(|point| Handle::Outline { surface: id, point }));
            }
            handles.extend(masks_of(Some(id)));
            handles
        }
        Some(Handle::Mask(mask)) => {
            let points = path(stage, output, mask).unwrap_or(&[]).iter().enumerate();
            let with_handles = points.flat_map(|(point, value)| {
                let before = value.before.map(|_| PointPart::HandleIn);
                let after = value.after.map(|_| PointPart::HandleOut);
                let parts = [Some(PointPart::Anchor), before, after].into_iter().flatten();
                parts.map(move |part| Handle::MaskPoint { mask, point, part })
            });
            with_handles.collect()
        }
        Some(_) => Vec::new(),
    }
}

/// Whether an output has a handle, and all that the handle is part of.
fn has(stage: &Stage, output: OutputId, handle: Handle) -> bool {
    let parent = handle.parent();
    children(stage, output, parent).contains(&handle) && parent.is_none_or(|parent| has(stage, output, parent))
}

/// What is left of a selection on an output after the stage was replaced: the handles of what still exists. Surfaces are known by their
/// ids and masks by their names, for masks may have been added before them; a point, by its number among as many as there were. Nothing
/// takes the place of what is gone: a key would move more than was selected.
pub(super) fn surviving(before: &Stage, now: &Stage, output: OutputId, selection: &[Handle]) -> Vec<Handle> {
    let mut left = Vec::new();
    for handle in selection {
        left.extend(found_again(before, now, output, *handle).filter(|found| !left.contains(found)));
    }
    left
}

/// The handle in another version of the stage, if what it is of is there.
fn found_again(before: &Stage, now: &Stage, output: OutputId, handle: Handle) -> Option<Handle> {
    let in_mask = |mask: MaskRef| {
        let name = &masks(before, output, mask.surface).get(mask.mask)?.name;
        let masks = masks(now, output, mask.surface);
        let mut same = (0..masks.len()).filter(|index| masks[*index].name == *name);
        let found = match (same.next(), same.next()) {
            (Some(only), None) => only,
            // Of several with one name, the one at the same place.
            (Some(_), Some(_)) if masks.get(mask.mask)?.name == *name => mask.mask,
            _ => return None,
        };
        Some(MaskRef { mask: found, ..mask })
    };
    let found = match handle {
        Handle::Mask(mask) => Handle::Mask(in_mask(mask)?),
        Handle::MaskPoint { mask, point, part } => Handle::MaskPoint { mask: in_mask(mask)?, point, part },
        other => other,
    };
    let points = |stage: &Stage, handle: Handle| -> Option<[usize; 2]> {
        match handle {
            Handle::MaskPoint { mask, .. } => Some([path(stage, output, mask)?.len(), 0]),
            Handle::Mesh { surface, .. } => {
                let mesh = stage.surface(surface)?.mesh.as_ref()?;
                Some([mesh.columns as usize, mesh.rows as usize])
            }
            Handle::Outline { surface, .. } => match &stage.surface(surface)?.outline {
                Outline::Polygon(points) => Some([points.len(), 0]),
                _ => None,
            },
            _ => Some([0; 2]),
        }
    };
    (points(before, handle) == points(now, found) && has(now, output, found)).then_some(found)
}

/// The points that are drawn and can be clicked: the corners of every surface, and all points of the surfaces in the
/// selection; the anchors of their masks and of the output's, and the handles of masks in the selection.
pub(super) fn visible(stage: &Stage, output: OutputId, selection: &[Handle]) -> Vec<Handle> {
    let mut handles = Vec::new();
    let mask_points = |mask: MaskRef| {
        let is_active = selection.iter().any(|handle| handle.mask() == Some(mask));
        let points = children(stage, output, Some(Handle::Mask(mask)));
        points
            .into_iter()
            .filter(move |handle| is_active || matches!(handle, Handle::MaskPoint { part: PointPart::Anchor, .. }))
    };
    for id in surfaces_of(stage, output) {
        let is_active = selection.iter().any(|handle| handle.surface() == Some(id));
        for handle in children(stage, output, Some(Handle::Surface(id))) {
            match handle {
                Handle::Mask(mask) if is_active => handles.extend(mask_points(mask)),
                Handle::Mask(_) => {}
                Handle::Corner { .. } => handles.push(handle),
                _ if is_active => handles.push(handle),
                _ => {}
            }
        }
    }
    for mask in 0..masks(stage, output, None).len() {
        handles.extend(mask_points(MaskRef { surface: None, mask }));
    }
    handles
}
