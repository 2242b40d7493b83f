//! Where a text is broken into lines.

use std::ops::Range;

use swash::text::{analyze, cluster::Boundary};

use super::choice::{Chosen, Paragraph};
use super::faces::Fonts;
use super::shaping::shape;

/// A piece of a paragraph that a line break does not tear, with the spaces after it.
#[derive(Clone, Debug)]
struct Piece {
    range: Range<usize>,
    /// In ems, without the spaces at its end.
    width: f32,
    /// Of those spaces.
    space: f32,
}

/// The pieces of all paragraphs, measured: how many lines a text takes can be asked for any width.
pub(super) struct Measured {
    paragraphs: Vec<Vec<Piece>>,
}

/// Lines: of which paragraph, and from where to where.
pub(super) type Lines = Vec<(usize, Range<usize>)>;

impl Measured {
    pub(super) fn of(fonts: &mut Fonts, chosen: &Chosen) -> Self {
        Self { paragraphs: chosen.paragraphs.iter().map(|paragraph| pieces(fonts, paragraph)).collect() }
    }

    /// The width of the text in one line a paragraph.
    pub(super) fn widest(&self) -> f32 {
        self.paragraphs.iter().map(|pieces| width(pieces)).fold(0.0, f32::max)
    }

    /// The width below which a word would have to be torn.
    pub(super) fn widest_piece(&self) -> f32 {
        self.paragraphs.iter().flatten().map(|piece| piece.width).fold(0.0, f32::max)
    }

    /// Tears what is wider than `limit` between letters.
    pub(super) fn torn(mut self, fonts: &mut Fonts, chosen: &Chosen, limit: f32) -> Self {
        for (paragraph, pieces) in chosen.paragraphs.iter().zip(&mut self.paragraphs) {
            let whole = std::mem::take(pieces);
            for piece in whole {
                if piece.width <= limit {
                    pieces.push(piece);
                    continue;
                }
                let letters: Vec<usize> =
                    paragraph.letters.iter().copied().filter(|letter| piece.range.contains(letter)).collect();
                for (index, start) in letters.iter().enumerate() {
                    let end = letters.get(index + 1).copied().unwrap_or(piece.range.end);
                    pieces.push(measured(fonts, paragraph, *start..end));
                }
            }
        }
        self
    }

    /// How many lines it takes in lines of at most `limit`; a wider piece has a line of its own.
    pub(super) fn count(&self, limit: f32) -> usize {
        self.paragraphs.iter().map(|pieces| first_fit(pieces, limit).max(1)).sum()
    }

    /// The least width in which the text takes no more than `lines` lines. At least that of the widest piece.
    pub(super) fn narrowest(&self, lines: usize) -> f32 {
        let (mut low, mut high) = (self.widest_piece(), self.widest());
        if self.count(low) <= lines {
            return low;
        }
        for _ in 0..24 {
            let middle = (low + high) / 2.0;
            if self.count(middle) <= lines { high = middle } else { low = middle }
        }
        high
    }

    /// The lines of at most `limit`, as few as can be, and as equal as can be with that many.
    pub(super) fn lines(&self, limit: f32) -> Lines {
        let mut lines = Lines::new();
        for (index, pieces) in self.paragraphs.iter().enumerate() {
            if pieces.is_empty() {
                lines.push((index, 0..0));
                continue;
            }
            for part in balanced(pieces, limit) {
                lines.push((index, pieces[part.start].range.start..pieces[part.end - 1].range.end));
            }
        }
        lines
    }
}

/// Of pieces in one line.
fn width(pieces: &[Piece]) -> f32 {
    let all: f32 = pieces.iter().map(|piece| piece.width + piece.space).sum();
    all - pieces.last().map_or(0.0, |last| last.space)
}

fn fits(width: f32, limit: f32) -> bool {
    width <= limit * 1.0001 + 1e-4
}

fn first_fit(pieces: &[Piece], limit: f32) -> usize {
    let (mut lines, mut filled) = (0, f32::INFINITY);
    for piece in pieces {
        if fits(filled + piece.width, limit) {
            filled += piece.width + piece.space;
        } else {
            lines += 1;
            filled = piece.width + piece.space;
        }
    }
    lines
}

/// As many lines as [`first_fit`] has, their widths as equal as can be.
fn balanced(pieces: &[Piece], limit: f32) -> Vec<Range<usize>> {
    let count = first_fit(pieces, limit);
    let places = pieces.len() + 1;
    // The least sum of squares of what stays free, for the first so many pieces in so many lines; and its last line's
    // first piece.
    let mut least = vec![vec![(f32::INFINITY, 0); places]; count + 1];
    least[0][0].0 = 0.0;
    for line in 1..=count {
        for end in 1..places {
            let mut filled = 0.0;
            for start in (0..end).rev() {
                let piece = &pieces[start];
                filled += piece.width + if start + 1 < end { piece.space } else { 0.0 };
                if !fits(filled, limit) && start + 1 < end {
                    break;
                }
                let before = least[line - 1][start].0;
                let free = (limit - filled).max(0.0);
                if before + free * free < least[line][end].0 {
                    least[line][end] = (before + free * free, start);
                }
            }
        }
    }
    let (mut lines, mut end) = (Vec::with_capacity(count), pieces.len());
    for line in (1..=count).rev() {
        let start = least[line][end].1;
        lines.push(start..end);
        end = start;
    }
    lines.reverse();
    lines
}

fn pieces(fonts: &mut Fonts, paragraph: &Paragraph) -> Vec<Piece> {
    let text = &paragraph.text;
    let mut starts = vec![0];
    for ((at, _), (_, boundary)) in text.char_indices().zip(analyze(text.chars())) {
        if at > 0 && matches!(boundary, Boundary::Line | Boundary::Mandatory) {
            starts.push(at);
        }
    }
    if text.is_empty() {
        return Vec::new();
    }
    // Measured in their surroundings, all at once.
    let shaped = shape(fonts, paragraph, 0..text.len());
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let mut pieces: Vec<Piece> =
        starts.iter().zip(ends).map(|(start, end)| Piece { range: *start..end, width: 0.0, space: 0.0 }).collect();
    for glyph in &shaped.glyphs {
        let index = starts.partition_point(|start| *start <= glyph.start).saturating_sub(1);
        let piece = &mut pieces[index];
        let ink_end = piece.range.start + text[piece.range.clone()].trim_end().len();
        if glyph.start < ink_end { piece.width += glyph.advance } else { piece.space += glyph.advance }
    }
    pieces
}

fn measured(fonts: &mut Fonts, paragraph: &Paragraph, range: Range<usize>) -> Piece {
    Piece { width: shape(fonts, paragraph, range.clone()).width, range, space: 0.0 }
}
