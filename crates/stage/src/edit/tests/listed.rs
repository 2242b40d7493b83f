//! The list of values.

use std::io;
use std::path::Path;

use super::super::{EditHost, EditMode, SurfaceMapping, value_rows, values};
use super::bounds::read_back;
use super::*;
use crate::{Bend, MonitorId, Sides};
use millions_base::{Files, MemoryFiles};

/// [`Plain`], with files beside the stage.
struct WithFiles(MemoryFiles);

impl WithFiles {
    fn new<const N: usize>(files: [(&str, &str); N]) -> Self {
        Self(MemoryFiles::new(files))
    }
}

impl Files for WithFiles {
    fn read(&self, path: &Path) -> io::Result<String> {
        self.0.read(path)
    }

    fn is_there(&self, path: &Path) -> bool {
        self.0.is_there(path)
    }
}

impl EditHost for WithFiles {
    fn warp<'a>(&'a self, surface: &'a Surface) -> Option<Box<dyn SurfaceMapping + 'a>> {
        Plain.warp(surface)
    }

    fn accepts(&self, stage: &Stage) -> Result<(), String> {
        Plain.accepts(stage)
    }
}

const DRAWING: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 4"><path d="M2 1h2v1h-2z"/>
    <path d="M0 0h8v4h-8z M1 1v2h2v-2z"/></svg>"#;

/// An editor with the list open.
fn open(selection: &[Handle]) -> Editor {
    let mut editor = editor(selection);
    act(&mut editor, EditCommand::ToggleValues);
    editor
}

/// Goes to a value.
fn choose(editor: &mut Editor, label: &str) {
    for _ in 0..60 {
        if chosen(editor).0 == label {
            return;
        }
        act(editor, EditCommand::SelectValue(1));
    }
    panic!("there is no {label}");
}

/// The chosen value's name, and what stands there.
fn chosen(editor: &Editor) -> (String, String) {
    let lines = value_rows(editor);
    let line = lines.iter().find_map(|[label, value]| Some((label.strip_prefix("» ")?, value))).unwrap();
    (line.0.to_owned(), line.1.clone())
}

fn change(editor: &mut Editor, up: bool, step: StepSize) -> Reply {
    act(editor, EditCommand::StepValue { up, step })
}

/// Types a value in place of what is there.
fn type_in(editor: &mut Editor, text: &str, space: &dyn EditHost) -> Reply {
    editor.act(EditCommand::BeginText, space);
    editor.act(EditCommand::Erase { all: true }, space);
    for c in text.chars() {
        editor.act(EditCommand::TypeChar(c), space);
    }
    editor.act(EditCommand::CommitText, space)
}

#[test]
fn the_list_is_of_what_is_in_hand_and_keeps_its_place() {
    let mut editor = open(&[]);
    assert_eq!(editor.mode(), EditMode::Values);
    assert_eq!(chosen(&editor), ("name".to_owned(), "left".to_owned()));
    choose(&mut editor, "delay");
    act(&mut editor, EditCommand::NextOutput(1));
    assert_eq!(chosen(&editor), ("delay".to_owned(), "0 frames".to_owned()), "of the other output");
    act(&mut editor, EditCommand::NextOutput(1));
    act(&mut editor, EditCommand::SelectNext(1));
    choose(&mut editor, "part width");
    act(&mut editor, EditCommand::SelectNext(1));
    assert_eq!(chosen(&editor), ("part width".to_owned(), "100 %".to_owned()));
    act(&mut editor, EditCommand::SelectNext(-2));
    assert_eq!(editor.selection(), []);
    act(&mut editor, EditCommand::SelectNext(1));
    assert_eq!(chosen(&editor).0, "part width", "the output has no such value, and was not chosen on");
    act(&mut editor, EditCommand::SelectValue(-4));
    assert_eq!(chosen(&editor).0, "name", "round and round");
    act(&mut editor, EditCommand::SelectValue(-1));
    assert_eq!(chosen(&editor).0, "mesh lines");
    assert!(value_rows(&editor).len() <= 17);
    act(&mut editor, EditCommand::ToggleValues);
    assert!(value_rows(&editor).is_empty());
    assert!(!change(&mut editor, true, StepSize::One).changed, "it is closed");
    act(&mut editor, EditCommand::ToggleValues);
    act(&mut editor, EditCommand::Toggle);
    act(&mut editor, EditCommand::Toggle);
    assert_eq!(editor.mode(), EditMode::Stage, "who begins anew begins with the stage");
}

