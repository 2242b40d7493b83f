//! The kinds of scenes, each with its parameters.

use millions_base::Range;
use millions_frame::{Fill, Fit};
use std::path::{Path, PathBuf};

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use super::view_move::ViewMove;
use millions_config::{
    Array, Boolean, EnumValue, Key, KeyVisitor, Optional, Parser, RelativePath, Section, SectionParser, SpannedValue,
    StringValue, Subsection, ValueType, parameters,
};
use millions_wall::{Direction, Flow, Motion, WallGrid};

/// A kind of scene, with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum SceneKind {
    /// The scrolling multitude.
    Millions(Millions),
    /// One person after another comes forward out of it.
    One(One),
    /// One line of people, shoulder to shoulder.
    Chain(Chain),
    /// All of them together form a picture.
    Mosaic(Mosaic),
    /// Type, solid or made of faces.
    Words(Words),
    /// A picture, or a folder of a film's frames.
    Still(Still),
    /// Nothing.
    Black,
}

/// The name of a kind of scene, as it stands in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum KindName {
    /// The scrolling multitude.
    #[default]
    Millions,
    /// One person after another comes forward out of the multitude.
    One,
    /// One line of people, shoulder to shoulder.
    Chain,
    /// All of them together form a picture.
    Mosaic,
    /// Type as large as the wall, solid or made of faces.
    Words,
    /// A picture, or a folder of a film's frames.
    Still,
    /// Nothing.
    Black,
}

impl KindName {
    pub const ALL: [Self; 7] =
        [Self::Millions, Self::One, Self::Chain, Self::Mosaic, Self::Words, Self::Still, Self::Black];

    /// Returns the name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Millions => "millions",
            Self::One => "one",
            Self::Chain => "chain",
            Self::Mosaic => "mosaic",
            Self::Words => "words",
            Self::Still => "still",
            Self::Black => "black",
        }
    }

    /// Returns whether a scene of this kind may be over another: whether it does not cover the wall.
    pub const fn is_overlay(self) -> bool {
        matches!(self, Self::Words | Self::Chain | Self::Still)
    }

    /// Returns the kind with its default parameters.
    pub fn defaults(self) -> SceneKind {
        match self {
            Self::Millions => SceneKind::Millions(Millions::default()),
            Self::One => SceneKind::One(One::default()),
            Self::Chain => SceneKind::Chain(Chain::default()),
            Self::Mosaic => SceneKind::Mosaic(Mosaic::default()),
            Self::Words => SceneKind::Words(Words::default()),
            Self::Still => SceneKind::Still(Still::default()),
            Self::Black => SceneKind::Black,
        }
    }
}

impl SceneKind {
    pub(super) const fn name(&self) -> KindName {
        match self {
            Self::Millions(_) => KindName::Millions,
            Self::One(_) => KindName::One,
            Self::Chain(_) => KindName::Chain,
            Self::Mosaic(_) => KindName::Mosaic,
            Self::Words(_) => KindName::Words,
            Self::Still(_) => KindName::Still,
            Self::Black => KindName::Black,
        }
    }
}

/// A kind's parameters are keys of the scene's own table.
impl Section for SceneKind {
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K) {
        match self {
            Self::Millions(millions) => millions.keys(keys),
            Self::One(one) => one.keys(keys),
            Self::Chain(chain) => chain.keys(keys),
            Self::Mosaic(mosaic) => mosaic.keys(keys),
            Self::Words(words) => words.keys(keys),
            Self::Still(still) => still.keys(keys),
            Self::Black => {}
        }
    }

    fn check(&self, file: &mut SectionParser<'_, '_, '_>) {
        match self {
            Self::Words(words) => words.check(file),
            Self::Mosaic(mosaic) => mosaic.check(file),
            _ => {}
        }
    }
}

