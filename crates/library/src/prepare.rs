//! One photograph from bytes to tile, on one worker.

use millions_wall::tile::planes::{LinearTile, encode_tile};
use millions_wall::tile::{TileLayout, tone_figures};
use millions_wall::tone::ToneFigures;

use super::budget::Allowance;
use super::colour::{ColourModel, ColourTransform, TransformCache};
use super::crop::Rect;
use super::decode::{Decoded, Limits, PhotoDecoder, Resolution};
use super::detections::Detections;
use super::detector::Detector;
use super::edit::Edit;
use super::error::damaged;
use super::extension::{extend, is_cut_out_round};
use super::faces::MAX_ANALYSIS_SIDE;
use super::perceptual::PerceptualHash;
use super::resample::{Depth, Raster, Resampler};
use super::turn::{Turned, turned_square};

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

    /// Whether it makes tiles of `side` texels and an aspect, within these limits.
    pub fn is_for(&self, side: u32, aspect: f32, limits: Limits) -> bool {
        self.layout.side() == side && self.aspect == f64::from(aspect) && self.limits == limits
    }

    /// Makes the tile of a photograph with an edit. Takes `memory` before it decodes.
    ///
    /// # Errors
    /// A text, when the photograph cannot be read.
    pub fn prepare(&mut self, bytes: &[u8], edit: Edit, memory: &mut dyn Allowance) -> Result<Prepared, String> {
        let side = self.layout.side();
        let decoder = PhotoDecoder::new(bytes, Resolution::Tile { side, aspect: self.aspect }, self.limits)?;
        memory.take(decoder.decode_bytes() + bytes.len() as u64);
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
        let finished = match finer {
            None => self.finish(decoded, transform.as_ref(), crop, detections.roll())?,
            Some(finer) => {
                // Both decoded pictures together would exceed this photograph's share.
                let (full_size, remark) = (decoded.full_size, decoded.remark.take());
                drop(decoded);
                memory.take(finer.decode_bytes() + bytes.len() as u64);
                let mut decoded = finer.decode(self.limits)?;
                decoded.orientation = edit.orientation(decoded.orientation);
                if decoded.full_size != full_size {
                    return Err(damaged("the picture"));
                }
                decoded.remark = remark.or(decoded.remark);
                self.finish(decoded, transform.as_ref(), crop, detections.roll())?
            }
        };
        let (tile, remark) = finished;
        let face = detections.face_in_tile(self.aspect).map(|face| face.edges);
        let tone = tone_figures(&tile, face);
        let (tile, floor) = encode_tile(&tile, &self.layout);
        Ok(Prepared { tile, floor, tone, detections, looks, remark })
    }

    /// Makes the tile of a photograph with an edit again, of the crop that was chosen for it. Takes `memory` before it
    /// decodes.
    ///
    /// # Errors
    /// A text, when the photograph cannot be read.
    pub fn prepare_again(
        &mut self,
        bytes: &[u8],
        edit: Edit,
        detections: &Detections,
        memory: &mut dyn Allowance,
    ) -> Result<Vec<u8>, String> {
        let aspect = self.aspect;
        let [left, top, right, bottom] = detections.crop.edges();
        // As large as the crop is to be; where its size is not known before it is decoded, as it comes.
        let resolution = Resolution::Tile { side: self.layout.side(), aspect };
        let decoder = PhotoDecoder::new(bytes, resolution, self.limits)?;
        memory.take(decoder.decode_bytes() + bytes.len() as u64);
        let mut decoded = decoder.decode(self.limits)?;
        let crop_of = |decoded: &Decoded| {
            let (width, height) = decoded.upright_size();
            let (width, height) = (f64::from(width), f64::from(height));
            Rect { x: left * width, y: top * height, width: (right - left) * width, height: (bottom - top) * height }
        };
        decoded.orientation = edit.orientation(decoded.orientation);
        let crop = crop_of(&decoded);
        let texels_per_pixel = f64::from(self.layout.side()) / crop.width.min(crop.height);
        if decoded.scale < texels_per_pixel.min(1.0) {
            let finer = PhotoDecoder::new(bytes, Resolution::Scale(texels_per_pixel), self.limits)?;
            drop(decoded);
            memory.take(finer.decode_bytes() + bytes.len() as u64);
            decoded = finer.decode(self.limits)?;
            decoded.orientation = edit.orientation(decoded.orientation);
        }
        let transform = self.colour_transform(&mut decoded);
        let crop = crop_of(&decoded);
        let (tile, _) = self.finish(decoded, transform.as_ref(), crop, detections.roll())?;
        Ok(encode_tile(&tile, &self.layout).0)
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

    /// Resamples, orients and turns the crop; returns the tile and what is worth knowing of the picture.
    fn finish(
        &mut self,
        decoded: Decoded,
        transform: Option<&ColourTransform>,
        crop: Rect,
        roll: f64,
    ) -> Result<(LinearTile, Option<String>), String> {
        let side = self.layout.side();
        let mut square = self.square(&decoded, &decoded.raster, transform, crop, roll)?;
        if is_cut_out_round(&decoded.raster) {
            let coverage = self.square(&decoded, &decoded.raster.coverage(), None, crop, roll)?;
            extend(&mut square, &coverage, side as usize);
        }
        Ok((LinearTile::new(side, square.into_flattened()), decoded.remark))
    }

    /// The upright texels of a crop that is turned clockwise by so many degrees, from a raster of the decoded picture's size.
    fn square(
        &mut self,
        decoded: &Decoded,
        raster: &Raster,
        transform: Option<&ColourTransform>,
        crop: Rect,
        roll: f64,
    ) -> Result<Vec<[u16; 3]>, String> {
        let side = self.layout.side();
        let (orientation, length) = (decoded.orientation, side as usize);
        if roll == 0.0 {
            let square = self.resampler.resample(raster, decoded.crop_in_raster(crop), transform, [side; 2])?;
            return Ok(orientation.upright(square, length, length).0);
        }
        let (sin, cos) = roll.to_radians().sin_cos();
        // What the turned crop lies in, as fine as the tile, and from there the tile.
        let (full_width, full_height) = decoded.upright_size();
        let around = |start: f64, length: f64, other: f64, texel: f64, full: u32| {
            let half = (length * cos + other * sin.abs()) / 2.0 + 2.0 * texel;
            let centre = start + length / 2.0;
            let (from, to) = ((centre - half).max(0.0), (centre + half).min(f64::from(full)));
            (from, (to - from).max(1.0))
        };
        let texel = [crop.width / f64::from(side), crop.height / f64::from(side)];
        let (x, width) = around(crop.x, crop.width, crop.height, texel[0], full_width);
        let (y, height) = around(crop.y, crop.height, crop.width, texel[1], full_height);
        let count = |length: f64, texel: f64| (length / texel).round().clamp(1.0, f64::from(side) * 2.0) as u32;
        let size = [count(width, texel[0]), count(height, texel[1])];
        let stored_size = orientation.size(size[0], size[1]);
        let rect = decoded.crop_in_raster(Rect { x, y, width, height });
        let stored = self.resampler.resample(raster, rect, transform, [stored_size.0, stored_size.1])?;
        let (picture, across, down) = orientation.upright(stored, stored_size.0 as usize, stored_size.1 as usize);
        let scale = [across as f64 / width, down as f64 / height];
        let right = [texel[0] * cos * scale[0], texel[0] * sin * scale[1]];
        let below = [-texel[1] * sin * scale[0], texel[1] * cos * scale[1]];
        let centre = [(crop.x + crop.width / 2.0 - x) * scale[0], (crop.y + crop.height / 2.0 - y) * scale[1]];
        let half = f64::from(side - 1) / 2.0;
        let origin = [0, 1].map(|axis| centre[axis] - 0.5 - (right[axis] + below[axis]) * half);
        let turned = Turned { size: [across, down], origin, right, down: below };
        Ok(turned_square(&picture, &turned, length))
    }
}
