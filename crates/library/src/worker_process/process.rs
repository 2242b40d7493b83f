//! One worker process from the outside: started, given photographs, held to its time, and taken leave of.

use std::io::{self, ErrorKind, Read as _};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{env, thread};

use super::super::budget::{Allowance as _, MemoryBudget};
use super::super::decode::Limits;
use super::super::decoding::{Product, Task};
use super::super::error::too_costly;
use super::super::libheif;
use super::protocol::{Answer, Made, Order, Ready, Setup, nonsense, read, shortened, write};
use super::{REHEARSAL, WorkerProgram};

/// How long a photograph may take,
const MOST_TIME: Duration = Duration::from_secs(60);
/// and as much longer for each megabyte that decoding it allocates.
const TIME_PER_MEGABYTE: Duration = Duration::from_secs(1);
/// How long is waited for the end of a process that has closed its pipe.
const LEAVE_TIME: Duration = Duration::from_secs(2);
/// The bytes that a pipe holds, where the system grants them: a photograph in few turns.
#[cfg(target_os = "linux")]
const PIPE_BYTES: usize = 1 << 20;
/// The environment of a worker: where libraries are found, and nothing else of what this process was given, such as keys.
const VARIABLES: [&str; 9] = [
    libheif::VARIABLE,
    REHEARSAL,
    "LIBHEIF_PLUGIN_PATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
    "PATH",
    "SystemRoot",
    "TMPDIR",
];

/// A worker process that waits for a photograph, or decodes one. It ends when this is dropped.
#[derive(Debug)]
pub struct Worker {
    pub setup: Setup,
    pub ready: Ready,
    orders: ChildStdin,
    answers: ChildStdout,
    errors: ChildStderr,
    process: Arc<Process>,
}

/// How a worker process ended that was to run a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It took longer than so many seconds.
    Late(u64),
    /// It had no memory left.
    OutOfMemory,
    /// It crashed, or said what it cannot have said.
    Crashed,
    /// Somebody killed it; the system does where memory is short.
    Killed,
    /// Somebody asked it to end.
    Asked,
    /// Nobody waits for the product any more.
    Stopped,
}

impl Worker {
    /// Starts the process; [`Self::begin`] makes it a worker.
    ///
    /// # Errors
    /// The system's.
    pub fn spawn(program: &WorkerProgram) -> io::Result<Child> {
        let mut command = Command::new(&program.path);
        command.args(&program.arguments).env_clear();
        command.envs(VARIABLES.iter().filter_map(|name| Some((name, env::var_os(name)?))));
        // One arena of memory, so that its address space is what it uses.
        command.env("MALLOC_ARENA_MAX", "1");
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt as _;
            // Ctrl-C is the parent's.
            command.process_group(0).arg0("millions-worker");
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
    }

    /// Waits until a started process is ready.
    ///
    /// # Errors
    /// Where it ends before, or takes too long.
    pub fn begin(setup: Setup, process: Arc<Process>) -> io::Result<Self> {
        let (orders, answers, errors) = {
            let mut child = process.child();
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        };
        let (Some(mut orders), Some(mut answers), Some(errors)) = (orders, answers, errors) else {
            return Err(nonsense());
        };
        #[cfg(target_os = "linux")]
        // Where it is not granted, photographs take more turns.
        let _ = rustix::pipe::fcntl_setpipe_size(&orders, PIPE_BYTES);
        process.expect_within(MOST_TIME);
        write(&mut orders, &Order::Begin(setup), &[])?;
        let Answer::Ready(ready) = read(&mut answers, &mut Vec::new(), 0)? else { return Err(nonsense()) };
        process.expect_nothing();
        Ok(Self { setup, ready, orders, answers, errors, process })
    }

    /// Runs a task. After an error the worker is of no more use.
    ///
    /// # Errors
    /// How it ended, in the outer; the reason for which the photograph cannot be used, in the inner.
    pub fn run(
        &mut self,
        task: &Task,
        bytes: &[u8],
        limits: Limits,
        stop: &Arc<AtomicBool>,
        budget: &MemoryBudget,
    ) -> Result<Result<Product, String>, End> {
        self.process.patience().stop = Some(Arc::clone(stop));
        let done = self.exchange(task, bytes, limits, budget);
        let time = self.process.expect_nothing();
        self.process.patience().stop = None;
        done.map_err(|error| if stop.load(Ordering::Relaxed) { End::Stopped } else { self.end(&error, time) })
    }

