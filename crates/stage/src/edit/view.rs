//! Positions of handles on an output. See [`OutputView`].

use std::cell::OnceCell;

use glam::{DMat2, DVec2};
use millions_base::Files;

use super::super::{Outline, OutputId, Stage, Surface, SurfaceId};
use super::path::flatten;
use super::selection::{BendEnd, Handle, MaskRef, PointPart, masks, mesh_point_of_corner, path, surfaces_of};
use crate::geometry::{UNIT_SQUARE, polygon_contains, signed_double_area};

/// What the editor needs of its host: warps, and the files that the stage names, from its folder on.
pub trait EditHost: Files {
    /// The warp of a surface; none of a faulty one.
    fn warp<'a>(&'a self, surface: &'a Surface) -> Option<Box<dyn SurfaceMapping + 'a>>;

    /// Checks that a stage can be shown.
    ///
    /// # Errors
    /// What is wrong with it, for the screen.
    fn accepts(&self, stage: &Stage) -> Result<(), String>;
}

/// The mapping between surface space, 0 to 1 each way, and pixels of the output.
pub trait SurfaceMapping {
    /// Maps a position of the surface to the output; none for what is behind the projector.
    fn output_from_surface(&self, p: DVec2) -> Option<DVec2>;

    /// Maps a position on the output back; none off the surface.
    fn surface_from_output(&self, p: DVec2) -> Option<DVec2>;
}

/// A stage as it lands on one output. Warps are made when they are first needed.
pub(super) struct OutputView<'a> {
    pub stage: &'a Stage,
    pub output: OutputId,
    host: &'a dyn EditHost,
    /// Of the stage's surfaces, in their order.
    warps: Vec<OnceCell<Option<Box<dyn SurfaceMapping + 'a>>>>,
}

impl<'a> OutputView<'a> {
    pub fn new(stage: &'a Stage, output: OutputId, host: &'a dyn EditHost) -> Self {
        let warps = stage.surfaces.iter().map(|_| OnceCell::new()).collect();
        Self { stage, output, host, warps }
    }

    fn warp(&self, surface: SurfaceId) -> Option<&dyn SurfaceMapping> {
        let index = self.stage.surfaces.iter().position(|other| other.id == surface)?;
        self.warps[index].get_or_init(|| self.host.warp(&self.stage.surfaces[index])).as_deref()
    }

    /// Maps a position of a surface to output pixels; without one, of the output itself.
    pub fn project(&self, surface: Option<SurfaceId>, p: DVec2) -> Option<DVec2> {
        let Some(surface) = surface else { return Some(p) };
        self.warp(surface)?.output_from_surface(p).filter(|p| p.is_finite())
    }

    /// Maps output pixels back, beyond the surface's edge, too: a mask may reach over it.
    pub fn unproject(&self, surface: Option<SurfaceId>, p: DVec2) -> Option<DVec2> {
        let Some(surface) = surface else { return Some(p) };
        let warp = self.warp(surface)?;
        warp.surface_from_output(p).filter(|p| p.is_finite()).or_else(|| unproject_beyond(warp, p))
    }

    /// The position of a handle; of a surface the mean of its corners, of a mask that of its points.
    pub fn position(&self, handle: Handle) -> Option<DVec2> {
        let surface = |id: SurfaceId| self.stage.surface(id);
        match handle {
            Handle::Surface(id) => Some(surface(id)?.corners.iter().sum::<DVec2>() / 4.0),
            Handle::Corner { surface: id, corner } => {
                let surface = surface(id)?;
                let moved = mesh_point_of_corner(surface, corner)
                    .and_then(|point| surface.mesh.as_ref()?.moved.get(point).copied())
                    .unwrap_or_default();
                Some(surface.corners[corner] + moved)
            }
            Handle::Bend { surface: id, end } => {
                let bend = surface(id)?.bend?;
                Some(if end == BendEnd::Top { bend.top } else { bend.bottom })
            }
            Handle::Mesh { surface: id, point } => {
                let mesh = surface(id)?.mesh.as_ref()?;
                self.project(Some(id), mesh_position(mesh.columns, mesh.rows, point))
            }
            Handle::Outline { surface: id, point } => match &surface(id)?.outline {
                Outline::Polygon(points) => self.project(Some(id), *points.get(point)?),
                Outline::Rectangle | Outline::Circle => None,
            },
            Handle::Mask(mask) => {
                let points = path(self.stage, self.output, mask)?;
                let sum: DVec2 = points.iter().map(|point| point.at).sum();
                self.project(mask.surface, sum / points.len().max(1) as f64)
            }
            Handle::MaskPoint { mask, point, part } => {
                let point = path(self.stage, self.output, mask)?.get(point)?;
                let own = match part {
                    PointPart::Anchor => Some(point.at),
                    PointPart::HandleIn => point.before,
                    PointPart::HandleOut => point.after,
                };
                self.project(mask.surface, own?)
            }
        }
    }

