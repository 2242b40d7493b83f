//! The ingest, from files to tiles: right pixels, right counts, nobody lost.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::photographs::*;
use image::metadata::Orientation;
use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};
use millions_library::{Ingest, IngestOptions, Library, LibraryError, Limits};
use millions_wall::tile::{TileSource as _, bc};

#[test]
fn every_orientation_comes_upright_texel_by_texel() {
    let files = tempfile::tempdir().unwrap();
    let library_dir = tempfile::tempdir().unwrap();
    for exif_value in 1..=8 {
        let stored = picture(90, 70, exif_value.into());
        let orientation = Orientation::from_exif(exif_value).unwrap();
        let write = |name: &str, bytes: &[u8]| {
            fs::write(files.path().join(format!("{exif_value}-{name}")), bytes).unwrap();
        };
        let upright = |stored: DynamicImage| {
            let mut upright = stored;
            upright.apply_orientation(orientation);
            png(&upright, None)
        };
        write("png", &png(&stored.clone().into(), Some(exif(exif_value))));
        write("png-upright", &upright(stored.clone().into()));
        let bytes = jpeg(&stored, Some(exif(exif_value)));
        // The reference decoder is the one used at full size: its rounding is not what is tested here.
        let pixels = zune_jpeg::JpegDecoder::new(zune_core::bytestream::ZCursor::new(&bytes)).decode().unwrap();
        let decoded = image::RgbImage::from_raw(90, 70, pixels).unwrap();
        write("jpeg", &bytes);
        write("jpeg-upright", &upright(decoded.into()));
    }
    let told = ingest(files.path(), library_dir.path());
    assert_eq!(told.summary.portraits + told.summary.copies, told.summary.found - told.summary.duplicates);
    let library = Library::open(library_dir.path()).unwrap();
    let tile = |name: String| planes(&library, of(&library, &files.path().join(name)));
    for exif_value in 1..=8 {
        for kind in ["png", "jpeg"] {
            let ours = tile(format!("{exif_value}-{kind}"));
            let expected = tile(format!("{exif_value}-{kind}-upright"));
            // The filter rounds between its two passes, and blocks of 4×4 step by a seventh of their range.
            let difference = difference(&ours, &expected);
            assert!(difference <= 4, "{kind} with orientation {exif_value}: {difference}");
        }
    }
    assert!(difference(&tile("1-png".into()), &tile("3-png".into())) > 50, "different pictures differ");
}

#[test]
fn real_photographs_of_every_orientation_show_the_same() {
    let Some(photos) = photos() else { return };
    let dir = tempfile::tempdir().unwrap();
    let files = tempfile::tempdir().unwrap();
    let folder = files.path().to_owned();
    // The whole of each: what the program chooses depends on the figure painted on it.
    let mut sheet = "file;crop\n".to_owned();
    for photo in fs::read_dir(photos.join("orientation/exif-samples")).unwrap() {
        let photo = photo.unwrap();
        fs::copy(photo.path(), folder.join(photo.file_name())).unwrap();
        sheet += &format!("{};0% 0% 100% 100%\n", photo.file_name().to_string_lossy());
    }
    fs::write(folder.join("people.csv"), sheet).unwrap();
    assert_eq!(ingest(&folder, dir.path()).summary.added, 16);
    let library = Library::open(dir.path()).unwrap();
    for kind in ["landscape", "portrait"] {
        let tile = |n: u8| planes(&library, of(&library, &folder.join(format!("{kind}_{n}.jpg"))));
        let first = tile(1);
        for n in 2..=8 {
            // They differ by the figure painted on them; turned wrongly, by 40 and more.
            assert!(mean_difference(&first, &tile(n)) < 12.0, "{kind} {n}: {}", mean_difference(&first, &tile(n)));
        }
    }
}

