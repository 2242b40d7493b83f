//! Commands from all instruments, and the status back. See [`ControlPoint`].

use std::collections::VecDeque;
use std::io;
use std::mem;
use std::path::Path;
use std::time::{Duration, Instant};

use winit::event_loop::EventLoopProxy;
use winit::window::{Fullscreen, WindowId};

use super::super::machine::MachineProbe;
use super::super::operator::WindowCommand;
use super::super::stills::StillFolder;
use super::App;
use super::graphics::Device;
use millions_base::printable_path;
use millions_control::{
    Command, CommandLog, Control, ControlInbox, Envelope, LoggedCommand, Notices, ObeyedCommand, Recording,
    RecordingStart, Refused, Reply, Source, Status, phrase,
};
use millions_stage::{EditCommand, OutputId};
use millions_wall::tile::PortraitNumber;

/// The interval of the status while somebody watches it: instruments are told of each change within 100 ms.
const WATCHED: Duration = Duration::from_millis(50);
/// The interval while nobody does: names are looked up in it.
const UNWATCHED: Duration = Duration::from_secs(1);
/// The commands that are carried out before a frame; the others wait for the next.
const MOST_COMMANDS: usize = 64;

/// Where commands come in, and the status goes out.
pub(super) struct ControlPoint {
    control: Control,
    inbox: ControlInbox,
    log: Option<CommandLog>,
    /// The commands of a log that are still to come.
    replay: VecDeque<LoggedCommand>,
    /// Whether an evening is played again, at its own hours.
    pub is_replay: bool,
    machine: MachineProbe,
    published_at: Option<Instant>,
    /// Whether a command was carried out since.
    obeyed: bool,
    /// The last command that was carried out, where from, and when.
    last: Option<LoggedCommand>,
}

/// Whether a command changes nothing: where the pointer is.
const fn is_nothing(command: &Command) -> bool {
    matches!(command, Command::Edit { edit: EditCommand::Hover(_) })
}

impl ControlPoint {
    /// Opens the control; commands wake the event loop.
    pub fn new(proxy: EventLoopProxy<()>, replay: Option<Recording>, library: &Path) -> Self {
        let (control, inbox) = Control::new(move || {
            // After the end of the event loop there is nothing to wake.
            let _ = proxy.send_event(());
        });
        Self {
            control,
            inbox,
            log: None,
            is_replay: replay.is_some(),
            replay: replay.map(|recording| recording.commands.into()).unwrap_or_default(),
            machine: MachineProbe::start(library),
            published_at: None,
            obeyed: false,
            last: None,
        }
    }

    /// The control, for instruments.
    pub const fn control(&self) -> &Control {
        &self.control
    }

    /// Logs commands to a file from now on.
    pub fn log_to(&mut self, path: &Path, start: &RecordingStart) {
        match CommandLog::create(path, start) {
            Ok(log) => self.log = Some(log),
            Err(error) => {
                tracing::error!("commands are not logged: {} cannot be written: {error}", printable_path(path))
            }
        }
    }

    /// Writes a command to the log, where there is one; `before` is the show as it was before it.
    ///
    /// # Errors
    /// When it cannot be written; the next one is tried.
    fn record(&mut self, command: &LoggedCommand, before: RecordingStart) -> io::Result<()> {
        if is_nothing(&command.command) {
            return Ok(());
        }
        self.log.as_mut().map_or(Ok(()), |log| log.write(command, || before))
    }
}

impl App {
    /// Carries out the commands that have come, and those of a replay whose time has come.
    pub(super) fn follow_commands(&mut self) {
        let real_secs = self.pacing.real_secs();
        while let Some(logged) = self.control.replay.pop_front_if(|logged| logged.real_secs <= real_secs) {
            // At the time at which it was obeyed, so that the wall is the same whenever this frame comes.
            let result = self.obey_at(logged.command, Source::Replay, None, logged.real_secs, &mut Reply::default());
            self.warn_refused(&result, Source::Replay);
        }
        for _ in 0..MOST_COMMANDS {
            let Some(envelope) = self.control.inbox.next() else { break };
            let Envelope { command, source, mut reply } = envelope;
            let result = self.obey_at(command, source, None, self.pacing.real_secs(), &mut reply);
            self.warn_refused(&result, source);
            // Where it was not passed on to whoever writes what was decided.
            reply.send(result);
        }
        self.publish_status();
    }

