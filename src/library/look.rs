//! Looking at a reduced photograph: who and what is in it, the part to be shown, and what is doubtful about that.

use super::crop::{self, Choice, Rect, Subject};
use super::faces::{Face, FaceFinder, WEAK};
use super::interest::interest;
use super::reduced::Reduced;
use super::seen::{Area, Doubt, Doubts, Seen, SeenFace};

/// More faces than these are a crowd; what is kept of each in the index is bounded.
const MAX_FACES: usize = 12;

/// Looks at photographs, one after the other; keeps what the next may need.
#[derive(Default)]
pub struct Looker {
    faces: FaceFinder,
}

impl Looker {
    /// Looks at a photograph of `size` upright pixels and chooses the part for a tile of `aspect`, in those pixels.
    pub fn look(&mut self, reduced: &Reduced, size: (u32, u32), aspect: f64) -> (Rect, Seen) {
        let mut doubts = Doubts::default();
        let scale = f64::from(size.0.max(size.1)) / reduced.width.max(reduced.height) as f64;
        // A finder that fails costs the crop its face, not the person the place on the wall.
        let found = self.faces.find(reduced).unwrap_or_else(|_| {
            doubts.add(Doubt::FinderFailed);
            Vec::new()
        });
        let faces: Vec<Face> = found.iter().take(MAX_FACES).map(|face| face.scaled(scale)).collect();
        let interest = faces.is_empty().then(|| interest(reduced).map(|at| at * scale));
        let subject = Subject { faces, sign: None, interest, round: reduced.round };
        let Choice { part, kept, face_cut, sign_cut } = crop::choose(size.0, size.1, aspect, &subject);

        let people = kept.iter().filter(|kept| **kept).count();
        let surest = subject.faces.iter().map(|face| face.score).fold(0.0, f64::max);
        for (doubt, holds) in [
            (Doubt::NoFace, people == 0),
            (Doubt::WeakFace, people > 0 && surest < WEAK),
            (Doubt::FaceCut, face_cut),
            (Doubt::SignCut, sign_cut),
            (Doubt::Several, people > 1),
        ] {
            if holds {
                doubts.add(doubt);
            }
        }
        let area = |x: f64, y: f64, width: f64, height: f64| {
            let (w, h) = (f64::from(size.0), f64::from(size.1));
            Area::new([x / w, y / h, (x + width) / w, (y + height) / h])
        };
        let seen_face = |(face, kept): (&Face, &bool)| SeenFace {
            area: area(face.x - face.side / 2.0, face.y - face.side / 2.0, face.side, face.side),
            kept: *kept,
            percent: percent(crop::certainty(face.score)),
        };
        let mut faces: Vec<SeenFace> = subject.faces.iter().zip(&kept).map(seen_face).collect();
        faces.sort_by_key(|face| (!face.kept, 100 - face.percent));
        let seen = Seen {
            crop: area(part.x, part.y, part.width, part.height),
            faces,
            sign: None,
            percent: percent(crop::certainty(surest)),
            doubts,
            ..Seen::default()
        };
        (part, seen)
    }
}

fn percent(share: f64) -> u8 {
    (share.clamp(0.0, 1.0) * 100.0).round() as u8
}
