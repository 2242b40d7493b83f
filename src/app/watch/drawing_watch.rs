//! The drawing thread's side of the watch. See [`DrawingWatch`].

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::boot::uptime_secs;
use super::journal::Journal;
#[cfg(unix)]
use super::service::Service;
use super::watcher::Watcher;
use millions_control::WatchdogStatus;
use millions_watchdog::{Cause, DriverMode, Expectation};

/// The signs of life of the drawing thread, which it raises and another thread looks at. None of them is raised by a timer.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    /// Passes of the event loop.
    pub turns: AtomicU64,
    /// Presented frames.
    pub frames: AtomicU64,
    /// Lost graphics devices.
    pub losses: AtomicU64,
    /// The place of the [`Expectation`] among all.
    expectation: AtomicU8,
    /// Whether the watcher has decided to leave the wall as it is.
    pub is_left: AtomicBool,
}

impl Pulse {
    pub fn expectation(&self) -> Expectation {
        Expectation::ALL.get(usize::from(self.expectation.load(Ordering::Relaxed))).copied().unwrap_or_default()
    }

    fn expect(&self, expectation: Expectation) {
        let place = Expectation::ALL.iter().position(|one| *one == expectation).unwrap_or_default();
        self.expectation.store(place as u8, Ordering::Relaxed);
    }
}

/// How the drawing thread is watched.
#[derive(Clone, Debug, Default)]
pub struct WatchOptions {
    /// Where the recoveries are; none where nothing is to be kept.
    pub journal: Option<Journal>,
    /// How the wall is drawn after them.
    pub mode: DriverMode,
    /// The time after which the drawing thread stands still on purpose, to rehearse a driver that hangs.
    pub rehearse_hang_after: Option<Duration>,
    /// The time after which it goes on and presents nothing, to rehearse a frozen picture.
    pub rehearse_freeze_after: Option<Duration>,
    /// How often: not after so many recoveries from it.
    pub rehearsals: usize,
}

impl WatchOptions {
    /// Returns how the wall of a show on a stage is watched. After recoveries it is drawn in a lower mode, but where nobody starts the program again and
    /// whoever started it chose how.
    #[must_use]
    pub fn of_wall(show: Option<&Path>, stage: Option<&Path>) -> Self {
        let journal = Journal::of_wall(show, stage);
        let mode = if is_supervised() { journal.history().mode(uptime_secs()) } else { DriverMode::Usual };
        if mode > DriverMode::Usual {
            tracing::warn!(
                "after what happened before in this boot the wall is drawn in a lower mode: {}",
                mode.name()
            );
        }
        Self { journal: Some(journal), mode, ..Self::default() }
    }
}

/// Whether somebody starts the program again.
fn is_supervised() -> bool {
    #[cfg(unix)]
    return Service::of_environment().is_some();
    #[cfg(not(unix))]
    return false;
}

/// What the drawing thread raises, and tells whoever supervises the program. A frame that was presented is the one sign of life, but where none can
/// be seen.
pub struct DrawingWatch {
    pulse: Arc<Pulse>,
    watcher: Watcher,
    #[cfg(unix)]
    service: Option<Service>,
    /// When the service was told last, and how many frames had been presented then.
    told: Option<(Instant, u64)>,
    is_ready: bool,
    began: Instant,
    options: WatchOptions,
}

impl DrawingWatch {
    /// Begins the watch.
    #[must_use]
    pub fn begin(options: WatchOptions) -> Self {
        #[cfg(unix)]
        let service = Service::of_environment();
        let pulse = Arc::new(Pulse::default());
        let watcher = Watcher::start(pulse.clone(), options.journal.clone(), options.mode, is_supervised());
        Self {
            pulse,
            watcher,
            #[cfg(unix)]
            service,
            told: None,
            is_ready: false,
            began: Instant::now(),
            options,
        }
    }

    /// Takes note of a pass of the event loop, and of what is to be expected until the next.
    pub fn turn(&mut self, expectation: Expectation) {
        self.pulse.expect(expectation);
        self.pulse.turns.fetch_add(1, Ordering::Relaxed);
        // Nobody can see a frame, or it was decided to leave the wall as it is: a pass is all that can be told.
        if expectation == Expectation::Unseen || self.pulse.is_left.load(Ordering::Relaxed) {
            self.tell_alive(true);
        }
        self.rehearse_hang();
    }

    /// Has the watch expect what the drawing thread does now.
    pub fn expect(&self, expectation: Expectation) {
        self.pulse.expect(expectation);
    }

    /// Takes note of a frame that was presented.
    pub fn presented(&mut self) {
        self.pulse.frames.fetch_add(1, Ordering::Relaxed);
        self.pulse.expect(Expectation::Frames);
        #[cfg(unix)]
        if let (Some(service), false) = (&self.service, self.is_ready) {
            service.tell(&format!("READY=1\nSTATUS=playing ({})", self.options.mode.name()));
        }
        self.is_ready = true;
        self.tell_alive(false);
    }

    /// Takes note of a lost device.
    pub fn device_lost(&self) {
        self.pulse.losses.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns whether no frame is to be presented, as a rehearsal.
    pub fn rehearses_freeze(&self) -> bool {
        self.rehearses(self.options.rehearse_freeze_after, Cause::Frozen)
    }

    /// Returns what an operator has to know of it.
    pub fn status(&self) -> WatchdogStatus {
        self.watcher.status()
    }

    /// Tells the service that the wall is alive, where its time has come and a frame was presented since it was told last, or need not.
    fn tell_alive(&mut self, is_enough: bool) {
        #[cfg(unix)]
        if let Some(service) = &self.service {
            let frames = self.pulse.frames.load(Ordering::Relaxed);
            let is_due = self.told.is_none_or(|(at, _)| at.elapsed() >= service.interval);
            let has_presented = self.told.is_none_or(|(_, told)| told != frames);
            if is_due && (has_presented || is_enough) {
                service.tell("WATCHDOG=1");
                self.told = Some((Instant::now(), frames));
            }
        }
        #[cfg(not(unix))]
        let _ = is_enough;
    }

    /// Whether a fault is to be there by now, as a rehearsal.
    fn rehearses(&self, after: Option<Duration>, cause: Cause) -> bool {
        after.is_some_and(|after| self.began.elapsed() > after) && {
            let history = self.options.journal.as_ref().map(Journal::history).unwrap_or_default();
            history.count(cause, uptime_secs()) < self.options.rehearsals
        }
    }

    fn rehearse_hang(&self) {
        if self.rehearses(self.options.rehearse_hang_after, Cause::Hang) {
            tracing::warn!("the drawing thread hangs, as a rehearsal");
            loop {
                std::thread::park();
            }
        }
    }
}

impl Drop for DrawingWatch {
    /// The wall has ended: whoever supervises it waits for nothing any more.
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(service) = &self.service {
            service.tell("STOPPING=1");
        }
    }
}
