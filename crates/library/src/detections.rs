//! What was detected in a photograph, and the crop chosen for its tile: kept in the library, so that a person can review
//! the choice. All positions are fractions of the upright photograph.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::crop::Rect;

/// A rectangle in fractions of a picture, in steps of 1/65535.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TileArea {
    left: u16,
    top: u16,
    right: u16,
    bottom: u16,
}

impl TileArea {
    /// The whole picture.
    pub const WHOLE: Self = Self { left: 0, top: 0, right: u16::MAX, bottom: u16::MAX };

    /// From the edges as fractions, clamped to the picture.
    #[must_use]
    pub fn new([left, top, right, bottom]: [f64; 4]) -> Self {
        let [left, top, right, bottom] = [left, top, right, bottom].map(pack);
        Self { left, top, right, bottom }
    }

    /// Left, top, right and bottom edge as fractions, 0 to 1.
    #[must_use]
    pub fn edges(self) -> [f64; 4] {
        [self.left, self.top, self.right, self.bottom].map(unpack)
    }
}

fn pack(fraction: f64) -> u16 {
    (fraction.clamp(0.0, 1.0) * f64::from(u16::MAX)).round() as u16
}

fn unpack(packed: u16) -> f64 {
    f64::from(packed) / f64::from(u16::MAX)
}

/// A detected face.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DetectedFace {
    /// From the forehead's middle to the chin, cheek to cheek.
    pub area: TileArea,
    /// Whether the crop keeps it; faces of passers-by are not kept.
    pub kept: bool,
    /// The confidence of the detection in percent, 0 to 100.
    pub confidence: u8,
}

/// A detected sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DetectedSign {
    corners: [[u16; 2]; 4],
    /// The confidence of the detection in percent, 0 to 100.
    pub confidence: u8,
}

impl DetectedSign {
    /// From the corners in order, as fractions, clamped to the picture.
    #[must_use]
    pub fn new(corners: [[f64; 2]; 4], confidence: u8) -> Self {
        Self { corners: corners.map(|corner| corner.map(pack)), confidence }
    }

    /// The corners in order, as fractions x, y.
    #[must_use]
    pub fn corners(&self) -> [[f64; 2]; 4] {
        self.corners.map(|corner| corner.map(unpack))
    }
}

/// A reason for a person to review a crop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum ReviewReason {
    /// No face was detected.
    NoFace,
    /// The face detector failed.
    DetectorFailed,
    /// All detected faces have low scores.
    WeakFace,
    /// A face is cut by the photograph's edge.
    FaceCut,
    /// A sign was detected with low confidence.
    SignUnsure,
    /// The crop cannot hold the whole sign.
    SignCut,
    /// Several people are kept.
    Several,
    /// It looks like a document or a screenshot.
    Document,
}

impl ReviewReason {
    /// All reasons by their numbers, with their texts.
    const TEXTS: [(Self, &'static str); 8] = [
        (Self::NoFace, "no face found"),
        (Self::DetectorFailed, "the face detector failed"),
        (Self::WeakFace, "perhaps not a face"),
        (Self::FaceCut, "a face is cut by the edge"),
        (Self::SignUnsure, "perhaps a sign"),
        (Self::SignCut, "the sign is not whole"),
        (Self::Several, "several people"),
        (Self::Document, "looks like a document or a screenshot"),
    ];
}

impl fmt::Display for ReviewReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(Self::TEXTS[*self as usize].1)
    }
}

/// A set of [`ReviewReason`]s, as a bit mask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewReasons(u16);

impl ReviewReasons {
    /// Somebody has accepted the crop: no reason counts, until that is taken back. An older program lists the reasons again.
    const ACCEPTED: u16 = 1 << 15;

    /// Adds a reason.
    pub fn add(&mut self, reason: ReviewReason) {
        self.0 |= 1 << reason as u16;
    }

    /// Whether there is no reason that counts.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0 || self.is_accepted()
    }

    /// Whether the reason is in the set and counts.
    #[must_use]
    pub fn has(self, reason: ReviewReason) -> bool {
        self.0 & 1 << reason as u16 != 0 && !self.is_accepted()
    }

    /// Whether somebody has accepted the crop in spite of its reasons.
    #[must_use]
    pub fn is_accepted(self) -> bool {
        self.0 & Self::ACCEPTED != 0
    }

    /// Accepts the crop, or takes that back.
    pub(super) fn accept(&mut self, is_accepted: bool) {
        self.0 = if is_accepted { self.0 | Self::ACCEPTED } else { self.0 & !Self::ACCEPTED };
    }

    /// The reasons, in the order of their numbers.
    pub fn iter(self) -> impl Iterator<Item = ReviewReason> {
        ReviewReason::TEXTS.into_iter().map(|(reason, _)| reason).filter(move |reason| self.has(*reason))
    }
}

impl fmt::Display for ReviewReasons {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, reason) in self.iter().enumerate() {
            write!(formatter, "{}{reason}", if index > 0 { "; " } else { "" })?;
        }
        Ok(())
    }
}

