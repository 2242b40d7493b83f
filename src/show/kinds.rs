//! What scenes can do: each kind with its parameters.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::wall::{Direction, Flow, Motion, WallGrid};

/// What a scene does, with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum SceneKind {
    /// The scrolling multitude.
    Millions(Millions),
    /// One person after another comes forward out of it.
    One(One),
    /// One line of people, shoulder to shoulder.
    Chain(Chain),
    /// Type, solid or made of faces.
    Words(Words),
    /// A picture, or a folder of a film's frames.
    Still(Still),
    /// Nothing.
    Black,
}

/// The parameters of the scrolling multitude.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Millions {
    /// Rows over the wall's height (columns over its width, where it flows in columns).
    pub rows: u32,
    /// Rows or columns.
    pub flow: Flow,
    /// Mean speed of the rows, in cells a second.
    pub speed: f64,
    /// How far the rows' speeds differ from the mean, 0 to 1.
    pub variation: f64,
    /// Which way the rows go.
    pub direction: Direction,
    /// The dark line between tiles, in row heights.
    pub gap: f64,
    /// How many times as high the lowest row is as the highest: 1, all alike; more, a river with depth, whose near rows are
    /// larger and faster.
    pub depth: f64,
    /// How fast the rows themselves move up the wall, in rows a second; below 0, down. With the rows' own motion it is a
    /// diagonal.
    pub drift: f64,
    /// How far each row begins after the one before it, in cells: 0.5 is a brick wall. None: as the seed has it.
    pub stagger: Option<f64>,
    /// Deals another wall of the same people.
    pub seed: u64,
}

impl Default for Millions {
    fn default() -> Self {
        Self {
            rows: 7,
            flow: Flow::Rows,
            speed: 0.12,
            variation: 0.5,
            direction: Direction::default(),
            gap: 0.02,
            depth: 1.0,
            drift: 0.0,
            stagger: None,
            seed: 1,
        }
    }
}

/// The most rows a scene may have.
pub const MAX_ROWS: u32 = 256;

impl Millions {
    /// The grid of a wall of that aspect.
    #[must_use]
    pub fn grid(&self, aspect: f64, tile_aspect: f64) -> WallGrid {
        let Self { rows, flow, gap, depth, drift, .. } = *self;
        WallGrid { rows, aspect, tile_aspect, gap, flow, depth, drifts: drift != 0.0 }
    }

    /// How the rows move.
    #[must_use]
    pub const fn motion(&self) -> Motion {
        let Self { speed, variation, direction, drift, stagger, .. } = *self;
        Motion { speed, variation, direction, drift, stagger }
    }
}

/// Where somebody who has come forward stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Left and right in turn.
    #[default]
    Alternate,
    /// Left, with the words to the right.
    Left,
    /// Right, with the words to the left.
    Right,
    /// In the middle, with the words beside.
    Centre,
}

/// The parameters of `one`: out of the moving wall one person comes forward, stays, and goes back into their place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct One {
    /// The wall behind.
    pub crowd: Millions,
    /// Seconds of coming forward, and again of going back.
    pub travel: f64,
    /// Seconds of staying in between.
    pub stay: f64,
    /// The crowd's light while somebody stands before it, 0 to 1.
    pub dim: f64,
    /// Where they stand.
    pub side: Side,
    /// Whether it says who they are.
    pub caption: bool,
}

impl Default for One {
    fn default() -> Self {
        Self { crowd: Millions::default(), travel: 3.0, stay: 9.0, dim: 0.25, side: Side::Alternate, caption: true }
    }
}

/// The parameters of `chain`: one line of people, shoulder to shoulder, passing along the building.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chain {
    /// How high the people stand, in wall heights.
    pub height: f64,
    /// The line that they stand on, in wall heights above the wall's lower edge.
    pub ground: f64,
    /// People a second who pass.
    pub speed: f64,
    /// Left or right.
    pub direction: Heading,
    /// How far neighbours overlap, in tile widths.
    pub overlap: f64,
    /// How much they rise and sink with their steps, in parts of their height.
    pub sway: f64,
    /// Whether the line is counted on the wall.
    pub count: bool,
    /// Another order of the same people.
    pub seed: u64,
}

impl Default for Chain {
    fn default() -> Self {
        Self {
            height: 0.62,
            ground: 0.04,
            speed: 0.45,
            direction: Heading::Left,
            overlap: 0.16,
            sway: 0.008,
            count: true,
            seed: 1,
        }
    }
}

/// One of two ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Heading {
    /// To the left.
    #[default]
    Left,
    /// To the right.
    Right,
}

/// What letters are filled with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Fill {
    /// The letters are windows onto the moving wall.
    #[default]
    Faces,
    /// Light.
    Solid,
}

/// How words behave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WordsMotion {
    /// Each text stands for its time, then the next.
    #[default]
    Stand,
    /// The texts crawl along the band, one after another, the way that their script is read.
    Crawl,
}

/// Where the texts come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TextSource {
    /// From `texts`.
    #[default]
    Texts,
    /// What people say in `people.csv`, in the order of the seed, with their names.
    Quotes,
}

/// The parameters of `words`: type as large as the wall.
#[derive(Clone, Debug, PartialEq)]
pub struct Words {
    /// What to say, in turn. `{people}` becomes the number of people, `{places}` that of places they come from. A line
    /// break begins a new line.
    pub texts: Vec<String>,
    /// Where the texts come from.
    pub source: TextSource,
    /// What the letters are filled with.
    pub fill: Fill,
    /// Standing or crawling.
    pub motion: WordsMotion,
    /// The upper edge of the band in which the words are, in wall heights from the top.
    pub top: f64,
    /// The band's height, in wall heights.
    pub height: f64,
    /// Seconds for which a text stands, its fades included.
    pub dwell: f64,
    /// Seconds of fading in, and again of fading out.
    pub fade: f64,
    /// Crawling: band heights a second.
    pub speed: f64,
    /// The font's family name, or the path of a font file beside the scene; none takes the one that the program carries.
    pub font: Option<String>,
    /// The wall that shows in the letters, for `fill = "faces"`.
    pub crowd: Millions,
}

impl Default for Words {
    fn default() -> Self {
        Self {
            texts: Vec::new(),
            source: TextSource::Texts,
            fill: Fill::Faces,
            motion: WordsMotion::Stand,
            top: 0.08,
            height: 0.84,
            dwell: 9.0,
            fade: 1.2,
            speed: 0.35,
            font: None,
            crowd: Millions { rows: 14, ..Millions::default() },
        }
    }
}

/// How a picture fills the wall.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Fit {
    /// The wall is full; what stands out is cut.
    #[default]
    Cover,
    /// All of the picture is seen, black beside it.
    Contain,
}

/// The parameters of `still`: a picture, or a folder of a film's frames in the order of their names.
#[derive(Clone, Debug, PartialEq)]
pub struct Still {
    /// The file or folder, from the scene's file on.
    pub file: PathBuf,
    /// How it fills the wall.
    pub fit: Fit,
    /// Frames a second, for a folder.
    pub fps: f64,
}

impl Default for Still {
    fn default() -> Self {
        Self { file: PathBuf::new(), fit: Fit::Cover, fps: 25.0 }
    }
}
