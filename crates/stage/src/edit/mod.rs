//! The stage editor: corner pins, meshes, bends, masks and settings, changed on the building itself by key, mouse and
//! gamepad while the show plays on underneath.
//!
//! [`Editor`] holds the stage and the selection. [`Editor::act`] carries out a [`EditCommand`] and returns a [`Reply`], which
//! says whether the stage has changed. Nothing here draws, reads a clock or touches a file: [`marks`] returns what to draw,
//! [`legend`] and [`value_rows`] the text beside it; warps and files are reached through [`EditHost`].
//!
//! A change that would make a stage which cannot be shown is refused, and the reply says why.

mod check;
mod command;
mod curves;
mod dispatch;
mod distribute;
mod history;
mod legend;
mod marks;
mod masks;
mod mesh;
mod path;
mod picking;
mod properties;
mod selection;
mod surfaces;
#[cfg(test)]
mod tests;
mod transform;
mod undo;
mod view;

use glam::DVec2;

pub use command::{ClipboardPart, EditCommand, EditMode, MirrorAxis, StepSize};
pub use history::{HistoryFile, expired_history, history_name, history_number};
pub use legend::{legend, legend_without_keys, magnified};
pub use marks::{Mark, MarkKind, marks};
pub use properties::{value_rows, values};
pub use selection::{BendEnd, Handle, MaskRef, PointPart};
pub use view::{EditHost, SurfaceMapping};

use super::ids::IdAllocator;
use super::rounded::{PARTS, PIXELS, round_point};
use super::{Mask, MaskPoint, OutputId, Stage, Surface, SurfaceId};

use properties::List;
use undo::{EditState, Undo};
use view::OutputView;

/// A stage and the state of its editing.
#[derive(Clone, Debug)]
pub struct Editor {
    stage: Stage,
    ids: IdAllocator,
    editing: bool,
    /// The selected output, which the stage has unless it has none.
    output: OutputId,
    /// The last is the primary one.
    selection: Vec<Handle>,
    /// Whether what was selected is gone, with another program's save: nothing is edited until something is selected again.
    selection_is_lost: bool,
    snap: bool,
    keep_rectangle: bool,
    step: StepSize,
    pointer: Option<DVec2>,
    drag: Option<Drag>,
    clipboard: Option<Surface>,
    list: List,
    message: Option<String>,
    undo: Undo,
}

/// The outcome of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// Whether the stage has changed.
    pub changed: bool,
    /// A few words for the screen; [`legend`] repeats them until the next.
    pub message: Option<String>,
}

/// A drag in progress. Every pointer position is applied to the stage from before it: steps would add up, and with them
/// every snap.
#[derive(Clone, Debug)]
struct Drag {
    from: DVec2,
    before: Stage,
    /// Whether the pointer has left the dead zone.
    moves: bool,
}

/// What a command answers, or why it is refused.
type CommandResult = Result<Reply, String>;

/// A message after an edit, or why it is refused.
type EditResult = Result<Option<String>, String>;

/// What an edit works on: a copy of the stage and the selection, which replace the editor's once it is accepted.
struct EditContext<'a> {
    stage: &'a mut Stage,
    ids: &'a mut IdAllocator,
    /// The selected output.
    output: OutputId,
    selection: &'a mut Vec<Handle>,
    /// Whether a surface whose corners move stays an axis-aligned rectangle.
    keep_rectangle: bool,
    host: &'a dyn EditHost,
}

impl EditContext<'_> {
    fn view(&self) -> OutputView<'_> {
        OutputView::new(self.stage, self.output, self.host)
    }

    /// The surfaces that are selected, or of which something is, in ascending order; never none.
    fn surfaces(&self) -> Result<Vec<SurfaceId>, String> {
        let mut surfaces: Vec<_> = self.selection.iter().filter_map(|handle| handle.surface()).collect();
        surfaces.sort_unstable();
        surfaces.dedup();
        if surfaces.is_empty() { Err("select a surface first (Tab)".to_owned()) } else { Ok(surfaces) }
    }

    /// The masks that are selected, or of which something is, in the order of selection; never none.
    fn masks(&self) -> Result<Vec<MaskRef>, String> {
        let mut masks: Vec<_> = self.selection.iter().filter_map(|handle| handle.mask()).collect();
        let mut seen = std::collections::HashSet::new();
        masks.retain(|mask| seen.insert(*mask));
        if masks.is_empty() { Err("select a mask first".to_owned()) } else { Ok(masks) }
    }

    /// The masks of a surface, or of the output.
    fn masks_mut(&mut self, surface: Option<SurfaceId>) -> Option<&mut Vec<Mask>> {
        selection::masks_mut(self.stage, self.output, surface)
    }

    fn mask_mut(&mut self, mask: MaskRef) -> Option<&mut Mask> {
        self.masks_mut(mask.surface)?.get_mut(mask.mask)
    }

    /// The points of a mask; none for an image mask.
    fn path_mut(&mut self, mask: MaskRef) -> Option<&mut Vec<MaskPoint>> {
        self.mask_mut(mask)?.shape.path_mut()
    }
}

