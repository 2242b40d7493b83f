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
    /// Adds a reason.
    pub fn add(&mut self, reason: ReviewReason) {
        self.0 |= 1 << reason as u16;
    }

    /// Whether there is no reason.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the reason is in the set.
    #[must_use]
    pub fn has(self, reason: ReviewReason) -> bool {
        self.0 & 1 << reason as u16 != 0
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
    /// Texels per pixel of the photograph, in sixteenths; 0 where it was not measured.
    pub(super) texels_per_pixel_16ths: u16,
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
            texels_per_pixel_16ths: 0,
        }
    }
}

impl Detections {
    /// Sets the tile's texels per pixel of the photograph.
    pub fn set_texels_per_pixel(&mut self, texels: f64) {
        self.texels_per_pixel_16ths = (texels * 16.0).clamp(1.0, f64::from(u16::MAX)).round() as u16;
    }

    /// The tile's texels per pixel of the photograph, where measured: below 1 the photograph is finer than the tile.
    pub(super) fn texels_per_pixel(&self) -> Option<f64> {
        (self.texels_per_pixel_16ths > 0).then(|| f64::from(self.texels_per_pixel_16ths) / 16.0)
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
        self.review_reasons = ReviewReasons::default();
    }

    /// The largest kept face, in the tile's coordinates.
    #[must_use]
    pub fn face_in_tile(&self) -> Option<FaceInTile> {
        let [left, top, right, bottom] = self.crop.edges();
        let height_of = |face: &DetectedFace| face.area.bottom.saturating_sub(face.area.top);
        let face = self.faces.iter().filter(|face| face.kept).max_by_key(|face| height_of(face))?;
        let edges = face.area.edges();
        let x = |at: f64| ((at - left) / (right - left)).clamp(0.0, 1.0) as f32;
        let y = |at: f64| ((at - top) / (bottom - top)).clamp(0.0, 1.0) as f32;
        let edges_in_tile = [x(edges[0]), y(edges[1]), x(edges[2]), y(edges[3])];
        let eyes = y(edges[1] + (edges[3] - edges[1]) * EYES_IN_FACE);
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
        let found = detections.face_in_tile().unwrap();
        for (found, expected) in found.edges.into_iter().zip([0.25, 0.25, 0.75, 0.5]) {
            assert!((found - expected).abs() < 1e-3, "{found} {expected}");
        }
        assert!((found.eyes - 0.35).abs() < 1e-3);
        assert_eq!(Detections::default().face_in_tile(), None);
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
