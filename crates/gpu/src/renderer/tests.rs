//! What the renderer keeps from frame to frame.

use std::io;
use std::sync::Arc;

use glam::{DVec2, UVec2};

use super::super::resources::CREATED_TEXTURES;
use super::super::shader_trial::Grey;
use super::super::tile_textures::{LAYER_BYTES, MOST_LAYERS};
use super::super::{CANVAS_FORMAT, Canvas, Gpu, OperatorText, Overlay, ShaderSet};
use super::{DrawMode, OutputFrame, Plans, Renderer};
use millions_frame::{
    Align, Fill, FramePlan, Layer, Outgoing, Prefetch, ScenePlan, TextPlacement, TransitionProgress, WallLayer,
    WordsLayer,
};
use millions_stage::{OutputMask, ResolvedOutput};
use millions_wall::tile::{TileLayout, TileSource};
use millions_wall::tone::Look;
use millions_wall::{Deal, Motion, WallGrid};

/// A library of nobody.
struct Nobody(TileLayout);

impl TileSource for Nobody {
    fn layout(&self) -> &TileLayout {
        &self.0
    }
    fn read_tile(&self, _: u32, _: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::NotFound.into())
    }
    fn read_floors(&self, _: u32, _: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::NotFound.into())
    }
}

/// Two layers of words: letters of light, and letters that people show through.
fn words() -> FramePlan {
    let layer = |fill: Fill| {
        let area = [DVec2::splat(0.1), DVec2::splat(0.9)];
        let text = TextPlacement::Stand {
            text: "we are millions".into(),
            area,
            align: Align::Centre,
            zoom: 1.0,
            is_said: false,
        };
        Layer::Words(WordsLayer { text, fill, look: Look::default(), font: None, opacity: 1.0, intensity: 1.0 })
    };
    FramePlan {
        time_secs: 0.0,
        outgoing: None,
        scene: ScenePlan { layers: vec![layer(Fill::Solid), layer(Fill::Faces)], intensity: 1.0 },
        progress: TransitionProgress::Complete,
        step_wedge: false,
        intensity: 1.0,
    }
}

/// An output whose surface has an output mask of its own.
fn masked(size: UVec2) -> ResolvedOutput {
    let mut resolved = ResolvedOutput::plain(size);
    let texels = vec![u32::MAX; (size.x * size.y) as usize];
    resolved.surfaces[0].mask = Some(Arc::new(OutputMask { origin: UVec2::ZERO, size, texels }));
    resolved
}

#[test]
fn outputs_of_different_sizes_create_no_texture_after_the_first_round() {
    let gpu = Gpu::headless(None).expect("scripts/test installs a software driver");
    let folder = tempfile::tempdir().unwrap();
    let effect = folder.path().join("negative.wgsl");
    std::fs::write(&effect, "fn effect(p: vec2f) -> vec3f { return 1.0 - picture(p); }").unwrap();
    let effects = ShaderSet::read(None, &[effect.clone(), effect]).unwrap();
    let plan = words();
    // Two of one size with masks of their own, and another size.
    let outputs = [masked(UVec2::new(96, 64)), masked(UVec2::new(96, 64)), ResolvedOutput::plain(UVec2::new(64, 80))];
    let caption = Some(OperatorText { lines: vec![["which output is this".to_owned(), String::new()]] });
    let overlay = Overlay { caption, magnified: Some(DVec2::splat(20.0)), ..Overlay::default() };
    for (what, shaders) in [("without effects", ShaderSet::default()), ("with effects", effects)] {
        let source = Arc::new(Nobody(TileLayout::new(32).unwrap()));
        let mut renderer = Renderer::new(&gpu, source, CANVAS_FORMAT, 96, 64).with_shaders(&gpu, &shaders).unwrap();
        let canvases = outputs.each_ref().map(|output| Canvas::new(&gpu, output.size.x, output.size.y).unwrap());
        let mut round = || {
            let created = CREATED_TEXTURES.get();
            for (resolved, canvas) in outputs.iter().zip(&canvases) {
                let (plans, prefetch) = (Plans::of_wall(&plan), &Prefetch::default());
                let frame = OutputFrame { plans, prefetch, resolved, overlay: &overlay };
                renderer.draw(&gpu, &frame, &canvas.view(), DrawMode::Live);
            }
            CREATED_TEXTURES.get() - created
        };
        assert!(round() > 0, "{what}: the first round creates them");
        for _ in 0..5 {
            assert_eq!(round(), 0, "{what}: and no other");
        }
        assert_eq!(gpu.take_errors(), Vec::<String>::new());
    }
}