impl Editor {
    /// An editor that is not in edit mode yet.
    #[must_use]
    pub fn new(stage: Stage) -> Self {
        Self {
            ids: IdAllocator::above(&stage),
            output: first_output(&stage),
            stage,
            editing: false,
            selection: Vec::new(),
            selection_is_lost: false,
            snap: false,
            keep_rectangle: false,
            step: StepSize::One,
            pointer: None,
            drag: None,
            clipboard: None,
            list: List::default(),
            message: None,
            undo: Undo::default(),
        }
    }

    /// The stage as it is now.
    #[must_use]
    pub const fn stage(&self) -> &Stage {
        &self.stage
    }

    /// Whether edit mode is on.
    #[must_use]
    pub const fn is_editing(&self) -> bool {
        self.editing
    }

    /// What keys act on in edit mode.
    #[must_use]
    pub const fn mode(&self) -> EditMode {
        self.list.mode()
    }

    /// The selected output.
    #[must_use]
    pub const fn output(&self) -> OutputId {
        self.output
    }

    /// The selection, the primary handle last; empty selects the whole output.
    #[must_use]
    pub fn selection(&self) -> &[Handle] {
        &self.selection
    }

    /// Steps that can be undone, and that can be redone.
    #[must_use]
    pub fn steps(&self) -> (usize, usize) {
        self.undo.counts()
    }

    /// Replaces the stage, after its file has changed: one step of the undo history. Outputs and surfaces of the same names
    /// keep their ids, and what is selected stays selected as far as it still exists. Where nothing of it does, nothing is edited until
    /// something is selected again: an arrow must not move what nobody has chosen.
    pub fn replace(&mut self, mut stage: Stage) {
        stage.keep_ids_of(&self.stage, &mut self.ids);
        if stage == self.stage {
            return;
        }
        self.end_drag();
        self.list.discard_text();
        self.undo.record(&self.stage, self.output, &self.selection, None);
        let output = stage.output(self.output).map_or_else(|| first_output(&stage), |output| output.id);
        let selection = selection::surviving(&self.stage, &stage, self.output, &self.selection);
        let is_lost = output != self.output || (selection.is_empty() && !self.selection.is_empty());
        self.selection_is_lost |= self.editing && is_lost;
        self.restore(EditState { stage, output, selection });
    }

    /// Begins with another stage and an empty undo history; edit mode stays as it is. Outputs and surfaces of the same names
    /// keep their ids.
    pub fn restart(&mut self, mut stage: Stage) {
        stage.keep_ids_of(&self.stage, &mut self.ids);
        let selection_is_lost = self.editing && (self.selection_is_lost || !self.selection.is_empty());
        *self = Self { editing: self.editing, ids: self.ids, selection_is_lost, ..Self::new(stage) };
    }

    /// Carries out a command. Out of edit mode, only [`EditCommand::Toggle`] has an effect.
    pub fn act(&mut self, command: EditCommand, host: &dyn EditHost) -> Reply {
        if !self.editing && command != EditCommand::Toggle {
            return Reply::default();
        }
        let previous = self.message.take();
        if !command.continues_gesture() {
            self.undo.end_gesture(&self.stage);
        }
        if command.selects() {
            self.selection_is_lost = false;
        }
        let reply =
            self.dispatch(command, host).unwrap_or_else(|refusal| Reply { changed: false, message: Some(refusal) });
        // Pointer motion has no message of its own, and leaves the last one.
        let keeps = command.is_pointer() && reply.message.is_none();
        self.message = if keeps { previous } else { reply.message.clone() };
        reply
    }

    fn restore(&mut self, state: EditState) {
        EditState { stage: self.stage, output: self.output, selection: self.selection } = state;
    }
}

/// The output that is selected at first.
fn first_output(stage: &Stage) -> OutputId {
    stage.outputs.first().map(|output| output.id).unwrap_or_default()
}

/// A position in output pixels, to the decimals of a stage's file: what is saved and read again is what was edited, and
/// shifts back and forth end where they began.
fn round_px(p: DVec2) -> DVec2 {
    round_point(p, PIXELS)
}

/// A position in surface space, likewise.
fn round_part(p: DVec2) -> DVec2 {
    round_point(p, PARTS)
}

/// A position in the space of a surface, or, without one, of the output.
fn round_in(surface: Option<SurfaceId>, p: DVec2) -> DVec2 {
    if surface.is_some() { round_part(p) } else { round_px(p) }
}

/// A mask's point rounded likewise; a handle on its point is none.
fn round_mask_point(surface: Option<SurfaceId>, point: MaskPoint) -> MaskPoint {
    point.rounded(if surface.is_some() { PARTS } else { PIXELS })
}
