//! What can be selected, and in which order. See [`Place`].
//!
//! There are three levels. On the first are the surfaces of the output, those below first, then the output's masks. In a
//! surface are its four corners, the ends of its bend, the points of its mesh row by row, the points of its outline, and its
//! masks. In a mask are its points, each with the handles before and after it. The step to the next goes round among those
//! on one level; on the first, by way of nothing, which is the whole output.

use super::super::{MaskPoint, MaskShape, Outline, Stage, Surface};

/// Something that can be selected on an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// A whole surface, by its place in the stage.
    Surface(usize),
    /// A corner: 0 to 3 from the upper left one, clockwise.
    Corner {
        /// Whose.
        surface: usize,
        /// Which.
        corner: usize,
    },
    /// An end of a bend's axis.
    Bend {
        /// Whose.
        surface: usize,
        /// Which.
        end: End,
    },
    /// A point of a mesh, but for its four corners, which are the surface's.
    Mesh {
        /// Whose.
        surface: usize,
        /// Which, row by row.
        point: usize,
    },
    /// A corner of a polygon.
    Outline {
        /// Whose.
        surface: usize,
        /// Which.
        point: usize,
    },
    /// A whole mask.
    Mask(MaskPlace),
    /// A point of a mask, or one of its handles.
    MaskPoint {
        /// Of which mask.
        mask: MaskPlace,
        /// Which.
        point: usize,
        /// The point or a handle.
        part: Part,
    },
}

/// A mask of a surface or of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MaskPlace {
    /// The surface's place in the stage; none: the output's own.
    pub surface: Option<usize>,
    /// Which of its masks.
    pub mask: usize,
}

/// An end of a bend's axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// The upper.
    Top,
    /// The lower.
    Bottom,
}

/// What of a mask's point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// Itself.
    At,
    /// The handle on the way to it.
    Before,
    /// The handle on the way from it.
    After,
}

/// What the corners are called.
const CORNERS: [&str; 4] = ["upper left corner", "upper right corner", "lower right corner", "lower left corner"];

impl Place {
    /// The surface that it is, or is a part of.
    #[must_use]
    pub const fn surface(self) -> Option<usize> {
        match self {
            Self::Surface(surface)
            | Self::Corner { surface, .. }
            | Self::Bend { surface, .. }
            | Self::Mesh { surface, .. }
            | Self::Outline { surface, .. } => Some(surface),
            Self::Mask(mask) | Self::MaskPoint { mask, .. } => mask.surface,
        }
    }

