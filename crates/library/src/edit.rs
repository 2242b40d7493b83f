//! The edit of a photograph that the spreadsheets ask for: a crop and a rotation.

use serde::{Deserialize, Serialize};

use super::crop::Rect;
use super::orientation::OrientationTransform;

/// A crop and a rotation. The default leaves the crop to the detector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Edit {
    /// The part to show.
    pub crop: Option<Crop>,
    /// Quarter turns clockwise, 0 to 3, after the EXIF orientation.
    pub quarter_turns: u8,
}

/// A part of a photograph after EXIF orientation and rotation, from its upper left corner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Crop {
    /// From the left edge.
    pub x: Length,
    /// From the upper edge.
    pub y: Length,
    /// Across.
    pub width: Length,
    /// Up and down.
    pub height: Length,
}

/// A length in a photograph. Whole thousandths, so that equal edits are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Length {
    /// Thousandths of a pixel, or of a percent.
    pub thousandths: u32,
    /// Whether it is a percentage of the photograph's width or height.
    pub is_percent: bool,
}

impl Length {
    /// Converts to pixels, in a photograph of `whole` pixels on that axis.
    fn px(self, whole: f64) -> f64 {
        let value = f64::from(self.thousandths) / 1000.0;
        if self.is_percent { value / 100.0 * whole } else { value }
    }
}

impl Edit {
    /// Whether it changes nothing.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// The orientation transform of a photograph with the EXIF orientation `exif`, rotation included.
    pub(super) fn orientation(&self, exif: OrientationTransform) -> OrientationTransform {
        (0..self.quarter_turns % 4).fold(exif, |transform, _| transform.then(OrientationTransform::QUARTER))
    }

    /// The crop in pixels of an upright photograph, at the tile's aspect (width / height); `None` where the edit has none,
    /// or one that lies outside.
    ///
    /// Nothing of the crop is cut off while the photograph has enough beside it: the rectangle grows to the aspect, and
    /// moves inward at an edge.
    pub(super) fn crop_rect(&self, width: u32, height: u32, aspect: f64) -> Option<Rect> {
        let (full_width, full_height) = (f64::from(width), f64::from(height));
        let Crop { x, y, width, height } = self.crop?;
        let (left, top) = (x.px(full_width), y.px(full_height));
        let right = (left + width.px(full_width)).min(full_width);
        let bottom = (top + height.px(full_height)).min(full_height);
        // Less than a pixel lies outside.
        if right - left < 1.0 || bottom - top < 1.0 {
            return None;
        }
        let (width, height) =
            ((right - left).max((bottom - top) * aspect), (bottom - top).max((right - left) / aspect));
        let shrink = (full_width / width).min(full_height / height).min(1.0);
        let (width, height) = (width * shrink, height * shrink);
        let x = ((left + right - width) / 2.0).clamp(0.0, (full_width - width).max(0.0));
        let y = ((top + bottom - height) / 2.0).clamp(0.0, (full_height - height).max(0.0));
        Some(Rect { x, y, width, height })
    }

    /// The remark on a crop that lies outside of an upright photograph of this size.
    pub(super) fn remark(&self, width: u32, height: u32, aspect: f64) -> Option<String> {
        (self.crop.is_some() && self.crop_rect(width, height, aspect).is_none()).then(|| {
            format!("its crop, of people.csv or by hand, lies outside of the photograph ({width}×{height} pixels), and is not used")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crop(values: [u32; 4], is_percent: bool) -> Edit {
        let [x, y, width, height] = values.map(|value| Length { thousandths: value * 1000, is_percent });
        Edit { crop: Some(Crop { x, y, width, height }), quarter_turns: 0 }
    }

    #[test]
    fn a_crop_grows_to_the_aspect_and_stays_inside() {
        let part = |values, is_percent| crop(values, is_percent).crop_rect(1000, 500, 0.8).unwrap();
        assert_eq!(part([100, 100, 160, 200], false), Rect { x: 100.0, y: 100.0, width: 160.0, height: 200.0 });
        assert_eq!(part([10, 20, 16, 40], true), Rect { x: 100.0, y: 100.0, width: 160.0, height: 200.0 });
        // Narrower than a tile: more at both sides; at the edge, more at the other.
        assert_eq!(part([100, 100, 80, 200], false), Rect { x: 60.0, y: 100.0, width: 160.0, height: 200.0 });
        assert_eq!(part([0, 100, 80, 200], false), Rect { x: 0.0, y: 100.0, width: 160.0, height: 200.0 });
        // Wider than any tile of this photograph can be: its middle.
        assert_eq!(part([0, 0, 1000, 500], false), Rect { x: 300.0, y: 0.0, width: 400.0, height: 500.0 });
        assert_eq!(part([900, 400, 9000, 9000], false), Rect { x: 900.0, y: 375.0, width: 100.0, height: 125.0 });
    }

    #[test]
    fn a_crop_outside_is_none_and_said() {
        for values in [[1000, 0, 10, 10], [0, 500, 10, 10], [5, 5, 0, 10], [u32::MAX / 1000; 4]] {
            assert_eq!(crop(values, false).crop_rect(1000, 500, 0.8), None);
            assert!(crop(values, false).remark(1000, 500, 0.8).unwrap().contains("1000×500"));
        }
        assert_eq!(Edit::default().remark(1000, 500, 0.8), None);
    }
}
