//! The portrait in the foreground of a scene of kind `one`, and its caption. See [`Foreground`].

use glam::DVec2;

use super::super::{Biography, One, TextSide};
use super::WallShape;
use millions_frame::{Align, Fill, Layer, TextPlacement, WordsLayer};
use millions_wall::tone::Look;

/// How much a portrait grows while it is in the foreground.
const PUSH_IN: f64 = 0.035;
/// The height of the portrait in the foreground, where the wall is wide enough.
const MAX_HEIGHT: f64 = 0.94;
/// The part of the wall's width that it may take.
const MAX_WIDTH: f64 = 0.9;
/// The caption's width beside the portrait, in portrait heights.
const CAPTION_WIDTH: f64 = 0.95;
/// Font size of a name, in wall heights: on a wall of ten metres its capitals are 90 cm high, and those of a quote 55
/// cm, legible from far more than 50 m.
const NAME_SIZE: f64 = 0.13;
/// The same at most in widths of its area, so that few words have to be broken.
const NAME_SIZE_OF_WIDTH: f64 = 0.19;
/// The height of the portrait where the wall is too narrow for a caption beside it, which is then below.
const HEIGHT_WITH_CAPTION_BELOW: f64 = 0.6;
/// The wall's least aspect for a caption beside the portrait.
const CAPTION_BESIDE_ASPECT: f64 = 1.2;

/// The place of a turn's portrait in the foreground, in wall coordinates.
#[derive(Clone, Copy, Debug)]
pub struct Foreground {
    middle: DVec2,
    height: f64,
    shape: WallShape,
}

impl Foreground {
    /// Places the portrait of a turn, so that its caption fits beside it or, on a narrow wall, below.
    pub fn new(one: &One, shape: WallShape, turn: i64) -> Self {
        let WallShape { wall_aspect, tile_aspect, .. } = shape;
        let at = |x: f64, y: f64, height: f64| Self { middle: DVec2::new(x, y), height, shape };
        let height = MAX_HEIGHT.min(wall_aspect * MAX_WIDTH / tile_aspect);
        let is_caption_beside = one.caption && wall_aspect > CAPTION_BESIDE_ASPECT;
        if !is_caption_beside {
            let height = if one.caption { height.min(HEIGHT_WITH_CAPTION_BELOW) } else { height };
            let y = if one.caption { 0.04 + height / 2.0 } else { 0.5 };
            return at(wall_aspect / 2.0, y, height);
        }
        let width = height * tile_aspect;
        let caption = (height * CAPTION_WIDTH).min(wall_aspect - width - 0.2);
        let group = width + 0.08 + caption;
        let left = (wall_aspect - group) / 2.0;
        let is_left = match one.side {
            TextSide::Left => true,
            TextSide::Right => false,
            TextSide::Centre => return at(wall_aspect / 2.0, 0.5, height),
            TextSide::Alternate => turn.rem_euclid(2) == 0,
        };
        let x = if is_left { left + width / 2.0 } else { wall_aspect - left - width / 2.0 };
        at(x, 0.5, height)
    }

    /// Returns the size of the portrait at its largest.
    pub fn largest(&self) -> DVec2 {
        let height = self.height * (1.0 + PUSH_IN);
        DVec2::new(height * self.shape.tile_aspect, height)
    }

    /// Interpolates the corners of a portrait from those in its cell to the foreground: `forward` of the way, 0 to 1,
    /// in equal ratios of size, as something approaching is seen; `t` is how much of the turn is over, 0 to 1.
    pub fn corners(&self, in_cell: [DVec2; 2], forward: f64, t: f64) -> [DVec2; 2] {
        let Self { middle, height, shape } = *self;
        let own = in_cell[1].y - in_cell[0].y;
        let now = own * (height / own).powf(forward);
        let nearness = if (height - own).abs() < 1e-9 { forward } else { (now - own) / (height - own) };
        let at = (in_cell[0] + in_cell[1]) / 2.0 + (middle - (in_cell[0] + in_cell[1]) / 2.0) * nearness;
        let size = now * (1.0 + PUSH_IN * t.clamp(0.0, 1.0) * forward);
        let half = DVec2::new(size * shape.tile_aspect, size) / 2.0;
        [at - half, at + half]
    }

    /// Returns the caption, on the wider side of the portrait or below it; none where there is no room.
    pub fn caption(&self, biography: &Biography, opacity: f32, look: &Look) -> Option<Layer> {
        let Self { middle, height, shape: WallShape { wall_aspect, tile_aspect, .. } } = *self;
        let width = height * tile_aspect;
        let (left, right) = (middle.x - width / 2.0, middle.x + width / 2.0);
        let (area, align) = if wall_aspect < CAPTION_BESIDE_ASPECT {
            let top = middle.y + height / 2.0 + 0.03;
            ([DVec2::new(wall_aspect * 0.06, top), DVec2::new(wall_aspect * 0.94, 0.97)], Align::Centre)
        } else if left > wall_aspect - right {
            let caption = (height * CAPTION_WIDTH).min(left - 0.14);
            ([DVec2::new(left - 0.08 - caption, 0.08), DVec2::new(left - 0.08, 0.92)], Align::Right)
        } else {
            let caption = (height * CAPTION_WIDTH).min(wall_aspect - right - 0.14);
            ([DVec2::new(right + 0.08, 0.08), DVec2::new(right + 0.08 + caption, 0.92)], Align::Left)
        };
        if area[1].x - area[0].x < 0.1 {
            return None;
        }
        let [name, place, quote] = [&biography.name, &biography.place, &biography.quote].map(Clone::clone);
        let size = NAME_SIZE.min((area[1].x - area[0].x) * NAME_SIZE_OF_WIDTH);
        let text = TextPlacement::Caption { name, place, quote, area, align, size };
        Some(Layer::Words(WordsLayer { text, fill: Fill::Solid, look: *look, font: None, opacity, intensity: 1.0 }))
    }
}
