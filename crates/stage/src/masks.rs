//! Masks: Bézier paths and images that hide parts of a surface or an output, or show them again.

use std::io;
use std::path::Path;
use std::sync::Arc;

use glam::DVec2;
use millions_base::{Files, smoothstep};

use super::fault::MaskFault;
use super::geometry::{MaskSegment, nearest_on_segment};
use super::ranges::MASK_POINTS;
use super::raster::{Area, Edges, FARTHEST_PX};
use super::{Mask, MaskKind, MaskPoint, MaskShape, Outline};

/// The flatness of curves with a sharp edge, in pixels.
const FLATNESS_PX: f64 = 0.05;

/// The flatness of curves with a feather, of its width: a quarter of a percent of the light.
const FLATNESS_OF_FEATHER: f64 = 0.0025;

/// The most subdivisions of a segment.
const MOST_SUBDIVISIONS: u32 = 10;

/// How far beyond the surface its paths are followed, in surface space. They are clamped to this margin, which changes
/// nothing inside the surface.
const MARGIN: f64 = 0.25;

/// The greyscale image of a mask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GreyImage {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Row by row; 255 is inside the mask.
    pub values: Arc<[u8]>,
}

/// The files that a stage names, with the decoder of its image masks. Paths are as the stage's file has them.
pub trait MaskImages: Files {
    /// Decodes the greyscale image at a path; none where it cannot be read.
    fn grey(&self, path: &Path) -> Option<GreyImage>;
}

/// No files.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoMaskImages;

impl Files for NoMaskImages {
    fn read(&self, _: &Path) -> io::Result<String> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn is_there(&self, _: &Path) -> bool {
        false
    }
}

impl MaskImages for NoMaskImages {
    fn grey(&self, _: &Path) -> Option<GreyImage> {
        None
    }
}

impl GreyImage {
    /// The value at a position, 0 to 1 each way, interpolated between pixel centres; 0 to 1.
    #[must_use]
    pub fn at(&self, p: DVec2) -> f32 {
        let size = DVec2::new(f64::from(self.width), f64::from(self.height));
        if self.values.len() != self.width as usize * self.height as usize || self.values.is_empty() {
            return 0.0;
        }
        let p = (p * size - 0.5).clamp(DVec2::ZERO, size - 1.0);
        let first = p.floor();
        let t = (p - first).as_vec2();
        let [x, y] = [first.x as usize, first.y as usize];
        let pixel = |x: usize, y: usize| {
            let (x, y) = (x.min(self.width as usize - 1), y.min(self.height as usize - 1));
            f32::from(self.values[y * self.width as usize + x])
        };
        let row = |y: usize| pixel(x, y) + (pixel(x + 1, y) - pixel(x, y)) * t.x;
        (row(y) + (row(y + 1) - row(y)) * t.y) / 255.0
    }
}

/// Masks in the pixels of a target, ready to be rasterised.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Masks {
    masks: Vec<PixelMask>,
    /// Whether the first one shows, so that everything outside is hidden.
    hides_rest: bool,
}

/// A mask in target pixels.
#[derive(Clone, Debug, PartialEq)]
struct PixelMask {
    kind: MaskKind,
    shape: Shape,
}

#[derive(Clone, Debug, PartialEq)]
enum Shape {
    /// A polygon, and the width of its feather in pixels.
    Polygon(Edges, f64),
    Picture(GreyImage),
}

/// The space of masks' coordinates, and its map to target pixels.
pub(super) struct MaskSpace<'a> {
    /// From the masks' space to target pixels.
    pub to_target: &'a dyn Fn(DVec2) -> DVec2,
    /// The rectangle of the masks' space that coordinates are clamped to.
    pub bounds: [DVec2; 2],
    /// The size of an output pixel in target pixels.
    pub scale: f64,
    /// The target pixels along the width and the height of what pictures are stretched over.
    pub picture_px: DVec2,
}

