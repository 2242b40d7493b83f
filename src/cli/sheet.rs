//! Contact sheets: photographs on cards, with the detections drawn on them.

use anyhow::Context as _;
use cosmic_text::fontdb::Database;
use cosmic_text::{Attrs, Buffer, Color as Ink, Family, FontSystem, Metrics, Shaping, SwashCache, Wrap};
use tiny_skia::{Color, FillRule, Paint, PathBuilder, Pixmap, PremultipliedColorU8, Rect, Stroke, Transform};

use millions_lettering::fonts;
use millions_library::{Detections, Thumbnail, TileArea};

/// The longer side of a photograph on a card, in pixels.
pub const LONGEST: u32 = 300;
/// Cards on a sheet.
pub const CARDS: usize = (COLUMNS * ROWS) as usize;

const COLUMNS: u32 = 6;
const ROWS: u32 = 5;
const GAP: u32 = 12;
/// The height of the text under a photograph: four lines.
const TEXT_HEIGHT: u32 = 72;
const LINE_HEIGHT: f32 = 17.0;
const CELL: [u32; 2] = [LONGEST + GAP, LONGEST + TEXT_HEIGHT + GAP];

const BACKGROUND: [u8; 3] = [24, 24, 26];
const CROP: [u8; 3] = [255, 255, 255];
const FACE: [u8; 3] = [255, 90, 70];
const SIGN: [u8; 3] = [70, 200, 255];
const NAME: [u8; 3] = [150, 150, 155];
const REVIEW: [u8; 3] = [255, 205, 90];
const GOOD: [u8; 3] = [130, 210, 140];

/// A photograph and its detections.
pub struct Card {
    pub name: String,
    /// The thumbnail, or why there is none.
    pub photograph: Result<Thumbnail, String>,
    pub detections: Detections,
    /// What else is to be said, in the place of reasons for review.
    pub note: Option<String>,
}

/// Renders sheets; keeps the fonts and the glyph cache.
pub struct SheetRenderer {
    fonts: FontSystem,
    cache: SwashCache,
}

impl SheetRenderer {
    pub fn new() -> Self {
        let mut database = Database::new();
        database.load_font_data(fonts::SANS.to_vec());
        database.load_font_data(fonts::SANS_BOLD.to_vec());
        database.set_sans_serif_family(fonts::SANS_FAMILY);
        Self { fonts: FontSystem::new_with_locale_and_db("en".to_owned(), database), cache: SwashCache::new() }
    }

    /// Renders `count` cards to R, G, B, A by row, and the size. The iterator is advanced card by card, so that one
    /// photograph is in memory at a time.
    ///
    /// # Errors
    /// For no cards, or more than [`CARDS`] of them.
    pub fn sheet(&mut self, cards: impl Iterator<Item = Card>, count: usize) -> anyhow::Result<(Vec<u8>, [u32; 2])> {
        let count = u32::try_from(count).ok().filter(|count| (1..=COLUMNS * ROWS).contains(count));
        let count = count.context("a sheet has 1 to 30 cards")?;
        let columns = count.min(COLUMNS);
        let size = [GAP + columns * CELL[0], GAP + count.div_ceil(columns) * CELL[1]];
        let mut sheet = Pixmap::new(size[0], size[1]).context("the sheet has no size")?;
        sheet.fill(colour(BACKGROUND, 1.0));
        for (card, index) in cards.zip(0..count) {
            self.card(&mut sheet, &card, [GAP + index % columns * CELL[0], GAP + index / columns * CELL[1]]);
        }
        Ok((sheet.take(), size))
    }

