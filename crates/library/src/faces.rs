//! Face detection in an analysis image.
//!
//! The small network looks at the whole picture first. Where it is not certain, or a face is small, the larger one does, and
//! where that is not certain either, or has seen something small, it looks at overlapping windows of the picture, for heads of a
//! twentieth of its height. Boxes that overlap are averaged by their probability, for the best of them alone places the eyes
//! half as well.

use millions_resize::{Filter, Part, PixelType, Resizer, Source};

use super::analysis_image::AnalysisImage;
use super::detections::EYES_IN_FACE;
use super::face_network::{BACK, Detected, Input, Network, Runner, SHORT_RANGE};

/// The longer side of an analysis image at most.
pub const MAX_ANALYSIS_SIDE: usize = 640;
/// The score, a logit, from which a detection is certain. Faces of good portraits score 1.5 to 4.
pub const CERTAIN_SCORE: f64 = 1.0;
/// The score below which a detection is as likely a shadow or a pattern.
pub const WEAK_SCORE: f64 = 0.5;
/// The score from which a detection is told at all.
const MIN_SCORE: f32 = 0.0;
/// A box counts in the average from this score.
const MIN_AVERAGED_SCORE: f32 = -1.0;
/// The share of the picture's longer side below which a face's side is small, in a pass of the small network and of the larger one:
/// there may be others of its size, or smaller, that the pass has not seen.
const SMALL: [f64; 2] = [0.2, 0.07];
/// The windows' side, and how far they overlap at least: what is larger was seen in the whole picture.
const WINDOW: usize = 256;
const OVERLAP: usize = 64;
/// Boxes of one face overlap by more than this share of the smaller one, and are averaged where they do by more than this share
/// of both.
const SAME_FACE: f64 = 0.6;
const SAME_BOX: f64 = 0.4;
/// Where the points of a face lie, in sides of its box, on the average of portraits: from eye to eye, and from the eyes' middle
/// to the mouth. Each is a measure of the head's size.
const EYE_DISTANCE: f64 = 0.415;
const EYES_TO_MOUTH: f64 = 0.452;
/// The eyes' distance, as a share of what the other measures expect, below which the head is turned aside: it is no measure then.
const TURNED: f64 = 0.88;
/// And below which it is seen from the side, where the eyes' line is no level.
const PROFILE: f64 = 0.55;
/// The side of a face's square in sides of its box: from the middle of the forehead to the chin.
const SQUARE: f64 = 1.12;

/// A point, x to the right and y down.
type Point = [f64; 2];

/// A face, in the image's pixels. The square spans from the middle of the forehead to the chin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Face {
    /// The square's centre.
    pub x: f64,
    pub y: f64,
    /// The square's side.
    pub side: f64,
    /// The middle between the eyes.
    pub eyes: Point,
    /// How far the eyes' line is turned clockwise, in degrees; `None` where the head is seen from the side.
    pub roll: Option<f64>,
    /// The detector's score: see [`CERTAIN_SCORE`] and [`WEAK_SCORE`].
    pub score: f64,
}

impl Face {
    /// A face that is level and looks ahead, by its square.
    #[cfg(test)]
    pub fn level(x: f64, y: f64, side: f64, score: f64) -> Self {
        Self { x, y, side, eyes: [x, y + side * (EYES_IN_FACE - 0.5)], roll: Some(0.0), score }
    }

    /// Moves by a vector, then scales to an image so many times as large.
    #[must_use]
    pub fn moved(self, [x, y]: Point, scale: f64) -> Self {
        let eyes = [(self.eyes[0] + x) * scale, (self.eyes[1] + y) * scale];
        Self { x: (self.x + x) * scale, y: (self.y + y) * scale, side: self.side * scale, eyes, ..self }
    }

    /// From what a network says.
    fn new(found: &Detected) -> Self {
        let [x, _, width, height, points @ ..] = found.values.map(f64::from);
        let [left, right, _, mouth] = [0, 1, 2, 3].map(|index| [points[index * 2], points[index * 2 + 1]]);
        let eyes = [(left[0] + right[0]) / 2.0, (left[1] + right[1]) / 2.0];
        let distance = |a: Point, b: Point| (a[0] - b[0]).hypot(a[1] - b[1]);
        let measures = [width.max(height), distance(eyes, mouth) / EYES_TO_MOUTH];
        let mean = (measures[0] + measures[1]) / 2.0;
        let by_eyes = distance(left, right) / EYE_DISTANCE;
        let size = if by_eyes < mean * TURNED { mean } else { (mean * 2.0 + by_eyes) / 3.0 };
        let side = size * SQUARE;
        let roll = (right[1] - left[1]).atan2(right[0] - left[0]);
        // The mouth says which way is down where the eyes do not.
        let is_profile = by_eyes < mean * PROFILE;
        let (sin, cos) = if is_profile { (0.0, 1.0) } else { roll.sin_cos() };
        let down = side * (0.5 - EYES_IN_FACE);
        // Who looks aside has the eyes off the head's middle, and the box's.
        let middle = (eyes[0] + x) / 2.0;
        Self {
            x: middle - down * sin,
            y: eyes[1] + down * cos,
            side,
            eyes,
            roll: (!is_profile).then(|| roll.to_degrees()),
            score: found.score.into(),
        }
    }
}

