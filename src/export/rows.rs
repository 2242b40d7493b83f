//! Pictures that are written row by row: nothing of them is kept but the rows on their way. See [`write_picture`].

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use glam::UVec2;

use super::icc::profile;
use super::page::{MM_PER_INCH, Page};
use super::{pdf, png_rows, tiff_rows};
use millions_base::{AtomicFile, printable_path};

/// Why a picture could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// An error of the file system.
    #[error("cannot write the picture ({error}): {}", printable_path(path))]
    Io {
        /// The file.
        path: PathBuf,
        /// The error.
        error: io::Error,
    },
}

/// The kind of a picture's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureKind {
    /// Portable Network Graphics.
    Png,
    /// Tagged Image File Format; BigTIFF where it is larger than four gigabytes.
    Tiff,
    /// Portable Document Format, of one page.
    Pdf,
}

impl PictureKind {
    /// The kind of a file by its extension.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_string_lossy().to_lowercase();
        match extension.as_str() {
            "png" => Some(Self::Png),
            "tif" | "tiff" => Some(Self::Tiff),
            "pdf" => Some(Self::Pdf),
            _ => None,
        }
    }
}

/// The channels of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channels {
    /// One, of the same encoding as sRGB.
    Grey,
    /// Three, in sRGB.
    Rgb,
}

impl Channels {
    /// Their number, and so the bytes of a pixel.
    #[must_use]
    pub const fn count(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
        }
    }

    /// The pixels of R, G, B, A; what has a colour loses it in one channel.
    #[must_use]
    pub fn of_rgba(self, picture: &[u8]) -> Vec<u8> {
        let mut pixels = vec![0; picture.len() / 4 * self.count()];
        self.copy_rgba(picture, &mut pixels);
        pixels
    }

    /// Writes the pixels of R, G, B, A to as many of their own.
    pub fn copy_rgba(self, picture: &[u8], pixels: &mut [u8]) {
        let from = picture.as_chunks::<4>().0;
        match self {
            Self::Rgb => {
                for (pixel, [r, g, b, _]) in pixels.as_chunks_mut::<3>().0.iter_mut().zip(from) {
                    *pixel = [*r, *g, *b];
                }
            }
            Self::Grey => pixels.iter_mut().zip(from).for_each(|(pixel, from)| *pixel = grey(*from)),
        }
    }
}

/// The luma of BT.709.
fn grey([r, g, b, _]: [u8; 4]) -> u8 {
    if r == g && g == b {
        return r;
    }
    let luma = 2126 * u32::from(r) + 7152 * u32::from(g) + 722 * u32::from(b);
    ((luma + 5000) / 10_000) as u8
}

/// Whether no pixel of R, G, B, A has a colour.
#[must_use]
pub fn is_grey(picture: &[u8]) -> bool {
    picture.as_chunks::<4>().0.iter().all(|[r, g, b, _]| r == g && g == b)
}

/// What a picture's file says about it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PictureHeader {
    /// Width and height in pixels.
    pub size: UVec2,
    /// Its channels.
    pub channels: Channels,
    /// Pixels an inch; none where nobody has said.
    pub dpi: Option<f64>,
    /// The page of a PDF.
    pub page: Page,
}

impl PictureHeader {
    /// The bytes of a row.
    #[must_use]
    pub const fn row_bytes(&self) -> usize {
        self.size.x as usize * self.channels.count()
    }
}

/// Writes a picture, in bands of whole rows of the header's channels from the first to the last, as they come: nothing is kept
/// of it. Atomically: if they end early, there is no file.
///
/// # Errors
/// When the folder cannot be made or the file cannot be written, or rows are missing.
pub fn write_picture(
    path: &Path,
    kind: PictureKind,
    header: &PictureHeader,
    bands: impl IntoIterator<Item = Vec<u8>>,
) -> Result<(), ExportError> {
    let io = |error| ExportError::Io { path: path.to_owned(), error };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(io)?;
    }
    let file = AtomicFile::new(path);
    let out = BufWriter::with_capacity(1 << 18, File::create(file.temporary()).map_err(io)?);
    let mut left = u64::from(header.size.y);
    let bands =
        &mut bands.into_iter().inspect(|band| left = left.saturating_sub((band.len() / header.row_bytes()) as u64));
    let written = match kind {
        PictureKind::Png => png_rows::write(out, header, bands),
        PictureKind::Tiff => tiff_rows::write(out, header, profile(header.channels), bands),
        PictureKind::Pdf => pdf::write(out, header, &profile(header.channels), bands),
    };
    written.map_err(io)?;
    if left > 0 {
        return Err(io(io::Error::other("it ended early")));
    }
    file.commit().map_err(io)
}

