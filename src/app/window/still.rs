//! Stills of an output.

use glam::UVec2;

use super::App;
use super::graphics::Device;
use crate::export;
use millions_gpu::{Canvas, Plans};
use millions_stage::OutputId;

impl App {
    /// Saves the frame of an output, without the operator's overlay, as a PNG.
    pub(super) fn save_still(&mut self, output: OutputId) {
        let real_secs = self.pacing.real_secs();
        // The key may come between two frames, after the playlist's next scene has begun.
        self.operator.follow(real_secs);
        let plan = self.operator.wall(real_secs);
        let time_secs = plan.time_secs;
        let cued_secs = self.operator.player.cue().show_secs;
        let name = format!("millions-{}-{time_secs:.2}.png", self.operator.player.scene().id);
        let path = self.options.stills.join(name);
        let window = self.outputs.windows.iter().find(|window| window.role.outputs().any(|own| own == output));
        let Some((window, surface)) = window.and_then(|window| Some((window, window.surface.as_ref()?))) else {
            return;
        };
        let Some(Device { gpu, renderer }) = &mut self.graphics.device else { return };
        let shown = window.role.shown(surface.size().into());
        let Some(size) = shown.iter().find(|shown| shown.output == output).map(|shown| shown.size) else { return };
        let UVec2 { x: width, y: height } = size;
        let resolved = self.operator.venue.resolve(output, size);
        let own = self.operator.own_scenes(&resolved, &plan, real_secs);
        let picture = Canvas::with_format(gpu, width, height, surface.format()).and_then(|canvas| {
            renderer.draw_output(gpu, Plans { wall: &plan, own: &own }, &resolved, &canvas)?;
            canvas.read(gpu)
        });
        // The arguments that render the same picture.
        let stage = self.stage_file.as_ref().filter(|_| !self.operator.venue.stage().is_unmapped());
        let stage = stage.map_or_else(String::new, |file| {
            format!(" --stage {} --output \"{}\"", file.path().display(), resolved.output.name)
        });
        match picture {
            // Encoding takes longer than a frame.
            Ok(picture) => drop(std::thread::spawn(move || match export::write_png(&path, &picture, width, height) {
                // The time with all of its digits, as the picture depends on each.
                Ok(()) => tracing::info!(
                    "still saved: {} (drawn again with --at {time_secs}s --cued {cued_secs}s --size {width}x{height}{stage})",
                    path.display()
                ),
                Err(error) => tracing::error!("the still cannot be saved: {error}"),
            })),
            Err(error) => tracing::error!("the still cannot be drawn: {error}"),
        }
    }
}
