//! Typesetting for text as large as a building: text → itemized and shaped lines → positioned glyphs → a signed distance
//! field (SDF) for each glyph → quads in an atlas.
//!
//! In: a text, the name of a font, and a box to set it in. Out: [`GlyphQuad`]s, and the [`GlyphField`]s to upload to the
//! [`FieldAtlas`]. All lengths are in ems until a text is scaled, so that one [`TextLayout`], and one field a glyph, serve
//! from a caption to the whole wall. Drawing is left to the GPU; [`coverage`] is the reference implementation of it.
//!
//! ```text
//! Fonts ──► TextLayout::of, fill, crawl, caption ──► quads ──► FieldAtlas::place ──► a texture and regions of it
//!   └──────────────── glyph_field ──────────────────────────────────┘
//! ```
//!
//! The same text in the same fonts gives the same glyphs in the same places. Only the installed fonts differ from machine
//! to machine, and they are used only for what the bundled fonts lack.

#![deny(clippy::disallowed_methods, reason = "what is computed depends on its arguments alone")]

mod atlas;
mod caption;
mod coverage;
mod faces;
mod field;
mod fit;
pub mod fonts;
mod installed;
mod itemize;
mod layout;
mod line_breaking;
mod missing;
mod outline;
mod overlap;
mod quads;
mod shaping;
#[cfg(test)]
mod tests;

pub use atlas::{AtlasFull, AtlasRegion, FIELD_PAGE_SIDE, FieldAtlas, PlacedGlyph};
pub use caption::{Block, CaptionText, caption};
pub use coverage::coverage;
pub use faces::{FaceId, Fonts, GlyphKey};
pub use field::{GlyphField, MAX_FIELD_SIDE, SPREAD, TEXELS_PER_EM};
pub use fit::{PlacedText, crawl, fill, is_whole};
pub use layout::{Bounds, Justify, LayoutGlyph, LayoutLine, TextLayout};
pub use missing::MissingLetters;
pub use outline::PathCommand;
pub use quads::{GlyphQuad, quads};
