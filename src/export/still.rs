//! Stills as PNG. See [`write_png`].

use millions_base::{AtomicFile, printable_path};
use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

/// Why a PNG could not be written.
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
    /// An error of the encoder.
    #[error("cannot encode the picture ({error}): {}", printable_path(path))]
    Encode {
        /// The file.
        path: PathBuf,
        /// The error.
        error: image::ImageError,
    },
}

/// Writes a picture (width × height × R, G, B, A) as an opaque PNG, atomically.
///
/// # Errors
/// When the folder cannot be made or the file cannot be written.
pub fn write_png(path: &Path, picture: &[u8], width: u32, height: u32) -> Result<(), ExportError> {
    let io = |error| ExportError::Io { path: path.to_owned(), error };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(io)?;
    }
    let rgb: Vec<u8> = picture.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    let replacement = AtomicFile::new(path);
    let file = BufWriter::new(File::create(replacement.temporary()).map_err(io)?);
    PngEncoder::new_with_quality(file, CompressionType::Fast, FilterType::Adaptive)
        .write_image(&rgb, width, height, ExtendedColorType::Rgb8)
        .map_err(|error| ExportError::Encode { path: path.to_owned(), error })?;
    replacement.commit().map_err(io)
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
}
