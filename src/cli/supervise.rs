//! `millions play --supervise`: a process that starts the wall, and starts it again.
//!
//! It is the small part of a service manager that a wall needs where there is none, and inside a kiosk's compositor, which need not end with the
//! wall. It speaks the same protocol: the wall tells it of frames, and it passes that on to whoever supervises it in turn.

use std::env;
use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::iterator::Signals;

use super::play::PlayArgs;
use crate::app::end_signals;
use crate::app::watch::{Journal, JournalEntry, NotifySocket, uptime_secs, watchdog_usec};
use millions_watchdog::{Cause, Liveness, NextRun, RunEnd, Runs};

/// The variable by which a process knows that it is the one that is supervised.
const SUPERVISED: &str = "MILLIONS_SUPERVISED";
/// The longest that a wait lasts before everything else is looked at.
const INTERVAL: Duration = Duration::from_millis(50);
/// The most microseconds between signs of life that are asked of the wall.
const MOST_WATCHDOG_USEC: u64 = 10_000_000;
/// How long the wall has for its end; it ends itself sooner.
const END_PATIENCE: Duration = Duration::from_secs(15);

/// Whether this process is supervised by one of these.
pub fn is_supervised() -> bool {
    env::var_os(SUPERVISED).is_some()
}

/// Has this process end with its supervisor, should that be killed: two walls must not play on one projector.
///
/// # Errors
/// When it is gone already.
pub fn end_with_supervisor() -> anyhow::Result<()> {
    #[cfg(target_os = "linux")]
    if is_supervised() {
        rustix::process::set_parent_process_death_signal(Some(Signal::TERM))?;
        // One that is gone has left this process to another.
        let supervisor = env::var(SUPERVISED).ok().and_then(|pid| pid.parse::<i32>().ok());
        let parent = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get());
        anyhow::ensure!(supervisor == parent, "whoever supervised this wall is gone");
    }
    Ok(())
}

/// Starts the wall with the arguments of this process until it is quit; returns the exit status of the last run.
///
/// # Errors
/// When it cannot be started at all.
pub fn run(args: &PlayArgs) -> anyhow::Result<u8> {
    let mut supervisor = Supervisor::new(args.journal())?;
    let mut runs = Runs::new(supervisor.outer.is_some());
    loop {
        let (end, had_picture) = supervisor.run_once()?;
        runs.is_asked_to_end = supervisor.is_asked_to_end;
        match runs.next(end, had_picture, uptime_secs()) {
            NextRun::None(code) => return Ok(u8::try_from(code).unwrap_or(1)),
            NextRun::After { secs, cause } => {
                let how = match end {
                    RunEnd::Exit(code) => format!("exit status {code}"),
                    RunEnd::Signal(signal) => format!("signal {signal}"),
                    RunEnd::Silent => "it gave no sign of life".to_owned(),
                };
                if let Some(cause) = cause {
                    supervisor.record(cause, &how);
                }
                tracing::warn!("the wall ended ({how}): it is started again in {secs} s");
                if supervisor.pauses(Duration::from_secs_f64(secs)) {
                    return Ok(0);
                }
            }
        }
    }
}

/// What outlives the runs.
struct Supervisor {
    /// This program's own file: an upgrade puts another in its place, which is started then.
    program: PathBuf,
    journal: Journal,
    signals: Signals,
    /// Where the wall tells of frames.
    socket: UnixDatagram,
    /// Its folder, which only this account enters.
    folder: tempfile::TempDir,
    /// Whoever supervises this process in turn.
    outer: Option<NotifySocket>,
    is_asked_to_end: bool,
}

impl Supervisor {
    fn new(journal: Journal) -> anyhow::Result<Self> {
        let folder = match env::var_os("XDG_RUNTIME_DIR") {
            Some(runtime) => tempfile::tempdir_in(runtime).or_else(|_| tempfile::tempdir()),
            None => tempfile::tempdir(),
        };
        let folder = folder.context("no folder for the wall's signs of life")?;
        let socket =
            UnixDatagram::bind(folder.path().join("notify")).context("no socket for the wall's signs of life")?;
        socket.set_read_timeout(Some(INTERVAL))?;
        let signals = end_signals().context("signals cannot be handled")?;
        let program = env::current_exe().context("this program's own file is not known")?;
        Ok(Self {
            program,
            journal,
            signals,
            socket,
            folder,
            outer: NotifySocket::of_environment(),
            is_asked_to_end: false,
        })
    }

