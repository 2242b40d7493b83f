//! A small picture of a photograph, for people to look at.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::colour::Profiles;
use super::decode::{Detail, Limits, Opened};
use super::guard::guarded;
use super::resample::{Depth, Resampler};

/// A photograph made small, upright, in sRGB.
#[derive(Clone, Debug)]
pub struct Thumbnail {
    /// Pixels across and down.
    pub size: [u32; 2],
    /// R, G, B row by row.
    pub rgb: Vec<[u8; 3]>,
    /// Width and height of the whole photograph, upright.
    pub full_size: [u32; 2],
}

impl Thumbnail {
    /// Reads a photograph and makes it small: its longer side has at most `longest` pixels.
    ///
    /// # Errors
    /// In words, when it is not there or cannot be read within the limits.
    pub fn read(path: &Path, longest: u32, limits: Limits) -> Result<Self, String> {
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(|error| error.to_string())?;
        file.take(limits.max_alloc_bytes).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        guarded(|| Self::decode(&bytes, longest, limits)).map_err(|panic| format!("the decoder failed: {panic}"))?
    }

    fn decode(bytes: &[u8], longest: u32, limits: Limits) -> Result<Self, String> {
        // One side of a square tile: fine enough for the longer side of whatever shape.
        let detail = Detail::Tile { side: longest.div_ceil(2), aspect: 1.0 };
        let decoded = Opened::new(bytes, detail, limits)?.decode(limits)?;
        let way = decoded.icc.as_deref().filter(|_| decoded.raster.depth != Depth::F32);
        let way = way.and_then(|icc| Profiles::default().way(icc, decoded.raster.model).ok().flatten());
        let small = Resampler::default().reduced(&decoded.raster, decoded.turn, way.as_ref(), longest as usize);
        let size = [small.width, small.height].map(|length| u32::try_from(length).unwrap_or(u32::MAX));
        let full_size = decoded.upright_size();
        Ok(Self { size, rgb: small.rgb, full_size: [full_size.0, full_size.1] })
    }
}
