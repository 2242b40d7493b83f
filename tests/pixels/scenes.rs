//! Tier 3: every scene that the program carries, at three times and on walls of three shapes.
//!
//! A sheet a scene: the times below one another; of each time the wall at 16:9, below it a façade of 9:1, beside both a tower
//! of 1:4. `MILLIONS_BLESS=1 cargo test --test scenes` makes them anew: look at them before you commit. A missing one fails.

use std::path::PathBuf;
use std::sync::Arc;

use crate::common::{NoPictures, demo_crowd, gpu};
use millions::export::write_png;
use millions_gpu::{CANVAS_FORMAT, Canvas, Gpu, Renderer};
use millions_lettering::Fonts;
use millions_show::{Biography, Player, Portraits, Scene};
use millions_wall::tile::TileSource;

const PEOPLE: u64 = 160;
const TIMES: [f64; 3] = [1.5, 7.0, 26.0];
/// Width and height, and where on the sheet.
const WALLS: [((u32, u32), (u32, u32)); 3] = [((192, 108), (0, 0)), ((192, 22), (0, 108)), ((32, 130), (192, 0))];
const SHEET: (u32, u32) = (224, 130);
/// Levels by which a pixel may differ, and pixels that may be further off: fewer than the smallest tile that can be told
/// from another has.
const LEVELS: u8 = 10;
const OUTLIERS: usize = 40;

fn told(person: u32) -> Biography {
    let names = ["Anna Lindqvist", "ليلى حداد", "Дмитрий Орлов", "", "山田 太郎"];
    let quotes = ["We are here.", "نحن ملايين", "", "Somos milhões", "一人ひとり"];
    let place = if person.is_multiple_of(2) { "Oslo" } else { "São Paulo" };
    let [name, quote] = [names, quotes].map(|texts| texts[person as usize % texts.len()].into());
    Biography { name, place: place.into(), quote }
}

fn player(scene: &Scene, crowd: &Arc<dyn TileSource>, aspect: f64) -> Player {
    let people: Vec<u32> = (0..PEOPLE as u32).collect();
    let mut player = Player::new(people.clone(), f64::from(millions_demo::ASPECT), aspect, scene.clone())
        .and_then(|player| player.featuring([3, 30, 60, 90]))
        .and_then(|player| player.with_portraits(Portraits::new(crowd.clone(), Arc::new(NoPictures))))
        .unwrap();
    player.set_biographies(people.into_iter().map(|person| (person, told(person))));
    player
}

/// The sheet of a scene: R, G, B, A.
fn sheet(gpu: &Gpu, crowd: &Arc<dyn TileSource>, scene: &Scene) -> Vec<u8> {
    let mut sheet = vec![0; (SHEET.0 * SHEET.1 * 4) as usize * TIMES.len()];
    for ((width, height), (left, top)) in WALLS {
        let player = player(scene, crowd, f64::from(width) / f64::from(height));
        let canvas = Canvas::new(gpu, width, height).unwrap();
        let mut renderer = Renderer::new(gpu, crowd.clone(), CANVAS_FORMAT, width, height).with_fonts(Fonts::bundled());
        for (number, time) in (0..).zip(TIMES) {
            renderer.draw_complete(gpu, &player.frame(time), &canvas).unwrap();
            let pixels = canvas.read(gpu).unwrap();
            for (y, line) in (0..).zip(pixels.chunks_exact(width as usize * 4)) {
                let start = (((number * SHEET.1 + top + y) * SHEET.0 + left) * 4) as usize;
                sheet[start..start + line.len()].copy_from_slice(line);
            }
        }
    }
    sheet
}

#[test]
fn every_scene_looks_as_it_did() {
    let (gpu, crowd) = (gpu(), demo_crowd(PEOPLE));
    let crowd: Arc<dyn TileSource> = crowd;
    let mut wrong = Vec::new();
    for scene in Scene::embedded().unwrap() {
        let got = sheet(&gpu, &crowd, &scene);
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/scene-{}.png", scene.id));
        let (width, height) = (SHEET.0, SHEET.1 * TIMES.len() as u32);
        if std::env::var_os("MILLIONS_BLESS").is_some() {
            // Most are grey, and a third of the size.
            let rgba = image::RgbaImage::from_raw(width, height, got.clone()).unwrap();
            let picture = image::DynamicImage::from(rgba);
            let is_grey = got.chunks(4).all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2]);
            let saved = if is_grey { picture.into_luma8().save(&path) } else { picture.into_rgb8().save(&path) };
            saved.unwrap();
        }
        let golden = image::open(&path).unwrap_or_else(|error| panic!("no golden of {}: {error}", scene.id)).to_rgba8();
        let far = |(a, b): (&[u8], &[u8])| a[..3].iter().zip(b).any(|(a, b)| a.abs_diff(*b) > LEVELS);
        let outliers = golden.as_raw().chunks(4).zip(got.chunks(4)).filter(|pair| far(*pair)).count();
        if outliers > OUTLIERS {
            let seen = std::env::temp_dir().join(format!("millions-scene-{}.png", scene.id));
            write_png(&seen, &got, width, height).unwrap();
            wrong.push(format!("{}: {outliers} pixels differ; see {}", scene.id, seen.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(gpu.take_errors(), Vec::<String>::new());
}

#[test]
fn every_scene_is_there_with_thirty_people_and_with_a_hundred_thousand() {
    for scene in Scene::embedded().unwrap() {
        for people in [30, 100_000] {
            let player = Player::new((0..people).collect(), 0.8, 16.0 / 9.0, scene.clone()).unwrap();
            for time in [0.0, 5.0, 1.7e9] {
                let plan = player.frame(time);
                assert_eq!(plan, player.frame(time));
                let shows_people = plan.people().iter().all(|person| *person < people);
                assert!(shows_people, "{} of {people} at {time}", scene.id);
                let is_dark = plan.scene.layers.is_empty();
                assert_eq!(is_dark, scene.id == "black", "{} of {people} at {time}", scene.id);
            }
        }
    }
}
