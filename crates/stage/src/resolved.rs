//! A stage resolved for drawing: the quads and masks of an output's surfaces. See [`ResolvedOutput`].

use std::sync::Arc;

use glam::{DMat2, DVec2, DVec3, UVec2, Vec4};

use super::fault::{StageFault, SurfaceFault};
use super::geometry::polygon_edges;
use super::mask_builder::MaskBuilder;
use super::masks::MaskImages;
use super::output_mask::OutputMask;
use super::scale::Scale;
use super::uniform_regions::UniformRegions;
use super::warp::Warp;
use super::{Outline, Output, OutputId, Stage, Surface, SurfaceId};
use millions_wall::strips::MeshQuad;

/// The most pixels of a side of an output or a target.
const MOST_SIDE: u32 = 16_384;

/// The most pixels of a target: twice those of 8K. Its masks take four bytes a pixel, and three times that while they are built.
pub(super) const MOST_PIXELS: u32 = 1 << 26;

/// An output, resolved for a target.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedOutput {
    /// The id of the output in the stage.
    pub id: OutputId,
    /// The output as the stage has it.
    pub output: Output,
    /// The whole wall's width over its height.
    pub wall_aspect: f64,
    /// The size of the target, in pixels.
    pub size: UVec2,
    /// Where the target's upper left pixel is in the whole picture: 0 but for a part of one that is drawn in parts.
    pub origin: UVec2,
    /// The lowest first.
    pub surfaces: Vec<ResolvedSurface>,
    /// What is left out, and why: a surface is drawn whole or not at all.
    pub faults: Vec<StageFault>,
}

/// A surface, resolved for a target.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedSurface {
    /// The id of the surface in the stage.
    pub id: SurfaceId,
    /// Its name.
    pub name: String,
    /// A scene of its own in place of its part of the wall, as the stage names it.
    pub scene: Option<String>,
    /// Its quads in the clip space of the target, row by row.
    pub quads: Vec<MeshQuad>,
    /// Quads along.
    pub columns: u32,
    /// Quads down.
    pub rows: u32,
    /// Upper left and lower right corner of its part, in wall coordinates.
    pub part_in_wall: [DVec2; 2],
    /// The scale from the wall to the target.
    pub scale: Scale,
    /// The output mask; none where every pixel shows the whole signal.
    pub mask: Option<Arc<OutputMask>>,
    /// The regions in which the mask is uniform.
    pub uniform_regions: Option<Arc<UniformRegions>>,
    /// Whether the mask has a black offset anywhere.
    pub has_black_offset: bool,
    /// Whether it may overlap an earlier surface of this output, which it then covers.
    pub overlaps_earlier: bool,
}

/// The map from output pixels to target pixels: mirrored, rotated, stretched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ToTarget {
    /// From output pixels to the target, 0 to 1, without the origin.
    fraction: DMat2,
    origin: DVec2,
    size: DVec2,
}

impl ToTarget {
    pub fn new(output: &Output, size: UVec2) -> Self {
        let origin = output.target_from_output(DVec2::ZERO);
        let along = (output.target_from_output(DVec2::X) - origin) / f64::from(output.size.x);
        let down = (output.target_from_output(DVec2::Y) - origin) / f64::from(output.size.y);
        Self { fraction: DMat2::from_cols(along, down), origin, size: size.as_dvec2() }
    }

    /// The identity, of an output that is neither rotated nor stretched.
    pub fn unturned(size: UVec2) -> Self {
        Self::new(&Output::new("", size), size)
    }

    /// From homogeneous output pixels to homogeneous target pixels.
    pub fn pixels(&self, p: DVec3) -> DVec3 {
        (self.fraction(p) * self.size).extend(p.z)
    }

    /// The linear part, from output pixels to target pixels.
    pub fn linear(&self) -> DMat2 {
        DMat2::from_diagonal(self.size) * self.fraction
    }

    fn fraction(&self, p: DVec3) -> DVec2 {
        self.fraction * p.truncate() + self.origin * p.z
    }

