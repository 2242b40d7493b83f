//! Tests of the editor, on a stage of two outputs with warps as plain as can be.

mod bounds;
mod drawn;
mod kept;
mod listed;
mod moved;
mod picked;
mod plain;
mod reshaped;

use glam::{DVec2, UVec2};

use super::{EditCommand, Editor, Handle, MaskRef, OutputId, PointPart, Reply, StepSize, SurfaceId};
use crate::{Mask, MaskKind, MaskPoint, MaskShape, Mesh, Outline, Output, Stage, Surface};
use plain::Plain;

fn v(x: f64, y: f64) -> DVec2 {
    DVec2::new(x, y)
}

fn square(name: &str, middle: DVec2, half: f64) -> Mask {
    let corners = [v(-half, -half), v(half, -half), v(half, half), v(-half, half)];
    let points = corners.map(|corner| MaskPoint { at: middle + corner, before: None, after: None });
    let shape = MaskShape::Path(points.to_vec());
    Mask { name: name.to_owned(), kind: MaskKind::Hide, shape, feather: 0.0 }
}

/// On "left", the facade with a mesh, the gable with a mask and the tower whose shape is a triangle, and a mask of the
/// output's own; on "right", another surface.
fn venue() -> Stage {
    let left = Output::new("left", UVec2::new(1920, 1080));
    let right = Output::new("right", UVec2::new(1280, 800));
    let all = [DVec2::ZERO, DVec2::ONE];
    let at = |name: &str, corners: [DVec2; 4]| Surface { corners, ..Surface::filling(&left, name, all) };
    let mut facade = at("facade", [v(100.0, 100.0), v(700.0, 120.0), v(680.0, 500.0), v(90.0, 480.0)]);
    let mut moved = vec![DVec2::ZERO; 9];
    moved[1] = v(3.0, -7.5);
    moved[4] = v(0.25, 12.0);
    moved[5] = v(-6.0, 0.0);
    facade.mesh = Some(Mesh { columns: 2, rows: 2, smooth: false, moved });
    let mut gable = at("gable", [v(900.0, 100.0), v(1500.0, 100.0), v(1500.0, 400.0), v(900.0, 400.0)]);
    gable.masks.push(square("door", v(0.5, 0.75), 0.2));
    let mut tower = at("tower", [v(1000.0, 600.0), v(1200.0, 600.0), v(1200.0, 1000.0), v(1000.0, 1000.0)]);
    tower.outline = Outline::Polygon(vec![v(0.5, 0.0), v(1.0, 1.0), v(0.0, 1.0)]);
    let other = Surface::filling(&right, "other", all);
    let mut stage = Stage::new(2.0, vec![left, right], vec![facade, gable, tower, other]);
    stage.outputs[0].masks.push(square("street lamp", v(300.0, 800.0), 50.0));
    stage
}

/// An editor of the venue that edits, with something selected.
fn editor(selection: &[Handle]) -> Editor {
    let mut editor = Editor::new(venue());
    act(&mut editor, EditCommand::Toggle);
    editor.selection = selection.to_vec();
    editor
}

fn act(editor: &mut Editor, command: EditCommand) -> Reply {
    editor.act(command, &Plain)
}

fn arrow(x: f64, y: f64) -> EditCommand {
    EditCommand::Move { x, y, step: StepSize::One }
}

const LEFT: OutputId = OutputId(0);
const RIGHT: OutputId = OutputId(1);
const FACADE: SurfaceId = SurfaceId(0);
const GABLE: SurfaceId = SurfaceId(1);
const TOWER: SurfaceId = SurfaceId(2);
const OTHER: SurfaceId = SurfaceId(3);
const DOOR: MaskRef = MaskRef { surface: Some(GABLE), mask: 0 };
const LAMP: MaskRef = MaskRef { surface: None, mask: 0 };

const fn corner(surface: SurfaceId, corner: usize) -> Handle {
    Handle::Corner { surface, corner }
}

const fn point(mask: MaskRef, point: usize) -> Handle {
    Handle::MaskPoint { mask, point, part: PointPart::Anchor }
}

/// Where something is on the selected output.
fn at(editor: &Editor, place: Handle) -> DVec2 {
    super::view::OutputView::new(editor.stage(), editor.output(), &Plain).position(place).unwrap()
}

/// Where places of a surface land.
fn picture(stage: &Stage, surface: SurfaceId) -> impl Fn(DVec2) -> DVec2 + '_ {
    move |p| super::view::OutputView::new(stage, LEFT, &Plain).project(Some(surface), p).unwrap()
}

fn near(a: DVec2, b: DVec2) {
    assert!(a.distance(b) < 1e-3, "{a} is not {b}");
}
