//! What the tile cache keeps.

use std::sync::Arc;
use std::time::Duration;

use super::super::shader_trial::Grey;
use super::super::slots::{LEFT_FRAMES, Level};
use super::super::wanted_tiles::WantedTiles;
use super::super::{Gpu, tiles::Tiles};
use glam::UVec2;
use millions_frame::{Layer, ScenePlan, WallLayer};
use millions_stage::ResolvedOutput;
use millions_wall::tile::TileLayout;
use millions_wall::tone::Look;
use millions_wall::{Deal, Motion, WallGrid};

fn wall(people: &[u32], rows: u32) -> ScenePlan {
    let grid = WallGrid { rows, aspect: 1.6, ..WallGrid::default() };
    let wall = Deal::new(people, grid, Motion::default(), 1).unwrap().plan(0.0);
    let (presence, reveal, stops, look) = (Vec::new(), Vec::new(), Vec::new(), Look::default());
    let rows = WallLayer { wall, presence, reveal, look, stops, intensity: 1.0, opacity: 1.0 };
    ScenePlan { layers: vec![Layer::Rows(rows)], intensity: 1.0 }
}

#[test]
fn a_tile_that_is_far_finer_than_it_is_shown_makes_room_in_time() {
    let gpu = Gpu::headless(None).expect("scripts/test installs a software driver");
    let mut tiles = Tiles::new(&gpu, Arc::new(Grey(TileLayout::new(256).unwrap())), 640 * 400, 1);
    let (people, resolved) = ((0..40).collect::<Vec<u32>>(), ResolvedOutput::plain(UVec2::new(640, 400)));
    let frame = |tiles: &mut Tiles, scene: &ScenePlan| {
        tiles.begin_submission();
        let mut wanted = WantedTiles::new(tiles.sampling());
        wanted.add(scene, &resolved.surfaces[0]);
        for layer in &scene.layers {
            if let Layer::Rows(rows) = layer {
                tiles.hold_rows(&rows.wall);
            }
        }
        let report = tiles.stream(&gpu, resolved.id, &wanted, &[]);
        gpu.queue.submit([]);
        gpu.wait().unwrap();
        report.below_wanted + report.missing
    };
    let until = |what: &str, is_done: &mut dyn FnMut() -> bool| {
        let done = (0..5000).any(|_| {
            std::thread::sleep(Duration::from_millis(1));
            is_done()
        });
        assert!(done, "{what}");
    };
    let [large, between, small] = [8, 6, 5].map(Level::of_log2);
    let (two_rows, twelve_rows) = (wall(&people, 2), wall(&people, 12));
    until("two rows", &mut || frame(&mut tiles, &two_rows) == 0);
    let seen: Vec<u32> = people.iter().copied().filter(|person| tiles.slots.contains(*person, large)).collect();
    assert!(!seen.is_empty());
    // A coarser tile comes in its place, though the finer one would do.
    until("twelve rows", &mut || {
        frame(&mut tiles, &twelve_rows) == 0 && seen.iter().all(|person| tiles.slots.contains(*person, small))
    });
    assert!(tiles.slots.needs_layer(between), "what was shown lately is kept");
    (0..=LEFT_FRAMES).for_each(|_| assert_eq!(frame(&mut tiles, &twelve_rows), 0));
    assert!(!tiles.slots.needs_layer(between), "the finer tiles were left");
    assert!(
        seen.iter().all(|person| tiles.slots.contains(*person, large)),
        "and stay for as long as nobody needs the room"
    );
}
