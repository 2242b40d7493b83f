//! From a decoded picture to the tile's square, in linear light.
//!
//! Rows go one by one through 8-bit sRGB (the profile), then black behind what is transparent, then linear light, and
//! a box that averages whole pixels down to at least twice the tile's size; a Catmull-Rom filter does the rest. So a
//! large picture is held once, as it was decoded, whatever its depth. Catmull-Rom is
//! narrower than Lanczos and rings less, which in linear light would draw dark lines around bright ones.

use fast_image_resize as fir;
use fir::images::{Image, ImageRef};

use super::colour::{ColourModel, ColourTransform};
use super::crop::Rect;
use millions_wall::tile::planes::{LINEAR_FROM_ENCODED, encode_srgb};

/// How each value of a picture is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    U8,
    /// In the machine's byte order.
    U16,
    /// In the machine's byte order, linear.
    F32,
}

impl Depth {
    const fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U16 => 2,
            Self::F32 => 4,
        }
    }
}

/// A decoded picture, as stored: not upright, not sRGB.
#[derive(Clone, Debug)]
pub struct Raster {
    pub width: u32,
    pub height: u32,
    pub model: ColourModel,
    /// One more value a pixel: 0 = transparent.
    pub alpha: bool,
    pub depth: Depth,
    /// Rows without padding.
    pub bytes: Vec<u8>,
}

impl Raster {
    const fn colours(&self) -> usize {
        match self.model {
            ColourModel::Grey => 1,
            ColourModel::Rgb => 3,
            ColourModel::Cmyk => 4,
        }
    }

    const fn pixel_bytes(&self) -> usize {
        (self.colours() + self.alpha as usize) * self.depth.bytes()
    }

    pub(super) const fn row_bytes(&self) -> usize {
        self.width as usize * self.pixel_bytes()
    }
}

/// Makes squares; keeps its buffers from one photograph to the next.
#[derive(Default)]
pub struct Resampler {
    resizer: fir::Resizer,
    colours: Vec<u8>,
    pub(super) alpha: Vec<u8>,
    pub(super) srgb: Vec<u8>,
    sums: Vec<u32>,
    linear: Vec<u16>,
}

impl Resampler {
    /// The part `rect` of a picture (in its own pixels, within it), as `side` × `side` texels of linear R, G, B.
    ///
    /// # Errors
    /// In words, for a part of no size.
    pub fn square(
        &mut self,
        raster: &Raster,
        rect: Rect,
        way: Option<&ColourTransform>,
        side: u32,
    ) -> Result<Vec<u16>, String> {
        let x = Span::new(rect.x, rect.width, raster.width, side);
        let y = Span::new(rect.y, rect.height, raster.height, side);
        let row_values = x.reduced * 3;
        self.linear.clear();
        self.linear.reserve(row_values * y.reduced);
        let (pixel_bytes, row_bytes) = (raster.pixel_bytes(), raster.row_bytes());
        for first in (y.start..y.end).step_by(y.factor) {
            let rows = first..(first + y.factor).min(y.end);
            let row_count = rows.len();
            self.sums.clear();
            self.sums.resize(row_values, 0);
            for row in rows {
                let row = &raster.bytes[row * row_bytes..][x.start * pixel_bytes..x.end * pixel_bytes];
                self.convert_row(raster, row, way);
                self.add_light(raster.alpha, x, row_count == 1 && x.factor == 1);
            }
            if row_count > 1 || x.factor > 1 {
                self.finish_row(x, row_count);
            }
        }

        let bytes = bytemuck::cast_slice(&self.linear);
        let size = |reduced: usize| u32::try_from(reduced).unwrap_or(u32::MAX);
        let source = ImageRef::new(size(x.reduced), size(y.reduced), bytes, fir::PixelType::U16x3)
            .map_err(|error| error.to_string())?;
        let mut square = vec![0u16; side as usize * side as usize * 3];
        let mut target = Image::from_slice_u8(side, side, bytemuck::cast_slice_mut(&mut square), fir::PixelType::U16x3)
            .map_err(|error| error.to_string())?;
        let options = fir::ResizeOptions::new()
            .resize_alg(fir::ResizeAlg::Convolution(fir::FilterType::CatmullRom))
            .crop(x.crop_start, y.crop_start, x.crop_length, y.crop_length)
            .use_alpha(false);
        self.resizer.resize(&source, &mut target, &options).map_err(|error| error.to_string())?;
        Ok(square)
    }

    /// One row of pixels to 8-bit sRGB over black in `self.srgb`, without regard to its profile.
    pub(super) fn row_over_black(&mut self, raster: &Raster, row: &[u8]) {
        self.convert_row(raster, row, None);
        for (rgb, alpha) in self.srgb.as_chunks_mut::<3>().0.iter_mut().zip(&self.alpha) {
            *rgb = rgb.map(|value| (u32::from(value) * u32::from(*alpha) / 255) as u8);
        }
    }

