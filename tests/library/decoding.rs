//! What is shown of a photograph is the photograph: upright, in full, in its colours; or it is told why not, and what to do.

use std::fs;
use std::path::Path;

use crate::photographs::*;
use image::codecs::webp::WebPEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, RgbImage};
use millions_library::{Ingest, IngestEvent, IngestOptions, Library, by_reason};

/// A directory of a TIFF file.
#[derive(Clone, Default)]
struct Dir {
    /// Tag, type and numbers.
    tags: Vec<(u16, u16, Vec<u32>)>,
    strip: Vec<u8>,
    below: Vec<Dir>,
}

const SHORT: u16 = 3;
const LONG: u16 = 4;

impl Dir {
    /// A page of one strip.
    fn page(width: u32, height: u32, photometric: u32, bits: &[u32], strip: Vec<u8>) -> Self {
        let tags = vec![
            (256, LONG, vec![width]),
            (257, LONG, vec![height]),
            (258, SHORT, bits.to_vec()),
            (259, SHORT, vec![1]),
            (262, SHORT, vec![photometric]),
            (277, SHORT, vec![bits.len() as u32]),
            (278, LONG, vec![height]),
        ];
        Self { tags, strip, below: Vec::new() }
    }

    fn rgb(picture: &RgbImage) -> Self {
        Self::page(picture.width(), picture.height(), 2, &[8; 3], picture.as_raw().clone())
    }

    fn with(mut self, tag: u16, kind: u16, values: &[u32]) -> Self {
        self.tags.retain(|known| known.0 != tag);
        self.tags.push((tag, kind, values.to_vec()));
        self
    }

    fn write(&self, bytes: &mut Vec<u8>, next: u32) -> u32 {
        let mut tags = self.tags.clone();
        if !self.strip.is_empty() {
            tags.push((273, LONG, vec![bytes.len() as u32]));
            tags.push((279, LONG, vec![self.strip.len() as u32]));
            bytes.extend(&self.strip);
        }
        if !self.below.is_empty() {
            tags.push((330, LONG, self.below.iter().map(|below| below.write(bytes, 0)).collect()));
        }
        tags.sort_by_key(|tag| tag.0);
        let value = |kind: u16, value: &u32| match kind {
            1 | 7 => vec![*value as u8],
            SHORT => (*value as u16).to_le_bytes().to_vec(),
            _ => value.to_le_bytes().to_vec(),
        };
        let mut entries = Vec::new();
        for (tag, kind, values) in &tags {
            let mut field: Vec<u8> = values.iter().flat_map(|number| value(*kind, number)).collect();
            if field.len() > 4 {
                let at = bytes.len() as u32;
                bytes.extend(&field);
                field = at.to_le_bytes().to_vec();
            }
            field.resize(4, 0);
            entries.extend(
                [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &(values.len() as u32).to_le_bytes(), &field].concat(),
            );
        }
        let at = bytes.len() as u32;
        bytes.extend((tags.len() as u16).to_le_bytes());
        bytes.extend(entries);
        bytes.extend(next.to_le_bytes());
        at
    }
}

fn tiff(magic: &[u8; 4], pages: &[Dir]) -> Vec<u8> {
    let mut bytes = [&magic[..], &[0; 4]].concat();
    let first = pages.iter().rev().fold(0, |next, page| page.write(&mut bytes, next));
    bytes[4..8].copy_from_slice(&first.to_le_bytes());
    bytes
}

const TIFF: &[u8; 4] = b"II*\0";

fn stored(upright: &RgbImage, exif: u8) -> RgbImage {
    // The transform that undoes it: quarter turns are each other's.
    let undo = match Orientation::from_exif(exif).unwrap() {
        Orientation::Rotate90 => Orientation::Rotate270,
        Orientation::Rotate270 => Orientation::Rotate90,
        other => other,
    };
    let mut picture = DynamicImage::from(upright.clone());
    picture.apply_orientation(undo);
    picture.to_rgb8()
}

