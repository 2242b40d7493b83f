//! That black is as light everywhere, by projectors whose rasters are known.

use glam::{DVec2, UVec2};
use proptest::prelude::*;

use super::black::{BlackOffset, ProjectorCoverage};
use super::*;

const SIZE: UVec2 = UVec2::new(1920, 1080);

fn p(x: f64, y: f64) -> DVec2 {
    DVec2::new(x, y)
}

/// A projector before a flat wall: where its raster lies there, and the parts that its surfaces show.
#[derive(Clone, Debug)]
struct Thrown {
    light: f64,
    /// Its corners in the wall's 0 to 1.
    raster: [DVec2; 4],
    parts: Vec<[DVec2; 2]>,
}

impl Thrown {
    /// From the wall to its pixels.
    fn pixels(&self) -> Homography {
        let wall = Homography::square_to_quad(self.raster.map(|corner| corner * 1000.0)).unwrap().inverse().unwrap();
        let size = SIZE.as_dvec2();
        Homography(glam::DMat3::from_scale(size) * wall.0 * glam::DMat3::from_scale(DVec2::splat(1000.0)))
    }

    /// How far inside its raster a place of the wall is, in pixels; less than nothing outside.
    fn inside(&self, q: DVec2) -> f64 {
        let pixel = self.pixels().apply(q);
        pixel.map_or(f64::NEG_INFINITY, |at| at.min(SIZE.as_dvec2() - at).min_element())
    }
}

/// Their stage.
fn stage(thrown: &[Thrown], feather: f64) -> Stage {
    let (mut outputs, mut surfaces) = (Vec::new(), Vec::new());
    for (index, each) in thrown.iter().enumerate() {
        let mut output = Output::new(index.to_string(), SIZE);
        output.black_level = BlackLevel { light: each.light, feather };
        for part in &each.parts {
            let mut surface = Surface::filling(&output, format!("{index} {}", surfaces.len()), *part);
            let [near, far] = *part;
            let corners = [near, p(far.x, near.y), far, p(near.x, far.y)];
            surface.corners = corners.map(|corner| each.pixels().apply(corner).unwrap());
            surfaces.push(surface);
        }
        outputs.push(output);
    }
    Stage::new(2.0, outputs, surfaces)
}

/// What is added at a place, by all surfaces that show it.
fn lifted(stage: &Stage, q: DVec2) -> f64 {
    let Some(coverage) = ProjectorCoverage::new(stage) else { return 0.0 };
    let there = (0..stage.surfaces.len()).filter(|index| {
        let [near, far] = stage.surfaces[*index].part;
        q.cmpge(near).all() && q.cmple(far).all()
    });
    let lifts = there.filter_map(|index| coverage.black_offset(index, |_| true));
    lifts.map(|lift: BlackOffset| lift.light(q, 1.0, |_| 1.0)).sum()
}

/// The light of black at a place.
fn leak(thrown: &[Thrown], q: DVec2) -> f64 {
    thrown.iter().filter(|each| each.inside(q) > 0.0).map(|each| each.light).sum()
}

fn rectangle(from: DVec2, to: DVec2) -> [DVec2; 4] {
    [from, p(to.x, from.y), to, p(from.x, to.y)]
}

