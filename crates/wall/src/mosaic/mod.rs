//! The mosaic: which person stands in which cell, so that all of them together form a picture.
//!
//! ```text
//! floors of tiles ── as the look shows them ── Features ──┐
//!                                                          ├── assign ── Assignment: a person for each cell
//! picture ────────── cropped, a cell 4 × 4 ──── Features ──┘
//! ```
//!
//! Nothing here paints: a cell gets the person whose own tile, as it will be seen, is most like that part of the picture, in its
//! mean and in the light within it. All numbers from [`Features`] on are integers, so that every machine finds the same mosaic.

mod assign;
mod features;
mod panel;
mod picture;

#[cfg(test)]
mod tests;

pub use assign::{Assignment, MosaicOptions, assign};
pub use features::{Features, LEVEL, ShownLight};
pub use panel::MosaicPanel;
pub use picture::{MosaicPicture, MosaicPictureError};
