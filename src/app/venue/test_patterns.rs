//! Test patterns in the place of the wall. See [`TestPatterns`].

use std::collections::HashMap;
use std::sync::Arc;

use glam::UVec2;

use super::OutputContent;
use crate::pattern::{self, TestMode};
use millions_gpu::Bitmap;
use millions_stage::Output;

/// What each output shows in the place of the wall, to map and to align it.
pub struct TestPatterns {
    /// By output.
    modes: Vec<TestMode>,
    /// The only output that is lit.
    solo: Option<usize>,
    /// Whether every output shows its number and name.
    identify: bool,
    /// Pictures that were drawn.
    drawn: HashMap<Picture, Arc<Bitmap>>,
    /// A white texel.
    white: Arc<Bitmap>,
}

/// A picture of an output: its number and name alone, or the whole pattern.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Picture {
    output: usize,
    size: UVec2,
    identifies: bool,
}

impl TestPatterns {
    /// No pattern on any of so many outputs.
    pub fn new(outputs: usize) -> Self {
        Self {
            modes: vec![TestMode::None; outputs],
            solo: None,
            identify: false,
            drawn: HashMap::new(),
            white: Arc::new(Bitmap { width: 1, height: 1, rgba: vec![255; 4] }),
        }
    }

    /// Follows another stage of so many outputs: sizes and names may have changed.
    pub fn invalidate(&mut self, outputs: usize) {
        self.drawn.clear();
        self.modes.resize(outputs, TestMode::None);
    }

    /// Gives an output, or all, another pattern.
    pub fn set(&mut self, mode: TestMode, only: Option<usize>) {
        for (output, own) in self.modes.iter_mut().enumerate() {
            if only.is_none_or(|only| only == output) {
                *own = mode;
            }
        }
    }

    /// Lights an output alone, or all again.
    pub fn toggle_solo(&mut self, output: usize) {
        self.solo = if self.solo.is_some() { None } else { Some(output) };
    }

    /// Has the selected output be the one that is lit alone, where one is.
    pub fn follow_selection(&mut self, selected: usize) {
        self.solo = self.solo.map(|_| selected);
    }

    /// Has every output show its number and name, or stop.
    pub const fn toggle_identify(&mut self) {
        self.identify = !self.identify;
    }

    /// Whether an output shows the faces of the scene standing still.
    pub fn stands_still(&self, output: usize) -> bool {
        self.modes.get(output) == Some(&TestMode::Faces)
    }

    /// Puts the pattern of an output over the wall.
    pub fn apply(&mut self, outputs: &[Output], output: usize, OutputContent { plan, overlay }: &mut OutputContent) {
        if self.solo.is_some_and(|solo| solo != output) {
            plan.intensity = 0.0;
        } else if self.identify {
            overlay.picture = self.draw(outputs, output, true);
        } else {
            match self.modes.get(output).copied().unwrap_or_default() {
                TestMode::None | TestMode::Faces => {}
                TestMode::Muted => plan.intensity = 0.0,
                TestMode::White => overlay.picture = Some(self.white.clone()),
                TestMode::Masked => overlay.white = true,
                TestMode::Pattern => overlay.picture = self.draw(outputs, output, false),
            }
        }
    }

    fn draw(&mut self, outputs: &[Output], output: usize, identifies: bool) -> Option<Arc<Bitmap>> {
        let Output { name, size, .. } = outputs.get(output)?;
        let draw = if identifies { pattern::identify } else { pattern::pattern };
        let picture = self.drawn.entry(Picture { output, size: *size, identifies });
        let bitmap = || Bitmap { width: size.x, height: size.y, rgba: draw(*size, output + 1, name) };
        Some(picture.or_insert_with(|| Arc::new(bitmap())).clone())
    }
}