/// A projector in perspective, with one surface or one above another, within its raster.
fn thrown(left: f64, right: f64) -> impl Strategy<Value = Thrown> {
    let out = prop::collection::vec((0.0..0.25_f64, 0.0..0.25_f64), 4);
    (0.001..0.01_f64, out, any::<bool>()).prop_map(move |(light, out, two)| {
        let away = [p(-1.0, -1.0), p(1.0, -1.0), p(1.0, 1.0), p(-1.0, 1.0)];
        let mut raster = rectangle(p(left, 0.0), p(right, 1.0));
        for ((corner, away), (x, y)) in raster.iter_mut().zip(away).zip(out) {
            *corner += away * (p(x, y) + 0.01);
        }
        let [near, far] = [p(left, 0.0), p(right, 1.0)];
        let parts = if two { vec![[near, p(right, 0.5)], [p(left, 0.5), far]] } else { vec![[near, far]] };
        Thrown { light, raster, parts }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn on_a_flat_wall_it_makes_as_much_everywhere(
        a in thrown(0.0, 0.45), b in thrown(0.35, 0.7), c in thrown(0.7, 1.0), feather in 0.0..2.0_f64,
        places in prop::collection::vec((0.0..1.0_f64, 0.0..1.0_f64), 40),
    ) {
        let thrown = [a, b, c];
        let stage = stage(&thrown, feather);
        let mut totals = Vec::new();
        for (x, y) in &places {
            let q = p(*x, *y);
            // At a raster's edge the passage.
            if thrown.iter().all(|each| each.inside(q).abs() > feather) {
                let lifted = lifted(&stage, q);
                let narrowest = thrown.iter().map(|each| each.inside(q)).filter(|inside| *inside > 0.0).fold(f64::MAX, f64::min);
                totals.push((leak(&thrown, q) + lifted, lifted, narrowest));
            }
        }
        // Where it is lifted it is the same; where it is not, as much already, or more in an overlap too narrow to count.
        let wanted = totals.iter().filter(|(_, lifted, _)| *lifted > 0.0).map(|(total, ..)| *total).reduce(f64::max);
        for (total, lifted, narrowest) in totals {
            let wanted = wanted.unwrap_or(total);
            let is_missed = lifted == 0.0 && total > wanted && narrowest < 60.0;
            prop_assert!(is_missed || (total - wanted).abs() < 1e-9, "{total}, not {wanted}; {narrowest} px inside");
        }
        prop_assert!(wanted.is_some(), "they overlap");
    }

    #[test]
    fn any_corners_and_places_make_light_that_is_a_number(
        quads in prop::collection::vec(super::homography::tests::quads(), 4),
        parts in prop::collection::vec((-0.2..0.9_f64, -0.2..0.9_f64, 0.001..1.0_f64, 0.001..1.0_f64), 4),
        bent in any::<[bool; 4]>(),
        light in prop_oneof![0.0..0.1_f64, prop::num::f64::ANY],
        feather in prop_oneof![0.0..50.0_f64, prop::num::f64::ANY],
        places in prop::collection::vec((-1.0..2.0_f64, -1.0..2.0_f64), 20),
    ) {
        let (mut outputs, mut surfaces) = (Vec::new(), Vec::new());
        for (index, (x, y, width, height)) in parts.into_iter().enumerate() {
            let mut output = Output::new((index / 2 * 2).to_string(), SIZE);
            output.black_level = BlackLevel { light, feather };
            let mut surface = Surface::filling(&output, index.to_string(), [p(x, y), p(x + width, y + height)]);
            surface.corners = quads[index];
            surface.bend = bent[index].then_some(Bend { degrees: 60.0, top: DVec2::ZERO, bottom: DVec2::ONE });
            surfaces.push(surface);
            if index % 2 == 0 {
                outputs.push(output);
            }
        }
        let stage = Stage::new(2.0, outputs, surfaces);
        let most = if light.is_nan() { 0.0 } else { light.clamp(0.0, 1.0) * 2.0 };
        for (x, y) in places {
            let Some(coverage) = ProjectorCoverage::new(&stage) else { break };
            for index in 0..stage.surfaces.len() {
                let light = coverage.black_offset(index, |_| true).map_or(0.0, |lift| lift.light(p(x, y), 1.0, |_| 1.0));
                prop_assert!((0.0..=most).contains(&light), "{light} of {most}");
            }
        }
    }
}

/// Two beside each other whose parts touch in the middle, and whose rasters reach a tenth of the wall beyond.
fn pair() -> [Thrown; 2] {
    let left =
        Thrown { light: 0.002, raster: rectangle(p(-0.1, -0.1), p(0.6, 1.1)), parts: vec![[DVec2::ZERO, p(0.5, 1.0)]] };
    let right =
        Thrown { raster: rectangle(p(0.4, -0.1), p(1.1, 1.1)), parts: vec![[p(0.5, 0.0), DVec2::ONE]], ..left.clone() };
    [left, right]
}

#[test]
fn a_raster_that_reaches_beyond_its_surface_counts_there() {
    let stage = stage(&pair(), 0.0);
    for (x, wanted) in [(0.1, 0.002), (0.39, 0.002), (0.41, 0.0), (0.5, 0.0), (0.59, 0.0), (0.61, 0.002)] {
        let lifted = lifted(&stage, p(x, 0.3));
        assert!((lifted - wanted).abs() < 1e-12, "{lifted} at {x}");
    }
}

#[test]
fn the_passage_is_as_wide_as_the_feather() {
    let stage = stage(&pair(), 96.0);
    // 0.7 of the wall are 1920 pixels.
    let at = |px: f64| lifted(&stage, p(0.4 + px / 1920.0 * 0.7, 0.3)) / 0.002;
    let values = [-49.0, -24.0, 0.0, 24.0, 49.0].map(at);
    assert!((values[0] - 1.0).abs() < 1e-9 && values[4] == 0.0, "{values:?}");
    assert!((values[2] - 0.5).abs() < 1e-9 && (values[1] + values[3] - 1.0).abs() < 1e-9, "{values:?}");
    assert!((values[1] - 0.84375).abs() < 1e-9, "{values:?}");
}

#[test]
fn where_nothing_overlaps_nothing_is_lifted() {
    let nothing = |stage: &Stage| ProjectorCoverage::new(stage).is_none();
    assert!(!nothing(&stage(&pair(), 8.0)));
    assert!(nothing(&stage(&pair()[..1], 8.0)));
    // Without a black level; with one on one of them.
    let with = |lights: [f64; 2]| {
        let mut thrown = pair();
        thrown.iter_mut().zip(lights).for_each(|(each, light)| each.light = light);
        stage(&thrown, 8.0)
    };
    assert!(nothing(&with([0.0, 0.0])) && nothing(&with([0.002, 0.0])) && nothing(&with([0.002, f64::NAN])));
    // Rasters that meet, and that hands have laid a few pixels over each other.
    let mut outputs = [Output::new("a", SIZE), Output::new("b", SIZE)];
    outputs.iter_mut().for_each(|output| output.black_level.light = 0.002);
    let mut meeting = Stage::side_by_side(outputs.to_vec());
    assert!(nothing(&meeting));
    meeting.surfaces[0].corners[1].x -= 5.0;
    meeting.surfaces[0].corners[2].x -= 3.0;
    assert!(nothing(&meeting));
}

#[test]
fn two_of_one_output_do_not_add() {
    let mut thrown = pair();
    thrown[0].parts = vec![[DVec2::ZERO, p(0.3, 1.0)], [p(0.3, 0.0), p(0.5, 1.0)]];
    let stage = stage(&thrown, 0.0);
    assert!((lifted(&stage, p(0.2, 0.5)) - 0.002).abs() < 1e-12);
    assert!(lifted(&stage, p(0.45, 0.5)).abs() < 1e-12);
}

#[test]
fn round_a_corner_nothing_is_taken_to_reach() {
    let mut thrown = pair();
    // The right one has the corner at 0.55: the left one's raster is not followed round it.
    thrown[1].parts = vec![[p(0.45, 0.0), p(0.55, 1.0)], [p(0.55, 0.0), DVec2::ONE]];
    let around = stage(&thrown, 0.0);
    assert!(lifted(&around, p(0.52, 0.5)).abs() < 1e-12);
    assert!((lifted(&around, p(0.58, 0.5)) - 0.002).abs() < 1e-12);
    // Nor along what is bent; but where the bent one itself shows the place, it tells.
    let mut bent = stage(&pair(), 0.0);
    bent.surfaces[1].part[0].x = 0.45;
    bent.surfaces[1].bend = Some(Bend { degrees: 60.0, top: DVec2::ZERO, bottom: DVec2::ONE });
    assert!((lifted(&bent, p(0.55, 0.5)) - 0.002).abs() < 1e-12);
    assert!(lifted(&bent, p(0.47, 0.5)).abs() < 1e-12);
}

#[test]
fn beyond_the_horizon_nothing_is_reached() {
    let mut thrown = pair();
    // Seen so much from the side that the wall's far end is behind the projector.
    thrown[0].raster = [p(-0.1, -0.1), p(0.6, 0.3), p(0.6, 0.7), p(-0.1, 1.1)];
    thrown[0].parts = vec![[p(0.0, 0.3), p(0.55, 0.7)]];
    let far = thrown[0].pixels().homogeneous(p(1.0, 0.5));
    assert!(far.z < 0.0, "{far}");
    let stage = stage(&thrown, 0.0);
    assert!(lifted(&stage, p(0.58, 0.5)).abs() < 1e-12);
    assert!((lifted(&stage, p(1.0, 0.5)) - 0.002).abs() < 1e-12);
}

#[test]
fn black_of_different_light_makes_one() {
    let mut thrown = pair();
    thrown[1].light = 0.005;
    let stage = stage(&thrown, 0.0);
    for (x, wanted) in [(0.2, 0.005), (0.45, 0.0), (0.8, 0.002)] {
        let lifted = lifted(&stage, p(x, 0.5));
        assert!((lifted - wanted).abs() < 1e-12, "{lifted} at {x}");
    }
}

#[test]
fn an_output_without_a_black_level_leaves_it_to_others() {
    let mut thrown = vec![pair()[0].clone(), pair()[1].clone(), pair()[0].clone()];
    thrown[2].light = 0.0;
    let stage = stage(&thrown, 0.0);
    assert!((lifted(&stage, p(0.2, 0.5)) - 0.002).abs() < 1e-12);
    assert!(ProjectorCoverage::new(&stage).unwrap().black_offset(2, |_| true).is_none());
}
