//! Surface coverage: what the outline and masks of a surface leave of it. See [`OwnMasks`].

use std::cell::OnceCell;

use glam::{DMat2, DVec2};

use super::fault::StageFault;
use super::masks::{MaskImages, MaskSpace, Masks};
use super::pixel_positions::PixelPositions;
use super::raster::Area;
use super::resolved::{ToTarget, boundary, checked};
use super::warp::Warp;
use super::{Stage, Surface};

/// The outline and masks of a surface, rasterised to a target.
pub(super) struct OwnMasks {
    outline: Option<Masks>,
    masks: Masks,
}

impl OwnMasks {
    /// Calls `report` for each mask that is left out.
    pub fn new(
        surface: &Surface,
        warp: &Warp,
        to_target: &ToTarget,
        files: &dyn MaskImages,
        mut report: impl FnMut(StageFault),
    ) -> Self {
        let target_from_surface = |p: DVec2| {
            let at = to_target.pixels(warp.at(p));
            at.truncate() / at.z
        };
        let space = MaskSpace::surface(&target_from_surface, pixel_scale(to_target.linear()));
        let masks = Masks::new(&surface.masks, &space, files, |mask, fault| {
            report(StageFault::Mask { mask: mask.name.clone(), of: surface.name.clone(), fault });
        });
        Self { outline: Masks::outline(&surface.outline, &space), masks }
    }

    pub const fn is_empty(&self) -> bool {
        self.outline.is_none() && self.masks.is_empty()
    }

    /// The coverage of each pixel of an area, 0 to 1.
    pub fn coverage(&self, area: Area, positions: &PixelPositions) -> Vec<f32> {
        let mut values = vec![1.0; area.pixels()];
        let position = |column: usize, row: usize| positions.at(column, row);
        if let Some(outline) = &self.outline {
            outline.multiply(area, &mut values, position);
        }
        if !self.masks.is_empty() {
            self.masks.multiply(area, &mut values, position);
        }
        values
    }
}

/// The size of an output pixel in target pixels, the mean of both ways.
pub(super) fn pixel_scale(linear: DMat2) -> f64 {
    linear.determinant().abs().sqrt()
}

/// A surface that may overlap others; warp and coverage are made when they are first needed.
pub(super) struct Neighbour<'a> {
    stage: &'a Stage,
    surface: &'a Surface,
    /// None where the surface is faulty, and left out.
    warp: OnceCell<Option<Warp>>,
    coverage: OnceCell<Option<SurfaceCoverage>>,
}

/// The coverage of a surface, in pixels of its own output.
pub(super) struct SurfaceCoverage {
    warp: Warp,
    part: [DVec2; 2],
    gamma: f64,
    area: Area,
    values: Vec<f32>,
}

impl<'a> Neighbour<'a> {
    pub const fn new(stage: &'a Stage, surface: &'a Surface) -> Self {
        Self { stage, surface, warp: OnceCell::new(), coverage: OnceCell::new() }
    }

    pub fn has_warp(&self) -> bool {
        self.warp().is_some()
    }

    fn warp(&self) -> Option<&Warp> {
        self.warp.get_or_init(|| checked(self.surface).ok()).as_ref()
    }

    /// The coverage; none: 1 everywhere. Faults of its masks are reported where its own output is resolved.
    pub fn coverage(&self, files: &dyn MaskImages) -> Option<&SurfaceCoverage> {
        let make = || {
            let warp = self.warp()?;
            let output = self.stage.output_named(&self.surface.output)?;
            let unturned = ToTarget::unturned(output.size);
            let masks = OwnMasks::new(self.surface, warp, &unturned, files, |_| {});
            if masks.is_empty() {
                return None;
            }
            let area = Area::around(&boundary(warp, &unturned), output.size);
            let values = masks.coverage(area, &PixelPositions::new(warp, &unturned, area));
            let (part, gamma) = (self.surface.part, output.blend.gamma);
            Some(SurfaceCoverage { warp: warp.clone(), part, gamma, area, values })
        };
        self.coverage.get_or_init(make).as_ref()
    }
}

impl SurfaceCoverage {
    /// The factor of the linear light at a point of the wall, 0 to 1 each way.
    pub fn at(&self, q: DVec2) -> f64 {
        let signal = self.signal(self.warp.position((q - self.part[0]) / (self.part[1] - self.part[0])));
        if signal == 1.0 { 1.0 } else { f64::from(signal.powf(self.gamma as f32)) }
    }

    /// The encoded coverage, interpolated between pixel centres; beyond the area, that of its edge.
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
