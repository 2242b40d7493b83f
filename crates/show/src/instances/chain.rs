//! Scenes of kind `chain`. See [`ChainInstance`].

use std::f64::consts::TAU;
use std::sync::Arc;

use glam::DVec2;

use super::super::{Chain, Crowd, Heading};
use super::words::with_thousands;
use super::{SceneTime, WallShape};
use millions_frame::{Align, Fill, Layer, Sprite, SpriteLayer, TextPlacement, WordsLayer, unit_hash};
use millions_wall::tone::Look;
use millions_wall::{Deal, DealError, Direction, EMPTY_CELL, Motion, WallGrid};

/// The least number of people across the wall, however narrow it is.
const MIN_VISIBLE: f64 = 2.2;
/// Steps a second, of an easy walk.
const STEPS: f64 = 0.9;
/// Width of the fade at the upper edge, in tiles: a cropped head seems to emerge from the dark.
const FEATHER_TOP: f32 = 0.10;
/// Width of the fade at the lower edge, in tiles.
const FEATHER_GROUND: f32 = 0.05;

/// One line of people, shoulder to shoulder, passing along the building: a wall of one row whose cells overlap.
#[derive(Clone, Debug)]
pub struct ChainInstance {
    chain: Chain,
    shape: WallShape,
    pub(super) deal: Deal,
}

impl ChainInstance {
    pub fn new(mut chain: Chain, crowd: &Crowd, shape: WallShape) -> Result<Self, DealError> {
        // On a tower it has to be still a line, and not a part of one portrait.
        chain.ground = chain.ground.clamp(0.0, 0.9);
        chain.height = chain.height.min(1.0 - chain.ground).min(shape.wall_aspect / shape.tile_aspect / MIN_VISIBLE);
        let grid = WallGrid {
            rows: 1,
            aspect: shape.wall_aspect / chain.height,
            tile_aspect: shape.tile_aspect * (1.0 - chain.overlap),
            ..WallGrid::default()
        };
        let direction = match chain.direction {
            Heading::Left => Direction::Left,
            Heading::Right => Direction::Right,
        };
        let motion = Motion { speed: chain.speed, direction, ..Motion::default() };
        let people: Vec<_> = crowd.people.iter().copied().collect();
        Ok(Self { chain, shape, deal: Deal::featuring(&people, &crowd.featured, grid, motion, chain.seed)? })
    }

    pub fn layers(&self, at: SceneTime, look: &Look, crowd: &Crowd) -> Vec<Layer> {
        let Self { chain, shape, deal } = self;
        let plan = deal.plan(at.show_secs);
        let presence = crowd.presence(|| plan.cells(), at.show_secs);
        let size = DVec2::new(shape.tile_aspect, 1.0) * chain.height;
        let step = plan.grid.pitch() * chain.height;
        let feet = 1.0 - chain.ground;
        let mut sprites = Vec::new();
        for row in &plan.rows {
            for (column, person) in row.window().enumerate() {
                if person == EMPTY_CELL {
                    continue;
                }
                let walk = TAU * (at.show_secs * STEPS + f64::from(unit_hash(person, 11)));
                let left = (column as f64 - f64::from(row.hidden)) * step;
                let rise = chain.sway * chain.height * walk.sin();
                let upper_left = DVec2::new(left, feet - size.y - rise);
                sprites.push(Sprite {
                    person,
                    corners: [upper_left, upper_left + size],
                    largest: size,
                    intensity: presence.get(row.first + column).copied().unwrap_or(1.0),
                    opacity: 1.0,
                    // Each is in front of its left neighbour, and fades in over the overlap.
                    feather: [chain.overlap as f32, FEATHER_TOP, 0.0, FEATHER_GROUND],
                    stops: 0.0,
                    settled: 0.0,
                });
            }
        }
        let mut layers = vec![Layer::Sprites(SpriteLayer { sprites, look: *look })];
        layers.extend(self.count(at, look, crowd));
        layers
    }

    /// Returns the count of people seen since the scene was cued, where there is room above the line.
    fn count(&self, at: SceneTime, look: &Look, crowd: &Crowd) -> Option<Layer> {
        let Self { chain, shape, .. } = self;
        let room = 1.0 - chain.ground - chain.height;
        if !chain.count || room < 0.08 {
            return None;
        }
        let passed = (at.local_secs() * chain.speed).floor() as usize;
        let visible = (shape.wall_aspect / (self.deal.grid().pitch() * chain.height)).floor() as usize;
        let text = with_thousands((passed + visible).min(crowd.len()));
        let margin = (room * 0.22).min(shape.wall_aspect * 0.08);
        let area = [DVec2::new(margin, margin), DVec2::new(shape.wall_aspect - margin, room - margin * 0.6)];
        // On the side where the line enters.
        let align = if chain.direction == Heading::Left { Align::Right } else { Align::Left };
        Some(Layer::Words(WordsLayer {
            text: TextPlacement::Stand { text: Arc::from(text), area, align, zoom: 1.0, is_said: false },
            fill: Fill::Solid,
            look: *look,
            font: None,
            opacity: (at.local_secs() / 1.5).clamp(0.0, 1.0) as f32,
            intensity: 1.0,
        }))
    }
}
