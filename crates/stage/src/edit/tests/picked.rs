//! What is selected.

use super::*;

fn selected(editor: &mut Editor, command: EditCommand) -> Vec<Handle> {
    act(editor, command);
    editor.selection().to_vec()
}

fn click(x: f64, y: f64) -> EditCommand {
    EditCommand::SelectAt { p: v(x, y), add: false }
}

#[test]
fn steps_go_round_among_those_of_one_level() {
    let mut editor = editor(&[]);
    let mut round = Vec::new();
    for _ in 0..5 {
        round.push(selected(&mut editor, EditCommand::SelectNext(1)));
    }
    let lamp = Handle::Mask(LAMP);
    let whole =
        [Handle::Surface(FACADE), Handle::Surface(GABLE), Handle::Surface(TOWER), lamp].map(|place| vec![place]);
    assert_eq!(round[..4], whole);
    assert_eq!(round[4], [], "the whole output");
    assert_eq!(selected(&mut editor, EditCommand::SelectNext(-1)), [lamp]);
    assert_eq!(selected(&mut editor, EditCommand::SelectInto), [point(LAMP, 0)]);
    assert_eq!(selected(&mut editor, EditCommand::SelectNext(-1)), [point(LAMP, 3)]);
    assert_eq!(selected(&mut editor, EditCommand::SelectOut), [lamp]);
    assert_eq!(selected(&mut editor, EditCommand::SelectOut), []);
    editor.selection = vec![Handle::Surface(GABLE)];
    assert_eq!(selected(&mut editor, EditCommand::SelectInto), [corner(GABLE, 0)]);
    assert_eq!(selected(&mut editor, EditCommand::SelectNext(4)), [Handle::Mask(DOOR)], "after the corners");
    assert_eq!(selected(&mut editor, EditCommand::SelectInto), [point(DOOR, 0)]);
    assert_eq!(selected(&mut editor, EditCommand::SelectAll).len(), 4);
    editor.selection = vec![corner(FACADE, 3)];
    assert_eq!(selected(&mut editor, EditCommand::SelectNext(1)), [Handle::Mesh { surface: FACADE, point: 1 }]);
    assert_eq!(selected(&mut editor, EditCommand::SelectAll).len(), 9);
    assert_eq!(selected(&mut editor, EditCommand::NextOutput(-1)), []);
    assert_eq!(editor.output(), RIGHT);
    assert_eq!(selected(&mut editor, EditCommand::SelectNext(1)), [Handle::Surface(OTHER)]);
}

#[test]
fn a_click_takes_the_nearest_point_or_else_what_is_under_it() {
    let mut editor = editor(&[]);
    assert_eq!(selected(&mut editor, click(908.0, 108.0)), [corner(GABLE, 0)]);
    assert_eq!(selected(&mut editor, click(910.0, 110.0)), [Handle::Surface(GABLE)], "14 pixels away");
    assert_eq!(selected(&mut editor, click(1200.0, 330.0)), [Handle::Mask(DOOR)], "the smallest");
    assert_eq!(selected(&mut editor, click(310.0, 810.0)), [Handle::Mask(LAMP)]);
    assert_eq!(selected(&mut editor, click(50.0, 50.0)), [], "nothing");
    // A mesh can be clicked once its surface is worked on.
    let mesh = at(&editor, Handle::Mesh { surface: FACADE, point: 4 });
    assert_eq!(selected(&mut editor, click(mesh.x, mesh.y)), [Handle::Surface(FACADE)]);
    assert_eq!(selected(&mut editor, click(mesh.x, mesh.y)), [Handle::Mesh { surface: FACADE, point: 4 }]);
}

#[test]
fn shift_adds_and_takes_away_and_any_of_several_drags_all() {
    let mut editor = editor(&[]);
    let add = |x, y| EditCommand::SelectAt { p: v(x, y), add: true };
    selected(&mut editor, click(900.0, 100.0));
    assert_eq!(selected(&mut editor, add(1000.0, 600.0)), [corner(GABLE, 0), corner(TOWER, 0)]);
    assert_eq!(selected(&mut editor, add(50.0, 50.0)).len(), 2);
    assert_eq!(selected(&mut editor, click(900.0, 100.0)), [corner(TOWER, 0), corner(GABLE, 0)], "in hand now");
    act(&mut editor, EditCommand::DragBegin(v(900.0, 100.0)));
    act(&mut editor, EditCommand::DragTo(v(902.0, 100.0)));
    assert_eq!(*editor.stage(), venue(), "a hand that shakes drags nothing");
    act(&mut editor, EditCommand::DragTo(v(907.0, 101.0)));
    act(&mut editor, EditCommand::DragTo(v(902.0, 101.0)));
    act(&mut editor, EditCommand::DragEnd);
    near(at(&editor, corner(GABLE, 0)), v(902.0, 101.0));
    near(at(&editor, corner(TOWER, 0)), v(1002.0, 601.0));
    assert_eq!(selected(&mut editor, add(902.0, 101.0)), [corner(TOWER, 0)]);
}

#[test]
fn of_corners_on_one_another_the_one_worked_on_is_taken() {
    let mut editor = editor(&[]);
    for surface in [1, 2] {
        editor.stage.surfaces[surface].corners[0] = v(800.0, 300.0);
    }
    assert_eq!(selected(&mut editor, click(800.0, 300.0)), [corner(TOWER, 0)], "the uppermost");
    editor.selection = vec![Handle::Surface(GABLE)];
    assert_eq!(selected(&mut editor, click(800.0, 300.0)), [corner(GABLE, 0)]);
}

#[test]
fn a_drag_on_the_empty_wall_moves_nothing() {
    let mut editor = editor(&[]);
    act(&mut editor, click(50.0, 50.0));
    act(&mut editor, EditCommand::DragBegin(v(50.0, 50.0)));
    assert!(!act(&mut editor, EditCommand::DragTo(v(250.0, 50.0))).changed);
    assert_eq!(*editor.stage(), venue());
}

#[test]
fn nothing_is_done_while_it_is_not_edited() {
    let mut editor = editor(&[corner(GABLE, 0)]);
    act(&mut editor, EditCommand::Toggle);
    assert_eq!(act(&mut editor, arrow(1.0, 0.0)), Reply::default());
    assert_eq!(*editor.stage(), venue());
}
