//! Tier 1: sources that panic. A fault costs the tile or picture that it is of, and nothing waits for it for ever.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::common::{Painted, Picture, gpu, grey, player, still};
use millions_frame::{FramePlan, Layer, Prefetch};
use millions_gpu::{Bitmap, CANVAS_FORMAT, Canvas, DrawMode, OutputFrame, Overlay, Plans, Renderer, StillImages};
use millions_stage::ResolvedOutput;
use millions_wall::tile::{TileLayout, TileSource};

const SIZE: (u32, u32) = (256, 160);

/// Tiles of which one has a decoder that panics.
struct OnePanics(Arc<Painted>);

impl TileSource for OnePanics {
    fn layout(&self) -> &TileLayout {
        self.0.layout()
    }
    fn read_tile(&self, number: u32, prefix: &mut [u8]) -> io::Result<()> {
        assert_ne!(number, 7, "a decoder that panics");
        self.0.read_tile(number, prefix)
    }
    fn read_floors(&self, first: u32, floors: &mut [u8]) -> io::Result<()> {
        self.0.read_floors(first, floors)
    }
}

#[test]
fn a_tile_whose_decoder_panics_is_dark_and_the_others_are_drawn() {
    let gpu = gpu();
    let plan = player(40, SIZE, "rows = 4\nspeed = 0.0\ngap = 0.0").frame(0.0);
    assert!(plan.wall().unwrap().wall.people().contains(&7), "they are on this wall");
    let canvas = Canvas::new(&gpu, SIZE.0, SIZE.1).unwrap();
    let mut renderer = Renderer::new(&gpu, Arc::new(OnePanics(Painted::greys(40))), CANVAS_FORMAT, SIZE.0, SIZE.1);
    // More often than there are workers.
    for _ in 0..2 {
        let report = renderer.draw_complete(&gpu, &plan, &canvas).unwrap();
        assert_eq!((report.tiles.below_wanted, report.tiles.missing), (0, 1));
    }
}

/// Pictures: of one the decoder panics, of all others there is a white one.
struct BadIsBroken;

impl StillImages for BadIsBroken {
    fn frames(&self, _: &Path) -> io::Result<u64> {
        Ok(1)
    }
    fn frame(&self, file: &Path, _: u64) -> io::Result<Bitmap> {
        assert_ne!(file, Path::new("bad"), "a decoder that panics");
        Ok(Bitmap { width: 2, height: 2, rgba: vec![255; 16] })
    }
}

fn still_of(file: &str) -> FramePlan {
    let mut plan = still();
    let Layer::Still(layer) = &mut plan.scene.layers[0] else { panic!("a still") };
    layer.file = Path::new(file).into();
    plan
}

#[test]
fn a_still_whose_decoder_panics_does_not_hold_up_the_next() {
    let gpu = gpu();
    let canvas = Canvas::new(&gpu, SIZE.0, SIZE.1).unwrap();
    let renderer = Renderer::new(&gpu, Painted::greys(1), CANVAS_FORMAT, SIZE.0, SIZE.1);
    let mut renderer = renderer.with_stills(Arc::new(BadIsBroken));
    let (resolved, target) = (ResolvedOutput::plain(SIZE.into()), canvas.view());
    let (prefetch, overlay) = (&Prefetch::default(), &Overlay::default());
    let [bad, good] = ["bad", "good"].map(still_of);
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut is_white = false;
    while !is_white {
        assert!(Instant::now() < deadline, "the worker is gone");
        for plan in [&bad, &good] {
            let frame = OutputFrame { plans: Plans::of_wall(plan), prefetch, resolved: &resolved, overlay };
            renderer.draw(&gpu, &frame, &target, DrawMode::Live);
        }
        is_white = canvas.read(&gpu).unwrap()[0] > 200;
    }
}

/// Tiles of which one is another's from some time on.
struct OneChanges(Arc<Painted>, AtomicBool);

impl TileSource for OneChanges {
    fn layout(&self) -> &TileLayout {
        self.0.layout()
    }
    fn read_tile(&self, number: u32, prefix: &mut [u8]) -> io::Result<()> {
        let changes = number == 7 && self.1.load(Ordering::Relaxed);
        self.0.read_tile(if changes { 39 } else { number }, prefix)
    }
}

#[test]
fn a_number_that_is_given_to_somebody_else_shows_nobody_else() {
    let gpu = gpu();
    let source = Arc::new(OneChanges(Painted::greys(40), AtomicBool::new(false)));
    let canvas = Canvas::new(&gpu, 200, 120).unwrap();
    // Large tiles, and some that are no larger than a floor.
    for rows in [2, 20] {
        source.1.store(false, Ordering::Relaxed);
        let plan = player(12, (200, 120), &format!("rows = {rows}\nspeed = 0.0\ngap = 0.0")).frame(0.0);
        let wall = &plan.wall().unwrap().wall;
        let (row, column) = wall.find(7).unwrap();
        let middle = (wall.middle(&wall.rows[row], column) * 120.0).as_uvec2();
        let mut renderer = Renderer::new(&gpu, source.clone(), CANVAS_FORMAT, 200, 120);
        let seen = |renderer: &mut Renderer| {
            renderer.draw_complete(&gpu, &plan, &canvas).unwrap();
            Picture { pixels: canvas.read(&gpu).unwrap(), width: 200 }.at(middle.x.min(199), middle.y)[0]
        };
        let close = |seen: u8, person: u32| seen.abs_diff(grey(person)) <= 1;
        assert!(close(seen(&mut renderer), 7));
        source.1.store(true, Ordering::Relaxed);
        renderer.retire_portraits(&[7]);
        assert_eq!(seen(&mut renderer), 0, "who is gone is dark, though the plan has them");
        renderer.renew_portraits(&[7]);
        assert!(close(seen(&mut renderer), 39), "{rows} rows");
    }
}
