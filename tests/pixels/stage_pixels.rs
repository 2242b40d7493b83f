//! Tier 1: what outputs of a stage show, pixel by pixel: warps, meshes, masks, overlaps, turned projectors; and how sharp.

use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::common::{Painted, Picture, demo_crowd, gpu, picture_of, player, still};
use glam::{DMat2, DVec2, UVec2};
use millions_frame::Prefetch;
use millions_gpu::{
    Bitmap, CANVAS_FORMAT, Canvas, DrawMode, Gpu, OutputFrame, Overlay, Plans, Renderer, ShaderSet, StillImages,
};
use millions_stage::{
    Bend, EdgeBlend, Flip, Mask, MaskKind, MaskPoint, MaskShape, Mesh, NoMaskImages, Output, ResolvedOutput, Rotation,
    Stage, Surface, SurfaceId, Warp,
};

const SIZE: UVec2 = UVec2::new(480, 300);

/// One surface of the whole wall on one output.
fn stage(corners: [[f64; 2]; 4]) -> Stage {
    let mut stage = Stage::side_by_side(vec![Output::new("wall", SIZE)]);
    stage.surfaces[0].corners = corners.map(DVec2::from);
    stage
}

fn resolve(stage: &Stage, output: &str, size: UVec2) -> ResolvedOutput {
    let output = stage.output_named(output).unwrap().id;
    let resolved = stage.resolve(output, size, &NoMaskImages).unwrap();
    assert!(resolved.faults.is_empty(), "{:?}", resolved.faults);
    resolved
}

/// A picture in memory, as a still that fills the wall.
struct Board(Bitmap);

impl StillImages for Board {
    fn frames(&self, _: &Path) -> io::Result<u64> {
        Ok(1)
    }
    fn frame(&self, _: &Path, _: u64) -> io::Result<Bitmap> {
        Ok(self.0.clone())
    }
}

/// An output that shows a picture in place of people.
fn shown(gpu: &Gpu, resolved: &ResolvedOutput, board: Bitmap) -> Picture {
    let canvas = Canvas::new(gpu, resolved.size.x, resolved.size.y).unwrap();
    let renderer = Renderer::new(gpu, Painted::greys(1), CANVAS_FORMAT, resolved.size.x, resolved.size.y);
    let mut renderer = renderer.with_stills(Arc::new(Board(board)));
    renderer.draw_output(gpu, Plans::of_wall(&still()), resolved, &canvas).unwrap();
    assert_eq!(gpu.take_errors(), Vec::<String>::new());
    Picture { pixels: canvas.read(gpu).unwrap(), width: resolved.size.x }
}

/// White where its masks and soft edges let it.
fn white(gpu: &Gpu, resolved: &ResolvedOutput) -> Picture {
    let canvas = Canvas::new(gpu, resolved.size.x, resolved.size.y).unwrap();
    let mut renderer = Renderer::new(gpu, Painted::greys(1), CANVAS_FORMAT, resolved.size.x, resolved.size.y);
    let overlay = Overlay { white: true, ..Overlay::default() };
    let plan = still();
    let plans = Plans::of_wall(&plan);
    let shown = OutputFrame { plans, prefetch: &Prefetch::default(), resolved, overlay: &overlay };
    renderer.draw(gpu, &shown, &canvas.view(), DrawMode::Complete);
    let pixels = canvas.read(gpu).unwrap();
    assert_eq!(gpu.take_errors(), Vec::<String>::new());
    Picture { pixels, width: resolved.size.x }
}

fn at(picture: &Picture, x: usize, y: usize) -> f64 {
    f64::from(picture.pixels[(y * picture.width as usize + x) * 4])
}

/// A chessboard of cells of that many texels.
fn chessboard(size: UVec2, cell: u32) -> Bitmap {
    let texel = |i: u32| if (i % size.x / cell + i / size.x / cell).is_multiple_of(2) { 255 } else { 0 };
    let rgba = (0..size.x * size.y).flat_map(|i| [texel(i), texel(i), texel(i), 255]).collect();
    Bitmap { width: size.x, height: size.y, rgba }
}

