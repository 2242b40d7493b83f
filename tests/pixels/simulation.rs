//! A building in the street, simulated: the simulation itself is proved here, with projector pictures that are made ray
//! by ray; see `building`.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use crate::building::picture::Picture;
use crate::building::reference::{chessboard, light_of, painted};
use crate::building::staging::{MARGIN, land};
use crate::building::street::{Black, Night};
use crate::building::{Facade, facade};
use crate::common::{Painted, demo_crowd, gpu, scene, still};
use glam::{DVec2, UVec2, Vec3};
use millions_frame::FramePlan;
use millions_gpu::{Bitmap, CANVAS_FORMAT, Canvas, Plans, Renderer, StillImages};
use millions_show::Player;
use millions_stage::{NoMaskImages, Stage, Surface, Warp, stage_text};
use millions_wall::tile::TileSource;

/// Cells of the chessboard: eight to the wall's height.
const CELL: f64 = 0.125;

static FACADE: LazyLock<Facade> = LazyLock::new(facade);
/// The chessboard for both projectors, made once.
static CHESSBOARD: LazyLock<Vec<Picture>> = LazyLock::new(|| FACADE.reference(&chessboard(CELL)));
/// The same of an even grey.
static GREY: LazyLock<Vec<Picture>> = LazyLock::new(|| FACADE.reference(&|_| light_of(0.8)));

/// Keeps a picture for whoever wants to look at it: `SIMULATION_PICTURES` names the folder.
fn keep(name: &str, picture: &Picture) {
    if let Some(folder) = std::env::var_os("SIMULATION_PICTURES") {
        picture.write(&Path::new(&folder).join(name).with_extension("png"));
    }
}

/// Points all over a surface and its edges.
fn lattice() -> impl Iterator<Item = DVec2> {
    (0..=16).flat_map(|row| (0..=16).map(move |column| DVec2::new(column.into(), row.into()) / 16.0))
}

fn place_of(facade: &Facade, surface: &Surface, at: DVec2) -> DVec2 {
    let whole = surface.part[0] + (surface.part[1] - surface.part[0]) * at;
    facade.building.place_from_wall(whole * DVec2::new(facade.building.aspect(), 1.0))
}

#[test]
fn the_unrolled_building_and_the_rays_agree() {
    let building = &FACADE.building;
    for column in 0..200 {
        for row in 1..10 {
            let place = DVec2::new((f64::from(column) + 0.4) / 200.0 * building.length(), f64::from(row) * 0.9);
            let (point, normal) = building.point(place);
            let from = point + normal * 5.0;
            let hit = building.hit(from, -normal, 0.0).expect("a wall");
            assert!(hit.at.distance(place) < 1e-9 && hit.point.distance(point) < 1e-9, "{place}: {hit:?}");
            assert!((hit.distance - 5.0).abs() < 1e-9);
        }
    }
    // The parts follow each other without a gap, and a metre along is a metre.
    for pair in building.parts.windows(2) {
        let ends =
            [pair[0].point(DVec2::new(pair[0].along[1], 0.0)).0, pair[1].point(DVec2::new(pair[1].along[0], 0.0)).0];
        assert!(ends[0].distance(ends[1]) < 1e-9 && pair[0].along[1] == pair[1].along[0]);
    }
    for part in &building.parts {
        let points: Vec<_> = (0..=1000)
            .map(|n| part.point(DVec2::new(part.along[0] + part.length() * f64::from(n) / 1000.0, 0.0)).0)
            .collect();
        let walked: f64 = points.windows(2).map(|pair| pair[0].distance(pair[1])).sum();
        assert!((walked - part.length()).abs() < 1e-3, "{}: {walked}", part.name);
    }
}

