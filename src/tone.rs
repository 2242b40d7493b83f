//! Tone: what one portrait measures, and the curve that brings everybody to one black and white.

use serde::{Deserialize, Serialize};

/// What was measured of one portrait's light at ingest. All values are gamma-encoded sRGB, 0–255.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToneFigures {
    /// Luma below which 2 % of the picture lies.
    pub black: u8,
    /// The median luma.
    pub mid: u8,
    /// Luma above which 2 % of the picture lies.
    pub white: u8,
    /// Mean R, G, B.
    pub mean_rgb: [u8; 3],
}
