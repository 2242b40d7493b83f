//! The player: frames, cues, playlists, changes of the crowd and of the scenes.

use proptest::prelude::*;

use super::super::{Biography, Chain, Cue, Easing, Millions, One, Playlist, PlaylistEntry, SceneKind, Words};
use super::*;
use millions_frame::{DrawItem, Layer, TileOrder};
use millions_wall::EMPTY_CELL;
use millions_wall::tone::LookParameter;

fn player(people: u32) -> Player {
    Player::new((0..people).collect(), 0.8, 16.0 / 9.0, Scene::embedded().unwrap().remove(0)).unwrap()
}

fn cells(plan: &FramePlan) -> Vec<u32> {
    plan.wall().unwrap().wall.cells().collect()
}

/// The id of a scene by its place in [`kinds`].
fn id(index: usize) -> SceneId {
    index.to_string().into()
}

/// A scene of each kind that has people in it.
fn kinds() -> Vec<Scene> {
    let words =
        Words { texts: vec!["We are millions".to_owned(), "and millions are one".to_owned()], ..Words::default() };
    let kinds = [
        SceneKind::Millions(Millions::default()),
        SceneKind::Millions(Millions { rows: 12, seed: 4, drift: 0.2, ..Millions::default() }),
        SceneKind::One(One::default()),
        SceneKind::Chain(Chain::default()),
        SceneKind::Words(words),
        SceneKind::Black,
    ];
    let scenes = kinds.into_iter().enumerate();
    scenes.map(|(index, kind)| Scene { id: id(index), kind, ..Scene::default() }).collect()
}

fn all_kinds(people: u32) -> Player {
    let mut player = Player::of_scenes((0..people).collect(), 0.8, 16.0 / 9.0, kinds(), &id(0)).unwrap();
    while player.deal_next_instance() {}
    player
}

#[test]
fn a_frame_is_a_function_of_the_time() {
    let player = player(500);
    assert_eq!(player.frame(12.5), player.clone().frame(12.5));
    assert_ne!(player.frame(12.5), player.frame(12.6));
}

#[test]
fn the_wall_fills_with_added_people_and_then_has_no_holes() {
    let mut player = player(0).awaiting().unwrap();
    player.add_people(&[4, 5, 6], 10.0, true);
    assert_eq!(player.frame(10.0).wall().unwrap().wall.people(), [4, 5, 6]);
    assert!(player.frame(10.0).wall().unwrap().presence.contains(&0.0));
    assert!(player.frame(11.0).wall().unwrap().presence.is_empty(), "after the fade-in there is nothing to blend");
    player.add_people(&[7], 11.0, false);
    assert!(player.frame(11.0).wall().unwrap().presence.is_empty() && cells(&player.frame(11.0)).contains(&7));
    player.complete_crowd();
    assert!(!cells(&player.frame(11.0)).contains(&EMPTY_CELL));
}

#[test]
fn a_complete_wall_plays_on_when_people_are_added_and_removed() {
    let mut player = player(2000).featuring([5, 6, 7]).unwrap();
    let seen = player.frame(50.0).wall().unwrap().wall.people();
    player.remove_people(&seen[..3], 50.0);
    let after = player.frame(50.0).wall().unwrap().wall.clone();
    assert!(
        after.cells().all(|cell| cell != EMPTY_CELL) && after.people().len() == seen.len(),
        "everybody else, and three more"
    );
    assert!(seen[3..].iter().all(|person| after.people().contains(person)), "nobody who is seen goes");
    player.add_people(&[9000], 51.0, true);
    assert!((0..200).any(|tenths| cells(&player.frame(51.0 + f64::from(tenths) / 10.0)).contains(&9000)));
    let place = cells(&player.frame(60.0)).iter().position(|person| *person == seen[9]);
    player.replace_people(&[(seen[9], 9001)], 60.0, true);
    assert_eq!(cells(&player.frame(60.0)).iter().position(|person| *person == 9001), place);
    // Adding people again changes nothing.
    player.add_people(&[9000, 9001], 61.0, true);
    assert_eq!(player.crowd().len(), 1998);

    let everybody: Vec<_> = player.crowd.people.iter().copied().collect();
    player.remove_people(&everybody, 70.0);
    assert!(player.frame(70.0).wall().unwrap().wall.people().is_empty());
    player.add_people(&[1], 80.0, false);
    assert_eq!(player.frame(80.0).wall().unwrap().wall.people(), [1]);
    assert!(!cells(&player.frame(80.0)).contains(&EMPTY_CELL), "one person alone fills the wall");
}