#[test]
fn keys_that_follow_one_another_are_one_step() {
    let mut editor = open(&[Handle::Surface(GABLE)]);
    choose(&mut editor, "part left");
    assert!(!change(&mut editor, true, StepSize::One).changed, "the whole wall leaves no room");
    choose(&mut editor, "part width");
    for step in [StepSize::Ten, StepSize::Ten, StepSize::One, StepSize::Tenth] {
        assert!(change(&mut editor, false, step).changed);
    }
    assert_eq!(chosen(&editor).1, "78.9 %");
    assert_eq!(editor.steps(), (1, 0));
    choose(&mut editor, "part left");
    change(&mut editor, true, StepSize::Ten);
    change(&mut editor, true, StepSize::Ten);
    assert_eq!(editor.stage().surfaces[1].part, [v(0.2, 0.0), v(0.989, 1.0)]);
    assert!(change(&mut editor, true, StepSize::Ten).changed);
    assert_eq!(editor.stage().surfaces[1].part, [v(0.211, 0.0), v(1.0, 1.0)], "as far as there is room");
    assert_eq!(change(&mut editor, true, StepSize::One).message.as_deref(), Some("take 0 to 21.1 %"));
    assert_eq!(editor.steps(), (2, 0));
    act(&mut editor, EditCommand::Undo);
    assert_eq!(chosen(&editor), ("part left".to_owned(), "0 %".to_owned()));
    act(&mut editor, EditCommand::Undo);
    assert_eq!(*editor.stage(), venue());
}

#[test]
fn what_is_typed_is_taken_or_stays_to_be_mended() {
    let mut editor = open(&[]);
    choose(&mut editor, "aspect of the wall");
    assert!(type_in(&mut editor, "24/9", &Plain).changed);
    assert_eq!((editor.stage().aspect, editor.mode()), (2.666_667, EditMode::Values));
    assert_eq!(type_in(&mut editor, "1000", &Plain).message.as_deref(), Some("take 0.05 to 100"));
    assert_eq!((chosen(&editor).1.as_str(), editor.mode()), ("1000_", EditMode::Typing));
    act(&mut editor, EditCommand::Erase { all: false });
    act(&mut editor, EditCommand::EndGesture);
    act(&mut editor, EditCommand::Hover(None));
    assert_eq!(chosen(&editor).1, "100_", "a pause and a touch of the mouse take nothing away");
    act(&mut editor, EditCommand::CancelText);
    assert_eq!((editor.stage().aspect, editor.mode()), (2.666_667, EditMode::Values));
    act(&mut editor, EditCommand::BeginText);
    act(&mut editor, EditCommand::SelectAt { p: v(900.0, 100.0), add: false });
    assert_eq!(editor.mode(), EditMode::Values, "it was for something else");
    assert!(!act(&mut editor, EditCommand::CommitText).changed);
    act(&mut editor, EditCommand::BeginText);
    for _ in 0..1000 {
        act(&mut editor, EditCommand::TypeChar('x'));
    }
    assert!(value_rows(&editor).iter().all(|[_, value]| value.chars().count() < 60));
}

#[test]
fn a_renamed_output_keeps_its_surfaces() {
    let mut editor = open(&[]);
    act(&mut editor, EditCommand::BeginText);
    assert_eq!(chosen(&editor).1, "left_", "a text begins with what is there");
    assert!(act(&mut editor, EditCommand::CancelText).message.is_none());
    assert_eq!(type_in(&mut editor, "right", &Plain).message.as_deref(), Some("another is called that"));
    assert_eq!(type_in(&mut editor, "  ", &Plain).message.as_deref(), Some("a name is not empty"));
    assert!(type_in(&mut editor, " street lamp side ", &Plain).changed);
    let stage = editor.stage();
    assert_eq!(stage.outputs[0].name, "street lamp side");
    let lit: Vec<_> = stage.surfaces.iter().map(|surface| surface.output.as_str()).collect();
    assert_eq!(lit, ["street lamp side", "street lamp side", "street lamp side", "right"]);
    assert_eq!(editor.steps(), (1, 0));
    act(&mut editor, EditCommand::Undo);
    assert_eq!(*editor.stage(), venue());
    editor.selection = vec![Handle::Surface(TOWER)];
    assert_eq!(type_in(&mut editor, "gable", &Plain).message.as_deref(), Some("another is called that"));
}

