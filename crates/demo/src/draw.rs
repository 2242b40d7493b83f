//! Drawing of a person in layers, with the ground truth of the result.

use glam::{Vec2, Vec3};
use tiny_skia::Transform;

use super::canvas::{Canvas, v};
use super::head::Head;
use super::person::{Figure, Headwear, Hold, InventedPerson};
use super::sign::Sign;
use super::{background, clothes, face, hair, headwear};

/// A rectangle in pixels of the upright picture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// The left edge.
    pub left: f32,
    /// The upper edge.
    pub top: f32,
    /// The right edge.
    pub right: f32,
    /// The lower edge.
    pub bottom: f32,
}

impl Rect {
    fn around(points: impl IntoIterator<Item = Vec2>, size: Vec2) -> Self {
        let (min, max) = points
            .into_iter()
            .map(|at| at.clamp(Vec2::ZERO, size))
            .fold((size, Vec2::ZERO), |(min, max), at| (min.min(at), max.max(at)));
        Self { left: min.x, top: min.y, right: max.x, bottom: max.y }
    }
}

/// Ground truth of a picture, to evaluate face detection and tone measurement.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Truth {
    /// The face from crown to chin, cheek to cheek, cut at the picture's edges.
    pub face: Rect,
    /// The eyes: at the picture's left, at its right.
    pub eyes: [[f32; 2]; 2],
    /// The sign, cut at the picture's edges.
    pub sign: Rect,
    /// The exposure that the photograph is off by, in stops.
    pub exposure_stops: f32,
    /// The gain of R, G and B that the light's colour makes.
    pub cast: [f32; 3],
}

/// A picture of a person in good light.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// R, G, B in sRGB, row by row.
    pub rgb: Vec<u8>,
    /// Ground truth.
    pub truth: Truth,
}

/// Size and aspect of a picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Width to height as shown; a tile's texels are not square.
    pub(super) aspect: f32,
}

/// The layers of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Background,
    /// People, arms and the bare board.
    People,
    Words,
    Fingers,
}

impl Part {
    /// All layers, from the back.
    pub(super) const ALL: [Self; 4] = [Self::Background, Self::People, Self::Words, Self::Fingers];
}

/// Drops the alpha channel.
pub(super) fn without_alpha(rgba: &[u8]) -> Vec<u8> {
    rgba.as_chunks::<4>().0.iter().flat_map(|[r, g, b, _]| [*r, *g, *b]).collect()
}

impl InventedPerson {
    /// Draws the person in good light, upright, in portrait or landscape format.
    ///
    /// # Panics
    /// When a side is 0 or above 16384 pixels.
    #[must_use]
    pub fn draw(&self, width: u32, height: u32) -> Drawing {
        let frame = Frame { width, height, aspect: width as f32 / height as f32 };
        let (rgba, truth) = self.draw_parts(frame, &Part::ALL);
        Drawing { width, height, rgb: without_alpha(&rgba), truth }
    }

    /// Draws some layers; returns premultiplied RGBA.
    pub(super) fn draw_parts(&self, frame: Frame, parts: &[Part]) -> (Vec<u8>, Truth) {
        let pixel_from_scene = self.pixel_from_scene(frame);
        assert!(frame.width.max(frame.height) <= 16384, "a picture of {} × {} pixels", frame.width, frame.height);
        let mut canvas =
            Canvas::new(frame.width, frame.height, pixel_from_scene).expect("the sides are 1 to 16384 pixels");
        let light = Vec3::from(self.light);
        let sign = Sign::new(&self.placard, &self.figure, light.truncate());
        for part in parts {
            match part {
                Part::Background => {
                    let (min, max) = self.visible(frame);
                    background::background(&mut canvas, self, min, max);
                }
                Part::People => {
                    if let Some((companion, side)) = &self.companion {
                        let beside =
                            Transform::from_translate(side * 1.62, 0.18 + companion_drop(companion, &self.figure));
                        let size = if companion.shoulders < 1.5 { 0.86 } else { 0.94 };
                        canvas.within(beside.pre_scale(size, size), |canvas| figure(canvas, companion, light));
                    }
                    // Raised arms are behind the body, lowered ones in front.
                    let raised = self.placard.hold == Hold::Raised;
                    if raised {
                        sign.arms(&mut canvas);
                    }
                    figure(&mut canvas, &self.figure, light);
                    if !raised {
                        sign.arms(&mut canvas);
                    }
                    sign.board(&mut canvas);
                }
                Part::Words => sign.words(&mut canvas),
                Part::Fingers => sign.fingers(&mut canvas),
            }
        }
        let truth = self.truth(&mut canvas, &sign, frame);
        (canvas.composite(self.hatch), truth)
    }

    pub(super) fn pixel_from_scene(&self, frame: Frame) -> Transform {
        // Scaled by the height of wide pictures and the width of narrow ones.
        let tall = (frame.aspect * 1.25).min(1.0);
        let down = self.framing.scale * tall * frame.height as f32;
        let across = down * frame.width as f32 / (frame.height as f32 * frame.aspect);
        let [x, y] = self.framing.at;
        // In wide pictures, the offset from the middle is in heads, not in parts of the width.
        let x = 0.5 + (x - 0.5) * (0.8 / frame.aspect).min(1.0);
        Transform::from_row(across, 0.0, 0.0, down, x * frame.width as f32, y * frame.height as f32)
    }

    fn visible(&self, frame: Frame) -> (Vec2, Vec2) {
        let Transform { sx, sy, tx, ty, .. } = self.pixel_from_scene(frame);
        (v(-tx / sx, -ty / sy), v((frame.width as f32 - tx) / sx, (frame.height as f32 - ty) / sy))
    }