impl<'a> MaskSpace<'a> {
    /// Surface space.
    pub fn surface(to_target: &'a dyn Fn(DVec2) -> DVec2, scale: f64) -> Self {
        let [a, b, c, d] = [DVec2::ZERO, DVec2::X, DVec2::ONE, DVec2::Y].map(to_target);
        let picture_px = DVec2::new(a.distance(b).max(c.distance(d)), b.distance(c).max(d.distance(a)));
        Self { to_target, bounds: [DVec2::splat(-MARGIN), DVec2::splat(1.0 + MARGIN)], scale, picture_px }
    }

    /// Output pixels, of an output of a size.
    pub fn output(to_target: &'a dyn Fn(DVec2) -> DVec2, scale: f64, size: DVec2) -> Self {
        let picture_px = size * scale;
        Self { to_target, bounds: [DVec2::splat(-FARTHEST_PX), DVec2::splat(FARTHEST_PX)], scale, picture_px }
    }

    /// The polygon of a path in target pixels.
    fn flatten(&self, points: &[MaskPoint], feather: f64) -> Vec<DVec2> {
        let flatness = FLATNESS_PX.max(feather * FLATNESS_OF_FEATHER);
        let mut line = Vec::new();
        for segment in MaskSegment::all(points) {
            let at = |t: f64| (self.to_target)(segment.at(t).clamp(self.bounds[0], self.bounds[1]));
            let ends = [(0.0, at(0.0)), (1.0, at(1.0))];
            line.push(ends[0].1);
            subdivide(&at, flatness, ends, MOST_SUBDIVISIONS, &mut line);
        }
        line
    }
}

/// Adds points between two ends of a curve, without the ends, until all pieces are flat.
fn subdivide(
    at: &impl Fn(f64) -> DVec2,
    flatness: f64,
    [(s, from), (t, to)]: [(f64, DVec2); 2],
    left: u32,
    line: &mut Vec<DVec2>,
) {
    let off = |p: DVec2| (from + (to - from) * nearest_on_segment(from, to, p, 1e-18) - p).length();
    let middle = (s + t) / 2.0;
    let [first, second, third] = [(s + middle) / 2.0, middle, (middle + t) / 2.0].map(at);
    if left == 0 || [first, second, third].into_iter().all(|p| off(p) <= flatness) {
        return;
    }
    subdivide(at, flatness, [(s, from), (middle, second)], left - 1, line);
    line.push(second);
    subdivide(at, flatness, [(middle, second), (t, to)], left - 1, line);
}

impl Masks {
    /// Maps masks to the target. Calls `report` with each faulty one: one without an area is left out, any other hides all.
    pub fn new(
        masks: &[Mask],
        space: &MaskSpace<'_>,
        files: &dyn MaskImages,
        mut report: impl FnMut(&Mask, MaskFault),
    ) -> Self {
        let mut pixel_masks = Vec::with_capacity(masks.len());
        for mask in masks {
            let shape = match &mask.shape {
                MaskShape::Path(points) => path(points, space, mask.feather),
                MaskShape::Picture(path) => {
                    files.grey(path).map(Shape::Picture).ok_or_else(|| MaskFault::NoPicture(path.clone()))
                }
                MaskShape::Drawing(drawing) => drawing
                    .raster(space.picture_px)
                    .map(Shape::Picture)
                    .ok_or_else(|| MaskFault::NoPicture(drawing.path().to_owned())),
            };
            match shape {
                Ok(shape) => pixel_masks.push(PixelMask { kind: mask.kind, shape }),
                Err(fault) => {
                    if !matches!(fault, MaskFault::NoArea) {
                        // It may have hidden a bedroom window: better all dark than that window lit.
                        let value = if mask.kind == MaskKind::Hide { u8::MAX } else { 0 };
                        let shape = Shape::Picture(GreyImage { width: 1, height: 1, values: [value].into() });
                        pixel_masks.push(PixelMask { kind: mask.kind, shape });
                    }
                    report(mask, fault);
                }
            }
        }
        Self { masks: pixel_masks, hides_rest: masks.first().is_some_and(|mask| mask.kind == MaskKind::Show) }
    }

