//! Tone: what was measured of each portrait's light, and the look that brings everybody to one black and white.
//!
//! ```text
//! texel ─ cast ─ exposure ─ clarity ─ veil ─ surroundings ─ highlights ─ look ─ screen ─ grain ─ wall ─ dither
//!         └──────────── the portrait's Light, as far as exposure_matching ────────┘  └──── Look ────────┘   └ Projection
//! ```
//!
//! * [`LightMeasurement`] is a few figures a portrait, measured once, at ingest. [`LightMeasurement::print`] turns them into the terms of a
//!   cell: at exposure_matching 0 the portrait is as it was shot, at 1 the light is undone.
//! * [`Look`] is what a scene or the operator sets, for the whole wall.
//! * [`Calibration`] is what the building needs: its paint, its lamps, the projector.
//!
//! All of it works on gamma-encoded values, as a photographer's sliders do, and is applied live in
//! `shaders/tone.wgsl`; [`ToneUniform::shade`] is its twin, and a test holds the two together. A factor of light is a
//! factor of the signal: a stop is 2^(1 / 2.2) of a signal of gamma 2.2.

mod blue_noise;
mod calibration;
mod figures;
mod look;
mod measure;
mod shade;
pub mod trial;

pub use blue_noise::{BLUE_NOISE_SIDE, blue_noise};
pub use calibration::{Calibration, WALL_COLOURS, calibration_ranges};
pub use figures::{LightMeasurement, PortraitTone, Print, ToneFigures};
pub use look::{Look, NEUTRAL_MIX, look_ranges};
pub use measure::{FaceEdges, measure};
pub use shade::{Texel, ToneUniform, develop, surroundings};
