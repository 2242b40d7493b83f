//! Words: type as large as the wall.

use std::sync::Arc;

use glam::DVec2;

use super::super::crowd::{Biography, Crowd};
use super::super::{Easing, Millions, TextSource, Words, WordsMotion};
use super::{SceneTime, Shape, deal, wall, with_rows};
use millions_frame::Fill;
use millions_frame::unit_hash;
use millions_frame::{Align, Layer, TextPlacement, WordsLayer};
use millions_wall::tone::Look;
use millions_wall::{Deal, DealError};

/// How much nearer a text comes while it stands.
const ZOOM: f64 = 0.03;
/// The size of what somebody says, in the band's heights; a long saying is smaller.
const QUOTE_SIZE: f64 = 0.4;
/// And in the width that there is for it, so that few words have to be torn.
const QUOTE_IN_WIDTH: f64 = 0.16;
/// The room left and right of standing words, in wall heights, at most a tenth of the width.
const MARGIN: f64 = 0.08;

/// The texts, and the wall that shows in the letters.
#[derive(Clone, Debug)]
pub struct WordsInstance {
    words: Words,
    font: Option<Arc<str>>,
    shape: Shape,
    behind: Option<Deal>,
    /// What is said, as it stands with this crowd.
    said: Arc<[Said]>,
    /// The same as lines.
    lines: Arc<[Arc<str>]>,
}

/// Something to say, and who says it, where that is somebody.
#[derive(Clone, Debug, PartialEq)]
struct Said {
    text: Arc<str>,
    by: Arc<str>,
}

impl Said {
    fn line(&self) -> Arc<str> {
        if self.by.is_empty() { self.text.clone() } else { Arc::from(format!("{} — {}", self.text, self.by)) }
    }
}

impl WordsInstance {
    pub fn new(words: &Words, more_rows: i32, crowd: &Crowd, shape: Shape) -> Result<Self, DealError> {
        let behind = match words.fill {
            Fill::Faces => {
                // On a tower letters are as small as the tower is narrow, and so are the faces in them.
                let narrow = (1.0 / shape.wall_aspect).clamp(1.0, 6.0);
                let rows = (f64::from(words.crowd.rows) * narrow).round() as u32;
                let behind = Millions { rows, ..words.crowd };
                Some(deal(&with_rows(&behind, more_rows, shape), crowd, shape)?)
            }
            Fill::Solid => None,
        };
        let font = words.font.as_deref().map(Arc::from);
        let (said, lines) = (said(words, crowd), Arc::from([]));
        let mut act = Self { words: words.clone(), font, shape, behind, said, lines };
        act.retell(crowd);
        Ok(act)
    }

    pub const fn deal_mut(&mut self) -> Option<&mut Deal> {
        self.behind.as_mut()
    }

    pub const fn deal(&self) -> Option<&Deal> {
        self.behind.as_ref()
    }

    /// Says it anew, for another crowd.
    pub fn retell(&mut self, crowd: &Crowd) {
        self.said = said(&self.words, crowd);
        self.lines = self.said.iter().map(Said::line).collect();
    }

    pub fn layers(&self, at: SceneTime, look: &Look, crowd: &Crowd) -> Vec<Layer> {
        let Self { words, font, shape, behind, said, lines } = self;
        let behind = behind.as_ref().map(|deal| Layer::Rows(wall(deal, at, look, crowd, 1.0)));
        let local = at.local_secs();
        let (text, opacity) = match words.motion {
            WordsMotion::Stand => {
                let number = (local / words.dwell).floor();
                let since = local - number * words.dwell;
                let now = said.get(number as usize % said.len().max(1));
                let margin = MARGIN.min(shape.wall_aspect * 0.1);
                let area =
                    [DVec2::new(margin, words.top), DVec2::new(shape.wall_aspect - margin, words.top + words.height)];
                let zoom = 1.0 + ZOOM * (since / words.dwell - 1.0);
                let opacity = if said.len() == 1 {
                    // One text alone comes once, and stays.
                    Easing::Smooth.at(local / words.fade.max(1e-3))
                } else {
                    Easing::Smooth.at(since.min(words.dwell - since) / words.fade.max(1e-3))
                };
                let zoom = if said.len() == 1 { 1.0 } else { zoom };
                let text = match now {
                    // What somebody says stands large, and their name below it.
                    Some(Said { text, by }) if !by.is_empty() => TextPlacement::Caption {
                        name: text.clone(),
                        place: by.clone(),
                        quote: Arc::default(),
                        area,
                        align: Align::Centre,
                        size: (words.height * QUOTE_SIZE).min((area[1].x - area[0].x) * QUOTE_IN_WIDTH),
                    },
                    now => {
                        let text = now.map(|said| said.text.clone()).unwrap_or_default();
                        TextPlacement::Stand { text, area, align: Align::Centre, zoom }
                    }
                };
                (text, opacity)
            }
            WordsMotion::Crawl => {
                let travelled = local * words.speed;
                (TextPlacement::Crawl { texts: lines.clone(), top: words.top, height: words.height, travelled }, 1.0)
            }
        };
        let layer = WordsLayer {
            text,
            fill: words.fill,
            look: *look,
            font: font.clone(),
            opacity: opacity as f32,
            intensity: 1.0,
        };
        behind.into_iter().chain([Layer::Words(layer)]).collect()
    }
}

fn said(words: &Words, crowd: &Crowd) -> Arc<[Said]> {
    let mut quoted: Vec<_> = crowd.quoted().collect();
    if words.source == TextSource::Texts || quoted.is_empty() {
        let filled = |text: &String| {
            let text = text.replace("{people}", &with_thousands(crowd.len()));
            Said { text: Arc::from(text.replace("{places}", &with_thousands(crowd.places()))), by: Arc::from("") }
        };
        return words.texts.iter().map(filled).collect();
    }
    let seed = words.crowd.seed as u32;
    quoted.sort_by_key(|(person, _)| (unit_hash(*person, seed) * 1e7) as u32);
    let said = |(_, biography): (u32, &Biography)| Said {
        text: Arc::from(biography.quote.split_whitespace().collect::<Vec<_>>().join(" ")),
        by: biography.name.clone(),
    };
    quoted.into_iter().map(said).collect()
}

/// A number as people read it from far: with thin spaces between thousands, which no language takes for a comma.
pub fn with_thousands(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().collect();
    let groups: Vec<_> = groups.into_iter().map(String::from_utf8_lossy).collect();
    groups.join("\u{202f}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(with_thousands(7), "7");
        assert_eq!(with_thousands(12_345), "12\u{202f}345");
        assert_eq!(with_thousands(1_000_000), "1\u{202f}000\u{202f}000");
    }
}
