//! Where things are on an output. See [`Ground`].

use std::cell::OnceCell;
use std::path::Path;

use glam::{DMat2, DVec2};

use super::super::{Outline, Stage};
use super::path::{flat, path_area};
use super::selection::{End, MaskPlace, Part, Place, mesh_of_corner, path};

/// What the editor must know of warps, and of files beside the stage's. Both are of other rooms; whoever holds the editor
/// brings them.
pub trait Space {
    /// The warp of a surface, by its place in the stage; none where there is nothing to be seen of it.
    fn warp<'a>(&'a self, stage: &'a Stage, surface: usize) -> Option<Box<dyn SurfaceSpace + 'a>>;

    /// Whether a stage can be shown.
    ///
    /// # Errors
    /// What is wrong with it, in a few words for the screen.
    fn accepts(&self, stage: &Stage) -> Result<(), String>;

    /// Whether a file is there that the stage's is to name.
    fn is_there(&self, _path: &Path) -> bool {
        false
    }

    /// Its text.
    ///
    /// # Errors
    /// Why it cannot be read, in a few words for the screen.
    fn read(&self, _path: &Path) -> Result<String, String> {
        Err("cannot be read from here".to_owned())
    }
}

/// The way between a surface's own space, 0 to 1 each way, and pixels of its output.
pub trait SurfaceSpace {
    /// Where a place of the surface lands. None is nowhere.
    fn output_from_surface(&self, p: DVec2) -> Option<DVec2>;

    /// The place of the surface that lands there; none where the surface is not.
    fn surface_from_output(&self, p: DVec2) -> Option<DVec2>;
}

/// The corners of surface space, in order.
pub(super) const UNIT: [DVec2; 4] = [DVec2::ZERO, DVec2::X, DVec2::ONE, DVec2::Y];

/// A stage as it lies on one output.
pub(super) struct Ground<'a> {
    pub stage: &'a Stage,
    pub output: usize,
    space: &'a dyn Space,
    warps: Vec<OnceCell<Option<Box<dyn SurfaceSpace + 'a>>>>,
}

impl<'a> Ground<'a> {
    pub fn new(stage: &'a Stage, output: usize, space: &'a dyn Space) -> Self {
        let warps = stage.surfaces.iter().map(|_| OnceCell::new()).collect();
        Self { stage, output, space, warps }
    }

    /// The warp of a surface.
    fn warp(&self, surface: usize) -> Option<&dyn SurfaceSpace> {
        let warp = self.warps.get(surface)?.get_or_init(|| self.space.warp(self.stage, surface));
        warp.as_deref()
    }

    /// Where a place of a surface, or of the output itself, lands.
    pub fn land(&self, surface: Option<usize>, p: DVec2) -> Option<DVec2> {
        let Some(surface) = surface else { return Some(p) };
        self.warp(surface)?.output_from_surface(p).filter(|p| p.is_finite())
    }

    /// What lands there, also beyond the surface: a mask may reach over its edge.
    pub fn lift(&self, surface: Option<usize>, p: DVec2) -> Option<DVec2> {
        let Some(surface) = surface else { return Some(p) };
        let warp = self.warp(surface)?;
        warp.surface_from_output(p).filter(|p| p.is_finite()).or_else(|| beyond(warp, p))
    }

    /// Where something is; of a surface the middle of its corners, of a mask that of its points.
    pub fn at(&self, place: Place) -> Option<DVec2> {
        let surface = |index: usize| self.stage.surfaces.get(index);
        match place {
            Place::Surface(index) => Some(surface(index)?.corners.iter().sum::<DVec2>() / 4.0),
            Place::Corner { surface: index, corner } => {
                let surface = surface(index)?;
                let moved = mesh_of_corner(surface, corner)
                    .and_then(|point| surface.mesh.as_ref()?.moved.get(point).copied())
                    .unwrap_or_default();
                Some(surface.corners[corner] + moved)
            }
            Place::Bend { surface: index, end } => {
                let bend = surface(index)?.bend?;
                Some(if end == End::Top { bend.top } else { bend.bottom })
            }
            Place::Mesh { surface: index, point } => {
                let mesh = surface(index)?.mesh.as_ref()?;
                self.land(Some(index), mesh_place(mesh.columns, mesh.rows, point))
            }
            Place::Outline { surface: index, point } => match &surface(index)?.outline {
                Outline::Polygon(points) => self.land(Some(index), *points.get(point)?),
                Outline::Rectangle | Outline::Circle => None,
            },
            Place::Mask(mask) => {
                let points = path(self.stage, self.output, mask)?;
                let sum: DVec2 = points.iter().map(|point| point.at).sum();
                self.land(mask.surface, sum / points.len().max(1) as f64)
            }
            Place::MaskPoint { mask, point, part } => {
                let point = path(self.stage, self.output, mask)?.get(point)?;
                let own = match part {
                    Part::At => Some(point.at),
                    Part::Before => point.before,
                    Part::After => point.after,
                };
                self.land(mask.surface, own?)
            }
        }
    }