    /// The border of a surface, as a polygon.
    pub fn border(&self, id: SurfaceId) -> Vec<DVec2> {
        let Some(surface) = self.stage.surface(id) else { return Vec::new() };
        let pieces = if surface.mesh.is_none() && surface.bend.is_none() { 1 } else { PIECES };
        let around = (0..4).flat_map(|side| {
            let (from, to) = (UNIT_SQUARE[side], UNIT_SQUARE[(side + 1) % 4]);
            (0..pieces).map(move |piece| from.lerp(to, f64::from(piece) / f64::from(pieces)))
        });
        around.map(|p| self.project(Some(id), p)).collect::<Option<_>>().unwrap_or_else(|| surface.corners.to_vec())
    }

    /// The path of a mask, as a polygon; empty for an image mask, and where the surface has no warp.
    pub fn mask_polygon(&self, mask: MaskRef) -> Vec<DVec2> {
        let Some(points) = path(self.stage, self.output, mask) else { return Vec::new() };
        let surface = mask.surface.and_then(|surface| self.stage.surface(surface));
        let warped = surface.is_some_and(|surface| surface.mesh.is_some() || surface.bend.is_some());
        flatten(points, warped)
            .into_iter()
            .map(|point| self.project(mask.surface, point.at))
            .collect::<Option<_>>()
            .unwrap_or_default()
    }

    /// The smallest surface or mask that contains a point; of equals the topmost.
    pub fn hit(&self, p: DVec2) -> Option<Handle> {
        let mut least: Option<(f64, Handle)> = None;
        let surfaces = surfaces_of(self.stage, self.output);
        let owners = surfaces.iter().map(|surface| Some(*surface)).chain([None]);
        let all_masks = owners.flat_map(|surface| {
            let count = masks(self.stage, self.output, surface).len();
            (0..count).map(move |mask| Handle::Mask(MaskRef { surface, mask }))
        });
        for handle in surfaces.iter().map(|surface| Handle::Surface(*surface)).chain(all_masks) {
            let line = match handle {
                Handle::Mask(mask) => self.mask_polygon(mask),
                _ => handle.surface().map(|surface| self.border(surface)).unwrap_or_default(),
            };
            let area = signed_double_area(&line).abs();
            if polygon_contains(&line, p) && least.is_none_or(|(before, _)| area <= before) {
                least = Some((area, handle));
            }
        }
        least.map(|(_, handle)| handle)
    }

    /// See [`scale`].
    pub fn scale(&self) -> f64 {
        scale(self.stage, self.output)
    }
}

/// The position beyond a surface's edge that maps to `p`, by Newton's method from the nearest of points on the edge.
fn unproject_beyond(warp: &dyn SurfaceMapping, p: DVec2) -> Option<DVec2> {
    let project = |own: DVec2| warp.output_from_surface(own).filter(|p| p.is_finite());
    let edge = (0..4).flat_map(|side| {
        (0..8).map(move |step| UNIT_SQUARE[side].lerp(UNIT_SQUARE[(side + 1) % 4], f64::from(step) / 8.0))
    });
    let distances = edge.filter_map(|own| Some((own, project(own)?.distance_squared(p))));
    let (mut own, _) = distances.min_by(|a, b| a.1.total_cmp(&b.1))?;
    for _ in 0..40 {
        let off = p - project(own)?;
        if off.length() < NEAR_PX {
            return Some(own);
        }
        let slope = |step: DVec2| Some((project(own + step)? - project(own - step)?) / (2.0 * STEP));
        let slopes = DMat2::from_cols(slope(DVec2::X * STEP)?, slope(DVec2::Y * STEP)?);
        // At most the surface's own size at once: the slopes of a perspective change.
        own += (slopes.inverse() * off).clamp_length_max(1.0);
        if !own.is_finite() {
            return None;
        }
    }
    None
}

/// The tolerance of the iteration, in output pixels: below the decimals of a file.
const NEAR_PX: f64 = 2e-4;
/// The step of the difference quotients, in surface space.
const STEP: f64 = 1e-5;
/// Straight pieces of a side that may be curved.
const PIECES: u32 = 32;

/// The factor of marks and pointer tolerances, which are for an output 1080 pixels high; at least 1.
pub(super) fn scale(stage: &Stage, output: OutputId) -> f64 {
    stage.output(output).map_or(1.0, |output| (f64::from(output.size.y) / 1080.0).max(1.0))
}

/// The position of a mesh point in surface space, before its displacement.
pub(super) fn mesh_position(columns: u32, rows: u32, point: usize) -> DVec2 {
    let along = columns as usize + 1;
    DVec2::new((point % along) as f64 / f64::from(columns), (point / along) as f64 / f64::from(rows))
}
