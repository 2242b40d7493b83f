//! Which part of a photograph the tile shows. The face-aware crop will stand here.

/// A part of an upright picture, in pixels from its upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

/// How much of what a tall picture has too much is cut off above; the rest is cut off below. Heads are up.
const CUT_ABOVE: f64 = 0.3;

/// The largest part with the tile's aspect (width / height): in the middle across, above the middle up and down.
#[must_use]
pub fn centre_biased_up(width: u32, height: u32, aspect: f64) -> Rect {
    let (full_width, full_height) = (f64::from(width), f64::from(height));
    let width = full_width.min(full_height * aspect);
    let height = full_height.min(full_width / aspect);
    Rect { x: (full_width - width) / 2.0, y: (full_height - height) * CUT_ABOVE, width, height }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_part_of_the_aspect() {
        assert_eq!(centre_biased_up(400, 500, 0.8), Rect { x: 0.0, y: 0.0, width: 400.0, height: 500.0 });
        assert_eq!(centre_biased_up(1000, 500, 0.8), Rect { x: 300.0, y: 0.0, width: 400.0, height: 500.0 });
        assert_eq!(centre_biased_up(400, 1500, 0.8), Rect { x: 0.0, y: 300.0, width: 400.0, height: 500.0 });
        let sliver = centre_biased_up(1, 100_000, 0.8);
        assert!(sliver.width == 1.0 && sliver.height == 1.25);
    }
}
