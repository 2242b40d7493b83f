//! The worker processes of this process: as many as photographs are decoded at a time, kept for the next ones, and ended when none
//! have come for a while.

use std::io;
use std::process::Child;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};

use super::super::budget::MemoryBudget;
use super::super::decode::Limits;
use super::super::decoding::{Fault, Product, Task};
use super::WorkerProgram;
use super::process::{End, Process, Worker};
use super::protocol::{Ready, Setup};

/// How often the keeper looks at the processes while there are some.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long a process is kept that has nothing to do.
const KEPT: Duration = Duration::from_secs(20);

/// The worker processes.
#[derive(Debug)]
pub struct Workers {
    starts: Sender<Start>,
    idle: Arc<Mutex<Vec<Idle>>>,
    /// What the first one said of itself.
    ready: OnceLock<Ready>,
}

/// A process to be started, and where it is waited for.
#[derive(Debug)]
struct Start(Sender<io::Result<Arc<Process>>>);

#[derive(Debug)]
struct Idle {
    worker: Worker,
    since: Instant,
}

impl Workers {
    pub fn new(program: WorkerProgram) -> Self {
        let (starts, to_start) = unbounded();
        let idle: Arc<Mutex<Vec<Idle>>> = Arc::default();
        let waiting = Arc::clone(&idle);
        // Where there is no thread nothing can be started, which whoever wants a worker is told.
        let _ = thread::Builder::new().name("workers".into()).spawn(move || keep(&program, &to_start, &waiting));
        Self { starts, idle, ready: OnceLock::new() }
    }

    /// Runs a task in a worker process. A process that ends at it costs this photograph alone; it is tried in a new one once more, for an earlier
    /// photograph may have done the damage.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn run(
        &self,
        task: &Task,
        bytes: &[u8],
        limits: Limits,
        gives_way: bool,
        stop: &Arc<AtomicBool>,
        budget: &MemoryBudget,
    ) -> Result<Product, Fault> {
        let setup = Setup { gives_way, max_alloc_bytes: limits.max_alloc_bytes };
        let mut worker = match self.take_idle(setup) {
            Some(worker) => worker,
            None => self.start(setup).map_err(Fault::Passing)?,
        };
        let mut tried = 1;
        loop {
            match worker.run(task, bytes, limits, stop, budget) {
                Ok(done) => {
                    self.idle().push(Idle { worker, since: Instant::now() });
                    return done.map_err(Fault::Rejected);
                }
                // A second try would take as long.
                Err(end @ End::Late(_)) => return Err(Fault::Rejected(end.reason(limits))),
                Err(end @ End::Stopped) => return Err(Fault::Passing(end.reason(limits))),
                Err(_) if tried == 1 => worker = self.start(setup).map_err(Fault::Passing)?,
                Err(end @ End::Asked) => return Err(Fault::Passing(end.reason(limits))),
                Err(end) => return Err(Fault::Rejected(end.reason(limits))),
            }
            tried += 1;
        }
    }

    /// What a worker process says of itself, of one that there is or of a new one.
    ///
    /// # Errors
    /// A text, where none can be started.
    pub fn ready(&self) -> Result<Ready, String> {
        if let Some(ready) = self.ready.get() {
            return Ok(ready.clone());
        }
        let setup = Setup { gives_way: false, max_alloc_bytes: Limits::default().max_alloc_bytes };
        let worker = self.start(setup)?;
        let ready = worker.ready.clone();
        self.idle().push(Idle { worker, since: Instant::now() });
        Ok(ready)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The one that was busy last.
    fn take_idle(&self, setup: Setup) -> Option<Worker> {
        let mut idle = self.idle();
        let at = idle.iter().rposition(|idle| idle.worker.setup == setup)?;
        Some(idle.remove(at).worker)
    }

    fn start(&self, setup: Setup) -> Result<Worker, String> {
        let failed = |error: io::Error| {
            format!("no process could be started to decode it ({error}): end other programs, and start again")
        };
        let gone = || failed(io::Error::other("there is no thread for it"));
        let (sender, started) = bounded(1);
        self.starts.send(Start(sender)).map_err(|_| gone())?;
        let process = started.recv().map_err(|_| gone())?.map_err(failed)?;
        let worker = Worker::begin(setup, process).map_err(failed)?;
        self.ready.get_or_init(|| worker.ready.clone());
        Ok(worker)
    }
}

/// Starts processes, holds each to its time, and ends those that have had nothing to do. They are started by one thread, which lives as long as
/// this process: on Linux they end with the thread that started them.
fn keep(program: &WorkerProgram, starts: &Receiver<Start>, idle: &Mutex<Vec<Idle>>) {
    let mut processes: Vec<Weak<Process>> = Vec::new();
    loop {
        let start = if processes.is_empty() {
            starts.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            starts.recv_timeout(LOOK_EVERY)
        };
        match start {
            Ok(Start(waiting)) => {
                let started = Worker::spawn(program).map(|child: Child| Arc::new(Process::new(child)));
                processes.extend(started.as_ref().ok().map(Arc::downgrade));
                // Nobody waits any more, else.
                let _ = waiting.send(started);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        let now = Instant::now();
        processes.retain(|process| process.upgrade().inspect(|process| process.hold_to_its_time(now)).is_some());
        let ended: Vec<Idle> = {
            let mut idle = idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.extract_if(.., |idle| now.duration_since(idle.since) > KEPT).collect()
        };
        drop(ended);
    }
}
