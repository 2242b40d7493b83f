//! Test patterns in place of the wall. See [`TestPatterns`].

use std::collections::HashMap;
use std::sync::Arc;

use glam::UVec2;

use super::OutputContent;
use crate::pattern;
use millions_control::TestMode;
use millions_gpu::Bitmap;
use millions_stage::{Output, OutputId};

/// What each output shows in place of the wall while it is mapped and aligned.
pub struct TestPatterns {
    /// The modes of the outputs that show something else than the wall.
    modes: HashMap<OutputId, TestMode>,
    /// The only output that is lit.
    solo: Option<OutputId>,
    /// Whether every output shows its number and name.
    identify: bool,
    /// Patterns that were rendered since the stage last changed.
    rendered: HashMap<PatternKey, Arc<Bitmap>>,
    /// A white texel.
    white: Arc<Bitmap>,
}

/// A pattern of an output: its number and name alone, or the whole test pattern.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct PatternKey {
    output: OutputId,
    size: UVec2,
    identifies: bool,
}

impl TestPatterns {
    /// The wall on all outputs.
    pub fn new() -> Self {
        Self {
            modes: HashMap::new(),
            solo: None,
            identify: false,
            rendered: HashMap::new(),
            white: Arc::new(Bitmap { width: 1, height: 1, rgba: vec![255; 4] }),
        }
    }

    /// Drops what belongs to outputs that no longer exist, and all rendered patterns: sizes and names may have changed.
    pub fn invalidate(&mut self, outputs: &[Output]) {
        self.rendered.clear();
        self.modes.retain(|output, _| Output::find(outputs, *output).is_some());
        self.solo = self.solo.filter(|output| Output::find(outputs, *output).is_some());
    }

    /// Sets the mode of outputs.
    pub fn set(&mut self, mode: TestMode, outputs: impl IntoIterator<Item = OutputId>) {
        self.modes.extend(outputs.into_iter().map(|output| (output, mode)));
    }

    /// Lights an output alone; none lights all of them.
    pub const fn set_solo(&mut self, output: Option<OutputId>) {
        self.solo = output;
    }

    /// Returns the output that is lit alone.
    pub const fn solo(&self) -> Option<OutputId> {
        self.solo
    }

    /// Moves the solo, where there is one, to the selected output.
    pub fn follow_selection(&mut self, selected: OutputId) {
        self.solo = self.solo.map(|_| selected);
    }

    /// Shows the number and name on every output, or ends that.
    pub const fn set_identify(&mut self, on: bool) {
        self.identify = on;
    }

    /// Returns whether they are shown.
    pub const fn is_identifying(&self) -> bool {
        self.identify
    }

    /// Whether an output shows the faces of the scene standing still.
    pub fn stands_still(&self, output: OutputId) -> bool {
        self.mode(output) == TestMode::Faces
    }

    /// Returns what an output shows.
    pub fn mode(&self, output: OutputId) -> TestMode {
        self.modes.get(&output).copied().unwrap_or_default()
    }

    /// Puts the pattern of an output over the wall.
    pub fn apply(&mut self, outputs: &[Output], output: OutputId, OutputContent { plan, overlay }: &mut OutputContent) {
        if self.solo.is_some_and(|solo| solo != output) {
            plan.intensity = 0.0;
        } else if self.identify {
            overlay.picture = self.render(outputs, output, true);
        } else {
            match self.mode(output) {
                TestMode::None | TestMode::Faces => {}
                TestMode::Muted => plan.intensity = 0.0,
                TestMode::White => overlay.picture = Some(self.white.clone()),
                TestMode::Masked => overlay.white = true,
                TestMode::Pattern => overlay.picture = self.render(outputs, output, false),
            }
        }
    }

    fn render(&mut self, outputs: &[Output], output: OutputId, identifies: bool) -> Option<Arc<Bitmap>> {
        let (number, Output { name, size, .. }) = (1..).zip(outputs).find(|(_, other)| other.id == output)?;
        let render = if identifies { pattern::identify } else { pattern::pattern };
        let bitmap = || Bitmap { width: size.x, height: size.y, rgba: render(*size, number, name) };
        let key = PatternKey { output, size: *size, identifies };
        Some(self.rendered.entry(key).or_insert_with(|| Arc::new(bitmap())).clone())
    }
}