#[test]
fn each_projector_reaches_all_that_it_is_to_light() {
    for projector in &FACADE.projectors {
        for (part, [from, to]) in &projector.lights {
            for at in lattice() {
                // Half a centimetre inside: at a corner the wall beside it would be in the way.
                let place = DVec2::new(from + 0.005 + (to - from - 0.01) * at.x, at.y * FACADE.building.height);
                let (point, normal) = FACADE.building.parts[*part].point(place);
                let pixel = projector.lens.on_raster(point);
                assert!(pixel.is_some(), "{}: {place} is at {:?}", projector.name, projector.lens.project(point));
                assert!(FACADE.building.sees(point, normal, projector.lens.position), "{}: {place}", projector.name);
            }
        }
    }
    let [from, to] = FACADE.overlap();
    let share = (to - from) / FACADE.building.length();
    assert!((0.15..0.2).contains(&share), "{share} of the building in the overlap");
}

#[test]
fn the_stage_lands_where_the_walls_are() {
    for surface in &FACADE.stage.surfaces {
        let projector = FACADE.projectors.iter().find(|projector| projector.name == surface.output).unwrap();
        for at in lattice() {
            let (point, _) = FACADE.building.point(place_of(&FACADE, surface, at));
            let wanted = projector.lens.project(point).unwrap();
            let found = land(surface, at);
            assert!(found.distance(wanted) < 0.01, "{}: {at}: {found}, not {wanted}", surface.name);
        }
    }
    let aspect = FACADE.stage.aspect;
    for surface in &FACADE.stage.surfaces {
        let [low, high] = surface.in_wall(aspect);
        assert!((surface.width_m.unwrap() - (high.x - low.x) * FACADE.building.height).abs() < 1e-9);
    }
    assert!((FACADE.stage.wall_height_m().unwrap() - FACADE.building.height).abs() < 1e-9);
}

/// What pictures of the chessboard and of the even grey come to.
fn check(name: &str, chess: &[Picture], grey: &[Picture]) {
    let night = Night::default();
    let ideal = FACADE.ideal(&chessboard(CELL), Black::AsThrown, &night);
    let seen = FACADE.thrown(chess, &night);
    keep(&format!("{name}-chessboard"), &seen);
    for (picture, projector) in chess.iter().zip(&FACADE.projectors) {
        keep(&format!("{name}-chessboard-{}", projector.name), picture);
    }
    let psnr = FACADE.psnr(&seen, &ideal);
    let corners = FACADE.corners(CELL, 7.0);
    let apart = FACADE.apart(&seen, &ideal, &corners, 5);
    let windows = FACADE.light_on_windows(chess, &night);
    let ideal = FACADE.ideal(&|_| light_of(0.8), Black::AsThrown, &night);
    let seam = FACADE.seam(&FACADE.thrown(grey, &night), &ideal);
    println!("{name}: {psnr:.1} dB, {apart:?}");
    println!("{name}: {windows:.4} on windows, the seam off by {:.4} at {:.1} m", seam.worst, seam.at);
    assert!(corners.len() > 100);
    assert!(psnr > 29.0, "{name}: {psnr} dB");
    assert!(apart.most < 0.6 && apart.mean < 0.15, "{name}: {apart:?}");
    assert!(windows < 0.02, "{name}: {windows} on windows");
    assert!(seam.worst < 0.02, "{name}: {:?}", seam.profile);
}

#[test]
fn thrown_ray_by_ray_it_is_what_it_should_be() {
    check("reference", &CHESSBOARD, &GREY);
}

#[test]
fn thrown_as_the_stage_has_it_it_is_what_it_should_be() {
    let stage = &FACADE.stage;
    check("stage", &FACADE.drawn(stage, &chessboard(CELL)), &FACADE.drawn(stage, &|_| light_of(0.8)));
}

#[test]
fn the_stage_goes_through_its_file() {
    let text = stage_text(&FACADE.stage);
    let read = Stage::parse(Path::new("stage.toml"), &text).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
    assert_eq!(read.surfaces.len(), FACADE.stage.surfaces.len());
    for (read, made) in read.surfaces.iter().zip(&FACADE.stage.surfaces) {
        assert_eq!((&read.name, read.masks.len()), (&made.name, made.masks.len()));
        for at in lattice() {
            assert!(land(read, at).distance(land(made, at)) < 0.1, "{}: {at}", read.name);
        }
    }
}

