//! The undo history, without limit. See [`Undo`].

use std::sync::Arc;

use super::super::{Output, OutputId, Preset, Stage, Surface};
use super::check::{output_numbers, surface_numbers};
use super::selection::Handle;

/// The undo and redo stacks.
///
/// Snapshots, not differences: what is restored is what was there, to the bit. They share the outputs and surfaces that did
/// not change, so that a night of work on one surface of twenty keeps the other nineteen once.
#[derive(Clone, Debug, Default)]
pub(super) struct Undo {
    past: Vec<Snapshot>,
    future: Vec<Snapshot>,
    /// The gesture whose changes still make one step.
    open: Option<Gesture>,
}

/// Kinds of consecutive changes that are undone as one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gesture {
    Move,
    Nudge,
    Scale,
    Rotate,
    Drag,
    Bend,
    Feather,
    Value,
}

/// A stage with the selection at that time.
#[derive(Clone, Debug)]
struct Snapshot {
    stage: SharedStage,
    output: OutputId,
    selection: Vec<Handle>,
}

/// What undo and redo restore.
pub(super) struct EditState {
    pub stage: Stage,
    pub output: OutputId,
    pub selection: Vec<Handle>,
}

/// A stage whose parts snapshots share.
#[derive(Clone, Debug)]
struct SharedStage {
    aspect: f64,
    outputs: Vec<Arc<Output>>,
    surfaces: Vec<Arc<Surface>>,
    presets: Arc<Vec<Preset>>,
}

impl SharedStage {
    /// Shares what is equal, to the bit, with another.
    fn new(stage: &Stage, before: Option<&Self>) -> Self {
        fn share<T: Clone + PartialEq>(value: &T, before: Option<&Arc<T>>, numbers: fn(&T) -> Vec<f64>) -> Arc<T> {
            // 0 and −0 are equal, but not the same in a file.
            let bits = |value: &T| numbers(value).into_iter().map(f64::to_bits).collect::<Vec<_>>();
            match before.filter(|before| ***before == *value && bits(before) == bits(value)) {
                Some(before) => before.clone(),
                None => Arc::new(value.clone()),
            }
        }
        let output_before = |id| before?.outputs.iter().find(|output| output.id == id);
        let surface_before = |id| before?.surfaces.iter().find(|surface| surface.id == id);
        let outputs = stage.outputs.iter().map(|output| share(output, output_before(output.id), output_numbers));
        let surfaces = stage.surfaces.iter().map(|surface| share(surface, surface_before(surface.id), surface_numbers));
        Self {
            aspect: stage.aspect,
            outputs: outputs.collect(),
            surfaces: surfaces.collect(),
            presets: share(&stage.presets, before.map(|other| &other.presets), |_| Vec::new()),
        }
    }

    fn stage(&self) -> Stage {
        Stage {
            aspect: self.aspect,
            outputs: self.outputs.iter().map(|output| Output::clone(output)).collect(),
            surfaces: self.surfaces.iter().map(|surface| Surface::clone(surface)).collect(),
            presets: self.presets.to_vec(),
        }
    }

    fn equals(&self, stage: &Stage) -> bool {
        self.aspect == stage.aspect
            && self.outputs.iter().map(AsRef::as_ref).eq(&stage.outputs)
            && self.surfaces.iter().map(AsRef::as_ref).eq(&stage.surfaces)
            && *self.presets == stage.presets
    }
}

impl Undo {
    /// Records the state before a change, unless the change continues the open gesture.
    pub fn record(&mut self, stage: &Stage, output: OutputId, selection: &[Handle], gesture: Option<Gesture>) {
        if gesture.is_some() && self.open == gesture && !self.past.is_empty() {
            return;
        }
        self.end_gesture(stage);
        self.future.clear();
        let shared = SharedStage::new(stage, self.past.last().map(|snapshot| &snapshot.stage));
        self.past.push(Snapshot { stage: shared, output, selection: selection.to_vec() });
        self.open = gesture;
    }

    /// Ends the open gesture. One that has returned to its beginning is no step.
    pub fn end_gesture(&mut self, stage: &Stage) {
        if self.open.take().is_some() && self.past.last().is_some_and(|snapshot| snapshot.stage.equals(stage)) {
            self.past.pop();
        }
    }

    /// Goes back a step; none where there is none.
    pub fn undo(&mut self, stage: &Stage, output: OutputId, selection: &[Handle]) -> Option<EditState> {
        self.end_gesture(stage);
        Self::step(&mut self.past, &mut self.future, stage, output, selection)
    }

    /// Goes forward a step; none where there is none.
    pub fn redo(&mut self, stage: &Stage, output: OutputId, selection: &[Handle]) -> Option<EditState> {
        self.end_gesture(stage);
        Self::step(&mut self.future, &mut self.past, stage, output, selection)
    }

    fn step(
        from: &mut Vec<Snapshot>,
        to: &mut Vec<Snapshot>,
        stage: &Stage,
        output: OutputId,
        selection: &[Handle],
    ) -> Option<EditState> {
        let restored = from.pop()?;
        let shared = SharedStage::new(stage, Some(&restored.stage));
        to.push(Snapshot { stage: shared, output, selection: selection.to_vec() });
        Some(EditState { stage: restored.stage.stage(), output: restored.output, selection: restored.selection })
    }

    /// Steps that can be undone, and that can be redone.
    pub fn counts(&self) -> (usize, usize) {
        (self.past.len(), self.future.len())
    }
}
