//! Black-level compensation: raises black where fewer projectors overlap to that of the overlaps. See [`BlackOffset`].

use glam::DVec2;

use super::Stage;
use super::blend::BlendShare;
use super::raster_coverage::{Raster, RasterCoverage};

/// The projector coverage of a whole stage: the light of black that falls on each surface.
pub(super) struct ProjectorCoverage<'a> {
    stage: &'a Stage,
    rasters: Vec<Raster>,
    /// The most light of black anywhere on surfaces that can be compensated.
    max_light: f64,
}

/// The light that is added to a surface's black, so that all of the wall is as light as where most black falls.
///
/// What is missing at a point is divided like the light of the picture ([`BlendShare`]) between the surfaces there whose
/// outputs have a black level: it adds up to one, without a seam where one of them ends, and what a mask takes from one the
/// others give. An output without a black level is left as it is, and its black counts for nothing.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BlackOffset {
    raster_coverage: RasterCoverage,
    max_light: f64,
    /// None where no other surface can compensate.
    share: Option<BlendShare>,
}

impl<'a> ProjectorCoverage<'a> {
    /// None where nothing is to be compensated: where no output has a black level, or no two that have one overlap.
    pub fn new(stage: &'a Stage) -> Option<Self> {
        if !stage.outputs.iter().any(|output| output.black_level.light > 0.0) {
            return None;
        }
        let rasters = Raster::all(stage);
        let (mut max_light, mut overlaps) = (0.0_f64, false);
        for (index, own) in rasters.iter().enumerate().filter(|(_, own)| own.light > 0.0) {
            let light = RasterCoverage::new(&rasters, index, stage.aspect).max_light(own);
            overlaps |= light > own.light;
            max_light = max_light.max(light);
        }
        overlaps.then_some(Self { stage, rasters, max_light })
    }

    /// The black offset of a surface; none without a black level. Surfaces without a warp compensate nothing.
    pub fn black_offset(&self, surface: usize, has_warp: impl Fn(usize) -> bool) -> Option<BlackOffset> {
        let has_level = |index: usize| self.rasters[index].light > 0.0;
        has_level(surface).then(|| BlackOffset {
            raster_coverage: RasterCoverage::new(&self.rasters, surface, self.stage.aspect),
            max_light: self.max_light,
            share: BlendShare::new(self.stage, surface, |other| has_level(other) && has_warp(other)),
        })
    }
}

impl BlackOffset {
    /// The other surfaces that compensate some of the same, by their index.
    pub fn others(&self) -> impl Iterator<Item = usize> {
        self.share.iter().flat_map(BlendShare::others)
    }

    /// The linear light that is added at a point of the wall, 0 to 1 each way; `own` and `others` are those of
    /// [`BlendShare::at`].
    pub fn light(&self, q: DVec2, own: f64, others: impl Fn(usize) -> f64) -> f64 {
        let missing = self.max_light - self.raster_coverage.light(q);
        // The rounding error of a sum.
        if missing <= self.max_light * 1e-9 {
            return 0.0;
        }
        missing * self.share.as_ref().map_or(1.0, |share| share.at(q, own, others))
    }
}
