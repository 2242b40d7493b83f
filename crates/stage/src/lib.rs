//! The stage of a venue: outputs, and the surfaces that map parts of the wall to them; their files, their resolution into
//! quads and output masks, and their editor. Files are read through [`millions_base::Files`].
//!
//! Positions are in one of four spaces. **Wall**: 1 high, `aspect` wide, from the upper left corner; what a scene fills.
//! **Surface**: 0 to 1 each way over the surface's part of the wall. **Output**: pixels from the upper left corner of the
//! picture as seen from before the building, in the size of the file ([`Output::size`]). **Target**: pixels that the
//! projector is sent, rotated and mirrored as it hangs ([`Output::target_from_output`]).

#![deny(clippy::disallowed_methods, reason = "what is computed depends on its arguments alone")]

mod black;
#[cfg(test)]
mod black_tests;
mod blend;
mod cylinder;
mod displacement;
mod drawing;
mod edid;
mod edit;
mod fault;
mod file;
mod geometry;
mod homography;
mod ids;
#[cfg(test)]
mod light_tests;
mod mask_builder;
mod masks;
mod monitors;
mod output_mask;
mod pixel_positions;
mod plain;
pub mod ranges;
mod raster;
mod raster_coverage;
mod resolved;
#[cfg(test)]
mod resolved_tests;
mod rounded;
#[cfg(test)]
pub(crate) mod samples;
mod scale;
mod size;
mod surface_coverage;
mod svg;
mod svg_source;
mod svg_support;
mod types;
mod uniform_regions;
mod warp;
#[cfg(test)]
mod warp_tests;
mod windows;
mod write;

pub use drawing::Drawing;
pub use edid::{Edid, same_port};
pub use edit::{
    BendEnd, ClipboardPart, EditCommand, EditHost, EditMode, Editor, Handle, HistoryFile, Mark, MarkKind, MaskRef,
    MirrorAxis, PointPart, Reply, StepSize, SurfaceMapping, expired_history, history_name, history_number, legend,
    legend_without_keys, magnified, marks, value_rows, values,
};
pub use fault::{MaskFault, StageFault, SurfaceFault};
pub use file::stage_schema;
pub use homography::{BadQuad, Homography};
pub use ids::{OutputId, SurfaceId};
pub use masks::{GreyImage, MaskImages, NoMaskImages};
pub use monitors::match_outputs;
pub use output_mask::{MaskTexel, OutputMask};
pub use raster::Area;
pub use resolved::{ResolvedOutput, ResolvedSurface};
pub use scale::{Scale, ScaleField};
pub use size::Legibility;
pub use svg::{SvgError, SvgSpace, svg_masks};
pub use types::{
    Bend, BlackLevel, ColourCorrection, EdgeBlend, Flip, Mask, MaskKind, MaskPoint, MaskShape, Mesh, MonitorId,
    Outline, Output, Preset, Rotation, Side, Sides, Stage, Surface,
};
pub use uniform_regions::UniformRegions;
pub use warp::Warp;
pub use windows::{DeskRect, SeenMonitor, ShownOutput, WindowPlan, windows};
pub use write::stage_text;
