//! Arrivals: their order and their times, and what a scene shows of them.

use proptest::prelude::*;

use super::super::super::arrival::ArrivalSettings;
use super::super::super::{Millions, Mosaic, One, Scene, SceneKind, Transition, ViewMove};
use super::super::{FramePlan, Player};
use millions_base::SplitMix;
use millions_frame::{Layer, Sprite, SpriteLayer};
use millions_wall::tone::Look;

const NOW: f64 = 1000.0;
const ASPECT: f64 = 16.0 / 9.0;

fn scene(millions: Millions) -> Scene {
    let look = Look { contrast: 0.3, ..Look::default() };
    Scene { kind: SceneKind::Millions(millions), look, ..Scene::default() }
}

fn player(people: u32, millions: Millions, settings: ArrivalSettings) -> Player {
    let mut player = Player::new((0..people).collect(), 0.8, ASPECT, scene(millions)).unwrap();
    player.set_arrivals(Some(settings));
    player
}

/// Those in front, with their look; their shadows left out.
fn in_front(plan: &FramePlan) -> Vec<(Sprite, Look)> {
    let layers = plan.scene.layers.iter().filter_map(|layer| match layer {
        Layer::Sprites(SpriteLayer { sprites, look }) => Some((sprites, look)),
        _ => None,
    });
    layers
        .flat_map(|(sprites, look)| {
            sprites.iter().filter(|sprite| sprite.intensity > 0.0).map(|sprite| (*sprite, *look))
        })
        .collect()
}

fn find(plan: &FramePlan, person: u32) -> Option<(Sprite, Look)> {
    in_front(plan).into_iter().find(|(sprite, _)| sprite.person == person)
}

/// The corners of a person's cell in view, and its presence; of several the one that is there.
fn cell(plan: &FramePlan, person: u32) -> Option<([glam::DVec2; 2], f32)> {
    let rows = plan.wall()?;
    let cells = rows.wall.rows.iter().flat_map(|row| {
        row.columns_of(person).map(move |column| {
            let presence = rows.presence.get(row.first + column).copied().unwrap_or(1.0);
            (rows.wall.tile(row, column), presence)
        })
    });
    cells.max_by(|(_, one), (_, other)| one.total_cmp(other))
}

