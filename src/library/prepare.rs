//! One photograph from bytes to tile: the whole way, on one worker.

use super::budget::Budget;
use super::colour::{ColourModel, Profiles};
use super::decode::{Limits, Need, Opened};
use super::edit::Edit;
use super::resample::{Depth, Resampler};
use crate::tile::{TileLayout, tone_figures};
use crate::tile::planes::{LinearTile, encode_tile};
use crate::tone::ToneFigures;

/// A photograph's tile.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub tile: Vec<u8>,
    pub floor: Vec<u8>,
    pub tone: ToneFigures,
    /// What is to be said about it, if anything.
    pub remark: Option<String>,
}

/// Prepares photographs, one after the other; keeps what the next may need.
pub struct Preparer {
    layout: TileLayout,
    need: Need,
    limits: Limits,
    profiles: Profiles,
    resampler: Resampler,
}

impl Preparer {
    pub fn new(layout: TileLayout, aspect: f32, limits: Limits) -> Self {
        let need = Need { side: layout.side(), aspect: f64::from(aspect), edit: Edit::default() };
        Self { layout, need, limits, profiles: Profiles::default(), resampler: Resampler::default() }
    }

    /// Makes the tile of a photograph, as `edit` wants it. Waits for its share of `budget` before it decodes.
    ///
    /// # Errors
    /// In words, when it cannot be read.
    pub fn prepare(&mut self, bytes: &[u8], edit: Edit, budget: &Budget) -> Result<Prepared, String> {
        let need = Need { edit, ..self.need };
        let opened = Opened::new(bytes, need, self.limits)?;
        let _share = budget.take(opened.decode_bytes() + bytes.len() as u64);
        let decoded = opened.decode(need, self.limits)?;
        let mut remark = decoded.remark;
        let model = decoded.raster.model;
        let way = match decoded.icc.as_deref() {
            // Such files are linear by their nature.
            Some(_) if decoded.raster.depth == Depth::F32 => None,
            Some(icc) => self.profiles.way(icc, model).unwrap_or_else(|fault| {
                let instead = if model == ColourModel::Cmyk { "plain ink" } else { "sRGB" };
                remark.get_or_insert_with(|| format!("its colour profile cannot be used, taken as {instead}: {fault}"));
                None
            }),
            None => None,
        };
        let side = self.layout.side();
        let square = self.resampler.square(&decoded.raster, decoded.part, way.as_ref(), side)?;
        // Large, and not needed for the rest.
        drop(decoded.raster);
        let square = decoded.turn.upright_square(square, side as usize);
        let picture = LinearTile::new(side, square);
        let tone = tone_figures(&picture, None);
        let (tile, floor) = encode_tile(&picture, &self.layout);
        Ok(Prepared { tile, floor, tone, remark })
    }
}
