//! Weeks in minutes: the whole program but its windows, on a virtual clock, from a seed. See [`run`].
//!
//! ```text
//! seed ──► planned day ──► incident, command ──► the program without windows ──► frames, checks
//!                               │                                                    │
//!                               └──► log, which is played again                 end of the day: gauges
//! ```
//!
//! What plays is what `millions play` plays: operator, player, ingest with its watcher, live reload, the stage's file, the state for a
//! restart, the command log, the renderer on a device of its own. Only windows, input devices and instruments are left out. Real time
//! is an argument of all of it, so a day takes as long as its frames do; the ingest and whatever watches files are threads in the
//! time of this machine, and are waited for after each change.

mod checks;
mod day;
mod gauges;
mod ground;
mod headless;
mod incident;
mod log;
mod report;
mod timeline;

use std::path::PathBuf;

use millions_gpu::GpuOptions;

pub use gauges::Gauges;
pub use report::{Counts, DayGauges, Failure, Report, Trend};
pub use timeline::run;

/// Seconds of a day.
pub(crate) const DAY_SECS: f64 = 86_400.0;

/// The options of a soak.
#[derive(Clone, Debug)]
pub struct SoakOptions {
    /// From it all follows that happens.
    pub seed: u64,
    /// Simulated hours.
    pub hours: f64,
    /// People on the wall, about.
    pub people: usize,
    /// Width and height of each of the two outputs, in pixels.
    pub size: [u32; 2],
    /// Losses of the graphics device, spread over the time; none for one or two a day.
    pub device_losses: Option<usize>,
    /// Where photographs, library, show and stage are made; kept if named.
    pub folder: Option<PathBuf>,
    /// A log of a soak before, whose incidents and commands happen again in place of new ones.
    pub replay: Option<PathBuf>,
    /// Where all that happens is written; beside the folder for things of a moment, and removed where all is well, without.
    pub log: Option<PathBuf>,
    /// A part of the adapter's name.
    pub adapter: Option<String>,
    /// What the device takes.
    pub gpu: GpuOptions,
}

/// What is told while a soak runs.
pub enum Progress<'a> {
    /// The wall plays.
    Began,
    /// A simulated day is over.
    Day(&'a DayGauges),
}