/// Asserts that each file shows what `plain.png` does.
fn assert_show_plain(plain: &RgbImage, files: &[(String, Vec<u8>)], most: f64) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("plain.png"), png(&plain.clone().into(), None)).unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let dir = tempfile::tempdir().unwrap();
    let told = ingest(folder.path(), dir.path());
    assert_eq!(told.summary.rejected, []);
    let library = Library::open(dir.path()).unwrap();
    let tile = |name: &str| planes(&library, of(&library, &folder.path().join(name)));
    for (name, _) in files {
        let difference = mean_difference(&tile(name), &tile("plain.png"));
        assert!(difference < most, "{name}: {difference}");
    }
}

/// EXIF, little-endian, that says an orientation in a LONG.
fn long_exif(orientation: u8) -> Vec<u8> {
    [&b"II\x2A\0\x08\0\0\0\x01\0\x12\x01\x04\0\x01\0\0\0"[..], &[orientation], &[0; 7]].concat()
}

fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    };
    !bytes.iter().fold(!0, step)
}

fn png_chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let inner = [&name[..], body].concat();
    [&(body.len() as u32).to_be_bytes()[..], &inner, &crc(&inner).to_be_bytes()].concat()
}

#[test]
fn an_orientation_counts_wherever_it_is_written() {
    let plain = picture(90, 112, 5);
    let mut files = Vec::new();
    for n in [3, 6, 8] {
        let lying = stored(&plain, n);
        // WebP, with a foreign chunk of odd length before EXIF, and with JPEG's prefix.
        let mut webp = Vec::new();
        let (width, height) = lying.dimensions();
        WebPEncoder::new_lossless(&mut webp)
            .encode(lying.as_raw(), width, height, image::ExtendedColorType::Rgb8)
            .unwrap();
        let chunk = |name: &[u8; 4], body: &[u8]| {
            let pad: &[u8] = if body.len() % 2 == 1 { &[0] } else { &[] };
            [&name[..], &(body.len() as u32).to_le_bytes(), body, pad].concat()
        };
        let size = |n: u32| (n - 1).to_le_bytes()[..3].to_vec();
        let extended = chunk(b"VP8X", &[vec![8, 0, 0, 0], size(width), size(height)].concat());
        for (kind, exif) in [("plain", exif(n)), ("prefixed", [&b"Exif\0\0"[..], &long_exif(n)].concat())] {
            let body =
                [b"WEBP", &extended[..], &webp[12..], &chunk(b"PSAI", b"8BIM!"), &chunk(b"EXIF", &exif)].concat();
            files.push((format!("{n}-{kind}.webp"), [b"RIFF", &(body.len() as u32).to_le_bytes()[..], &body].concat()));
        }
        // PNG, after the picture, and as a text.
        let bytes = png(&lying.clone().into(), None);
        let hex: String = exif(n).iter().map(|byte| format!("{byte:02x}")).collect();
        let text = format!("Raw profile type exif\0\nexif\n{:8}\n{hex}\n", exif(n).len());
        let end = bytes.len() - 12;
        for (kind, chunk) in
            [("late", png_chunk(b"eXIf", &long_exif(n))), ("text", png_chunk(b"tEXt", text.as_bytes()))]
        {
            files.push((format!("{n}-{kind}.png"), [&bytes[..end], &chunk, &bytes[end..]].concat()));
        }
        // TIFF, in the page that counts.
        let page = Dir::rgb(&lying).with(274, SHORT, &[n.into()]);
        let small = Dir::rgb(&picture(20, 24, 9)).with(254, LONG, &[1]);
        files.push((format!("{n}.tif"), tiff(TIFF, &[small, page])));
    }
    assert_show_plain(&plain, &files, 0.5);
    // JPEG, whose loss differs by the way it lies: the first of several blocks counts.
    let segment = |body: Vec<u8>| [&[0xFF, 0xE1], &((body.len() + 2) as u16).to_be_bytes()[..], &body].concat();
    let mut files = Vec::new();
    for n in [3, 6, 8] {
        let bytes = jpeg(&stored(&plain, n), None);
        let block = |exif: Vec<u8>| segment([&b"Exif\0\0"[..], &exif].concat());
        let xmp = |n: u8| segment(format!("http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation=\"{n}\"/>").into_bytes());
        for (kind, blocks) in [
            ("twice", [block(exif(n)), block(exif(1))].concat()),
            ("long", block(long_exif(n))),
            ("xmp-before", [xmp(1), block(exif(n))].concat()),
            ("xmp-alone", xmp(n)),
        ] {
            files.push((format!("{n}-{kind}.jpg"), [&bytes[..2], &blocks, &bytes[2..]].concat()));
        }
    }
    assert_show_plain(&plain, &files, 2.0);
}

