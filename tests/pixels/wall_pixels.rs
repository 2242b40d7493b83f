//! Tier 1 and 2: small pictures whose pixels are computed here, not looked up.

use std::sync::Arc;

use crate::common::{Painted, Picture, gpu, grey, picture, picture_of, player};
use millions_frame::{FramePlan, Prefetch};
use millions_gpu::{CANVAS_FORMAT, Canvas, DrawMode, OutputFrame, Overlay, Plans, Renderer};
use millions_show::Player;
use millions_stage::ResolvedOutput;
use millions_wall::EMPTY_CELL;
use millions_wall::tile::TileSource;
use millions_wall::tone::{
    Calibration, CellTone, LightMeasurement, Look, NEUTRAL_MIX, PortraitTone, ShadeInput, ToneUniform,
};

/// Calls `check` with each cell: its person, and the pixel bounds (left, top, right, bottom) of its tile.
fn each_tile(plan: &FramePlan, (width, height): (u32, u32), mut check: impl FnMut(u32, [f64; 4])) {
    let grid = plan.wall().unwrap().wall.grid;
    let row_px = f64::from(height) / f64::from(grid.rows);
    let cell_px = row_px * grid.pitch();
    let [tile_x, tile_y] = grid.tile_in_cell();
    for (index, person) in plan.wall().unwrap().wall.cells().enumerate() {
        let (row, column) =
            (index / plan.wall().unwrap().wall.rows[0].columns, index % plan.wall().unwrap().wall.rows[0].columns);
        let left = (column as f64 - f64::from(plan.wall().unwrap().wall.rows[row].hidden)) * cell_px;
        let (middle_x, middle_y) = (left + cell_px / 2.0, (row as f64 + 0.5) * row_px);
        let (half_x, half_y) = (cell_px * tile_x / 2.0, row_px * tile_y / 2.0);
        let bounds = [middle_x - half_x, middle_y - half_y, middle_x + half_x, middle_y + half_y];
        if bounds[2] > 0.0 && bounds[0] < f64::from(width) {
            check(person, bounds);
        }
    }
}

#[test]
fn every_cell_shows_its_own_person_and_the_gaps_are_black() {
    let gpu = gpu();
    let size = (400, 240);
    for (rows, time) in [(1, 0.0), (3, 7.3), (10, 1e9)] {
        let player = player(300, size, &format!("rows = {rows}\ngap = 0.1\nspeed = 0.7"));
        let plan = player.frame(time);
        let picture = picture(&gpu, Painted::greys(300), &plan, size);
        let mut inside = 0;
        let mut light = vec![false; (size.0 * size.1) as usize];
        each_tile(&plan, size, |person, [left, top, right, bottom]| {
            for y in top.floor().max(0.0) as u32..(bottom.ceil() as u32).min(size.1) {
                for x in left.floor().max(0.0) as u32..(right.ceil() as u32).min(size.0) {
                    light[(y * size.0 + x) as usize] = true;
                    let covered = |low: f64, high: f64, at: u32| {
                        (high.min(f64::from(at + 1)) - low.max(f64::from(at))).clamp(0.0, 1.0)
                    };
                    let covered = covered(left, right, x) * covered(top, bottom, y);
                    let want = (f64::from(grey(person)) * covered).round() as u8;
                    let [r, g, b] = picture.at(x, y);
                    assert!(r == g && g == b, "grey");
                    let allowed = if covered == 1.0 { 1 } else { 4 };
                    assert!(r.abs_diff(want) <= allowed, "{rows} rows, ({x}, {y}): {r} for {want}, covered {covered}");
                    inside += usize::from(covered == 1.0);
                }
            }
        });
        assert!(inside * 2 > light.len(), "{inside} pixels lie wholly in tiles");
        for (index, light) in light.iter().enumerate() {
            let (x, y) = (index as u32 % size.0, index as u32 / size.0);
            // A tile may end a hundredth of a pixel further on in single precision.
            assert!(*light || picture.at(x, y)[0] <= 2, "the gap at ({x}, {y}) is {:?}", picture.at(x, y));
        }
    }
}

