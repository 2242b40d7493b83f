//! The detector: faces and the sign in an analysis image, the crop chosen by them, and the reasons to review it.

use super::analysis_image::AnalysisImage;
use super::crop::{self, CropChoice, Rect, Subject};
use super::detections::{DetectedFace, DetectedSign, Detections, ReviewReason, ReviewReasons, TileArea};
use super::faces::{Face, FaceDetector, WEAK_SCORE};
use super::saliency::salient_point;
use super::sign::{self, Sign};

/// Faces kept per photograph, which bounds its entry in the index. More are a crowd.
const MAX_FACES: usize = 12;
/// The confidence from which the crop holds a sign: of a hundred portraits without one, fewer than one has a false positive.
const MIN_SIGN_CONFIDENCE: f64 = 0.30;
/// The confidences between which a person should review the sign; below, there is none.
const UNSURE_SIGN_CONFIDENCE: [f64; 2] = [0.20, 0.50];
/// The share of uniform pixels from which a picture without a face is taken for paper or a screen.
const DOCUMENT_UNIFORMITY: f64 = 0.6;

/// Detects faces and signs in one photograph after the other; keeps its buffers.
#[derive(Default)]
pub struct Detector {
    faces: FaceDetector,
}

impl Detector {
    /// Analyses a photograph of `size` upright pixels and chooses the crop for a tile of `aspect`, in those pixels.
    pub fn detect(&mut self, image: &AnalysisImage, size: (u32, u32), aspect: f64) -> (Rect, Detections) {
        let mut review_reasons = ReviewReasons::default();
        let scale = f64::from(size.0.max(size.1)) / image.width.max(image.height) as f64;
        // A detector that fails costs the face, not the portrait.
        let mut found = self.faces.detect(image).unwrap_or_else(|_| {
            review_reasons.add(ReviewReason::DetectorFailed);
            Vec::new()
        });
        found.truncate(MAX_FACES);
        let kept = crop::kept_faces(&found);
        let people: Vec<Face> = found.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(face, _)| *face).collect();
        let faces: Vec<Face> = found.iter().map(|face| face.moved([0.0; 2], scale)).collect();
        let sign = sign::detect(image, &people).filter(|sign| sign.confidence >= UNSURE_SIGN_CONFIDENCE[0]);
        let sign = sign.map(|sign| Sign { corners: sign.corners.map(|corner| corner.map(|at| at * scale)), ..sign });
        let sign_bounds = sign.filter(|sign| sign.confidence >= MIN_SIGN_CONFIDENCE).map(|sign| bounds(&sign, size));
        let salient = faces.is_empty().then(|| salient_point(image).map(|at| at * scale));
        let subject = Subject { faces, sign: sign_bounds, salient, is_round: image.is_round };
        let CropChoice { crop, roll, kept, face_cut, sign_cut } = crop::choose(size.0, size.1, aspect, &subject);

        let people = kept.iter().filter(|kept| **kept).count();
        let best_score = subject.faces.iter().map(|face| face.score).fold(0.0, f64::max);
        for (reason, applies) in [
            (ReviewReason::NoFace, people == 0),
            (ReviewReason::WeakFace, people > 0 && best_score < WEAK_SCORE),
            (ReviewReason::FaceCut, face_cut),
            (ReviewReason::SignUnsure, sign.is_some_and(|sign| sign.confidence < UNSURE_SIGN_CONFIDENCE[1])),
            (ReviewReason::SignCut, sign_cut),
            (ReviewReason::Document, people == 0 && uniformity(image) > DOCUMENT_UNIFORMITY),
            (ReviewReason::Several, people > 1),
        ] {
            if applies {
                review_reasons.add(reason);
            }
        }
        let [w, h] = [size.0, size.1].map(f64::from);
        let area =
            |x: f64, y: f64, width: f64, height: f64| TileArea::new([x / w, y / h, (x + width) / w, (y + height) / h]);
        let detected_face = |(face, kept): (&Face, &bool)| DetectedFace {
            area: area(face.x - face.side / 2.0, face.y - face.side / 2.0, face.side, face.side),
            kept: *kept,
            confidence: percent(crop::confidence(face.score)),
        };
        let mut faces: Vec<DetectedFace> = subject.faces.iter().zip(&kept).map(detected_face).collect();
        faces.sort_by_key(|face| (!face.kept, 100 - face.confidence));
        let mut detections = Detections {
            crop: area(crop.x, crop.y, crop.width, crop.height),
            faces,
            sign: sign
                .map(|sign| DetectedSign::new(sign.corners.map(|[x, y]| [x / w, y / h]), percent(sign.confidence))),
            confidence: percent(crop::confidence(best_score)),
            review_reasons,
            ..Detections::default()
        };
        detections.set_roll(roll);
        (crop, detections)
    }
}

/// The bounding box of a sign, clamped to a photograph of `size` pixels.
fn bounds(sign: &Sign, size: (u32, u32)) -> Rect {
    let edges = |axis: usize, length: u32| {
        let along = sign.corners.map(|corner| corner[axis].clamp(0.0, f64::from(length)));
        (along.iter().copied().fold(f64::MAX, f64::min), along.iter().copied().fold(0.0, f64::max))
    };
    let ((left, right), (top, bottom)) = (edges(0, size.0), edges(1, size.1));
    Rect { x: left, y: top, width: right - left, height: bottom - top }
}

/// The share of pixels that differ by at most one from the next: large for paper and screens, small for photographs.
fn uniformity(image: &AnalysisImage) -> f64 {
    let pairs = image.luma.windows(2);
    let uniform = pairs.clone().filter(|pair| pair[0].abs_diff(pair[1]) <= 1).count();
    uniform as f64 / pairs.len().max(1) as f64
}

fn percent(share: f64) -> u8 {
    (share.clamp(0.0, 1.0) * 100.0).round() as u8
}
