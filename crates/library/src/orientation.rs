//! EXIF orientation: the transform from a picture as stored to the upright one.
//!
//! The crop is chosen on the upright picture and cut out of the stored one; only the finished square is transformed: 65
//! thousand texels instead of 24 million.

use image::metadata::Orientation;

use super::crop::Rect;

/// One of the eight orientations, a quarter-turn with or without a mirror: `stored(x, y) = upright(u, v)`, with u and v
/// swapped if transposed, and then each of x and y counted from the far side if flipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrientationTransform {
    transposed: bool,
    flip_x: bool,
    flip_y: bool,
}

impl From<Orientation> for OrientationTransform {
    fn from(orientation: Orientation) -> Self {
        let (transposed, flip_x, flip_y) = match orientation {
            Orientation::NoTransforms => (false, false, false),
            Orientation::FlipHorizontal => (false, true, false),
            Orientation::Rotate180 => (false, true, true),
            Orientation::FlipVertical => (false, false, true),
            Orientation::Rotate90FlipH => (true, false, false),
            Orientation::Rotate90 => (true, false, true),
            Orientation::Rotate270FlipH => (true, true, true),
            Orientation::Rotate270 => (true, true, false),
        };
        Self { transposed, flip_x, flip_y }
    }
}

impl OrientationTransform {
    /// A quarter turn clockwise.
    pub const QUARTER: Self = Self { transposed: true, flip_x: false, flip_y: true };

    /// Composes this transform with another that is applied after it.
    #[must_use]
    pub const fn then(self, next: Self) -> Self {
        let (next_x, next_y) = if self.transposed { (next.flip_y, next.flip_x) } else { (next.flip_x, next.flip_y) };
        Self {
            transposed: self.transposed ^ next.transposed,
            flip_x: self.flip_x ^ next_x,
            flip_y: self.flip_y ^ next_y,
        }
    }

    /// The upright size of a picture stored at this size; and the other way round.
    #[must_use]
    pub const fn size(self, width: u32, height: u32) -> (u32, u32) {
        if self.transposed { (height, width) } else { (width, height) }
    }

    /// Maps a rectangle of the upright picture into the picture stored at `width` × `height`.
    #[must_use]
    pub fn stored_rect(self, upright: Rect, width: u32, height: u32) -> Rect {
        let mut rect = upright;
        if self.transposed {
            rect = Rect { x: upright.y, y: upright.x, width: upright.height, height: upright.width };
        }
        if self.flip_x {
            rect.x = f64::from(width) - rect.x - rect.width;
        }
        if self.flip_y {
            rect.y = f64::from(height) - rect.y - rect.height;
        }
        rect
    }

    /// Transforms a picture stored at `width` × `height` to the upright one; returns it with its width and height.
    #[must_use]
    pub fn upright<T: Copy>(self, stored: Vec<T>, width: usize, height: usize) -> (Vec<T>, usize, usize) {
        if self == Self::default() {
            return (stored, width, height);
        }
        let (upright_width, upright_height) = if self.transposed { (height, width) } else { (width, height) };
        (self.upright_pixels(&stored, width, height), upright_width, upright_height)
    }

    fn upright_pixels<T: Copy>(self, stored: &[T], width: usize, height: usize) -> Vec<T> {
        let (upright_width, upright_height) = if self.transposed { (height, width) } else { (width, height) };
        let mut upright = Vec::with_capacity(stored.len());
        for v in 0..upright_height {
            for u in 0..upright_width {
                let (x, y) = if self.transposed { (v, u) } else { (u, v) };
                let x = if self.flip_x { width - 1 - x } else { x };
                let y = if self.flip_y { height - 1 - y } else { y };
                upright.push(stored[y * width + x]);
            }
        }
        upright
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{DynamicImage, ImageBuffer, Rgb};

    #[test]
    fn squares_and_parts_turn_as_the_image_crate_turns_pictures() {
        let side = 6;
        let stored: Vec<u16> = (0..side * side * 3).map(|value| value as u16).collect();
        for exif in 1..=8 {
            let orientation = Orientation::from_exif(exif).unwrap();
            let transform = OrientationTransform::from(orientation);
            let buffer = ImageBuffer::<Rgb<u16>, _>::from_raw(side as u32, side as u32, stored.clone()).unwrap();
            let mut expected = DynamicImage::ImageRgb16(buffer.clone());
            expected.apply_orientation(orientation);
            let square = |transform: OrientationTransform| {
                transform.upright(stored.as_chunks::<3>().0.to_vec(), side, side).0.into_flattened()
            };
            assert_eq!(square(transform), expected.to_rgb16().into_raw(), "{exif}");

            // A part of the upright picture is that part of the stored one, turned.
            let wide = DynamicImage::ImageRgb16(buffer).crop_imm(0, 0, 6, 4);
            let mut upright = wide.clone();
            upright.apply_orientation(orientation);
            let (pixels, width, height) = transform.upright(wide.to_rgb16().pixels().copied().collect(), 6, 4);
            assert!(upright.to_rgb16().pixels().copied().eq(pixels), "{exif}");
            assert_eq!((width as u32, height as u32), (upright.width(), upright.height()));
            assert_eq!(transform.size(6, 4), (upright.width(), upright.height()));
            let rect = Rect { x: 1.0, y: 0.0, width: 2.0, height: 3.0 };
            let in_stored = transform.stored_rect(rect, 6, 4);
            let mut part =
                wide.crop_imm(in_stored.x as u32, in_stored.y as u32, in_stored.width as u32, in_stored.height as u32);
            part.apply_orientation(orientation);
            assert_eq!(part, upright.crop_imm(1, 0, 2, 3), "{exif}");

            // And another transform after the first.
            expected.apply_orientation(Orientation::Rotate90);
            let turned = square(transform.then(OrientationTransform::QUARTER));
            assert_eq!(turned, expected.to_rgb16().into_raw(), "{exif} and a quarter");
        }
    }
}
