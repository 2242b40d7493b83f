//! The event loop of the wall: input, files, monitors and the frames of all windows. See [`play`].

mod control;
mod desk;
mod desk_rate;
mod drawing;
mod editing;
mod ending;
mod folders;
mod graphics;
mod keyboard;
mod opening;
mod pacing;
#[cfg(feature = "http")]
mod preview;
mod screen_reader;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::Receiver;
use winit::application::ApplicationHandler;
use winit::event::{ElementState, WindowEvent};
use winit::event_loop::{ActiveEventLoop, ControlFlow, EventLoop};
use winit::window::WindowId;

use super::arrivals::{Arrivals, follow_people};
use super::awake;
use super::dealer::{DEAL_AT_ONCE, Dealer};
use super::desk_thread::DeskOptions;
use super::file_writer::FileWriter;
use super::folder_files::FolderFiles;
use super::frame_stats::FrameCounts;
use super::kept_show::KeptShow;
use super::live_reload::LiveReload;
use super::monitors::window_error;
use super::operator::Operator;
use super::output_window::OutputWindow;
use super::outputs::Outputs;
use super::reload::Reload;
use super::remote::{Remote, RemoteOptions};
use super::resume::Resume;
use super::shows::FoundShow;
use super::signals::EndSignals;
use super::stage_file::StageFile;
use super::stills::Stills;
use super::watch::{DrawingWatch, WatchOptions};
use control::ControlPoint;
use desk::DeskWindow;
use editing::{Editing, PresetLoader};
use ending::Ending;
use folders::Folders;
use graphics::{Graphics, LossMoment, RenderSources};
use millions_control::{Control, Recording};
use millions_gpu::{GpuOptions, ShaderSet};
use millions_library::{IngestEvent, IngestSummary, Library};
use millions_watchdog::Expectation;
use pacing::{FramePacing, IDLE_FRAME, INTERVAL_SHARE};

/// The options of [`play`].
#[derive(Debug, Default)]
pub struct PlayOptions {
    /// Full screen from the start.
    pub fullscreen: bool,
    /// An initial stage on all projectors, if nothing has been mapped yet.
    pub all_outputs: bool,
    /// The monitor, from 1; none is the one where the window opens.
    pub output: Option<usize>,
    /// A part of the adapter's name.
    pub adapter: Option<String>,
    /// What the device takes and how it draws.
    pub gpu: GpuOptions,
    /// The folder of stills.
    pub stills: PathBuf,
    /// The show, whose files are watched.
    pub found: Option<FoundShow>,
    /// Where a show that is good is kept.
    pub kept_show: Option<KeptShow>,
    /// The show's own shaders.
    pub shaders: ShaderSet,
    /// The state for a restart; none without.
    pub resume: Option<Resume>,
    /// The file of the stage; none keeps it for this run only.
    pub stage: Option<PathBuf>,
    /// Whether the stage was named on the command line, rather than kept from an earlier run.
    pub stage_is_asked_for: bool,
    /// The file of the command log.
    pub command_log: Option<PathBuf>,
    /// Commands of a log that are obeyed again, each at its time.
    pub replay: Option<Recording>,
    /// Instruments from elsewhere.
    pub remote: RemoteOptions,
    /// The time in seconds after which the graphics device is lost on purpose, to rehearse the failure of a driver.
    pub lose_device_after_secs: Option<f64>,
    /// How often it is lost, each time as long after the one before.
    pub lose_device_times: u32,
    /// The desk, if it is open from the start.
    pub desk: Option<DeskOptions>,
    /// Draws with 10 bits a channel whatever the windows have, to rehearse outputs of different depths.
    pub ten_bits: bool,
    /// How the drawing thread is watched.
    pub watch: WatchOptions,
    /// Whether the desktop started the program, where nobody reads a terminal.
    pub graphical: bool,
}

/// Why the program ended.
#[derive(Debug)]
pub enum ExitReason {
    /// The operator quit, or closed the window.
    ByOperator,
    /// The photographs have no portraits.
    Nobody(Box<IngestSummary>),
    /// Other folders of photographs are to be played.
    Folders(Vec<PathBuf>),
}

