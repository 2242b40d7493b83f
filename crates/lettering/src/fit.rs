//! Fitting of a text into a box, as large as possible.

use glam::Vec2;

use super::caption::NOT_SHOWN;
use super::faces::Fonts;
use super::itemize::itemize;
use super::layout::{Bounds, Justify, TextLayout};
use super::line_breaking::LineBreaker;

/// A layout with a scale and a position: its point `p` (in ems) is at `offset + p × scale`.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedText {
    /// The text, in ems.
    pub layout: TextLayout,
    /// Length of an em, in the box's units.
    pub scale: f32,
    /// Position of the layout's origin, in the box's units from its upper left corner.
    pub offset: Vec2,
}

impl PlacedText {
    /// Returns [`TextLayout::bounds`] in the box's units.
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

/// Upper limit of lines: more would not be legible from the street.
const MAX_LINES: usize = 40;

/// Breaks a text into as many lines as make it largest in a box, and centres it. Line breaks in the text are kept.
///
/// `size` is in any unit; the result is in the same.
pub fn fill(fonts: &mut Fonts, text: &str, font: Option<&str>, size: Vec2, align: Justify) -> PlacedText {
    fonts.guarded(font, |fonts| fitted(fonts, text, font, size, align))
}

fn fitted(fonts: &mut Fonts, text: &str, font: Option<&str>, size: Vec2, align: Justify) -> PlacedText {
    let itemized = itemize(fonts, text, font);
    let measured = LineBreaker::new(fonts, &itemized);
    let fewest = itemized.paragraphs.len().max(1);
    // Only the candidates that an estimate of the heights favours are laid out.
    let estimate =
        |lines: usize| (size.x / measured.narrowest(lines).max(1e-3)).min(size.y / (0.9 + 1.05 * (lines - 1) as f32));
    let mut candidates: Vec<(f32, usize)> =
        (fewest..=fewest.max(MAX_LINES)).map(|lines| (estimate(lines), lines)).collect();
    candidates.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    candidates.truncate(4);
    candidates.sort_by_key(|candidate| candidate.1);
    let mut best: Option<PlacedText> = None;
    for (_, lines) in candidates {
        let lines = measured.lines(measured.narrowest(lines));
        let fitted = PlacedText::centred(TextLayout::of_lines(fonts, &itemized, &lines, align), size);
        // More lines have to be worth it.
        if best.as_ref().is_none_or(|best| fitted.scale > best.scale * 1.02) {
            best = Some(fitted);
        }
    }
    best.unwrap_or_else(|| PlacedText::centred(TextLayout::of_lines(fonts, &itemized, &[], align), size))
}

/// Returns whether fonts have all letters of a text, emoji aside; notes for the operator when they do not. Somebody's own
/// words are drawn whole or not at all.
pub fn is_whole(fonts: &mut Fonts, text: &str, font: Option<&str>) -> bool {
    let missing = fonts.missing(text, font);
    if missing.is_empty() {
        return true;
    }
    if let Some(note) = missing.note(NOT_SHOWN) {
        fonts.note(note);
    }
    false
}

/// Lays out a text in one line, for a crawl; line breaks become spaces. The baseline is at y 0 and the advance begins at x
/// 0, so that consecutive texts share a baseline.
pub fn crawl(fonts: &mut Fonts, text: &str, font: Option<&str>) -> TextLayout {
    let line = text.lines().collect::<Vec<_>>().join(" ");
    TextLayout::of(fonts, &line, font, Justify::Centre)
}