    fn clip(&self, p: DVec3) -> Vec4 {
        let at = self.fraction(p);
        DVec2::new(2.0 * at.x - p.z, p.z - 2.0 * at.y).as_vec2().extend(0.0).extend(p.z as f32)
    }
}

impl ResolvedSurface {
    /// The width over the height of the wall that it shows a part of: the stage's, or that of its own scene.
    #[must_use]
    pub fn wall_aspect(&self, stage: f64) -> f64 {
        if self.scene.is_some() { self.part_in_wall[1].x } else { stage }
    }
}

impl Stage {
    /// Resolves an output for a target of a size in pixels: warps its surfaces into quads, and builds their output masks.
    /// Faulty surfaces and masks are left out and listed in [`ResolvedOutput::faults`]; a mask without its image hides all.
    ///
    /// # Errors
    /// When there is no such output, when it or the target has no pixels or too many, or when the wall has no aspect.
    pub fn resolve(
        &self,
        output: OutputId,
        target_size: UVec2,
        files: &dyn MaskImages,
    ) -> Result<ResolvedOutput, StageFault> {
        let output = self.output(output).ok_or(StageFault::NoOutput(output))?;
        for size in [output.size, target_size] {
            if size.min_element() < 1 || size.max_element() > MOST_SIDE || size.x * size.y > MOST_PIXELS {
                return Err(StageFault::Size { output: output.name.clone(), size });
            }
        }
        if !(self.aspect > 0.0 && self.aspect.is_finite()) {
            return Err(StageFault::Aspect(self.aspect));
        }
        let to_target = ToTarget::new(output, target_size);
        let mut resolved = ResolvedOutput {
            id: output.id,
            output: output.clone(),
            wall_aspect: self.aspect,
            size: target_size,
            origin: UVec2::ZERO,
            surfaces: Vec::new(),
            faults: Vec::new(),
        };
        let mask_builder = MaskBuilder::new(self, output, &to_target, target_size, files, &mut resolved.faults);
        let mut outlines: Vec<Vec<DVec2>> = Vec::new();
        let own = self.surfaces.iter().enumerate().filter(|(_, surface)| surface.output == output.name);
        for (index, surface) in own {
            let warp = match checked(surface) {
                Ok(warp) => warp,
                Err(fault) => {
                    resolved.faults.push(fault);
                    continue;
                }
            };
            let part_in_wall = shown_part(surface, self.aspect);
            let (columns, rows) = warp.cells();
            let outline = boundary(&warp, &to_target);
            let mask = mask_builder.build(index, &warp, &mut resolved.faults);
            if mask.as_ref().is_some_and(|mask| mask.texels.is_empty()) {
                // All of it is off the output.
                continue;
            }
            resolved.surfaces.push(ResolvedSurface {
                id: surface.id,
                name: surface.name.clone(),
                scene: surface.scene.clone(),
                quads: quads(&warp, part_in_wall, &to_target),
                columns,
                rows,
                part_in_wall,
                scale: Scale::of(&warp, part_in_wall, to_target.linear()),
                uniform_regions: mask.as_ref().map(|mask| Arc::new(UniformRegions::of(mask))),
                has_black_offset: mask.as_ref().is_some_and(OutputMask::has_black_offset),
                mask: mask.map(Arc::new),
                overlaps_earlier: outlines.iter().any(|earlier| may_overlap(earlier, &outline)),
            });
            outlines.push(outline);
        }
        Ok(resolved)
    }
}

impl Stage {
    /// Where a point of the wall lands on an output, in its pixels: on the topmost surface that shows it. `None` where none does;
    /// surfaces with a scene of their own show no wall.
    #[must_use]
    pub fn output_from_wall(&self, output: OutputId, p_in_wall: DVec2) -> Option<DVec2> {
        let name = &self.output(output)?.name;
        let own = self.surfaces.iter().rev().filter(|surface| surface.output == *name && surface.scene.is_none());
        own.filter_map(|surface| {
            let [near, far] = surface.in_wall(self.aspect);
            let p = (p_in_wall - near) / (far - near);
            let is_inside = p.min_element() >= 0.0 && p.max_element() <= 1.0;
            let warp = is_inside.then(|| checked(surface).ok()).flatten()?;
            Some(warp.position(p)).filter(|p| p.is_finite())
        })
        .next()
    }
}

