//! Line breaking: fewest lines for a width, balanced.

use std::ops::Range;

use swash::text::{Codepoint as _, Script, analyze, cluster::Boundary};

use super::faces::Fonts;
use super::itemize::{ItemizedText, Paragraph};
use super::shaping::shape;

/// An unbreakable part of a paragraph, with its trailing spaces.
#[derive(Clone, Debug)]
struct Word {
    range: Range<usize>,
    /// Width in ems, without trailing spaces.
    width: f32,
    /// Width of the trailing spaces.
    space: f32,
}

/// A paragraph's words, measured.
struct MeasuredParagraph {
    words: Vec<Word>,
    /// Start of each word if all are in one line, and the end of the last one's spaces.
    starts: Vec<f32>,
}

impl MeasuredParagraph {
    fn new(words: Vec<Word>) -> Self {
        let mut starts = vec![0.0];
        for word in &words {
            starts.push(starts[starts.len() - 1] + word.width + word.space);
        }
        Self { words, starts }
    }

    /// Returns the width of a range of words in one line.
    fn width(&self, range: Range<usize>) -> f32 {
        let last = self.words[range.clone()].last().map_or(0.0, |last| last.space);
        self.starts[range.end] - self.starts[range.start] - last
    }

    /// Whether a range of words fits into a line; a single word always does.
    fn fits(&self, range: Range<usize>, limit: f32) -> bool {
        range.len() == 1 || self.width(range) <= limit * 1.0001 + 1e-4
    }

    /// Returns the number of lines of first-fit breaking, which is the least.
    fn count(&self, limit: f32) -> usize {
        let (mut lines, mut start) = (0, 0);
        for end in 1..=self.words.len() {
            if lines == 0 || !self.fits(start..end, limit) {
                lines += 1;
                start = end - 1;
            }
        }
        lines
    }

    /// Breaks into as many lines, of widths as equal as possible.
    fn balanced(&self, limit: f32) -> Vec<Range<usize>> {
        let (count, breaks) = (self.count(limit), self.starts.len());
        // Dynamic programming: the least sum of squares of the free widths for the first words in so many lines, and the
        // start of the last of those lines.
        let mut least = vec![vec![(f32::INFINITY, 0); breaks]; count + 1];
        least[0][0].0 = 0.0;
        for line in 1..=count {
            for end in line..breaks {
                for start in (line - 1..end).rev().take_while(|start| self.fits(*start..end, limit)) {
                    let free = (limit - self.width(start..end)).max(0.0);
                    let sum = least[line - 1][start].0 + free * free;
                    if sum < least[line][end].0 {
                        least[line][end] = (sum, start);
                    }
                }
            }
        }
        let (mut lines, mut end) = (Vec::with_capacity(count), self.words.len());
        for line in (1..=count).rev() {
            let start = least[line][end].1;
            lines.push(start..end);
            end = start;
        }
        lines.reverse();
        lines
    }
}

/// The measured words of all paragraphs, for breaking at any width.
pub(super) struct LineBreaker {
    paragraphs: Vec<MeasuredParagraph>,
}

/// A line: a range of a paragraph's text.
#[derive(Clone, Debug)]
pub(super) struct LineRange {
    /// Index of the paragraph.
    pub(super) paragraph: usize,
    pub(super) range: Range<usize>,
}

impl LineBreaker {
    pub(super) fn new(fonts: &mut Fonts, text: &ItemizedText) -> Self {
        let measured = |paragraph| MeasuredParagraph::new(words(fonts, paragraph));
        Self { paragraphs: text.paragraphs.iter().map(measured).collect() }
    }

    /// Returns the width of the widest paragraph in one line.
    pub(super) fn widest(&self) -> f32 {
        self.paragraphs.iter().map(|paragraph| paragraph.width(0..paragraph.words.len())).fold(0.0, f32::max)
    }

