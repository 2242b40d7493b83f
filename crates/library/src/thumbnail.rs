//! Thumbnails of photographs, for contact sheets and stills.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::analysis_image::AnalysisImage;
use super::budget::Allowance;
use super::colour::TransformCache;
use super::decode::{Limits, PhotoDecoder, Resolution};
use super::decoding::{DECODER_FAILED, Decoder, Product, Task};
use super::detections::ReviewReason;
use super::detector::Detector;
use super::error::unreadable;
use super::faces::MAX_ANALYSIS_SIDE;
use super::resample::{Depth, Resampler};
use millions_base::catch_panic;

/// A reduced photograph, upright, in sRGB.
#[derive(Clone, Debug)]
pub struct Thumbnail {
    /// Width and height in pixels.
    pub size: [u32; 2],
    /// R, G, B by row.
    pub rgb: Vec<[u8; 3]>,
    /// Width and height of the whole photograph, upright.
    pub full_size: [u32; 2],
}

impl Thumbnail {
    /// Reads a photograph and reduces it to a longer side of at most `longest` pixels.
    ///
    /// # Errors
    /// A text, when the file is not there or cannot be read within the limits.
    pub fn read(path: &Path, longest: u32, limits: Limits) -> Result<Self, String> {
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(|error| unreadable(&error))?;
        file.take(limits.max_alloc_bytes).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
        Self::of(&bytes, longest, limits)
    }

    /// Reduces the photograph of a file's bytes to a longer side of at most `longest` pixels.
    ///
    /// # Errors
    /// A text, when it cannot be read within the limits.
    pub fn of(bytes: &[u8], longest: u32, limits: Limits) -> Result<Self, String> {
        match Decoder::run_alone(&Task::Thumbnail { longest }, bytes, limits)? {
            Product::Thumbnail(thumbnail) => Ok(thumbnail),
            _ => Err(DECODER_FAILED.into()),
        }
    }

    /// Chooses a crop of an aspect (width / height) by the faces in the picture, as that of a tile is chosen. Returns its left, upper, right and
    /// lower edge, in parts of the picture; none where there is no face that is certain.
    #[must_use]
    pub fn crop_by_faces(&self, aspect: f64) -> Option<[f64; 4]> {
        let detect = || {
            let [width, height] = self.size.map(|length| length as usize);
            let mut image = AnalysisImage::new(width, height, self.rgb.clone());
            while image.width.max(image.height) > MAX_ANALYSIS_SIDE {
                image = image.halved();
            }
            Detector::default().detect(&image, (self.size[0], self.size[1]), aspect).1
        };
        let found = catch_panic(detect).ok()?;
        let reasons = found.review_reasons;
        let is_certain = !reasons.has(ReviewReason::NoFace) && !reasons.has(ReviewReason::WeakFace);
        is_certain.then(|| found.crop.edges())
    }

    /// As [`Self::of`], in this process.
    pub(super) fn decode(
        bytes: &[u8],
        longest: u32,
        limits: Limits,
        memory: &mut dyn Allowance,
    ) -> Result<Self, String> {
        // A square tile of half that side needs the same scale as the longer side of any picture.
        let resolution = Resolution::Tile { side: longest.div_ceil(2), aspect: 1.0 };
        let decoder = PhotoDecoder::new(bytes, resolution, limits)?;
        memory.take(decoder.decode_bytes() + bytes.len() as u64);
        let decoded = decoder.decode(limits)?;
        let raster = &decoded.raster;
        let icc = decoded.icc.as_deref().filter(|_| raster.depth != Depth::F32);
        let transform = icc.and_then(|icc| TransformCache::default().transform(icc, raster.model).ok().flatten());
        let (orientation, longest) = (decoded.orientation, longest as usize);
        let small = Resampler::default().analysis_image(raster, orientation, transform.as_ref(), longest);
        let size = [small.width, small.height].map(|length| u32::try_from(length).unwrap_or(u32::MAX));
        let full_size = decoded.upright_size();
        Ok(Self { size, rgb: small.rgb, full_size: [full_size.0, full_size.1] })
    }
}
