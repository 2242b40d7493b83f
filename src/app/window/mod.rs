//! The wall in a window. See [`play`].

mod saves;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossbeam_channel::Receiver;
use saves::MadeOf;
use winit::application::ApplicationHandler;
use winit::dpi::PhysicalSize;
use winit::event::{ElementState, KeyEvent, WindowEvent};
use winit::event_loop::{ActiveEventLoop, ControlFlow, EventLoop};
use winit::window::{Fullscreen, Window, WindowId};

use super::arrivals::Arrivals;
use super::awake;
use super::keys::Pressed;
use super::monitors::monitor;
use super::operator::{Operator, Task};
use super::reload::Reload;
use super::resume::Resume;
use super::shows::Found;
use crate::export;
use crate::gpu::{Acquired, Built, Canvas, Caption, Gpu, Patience, Renderer, Screen, ShaderSet};
use crate::library::{IngestEvent, IngestSummary, Library};
use crate::problem::Problem;
use crate::show::projection_text;
use crate::tone::Projection;

/// How the wall is to be shown.
#[derive(Debug, Default)]
pub struct PlayOptions {
    /// Full screen from the start.
    pub fullscreen: bool,
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
    /// Where what is set in the test picture is kept; none keeps it for this run only.
    pub projection: Option<PathBuf>,
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

/// Seconds after which an idle cursor is hidden.
const CURSOR_SECS: f64 = 2.0;
/// Frames a second when nothing moves: held, black.
const IDLE_FRAME: Duration = Duration::from_millis(100);
/// How long a window manager may take to answer a wish for full screen.
const FULLSCREEN_ANSWER: Duration = Duration::from_millis(700);
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
        options,
        started: Instant::now(),
        stage: None,
        recover_at: None,
        next_frame: Instant::now(),
        cursor_moved: Instant::now(),
        cursor_hidden: false,
        hidden: false,
        fullscreen_since: None,
        insisted: false,
        device_was_lost_on_purpose: false,
        frames: 0,
        late: 0,
        shift: false,
        ended: None,
    };
    let _awake = awake::keep_awake();
    event_loop.run_app(&mut app)?;
    app.ended.unwrap_or(Ok(Ended::ByOperator))
}

/// The window and what draws to it. All but the window is made anew after a lost device.
struct Stage {
    window: Arc<Window>,
    drawing: Option<Drawing>,
}

struct Drawing {
    gpu: Gpu,
    screen: Screen,
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
    options: PlayOptions,
    started: Instant,
    stage: Option<Stage>,
    recover_at: Option<Instant>,
    next_frame: Instant,
    cursor_moved: Instant,
    cursor_hidden: bool,
    hidden: bool,
    fullscreen_since: Option<Instant>,
    /// Full screen was taken without a window manager, once: whoever resizes the window after that means it.
    insisted: bool,
    device_was_lost_on_purpose: bool,
    /// Frames drawn, and those in which somebody was coarser than wanted.
    frames: u64,
    late: u64,
    /// Whether Shift is held.
    shift: bool,
    ended: Option<anyhow::Result<Ended>>,
}

impl App {
    fn real_secs(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    fn open(&mut self, event_loop: &ActiveEventLoop) -> anyhow::Result<()> {
        let monitor = match self.options.output {
            Some(number) => Some(monitor(event_loop, number)?),
            None => None,
        };
        let fullscreen = self.options.fullscreen.then(|| Fullscreen::Borderless(monitor.clone()));
        // Not shown before there is something black in it.
        let mut attributes = Window::default_attributes()
            .with_title("millions")
            .with_inner_size(PhysicalSize::new(1280, 720))
            .with_visible(false)
            .with_fullscreen(fullscreen);
        if let (Some(monitor), false) = (&monitor, self.options.fullscreen) {
            attributes = attributes.with_position(monitor.position());
        }
        let window = Arc::new(event_loop.create_window(attributes)?);
        let drawing = self.start_drawing(&window)?;
        self.stage = Some(Stage { window: window.clone(), drawing: Some(drawing) });
        self.draw();
        window.set_visible(true);
        window.request_redraw();
        Ok(())
    }

    fn start_drawing(&self, window: &Arc<Window>) -> anyhow::Result<Drawing> {
        let PhysicalSize { width, height } = window.inner_size();
        let (gpu, screen) = Screen::open(window, self.options.adapter.as_deref(), width, height)?;
        tracing::info!("drawing with {} ({})", gpu.report().name, gpu.report().kind);
        let renderer = self.made_of.renderer(&gpu, &screen, self.operator.player.scenes().len());
        Ok(Drawing { gpu, screen, renderer })
    }

    /// Draws and shows a frame, or notes why there is none.
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
        let Some(stage) = &mut self.stage else { return };
        let Some(drawing) = &mut stage.drawing else { return };
        if drawing.gpu.is_lost() {
            self.lose_drawing();
            return;
        }
        let Drawing { gpu, screen, renderer } = drawing;
        let PhysicalSize { width, height } = stage.window.inner_size();
        screen.resize(gpu, width, height);
        let (width, height) = screen.size();
        if let Err(error) = self.operator.player.set_wall_aspect(f64::from(width) / f64::from(height)) {
            tracing::warn!("{error}");
        }
        if renderer.is_outgrown(width, height) {
            *renderer = self.made_of.renderer(gpu, screen, self.operator.player.scenes().len());
        }
        self.hidden = false;
        match screen.acquire(gpu) {
            Acquired::Frame(frame, view) => {
                let plan = self.operator.frame(real_secs);
                self.frames += 1;
                let upcoming =
                    self.operator.player.upcoming(self.operator.at(real_secs), self.operator.clock.rate(), self.frames);
                let caption = self.operator.caption(real_secs).map(|lines| Caption { lines });
                let target = (&view, width, height);
                let report = renderer.draw(gpu, &plan, &upcoming, caption.as_ref(), target, Patience::Live);
                self.late += u64::from(report.tiles.below_wanted > 0);
                drop(view);
                screen.present(gpu, frame);
            }
            Acquired::Later => self.next_frame = Instant::now(),
            Acquired::Hidden => self.hidden = true,
            Acquired::Lost if gpu.is_lost() => self.lose_drawing(),
            Acquired::Lost => {
                if let Err(error) = screen.replace(gpu, &stage.window) {
                    tracing::warn!("{error}");
                    self.lose_drawing();
                }
            }
        }
    }

