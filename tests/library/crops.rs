//! Crops against what is known: the demo crowd's own truth, and real portraits put at known places.

use std::fs;
use std::path::{Path, PathBuf};

use crate::photographs::*;
use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage, Rgba, RgbaImage};
use millions_demo::{InventedPerson, photograph};
use millions_library::{IngestOptions, Library, Portrait, ReviewReason};

/// A rectangle in fractions of a picture: left, top, right, bottom.
type Edges = [f64; 4];

fn portrait(library: &Library, path: &Path) -> Portrait {
    library.portrait(of(library, path)).unwrap()
}

/// The share of `inner` that lies in `outer`.
fn share_within(inner: Edges, outer: Edges) -> f64 {
    let along = |axis: usize| (inner[axis + 2].min(outer[axis + 2]) - inner[axis].max(outer[axis])).max(0.0);
    let area = (inner[2] - inner[0]) * (inner[3] - inner[1]);
    along(0) * along(1) / area.max(1e-9)
}

fn middle([left, top, right, bottom]: Edges) -> [f64; 2] {
    [(left + right) / 2.0, (top + bottom) / 2.0]
}

fn is_in([x, y]: [f64; 2], [left, top, right, bottom]: Edges) -> bool {
    (left..=right).contains(&x) && (top..=bottom).contains(&y)
}

#[test]
fn the_demo_crowd_is_cropped_by_its_faces_and_signs() {
    const PEOPLE: u64 = 150;
    let files = tempfile::tempdir().unwrap();
    let path = |index: u64| files.path().join(format!("{index:03}.jpg"));
    let people: Vec<_> = (0..PEOPLE).map(|index| photograph(&InventedPerson::invent(23, index)).unwrap()).collect();
    for (index, made) in (0..).zip(&people) {
        fs::write(path(index), &made.jpeg).unwrap();
    }
    let dir = tempfile::tempdir().unwrap();
    let told = ingest(files.path(), dir.path());
    assert_eq!(told.summary.added, people.len(), "{:?}", told.summary);
    let library = Library::open(dir.path()).unwrap();

    let (mut found, mut whole, mut signs, mut whole_signs) = (0, 0, 0, 0);
    for (index, made) in (0..).zip(&people) {
        let [width, height] = made.size.map(f64::from);
        let edges = |rect: millions_demo::Rect| {
            let [left, top, right, bottom] = [rect.left, rect.top, rect.right, rect.bottom].map(f64::from);
            [left / width, top / height, right / width, bottom / height]
        };
        let (face, sign) = (edges(made.truth.face), edges(made.truth.sign));
        let detections = portrait(&library, &path(index)).detections;
        let crop = detections.crop.edges();
        found += u64::from(detections.faces.iter().any(|found| found.kept && is_in(middle(found.area.edges()), face)));
        whole += u64::from(share_within(face, crop) > 0.97);
        let on_it = |corners: [[f64; 2]; 4]| {
            is_in([0, 1].map(|axis| corners.iter().map(|at| at[axis]).sum::<f64>() / 4.0), sign)
        };
        signs += u64::from(detections.sign.is_some_and(|found| on_it(found.corners())));
        whole_signs += u64::from(share_within(sign, crop) > 0.9);
        let aspect = (crop[2] - crop[0]) * width / ((crop[3] - crop[1]) * height);
        assert!((aspect - 0.8).abs() < 0.02, "{index}: {aspect}");
    }
    eprintln!("of {PEOPLE}: {found} faces found, {whole} whole; {signs} signs found, {whole_signs} whole");
    assert!(found * 100 >= PEOPLE * 99, "{found} faces of {PEOPLE}");
    assert!(whole * 100 >= PEOPLE * 99, "{whole} heads of {PEOPLE} are whole");
    assert!(signs * 100 >= PEOPLE * 80, "{signs} signs of {PEOPLE}");
    assert!(whole_signs * 100 >= PEOPLE * 95, "{whole_signs} signs of {PEOPLE} are whole");
}