#[test]
fn a_surface_goes_to_another_output_and_the_operator_with_it() {
    let mut editor = open(&[point(DOOR, 1)]);
    editor.selection = vec![Handle::Surface(TOWER), Handle::Surface(GABLE)];
    choose(&mut editor, "output");
    change(&mut editor, true, StepSize::One);
    assert_eq!(editor.stage().surfaces[1].output, "right");
    assert_eq!((editor.output(), editor.selection()), (RIGHT, &[Handle::Surface(GABLE)][..]));
    act(&mut editor, EditCommand::Undo);
    assert_eq!((editor.output(), editor.selection()), (LEFT, &[Handle::Surface(TOWER), Handle::Surface(GABLE)][..]));
    act(&mut editor, EditCommand::Redo);
    assert_eq!((editor.output(), editor.selection()), (RIGHT, &[Handle::Surface(GABLE)][..]));
    assert!(type_in(&mut editor, "LE", &Plain).changed, "the beginning is enough");
    assert_eq!(editor.output(), LEFT);
}

#[test]
fn an_edge_blend_that_is_set_is_manual() {
    let mut editor = open(&[]);
    choose(&mut editor, "edge blend right");
    assert_eq!(chosen(&editor).1, "auto");
    change(&mut editor, true, StepSize::One);
    change(&mut editor, true, StepSize::Ten);
    let manual = |editor: &Editor| editor.stage().outputs[0].blend.manual;
    assert_eq!(manual(&editor), Some(Sides { right: 200.0, ..Sides::default() }));
    choose(&mut editor, "edge blend");
    assert_eq!(chosen(&editor).1, "manual");
    act(&mut editor, EditCommand::ResetValue);
    assert_eq!(manual(&editor), None);
    assert!(type_in(&mut editor, "man", &Plain).changed);
    assert_eq!(manual(&editor), Some(Sides::default()));
}

#[test]
fn outputs_exchange_their_monitors() {
    let mut editor = open(&[]);
    let port = |port: &str| Some(MonitorId { port: Some(port.to_owned()), ..MonitorId::default() });
    (editor.stage.outputs[0].monitor, editor.stage.outputs[1].monitor) = (port("HDMI-2"), port("HDMI-1"));
    choose(&mut editor, "monitor");
    assert_eq!(chosen(&editor).1, "HDMI-2");
    change(&mut editor, true, StepSize::One);
    assert_eq!(editor.stage().outputs[0].monitor, port("HDMI-1"));
    assert_eq!(editor.stage().outputs[1].monitor, port("HDMI-2"));
    assert!(act(&mut editor, EditCommand::ResetValue).message.is_some(), "there is no default");
    editor.stage.outputs[1].monitor = None;
    assert!(!change(&mut editor, true, StepSize::One).changed, "that is only a window");
}

#[test]
fn an_output_of_another_size_shows_the_same() {
    let mut editor = open(&[]);
    editor.stage.surfaces[1].bend = Some(Bend { degrees: 60.0, top: v(1200.0, 90.0), bottom: v(1200.0, 410.0) });
    choose(&mut editor, "size in pixels");
    assert!(change(&mut editor, true, StepSize::One).message.unwrap().contains("Enter"));
    let by = v(0.5, 2.0);
    let places: Vec<_> = PLACES.iter().map(|p| picture(editor.stage(), FACADE)(*p) * by).collect();
    assert!(type_in(&mut editor, "960 x 2160", &Plain).changed);
    for (p, place) in PLACES.iter().zip(places) {
        near(picture(editor.stage(), FACADE)(*p), place);
    }
    let stage = editor.stage();
    assert_eq!(stage.outputs[0].size, UVec2::new(960, 2160));
    near(stage.surfaces[1].bend.unwrap().bottom, v(600.0, 820.0));
    near(at(&editor, point(LAMP, 0)), v(125.0, 1500.0));
    assert_eq!(stage.surfaces[3], venue().surfaces[3], "on another output");
    for wrong in ["960", "960x", "0x5", "16384 x 16384", "960.5 x 2160", "99999999999 x 1", "wide"] {
        assert!(!type_in(&mut editor, wrong, &Plain).changed, "{wrong}");
        act(&mut editor, EditCommand::CancelText);
    }
}