#[test]
fn a_budget_holds_for_more_people_and_larger_faces_than_it_is_enough_for() {
    for layers in [2, 4] {
        let gpu = Gpu::headless(None).expect("scripts/test installs a software driver");
        let gpu = gpu.with_memory_budget(Some(LAYER_BYTES * layers));
        let canvas = Canvas::new(&gpu, 320, 200).unwrap();
        let mut renderer = Renderer::new(&gpu, Arc::new(Grey(TileLayout::new(64).unwrap())), CANVAS_FORMAT, 1920, 1080);
        // Floors of 200,000 take four layers, and each of these walls a level of its own.
        let people: Vec<u32> = (0..200_000).collect();
        for rows in [1, 3, 6, 12, 200, 1] {
            let grid = WallGrid { rows, aspect: 1.6, ..WallGrid::default() };
            let wall = Deal::new(&people, grid, Motion::default(), 1).unwrap().plan(0.0);
            let (presence, reveal, look) = (Vec::new(), Vec::new(), Look::default());
            let rows = Layer::Rows(WallLayer {
                wall,
                presence,
                reveal,
                look,
                stops: Vec::new(),
                intensity: 1.0,
                opacity: 1.0,
            });
            let plan = FramePlan { scene: ScenePlan { layers: vec![rows], intensity: 1.0 }, ..words() };
            renderer.draw_complete(&gpu, &plan, &canvas).unwrap();
            renderer.draw_live(&gpu, &plan, &Prefetch::default(), &canvas).unwrap();
            assert!(
                u64::from(renderer.tiles.textures().layers()) <= layers,
                "{rows:?} rows of {layers} layers",
                rows = grid.rows
            );
        }
        assert_eq!(gpu.take_errors(), Vec::<String>::new());
    }
}

#[test]
fn no_draw_of_the_past_keeps_what_the_tile_cache_was_before_it_grew() {
    let gpu = Gpu::headless(None).expect("scripts/test installs a software driver");
    let canvas = Canvas::new(&gpu, 640, 400).unwrap();
    let mut renderer = Renderer::new(&gpu, Arc::new(Grey(TileLayout::new(64).unwrap())), CANVAS_FORMAT, 640, 400);
    let rows = || rows_in(Look::default()).layers;
    let of = |layers| FramePlan { scene: ScenePlan { layers, intensity: 1.0 }, ..words() };
    // A transition: two walls at once.
    renderer.draw_complete(&gpu, &of([rows(), rows()].concat()), &canvas).unwrap();
    let before = renderer.tiles.textures().layers();
    let people: Vec<u32> = (0..200_000).collect();
    let grid = WallGrid { rows: 200, aspect: 1.6, ..WallGrid::default() };
    let wall = Deal::new(&people, grid, Motion::default(), 1).unwrap().plan(0.0);
    let mut many = rows();
    if let [Layer::Rows(rows)] = &mut many[..] {
        rows.wall = wall;
    }
    for _ in 0..2 {
        renderer.draw_complete(&gpu, &of(many.clone()), &canvas).unwrap();
    }
    assert!(renderer.tiles.textures().layers() > before);
    assert_eq!(renderer.wall.outdated(), 0);
    assert_eq!(gpu.take_errors(), Vec::<String>::new());
}

/// People each of one grey, alike only to few others.
struct Greys(TileLayout);

/// Fills blocks with one value: both endpoints of BC4, and the index of the first.
fn fill_with_grey(blocks: &mut [u8], portrait: u32) {
    let grey = 40 + (portrait.wrapping_mul(0x9e37_79b1) >> 25) as u8;
    blocks.chunks_exact_mut(8).for_each(|block| block.copy_from_slice(&[grey, grey, 0, 0, 0, 0, 0, 0]));
}

