//! Scenes of kind `words`. See [`WordsInstance`].

use std::sync::Arc;

use glam::DVec2;

use super::super::{Biography, Crowd, Easing, Millions, TextSource, Words, WordsMotion};
use super::{SceneTime, WallShape, deal, wall_layer, with_rows};
use millions_frame::{Align, CrawlText, Fill, Layer, TextPlacement, WordsLayer, unit_hash};
use millions_wall::tone::Look;
use millions_wall::{Deal, DealError};

/// How much a text grows while it stands.
const ZOOM: f64 = 0.03;
/// Font size of a quote, in band heights; a long quote is smaller.
const QUOTE_SIZE: f64 = 0.4;
/// The same at most in widths of its area, so that few words have to be broken.
const QUOTE_IN_WIDTH: f64 = 0.16;
/// Margin left and right of standing words, in wall heights; at most a tenth of the width.
const MARGIN: f64 = 0.08;

/// Type as large as the wall: the texts, and the rows of tiles behind the letters.
#[derive(Clone, Debug)]
pub struct WordsInstance {
    words: Words,
    font: Option<Arc<str>>,
    shape: WallShape,
    pub(super) behind: Option<Deal>,
    /// The texts, with the crowd's numbers or quotes in them.
    texts: Arc<[CrawlText]>,
}

impl WordsInstance {
    pub fn new(words: &Words, extra_rows: i32, crowd: &Crowd, shape: WallShape) -> Result<Self, DealError> {
        let behind = match words.fill {
            Fill::Faces => {
                // On a tower letters are as small as it is narrow: the tiles in them have to be, too.
                let narrow = (1.0 / shape.wall_aspect).clamp(1.0, 6.0);
                let rows = (f64::from(words.crowd.rows) * narrow).round() as u32;
                let behind = Millions { rows, ..words.crowd };
                Some(deal(&with_rows(&behind, extra_rows, crowd, shape), crowd, shape)?)
            }
            Fill::Solid => None,
        };
        let font = words.font.as_deref().map(Arc::from);
        let mut instance = Self { words: words.clone(), font, shape, behind, texts: Arc::from([]) };
        instance.update_texts(crowd);
        Ok(instance)
    }

    /// Updates the texts for a crowd.
    pub fn update_texts(&mut self, crowd: &Crowd) {
        self.texts = texts(&self.words, crowd);
    }

    pub fn layers(&self, at: SceneTime, look: &Look, crowd: &Crowd) -> Vec<Layer> {
        let Self { words, font, shape, behind, texts } = self;
        let behind =
            behind.as_ref().map(|deal| Layer::Rows(wall_layer(deal, words.crowd.view.as_ref(), at, look, crowd, 1.0)));
        let local = at.local_secs();
        let (text, opacity) = match words.motion {
            WordsMotion::Stand => {
                let number = (local / words.dwell).floor();
                let since = local - number * words.dwell;
                let now = texts.get(number as usize % texts.len().max(1));
                let margin = MARGIN.min(shape.wall_aspect * 0.1);
                let area =
                    [DVec2::new(margin, words.top), DVec2::new(shape.wall_aspect - margin, words.top + words.height)];
                // A single text fades in once, and stays.
                let (zoom, fade_secs) = if texts.len() == 1 {
                    (1.0, local)
                } else {
                    (1.0 + ZOOM * (since / words.dwell - 1.0), since.min(words.dwell - since))
                };
                let opacity = Easing::Smooth.at(fade_secs / words.fade.max(1e-3));
                let text = match now {
                    // A quote is large, with the name below it.
                    Some(CrawlText { text, by, .. }) if !by.is_empty() => TextPlacement::Caption {
                        name: text.clone(),
                        place: by.clone(),
                        quote: Arc::default(),
                        area,
                        align: Align::Centre,
                        size: (words.height * QUOTE_SIZE).min((area[1].x - area[0].x) * QUOTE_IN_WIDTH),
                    },
                    now => {
                        let (text, is_said) = now.map(|now| (now.text.clone(), now.is_said)).unwrap_or_default();
                        TextPlacement::Stand { text, area, align: Align::Centre, zoom, is_said }
                    }
                };
                (text, opacity)
            }
            WordsMotion::Crawl => {
                let travelled = local * words.speed;
                (TextPlacement::Crawl { texts: texts.clone(), top: words.top, height: words.height, travelled }, 1.0)
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

/// Returns the texts to show for a crowd: its quotes, in the order of the seed, or without any the scene's own.
fn texts(words: &Words, crowd: &Crowd) -> Arc<[CrawlText]> {
    let mut quoted: Vec<_> = crowd.quoted().collect();
    if words.source == TextSource::Texts || quoted.is_empty() {
        let filled = |text: &String| {
            let text = text.replace("{people}", &with_thousands(crowd.len()));
            let text = Arc::from(text.replace("{places}", &with_thousands(crowd.places())));
            CrawlText { text, by: Arc::default(), is_said: false }
        };
        return words.texts.iter().map(filled).collect();
    }
    let seed = words.crowd.seed as u32;
    quoted.sort_by_key(|(person, _)| (unit_hash(*person, seed) * 1e7) as u32);
    let quote = |(_, biography): (u32, &Biography)| CrawlText {
        text: Arc::from(biography.quote.split_whitespace().collect::<Vec<_>>().join(" ")),
        by: biography.name.clone(),
        is_said: true,
    };
    quoted.into_iter().map(quote).collect()
}

/// Formats a number with thin spaces between thousands, which no language reads as a decimal sign.
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
