//! Draws the operator's text: help and messages. The wall's own words are drawn by `words_pass.rs`.

use glam::UVec2;
use glyphon::cosmic_text::fontdb;
use glyphon::{
    Attrs, Buffer, Cache, Color, Family, FontSystem, Metrics, Resolution, Shaping, SwashCache, TextArea, TextAtlas,
    TextBounds, TextRenderer, Viewport,
};

use super::Gpu;
use super::overlay::Label;

/// The height of labels, in heights of the picture.
const LABEL_EM: f32 = 1.0 / 50.0;
/// The padding at both ends of a label, in ems.
const LABEL_PAD: f32 = 0.3;

/// Lines of text for the operator in two columns, set as large as fits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperatorText {
    /// The left and right column of each line, from the upper left corner.
    pub lines: Vec<[String; 2]>,
}

/// Sets and draws text in the program's own font.
pub struct TextPass {
    fonts: FontSystem,
    swash: SwashCache,
    atlas: TextAtlas,
    viewport: Viewport,
    renderer: TextRenderer,
}

impl TextPass {
    pub fn new(gpu: &Gpu, format: wgpu::TextureFormat) -> Self {
        // No system fonts: the help looks the same everywhere, and the start does not wait for a font scan.
        let mut fonts = fontdb::Database::new();
        fonts.load_font_data(millions_lettering::fonts::SANS.to_vec());
        let cache = Cache::new(&gpu.device);
        let mut atlas = TextAtlas::new(&gpu.device, &gpu.queue, &cache, format);
        let renderer = TextRenderer::new(&mut atlas, &gpu.device, wgpu::MultisampleState::default(), None);
        Self {
            fonts: FontSystem::new_with_locale_and_db("en".to_owned(), fonts),
            swash: SwashCache::new(),
            viewport: Viewport::new(&gpu.device, &cache),
            atlas,
            renderer,
        }
    }

    /// Sets a text at the upper left of a picture of `size` pixels, and labels at their places in it. Returns the padded
    /// rectangles of their lines in pixels (left, top, right, bottom), for a background; none when they cannot be set.
    pub fn prepare(
        &mut self,
        gpu: &Gpu,
        caption: Option<&OperatorText>,
        labels: &[Label],
        size: UVec2,
    ) -> Option<Vec<[f32; 4]>> {
        let nothing = OperatorText::default();
        let caption = caption.unwrap_or(&nothing);
        let (UVec2 { x: width, y: height }, [wide, high]) = (size, size.as_vec2().to_array());
        let lines = caption.lines.len().max(1) as f32;
        let letters = |[left, right]: &[String; 2]| left.chars().count() + right.chars().count() + 3;
        let longest = caption.lines.iter().map(letters).max().unwrap_or(1) as f32;
        let em = (high / 28.0).min(high * 0.9 / (lines * 1.35)).min(wide * 0.9 / (longest * 0.6)).max(6.0);
        let [left, right] = [0, 1].map(|column| {
            let mut buffer = Buffer::new(&mut self.fonts, Metrics::new(em, em * 1.35));
            buffer.set_size(Some(wide), None);
            let attributes = Attrs::new().family(Family::Name(millions_lettering::fonts::SANS_FAMILY));
            let lines: Vec<_> = caption.lines.iter().map(|line| line[column].as_str()).collect();
            buffer.set_text(&lines.join("\n"), &attributes, Shaping::Advanced, None);
            buffer.shape_until_scroll(&mut self.fonts, false);
            buffer
        });
        // Lines without a right column may be longer than the left one is wide.
        let has_right = |line: usize| caption.lines.get(line).is_some_and(|[_, right]| !right.is_empty());
        let left_width =
            left.layout_runs().filter(|run| has_right(run.line_i)).map(|run| run.line_w).fold(0.0, f32::max);
        self.viewport.update(&gpu.queue, Resolution { width, height });
        let margin = em;
        let bounds = TextBounds {
            left: 0,
            top: 0,
            right: i32::try_from(width).unwrap_or(i32::MAX),
            bottom: i32::try_from(height).unwrap_or(i32::MAX),
        };
        let columns = [(&left, 0.0), (&right, left_width + em)];
        let areas = columns.map(|(buffer, column)| TextArea {
            buffer,
            left: margin + column,
            top: margin,
            scale: 1.0,
            bounds,
            default_color: Color::rgb(255, 255, 255),
            custom_glyphs: &[],
        });
        // Both columns of a line share a rectangle; those of successive lines touch.
        let line_high = em * 1.35;
        let mut backgrounds: Vec<[f32; 4]> = Vec::new();
        for (buffer, column) in columns {
            for run in buffer.layout_runs().filter(|run| run.line_w > 0.0) {
                let (top, right) = (margin + run.line_top, margin * 1.6 + column + run.line_w);
                match backgrounds.iter_mut().find(|ground| (ground[1] - top).abs() < line_high / 2.0) {
                    Some(ground) => ground[2] = ground[2].max(right),
                    None => backgrounds.push([margin * 0.4, top, right, top + line_high]),
                }
            }
        }
        let label_em = (high * LABEL_EM).max(10.0);
        let labels: Vec<_> = labels
            .iter()
            .map(|label| {
                let buffer = self.set_label(&label.text, label_em);
                let wide = buffer.layout_runs().map(|run| run.line_w).fold(0.0, f32::max);
                let at = label.at.as_vec2() - glam::Vec2::new(wide, label_em * 1.2) / 2.0;
                let pad = label_em * LABEL_PAD;
                backgrounds.push([at.x - pad, at.y, at.x + wide + pad, at.y + label_em * 1.2]);
                (buffer, at)
            })
            .collect();
        let labels = labels.iter().map(|(buffer, at)| TextArea {
            buffer,
            left: at.x,
            top: at.y,
            scale: 1.0,
            bounds,
            default_color: Color::rgb(255, 255, 255),
            custom_glyphs: &[],
        });
        let areas = areas.into_iter().chain(labels);
        let Self { fonts, swash, atlas, viewport, renderer } = self;
        let prepared = renderer.prepare(&gpu.device, &gpu.queue, fonts, atlas, viewport, areas, swash);
        if let Err(error) = &prepared {
            tracing::warn!("the text on the screen cannot be set: {error}");
        }
        prepared.is_ok().then_some(backgrounds)
    }

    /// Sets a label in one line.
    fn set_label(&mut self, text: &str, em: f32) -> Buffer {
        let mut buffer = Buffer::new(&mut self.fonts, Metrics::new(em, em * 1.2));
        let attributes = Attrs::new().family(Family::Name(millions_lettering::fonts::SANS_FAMILY));
        buffer.set_text(text, &attributes, Shaping::Basic, None);
        buffer.shape_until_scroll(&mut self.fonts, false);
        buffer
    }

    /// Records the text that was prepared.
    pub fn draw(&self, pass: &mut wgpu::RenderPass) {
        if let Err(error) = self.renderer.render(&self.atlas, &self.viewport, pass) {
            tracing::warn!("the text on the screen cannot be drawn: {error}");
        }
    }
}