/// Writes a picture (width × height × R, G, B, A) as an opaque PNG of three channels, atomically.
///
/// # Errors
/// When the folder cannot be made or the file cannot be written.
pub fn write_png(path: &Path, picture: &[u8], width: u32, height: u32) -> Result<(), ExportError> {
    let (size, channels) = (UVec2::new(width, height), Channels::Rgb);
    let page = Page::of_pixels(size, MM_PER_INCH, 0.0);
    let header = PictureHeader { size, channels, dpi: None, page };
    write_picture(path, PictureKind::Png, &header, [channels.of_rgba(picture)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_comes_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("still.png");
        write_png(&path, &[1, 2, 3, 255, 40, 50, 60, 255], 2, 1).unwrap();
        assert_eq!(image::open(&path).unwrap().to_rgb8().into_raw(), [1, 2, 3, 40, 50, 60]);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing half-written stays");
        let error = write_png(&path.join("below-a-file.png"), &[0; 4], 1, 1).unwrap_err();
        assert!(error.to_string().contains("below-a-file"));
    }

    /// Rows of noise over a ramp, in bands of some rows.
    fn bands(header: &PictureHeader, rows: usize) -> Vec<Vec<u8>> {
        let bytes = header.row_bytes() * header.size.y as usize;
        let picture: Vec<u8> = (0..bytes).map(|i| (i / 7 + i * i % 5) as u8).collect();
        picture.chunks(header.row_bytes() * rows).map(<[u8]>::to_vec).collect()
    }

    #[test]
    fn every_kind_of_file_has_the_pixels_whatever_the_bands() {
        let folder = tempfile::tempdir().unwrap();
        for channels in [Channels::Grey, Channels::Rgb] {
            let size = UVec2::new(37, 150);
            let page = Page::of_pixels(size, 150.0, 0.0);
            let header = PictureHeader { size, channels, dpi: Some(150.0), page };
            for rows in [1, 40, 64, 100, 150] {
                let pixels = bands(&header, rows).concat();
                for name in ["a.png", "a.tif", "a.pdf"] {
                    let path = folder.path().join(name);
                    write_picture(&path, PictureKind::of(&path).unwrap(), &header, bands(&header, rows)).unwrap();
                    let bytes = fs::read(&path).unwrap();
                    let read = if name == "a.pdf" {
                        pixels_of_pdf(&bytes, &header)
                    } else {
                        let read = image::load_from_memory(&bytes).unwrap();
                        assert_eq!(usize::from(read.color().channel_count()), channels.count(), "{name}");
                        read.into_bytes()
                    };
                    assert!(read == pixels, "{name}, {channels:?}, bands of {rows} rows");
                }
            }
        }
    }

    /// Undoes what is done to the rows of a PDF.
    fn pixels_of_pdf(bytes: &[u8], header: &PictureHeader) -> Vec<u8> {
        use std::io::Read as _;
        let find = |from: usize, what: &[u8]| {
            from + bytes[from..].windows(what.len()).position(|window| window == what).unwrap()
        };
        let begin = find(find(0, b"/Subtype /Image"), b"stream\n") + 7;
        let mut rows = Vec::new();
        flate2::read::ZlibDecoder::new(&bytes[begin..]).read_to_end(&mut rows).unwrap();
        let (mut pixels, mut above) = (Vec::new(), vec![0u8; header.row_bytes()]);
        for row in rows.chunks_exact(header.row_bytes() + 1) {
            let mut now = row[1..].to_vec();
            for i in 0..now.len() {
                let left = i.checked_sub(header.channels.count()).map_or(0, |left| now[left]);
                now[i] = now[i].wrapping_add(if row[0] == 1 { left } else { above[i] });
            }
            pixels.extend_from_slice(&now);
            above = now;
        }
        pixels
    }

    #[test]
    fn the_places_of_a_pdfs_objects_are_where_they_are_and_its_page_is_the_sheet() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.pdf");
        let size = UVec2::new(20, 30);
        for (page, said) in [
            (Page::of_sheet([210.0, 297.0], 0.0), "/MediaBox [0 0 595.2756 841.8898]"),
            (Page::of_sheet([210.0, 297.0], 3.0), "/TrimBox [8.5039 8.5039 603.7795 850.3937]"),
            // More than 14,400 points: each unit is two.
            (Page::of_sheet([2540.0, 10_160.0], 0.0), "/MediaBox [0 0 3600.0000 14400.0000]"),
        ] {
            let header = PictureHeader { size, channels: Channels::Grey, dpi: None, page };
            write_picture(&path, PictureKind::Pdf, &header, bands(&header, 8)).unwrap();
            let bytes = fs::read(&path).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            assert!(text.contains(said), "{said}");
            assert_eq!(text.contains("/UserUnit 2.000000"), page.size_mm[1] > 10_000.0);
            let table = bytes.windows(5).rposition(|window| window == b"xref\n").unwrap();
            let table = bytes[..table].windows(5).rposition(|window| window == b"xref\n").unwrap_or(table);
            for (number, line) in String::from_utf8_lossy(&bytes[table..]).lines().skip(3).take(8).enumerate() {
                let place: usize = line[..10].parse().unwrap();
                let object = format!("{} 0 obj", number + 1);
                assert!(bytes[place..].starts_with(object.as_bytes()), "{object} at {place}");
            }
        }
    }

    #[test]
    fn a_picture_that_ends_early_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let size = UVec2::new(37, 150);
        let header =
            PictureHeader { size, channels: Channels::Rgb, dpi: None, page: Page::of_pixels(size, 300.0, 0.0) };
        for name in ["a.png", "a.tif", "a.pdf"] {
            let path = folder.path().join(name);
            let some = bands(&header, 50).into_iter().take(2);
            assert!(write_picture(&path, PictureKind::of(&path).unwrap(), &header, some).is_err(), "{name}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
