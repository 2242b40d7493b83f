//! Outlines of the phrases: shaped once a process, then transformed.

use std::sync::LazyLock;

use cosmic_text::fontdb::Database;
use cosmic_text::{
    Align, Attrs, Buffer, CacheKey, CacheKeyFlags, Command, Family, FontSystem, Metrics, Shaping, SwashCache, Weight,
    Wrap,
};
use glam::Vec2;
use tiny_skia::{Path, PathBuilder, PathSegment};

use super::person::Letter;
use super::phrases::{PHRASES, Phrase};
use millions_lettering::fonts;

/// The size that phrases are shaped at; only proportions matter afterwards.
const EM: f32 = 100.0;

/// One way of breaking a phrase into lines.
pub(super) struct Layout {
    /// The outlines, from the origin to `size`.
    pub(super) path: Path,
    pub(super) size: Vec2,
    /// The baselines, from the top.
    pub(super) lines: usize,
    /// Glyphs that the font lacks.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test looks at it"))]
    missing: usize,
}

/// A phrase in one face: in one line, two lines …
type Broken = Vec<Layout>;

/// The typefaces of the signs.
const FACES: [Face; 3] = [Face::Light, Face::Bold, Face::Serif];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Face {
    Light,
    Bold,
    Serif,
}

static LETTERED: LazyLock<Vec<[Broken; 3]>> = LazyLock::new(|| {
    let mut shaper = Shaper::new();
    PHRASES.iter().map(|phrase| FACES.map(|face| shaper.broken(phrase, face))).collect()
});

/// Returns the layout of a phrase that fills an area of `size` best; none when nothing of it can be drawn.
pub(super) fn best(phrase: usize, letter: Letter, size: Vec2) -> Option<&'static Layout> {
    let face = match letter {
        Letter::Marker => 0,
        Letter::Brush | Letter::Stencil => 1,
        Letter::Print => 2,
    };
    let scale = |layout: &&Layout| (size / layout.size).min_element();
    LETTERED.get(phrase)?[face].iter().max_by(|a, b| scale(a).total_cmp(&scale(b)))
}

/// Returns the font family for a language.
fn family(language: &str, face: Face) -> &'static str {
    match language {
        "ar" | "fa" | "ur" => "Noto Sans Arabic",
        "he" => "Noto Sans Hebrew",
        "hi" | "mr" => "Noto Sans Devanagari",
        "bn" => "Noto Sans Bengali",
        "pa" => "Noto Sans Gurmukhi",
        "gu" => "Noto Sans Gujarati",
        "ta" => "Noto Sans Tamil",
        "te" => "Noto Sans Telugu",
        "th" => "Noto Sans Thai",
        "km" => "Noto Sans Khmer",
        "am" => "Noto Sans Ethiopic",
        "ka" => "Noto Sans Georgian",
        "hy" => "Noto Sans Armenian",
        "ja" => "Noto Sans CJK JP",
        "ko" => "Noto Sans CJK KR",
        "zh-Hans" => "Noto Sans CJK SC",
        "zh-Hant" => "Noto Sans CJK TC",
        _ if face == Face::Serif => "Noto Serif",
        _ => fonts::SANS_FAMILY,
    }
}

struct Shaper {
    fonts: FontSystem,
    cache: SwashCache,
}

impl Shaper {
    fn new() -> Self {
        let mut database = Database::new();
        for bytes in [fonts::SANS, fonts::SANS_BOLD].into_iter().chain(fonts::SIGNS) {
            database.load_font_data(bytes.to_vec());
        }
        // Empty buffers are shaped in the default family, which must exist.
        database.set_sans_serif_family(fonts::SANS_FAMILY);
        Self { fonts: FontSystem::new_with_locale_and_db("en".to_owned(), database), cache: SwashCache::new() }
    }

    /// Returns the layouts of a phrase in one to four lines.
    fn broken(&mut self, phrase: &Phrase, face: Face) -> Broken {
        let Some(whole) = self.layout(phrase, face, None) else { return Vec::new() };
        let width = whole.size.x;
        let mut all = vec![whole];
        for lines in 2..=4_usize {
            // The narrowest column that still takes that many lines is the best balanced.
            let mut column = width / lines as f32 * 0.95;
            while column < width {
                match self.layout(phrase, face, Some(column)) {
                    // A word wider than its column is not broken; the layout's width shows it.
                    Some(layout) if layout.lines <= lines && layout.size.x <= column * 1.02 => {
                        if layout.lines == lines {
                            all.push(layout);
                        }
                        break;
                    }
                    _ => column *= 1.05,
                }
            }
        }
        all
    }

