//! Tiers 4 and 5, the program itself: its command line, and its windows on virtual displays.

#[path = "../support/program.rs"]
mod program;

#[path = "../support/desk.rs"]
mod desk;

mod check;
mod command_line;
mod desk_window;
mod main_job;
mod render;
mod show_window;
mod stage_window;
mod window;
