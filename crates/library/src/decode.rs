//! From a file's bytes to pixels: what it is by its content, whether it may be decoded, and by whom.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageFormat, ImageReader};

use super::colour::ColourModel;
use super::crop::{self, Rect};
use super::heif::{self, HeifSupport};
use super::jpeg;
use super::jxl;
use super::resample::{Depth, Raster};
use super::upright::Turn;

/// What one photograph may cost. Larger ones are rejected by their header, before anything is allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Pixels, width × height. The default, 2²⁸, lets 200-megapixel telephones pass.
    pub max_pixels: u64,
    /// Bytes that the photographs in work take together for decoding; one alone may take them all.
    pub max_alloc_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_pixels: 1 << 28, max_alloc_bytes: 384 << 20 }
    }
}

/// Counts up whenever more kinds of photograph can be read, so that those rejected before are tried again.
const DECODERS: u64 = 2;

impl Limits {
    /// A number that changes when what is rejected may change.
    pub(super) fn judge(self) -> u64 {
        let Self { max_pixels, max_alloc_bytes } = self;
        let numbers = [DECODERS, max_pixels, max_alloc_bytes].map(u64::to_le_bytes).concat();
        let bytes = [&numbers[..], HeifSupport::fingerprint().as_bytes()].concat();
        u64::from(crc32fast::hash(&bytes))
    }
}

/// The kinds of file that we tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Jpeg,
    Heif(heif::HeifKind),
    Jxl,
    Other(ImageFormat),
}

/// How much of a file's beginning [`sniff`] wants to see.
pub const SNIFF_BYTES: usize = 1024;

/// Says what a file is, by its first [`SNIFF_BYTES`], and where it begins in them.
///
/// # Errors
/// In words, for what is no picture that we read.
pub fn sniff(head: &[u8]) -> Result<(Kind, usize), String> {
    let starts = |start: &[u8]| head.starts_with(start);
    let brand = |at: usize, name: &[u8]| head.get(at..at + name.len()) == Some(name);
    let other = |format| Ok((Kind::Other(format), 0));
    if let Some(family) = heif::HeifKind::of(head) {
        return Ok((Kind::Heif(family), 0));
    }
    match head {
        [] => Err("the file is empty".into()),
        _ if starts(&[0xFF, 0xD8]) => Ok((Kind::Jpeg, 0)),
        _ if starts(b"\x89PNG\r\n\x1a\n") => other(ImageFormat::Png),
        _ if starts(b"GIF87a") || starts(b"GIF89a") => other(ImageFormat::Gif),
        _ if starts(b"RIFF") && brand(8, b"WEBP") => other(ImageFormat::WebP),
        _ if starts(b"II*\0") || starts(b"MM\0*") || starts(b"II+\0") || starts(b"MM\0+") => other(ImageFormat::Tiff),
        _ if starts(b"BM") && head.len() >= 26 => other(ImageFormat::Bmp),
        _ if jxl::starts(head) => Ok((Kind::Jxl, 0)),
        _ if brand(4, b"ftyp") || brand(4, b"moov") || starts(&[0x1A, 0x45, 0xDF, 0xA3]) => {
            Err("a film, not a photograph".into())
        }
        _ if starts(b"%PDF") => Err("a PDF document, not a photograph".into()),
        _ => match head.windows(3).position(|start| start == [0xFF, 0xD8, 0xFF]) {
            Some(at) => Ok((Kind::Jpeg, at)),
            None => Err(describe_unknown(head)),
        },
    }
}

fn describe_unknown(head: &[u8]) -> String {
    let text = String::from_utf8_lossy(head).trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    if text.starts_with("<!doctype html") || text.starts_with("<html") {
        "a web page, not a picture".into()
    } else if text.starts_with("<svg") || text.starts_with("<?xml") {
        "XML, perhaps a drawing: save it as PNG".into()
    } else if !text.is_empty() && !text.contains(['\u{fffd}', '\0']) {
        "a text, not a picture".into()
    } else {
        "not a picture of a kind that can be read (JPEG, HEIC, AVIF, JPEG XL, PNG, WebP, GIF, BMP, TIFF)".into()
    }
}

