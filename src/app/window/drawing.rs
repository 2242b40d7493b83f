//! Frames: drawn to all windows at once.

use std::time::{SystemTime, UNIX_EPOCH};

use glam::UVec2;
use winit::dpi::PhysicalSize;

use super::super::frame_stats::FrameSample;
use super::super::output_drawing::{FrameContext, draw_output};
use super::super::output_window::OutputWindow;
use super::desk::DeskWindow;
use super::graphics::{Device, LossMoment, RenderLoad};
use super::{App, Operator};
use millions_gpu::{Acquired, Target, WindowFrame};
use millions_stage::ShownOutput;
use millions_watchdog::Expectation;

/// The most attempts at the first frame of a new window, which is shown after them in any case.
const FIRST_TRIES: usize = 4;

impl App {
    /// Draws the first frame of new windows, which is black, and shows them.
    pub(super) fn show_windows(&mut self) -> anyhow::Result<()> {
        let load = self.planned_load();
        self.watch.expect(Expectation::Opening);
        self.graphics.start(&mut self.outputs.windows, load)?;
        self.live.device_recovered(self.graphics.device.as_ref());
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
        self.pacing.is_due = false;
        if self.watch.rehearses_freeze() {
            return;
        }
        if self.graphics.is_lost() {
            self.lose_device();
            return;
        }
        self.follow_sizes();
        if self.draw_windows() {
            self.lose_device();
        }
    }

    /// Advances the show to a real time, and keeps its state for a restart.
    fn advance(&mut self, real_secs: f64) {
        if !self.control.is_replay {
            let unix_secs = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
            self.operator.set_world_clock(unix_secs - self.pacing.elapsed_secs());
        }
        self.operator.follow(real_secs);
        if let Some(resume) = &mut self.options.resume {
            resume.catch_up(&mut self.operator, real_secs);
            if !self.operator.is_catching_up() {
                resume.keep(&self.operator.player, self.operator.unix_secs(real_secs), &self.writer);
            }
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
            self.pacing.warn(&error);
        }
        let area = self.operator.venue.stage().largest_part_in_wall();
        self.operator.player.set_arrival_area(Some(area));
        let load = RenderLoad { px, scenes: self.operator.player.scenes().len() };
        if self.graphics.is_outgrown(load) {
            self.watch.expect(Expectation::Opening);
            self.graphics.fit(load);
            self.watch.expect(Expectation::Frames);
        }
    }

    /// What the renderer needs room for once all windows have their sizes and all outputs their monitors.
    fn planned_load(&self) -> RenderLoad {
        let px = self.outputs.planned_px(&self.operator.venue.stage().outputs);
        RenderLoad { px, scenes: self.operator.player.scenes().len() }
    }

    /// Acquires the next images of all windows that are drawn now; returns them, and whether the device was lost.
    fn acquire(&mut self) -> (Vec<AcquiredImage>, bool) {
        let Self { graphics, outputs, pacing, .. } = self;
        let Some(device) = &graphics.device else { return (Vec::new(), false) };
        pacing.master_hz = outputs.choose_sync_master(&device.gpu);
        if self.desk.shows_pictures() {
            for surface in outputs.windows.iter_mut().filter_map(|window| window.surface.as_mut()) {
                // Where the driver cannot, the desk has none of this output.
                surface.allow_pictures(&device.gpu);
            }
        }
        let (mut images, mut lost) = (Vec::new(), false);
        let mut order: Vec<_> = (0..outputs.windows.len()).collect();
        // The sync master waits for its monitor: the time of the frame is known right after that.
        order.sort_by_key(|index| outputs.windows[*index].is_sync_master());
        for index in order {
            let window = &mut outputs.windows[index];
            if !window.begin_frame(&device.gpu, pacing.master_hz) {
                continue;
            }
            let Some(surface) = &mut window.surface else { continue };
            match surface.acquire(&device.gpu) {
                Acquired::Frame(frame, view) => {
                    window.withheld = false;
                    images.push(AcquiredImage { window: index, frame, view });
                }
                Acquired::Later => pacing.draw_soon(),
                Acquired::Withheld => {
                    // A graphics card that hangs gives none, either; but it has not finished the frames before.
                    window.withheld = device.gpu.is_idle();
                    pacing.draw_soon();
                }
                Acquired::Hidden => window.hidden = true,
                Acquired::Lost if device.gpu.is_lost() => lost = true,
                Acquired::Lost => {
                    if let Err(error) = surface.replace(&device.gpu, &window.window) {
                        pacing.warn(&error);
                        lost = true;
                    }
                }
            }
        }
        (images, lost)
    }

