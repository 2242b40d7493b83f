//! What a surface's own shape and masks leave of it. See [`OwnMasks`].

use std::cell::OnceCell;

use glam::{DMat2, DVec2};

use super::fault::StageFault;
use super::masks::{Landing, MaskFiles, Masks};
use super::pixel_positions::PixelPositions;
use super::raster::Area;
use super::resolved::{ToTarget, boundary, checked};
use super::warp::Warp;
use super::{Stage, Surface};

/// A surface's shape and masks, as they land on a target.
pub(super) struct OwnMasks {
    outline: Option<Masks>,
    masks: Masks,
}

impl OwnMasks {
    /// Calls `wrong` for a mask that is left out.
    pub fn new(
        surface: &Surface,
        warp: &Warp,
        to_target: &ToTarget,
        pictures: &dyn MaskFiles,
        mut wrong: impl FnMut(StageFault),
    ) -> Self {
        let place = |p: DVec2| {
            let at = to_target.pixels(warp.at(p));
            at.truncate() / at.z
        };
        let landing = Landing::of_surface(&place, scale(to_target.linear()));
        let masks = Masks::new(&surface.masks, &landing, pictures, |mask, fault| {
            wrong(StageFault::Mask { mask: mask.name.clone(), of: surface.name.clone(), fault });
        });
        Self { outline: Masks::outline(&surface.outline, &landing), masks }
    }

    pub const fn is_empty(&self) -> bool {
        self.outline.is_none() && self.masks.is_empty()
    }

    /// How much is left of each pixel of an area.
    pub fn light(&self, area: Area, places: &PixelPositions) -> Vec<f32> {
        let mut values = vec![1.0; area.pixels()];
        let place = |column: usize, row: usize| places.at(column, row);
        if let Some(outline) = &self.outline {
            outline.darken(area, &mut values, place);
        }
        if !self.masks.is_empty() {
            self.masks.darken(area, &mut values, place);
        }
        values
    }
}

/// How many target pixels an output pixel is, whichever way.
pub(super) fn scale(linear: DMat2) -> f64 {
    linear.determinant().abs().sqrt()
}

/// A surface of another output, made when it is first asked for.
pub(super) struct Neighbour<'a> {
    stage: &'a Stage,
    surface: &'a Surface,
    /// None where it cannot be, and is left out.
    warp: OnceCell<Option<Warp>>,
    surface_coverage: OnceCell<Option<SurfaceCoverage>>,
}

/// What a surface's shape and masks leave of it, in its own output's pixels.
pub(super) struct SurfaceCoverage {
    warp: Warp,
    part: [DVec2; 2],
    gamma: f64,
    area: Area,
    values: Vec<f32>,
}

impl<'a> Neighbour<'a> {
    pub const fn new(stage: &'a Stage, surface: &'a Surface) -> Self {
        Self { stage, surface, warp: OnceCell::new(), surface_coverage: OnceCell::new() }
    }

    /// Whether it can be drawn at all.
    pub fn is_there(&self) -> bool {
        self.warp().is_some()
    }

    fn warp(&self) -> Option<&Warp> {
        self.warp.get_or_init(|| checked(self.surface).ok()).as_ref()
    }

    /// What is left of it; none: everything. Its faults are told where it is laid itself.
    pub fn surface_coverage(&self, pictures: &dyn MaskFiles) -> Option<&SurfaceCoverage> {
        let made = || {
            let warp = self.warp()?;
            let output = self.stage.output(&self.surface.output)?;
            let unturned = ToTarget::unturned(output.size);
            let masks = OwnMasks::new(self.surface, warp, &unturned, pictures, |_| {});
            if masks.is_empty() {
                return None;
            }
            let area = Area::around(&boundary(warp, &unturned), output.size);
            let values = masks.light(area, &PixelPositions::new(warp, &unturned, area));
            let (part, gamma) = (self.surface.part, output.blend.gamma);
            Some(SurfaceCoverage { warp: warp.clone(), part, gamma, area, values })
        };
        self.surface_coverage.get_or_init(made).as_ref()
    }
}

impl SurfaceCoverage {
    /// What is left of the light at a place of the wall, 0 to 1 each way.
    pub fn at(&self, q: DVec2) -> f64 {
        let signal = self.signal(self.warp.position((q - self.part[0]) / (self.part[1] - self.part[0])));
        if signal == 1.0 { 1.0 } else { f64::from(signal.powf(self.gamma as f32)) }
    }

    /// Straight between the pixels' middles; beyond them as at the edge.
    fn signal(&self, p_in_output: DVec2) -> f32 {
        let Area { origin, size } = self.area;
        if size.min_element() == 0 {
            return 0.0;
        }
        let last = size.as_dvec2() - 1.0;
        let p = (p_in_output - origin.as_dvec2() - 0.5).clamp(DVec2::ZERO, last);
        let first = p.floor();
        let t = (p - first).as_vec2();
        let [width, x, y] = [size.x as usize, first.x as usize, first.y as usize];
        let (right, down) = (usize::from(x + 1 < width), if y + 1 < size.y as usize { width } else { 0 });
        let row = |at: usize| self.values[at] + (self.values[at + right] - self.values[at]) * t.x;
        let at = y * width + x;
        row(at) + (row(at + down) - row(at)) * t.y
    }
}
