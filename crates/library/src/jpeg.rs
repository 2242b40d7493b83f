//! JPEG: the header, and the choice between three decoders.
//!
//! `jpeg-decoder` can decode at 1/2, 1/4 and 1/8 of the size and supports CMYK and lossless files; `zune-jpeg` is faster
//! at full size and tolerates truncated files. Common photographs are decoded at a scale by our own (`scaled_jpeg.rs`), which takes a third to
//! three quarters of `jpeg-decoder`'s time, as it passes over what it does not need.

use image::metadata::Orientation;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::colour::ColourModel;
use super::exif;
use super::orientation::OrientationTransform;
use super::resample::{Depth, Raster};
use super::scaled_jpeg::{self, Picture};

/// The segments before the picture data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    pub width: u32,
    pub height: u32,
    pub precision: u8,
    pub components: Vec<u8>,
    /// The SOF marker, which gives the coding process.
    pub process: u8,
    /// The Adobe segment's colour transform, if there is one.
    pub adobe: Option<u8>,
    pub jfif: bool,
    pub orientation: Option<u8>,
    pub icc: Option<Vec<u8>>,
    /// The offset of the first scan.
    pub scan_start: usize,
}

const SOF_BASELINE: u8 = 0xC0;
const SOF_EXTENDED: u8 = 0xC1;
const SOF_PROGRESSIVE: u8 = 0xC2;
const SOF_LOSSLESS: u8 = 0xC3;

