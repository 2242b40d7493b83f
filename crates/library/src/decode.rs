//! From a file's bytes to pixels: the format by its content, the limits, and the choice of decoder.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageFormat, ImageReader};
use serde::{Deserialize, Serialize};

use super::colour::ColourModel;
use super::crop::{self, Rect};
use super::error::{damaged, too_costly};
use super::exif;
use super::heif::{self, HeifSupport};
use super::jpeg;
use super::jxl;
use super::orientation::OrientationTransform;
use super::raw::{self, RawKind};
use super::resample::{Depth, Raster};
use super::tiff;

/// What one photograph may cost. Larger ones are rejected by their header, before anything is allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Pixels, width × height. The default, 2²⁸, admits the 200 megapixels of telephones.
    pub max_pixels: u64,
    /// Bytes that all photographs being decoded may take together; one alone may take them all.
    pub max_alloc_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_pixels: 1 << 28, max_alloc_bytes: 384 << 20 }
    }
}

/// Increased whenever more kinds of photograph can be read, so that rejected ones are tried again.
const DECODERS: u64 = 3;

impl Limits {
    /// A hash of the decoders and the limits: where it differs, a rejected file is tried again.
    pub(super) fn decoder_version(self) -> u64 {
        let Self { max_pixels, max_alloc_bytes } = self;
        let numbers = [DECODERS, max_pixels, max_alloc_bytes].map(u64::to_le_bytes).concat();
        let bytes = [&numbers[..], HeifSupport::fingerprint().as_bytes()].concat();
        u64::from(crc32fast::hash(&bytes))
    }
}

/// A file's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Jpeg,
    Heif(heif::HeifKind),
    Jxl,
    Tiff,
    Raw(RawKind),
    Other(ImageFormat),
}

/// The bytes that [`sniff`] needs of a file's beginning.
pub const SNIFF_BYTES: usize = 1024;

/// Detects a file's format by its first [`SNIFF_BYTES`]; returns it with the offset of the picture in them.
///
/// # Errors
/// A text, for what is no picture of a supported format.
pub fn sniff(head: &[u8]) -> Result<(Format, usize), String> {
    let starts = |start: &[u8]| head.starts_with(start);
    let has = |at: usize, name: &[u8]| head.get(at..at + name.len()) == Some(name);
    let other = |format| Ok((Format::Other(format), 0));
    if let Some(kind) = heif::HeifKind::of(head) {
        return Ok((Format::Heif(kind), 0));
    }
    if let Some(kind) = RawKind::of(head) {
        return Ok((Format::Raw(kind), 0));
    }
    match head {
        [] => Err("the file is empty, not downloaded or not copied to its end: copy it again".into()),
        _ if starts(&[0xFF, 0xD8]) => Ok((Format::Jpeg, 0)),
        _ if starts(b"\x89PNG\r\n\x1a\n") => other(ImageFormat::Png),
        _ if starts(b"GIF87a") || starts(b"GIF89a") => other(ImageFormat::Gif),
        _ if starts(b"RIFF") && has(8, b"WEBP") => other(ImageFormat::WebP),
        _ if starts(b"II*\0") || starts(b"MM\0*") || starts(b"II+\0") || starts(b"MM\0+") => Ok((Format::Tiff, 0)),
        _ if starts(b"BM") && head.len() >= 26 => other(ImageFormat::Bmp),
        _ if jxl::starts(head) => Ok((Format::Jxl, 0)),
        _ if has(4, b"ftyp") || has(4, b"moov") || starts(&[0x1A, 0x45, 0xDF, 0xA3]) => {
            Err("a film, not a photograph".into())
        }
        _ if starts(b"%PDF") => Err("a PDF document, not a photograph".into()),
        _ => match head.windows(3).position(|start| start == [0xFF, 0xD8, 0xFF]) {
            Some(at) => Ok((Format::Jpeg, at)),
            None if head.iter().all(|byte| *byte == 0) => {
                Err("there are only zeros in the file, its copy or download broke off: copy it again".into())
            }
            None => Err(describe_unknown(head)),
        },
    }
}

