//! The demo crowd: procedurally generated portraits, for a wall without photographs.
//!
//! In: a seed and a count. Out: [`tiles`] for a library, or JPEG files with the faults of a crowd's photographs
//! ([`write_photographs`]). One person at a time: [`InventedPerson::invent`] decides every trait,
//! [`InventedPerson::draw`] draws in the style of a linocut, [`photograph`] simulates a camera.
//!
//! The same seed and number give the same person everywhere. The drawing is `f32` arithmetic: on one platform it is the
//! same to the byte, between platforms the last bit of a sine may differ.

#![deny(clippy::disallowed_methods, reason = "what is computed depends on its arguments alone")]

mod background;
mod beard;
mod camera;
mod canvas;
mod clothes;
mod draw;
mod face;
mod hair;
mod hats;
mod head;
mod headwear;
mod invent;
mod lettering;
mod person;
mod photograph;
mod phrases;
mod rng;
mod sign;
mod tiles;

pub use draw::{Drawing, Rect, Truth};
pub use person::InventedPerson;
pub use photograph::{DemoError, Photograph, photograph, photograph_sized, write_photographs};
pub use tiles::{ASPECT, DemoTile, FULLY_DRAWN, tiles};
