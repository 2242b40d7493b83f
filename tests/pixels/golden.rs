//! Tier 3: a few golden pictures of the demo crowd.
//!
//! The goldens are small, made by the program itself, and were looked at. `MILLIONS_BLESS=1 cargo test --test golden`
//! makes them anew: look at them before you commit. A missing one fails.
//!
//! What may differ between drivers is the last steps of a bilinear sample and the pattern of the dither: a few levels
//! everywhere. A wrong face differs by dozens of levels over most of a tile, so what may be further off is less than a
//! quarter of the smallest tile.

use std::path::PathBuf;

use crate::common::{Picture, demo_crowd, gpu, picture, scene};
use millions::export::write_png;
use millions_show::{Player, Scene};

const SIZE: (u32, u32) = (384, 216);
const PEOPLE: u64 = 90;
/// Levels by which a pixel may differ.
const LEVELS: u8 = 8;

fn player(scene: Scene) -> Player {
    let aspect = f64::from(SIZE.0) / f64::from(SIZE.1);
    Player::new((0..PEOPLE as u32).collect(), f64::from(millions_demo::ASPECT), aspect, scene).unwrap()
}

/// Pixels that are off by more than [`LEVELS`], against the budget for a wall of that many rows.
fn outliers(one: &Picture, other: &Picture) -> usize {
    let far = |(a, b): (&[u8], &[u8])| a.iter().zip(b).any(|(a, b)| a.abs_diff(*b) > LEVELS);
    one.pixels.chunks(4).zip(other.pixels.chunks(4)).filter(|pair| far(*pair)).count()
}

fn budget(rows: u32) -> usize {
    let height = SIZE.1 / rows;
    (height * height * 4 / 5 / 4) as usize
}

fn compare(name: &str, rows: u32, got: &Picture) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.png"));
    if std::env::var_os("MILLIONS_BLESS").is_some() {
        write_png(&path, &got.pixels, SIZE.0, SIZE.1).unwrap();
    }
    let golden = image::open(&path).unwrap_or_else(|error| panic!("no golden {name}: {error}")).to_rgba8();
    let golden = Picture { pixels: golden.into_raw(), width: SIZE.0 };
    let outliers = outliers(&golden, got);
    if outliers > budget(rows) {
        let seen = std::env::temp_dir().join(format!("millions-golden-{name}.png"));
        write_png(&seen, &got.pixels, SIZE.0, SIZE.1).unwrap();
        panic!("{name}: {outliers} pixels differ, {} may; see {}", budget(rows), seen.display());
    }
}

#[test]
fn the_demo_crowd_looks_as_it_did() {
    let (gpu, crowd) = (gpu(), demo_crowd(PEOPLE));
    let toned = "rows = 2\nspeed = 0.3\nseed = 5\n[look]\ncolor = 1.0\nvignette = 0.6\ntint = [1.0, 0.9, 0.8]";
    let cases = [
        ("rows", 4, "rows = 4\nspeed = 0.3\ngap = 0.03\n[look]\ncontrast = 0.4"),
        ("colour", 2, toned),
        ("small", 9, "rows = 9\ndirection = \"mixed\"\nvariation = 1.0"),
        ("silver", 2, "rows = 2\n[look]\nbase = \"silver\""),
        ("newsprint", 2, "rows = 2\n[look]\nbase = \"newsprint\"\ndots = 24"),
        ("street", 2, "rows = 2\n[look]\nbase = \"street\""),
        ("stencil", 2, "rows = 2\n[look]\nbase = \"stencil\""),
        // Half-way through the turn: some as contributed, some in one light.
        ("reveal", 3, "rows = 3\n[look]\nbase = \"silver\"\n[reveal]\ncontributed = 8.3\nturn = 8.0\ntogether = 30.0"),
    ];
    for (name, rows, text) in cases {
        compare(name, rows, &picture(&gpu, crowd.clone(), &player(scene(text)).frame(12.3), SIZE));
    }
}

#[test]
fn one_wrong_face_is_found() {
    let (gpu, crowd) = (gpu(), demo_crowd(PEOPLE));
    for rows in [4, 9] {
        let mut plan = player(scene(&format!("rows = {rows}"))).frame(1.0);
        let right = picture(&gpu, crowd.clone(), &plan, SIZE);
        let millions_frame::Layer::Rows(layer) = &mut plan.scene.layers[0] else { panic!("no wall") };
        let row = &mut layer.wall.rows[1];
        let (cells, place) = (std::sync::Arc::make_mut(&mut row.cells), row.start + 2);
        let place = place % cells.len();
        cells[place] = (cells[place] + 1) % PEOPLE as u32;
        let wrong = picture(&gpu, crowd.clone(), &plan, SIZE);
        assert!(outliers(&right, &wrong) > budget(rows), "{rows} rows: {}", outliers(&right, &wrong));
    }
}