fn describe_unknown(head: &[u8]) -> String {
    let text = String::from_utf8_lossy(head).trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    if text.starts_with("<!doctype html") || text.starts_with("<html") {
        "a web page, not a picture".into()
    } else if text.starts_with("<svg") || text.starts_with("<?xml") {
        "XML, perhaps a drawing, not a photograph: save it as PNG".into()
    } else if !text.is_empty() && !text.contains(['\u{fffd}', '\0']) {
        "a text, not a picture".into()
    } else {
        "not a picture of a kind that can be read (JPEG, HEIC, AVIF, JPEG XL, PNG, WebP, GIF, BMP, TIFF, RAW): save it as a JPEG"
            .into()
    }
}

/// A decoded photograph as stored, with its orientation and profile.
pub struct Decoded {
    pub raster: Raster,
    pub orientation: OrientationTransform,
    pub icc: Option<Vec<u8>>,
    /// Width and height at full size, as stored.
    pub full_size: (u32, u32),
    /// The raster's scale against the full size.
    pub scale: f64,
    pub remark: Option<String>,
}

impl Decoded {
    /// A picture at full size that its decoder has oriented.
    pub fn upright(raster: Raster, icc: Option<Vec<u8>>) -> Self {
        let full_size = (raster.width, raster.height);
        Self { raster, orientation: OrientationTransform::default(), icc, full_size, scale: 1.0, remark: None }
    }

    /// Width and height of the upright picture at full size.
    pub fn upright_size(&self) -> (u32, u32) {
        self.orientation.size(self.full_size.0, self.full_size.1)
    }

    /// Maps a crop of the upright picture at full size to the raster's pixels.
    pub fn crop_in_raster(&self, upright: Rect) -> Rect {
        let crop = self.orientation.stored_rect(upright, self.full_size.0, self.full_size.1);
        let scale = self.scale;
        Rect { x: crop.x * scale, y: crop.y * scale, width: crop.width * scale, height: crop.height * scale }
    }
}

