//! The rectangle of a crop that is moved by hand, at a tile's aspect. See [`CropRect`].

use egui::{Pos2, Rect, Vec2, pos2, vec2};

/// The least height of a crop, as a part of the photograph's.
const LEAST: f32 = 0.05;

/// A rectangle within a photograph, in parts of its width and height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CropRect {
    pub rect: Rect,
    /// Width over height of the photograph as it is turned, over that of the tile.
    relative_aspect: f32,
}

impl CropRect {
    /// The one of this height about this point that fits a photograph and a tile of these aspects (width / height).
    pub fn about(middle: Pos2, height: f32, photograph_aspect: f32, tile_aspect: f32) -> Self {
        let relative_aspect = (photograph_aspect / tile_aspect).clamp(0.02, 50.0);
        Self { rect: Rect::ZERO, relative_aspect }.with(middle, height)
    }

    fn with(self, middle: Pos2, height: f32) -> Self {
        let most = self.relative_aspect.min(1.0);
        let height = height.clamp(LEAST.min(most), most);
        let half = vec2(height / self.relative_aspect, height) / 2.0;
        // In the middle where the whole width or height is taken: there limits may cross by a rounding.
        let inside = |at: f32, half: f32| if half >= 0.5 { 0.5 } else { at.clamp(half, 1.0 - half) };
        let middle = pos2(inside(middle.x, half.x), inside(middle.y, half.y));
        Self { rect: Rect::from_min_max(middle - half, middle + half), ..self }
    }

    /// Moved.
    pub fn moved(self, by: Vec2) -> Self {
        self.with(self.rect.center() + by, self.rect.height())
    }

    /// Larger by a factor, about its middle.
    pub fn scaled(self, by: f32) -> Self {
        self.with(self.rect.center(), self.rect.height() * by)
    }

    /// With the corner that was pulled to a point, and the opposite one where it was. `right` and `below` say which corner.
    pub fn pulled(self, right: bool, below: bool, to: Pos2) -> Self {
        let Rect { min, max } = self.rect;
        let fixed = pos2(if right { min.x } else { max.x }, if below { min.y } else { max.y });
        let room = vec2(if right { 1.0 - fixed.x } else { fixed.x }, if below { 1.0 - fixed.y } else { fixed.y });
        let sign = vec2(if right { 1.0 } else { -1.0 }, if below { 1.0 } else { -1.0 });
        let wanted = ((to.x - fixed.x) * sign.x * self.relative_aspect).max((to.y - fixed.y) * sign.y);
        let most = room.y.min(room.x * self.relative_aspect);
        let height = wanted.clamp(LEAST.min(most), most);
        let size = vec2(height / self.relative_aspect, height);
        self.with(fixed + sign * size / 2.0, height)
    }

    /// On the photograph after another quarter turn clockwise, as much of it.
    pub fn turned(self, tile_aspect: f32) -> Self {
        let aspect = self.relative_aspect * tile_aspect;
        let middle = self.rect.center();
        Self::about(pos2(1.0 - middle.y, middle.x), self.rect.height() / aspect, 1.0 / aspect, tile_aspect)
    }

    /// Left, top, width and height, as a command has them.
    pub fn area(self) -> [f64; 4] {
        let Rect { min, max } = self.rect;
        let [left, top, right, bottom] = [min.x, min.y, max.x, max.y].map(|edge| f64::from(edge.clamp(0.0, 1.0)));
        // Four digits are half a pixel of a large photograph's thumbnail, and can be read in a log.
        let round = |value: f64| (value * 1e4).round() / 1e4;
        let (left, top) = (round(left), round(top));
        [left, top, round(right - left).min(1.0 - left), round(bottom - top).min(1.0 - top)]
    }
}

/// Where a point of a photograph that was turned clockwise by so many quarters is in it before, both 0 to 1 each way.
pub fn unturned(p: Pos2, quarter_turns: u8) -> Pos2 {
    match quarter_turns % 4 {
        0 => p,
        1 => pos2(p.y, 1.0 - p.x),
        2 => pos2(1.0 - p.x, 1.0 - p.y),
        _ => pos2(1.0 - p.y, p.x),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use millions_base::SplitMix;

    /// Whatever is done to it, it lies within the photograph and has the tile's aspect.
    #[test]
    fn it_stays_within_and_keeps_its_aspect() {
        for seed in 0..500 {
            let mut random = SplitMix::new(seed, 0);
            let mut between = |low: f32, high: f32| low + (high - low) * random.unit() as f32;
            let (mut aspect, tile) = (between(0.2, 5.0), between(0.4, 2.5));
            let mut crop = CropRect::about(pos2(0.5, 0.4), 0.5, aspect, tile);
            for _ in 0..20 {
                let (x, y) = (between(-1.5, 1.5), between(-1.5, 1.5));
                crop = match between(0.0, 4.0) as u8 {
                    0 => crop.moved(vec2(x, y)),
                    1 => crop.scaled(x.abs() + 0.1),
                    2 => crop.pulled(x > 0.0, y > 0.0, pos2(x, y)),
                    _ => {
                        aspect = 1.0 / aspect;
                        crop.turned(tile)
                    }
                };
                let rect = crop.rect;
                let whole = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0)).expand(1e-4);
                assert!(whole.contains_rect(rect), "{seed}: {rect:?}");
                let shown = rect.width() * aspect / rect.height();
                assert!((shown / tile - 1.0).abs() < 1e-2, "{seed}: {rect:?}: {shown} of {tile}");
                let [left, top, width, height] = crop.area();
                assert!(
                    left >= 0.0 && top >= 0.0 && left + width <= 1.0 + 1e-9 && top + height <= 1.0 + 1e-9,
                    "{seed}"
                );
            }
        }
    }

    #[test]
    fn a_corner_is_pulled_and_the_other_stays() {
        let crop = CropRect::about(pos2(0.5, 0.5), 0.5, 0.8, 0.8);
        let pulled = crop.pulled(true, true, pos2(0.9, 0.9));
        assert!(
            (pulled.rect.min - crop.rect.min).length() < 1e-5 && (pulled.rect.max - pos2(0.9, 0.9)).length() < 1e-5
        );
        let pulled = crop.pulled(false, false, pos2(-1.0, -1.0));
        assert!(pulled.rect.min.to_vec2().length() < 1e-5 && (pulled.rect.max - crop.rect.max).length() < 1e-5);
    }

    #[test]
    fn four_turns_are_none() {
        let p = pos2(0.2, 0.7);
        // A point right of the upper edge comes to the right edge by a turn clockwise.
        assert_eq!(unturned(pos2(1.0, 0.25), 1), pos2(0.25, 0.0));
        assert!((unturned(unturned(p, 1), 3) - p).length() < 1e-6 && (unturned(unturned(p, 2), 2) - p).length() < 1e-6);
        let crop = CropRect::about(pos2(0.4, 0.3), 0.3, 1.5, 0.8);
        let again = (0..4).fold(crop, |crop, _| crop.turned(0.8));
        assert!((again.rect.min - crop.rect.min).length() < 1e-4, "{again:?}");
    }
}