#[test]
fn a_tile_stands_upright_and_its_texels_do_not_bleed() {
    let gpu = gpu();
    let size = (320, 200);
    // Four quarters, the same for everybody but the last, who is white all over.
    let quarters = |person: u32, x: u32, y: u32| match (person, x < 32, y < 32) {
        (99, ..) => [255; 3],
        (_, true, true) => [40; 3],
        (_, false, true) => [100; 3],
        (_, true, false) => [160; 3],
        (_, false, false) => [220; 3],
    };
    let plan = player(100, size, "rows = 2\ngap = 0.0\nspeed = 0.3").frame(4.2);
    let picture = picture(&gpu, Painted::new(100, 64, quarters), &plan, size);
    each_tile(&plan, size, |person, [left, top, right, bottom]| {
        let (w, h) = (right - left, bottom - top);
        for (fx, fy) in [(0.02, 0.02), (0.98, 0.02), (0.02, 0.98), (0.98, 0.98), (0.3, 0.3), (0.7, 0.3), (0.3, 0.7)] {
            let (x, y) = (left + fx * w, top + fy * h);
            if x < 1.0 || x >= f64::from(size.0) - 1.0 {
                continue;
            }
            let want = quarters(person, (fx * 64.0) as u32, (fy * 64.0) as u32)[0];
            // One pixel at an edge between two tiles has both of them, in parts.
            let edge = fx.min(1.0 - fx) * w < 1.0 || fy.min(1.0 - fy) * h < 1.0;
            let got = picture.at(x as u32, y as u32)[0];
            assert!(edge || got.abs_diff(want) <= 2, "person {person} at {fx}, {fy}: {got} for {want}");
        }
    });
}

#[test]
fn the_shader_and_its_twin_agree() {
    let gpu = gpu();
    let size = (160, 100);
    let colour = |person: u32| {
        let n = person.wrapping_mul(2_654_435_761);
        [(n >> 24) as u8, (n >> 16) as u8, (n >> 8) as u8]
    };
    let tiles = Painted::new(16, 32, |person, _, _| colour(person));
    let looks = [
        "",
        "color = 1.0",
        "color = 0.4\nexposure = 0.7",
        "mix = [0.9, 0.1, 0.0]\ncontrast = 0.8",
        "mix = [0.0, 0.3, 0.7]\nexposure = -1.5\ngamma = 1.7",
        "black = 0.2\nwhite = 0.7\ncontrast = -0.6",
        "gamma = 0.6\ntint = [1.0, 0.9, 0.7]\ncolor = 0.2",
        "exposure = 3.0\ncontrast = 1.0\nwhite = 1.6",
    ];
    for look in looks {
        let plan = player(16, size, &format!("rows = 2\ngap = 0.0\n[look]\n{look}")).frame(0.0);
        let picture = picture(&gpu, tiles.clone(), &plan, size);
        let mut compared = 0;
        each_tile(&plan, size, |person, [left, top, right, bottom]| {
            let (x, y) = ((left + right) / 2.0, (top + bottom) / 2.0);
            if x < 0.0 || x >= f64::from(size.0) {
                return;
            }
            let (luma, [cb, cr]) = millions_wall::tile::planes::luma_chroma_from_srgb(colour(person));
            let chroma = [cb, cr].map(|value| (f32::from(value) - 128.0) / 255.0);
            let input = ShadeInput::flat(f32::from(luma) / 255.0, chroma);
            let cell = CellTone { color: plan.wall().unwrap().look.color, ..CellTone::AS_SHOT };
            let tone = ToneUniform::new(&plan.wall().unwrap().look, &Calibration::default());
            let want = tone.shade(&cell, &input, [0.0; 2]);
            let got = picture.at(x as u32, y as u32);
            for (want, got) in want.iter().zip(got) {
                let want = (want.clamp(0.0, 1.0) * 255.0).round();
                assert!((want - f32::from(got)).abs() <= 2.0, "{look:?}, person {person}: {got} for {want}");
            }
            compared += 1;
        });
        assert!(compared >= 4, "{look:?} compared {compared} tiles");
    }
}