    fn card(&mut self, sheet: &mut Pixmap, card: &Card, [left, top]: [u32; 2]) {
        let Card { name, photograph, detections, note } = card;
        let (x, y) = (left as f32, top as f32);
        match photograph {
            Ok(thumbnail) => draw(sheet, thumbnail, detections, left + (LONGEST - thumbnail.size[0]) / 2, top),
            Err(_) => fill(sheet, Rect::from_xywh(x, y, LONGEST as f32, LONGEST as f32), [90, 90, 92], 1.0),
        }
        let text_top = y + LONGEST as f32 + 3.0;
        self.line(sheet, name, NAME, [x, text_top], LINE_HEIGHT);
        match photograph {
            Ok(_) => {
                let upscaled =
                    detections.upscaled().map(|factor| format!(", enlarged ×{factor:.1}")).unwrap_or_default();
                let sign = detections.sign.map(|sign| format!(", sign {} %", sign.confidence)).unwrap_or_default();
                let confidence = format!("{} %{sign}{upscaled}", detections.confidence);
                let rgb = if detections.review_reasons.is_empty() { GOOD } else { REVIEW };
                self.line(sheet, &confidence, rgb, [x, text_top + LINE_HEIGHT], LINE_HEIGHT);
                let reasons = detections.review_reasons.to_string();
                self.line(
                    sheet,
                    note.as_ref().unwrap_or(&reasons),
                    REVIEW,
                    [x, text_top + LINE_HEIGHT * 2.0],
                    LINE_HEIGHT * 2.0,
                );
            }
            Err(reason) => self.line(sheet, reason, REVIEW, [x, text_top + LINE_HEIGHT], LINE_HEIGHT * 3.0),
        }
    }

    /// Draws a text in the card's width; what does not fit into `height` is clipped.
    fn line(&mut self, sheet: &mut Pixmap, text: &str, rgb: [u8; 3], [x, y]: [f32; 2], height: f32) {
        let mut buffer = Buffer::new(&mut self.fonts, Metrics::new(13.0, LINE_HEIGHT));
        buffer.set_wrap(Wrap::WordOrGlyph);
        buffer.set_size(Some(LONGEST as f32), Some(height));
        let attrs = Attrs::new().family(Family::Name(fonts::SANS_FAMILY));
        buffer.set_text(text, &attrs, Shaping::Advanced, None);
        buffer.shape_until_scroll(&mut self.fonts, false);
        let (width, rows) = (sheet.width() as i32, sheet.height() as i32);
        let pixels = sheet.pixels_mut();
        buffer.draw(&mut self.fonts, &mut self.cache, Ink::rgb(rgb[0], rgb[1], rgb[2]), |dx, dy, w, h, ink| {
            let (left, top) = (x as i32 + dx, y as i32 + dy);
            for row in top.max(0)..(top + h as i32).min(rows).min((y + height) as i32) {
                for column in left.max(0)..(left + w as i32).min(width) {
                    let pixel = &mut pixels[(row * width + column) as usize];
                    *pixel = over(*pixel, ink);
                }
            }
        });
    }
}

/// Composites ink over an opaque pixel.
fn over(under: PremultipliedColorU8, ink: Ink) -> PremultipliedColorU8 {
    let alpha = u32::from(ink.a());
    let mix = |ink: u8, under: u8| ((u32::from(ink) * alpha + u32::from(under) * (255 - alpha) + 127) / 255) as u8;
    let [r, g, b] = [mix(ink.r(), under.red()), mix(ink.g(), under.green()), mix(ink.b(), under.blue())];
    PremultipliedColorU8::from_rgba(r, g, b, 255).unwrap_or(under)
}

fn colour([r, g, b]: [u8; 3], alpha: f32) -> Color {
    let mut colour = Color::from_rgba8(r, g, b, 255);
    colour.set_alpha(alpha);
    colour
}

fn fill(sheet: &mut Pixmap, rect: Option<Rect>, rgb: [u8; 3], alpha: f32) {
    let Some(rect) = rect else { return };
    let mut paint = Paint::default();
    paint.set_color(colour(rgb, alpha));
    sheet.fill_rect(rect, &paint, Transform::identity(), None);
}