/// The corner of a chessboard near a place, to a hundredth of a pixel: where all gradients about it are at right angles to
/// the way to it (Förstner, as in every camera calibration).
fn corner_near(picture: &Picture, guess: DVec2) -> DVec2 {
    let mut found = guess;
    for _ in 0..8 {
        let (mut sum, mut right) = (DMat2::ZERO, DVec2::ZERO);
        let (x0, y0) = (found.x.floor() as i64, found.y.floor() as i64);
        for (x, y) in (-6..=6).flat_map(|dy| (-6..=6).map(move |dx| (x0 + dx, y0 + dy))) {
            let value = |x: i64, y: i64| at(picture, x as usize, y as usize);
            let gradient = DVec2::new(value(x + 1, y) - value(x - 1, y), value(x, y + 1) - value(x, y - 1));
            let p = DVec2::new(x as f64 + 0.5, y as f64 + 0.5);
            let weight = (-p.distance_squared(found) / 12.0).exp();
            let outer = DMat2::from_cols(gradient * gradient.x, gradient * gradient.y) * weight;
            sum += outer;
            right += outer * p;
        }
        found = sum.inverse() * right;
    }
    found
}

#[test]
fn every_corner_of_a_chessboard_lands_where_the_homography_has_it() {
    let gpu = gpu();
    let stages = [
        stage([[0.0, 0.0], [480.0, 0.0], [480.0, 300.0], [0.0, 300.0]]),
        stage([[40.0, 20.0], [440.0, 60.0], [420.0, 250.0], [60.0, 285.0]]),
        stage([[30.0, 90.0], [460.0, 10.0], [455.0, 292.0], [35.0, 210.0]]),
        // On its head.
        stage([[440.0, 280.0], [30.0, 260.0], [80.0, 30.0], [420.0, 50.0]]),
    ];
    for stage in &stages {
        let resolved = resolve(stage, "wall", SIZE);
        // More texels than pixels blur nothing here: edges only.
        let picture = shown(&gpu, &resolved, chessboard(UVec2::new(960, 600), 120));
        let warp = Warp::new(&stage.surfaces[0]).unwrap();
        let mut worst = 0.0_f64;
        for (column, row) in (1..5).flat_map(|row| (1..8).map(move |column| (column, row))) {
            let p = warp.at(DVec2::new(f64::from(column) / 8.0, f64::from(row) / 5.0));
            let want = p.truncate() / p.z;
            worst = worst.max(corner_near(&picture, want).distance(want));
        }
        // A card's anisotropic filter takes other places than a software rasteriser's.
        let bound = if gpu.report().is_software { 0.1 } else { 0.15 };
        assert!(worst < bound, "{worst} px");
    }
}

#[test]
fn a_mesh_and_a_bend_have_no_seams_and_leave_nothing_out() {
    let gpu = gpu();
    let moved = |i: u32| DVec2::new(f64::from(i * 37 % 11) - 5.0, f64::from(i * 53 % 13) - 6.0);
    let mut meshed = stage([[40.0, 20.0], [440.0, 60.0], [420.0, 250.0], [60.0, 285.0]]);
    let mut bent = meshed.clone();
    let smooth = |smooth| Mesh { columns: 5, rows: 4, smooth, moved: (0..30).map(moved).collect() };
    bent.surfaces[0].bend =
        Some(Bend { degrees: 100.0, top: DVec2::new(236.0, 60.0), bottom: DVec2::new(232.0, 292.0) });
    for is_smooth in [false, true] {
        meshed.surfaces[0].mesh = Some(smooth(is_smooth));
        for stage in [&meshed, &bent] {
            let resolved = resolve(stage, "wall", SIZE);
            let picture = white(&gpu, &resolved);
            let map = resolved.surfaces[0].mask.as_ref().expect("its edges are soft");
            let mut lit = 0;
            for (x, y) in (0..SIZE.y).flat_map(|y| (0..SIZE.x).map(move |x| (x, y))) {
                // The map knows the outline alone, and nothing of the quads within.
                let (cover, seen) = (map.at(x, y).coverage, at(&picture, x as usize, y as usize));
                if cover == 1.0 {
                    assert_eq!(seen, 255.0, "a seam at {x}, {y}");
                    lit += 1;
                } else if cover == 0.0 {
                    assert_eq!(seen, 0.0, "light outside at {x}, {y}");
                }
            }
            assert!(lit > 70_000, "{lit}");
        }
    }
}