#[test]
fn a_wall_that_cannot_be_dealt_changes_nothing() {
    let mut player = player(100);
    let before = player.frame(1.0);
    assert!(player.set_wall(1e9, None).is_err());
    assert_eq!(player.frame(1.0), before);
    player.set_adjustments(Adjustments { rows: -1000, ..Adjustments::default() }, 1.0).unwrap();
    assert_eq!(player.rows(), Some(1));
}

#[test]
fn a_cue_resets_the_adjustments() {
    let mut player = all_kinds(100);
    player
        .set_adjustments(
            Adjustments { rows: 2, ..Adjustments::default() }.with(LookParameter::Contrast, 5.0, &Look::default()),
            1.0,
        )
        .unwrap();
    assert_eq!((player.look().contrast, player.rows()), (1.0, Some(9)));
    player.cue_scene(&id(1), Transition::default(), 5.0).unwrap();
    assert_eq!(player.adjustments(), &Adjustments::default());
    player.cue_scene(&id(0), Transition::CUT, 9.0).unwrap();
    assert_eq!(player.rows(), Some(7), "and so does the way back");
}

#[test]
fn added_people_are_in_every_scene_and_removed_people_in_none() {
    let mut player = all_kinds(60);
    for scene in 0..6 {
        player.cue_scene(&id(scene), Transition::CUT, 100.0).unwrap();
        let is_seen = |player: &Player, person| {
            (0..600).any(|secs| player.frame(100.0 + f64::from(secs)).people().contains(&person))
        };
        assert_eq!(is_seen(&player, 12), scene != 5, "scene {scene}");
        let mut after = player.clone();
        after.remove_people(&[12], 100.0);
        after.add_people(&[500], 100.0, true);
        assert!(!is_seen(&after, 12) && is_seen(&after, 500) == (scene != 5), "scene {scene}");
    }
}

#[test]
fn an_edited_scene_continues_where_it_was() {
    let mut player = all_kinds(400);
    let before = player.frame(1e9);
    let mut scenes = kinds();
    if let SceneKind::Millions(millions) = &mut scenes[0].kind {
        millions.speed *= 1.7;
    }
    scenes[0].look.contrast = 0.7;
    player.set_scenes(scenes.clone(), 1e9).unwrap();
    let after = player.frame(1e9);
    assert_eq!(after.wall().unwrap().look.contrast, 0.7);
    for (one, other) in before.wall().unwrap().wall.rows.iter().zip(&after.wall().unwrap().wall.rows) {
        assert!((one.hidden - other.hidden).abs() < 1e-3, "{one:?} {other:?}");
    }
    assert_eq!(cells(&before), cells(&after));
    scenes.remove(0);
    player.set_scenes(scenes, 1e9).unwrap();
    assert_eq!(cells(&player.frame(1e9)), cells(&after), "a scene whose file is gone plays on");
}

fn playlist() -> Playlist {
    let entry = |scene: usize, dwell_secs| PlaylistEntry {
        cue: Cue {
            scene: id(scene),
            name: String::new(),
            transition: Transition { secs: 2.0, ..Transition::default() },
        },
        dwell_secs,
    };
    let entries = vec![entry(1, 10.0), entry(3, 5.0), entry(0, 1.0), entry(4, 20.0)];
    Playlist { entries, repeats: true, shuffle: Some(3), autoplay: true }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn a_playlists_frame_depends_on_the_time_alone(
        times in prop::collection::vec(0.0..400.0f64, 1..12), step in 0.01..3.0f64,
    ) {
        let fresh = || {
            let mut player = all_kinds(120);
            player.set_playlist(Some(playlist()), 1000.0, false);
            player
        };
        let mut jumping = fresh();
        for time in times {
            let time = 1000.0 + time;
            jumping.follow_playlist(time).unwrap();
            let mut walking = fresh();
            let mut now = 1000.0_f64.max(time - 30.0);
            while now < time {
                walking.follow_playlist(now).unwrap();
                now += step;
            }
            walking.follow_playlist(time).unwrap();
            prop_assert!(jumping.frame(time) == walking.frame(time), "at {time}");
        }
    }
}