impl Header {
    /// Reads the segments up to the first scan.
    ///
    /// # Errors
    /// A text, when there is no picture.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut header = Self::default();
        let mut icc: Vec<(u8, &[u8])> = Vec::new();
        let mut xmp = None;
        let mut at = 2;
        loop {
            // Fill bytes and stray bytes between segments are common, and skipped.
            while bytes.get(at).is_some_and(|byte| *byte != 0xFF) || bytes.get(at + 1) == Some(&0xFF) {
                at += 1;
            }
            let marker = *bytes.get(at + 1).ok_or("the JPEG breaks off before its picture: copy it again")?;
            if matches!(marker, 0x00 | 0x01 | 0xD0..=0xD8) {
                at += 2;
                continue;
            }
            if marker == 0xD9 {
                return Err("the JPEG has no picture in it: copy it again".into());
            }
            let length = match bytes.get(at + 2..at + 4) {
                Some(&[high, low]) => usize::from(high) << 8 | usize::from(low),
                _ => return Err("the JPEG breaks off before its picture: copy it again".into()),
            };
            let body = bytes
                .get(at + 4..at + 2 + length.max(2))
                .ok_or("the JPEG breaks off before its picture: copy it again")?;
            match marker {
                0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => header.read_frame(marker, body)?,
                0xE0 if body.starts_with(b"JFIF\0") => header.jfif = true,
                0xE1 => {
                    // Of several blocks the first that says an orientation counts.
                    if body.starts_with(b"Exif\0") {
                        header.orientation =
                            header.orientation.or_else(|| exif::orientation(body).map(Orientation::to_exif));
                    } else if let Some(body) = body.strip_prefix(b"http://ns.adobe.com/xap/1.0/\0") {
                        xmp = xmp.or_else(|| exif::xmp_orientation(body).map(Orientation::to_exif));
                    }
                }
                0xE2 => {
                    if let Some([number, _count, part @ ..]) = body.strip_prefix(b"ICC_PROFILE\0") {
                        icc.push((*number, part));
                    }
                }
                0xEE if body.starts_with(b"Adobe") => header.adobe = body.get(11).copied(),
                0xDA => {
                    header.scan_start = at + 2 + length;
                    break;
                }
                _ => {}
            }
            at += 2 + length.max(2);
        }
        if header.process == 0 {
            return Err("the JPEG does not say how large it is: copy it again".into());
        }
        header.orientation = header.orientation.or(xmp);
        icc.sort_by_key(|(number, _)| *number);
        header.icc = (!icc.is_empty()).then(|| icc.iter().flat_map(|(_, part)| part.iter().copied()).collect());
        Ok(header)
    }

    fn read_frame(&mut self, marker: u8, body: &[u8]) -> Result<(), String> {
        let [precision, h1, h0, w1, w0, count, components @ ..] = body else {
            return Err("the JPEG breaks off before its picture: copy it again".into());
        };
        if self.process != 0 {
            return Err("a hierarchical JPEG: save it again as an ordinary one".into());
        }
        self.process = marker;
        self.precision = *precision;
        self.height = u32::from(*h1) << 8 | u32::from(*h0);
        self.width = u32::from(*w1) << 8 | u32::from(*w0);
        self.components = components.chunks_exact(3).take(usize::from(*count)).map(|component| component[0]).collect();
        Ok(())
    }

    /// The transform of the EXIF orientation.
    pub fn orientation_transform(&self) -> OrientationTransform {
        self.orientation.and_then(Orientation::from_exif).unwrap_or(Orientation::NoTransforms).into()
    }

    /// The reason for which neither decoder supports the file, if so.
    pub fn unsupported(&self) -> Option<String> {
        match self.process {
            0xC9..=0xCF => Some("a JPEG with arithmetic coding: save it again as an ordinary one".into()),
            0xC5..=0xC7 => Some("a hierarchical JPEG: save it again as an ordinary one".into()),
            SOF_LOSSLESS => None,
            _ if self.precision != 8 => {
                Some(format!("a JPEG of {} bits a value: save it again with 8", self.precision))
            }
            _ if !matches!(self.components.len(), 1 | 3 | 4) => {
                Some(format!("a JPEG of {} colour components: save it again as an ordinary one", self.components.len()))
            }
            _ => None,
        }
    }

    /// The bytes that decoding at `eighths`/8 of the size allocates at most.
    pub fn decode_bytes(&self, eighths: u32) -> u64 {
        let pixels = u64::from(self.width) * u64::from(self.height);
        let values = pixels * self.components.len() as u64;
        let decoded = values * u64::from(eighths * eighths) / 64;
        let coefficients = if self.process == SOF_PROGRESSIVE { values * 2 } else { 0 };
        match self.process {
            // Two planes of 16 bits and the picture.
            SOF_LOSSLESS => values * 5,
            // The planes and the picture.
            _ => coefficients + decoded * 2,
        }
    }

    /// Whether decoding at full size and averaging is faster than decoding at a scale: progressive files spend their time
    /// in entropy decoding, at which the full-size decoder is faster (by about a tenth of the whole, on files of 0.2 to 2.8
    /// megapixels).
    pub fn is_faster_at_full_size(&self) -> bool {
        self.process == SOF_PROGRESSIVE && self.is_standard() && self.width * self.height <= 4 << 20
    }

    /// Whether all decoders agree on the colours: grey, or YCbCr by the rules of libjpeg, in the common processes.
    fn is_standard(&self) -> bool {
        let standard_colours = match self.components[..] {
            [_] => true,
            [a, b, c] => {
                let named = [a, b, c];
                (named == [1, 2, 3] || (self.jfif && !matches!(&named, b"RGB" | b"rgb" | [1, 34, 35])))
                    && self.adobe.is_none_or(|transform| transform == 1)
            }
            _ => false,
        };
        standard_colours && matches!(self.process, SOF_BASELINE | SOF_EXTENDED | SOF_PROGRESSIVE)
    }
}

/// A decoded JPEG.
pub struct Decoded {
    pub raster: Raster,
    /// The scale against the full size, in eighths.
    pub eighths: u32,
    /// The remark that the file is truncated or damaged, if it is.
    pub remark: Option<String>,
}

/// Pictures with a shorter side are left to decoders of which some have their own ways with them.
const LEAST_SIDE: u32 = 16;
/// A picture with a smaller share of its rows is rejected.
const MIN_SHARE: f64 = 0.5;