#[test]
fn a_tiff_shows_its_largest_page_in_its_colours() {
    let plain = picture(90, 112, 5);
    let (width, height) = plain.dimensions();
    let thumbnail = Dir::rgb(&picture(20, 24, 9)).with(254, LONG, &[1]);
    let mask = Dir::page(900, 900, 4, &[8], vec![0; 810_000]).with(254, LONG, &[4]);
    let below = Dir { below: vec![Dir::rgb(&plain)], ..thumbnail.clone() };
    let rows = plain.as_raw();
    let with_extra: Vec<u8> = rows.as_chunks::<3>().0.iter().flat_map(|[r, g, b]| [*r, *g, *b, 0, 9]).collect();
    let planes: Vec<u8> = (0..3).flat_map(|channel| rows.iter().skip(channel).step_by(3).copied()).collect();
    let ink: Vec<u8> = rows.as_chunks::<3>().0.iter().flat_map(|[r, g, b]| [255 - r, 255 - g, 255 - b, 0]).collect();
    let deep: Vec<u8> = rows.iter().flat_map(|value| (u16::from(*value) * 257).to_le_bytes()).collect();
    let mut planar = Dir::rgb(&plain).with(284, SHORT, &[2]);
    planar.strip.clear();
    let mut planar_file = [&TIFF[..], &[0; 4]].concat();
    planar_file.extend(&planes);
    let plane = width * height;
    let planar = planar.with(273, LONG, &[8, 8 + plane, 8 + 2 * plane]).with(279, LONG, &[plane; 3]);
    let at = planar.write(&mut planar_file, 0);
    planar_file[4..8].copy_from_slice(&at.to_le_bytes());
    let files = [
        ("second", tiff(TIFF, &[thumbnail.clone(), Dir::rgb(&plain)])),
        ("below", tiff(TIFF, &[below])),
        ("beside-a-mask", tiff(TIFF, &[Dir::rgb(&plain), mask])),
        ("extra", tiff(TIFF, &[Dir::page(width, height, 2, &[8; 5], with_extra).with(338, SHORT, &[0, 0])])),
        ("ink", tiff(TIFF, &[Dir::page(width, height, 5, &[8; 4], ink)])),
        ("deep", tiff(TIFF, &[Dir::page(width, height, 2, &[16; 3], deep)])),
        ("planar", planar_file),
    ];
    assert_show_plain(&plain, &files.map(|(name, bytes)| (format!("{name}.tif"), bytes)), 1.0);

    // Grey, inverted, of few bits, and by a palette.
    let grey: Vec<u8> = rows.as_chunks::<3>().0.iter().map(|pixel| pixel[1] & 0xF0 | pixel[1] >> 4).collect();
    let plain_grey = RgbImage::from_fn(width, height, |x, y| image::Rgb([grey[(y * width + x) as usize]; 3]));
    let nibbles: Vec<u8> = grey.as_chunks::<2>().0.iter().map(|[a, b]| a & 0xF0 | b >> 4).collect();
    let indices: Vec<u8> = grey.iter().map(|value| value >> 4).collect();
    let map: Vec<u32> = (0..3).flat_map(|_| (0..256u32).map(|index| (index % 16) * 17 * 257)).collect();
    let inverted = grey.iter().map(|value| 255 - value).collect();
    let files = [
        ("white-is-zero", Dir::page(width, height, 0, &[8], inverted)),
        ("four-bits", Dir::page(width, height, 1, &[4], nibbles)),
        ("palette", Dir::page(width, height, 3, &[8], indices).with(320, SHORT, &map)),
    ];
    assert_show_plain(&plain_grey, &files.map(|(name, page)| (format!("{name}.tif"), tiff(TIFF, &[page]))), 1.0);
}

