//! The kinds of file that telephones and cameras write: each comes as the picture that was put into it.

use std::fs;

use crate::photographs::*;
use image::{DynamicImage, RgbImage};
use millions_library::{HeifSupport, Library};
use moxcms::ColorProfile;

/// The picture in most of the fixtures.
fn upright() -> RgbImage {
    picture(90, 112, 5)
}

/// Tiles of files by name, made in one ingest that rejects none of them.
struct Tiles {
    files: tempfile::TempDir,
    library: std::sync::Arc<Library>,
    _dir: tempfile::TempDir,
}

type Planes = (Vec<u8>, Vec<u8>);

impl Tiles {
    fn of(files: &[(&str, Vec<u8>)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        let dir = tempfile::tempdir().unwrap();
        let told = ingest(folder.path(), dir.path());
        assert_eq!(told.summary.rejected, []);
        let library = Library::open(dir.path()).unwrap();
        Self { files: folder, library, _dir: dir }
    }

    fn tile(&self, name: &str) -> Planes {
        planes(&self.library, of(&self.library, &self.files.path().join(name)))
    }
}

/// Coded with loss, pictures differ this much and no more. Those turned wrongly differ by 50 and more.
fn assert_same(ours: &Planes, expected: &Planes, what: &str) {
    let (most, mean) = (difference(ours, expected), mean_difference(ours, expected));
    assert!(most <= 9 && mean < 2.0, "{what}: {most} at most, {mean} in the mean");
}

#[test]
fn this_machine_reads_heic_and_avif() {
    let support = HeifSupport::of_this_machine();
    assert!(support.as_ref().is_ok_and(|support| support.hevc && support.av1), "scripts/test installs it: {support:?}");
}

#[test]
fn heic_and_avif_come_upright_in_all_orientations() {
    let turned = (1..=8).flat_map(|n| ["heic", "avif"].map(|kind| format!("turned-{n}.{kind}")));
    // EXIF says "turn me", and the file's own properties have said so already, or do not.
    let tagged = ["exif-repeats", "exif-alone"].into_iter();
    let tagged = tagged.flat_map(|name| ["heic", "avif"].map(|kind| format!("{name}.{kind}")));
    let names: Vec<String> = turned.chain(tagged).collect();
    let mut files: Vec<_> = names.iter().map(|name| (name.as_str(), fixture(&format!("heif/{name}")))).collect();
    files.push(("plain.png", png(&upright().into(), None)));
    let tiles = Tiles::of(&files);
    for name in &names {
        assert_same(&tiles.tile(name), &tiles.tile("plain.png"), name);
    }
}

#[test]
fn jpeg_xl_comes_upright_in_all_orientations() {
    let turned = (1..=8).map(|n| format!("turned-{n}.jxl"));
    let kinds = ["codestream", "container", "lossless", "16-bit", "float", "animation"];
    let names: Vec<String> = turned.chain(kinds.map(|name| format!("{name}.jxl"))).collect();
    let mut files: Vec<_> = names.iter().map(|name| (name.as_str(), fixture(&format!("jxl/{name}")))).collect();
    files.push(("plain.png", png(&upright().into(), None)));
    let tiles = Tiles::of(&files);
    for name in &names {
        assert_same(&tiles.tile(name), &tiles.tile("plain.png"), name);
    }
}

#[test]
fn what_telephones_put_into_heif_is_read() {
    let plain = DynamicImage::from(upright());
    let cropped = plain.crop_imm(15, 6, 60, 100);
    let grey = plain.to_rgb8().pixels().map(|pixel| pixel.0[1]).collect();
    let grey = DynamicImage::from(image::GrayImage::from_raw(90, 112, grey).unwrap());
    let wide = png_with_profile(&plain, ColorProfile::new_display_p3().encode().unwrap());
    let kinds = ["10-bit", "12-bit", "cropped", "grey", "p3-nclx", "thumbnail"];
    let names = kinds.map(|name| ["heic", "avif"].map(|kind| format!("{name}.{kind}"))).concat();
    let names = [&names[..], &["iphone.heic".into(), "sequence.avif".into()]].concat();
    let mut files: Vec<_> = names.iter().map(|name| (name.as_str(), fixture(&format!("heif/{name}")))).collect();
    files.push(("plain.png", png(&plain, None)));
    files.push(("cropped.png", png(&cropped, None)));
    files.push(("grey.png", png(&grey, None)));
    files.push(("wide.png", wide));
    let tiles = Tiles::of(&files);
    for name in &names {
        let expected = match name.split('.').next().unwrap() {
            "cropped" => "cropped.png",
            "grey" => "grey.png",
            "p3-nclx" | "iphone" => "wide.png",
            _ => "plain.png",
        };
        assert_same(&tiles.tile(name), &tiles.tile(expected), name);
    }
    assert!(difference(&tiles.tile("wide.png"), &tiles.tile("plain.png")) > 15, "the profile makes a difference");
}

#[test]
fn jpeg_xl_has_the_colours_that_it_says() {
    let plain = DynamicImage::from(upright());
    let grey = plain.to_rgb8().pixels().map(|pixel| pixel.0[1]).collect();
    let grey = DynamicImage::from(image::GrayImage::from_raw(90, 112, grey).unwrap());
    let tiles = Tiles::of(&[
        ("p3.jxl", fixture("jxl/p3.jxl")),
        ("p3.png", png_with_profile(&plain, ColorProfile::new_display_p3().encode().unwrap())),
        ("icc.jxl", fixture("jxl/icc.jxl")),
        ("icc.png", png_with_profile(&plain, fixture("jxl/odd.icc"))),
        ("grey.jxl", fixture("jxl/grey.jxl")),
        ("grey.png", png(&grey, None)),
        ("plain.png", png(&plain, None)),
    ]);
    for name in ["p3", "icc", "grey"] {
        let (ours, expected) = (tiles.tile(&format!("{name}.jxl")), tiles.tile(&format!("{name}.png")));
        assert_same(&ours, &expected, name);
        assert!(difference(&expected, &tiles.tile("plain.png")) > 15, "{name} makes a difference");
    }
}

#[test]
fn more_light_than_white_comes_under_white() {
    let names = ["pq.heic", "pq.avif", "hlg.heic", "hlg.avif", "pq.jxl", "hlg.jxl"];
    let at = |name: &str| format!("{}/{name}", if name.ends_with("jxl") { "jxl" } else { "heif" });
    let tiles = Tiles::of(&names.map(|name| (name, fixture(&at(name)))));
    for name in names {
        let (luma, chroma) = tiles.tile(name);
        // Of three square fields, of 18 %, 100 % and 400 % of white, the tile shows a part, the middle one in it.
        let white = luma.iter().filter(|value| (200..=245).contains(*value)).count();
        assert!(white * 5 > luma.len(), "{name}: {white} texels are white");
        assert!(luma.iter().all(|value| *value < 255), "{name}: something is burnt out");
        assert!(chroma.iter().all(|value| value.abs_diff(128) <= 3), "{name}");
    }
}

#[test]
fn what_is_transparent_shows_black_in_every_kind() {
    let names = ["veil.heic", "veil.avif", "veil.jxl"];
    let at = |name: &str| format!("{}/{name}", if name.ends_with("jxl") { "jxl" } else { "heif" });
    let tiles = Tiles::of(&names.map(|name| (name, fixture(&at(name)))));
    for name in names {
        // White, with half of the light coming through.
        let (luma, _) = tiles.tile(name);
        assert!(luma.iter().all(|value| value.abs_diff(188) <= 2), "{name}: {}", luma[0]);
    }
}

/// A JPEG segment.
fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap();
    [&[0xFF, marker], &length.to_be_bytes()[..], body].concat()
}

