//! One frame as a value. See [`FramePlan`].

use std::path::Path;
use std::sync::Arc;

use glam::DVec2;

use super::tile_flip::TileFlip;
use super::{Fill, Fit};
use millions_wall::tone::Look;
use millions_wall::{EMPTY_CELL, WallPlan};

/// One frame as a value: all that drawing needs to know.
#[derive(Clone, Debug, PartialEq)]
pub struct FramePlan {
    /// Seconds of the show.
    pub time_secs: f64,
    /// What is still seen of what was there before.
    pub outgoing: Option<Outgoing>,
    /// The scene that is there, or comes.
    pub scene: ScenePlan,
    /// How far it has come over what is below.
    pub progress: TransitionProgress,
    /// Whether the test picture's grey wedge lies over the wall's lower part.
    pub step_wedge: bool,
    /// 1, or 0 in a blackout.
    pub light: f32,
}

/// What another scene comes over.
#[derive(Clone, Debug, PartialEq)]
pub enum Outgoing {
    /// A scene that plays on.
    Live(ScenePlan),
    /// The picture of an instant: what was seen when one transition was cut short by the next.
    Snapshot(Arc<FramePlan>),
}

/// How far a scene has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TransitionProgress {
    /// It is there.
    Complete,
    /// It lies over what is below with this opacity.
    Fade(f32),
    /// Its tiles turn.
    TileFlip(TileFlip),
}

/// One scene at an instant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScenePlan {
    /// The lowest first.
    pub layers: Vec<Layer>,
    /// 1, or less while the scene goes to black or comes from it.
    pub light: f32,
}

/// A part of a scene that is drawn at once.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// The rows of people.
    Rows(WallLayer),
    /// People outside the rows.
    Sprites(SpriteLayer),
    /// Type.
    Words(WordsLayer),
    /// A picture.
    Still(StillLayer),
}

/// The rows of people.
#[derive(Clone, Debug, PartialEq)]
pub struct WallLayer {
    /// The cells and who stands in them.
    pub wall: WallPlan,
    /// How much of each cell's light is there, 0 to 1; empty when all is.
    pub presence: Vec<f32>,
    /// How far each cell has come from colour as contributed (0) to the look (1); empty when all are there.
    pub reveal: Vec<f32>,
    /// The look.
    pub look: Look,
    /// 0 to 1: the crowd is dimmed behind somebody who has come forward.
    pub light: f32,
}

/// People outside the rows, the hindmost first.
#[derive(Clone, Debug, PartialEq)]
pub struct SpriteLayer {
    /// Who and where.
    pub sprites: Vec<Sprite>,
    /// The look.
    pub look: Look,
}

/// Somebody outside the rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sprite {
    /// Who.
    pub person: u32,
    /// Upper left and lower right corner of the tile, in wall coordinates.
    pub place: [DVec2; 2],
    /// The size that the tile is going to have, or has had, at the most, in wall coordinates: it is prepared for that.
    pub largest: DVec2,
    /// 0 to 1.
    pub light: f32,
    /// 0 to 1.
    pub opacity: f32,
    /// How far from the left, upper, right and lower edge the tile fades in, in tiles.
    pub feather: [f32; 4],
}

/// Type.
#[derive(Clone, Debug, PartialEq)]
pub struct WordsLayer {
    /// What is said, and where.
    pub text: TextPlacement,
    /// What the letters are filled with: with faces, everything but the letters goes dark.
    pub fill: Fill,
    /// The look, of which letters have the tint and the exposure.
    pub look: Look,
    /// The font's family name or file; none is the one that the program carries.
    pub font: Option<Arc<str>>,
    /// 0 to 1.
    pub opacity: f32,
    /// How white solid letters are, 0 to 1.
    pub light: f32,
}

/// Words and the place that they are fitted into.
#[derive(Clone, Debug, PartialEq)]
pub enum TextPlacement {
    /// As large as its area lets it be, in as many lines as that takes.
    Stand {
        /// The words.
        text: Arc<str>,
        /// Upper left and lower right corner, in wall coordinates.
        area: [DVec2; 2],
        /// Where it stands in its area.
        align: Align,
        /// 1, or a little more: it comes nearer while it stands.
        zoom: f64,
    },
    /// One line after another through a band over the whole width of the wall.
    Crawl {
        /// The lines, which begin again after the last.
        texts: Arc<[Arc<str>]>,
        /// The band's upper edge, in wall coordinates.
        top: f64,
        /// The band's height, in wall coordinates.
        height: f64,
        /// How far the words have come since the first entered, in band heights.
        travelled: f64,
    },
    /// Who somebody is.
    Caption {
        /// Their name.
        name: Arc<str>,
        /// Where they are.
        place: Arc<str>,
        /// What they say.
        quote: Arc<str>,
        /// Upper left and lower right corner, in wall coordinates.
        area: [DVec2; 2],
        /// Where it stands in its area.
        align: Align,
        /// The name's size, in wall heights; smaller where all of it would not fit.
        size: f64,
    },
}

