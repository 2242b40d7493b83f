//! One frame as a value. See [`FramePlan`].

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use glam::DVec2;

use super::tile_flip::TileFlip;
use super::{Fill, Fit};
use millions_wall::tone::Look;
use millions_wall::{EMPTY_CELL, WallPlan};

/// One frame: everything that drawing needs.
///
/// Lengths are in wall coordinates, in which the wall is 1 high and as wide as its aspect, with the origin in the upper left
/// corner. An `intensity` is a factor of the light, 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct FramePlan {
    /// Seconds of the show.
    pub time_secs: f64,
    /// What the transition leads away from, while one is under way.
    pub outgoing: Option<Outgoing>,
    /// The scene that is on, or incoming.
    pub scene: ScenePlan,
    /// Progress of the transition from `outgoing` to `scene`.
    pub progress: TransitionProgress,
    /// Whether the test picture's step wedge lies over the wall's lower part.
    pub step_wedge: bool,
    /// Intensity of the whole frame; 0 in a blackout.
    pub intensity: f32,
}

/// What a transition leads away from.
#[derive(Clone, Debug, PartialEq)]
pub enum Outgoing {
    /// A scene that plays on.
    Live(ScenePlan),
    /// A still frame: what was seen when another transition was interrupted.
    Snapshot(Arc<FramePlan>),
}

/// Progress of a transition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TransitionProgress {
    /// The transition is over.
    Complete,
    /// The incoming scene has this opacity.
    Fade(f32),
    /// The tiles turn one by one.
    TileFlip(TileFlip),
}

/// One scene at an instant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScenePlan {
    /// The lowest first.
    pub layers: Vec<Layer>,
    /// Intensity of all layers; below 1 while the scene fades to or from black.
    pub intensity: f32,
}

/// A part of a scene that is drawn at once.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// Rows of tiles.
    Rows(WallLayer),
    /// Tiles outside the rows.
    Sprites(SpriteLayer),
    /// Type.
    Words(WordsLayer),
    /// A picture.
    Still(StillLayer),
}

/// Rows of tiles.
#[derive(Clone, Debug, PartialEq)]
pub struct WallLayer {
    /// The rows, and the person in each cell.
    pub wall: WallPlan,
    /// Intensity of each cell; empty when all are 1.
    pub presence: Vec<f32>,
    /// For each cell, from colour as contributed (0) to the look (1); empty when all are 1.
    pub reveal: Vec<f32>,
    /// The look.
    pub look: Look,
    /// By how many stops each cell is brighter than its tile; empty when by none.
    pub stops: Vec<f32>,
    /// Intensity of all rows: the crowd is dimmed behind a portrait in the foreground.
    pub intensity: f32,
    /// Opacity of all rows over what is below.
    pub opacity: f32,
}

/// Tiles outside the rows, back to front.
#[derive(Clone, Debug, PartialEq)]
pub struct SpriteLayer {
    /// The tiles.
    pub sprites: Vec<Sprite>,
    /// The look.
    pub look: Look,
}

/// A tile outside the rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sprite {
    /// The person whose portrait it is.
    pub person: u32,
    /// Upper left and lower right corner.
    pub corners: [DVec2; 2],
    /// The largest size that the tile reaches before or after this instant: it is prepared at that size, or at a power of
    /// two below it.
    pub largest: DVec2,
    /// Intensity.
    pub intensity: f32,
    /// 0 to 1.
    pub opacity: f32,
    /// Widths of the fades at the left, upper, right and lower edge, in tiles.
    pub feather: [f32; 4],
    /// By how many stops it is brighter than its tile.
    pub stops: f32,
    /// How far it has come to rest in a cell, 0 to 1: it is read and drawn like a tile of rows.
    pub settled: f32,
}

/// Type.
#[derive(Clone, Debug, PartialEq)]
pub struct WordsLayer {
    /// The text and its place.
    pub text: TextPlacement,
    /// What the letters are filled with; [`Fill::Faces`] makes everything but the letters dark.
    pub fill: Fill,
    /// The look, of which letters have the tint and the exposure.
    pub look: Look,
    /// The font's family name or file; none for the embedded one.
    pub font: Option<Arc<str>>,
    /// 0 to 1.
    pub opacity: f32,
    /// Intensity of solid letters.
    pub intensity: f32,
}

/// A text and the area that it is fitted into.
#[derive(Clone, Debug, PartialEq)]
pub enum TextPlacement {
    /// A standing text, as large as fits its area, in as many lines as that takes.
    Stand {
        /// The text.
        text: Arc<str>,
        /// Upper left and lower right corner.
        area: [DVec2; 2],
        /// Alignment in the area.
        align: Align,
        /// Scale of the fitted text, about 1: it grows slowly while it stands.
        zoom: f64,
        /// Whether these are somebody's own words, which are drawn whole or not at all.
        is_said: bool,
    },
    /// One line after another through a band over the whole width of the wall.
    Crawl {
        /// The lines, which begin again after the last.
        texts: Arc<[CrawlText]>,
        /// The band's upper edge.
        top: f64,
        /// The band's height.
        height: f64,
        /// Distance that the first line has moved since it entered, in band heights.
        travelled: f64,
    },
    /// A caption of a portrait. Name, place and quote are each drawn whole or not at all.
    Caption {
        /// The person's name.
        name: Arc<str>,
        /// The person's place.
        place: Arc<str>,
        /// The person's quote.
        quote: Arc<str>,
        /// Upper left and lower right corner.
        area: [DVec2; 2],
        /// Alignment in the area.
        align: Align,
        /// Font size of the name; smaller where the whole caption would not fit.
        size: f64,
    },
}

