//! TIFF: the largest page, in whatever colours it is stored.
//!
//! The decoder reads the file's first page, and of it the common kinds. So its bytes are handed to it with a few of them
//! changed: the first page is the chosen one, and a palette or L\*a\*b\* is read as plain values, which are converted here.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use image::metadata::Orientation;
use millions_wall::tile::planes::encode_srgb;
use tiff::ColorType;
use tiff::decoder::{Decoder as TiffDecoder, DecodingResult};

use super::colour::ColourModel;
use super::decode::{Decoded, Limits, check_size};
use super::error::too_costly;
use super::exif;
use super::ifd::{Directories, Directory, tag};
use super::raw::{COLOUR_FILTER_ARRAY, LINEAR_RAW};
use super::resample::{Depth, Raster};

/// Photometric interpretations.
const WHITE_IS_ZERO: u64 = 0;
const BLACK_IS_ZERO: u64 = 1;
const RGB: u64 = 2;
const PALETTE: u64 = 3;
const MASK: u64 = 4;
const CIE_LAB: u64 = 8;
const ICC_LAB: u64 = 9;

const XMP: u16 = 700;

/// A page whose directory is read.
pub struct Decoder<'a> {
    inner: TiffDecoder<Patched<'a>>,
    width: u32,
    height: u32,
    colour: ColorType,
    stored: Stored,
    orientation: Orientation,
    icc: Option<Vec<u8>>,
    limits: Limits,
    is_jpeg: bool,
}

/// What the values of the page mean, where that is not what the decoder is told.
enum Stored {
    Plain,
    /// Ink on white.
    Inverted,
    /// Red, green and blue of each index.
    Palette(Vec<[u8; 3]>),
    /// Whether a and b are signed.
    Lab(bool),
}

impl<'a> Decoder<'a> {
    /// Chooses the page and reads its directory.
    ///
    /// # Errors
    /// A text, when the page cannot be read or exceeds the limits.
    pub fn new(bytes: &'a [u8], limits: Limits) -> Result<Self, String> {
        let directories = Directories::open(bytes).ok_or_else(damaged)?;
        let page = largest_page(&directories).ok_or_else(damaged)?;
        let value = |tag| directories.value(&page, tag);
        let (width, height) = value(tag::WIDTH).zip(value(tag::HEIGHT)).ok_or_else(damaged)?;
        let clamped = |side: u64| u32::try_from(side).unwrap_or(u32::MAX);
        let (width, height) = (clamped(width), clamped(height));
        check_size(width, height, limits)?;
        if let Some(reason) = value(tag::COMPRESSION).and_then(unsupported_compression) {
            return Err(reason);
        }
        let photometric = page.get(tag::PHOTOMETRIC).ok_or_else(damaged)?;
        let mut patches = vec![directories.patch_first(&page)];
        let (read_as, stored) = match value(tag::PHOTOMETRIC) {
            Some(WHITE_IS_ZERO) => (BLACK_IS_ZERO, Stored::Inverted),
            Some(PALETTE) => (BLACK_IS_ZERO, Stored::Palette(palette(&directories, &page).ok_or_else(damaged)?)),
            Some(kind @ (CIE_LAB | ICC_LAB)) => (RGB, Stored::Lab(kind == CIE_LAB)),
            Some(kind) => (kind, Stored::Plain),
            None => return Err(damaged()),
        };
        patches.push(directories.patch(photometric, read_as));

        let mut tiff_limits = tiff::decoder::Limits::default();
        let most = usize::try_from(limits.max_alloc_bytes).unwrap_or(usize::MAX);
        (tiff_limits.decoding_buffer_size, tiff_limits.intermediate_buffer_size) = (most, most);
        let inner = TiffDecoder::new(Patched { bytes: Cursor::new(bytes), patches })
            .map_err(|error| reason(&error, limits.max_alloc_bytes))?;
        let mut inner = inner.with_limits(tiff_limits);
        let colour = inner.colortype().map_err(|error| reason(&error, limits.max_alloc_bytes))?;
        // L*a*b* is the same on every device, and comes converted.
        let profile = page.get(tag::ICC_PROFILE).filter(|_| !matches!(stored, Stored::Lab(_)));
        let icc = profile.and_then(|entry| directories.bytes_of(entry)).map(<[u8]>::to_vec);
        let orientation = value(tag::ORIENTATION).and_then(|value| Orientation::from_exif(u8::try_from(value).ok()?));
        let xmp = || exif::xmp_orientation(directories.bytes_of(page.get(XMP)?)?);
        let orientation = orientation.or_else(xmp).unwrap_or(Orientation::NoTransforms);
        let is_jpeg = value(tag::COMPRESSION) == Some(7);
        // The extra value that is opacity, and not yet multiplied into the others.
        let has_alpha = value(tag::EXTRA_SAMPLES) == Some(2);
        let colour = if has_alpha { colour } else { without_alpha(colour) };
        Ok(Self { inner, width, height, colour, stored, orientation, icc, limits, is_jpeg })
    }