#[test]
fn a_polygon_begins_as_what_it_was() {
    let mut editor = open(&[Handle::Surface(GABLE)]);
    choose(&mut editor, "shape");
    assert!(type_in(&mut editor, "polygon", &Plain).changed);
    assert_eq!(
        editor.stage().surfaces[1].outline,
        Outline::Polygon(vec![v(0.0, 0.0), v(1.0, 0.0), v(1.0, 1.0), v(0.0, 1.0)])
    );
    editor.selection = vec![Handle::Outline { surface: GABLE, point: 1 }];
    act(&mut editor, EditCommand::AddPoint(None));
    act(&mut editor, arrow(-5.0, 0.0));
    choose(&mut editor, "shape");
    assert!(change(&mut editor, false, StepSize::One).changed);
    assert_eq!(editor.stage().surfaces[1].outline, Outline::Circle);
    assert_eq!(editor.selection(), [Handle::Surface(GABLE)], "its points are gone");
    change(&mut editor, true, StepSize::One);
    let Outline::Polygon(points) = &editor.stage().surfaces[1].outline else { panic!("no polygon") };
    assert!(points.len() > 8 && points.iter().all(|p| (p.distance(v(0.5, 0.5)) - 0.5).abs() < 1e-5));
}

#[test]
fn a_mesh_and_a_bend_come_and_go() {
    let mut editor = open(&[Handle::Surface(GABLE)]);
    choose(&mut editor, "mesh columns");
    assert!(type_in(&mut editor, "6", &Plain).changed);
    change(&mut editor, true, StepSize::Tenth);
    let mesh = editor.stage().surfaces[1].mesh.clone().unwrap();
    assert_eq!((mesh.columns, mesh.rows), (7, 4));
    choose(&mut editor, "mesh lines");
    change(&mut editor, true, StepSize::One);
    assert!(editor.stage().surfaces[1].mesh.as_ref().unwrap().smooth);
    choose(&mut editor, "mesh rows");
    act(&mut editor, EditCommand::ResetValue);
    assert_eq!(editor.stage().surfaces[1].mesh, None);
    choose(&mut editor, "bend");
    change(&mut editor, true, StepSize::One);
    let bend = editor.stage().surfaces[1].bend.unwrap();
    assert_eq!((bend.degrees, bend.top), (60.0, v(1200.0, 100.0)));
    assert!(type_in(&mut editor, "-5.5", &Plain).changed);
    for degrees in [-5.0, 5.0, 6.0] {
        change(&mut editor, true, StepSize::One);
        assert_eq!(editor.stage().surfaces[1].bend.unwrap().degrees, degrees);
    }
    editor.selection = vec![Handle::Bend { surface: GABLE, end: super::super::BendEnd::Top }];
    assert!(type_in(&mut editor, "none", &Plain).changed);
    assert_eq!((editor.stage().surfaces[1].bend, editor.selection()), (None, &[Handle::Surface(GABLE)][..]));
}

