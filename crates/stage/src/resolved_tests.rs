//! What outputs draw.

use glam::{DVec2, UVec2, Vec4};
use proptest::prelude::*;

use super::warp_tests::meshed;
use super::*;
use millions_wall::strips::MeshQuad;

fn output() -> Output {
    Output::new("a", UVec2::new(1920, 1080))
}

fn stage(output: Output, surfaces: Vec<Surface>) -> Stage {
    Stage::new(16.0 / 9.0, vec![output], surfaces)
}

fn resolve(stage: &Stage, size: UVec2) -> ResolvedOutput {
    stage.resolve(OutputId(0), size, &NoMaskImages).unwrap()
}

#[test]
fn a_filling_surface_is_the_whole_wall_and_needs_no_map() {
    let stage = Stage::side_by_side(vec![output()]);
    let resolved = resolve(&stage, UVec2::new(1280, 720));
    let [surface] = &resolved.surfaces[..] else { panic!("{resolved:?}") };
    assert_eq!(surface.quads, [MeshQuad::whole(stage.aspect)]);
    assert_eq!((surface.mask.as_ref(), surface.overlaps_earlier), (None, false));
    let Scale::Uniform(scale) = surface.scale else { panic!("{:?}", surface.scale) };
    assert!((scale - DVec2::splat(720.0)).length() < 1e-9);
}

#[test]
fn a_hanging_and_turned_projector_gets_its_picture_as_it_hangs() {
    for rotation in [Rotation::None, Rotation::Quarter, Rotation::Half, Rotation::ThreeQuarters] {
        for flip in [Flip::None, Flip::Horizontal, Flip::Vertical] {
            let output = Output { rotation, flip, ..output() };
            let size = output.target_size();
            let surface = Surface::filling(&output, "face", [DVec2::ZERO, DVec2::ONE]);
            let resolved = resolve(&stage(output.clone(), vec![surface]), size);
            let quad = &resolved.surfaces[0].quads[0];
            let corners = [DVec2::ZERO, DVec2::X, DVec2::Y, DVec2::ONE];
            for (corner, clip) in corners.into_iter().zip(quad.p_in_clip) {
                let to = output.target_from_output(corner);
                assert_eq!(clip, Vec4::new(2.0 * to.x as f32 - 1.0, 1.0 - 2.0 * to.y as f32, 0.0, 1.0));
            }
            let scale = resolved.surfaces[0].scale.at(DVec2::ZERO);
            assert!((scale - DVec2::splat(1080.0)).length() < 1e-9, "a turned wall is no larger: {scale}");
        }
    }
}

#[test]
fn what_is_faulty_is_left_out_and_said_and_the_others_stay() {
    let good = Surface::filling(&output(), "good", [DVec2::ZERO, DVec2::ONE]);
    let crossed = Surface {
        name: "bad".to_owned(),
        corners: [good.corners[0], good.corners[2], good.corners[1], good.corners[3]],
        ..good.clone()
    };
    let empty = Surface { name: "empty".to_owned(), part: [DVec2::ONE, DVec2::ZERO], ..good.clone() };
    let stage = stage(output(), vec![crossed, good, empty]);
    let resolved = resolve(&stage, UVec2::new(1920, 1080));
    assert_eq!(resolved.surfaces.iter().map(|surface| surface.id).collect::<Vec<_>>(), [SurfaceId(1)]);
    let faults: Vec<String> = resolved.faults.iter().map(ToString::to_string).collect();
    assert!(faults[0].starts_with("surface `bad`: two sides cross") && faults[1].contains("empty"), "{faults:?}");
    assert_eq!(stage.resolve(OutputId(1), UVec2::ONE, &NoMaskImages).unwrap_err(), StageFault::NoOutput(OutputId(1)));
    assert!(stage.resolve(OutputId(0), UVec2::new(0, 9), &NoMaskImages).unwrap_err().to_string().contains("0 × 9 px"));
}

#[test]
fn neighbours_that_share_an_edge_do_not_lie_over_each_other() {
    let side = |left: f64, right: f64| {
        let corners = [(left, 0.0), (right, 30.0), (right, 900.0), (left, 1000.0)].map(|(x, y)| DVec2::new(x, y));
        Surface { corners, ..Surface::filling(&output(), format!("{left}"), [DVec2::ZERO, DVec2::ONE]) }
    };
    let resolved = resolve(
        &stage(output(), vec![side(0.0, 900.0), side(900.0, 1800.0), side(890.0, 1000.0)]),
        UVec2::new(1920, 1080),
    );
    assert_eq!(
        resolved.surfaces.iter().map(|surface| surface.overlaps_earlier).collect::<Vec<_>>(),
        [false, false, true]
    );
}

