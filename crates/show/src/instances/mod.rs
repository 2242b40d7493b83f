//! Scenes as they are played: each with the people of the crowd dealt to its places.

mod chain;
mod one;
mod words;

use std::sync::Arc;

use chain::ChainInstance;
use one::OneInstance;
use words::WordsInstance;

use super::crowd::Crowd;
use super::{MAX_ROWS, Millions, Scene, SceneKind};
use millions_frame::{Layer, ScenePlan, StillLayer, WallLayer};
use millions_wall::tone::Look;
use millions_wall::{Deal, DealError};

/// The wall that scenes are played on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shape {
    /// The wall's width over its height.
    pub wall_aspect: f64,
    /// A tile's width over its height.
    pub tile_aspect: f64,
    /// The wall's height on the building, in metres, where it is known.
    pub wall_height_m: Option<f64>,
}

/// An instant of a scene.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SceneTime {
    /// Seconds of the show.
    pub show_secs: f64,
    /// When the scene was cued, in seconds of the show.
    pub cued_secs: f64,
}

impl SceneTime {
    /// Seconds since the scene was cued.
    pub fn local_secs(&self) -> f64 {
        (self.show_secs - self.cued_secs).max(0.0)
    }
}

/// A scene with the crowd dealt to its places.
#[derive(Clone, Debug)]
pub(super) struct SceneInstance {
    scene: Scene,
    kind: Kind,
    over: Option<Box<Self>>,
}

#[derive(Clone, Debug)]
enum Kind {
    Millions(Deal),
    One(OneInstance),
    Chain(ChainInstance),
    Words(WordsInstance),
    Still,
    Black,
}

impl SceneInstance {
    /// Deals a crowd to a scene with `more_rows` rows more than it says, or fewer.
    pub fn new(scene: &Scene, more_rows: i32, crowd: &Crowd, shape: Shape) -> Result<Self, DealError> {
        let kind = match &scene.kind {
            SceneKind::Millions(millions) => {
                Kind::Millions(deal(&with_rows(millions, more_rows, shape), crowd, shape)?)
            }
            SceneKind::One(one) => {
                let behind = with_rows(&one.crowd, more_rows, shape);
                Kind::One(OneInstance::new(*one, deal(&behind, crowd, shape)?, crowd, shape))
            }
            SceneKind::Chain(chain) => Kind::Chain(ChainInstance::new(*chain, crowd, shape)?),
            SceneKind::Words(words) => Kind::Words(WordsInstance::new(words, more_rows, crowd, shape)?),
            SceneKind::Still(_) => Kind::Still,
            SceneKind::Black => Kind::Black,
        };
        let over = match &scene.over {
            Some(over) => Some(Box::new(Self::new(over, 0, crowd, shape)?)),
            None => None,
        };
        Ok(Self { scene: scene.clone(), kind, over })
    }

    /// The scene that is played.
    pub const fn scene(&self) -> &Scene {
        &self.scene
    }

    /// What the wall shows of it at a moment.
    pub fn plan(&self, at: SceneTime, look: &Look, crowd: &Crowd) -> ScenePlan {
        let mut layers = match &self.kind {
            Kind::Millions(deal) => vec![Layer::Rows(wall(deal, at, look, crowd, 1.0))],
            Kind::One(one) => one.layers(at, look, crowd),
            Kind::Chain(chain) => chain.layers(at, look, crowd),
            Kind::Words(words) => words.layers(at, look, crowd),
            Kind::Still => self.still(at, look).into_iter().collect(),
            Kind::Black => Vec::new(),
        };
        if let (Some(reveal), Some(Layer::Rows(wall))) = (&self.scene.reveal, layers.first_mut()) {
            wall.reveal = reveal.at(at.local_secs(), &wall.wall.cells);
        }
        if let Some(over) = &self.over {
            layers.extend(over.plan(at, &over.scene.look, crowd).layers);
        }
        ScenePlan { layers, intensity: 1.0 }
    }

    fn still(&self, at: SceneTime, look: &Look) -> Option<Layer> {
        let SceneKind::Still(still) = &self.scene.kind else { return None };
        let file = Arc::from(still.file.as_path());
        Some(Layer::Still(StillLayer {
            file,
            elapsed_secs: at.local_secs(),
            fps: still.fps,
            fit: still.fit,
            look: *look,
        }))
    }

