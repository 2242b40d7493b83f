//! JPEG XL: the first picture of a file, turned by its decoder.

use jxl_oxide::color::{ColourEncoding, ColourSpace, TransferFunction};
use jxl_oxide::frame::Encoding;
use jxl_oxide::image::ExtraChannelInfo;
use jxl_oxide::{
    AllocTracker, CropInfo, EnumColourEncoding, InitializeResult, JxlImage, Render, RenderingIntent,
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

/// How much is rendered at once, where the decoder can: it takes 27 bytes a pixel meanwhile.
const STRIPE_PIXELS: u32 = 4 << 20;

/// Whether a file begins like a JPEG XL picture.
pub fn starts(head: &[u8]) -> bool {
    head.starts_with(CODESTREAM) || head.starts_with(CONTAINER)
}

/// A picture that is read, but not rendered: the decoder holds no more than a copy of the file.
pub struct Picture {
    image: JxlImage,
    file_bytes: u64,
    /// How much is rendered at once.
    stripe_pixels: u32,
}

impl Picture {
    /// Reads a file up to the end of its first picture.
    ///
    /// # Errors
    /// In words.
    pub fn open(bytes: &[u8], limits: Limits) -> Result<Self, String> {
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
        while !rest.is_empty() && image.num_loaded_keyframes() == 0 {
            let taken = image.feed_bytes(&rest[..rest.len().min(PIECE)]).map_err(|error| reason(&*error))?;
            if taken == 0 {
                break;
            }
            rest = &rest[taken..];
        }
        let first = image.frame_header(0).ok_or("the JPEG XL picture breaks off")?;
        // The other encoding renders everything for each part of it.
        let stripe_pixels = if first.encoding == Encoding::VarDct { STRIPE_PIXELS } else { u32::MAX };
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
        Ok(Self { image, file_bytes: bytes.len() as u64, stripe_pixels })
    }

    /// The bytes that decoding takes at most.
    pub fn decode_bytes(&self) -> u64 {
        let pixels = u64::from(self.image.width()) * u64::from(self.image.height());
        let values = 3 + self.image.image_header().metadata.ec_info.len() as u64;
        let rendered = pixels.min(u64::from(self.stripe_pixels));
        // Floats before and after a filter, for a part; for the whole, what is made of them and what is eight times
        // smaller each way.
        rendered * values * 9 + pixels * values * 4 / 3 + self.file_bytes
    }

    /// Decodes the first picture.
    ///
    /// # Errors
    /// In words.
    pub fn decode(self) -> Result<Upright, String> {
        let Self { mut image, stripe_pixels, .. } = self;
        let format = image.pixel_format();
        let metadata = &image.image_header().metadata;
        // Colours that are already multiplied by their alpha are already over black.
        let associated = metadata.ec_info.iter().find_map(ExtraChannelInfo::alpha_associated);
        let alpha = format.has_alpha() && associated == Some(false);
        let (model, colours) = if format.is_grayscale() { (ColourModel::Grey, 1) } else { (ColourModel::Rgb, 3) };
        let (curve, icc) = match &metadata.colour_encoding {
            ColourEncoding::Enum(encoding) => match hdr_code_points(encoding) {
                Some([primaries, transfer]) => {
                    let icc = colour::icc_of_code_points(primaries, hdr::SRGB_TRANSFER);
                    (hdr::TransferCurve::of(transfer, 16), icc.filter(|_| model == ColourModel::Rgb))
                }
                None => (None, None),
            },
            ColourEncoding::IccProfile(_) => (None, Some(image.rendered_icc())),
        };
        let (width, height) = (image.width(), image.height());
        let kind = Kind { colours, alpha, curve };
        let mut bytes = Vec::with_capacity(width as usize * height as usize * kind.values());
        let stripe_rows = (stripe_pixels / width).max(1);
        for top in (0..height).step_by(stripe_rows as usize) {
            let part = CropInfo { left: 0, top, width, height: stripe_rows.min(height - top) };
            image.set_image_region(part);
            let render = image.render_frame(0).map_err(|error| reason(&*error))?;
            kind.write(&render, part, &mut bytes)?;
        }
        let raster = Raster { width, height, model, alpha, depth: Depth::U8, bytes };
        Ok(Upright { raster, icc, remark: None })
    }
}

/// How rendered values become a raster's.
struct Kind {
    colours: usize,
    alpha: bool,
    /// For what has more light than sRGB.
    curve: Option<hdr::TransferCurve>,
}

impl Kind {
    fn values(&self) -> usize {
        self.colours + usize::from(self.alpha)
    }

    /// Appends a part of the picture, 8 bits a value.
    fn write(&self, render: &Render, part: CropInfo, bytes: &mut Vec<u8>) -> Result<(), String> {
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
                    bytes.extend(colours.iter().map(|value| curve.sdr(*value)));
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
            let open = || Picture::open(file, Limits::default()).unwrap();
            let whole = open().decode().unwrap().raster;
            let stripes = Picture { stripe_pixels: 1000, ..open() }.decode().unwrap().raster;
            assert_eq!((whole.width, whole.height), (stripes.width, stripes.height));
            let near = whole.bytes.iter().zip(&stripes.bytes).all(|(a, b)| a.abs_diff(*b) <= 1);
            assert!(near && whole.bytes.len() == stripes.bytes.len());
        }
    }
}
