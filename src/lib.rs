//! `millions`: a folder of photographs of people becomes one moving black-and-white wall of faces.
pub mod demo;
pub mod fonts;
pub mod library;
pub mod tile;
pub mod tone;
