//! How well people form a picture: against the picture, and beside metapixel where it is installed.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::photographs::photos;
use crate::program::done;
use image::{GrayImage, RgbImage};
use millions_library::Library;
use millions_wall::mosaic::{Features, MosaicOptions, MosaicPicture, ShownLight, assign};
use millions_wall::tile::{TileLayout, TileSource};
use millions_wall::tone::Look;

/// Cells of the mosaic, and pixels of a cell of metapixel's.
const CELLS: [usize; 2] = [80, 100];
const CELL_PX: usize = 16;

/// Everybody as they were photographed.
fn as_shot() -> Look {
    Look { exposure_matching: 0.0, ..Look::default() }
}

struct Person {
    features: Features,
    greys: [u8; 16],
    /// 16 × 16.
    tile: Vec<u8>,
}

fn people(library: &Library) -> Vec<Person> {
    let light = ShownLight::new(&as_shot());
    let layout = TileLayout::floor();
    let numbers = library.portraits();
    let tones = TileSource::tones(library, &numbers);
    let mut floor = vec![0; layout.stride()];
    numbers
        .iter()
        .zip(&tones)
        .map(|(number, tone)| {
            library.read_floors(*number, &mut floor).unwrap();
            let greys = light.greys(&floor, tone);
            let tile = light.level(&floor, &layout, 16, tone).unwrap();
            Person { features: Features::new(&greys), greys, tile }
        })
        .collect()
}

/// A portrait with a white wall, a face and dark clothes, of the size of metapixel's mosaic.
fn portrait(library: &Library) -> GrayImage {
    let layout = library.layout();
    let number = library.portraits()[7];
    let mut prefix = vec![0; layout.prefix_bytes(layout.side())];
    library.read_tile(number, &mut prefix).unwrap();
    let tone = TileSource::tones(library, &[number])[0];
    let greys = ShownLight::new(&as_shot()).level(&prefix, layout, layout.side(), &tone).unwrap();
    let tile = GrayImage::from_raw(layout.side(), layout.side(), greys).unwrap();
    let [width, height] = CELLS.map(|cells| (cells * CELL_PX) as u32);
    image::imageops::resize(&tile, width, height, image::imageops::FilterType::CatmullRom)
}

/// Means of `parts` × `parts` of each cell: 1, 2 or 4.
fn means(cells: &[[u8; 16]], parts: usize) -> Vec<f64> {
    let width = CELLS[0] * parts;
    let side = 4 / parts;
    let mut found = vec![0.0; cells.len() * parts * parts];
    for (index, cell) in cells.iter().enumerate() {
        let (x, y) = (index % CELLS[0] * parts, index / CELLS[0] * parts);
        for (at, grey) in cell.iter().enumerate() {
            let part = (y + at / 4 / side) * width + x + at % 4 / side;
            found[part] += f64::from(*grey) / (side * side) as f64;
        }
    }
    found
}

fn psnr(a: &[f64], b: &[f64]) -> f64 {
    let error = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / a.len() as f64;
    10.0 * (255.0 * 255.0 / error.max(1e-9)).log10()
}

/// The mean structural similarity in windows of 8 × 8 (Wang and others, 2004).
fn ssim(a: &[f64], b: &[f64], width: usize) -> f64 {
    let (height, side) = (a.len() / width, 8);
    let mut sum = (0.0, 0);
    for top in (0..=height - side).step_by(2) {
        for left in (0..=width - side).step_by(2) {
            let window = |of: &[f64]| -> Vec<f64> {
                (0..side * side).map(|at| of[(top + at / side) * width + left + at % side]).collect()
            };
            let (a, b) = (window(a), window(b));
            let count = (side * side) as f64;
            let mean = |of: &[f64]| of.iter().sum::<f64>() / count;
            let (mean_a, mean_b) = (mean(&a), mean(&b));
            let covariance = |a: &[f64], b: &[f64], mean_a: f64, mean_b: f64| {
                a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b)).sum::<f64>() / (count - 1.0)
            };
            let (var_a, var_b) = (covariance(&a, &a, mean_a, mean_a), covariance(&b, &b, mean_b, mean_b));
            let both = covariance(&a, &b, mean_a, mean_b);
            let (c1, c2) = ((0.01 * 255.0_f64).powi(2), (0.03 * 255.0_f64).powi(2));
            let value = (2.0 * mean_a * mean_b + c1) * (2.0 * both + c2)
                / ((mean_a.powi(2) + mean_b.powi(2) + c1) * (var_a + var_b + c2));
            sum = (sum.0 + value, sum.1 + 1);
        }
    }
    sum.0 / f64::from(sum.1)
}

