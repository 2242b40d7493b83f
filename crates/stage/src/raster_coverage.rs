//! Raster coverage: where the black of projectors falls, beyond their surfaces, too. See [`RasterCoverage`].
//!
//! ```text
//! wall        ├────── surface a ──────┤
//!                              ├────── surface b ──────┤
//! raster of A ├────────────────────────────┤              the pin of a, extrapolated over b
//! raster of B             ├────────────────────────────┤  the pin of b, extrapolated over a
//! black       ├─ of A ────┼── of A and B ──┼──── of B ─┤
//! ```

use glam::{DMat3, DVec2};
use millions_base::smoothstep;

use super::Stage;
use super::geometry::{overlap, rectangle_contains, rectangle_corners};
use super::homography::Homography;

/// The gap up to which parts of the wall touch, of the whole wall.
const TOUCH: f64 = 1e-3;

/// How far an edge of a raster may run inside a surface and still count as that surface's edge, in pixels.
const EDGE_PX: f64 = 0.5;

/// The least depth in a raster at which its black counts for the maximum, in pixels. Manual alignment leaves narrower overlaps
/// where two rasters should only meet, for which the whole wall is not raised.
const OVERLAP_PX: f64 = 8.0;

/// The least feather, in pixels: practically none, without a division by 0.
const LEAST_FEATHER: f64 = 1e-6;

/// The raster of an output, as the corner pin of one of its surfaces locates it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Raster {
    /// The index of the output; none where the stage has no such.
    output: Option<usize>,
    part: [DVec2; 2],
    /// The number of its plane, in common with all flat surfaces on it; none where it is bent.
    plane: Option<usize>,
    scene: Option<String>,
    /// From the wall, 0 to 1 each way, to pixels of its output; none where it has no corner pin.
    output_from_wall: Option<Homography>,
    size: DVec2,
    /// The light of its output's black, of white's; 0 where it has no black level.
    pub light: f64,
    feather: f64,
}

/// The light of black on a surface: of its own output, and of each other output whose *raster* reaches there, whether or not
/// that has a surface there.
///
/// The corner pins of an output's surfaces locate its raster: each where it shows the wall. Beyond its surface a pin is
/// extrapolated, which is exact on the same plane and wrong on any other; so it is extrapolated only over flat surfaces
/// joined to it, by overlapping or touching in the wall, from one output to another ([`Raster::all`]). Surfaces that overlap
/// are on one plane, as both are projective images of the same part. Surfaces that touch most likely are; where the building
/// turns there, the overhang of the raster is counted as if it did not. Two surfaces of one output that touch are two
/// because the wall turns. A mesh compensates an uneven wall, and counts as flat. Of several extrapolated pins, the nearest
/// in the wall counts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RasterCoverage {
    /// The light on all of the surface.
    uniform: f64,
    /// For each output that reaches a part of the surface, the surfaces that locate its raster, topmost first.
    others: Vec<Vec<NeighbourRaster>>,
    /// The size of the wall, in heights.
    wall: DVec2,
}

/// The raster of another output on a surface, located by the corner pin of one of the other's surfaces.
#[derive(Clone, Debug, PartialEq)]
struct NeighbourRaster {
    part: [DVec2; 2],
    /// Whether it is extrapolated beyond its part.
    is_extrapolated: bool,
    output_from_wall: Homography,
    size: DVec2,
    light: f64,
    feather: f64,
    /// Whether the raster's left, top, right, bottom edge crosses the surface.
    crosses: [bool; 4],
}

impl Raster {
    /// The rasters of all surfaces, in their order. Planes are the connected components of joined flat surfaces.
    pub fn all(stage: &Stage) -> Vec<Self> {
        let mut all: Vec<Self> = (0..stage.surfaces.len()).map(|index| Self::new(stage, index)).collect();
        for first in 0..all.len() {
            // Until it is reached from an earlier one, its plane is its own.
            if all[first].plane == Some(first) {
                let mut reached = vec![first];
                while let Some(from) = reached.pop() {
                    for to in first + 1..all.len() {
                        if all[to].plane == Some(to) && all[from].joins(&all[to]) {
                            all[to].plane = Some(first);
                            reached.push(to);
                        }
                    }
                }
            }
        }
        all
    }

