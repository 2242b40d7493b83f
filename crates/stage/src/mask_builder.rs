//! From masks, soft edges and black levels to what each pixel of a surface gives. See [`MaskBuilder`].

use glam::{DVec2, UVec2};

use super::black::{BlackOffset, ProjectorCoverage};
use super::blend::{Share, manual};
use super::fault::StageFault;
use super::masks::{Landing, MaskFiles, Masks};
use super::output_mask::{MOST_LIFT, MaskTexel, OutputMask};
use super::pixel_positions::PixelPositions;
use super::raster::{Area, Edges};
use super::resolved::{ToTarget, boundary};
use super::surface_coverage::{Neighbour, OwnMasks, SurfaceCoverage, scale};
use super::warp::Warp;
use super::{Output, Sides, Stage};

/// Threads that a map is made on at most.
const MOST_THREADS: usize = 8;

/// Rows that are worth a thread of their own.
const LEAST_ROWS: usize = 32;

/// What the light maps of an output's surfaces have in common.
pub(super) struct MaskBuilder<'a> {
    stage: &'a Stage,
    output: &'a Output,
    to_target: &'a ToTarget,
    target: UVec2,
    pictures: &'a dyn MaskFiles,
    /// How much the output's own masks leave of each target pixel; none where it has none.
    output_masks: Option<Vec<f32>>,
    /// The stage's surfaces.
    neighbours: Vec<Neighbour<'a>>,
    /// None where black is not evened out.
    leaks: Option<ProjectorCoverage<'a>>,
}

/// All that a surface's pixels depend on.
struct Pixels<'a> {
    output: &'a Output,
    target: UVec2,
    area: Area,
    part: [DVec2; 2],
    /// None where no pixel's place matters.
    places: Option<PixelPositions>,
    /// How far each pixel of the area is inside the surface's edge, 0 to 1.
    edge: Vec<f32>,
    surface_coverage: Option<Vec<f32>>,
    /// Of the whole target.
    output_masks: Option<&'a [f32]>,
    share: Option<Share>,
    /// By surface; none: everything.
    others: Vec<Option<&'a SurfaceCoverage>>,
    sides: Option<Sides>,
    lift: Option<BlackOffset>,
}