#[test]
fn pictures_of_nobody_are_kept_for_review() {
    let files = tempfile::tempdir().unwrap();
    let write = |name: &str, picture: RgbImage| fs::write(files.path().join(name), png(&picture.into(), None)).unwrap();
    // A page of text, and a field of noise.
    let letters = |x: u32, y: u32| (40..360).contains(&x) && y % 16 < 8 && y > 40 && (x * 7 + y / 16 * 13) % 11 < 5;
    write("page.png", RgbImage::from_fn(400, 560, |x, y| Rgb([if letters(x, y) { 20 } else { 250 }; 3])));
    let noise = |x: u32, y: u32| (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503).wrapping_add(x * y)) >> 7;
    write("noise.png", RgbImage::from_fn(500, 400, |x, y| Rgb([noise(x, y) as u8; 3])));
    let dir = tempfile::tempdir().unwrap();
    let told = ingest(files.path(), dir.path());
    assert_eq!((told.summary.added, told.summary.review), (2, 2), "{:?}", told.summary);
    let library = Library::open(dir.path()).unwrap();
    let review_reasons = |name: &str| portrait(&library, &files.path().join(name)).detections.review_reasons;
    assert!(review_reasons("page.png").has(ReviewReason::Document), "{}", review_reasons("page.png"));
    assert!(review_reasons("noise.png").has(ReviewReason::NoFace), "{}", review_reasons("noise.png"));
    let list = fs::read_to_string(dir.path().join("review.txt")).unwrap();
    assert!(list.contains("page.png\tno face found; looks like a document") && list.lines().count() == 2, "{list}");
    // The list of earlier versions does not stay beside it.
    let old_list = dir.path().join("doubtful.txt");
    fs::write(&old_list, "page.png\tno face found\n").unwrap();
    ingest(files.path(), dir.path());
    assert!(!old_list.exists() && dir.path().join("review.txt").exists());
}

