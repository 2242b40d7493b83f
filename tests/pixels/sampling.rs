//! Tier 1: how sharp and how still the wall's faces are, from a few pixels to more than their tiles have, against the mean of
//! 16 samples a pixel.

use std::sync::Arc;

use crate::common::{Picture, demo_crowd, gpu, picture, player};
use millions_frame::Layer;
use millions_gpu::Gpu;
use millions_wall::tile::TileSource;

const WIDTH: u32 = 480;
const HEIGHT: u32 = 288;
const PEOPLE: u32 = 400;

/// The grey of a wall of some rows at a time, at a multiple of its size, each pixel the mean of its samples.
fn wall(gpu: &Gpu, tiles: &Arc<dyn TileSource>, [rows, zooms]: [u32; 2], secs: f64, samples: u32) -> Vec<f64> {
    let mut plan = player(PEOPLE, (WIDTH, HEIGHT), &format!("rows = {rows}\ngap = 0.0\nspeed = 0.25\nvariation = 0.0"))
        .frame(secs);
    let Some(Layer::Rows(layer)) = plan.scene.layers.first_mut() else { panic!("no wall") };
    layer.wall.zooms = zooms > 0 && samples == 1;
    let Picture { pixels, width } = picture(gpu, tiles.clone(), &plan, (WIDTH * samples, HEIGHT * samples));
    let value = |x: u32, y: u32| f64::from(pixels[((y * width + x) * 4) as usize]);
    let means = (0..WIDTH * HEIGHT).map(|index| {
        let (x, y) = (index % WIDTH * samples, index / WIDTH * samples);
        let sum: f64 = (0..samples * samples).map(|at| value(x + at % samples, y + at / samples)).sum();
        sum / f64::from(samples * samples)
    });
    means.collect()
}

fn mean_square(differences: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = differences.len() as f64;
    differences.map(|difference| difference * difference).sum::<f64>() / count
}

/// Peak signal-to-noise ratio in dB, and flicker: how much more of a pixel changes in a scroll by a quarter of a pixel than
/// does with 16 samples, in levels (root mean square).
fn measure(gpu: &Gpu, tiles: &Arc<dyn TileSource>, rows: u32, zooms: bool) -> (f64, f64) {
    // Cells a second are the same for all; a cell is 0.8 of a row wide.
    let cell_px = f64::from(HEIGHT) / f64::from(rows) * 0.8;
    let later = 3.3 + 0.25 / (0.25 * cell_px);
    let [(now, now_ideal), (then, then_ideal)] =
        [3.3, later].map(|secs| [1, 4].map(|samples| wall(gpu, tiles, [rows, u32::from(zooms)], secs, samples)).into());
    let error = mean_square(now.iter().zip(&now_ideal).map(|(got, ideal)| got - ideal));
    let changes = then.iter().zip(&now).zip(then_ideal.iter().zip(&now_ideal));
    let flicker =
        mean_square(changes.map(|((then, now), (then_ideal, now_ideal))| then - now - (then_ideal - now_ideal)));
    (10.0 * (255.0 * 255.0 / error).log10(), flicker.sqrt())
}

/// What tiles give that are resampled by Catmull–Rom to exactly the size at which they stand and read once a pixel, the
/// sharpest that costs one sample: rows, dB, flicker.
const RESAMPLED: [(u32, f64, f64); 11] = [
    (72, 22.6, 17.2),
    (48, 22.3, 15.5),
    (36, 23.3, 13.9),
    (32, 23.7, 12.5),
    (18, 24.7, 10.9),
    (17, 23.0, 10.7),
    (9, 27.2, 8.1),
    (8, 29.2, 7.4),
    (5, 30.6, 5.4),
    (4, 33.3, 4.7),
    (2, 36.9, 3.2),
];

#[test]
fn faces_of_all_sizes_are_sharp_and_still() {
    let tiles: Arc<dyn TileSource> = demo_crowd(PEOPLE.into());
    // The software rasteriser's single sample is softer where a tile has just more pixels than texels, and nowhere else.
    for (gpu, softer_db, flickers) in [(gpu().with_supersampling(true), 0.0, 1.05), (gpu(), 2.4, 1.15)] {
        for (rows, resampled_db, resampled_flicker) in RESAMPLED {
            let (psnr, flicker) = measure(&gpu, &tiles, rows, false);
            let height = f64::from(HEIGHT) / f64::from(rows);
            println!(
                "{height:5.1} px: {psnr:.1} dB, flicker {flicker:.1}; resampled {resampled_db:.1} dB, {resampled_flicker:.1}"
            );
            assert!(psnr > resampled_db - softer_db, "{height:.1} px: {psnr:.1} dB against {resampled_db:.1}");
            assert!(
                flicker < resampled_flicker * flickers + 0.1,
                "{height:.1} px: {flicker:.1} against {resampled_flicker:.1}"
            );
        }
    }
}

#[test]
fn a_zoom_is_no_softer_than_a_wall_that_stands() {
    let tiles: Arc<dyn TileSource> = demo_crowd(PEOPLE.into());
    for gpu in [gpu().with_supersampling(true), gpu()] {
        // Where a mip is left for the next, and between.
        for rows in [58, 44, 31, 30, 29, 22, 15, 14, 11, 7, 6] {
            let [(standing, _), (zooming, flicker)] = [false, true].map(|zooms| measure(&gpu, &tiles, rows, zooms));
            let height = f64::from(HEIGHT) / f64::from(rows);
            println!("{height:5.1} px: {zooming:.1} dB, flicker {flicker:.1}; standing {standing:.1} dB");
            assert!(zooming > standing - 0.5, "{height:.1} px: {zooming:.1} dB against {standing:.1}");
        }
    }
}