proptest! {
    #[test]
    fn quads_share_their_edges_to_the_bit(mut surface in meshed(), t in 0.0..1.0_f64) {
        surface.part = [DVec2::new(0.13, 0.0), DVec2::new(0.77, 0.91)];
        let resolved = resolve(&stage(output(), vec![surface]), UVec2::new(1280, 800));
        let Some(surface) = resolved.surfaces.first() else { return Ok(()) };
        let columns = surface.columns as usize;
        for (index, quad) in surface.quads.iter().enumerate() {
            let [near, far] = quad.p_in_wall;
            if index % columns + 1 < columns {
                let p = DVec2::new(far.x, near.y + (far.y - near.y) * t);
                prop_assert_eq!(quad.clip_from_wall(p), surface.quads[index + 1].clip_from_wall(p));
            }
            if let Some(below) = surface.quads.get(index + columns) {
                let p = DVec2::new(near.x + (far.x - near.x) * t, far.y);
                prop_assert_eq!(quad.clip_from_wall(p), below.clip_from_wall(p));
            }
        }
        prop_assert_eq!(surface.quads[0].p_in_wall[0], surface.part_in_wall[0]);
        prop_assert_eq!(surface.quads.last().unwrap().p_in_wall[1], surface.part_in_wall[1]);
    }

    #[test]
    fn the_scale_is_that_of_what_is_drawn(corners in super::homography::tests::quads(), u in 0.05..0.95_f64, v in 0.05..0.95_f64) {
        let surface = Surface { corners, ..Surface::filling(&output(), "face", [DVec2::ZERO, DVec2::new(0.5, 1.0)]) };
        let size = UVec2::new(960, 1080);
        let resolved = resolve(&stage(output(), vec![surface]), size);
        let [surface] = &resolved.surfaces[..] else { panic!("{:?}", resolved.faults) };
        let pixel = |p: DVec2| {
            let clip = surface.quads[0].p_in_clip.map(|clip| clip.as_dvec4());
            let t = p / surface.part_in_wall[1];
            let at = clip[0].lerp(clip[1], t.x).lerp(clip[2].lerp(clip[3], t.x), t.y);
            DVec2::new(at.x, at.y) / at.w * size.as_dvec2() / 2.0
        };
        let p = DVec2::new(u, v) * surface.part_in_wall[1];
        let step = |by: DVec2| (pixel(p + by) - pixel(p - by)).length() / 2e-3;
        let scale = surface.scale.at(p);
        let seen = DVec2::new(step(DVec2::X * 1e-3), step(DVec2::Y * 1e-3));
        prop_assert!(((scale - seen) / seen).abs().max_element() < 0.01, "{scale} for {seen}");
    }
}

#[test]
fn the_scale_of_a_column_is_that_of_its_warp() {
    let mut surface = Surface::filling(&output(), "column", [DVec2::ZERO, DVec2::new(0.25, 1.0)]);
    surface.corners = [(500.0, 300.0), (1400.0, 250.0), (1300.0, 950.0), (560.0, 900.0)].map(|(x, y)| DVec2::new(x, y));
    surface.bend = Some(Bend { degrees: 120.0, top: DVec2::new(950.0, 200.0), bottom: DVec2::new(930.0, 1000.0) });
    let warp = Warp::new(&surface).unwrap();
    let resolved = resolve(&stage(output(), vec![surface]), UVec2::new(1920, 1080));
    let part = resolved.surfaces[0].part_in_wall[1];
    for i in 1..20 {
        let at = DVec2::new(f64::from(i) / 20.0, f64::from(i * 7 % 20) / 20.0);
        let jacobian = warp.jacobian(at);
        let wanted = DVec2::new(jacobian.x_axis.length(), jacobian.y_axis.length()) / part;
        let scale = resolved.surfaces[0].scale.at(at * part);
        assert!(((scale - wanted) / wanted).abs().max_element() < 0.01, "{scale} for {wanted}");
    }
}
