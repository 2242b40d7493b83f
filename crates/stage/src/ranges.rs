//! The ranges of a stage's numbers, for its file and its editor.

use millions_base::Range;

/// The wall's width over its height.
pub const ASPECT: Range = Range::new(0.05, 100.0, "times as wide as high");
/// An output's width and height.
pub const SIZE: Range = Range::new(1.0, 16_384.0, "pixels");
/// Where an output begins on its monitor.
pub const AT: Range = Range::new(0.0, 65_535.0, "pixels");
/// The delay of an output.
pub const DELAY: Range = Range::new(0.0, 30.0, "frames");
/// The brightness of an output.
pub const BRIGHTNESS: Range = Range::new(0.1, 1.0, "");
/// The gain of red, green and blue.
pub const GAIN: Range = Range::new(0.2, 1.0, "for each of red, green and blue");
/// The curve of an edge blend.
pub const CURVE: Range = Range::new(0.5, 4.0, "");
/// A projector's own gamma.
pub const BLEND_GAMMA: Range = Range::new(1.0, 4.0, "");
/// The width of an edge blend.
pub const FADE: Range = Range::new(0.0, 16_384.0, "pixels");
/// The black level, of white's light.
pub const BLACK_LIGHT: Range = Range::new(0.0, 0.1, "of white's light");
/// The width of a feather.
pub const FEATHER: Range = Range::new(0.0, 1000.0, "pixels");
/// A place on the wall, as a part of its width or height.
pub const PART: Range = Range::new(0.0, 1.0, "of the wall's width and height");
/// The least width and height of a surface's part.
pub const LEAST_PART: f64 = 0.0001;
/// A place on an output; a surface may reach beyond it.
pub const PIXELS: Range = Range::new(-100_000.0, 100_000.0, "pixels");
/// A place on a surface; what is beyond 0 to 1 is beyond the surface.
pub const PLACE: Range = Range::new(-10.0, 10.0, "of the surface's width and height");
/// A mesh's columns and rows.
pub const CELLS: Range = Range::new(1.0, 64.0, "cells");
/// The amount of a bend.
pub const BEND: Range = Range::new(5.0, 175.0, "degrees");
/// A surface's width on the building.
pub const WIDTH_M: Range = Range::new(0.01, 10_000.0, "metres");
/// The most points of a mask's path. A curved segment has a thousand pieces at most, and seldom more than ten.
pub const MASK_POINTS: usize = 4096;
/// The most points of an SVG's outlines; with more it stays a drawing.
pub const SVG_POINTS: usize = 20_000;
/// The most outlines of an SVG; with more it stays a drawing.
pub const SVG_MASKS: usize = 500;
/// The most outputs, surfaces or presets of a stage. Each surface is held against each other one, which takes a second then.
pub const TABLES: usize = 1000;
