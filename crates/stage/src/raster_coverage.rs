//! Where projectors' black falls, also beyond their surfaces. See [`RasterCoverage`].

use glam::{DMat3, DVec2};
use millions_base::smoothstep;

use super::Stage;
use super::homography::Homography;

/// Parts that lie so near each other touch, of the whole wall.
const TOUCH: f64 = 1e-3;

/// How far an edge of a raster may be within a surface and still count as lying on its edge, in pixels.
const EDGE_PX: f64 = 0.5;

/// How deep in its raster a place is that is surely reached, in pixels. A narrower overlap is what hands leave where two
/// rasters should only meet, and no reason to lift the whole wall.
const SURELY_PX: f64 = 8.0;

/// The narrowest passage, in pixels: as good as none, and nothing is divided by nothing.
const LEAST_FEATHER: f64 = 1e-6;

/// A surface, and what it tells of its output's raster.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Raster {
    /// Which of the stage's outputs; none where it has no such.
    output: Option<usize>,
    part: [DVec2; 2],
    /// Flat surfaces of one number are on one plane; none where it is bent.
    plane: Option<usize>,
    scene: Option<String>,
    /// From the wall, 0 to 1 each way, to pixels of its output; none where its corners are no picture of a square.
    pixels: Option<Homography>,
    size: DVec2,
    /// The light of its output's black, 0 where that is not known.
    pub light: f64,
    feather: f64,
}

/// The light of black that falls on a surface: its own output's, and that of each other output whose *raster* reaches there,
/// whether or not the other has a surface there.
///
/// Where another's raster lies is told by the corner pins of its surfaces. One that shows a place tells it there. Beyond its
/// surfaces the pin is continued, which is exact on the same plane and wrong on any other; so it is continued only over
/// flat surfaces that are joined to it, by overlapping or touching in the wall, from one output to another
/// ([`Raster::all`]). Those that overlap are on one plane, for both are straight pictures of the same. Those that touch
/// are most likely; should the building turn there, the raster's overhang is counted as if it did not. Two of one output
/// that touch are two because the wall turns. A mesh takes up what a wall is uneven by, and is flat here. Of several that
/// are continued, the nearest in the wall tells.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RasterCoverage {
    /// What falls on all of the surface.
    everywhere: f64,
    /// Of each output that reaches some of it, the surfaces that tell, the topmost first.
    others: Vec<Vec<NeighbourRaster>>,
    /// What makes a distance in the wall of one in its 0 to 1.
    wall: DVec2,
}

/// What a surface tells of its output's raster on another surface.
#[derive(Clone, Debug, PartialEq)]
struct NeighbourRaster {
    part: [DVec2; 2],
    /// Whether it tells beyond its part.
    goes_on: bool,
    pixels: Homography,
    size: DVec2,
    light: f64,
    feather: f64,
    /// Whether the raster's left, top, right, lower edge runs through the surface.
    crosses: [bool; 4],
}

