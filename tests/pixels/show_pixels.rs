//! Tier 1: what the renderer makes of layers: transitions, frozen pictures, words, effects; and that nothing is late at a cue.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use crate::common::{Painted, Picture, gpu, picture, scene};
use glam::{UVec2, Vec2};
use millions_frame::{Prefetch, TileOrder};
use millions_gpu::{CANVAS_FORMAT, Canvas, DrawMode, OutputFrame, Overlay, Plans, Renderer, ShaderSet};
use millions_lettering::{Fonts, Justify, coverage, fill};
use millions_show::{Easing, Player, Scene, SceneId, Show, TimePoint, Transition, TransitionKind};
use millions_stage::ResolvedOutput;

const SIZE: (u32, u32) = (320, 180);

/// The id of a scene by its place in [`scenes`].
fn id(place: usize) -> SceneId {
    place.to_string().into()
}

fn scenes() -> Vec<Scene> {
    let texts = [
        "rows = 3\nspeed = 0.5",
        "rows = 5\nspeed = 0.8\nseed = 3",
        "kind = \"words\"\ntexts = [\"WE\"]\nfill = \"solid\"\nfade = 0.1",
        "kind = \"chain\"\ncount = false",
        "kind = \"one\"\nrows = 4",
        "kind = \"black\"",
    ];
    texts.iter().enumerate().map(|(number, text)| Scene { id: id(number), ..scene(text) }).collect()
}

fn player() -> Player {
    let mut player = Player::of_scenes((0..60).collect(), 0.8, 16.0 / 9.0, scenes(), &id(0)).unwrap();
    while player.deal_next_instance() {}
    player
}

fn transition(kind: TransitionKind, secs: f64) -> Transition {
    Transition { kind, secs, easing: Easing::Linear, order: TileOrder::Random, point: [0.5; 2] }
}

/// The largest difference of a channel, and the mean of all.
fn difference(one: &Picture, other: &Picture) -> (u8, f64) {
    let pairs = one.pixels.iter().zip(&other.pixels).map(|(a, b)| a.abs_diff(*b));
    (pairs.clone().max().unwrap(), pairs.map(f64::from).sum::<f64>() / one.pixels.len() as f64)
}

#[test]
fn half_way_through_a_fade_is_half_of_each() {
    let (gpu, crowd) = (gpu(), Painted::greys(60));
    let draw = |player: &Player, time: f64| picture(&gpu, crowd.clone(), &player.frame(time), SIZE);
    for to in 1..6 {
        let mut player = player();
        let (before, mut after) = (player.clone(), player.clone());
        player.cue_scene(&id(to), transition(TransitionKind::Fade, 2.0), 100.0).unwrap();
        after.resume_scene(&id(to), 100.0, 100.0).unwrap();
        let (one, other, half) = (draw(&before, 101.0), draw(&after, 101.0), draw(&player, 101.0));
        for ((a, b), c) in one.pixels.iter().zip(&other.pixels).zip(&half.pixels) {
            let mean = (f64::from(*a) + f64::from(*b)) / 2.0;
            // Letters that cover half of a half are a quarter of something: scenes of one layer alone are exact.
            let allowed = if matches!(to, 1 | 5) { 1.6 } else { 130.0 };
            assert!((mean - f64::from(*c)).abs() <= allowed, "to {to}: {a} and {b} make {c}");
        }
        assert!(draw(&player, 102.0) == draw(&after, 102.0), "and then the new one is all there is");
        assert!(draw(&player, 100.0) == draw(&before, 100.0), "as at the beginning the old one was");
    }
}

#[test]
fn a_transition_that_is_cut_short_does_not_jump_on_the_wall_either() {
    let (gpu, crowd) = (gpu(), Painted::greys(60));
    let canvas = Canvas::new(&gpu, SIZE.0, SIZE.1).unwrap();
    let mut renderer = Renderer::new(&gpu, crowd, CANVAS_FORMAT, SIZE.0, SIZE.1);
    let mut draw = |player: &Player, time: f64| {
        renderer.draw_complete(&gpu, &player.frame(time), &canvas).unwrap();
        Picture { pixels: canvas.read(&gpu).unwrap(), width: SIZE.0 }
    };
    let kinds = [TransitionKind::Fade, TransitionKind::Black, TransitionKind::Tile];
    let mut time = 50.0;
    let mut player = player();
    for step in 0..24 {
        let (kind, to) = (kinds[step % 3], (step * 5 + 1) % 6);
        let before = draw(&player, time);
        player.cue_scene(&id(to), transition(kind, 1.3), time).unwrap();
        let (max, mean) = difference(&before, &draw(&player, time));
        assert!(max <= 3 && mean < 0.5, "{step}: {kind:?} to {to} jumps by {max}, {mean}");
        let (_, mean) = difference(&before, &draw(&player, time + 0.002));
        assert!(mean < 2.5, "{step}: {kind:?} to {to} hurries by {mean}");
        time += 0.13 + 0.11 * (step % 7) as f64;
    }
    assert_eq!(gpu.take_errors(), Vec::<String>::new());
}

