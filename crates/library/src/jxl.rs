//! JPEG XL: the first picture of a file, oriented by its decoder.

use jxl_oxide::color::{ColourEncoding, ColourSpace, TransferFunction};
use jxl_oxide::frame::Encoding;
use jxl_oxide::image::ExtraChannelInfo;
use jxl_oxide::{
    AllocTracker, CropInfo, EnumColourEncoding, InitializeResult, JxlImage, Render, RenderingIntent,
    UninitializedJxlImage,
};

use super::colour::{self, ColourModel};
use super::decode::{Decoded, Limits, check_size};
use super::error::{damaged, too_costly};
use super::hdr;
use super::resample::{Depth, Raster};

const CODESTREAM: &[u8] = &[0xFF, 0x0A];
const CONTAINER: &[u8] = b"\0\0\0\x0CJXL \r\n\x87\n";

/// Bytes fed to the decoder at once: it starts again on a header that does not end in them.
const CHUNK: usize = 64 << 10;

/// Pixels rendered at once, where the decoder can: rendering takes 27 bytes per pixel.
const STRIPE_PIXELS: u32 = 4 << 20;

/// Whether a file begins like a JPEG XL picture.
pub fn starts(head: &[u8]) -> bool {
    head.starts_with(CODESTREAM) || head.starts_with(CONTAINER)
}

/// A picture that is read, but not rendered: it holds no more than a copy of the file.
pub struct Decoder {
    image: JxlImage,
    file_bytes: u64,
    /// Pixels rendered at once.
    stripe_pixels: u32,
    limits: Limits,
}

impl Decoder {
    /// Reads a file up to the end of its first picture.
    ///
    /// # Errors
    /// A text, when the picture cannot be read, exceeds the limits or is CMYK.
    pub fn new(bytes: &[u8], limits: Limits) -> Result<Self, String> {
        let most = usize::try_from(limits.max_alloc_bytes).unwrap_or(usize::MAX);
        let mut rest = bytes;
        let mut uninit = JxlImage::builder().alloc_tracker(AllocTracker::with_limit(most)).build_uninit();
        let mut image = loop {
            let (taken, next) = feed(uninit, rest, limits)?;
            rest = &rest[taken..];
            match next {
                InitializeResult::Initialized(image) => break image,
                InitializeResult::NeedMoreData(_) if taken == 0 => {
                    return Err("the JPEG XL picture breaks off before it begins: copy it again".into());
                }
                InitializeResult::NeedMoreData(more) => uninit = more,
            }
        };
        check_size(image.width(), image.height(), limits)?;
        while !rest.is_empty() && image.num_loaded_keyframes() == 0 {
            let taken = image.feed_bytes(&rest[..rest.len().min(CHUNK)]).map_err(|error| reason(&*error, limits))?;
            if taken == 0 {
                break;
            }
            rest = &rest[taken..];
        }
        let first = image.frame_header(0).ok_or("the JPEG XL picture breaks off: copy it again")?;
        // The other encoding renders the whole picture for each part of it.
        let stripe_pixels = if first.encoding == Encoding::VarDct { STRIPE_PIXELS } else { u32::MAX };
        if let ColourEncoding::Enum(encoding) = &image.image_header().metadata.colour_encoding
            && hdr_code_points(encoding).is_none()
        {
            // The decoder converts enumerated colour spaces itself.
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
        Ok(Self { image, file_bytes: bytes.len() as u64, stripe_pixels, limits })
    }

    /// The bytes that decoding allocates at most.
    pub fn decode_bytes(&self) -> u64 {
        let pixels = u64::from(self.image.width()) * u64::from(self.image.height());
        let values = 3 + self.image.image_header().metadata.ec_info.len() as u64;
        let rendered = pixels.min(u64::from(self.stripe_pixels));
        // Per stripe, floats before and after a filter; for the whole picture, the output and the 1:8 image.
        rendered * values * 9 + pixels * values * 4 / 3 + self.file_bytes
    }

    /// Decodes the first picture.
    ///
    /// # Errors
    /// A text, when the picture cannot be read.
    pub fn decode(self) -> Result<Decoded, String> {
        let Self { mut image, stripe_pixels, limits, .. } = self;
        let format = image.pixel_format();
        let metadata = &image.image_header().metadata;
        // Premultiplied colours are already over black.
        let associated = metadata.ec_info.iter().find_map(ExtraChannelInfo::alpha_associated);
        let alpha = format.has_alpha() && associated == Some(false);
        let model = if format.is_grayscale() { ColourModel::Grey } else { ColourModel::Rgb };
        let (curve, icc) = match &metadata.colour_encoding {
            ColourEncoding::Enum(encoding) => match hdr_code_points(encoding) {
                Some([primaries, transfer]) => {
                    let icc = colour::icc_from_code_points(primaries, hdr::SRGB_TRANSFER);
                    (hdr::TransferCurve::of(transfer, 16), icc.filter(|_| model == ColourModel::Rgb))
                }
                None => (None, None),
            },
            ColourEncoding::IccProfile(_) => (None, Some(image.rendered_icc())),
        };
        let (width, height) = (image.width(), image.height());
        let layout = SampleLayout { colours: model.channels(), alpha, curve };
        let mut bytes = Vec::with_capacity(width as usize * height as usize * layout.values());
        let stripe_rows = (stripe_pixels / width).max(1);
        for top in (0..height).step_by(stripe_rows as usize) {
            let part = CropInfo { left: 0, top, width, height: stripe_rows.min(height - top) };
            image.set_image_region(part);
            let render = image.render_frame(0).map_err(|error| reason(&*error, limits))?;
            layout.append(&render, part, &mut bytes)?;
        }
        let raster = Raster { width, height, model, alpha, depth: Depth::U8, bytes };
        Ok(Decoded::upright(raster, icc))
    }
}

/// The values of a raster's pixel.
struct SampleLayout {
    colours: usize,
    alpha: bool,
    /// The tone curve of an HDR picture.
    curve: Option<hdr::TransferCurve>,
}

impl SampleLayout {
    fn values(&self) -> usize {
        self.colours + usize::from(self.alpha)
    }