/// A line of a crawl.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrawlText {
    /// The text.
    pub text: Arc<str>,
    /// The name of the person whose words it is, which follows it; empty for any other text.
    pub by: Arc<str>,
    /// Whether these are somebody's own words: text and name are each drawn whole or not at all.
    pub is_said: bool,
}

/// Horizontal alignment of text; vertically it is centred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Left.
    Left,
    /// Centred.
    Centre,
    /// Right.
    Right,
}

/// A picture, or a frame of an image sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct StillLayer {
    /// The file, or the folder of frames.
    pub file: Arc<Path>,
    /// Seconds since the sequence began, for a folder.
    pub elapsed_secs: f64,
    /// Frames a second, for a folder.
    pub fps: f64,
    /// How it fills the wall.
    pub fit: Fit,
    /// The look.
    pub look: Look,
}

/// An item of a draw list: drawn over those before it, on a black picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DrawItem<'a> {
    /// A snapshot, over the whole wall.
    Snapshot(&'a Arc<FramePlan>),
    /// Black over the whole wall, with this opacity.
    Black(f32),
    /// A layer.
    Layer {
        /// The layer.
        layer: &'a Layer,
        /// Opacity of the whole layer, 0 to 1.
        opacity: f32,
        /// For rows of tiles: the opacity of each, in place of `opacity`.
        tile_flip: Option<TileFlip>,
        /// Intensity.
        intensity: f32,
    },
}

/// What the frames to come show, to be loaded before they are drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prefetch {
    /// Scenes that will be shown, the soonest first.
    pub scenes: Vec<ScenePlan>,
    /// Scenes that will be shown if they are cued.
    pub cueable: Vec<ScenePlan>,
    /// Words whose letters have to be rasterised.
    pub words: Vec<WordsLayer>,
    /// Pictures.
    pub stills: Vec<StillLayer>,
    /// Looks that a key may bring.
    pub looks: Vec<Look>,
}

impl FramePlan {
    /// Returns what is to be drawn, back to front; nothing in a blackout.
    #[must_use]
    pub fn draw_list(&self) -> Vec<DrawItem<'_>> {
        let mut list = Vec::new();
        if self.intensity <= 0.0 {
            return list;
        }
        let Self { scene, outgoing, intensity, .. } = self;
        match (&self.progress, outgoing) {
            (TransitionProgress::Complete, _) | (_, None) => scene.push(&mut list, 1.0, None, *intensity),
            (TransitionProgress::Fade(opacity), Some(outgoing)) => {
                outgoing.push(&mut list, *intensity);
                scene.push(&mut list, *opacity, None, *intensity);
            }
            (TransitionProgress::TileFlip(flip), Some(Outgoing::Live(outgoing)))
                if outgoing.has_tiles() && !scene.has_tiles() =>
            {
                // The incoming scene has no tiles: the outgoing scene's turn away in front of it.
                scene.push(&mut list, 1.0, None, *intensity);
                outgoing.push(&mut list, 1.0 - flip.progress, Some(flip.outgoing()), *intensity);
            }
            (TransitionProgress::TileFlip(flip), Some(outgoing)) => {
                outgoing.push(&mut list, *intensity);
                scene.push(&mut list, flip.progress, Some(*flip).filter(|_| scene.has_tiles()), *intensity);
            }
        }
        list
    }

    /// Drops the snapshots that are nested deeper than `depth`, which later transitions have long covered.
    #[must_use]
    pub fn with_snapshot_depth(mut self, depth: usize) -> Self {
        if let Some(Outgoing::Snapshot(snapshot)) = &self.outgoing {
            if depth == 0 {
                self.outgoing = None;
                self.progress = TransitionProgress::Complete;
            } else if snapshot.snapshot_depth() >= depth {
                let snapshot = snapshot.as_ref().clone().with_snapshot_depth(depth - 1);
                self.outgoing = Some(Outgoing::Snapshot(Arc::new(snapshot)));
            }
        }
        self
    }

    /// Returns whether it is the same instant of the same cue, whatever is left of its outgoing snapshots.
    #[must_use]
    pub fn is_same_instant(&self, other: &Self) -> bool {
        let Self { time_secs, scene, progress, .. } = self;
        (*time_secs, progress) == (other.time_secs, &other.progress) && *scene == other.scene
    }

    /// Returns how many snapshots are nested.
    fn snapshot_depth(&self) -> usize {
        match &self.outgoing {
            Some(Outgoing::Snapshot(snapshot)) => 1 + snapshot.snapshot_depth(),
            Some(Outgoing::Live(_)) | None => 0,
        }
    }

    /// Returns the rows of the scene that is on or incoming, where it has any.
    #[must_use]
    pub fn wall(&self) -> Option<&WallLayer> {
        self.scene.layers.iter().find_map(|layer| if let Layer::Rows(wall) = layer { Some(wall) } else { None })
    }

    /// Returns the people whom the frame shows; those of snapshots left out.
    #[must_use]
    pub fn people(&self) -> BTreeSet<u32> {
        let outgoing = match &self.outgoing {
            Some(Outgoing::Live(outgoing)) => outgoing.people(),
            Some(Outgoing::Snapshot(_)) | None => BTreeSet::new(),
        };
        &self.scene.people() | &outgoing
    }
}