#[test]
fn an_embedded_profile_is_applied() {
    let Some(photos) = photos() else { return };
    let files = tempfile::tempdir().unwrap();
    let source = photos.join("hostile/icc/rgb-to-gbr-test.png");
    fs::copy(&source, files.path().join("profiled.png")).unwrap();
    fs::copy(photos.join("hostile/icc/rgb-to-gbr-test.jpg"), files.path().join("profiled.jpg")).unwrap();
    let raw = image::open(&source).unwrap().to_rgb8();
    for (name, order) in [("unchanged", [0, 1, 2]), ("gbr", [1, 2, 0]), ("brg", [2, 0, 1])] {
        let mut swapped = raw.clone();
        swapped.pixels_mut().for_each(|pixel| pixel.0 = order.map(|channel| pixel.0[channel]));
        fs::write(files.path().join(format!("{name}.png")), png(&swapped.into(), None)).unwrap();
    }
    let dir = tempfile::tempdir().unwrap();
    // As square as the picture: nothing is cut off, whatever is thought to be seen in it.
    ingest_with(&[files.path()], dir.path(), IngestOptions { aspect: 1.0, ..SMALL });
    let library = Library::open(dir.path()).unwrap();
    let tile = |name: &str| planes(&library, of(&library, &files.path().join(name)));
    let right = tile("profiled.png");
    let distance = |name: &str| mean_difference(&right, &tile(name));
    // The picture names its own colours: what its profile calls green, blue and red is meant as red, green and blue.
    let nearest = distance("gbr.png").min(distance("brg.png"));
    assert!(nearest < 2.0, "{nearest} {} {}", distance("unchanged.png"), distance("profiled.jpg"));
    assert!(distance("unchanged.png") > 10.0);
    // Its colours are as strong as they can be, which JPEG blurs at their edges.
    assert!(distance("profiled.jpg") < 5.0, "{}", distance("profiled.jpg"));
}

#[test]
fn hostile_files_are_added_or_rejected_with_a_reason() {
    let Some(photos) = photos() else { return };
    let dir = tempfile::tempdir().unwrap();
    let told = ingest(&photos.join("hostile"), dir.path());
    assert!(told.summary.found > 400 && told.summary.added > 200, "{:?}", told.summary);
    let listed = fs::read_to_string(dir.path().join("rejected.txt")).unwrap();
    assert_eq!(listed.lines().filter(|line| !line.starts_with('#')).count(), told.summary.rejected.len());
    let reason = |name: &str| {
        let found = told.summary.rejected.iter().find(|rejection| rejection.path.ends_with(name));
        found.map(|rejection| rejection.reason.as_str())
    };
    for (name, word) in [
        ("bomb_20000x20000_gray8.png", "limit"),
        ("huge_65535x65535.jpg", "limit"),
        ("zero_bytes.png", "empty"),
        ("html_error_page.jpg", "web page"),
        ("trunc05_baseline.jpg", "breaks off"),
        ("trunc50_heic.heic", "HEIC"),
        ("monkey12.jpg", "12 bits"),
        ("testimgari.jpg", "arithmetic"),
    ] {
        assert!(reason(name).is_some_and(|reason| reason.contains(word)), "{name}: {:?}", reason(name));
    }
    for kept in ["trunc90_baseline.jpg", "trunc99_progressive.jpg", "wrong_ext_jpg_as.png", "wrong_ext_png_as.jpg"] {
        assert_eq!(reason(kept), None, "{kept}");
    }
    assert!(told.remarks.iter().any(|remark| remark.contains("trunc90_baseline")), "{:?}", told.remarks);
    let broken_pngs = told.summary.rejected.iter().filter(|rejection| rejection.path.contains("pngsuite/")).count();
    let good_pngs = fs::read_dir(photos.join("hostile/pngsuite"))
        .unwrap()
        .filter(|entry| {
            let name = entry.as_ref().unwrap().file_name().into_string().unwrap();
            name.ends_with(".png") && !name.starts_with('x')
        })
        .count();
    assert!(broken_pngs >= 10 && good_pngs > 150);
    let rejected_good = told.summary.rejected.iter().filter(|rejection| {
        rejection.path.contains("pngsuite/")
            && !Path::new(&rejection.path).file_name().unwrap().to_string_lossy().starts_with('x')
    });
    assert_eq!(rejected_good.count(), 0);
}

