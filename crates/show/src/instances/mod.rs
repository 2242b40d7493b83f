//! Instances of scenes: each with the people of the crowd dealt to its cells. See [`SceneInstance`].

mod arrivals;
mod chain;
mod foreground;
mod mosaic;
mod one;
mod turns;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) use arrivals::{ArrivalsSeen, Entering};
use chain::ChainInstance;
use mosaic::MosaicInstance;
use one::OneInstance;
use words::WordsInstance;

use super::crowd::Crowd;
use super::{MAX_ROWS, Millions, Scene, SceneKind, ViewMove};
use millions_frame::{Layer, ScenePlan, StillLayer, WallLayer};
use millions_wall::tone::Look;
use millions_wall::{Deal, DealError, WallPlan};

/// The shape of the wall.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct WallShape {
    /// The wall's width over its height.
    pub wall_aspect: f64,
    /// The tiles' width over their height.
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
    /// The moves after which a view comes back, in a film that goes round.
    pub closing_moves: Option<u32>,
}

impl SceneTime {
    /// Returns the seconds since the scene was cued.
    pub fn local_secs(&self) -> f64 {
        (self.show_secs - self.cued_secs).max(0.0)
    }
}

/// A scene with the crowd dealt to its cells, and the instance of the scene over it.
#[derive(Clone, Debug)]
pub(super) struct SceneInstance {
    scene: Scene,
    kind: InstanceKind,
    over: Option<Box<Self>>,
    /// Of newcomers who entered last: in whose places they stand, who is seen there until they land.
    formers: BTreeMap<u32, u32>,
}

#[derive(Clone, Debug)]
enum InstanceKind {
    Millions(Deal),
    One(OneInstance),
    Chain(ChainInstance),
    Mosaic(MosaicInstance),
    Words(WordsInstance),
    Still,
    Black,
}

impl SceneInstance {
    /// Deals a crowd to a scene with `extra_rows` added to its rows.
    pub fn new(scene: &Scene, extra_rows: i32, crowd: &Crowd, shape: WallShape) -> Result<Self, DealError> {
        let kind = match &scene.kind {
            SceneKind::Millions(millions) => {
                InstanceKind::Millions(deal(&with_rows(millions, extra_rows, crowd, shape), crowd, shape)?)
            }
            SceneKind::One(one) => {
                let behind = with_rows(&one.crowd, extra_rows, crowd, shape);
                InstanceKind::One(OneInstance::new(*one, deal(&behind, crowd, shape)?, crowd, shape))
            }
            SceneKind::Chain(chain) => InstanceKind::Chain(ChainInstance::new(*chain, crowd, shape)?),
            SceneKind::Mosaic(mosaic) => {
                InstanceKind::Mosaic(MosaicInstance::new(mosaic, extra_rows, &scene.look, crowd, shape))
            }
            SceneKind::Words(words) => InstanceKind::Words(WordsInstance::new(words, extra_rows, crowd, shape)?),
            SceneKind::Still(_) => InstanceKind::Still,
            SceneKind::Black => InstanceKind::Black,
        };
        let over = match &scene.over {
            Some(over) => Some(Box::new(Self::new(over, 0, crowd, shape)?)),
            None => None,
        };
        Ok(Self { scene: scene.clone(), kind, over, formers: BTreeMap::new() })
    }

    /// Returns the scene.
    pub const fn scene(&self) -> &Scene {
        &self.scene
    }

    /// Evaluates the scene at an instant.
    pub fn plan(&self, at: SceneTime, look: &Look, crowd: &Crowd, arrivals: &ArrivalsSeen<'_>) -> ScenePlan {
        let mut layers = self.own_layers(at, look, crowd);
        self.add_arrivals(&mut layers, at, look, crowd, arrivals);
        if let Some(over) = &self.over {
            layers.extend(over.own_layers(at, &over.scene.look, crowd));
        }
        ScenePlan { layers, intensity: 1.0 }
    }

