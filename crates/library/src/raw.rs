//! RAW files of cameras: the camera's own picture in them, a JPEG, which every camera puts beside the sensor's values.
//!
//! It is found by the directories of the file where those say it, else by its first bytes, for many makers keep it in notes
//! of their own. The sensor's values are not developed: what a camera made of them is what its owner has seen.

use image::metadata::Orientation;

use super::exif;
use super::ifd::{Directories, Directory, tag};
use super::jpeg;

/// A preview whose longer side is shorter than this is a thumbnail, unless it has a quarter of the sensor's.
pub const MIN_PREVIEW_SIDE: u32 = 512;
/// The most beginnings of a JPEG that are tried where the file does not say where its preview is.
const MAX_TRIED: usize = 512;
/// A JPEG's segments before its picture are looked for in so many bytes.
const HEADER_BYTES: usize = 1 << 20;

/// A kind of RAW file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawKind {
    /// Built of directories: DNG, NEF, CR2, ARW, PEF, SRW, ORF, RW2 and others.
    Directories,
    /// Fujifilm's RAF.
    Raf,
    /// Canon's CR3, made of boxes as films are.
    Cr3,
    /// X3F, MRW, CRW, which are searched for a JPEG alone.
    Other,
}

impl RawKind {
    /// Detects a RAW file by its first bytes; those that begin like any TIFF are found by [`is_raw_tiff`].
    pub fn of(head: &[u8]) -> Option<Self> {
        let starts = |start: &[u8]| head.starts_with(start);
        let has = |at: usize, name: &[u8]| head.get(at..at + name.len()) == Some(name);
        match head {
            _ if starts(b"FUJIFILMCCD-RAW") => Some(Self::Raf),
            _ if has(4, b"ftypcrx ") => Some(Self::Cr3),
            _ if starts(b"IIRO") || starts(b"IIRS") || starts(b"MMOR") || starts(b"IIU\0") => Some(Self::Directories),
            _ if starts(b"FOVb") || starts(b"\0MRM") || has(6, b"HEAPCCDR") => Some(Self::Other),
            _ => None,
        }
    }
}

/// Photometric interpretations of what a sensor saw, not of a picture.
pub const COLOUR_FILTER_ARRAY: u64 = 32803;
pub const LINEAR_RAW: u64 = 34892;
/// Compressions that only RAW files have: Nikon's, Sony's, Samsung's, Pentax's, and others.
const RAW_COMPRESSIONS: [u64; 6] = [34713, 32767, 32770, 65535, 65000, 262];

fn is_sensor(directories: &Directories<'_>, directory: &Directory) -> bool {
    matches!(directories.value(directory, tag::PHOTOMETRIC), Some(COLOUR_FILTER_ARRAY | LINEAR_RAW))
        || directories.value(directory, tag::COMPRESSION).is_some_and(|kind| RAW_COMPRESSIONS.contains(&kind))
}

/// Whether a file that begins like TIFF is a RAW file.
pub fn is_raw_tiff(bytes: &[u8]) -> bool {
    let Some(directories) = Directories::open(bytes) else { return false };
    let all = directories.all();
    bytes.get(8..10) == Some(b"CR")
        || all.iter().any(|directory| directory.get(tag::DNG_VERSION).is_some() || is_sensor(&directories, directory))
}

/// The camera's picture in a RAW file.
#[derive(Debug)]
pub struct Preview<'a> {
    /// The JPEG, and what follows it in the file.
    pub bytes: &'a [u8],
    /// Its header, with the orientation that counts.
    pub header: jpeg::Header,
}

impl Preview<'_> {
    fn longer_side(&self) -> u32 {
        self.header.width.max(self.header.height)
    }
}

