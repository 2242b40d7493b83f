//! Random stages, for property tests.

use glam::{DVec2, UVec2};
use proptest::prelude::*;

use super::ranges as may;
use super::rounded::{PARTS, PIXELS, round};
use super::*;
use millions_base::Range;
use millions_wall::tone::{Calibration, calibration_ranges};

/// Files that the stages of [`any_stage`] name, beside their own.
pub(crate) const NAMED_FILES: [&str; 3] = ["windows.png", "doors and \"more\".png", "presets/rain.toml"];

/// Stages that can be saved, and are as they are once they are saved: with one to three outputs, up to four surfaces
/// that have meshes, bends and masks or not, and presets. Their pictures and presets are among [`NAMED_FILES`].
pub(crate) fn any_stage() -> impl Strategy<Value = Stage> {
    let outputs = prop::collection::vec(any_output(), 1..4);
    let surfaces = prop::collection::vec((any_surface(), any::<prop::sample::Index>()), 0..5);
    let presets = prop::sample::subsequence(vec!["f1", "f12", "x", "\"", "space"], 0..3);
    (number(may::ASPECT, PARTS), outputs, surfaces, presets).prop_map(|(aspect, mut outputs, surfaces, presets)| {
        let presets = presets.into_iter().map(|key| Preset { key: key.to_owned(), file: NAMED_FILES[2].to_owned() });
        for (index, output) in outputs.iter_mut().enumerate() {
            output.name = format!("{} {index}", output.name);
        }
        let surfaces = surfaces.into_iter().enumerate().map(|(index, (mut surface, output))| {
            surface.name = format!("{} {index}", surface.name);
            surface.output.clone_from(&output.get(&outputs).name);
            surface
        });
        let surfaces = surfaces.collect();
        Stage { presets: presets.collect(), ..Stage::new(aspect, outputs, surfaces) }
    })
}

/// A number of a range to so many decimals; often one of its ends.
fn number(range: Range, decimals: i32) -> impl Strategy<Value = f64> {
    let at_random = (range.low..=range.high).prop_map(move |value| round(value, decimals).clamp(range.low, range.high));
    prop_oneof![8 => at_random, 1 => Just(range.low), 1 => Just(range.high)]
}

fn light_number(range: Range) -> impl Strategy<Value = f32> {
    number(range, PIXELS).prop_map(|value| value as f32)
}

/// A place within the square of `range`, to so many decimals.
fn place(range: Range, decimals: i32) -> impl Strategy<Value = DVec2> {
    (number(range, decimals), number(range, decimals)).prop_map(DVec2::from)
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-z]{1,8}", 1 => "[\"\\\\a-zé\u{1}\u{7f}\n\t#=\\[ ]{1,8}"]
}

fn any_output() -> impl Strategy<Value = Output> {
    let size = (1..5000_u32, 1..5000_u32).prop_map(UVec2::from);
    let at = (0..9000_u32, 0..9000_u32).prop_map(UVec2::from);
    let place = (prop::option::of(at), prop::option::of(any_text()), any::<bool>());
    let how = (prop::sample::select(Rotation::ALL.to_vec()), any_flip(), 0..=30_u32);
    let masks = prop::collection::vec(any_mask(may::PIXELS, PIXELS), 0..3);
    let rest = (any_colour(), any_blend(), any_black_level(), masks);
    (any_text(), prop::option::of(any_monitor()), place, (size, how), rest).prop_map(
        |(
            name,
            monitor,
            (at, window, sync_master),
            (size, (rotation, flip, delay)),
            (colour, blend, black_level, masks),
        )| {
            Output {
                id: OutputId::default(),
                name,
                monitor,
                at,
                window,
                sync_master,
                size,
                rotation,
                flip,
                delay,
                colour,
                blend,
                black_level,
                masks,
            }
        },
    )
}

fn any_flip() -> impl Strategy<Value = Flip> {
    prop::sample::select(vec![Flip::None, Flip::Horizontal, Flip::Vertical])
}

/// Monitors of which something is known.
pub(crate) fn any_monitor() -> impl Strategy<Value = MonitorId> {
    let text = || prop::option::of(any_text());
    (text(), text(), text()).prop_map(|(name, serial, port)| {
        let port = port.or_else(|| (name.is_none() && serial.is_none()).then(|| "HDMI-1".to_owned()));
        MonitorId { name, serial, port }
    })
}

fn any_colour() -> impl Strategy<Value = ColourCorrection> {
    use calibration_ranges as of;
    let usual = Just(ColourCorrection::default());
    let [r, g, b] = [(); 3].map(|()| light_number(may::GAIN));
    let [red, green, blue] = [(); 3].map(|()| light_number(of::WALL_COLOUR));
    let tones = (light_number(of::GAMMA), light_number(of::BLACK), light_number(Range::new(0.5, 1.0, "")));
    let other = (tones, [red, green, blue], light_number(may::BRIGHTNESS), [r, g, b]).prop_map(
        |((gamma, black, white), wall_colour, brightness, gain)| ColourCorrection {
            calibration: Calibration { gamma, black, white, wall_colour },
            brightness,
            gain,
        },
    );
    prop_oneof![usual, other]
}

