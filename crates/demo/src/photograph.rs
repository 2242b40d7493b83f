//! JPEG files of the demo crowd, with the faults of a crowd's photographs.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use jpeg_encoder::{ColorType, Encoder, EncodingError};

use super::camera::Camera;
use super::draw::{Drawing, Truth};
use super::person::InventedPerson;

/// A photograph of an invented person.
#[derive(Clone, Debug)]
pub struct Photograph {
    /// The file.
    pub jpeg: Vec<u8>,
    /// The EXIF orientation that the file carries: how its pixels are stored.
    pub orientation: u8,
    /// The JPEG quality, 40–90.
    pub quality: u8,
    /// Ground truth, in the *upright* picture.
    pub truth: Truth,
    /// Width and height of the upright picture.
    pub size: [u32; 2],
}

/// The errors of writing a demo crowd.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    /// An I/O error.
    #[error("cannot write {what}: {source}; is there room, and may you write there? {path}", path = path.display())]
    Write {
        /// What could not be written.
        what: &'static str,
        /// The cause.
        source: std::io::Error,
        /// The path.
        path: PathBuf,
    },
    /// A size beyond JPEG's limits.
    #[error("cannot encode the photograph: {0}")]
    Encode(#[from] EncodingError),
}

/// The sizes of the crowd's photographs, portrait and landscape.
const SIZES: [(f32, [u32; 2]); 7] = [
    (4.0, [320, 400]),
    (2.5, [300, 400]),
    (1.0, [270, 480]),
    (1.5, [360, 360]),
    (1.0, [400, 320]),
    (2.0, [480, 360]),
    (0.7, [512, 288]),
];

/// Photographs a person with the camera, light and frame of that person's number.
///
/// # Errors
/// Never for these sizes; the encoder's result is passed on.
pub fn photograph(person: &InventedPerson) -> Result<Photograph, DemoError> {
    let mut rng = person.camera.clone();
    let [width, height] = rng.weighted(&SIZES);
    photograph_sized(person, width, height)
}

/// As [`photograph`], with a frame of a given size, upright.
///
/// # Errors
/// When a side is beyond what JPEG can hold.
///
/// # Panics
/// When a side is 0 or above 16384.
pub fn photograph_sized(person: &InventedPerson, width: u32, height: u32) -> Result<Photograph, DemoError> {
    let mut rng = person.camera.clone();
    let quality = 40 + rng.below(51) as u8;
    let orientation = rng.weighted(&[(72.0, 1), (12.0, 6), (7.0, 8), (4.0, 3), (1.3, 2), (1.3, 4), (1.3, 5), (1.3, 7)]);
    let Drawing { mut rgb, mut truth, .. } = person.draw(width, height);
    let camera = Camera::new(rng);
    camera.apply(&mut rgb, width as usize);
    camera.annotate(&mut truth);
    let ([stored_width, stored_height], stored) = stored(&rgb, [width, height], orientation);
    let mut jpeg = Vec::with_capacity(stored.len() / 8);
    let mut encoder = Encoder::new(&mut jpeg, quality);
    if orientation != 1 {
        encoder.add_app_segment(1, exif(orientation).to_vec())?;
    }
    let side = |value: u32| u16::try_from(value).unwrap_or(u16::MAX);
    encoder.encode(&stored, side(stored_width), side(stored_height), ColorType::Rgb)?;
    Ok(Photograph { jpeg, orientation, quality, truth, size: [width, height] })
}

/// The smallest EXIF there is: one directory with one entry, the orientation (TIFF 6.0, tag 274).
fn exif(orientation: u8) -> [u8; 32] {
    let mut bytes = *b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\0\0\0\0\0\0\0\0";
    bytes[24] = orientation;
    bytes
}

