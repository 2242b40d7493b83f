//! Where instruments and the show meet. See [`Control`].

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use super::{Command, Notice, NoticeLevel, Source, Status};

/// Commands that may wait for the show: more than instruments send between two frames, and few enough that none is old.
const WAITING: usize = 256;

/// The control of a running show, for any number of instruments on any threads. The show never waits for one of them.
#[derive(Clone)]
pub struct Control {
    shared: Arc<Shared>,
    commands: Sender<Envelope>,
}

/// The end of the thread that owns the show.
pub struct ControlInbox {
    shared: Arc<Shared>,
    commands: Receiver<Envelope>,
}

/// A command on its way.
pub struct Envelope {
    /// The command.
    pub command: Command,
    /// Where it comes from.
    pub source: Source,
    /// Who waits for what became of it.
    pub reply: Reply,
}

/// Whoever waits for what becomes of a command; nobody by default. It may be told later, and from any thread.
#[derive(Debug, Default)]
pub struct Reply(Option<Sender<Result<(), Refused>>>);

impl Reply {
    /// Says what became of the command.
    pub fn send(self, result: Result<(), Refused>) {
        if let Some(waiting) = self.0 {
            // Who asked may not wait any longer.
            let _ = waiting.send(result);
        }
    }
}

/// What becomes of a command that was sent.
#[derive(Debug)]
pub struct Awaited(Receiver<Result<(), Refused>>);

impl Awaited {
    /// Waits until it was carried out, at most `timeout`.
    ///
    /// # Errors
    /// Why it was not carried out.
    pub fn wait(self, timeout: Duration) -> Result<(), Refused> {
        self.0.recv_timeout(timeout).unwrap_or_else(|_| Err(Refused("the show has not answered in time".to_owned())))
    }
}

/// Why a command was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

struct Shared {
    status: Mutex<Arc<Status>>,
    changed: Condvar,
    /// How many watch.
    watches: AtomicUsize,
    /// Wakes the thread that owns the show.
    wake: Box<dyn Fn() + Send + Sync>,
}

impl Control {
    /// Creates both ends; `wake` wakes the thread that owns the show, for a command has come.
    #[must_use]
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> (Self, ControlInbox) {
        let (sender, receiver) = bounded(WAITING);
        let shared = Arc::new(Shared {
            status: Mutex::default(),
            changed: Condvar::new(),
            watches: AtomicUsize::new(0),
            wake: Box::new(wake),
        });
        (Self { shared: shared.clone(), commands: sender }, ControlInbox { shared, commands: receiver })
    }

    /// Sends a command, and does not wait.
    ///
    /// # Errors
    /// When too many wait already, or the show has ended.
    pub fn send(&self, command: Command, source: Source) -> Result<(), Refused> {
        self.post(Envelope { command, source, reply: Reply::default() })
    }

    /// Sends a command and waits until it was carried out, at most `timeout`.
    ///
    /// # Errors
    /// Why it was not carried out.
    pub fn ask(&self, command: Command, source: Source, timeout: Duration) -> Result<(), Refused> {
        self.begin(command, source)?.wait(timeout)
    }

    /// Sends a command; what became of it may be waited for, on any thread.
    ///
    /// # Errors
    /// As of [`Self::send`].
    pub fn begin(&self, command: Command, source: Source) -> Result<Awaited, Refused> {
        let (reply, replied) = bounded(1);
        self.post(Envelope { command, source, reply: Reply(Some(reply)) })?;
        Ok(Awaited(replied))
    }

    fn post(&self, envelope: Envelope) -> Result<(), Refused> {
        self.commands.try_send(envelope).map_err(|error| {
            Refused(match error {
                TrySendError::Full(_) => format!("{WAITING} commands wait already"),
                TrySendError::Disconnected(_) => "the show has ended".to_owned(),
            })
        })?;
        (self.shared.wake)();
        Ok(())
    }

    /// Returns the last status.
    #[must_use]
    pub fn status(&self) -> Arc<Status> {
        self.shared.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Watches the status; while anybody does, it is taken 20 times a second.
    #[must_use]
    pub fn watch(&self) -> StatusWatch {
        self.shared.watches.fetch_add(1, Ordering::Relaxed);
        (self.shared.wake)();
        StatusWatch { shared: self.shared.clone(), seen: 0 }
    }
}

/// A reader of the status that sees each change, or the last of several.
pub struct StatusWatch {
    shared: Arc<Shared>,
    /// The revision that was returned last.
    seen: u64,
}

impl StatusWatch {
    /// Returns the next status that was not returned yet; none after `timeout`.
    #[must_use]
    pub fn next(&mut self, timeout: Duration) -> Option<Arc<Status>> {
        let until = Instant::now() + timeout;
        let mut status = self.shared.status.lock().unwrap_or_else(PoisonError::into_inner);
        while status.revision == self.seen {
            let left = until.checked_duration_since(Instant::now())?;
            let waited = self.shared.changed.wait_timeout(status, left);
            status = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        self.seen = status.revision;
        Some(status.clone())
    }
}

impl Drop for StatusWatch {
    fn drop(&mut self) {
        self.shared.watches.fetch_sub(1, Ordering::Relaxed);
    }
}

impl ControlInbox {
    /// Returns a command that waits.
    #[must_use]
    pub fn next(&self) -> Option<Envelope> {
        self.commands.try_recv().ok()
    }

    /// Returns whether anybody watches the status.
    #[must_use]
    pub fn is_watched(&self) -> bool {
        self.shared.watches.load(Ordering::Relaxed) > 0
    }

    /// Publishes a status with the next revision.
    pub fn publish(&self, mut status: Status) {
        let mut last = self.shared.status.lock().unwrap_or_else(PoisonError::into_inner);
        status.revision = last.revision + 1;
        *last = Arc::new(status);
        drop(last);
        self.shared.changed.notify_all();
    }
}

impl Refused {
    /// Returns the notice of a refusal.
    #[must_use]
    pub fn notice(&self, source: Source, secs: f64) -> Notice {
        Notice { secs, level: NoticeLevel::Warning, origin: source.to_string(), text: self.0.clone(), repeats: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn commands_come_in_order_and_are_answered() {
        let (control, inbox) = Control::new(|| {});
        let asked = {
            let control = control.clone();
            thread::spawn(move || control.ask(Command::Go, Source::Ctl, Duration::from_secs(10)))
        };
        let envelope = loop {
            if let Some(envelope) = inbox.next() {
                break envelope;
            }
            thread::yield_now();
        };
        assert_eq!((&envelope.command, envelope.source), (&Command::Go, Source::Ctl));
        envelope.reply.send(Err(Refused("no playlist".into())));
        assert_eq!(asked.join().unwrap(), Err(Refused("no playlist".into())));
        for _ in 0..WAITING {
            control.send(Command::Back, Source::Osc).unwrap();
        }
        assert!(control.send(Command::Back, Source::Osc).unwrap_err().0.contains("wait already"));
        drop(inbox);
        assert_eq!(control.send(Command::Back, Source::Osc), Err(Refused("the show has ended".into())));
    }

    #[test]
    fn who_watches_sees_each_revision_once() {
        let (control, inbox) = Control::new(|| {});
        assert!(!inbox.is_watched());
        let mut watch = control.watch();
        assert!(inbox.is_watched() && watch.next(Duration::ZERO).is_none());
        inbox.publish(Status { speed: 2.0, ..Status::default() });
        assert_eq!(watch.next(Duration::ZERO).unwrap().speed, 2.0);
        assert!(watch.next(Duration::from_millis(1)).is_none());
        drop(watch);
        assert!(!inbox.is_watched());
    }
}