/// The side to which words stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Left, in the middle of the height.
    Left,
    /// In the middle.
    Centre,
    /// Right, in the middle of the height.
    Right,
}

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub struct StillLayer {
    /// The file, or the folder of frames.
    pub file: Arc<Path>,
    /// Seconds since it began, and frames a second, for a folder.
    pub at: (f64, f64),
    /// How it fills the wall.
    pub fit: Fit,
    /// The look.
    pub look: Look,
}

/// What is to be drawn one over the other, from an empty black picture on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DrawItem<'a> {
    /// The picture of an instant, over everything.
    Snapshot(&'a Arc<FramePlan>),
    /// Black over everything, with this opacity.
    Black(f32),
    /// A layer.
    Layer {
        /// What.
        layer: &'a Layer,
        /// How much it covers what is below it; 1 and no turning is all of it.
        opacity: f32,
        /// For the rows of people: each tile's own share of it.
        tile_flip: Option<TileFlip>,
        /// Its light, 0 to 1.
        light: f32,
    },
}

/// A tile that a frame wants: somebody in a size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WantedTile {
    /// Who.
    pub person: u32,
    /// The tile's width and height in wall coordinates.
    pub size: DVec2,
    /// The tile's middle in wall coordinates: a building is not lit with as many pixels everywhere.
    pub middle: DVec2,
}

/// What a live wall is going to want, so that it is there when it is wanted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prefetch {
    /// The soonest first.
    pub tiles: Vec<WantedTile>,
    /// Words whose letters will be seen.
    pub words: Vec<WordsLayer>,
    /// Pictures.
    pub stills: Vec<StillLayer>,
}

impl FramePlan {
    /// What is to be drawn, the lowest first. In a blackout nothing: black is not a product.
    #[must_use]
    pub fn stack(&self) -> Vec<DrawItem<'_>> {
        let mut stack = Vec::new();
        if self.light <= 0.0 {
            return stack;
        }
        let Self { scene, outgoing, .. } = self;
        match (&self.progress, outgoing) {
            (TransitionProgress::Complete, _) | (_, None) => scene.push(&mut stack, 1.0, None, self.light),
            (TransitionProgress::Fade(opacity), Some(below)) => {
                below.push(&mut stack, self.light);
                scene.push(&mut stack, *opacity, None, self.light);
            }
            (TransitionProgress::TileFlip(tile_flip), Some(below)) if scene.has_tiles() => {
                below.push(&mut stack, self.light);
                scene.push(&mut stack, tile_flip.progress, Some(*tile_flip), self.light);
            }
            (TransitionProgress::TileFlip(tile_flip), Some(Outgoing::Live(leaving))) if leaving.has_tiles() => {
                // The new scene has no tiles: those of the old one turn away from before it.
                scene.push(&mut stack, 1.0, None, self.light);
                leaving.push(&mut stack, 1.0 - tile_flip.progress, Some(tile_flip.away()), self.light);
            }
            (TransitionProgress::TileFlip(tile_flip), Some(below)) => {
                below.push(&mut stack, self.light);
                scene.push(&mut stack, tile_flip.progress, None, self.light);
            }
        }
        stack
    }

    /// The same as far as so many pictures of instants below one another; what is below them has long been covered.
    #[must_use]
    pub fn shallow(mut self, depth: usize) -> Self {
        if let Some(Outgoing::Snapshot(snapshot)) = &self.outgoing {
            if depth == 0 {
                self.outgoing = None;
                self.progress = TransitionProgress::Complete;
            } else if snapshot.depth() >= depth {
                self.outgoing = Some(Outgoing::Snapshot(Arc::new(snapshot.as_ref().clone().shallow(depth - 1))));
            }
        }
        self
    }

    /// Whether it is the same instant of the same cue, however much is still known of what was below it then.
    #[must_use]
    pub fn is_same_instant(&self, other: &Self) -> bool {
        let Self { time_secs, scene, progress, .. } = self;
        (*time_secs, progress) == (other.time_secs, &other.progress) && *scene == other.scene
    }

    /// How many pictures of instants lie below one another.
    fn depth(&self) -> usize {
        match &self.outgoing {
            Some(Outgoing::Snapshot(snapshot)) => 1 + snapshot.depth(),
            Some(Outgoing::Live(_)) | None => 0,
        }
    }

    /// The rows of people that are there or come, where the scene has them.
    #[must_use]
    pub fn wall(&self) -> Option<&WallLayer> {
        self.scene.layers.iter().find_map(|layer| if let Layer::Rows(wall) = layer { Some(wall) } else { None })
    }

    /// The tiles that the frame shows, each once or more often.
    #[must_use]
    pub fn wanted(&self) -> Vec<WantedTile> {
        let mut wanted = self.scene.wanted();
        match &self.outgoing {
            Some(Outgoing::Live(below)) => wanted.extend(below.wanted()),
            Some(Outgoing::Snapshot(_)) | None => {}
        }
        wanted
    }
}

