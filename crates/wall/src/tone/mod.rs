//! Tone: the exposure, colour cast and flare measured of each portrait, and the look that brings all portraits to one
//! black and white.
//!
//! ```text
//! texel ─ white balance ─ exposure ─ clarity ─ veil ─ burn/dodge ─ highlights ─ look ─ halftone ─ grain ─ wall ─ dither
//!         └────────── ToneCorrection, as far as exposure_matching ──────────┘  └─────── Look ───────┘   └ Calibration
//! ```
//!
//! * [`LightMeasurement`] is a few numbers a portrait, measured once, at ingest. [`LightMeasurement::correction`] turns
//!   them into the terms of a cell: at exposure matching 0 the portrait is as shot, at 1 fully corrected.
//! * [`Look`] is set by a scene or the operator, for the whole wall.
//! * [`Calibration`] adapts the picture to the building and the projector: gamma, black and white level, wall colour.
//!
//! All of it works on gamma-encoded values, as a photographer's sliders do, and is applied live in
//! `shaders/tone.wgsl`; [`ToneUniform::shade`] is the reference implementation on the CPU, and a test compares the two.
//! A factor of light is a factor of the signal: a stop is 2^(1 / 2.2) of a signal of gamma 2.2.

mod blue_noise;
mod calibration;
mod figures;
mod look;
mod look_parameter;
mod measure;
pub mod relight;
mod shade;

pub use blue_noise::{BLUE_NOISE, BLUE_NOISE_SIDE};
pub use calibration::{Calibration, WALL_COLOURS, calibration_ranges};
pub use figures::{LightMeasurement, PortraitTone, ToneCorrection, ToneFigures};
pub use look::{Look, NEUTRAL_MIX, look_ranges};
pub use look_parameter::LookParameter;
pub use measure::{FaceEdges, measure};
pub use shade::{CellTone, DevelopTable, ShadeInput, ToneUniform, develop, surround_mask};

/// Exponent of the transfer function that stops are converted with.
const GAMMA: f32 = 2.2;

/// Returns the BT.709 luma of encoded R, G, B.
fn luma(rgb: &[f32; 3]) -> f32 {
    rgb.iter().zip(NEUTRAL_MIX).map(|(value, weight)| value * weight).sum()
}

/// Returns the position of a pixel in a square picture of `side` pixels, from its middle, −0.5 to 0.5 each way.
fn tile_position(index: usize, side: usize) -> [f32; 2] {
    [index % side, index / side].map(|at| (at as f32 + 0.5) / side as f32 - 0.5)
}
