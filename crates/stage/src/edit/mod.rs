//! The stage edited on the building itself: in the dark, by key, mouse and gamepad, while the show plays on underneath.
//!
//! [`Editor`] holds the stage and what is selected of it. A [`Command`] goes in, a [`Reply`] comes out, and when that says
//! so the stage is another. Nothing here draws, reads a clock or touches a file: [`marks`] says what to draw,
//! [`legend`] and [`listed`] what to write. Warps, and what files say, come by way of [`Space`].
//!
//! What would make a picture that cannot be shown does not happen; its reply says why.

mod acting;
mod check;
mod command;
mod curves;
mod ground;
mod history;
mod legend;
mod marks;
mod masking;
mod mesh;
mod moving;
mod path;
mod picking;
mod selection;
mod sharing;
mod surfaces;
#[cfg(test)]
mod tests;
mod undo;
mod values;

use glam::DVec2;

pub use command::{Command, Copied, Mirror, Mode, Step};
pub use ground::{Space, SurfaceSpace};
pub use history::{Numbered, history_name, history_number, to_thin};
pub use legend::{legend, magnified};
pub use marks::{Mark, MarkKind, marks};
pub use selection::{End, MaskPlace, Part, Place};
pub use values::listed;

use super::{Stage, Surface};

use undo::{Restored, Undo};
use values::List;

/// A stage while it is edited.
#[derive(Clone, Debug)]
pub struct Editor {
    stage: Stage,
    editing: bool,
    output: usize,
    /// The last is in hand.
    selection: Vec<Place>,
    snap: bool,
    keep_rectangle: bool,
    step: Step,
    pointer: Option<DVec2>,
    drag: Option<Drag>,
    copied: Option<Surface>,
    list: List,
    said: Option<String>,
    undo: Undo,
}

/// What came of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// Whether the stage is another.
    pub changed: bool,
    /// A few words for the screen; until the next ones the legend says them too.
    pub said: Option<String>,
}

/// What is dragged: every step begins from what was, or each catch by a neighbour would add up.
#[derive(Clone, Debug)]
struct Drag {
    from: DVec2,
    before: Stage,
    /// Whether the pointer has gone far enough.
    moves: bool,
}

/// What comes of an edit: words for the screen, or why not.
type Edited = Result<Option<String>, String>;

impl Editor {
    /// An editor that does not edit yet.
    #[must_use]
    pub fn new(stage: Stage) -> Self {
        Self {
            stage,
            editing: false,
            output: 0,
            selection: Vec::new(),
            snap: false,
            keep_rectangle: false,
            step: Step::One,
            pointer: None,
            drag: None,
            copied: None,
            list: List::default(),
            said: None,
            undo: Undo::default(),
        }
    }

    /// The stage as it is now.
    #[must_use]
    pub const fn stage(&self) -> &Stage {
        &self.stage
    }

    /// Whether it is edited.
    #[must_use]
    pub const fn is_editing(&self) -> bool {
        self.editing
    }

    /// What keys are for, while it is edited.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.list.mode()
    }

    /// The selected output, by its place in the stage.
    #[must_use]
    pub const fn output(&self) -> usize {
        self.output
    }

    /// What is selected, the one in hand last; nothing is the whole output.
    #[must_use]
    pub fn selection(&self) -> &[Place] {
        &self.selection
    }

    /// Whether what is dragged is caught by neighbours.
    #[must_use]
    pub const fn snaps(&self) -> bool {
        self.snap
    }

    /// Whether surfaces are kept rectangles.
    #[must_use]
    pub const fn keeps_rectangle(&self) -> bool {
        self.keep_rectangle
    }

    /// How far the last key went.
    #[must_use]
    pub const fn step(&self) -> Step {
        self.step
    }

    /// The last words.
    #[must_use]
    pub fn said(&self) -> Option<&str> {
        self.said.as_deref()
    }

    /// Steps that can be undone, and that can be redone.
    #[must_use]
    pub fn steps(&self) -> (usize, usize) {
        self.undo.counts()
    }

    /// Takes another stage, because its file has changed or a preset was chosen: a step that can be undone. The output of
    /// the same name stays selected.
    pub fn replace(&mut self, stage: Stage) {
        if stage == self.stage {
            return;
        }
        self.end_drag();
        self.list.leave();
        self.undo.keep(&self.stage, self.output, &self.selection, None);
        let name = self.stage.outputs.get(self.output).map(|output| &output.name);
        let output = stage.outputs.iter().position(|output| Some(&output.name) == name).unwrap_or(0);
        self.stand(Restored { stage, output, selection: Vec::new() });
    }

    /// Does what the operator asks for. While it is not edited, nothing but [`Command::Toggle`].
    pub fn act(&mut self, command: Command, space: &dyn Space) -> Reply {
        if !self.editing && command != Command::Toggle {
            return Reply::default();
        }
        let before = self.said.take();
        if !command.goes_on() {
            self.undo.settle(&self.stage);
        }
        let (changed, said) = match self.obey(command, space) {
            Ok((changed, said)) => (changed, said),
            Err(why) => (false, Some(why)),
        };
        // The pointer's ways say nothing, and do not wipe away what was said.
        self.said = if command.is_quiet() && said.is_none() { before } else { said.clone() };
        Reply { changed, said }
    }

    fn stand(&mut self, restored: Restored) {
        Restored { stage: self.stage, output: self.output, selection: self.selection } = restored;
    }
}

/// A place in output pixels to the decimals that a stage's file keeps, so that what is saved and read again is what is
/// edited, and shifts back and forth end where they began.
fn neat(p: DVec2) -> DVec2 {
    rounded(p, 1e3)
}

/// A place in a surface's own space, likewise.
fn neat_own(p: DVec2) -> DVec2 {
    rounded(p, 1e6)
}

/// A place in the space of a surface, or, without one, of the output.
fn neat_in(surface: Option<usize>, p: DVec2) -> DVec2 {
    if surface.is_some() { neat_own(p) } else { neat(p) }
}

/// The same of a handle; one on its point is none.
fn neat_handle(surface: Option<usize>, at: DVec2, handle: Option<DVec2>) -> Option<DVec2> {
    handle.map(|handle| neat_in(surface, handle)).filter(|handle| *handle != at)
}

fn rounded(p: DVec2, per_unit: f64) -> DVec2 {
    // Never −0, which a file would show.
    (p * per_unit).round() / per_unit + DVec2::ZERO
}

/// The surfaces that are selected, or of which something is.
fn surfaces_of(selection: &[Place]) -> Result<Vec<usize>, String> {
    let mut surfaces: Vec<_> = selection.iter().filter_map(|place| place.surface()).collect();
    surfaces.sort_unstable();
    surfaces.dedup();
    if surfaces.is_empty() { Err("select a surface first (Tab)".to_owned()) } else { Ok(surfaces) }
}

/// The masks that are selected, or of which something is.
fn masks_of(selection: &[Place]) -> Result<Vec<MaskPlace>, String> {
    let mut masks: Vec<_> = selection.iter().filter_map(|place| place.mask()).collect();
    let mut seen = std::collections::HashSet::new();
    masks.retain(|mask| seen.insert(*mask));
    if masks.is_empty() { Err("select a mask first".to_owned()) } else { Ok(masks) }
}