    /// Whether the page is compressed as JPEG.
    pub const fn is_jpeg(&self) -> bool {
        self.is_jpeg
    }

    /// The longer side of the page, in pixels.
    pub fn longer_side(&self) -> u32 {
        self.width.max(self.height)
    }

    /// The bytes that decoding allocates at most.
    pub fn decode_bytes(&self) -> u64 {
        let pixels = u64::from(self.width) * u64::from(self.height);
        let values = u64::from(samples(self.colour)).max(3) + 1;
        // As stored, and as a raster.
        pixels * values * u64::from(self.colour.bit_depth().div_ceil(8).max(1)) * 2
    }

    /// Decodes the page.
    ///
    /// # Errors
    /// A text, when it cannot be read.
    pub fn decode(mut self) -> Result<Decoded, String> {
        let mut buffer = DecodingResult::U8(Vec::new());
        let limits = self.limits;
        let layout =
            self.inner.read_image_to_buffer(&mut buffer).map_err(|error| reason(&error, limits.max_alloc_bytes))?;
        let pixels = self.width as usize * self.height as usize;
        let planes = layout.planes.max(1);
        let bits = self.colour.bit_depth();
        let values = match buffer {
            DecodingResult::U8(packed) if bits < 8 => Values::U8(self.unpacked(&packed, bits)?),
            DecodingResult::U8(values) => Values::U8(values),
            DecodingResult::U16(values) => Values::U16(values),
            DecodingResult::U32(values) => Values::U16(values.into_iter().map(|value| (value >> 16) as u16).collect()),
            // Some programs mean linear light by them, others not, and the file does not say.
            DecodingResult::F16(_) | DecodingResult::F32(_) | DecodingResult::F64(_) => {
                return Err(
                    "a TIFF of floating-point numbers, which do not say how light they are: save it again with 8 or 16 bits a \
                     channel"
                        .into(),
                );
            }
            _ => return Err("a TIFF of signed or very long numbers: save it again with 8 or 16 bits a channel".into()),
        };
        let length = values.len();
        if pixels == 0 || length < pixels || length % pixels != 0 {
            return Err(damaged());
        }
        let stored = length / pixels;
        let at = |pixel: usize, channel: usize| {
            if planes > 1 { channel * pixels + pixel } else { pixel * stored + channel }
        };
        let (model, alpha) = model(self.colour)?;
        let is_index = matches!(self.stored, Stored::Palette(_));
        let channels = if is_index { 1 } else { model.channels() + usize::from(alpha) };
        if stored < channels {
            return Err(damaged());
        }
        let places = || (0..pixels).flat_map(|pixel| (0..channels).map(move |channel| (pixel, channel)));
        let colours = model.channels();
        let is_inverted = matches!(self.stored, Stored::Inverted);
        let raster =
            |model, alpha, depth, bytes| Raster { width: self.width, height: self.height, model, alpha, depth, bytes };
        let raster = match (&self.stored, values) {
            (Stored::Palette(colours), values) => {
                let index = |pixel: usize| match &values {
                    Values::U8(values) => usize::from(values[at(pixel, 0)]),
                    Values::U16(values) => usize::from(values[at(pixel, 0)]),
                };
                let rgb = (0..pixels).flat_map(|pixel| colours.get(index(pixel)).copied().unwrap_or([0; 3]));
                raster(ColourModel::Rgb, false, Depth::U8, rgb.collect())
            }
            (Stored::Lab(is_signed), values) => {
                let mut rgb = Vec::with_capacity(pixels * 3);
                for pixel in 0..pixels {
                    let channels = [0, 1, 2].map(|channel| at(pixel, channel));
                    let lab = match &values {
                        Values::U8(values) => lab_8(channels.map(|at| values[at]), *is_signed),
                        Values::U16(values) => lab_16(channels.map(|at| values[at]), *is_signed),
                    };
                    rgb.extend(srgb_from_lab(lab));
                }
                raster(ColourModel::Rgb, false, Depth::U8, rgb)
            }
            (_, Values::U8(values)) => {
                let bytes: Vec<u8> = if matches!(self.colour, ColorType::YCbCr(_)) {
                    let pixel = |pixel| srgb_from_ycbcr([0, 1, 2].map(|channel| values[at(pixel, channel)]));
                    (0..pixels).flat_map(pixel).collect()
                } else if planes == 1 && stored == channels && !is_inverted {
                    values
                } else {
                    let invert =
                        |channel: usize, value: u8| if is_inverted && channel < colours { 255 - value } else { value };
                    places().map(|(pixel, channel)| invert(channel, values[at(pixel, channel)])).collect()
                };
                raster(model, alpha, Depth::U8, bytes)
            }
            // Ink is converted with 8 bits.
            (_, Values::U16(values)) if model == ColourModel::Cmyk => {
                let bytes = places().map(|(pixel, channel)| (values[at(pixel, channel)] >> 8) as u8).collect();
                raster(model, alpha, Depth::U8, bytes)
            }
            (_, Values::U16(values)) => {
                let invert = |channel: usize, value: u16| if is_inverted && channel < colours { !value } else { value };
                let values: Vec<u16> =
                    places().map(|(pixel, channel)| invert(channel, values[at(pixel, channel)])).collect();
                raster(model, alpha, Depth::U16, bytemuck::cast_slice(&values).to_vec())
            }
        };
        Ok(Decoded { orientation: self.orientation.into(), ..Decoded::upright(raster, self.icc) })
    }

