//! Opening of the stage's windows, at the start and as monitors are plugged and unplugged.

use std::sync::Arc;

use glam::UVec2;
use winit::event_loop::ActiveEventLoop;

use super::super::monitors;
use super::App;
use millions_stage::{NoMaskImages, Output, Stage};

impl App {
    /// Opens the windows of the stage, each on its own monitor.
    pub(super) fn open(&mut self, event_loop: &ActiveEventLoop) -> anyhow::Result<()> {
        if self.options.all_outputs {
            if self.operator.venue.stage().is_unmapped() {
                self.operator.venue.begin_with(monitors::first_stage(event_loop));
            } else {
                tracing::info!(
                    "the outputs are those of the stage that is kept; --all-outputs is for a venue without one"
                );
            }
        }
        let stage = self.operator.venue.stage().clone();
        if let Some(first) = stage.outputs.iter().find(|output| output.monitor.is_none()) {
            self.outputs.open_window(event_loop, first.id, self.options.output, self.options.fullscreen)?;
        }
        self.outputs.follow(event_loop, &stage.outputs);
        if self.outputs.windows.is_empty() && !self.options.stage_is_asked_for {
            // The stage was kept at another venue. The show goes first, and the kept stage is not changed.
            tracing::warn!(
                "none of the monitors of the stage that was kept is there: this is a new one, which is not kept; give it a file \
                 with --stage"
            );
            self.stage_file = None;
            let output = Output::new("wall", UVec2::new(1920, 1080));
            self.operator.venue.switch_to(Stage::side_by_side(vec![output]), Arc::new(NoMaskImages));
            let output = self.operator.venue.selected();
            self.outputs.open_window(event_loop, output, self.options.output, self.options.fullscreen)?;
        }
        if self.outputs.windows.is_empty() {
            tracing::warn!("none of the stage's monitors is there: the wall waits for them");
        }
        self.show_windows()
    }

    /// Opens and closes windows as monitors are plugged and unplugged.
    pub(super) fn follow_monitors(&mut self, event_loop: &ActiveEventLoop) {
        let outputs = self.operator.venue.stage().outputs.clone();
        let windows = self.outputs.windows.len();
        if !self.outputs.follow(event_loop, &outputs) {
            return;
        }
        tracing::debug!("{windows} windows were open, now {}", self.outputs.windows.len());
        if let Some(device) = &mut self.graphics.device {
            device.renderer.forget_outputs();
        }
        if let Err(error) = self.show_windows() {
            tracing::error!("{error}");
        }
    }
}