#[test]
fn the_warps_of_the_program_land_where_the_walls_are() {
    for surface in &FACADE.stage.surfaces {
        let projector = FACADE.projectors.iter().find(|projector| projector.name == surface.output).unwrap();
        let warp = Warp::new(surface).unwrap();
        for at in lattice() {
            let (point, _) = FACADE.building.point(place_of(&FACADE, surface, at));
            let (found, wanted) = (warp.position(at), projector.lens.project(point).unwrap());
            assert!(found.distance(wanted) < 0.05, "{}: {at}: {found}, not {wanted}", surface.name);
        }
    }
}

#[test]
fn black_is_evened_out_where_surfaces_lie() {
    let night = Night { leak: 0.01, ..Night::default() };
    let mut stage = FACADE.stage.clone();
    for output in &mut stage.outputs {
        output.black_level.light = night.leak.into();
    }
    let lifted = FACADE.drawn(&stage, &|_| Vec3::ZERO);
    let none: Vec<Picture> = lifted.iter().map(|picture| Picture::black(picture.size)).collect();
    let [before, after] = [&none, &lifted].map(|pictures| FACADE.thrown(pictures, &night));
    keep("black-before", &before);
    keep("black-after", &after);
    // All over the building, but within 0.1 m of windows, of edges of its parts, and of a raster's edge.
    const NEAR: f64 = 0.1;
    let building = &FACADE.building;
    let near = [DVec2::X, DVec2::NEG_X, DVec2::Y, DVec2::NEG_Y].map(|way| way * NEAR);
    let grid = (0..340).flat_map(|column| (0..30).map(move |row| DVec2::new(column.into(), row.into())));
    let grid = grid.map(|cell| (cell + 0.5) / DVec2::new(340.0, 30.0) * DVec2::new(building.length(), building.height));
    let places = grid.filter(|at| {
        let is_inside = building.parts.iter().any(|part| (part.along[0] + NEAR..part.along[1] - NEAR).contains(&at.x));
        let leaks = FACADE.leaks_on(*at);
        is_inside
            && (NEAR..building.height - NEAR).contains(&at.y)
            && !building.is_window(*at, MARGIN + NEAR)
            && near.iter().all(|by| FACADE.leaks_on(*at + *by) == leaks)
    });
    let places: Vec<DVec2> = places.collect();
    let [before, after] = [&none, &lifted].map(|pictures| {
        let levels = places.iter().map(|at| FACADE.light_on(*at, pictures, &night).x);
        levels.fold([f32::MAX, 0.0_f32], |[least, most], level| [least.min(level), most.max(level)])
    });
    println!("black: {before:?} before, {after:?} after, at {} places", places.len());
    assert!(places.len() > 7000);
    assert!(before[1] > 1.99 * before[0]);
    // To the rounding of eight bits.
    assert!(after[0] > 0.0195 && after[1] < 0.0205 && after[1] < 1.03 * after[0], "{after:?}");
}

#[test]
fn no_line_is_dark_where_the_parts_meet() {
    let white = f64::from(light_of(0.8).x);
    assert!(FACADE.darkest_at_joints(&GREY, white, &Night::default()) > 0.97);
}

#[test]
fn no_line_is_dark_where_two_surfaces_meet() {
    let white = f64::from(light_of(0.8).x);
    let darkest = FACADE.darkest_at_joints(&FACADE.drawn(&FACADE.stage, &|_| light_of(0.8)), white, &Night::default());
    assert!(darkest > 0.9, "{darkest:.2} of the light");
}