    /// The mask that it is, or is a part of.
    #[must_use]
    pub const fn mask(self) -> Option<MaskPlace> {
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

    /// A level up; none is the output.
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

    /// What it is called on the screen.
    pub(super) fn name(self, stage: &Stage, output: usize) -> String {
        let surface = |surface: usize| stage.surfaces.get(surface).map_or("?", |surface| surface.name.as_str());
        match self {
            Self::Surface(index) => format!("surface {}", surface(index)),
            Self::Corner { surface: index, corner } => format!("{} of {}", CORNERS[corner % 4], surface(index)),
            Self::Bend { surface: index, end } => {
                format!("{} of the bend of {}", if end == End::Top { "top" } else { "bottom" }, surface(index))
            }
            Self::Mesh { surface: index, point } => {
                let columns = stage.surfaces.get(index).and_then(|surface| surface.mesh.as_ref());
                let along = columns.map_or(1, |mesh| mesh.columns as usize + 1);
                format!("mesh point {} along, {} down of {}", point % along + 1, point / along + 1, surface(index))
            }
            Self::Outline { surface: index, point } => format!("outline point {} of {}", point + 1, surface(index)),
            Self::Mask(mask) => {
                let name = masks(stage, output, mask.surface).get(mask.mask).map_or("?", |mask| mask.name.as_str());
                match mask.surface {
                    Some(index) => format!("mask {name} of {}", surface(index)),
                    None => format!("mask {name} of the output"),
                }
            }
            Self::MaskPoint { mask, point, part } => {
                let part = match part {
                    Part::At => "point",
                    Part::Before => "handle before point",
                    Part::After => "handle after point",
                };
                format!("{part} {} of {}", point + 1, Self::Mask(mask).name(stage, output))
            }
        }
    }
}

/// The masks of a surface, or of an output.
pub(super) fn masks(stage: &Stage, output: usize, surface: Option<usize>) -> &[super::super::Mask] {
    match surface {
        Some(surface) => stage.surfaces.get(surface).map_or(&[], |surface| &surface.masks),
        None => stage.outputs.get(output).map_or(&[], |output| &output.masks),
    }
}

/// The same, to be changed.
pub(super) fn masks_mut(
    stage: &mut Stage,
    output: usize,
    surface: Option<usize>,
) -> Option<&mut Vec<super::super::Mask>> {
    match surface {
        Some(surface) => stage.surfaces.get_mut(surface).map(|surface| &mut surface.masks),
        None => stage.outputs.get_mut(output).map(|output| &mut output.masks),
    }
}

/// The points of a mask; none for a picture.
pub(super) fn path(stage: &Stage, output: usize, mask: MaskPlace) -> Option<&[MaskPoint]> {
    match &masks(stage, output, mask.surface).get(mask.mask)?.shape {
        MaskShape::Path(points) => Some(points),
        MaskShape::Picture(_) => None,
    }
}

/// The same, to be changed.
pub(super) fn path_mut(stage: &mut Stage, output: usize, mask: MaskPlace) -> Option<&mut Vec<MaskPoint>> {
    match &mut masks_mut(stage, output, mask.surface)?.get_mut(mask.mask)?.shape {
        MaskShape::Path(points) => Some(points),
        MaskShape::Picture(_) => None,
    }
}

/// The surfaces of an output, by their places in the stage.
pub(super) fn surfaces(stage: &Stage, output: usize) -> Vec<usize> {
    let Some(output) = stage.outputs.get(output) else { return Vec::new() };
    (0..stage.surfaces.len()).filter(|surface| stage.surfaces[*surface].output == output.name).collect()
}

/// The corner of a surface that a point of its mesh is, if it is one.
pub(super) fn corner_of_mesh(surface: &Surface, point: usize) -> Option<usize> {
    (0..4).find(|corner| mesh_of_corner(surface, *corner) == Some(point))
}

/// The point of its mesh that a surface's corner is.
pub(super) fn mesh_of_corner(surface: &Surface, corner: usize) -> Option<usize> {
    let mesh = surface.mesh.as_ref()?;
    let (columns, rows) = (mesh.columns as usize, mesh.rows as usize);
    let along = columns + 1;
    Some([0, columns, rows * along + columns, rows * along][corner % 4])
}

/// What is one level below a place, in order; below nothing: surfaces and masks of the output.
pub(super) fn children(stage: &Stage, output: usize, of: Option<Place>) -> Vec<Place> {
    let masks_of = |surface: Option<usize>| {
        (0..masks(stage, output, surface).len()).map(move |mask| Place::Mask(MaskPlace { surface, mask }))
    };
    match of {
        None => surfaces(stage, output).into_iter().map(Place::Surface).chain(masks_of(None)).collect(),
        Some(Place::Surface(index)) => {
            let Some(surface) = stage.surfaces.get(index) else { return Vec::new() };
            let mut places: Vec<_> = (0..4).map(|corner| Place::Corner { surface: index, corner }).collect();
            if surface.bend.is_some() {
                places.extend([End::Top, End::Bottom].map(|end| Place::Bend { surface: index, end }));
            }
            let points = surface.mesh.as_ref().map_or(0, |mesh| mesh.moved.len());
            let inner = (0..points).filter(|point| corner_of_mesh(surface, *point).is_none());
            places.extend(inner.map(|point| Place::Mesh { surface: index, point }));
            if let Outline::Polygon(points) = &surface.outline {
                places.extend((0..points.len()).map(|point| Place::Outline { surface: index, point }));
            }
            places.extend(masks_of(Some(index)));
            places
        }
        Some(Place::Mask(mask)) => {
            let points = path(stage, output, mask).unwrap_or(&[]).iter().enumerate();
            let with_handles = points.flat_map(|(point, value)| {
                let before = value.before.map(|_| Part::Before);
                let after = value.after.map(|_| Part::After);
                let parts = [Some(Part::At), before, after].into_iter().flatten();
                parts.map(move |part| Place::MaskPoint { mask, point, part })
            });
            with_handles.collect()
        }
        Some(_) => Vec::new(),
    }
}

/// The points that are drawn, and so can be clicked: the corners of every surface; of the surfaces that something is selected
/// of, all points; of masks the points, and the handles where something of them is selected.
pub(super) fn seen(stage: &Stage, output: usize, selection: &[Place]) -> Vec<Place> {
    let mut places = Vec::new();
    let mask_points = |mask: MaskPlace| {
        let at_work = selection.iter().any(|place| place.mask() == Some(mask));
        let points = children(stage, output, Some(Place::Mask(mask)));
        points.into_iter().filter(move |place| at_work || matches!(place, Place::MaskPoint { part: Part::At, .. }))
    };
    for index in surfaces(stage, output) {
        let at_work = selection.iter().any(|place| place.surface() == Some(index));
        for place in children(stage, output, Some(Place::Surface(index))) {
            match place {
                Place::Mask(mask) if at_work => places.extend(mask_points(mask)),
                Place::Mask(_) => {}
                Place::Corner { .. } => places.push(place),
                _ if at_work => places.push(place),
                _ => {}
            }
        }
    }
    for mask in 0..masks(stage, output, None).len() {
        places.extend(mask_points(MaskPlace { surface: None, mask }));
    }
    places
}
