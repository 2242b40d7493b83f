//! What was before, without limit. See [`Undo`].

use std::sync::Arc;

use super::super::{Output, Preset, Stage, Surface};
use super::check::{output_numbers, surface_numbers};
use super::selection::Place;

/// Everything that was, and everything that was taken back.
///
/// Whole values, not their differences: what comes back is what was there, to the bit. Steps share what they have in common,
/// so that a night of work on one surface of twenty keeps the other nineteen once.
#[derive(Clone, Debug, Default)]
pub(super) struct Undo {
    past: Vec<Moment>,
    future: Vec<Moment>,
    /// The gesture whose changes are still one step.
    open: Option<Gesture>,
}

/// Changes that follow one another and are undone as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gesture {
    Move,
    Nudge,
    Scale,
    Turn,
    Drag,
    Bend,
    Feather,
    Value,
}

/// A stage as it was, and what the operator saw of it.
#[derive(Clone, Debug)]
struct Moment {
    kept: Kept,
    output: usize,
    selection: Vec<Place>,
}

/// What comes back.
pub(super) struct Restored {
    pub stage: Stage,
    pub output: usize,
    pub selection: Vec<Place>,
}

/// A stage in parts that moments share.
#[derive(Clone, Debug)]
struct Kept {
    aspect: f64,
    outputs: Vec<Arc<Output>>,
    surfaces: Vec<Arc<Surface>>,
    presets: Arc<Vec<Preset>>,
}

impl Kept {
    /// Keeps a stage, and with it as much as can be of what the moment before has kept.
    fn new(stage: &Stage, before: Option<&Self>) -> Self {
        fn share<T: Clone + PartialEq>(value: &T, before: Option<&Arc<T>>, numbers: fn(&T) -> Vec<f64>) -> Arc<T> {
            // 0 and −0 are equal, and not written alike.
            let bits = |value: &T| numbers(value).into_iter().map(f64::to_bits).collect::<Vec<_>>();
            match before.filter(|before| ***before == *value && bits(before) == bits(value)) {
                Some(before) => before.clone(),
                None => Arc::new(value.clone()),
            }
        }
        let outputs = stage.outputs.iter().enumerate();
        let surfaces = stage.surfaces.iter().enumerate();
        Self {
            aspect: stage.aspect,
            outputs: outputs
                .map(|(index, output)| share(output, before.and_then(|kept| kept.outputs.get(index)), output_numbers))
                .collect(),
            surfaces: surfaces
                .map(|(index, surface)| {
                    share(surface, before.and_then(|kept| kept.surfaces.get(index)), surface_numbers)
                })
                .collect(),
            presets: share(&stage.presets, before.map(|kept| &kept.presets), |_| Vec::new()),
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

    fn is(&self, stage: &Stage) -> bool {
        self.aspect == stage.aspect
            && self.outputs.iter().map(AsRef::as_ref).eq(&stage.outputs)
            && self.surfaces.iter().map(AsRef::as_ref).eq(&stage.surfaces)
            && *self.presets == stage.presets
    }
}

impl Undo {
    /// Before a change: keeps what is there, unless the change goes on with the gesture of the last one.
    pub fn keep(&mut self, stage: &Stage, output: usize, selection: &[Place], gesture: Option<Gesture>) {
        if gesture.is_some() && self.open == gesture && !self.past.is_empty() {
            return;
        }
        self.settle(stage);
        self.future.clear();
        let kept = Kept::new(stage, self.past.last().map(|moment| &moment.kept));
        self.past.push(Moment { kept, output, selection: selection.to_vec() });
        self.open = gesture;
    }

    /// Ends a gesture. One that has come back to where it began was nothing.
    pub fn settle(&mut self, stage: &Stage) {
        if self.open.take().is_some() && self.past.last().is_some_and(|moment| moment.kept.is(stage)) {
            self.past.pop();
        }
    }

    /// What was before; none where there is nothing.
    pub fn undo(&mut self, stage: &Stage, output: usize, selection: &[Place]) -> Option<Restored> {
        self.settle(stage);
        Self::step(&mut self.past, &mut self.future, stage, output, selection)
    }

    /// What was taken back last.
    pub fn redo(&mut self, stage: &Stage, output: usize, selection: &[Place]) -> Option<Restored> {
        self.settle(stage);
        Self::step(&mut self.future, &mut self.past, stage, output, selection)
    }

    fn step(
        from: &mut Vec<Moment>,
        to: &mut Vec<Moment>,
        stage: &Stage,
        output: usize,
        selection: &[Place],
    ) -> Option<Restored> {
        let Moment { kept, output: then, selection: selected } = from.pop()?;
        let now = Kept::new(stage, Some(&kept));
        to.push(Moment { kept: now, output, selection: selection.to_vec() });
        Some(Restored { stage: kept.stage(), output: then, selection: selected })
    }

    /// Steps that can be taken back, and that can be done again.
    pub fn counts(&self) -> (usize, usize) {
        (self.past.len(), self.future.len())
    }
}
