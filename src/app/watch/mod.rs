//! The watch over the drawing thread: its signs of life, who watches them, and what is told to whoever supervises the program.
//!
//! ```text
//! drawing thread ──► Pulse ◄── watcher (4 times a second) ──► journal, end of the process
//!        └── READY, WATCHDOG after a presented frame ──► service manager or `millions play --supervise`
//! ```

mod boot;
mod drawing_watch;
mod journal;
#[cfg(unix)]
mod service;
mod watcher;

pub use boot::{boot_id, uptime_secs};
pub use drawing_watch::{DrawingWatch, WatchOptions};
pub use journal::{Journal, JournalEntry};
#[cfg(unix)]
pub use service::{NotifySocket, Service, watchdog_usec};