/// Decodes at the given scale, or at full size where only that is possible.
///
/// # Errors
/// A text, when the picture cannot be read, or would take more than `max_bytes`.
pub fn decode(bytes: &[u8], header: &Header, eighths: u32, max_bytes: u64) -> Result<Decoded, String> {
    // The end marker cannot occur in entropy-coded data, where 0xFF is followed by 0: a file without it is truncated.
    let is_complete = bytes[header.scan_start.min(bytes.len())..].windows(2).rev().any(|pair| pair == [0xFF, 0xD9]);
    let mut is_damaged = false;
    if is_complete {
        if eighths == 8
            && header.is_standard()
            && let Ok(raster) = decode_full_size(bytes, header, true)
        {
            return Ok(Decoded { raster, eighths, remark: None });
        }
        if let Some(raster) = decode_common(bytes, header, eighths) {
            return Ok(Decoded { raster, eighths, remark: None });
        }
        match decode_scaled(bytes, header, eighths) {
            Ok(raster) => return Ok(Decoded { raster, eighths, remark: None }),
            Err(_) => is_damaged = true,
        }
    }
    let failure = if is_damaged { "is damaged" } else { "breaks off" };
    let advice = "copy it again, or open it in another program and save it again";
    let unusable = || format!("the JPEG {failure}: {advice}");
    if !header.is_standard() || header.decode_bytes(8) > max_bytes {
        return Err(unusable());
    }
    let mut raster = decode_full_size(bytes, header, false).map_err(|_| unusable())?;
    let share = trim_filled_rows(&mut raster);
    let percent = (share * 100.0).floor();
    if header.process == SOF_PROGRESSIVE && raster.height < header.height {
        // Each pass covers the whole picture: not even the first, of one value per 8×8 pixels, is complete.
        return Err(format!("the JPEG {failure}, in its coarsest pass: {advice}"));
    }
    if share < MIN_SHARE {
        return Err(format!("the JPEG {failure}, and no more than {percent} % of it can be read: {advice}"));
    }
    let remark = format!("kept with {percent} % of its rows, though the JPEG {failure}");
    Ok(Decoded { raster, eighths: 8, remark: Some(remark) })
}

/// Decodes a common photograph at a scale; `None` for anything else, and what is damaged.
fn decode_common(bytes: &[u8], header: &Header, eighths: u32) -> Option<Raster> {
    let is_common = matches!(header.process, SOF_BASELINE | SOF_EXTENDED) && header.is_standard();
    if !is_common || header.width.min(header.height) < LEAST_SIDE {
        return None;
    }
    let Picture { width, height, bytes } = scaled_jpeg::decode(bytes, eighths as usize).ok()?;
    let model = if header.components.len() == 1 { ColourModel::Grey } else { ColourModel::Rgb };
    let (width, height) = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
    Some(Raster { width, height, model, alpha: false, depth: Depth::U8, bytes })
}

fn decode_scaled(bytes: &[u8], header: &Header, eighths: u32) -> Result<Raster, String> {
    let mut decoder = jpeg_decoder::Decoder::new(bytes);
    if eighths < 8 {
        let width = (header.width * eighths).div_ceil(8);
        // It takes the smallest scale that reaches the size on one axis; this height is never reached.
        decoder.scale(u16::try_from(width).unwrap_or(u16::MAX), u16::MAX).map_err(|error| error.to_string())?;
    }
    let pixels = decoder.decode().map_err(|error| error.to_string())?;
    let info = decoder.info().ok_or("it has no header")?;
    let (width, height) = (info.width.into(), info.height.into());
    let (model, depth) = match info.pixel_format {
        jpeg_decoder::PixelFormat::L8 => (ColourModel::Grey, Depth::U8),
        jpeg_decoder::PixelFormat::L16 => (ColourModel::Grey, Depth::U16),
        jpeg_decoder::PixelFormat::RGB24 => (ColourModel::Rgb, Depth::U8),
        jpeg_decoder::PixelFormat::CMYK32 => (ColourModel::Cmyk, Depth::U8),
    };
    let mut raster = Raster { width, height, model, alpha: false, depth, bytes: pixels };
    // Ink is stored inverted, as Adobe began it. Every viewer takes it so, also where Adobe's marker has been stripped.
    if model == ColourModel::Cmyk && header.adobe.is_none() && is_plain_ink(&raster.bytes) {
        raster.bytes.iter_mut().for_each(|ink| *ink = 255 - *ink);
    }
    Ok(raster)
}

