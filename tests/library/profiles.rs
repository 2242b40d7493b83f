//! Colours through embedded ICC profiles: what each picture means, as sRGB.
//!
//! The expected colours are those of Little CMS 2.14 (perceptual intent, through Pillow 13.0's ImageCms) for the same
//! profiles; for Adobe RGB and ProPhoto it gives the same with the profiles that Ghostscript 10.0 ships.

use std::fs;

use crate::photographs::*;
use image::{DynamicImage, GrayImage, Luma, Rgb, RgbImage};
use millions_library::Library;
use millions_wall::tile::planes::luma_chroma_from_srgb;
use moxcms::{ColorProfile, ToneReprCurve};

/// A file of one colour, and what it is as sRGB.
struct Flat {
    name: String,
    bytes: Vec<u8>,
    expected: [u8; 3],
}

/// Asserts that each file's tile is all of the expected colour, but for `tolerance`.
fn assert_colours(flats: &[Flat], tolerance: u8) {
    let files = tempfile::tempdir().unwrap();
    for Flat { name, bytes, .. } in flats {
        fs::write(files.path().join(name), bytes).unwrap();
    }
    let dir = tempfile::tempdir().unwrap();
    let told = ingest(files.path(), dir.path());
    assert_eq!((told.summary.added, &told.remarks), (flats.len(), &vec![]), "{:?}", told.summary.rejected);
    let library = Library::open(dir.path()).unwrap();
    for Flat { name, expected, .. } in flats {
        let (luma, chroma) = planes(&library, of(&library, &files.path().join(name)));
        let (expected_luma, expected_chroma) = luma_chroma_from_srgb(*expected);
        let near = |value: u8, expected: u8| value.abs_diff(expected) <= tolerance;
        let right = luma.iter().all(|value| near(*value, expected_luma))
            && chroma
                .as_chunks::<2>()
                .0
                .iter()
                .all(|[blue, red]| near(*blue, expected_chroma[0]) && near(*red, expected_chroma[1]));
        assert!(right, "{name}: {} {:?} is not {expected_luma} {expected_chroma:?}", luma[0], &chroma[..2]);
    }
}

#[test]
fn wide_profiles_come_as_srgb() {
    let colours = [[200, 80, 40], [60, 160, 90], [50, 60, 170], [128, 128, 128], [225, 180, 160]];
    let profiles = [
        (
            "display-p3",
            ColorProfile::new_display_p3(),
            [[216, 69, 17], [0, 163, 82], [47, 60, 177], [128, 128, 128], [234, 178, 157]],
        ),
        (
            "adobe-rgb",
            ColorProfile::new_adobe_rgb(),
            [[230, 79, 32], [0, 161, 85], [41, 57, 174], [129, 129, 129], [241, 181, 161]],
        ),
        (
            "prophoto",
            ColorProfile::new_pro_photo_rgb(),
            [[255, 15, 35], [0, 190, 94], [0, 79, 195], [146, 146, 146], [255, 183, 172]],
        ),
    ];
    let (mut flats, mut rounded) = (Vec::new(), Vec::new());
    for (name, profile, expected) in profiles {
        let icc = profile.encode().unwrap();
        for (colour, expected) in colours.into_iter().zip(expected) {
            let picture = RgbImage::from_pixel(40, 50, Rgb(colour));
            let mut jpeg = Vec::new();
            let mut encoder = jpeg_encoder::Encoder::new(&mut jpeg, 100);
            encoder.add_icc_profile(&icc).unwrap();
            encoder.encode(picture.as_raw(), 40, 50, jpeg_encoder::ColorType::Rgb).unwrap();
            let [r, g, b] = colour;
            let name = |kind: &str| format!("{name} {r} {g} {b}.{kind}");
            rounded.push(Flat { name: name("jpg"), bytes: jpeg, expected });
            let picture = DynamicImage::from(picture);
            let bytes = png_with_profile(&picture, icc.clone());
            flats.push(Flat { name: name("png"), bytes, expected });
            // Taken back to 8 bits, this is the same again; as other bytes, so that it is another portrait.
            let bytes = png_with_profile(&picture.to_rgb16().into(), icc.clone());
            flats.push(Flat { name: name("16-bit.png"), bytes, expected });
        }
    }
    assert_colours(&flats, 2);
    // JPEG rounds twice, before a profile that steepens what is dark.
    assert_colours(&rounded, 4);
}

#[test]
fn grey_profiles_come_as_srgb() {
    // Printers' grey: how dark paper gets when dots grow by a fifth at half of the ink.
    let dots = (0..256).map(|value| {
        let ink = 1.0 - f64::from(value) / 255.0;
        let printed = ink + 0.2 * 4.0 * ink * (1.0 - ink);
        ((1.0 - printed.min(1.0)) * 65535.0).round() as u16
    });
    let mut dot_gain = ColorProfile::new_gray_with_gamma(1.0);
    dot_gain.gray_trc = Some(ToneReprCurve::Lut(dots.collect()));
    let profiles = [
        ("gamma-2.2", ColorProfile::new_gray_with_gamma(2.2), [24, 62, 129, 201, 255]),
        ("dot-gain", dot_gain, [52, 89, 149, 211, 255]),
    ];
    let mut flats = Vec::new();
    for (name, profile, expected) in profiles {
        let icc = profile.encode().unwrap();
        for (grey, expected) in [30, 64, 128, 200, 255].into_iter().zip(expected) {
            let picture = DynamicImage::from(GrayImage::from_pixel(40, 50, Luma([grey])));
            let name = format!("{name} {grey}");
            flats.push(Flat { name, bytes: png_with_profile(&picture, icc.clone()), expected: [expected; 3] });
        }
    }
    assert_colours(&flats, 1);
}

/// The ICC profile in a JPEG file.
fn profile_of(jpeg: &[u8]) -> Vec<u8> {
    let (mut at, mut profile) = (2, Vec::new());
    while jpeg[at + 1] != 0xDA {
        let length = usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        if let Some(part) = jpeg[at + 4..at + 2 + length].strip_prefix(b"ICC_PROFILE\0") {
            profile.extend_from_slice(&part[2..]);
        }
        at += 2 + length;
    }
    profile
}

#[test]
fn ink_comes_as_srgb_through_its_profile() {
    let Some(photos) = photos() else { return };
    // U.S. Web Coated (SWOP) v2.
    let icc = profile_of(&fs::read(photos.join("hostile/jpeg-decoder-reftest/ycck.jpg")).unwrap());
    let inks = [
        ([200, 30, 20, 10], [0, 163, 206]),
        ([10, 180, 60, 0], [233, 111, 141]),
        ([0, 40, 200, 30], [229, 190, 75]),
        ([0, 0, 0, 128], [147, 149, 152]),
        ([60, 50, 40, 100], [131, 131, 137]),
        ([0, 0, 0, 0], [255, 255, 255]),
    ];
    let flats = inks.map(|(ink, expected)| {
        let mut bytes = Vec::new();
        let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 100);
        encoder.add_icc_profile(&icc).unwrap();
        encoder.encode(&ink.repeat(40 * 50), 40, 50, jpeg_encoder::ColorType::Cmyk).unwrap();
        Flat { name: format!("{ink:?}"), bytes, expected }
    });
    assert_colours(&flats, 3);
}