    fn exchange(
        &mut self,
        task: &Task,
        bytes: &[u8],
        limits: Limits,
        budget: &MemoryBudget,
    ) -> io::Result<Result<Product, String>> {
        let most = most_time();
        self.process.expect_within(most);
        write(&mut self.orders, &Order::Run { task: task.clone(), limits }, bytes)?;
        let mut memory = budget.allowance();
        let mut pixels = Vec::new();
        loop {
            match read(&mut self.answers, &mut pixels, Made::most_bytes(task))? {
                Answer::Takes(needed) => {
                    // Waiting for others is none of its time.
                    self.process.expect_nothing();
                    memory.take(needed);
                    let megabytes = u32::try_from(needed.min(limits.max_alloc_bytes) >> 20).unwrap_or(u32::MAX);
                    self.process.expect_within(most.saturating_add(TIME_PER_MEGABYTE.saturating_mul(megabytes)));
                    write(&mut self.orders, &Order::Granted, &[])?;
                }
                Answer::Made(made) => return made.product(task, pixels).map(Ok).ok_or_else(nonsense),
                Answer::Rejected(reason) => return Ok(Err(shortened(reason))),
                Answer::Ready(_) => return Err(nonsense()),
            }
        }
    }

    /// How it ended, from the fault of its pipes.
    fn end(&mut self, error: &io::Error, time: Duration) -> End {
        if error.kind() == ErrorKind::InvalidData {
            return End::Crashed;
        }
        let Some(status) = self.process.wait(LEAVE_TIME) else { return End::Crashed };
        if self.process.was_late() {
            return End::Late(time.as_secs());
        }
        // What was written before the end; nobody can write any more.
        let mut said = Vec::new();
        let _ = self.errors.by_ref().take(4096).read_to_end(&mut said);
        let said = String::from_utf8_lossy(&said);
        if said.contains("memory allocation of") || said.contains("bad_alloc") {
            return End::OutOfMemory;
        }
        end_by_status(status)
    }
}

#[cfg(unix)]
fn end_by_status(status: ExitStatus) -> End {
    use std::os::unix::process::ExitStatusExt as _;
    const SIGHUP: i32 = 1;
    const SIGINT: i32 = 2;
    const SIGQUIT: i32 = 3;
    const SIGKILL: i32 = 9;
    const SIGTERM: i32 = 15;
    match status.signal() {
        Some(SIGKILL) => End::Killed,
        Some(SIGHUP | SIGINT | SIGQUIT | SIGTERM) => End::Asked,
        _ => End::Crashed,
    }
}

#[cfg(not(unix))]
fn end_by_status(_status: ExitStatus) -> End {
    End::Crashed
}

impl End {
    /// The reason for which a photograph is not used that ended its worker.
    pub fn reason(&self, limits: Limits) -> String {
        match self {
            Self::Late(secs) => {
                format!("decoding it took more than {secs} s and was given up: save it again as a JPEG")
            }
            Self::OutOfMemory => too_costly(None, limits.max_alloc_bytes),
            Self::Crashed => "the decoder crashed on it: save it again as a JPEG".into(),
            Self::Killed => "the system ended its decoding, as where memory is short: save it smaller".into(),
            Self::Stopped => {
                "it was not decoded, for the ingest was stopped: it is tried again at the next start".into()
            }
            Self::Asked => "its decoding was ended from outside: it is tried again at the next start".into(),
        }
    }
}

/// How long a photograph may take, without what it may for its size.
fn most_time() -> Duration {
    let rehearsed = env::var(REHEARSAL).ok().and_then(|secs| secs.parse().ok()).map(Duration::from_secs);
    rehearsed.unwrap_or(MOST_TIME)
}

/// A process and the time by which something is expected of it, which the pool's keeper holds it to.
#[derive(Debug)]
pub struct Process {
    child: Mutex<Child>,
    patience: Mutex<Patience>,
}

#[derive(Debug, Default)]
struct Patience {
    /// Until when, and how long that was in all.
    until: Option<(Instant, Duration)>,
    /// Ends it once it is true.
    stop: Option<Arc<AtomicBool>>,
    is_over: bool,
}

impl Process {
    pub fn new(child: Child) -> Self {
        Self { child: Mutex::new(child), patience: Mutex::default() }
    }

    fn child(&self) -> MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn patience(&self) -> MutexGuard<'_, Patience> {
        self.patience.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn expect_within(&self, time: Duration) {
        self.patience().until = Instant::now().checked_add(time).map(|until| (until, time));
    }

    /// Expects nothing any more; returns how long it had.
    fn expect_nothing(&self) -> Duration {
        self.patience().until.take().map_or(Duration::ZERO, |(_, time)| time)
    }

    fn was_late(&self) -> bool {
        self.patience().is_over
    }

    /// Ends it if its time is over, or nobody waits for it any more.
    pub fn hold_to_its_time(&self, now: Instant) {
        let mut patience = self.patience();
        let is_stopped = patience.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed));
        if !patience.is_over && (is_stopped || patience.until.is_some_and(|(until, _)| now > until)) {
            patience.is_over = true;
            // It has ended already, if not.
            let _ = self.child().kill();
        }
    }

    /// Waits for its end, at most so long.
    fn wait(&self, most: Duration) -> Option<ExitStatus> {
        let until = Instant::now() + most;
        loop {
            if let Ok(Some(status)) = self.child().try_wait() {
                return Some(status);
            }
            if Instant::now() > until {
                return None;
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let child = self.child.get_mut().unwrap_or_else(PoisonError::into_inner);
        // One that waits has nothing to lose.
        let _ = child.kill();
        let _ = child.wait();
    }
}
