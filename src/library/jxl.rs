//! JPEG XL: the first picture of a file, turned by its decoder.

use jxl_oxide::color::{ColourEncoding, ColourSpace, TransferFunction};
use jxl_oxide::{
    AllocTracker, EnumColourEncoding, ImageStream, InitializeResult, JxlImage, PixelFormat, RenderingIntent,
    UninitializedJxlImage,
};

use super::colour::{self, ColourModel};
use super::decode::{Limits, Upright, check_size};
use super::hdr;
use super::resample::{Depth, Raster};

const CODESTREAM: &[u8] = &[0xFF, 0x0A];
const CONTAINER: &[u8] = b"\0\0\0\x0CJXL \r\n\x87\n";

/// How much of a file the decoder is given at once: it starts anew on a header that does not end.
const PIECE: usize = 64 << 10;

/// Whether a file begins like a JPEG XL picture.
pub fn starts(head: &[u8]) -> bool {
    head.starts_with(CODESTREAM) || head.starts_with(CONTAINER)
}

/// A picture whose header was read.
pub struct Picture<'a> {
    image: JxlImage,
    /// What the decoder has not seen yet.
    rest: &'a [u8],
    limits: Limits,
}

impl<'a> Picture<'a> {
    /// Reads the header.
    ///
    /// # Errors
    /// In words.
    pub fn open(bytes: &'a [u8], limits: Limits) -> Result<Self, String> {
        let most = usize::try_from(limits.max_alloc_bytes).unwrap_or(usize::MAX);
        let mut rest = bytes;
        let mut started = JxlImage::builder().alloc_tracker(AllocTracker::with_limit(most)).build_uninit();
        let mut image = loop {
            let (taken, next) = feed(started, rest)?;
            rest = &rest[taken..];
            match next {
                InitializeResult::Initialized(image) => break image,
                InitializeResult::NeedMoreData(_) if taken == 0 => {
                    return Err("the JPEG XL picture ends before it begins".into());
                }
                InitializeResult::NeedMoreData(more) => started = more,
            }
        };
        check_size(image.width(), image.height(), limits)?;
        if let ColourEncoding::Enum(encoding) = &image.image_header().metadata.colour_encoding
            && hdr_code_points(encoding).is_none()
        {
            // The decoder converts what it can name.
            let intent = RenderingIntent::Relative;
            let target = match encoding.colour_space {
                ColourSpace::Grey => EnumColourEncoding::gray_srgb(intent),
                _ => EnumColourEncoding::srgb(intent),
            };
            image.request_color_encoding(target);
        }
        if image.pixel_format().has_black() {
            return Err("a JPEG XL picture made for print, in ink: save it as JPEG".into());
        }
        Ok(Self { image, rest, limits })
    }

    /// The bytes that decoding takes at most.
    pub fn decode_bytes(&self) -> u64 {
        let pixels = u64::from(self.image.width()) * u64::from(self.image.height());
        let values = self.image.pixel_format().channels() as u64;
        // Floats before and after a filter, and what is made of them.
        pixels * values * 9 + self.rest.len() as u64
    }

    /// Decodes the first picture.
    ///
    /// # Errors
    /// In words.
    pub fn decode(self) -> Result<Upright, String> {
        let Self { mut image, mut rest, limits } = self;
        while !rest.is_empty() && image.num_loaded_keyframes() == 0 {
            let taken = image.feed_bytes(&rest[..rest.len().min(PIECE)]).map_err(|error| reason(&*error))?;
            if taken == 0 {
                break;
            }
            rest = &rest[taken..];
        }
        if image.num_loaded_keyframes() == 0 {
            return Err("the JPEG XL picture breaks off".into());
        }
        let render = image.render_frame(0).map_err(|error| reason(&*error))?;
        let format = image.pixel_format();
        let extra = &image.image_header().metadata.ec_info;
        let associated = extra.iter().find_map(jxl_oxide::image::ExtraChannelInfo::alpha_associated);
        // Colours that are already multiplied by their alpha are already over black.
        let alpha = format.has_alpha() && associated == Some(false);
        let mut stream = if alpha { render.stream() } else { render.stream_no_alpha() };
        let (width, height) = (stream.width(), stream.height());
        check_size(width, height, limits)?;
        let model = match format {
            PixelFormat::Gray | PixelFormat::Graya => ColourModel::Grey,
            _ => ColourModel::Rgb,
        };
        let values = if model == ColourModel::Grey { 1 } else { 3 } + u32::from(alpha);
        if stream.channels() != values {
            return Err(format!("the JPEG XL picture has {} values a pixel instead of {values}", stream.channels()));
        }
        let count = width as usize * height as usize * values as usize;
        let (bytes, icc) = match &image.image_header().metadata.colour_encoding {
            ColourEncoding::Enum(encoding) => match hdr_code_points(encoding) {
                Some([primaries, transfer]) => {
                    let mut wide = vec![0u16; count];
                    stream.write_to_buffer(&mut wide);
                    let icc = colour::icc_of_code_points(primaries, hdr::SRGB_TRANSFER);
                    (narrowed(&wide, values as usize, alpha, transfer), icc.filter(|_| model == ColourModel::Rgb))
                }
                None => (written(&mut stream, count), None),
            },
            ColourEncoding::IccProfile(_) => (written(&mut stream, count), Some(image.rendered_icc())),
        };
        let raster = Raster { width, height, model, alpha, depth: Depth::U8, bytes };
        Ok(Upright { raster, icc, remark: None })
    }
}

/// Primaries and transfer by their numbers in ITU-T H.273, of a picture with more light than sRGB.
fn hdr_code_points(encoding: &EnumColourEncoding) -> Option<[u8; 2]> {
    let transfer = match encoding.tf {
        TransferFunction::Pq => hdr::PQ,
        TransferFunction::Hlg => hdr::HLG,
        _ => return None,
    };
    // Primaries without a number are as good as never used with these.
    Some([encoding.cicp().map_or(hdr::BT2020_PRIMARIES, |[primaries, ..]| primaries), transfer])
}

fn written(stream: &mut ImageStream<'_>, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    stream.write_to_buffer(&mut bytes);
    bytes
}

/// What has more light than sRGB, brought under its white.
fn narrowed(wide: &[u16], values: usize, alpha: bool, transfer: u8) -> Vec<u8> {
    let curve = hdr::Curve::of(transfer, 16);
    let colours = if alpha { values - 1 } else { values };
    let narrow = |(place, value): (usize, &u16)| match &curve {
        Some(curve) if place % values < colours => curve.sdr(*value),
        _ => (value >> 8) as u8,
    };
    wide.iter().enumerate().map(narrow).collect()
}

/// Gives the decoder its next piece; says how much of it was taken.
fn feed(mut started: UninitializedJxlImage, rest: &[u8]) -> Result<(usize, InitializeResult), String> {
    let piece = &rest[..rest.len().min(PIECE)];
    let taken = started.feed_bytes(piece).map_err(|error| reason(&*error))?;
    let next = started.try_init().map_err(|error| reason(&*error))?;
    Ok((taken, next))
}

fn reason(error: &(dyn std::error::Error + Send + Sync)) -> String {
    let text = error.to_string().replace(['\n', '\r'], " ");
    format!("the JPEG XL picture cannot be read: {text}")
}