    /// Carries out a command now. `window` is the one in which a key was pressed.
    ///
    /// # Errors
    /// Why nothing has changed.
    pub(super) fn obey(&mut self, command: Command, source: Source, window: Option<WindowId>) -> Result<(), Refused> {
        let real_secs = self.pacing.real_secs();
        self.obey_at(command, source, window, real_secs, &mut Reply::default())
    }

    /// Carries out a command at a time. Where its end comes later, `reply` is taken, and told then.
    fn obey_at(
        &mut self,
        command: Command,
        source: Source,
        window: Option<WindowId>,
        real_secs: f64,
        reply: &mut Reply,
    ) -> Result<(), Refused> {
        // A command may come between two frames, after the playlist's next scene has begun.
        self.operator.follow(real_secs);
        let show_secs = self.operator.clock.show_secs(real_secs);
        let before = self.operator.recording_start(real_secs);
        let part = self.operator.obey(&command, real_secs)?;
        let logged = LoggedCommand { real_secs, show_secs, source, command };
        match part {
            Some(WindowCommand::Fullscreen(on)) => self.set_fullscreen(on, window),
            Some(WindowCommand::Still(output)) => {
                let output = output.unwrap_or_else(|| self.output_of(window));
                self.save_still(output, mem::take(reply));
            }
            Some(WindowCommand::Hide(portrait)) => self.hide(portrait, reply)?,
            Some(WindowCommand::Crop(portrait, crop)) => self.arrivals.decide_crop(portrait, crop)?,
            Some(WindowCommand::Admit(arrival)) => self.remote.admit(&arrival)?,
            Some(WindowCommand::Refuse(arrival)) => self.remote.refuse(&arrival)?,
            Some(WindowCommand::Preset(key)) => self.load_preset(&key)?,
            Some(WindowCommand::StageEdited) => self.editing.changed_now(),
            Some(WindowCommand::Desk(on)) => self.desk.set(on),
            Some(WindowCommand::ChooseFolder) => self.choose_folder(source)?,
            Some(WindowCommand::Wipe) => self.wipe(),
            Some(WindowCommand::Quit) => self.quit(),
            None => {}
        }
        // Only what was obeyed: a replay would stumble over the rest.
        if let Err(error) = self.control.record(&logged, before) {
            self.pacing.warn(&format_args!("a command is not in the log: {error}"));
        }
        self.control.obeyed = true;
        if !is_nothing(&logged.command) {
            self.control.last = Some(logged);
        }
        self.pacing.draw_soon();
        Ok(())
    }

    /// Logs why a command was not carried out.
    pub(super) fn warn_refused(&mut self, result: &Result<(), Refused>, source: Source) {
        if let Err(error) = result {
            self.pacing.warn(&format_args!("{source}: {error}"));
        }
    }

    /// Of several outputs in a window the selected one, or the first.
    fn output_of(&mut self, window: Option<WindowId>) -> OutputId {
        let selected = self.operator.venue.selected();
        let outputs: Vec<_> = window
            .and_then(|window| self.outputs.of(window))
            .map(|window| window.role.outputs().collect())
            .unwrap_or_default();
        if outputs.contains(&selected) { selected } else { outputs.first().copied().unwrap_or(selected) }
    }

    /// Shows a window full screen, or all of them; those on monitors of their own stay there.
    fn set_fullscreen(&self, on: bool, id: Option<WindowId>) {
        let is_meant = |window: WindowId| id.is_none_or(|id| id == window);
        for window in self.outputs.windows.iter().filter(|window| is_meant(window.window.id())) {
            if window.own_rect().is_none() {
                let monitor = window.window.current_monitor();
                window.window.set_fullscreen(on.then_some(Fullscreen::Borderless(monitor)));
            }
        }
    }

