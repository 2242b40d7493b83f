//! The watchdog: when the wall is alive, when it hangs, and what is done about it.
//!
//! ```text
//! drawing thread ─► Observation ─► Watchdog ─► Verdict: alive, doubtful, recover, leave, end
//!                                     ▲
//! journal of this boot ─► History ────┴─► DriverMode of the next start, its pause, and how often at most
//!
//! end of a run ─► RunEnd ─► Runs ─► NextRun, and what it adds to the journal
//! ```
//!
//! A pause is no hang: a wall that is held, black or closed still presents frames, and a window that nobody can see has none to present.
//! What cannot be told is left alone. Nothing here reads a clock, writes a file or ends a process; the program does (`app/watch`,
//! `cli/supervise.rs`).

#![deny(clippy::disallowed_methods, reason = "what is computed depends on its arguments alone")]

mod history;
mod machine;
#[cfg(test)]
mod machine_tests;
mod supervision;

pub use history::{Cause, DriverMode, FORGIVEN_SECS, History, MOST_RECOVERIES, Recovery};
pub use machine::{Expectation, Limits, Observation, Verdict, Watchdog};
pub use supervision::{Liveness, NO_PICTURE_CODE, NextRun, RECOVER_CODE, RunEnd, Runs};