impl TileSource for Greys {
    fn layout(&self) -> &TileLayout {
        &self.0
    }
    fn read_tile(&self, portrait: u32, prefix: &mut [u8]) -> io::Result<()> {
        fill_with_grey(prefix, portrait);
        Ok(())
    }
    fn read_floors(&self, first: u32, floors: &mut [u8]) -> io::Result<()> {
        let floors = floors.chunks_mut(TileLayout::floor().stride());
        (first..).zip(floors).for_each(|(portrait, floor)| fill_with_grey(floor, portrait));
        Ok(())
    }
}

#[test]
fn while_the_tile_cache_grows_the_wall_shows_who_is_there_and_nobody_else() {
    let gpu = Gpu::headless(None).expect("scripts/test installs a software driver");
    let canvas = Canvas::new(&gpu, 480, 300).unwrap();
    let greys = || Arc::new(Greys(TileLayout::new(64).unwrap()));
    let renderer = || Renderer::new(&gpu, greys(), CANVAS_FORMAT, 480, 300);
    // Three layers of floors, and a few larger tiles that are there before.
    let (few, many) = (wall_of(40, 3), wall_of(140_000, 75));
    let mut complete = |plan| {
        renderer().draw_complete(&gpu, plan, &canvas).unwrap();
        canvas.read(&gpu).unwrap()
    };
    let [last_of_few, last_of_many] = [&few, &many].map(&mut complete);
    let mut live = renderer();
    let (mut growing, mut pictures) = (0, 0);
    for (plan, last) in [(&few, last_of_few), (&many, last_of_many)] {
        loop {
            let report = live.draw_live(&gpu, plan, &Prefetch::default(), &canvas).unwrap().tiles;
            growing += usize::from(live.tiles.textures().is_growing());
            let picture = canvas.read(&gpu).unwrap();
            // Who is not there yet is dark.
            let wrong = picture.iter().zip(&last).filter(|(now, last)| **now > last.saturating_add(3)).count();
            assert_eq!(wrong, 0, "of picture {pictures}");
            pictures += 1;
            assert!(pictures < 2000, "{report:?}");
            if report.below_wanted + report.missing == 0 && picture.iter().zip(&last).all(|(a, b)| a.abs_diff(*b) <= 3)
            {
                break;
            }
        }
    }
    assert!(growing >= 3 && live.tiles.textures().layers() >= 11, "{growing} frames");
    assert_eq!(gpu.take_errors(), Vec::<String>::new());
}

fn wall_of(people: u32, rows: u32) -> FramePlan {
    let look = Look { exposure_matching: 1.0, color: 0.0, ..Look::default() };
    FramePlan { scene: rows_of(people, rows, look), ..words() }
}

#[test]
fn where_the_driver_refuses_the_memory_everybody_is_shown_from_what_it_gives() {
    let gpu = Gpu::headless(None).expect("scripts/test installs a software driver");
    let canvas = Canvas::new(&gpu, 480, 300).unwrap();
    let greys = || Arc::new(Greys(TileLayout::new(64).unwrap()));
    // Three layers of floors, and of larger tiles what is left; 11 are asked for at first.
    let (many, few) = (wall_of(140_000, 75), wall_of(140_000, 6));
    MOST_LAYERS.set(6);
    for is_live in [false, true] {
        let mut renderer = Renderer::new(&gpu, greys(), CANVAS_FORMAT, 480, 300);
        for plan in [&many, &few, &many] {
            let shown = (0..2000).find(|_| {
                let report = match is_live {
                    true => renderer.draw_live(&gpu, plan, &Prefetch::default(), &canvas),
                    false => renderer.draw_complete(&gpu, plan, &canvas),
                };
                let tiles = report.unwrap().tiles;
                tiles.missing + tiles.below_wanted == 0
            });
            assert!(shown.is_some_and(|frames| is_live || frames == 0));
        }
        let layers = renderer.tiles.textures().layers();
        assert!((4..=6).contains(&layers), "{layers}");
    }
    MOST_LAYERS.set(u32::MAX);
    assert_eq!(gpu.take_errors(), Vec::<String>::new());
}

/// A few people in rows.
fn rows_in(look: Look) -> ScenePlan {
    rows_of(40, 3, look)
}

fn rows_of(people: u32, rows: u32, look: Look) -> ScenePlan {
    let people: Vec<u32> = (0..people).collect();
    let grid = WallGrid { rows, aspect: 1.6, ..WallGrid::default() };
    let wall = Deal::new(&people, grid, Motion::default(), 1).unwrap().plan(0.0);
    let (presence, reveal, stops) = (Vec::new(), Vec::new(), Vec::new());
    let rows = WallLayer { wall, presence, reveal, look, stops, intensity: 1.0, opacity: 1.0 };
    ScenePlan { layers: vec![Layer::Rows(rows)], intensity: 1.0 }
}

