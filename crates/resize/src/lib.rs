//! Resizing of pixel arrays by convolution: `fast_image_resize`, compiled once.
//!
//! That crate's functions are generic down to the innermost loop, for each kind of pixel and each of the processor's vector widths; every crate that
//! called them compiled all of them again, which was a third of the time of a cold build. Here are those that the program needs, and nothing generic.

use std::fmt;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::{InnerPixel, U8, U8x2, U8x3, U8x4, U16x3};
use fast_image_resize::{PixelTrait, ResizeAlg, ResizeOptions};

pub use fast_image_resize::FilterType as Filter;

/// The values of a pixel, without padding; those of 16 bits in native byte order. No channel is taken for an opacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PixelType {
    /// One of 8 bits.
    U8,
    /// Two of 8 bits.
    U8x2,
    /// Three of 8 bits.
    U8x3,
    /// Four of 8 bits.
    U8x4,
    /// Three of 16 bits. Bytes have to begin at an even address.
    U16x3,
}

impl PixelType {
    /// Bytes of a pixel.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U8x2 => 2,
            Self::U8x3 => 3,
            Self::U8x4 => 4,
            Self::U16x3 => 6,
        }
    }
}

/// A part of a picture, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// Its left edge.
    pub x: f64,
    /// Its upper edge.
    pub y: f64,
    /// How wide it is.
    pub width: f64,
    /// How high it is.
    pub height: f64,
}

/// Why a picture cannot be resized: its bytes are not those of its size, or the part lies outside it.
#[derive(Debug, thiserror::Error)]
#[error("a picture cannot be resized: {0}")]
pub struct ResizeError(String);

impl ResizeError {
    fn new(error: &impl fmt::Display) -> Self {
        Self(error.to_string())
    }
}

/// A picture to be resized: width × height pixels, row after row.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Width and height in pixels.
    pub size: [u32; 2],
    /// Its pixels.
    pub bytes: &'a [u8],
    /// What of it is resized; `None` for all.
    pub part: Option<Part>,
}

/// Resizes pictures; keeps its buffers from one to the next.
#[derive(Default)]
pub struct Resizer(fast_image_resize::Resizer);

impl Resizer {
    /// Resizes a picture to `size`, width and height in pixels, by a filter that is as wide as what a pixel of the result covers.
    ///
    /// # Errors
    /// For bytes that are not those of a picture of their size, and a part that lies outside it.
    pub fn resize(
        &mut self,
        source: Source,
        size: [u32; 2],
        pixel: PixelType,
        filter: Filter,
    ) -> Result<Vec<u8>, ResizeError> {
        let mut target = vec![0; size[0] as usize * size[1] as usize * pixel.bytes()];
        self.resize_into(source, &mut target, size, pixel, filter)?;
        Ok(target)
    }

    /// Resizes a picture into `target`, the bytes of a picture of `size`.
    ///
    /// # Errors
    /// As [`Self::resize`].
    pub fn resize_into(
        &mut self,
        source: Source,
        target: &mut [u8],
        size: [u32; 2],
        pixel: PixelType,
        filter: Filter,
    ) -> Result<(), ResizeError> {
        match pixel {
            PixelType::U8 => self.resize_typed::<U8>(source, target, size, filter),
            PixelType::U8x2 => self.resize_typed::<U8x2>(source, target, size, filter),
            PixelType::U8x3 => self.resize_typed::<U8x3>(source, target, size, filter),
            PixelType::U8x4 => self.resize_typed::<U8x4>(source, target, size, filter),
            PixelType::U16x3 => self.resize_typed::<U16x3>(source, target, size, filter),
        }
    }

    fn resize_typed<P: InnerPixel + PixelTrait>(
        &mut self,
        Source { size: [width, height], bytes, part }: Source,
        target: &mut [u8],
        [across, down]: [u32; 2],
        filter: Filter,
    ) -> Result<(), ResizeError> {
        let source = TypedImageRef::<P>::from_buffer(width, height, bytes).map_err(|error| ResizeError::new(&error))?;
        let mut target =
            TypedImage::<P>::from_buffer(across, down, target).map_err(|error| ResizeError::new(&error))?;
        let mut options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter)).use_alpha(false);
        if let Some(part) = part {
            options = options.crop(part.x, part.y, part.width, part.height);
        }
        self.0.resize_typed(&source, &mut target, &options).map_err(|error| ResizeError::new(&error))
    }
}