/// Draws a photograph with its detections.
fn draw(sheet: &mut Pixmap, thumbnail: &Thumbnail, detections: &Detections, left: u32, top: u32) {
    let [width, height] = thumbnail.size;
    let across = sheet.width() as usize;
    for (row, pixels) in thumbnail.rgb.chunks_exact(width as usize).enumerate() {
        let start = (top as usize + row) * across + left as usize;
        for (to, [r, g, b]) in sheet.pixels_mut()[start..].iter_mut().zip(pixels) {
            *to = PremultipliedColorU8::from_rgba(*r, *g, *b, 255).unwrap_or(*to);
        }
    }
    let at = |x: f64, y: f64| (left as f32 + x as f32 * width as f32, top as f32 + y as f32 * height as f32);
    let rect = |area: TileArea| {
        let [x0, y0, x1, y1] = area.edges();
        let ((x0, y0), (x1, y1)) = (at(x0, y0), at(x1, y1));
        Rect::from_ltrb(x0, y0, x1, y1)
    };
    // What the wall does not show is dimmed.
    let crop = detections.crop_corners([f64::from(width), f64::from(height)]);
    let crop = polygon(crop.map(|[x, y]| (left as f32 + x as f32, top as f32 + y as f32)));
    if let (Some(whole), Some(crop)) = (rect(TileArea::WHOLE), crop) {
        let mut outside = PathBuilder::new();
        outside.push_rect(whole);
        outside.push_path(&crop);
        let mut paint = Paint::default();
        paint.set_color(colour([0; 3], 0.6));
        if let Some(outside) = outside.finish() {
            sheet.fill_path(&outside, &paint, FillRule::EvenOdd, Transform::identity(), None);
        }
        outline(sheet, crop, CROP, 1.5);
    }
    for face in &detections.faces {
        if let Some(rect) = rect(face.area) {
            outline(sheet, PathBuilder::from_rect(rect), FACE, if face.kept { 2.5 } else { 1.0 });
        }
    }
    if let Some(path) = detections.sign.and_then(|sign| polygon(sign.corners().map(|[x, y]| at(x, y)))) {
        outline(sheet, path, SIGN, 2.5);
    }
}

fn polygon(corners: [(f32, f32); 4]) -> Option<tiny_skia::Path> {
    let mut path = PathBuilder::new();
    for (index, (x, y)) in corners.into_iter().enumerate() {
        if index == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
    }
    path.close();
    path.finish()
}

fn outline(sheet: &mut Pixmap, path: tiny_skia::Path, rgb: [u8; 3], width: f32) {
    let mut paint = Paint::default();
    paint.set_color(colour(rgb, 1.0));
    paint.anti_alias = true;
    let stroke = Stroke { width, ..Stroke::default() };
    sheet.stroke_path(&path, &paint, &stroke, Transform::identity(), None);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_shows_what_is_there_and_says_what_is_not() {
        let cards = || {
            let thumbnail = Thumbnail { size: [200, 300], rgb: vec![[40, 80, 120]; 60_000], full_size: [200, 300] };
            let missing = Err("it is not there".to_owned());
            [Ok(thumbnail), missing].map(|photograph| Card {
                name: "a.jpg".into(),
                photograph,
                detections: Detections::default(),
                note: None,
            })
        };
        let (picture, [width, height]) = SheetRenderer::new().sheet(cards().into_iter(), 2).unwrap();
        assert_eq!([width, height], [GAP + 2 * CELL[0], GAP + CELL[1]]);
        let at = |x: u32, y: u32| &picture[((y * width + x) * 4) as usize..][..4];
        assert_eq!(at(GAP + LONGEST / 2, GAP + 100), [40, 80, 120, 255]);
        assert_eq!(at(GAP + CELL[0] + 100, GAP + 100), [90, 90, 92, 255]);
        let has_text = |left: u32| {
            let rows = GAP + LONGEST..GAP + LONGEST + TEXT_HEIGHT;
            rows.flat_map(|y| (left..left + LONGEST).map(move |x| (x, y))).any(|(x, y)| at(x, y)[0] > 120)
        };
        assert!(has_text(GAP) && has_text(GAP + CELL[0]));
        assert!(SheetRenderer::new().sheet(cards().into_iter(), 0).is_err());
    }
}
