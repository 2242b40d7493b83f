//! The wall in a window. See [`play`].

mod editing;
mod saves;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossbeam_channel::Receiver;
use editing::Editing;
use glam::UVec2;
use saves::MadeOf;
use winit::application::ApplicationHandler;
use winit::dpi::PhysicalSize;
use winit::event::{ElementState, KeyEvent, WindowEvent};
use winit::event_loop::{ActiveEventLoop, ControlFlow, EventLoop};
use winit::keyboard::ModifiersState;
use winit::window::{Fullscreen, WindowId};

use super::arrivals::Arrivals;
use super::awake;
use super::keys::Pressed;
use super::monitors;
use super::operator::{Operator, Task};
use super::outputs::Outputs;
use super::reload::Reload;
use super::resume::Resume;
use super::shows::Found;
use super::stage_file::StageFile;
use crate::export;
use crate::gpu::{Acquired, Built, Canvas, Gpu, Patience, Picture, Renderer, Screen, ShaderSet};
use crate::library::{IngestEvent, IngestSummary, Library};
use crate::problem::Problem;
use crate::stage::{NoPictures, Output, Stage};

/// How the wall is to be shown.
#[derive(Debug, Default)]
pub struct PlayOptions {
    /// Full screen from the start.
    pub fullscreen: bool,
    /// A first stage on all projectors, where nothing has been mapped yet.
    pub all_outputs: bool,
    /// The monitor or projector, from 1; none is the one where the window opens.
    pub output: Option<usize>,
    /// A part of the adapter's name.
    pub adapter: Option<String>,
    /// Where stills are saved.
    pub stills: PathBuf,
    /// The show as it was found: its files are watched.
    pub found: Option<Found>,
    /// The scene that was asked for.
    pub scene: Option<String>,
    /// The show's own shaders.
    pub shaders: ShaderSet,
    /// Where the show goes on after a restart; none when it is not to.
    pub resume: Option<Resume>,
    /// Where the stage is kept; none keeps it for this run only.
    pub stage: Option<PathBuf>,
    /// Whether it was asked for by name, rather than kept from an earlier night.
    pub stage_is_asked_for: bool,
    /// Loses the graphics device on purpose after so many seconds: a rehearsal of a driver's failure.
    pub lose_device_after_secs: Option<f64>,
}

/// Why the wall went dark.
#[derive(Debug)]
pub enum Ended {
    /// The operator quit, or closed the window.
    ByOperator,
    /// The photographs gave nobody to show.
    Nobody(Box<IngestSummary>),
}

/// Frames a second when nothing moves: held, black.
const IDLE_FRAME: Duration = Duration::from_millis(100);
/// The wait between tries to get a graphics device back.
const RECOVER: Duration = Duration::from_millis(500);

/// Plays the wall in a window until the operator quits.
///
/// `library` has the people, `events` tells who comes and goes, where that is still going on.
///
/// # Errors
/// When no window can be opened, no adapter can draw to it, or the ingest ends with an error before anybody is there.
pub fn play(
    operator: Operator,
    library: Arc<Library>,
    events: Option<Receiver<IngestEvent>>,
    options: PlayOptions,
) -> anyhow::Result<Ended> {
    let event_loop = EventLoop::new().map_err(|error| {
        anyhow::anyhow!("no window can be opened here ({error}); `millions render` draws without one")
    })?;
    let mut app = App {
        operator,
        made_of: MadeOf { tiles: library.clone(), pictures: Arc::default(), shaders: options.shaders.clone() },
        reload: options.found.as_ref().map(|found| Reload::new(found.path.clone(), options.scene.clone(), found)),
        built: None,
        pending: None,
        arrivals: Arrivals::new(library, events),
        stage_file: options.stage.as_deref().map(StageFile::new),
        editing: Editing::default(),
        options,
        started: Instant::now(),
        outputs: Outputs::new(),
        drawing: None,
        recover_at: None,
        next_frame: Instant::now(),
        is_due: true,
        device_was_lost_on_purpose: false,
        frames: 0,
        late: 0,
        modifiers: ModifiersState::empty(),
        ended: None,
    };
    let _awake = awake::keep_awake();
    event_loop.run_app(&mut app)?;
    app.ended.unwrap_or(Ok(Ended::ByOperator))
}

/// What draws to all windows. It is made anew after a lost device; the windows stay.
struct Drawing {
    gpu: Gpu,
    renderer: Renderer,
}