    /// Appends a rendered part of the picture, with 8 bits per value.
    fn append(&self, render: &Render, part: CropInfo, bytes: &mut Vec<u8>) -> Result<(), String> {
        let mut stream = if self.alpha { render.stream() } else { render.stream_no_alpha() };
        let values = stream.channels() as usize;
        if (stream.width(), stream.height(), values) != (part.width, part.height, self.values()) {
            return Err("the JPEG XL picture is not of the size or kind that it says".into());
        }
        let count = part.width as usize * part.height as usize * values;
        match &self.curve {
            Some(curve) => {
                let mut wide = vec![0u16; count];
                stream.write_to_buffer(&mut wide);
                for pixel in wide.chunks_exact(values) {
                    let (colours, alpha) = pixel.split_at(self.colours);
                    bytes.extend(colours.iter().map(|value| curve.to_srgb(*value)));
                    bytes.extend(alpha.iter().map(|value| (value >> 8) as u8));
                }
            }
            None => {
                let start = bytes.len();
                bytes.resize(start + count, 0);
                stream.write_to_buffer(&mut bytes[start..]);
            }
        }
        Ok(())
    }
}

/// Primaries and transfer of an HDR picture, as code points of ITU-T H.273; `None` for other pictures.
fn hdr_code_points(encoding: &EnumColourEncoding) -> Option<[u8; 2]> {
    let transfer = match encoding.tf {
        TransferFunction::Pq => hdr::PQ,
        TransferFunction::Hlg => hdr::HLG,
        _ => return None,
    };
    // Custom primaries are hardly ever used with these transfers.
    Some([encoding.cicp().map_or(hdr::BT2020_PRIMARIES, |[primaries, ..]| primaries), transfer])
}

/// Feeds the decoder its next chunk; returns the number of bytes taken, and the decoder.
fn feed(mut uninit: UninitializedJxlImage, rest: &[u8], limits: Limits) -> Result<(usize, InitializeResult), String> {
    let taken = uninit.feed_bytes(&rest[..rest.len().min(CHUNK)]).map_err(|error| reason(&*error, limits))?;
    let next = uninit.try_init().map_err(|error| reason(&*error, limits))?;
    Ok((taken, next))
}

/// A decoder's error, in our words.
fn reason(error: &(dyn std::error::Error + Send + Sync), limits: Limits) -> String {
    let text = error.to_string().to_lowercase();
    if text.contains("memory") || text.contains("limit") {
        return too_costly(None, limits.max_alloc_bytes);
    }
    damaged("the JPEG XL picture")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stripes_make_the_same_picture() {
        let files: [&[u8]; 5] = [
            include_bytes!("../../../tests/fixtures/jxl/turned-1.jxl"),
            include_bytes!("../../../tests/fixtures/jxl/turned-6.jxl"),
            include_bytes!("../../../tests/fixtures/jxl/codestream.jxl"),
            include_bytes!("../../../tests/fixtures/jxl/lossless.jxl"),
            include_bytes!("../../../tests/fixtures/jxl/pq.jxl"),
        ];
        for file in files {
            let open = || Decoder::new(file, Limits::default()).unwrap();
            let whole = open().decode().unwrap().raster;
            let stripes = Decoder { stripe_pixels: 1000, ..open() }.decode().unwrap().raster;
            assert_eq!((whole.width, whole.height), (stripes.width, stripes.height));
            let near = whole.bytes.iter().zip(&stripes.bytes).all(|(a, b)| a.abs_diff(*b) <= 1);
            assert!(near && whole.bytes.len() == stripes.bytes.len());
        }
    }
}
