//! The stage while it plays: its editor, its resolved outputs, and the content of each. See [`Venue`].

mod resolved_outputs;
mod space;
mod test_patterns;

use std::sync::Arc;

use glam::UVec2;

use crate::pattern::TestMode;
use millions_frame::FramePlan;
use millions_gpu::{OperatorText, Overlay};
use millions_stage::{
    Command, EditMode, Editor, MaskImages, Output, OutputId, Reply, ResolvedOutput, Stage, legend, magnified, marks,
    value_rows,
};
use millions_wall::tone::Calibration;
use resolved_outputs::ResolvedOutputs;
use space::EditorSpace;
use test_patterns::TestPatterns;

/// The files that a stage names, shared with threads.
pub type Masks = Arc<dyn MaskImages + Send + Sync>;

/// A stage, edited and shown.
pub struct Venue {
    editor: Editor,
    masks: Masks,
    resolved: ResolvedOutputs,
    tests: TestPatterns,
    /// Whether the stage has to be saved.
    changed: bool,
    /// Whether the keys of the edit mode are listed.
    help: bool,
}

/// The content of a frame of an output.
pub struct OutputContent {
    /// The plan of the wall.
    pub plan: FramePlan,
    /// The overlay.
    pub overlay: Overlay,
}

impl Venue {
    /// A stage whose masks are read from `masks`.
    #[must_use]
    pub fn new(stage: Stage, masks: Masks) -> Self {
        Self {
            editor: Editor::new(stage),
            masks,
            resolved: ResolvedOutputs::default(),
            tests: TestPatterns::new(),
            changed: false,
            help: false,
        }
    }

    /// The stage.
    #[must_use]
    pub const fn stage(&self) -> &Stage {
        self.editor.stage()
    }

    /// Whether edit mode is on.
    #[must_use]
    pub const fn is_editing(&self) -> bool {
        self.editor.is_editing()
    }

    /// The mode of the editor, on which its keys depend.
    #[must_use]
    pub const fn mode(&self) -> EditMode {
        self.editor.mode()
    }

    /// The selected output.
    #[must_use]
    pub const fn selected(&self) -> OutputId {
        self.editor.output()
    }

    /// Toggles edit mode; its end ends all test patterns.
    pub fn toggle_edit(&mut self) {
        self.act(Command::Toggle);
        if !self.is_editing() {
            self.tests = TestPatterns::new();
            self.help = false;
        }
    }

    /// Carries out a command of the operator.
    pub fn act(&mut self, command: Command) -> Reply {
        let selected = self.selected();
        let space = EditorSpace::new(self.editor.stage(), &*self.masks);
        let reply = self.editor.act(command, &space);
        if self.selected() != selected {
            self.tests.follow_selection(self.selected());
        }
        if reply.changed {
            self.invalidate();
            self.changed = true;
        }
        reply
    }

    /// Replaces the stage after its file has changed; a step of the undo history.
    pub fn replace(&mut self, stage: Stage) {
        self.editor.replace(stage);
        self.invalidate();
    }

    /// Returns whether the stage has changed since the last call, and has to be saved.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// Invalidates everything that is computed from the stage.
    fn invalidate(&mut self) {
        let outputs = &self.editor.stage().outputs;
        self.resolved.invalidate(outputs);
        self.tests.invalidate(outputs);
    }

    /// Begins with another stage and an empty history; edit mode stays as it is.
    fn restart_editor(&mut self, stage: Stage) {
        self.editor.restart(stage);
        self.invalidate();
    }

    /// Begins with a stage that was made for the connected monitors; it is saved.
    pub fn begin_with(&mut self, stage: Stage) {
        self.restart_editor(stage);
        self.changed = true;
    }

    /// Switches to the stage of another file, with its own masks and an empty history.
    pub fn switch_to(&mut self, stage: Stage, masks: Masks) {
        self.masks = masks;
        self.restart_editor(stage);
        self.changed = false;
    }

