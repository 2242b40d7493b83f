//! Tests of the stage's file: what is read, what is refused and where, and what is written.

use std::path::{Path, PathBuf};

use glam::{DVec2, UVec2};
use proptest::prelude::*;

use super::super::samples::{NAMED_FILES, any_stage};
use super::super::*;
use super::*;
use millions_base::{MemoryFiles, Tolerant};
use millions_wall::tone::Calibration;

/// A stage with every key, and the SVG that it names; see `tests/fixtures`.
const ALL: &str = include_str!("../../../tests/fixtures/stage/full.toml");
const DOORS: &str = include_str!("../../../tests/fixtures/stage/doors.svg");

fn read(text: &str) -> Result<Stage, String> {
    let files = [("v/stage.toml", text), ("v/windows.png", ""), ("v/doors.svg", DOORS), ("v/rain.toml", "")];
    Stage::read(Path::new("v/stage.toml"), &MemoryFiles::new(files)).result.map_err(|problems| problems.to_string())
}

/// What is wrong with the text.
fn wrong(text: &str) -> String {
    read(text).unwrap_err()
}

#[test]
fn all_that_there_is_to_say_is_read() {
    let stage = read(ALL).unwrap_or_else(|problems| panic!("{problems}"));
    let [left, right] = &stage.outputs[..] else { panic!("{stage:?}") };
    assert_eq!(stage.aspect, 3.5556);
    assert_eq!(left.monitor.as_ref().unwrap().serial.as_deref(), Some("X4BK9300123"));
    assert_eq!((left.rotation, left.flip, left.delay), (Rotation::ThreeQuarters, Flip::Horizontal, 2));
    let calibration = Calibration { gamma: 1.2, black: 0.1, white: 0.9, wall_colour: [0.75, 0.74, 0.7] };
    assert_eq!(left.colour, ColourCorrection { calibration, brightness: 0.8, gain: [1.0, 0.9, 1.0] });
    let manual = Some(Sides { left: 1.0, top: 2.0, right: 192.0, bottom: 4.0 });
    assert_eq!(left.blend, EdgeBlend { manual, curve: 1.5, gamma: 2.4 });
    assert_eq!(left.black_level, BlackLevel { light: 0.004, feather: 12.0 });
    assert_eq!(*right, Output { id: OutputId(1), ..Output::new("right", FULL_HD) });
    let [front, side] = &stage.surfaces[..] else { panic!("{stage:?}") };
    assert_eq!(front.corners[1], DVec2::new(1900.0, 10.0));
    assert_eq!(front.mesh.as_ref().unwrap().moved[4], DVec2::new(-3.5, 0.0));
    assert_eq!(front.bend.unwrap().bottom, DVec2::new(960.0, 1100.5));
    assert_eq!(
        (front.outline.clone(), front.scene.as_deref(), front.width_m),
        (Outline::Circle, Some("one"), Some(12.0))
    );
    let MaskShape::Path(points) = &front.masks[0].shape else { panic!("{front:?}") };
    assert_eq!((points[1].before, points[1].after), (Some(DVec2::new(0.15, 0.1)), None));
    assert_eq!(front.masks[1].shape, MaskShape::Picture("windows.png".into()));
    let corners = Surface::filling(right, "", [DVec2::ZERO, DVec2::ONE]).corners;
    assert_eq!((side.corners, side.part), (corners, [DVec2::ZERO, DVec2::ONE]));
    // The hole of what is shown is hidden.
    let doors: Vec<_> = side.masks.iter().map(|mask| (mask.name.as_str(), mask.kind)).collect();
    assert_eq!(doors, [("door 1", MaskKind::Show), ("door 2", MaskKind::Hide)]);
    let MaskShape::Path(points) = &side.masks[0].shape else { panic!("{side:?}") };
    assert_eq!(points[2].at, DVec2::new(0.3, 0.5));
    assert_eq!(stage.presets, [Preset { key: "f1".to_owned(), file: "rain.toml".to_owned() }]);
}

#[test]
fn little_must_be_said() {
    let stage = read("[[outputs]]\nname = \"a\"\n[[surfaces]]\nname = \"b\"\n").unwrap();
    let output = Output::new("a", FULL_HD);
    let surface = Surface::filling(&output, "b", [DVec2::ZERO, DVec2::ONE]);
    assert_eq!(stage, Stage::new(1.777_778, vec![output], vec![surface]));
    let bent = read(
        "[[outputs]]\nname = \"a\"\n[[surfaces]]\nname = \"b\"\nbend.degrees = 90\nmesh.columns = 2\nmesh.rows = 1\n",
    )
    .unwrap();
    let bend = Bend { degrees: 90.0, top: DVec2::new(960.0, 0.0), bottom: DVec2::new(960.0, 1080.0) };
    assert_eq!(bent.surfaces[0].bend, Some(bend));
    assert_eq!(bent.surfaces[0].mesh.as_ref().unwrap().moved, [DVec2::ZERO; 6]);
}

