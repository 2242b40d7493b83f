//! What the ingest tests share: pictures made on the spot, and a look into a library's tiles.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::fs;
use std::path::{Path, PathBuf};

use image::codecs::png::PngEncoder;
use image::{DynamicImage, ImageEncoder, Rgb, RgbImage};
use millions_library::{Ingest, IngestEvent, IngestOptions, IngestSummary, Library};
use millions_wall::tile::{PortraitNumber, TileSource, bc};

/// The shared photographs, where they are; says so where not.
pub fn photos() -> Option<PathBuf> {
    let place = std::env::var_os("MILLIONS_PHOTOS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/photos"), PathBuf::from);
    let found = place.join("SOURCES.md").exists();
    if !found {
        eprintln!("the shared photographs are not there: only generated files are tested ({})", place.display());
    }
    found.then_some(place)
}

/// A picture with a different colour everywhere, no symmetry, and smooth enough for any codec.
pub fn picture(width: u32, height: u32, seed: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let (u, v) = (x as f32 / width as f32, y as f32 / height as f32);
        let phase = seed as f32 * 0.7;
        let wave = |f: f32| (f.sin() * 0.5 + 0.5) * 60.0;
        Rgb([
            (40.0 + u * 150.0 + wave(v * 9.0 + phase)) as u8,
            (30.0 + v * 150.0 + wave(u * 7.0 + phase)) as u8,
            (200.0 - u * v * 150.0 - wave(u * 5.0 + v * 3.0 + phase)) as u8,
        ])
    })
}

/// EXIF that says nothing but an orientation.
pub fn exif(orientation: u8) -> Vec<u8> {
    [&b"MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"[..], &[orientation], b"\0\0\0\0\0\0"].concat()
}

pub fn png(picture: &DynamicImage, exif: Option<Vec<u8>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new(&mut bytes);
    if let Some(exif) = exif {
        encoder.set_exif_metadata(exif).unwrap();
    }
    let colour = picture.color().into();
    encoder.write_image(picture.as_bytes(), picture.width(), picture.height(), colour).unwrap();
    bytes
}

pub fn jpeg(picture: &RgbImage, exif: Option<Vec<u8>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 92);
    if let Some(exif) = exif {
        encoder.add_app_segment(1, [&b"Exif\0\0"[..], &exif].concat()).unwrap();
    }
    let (width, height) = (picture.width() as u16, picture.height() as u16);
    encoder.encode(picture.as_raw(), width, height, jpeg_encoder::ColorType::Rgb).unwrap();
    bytes
}

/// All events of an ingest.
pub struct Told {
    pub summary: IngestSummary,
    pub remarks: Vec<String>,
    pub added: Vec<PortraitNumber>,
    pub removed: Vec<PortraitNumber>,
}

pub const SMALL: IngestOptions = IngestOptions {
    tile_side: 64,
    aspect: 0.8,
    jobs: 2,
    limits: millions_library::Limits { max_pixels: 1 << 28, max_alloc_bytes: 384 << 20 },
    watch: false,
    exclude: Vec::new(),
    words_check: None,
    shard: None,
};

pub fn ingest_with(folders: &[&Path], dir: &Path, options: IngestOptions) -> Told {
    let folders: Vec<PathBuf> = folders.iter().map(|folder| folder.to_path_buf()).collect();
    let ingest = Ingest::start(&folders, dir, options).unwrap();
    let (mut remarks, mut added, mut removed, mut summary) = (Vec::new(), Vec::new(), Vec::new(), None);
    // What was added and cannot be read any more when that is told: it has been removed since, which is told later.
    let mut gone: Vec<PortraitNumber> = Vec::new();
    for event in &ingest.events {
        match event {
            IngestEvent::Remark(remark) => remarks.push(remark),
            IngestEvent::Added(numbers) => {
                gone.extend(numbers.iter().filter(|number| ingest.library.portrait(**number).is_none()));
                added.extend(numbers);
            }
            IngestEvent::Removed(numbers) => {
                gone.retain(|number| !numbers.contains(number));
                removed.extend(numbers);
            }
            IngestEvent::Replaced(pairs) => {
                for (old, new) in pairs {
                    gone.retain(|number| *number != old);
                    removed.push(old);
                    added.push(new);
                }
            }
            IngestEvent::Finished(result) => summary = Some(result.unwrap()),
            IngestEvent::Scanned { .. }
            | IngestEvent::Progress { .. }
            | IngestEvent::Changed(_)
            | IngestEvent::Rejected { .. } => {}
        }
    }
    assert!(gone.is_empty(), "what is added can be read until it is removed: {gone:?}");
    removed.sort_unstable();
    let summary = summary.expect("a last event");
    let dealt_with = summary.added + summary.unchanged + summary.duplicates + summary.rejected.len();
    assert_eq!(summary.found, dealt_with, "every file is accounted for: {summary:?}");
    assert_eq!(summary.portraits, Library::open(dir).unwrap().len());
    Told { summary, remarks, added, removed }
}

pub fn ingest(folder: &Path, dir: &Path) -> Told {
    ingest_with(&[folder], dir, SMALL)
}

/// A tile's finest luma and chroma, decoded: `side` × `side`, and a quarter of that twice.
pub fn planes(library: &Library, number: PortraitNumber) -> (Vec<u8>, Vec<u8>) {
    let layout = library.layout();
    let mut tile = vec![0; layout.stride()];
    library.read_tile(number, &mut tile).unwrap();
    let level = layout.levels().last().unwrap();
    let side = level.luma.side as usize;
    let mut luma = vec![0; side * side];
    bc::decode_plane::<1>(&tile[level.luma.offset..], level.luma.row_bytes, side, &mut luma, side);
    let plane = level.chroma.unwrap();
    let half = plane.side as usize;
    let mut chroma = vec![0; half * half * 2];
    bc::decode_plane::<2>(&tile[plane.offset..], plane.row_bytes, half, &mut chroma, half * 2);
    (luma, chroma)
}

/// The greatest difference between two tiles' texels.
pub fn difference(a: &(Vec<u8>, Vec<u8>), b: &(Vec<u8>, Vec<u8>)) -> u8 {
    let pairs = a.0.iter().zip(&b.0).chain(a.1.iter().zip(&b.1));
    pairs.map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

/// The mean difference between two tiles' luma.
pub fn mean_difference(a: &(Vec<u8>, Vec<u8>), b: &(Vec<u8>, Vec<u8>)) -> f64 {
    a.0.iter().zip(&b.0).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / a.0.len() as f64
}

/// The portrait made of a file.
pub fn of(library: &Library, path: &Path) -> PortraitNumber {
    let path = fs::canonicalize(path).unwrap();
    let found = library
        .all_portraits()
        .into_iter()
        .find(|number| library.portrait(*number).is_some_and(|portrait| portrait.sources.contains(&path)));
    found.unwrap_or_else(|| panic!("no portrait of {}", path.display()))
}

/// A folder of `count` different pictures.
pub fn folder_of(count: u32, size: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..count {
        fs::write(folder.path().join(format!("{seed:04}.jpg")), jpeg(&picture(size, size * 5 / 4, seed), None))
            .unwrap();
    }
    folder
}

/// A PNG file with an ICC profile.
pub fn png_with_profile(picture: &DynamicImage, icc: Vec<u8>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new(&mut bytes);
    encoder.set_icc_profile(icc).unwrap();
    encoder.write_image(picture.as_bytes(), picture.width(), picture.height(), picture.color().into()).unwrap();
    bytes
}

/// A file that lies with the tests.
pub fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