/// A JPEG file with more segments after its first two bytes.
fn with_segments(jpeg: &[u8], segments: &[Vec<u8>]) -> Vec<u8> {
    [&jpeg[..2], &segments.concat(), &jpeg[2..]].concat()
}

/// The index of a multi-picture file (CIPA DC-007): two pictures, of these lengths.
fn multi_picture_index(first: usize, second: usize) -> Vec<u8> {
    let entry = |attribute: u32, length: usize, offset: usize| {
        [&attribute.to_be_bytes()[..], &(length as u32).to_be_bytes(), &(offset as u32).to_be_bytes(), &[0; 4]].concat()
    };
    let tag = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        [&tag.to_be_bytes()[..], &kind.to_be_bytes(), &count.to_be_bytes(), &value].concat()
    };
    let tiff = [
        b"MM\0\x2A\0\0\0\x08\0\x03".to_vec(),
        tag(0xB000, 7, 4, *b"0100"),
        tag(0xB001, 4, 1, 2u32.to_be_bytes()),
        tag(0xB002, 7, 32, 50u32.to_be_bytes()),
        vec![0; 4],
        entry(0x2003_0000, first, 0),
        entry(0x0002_0002, second, first),
    ];
    segment(0xE2, &[b"MPF\0".to_vec(), tiff.concat()].concat())
}