/// PSNR in dB and SSIM, at 1, 2 × 2 and 4 × 4 values a cell.
fn quality(target: &[[u8; 16]], mosaic: &[[u8; 16]]) -> [[f64; 2]; 3] {
    [1, 2, 4].map(|parts| {
        let (a, b) = (means(target, parts), means(mosaic, parts));
        [psnr(&a, &b), ssim(&a, &b, CELLS[0] * parts)]
    })
}

/// The most PSNR in dB, at one value a cell, of any assignment with each person at most `times` times: cells and people in the order of
/// their means, some people left out (dynamic programming over both).
fn most_psnr(target: &[[u8; 16]], people: &[Person], times: usize) -> f64 {
    let mean = |greys: &[u8; 16]| greys.iter().map(|grey| f64::from(*grey)).sum::<f64>() / 16.0;
    let sorted = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values
    };
    let cells = sorted(target.iter().map(mean).collect());
    let places = sorted(people.iter().flat_map(|person| std::iter::repeat_n(mean(&person.greys), times)).collect());
    // The least error of the cells up to this one with the places looked at so far.
    let mut least = vec![f64::INFINITY; cells.len() + 1];
    least[0] = 0.0;
    for (taken, place) in places.iter().enumerate() {
        // A place that must serve an earlier cell, or a later one, cannot serve this.
        let last = (taken + 1).min(cells.len());
        let first = (taken + 1 + cells.len()).saturating_sub(places.len()).max(1);
        for cell in (first..=last).rev() {
            least[cell] = least[cell].min(least[cell - 1] + (cells[cell - 1] - place).powi(2));
        }
    }
    10.0 * (255.0 * 255.0 * cells.len() as f64 / least[cells.len()].max(1e-9)).log10()
}

fn told(quality: &[[f64; 2]; 3]) -> String {
    quality.map(|[psnr, ssim]| format!("{psnr:.2} dB / {ssim:.3}")).join(", ")
}

fn cells(picture: &GrayImage) -> Vec<[u8; 16]> {
    let size = [picture.width() as usize, picture.height() as usize];
    let target = MosaicPicture::new(picture.as_raw(), size, CELLS).unwrap();
    (0..target.cell_count()).map(|cell| target.cell(cell)).collect()
}

/// Metapixel's mosaic of the same tiles; none without metapixel.
fn metapixel(folder: &Path, people: &[Person], target: &GrayImage, distance: u32) -> Option<Vec<[u8; 16]>> {
    let tiles = folder.join("tiles");
    let prepared = folder.join("prepared");
    if !prepared.exists() {
        std::fs::create_dir_all(&tiles).unwrap();
        std::fs::create_dir_all(&prepared).unwrap();
        let grey = |pixels: &[u8]| RgbImage::from_fn(16, 16, |x, y| image::Rgb([pixels[(y * 16 + x) as usize]; 3]));
        for (number, person) in people.iter().enumerate() {
            grey(&person.tile).save(tiles.join(format!("{number:05}.png"))).unwrap();
        }
        let target =
            RgbImage::from_fn(target.width(), target.height(), |x, y| image::Rgb([target.get_pixel(x, y).0[0]; 3]));
        target.save(folder.join("target.png")).unwrap();
        let side = CELL_PX.to_string();
        let mut prepare = Command::new("metapixel-prepare");
        prepare.args([&tiles, &prepared]).args(["--width", &side, "--height", &side]);
        assert!(succeeds(&mut prepare)?, "metapixel-prepare");
    }
    let out = folder.join(format!("mosaic-{distance}.png"));
    let mut run = Command::new("metapixel");
    run.arg("--metapixel").arg(folder.join("target.png")).arg(&out).arg("--library").arg(&prepared);
    let side = CELL_PX.to_string();
    run.args(["--width", &side, "--height", &side, "--distance", &distance.to_string()]);
    let began = Instant::now();
    assert!(succeeds(&mut run)?, "metapixel");
    println!("metapixel took {:.1} s", began.elapsed().as_secs_f64());
    Some(cells(&image::open(out).unwrap().to_luma8()))
}