/// The decoder of a photograph whose header is read and within the limits.
pub enum PhotoDecoder<'a> {
    Jpeg { bytes: &'a [u8], header: Box<jpeg::Header>, eighths: u32, remark: Option<String> },
    Heif(heif::Decoder<'a>),
    Jxl(Box<jxl::Decoder>),
    Tiff(Box<tiff::Decoder<'a>>),
    Other { decoder: Box<dyn ImageDecoder + 'a>, bytes: &'a [u8], format: ImageFormat },
}

/// The resolution to decode at, where the format allows to choose.
#[derive(Clone, Copy, Debug)]
pub enum Resolution {
    /// For a crop that is not chosen yet, of this aspect, that becomes `side` × `side` texels.
    Tile { side: u32, aspect: f64 },
    /// At this scale at least.
    Scale(f64),
}

/// The expected size of a crop against the largest possible one: few are smaller, and their photographs are decoded again.
const EXPECTED_CROP: f64 = 0.5;

impl<'a> PhotoDecoder<'a> {
    /// Reads a photograph's header and checks it against the limits.
    ///
    /// # Errors
    /// A text, the reason for which the photograph cannot be read.
    pub fn new(bytes: &'a [u8], resolution: Resolution, limits: Limits) -> Result<Self, String> {
        let (format, start) = sniff(&bytes[..bytes.len().min(SNIFF_BYTES)])?;
        let decoder = match format {
            Format::Jpeg => {
                let bytes = &bytes[start..];
                let remark = (start > 0).then(|| format!("{start} bytes before the JPEG were passed over"));
                Self::jpeg(bytes, jpeg::Header::read(bytes)?, resolution, limits, remark)?
            }
            Format::Heif(kind) => Self::Heif(heif::Decoder::new(bytes, kind, limits)?),
            Format::Jxl => Self::Jxl(Box::new(jxl::Decoder::new(bytes, limits)?)),
            Format::Tiff if raw::is_raw_tiff(bytes) => Self::raw(bytes, RawKind::Directories, resolution, limits)?,
            Format::Tiff => Self::Tiff(Box::new(tiff::Decoder::new(bytes, limits)?)),
            Format::Raw(kind) => Self::raw(bytes, kind, resolution, limits)?,
            Format::Other(format) => {
                let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
                let mut image_limits = image::Limits::no_limits();
                image_limits.max_alloc = Some(limits.max_alloc_bytes);
                reader.limits(image_limits);
                let decoder = reader.into_decoder().map_err(|error| reason(&error, format, limits))?;
                let (width, height) = decoder.dimensions();
                check_size(width, height, limits)?;
                Self::Other { decoder: Box::new(decoder), bytes, format }
            }
        };
        let needed = decoder.decode_bytes();
        if needed > limits.max_alloc_bytes {
            return Err(too_costly(Some(needed), limits.max_alloc_bytes));
        }
        Ok(decoder)
    }

    fn jpeg(
        bytes: &'a [u8],
        header: jpeg::Header,
        resolution: Resolution,
        limits: Limits,
        remark: Option<String>,
    ) -> Result<Self, String> {
        if let Some(reason) = header.unsupported() {
            return Err(reason);
        }
        check_size(header.width, header.height, limits)?;
        let eighths = eighths_for(&header, resolution);
        Ok(Self::Jpeg { bytes, header: Box::new(header), eighths, remark })
    }

    /// The camera's picture in a RAW file; or else a page of it, where that is more than a thumbnail.
    fn raw(bytes: &'a [u8], kind: RawKind, resolution: Resolution, limits: Limits) -> Result<Self, String> {
        match raw::preview(bytes, kind) {
            Ok(raw::Preview { bytes, header }) => Self::jpeg(bytes, header, resolution, limits, None),
            Err(reason) => match tiff::Decoder::new(bytes, limits) {
                // A JPEG of one strip has been looked at.
                Ok(page) if page.longer_side() >= raw::MIN_PREVIEW_SIDE && !page.is_jpeg() => {
                    Ok(Self::Tiff(Box::new(page)))
                }
                _ => Err(reason),
            },
        }
    }

    /// The bytes that decoding allocates at most.
    pub fn decode_bytes(&self) -> u64 {
        match self {
            Self::Jpeg { header, eighths, .. } => header.decode_bytes(*eighths),
            Self::Heif(decoder) => decoder.decode_bytes(),
            Self::Jxl(decoder) => decoder.decode_bytes(),
            Self::Tiff(decoder) => decoder.decode_bytes(),
            Self::Other { decoder, .. } => decoder.total_bytes(),
        }
    }

    /// Decodes the photograph.
    ///
    /// # Errors
    /// A text, the reason for which the photograph cannot be read.
    pub fn decode(self, limits: Limits) -> Result<Decoded, String> {
        match self {
            Self::Jpeg { bytes, header, eighths, remark } => {
                let decoded = jpeg::decode(bytes, &header, eighths, limits.max_alloc_bytes)?;
                let scale = f64::from(decoded.eighths) / 8.0;
                // The height of a truncated file is that of the rows that are there.
                let height = if decoded.remark.is_some() { decoded.raster.height } else { header.height };
                Ok(Decoded {
                    raster: decoded.raster,
                    orientation: header.orientation_transform(),
                    full_size: (header.width, height),
                    scale,
                    remark: decoded.remark.or(remark),
                    icc: header.icc,
                })
            }
            Self::Heif(decoder) => decoder.decode(),
            Self::Jxl(decoder) => decoder.decode(),
            Self::Tiff(decoder) => decoder.decode(),
            Self::Other { decoder, bytes, format } => decode_other(decoder, bytes, format, limits),
        }
    }
}

/// Decodes with the image crate.
fn decode_other(
    mut decoder: Box<dyn ImageDecoder + '_>,
    file: &[u8],
    format: ImageFormat,
    limits: Limits,
) -> Result<Decoded, String> {
    let (width, height) = decoder.dimensions();
    let (model, alpha, depth) = match decoder.color_type() {
        ColorType::L8 => (ColourModel::Grey, false, Depth::U8),
        ColorType::La8 => (ColourModel::Grey, true, Depth::U8),
        ColorType::Rgb8 => (ColourModel::Rgb, false, Depth::U8),
        ColorType::Rgba8 => (ColourModel::Rgb, true, Depth::U8),
        ColorType::L16 => (ColourModel::Grey, false, Depth::U16),
        ColorType::La16 => (ColourModel::Grey, true, Depth::U16),
        ColorType::Rgb16 => (ColourModel::Rgb, false, Depth::U16),
        ColorType::Rgba16 => (ColourModel::Rgb, true, Depth::U16),
        ColorType::Rgb32F => (ColourModel::Rgb, false, Depth::F32),
        ColorType::Rgba32F => (ColourModel::Rgb, true, Depth::F32),
        _ => return Err("its kind of colours cannot be read: save it again as a JPEG".into()),
    };
    // Broken metadata is no reason to reject a photograph.
    let icc = decoder.icc_profile().ok().flatten();
    let orientation = match format {
        ImageFormat::Png => exif::png_orientation(file),
        ImageFormat::WebP => exif::webp_orientation(file),
        _ => decoder.orientation().ok(),
    };
    let orientation = OrientationTransform::from(orientation.unwrap_or(Orientation::NoTransforms));
    let length = usize::try_from(decoder.total_bytes()).map_err(|_| "too large for this machine: save it smaller")?;
    let mut bytes = vec![0; length];
    decoder.read_image_boxed(&mut bytes).map_err(|error| reason(&error, format, limits))?;
    let raster = Raster { width, height, model, alpha, depth, bytes };
    Ok(Decoded { orientation, ..Decoded::upright(raster, icc) })
}

/// Checks a size in pixels against the limits.
///
/// # Errors
/// A text, for an empty or too large picture.
pub fn check_size(width: u32, height: u32, limits: Limits) -> Result<(), String> {
    if width == 0 || height == 0 {
        return Err(format!("the picture is {width}×{height} pixels, which is none: copy it again"));
    }
    if u64::from(width) * u64::from(height) > limits.max_pixels {
        let pixels = u64::from(width) * u64::from(height);
        let (limit, needed) = (limits.max_pixels / 1_000_000, pixels.div_ceil(1_000_000));
        return Err(format!(
            "the picture is {width}×{height} pixels and the limit is {limit} million: start again with --max-megapixels \
             {needed}, or save it smaller"
        ));
    }
    Ok(())
}

/// The scale to decode a JPEG at, in eighths: the smallest with the resolution, or 8 where full size is faster.
fn eighths_for(header: &jpeg::Header, resolution: Resolution) -> u32 {
    if header.is_faster_at_full_size() {
        return 8;
    }
    let scale = match resolution {
        Resolution::Tile { side, aspect } => {
            let (width, height) = header.orientation_transform().size(header.width, header.height);
            let crop = crop::largest_crop(width, height, aspect);
            f64::from(side) / (crop.width.min(crop.height) * EXPECTED_CROP)
        }
        Resolution::Scale(scale) => scale,
    };
    [1, 2, 4].into_iter().find(|eighths| f64::from(*eighths) / 8.0 >= scale).unwrap_or(8)
}

/// A decoder's error, in our words.
fn reason(error: &image::ImageError, format: ImageFormat, limits: Limits) -> String {
    let name = match format {
        ImageFormat::Png => "the PNG picture",
        ImageFormat::WebP => "the WebP picture",
        ImageFormat::Gif => "the GIF picture",
        ImageFormat::Bmp => "the BMP picture",
        _ => "the picture",
    };
    match error {
        image::ImageError::Limits(_) => too_costly(None, limits.max_alloc_bytes),
        image::ImageError::Unsupported(_) => format!("{name} is of a kind that cannot be read: save it as a JPEG"),
        _ => damaged(name),
    }
}