    /// Lets go of everything on the GPU; it is made again from the plan and the tiles.
    fn lose_drawing(&mut self) {
        // What was made ready for a device that is gone is of no use to the next.
        self.built = None;
        let Some(drawing) = self.stage.as_mut().and_then(|stage| stage.drawing.take()) else { return };
        let Drawing { gpu, screen, renderer } = drawing;
        drop(renderer);
        screen.abandon();
        drop(gpu);
        self.recover_at = Some(Instant::now());
    }

    fn recover(&mut self) {
        if self.recover_at.is_none_or(|at| Instant::now() < at) {
            return;
        }
        let Some(window) = self.stage.as_ref().map(|stage| stage.window.clone()) else { return };
        match self.start_drawing(&window) {
            Ok(drawing) => {
                tracing::info!("the wall is back");
                self.recover_at = None;
                if let Some(stage) = &mut self.stage {
                    stage.drawing = Some(drawing);
                }
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

    fn follow_arrivals(&mut self, event_loop: &ActiveEventLoop) {
        let time_secs = self.operator.clock.show_secs(self.real_secs());
        let moves = !self.operator.clock.is_held();
        if let Some(ended) = self.arrivals.follow(&mut self.operator.player, time_secs, moves) {
            self.ended = Some(ended);
            event_loop.exit();
        }
    }

    fn key(&mut self, event_loop: &ActiveEventLoop, event: &KeyEvent) {
        let pressed = Pressed { logical: &event.logical_key, physical: event.physical_key, shift: self.shift };
        let Some(action) = self.operator.keys().action(pressed) else { return };
        // A key that is held down is not pressed again: it would flash the wall, or quit.
        if event.repeat && !action.repeats() {
            return;
        }
        let real_secs = self.real_secs();
        let Some(stage) = &self.stage else { return };
        let is_fullscreen = stage.window.fullscreen().is_some();
        match self.operator.press(action, real_secs, is_fullscreen) {
            Some(Task::ToggleFullscreen) => {
                let monitor = stage.window.current_monitor();
                stage.window.set_fullscreen((!is_fullscreen).then_some(Fullscreen::Borderless(monitor)));
            }
            Some(Task::LeaveFullscreen) => stage.window.set_fullscreen(None),
            Some(Task::Still) => self.save_still(),
            Some(Task::Keep(projection)) => self.keep(&projection),
            Some(Task::Quit) => self.quit(event_loop),
            None => {}
        }
        // The answer is the very next frame.
        self.next_frame = Instant::now();
        if let Some(stage) = &self.stage {
            stage.window.request_redraw();
        }
    }

    fn quit(&self, event_loop: &ActiveEventLoop) {
        if let Some(resume) = &self.options.resume {
            resume.forget();
        }
        event_loop.exit();
    }

    fn save_still(&mut self) {
        let plan = self.operator.wall(self.real_secs());
        let time_secs = plan.time_secs;
        let cued_secs = self.operator.player.cue().show_secs;
        let name = format!("millions-{}-{time_secs:.2}.png", self.operator.player.scene().id);
        let path = self.options.stills.join(name);
        let Some(Drawing { gpu, screen, renderer }) = self.stage.as_mut().and_then(|stage| stage.drawing.as_mut())
        else {
            return;
        };
        let (width, height) = screen.size();
        let picture = Canvas::with_format(gpu, width, height, screen.format()).and_then(|canvas| {
            renderer.draw_complete(gpu, &plan, &canvas)?;
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

    fn keep(&self, projection: &Projection) {
        let Some(path) = &self.options.projection else { return };
        let kept = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        match kept.and_then(|()| std::fs::write(path, projection_text(projection))) {
            Ok(()) => tracing::info!("what the wall needs is kept in {}", path.display()),
            Err(error) => tracing::error!("what the wall needs cannot be kept ({error}): {}", path.display()),
        }
    }

    /// Where no window manager answers a wish for full screen (a bare X server that starts nothing but the wall), takes
    /// the monitor's size and place itself.
    fn insist_on_fullscreen(&mut self) {
        let Some(stage) = &self.stage else { return };
        let Some(Fullscreen::Borderless(wished)) = stage.window.fullscreen() else {
            self.fullscreen_since = None;
            return;
        };
        let since = *self.fullscreen_since.get_or_insert_with(Instant::now);
        if self.insisted || since.elapsed() < FULLSCREEN_ANSWER {
            return;
        }
        self.insisted = true;
        let Some(monitor) = wished.or_else(|| stage.window.current_monitor()) else { return };
        if stage.window.inner_size() != monitor.size() {
            stage.window.set_outer_position(monitor.position());
            // The answer comes as a resize, if it comes.
            let _ = stage.window.request_inner_size(monitor.size());
        }
    }

    fn tend_cursor(&mut self) {
        let Some(stage) = &self.stage else { return };
        let hide = self.cursor_moved.elapsed().as_secs_f64() > CURSOR_SECS;
        if hide != self.cursor_hidden {
            stage.window.set_cursor_visible(!hide);
            self.cursor_hidden = hide;
        }
    }

    fn frame_time(&self) -> Duration {
        let still = self.operator.clock.is_held() && !self.operator.is_changing(self.real_secs());
        if self.hidden || still || self.operator.is_dark(self.real_secs()) {
            return IDLE_FRAME;
        }
        let refresh = self
            .stage
            .as_ref()
            .and_then(|stage| stage.window.current_monitor())
            .and_then(|monitor| monitor.refresh_rate_millihertz())
            .map_or(60.0, |millihertz| f64::from(millihertz) / 1000.0);
        // Presenting waits for the screen where it can; this only bounds a driver that does not.
        Duration::from_secs_f64(1.0 / refresh.clamp(20.0, 480.0))
    }
}

impl ApplicationHandler for App {
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        if self.stage.is_none()
            && let Err(error) = self.open(event_loop)
        {
            self.ended = Some(Err(error));
            event_loop.exit();
        }
    }

    fn window_event(&mut self, event_loop: &ActiveEventLoop, _: WindowId, event: WindowEvent) {
        match event {
            // Whoever closes windows may be the system, shutting down; only the operator's key ends the show.
            WindowEvent::CloseRequested => event_loop.exit(),
            WindowEvent::ModifiersChanged(modifiers) => self.shift = modifiers.state().shift_key(),
            WindowEvent::KeyboardInput { event, .. } if event.state == ElementState::Pressed => {
                self.key(event_loop, &event);
            }
            WindowEvent::CursorMoved { .. } | WindowEvent::MouseInput { .. } => {
                self.cursor_moved = Instant::now();
            }
            WindowEvent::Occluded(hidden) => self.hidden = hidden,
            WindowEvent::Resized(_) | WindowEvent::ScaleFactorChanged { .. } | WindowEvent::Moved(_) => {
                self.next_frame = Instant::now();
            }
            WindowEvent::RedrawRequested => self.draw(),
            _ => {}
        }
    }

    fn about_to_wait(&mut self, event_loop: &ActiveEventLoop) {
        self.follow_arrivals(event_loop);
        self.follow_saves();
        self.tend_cursor();
        self.insist_on_fullscreen();
        self.recover();
        if !self.device_was_lost_on_purpose
            && self.options.lose_device_after_secs.is_some_and(|after| self.real_secs() > after)
            && let Some(drawing) = self.stage.as_ref().and_then(|stage| stage.drawing.as_ref())
        {
            self.device_was_lost_on_purpose = true;
            drawing.gpu.destroy();
        }
        let now = Instant::now();
        if now >= self.next_frame {
            self.next_frame = now + self.frame_time();
            if let Some(stage) = &self.stage {
                stage.window.request_redraw();
            }
        }
        event_loop.set_control_flow(ControlFlow::WaitUntil(self.next_frame));
    }

    /// Everything that draws goes before the window does.
    fn exiting(&mut self, _: &ActiveEventLoop) {
        let Self { frames, late, .. } = self;
        tracing::debug!("{frames} frames were drawn, {late} of them before all of their tiles were there");
        if let Some(stage) = self.stage.take()
            && let Some(Drawing { gpu, screen, renderer }) = stage.drawing
        {
            drop(renderer);
            if gpu.is_lost() {
                screen.abandon();
            } else {
                drop(screen);
            }
        }
    }
}