impl Raster {
    /// Those of all surfaces of a stage, in their order.
    pub fn all(stage: &Stage) -> Vec<Self> {
        let mut all: Vec<Self> = (0..stage.surfaces.len()).map(|index| Self::new(stage, index)).collect();
        for first in 0..all.len() {
            // Its own number, until somebody before it has reached it.
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
        let is_there = near.is_finite() && far.is_finite() && size.min_element() > 1e-6;
        let pin = Homography::square_to_quad(surface.corners).ok().filter(|_| is_there);
        let from_wall = DMat3::from_scale(size.recip()) * DMat3::from_translation(-near);
        Self {
            output,
            part: surface.part,
            plane: (surface.bend.is_none() && pin.is_some()).then_some(index),
            scene: surface.scene.clone(),
            pixels: pin.map(|pin| Homography(pin.0 * from_wall)),
            size: output.map_or(DVec2::ZERO, |output| stage.outputs[output].size.as_dvec2()),
            light: if level.light.is_nan() { 0.0 } else { level.light.clamp(0.0, 1.0) },
            feather: if level.feather.is_nan() { LEAST_FEATHER } else { level.feather.clamp(LEAST_FEATHER, 1e6) },
        }
    }

    /// Whether two flat surfaces are surely, or most likely, on one plane; see [`RasterCoverage`].
    fn joins(&self, other: &Self) -> bool {
        let overlap = self.part[1].min(other.part[1]) - self.part[0].max(other.part[0]);
        // Not where only their corners touch.
        let touch = overlap.min_element() > -TOUCH && overlap.max_element() > TOUCH;
        touch && self.output != other.output && self.scene == other.scene
    }

    fn shows(&self, q: DVec2) -> bool {
        q.cmpge(self.part[0]).all() && q.cmple(self.part[1]).all()
    }

    /// Whether a place of the surface is on its output's own raster at all.
    fn is_lit(&self, q: DVec2) -> bool {
        let on_raster = |p: DVec2| p.cmpge(DVec2::splat(-EDGE_PX)).all() && p.cmple(self.size + EDGE_PX).all();
        self.pixels.is_none_or(|pixels| pixels.apply(q).is_some_and(on_raster))
    }

    fn corners(&self) -> [DVec2; 4] {
        let [near, far] = self.part;
        [near, DVec2::new(far.x, near.y), far, DVec2::new(near.x, far.y)]
    }
}

impl RasterCoverage {
    /// What falls on the surface of that index.
    pub fn new(rasters: &[Raster], surface: usize, aspect: f64) -> Self {
        let own = &rasters[surface];
        let mut raster_coverage = Self { everywhere: own.light, others: Vec::new(), wall: DVec2::new(aspect, 1.0) };
        let mut outputs: Vec<usize> = rasters.iter().filter_map(|raster| raster.output).collect();
        outputs.sort_unstable();
        outputs.dedup();
        for output in outputs.into_iter().filter(|output| Some(*output) != own.output) {
            let of = rasters
                .iter()
                .rev()
                .filter(|other| other.output == Some(output) && other.scene == own.scene && other.light > 0.0);
            let told: Vec<NeighbourRaster> = of.filter_map(|other| NeighbourRaster::new(other, own)).collect();
            let all_of = |told: &NeighbourRaster| {
                told.goes_on || own.corners().iter().all(|corner| told.distance(*corner, raster_coverage.wall) == 0.0)
            };
            if told.iter().all(|told| told.crosses == [false; 4]) && told.iter().any(all_of) {
                raster_coverage.everywhere += told[0].light;
            } else if told.iter().any(|told| !told.is_nowhere(own)) {
                raster_coverage.others.push(told);
            }
        }
        raster_coverage
    }

    /// The light of black at a place of the surface, in the wall's 0 to 1. It passes from without an output's to with it
    /// over that output's feather, in that output's pixels and to both sides of its raster's edge: so it is the same
    /// for whoever asks.
    pub fn light(&self, q: DVec2) -> f64 {
        self.light_by(q, |told, inside| {
            let t = (inside / told.feather + 0.5).clamp(0.0, 1.0);
            smoothstep(t)
        })
    }

    /// The most light of black anywhere on the surface that it is of, by the places of a grid, along its edges too, and by
    /// the corners of others' rasters on it. What lies between these is narrower than a sixteenth of the surface, and
    /// stays a little lighter: all of the wall is not to be lifted for it.
    pub fn most(&self, own: &Raster) -> f64 {
        const STEPS: u32 = 16;
        let [near, far] = own.part;
        let step = |n: u32| f64::from(n) / f64::from(STEPS);
        let grid = (0..=STEPS).flat_map(|y| (0..=STEPS).map(move |x| DVec2::new(step(x), step(y))));
        let grid = grid.map(|t| near + (far - near) * t);
        let corners = self.others.iter().flatten().flat_map(NeighbourRaster::sure_corners);
        let places = grid.chain(corners).filter(|q| own.shows(*q) && own.is_lit(*q));
        let sure = |_: &NeighbourRaster, inside: f64| f64::from(u8::from(inside >= SURELY_PX));
        places.map(|q| self.light_by(q, sure)).fold(0.0, f64::max)
    }