#[test]
fn a_mask_is_taken_from_a_file() {
    let files = WithFiles::new([("windows.svg", DRAWING), ("broken.svg", "<svg"), ("windows.png", ""), ("a.jpg", "")]);
    for (mask, size) in [(DOOR, DVec2::ONE), (LAMP, v(1920.0, 1080.0))] {
        let mut editor = open(&[point(mask, 1)]);
        choose(&mut editor, "file");
        assert_eq!(chosen(&editor).1, "none: its points");
        for wrong in ["missing.svg", "missing.png", "broken.svg", "a.jpg", "windows"] {
            assert!(!type_in(&mut editor, wrong, &files).changed, "{wrong}");
            assert_eq!(editor.mode(), EditMode::Typing);
            act(&mut editor, EditCommand::CancelText);
        }
        assert!(type_in(&mut editor, "windows.png", &files).changed);
        assert_eq!((chosen(&editor).1.as_str(), editor.selection()), ("windows.png", &[Handle::Mask(mask)][..]));
        assert!(!type_in(&mut editor, "", &files).changed, "there are no points to go back to");
        assert!(type_in(&mut editor, "windows.svg", &files).changed);
        assert_eq!(editor.selection(), [Handle::Mask(mask)]);
        let masks = super::super::selection::masks(editor.stage(), LEFT, mask.surface).to_vec();
        let name = if mask == DOOR { "door" } else { "street lamp" };
        let known: Vec<_> = masks.iter().map(|mask| (mask.name.clone(), mask.kind)).collect();
        // What has a hole comes first: it lies under the other shape, which stays whole.
        let expected = [(1, MaskKind::Hide), (2, MaskKind::Show), (3, MaskKind::Hide)];
        assert_eq!(known, expected.map(|(number, kind)| (format!("{name} {number}"), kind)));
        let MaskShape::Path(points) = &masks[2].shape else { panic!("no points") };
        near(points[0].at, v(0.25, 0.25) * size);
        assert_eq!(read_back(editor.stage()), *editor.stage());
        while editor.act(EditCommand::Undo, &files).changed {}
        assert_eq!(*editor.stage(), venue());
    }
    let mut editor = open(&[Handle::Mask(DOOR)]);
    choose(&mut editor, "file");
    assert!(!type_in(&mut editor, "windows.svg", &Plain).changed, "who knows no files says so");
}

#[test]
fn the_wall_is_shared_out_among_all_surfaces() {
    let mut editor = open(&[]);
    editor.stage.surfaces[0].scene = Some("faces".to_owned());
    editor.stage.surfaces[0].part = [v(0.0, 0.0), v(0.5, 0.5)];
    let own = editor.stage.surfaces[0].clone();
    assert!(act(&mut editor, EditCommand::DistributeWall).changed);
    let stage = editor.stage();
    assert_eq!(stage.surfaces[0], own, "it has its own scene");
    // On the left output the tower, 200 by 400, and the gable, 600 by 300; then the right output.
    let all: f64 = 0.5 + 2.0 + 1.6;
    assert!((stage.aspect - all).abs() < 1e-6);
    let parts = [2, 1, 3].map(|surface| stage.surfaces[surface].part);
    near(parts[0][1], v(0.5 / all, 1.0));
    near(parts[1][1], v(2.5 / all, 1.0));
    assert!(!act(&mut editor, EditCommand::DistributeWall).changed, "once is enough");
    editor.stage.surfaces.truncate(1);
    assert!(act(&mut editor, EditCommand::DistributeWall).message.is_some(), "nobody is there to share");
}

const PLACES: [DVec2; 3] = [DVec2::new(0.2, 0.3), DVec2::new(0.9, 0.1), DVec2::new(0.5, 0.5)];

#[test]
fn a_value_is_set_by_its_name_whatever_is_listed() {
    let mut editor = open(&[]);
    let set = |editor: &mut Editor, name: &str, text: &str| editor.set_value(name, text, &Plain);
    assert!(set(&mut editor, "aspect of the wall", "24/9").unwrap().changed);
    assert_eq!(editor.stage().aspect, 2.666_667);
    let shown = values(&editor).into_iter().find(|[name, _]| name == "aspect of the wall");
    assert_eq!(shown.unwrap()[1], "2.666667");
    assert_eq!(set(&mut editor, "aspect of the wall", "1000").unwrap_err(), "aspect of the wall: take 0.05 to 100");
    assert_eq!(set(&mut editor, "smell", "1").unwrap_err(), "what is selected has no value smell");
    act(&mut editor, EditCommand::Undo);
    assert_ne!(editor.stage().aspect, 2.666_667, "it is a step of undo");
    let surface = editor.stage().surfaces[0].id;
    act(&mut editor, EditCommand::SelectSurface(surface));
    assert_eq!(editor.selection(), [Handle::Surface(surface)]);
    act(&mut editor, EditCommand::SelectSurface(SurfaceId(9_999)));
    assert_eq!(editor.selection(), [Handle::Surface(surface)], "one that is not there is not selected");
    act(&mut editor, EditCommand::Toggle);
    assert!(set(&mut editor, "aspect of the wall", "2").is_err() && values(&editor).is_empty());
}
