//! Damaged font files: the text is set, in this font or in another.

use std::ops::Range;

use glam::Vec2;
use millions_base::SplitMix;

use crate::{CaptionText, Fonts, Justify, TextLayout, caption, crawl, fill, fonts, quads};

/// Letters, digits, ligatures, marks, and punctuation.
const TEXT: &str = "Every affine face,\n1234 fi ffl Å e\u{301} q\u{308}\u{323}: “Łódź”";

/// Where a table of the font lies.
fn table(font: &[u8], number: usize) -> Range<usize> {
    let word = |at: usize| font[at..at + 4].iter().fold(0, |word, byte| word << 8 | usize::from(*byte));
    let entry = 12 + 16 * number;
    word(entry + 8)..word(entry + 8) + word(entry + 12)
}

/// A damaged font, a different one for each seed.
fn damaged(font: &[u8], seed: u64) -> Vec<u8> {
    let mut random = SplitMix::new(seed, 0);
    let mut below = |end: usize| random.below(end.max(1));
    let tables = usize::from(font[5]);
    let mut bytes = font.to_vec();
    let hurt = table(font, below(tables));
    match seed % 5 {
        // Bits anywhere; in one table; in the heads of tables, which hold counts and offsets.
        0 => (0..=below(200)).for_each(|_| bytes[below(font.len())] ^= 1 << below(8)),
        1 => (0..=below(40)).for_each(|_| bytes[hurt.start + below(hurt.len())] ^= 1 << below(8)),
        2 => {
            (0..=below(6)).for_each(|_| bytes[hurt.start + below(hurt.len().min(64))] = [0, 0x7f, 0x80, 0xff][below(4)])
        }
        3 => bytes.truncate(below(font.len())),
        _ => bytes[hurt].fill(if below(2) == 0 { 0 } else { 0xff }),
    }
    bytes
}

#[test]
fn a_damaged_font_is_left_out_and_the_text_is_set() {
    let folder = tempfile::tempdir().unwrap();
    let (mut given_up, mut used) = (0, 0);
    for seed in 0..200 {
        let file = folder.path().join(format!("{seed}.ttf"));
        std::fs::write(&file, damaged(fonts::SANS, seed)).unwrap();
        let font = file.to_str().unwrap();
        let mut fonts = Fonts::bundled();
        let words = CaptionText { name: "Anna 12", place: "Łódź", quote: "fi" };
        let placed = fill(&mut fonts, TEXT, Some(font), Vec2::new(16.0, 9.0), Justify::Centre);
        let lines: Vec<TextLayout> = vec![placed.layout, crawl(&mut fonts, TEXT, Some(font))];
        let mut drawn = Vec::new();
        for line in &lines {
            drawn.extend(quads(&mut fonts, line));
        }
        for quad in &drawn {
            let _ = fonts.glyph_field(quad.key);
        }
        let block = caption(&mut fonts, words, Some(font), Vec2::new(16.0, 9.0), 1.0);
        let notes = fonts.take_notes();
        if notes.iter().any(|note| note.contains("the font is damaged")) {
            given_up += 1;
            assert!(fonts.check(font).is_some(), "seed {seed}: `check` tells it, too");
            // It is not asked again, and another has all letters.
            let again = fill(&mut fonts, TEXT, Some(font), Vec2::new(16.0, 9.0), Justify::Centre);
            assert!(!quads(&mut fonts, &again.layout).is_empty() && !block.parts.is_empty(), "seed {seed}");
        }
        used += usize::from(fonts.check(font).is_none());
    }
    assert!(used > 20 && given_up > 0, "{used} fonts were still used, and {given_up} are given up");
}