    fn new(stage: &Stage, index: usize) -> Self {
        let surface = &stage.surfaces[index];
        let output = stage.outputs.iter().position(|output| output.name == surface.output);
        let level = output.map(|output| stage.outputs[output].black_level).unwrap_or_default();
        let [near, far] = surface.part;
        let size = far - near;
        let has_area = near.is_finite() && far.is_finite() && size.min_element() > 1e-6;
        let pin = Homography::square_to_quad(surface.corners).ok().filter(|_| has_area);
        let from_wall = DMat3::from_scale(size.recip()) * DMat3::from_translation(-near);
        Self {
            output,
            part: surface.part,
            plane: (surface.bend.is_none() && pin.is_some()).then_some(index),
            scene: surface.scene.clone(),
            output_from_wall: pin.map(|pin| Homography(pin.0 * from_wall)),
            size: output.map_or(DVec2::ZERO, |output| stage.outputs[output].size.as_dvec2()),
            light: if level.light.is_nan() { 0.0 } else { level.light.clamp(0.0, 1.0) },
            feather: if level.feather.is_nan() { LEAST_FEATHER } else { level.feather.clamp(LEAST_FEATHER, 1e6) },
        }
    }

    /// Whether two flat surfaces are taken to be on one plane; see [`RasterCoverage`].
    fn joins(&self, other: &Self) -> bool {
        let overlap = overlap(self.part, other.part);
        // Corners that touch do not join.
        let touch = overlap.min_element() > -TOUCH && overlap.max_element() > TOUCH;
        touch && self.output != other.output && self.scene == other.scene
    }

    /// Whether a point of the wall is inside the raster.
    fn contains(&self, q: DVec2) -> bool {
        let on_raster = |p: DVec2| rectangle_contains([DVec2::splat(-EDGE_PX), self.size + EDGE_PX], p);
        self.output_from_wall.is_none_or(|map| map.apply(q).is_some_and(on_raster))
    }
}

impl RasterCoverage {
    /// The coverage of the surface at an index.
    pub fn new(rasters: &[Raster], surface: usize, aspect: f64) -> Self {
        let own = &rasters[surface];
        let mut coverage = Self { uniform: own.light, others: Vec::new(), wall: DVec2::new(aspect, 1.0) };
        let mut outputs: Vec<usize> = rasters.iter().filter_map(|raster| raster.output).collect();
        outputs.sort_unstable();
        outputs.dedup();
        for output in outputs.into_iter().filter(|output| Some(*output) != own.output) {
            let of = rasters
                .iter()
                .rev()
                .filter(|other| other.output == Some(output) && other.scene == own.scene && other.light > 0.0);
            let located: Vec<NeighbourRaster> = of.filter_map(|other| NeighbourRaster::new(other, own)).collect();
            let covers_all = |raster: &NeighbourRaster| {
                raster.is_extrapolated
                    || rectangle_corners(own.part)
                        .iter()
                        .all(|corner| raster.distance_squared(*corner, coverage.wall) == 0.0)
            };
            if located.iter().all(|raster| raster.crosses == [false; 4]) && located.iter().any(covers_all) {
                coverage.uniform += located[0].light;
            } else if located.iter().any(|raster| !raster.misses(own)) {
                coverage.others.push(located);
            }
        }
        coverage
    }

    /// The light of black at a point of the surface; the wall is 0 to 1 each way. At the edge of a raster it passes over the
    /// feather of the raster's output, in pixels of that output and to both sides: it is the same on all surfaces.
    pub fn light(&self, q: DVec2) -> f64 {
        self.light_with(q, |raster, depth| {
            let t = (depth / raster.feather + 0.5).clamp(0.0, 1.0);
            smoothstep(t)
        })
    }

    /// The most light of black on the surface, sampled on a grid, its edges included, and at the corners of other rasters.
    /// What lies between these is narrower than a sixteenth of the surface, and stays a little lighter: the whole wall is not
    /// raised for it.
    pub fn max_light(&self, own: &Raster) -> f64 {
        const STEPS: u32 = 16;
        let [near, far] = own.part;
        let step = |n: u32| f64::from(n) / f64::from(STEPS);
        let grid = (0..=STEPS).flat_map(|y| (0..=STEPS).map(move |x| DVec2::new(step(x), step(y))));
        let grid = grid.map(|t| near + (far - near) * t);
        let corners = self.others.iter().flatten().flat_map(NeighbourRaster::inner_corners);
        let points = grid.chain(corners).filter(|q| rectangle_contains(own.part, *q) && own.contains(*q));
        let overlaps = |_: &NeighbourRaster, depth: f64| f64::from(u8::from(depth >= OVERLAP_PX));
        points.map(|q| self.light_with(q, overlaps)).fold(0.0, f64::max)
    }

