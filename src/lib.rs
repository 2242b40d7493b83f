//! `millions`: a folder of photographs of people becomes one moving black-and-white wall of faces, projected on a
//! building.
//!
//! # The way of a photograph
//!
//! [`library`] finds photographs, decodes them, turns them upright, brings them to sRGB, crops and resamples them, and
//! stores each as a [`tile`]: luma and chroma in blocks, with mips, read by position. Nothing else of the file is kept.
//!
//! # The way of a frame
//!
//! `clock → player → frame plan (a value) → GPU → report (a value)`. The [`show`] turns a time into a plan: which cells
//! the [`wall`] shows, who stands in them, and the look ([`tone`]). The [`gpu`] brings the tiles that the plan wants, at
//! the size that they have on the output, and draws. A plan is a pure function of the library's people, the scene and
//! the time, so a film equals the live picture and a lost device costs nothing but a moment.
//!
//! # Rooms
//!
//! Pure, tested without a GPU: [`tile`], [`tone`], [`wall`], [`stage`] (where the wall lands on a building), [`show`], [`reading`],
//! [`problem`]. [`lettering`] sets words and turns them into distance fields, [`pattern`] draws test pictures; they read nothing
//! but fonts. At the edges: [`library`] (files), [`gpu`] (wgpu, and nobody else), [`app`] (winit, and nobody else), [`export`] (stills and films), [`demo`] (invented
//! people), [`cli`] (the command line). `library` and `gpu` do not know each other: they meet in
//! [`tile::TileSource`].

pub mod app;
pub mod cli;
pub mod demo;
pub mod export;
pub mod fonts;
pub mod gpu;
pub mod lettering;
pub mod library;
pub mod pattern;
pub mod problem;
pub mod reading;
pub mod show;
pub mod stage;
pub mod tile;
pub mod tone;
pub mod wall;
