//! Builds output masks from outlines, masks, edge blends and black levels. See [`MaskBuilder`].

use glam::{DVec2, UVec2};

use super::black::{BlackOffset, ProjectorCoverage};
use super::blend::{BlendShare, manual_blend};
use super::fault::StageFault;
use super::geometry::{nearest_on_segment, polygon_edges, signed_double_area};
use super::masks::{MaskImages, MaskSpace, Masks};
use super::output_mask::{MAX_BLACK_OFFSET, MaskTexel, OutputMask};
use super::pixel_positions::PixelPositions;
use super::raster::{Area, Edges};
use super::resolved::{ToTarget, boundary};
use super::surface_coverage::{Neighbour, OwnMasks, SurfaceCoverage, pixel_scale};
use super::warp::Warp;
use super::{Output, Sides, Stage};

/// The most threads that a mask is built on.
const MOST_THREADS: usize = 8;

/// The fewest rows that are worth a thread.
const LEAST_ROWS: usize = 32;

/// Builds the output masks of an output's surfaces; holds what these have in common.
pub(super) struct MaskBuilder<'a> {
    stage: &'a Stage,
    output: &'a Output,
    to_target: &'a ToTarget,
    target: UVec2,
    files: &'a dyn MaskImages,
    /// What the output's own masks leave of each target pixel; none without masks.
    output_masks: Option<Vec<f32>>,
    /// All surfaces of the stage.
    neighbours: Vec<Neighbour<'a>>,
    /// None where black is not compensated.
    projector_coverage: Option<ProjectorCoverage<'a>>,
}

/// The inputs of the pixels of one mask.
struct MaskInputs<'a> {
    output: &'a Output,
    target: UVec2,
    area: Area,
    part: [DVec2; 2],
    /// None where no input depends on the position.
    positions: Option<PixelPositions>,
    /// The anti-aliased edge: how far each pixel of the area is inside the surface, 0 to 1.
    edge: Vec<f32>,
    surface_coverage: Option<Vec<f32>>,
    /// Of the whole target.
    output_masks: Option<&'a [f32]>,
    share: Option<BlendShare>,
    /// The coverage of other surfaces, by index; none: 1 everywhere.
    others: Vec<Option<&'a SurfaceCoverage>>,
    /// The widths of a manual edge blend.
    manual: Option<Sides>,
    black_offset: Option<BlackOffset>,
}

impl<'a> MaskBuilder<'a> {
    pub fn new(
        stage: &'a Stage,
        output: &'a Output,
        to_target: &'a ToTarget,
        target: UVec2,
        files: &'a dyn MaskImages,
        faults: &mut Vec<StageFault>,
    ) -> Self {
        let target_from_output = |p: DVec2| to_target.pixels(p.extend(1.0)).truncate();
        let space = MaskSpace::output(&target_from_output, pixel_scale(to_target.linear()), output.size.as_dvec2());
        let masks = Masks::new(&output.masks, &space, files, |mask, fault| {
            faults.push(StageFault::Mask { mask: mask.name.clone(), of: output.name.clone(), fault });
        });
        let output_masks = (!masks.is_empty()).then(|| {
            let area = Area::whole(target);
            let mut values = vec![1.0; area.pixels()];
            let size = target.as_dvec2();
            masks.multiply(area, &mut values, |x, y| Some(output.output_from_target(area.centre(x, y) / size)));
            values
        });
        let neighbours = stage.surfaces.iter().map(|surface| Neighbour::new(stage, surface)).collect();
        let projector_coverage = ProjectorCoverage::new(stage);
        Self { stage, output, to_target, target, files, output_masks, neighbours, projector_coverage }
    }

    /// Builds the mask of a surface of this output; none where every pixel shows the whole signal.
    pub fn build(&self, index: usize, warp: &Warp, faults: &mut Vec<StageFault>) -> Option<OutputMask> {
        let surface = &self.stage.surfaces[index];
        let outline = boundary(warp, self.to_target);
        let own = OwnMasks::new(surface, warp, self.to_target, self.files, |fault| faults.push(fault));
        let blend = &self.output.blend;
        let manual = blend.manual.filter(|sides| sides.to_array().iter().any(|width| *width > 0.0));
        let has_warp = |other: usize| self.neighbours[other].has_warp();
        let share = BlendShare::new(self.stage, index, has_warp).filter(|_| blend.manual.is_none());
        let black_offset = self.projector_coverage.as_ref().and_then(|all| all.black_offset(index, has_warp));
        let is_upright = polygon_edges(&outline).all(|(a, b)| (b - a).abs().min_element() < 1e-6);
        let is_blended = share.is_some() || manual.is_some() || black_offset.is_some();
        if is_upright && outline.len() == 4 && own.is_empty() && self.output_masks.is_none() && !is_blended {
            return None;
        }
        let area = Area::around(&outline, self.target);
        let positions = (is_blended || !own.is_empty()).then(|| PixelPositions::new(warp, self.to_target, area));
        let surface_coverage =
            positions.as_ref().filter(|_| !own.is_empty()).map(|positions| own.coverage(area, positions));
        let mut others = vec![None; self.stage.surfaces.len()];
        let overlapping = share.iter().flat_map(BlendShare::others);
        for other in overlapping.chain(black_offset.iter().flat_map(BlackOffset::others)) {
            others[other] = self.neighbours[other].coverage(self.files);
        }
        let inputs = MaskInputs {
            output: self.output,
            target: self.target,
            area,
            part: surface.part,
            positions,
            edge: edge_coverage(&self.extend_outline(index, &outline), area),
            surface_coverage,
            output_masks: self.output_masks.as_deref(),
            share,
            others,
            manual,
            black_offset,
        };
        Some(OutputMask { origin: area.origin, size: area.size, texels: inputs.texels() })
    }