/// Whether a picture of ink, taken as inverted, cannot be meant so: most of it would be all black, and next to nothing without
/// black. Some programs write ink the plain way, and every viewer shows a black picture.
fn is_plain_ink(ink: &[u8]) -> bool {
    let blacks = || ink.as_chunks::<4>().0.iter().map(|[.., black]| *black);
    let pixels = ink.len() / 4;
    let (full, none) = (blacks().filter(|black| *black > 250).count(), blacks().filter(|black| *black < 5).count());
    full * 2 > pixels && none * 50 < pixels
}

fn decode_full_size(bytes: &[u8], header: &Header, strict: bool) -> Result<Raster, String> {
    let (model, space) = match header.components.len() {
        1 => (ColourModel::Grey, ColorSpace::Luma),
        _ => (ColourModel::Rgb, ColorSpace::RGB),
    };
    let options = DecoderOptions::default()
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .set_strict_mode(strict)
        .jpeg_set_out_colorspace(space);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let pixels = decoder.decode().map_err(|error| error.to_string())?;
    let info = decoder.info().ok_or("it has no header")?;
    let (width, height) = (info.width.into(), info.height.into());
    let raster = Raster { width, height, model, alpha: false, depth: Depth::U8, bytes: pixels };
    if (width, height) == (header.width, header.height) && raster.bytes.len() == raster.row_bytes() * height as usize {
        Ok(raster)
    } else {
        Err("its sizes contradict each other".into())
    }
}

/// Cuts off the lower rows that the decoder filled because the data had ended; returns the share that stays.
fn trim_filled_rows(raster: &mut Raster) -> f64 {
    let row_bytes = raster.row_bytes();
    let rows = raster.bytes.chunks_exact(row_bytes).rev();
    let filled = rows.take_while(|row| row.iter().all(|value| *value == row[0] && matches!(*value, 0 | 128))).count();
    let left = raster.height as usize - filled.min(raster.height as usize);
    let share = left as f64 / f64::from(raster.height.max(1));
    raster.bytes.truncate(left * row_bytes);
    raster.height = u32::try_from(left).unwrap_or(raster.height);
    share
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
        let length = (body.len() + 2) as u16;
        [&[0xFF, marker], &length.to_be_bytes()[..], body].concat()
    }

    #[test]
    fn a_header_is_read_from_its_segments() {
        let exif = b"Exif\0\0MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let bytes = [
            &[0xFF, 0xD8][..],
            &segment(0xE1, exif),
            &segment(0xE2, b"ICC_PROFILE\0\x02\x02second"),
            &[0xFF, 0xFF],
            &segment(0xE2, b"ICC_PROFILE\0\x01\x02first "),
            &segment(0xC2, &[8, 0, 40, 0, 30, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]),
            &segment(0xDA, &[0; 10]),
        ]
        .concat();
        let header = Header::read(&bytes).unwrap();
        assert_eq!((header.width, header.height, header.precision), (30, 40, 8));
        assert_eq!(header.orientation, Some(6));
        assert_eq!(header.icc.as_deref(), Some(&b"first second"[..]));
        assert_eq!(header.components, [1, 2, 3]);
        assert_eq!(header.scan_start, bytes.len());
        for end in 0..bytes.len() {
            assert!(Header::read(&bytes[..end]).is_err(), "{end}");
        }
    }
}