#[test]
fn masks_and_soft_edges_are_where_the_map_has_them_after_the_warp() {
    let gpu = gpu();
    let output = |name| Output { blend: EdgeBlend { curve: 1.5, ..EdgeBlend::default() }, ..Output::new(name, SIZE) };
    let window = |x: f64, y: f64| {
        let corner = |dx: f64, dy: f64| MaskPoint { at: DVec2::new(x + dx, y + dy), before: None, after: None };
        let points = vec![corner(0.0, 0.0), corner(0.16, 0.0), corner(0.16, 0.3), corner(0.0, 0.3)];
        Mask { name: format!("{x}"), kind: MaskKind::Hide, shape: MaskShape::Path(points), feather: 3.0 }
    };
    let outputs = vec![output("left"), output("right")];
    let part = |from: f64, to: f64| [DVec2::new(from, 0.0), DVec2::new(to, 1.0)];
    let corners = [[20.0, 30.0], [450.0, 10.0], [470.0, 280.0], [30.0, 260.0]].map(DVec2::from);
    let surfaces = vec![
        Surface {
            corners,
            masks: vec![window(0.2, 0.3), window(0.7, 0.5)],
            ..Surface::filling(&outputs[0], "a", part(0.0, 0.6))
        },
        Surface { corners, ..Surface::filling(&outputs[1], "b", part(0.4, 1.0)) },
    ];
    let stage = Stage::new(3.0, outputs, surfaces);
    for name in ["left", "right"] {
        let resolved = resolve(&stage, name, SIZE);
        let map = resolved.surfaces[0].mask.as_ref().expect("it is not lit in full").clone();
        let picture = white(&gpu, &resolved);
        for (x, y) in (0..SIZE.y).flat_map(|y| (0..SIZE.x).map(move |x| (x, y))) {
            let [want, ..] = map.at(x, y).apply([1.0; 3]).map(|value| f64::from(value) * 255.0);
            let lit = at(&picture, x as usize, y as usize);
            assert!((lit - want).abs() < 1.2, "{name} at {x}, {y}: {lit} for {want}");
        }
        // Black is black under a mask, whatever the scene.
        let tiles = demo_crowd(40);
        let plan = player(40, (900, 300), "rows = 6\ngap = 0.0").frame(3.0);
        let faces = picture_of(&gpu, tiles, &plan, &resolved);
        for (x, y) in (0..SIZE.y).flat_map(|y| (0..SIZE.x).map(move |x| (x, y))) {
            let (texel, lit) = (map.at(x, y), at(&faces, x as usize, y as usize));
            assert!(lit <= f64::from(texel.gain) * 255.0 + 1.0, "{name} at {x}, {y}: {lit}");
        }
    }
}

#[test]
fn a_surface_beyond_its_output_is_no_matter() {
    let gpu = gpu();
    let mut stage = stage([[600.0, 20.0], [900.0, 60.0], [880.0, 250.0], [620.0, 285.0]]);
    stage.surfaces.push(Surface {
        id: SurfaceId(1),
        name: "seen".to_owned(),
        ..Surface::filling(&stage.outputs[0], "", [DVec2::ZERO, DVec2::ONE])
    });
    let resolved = resolve(&stage, "wall", SIZE);
    let picture = shown(&gpu, &resolved, chessboard(UVec2::new(960, 600), 120));
    assert!(picture.pixels.contains(&255));
    stage.surfaces.pop();
    let picture = shown(&gpu, &resolve(&stage, "wall", SIZE), chessboard(UVec2::new(960, 600), 120));
    assert!(picture.pixels.chunks_exact(4).all(|pixel| pixel[..3] == [0; 3]));
}

/// Two projectors that overlap by a fifth, each of whose black still emits light.
fn leaking() -> Stage {
    let output = |name| {
        let mut output = Output::new(name, SIZE);
        output.black_level.light = 0.004;
        output
    };
    let mut stage = Stage::side_by_side(vec![output("left"), output("right")]);
    stage.surfaces[0].part[1].x = 0.6;
    stage.surfaces[1].part[0].x = 0.4;
    stage
}

