//! Tiers 4 and 5, the program itself: its command line, and its windows on virtual displays.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "tests run under a harness that reads them")]

#[path = "../support/program.rs"]
mod program;

#[path = "../support/desk.rs"]
mod desk;

#[cfg(target_os = "linux")]
#[path = "../support/browser.rs"]
mod browser;

mod check;
mod command_line;
mod control_window;
mod crops_window;
mod desk_evening;
mod desk_window;
mod folders_window;
mod main_job;
mod output;
mod phone_window;
mod render;
mod screens;
mod show_window;
mod soak;
mod stage_window;
mod watchdog_window;
mod window;