    /// The outline of a surface, extended over the edges at which another surface of this output continues the picture.
    fn extend_outline(&self, index: usize, outline: &[DVec2]) -> Vec<DVec2> {
        let own = &self.stage.surfaces[index];
        let others =
            self.stage.surfaces.iter().enumerate().filter(|(other, surface)| {
                *other != index && surface.output == own.output && surface.scene == own.scene
            });
        let warps = others.filter_map(|(_, surface)| Warp::new(surface).ok());
        let others: Vec<_> = warps.map(|warp| boundary(&warp, self.to_target)).collect();
        extend_shared_edges(outline, &others)
    }
}

/// How far a shared edge is moved out, in pixels: far enough that the pixels inside are not anti-aliased.
const EXTENSION_PX: f64 = 4.0;
/// The distance at which edges of two surfaces are one, in pixels.
const SHARED_PX: f64 = 0.6;

/// Moves the edges of an outline that lie on others outwards. The picture continues there, and each pixel is of one of the
/// surfaces: were the edges of both anti-aliased, a dark seam would be left between them.
fn extend_shared_edges(outline: &[DVec2], others: &[Vec<DVec2>]) -> Vec<DVec2> {
    let count = outline.len();
    let orientation = signed_double_area(outline).signum();
    let is_on_other = |p: DVec2| {
        let near = |(a, b): (DVec2, DVec2)| p.distance(a + (b - a) * nearest_on_segment(a, b, p, 1e-12)) < SHARED_PX;
        others.iter().any(|other| polygon_edges(other).any(near))
    };
    let is_shared = |(a, b): (DVec2, DVec2)| [0.1, 0.5, 0.9].into_iter().all(|t| is_on_other(a.lerp(b, t)));
    let shared: Vec<bool> = polygon_edges(outline).map(is_shared).collect();
    let outwards = |i: usize| (outline[(i + 1) % count] - outline[i]).perp().normalize_or_zero() * -orientation;
    (0..count)
        .map(|i| {
            let previous = (i + count - 1) % count;
            let by = match (shared[previous], shared[i]) {
                (false, false) => DVec2::ZERO,
                (true, true) => (outwards(previous) + outwards(i)).normalize_or_zero() * EXTENSION_PX,
                // Along the edge that is not shared, which stays where it is.
                (true, false) => (outline[i] - outline[(i + 1) % count]).normalize_or_zero() * (2.0 * EXTENSION_PX),
                (false, true) => (outline[i] - outline[previous]).normalize_or_zero() * (2.0 * EXTENSION_PX),
            };
            outline[i] + by
        })
        .collect()
}

/// The anti-aliased coverage of a polygon: 0 where the centre of a pixel is on an edge or outside, 1 where all of the pixel
/// is inside.
fn edge_coverage(outline: &[DVec2], area: Area) -> Vec<f32> {
    let mut values = vec![0.0_f32; area.pixels()];
    let width = area.size.x as usize;
    Edges::by_pixel_extent(outline).rows(area, 1.0, |row, first, distances| {
        for (value, distance) in values[row * width + first..].iter_mut().zip(distances) {
            *value = distance.max(0.0);
        }
    });
    values
}