/// A face in a tile, in fractions of the tile: where its exposure is measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaceInTile {
    /// Left, top, right and bottom, clamped to the tile: from the forehead's middle to the chin, cheek to cheek.
    pub edges: [f32; 4],
    /// The eyes' height.
    pub eyes: f32,
}

/// What was detected in a photograph, and the crop chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detections {
    /// The part that the tile shows.
    pub crop: TileArea,
    /// The faces: those that are kept first, then by falling confidence.
    pub faces: Vec<DetectedFace>,
    /// The sign, if there is one.
    pub sign: Option<DetectedSign>,
    /// The confidence of the crop in percent, 0 to 100.
    pub confidence: u8,
    /// Why a person should review the crop.
    pub review_reasons: ReviewReasons,
    /// Texels per pixel of the photograph, in sixteenths, 0 where it was not measured; and above these 16 bits the roll, in
    /// hundredths of a degree. Libraries from before there was a roll have the lower half alone, which is written alike.
    pub(super) texels_and_roll: u32,
}

impl Detections {
    /// Whether all areas have their edges in order, as detection gives them.
    pub(super) fn is_sound(&self) -> bool {
        let mut areas = self.faces.iter().map(|face| face.area).chain([self.crop]);
        areas.all(|area| area.left <= area.right && area.top <= area.bottom)
    }
}

/// The transform from a photograph to the tile of its crop, both 0 to 1 each way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TileFromPhotograph {
    centre: [f64; 2],
    size: [f64; 2],
    /// Width / height of the tile as shown.
    aspect: f64,
    sin: f64,
    cos: f64,
}

impl TileFromPhotograph {
    /// Where a point of the photograph is in the tile.
    #[must_use]
    pub fn point(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let (x, y) = ((x - self.centre[0]) / self.size[0] * self.aspect, (y - self.centre[1]) / self.size[1]);
        [(x * self.cos + y * self.sin) / self.aspect + 0.5, y * self.cos - x * self.sin + 0.5]
    }
}

/// A magnification up to this is not visible, and not reported.
const MAX_INVISIBLE_UPSCALING: f64 = 1.1;
/// The eyes' height in a detected face, from its top.
pub const EYES_IN_FACE: f64 = 0.40;

impl Default for Detections {
    /// The whole picture, without any detection.
    fn default() -> Self {
        Self {
            crop: TileArea::WHOLE,
            faces: Vec::new(),
            sign: None,
            confidence: 100,
            review_reasons: ReviewReasons::default(),
            texels_and_roll: 0,
        }
    }
}

impl Detections {
    /// Sets the tile's texels per pixel of the photograph.
    pub fn set_texels_per_pixel(&mut self, texels: f64) {
        let sixteenths = (texels * 16.0).clamp(1.0, f64::from(u16::MAX)).round() as u32;
        self.texels_and_roll = self.texels_and_roll & 0xffff_0000 | sixteenths;
    }

    /// The tile's texels per pixel of the photograph, where measured: below 1 the photograph is finer than the tile.
    pub(super) fn texels_per_pixel(&self) -> Option<f64> {
        let sixteenths = self.texels_and_roll & 0xffff;
        (sixteenths > 0).then(|| f64::from(sixteenths) / 16.0)
    }

    /// Sets the roll of the crop, in degrees, within 180 either way.
    pub(super) fn set_roll(&mut self, degrees: f64) {
        let hundredths = (degrees * 100.0).round() as i16;
        self.texels_and_roll = self.texels_and_roll & 0xffff | u32::from(hundredths.cast_unsigned()) << 16;
    }

    /// How far the crop's rectangle is turned clockwise about its centre, in degrees: the tile shows it upright, so that a head
    /// that was tilted a little is level.
    #[must_use]
    pub fn roll(&self) -> f64 {
        f64::from(((self.texels_and_roll >> 16) as u16).cast_signed()) / 100.0
    }

    /// The transform from the photograph to its tile, which is shown with this aspect (width / height).
    #[must_use]
    pub fn tile_from_photograph(&self, aspect: f64) -> TileFromPhotograph {
        let [left, top, right, bottom] = self.crop.edges();
        let (sin, cos) = self.roll().to_radians().sin_cos();
        let least = 1.0 / f64::from(u16::MAX);
        let size = [(right - left).max(least), (bottom - top).max(least)];
        TileFromPhotograph { centre: [(left + right) / 2.0, (top + bottom) / 2.0], size, aspect, sin, cos }
    }