parameters! {
    /// The parameters of the scrolling multitude.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct Millions {
        /// Rows over the wall's height (columns over its width, where it flows in columns).
        rows: u32 = 7, Range::new(1.0, MAX_ROWS as f64, "rows");
        /// The height of a row on the building, in metres, in place of `rows`: where the stage knows a surface's width.
        /// 0 leaves it to `rows`.
        tile_m: f64 = 0.0, Range::new(0.0, 50.0, "metres");
        /// As many rows as everybody fits into at once, each in one cell, in place of `rows`.
        everybody: bool = false, Boolean;
        /// Rows that move sideways, or columns that move up and down.
        flow: Flow = Flow::Rows, EnumValue;
        /// Mean speed of the rows, in cells a second.
        speed: f64 = 0.12, Range::new(0.0, 20.0, "cells a second");
        /// How far the rows' speeds differ from the mean, 0 to 1.
        variation: f64 = 0.5, Range::new(0.0, 1.0, "of the speed");
        /// Which way the rows go.
        direction: Direction = Direction::Alternate, EnumValue;
        /// The dark line between tiles, in row heights.
        gap: f64 = 0.02, Range::new(0.0, 0.5, "of a row's height");
        /// How many times as high the lowest row is as the highest: 1, all alike; more, a river with depth, whose near
        /// rows are larger and faster.
        depth: f64 = 1.0, Range::new(1.0, 12.0, "times the highest row");
        /// How fast the rows themselves move up the wall, in rows a second; below 0, down. With the rows' own motion it
        /// is a diagonal.
        drift: f64 = 0.0, Range::new(-5.0, 5.0, "rows a second");
        /// How far each row begins after the one before it, in cells: 0.5 is a brick wall. Left out: as the seed has
        /// it.
        stagger: Option<f64> = None, Optional(Range::new(0.0, 1.0, "cells"));
        /// Another number deals another wall of the same people.
        seed: u64 = 1, SEED;
        /// The view's move over the wall, from one person to everybody or the other way; left out: the whole wall.
        view: Option<ViewMove> = None, Optional(Subsection(ViewMove::default()));
    }
}

/// The maximum number of rows of a scene.
pub(super) const MAX_ROWS: u32 = 1024;

/// Limits of a seed: the integers that every JSON parser keeps.
pub(super) const SEED: Range = Range::new(0.0, 9_007_199_254_740_991.0, "");

impl Millions {
    /// Returns the grid on a wall of an aspect.
    #[must_use]
    pub fn grid(&self, aspect: f64, tile_aspect: f64) -> WallGrid {
        let Self { rows, flow, gap, depth, drift, .. } = *self;
        WallGrid { rows, aspect, tile_aspect, gap, flow, depth, drifts: drift != 0.0 }
    }

    /// Returns the most rows (of a grid that is otherwise this one's) in which each of `people` has a cell of their own on the
    /// wall; at least 1.
    #[must_use]
    pub fn rows_for(&self, people: usize, aspect: f64, tile_aspect: f64) -> u32 {
        let fits = |rows: u32| {
            let grid = Self { rows, ..*self }.grid(aspect, tile_aspect);
            grid.dealt_rows() * grid.most_columns() <= people
        };
        // More rows take more cells.
        let (mut low, mut high) = (1, MAX_ROWS + 1);
        while high - low > 1 {
            let middle = u32::midpoint(low, high);
            if fits(middle) { low = middle } else { high = middle }
        }
        low
    }

    /// Returns the motion of the rows.
    #[must_use]
    pub const fn motion(&self) -> Motion {
        let Self { speed, variation, direction, drift, stagger, .. } = *self;
        Motion { speed, variation, direction, drift, stagger }
    }
}

/// The side of the portrait in the foreground; its caption is on the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TextSide {
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

parameters! {
    /// The parameters of `one`: out of the moving wall one person comes forward, stays, and goes back into their place.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct One {
        /// Seconds of coming forward, and again of going back.
        travel: f64 = 3.0, Range::new(0.2, 60.0, "seconds");
        /// Seconds of staying in between.
        stay: f64 = 9.0, Range::new(0.0, 3600.0, "seconds");
        /// The crowd's light behind the portrait in the foreground, 0 to 1.
        dim: f64 = 0.25, Range::new(0.0, 1.0, "of the crowd's light");
        /// Where they stand.
        side: TextSide = TextSide::Alternate, EnumValue;
        /// Whether it says who they are.
        caption: bool = true, Boolean;
    } with {
        /// The wall behind.
        crowd: Millions = Millions::default();
    }
}

