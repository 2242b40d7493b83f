//! Text of test patterns. See [`Typesetter`].

use glam::{IVec2, Vec2};
use tiny_skia::{Path, PathBuilder};

use super::painter::{Area, Painter, Rgb};
use millions_lettering::{self, Fonts, Justify, PathCommand, TextLayout};

/// Sets text in the embedded fonts, so that a test pattern is the same on every machine.
pub(super) struct Typesetter {
    fonts: Fonts,
}

impl Typesetter {
    pub(super) fn new() -> Self {
        Self { fonts: Fonts::bundled() }
    }

    /// Draws a text in the middle of an area, in as many lines as make it largest.
    pub(super) fn fit(&mut self, painter: &mut Painter, text: &str, area: Area, colour: Rgb) {
        let size = area.size();
        if text.trim().is_empty() || size.min_element() < 4 {
            return;
        }
        let fitted = millions_lettering::fill(&mut self.fonts, text, None, size.as_vec2(), Justify::Centre);
        let origin = Vec2::new(area.left as f32, area.top as f32) + fitted.offset;
        self.draw(painter, &fitted.layout, origin, fitted.scale, colour);
    }

    /// Draws a short text of a cap height in pixels with a background, its box anchored at `at`: `anchor` is 0 for left or top,
    /// 1 for right or bottom. `colours` are those of the background and of the text.
    pub(super) fn label(
        &mut self,
        painter: &mut Painter,
        text: &str,
        at: IVec2,
        anchor: Vec2,
        height: i32,
        colours: [Rgb; 2],
    ) {
        let setting = TextLayout::of(&mut self.fonts, text, None, Justify::Centre);
        let scale = height as f32 / setting.cap_height;
        let bounds = setting.bounds;
        let size = Vec2::new((bounds.size().x * scale).ceil(), height as f32);
        // On whole pixels, for a sharp baseline.
        let low = (at.as_vec2() - size * anchor).round();
        let [background, ink] = colours;
        painter.fill(Area::of(low.x as i32, low.y as i32, size.as_ivec2()).inset(-(height / 4).max(1)), background);
        let origin = low - Vec2::new(bounds.left * scale, -height as f32);
        self.draw(painter, &setting, origin, scale, ink);
    }

    /// The width of a label in pixels.
    pub(super) fn width(&mut self, text: &str, height: i32) -> i32 {
        let setting = TextLayout::of(&mut self.fonts, text, None, Justify::Centre);
        (setting.bounds.size().x * height as f32 / setting.cap_height).ceil() as i32
    }

    fn draw(&mut self, painter: &mut Painter, setting: &TextLayout, origin: Vec2, scale: f32, colour: Rgb) {
        for glyph in &setting.glyphs {
            let outline = self.fonts.outline(glyph.key);
            if let Some(path) = path(&outline, origin + glyph.at * scale, scale) {
                painter.path(&path, colour);
            }
        }
    }
}

/// Converts the outline of a glyph to a path in pixels.
fn path(outline: &[PathCommand], pen: Vec2, scale: f32) -> Option<Path> {
    let mut builder = PathBuilder::new();
    let at = |point: Vec2| pen + point * scale;
    for step in outline {
        match *step {
            PathCommand::Move(to) => builder.move_to(at(to).x, at(to).y),
            PathCommand::Line(to) => builder.line_to(at(to).x, at(to).y),
            PathCommand::Quad(a, to) => builder.quad_to(at(a).x, at(a).y, at(to).x, at(to).y),
            PathCommand::Cubic(a, b, to) => builder.cubic_to(at(a).x, at(a).y, at(b).x, at(b).y, at(to).x, at(to).y),
            PathCommand::Close => builder.close(),
        }
    }
    builder.finish()
}