    /// The line around a surface, closed.
    pub fn border(&self, index: usize) -> Vec<DVec2> {
        let Some(surface) = self.stage.surfaces.get(index) else { return Vec::new() };
        let pieces = if surface.mesh.is_none() && surface.bend.is_none() { 1 } else { PIECES };
        let around = (0..4).flat_map(|side| {
            let (from, to) = (UNIT[side], UNIT[(side + 1) % 4]);
            (0..pieces).map(move |piece| from.lerp(to, f64::from(piece) / f64::from(pieces)))
        });
        around.map(|p| self.land(Some(index), p)).collect::<Option<_>>().unwrap_or_else(|| surface.corners.to_vec())
    }

    /// The line around a mask, closed; empty for a picture, and where the surface lands nowhere.
    pub fn around(&self, mask: MaskPlace) -> Vec<DVec2> {
        let Some(points) = path(self.stage, self.output, mask) else { return Vec::new() };
        let bent = mask.surface.and_then(|surface| self.stage.surfaces.get(surface));
        let bent = bent.is_some_and(|surface| surface.mesh.is_some() || surface.bend.is_some());
        flat(points, bent)
            .into_iter()
            .map(|spot| self.land(mask.surface, spot.at))
            .collect::<Option<_>>()
            .unwrap_or_default()
    }

    /// The smallest of the surfaces and masks that a point lies in; of equals the uppermost.
    pub fn under(&self, p: DVec2) -> Option<Place> {
        let mut least: Option<(f64, Place)> = None;
        let surfaces = super::selection::surfaces(self.stage, self.output);
        let owners = surfaces.iter().map(|surface| Some(*surface)).chain([None]);
        let masks = owners.flat_map(|surface| {
            let count = super::selection::masks(self.stage, self.output, surface).len();
            (0..count).map(move |mask| Place::Mask(MaskPlace { surface, mask }))
        });
        for place in surfaces.iter().map(|surface| Place::Surface(*surface)).chain(masks) {
            let line = match place {
                Place::Mask(mask) => self.around(mask),
                _ => place.surface().map(|surface| self.border(surface)).unwrap_or_default(),
            };
            let area = path_area(&line);
            if is_inside(&line, p) && least.is_none_or(|(before, _)| area <= before) {
                least = Some((area, place));
            }
        }
        least.map(|(_, place)| place)
    }

    /// How much larger than on an output 1080 pixels high things are drawn, at least 1.
    pub fn scale(&self) -> f64 {
        scale(self.stage, self.output)
    }
}

/// The place beyond a surface that lands at `p`, by Newton's method from the nearest of the places on its edge.
fn beyond(warp: &dyn SurfaceSpace, p: DVec2) -> Option<DVec2> {
    let land = |own: DVec2| warp.output_from_surface(own).filter(|p| p.is_finite());
    let edge =
        (0..4).flat_map(|side| (0..8).map(move |step| UNIT[side].lerp(UNIT[(side + 1) % 4], f64::from(step) / 8.0)));
    let distances = edge.filter_map(|own| Some((own, land(own)?.distance_squared(p))));
    let (mut own, _) = distances.min_by(|a, b| a.1.total_cmp(&b.1))?;
    for _ in 0..40 {
        let off = p - land(own)?;
        if off.length() < NEAR_PX {
            return Some(own);
        }
        let slope = |step: DVec2| Some((land(own + step)? - land(own - step)?) / (2.0 * STEP));
        let slopes = DMat2::from_cols(slope(DVec2::X * STEP)?, slope(DVec2::Y * STEP)?);
        // Not more than its own size at once: a perspective soon is another.
        own += (slopes.inverse() * off).clamp_length_max(1.0);
        if !own.is_finite() {
            return None;
        }
    }
    None
}

/// How near is there, in output pixels: nearer than a file tells.
const NEAR_PX: f64 = 2e-4;
/// The step by which slopes are taken, in the surface's widths and heights.
const STEP: f64 = 1e-5;
/// Pieces that a side that may be bent is drawn in.
const PIECES: u32 = 32;

/// How much larger than on an output 1080 pixels high things are drawn, at least 1.
pub(super) fn scale(stage: &Stage, output: usize) -> f64 {
    stage.outputs.get(output).map_or(1.0, |output| (f64::from(output.size.y) / 1080.0).max(1.0))
}

/// Where a point of a mesh is in surface space.
pub(super) fn mesh_place(columns: u32, rows: u32, point: usize) -> DVec2 {
    let along = columns as usize + 1;
    DVec2::new((point % along) as f64 / f64::from(columns), (point / along) as f64 / f64::from(rows))
}

/// Whether a point lies in a polygon, by the even-odd rule.
fn is_inside(line: &[DVec2], p: DVec2) -> bool {
    let mut inside = false;
    for (a, b) in line.iter().zip(line.iter().cycle().skip(1)) {
        if (a.y > p.y) != (b.y > p.y) && p.x < (b.x - a.x) * (p.y - a.y) / (b.y - a.y) + a.x {
            inside = !inside;
        }
    }
    inside
}