    /// The outline of a surface as a mask that shows it; none for a rectangle, or for a faulty polygon.
    pub fn outline(outline: &Outline, space: &MaskSpace<'_>) -> Option<Self> {
        let points: Vec<MaskPoint> = match outline {
            Outline::Rectangle => return None,
            Outline::Polygon(points) => points.iter().map(|at| MaskPoint::corner(*at)).collect(),
            Outline::Circle => {
                // Handles of 0.5523 of the radius keep a quarter circle to 0.03 % of it.
                const HANDLE: f64 = 0.552_284_75;
                let round = [DVec2::NEG_Y, DVec2::X, DVec2::Y, DVec2::NEG_X];
                let place = |off: DVec2| DVec2::splat(0.5) + off * 0.5;
                let point = |off: DVec2| MaskPoint {
                    at: place(off),
                    before: Some(place(off - off.perp() * HANDLE)),
                    after: Some(place(off + off.perp() * HANDLE)),
                };
                round.map(point).to_vec()
            }
        };
        let shape = path(&points, space, 0.0).ok()?;
        Some(Self { masks: vec![PixelMask { kind: MaskKind::Show, shape }], hides_rest: true })
    }

    /// Whether nothing is hidden.
    pub const fn is_empty(&self) -> bool {
        self.masks.is_empty() && !self.hides_rest
    }

    /// Multiplies the values of an area's pixels by the coverage that the masks leave, 0 to 1. `position` returns the position
    /// of a pixel, by column and row, in image masks, 0 to 1 each way; none outside.
    pub fn multiply(&self, area: Area, values: &mut [f32], position: impl Fn(usize, usize) -> Option<DVec2>) {
        let width = area.size.x as usize;
        let mut coverage = vec![if self.hides_rest { 0.0 } else { 1.0_f32 }; area.pixels()];
        for PixelMask { kind, shape } in &self.masks {
            let towards = match kind {
                MaskKind::Hide => 0.0,
                MaskKind::Show => 1.0,
            };
            match shape {
                Shape::Polygon(edges, feather) => edges.rows(area, feather / 2.0, |row, first, distances| {
                    let per_px = (1.0 / feather) as f32;
                    for (coverage, distance) in coverage[row * width + first..].iter_mut().zip(distances) {
                        let t = distance * per_px + 0.5;
                        *coverage += (towards - *coverage) * smoothstep(t);
                    }
                }),
                Shape::Picture(picture) => {
                    for (index, coverage) in coverage.iter_mut().enumerate() {
                        if let Some(p) = position(index % width, index / width) {
                            *coverage += (towards - *coverage) * picture.at(p);
                        }
                    }
                }
            }
        }
        for (value, coverage) in values.iter_mut().zip(coverage) {
            *value *= coverage;
        }
    }
}

/// A path as a polygon with a feather.
fn path(points: &[MaskPoint], space: &MaskSpace<'_>, feather: f64) -> Result<Shape, MaskFault> {
    let of = |point: &MaskPoint| [Some(point.at), point.before, point.after];
    let finite = points.iter().flat_map(of).flatten().all(|p| p.abs().cmple(DVec2::splat(1e12)).all());
    let curved = points.iter().any(|point| point.before.is_some() || point.after.is_some());
    if !finite || points.len() < if curved { 2 } else { 3 } {
        return Err(MaskFault::NoArea);
    }
    if points.len() > MASK_POINTS {
        return Err(MaskFault::TooLong(points.len()));
    }
    // An edge without a feather is anti-aliased over one pixel.
    let feather = feather * space.scale;
    let feather = if feather.is_nan() { 1.0 } else { feather.clamp(1.0, FARTHEST_PX) };
    Ok(Shape::Polygon(Edges::closed(&space.flatten(points, feather)), feather))
}