#[test]
fn the_same_picture_in_every_kind_of_file_makes_the_same_tile() {
    let files = tempfile::tempdir().unwrap();
    let shown = picture(120, 150, 5);
    let image = DynamicImage::from(shown.clone());
    let save = |name: &str, image: &DynamicImage, format| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).unwrap();
        fs::write(files.path().join(name), bytes.into_inner()).unwrap();
    };
    // The names lie: only the content counts.
    save("a-png.jpg", &image, ImageFormat::Png);
    save("b-bmp.png", &image, ImageFormat::Bmp);
    save("c-tiff", &image, ImageFormat::Tiff);
    save("d-webp.tif", &image, ImageFormat::WebP);
    save("e-png16.png", &image.to_rgb16().into(), ImageFormat::Png);
    save("f-rgba.png", &image.to_rgba8().into(), ImageFormat::Png);
    save("g-rgba16.png", &image.to_rgba16().into(), ImageFormat::Png);
    let dir = tempfile::tempdir().unwrap();
    let told = ingest(files.path(), dir.path());
    assert_eq!((told.summary.added, told.summary.rejected.len()), (7, 0), "{:?}", told.summary);
    let library = Library::open(dir.path()).unwrap();
    let first = planes(&library, 0);
    for number in 1..7 {
        assert!(difference(&first, &planes(&library, number)) <= 2, "{:?}", library.portrait(number));
    }
    let tone = library.portrait(0).unwrap().tone;
    assert!(tone.black < tone.mid && tone.mid < tone.white, "{tone:?}");
}

