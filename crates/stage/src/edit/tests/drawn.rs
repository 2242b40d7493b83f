//! What is drawn and written.

use super::super::{MarkKind, legend, magnified, marks};
use super::*;

#[test]
fn nothing_is_drawn_while_it_is_not_edited() {
    let mut editor = editor(&[corner(GABLE, 0)]);
    assert!(!marks(&editor, &Plain).is_empty() && !legend(&editor, &Plain).is_empty());
    act(&mut editor, EditCommand::Toggle);
    assert!(marks(&editor, &Plain).is_empty() && legend(&editor, &Plain).is_empty());
    assert_eq!(magnified(&editor, &Plain), None);
}

#[test]
fn what_is_selected_is_filled_and_in_hand() {
    let mut editor = editor(&[corner(GABLE, 0), corner(GABLE, 1)]);
    let discs = |editor: &Editor| {
        let marks = marks(editor, &Plain).into_iter().filter(|mark| mark.kind == MarkKind::Disc);
        marks.map(|mark| mark.a).collect::<Vec<_>>()
    };
    assert_eq!(discs(&editor), [v(900.0, 100.0), v(1500.0, 100.0)]);
    assert_eq!(magnified(&editor, &Plain), Some(v(1500.0, 100.0)));
    act(&mut editor, EditCommand::NextOutput(1));
    assert_eq!(discs(&editor), []);
    assert_eq!(magnified(&editor, &Plain), None);
    let rings = marks(&editor, &Plain).into_iter().filter(|mark| mark.kind == MarkKind::Ring);
    assert_eq!(rings.count(), 4, "only of the selected output");
}

#[test]
fn the_crosshair_goes_all_the_way() {
    let mut editor = editor(&[]);
    let lines = marks(&editor, &Plain).len();
    act(&mut editor, EditCommand::Hover(Some(v(20.0, 30.0))));
    let with = marks(&editor, &Plain);
    assert_eq!(with.len(), lines + 2);
    let ends: Vec<_> = with[lines..].iter().map(|mark| (mark.a, mark.b)).collect();
    assert_eq!(ends, [(v(0.0, 30.0), v(1920.0, 30.0)), (v(20.0, 0.0), v(20.0, 1080.0))]);
    act(&mut editor, EditCommand::Hover(None));
    assert_eq!(marks(&editor, &Plain).len(), lines);
}

#[test]
fn marks_grow_with_the_output() {
    let mut editor = editor(&[]);
    let widest = |editor: &Editor| marks(editor, &Plain).iter().map(|mark| mark.width_px).fold(0.0, f64::max);
    assert_eq!(widest(&editor), 3.0);
    editor.stage.outputs[0].size = UVec2::new(3840, 2160);
    assert_eq!(widest(&editor), 6.0);
}

#[test]
fn the_finest_mesh_is_drawn_in_bounds() {
    let mut editor = editor(&[Handle::Surface(FACADE)]);
    act(&mut editor, EditCommand::Columns(62));
    act(&mut editor, EditCommand::Rows(62));
    assert!(marks(&editor, &Plain).len() < 15_000);
}

#[test]
fn the_legend_says_what_is_selected_and_the_step() {
    let mut editor = editor(&[]);
    assert_eq!(
        legend(&editor, &Plain),
        ["output left (1 of 2)", "nothing selected: the whole output moves", "step 1 px (Shift 10, Ctrl 0.1)",]
    );
    editor.selection = vec![Handle::Mesh { surface: FACADE, point: 5 }];
    act(&mut editor, EditCommand::Snap);
    act(&mut editor, EditCommand::Move { x: 0.0, y: 1.0, step: StepSize::Tenth });
    act(&mut editor, EditCommand::Undo);
    let place = at(&editor, editor.selection()[0]);
    assert_eq!(
        legend(&editor, &Plain),
        [
            "output left (1 of 2)",
            "surface facade (1 of 3), mesh 2 × 2",
            &format!("mesh point 3 along, 2 down of facade at {:.1}, {:.1} px", place.x, place.y),
            "step 1 px (Shift 10, Ctrl 0.1), last 0.1 px",
            "snap",
            "undone: 0 before, 1 after",
        ]
    );
    editor.selection = vec![Handle::Mask(DOOR)];
    assert_eq!(legend(&editor, &Plain)[2], "mask door of gable at 1200.0, 325.0 px, hides, feather 0 px");
}