/// A RAW file as cameras build it: a thumbnail, the sensor's values, and the JPEG in a place of its own.
fn raw(magic: &[u8; 4], preview: Option<&[u8]>, orientation: u32) -> Vec<u8> {
    let sensor = Dir::page(1200, 900, 32803, &[8], vec![77; 1200 * 900]);
    let jpeg = preview.map(|jpeg| Dir {
        strip: jpeg.to_vec(),
        ..Dir::page(1120, 900, 6, &[8; 3], Vec::new()).with(259, SHORT, &[7])
    });
    let first = Dir { below: std::iter::once(sensor).chain(jpeg).collect(), ..Dir::rgb(&picture(16, 12, 2)) };
    let first = first.with(254, LONG, &[1]).with(274, SHORT, &[orientation]).with(50706, 1, &[1, 4, 0, 0]);
    tiff(magic, &[first])
}

#[test]
fn a_raw_file_shows_the_cameras_picture_or_says_what_to_do() {
    let plain = picture(900, 1120, 5);
    let (upright, lying) = (jpeg(&plain, None), jpeg(&stored(&plain, 6), None));
    let named = Dir::page(1200, 900, 32803, &[8], vec![77; 1200 * 900]);
    let mut panasonic = named.clone().with(274, SHORT, &[6]);
    panasonic.tags.push((46, 7, lying.iter().map(|byte| u32::from(*byte)).collect()));
    let mut interchange = [&TIFF[..], &[0; 4], &lying].concat();
    let at = named
        .with(274, SHORT, &[6])
        .with(513, LONG, &[8])
        .with(514, LONG, &[lying.len() as u32])
        .write(&mut interchange, 0);
    interchange[4..8].copy_from_slice(&at.to_le_bytes());
    let mut fuji =
        [&b"FUJIFILMCCD-RAW 0201"[..], &[0; 64], &100u32.to_be_bytes(), &(lying.len() as u32).to_be_bytes(), &[0; 8]]
            .concat();
    fuji.extend(jpeg(&stored(&plain, 6), Some(exif(6))));
    let canon =
        [&b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom\0\0\x01\0moov....CMT1"[..], &exif(6), b"....mdat", &lying].concat();
    // Where the directories say nothing of it, as in the notes of makers.
    let hidden = [raw(b"IIRO", None, 6), lying.clone(), vec![0; 9]].concat();
    let files = [
        ("a.dng", raw(TIFF, Some(&lying), 6)),
        ("turned-already.dng", raw(TIFF, Some(&upright), 6)),
        ("b.nef", interchange),
        ("c.rw2", tiff(b"IIU\0", &[panasonic])),
        ("d.raf", fuji),
        ("e.cr3", canon),
        ("f.orf", hidden),
    ];
    assert_show_plain(&plain, &files.map(|(name, bytes)| (name.to_owned(), bytes)), 2.5);

    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    write("without.dng", &raw(TIFF, None, 1));
    write("thumbnail.nef", &raw(TIFF, Some(&jpeg(&picture(160, 120, 1), None)), 1));
    write("empty.raf", b"FUJIFILMCCD-RAW 0201");
    let whole = raw(TIFF, Some(&lying), 6);
    let mut expected = 3;
    for (index, end) in [9, 100, 3000, whole.len() / 2].into_iter().enumerate() {
        write(&format!("cut{index}.dng"), &whole[..end]);
        expected += 1;
    }
    let dir = tempfile::tempdir().unwrap();
    let told = ingest(folder.path(), dir.path());
    assert_eq!(told.summary.rejected.len() + told.summary.added, expected);
    for name in ["without.dng", "thumbnail.nef", "empty.raf"] {
        let rejection = told.summary.rejected.iter().find(|rejection| rejection.path.ends_with(name)).unwrap();
        assert!(rejection.reason.contains("export it as a JPEG"), "{rejection:?}");
    }
}

#[test]
fn ink_is_read_as_it_is_meant_with_and_without_its_marker() {
    let plain = picture(90, 112, 5);
    let ink = |is_inverted: bool| {
        let value = move |light: u8| if is_inverted { light } else { 255 - light };
        let black = if is_inverted { 255 } else { 0 };
        let values: Vec<u8> =
            plain.pixels().flat_map(|pixel| [value(pixel[0]), value(pixel[1]), value(pixel[2]), black]).collect();
        let mut bytes = Vec::new();
        // The encoder inverts what it is given, and writes Adobe's marker.
        let given: Vec<u8> = values.iter().map(|value| 255 - value).collect();
        let encoder = jpeg_encoder::Encoder::new(&mut bytes, 95);
        encoder.encode(&given, 90, 112, jpeg_encoder::ColorType::Cmyk).unwrap();
        bytes
    };
    let without_marker = |bytes: &[u8]| {
        let at = bytes.windows(2).position(|pair| pair == [0xFF, 0xEE]).expect("Adobe's marker");
        let length = usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]]));
        [&bytes[..at], &bytes[at + 2 + length..]].concat()
    };
    let files = [
        ("marked.jpg".to_owned(), ink(true)),
        ("stripped.jpg".to_owned(), without_marker(&ink(true))),
        ("plain-ink.jpg".to_owned(), without_marker(&ink(false))),
    ];
    assert_show_plain(&plain, &files, 3.0);
}

