//! Frames: drawn to all windows at once.

use std::time::{SystemTime, UNIX_EPOCH};

use glam::UVec2;
use winit::dpi::PhysicalSize;

use super::super::output_window::OutputWindow;
use super::graphics::{Device, LossMoment, RenderLoad};
use super::{App, Operator};
use crate::app::operator::RecentPlan;
use millions_frame::Prefetch;
use millions_gpu::{Acquired, DrawMode, OutputFrame, Plans, Target, WindowSurface};
use millions_stage::ShownOutput;

/// The most attempts at the first frame of a new window, which is shown after them in any case.
const FIRST_TRIES: usize = 4;

impl App {
    /// Draws the first frame of new windows, which is black, and shows them.
    pub(super) fn show_windows(&mut self) -> anyhow::Result<()> {
        let load = self.planned_load();
        self.graphics.start(&mut self.outputs.windows, load)?;
        self.live.device_recovered(&self.graphics);
        // A surface that was just configured gives its first frame a little later.
        for _ in 0..FIRST_TRIES {
            self.draw();
            if self.outputs.windows.iter().all(OutputWindow::has_presented) {
                break;
            }
        }
        // Some systems draw to no window that is hidden; one that cannot be drawn to stays hidden.
        let can_draw = |window: &OutputWindow| window.surface.is_some() && !window.cannot_share;
        for window in self.outputs.windows.iter_mut().filter(|window| !window.has_presented() && can_draw(window)) {
            window.show();
        }
        self.pacing.is_due = true;
        self.outputs.windows.iter().for_each(|window| window.window.request_redraw());
        Ok(())
    }

    /// Draws a frame of all outputs at one time, and presents them together.
    pub(super) fn draw(&mut self) {
        let real_secs = self.pacing.real_secs();
        self.pacing.is_due = false;
        self.advance(real_secs);
        if self.graphics.is_lost() {
            self.lose_device();
            return;
        }
        self.follow_sizes();
        if self.draw_windows(real_secs) {
            self.lose_device();
        }
    }

    /// Advances the show to a real time, and keeps its state for a restart.
    fn advance(&mut self, real_secs: f64) {
        let unix_secs = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
        self.operator.set_world_clock(unix_secs - real_secs);
        self.operator.follow(real_secs);
        if let Some(resume) = &mut self.options.resume {
            resume.keep(&self.operator.player, &self.writer);
        }
    }

    /// Follows the sizes of windows, and the aspect of the wall.
    fn follow_sizes(&mut self) {
        let Some(Device { gpu, .. }) = &self.graphics.device else { return };
        let mut px = 0;
        for window in &mut self.outputs.windows {
            let Some(surface) = &mut window.surface else { continue };
            let PhysicalSize { width, height } = window.window.inner_size();
            surface.resize(gpu, width, height);
            let (width, height) = surface.size();
            px += u64::from(width) * u64::from(height);
            self.operator.venue.follow_size(UVec2::new(width, height));
        }
        let (aspect, height_m) = (self.operator.venue.stage().aspect, self.operator.venue.stage().wall_height_m());
        if let Err(error) = self.operator.player.set_wall(aspect, height_m) {
            tracing::warn!("{error}");
        }
        self.graphics.fit(RenderLoad { px, scenes: self.operator.player.scenes().len() });
    }

    /// What the renderer needs room for once all windows have their sizes and all outputs their monitors.
    fn planned_load(&self) -> RenderLoad {
        let px = self.outputs.planned_px(&self.operator.venue.stage().outputs);
        RenderLoad { px, scenes: self.operator.player.scenes().len() }
    }