#[test]
fn out_of_black_everything_comes_slowly() {
    let (gpu, crowd) = (gpu(), Painted::greys(60));
    let draw = |player: &Player, time: f64| picture(&gpu, crowd.clone(), &player.frame(time), SIZE);
    for kind in [TransitionKind::Fade, TransitionKind::Black, TransitionKind::Tile] {
        for to in 0..5 {
            let mut player = player();
            player.resume_scene(&id(5), 0.0, 0.0).unwrap();
            player.cue_scene(&id(to), transition(kind, 2.0), 100.0).unwrap();
            let dark = Picture { pixels: [0, 0, 0, 255].repeat((SIZE.0 * SIZE.1) as usize), width: SIZE.0 };
            let (_, mean) = difference(&dark, &draw(&player, 100.02));
            assert!(mean < 4.0, "{kind:?} to {to} is there at once: {mean}");
            let mut after = player.clone();
            after.resume_scene(&id(to), 100.0, 100.0).unwrap();
            assert!(draw(&player, 102.0) == draw(&after, 102.0));
            player.cue_scene(&id(5), transition(kind, 2.0), 110.0).unwrap();
            let before = draw(&after, 110.0);
            let (_, mean) = difference(&before, &draw(&player, 110.02));
            assert!(mean < 4.0, "{kind:?} from {to} to black is there at once: {mean}");
        }
    }
}

#[test]
fn words_are_as_the_type_has_them() {
    let (gpu, crowd) = (gpu(), Painted::greys(4));
    for text in ["WE ARE MILLIONS", "نحن ملايين", "हम करोड़ों हैं"] {
        let words =
            format!("kind = \"words\"\ntexts = [\"{text}\"]\nfill = \"solid\"\nfade = 0.1\ntop = 0.1\nheight = 0.8");
        let player = Player::new((0..4).collect(), 0.8, 16.0 / 9.0, scene(&words)).unwrap();
        let got = picture(&gpu, crowd.clone(), &player.frame(5.0), (640, 360));
        let mut fonts = Fonts::bundled();
        let area = Vec2::new(16.0 / 9.0 - 0.16, 0.8) * 360.0;
        let fitted = fill(&mut fonts, text, None, area, Justify::Centre);
        let offset = fitted.offset + Vec2::new(0.08, 0.1) * 360.0;
        let want = coverage(&mut fonts, &fitted.layout, fitted.scale, offset, UVec2::new(640, 360));
        let far = got.pixels.chunks(4).zip(&want).filter(|(got, want)| got[0].abs_diff(**want) > 8).count();
        assert!(want.iter().filter(|covered| **covered == 255).count() > 4000, "{text}");
        assert!(far < 60, "{text}: {far} pixels are not as they should be");
    }
}