/// Words of the crates that decode, and of the machine.
const FOREIGN: [&str; 9] =
    ["error:", "Error", "Unsupported", "unsupported", "tag `", "IFD", "InvalidData", "UnexpectedEof", "os error"];

#[test]
fn reasons_are_in_our_words_and_say_what_to_do() {
    let plain = picture(90, 112, 5);
    let page = || Dir::rgb(&plain);
    let float = Dir::page(90, 112, 2, &[32; 3], vec![0; 90 * 112 * 12]).with(339, SHORT, &[3; 3]);
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    for compression in [3, 6, 34712, 34925, 50000, 50001, 12345] {
        write(&format!("{compression}.tif"), &tiff(TIFF, &[page().with(259, SHORT, &[compression])]));
    }
    write("float.tif", &tiff(TIFF, &[float]));
    write("odd-bits.tif", &tiff(TIFF, &[Dir::page(90, 112, 1, &[13], vec![0; 90 * 112 * 2])]));
    write("zeros.jpg", &[0; 3000]);
    write("empty.jpg", b"");
    for (name, bytes) in [
        ("cut.png", png(&plain.clone().into(), None)),
        ("cut.jpg", jpeg(&plain, None)),
        ("cut.tif", tiff(TIFF, &[page()])),
        ("cut.heic", fixture("heif/turned-6.heic")),
        ("cut.jxl", fixture("jxl/turned-6.jxl")),
    ] {
        write(name, &bytes[..bytes.len() / 5]);
    }
    let dir = tempfile::tempdir().unwrap();
    let told = ingest(folder.path(), dir.path());
    assert_eq!((told.summary.added, told.summary.rejected.len()), (0, 16), "{:?}", told.summary.rejected);
    for rejection in &told.summary.rejected {
        let reason = &rejection.reason;
        assert!(!FOREIGN.iter().any(|word| reason.contains(word)), "{rejection:?}");
        assert!(["save it", "copy it"].iter().any(|advice| reason.contains(advice)), "{rejection:?}");
    }
    let limits = millions_library::Limits { max_pixels: 5000, ..millions_library::Limits::default() };
    let little = millions_library::Limits { max_alloc_bytes: 20_000, ..millions_library::Limits::default() };
    let whole = tempfile::tempdir().unwrap();
    fs::write(whole.path().join("a.tif"), tiff(TIFF, &[page()])).unwrap();
    fs::write(whole.path().join("b.jpg"), jpeg(&plain, None)).unwrap();
    for (limits, option) in [(limits, "--max-megapixels"), (little, "--max-megabytes")] {
        let told = ingest_with(&[whole.path()], dir.path(), IngestOptions { limits, ..SMALL });
        assert_eq!(told.summary.rejected.len(), 2);
        assert!(told.summary.rejected.iter().all(|rejection| rejection.reason.contains(option)), "{:?}", told.summary);
    }
}

