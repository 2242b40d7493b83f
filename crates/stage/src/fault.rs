//! What is wrong with a stage, so that it cannot be laid. See [`StageFault`].

use std::path::PathBuf;

use glam::UVec2;

use super::OutputId;
use super::homography::BadQuad;

/// What is wrong with a stage, and with what of it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StageFault {
    /// An output that the stage does not have.
    #[error("the stage has no output of the id {}", .0.0)]
    NoOutput(OutputId),
    /// An output or its target without pixels, or with more than are drawn.
    #[error("output `{output}` of {} × {} px cannot be drawn: each side has 1 to 16384, and all of it 67 million at most", size.x, size.y)]
    Size {
        /// Its name.
        output: String,
        /// Its size, or its target's.
        size: UVec2,
    },
    /// A wall without an extent.
    #[error("the wall's aspect is {0}: it must be a positive number")]
    Aspect(f64),
    /// A surface that is left out.
    #[error("surface `{surface}`: {fault}")]
    Surface {
        /// Its name.
        surface: String,
        /// What is wrong with it.
        fault: SurfaceFault,
    },
    /// A mask that is left out.
    #[error("mask `{mask}` of `{of}`: {fault}")]
    Mask {
        /// Its name.
        mask: String,
        /// The surface's or output's name.
        of: String,
        /// What is wrong with it.
        fault: MaskFault,
    },
}

/// What is wrong with a surface.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum SurfaceFault {
    /// Its corners.
    #[error(transparent)]
    Quad(#[from] BadQuad),
    /// A part of the wall without an extent.
    #[error("its part of the wall is empty")]
    EmptyPart,
    /// A polygon that encloses nothing.
    #[error("its outline needs at least three points, all of them numbers")]
    Outline,
    /// A bend out of range.
    #[error("a bend of {0}° cannot be: it is 5 to 175, or -175 to -5")]
    BendDegrees(f64),
    /// Middles of its edges that are no numbers or in one place.
    #[error("the middles of the upper and lower edge lie in one place")]
    BendMiddles,
    /// Middles of its edges that only a wall behind the projector could have.
    #[error("the middles of the edges lie too far out for a bend of {0}°: draw them towards the corners' lines")]
    BendBehind(f64),
    /// A niche said to be a column, or the other way round.
    #[error(
        "the middles of the edges lie as if it were bent {}: exchange the sign of `degrees`",
        if *.0 > 0.0 { "away from the projector" } else { "towards the projector" }
    )]
    BendSign(f64),
    /// A column that is seen further round than its edge.
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
        /// As many as it has.
        found: usize,
    },
    /// A mesh point moved by what is no number, or too far; row and column are counted from 1.
    #[error("the mesh point in row {row}, column {column} is moved too far")]
    MeshFar {
        /// From 1.
        row: u32,
        /// From 1.
        column: u32,
    },
    /// A mesh folded over itself; row and column are counted from 1.
    #[error("the mesh is folded at the point in row {row}, column {column}: move it back between its neighbours")]
    MeshFolded {
        /// From 1.
        row: u32,
        /// From 1.
        column: u32,
    },
}

/// What is wrong with a mask.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MaskFault {
    /// Points that are no numbers, or fewer than three.
    #[error("its line is no area: it needs at least three points, or curves, all of them numbers")]
    NoArea,
    /// More points than are drawn in a moment.
    #[error("its line has {0} points: no more than 4096 can be")]
    TooLong(usize),
    /// A picture that is not there or not read.
    #[error("its picture `{}` is not there, so all of it stays dark", .0.display())]
    NoPicture(PathBuf),
}

impl StageFault {
    /// A surface's fault.
    pub(super) fn surface(surface: &super::Surface, fault: impl Into<SurfaceFault>) -> Self {
        Self::Surface { surface: surface.name.clone(), fault: fault.into() }
    }
}