#[test]
fn files_that_have_a_say_are_told() {
    let files =
        MemoryFiles::new([("v/stage.toml", ALL), ("v/windows.png", ""), ("v/doors.svg", DOORS), ("v/rain.toml", "")]);
    let told = Stage::read(Path::new("v/stage.toml"), &files).files;
    let expected = ["v/stage.toml", "v/windows.png", "v/doors.svg", "v/rain.toml"].map(PathBuf::from);
    assert_eq!(told, expected);
}

#[test]
fn all_mistakes_are_found_each_at_its_place() {
    let text = wrong(
        "aspect = 0\n\
         [[outputs]]\nname = \"a\"\nrotation = 45\nflop = \"none\"\nwhite = 0.4\n\
         [[outputs]]\nname = \"a\"\nsize = [0, 1080]\ngain = [1, 1]\n\
         [[surfaces]]\nname = \"s\"\npart = [0.5, 0, 0.5, 1]\ncorners = [[0, 0], [9, 9], [9, 0], [0, 9]]\n\
         [[surfaces.masks]]\npoints = [[0, 0], [1, 1]]\n[[surfaces.masks]]\npicture = \"gone.png\"\n\
         [[presets]]\nkey = \"5\"\nfile = \"rain.toml\"\n",
    );
    let expected = [
        "stage.toml:1:10: `aspect` is 0: take 0.05 to 100",
        "stage.toml:4:12: `rotation` is 45: take 0, 90, 180 or 270",
        "stage.toml:5:1: unknown key `flop`",
        "did you mean `flip`?",
        "stage.toml:8:8: `name` is \"a\", as of another of `outputs`",
        "stage.toml:9:9: `size` is 0: take 1 to 16384 pixels",
        "stage.toml:10:8: `gain` has 2 values: write 3 values",
        "stage.toml:13:8: `part` is empty",
        "stage.toml:14:11: `corners` are no corners of a surface: two sides cross",
        "stage.toml:16:10: `points` has 2 values: write at least 3 points",
        "stage.toml:18:11: `gone.png` is not there",
        "stage.toml:20:7: `key` is a number key",
    ];
    for expected in expected {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    assert_eq!(text.matches("stage.toml:").count(), expected.len() - 1, "{text}");
}

#[test]
fn what_does_not_fit_together_is_said() {
    const TWO: &str = "[[outputs]]\nname = \"left\"\n[[outputs]]\nname = \"right\"\n";
    let surface = |rest: &str| wrong(&format!("{TWO}[[surfaces]]\nname = \"s\"\n{rest}"));
    let cases = [
        (surface(""), "stage.toml:5:1: there are several outputs: write which lights it, one of left, right"),
        (surface("output = \"lfet\""), "stage.toml:7:10: no output has the name `lfet`"),
        (surface("output = \"lfet\""), "did you mean `left`?"),
        (
            surface("output = \"left\"\nmesh = { columns = 1, rows = 1, moved = [[0, 0]] }"),
            "stage.toml:8:41: `moved` has 1 points: a mesh of 1 × 1 cells has 2 × 2 = 4",
        ),
        (
            surface("output = \"left\"\nbend = { degrees = 3 }"),
            "`degrees` is 3: take 5 to 175 degrees, above or below 0",
        ),
        (surface("output = \"left\"\nshape = \"circle\"\npolygon = [[0, 0], [1, 0], [1, 1]]"), "take one of them out"),
        (surface("output = \"left\"\n[[surfaces.masks]]\nname = \"m\""), "this mask is nowhere"),
        (
            surface("output = \"left\"\n[[surfaces.masks]]\npicture = \"windows.png\"\nsvg = \"doors.svg\""),
            "stage.toml:10:7: this mask has `picture` and `svg`",
        ),
        (
            surface("output = \"left\"\n[[surfaces.masks]]\npoints = [[0, 0, 1], [1, 1], [0, 1]]"),
            "has 3 values: write each point as",
        ),
        (wrong("[[outputs]]\nname = \"a\"\nmonitor = {}"), "`monitor` says nothing"),
        (wrong("[[outputs]]\nname = \"a\"\nblack = 0.35\nwhite = 0.4"), "above `black`"),
        (wrong("surfaces = []"), "`outputs` is missing"),
    ];
    for (text, expected) in cases {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
}

#[test]
fn what_is_wrong_with_outputs_is_not_said_of_surfaces() {
    let text = wrong("[[outputs]]\nname = \"a\"\ndelay = 99\n[[surfaces]]\nname = \"s\"\noutput = \"a\"\n");
    assert_eq!(text.matches("stage.toml:").count(), 1, "{text}");
}

#[test]
fn a_svg_that_is_wrong_is_named() {
    let files = [("stage.toml", "[[outputs]]\nname = \"a\"\n[[outputs.masks]]\nsvg = \"x.svg\"\n"), ("x.svg", "<svg>")];
    let text = Stage::read(Path::new("stage.toml"), &MemoryFiles::new(files)).result.unwrap_err().to_string();
    assert!(text.starts_with("x.svg: is no SVG that can be read"), "{text}");
}

#[test]
fn a_drawing_stays_one_mask_of_its_file() {
    let svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 2 1'><path d='M1 0V1' stroke='#000'/></svg>";
    let mask = "[[outputs]]\nname = \"a\"\n[[outputs.masks]]\nkind = \"show\"\nsvg = \"x.SVG\"\n";
    let read = |text: &str| {
        let files = MemoryFiles::new([("stage.toml", text), ("x.SVG", svg)]);
        Stage::read(Path::new("stage.toml"), &files).result.unwrap()
    };
    for (text, name) in [(mask.to_owned(), "x"), (format!("{mask}name = \"door\"\n"), "door")] {
        let stage = read(&text);
        let masks = &stage.outputs[0].masks;
        assert!(matches!(masks[..], [Mask { kind: MaskKind::Show, shape: MaskShape::Drawing(_), .. }]), "{masks:?}");
        assert_eq!(masks[0].name, name);
        assert!(stage_text(&stage).contains("svg = \"x.SVG\""));
        assert_eq!(read(&stage_text(&stage)), stage);
    }
}

#[test]
fn a_written_stage_is_readable() {
    let text = stage_text(&read(ALL).unwrap());
    let wanted = [
        "monitor = { name = \"EPSON PJ\", serial = \"X4BK9300123\", port = \"HDMI-1\" }\n",
        "wall_colour = [0.75, 0.74, 0.7]\n",
        "blend = { curve = 1.5, gamma = 2.4, left = 1, top = 2, right = 192, bottom = 4 }\n",
        "bend = { degrees = -120, top = [960, -40], bottom = [960, 1100.5] }\n",
        "points = [[0.1, 0.2], [0.2, 0.2, 0.15, 0.1, 0.2, 0.2], [0.2, 0.3]]\n",
        "\n[[outputs]]\nname = \"right\"\nsize = [1920, 1080]\n\n[[surfaces]]",
    ];
    for wanted in wanted {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 120), "{text}");
}

/// The text as a file that names those that stages at random name.
fn read_sample(text: &str) -> Result<Stage, String> {
    let [a, b, c] = NAMED_FILES;
    let files = MemoryFiles::new([("stage.toml", text), (a, ""), (b, ""), (c, "")]);
    Stage::read(Path::new("stage.toml"), &files).result.map_err(|problems| problems.to_string())
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(stage in any_stage()) {
        prop_assert_eq!(&stage.rounded(), &stage);
        let text = stage_text(&stage);
        let read = read_sample(&text).map_err(|problems| TestCaseError::fail(format!("{problems}\n{text}")))?;
        prop_assert_eq!(&read, &stage, "{}", text);
        prop_assert_eq!(stage_text(&read), text);
    }

    #[test]
    fn saving_keeps_what_is_rounded(stage in any_stage(), by in -0.4999..0.4999_f64) {
        // Places between those that a file can have.
        let mut moved = stage.clone();
        let by_pixels = DVec2::splat(by * 0.001);
        moved.aspect += by * 1e-6;
        for surface in &mut moved.surfaces {
            surface.corners = surface.corners.map(|corner| corner + by_pixels);
            if let Some(mesh) = &mut surface.mesh {
                mesh.moved.iter_mut().for_each(|moved| *moved += by_pixels);
            }
        }
        let text = stage_text(&moved);
        prop_assert_eq!(&text, &stage_text(&stage));
        prop_assert_eq!(moved.rounded(), stage);
    }
}

/// At a start nothing is known of a drawing that cannot be followed, or is not there: what it masks is dark, and the rest plays. While
/// the wall plays it is refused, so that the mask stays what it was.
#[test]
fn at_a_start_what_a_faulty_drawing_masks_is_dark() {
    let text = |mask: &str| {
        format!(
            "[[outputs]]\nname = \"left\"\nsize = [64, 48]\n\n[[surfaces]]\nname = \"front\"\noutput = \"left\"\n\n\
             [[surfaces.masks]]\n{mask}\nsvg = \"bad.svg\"\n"
        )
    };
    let faulty = ["<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 9 9\"><text>hi</text></svg>", "<svg", ""];
    for kind in ["kind = \"hide\"", "kind = \"show\""] {
        let text = text(kind);
        let missing = MemoryFiles::new([("v/stage.toml", &text)]);
        let present = faulty.map(|svg| MemoryFiles::new([("v/stage.toml", &text), ("v/bad.svg", svg)]));
        for files in present.iter().chain([&missing]) {
            let path = Path::new("v/stage.toml");
            assert!(Stage::read(path, files).result.is_err());
            let stage = Stage::read(path, &Tolerant(files)).result.unwrap();
            let resolved = stage.resolve(stage.outputs[0].id, UVec2::new(64, 48), &NoMaskImages).unwrap();
            assert!(!resolved.faults.is_empty());
            let lit = resolved.surfaces.iter().filter_map(|surface| surface.mask.as_ref());
            assert!(resolved.surfaces.iter().all(|surface| surface.mask.is_some()));
            assert!(lit.flat_map(|mask| mask.texels.iter()).all(|texel| texel & 0x3ff == 0), "{kind}");
            // Edited and saved, it is still the mask of that drawing.
            assert!(stage_text(&stage).contains("svg = \"bad.svg\""), "{}", stage_text(&stage));
        }
    }
}