#[test]
fn black_is_lifted_also_where_a_scene_draws_nothing_but_not_in_a_blackout() {
    let gpu = gpu();
    let resolved = resolve(&leaking(), "left", SIZE);
    let map = resolved.surfaces[0].mask.as_ref().unwrap();
    let mut plan = still();
    plan.scene.layers.clear();
    let picture = picture_of(&gpu, Painted::greys(1), &plan, &resolved);
    for (x, y) in (0..SIZE.y).flat_map(|y| (0..SIZE.x).map(move |x| (x, y))) {
        let (lit, want) = (at(&picture, x as usize, y as usize), f64::from(map.at(x, y).black_offset) * 255.0);
        assert!((lit - want).abs() < 1.1, "{lit} for {want} at {x}, {y}");
    }
    assert!(at(&picture, 20, 150) > 15.0 && at(&picture, 460, 150) == 0.0);
    plan.intensity = 0.0;
    let picture = picture_of(&gpu, Painted::greys(1), &plan, &resolved);
    assert!(picture.pixels.chunks_exact(4).all(|pixel| pixel[..3] == [0; 3]), "black is black");
}

#[test]
fn what_is_lit_evenly_is_as_the_map_has_it() {
    let gpu = gpu();
    let mut stage = leaking();
    stage.surfaces[0].corners = [[31.0, 22.0], [458.0, 9.0], [471.0, 288.0], [12.0, 264.0]].map(DVec2::from);
    let points = [[0.4, 0.2], [0.6, 0.2], [0.6, 0.6], [0.4, 0.6]];
    let points = points.map(|at| MaskPoint { at: at.into(), before: None, after: None }).to_vec();
    let (shape, kind) = (MaskShape::Path(points), MaskKind::Hide);
    stage.surfaces[0].masks = vec![Mask { name: "window".to_owned(), kind, shape, feather: 2.0 }];
    let resolved = resolve(&stage, "left", SIZE);
    let even = resolved.surfaces[0].uniform_regions.as_ref().unwrap();
    assert!(!even.uniform.is_empty() && !even.varying.is_empty(), "{even:?}");
    let mut by_map = resolved.clone();
    by_map.surfaces[0].uniform_regions = None;
    let tiles = demo_crowd(40);
    for look in ["", "[look]\ngrain = 0.0"] {
        let plan = player(40, (900, 300), &format!("rows = 6\n{look}")).frame(3.0);
        let [parted, whole] = [&resolved, &by_map].map(|resolved| picture_of(&gpu, tiles.clone(), &plan, resolved));
        // Alpha is nobody's.
        let colors = |picture: &Picture| picture.pixels.chunks_exact(4).flat_map(|pixel| pixel[..3].to_vec()).collect();
        let [parted, whole]: [Vec<u8>; 2] = [&parted, &whole].map(colors);
        let most = parted.iter().zip(&whole).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(most <= Some(1), "{most:?}");
        assert!(parted.iter().any(|value| *value > 100));
    }
}

#[test]
fn a_turned_and_mirrored_projector_shows_the_same_turned_and_mirrored() {
    let gpu = gpu();
    let mut upright = stage([[40.0, 20.0], [440.0, 60.0], [420.0, 250.0], [60.0, 285.0]]);
    let seen = shown(&gpu, &resolve(&upright, "wall", SIZE), chessboard(UVec2::new(960, 600), 120));
    for rotation in [Rotation::None, Rotation::Quarter, Rotation::Half, Rotation::ThreeQuarters] {
        for flip in [Flip::None, Flip::Horizontal, Flip::Vertical] {
            let output = &mut upright.outputs[0];
            (output.rotation, output.flip) = (rotation, flip);
            let output = output.clone();
            let target = output.target_size();
            let sent = shown(&gpu, &resolve(&upright, "wall", target), chessboard(UVec2::new(960, 600), 120));
            let mut sum = 0.0_f64;
            for (x, y) in (0..SIZE.y).flat_map(|y| (0..SIZE.x).map(move |x| (x, y))) {
                let p = (DVec2::new(x.into(), y.into()) + 0.5) / SIZE.as_dvec2();
                let lands = output.target_from_output(p) * target.as_dvec2();
                let found = at(&sent, lands.x.floor() as usize, lands.y.floor() as usize);
                sum += (found - at(&seen, x as usize, y as usize)).abs();
            }
            // Filters weigh a little differently when they lie on their side.
            let mean = sum / f64::from(SIZE.x * SIZE.y);
            assert!(mean < 0.6, "{rotation:?}, {flip:?}: {mean}");
        }
    }
}