#[test]
fn pipelines_are_compiled_before_a_key_needs_them_and_no_others() {
    let gpu = Gpu::headless(None).expect("scripts/test installs a software driver");
    let canvas = Canvas::new(&gpu, 64, 40).unwrap();
    let mut renderer = Renderer::new(&gpu, Arc::new(Grey(TileLayout::new(64).unwrap())), CANVAS_FORMAT, 64, 40);
    let plain = Look { exposure_matching: 1.0, color: 0.0, ..Look::default() };
    let [grain, dots] = [Look { grain: 0.3, ..plain }, Look { halftone: 0.8, clarity: 0.5, ..plain }];
    let shot = Look { exposure_matching: 0.0, color: 1.0, ..plain };
    let plan = FramePlan { scene: rows_in(plain), ..words() };
    let cueable = vec![rows_in(grain)];
    let prefetch = Prefetch { cueable, looks: vec![dots, shot], ..Prefetch::default() };
    while {
        renderer.draw_live(&gpu, &plan, &prefetch, &canvas).unwrap();
        renderer.is_compiling()
    } {
        std::thread::yield_now();
    }
    let ahead = renderer.wall.compiled();
    assert!(
        (17..=27).contains(&ahead),
        "three for each of five to seven shadings, one for those that sliders bring: {ahead}"
    );
    let fade = |scene: ScenePlan| FramePlan {
        outgoing: Some(Outgoing::Live(rows_in(plain))),
        scene,
        progress: TransitionProgress::Fade(0.5),
        ..words()
    };
    let mut people_come = rows_in(plain);
    if let Some(Layer::Rows(rows)) = people_come.layers.first_mut() {
        rows.presence = vec![0.5; rows.wall.cell_count()];
    }
    let still = |scene: ScenePlan| FramePlan { scene, ..words() };
    let next = [fade(rows_in(grain)), still(rows_in(grain)), still(people_come)];
    let looks = [dots, shot].map(|look| [plain.toward(&look, 0.1), plain.toward(&look, 0.9), look]);
    let [lifted, coloured] = [Look { gamma: 1.4, ..plain }, Look { color: 0.2, ..plain }];
    for plan in next
        .into_iter()
        .chain(looks.into_iter().chain([[plain, lifted, coloured]]).flatten().map(|look| still(rows_in(look))))
    {
        renderer.draw_complete(&gpu, &plan, &canvas).unwrap();
        assert_eq!(renderer.wall.compiled(), ahead, "nothing is compiled while a frame waits");
    }
    assert_eq!(gpu.take_errors(), Vec::<String>::new());
}

#[test]
fn an_output_that_changes_is_prepared_before_its_frame() {
    let gpu = Gpu::headless(None).expect("scripts/test installs a software driver");
    let size = UVec2::new(64, 40);
    let canvas = Canvas::new(&gpu, size.x, size.y).unwrap();
    let mut renderer = Renderer::new(&gpu, Arc::new(Grey(TileLayout::new(64).unwrap())), CANVAS_FORMAT, 64, 40);
    let plan = FramePlan { scene: rows_in(Look::default()), ..words() };
    let plain = ResolvedOutput::plain(size);
    assert!(renderer.is_prepared(&gpu, &plain), "what shows nothing waits for nothing");
    renderer.draw_live(&gpu, &plan, &Prefetch::default(), &canvas).unwrap();
    let mut lifted = plain.clone();
    lifted.output.colour.calibration.gamma = 1.4;
    for changed in [lifted, masked(size)] {
        assert!(!renderer.is_prepared(&gpu, &changed));
        while !renderer.is_prepared(&gpu, &changed) || renderer.is_compiling() {
            std::thread::yield_now();
        }
        let ahead = renderer.wall.compiled();
        renderer.draw_output(&gpu, Plans::of_wall(&plan), &changed, &canvas).unwrap();
        assert_eq!(renderer.wall.compiled(), ahead, "nothing is compiled while a frame waits");
    }
    assert_eq!(gpu.take_errors(), Vec::<String>::new());
}