/// The warp of a surface, after a check of its part of the wall and its outline.
pub(super) fn checked(surface: &Surface) -> Result<Warp, StageFault> {
    let [near, far] = surface.part;
    let size = far - near;
    if !(near.is_finite() && far.is_finite() && size.min_element() > 1e-6) {
        return Err(StageFault::surface(surface, SurfaceFault::EmptyPart));
    }
    if let Outline::Polygon(points) = &surface.outline
        && (points.len() < 3 || !points.iter().all(|p| p.is_finite()))
    {
        return Err(StageFault::surface(surface, SurfaceFault::Outline));
    }
    Warp::new(surface)
}

/// What a surface shows, in wall coordinates: its part of the wall, or with a scene of its own all of a wall of the same
/// aspect.
fn shown_part(surface: &Surface, aspect: f64) -> [DVec2; 2] {
    let part = surface.in_wall(aspect);
    let size = part[1] - part[0];
    if surface.scene.is_some() { [DVec2::ZERO, DVec2::new(size.x / size.y, 1.0)] } else { part }
}

/// The quads of a warp, row by row.
fn quads(warp: &Warp, [near, far]: [DVec2; 2], to_target: &ToTarget) -> Vec<MeshQuad> {
    let (columns, rows) = warp.cells();
    let cells = DVec2::new(f64::from(columns), f64::from(rows));
    // Exact at both ends, so that surfaces meet.
    let at = |column: u32, row: u32| {
        let t = DVec2::new(f64::from(column), f64::from(row)) / cells;
        near * (DVec2::ONE - t) + far * t
    };
    (0..rows)
        .flat_map(|row| (0..columns).map(move |column| (column, row)))
        .map(|(column, row)| MeshQuad {
            p_in_wall: [at(column, row), at(column + 1, row + 1)],
            p_in_clip: warp.corners(column, row).map(|corner| to_target.clip(corner)),
        })
        .collect()
}

/// The outline of a surface as it is drawn, in target pixels: the corners of the quads along its edge, once round.
pub(super) fn boundary(warp: &Warp, to_target: &ToTarget) -> Vec<DVec2> {
    let (columns, rows) = warp.cells();
    let [columns, rows] = [columns as usize, rows as usize];
    let upper = (0..columns).map(|column| (column, 0));
    let right = (0..rows).map(|row| (columns, row));
    let lower = (1..=columns).rev().map(|column| (column, rows));
    let left = (1..=rows).rev().map(|row| (0, row));
    let round = upper.chain(right).chain(lower).chain(left);
    round
        .map(|(column, row)| {
            let at = to_target.pixels(warp.vertices()[row * (columns + 1) + column]);
            at.truncate() / at.z
        })
        .collect()
}

/// Whether two polygons may overlap, by the separating axis test with the edges of both. Exact for convex ones; others may
/// count as overlapping though they do not.
fn may_overlap(a: &[DVec2], b: &[DVec2]) -> bool {
    // Neighbours with an edge in common do not overlap.
    const TOUCH_PX: f64 = 0.02;
    let has_separating_axis = |outline: &[DVec2]| {
        polygon_edges(outline).any(|(from, to)| {
            let Some(across) = (to - from).perp().try_normalize() else { return false };
            let extent = |points: &[DVec2]| {
                let along = points.iter().map(|p| p.dot(across));
                along.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), at| (least.min(at), most.max(at)))
            };
            let (a, b) = (extent(a), extent(b));
            a.1 <= b.0 + TOUCH_PX || b.1 <= a.0 + TOUCH_PX
        })
    };
    !has_separating_axis(a) && !has_separating_axis(b)
}