    fn truth(&self, canvas: &mut Canvas, sign: &Sign, frame: Frame) -> Truth {
        let size = v(frame.width as f32, frame.height as f32);
        let head = Head::new(&self.figure, Vec3::from(self.light));
        let (outline, eyes) = canvas.within(scene_from_head(&self.figure), |canvas| {
            let outline: Vec<Vec2> = (-10..=10)
                .flat_map(|step| [-1.0, 1.0].map(|side| head.edge(side, step as f32 / 10.0)))
                .map(|at| canvas.pixel(at))
                .collect();
            let face = &self.figure.face;
            (outline, [-1.0, 1.0].map(|side| canvas.pixel(head.at(side * face.eye_x, face.eye_y)).to_array()))
        });
        Truth {
            face: Rect::around(outline, size),
            eyes,
            sign: Rect::around(sign.corners().map(|corner| canvas.pixel(corner)), size),
            exposure_stops: 0.0,
            cast: [1.0; 3],
        }
    }
}

/// Returns how much lower a companion's head is.
fn companion_drop(companion: &Figure, figure: &Figure) -> f32 {
    (figure.shoulders - companion.shoulders).max(0.0) * 1.4
}

/// Returns the tilt of the head about the neck.
fn scene_from_head(figure: &Figure) -> Transform {
    Transform::from_rotate_at(figure.face.tilt.to_degrees(), 0.0, 0.9)
}

/// Draws one body, its head and everything on it, the face's middle at the origin.
fn figure(canvas: &mut Canvas, figure: &Figure, light: Vec3) {
    let head = Head::new(figure, light);
    let tilted = scene_from_head(figure);
    canvas.within(tilted, |canvas| {
        headwear::behind(canvas, &head);
        hair::behind(canvas, &head);
    });
    let chin = Vec2::from_angle(figure.face.tilt).rotate(v(head.middle(1.0), 0.1)) + v(0.0, 0.9);
    clothes::neck(canvas, &head, chin);
    clothes::garment(canvas, &head);
    canvas.within(tilted, |canvas| {
        if !hair::hidden(figure.headwear) || figure.headwear == Headwear::Turban {
            face::ears(canvas, &head);
        }
        face::face(canvas, &head);
        face::features(canvas, &head);
        hair::over(canvas, &head);
        headwear::over(canvas, &head);
        face::glasses(canvas, &head);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::luma;

    fn hash(drawing: &Drawing) -> blake3::Hash {
        blake3::hash(&drawing.rgb)
    }

    #[test]
    fn the_same_number_is_the_same_person() {
        for index in 0..20 {
            let (first, again) =
                (InventedPerson::invent(3, index).draw(120, 150), InventedPerson::invent(3, index).draw(120, 150));
            assert_eq!(hash(&first), hash(&again));
            assert_ne!(hash(&first), hash(&InventedPerson::invent(4, index).draw(120, 150)));
            assert_ne!(hash(&first), hash(&InventedPerson::invent(3, index + 1).draw(120, 150)));
        }
    }

    #[test]
    fn the_ground_truth_is_inside_the_picture() {
        for index in 0..300 {
            for (width, height) in [(160, 200), (200, 150)] {
                let Drawing { truth, .. } = InventedPerson::invent(8, index).draw(width, height);
                for rect in [truth.face, truth.sign] {
                    assert!(rect.left < rect.right && rect.top < rect.bottom, "{index}: {rect:?}");
                    assert!(rect.left >= 0.0 && rect.right <= width as f32, "{index}: {rect:?}");
                    assert!(rect.top >= 0.0 && rect.bottom <= height as f32, "{index}: {rect:?}");
                }
                for [x, y] in truth.eyes {
                    assert!((truth.face.left..truth.face.right).contains(&x), "{index}: {truth:?}");
                    assert!((truth.face.top..truth.face.bottom).contains(&y), "{index}: {truth:?}");
                }
                // No face is cut by the frame.
                assert!(truth.face.top > 0.0 && truth.face.bottom < height as f32, "{index}: {truth:?}");
            }
        }
    }

    #[test]
    fn there_is_skin_at_the_face_of_the_ground_truth() {
        for index in 0..60 {
            let person = InventedPerson::invent(2, index);
            let Drawing { truth, rgb, .. } = person.draw(320, 400);
            let [left, right] = truth.eyes;
            // A cheek's place: below an eye, two thirds of the way out.
            let skin = person.figure.skin.map(f32::from);
            let mut like = 0;
            let mut seen = 0;
            let from = v(left[0], left[1].max(right[1]) + 3.0).min(v(right[0], f32::MAX));
            let to = v(right[0], truth.face.bottom - (truth.face.bottom - from.y) * 0.45);
            for y in from.y as usize..to.y as usize {
                for x in from.x as usize..to.x as usize {
                    let at = (y * 320 + x) * 3;
                    let pixel = [rgb[at], rgb[at + 1], rgb[at + 2]];
                    // The same hue: red, green and blue in the skin's order and about its proportions.
                    let gain = (luma(pixel) / luma(person.figure.skin)).max(0.01);
                    let off = pixel.iter().zip(skin).map(|(value, skin)| (f32::from(*value) / gain - skin).abs());
                    like += usize::from(off.fold(0.0, f32::max) < 60.0);
                    seen += 1;
                }
            }
            assert!(like * 2 > seen, "person {index}: {like} of {seen} pixels are like skin");
        }
    }
}