#[test]
fn of_several_pictures_in_one_jpeg_the_first_counts() {
    let first = jpeg(&upright(), Some(exif(1)));
    let second = jpeg(&picture(90, 112, 9), None);
    let small = jpeg(&picture(23, 28, 11), None);
    let xmp =
        |body: &str| segment(0xE1, format!("http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>{body}</x:xmpmeta>").as_bytes());
    let multi = with_segments(&first, &[multi_picture_index(first.len() + 90, second.len())]);
    let gain_map = "<hdrgm:Version>1.0</hdrgm:Version><Container:Directory>GainMap</Container:Directory>";
    let ultra_hdr = with_segments(&first, &[xmp(gain_map), multi_picture_index(first.len() + 200, small.len())]);
    let live = with_segments(&first, &[xmp("<GCamera:MicroVideo>1</GCamera:MicroVideo>")]);
    let film = [b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom\0\0\x01\0mdat".to_vec(), vec![0xFF; 248]].concat();
    let tiles = Tiles::of(&[
        ("alone.jpg", first.clone()),
        ("multi.mpo", [multi.clone(), second.clone()].concat()),
        // Cameras align the second picture, and some forget to.
        ("padded.mpo", [multi, vec![0; 1000], second.clone()].concat()),
        ("ultra-hdr.jpg", [ultra_hdr, small].concat()),
        ("live.jpg", [live, film].concat()),
        ("second.jpg", second),
    ]);
    let alone = tiles.tile("alone.jpg");
    for name in ["multi.mpo", "padded.mpo", "ultra-hdr.jpg", "live.jpg"] {
        assert_eq!(difference(&tiles.tile(name), &alone), 0, "{name}");
    }
    assert!(difference(&tiles.tile("second.jpg"), &alone) > 15);
}

#[test]
fn broken_files_are_rejected_with_a_reason() {
    let names = [
        "heif/turned-6.heic",
        "heif/turned-6.avif",
        "heif/iphone.heic",
        "heif/sequence.avif",
        "heif/12-bit.heic",
        "heif/veil.avif",
        "jxl/turned-6.jxl",
        "jxl/codestream.jxl",
        "jxl/icc.jxl",
        "jxl/animation.jxl",
    ];
    let files = tempfile::tempdir().unwrap();
    let mut count = 0;
    let mut write = |bytes: &[u8]| {
        fs::write(files.path().join(format!("{count:04}")), bytes).unwrap();
        count += 1;
    };
    let mut seed = 1u32;
    for name in names {
        let whole = fixture(name);
        // Cut off: every other place in the header, and all over.
        let places = (0..15).map(|place| 2 + place * 9).chain((1..=30).map(|place| whole.len() * place / 31));
        for end in places.filter(|end| *end < whole.len()) {
            write(&whole[..end]);
        }
        // Damaged: a few bytes changed, more of them in the header.
        for round in 0..60 {
            let mut damaged = whole.clone();
            for _ in 0..=round % 4 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let range = if round % 3 == 0 { damaged.len() } else { damaged.len().min(400) };
                damaged[(seed >> 8) as usize % range] = (seed >> 3) as u8;
            }
            write(&damaged);
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let told = ingest(files.path(), dir.path());
    assert!(told.summary.rejected.len() > 300, "{}", told.summary.rejected.len());
    for rejection in &told.summary.rejected {
        let reason = &rejection.reason;
        assert!(reason.len() > 10 && !reason.contains('\n'), "{reason:?}");
        assert!(!reason.contains("failed on it"), "a decoder panics: {rejection:?}");
    }
}

#[test]
fn limits_hold_for_every_kind() {
    use millions_library::{IngestOptions, Limits};
    let names = ["heif/turned-6.heic", "heif/turned-6.avif", "heif/iphone.heic", "jxl/codestream.jxl"];
    let files = tempfile::tempdir().unwrap();
    for (number, name) in names.iter().enumerate() {
        fs::write(files.path().join(number.to_string()), fixture(name)).unwrap();
    }
    let tight = Limits { max_pixels: 5_000, ..Limits::default() };
    let little = Limits { max_alloc_bytes: 20_000, ..Limits::default() };
    for limits in [tight, little] {
        let dir = tempfile::tempdir().unwrap();
        let told = ingest_with(&[files.path()], dir.path(), IngestOptions { limits, ..SMALL });
        assert_eq!(told.summary.rejected.len(), names.len(), "{:?}", told.summary);
        for rejection in &told.summary.rejected {
            assert!(rejection.reason.contains("limit"), "{rejection:?}");
        }
    }
}

#[test]
fn tiles_that_add_up_to_more_than_was_said_are_rejected() {
    let whole = fixture("heif/iphone.heic");
    // The grid's own size, which has to be that of the picture: 112 × 90.
    let grid = [0, 0, 1, 1, 0, 112, 0, 90];
    let at = whole.windows(8).position(|window| window == grid).unwrap();
    let files = tempfile::tempdir().unwrap();
    for (width, height) in [(20_000u16, 20_000u16), (65_535, 65_535), (112, 20_000), (0, 0)] {
        let mut lying = whole.clone();
        lying[at + 4..at + 6].copy_from_slice(&width.to_be_bytes());
        lying[at + 6..at + 8].copy_from_slice(&height.to_be_bytes());
        fs::write(files.path().join(format!("{width}x{height}")), lying).unwrap();
    }
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(ingest(files.path(), dir.path()).summary.rejected.len(), 4);
}

#[test]
fn without_libheif_each_file_says_what_to_install_and_is_tried_again_later() {
    let home = tempfile::tempdir().unwrap();
    let photographs = home.path().join("photographs");
    fs::create_dir(&photographs).unwrap();
    for name in ["turned-6.heic", "turned-6.avif"] {
        fs::write(photographs.join(name), fixture(&format!("heif/{name}"))).unwrap();
    }
    let ingest = |libheif: Option<&str>| {
        let mut command = crate::program::millions(home.path());
        command.args(["ingest", "--json", "photographs"]).current_dir(home.path());
        if let Some(libheif) = libheif {
            command.env("MILLIONS_LIBHEIF", libheif);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    for _ in 0..2 {
        let summary = ingest(Some("/nowhere/libheif.so"));
        let rejected = summary["rejected"].as_array().unwrap();
        assert_eq!(rejected.len(), 2, "{summary}");
        for rejection in rejected {
            let reason = rejection["reason"].as_str().unwrap();
            assert!(reason.contains("libheif is not on this machine") && reason.contains("start again"), "{reason}");
        }
    }
    let summary = ingest(None);
    assert_eq!(
        (summary["added"].as_u64(), summary["rejected"].as_array().map(Vec::len)),
        (Some(2), Some(0)),
        "{summary}"
    );
}