fn any_blend() -> impl Strategy<Value = EdgeBlend> {
    let [left, top, right, bottom] = [(); 4].map(|()| number(may::FADE, PIXELS));
    let widths = (left, top, right, bottom).prop_map(|(left, top, right, bottom)| Sides { left, top, right, bottom });
    let other = (prop::option::of(widths), number(may::CURVE, PIXELS), number(may::BLEND_GAMMA, PIXELS))
        .prop_map(|(manual, curve, gamma)| EdgeBlend { manual, curve, gamma });
    prop_oneof![Just(EdgeBlend::default()), other]
}

fn any_black_level() -> impl Strategy<Value = BlackLevel> {
    let other = (number(may::BLACK_LIGHT, PARTS), number(may::FEATHER, PIXELS))
        .prop_map(|(light, feather)| BlackLevel { light, feather });
    prop_oneof![Just(BlackLevel::default()), other]
}

fn any_surface() -> impl Strategy<Value = Surface> {
    let part = (0.0..0.9_f64, 0.0..0.9_f64, 0.01..1.0_f64, 0.01..1.0_f64).prop_map(|(left, top, width, height)| {
        let corner = |x: f64, y: f64| DVec2::new(round(x.min(1.0), PARTS), round(y.min(1.0), PARTS));
        [corner(left, top), corner(left + width, top + height)]
    });
    let what = (prop::option::of(any_text()), prop::option::of(number(may::WIDTH_M, PIXELS)), any_outline());
    let warp = (any_corners(), prop::option::of(any_mesh()), prop::option::of(any_bend()));
    let masks = prop::collection::vec(any_mask(may::PLACE, PARTS), 0..3);
    (any_text(), part, what, warp, masks).prop_map(
        |(name, part, (scene, width_m, outline), (corners, mesh, bend), masks)| {
            let output = String::new();
            let id = SurfaceId::default();
            Surface { id, name, output, part, scene, width_m, corners, mesh, bend, outline, masks }
        },
    )
}

/// Corners that can be: a rectangle, each corner of which is moved by a fifth of it at most, either way round.
pub(crate) fn any_corners() -> impl Strategy<Value = [DVec2; 4]> {
    let by = || place(Range::new(-0.2, 0.2, ""), PARTS);
    let at = place(Range::new(-2000.0, 4000.0, ""), PIXELS);
    let size = place(Range::new(20.0, 4000.0, ""), PIXELS);
    (at, size, [by(), by(), by(), by()], any::<bool>()).prop_map(|(at, size, by, is_mirrored)| {
        let mut corners = [DVec2::ZERO, DVec2::X, DVec2::ONE, DVec2::Y];
        for (corner, by) in corners.iter_mut().zip(by) {
            let moved = at + (*corner + by) * size;
            *corner = DVec2::new(round(moved.x, PIXELS), round(moved.y, PIXELS));
        }
        if is_mirrored {
            corners.reverse();
        }
        corners
    })
}

fn any_mesh() -> impl Strategy<Value = Mesh> {
    let cells = prop_oneof![6 => (1..5_u32, 1..5_u32), 1 => (1..=64_u32, 1..3_u32)];
    (cells, any::<bool>()).prop_flat_map(|((columns, rows), smooth)| {
        let moved = place(Range::new(-200.0, 200.0, ""), PIXELS);
        let moved = prop_oneof![2 => moved, 1 => Just(DVec2::ZERO)];
        prop::collection::vec(moved, Mesh::points_of(columns, rows)).prop_map(move |moved| Mesh {
            columns,
            rows,
            smooth,
            moved,
        })
    })
}

fn any_bend() -> impl Strategy<Value = Bend> {
    let degrees =
        (number(may::BEND, PIXELS), any::<bool>()).prop_map(|(degrees, niche)| if niche { -degrees } else { degrees });
    (degrees, place(may::PIXELS, PIXELS), place(may::PIXELS, PIXELS)).prop_map(|(degrees, top, bottom)| Bend {
        degrees,
        top,
        bottom,
    })
}

fn any_outline() -> impl Strategy<Value = Outline> {
    let polygon = prop::collection::vec(place(may::PLACE, PARTS), 3..30).prop_map(Outline::Polygon);
    prop_oneof![Just(Outline::Rectangle), Just(Outline::Circle), polygon]
}

/// Masks whose coordinates are of a range, to so many decimals.
fn any_mask(places: Range, decimals: i32) -> impl Strategy<Value = Mask> {
    let point = move || {
        let handle = || prop::option::of(place(places, decimals));
        (place(places, decimals), handle(), handle()).prop_map(|(at, before, after)| {
            let handle = |handle: Option<DVec2>| handle.filter(|handle| *handle != at);
            MaskPoint { at, before: handle(before), after: handle(after) }
        })
    };
    let path = prop::collection::vec(point(), 3..20).prop_map(MaskShape::Path);
    let picture = prop::sample::select(NAMED_FILES[..2].to_vec()).prop_map(|path| MaskShape::Picture(path.into()));
    let shape = prop_oneof![3 => path, 1 => picture];
    let kind = prop::sample::select(vec![MaskKind::Hide, MaskKind::Show]);
    let feather = prop_oneof![Just(Mask::DEFAULT_FEATHER), number(may::FEATHER, PIXELS)];
    (any_text(), kind, shape, feather).prop_map(|(name, kind, shape, feather)| Mask { name, kind, shape, feather })
}
