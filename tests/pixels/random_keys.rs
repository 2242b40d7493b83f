//! Tier 2: whatever an operator does, in any order, the wall comes to be what it would be had nothing else ever been on it.

use std::time::{Duration, Instant};

use crate::common::{Painted, gpu, picture, scene};
use millions_gpu::{CANVAS_FORMAT, Canvas, Renderer};
use millions_show::{Adjustments, Player, Scene, TimePoint, Transition, TransitionKind};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

const PEOPLE: u32 = 600;
/// Portraits that are in the source; those above [`PEOPLE`] arrive.
const ALL: u32 = 900;

#[derive(Clone, Debug)]
enum Key {
    Cue(usize, bool),
    Rows(i32),
    Admit(u32),
    Retire(u32),
    Resize(usize),
    Blackout(bool),
    Wait(f64),
}

fn keys() -> impl Strategy<Value = Vec<Key>> {
    let key = prop_oneof![
        3 => (0..6usize, any::<bool>()).prop_map(|(scene, fades)| Key::Cue(scene, fades)),
        2 => (-3..4i32).prop_map(Key::Rows),
        2 => (1..40u32).prop_map(Key::Admit),
        2 => (0..PEOPLE).prop_map(Key::Retire),
        1 => (0..3usize).prop_map(Key::Resize),
        1 => any::<bool>().prop_map(Key::Blackout),
        3 => (0.0..40.0f64).prop_map(Key::Wait),
    ];
    prop::collection::vec(key, 20..40)
}

/// Scenes of rows, few and many, that stand, scroll and zoom, and of tiles outside the rows.
fn scenes() -> Vec<Scene> {
    let texts = [
        "rows = 2",
        "rows = 40\nspeed = 2.0\ndirection = \"mixed\"",
        "everybody = true\n[view]\ntravel = 8.0\nrest = 1.0\nease = 2.0",
        "kind = \"one\"\ntravel = 1.0\nstay = 2.0",
        "kind = \"chain\"",
        "rows = 9\nflow = \"columns\"\n[reveal]\ncontributed = 2.0\nturn = 3.0\ntogether = 2.0",
    ];
    texts.iter().enumerate().map(|(index, text)| Scene { id: index.to_string().into(), ..scene(text) }).collect()
}

#[test]
fn after_any_keys_the_wall_is_what_a_new_one_would_be() {
    let gpu = gpu();
    let tiles = Painted::new(ALL, 64, |person, x, y| [(person * 37 + x * 3 + y * 5) as u8; 3]);
    let sizes = [(192, 108), (96, 160), (320, 100)];
    let run = |keys: Vec<Key>| {
        let mut size = sizes[0];
        let aspect = |(width, height): (u32, u32)| f64::from(width) / f64::from(height);
        let mut player = Player::of_scenes((0..PEOPLE).collect(), 0.8, aspect(size), scenes(), &"0".into()).unwrap();
        let mut renderer = Renderer::new(&gpu, tiles.clone(), CANVAS_FORMAT, size.0, size.1);
        let mut canvas = Canvas::new(&gpu, size.0, size.1).unwrap();
        let (mut secs, mut arrived) = (100.0, PEOPLE);
        for key in &keys {
            let now = TimePoint::from(secs);
            match *key {
                Key::Cue(scene, fades) => {
                    let kind = if fades { TransitionKind::Tile } else { TransitionKind::Cut };
                    player
                        .cue_scene(&scene.to_string().into(), Transition { kind, ..Transition::default() }, now)
                        .unwrap();
                }
                Key::Rows(rows) => player.set_adjustments(Adjustments { rows, ..Adjustments::default() }, now).unwrap(),
                Key::Admit(people) => {
                    let people: Vec<_> = (arrived..(arrived + people).min(ALL)).collect();
                    arrived += people.len() as u32;
                    player.add_people(&people, secs, true);
                    renderer.renew_portraits(&people);
                }
                Key::Retire(person) => {
                    player.remove_people(&[person], secs);
                    renderer.retire_portraits(&[person]);
                }
                Key::Resize(index) => {
                    size = sizes[index];
                    player.set_wall(aspect(size), None).unwrap();
                    canvas = Canvas::new(&gpu, size.0, size.1).unwrap();
                    renderer.forget_outputs();
                }
                Key::Blackout(blackout) => player.set_blackout(blackout),
                Key::Wait(more) => secs += more,
            }
            secs += 0.02;
            let report = renderer.draw_live(&gpu, &player.frame(secs), &player.prefetch(secs, 1.0, 3), &canvas);
            prop_assert!(report.unwrap().tiles.texels <= 1 << 20);
        }
        // A snapshot, from which a transition starts that cut another short, is of what there was: let it be over.
        secs += 30.0;
        let plan = player.frame(secs);
        let want = picture(&gpu, tiles.clone(), &plan, size);
        let deadline = Instant::now() + Duration::from_secs(30);
        while canvas.read(&gpu).unwrap() != want.pixels {
            prop_assert!(Instant::now() < deadline, "it never became what a new wall is");
            renderer.draw_live(&gpu, &plan, &player.prefetch(secs, 1.0, 3), &canvas).unwrap();
        }
        prop_assert_eq!(gpu.take_errors(), Vec::<String>::new());
        Ok(())
    };
    // More for a longer run: 2,000 are ten minutes of keys and some.
    let cases = std::env::var("MILLIONS_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24);
    TestRunner::new(Config { cases, failure_persistence: None, max_shrink_iters: 4, ..Config::default() })
        .run(&keys(), run)
        .unwrap();
}
