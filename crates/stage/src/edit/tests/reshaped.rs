//! What surfaces and masks are made of.

use super::super::{ClipboardPart, MirrorAxis};
use super::*;

const PLACES: [DVec2; 4] = [DVec2::new(0.2, 0.3), DVec2::new(0.9, 0.1), DVec2::new(0.5, 0.5), DVec2::new(0.33, 0.77)];

#[test]
fn a_mirrored_picture_stays_where_it_was() {
    for (mirror, to) in [
        (MirrorAxis::Horizontal, (|p: DVec2| v(1.0 - p.x, p.y)) as fn(DVec2) -> DVec2),
        (MirrorAxis::Vertical, |p: DVec2| v(p.x, 1.0 - p.y)),
    ] {
        let mut editor = editor(&[Handle::Surface(FACADE), Handle::Surface(GABLE)]);
        let door: Vec<_> = (0..4).map(|index| at(&editor, point(DOOR, index))).collect();
        act(&mut editor, EditCommand::Flip(mirror));
        let before = venue();
        for p in PLACES {
            near(picture(editor.stage(), FACADE)(to(p)), picture(&before, FACADE)(p));
        }
        for (index, door) in door.into_iter().enumerate() {
            near(at(&editor, point(DOOR, index)), door);
        }
        act(&mut editor, EditCommand::Flip(mirror));
        assert_eq!(editor.stage().surfaces[0], before.surfaces[0], "mirrored twice");
    }
}

#[test]
fn a_turned_picture_stays_where_it_was() {
    let mut editor = editor(&[corner(FACADE, 1), Handle::Surface(GABLE)]);
    editor.stage.surfaces[0].mesh.as_mut().unwrap().columns = 2;
    act(&mut editor, EditCommand::Columns(1));
    let before = editor.stage().clone();
    let door = at(&editor, point(DOOR, 0));
    act(&mut editor, EditCommand::RotateQuarter(1));
    let turned = editor.stage().surfaces[0].mesh.clone().unwrap();
    assert_eq!((turned.columns, turned.rows), (2, 3));
    for p in PLACES {
        // What was seen upper left is seen upper right.
        near(picture(editor.stage(), FACADE)(v(p.y, 1.0 - p.x)), picture(&before, FACADE)(p));
    }
    near(at(&editor, point(DOOR, 0)), door);
    act(&mut editor, EditCommand::RotateQuarter(-1));
    assert_eq!(editor.stage().surfaces[0], before.surfaces[0]);
    act(&mut editor, EditCommand::RotateQuarter(4));
    assert_eq!(editor.stage().surfaces[0], before.surfaces[0]);
}

#[test]
fn a_finer_mesh_shows_the_same() {
    let mut editor = editor(&[Handle::Mesh { surface: FACADE, point: 4 }]);
    act(&mut editor, EditCommand::Columns(2));
    act(&mut editor, EditCommand::Rows(4));
    assert_eq!(editor.selection(), [Handle::Surface(FACADE)], "its points have other numbers");
    let mesh = editor.stage().surfaces[0].mesh.clone().unwrap();
    assert_eq!((mesh.columns, mesh.rows, mesh.moved.len()), (4, 6, 35));
    for p in PLACES {
        near(picture(editor.stage(), FACADE)(p), picture(&venue(), FACADE)(p));
    }
    // And back: points that both have are as they were.
    act(&mut editor, EditCommand::Rows(-4));
    act(&mut editor, EditCommand::Columns(-2));
    assert_eq!(*editor.stage(), venue());
    assert!(act(&mut editor, EditCommand::Columns(-2)).message.unwrap().contains("1 to 64"));
    assert!(act(&mut editor, EditCommand::Rows(63)).message.unwrap().contains("1 to 64"));
    assert!(act(&mut editor, EditCommand::Rows(i32::MIN)).message.is_some());
    act(&mut editor, EditCommand::Smooth);
    assert!(editor.stage().surfaces[0].mesh.as_ref().unwrap().smooth);
    act(&mut editor, EditCommand::Mesh);
    assert_eq!(editor.stage().surfaces[0].mesh, None);
    act(&mut editor, EditCommand::Mesh);
    assert_eq!(editor.stage().surfaces[0].mesh.as_ref().unwrap().moved, [DVec2::ZERO; 25]);
}

