//! The text beside the stage in edit mode. See [`legend`].

use glam::DVec2;

use super::selection::{masks, surfaces_of};
use super::transform::centre_and_radius;
use super::view::OutputView;
use super::{EditHost, Editor, Handle, StepSize};
use crate::MaskKind;

/// A few lines of text: the output, the selection, the step with its keys and the last message; none out of edit mode.
#[must_use]
pub fn legend(editor: &Editor, host: &dyn EditHost) -> Vec<String> {
    let step = (!editor.list.is_open()).then(|| steps(editor.step));
    lines(editor, host, step)
}

/// The same without the step and its keys, for instruments that have others.
#[must_use]
pub fn legend_without_keys(editor: &Editor, host: &dyn EditHost) -> Vec<String> {
    lines(editor, host, None)
}

fn lines(editor: &Editor, host: &dyn EditHost, step: Option<String>) -> Vec<String> {
    if !editor.editing {
        return Vec::new();
    }
    let stage = &editor.stage;
    let Some(index) = stage.outputs.iter().position(|output| output.id == editor.output) else {
        return vec!["there is no output".to_owned()];
    };
    let view = OutputView::new(stage, editor.output, host);
    let mut lines = vec![format!("output {} ({} of {})", stage.outputs[index].name, index + 1, stage.outputs.len())];
    let primary = editor.selection.last().copied();
    if let Some(id) = primary.and_then(Handle::surface) {
        let on_output = surfaces_of(stage, editor.output);
        let number = on_output.iter().position(|other| *other == id).map_or(0, |index| index + 1);
        let surface = &stage[id];
        let mesh = surface.mesh.as_ref().map(|mesh| {
            format!(", mesh {} × {}{}", mesh.columns, mesh.rows, if mesh.smooth { ", smooth" } else { "" })
        });
        let bend = surface.bend.map(|bend| format!(", bent by {}°", bend.degrees));
        let (mesh, bend) = (mesh.unwrap_or_default(), bend.unwrap_or_default());
        lines.push(format!("surface {} ({number} of {}){mesh}{bend}", surface.name, on_output.len()));
    }
    lines.push(match (primary, editor.selection.len()) {
        (None, _) if editor.selection_is_lost => {
            "what was selected is gone, with a save by another program: nothing moves until something is selected (Tab)"
                .to_owned()
        }
        (None, _) => "nothing selected: the whole output moves".to_owned(),
        (Some(handle), 1) => selected(editor, &view, handle),
        (Some(_), count) => {
            let centre = centre_and_radius(&view, &editor.selection);
            let at = centre.map(|(centre, _)| format!(", middle at {}", written(centre)));
            format!("{count} selected{}", at.unwrap_or_default())
        }
    });
    lines.extend(step);
    let modes = [(editor.snap, "snap"), (editor.keep_rectangle, "keep rectangle")];
    let modes: Vec<_> = modes.into_iter().filter_map(|(on, name)| on.then_some(name)).collect();
    if !modes.is_empty() {
        lines.push(modes.join(", "));
    }
    lines.extend(editor.message.clone());
    lines
}

/// The line of a single selected handle.
fn selected(editor: &Editor, view: &OutputView, handle: Handle) -> String {
    let name = handle.name(&editor.stage, editor.output);
    let at = view.position(handle).map(|at| format!(" at {}", written(at))).unwrap_or_default();
    let mask = handle.mask().filter(|_| !handle.is_point()).and_then(|mask| {
        let mask = masks(&editor.stage, editor.output, mask.surface).get(mask.mask)?;
        let does = if mask.kind == MaskKind::Hide { "hides" } else { "shows" };
        Some(format!(", {does}, feather {} px", mask.feather))
    });
    format!("{name}{at}{}", mask.unwrap_or_default())
}

/// A position in output pixels, to the tenth.
fn written(p: DVec2) -> String {
    format!("{:.1}, {:.1} px", p.x, p.y)
}

/// The line of the step size.
fn steps(step: StepSize) -> String {
    let last = match step {
        StepSize::One => "1 px",
        StepSize::Ten => "10 px",
        StepSize::Tenth => "0.1 px",
    };
    match step {
        StepSize::One => "step 1 px (Shift 10, Ctrl 0.1)".to_owned(),
        StepSize::Ten | StepSize::Tenth => format!("step 1 px (Shift 10, Ctrl 0.1), last {last}"),
    }
}

/// The primary point, in output pixels, for a magnified view; none out of edit mode, or where no point is selected.
#[must_use]
pub fn magnified(editor: &Editor, host: &dyn EditHost) -> Option<DVec2> {
    let primary = editor.selection.last().filter(|handle| editor.editing && handle.is_point())?;
    OutputView::new(&editor.stage, editor.output, host).position(*primary)
}
