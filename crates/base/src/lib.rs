//! What every crate of `millions` stands on, and none of it knows a wall: [ranges](Range) that a number is checked against,
//! [seeded randomness](SplitMix), [diagnostics](Diagnostic) for files that people write, and the [files](Files) themselves.

mod diagnostic;
mod files;
mod random;
mod range;

pub use diagnostic::{Diagnostic, Diagnostics, SourceLocation, nearest};
pub use files::{CycleGuard, Disk, Files, Loaded, MemoryFiles, TrackedFiles};
pub use random::SplitMix;
pub use range::{OutOfRange, Range};
