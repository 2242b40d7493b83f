//! Small pictures of the wall, for telephones.

use glam::UVec2;

use super::super::remote::preview_jpeg;
use super::App;
use super::graphics::Device;
use millions_frame::{FramePlan, Prefetch};
use millions_gpu::{Canvas, DrawMode, OutputFrame, Overlay, Plans};
use millions_stage::ResolvedOutput;

/// The width of a preview, in pixels, and its greatest height.
const WIDTH: u32 = 480;
const MOST_HEIGHT: u32 = 480;

impl App {
    /// Draws a preview after a frame, if somebody looks: the wall itself, without the stage. It is read back and encoded on threads.
    pub(super) fn draw_preview(&mut self, real_secs: f64) {
        let (Some(Device { gpu, renderer }), Some(surface)) =
            (&mut self.graphics.device, self.outputs.windows.iter().find_map(|window| window.surface.as_ref()))
        else {
            return;
        };
        if !self.remote.previews.begin() {
            return;
        }
        let previews = self.remote.previews.clone();
        let aspect = self.operator.venue.stage().aspect;
        let height = ((f64::from(WIDTH) / aspect).round() as u32).clamp(2, MOST_HEIGHT);
        let width = ((f64::from(height) * aspect).round() as u32).clamp(2, WIDTH);
        // In the windows' format, which the renderer draws in.
        let Ok(canvas) = Canvas::with_format(gpu, width, height, surface.format()) else { return previews.leave(None) };
        let mut plan: FramePlan = self.operator.wall(real_secs);
        if self.operator.player.is_blackout() {
            plan.intensity = 0.0;
        }
        let frame = OutputFrame {
            plans: Plans { wall: &plan, own: &[] },
            prefetch: &Prefetch::default(),
            resolved: &ResolvedOutput::plain(UVec2::new(width, height)),
            overlay: &Overlay::default(),
        };
        renderer.draw(gpu, &frame, &canvas.view(), DrawMode::Live);
        canvas.read_in_background(gpu, move |read| {
            previews.leave(read.ok().and_then(|pixels| preview_jpeg(&pixels, [width, height])));
        });
    }
}