proptest! {
    #[test]
    fn nobody_waits_longer_than_is_said_and_all_come_in_their_order(
        wait in 2.0..60.0f64, stay in 0.0..20.0f64, size in 0.2..0.95f64, at_once in 1..15u32, seed: u64,
    ) {
        let settings = ArrivalSettings { size, stay, wait, at_once };
        let mut player = player(60, Millions::default(), settings);
        let (mut random, mut now, mut next) = (SplitMix::new(seed, 1), NOW, 100);
        let mut entered = Vec::new();
        for _ in 0..12 {
            now += random.unit() * 8.0;
            let people: Vec<u32> = (next..next + random.below(9) as u32).collect();
            next += people.len() as u32;
            player.welcome_people(&people, now, true);
            let arrivals = &player.arrivals.arrivals;
            prop_assert!(arrivals.is_sorted_by(|one, other| one.begins_secs <= other.begins_secs && one.person < other.person));
            for arrival in arrivals {
                prop_assert!(arrival.begins_secs >= arrival.came_secs);
                prop_assert!(arrival.begins_secs <= arrival.came_secs + wait + 1e-6, "{arrival:?}");
                // Nobody stands where another still is, and who has begun is not put off.
                for other in arrivals.iter().filter(|other| other.person < arrival.person && other.place == arrival.place) {
                    prop_assert!(other.is_away_secs() <= arrival.begins_secs + 1e-6, "{other:?} {arrival:?}");
                }
            }
            entered.extend(arrivals.iter().filter(|arrival| arrival.begins_secs <= now).copied());
        }
        for arrival in &entered {
            prop_assert!(entered.iter().filter(|other| other.person == arrival.person).all(|other| other == arrival));
        }
        // Everybody is in the crowd, whether they enter or not.
        prop_assert_eq!(player.crowd().len() as u32, 60 + next - 100);
    }

    #[test]
    fn a_jump_to_a_time_shows_what_playing_to_it_shows(
        people in 1..400u32, newcomers in 1..8u32, rows in 1..12u32, secs in 0.0..40.0f64, drift in -0.1..0.1f64,
    ) {
        let millions = Millions { rows, drift, ..Millions::default() };
        let mut player = player(people, millions, ArrivalSettings::default());
        player.welcome_people(&(1000..1000 + newcomers).collect::<Vec<_>>(), NOW, true);
        let jumped = player.clone().frame(NOW + secs);
        for step in 0..20 {
            let _ = player.frame(NOW + secs * f64::from(step) / 20.0);
        }
        prop_assert_eq!(&player.frame(NOW + secs), &jumped);
        // Whoever it is and wherever they are: once all have landed the wall is what it is without arrivals.
        let mut without = player.clone();
        without.set_arrivals(None);
        let after = NOW + 60.0;
        prop_assert_eq!(player.frame(after), without.frame(after));
    }

    #[test]
    fn somebody_who_enters_never_jumps_and_is_nowhere_else(
        people in 1..300u32, rows in 2..10u32, speed in 0.0..0.4f64, at in 0.0..24.0f64, seed in 0..50u64,
    ) {
        let millions = Millions { rows, speed, seed, ..Millions::default() };
        let mut player = player(people, millions, ArrivalSettings::default());
        player.welcome_people(&[1000, 1001], NOW, true);
        let [now, next] = [at, at + 0.01].map(|secs| player.frame(NOW + secs));
        for person in [1000, 1001] {
            if let (Some((now, look)), Some((next, next_look))) = (find(&now, person), find(&next, person)) {
                let moved = [0, 1].map(|corner| now.corners[corner].distance(next.corners[corner])).into_iter().fold(0.0, f64::max);
                prop_assert!(moved < 0.03, "{moved} at {at}");
                prop_assert!((now.opacity - next.opacity).abs() < 0.03 && (now.intensity - next.intensity).abs() < 0.03);
                prop_assert!((look.color - next_look.color).abs() < 0.02);
            }
            let in_cell = cell(&now, person).is_some_and(|(_, presence)| presence > 0.0);
            prop_assert!(!(in_cell && find(&now, person).is_some_and(|(sprite, _)| sprite.opacity > 0.99)), "twice at {at}");
        }
        let light = |plan: &FramePlan| plan.wall().unwrap().intensity;
        prop_assert!((light(&now) - light(&next)).abs() < 0.02);
    }
}

#[test]
fn a_newcomer_enters_in_colour_and_lands_in_the_cell() {
    for millions in [
        Millions::default(),
        Millions { rows: 30, speed: 0.9, variation: 0.75, ..Millions::default() },
        Millions { rows: 4, speed: 0.35, gap: 0.0, drift: 0.05, ..Millions::default() },
        Millions { rows: 9, depth: 4.0, ..Millions::default() },
        Millions { rows: 12, flow: millions_wall::Flow::Columns, ..Millions::default() },
    ] {
        for people in [0, 3, 90, 5000] {
            let mut player = player(people, millions, ArrivalSettings::default());
            player.welcome_people(&[9000], NOW, true);
            let arrival = player.arrivals.arrivals[0];
            assert!(find(&player.frame(NOW + 0.5), 9000).is_none(), "not before their tile is there");
            let (sprite, look) = find(&player.frame(arrival.begins_secs + 3.0), 9000).unwrap();
            assert_eq!((look.color, look.exposure_matching, look.contrast, sprite.opacity), (1.0, 0.0, 0.0, 1.0));
            let middle = (sprite.corners[0] + sprite.corners[1]) / 2.0;
            assert!((middle.x - ASPECT / 2.0).abs() < 1e-6 && (sprite.corners[1] - sprite.corners[0]).y > 0.6);
            let [before, after] = [-1e-4, 0.0].map(|off| player.frame(arrival.lands_secs() + off));
            let (sprite, look) = find(&before, 9000).unwrap_or_else(|| panic!("{people} people, {millions:?}"));
            let (corners, presence) = cell(&after, 9000).unwrap();
            assert_eq!((presence, look), (1.0, player.look()));
            assert!(sprite.corners[0].distance(corners[0]) < 2e-4 && sprite.corners[1].distance(corners[1]) < 2e-4);
            let light = after.wall().unwrap().intensity;
            assert!((sprite.intensity - light).abs() < 1e-3 && sprite.settled > 0.99 && find(&after, 9000).is_none());
            // Who stood in that cell is seen there until then.
            if people > 20 {
                let plan = player.frame(NOW + 0.7);
                let (corners, presence) = cell(&plan, 9000).unwrap();
                let stands_in =
                    in_front(&plan).into_iter().find(|(sprite, _)| sprite.corners[0].distance(corners[0]) < 1e-9);
                assert!(presence == 0.0 && stands_in.is_some_and(|(sprite, _)| sprite.person < people));
            }
        }
    }
}