    /// Values of fewer than 8 bits, each row of which begins with a byte: as bytes, of full range but for a palette's.
    fn unpacked(&self, packed: &[u8], bits: u8) -> Result<Vec<u8>, String> {
        if !matches!(bits, 1 | 2 | 4) {
            return Err(format!("a TIFF of {bits} bits a channel: save it again with 8"));
        }
        let row_values = self.width as usize * usize::from(samples(self.colour));
        let row_bytes = (row_values * usize::from(bits)).div_ceil(8).max(1);
        let last = (1u16 << bits) - 1;
        let factor = if matches!(self.stored, Stored::Palette(_)) { 1 } else { 255 / last };
        let mut values = Vec::with_capacity(row_values * self.height as usize);
        for row in packed.chunks_exact(row_bytes).take(self.height as usize) {
            let value = |index: usize| {
                let bit = index * usize::from(bits);
                let shifted = row[bit / 8] >> (8 - usize::from(bits) - bit % 8);
                ((u16::from(shifted) & last) * factor) as u8
            };
            values.extend((0..row_values).map(value));
        }
        Ok(values)
    }
}

/// Decoded values.
enum Values {
    U8(Vec<u8>),
    U16(Vec<u16>),
}

impl Values {
    const fn len(&self) -> usize {
        match self {
            Self::U8(values) => values.len(),
            Self::U16(values) => values.len(),
        }
    }
}

/// The largest page of a file that is a picture: previews and masks are marked as such, and count only where there is
/// nothing else.
fn largest_page(directories: &Directories<'_>) -> Option<Directory> {
    let rank = |directory: &Directory| {
        let value = |tag| directories.value(directory, tag);
        let area = value(tag::WIDTH)?.checked_mul(value(tag::HEIGHT)?)?;
        let subfile = value(tag::NEW_SUBFILE_TYPE).unwrap_or(0);
        // A sensor's values are none either.
        let is_mask =
            subfile & 4 != 0 || matches!(value(tag::PHOTOMETRIC), Some(MASK | COLOUR_FILTER_ARRAY | LINEAR_RAW));
        Some((!is_mask, subfile & 1 == 0, area))
    };
    let mut best = None;
    for directory in directories.all() {
        let Some(rank) = rank(&directory) else { continue };
        // Of pages alike the first counts.
        if best.as_ref().is_none_or(|(best, _)| rank > *best) {
            best = Some((rank, directory));
        }
    }
    best.map(|(_, directory)| directory)
}

/// The colours of a palette, 8 bits each.
fn palette(directories: &Directories<'_>, page: &Directory) -> Option<Vec<[u8; 3]>> {
    let values = directories.numbers(page.get(tag::COLOUR_MAP)?, 3 << 16);
    let colours = values.len() / 3;
    // 16 bits, though some programs write 8.
    let shift = if values.iter().any(|value| *value > 255) { 8 } else { 0 };
    let value = |at: usize| (values[at] >> shift).min(255) as u8;
    (colours > 0).then(|| (0..colours).map(|index| [0, 1, 2].map(|part| value(part * colours + index))).collect())
}

fn samples(colour: ColorType) -> u16 {
    match colour {
        ColorType::Gray(_) | ColorType::Palette(_) => 1,
        ColorType::GrayA(_) => 2,
        ColorType::RGB(_) | ColorType::YCbCr(_) | ColorType::Lab(_) => 3,
        ColorType::RGBA(_) | ColorType::CMYK(_) => 4,
        ColorType::CMYKA(_) => 5,
        ColorType::Multiband { num_samples, .. } => num_samples,
        _ => 4,
    }
}

/// A colour type whose last value is no opacity, or has been multiplied into the others already, which is what is shown
/// over black.
const fn without_alpha(colour: ColorType) -> ColorType {
    match colour {
        ColorType::RGBA(bits) => ColorType::RGB(bits),
        ColorType::CMYKA(bits) => ColorType::CMYK(bits),
        ColorType::GrayA(bits) | ColorType::Multiband { bit_depth: bits, .. } => ColorType::Gray(bits),
        other => other,
    }
}