/// Detects faces; keeps its buffers from one photograph to the next.
#[derive(Default)]
pub struct FaceDetector {
    resizer: Resizer,
    input: Input,
    runner: Runner,
}

/// A part of an image.
#[derive(Clone, Copy)]
struct Window {
    x: usize,
    y: usize,
    width: usize,
    height: usize,
}

impl FaceDetector {
    /// Detects the faces in an image whose longer side has [`MAX_ANALYSIS_SIDE`] pixels at most, by falling score.
    ///
    /// # Errors
    /// A text, when the detector failed on this image.
    pub fn detect(&mut self, image: &AnalysisImage) -> Result<Vec<Face>, String> {
        let (Some(short_range), Some(back)) = (SHORT_RANGE.as_ref(), BACK.as_ref()) else {
            return Err("the face detector's weights cannot be read".into());
        };
        let longer = image.width.max(image.height);
        let whole = Window { x: 0, y: 0, width: image.width, height: image.height };
        let mut found = Vec::new();
        for (network, small) in [short_range, back].into_iter().zip(SMALL) {
            self.pass(network, image, whole, &mut found)?;
            let faces = faces(image, &found);
            if is_enough(&faces, small * longer as f64) {
                return Ok(faces);
            }
        }
        if longer <= WINDOW {
            return Ok(faces(image, &found));
        }
        for (y, height) in windows(image.height) {
            for (x, width) in windows(image.width) {
                self.pass(back, image, Window { x, y, width, height }, &mut found)?;
            }
        }
        Ok(faces(image, &found))
    }

    /// Appends what a network finds in a part of an image, in the image's pixels.
    fn pass(
        &mut self,
        network: &Network,
        image: &AnalysisImage,
        window: Window,
        found: &mut Vec<Detected>,
    ) -> Result<(), String> {
        let side = network.side();
        let longer = window.width.max(window.height).max(1);
        let [width, height] =
            [window.width, window.height].map(|length| ((length * side + longer / 2) / longer).clamp(1, side));
        let part = [window.x, window.y, window.width, window.height].map(|length| length as f64);
        let source = Source {
            size: [to_u32(image.width), to_u32(image.height)],
            bytes: image.rgb.as_flattened(),
            part: Some(Part { x: part[0], y: part[1], width: part[2], height: part[3] }),
        };
        let input = self
            .resizer
            .resize(source, [to_u32(width), to_u32(height)], PixelType::U8x3, Filter::Bilinear)
            .map_err(|error| format!("the picture for the face detector: {error}"))?;
        self.input.set(side, input.as_chunks::<3>().0, width);
        let first = found.len();
        self.runner.run(network, &self.input, MIN_AVERAGED_SCORE, found);
        let scale = [part[2] / width as f64, part[3] / height as f64].map(|scale| scale as f32);
        for found in &mut found[first..] {
            for (index, value) in found.values.iter_mut().enumerate() {
                let start = if matches!(index, 2 | 3) { 0.0 } else { part[index % 2] as f32 };
                *value = *value * scale[index % 2] + start;
            }
        }
        Ok(())
    }
}

