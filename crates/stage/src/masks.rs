//! What stays dark: lines and pictures that take light away or give it back.

use millions_base::smoothstep;
use std::io;
use std::path::Path;
use std::sync::Arc;

use glam::DVec2;

use super::fault::MaskFault;
use super::raster::{Area, Edges, FARTHEST_PX};
use super::{Mask, MaskKind, MaskPoint, MaskShape, Outline};

/// How far a curve may be from the straight pieces that stand for it, in pixels, where its edge is sharp.
const FLATNESS_PX: f64 = 0.05;

/// And of the width of its edge's passage: a quarter of a percent of its light.
const FLATNESS_OF_FEATHER: f64 = 0.0025;

/// The most points of a line. Curved, each may become a thousand pieces, and is seldom more than ten.
const MOST_POINTS: usize = 4096;

/// How many times a piece of a line is halved at most.
const MOST_HALVINGS: u32 = 10;

/// How far beyond the surface its masks are followed, in surface space. Beyond, they are drawn to this rectangle's edge,
/// which changes nothing of what they enclose within.
const BEYOND: f64 = 0.25;

/// A grey picture of a mask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GreyImage {
    /// Pixels along.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Row by row, 255 is the mask's inside.
    pub values: Arc<[u8]>,
}

/// Whoever has loaded the pictures of masks, and knows the files beside the stage's.
pub trait MaskFiles {
    /// The picture of that path, as the stage's file has it; none where it is not there.
    fn grey(&self, path: &Path) -> Option<GreyImage>;

    /// Whether a file is there that a mask is to be made of.
    fn is_there(&self, _path: &Path) -> bool {
        false
    }

    /// The text of a drawing, to be made masks.
    ///
    /// # Errors
    /// As the disk has it.
    fn drawing(&self, _path: &Path) -> io::Result<String> {
        Err(io::ErrorKind::NotFound.into())
    }
}

/// No pictures at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoMaskFiles;

impl MaskFiles for NoMaskFiles {
    fn grey(&self, _: &Path) -> Option<GreyImage> {
        None
    }
}

impl GreyImage {
    /// Its value at a place, 0 to 1 each way, straight between its pixels' middles: 0 to 1.
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

/// Masks made ready for one picture's pixels.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Masks {
    ready: Vec<Ready>,
    /// Where the first one shows, all the rest is dark.
    dark: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Ready {
    kind: MaskKind,
    shape: Shape,
}

#[derive(Clone, Debug, PartialEq)]
enum Shape {
    /// Its edges, and the width of their passage in pixels.
    Line(Edges, f64),
    Picture(GreyImage),
}

/// How the places of masks land on the picture.
pub(super) struct Landing<'a> {
    /// From the masks' space to pixels.
    pub place: &'a dyn Fn(DVec2) -> DVec2,
    /// The rectangle of the masks' space that is followed.
    pub within: [DVec2; 2],
    /// Pixels of the picture for one of the output.
    pub scale: f64,
}

impl<'a> Landing<'a> {
    /// Of places in surface space.
    pub fn of_surface(place: &'a dyn Fn(DVec2) -> DVec2, scale: f64) -> Self {
        Self { place, within: [DVec2::splat(-BEYOND), DVec2::splat(1.0 + BEYOND)], scale }
    }

    /// Of places in output pixels.
    pub fn of_output(place: &'a dyn Fn(DVec2) -> DVec2, scale: f64) -> Self {
        Self { place, within: [DVec2::splat(-FARTHEST_PX), DVec2::splat(FARTHEST_PX)], scale }
    }

    fn flatten(&self, points: &[MaskPoint], feather: f64) -> Vec<DVec2> {
        let flatness = FLATNESS_PX.max(feather * FLATNESS_OF_FEATHER);
        let mut line = Vec::new();
        for (from, to) in points.iter().zip(points.iter().cycle().skip(1)) {
            let straight = from.after.is_none() && to.before.is_none();
            let [a, b, c, d] = [from.at, from.after.unwrap_or(from.at), to.before.unwrap_or(to.at), to.at];
            let at = |t: f64| {
                let p = if straight { a.lerp(d, t) } else { cubic([a, b, c, d], t) };
                (self.place)(p.clamp(self.within[0], self.within[1]))
            };
            let ends = [(0.0, at(0.0)), (1.0, at(1.0))];
            line.push(ends[0].1);
            halve(&at, flatness, ends, MOST_HALVINGS, &mut line);
        }
        line
    }
}

/// A cubic Bézier by de Casteljau's construction.
fn cubic([a, b, c, d]: [DVec2; 4], t: f64) -> DVec2 {
    let [ab, bc, cd] = [a.lerp(b, t), b.lerp(c, t), c.lerp(d, t)];
    ab.lerp(bc, t).lerp(bc.lerp(cd, t), t)
}