/// The raster's model, and whether it has an opacity.
fn model(colour: ColorType) -> Result<(ColourModel, bool), String> {
    match colour {
        ColorType::Gray(_) => Ok((ColourModel::Grey, false)),
        ColorType::GrayA(_) | ColorType::Multiband { .. } => Ok((ColourModel::Grey, true)),
        ColorType::RGB(_) | ColorType::YCbCr(_) => Ok((ColourModel::Rgb, false)),
        ColorType::RGBA(_) => Ok((ColourModel::Rgb, true)),
        ColorType::CMYK(_) | ColorType::CMYKA(_) => Ok((ColourModel::Cmyk, false)),
        _ => Err(UNSUPPORTED.into()),
    }
}

const UNSUPPORTED: &str =
    "a TIFF of a kind that cannot be read: save it again as RGB with 8 bits a channel, or as a JPEG";

fn damaged() -> String {
    super::error::damaged("the TIFF picture")
}

fn unsupported_compression(compression: u64) -> Option<String> {
    let name = match compression {
        1 | 4 | 5 | 7 | 8 | 32773 | 32946 => return None,
        2 | 3 => "fax (Group 3)",
        6 => "JPEG of the old kind",
        34661..=34663 => "JBIG",
        34712 | 33003 | 33005 => "JPEG 2000",
        34887 => "LERC",
        34925 => "LZMA",
        50000 | 34926 => "Zstandard",
        50001 | 34927 => "WebP",
        50002 | 52546 => "JPEG XL",
        _ => "a method that is not known here",
    };
    Some(format!("a TIFF compressed with {name}: save it again with LZW, or as a JPEG"))
}

/// A decoder's error, in our words.
fn reason(error: &tiff::TiffError, limit: u64) -> String {
    match error {
        tiff::TiffError::UnsupportedError(_) => UNSUPPORTED.into(),
        tiff::TiffError::LimitsExceeded => too_costly(None, limit),
        _ => damaged(),
    }
}

/// As JFIF has it (ITU-R BT.601, full range).
fn srgb_from_ycbcr([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let [y, cb, cr] = [f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0];
    [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb].map(|value| value.round() as u8)
}

fn lab_8([l, a, b]: [u8; 3], is_signed: bool) -> [f32; 3] {
    let part = |value: u8| if is_signed { f32::from(value.cast_signed()) } else { f32::from(value) - 128.0 };
    [f32::from(l) * 100.0 / 255.0, part(a), part(b)]
}

fn lab_16([l, a, b]: [u16; 3], is_signed: bool) -> [f32; 3] {
    let part = |value: u16| {
        if is_signed { f32::from(value.cast_signed()) / 256.0 } else { f32::from(value) / 256.0 - 128.0 }
    };
    let white = if is_signed { 65535.0 } else { 65280.0 };
    [f32::from(l) * 100.0 / white, part(a), part(b)]
}

/// CIE L\*a\*b\* under D50 as sRGB.
fn srgb_from_lab([l, a, b]: [f32; 3]) -> [u8; 3] {
    let y = (l + 16.0) / 116.0;
    let cube = |f: f32| if f > 6.0 / 29.0 { f * f * f } else { (f - 4.0 / 29.0) * 108.0 / 841.0 };
    let [x, y, z] = [cube(y + a / 500.0) * 0.964_22, cube(y), cube(y - b / 200.0) * 0.825_21];
    // From D50 to linear sRGB, adapted by Bradford.
    let rows = [
        [3.133_856, -1.616_866_7, -0.490_614_6],
        [-0.978_768_4, 1.916_141_5, 0.033_454],
        [0.071_945_3, -0.228_991_4, 1.405_242_7],
    ];
    rows.map(|[from_x, from_y, from_z]: [f32; 3]| {
        let linear = (from_x * x + from_y * y + from_z * z).clamp(0.0, 1.0);
        (encode_srgb(linear) * 255.0).round() as u8
    })
}

/// A file's bytes with a few of them changed.
struct Patched<'a> {
    bytes: Cursor<&'a [u8]>,
    patches: Vec<(u64, Vec<u8>)>,
}

impl Read for Patched<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let start = self.bytes.position();
        let read = self.bytes.read(into)?;
        for (at, patch) in &self.patches {
            for (byte, place) in patch.iter().zip(*at..) {
                let place = place.checked_sub(start).and_then(|place| usize::try_from(place).ok());
                if let Some(place) = place.filter(|place| *place < read) {
                    into[place] = *byte;
                }
            }
        }
        Ok(read)
    }
}

impl Seek for Patched<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}