#[test]
fn who_is_removed_on_the_way_is_gone_in_that_frame() {
    let mut player = player(100, Millions::default(), ArrivalSettings::default());
    player.welcome_people(&[500, 501], NOW, true);
    let arrival = player.arrivals.arrivals[0];
    for secs in [NOW + 0.1, arrival.begins_secs + 2.0, arrival.flies_secs() + 1.0] {
        let mut player = player.clone();
        player.remove_people(&[500], secs);
        assert!(!player.frame(secs).people().contains(&500));
        assert!((0..30).all(|later| !player.frame(secs + f64::from(later)).people().contains(&500)));
    }
    // Also whose place it is that a newcomer takes.
    let plan = player.frame(NOW + 1.0);
    let stand_in = in_front(&plan)[0].0.person;
    player.remove_people(&[stand_in], NOW + 1.0);
    assert!(!player.frame(NOW + 1.0).people().contains(&stand_in));
    // The same photograph cropped otherwise enters in its place.
    player.replace_people(&[(501, 777)], NOW + 1.0, true);
    let people: Vec<u32> = player.arrivals.arrivals.iter().map(|arrival| arrival.person).collect();
    assert_eq!(people, [500, 777]);
    player.set_blackout(true);
    assert!(player.frame(arrival.begins_secs + 2.0).draw_list().is_empty());
}

#[test]
fn thousands_at_once_are_no_procession() {
    let mut player = player(100, Millions { rows: 40, ..Millions::default() }, ArrivalSettings::default());
    player.welcome_people(&(1000..21_000).collect::<Vec<_>>(), NOW, true);
    assert!((4..12).contains(&player.arrivals.arrivals.len()), "{}", player.arrivals.arrivals.len());
    let shown =
        |secs: f64| in_front(&player.frame(NOW + secs)).iter().filter(|(sprite, _)| sprite.largest.y > 0.5).count();
    let most = (0..600).map(|tenths| shown(f64::from(tenths) / 10.0)).max().unwrap();
    assert!((3..=6).contains(&most), "{most}");
    assert_eq!(shown(60.0), 0);
    assert_eq!(player.crowd().len(), 20_100);
}

#[test]
fn somebody_of_the_crowd_is_introduced_and_goes_back() {
    for people in [30, 5000] {
        // Also in a show whose newcomers do not enter.
        let mut player = player(people, Millions::default(), ArrivalSettings::default());
        player.set_arrivals(None);
        let seen = player.frame(NOW).wall().unwrap().wall.people();
        let away = (0..people).find(|person| !seen.contains(person));
        for person in [Some(seen[seen.len() / 2]), away].into_iter().flatten() {
            let mut player = player.clone();
            assert!(player.introduce(person, NOW) && !player.introduce(person, NOW + 1.0));
            assert!(!player.introduce(people + 7, NOW));
            let arrival = player.arrivals.arrivals[0];
            let begins = player.frame(arrival.begins_secs + 1e-4);
            let from = cell(&player.frame(arrival.begins_secs - 0.1), person);
            let (sprite, look) = find(&begins, person).unwrap();
            if people > 100 && from.is_some_and(|([low, high], _)| low.x >= 0.05 && high.x <= ASPECT - 0.05) {
                assert!((sprite.corners[1] - sprite.corners[0]).y < 0.2, "out of their cell");
                assert!(look.color < 0.01 && sprite.opacity == 1.0 && cell(&begins, person).unwrap().1 == 0.0);
            }
            assert_eq!(find(&player.frame(arrival.begins_secs + 4.0), person).unwrap().1.color, 1.0);
            let lands = player.frame(arrival.lands_secs());
            assert!(find(&player.frame(arrival.lands_secs() - 0.01), person).is_some());
            assert_eq!(cell(&lands, person).unwrap().1, 1.0);
        }
    }
}