/// Plays the wall in a window until the operator quits.
///
/// `events` are the changes of `library`, while an ingest is running.
///
/// # Errors
/// When no window can be opened, no adapter can draw to it, or the ingest fails before there are portraits.
pub fn play(
    mut operator: Operator,
    library: Arc<Library>,
    events: Option<Receiver<IngestEvent>>,
    mut options: PlayOptions,
) -> anyhow::Result<ExitReason> {
    let watch = DrawingWatch::begin(std::mem::take(&mut options.watch));
    let event_loop = EventLoop::new().map_err(|error| {
        anyhow::anyhow!("no window can be opened here ({}); `millions render` draws without one", window_error(&error))
    })?;
    let files = options.found.as_ref().map(|found| Reload::new(found, options.kept_show.clone()));
    let sources = RenderSources {
        tiles: library.clone(),
        pictures: Arc::new(FolderFiles::in_background()),
        shaders: options.shaders.clone(),
    };
    operator.player.defer_deals(DEAL_AT_ONCE);
    let mut control = ControlPoint::new(event_loop.create_proxy(), options.replay.take(), library.dir());
    if let Some(path) = &options.command_log {
        control.log_to(path, &operator.recording_start(0.0));
    }
    let _ctl = listen(control.control());
    let remote = Remote::start(std::mem::take(&mut options.remote), control.control(), library.dir())?;
    let desk = DeskWindow::new(options.desk, library.clone(), event_loop.create_proxy(), control.control().clone());
    let mut app = App {
        control,
        watch,
        desk,
        remote,
        folders: Folders::new(event_loop.create_proxy()),
        operator,
        arrivals: Arrivals::new(library, events),
        dealer: Dealer::default(),
        live: LiveReload::new(files),
        stage_file: options.stage.as_deref().map(StageFile::new),
        closing: Vec::new(),
        presets: PresetLoader::default(),
        writer: FileWriter::start(),
        editing: Editing::default(),
        outputs: Outputs::new(),
        graphics: Graphics::new(sources, event_loop.owned_display_handle(), &options),
        pacing: FramePacing::new(),
        stills: Stills::default(),
        options,
        ending: None,
        signals: EndSignals::handle(),
        ended: None,
    };
    let _awake = awake::keep_awake(is_x(&event_loop));
    event_loop.run_app(&mut app)?;
    if app.signals.is_asked() && matches!(app.ended, Some(Ok(ExitReason::Folders(_)))) {
        return Ok(ExitReason::ByOperator);
    }
    app.ended.unwrap_or(Ok(ExitReason::ByOperator))
}

/// Listens for `millions ctl`; a wall without it plays all the same.
#[cfg(unix)]
fn listen(control: &Control) -> Option<millions_remote::ctl::Server> {
    let server = millions_remote::ctl::Server::start(control.clone());
    server.inspect_err(|error| tracing::warn!("`millions ctl` does not find this wall: {error}")).ok()
}

/// Whether windows are those of an X server.
fn is_x(event_loop: &EventLoop<()>) -> bool {
    #[cfg(target_os = "linux")]
    return winit::platform::x11::EventLoopExtX11::is_x11(event_loop);
    #[cfg(not(target_os = "linux"))]
    let _ = event_loop;
    #[cfg(not(target_os = "linux"))]
    return false;
}

/// The program while it plays.
struct App {
    control: ControlPoint,
    watch: DrawingWatch,
    desk: DeskWindow,
    /// Instruments from elsewhere, and what waits for them.
    remote: Remote,
    folders: Folders,
    operator: Operator,
    arrivals: Arrivals,
    dealer: Dealer,
    live: LiveReload,
    /// The file of the stage, if it is kept.
    stage_file: Option<StageFile>,
    /// The files of stages before, while they are saved for the last time.
    closing: Vec<StageFile>,
    presets: PresetLoader,
    /// Writes everything else that is kept.
    writer: FileWriter,
    editing: Editing,
    outputs: Outputs,
    graphics: Graphics,
    pacing: FramePacing,
    stills: Stills,
    options: PlayOptions,
    /// The fade to black, once the show is to end.
    ending: Option<Ending>,
    signals: EndSignals,
    /// The result of the program, unless the operator ends it.
    ended: Option<anyhow::Result<ExitReason>>,
}

impl App {
    fn end(&mut self, event_loop: &ActiveEventLoop, ended: anyhow::Result<ExitReason>) {
        self.ended = Some(ended);
        event_loop.exit();
    }