struct App {
    operator: Operator,
    made_of: MadeOf,
    reload: Option<Reload>,
    /// Shaders that a thread makes ready.
    built: Option<Receiver<Result<Built, Problem>>>,
    /// Which they are.
    pending: Option<ShaderSet>,
    arrivals: Arrivals,
    stage_file: Option<StageFile>,
    editing: Editing,
    options: PlayOptions,
    started: Instant,
    outputs: Outputs,
    drawing: Option<Drawing>,
    recover_at: Option<Instant>,
    next_frame: Instant,
    /// A frame has been asked for and not been drawn yet.
    is_due: bool,
    device_was_lost_on_purpose: bool,
    /// Frames drawn, and those in which somebody was coarser than wanted.
    frames: u64,
    late: u64,
    modifiers: ModifiersState,
    ended: Option<anyhow::Result<Ended>>,
}

impl App {
    fn real_secs(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    fn open(&mut self, event_loop: &ActiveEventLoop) -> anyhow::Result<()> {
        if self.options.all_outputs {
            if self.operator.venue.stage().is_first() {
                self.operator.venue.begin_with(monitors::first_stage(event_loop));
            } else {
                tracing::info!(
                    "the outputs are those of the stage that is kept; --all-outputs is for a venue without one"
                );
            }
        }
        let stage = self.operator.venue.stage().clone();
        for (index, _) in stage.outputs.iter().enumerate().filter(|(_, output)| output.monitor.is_none()) {
            let (number, fullscreen) = match index {
                0 => (self.options.output, self.options.fullscreen),
                _ => (None, false),
            };
            self.outputs.open_window(event_loop, index, number, fullscreen)?;
        }
        self.outputs.follow_monitors(event_loop, &stage.outputs);
        if self.outputs.windows.is_empty() && !self.options.stage_is_asked_for {
            // From another night, at another place: a wall that is lit comes first, and what was kept stays as it was.
            tracing::warn!(
                "none of the monitors of the stage that was kept is there: this is a new one, which is not kept; give it a file \
                 with --stage"
            );
            self.stage_file = None;
            let output = Output::new("wall", UVec2::new(1920, 1080));
            self.operator.venue.switch_to(Stage::side_by_side(vec![output]), Arc::new(NoPictures));
            self.outputs.open_window(event_loop, 0, self.options.output, self.options.fullscreen)?;
        }
        if self.outputs.windows.is_empty() {
            tracing::warn!("none of the stage's monitors is there: the wall waits for them");
        }
        self.light_windows()
    }

    /// Has every window drawn to, black at first, and then seen.
    fn light_windows(&mut self) -> anyhow::Result<()> {
        self.start_drawing()?;
        self.is_due = true;
        self.draw();
        for window in &self.outputs.windows {
            window.window.set_visible(true);
            window.window.request_redraw();
        }
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
                Some(drawing) => match Screen::another(&drawing.gpu, &window.window, width, height) {
                    Ok(screen) => screen,
                    Err(error) => {
                        tracing::error!("an output stays dark: {error}");
                        continue;
                    }
                },
                None => {
                    let (gpu, screen) = Screen::open(&window.window, adapter, width, height)?;
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
        // The first that there is paces.
        if let Some(drawing) = &self.drawing {
            let screens = self.outputs.windows.iter_mut().filter_map(|window| window.screen.as_mut());
            for (place, screen) in screens.enumerate() {
                screen.set_paces(&drawing.gpu, place == 0);
            }
        }
        Ok(())
    }

    /// Draws a frame of every output, all of one instant, and then shows them; or notes why there is none.
    fn draw(&mut self) {
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
        let at = self.operator.at(real_secs);
        let caption = self.operator.caption(real_secs);
        let mut drawn = Vec::new();
        let mut lost = false;
        self.frames += 1;
        let upcoming = self.operator.player.upcoming(at, self.operator.clock.rate(), self.frames);
        for window in &mut self.outputs.windows {
            let (output, hz) = (window.output, window.refresh_hz());
            let Some(screen) = &mut window.screen else { continue };
            window.hidden = false;
            match screen.acquire(gpu) {
                Acquired::Frame(frame, view) => {
                    // Held back so that it is in time with slower ones.
                    let delay = self.operator.venue.stage().outputs.get(output).map_or(0, |output| output.delay);
                    let then_secs = real_secs - f64::from(delay) / hz;
                    let plan = self.operator.frame(then_secs, output);
                    let (width, height) = screen.size();
                    let laid = self.operator.venue.lay(output, UVec2::new(width, height));
                    let black = self.operator.player.is_blackout();
                    let shown = self.operator.venue.shown(output, &plan, caption.clone(), black);
                    let own = self.operator.own_scenes(&laid, &shown.plan, then_secs);
                    let picture = Picture {
                        plan: &shown.plan,
                        upcoming: &upcoming,
                        own: &own,
                        laid: &laid,
                        overlay: &shown.overlay,
                    };
                    let report = renderer.draw(gpu, &picture, &view, Patience::Live);
                    self.late += u64::from(report.tiles.below_wanted > 0);
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
        for (window, frame) in drawn.into_iter().rev() {
            if let Some(screen) = &mut window.screen {
                screen.present(gpu, frame);
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

    fn recover(&mut self) {
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

    fn follow_monitors(&mut self, event_loop: &ActiveEventLoop) {
        let outputs = self.operator.venue.stage().outputs.clone();
        let windows = self.outputs.windows.len();
        if !self.outputs.follow_monitors(event_loop, &outputs) {
            return;
        }
        tracing::debug!("{windows} windows were open, now {}", self.outputs.windows.len());
        if let Some(drawing) = &mut self.drawing {
            drawing.renderer.forget_outputs();
        }
        if let Err(error) = self.light_windows() {
            tracing::error!("{error}");
        }
    }

    fn follow_arrivals(&mut self, event_loop: &ActiveEventLoop) {
        let time_secs = self.operator.clock.show_secs(self.real_secs());
        let moves = !self.operator.clock.is_held();
        if let Some(ended) = self.arrivals.follow(&mut self.operator.player, time_secs, moves) {
            self.ended = Some(ended);
            event_loop.exit();
        }
    }

    fn key(&mut self, event_loop: &ActiveEventLoop, id: WindowId, event: &KeyEvent) {
        if self.edit_key(event) {
            self.next_frame = Instant::now();
            return;
        }
        let pressed =
            Pressed { logical: &event.logical_key, physical: event.physical_key, shift: self.modifiers.shift_key() };
        let Some(action) = self.operator.keys().action(pressed) else { return };
        // A key that is held down is not pressed again: it would flash the wall, or quit.
        if event.repeat && !action.repeats() {
            return;
        }
        let real_secs = self.real_secs();
        let Some(window) = self.outputs.of(id) else { return };
        let (output, wall) = (window.output, window.window.clone());
        // What stands on its own monitor stays there.
        let is_fullscreen = wall.fullscreen().is_some() || window.is_bound();
        let may_change = !window.is_bound();
        match self.operator.press(action, real_secs, is_fullscreen) {
            Some(Task::ToggleFullscreen) if may_change => {
                let monitor = wall.current_monitor();
                wall.set_fullscreen((!is_fullscreen).then_some(Fullscreen::Borderless(monitor)));
            }
            Some(Task::LeaveFullscreen) if may_change => wall.set_fullscreen(None),
            Some(Task::ToggleFullscreen | Task::LeaveFullscreen) | None => {}
            Some(Task::Still) => self.save_still(output),
            Some(Task::Quit) => self.quit(event_loop),
        }
        // The answer is the very next frame.
        self.next_frame = Instant::now();
        wall.request_redraw();
    }

    fn quit(&self, event_loop: &ActiveEventLoop) {
        if let Some(resume) = &self.options.resume {
            resume.forget();
        }
        event_loop.exit();
    }

    fn save_still(&mut self, output: usize) {
        let real_secs = self.real_secs();
        let plan = self.operator.wall(real_secs);
        let time_secs = plan.time_secs;
        let cued_secs = self.operator.player.cue().show_secs;
        let name = format!("millions-{}-{time_secs:.2}.png", self.operator.player.scene().id);
        let path = self.options.stills.join(name);
        let screen = self
            .outputs
            .windows
            .iter()
            .find(|window| window.output == output)
            .and_then(|window| window.screen.as_ref());
        let (Some(screen), Some(Drawing { gpu, renderer })) = (screen, &mut self.drawing) else { return };
        let (width, height) = screen.size();
        let laid = self.operator.venue.lay(output, UVec2::new(width, height));
        let own = self.operator.own_scenes(&laid, &plan, real_secs);
        let picture = Canvas::with_format(gpu, width, height, screen.format()).and_then(|canvas| {
            renderer.draw_laid(gpu, (&plan, &own), &laid, &canvas)?;
            canvas.read(gpu)
        });
        match picture {
            // Packing a PNG takes longer than a frame.
            Ok(picture) => drop(std::thread::spawn(move || match export::write_png(&path, &picture, width, height) {
                // With the time as exact as it takes to draw this very picture again.
                Ok(()) => tracing::info!(
                    "still saved: {} (drawn again with --at {time_secs}s --cued {cued_secs}s --size {width}x{height})",
                    path.display()
                ),
                Err(error) => tracing::error!("the still cannot be saved: {error}"),
            })),
            Err(error) => tracing::error!("the still cannot be drawn: {error}"),
        }
    }

    fn frame_time(&self) -> Duration {
        let still = self.operator.clock.is_held() && !self.operator.is_changing(self.real_secs());
        let is_hidden = self.outputs.windows.iter().all(|window| window.hidden);
        if !self.operator.venue.is_editing() && (is_hidden || still || self.operator.is_dark(self.real_secs())) {
            return IDLE_FRAME;
        }
        // The one that paces; presenting waits for it where it can, and this only bounds a driver that does not.
        let hz = self.outputs.windows.first().map_or(60.0, super::outputs::OutputWindow::refresh_hz);
        Duration::from_secs_f64(1.0 / hz)
    }
}

impl ApplicationHandler for App {
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        if self.outputs.windows.is_empty()
            && let Err(error) = self.open(event_loop)
        {
            self.ended = Some(Err(error));
            event_loop.exit();
        }
    }

    fn window_event(&mut self, event_loop: &ActiveEventLoop, id: WindowId, event: WindowEvent) {
        match event {
            // Whoever closes windows may be the system, shutting down; only the operator's key ends the show.
            WindowEvent::CloseRequested => event_loop.exit(),
            WindowEvent::ModifiersChanged(modifiers) => self.modifiers = modifiers.state(),
            WindowEvent::KeyboardInput { event, .. } if event.state == ElementState::Pressed => {
                self.key(event_loop, id, &event);
            }
            WindowEvent::CursorMoved { position, .. } => self.pointer(id, Some(position)),
            WindowEvent::CursorLeft { .. } => self.pointer(id, None),
            WindowEvent::MouseInput { state, button, .. } => self.button(id, state, button),
            WindowEvent::Occluded(hidden) => {
                if let Some(window) = self.outputs.of(id) {
                    window.hidden = hidden;
                }
            }
            WindowEvent::Moved(to) => {
                if let Some(window) = self.outputs.of(id) {
                    window.moved(to);
                }
                self.next_frame = Instant::now();
            }
            WindowEvent::Resized(_) | WindowEvent::ScaleFactorChanged { .. } => {
                self.next_frame = Instant::now();
            }
            // All windows are drawn at once, at the first that asks.
            WindowEvent::RedrawRequested if self.is_due => self.draw(),
            _ => {}
        }
    }

    fn about_to_wait(&mut self, event_loop: &ActiveEventLoop) {
        self.follow_arrivals(event_loop);
        self.follow_saves();
        self.follow_stage();
        self.follow_monitors(event_loop);
        self.follow_gamepad();
        self.outputs.tend();
        self.recover();
        if !self.device_was_lost_on_purpose
            && self.options.lose_device_after_secs.is_some_and(|after| self.real_secs() > after)
            && let Some(drawing) = &self.drawing
        {
            self.device_was_lost_on_purpose = true;
            drawing.gpu.destroy();
        }
        let now = Instant::now();
        if now >= self.next_frame {
            self.next_frame = now + self.frame_time();
            self.is_due = true;
            for window in &self.outputs.windows {
                window.window.request_redraw();
            }
        }
        event_loop.set_control_flow(ControlFlow::WaitUntil(self.next_frame));
    }

    /// Everything that draws goes before the windows do.
    fn exiting(&mut self, _: &ActiveEventLoop) {
        let Self { frames, late, .. } = self;
        tracing::debug!("{frames} frames were drawn, {late} of them before all of their tiles were there");
        // What is still to be saved of the stage is, before anything else.
        self.stage_file = None;
        let Some(Drawing { gpu, renderer }) = self.drawing.take() else { return };
        drop(renderer);
        for window in &mut self.outputs.windows {
            match window.screen.take() {
                Some(screen) if gpu.is_lost() => screen.abandon(),
                screen => drop(screen),
            }
        }
        drop(gpu);
        self.outputs.windows.clear();
    }
}