parameters! {
    /// The parameters of `chain`: one line of people, shoulder to shoulder, passing along the building.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct Chain {
        /// How high the people stand, in wall heights.
        height: f64 = 0.62, Range::new(0.05, 1.0, "of the wall's height");
        /// The line that they stand on, in wall heights above the wall's lower edge.
        ground: f64 = 0.04, Range::new(0.0, 0.95, "of the wall's height");
        /// People a second who pass.
        speed: f64 = 0.45, Range::new(0.0, 20.0, "people a second");
        /// Left or right.
        direction: Heading = Heading::Left, EnumValue;
        /// How far neighbours overlap, in tile widths.
        overlap: f64 = 0.16, Range::new(0.0, 0.6, "of a tile's width");
        /// How much they rise and sink with their steps, in parts of their height.
        sway: f64 = 0.008, Range::new(0.0, 0.1, "of their height");
        /// Whether the line is counted on the wall.
        count: bool = true, Boolean;
        /// Another number, another order of the same people.
        seed: u64 = 1, SEED;
    }
}

/// The direction of the way through portraits of portraits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Zoom {
    /// From one person back, until all of them are a portrait, which is one of many.
    #[default]
    Out,
    /// Into a portrait, until it dissolves into people, and into one of them.
    In,
}

parameters! {
    /// The parameters of `mosaic`: people whose tiles together form a portrait, which is itself a tile among others that form the
    /// next, without end; or one picture after another.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Mosaic {
        /// Pictures that they form in the place of portraits, one after another, each as large as the wall: files, from the
        /// scene's file on.
        pictures: Vec<PathBuf> = Vec::new(), Array { least: 0, what: "pictures", of: RelativePath { extensions: &[] } };
        /// Words that they form, after the pictures.
        texts: Vec<String> = Vec::new(), Array { least: 0, what: "texts", of: StringValue };
        /// How a picture fills the wall.
        fit: Fit = Fit::Cover, EnumValue;
        /// How many people at the most are on their way at once from one picture to the next.
        moving: u32 = 300, Range::new(1.0, 4000.0, "people");
        /// Rows. 0: as many as there are people for; of a portrait, each of as many tiles, from 40 to 120, of a picture from 30 to 100.
        rows: u32 = 0, Range::new(0.0, 512.0, "rows");
        /// How many portraits there are before the first comes again.
        portraits: u32 = 3, Range::new(1.0, 32.0, "portraits");
        /// How often one person may be in a portrait. 0: once while there are people enough, and otherwise all about equally often.
        repeats: u32 = 0, Range::new(0.0, 10_000.0, "times");
        /// How far one person's tiles are apart at the least, while there are people enough.
        spacing: u32 = 5, Range::new(1.0, 50.0, "tiles");
        /// How far the exposure of each tile follows the portrait that all form, seen from afar: 0, only people; 1, as far as exposure
        /// can.
        pull: f64 = 0.55, Range::new(0.0, 1.0, "of the difference");
        /// From people to the portrait, or into it.
        zoom: Zoom = Zoom::Out, EnumValue;
        /// Seconds from one portrait to the next.
        travel: f64 = 26.0, Range::new(1.0, 86_400.0, "seconds");
        /// Seconds for which each portrait stands.
        rest: f64 = 2.5, Range::new(0.0, 86_400.0, "seconds");
        /// Seconds in which the move starts, and again in which it stops. Between, what is in view doubles in equal times.
        ease: f64 = 4.0, Range::new(0.0, 86_400.0, "seconds");
        /// Another number, other people.
        seed: u64 = 1, SEED;
    } check check_values
}

impl Mosaic {
    /// Whether people form portraits of portraits, and not pictures and words.
    #[must_use]
    pub fn is_of_portraits(&self) -> bool {
        self.pictures.is_empty() && self.texts.is_empty()
    }

    /// Returns it with so many portraits, and so much slower or faster, that it repeats after `secs`; pictures and texts stay as many as
    /// they are.
    #[must_use]
    pub fn fitted(&self, secs: f64) -> Self {
        let leg_secs = self.rest + self.travel;
        let portraits = (secs / leg_secs).round().clamp(1.0, 32.0) as u32;
        let legs = if self.is_of_portraits() { portraits as usize } else { self.pictures.len() + self.texts.len() };
        let scale = secs / (legs as f64 * leg_secs);
        let [rest, travel, ease] = [self.rest, self.travel, self.ease].map(|secs| secs * scale);
        Self { portraits, rest, travel, ease, ..self.clone() }
    }

