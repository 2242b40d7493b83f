//! Where a text is broken into lines.

use std::ops::Range;

use swash::text::{Codepoint as _, Script, analyze, cluster::Boundary};

use super::choice::{FontRun, Paragraph};
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

/// A paragraph's pieces.
struct Pieces {
    pieces: Vec<Piece>,
    /// Where each piece begins if all are in one line, and where the last one's spaces end.
    places: Vec<f32>,
}

impl Pieces {
    fn of(pieces: Vec<Piece>) -> Self {
        let mut places = vec![0.0];
        for piece in &pieces {
            places.push(places[places.len() - 1] + piece.width + piece.space);
        }
        Self { pieces, places }
    }

    /// The width of some pieces in one line.
    fn width(&self, range: Range<usize>) -> f32 {
        let last = self.pieces[range.clone()].last().map_or(0.0, |last| last.space);
        self.places[range.end] - self.places[range.start] - last
    }

    /// Whether they fit; one piece always does, for it has nowhere else to go.
    fn fits(&self, range: Range<usize>, limit: f32) -> bool {
        range.len() == 1 || self.width(range) <= limit * 1.0001 + 1e-4
    }

    /// Lines that it takes, each as full as can be.
    fn count(&self, limit: f32) -> usize {
        let (mut lines, mut start) = (0, 0);
        for end in 1..=self.pieces.len() {
            if lines == 0 || !self.fits(start..end, limit) {
                lines += 1;
                start = end - 1;
            }
        }
        lines
    }

    /// That many lines, their widths as equal as can be.
    fn balanced(&self, limit: f32) -> Vec<Range<usize>> {
        let (count, places) = (self.count(limit), self.places.len());
        // The least sum of squares of what stays free, for the first so many pieces in so many lines; and where the last
        // of those lines begins.
        let mut least = vec![vec![(f32::INFINITY, 0); places]; count + 1];
        least[0][0].0 = 0.0;
        for line in 1..=count {
            for end in line..places {
                for start in (line - 1..end).rev().take_while(|start| self.fits(*start..end, limit)) {
                    let free = (limit - self.width(start..end)).max(0.0);
                    let sum = least[line - 1][start].0 + free * free;
                    if sum < least[line][end].0 {
                        least[line][end] = (sum, start);
                    }
                }
            }
        }
        let (mut lines, mut end) = (Vec::with_capacity(count), self.pieces.len());
        for line in (1..=count).rev() {
            let start = least[line][end].1;
            lines.push(start..end);
            end = start;
        }
        lines.reverse();
        lines
    }
}

/// The pieces of all paragraphs, measured: how many lines a text takes can be asked for any width.
pub(super) struct Measured {
    paragraphs: Vec<Pieces>,
}

/// Lines: of which paragraph, and from where to where.
pub(super) type Lines = Vec<(usize, Range<usize>)>;

impl Measured {
    pub(super) fn of(fonts: &mut Fonts, chosen: &FontRun) -> Self {
        Self { paragraphs: chosen.paragraphs.iter().map(|paragraph| Pieces::of(pieces(fonts, paragraph))).collect() }
    }

    /// The width of the text in one line a paragraph.
    pub(super) fn widest(&self) -> f32 {
        self.paragraphs.iter().map(|pieces| pieces.width(0..pieces.pieces.len())).fold(0.0, f32::max)
    }

    /// The width below which a word would have to be torn.
    pub(super) fn widest_piece(&self) -> f32 {
        self.paragraphs.iter().flat_map(|pieces| &pieces.pieces).map(|piece| piece.width).fold(0.0, f32::max)
    }

    /// Tears what is wider than `limit` between letters.
    pub(super) fn torn(mut self, fonts: &mut Fonts, chosen: &FontRun, limit: f32) -> Self {
        for (paragraph, pieces) in chosen.paragraphs.iter().zip(&mut self.paragraphs) {
            let mut torn = Vec::new();
            for piece in std::mem::take(&mut pieces.pieces) {
                if piece.width <= limit {
                    torn.push(piece);
                    continue;
                }
                let letters: Vec<usize> =
                    paragraph.letters.iter().copied().filter(|letter| piece.range.contains(letter)).collect();
                for (index, start) in letters.iter().enumerate() {
                    let end = letters.get(index + 1).copied().unwrap_or(piece.range.end);
                    torn.push(measured(fonts, paragraph, *start..end));
                }
            }
            *pieces = Pieces::of(torn);
        }
        self
    }

    /// How many lines it takes in lines of at most `limit`; a wider piece has a line of its own.
    pub(super) fn count(&self, limit: f32) -> usize {
        self.paragraphs.iter().map(|pieces| pieces.count(limit).max(1)).sum()
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
            if pieces.pieces.is_empty() {
                lines.push((index, 0..0));
                continue;
            }
            for part in pieces.balanced(limit) {
                let (first, last) = (&pieces.pieces[part.start], &pieces.pieces[part.end - 1]);
                lines.push((index, first.range.start..last.range.end));
            }
        }
        lines
    }
}

fn pieces(fonts: &mut Fonts, paragraph: &Paragraph) -> Vec<Piece> {
    let text = &paragraph.text;
    let mut starts = vec![0];
    let mut before = ' ';
    for ((at, letter), (_, boundary)) in text.char_indices().zip(analyze(text.chars())) {
        // Korean may be broken anywhere, but reads better in whole words, which have spaces between them.
        let is_korean = before.script() == Script::Hangul && letter.script() == Script::Hangul;
        if at > 0 && matches!(boundary, Boundary::Line | Boundary::Mandatory) && !is_korean {
            starts.push(at);
        }
        before = letter;
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
