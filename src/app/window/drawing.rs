//! Frames: drawn to all windows at once, and again after a lost device.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use glam::UVec2;
use winit::dpi::PhysicalSize;

use super::super::output_window::OutputWindow;
use super::super::outputs::Outputs;
use super::App;
use crate::export;
use millions_frame::Prefetch;
use millions_gpu::{Acquired, Canvas, DrawMode, Gpu, OutputFrame, Renderer, Target, WindowSurface};
use millions_stage::ShownOutput;

/// The wait between tries to get a graphics device back.
const RECOVER: Duration = Duration::from_millis(500);

/// How often a new window is drawn to before it is shown all the same.
const FIRST_TRIES: usize = 4;

/// What draws to all windows. It is made anew after a lost device; the windows stay.
pub(super) struct Drawing {
    pub gpu: Gpu,
    pub renderer: Renderer,
}

impl App {
    /// Has every window drawn to, black at first, and then seen.
    pub(super) fn light_windows(&mut self) -> anyhow::Result<()> {
        self.start_drawing()?;
        // A surface that was just configured gives its first frame a little later.
        for _ in 0..FIRST_TRIES {
            self.draw();
            if self.outputs.windows.iter().all(OutputWindow::is_lit) {
                break;
            }
        }
        // Some systems draw to nothing that is not seen; what cannot be drawn to stays unseen.
        let can = |window: &OutputWindow| window.screen.is_some() && !window.is_unable;
        for window in self.outputs.windows.iter_mut().filter(|window| !window.is_lit() && can(window)) {
            window.light();
        }
        self.is_due = true;
        self.outputs.windows.iter().for_each(|window| window.window.request_redraw());
        Ok(())
    }

    /// Makes a device, where there is none, and screens for the windows that have none.
    fn start_drawing(&mut self) -> anyhow::Result<()> {
        let adapter = self.options.adapter.as_deref();
        for window in &mut self.outputs.windows {
            if window.screen.is_some() {
                continue;
            }
            let PhysicalSize { width, height } = window.window.inner_size();
            let screen = match &self.drawing {
                Some(drawing) => match WindowSurface::another(&drawing.gpu, &window.window, width, height) {
                    Ok(screen) => screen,
                    Err(error) => {
                        tracing::error!("an output stays dark: {error}");
                        continue;
                    }
                },
                None => {
                    let (gpu, screen) = WindowSurface::open(&window.window, adapter, width, height)?;
                    tracing::info!("drawing with {} ({})", gpu.report().name, gpu.report().kind);
                    let renderer = self.made_of.renderer(
                        &gpu,
                        screen.format(),
                        screen.size(),
                        self.operator.player.scenes().len(),
                    );
                    self.drawing = Some(Drawing { gpu, renderer });
                    screen
                }
            };
            window.screen = Some(screen);
        }
        Ok(())
    }

    /// Draws a frame of every output, all of one instant, and then shows them; or notes why there is none.
    pub(super) fn draw(&mut self) {
        let real_secs = self.real_secs();
        let unix_secs = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
        self.operator.set_world_clock(unix_secs - real_secs);
        self.operator.follow(real_secs);
        // One a frame, so that no frame waits for all.
        self.operator.player.prepare_one();
        if let Some(resume) = &mut self.options.resume {
            resume.keep(&self.operator.player);
        }
        self.is_due = false;
        if self.drawing.as_ref().is_some_and(|drawing| drawing.gpu.is_lost()) {
            self.lose_drawing();
            return;
        }
        self.follow_sizes();
        let Some(Drawing { gpu, renderer }) = &mut self.drawing else { return };
        let lead_hz = self.outputs.choose_pace(gpu);
        self.lead_hz = lead_hz;
        let Outputs { windows, .. } = &mut self.outputs;
        let at = self.operator.at(real_secs);
        let caption = self.operator.caption(real_secs);
        let mut drawn = Vec::new();
        let mut lost = false;
        self.frames += 1;
        let prefetch = self.operator.player.prefetch(at, self.operator.clock.rate(), self.frames);
        for window in windows {
            let own_hz = window.refresh_hz();
            let is_shared = window.held.is_shared();
            let Some(screen) = &mut window.screen else { continue };
            // Whoever would keep the others waiting comes as often as its monitor shows a picture.
            if !screen.paces() && !screen.shows_newest() && !window.turns.is_due(own_hz, lead_hz) {
                continue;
            }
            if is_shared && let Err(error) = screen.share(gpu) {
                if !std::mem::replace(&mut window.is_unable, true) {
                    tracing::error!("{error}: give each output a window of its own");
                }
                continue;
            }
            window.hidden = false;
            match screen.acquire(gpu) {
                Acquired::Frame(frame, view) => {
                    let (width, height) = screen.size();
                    let shown = window.held.shown(UVec2::new(width, height));
                    for shown in &shown {
                        let own = if is_shared { screen.picture(gpu, shown) } else { view.clone() };
                        // Held back so that it is in time with slower ones.
                        let stage = self.operator.venue.stage();
                        let delay = stage.outputs.get(shown.output).map_or(0, |output| output.delay);
                        let then_secs = real_secs - f64::from(delay) / own_hz;
                        let moment = Moment { then_secs, caption: caption.as_deref(), prefetch: &prefetch };
                        let is_late = draw_output(&mut self.operator, (gpu, renderer), shown, &moment, &own);
                        self.late += u64::from(is_late);
                    }
                    if is_shared {
                        screen.resolve(gpu, &shown, &frame);
                    }
                    drop(view);
                    drawn.push((window, frame));
                }
                Acquired::Later => self.next_frame = Instant::now(),
                Acquired::Hidden => window.hidden = true,
                Acquired::Lost if gpu.is_lost() => lost = true,
                Acquired::Lost => {
                    if let Err(error) = screen.replace(gpu, &window.window) {
                        tracing::warn!("{error}");
                        lost = true;
                    }
                }
            }
        }
        // The one that waits for its monitor goes last, so that the others are not kept waiting for it.
        drawn.sort_by_key(|(window, _)| window.screen.as_ref().is_some_and(WindowSurface::paces));
        for (window, frame) in drawn {
            if let Some(screen) = &mut window.screen {
                screen.present(gpu, frame);
            }
            if !window.is_lit() {
                window.light();
            }
        }
        if lost {
            self.lose_drawing();
        }
    }

