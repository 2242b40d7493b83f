//! Sets words in type, in wall coordinates. See [`Typesetter`].

use std::collections::VecDeque;
use std::sync::Arc;

use glam::{DVec2, Vec2};

use millions_frame::{Align, CrawlText, TextPlacement, WordsLayer};
use millions_lettering::{
    Bounds, CaptionText, Fonts, GlyphQuad, Justify, TextLayout, caption, crawl, fill, is_whole, quads,
};

/// Texts whose layout is cached: those of a list are shown again and again.
const KEPT: usize = 256;
/// The most lines of a crawl; further ones are left out.
const MOST_LINES: usize = 160;
/// The least size of an area: the layout never gets a negative one.
const LEAST_AREA: DVec2 = DVec2::splat(1e-3);
/// A crawling line's em, in band heights: capitals take half of the band.
const CRAWL_EM: f64 = 0.7;
/// The gap between two crawling texts, in band heights.
const CRAWL_GAP: f64 = 1.4;

/// A letter and its rectangle on the wall.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WallQuad {
    /// Upper left and lower right corner, in wall coordinates.
    pub place: [DVec2; 2],
    /// The letter.
    pub quad: GlyphQuad,
}

/// Sets texts, with a cache of layouts (first in, first out, refreshed by use).
pub struct Typesetter {
    fonts: Fonts,
    cache: VecDeque<(TextKey, Arc<SetText>)>,
}

/// What a layout depends on; position and movement are not part of it.
#[derive(Clone, Debug, PartialEq)]
enum TextKey {
    Block { text: String, size: Vec2, font: Option<String>, is_said: bool },
    CrawlLine { text: String, by: String, font: Option<String>, is_said: bool },
    Caption { name: String, place: String, quote: String, size: Vec2, em: f32, font: Option<String> },
}

/// A layout: quads in the area's units from its upper left corner, and their optical bounds.
#[derive(Clone, Debug, Default)]
struct SetText {
    quads: Vec<(GlyphQuad, [DVec2; 2])>,
    bounds: [DVec2; 2],
    rtl: bool,
}

impl Typesetter {
    pub fn new(fonts: Fonts) -> Self {
        Self { fonts, cache: VecDeque::new() }
    }

    /// The fonts, for the letters' distance fields.
    pub const fn fonts(&mut self) -> &mut Fonts {
        &mut self.fonts
    }

    /// Reads a font file that has changed again.
    pub fn forget_file(&mut self, path: &std::path::Path) {
        self.fonts.forget_file(path);
        self.cache.clear();
    }

    /// Sets the letters of a layer on a wall of that aspect; of a crawl those that are on the wall.
    pub fn quads(&mut self, layer: &WordsLayer, wall_aspect: f64) -> Vec<WallQuad> {
        let font = layer.font.as_deref().map(str::to_owned);
        match &layer.text {
            TextPlacement::Stand { text, area, align, zoom, is_said } => {
                let size = (area[1] - area[0]).max(LEAST_AREA);
                let set =
                    self.set(TextKey::Block { text: text.to_string(), size: size.as_vec2(), font, is_said: *is_said });
                let side = shift_from_centre(*align, size.x, set.bounds);
                let middle = size / 2.0;
                let place = |p: DVec2| area[0] + middle + (p + DVec2::new(side, 0.0) - middle) * *zoom;
                set.quads.iter().map(|(quad, corners)| WallQuad { place: corners.map(place), quad: *quad }).collect()
            }
            TextPlacement::Caption { name, place, quote, area, align, size: em } => {
                let size = (area[1] - area[0]).max(LEAST_AREA);
                let [name, place, quote] = [name, place, quote].map(ToString::to_string);
                let (area_size, em) = (size.as_vec2(), *em as f32);
                let set = self.set(TextKey::Caption { name, place, quote, size: area_size, em, font });
                let top = (size.y - set.bounds[1].y - set.bounds[0].y) / 2.0;
                let by = area[0] + DVec2::new(shift_from_left(*align, size.x, set.bounds), top);
                set.quads
                    .iter()
                    .map(|(quad, corners)| WallQuad { place: corners.map(|p| p + by), quad: *quad })
                    .collect()
            }
            TextPlacement::Crawl { texts, top, height, travelled } => {
                let lines: Vec<_> = texts
                    .iter()
                    .take(MOST_LINES)
                    .map(|CrawlText { text, by, is_said }| {
                        let [text, by] = [text, by].map(ToString::to_string);
                        self.set(TextKey::CrawlLine { text, by, font: font.clone(), is_said: *is_said })
                    })
                    .collect();
                crawling(&lines, *top, *height, *travelled, wall_aspect)
            }
        }
    }