#[test]
fn what_is_wrong_is_found() {
    let night = Night::default();
    let ideal = FACADE.ideal(&|_| light_of(0.8), Black::AsThrown, &night);
    // No fade: the overlap has the light of both.
    let hard: Vec<Picture> = GREY
        .iter()
        .map(|picture| {
            let lit = |light: &Vec3| if light.max_element() > 0.01 { light_of(0.8) } else { Vec3::ZERO };
            Picture { light: picture.light.iter().map(lit).collect(), ..picture.clone() }
        })
        .collect();
    assert!(FACADE.seam(&FACADE.thrown(&hard, &night), &ideal).worst > 0.5);
    // A projector that was pushed by five of its pixels.
    let pushed: Vec<Picture> = CHESSBOARD
        .iter()
        .enumerate()
        .map(|(index, picture)| {
            let by = DVec2::new(if index == 1 { 5.0 } else { 0.0 }, 0.0);
            Picture::drawn(picture.size, |x, y| picture.sample(DVec2::new(f64::from(x) + 0.5, f64::from(y) + 0.5) + by))
        })
        .collect();
    let ideal = FACADE.ideal(&chessboard(CELL), Black::AsThrown, &night);
    let seen = FACADE.thrown(&pushed, &night);
    let apart = FACADE.apart(&seen, &ideal, &FACADE.corners(CELL, 7.0), 5);
    println!("pushed: {apart:?}");
    assert!(apart.most > 1.0, "{apart:?}");
    assert!(FACADE.light_on_windows(&pushed, &night) > 0.02);
}

#[test]
fn black_is_as_much_as_leaks() {
    let night = Night { leak: 0.01, ..Night::default() };
    let black: Vec<Picture> = FACADE.projectors.iter().map(|projector| Picture::black(projector.lens.size)).collect();
    let seen = FACADE.thrown(&black, &night);
    assert_eq!(seen, FACADE.ideal(&|_| Vec3::ZERO, Black::AsThrown, &night));
    keep("black", &seen);
    // In the overlap there are two leaks, beside it one.
    let [from, to] = FACADE.overlap();
    let at = |along: f64| FACADE.light_on(DVec2::new(along, 4.4), &black, &night).x;
    assert!((at(f64::midpoint(from, to)) - 0.02).abs() < 1e-6 && (at(2.0) - 0.01).abs() < 1e-6);
    // The lens reaches further than what it is to light: two leaks are on more of the front than the overlap.
    assert_eq!([2.0, from - 1.0, to + 1.0].map(|along| FACADE.leaks_on(DVec2::new(along, 4.4))), [1, 2, 2]);
    assert_ne!(FACADE.ideal(&|_| Vec3::ZERO, Black::Even, &night), seen);
}

/// A picture in memory, as a still over the whole wall.
struct Board(Bitmap);

impl StillImages for Board {
    fn frames(&self, _: &Path) -> std::io::Result<u64> {
        Ok(1)
    }
    fn frame(&self, _: &Path, _: u64) -> std::io::Result<Bitmap> {
        Ok(self.0.clone())
    }
}

/// What the program draws for each projector of the stage.
fn by_the_program(plan: &FramePlan, tiles: &Arc<dyn TileSource>, board: Option<Bitmap>) -> Vec<Picture> {
    let gpu = gpu();
    let size = FACADE.projectors[0].lens.size;
    let mut renderer = Renderer::new(&gpu, tiles.clone(), CANVAS_FORMAT, size.x, size.y);
    if let Some(board) = board {
        renderer = renderer.with_stills(Arc::new(Board(board)));
    }
    let canvas = Canvas::new(&gpu, size.x, size.y).unwrap();
    let pictures = FACADE.projectors.iter().map(|projector| {
        let output = FACADE.stage.output_named(projector.name).unwrap().id;
        let resolved = FACADE.stage.resolve(output, size, &NoMaskImages).unwrap();
        assert_eq!(resolved.faults, []);
        let report = renderer.draw_output(&gpu, Plans::of_wall(plan), &resolved, &canvas).unwrap();
        assert_eq!((report.tiles.below_wanted, report.tiles.missing), (0, 0));
        Picture::from_bytes(size, &canvas.read(&gpu).unwrap())
    });
    let pictures = pictures.collect();
    assert_eq!(gpu.take_errors(), Vec::<String>::new());
    pictures
}