#[test]
fn a_playlist_is_paused_by_a_cue_and_continues_where_it_was() {
    let mut player = all_kinds(100);
    let mut list = playlist();
    list.shuffle = None;
    player.set_playlist(Some(list), 1000.0, true);
    player.follow_playlist(1001.0).unwrap();
    assert_eq!(player.cue().scene, id(0), "it waits");
    let step = |player: &mut Player, by, time: f64| {
        assert!(player.step_playlist(by, time).unwrap());
        player.follow_playlist(time).unwrap();
        player.cue().scene.clone()
    };
    assert_eq!(step(&mut player, 1, 1002.0), id(1), "and begins with its first");
    assert_eq!(step(&mut player, 1, 1003.0), id(3));
    player.cue_scene(&id(2), Transition::CUT, 1004.0).unwrap();
    player.follow_playlist(1100.0).unwrap();
    assert_eq!(player.cue().scene, id(2), "what the operator has cued stays");
    assert_eq!(step(&mut player, 1, 1101.0), id(0));
    assert_eq!(step(&mut player, -1, 1101.5), id(3));
    player.follow_playlist(1106.8).unwrap();
    assert_eq!(player.cue().scene, id(0), "and then it plays by itself");
    assert!(player.cue_back(Transition::CUT, 1108.0).unwrap());
}

#[test]
fn cue_back_goes_back_cue_by_cue() {
    let mut player = all_kinds(100);
    for scene in [3, 1, 4] {
        player.cue_scene(&id(scene), Transition::default(), 10.0).unwrap();
    }
    let back: Vec<_> = (0..4)
        .map(|_| {
            let is_one = player.cue_back(Transition::CUT, 20.0).unwrap();
            (is_one, player.cue().scene.clone())
        })
        .collect();
    assert_eq!(back, [(true, id(1)), (true, id(3)), (true, id(0)), (false, id(0))]);
}

/// An estimate of a pixel without a GPU: the intensity of each kind of layer, weighted by its opacity.
fn weights(plan: &FramePlan) -> Vec<(u64, f64)> {
    let mut found: Vec<(u64, f64)> = Vec::new();
    collect(plan, &mut found, 1.0);
    found
}

fn collect(plan: &FramePlan, found: &mut Vec<(u64, f64)>, share: f64) {
    for item in plan.draw_list() {
        match item {
            DrawItem::Snapshot(snapshot) => collect(snapshot, found, share),
            DrawItem::Black(opacity) => found.iter_mut().for_each(|(_, weight)| *weight *= 1.0 - f64::from(opacity)),
            DrawItem::Layer { layer, opacity, tile_flip, intensity } => {
                let kind = match layer {
                    Layer::Rows(wall) => u64::from(wall.wall.grid.rows),
                    Layer::Sprites(_) => 1000,
                    Layer::Words(_) => 1001,
                    Layer::Still(_) => 1002,
                };
                let there = tile_flip.map_or(opacity, |tile_flip| {
                    let wall = plan.wall().map_or(1.0, |wall| wall.wall.grid.aspect);
                    tile_flip.at(7, || 0.5, DVec2::new(wall / 3.0, 0.5), wall)
                });
                let covers = !matches!(layer, Layer::Words(_) | Layer::Sprites(_));
                if covers {
                    found.iter_mut().for_each(|(_, weight)| *weight *= 1.0 - f64::from(there));
                }
                found.push((kind, f64::from(there * intensity) * share));
            }
        }
    }
}

fn total(weights: &[(u64, f64)], kind: u64) -> f64 {
    weights.iter().filter(|(other, _)| *other == kind).map(|(_, weight)| weight).sum()
}