    /// The deals in it, to follow who comes and goes.
    fn deals(&mut self) -> Vec<&mut Deal> {
        let own = match &mut self.kind {
            Kind::Millions(deal) => Some(deal),
            Kind::One(one) => Some(one.deal_mut()),
            Kind::Chain(chain) => Some(chain.deal_mut()),
            Kind::Words(words) => words.deal_mut(),
            Kind::Still | Kind::Black => None,
        };
        let over = self.over.as_mut().map_or_else(Vec::new, |over| over.deals());
        own.into_iter().chain(over).collect()
    }

    /// The deal that fills the wall, where there is one.
    pub fn deal(&self) -> Option<&Deal> {
        match &self.kind {
            Kind::Millions(deal) => Some(deal),
            Kind::One(one) => Some(one.deal()),
            Kind::Words(words) => words.deal(),
            Kind::Chain(_) | Kind::Still | Kind::Black => None,
        }
    }

    /// The seconds after which it is exactly as it was, where it does.
    pub fn period_secs(&self) -> Option<f64> {
        match &self.kind {
            Kind::Millions(deal) => deal.period_secs(),
            _ => None,
        }
    }

    /// Goes on from where an earlier act of the same scene is.
    pub fn go_on_from(&mut self, before: &Self, show_secs: f64) {
        let mut before = before.clone();
        for (deal, before) in self.deals().into_iter().zip(before.deals()) {
            deal.go_on_from(before, show_secs);
        }
    }

    pub fn admit(&mut self, newcomers: &[u32], crowd: &Crowd, show_secs: f64) {
        for deal in self.deals() {
            deal.admit(newcomers, &crowd.featured, show_secs);
            if !crowd.awaiting {
                // The first people of a wall that nobody was left on.
                deal.fill();
            }
        }
        self.each_one(|one| one.admit(newcomers, crowd, show_secs));
        self.retell(crowd);
    }

    pub fn retire(&mut self, leavers: &[u32], crowd: &Crowd, show_secs: f64) {
        for deal in self.deals() {
            deal.retire(leavers);
            if !crowd.awaiting {
                deal.close(show_secs);
                deal.fill();
            }
        }
        self.each_one(|one| one.retire(leavers, show_secs));
        self.retell(crowd);
    }

    pub fn replace(&mut self, old: u32, new: u32) {
        for deal in self.deals() {
            deal.replace(old, new);
        }
        self.each_one(|one| one.replace(old, new));
    }

    pub fn complete(&mut self) {
        for deal in self.deals() {
            deal.fill();
        }
    }

    /// Follows what people told of themselves.
    pub fn retell(&mut self, crowd: &Crowd) {
        if let Kind::Words(words) = &mut self.kind {
            words.retell(crowd);
        }
        if let Some(over) = &mut self.over {
            over.retell(crowd);
        }
    }

    fn each_one(&mut self, mut change: impl FnMut(&mut OneInstance)) {
        if let Kind::One(one) = &mut self.kind {
            change(one);
        }
    }
}

/// The rows of a deal at a moment.
fn wall(deal: &Deal, at: SceneTime, look: &Look, crowd: &Crowd, intensity: f32) -> WallLayer {
    let wall = deal.plan(at.show_secs);
    let presence = crowd.presence(&wall.cells, at.show_secs);
    WallLayer { wall, presence, reveal: Vec::new(), look: *look, intensity }
}

/// The rows as they are on this wall, some more or fewer.
fn with_rows(millions: &Millions, more: i32, shape: Shape) -> Millions {
    let by_size = shape.wall_height_m.filter(|_| millions.tile_m > 0.0).map(|height_m| height_m / millions.tile_m);
    let rows = by_size.map_or(i64::from(millions.rows), |rows| rows.round() as i64);
    let rows = (rows + i64::from(more)).clamp(1, i64::from(MAX_ROWS));
    Millions { rows: u32::try_from(rows).unwrap_or(1), ..*millions }
}

/// Deals a crowd to the rows of a wall; while more are expected and the wall is not full, cells wait for them.
fn deal(millions: &Millions, crowd: &Crowd, shape: Shape) -> Result<Deal, DealError> {
    let grid = millions.grid(shape.wall_aspect, shape.tile_aspect);
    let people: Vec<_> = crowd.people.iter().copied().collect();
    if crowd.awaiting && (people.len() as f64) < grid.visible_cells(0) * f64::from(grid.rows) {
        let mut deal = Deal::awaiting(grid, millions.motion(), millions.seed)?;
        deal.admit(&people, &crowd.featured, 0.0);
        return Ok(deal);
    }
    Deal::featuring(&people, &crowd.featured, grid, millions.motion(), millions.seed)
}
