//! A text in a box, as large as it can be.

use glam::Vec2;

use super::breaks::Measured;
use super::choice::choose;
use super::faces::Fonts;
use super::layout::{Bounds, Justify, TextLayout};

/// A text in a place of some size: an em point `p` of the setting is at `offset + p × scale`.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// The text, in ems.
    pub layout: TextLayout,
    /// What an em is long, in the box's units.
    pub scale: f32,
    /// Where the setting's origin is, in the box's units from its left upper corner.
    pub offset: Vec2,
}

impl Fitted {
    /// The box that the text takes to the eye, in the box's units.
    pub fn bounds(&self) -> Bounds {
        let Bounds { left, top, right, bottom } = self.layout.bounds;
        let at = |x, y| self.offset + Vec2::new(x, y) * self.scale;
        let (low, high) = (at(left, top), at(right, bottom));
        Bounds { left: low.x, top: low.y, right: high.x, bottom: high.y }
    }

    fn centred(layout: TextLayout, size: Vec2) -> Self {
        let room = size / layout.bounds.size().max(Vec2::splat(1e-3));
        let scale = room.min_element();
        let offset = size / 2.0 - layout.bounds.centre() * scale;
        Self { layout, scale, offset }
    }
}

/// More lines than this are not read from the street.
const MOST_LINES: usize = 40;

/// Breaks a text into as many lines as make it largest in a box, and puts it in the middle. Line breaks in the text stay.
///
/// `size` is in whatever units the caller has; the answer is in the same.
pub fn fill(fonts: &mut Fonts, text: &str, font: Option<&str>, size: Vec2, align: Justify) -> Fitted {
    let chosen = choose(fonts, text, font);
    let measured = Measured::of(fonts, &chosen);
    let fewest = chosen.paragraphs.len().max(1);
    // A guess at the heights decides who is set in earnest.
    let guess =
        |lines: usize| (size.x / measured.narrowest(lines).max(1e-3)).min(size.y / (0.9 + 1.05 * (lines - 1) as f32));
    let mut candidates: Vec<(f32, usize)> =
        (fewest..=fewest.max(MOST_LINES)).map(|lines| (guess(lines), lines)).collect();
    candidates.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    candidates.truncate(4);
    candidates.sort_by_key(|candidate| candidate.1);
    let mut best: Option<Fitted> = None;
    for (_, lines) in candidates {
        let lines = measured.lines(measured.narrowest(lines));
        let fitted = Fitted::centred(TextLayout::of_lines(fonts, &chosen, &lines, align), size);
        // Another line has to be worth it.
        if best.as_ref().is_none_or(|best| fitted.scale > best.scale * 1.02) {
            best = Some(fitted);
        }
    }
    best.unwrap_or_else(|| Fitted::centred(TextLayout::of_lines(fonts, &chosen, &[], align), size))
}

/// A text in one line, for a band along which it crawls; line breaks become spaces. Its baseline is at y 0 and its letters
/// begin at x 0, whatever it says, so that texts that follow each other stand on one line.
pub fn crawl(fonts: &mut Fonts, text: &str, font: Option<&str>) -> TextLayout {
    let line = text.lines().collect::<Vec<_>>().join(" ");
    TextLayout::of(fonts, &line, font, Justify::Centre)
}