    /// Follows deals and the crowd, see [`follow_people`].
    fn follow_people(&mut self, event_loop: &ActiveEventLoop) {
        let real_secs = self.pacing.real_secs();
        let Self { operator, arrivals, dealer, graphics, .. } = self;
        if let Some(ended) = follow_people(operator, arrivals, dealer, graphics.device.as_mut(), real_secs) {
            self.end(event_loop, ended);
        }
    }

    /// What the watchdog is to expect until the next pass.
    fn expectation(&self) -> Expectation {
        let is_unseen = |window: &OutputWindow| window.hidden || window.withheld;
        if self.ending.is_some() {
            Expectation::Ending
        } else if self.outputs.windows.iter().all(is_unseen) {
            Expectation::Unseen
        } else if self.graphics.is_returning() {
            Expectation::Returning
        } else {
            Expectation::Frames
        }
    }

    /// Applies the changes of saved files.
    fn follow_saves(&mut self) {
        let real_secs = self.pacing.real_secs();
        let Self { live, operator, graphics: Graphics { sources, device, .. }, .. } = self;
        if live.follow(operator, sources, device.as_mut(), real_secs) {
            self.pacing.draw_soon();
        }
    }

    fn frame_time(&self) -> Duration {
        let real_secs = self.pacing.real_secs();
        let still = self.operator.clock.is_held() && !self.operator.is_changing(real_secs) && !self.dealer.is_dealing();
        if self.ending.is_some() {
            return Duration::from_secs_f64(INTERVAL_SHARE / self.pacing.master_hz);
        }
        let is_hidden = self.outputs.windows.iter().all(|window| window.hidden);
        if !self.operator.venue.is_editing() && (is_hidden || still || self.operator.is_dark(real_secs)) {
            return IDLE_FRAME;
        }
        // The sync master's monitor is waited for where it can be; this only bounds a driver that does not.
        Duration::from_secs_f64(INTERVAL_SHARE / self.pacing.master_hz)
    }
}

impl ApplicationHandler for App {
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        if self.outputs.windows.is_empty()
            && let Err(error) = self.open(event_loop)
        {
            self.end(event_loop, Err(error));
        }
    }

    fn window_event(&mut self, _: &ActiveEventLoop, id: WindowId, event: WindowEvent) {
        if self.desk.owns(id) {
            return self.desk_event(&event);
        }
        match event {
            WindowEvent::CloseRequested => self.close_requested(),
            WindowEvent::ModifiersChanged(modifiers) => self.editing.modifiers = modifiers.state(),
            WindowEvent::KeyboardInput { event, is_synthetic, .. } if event.state == ElementState::Pressed => {
                self.key(id, &event, is_synthetic);
            }
            WindowEvent::DroppedFile(path) => self.folders.dropped.push(path),
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
                self.pacing.draw_soon();
            }
            WindowEvent::Resized(_) | WindowEvent::ScaleFactorChanged { .. } => self.pacing.draw_soon(),
            // All windows are drawn at once, at the first request.
            WindowEvent::RedrawRequested if self.pacing.is_due => self.draw(),
            _ => {}
        }
    }

    fn about_to_wait(&mut self, event_loop: &ActiveEventLoop) {
        self.watch.turn(self.expectation());
        self.follow_commands();
        self.follow_folders();
        self.follow_end(event_loop);
        self.follow_people(event_loop);
        self.follow_saves();
        self.follow_stage();
        self.follow_monitors(event_loop);
        self.follow_gamepad();
        self.outputs.maintain();
        self.recover();
        self.graphics.rehearse_loss(self.pacing.real_secs(), LossMoment::BetweenFrames);
        self.follow_desk(event_loop);
        let frame_time = self.frame_time();
        if self.pacing.tick(frame_time) {
            self.outputs.windows.iter().for_each(|window| window.window.request_redraw());
        }
        event_loop.set_control_flow(ControlFlow::WaitUntil(self.pacing.next_frame()));
    }

    /// Drops the graphics device before the windows.
    fn exiting(&mut self, _: &ActiveEventLoop) {
        let FrameCounts { frames, late, incomplete } = self.pacing.stats.counts();
        tracing::debug!(
            "{frames} frames were drawn, {late} of them late, {incomplete} before all of their tiles were there"
        );
        self.watch.expect(Expectation::Ending);
        // Wait for the last saves, before anything else.
        self.stage_file = None;
        self.closing.clear();
        self.writer.close();
        self.graphics.close(&mut self.outputs.windows);
        self.desk.close();
        self.stills.finish();
        self.outputs.windows.clear();
    }
}