fn succeeds(command: &mut Command) -> Option<bool> {
    match command.output() {
        Ok(output) => Some(output.status.success()),
        Err(error) => {
            println!("metapixel is not there ({error}): `apt install metapixel` puts its figures beside ours");
            None
        }
    }
}

/// Measures a library's people, and returns ours with repeats apart, and everybody as seldom as possible.
fn measured(name: &str, library: &Library) {
    let target = portrait(library);
    let people = people(library);
    let features: Vec<Features> = people.iter().map(|person| person.features).collect();
    let wanted = cells(&target);
    let of_cells: Vec<Features> = wanted.iter().map(Features::new).collect();
    let ours = |spacing: u32, repeats: Option<u32>| {
        let began = Instant::now();
        let options = MosaicOptions { columns: CELLS[0], repeats, spacing, seed: 1 };
        let mosaic = assign(&features, &of_cells, &options);
        let found: Vec<[u8; 16]> = mosaic.people.iter().map(|person| people[*person as usize].greys).collect();
        let quality = quality(&wanted, &found);
        let (count, apart, secs) = (people.len(), mosaic.spacing, began.elapsed().as_secs_f64());
        println!("{name}, {count} people, {apart} apart, repeats {repeats:?}: {}, in {secs:.2} s", told(&quality));
        quality
    };
    let [free, spread, seldom] = [ours(1, None), ours(5, None), ours(5, Some(1))];
    let most = most_psnr(&wanted, &people, wanted.len().div_ceil(people.len()));
    println!("{name}, the most at one value a cell with everybody about equally often: {most:.2} dB");
    assert!((most - 0.3..=most + 0.01).contains(&seldom[0][0]), "{seldom:?} of {most}");
    let folder = tempfile::tempdir().unwrap();
    for (distance, ours) in [(0, free), (5, spread)] {
        let Some(theirs) = metapixel(folder.path(), &people, &target, distance) else { break };
        let theirs = quality(&wanted, &theirs);
        println!("{name}, metapixel, {distance} apart: {}", told(&theirs));
        let is_better = ours.as_flattened().iter().zip(theirs.as_flattened()).all(|(ours, theirs)| ours > theirs);
        assert!(is_better, "{distance}: {ours:?}, {theirs:?}");
    }
    // Each a little less than the one before, and all of them the picture.
    assert!(free[1][0] >= spread[1][0] && spread[1][0] >= seldom[1][0], "{free:?} {spread:?} {seldom:?}");
    assert!(free[0][1] > 0.9 && spread[0][1] > 0.7 && seldom[0][1] > 0.6, "{free:?} {spread:?} {seldom:?}");
}

#[test]
fn invented_people_form_a_picture() {
    let temporary = tempfile::tempdir().unwrap();
    done(temporary.path(), "demo --count 3137 --library crowd --tile 64 --seed 4");
    measured("invented", &Library::open(&temporary.path().join("crowd")).unwrap());
}

#[test]
fn real_people_form_a_picture() {
    let Some(photos) = photos() else { return };
    let temporary = tempfile::tempdir().unwrap();
    let library = temporary.path().join("library");
    done(temporary.path(), &format!("ingest {} --library library --tile 64", photos.join("portraits").display()));
    measured("real", &Library::open(&library).unwrap());
}