    /// The corners of the crop in a photograph of this width and height, in its units, from the tile's upper left, clockwise.
    #[must_use]
    pub fn crop_corners(&self, [width, height]: [f64; 2]) -> [[f64; 2]; 4] {
        let [left, top, right, bottom] = self.crop.edges();
        let (sin, cos) = self.roll().to_radians().sin_cos();
        let half = [(right - left) * width / 2.0, (bottom - top) * height / 2.0];
        [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]].map(|[across, down]: [f64; 2]| {
            let (x, y) = (across * half[0], down * half[1]);
            [(left + right) / 2.0 * width + x * cos - y * sin, (top + bottom) / 2.0 * height + x * sin + y * cos]
        })
    }

    /// The magnification of the photograph in the tile, where it is visible.
    #[must_use]
    pub fn upscaled(&self) -> Option<f64> {
        self.texels_per_pixel().filter(|texels| *texels > MAX_INVISIBLE_UPSCALING)
    }

    /// Sets a crop from an edit, in pixels of the upright photograph of the given size, which leaves nothing to review.
    pub(super) fn set_edited_crop(&mut self, crop: Rect, (width, height): (u32, u32)) {
        let (width, height) = (f64::from(width), f64::from(height));
        let Rect { x, y, width: across, height: down } = crop;
        self.crop = TileArea::new([x / width, y / height, (x + across) / width, (y + down) / height]);
        self.set_roll(0.0);
        self.review_reasons = ReviewReasons::default();
    }

    /// The largest kept face, in the coordinates of a tile that is shown with this aspect (width / height).
    #[must_use]
    pub fn face_in_tile(&self, aspect: f64) -> Option<FaceInTile> {
        let height_of = |face: &DetectedFace| face.area.bottom.saturating_sub(face.area.top);
        let face = self.faces.iter().filter(|face| face.kept).max_by_key(|face| height_of(face))?;
        let [left, top, right, bottom] = face.area.edges();
        // Turned about its own middle, it is level in the tile.
        let [x, y] = self.tile_from_photograph(aspect).point([(left + right) / 2.0, (top + bottom) / 2.0]);
        let [crop_left, crop_top, crop_right, crop_bottom] = self.crop.edges();
        let half = [(right - left) / (crop_right - crop_left) / 2.0, (bottom - top) / (crop_bottom - crop_top) / 2.0];
        let inside = |at: f64| at.clamp(0.0, 1.0) as f32;
        let edges_in_tile = [x - half[0], y - half[1], x + half[0], y + half[1]].map(inside);
        let eyes = inside(y + half[1] * (2.0 * EYES_IN_FACE - 1.0));
        let [left, top, right, bottom] = edges_in_tile;
        (left < right && top < bottom).then_some(FaceInTile { edges: edges_in_tile, eyes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_face_in_the_photograph_is_a_face_in_the_tile() {
        let face =
            |left, kept| DetectedFace { area: TileArea::new([left, 0.2, left + 0.2, 0.4]), kept, confidence: 90 };
        let detections = Detections {
            crop: TileArea::new([0.2, 0.0, 0.6, 0.8]),
            faces: vec![face(0.7, false), face(0.3, true)],
            ..Detections::default()
        };
        let found = detections.face_in_tile(0.8).unwrap();
        for (found, expected) in found.edges.into_iter().zip([0.25, 0.25, 0.75, 0.5]) {
            assert!((found - expected).abs() < 1e-3, "{found} {expected}");
        }
        assert!((found.eyes - 0.35).abs() < 1e-3);
        assert_eq!(Detections::default().face_in_tile(0.8), None);
    }

    #[test]
    fn a_turned_crop_is_upright_in_its_tile() {
        let mut detections = Detections { crop: TileArea::new([0.3, 0.2, 0.7, 0.6]), ..Detections::default() };
        detections.set_texels_per_pixel(1.5);
        detections.set_roll(-12.34);
        assert_eq!((detections.roll(), detections.texels_per_pixel()), (-12.34, Some(1.5)));
        // A photograph of 1000 × 1250 pixels: the crop is 400 × 500, the tile's aspect.
        let tile_from_photograph = detections.tile_from_photograph(0.8);
        let corners = detections.crop_corners([1000.0, 1250.0]);
        assert!(corners[1][1] < corners[0][1], "turned against the clock: {corners:?}");
        for (corner, expected) in corners.iter().zip([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]) {
            let [x, y] = tile_from_photograph.point([corner[0] / 1000.0, corner[1] / 1250.0]);
            assert!((x - expected[0]).abs() < 1e-3 && (y - expected[1]).abs() < 1e-3, "{x} {y} {expected:?}");
        }
    }

    #[test]
    fn detections_from_before_the_roll_are_read() {
        /// The last fields as they were.
        #[derive(Serialize)]
        struct Before {
            crop: TileArea,
            faces: Vec<DetectedFace>,
            sign: Option<DetectedSign>,
            confidence: u8,
            review_reasons: ReviewReasons,
            texels_per_pixel_16ths: u16,
        }
        let before = Before {
            crop: TileArea::WHOLE,
            faces: Vec::new(),
            sign: None,
            confidence: 90,
            review_reasons: ReviewReasons::default(),
            texels_per_pixel_16ths: 40_000,
        };
        let read: Detections = postcard::from_bytes(&postcard::to_stdvec(&before).unwrap()).unwrap();
        assert_eq!((read.texels_per_pixel(), read.roll(), read.confidence), (Some(2500.0), 0.0, 90));
    }

    #[test]
    fn review_reasons_are_listed_in_order() {
        let mut review_reasons = ReviewReasons::default();
        assert!(review_reasons.is_empty() && review_reasons.to_string().is_empty());
        review_reasons.add(ReviewReason::Several);
        review_reasons.add(ReviewReason::WeakFace);
        assert_eq!(review_reasons.to_string(), "perhaps not a face; several people");
    }
}