/// A still over the whole wall, of a function of the wall.
fn a_still(wall: &crate::building::WallLight) -> Vec<Picture> {
    let height = 1600;
    let size = UVec2::new((f64::from(height) * FACADE.stage.aspect).round() as u32, height);
    let painted = Picture::drawn(size, |x, y| wall((DVec2::new(x.into(), y.into()) + 0.5) / f64::from(height)));
    let rgba = painted.to_bytes().chunks_exact(3).flat_map(|rgb| [rgb[0], rgb[1], rgb[2], 255]).collect();
    let tiles: Arc<dyn TileSource> = Painted::greys(1);
    by_the_program(&still(), &tiles, Some(Bitmap { width: size.x, height: size.y, rgba }))
}

#[test]
fn thrown_as_the_program_draws_it_it_is_what_it_should_be() {
    let grey = a_still(&|_| light_of(0.8));
    check("program", &a_still(&chessboard(CELL)), &grey);
    let white = f64::from(light_of(0.8).x);
    let darkest = FACADE.darkest_at_joints(&grey, white, &Night::default());
    assert!(darkest > 0.9, "{darkest:.2} of the light at a joint");
}

#[test]
fn the_wall_of_faces_is_one_undistorted_wall_on_the_building() {
    let tiles: Arc<dyn TileSource> = demo_crowd(400);
    let aspect = FACADE.stage.aspect;
    let scene = scene("rows = 6\ngap = 0.02\nspeed = 0.3");
    let player = Player::new((0..400).collect(), 0.8, aspect, scene).unwrap();
    let plan = player.frame(12.0);
    let pictures = by_the_program(&plan, &tiles, None);
    // The same wall, straight, as it would be painted on the building.
    let gpu = gpu();
    let size = UVec2::new((900.0 * aspect).round() as u32, 900);
    let canvas = Canvas::new(&gpu, size.x, size.y).unwrap();
    let mut renderer = Renderer::new(&gpu, tiles, CANVAS_FORMAT, size.x, size.y);
    renderer.draw_complete(&gpu, &plan, &canvas).unwrap();
    let flat = Picture::from_bytes(size, &canvas.read(&gpu).unwrap());
    let painted = painted(&flat, aspect);
    let night = Night::default();
    let seen = FACADE.thrown(&pictures, &night);
    let ideal = FACADE.ideal(&painted, Black::AsThrown, &night);
    let psnr = FACADE.psnr(&seen, &ideal);
    let windows = FACADE.light_on_windows(&pictures, &night);
    println!("faces: {psnr:.1} dB, {windows:.4} on windows");
    keep("faces", &seen);
    if std::env::var_os("SIMULATION_PICTURES").is_some() {
        keep("mapping-street", &FACADE.thrown(&pictures, &Night::to_look_at()));
        for (picture, projector) in pictures.iter().zip(&FACADE.projectors) {
            keep(&format!("mapping-{}", projector.name), picture);
        }
    }
    assert!(psnr > 27.0, "{psnr:.1} dB");
    assert!(windows < 0.02, "{windows} on windows");
}

#[test]
#[ignore = "pictures to look at: SIMULATION_PICTURES=FOLDER; about a minute"]
fn a_night_in_the_street() {
    let wall = Picture::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/wall.png"));
    // The picture beside itself, as often as the building is long.
    let own = wall.size.as_dvec2();
    let aspect = own.x / own.y;
    let painted = painted(&wall, aspect);
    let light = |at: DVec2| painted(DVec2::new((at.x * 0.75).rem_euclid(aspect), at.y * 0.75));
    let pictures = FACADE.reference(&light);
    let night = Night::default();
    println!(
        "{:.1} dB",
        FACADE.psnr(&FACADE.thrown(&pictures, &night), &FACADE.ideal(&light, Black::AsThrown, &night))
    );
    keep("night", &FACADE.thrown(&pictures, &Night::to_look_at()));
    for (picture, projector) in pictures.iter().zip(&FACADE.projectors) {
        keep(&format!("night-{}", projector.name), picture);
    }
    keep("night-falls-off", &FACADE.thrown(&pictures, &Night { falls_off: true, ..Night::to_look_at() }));
    let black: Vec<Picture> = pictures.iter().map(|picture| Picture::black(picture.size)).collect();
    keep("night-black", &FACADE.thrown(&black, &Night { leak: 0.004, ..Night::to_look_at() }));
}