#[test]
fn what_is_transparent_shows_black() {
    let files = tempfile::tempdir().unwrap();
    let half = RgbaImage::from_fn(80, 100, |x, _| Rgba([255, 255, 255, if x < 40 { 0 } else { 255 }]));
    fs::write(files.path().join("half.png"), png(&half.into(), None)).unwrap();
    let veil = RgbaImage::from_pixel(80, 100, Rgba([255, 255, 255, 128]));
    fs::write(files.path().join("veil.png"), png(&veil.into(), None)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    ingest(files.path(), dir.path());
    let library = Library::open(dir.path()).unwrap();
    let (luma, chroma) = planes(&library, of(&library, &files.path().join("half.png")));
    assert!(luma.chunks(64).all(|row| row[..28].iter().all(|l| *l <= 1) && row[36..].iter().all(|l| *l >= 254)));
    assert!(chroma.iter().all(|value| value.abs_diff(128) <= 1));
    // Half of the light, in linear light, is 188.
    let (luma, _) = planes(&library, of(&library, &files.path().join("veil.png")));
    assert!(luma.iter().all(|value| value.abs_diff(188) <= 1), "{}", luma[0]);
}

#[test]
fn a_folder_lives_and_the_library_follows() {
    let files = folder_of(6, 40);
    let file = |n: u32| files.path().join(format!("{n:04}.jpg"));
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(files.path().join("sub")).unwrap();
    fs::copy(file(0), files.path().join("sub/twin of 0")).unwrap();
    fs::write(files.path().join("junk.jpg"), "no picture").unwrap();
    let told = ingest(files.path(), dir.path());
    assert_eq!((told.summary.added, told.summary.duplicates, told.summary.rejected.len()), (6, 1, 1));
    assert_eq!(told.added, [0, 1, 2, 3, 4, 5]);

    let again = ingest(files.path(), dir.path());
    assert_eq!((again.summary.unchanged, again.summary.rejected.len(), again.added.len()), (7, 1, 0));

    // One gone of two twins, one gone for good, one renamed, one changed, one touched.
    let numbers: Vec<_> = {
        let library = Library::open(dir.path()).unwrap();
        (0..6).map(|n| of(&library, &file(n))).collect()
    };
    fs::remove_file(file(0)).unwrap();
    fs::remove_file(file(1)).unwrap();
    fs::rename(file(2), files.path().join("renamed")).unwrap();
    fs::write(file(3), jpeg(&picture(40, 50, 99), None)).unwrap();
    let bytes = fs::read(file(4)).unwrap();
    fs::write(file(4), bytes).unwrap();
    fs::remove_file(files.path().join("junk.jpg")).unwrap();
    let told = ingest(files.path(), dir.path());
    let summary = &told.summary;
    assert_eq!((summary.added, summary.removed, summary.duplicates, summary.portraits), (1, 2, 0, 5), "{summary:?}");
    assert_eq!(summary.rejected, []);
    assert_eq!(fs::read_to_string(dir.path().join("rejected.txt")).unwrap(), "");
    assert_eq!(told.removed, [numbers[1], numbers[3]]);
    let library = Library::open(dir.path()).unwrap();
    assert_eq!(of(&library, &files.path().join("sub/twin of 0")), numbers[0]);
    assert_eq!(of(&library, &files.path().join("renamed")), numbers[2]);
    assert_eq!(of(&library, &file(4)), numbers[4]);
    assert!(!numbers.contains(&of(&library, &file(3))), "a number that was freed just now is not given out again");

    // But the next ingest gives it out.
    fs::write(files.path().join("new.jpg"), jpeg(&picture(40, 50, 100), None)).unwrap();
    let told = ingest(files.path(), dir.path());
    assert_eq!((told.added, told.summary.unchanged), (vec![numbers[1]], 5));

    // A folder that is not there is an error, and takes nobody out.
    let missing = files.path().join("not there");
    let error = Ingest::start(&[missing], dir.path(), SMALL).unwrap_err();
    assert!(matches!(error, LibraryError::Folder { .. }), "{error}");
    assert_eq!(Library::open(dir.path()).unwrap().len(), 6);

    // A photograph moved to another disk, seen by its bytes only, keeps its number.
    let bytes = fs::read(file(4)).unwrap();
    fs::remove_file(file(4)).unwrap();
    fs::write(files.path().join("zz moved"), bytes).unwrap();
    let told = ingest(files.path(), dir.path());
    assert_eq!(told.summary.portraits, 6);
    let library = Library::open(dir.path()).unwrap();
    assert_eq!(of(&library, &files.path().join("zz moved")), numbers[4]);
}

#[test]
fn the_same_folder_gets_the_same_numbers_however_many_work() {
    let files = folder_of(40, 30);
    // A slow one first: the others must wait for it.
    fs::write(files.path().join("0000.jpg"), jpeg(&picture(2000, 2500, 7), None)).unwrap();
    let dirs = [1, 4].map(|jobs| {
        let dir = tempfile::tempdir().unwrap();
        ingest_with(&[files.path()], dir.path(), IngestOptions { jobs, ..SMALL });
        dir
    });
    let [one, four] = dirs.each_ref().map(|dir| Library::open(dir.path()).unwrap());
    assert_eq!(one.len(), 40);
    for number in one.portraits() {
        assert_eq!(one.portrait(number), four.portrait(number));
        assert_eq!(planes(&one, number), planes(&four, number));
    }
}

#[test]
fn a_library_of_another_shape_or_format_is_made_again() {
    let files = folder_of(3, 30);
    let dir = tempfile::tempdir().unwrap();
    ingest(files.path(), dir.path());
    let told = ingest_with(&[files.path()], dir.path(), IngestOptions { tile_side: 32, ..SMALL });
    assert_eq!(told.summary.added, 3);
    assert!(told.remarks[0].contains("again") && told.remarks[0].contains("64"), "{:?}", told.remarks);

    let header = dir.path().join("millions-library.toml");
    let text = fs::read_to_string(&header).unwrap();
    fs::write(&header, text.replace("format = 5", "format = 0")).unwrap();
    let error = Library::open(dir.path()).unwrap_err();
    assert!(error.rebuild_helps() && error.to_string().contains("format 0"), "{error}");
    let told = ingest_with(&[files.path()], dir.path(), SMALL);
    assert_eq!(told.summary.added, 3);
    assert!(told.remarks[0].contains("format 0"), "{:?}", told.remarks);
    // A newer program's is left alone.
    let header_then = fs::read_to_string(&header).unwrap();
    fs::write(&header, header_then.replace("format = 5", "format = 6")).unwrap();
    let newer = Ingest::start(&[files.path().into()], dir.path(), SMALL);
    assert!(newer.is_err_and(|error| error.to_string().contains("newer version")));
    fs::write(&header, header_then).unwrap();
    assert_eq!(ingest(files.path(), dir.path()).summary.unchanged, 3);
    // What is missing is made again.
    fs::File::options().write(true).open(dir.path().join("tiles.bin")).unwrap().set_len(10).unwrap();
    assert!(Library::open(dir.path()).unwrap().is_damaged());
    assert_eq!(ingest(files.path(), dir.path()).summary.added, 3);
    assert!(!Library::open(dir.path()).unwrap().is_damaged());
}

#[test]
fn limits_hold_before_anything_is_decoded() {
    let files = folder_of(2, 100);
    let dir = tempfile::tempdir().unwrap();
    let tight = Limits { max_pixels: 100, ..Limits::default() };
    let told = ingest_with(&[files.path()], dir.path(), IngestOptions { limits: tight, ..SMALL });
    assert_eq!((told.summary.added, told.summary.rejected.len()), (0, 2));
    let little = Limits { max_alloc_bytes: 20_000, ..Limits::default() };
    let told = ingest_with(&[files.path()], dir.path(), IngestOptions { limits: little, ..SMALL });
    assert!(told.summary.rejected[0].reason.contains("limit"), "{:?}", told.summary.rejected);
    // Under other limits the rejected are tried again.
    assert_eq!(ingest(files.path(), dir.path()).summary.added, 2);
}

#[cfg(unix)]
#[test]
fn odd_names_and_odd_files_survive() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    let files = folder_of(1, 30);
    let put = |name: &[u8], seed| {
        let path = files.path().join(OsStr::from_bytes(name));
        fs::write(&path, jpeg(&picture(30, 40, seed), None)).unwrap();
        path
    };
    let odd = put(b"M\xFCller\n\xFF.jpg", 10);
    put(b"._hidden.jpg", 11);
    put(b".hidden.jpg", 12);
    put(b"Thumbs.db", 13);
    symlink(files.path(), files.path().join("loop")).unwrap();
    symlink("nowhere", files.path().join("dangling")).unwrap();
    let outside = folder_of(2, 32);
    symlink(outside.path(), files.path().join("linked folder")).unwrap();
    let pipe = std::process::Command::new("mkfifo").arg(files.path().join("pipe")).status().unwrap();
    assert!(pipe.success());
    let dir = files.path().join("the library itself");
    for round in 0..2 {
        let told = ingest(files.path(), &dir);
        let summary = &told.summary;
        assert_eq!(summary.portraits, 4, "{summary:?}");
        assert_eq!((summary.added, summary.unchanged), if round == 0 { (4, 0) } else { (0, 4) });
        let reasons: Vec<_> = summary.rejected.iter().map(|rejection| &rejection.reason).collect();
        assert_eq!(reasons.len(), 3, "{reasons:?}");
    }
    of(&Library::open(&dir).unwrap(), &odd);
    assert_eq!(
        fs::read_to_string(dir.join("rejected.txt")).unwrap().lines().filter(|line| !line.starts_with('#')).count(),
        3
    );
}