    fn layout(&mut self, phrase: &Phrase, face: Face, column: Option<f32>) -> Option<Layout> {
        let weight = if face == Face::Light { Weight::NORMAL } else { Weight::BOLD };
        let attrs = Attrs::new().family(Family::Name(family(phrase.language, face))).weight(weight);
        let mut buffer = Buffer::new(&mut self.fonts, Metrics::new(EM, EM * 1.12));
        buffer.set_wrap(Wrap::Word);
        buffer.set_size(Some(column.unwrap_or(EM * 200.0)), None);
        buffer.set_text(phrase.words, &attrs, Shaping::Advanced, Some(Align::Center));
        buffer.shape_until_scroll(&mut self.fonts, false);
        let (mut path, mut lines, mut missing) = (PathBuilder::new(), 0, 0);
        for run in buffer.layout_runs() {
            lines += 1;
            for glyph in run.glyphs {
                missing += usize::from(glyph.glyph_id == 0);
                let at = Vec2::new(
                    glyph.x + glyph.font_size * glyph.x_offset,
                    run.line_y + glyph.y - glyph.font_size * glyph.y_offset,
                );
                let (key, ..) = CacheKey::new(
                    glyph.font_id,
                    glyph.glyph_id,
                    glyph.font_size,
                    (0.0, 0.0),
                    glyph.font_weight,
                    CacheKeyFlags::DISABLE_HINTING,
                );
                for command in self.cache.get_outline_commands(&mut self.fonts, key).unwrap_or_default() {
                    push(&mut path, command, at);
                }
            }
        }
        let path = path.finish()?;
        let bounds = path.bounds();
        let path = path.transform(tiny_skia::Transform::from_translate(-bounds.left(), -bounds.top()))?;
        Some(Layout { path, size: Vec2::new(bounds.width(), bounds.height()), lines, missing })
    }
}

/// Adds one piece of a glyph; outlines have y up, pictures y down.
fn push(path: &mut PathBuilder, command: &Command, at: Vec2) {
    let (x, y) = (|x: f32| at.x + x, |y: f32| at.y - y);
    match command {
        Command::MoveTo(to) => path.move_to(x(to.x), y(to.y)),
        Command::LineTo(to) => path.line_to(x(to.x), y(to.y)),
        Command::QuadTo(a, to) => path.quad_to(x(a.x), y(a.y), x(to.x), y(to.y)),
        Command::CurveTo(a, b, to) => path.cubic_to(x(a.x), y(a.y), x(b.x), y(b.y), x(to.x), y(to.y)),
        Command::Close => path.close(),
    }
}

/// Maps every point of a path, to make type look hand-drawn.
pub(super) fn bent(path: &Path, bend: impl Fn(Vec2) -> Vec2) -> Option<Path> {
    let mut out = PathBuilder::with_capacity(path.verbs().len(), path.points().len());
    let moved = |at: tiny_skia::Point| bend(Vec2::new(at.x, at.y));
    for segment in path.segments() {
        match segment {
            PathSegment::MoveTo(to) => {
                let to = moved(to);
                out.move_to(to.x, to.y);
            }
            PathSegment::LineTo(to) => {
                let to = moved(to);
                out.line_to(to.x, to.y);
            }
            PathSegment::QuadTo(a, to) => {
                let (a, to) = (moved(a), moved(to));
                out.quad_to(a.x, a.y, to.x, to.y);
            }
            PathSegment::CubicTo(a, b, to) => {
                let (a, b, to) = (moved(a), moved(b), moved(to));
                out.cubic_to(a.x, a.y, b.x, b.y, to.x, to.y);
            }
            PathSegment::Close => out.close(),
        }
    }
    out.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phrase_is_written_whole_in_every_face() {
        for (phrase, faces) in PHRASES.iter().zip(LETTERED.iter()) {
            for broken in faces {
                assert!(!broken.is_empty(), "{phrase:?} has no outline");
                for layout in broken {
                    assert_eq!(layout.missing, 0, "{phrase:?} lacks glyphs: run assets/fonts/subset.sh");
                }
            }
        }
    }

    #[test]
    fn arabic_is_joined_and_latin_reads_from_the_left() {
        // Joined, the five letters of سلام would be narrower than apart; here it is enough that shaping happened:
        // the isolated forms are separate outlines, the joined ones fewer closed shapes than letters and dots.
        let mut shaper = Shaper::new();
        let width = |shaper: &mut Shaper, words: &'static str| {
            shaper.layout(&Phrase { language: "ar", words }, Face::Bold, None).unwrap().size.x
        };
        let joined = width(&mut shaper, "حقيقت");
        let apart: f32 = ["ح", "ق", "ي", "ق", "ت"].iter().map(|letter| width(&mut shaper, letter)).sum();
        assert!(joined < apart * 0.9, "{joined} {apart}");
    }

    #[test]
    fn long_phrases_break_into_lines() {
        let long = PHRASES.iter().position(|phrase| phrase.words.starts_with("No one is free")).unwrap();
        let layout = best(long, Letter::Brush, Vec2::new(2.0, 1.2)).unwrap();
        assert!(layout.lines >= 2);
    }
}
