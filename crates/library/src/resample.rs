//! Resampling: from a decoded picture to the tile's square, in linear light.
//!
//! Each row is converted to 8-bit sRGB by the colour transform, composited over black, linearised, and averaged by a box
//! filter of whole pixels down to at least twice the tile's size; a Catmull-Rom filter does the rest. So a large picture is
//! held once, as decoded, whatever its depth. Catmull-Rom is narrower than Lanczos and rings less, which in linear light
//! would draw dark lines around bright ones.

use millions_resize::{Filter, Part, PixelType, Resizer, Source};

use super::colour::{ColourModel, ColourTransform};
use super::crop::Rect;
use millions_wall::tile::planes::{LINEAR_FROM_ENCODED, encode_srgb};

/// The storage of a picture's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    U8,
    /// In native byte order.
    U16,
    /// In native byte order, linear.
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

/// A decoded picture as stored: not upright, not sRGB.
#[derive(Clone, Debug)]
pub struct Raster {
    pub width: u32,
    pub height: u32,
    pub model: ColourModel,
    /// Whether each pixel has one more value, its opacity.
    pub alpha: bool,
    pub depth: Depth,
    /// Rows without padding.
    pub bytes: Vec<u8>,
}

impl Raster {
    const fn pixel_bytes(&self) -> usize {
        (self.model.channels() + self.alpha as usize) * self.depth.bytes()
    }

    pub(super) const fn row_bytes(&self) -> usize {
        self.width as usize * self.pixel_bytes()
    }

    /// The opacity of a pixel, 0 to 255; 255 where the picture has none.
    #[must_use]
    pub fn opacity(&self, x: usize, y: usize) -> u8 {
        if !self.alpha {
            return 255;
        }
        let value = self.depth.bytes();
        let end = y * self.row_bytes() + (x + 1) * self.pixel_bytes();
        match (self.depth, self.bytes.get(end.saturating_sub(value)..end)) {
            (Depth::U8, Some(&[value])) => value,
            (Depth::U16, Some(&[a, b])) => (u16::from_ne_bytes([a, b]) >> 8) as u8,
            (Depth::F32, Some(&[a, b, c, d])) => (f32::from_ne_bytes([a, b, c, d]).clamp(0.0, 1.0) * 255.0) as u8,
            _ => 255,
        }
    }

    /// The opacity as a grey picture.
    #[must_use]
    pub fn coverage(&self) -> Self {
        let (width, height) = (self.width as usize, self.height as usize);
        let bytes = (0..height).flat_map(|y| (0..width).map(move |x| self.opacity(x, y))).collect();
        Self { model: ColourModel::Grey, alpha: false, depth: Depth::U8, bytes, ..*self }
    }
}

/// Resamples pictures; keeps its buffers from one photograph to the next.
#[derive(Default)]
pub struct Resampler {
    resizer: Resizer,
    colours: Vec<u8>,
    alpha: Vec<u8>,
    pub(super) srgb: Vec<u8>,
    sums: Vec<u32>,
    linear: Vec<u16>,
}