/// Finds the largest preview of a RAW file.
///
/// # Errors
/// A text, where there is none that is more than a thumbnail.
pub fn preview(bytes: &[u8], kind: RawKind) -> Result<Preview<'_>, String> {
    let mut found: Option<Preview<'_>> = None;
    let directories = Directories::open(bytes);
    let all = directories.map(|directories| directories.all()).unwrap_or_default();
    let mut sensor = [0u64; 2];
    if let Some(directories) = directories {
        for directory in &all {
            let size = [tag::WIDTH, tag::HEIGHT].map(|tag| directories.value(directory, tag).unwrap_or(0));
            if is_sensor(&directories, directory) && size[0].saturating_mul(size[1]) > sensor[0] * sensor[1] {
                sensor = size.map(|side| side.min(u64::from(u32::MAX)));
            }
            embedded(&directories, directory).filter_map(jpeg_at_start).for_each(|jpeg| keep_larger(&mut found, jpeg));
        }
    }
    if kind == RawKind::Raf {
        let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize);
        let jpeg = number(84).zip(number(88)).and_then(|(at, length)| bytes.get(at..at.checked_add(length)?));
        jpeg.and_then(jpeg_at_start).into_iter().for_each(|jpeg| keep_larger(&mut found, jpeg));
    }
    let sensor_side = u32::try_from(sensor[0].max(sensor[1])).unwrap_or(u32::MAX);
    // Where what the directories say is much smaller than the sensor, the maker may keep a larger one elsewhere.
    let is_large = |preview: &Preview<'_>| preview.longer_side() >= (sensor_side / 2).max(MIN_PREVIEW_SIDE * 2);
    if !found.as_ref().is_some_and(is_large) {
        searched(bytes).for_each(|candidate| keep_larger(&mut found, candidate));
    }
    let advice = "export it as a JPEG";
    let Some(mut preview) = found else {
        return Err(format!("a RAW file without a picture of the camera in it: {advice}"));
    };
    let longer = preview.longer_side();
    if longer < MIN_PREVIEW_SIDE && (sensor_side == 0 || longer < sensor_side / 4) {
        let jpeg::Header { width, height, .. } = preview.header;
        return Err(format!("a RAW file with no more than a thumbnail of {width}×{height} pixels in it: {advice}"));
    }
    let own = preview.header.orientation;
    preview.header.orientation = match raw_orientation(bytes, kind) {
        // Some programs turn the preview and leave the tag, which means the sensor's values.
        Some(turned) if is_transposed(turned) && is_upright_already(sensor, &preview.header) => own,
        Some(orientation) => Some(orientation.to_exif()),
        None => own,
    };
    Ok(preview)
}

fn keep_larger<'a>(found: &mut Option<Preview<'a>>, candidate: Preview<'a>) {
    if found.as_ref().is_none_or(|found| found.longer_side() < candidate.longer_side()) {
        *found = Some(candidate);
    }
}

/// The JPEGs that a directory names.
fn embedded<'a>(directories: &Directories<'a>, directory: &Directory) -> impl Iterator<Item = &'a [u8]> {
    let value = |tag| directories.value(directory, tag);
    let pair = |at: Option<u64>, length: Option<u64>| at.and_then(|at| directories.slice(at, length?));
    let named = pair(value(tag::JPEG_OFFSET), value(tag::JPEG_LENGTH));
    let is_one_strip = directory.get(tag::STRIP_OFFSETS).is_some_and(|entry| directories.numbers(entry, 2).len() == 1);
    let is_jpeg = is_one_strip && matches!(value(tag::COMPRESSION), Some(6 | 7));
    let strip = if is_jpeg { pair(value(tag::STRIP_OFFSETS), value(tag::STRIP_BYTES)) } else { None };
    let whole = directory.get(tag::JPEG_FROM_RAW).and_then(|entry| directories.bytes_of(entry));
    [named, strip, whole].into_iter().flatten()
}

/// The JPEGs in a file, by their first bytes.
fn searched(bytes: &[u8]) -> impl Iterator<Item = Preview<'_>> {
    let starts = (0..bytes.len().saturating_sub(3)).filter(|at| bytes[*at..].starts_with(&[0xFF, 0xD8, 0xFF]));
    starts.take(MAX_TRIED).filter_map(|at| jpeg_at_start(&bytes[at..]))
}

/// Reads the header of an ordinary JPEG: a sensor's values are often compressed as a lossless one.
fn jpeg_at_start(bytes: &[u8]) -> Option<Preview<'_>> {
    let header = jpeg::Header::read(&bytes[..bytes.len().min(HEADER_BYTES)]).ok()?;
    let is_ordinary = header.precision == 8
        && matches!(header.process, 0xC0..=0xC2)
        && matches!(header.components.len(), 1 | 3)
        && header.width.min(header.height) > 0;
    (bytes.starts_with(&[0xFF, 0xD8]) && is_ordinary).then_some(Preview { bytes, header })
}

/// The orientation that the RAW file itself says.
fn raw_orientation(bytes: &[u8], kind: RawKind) -> Option<Orientation> {
    match kind {
        RawKind::Directories => {
            let directories = Directories::open(bytes)?;
            let all = directories.all();
            let (sensors, others): (Vec<_>, Vec<_>) =
                all.iter().partition(|directory| is_sensor(&directories, directory));
            // The first directory's counts, as in every viewer; then the sensor's.
            let mut order = all.first().into_iter().chain(sensors).chain(others);
            let value = order.find_map(|directory| directories.value(directory, tag::ORIENTATION))?;
            Orientation::from_exif(u8::try_from(value).ok()?)
        }
        // A box of Canon's with the first directory.
        RawKind::Cr3 => {
            let head = &bytes[..bytes.len().min(HEADER_BYTES)];
            let at = head.windows(4).position(|name| name == b"CMT1")? + 4;
            exif::orientation(&head[at..])
        }
        RawKind::Raf | RawKind::Other => None,
    }
}

const fn is_transposed(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
    )
}

/// Whether a preview is upright while the sensor's values lie on their side.
const fn is_upright_already([width, height]: [u64; 2], preview: &jpeg::Header) -> bool {
    (width > height && preview.width < preview.height) || (width < height && preview.width > preview.height)
}