    /// Returns the layout of a text, from the cache where it is there.
    fn set(&mut self, key: TextKey) -> Arc<SetText> {
        if let Some(place) = self.cache.iter().position(|(cached, _)| *cached == key)
            && let Some(found) = self.cache.remove(place)
        {
            self.cache.push_back(found.clone());
            return found.1;
        }
        let set = Arc::new(self.layout(&key));
        for note in self.fonts.take_notes() {
            tracing::warn!("{note}");
        }
        self.cache.push_back((key, set.clone()));
        if self.cache.len() > KEPT {
            self.cache.pop_front();
        }
        set
    }

    fn layout(&mut self, key: &TextKey) -> SetText {
        let fonts = &mut self.fonts;
        match key {
            TextKey::Block { text, font, is_said: true, .. } if !is_whole(fonts, text, font.as_deref()) => {
                SetText::default()
            }
            TextKey::Block { text, size, font, .. } => {
                let fitted = fill(fonts, text, font.as_deref(), *size, Justify::Centre);
                let rtl = fitted.layout.rtl;
                let mut set = SetText { rtl, bounds: corners(fitted.bounds()), ..SetText::default() };
                set.add(fonts, &fitted.layout, fitted.scale, fitted.offset);
                set
            }
            TextKey::CrawlLine { text, by, font, is_said } => {
                let font = font.as_deref();
                let mut is_shown = |words: &str| !words.is_empty() && (!is_said || is_whole(fonts, words, font));
                // A name stands by somebody's words, not alone.
                let line = match (is_shown(text), is_shown(by)) {
                    (false, _) => return SetText::default(),
                    (true, false) => text.clone(),
                    (true, true) => format!("{text} — {by}"),
                };
                let setting = crawl(fonts, &line, font);
                let mut set = SetText { rtl: setting.rtl, bounds: corners(setting.bounds), ..SetText::default() };
                set.add(fonts, &setting, 1.0, Vec2::ZERO);
                // The cap height, so that capitals are centred in the band.
                set.bounds[0].y = -f64::from(setting.cap_height);
                set
            }
            TextKey::Caption { name, place, quote, size, em, font } => {
                let text = CaptionText { name, place, quote };
                let block = caption(fonts, text, font.as_deref(), *size, *em);
                let mut set = SetText { bounds: block.bounds.map_or([DVec2::ZERO; 2], corners), ..SetText::default() };
                for part in &block.parts {
                    set.add(fonts, &part.layout, part.scale, part.offset);
                }
                set
            }
        }
    }
}

impl SetText {
    fn add(&mut self, fonts: &mut Fonts, setting: &TextLayout, scale: f32, offset: Vec2) {
        let place = |quad: GlyphQuad| {
            let [left, top, right, bottom] = quad.p;
            let corner = |x, y| (offset + Vec2::new(x, y) * scale).as_dvec2();
            (quad, [corner(left, top), corner(right, bottom)])
        };
        self.quads.extend(quads(fonts, setting).into_iter().map(place));
    }
}

fn corners(bounds: Bounds) -> [DVec2; 2] {
    let Bounds { left, top, right, bottom } = bounds;
    [Vec2::new(left, top).as_dvec2(), Vec2::new(right, bottom).as_dvec2()]
}

/// The shift that aligns a centred text in an area of that width.
fn shift_from_centre(align: Align, width: f64, bounds: [DVec2; 2]) -> f64 {
    match align {
        Align::Left => -bounds[0].x,
        Align::Centre => 0.0,
        Align::Right => width - bounds[1].x,
    }
}