    fn check_values(&self, file: &mut SectionParser<'_, '_, '_>) {
        if self.is_of_portraits() && 2.0 * self.ease > self.travel {
            let message =
                format!("starting and stopping in {} s each do not fit into {} s of `travel`", self.ease, self.travel);
            file.error("ease", message);
        }
    }
}

/// The direction of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Heading {
    /// To the left.
    #[default]
    Left,
    /// To the right.
    Right,
}

/// The motion of words.
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

parameters! {
    /// The parameters of `words`: type as large as the wall.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Words {
        /// What to say, in turn. `{people}` becomes the number of people, `{places}` that of places they come from. A
        /// line break begins a new line.
        texts: Vec<String> = Vec::new(), Array { least: 1, what: "texts", of: StringValue };
        /// Where the texts come from.
        source: TextSource = TextSource::Texts, EnumValue;
        /// What the letters are filled with.
        fill: Fill = Fill::Faces, EnumValue;
        /// Standing or crawling.
        motion: WordsMotion = WordsMotion::Stand, EnumValue;
        /// The upper edge of the band in which the words are, in wall heights from the top.
        top: f64 = 0.08, Range::new(0.0, 0.98, "of the wall's height");
        /// The band's height, in wall heights.
        height: f64 = 0.84, Range::new(0.02, 1.0, "of the wall's height");
        /// Seconds for which a text stands, its fades included.
        dwell: f64 = 9.0, Range::new(0.5, 3600.0, "seconds");
        /// Seconds of fading in, and again of fading out.
        fade: f64 = 1.2, Range::new(0.0, 60.0, "seconds");
        /// Crawling: band heights a second.
        speed as "pace": f64 = 0.35, Range::new(0.01, 10.0, "band heights a second");
        /// The font's family name, or the path of a font file (.ttf, .otf, .ttc) from the scene's file on; left out,
        /// the one that the program carries.
        font: Option<String> = None, Optional(Font);
    } with {
        /// The wall that shows in the letters, for `fill = "faces"`.
        crowd: Millions = Millions { rows: 14, ..Millions::default() };
    } check check_values
}

impl Words {
    fn check_values(&self, file: &mut SectionParser<'_, '_, '_>) {
        if self.source == TextSource::Texts && self.texts.is_empty() {
            file.error("texts", "words need `texts`, one at least, or source = \"quotes\"");
        }
        let bottom = self.top + self.height;
        if bottom > 1.0 + 1e-9 {
            let message =
                format!("the band ends at {bottom:.2} of the wall's height: top and height come to 1 at most");
            file.error("height", message);
        }
        if self.motion == WordsMotion::Stand && 2.0 * self.fade > self.dwell {
            file.error("fade", format!("two fades of {} s do not fit into {} s of `dwell`", self.fade, self.dwell));
        }
    }
}

/// The value type of a font: its family, or the path of a font file.
struct Font;

impl ValueType<String> for Font {
    fn read(&self, key: &str, spanned: &SpannedValue<'_>, parser: &mut Parser<'_>) -> Option<String> {
        let name = StringValue.read(key, spanned, parser)?;
        let extension = Path::new(&name).extension().map(|extension| extension.to_string_lossy().to_lowercase());
        if !extension.is_some_and(|extension| ["ttf", "otf", "ttc"].contains(&extension.as_str())) {
            return Some(name);
        }
        let path: PathBuf = RelativePath { extensions: &[] }.read(key, spanned, parser)?;
        Some(path.to_string_lossy().into_owned())
    }

    fn describe(&self, default: Option<&String>) -> Schema {
        StringValue.describe(default)
    }
}

/// The parameters of `still`: a picture, or a folder of a film's frames in the order of their names.
#[derive(Clone, Debug, PartialEq)]
pub struct Still {
    /// The file or folder; in a scene file, relative to its folder.
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

/// Not by [`parameters!`], for `file` is required.
impl Section for Still {
    fn keys<K: KeyVisitor>(&mut self, keys: &mut K) {
        let description =
            "The picture, or the folder of a film's frames in the order of their names; from the scene's file on.";
        keys.key(Key::required("file", description), &mut self.file, &RelativePath { extensions: &[] });
        keys.key(Key::new("fit", "How it fills the wall."), &mut self.fit, &EnumValue);
        let fps = Range::new(0.1, 120.0, "frames a second");
        keys.key(Key::new("fps", "Frames a second, for a folder."), &mut self.fps, &fps);
    }
}
