//! `millions`: a folder of photographs of people becomes one moving black-and-white wall of faces, projected on a
//! building.
//!
//! This crate is the program: the [command line](cli), the [window](app) with its operator, [stills and films](export), and the
//! [test patterns](pattern) of an output. What can be understood, built and tested alone is a crate of its own under `crates/`;
//! ARCHITECTURE.md draws them.

pub mod app;
pub mod cli;
pub mod export;
pub mod pattern;
