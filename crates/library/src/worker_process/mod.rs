//! Worker processes: whatever decodes photographs runs in processes of its own, so that a fault of a decoder, also one that ends its
//! process, costs one photograph and never the wall.
//!
//! ```text
//! this process                                       worker process (`serve`)
//!   Workers::run ── task, bytes ──────────────────►  TaskRunner::run, behind the sandbox
//!        │        ◄── the memory that it takes ────      │
//!        │        ─── granted, from the budget ──►       │
//!        ▼        ◄── product, or the reason ──────      ▼
//! ```
//!
//! The program says once how to start one ([`decode_in_processes`]); without that, as in tests, tasks run in this process. A process
//! ends with its standard input, and when its parent does.

mod pool;
mod process;
mod protocol;
mod sandbox;
mod serve;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::OnceLock;

pub use pool::Workers;
pub use sandbox::Sandbox;
pub use serve::serve;

/// The environment variable by which tests rehearse faults: the seconds that a photograph may take, and that workers obey what stands
/// at the end of a photograph's file (see `serve.rs`).
const REHEARSAL: &str = "MILLIONS_REHEARSE_WORKERS";

/// How a worker process is started: a program that calls [`serve`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerProgram {
    /// The program.
    pub path: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
}

impl WorkerProgram {
    /// This program, with other arguments.
    ///
    /// # Errors
    /// Where the system does not say where it is.
    pub fn this<A: Into<OsString>>(arguments: impl IntoIterator<Item = A>) -> std::io::Result<Self> {
        let path = if cfg!(target_os = "linux") {
            // Also where the file has been replaced since, by an update.
            PathBuf::from("/proc/self/exe")
        } else {
            std::env::current_exe()?
        };
        Ok(Self { path, arguments: arguments.into_iter().map(Into::into).collect() })
    }
}

static WORKERS: OnceLock<Workers> = OnceLock::new();

/// Has everything decoded in worker processes from now on. The first call counts; processes are started when they are needed.
pub fn decode_in_processes(program: WorkerProgram) {
    WORKERS.get_or_init(|| Workers::new(program));
}

/// The worker processes, if there are any.
pub fn workers() -> Option<&'static Workers> {
    WORKERS.get()
}

/// The restrictions that a worker process has put on itself; `None` where photographs are decoded in this process.
///
/// # Errors
/// A text, where no worker process can be started.
pub fn sandbox() -> Result<Option<Sandbox>, String> {
    workers().map(|workers| workers.ready().map(|ready| ready.sandbox)).transpose()
}