impl MaskInputs<'_> {
    fn texels(&self) -> Vec<u32> {
        let [width, height] = [self.area.size.x as usize, self.area.size.y as usize];
        let mut texels = vec![0; width * height];
        if texels.is_empty() {
            return texels;
        }
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
        let rows = height.div_ceil(threads).max(LEAST_ROWS);
        std::thread::scope(|scope| {
            let mut chunks = texels.chunks_mut(rows * width).enumerate();
            // The first is for this thread.
            let own = chunks.next();
            for (chunk, texels) in chunks {
                scope.spawn(move || self.fill_rows(chunk * rows, texels));
            }
            if let Some((chunk, texels)) = own {
                self.fill_rows(chunk * rows, texels);
            }
        });
        texels
    }

    /// Fills the texels of rows, from row `first` of the area on.
    fn fill_rows(&self, first: usize, texels: &mut [u32]) {
        let width = self.area.size.x as usize;
        let (empty, opaque) = (MaskTexel::default().pack(), MaskTexel::OPAQUE.pack());
        let is_blended = self.share.is_some() || self.manual.is_some() || self.black_offset.is_some();
        let mut encoder = BlackOffsetEncoder::default();
        for (row, texels) in texels.chunks_mut(width).enumerate() {
            let row = first + row;
            for (column, texel) in texels.iter_mut().enumerate() {
                let pixel = row * width + column;
                let edge = self.edge[pixel];
                if edge == 0.0 {
                    *texel = empty;
                    continue;
                }
                let own = self.surface_coverage.as_ref().map_or(1.0, |values| values[pixel]);
                let masks = self.output_masks.map_or(1.0, |values| {
                    let (x, y) = (self.area.origin.x as usize + column, self.area.origin.y as usize + row);
                    values[y * self.target.x as usize + x]
                });
                let visible = edge * own * masks;
                *texel = if is_blended && visible > 0.0 {
                    let (gain, black_offset) = self.blend(column, row, own, &mut encoder);
                    MaskTexel { gain: visible * gain, black_offset: visible * black_offset, coverage: edge * own }
                        .pack()
                } else if visible == 1.0 {
                    opaque
                } else {
                    MaskTexel { gain: visible, black_offset: 0.0, coverage: edge * own }.pack()
                };
            }
        }
    }

    /// The gain and black offset of a pixel by edge blend and black-level compensation, encoded.
    fn blend(&self, column: usize, row: usize, own: f32, encoder: &mut BlackOffsetEncoder) -> (f32, f32) {
        let position = self.positions.as_ref().and_then(|positions| positions.at(column, row));
        let q = position.map(|p| self.part[0] + (self.part[1] - self.part[0]) * p);
        let gamma = self.output.blend.gamma as f32;
        let mut light = 1.0;
        let own = if own == 1.0 { 1.0 } else { f64::from(own.powf(gamma)) };
        let others = |q: DVec2| move |other: usize| self.others[other].map_or(1.0, |coverage| coverage.at(q));
        if let (Some(share), Some(q)) = (&self.share, q) {
            light *= share.at(q, own, others(q));
        }
        if let Some(sides) = &self.manual {
            let size = self.output.size.as_dvec2();
            let p = self.output.output_from_target(self.area.centre(column, row) / self.target.as_dvec2());
            light *= manual_blend(p * size, size, sides, self.output.blend.curve);
        }
        let gain = if light >= 1.0 { 1.0 } else { (light.max(0.0) as f32).powf(gamma.recip()) };
        let black_offset = match (&self.black_offset, q) {
            (Some(offset), Some(q)) => encoder.encode(offset.light(q, own, others(q)), gamma),
            _ => 0.0,
        };
        (gain * (1.0 - black_offset), black_offset)
    }
}

/// Encodes the light of black offsets, with a cache of one: it is constant over most of a surface, and a power costs more
/// than all the rest.
#[derive(Default)]
struct BlackOffsetEncoder {
    light: f64,
    encoded: f32,
}

impl BlackOffsetEncoder {
    fn encode(&mut self, light: f64, gamma: f32) -> f32 {
        if light != self.light {
            *self = Self { light, encoded: (light as f32).powf(gamma.recip()).min(MAX_BLACK_OFFSET) };
        }
        self.encoded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_edges_are_moved_out_and_others_stay() {
        let square = |left: f64| {
            [[left, 0.0], [left + 100.0, 10.0], [left + 100.0, 90.0], [left, 80.0]].map(DVec2::from).to_vec()
        };
        let (one, other) = (square(0.0), square(100.0).iter().map(|p| *p + DVec2::new(0.0, 10.0)).collect::<Vec<_>>());
        assert_eq!(extend_shared_edges(&one, &[]), one);
        let moved = extend_shared_edges(&one, &[other]);
        assert_eq!((moved[0], moved[3]), (one[0], one[3]));
        for (moved, at, from) in [(moved[1], one[1], one[0]), (moved[2], one[2], one[3])] {
            assert!(moved.x > at.x + 3.9, "{moved}");
            assert!((moved - from).perp_dot(at - from).abs() < 1e-9, "along its other edge");
        }
        // The other way round too.
        let back: Vec<_> = one.iter().rev().copied().collect();
        assert!(
            extend_shared_edges(&back, &[square(-100.0).iter().map(|p| *p - DVec2::new(0.0, 10.0)).collect()])
                .iter()
                .any(|p| p.x < -3.9)
        );
    }
}