impl<'a> MaskBuilder<'a> {
    pub fn new(
        stage: &'a Stage,
        output: &'a Output,
        (to_target, target): (&'a ToTarget, UVec2),
        pictures: &'a dyn MaskFiles,
        faults: &mut Vec<StageFault>,
    ) -> Self {
        let place = |p: DVec2| to_target.pixels(p.extend(1.0)).truncate();
        let landing = Landing::of_output(&place, scale(to_target.linear()));
        let masks = Masks::new(&output.masks, &landing, pictures, |mask, fault| {
            faults.push(StageFault::Mask { mask: mask.name.clone(), of: output.name.clone(), fault });
        });
        let output_masks = (!masks.is_empty()).then(|| {
            let area = Area::whole(target);
            let mut values = vec![1.0; area.pixels()];
            let size = target.as_dvec2();
            masks.darken(area, &mut values, |x, y| Some(output.output_from_target(area.middle(x, y) / size)));
            values
        });
        let neighbours = stage.surfaces.iter().map(|surface| Neighbour::new(stage, surface)).collect();
        let leaks = ProjectorCoverage::new(stage);
        Self { stage, output, to_target, target, pictures, output_masks, neighbours, leaks }
    }

    /// The outline of a surface, but beyond it where another surface of this output goes on.
    fn beyond_neighbours(&self, index: usize, edge: &[DVec2]) -> Vec<DVec2> {
        let own = &self.stage.surfaces[index];
        let others =
            self.stage.surfaces.iter().enumerate().filter(|(other, surface)| {
                *other != index && surface.output == own.output && surface.scene == own.scene
            });
        let warps = others.filter_map(|(_, surface)| Warp::new(surface).ok());
        let others: Vec<_> = warps.map(|warp| boundary(&warp, self.to_target)).collect();
        beyond(edge, &others)
    }

    /// The light map of a surface of this output; none where every pixel of it gives all that it has.
    pub fn map(&self, index: usize, warp: &Warp, faults: &mut Vec<StageFault>) -> Option<OutputMask> {
        let surface = &self.stage.surfaces[index];
        let edge = boundary(warp, self.to_target);
        let own = OwnMasks::new(surface, warp, self.to_target, self.pictures, |fault| faults.push(fault));
        let blend = &self.output.blend;
        let sides = blend.manual.filter(|by| [by.left, by.top, by.right, by.bottom].iter().any(|width| *width > 0.0));
        let is_there = |other: usize| self.neighbours[other].is_there();
        let share = Share::new(self.stage, index, is_there).filter(|_| blend.manual.is_none());
        let lift = self.leaks.as_ref().and_then(|leaks| leaks.lift(index, is_there));
        let upright = edge.iter().zip(edge.iter().cycle().skip(1)).all(|(a, b)| (*b - *a).abs().min_element() < 1e-6);
        let fades = share.is_some() || sides.is_some() || lift.is_some();
        if upright && edge.len() == 4 && own.is_empty() && self.output_masks.is_none() && !fades {
            return None;
        }
        let area = Area::around(&edge, self.target);
        let places = (fades || !own.is_empty()).then(|| PixelPositions::new(warp, self.to_target, area));
        let surface_coverage = places.as_ref().filter(|_| !own.is_empty()).map(|places| own.light(area, places));
        let mut others = vec![None; self.stage.surfaces.len()];
        for other in share.iter().flat_map(Share::others).chain(lift.iter().flat_map(BlackOffset::others)) {
            others[other] = self.neighbours[other].surface_coverage(self.pictures);
        }
        let pixels = Pixels {
            output: self.output,
            target: self.target,
            area,
            part: surface.part,
            places,
            edge: inside(&self.beyond_neighbours(index, &edge), area),
            surface_coverage,
            output_masks: self.output_masks.as_deref(),
            share,
            others,
            sides,
            lift,
        };
        Some(OutputMask { origin: area.origin, size: area.size, texels: pixels.texels() })
    }
}

/// How far an edge that is shared is moved out, in pixels: so far that nothing within is near it.
const BEYOND_PX: f64 = 4.0;
/// Edges of two surfaces that lie so near each other are one, in pixels.
const SHARED_PX: f64 = 0.6;

/// An outline of which the edges that lie on others' are moved outwards. There one picture goes on in the next, and each pixel
/// is of one of the two; were both softened, a dark hair would be left between them.
fn beyond(edge: &[DVec2], others: &[Vec<DVec2>]) -> Vec<DVec2> {
    let count = edge.len();
    let area: f64 = (0..count).map(|i| edge[i].perp_dot(edge[(i + 1) % count])).sum();
    let lies_on = |p: DVec2, (a, b): (DVec2, DVec2)| {
        let along = b - a;
        let t = ((p - a).dot(along) / along.length_squared().max(1e-12)).clamp(0.0, 1.0);
        p.distance(a + along * t) < SHARED_PX
    };
    let is_on_other = |p: DVec2| {
        others.iter().any(|other| (0..other.len()).any(|i| lies_on(p, (other[i], other[(i + 1) % other.len()]))))
    };
    let shared: Vec<bool> = (0..count)
        .map(|i| {
            let (a, b) = (edge[i], edge[(i + 1) % count]);
            [0.1, 0.5, 0.9].into_iter().all(|t| is_on_other(a.lerp(b, t)))
        })
        .collect();
    let outwards = |i: usize| (edge[(i + 1) % count] - edge[i]).perp().normalize_or_zero() * -area.signum();
    (0..count)
        .map(|i| {
            let before = (i + count - 1) % count;
            let by = match (shared[before], shared[i]) {
                (false, false) => DVec2::ZERO,
                (true, true) => (outwards(before) + outwards(i)).normalize_or_zero() * BEYOND_PX,
                // Along the edge that stays, so that it stays where it is.
                (true, false) => (edge[i] - edge[(i + 1) % count]).normalize_or_zero() * (2.0 * BEYOND_PX),
                (false, true) => (edge[i] - edge[before]).normalize_or_zero() * (2.0 * BEYOND_PX),
            };
            edge[i] + by
        })
        .collect()
}

/// How far pixels are inside an edge: 0 where their middle is on it or beyond, 1 where all of the pixel is within.
fn inside(edge: &[DVec2], area: Area) -> Vec<f32> {
    let mut values = vec![0.0_f32; area.pixels()];
    let width = area.size.x as usize;
    Edges::by_pixel_extent(edge).rows(area, 1.0, |row, first, inside| {
        for (value, inside) in values[row * width + first..].iter_mut().zip(inside) {
            *value = inside.max(0.0);
        }
    });
    values
}

impl Pixels<'_> {
    fn texels(&self) -> Vec<u32> {
        let [width, height] = [self.area.size.x as usize, self.area.size.y as usize];
        let mut texels = vec![0; width * height];
        if texels.is_empty() {
            return texels;
        }
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
        let rows = height.div_ceil(threads).max(LEAST_ROWS);
        std::thread::scope(|scope| {
            let mut bands = texels.chunks_mut(rows * width).enumerate();
            // This thread takes one of them, too.
            let own = bands.next();
            for (band, texels) in bands {
                scope.spawn(move || self.rows(band * rows, texels));
            }
            if let Some((band, texels)) = own {
                self.rows(band * rows, texels);
            }
        });
        texels
    }