#[test]
fn the_shader_undoes_each_portraits_light_as_its_twin_does() {
    let gpu = gpu();
    let size = (480, 300);
    let colour = |person: u32| {
        let n = person.wrapping_mul(2_654_435_761) | 0x3030_3030;
        [(n >> 24) as u8, (n >> 16) as u8, (n >> 8) as u8]
    };
    let tones: Vec<PortraitTone> = (0..24u32)
        .map(|person| {
            let dice = |sides: u32, at: u32| person.wrapping_mul(747_796_405).rotate_left(at * 5) % sides;
            let light = LightMeasurement {
                exposure: dice(900, 1) as i16 - 450,
                cast: [dice(60, 2) as i8 - 30, dice(120, 3) as i8 - 40],
                veil: dice(80, 4) as u8,
                burn: (dice(180, 5) as i32 - 90) as i8,
                knee: 80 + dice(100, 6) as u8,
                lift: dice(90, 7) as u8,
            };
            PortraitTone { light, noise: dice(20, 8) as u8, stops: if person % 5 == 0 { 0.4 } else { 0.0 } }
        })
        .collect();
    let manual = tones;
    // Without corrections by hand, one light for all lies in the slots already; with them, each cell is on its own.
    let measured: Vec<_> = manual.iter().map(|tone| PortraitTone { stops: 0.0, ..*tone }).collect();
    let painted = Painted::new(24, 64, |person, _, _| colour(person));
    let looks = [
        "",
        "exposure_matching = 0.0",
        "exposure_matching = 0.4\nclarity = 1.0",
        "color = 1.0",
        "color = 0.5\nexposure_matching = 0.7",
        "mix = [0.8, 0.2, 0.0]\ncontrast = 0.4\ngamma = 1.3",
    ];
    let calibration = Calibration { gamma: 1.2, black: 0.06, white: 0.9, wall_colour: [0.8, 0.7, 0.5] };
    let plain = Calibration::default();
    let cases = looks
        .iter()
        .flat_map(|look| [(look, plain, &manual), (look, calibration, &measured), (look, plain, &measured)]);
    for (look, calibration, tones) in cases {
        let tiles = painted.with_tones(tones.clone());
        let player = player(24, size, &format!("rows = 3\ngap = 0.0\n[look]\n{look}"));
        let plan = player.frame(0.0);
        let mut resolved = ResolvedOutput::plain(size.into());
        resolved.output.colour.calibration = calibration;
        let picture = picture_of(&gpu, tiles.clone(), &plan, &resolved);
        let tone = ToneUniform::new(&plan.wall().unwrap().look, &calibration);
        let mut compared = 0;
        each_tile(&plan, size, |person, [left, top, right, bottom]| {
            for at in [[0.0, 0.0], [0.3, -0.2], [-0.42, 0.44]] {
                let (x, y) = (left + (right - left) * (at[0] + 0.5), top + (bottom - top) * (at[1] + 0.5));
                if x < 0.0 || x >= f64::from(size.0) {
                    continue;
                }
                // The middle of the pixel that is looked at.
                let within = |px: f64, low: f64, high: f64| ((px.floor() + 0.5 - low) / (high - low) - 0.5) as f32;
                let at = [within(x, left, right), within(y, top, bottom)];
                let own = &tones[person as usize];
                let gains = own.light.white_balance();
                let srgb = colour(person).map(|value| f32::from(value) / 255.0);
                let weigh =
                    |rgb: [f32; 3]| rgb.iter().zip(NEUTRAL_MIX).map(|(value, weight)| value * weight).sum::<f32>();
                let balanced = weigh([0, 1, 2].map(|channel| srgb[channel] * gains[channel])).clamp(0.0, 1.0);
                let (luma, [cb, cr]) = millions_wall::tile::planes::luma_chroma_from_srgb(colour(person));
                let chroma = [cb, cr].map(|value| (f32::from(value) - 128.0) / 255.0);
                let input = ShadeInput { luma: f32::from(luma) / 255.0, balanced, mean: balanced, chroma };
                let correction = own.light.correction(plan.wall().unwrap().look.exposure_matching, own.stops);
                let color = plan.wall().unwrap().look.color;
                let cell = CellTone { correction, white_balance: gains, color, clarity: 0.0 };
                let want = tone.shade(&cell, &input, at);
                for (want, got) in want.iter().zip(picture.at(x as u32, y as u32)) {
                    let want = (want.clamp(0.0, 1.0) * 255.0).round();
                    // A level of the stored tile becomes several under a strong exposure.
                    let allowed = 2.0 + 2.0 * (correction.gain * (1.0 + correction.lift)).max(1.0);
                    assert!(
                        (want - f32::from(got)).abs() <= allowed,
                        "{look:?}, person {person} at {at:?}: {got} for {want}"
                    );
                }
                compared += 1;
            }
        });
        assert!(compared >= 20, "{look:?} compared {compared} places");
    }
}

