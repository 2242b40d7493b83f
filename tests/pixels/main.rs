//! Tiers 1 to 3, pictures: what the renderer draws, pixel by pixel, without a window.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "tests run under a harness that reads them")]

#[path = "../support/common.rs"]
mod common;

mod arrivals;
mod building;
mod faults;
mod golden;
mod journey;
mod parts;
mod random_keys;
mod sampling;
mod scenes;
mod show_pixels;
mod simulation;
mod stage_pixels;
mod wall_pixels;