    fn start(&self) -> anyhow::Result<Child> {
        let usec = watchdog_usec().unwrap_or(MOST_WATCHDOG_USEC).min(MOST_WATCHDOG_USEC);
        let mut command = Command::new(&self.program);
        #[cfg(target_os = "linux")]
        command.envs(super::memory::settings());
        command
            .args(env::args_os().skip(1))
            .env(SUPERVISED, std::process::id().to_string())
            .env("NOTIFY_SOCKET", self.folder.path().join("notify"))
            .env("WATCHDOG_USEC", usec.to_string())
            .env_remove("WATCHDOG_PID")
            // A key in the terminal, such as Ctrl-C, comes once, from here.
            .process_group(0);
        command.spawn().with_context(|| format!("the wall cannot be started: {}", self.program.display()))
    }

    /// Runs the wall once; returns how it ended, and whether it had shown a picture.
    fn run_once(&mut self) -> anyhow::Result<(RunEnd, bool)> {
        let mut child = self.start()?;
        let mut liveness = Liveness::default();
        let mut asked_at: Option<Instant> = None;
        let mut is_left = false;
        loop {
            self.hear(&mut liveness);
            if let Some(status) = child.try_wait().context("the wall is not known to the system")? {
                // What it said last.
                self.hear(&mut liveness);
                return Ok((run_end(status), liveness.is_ready()));
            }
            if self.forward_signals(&child) {
                asked_at.get_or_insert_with(Instant::now);
            }
            let is_silent = liveness.is_silent(uptime_secs()) && !is_left;
            if is_silent && !self.journal.history().allows(Cause::Silent, uptime_secs()) {
                tracing::error!("the wall gives no sign of life again, and is left as it is");
                is_left = true;
            } else if is_silent || asked_at.is_some_and(|at| at.elapsed() > END_PATIENCE) {
                tracing::error!("the wall gives no sign of life: it is killed");
                child.kill()?;
                child.wait()?;
                return Ok((RunEnd::Silent, liveness.is_ready()));
            }
        }
    }

    /// Takes what the wall tells, for a moment at the most, and passes it on.
    fn hear(&self, liveness: &mut Liveness) {
        let mut bytes = [0; 1024];
        let length = match self.socket.recv(&mut bytes) {
            Ok(length) => length,
            Err(error) => {
                if !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) {
                    std::thread::sleep(INTERVAL);
                }
                return;
            }
        };
        let message = String::from_utf8_lossy(&bytes[..length]);
        liveness.hear(&message);
        if let Some(outer) = &self.outer {
            // What is the whole service's: that the wall ends is not the end of this process.
            let is_passed_on = |line: &&str| ["READY=1", "WATCHDOG=1"].contains(line) || line.starts_with("STATUS=");
            let lines: Vec<_> = message.lines().filter(is_passed_on).collect();
            if !lines.is_empty() {
                outer.tell(&lines.join("\n"));
            }
        }
    }

    /// Passes signals on that ask for the end; returns whether there were any.
    fn forward_signals(&mut self, child: &Child) -> bool {
        let pending: Vec<_> = self.signals.pending().collect();
        for signal in &pending {
            self.is_asked_to_end = true;
            if let (Some(pid), Some(signal)) =
                (Pid::from_raw(child.id().cast_signed()), Signal::from_named_raw(*signal))
            {
                // It may have ended meanwhile.
                let _ = kill_process(pid, signal);
            }
        }
        !pending.is_empty()
    }

    /// Waits before the next run; returns whether this process was asked to end meanwhile.
    fn pauses(&mut self, pause: Duration) -> bool {
        let began = Instant::now();
        while began.elapsed() < pause {
            if self.signals.pending().next().is_some() {
                return true;
            }
            std::thread::sleep(INTERVAL.min(pause.saturating_sub(began.elapsed())));
        }
        false
    }

    /// Adds to the journal what the wall itself could not.
    fn record(&self, cause: Cause, how: &str) {
        let mode = self.journal.history().mode(uptime_secs());
        let text = format!("{} ({how}); it is started again", cause.text());
        if let Err(error) = self.journal.record(&JournalEntry::now(cause, mode, true, text)) {
            tracing::error!("the watchdog's journal cannot be written: {error}");
        }
    }
}

fn run_end(status: ExitStatus) -> RunEnd {
    status.code().map(RunEnd::Exit).or_else(|| status.signal().map(RunEnd::Signal)).unwrap_or(RunEnd::Exit(1))
}