    /// Draws and presents all windows that can be; returns whether the device was lost.
    fn draw_windows(&mut self, real_secs: f64) -> bool {
        let Self { operator, graphics, outputs, pacing, .. } = self;
        let Some(device) = &mut graphics.device else { return false };
        pacing.master_hz = outputs.choose_sync_master(&device.gpu);
        pacing.frames += 1;
        operator.record(real_secs, outputs.most_delay_secs(operator.venue.stage()));
        let prefetch = operator.player.prefetch(operator.at(real_secs), operator.clock.rate(), pacing.frames);
        let context = FrameContext { real_secs, caption: operator.caption(real_secs), prefetch };
        let mut drawn = Vec::new();
        let mut lost = false;
        for window in &mut outputs.windows {
            if !window.begin_frame(&device.gpu, pacing.master_hz) {
                continue;
            }
            let Some(surface) = &mut window.surface else { continue };
            match surface.acquire(&device.gpu) {
                Acquired::Frame(frame, view) => {
                    let (shown, late) = draw_window(operator, device, window, &context, &view);
                    pacing.late += late;
                    if let (Some(surface), true) = (&mut window.surface, window.role.is_shared()) {
                        surface.compose(&device.gpu, &shown, &frame);
                    }
                    drop(view);
                    drawn.push((window, frame));
                }
                Acquired::Later => pacing.draw_soon(),
                Acquired::Hidden => window.hidden = true,
                Acquired::Lost if device.gpu.is_lost() => lost = true,
                Acquired::Lost => {
                    if let Err(error) = surface.replace(&device.gpu, &window.window) {
                        tracing::warn!("{error}");
                        lost = true;
                    }
                }
            }
        }
        graphics.rehearse_loss(real_secs, LossMoment::BeforePresent);
        let Some(device) = &graphics.device else { return lost };
        // Presenting to the sync master waits for its monitor, so it goes last and keeps no other waiting.
        drawn.sort_by_key(|(window, _)| window.surface.as_ref().is_some_and(WindowSurface::is_sync_master));
        let mut has_presented = false;
        for (window, frame) in drawn {
            let Some(surface) = &mut window.surface else { continue };
            if surface.present(&device.gpu, frame) {
                has_presented = true;
                if !window.has_presented() {
                    window.show();
                }
            }
        }
        let lost = lost || device.gpu.is_lost();
        if has_presented && !lost {
            graphics.presented();
        }
        lost
    }

    fn lose_device(&mut self) {
        self.live.device_lost();
        self.graphics.drop_lost(&mut self.outputs.windows);
    }

    /// Tries to get a device again after one was lost.
    pub(super) fn recover(&mut self) {
        let load = self.planned_load();
        if self.graphics.recover(&mut self.outputs.windows, load) {
            self.live.device_recovered(&self.graphics);
        }
    }
}

/// What all outputs of a frame have in common.
struct FrameContext {
    real_secs: f64,
    /// The operator's text.
    caption: Option<Vec<[String; 2]>>,
    prefetch: Prefetch,
}

/// Draws the outputs of a window, to `view` or, in a shared window, each to a target of its own. Returns them, and how many had
/// a tile coarser than wanted.
fn draw_window(
    operator: &mut Operator,
    device: &mut Device,
    window: &mut OutputWindow,
    context: &FrameContext,
    view: &Target,
) -> (Vec<ShownOutput>, u64) {
    let own_hz = window.refresh_hz();
    let Some(surface) = &mut window.surface else { return (Vec::new(), 0) };
    let shown = window.role.shown(surface.size().into());
    let mut late = 0;
    for place in &shown {
        let delay = operator.venue.stage().output(place.output).map_or(0, |output| output.delay);
        // Earlier, to be in time with slower projectors.
        let delayed_secs = context.real_secs - f64::from(delay) / own_hz;
        let own = window.role.is_shared().then(|| surface.picture(&device.gpu, place));
        let target = own.as_ref().unwrap_or(view);
        late += u64::from(draw_output(operator, device, place, delayed_secs, context, target));
    }
    (shown, late)
}

/// Draws an output at a real time; returns whether it had a tile coarser than wanted.
fn draw_output(
    operator: &mut Operator,
    Device { gpu, renderer }: &mut Device,
    &ShownOutput { output, size, .. }: &ShownOutput,
    delayed_secs: f64,
    context: &FrameContext,
    target: &Target,
) -> bool {
    let RecentPlan { real_secs, plan, blackout } = operator.recorded(delayed_secs, output);
    let resolved = operator.venue.resolve(output, size);
    let content = operator.venue.content(output, &plan, context.caption.clone(), blackout);
    let own = operator.own_scenes(&resolved, &content.plan, real_secs);
    let frame = OutputFrame {
        plans: Plans { wall: &content.plan, own: &own },
        prefetch: &context.prefetch,
        resolved: &resolved,
        overlay: &content.overlay,
    };
    renderer.draw(gpu, &frame, target, DrawMode::Live).tiles.below_wanted > 0
}