#[test]
fn a_slow_dark_gradient_has_no_bands() {
    let gpu = gpu();
    let size = (1536, 64);
    // Across one tile from black to white, three stops down and darker still: some fifty levels over the whole width.
    let ramp = Painted::new(1, 256, |_, x, _| [x as u8; 3]);
    let player = Player::new(
        vec![0],
        24.0,
        24.0,
        crate::common::scene("rows = 1\ngap = 0.0\nspeed = 0.0\n[look]\nexposure_matching = 0.0\nexposure = -5.0"),
    )
    .unwrap();
    let plan = player.frame(0.0);
    let hidden = f64::from(plan.wall().unwrap().wall.rows[0].hidden);
    let picture = picture(&gpu, ramp, &plan, size);
    let factor = (-5.0f64 / 2.2).exp2();
    let (mut worst, mut longest_run) = (0.0f64, 0);
    for left in (0..size.0 - 32).step_by(8) {
        let (mut sum, mut want) = (0.0, 0.0);
        for x in left..left + 32 {
            // Where this column lies in the tile; the tile repeats.
            let place = ((f64::from(x) + 0.5) / f64::from(size.0) + hidden).fract();
            want += (place * 256.0 - 0.5).clamp(0.0, 255.0) * factor * f64::from(size.1);
            sum += (0..size.1).map(|y| f64::from(picture.at(x, y)[0])).sum::<f64>();
        }
        let pixels = f64::from(32 * size.1);
        // Not where the tile begins anew.
        let from_seam = ((f64::from(left) + 16.0) / f64::from(size.0) + hidden).fract();
        if (0.04..0.96).contains(&from_seam) {
            worst = worst.max((sum / pixels - want / pixels).abs());
        }
    }
    for y in 0..size.1 {
        let mut run = 0;
        for x in 1..size.0 {
            run = if picture.at(x, y)[0] == picture.at(x - 1, y)[0] { run + 1 } else { 0 };
            longest_run = longest_run.max(if picture.at(x, y)[0] > 0 { run } else { 0 });
        }
    }
    // A level lasts some thirty columns; as a band it would be off by half a level at its edges.
    assert!(worst < 0.16, "the mean of a patch is off by {worst} levels: a band");
    assert!(longest_run < 30, "{longest_run} pixels of one level in a row: an edge");
}

#[test]
fn a_slow_scroll_changes_every_pixel_smoothly() {
    let gpu = gpu();
    let size = (300, 160);
    let tiles = Painted::new(60, 64, |person, x, y| [grey(person) / 2 + (((x / 6 + y / 6) % 2) * 100) as u8; 3]);
    let player = player(60, size, "rows = 2\ngap = 0.02\nspeed = 0.25\nvariation = 0.0");
    let canvas = Canvas::new(&gpu, size.0, size.1).unwrap();
    let mut renderer = Renderer::new(&gpu, tiles, CANVAS_FORMAT, size.0, size.1);
    let mut before: Option<Picture> = None;
    let mut moved = 0;
    // A quarter of a cell a second is 16 pixels: a frame of 1/160 second moves a tenth of a pixel.
    for frame in 0..24 {
        renderer.draw_complete(&gpu, &player.frame(f64::from(frame) / 160.0), &canvas).unwrap();
        let now = Picture { pixels: canvas.read(&gpu).unwrap(), width: size.0 };
        if let Some(before) = &before {
            for (a, b) in before.pixels.iter().zip(&now.pixels) {
                assert!(a.abs_diff(*b) <= 40, "a pixel jumped from {a} to {b} within a tenth of a pixel");
                moved += usize::from(a != b);
            }
        }
        before = Some(now);
    }
    assert!(moved > 10_000, "the wall moves");
}

#[test]
fn black_is_black() {
    let gpu = gpu();
    let size = (64, 64);
    let mut blackout = player(50, size, "rows = 3\n[look]\ngrain = 1.0");
    blackout.set_blackout(true);
    let empty = Player::new(Vec::new(), 0.8, 1.0, crate::common::scene("rows = 3")).unwrap();
    assert!(empty.frame(0.0).wall().unwrap().wall.cells().all(|cell| cell == EMPTY_CELL));
    for player in [blackout, empty] {
        let picture = picture(&gpu, Painted::greys(50), &player.frame(3.0), size);
        assert!(picture.pixels.chunks(4).all(|pixel| pixel == [0, 0, 0, 255]));
    }
}

