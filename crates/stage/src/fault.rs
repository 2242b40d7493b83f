//! Faults of a stage that cannot be resolved. See [`StageFault`].

use std::path::PathBuf;

use glam::UVec2;

use super::OutputId;
use super::homography::BadQuad;
use super::ranges::MASK_POINTS;

/// A fault of a stage.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StageFault {
    /// An output that the stage does not have.
    #[error("the stage has no output of the id {}", .0.0)]
    NoOutput(OutputId),
    /// An output or a target without pixels, or with too many.
    #[error("output `{output}` of {} × {} px cannot be drawn: each side has 1 to 16384, and all of it 67 million at most", size.x, size.y)]
    Size {
        /// Its name.
        output: String,
        /// Its size, or its target's.
        size: UVec2,
    },
    /// A wall without an aspect.
    #[error("the wall's aspect is {0}: it must be a positive number")]
    Aspect(f64),
    /// A surface that is left out.
    #[error("surface `{surface}`: {fault}")]
    Surface {
        /// Its name.
        surface: String,
        /// Its fault.
        fault: SurfaceFault,
    },
    /// A mask that is left out.
    #[error("mask `{mask}` of `{of}`: {fault}")]
    Mask {
        /// Its name.
        mask: String,
        /// The surface's or output's name.
        of: String,
        /// Its fault.
        fault: MaskFault,
    },
}

/// A fault of a surface.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum SurfaceFault {
    /// Corners that are no convex quadrilateral.
    #[error(transparent)]
    Quad(#[from] BadQuad),
    /// An empty part of the wall.
    #[error("its part of the wall is empty")]
    EmptyPart,
    /// A polygon without an area.
    #[error("its outline needs at least three points, all of them numbers")]
    Outline,
    /// A bend out of range.
    #[error("a bend of {0}° cannot be: it is 5 to 175, or -175 to -5")]
    BendDegrees(f64),
    /// Middles of the edges that are not finite, or coincide.
    #[error("the middles of the upper and lower edge lie in one place")]
    BendMiddles,
    /// Middles of the edges that only a wall behind the projector could have.
    #[error("the middles of the edges lie too far out for a bend of {0}°: draw them towards the corners' lines")]
    BendBehind(f64),
    /// A bend of the wrong sign: a niche given as a column, or the reverse.
    #[error(
        "the middles of the edges lie as if it were bent {}: exchange the sign of `degrees`",
        if *.0 > 0.0 { "away from the projector" } else { "towards the projector" }
    )]
    BendSign(f64),
    /// A bend beyond the silhouette of the column.
    #[error("bent by {0}°, a part of it turns away from the projector: take fewer degrees")]
    BendTurnsAway(f64),
    /// A mesh with too few or too many cells.
    #[error("a mesh has 1 to 64 columns and rows")]
    MeshSize,
    /// A mesh with a wrong count of points.
    #[error("the mesh has {found} points where its columns and rows make {wanted}")]
    MeshPoints {
        /// (columns + 1) × (rows + 1).
        wanted: usize,
        /// The count that it has.
        found: usize,
    },
    /// A mesh point whose displacement is not finite, or too large.
    #[error("the mesh point in row {row}, column {column} is moved too far")]
    MeshFar {
        /// From 1.
        row: u32,
        /// From 1.
        column: u32,
    },
    /// A mesh that is folded over itself.
    #[error("the mesh is folded at the point in row {row}, column {column}: move it back between its neighbours")]
    MeshFolded {
        /// From 1.
        row: u32,
        /// From 1.
        column: u32,
    },
}

/// A fault of a mask.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MaskFault {
    /// A path with fewer than three points, or with ones that are not finite.
    #[error("its path encloses nothing: it needs at least three points, or curves, all of them numbers")]
    NoArea,
    /// A path with too many points.
    #[error("its path has {0} points, and {MASK_POINTS} at most can be: all of it stays dark")]
    TooLong(usize),
    /// An image that cannot be read.
    #[error("its picture `{}` cannot be read, so all of it stays dark", .0.display())]
    NoPicture(PathBuf),
}

impl StageFault {
    /// A fault of a surface.
    pub(super) fn surface(surface: &super::Surface, fault: impl Into<SurfaceFault>) -> Self {
        Self::Surface { surface: surface.name.clone(), fault: fault.into() }
    }
}