    /// Returns the width below which a word would have to be broken.
    pub(super) fn widest_word(&self) -> f32 {
        self.paragraphs.iter().flat_map(|paragraph| &paragraph.words).map(|word| word.width).fold(0.0, f32::max)
    }

    /// Breaks words that are wider than `limit` between grapheme clusters.
    pub(super) fn break_words(mut self, fonts: &mut Fonts, text: &ItemizedText, limit: f32) -> Self {
        for (paragraph, measured) in text.paragraphs.iter().zip(&mut self.paragraphs) {
            let mut words = Vec::new();
            for word in std::mem::take(&mut measured.words) {
                if word.width <= limit {
                    words.push(word);
                    continue;
                }
                let clusters: Vec<usize> =
                    paragraph.clusters.iter().copied().filter(|start| word.range.contains(start)).collect();
                for (index, start) in clusters.iter().enumerate() {
                    let range = *start..clusters.get(index + 1).copied().unwrap_or(word.range.end);
                    words.push(Word { width: shape(fonts, paragraph, range.clone()).width, range, space: 0.0 });
                }
            }
            *measured = MeasuredParagraph::new(words);
        }
        self
    }

    /// Returns the number of lines of at most `limit`; a wider word takes a line of its own.
    pub(super) fn count(&self, limit: f32) -> usize {
        self.paragraphs.iter().map(|paragraph| paragraph.count(limit).max(1)).sum()
    }

    /// Returns the least width at which the text takes no more than `lines` lines, at least that of the widest word.
    pub(super) fn narrowest(&self, lines: usize) -> f32 {
        let (mut low, mut high) = (self.widest_word(), self.widest());
        if self.count(low) <= lines {
            return low;
        }
        for _ in 0..24 {
            let middle = (low + high) / 2.0;
            if self.count(middle) <= lines { high = middle } else { low = middle }
        }
        high
    }

    /// Breaks into the fewest lines of at most `limit`, of widths as equal as possible.
    pub(super) fn lines(&self, limit: f32) -> Vec<LineRange> {
        let mut lines = Vec::new();
        for (paragraph, measured) in self.paragraphs.iter().enumerate() {
            if measured.words.is_empty() {
                lines.push(LineRange { paragraph, range: 0..0 });
                continue;
            }
            for line in measured.balanced(limit) {
                let (first, last) = (&measured.words[line.start], &measured.words[line.end - 1]);
                lines.push(LineRange { paragraph, range: first.range.start..last.range.end });
            }
        }
        lines
    }
}

/// Finds the words of a paragraph by the Unicode line breaking rules, and measures them.
fn words(fonts: &mut Fonts, paragraph: &Paragraph) -> Vec<Word> {
    let text = &paragraph.text;
    let mut starts = vec![0];
    let mut previous = ' ';
    for ((at, letter), (_, boundary)) in text.char_indices().zip(analyze(text.chars())) {
        // Korean may be broken anywhere, but reads better in words, which are separated by spaces.
        let is_korean = previous.script() == Script::Hangul && letter.script() == Script::Hangul;
        if at > 0 && matches!(boundary, Boundary::Line | Boundary::Mandatory) && !is_korean {
            starts.push(at);
        }
        previous = letter;
    }
    if text.is_empty() {
        return Vec::new();
    }
    // Shaped all at once, for shaping depends on the context.
    let shaped = shape(fonts, paragraph, 0..text.len());
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let mut words: Vec<Word> =
        starts.iter().zip(ends).map(|(start, end)| Word { range: *start..end, width: 0.0, space: 0.0 }).collect();
    for glyph in &shaped.glyphs {
        let index = starts.partition_point(|start| *start <= glyph.start).saturating_sub(1);
        let word = &mut words[index];
        let ink_end = word.range.start + text[word.range.clone()].trim_end().len();
        if glyph.start < ink_end { word.width += glyph.advance } else { word.space += glyph.advance }
    }
    words
}