#[test]
fn a_shows_shaders_are_drawn_with_or_refused_whole() {
    let (gpu, crowd) = (gpu(), Painted::greys(60));
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let plan = player().frame(3.0);
    let plain = picture(&gpu, crowd.clone(), &plan, SIZE);
    let canvas = Canvas::new(&gpu, SIZE.0, SIZE.1).unwrap();
    let mut renderer = Renderer::new(&gpu, crowd, CANVAS_FORMAT, SIZE.0, SIZE.1);
    let draw = |renderer: &mut Renderer| {
        renderer.draw_complete(&gpu, &plan, &canvas).unwrap();
        Picture { pixels: canvas.read(&gpu).unwrap(), width: SIZE.0 }
    };
    assert!(draw(&mut renderer) == plain);
    let negative = file("negative.wgsl", "fn effect(p: vec2f) -> vec3f { return 1.0 - picture(p); }");
    let twice = ShaderSet::read(None, &[negative.clone(), negative.clone()]).unwrap();
    let once = ShaderSet::read(None, &[negative]).unwrap();
    renderer.adopt(&gpu, renderer.candidate(&gpu, once).build().unwrap_or_else(|problem| panic!("{problem}")));
    let inverted = draw(&mut renderer);
    let sums = inverted.pixels.iter().zip(&plain.pixels).enumerate().filter(|(index, _)| index % 4 != 3);
    assert!(sums.clone().all(|(_, (a, b))| a.abs_diff(255 - b) <= 1));
    renderer.adopt(&gpu, renderer.candidate(&gpu, twice).build().unwrap_or_else(|problem| panic!("{problem}")));
    assert!(difference(&draw(&mut renderer), &plain).0 <= 2, "a negative of a negative");

    let wall = include_str!("../../shaders/wall.wgsl");
    file("wall.wgsl", &wall.replace("@binding(8)", "@binding(12)"));
    // Good as a text, but not for the layout of this pass.
    let set = ShaderSet::read(Some(folder.path()), &[]).unwrap();
    let problem = renderer.candidate(&gpu, set).build().err().expect("another binding cannot be drawn with");
    assert!(problem.path.ends_with("wall.wgsl"), "{problem}");
    file("wall.wgsl", &wall.replace("return vec4f(dithered, color.a);", "return vec4f(1.0 - dithered, 1.0);"));
    let set = ShaderSet::read(Some(folder.path()), &[]).unwrap();
    renderer.adopt(&gpu, renderer.candidate(&gpu, set).build().unwrap_or_else(|problem| panic!("{problem}")));
    assert!(difference(&draw(&mut renderer), &inverted).0 <= 2);
    renderer.adopt(
        &gpu,
        renderer.candidate(&gpu, ShaderSet::default()).build().unwrap_or_else(|problem| panic!("{problem}")),
    );
    assert!(draw(&mut renderer) == plain);
    assert_eq!(gpu.take_errors(), Vec::<String>::new());
}

#[test]
fn the_effects_in_the_documents_compile() {
    let text = include_str!("../../docs/effects.md");
    let blocks: Vec<_> = text.split("```wgsl\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() >= 2);
    for block in blocks {
        millions_gpu::shaders::check_effect("docs/effects.md".as_ref(), block)
            .unwrap_or_else(|problem| panic!("{problem}"));
    }
}

#[test]
fn no_frame_is_late_at_a_cue() {
    let gpu = gpu();
    let show = Show::embedded().unwrap();
    let people = 3000;
    let crowd = Painted::new(people, 64, |person, x, y| [(person * 37 + x * 2 + y) as u8; 3]);
    let mut player =
        Player::of_scenes((0..people).collect(), 0.8, 16.0 / 9.0, show.scenes.clone(), &show.start.scene).unwrap();
    let (width, height) = (480, 270);
    let canvas = Canvas::new(&gpu, width, height).unwrap();
    let mut renderer =
        Renderer::for_scenes(&gpu, Arc::clone(&crowd) as _, CANVAS_FORMAT, (width, height), show.scenes.len());
    let (mut frame, mut late, mut cued_late) = (0_u64, 0, Vec::new());
    // A virtual clock of 60 frames a second: as long as the workers need, no longer.
    let draw = |player: &mut Player, renderer: &mut Renderer, frame: &mut u64| {
        let time = 1000.0 + *frame as f64 / 60.0;
        *frame += 1;
        player.deal_next_instance();
        let at = TimePoint { show_secs: time, real_secs: time };
        let prefetch: Prefetch = player.prefetch(at, 1.0, *frame);
        let target = canvas.view();
        let plan = player.frame(at);
        let resolved = ResolvedOutput::plain((width, height).into());
        let picture = OutputFrame {
            plans: Plans::of_wall(&plan),
            prefetch: &prefetch,
            resolved: &resolved,
            overlay: &Overlay::default(),
        };
        let report = renderer.draw(&gpu, &picture, &target, DrawMode::Live);
        (report.tiles.below_wanted + report.tiles.missing, time)
    };
    for key in [2, 4, 0, 7, 3, 1, 5] {
        // Somebody looks at a scene for a while; here it is a second.
        for _ in 0..90 {
            let (short, _) = draw(&mut player, &mut renderer, &mut frame);
            late += usize::from(short > 0 && frame > 120);
            std::thread::sleep(Duration::from_millis(4));
        }
        let cue = show.keys[key].as_ref().unwrap();
        let time = 1000.0 + frame as f64 / 60.0;
        player.cue_scene(&cue.scene, Transition::CUT, time).unwrap();
        let (short, _) = draw(&mut player, &mut renderer, &mut frame);
        if short > 0 {
            cued_late.push((key, short));
        }
    }
    assert!(cued_late.is_empty(), "keys and people below their size in the frame of the cue: {cued_late:?}");
    assert_eq!(late, 0, "frames that were late while nothing was cued");
}
