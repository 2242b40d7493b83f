//! Looking at a reduced photograph: who and what is in it, the part to be shown, and what is doubtful about that.

use super::crop::{self, CropChoice, Rect, Subject};
use super::detections::{DetectedFace, DetectedSign, Detections, ReviewReason, ReviewReasons, TileArea};
use super::faces::{Face, FaceFinder, WEAK};
use super::interest::interest;
use super::reduced::Reduced;
use super::sign::{self, Sign};

/// More faces than these are a crowd; what is kept of each in the index is bounded.
const MAX_FACES: usize = 12;
/// From here on a sign counts: of a hundred portraits without one, fewer than one gets it all the same.
const SIGN_COUNTS: f64 = 0.30;
/// Between these a person should look.
const SIGN_UNSURE: [f64; 2] = [0.20, 0.50];
/// The share of even surface from which a picture of nobody looks like paper or a screen.
const EVEN_SHARE: f64 = 0.6;

/// Looks at photographs, one after the other; keeps what the next may need.
#[derive(Default)]
pub struct Detector {
    faces: FaceFinder,
}

impl Detector {
    /// Looks at a photograph of `size` upright pixels and chooses the part for a tile of `aspect`, in those pixels.
    pub fn look(&mut self, reduced: &Reduced, size: (u32, u32), aspect: f64) -> (Rect, Detections) {
        let mut review_reasons = ReviewReasons::default();
        let scale = f64::from(size.0.max(size.1)) / reduced.width.max(reduced.height) as f64;
        // A finder that fails costs the crop its face, not the person the place on the wall.
        let mut found = self.faces.find(reduced).unwrap_or_else(|_| {
            review_reasons.add(ReviewReason::FinderFailed);
            Vec::new()
        });
        found.truncate(MAX_FACES);
        let kept = crop::kept(&found);
        let people: Vec<Face> = found.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(face, _)| *face).collect();
        let faces: Vec<Face> = found.iter().map(|face| face.scaled(scale)).collect();
        let sign = sign::find(reduced, &people).filter(|sign| sign.certainty >= SIGN_UNSURE[0]);
        let sign = sign.map(|sign| Sign { corners: sign.corners.map(|corner| corner.map(|at| at * scale)), ..sign });
        let held = sign.filter(|sign| sign.certainty >= SIGN_COUNTS).map(|sign| bounds(&sign, size));
        let interest = faces.is_empty().then(|| interest(reduced).map(|at| at * scale));
        let subject = Subject { faces, sign: held, interest, round: reduced.round };
        let CropChoice { part, kept, face_cut, sign_cut } = crop::choose(size.0, size.1, aspect, &subject);

        let people = kept.iter().filter(|kept| **kept).count();
        let surest = subject.faces.iter().map(|face| face.score).fold(0.0, f64::max);
        for (doubt, holds) in [
            (ReviewReason::NoFace, people == 0),
            (ReviewReason::WeakFace, people > 0 && surest < WEAK),
            (ReviewReason::FaceCut, face_cut),
            (ReviewReason::SignUnsure, sign.is_some_and(|sign| sign.certainty < SIGN_UNSURE[1])),
            (ReviewReason::SignCut, sign_cut),
            (ReviewReason::Document, people == 0 && even_share(reduced) > EVEN_SHARE),
            (ReviewReason::Several, people > 1),
        ] {
            if holds {
                review_reasons.add(doubt);
            }
        }
        let area = |x: f64, y: f64, width: f64, height: f64| {
            let (w, h) = (f64::from(size.0), f64::from(size.1));
            TileArea::new([x / w, y / h, (x + width) / w, (y + height) / h])
        };
        let seen_face = |(face, kept): (&Face, &bool)| DetectedFace {
            area: area(face.x - face.side / 2.0, face.y - face.side / 2.0, face.side, face.side),
            kept: *kept,
            percent: percent(crop::certainty(face.score)),
        };
        let mut faces: Vec<DetectedFace> = subject.faces.iter().zip(&kept).map(seen_face).collect();
        faces.sort_by_key(|face| (!face.kept, 100 - face.percent));
        let detections = Detections {
            crop: area(part.x, part.y, part.width, part.height),
            faces,
            sign: sign.map(|sign| {
                let [w, h] = [size.0, size.1].map(f64::from);
                DetectedSign::new(sign.corners.map(|[x, y]| [x / w, y / h]), percent(sign.certainty))
            }),
            percent: percent(crop::certainty(surest)),
            review_reasons,
            ..Detections::default()
        };
        (part, detections)
    }
}

/// What a sign covers of a photograph of `size` pixels.
fn bounds(sign: &Sign, size: (u32, u32)) -> Rect {
    let edges = |axis: usize, length: u32| {
        let along = sign.corners.map(|corner| corner[axis].clamp(0.0, f64::from(length)));
        (along.iter().copied().fold(f64::MAX, f64::min), along.iter().copied().fold(0.0, f64::max))
    };
    let ((left, right), (top, bottom)) = (edges(0, size.0), edges(1, size.1));
    Rect { x: left, y: top, width: right - left, height: bottom - top }
}

/// The share of pixels that are as bright as their neighbour: paper and screens are even, the world is not.
fn even_share(picture: &Reduced) -> f64 {
    let pairs = picture.luma.windows(2);
    let even = pairs.clone().filter(|pair| pair[0].abs_diff(pair[1]) <= 1).count();
    even as f64 / pairs.len().max(1) as f64
}

fn percent(share: f64) -> u8 {
    (share.clamp(0.0, 1.0) * 100.0).round() as u8
}