    /// Draws and presents all windows that can be; returns whether the device was lost.
    fn draw_windows(&mut self) -> bool {
        let (mut images, lost) = self.acquire();
        // What all outputs show is planned for the moment at which it is seen.
        let presentation = (!images.is_empty()).then(|| self.pacing.predict());
        let real_secs = presentation.map_or_else(|| self.pacing.real_secs(), |presentation| presentation.secs);
        self.advance(real_secs);
        let Self { operator, graphics, outputs, pacing, stills, desk, .. } = self;
        let mode = graphics.draw_mode();
        let Some(device) = &mut graphics.device else { return lost };
        operator.record(real_secs, outputs.most_delay_secs(operator.venue.stage()));
        let frames = pacing.stats.counts().frames;
        let prefetch = operator.prefetch(real_secs, frames);
        let fade = self.ending.map_or(1.0, |ending| ending.intensity(pacing.elapsed_secs()));
        let caption = operator.caption(real_secs, pacing.stats.line()).filter(|_| self.ending.is_none());
        let context = FrameContext { real_secs, caption, prefetch, mode, fade };
        let Device { gpu, renderer } = device;
        operator.venue.adopt_resolved(|resolved| renderer.is_prepared(gpu, resolved));
        // In the order of the windows, which share what is uploaded.
        images.sort_by_key(|image| image.window);
        let mut sample = FrameSample::default();
        let ids = outputs.windows.iter().flat_map(|window| window.role.outputs());
        desk.begin_frame(ids, operator.player.scenes().map(|scene| scene.id.clone()));
        for AcquiredImage { window, frame, view } in &images {
            let window = &mut outputs.windows[*window];
            let shown = draw_window(operator, device, window, &context, (view, &mut *desk), &mut sample);
            if let (Some(surface), true) = (&mut window.surface, window.role.is_shared()) {
                surface.compose(&device.gpu, &shown, frame);
            }
        }
        graphics.rehearse_loss(real_secs, LossMoment::BeforePresent);
        let Some(device) = &mut graphics.device else { return lost };
        // The sync master's monitor may be waited for, so it goes last and keeps no other waiting.
        images.sort_by_key(|image| outputs.windows[image.window].is_sync_master());
        let mut has_presented = false;
        for AcquiredImage { window, frame, view } in images {
            drop(view);
            let window = &mut outputs.windows[window];
            let Some(surface) = &mut window.surface else { continue };
            if surface.present(&device.gpu, frame) {
                has_presented = true;
                if !window.has_presented() {
                    window.show();
                }
            }
        }
        if let (true, Some(ending)) = (has_presented, &mut self.ending) {
            ending.presented(fade);
        }
        if let Some(presentation) = presentation {
            pacing.stats.record(sample, presentation.missed > 0, real_secs);
        }
        if let Some(report) = pacing.stats.report(real_secs) {
            tracing::warn!("{report}");
        }
        desk.draw_glance(device, operator, real_secs);
        stills.draw(device, &sample, real_secs);
        #[cfg(feature = "http")]
        self.draw_preview(real_secs);
        let lost = lost || self.graphics.device.as_ref().is_some_and(|device| device.gpu.is_lost());
        if has_presented && !lost {
            self.graphics.presented();
            self.watch.presented();
        }
        lost
    }

    fn lose_device(&mut self) {
        self.watch.device_lost();
        // Of a device that hung: it is seen anew.
        self.outputs.windows.iter_mut().for_each(|window| window.withheld = false);
        self.live.device_lost();
        self.stills.device_lost();
        self.graphics.drop_lost(&mut self.outputs.windows);
        // After the queue, as the surfaces of the outputs.
        self.desk.device_lost();
    }

    /// Tries to get a device again after one was lost.
    pub(super) fn recover(&mut self) {
        if !self.graphics.is_recovery_due() {
            return;
        }
        let load = self.planned_load();
        // It may take seconds.
        self.watch.expect(Expectation::Returning);
        if self.graphics.recover(&mut self.outputs.windows, load) {
            self.live.device_recovered(self.graphics.device.as_ref());
        }
    }
}

/// The image of a window's next frame, acquired and not presented yet.
struct AcquiredImage {
    /// The index of the window.
    window: usize,
    frame: WindowFrame,
    view: Target,
}

/// Draws the outputs of a window, to `view` or, in a shared window, each to a target of its own. Returns them, and adds what they
/// took to `sample`.
fn draw_window(
    operator: &mut Operator,
    device: &mut Device,
    window: &mut OutputWindow,
    context: &FrameContext,
    (view, desk): (&Target, &mut DeskWindow),
    sample: &mut FrameSample,
) -> Vec<ShownOutput> {
    let (own_hz, is_first) = (window.refresh_hz(), !window.has_presented());
    let Some(surface) = &mut window.surface else { return Vec::new() };
    let (shown, has_pictures) = (window.role.shown(surface.size().into()), surface.has_pictures());
    for place in &shown {
        let delay = operator.venue.stage().output(place.output).map_or(0, |output| output.delay);
        // Earlier, to be in time with slower projectors.
        let delayed_secs = context.real_secs - f64::from(delay) / own_hz;
        let own = window.role.is_shared().then(|| surface.picture(&device.gpu, place));
        let target = own.as_ref().unwrap_or(view);
        sample.add(&draw_output(operator, device, place, delayed_secs, is_first, context, target));
        if own.is_some() || has_pictures {
            desk.take_output(&device.gpu, place.output, target, place.size);
        }
    }
    shown
}
