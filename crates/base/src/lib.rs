//! Utilities that every other crate uses, none of which knows a wall.
//!
//! Files that people write come in through [`Files`], so that a parser can be tested in memory and its files watched;
//! mistakes in them go out as [`Diagnostics`]. Files that the program writes go out through [`replace_file`] or
//! [`AtomicFile`]. A [`Range`] holds the limits of a number, for checks and for descriptions. [`SplitMix`] is the seeded
//! random sequence and [`smoothstep`] the easing that everything uses; [`watch`] follows changes of files; [`catch_panic`]
//! keeps a worker alive.

mod atomic_file;
mod catch_panic;
mod diagnostic;
mod ease;
mod files;
mod printable;
mod random;
mod range;
mod repeated;
pub mod watch;

pub use atomic_file::{AtomicFile, folder_of, replace_file, sync_folder, temporary_path};
pub use catch_panic::catch_panic;
pub use diagnostic::{Diagnostic, Diagnostics, MOST_DIAGNOSTICS, SourceLocation, nearest};
pub use ease::smoothstep;
pub use files::{CycleGuard, Disk, Files, Loaded, MemoryFiles, Tolerant, TrackedFiles};
pub use printable::{printable, printable_lines, printable_path};
pub use random::SplitMix;
pub use range::{OutOfRange, Range};
pub use repeated::RepeatedErrors;
