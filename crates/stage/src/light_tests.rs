//! What output masks make of shapes, masks, soft edges and black levels.

use std::path::{Path, PathBuf};

use glam::{DVec2, UVec2};
use proptest::prelude::*;

use super::*;
use millions_base::Files;

fn p(x: f64, y: f64) -> DVec2 {
    DVec2::new(x, y)
}

const A: OutputId = OutputId(0);
const B: OutputId = OutputId(1);

fn output(name: &str) -> Output {
    Output::new(name, UVec2::new(400, 300))
}

/// Two outputs whose surfaces show the left and the right of the wall and overlap in its middle.
fn pair(change: impl Fn(&mut Output)) -> Stage {
    let mut outputs = vec![output("a"), output("b")];
    outputs.iter_mut().for_each(change);
    let surfaces = vec![
        Surface::filling(&outputs[0], "left", [DVec2::ZERO, p(0.65, 1.0)]),
        Surface::filling(&outputs[1], "right", [p(0.35, 0.0), DVec2::ONE]),
    ];
    Stage::new(2.0, outputs, surfaces)
}

fn single(change: impl Fn(&mut Output, &mut Surface)) -> Stage {
    let mut output = output("a");
    let mut surface = Surface::filling(&output, "face", [DVec2::ZERO, DVec2::ONE]);
    change(&mut output, &mut surface);
    Stage::new(4.0 / 3.0, vec![output], vec![surface])
}

fn resolve(stage: &Stage, output: &str) -> ResolvedOutput {
    let output = stage.output_named(output).unwrap();
    let resolved = stage.resolve(output.id, output.target_size(), &Pictures).unwrap();
    assert_eq!(resolved.faults, []);
    resolved
}

struct Pictures;

impl Files for Pictures {
    fn read(&self, path: &Path) -> std::io::Result<String> {
        NoMaskImages.read(path)
    }

    fn is_there(&self, path: &Path) -> bool {
        path == Path::new("right.png")
    }
}

impl MaskImages for Pictures {
    /// Black on the left, white on the right.
    fn grey(&self, path: &Path) -> Option<GreyImage> {
        let values = [0, 0, 255, 255].into();
        (path == Path::new("right.png")).then_some(GreyImage { width: 4, height: 1, values })
    }
}

/// A surface's texel at a place of the target, straight between its pixels' middles.
fn texel(surface: &ResolvedSurface, at: DVec2) -> MaskTexel {
    let Some(map) = &surface.mask else { return MaskTexel::OPAQUE };
    let at = (at - 0.5).max(DVec2::ZERO);
    let first = at.floor().as_uvec2();
    let t = at.fract().as_vec2();
    let last = map.origin + map.size - 1;
    let pixel = |x: u32, y: u32| map.at((first.x + x).min(last.x), (first.y + y).min(last.y));
    let mix = |of: fn(MaskTexel) -> f32| {
        let row = |y: u32| of(pixel(0, y)) + (of(pixel(1, y)) - of(pixel(0, y))) * t.x;
        row(0) + (row(1) - row(0)) * t.y
    };
    MaskTexel { gain: mix(|t| t.gain), black_offset: mix(|t| t.black_offset), coverage: mix(|t| t.coverage) }
}

/// Texels of all surfaces that show a place of the wall, 0 to 1 each way, more than two pixels from their edges.
fn texels(stage: &Stage, resolved: &[ResolvedOutput], q: DVec2) -> Vec<MaskTexel> {
    let there = stage.surfaces.iter().filter_map(|surface| {
        let at = (q - surface.part[0]) / (surface.part[1] - surface.part[0]);
        let resolved = resolved.iter().find(|resolved| resolved.output.name == surface.output)?;
        let output = stage.output_named(&surface.output)?;
        let within = at.cmpgt(DVec2::ZERO).all() && at.cmplt(DVec2::ONE).all();
        let p = Warp::new(surface).unwrap().position(at) / output.size.as_dvec2();
        let p = output.target_from_output(p) * resolved.size.as_dvec2();
        let surface = resolved.surfaces.iter().find(|resolved| resolved.id == surface.id)?;
        within.then(|| texel(surface, p))
    });
    there.collect()
}

