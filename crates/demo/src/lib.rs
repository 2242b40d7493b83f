//! The demo crowd: invented people, drawn by code, for everybody who has no photographs yet.
//!
//! Nobody can ship other people's faces. So a [`InventedPerson`] is decided by a seed and a number (every trait in one value),
//! drawn as a linocut would be cut ([`InventedPerson::draw`]), and photographed badly on purpose ([`photograph`]), as a crowd's
//! photographs are. [`tiles`] makes tiles of them without the way through files.
//!
//! The same seed and number make the same person everywhere. The drawing is `f32` arithmetic: on one platform it is the
//! same to the byte, between platforms the last bit of a sine may differ.

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
pub use phrases::{PHRASES, Phrase};
pub use tiles::{ASPECT, DemoTile, FULLY_DRAWN, tiles};
