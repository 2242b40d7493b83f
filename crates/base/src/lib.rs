//! What every crate of `millions` stands on, and none of it knows a wall: [ranges](Range) that a number is checked against,
//! [seeded randomness](SplitMix), [easing](smoothstep), [diagnostics](Diagnostic) for files that people write, the [files](Files) themselves,
//! [replacing them whole](AtomicFile) and [following their changes](watch).

mod atomic_file;
mod diagnostic;
mod ease;
mod files;
mod random;
mod range;
pub mod watch;

pub use atomic_file::{AtomicFile, folder_of, replace_file, sync_folder, temporary_path};
pub use diagnostic::{Diagnostic, Diagnostics, SourceLocation, nearest};
pub use ease::smoothstep;
pub use files::{CycleGuard, Disk, Files, Loaded, MemoryFiles, TrackedFiles};
pub use random::SplitMix;
pub use range::{OutOfRange, Range};
