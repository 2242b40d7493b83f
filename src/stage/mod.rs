//! The stage: outputs and surfaces, where the wall lands on a building. Pure, but for reading files, which goes through
//! [`crate::reading::Files`].
//!
//! Places come in four spaces. **Wall**: 1 high, `aspect` wide, from the upper left corner; what a scene fills.
//! **Surface**: 0 to 1 each way over the surface's part of the wall. **Output**: pixels from the upper left corner of the
//! picture as whoever stands before the building sees it, in the size that the file names ([`Output::size`]).
//! **Target**: pixels of what the projector is sent, which is turned and mirrored as it hangs ([`Output::target_from_output`]).

mod types;

pub use types::{
    Bend, BlackLevel, EdgeBlend, Flip, Light, Mask, MaskKind, MaskPoint, MaskShape, Mesh, MonitorId, Outline, Output,
    Preset, Rotation, Side, Sides, Stage, Surface,
};