impl Prefetch {
    /// Adds what a scene wants.
    pub fn add(&mut self, scene: &ScenePlan, with_stills: bool) {
        self.tiles.extend(scene.wanted());
        for layer in &scene.layers {
            match layer {
                Layer::Words(words) => self.words.push(words.clone()),
                Layer::Still(still) if with_stills => self.stills.push(still.clone()),
                Layer::Still(_) | Layer::Rows(_) | Layer::Sprites(_) => {}
            }
        }
    }
}

impl Outgoing {
    fn push<'a>(&'a self, stack: &mut Vec<DrawItem<'a>>, light: f32) {
        match self {
            Self::Live(scene) => scene.push(stack, 1.0, None, light),
            Self::Snapshot(plan) => {
                stack.push(DrawItem::Snapshot(plan));
                if light < 1.0 {
                    stack.push(DrawItem::Black(1.0 - light));
                }
            }
        }
    }
}

impl ScenePlan {
    /// Whether its lowest layer is rows of people.
    fn has_tiles(&self) -> bool {
        matches!(self.layers.first(), Some(Layer::Rows(_)))
    }

    /// Whether nothing of what is below is seen where the lowest layer is.
    fn covers(&self) -> bool {
        self.has_tiles() || matches!(self.layers.first(), Some(Layer::Still(still)) if still.fit == Fit::Cover)
    }

    fn push<'a>(&'a self, stack: &mut Vec<DrawItem<'a>>, opacity: f32, tile_flip: Option<TileFlip>, light: f32) {
        if opacity <= 0.0 {
            return;
        }
        if !self.covers() && !stack.is_empty() {
            stack.push(DrawItem::Black(opacity));
        }
        for (index, layer) in self.layers.iter().enumerate() {
            // What lies over the tiles comes with the last of them, and goes with the first.
            let tile_flip = tile_flip.filter(|_| index == 0);
            let opacity = if tile_flip.is_some() { 1.0 } else { opacity };
            stack.push(DrawItem::Layer { layer, opacity, tile_flip, light: light * self.light });
        }
    }

    /// The tiles that the scene shows.
    #[must_use]
    pub fn wanted(&self) -> Vec<WantedTile> {
        let mut wanted = Vec::new();
        for layer in &self.layers {
            match layer {
                Layer::Rows(WallLayer { wall, .. }) => {
                    for row in &wall.rows {
                        let size = DVec2::from(wall.grid.tile(row.height));
                        let cells = wall.cells[row.first..row.first + row.columns].iter().enumerate();
                        let people = cells.filter(|(_, person)| **person != EMPTY_CELL);
                        wanted.extend(people.map(|(column, person)| WantedTile {
                            person: *person,
                            size,
                            middle: wall.middle(row, column),
                        }));
                    }
                }
                Layer::Sprites(people) => {
                    wanted.extend(people.sprites.iter().map(|sprite| WantedTile {
                        person: sprite.person,
                        size: sprite.wanted_size(),
                        middle: (sprite.place[0] + sprite.place[1]) / 2.0,
                    }));
                }
                Layer::Words(_) | Layer::Still(_) => {}
            }
        }
        wanted
    }
}

impl Sprite {
    /// The size that the tile is prepared for: the largest, or its half, quarter, eighth, whichever is still at least as large
    /// as the tile is now.
    #[must_use]
    pub fn wanted_size(&self) -> DVec2 {
        let now = self.place[1].y - self.place[0].y;
        let halvings = (self.largest.y / now.max(1e-6)).log2().clamp(0.0, 6.0).floor();
        self.largest / halvings.exp2()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_prepared_no_smaller_than_it_is_and_in_few_sizes() {
        let sprite = |height: f64| Sprite {
            person: 1,
            place: [DVec2::ZERO, DVec2::new(height * 0.8, height)],
            largest: DVec2::new(0.72, 0.9),
            light: 1.0,
            opacity: 1.0,
            feather: [0.0; 4],
        };
        for (height, wanted) in [(0.9, 0.9), (0.46, 0.9), (0.45, 0.45), (0.3, 0.45), (0.1, 0.1125), (0.95, 0.9)] {
            assert!((sprite(height).wanted_size().y - wanted).abs() < 1e-9, "{height}");
        }
    }
}
