//! One photograph from bytes to tile: the whole way, on one worker.

use super::budget::Budget;
use super::colour::{ColourModel, ColourTransform, Profiles};
use super::crop::Rect;
use super::decode::{Decoded, Detail, Limits, Opened};
use super::detections::Detections;
use super::edit::Edit;
use super::faces::LONGEST;
use super::look::Detector;
use super::resample::{Depth, Resampler};
use millions_wall::tile::planes::{LinearTile, encode_tile};
use millions_wall::tile::{TileLayout, tone_figures};
use millions_wall::tone::ToneFigures;

/// A photograph's tile.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub tile: Vec<u8>,
    pub floor: Vec<u8>,
    pub tone: ToneFigures,
    /// What was seen in it and chosen.
    pub detections: Detections,
    /// What is to be said about it, if anything.
    pub remark: Option<String>,
}

/// Prepares photographs, one after the other; keeps what the next may need.
pub struct Preparer {
    layout: TileLayout,
    aspect: f64,
    limits: Limits,
    profiles: Profiles,
    resampler: Resampler,
    detector: Detector,
}

impl Preparer {
    pub fn new(layout: TileLayout, aspect: f32, limits: Limits) -> Self {
        let (profiles, resampler, detector) = Default::default();
        Self { layout, aspect: f64::from(aspect), limits, profiles, resampler, detector }
    }

    /// Makes the tile of a photograph, as `edit` wants it. Waits for its share of `budget` before it decodes.
    ///
    /// # Errors
    /// In words, when it cannot be read.
    pub fn prepare(&mut self, bytes: &[u8], edit: Edit, budget: &Budget) -> Result<Prepared, String> {
        let side = self.layout.side();
        let opened = Opened::new(bytes, Detail::Tile { side, aspect: self.aspect }, self.limits)?;
        let share = budget.take(opened.decode_bytes() + bytes.len() as u64);
        let mut decoded = opened.decode(self.limits)?;
        decoded.turn = edit.turn(decoded.turn);
        let way = self.way(&mut decoded);
        let reduced = self.resampler.reduced(&decoded.raster, decoded.turn, way.as_ref(), LONGEST);
        let (width, height) = decoded.upright_size();
        let (mut part, mut detections) = self.detector.look(&reduced, (width, height), self.aspect);
        if let Some(asked_for) = edit.part(width, height, self.aspect) {
            part = asked_for;
            detections.crop_by_hand(part, (width, height));
        }
        decoded.remark = decoded.remark.take().or_else(|| edit.remark(width, height, self.aspect));
        let needed = f64::from(side) / part.width.min(part.height);
        detections.set_stretch(needed);

        // The part may be smaller than was expected, and the file have more of it.
        let finer = (decoded.scale < needed.min(1.0))
            .then(|| Opened::new(bytes, Detail::Scale(needed), self.limits).ok())
            .flatten();
        let Some(finer) = finer else { return self.finish(decoded, way.as_ref(), part, detections) };
        // Two at a time would take more than this photograph's share.
        let (size, remark) = (decoded.full_size, decoded.remark.take());
        drop(decoded);
        drop(share);
        let _share = budget.take(finer.decode_bytes() + bytes.len() as u64);
        let mut decoded = finer.decode(self.limits)?;
        decoded.turn = edit.turn(decoded.turn);
        if decoded.full_size != size {
            return Err("it has another size at another scale".into());
        }
        decoded.remark = remark.or(decoded.remark);
        self.finish(decoded, way.as_ref(), part, detections)
    }

    /// The way from the picture's colours to sRGB, if there is one to go.
    fn way(&mut self, decoded: &mut Decoded) -> Option<ColourTransform> {
        let Decoded { raster, icc, remark, .. } = decoded;
        let (icc, model) = (icc.as_deref()?, raster.model);
        if raster.depth == Depth::F32 {
            // Such files are linear by their nature.
            return None;
        }
        self.profiles.way(icc, model).unwrap_or_else(|fault| {
            let instead = if model == ColourModel::Cmyk { "plain ink" } else { "sRGB" };
            remark.get_or_insert_with(|| format!("its colour profile cannot be used, taken as {instead}: {fault}"));
            None
        })
    }

    /// From the decoded picture to the tile.
    fn finish(
        &mut self,
        decoded: Decoded,
        way: Option<&ColourTransform>,
        part: Rect,
        detections: Detections,
    ) -> Result<Prepared, String> {
        let side = self.layout.side();
        let part = decoded.part(part);
        let Decoded { raster, turn, remark, .. } = decoded;
        let square = self.resampler.square(&raster, part, way, side)?;
        // Large, and not needed for the rest.
        drop(raster);
        let square = turn.upright_square(square, side as usize);
        let picture = LinearTile::new(side, square);
        let tone = tone_figures(&picture, detections.face_in_tile().map(|face| face.edges));
        let (tile, floor) = encode_tile(&picture, &self.layout);
        Ok(Prepared { tile, floor, tone, detections, remark })
    }
}
