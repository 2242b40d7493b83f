//! What black still emits, evened out where less of it falls than elsewhere. See [`BlackOffset`].

use glam::DVec2;

use super::Stage;
use super::blend::Share;
use super::raster_coverage::{Raster, RasterCoverage};

/// The light of black on all of a stage.
pub(super) struct ProjectorCoverage<'a> {
    stage: &'a Stage,
    rasters: Vec<Raster>,
    /// The most that falls anywhere on surfaces whose black can be lifted.
    most: f64,
}

/// What is added to a surface's black, so that it is everywhere as light as where the most black of projectors falls.
///
/// What is missing at a place is shared like the picture's own light ([`Share`]), by those that have a surface there and
/// a black level set: it makes one, without a line where one of them ends, and what a mask takes from one the others
/// give. An output without a black level is left as it is, and its black counts for nothing.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BlackOffset {
    raster_coverage: RasterCoverage,
    most: f64,
    /// None where no other can lift.
    share: Option<Share>,
}

impl<'a> ProjectorCoverage<'a> {
    /// None where there is nothing to even out: where no output has a black level, or no two that have one overlap.
    pub fn new(stage: &'a Stage) -> Option<Self> {
        if !stage.outputs.iter().any(|output| output.black_level.light > 0.0) {
            return None;
        }
        let rasters = Raster::all(stage);
        let (mut most, mut overlaps) = (0.0_f64, false);
        for (index, own) in rasters.iter().enumerate().filter(|(_, own)| own.light > 0.0) {
            let there = RasterCoverage::new(&rasters, index, stage.aspect).most(own);
            overlaps |= there > own.light;
            most = most.max(there);
        }
        overlaps.then_some(Self { stage, rasters, most })
    }

    /// The lift of a surface, none where it has none. Surfaces that are not there lift nothing.
    pub fn lift(&self, surface: usize, is_there: impl Fn(usize) -> bool) -> Option<BlackOffset> {
        let lifts = |index: usize| self.rasters[index].light > 0.0;
        lifts(surface).then(|| BlackOffset {
            raster_coverage: RasterCoverage::new(&self.rasters, surface, self.stage.aspect),
            most: self.most,
            share: Share::new(self.stage, surface, |other| lifts(other) && is_there(other)),
        })
    }
}

impl BlackOffset {
    /// The other surfaces that lift some of the same, by their index.
    pub fn others(&self) -> impl Iterator<Item = usize> {
        self.share.iter().flat_map(Share::others)
    }

    /// The light that is added at a place of the wall, 0 to 1 each way; `surface_coverage` and `light` are those of [`Share::at`].
    pub fn light(&self, q: DVec2, surface_coverage: f64, light: impl Fn(usize) -> f64) -> f64 {
        let missing = self.most - self.raster_coverage.light(q);
        // What is left of a sum is none.
        if missing <= self.most * 1e-9 {
            return 0.0;
        }
        missing * self.share.as_ref().map_or(1.0, |share| share.at(q, surface_coverage, light))
    }
}
