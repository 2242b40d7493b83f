//! The stage while it plays: its editor, its resolved outputs, and the content of each. See [`Venue`].

mod resolved_outputs;
mod space;
mod test_patterns;

use std::sync::Arc;

use glam::UVec2;

use millions_control::{CalibrationParameter, TestMode};
use millions_frame::FramePlan;
use millions_gpu::{OperatorText, Overlay};
use millions_stage::{
    EditCommand, EditMode, Editor, MaskImages, Output, OutputId, Reply, ResolvedOutput, Stage, SurfaceId, legend,
    legend_without_keys, magnified, marks, value_rows, values,
};
use millions_wall::tone::{Calibration, WALL_COLOURS};
use resolved_outputs::ResolvedOutputs;
use space::EditorSpace;
pub use test_patterns::TestPatterns;

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

    /// Begins edit mode, or ends it, and with it all test patterns.
    pub fn set_editing(&mut self, on: bool) {
        if on == self.is_editing() {
            return;
        }
        self.act(EditCommand::Toggle);
        if !self.is_editing() {
            self.tests = TestPatterns::new();
            self.help = false;
        }
    }

    /// Carries out a command of the operator.
    pub fn act(&mut self, command: EditCommand) -> Reply {
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

    /// Sets a value of what is selected, as it is typed.
    ///
    /// # Errors
    /// Why nothing has changed.
    pub fn set_value(&mut self, name: &str, text: &str) -> Result<Reply, String> {
        let space = EditorSpace::new(self.editor.stage(), &*self.masks);
        let reply = self.editor.set_value(name, text, &space)?;
        if reply.changed {
            self.invalidate();
            self.changed = true;
        }
        Ok(reply)
    }

    /// The values of what is selected while the stage is edited.
    #[must_use]
    pub fn values(&self) -> Vec<[String; 2]> {
        values(&self.editor)
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

    /// Sets a value of the calibration of an output: a number, or the place of a wall colour among the named ones.
    ///
    /// # Errors
    /// When there is no such output, or the value does not fit: nothing has changed then.
    pub fn calibrate(&mut self, output: OutputId, parameter: CalibrationParameter, value: f32) -> Result<(), String> {
        let mut stage = self.stage().clone();
        let known = stage.output_mut(output).ok_or("the stage has no such output")?;
        let calibration = &mut known.colour.calibration;
        match parameter {
            CalibrationParameter::Gamma => calibration.gamma = value,
            CalibrationParameter::Black => calibration.black = value,
            CalibrationParameter::White => calibration.white = value,
            CalibrationParameter::WallColour => {
                let named = WALL_COLOURS.get(value as usize).filter(|_| value >= 0.0);
                calibration.wall_colour = named.ok_or("there is no such wall colour")?.1;
            }
        }
        calibration.validate().map_err(|error| error.to_string())?;
        self.replace(stage);
        self.changed = true;
        Ok(())
    }

    /// Resolves an output for a target of a size in pixels. The result may be stale: masks and edge blends take longer than a frame,
    /// and come when they are there.
    pub fn resolve(&mut self, output: OutputId, target: UVec2) -> Arc<ResolvedOutput> {
        self.resolved.get(self.editor.stage(), &self.masks, output, target, self.editor.is_editing())
    }

    /// Takes over what was resolved since the last frame, for all outputs at once, where it `can_be_drawn` without a frame that is late.
    pub fn adopt_resolved(&mut self, can_be_drawn: impl FnMut(&ResolvedOutput) -> bool) {
        self.resolved.adopt(self.editor.stage(), &self.masks, can_be_drawn);
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

    /// Sets the test mode of an output, or of all.
    pub fn test(&mut self, mode: TestMode, output: Option<OutputId>) {
        let outputs = self.editor.stage().outputs.iter().map(|output| output.id);
        self.tests.set(mode, outputs.filter(|known| output.is_none_or(|output| output == *known)));
    }

    /// Test patterns in place of the wall.
    pub const fn tests(&self) -> &TestPatterns {
        &self.tests
    }

    /// Lights an output alone; none lights all of them.
    pub const fn set_solo(&mut self, output: Option<OutputId>) {
        self.tests.set_solo(output);
    }

    /// Shows the number and name on every output, or ends that.
    pub const fn set_identify(&mut self, on: bool) {
        self.tests.set_identify(on);
    }

    /// Lists the keys of edit mode, or ends that.
    pub const fn set_help(&mut self, on: bool) {
        self.help = on;
    }

    /// Whether the keys of edit mode are listed.
    pub const fn shows_help(&self) -> bool {
        self.help
    }

    /// What is edited, in a few lines for instruments other than the wall's keyboard; none while nothing is.
    #[must_use]
    pub fn edit_summary(&self) -> Vec<String> {
        legend_without_keys(&self.editor, &EditorSpace::default())
    }

    /// The surfaces that are selected, or of which something is, while the stage is edited.
    #[must_use]
    pub fn selected_surfaces(&self) -> Vec<SurfaceId> {
        let selection = if self.is_editing() { self.editor.selection() } else { &[] };
        selection.iter().filter_map(|handle| handle.surface()).collect()
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