    fn rows(&self, first: usize, texels: &mut [u32]) {
        let width = self.area.size.x as usize;
        let nothing = MaskTexel::default().pack();
        let everything = MaskTexel { weight: 1.0, lift: 0.0, cover: 1.0 }.pack();
        let fades = self.share.is_some() || self.sides.is_some() || self.lift.is_some();
        let mut lifted = Lifted::default();
        for (row, texels) in texels.chunks_mut(width).enumerate() {
            let row = first + row;
            for (column, texel) in texels.iter_mut().enumerate() {
                let pixel = row * width + column;
                let edge = self.edge[pixel];
                if edge == 0.0 {
                    *texel = nothing;
                    continue;
                }
                let own = self.surface_coverage.as_ref().map_or(1.0, |values| values[pixel]);
                let masks = self.output_masks.map_or(1.0, |values| {
                    let (x, y) = (self.area.origin.x as usize + column, self.area.origin.y as usize + row);
                    values[y * self.target.x as usize + x]
                });
                let lit = edge * own * masks;
                *texel = if fades && lit > 0.0 {
                    let (weight, lift) = self.fade(column, row, own, &mut lifted);
                    MaskTexel { weight: lit * weight, lift: lit * lift, cover: edge * own }.pack()
                } else if lit == 1.0 {
                    everything
                } else {
                    MaskTexel { weight: lit, lift: 0.0, cover: edge * own }.pack()
                };
            }
        }
    }

    /// The factor of a pixel's signal, and its lift.
    fn fade(&self, column: usize, row: usize, own: f32, lifted: &mut Lifted) -> (f32, f32) {
        let place = self.places.as_ref().and_then(|places| places.at(column, row));
        let q = place.map(|p| self.part[0] + (self.part[1] - self.part[0]) * p);
        let gamma = self.output.blend.gamma as f32;
        let mut light = 1.0;
        let own = if own == 1.0 { 1.0 } else { f64::from(own.powf(gamma)) };
        let others = |q: DVec2| move |other: usize| self.others[other].map_or(1.0, |light| light.at(q));
        if let (Some(share), Some(q)) = (&self.share, q) {
            light *= share.at(q, own, others(q));
        }
        if let Some(sides) = &self.sides {
            let size = self.output.size.as_dvec2();
            let p = self.output.output_from_target(self.area.middle(column, row) / self.target.as_dvec2());
            light *= manual(p * size, size, sides, self.output.blend.curve);
        }
        let weight = if light >= 1.0 { 1.0 } else { (light.max(0.0) as f32).powf(gamma.recip()) };
        let lift = match (&self.lift, q) {
            (Some(lift), Some(q)) => lifted.encoded(lift.light(q, own, others(q)), gamma),
            _ => 0.0,
        };
        (weight * (1.0 - lift), lift)
    }
}

/// The last lift: it is the same over most of a surface, and a power costs more than all the rest.
#[derive(Default)]
struct Lifted {
    light: f64,
    encoded: f32,
}

impl Lifted {
    fn encoded(&mut self, light: f64, gamma: f32) -> f32 {
        if light != self.light {
            *self = Self { light, encoded: (light as f32).powf(gamma.recip()).min(MOST_LIFT) };
        }
        self.encoded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_that_is_shared_is_moved_out_and_the_others_stay() {
        let square = |left: f64| {
            [[left, 0.0], [left + 100.0, 10.0], [left + 100.0, 90.0], [left, 80.0]].map(DVec2::from).to_vec()
        };
        let (one, other) = (square(0.0), square(100.0).iter().map(|p| *p + DVec2::new(0.0, 10.0)).collect::<Vec<_>>());
        assert_eq!(beyond(&one, &[]), one);
        let moved = beyond(&one, &[other]);
        assert_eq!((moved[0], moved[3]), (one[0], one[3]));
        for (moved, at, from) in [(moved[1], one[1], one[0]), (moved[2], one[2], one[3])] {
            assert!(moved.x > at.x + 3.9, "{moved}");
            assert!((moved - from).perp_dot(at - from).abs() < 1e-9, "along its other edge");
        }
        // The other way round too.
        let back: Vec<_> = one.iter().rev().copied().collect();
        assert!(
            beyond(&back, &[square(-100.0).iter().map(|p| *p - DVec2::new(0.0, 10.0)).collect()])
                .iter()
                .any(|p| p.x < -3.9)
        );
    }
}
