//! PNG, row by row.

use std::io::{self, Write};

use png::{BitDepth, ColorType, Compression, Encoder, Filter, PixelDimensions, SrgbRenderingIntent, Unit};

use super::page::MM_PER_INCH;
use super::rows::{Channels, PictureHeader};

/// Bytes of compressed data in a chunk.
const CHUNK: usize = 1 << 18;

/// Writes a PNG.
pub(super) fn write(
    out: impl Write + 'static,
    header: &PictureHeader,
    bands: &mut dyn Iterator<Item = Vec<u8>>,
) -> io::Result<()> {
    let mut encoder = Encoder::new(out, header.size.x, header.size.y);
    encoder.set_color(match header.channels {
        Channels::Grey => ColorType::Grayscale,
        Channels::Rgb => ColorType::Rgb,
    });
    encoder.set_depth(BitDepth::Eight);
    encoder.set_source_srgb(SrgbRenderingIntent::RelativeColorimetric);
    encoder.set_pixel_dims(header.dpi.map(|dpi| {
        let per_metre = (dpi * 1000.0 / MM_PER_INCH).round() as u32;
        PixelDimensions { xppu: per_metre, yppu: per_metre, unit: Unit::Meter }
    }));
    // A frame of a film is one band, and wants to be written soon; a poster wants to be small.
    let first = bands.next().unwrap_or_default();
    let is_whole = first.len() == header.row_bytes() * header.size.y as usize;
    encoder.set_compression(if is_whole { Compression::Fast } else { Compression::Balanced });
    encoder.set_filter(Filter::Adaptive);
    let mut writer = encoder.write_header().map_err(io::Error::other)?;
    if is_whole {
        return writer.write_image_data(&first).and_then(|()| writer.finish()).map_err(io::Error::other);
    }
    let mut stream = writer.into_stream_writer_with_size(CHUNK).map_err(io::Error::other)?;
    stream.write_all(&first)?;
    drop(first);
    for band in bands {
        stream.write_all(&band)?;
    }
    stream.finish().map_err(io::Error::other)
}