#[test]
fn a_live_frame_is_coarse_at_first_says_so_and_becomes_the_complete_one() {
    let gpu = gpu();
    let size = (256, 160);
    let tiles = Painted::new(40, 128, |person, x, y| [grey(person) / 2 + ((x ^ y) & 127) as u8; 3]);
    let plan = player(40, size, "rows = 2\nspeed = 0.0").frame(0.0);
    let want = picture(&gpu, tiles.clone(), &plan, size);
    let canvas = Canvas::new(&gpu, size.0, size.1).unwrap();
    let mut renderer = Renderer::new(&gpu, tiles, CANVAS_FORMAT, size.0, size.1);
    let target = canvas.view();
    let resolved = ResolvedOutput::plain(size.into());
    let (prefetch, overlay) = (Prefetch::default(), Overlay::default());
    let shown =
        OutputFrame { plans: Plans::of_wall(&plan), prefetch: &prefetch, resolved: &resolved, overlay: &overlay };
    let mut draw = || renderer.draw(&gpu, &shown, &target, DrawMode::Live);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    // No frame waits for a disk: first there is nobody, then everybody coarsely, then everybody as they are.
    let mut was_complete = false;
    loop {
        let report = draw().tiles;
        assert!(report.missing == 0 || !was_complete, "who is there stays");
        was_complete |= report.missing == 0;
        if report.below_wanted + report.missing == 0 {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "the tiles never came");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    // The finest of them fade in.
    while canvas.read(&gpu).unwrap() != want.pixels {
        assert!(std::time::Instant::now() < deadline, "the fade never ended");
        draw();
    }
    assert_eq!(gpu.take_errors(), Vec::<String>::new());
}

#[test]
fn who_cannot_be_read_is_dark_and_counted_and_nobody_else_is() {
    let gpu = gpu();
    let size = (256, 160);
    // The crowd says 40, the disk has 39.
    let plan = player(40, size, "rows = 4\nspeed = 0.0\ngap = 0.0").frame(0.0);
    let canvas = Canvas::new(&gpu, size.0, size.1).unwrap();
    let mut renderer = Renderer::new(&gpu, Painted::greys(39), CANVAS_FORMAT, size.0, size.1);
    let report = renderer.draw_complete(&gpu, &plan, &canvas).unwrap();
    assert_eq!(report.tiles.missing, usize::from(plan.wall().unwrap().wall.people().contains(&39)));
    assert_eq!(report.tiles.missing, 1, "the missing person is on this wall");
    let picture = Picture { pixels: canvas.read(&gpu).unwrap(), width: size.0 };
    each_tile(&plan, size, |person, [left, top, right, bottom]| {
        let x = (left + right) / 2.0;
        if x >= 0.0 && x < f64::from(size.0) {
            let got = picture.at(x as u32, ((top + bottom) / 2.0) as u32)[0];
            let want = if person == 39 { 0 } else { grey(person) };
            assert!(got.abs_diff(want) <= 1, "person {person}: {got} for {want}");
        }
    });
}

#[test]
fn a_lost_device_costs_nothing_that_cannot_be_made_again() {
    let size = (200, 120);
    let tiles = Painted::greys(80);
    let player = player(80, size, "rows = 3\nspeed = 0.5");
    let lost = gpu();
    let before = picture(&lost, tiles.clone(), &player.frame(5.0), size);
    lost.destroy();
    assert!(lost.is_lost());
    let canvas = Canvas::new(&lost, size.0, size.1);
    if let Ok(canvas) = canvas {
        let mut renderer = Renderer::new(&lost, tiles.clone(), CANVAS_FORMAT, size.0, size.1);
        assert!(renderer.draw_complete(&lost, &player.frame(5.0), &canvas).is_err(), "a lost device is an error");
    }
    assert!(picture(&gpu(), tiles, &player.frame(5.0), size) == before);
}

#[test]
fn a_wall_larger_than_its_pages_is_drawn_with_what_fits() {
    // More people than a page has room for, one after another, on the same renderer.
    let gpu = gpu();
    let size = (512, 512);
    let tiles: Arc<dyn TileSource> = Painted::greys(2000);
    let canvas = Canvas::new(&gpu, size.0, size.1).unwrap();
    let mut renderer = Renderer::new(&gpu, tiles.clone(), CANVAS_FORMAT, size.0, size.1);
    for rows in [1, 40, 3, 25, 7, 2, 40] {
        let plan = player(2000, size, &format!("rows = {rows}\nspeed = 3.0")).frame(f64::from(rows));
        let report = renderer.draw_complete(&gpu, &plan, &canvas).unwrap();
        assert_eq!((report.tiles.below_wanted, report.tiles.missing), (0, 0), "{rows} rows");
        let own = picture(&gpu, tiles.clone(), &plan, size);
        assert!(canvas.read(&gpu).unwrap() == own.pixels, "{rows} rows: what was drawn before leaves no trace");
    }
}

#[test]
fn the_look_of_the_plan_is_the_scenes() {
    let plan = player(10, (64, 64), "[look]\ncontrast = 0.5").frame(0.0);
    assert_eq!(plan.wall().unwrap().look, Look { contrast: 0.5, ..Look::default() });
}
