//! The thread that watches the drawing thread. See [`Watcher`].

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use crossbeam_channel::bounded;

use super::boot::uptime_secs;
use super::drawing_watch::Pulse;
use super::journal::{Journal, JournalEntry};
use crate::cli::terminal;
use millions_base::printable_path;
use millions_control::{RecoveryStatus, WatchdogStatus};
use millions_watchdog::{Cause, DriverMode, NO_PICTURE_CODE, Observation, RECOVER_CODE, Verdict, Watchdog};

/// The interval of observations.
const INTERVAL: Duration = Duration::from_millis(250);
/// How long the end of the process waits for the journal: the disk may hang, too.
const JOURNAL_PATIENCE: Duration = Duration::from_secs(1);

/// Watches on a thread, which ends with this.
pub(super) struct Watcher(Arc<Mutex<WatchdogStatus>>);

/// What the thread holds.
struct Watch {
    pulse: Arc<Pulse>,
    journal: Option<Journal>,
    mode: DriverMode,
    watchdog: Watchdog,
    status: Weak<Mutex<WatchdogStatus>>,
    /// The verdict before.
    before: Verdict,
}

impl Watcher {
    pub fn start(pulse: Arc<Pulse>, journal: Option<Journal>, mode: DriverMode, is_supervised: bool) -> Self {
        let history = journal.as_ref().map(Journal::history).unwrap_or_default();
        let recoveries = journal.as_ref().map(recoveries).unwrap_or_default();
        let status = WatchdogStatus {
            supervised: is_supervised,
            state: "starting".to_owned(),
            mode: mode.name().to_owned(),
            recoveries,
        };
        let shared = Arc::new(Mutex::new(status));
        let watchdog = Watchdog::new(history, is_supervised);
        let status = Arc::downgrade(&shared);
        let watch = Watch { pulse, journal, mode, watchdog, status, before: Verdict::Alive };
        if let Err(error) = thread::Builder::new().name("watchdog".into()).spawn(move || watch.run()) {
            tracing::error!("nobody notices if the drawing thread hangs: {error}");
        }
        Self(shared)
    }

    pub fn status(&self) -> WatchdogStatus {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The recoveries of this boot, for people.
fn recoveries(journal: &Journal) -> Vec<RecoveryStatus> {
    let boot = super::boot::boot_id();
    let entries = journal.entries().into_iter().filter(|entry| entry.boot == boot && entry.restarted);
    entries.map(|entry| RecoveryStatus { secs: entry.unix_secs, text: entry.text }).collect()
}

impl Watch {
    fn run(mut self) {
        // The wall has ended once nobody holds the status any more.
        while let Some(status) = self.status.upgrade() {
            let observation = Observation {
                secs: uptime_secs(),
                turns: self.pulse.turns.load(Ordering::Relaxed),
                frames: self.pulse.frames.load(Ordering::Relaxed),
                losses: self.pulse.losses.load(Ordering::Relaxed),
                expectation: self.pulse.expectation(),
            };
            let verdict = self.watchdog.observe(observation);
            self.pulse.is_left.store(matches!(verdict, Verdict::Left(_)), Ordering::Relaxed);
            let state = self.state(verdict, observation);
            status.lock().unwrap_or_else(PoisonError::into_inner).state = state;
            drop(status);
            self.act(verdict);
            self.before = verdict;
            thread::sleep(INTERVAL);
        }
    }

    fn state(&self, verdict: Verdict, observation: Observation) -> String {
        use millions_watchdog::Expectation::{Ending, Frames, Opening, Returning, Unseen};
        match verdict {
            Verdict::Alive if !self.watchdog.has_pictured() && observation.expectation != Unseen => {
                "starting".to_owned()
            }
            Verdict::Alive => match observation.expectation {
                Frames | Opening => "alive".to_owned(),
                Unseen => "alive, and nobody can see it".to_owned(),
                Returning => "making a graphics device".to_owned(),
                Ending => "ending".to_owned(),
            },
            Verdict::Doubtful => "no frame for a moment".to_owned(),
            Verdict::Recover(cause) => format!("recovering: {}", cause.text()),
            Verdict::Left(cause) => format!("left as it is: {}", cause.text()),
            Verdict::End => "ended".to_owned(),
        }
    }

    fn act(&self, verdict: Verdict) {
        match verdict {
            Verdict::Alive => {
                if matches!(self.before, Verdict::Left(_)) {
                    tracing::warn!("the wall is alive again");
                }
            }
            Verdict::Doubtful => {}
            Verdict::Left(_) if self.before == verdict => {}
            Verdict::Left(cause) => {
                let text = format!("{}; it is left as it is", cause.text());
                tracing::error!("{text}");
                self.record(JournalEntry::now(cause, self.mode, false, text));
            }
            Verdict::Recover(cause) => self.recover(cause),
            Verdict::End => {
                tracing::error!("the show has ended and the program has not: it is ended");
                end_process(0);
            }
        }
    }

    /// Ends the process, to be started again. Nothing of it is asked to close: whatever hangs would hang again.
    fn recover(&self, cause: Cause) {
        let text = format!("{}; the program is started again", cause.text());
        tracing::error!("{text}");
        self.record(JournalEntry::now(cause, self.mode, true, text));
        end_process(if cause == Cause::NoPicture { NO_PICTURE_CODE } else { RECOVER_CODE });
    }

    /// Writes an entry, and waits for it no longer than it may.
    fn record(&self, entry: JournalEntry) {
        let Some(journal) = self.journal.clone() else { return };
        let (done, written) = bounded(1);
        let writing = thread::Builder::new().spawn(move || {
            if let Err(error) = journal.record(&entry) {
                let path = journal.path().map(|path| printable_path(path).to_string()).unwrap_or_default();
                tracing::error!("the watchdog's journal cannot be written ({error}): {path}");
            }
            // In vain where it took too long.
            let _ = done.send(());
        });
        if writing.is_ok() {
            let _ = written.recv_timeout(JOURNAL_PATIENCE);
        }
    }
}

/// Ends the process at once, without anything that runs at its end: a driver that hangs would keep it.
fn end_process(code: i32) {
    terminal::flush_log();
    #[cfg(unix)]
    signal_hook::low_level::exit(code);
    #[cfg(not(unix))]
    std::process::exit(code);
}