    /// Follows windows to other sizes, and the wall to another shape.
    fn follow_sizes(&mut self) {
        let Some(Drawing { gpu, renderer }) = &mut self.drawing else { return };
        let mut px = 0;
        for window in &mut self.outputs.windows {
            let Some(screen) = &mut window.screen else { continue };
            let PhysicalSize { width, height } = window.window.inner_size();
            screen.resize(gpu, width, height);
            let (width, height) = screen.size();
            px += u64::from(width) * u64::from(height);
            self.operator.venue.follow_size(UVec2::new(width, height));
        }
        let (aspect, height_m) = (self.operator.venue.stage().aspect, self.operator.venue.stage().wall_height_m());
        if let Err(error) = self.operator.player.set_wall(aspect, height_m) {
            tracing::warn!("{error}");
        }
        if renderer.is_outgrown(px) {
            let side = (px as f64).sqrt().ceil() as u32;
            let format = renderer.format();
            *renderer = self.made_of.renderer(gpu, format, (side, side), self.operator.player.scenes().len());
        }
    }

    /// Lets go of everything on the GPU; it is made again from the plan and the tiles.
    fn lose_drawing(&mut self) {
        // What was made ready for a device that is gone is of no use to the next.
        self.built = None;
        let Some(Drawing { gpu, renderer }) = self.drawing.take() else { return };
        drop(renderer);
        for window in &mut self.outputs.windows {
            if let Some(screen) = window.screen.take() {
                screen.abandon();
            }
        }
        drop(gpu);
        self.recover_at = Some(Instant::now());
    }

    /// Tries to get a device again after one was lost.
    pub(super) fn recover(&mut self) {
        if self.recover_at.is_none_or(|at| Instant::now() < at) {
            return;
        }
        match self.start_drawing() {
            Ok(()) => {
                tracing::info!("the wall is back");
                self.recover_at = None;
                if let Some(set) = self.pending.take() {
                    self.try_shaders(set);
                }
            }
            Err(error) => {
                tracing::warn!("no graphics device yet: {error}");
                self.recover_at = Some(Instant::now() + RECOVER);
            }
        }
    }

    /// Saves what an output shows, without what lies over it for the operator, as a picture.
    pub(super) fn save_still(&mut self, output: usize) {
        let real_secs = self.real_secs();
        let plan = self.operator.wall(real_secs);
        let time_secs = plan.time_secs;
        let cued_secs = self.operator.player.cue().show_secs;
        let name = format!("millions-{}-{time_secs:.2}.png", self.operator.player.scene().id);
        let path = self.options.stills.join(name);
        let window = self.outputs.windows.iter().find(|window| window.held.outputs().any(|held| held == output));
        let Some((window, screen)) = window.and_then(|window| Some((window, window.screen.as_ref()?))) else { return };
        let Some(Drawing { gpu, renderer }) = &mut self.drawing else { return };
        let shown = window.held.shown(screen.size().into());
        let Some(size) = shown.iter().find(|shown| shown.output == output).map(|shown| shown.size) else { return };
        let UVec2 { x: width, y: height } = size;
        let resolved = self.operator.venue.resolve(output, size);
        let own = self.operator.own_scenes(&resolved, &plan, real_secs);
        let picture = Canvas::with_format(gpu, width, height, screen.format()).and_then(|canvas| {
            renderer.draw_laid(gpu, (&plan, &own), &resolved, &canvas)?;
            canvas.read(gpu)
        });
        // What else it takes to draw this very picture again.
        let stage = self.stage_file.as_ref().filter(|_| !self.operator.venue.stage().is_unmapped());
        let stage = stage.map_or_else(String::new, |file| {
            format!(" --stage {} --output \"{}\"", file.path().display(), resolved.output.name)
        });
        match picture {
            // Packing a PNG takes longer than a frame.
            Ok(picture) => drop(std::thread::spawn(move || match export::write_png(&path, &picture, width, height) {
                // With the time as exact as it takes.
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

/// What a frame of an output depends on, beside the output.
struct Moment<'a> {
    then_secs: f64,
    /// The operator's text.
    caption: Option<&'a [[String; 2]]>,
    prefetch: &'a Prefetch,
}

/// Draws an output; whether somebody in it was coarser than wanted.
fn draw_output(
    operator: &mut super::Operator,
    (gpu, renderer): (&Gpu, &mut Renderer),
    shown: &ShownOutput,
    moment: &Moment,
    target: &Target,
) -> bool {
    let ShownOutput { output, size, .. } = *shown;
    let plan = operator.frame(moment.then_secs, output);
    let resolved = operator.venue.resolve(output, size);
    let black = operator.player.is_blackout();
    let shown = operator.venue.shown(output, &plan, moment.caption.map(<[_]>::to_vec), black);
    let own = operator.own_scenes(&resolved, &shown.plan, moment.then_secs);
    let picture = OutputFrame {
        plan: &shown.plan,
        prefetch: moment.prefetch,
        own: &own,
        resolved: &resolved,
        overlay: &shown.overlay,
    };
    renderer.draw(gpu, &picture, target, DrawMode::Live).tiles.below_wanted > 0
}