fn transitions() -> impl Strategy<Value = Transition> {
    let kinds = prop::sample::select(vec![TransitionKind::Fade, TransitionKind::Black, TransitionKind::Tile]);
    let easings = prop::sample::select(vec![Easing::Linear, Easing::Smooth, Easing::In, Easing::Out]);
    let orders = prop::sample::select(vec![TileOrder::Random, TileOrder::Wave, TileOrder::Point, TileOrder::Tone]);
    (kinds, 0.4..3.0f64, easings, orders).prop_map(|(kind, secs, easing, order)| Transition {
        kind,
        secs,
        easing,
        order,
        point: [0.3, 0.6],
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn interrupted_transitions_never_jump(
        steps in prop::collection::vec((0..6usize, transitions(), 0.05..2.0f64), 1..7),
    ) {
        let mut player = all_kinds(200);
        let mut time = 1000.0;
        for (scene, transition, wait) in steps {
            let before = weights(&player.frame(time));
            player.cue_scene(&id(scene), transition, time).unwrap();
            let mut last = before;
            for millisecond in 0..(wait * 1000.0) as u32 {
                let now = weights(&player.frame(time + f64::from(millisecond) / 1000.0));
                for kind in [7, 12, 14, 1000, 1001] {
                    // A turning tile of the shortest transition changes by 1.5 in 0.3 × 0.4 s, through black doubles
                    // that; a text fades in within 1.2 s.
                    let change = (total(&now, kind) - total(&last, kind)).abs();
                    prop_assert!(change < 0.035, "{kind} by {change} {millisecond} ms after {transition:?}");
                }
                last = now;
            }
            time += wait;
        }
    }
}

fn rows_of(rows: u32) -> Scene {
    Scene { kind: SceneKind::Millions(Millions { rows, speed: 0.0, ..Millions::default() }), ..Scene::default() }
}

#[test]
fn a_scene_of_a_surface_follows_the_crowd_and_nobody_on_it_moves() {
    let mut all = Player::new((0..200).collect(), 0.8, 1.8, rows_of(4)).unwrap();
    all.set_biographies([(7, Biography { name: "Ada".into(), ..Biography::default() })]);
    let mut own = all.alone(rows_of(2), 1.2).unwrap();
    assert_eq!(own.crowd().biography(7).map(|biography| &*biography.name), Some("Ada"));
    let before = own.frame(5.0).wall().unwrap().wall.clone();
    all.add_people(&[500, 501], 5.0, true);
    all.set_biographies([(500, Biography { name: "Grace".into(), ..Biography::default() })]);
    let gone = before.cells().nth(1).unwrap();
    all.remove_people(&[gone], 5.0);
    own.follow_crowd(&all, 5.0);
    assert_eq!(own.crowd().len(), all.crowd().len());
    assert!(own.crowd().biography(500).is_some());
    let after = own.frame(5.0).wall().unwrap().wall.clone();
    for (was, is) in before.cells().zip(after.cells()) {
        assert!(was == is || was == gone, "{was} became {is}");
    }
    assert!(!after.people().contains(&gone));
}

/// A player that leaves all deals to [`deal`].
fn deferring(people: u32) -> Player {
    let mut player = all_kinds(people);
    player.defer_deals(0);
    player
}

/// Runs all deals that are asked for, at a time; returns how many there were.
fn deal(player: &mut Player, at: f64) -> usize {
    let mut count = 0;
    while let Some(job) = player.next_deal() {
        player.adopt(job.run(), at).unwrap();
        count += 1;
        assert!(count < 100, "a deal is asked for again and again");
    }
    count
}

#[test]
fn a_cue_takes_effect_when_its_scene_is_dealt_and_until_then_what_plays_plays_on() {
    let mut player = Player::of_scenes((0..300).collect(), 0.8, 16.0 / 9.0, kinds(), &id(0)).unwrap();
    player.defer_deals(0);
    let mut at_once = player.clone();
    let before = player.clone();
    player.cue_scene(&id(1), Transition::default(), 10.0).unwrap();
    let job = player.next_deal().unwrap();
    player.cue_scene(&id(4), Transition::default(), 11.0).unwrap();
    assert!(player.frame(12.0) == before.frame(12.0));
    // What was asked for first is kept for later, and the last key wins.
    player.adopt(job.run(), 13.0).unwrap();
    assert_eq!((&player.cue().scene, player.scene().id.as_str()), (&id(0), "0"));
    let dealt = player.next_deal().unwrap().run();
    player.adopt(dealt, 14.0).unwrap();
    at_once.defer_deals(usize::MAX);
    at_once.cue_scene(&id(4), Transition::default(), 14.0).unwrap();
    for time in [14.0, 14.7, 19.0] {
        assert!(player.frame(time) == at_once.frame(time), "at {time}");
    }
    assert_eq!(deal(&mut player, 20.0), 3, "the other scenes, ahead of their cues");
    player.cue_scene(&id(2), Transition::CUT, 21.0).unwrap();
    assert_eq!(player.cue().scene, id(2), "what is dealt is cued at once");
    assert!(player.cue_back(Transition::CUT, 22.0).unwrap() && player.cue().scene == id(4));
    assert!(player.cue_back(Transition::CUT, 23.0).unwrap() && player.cue().scene == id(0), "each cue is one step");
}

#[test]
fn a_deal_of_an_earlier_crowd_wall_or_scene_is_dropped_and_asked_for_again() {
    let mut player = Player::of_scenes((0..300).collect(), 0.8, 16.0 / 9.0, kinds(), &id(0)).unwrap();
    player.defer_deals(0);
    let dealt = |player: &Player| player.next_deal().unwrap().run();
    player.cue_scene(&id(1), Transition::CUT, 1.0).unwrap();
    let old = dealt(&player);
    player.remove_people(&[7], 2.0);
    player.adopt(old, 2.0).unwrap();
    assert_eq!(player.cue().scene, id(0), "somebody has gone");
    let followed = dealt(&player);
    player.adopt(followed, 2.5).unwrap();
    assert!((0..60).all(|secs| !player.frame(f64::from(secs)).people().contains(&7)));
    let old = dealt(&player);
    player.set_wall(2.5, None).unwrap();
    player.adopt(old, 3.0).unwrap();
    assert_eq!(player.cue().scene, id(0), "the wall is another");
    let old = dealt(&player);
    let mut scenes = kinds();
    scenes[1].look.contrast = 0.3;
    player.set_scenes(scenes, 4.0).unwrap();
    player.adopt(old, 4.0).unwrap();
    assert_eq!(player.cue().scene, id(0), "the scene is another");
    let new = dealt(&player);
    player.adopt(new, 5.0).unwrap();
    let plan = player.frame(6.0);
    assert_eq!((&player.cue().scene, plan.wall().unwrap().look.contrast), (&id(1), 0.3));
    assert!((plan.wall().unwrap().wall.grid.aspect - 2.5).abs() < 1e-9 && !plan.people().contains(&7));
}

#[test]
fn other_rows_and_another_wall_come_once_they_are_dealt() {
    let mut player = deferring(400);
    let rows = |rows| Adjustments { rows, ..Adjustments::default() };
    player.set_adjustments(rows(2), 1.0).unwrap();
    let then = *player.adjustments();
    player.set_adjustments(Adjustments { rows: then.rows + 1, ..then }, 1.1).unwrap();
    player.set_adjustments(player.adjustments().with(LookParameter::Contrast, 0.25, &Look::default()), 1.2).unwrap();
    assert_eq!((player.rows(), player.look().contrast), (Some(7), 0.25), "only the rows have to wait");
    assert_eq!((deal(&mut player, 2.0), player.rows(), player.look().contrast), (1, Some(10), 0.25));
    player.set_adjustments(rows(5), 3.0).unwrap();
    player.set_adjustments(rows(3), 3.1).unwrap();
    assert_eq!((deal(&mut player, 3.2), player.rows()), (0, Some(10)), "there and back is nothing to deal");

    let mut at_once = all_kinds(400);
    let before = player.frame(4.0);
    player.set_wall(1.0, None).unwrap();
    assert!(player.frame(4.0) == before);
    deal(&mut player, 5.0);
    at_once.set_adjustments(rows(3), 2.0).unwrap();
    at_once.set_wall(1.0, None).unwrap();
    assert_eq!(cells(&player.frame(9.0)), cells(&at_once.frame(9.0)));
    // What cannot be dealt is told once, and the wall stays.
    player.set_wall(1e9, None).unwrap();
    let errors: Vec<_> = std::iter::from_fn(|| player.next_deal().map(|job| player.adopt(job.run(), 10.0))).collect();
    assert!(errors[0].is_err() && errors.len() <= 6, "{errors:?}");
    assert_eq!(cells(&player.frame(9.0)), cells(&at_once.frame(9.0)));
}

#[test]
fn a_playlist_waits_for_a_deal_and_is_then_where_it_would_be() {
    let start = || {
        let mut player = Player::of_scenes((0..300).collect(), 0.8, 16.0 / 9.0, kinds(), &id(0)).unwrap();
        player.set_playlist(Some(playlist()), 1000.0, false);
        player
    };
    let (mut player, mut at_once) = (start(), start());
    player.defer_deals(0);
    player.follow_playlist(1001.0).unwrap();
    assert_eq!(player.cue().scene, id(0), "it waits");
    deal(&mut player, 1001.1);
    for time in [1001.2, 1009.0, 1030.0] {
        player.follow_playlist(time).unwrap();
        at_once.follow_playlist(time).unwrap();
        assert!(player.frame(time) == at_once.frame(time), "at {time}");
    }
    assert!(player.step_playlist(1, 1031.0).unwrap() && player.playlist_began_secs().is_some());
}

#[test]
fn an_edited_scene_of_a_large_crowd_continues_where_it_was() {
    let mut player = deferring(400);
    let mut scenes = kinds();
    if let SceneKind::Millions(millions) = &mut scenes[0].kind {
        millions.speed *= 1.7;
    }
    let before = player.frame(1e6);
    player.set_scenes(scenes, 1e6).unwrap();
    assert!(cells(&player.frame(1e6 + 1.0)) != cells(&before), "it plays on");
    let seen = player.frame(1e6 + 30.0);
    deal(&mut player, 1e6 + 30.0);
    assert_eq!(cells(&player.frame(1e6 + 30.0)), cells(&seen));
    assert_ne!(cells(&player.frame(1e6 + 40.0)), cells(&deferring(400).frame(1e6 + 40.0)), "and at the new speed");
}

#[test]
fn scenes_of_a_large_crowd_follow_it_once_a_thread_has_had_them_follow() {
    let change = |player: &mut Player, step: usize, at: f64| match step {
        0 => player.add_people(&[1000, 1001, 1002], at, false),
        1 => player.remove_people(&[3, 1001], at),
        2 => player.replace_people(&[(4, 2000), (5, 2001)], at, false),
        3 => player.complete_crowd(),
        _ => player.remove_people(&(0..150).collect::<Vec<_>>(), at),
    };
    for is_awaiting in [false, true] {
        let start = || {
            let player = Player::of_scenes((0..200).collect(), 0.8, 16.0 / 9.0, kinds(), &id(0)).unwrap();
            let mut player = if is_awaiting { player.awaiting().unwrap() } else { player };
            while player.deal_next_instance() {}
            player
        };
        let (mut player, mut at_once) = (start(), start());
        player.defer_deals(0);
        let before = player.frame(12.0);
        for step in 0..5 {
            change(&mut player, step, 10.0);
            change(&mut at_once, step, 10.0);
        }
        assert_eq!(player.crowd().len(), at_once.crowd().len());
        assert_eq!(cells(&player.frame(12.0)), cells(&before), "what is seen stays until it is done");
        // A job for an earlier crowd is of no use.
        let old = player.next_deal().unwrap();
        change(&mut player, 0, 11.0);
        change(&mut at_once, 0, 11.0);
        player.adopt(old.run(), 11.0).unwrap();
        assert_eq!(deal(&mut player, 11.0), 1, "all at once");
        for scene in 0..5 {
            for player in [&mut player, &mut at_once] {
                player.cue_scene(&id(scene), Transition::CUT, 20.0).unwrap();
            }
            for time in [20.0, 47.0] {
                let (now, wanted) = (player.frame(time), at_once.frame(time));
                // Where people were awaited, it is known earlier that no more come, and cells are filled in another order.
                assert!(is_awaiting || now == wanted, "scene {scene} at {time}");
                assert!(now.wall().is_none_or(|_| !cells(&now).contains(&EMPTY_CELL)));
                assert!(now.people().iter().all(|person| player.crowd.people.contains(person)), "scene {scene}");
            }
        }
    }
}

#[test]
fn a_wall_for_everybody_has_more_rows_as_the_crowd_grows_and_few_deals() {
    let everybody =
        Scene { kind: SceneKind::Millions(Millions { everybody: true, ..Millions::default() }), ..rows_of(1) };
    let mut player = Player::new(Vec::new(), 0.8, 16.0 / 9.0, everybody).unwrap().awaiting().unwrap();
    let (mut deals, mut before) = (0, player.rows());
    for person in 0..500 {
        player.add_people(&[person], 5.0, true);
        while player.deal_next_instance() {}
        deals += usize::from(std::mem::replace(&mut before, player.rows()) != before);
    }
    player.complete_crowd();
    while player.deal_next_instance() {}
    let plan = player.frame(9.0);
    let wall = &plan.wall().unwrap().wall;
    assert!(wall.people().len() >= 400, "{} of 500 are seen in {:?} rows", wall.people().len(), player.rows());
    assert!(deals < 10, "{deals} deals");
    // Somebody comes and goes: nobody moves.
    let rows = player.rows();
    for _ in 0..20 {
        player.remove_people(&[7], 10.0);
        while player.deal_next_instance() {}
        player.add_people(&[7], 10.0, true);
        while player.deal_next_instance() {}
    }
    assert_eq!(player.rows(), rows);
}