#[test]
fn scenes_without_a_wall_show_nobody_enter_and_one_that_says_so_neither() {
    let scenes = [
        scene(Millions::default()),
        Scene { arrivals: false, ..scene(Millions::default()) },
        Scene { kind: SceneKind::One(One::default()), ..Scene::default() },
        Scene { kind: SceneKind::Black, ..Scene::default() },
        Scene { kind: SceneKind::Mosaic(Mosaic::default()), ..Scene::default() },
        scene(Millions { everybody: true, view: Some(ViewMove::default()), ..Millions::default() }),
    ];
    let scenes = scenes.into_iter().enumerate().map(|(id, scene)| Scene { id: id.to_string().into(), ..scene });
    let id = |id: usize| id.to_string().into();
    let mut player = Player::of_scenes((0..200).collect(), 0.8, ASPECT, scenes.collect(), &id(0)).unwrap();
    player.set_arrivals(Some(ArrivalSettings::default()));
    while player.deal_next_instance() {}
    player.welcome_people(&[900], NOW, true);
    for (place, shows) in [(0, true), (1, false), (3, false), (4, true), (5, true)] {
        player.cue_scene(&id(place), Transition::CUT, NOW + 3.0).unwrap();
        let large = |secs: f64| {
            find(&player.frame(NOW + secs), 900)
                .is_some_and(|(sprite, _)| (sprite.corners[1] - sprite.corners[0]).y > 0.5)
        };
        assert_eq!(large(5.0), shows, "scene {place}");
        // Wherever it ends, it ends without a jump: somebody who is large is never gone at once.
        for step in 30..200 {
            let [now, next] = [f64::from(step) / 10.0, f64::from(step) / 10.0 + 0.02];
            let size = |secs: f64| find(&player.frame(NOW + secs), 900).map(|(sprite, _)| sprite);
            if let (Some(now), None) = (size(now), size(next)) {
                assert!(now.opacity < 0.1 || (now.corners[1] - now.corners[0]).y < 0.3, "scene {place}: {now:?}");
            }
        }
    }
    player.cue_scene(&id(1), Transition::CUT, NOW + 3.0).unwrap();
    assert!(cell(&player.frame(NOW + 4.0), 900).is_none_or(|(_, presence)| presence == 1.0), "simply in the crowd");
    player.cue_scene(&id(2), Transition::CUT, NOW + 3.0).unwrap();
    assert!(
        in_front(&player.frame(NOW + 5.0)).iter().all(|(_, look)| look.color == 0.0),
        "whoever comes forward there"
    );
}

#[test]
fn all_of_a_queue_land_in_their_cells() {
    for since in (0..40).map(|start| 1.8e9 + f64::from(start) * 7.3) {
        let millions = Millions { rows: 7, speed: 0.12, gap: 0.02, ..Millions::default() };
        // As after a first start: rows are no longer than they have to be.
        let mut player = player(0, millions, ArrivalSettings::default()).awaiting().unwrap();
        player.add_people(&(0..60).collect::<Vec<_>>(), since - 60.0, true);
        player.complete_crowd();
        player.welcome_people(&[100, 101], since, true);
        player.welcome_people(&[102, 103, 104], since + 0.14, true);
        for arrival in player.arrivals.arrivals.clone() {
            let (sprite, _) = find(&player.frame(arrival.lands_secs() - 1e-3), arrival.person)
                .unwrap_or_else(|| panic!("{since}: {arrival:?}"));
            let (corners, presence) = cell(&player.frame(arrival.lands_secs()), arrival.person).unwrap();
            assert!(presence == 1.0 && sprite.corners[0].distance(corners[0]) < 1e-3, "{since}: {arrival:?}");
        }
    }
}