fn warped(stage: &mut Stage, by: &[(f64, f64)], bend: bool) {
    for (index, surface) in stage.surfaces.iter_mut().enumerate() {
        let middle = p(200.0, 150.0);
        for (corner, (x, y)) in by[index * 4..].iter().enumerate().take(4) {
            let corner = &mut surface.corners[corner];
            *corner += (middle - *corner) * p(*x, *y);
        }
        let [ul, ur, lr, ll] = surface.corners;
        let (top, bottom) = ((ul + ur) / 2.0, (ll + lr) / 2.0);
        let down = (bottom - top) * 0.05;
        surface.bend = bend.then_some(Bend { degrees: 60.0, top: top - down, bottom: bottom + down });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn light_of_soft_edges_makes_one(
        by in prop::collection::vec((0.02..0.3_f64, 0.02..0.3_f64), 8),
        bend in any::<bool>(),
        curve in 1.0..2.5_f64,
        gamma in 1.0..2.6_f64,
        points in prop::collection::vec((0.05..0.95_f64, 0.1..0.9_f64), 30),
    ) {
        let mut stage = pair(|output| output.blend = EdgeBlend { manual: None, curve, gamma });
        warped(&mut stage, &by, bend);
        let resolved = ["a", "b"].map(|name| resolve(&stage, name));
        for (x, y) in points {
            // Within a pixel of the edge of a surface its shape fades.
            prop_assume!((x - 0.35).abs() > 0.005 && (x - 0.65).abs() > 0.005);
            let lights = texels(&stage, &resolved, p(x, y)).into_iter().map(|texel| f64::from(texel.gain).powf(gamma));
            let light: f64 = lights.sum();
            prop_assert!((light - 1.0).abs() < 0.01, "{light} at {x} {y}");
        }
    }
}

#[test]
fn lit_black_is_as_light_everywhere() {
    let light = 0.002;
    let mut stage = pair(|output| output.black_level = BlackLevel { light, feather: 4.0 });
    stage.outputs[1].rotation = Rotation::Quarter;
    let resolved = ["a", "b"].map(|name| resolve(&stage, name));
    for x in [0.05, 0.2, 0.33, 0.37, 0.5, 0.62, 0.67, 0.9] {
        let texels = texels(&stage, &resolved, p(x, 0.5));
        let lit: f64 = texels.iter().map(|texel| light + f64::from(texel.black_offset).powf(2.2)).sum();
        assert!((lit - 2.0 * light).abs() < 0.02 * light, "{lit} at {x}");
        assert!(texels.iter().all(|texel| texel.apply([0.0; 3])[0] == texel.black_offset));
    }
}

#[test]
fn where_a_neighbour_is_masked_the_light_is_the_others() {
    let mut stage = pair(|_| {});
    stage.surfaces[1].outline = Outline::Circle;
    let corner = |at| MaskPoint { at, before: None, after: None };
    let square = [p(0.1, 0.4), p(0.3, 0.4), p(0.3, 0.6), p(0.1, 0.6)].map(corner);
    let mask =
        Mask { name: "door".to_owned(), kind: MaskKind::Hide, shape: MaskShape::Path(square.to_vec()), feather: 9.0 };
    stage.surfaces[1].masks.push(mask);
    let resolved = ["a", "b"].map(|name| resolve(&stage, name));
    for (x, y) in [(0.36, 0.05), (0.4, 0.1), (0.5, 0.5), (0.48, 0.45), (0.48, 0.41), (0.41, 0.5), (0.38, 0.5)] {
        let light: f64 = texels(&stage, &resolved, p(x, y)).iter().map(|texel| f64::from(texel.gain).powf(2.2)).sum();
        assert!((light - 1.0).abs() < 0.02, "{light} at {x} {y}");
    }
    let dark = texels(&stage, &resolved, p(0.9, 0.05));
    assert_eq!(dark[0], MaskTexel::default(), "nobody else is there");
}

#[test]
fn fades_by_hand_go_with_the_picture_that_is_seen() {
    let sides = Sides { right: 100.0, ..Sides::default() };
    let stage = single(|output, _| {
        output.blend.manual = Some(sides);
        output.rotation = Rotation::Half;
    });
    let resolved = resolve(&stage, "a");
    // On its head, the right is on the left.
    let light = |x: f64| texel(&resolved.surfaces[0], p(x, 150.0)).gain.powf(2.2);
    assert!((light(25.0) - 0.25).abs() < 0.005 && light(300.0) == 1.0, "{}", light(25.0));
}

#[test]
fn a_slanted_edge_fades_within_its_last_pixel() {
    let stage = single(|_, surface| surface.corners = [p(100.0, 0.0), p(400.0, 0.0), p(400.0, 300.0), p(0.0, 300.0)]);
    let resolved = resolve(&stage, "a");
    let map = resolved.surfaces[0].mask.as_ref().unwrap();
    for y in [0, 100, 250] {
        let edge = 100.0 - (f64::from(y) + 0.5) / 3.0;
        for x in 0..400 {
            let MaskTexel { gain, black_offset, coverage } = map.at(x, y);
            let inside = (f64::from(x) + 0.5 - edge) * 0.9487;
            assert_eq!((gain, black_offset), (coverage, 0.0));
            assert!(inside > 0.0 || coverage == 0.0, "what is not drawn does not count");
            assert!(inside < 0.64 || coverage == 1.0, "{coverage} at {x}, {inside} inside");
        }
    }
    assert!(map.texels.iter().any(|bits| (0.2..0.8).contains(&MaskTexel::unpack(*bits).coverage)));
}

#[test]
fn a_circle_has_its_area_and_masks_come_one_after_another() {
    let light = |stage: &Stage| {
        let resolved = resolve(stage, "a");
        let map = resolved.surfaces[0].mask.clone().unwrap();
        map.texels.iter().map(|bits| f64::from(MaskTexel::unpack(*bits).gain)).sum::<f64>()
    };
    let circle = light(&single(|_, surface| surface.outline = Outline::Circle));
    let area = std::f64::consts::PI * 200.0 * 150.0;
    assert!((circle / area - 1.0).abs() < 2e-3, "{circle} for {area}");

    let corner = |at| MaskPoint { at, before: None, after: None };
    let square = |from: f64, to: f64, kind, feather| Mask {
        name: "square".to_owned(),
        kind,
        shape: MaskShape::Path([p(from, from), p(to, from), p(to, to), p(from, to)].map(corner).to_vec()),
        feather,
    };
    let masks = |masks: Vec<Mask>| single(|output, _| output.masks.clone_from(&masks));
    // 200 × 200 is lit, of which 100 × 100 is dark, of which 50 × 50 is lit.
    let lit = light(&masks(vec![
        square(20.0, 220.0, MaskKind::Show, 0.0),
        square(50.0, 150.0, MaskKind::Hide, 10.0),
        square(75.0, 125.0, MaskKind::Show, 0.0),
    ]));
    assert!((lit - (40_000.0 - 10_000.0 + 2_500.0)).abs() < 60.0, "{lit}");
    // Beyond the picture and far beyond.
    let lit = light(&masks(vec![square(-1e9, 150.0, MaskKind::Show, 0.0)]));
    assert!((lit - 150.0 * 150.0).abs() < 1.0, "{lit}");
}

#[test]
fn a_feather_passes_over_its_width() {
    let corner = |at| MaskPoint { at, before: None, after: None };
    let points = [p(0.5, -1.0), p(2.0, -1.0), p(2.0, 2.0), p(0.5, 2.0)].map(corner);
    let shape = MaskShape::Path(points.to_vec());
    let stage = single(|_, surface| {
        surface.masks =
            vec![Mask { name: "half".to_owned(), kind: MaskKind::Hide, shape: shape.clone(), feather: 40.0 }];
    });
    let resolved = resolve(&stage, "a");
    let at = |x: u32| resolved.surfaces[0].mask.as_ref().unwrap().at(x, 150).coverage;
    assert_eq!((at(179), at(220)), (1.0, 0.0));
    assert!((at(199) + at(200) - 1.0).abs() < 0.01 && at(190) > 0.8 && at(210) < 0.2);
}

#[test]
fn masks_follow_the_bend() {
    let corner = |at| MaskPoint { at, before: None, after: None };
    let band = [p(0.0, 0.2), p(1.0, 0.2), p(1.0, 0.4), p(0.0, 0.4)].map(corner);
    let stage = single(|_, surface| {
        surface.corners = [p(20.0, 60.0), p(380.0, 60.0), p(380.0, 260.0), p(20.0, 260.0)];
        surface.bend = Some(Bend { degrees: 90.0, top: p(200.0, 20.0), bottom: p(200.0, 290.0) });
        let shape = MaskShape::Path(band.to_vec());
        surface.masks = vec![Mask { name: "cornice".to_owned(), kind: MaskKind::Hide, shape, feather: 0.0 }];
    });
    let resolved = resolve(&stage, "a");
    let warp = Warp::new(&stage.surfaces[0]).unwrap();
    for u in [0.05, 0.2, 0.5, 0.8, 0.95] {
        for v in [0.1, 0.19, 0.21, 0.3, 0.39, 0.41, 0.9] {
            let coverage = texel(&resolved.surfaces[0], warp.position(p(u, v))).coverage;
            let lit = !(0.2..0.4).contains(&v);
            assert!((coverage > 0.5) == lit, "{coverage} at {u} {v}");
        }
    }
}

#[test]
fn a_picture_masks_and_one_that_is_not_there_is_said() {
    let with = |path: &str| {
        let shape = MaskShape::Picture(PathBuf::from(path));
        let mask = Mask { name: "windows".to_owned(), kind: MaskKind::Hide, shape, feather: 0.0 };
        single(|_, surface| surface.masks = vec![mask.clone()])
    };
    let resolved = resolve(&with("right.png"), "a");
    let at = |x: u32| resolved.surfaces[0].mask.as_ref().unwrap().at(x, 9).coverage;
    assert_eq!((at(100), at(300)), (1.0, 0.0));
    assert!((at(199) - 0.5).abs() < 0.01);
    let resolved = with("left.png").resolve(A, UVec2::new(400, 300), &Pictures).unwrap();
    assert_eq!(
        resolved.faults[0].to_string(),
        "mask `windows` of `face`: its picture `left.png` cannot be read, so all of it stays dark"
    );
    // What it hid may not be lit.
    let map = resolved.surfaces[0].mask.as_ref().unwrap();
    assert!((0..400).all(|x| map.at(x, 9).coverage == 0.0));
}

#[test]
fn masks_of_an_output_turn_and_stretch_with_it() {
    let corner = |at| MaskPoint { at, before: None, after: None };
    // The upper left quarter of what is seen.
    let quarter = [p(-9.0, -9.0), p(200.0, -9.0), p(200.0, 150.0), p(-9.0, 150.0)].map(corner);
    for rotation in [Rotation::None, Rotation::Quarter, Rotation::Half, Rotation::ThreeQuarters] {
        for flip in [Flip::None, Flip::Horizontal, Flip::Vertical] {
            let stage = single(|output, _| {
                (output.rotation, output.flip) = (rotation, flip);
                let shape = MaskShape::Path(quarter.to_vec());
                output.masks = vec![Mask { name: "tree".to_owned(), kind: MaskKind::Hide, shape, feather: 0.0 }];
            });
            let output = &stage.outputs[0];
            let size = UVec2::new(130, 90);
            let resolved = stage.resolve(A, size, &Pictures).unwrap();
            let map = resolved.surfaces[0].mask.as_ref().unwrap();
            for seen in [p(0.25, 0.25), p(0.75, 0.25), p(0.25, 0.75), p(0.75, 0.75), p(0.47, 0.47), p(0.53, 0.47)] {
                let at = (output.target_from_output(seen) * size.as_dvec2()).as_uvec2();
                let dark = seen.x < 0.5 && seen.y < 0.5;
                let texel = map.at(at.x, at.y);
                assert_eq!((texel.gain == 0.0, texel.coverage), (dark, 1.0), "{rotation:?} {flip:?} {seen}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_numbers_panic(
        wild in prop::collection::vec(prop_oneof![prop::num::f64::ANY, -50.0..150.0_f64], 24),
        near in prop::collection::vec(0.0..0.3_f64, 8),
    ) {
        let mut stage = pair(|output| {
            output.size = UVec2::new(64, 48);
            output.blend = EdgeBlend { manual: None, curve: wild[0], gamma: wild[1] };
            output.black_level = BlackLevel { light: wild[2], feather: wild[3] };
        });
        stage.outputs[1].blend.manual = Some(Sides { left: wild[4], top: wild[5], right: wild[6], bottom: wild[7] });
        let point = |i: usize| MaskPoint {
            at: p(wild[i], wild[i + 1]),
            before: Some(p(wild[i + 2], wild[i + 3])),
            after: Some(p(wild[i + 4], wild[i + 5])),
        };
        let shape = MaskShape::Path(vec![point(8), point(11), point(14)]);
        let mask = Mask { name: "wild".to_owned(), kind: MaskKind::Show, shape, feather: wild[20] };
        stage.outputs[0].masks = vec![mask.clone()];
        stage.surfaces[0].masks = vec![mask];
        stage.surfaces[0].outline = Outline::Polygon(vec![p(wild[8], wild[9]), p(wild[10], wild[11]), p(0.0, 1.0)]);
        let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
        for (index, (x, y)) in corners.into_iter().enumerate() {
            let off = p(near[2 * index], near[2 * index + 1]);
            stage.surfaces[0].corners[index] = (p(x, y) + off) * 48.0;
        }
        stage.surfaces[1].bend = Some(Bend { degrees: 40.0, top: p(32.0, -2.0), bottom: p(32.0, 50.0) });
        stage.surfaces[0].part[1].x = wild[21];
        let _ = [A, B].map(|output| stage.resolve(output, UVec2::new(64, 48), &Pictures));
        stage.surfaces[0].part[1].x = 0.6;
        let _ = [A, B].map(|output| stage.resolve(output, UVec2::new(48, 64), &Pictures));
        stage.aspect = wild[22];
        let _ = (stage.resolve(A, UVec2::new(64, 48), &Pictures), stage.legibility(wild[23], wild[22]));
    }
}