    /// Saves the frame of an output as a PNG.
    fn save_still(&mut self, output: OutputId, reply: Reply) {
        let real_secs = self.pacing.real_secs();
        let window = self.outputs.windows.iter().find(|window| window.role.outputs().any(|own| own == output));
        let shown = window.and_then(|window| Some(window.role.shown(window.surface.as_ref()?.size().into())));
        let shown = shown.and_then(|shown| shown.into_iter().find(|shown| shown.output == output));
        let (Some(shown), Some(device)) = (shown, &self.graphics.device) else {
            return reply.send(Err(Refused("there is no picture to save just now".to_owned())));
        };
        let folder =
            StillFolder { path: &self.options.stills, stage: self.stage_file.as_ref().map(|file| file.path()) };
        self.stills.begin(&mut self.operator, device, &shown, &folder, real_secs, reply);
        self.pacing.draw_soon();
    }

    /// Takes somebody off the wall, at once and for good.
    fn hide(&mut self, portrait: PortraitNumber, reply: &mut Reply) -> Result<(), Refused> {
        self.arrivals.hide(portrait, reply)?;
        if let Some(Device { renderer, .. }) = &mut self.graphics.device {
            renderer.retire_portraits(&[portrait]);
        }
        Ok(())
    }

    /// Wipes the field copy: the key from disk and memory, what was read of it with the graphics device and with this process, which ends
    /// in black at once.
    fn wipe(&mut self) {
        if let Err(error) = self.arrivals.library().wipe() {
            tracing::error!("{error}: destroy the disk");
        }
        if let Some(resume) = &mut self.options.resume {
            resume.forget(&self.writer);
        }
        self.begin_end_in_black();
    }

    fn quit(&mut self) {
        if let Some(resume) = &mut self.options.resume {
            resume.forget(&self.writer);
        }
        self.begin_end();
    }

    /// Publishes the status: after a command at once, otherwise at its interval.
    /// The status of the show, the stage and the people: whatever a command may name.
    pub(super) fn operator_status(&self) -> Status {
        let mut status = self.operator.status(self.pacing.real_secs());
        self.arrivals.describe(&mut status.people);
        self.remote.describe(&mut status.people);
        status
    }

    fn publish_status(&mut self) {
        let interval = if self.control.inbox.is_watched() { WATCHED } else { UNWATCHED };
        let is_due = self.control.published_at.is_none_or(|at| at.elapsed() >= interval);
        if !is_due && !self.control.obeyed {
            return;
        }
        (self.control.published_at, self.control.obeyed) = (Some(Instant::now()), false);
        let mut status = self.operator_status();
        self.pacing.stats.describe(&mut status.frames);
        if let Some(Device { gpu, .. }) = &self.graphics.device {
            status.frames.adapter = gpu.adapter_name();
        }
        for output in &mut status.outputs {
            let window = self.outputs.windows.iter().find(|window| window.role.outputs().any(|id| id == output.output));
            output.lit = window.is_some_and(|window| window.has_presented() && !window.hidden);
            output.hz = window.map_or(0.0, |window| window.refresh_hz());
        }
        status.fullscreen = self.is_fullscreen();
        if let Some(file) = &self.stage_file {
            status.stage.file = printable_path(file.path()).to_string();
        }
        status.desk = self.desk.is_wanted();
        status.machine = self.control.machine.status();
        status.watchdog = self.watch.status();
        status.notices = Notices::of_process().all();
        status.obeyed = self.control.last.as_ref().map(|last| ObeyedCommand {
            text: phrase(&last.command, &status),
            source: last.source,
            secs: status.secs - (self.pacing.real_secs() - last.real_secs),
        });
        self.control.inbox.publish(status);
    }
}