#[test]
fn what_lies_beside_photographs_is_no_fault_and_no_photograph_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let photograph = |seed| jpeg(&picture(90, 112, seed), None);
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    write("shown.jpg", &photograph(1));
    for side in [
        "a.jpg.json",
        "a.jpg.supplemental-metadata.json",
        "a.jpg.supplemental-me",
        "metadata",
        "b.XMP",
        "b.AAE",
        "b.THM",
        "i.html",
    ] {
        write(side, b"{}");
    }
    for film in ["IMG_1.MOV", "PXL.mp4", "PXL.MP"] {
        write(film, b"\0\0\0\x18ftypmp42");
    }
    for system in ["._shown.jpg", ".DS_Store", "Thumbs.db", "desktop.ini", ".nomedia", ".trashed-17-a.jpg"] {
        write(system, b"x");
    }
    write(".jpg", &photograph(2));
    write("...and us.jpg", &photograph(3));
    write(".IMG_42.HEIC.icloud", b"bplist00");
    write("IMG_43.HEIC.owncloud", b" ");
    write("IMG_44.jpg.crdownload", b"\xFF\xD8");
    write("empty.jpg", b"");
    write("notes.pdf", b"%PDF-1.7");
    let dir = tempfile::tempdir().unwrap();
    let told = ingest(folder.path(), dir.path());
    let (summary, notes) = (&told.summary, told.summary.notes.join("\n"));
    assert_eq!((summary.added, summary.found), (1, 8), "{summary:?}");
    assert!(
        notes.contains("3 files passed over, as films") && notes.contains("8 files passed over, as what"),
        "{notes}"
    );
    let groups = by_reason(&summary.rejected);
    let count = |words: &str| {
        groups.iter().filter(|group| group.reason.contains(words)).map(|group| group.files.len()).sum::<usize>()
    };
    assert_eq!((count("not downloaded yet"), count("begins with a dot"), count("empty"), count("PDF")), (3, 2, 1, 1));
    assert!(groups.last().unwrap().reason.contains("PDF"), "what is no photograph comes last");
    let listed = fs::read_to_string(dir.path().join("rejected.txt")).unwrap();
    assert!(listed.starts_with("# 2 photographs: "), "{listed}");
    assert_eq!(listed.lines().filter(|line| !line.starts_with('#')).count(), summary.rejected.len());
    assert_eq!(listed.lines().filter(|line| line.starts_with('#')).count(), groups.len());
}