/// A decoded photograph, as stored, and how to look at it.
pub struct Decoded {
    pub raster: Raster,
    pub turn: Turn,
    pub icc: Option<Vec<u8>>,
    /// Width and height at full size, as stored.
    pub full_size: (u32, u32),
    /// The raster's scale against that.
    pub scale: f64,
    pub remark: Option<String>,
}

/// A decoded photograph whose decoder has turned it.
pub struct Upright {
    pub raster: Raster,
    pub icc: Option<Vec<u8>>,
    pub remark: Option<String>,
}

impl Decoded {
    /// The upright size at full size.
    pub fn upright_size(&self) -> (u32, u32) {
        self.turn.size(self.full_size.0, self.full_size.1)
    }

    /// A part of the upright picture at full size, in the raster's pixels.
    pub fn part(&self, upright: Rect) -> Rect {
        let part = self.turn.stored_rect(upright, self.full_size.0, self.full_size.1);
        let scale = self.scale;
        Rect { x: part.x * scale, y: part.y * scale, width: part.width * scale, height: part.height * scale }
    }
}

/// What a photograph's header says, before anything is decoded.
pub enum Opened<'a> {
    Jpeg { bytes: &'a [u8], header: Box<jpeg::Header>, eighths: u32, remark: Option<String> },
    Heif(heif::Picture<'a>),
    Jxl(Box<jxl::Picture>),
    Other { decoder: Box<dyn ImageDecoder + 'a> },
}

/// How finely a photograph is to be decoded, where its kind allows to choose.
#[derive(Clone, Copy, Debug)]
pub enum Detail {
    /// For a part that is not chosen yet, of this aspect, which is to have so many texels each way.
    Tile { side: u32, aspect: f64 },
    /// At this scale at least.
    Scale(f64),
}

/// The part that a tile usually shows, against the largest that it could: finer than for that one is rarely needed, and
/// where it is, the photograph is decoded again.
const USUAL_PART: f64 = 0.5;

impl<'a> Opened<'a> {
    /// Reads a photograph's header and holds it against the limits.
    ///
    /// # Errors
    /// In words.
    pub fn new(bytes: &'a [u8], detail: Detail, limits: Limits) -> Result<Self, String> {
        let (kind, start) = sniff(&bytes[..bytes.len().min(SNIFF_BYTES)])?;
        let opened = match kind {
            Kind::Jpeg => {
                let bytes = &bytes[start..];
                let header = jpeg::Header::read(bytes)?;
                if let Some(reason) = header.unreadable() {
                    return Err(reason);
                }
                check_size(header.width, header.height, limits)?;
                let eighths = eighths_for(&header, detail);
                let remark = (start > 0).then(|| format!("{start} bytes before the JPEG were passed over"));
                Self::Jpeg { bytes, header: Box::new(header), eighths, remark }
            }
            Kind::Heif(family) => Self::Heif(heif::Picture::open(bytes, family, limits)?),
            Kind::Jxl => Self::Jxl(Box::new(jxl::Picture::open(bytes, limits)?)),
            Kind::Other(format) => {
                let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
                let mut image_limits = image::Limits::no_limits();
                image_limits.max_alloc = Some(limits.max_alloc_bytes);
                reader.limits(image_limits);
                let decoder = reader.into_decoder().map_err(|error| reason(&error))?;
                let (width, height) = decoder.dimensions();
                check_size(width, height, limits)?;
                Self::Other { decoder: Box::new(decoder) }
            }
        };
        let needed = opened.decode_bytes();
        if needed > limits.max_alloc_bytes {
            let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
            return Err(format!(
                "decoding would take {} MB and the limit is {} MB: save it smaller",
                megabytes(needed),
                megabytes(limits.max_alloc_bytes)
            ));
        }
        Ok(opened)
    }

    /// The bytes that decoding takes at most.
    pub fn decode_bytes(&self) -> u64 {
        match self {
            Self::Jpeg { header, eighths, .. } => header.decode_bytes(*eighths),
            Self::Heif(picture) => picture.decode_bytes(),
            Self::Jxl(picture) => picture.decode_bytes(),
            Self::Other { decoder } => decoder.total_bytes(),
        }
    }

    /// Decodes the photograph.
    ///
    /// # Errors
    /// In words.
    pub fn decode(self, limits: Limits) -> Result<Decoded, String> {
        match self {
            Self::Jpeg { bytes, header, eighths, remark } => {
                let decoded = jpeg::decode(bytes, &header, eighths, limits.max_alloc_bytes)?;
                let orientation = header.orientation.and_then(Orientation::from_exif);
                let turn = Turn::from(orientation.unwrap_or(Orientation::NoTransforms));
                let scale = f64::from(decoded.eighths) / 8.0;
                // A file that breaks off is as high as what is there of it.
                let broken_off = decoded.remark.is_some();
                let height = if broken_off { decoded.raster.height } else { header.height };
                let (raster, remark, full_size) = (decoded.raster, decoded.remark.or(remark), (header.width, height));
                Ok(Decoded { raster, turn, icc: header.icc, full_size, scale, remark })
            }
            Self::Heif(picture) => Ok(upright(picture.decode()?)),
            Self::Jxl(picture) => Ok(upright(picture.decode()?)),
            Self::Other { mut decoder } => {
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
                    other => return Err(format!("colours of the kind {other:?} cannot be read")),
                };
                // Broken metadata is no reason to lose a person.
                let icc = decoder.icc_profile().ok().flatten();
                let turn = Turn::from(decoder.orientation().unwrap_or(Orientation::NoTransforms));
                let length = usize::try_from(decoder.total_bytes()).map_err(|_| "too large for this machine")?;
                let mut pixels = vec![0; length];
                decoder.read_image_boxed(&mut pixels).map_err(|error| reason(&error))?;
                let raster = Raster { width, height, model, alpha, depth, bytes: pixels };
                Ok(Decoded { raster, turn, icc, full_size: (width, height), scale: 1.0, remark: None })
            }
        }
    }
}

/// What came out of its decoder upright.
fn upright(picture: Upright) -> Decoded {
    let Upright { raster, icc, remark } = picture;
    let full_size = (raster.width, raster.height);
    Decoded { raster, turn: Turn::default(), icc, full_size, scale: 1.0, remark }
}

/// Holds a size in pixels against the limits.
///
/// # Errors
/// In words.
pub fn check_size(width: u32, height: u32, limits: Limits) -> Result<(), String> {
    if width == 0 || height == 0 {
        return Err(format!("the picture is {width}×{height} pixels"));
    }
    if u64::from(width) * u64::from(height) > limits.max_pixels {
        let megapixels = limits.max_pixels / 1_000_000;
        return Err(format!(
            "the picture is {width}×{height} pixels and the limit is {megapixels} million: save it smaller"
        ));
    }
    Ok(())
}

/// The scale in eighths: the smallest that is fine enough, but for small files that are quicker without.
fn eighths_for(header: &jpeg::Header, detail: Detail) -> u32 {
    if header.quicker_at_full_size() {
        return 8;
    }
    let scale = match detail {
        Detail::Tile { side, aspect } => {
            let turn =
                Turn::from(header.orientation.and_then(Orientation::from_exif).unwrap_or(Orientation::NoTransforms));
            let (width, height) = turn.size(header.width, header.height);
            let part = crop::centre_biased_up(width, height, aspect);
            f64::from(side) / (part.width.min(part.height) * USUAL_PART)
        }
        Detail::Scale(scale) => scale,
    };
    [1, 2, 4].into_iter().find(|eighths| f64::from(*eighths) / 8.0 >= scale).unwrap_or(8)
}

/// What the image crate says, in one line.
fn reason(error: &image::ImageError) -> String {
    let text = error.to_string().replace(['\n', '\r'], " ");
    format!("the picture cannot be read: {text}")
}