/// Adds points between both ends until the pieces are flat; neither end itself.
fn halve(
    at: &impl Fn(f64) -> DVec2,
    flatness: f64,
    [(s, from), (t, to)]: [(f64, DVec2); 2],
    left: u32,
    line: &mut Vec<DVec2>,
) {
    let along = to - from;
    let off = |p: DVec2| {
        let on = ((p - from).dot(along) / along.length_squared().max(1e-18)).clamp(0.0, 1.0);
        (from + along * on - p).length()
    };
    let middle = (s + t) / 2.0;
    let [first, second, third] = [(s + middle) / 2.0, middle, (middle + t) / 2.0].map(at);
    if left == 0 || [first, second, third].into_iter().all(|p| off(p) <= flatness) {
        return;
    }
    halve(at, flatness, [(s, from), (middle, second)], left - 1, line);
    line.push(second);
    halve(at, flatness, [(middle, second), (t, to)], left - 1, line);
}

impl Masks {
    /// Those masks, as they land on a picture. Calls `wrong` with a mask that cannot be: it is left out, but one whose picture
    /// is not there keeps everything dark.
    pub fn new(
        masks: &[Mask],
        landing: &Landing<'_>,
        pictures: &dyn MaskFiles,
        mut wrong: impl FnMut(&Mask, MaskFault),
    ) -> Self {
        let mut ready = Vec::with_capacity(masks.len());
        for mask in masks {
            let shape = match &mask.shape {
                MaskShape::Path(points) => path(points, landing, mask.feather),
                MaskShape::Picture(path) => {
                    pictures.grey(path).map(Shape::Picture).ok_or_else(|| MaskFault::NoPicture(path.clone()))
                }
            };
            match shape {
                Ok(shape) => ready.push(Ready { kind: mask.kind, shape }),
                Err(fault) => {
                    if matches!(fault, MaskFault::NoPicture(_)) {
                        // Somebody may sleep behind what it hid: rather all dark than that lit.
                        let value = if mask.kind == MaskKind::Hide { u8::MAX } else { 0 };
                        let shape = Shape::Picture(GreyImage { width: 1, height: 1, values: [value].into() });
                        ready.push(Ready { kind: mask.kind, shape });
                    }
                    wrong(mask, fault);
                }
            }
        }
        Self { ready, dark: masks.first().is_some_and(|mask| mask.kind == MaskKind::Show) }
    }

    /// A surface's shape as a mask that shows it; none for a whole rectangle, or for a polygon that is none.
    pub fn outline(outline: &Outline, landing: &Landing<'_>) -> Option<Self> {
        let corner = |at: DVec2| MaskPoint { at, before: None, after: None };
        let points: Vec<MaskPoint> = match outline {
            Outline::Rectangle => return None,
            Outline::Polygon(points) => points.iter().map(|at| corner(*at)).collect(),
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
        let shape = path(&points, landing, 0.0).ok()?;
        Some(Self { ready: vec![Ready { kind: MaskKind::Show, shape }], dark: true })
    }

    /// Whether nothing is dark.
    pub const fn is_empty(&self) -> bool {
        self.ready.is_empty() && !self.dark
    }

    /// Multiplies the values of an area's pixels by how much of each is lit, 0 to 1. `place` is where a pixel, by column and
    /// row, lies in the masks' pictures, 0 to 1 each way; none is nowhere.
    pub fn darken(&self, area: Area, values: &mut [f32], place: impl Fn(usize, usize) -> Option<DVec2>) {
        let width = area.size.x as usize;
        let mut lit = vec![if self.dark { 0.0 } else { 1.0_f32 }; area.pixels()];
        for Ready { kind, shape } in &self.ready {
            let towards = match kind {
                MaskKind::Hide => 0.0,
                MaskKind::Show => 1.0,
            };
            match shape {
                Shape::Line(edges, feather) => edges.rows(area, feather / 2.0, |row, first, distances| {
                    let per_px = (1.0 / feather) as f32;
                    for (lit, distance) in lit[row * width + first..].iter_mut().zip(distances) {
                        let t = distance * per_px + 0.5;
                        *lit += (towards - *lit) * smoothstep(t);
                    }
                }),
                Shape::Picture(picture) => {
                    for (index, lit) in lit.iter_mut().enumerate() {
                        if let Some(p) = place(index % width, index / width) {
                            *lit += (towards - *lit) * picture.at(p);
                        }
                    }
                }
            }
        }
        for (value, lit) in values.iter_mut().zip(lit) {
            *value *= lit;
        }
    }
}

fn path(points: &[MaskPoint], landing: &Landing<'_>, feather: f64) -> Result<Shape, MaskFault> {
    let of = |point: &MaskPoint| [Some(point.at), point.before, point.after];
    let finite = points.iter().flat_map(of).flatten().all(|p| p.abs().cmple(DVec2::splat(1e12)).all());
    let curved = points.iter().any(|point| point.before.is_some() || point.after.is_some());
    if !finite || points.len() < if curved { 2 } else { 3 } {
        return Err(MaskFault::NoArea);
    }
    if points.len() > MOST_POINTS {
        return Err(MaskFault::TooLong(points.len()));
    }
    // An edge without a feather passes over one pixel.
    let feather = feather * landing.scale;
    let feather = if feather.is_nan() { 1.0 } else { feather.clamp(1.0, FARTHEST_PX) };
    Ok(Shape::Line(Edges::closed(&landing.flatten(points, feather)), feather))
}