    /// Evaluates the scene without what lies over it and without arrivals.
    fn own_layers(&self, at: SceneTime, look: &Look, crowd: &Crowd) -> Vec<Layer> {
        let mut layers = match &self.kind {
            InstanceKind::Millions(deal) => {
                vec![Layer::Rows(wall_layer(deal, self.view_move().as_ref(), at, look, crowd, 1.0))]
            }
            InstanceKind::One(one) => one.layers(at, look, crowd),
            InstanceKind::Chain(chain) => chain.layers(at, look, crowd),
            InstanceKind::Mosaic(mosaic) => mosaic.layers(at, look, crowd),
            InstanceKind::Words(words) => words.layers(at, look, crowd),
            InstanceKind::Still => self.still(at, look).into_iter().collect(),
            InstanceKind::Black => Vec::new(),
        };
        if let (Some(reveal), Some(Layer::Rows(wall))) = (&self.scene.reveal, layers.first_mut()) {
            wall.reveal = reveal.at(at.local_secs(), wall.wall.cells());
        }
        layers
    }

    fn still(&self, at: SceneTime, look: &Look) -> Option<Layer> {
        let SceneKind::Still(still) = &self.scene.kind else { return None };
        Some(Layer::Still(StillLayer {
            file: Arc::from(still.file.as_path()),
            elapsed_secs: at.local_secs(),
            fps: still.fps,
            fit: still.fit,
            look: *look,
        }))
    }

    /// Returns how the view moves over the rows that fill the wall.
    const fn view_move(&self) -> Option<ViewMove> {
        match &self.scene.kind {
            SceneKind::Millions(millions) => millions.view,
            _ => None,
        }
    }

    /// Returns all deals, in a fixed order, to apply changes of the crowd to.
    fn deals(&mut self) -> Vec<&mut Deal> {
        let own = match &mut self.kind {
            InstanceKind::Millions(deal) => Some(deal),
            InstanceKind::One(one) => Some(&mut one.deal),
            InstanceKind::Chain(chain) => Some(&mut chain.deal),
            InstanceKind::Words(words) => words.behind.as_mut(),
            InstanceKind::Mosaic(_) | InstanceKind::Still | InstanceKind::Black => None,
        };
        let over = self.over.as_mut().map_or_else(Vec::new, |over| over.deals());
        own.into_iter().chain(over).collect()
    }

    /// Returns the deal of the rows that fill the wall, where the scene has any.
    pub fn deal(&self) -> Option<&Deal> {
        match &self.kind {
            InstanceKind::Millions(deal) => Some(deal),
            InstanceKind::One(one) => Some(&one.deal),
            InstanceKind::Words(words) => words.behind.as_ref(),
            InstanceKind::Chain(_) | InstanceKind::Mosaic(_) | InstanceKind::Still | InstanceKind::Black => None,
        }
    }

    /// Returns the seconds after which the scene repeats exactly, where it does.
    pub fn period_secs(&self) -> Option<f64> {
        match &self.kind {
            InstanceKind::Millions(deal) if self.view_move().is_none() => deal.period_secs(),
            InstanceKind::Mosaic(mosaic) => mosaic.period_secs(),
            _ => None,
        }
    }

    /// Moves the rows to where those of another instance of the same scene are at `show_secs`.
    pub fn continue_from(&mut self, before: &Self, show_secs: f64) {
        let mut before = before.clone();
        for (deal, before) in self.deals().into_iter().zip(before.deals()) {
            deal.continue_from(before, show_secs);
        }
    }

    /// Adds people, who are already in the crowd.
    pub fn add_people(&mut self, people: &[u32], crowd: &Crowd, show_secs: f64) {
        for deal in self.deals() {
            deal.admit(people, &crowd.featured, show_secs);
            if !crowd.awaiting {
                // All cells are empty if the crowd was.
                deal.fill();
            }
        }
        match &mut self.kind {
            InstanceKind::One(one) => one.add_people(people, crowd, show_secs),
            InstanceKind::Mosaic(mosaic) => mosaic.add_people(people, crowd),
            _ => {}
        }
        self.update_texts(crowd);
    }

