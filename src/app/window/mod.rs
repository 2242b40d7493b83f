//! The wall in a window. See [`play`].

mod drawing;
mod editing;
mod saves;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use drawing::Drawing;
use editing::Editing;
use glam::UVec2;
use saves::RenderSources;
use winit::application::ApplicationHandler;
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
use super::shows::FoundShow;
use super::stage_file::StageFile;
use millions_base::Diagnostic;
use millions_gpu::{BuiltShaders, ShaderSet};
use millions_library::{IngestEvent, IngestSummary, Library};
use millions_stage::{NoMaskFiles, Output, Stage};

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
    pub found: Option<FoundShow>,
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
pub enum ExitReason {
    /// The operator quit, or closed the window.
    ByOperator,
    /// The photographs gave nobody to show.
    Nobody(Box<IngestSummary>),
}

/// Frames a second when nothing moves: held, black.
const IDLE_FRAME: Duration = Duration::from_millis(100);

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
) -> anyhow::Result<ExitReason> {
    let event_loop = EventLoop::new().map_err(|error| {
        anyhow::anyhow!("no window can be opened here ({error}); `millions render` draws without one")
    })?;
    let mut app = App {
        operator,
        made_of: RenderSources { tiles: library.clone(), pictures: Arc::default(), shaders: options.shaders.clone() },
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
        lead_hz: 60.0,
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
    app.ended.unwrap_or(Ok(ExitReason::ByOperator))
}

struct App {
    operator: Operator,
    made_of: RenderSources,
    reload: Option<Reload>,
    /// Shaders that a thread makes ready.
    built: Option<Receiver<Result<BuiltShaders, Diagnostic>>>,
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
    /// Frames a second of the monitor that all wait for.
    lead_hz: f64,
    next_frame: Instant,
    /// A frame has been asked for and not been drawn yet.
    is_due: bool,
    device_was_lost_on_purpose: bool,
    /// Frames drawn, and those in which somebody was coarser than wanted.
    frames: u64,
    late: u64,
    modifiers: ModifiersState,
    ended: Option<anyhow::Result<ExitReason>>,
}

impl App {
    fn real_secs(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    fn open(&mut self, event_loop: &ActiveEventLoop) -> anyhow::Result<()> {
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
        if let Some(first) = stage.outputs.iter().position(|output| output.monitor.is_none()) {
            self.outputs.open_window(event_loop, first, self.options.output, self.options.fullscreen)?;
        }
        self.outputs.follow(event_loop, &stage.outputs);
        if self.outputs.windows.is_empty() && !self.options.stage_is_asked_for {
            // From another night, at another place: a wall that is lit comes first, and what was kept stays as it was.
            tracing::warn!(
                "none of the monitors of the stage that was kept is there: this is a new one, which is not kept; give it a file \
                 with --stage"
            );
            self.stage_file = None;
            let output = Output::new("wall", UVec2::new(1920, 1080));
            self.operator.venue.switch_to(Stage::side_by_side(vec![output]), Arc::new(NoMaskFiles));
            self.outputs.open_window(event_loop, 0, self.options.output, self.options.fullscreen)?;
        }
        if self.outputs.windows.is_empty() {
            tracing::warn!("none of the stage's monitors is there: the wall waits for them");
        }
        self.light_windows()
    }

    fn follow_monitors(&mut self, event_loop: &ActiveEventLoop) {
        let outputs = self.operator.venue.stage().outputs.clone();
        let windows = self.outputs.windows.len();
        if !self.outputs.follow(event_loop, &outputs) {
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
        // Of several, the one that is selected.
        let (held, selected) = (window.held.outputs().collect::<Vec<_>>(), self.operator.venue.selected());
        let output = if held.contains(&selected) { Some(selected) } else { held.first().copied() };
        // What stands on its own monitor stays there.
        let (wall, is_bound) = (window.window.clone(), window.home().is_some());
        let is_fullscreen = wall.fullscreen().is_some() || is_bound;
        let may_change = !is_bound;
        match self.operator.press(action, real_secs, is_fullscreen) {
            Some(Task::ToggleFullscreen) if may_change => {
                let monitor = wall.current_monitor();
                wall.set_fullscreen((!is_fullscreen).then_some(Fullscreen::Borderless(monitor)));
            }
            Some(Task::LeaveFullscreen) if may_change => wall.set_fullscreen(None),
            Some(Task::ToggleFullscreen | Task::LeaveFullscreen) | None => {}
            Some(Task::Still) => output.into_iter().for_each(|output| self.save_still(output)),
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

    fn frame_time(&self) -> Duration {
        let still = self.operator.clock.is_held() && !self.operator.is_changing(self.real_secs());
        let is_hidden = self.outputs.windows.iter().all(|window| window.hidden);
        if !self.operator.venue.is_editing() && (is_hidden || still || self.operator.is_dark(self.real_secs())) {
            return IDLE_FRAME;
        }
        // Presenting waits for the monitor that paces where it can; this only bounds a driver that does not.
        Duration::from_secs_f64(1.0 / self.lead_hz)
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
