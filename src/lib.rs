//! `millions`: a folder of photographs of people becomes one moving black-and-white wall of faces, projected on a
//! building.
//!
//! This crate is the program: its [command line](cli), the [running wall](app) in windows with its operator and stage editor, the
//! [export](export) of stills and films, and the [test patterns](pattern) of an output, and the [soak](soak), weeks of it in minutes. The wall, the show, the stage, the
//! library of portraits and the renderer are crates of their own under `crates/`; ARCHITECTURE.md draws them.

pub mod app;
pub mod cli;
pub mod export;
pub mod pattern;
pub mod soak;
