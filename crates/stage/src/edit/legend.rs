//! What is written while the stage is edited. See [`legend`].

use glam::DVec2;

use super::ground::Ground;
use super::moving::middle;
use super::selection::surfaces;
use super::{Editor, Place, Space, Step};
use crate::MaskKind;

/// The few lines of text beside what is edited; none while it is not.
#[must_use]
pub fn legend(editor: &Editor, space: &dyn Space) -> Vec<String> {
    if !editor.editing {
        return Vec::new();
    }
    let stage = &editor.stage;
    let Some(output) = stage.outputs.get(editor.output) else { return vec!["there is no output".to_owned()] };
    let ground = Ground::new(stage, editor.output, space);
    let mut lines = vec![format!("output {} ({} of {})", output.name, editor.output + 1, stage.outputs.len())];
    let in_hand = editor.selection.last().copied();
    if let Some(index) = in_hand.and_then(Place::surface) {
        let on_output = surfaces(stage, editor.output);
        let number = on_output.iter().position(|other| *other == index).map_or(0, |place| place + 1);
        let surface = &stage.surfaces[index];
        let mesh = surface.mesh.as_ref().map(|mesh| {
            format!(", mesh {} × {}{}", mesh.columns, mesh.rows, if mesh.smooth { ", smooth" } else { "" })
        });
        let bend = surface.bend.map(|bend| format!(", bent by {}°", bend.degrees));
        let (mesh, bend) = (mesh.unwrap_or_default(), bend.unwrap_or_default());
        lines.push(format!("surface {} ({number} of {}){mesh}{bend}", surface.name, on_output.len()));
    }
    lines.push(match (in_hand, editor.selection.len()) {
        (None, _) => "nothing selected: the whole output moves".to_owned(),
        (Some(place), 1) => selected(editor, &ground, place),
        (Some(_), count) => {
            let at = middle(&ground, &editor.selection).map(|(middle, _)| format!(", middle at {}", written(middle)));
            format!("{count} selected{}", at.unwrap_or_default())
        }
    });
    if !editor.list.is_open() {
        lines.push(steps(editor.step));
    }
    let modes = [(editor.snap, "snap"), (editor.keep_rectangle, "keep rectangle")];
    let modes: Vec<_> = modes.into_iter().filter_map(|(on, name)| on.then_some(name)).collect();
    if !modes.is_empty() {
        lines.push(modes.join(", "));
    }
    lines.extend(editor.said.clone());
    lines
}

fn selected(editor: &Editor, ground: &Ground, place: Place) -> String {
    let name = place.name(&editor.stage, editor.output);
    let at = ground.at(place).map(|at| format!(" at {}", written(at))).unwrap_or_default();
    let mask = place.mask().filter(|_| !place.is_point()).and_then(|mask| {
        let mask = super::selection::masks(&editor.stage, editor.output, mask.surface).get(mask.mask)?;
        let does = if mask.kind == MaskKind::Hide { "hides" } else { "shows" };
        Some(format!(", {does}, edge {} px", mask.feather))
    });
    format!("{name}{at}{}", mask.unwrap_or_default())
}

/// A place in output pixels, to the tenth.
fn written(p: DVec2) -> String {
    format!("{:.1}, {:.1} px", p.x, p.y)
}

fn steps(step: Step) -> String {
    let last = match step {
        Step::One => "1 px",
        Step::Ten => "10 px",
        Step::Tenth => "0.1 px",
    };
    match step {
        Step::One => "step 1 px (Shift 10, Ctrl 0.1)".to_owned(),
        Step::Ten | Step::Tenth => format!("step 1 px (Shift 10, Ctrl 0.1), last {last}"),
    }
}

/// The point in hand, in output pixels, for a magnified view; none while it is not edited, or no point is in hand.
#[must_use]
pub fn magnified(editor: &Editor, space: &dyn Space) -> Option<DVec2> {
    let in_hand = editor.selection.last().filter(|place| editor.editing && place.is_point())?;
    Ground::new(&editor.stage, editor.output, space).at(*in_hand)
}
