//! Words as large as a building: text → letters of a font, in their places → a distance field for each letter → quads.
//!
//! Everything is measured in ems until somebody says how large an em is, so that one [`TextLayout`] and one [`GlyphField`] a
//! letter serve from a caption to the whole wall. Nothing here draws, but [`coverage`], which says pixel by pixel what
//! whoever draws has to arrive at.
//!
//! ```text
//! Fonts ──► Setting::of, fill, crawl, caption ──► quads ──► FieldAtlas::place ──► a texture and rectangles in it
//!   └──────────────── glyph_field ───────────────────────────────┘
//! ```
//!
//! The same text in the same fonts makes the same letters in the same places; only what the system's fonts are differs
//! from machine to machine, and they are asked only for what the bundled fonts lack.

mod atlas;
mod breaks;
mod caption;
mod choice;
mod coverage;
mod faces;
mod field;
mod fit;
pub mod fonts;
mod joins;
mod layout;
mod outline;
mod quads;
mod shaping;
mod system;
#[cfg(test)]
mod tests;

pub use atlas::{AtlasFull, AtlasRegion, FIELD_PAGE_SIDE, FieldAtlas, PlacedGlyph};
pub use caption::{Block, BlockPart, CaptionText, caption};
pub use coverage::coverage;
pub use faces::{FaceId, Fonts, GlyphKey};
pub use field::{GlyphField, MAX_FIELD_SIDE, SPREAD, TEXELS_PER_EM};
pub use fit::{Fitted, crawl, fill};
pub use layout::{Bounds, Justify, LayoutGlyph, LayoutLine, TextLayout};
pub use outline::PathCommand;
pub use quads::{GlyphQuad, quads};