    /// The light at a point, by the share of a raster's light so many pixels inside one of its edges.
    fn light_with(&self, q: DVec2, edge: impl Fn(&NeighbourRaster, f64) -> f64) -> f64 {
        let others = self.others.iter().filter_map(|rasters| self.nearest(rasters, q));
        self.uniform + others.map(|raster| raster.light * raster.coverage(q, |depth| edge(raster, depth))).sum::<f64>()
    }

    /// The one of an output's located rasters that counts at a point; none where none does.
    fn nearest<'a>(&self, rasters: &'a [NeighbourRaster], q: DVec2) -> Option<&'a NeighbourRaster> {
        if let [raster] = rasters
            && raster.is_extrapolated
        {
            return Some(raster);
        }
        let by_distance = rasters.iter().map(|raster| (raster, raster.distance_squared(q, self.wall)));
        let there = by_distance.filter(|(raster, distance)| raster.is_extrapolated || *distance == 0.0);
        there.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(raster, _)| raster)
    }
}

impl NeighbourRaster {
    /// The raster of one surface on another; none where it is not located there.
    fn new(of: &Raster, on: &Raster) -> Option<Self> {
        let is_extrapolated = of.plane.is_some() && of.plane == on.plane;
        if !is_extrapolated && overlap(of.part, on.part).min_element() <= 0.0 {
            return None;
        }
        let Raster { part, size, light, feather, .. } = *of;
        let mut raster = Self {
            part,
            is_extrapolated,
            output_from_wall: of.output_from_wall?,
            size,
            light,
            feather,
            crosses: [true; 4],
        };
        // An edge is straight in the wall: with all corners of the surface on one side, it does not cross it.
        if let Some(corners) = raster.corner_depths(on) {
            raster.crosses = std::array::from_fn(|side| corners.iter().any(|depth| depth[side] < -EDGE_PX));
        }
        Some(raster)
    }

    /// The depths of the corners of a surface inside each edge of the raster; none where one is beyond the horizon.
    fn corner_depths(&self, on: &Raster) -> Option<[[f64; 4]; 4]> {
        let depths =
            rectangle_corners(on.part).map(|corner| self.output_from_wall.apply(corner).map(|p| self.depths(p)));
        let [Some(a), Some(b), Some(c), Some(d)] = depths else { return None };
        Some([a, b, c, d])
    }

    /// Whether the raster lies beside the surface.
    fn misses(&self, on: &Raster) -> bool {
        let beyond =
            |corners: [[f64; 4]; 4]| (0..4).any(|side| corners.iter().all(|depth| depth[side] < -self.feather / 2.0));
        self.corner_depths(on).map_or_else(
            || rectangle_corners(on.part).iter().all(|q| self.output_from_wall.apply(*q).is_none()),
            beyond,
        )
    }

    /// The depths of a position inside the raster's left, top, right and bottom edge, in output pixels.
    fn depths(&self, p: DVec2) -> [f64; 4] {
        [p.x, p.y, self.size.x - p.x, self.size.y - p.y]
    }

    /// The share of the raster's light at a point, 0 to 1: the product over its edges. Nothing beyond the horizon.
    fn coverage(&self, q: DVec2, edge: impl Fn(f64) -> f64) -> f64 {
        let Some(p) = self.output_from_wall.apply(q) else { return 0.0 };
        let edges = self.depths(p).into_iter().zip(self.crosses);
        edges.filter(|(_, crosses)| *crosses).map(|(depth, _)| edge(depth)).product()
    }

    /// The squared distance of a point from the located part, in wall heights.
    fn distance_squared(&self, q: DVec2, wall: DVec2) -> f64 {
        ((q - q.max(self.part[0]).min(self.part[1])) * wall).length_squared()
    }

    /// The corners of the raster in the wall, moved in by [`OVERLAP_PX`].
    fn inner_corners(&self) -> impl Iterator<Item = DVec2> + use<> {
        // A little more, for rounding on the way there and back.
        let near = DVec2::splat(OVERLAP_PX * 1.001);
        let far = self.size - near;
        let back = self.output_from_wall.inverse();
        rectangle_corners([near, far]).into_iter().filter_map(move |corner| back?.apply(corner))
    }
}