#[test]
fn a_bend_begins_in_the_middle_and_never_is_flat() {
    let mut editor = editor(&[Handle::Surface(GABLE)]);
    act(&mut editor, EditCommand::Bend);
    let bend = editor.stage().surfaces[1].bend.unwrap();
    assert_eq!((bend.top, bend.bottom), (v(1200.0, 100.0), v(1200.0, 400.0)));
    for _ in 0..12 {
        act(&mut editor, EditCommand::BendBy(-5.0));
        let degrees = editor.stage().surfaces[1].bend.unwrap().degrees;
        assert!((5.0..=175.0).contains(&degrees.abs()), "{degrees}");
    }
    assert_eq!(editor.stage().surfaces[1].bend.unwrap().degrees, -5.0);
    act(&mut editor, EditCommand::BendBy(-1000.0));
    assert_eq!(editor.stage().surfaces[1].bend.unwrap().degrees, -175.0);
    assert!(act(&mut editor, EditCommand::RotateQuarter(1)).message.unwrap().contains("bent"));
    editor.selection = vec![Handle::Bend { surface: GABLE, end: super::super::BendEnd::Top }];
    act(&mut editor, arrow(0.0, 1.0));
    assert_eq!(editor.stage().surfaces[1].bend.unwrap().top, v(1200.0, 101.0));
    act(&mut editor, EditCommand::Bend);
    assert_eq!((editor.stage().surfaces[1].bend, editor.selection()), (None, &[Handle::Surface(GABLE)][..]));
}

#[test]
fn one_surface_takes_what_another_has() {
    let mut editor = editor(&[Handle::Surface(TOWER)]);
    assert!(act(&mut editor, EditCommand::Paste(ClipboardPart::Mesh)).message.unwrap().contains("nothing is copied"));
    editor.selection = vec![corner(FACADE, 1)];
    act(&mut editor, EditCommand::Copy);
    editor.selection = vec![Handle::Surface(TOWER)];
    for what in [ClipboardPart::Corners, ClipboardPart::Mesh, ClipboardPart::Masks] {
        act(&mut editor, EditCommand::Paste(what));
    }
    let (from, to) = (&editor.stage().surfaces[0], &editor.stage().surfaces[2]);
    assert_eq!((&to.corners, &to.mesh, &to.masks), (&from.corners, &from.mesh, &from.masks));
    assert_eq!(to.name, "tower");
    editor.selection = vec![point(DOOR, 2)];
    act(&mut editor, EditCommand::Paste(ClipboardPart::Masks));
    assert_eq!(editor.selection(), [Handle::Surface(GABLE)], "the mask is gone");
}

#[test]
fn masks_are_begun_where_the_operator_is() {
    let mut editor = editor(&[]);
    act(&mut editor, EditCommand::NewMask);
    assert_eq!(editor.selection(), [Handle::Mask(MaskRef { surface: None, mask: 1 })]);
    near(at(&editor, editor.selection()[0]), v(960.0, 540.0));
    editor.selection = vec![corner(GABLE, 0), corner(GABLE, 1)];
    act(&mut editor, EditCommand::NewMask);
    let new = MaskRef { surface: Some(GABLE), mask: 1 };
    assert_eq!(editor.selection(), [Handle::Mask(new)]);
    near(at(&editor, Handle::Mask(new)), v(1200.0, 130.0));
    assert_eq!(editor.stage().surfaces[1].masks[1].name, "mask 1");
    act(&mut editor, EditCommand::MaskKind);
    act(&mut editor, EditCommand::Feather(4.5));
    act(&mut editor, EditCommand::Feather(-9.0));
    let mask = &editor.stage().surfaces[1].masks[1];
    assert_eq!((mask.kind, mask.feather), (MaskKind::Show, 0.0));
}