impl Resampler {
    /// Resamples the part `rect` of a picture, in its own pixels, to texels of linear R, G, B: so many across and down.
    ///
    /// # Errors
    /// A text, for an empty part.
    pub fn resample(
        &mut self,
        raster: &Raster,
        rect: Rect,
        transform: Option<&ColourTransform>,
        [across, down]: [u32; 2],
    ) -> Result<Vec<[u16; 3]>, String> {
        let x = Span::new(rect.x, rect.width, raster.width, across);
        let y = Span::new(rect.y, rect.height, raster.height, down);
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
                self.convert_row(raster, row, transform);
                self.accumulate(raster.alpha, x, row_count == 1 && x.factor == 1);
            }
            if row_count > 1 || x.factor > 1 {
                self.average(x, row_count);
            }
        }

        let size = |reduced: usize| u32::try_from(reduced).unwrap_or(u32::MAX);
        let part = Part { x: x.crop_start, y: y.crop_start, width: x.crop_length, height: y.crop_length };
        let source = Source {
            size: [size(x.reduced), size(y.reduced)],
            bytes: bytemuck::cast_slice(&self.linear),
            part: Some(part),
        };
        let mut texels = vec![[0u16; 3]; across as usize * down as usize];
        let target = bytemuck::cast_slice_mut(&mut texels);
        self.resizer
            .resize_into(source, target, [across, down], PixelType::U16x3, Filter::CatmullRom)
            .map_err(|error| error.to_string())?;
        Ok(texels)
    }

    /// Converts a row to 8-bit values over black in `self.srgb`, ignoring its profile.
    pub(super) fn row_over_black(&mut self, raster: &Raster, row: usize) {
        let row_bytes = raster.row_bytes();
        self.convert_row(raster, &raster.bytes[row * row_bytes..][..row_bytes], None);
        for (rgb, alpha) in self.srgb.as_chunks_mut::<3>().0.iter_mut().zip(&self.alpha) {
            *rgb = rgb.map(|value| (u32::from(value) * u32::from(*alpha) / 255) as u8);
        }
    }

    /// Converts a row of pixels to 8-bit sRGB in `self.srgb`, with its alpha in `self.alpha`.
    fn convert_row(&mut self, raster: &Raster, row: &[u8], transform: Option<&ColourTransform>) {
        self.alpha.clear();
        self.srgb.clear();
        let colours = raster.model.channels();
        if raster.depth == Depth::U8 && raster.model == ColourModel::Rgb && !raster.alpha && transform.is_none() {
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
                // Linear by convention. `as` converts NaN to 0.
                for pixel in row.chunks_exact(values * 4) {
                    for (channel, value) in pixel.as_chunks::<4>().0.iter().enumerate() {
                        let value = f32::from_ne_bytes(*value).clamp(0.0, 1.0);
                        if channel < colours {
                            self.colours.push((encode_srgb(value) * 255.0).round() as u8);
                        } else {
                            self.alpha.push((value * 255.0).round() as u8);
                        }
                    }
                }
            }
        }
        let input = transform.map_or(ColourModel::Rgb, |transform| transform.input);
        if raster.model == ColourModel::Grey && input == ColourModel::Rgb {
            self.srgb.extend(self.colours.iter().flat_map(|grey| [*grey; 3]));
            std::mem::swap(&mut self.srgb, &mut self.colours);
        }
        let pixels = row.len() / (values * raster.depth.bytes());
        match transform {
            Some(transform) => {
                self.srgb.resize(pixels * 3, 0);
                transform.convert(&self.colours, &mut self.srgb);
            }
            None if raster.model == ColourModel::Cmyk => {
                self.srgb.clear();
                for [c, m, y, k] in self.colours.as_chunks::<4>().0 {
                    let light = u32::from(255 - k);
                    self.srgb.extend([c, m, y].map(|ink| ((u32::from(255 - ink) * light + 127) / 255) as u8));
                }
            }
            None => std::mem::swap(&mut self.srgb, &mut self.colours),
        }
    }

    /// Adds a row in linear light to `self.sums`, or, where nothing is averaged, appends it to `self.linear`.
    fn accumulate(&mut self, alpha: bool, x: Span, append: bool) {
        let table = &*LINEAR_FROM_ENCODED;
        if alpha {
            // Composited over black in linear light.
            let linear = self.srgb.as_chunks::<3>().0.iter().zip(&self.alpha).map(|(rgb, alpha)| {
                rgb.map(|value| (u32::from(table[usize::from(value)]) * u32::from(*alpha) + 127) / 255)
            });
            if append {
                self.linear.extend(linear.flat_map(|rgb| rgb.map(|value| value as u16)));
            } else {
                for (column, rgb) in linear.enumerate() {
                    let sums = &mut self.sums[column / x.factor * 3..][..3];
                    sums.iter_mut().zip(rgb).for_each(|(sum, value)| *sum += value);
                }
            }
        } else if append {
            self.linear.extend(self.srgb.iter().map(|value| table[usize::from(*value)]));
        } else {
            for (sums, block) in self.sums.as_chunks_mut::<3>().0.iter_mut().zip(self.srgb.chunks(x.factor * 3)) {
                for rgb in block.as_chunks::<3>().0 {
                    sums.iter_mut().zip(rgb).for_each(|(sum, value)| *sum += u32::from(table[usize::from(*value)]));
                }
            }
        }
    }

    /// Appends the averages of `self.sums` to `self.linear`.
    fn average(&mut self, x: Span, rows: usize) {
        let width = x.end - x.start;
        for (index, sums) in self.sums.as_chunks::<3>().0.iter().enumerate() {
            let columns = x.factor.min(width - index * x.factor);
            // The sums do not overflow: 2³² / 65,535 allows boxes of 65,537 pixels, and `Span` bounds them to 255².
            let count = (columns * rows) as u32;
            self.linear.extend(sums.map(|sum| ((sum + count / 2) / count) as u16));
        }
    }
}

/// One axis of a reduction.
#[derive(Clone, Copy, Debug)]
struct Span {
    /// The range of pixels needed.
    start: usize,
    end: usize,
    /// Pixels averaged to one by the box filter.
    factor: usize,
    /// The number of averages.
    reduced: usize,
    /// The part to resample, in averages.
    crop_start: f64,
    crop_length: f64,
}

impl Span {
    fn new(start: f64, length: f64, full: u32, side: u32) -> Self {
        // At least one pixel, and within the picture, whatever rounding did to the part.
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

/// Splits pixels of `values` values into the first `colour_count`, the colours, and the rest, the alpha.
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