#[test]
fn who_is_seen_from_near_is_made_of_the_photograph_as_long_as_it_is_the_same() {
    let (files, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = files.path().join("large.png");
    fs::write(&path, png(&picture(800, 1000, 3).into(), None)).unwrap();
    fs::write(files.path().join("small.png"), png(&picture(60, 75, 4).into(), None)).unwrap();
    let told = ingest(files.path(), dir.path());
    let library = Library::open(dir.path()).unwrap();
    let (large, small) = (of(&library, &path), of(&library, &files.path().join("small.png")));
    assert_eq!(told.added.len(), 2);

    let mut tile = Vec::new();
    let layout =
        library.read_large(large, 500, &mut tile).unwrap().expect("a photograph of 800 pixels has more than a tile");
    assert_eq!(layout.side(), 512);
    // Its coarser level is the tile: the same part of the photograph, no other.
    let level = layout.levels().iter().find(|level| level.luma.side == library.layout().side()).unwrap();
    let side = level.luma.side as usize;
    let mut luma = vec![0; side * side];
    bc::decode_plane::<1>(&tile[level.luma.offset..], level.luma.row_bytes, side, &mut luma, side);
    let (own, _) = planes(&library, large);
    let off = luma.iter().zip(&own).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / luma.len() as f64;
    assert!(off < 3.0, "{off} levels between the tile and the large one at its size");

    assert!(library.read_large(small, 500, &mut tile).unwrap().is_none(), "a small photograph has no more");
    fs::write(&path, png(&picture(800, 1000, 5).into(), None)).unwrap();
    let library = Library::open(dir.path()).unwrap();
    assert!(library.read_large(large, 500, &mut tile).unwrap().is_none(), "another photograph by now");
    assert!(library.read_large(99, 500, &mut tile).unwrap().is_none());
}

/// Whatever comes, changes and goes while the folders are watched, also several at once: the library has what is there.
#[test]
fn a_watched_folder_is_followed_whatever_changes_in_it() {
    let (files, dir) = (folder_of(6, 40), tempfile::tempdir().unwrap());
    let running = Ingest::start(&[files.path().into()], dir.path(), IngestOptions { watch: true, ..SMALL }).unwrap();
    let picture_of = |seed: u32| jpeg(&picture(40, 50, seed), None);
    let photographs = |folder: &Path| -> Vec<PathBuf> {
        let walk = |folder: &Path| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
        let mut found = walk(folder);
        let inner: Vec<_> = found.iter().filter(|path| path.is_dir()).flat_map(|path| walk(path)).collect();
        found.extend(inner);
        found.retain(|path| path.extension().is_some_and(|extension| extension == "jpg"));
        found.sort();
        found
    };
    let wait = |what: &str| {
        let started = std::time::Instant::now();
        loop {
            let there = photographs(files.path());
            let expected: BTreeSet<_> =
                there.iter().map(|path| *blake3::hash(&fs::read(path).unwrap()).as_bytes()).collect();
            let library = &running.library;
            let all = library.all_portraits().into_iter().filter_map(|number| library.portrait(number));
            let (mut found, mut sources) = (BTreeSet::new(), Vec::new());
            all.for_each(|portrait| {
                found.insert(portrait.hash);
                sources.extend(portrait.sources);
            });
            sources.sort();
            let there: Vec<PathBuf> = there.iter().map(|path| fs::canonicalize(path).unwrap()).collect();
            if found == expected && sources == there {
                return;
            }
            assert!(started.elapsed() < Duration::from_secs(40), "{what}: {sources:?} for {there:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    wait("the first round");
    fs::create_dir(files.path().join("inner")).unwrap();
    let mut random = 7_u32;
    for step in 0..40 {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (which, there) = ((random >> 8) as usize, photographs(files.path()));
        let one = &there[which / 64 % there.len()];
        let new = files.path().join(if which % 2 == 0 { "inner" } else { "" }).join(format!("s{step}.jpg"));
        let what = match which / 2 % 8 {
            0..=2 => fs::write(&new, picture_of(100 + step)).map(|()| "a newcomer"),
            3 => fs::write(one, picture_of(200 + step)).map(|()| "another picture in a file's place"),
            4 if there.len() > 2 => fs::remove_file(one).map(|()| "one that goes"),
            5 => fs::rename(one, &new).map(|()| "another name"),
            6 => fs::copy(one, &new).map(|_| "a duplicate"),
            _ => fs::write(new.with_extension("txt"), "no photograph").map(|()| "something else"),
        };
        // Sometimes several at once.
        if which / 16 % 4 != 0 {
            wait(&format!("{} at step {step}", what.unwrap()));
        }
    }
    wait("the end");
}