fn to_u32(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// The windows along one axis: where each begins, and its length.
fn windows(length: usize) -> impl Iterator<Item = (usize, usize)> {
    let beyond = length.saturating_sub(WINDOW);
    let steps = beyond.div_ceil(WINDOW - OVERLAP);
    (0..=steps).map(move |step| (beyond * step / steps.max(1), length.min(WINDOW)))
}

/// Whether all that was found is certain, and none of it has a side below `least`: then nobody was missed. A second face that
/// is only likely is worth a closer look, for it may be somebody.
fn is_enough(faces: &[Face], least: f64) -> bool {
    !faces.is_empty() && faces.iter().all(|face| face.score >= CERTAIN_SCORE && face.side >= least)
}

/// Averages the boxes of each face; returns the faces by falling score.
fn faces(image: &AnalysisImage, found: &[Detected]) -> Vec<Face> {
    let mut rest = found.to_vec();
    rest.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut faces = Vec::new();
    while let Some(best) = rest.first().copied().filter(|best| best.score >= MIN_SCORE) {
        let (mut sum, mut weights) = ([0.0_f32; 16], 0.0);
        rest.retain(|other| {
            let (of_both, of_smaller) = overlap(&best, other);
            if of_both > SAME_BOX {
                let weight = 1.0 / (1.0 + (-other.score).exp());
                sum.iter_mut().zip(other.values).for_each(|(sum, value)| *sum += value * weight);
                weights += weight;
            }
            of_smaller <= SAME_FACE
        });
        // The best overlaps itself, unless it has no size.
        rest.retain(|other| *other != best);
        let face = Face::new(&Detected { values: sum.map(|value| value / weights), ..best });
        // Black fills what the picture does not, and a network may see something there.
        let is_inside = (0.0..image.width as f64).contains(&face.x)
            && (0.0..image.height as f64).contains(&face.y)
            && face.side >= 1.0;
        if is_inside {
            faces.push(face);
        }
    }
    faces
}

/// The area that two boxes have in common, as a share of both together and of the smaller one.
fn overlap(a: &Detected, b: &Detected) -> (f64, f64) {
    let edges = |of: &Detected, axis: usize| {
        let (centre, half) = (f64::from(of.values[axis]), f64::from(of.values[axis + 2]) / 2.0);
        (centre - half, centre + half)
    };
    let along = |axis: usize| {
        let ((a, b), (c, d)) = (edges(a, axis), edges(b, axis));
        (b.min(d) - a.max(c)).max(0.0)
    };
    let area = |of: &Detected| f64::from(of.values[2]) * f64::from(of.values[3]);
    let common = along(0) * along(1);
    (common / (area(a) + area(b) - common).max(1e-9), common / area(a).min(area(b)).max(1e-9))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_found_where_nothing_is() {
        let mut detector = FaceDetector::default();
        for (width, height) in [(1, 1), (39, 320), (40, 40), (640, 41), (320, 320)] {
            let grey = AnalysisImage::new(width, height, vec![[90; 3]; width * height]);
            assert_eq!(detector.detect(&grey), Ok(Vec::new()), "{width} × {height}");
        }
    }

    #[test]
    fn windows_cover_the_picture_and_overlap() {
        for length in [1, 256, 257, 360, 448, 640] {
            let windows: Vec<(usize, usize)> = windows(length).collect();
            assert_eq!((windows[0].0, windows.last().map(|last| last.0 + last.1)), (0, Some(length)));
            for pair in windows.windows(2) {
                assert!(pair[1].0 > pair[0].0 && pair[0].0 + pair[0].1 >= pair[1].0 + OVERLAP, "{windows:?}");
            }
        }
    }

    fn detected(score: f32, x: f32, y: f32, side: f32, roll: f32) -> Detected {
        let (sin, cos) = roll.to_radians().sin_cos();
        let point =
            |across: f32, down: f32| [x + (across * cos - down * sin) * side, y + (across * sin + down * cos) * side];
        let mut values = [x, y, side, side, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        for (index, at) in
            [point(-0.2075, -0.226), point(0.2075, -0.226), point(0.0, 0.0), point(0.0, 0.226)].iter().enumerate()
        {
            values[4 + index * 2..][..2].copy_from_slice(at);
        }
        Detected { score, values }
    }

    #[test]
    fn boxes_of_one_face_are_averaged_and_others_stay() {
        let image = AnalysisImage::new(300, 200, vec![[0; 3]; 60_000]);
        let found = [
            detected(2.0, 100.0, 100.0, 50.0, 0.0),
            detected(2.0, 104.0, 100.0, 50.0, 10.0),
            // A part of it, as at a window's edge; another face; one in the black beside the picture; a shadow.
            detected(1.0, 95.0, 105.0, 24.0, 0.0),
            detected(0.5, 200.0, 80.0, 40.0, -90.0),
            detected(3.0, 100.0, 280.0, 50.0, 0.0),
            detected(-0.5, 250.0, 150.0, 30.0, 0.0),
        ];
        let faces = faces(&image, &found);
        assert_eq!(faces.len(), 2, "{faces:?}");
        let near = |a: f64, b: f64| (a - b).abs() < 0.6;
        assert!(near(faces[0].x, 102.0) && near(faces[0].side, 56.0) && near(faces[0].roll.unwrap(), 5.0), "{faces:?}");
        // Whose head lies at the right has the eyes at the left of the face's centre.
        assert!(near(faces[1].roll.unwrap(), -90.0) && faces[1].eyes[0] < faces[1].x - 3.0, "{faces:?}");
    }

    #[test]
    fn the_size_of_a_head_is_the_same_from_ahead_and_aside() {
        let ahead = detected(2.0, 100.0, 100.0, 50.0, 0.0);
        let mut aside = ahead;
        for (index, across) in [(4, 96.0), (6, 100.0), (10, 99.0)] {
            aside.values[index] = across;
        }
        let (ahead, aside) = (Face::new(&ahead), Face::new(&aside));
        assert!(
            (ahead.side - aside.side).abs() < 0.5 && ahead.roll == Some(0.0) && aside.roll.is_none(),
            "{ahead:?} {aside:?}"
        );
        assert!((ahead.y - aside.y).abs() < 0.5);
    }
}
