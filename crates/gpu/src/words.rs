//! Words set in type, in wall coordinates. See [`Typesetter`].

use std::collections::VecDeque;
use std::sync::Arc;

use glam::{DVec2, Vec2};

use millions_frame::{Align, TextPlacement, WordsLayer};
use millions_lettering::{Bounds, CaptionText, Fonts, GlyphQuad, Justify, TextLayout, caption, crawl, fill, quads};

/// Texts that are kept set: those of a list come again.
const KEPT: usize = 256;
/// Lines of a crawl's round; of more, the first.
const MOST_LINES: usize = 160;
/// Where there is no room at all, words are this small rather than upside down.
const LEAST_AREA: DVec2 = DVec2::splat(1e-3);
/// A crawling line's em, in band heights: capitals take half of the band.
const CRAWL_EM: f64 = 0.7;
/// The room between two crawling texts, in band heights.
const CRAWL_GAP: f64 = 1.4;

/// A letter's field in a rectangle of the wall.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WallQuad {
    /// Upper left and lower right corner, in wall coordinates.
    pub place: [DVec2; 2],
    /// What is in it.
    pub quad: GlyphQuad,
}

/// Sets texts, and keeps what it set.
pub struct Typesetter {
    fonts: Fonts,
    kept: VecDeque<(Wish, Arc<Set>)>,
}

/// What was asked for, without what moves.
#[derive(Clone, Debug, PartialEq)]
enum Wish {
    Stand(String, Vec2, Option<String>),
    Line(String, Option<String>),
    OperatorText([String; 3], Vec2, f32, Option<String>),
}

/// What was made of it: quads in the area's units from its upper left corner, and the box that they take to the eye.
#[derive(Clone, Debug, Default)]
struct Set {
    quads: Vec<(GlyphQuad, [DVec2; 2])>,
    bounds: [DVec2; 2],
    rtl: bool,
}

impl Typesetter {
    pub fn new(fonts: Fonts) -> Self {
        Self { fonts, kept: VecDeque::new() }
    }

    /// The fonts that letters' fields are made from.
    pub const fn fonts(&mut self) -> &mut Fonts {
        &mut self.fonts
    }

    /// Reads a font anew, for its file has changed.
    pub fn forget_file(&mut self, path: &std::path::Path) {
        self.fonts.forget_file(path);
        self.kept.clear();
    }

    /// The letters of a layer on a wall of that aspect; those of a crawl that are on the wall.
    pub fn quads(&mut self, layer: &WordsLayer, wall_aspect: f64) -> Vec<WallQuad> {
        let font = layer.font.as_deref();
        match &layer.text {
            TextPlacement::Stand { text, area, align, zoom } => {
                let size = (area[1] - area[0]).max(LEAST_AREA);
                let set = self.set(Wish::Stand(text.to_string(), size.as_vec2(), font.map(str::to_owned)));
                let side = aside(*align, size.x, set.bounds);
                let middle = size / 2.0;
                let place = |p: DVec2| area[0] + middle + (p + DVec2::new(side, 0.0) - middle) * *zoom;
                set.quads.iter().map(|(quad, corners)| WallQuad { place: corners.map(place), quad: *quad }).collect()
            }
            TextPlacement::Caption { name, place, quote, area, align, size: em } => {
                let size = (area[1] - area[0]).max(LEAST_AREA);
                let texts = [name, place, quote].map(ToString::to_string);
                let set = self.set(Wish::OperatorText(texts, size.as_vec2(), *em as f32, font.map(str::to_owned)));
                let below = (size.y - set.bounds[1].y - set.bounds[0].y) / 2.0;
                let by = area[0] + DVec2::new(aside_from_left(*align, size.x, set.bounds), below);
                set.quads
                    .iter()
                    .map(|(quad, corners)| WallQuad { place: corners.map(|p| p + by), quad: *quad })
                    .collect()
            }
            TextPlacement::Crawl { texts, top, height, travelled } => {
                let lines: Vec<_> = texts
                    .iter()
                    .take(MOST_LINES)
                    .map(|text| self.set(Wish::Line(text.to_string(), font.map(str::to_owned))))
                    .collect();
                crawling(&lines, *top, *height, *travelled, wall_aspect)
            }
        }
    }

    fn set(&mut self, wish: Wish) -> Arc<Set> {
        if let Some(place) = self.kept.iter().position(|(kept, _)| *kept == wish)
            && let Some(found) = self.kept.remove(place)
        {
            self.kept.push_back(found.clone());
            return found.1;
        }
        let set = Arc::new(self.set_anew(&wish));
        for note in self.fonts.take_notes() {
            tracing::warn!("{note}");
        }
        self.kept.push_back((wish, set.clone()));
        if self.kept.len() > KEPT {
            self.kept.pop_front();
        }
        set
    }

    fn set_anew(&mut self, wish: &Wish) -> Set {
        let fonts = &mut self.fonts;
        match wish {
            Wish::Stand(text, size, font) => {
                let fitted = fill(fonts, text, font.as_deref(), *size, Justify::Centre);
                let rtl = fitted.layout.rtl;
                let mut set = Set { rtl, bounds: corners(fitted.bounds()), ..Set::default() };
                set.add(fonts, &fitted.layout, fitted.scale, fitted.offset);
                set
            }
            Wish::Line(text, font) => {
                let setting = crawl(fonts, text, font.as_deref());
                let mut set = Set { rtl: setting.rtl, bounds: corners(setting.bounds), ..Set::default() };
                set.add(fonts, &setting, 1.0, Vec2::ZERO);
                // Where the baseline is, so that capitals stand in the middle of the band.
                set.bounds[0].y = -f64::from(setting.cap_height);
                set
            }
            Wish::OperatorText([name, place, quote], size, em, font) => {
                let text = CaptionText { name, place, quote };
                let block = caption(fonts, text, font.as_deref(), *size, *em);
                let mut set = Set { bounds: block.bounds.map_or([DVec2::ZERO; 2], corners), ..Set::default() };
                for part in &block.parts {
                    set.add(fonts, &part.layout, part.scale, part.offset);
                }
                set
            }
        }
    }
}

impl Set {
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

/// How far what is in the middle of a width has to move to stand at its side.
fn aside(align: Align, width: f64, bounds: [DVec2; 2]) -> f64 {
    match align {
        Align::Left => -bounds[0].x,
        Align::Centre => 0.0,
        Align::Right => width - bounds[1].x,
    }
}

/// How far what begins at the left has to move.
fn aside_from_left(align: Align, width: f64, [upper_left, lower_right]: [DVec2; 2]) -> f64 {
    match align {
        Align::Left => -upper_left.x,
        Align::Centre => (width - upper_left.x - lower_right.x) / 2.0,
        Align::Right => width - lower_right.x,
    }
}

/// The letters of the lines that are on the wall. Lines that are read the same way follow one another like the wagons of a
/// train; one that is read the other way comes from the other side when the last has gone.
fn crawling(lines: &[Arc<Set>], top: f64, height: f64, travelled: f64, wall_aspect: f64) -> Vec<WallQuad> {
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
        // Those of the rounds before that have not gone yet; on the first round there are none.
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