    fn light_by(&self, q: DVec2, passage: impl Fn(&NeighbourRaster, f64) -> f64) -> f64 {
        let others = self.others.iter().filter_map(|told| self.nearest(told, q));
        self.everywhere + others.map(|told| told.light * told.reaches(q, |inside| passage(told, inside))).sum::<f64>()
    }

    /// Which of an output's surfaces tells at a place; none where none does.
    fn nearest<'a>(&self, told: &'a [NeighbourRaster], q: DVec2) -> Option<&'a NeighbourRaster> {
        if let [told] = told
            && told.goes_on
        {
            return Some(told);
        }
        let by_distance = told.iter().map(|told| (told, told.distance(q, self.wall)));
        let there = by_distance.filter(|(told, distance)| told.goes_on || *distance == 0.0);
        there.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(told, _)| told)
    }
}

impl NeighbourRaster {
    /// What one surface tells of its raster on another; none where it tells nothing.
    fn new(of: &Raster, on: &Raster) -> Option<Self> {
        let goes_on = of.plane.is_some() && of.plane == on.plane;
        let overlap = of.part[1].min(on.part[1]) - of.part[0].max(on.part[0]);
        if !goes_on && overlap.min_element() <= 0.0 {
            return None;
        }
        let Raster { part, size, light, feather, .. } = *of;
        let mut told = Self { part, goes_on, pixels: of.pixels?, size, light, feather, crosses: [true; 4] };
        // An edge of which all corners of a rectangle are on one side is straight, and does not run through it.
        if let Some(corners) = told.insides(on) {
            told.crosses = std::array::from_fn(|side| corners.iter().any(|inside| inside[side] < -EDGE_PX));
        }
        Some(told)
    }

    /// How far inside each of the raster's edges the corners of a surface are; none where one is beyond the horizon.
    fn insides(&self, on: &Raster) -> Option<[[f64; 4]; 4]> {
        let insides = on.corners().map(|corner| self.pixels.apply(corner).map(|p| self.inside(p)));
        let [Some(a), Some(b), Some(c), Some(d)] = insides else { return None };
        Some([a, b, c, d])
    }

    /// Whether the raster lies all to one side of a surface.
    fn is_nowhere(&self, on: &Raster) -> bool {
        let beyond =
            |corners: [[f64; 4]; 4]| (0..4).any(|side| corners.iter().all(|inside| inside[side] < -self.feather / 2.0));
        self.insides(on).map_or_else(|| on.corners().iter().all(|q| self.pixels.apply(*q).is_none()), beyond)
    }

    /// How far a pixel is inside the raster's left, top, right, lower edge.
    fn inside(&self, p: DVec2) -> [f64; 4] {
        [p.x, p.y, self.size.x - p.x, self.size.y - p.y]
    }

    /// How much of a place the raster reaches, 0 to 1, by how much it does so many pixels inside an edge. Beyond the
    /// horizon nothing is reached.
    fn reaches(&self, q: DVec2, passage: impl Fn(f64) -> f64) -> f64 {
        let Some(p) = self.pixels.apply(q) else { return 0.0 };
        let edges = self.inside(p).into_iter().zip(self.crosses);
        edges.filter(|(_, crosses)| *crosses).map(|(inside, _)| passage(inside)).product()
    }

    /// How far a place is from the surface's part, squared, in the wall.
    fn distance(&self, q: DVec2, wall: DVec2) -> f64 {
        ((q - q.max(self.part[0]).min(self.part[1])) * wall).length_squared()
    }

    /// Where in the wall the corners of the raster are, as far inside as is sure.
    fn sure_corners(&self) -> impl Iterator<Item = DVec2> + use<> {
        // A hair more, for the way there and back.
        let near = DVec2::splat(SURELY_PX * 1.001);
        let far = self.size - near;
        let back = self.pixels.inverse();
        let corners = [near, DVec2::new(far.x, near.y), far, DVec2::new(near.x, far.y)];
        corners.into_iter().filter_map(move |corner| back?.apply(corner))
    }
}
