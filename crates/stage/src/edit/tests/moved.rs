//! What moves, and where to.

use super::*;

#[test]
fn with_nothing_selected_the_whole_output_moves_and_no_other() {
    let mut editor = editor(&[]);
    let reply = act(&mut editor, EditCommand::Move { x: 1.0, y: -1.0, step: StepSize::Ten });
    assert!(reply.changed);
    let (before, after) = (venue(), editor.stage());
    for surface in 0..3 {
        let (was, is) = (&before.surfaces[surface], &after.surfaces[surface]);
        assert_eq!(is.corners, was.corners.map(|p| p + v(10.0, -10.0)));
        assert_eq!((&is.mesh, &is.masks, &is.outline), (&was.mesh, &was.masks, &was.outline), "these go with it");
    }
    assert_eq!(at(&editor, point(LAMP, 0)), v(260.0, 740.0));
    assert_eq!(after.surfaces[3], before.surfaces[3]);
    assert_eq!(after.outputs[1], before.outputs[1]);
}

#[test]
fn steps_are_one_ten_and_a_tenth_and_end_where_they_began() {
    let mut editor = editor(&[corner(GABLE, 2)]);
    for (step, way) in [(StepSize::One, 1.0), (StepSize::Ten, 10.0), (StepSize::Tenth, 0.1)] {
        act(&mut editor, EditCommand::Move { x: -1.0, y: 0.0, step });
        near(at(&editor, corner(GABLE, 2)), v(1500.0 - way, 400.0));
        act(&mut editor, EditCommand::Move { x: 1.0, y: 0.0, step });
        assert_eq!(*editor.stage(), venue());
    }
}

#[test]
fn every_selected_point_goes_just_as_far() {
    // A corner takes the mesh and the mask with it: those that are selected, too, go no farther than it.
    let places = [
        corner(FACADE, 0),
        Handle::Mesh { surface: FACADE, point: 4 },
        corner(GABLE, 1),
        point(DOOR, 1),
        point(LAMP, 2),
    ];
    let mut editor = editor(&places);
    let before = places.map(|place| at(&editor, place));
    act(&mut editor, EditCommand::Move { x: 1.0, y: 1.0, step: StepSize::Ten });
    for (place, before) in places.into_iter().zip(before) {
        near(at(&editor, place), before + v(10.0, 10.0));
    }
    near(at(&editor, corner(GABLE, 0)), v(900.0, 100.0));
}

#[test]
fn a_mask_reaches_over_its_surface_s_edge() {
    let mut editor = editor(&[point(DOOR, 2)]);
    editor.stage.surfaces[1].corners[2] = v(1450.0, 450.0);
    for to in [v(1600.0, 500.0), v(1300.0, 480.0), v(850.0, 50.0), v(1300.0, 300.0)] {
        let by = to - at(&editor, point(DOOR, 2));
        assert!(act(&mut editor, EditCommand::Nudge { dx: by.x, dy: by.y }).changed, "{to}");
        near(at(&editor, point(DOOR, 2)), to);
    }
    assert!(!act(&mut editor, EditCommand::Nudge { dx: 90_000.0, dy: 0.0 }).changed, "farther than its file may say");
}

#[test]
fn a_mesh_s_corner_is_the_surface_s() {
    let mut editor = editor(&[corner(FACADE, 2)]);
    editor.stage.surfaces[0].mesh.as_mut().unwrap().moved[8] = v(5.0, 5.0);
    near(at(&editor, corner(FACADE, 2)), v(685.0, 505.0));
    act(&mut editor, arrow(1.0, 0.0));
    near(at(&editor, corner(FACADE, 2)), v(686.0, 505.0));
    near(picture(editor.stage(), FACADE)(DVec2::ONE), v(686.0, 505.0));
}

#[test]
fn a_mask_is_scaled_and_turned_about_its_middle_by_steps_of_pixels() {
    let mut editor = editor(&[Handle::Mask(LAMP)]);
    let radius = |editor: &Editor| at(editor, point(LAMP, 0)).distance(v(300.0, 800.0));
    let before = radius(&editor);
    act(&mut editor, EditCommand::Scale { larger: true, step: StepSize::Ten });
    assert!((radius(&editor) - before - 10.0).abs() < 1e-3);
    act(&mut editor, EditCommand::Scale { larger: false, step: StepSize::Ten });
    near(at(&editor, point(LAMP, 0)), v(250.0, 750.0));
    act(&mut editor, EditCommand::Rotate { clockwise: true, step: StepSize::One });
    let turned = at(&editor, point(LAMP, 0));
    assert!((turned.distance(v(250.0, 750.0)) - 1.0).abs() < 1e-3);
    assert!(turned.x > 250.0 && turned.y < 750.0, "the upper left corner goes right and up");
}

#[test]
fn a_surface_keeps_its_picture_s_shape_as_it_is_turned() {
    let mut editor = editor(&[Handle::Surface(FACADE)]);
    let before: Vec<_> = [v(0.5, 0.0), v(0.3, 0.6), v(1.0, 0.5)].map(|p| picture(editor.stage(), FACADE)(p)).to_vec();
    let middle = at(&editor, Handle::Surface(FACADE));
    for _ in 0..20 {
        act(&mut editor, EditCommand::Rotate { clockwise: true, step: StepSize::Ten });
    }
    for (p, before) in [v(0.5, 0.0), v(0.3, 0.6), v(1.0, 0.5)].into_iter().zip(before) {
        let after = picture(editor.stage(), FACADE)(p);
        assert!((after.distance(middle) - before.distance(middle)).abs() < 0.01);
        let angle = (before - middle).angle_to(after - middle);
        assert!((angle - 200.0 / 360.3).abs() < 0.01, "{angle}");
    }
    assert_eq!(editor.steps().0, 1, "one gesture is one step");
}

