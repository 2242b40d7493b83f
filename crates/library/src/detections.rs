//! What was seen in a photograph, and the part chosen for its tile: what the library keeps of it, so that a person can look
//! at the choice. All places are fractions of the upright photograph.

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

    /// From the edges as fractions; what is outside of the picture is cut off.
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

/// A face that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DetectedFace {
    /// From the forehead's middle to the chin, cheek to cheek.
    pub area: TileArea,
    /// Whether the crop keeps it; passers-by are not kept.
    pub kept: bool,
    /// How sure that is, 0 to 100.
    pub percent: u8,
}

/// A sign that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DetectedSign {
    corners: [[u16; 2]; 4],
    /// How sure that is, 0 to 100.
    pub percent: u8,
}

impl DetectedSign {
    /// From its corners in order, as fractions; what is outside of the picture is moved to its edge.
    #[must_use]
    pub fn new(corners: [[f64; 2]; 4], percent: u8) -> Self {
        Self { corners: corners.map(|corner| corner.map(pack)), percent }
    }

    /// Its corners in order, as fractions x, y.
    #[must_use]
    pub fn corners(&self) -> [[f64; 2]; 4] {
        self.corners.map(|corner| corner.map(unpack))
    }
}

/// A reason for a person to look at the crop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum ReviewReason {
    /// Nobody was found.
    NoFace,
    /// The finder failed.
    FinderFailed,
    /// What was found may be no face.
    WeakFace,
    /// A face is cut by the photograph's edge.
    FaceCut,
    /// There is something like a sign.
    SignUnsure,
    /// There is a sign that the crop cannot hold whole.
    SignCut,
    /// Several people.
    Several,
    /// It looks like a document or a screenshot.
    Document,
}

impl ReviewReason {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::NoFace,
        Self::FinderFailed,
        Self::WeakFace,
        Self::FaceCut,
        Self::SignUnsure,
        Self::SignCut,
        Self::Several,
        Self::Document,
    ];
}

impl fmt::Display for ReviewReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NoFace => "no face found",
            Self::FinderFailed => "the face finder failed",
            Self::WeakFace => "perhaps not a face",
            Self::FaceCut => "a face is cut by the edge",
            Self::SignUnsure => "perhaps a sign",
            Self::SignCut => "the sign is not whole",
            Self::Several => "several people",
            Self::Document => "looks like a document or a screenshot",
        })
    }
}

/// A set of [`ReviewReason`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewReasons(u16);

impl ReviewReasons {
    /// Adds one.
    pub fn add(&mut self, doubt: ReviewReason) {
        self.0 |= 1 << doubt as u16;
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether this one is among them.
    #[must_use]
    pub fn has(self, doubt: ReviewReason) -> bool {
        self.0 & 1 << doubt as u16 != 0
    }

    /// One after the other.
    pub fn iter(self) -> impl Iterator<Item = ReviewReason> {
        ReviewReason::ALL.into_iter().filter(move |doubt| self.has(*doubt))
    }
}

impl fmt::Display for ReviewReasons {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, doubt) in self.iter().enumerate() {
            write!(formatter, "{}{doubt}", if place > 0 { "; " } else { "" })?;
        }
        Ok(())
    }
}

/// A face in a tile, in fractions of it: what to measure light on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaceInTile {
    /// Left, top, right and bottom: from the forehead's middle to the chin, cheek to cheek, cut at the tile's edges.
    pub edges: [f32; 4],
    /// The eyes' height.
    pub eyes: f32,
}

/// What was seen in a photograph, and what was chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detections {
    /// The part that the tile shows.
    pub crop: TileArea,
    /// The faces, those that are kept first, the surest first.
    pub faces: Vec<DetectedFace>,
    /// The sign, if there is one.
    pub sign: Option<DetectedSign>,
    /// How sure the whole choice is, 0 to 100.
    pub percent: u8,
    /// Why a person should look at it.
    pub review_reasons: ReviewReasons,
    /// Sixteenths of a texel that a pixel of the photograph became, for [`Self::upscaled`].
    pub(super) stretch: u16,
}

/// A tile that has a little more texels than its photograph is not worth a word.
const UNSEEN_STRETCH: f64 = 1.1;
/// Where the eyes are in a found face, from its top.
pub const EYES_IN_FACE: f64 = 0.40;

impl Default for Detections {
    /// The whole picture, in which nothing was looked for.
    fn default() -> Self {
        Self {
            crop: TileArea::WHOLE,
            faces: Vec::new(),
            sign: None,
            percent: 100,
            review_reasons: ReviewReasons::default(),
            stretch: 0,
        }
    }
}

impl Detections {
    /// Sets how many texels a pixel of the photograph became.
    pub fn set_stretch(&mut self, texels_a_pixel: f64) {
        self.stretch = (texels_a_pixel * 16.0).clamp(1.0, f64::from(u16::MAX)).round() as u16;
    }

    /// Texels of the tile for each pixel of the part, where the photograph was measured: below 1 it has more than the tile.
    pub(super) fn texels_a_pixel(&self) -> Option<f64> {
        (self.stretch > 0).then(|| f64::from(self.stretch) / 16.0)
    }

    /// How much larger the tile is than the part of the photograph that it was made of, when that can be seen.
    #[must_use]
    pub fn upscaled(&self) -> Option<f64> {
        Some(f64::from(self.stretch) / 16.0).filter(|stretch| *stretch > UNSEEN_STRETCH)
    }

    /// Somebody has chosen the part themselves, in pixels of the upright photograph of that size: whatever was doubtful
    /// about the choice is settled.
    pub(super) fn crop_by_hand(&mut self, part: Rect, (width, height): (u32, u32)) {
        let (width, height) = (f64::from(width), f64::from(height));
        let Rect { x, y, width: across, height: down } = part;
        self.crop = TileArea::new([x / width, y / height, (x + across) / width, (y + down) / height]);
        self.review_reasons = ReviewReasons::default();
    }

    /// The largest face that is kept, as it lies in the tile.
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
        let face = |left, kept| DetectedFace { area: TileArea::new([left, 0.2, left + 0.2, 0.4]), kept, percent: 90 };
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
    fn doubts_are_words() {
        let mut review_reasons = ReviewReasons::default();
        assert!(review_reasons.is_empty() && review_reasons.to_string().is_empty());
        review_reasons.add(ReviewReason::Several);
        review_reasons.add(ReviewReason::WeakFace);
        assert_eq!(review_reasons.to_string(), "perhaps not a face; several people");
    }
}