#[test]
fn tiles_larger_than_their_photograph_are_counted() {
    let files = folder_of(2, 40);
    fs::write(files.path().join("large.jpg"), jpeg(&picture(900, 900, 9), None)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let told = ingest_with(&[files.path()], dir.path(), IngestOptions { tile_side: 128, aspect: 0.75, ..SMALL });
    assert_eq!(told.summary.upscaled, 2, "{:?}", told.summary);
    let library = Library::open(dir.path()).unwrap();
    let upscaled = |name: &str| portrait(&library, &files.path().join(name)).detections.upscaled();
    assert!(upscaled("0000.jpg").is_some_and(|factor| (3.0..4.0).contains(&factor)), "{:?}", upscaled("0000.jpg"));
    assert_eq!(upscaled("large.jpg"), None);
}

/// Real portraits in which a face is found without doubt, a few from each folder, and where it is.
fn real_portraits() -> Vec<(RgbImage, Edges)> {
    let Some(photos) = photos() else { return Vec::new() };
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in ["congress225", "faker_ai", "18f", "pif"] {
        let mut names: Vec<PathBuf> =
            fs::read_dir(photos.join("portraits").join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        files.extend(names.iter().step_by(names.len() / 8 + 1).cloned());
    }
    let copies = tempfile::tempdir().unwrap();
    let mut pictures = Vec::new();
    for (number, file) in files.iter().enumerate() {
        let read = image::ImageReader::open(file).unwrap().with_guessed_format().unwrap();
        let bytes = fs::read(file).unwrap();
        let jpeg_pixels = || {
            let mut decoder = jpeg_decoder::Decoder::new(&bytes[..]);
            let pixels = decoder.decode().ok()?;
            let info = decoder.info()?;
            RgbImage::from_raw(info.width.into(), info.height.into(), pixels)
        };
        let Some(picture) = read.decode().ok().map(|read| read.to_rgb8()).or_else(jpeg_pixels) else { continue };
        let copy = copies.path().join(format!("{number}.png"));
        fs::write(&copy, png(&picture.clone().into(), None)).unwrap();
        pictures.push((picture, copy));
    }
    let dir = tempfile::tempdir().unwrap();
    ingest(copies.path(), dir.path());
    let library = Library::open(dir.path()).unwrap();
    let known = pictures.into_iter().filter_map(|(picture, copy)| {
        let detections = portrait(&library, &copy).detections;
        let only = detections.faces.len() == 1 && detections.review_reasons.is_empty() && detections.sign.is_none();
        only.then(|| (picture, detections.faces[0].area.edges()))
    });
    known.collect()
}

/// A ground to put people on.
fn ground(kind: usize, width: u32, height: u32) -> RgbImage {
    let wave = picture(width, height, kind as u32 * 3);
    RgbImage::from_fn(width, height, |x, y| {
        let noise = ((x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(2_246_822_519)) >> 13) as u8 / 5;
        match kind % 5 {
            0 => Rgb([70 + noise, 80 + noise, 60 + noise]),
            1 => *wave.get_pixel(x, y),
            2 => Rgb([6, 6, 9]),
            3 => Rgb([246, 246, 240]),
            _ => Rgb([if (x / 40 + y / 25) % 2 == 0 { 120 } else { 165 }; 3]),
        }
    })
}

/// A white sheet or a piece of cardboard with lines of words, for a place of `width` × `height`.
fn sheet(width: u32, height: u32, cardboard: bool) -> RgbImage {
    let board = if cardboard { [176, 136, 92] } else { [240, 240, 236] };
    let (letter, line) = ((width / 14).max(3), (height / 4).max(4));
    RgbImage::from_fn(width, height, |x, y| {
        let words = x > width / 10 && x < width * 9 / 10 && y > height / 6 && y < height * 5 / 6;
        let ink = words && y % line < line * 5 / 9 && x % letter < letter / 2 && (x / letter + y / line) % 5 != 3;
        Rgb(if ink { [30, 30, 40] } else { board })
    })
}

/// A portrait at a known place in a larger picture.
struct Composite {
    picture: RgbImage,
    face: Edges,
    sign: Option<Edges>,
}

/// Puts a person on a ground, softly: a hard edge around a picture would be one more sheet of paper. Below, the clothes go on.
fn put(ground: &mut RgbImage, person: &RgbImage, left: i64, top: i64) {
    let (wide, tall) = (person.width(), person.height());
    let soft = f64::from(wide) * 0.12;
    for (x, y, pixel) in ground.enumerate_pixels_mut() {
        let (u, v) = (i64::from(x) - left, i64::from(y) - top);
        let Some(u) = u32::try_from(u).ok().filter(|u| *u < wide) else { continue };
        let Ok(v) = u32::try_from(v) else { continue };
        let from_side = f64::from(u.min(wide - 1 - u));
        let opaque = (from_side / soft).min(f64::from(v) / soft).min(1.0);
        let over = person.get_pixel(u, v.min(tall - 1));
        pixel.0 = [0, 1, 2].map(|channel| {
            let (over, under) = (f64::from(over.0[channel]), f64::from(pixel.0[channel]));
            (over * opaque + under * (1.0 - opaque)) as u8
        });
    }
}

fn composites(known: &[(RgbImage, Edges)], with_sign: bool) -> Vec<Composite> {
    let mut all = Vec::new();
    for (number, (person, face)) in known.iter().enumerate() {
        let (width, height) = [(1600, 1200), (900, 1200), (1000, 1000)][number % 3];
        let mut picture = ground(number, width, height);
        // From a third of the height to nearly all of it; with a sheet there is room below.
        let parts = if with_sign { [35, 45, 50, 55] } else { [40, 55, 75, 95] };
        let tall = (height * parts[number % 4] / 100).min((width * 9 / 10) * person.height() / person.width());
        let wide = tall * person.width() / person.height();
        let person = imageops::resize(person, wide, tall, FilterType::Triangle);
        let left = (width - wide) * (number as u32 * 37 % 100) / 100;
        let top = if with_sign { height / 10 } else { height - tall };
        put(&mut picture, &person, left.into(), top.into());
        let place = |[x0, y0, x1, y1]: Edges| {
            let x = |at: f64| (f64::from(left) + at * f64::from(wide)) / f64::from(width);
            let y = |at: f64| (f64::from(top) + at * f64::from(tall)) / f64::from(height);
            [x(x0), y(y0), x(x1), y(y1)]
        };
        let face = place(*face);
        let sign = with_sign.then(|| {
            let side = (face[2] - face[0]) * f64::from(width);
            let (wide, tall) = ((side * 1.7) as u32, (side * 0.95) as u32);
            let middle = (face[0] + face[2]) / 2.0 * f64::from(width);
            let x = (middle - f64::from(wide) / 2.0).clamp(4.0, f64::from(width - wide - 4));
            let y = (face[3] * f64::from(height) + side * 0.3).min(f64::from(height - tall - 4));
            imageops::replace(&mut picture, &sheet(wide, tall, number % 2 == 0), x as i64, y as i64);
            let [x, y] = [x.floor() / f64::from(width), y.floor() / f64::from(height)];
            [x, y, x + f64::from(wide) / f64::from(width), y + f64::from(tall) / f64::from(height)]
        });
        all.push(Composite { picture, face, sign });
    }
    all
}

/// Brings composites in, and gives what was seen in each.
fn cropped(composites: &[Composite], change: impl Fn(&RgbImage) -> RgbImage) -> Vec<Portrait> {
    let files = tempfile::tempdir().unwrap();
    let path = |number: usize| files.path().join(format!("{number:03}.jpg"));
    for (number, composite) in composites.iter().enumerate() {
        fs::write(path(number), jpeg(&change(&composite.picture), None)).unwrap();
    }
    let dir = tempfile::tempdir().unwrap();
    ingest(files.path(), dir.path());
    let library = Library::open(dir.path()).unwrap();
    (0..composites.len()).map(|number| portrait(&library, &path(number))).collect()
}

#[test]
fn real_faces_are_found_wherever_they_are_put() {
    let known = real_portraits();
    if known.is_empty() {
        return;
    }
    let composites = composites(&known, false);
    let dark = |picture: &RgbImage| {
        let mut picture = picture.clone();
        // Two stops, by the usual gamma.
        picture.pixels_mut().for_each(|pixel| pixel.0 = pixel.0.map(|value| (f32::from(value) * 0.533) as u8));
        picture
    };
    for (name, portraits, least) in [
        ("as they are", cropped(&composites, RgbImage::clone), 96),
        ("two stops darker", cropped(&composites, dark), 92),
    ] {
        let good = portraits.iter().zip(&composites).filter(|(portrait, composite)| {
            let crop = portrait.detections.crop.edges();
            let found = portrait.detections.faces.iter().any(|face| is_in(middle(face.area.edges()), composite.face));
            found && share_within(composite.face, crop) > 0.97
        });
        let good = good.count();
        let signs = portraits
            .iter()
            .filter(|portrait| portrait.detections.sign.is_some_and(|sign| sign.confidence >= 30))
            .count();
        eprintln!("{name}: {good} of {} faces are found and held, {signs} signs where none are", composites.len());
        assert!(good * 100 >= composites.len() * least, "{name}: {good} of {}", composites.len());
        // What is left of a pasted picture's own edges is more like a sheet than anything in a photograph as it was taken.
        assert!(signs * 100 <= composites.len() * 16, "{name}: {signs} signs where none are");
    }
}

#[test]
fn real_faces_with_a_sheet_of_words_keep_both() {
    let known = real_portraits();
    if known.is_empty() {
        return;
    }
    let composites = composites(&known, true);
    assert!(composites.len() >= 8, "{}", composites.len());
    let portraits = cropped(&composites, RgbImage::clone);
    let both = portraits.iter().zip(&composites).filter(|(portrait, composite)| {
        let crop = portrait.detections.crop.edges();
        let sign = composite.sign.is_none_or(|sign| share_within(sign, crop) > 0.93);
        share_within(composite.face, crop) > 0.97 && sign
    });
    let both = both.count();
    eprintln!("{both} of {} hold face and sheet", composites.len());
    assert!(both * 100 >= composites.len() * 85, "{both} of {}", composites.len());
}

#[test]
fn two_beside_each_other_are_both_kept() {
    let known = real_portraits();
    if known.len() < 4 {
        return;
    }
    let pairs: Vec<Composite> = known
        .chunks_exact(2)
        .map(|pair| {
            let (width, height) = (1500, 1100);
            let mut picture = ground(1, width, height);
            let mut face: Edges = [1.0, 1.0, 0.0, 0.0];
            for ((person, at), middle) in pair.iter().zip([520.0, 980.0]) {
                // Faces of one size side by side.
                let scale = 200.0 / ((at[2] - at[0]) * f64::from(person.width()));
                let (wide, tall) = (f64::from(person.width()) * scale, f64::from(person.height()) * scale);
                let (left, top) = (middle - (at[0] + at[2]) / 2.0 * wide, 420.0 - (at[1] + at[3]) / 2.0 * tall);
                // Only what is about the head, so that neither covers the other.
                let person = imageops::resize(person, wide as u32, tall as u32, FilterType::Triangle);
                let from = ((middle - 220.0 - left).max(0.0), (middle + 220.0 - left).min(wide.floor()));
                let part = imageops::crop_imm(&person, from.0 as u32, 0, (from.1 - from.0) as u32, person.height());
                imageops::replace(&mut picture, &part.to_image(), (left + from.0) as i64, top as i64);
                let (x, y) =
                    (|x: f64| (left + x * wide) / f64::from(width), |y: f64| (top + y * tall) / f64::from(height));
                face = [face[0].min(x(at[0])), face[1].min(y(at[1])), face[2].max(x(at[2])), face[3].max(y(at[3]))];
            }
            Composite { picture, face, sign: None }
        })
        .collect();
    let portraits = cropped(&pairs, RgbImage::clone);
    let held = portraits.iter().zip(&pairs).filter(|(portrait, pair)| {
        let detections = &portrait.detections;
        let two = detections.faces.iter().filter(|face| face.kept).count() >= 2
            && detections.review_reasons.has(ReviewReason::Several);
        two && share_within(pair.face, detections.crop.edges()) > 0.97
    });
    let held = held.count();
    eprintln!("{held} of {} pairs are held", pairs.len());
    assert!(held * 100 >= pairs.len() * 90, "{held} of {}", pairs.len());
}

/// Turns a picture clockwise about a point by so many degrees; its edges go on outward.
fn turned(picture: &RgbImage, [x, y]: [f64; 2], degrees: f64) -> RgbImage {
    let (sin, cos) = degrees.to_radians().sin_cos();
    RgbImage::from_fn(picture.width(), picture.height(), |u, v| {
        let (across, down) = (f64::from(u) - x, f64::from(v) - y);
        let at = [x + across * cos + down * sin, y + down * cos - across * sin];
        let pixel = |at: f64, length: u32| (at.round().max(0.0) as u32).min(length - 1);
        *picture.get_pixel(pixel(at[0], picture.width()), pixel(at[1], picture.height()))
    })
}

#[test]
fn heads_tilted_a_little_are_level_and_others_are_left_alone() {
    let known = real_portraits();
    if known.is_empty() {
        return;
    }
    // In the middle of a picture, for where a head stands at its edge there is no room to turn the crop.
    let side = 1400;
    let composites = known.iter().enumerate().map(|(number, (person, face))| {
        let tall = (0.18 * f64::from(side) / (face[3] - face[1])) as u32;
        let wide = (tall * person.width() / person.height()).max(1);
        let place = |at: [f64; 2]| {
            [0.5 * f64::from(side) - at[0] * f64::from(wide), 0.45 * f64::from(side) - at[1] * f64::from(tall)]
        };
        let [left, top] = place(middle(*face)).map(|at| at as i64);
        let mut picture = ground(number, side, side);
        put(&mut picture, &imageops::resize(person, wide, tall, FilterType::Triangle), left, top);
        Composite { picture, face: [0.42, 0.36, 0.58, 0.54], sign: None }
    });
    let composites: Vec<Composite> = composites.collect();
    // People hold their heads as they like: how far each of these is tilted, where it is enough to be levelled and not too much.
    let own: Vec<f64> =
        cropped(&composites, RgbImage::clone).iter().map(|portrait| portrait.detections.roll()).collect();
    // Of so few, some hold their heads so that a turn makes them level, or more tilted than is levelled.
    for (degrees, least) in [(9.0, 75), (-9.0, 75), (32.0, 90), (-32.0, 90)] {
        let pictures: Vec<Composite> = composites
            .iter()
            .map(|composite| {
                let at = middle(composite.face).map(|at| at * f64::from(side));
                Composite { picture: turned(&composite.picture, at, degrees), face: composite.face, sign: None }
            })
            .collect();
        let portraits = cropped(&pictures, RgbImage::clone);
        let good = portraits.iter().zip(&pictures).zip(&own).filter(|((portrait, composite), own)| {
            let detections = &portrait.detections;
            let (roll, expected) = (detections.roll(), degrees + **own);
            // Near the bounds either is right.
            let is_tilted = (0.0..18.0).contains(&expected.abs()) && (roll - expected).abs() < 6.0;
            let is_left_alone = !(6.0..12.0).contains(&expected.abs()) && roll == 0.0;
            let tile_from_photograph = detections.tile_from_photograph(0.8);
            let [x, y] = tile_from_photograph.point(middle(composite.face));
            (is_tilted || is_left_alone) && (0.3..0.7).contains(&x) && (0.3..0.6).contains(&y)
        });
        let good = good.count();
        eprintln!("turned by {degrees}°: {good} of {}", pictures.len());
        assert!(good * 100 >= pictures.len() * least, "{degrees}°: {good} of {}", pictures.len());
    }
}

#[test]
fn small_heads_are_found() {
    let known = real_portraits();
    if known.is_empty() {
        return;
    }
    let (width, height) = (2400, 1800);
    let composites: Vec<Composite> = known
        .iter()
        .enumerate()
        .map(|(number, (person, face))| {
            // The head's height, from crown to chin, is 6 to 12 percent of the picture's.
            let head = f64::from(height) * (0.06 + 0.02 * (number % 4) as f64);
            let tall = (head / ((face[3] - face[1]) * 1.4)) as u32;
            let wide = (tall * person.width() / person.height()).max(1);
            let mut picture = ground(number, width, height);
            let small = imageops::resize(person, wide, tall, FilterType::Triangle);
            let (left, top) = ((number as u32 * 613) % (width - wide), (number as u32 * 377) % (height - tall) / 2);
            put(&mut picture, &small, left.into(), top.into());
            let x = |at: f64| (f64::from(left) + at * f64::from(wide)) / f64::from(width);
            let y = |at: f64| (f64::from(top) + at * f64::from(tall)) / f64::from(height);
            Composite { picture, face: [x(face[0]), y(face[1]), x(face[2]), y(face[3])], sign: None }
        })
        .collect();
    let portraits = cropped(&composites, RgbImage::clone);
    let found = portraits.iter().zip(&composites).filter(|(portrait, composite)| {
        let faces = &portrait.detections.faces;
        faces.iter().any(|face| face.kept && is_in(middle(face.area.edges()), composite.face))
    });
    let found = found.count();
    eprintln!("{found} of {} small heads", composites.len());
    assert!(found * 100 >= composites.len() * 90, "{found} of {}", composites.len());
}

#[test]
fn a_portrait_that_is_cut_out_round_fills_its_tile() {
    let files = tempfile::tempdir().unwrap();
    let write = |name: &str, is_opaque: &dyn Fn(f64, f64) -> bool| {
        let picture = RgbaImage::from_fn(300, 300, |x, y| {
            let is_opaque = is_opaque((f64::from(x) + 0.5) / 150.0 - 1.0, (f64::from(y) + 0.5) / 150.0 - 1.0);
            Rgba([170, 150, 140, if is_opaque { 255 } else { 0 }])
        });
        fs::write(files.path().join(name), png(&picture.into(), None)).unwrap();
    };
    write("circle.png", &|x, y| x.hypot(y) < 1.0);
    write("bust.png", &|x, y| x.hypot(y + 0.4) < 0.4 || (0.1..0.95).contains(&y) && x.abs() < 0.2 + y * 0.5);
    let dir = tempfile::tempdir().unwrap();
    ingest(files.path(), dir.path());
    let library = Library::open(dir.path()).unwrap();
    let corner = |name: &str| planes(&library, of(&library, &files.path().join(name))).0[0];
    assert!(corner("circle.png") > 100, "{}", corner("circle.png"));
    // Who was cut out of the background stands before the night.
    assert!(corner("bust.png") < 20, "{}", corner("bust.png"));
}