    /// One row of pixels to 8-bit sRGB in `self.srgb`, with its alpha in `self.alpha`.
    fn convert_row(&mut self, raster: &Raster, row: &[u8], way: Option<&ColourTransform>) {
        self.alpha.clear();
        self.srgb.clear();
        let colours = raster.colours();
        if raster.depth == Depth::U8 && raster.model == ColourModel::Rgb && !raster.alpha && way.is_none() {
            self.srgb.extend_from_slice(row);
            return;
        }
        let values = colours + usize::from(raster.alpha);
        self.colours.clear();
        match raster.depth {
            Depth::U8 if raster.alpha => {
                split(row, colours, values, &mut self.colours, &mut self.alpha, |value: [u8; 1]| value[0]);
            }
            Depth::U8 => self.colours.extend_from_slice(row),
            Depth::U16 => split(row, colours, values, &mut self.colours, &mut self.alpha, |value| {
                ((u32::from(u16::from_ne_bytes(value)) * 255 + 32_767) / 65_535) as u8
            }),
            Depth::F32 => {
                // Linear colours, as such files have them. NaN becomes 0 by `as`.
                let pixel = values * 4;
                for pixel in row.chunks_exact(pixel) {
                    for (place, value) in pixel.as_chunks::<4>().0.iter().enumerate() {
                        let value = f32::from_ne_bytes(*value).clamp(0.0, 1.0);
                        if place < colours {
                            self.colours.push((encode_srgb(value) * 255.0).round() as u8);
                        } else {
                            self.alpha.push((value * 255.0).round() as u8);
                        }
                    }
                }
            }
        }
        let takes = way.map_or(ColourModel::Rgb, |way| way.takes);
        if raster.model == ColourModel::Grey && takes == ColourModel::Rgb {
            self.srgb.extend(self.colours.iter().flat_map(|grey| [*grey; 3]));
            std::mem::swap(&mut self.srgb, &mut self.colours);
        }
        let pixels = row.len() / (values * raster.depth.bytes());
        match way {
            Some(way) => {
                self.srgb.resize(pixels * 3, 0);
                way.convert(&self.colours, &mut self.srgb);
            }
            None if raster.model == ColourModel::Cmyk => {
                self.srgb.clear();
                for [c, m, y, k] in self.colours.as_chunks::<4>().0 {
                    let left = u32::from(255 - k);
                    self.srgb.extend([c, m, y].map(|ink| ((u32::from(255 - ink) * left + 127) / 255) as u8));
                }
            }
            None => std::mem::swap(&mut self.srgb, &mut self.colours),
        }
    }

    /// Adds a row's light to `self.sums`, or, where nothing is averaged, straight to `self.linear`.
    fn add_light(&mut self, alpha: bool, x: Span, straight: bool) {
        let table = &*LINEAR_FROM_ENCODED;
        if alpha {
            // Over black in linear light: the light that comes through.
            let lit = self.srgb.as_chunks::<3>().0.iter().zip(&self.alpha).map(|(rgb, alpha)| {
                rgb.map(|value| (u32::from(table[usize::from(value)]) * u32::from(*alpha) + 127) / 255)
            });
            if straight {
                self.linear.extend(lit.flat_map(|rgb| rgb.map(|value| value as u16)));
            } else {
                for (place, rgb) in lit.enumerate() {
                    let sums = &mut self.sums[place / x.factor * 3..][..3];
                    sums.iter_mut().zip(rgb).for_each(|(sum, value)| *sum += value);
                }
            }
        } else if straight {
            self.linear.extend(self.srgb.iter().map(|value| table[usize::from(*value)]));
        } else {
            for (sums, block) in self.sums.as_chunks_mut::<3>().0.iter_mut().zip(self.srgb.chunks(x.factor * 3)) {
                for rgb in block.as_chunks::<3>().0 {
                    sums.iter_mut().zip(rgb).for_each(|(sum, value)| *sum += u32::from(table[usize::from(*value)]));
                }
            }
        }
    }

    /// Moves the averages of `self.sums` to `self.linear`.
    fn finish_row(&mut self, x: Span, rows: usize) {
        let width = x.end - x.start;
        for (place, sums) in self.sums.as_chunks::<3>().0.iter().enumerate() {
            let columns = x.factor.min(width - place * x.factor);
            // A box has few pixels: a picture 65,535 wide goes into a tile of 32 by boxes of 1,023; 2³² / 65,535
            // allows 65,537 pixels, and `Span` keeps boxes below 256 each way.
            let count = (columns * rows) as u32;
            self.linear.extend(sums.map(|sum| ((sum + count / 2) / count) as u16));
        }
    }
}

/// One axis of a reduction.
#[derive(Clone, Copy, Debug)]
struct Span {
    /// The first pixel needed, and the one behind the last.
    start: usize,
    end: usize,
    /// Pixels averaged to one.
    factor: usize,
    /// Pixels after that.
    reduced: usize,
    /// The part wanted, in pixels after that.
    crop_start: f64,
    crop_length: f64,
}

impl Span {
    fn new(start: f64, length: f64, full: u32, side: u32) -> Self {
        // Never less than one pixel, never outside the picture, whatever rounding did to the part.
        let length = length.clamp(1.0, f64::from(full));
        let begin = start.clamp(0.0, f64::from(full) - length);
        let first = begin.floor() as usize;
        let end = ((begin + length).ceil() as usize).min(full as usize);
        let factor = ((length / f64::from(side * 2)) as usize).clamp(1, 255);
        let reduced = (end - first).div_ceil(factor);
        let scale = 1.0 / factor as f64;
        let crop_start = (begin - first as f64) * scale;
        let crop_length = (length * scale).min(reduced as f64 - crop_start);
        Self { start: first, end, factor, reduced, crop_start, crop_length }
    }
}

/// Splits pixels of `values` values, of which the first `colour_count` are colours and the rest is alpha.
fn split<const BYTES: usize>(
    row: &[u8],
    colour_count: usize,
    values: usize,
    colours: &mut Vec<u8>,
    alpha: &mut Vec<u8>,
    value: impl Fn([u8; BYTES]) -> u8,
) {
    for pixel in row.chunks_exact(values * BYTES) {
        let parts = pixel.as_chunks::<BYTES>().0;
        colours.extend(parts[..colour_count].iter().map(|part| value(*part)));
        alpha.extend(parts[colour_count..].iter().map(|part| value(*part)));
    }
}