impl Prefetch {
    /// Adds a scene that will be shown. Its pictures are left out: the renderer itself reads ahead in an image sequence that plays.
    pub fn add(&mut self, scene: ScenePlan) {
        self.add_words(&scene);
        self.scenes.push(scene);
    }

    /// Adds a scene that is shown if it is cued; its pictures only `with_stills`.
    pub fn add_cueable(&mut self, scene: ScenePlan, with_stills: bool) {
        self.add_words(&scene);
        if with_stills {
            let stills = scene
                .layers
                .iter()
                .filter_map(|layer| if let Layer::Still(still) = layer { Some(still) } else { None });
            self.stills.extend(stills.cloned());
        }
        self.cueable.push(scene);
    }

    fn add_words(&mut self, scene: &ScenePlan) {
        let words =
            scene.layers.iter().filter_map(|layer| if let Layer::Words(words) = layer { Some(words) } else { None });
        self.words.extend(words.cloned());
    }
}

impl Outgoing {
    fn push<'a>(&'a self, list: &mut Vec<DrawItem<'a>>, intensity: f32) {
        match self {
            Self::Live(scene) => scene.push(list, 1.0, None, intensity),
            Self::Snapshot(plan) => {
                list.push(DrawItem::Snapshot(plan));
                if intensity < 1.0 {
                    list.push(DrawItem::Black(1.0 - intensity));
                }
            }
        }
    }
}

impl ScenePlan {
    /// Returns whether the lowest layer is rows of tiles.
    fn has_tiles(&self) -> bool {
        matches!(self.layers.first(), Some(Layer::Rows(_)))
    }

    /// Returns whether the lowest layer hides everything behind it.
    fn is_opaque(&self) -> bool {
        self.has_tiles() || matches!(self.layers.first(), Some(Layer::Still(still)) if still.fit == Fit::Cover)
    }

    fn push<'a>(&'a self, list: &mut Vec<DrawItem<'a>>, opacity: f32, tile_flip: Option<TileFlip>, intensity: f32) {
        if opacity <= 0.0 {
            return;
        }
        if !self.is_opaque() && !list.is_empty() {
            list.push(DrawItem::Black(opacity));
        }
        for (index, layer) in self.layers.iter().enumerate() {
            // The layers above the tiles fade as a whole while these turn.
            let tile_flip = tile_flip.filter(|_| index == 0);
            let opacity = if tile_flip.is_some() { 1.0 } else { opacity };
            list.push(DrawItem::Layer { layer, opacity, tile_flip, intensity: intensity * self.intensity });
        }
    }

    /// Returns the people whom the scene shows.
    #[must_use]
    pub fn people(&self) -> BTreeSet<u32> {
        let mut people = BTreeSet::new();
        for layer in &self.layers {
            match layer {
                Layer::Rows(rows) => people.extend(rows.wall.cells().filter(|cell| *cell != EMPTY_CELL)),
                Layer::Sprites(layer) => people.extend(layer.sprites.iter().map(|sprite| sprite.person)),
                Layer::Words(_) | Layer::Still(_) => {}
            }
        }
        people
    }
}

impl Sprite {
    /// Returns the size to prepare the tile at: the largest, or its half, quarter, … 64th, the smallest of these that is not
    /// below the present size, as in a mip chain.
    #[must_use]
    pub fn wanted_size(&self) -> DVec2 {
        let now = self.corners[1].y - self.corners[0].y;
        let halvings = (self.largest.y / now.max(1e-6)).log2().clamp(0.0, 6.0).floor();
        self.largest / halvings.exp2()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sprite_is_prepared_no_smaller_than_it_is_and_in_few_sizes() {
        let sprite = |height: f64| Sprite {
            person: 1,
            corners: [DVec2::ZERO, DVec2::new(height * 0.8, height)],
            largest: DVec2::new(0.72, 0.9),
            intensity: 1.0,
            opacity: 1.0,
            feather: [0.0; 4],
            stops: 0.0,
            settled: 0.0,
        };
        for (height, wanted) in [(0.9, 0.9), (0.46, 0.9), (0.45, 0.45), (0.3, 0.45), (0.1, 0.1125), (0.95, 0.9)] {
            assert!((sprite(height).wanted_size().y - wanted).abs() < 1e-9, "{height}");
        }
    }
}
