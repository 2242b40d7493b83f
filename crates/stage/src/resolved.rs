//! A stage as it is drawn: for each output, the quads of its surfaces. See [`ResolvedOutput`].

use std::sync::Arc;

use glam::{DMat2, DVec2, DVec3, UVec2, Vec4};

use super::fault::{StageFault, SurfaceFault};
use super::mask_builder::MaskBuilder;
use super::masks::MaskFiles;
use super::output_mask::OutputMask;
use super::scale::Scale;
use super::uniform_regions::UniformRegions;
use super::warp::Warp;
use super::{Outline, Output, Stage, Surface};
use millions_wall::strips::MeshQuad;

/// The most pixels of a side of an output or a target.
const MOST_SIDE: u32 = 16_384;

/// The most pixels of a target: twice those of 8K. Its maps take four bytes each, and three times that while they are made.
pub(super) const MOST_PIXELS: u32 = 1 << 26;

/// What an output draws.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedOutput {
    /// Which of the stage's outputs it is.
    pub index: usize,
    /// What the stage says of it.
    pub output: Output,
    /// The whole wall's width over its height.
    pub wall_aspect: f64,
    /// Pixels of the target that is drawn.
    pub size: UVec2,
    /// Those below first.
    pub surfaces: Vec<ResolvedSurface>,
    /// What was left out, and why: a surface is drawn whole or not at all.
    pub faults: Vec<StageFault>,
}

/// What is drawn of a surface.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedSurface {
    /// Which of the stage's surfaces it is.
    pub index: usize,
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
    /// How large things of the wall are on the target.
    pub scale: Scale,
    /// What each of its pixels gives; none: everything.
    pub map: Option<Arc<OutputMask>>,
    /// Where that is the same for all pixels.
    pub even: Option<Arc<UniformRegions>>,
    /// Whether its black is lifted anywhere.
    pub lifts: bool,
    /// Whether it may lie over an earlier one of this output.
    pub over: bool,
}

/// From an output's pixels to those of the target that is drawn: mirrored, turned, stretched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ToTarget {
    /// From output pixels to the target's 0 to 1, but for the origin.
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

    /// Of a picture that is sent as it is seen.
    pub fn unturned(size: UVec2) -> Self {
        Self::new(&Output::new("", size), size)
    }

    /// From output pixels times w, and w, to target pixels times w, and w.
    pub fn pixels(&self, p: DVec3) -> DVec3 {
        (self.fraction(p) * self.size).extend(p.z)
    }

    /// Target pixels for an output pixel along x and y, turned.
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
    /// The width over the height of the wall that it shows a part of: the stage's, or its own.
    #[must_use]
    pub fn wall_aspect(&self, stage: f64) -> f64 {
        if self.scene.is_some() { self.part_in_wall[1].x } else { stage }
    }
}

impl Stage {
    /// What an output draws into a target of that size. A surface that cannot be is left out, and said in
    /// [`ResolvedOutput::faults`]; so is a mask whose picture is not there.
    ///
    /// # Errors
    /// When there is no such output, or nothing can be drawn on it.
    pub fn resolve(
        &self,
        output_name: &str,
        target_size: UVec2,
        pictures: &dyn MaskFiles,
    ) -> Result<ResolvedOutput, StageFault> {
        let output = self.output(output_name).ok_or_else(|| StageFault::NoOutput(output_name.to_owned()))?;
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
            index: self.outputs.iter().position(|other| other.name == output.name).unwrap_or_default(),
            output: output.clone(),
            wall_aspect: self.aspect,
            size: target_size,
            surfaces: Vec::new(),
            faults: Vec::new(),
        };
        let mask_builder = MaskBuilder::new(self, output, (&to_target, target_size), pictures, &mut resolved.faults);
        let mut shapes: Vec<Vec<DVec2>> = Vec::new();
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
            let shape = boundary(&warp, &to_target);
            let map = mask_builder.map(index, &warp, &mut resolved.faults);
            if map.as_ref().is_some_and(|map| map.texels.is_empty()) {
                // All of it is beyond the output.
                continue;
            }
            resolved.surfaces.push(ResolvedSurface {
                index,
                name: surface.name.clone(),
                scene: surface.scene.clone(),
                quads: quads(&warp, part_in_wall, &to_target),
                columns,
                rows,
                part_in_wall,
                scale: Scale::of(&warp, part_in_wall, to_target.linear()),
                even: map.as_ref().map(|map| Arc::new(UniformRegions::of(map))),
                lifts: map.as_ref().is_some_and(OutputMask::lifts),
                map: map.map(Arc::new),
                over: shapes.iter().any(|below| may_overlap(below, &shape)),
            });
            shapes.push(shape);
        }
        Ok(resolved)
    }
}

/// The warp of a surface whose part of the wall and whose shape are such.
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

/// What a surface shows, in wall coordinates: its part of the wall, or all of a wall of its own, of the same shape.
fn shown_part(surface: &Surface, aspect: f64) -> [DVec2; 2] {
    let part = surface.in_wall(aspect);
    let size = part[1] - part[0];
    if surface.scene.is_some() { [DVec2::ZERO, DVec2::new(size.x / size.y, 1.0)] } else { part }
}

fn quads(warp: &Warp, [near, far]: [DVec2; 2], to_target: &ToTarget) -> Vec<MeshQuad> {
    let (columns, rows) = warp.cells();
    let cells = DVec2::new(f64::from(columns), f64::from(rows));
    // Exact at both ends, and the same from either side.
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

/// The corners of the quads along the surface's edge, in target pixels, once round.
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
            let at = to_target.pixels(warp.nodes()[row * (columns + 1) + column]);
            at.truncate() / at.z
        })
        .collect()
}

/// Whether two polygons may overlap: whether no line along an edge of either parts them by the axis test. Of two that are
/// not convex it may be said though they do not.
fn may_overlap(a: &[DVec2], b: &[DVec2]) -> bool {
    // Neighbours that share an edge do not overlap.
    const TOUCH_PX: f64 = 0.02;
    let parts = |edges: &[DVec2]| {
        edges.iter().zip(edges.iter().cycle().skip(1)).any(|(from, to)| {
            let Some(across) = (*to - *from).perp().try_normalize() else { return false };
            let raster_coverage = |points: &[DVec2]| {
                let along = points.iter().map(|p| p.dot(across));
                along.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), at| (least.min(at), most.max(at)))
            };
            let (a, b) = (raster_coverage(a), raster_coverage(b));
            a.1 <= b.0 + TOUCH_PX || b.1 <= a.0 + TOUCH_PX
        })
    };
    !parts(a) && !parts(b)
}