#[test]
fn a_mask_s_line_stays_as_points_are_added() {
    let mut editor = editor(&[Handle::Mask(DOOR)]);
    // By the pointer on the upper side, a quarter of the way.
    act(&mut editor, EditCommand::AddPoint(Some(v(1140.0, 250.0))));
    assert_eq!(editor.selection(), [point(DOOR, 1)]);
    near(at(&editor, point(DOOR, 1)), v(1140.0, 265.0));
    act(&mut editor, EditCommand::Curve);
    let line = super::super::OutputView::new(editor.stage(), LEFT, &Plain).mask_polygon(DOOR);
    act(&mut editor, EditCommand::AddPoint(None));
    let finer = super::super::OutputView::new(editor.stage(), LEFT, &Plain).mask_polygon(DOOR);
    for p in line {
        let (piece, t) = super::super::path::nearest(&finer, p).unwrap();
        assert!(finer[piece].lerp(finer[(piece + 1) % finer.len()], t).distance(p) < 0.2);
    }
    assert_eq!(editor.selection(), [point(DOOR, 2)]);
    act(&mut editor, EditCommand::Delete);
    assert_eq!(editor.selection(), [Handle::Mask(DOOR)]);
    for _ in 0..2 {
        editor.selection = vec![point(DOOR, 1)];
        assert!(act(&mut editor, EditCommand::Delete).changed);
    }
    editor.selection = vec![point(DOOR, 1)];
    assert!(act(&mut editor, EditCommand::Delete).message.unwrap().contains("three points"));
    // All at once: the mask and its points, with their surface.
    editor.selection = vec![point(DOOR, 0), Handle::Mask(DOOR), Handle::Surface(GABLE)];
    act(&mut editor, EditCommand::Delete);
    assert_eq!(editor.stage().surfaces.len(), 3);
    assert_eq!(editor.selection(), []);
}

#[test]
fn a_point_s_handles_go_with_it_and_alone() {
    let mut editor = editor(&[point(LAMP, 0)]);
    act(&mut editor, EditCommand::Curve);
    let before = Handle::MaskPoint { mask: LAMP, point: 0, part: PointPart::HandleIn };
    let handle = at(&editor, before);
    act(&mut editor, arrow(1.0, 0.0));
    near(at(&editor, before), handle + v(1.0, 0.0));
    editor.selection = vec![point(LAMP, 0), before];
    act(&mut editor, arrow(1.0, 0.0));
    near(at(&editor, before), handle + v(2.0, 0.0));
    editor.selection = vec![before];
    act(&mut editor, arrow(1.0, 0.0));
    near(at(&editor, before), handle + v(3.0, 0.0));
    near(at(&editor, point(LAMP, 0)), v(252.0, 750.0));
    act(&mut editor, EditCommand::Curve);
    assert_eq!(editor.selection(), [point(LAMP, 0)], "a straight point has no handles");
}

#[test]
fn an_outline_has_points_as_a_mask_has() {
    let outline = |point| Handle::Outline { surface: TOWER, point };
    let mut editor = editor(&[outline(1)]);
    act(&mut editor, arrow(-1.0, 0.0));
    near(at(&editor, outline(1)), v(1199.0, 1000.0));
    act(&mut editor, EditCommand::AddPoint(None));
    assert_eq!(editor.selection(), [outline(2)]);
    near(at(&editor, outline(2)), v(1099.5, 1000.0));
    act(&mut editor, EditCommand::Delete);
    assert_eq!(editor.selection(), [Handle::Surface(TOWER)]);
    editor.selection = vec![outline(0)];
    assert!(act(&mut editor, EditCommand::Delete).message.unwrap().contains("three points"));
}

#[test]
fn surfaces_come_and_go_and_fill_the_output() {
    let mut editor = editor(&[]);
    act(&mut editor, EditCommand::NewSurface);
    assert_eq!(editor.selection(), [Handle::Surface(SurfaceId(4))]);
    assert_eq!(editor.stage().surfaces[4].corners[2], v(1440.0, 810.0));
    act(&mut editor, EditCommand::NewSurface);
    assert_eq!(editor.stage().surfaces[5].name, "surface 2");
    act(&mut editor, EditCommand::Reset);
    assert_eq!(editor.stage().surfaces[5].corners[2], v(1920.0, 1080.0));
    act(&mut editor, EditCommand::Delete);
    assert_eq!(editor.stage().surfaces.len(), 5);
    editor.selection = vec![corner(FACADE, 1)];
    assert!(!act(&mut editor, EditCommand::Delete).changed, "a corner cannot go");
}