/// Transforms an upright picture into the stored pixels of an EXIF orientation.
fn stored(upright: &[u8], [width, height]: [u32; 2], orientation: u8) -> ([u32; 2], Vec<u8>) {
    if orientation == 1 {
        return ([width, height], upright.to_vec());
    }
    let (w, h) = (width as usize, height as usize);
    let turned = orientation >= 5;
    let row = if turned { h } else { w };
    let mut out = vec![0; upright.len()];
    for y in 0..h {
        for x in 0..w {
            let (to_x, to_y) = match orientation {
                2 => (w - 1 - x, y),
                3 => (w - 1 - x, h - 1 - y),
                4 => (x, h - 1 - y),
                5 => (y, x),
                6 => (y, w - 1 - x),
                7 => (h - 1 - y, w - 1 - x),
                8 => (h - 1 - y, x),
                _ => (x, y),
            };
            let (from, to) = ((y * w + x) * 3, (to_y * row + to_x) * 3);
            out[to..to + 3].copy_from_slice(&upright[from..from + 3]);
        }
    }
    (if turned { [height, width] } else { [width, height] }, out)
}

/// Writes `count` photographs of different people into a folder, on all cores: `person-000000.jpg` and on.
///
/// `progress` is called with the number written so far, on the calling thread.
///
/// # Errors
/// When the folder cannot be made or a file not be written; what was written stays.
pub fn write_photographs(
    out: &Path,
    count: usize,
    seed: u64,
    progress: &mut dyn FnMut(usize),
) -> Result<(), DemoError> {
    fs::create_dir_all(out).map_err(|source| DemoError::Write { what: "the folder", source, path: out.to_owned() })?;
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(count.max(1));
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let (done, results) = crossbeam_channel::bounded(workers * 4);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let done = done.clone();
            let (next, stop) = (&next, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count as u64 || done.send(write_one(out, seed, index)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(done);
        let mut written = 0;
        for result in results {
            if let Err(error) = result {
                stop.store(true, Ordering::Relaxed);
                return Err(error);
            }
            written += 1;
            progress(written);
        }
        Ok(())
    })
}

fn write_one(out: &Path, seed: u64, index: u64) -> Result<(), DemoError> {
    let path = out.join(format!("person-{index:06}.jpg"));
    let photograph = photograph(&InventedPerson::invent(seed, index))?;
    fs::write(&path, photograph.jpeg).map_err(|source| DemoError::Write { what: "a photograph", source, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Brings stored pixels upright by the definition in the EXIF standard: where row 0 and column 0 are.
    fn upright(stored: &image::DynamicImage, orientation: u8) -> image::RgbImage {
        let mut image = stored.clone();
        image.apply_orientation(image::metadata::Orientation::from_exif(orientation).unwrap());
        image.into_rgb8()
    }

    #[test]
    fn every_orientation_is_undone_by_its_tag() {
        let picture: Vec<u8> = (0..5 * 3 * 3).map(|value| value as u8).collect();
        for orientation in 1..=8 {
            let ([width, height], pixels) = stored(&picture, [5, 3], orientation);
            let image = image::RgbImage::from_raw(width, height, pixels).unwrap();
            let back = upright(&image.into(), orientation);
            assert_eq!((back.dimensions(), back.as_raw()), ((5, 3), &picture), "orientation {orientation}");
        }
    }

    #[test]
    fn photographs_decode_at_their_size_and_carry_their_tag() {
        for index in 0..40 {
            let made = photograph(&InventedPerson::invent(5, index)).unwrap();
            let mut decoder = jpeg_decoder::Decoder::new(made.jpeg.as_slice());
            decoder.decode().unwrap();
            let info = decoder.info().unwrap();
            let [width, height] = if made.orientation >= 5 { [made.size[1], made.size[0]] } else { made.size };
            assert_eq!([u32::from(info.width), u32::from(info.height)], [width, height]);
            assert_eq!(decoder.exif_data().map(|tiff| tiff[18]), Some(made.orientation).filter(|tag| *tag != 1));
        }
    }

    #[test]
    fn a_folder_holds_as_many_different_files_as_were_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let mut last = 0;
        write_photographs(folder.path(), 12, 3, &mut |done| last = done).unwrap();
        let files: std::collections::HashSet<Vec<u8>> =
            fs::read_dir(folder.path()).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect();
        assert_eq!((last, files.len()), (12, 12));
    }

    #[test]
    fn a_folder_that_cannot_be_is_an_error_with_its_path() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = write_photographs(&file.path().join("under"), 1, 0, &mut |_| {}).unwrap_err();
        assert!(error.to_string().contains("under"), "{error}");
    }
}