    /// Removes people, who are no longer in the crowd.
    pub fn remove_people(&mut self, people: &[u32], crowd: &Crowd, show_secs: f64) {
        for deal in self.deals() {
            deal.retire(people);
            if !crowd.awaiting {
                deal.close(show_secs);
                deal.fill();
            }
        }
        match &mut self.kind {
            InstanceKind::One(one) => one.remove_people(people, show_secs),
            InstanceKind::Mosaic(mosaic) => mosaic.remove_people(people, crowd),
            _ => {}
        }
        self.update_texts(crowd);
    }

    /// Replaces a person in their cells.
    pub fn replace_person(&mut self, old: u32, new: u32) {
        if let Some(former) = self.formers.remove(&old) {
            self.formers.insert(new, former);
        }
        self.formers.values_mut().filter(|former| **former == old).for_each(|former| *former = new);
        for deal in self.deals() {
            deal.replace(old, new);
        }
        match &mut self.kind {
            InstanceKind::One(one) => one.turns.replace_person(old, new),
            InstanceKind::Mosaic(mosaic) => mosaic.replace_person(old, new),
            _ => {}
        }
    }

    /// Deals people to the empty cells.
    pub fn fill(&mut self) {
        for deal in self.deals() {
            deal.fill();
        }
    }

    /// Updates the texts that depend on the crowd: its number and its quotes.
    pub fn update_texts(&mut self, crowd: &Crowd) {
        if let InstanceKind::Words(words) = &mut self.kind {
            words.update_texts(crowd);
        }
        if let Some(over) = &mut self.over {
            over.update_texts(crowd);
        }
    }
}

/// Evaluates the rows of a deal at an instant, as far as they are in view.
fn wall_layer(
    deal: &Deal,
    view: Option<&ViewMove>,
    at: SceneTime,
    look: &Look,
    crowd: &Crowd,
    intensity: f32,
) -> WallLayer {
    let seen = view.map(|view| view.at(deal, at.show_secs, at.cued_secs, at.closing_moves));
    let wall = seen
        .map_or_else(|| deal.plan(at.show_secs), |view| WallPlan { zooms: true, ..deal.plan_in(&view, at.show_secs) });
    let presence = crowd.presence(|| wall.cells(), at.show_secs);
    WallLayer { wall, presence, reveal: Vec::new(), look: *look, stops: Vec::new(), intensity, opacity: 1.0 }
}

/// Resolves the number of rows: by the crowd or by the height of a tile on this wall where either is asked for, and with
/// `extra_rows`.
pub(super) fn with_rows(millions: &Millions, extra_rows: i32, crowd: &Crowd, shape: WallShape) -> Millions {
    let by_size = shape.wall_height_m.filter(|_| millions.tile_m > 0.0).map(|height_m| height_m / millions.tile_m);
    let rows = if millions.everybody {
        i64::from(millions.rows_for(crowd.len(), shape.wall_aspect, shape.tile_aspect))
    } else {
        by_size.map_or(i64::from(millions.rows), |rows| rows.round() as i64)
    };
    let rows = (rows + i64::from(extra_rows)).clamp(1, i64::from(MAX_ROWS));
    Millions { rows: u32::try_from(rows).unwrap_or(1), ..*millions }
}

/// Deals a crowd to the rows of a wall; cells stay empty while the crowd is incomplete and smaller than the wall.
fn deal(millions: &Millions, crowd: &Crowd, shape: WallShape) -> Result<Deal, DealError> {
    let grid = millions.grid(shape.wall_aspect, shape.tile_aspect);
    let people: Vec<_> = crowd.people.iter().copied().collect();
    if crowd.awaiting && (people.len() as f64) < grid.visible_cells(0) * f64::from(grid.rows) {
        let mut deal = Deal::empty(grid, millions.motion(), millions.seed)?;
        deal.admit(&people, &crowd.featured, 0.0);
        return Ok(deal);
    }
    Deal::featuring(&people, &crowd.featured, grid, millions.motion(), millions.seed)
}