/// The mean over squares of pixels, in light.
fn smaller(picture: &Picture, by: usize) -> Vec<f64> {
    let (width, height) = (picture.width as usize, picture.pixels.len() / 4 / picture.width as usize);
    let light = |x: usize, y: usize| (at(picture, x, y) / 255.0).powf(2.2);
    let cell = |x: usize, y: usize| {
        let all = (0..by * by).map(|i| light(x * by + i % by, y * by + i / by));
        (all.sum::<f64>() / (by * by) as f64).powf(1.0 / 2.2) * 255.0
    };
    (0..height / by).flat_map(|y| (0..width / by).map(move |x| (x, y))).map(|(x, y)| cell(x, y)).collect()
}

/// Decibels over 255 of pixels that lie within a surface.
fn psnr(one: &[f64], other: &[f64], within: &[bool]) -> f64 {
    let squares = one.iter().zip(other).zip(within).filter(|(_, within)| **within).map(|((a, b), _)| (a - b).powi(2));
    let (count, sum) = squares.fold((0.0, 0.0), |(count, sum), square| (count + 1.0, sum + square));
    10.0 * (255.0 * 255.0 * count / sum).log10()
}

#[test]
fn a_warped_wall_is_nearer_to_sixteen_samples_a_pixel_than_a_picture_that_is_warped() {
    let gpu = gpu();
    // Seen from the side: twice as large at one end as at the other.
    let stage = stage([[20.0, 10.0], [460.0, 80.0], [465.0, 225.0], [15.0, 290.0]]);
    let tiles = demo_crowd(120);
    let plan = player(120, (480, 300), "rows = 7\ngap = 0.02\nspeed = 0.3").frame(3.3);
    let reference = smaller(&picture_of(&gpu, tiles.clone(), &plan, &resolve(&stage, "wall", SIZE * 4)), 4);
    let resolved = resolve(&stage, "wall", SIZE);
    let values = |picture: &Picture| picture.pixels.chunks_exact(4).map(|p| f64::from(p[0])).collect::<Vec<_>>();
    let direct = values(&picture_of(&gpu, tiles.clone(), &plan, &resolved));
    // What others do: the wall into a texture, and that on the surface. An effect that does nothing makes it so.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nothing.wgsl");
    std::fs::write(&file, "fn effect(p: vec2f) -> vec3f { return picture(p); }").unwrap();
    let set = ShaderSet::read(None, &[file]).unwrap();
    let canvas = Canvas::new(&gpu, SIZE.x, SIZE.y).unwrap();
    let mut renderer = Renderer::new(&gpu, tiles, CANVAS_FORMAT, SIZE.x, SIZE.y).with_shaders(&gpu, &set).unwrap();
    renderer.draw_output(&gpu, Plans::of_wall(&plan), &resolved, &canvas).unwrap();
    let twice = values(&Picture { pixels: canvas.read(&gpu).unwrap(), width: SIZE.x });
    let warp = Warp::new(&stage.surfaces[0]).unwrap();
    let inside = |i: u32| warp.inverse(DVec2::new((i % SIZE.x).into(), (i / SIZE.x).into()) + 0.5).is_some();
    let within: Vec<bool> = (0..SIZE.x * SIZE.y).map(inside).collect();
    let (direct, twice) = (psnr(&direct, &reference, &within), psnr(&twice, &reference, &within));
    println!("against 16 samples a pixel: once {direct:.1} dB, by way of a texture {twice:.1} dB");
    assert!(direct > twice + 1.5 && direct > 25.0, "{direct:.1} dB, by way of a texture {twice:.1} dB");
}