    /// Resizes a single output with its window, as long as nothing has been mapped on it; not undoable, and not saved.
    pub fn follow_size(&mut self, size: UVec2) {
        let stage = self.stage();
        if !stage.is_unmapped() || stage.outputs.iter().all(|output| output.size == size) || size.min_element() == 0 {
            return;
        }
        let outputs = stage.outputs.iter().map(|output| Output { size, ..output.clone() });
        let stage = Stage { presets: stage.presets.clone(), ..Stage::side_by_side(outputs.collect()) };
        let changed = self.changed;
        self.restart_editor(stage);
        self.changed = changed;
    }

    /// The calibration of the selected output.
    #[must_use]
    pub fn calibration(&self) -> Calibration {
        self.stage().output(self.selected()).map_or_else(Calibration::default, |output| output.colour.calibration)
    }

    /// Changes the calibration of the selected output.
    pub fn calibrate(&mut self, change: impl FnOnce(&Calibration) -> Calibration) {
        let (mut stage, selected) = (self.stage().clone(), self.selected());
        let Some(output) = stage.output_mut(selected) else { return };
        output.colour.calibration = change(&output.colour.calibration);
        self.replace(stage);
        self.changed = true;
    }

    /// Resolves an output for a target of a size in pixels. The result may be stale: masks and edge blends take longer than a frame,
    /// and come when they are there.
    pub fn resolve(&mut self, output: OutputId, target: UVec2) -> Arc<ResolvedOutput> {
        self.resolved.get(self.editor.stage(), &self.masks, output, target, self.editor.is_editing())
    }

    /// Takes over what was resolved since the last frame, for all outputs at once.
    pub fn adopt_resolved(&mut self) {
        self.resolved.adopt();
    }

    /// Returns the content of an output; `caption` is the operator's text, for the selected output. A blackout has no marks.
    pub fn content(
        &mut self,
        output: OutputId,
        plan: &FramePlan,
        caption: Option<Vec<[String; 2]>>,
        blackout: bool,
    ) -> OutputContent {
        let mut content = OutputContent { plan: plan.clone(), overlay: Overlay::default() };
        if blackout {
            content.plan.intensity = 0.0;
        } else {
            self.tests.apply(&self.editor.stage().outputs, output, &mut content);
        }
        if output == self.selected() {
            let overlay = &mut content.overlay;
            overlay.caption = caption.map(|lines| OperatorText { lines });
            if self.is_editing() && !blackout {
                let space = EditorSpace::default();
                overlay.marks = marks(&self.editor, &space);
                overlay.magnified = magnified(&self.editor, &space);
            }
        }
        content
    }

    /// Whether an output shows the faces of the scene standing still.
    #[must_use]
    pub fn stands_still(&self, output: OutputId) -> bool {
        self.tests.stands_still(output)
    }

    /// Sets the test mode of the selected output, or of all.
    pub fn test(&mut self, mode: TestMode, all: bool) {
        let selected = self.selected();
        let outputs = self.editor.stage().outputs.iter().map(|output| output.id);
        self.tests.set(mode, outputs.filter(|output| all || *output == selected));
    }

    /// Toggles the solo of the selected output.
    pub fn toggle_solo(&mut self) {
        self.tests.toggle_solo(self.selected());
    }

    /// Toggles the number and name on every output.
    pub const fn toggle_identify(&mut self) {
        self.tests.toggle_identify();
    }

    /// Toggles the list of keys of edit mode.
    pub const fn toggle_help(&mut self) {
        self.help = !self.help;
    }

    /// The text over the selected output while the stage is edited.
    #[must_use]
    pub fn edit_caption(&self) -> Vec<[String; 2]> {
        let mut lines: Vec<_> =
            legend(&self.editor, &EditorSpace::default()).into_iter().map(|line| [line, String::new()]).collect();
        let mode = self.mode();
        let space = || [String::new(), String::new()];
        if mode != EditMode::Stage {
            lines.push(space());
            lines.extend(value_rows(&self.editor));
            lines.push(space());
        }
        let more = match mode {
            EditMode::Stage => "H lists the keys, P the values, E ends",
            EditMode::Values => "H lists the keys, P closes the list, E ends",
            EditMode::Typing => "Enter takes it, Esc leaves it as it was",
        };
        if self.help {
            lines.push(space());
            lines.extend(super::edit_keys::help(mode));
        } else {
            lines.push([more.to_owned(), String::new()]);
        }
        lines
    }
}