/// The shift that aligns a text set from the left.
fn shift_from_left(align: Align, width: f64, [upper_left, lower_right]: [DVec2; 2]) -> f64 {
    match align {
        Align::Left => -upper_left.x,
        Align::Centre => (width - upper_left.x - lower_right.x) / 2.0,
        Align::Right => width - lower_right.x,
    }
}

/// Places the letters of a crawl that are on the wall. Lines of one reading direction follow one another; one of the other
/// direction enters from the other side when the line before it has left.
fn crawling(lines: &[Arc<SetText>], top: f64, height: f64, travelled: f64, wall_aspect: f64) -> Vec<WallQuad> {
    let wall = wall_aspect / height;
    let lengths: Vec<f64> = lines.iter().map(|line| line.bounds[1].x.max(0.0) * CRAWL_EM).collect();
    let mut starts = Vec::with_capacity(lines.len());
    let mut next = 0.0;
    for (index, line) in lines.iter().enumerate() {
        starts.push(next);
        let follower = &lines[(index + 1) % lines.len()];
        next += lengths[index] + CRAWL_GAP + if follower.rtl == line.rtl { 0.0 } else { wall };
    }
    let round = next;
    if round <= 0.0 {
        return Vec::new();
    }
    let now = travelled.rem_euclid(round);
    let mut found = Vec::new();
    for ((line, start), length) in lines.iter().zip(starts).zip(lengths) {
        // The line of this round, and of rounds before that has not left yet; there are none before the first.
        let mut since = now - start;
        let mut rounds = (travelled / round).floor() as i64;
        while since < length + wall && rounds >= 0 {
            if since >= 0.0 {
                let left = if line.rtl { since - length } else { wall - since };
                let baseline = top + height / 2.0 - line.bounds[0].y * CRAWL_EM * height / 2.0;
                let place = |p: DVec2| DVec2::new((left + p.x * CRAWL_EM) * height, baseline + p.y * CRAWL_EM * height);
                let quads =
                    line.quads.iter().map(|(quad, corners)| WallQuad { place: corners.map(place), quad: *quad });
                found.extend(quads.filter(|quad| quad.place[1].x > 0.0 && quad.place[0].x < wall_aspect));
            }
            since += round;
            rounds -= 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use millions_frame::Fill;
    use millions_wall::tone::Look;

    use super::*;

    /// Counts the different letters that are drawn.
    fn letters(text: TextPlacement) -> usize {
        let layer =
            WordsLayer { text, fill: Fill::Solid, look: Look::default(), font: None, opacity: 1.0, intensity: 1.0 };
        let quads = Typesetter::new(Fonts::bundled()).quads(&layer, 8.0);
        quads.iter().map(|quad| quad.quad.key).collect::<HashSet<_>>().len()
    }

    #[test]
    fn what_people_say_is_drawn_whole_or_not_at_all() {
        let area = [DVec2::ZERO, DVec2::new(4.0, 1.0)];
        let stand =
            |is_said| TextPlacement::Stand { text: "Hei ꧁".into(), area, align: Align::Left, zoom: 1.0, is_said };
        assert_eq!((letters(stand(true)), letters(stand(false))), (0, 3));
        let crawl = |text: &str, by: &str, is_said| {
            let texts = [CrawlText { text: text.into(), by: by.into(), is_said }].into();
            letters(TextPlacement::Crawl { texts, top: 0.0, height: 0.5, travelled: 12.0 })
        };
        assert_eq!(crawl("Hei", "Ann", true), 6);
        assert_eq!(crawl("Hei", "Ann꧁", true), 3);
        assert_eq!(crawl("Hei꧁", "Ann", true), 0);
        assert_eq!(crawl("Hei꧁", "", false), 3);
        let [name, place, quote] = ["Ann꧁", "Oslo", "Hei"].map(Arc::from);
        assert_eq!(letters(TextPlacement::Caption { name, place, quote, area, align: Align::Left, size: 0.2 }), 7);
    }
}
