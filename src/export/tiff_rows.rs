//! TIFF, strip by strip: Deflate with horizontal differences, which every print shop's programs read; BigTIFF above four gigabytes.

use std::borrow::Cow;
use std::io::{self, Seek, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use tiff::TiffResult;
use tiff::encoder::{DirectoryEncoder, Rational, TiffEncoder, TiffKind, TiffValue};
use tiff::tags::{Tag, Type};

use super::rows::{Channels, PictureHeader};

/// Rows of a strip.
const STRIP_ROWS: usize = 64;
/// Bytes of pixels from which on a file gets offsets of 64 bits, so that what does not compress fits below the 4 GiB of others.
const BIG: u64 = 4_000_000_000;

// Values of tags.
const DEFLATE: u16 = 8;
const HORIZONTAL_DIFFERENCES: u16 = 2;
const BLACK_IS_ZERO: u16 = 1;
const IS_RGB: u16 = 2;
const CHUNKY: u16 = 1;
const INCH: u16 = 2;

/// Bytes that are no numbers.
struct Undefined(Vec<u8>);

impl TiffValue for Undefined {
    const BYTE_LEN: u8 = 1;
    const FIELD_TYPE: Type = Type::UNDEFINED;

    fn count(&self) -> usize {
        self.0.len()
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.0)
    }
}

/// Writes a TIFF.
pub(super) fn write(
    out: impl Write + Seek,
    header: &PictureHeader,
    profile: Vec<u8>,
    bands: &mut dyn Iterator<Item = Vec<u8>>,
) -> io::Result<()> {
    if header.row_bytes() as u64 * u64::from(header.size.y) > BIG {
        let mut encoder = TiffEncoder::new_big(out).map_err(io::Error::other)?;
        let mut directory = encoder.image_directory().map_err(io::Error::other)?;
        let [offsets, lengths] = write_strips(&mut directory, header, bands)?;
        describe(&mut directory, header, profile)
            .and_then(|()| directory.write_tag(Tag::StripOffsets, &offsets[..]))
            .and_then(|()| directory.write_tag(Tag::StripByteCounts, &lengths[..]))
            .and_then(|()| directory.finish())
            .map_err(io::Error::other)
    } else {
        let short = |values: Vec<u64>| values.into_iter().map(u32::try_from).collect::<Result<Vec<_>, _>>();
        let mut encoder = TiffEncoder::new(out).map_err(io::Error::other)?;
        let mut directory = encoder.image_directory().map_err(io::Error::other)?;
        let [offsets, lengths] = write_strips(&mut directory, header, bands)?.map(short);
        let (offsets, lengths) = (offsets.map_err(io::Error::other)?, lengths.map_err(io::Error::other)?);
        describe(&mut directory, header, profile)
            .and_then(|()| directory.write_tag(Tag::StripOffsets, &offsets[..]))
            .and_then(|()| directory.write_tag(Tag::StripByteCounts, &lengths[..]))
            .and_then(|()| directory.finish())
            .map_err(io::Error::other)
    }
}

/// Says what the pixels are, and how large they are printed.
fn describe<W: Write + Seek, K: TiffKind>(
    directory: &mut DirectoryEncoder<W, K>,
    header: &PictureHeader,
    profile: Vec<u8>,
) -> TiffResult<()> {
    let bits = vec![8u16; header.channels.count()];
    let kind = match header.channels {
        Channels::Grey => BLACK_IS_ZERO,
        Channels::Rgb => IS_RGB,
    };
    directory.write_tag(Tag::ImageWidth, header.size.x)?;
    directory.write_tag(Tag::ImageLength, header.size.y)?;
    directory.write_tag(Tag::BitsPerSample, &bits[..])?;
    directory.write_tag(Tag::SamplesPerPixel, header.channels.count() as u16)?;
    directory.write_tag(Tag::PhotometricInterpretation, kind)?;
    directory.write_tag(Tag::PlanarConfiguration, CHUNKY)?;
    directory.write_tag(Tag::Compression, DEFLATE)?;
    directory.write_tag(Tag::Predictor, HORIZONTAL_DIFFERENCES)?;
    directory.write_tag(Tag::RowsPerStrip, STRIP_ROWS as u32)?;
    if let Some(dpi) = header.dpi {
        let resolution = Rational { n: (dpi * 100.0).round() as u32, d: 100 };
        directory.write_tag(Tag::ResolutionUnit, INCH)?;
        directory.write_tag(Tag::XResolution, resolution.clone())?;
        directory.write_tag(Tag::YResolution, resolution)?;
    }
    directory.write_tag(Tag::IccProfile, Undefined(profile))?;
    directory.write_tag(Tag::Software, concat!("millions ", env!("CARGO_PKG_VERSION")))
}

/// Writes the strips; returns their offsets and lengths.
fn write_strips<W: Write + Seek, K: TiffKind>(
    directory: &mut DirectoryEncoder<W, K>,
    header: &PictureHeader,
    bands: &mut dyn Iterator<Item = Vec<u8>>,
) -> io::Result<[Vec<u64>; 2]> {
    let strip_bytes = header.row_bytes() * STRIP_ROWS;
    let (mut offsets, mut lengths, mut pending) = (Vec::new(), Vec::new(), Vec::new());
    let mut write = |rows: &[u8]| {
        let compressed = compress(rows, header)?;
        offsets.push(directory.write_data(&compressed[..]).map_err(io::Error::other)?);
        lengths.push(compressed.len() as u64);
        io::Result::Ok(())
    };
    for band in bands {
        let mut rest = &band[..];
        if !pending.is_empty() {
            let taken = (strip_bytes - pending.len()).min(rest.len());
            pending.extend_from_slice(&rest[..taken]);
            rest = &rest[taken..];
            if pending.len() == strip_bytes {
                write(&pending)?;
                pending.clear();
            }
        }
        let whole = rest.chunks_exact(strip_bytes);
        pending.extend_from_slice(whole.remainder());
        for strip in whole {
            write(strip)?;
        }
    }
    if !pending.is_empty() {
        write(&pending)?;
    }
    Ok([offsets, lengths])
}

/// Compresses the differences of each pixel to the one before it.
fn compress(rows: &[u8], header: &PictureHeader) -> io::Result<Vec<u8>> {
    let channels = header.channels.count();
    let mut compressed = ZlibEncoder::new(Vec::with_capacity(rows.len() / 2), Compression::new(6));
    let mut differences = Vec::with_capacity(header.row_bytes());
    for row in rows.chunks_exact(header.row_bytes()) {
        differences.clear();
        differences.extend_from_slice(&row[..channels]);
        differences.extend(row[channels..].iter().zip(row).map(|(now, before)| now.wrapping_sub(*before)));
        compressed.write_all(&differences)?;
    }
    compressed.finish()
}
