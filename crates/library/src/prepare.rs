//! One photograph from bytes to tile, on one worker.

use millions_wall::tile::planes::{LinearTile, encode_tile};
use millions_wall::tile::{TileLayout, tone_figures};
use millions_wall::tone::ToneFigures;

use super::budget::MemoryBudget;
use super::colour::{ColourModel, ColourTransform, TransformCache};
use super::crop::Rect;
use super::decode::{Decoded, Limits, PhotoDecoder, Resolution};
use super::detections::Detections;
use super::detector::Detector;
use super::edit::Edit;
use super::error::damaged;
use super::faces::MAX_ANALYSIS_SIDE;
use super::perceptual::PerceptualHash;
use super::resample::{Depth, Resampler};

/// The tile of a photograph.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub tile: Vec<u8>,
    pub floor: Vec<u8>,
    pub tone: ToneFigures,
    pub detections: Detections,
    /// The perceptual hash of the photograph as it was before the edit.
    pub looks: Option<PerceptualHash>,
    /// Something worth knowing that is no error.
    pub remark: Option<String>,
}

/// Prepares one photograph after the other; keeps its buffers and colour transforms.
pub struct Preparer {
    layout: TileLayout,
    aspect: f64,
    limits: Limits,
    transforms: TransformCache,
    resampler: Resampler,
    detector: Detector,
}

impl Preparer {
    pub fn new(layout: TileLayout, aspect: f32, limits: Limits) -> Self {
        let (transforms, resampler, detector) = Default::default();
        Self { layout, aspect: f64::from(aspect), limits, transforms, resampler, detector }
    }

    /// Makes the tile of a photograph with an edit. Waits for its share of `budget` before it decodes.
    ///
    /// # Errors
    /// A text, when the photograph cannot be read.
    pub fn prepare(&mut self, bytes: &[u8], edit: Edit, budget: &MemoryBudget) -> Result<Prepared, String> {
        let side = self.layout.side();
        let decoder = PhotoDecoder::new(bytes, Resolution::Tile { side, aspect: self.aspect }, self.limits)?;
        let share = budget.take(decoder.decode_bytes() + bytes.len() as u64);
        let mut decoded = decoder.decode(self.limits)?;
        decoded.orientation = edit.orientation(decoded.orientation);
        let transform = self.colour_transform(&mut decoded);
        let (raster, orientation) = (&decoded.raster, decoded.orientation);
        let image = self.resampler.analysis_image(raster, orientation, transform.as_ref(), MAX_ANALYSIS_SIDE);
        let looks = PerceptualHash::of(&image, edit.quarter_turns);
        let (width, height) = decoded.upright_size();
        let (mut crop, mut detections) = self.detector.detect(&image, (width, height), self.aspect);
        if let Some(edited) = edit.crop_rect(width, height, self.aspect) {
            crop = edited;
            detections.set_edited_crop(crop, (width, height));
        }
        decoded.remark = decoded.remark.take().or_else(|| edit.remark(width, height, self.aspect));
        let texels_per_pixel = f64::from(side) / crop.width.min(crop.height);
        detections.set_texels_per_pixel(texels_per_pixel);

        // Where the crop is smaller than expected, a finer scale may be there: decode again.
        let finer = (decoded.scale < texels_per_pixel.min(1.0))
            .then(|| PhotoDecoder::new(bytes, Resolution::Scale(texels_per_pixel), self.limits).ok())
            .flatten();
        let Some(finer) = finer else { return self.finish(decoded, transform.as_ref(), crop, detections, looks) };
        // Both decoded pictures together would exceed this photograph's share.
        let (full_size, remark) = (decoded.full_size, decoded.remark.take());
        drop(decoded);
        drop(share);
        let _share = budget.take(finer.decode_bytes() + bytes.len() as u64);
        let mut decoded = finer.decode(self.limits)?;
        decoded.orientation = edit.orientation(decoded.orientation);
        if decoded.full_size != full_size {
            return Err(damaged("the picture"));
        }
        decoded.remark = remark.or(decoded.remark);
        self.finish(decoded, transform.as_ref(), crop, detections, looks)
    }

    /// The transform from the picture's colours to sRGB; `None` where they are sRGB, or the profile cannot be used.
    fn colour_transform(&mut self, decoded: &mut Decoded) -> Option<ColourTransform> {
        let Decoded { raster, icc, remark, .. } = decoded;
        let (icc, model) = (icc.as_deref()?, raster.model);
        if raster.depth == Depth::F32 {
            // Floating-point files are linear by convention.
            return None;
        }
        self.transforms.transform(icc, model).unwrap_or_else(|fault| {
            let instead = if model == ColourModel::Cmyk { "plain ink" } else { "sRGB" };
            remark.get_or_insert_with(|| format!("its colour profile {fault}, taken as {instead}"));
            None
        })
    }

    /// Resamples, orients, measures and encodes the crop.
    fn finish(
        &mut self,
        decoded: Decoded,
        transform: Option<&ColourTransform>,
        crop: Rect,
        detections: Detections,
        looks: Option<PerceptualHash>,
    ) -> Result<Prepared, String> {
        let side = self.layout.side();
        let crop = decoded.crop_in_raster(crop);
        let Decoded { raster, orientation, remark, .. } = decoded;
        let square = self.resampler.square(&raster, crop, transform, side)?;
        // Large, and not needed any more.
        drop(raster);
        let tile = LinearTile::new(side, orientation.upright_square(square, side as usize));
        let tone = tone_figures(&tile, detections.face_in_tile().map(|face| face.edges));
        let (tile, floor) = encode_tile(&tile, &self.layout);
        Ok(Prepared { tile, floor, tone, detections, looks, remark })
    }
}
