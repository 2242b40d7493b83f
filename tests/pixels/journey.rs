//! Tier 1: the journey from one person to everybody and to another, as it plays: no tile late, no seam, no pop.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::common::{NoPictures, Painted, demo_crowd, gpu, player};
use millions_frame::FramePlan;
use millions_gpu::{CANVAS_FORMAT, Canvas, Gpu, Renderer};
use millions_show::{Player, Portraits, find_scene};

const SIZE: (u32, u32) = (320, 180);

fn journey(people: u32) -> Player {
    Player::new((0..people).collect(), 0.8, f64::from(SIZE.0) / f64::from(SIZE.1), find_scene("journey").unwrap())
        .unwrap()
}

#[test]
fn no_tile_is_late_on_the_way_from_one_person_to_everybody_and_to_another() {
    let (gpu, player) = (gpu(), journey(3000));
    let crowd = Painted::new(3000, 64, |person, x, y| [(person * 37 + x * 2 + y) as u8; 3]);
    let canvas = Canvas::new(&gpu, SIZE.0, SIZE.1).unwrap();
    let mut renderer = Renderer::new(&gpu, crowd, CANVAS_FORMAT, SIZE.0, SIZE.1);
    renderer.draw_complete(&gpu, &player.frame(0.0), &canvas).unwrap();
    let mut late = Vec::new();
    // A virtual clock of 30 frames a second: to everybody, to another person, and on from there.
    for frame in 0..3300 {
        let (began, secs) = (Instant::now(), f64::from(frame) / 30.0);
        let report =
            renderer.draw_live(&gpu, &player.frame(secs), &player.prefetch(secs, 1.0, 0), &canvas).unwrap().tiles;
        // The first second reads everybody's floor.
        if secs > 1.0 && report.below_wanted + report.missing > 0 {
            late.push((secs, report));
        }
        assert!(report.texels <= 1 << 20, "{secs} s: {report:?}");
        // The workers have at least a few milliseconds, on a fast card too.
        std::thread::sleep(Duration::from_millis(8).saturating_sub(began.elapsed()).max(Duration::from_millis(2)));
    }
    assert!(late.is_empty(), "{} frames, the first {:?}", late.len(), &late[..late.len().min(3)]);
    assert_eq!(gpu.take_errors(), Vec::<String>::new());
}

/// The mean difference of each picture to the one before.
fn changes(gpu: &Gpu, renderer: &mut Renderer, plans: impl Iterator<Item = FramePlan>) -> Vec<f64> {
    let canvas = Canvas::new(gpu, SIZE.0, SIZE.1).unwrap();
    let mut before: Option<Vec<u8>> = None;
    let mut changes = Vec::new();
    for plan in plans {
        renderer.draw_complete(gpu, &plan, &canvas).unwrap();
        let now = canvas.read(gpu).unwrap();
        if let Some(before) = before.replace(now.clone()) {
            let sum: u64 = before.iter().zip(&now).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
            changes.push(sum as f64 / now.len() as f64);
        }
    }
    changes
}

/// No picture differs much more from the one before than those about it do.
fn assert_steady(changes: &[f64]) {
    for (index, around) in changes.windows(25).enumerate() {
        let mut sorted = around.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (change, median) = (around[12], sorted[12]);
        assert!(change < median * 1.3 + 0.05, "picture {}: {change:.2} where {median:.2} is usual", index + 12);
    }
}

#[test]
fn no_picture_of_it_pops() {
    let player = journey(3000);
    let gpu = gpu();
    let mut renderer = Renderer::new(&gpu, demo_crowd(3000), CANVAS_FORMAT, SIZE.0, SIZE.1);
    // From the first rest to the second, 36 pictures a second: seven octaves, and so seven changes of mip.
    let plans = (0..1800).map(|frame| player.frame(6.0 + f64::from(frame) / 36.0));
    assert_steady(&changes(&gpu, &mut renderer, plans));
}

#[test]
fn where_one_portrait_becomes_a_tile_of_the_next_is_no_seam_and_the_way_repeats() {
    let (gpu, crowd) = (gpu(), demo_crowd(1200));
    let text = "kind = \"mosaic\"\nportraits = 2\ntravel = 16\nrest = 0\nease = 0\n[look]\nexposure_matching = 0.25";
    let player = player(1200, SIZE, text).with_portraits(Portraits::new(crowd.clone(), Arc::new(NoPictures))).unwrap();
    let mut renderer = Renderer::new(&gpu, crowd, CANVAS_FORMAT, SIZE.0, SIZE.1);
    let plans = (0..=32 * 24).map(|frame| player.frame(f64::from(frame) / 24.0));
    assert_steady(&changes(&gpu, &mut renderer, plans));
    let canvas = Canvas::new(&gpu, SIZE.0, SIZE.1).unwrap();
    let mut picture = |secs: f64| {
        renderer.draw_complete(&gpu, &player.frame(secs), &canvas).unwrap();
        canvas.read(&gpu).unwrap()
    };
    let (first, again, other) = (picture(3.0), picture(35.0), picture(19.0));
    let largest = first.iter().zip(&again).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
    assert!(largest <= 3, "{largest}");
    assert_ne!(first, other);
}