#[test]
fn what_cannot_be_shown_does_not_happen_and_says_why() {
    let mut editor = editor(&[corner(GABLE, 0)]);
    act(&mut editor, EditCommand::DragBegin(v(900.0, 100.0)));
    assert!(act(&mut editor, EditCommand::DragTo(v(950.0, 100.0))).changed);
    let good = editor.stage().clone();
    let reply = act(&mut editor, EditCommand::DragTo(v(1600.0, 500.0)));
    assert_eq!(reply.message.as_deref(), Some("gable: its corners would cross, or fall into a line"));
    assert!(!reply.changed && *editor.stage() == good);
    assert!(act(&mut editor, EditCommand::DragTo(v(910.0, 100.0))).changed, "and the drag goes on");
    act(&mut editor, EditCommand::DragEnd);
    editor.selection = vec![Handle::Mesh { surface: FACADE, point: 4 }];
    let reply = act(&mut editor, EditCommand::Nudge { dx: 0.0, dy: 400.0 });
    assert_eq!(reply.message.as_deref(), Some("facade: its mesh would fold"));
    for bad in [f64::NAN, f64::INFINITY, 1e300] {
        assert!(!act(&mut editor, EditCommand::Nudge { dx: bad, dy: 0.0 }).changed);
        act(&mut editor, EditCommand::DragBegin(v(bad, bad)));
        assert!(!act(&mut editor, EditCommand::DragTo(v(bad, 0.0))).changed);
    }
    editor.selection.clear();
    assert!(!act(&mut editor, EditCommand::Nudge { dx: 1e9, dy: 0.0 }).changed);
}

#[test]
fn a_rectangle_stays_one() {
    let mut editor = editor(&[corner(GABLE, 2)]);
    act(&mut editor, EditCommand::KeepRectangle);
    act(&mut editor, EditCommand::Nudge { dx: 30.0, dy: -20.0 });
    assert_eq!(
        editor.stage().surfaces[1].corners,
        [v(900.0, 100.0), v(1530.0, 100.0), v(1530.0, 380.0), v(900.0, 380.0)]
    );
    for (first, second) in [(3, 0), (0, 3)] {
        editor.selection = vec![corner(GABLE, first), corner(GABLE, second)];
        act(&mut editor, EditCommand::Nudge { dx: -10.0, dy: 0.0 });
    }
    assert_eq!(editor.stage().surfaces[1].corners[0], v(880.0, 100.0));
    assert_eq!(editor.stage().surfaces[1].corners[2], v(1530.0, 380.0));
    // Turned by a quarter, the corner's neighbours are on the other sides.
    editor.selection = vec![Handle::Surface(GABLE)];
    act(&mut editor, EditCommand::RotateQuarter(1));
    editor.selection = vec![corner(GABLE, 0)];
    act(&mut editor, EditCommand::Nudge { dx: -5.0, dy: -5.0 });
    assert_eq!(
        editor.stage().surfaces[1].corners,
        [v(1525.0, 95.0), v(1525.0, 380.0), v(880.0, 380.0), v(880.0, 95.0)]
    );
}

#[test]
fn an_edge_is_made_level_or_upright_whichever_is_nearer() {
    let mut editor = editor(&[corner(FACADE, 0), corner(FACADE, 1)]);
    act(&mut editor, EditCommand::Straighten);
    near(at(&editor, corner(FACADE, 0)), v(100.0, 110.0));
    near(at(&editor, corner(FACADE, 1)), v(700.0, 110.0));
    editor.selection = vec![corner(FACADE, 2), corner(FACADE, 1)];
    act(&mut editor, EditCommand::Straighten);
    near(at(&editor, corner(FACADE, 1)), v(690.0, 110.0));
    near(at(&editor, corner(FACADE, 2)), v(690.0, 500.0));
    editor.selection = vec![Handle::Surface(FACADE)];
    act(&mut editor, EditCommand::Straighten);
    let [a, b, c, d] = editor.stage().surfaces[0].corners;
    assert!(a.y == b.y && b.x == c.x && c.y == d.y && d.x == a.x);
    assert!(a.x == 95.0 && c.y == 490.0, "{a} {c}");
}

#[test]
fn neighbours_catch_what_is_dragged_near_them() {
    let mut editor = editor(&[corner(GABLE, 0)]);
    act(&mut editor, EditCommand::Snap);
    act(&mut editor, EditCommand::DragBegin(v(905.0, 95.0)));
    act(&mut editor, EditCommand::DragTo(v(716.0, 130.0)));
    near(at(&editor, corner(GABLE, 0)), v(700.0, 120.0));
    act(&mut editor, EditCommand::DragTo(v(740.0, 130.0)));
    near(at(&editor, corner(GABLE, 0)), v(735.0, 135.0));
    act(&mut editor, EditCommand::DragEnd);
    act(&mut editor, EditCommand::Undo);
    assert_eq!(*editor.stage(), venue());
    // A whole surface by any of its corners, and the output's own corners catch, too.
    editor.selection = vec![Handle::Surface(TOWER)];
    act(&mut editor, EditCommand::DragBegin(v(1100.0, 800.0)));
    act(&mut editor, EditCommand::DragTo(v(1812.0, 870.0)));
    near(at(&editor, corner(TOWER, 2)), v(1920.0, 1080.0));
    assert_eq!(act(&mut editor, EditCommand::SnapNow).message, None);
    editor.selection = vec![Handle::Surface(GABLE)];
    assert!(act(&mut editor, EditCommand::SnapNow).message.unwrap().contains("no neighbour"));
}