#[cfg(unix)]
#[test]
fn names_of_strangers_are_harmless_wherever_they_are_printed() {
    let home = tempfile::tempdir().unwrap();
    let photographs = home.path().join("photographs");
    fs::create_dir(&photographs).unwrap();
    for name in ["esc\u{1b}[31m\u{1b}[2J.jpg", "new\nline\u{7}.jpg", "rtl\u{202e}gpj.exe.jpg", "csi\u{9b}2J.jpg"] {
        fs::write(photographs.join(name), b"not a picture\0").unwrap();
        fs::write(photographs.join(format!("good{name}")), jpeg(&picture(90, 112, name.len() as u32), None)).unwrap();
    }
    let people = "file,name\nmissing\u{1b}[2J.jpg,X\n\"goodrtl\u{202e}gpj.exe.jpg\",\"\u{1b}[31mAnna\u{202e}\"\n";
    fs::write(photographs.join("people.csv"), people).unwrap();
    let harmless =
        |text: &str| !text.chars().any(|c| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c));
    let run = |args: &[&str]| {
        let output = crate::program::millions(home.path()).args(args).current_dir(home.path()).output().unwrap();
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        assert!(output.status.success(), "{text}");
        text
    };
    let text = run(&["ingest", "photographs", "--library", "lib"]);
    assert!(harmless(&text) && text.contains(r"esc\u{1b}[31m") && text.contains(r"new\nline"), "{text:?}");
    let text = run(&["library", "list", "--library", "lib"]);
    assert!(harmless(&text) && text.lines().count() == 5, "{text:?}");
    for list in ["rejected.txt", "review.txt"] {
        let text = fs::read_to_string(home.path().join("lib").join(list)).unwrap();
        assert!(harmless(&text.replace('\t', " ")), "{text:?}");
    }
}

#[test]
fn what_is_excluded_is_not_shown_and_comes_back_with_the_pattern_gone() {
    let folder = tempfile::tempdir().unwrap();
    for (index, name) in ["a.jpg", "drafts/b.jpg", "sub/c.jpg", "sub/d.jpeg", "sub/me.jpg"].into_iter().enumerate() {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, jpeg(&picture(90, 112, index as u32), None)).unwrap();
    }
    let dir = tempfile::tempdir().unwrap();
    let counts = |exclude: &[&str]| {
        let exclude = exclude.iter().map(|pattern| (*pattern).to_owned()).collect();
        let summary = ingest_with(&[folder.path()], dir.path(), IngestOptions { exclude, ..SMALL }).summary;
        (summary.portraits, summary.excluded)
    };
    assert_eq!(counts(&[]), (5, 0));
    assert_eq!(counts(&["DRAFTS/", "*.jpeg"]), (3, 2));
    fs::write(folder.path().join("sub/.millionsignore"), "*.jpg\n!me.jpg\n").unwrap();
    assert_eq!(counts(&["drafts/"]), (3, 2));
    fs::remove_file(folder.path().join("sub/.millionsignore")).unwrap();
    assert_eq!(counts(&[]), (5, 0), "nobody was removed for good");
    let options = IngestOptions { exclude: vec!["{a".into()], ..SMALL };
    let error = Ingest::start(&[folder.path().to_owned()], dir.path(), options).unwrap_err().to_string();
    assert!(error.contains("`{a` is no pattern"), "{error}");
}

#[test]
fn a_pattern_that_is_written_while_the_wall_plays_takes_them_off_it() {
    let folder = folder_of(3, 90);
    let dir = tempfile::tempdir().unwrap();
    let options = IngestOptions { watch: true, ..SMALL };
    let ingest = Ingest::start(&[folder.path().to_owned()], dir.path(), options).unwrap();
    let until = |what: &str, holds: &dyn Fn() -> bool| {
        let started = std::time::Instant::now();
        while !holds() {
            assert!(started.elapsed().as_secs() < 60, "{what}");
            let _: Result<IngestEvent, _> = ingest.events.recv_timeout(std::time::Duration::from_millis(100));
        }
    };
    let library = ingest.library.clone();
    let pattern = folder.path().join(".millionsignore");
    until("all are shown", &|| library.len() == 3);
    fs::write(&pattern, "0001.*\n").unwrap();
    until("one leaves", &|| library.len() == 2);
    fs::remove_file(&pattern).unwrap();
    until("and comes back", &|| library.len() == 3);
    assert!(Path::new(&pattern).parent().unwrap().join("0001.jpg").exists());
}
